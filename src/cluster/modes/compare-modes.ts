/** The same flows through a cluster in iptables mode and one in IPVS mode. */
import { err, ok, type Result } from "../../base/result.ts";
import { applyOps } from "../apply-plan.ts";
import type { Cluster } from "../cluster.ts";
import { formatClusterError } from "../errors.ts";
import { type ModeFlow, modeFlows, routedAddresses } from "./mode-flows.ts";
import { flowOutcomes, type ModeCluster, type ModeOutcome } from "./mode-outcome.ts";
import { knownReason } from "./mode-reasons.ts";

export interface ComparedFlow {
	readonly flow: ModeFlow;
	readonly iptables: readonly ModeOutcome[];
	readonly ipvs: readonly ModeOutcome[];
	readonly agree: boolean;
	/** Of a difference that is known. */
	readonly known?: { readonly id: string; readonly reason: string };
}

export interface ModeClusters {
	readonly iptables: ModeCluster;
	readonly ipvs: ModeCluster;
}

/** Both clusters are built of the same objects. The error is a sentence. */
export async function compareModes({ iptables, ipvs }: ModeClusters): Promise<Result<readonly ComparedFlow[], string>> {
	for (const { cluster } of [iptables, ipvs]) {
		const routed = await routeAddresses(cluster);
		if (!routed.ok) return routed;
	}
	const compared: ComparedFlow[] = [];
	for (const flow of modeFlows(iptables.cluster)) {
		const left = await flowOutcomes(iptables, flow);
		if (!left.ok) return left;
		const right = await flowOutcomes(ipvs, flow);
		if (!right.ok) return right;
		compared.push(comparedFlow(iptables.cluster, flow, { iptables: left.value, ipvs: right.value }));
	}
	return ok(compared);
}

function comparedFlow(
	cluster: Cluster,
	flow: ModeFlow,
	outcomes: { readonly iptables: readonly ModeOutcome[]; readonly ipvs: readonly ModeOutcome[] },
): ComparedFlow {
	const texts = (list: readonly ModeOutcome[]): string => list.map(({ text }) => text).join("\n");
	if (texts(outcomes.iptables) === texts(outcomes.ipvs)) return { flow, ...outcomes, agree: true };
	const known = knownReason({ flow, ...outcomes, localEndpoints: localEndpoints(cluster, flow) });
	if (known === undefined) return { flow, ...outcomes, agree: false };
	return { flow, ...outcomes, agree: false, known: { id: known.id, reason: known.reason } };
}

/** `IP:PORT` of those on the flow's node that are ready, or still serve. */
function localEndpoints({ snapshot }: Cluster, { service, port, entryNode }: ModeFlow): readonly string[] {
	return snapshot.endpointSlices
		.filter(
			(slice) => slice.namespace === service.namespace && slice.service === service.name && slice.family === "ipv4",
		)
		.flatMap((slice) => {
			const numbers = slice.ports.filter(({ name, protocol }) => name === port.name && protocol === port.protocol);
			const usable = slice.endpoints.filter(
				({ nodeName, ready, serving, terminating }) => nodeName === entryNode && (ready || (serving && terminating)),
			);
			return usable.flatMap(({ addresses }) =>
				numbers.flatMap((number) => addresses.map((address) => `${address}:${number.port}`)),
			);
		});
}

/** The router sends external and load balancers' addresses to the first node, as a load balancer would. */
async function routeAddresses(cluster: Cluster): Promise<Result<void, string>> {
	const via = cluster.nodes[0]?.internalIp;
	if (via === undefined) return ok(undefined);
	const ops = routedAddresses(cluster).map((addr) => {
		const object = { kind: "route", dst: { addr, prefix: 32 }, via, protocol: "static" } as const;
		return { verb: "replace", object } as const;
	});
	const applied = await applyOps(cluster.kernel, cluster.fabric.netns, ops);
	return applied.ok ? applied : err(formatClusterError(applied.error));
}
