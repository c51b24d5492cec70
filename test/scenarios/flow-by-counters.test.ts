/** What is known of a flow without a trace: the rules that counted, frames on devices, a choice made by the rules themselves. */
import { expect, test } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { FlowOutcome } from "../../src/cluster/flow.ts";
import { flowDigest } from "../../src/cluster/flow-digest.ts";
import { forceByRules } from "../../src/cluster/force-by-rules.ts";
import type { XtChain } from "../../src/kernel/objects.ts";
import { SimKernel } from "../../src/sim/sim-kernel.ts";
import { capturedText } from "../../src/trace/captured-text.ts";
import { explainCounted } from "../../src/trace/counted-rules.ts";
import { explain } from "../../src/trace/explain.ts";
import type { FlowFacts } from "../../src/trace/flow-facts.ts";
import { PLAIN } from "../../src/trace/paint.ts";
import { containerPort, kubePod, kubeService } from "../kube-objects.ts";
import { buildLab, flow, labSnapshot } from "./lab-cluster.ts";

const both = kubeService("both", "10.150.0.7", { selector: { role: "web" } });
const web = (name: string, node: string) =>
	kubePod(name, node, { labels: { role: "web" }, ports: [containerPort(80)] });
const kernel = new SimKernel({ seed: 1 });
const cluster = await buildLab(
	labSnapshot({ pods: [web("web-1", "n1"), web("web-2", "n2")], services: [both] }),
	{},
	kernel,
);
const nodes = cluster.nodes.map((node) => node.netns);

async function byRules(endpoint: string): Promise<() => Promise<void>> {
	const forced = await forceByRules(kernel, nodes, endpoint);
	if (!forced.ok) throw new Error(forced.error.message);
	return forced.value;
}

async function chains(of: Cluster): Promise<readonly XtChain[]> {
	const dumped = await of.kernel.dump("node/n1", ["xt-chain"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.filter((object) => object.kind === "xt-chain");
}

test("the rules themselves make the choice fall on an endpoint, and are as before afterwards", async () => {
	const before = await chains(cluster);
	for (const pod of ["default/web-2", "default/web-1", "default/web-2"]) {
		const outcome = await flow(cluster, { from: "pod/client", to: "svc/both", endpoint: pod, forceEndpoint: byRules });
		expect(outcome.visit?.pod).toBe(pod);
	}
	const bare = (list: readonly XtChain[]) =>
		list.map((chain) => ({ ...chain, counters: 0, rules: chain.rules.map((rule) => ({ ...rule, counters: 0 })) }));
	expect(bare(await chains(cluster))).toEqual(bare(before));
});

test("a digest names what happened, but no port and no time that chance made", async () => {
	const request = { from: "pod/client", to: "svc/there:http", counters: true };
	const first = flowDigest(await flow(cluster, request));
	const second = flowDigest(await flow(cluster, request));
	expect(second).toEqual(first);
	expect(first[0]).toBe('answered 200: {"pod":"there","client":"172.16.1.50"}');
	expect(first).toContain("server default/there saw 172.16.1.50:<port A> at 10.151.49.2:80");
	expect(
		first.some((line) => /^node\/n1 nat KUBE-SEP-\S+ 2 \[1:60\] .*DNAT --to-destination 10\.151\.49\.2:80$/.test(line)),
	).toBe(true);
	expect(first.filter((line) => / conntrack tcp .*sport=<port A>/.test(line)).length).toBe(2);
	const other = flowDigest(await flow(cluster, { ...request, to: "svc/here:http" }));
	expect(other).not.toEqual(first);
});

test.each([
	{ from: "outside", to: "node/n1:30080" },
	{ from: "pod/client", to: "svc/there:http" },
	{ from: "node/n2", to: "svc/here:http" },
	{ from: "pod/here", to: "svc/here:http" },
	{ from: "pod/client", to: "svc/nobody" },
])("counters explain a flow from $from to $to as the trace does", async ({ from, to }) => {
	const outcome = await flow(cluster, { from, to, counters: true, capture: "all" });
	const facts = factsOf(outcome, from);
	const order = [...new Set(outcome.frames.map(({ netns }) => netns))];
	const traced = explain(facts, outcome.events);
	const counted = explainCounted(facts, outcome.counters, order);
	const bare = (text: string): string =>
		text.replace(/ \((Service|Pod) [^)]*\)/g, "").replace(/, made for [^:)]*/g, "");
	expect(bare(counted.client)).toBe(bare(traced.client));
	expect(bare(counted.server)).toBe(bare(traced.server));
	expect(bare(counted.rules)).toBe(bare(traced.rules));
});

test("captures tell a flow device by device until the answer is back", async () => {
	const outcome = await flow(cluster, { from: "pod/client", to: "svc/there:http", capture: "all" });
	const options = { paint: PLAIN, label: (netns: string) => netns, clientNetns: "pod/default/client" };
	const text = capturedText(outcome.frames, { ...options, detail: "first" });
	const lines = text.split("\n");
	expect(lines[0]).toBe("┌ pod/default/client");
	expect(lines[1]).toMatch(/eth0\s+out IP 10\.151\.51\.\d+\.\d+ > 10\.150\.0\.2\.8000: Flags \[S\]/);
	expect(lines).toContain("├ pod/default/there");
	expect(lines.at(-2)).toMatch(/eth0\s+in\s+IP 10\.150\.0\.2\.8000 > \S+ Flags \[S\.\]/);
	expect(lines.at(-1)).toMatch(/^└ \d+ more frames/);
	expect(capturedText(outcome.frames, { ...options, detail: "all" }).length).toBeGreaterThan(text.length);
});

function factsOf(outcome: FlowOutcome, from: string): FlowFacts {
	const { visit } = outcome;
	return {
		client: from,
		clientNetns: from === "pod/client" ? "pod/default/client" : from === "pod/here" ? "pod/default/here" : from,
		...(outcome.client === undefined ? {} : { clientAddr: outcome.client }),
		target: "the target",
		asked: { addr: outcome.to.addr, ...(outcome.to.port === undefined ? {} : { port: outcome.to.port }) },
		proto: outcome.proto,
		ending: outcome.ending,
		...(visit === undefined ? {} : { server: { label: visit.pod, from: visit.from, to: visit.to } }),
		label: (netns) => netns,
		owner: () => undefined,
	};
}
