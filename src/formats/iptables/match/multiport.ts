/** `-m multiport`. */
import type { Match, MultiportMatch, PortRange } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { bang, formatPortRange, parsePort } from "../values.ts";

/** tcp, udp, udplite, sctp, dccp. */
const PROTOCOLS: readonly number[] = [6, 17, 136, 132, 33];
/** The kernel has room for 15 numbers; a range takes two. */
const ROOM = 15;

/** The full names of the options, in the order in which two are named. */
const NAMES: readonly (readonly [MultiportMatch["which"], string])[] = [
	["sports", "source-ports"],
	["dports", "destination-ports"],
	["ports", "ports"],
];

type MultiportDraft = Partial<Draft<MultiportMatch>>;

const SPORTS = portsOption("sports");
const DPORTS = portsOption("dports");
const PORTS = portsOption("ports");

export const MULTIPORT: Extension<Match> = extension<Match, MultiportDraft>({
	name: "multiport",
	options: {
		"--source-ports": SPORTS,
		"--sports": SPORTS,
		"--destination-ports": DPORTS,
		"--dports": DPORTS,
		"--ports": PORTS,
		"--port": PORTS,
	},
	start: () => ({}),
	finish: (draft, head) => {
		if (head.proto === 0) return "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'";
		if (head.protoInvert || !PROTOCOLS.includes(head.proto)) {
			return "multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP";
		}
		if (draft.which === undefined || draft.ports === undefined) return "multiport expection an option";
		return { ...draft, kind: "multiport", which: draft.which, ports: draft.ports };
	},
});

export function formatMultiport(match: MultiportMatch): string {
	const ports = match.ports.map((range) => formatPortRange(range)).join(",");
	return ` -m multiport ${bang(match.invert)}--${match.which} ${ports}`;
}

function portsOption(which: MultiportMatch["which"]): OptionSyntax<MultiportDraft> {
	return {
		args: 1,
		invertible: true,
		again: `multiport: option "--${NAMES.find(([kind]) => kind === which)?.[1]}" can only be used once.`,
		set: (draft, { value, invert }) => {
			if (draft.which !== undefined) {
				const [first, second] = NAMES.filter(([kind]) => kind === which || kind === draft.which);
				return `multiport: option "--${first?.[1]}" cannot be used together with "--${second?.[1]}".`;
			}
			const ports = parsePorts(value);
			if (typeof ports === "string") return ports;
			draft.which = which;
			draft.ports = ports;
			if (invert) draft.invert = true;
			return undefined;
		},
	};
}

function parsePorts(text: string): readonly PortRange[] | string {
	const ports: PortRange[] = [];
	let room = ROOM;
	for (const part of text.split(",")) {
		const [first = "", last, ...more] = part.split(":");
		const from = parsePort(first);
		const to = last === undefined ? from : parsePort(last);
		if (from === undefined || to === undefined || more.length > 0) return `invalid port/service \`${part}' specified`;
		if (last !== undefined && from >= to) return "invalid portrange specified";
		ports.push({ from, to });
		room -= last === undefined ? 1 : 2;
		if (room < 0) return "too many ports specified";
	}
	return ports;
}
