/** Durations as Go writes them (`1h30m`, `500ms`, `0`): how KubeProxyConfiguration gives its periods. */

const UNITS: Readonly<Record<string, number>> = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	μs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 60e9,
	h: 3600e9,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Nanoseconds; undefined for what Go's time.ParseDuration refuses. */
export function parseDuration(text: string): number | undefined {
	const sign = text.startsWith("-") ? -1 : 1;
	const rest = /^[-+]/.test(text) ? text.slice(1) : text;
	if (rest === "0") return 0;
	if (rest === "") return undefined;
	let total = 0;
	PART.lastIndex = 0;
	while (PART.lastIndex < rest.length) {
		const part = PART.exec(rest);
		if (part === null) return undefined;
		total += Number(part[1]) * (UNITS[part[2] ?? ""] ?? 0);
	}
	return sign * Math.trunc(total);
}

/** As Go's Duration.String prints it: `24h0m0s`, `1.5s`, `250ms`. */
export function formatDuration(ns: number): string {
	const abs = Math.abs(ns);
	const sign = ns < 0 ? "-" : "";
	if (abs === 0) return "0s";
	if (abs < 1e3) return `${sign}${abs}ns`;
	if (abs < 1e6) return `${sign}${abs / 1e3}µs`;
	if (abs < 1e9) return `${sign}${abs / 1e6}ms`;
	const hours = Math.floor(abs / 3600e9);
	const minutes = Math.floor((abs % 3600e9) / 60e9);
	const seconds = (abs % 60e9) / 1e9;
	const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
	return `${sign}${head}${seconds}s`;
}
