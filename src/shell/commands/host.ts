/** host: DNS look-ups in a line each. */
import { absolute, formatDnsValue } from "../../formats/dns-record.ts";
import { searchList } from "../../formats/resolv-conf.ts";
import { parseIp } from "../../wire/addr.ts";
import { type DnsMessage, type DnsRecord, dnsQuery, reverseName } from "../../wire/dns.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { dnsId } from "../dns-client.ts";
import { getopt } from "../getopt.ts";
import { resolvConfOf } from "../name-service.ts";
import { basicPlan, defaultServers, type LookedUp, type LookupPlan, lookUp, namedServer } from "./dns/lookup.ts";
import { messageText } from "./dns/message-text.ts";
import { recordType } from "./dns/types.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const hostCommand: CommandEntry = {
	names: ["host"],
	summary: "look up a name in DNS, in a line",
	run: (context) => runTool(context, () => host(context)),
};

const USAGE = `Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
       -a is equivalent to -v -t ANY
       -A is like -a but omits RRSIG, NSEC, NSEC3
       -c specifies query class for non-IN data
       -C compares SOA records on authoritative nameservers
       -d is equivalent to -v
       -l lists all hosts in a domain, using AXFR
       -m set memory debugging flag (trace|record|usage)
       -N changes the number of dots allowed before root lookup is done
       -p specifies the port on the server to query
       -r disables recursive processing
       -R specifies number of retries for UDP packets
       -s a SERVFAIL response should stop query
       -t specifies the query type
       -T enables TCP/IP mode
       -U enables UDP mode
       -v enables verbose output
       -V print version number and exit
       -w specifies to wait forever for a reply
       -W specifies how long to wait for a reply
       -4 use IPv4 query transport only
       -6 use IPv6 query transport only
`;
const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

async function host(context: CommandContext): Promise<number> {
	const given = getopt(context.args, { short: "46aAc:dilm:p:rst:vVwCDN:R:TUW:" });
	if (!given.ok) {
		const letter = /'(.)'/.exec(given.error)?.[1] ?? "";
		const what = given.error.startsWith("invalid") ? "illegal option" : "option requires an argument";
		throw new ToolExit(1, `${context.name}: ${what} -- ${letter}\n${USAGE}`);
	}
	const { has, value, words } = given.value;
	if (has("V")) throw new ToolExit(0, "host 9.18.49-1~deb12u3-Debian\n");
	for (const letter of ["A", "C", "l", "6", "w"]) if (has(letter)) throw notModelled(`host -${letter}`);
	const [name, serverName] = words;
	if (name === undefined || words.length > 2) throw new ToolExit(1, USAGE);
	const typeText = value("t") ?? (has("a") ? "ANY" : undefined);
	const type = typeText === undefined ? undefined : recordType(typeText);
	if (typeText !== undefined && type === undefined) {
		throw new ToolExit(2, `${context.name}: invalid type: ${typeText}\n\n`);
	}
	const server = serverName === undefined ? undefined : await namedServer(context, serverName);
	if (serverName !== undefined && server === undefined) {
		throw new ToolExit(1, `${context.name}: couldn't get address for '${serverName}': not found\n`);
	}
	const verbose = has("v") || has("a") || has("d");
	const plan = {
		...basicPlan(context, server === undefined ? await defaultServers(context) : [server], "host"),
		port: Number(value("p") ?? 53),
		tries: Number(value("R") ?? 1) + 1,
		timeoutNs: Number(value("W") ?? 5) * 1e9,
		tcp: has("T"),
		retryText: verbose ? (asked: string): string => `Trying "${asked}"` : undefined,
	};
	const lookup = new HostLookup(context, plan, { verbose, recurse: !has("r") });
	const intro =
		server === undefined
			? ""
			: `Using domain server:\nName: ${server.name}\nAddress: ${server.addr}#${plan.port}\nAliases: \n\n`;
	lookup.intro = intro;
	lookup.typed = name.replace(/\.$/, "");
	const addr = parseIp(name);
	if (addr.ok && type === undefined) {
		lookup.typed = absolute(reverseName(addr.value));
		return lookup.run([reverseName(addr.value)], ["PTR"]);
	}
	const conf = await resolvConfOf(context);
	const ndots = value("N") === undefined ? conf.ndots : Number(value("N"));
	const names = searchList(name, { search: conf.search, ndots });
	return type === undefined ? lookup.run(names, ["A", "AAAA", "MX"]) : lookup.run(names, [type]);
}

