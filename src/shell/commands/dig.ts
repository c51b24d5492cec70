/** dig: DNS queries, their answers in full. */
import { formatDnsValue } from "../../formats/dns-record.ts";
import { searchList } from "../../formats/resolv-conf.ts";
import { type IpAddr, parseIp } from "../../wire/addr.ts";
import { dnsQuery } from "../../wire/dns.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { dnsId } from "../dns-client.ts";
import { resolvConfOf } from "../name-service.ts";
import { formatTime } from "../wall-clock.ts";
import { DIG_VERSION, type DigOptions, type DigQuery, digOptions, digPort } from "./dns/dig-options.ts";
import { basicPlan, defaultServers, type LookedUp, type LookupPlan, lookUp, namedServer } from "./dns/lookup.ts";
import { messageText } from "./dns/message-text.ts";
import { runTool, ToolExit } from "./tool-exit.ts";

export const digCommand: CommandEntry = {
	names: ["dig"],
	summary: "ask DNS servers",
	run: (context) => runTool(context, () => dig(context)),
};

const NO_SERVER = 9;

async function dig(context: CommandContext): Promise<number> {
	const options = digOptions(context);
	const plan = await planOf(context, options);
	let status = 0;
	for (const [index, query] of options.queries.entries()) {
		const done = await one(context, { options, plan, query, isFirst: index === 0 });
		if (done === 130) return 130;
		status = Math.max(status, done);
	}
	return status;
}

async function planOf(context: CommandContext, options: DigOptions): Promise<LookupPlan> {
	const { server, port, tries, timeoutNs, on } = options;
	const named = server === undefined ? undefined : await namedServer(context, server);
	if (server !== undefined && named === undefined) {
		throw new ToolExit(1, `${context.name}: couldn't get address for '${server}': not found\n`);
	}
	const servers = named === undefined ? await defaultServers(context) : [named];
	const plan = basicPlan(context, servers, "dig");
	const bind = options.bind === undefined ? undefined : localEnd(context, options.bind);
	const socket = bind === undefined ? plan.socket : { ...plan.socket, bind };
	const retryText = on.has("comments") ? plan.retryText : undefined;
	const how = { tcp: on.has("tcp"), keepsTruncated: on.has("ignore"), retryText };
	return { ...plan, ...how, port, tries, timeoutNs, socket };
}

/** `ADDRESS#PORT` of `-b`. */
function localEnd({ name }: CommandContext, text: string): { readonly addr: IpAddr; readonly port?: number } {
	const [addrText = "", portText] = text.split("#");
	const addr = parseIp(addrText);
	if (!addr.ok) throw new ToolExit(1, `${name}: invalid address ${addrText}\n`);
	if (portText === undefined) return { addr: addr.value };
	return { addr: addr.value, port: digPort(portText) };
}

interface DigWork {
	readonly options: DigOptions;
	readonly plan: LookupPlan;
	readonly query: DigQuery;
	readonly isFirst: boolean;
}

async function one(context: CommandContext, work: DigWork): Promise<number> {
	const { stdout, world } = context;
	const { options, plan, query } = work;
	const { on } = options;
	const names = await namesOf(context, options, query.name);
	let found: LookedUp | undefined;
	for (const [at, name] of names.entries()) {
		const message = dnsQuery(
			dnsId(context, name, at + 11),
			{ name, type: query.type },
			{
				recursionDesired: on.has("recurse"),
				authenticData: on.has("adflag"),
				...(options.bufferBytes === undefined ? {} : { edns: options.bufferBytes }),
			},
		);
		const looked = await lookUp(context, plan, { query: message, tell: (line) => stdout.write(`${line}\n`) });
		if (looked === "interrupted") return 130;
		if (looked === "setup") return NO_SERVER;
		if (looked === "no answer") {
			stdout.write(`${banner(context, work)};; no servers could be reached\n`);
			return NO_SERVER;
		}
		found = looked;
		if (looked.answer.message.rcode !== "NXDOMAIN") break;
	}
	if (found === undefined) return NO_SERVER;
	const { answer, server, tcp } = found;
	if (on.has("short")) {
		for (const { value } of answer.message.answers) stdout.write(`${formatDnsValue(value)}\n`);
		return 0;
	}
	stdout.write(banner(context, work));
	if (on.has("comments")) stdout.write(";; Got answer:\n");
	const choice = {
		comments: on.has("comments"),
		question: on.has("question"),
		answer: on.has("answer"),
		authority: on.has("authority"),
		additional: on.has("additional"),
	};
	stdout.write(messageText(answer.message, choice));
	if (on.has("stats")) {
		const when = formatTime(world.kernel.clock.now(), "%a %b %d %H:%M:%S %Z %Y");
		stdout.write(`;; Query time: ${Math.floor(answer.elapsedNs / 1e6)} msec\n`);
		stdout.write(`;; SERVER: ${server.addr}#${plan.port}(${server.name}) (${tcp ? "TCP" : "UDP"})\n`);
		stdout.write(`;; WHEN: ${when}\n;; MSG SIZE  rcvd: ${answer.lengthBytes}\n\n`);
	}
	return 0;
}

/** The first lines, before the first answer. */
function banner(context: CommandContext, { options, isFirst }: DigWork): string {
	if (!isFirst || !options.on.has("cmd")) return "";
	const args = context.args.map((arg) => ` ${arg}`).join("");
	const found = options.server === undefined ? "" : "; (1 server found)\n";
	return `\n; <<>> DiG ${DIG_VERSION} <<>>${args}\n${found};; global options: +cmd\n`;
}

async function namesOf(context: CommandContext, options: DigOptions, name: string): Promise<readonly string[]> {
	if (!options.on.has("search") || name === ".") return [name.replace(/\.$/, "")];
	const conf = await resolvConfOf(context);
	const search = options.domain === undefined ? conf.search : [options.domain];
	return searchList(name, { search, ndots: options.ndots ?? conf.ndots });
}
