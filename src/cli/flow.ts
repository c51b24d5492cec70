/** One flow through the cluster with its facts, explanation and text: what `trace` and `demo` print. */
import type { Cluster } from "../cluster/cluster.ts";
import { type FlowOutcome, type FlowRequest, formatFlowError, traceFlow } from "../cluster/flow.ts";
import { labelOf, netnsOf, ownerOf } from "../cluster/names.ts";
import { type Explanation, explain } from "../trace/explain.ts";
import { addrText } from "../trace/explain-ending.ts";
import type { FlowFacts } from "../trace/flow-facts.ts";
import { type Journey, journeysOf } from "../trace/journey.ts";
import type { Paint } from "../trace/paint.ts";
import { isArp, isIgnoredArp, renderJourney, renderJourneyLine } from "../trace/render.ts";
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

/** `all`: every packet in full; `first`: the first of each direction and those that failed; `request`: only the request's first. */
export type Detail = "all" | "first" | "request";

export function flowText(flow: ExplainedFlow, detail: Detail, paint: Paint): string {
	const journeys = journeysOf(flow.outcome.events);
	const options = { paint, label: (netns: string) => flow.facts.label(netns), startNs: journeys[0]?.startNs ?? 0 };
	const full = detail === "all" ? new Set(journeys) : chosen(journeys, flow.facts, detail);
	const shown = journeys.filter((journey) => full.has(journey) || (detail === "first" && !isIdleArpCopy(journey)));
	return shown
		.map((journey) => (full.has(journey) ? renderJourney(journey, options) : renderJourneyLine(journey, options)))
		.join("\n\n");
}

export function explanationText(explanation: Explanation, paint: Paint): string {
	return [
		`${paint.strong("Client:")} ${explanation.client}`,
		`${paint.strong("Server:")} ${explanation.server}`,
		`${paint.strong("Rules: ")} ${explanation.rules}`,
	].join("\n");
}

/** A broadcast's copy that reached somebody whom it does not concern. */
function isIdleArpCopy(journey: Journey): boolean {
	return journey.parent !== undefined && journey.what.startsWith("copy") && isIgnoredArp(journey);
}

function chosen(journeys: readonly Journey[], facts: FlowFacts, detail: "first" | "request"): ReadonlySet<Journey> {
	const flow = journeys.filter((journey) => journey.link === "ip" && !isArp(journey));
	const request = flow.find((journey) => journey.stretches[0]?.netns === facts.clientNetns);
	if (request === undefined) return new Set();
	if (detail === "request") return new Set([request]);
	const reply = flow.find((journey) => journey.startNs > request.startNs && journey.end?.netns === facts.clientNetns);
	const failed = flow.filter((journey) => journey.end?.step === "drop").slice(0, 3);
	return new Set([request, ...(reply === undefined ? [] : [reply]), ...failed]);
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
