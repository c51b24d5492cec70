/** What the parties of a flow are called in its explanation. */
import { expect, test } from "vitest";
import { runFlow } from "../../src/cli/flow.ts";
import { SimKernel } from "../../src/sim/sim-kernel.ts";
import type { FlowFacts } from "../../src/trace/flow-facts.ts";
import { containerPort, kubePod, kubeService, servicePort } from "../kube-objects.ts";
import { buildLab, labSnapshot } from "./lab-cluster.ts";

const agent = kubePod("agent", "n2", { hostNetwork: true, ports: [containerPort(9100)] });
const agents = kubeService("agent", "10.150.0.8", { ports: [servicePort(80, { targetPort: 9100 })] });
const kernel = new SimKernel({ seed: 1 });
const cluster = await buildLab(labSnapshot({ pods: [agent], services: [agents] }), {}, kernel);

async function factsOf(from: string, to: string, proto?: "tcp" | "udp" | "icmp"): Promise<FlowFacts> {
	const session = { kernel, cluster, choice: "sim", forceEndpoint: () => () => {}, close: async () => {} } as const;
	const flow = await runFlow(session, { from, to, ...(proto === undefined ? {} : { proto }) });
	return flow.facts;
}

test("a pod in the host's network keeps its name as client, as server and as target", async () => {
	const label = "pod default/agent (host network of node n2, 172.16.1.88)";
	expect((await factsOf("pod/client", "svc/agent")).server?.label).toBe(label);
	expect((await factsOf("pod/client", "pod/agent:9100")).target).toBe(label);
	expect((await factsOf("pod/agent", "svc/here:http")).client).toBe(label);
});

test.each([
	{ to: "10.150.0.1:80", target: "Service default/here" },
	{
		to: "10.150.0.1:81",
		target: "the address of Service default/here",
		hint: "Service default/here has no port 81/TCP (it has 80/TCP, 53/UDP)",
	},
	{
		to: "svc/here:http",
		proto: "icmp",
		target: "the address of Service default/here",
		hint: "Service default/here has rules for its ports only (80/TCP, 53/UDP), not for ICMP",
	},
	{ to: "node/n1:30080", proto: "icmp", target: "node n1 (172.16.1.50)" },
	{ to: "10.77.0.1:80", target: "nobody's address" },
	{ to: "127.0.0.1:30080", target: "Service default/here" },
	{ to: "127.0.0.1:22", target: "node n1 (172.16.1.50)" },
] as const)("$to by $proto is called $target", async ({ to, target, ...more }) => {
	const facts = await factsOf("node/n1", to, "proto" in more ? more.proto : undefined);
	expect(facts.target).toBe(target);
	expect(facts.serviceHint).toBe("hint" in more ? more.hint : undefined);
});
