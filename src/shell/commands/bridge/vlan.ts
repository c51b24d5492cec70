/** `bridge vlan`. */
import { type Field, field, textOnly } from "../../../formats/fields.ts";
import type { Op } from "../../../kernel/kernel.ts";
import type { BridgeVlan } from "../../../kernel/objects.ts";
import { type IpRun, rtnetlink } from "../ip/run.ts";
import { BRIDGE_VLAN_USAGE } from "../ip/usage-kinds.ts";
import { matches, noSuchDevice, parseUnsigned, unknownCommand, type Words } from "../ip/words.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";

const VID_MAX = 4094;
const NAME_WIDTH = 18;

export async function bridgeVlan(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return show(run, words);
	if (matches(command, "add")) return modify(run, words, "add");
	if (matches(command, "delete")) return modify(run, words, "delete");
	if (matches(command, "show") || matches(command, "lst") || matches(command, "list")) return show(run, words);
	if (["set", "tunnelshow", "global"].some((name) => matches(command, name)))
		throw notModelled(`bridge vlan ${command}`);
	if (matches(command, "help")) throw new ToolExit(255, BRIDGE_VLAN_USAGE);
	return unknownCommand(command, "bridge vlan help");
}

async function modify(run: IpRun, words: Words, verb: "add" | "delete"): Promise<number> {
	let [dev, vid]: (string | undefined)[] = [];
	const [how, of]: [{ pvid?: true; untagged?: true }, { self?: true }] = [{}, {}];
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "dev") dev = words.argument();
		else if (word === "vid") vid = words.argument();
		else if (word === "self") of.self = true;
		else if (word === "pvid" || word === "untagged") how[word] = true;
		else if (word === "tunnel_info") throw notModelled("bridge vlan … tunnel_info");
		else if (word !== "master" && matches(word, "help")) throw new ToolExit(255, BRIDGE_VLAN_USAGE);
	}
	if (dev === undefined || vid === undefined) throw new ToolExit(255, "Device and VLAN ID are required arguments.\n");
	const [first, last] = vidRange(vid);
	const link = await run.link(dev);
	if (link === undefined) throw new ToolExit(255, `Cannot find bridge device "${dev}"\n`);
	if (last !== first && how.pvid === true) throw new ToolExit(255, "pvid cannot be configured for a vlan range\n");
	const isBridge = link.link?.type === "bridge";
	if (isBridge ? of.self !== true : of.self === true || link.master === undefined) {
		throw new ToolExit(255, "RTNETLINK answers: Operation not supported\n");
	}
	const name = dev;
	const tx = Array.from({ length: last - first + 1 }, (_, k): Op => {
		return { verb, object: { kind: "bridge-vlan", dev: name, vid: first + k, ...how } };
	});
	const done = await run.context.world.kernel.apply(run.netns, tx);
	if (!done.ok) throw rtnetlink(done.error, 255);
	return 0;
}

function vidRange(text: string): readonly [first: number, last: number] {
	const [from = "", to] = text.split("-");
	const [first, last] = [vidOf(from), to === undefined ? vidOf(from) : vidOf(to)];
	if (last < first) throw new ToolExit(255, `Invalid VLAN range "${from}-${to ?? ""}"\n`);
	return [first, last];
}

function vidOf(text: string): number {
	const vid = parseUnsigned(text);
	if (vid === undefined || vid > VID_MAX) throw new ToolExit(255, `Invalid VLAN ID "${text}"\n`);
	return vid;
}

async function show(run: IpRun, words: Words): Promise<number> {
	let dev: string | undefined;
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "dev") dev = words.argument();
		else if (word === "vid") throw notModelled("bridge vlan show vid");
	}
	if (dev !== undefined && (await run.link(dev)) === undefined) noSuchDevice(dev, 255);
	const byDevice = new Map<string, BridgeVlan[]>();
	for (const vlan of await run.dump("bridge-vlan")) {
		if (dev !== undefined && vlan.dev !== dev) continue;
		byDevice.set(vlan.dev, [...(byDevice.get(vlan.dev) ?? []), vlan]);
	}
	if (!run.options.json) run.write(`${"port".padEnd(NAME_WIDTH)}vlan-id  \n`);
	run.print([...byDevice].map(([name, vlans]) => deviceFields(name, vlans)));
	return 0;
}

function deviceFields(name: string, vlans: readonly BridgeVlan[]): readonly Field[] {
	const lines = vlans.map(({ vid, ...flags }, k) => {
		const words = flagsOf(flags);
		return `${(k === 0 ? name : "").padEnd(NAME_WIDTH)}${[vid, ...words].join(" ")}`;
	});
	const listed = vlans.map(({ vid, ...flags }) => {
		const words = flagsOf(flags);
		return { vlan: vid, ...(words.length === 0 ? {} : { flags: words }) };
	});
	return [{ text: "", key: "ifname", value: name }, textOnly(lines.join("\n")), field("", "vlans", listed)];
}

function flagsOf({ pvid, untagged }: Pick<BridgeVlan, "pvid" | "untagged">): readonly string[] {
	return [...(pvid === true ? ["PVID"] : []), ...(untagged === true ? ["Egress Untagged"] : [])];
}
