/** One flow through the cluster with its facts, explanation and text: what `trace` and `demo` print. */
import type { Cluster } from "../cluster/cluster.ts";
import { type FlowOutcome, type FlowRequest, formatFlowError, traceFlow } from "../cluster/flow.ts";
import { labelOf, netnsOf, ownerOf } from "../cluster/names.ts";
import { formatConntrack } from "../formats/conntrack.ts";
import { type Explanation, explain } from "../trace/explain.ts";
import { addrText } from "../trace/explain-ending.ts";
import type { FlowFacts } from "../trace/flow-facts.ts";
import { type Detail, flowText as textOf } from "../trace/flow-text.ts";
import type { Paint } from "../trace/paint.ts";
import { forceEndpoint } from "./force-endpoint.ts";
import { UsageError } from "./io.ts";
import type { Session } from "./session.ts";

export interface ExplainedFlow {
	readonly outcome: FlowOutcome;
	readonly facts: FlowFacts;
	readonly explanation: Explanation;
}

export async function runFlow(session: Session, request: Omit<FlowRequest, "forceEndpoint">): Promise<ExplainedFlow> {
	const flow = await traceFlow(session.cluster, {
		...request,
		forceEndpoint: (endpoint) => forceEndpoint(session.kernel, endpoint),
	});
	if (!flow.ok) throw new UsageError([formatFlowError(flow.error)]);
	const facts = factsOf(session.cluster, flow.value);
	return { outcome: flow.value, facts, explanation: explain(facts, flow.value.events) };
}

export function flowText(flow: ExplainedFlow, detail: Detail, paint: Paint): string {
	const label = (netns: string): string => flow.facts.label(netns);
	return textOf(flow.outcome.events, { paint, label, detail, clientNetns: flow.facts.clientNetns });
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
	].join("\n");
}

function factsOf(cluster: Cluster, outcome: FlowOutcome): FlowFacts {
	const clientNetns = netnsOf(cluster, outcome.from);
	const { to, visit } = outcome;
	return {
		client: labelOf(cluster, clientNetns),
		clientNetns,
		...(outcome.client === undefined ? {} : { clientAddr: outcome.client }),
		target: targetText(cluster, outcome),
		asked: { addr: to.addr, ...(to.port === undefined ? {} : { port: to.port }) },
		proto: outcome.proto,
		ending: outcome.ending,
		...(visit === undefined
			? {}
			: { server: { label: labelOf(cluster, visit.netns), from: visit.from, to: visit.to } }),
		label: (netns) => labelOf(cluster, netns),
		owner: (addr) => ownerOf(cluster, addr),
	};
}

function targetText(cluster: Cluster, outcome: FlowOutcome): string {
	const { service, who, addr, port } = outcome.to;
	if (service !== undefined) return `Service ${service.namespace}/${service.name}`;
	if (who !== undefined) return labelOf(cluster, netnsOf(cluster, who));
	return ownerOf(cluster, addr) ?? addrText({ addr, ...(port === undefined ? {} : { port }) });
}
