/** Which entries a command is about. */
import type { ConntrackEntry, TcpCtState } from "../../../kernel/conntrack.ts";
import { addrBits, type Cidr, cidrContains, familyOf, type IpAddr, parseIp } from "../../../wire/addr.ts";
import { ToolExit } from "../tool-exit.ts";
import { failed, type Invocation, portValue, TOOL, usage } from "./command-line.ts";
import { beginningWith } from "./options.ts";

export type ConntrackFilter = (entry: ConntrackEntry) => boolean;

/** Throws a `ToolExit` for values that conntrack does not understand. */
export function conntrackFilter({ given, proto }: Invocation): ConntrackFilter {
	const tests: ConntrackFilter[] = [];
	const need = <T>(wanted: T | undefined, of: (entry: ConntrackEntry) => T | undefined): void => {
		if (wanted !== undefined) tests.push((entry) => of(entry) === wanted);
	};
	const nets = ADDRESSES.map(([name, of]) => ({ net: netValue(given.get(name)), of }));
	const families = new Set(nets.flatMap(({ net }) => (net === undefined ? [] : [familyOf(net.addr)])));
	if (families.size > 1) throw usage("mismatched address family");
	for (const { net, of } of nets) if (net !== undefined) tests.push((entry) => cidrContains(net, of(entry)));
	need(proto, (entry) => entry.proto);
	need(given.get("family"), (entry) => entry.family);
	need(portValue(given.get("orig-port-src")), (entry) => entry.original.sport);
	need(portValue(given.get("orig-port-dst")), (entry) => entry.original.dport);
	need(portValue(given.get("reply-port-src")), (entry) => entry.reply.sport);
	need(portValue(given.get("reply-port-dst")), (entry) => entry.reply.dport);
	need(portValue(given.get("icmp-type")), (entry) => entry.original.icmp?.type);
	need(portValue(given.get("icmp-code")), (entry) => entry.original.icmp?.code);
	need(portValue(given.get("icmp-id")), (entry) => entry.original.icmp?.id);
	need(tcpState(given.get("state")), (entry) => entry.tcpState);
	need(portValue(given.get("zone")), (entry) => entry.zone ?? 0);
	need(portValue(given.get("orig-zone")), (entry) => entry.original.zone ?? 0);
	need(portValue(given.get("reply-zone")), (entry) => entry.reply.zone ?? 0);
	tests.push(...natTests(given), ...statusTests(given.get("status")));
	const mark = given.get("mark")?.split("/");
	if (mark !== undefined) {
		const mask = mark[1] === undefined ? 0xffffffff : numberOrZero(mark[1]);
		const value = numberOrZero(mark[0] ?? "");
		tests.push((entry) => (entry.mark & mask) >>> 0 === value);
	}
	if (given.has("label")) {
		const stderr = `nfct_labelmap_new: No such file or directory\n${usage(`unknown label '${given.get("label")}'`).stderr}`;
		throw new ToolExit(2, stderr);
	}
	return (entry) => tests.every((test) => test(entry));
}

const ADDRESSES: readonly (readonly [string, (entry: ConntrackEntry) => IpAddr])[] = [
	["src", (entry) => entry.original.src],
	["dst", (entry) => entry.original.dst],
	["reply-src", (entry) => entry.reply.src],
	["reply-dst", (entry) => entry.reply.dst],
];

/** An address, or a network in `ADDR/LENGTH` form. */
function netValue(text: string | undefined): Cidr | undefined {
	if (text === undefined) return undefined;
	const [addrText = "", length] = text.split("/");
	const addr = parseIp(addrText);
	if (!addr.ok) throw usage(`Invalid IP address \`${text}'`);
	const bits = addrBits(addr.value);
	if (length === undefined) return { addr: addr.value, prefix: bits };
	if (!/^\d+$/.test(length) || Number(length) > bits) throw usage("Invalid netmask");
	return { addr: addr.value, prefix: Number(length) };
}

/** `-n`, `-g`, `-j`: translated entries, to an address if one is given. */
function natTests(given: ReadonlyMap<string, string>): readonly ConntrackFilter[] {
	const to = (text: string | undefined): Cidr | undefined => netValue(text === "" ? undefined : text);
	const isSrc = (entry: ConntrackEntry, addr: Cidr | undefined): boolean =>
		entry.snat === true && (addr === undefined || cidrContains(addr, entry.reply.dst));
	const isDst = (entry: ConntrackEntry, addr: Cidr | undefined): boolean =>
		entry.dnat === true && (addr === undefined || cidrContains(addr, entry.reply.src));
	const tests: ConntrackFilter[] = [];
	const [src, dst, any] = [to(given.get("src-nat")), to(given.get("dst-nat")), to(given.get("any-nat"))];
	if (given.has("src-nat")) tests.push((entry) => isSrc(entry, src));
	if (given.has("dst-nat")) tests.push((entry) => isDst(entry, dst));
	if (given.has("any-nat")) tests.push((entry) => isSrc(entry, any) || isDst(entry, any));
	return tests;
}

const STATUSES = [
	"ASSURED",
	"SEEN_REPLY",
	"UNSET",
	"FIXED_TIMEOUT",
	"EXPECTED",
	"OFFLOAD",
	"HW_OFFLOAD",
	"UNREPLIED",
	"SRC_NAT",
	"DST_NAT",
] as const;

function statusTests(text: string | undefined): readonly ConntrackFilter[] {
	const tests: ConntrackFilter[] = [];
	for (const word of text?.split(",") ?? []) {
		const status = beginningWith(word, STATUSES);
		switch (status) {
			case undefined:
				throw usage(`Bad parameter \`${word}'`);
			case "ASSURED":
				tests.push((entry) => entry.assured === true);
				break;
			case "SEEN_REPLY":
				tests.push((entry) => entry.unreplied !== true);
				break;
			case "UNREPLIED":
				tests.push((entry) => entry.unreplied === true);
				break;
			case "UNSET":
				throw failed("invalid parameters");
			case "SRC_NAT":
			case "DST_NAT": {
				const option = status === "SRC_NAT" ? "src" : "dst";
				const warning = `WARNING: ignoring ${status}, use --${option}-nat instead\n`;
				throw new ToolExit(1, `${warning}${TOOL}: Operation failed: invalid parameters\n`);
			}
			case "FIXED_TIMEOUT":
			case "EXPECTED":
			case "OFFLOAD":
			case "HW_OFFLOAD":
				tests.push(() => false);
		}
	}
	return tests;
}

const TCP_STATES: readonly (TcpCtState | "LISTEN")[] = [
	"NONE",
	"SYN_SENT",
	"SYN_RECV",
	"ESTABLISHED",
	"FIN_WAIT",
	"CLOSE_WAIT",
	"LAST_ACK",
	"TIME_WAIT",
	"CLOSE",
	"SYN_SENT2",
	"LISTEN",
];

function tcpState(text: string | undefined): string | undefined {
	if (text === undefined || TCP_STATES.some((state) => state === text)) return text;
	throw usage(`unknown TCP state \`${text}'`);
}

function numberOrZero(text: string): number {
	return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) >>> 0 : 0;
}
