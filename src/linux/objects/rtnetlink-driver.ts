/** The driver of everything that rtnetlink knows: devices, addresses, routes, rules, neighbours, forwarding entries. */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../../kernel/objects.ts";
import type { DriverOptions, IndexedOp, ObjectDriver, Undo } from "../driver.ts";
import { Batch, type Touched } from "../netlink/batch.ts";
import type { Rtnl } from "../netlink/rtnl.ts";
import type { LinuxNetns } from "../netns.ts";
import { applyAddr, dumpAddrs } from "./addr.ts";
import { applyBridgeVlan, dumpBridgeVlans, listVlans, restoreVlans } from "./bridge-vlan.ts";
import { settleCarriers } from "./carrier.ts";
import { applyFdb, dumpFdb } from "./fdb.ts";
import { applyLink, touchAround } from "./link.ts";
import { dumpLinkStates, dumpLinks } from "./link-dump.ts";
import { deleteTogether } from "./link-message.ts";
import { applyNeigh, dumpNeighs } from "./neigh.ts";
import { applyRoute } from "./route.ts";
import { dumpRoutes } from "./route-dump.ts";
import { applyRule, dumpRules } from "./rule.ts";
import { Snapshot } from "./snapshot.ts";

export class RtnetlinkDriver implements ObjectDriver {
	readonly kinds = ["link", "addr", "route", "rule", "neigh", "fdb", "bridge-vlan"] as const;
	readonly #rtnl: Rtnl;
	#touched: Touched = new Map();

	constructor(rtnl: Rtnl) {
		this.#rtnl = rtnl;
	}

	/** Adding is taken back by deleting; before anything else, all that it may change is remembered. */
	apply(
		netns: LinuxNetns,
		ops: readonly IndexedOp[],
		{ undoable, keepsParts }: DriverOptions,
	): Result<Undo, KernelError> {
		const batch = new Batch(this.#rtnl, netns);
		if (keepsParts === true) return this.#carryOut(batch, ops, () => undefined);
		const undoVlans = undoable || ops.length > 1 ? keepVlans(batch, ops) : undefined;
		const undoOthers = this.#undoOf(batch, ops, undoable);
		const undo = (): void => {
			undoOthers();
			undoVlans?.();
		};
		return this.#carryOut(batch, ops, undo);
	}

	dump(netns: LinuxNetns, kind: KernelObjectKind): Result<readonly KernelObject[], KernelError> {
		const socket = this.#rtnl.socket(netns);
		switch (kind) {
			case "link":
				return dumpLinks(this.#rtnl, netns);
			case "addr":
				return dumpAddrs(socket);
			case "route":
				return dumpRoutes(socket);
			case "rule":
				return dumpRules(socket);
			case "neigh":
				return dumpNeighs(socket);
			case "fdb":
				return dumpFdb(socket);
			case "bridge-vlan":
				return dumpBridgeVlans(socket);
			default:
				return ok([]);
		}
	}

	/**
	 * Deletes the devices of a namespace that ends if one of them has its peer elsewhere: the kernel deletes them too, but
	 * some time after the namespace is gone.
	 */
	deletePaired(netns: LinuxNetns): void {
		const links = dumpLinkStates(this.#rtnl, netns);
		if (!links.ok) return;
		const paired = links.value.filter(({ kind, lowerNsid }) => kind === "veth" && lowerNsid !== undefined);
		if (paired.length === 0) return;
		const batch = new Batch(this.#rtnl, netns);
		for (const state of paired) touchAround(batch, state);
		deleteTogether(
			this.#rtnl.socket(netns),
			paired.map(({ ifindex }) => ifindex),
		);
		for (const [each, ifindexes] of batch.touched) if (each !== netns) this.#touch(each, ifindexes);
	}

	/** Resolves when the devices that were changed have the carrier that they will have. */
	async settle(): Promise<void> {
		const touched = this.#touched;
		this.#touched = new Map();
		if (touched.size > 0) await settleCarriers(this.#rtnl, touched);
	}

	#carryOut(batch: Batch, ops: readonly IndexedOp[], undo: Undo): Result<Undo, KernelError> {
		const failed = applyAll(batch, ops);
		if (failed !== undefined) {
			undo();
			return err(failed);
		}
		for (const [each, ifindexes] of batch.touched) this.#touch(each, ifindexes);
		return ok(undo);
	}

	#undoOf(batch: Batch, ops: readonly IndexedOp[], undoable: boolean): Undo {
		const { netns } = batch;
		const isSingle = ops.length === 1 && !undoable;
		if (ops.some(({ op }) => op.verb !== "add")) {
			const isAtomic = isSingle && !ops.some(severalAttributes);
			const before = isAtomic ? undefined : Snapshot.around(this.#rtnl, netns, ops);
			return () => before?.restore();
		}
		const neighbours = !isSingle && ops.some(touchesNeighbours) ? Snapshot.ofNeighbours(this.#rtnl, netns) : undefined;
		return () => {
			batch.undo();
			neighbours?.restore();
		};
	}

	#touch(netns: LinuxNetns, ifindexes: ReadonlySet<number>): void {
		this.#touched.set(netns, new Set([...(this.#touched.get(netns) ?? []), ...ifindexes]));
	}
}

/** The kernel does one operation as a whole or not at all, but for several attributes of a device. */
function severalAttributes({ op: { verb, object } }: IndexedOp): boolean {
	if (object.kind !== "link" || verb !== "replace") return false;
	const { kind: _kind, name: _name, ...attributes } = object;
	return Object.keys(attributes).length > 1;
}

/** VLANs of ports are no objects that come and go: what they were is remembered whatever the operation. */
function keepVlans({ rtnl, netns }: Batch, ops: readonly IndexedOp[]): Undo | undefined {
	if (!ops.some(({ op: { object } }) => object.kind === "bridge-vlan" || object.kind === "link")) return undefined;
	const socket = rtnl.socket(netns);
	const before = listVlans(socket);
	return before.ok && before.value.length > 0 ? () => restoreVlans(socket, before.value) : undefined;
}

function touchesNeighbours({ op: { object } }: IndexedOp): boolean {
	return object.kind === "addr" || (object.kind === "link" && object.master !== undefined);
}

function applyAll(batch: Batch, ops: readonly IndexedOp[]): KernelError | undefined {
	for (const op of ops) {
		const refused = applyOne(batch, op) ?? (batch.isFull ? batch.flush() : undefined);
		// Of those that wait, one before it may have failed.
		if (refused !== undefined) return batch.flush() ?? refused;
	}
	return batch.flush();
}

function applyOne(batch: Batch, { index, op: { verb, object } }: IndexedOp): KernelError | undefined {
	switch (object.kind) {
		case "link":
			return applyLink(batch, index, verb, object);
		case "addr":
			return applyAddr(batch, index, verb, object);
		case "route":
			return applyRoute(batch, index, verb, object);
		case "rule":
			return applyRule(batch, index, verb, object);
		case "neigh":
			return applyNeigh(batch, index, verb, object);
		case "fdb":
			return applyFdb(batch, index, verb, object);
		case "bridge-vlan":
			return applyBridgeVlan(batch, index, verb, object);
		default:
			return { errno: "EOPNOTSUPP", op: index, message: `${object.kind} is not of rtnetlink` };
	}
}
