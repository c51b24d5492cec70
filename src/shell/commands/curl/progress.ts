/** curl's progress meter: printed on standard error when standard output is not a terminal. */

export interface Progress {
	readonly receivedBytes: number;
	/** Of the whole, when the response said. */
	readonly totalBytes: number | undefined;
	readonly uploadedBytes: number;
	readonly elapsedNs: number;
}

export const PROGRESS_HEAD: string =
	"  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n" +
	"                                 Dload  Upload   Total   Spent    Left  Speed\n";

/** The line, written over the one before it. */
export function progressLine({ receivedBytes, totalBytes, uploadedBytes, elapsedNs }: Progress): string {
	const seconds = Math.max(elapsedNs / 1e9, 1e-6);
	const total = Math.max((totalBytes ?? receivedBytes) + uploadedBytes, receivedBytes);
	const percent = (part: number, whole: number): string =>
		String(whole === 0 ? 0 : Math.floor((part * 100) / whole)).padStart(3);
	const speed = receivedBytes / seconds;
	const spent = elapsedNs >= 1e9 ? clockText(Math.floor(elapsedNs / 1e9)) : "--:--:--";
	const cells = [
		`${percent(receivedBytes + uploadedBytes, total)} ${fiveDigits(total)}`,
		`${percent(receivedBytes, totalBytes ?? receivedBytes)} ${fiveDigits(receivedBytes)}`,
		`${percent(uploadedBytes, uploadedBytes)} ${fiveDigits(uploadedBytes)}`,
		`${fiveDigits(speed)}  ${fiveDigits(uploadedBytes / seconds)} --:--:-- ${spent} --:--:-- ${fiveDigits(speed)}`,
	];
	return `\r${cells.join("  ")}`;
}

/** A number in five places: `15`, `1477`, `327k`, `12.3M`. */
function fiveDigits(bytes: number): string {
	const whole = Math.floor(bytes);
	const K = 1024;
	if (whole < 100_000) return String(whole).padStart(5);
	if (whole < 10_000 * K) return `${Math.floor(whole / K)}k`.padStart(5);
	if (whole < 100 * K * K)
		return `${Math.floor(whole / K / K)}.${Math.floor((whole % (K * K)) / ((K * K) / 10))}M`.padStart(5);
	if (whole < 10_000 * K * K) return `${Math.floor(whole / K / K)}M`.padStart(5);
	return `${Math.floor(whole / K / K / K)}G`.padStart(5);
}

function clockText(seconds: number): string {
	const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
	return parts
		.map((part, k) => (k === 0 ? String(part) : String(part).padStart(2, "0")))
		.join(":")
		.padStart(8);
}
