/** `-m tcp`, `-m udp`, `-m sctp`. */
import type { Inverted, Match, PortRange, SctpMatch, TcpMatch, UdpMatch } from "../../../kernel/xtables.ts";
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG } from "../../../wire/tcp.ts";
import {
	type Draft,
	type Extension,
	extension,
	type Fault,
	type OptionSyntax,
	type RuleHead,
	UNMODELLED,
} from "../extension.ts";
import { bang, formatPortRange, inverted, parsePortRange, parseUint } from "../values.ts";

const FLAGS: readonly (readonly [string, number])[] = [
	["FIN", TCP_FIN],
	["SYN", TCP_SYN],
	["RST", TCP_RST],
	["PSH", TCP_PSH],
	["ACK", TCP_ACK],
	["URG", TCP_URG],
];

const ONE_FLAGS_OPTION = "Only one of `--syn' or `--tcp-flags'  allowed";

interface Ports {
	sport?: Inverted<PortRange>;
	dport?: Inverted<PortRange>;
}

/** Every port: tcp and udp keep no range then, sctp keeps it. */
function portOption(
	side: "sport" | "dport",
	{ keepFull, again }: { readonly keepFull: boolean; readonly again: string },
): OptionSyntax<Ports> {
	return {
		args: 1,
		invertible: true,
		again,
		set: (draft, { value, invert }) => {
			const range = parsePortRange(value);
			if (typeof range === "string") return range;
			if (keepFull || invert || range.from !== 0 || range.to !== 0xffff) draft[side] = inverted(range, invert);
			return undefined;
		},
	};
}

const SPORT = portOption("sport", { keepFull: false, again: "Only one `--source-port' allowed" });
const DPORT = portOption("dport", { keepFull: false, again: "Only one `--destination-port' allowed" });
const UDP_SPORT = portOption("sport", { keepFull: false, again: onlyOnce("udp", "source-port") });
const UDP_DPORT = portOption("dport", { keepFull: false, again: onlyOnce("udp", "destination-port") });
const SCTP_SPORT = portOption("sport", { keepFull: true, again: onlyOnce("sctp", "source-port") });
const SCTP_DPORT = portOption("dport", { keepFull: true, again: onlyOnce("sctp", "destination-port") });

function onlyOnce(match: string, option: string): string {
	return `${match}: option "--${option}" can only be used once.`;
}

export const TCP: Extension<Match> = extension<Match, Draft<TcpMatch>>({
	name: "tcp",
	options: {
		"--sport": SPORT,
		"--source-port": SPORT,
		"--dport": DPORT,
		"--destination-port": DPORT,
		"--tcp-flags": {
			args: 2,
			invertible: true,
			again: ONE_FLAGS_OPTION,
			set: (draft, { value, second, invert }) => setFlags(draft, value, second, invert),
		},
		"--syn": {
			args: 0,
			invertible: true,
			again: ONE_FLAGS_OPTION,
			set: (draft, { invert }) => setFlags(draft, "FIN,SYN,RST,ACK", "SYN", invert),
		},
		"--tcp-option": {
			args: 1,
			invertible: true,
			set: (draft, { value, invert }) => {
				const option = parseUint(value, 255);
				if (option === undefined || option === 0) return `Bad TCP option "${value}"`;
				draft.option = inverted(option, invert);
				return undefined;
			},
		},
	},
	start: () => ({ kind: "tcp" }),
	finish: (draft, head) => needProto(head, 6, "TCP match requires '-p tcp'") ?? draft,
});

export const UDP: Extension<Match> = extension<Match, Draft<UdpMatch>>({
	name: "udp",
	options: {
		"--sport": UDP_SPORT,
		"--source-port": UDP_SPORT,
		"--dport": UDP_DPORT,
		"--destination-port": UDP_DPORT,
	},
	start: () => ({ kind: "udp" }),
	finish: (draft, head) => needProto(head, 17, "UDP match requires '-p udp'") ?? draft,
});

export const SCTP: Extension<Match> = extension<Match, Draft<SctpMatch>>({
	name: "sctp",
	options: {
		"--sport": SCTP_SPORT,
		"--source-port": SCTP_SPORT,
		"--dport": SCTP_DPORT,
		"--destination-port": SCTP_DPORT,
		"--chunk-types": UNMODELLED,
	},
	start: () => ({ kind: "sctp" }),
	finish: (draft, head) => needProto(head, 132, "SCTP match requires '-p sctp'") ?? draft,
});

export function formatTcp(match: TcpMatch): string {
	let text = ` -m tcp${formatPorts(match)}`;
	if (match.option !== undefined) text += ` ${bang(match.option.invert)}--tcp-option ${match.option.value}`;
	const flags = match.flags;
	if (flags !== undefined && (flags.value.mask !== 0 || flags.invert === true)) {
		text += ` ${bang(flags.invert)}--tcp-flags ${flagNames(flags.value.mask)} ${flagNames(flags.value.comp)}`;
	}
	return text;
}

/** The port options of tcp, udp and sctp. */
export function formatPorts(match: TcpMatch | UdpMatch | SctpMatch): string {
	let text = "";
	if (match.sport !== undefined) text += ` ${bang(match.sport.invert)}--sport ${formatPortRange(match.sport.value)}`;
	if (match.dport !== undefined) text += ` ${bang(match.dport.invert)}--dport ${formatPortRange(match.dport.value)}`;
	return text;
}

/** `FIN,SYN`, or `NONE`. */
export function flagNames(bits: number): string {
	const names = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
	return names.length === 0 ? "NONE" : names.join(",");
}

function needProto(head: RuleHead, proto: number, complaint: string): Fault | undefined {
	return head.proto === proto && !head.protoInvert ? undefined : complaint;
}

function setFlags(draft: Draft<TcpMatch>, maskText: string, compText: string, invert: boolean): Fault | undefined {
	if (draft.flags !== undefined) return ONE_FLAGS_OPTION;
	const mask = flagBits(maskText);
	const comp = flagBits(compText);
	if (mask === undefined) return `Unknown TCP flag \`${maskText}'`;
	if (comp === undefined) return `Unknown TCP flag \`${compText}'`;
	draft.flags = inverted({ mask, comp }, invert);
	return undefined;
}

function flagBits(text: string): number | undefined {
	let bits = 0;
	for (const name of text.toUpperCase().split(",")) {
		const flag = FLAGS.find(([known]) => known === name);
		if (flag !== undefined) bits |= flag[1];
		else if (name === "ALL") bits |= 0x3f;
		else if (name !== "NONE") return undefined;
	}
	return bits;
}
