/** `tcp:80`, `udp:domain`, `icmp:echo-request`, `gre:0`: the port component of an element. */
import type { IpSetPart } from "../../kernel/ipset.ts";
import type { IpFamily } from "../../wire/addr.ts";
import { ICMP_TYPES, ICMPV6_TYPES, type IcmpTypeName } from "../iptables/icmp-names.ts";
import { protocolName, protocolNumber } from "../iptables/names.ts";
import { servicePort } from "../services.ts";
import { type IpSetFault, isFault, numberOf, parseNumber, refusal, syntax } from "./fault.ts";

type PortPart = Extract<IpSetPart, { kind: "port" }>;

const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;
const WITH_PORTS: readonly number[] = [TCP, 17, 132, 136];

/** Names that iptables has and ipset has not. */
const NOT_HERE: ReadonlySet<string> = new Set([
	"any",
	"beyond-scope",
	"destination-unreachable",
	"failed-policy",
	"neighbor-advertisement",
	"neighbor-solicitation",
	"parameter-problem",
	"reject-route",
	"time-exceeded",
	"ttl-exceeded",
]);
const NAMES = ICMP_TYPES.filter(([name]) => !NOT_HERE.has(name) && name !== "redirect");
const NAMES6: readonly IcmpTypeName[] = [
	...ICMPV6_TYPES.filter(([name]) => !NOT_HERE.has(name)),
	["neigbour-solicitation", 135],
	["neigbour-advertisement", 136],
];

/** `command` is the one being read, for what is said when a protocol does not go with the family. */
export function parsePort(
	text: string,
	{ family, command }: { readonly family: IpFamily; readonly command: string },
): PortPart | IpSetFault {
	const colon = text.indexOf(":");
	if (colon <= 0 || colon === text.length - 1) return tcpUdp(text, TCP, "tcp");
	const name = text.slice(0, colon);
	const rest = text.slice(colon + 1);
	const proto = parseProtocol(name);
	if (proto === undefined) return syntax(`cannot parse '${name}' as a protocol`);
	if (WITH_PORTS.includes(proto)) return tcpUdp(rest, proto, protocolName(proto));
	if (proto === ICMP || proto === ICMPV6) {
		const isOf = proto === ICMP ? "ipv4" : "ipv6";
		const label = proto === ICMP ? "ICMP" : "ICMPv6";
		if (family !== isOf) {
			const which = isOf === "ipv4" ? "inet" : "inet6";
			// The second line is the tool's own slip.
			return syntax(
				`Protocol ${label} can be used with family ${which} only\nInvalid ${command} command: missing setname`,
			);
		}
		return icmp(rest, proto, label);
	}
	if (numberOf(rest) !== 0) return syntax(`Protocol ${name} can be used with pseudo port value 0 only.`);
	return { kind: "port", proto, port: 0 };
}

export function formatPort({ proto, port, to }: PortPart): string {
	if (proto === ICMP || proto === ICMPV6) {
		const [type, code] = [port >> 8, port & 255];
		const known = (proto === ICMP ? NAMES : NAMES6).find(([, t, c]) => t === type && (c ?? 0) === code)?.[0];
		return `${protocolName(proto)}:${known?.replace(/^tos-/, "TOS-") ?? `${type}/${code}`}`;
	}
	return `${protocolName(proto)}:${port}${to === undefined ? "" : `-${to}`}`;
}

/** A port or its name, or a range, of bitmap:port: the protocol only says where the name is looked up. */
export function parsePlainPort(text: string): PortPart | IpSetFault {
	const colon = text.indexOf(":");
	if (colon <= 0) return tcpUdp(text, TCP, "tcp");
	const name = text.slice(0, colon);
	const proto = parseProtocol(name);
	if (proto === undefined) return syntax(`cannot parse '${name}' as a protocol`);
	const part = tcpUdp(text.slice(colon + 1), proto, protocolName(proto));
	return isFault(part) ? part : { ...part, proto: TCP };
}

function parseProtocol(name: string): number | undefined {
	if (name.toLowerCase() === "icmpv6") return ICMPV6;
	const number = numberOf(name);
	if (number !== undefined) return number >= 0 && number <= 255 ? number : undefined;
	return protocolNumber(name);
}

function tcpUdp(text: string, proto: number, name: string): PortPart | IpSetFault {
	const dash = text.indexOf("-", 1);
	const whole = dash > 0 ? onePort(text, name) : undefined;
	// A service's name may have a dash.
	if (dash < 0 || typeof whole === "number") {
		const port = onePort(text, name);
		return typeof port === "number" ? { kind: "port", proto, port } : port;
	}
	const from = onePort(text.slice(0, dash), name);
	if (typeof from !== "number") return from;
	const to = onePort(text.slice(dash + 1), name);
	return typeof to === "number" ? { kind: "port", proto, port: from, to } : to;
}

function onePort(text: string, protocol: string): number | IpSetFault {
	const number = parseNumber(text, 0, 0xffff);
	if (typeof number === "number") return number;
	const named = servicePort(text);
	if (named !== undefined) return named;
	return refusal(
		`${number.message}\nSyntax error: '${protocol}' is invalid as number\ncannot parse '${text}' as a ${protocol} port`,
	);
}

function icmp(text: string, proto: number, label: string): PortPart | IpSetFault {
	const names = proto === ICMP ? NAMES : NAMES6;
	const known = names.find(([name]) => name === text.toLowerCase());
	if (known !== undefined) return { kind: "port", proto, port: known[1] * 256 + (known[2] ?? 0) };
	const slash = text.indexOf("/");
	if (slash < 0) return refusal(`Cannot parse ${text} as an ${label} type/code.`);
	const type = parseNumber(text.slice(0, slash), 0, 255);
	if (typeof type !== "number") return type;
	const code = parseNumber(text.slice(slash + 1), 0, 255);
	return typeof code === "number" ? { kind: "port", proto, port: type * 256 + code } : code;
}
