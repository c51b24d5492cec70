/** Building blocks of rules, in the order in which the kernel keeps them: header matches, then extensions as loaded. */
import type { Match, MatchKind, Rule, RuleOrigin, Target } from "../kernel/xtables.ts";
import { addrBits, type Cidr, type IpAddr } from "../wire/addr.ts";

export type L4Protocol = "tcp" | "udp" | "sctp";

export const PROTO_NUMBERS: Readonly<Record<L4Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

const HEADER_ORDER: readonly MatchKind[] = ["source", "destination", "in-interface", "out-interface", "protocol"];

export interface RuleParts {
	/** Header matches, in any order. */
	readonly header?: readonly Match[];
	/** Extensions, in the order of their `-m`. */
	readonly extensions?: readonly Match[];
	readonly target: Target;
	readonly origin: RuleOrigin;
}

export function rule({ header = [], extensions = [], target, origin }: RuleParts): Rule {
	const ordered = header.length < 2 ? header : [...header].sort((a, b) => rank(a) - rank(b));
	return { matches: [...ordered, ...extensions], target, origin };
}

export function hostCidr(address: IpAddr): Cidr {
	return { addr: address, prefix: addrBits(address) };
}

export function comment(text: string): Match {
	return { kind: "comment", text };
}

/** `-d`: the address alone. */
export function toAddress(address: IpAddr): Match {
	return { kind: "destination", net: hostCidr(address) };
}

export function fromNet(net: Cidr): Match {
	return { kind: "source", net };
}

// There are very many rules: what is the same in many of them is one object.
const PROTOCOL_MATCHES: Readonly<Record<L4Protocol, Match>> = {
	tcp: { kind: "protocol", proto: PROTO_NUMBERS.tcp },
	udp: { kind: "protocol", proto: PROTO_NUMBERS.udp },
	sctp: { kind: "protocol", proto: PROTO_NUMBERS.sctp },
};
const MODULE_MATCHES: Readonly<Record<L4Protocol, Match>> = {
	tcp: { kind: "tcp" },
	udp: { kind: "udp" },
	sctp: { kind: "sctp" },
};

/** `-p`. */
export function protocolMatch(protocol: L4Protocol): Match {
	return PROTOCOL_MATCHES[protocol];
}

/** `-m tcp --dport N`; without a port only the module, as `-m tcp -p tcp` loads it. */
export function portMatch(protocol: L4Protocol, dport?: number): Match {
	return dport === undefined
		? MODULE_MATCHES[protocol]
		: { kind: protocol, dport: { value: { from: dport, to: dport } } };
}

export function jump(chain: string): Target {
	return { kind: "jump", chain };
}

function rank(match: Match): number {
	return HEADER_ORDER.indexOf(match.kind);
}
