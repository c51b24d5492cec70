/** `ip route get`. */
import { routeFields } from "../../../formats/ip-route.ts";
import { routeGetFields } from "../../../formats/ip-route-get.ts";
import type { RouteQuery } from "../../../kernel/route-query.ts";
import { familyOf, type IpAddr } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { prefixArgument } from "./address-words.ts";
import { type IpRun, rtnetlink } from "./run.ts";
import { ROUTE_USAGE } from "./usage.ts";
import { invalid, matches, noSuchDevice, parseUnsigned, type Words } from "./words.ts";

interface GetWords {
	dst: IpAddr | undefined;
	src: IpAddr | undefined;
	iif: string | undefined;
	oif: string | undefined;
	mark: number | undefined;
	tos: number | undefined;
	proto: number | undefined;
	sport: number | undefined;
	dport: number | undefined;
	fibmatch: boolean;
	/** The prefix length that was written in vain. */
	length: number | undefined;
}

export async function getRoute(run: IpRun, words: Words): Promise<number> {
	const asked = parseGetWords(run, words);
	const { dst } = asked;
	if (dst === undefined) throw new ToolExit(1, "need at least a destination address\n");
	if (asked.length !== undefined) {
		const bits = familyOf(dst) === "ipv4" ? 32 : 128;
		run.context.stderr.write(`Warning: /${asked.length} as prefix is invalid, only /${bits} (or none) is supported.\n`);
	}
	for (const name of [asked.iif, asked.oif]) {
		if (name !== undefined && (await run.link(name)) === undefined) noSuchDevice(name);
	}
	const query = queryOf(asked, dst);
	const answer = await run.context.world.kernel.routeGet(run.netns, query);
	if (!answer.ok) throw rtnetlink(answer.error);
	const { details, stats } = run.options;
	const names = await run.tableNames();
	if (asked.fibmatch) {
		const { route } = answer.value;
		if (route === undefined) throw notModelled("ip route get fibmatch for an address that no route matches");
		run.print([routeFields(route, { table: true, details: details > 0, tableName: names })]);
		return 0;
	}
	run.print([routeGetFields(query, answer.value, { details: details > 0, stats: stats > 0, tableName: names })]);
	return 0;
}

function queryOf(asked: GetWords, dst: IpAddr): RouteQuery {
	const { src, iif, oif, mark, tos, proto, sport, dport } = asked;
	return {
		dst,
		...(src === undefined ? {} : { src }),
		...(iif === undefined ? {} : { iif }),
		...(oif === undefined ? {} : { oif }),
		...(mark === undefined ? {} : { mark }),
		...(tos === undefined ? {} : { tos }),
		...(proto === undefined ? {} : { proto }),
		...(sport === undefined ? {} : { sport }),
		...(dport === undefined ? {} : { dport }),
	};
}

function parseGetWords(run: IpRun, words: Words): GetWords {
	const asked: GetWords = {
		dst: undefined,
		src: undefined,
		iif: undefined,
		oif: undefined,
		mark: undefined,
		tos: undefined,
		proto: undefined,
		sport: undefined,
		dport: undefined,
		fibmatch: false,
		length: undefined,
	};
	let { family } = run.options;
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "tos" || matches(word, "dsfield"))
			asked.tos = numberArgument(words.argument(), "TOS value is invalid");
		else if (matches(word, "iif")) asked.iif = words.argument();
		else if (matches(word, "mark")) asked.mark = numberArgument(words.argument(), "invalid mark value", "\n");
		else if (matches(word, "oif") || word === "dev") asked.oif = words.argument();
		else if (matches(word, "notify") || matches(word, "connected")) throw notModelled(`ip route get ${word}`);
		else if (matches(word, "vrf")) invalid(words.argument(), "Invalid VRF", "\n\n");
		else if (matches(word, "from")) {
			asked.src = prefixArgument(words.argument(), family).addr;
		} else if (matches(word, "uid")) numberArgument(words.argument(), "invalid UID", "\n");
		else if (matches(word, "fibmatch")) asked.fibmatch = true;
		else if (word === "ipproto") asked.proto = protocolArgument(words.argument());
		else if (word === "sport") asked.sport = numberArgument(words.argument(), "invalid sport", "\n");
		else if (word === "dport") asked.dport = numberArgument(words.argument(), "invalid dport", "\n");
		else {
			if (matches(word, "help")) throw new ToolExit(255, ROUTE_USAGE);
			const prefix = prefixArgument(word === "to" ? words.argument() : word, family);
			const isHost = prefix.prefix === (familyOf(prefix.addr) === "ipv4" ? 32 : 128);
			asked.dst = prefix.addr;
			asked.length = isHost || prefix.isDefault ? undefined : prefix.prefix;
			if (family === "any") family = familyOf(prefix.addr) === "ipv4" ? "inet" : "inet6";
		}
	}
	return asked;
}

function numberArgument(text: string, why: string, end: "\n" | "\n\n" = "\n"): number {
	return parseUnsigned(text) ?? invalid(text, why, end);
}

function protocolArgument(text: string): number {
	const known: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, sctp: 132 };
	return known[text] ?? parseUnsigned(text, 255) ?? invalid(text, 'Invalid "ipproto" value', "\n\n");
}
