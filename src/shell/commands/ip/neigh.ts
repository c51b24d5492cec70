/** `ip neighbor`. */
import { briefNeighFields, neighFields } from "../../../formats/ip-neigh.ts";
import type { Neigh, NeighState } from "../../../kernel/objects.ts";
import { cidrContains, type IpAddr, type MacAddr } from "../../../wire/addr.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { roundText } from "./addr.ts";
import { addressArgument, type PrefixWord, prefixArgument } from "./address-words.ts";
import { macArgument } from "./link-words.ts";
import type { IpRun } from "./run.ts";
import { NEIGH_USAGE } from "./usage.ts";
import { duplicateOrGarbage, invalid, matches, noSuchDevice, unknownCommand, type Words } from "./words.ts";

export async function ipNeigh(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return show(run, words);
	if (matches(command, "add")) return modify(run, words, "add");
	if (matches(command, "change") || command === "chg") return modify(run, words, "change");
	if (matches(command, "replace")) return modify(run, words, "replace");
	if (matches(command, "delete")) return modify(run, words, "delete");
	if (matches(command, "get")) return get(run, words);
	if (matches(command, "show") || matches(command, "lst") || matches(command, "list")) return show(run, words);
	if (matches(command, "flush")) return flush(run, words);
	if (matches(command, "help")) throw new ToolExit(255, NEIGH_USAGE);
	return unknownCommand(command, "ip neigh help");
}

interface NeighWords {
	addr: IpAddr | undefined;
	dev: string | undefined;
	mac: MacAddr | undefined;
	state: NeighState | undefined;
}

async function modify(run: IpRun, words: Words, how: "add" | "change" | "replace" | "delete"): Promise<number> {
	const asked: NeighWords = { addr: undefined, dev: undefined, mac: undefined, state: undefined };
	let badMac: string | undefined;
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "lladdr") badMac = takeMac(words.argument(), asked);
		else if (word === "nud") asked.state = stateArgument(words.argument());
		else if (UNMODELLED.includes(word)) throw notModelled(`ip neigh ${word}`);
		else if (word === "dev") asked.dev = words.argument();
		else {
			const value = word === "to" ? words.argument() : word;
			if (word !== "to" && matches(word, "help")) throw new ToolExit(255, NEIGH_USAGE);
			if (asked.addr !== undefined) duplicateOrGarbage("to", value);
			asked.addr = addressArgument(value, run.options.family);
		}
	}
	const { addr, dev, mac } = asked;
	if (addr === undefined || dev === undefined) {
		throw new ToolExit(255, "Device and destination are required arguments.\n");
	}
	if ((await run.link(dev)) === undefined) noSuchDevice(dev);
	if (badMac !== undefined) throw new ToolExit(1, `"${badMac}" is invalid lladdr.\n`);
	const before = (await run.dump("neigh")).find((neigh) => neigh.dev === dev && neigh.addr === addr);
	if (how === "change" && before === undefined) {
		throw new ToolExit(2, "RTNETLINK answers: No such file or directory\n");
	}
	const state = asked.state ?? "PERMANENT";
	const needsMac = how !== "delete" && !["FAILED", "INCOMPLETE", "NONE"].includes(state);
	if (needsMac && mac === undefined && before?.mac === undefined && !(how === "add" && before !== undefined)) {
		throw new ToolExit(2, "Error: No link layer address given.\n");
	}
	const verb = how === "change" ? "replace" : how;
	await run.apply({ verb, object: { kind: "neigh", dev, addr, state, ...(mac === undefined ? {} : { mac }) } });
	return 0;
}

/** A wrong address is complained about only after the device. */
function takeMac(text: string, asked: NeighWords): string | undefined {
	try {
		asked.mac = macArgument(text);
		return undefined;
	} catch (error) {
		if (error instanceof ToolExit) return text;
		throw error;
	}
}

const UNMODELLED = ["proxy", "router", "use", "managed", "extern_learn", "protocol"];

const STATES: readonly (readonly [string, NeighState])[] = [
	["permanent", "PERMANENT"],
	["reachable", "REACHABLE"],
	["noarp", "NOARP"],
	["none", "NONE"],
	["stale", "STALE"],
	["incomplete", "INCOMPLETE"],
	["delay", "DELAY"],
	["probe", "PROBE"],
	["failed", "FAILED"],
];

