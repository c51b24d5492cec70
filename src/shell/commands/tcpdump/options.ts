/** The options of tcpdump. */
import { DEFAULT_SNAPLEN } from "../../../wire/pcapng.ts";
import { getopt } from "../../getopt.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { says, TCPDUMP_USAGE, TCPDUMP_VERSION } from "./usage.ts";

export interface TcpdumpOptions {
	/** `-i`: absent, the first device. */
	readonly device: string | undefined;
	/** `-D`, `-L`, `-J`: list something instead of capturing. */
	readonly list: "devices" | "link-types" | "time-stamp-types" | undefined;
	/** `-y`. */
	readonly linkType: string | undefined;
	/** `-r`. */
	readonly readFile: string | undefined;
	/** `-w`. */
	readonly writeFile: string | undefined;
	/** Packets are printed: without `-w`, or with `--print`. */
	readonly print: boolean;
	/** `--count`: only how many, with `-r`. */
	readonly countOnly: boolean;
	/** 0: no end. */
	readonly count: number;
	readonly snaplen: number;
	readonly promisc: boolean;
	/** `-Q`. */
	readonly direction: "in" | "out" | "inout";
	/** `-F`. */
	readonly filterFile: string | undefined;
	/** `-U`: the file is written after every packet. */
	readonly unbuffered: boolean;
	readonly expression: string;
	/** `-O`. */
	readonly allowNever: boolean;
	readonly show: ShowOptions;
}

export interface ShowOptions {
	/** `-e`. */
	readonly macs: boolean;
	/** How often `-v`, `-q` were given. */
	readonly verbosity: number;
	readonly quiet: number;
	/** Without `-n`. */
	readonly names: boolean;
	/** `-N`: names without their domain. */
	readonly shortNames: boolean;
	/** `-S`. */
	readonly absolute: boolean;
	/** `-K`. */
	readonly trustChecksums: boolean;
	/** `-#`. */
	readonly numbers: boolean;
	/** How often `-t` was given, 0 to 5. */
	readonly stamp: number;
	readonly nanoseconds: boolean;
	/** `-x`, `-X`, `-A`: the packet's bytes after its line; doubled, with the link header. */
	readonly bytes: { readonly form: "hex" | "hex-ascii" | "ascii"; readonly withLinkHeader: boolean } | undefined;
}

const SHORT = "aAbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#";
const LONG: Readonly<Record<string, string>> = {
	"absolute-tcp-sequence-numbers": "S",
	"buffer-size=": "B",
	count: "count",
	"direction=": "Q",
	"dont-verify-checksums": "K",
	help: "h",
	"immediate-mode": "immediate-mode",
	"interface=": "i",
	"linktype=": "y",
	"list-data-link-types": "L",
	"list-interfaces": "D",
	"list-time-stamp-types": "J",
	micro: "micro",
	"monitor-mode": "I",
	nano: "nano",
	"no-optimize": "O",
	"no-promiscuous-mode": "p",
	number: "#",
	"packet-buffered": "U",
	print: "print",
	"relinquish-privileges=": "Z",
	"snapshot-length=": "s",
	"time-stamp-precision=": "time-stamp-precision",
	"time-stamp-type=": "j",
	version: "version",
};
const REFUSED: Readonly<Record<string, string>> = {
	C: "tcpdump -C (a new file when one is full)",
	d: "tcpdump -d (the compiled filter)",
	E: "tcpdump -E (decryption)",
	G: "tcpdump -G (a new file from time to time)",
	m: "tcpdump -m (a MIB)",
	M: "tcpdump -M (TCP-MD5 secrets)",
	V: "tcpdump -V (a list of files)",
	W: "tcpdump -W (a ring of files)",
	z: "tcpdump -z (a command for a full file)",
};
const PACKET_TYPES =
	"vat wb rpc rtp rtcp snmp cnfp tftp aodv carp radius zmtp1 vxlan pgm pgm_zmtp1 lmp resp ptp someip domain quic".split(
		" ",
	);
const TIME_STAMP_TYPES = ["host", "host_lowprec", "host_hiprec", "host_hiprec_unsynced", "adapter", "adapter_unsynced"];

