/** `-m ipvs`: what IPVS knows of the packet's connection. */
import type { Inverted, IpvsMatch, Match } from "../../../kernel/xtables.ts";
import { addrBits, type Cidr, familyOf, type IpFamily, parseIp } from "../../../wire/addr.ts";
import { servicePort } from "../../services.ts";
import { type Draft, type Extension, extension, type Fault, type OptionSyntax, UNMODELLED } from "../extension.ts";
import { protocolNumber } from "../names.ts";
import { bang, inverted } from "../values.ts";

const METHODS = ["GATE", "IPIP", "MASQ"] as const;
const DIRS = ["ORIGINAL", "REPLY"] as const;

type IpvsDraft = Draft<IpvsMatch>;

export const IPVS: Extension<Match> = extension<Match, IpvsDraft>({
	name: "ipvs",
	options: {
		"--ipvs": {
			args: 0,
			invertible: true,
			set: (draft, { invert }) => {
				draft.ipvs = inverted(true as const, invert);
				return undefined;
			},
		},
		"--vproto": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const proto = protocolNumber(value);
				if (proto === undefined) return `unknown protocol "${value}" specified`;
				draft.proto = inverted(proto, invert);
				return undefined;
			},
		},
		"--vaddr": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert, family }) => {
				const net = parseVaddr(value, family);
				if (typeof net === "string" || typeof net === "symbol") return net;
				draft.vaddr = inverted(net, invert);
				return undefined;
			},
		},
		"--vport": portOption("vport"),
		"--vdir": {
			args: 1,
			set: (draft, { value }) => {
				const dir = DIRS.find((name) => name === value.toUpperCase());
				if (dir === undefined) return `ipvs: Bad value for "--vdir" option: "${value}"`;
				draft.dir = dir;
				return undefined;
			},
		},
		"--vmethod": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const method = METHODS.find((name) => name === value.toUpperCase());
				if (method === undefined) return `ipvs: Bad value for "--vmethod" option: "${value}"`;
				draft.method = inverted(method, invert);
				return undefined;
			},
		},
		"--vportctl": portOption("vportctl"),
	},
	start: () => ({ kind: "ipvs" }),
	// The others imply `--ipvs`, and then it is not kept.
	finish: ({ ipvs, ...rest }) => {
		if (Object.keys(rest).length > 1) return rest;
		return ipvs === undefined ? "IPVS: At least one option is required" : { kind: "ipvs", ipvs };
	},
});

export function formatIpvsMatch(match: IpvsMatch): string {
	return ` -m ipvs${ipvsOptions(match, "--")}`;
}

/** The options in the order in which the tools print them, each after a space; `iptables -L` writes them without dashes. */
export function ipvsOptions(match: IpvsMatch, dashes: "--" | ""): string {
	const part = <T>(name: string, given: Inverted<T> | undefined, format: (value: T) => string): string =>
		given === undefined ? "" : ` ${bang(given.invert)}${dashes}${name}${format(given.value)}`;
	return (
		part("ipvs", match.ipvs, () => "") +
		part("vproto", match.proto, (proto) => ` ${proto}`) +
		part("vaddr", match.vaddr, (net) => ` ${formatVaddr(net)}`) +
		part("vport", match.vport, (port) => ` ${port}`) +
		(match.dir === undefined ? "" : ` ${dashes}vdir ${match.dir}`) +
		part("vmethod", match.method, (method) => ` ${method}`) +
		part("vportctl", match.vportctl, (port) => ` ${port}`)
	);
}

function portOption(key: "vport" | "vportctl"): OptionSyntax<IpvsDraft> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			// A number that is too great loses its upper bits.
			const port = /^\d+$/.test(value) ? Number(value) % 0x10000 : servicePort(value);
			if (port === undefined) return `Port "${value}" does not resolve to anything.`;
			draft[key] = inverted(port, invert);
			return undefined;
		},
	};
}

/** Host bits are kept. Short addresses and masks that are no prefix length are understood by the tool and not here. */
function parseVaddr(text: string, family: IpFamily): Cidr | Fault {
	const slash = text.indexOf("/");
	const addr = parseIp(slash < 0 ? text : text.slice(0, slash));
	if (!addr.ok || familyOf(addr.value) !== family) {
		return /^[\d.]+$/.test(text) ? UNMODELLED : "getaddrinfo: Temporary failure in name resolution";
	}
	const bits = addrBits(addr.value);
	if (slash < 0) return { addr: addr.value, prefix: bits };
	const length = text.slice(slash + 1);
	return /^\d+$/.test(length) && Number(length) <= bits ? { addr: addr.value, prefix: Number(length) } : UNMODELLED;
}

function formatVaddr({ addr, prefix }: Cidr): string {
	return prefix === addrBits(addr) ? addr : `${addr}/${prefix}`;
}
