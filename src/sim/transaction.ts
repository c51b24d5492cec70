/** Transactions: operations in order, and on the first that fails everything back as it was. */
import { err, ok, type Result } from "../base/result.ts";
import type { KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import { vethPeer } from "./device/veth.ts";
import type { Undo } from "./objects/handler.ts";
import { applyObject, commitKind, dumpKind } from "./objects/handlers.ts";
import type { Netns } from "./types.ts";

export interface TransactionOptions {
	/** Nothing is taken back: what came before an operation that fails remains. */
	readonly keepsParts?: boolean;
}

/**
 * Carries out the operations; on an error nothing of them remains. Conntrack entries that went with a masqueraded
 * address or device do not come back.
 */
export function applyTransaction(
	netns: Netns,
	tx: readonly Op[],
	{ keepsParts = false }: TransactionOptions = {},
): Result<void, KernelError> {
	const undos: Undo[] = [];
	let swept = keepsParts;
	for (const [index, op] of tx.entries()) {
		if (!swept && tx.length > 1 && takesAway(op)) {
			undos.push(rememberSwept(netns, tx));
			swept = true;
		}
		const done = applyObject(netns, op.verb, op.object);
		if (!done.ok) {
			for (const undo of undos.reverse()) undo();
			return err({ ...done.error, op: index });
		}
		if (!keepsParts) undos.push(done.value);
	}
	for (const kind of new Set(tx.map((op) => op.object.kind))) {
		const done = commitKind(netns, kind);
		if (done.ok) continue;
		for (const undo of undos.reverse()) undo();
		return err({ ...done.error, op: -1 });
	}
	return ok(undefined);
}

/** What else goes when a device or address goes. */
const SWEPT_KINDS = ["addr", "route", "neigh"] as const;

function takesAway(op: Op): boolean {
	return (op.object.kind === "link" && op.verb !== "add") || (op.object.kind === "addr" && op.verb === "delete");
}

/** Remembers addresses, routes and neighbours of every namespace the transaction can reach; the result restores them. */
function rememberSwept(netns: Netns, tx: readonly Op[]): Undo {
	const saved = [...reach(netns, tx)].map((each) => ({
		netns: each,
		kinds: SWEPT_KINDS.map((kind) => ({ kind, objects: sweptObjects(each, kind) })),
	}));
	return () => {
		for (const { netns: each, kinds } of saved)
			for (const { kind, objects } of kinds) restoreSwept(each, kind, objects);
	};
}

function reach(netns: Netns, tx: readonly Op[]): ReadonlySet<Netns> {
	const found = new Set([netns]);
	for (const { object } of tx) {
		if (object.kind !== "link") continue;
		const dev = netns.devicesByName.get(object.name);
		const peer = dev === undefined ? undefined : vethPeer(dev);
		if (peer !== undefined) found.add(peer.netns);
		const target = object.netns === undefined ? undefined : netns.machine.netns.get(object.netns);
		if (target !== undefined) found.add(target);
	}
	return found;
}

/** By what they say; `linkdown` and ages change by themselves. */
function sweptObjects(netns: Netns, kind: KernelObjectKind): ReadonlyMap<string, KernelObject> {
	return new Map(
		dumpKind(netns, kind).map((object) => [
			JSON.stringify({ ...object, linkdown: undefined, ages: undefined }),
			object,
		]),
	);
}

function restoreSwept(netns: Netns, kind: KernelObjectKind, saved: ReadonlyMap<string, KernelObject>): void {
	const present = sweptObjects(netns, kind);
	for (const [key, object] of present) if (!saved.has(key)) applyObject(netns, "delete", object);
	for (const [key, object] of saved) if (!present.has(key)) applyObject(netns, "replace", object);
}
