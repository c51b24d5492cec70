/**
 * Address ranges of host-local: a subnet with a first and last address to give and a gateway never given. Sets of ranges
 * give one address each. Error texts are those of the reference plugin (containernetworking/plugins host-local).
 */
import { err, ok, type Result } from "../../base/result.ts";
import {
	addrBits,
	addrPlus,
	type Cidr,
	cidrContains,
	familyOf,
	formatCidr,
	type IpAddr,
	ipNum,
	lastAddrOf,
	networkOf,
} from "../../wire/addr.ts";

/** A range as configured. */
export interface RangeConf {
	readonly subnet: Cidr;
	readonly rangeStart?: IpAddr;
	readonly rangeEnd?: IpAddr;
	readonly gateway?: IpAddr;
}

/** A range with its defaults filled in; start and end are inclusive. */
export type Range = Required<RangeConf>;

export type RangeSet = readonly Range[];

/** Checks a range and fills in: gateway and start are the first address, end the last before the broadcast address. */
export function canonicalizeRange(conf: RangeConf): Result<Range, string> {
	const { subnet } = conf;
	const network = networkOf(subnet);
	if (subnet.prefix > addrBits(subnet.addr) - 2) return err(`Network ${formatCidr(subnet)} too small to allocate from`);
	if (network.addr !== subnet.addr) {
		return err(
			`Network has host bits set. For a subnet mask of length ${subnet.prefix} the network address is ${network.addr}`,
		);
	}
	const first = addrPlus(subnet.addr, 1);
	const last = familyOf(subnet.addr) === "ipv4" ? addrPlus(lastAddrOf(subnet), -1) : lastAddrOf(subnet);
	const { gateway = first, rangeStart = first, rangeEnd = last } = conf;
	if (!cidrContains(subnet, rangeStart)) return err(`RangeStart ${rangeStart} not in network ${formatCidr(subnet)}`);
	if (!cidrContains(subnet, rangeEnd)) return err(`RangeEnd ${rangeEnd} not in network ${formatCidr(subnet)}`);
	return ok({ subnet, rangeStart, rangeEnd, gateway });
}

/** Checks the ranges of one set: of one family, and none overlaps another. */
export function canonicalizeRangeSet(conf: readonly RangeConf[]): Result<RangeSet, string> {
	const set: Range[] = [];
	for (const entry of conf) {
		const range = canonicalizeRange(entry);
		if (!range.ok) return range;
		const first = set[0];
		if (first !== undefined && familyOf(first.subnet.addr) !== familyOf(entry.subnet.addr))
			return err("mixed address families");
		set.push(range.value);
	}
	if (set.length === 0) return err("empty range set");
	for (const [k, a] of set.entries()) {
		const b = set.slice(k + 1).find((other) => rangesOverlap(a, other));
		if (b !== undefined) return err(`subnets ${formatRange(a)} and ${formatRange(b)} overlap`);
	}
	return ok(set);
}

export function rangeContains(range: Range, addr: IpAddr): boolean {
	if (!cidrContains(range.subnet, addr)) return false;
	const n = ipNum(addr);
	return n >= ipNum(range.rangeStart) && n <= ipNum(range.rangeEnd);
}

export function rangesOverlap(a: Range, b: Range): boolean {
	if (familyOf(a.subnet.addr) !== familyOf(b.subnet.addr)) return false;
	return (
		rangeContains(a, b.rangeStart) ||
		rangeContains(a, b.rangeEnd) ||
		rangeContains(b, a.rangeStart) ||
		rangeContains(b, a.rangeEnd)
	);
}

export function rangeSetsOverlap(a: RangeSet, b: RangeSet): boolean {
	return a.some((one) => b.some((other) => rangesOverlap(one, other)));
}

/** The range of a set that holds an address. */
export function rangeFor(set: RangeSet, addr: IpAddr): Range | undefined {
	return set.find((range) => rangeContains(range, addr));
}

export function formatRange(range: Range): string {
	return `${range.rangeStart}-${range.rangeEnd}`;
}

export function formatRangeSet(set: RangeSet): string {
	return set.map(formatRange).join(",");
}

/** How many addresses a set can give; gateways are not among them. */
export function rangeSetSize(set: RangeSet): number {
	return set.reduce((sum, range) => {
		const all = Number(BigInt(ipNum(range.rangeEnd)) - BigInt(ipNum(range.rangeStart))) + 1;
		return sum + all - (rangeContains(range, range.gateway) ? 1 : 0);
	}, 0);
}

/** Whether one more address can be given. */
export function rangeSetHasRoom(set: RangeSet, taken: ReadonlyMap<IpAddr, unknown>): boolean {
	const given = [...taken.keys()].filter((addr) => {
		const range = rangeFor(set, addr);
		return range !== undefined && addr !== range.gateway;
	});
	return given.length < rangeSetSize(set);
}
