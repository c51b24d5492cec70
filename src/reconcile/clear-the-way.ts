/** What has to go before its replacement can stand, and what goes with it. */
import type { Op } from "../kernel/kernel.ts";
import type { Addr, KernelObject, Link } from "../kernel/objects.ts";
import { formatCidr, networkOf } from "../wire/addr.ts";
import { keyOf } from "./identity.ts";

export interface Cleared {
	readonly ops: readonly Op[];
	/** What is left of the actual objects after `ops`. */
	readonly actual: readonly KernelObject[];
}

/**
 * Deletes devices of ours that are of another kind than wanted, and addresses of ours that would become the primary
 * address of one wanted in the same network: deleting them later would take the new one along.
 */
export function clearTheWay(
	actual: readonly KernelObject[],
	desired: readonly KernelObject[],
	owns: (object: KernelObject) => boolean,
): Cleared {
	const wantedLinks = new Map(desired.flatMap((object) => (object.kind === "link" ? [[object.name, object]] : [])));
	const gone = new Set(
		actual.flatMap((object) => {
			if (object.kind !== "link" || !owns(object)) return [];
			return isOtherDevice(object, wantedLinks.get(object.name)) ? [object.name] : [];
		}),
	);
	const rest = actual.flatMap((object) => afterDeletionOf(gone, object));
	const keys = new Set(rest.map(keyOf));
	const wantedKeys = new Set(desired.map(keyOf));
	const coming = desired.filter((object) => object.kind === "addr").filter((object) => !keys.has(keyOf(object)));
	const inTheWay = rest
		.filter((object) => object.kind === "addr")
		.filter(
			(object) => !wantedKeys.has(keyOf(object)) && owns(object) && coming.some((other) => oneNetwork(object, other)),
		);
	const shaken = new Set(inTheWay.map((object) => object.dev));
	return {
		ops: [
			...[...gone].map((name): Op => ({ verb: "delete", object: { kind: "link", name } })),
			...inTheWay.map((object): Op => ({ verb: "delete", object })),
		],
		actual: rest.filter((object) => {
			if (object.kind === "addr") return !inTheWay.includes(object);
			// Routes may have gone with the address: those that are wanted are made anew.
			return !(object.kind === "route" && shaken.has(object.dev ?? "") && wantedKeys.has(keyOf(object)));
		}),
	};
}

function isOtherDevice(actual: Link, wanted: Link | undefined): boolean {
	if (wanted?.link === undefined || actual.link === undefined) return false;
	if (actual.link.type !== wanted.link.type) return true;
	return actual.link.type === "veth" && wanted.link.type === "veth" && actual.link.peer !== wanted.link.peer;
}

/** What an object is after devices were deleted: nothing, when it was on one; without its bridge, when that was one. */
function afterDeletionOf(gone: ReadonlySet<string>, object: KernelObject): readonly KernelObject[] {
	if (object.kind === "link") {
		if (gone.has(object.name)) return [];
		if (object.master === undefined || !gone.has(object.master)) return [object];
		const { master: _, port: __, ...link } = object;
		return [link];
	}
	const onDevice =
		object.kind === "addr" || object.kind === "neigh" || object.kind === "fdb" || object.kind === "route";
	return onDevice && object.dev !== undefined && gone.has(object.dev) ? [] : [object];
}

function oneNetwork(a: Addr, b: Addr): boolean {
	return a.dev === b.dev && formatCidr(networkOf(a.addr)) === formatCidr(networkOf(b.addr));
}
