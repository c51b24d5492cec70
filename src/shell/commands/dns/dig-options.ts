/** The options of dig. */
import { parseIp } from "../../../wire/addr.ts";
import { reverseName } from "../../../wire/dns.ts";
import type { CommandContext } from "../../command.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { recordType } from "./types.ts";

export interface DigQuery {
	readonly name: string;
	readonly type: string;
}

export interface DigOptions {
	readonly server: string | undefined;
	readonly port: number;
	/** `-b`: `ADDRESS`, `ADDRESS#PORT`. */
	readonly bind: string | undefined;
	readonly queries: readonly DigQuery[];
	/** `+` options that are on. */
	readonly on: ReadonlySet<string>;
	readonly timeoutNs: number;
	readonly tries: number;
	/** Undefined: no EDNS. */
	readonly bufferBytes: number | undefined;
	readonly ndots: number | undefined;
	readonly domain: string | undefined;
}

export const DIG_VERSION = "9.18.49-1~deb12u3-Debian";
const USAGE = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
`;
const HELP = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]
Where:  domain	  is in the Domain Name System
        q-class  is one of (in) [default: in]
        q-type   is one of (a,any,mx,ns,soa,hinfo,axfr,txt,...) [default:a]
        q-opt    is one of:
                 -4                  (use IPv4 query transport only)
                 -b address[#port]   (bind to source address/port)
                 -p port             (specify port number)
                 -q name             (specify query name)
                 -t type             (specify query type)
                 -x dot-notation     (shortcut for reverse lookups)
        d-opt    is of the form +keyword[=value], where keyword is:
                 +[no]additional +[no]adflag +[no]all +[no]answer +[no]authority
                 +bufsize[=###] +[no]cdflag +[no]cmd +[no]comments +domain=###
                 +[no]edns +ndots=### +[no]question +[no]recurse +retry=###
                 +[no]search +[no]short +[no]stats +[no]tcp +timeout=### +tries=###
`;
/** By their shortest forms, which dig takes. */
const SWITCHES: Readonly<Record<string, string>> = {
	ad: "adflag",
	adflag: "adflag",
	additional: "additional",
	answer: "answer",
	authority: "authority",
	cdflag: "cdflag",
	cmd: "cmd",
	comments: "comments",
	edns: "edns",
	question: "question",
	rec: "recurse",
	recurse: "recurse",
	rdflag: "recurse",
	search: "search",
	defname: "search",
	short: "short",
	stats: "stats",
	tcp: "tcp",
	vc: "tcp",
	all: "all",
	cookie: "ignored",
	ignore: "ignore",
	fail: "ignored",
	identify: "ignored",
	idnin: "ignored",
	idnout: "ignored",
	keepopen: "ignored",
};
const SECTIONS = ["cmd", "comments", "question", "answer", "authority", "additional", "stats"];
const REFUSED =
	"trace dnssec multiline nssearch aaonly besteffort cl class ttlid ttlunits qr nsid rrcomments subnet split yaml https tls sit".split(
		" ",
	);

