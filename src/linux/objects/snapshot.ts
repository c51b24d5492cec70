/** What a transaction may change, remembered before it, so that it can be taken back as a whole. */

import type { IndexedOp } from "../driver.ts";
import type { Message } from "../netlink/reader.ts";
import type { Rtnl } from "../netlink/rtnl.ts";
import type { LinuxNetns } from "../netns.ts";
import { syncCarriers } from "./carrier.ts";
import { getLink } from "./link-message.ts";
import { restoreLinks, type SavedLinks, saveLinks } from "./link-restore.ts";
import type { RawName } from "./raw-kind.ts";
import { dumpRaw, restoreRaw } from "./raw-restore.ts";
import { listSysctls, readSysctl, writeSysctl } from "./sysctl-file.ts";

/** In the order in which they are put back. */
const RAW_ORDER: readonly RawName[] = ["addr", "route", "rule", "neigh", "fdb"];

export class Snapshot {
	readonly #rtnl: Rtnl;
	readonly #links: SavedLinks;
	readonly #raw: readonly SavedRaw[];
	readonly #sysctls: readonly SavedSysctls[];

	private constructor(rtnl: Rtnl, links: SavedLinks, raw: readonly SavedRaw[], saved: readonly SavedSysctls[]) {
		this.#rtnl = rtnl;
		this.#links = links;
		this.#raw = raw;
		this.#sysctls = saved;
	}

	/** All that the operations may change. */
	static around(rtnl: Rtnl, netns: LinuxNetns, ops: readonly IndexedOp[]): Snapshot {
		const namespaces = reach(rtnl, netns, ops);
		const links = ops.some(({ op }) => op.object.kind === "link") ? saveLinks(rtnl, namespaces) : new Map();
		const saved = leavers(rtnl, netns, ops).map(([each, dev]) => saveSysctls(each, dev));
		return new Snapshot(rtnl, links, saveRaw(rtnl, namespaces, namesOf(ops)), saved);
	}

	/**
	 * Neighbours only, for taking back what was added: a bridge that changes its MAC address, for it got a port, forgets its
	 * own, and so does a device that loses its last IP address.
	 */
	static ofNeighbours(rtnl: Rtnl, netns: LinuxNetns): Snapshot {
		return new Snapshot(rtnl, new Map(), saveRaw(rtnl, [netns], ["neigh"]), []);
	}

	restore(): void {
		restoreLinks(this.#rtnl, this.#links);
		for (const saved of this.#sysctls) restoreSysctls(saved);
		for (const name of RAW_ORDER) {
			for (const [netns, each, before] of this.#raw) {
				if (each === name) restoreRaw(this.#rtnl.socket(netns), name, before);
			}
		}
		const all = [...this.#links].map(
			([netns, links]) => [netns, new Set(links.map(({ state }) => state.ifindex))] as const,
		);
		syncCarriers(this.#rtnl, new Map(all));
	}
}

type SavedRaw = readonly [netns: LinuxNetns, name: RawName, messages: readonly Message[]];

function saveRaw(rtnl: Rtnl, namespaces: readonly LinuxNetns[], names: readonly RawName[]): readonly SavedRaw[] {
	return namespaces.flatMap((netns) => names.map((name) => [netns, name, dumpRaw(rtnl.socket(netns), name)] as const));
}

/** The namespaces that the operations can touch: with a device its peer's, and where it moves to. */
function reach(rtnl: Rtnl, netns: LinuxNetns, ops: readonly IndexedOp[]): readonly LinuxNetns[] {
	const found = new Set([netns]);
	for (const { op } of ops) {
		if (op.object.kind !== "link") continue;
		const peerNetns = op.object.link?.type === "veth" ? op.object.link.peerNetns : undefined;
		for (const name of [op.object.netns, peerNetns]) {
			const other = name === undefined ? undefined : rtnl.table.find(name);
			if (other !== undefined) found.add(other);
		}
		const peer = peerOf(rtnl, netns, op.object.name);
		if (peer !== undefined) found.add(peer.netns);
	}
	return [...found];
}

function peerOf(
	rtnl: Rtnl,
	netns: LinuxNetns,
	name: string,
): { readonly netns: LinuxNetns; readonly ifindex: number } | undefined {
	const socket = rtnl.socket(netns);
	const ifindex = socket.ifindexOf(name);
	const state = ifindex === undefined ? undefined : getLink(socket, ifindex);
	if (state?.kind !== "veth") return undefined;
	const peerNetns = state.lowerNsid === undefined ? netns : rtnl.netnsOfId(netns, state.lowerNsid);
	return peerNetns === undefined ? undefined : { netns: peerNetns, ifindex: state.lower };
}

/** With a device everything may go, with an address routes and neighbours, with a new port the neighbours of its bridge. */
function namesOf(ops: readonly IndexedOp[]): readonly RawName[] {
	const names = new Set<RawName>();
	for (const { op } of ops) {
		const { kind } = op.object;
		if (op.object.kind === "link") {
			if (op.verb !== "add") return RAW_ORDER;
			if (op.object.master !== undefined) names.add("neigh");
		}
		if (kind === "addr") names.add("route").add("neigh");
		for (const name of RAW_ORDER) if (name === kind) names.add(name);
	}
	return [...names];
}

/** Devices that lose their sysctls with their place: those that are deleted, with their peers, or moved. */
function leavers(rtnl: Rtnl, netns: LinuxNetns, ops: readonly IndexedOp[]): readonly (readonly [LinuxNetns, string])[] {
	return ops.flatMap(({ op }) => {
		const { verb, object } = op;
		if (object.kind !== "link" || (verb !== "delete" && object.netns === undefined)) return [];
		const peer = verb === "delete" ? peerOf(rtnl, netns, object.name) : undefined;
		const peerName = peer === undefined ? undefined : rtnl.socket(peer.netns).nameOf(peer.ifindex);
		const own = [[netns, object.name] as const];
		return peer === undefined || peerName === undefined ? own : [...own, [peer.netns, peerName] as const];
	});
}

interface SavedSysctls {
	readonly netns: LinuxNetns;
	readonly values: ReadonlyMap<string, string>;
}

function saveSysctls(netns: LinuxNetns, dev: string): SavedSysctls {
	return netns.run(() => {
		const values = new Map<string, string>();
		for (const directory of [`net/ipv4/conf/${dev}`, `net/ipv4/neigh/${dev}`]) {
			for (const leaf of listSysctls(netns, directory)) {
				const read = readSysctl(netns, `${directory}/${leaf}`);
				if ("value" in read) values.set(`${directory}/${leaf}`, read.value);
			}
		}
		return { netns, values };
	});
}

function restoreSysctls({ netns, values }: SavedSysctls): void {
	netns.run(() => {
		for (const [path, value] of values) {
			const now = readSysctl(netns, path);
			if ("value" in now && now.value !== value) writeSysctl(netns, path, value);
		}
	});
}
