/** A flow in three lines of plain words: what the client sees, what the server sees and why, and which rules decided. */

import { formatRule } from "../formats/iptables-save.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { addrText, endingWords } from "./explain-ending.ts";
import { sourceWords } from "./explain-source.ts";
import { familiesOf, familyEvents } from "./family.ts";
import type { FlowFacts } from "./flow-facts.ts";
import { eventsOf, type Journey, journeysOf } from "./journey.ts";
import { tunnelWords } from "./tunnel-words.ts";

export interface Explanation {
	readonly client: string;
	readonly server: string;
	readonly rules: string;
	/** Which tunnels carried the request, if any. */
	readonly tunnel?: string;
}

export function explain(facts: FlowFacts, events: readonly TraceEvent[]): Explanation {
	const journeys = journeysOf(events);
	const root = rootOf(facts, journeys);
	const family = familiesOf(journeys).find((candidate) => candidate.root === root);
	const tunnel = family === undefined ? undefined : tunnelWords(facts, familyEvents(family));
	const explanation = explainRequest(facts, requestEvents(root, journeys), journeys);
	return { ...explanation, ...(tunnel === undefined ? {} : { tunnel }) };
}

/** `request`: what the first packet of the request met, in order; `journeys`: every packet's. */
export function explainRequest(
	facts: FlowFacts,
	request: readonly TraceEvent[],
	journeys: readonly Journey[] = [],
): Explanation {
	return {
		client: endingWords(facts, request, journeys),
		server: sourceWords(facts, request),
		rules: ruleWords(request),
	};
}

/** The first packet of the request. */
function rootOf(facts: FlowFacts, journeys: readonly Journey[]): Journey | undefined {
	return journeys.find((journey) => journey.link === "ip" && journey.stretches[0]?.netns === facts.clientNetns);
}

/** The steps of the first request packet and of the copies made of it, in order. */
function requestEvents(root: Journey | undefined, journeys: readonly Journey[]): readonly TraceEvent[] {
	if (root === undefined) return [];
	const lineage = new Set([root.skb]);
	for (const journey of journeys) {
		const isAnswer = /^(ICMP|TCP RST|ARP)/.test(journey.what);
		if (journey.parent !== undefined && lineage.has(journey.parent) && !isAnswer) lineage.add(journey.skb);
	}
	return journeys.filter((journey) => lineage.has(journey.skb)).flatMap(eventsOf);
}

/** The rules that chose, translated, refused or dropped, as a chain of arrows. */
function ruleWords(request: readonly TraceEvent[]): string {
	const words: string[] = [];
	for (const event of request) {
		if (event.step === "rule") {
			const place = `${event.table} ${event.chain} ${event.number}`;
			const origin = event.rule.origin === undefined ? "" : ` (${event.rule.origin.for})`;
			switch (event.rule.target.kind) {
				case "dnat":
				case "snat":
				case "masquerade":
				case "redirect":
				case "drop":
				case "reject":
					words.push(`${place} ${targetText(formatRule(event.rule))}${origin}`);
					break;
				case "mark":
					if (event.rule.target.value !== 0 && event.chain.includes("MARK"))
						words.push(`${place} sets the mark 0x${(event.mark ?? event.rule.target.value).toString(16)}`);
					break;
				case "jump":
					if (event.rule.target.chain === "KUBE-MARK-MASQ" || isChoice(event))
						words.push(`${place} → ${event.rule.target.chain}${origin}`);
					break;
				default:
					break;
			}
		}
		if (event.step === "ipvs") {
			const text = ipvsChoice(event);
			if (text !== undefined) words.push(text);
		}
		if (event.step === "drop" && event.table !== undefined && event.number === undefined) {
			words.push(`${event.table} ${event.chain ?? ""} policy DROP`);
		}
	}
	return words.length === 0 ? "No rule changed or stopped the packet: routing alone decided." : `${words.join("; ")}.`;
}

/** Whom IPVS chose, or that it had nobody. */
function ipvsChoice(event: Extract<TraceEvent, { step: "ipvs" }>): string | undefined {
	const { action, service, scheduler, connection } = event;
	if (service === undefined) return undefined;
	const name = "fwmark" in service ? `mark ${service.fwmark}` : `${service.proto} ${addrText(service)}`;
	const by = scheduler === undefined ? "" : ` by ${scheduler}`;
	if (action === "no-destination") return `IPVS has no destination for ${name}`;
	if (action !== "schedule" || connection === undefined) return undefined;
	return `IPVS chooses ${addrText(connection.destination)} for ${name}${by}`;
}

function isChoice(event: Extract<TraceEvent, { step: "rule" }>): boolean {
	const { target } = event.rule;
	return target.kind === "jump" && /^KUBE-((SVC|SVL|EXT|FW|SEP)-|LOAD-BALANCER$|SOURCE-RANGES)/.test(target.chain);
}

function targetText(rule: string): string {
	const at = rule.lastIndexOf("-j ");
	return at < 0 ? rule : rule.slice(at + 3);
}
