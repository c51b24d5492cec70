/**
 * From what is there and what is wanted to the operations between: nothing is taken away before its replacement stands,
 * except what stands in its way, and nothing that is somebody else's is touched.
 */
import type { Op } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind, Link } from "../kernel/objects.ts";
import { diffChains } from "./chains.ts";
import { clearTheWay } from "./clear-the-way.ts";
import { keyOf, satisfies } from "./identity.ts";

/** Whether an object is ours, so that it may be deleted. A rule in another's chain is asked about as `xt-rule`. */
export type Owns = (object: KernelObject) => boolean;

/** What needs nothing comes first; deletions go the other way round, and sysctls are never deleted. */
const MAKE_ORDER: readonly KernelObjectKind[] = [
	"link",
	"addr",
	"route",
	"rule",
	"neigh",
	"bridge-vlan",
	"fdb",
	"sysctl",
	"nfacct",
	"ipset",
	"ipvs-service",
	"ipvs-destination",
	"ipvs-timeouts",
];
const DELETE_ORDER: readonly KernelObjectKind[] = [
	"ipvs-destination",
	"ipvs-service",
	"ipset",
	"nfacct",
	"fdb",
	"bridge-vlan",
	"neigh",
	"rule",
	"route",
	"addr",
	"link",
];

/**
 * The operations that make a namespace with the objects `actual` (a dump) have `desired`, in one transaction: links,
 * addresses, routes, sysctls, nfacct objects, ipsets, virtual services, chains, jumps to them; then the deletions.
 */
export function diff(actual: readonly KernelObject[], desired: readonly KernelObject[], owns: Owns): readonly Op[] {
	const cleared = clearTheWay(actual, desired, owns);
	const have = new Map(cleared.actual.map((object) => [keyOf(object), object]));
	const wanted = new Set(desired.map(keyOf));
	const make = desired.filter((object) => {
		const there = have.get(keyOf(object));
		return there === undefined || !satisfies(there, object);
	});
	const stale = cleared.actual.filter((object) => !wanted.has(keyOf(object)) && owns(object));
	const chains = diffChains(cleared.actual, desired, owns);
	return [
		...cleared.ops,
		...MAKE_ORDER.flatMap((kind) => inOrder(make.filter((object) => object.kind === kind))).map((object): Op => {
			// A route that went with its address may in truth still be there: `replace` does not mind.
			const known = have.has(keyOf(object)) || object.kind === "route" || object.kind === "sysctl";
			return { verb: known ? "replace" : "add", object };
		}),
		...chains.make,
		...chains.remove,
		...DELETE_ORDER.flatMap((kind) => stale.filter((object) => object.kind === kind)).map((object): Op => {
			return { verb: "delete", object };
		}),
	];
}

/** Bridges before their ports; routes on a link before those by a gateway that is reached through them. */
function inOrder(objects: readonly KernelObject[]): readonly KernelObject[] {
	return objects.toSorted((a, b) => rank(a) - rank(b));
}

function rank(object: KernelObject): number {
	if (object.kind === "link") return hasMaster(object) ? 1 : 0;
	if (object.kind === "route") return object.via !== undefined || object.nexthops !== undefined ? 1 : 0;
	return 0;
}

function hasMaster(link: Link): boolean {
	return link.master !== undefined && link.master !== "";
}
