/** Values of the type-of-service byte as text: numbers with a mask, and the names of RFC 1349; DSCP classes. */
import { parseUint } from "./values.ts";

export interface TosValue {
	readonly value: number;
	readonly mask: number;
}

const NAMES: readonly (readonly [name: string, value: number])[] = [
	["Minimize-Delay", 0x10],
	["Maximize-Throughput", 0x08],
	["Maximize-Reliability", 0x04],
	["Minimize-Cost", 0x02],
	["Normal-Service", 0x00],
];
/** A name says nothing about the precedence bits. */
const NAME_MASK = 0x3f;

/** `VALUE[/MASK]` or a name; a string is the complaint. */
export function parseTos(text: string): TosValue | string {
	const slash = text.indexOf("/");
	const value = parseUint(slash < 0 ? text : text.slice(0, slash), 255);
	if (value !== undefined) {
		const mask = slash < 0 ? 255 : parseUint(text.slice(slash + 1), 255);
		return mask === undefined ? `Illegal value: "${text}"` : { value, mask };
	}
	const named = NAMES.find(([name]) => name.toLowerCase() === text.toLowerCase());
	return named === undefined ? `Symbolic name "${text}" is unknown` : { value: named[1], mask: NAME_MASK };
}

/** `0x10/0x3f`. */
export function formatTos({ value, mask }: TosValue): string {
	return `${hexByte(value)}/${hexByte(mask)}`;
}

/** `Minimize-Delay`; undefined: it has no name. */
export function tosName({ value, mask }: TosValue): string | undefined {
	return mask === NAME_MASK ? NAMES.find(([, known]) => known === value)?.[0] : undefined;
}

/** `CS1`, `AF11`, `EF`, `BE`, in any case. */
export function dscpClass(text: string): number | undefined {
	const name = text.toUpperCase();
	if (name === "BE") return 0;
	if (name === "EF") return 0x2e;
	const selector = /^CS([0-7])$/.exec(name);
	if (selector !== null) return Number(selector[1]) * 8;
	const assured = /^AF([1-4])([1-3])$/.exec(name);
	return assured === null ? undefined : Number(assured[1]) * 8 + Number(assured[2]) * 2;
}

/** `0x0a`. */
export function hexByte(n: number): string {
	return `0x${n.toString(16).padStart(2, "0")}`;
}
