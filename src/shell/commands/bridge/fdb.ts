/** `bridge fdb`. */
import { type FdbLine, fdbFields, fdbLines } from "../../../formats/bridge-fdb.ts";
import type { Fdb } from "../../../kernel/objects.ts";
import { type IpAddr, type MacAddr, parseMac } from "../../../wire/addr.ts";
import { addressArgument } from "../ip/address-words.ts";
import { type IpRun, rtnetlink } from "../ip/run.ts";
import {
	duplicateOrGarbage,
	invalid,
	matches,
	noSuchDevice,
	parseUnsigned,
	unknownCommand,
	type Words,
} from "../ip/words.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";

const USAGE = `Usage: bridge fdb { add | append | del | replace } ADDR dev DEV [ dst ADDR [ port PORT ] [ vni VNI ] [ via DEV ] ] [ vlan VID ] [ self ] [ master ] [ local | static | dynamic ]
       bridge fdb [ show [ br BRDEV ] [ brport DEV ] [ state STATE ] [ dynamic ] ]
       bridge fdb get [ to ] LLADDR [ br BRDEV ] { brport | dev } DEV
`;

export async function bridgeFdb(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return show(run, words);
	if (matches(command, "add")) return modify(run, words, "add");
	if (matches(command, "append")) return modify(run, words, "append");
	if (matches(command, "replace")) return modify(run, words, "replace");
	if (matches(command, "delete")) return modify(run, words, "delete");
	if (matches(command, "get")) return get(run, words);
	if (matches(command, "show") || matches(command, "lst") || matches(command, "list")) return show(run, words);
	if (matches(command, "flush")) throw notModelled("bridge fdb flush");
	if (matches(command, "help")) throw new ToolExit(255, USAGE);
	return unknownCommand(command, "bridge fdb help");
}

async function lines(run: IpRun): Promise<readonly FdbLine[]> {
	return fdbLines(await run.links(), await run.dump("fdb"));
}

async function show(run: IpRun, words: Words): Promise<number> {
	let [bridge, dev, state]: (string | undefined)[] = [];
	let dynamic = false;
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "br") bridge = words.argument();
		else if (word === "brport" || word === "dev") dev = words.argument();
		else if (word === "vlan") throw notModelled("bridge fdb show vlan");
		else if (word === "state") state = words.argument();
		else if (word === "dynamic") dynamic = true;
		// Other words mean nothing to the real tool either.
	}
	const links = await run.links();
	if (bridge !== undefined && !links.some((link) => link.name === bridge)) noSuchBridge(bridge);
	if (dev !== undefined && !links.some((link) => link.name === dev)) noSuchDevice(dev, 255);
	const ports = new Set(links.filter((link) => link.master === bridge || link.name === bridge).map(({ name }) => name));
	const shown = (await lines(run)).filter(
		(line) =>
			(bridge === undefined || ports.has(line.dev)) &&
			(dev === undefined || line.dev === dev) &&
			(state === undefined || line.state === (state === "dynamic" ? "" : state)) &&
			(!dynamic || line.state !== "permanent"),
	);
	const listing = { dev: dev === undefined, stats: run.options.stats > 0 };
	run.print(shown.map((line) => fdbFields(line, listing)));
	return 0;
}

function noSuchBridge(name: string): never {
	throw new ToolExit(255, `Cannot find bridge device "${name}"\n`);
}

interface FdbWords {
	mac: string | undefined;
	dev: string | undefined;
	master: boolean;
	self: boolean;
	state: "permanent" | "static" | "dynamic";
	vlan: number | undefined;
	dst: IpAddr | undefined;
	port: number | undefined;
	vni: number | undefined;
	via: string | undefined;
}

async function modify(run: IpRun, words: Words, command: "add" | "append" | "replace" | "delete"): Promise<number> {
	const asked: FdbWords = {
		...{ mac: undefined, dev: undefined, master: false, self: false, state: "permanent" },
		...{ vlan: undefined, dst: undefined, port: undefined, vni: undefined, via: undefined },
	};
	for (let word = words.take(); word !== undefined; word = words.take()) parseOne(words, word, asked);
	const { mac, dev } = asked;
	if (dev === undefined || mac === undefined) {
		throw new ToolExit(255, "Device and address are required arguments.\n");
	}
	const address = macArgument(mac);
	const link = await run.link(dev);
	if (link === undefined) noSuchDevice(dev, 255);
	if (asked.via !== undefined && (await run.link(asked.via)) === undefined) noSuchDevice(asked.via, 255);
	const isVxlan = link.link?.type === "vxlan" && !asked.master;
	if (isVxlan) return modifyVxlan(run, { command, asked, dev, mac: address });
	if (asked.dst !== undefined) throw notModelled(`a destination of a forwarding entry of ${dev}`);
	const verb = command === "append" ? "replace" : command;
	const isBridge = link.link?.type === "bridge";
	const isPort = link.master !== undefined;
	if (asked.master ? !isPort : !isBridge) {
		if (!asked.master) throw notModelled(`a forwarding entry of ${dev} itself (say "master" for its bridge)`);
		throw new ToolExit(255, "RTNETLINK answers: Operation not supported\n");
	}
	const { state, vlan } = asked;
	const object: Fdb = {
		...{ kind: "fdb", dev, mac: address },
		...(state === "dynamic" ? {} : { state }),
		...(vlan === undefined ? {} : { vlan }),
	};
	const done = await run.context.world.kernel.apply(run.netns, [{ verb, object }]);
	if (!done.ok) throw rtnetlink(done.error, 255);
	return 0;
}

