/** wget's dots, and how it writes speeds. */

const BYTES_PER_DOT = 1024;
const DOTS_PER_LINE = 50;

/** One dot for each kilobyte, fifty a line, as `--progress=dot` draws them when all has come. */
export function dots(lengthBytes: number, elapsedNs: number): string {
	const count = Math.floor(lengthBytes / BYTES_PER_DOT);
	const lines: string[] = [];
	for (let line = 0; line * DOTS_PER_LINE <= count; line += 1) {
		const done = Math.min(DOTS_PER_LINE, count - line * DOTS_PER_LINE);
		let text = "";
		for (let dot = 0; dot < DOTS_PER_LINE; dot += 1) text += `${dot % 10 === 0 ? " " : ""}${dot < done ? "." : " "}`;
		const isLast = (line + 1) * DOTS_PER_LINE > count;
		const end = isLast ? lengthBytes : (line + 1) * DOTS_PER_LINE * BYTES_PER_DOT;
		const percent = lengthBytes === 0 ? 100 : Math.floor((end * 100) / lengthBytes);
		const speed = speedParts(lengthBytes, elapsedNs);
		const number = `${speed.number}${speed.unit.replace(/B\/s$/, "").trim()}`.padStart(5);
		const rest = isLast ? `${number}=${secondsText(elapsedNs)}` : `${number} 0s`;
		lines.push(`${String(line * DOTS_PER_LINE).padStart(6)}K${text}${String(percent).padStart(3)}% ${rest}\n`);
	}
	return `\n${lines.join("")}\n`;
}

/** `2.76 MB/s`. */
export function speedText(lengthBytes: number, elapsedNs: number): string {
	const { number, unit } = speedParts(lengthBytes, elapsedNs);
	return `${number} ${unit}`;
}

function speedParts(lengthBytes: number, elapsedNs: number): { readonly number: string; readonly unit: string } {
	let rate = lengthBytes / Math.max(elapsedNs / 1e9, 1e-6);
	let unit = 0;
	while (rate >= 1024 && unit < 3) {
		rate /= 1024;
		unit += 1;
	}
	const digits = rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
	return {
		number: unit === 0 ? String(Math.floor(rate)) : rate.toFixed(digits),
		unit: ["B/s", "KB/s", "MB/s", "GB/s"][unit] ?? "",
	};
}

function secondsText(elapsedNs: number): string {
	const seconds = elapsedNs / 1e9;
	return seconds < 0.001 ? "0s" : `${seconds.toPrecision(2)}s`;
}
