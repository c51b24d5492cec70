/** What the client sees, and where and why a flow without an answer ended. */
import { assertNever } from "../base/assert-never.ts";
import { formatRule } from "../formats/iptables-save.ts";
import { DROP_REASONS } from "../kernel/drop-reason.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import type { Rule } from "../kernel/xtables.ts";
import { formatAddrPort } from "../wire/addr.ts";
import type { FlowFacts } from "./flow-facts.ts";
import { eventsOf, type Journey } from "./journey.ts";

/** The first line of the explanation. */
export function endingWords(facts: FlowFacts, request: readonly TraceEvent[], journeys: readonly Journey[]): string {
	const asked = `${facts.target} at ${addrText(facts.asked)}`;
	const { ending } = facts;
	switch (ending.kind) {
		case "answered": {
			const status = ending.status === undefined ? "an answer" : `HTTP ${ending.status}`;
			const time = `in ${(ending.rttNs / 1e6).toFixed(3)} ms`;
			const hidden =
				facts.server === undefined || facts.server.to.addr === facts.asked.addr
					? ""
					: `; replies are translated back, so it never learns the address ${addrText(facts.server.to)}`;
			return `${facts.client} asked ${asked} and got ${status} from ${addrText(facts.asked)} ${time}${hidden}.`;
		}
		case "refused":
			return `${facts.client} asked ${asked} and got ${ending.errno} (${ending.message}): ${whyNot(facts, request, journeys)}.`;
		case "timeout":
			return `${facts.client} asked ${asked} and got no answer in ${(ending.afterNs / 1e9).toFixed(0)} s: ${whyNot(facts, request, journeys)}.`;
		default:
			return assertNever(ending);
	}
}

/** Where and why the request, or else its reply, ended. */
export function whyNot(facts: FlowFacts, request: readonly TraceEvent[], journeys: readonly Journey[]): string {
	const own = endOf(facts, request);
	if (own !== undefined) return own;
	for (const journey of journeys) {
		if (journey.link !== "ip") continue;
		const reply = endOf(facts, eventsOf(journey));
		if (reply !== undefined) return `packet #${journey.skb}: ${reply}`;
	}
	if (request.length === 0) return "no packet was sent";
	return "no packet was dropped; the other side did not answer in time";
}

function endOf(facts: FlowFacts, events: readonly TraceEvent[]): string | undefined {
	const ending = events.find(
		(event) => event.step === "rule" && (event.outcome === "reject" || event.outcome === "drop"),
	);
	if (ending?.step === "rule") {
		const did = ending.outcome === "reject" ? "rejected" : "dropped";
		return `${facts.label(ending.netns)} ${did} the packet with ${ending.table} ${ending.chain} rule ${ending.number} (${bareRule(ending.rule)}${originText(ending.rule)})`;
	}
	const drop = events.find((event) => event.step === "drop");
	if (drop?.step !== "drop") return undefined;
	const where = facts.label(drop.netns);
	if (drop.reason === "NO_SOCKET") {
		return `${where} got the packet and answered that nothing listens on that port`;
	}
	const unserved = events.find((event) => event.step === "ipvs" && event.action === "no-destination");
	if (unserved?.step === "ipvs" && unserved.netns === drop.netns) {
		return `${where} has a virtual service for it, but ${unserved.why ?? "the service has no destination"}, so IPVS answered that the port is unreachable`;
	}
	const hint =
		facts.serviceHint === undefined
			? ""
			: `; ${facts.serviceHint}, so no rule of kube-proxy matched and the packet went the way of its routes`;
	const by = drop.table === undefined ? "" : ` by the policy of ${drop.table} ${drop.chain ?? ""}`;
	const detail = drop.detail === undefined ? "" : ` (${drop.detail})`;
	return `the packet was dropped in ${where}, ${drop.fn}${by}: ${DROP_REASONS[drop.reason]}${detail}${hint}`;
}

/** For whom the rule is and what its maker says of it. */
function originText(rule: Rule): string {
	const origin = rule.origin === undefined ? "" : `, made for ${rule.origin.for}`;
	const comment = rule.matches.find((match) => match.kind === "comment");
	return comment?.kind === "comment" ? `${origin}: "${comment.text}"` : origin;
}

/** The rule without its comments, which repeat in words what the sentence around it says. */
export function bareRule(rule: Rule): string {
	return formatRule({ ...rule, matches: rule.matches.filter((match) => match.kind !== "comment") }).trim();
}

export function addrText(at: { readonly addr: string; readonly port?: number }): string {
	return at.port === undefined ? at.addr : formatAddrPort(at.addr, at.port);
}
