/** The values of ipvsadm's options. */
import type { IpvsPersistence, IpvsProtocol, IpvsSchedFlag } from "../../kernel/ipvs.ts";
import { familyOf, type IpAddr, ipNum, parseIp } from "../../wire/addr.ts";
import { inetAton } from "../inet-aton.ts";
import { serviceNamed } from "../services.ts";
import { failure, type IpvsadmFault } from "./fault.ts";
import { schedFlagNamed } from "./words.ts";

/** The address of a host's name; undefined: there is none. */
export type Resolve = (name: string) => IpAddr | undefined;

/** 31 days. */
const MAX_TIMEOUT_SECONDS = 2_678_400;
const INT_MAX = 0x7fffffff;

/** A decimal number within bounds; undefined: it is none. */
export function numberIn(text: string, min: number, max: number): number | undefined {
	if (!/^\s*[+-]?\d+$/.test(text)) return undefined;
	const n = Number(text);
	return n < min || n > max ? undefined : n;
}

/** `HOST`, `HOST:PORT`, `[IPV6]:PORT`; a port is a number or a service of the protocol. */
export function readPlace(
	text: string,
	proto: IpvsProtocol,
	resolve: Resolve | undefined,
): { readonly addr: IpAddr; readonly port?: number } | undefined {
	const six = parseIp(text);
	if (six.ok && familyOf(six.value) === "ipv6") return { addr: six.value };
	const [, bracketed, host = bracketed ?? "", portText] =
		/^(?:\[([^\]]+)\](?=:)|([^:[]+))(?::(.*))?$/s.exec(text) ?? [];
	const addr = bracketed === undefined ? (inetAton(host) ?? resolve?.(host)) : ipv6(bracketed);
	if (addr === undefined) return undefined;
	if (portText === undefined) return { addr };
	const port = numberIn(portText, 0, 65_535) ?? portNamed(portText, proto);
	return port === undefined ? undefined : { addr, port };
}

export function readFwmark(text: string): number | IpvsadmFault {
	return numberIn(text, 1, 0xffffffff) ?? failure(`invalid fwmark value \`${text}' specified`);
}

/** Of persistence: more than nothing. */
export function readTimeout(text: string, min: 0 | 1): number | IpvsadmFault {
	return numberIn(text, min, MAX_TIMEOUT_SECONDS) ?? failure(`invalid timeout value \`${text}' specified`);
}

/** A mask, or for IPv6 a prefix length. */
export function readNetmask(
	text: string,
	family: "ipv4" | "ipv6",
): Pick<IpvsPersistence, "netmask" | "prefixLength"> | IpvsadmFault {
	const illegal = failure("illegal virtual server persistent mask specified");
	if (family === "ipv6") {
		const prefixLength = numberIn(text, 1, 128);
		return prefixLength === undefined ? illegal : { prefixLength };
	}
	const netmask = inetAton(text);
	return netmask === undefined ? illegal : { netmask };
}

export function readWeight(text: string): number | IpvsadmFault {
	return numberIn(text, 0, INT_MAX) ?? failure("illegal weight specified");
}

export function readThreshold(text: string, which: "u" | "l"): number | IpvsadmFault {
	return numberIn(text, 0, INT_MAX) ?? failure(`illegal ${which}_threshold specified`);
}

/** Names with commas between them; of none of them there may be nothing. */
export function readSchedFlags(text: string, scheduler: string): readonly IpvsSchedFlag[] | IpvsadmFault {
	const flags = new Set<IpvsSchedFlag>();
	for (const name of text.split(",").filter((word) => word !== "")) {
		const found = schedFlagNamed(name, scheduler);
		if (typeof found === "string") return failure(`${found} scheduler flag \`${name}'`);
		flags.add(found.flag);
	}
	return [...flags].toSorted();
}

/** What the options of the synchronisation daemon must be, for it is asked whatever the command. */
export function checkDaemonOption(name: string, text: string): IpvsadmFault | undefined {
	const limits = DAEMON_LIMITS[name];
	if (limits !== undefined && numberIn(text, ...limits) === undefined) return failure(`illegal ${name} specified`);
	if (name !== "mcast-group") return undefined;
	const addr = parseIp(text);
	const isGroup = addr.ok && isMulticast(addr.value);
	return isGroup ? undefined : failure(`invalid ${text.includes(":") ? "IPv6" : "IPv4"} mcast-group \`${text}'`);
}

const DAEMON_LIMITS: Readonly<Record<string, readonly [number, number]>> = {
	syncid: [0, 255],
	"sync-maxlen": [1, 65_507],
	"mcast-port": [1, 65_535],
	"mcast-ttl": [1, 255],
};

function isMulticast(addr: IpAddr): boolean {
	const n = ipNum(addr);
	return typeof n === "number" ? n >>> 28 === 14 : n >> 120n === 0xffn;
}

function portNamed(name: string, proto: IpvsProtocol): number | undefined {
	const known = serviceNamed(name);
	return known?.protocols.includes(proto) === true ? known.port : undefined;
}

function ipv6(text: string): IpAddr | undefined {
	const parsed = parseIp(text);
	return parsed.ok && familyOf(parsed.value) === "ipv6" ? parsed.value : undefined;
}
