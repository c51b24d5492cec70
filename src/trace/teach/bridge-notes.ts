/** Bridges: whether iptables sees what they forward, and why a capture on a bridge shows more than the bridge gets. */
import type { TraceEvent } from "../../kernel/trace-event.ts";
import { chainsPassed, type MachineFacts, type Note, numbers, only, type Visit, wordList } from "./note.ts";

type Hook = Extract<TraceEvent, { step: "hook" }>;

const CALL_IPTABLES = "net.bridge.bridge-nf-call-iptables";

/** A frame that goes from port to port is no business of IP's, unless br_netfilter makes it one. */
export function bridgedFrames(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	const notes: Note[] = [];
	for (const netns of new Set(visits.map((visit) => visit.netns))) {
		const bridged = visits.filter((visit) => visit.netns === netns && bridgedBy(visit) !== undefined);
		const [first] = bridged;
		const forward = first === undefined ? undefined : bridgedBy(first);
		if (first === undefined || forward === undefined) continue;
		const seen = bridged.filter((visit) => ipHooks(visit).length > 0);
		const packets = (seen.length > 0 ? seen : bridged).map((visit) => visit.skb);
		const example = seen[0] ?? first;
		const text = seen.length > 0 ? seenWords(example, packets, facts) : unseenWords(example, packets, facts);
		notes.push({ about: seen.length > 0 ? "bridged-with-iptables" : "bridged-without-iptables", packets, text });
	}
	return notes;
}

/** A capture makes a bridge take copies of frames that are for others. */
export function promiscuousBridge(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	for (const visit of visits) {
		const copy = only(visit, "bridge").find(
			(event) => event.action === "local-copy" && event.why?.includes("promiscuous"),
		);
		if (copy === undefined) continue;
		const text =
			`${copy.bridge} of ${facts.label(visit.netns)} shows #${visit.skb} only because a capture made it promiscuous: the bridge then hands a copy of every frame up to itself, ` +
			"where it ends as somebody else's (OTHERHOST). With tcpdump -p only broadcasts and frames for the bridge's own address would be seen.";
		return [{ about: "promiscuous-bridge", packets: [visit.skb], text }];
	}
	return [];
}

/** The bridge's own hook for a frame that came in by one port and leaves by another. */
function bridgedBy(visit: Visit): Hook | undefined {
	return only(visit, "hook").find((hook) => hook.family === "bridge" && hook.hook === "FORWARD");
}

/** IP's hooks that the frame passed inside the bridge. */
function ipHooks(visit: Visit): readonly Hook[] {
	return only(visit, "hook").filter(
		(hook) => hook.family !== "bridge" && hook.physin !== undefined && hook.note === undefined,
	);
}

function pathWords(visit: Visit): string {
	const hook = bridgedBy(visit);
	const bridge = only(visit, "bridge")[0]?.bridge ?? "the bridge";
	return `${bridge} moved #${visit.skb} from ${hook?.indev ?? "one port"} to ${hook?.outdev ?? "another"} as a frame, by its MAC address`;
}

function seenWords(visit: Visit, packets: readonly number[], facts: MachineFacts): string {
	const names = [...new Set(ipHooks(visit).map((hook) => hook.hook))];
	const entry = ipHooks(visit)[0];
	const chains = chainsPassed(visit);
	const met = chains.length === 0 ? "" : ` It was compared with the rules of ${wordList(chains)}.`;
	const others = packets.filter((skb) => skb !== visit.skb);
	const more = others.length === 0 ? "" : ` The same holds for ${numbers(others)}.`;
	return (
		`${pathWords(visit)}, and still it passed iptables' ${wordList(names)} in ${facts.label(visit.netns)}: ${CALL_IPTABLES} is 1 there, so bridged IPv4 packets are shown to iptables as if ` +
		`${entry?.indev ?? "the bridge"} had received and forwarded them (IN=${entry?.indev ?? ""} PHYSIN=${entry?.physin ?? ""}). INPUT and OUTPUT are not on this way.${met}${more}`
	);
}

function unseenWords(visit: Visit, packets: readonly number[], facts: MachineFacts): string {
	const where = facts.label(visit.netns);
	const value = facts.sysctl(visit.netns, CALL_IPTABLES);
	const start = `${pathWords(visit)}: no routing, no TTL, and no rule of iptables in ${where} saw ${packets.length > 1 ? `it or ${numbers(packets.filter((skb) => skb !== visit.skb))}` : "it"}`;
	return value === "0"
		? `${start}, because ${CALL_IPTABLES} is 0 there. With 1, bridged IPv4 packets pass PREROUTING, FORWARD and POSTROUTING.`
		: `${start}. (${CALL_IPTABLES} is ${value ?? "unknown"} there, but no rules are loaded that could see it.)`;
}
