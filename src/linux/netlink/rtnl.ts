/** The rtnetlink sockets of a kernel's namespaces, one each, and what is counted across them: device numbers, namespace numbers. */
import type { NetnsTable } from "../driver.ts";
import type { LinuxNetns } from "../netns.ts";
import { RTM_GETNSID } from "./constants.ts";
import { NetlinkSocket } from "./socket.ts";
import { MessageWriter } from "./writer.ts";

/** So many namespaces are asked for first; with many in the table, asking for all takes long. */
const NEWEST = 8;

const NETNSA_NSID = 1;
const NETNSA_FD = 3;
/** struct rtgenmsg, aligned. */
const RTGENMSG_BYTES = 4;

export class Rtnl {
	readonly table: NetnsTable;
	readonly #sockets = new Map<LinuxNetns, NetlinkSocket>();
	/** By namespace: the namespaces that it knows, by its numbers for them. */
	readonly #known = new Map<LinuxNetns, ReadonlyMap<number, LinuxNetns>>();
	#nextIfindex = 10;

	constructor(table: NetnsTable) {
		this.table = table;
	}

	socket(netns: LinuxNetns): NetlinkSocket {
		const open = this.#sockets.get(netns);
		if (open !== undefined) return open;
		const socket = new NetlinkSocket(netns);
		this.#sockets.set(netns, socket);
		return socket;
	}

	/**
	 * A device number that no other device of this kernel has. The carrier of a veth whose peer has the same number comes
	 * up to a second late (net/core/link_watch.c: linkwatch_urgent_event).
	 */
	newIfindex(): number {
		return this.#nextIfindex++;
	}

	/** Numbers up to this one are taken, in a namespace that was there before. */
	skipIfindexes(upTo: number): void {
		this.#nextIfindex = Math.max(this.#nextIfindex, upTo + 1);
	}

	/** Closes the namespace's socket, without which it would live on. */
	forget(netns: LinuxNetns): void {
		this.#sockets.get(netns)?.close();
		this.#sockets.delete(netns);
		this.#known.delete(netns);
	}

	/** The namespace of the table that `netns` knows by this number. */
	netnsOfId(netns: LinuxNetns, nsid: number): LinuxNetns | undefined {
		const known = this.#known.get(netns)?.get(nsid);
		if (known !== undefined && this.table.find(known.name) === known) return known;
		// Most often it was made just before or after.
		const newest = this.table.all().slice(-NEWEST);
		const found = this.#ask(netns, newest);
		this.#known.set(netns, new Map([...(this.#known.get(netns) ?? []), ...found]));
		return found.get(nsid) ?? this.netnsIds(netns).get(nsid);
	}

	/** The namespaces of the table that `netns` has a number for, by number. */
	netnsIds(netns: LinuxNetns): ReadonlyMap<number, LinuxNetns> {
		const ids = this.#ask(netns, this.table.all());
		this.#known.set(netns, ids);
		return ids;
	}

	close(): void {
		for (const netns of [...this.#sockets.keys()]) this.forget(netns);
	}

	/** The numbers that `netns` has for these. */
	#ask(netns: LinuxNetns, others: readonly LinuxNetns[]): ReadonlyMap<number, LinuxNetns> {
		const request = new MessageWriter();
		for (const { fd } of others) {
			request.message({ type: RTM_GETNSID }, (to) => to.u32(0).attrU32(NETNSA_FD, fd));
		}
		const { replies } = this.socket(netns).exchange(request);
		const found: (readonly [number, LinuxNetns])[] = [];
		for (const [k, [message]] of replies) {
			const nsid = message?.attrs(RTGENMSG_BYTES).i32(NETNSA_NSID) ?? -1;
			const other = others[k];
			if (nsid >= 0 && other !== undefined) found.push([nsid, other]);
		}
		return new Map(found.sort(([a], [b]) => a - b));
	}
}
