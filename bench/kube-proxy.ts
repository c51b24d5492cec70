/** What kube-proxy's rules cost: all of them with their text, one Service with very many endpoints, a change of one endpoint. */
import { fork } from "node:child_process";
import { formatIptablesSave } from "../src/formats/iptables-save.ts";
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import type { Table, TableName } from "../src/kernel/xtables.ts";
import type { KubeSnapshot, NodeFacts } from "../src/kube/snapshot.ts";
import type { KubeProxyConfig } from "../src/kube-proxy/config.ts";
import { desiredIptables, IptablesProxier } from "../src/kube-proxy/iptables.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { cidr, ip } from "../src/wire/addr.ts";
import { manyEndpoints, manyServices } from "./generated.ts";
import { median, report, timed } from "./measure.ts";

/** The argument that makes this program the process whose memory is measured. */
export const FULL_STATE = "--kube-proxy-full";

const NODE: NodeFacts = { name: "node-0", nodeIPs: [ip("10.240.0.20")] };
const CONFIG: KubeProxyConfig = { clusterCIDRs: [cidr("10.244.0.0/16")] };

export async function kubeProxyRules(): Promise<void> {
	const { ms, cpuMs, megabytes } = await fullStateInChild();
	report("kubeproxy.full.10000x3", ms, "ms");
	report("kubeproxy.full.10000x3.cpu", cpuMs, "ms");
	report("kubeproxy.full.10000x3.rss", megabytes, "MB");
	const one = manyEndpoints(100_000);
	report("kubeproxy.full.1x100000", (await timed(() => fullText(one))).ms, "ms");
	await oneEndpoint();
}

interface FullState {
	readonly ms: number;
	/** Of all threads: the garbage collector has some. */
	readonly cpuMs: number;
	/** The most that the process had, Node and all. */
	readonly megabytes: number;
}

/** What the child does: Services and slices, then all rules and their text once, cold, then tells its parent. */
export async function fullStateAsChild(): Promise<void> {
	const snapshot = manyServices(10_000);
	const before = process.cpuUsage();
	const { ms } = await timed(() => fullText(snapshot));
	const { user, system } = process.cpuUsage(before);
	const result: FullState = { ms, cpuMs: (user + system) / 1000, megabytes: process.resourceUsage().maxRSS / 1000 };
	process.send?.(result);
}

function fullStateInChild(): Promise<FullState> {
	return new Promise((resolve, reject) => {
		const forked = fork(process.argv[1] ?? "", [FULL_STATE]);
		forked.on("message", (result: FullState) => resolve(result));
		forked.on("exit", (code) => reject(new Error(`${FULL_STATE}: exit code ${code}`)));
	});
}

function fullText(snapshot: KubeSnapshot): number {
	return restoreText(desiredIptables(snapshot, NODE, CONFIG)).length;
}

function restoreText(objects: readonly KernelObject[]): string {
	const order: readonly TableName[] = ["mangle", "filter", "nat"];
	const tables = order.map((name): Table => {
		const own = objects.filter((object) => object.kind === "xt-chain").filter(({ table }) => table === name);
		return { name, chains: own.map(({ chain, rules }) => ({ name: chain, rules })) };
	});
	return formatIptablesSave(tables);
}

/** Of 10,000 Services with three endpoints each; the operations are also carried out on the simulated kernel. */
async function oneEndpoint(): Promise<void> {
	const proxier = new IptablesProxier(NODE, CONFIG);
	let snapshot = manyServices(10_000);
	const kernel = new SimKernel({ seed: 1 });
	await kernel.addNetns("node");
	await applied(kernel, proxier.transaction(snapshot));
	const times: number[] = [];
	const loads: number[] = [];
	let most = 0;
	for (let k = 0; k < 50; k += 1) {
		snapshot = withOtherEndpoint(snapshot, k * 199, `10.203.${k}.1`);
		const now = snapshot;
		const { ms, value: ops } = await timed(() => proxier.transaction(now));
		if (ops.length === 0) throw new Error("no change");
		times.push(ms);
		most = Math.max(most, ops.length);
		loads.push((await timed(() => applied(kernel, ops))).ms);
	}
	report("kubeproxy.change.10000x3", median(times), "ms");
	report(
		"kubeproxy.change.10000x3.p95",
		[...times].sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN,
		"ms",
	);
	report("kubeproxy.change.10000x3.ops", most, "operations");
	report("kubeproxy.change.10000x3.load", median(loads), "ms");
}

function withOtherEndpoint(snapshot: KubeSnapshot, index: number, address: string): KubeSnapshot {
	const endpointSlices = snapshot.endpointSlices.map((slice, k) => {
		if (k !== index) return slice;
		return {
			...slice,
			endpoints: slice.endpoints.map((one, at) => (at === 0 ? { ...one, addresses: [ip(address)] } : one)),
		};
	});
	return { ...snapshot, endpointSlices };
}

async function applied(kernel: SimKernel, ops: readonly Op[]): Promise<void> {
	const done = await kernel.apply("node", ops);
	if (!done.ok) throw new Error(`${done.error.message}: ${JSON.stringify(ops[done.error.op])}`);
}