/** Reads the words; leaves by `ToolExit` with dig's own words when they are not right. */
export function digOptions({ args, stderr }: Pick<CommandContext, "args" | "stderr">): DigOptions {
	const on = new Set(["recurse", "adflag", "edns", ...SECTIONS]);
	const numbers = { timeout: 5, tries: 3, bufsize: 1232, ndots: undefined as number | undefined };
	const names: { name: string; type: string | undefined }[] = [];
	let [server, bind, domain]: (string | undefined)[] = [];
	let port = 53;
	let pendingType: string | undefined;
	const setType = (type: string): void => {
		const last = names.at(-1);
		if (last === undefined) pendingType = type;
		else last.type = type;
	};
	const addName = (name: string, type?: string): void => {
		names.push({ name, type: type ?? (names.length === 0 ? pendingType : undefined) });
	};
	const rest = [...args];
	for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
		if (word.startsWith("@")) server = word.slice(1);
		else if (word.startsWith("+")) domain = plusOption(word, on, numbers) ?? domain;
		else if (word.startsWith("-") && word.length > 1) {
			const letter = word[1] ?? "";
			if (letter === "h") throw new ToolExit(0, "", HELP);
			if (letter === "v") throw new ToolExit(0, `DiG ${DIG_VERSION}\n`);
			if ("4dimru".includes(letter)) continue;
			if ("6fky".includes(letter)) throw notModelled(`dig -${letter}`);
			if (!"bcpqtx".includes(letter)) throw invalid(word);
			const value = word.length > 2 ? word.slice(2) : rest.shift();
			if (value === undefined) throw invalid(word);
			if (letter === "b") bind = value;
			else if (letter === "p") port = digPort(value);
			else if (letter === "q") addName(value);
			else if (letter === "t") {
				const type = recordType(value);
				if (type !== undefined) setType(type);
				else stderr.write(`;; Warning, ignoring invalid type ${value}\n`);
			} else if (letter === "x") addName(reverseOf(value), "PTR");
		} else {
			const type = recordType(word);
			if (type !== undefined) setType(type);
			else if (!["in", "IN", "ch", "CH", "hs", "HS"].includes(word)) addName(word);
		}
	}
	if (names.length === 0) names.push({ name: ".", type: pendingType ?? "NS" });
	return {
		server,
		port,
		bind,
		queries: names.map(({ name, type }) => ({ name, type: type ?? "A" })),
		on,
		timeoutNs: numbers.timeout * 1e9,
		tries: numbers.tries,
		bufferBytes: on.has("edns") ? numbers.bufsize : undefined,
		ndots: numbers.ndots,
		domain,
	};
}

/** A port as `-p` and `-b` take it. */
export function digPort(text: string): number {
	const isNumber = /^\d+$/.test(text);
	if (isNumber && Number(text) <= 65535) return Number(text);
	const why = isNumber ? "out of range" : "not a valid number";
	throw new ToolExit(1, "dig: Couldn't parse port number\n", `invalid port number '${text}': ${why}\n`);
}

/** Carries out one `+` option; the result is the domain of `+domain=`. */
function plusOption(
	word: string,
	on: Set<string>,
	numbers: { timeout: number; tries: number; bufsize: number; ndots: number | undefined },
): string | undefined {
	const [, key = "", value] = /^\+([^=]*)(?:=(.*))?$/.exec(word) ?? [];
	if (key === "domain" && value !== undefined) {
		on.add("search");
		return value;
	}
	if (["time", "timeout", "tries", "retry", "bufsize", "ndots"].includes(key) && /^\d+$/.test(value ?? "")) {
		const number = Number(value);
		if (key === "time" || key === "timeout") numbers.timeout = Math.max(1, number);
		else if (key === "tries") numbers.tries = Math.max(1, number);
		else if (key === "retry") numbers.tries = number + 1;
		else if (key === "bufsize") numbers.bufsize = number;
		else numbers.ndots = number;
		return undefined;
	}
	const off = key.startsWith("no") && SWITCHES[key] === undefined;
	const name = off ? key.slice(2) : key;
	if (REFUSED.includes(name)) {
		if (off) return undefined;
		throw notModelled(`dig +${name}`);
	}
	const found = SWITCHES[name];
	if (found === undefined) throw invalid(word);
	const changed = found === "all" ? SECTIONS : [found];
	for (const each of changed) {
		if (off) on.delete(each);
		else on.add(each);
	}
	if (found === "short" && !off) for (const section of SECTIONS) if (section !== "answer") on.delete(section);
	return undefined;
}

function reverseOf(text: string): string {
	const addr = parseIp(text);
	if (addr.ok) return reverseName(addr.value);
	throw new ToolExit(1, `Invalid IP address ${text}\n`);
}

function invalid(word: string): ToolExit {
	return new ToolExit(1, `Invalid option: ${word}\n${USAGE}`);
}
