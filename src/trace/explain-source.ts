/** What the server sees as its client, and why that is or is not the client's own address. */
import type { TraceEvent } from "../kernel/trace-event.ts";
import { addrText, bareRule } from "./explain-ending.ts";
import type { FlowFacts } from "./flow-facts.ts";

type RuleEvent = Extract<TraceEvent, { step: "rule" }>;

/** The second line of the explanation. */
export function sourceWords(facts: FlowFacts, request: readonly TraceEvent[]): string {
	const { server } = facts;
	if (server === undefined) return "No server saw the request.";
	const saw = `${server.label} saw the client ${addrText(server.from)}`;
	const own = facts.clientAddr;
	const translated = request.some((event) => event.step === "nat" && event.manip === "src" && !event.reply);
	if (own === undefined) return translated ? `${saw}: ${changed(request)}.` : `${saw}: ${unchanged(request)}.`;
	if (!translated) return `${saw}, the client's own address: ${unchanged(request)}.`;
	const instead = `instead of ${addrText(own)}`;
	if (own.addr === server.from.addr) {
		return `${saw} ${instead}, the same address with another port, since the packet left its own node by it: ${changed(request)}.`;
	}
	const holder = facts.owner(server.from.addr);
	const whose = holder === undefined ? "" : `, the address of ${holder},`;
	return `${saw}${whose} ${instead}: ${changed(request)}.`;
}

function unchanged(request: readonly TraceEvent[]): string {
	const accepted = rulesOf(request).find(
		(event) => event.chain.startsWith("CNI-") && event.rule.target.kind === "accept",
	);
	if (accepted !== undefined) {
		return `no rule marked it for masquerading, and CNI's ${placeOf(accepted)} (${bareRule(accepted.rule)}) leaves traffic inside the node's pod subnet alone`;
	}
	return "no rule on its way asked for masquerading";
}

function changed(request: readonly TraceEvent[]): string {
	const rules = rulesOf(request);
	const at = rules.findIndex((event) => event.rule.target.kind === "masquerade" || event.rule.target.kind === "snat");
	const snat = rules[at];
	if (snat === undefined) return "its source was translated on the way";
	const where = `${placeOf(snat)} (${bareRule(snat.rule)}) changed it`;
	if (snat.chain.startsWith("CNI-")) {
		return `${where}; CNI's ipMasq does so for every packet from a pod to a destination outside its node's pod subnet`;
	}
	const marking = rules
		.slice(0, at)
		.findLast((event) => event.rule.target.kind === "jump" && event.rule.target.chain === "KUBE-MARK-MASQ");
	if (marking === undefined) return where;
	return `${where}, because ${placeOf(marking)} (${bareRule(marking.rule)}) had it marked: ${markReason(marking)}`;
}

/** Why kube-proxy asks for masquerading, by the chain that does it. */
function markReason(event: RuleEvent): string {
	if (event.chain.startsWith("KUBE-SEP-"))
		return "the pod asked itself through its Service, and would drop a packet from its own address";
	if (event.chain.startsWith("KUBE-EXT-"))
		return "it came from outside by a node's port, and the reply must come back through this node";
	if (event.chain.startsWith("KUBE-SVC-") || event.chain.startsWith("KUBE-SVL-")) {
		return "it asked for a cluster IP from an address outside the pod network, and the reply must come back through this node";
	}
	return "a rule asked for it";
}

function rulesOf(events: readonly TraceEvent[]): readonly RuleEvent[] {
	return events.filter((event): event is RuleEvent => event.step === "rule");
}

function placeOf(event: RuleEvent): string {
	return `${event.table} ${event.chain} rule ${event.number}`;
}
