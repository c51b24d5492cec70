/** NAT and connection tracking: when nat chains are asked, when not, and what a translation makes necessary. */
import type { ConntrackEntry } from "../../kernel/conntrack.ts";
import { IPPROTO_ICMP } from "../../wire/ipv4.ts";
import { tupleText } from "../step-text.ts";
import { chainsPassed, type MachineFacts, type Note, numbers, only, type Visit, wordList } from "./note.ts";

/** Why replies and later packets pass no nat chain: these are asked once per connection. */
export function natOncePerConnection(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	const notes = new Map<string, Note>();
	for (const flow of flowsOf(visits)) {
		const { netns, known } = flow;
		if (notes.has(netns) || !hasNatRules(netns, facts)) continue;
		const unasked = known.filter((visit) => natChains(visit).length === 0);
		const reply = unasked.find(isReply) ?? unasked[0];
		if (reply === undefined) continue;
		const others = unasked.filter((visit) => visit !== reply).map((visit) => visit.skb);
		const text = onceWords({ ...flow, reply, others }, facts);
		notes.set(netns, { about: "nat-once-per-connection", packets: [reply.skb, ...others], text });
	}
	return [...notes.values()];
}

/** Why nat chains counted nothing at all: nobody asked for connection tracking. */
export function natNeedsConntrack(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	const notes: Note[] = [];
	for (const netns of new Set(visits.map((visit) => visit.netns))) {
		const here = visits.filter((visit) => visit.netns === netns);
		const passing = here.filter((visit) =>
			only(visit, "hook").some((hook) => hook.family === "ipv4" && hook.note === undefined),
		);
		if (passing.length === 0 || !hasNatRules(netns, facts)) continue;
		if (here.some((visit) => only(visit, "conntrack").length > 0)) continue;
		const where = facts.label(netns);
		notes.push({
			about: "nat-needs-conntrack",
			packets: passing.map((visit) => visit.skb),
			text:
				`The nat chains of ${where} have rules, and yet ${numbers(passing.map((visit) => visit.skb))} met none of them: nat chains are asked about the first packet of a ` +
				`connection, and connection tracking is off in ${where}, because no rule there needs it. A rule with -m conntrack or -m state, or with the target DNAT, ` +
				"SNAT, MASQUERADE or REDIRECT, turns it on (firewalld, Docker and Kubernetes all bring such rules); then the nat chains see each connection's first packet.",
		});
	}
	return notes;
}

/** DNAT comes before routing: so the packet is forwarded, or is not because forwarding is off. */
export function dnatThenRouting(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	for (const visit of visits) {
		const at = visit.events.findIndex((event) => event.step === "nat" && event.manip === "dst" && !event.reply);
		const nat = visit.events[at];
		if (nat?.step !== "nat" || !only(visit, "hook").some((hook) => hook.hook === "PREROUTING")) continue;
		const route = visit.events.slice(at).find((event) => event.step === "route" && event.direction === "input");
		if (route?.step !== "route") continue;
		const where = facts.label(visit.netns);
		const changed = `DNAT in PREROUTING changed the destination of #${visit.skb} (${tupleText(nat.before)} became ${tupleText(nat.after)}) before ${where} asked its routing table`;
		if (route.result === "forward") {
			const text = `${changed}. So routing saw ${route.dst}, which is not an address of ${where}: the packet was forwarded${route.dev === undefined ? "" : ` to ${route.dev}`}, passed FORWARD and not INPUT, and net.ipv4.ip_forward had to be 1.`;
			return [{ about: "dnat-before-routing", packets: [visit.skb], text }];
		}
		if (route.result === "not-forwarding") {
			const text = `${changed}. ${route.dst} is not an address of ${where}, so the packet has to be forwarded, and forwarding is off: echo 1 > /proc/sys/net/ipv4/ip_forward.`;
			return [{ about: "dnat-needs-forwarding", packets: [visit.skb], text }];
		}
	}
	return [];
}

interface Flow {
	readonly netns: string;
	readonly proto: number;
	/** The packet that began it, if it was seen. */
	readonly first: Visit | undefined;
	/** Packets for which connection tracking found the entry. */
	readonly known: readonly Visit[];
}

/** The connections that packets belonged to, in each namespace that tracks them. */
function flowsOf(visits: readonly Visit[]): readonly Flow[] {
	const flows = new Map<string, { netns: string; proto: number; first: Visit | undefined; known: Visit[] }>();
	for (const visit of visits) {
		const looked = only(visit, "conntrack").find((event) => event.change === "new" || event.change === "found");
		if (looked?.entry === undefined) continue;
		const key = `${visit.netns} ${originalOf(looked.entry)}`;
		const flow = flows.get(key) ?? { netns: visit.netns, proto: looked.entry.proto, first: undefined, known: [] };
		flows.set(key, flow);
		if (looked.change === "new") flow.first = visit;
		else flow.known.push(visit);
	}
	return [...flows.values()];
}

function originalOf(entry: ConntrackEntry): string {
	return `${entry.proto} ${tupleText(entry.original)}`;
}

function isReply(visit: Visit): boolean {
	return only(visit, "conntrack").some((event) => event.change === "found" && event.dir === "reply");
}

function natChains(visit: Visit): readonly string[] {
	return chainsPassed(visit).filter((chain) => chain.startsWith("nat "));
}

function hasNatRules(netns: string, facts: MachineFacts): boolean {
	return facts.chains(netns).some((chain) => chain.table === "nat" && chain.rules.length > 0);
}

interface OnceStory extends Flow {
	readonly reply: Visit;
	readonly others: readonly number[];
}

function onceWords(story: OnceStory, facts: MachineFacts): string {
	const { first, reply, others } = story;
	const where = facts.label(story.netns);
	const role = isReply(reply) ? "a reply" : "not the first packet of its connection";
	const asked = first === undefined ? [] : natChains(first);
	const began =
		first === undefined
			? "its first packet came earlier"
			: asked.length === 0
				? `it began with #${first.skb}`
				: `it began with #${first.skb}, which passed ${wordList(asked)}`;
	const nat = only(reply, "nat")[0];
	const translated = nat === undefined ? "" : ` ${translationWords(reply.skb, nat)}`;
	const passed = chainsPassed(reply);
	const counted =
		passed.length === 0
			? ""
			: ` The chains of the other tables are asked about every packet: #${reply.skb} passed ${wordList(passed)}.`;
	const more = others.length === 0 ? "" : ` The same holds for ${numbers(others)}.`;
	const ping =
		story.proto === IPPROTO_ICMP
			? " To connection tracking one running ping is one connection: its packets share an ICMP id."
			: "";
	return (
		`#${reply.skb} passed no nat chain of ${where}, neither PREROUTING nor POSTROUTING: it is ${role}, and connection tracking knows the connection already (${began}). ` +
		"The nat chains are asked once per connection, with its first packet; what they decide is kept in the connection's entry and done to every later packet, in both directions, without any rule." +
		`${translated}${counted}${ping}${more}`
	);
}

function translationWords(skb: number, nat: ReturnType<typeof only<"nat">>[number]): string {
	const end = nat.manip === "src" ? "source" : "destination";
	return `By the entry alone the ${end} of #${skb} was translated${nat.reply ? " back" : ""}: ${tupleText(nat.before)} became ${tupleText(nat.after)}.`;
}
