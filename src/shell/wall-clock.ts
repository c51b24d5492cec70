/** The date on the simulated machines: their kernel's clock began to run on 1 January 2026, 00:00 UTC. */
import type { Clock } from "../kernel/kernel.ts";

const BOOT_MS = Date.UTC(2026, 0, 1);
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
	"January",
	"February",
	"March",
	"April",
	"May",
	"June",
	"July",
	"August",
	"September",
	"October",
	"November",
	"December",
];

/** The date at an instant of the kernel's clock. */
export function wallDate(atNs: number): Date {
	return new Date(BOOT_MS + Math.floor(atNs / 1e6));
}

/** Nanoseconds since 1970. */
export function wallNs(atNs: number): bigint {
	return BigInt(BOOT_MS) * 1_000_000n + BigInt(Math.floor(atNs));
}

/** `1767225600.000123`: seconds and microseconds since 1970. */
export function wallSeconds(atNs: number): string {
	const micros = Math.floor(atNs / 1e3);
	const seconds = BOOT_MS / 1e3 + Math.floor(micros / 1e6);
	return `${seconds}.${String(micros % 1e6).padStart(6, "0")}`;
}

/** `Thu Jan  1 00:00:00 2026`, as asctime(3). */
export function asctime(clock: Clock): string {
	return formatTime(clock.now(), "%a %b %e %H:%M:%S %Y");
}

/** What `date` prints: `Thu Jan  1 00:00:00 UTC 2026`. */
export function dateLine(atNs: number): string {
	return formatTime(atNs, "%a %b %e %H:%M:%S %Z %Y");
}

/** `Jan  1 00:00:00`, as syslog begins its lines. */
export function syslogTime(atNs: number): string {
	return formatTime(atNs, "%b %e %H:%M:%S");
}

/** As strftime(3) and date(1) write an instant of the kernel's clock, in UTC; an unknown conversion stays as it is. */
export function formatTime(atNs: number, format: string): string {
	return format.replace(/%(.)/g, (whole, letter: string) => conversion(letter, atNs) ?? whole);
}

function conversion(letter: string, atNs: number): string | undefined {
	const compound = COMPOUND[letter];
	if (compound !== undefined) return formatTime(atNs, compound);
	const date = wallDate(atNs);
	const two = (n: number): string => String(n).padStart(2, "0");
	switch (letter) {
		case "a":
			return DAYS[date.getUTCDay()]?.slice(0, 3);
		case "A":
			return DAYS[date.getUTCDay()];
		case "b":
		case "h":
			return MONTHS[date.getUTCMonth()]?.slice(0, 3);
		case "B":
			return MONTHS[date.getUTCMonth()];
		case "d":
			return two(date.getUTCDate());
		case "e":
			return String(date.getUTCDate()).padStart(2);
		case "H":
			return two(date.getUTCHours());
		case "I":
			return two(date.getUTCHours() % 12 || 12);
		case "j":
			return String(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(
				3,
				"0",
			);
		case "m":
			return two(date.getUTCMonth() + 1);
		case "M":
			return two(date.getUTCMinutes());
		case "n":
			return "\n";
		case "N":
			return String(atNs % 1e9).padStart(9, "0");
		case "p":
			return date.getUTCHours() < 12 ? "AM" : "PM";
		case "s":
			return wallSeconds(atNs).split(".")[0];
		case "S":
			return two(date.getUTCSeconds());
		case "t":
			return "\t";
		case "u":
			return String(date.getUTCDay() || 7);
		case "w":
			return String(date.getUTCDay());
		case "y":
			return two(date.getUTCFullYear() % 100);
		case "Y":
			return String(date.getUTCFullYear());
		case "z":
			return "+0000";
		case "Z":
			return "UTC";
		case "%":
			return "%";
		default:
			return undefined;
	}
}

const COMPOUND: Readonly<Record<string, string>> = {
	c: "%a %b %e %H:%M:%S %Y",
	D: "%m/%d/%y",
	F: "%Y-%m-%d",
	r: "%I:%M:%S %p",
	R: "%H:%M",
	T: "%H:%M:%S",
	x: "%m/%d/%y",
	X: "%H:%M:%S",
};