class HostLookup {
	/** Printed before the first answer. */
	intro = "";
	/** The name as it is told of when it cannot be found. */
	typed = "";
	readonly #context: CommandContext;
	readonly #plan: LookupPlan;
	readonly #options: { readonly verbose: boolean; readonly recurse: boolean };

	constructor(
		context: CommandContext,
		plan: LookupPlan,
		options: { readonly verbose: boolean; readonly recurse: boolean },
	) {
		this.#context = context;
		this.#plan = plan;
		this.#options = options;
	}

	async run(names: readonly string[], types: readonly string[]): Promise<number> {
		const [first = "A", ...others] = types;
		for (const [at, name] of names.entries()) {
			const found = await this.#ask(name, first);
			if (typeof found === "number") return found;
			const { rcode } = found.answer.message;
			if (rcode === "NXDOMAIN" && at + 1 < names.length) continue;
			if (rcode !== "NOERROR") {
				this.#say(`Host ${this.typed} not found: ${Math.max(0, RCODES.indexOf(rcode))}(${rcode})\n`);
				return 1;
			}
			this.#tell(found, { name, type: first, only: others.length === 0 });
			for (const type of others) {
				const more = await this.#ask(name, type);
				if (typeof more === "number") return more;
				this.#tell(more, { name, type, only: false });
			}
			return 0;
		}
		return 1;
	}

	async #ask(name: string, type: string): Promise<LookedUp | number> {
		if (this.#options.verbose) this.#say(`Trying "${name}"\n`);
		const query = dnsQuery(
			dnsId(this.#context, name, type.length + 5),
			{ name, type },
			{ recursionDesired: this.#options.recurse },
		);
		const tell = (line: string): void => this.#context.stdout.write(`${line}\n`);
		const found = await lookUp(this.#context, this.#plan, { query, tell });
		if (found === "interrupted") return 130;
		if (typeof found !== "string") return found;
		if (found === "no answer") this.#context.stdout.write(";; no servers could be reached\n");
		return 1;
	}

	#tell(
		{ answer, server }: LookedUp,
		asked: { readonly name: string; readonly type: string; readonly only: boolean },
	): void {
		const { message, lengthBytes, elapsedNs } = answer;
		if (this.#options.verbose) {
			const all = { comments: true, question: true, answer: true, authority: true, additional: true };
			const ms = Math.floor(elapsedNs / 1e6);
			this.#say(messageText(message, all));
			this.#say(`Received ${lengthBytes} bytes from ${server.addr}#${this.#plan.port} in ${ms} ms\n`);
			return;
		}
		const records = this.#recordsOf(message, asked.type);
		this.#say(records.map(recordText).join(""));
		if (records.length === 0 && asked.only) this.#say(`${asked.name} has no ${asked.type} record\n`);
	}

	/** After the first look-up an alias is not told again. */
	#recordsOf(message: DnsMessage, type: string): readonly DnsRecord[] {
		if (type === "A" || type === "PTR" || type === "CNAME" || type === "ANY") return message.answers;
		return message.answers.filter(({ value }) => value.type !== "CNAME");
	}

	#say(text: string): void {
		if (text === "") return;
		this.#context.stdout.write(this.intro + text);
		this.intro = "";
	}
}

function recordText({ name, value }: DnsRecord): string {
	const text = formatDnsValue(value);
	switch (value.type) {
		case "A":
			return `${name} has address ${text}\n`;
		case "AAAA":
			return `${name} has IPv6 address ${text}\n`;
		case "CNAME":
			return `${name} is an alias for ${text}\n`;
		case "PTR":
			return `${name} domain name pointer ${text}\n`;
		case "MX":
			return `${name} mail is handled by ${text}\n`;
		case "NS":
			return `${name} name server ${text}\n`;
		case "TXT":
			return `${name} descriptive text ${text}\n`;
		case "other":
			return `${name} has ${value.typeName} record ${text}\n`;
		default:
			return `${name} has ${value.type} record ${text}\n`;
	}
}