/** The VXLAN device's own entries. */
async function modifyVxlan(
	run: IpRun,
	of: {
		readonly command: "add" | "append" | "replace" | "delete";
		readonly asked: FdbWords;
		readonly dev: string;
		readonly mac: MacAddr;
	},
): Promise<number> {
	const { command, asked, dev, mac } = of;
	const { dst, port, vni, via, state } = asked;
	if (dst === undefined && command !== "delete") throw new ToolExit(255, "RTNETLINK answers: Invalid argument\n");
	const object: Fdb = {
		...{ kind: "fdb", dev, mac },
		...(dst === undefined ? {} : { dst }),
		...(port === undefined ? {} : { port }),
		...(vni === undefined ? {} : { vni }),
		...(via === undefined ? {} : { via }),
		...(command === "append" ? { append: true } : {}),
		...(state === "dynamic" ? {} : { state }),
	};
	const verb = command === "append" ? "add" : command;
	const done = await run.context.world.kernel.apply(run.netns, [{ verb, object }]);
	if (!done.ok) throw rtnetlink(done.error, 255);
	return 0;
}

function parseOne(words: Words, word: string, asked: FdbWords): void {
	if (word === "dev") asked.dev = words.argument();
	else if (word === "self") asked.self = true;
	else if (matches(word, "master")) asked.master = true;
	else if (matches(word, "local") || matches(word, "permanent")) asked.state = "permanent";
	else if (matches(word, "static") || matches(word, "temp")) asked.state = "static";
	else if (matches(word, "dynamic")) asked.state = "dynamic";
	else if (word === "dst") asked.dst = addressArgument(words.argument(), "any");
	else if (word === "port") asked.port = numberArgument(words.argument(), "port", 65535);
	else if (word === "vni") asked.vni = numberArgument(words.argument(), "VNI", 0xffffff);
	else if (word === "via") asked.via = words.argument();
	else if (word === "vlan") asked.vlan = numberArgument(words.argument(), "VLAN", 4094);
	else if (UNMODELLED.includes(word)) throw notModelled(`bridge fdb … ${word}`);
	else {
		const mac = word === "to" ? words.argument() : word;
		if (matches(mac, "help")) throw new ToolExit(255, USAGE);
		if (asked.mac !== undefined) duplicateOrGarbage("to", mac);
		asked.mac = mac;
	}
}

const UNMODELLED = ["nhid", "src_vni", "use", "extern_learn", "sticky", "router"];

function numberArgument(text: string, what: string, max: number): number {
	const value = parseUnsigned(text, max);
	return value ?? invalid(text, `invalid ${what}`, "\n\n");
}

function macArgument(text: string): MacAddr {
	const mac = parseMac(text);
	if (!mac.ok) throw new ToolExit(255, `Invalid mac address ${text}\n`);
	return mac.value;
}

async function get(run: IpRun, words: Words): Promise<number> {
	let [mac, dev, bridge]: (string | undefined)[] = [];
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "brport" || word === "dev") dev = words.argument();
		else if (word === "br") bridge = words.argument();
		else if (word === "vlan" || word === "vni") throw notModelled(`bridge fdb get ${word}`);
		else if (word !== "self" && word !== "master" && word !== "dynamic") mac = word === "to" ? words.argument() : word;
	}
	if (mac === undefined || (dev === undefined && bridge === undefined)) {
		throw new ToolExit(255, "Device or master and address are required arguments.\n");
	}
	const address = macArgument(mac);
	const links = await run.links();
	if (dev !== undefined && !links.some((link) => link.name === dev)) noSuchDevice(dev, 255);
	if (bridge !== undefined && !links.some((link) => link.name === bridge)) noSuchBridge(bridge);
	const found = (await lines(run)).find(
		(line) =>
			line.mac === address && (dev === undefined || line.dev === dev) && (bridge ?? line.master) === line.master,
	);
	if (found === undefined) throw new ToolExit(254, "Error: Fdb entry not found.\n");
	run.print([fdbFields(found, { stats: run.options.stats > 0 })]);
	return 0;
}
