/** The range of a bitmap set and the places in it (bitmap_ip_create, bitmap_port_create, …). */
import type { BitmapSetType, IpSetOptions } from "../../../kernel/ipset.ts";
import { ipNum, ipText, maskedNum } from "../../../wire/addr.ts";
import type { IpSetErr } from "./errors.ts";

/** IPSET_BITMAP_MAX_RANGE + 1. */
const MAX_ELEMENTS = 65_536;

export class BitmapRange {
	readonly first: number;
	readonly last: number;
	/** How many values share a place. */
	readonly #step: number;
	readonly elements: number;

	constructor(first: number, last: number, step: number, elements: number) {
		this.first = first;
		this.last = last;
		this.#step = step;
		this.elements = elements;
	}

	/** Undefined: out of the range. */
	idOf(value: number): number | undefined {
		return value < this.first || value > this.last ? undefined : Math.floor((value - this.first) / this.#step);
	}

	valueOf(id: number): number {
		return this.first + id * this.#step;
	}
}

/** With the options as they are listed. */
export function bitmapRange(
	type: BitmapSetType,
	options: IpSetOptions,
): { readonly range: BitmapRange; readonly options: IpSetOptions } | IpSetErr {
	if (type === "bitmap:port") {
		if (options.portRange === undefined) return "PROTOCOL";
		const { from, to } = options.portRange;
		const [first, last] = [Math.min(from, to), Math.max(from, to)];
		return {
			range: new BitmapRange(first, last, 1, last - first + 1),
			options: { ...options, portRange: { from: first, to: last } },
		};
	}
	if (options.range === undefined) return "PROTOCOL";
	const [from, to] = [ipNum(options.range.from), ipNum(options.range.to)];
	if (typeof from !== "number" || typeof to !== "number") return "PROTOCOL";
	const netmask = options.netmask ?? 32;
	if (netmask === 0 || netmask > 32) return "INVALID_NETMASK";
	const first = Number(maskedNum(Math.min(from, to), netmask));
	const last = Number(maskedNum(Math.max(from, to), netmask)) + 2 ** (32 - netmask) - 1;
	const range = { from: ipText(first), to: ipText(last) };
	if (netmask === 32) {
		const { netmask: _all, ...rest } = options;
		if (last - first + 1 > MAX_ELEMENTS) return "BITMAP_RANGE_SIZE";
		return { range: new BitmapRange(first, last, 1, last - first + 1), options: { ...rest, range } };
	}
	const shared = Math.clz32(first ^ last);
	if (netmask <= shared) return "BITMAP_RANGE";
	const elements = 2 ** (netmask - shared);
	if (elements > MAX_ELEMENTS) return "BITMAP_RANGE_SIZE";
	return { range: new BitmapRange(first, last, 2 ** (32 - netmask), elements), options: { ...options, range } };
}
