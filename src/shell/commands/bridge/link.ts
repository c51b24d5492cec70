/** `bridge link`. */
import { type Field, field, textOnly } from "../../../formats/fields.ts";
import { linkStart } from "../../../formats/ip-link.ts";
import { onOff, portFlags } from "../../../formats/ip-link-details.ts";
import type { BridgePort, Link } from "../../../kernel/objects.ts";
import { MODELLED_PORT_FLAGS, OTHER_PORT_WORDS, portSwitch } from "../ip/link-types.ts";
import { type IpRun, rtnetlink } from "../ip/run.ts";
import { matches, noSuchDevice, unknownCommand, type Words } from "../ip/words.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";

const USAGE = `Usage: bridge link set dev DEV [ hairpin {on | off} ] [ learning {on | off} ] [ flood {on | off} ] [ isolated {on | off} ]
       bridge link show [dev DEV]
`;

export async function bridgeLink(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return show(run, words);
	if (matches(command, "set") || matches(command, "change")) return set(run, words);
	if (matches(command, "show") || matches(command, "lst") || matches(command, "list")) return show(run, words);
	if (matches(command, "help")) throw new ToolExit(255, USAGE);
	return unknownCommand(command, "bridge link help");
}

async function show(run: IpRun, words: Words): Promise<number> {
	let [dev, master]: (string | undefined)[] = [];
	for (let word = words.take(); word !== undefined; word = words.take()) {
		if (word === "dev") dev = words.argument();
		else if (word === "master") master = words.argument();
	}
	const links = await run.links();
	if (dev !== undefined && !links.some((link) => link.name === dev)) noSuchDevice(dev, 255);
	const ports = links.filter(
		(link) =>
			link.master !== undefined &&
			(dev === undefined || link.name === dev) &&
			(master === undefined || link.master === master),
	);
	run.print(ports.map((port) => portFields(run, port, links)));
	return 0;
}

function portFields(run: IpRun, port: Link, links: readonly Link[]): readonly Field[] {
	const { state = "disabled", isolated = false } = port.port ?? {};
	const master = port.master ?? "";
	// By the speed, where the device says one.
	const cost = port.link?.type === "vxlan" || port.link?.type === "dummy" ? 100 : 2;
	// The tool takes the peer's number for one of a device here, whatever namespace the peer is in.
	const at = (link: Link): string =>
		links.find((each) => each.ifindex === link.peerIfindex)?.name ?? `if${link.peerIfindex ?? 0}`;
	const details = [
		textOnly("\n    "),
		...portFlags(port),
		onOff("mcast_flood", "mcast_flood", true),
		onOff("bcast_flood", "bcast_flood", true),
		field("mcast_router 1 ", "mcast_router", 1),
		onOff("mcast_to_unicast", "mcast_to_unicast", false),
		onOff("neigh_suppress", "neigh_suppress", false),
		onOff("vlan_tunnel", "vlan_tunnel", false),
		onOff("isolated", "isolated", isolated),
		onOff("locked", "locked", false),
	];
	return [
		...linkStart(port, links, { peer: (link) => (run.peer(link).at === undefined ? {} : { at: at(link) }) }),
		field(`mtu ${port.mtu ?? 1500} `, "mtu", port.mtu ?? 1500),
		field(`master ${master} `, "master", master),
		field(`state ${state} `, "state", state),
		field("priority 32 ", "priority", 32),
		field(`cost ${cost} `, "cost", cost),
		...(run.options.details > 0 ? details : []),
	];
}

async function set(run: IpRun, words: Words): Promise<number> {
	let dev: string | undefined;
	const port: { -readonly [K in keyof BridgePort]: BridgePort[K] } = {};
	for (let word = words.take(); word !== undefined; word = words.take()) {
		const flag = MODELLED_PORT_FLAGS.find((name) => name === word);
		if (word === "dev") dev = words.argument();
		else if (flag !== undefined) port[flag] = portSwitch(flag, words.argument(), 234);
		else if (word === "self" || word === "master") continue;
		else if (OTHER_PORT_WORDS.includes(word)) throw notModelled(`bridge port setting ${word}`);
		else throw new ToolExit(255, USAGE);
	}
	if (dev === undefined) throw new ToolExit(255, "Device is a required argument.\n");
	if ((await run.link(dev)) === undefined) throw new ToolExit(255, `Cannot find bridge device "${dev}"\n`);
	if (Object.keys(port).length === 0) return 0;
	const object = { kind: "link", name: dev, port } as const;
	const done = await run.context.world.kernel.apply(run.netns, [{ verb: "replace", object }]);
	if (!done.ok) throw rtnetlink(done.error, 255);
	return 0;
}
