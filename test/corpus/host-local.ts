/** The upstream cases of the host-local allocator (`test/corpus/cni/host-local.allocator.json`) in podwire's types. */
import { readFileSync } from "node:fs";
import type { Range, RangeConf } from "../../src/cni/plugins/range.ts";
import { type Cidr, cidr, ip } from "../../src/wire/addr.ts";

export interface CorpusRange {
	readonly Gateway: string | null;
	readonly RangeStart: string | null;
	readonly RangeEnd: string | null;
	readonly Subnet: { readonly IP: string; readonly Mask: string };
}

interface CorpusStore {
	readonly ipMap: Readonly<Record<string, string>>;
	readonly lastReservedIP: Readonly<Record<string, string | null>>;
}

export interface CorpusGet {
	readonly op: "allocator.get";
	readonly address: string;
	readonly gateway: string;
	readonly error: string | null;
	readonly id: string;
	readonly ifname: string;
	readonly rangeSet: readonly CorpusRange[];
	readonly rangeSetString: string;
	readonly requestedIP: string;
	readonly storeBefore: CorpusStore;
	readonly storeAfter: CorpusStore;
}

export interface CorpusRangeEvent {
	readonly op: "range.canonicalize";
	readonly before: CorpusRange;
	readonly after: CorpusRange;
	readonly error: string | null;
}

export interface CorpusRangeSetEvent {
	readonly op: "rangeSet.canonicalize";
	readonly before: readonly CorpusRange[];
	readonly after: readonly CorpusRange[];
	readonly error: string | null;
}

export interface CorpusContains {
	readonly op: "range.contains";
	readonly address: string;
	readonly range: CorpusRange;
	readonly result: boolean;
}

export interface CorpusOverlaps {
	readonly op: "range.overlaps";
	readonly a: CorpusRange;
	readonly b: CorpusRange;
	readonly result: boolean;
}

export interface CorpusNext {
	readonly op: "rangeIter.next";
	readonly rangeSet: readonly CorpusRange[];
	readonly returned: string;
}

export interface CorpusReserve {
	readonly op: "store.reserve";
	readonly ip: string;
}

export interface CorpusLoad {
	readonly op: "loadIPAMConfig";
	readonly input: Readonly<Record<string, unknown>>;
	readonly envArgs: string;
	readonly error: string | null;
	readonly config: {
		readonly Ranges: readonly (readonly CorpusRange[])[];
		readonly IPArgs: readonly string[] | null;
	} | null;
}

export type CorpusEvent =
	| CorpusGet
	| CorpusRangeEvent
	| CorpusRangeSetEvent
	| CorpusContains
	| CorpusOverlaps
	| CorpusNext
	| CorpusReserve
	| CorpusLoad;

export interface CorpusCase {
	readonly name: string;
	readonly events: readonly CorpusEvent[];
}

export function hostLocalCases(): readonly CorpusCase[] {
	const text = readFileSync(new URL("./cni/host-local.allocator.json", import.meta.url), "utf8");
	return JSON.parse(text).cases;
}

/** The events of one operation in all cases, each with a name of its own. */
export function hostLocalEvents<K extends CorpusEvent["op"]>(
	op: K,
): readonly { readonly name: string; readonly event: Extract<CorpusEvent, { op: K }> }[] {
	return hostLocalCases().flatMap((one) =>
		one.events.flatMap((event, k) => (isOp(event, op) ? [{ name: `${one.name} #${k}`, event }] : [])),
	);
}

export function toConf(range: CorpusRange): RangeConf {
	return {
		subnet: toCidr(range.Subnet),
		...(range.Gateway === null ? {} : { gateway: ip(range.Gateway) }),
		...(range.RangeStart === null ? {} : { rangeStart: ip(range.RangeStart) }),
		...(range.RangeEnd === null ? {} : { rangeEnd: ip(range.RangeEnd) }),
	};
}

/** A range that upstream has canonicalized. */
export function toRange(range: CorpusRange): Range {
	const { subnet, gateway, rangeStart, rangeEnd } = toConf(range);
	if (gateway === undefined || rangeStart === undefined || rangeEnd === undefined) throw new Error("not canonical");
	return { subnet, gateway, rangeStart, rangeEnd };
}

function isOp<K extends CorpusEvent["op"]>(event: CorpusEvent, op: K): event is Extract<CorpusEvent, { op: K }> {
	return event.op === op;
}

function toCidr(net: { readonly IP: string; readonly Mask: string }): Cidr {
	const bits = net.Mask.split("")
		.map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, "0"))
		.join("");
	return cidr(`${net.IP}/${bits.replace(/0+$/, "").length}`);
}