/** Reads the arguments; a `ToolExit` says what tcpdump says of bad ones. */
export function parseTcpdumpOptions(args: readonly string[]): TcpdumpOptions {
	const parsed = getopt(args, { short: SHORT, long: LONG });
	if (!parsed.ok) throw new ToolExit(1, says(parsed.error) + TCPDUMP_USAGE);
	const { options, words, has, value } = parsed.value;
	for (const option of options) checkOption(option.name, option.value);
	const times = (name: string): number => options.filter((option) => option.name === name).length;
	const stamp = times("t");
	if (stamp > 5) throw new ToolExit(1, says("only -t, -tt, -ttt, -tttt and -ttttt are supported"));
	const list = options.find(({ name }) => name === "D" || name === "L" || name === "J")?.name;
	const snaplen = Number(value("s") ?? DEFAULT_SNAPLEN);
	return {
		device: value("i"),
		list: list === "D" ? "devices" : list === "L" ? "link-types" : list === "J" ? "time-stamp-types" : undefined,
		linkType: value("y"),
		readFile: value("r"),
		writeFile: value("w"),
		print: !has("w") || has("print"),
		countOnly: has("count"),
		count: Number(value("c") ?? 0),
		snaplen: snaplen === 0 ? DEFAULT_SNAPLEN : snaplen,
		promisc: !has("p"),
		direction: directionOf(value("Q")),
		filterFile: value("F"),
		unbuffered: has("U"),
		expression: words.join(" "),
		allowNever: has("O"),
		show: {
			macs: has("e"),
			verbosity: times("v"),
			quiet: times("q"),
			names: !has("n"),
			shortNames: has("N"),
			absolute: has("S"),
			trustChecksums: has("K"),
			numbers: has("#"),
			stamp,
			nanoseconds: value("time-stamp-precision") === "nano" || has("nano"),
			bytes: bytesOf(times("x"), times("X"), times("A")),
		},
	};
}

/** Says at once what cannot be, in the order of the options, as tcpdump does. */
function checkOption(name: string, text: string): void {
	const refused = REFUSED[name];
	if (refused !== undefined) throw notModelled(refused);
	switch (name) {
		case "h":
			throw new ToolExit(0, "", TCPDUMP_USAGE);
		case "Y":
			throw new ToolExit(1, TCPDUMP_USAGE);
		case "version":
			throw new ToolExit(0, "", TCPDUMP_VERSION);
		case "c":
			if (!/^\s*\+?\d+/.test(text) || Number.parseInt(text, 10) <= 0) complain(`invalid packet count ${text}`);
			return;
		case "B":
			if (!/^\d+$/.test(text) || Number(text) === 0) complain(`invalid packet buffer size ${text}`);
			return;
		case "s":
			if (!/^\d+$/.test(text) || Number(text) > DEFAULT_SNAPLEN) {
				complain(`invalid snaplen ${text} (must be >= 0 and <= ${DEFAULT_SNAPLEN})`);
			}
			return;
		case "j":
			if (!TIME_STAMP_TYPES.includes(text)) complain(`invalid time stamp type ${text}`);
			return;
		case "time-stamp-precision":
			if (text !== "micro" && text !== "nano") complain("unsupported time stamp precision");
			return;
		case "Q":
			directionOf(text);
			return;
		case "T":
			if (!PACKET_TYPES.includes(text)) complain(`unknown packet type \`${text}'`);
			throw notModelled(`tcpdump -T ${text}`);
	}
}

function directionOf(text: string | undefined): "in" | "out" | "inout" {
	switch (text?.toLowerCase()) {
		case undefined:
		case "inout":
			return "inout";
		case "in":
			return "in";
		case "out":
			return "out";
		default:
			return complain(`unknown capture direction \`${text}'`);
	}
}

/** `-X` wins over `-x`, and both over `-A`. */
function bytesOf(x: number, upperX: number, a: number): ShowOptions["bytes"] {
	if (upperX > 0) return { form: "hex-ascii", withLinkHeader: upperX > 1 };
	if (x > 0) return { form: "hex", withLinkHeader: x > 1 };
	return a > 0 ? { form: "ascii", withLinkHeader: a > 1 } : undefined;
}

function complain(message: string): never {
	throw new ToolExit(1, says(message));
}
