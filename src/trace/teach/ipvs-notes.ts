/** IPVS: how it takes connections away from the director's own sockets, how each mode changes packets, and what goes wrong. */
import type { IpvsConnection } from "../../kernel/ipvs.ts";
import type { TraceEvent } from "../../kernel/trace-event.ts";
import { tupleText } from "../step-text.ts";
import { type MachineFacts, type Note, numbers, only, type Visit } from "./note.ts";

type IpvsStep = Extract<TraceEvent, { step: "ipvs" }>;

/** A packet that IPVS sent on to a real server. */
interface Forwarded {
	readonly visit: Visit;
	readonly step: IpvsStep;
	readonly connection: IpvsConnection;
	/** It began the connection. */
	readonly isFirst: boolean;
}

/** What IPVS did with the first packet of a connection, and what its mode means. */
export function ipvsForwards(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	const notes = new Map<string, Note>();
	for (const forwarded of forwardedOf(visits)) {
		const { visit, step, isFirst } = forwarded;
		const key = `${visit.netns} ${step.method}`;
		if (!isFirst || notes.has(key)) continue;
		const words = modeWords(forwarded, facts);
		if (words === undefined) continue;
		const text = `${takenWords(forwarded, facts)} ${words}`;
		notes.set(key, { about: `ipvs-${step.method ?? ""}`, packets: [visit.skb], text });
	}
	return [...notes.values()];
}

/** Answers of a masqueraded connection that come back by the director. */
export function ipvsReplies(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	const replies = visits.flatMap((visit) => {
		const step = only(visit, "ipvs").find((each) => each.action === "reply");
		return step?.before === undefined || step.after === undefined ? [] : [{ visit, step }];
	});
	const [first] = replies;
	if (first?.step.before === undefined || first.step.after === undefined) return [];
	const { visit, step } = first;
	const others = replies.slice(1).map((reply) => reply.visit.skb);
	const more = others.length === 0 ? "" : ` The same holds for ${numbers(others)}.`;
	const text =
		`#${visit.skb} is the real server's answer, and it came to ${facts.label(visit.netns)}, in ${hookOf(visit, step)}. There IPVS knew its connection and put the virtual address back: ` +
		`${tupleText(first.step.before)} became ${tupleText(first.step.after)}. Only so does the client know it as the answer to what it sent to ${step.connection?.virtual.addr ?? "the virtual address"}.${more}`;
	return [{ about: "ipvs-reply", packets: [visit.skb, ...others], text }];
}

/** The hook at which a step was made: FORWARD, or INPUT where the answer is for the director itself, which has masqueraded. */
function hookOf(visit: Visit, step: Visit["events"][number]): string {
	const before = visit.events.slice(0, visit.events.indexOf(step));
	const hook = before.findLast((event) => event.step === "hook");
	return hook?.step === "hook" ? hook.hook : "FORWARD";
}

/** The answer of a real server that the director never saw: the client knows no such connection. */
export function ipvsBypassed(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	for (const { visit: request, step, connection } of forwardedOf(visits)) {
		if (step.method !== "masq") continue;
		const { client, virtual, destination } = connection;
		const lost = visits.filter(
			(visit) =>
				visit.netns !== request.netns &&
				only(visit, "route").some(
					(route) => route.direction === "input" && route.src === destination.addr && route.dst === client.addr,
				) &&
				only(visit, "drop").some((drop) => drop.reason === "NO_SOCKET"),
		);
		const [first] = lost;
		if (first === undefined) continue;
		const director = facts.label(request.netns);
		const where = facts.label(first.netns);
		const packets = lost.map((visit) => visit.skb);
		const text =
			`${where} asked ${virtual.addr}:${virtual.port}, and #${first.skb} is an answer of ${destination.addr}:${destination.port}. ${director} had rewritten the destination of the request only, so the real server saw ` +
			`the client's own address ${client.addr} as the sender, and answered it by its own route, which does not lead by ${director}: nobody put ${virtual.addr}:${virtual.port} back in as the sender. ` +
			`${where} has no connection with ${destination.addr}:${destination.port}, so it dropped ${numbers(packets)} (and sent RST, as to everybody who speaks of a connection that is none). ` +
			`Either the real servers' gateway must be ${director}, or the request must get an address of ${director} as its source (SNAT), so that the answer has to go there.`;
		return [{ about: "ipvs-reply-bypasses-director", packets, text }];
	}
	return [];
}

/** With vs/conntrack 0 connection tracking passes IPVS's packets over, and with it every rule of nat. */
export function ipvsUntracked(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	const notes = new Map<string, Note>();
	for (const { visit, step } of forwardedOf(visits)) {
		const at = visit.events.indexOf(step);
		const untracked = visit.events
			.slice(at)
			.some((event) => event.step === "conntrack" && event.change === "untracked");
		const hasRules = facts
			.chains(visit.netns)
			.some(({ table, chain, rules }) => table === "nat" && chain === "POSTROUTING" && rules.length > 0);
		if (!untracked || !hasRules || notes.has(visit.netns)) continue;
		const where = facts.label(visit.netns);
		const text =
			`nat POSTROUTING of ${where} has rules, and #${visit.skb} met none of them: net.ipv4.vs.conntrack is ${facts.sysctl(visit.netns, "net.ipv4.vs.conntrack") ?? "0"} there, so IPVS marks what it sends on as UNTRACKED, and ` +
			"what connection tracking does not follow is not shown to the nat chains. With sysctl -w net.ipv4.vs.conntrack=1 IPVS tells connection tracking about its connections, and rules for SNAT or MASQUERADE see their first packets.";
		notes.set(visit.netns, { about: "ipvs-untracked", packets: [visit.skb], text });
	}
	return [...notes.values()];
}

