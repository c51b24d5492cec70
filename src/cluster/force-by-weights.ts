/** Makes IPVS choose one endpoint, by the weights of the others: works on every kernel. */
import type { Result } from "../base/result.ts";
import type { IpvsDestination } from "../kernel/ipvs.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject } from "../kernel/objects.ts";
import { formatAddrPort } from "../wire/addr.ts";
import { changeForAWhile } from "./change-for-a-while.ts";

/**
 * Of every virtual service that has `endpoint` (`IP:PORT`), the other destinations get the weight 0. The result gives them
 * their weights back.
 */
export function forceByWeights(
	kernel: Kernel,
	namespaces: readonly string[],
	endpoint: string,
): Promise<Result<() => Promise<void>, KernelError>> {
	return changeForAWhile(kernel, namespaces, {
		kinds: ["ipvs-destination"],
		what: "weights",
		change: (objects) => {
			const others = otherDestinations(objects, endpoint);
			return { ops: others.map((object) => edit({ ...object, weight: 0 })), undo: others.map(edit) };
		},
	});
}

function otherDestinations(objects: readonly KernelObject[], endpoint: string): readonly IpvsDestination[] {
	const all = objects.filter((object): object is IpvsDestination => object.kind === "ipvs-destination");
	const having = new Set(
		all.filter((object) => formatAddrPort(object.addr, object.port) === endpoint).map(({ service }) => keyOf(service)),
	);
	return all.filter(
		(object) => having.has(keyOf(object.service)) && formatAddrPort(object.addr, object.port) !== endpoint,
	);
}

function edit({ connections: _connections, stats: _stats, ...object }: IpvsDestination): Op {
	return { verb: "replace", object };
}

function keyOf(service: IpvsDestination["service"]): string {
	return JSON.stringify(service);
}
