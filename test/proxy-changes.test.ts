/** kube-proxy driven by changes: its transactions, carried out on a kernel one after another, leave what a full sync would. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatRule } from "../src/formats/iptables-save.ts";
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import type { EndpointSlice, KubeSnapshot, NodeFacts, Service } from "../src/kube/snapshot.ts";
import type { KubeProxyConfig } from "../src/kube-proxy/config.ts";
import { desiredIptables, IptablesProxier } from "../src/kube-proxy/iptables.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { cidr, ip } from "../src/wire/addr.ts";
import { kubeEndpoint, kubeNode, kubeService, kubeSlice, kubeSnapshot, servicePort } from "./kube-objects.ts";
import { anySnapshot } from "./proxy-arbitrary.ts";

const N1: NodeFacts = { name: "n1", nodeIPs: [ip("192.168.0.1")] };
const CONFIG: KubeProxyConfig = { clusterCIDRs: [cidr("10.1.0.0/16")] };

/** `table chain` → rules as text. */
function chainTexts(objects: readonly KernelObject[]): ReadonlyMap<string, readonly string[]> {
	const chains = objects.flatMap((object) => {
		if (object.kind !== "xt-chain" || !object.chain.startsWith("KUBE-")) return [];
		const rules = object.rules.map((rule) => formatRule({ ...rule, counters: { packets: 0, bytes: 0 } }));
		return [[`${object.table} ${object.chain}`, rules] as const];
	});
	return new Map([...chains].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function apply(kernel: SimKernel, ops: readonly Op[]): Promise<void> {
	const done = await kernel.apply("node", ops);
	if (!done.ok) throw new Error(`${done.error.message}: ${JSON.stringify(ops[done.error.op])}`);
}

async function dump(kernel: SimKernel): Promise<readonly KernelObject[]> {
	const dumped = await kernel.dump("node", ["xt-chain"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value;
}

test("whatever changes, the chains are then those of a full sync, rule for rule", async () => {
	const step = fc.record({
		snapshot: anySnapshot,
		kept: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
		zone: fc.boolean(),
	});
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 4 }), async (steps) => {
			const kernel = new SimKernel({ seed: 1 });
			await kernel.addNetns("node");
			const proxier = new IptablesProxier(N1, CONFIG);
			let last: KubeSnapshot | undefined;
			for (const { snapshot, kept, zone } of steps) {
				// Some Services and slices stay the same objects, and the node's zone may change everything.
				const keep = <T>(list: readonly T[], before: readonly T[] = []): readonly T[] =>
					list.map((item, k) => (kept[k] === true ? (before[k] ?? item) : item));
				const node = {
					...kubeNode("n1", "192.168.0.1", "10.1.0.0/24"),
					labels: zone ? { "topology.kubernetes.io/zone": "zone-a" } : {},
				};
				last = {
					...snapshot,
					nodes: [node],
					services: keep(snapshot.services, last?.services),
					endpointSlices: keep(snapshot.endpointSlices, last?.endpointSlices),
				};
				await apply(kernel, proxier.transaction(last));
				expect(chainTexts(await dump(kernel))).toEqual(chainTexts(desiredIptables(last, N1, CONFIG)));
				expect(proxier.transaction(last)).toEqual([]);
			}
		}),
		{ numRuns: 150 },
	);
});

/** With one endpoint. */
function slice(service: string, address: string): EndpointSlice {
	return kubeSlice(service, [kubeEndpoint(address)]);
}

/** `count` Services; Service k has one endpoint, 10.1.K.K. */
function many(count: number): { readonly services: readonly Service[]; readonly slices: readonly EndpointSlice[] } {
	const numbers = Array.from({ length: count }, (_, k) => k);
	const place = (k: number): string => `${k >> 8}.${k & 255}`;
	return {
		services: numbers.map((k) => kubeService(`svc-${k}`, `10.96.${place(k)}`, { ports: [servicePort(80)] })),
		slices: numbers.map((k) => slice(`svc-${k}`, `10.1.${place(k)}`)),
	};
}