/** A real server that is not told that the virtual address is its own: it takes the packet for somebody else's. */
export function ipvsServerLacksAddress(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	for (const { visit: sent, step, connection } of forwardedOf(visits)) {
		if (step.method !== "droute" && step.method !== "tunnel") continue;
		const { virtual } = connection;
		const lost = visits.find(
			(visit) =>
				visit.netns !== sent.netns &&
				visit.skb >= sent.skb &&
				only(visit, "route").some((route) => route.dst === virtual.addr && route.result === "not-forwarding"),
		);
		if (lost === undefined) continue;
		const where = facts.label(lost.netns);
		const on = step.method === "droute" ? "lo" : "tunl0";
		const text =
			`#${lost.skb} reached ${where} as it was sent, still for ${virtual.addr}, and that is no address of ${where}: it took the packet for somebody else's and dropped it. ` +
			`The real server must have the virtual address too: ip addr add ${virtual.addr}/32 dev ${on}.`;
		return [{ about: "ipvs-server-lacks-address", packets: [lost.skb], text }];
	}
	return [];
}

/** A service without a server to go to. */
export function ipvsNoDestination(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	for (const visit of visits) {
		const step = only(visit, "ipvs").find((each) => each.action === "no-destination");
		if (step === undefined) continue;
		const text =
			`IPVS of ${facts.label(visit.netns)} knows the service that #${visit.skb} is for, and has no server for it: there is none, or all have weight 0, or are overloaded. ` +
			"It answers with ICMP port unreachable, for TCP too: to the client that is a refused connection.";
		return [{ about: "ipvs-no-destination", packets: [visit.skb], text }];
	}
	return [];
}

function forwardedOf(visits: readonly Visit[]): readonly Forwarded[] {
	return visits.flatMap((visit) => {
		const steps = only(visit, "ipvs");
		const step = steps.find((each) => each.action === "forward");
		if (step?.connection === undefined) return [];
		const isFirst = steps.some((each) => each.action === "schedule");
		return [{ visit, step, connection: step.connection, isFirst }];
	});
}

/** How the packet came to IPVS, and whom it chose. */
function takenWords({ visit, connection }: Forwarded, facts: MachineFacts): string {
	const where = facts.label(visit.netns);
	const { virtual, destination } = connection;
	const chosen = only(visit, "ipvs").find((each) => each.action === "schedule");
	const isOwn = visit.events.findIndex((event) => event.step === "receive") < 0;
	const place = isOwn ? "OUTPUT, after the rules of nat" : "INPUT, after the rules of filter";
	const came = isOwn
		? `#${visit.skb} of ${where} itself was for ${virtual.addr}:${virtual.port}`
		: `#${visit.skb} was for ${virtual.addr}:${virtual.port}, and routing said that this is for ${where} itself`;
	return (
		`${came}. In ${place}, IPVS looks at everything: it knows this service, so no socket of ${where} was asked. ` +
		`The scheduler ${chosen?.scheduler ?? ""} chose ${destination.addr}:${destination.port}, and the connection table remembers it for the packets to come.`
	);
}

function modeWords({ visit, step, connection }: Forwarded, facts: MachineFacts): string | undefined {
	const where = facts.label(visit.netns);
	const { virtual, destination } = connection;
	switch (step.method) {
		case "masq":
			return (
				`NAT: the destination was rewritten${step.before === undefined || step.after === undefined ? "" : ` (${tupleText(step.before)} became ${tupleText(step.after)})`}, the source was not. The packet then passed OUTPUT and POSTROUTING, ` +
				`as if ${where} had sent it, and never FORWARD. The answer has to come back by ${where}, for only there the virtual address can be put back in.`
			);
		case "droute":
			return (
				`Direct routing: no byte of the IP packet was changed, it still is for ${virtual.addr}:${virtual.port}; only its frame goes to the MAC address of ${destination.addr}. So that server must have ${virtual.addr} as an ` +
				`address of its own (on lo), must not answer ARP questions for it, must be on a network of ${where}, and listen on the very port ${virtual.port}. It answers the client itself, past ${where}.`
			);
		case "tunnel":
			return (
				`Tunnelling: the whole packet, still for ${virtual.addr}:${virtual.port}, went inside another one (protocol IPIP) to ${destination.addr}. That server must take it out again (tunl0) and have ${virtual.addr} as an address of its own; ` +
				`it may be on any network. It answers the client itself, past ${where}. The outer header takes 20 bytes of the MTU.`
			);
		case "bypass":
		case undefined:
			break;
	}
	return undefined;
}
