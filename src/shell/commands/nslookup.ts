/** nslookup: DNS queries, their answers in short. */

import { searchList } from "../../formats/resolv-conf.ts";
import { parseIp } from "../../wire/addr.ts";
import { type DnsMessage, dnsQuery, reverseName } from "../../wire/dns.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { dnsId } from "../dns-client.ts";
import { resolvConfOf } from "../name-service.ts";
import { basicPlan, defaultServers, type LookedUp, type LookupPlan, lookUp, namedServer } from "./dns/lookup.ts";
import { nslookupRecord } from "./dns/nslookup-text.ts";
import { recordType } from "./dns/types.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";

export const nslookupCommand: CommandEntry = {
	names: ["nslookup"],
	summary: "look up a name in DNS",
	run: (context) => runTool(context, () => nslookup(context)),
};

interface NslookupOptions {
	readonly name: string;
	readonly server: string | undefined;
	/** Undefined: addresses. */
	readonly type: string | undefined;
	readonly timeoutNs: number;
	readonly tries: number;
	readonly port: number;
	readonly search: boolean;
	readonly tcp: boolean;
}

async function nslookup(context: CommandContext): Promise<number> {
	const options = readOptions(context);
	const named = options.server === undefined ? undefined : await namedServer(context, options.server);
	if (options.server !== undefined && named === undefined) {
		throw new ToolExit(1, `${context.name}: couldn't get address for '${options.server}': not found\n`);
	}
	const servers = named === undefined ? await defaultServers(context) : [named];
	const { port, tries, timeoutNs, tcp } = options;
	const plan = { ...basicPlan(context, servers, "nslookup"), port, tries, timeoutNs, tcp };
	const addr = parseIp(options.name);
	const isReverse = addr.ok && options.type === undefined;
	const names = isReverse ? [reverseName(addr.value)] : await namesOf(context, options);
	const types = isReverse ? ["PTR"] : options.type === undefined ? ["A", "AAAA"] : [options.type];
	return new Nslookup(context, plan, { isReverse, typed: isReverse ? (names[0] ?? "") : options.name }).run(
		names,
		types,
	);
}

class Nslookup {
	readonly #context: CommandContext;
	readonly #plan: LookupPlan;
	readonly #isReverse: boolean;
	/** The name as it is told of when it cannot be found. */
	readonly #typed: string;
	#headed = false;
	#answered = false;

	constructor(
		context: CommandContext,
		plan: LookupPlan,
		wanted: { readonly isReverse: boolean; readonly typed: string },
	) {
		this.#context = context;
		this.#plan = plan;
		this.#isReverse = wanted.isReverse;
		this.#typed = wanted.typed.replace(/\.$/, "");
	}

	/** The first name that exists; addresses of both families. */
	async run(names: readonly string[], types: readonly string[]): Promise<number> {
		const [first = "A", ...others] = types;
		let last: LookedUp | undefined;
		let lastName = "";
		for (const name of names) {
			const found = await this.#ask(name, first);
			if (typeof found === "number") return found;
			[last, lastName] = [found, name];
			if (found.answer.message.rcode === "NOERROR") break;
			if (found.answer.message.rcode !== "NXDOMAIN") break;
		}
		if (last === undefined) return 1;
		const { message } = last.answer;
		if (message.rcode === "SERVFAIL") this.#say(`;; Got SERVFAIL reply from ${last.server.addr}\n`);
		if (!this.#isReverse) this.#head(last);
		if (message.rcode !== "NOERROR") {
			this.#say(`** server can't find ${this.#typed}: ${message.rcode}\n\n`);
			return 1;
		}
		this.#tell(message);
		for (const type of others) {
			const more = await this.#ask(lastName, type);
			if (typeof more === "number") return more;
			if (more.answer.message.rcode === "NOERROR") this.#tell(more.answer.message, "more");
		}
		if (!this.#answered) {
			if (!message.authoritative) this.#say("Non-authoritative answer:\n");
			this.#say(`*** Can't find ${lastName}: No answer\n`);
		}
		const isDefault = others.length > 0;
		if (!isDefault && this.#answered) this.#authorities(message);
		this.#say("\n");
		return 0;
	}

	async #ask(name: string, type: string): Promise<LookedUp | number> {
		const query = dnsQuery(dnsId(this.#context, name, type.length), { name, type });
		const tell = (line: string): void => this.#say(`${line}\n`);
		const found = await lookUp(this.#context, this.#plan, { query, tell });
		if (typeof found !== "string") return found;
		if (found === "interrupted") return 130;
		this.#say(found === "setup" ? "\n" : ";; no servers could be reached\n\n");
		return 1;
	}

	#head({ server }: LookedUp): void {
		if (this.#headed) return;
		this.#headed = true;
		this.#say(`Server:\t\t${server.name}\nAddress:\t${server.addr}#${this.#plan.port}\n\n`);
	}

	#tell(message: DnsMessage, when: "first" | "more" = "first"): void {
		const answers =
			when === "first"
				? message.answers
				: message.answers.filter(({ value }) => value.type === "A" || value.type === "AAAA");
		if (answers.length === 0) return;
		if (!this.#answered && !message.authoritative && !this.#isReverse) this.#say("Non-authoritative answer:\n");
		this.#answered = true;
		this.#say(answers.map(nslookupRecord).join(""));
	}

	#authorities({ authorities, additionals }: DnsMessage): void {
		this.#say(`\nAuthoritative answers can be found from:\n${authorities.map(nslookupRecord).join("")}`);
		for (const { name, value } of additionals) {
			if (value.type === "A") this.#say(`${name}\tinternet address = ${value.addr}\n`);
			if (value.type === "AAAA") this.#say(`${name}\thas AAAA address ${value.addr}\n`);
		}
	}

	#say(text: string): void {
		this.#context.stdout.write(text);
	}
}

function readOptions(context: CommandContext): NslookupOptions {
	const values = { type: undefined as string | undefined, timeout: 5, tries: 3, port: 53, search: true, tcp: false };
	const words: string[] = [];
	for (const arg of context.args) {
		if (!arg.startsWith("-") || arg === "-") {
			words.push(arg);
			continue;
		}
		const [, key = "", value = ""] = /^-([^=]*)=?(.*)$/.exec(arg) ?? [];
		const number = Math.max(1, Number.parseInt(value, 10) || 1);
		if (["type", "query", "querytype", "q", "ty"].includes(key)) {
			const type = recordType(value);
			if (type === undefined) context.stdout.write(`unknown query type: ${value}\n`);
			values.type = type;
		} else if (key === "timeout") values.timeout = number;
		else if (key === "retry") values.tries = number;
		else if (key === "port") values.port = number;
		else if (key === "nosearch") values.search = false;
		else if (key === "vc") values.tcp = true;
		else if (key === "debug" || key === "d2") throw notModelled(`nslookup -${key}`);
		else if (key === "version") throw new ToolExit(0, "", "nslookup 9.18.49-1~deb12u3-Debian\n");
		else if (!["search", "novc", "recurse", "norecurse", "sil", "class", "nodebug"].includes(key)) {
			context.stdout.write(`*** Invalid option: ${key}\n`);
		}
	}
	const [name, server] = words;
	if (name === undefined || name === "-") throw notModelled("nslookup's prompt (give it a name)");
	const { type, timeout, tries, port, search, tcp } = values;
	return { name, server, type, timeoutNs: timeout * 1e9, tries, port, search, tcp };
}

async function namesOf(context: CommandContext, { name, search }: NslookupOptions): Promise<readonly string[]> {
	if (!search) return [name.replace(/\.$/, "")];
	return searchList(name, await resolvConfOf(context));
}
