/** One flow through the cluster with its facts, explanation and text: what `trace` and `demo` print. */
import type { Cluster, Visit } from "../cluster/cluster.ts";
import { type FlowOutcome, type FlowRequest, formatFlowError, traceFlow } from "../cluster/flow.ts";
import { labelOf, netnsOf, ownerOf, whoLabel } from "../cluster/names.ts";
import { resolveName } from "../cluster/resolve-name.ts";
import { serviceOfAddr } from "../cluster/service-ref.ts";
import { formatConntrack } from "../formats/conntrack.ts";
import { namespacedName } from "../kube/snapshot.ts";
import { capturedText } from "../trace/captured-text.ts";
import { explainCounted } from "../trace/counted-rules.ts";
import { type Explanation, explain } from "../trace/explain.ts";
import type { FlowFacts } from "../trace/flow-facts.ts";
import { type Detail, flowText as textOf } from "../trace/flow-text.ts";
import type { Paint } from "../trace/paint.ts";
import { tunnelWordsOfFrames } from "../trace/tunnel-words.ts";
import { UsageError } from "./io.ts";
import type { Session } from "./session.ts";

export interface ExplainedFlow {
	readonly outcome: FlowOutcome;
	readonly facts: FlowFacts;
	readonly explanation: Explanation;
}

/** `say` hears what a host name stood for. On a kernel that cannot trace, captures on every device and the rules' counters stand in for the trace. */
export async function runFlow(
	session: Session,
	request: Omit<FlowRequest, "forceEndpoint">,
	say: (line: string) => void = () => {},
): Promise<ExplainedFlow> {
	const { cluster, choice } = session;
	const named = await resolveName(cluster, request.from, request.to);
	if (named !== undefined) say(`${request.to}: ${named.name} is ${named.addr}, says cluster DNS`);
	const nodes = cluster.nodes.map((node) => node.netns);
	const flow = await traceFlow(cluster, {
		...request,
		...(named === undefined ? {} : { to: named.to }),
		...(choice === "linux" ? { capture: "all", counters: true } : {}),
		forceEndpoint: (endpoint) => session.forceEndpoint(nodes, endpoint),
	});
	if (!flow.ok) throw new UsageError([formatFlowError(flow.error)]);
	const outcome = flow.value;
	const facts = factsOf(cluster, outcome);
	return { outcome, facts, explanation: choice === "sim" ? explain(facts, outcome.events) : counted(facts, outcome) };
}

/** What counters and frames tell. */
function counted(facts: FlowFacts, outcome: FlowOutcome): Explanation {
	const tunnel = tunnelWordsOfFrames(facts, outcome.frames);
	const explanation = explainCounted(facts, outcome.counters, passed(outcome));
	return { ...explanation, ...(tunnel === undefined ? {} : { tunnel }) };
}

export function flowText(flow: ExplainedFlow, detail: Detail, paint: Paint): string {
	const { outcome, facts } = flow;
	const options = { paint, label: (netns: string) => facts.label(netns), detail, clientNetns: facts.clientNetns };
	if (outcome.events.length > 0 || outcome.frames.length === 0) return textOf(outcome.events, options);
	const server = outcome.visit?.netns;
	return capturedText(outcome.frames, { ...options, ...(server === undefined ? {} : { serverNetns: server }) });
}

/** The namespaces in the order in which packets came through them. */
function passed({ frames, counters }: FlowOutcome): readonly string[] {
	return [...new Set([...frames, ...counters].map(({ netns }) => netns))];
}

/** What `conntrack -L` would print on each node right after the answer, of this flow. */
export function conntrackText(flow: ExplainedFlow, paint: Paint): string {
	return flow.outcome.conntrack
		.filter((node) => node.entries.length > 0)
		.map((node) => {
			const lines = node.entries.map((entry) => formatConntrack(entry).trimEnd());
			return [paint.dim(`conntrack -L on ${flow.facts.label(node.netns)}, right after the answer`), ...lines].join(
				"\n",
			);
		})
		.join("\n");
}

export function explanationText(explanation: Explanation, paint: Paint): string {
	return [
		`${paint.strong("Client:")} ${explanation.client}`,
		`${paint.strong("Server:")} ${explanation.server}`,
		`${paint.strong("Rules: ")} ${explanation.rules}`,
		...(explanation.tunnel === undefined ? [] : [`${paint.strong("Tunnel:")} ${explanation.tunnel}`]),
	].join("\n");
}

function factsOf(cluster: Cluster, outcome: FlowOutcome): FlowFacts {
	const clientNetns = netnsOf(cluster, outcome.from);
	const { to, visit } = outcome;
	const hint = serviceHint(cluster, outcome);
	return {
		client: whoLabel(cluster, outcome.from),
		clientNetns,
		...(outcome.client === undefined ? {} : { clientAddr: outcome.client }),
		target: targetText(cluster, outcome),
		asked: { addr: to.addr, ...(to.port === undefined ? {} : { port: to.port }) },
		proto: outcome.proto,
		ending: outcome.ending,
		...(hint === undefined ? {} : { serviceHint: hint }),
		...(visit === undefined ? {} : { server: { label: serverLabel(cluster, visit), from: visit.from, to: visit.to } }),
		label: (netns) => labelOf(cluster, netns),
		owner: (addr) => ownerOf(cluster, addr),
	};
}

/** A pod in its node's network is told from the node. */
function serverLabel(cluster: Cluster, visit: Visit): string {
	const pod = cluster.pods.find((candidate) => namespacedName(candidate) === visit.pod);
	return pod === undefined ? labelOf(cluster, visit.netns) : whoLabel(cluster, { kind: "pod", pod });
}

function targetText(cluster: Cluster, outcome: FlowOutcome): string {
	const { service, who, addr } = outcome.to;
	if (service !== undefined) return `Service ${service.namespace}/${service.name}`;
	if (who !== undefined) return whoLabel(cluster, who);
	const owner = ownerOf(cluster, addr);
	if (owner === undefined) return "nobody's address";
	return serviceOfAddr(cluster, addr) === undefined ? owner : `the address of ${owner}`;
}

/** Said of an address that only a Service has, when the Service does not answer there. */
function serviceHint(cluster: Cluster, { to, proto }: FlowOutcome): string | undefined {
	const service = serviceOfAddr(cluster, to.addr);
	if (service === undefined || to.service !== undefined || to.who !== undefined) return undefined;
	const name = `Service ${namespacedName(service)}`;
	const ports = service.ports.map((port) => `${port.port}/${port.protocol}`).join(", ") || "none";
	if (proto === "icmp") return `${name} has rules for its ports only (${ports}), not for ICMP`;
	return `${name} has no port ${to.port ?? 0}/${proto.toUpperCase()} (it has ${ports})`;
}
