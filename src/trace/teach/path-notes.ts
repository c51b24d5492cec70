/** The plain things on a packet's way: waiting for ARP, forwarding that is off, packets that ended badly. */
import { formatRule } from "../../formats/iptables-save.ts";
import { DROP_REASONS } from "../../kernel/drop-reason.ts";
import { familiesOf, familyEvents } from "../family.ts";
import { hasFailed } from "../flow-text.ts";
import type { Journey } from "../journey.ts";
import { isArp } from "../render.ts";
import { type MachineFacts, type Note, numbers, only, type Visit } from "./note.ts";

/** The first packet to a neighbour waits for ARP. */
export function waitedForArp(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	for (const visit of visits) {
		const queued = only(visit, "neigh").find((event) => event.action === "queue");
		if (queued === undefined) continue;
		const resolved = only(visit, "neigh").find((event) => event.action === "resolved" && event.addr === queued.addr);
		const failed = only(visit, "neigh").some((event) => event.action === "failed");
		const asked = `#${visit.skb} could not leave ${facts.label(visit.netns)} at once: a frame needs the MAC address of ${queued.addr}, and the ARP table did not have it. The machine asked by broadcast on ${queued.dev}`;
		if (resolved?.neigh?.mac !== undefined) {
			const text = `${asked}, learnt ${resolved.neigh.mac}, and then sent what was waiting. Later packets find the entry in the table.`;
			return [{ about: "arp-first", packets: [visit.skb], text }];
		}
		if (failed) {
			const text = `${asked}, three times, and nobody answered: is ${queued.addr} up, on this network, and its device in the right bridge?`;
			return [{ about: "arp-unanswered", packets: [visit.skb], text }];
		}
	}
	return [];
}

/** A packet for somebody else came to a machine that is no router. */
export function forwardingIsOff(visits: readonly Visit[], facts: MachineFacts): readonly Note[] {
	for (const visit of visits) {
		const route = only(visit, "route").find((event) => event.result === "not-forwarding");
		if (route === undefined || only(visit, "nat").some((nat) => nat.manip === "dst")) continue;
		const text = `#${visit.skb} is for ${route.dst}, which is not an address of ${facts.label(visit.netns)}; to pass it on net.ipv4.ip_forward must be 1, and it is 0: echo 1 > /proc/sys/net/ipv4/ip_forward.`;
		return [{ about: "forwarding-is-off", packets: [visit.skb], text }];
	}
	return [];
}

/** Packets that nobody got, by where and why. */
export function failures(journeys: readonly Journey[], facts: MachineFacts): readonly Note[] {
	const byText = new Map<string, number[]>();
	for (const family of familiesOf(journeys)) {
		if (isArp(family.root) || !hasFailed(family)) continue;
		const events = familyEvents(family);
		const drop = events.findLast((event) => event.step === "drop");
		if (drop?.step !== "drop") continue;
		const rejected = events.findLast(
			(event) => event.step === "rule" && (event.outcome === "reject" || event.outcome === "drop"),
		);
		const rule =
			rejected?.step === "rule"
				? ` by ${rejected.table} rule ${rejected.number} (${formatRule(rejected.rule, rejected.chain).trim()})`
				: byPolicy(drop);
		const detail = drop.detail === undefined ? "" : ` (${drop.detail})`;
		const text = `ended in ${facts.label(drop.netns)}, at ${drop.fn}${rule}: ${DROP_REASONS[drop.reason]}${detail}.`;
		byText.set(text, [...(byText.get(text) ?? []), family.root.skb]);
	}
	return [...byText].map(([text, packets]) => ({ about: "dropped", packets, text: `${numbers(packets)} ${text}` }));
}

function byPolicy(drop: { readonly table?: string; readonly chain?: string; readonly number?: number }): string {
	if (drop.table === undefined) return "";
	return ` by ${drop.table} ${drop.chain ?? ""} ${drop.number === undefined ? "policy" : `rule ${drop.number}`}`;
}