const words = (ops: readonly Op[]): readonly string[] =>
	ops.map(({ verb, object }) => {
		if (object.kind === "xt-chain") return `${verb} chain ${object.chain.slice(0, 9)}`;
		return object.kind === "xt-rule"
			? `${verb} rule ${object.table} ${object.chain} ${object.position ?? ""}`.trim()
			: verb;
	});

test("one endpoint: its old chain goes, its new one comes, and the Service's chain is written anew; nothing else", () => {
	const { services, slices } = many(300);
	const proxier = new IptablesProxier(N1, CONFIG);
	proxier.desired(kubeSnapshot({ services, endpointSlices: slices }));
	const changed = slices.map((one) => (one.name === "svc-7-1" ? slice("svc-7", "10.1.9.9") : one));
	expect(words(proxier.transaction(kubeSnapshot({ services, endpointSlices: changed })))).toEqual([
		"add chain KUBE-SEP-",
		"replace chain KUBE-SVC-",
		"delete chain KUBE-SEP-",
	]);
	expect(words(proxier.transaction(kubeSnapshot({ services, endpointSlices: slices })))).toEqual([
		"add chain KUBE-SEP-",
		"replace chain KUBE-SVC-",
		"delete chain KUBE-SEP-",
	]);
});

test("the last endpoint goes: one rule leaves the nat table, one comes into the filter table, each in its place", () => {
	const { services, slices } = many(300);
	const proxier = new IptablesProxier(N1, CONFIG);
	proxier.desired(kubeSnapshot({ services, endpointSlices: slices }));
	// Sorted by name svc-7 is the 277th, and nobody else is refused.
	const ops = proxier.transaction(
		kubeSnapshot({ services, endpointSlices: slices.filter(({ name }) => name !== "svc-7-1") }),
	);
	expect(words(ops)).toEqual([
		"delete rule nat KUBE-SERVICES",
		"add rule filter KUBE-SERVICES 1",
		"delete chain KUBE-SVC-",
		"delete chain KUBE-SEP-",
	]);
	const names = services.map(({ name }) => `default/${name}`).sort();
	const back = proxier.transaction(kubeSnapshot({ services, endpointSlices: slices }));
	expect(words(back)).toEqual([
		"add chain KUBE-SEP-",
		"add chain KUBE-SVC-",
		`add rule nat KUBE-SERVICES ${names.indexOf("default/svc-7") + 1}`,
		"delete rule filter KUBE-SERVICES",
	]);
});

test("what does not touch the rules is no operation: another object of the same meaning, a slice of nobody's", () => {
	const { services, slices } = many(3);
	const proxier = new IptablesProxier(N1, CONFIG);
	proxier.desired(kubeSnapshot({ services, endpointSlices: slices }));
	const copies = services.map((service) => ({ ...service, labels: { changed: "yes" } }));
	expect(
		proxier.transaction(kubeSnapshot({ services: copies, endpointSlices: [...slices, slice("nobody", "10.1.0.200")] })),
	).toEqual([]);
});

test("over 1000 endpoints the comments of endpoints' rules go: all these chains are written", () => {
	const { services, slices } = many(1001);
	const proxier = new IptablesProxier(N1, CONFIG);
	proxier.desired(kubeSnapshot({ services, endpointSlices: slices.slice(0, 1000) }));
	const ops = proxier.transaction(kubeSnapshot({ services, endpointSlices: slices }));
	const kinds = new Map<string, number>();
	for (const word of words(ops)) kinds.set(word, (kinds.get(word) ?? 0) + 1);
	expect(Object.fromEntries(kinds)).toEqual({
		"replace chain KUBE-SEP-": 1000,
		"replace chain KUBE-SVC-": 1000,
		"add chain KUBE-SEP-": 1,
		"add chain KUBE-SVC-": 1,
		"replace chain KUBE-SERV": 2,
	});
});
