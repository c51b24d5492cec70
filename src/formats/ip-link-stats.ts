/** The counters of `ip -s link` and `ip -s -s link`. */
import type { LinkStats } from "../kernel/objects.ts";
import type { Field, Json } from "./fields.ts";

/** A counter: its column's heading, its key, its value. */
type Column = readonly [heading: string, key: string, value: number];

/** The lines with their ends; level 2 is `-s -s`, `human` -h and -h -iec. */
export function linkStats(stats: LinkStats | undefined, level: 1 | 2, human?: "si" | "iec"): readonly Field[] {
	const rx = [...common(stats?.rxBytes, stats?.rxPackets, stats?.rxDropped), ...RX_REST];
	const tx = [...common(stats?.txBytes, stats?.txPackets, stats?.txDropped), ...TX_REST];
	const widths = WIDTHS.map((width, k) =>
		Math.max(width, ...[rx, tx].map((side) => spelled(side[k]?.[2] ?? 0, human).length)),
	);
	const isLong = level === 2;
	const text = [
		mainTable("RX:", rx, widths, human),
		isLong ? errorTable("RX errors:", RX_ERRORS) : "",
		mainTable("TX:", tx, widths, human),
		isLong ? errorTable("TX errors:", TX_ERRORS) : "",
	];
	const value = {
		rx: valuesOf([...rx, ...(isLong ? RX_ERRORS : [])]),
		tx: valuesOf([...tx, ...(isLong ? TX_ERRORS : [])]),
	};
	return [{ text: text.join(""), key: "stats64", value }];
}

const WIDTHS = [10, 7, 6, 7, 7, 7];
const ERROR_WIDTHS = [18, 6, 7, 7, 7];

/** Errors that a simulated device does not have. */
const RX_REST: readonly Column[] = [
	["missed", "over_errors", 0],
	["mcast", "multicast", 0],
];
const TX_REST: readonly Column[] = [
	["carrier", "carrier_errors", 0],
	["collsns", "collisions", 0],
];
const RX_ERRORS: readonly Column[] = [
	["length", "length_errors", 0],
	["crc", "crc_errors", 0],
	["frame", "frame_errors", 0],
	["fifo", "fifo_errors", 0],
	["overrun", "missed_errors", 0],
];
const TX_ERRORS: readonly Column[] = [
	["aborted", "aborted_errors", 0],
	["fifo", "fifo_errors", 0],
	["window", "window_errors", 0],
	["heartbt", "heartbeat_errors", 0],
	["transns", "carrier_changes", 0],
];

function common(bytes = 0, packets = 0, dropped = 0): readonly Column[] {
	return [
		["bytes", "bytes", bytes],
		["packets", "packets", packets],
		["errors", "errors", 0],
		["dropped", "dropped", dropped],
	];
}

function valuesOf(columns: readonly Column[]): Json {
	return Object.fromEntries(columns.map(([, key, value]) => [key, value]));
}

function mainTable(
	start: string,
	columns: readonly Column[],
	widths: readonly number[],
	human: "si" | "iec" | undefined,
): string {
	const row = (words: readonly string[]): string => `${padded(words, widths)} `;
	const heading = row(columns.map(([name]) => name)).slice(start.length);
	return `    ${start}${heading}${" ".repeat(10)}\n    ${row(columns.map(([, , value]) => spelled(value, human)))}\n`;
}

function errorTable(start: string, columns: readonly Column[]): string {
	const heading = padded(
		columns.map(([name]) => name),
		ERROR_WIDTHS,
	).slice(start.length);
	const values = padded(
		columns.map(([, , value]) => String(value)),
		ERROR_WIDTHS,
	);
	return `    ${start}${heading}\n    ${values} \n`;
}

function padded(words: readonly string[], widths: readonly number[]): string {
	return words.map((word, k) => word.padStart(widths[k] ?? 0)).join(" ");
}

/** Three digits and a letter from a thousand (or 1024) on. */
function spelled(value: number, human: "si" | "iec" | undefined): string {
	const base = human === "iec" ? 1024 : 1000;
	if (human === undefined || value < base) return String(value);
	const power = Math.min(Math.floor(Math.log(value) / Math.log(base)), PREFIXES.length);
	const scaled = value / base ** power;
	const digits = scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
	return `${scaled.toFixed(digits)}${PREFIXES[power - 1]}${human === "iec" ? "i" : ""}`;
}

const PREFIXES = ["k", "M", "G", "T", "P"];
