/** Makes IPVS choose one endpoint, by the weights of the others: works on every kernel. */
import { ok, type Result } from "../base/result.ts";
import type { IpvsDestination } from "../kernel/ipvs.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject } from "../kernel/objects.ts";

/**
 * Of every virtual service that has `endpoint` (`IP:PORT`), the other destinations get the weight 0. The result gives them
 * their weights back.
 */
export async function forceByWeights(
	kernel: Kernel,
	namespaces: readonly string[],
	endpoint: string,
): Promise<Result<() => Promise<void>, KernelError>> {
	const undo: { readonly netns: string; readonly ops: readonly Op[] }[] = [];
	const putBack = async (): Promise<void> => {
		for (const { netns, ops } of undo) {
			const done = await kernel.apply(netns, ops);
			if (!done.ok) throw new Error(`${netns}: the weights could not be put back: ${done.error.message}`);
		}
	};
	for (const netns of namespaces) {
		const dumped = await kernel.dump(netns, ["ipvs-destination"]);
		if (!dumped.ok) return dumped;
		const others = otherDestinations(dumped.value, endpoint);
		if (others.length === 0) continue;
		const applied = await kernel.apply(
			netns,
			others.map((object) => edit({ ...object, weight: 0 })),
		);
		if (!applied.ok) {
			await putBack();
			return applied;
		}
		undo.push({ netns, ops: others.map(edit) });
	}
	return ok(putBack);
}

function otherDestinations(objects: readonly KernelObject[], endpoint: string): readonly IpvsDestination[] {
	const all = objects.filter((object): object is IpvsDestination => object.kind === "ipvs-destination");
	const having = new Set(all.filter((object) => endpointOf(object) === endpoint).map(({ service }) => keyOf(service)));
	return all.filter((object) => having.has(keyOf(object.service)) && endpointOf(object) !== endpoint);
}

function edit({ connections: _connections, stats: _stats, ...object }: IpvsDestination): Op {
	return { verb: "replace", object };
}

function endpointOf({ addr, port }: IpvsDestination): string {
	return addr.includes(":") ? `[${addr}]:${port}` : `${addr}:${port}`;
}

function keyOf(service: IpvsDestination["service"]): string {
	return JSON.stringify(service);
}
