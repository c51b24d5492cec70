/** Putting the devices of namespaces back as they were: made ones go, deleted ones come again under their numbers, changes are undone. */
import type { Link, LinkKind } from "../../kernel/objects.ts";
import type { Request } from "../netlink/batch.ts";
import type { Rtnl } from "../netlink/rtnl.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { MessageWriter } from "../netlink/writer.ts";
import type { LinuxNetns } from "../netns.ts";
import { dumpLinkStates, linkKindOf } from "./link-dump.ts";
import { changeLink, changePort, deleteLink, newLink } from "./link-message.ts";
import type { LinkState } from "./link-state.ts";

/** A device as it was. Its kind names its peer, which may be gone by now. */
export interface SavedLink {
	readonly state: LinkState;
	readonly kind: LinkKind | undefined;
	readonly peerNetns: LinuxNetns | undefined;
}

export type SavedLinks = ReadonlyMap<LinuxNetns, readonly SavedLink[]>;

export function saveLinks(rtnl: Rtnl, namespaces: readonly LinuxNetns[]): SavedLinks {
	return new Map(
		namespaces.map((netns) => [
			netns,
			statesOf(rtnl, netns).map((state) => {
				const kind = linkKindOf(rtnl, netns, state);
				const name = kind?.type === "veth" ? kind.peerNetns : undefined;
				return { state, kind, peerNetns: name === undefined ? netns : rtnl.table.find(name) };
			}),
		]),
	);
}

export function restoreLinks(rtnl: Rtnl, saved: SavedLinks): void {
	deleteNew(rtnl, saved);
	moveBack(rtnl, saved);
	makeAgain(rtnl, saved);
	// Names may have been swapped: what was in the way the first time is not the second time.
	for (let round = 0; round < 2; round += 1) changeBack(rtnl, saved, differences);
	changeBack(rtnl, saved, bridgeDifferences);
}

/** Best effort: what the kernel refuses stays as it is. */
function send(socket: NetlinkSocket, requests: readonly Request[]): void {
	const messages = new MessageWriter();
	for (const { header, body } of requests) messages.message(header, body);
	socket.exchange(messages);
}

function statesOf(rtnl: Rtnl, netns: LinuxNetns): readonly LinkState[] {
	const listed = dumpLinkStates(rtnl, netns);
	return listed.ok ? listed.value : [];
}

function deleteNew(rtnl: Rtnl, saved: SavedLinks): void {
	const known = new Set([...saved.values()].flat().map(({ state }) => state.ifindex));
	for (const netns of saved.keys()) {
		const made = statesOf(rtnl, netns).filter(({ ifindex }) => !known.has(ifindex));
		send(
			rtnl.socket(netns),
			made.map(({ ifindex }) => deleteLink(ifindex)),
		);
	}
}

function moveBack(rtnl: Rtnl, saved: SavedLinks): void {
	for (const netns of saved.keys()) {
		const own = new Set(saved.get(netns)?.map(({ state }) => state.ifindex));
		for (const { ifindex } of statesOf(rtnl, netns)) {
			if (own.has(ifindex)) continue;
			for (const [home, links] of saved) {
				const was = links.find(({ state }) => state.ifindex === ifindex)?.state;
				if (was === undefined) continue;
				const link = { kind: "link", name: was.name, newName: was.name } as const;
				send(rtnl.socket(netns), [changeLink(link, { ifindex, netnsFd: home.fd })]);
			}
		}
	}
}

function makeAgain(rtnl: Rtnl, saved: SavedLinks): void {
	for (const [netns, links] of saved) {
		for (const { state, kind, peerNetns } of links) {
			const socket = rtnl.socket(netns);
			if (kind === undefined || kind.type === "loopback" || socket.nameOf(state.ifindex) !== undefined) continue;
			const { ifindex, lower, name, mac } = state;
			const peerMac = saved.get(peerNetns ?? netns)?.find((each) => each.state.ifindex === lower)?.state.mac;
			const isFree = kind.type !== "bridge";
			const made = kind.type === "veth" && peerMac !== undefined ? { ...kind, peerMac } : kind;
			const link: Link = { kind: "link", name, ...(isFree && mac !== undefined ? { mac } : {}) };
			const netnsFd = peerNetns === undefined || peerNetns === netns ? undefined : peerNetns.fd;
			const lowerDev = lowerOf(kind, state);
			const numbers = { ifindex, lower: lowerDev, peer: { ifindex: lower, netnsFd } };
			send(socket, [newLink(link, made, numbers)]);
		}
	}
}

function lowerOf(kind: LinkKind, state: LinkState): number | undefined {
	if (kind.type === "vxlan") return state.vxlan?.ifindex || undefined;
	return kind.type === "ipip" ? state.ipip?.ifindex || undefined : state.lower;
}

function changeBack(
	rtnl: Rtnl,
	saved: SavedLinks,
	between: (was: LinkState, now: LinkState) => readonly Request[],
): void {
	for (const [netns, links] of saved) {
		const present = new Map(statesOf(rtnl, netns).map((state) => [state.ifindex, state]));
		const requests = links.flatMap(({ state }) => {
			const now = present.get(state.ifindex);
			return now === undefined ? [] : between(state, now);
		});
		send(rtnl.socket(netns), requests);
	}
}

function differences(was: LinkState, now: LinkState): readonly Request[] {
	const { ifindex, port } = was;
	const isBridge = was.kind === "bridge";
	const change: Partial<Link> = {
		...(was.name === now.name ? {} : { newName: was.name }),
		...(isBridge || was.mac === now.mac || was.mac === undefined ? {} : { mac: was.mac }),
		...(isBridge || was.mtu === now.mtu ? {} : { mtu: was.mtu }),
		...(was.alias === now.alias ? {} : { alias: was.alias }),
		...(was.txQueueLength === now.txQueueLength ? {} : { txQueueLength: was.txQueueLength }),
		...(was.promisc === now.promisc ? {} : { promisc: was.promisc }),
		...(was.up === now.up ? {} : { up: was.up }),
		...(was.bridge === undefined || JSON.stringify(was.bridge) === JSON.stringify(now.bridge)
			? {}
			: { link: { type: "bridge", ...was.bridge } }),
	};
	const master = was.master === now.master ? undefined : was.master;
	const requests: Request[] = [];
	const isChanged = Object.keys(change).length > 0 || master !== undefined;
	if (isChanged) requests.push(changeLink({ kind: "link", name: was.name, ...change }, { ifindex, master }));
	const isPort = port !== undefined && (master !== undefined || JSON.stringify(port) !== JSON.stringify(now.port));
	if (isPort) requests.push(changePort(ifindex, port));
	return requests;
}

/** A bridge's address and MTU follow its ports unless they were set: they are set only where they do not come by themselves. */
function bridgeDifferences(was: LinkState, now: LinkState): readonly Request[] {
	if (was.kind !== "bridge" || (was.mac === now.mac && was.mtu === now.mtu)) return [];
	const change: Partial<Link> = {
		...(was.mac === now.mac || was.mac === undefined ? {} : { mac: was.mac }),
		...(was.mtu === now.mtu ? {} : { mtu: was.mtu }),
	};
	return [changeLink({ kind: "link", name: was.name, ...change }, { ifindex: was.ifindex })];
}
