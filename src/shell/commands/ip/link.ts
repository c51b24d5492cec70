/** `ip link`. */
import type { Link, LinkKind } from "../../../kernel/objects.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { createsType, parseTypeWords, setTypeWords } from "./link-types.ts";
import { type LinkWords, linkAttributes, parseLinkWords } from "./link-words.ts";
import type { IpRun } from "./run.ts";
import { showLinks } from "./show-devices.ts";
import { LINK_USAGE } from "./usage.ts";
import { matches, noSuchDevice, unknownCommand, type Words } from "./words.ts";

export async function ipLink(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return showLinks(run, words);
	if (matches(command, "add")) return addLink(run, words);
	if (matches(command, "set") || matches(command, "change")) return setLink(run, words);
	if (matches(command, "replace")) throw notModelled("ip link replace");
	if (matches(command, "delete")) return deleteLink(run, words);
	if (matches(command, "show") || matches(command, "lst") || matches(command, "list")) return showLinks(run, words);
	if (["xstats", "afstats", "property"].some((name) => matches(command, name))) throw notModelled(`ip link ${command}`);
	if (matches(command, "help")) throw new ToolExit(255, LINK_USAGE);
	return unknownCommand(command, "ip link help");
}

async function addLink(run: IpRun, words: Words): Promise<number> {
	const asked = await parseLinkWords(run, words);
	const { type } = asked;
	const made = type === undefined ? undefined : await parseTypeWords(run, type, words);
	if (asked.link !== undefined && (await run.link(asked.link)) === undefined) noSuchDevice(asked.link);
	if (type === undefined || made === undefined) {
		throw new ToolExit(1, 'Not enough information: "type" argument is required\n');
	}
	const netns = netnsFor(run, asked);
	const inNetns = netns === run.netns ? run : run.in(netns);
	const given = asked.name ?? asked.dev;
	const peerName = made.peer === undefined ? "" : (made.peer.name ?? (await freePeerName(run, made.peer, given)));
	const name = given ?? (await freeName(inNetns, type, peerName));
	const kind = createsType(type, made, { netns, name: peerName, current: run.netns, lower: asked.link });
	if (made.peer?.up === true) throw new ToolExit(2, "RTNETLINK answers: Transport endpoint is not connected\n");
	await inNetns.apply({ verb: "add", object: { kind: "link", name, link: kind, ...linkAttributes(asked) } });
	if (made.peer !== undefined) await setPeer(run, made.peer, peerName, kind);
	return 0;
}

/** What the port's request for a pair does not say of the other end. */
async function setPeer(run: IpRun, peer: LinkWords, name: string, kind: LinkKind): Promise<void> {
	if (kind.type !== "veth") return;
	const { mac: _given, up: _down, ...rest } = linkAttributes(peer);
	if (Object.keys(rest).length === 0) return;
	await run.in(peer.netns ?? run.netns).apply({ verb: "replace", object: { kind: "link", name, ...rest } });
}

function netnsFor(run: IpRun, asked: LinkWords): string {
	if (asked.netns === "") throw new ToolExit(2, "RTNETLINK answers: No such process\n");
	return asked.netns ?? run.netns;
}

/** The first free of `veth0`, `veth1`, …; one name may be promised to the other end. */
async function freeName(run: IpRun, stem: string, taken?: string): Promise<string> {
	const names = new Set((await run.links()).map((link) => link.name));
	for (let k = 0; ; k += 1) if (!names.has(`${stem}${k}`) && `${stem}${k}` !== taken) return `${stem}${k}`;
}

/** The kernel names the other end first: of a pair without names it is `veth0`. */
async function freePeerName(run: IpRun, peer: LinkWords, other: string | undefined): Promise<string> {
	return freeName(run.in(peer.netns ?? run.netns), "veth", other);
}

async function setLink(run: IpRun, words: Words): Promise<number> {
	const asked = await parseLinkWords(run, words);
	const { dev, type } = asked;
	const kind = type === undefined ? undefined : await setTypeWords(run, type, words);
	if (dev === undefined) throw new ToolExit(255, 'Not enough information: "dev" argument is required.\n');
	const link = await run.link(dev);
	if (link === undefined) noSuchDevice(dev);
	const attributes: Partial<Link> = {
		...linkAttributes(asked),
		...(asked.name === undefined ? {} : { newName: asked.name }),
		...(asked.netns === undefined ? {} : { netns: netnsFor(run, asked) }),
		...(kind?.(link) ?? {}),
	};
	if (Object.keys(attributes).length === 0) return 0;
	await run.apply({ verb: "replace", object: { kind: "link", name: dev, ...attributes } });
	return 0;
}

async function deleteLink(run: IpRun, words: Words): Promise<number> {
	const asked = await parseLinkWords(run, words);
	const dev = asked.dev ?? asked.name;
	if (dev === undefined) throw new ToolExit(255, 'Not enough information: "dev" argument is required.\n');
	if ((await run.link(dev)) === undefined) noSuchDevice(dev);
	await run.apply({ verb: "delete", object: { kind: "link", name: dev } });
	return 0;
}