function stateArgument(text: string): NeighState {
	const found = STATES.find(([name]) => matches(text, name));
	return found?.[1] ?? invalid(text, "nud state is bad");
}

async function get(run: IpRun, words: Words): Promise<number> {
	let addr: IpAddr | undefined;
	let dev: string | undefined;
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "dev") dev = words.argument();
		else if (word === "proxy") throw notModelled("ip neigh get proxy");
		else addr = addressArgument(word === "to" ? words.argument() : word, run.options.family);
	}
	if (addr === undefined || dev === undefined) throw new ToolExit(1, "Device and address are required arguments.\n");
	if ((await run.link(dev)) === undefined) noSuchDevice(dev);
	const found = (await run.dump("neigh")).find((neigh) => neigh.dev === dev && neigh.addr === addr);
	if (found === undefined) throw new ToolExit(2, "Error: Neighbour entry not found.\n");
	run.print([neighFields(found, { stats: run.options.stats > 0 })]);
	return 0;
}

interface NeighFilter {
	readonly dev: string | undefined;
	readonly to: PrefixWord | undefined;
	/** Absent: all that are listed by default. */
	readonly states: ReadonlySet<NeighState> | "all" | undefined;
	readonly unused: boolean;
	/** Proxy entries are not modelled: there are none. */
	readonly proxy: boolean;
}

async function parseFilter(run: IpRun, words: Words): Promise<NeighFilter> {
	let dev: string | undefined;
	let to: PrefixWord | undefined;
	let states: Set<NeighState> | "all" | undefined;
	let unused = false;
	let proxy = false;
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "dev") dev = words.argument();
		else if (word === "unused") unused = true;
		else if (word === "proxy") proxy = true;
		else if (word === "nud") {
			const state = words.argument();
			if (state === "all") states = "all";
			else if (states !== "all") states = new Set([...(states ?? []), stateArgument(state)]);
		} else if (word === "master" || word === "vrf" || word === "protocol") throw notModelled(`ip neigh show ${word}`);
		else if (word !== "nomaster") {
			if (word !== "to" && matches(word, "help")) throw new ToolExit(255, NEIGH_USAGE);
			to = prefixArgument(word === "to" ? words.argument() : word, run.options.family);
		}
	}
	if (dev !== undefined && (await run.link(dev)) === undefined) noSuchDevice(dev);
	return { dev, to, states, unused, proxy };
}

async function filtered(run: IpRun, filter: NeighFilter): Promise<readonly Neigh[]> {
	if (filter.proxy || run.options.family === "inet6") return [];
	const { dev, to, states, unused } = filter;
	return (await run.dump("neigh")).filter((neigh) => {
		const state = neigh.state ?? "PERMANENT";
		return (
			(dev === undefined || neigh.dev === dev) &&
			(to === undefined || to.isDefault || cidrContains(to, neigh.addr)) &&
			(states === undefined || states === "all" || states.has(state)) &&
			(!unused || !["REACHABLE", "INCOMPLETE", "DELAY", "PROBE"].includes(state))
		);
	});
}

async function show(run: IpRun, words: Words): Promise<number> {
	const filter = await parseFilter(run, words);
	const neighs = await filtered(run, filter);
	const { brief, stats } = run.options;
	const listing = { dev: filter.dev === undefined, stats: stats > 0 };
	run.print(neighs.map((neigh) => (brief ? briefNeighFields(neigh) : neighFields(neigh, listing))));
	return 0;
}

async function flush(run: IpRun, words: Words): Promise<number> {
	if (words.word === undefined) throw new ToolExit(1, "Flush requires arguments.\n");
	if (words.word === "all") words.take();
	const filter = await parseFilter(run, words);
	const isKept = (neigh: Neigh): boolean => filter.states === undefined && neigh.state === "PERMANENT";
	const gone = (await filtered(run, filter)).filter((neigh) => !isKept(neigh));
	const { stats } = run.options;
	if (stats > 0 && gone.length === 0) run.write("Nothing to flush.\n");
	if (stats > 1) run.print(gone.map((neigh) => neighFields(neigh, { stats: true })));
	for (const object of gone) await run.apply({ verb: "delete", object });
	if (stats > 0 && gone.length > 0) run.write(roundText(gone.length, "entries", "entries"));
	return 0;
}
