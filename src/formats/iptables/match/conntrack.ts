/** `-m conntrack`, and the older `-m state`. */
import type {
	ConntrackMatch,
	CtState,
	CtStatus,
	Inverted,
	Match,
	PortRange,
	StateMatch,
} from "../../../kernel/xtables.ts";
import { addrBits, type Cidr } from "../../../wire/addr.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { protocolNumber } from "../names.ts";
import {
	bang,
	formatPortRange,
	inverted,
	parseHostNet,
	parseNames,
	parsePort,
	parsePortRange,
	parseUint,
} from "../values.ts";

const STATES: readonly CtState[] = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"];
const STATUSES: readonly CtStatus[] = ["NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"];
const PLAIN_STATES: readonly CtState[] = STATES.slice(0, 5);

type ConntrackDraft = Draft<ConntrackMatch>;

export const CONNTRACK: Extension<Match> = extension<Match, ConntrackDraft>({
	name: "conntrack",
	options: {
		"--ctstate": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const states = parseNames(value, STATES);
				if (states === undefined) return `Bad ctstate "${unknownName(value, STATES)}"`;
				draft.state = inverted(states, invert);
				return undefined;
			},
		},
		"--ctproto": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const proto = protocolNumber(value);
				if (proto === undefined) return `unknown protocol "${value}" specified`;
				draft.proto = inverted(proto, invert);
				return undefined;
			},
		},
		"--ctorigsrc": netOption("origSrc"),
		"--ctorigdst": netOption("origDst"),
		"--ctreplsrc": netOption("replSrc"),
		"--ctrepldst": netOption("replDst"),
		"--ctorigsrcport": portOption("origSport"),
		"--ctorigdstport": portOption("origDport"),
		"--ctreplsrcport": portOption("replSport"),
		"--ctrepldstport": portOption("replDport"),
		"--ctstatus": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const statuses = parseNames(value, STATUSES);
				if (statuses === undefined) return `Bad ctstatus "${unknownName(value, STATUSES)}"`;
				const bits = statuses.filter((status) => status !== "NONE");
				draft.status = inverted(bits.length === 0 ? statuses : bits, invert);
				return undefined;
			},
		},
		"--ctexpire": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const range = parseExpire(value);
				if (range === undefined) {
					return `conntrack: bad value for option "--ctexpire" near "${value}", or out of range (0-4294967295).`;
				}
				draft.expireSeconds = inverted(range, invert);
				return undefined;
			},
		},
		"--ctdir": {
			args: 1,
			set: (draft, { value }) => {
				const dir = parseNames(value, ["ORIGINAL", "REPLY"] as const)?.[0];
				if (dir === undefined) return `conntrack: Bad value for "--ctdir" option: "${value}"`;
				draft.dir = dir;
				return undefined;
			},
		},
	},
	start: () => ({ kind: "conntrack" }),
	finish: (draft) => (Object.keys(draft).length === 1 ? "conntrack: At least one option is required" : draft),
});

export const STATE: Extension<Match> = extension<Match, Partial<Draft<StateMatch>>>({
	name: "state",
	options: {
		"--state": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const states = parseNames(value, PLAIN_STATES);
				if (value.endsWith(",")) {
					return '"--state" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED';
				}
				if (states === undefined) return `Bad state "${unknownName(value, PLAIN_STATES)}"`;
				draft.states = states;
				if (invert) draft.invert = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: (draft) =>
		draft.states === undefined
			? `state: option "--state" must be specified`
			: { ...draft, kind: "state", states: draft.states },
});

/** `formatNet` says how addresses are written: `iptables -L` has names for them. */
export function formatConntrackMatch(match: ConntrackMatch, formatNet: (net: Cidr) => string = formatHostNet): string {
	return (
		" -m conntrack" +
		part("--ctstate", match.state, formatList) +
		part("--ctproto", match.proto, String) +
		part("--ctorigsrc", match.origSrc, formatNet) +
		part("--ctorigdst", match.origDst, formatNet) +
		part("--ctreplsrc", match.replSrc, formatNet) +
		part("--ctrepldst", match.replDst, formatNet) +
		part("--ctorigsrcport", match.origSport, formatPortRange) +
		part("--ctorigdstport", match.origDport, formatPortRange) +
		part("--ctreplsrcport", match.replSport, formatPortRange) +
		part("--ctrepldstport", match.replDport, formatPortRange) +
		part("--ctstatus", match.status, formatList) +
		part("--ctexpire", match.expireSeconds, formatPortRange) +
		(match.dir === undefined ? "" : ` --ctdir ${match.dir}`)
	);
}

export function formatState(match: StateMatch): string {
	return ` -m state ${bang(match.invert)}--state ${sorted(match.states).join(",")}`;
}

/** States and statuses in the order in which the tools print them. */
export function sorted(names: readonly (CtState | CtStatus)[]): readonly string[] {
	return [...STATES, ...STATUSES].filter((name) => names.includes(name));
}

/** An address without a full prefix length. */
function formatHostNet(net: Cidr): string {
	return net.prefix === addrBits(net.addr) ? net.addr : `${net.addr}/${net.prefix}`;
}

function formatList(names: readonly (CtState | CtStatus)[]): string {
	return sorted(names).join(",");
}

function part<T>(option: string, given: Inverted<T> | undefined, format: (value: T) => string): string {
	return given === undefined ? "" : ` ${bang(given.invert)}${option} ${format(given.value)}`;
}

function netOption(key: "origSrc" | "origDst" | "replSrc" | "replDst"): OptionSyntax<ConntrackDraft> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert, family }) => {
			const net = parseHostNet(value, family);
			if (typeof net === "string") return `host/network \`${value}' ${net}`;
			draft[key] = inverted(net, invert);
			return undefined;
		},
	};
}

function portOption(key: "origSport" | "origDport" | "replSport" | "replDport"): OptionSyntax<ConntrackDraft> {
	return {
		args: 1,
		invertible: true,
		set: (draft, { value, invert }) => {
			const range = parsePortRange(value);
			if (typeof range === "string") return unresolvedPort(value) ?? range;
			draft[key] = inverted(range, invert);
			return undefined;
		},
	};
}

/** The first name that is none. */
function unknownName(text: string, all: readonly string[]): string {
	return text.split(",").find((word) => !all.includes(word.toUpperCase())) ?? text;
}

function unresolvedPort(text: string): string | undefined {
	const word = text.split(":").find((part) => part !== "" && parsePort(part) === undefined);
	return word === undefined ? undefined : `Port "${word}" does not resolve to anything.`;
}

function parseExpire(text: string): PortRange | undefined {
	const colon = text.indexOf(":");
	const from = parseUint(colon < 0 ? text : text.slice(0, colon) || "0", 0xffffffff);
	const to = colon < 0 ? from : parseUint(text.slice(colon + 1) || "0xffffffff", 0xffffffff);
	return from === undefined || to === undefined ? undefined : { from, to };
}
