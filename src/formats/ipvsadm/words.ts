/** The words of ipvsadm 1.31: protocols, ways to forward, flags of schedulers, and the order in which it lists. */
import type { IpvsDestination, IpvsForward, IpvsProtocol, IpvsSchedFlag, IpvsServiceKey } from "../../kernel/ipvs.ts";
import { type IpAddr, type IpFamily, type IpNum, ipNum } from "../../wire/addr.ts";

/** The option that names a service of a protocol. */
export const SERVICE_OPTIONS: Readonly<Record<IpvsProtocol, string>> = {
	tcp: "-t",
	udp: "-u",
	sctp: "--sctp-service",
};

export const FORWARD_OPTIONS: Readonly<Record<IpvsForward, string>> = { masq: "-m", droute: "-g", tunnel: "-i" };

export const FORWARD_NAMES: Readonly<Record<IpvsForward, string>> = {
	masq: "Masq",
	droute: "Route",
	tunnel: "Tunnel",
};

const FLAGS: readonly IpvsSchedFlag[] = ["flag-1", "flag-2", "flag-3"];

/** Two schedulers have names of their own for the first two flags. */
const FLAG_NAMES: Readonly<Record<string, readonly string[]>> = {
	sh: ["sh-fallback", "sh-port"],
	mh: ["mh-fallback", "mh-port"],
};

/** The flags as the tool names them. Where a scheduler has names of its own a flag without one is not shown. */
export function schedFlagNames(scheduler: string, flags: readonly IpvsSchedFlag[]): readonly string[] {
	const names = FLAG_NAMES[scheduler] ?? FLAGS;
	return FLAGS.flatMap((flag, at) => {
		const name = names[at];
		return flags.includes(flag) && name !== undefined ? [name] : [];
	});
}

export type FlagFound = { readonly flag: IpvsSchedFlag } | "invalid" | "incompatible";

/** The flag of a name for a scheduler. */
export function schedFlagNamed(name: string, scheduler: string): FlagFound {
	for (const [owner, names] of Object.entries(FLAG_NAMES)) {
		const flag = FLAGS[names.indexOf(name)];
		if (flag !== undefined) return owner === scheduler ? { flag } : "incompatible";
	}
	const flag = FLAGS.find((each) => each === name);
	return flag === undefined ? "invalid" : { flag };
}

const PROTOCOL_NUMBERS: Readonly<Record<IpvsProtocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** What names a service. */
interface Named {
	readonly family: IpFamily;
	readonly service: IpvsServiceKey;
}

/** Compares services as the tool sorts them: differences of 32 bits, so that addresses from 128.0.0.0 on may come first. */
export function compareServices({ family, service: a }: Named, { family: other, service: b }: Named): number {
	const byMark = (markOf(a) - markOf(b)) | 0;
	if (byMark !== 0) return byMark;
	if (family !== other) return family === "ipv4" ? -1 : 1;
	if ("fwmark" in a || "fwmark" in b) return 0;
	const byProtocol = PROTOCOL_NUMBERS[a.proto] - PROTOCOL_NUMBERS[b.proto];
	return byProtocol === 0 ? comparePlaces(a, b) : byProtocol;
}

/** As {@link compareServices}. */
export function compareDestinations(a: IpvsDestination, b: IpvsDestination): number {
	return comparePlaces(a, b);
}

interface Place {
	readonly addr: IpAddr;
	readonly port: number;
}

function comparePlaces(a: Place, b: Place): number {
	const [x, y] = [ipNum(a.addr), ipNum(b.addr)];
	if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
	const difference = wordsOf(x)
		.map((word, at) => (word - (wordsOf(y)[at] ?? 0)) | 0)
		.find((each) => each !== 0);
	return difference ?? a.port - b.port;
}

/** 32 bits each. */
function wordsOf(n: IpNum): readonly number[] {
	if (typeof n === "number") return [n];
	return [96n, 64n, 32n, 0n].map((shift) => Number((n >> shift) & 0xffffffffn));
}

function markOf(key: IpvsServiceKey): number {
	return "fwmark" in key ? key.fwmark : 0;
}

/** A firewall mark as the tool prints it: signed. */
export function fwmarkText(fwmark: number): string {
	return String(fwmark | 0);
}
