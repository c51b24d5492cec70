/** Facts 37–42: ARP and neighbours. */
import { expect } from "vitest";
import { type Fact, port } from "./fact.ts";
import type { Seen } from "./seen.ts";

function requests(seen: Seen, steps: number): readonly number[] {
	const filter = { direction: "out", with: "who-has 192.168.7.99" } as const;
	return Array.from({ length: steps }, (_, step) => seen.lines("client eth0", { ...filter, step }).length);
}

function answers(seen: Seen, place: string): readonly string[] {
	return seen
		.lines(place, { direction: "in", with: "Reply" })
		.map((line) => line.replace(/^.*Reply |, length.*$/g, ""));
}

const LAN_MAC = "02:00:00:00:07:01";

export const NEIGHBOUR_FACTS: readonly Fact[] = [
	{
		id: "37",
		says: "a missing host: three requests a second apart, FAILED after 3.07 s, each waiting packet is answered; then anew",
		scenarios: {
			"37-absent-host": (seen) => {
				expect(requests(seen, 8)).toEqual([1, 0, 0, 0, 1, 1, 0, 1]);
				const told = "ICMP 3/1 from 192.168.7.2 about 192.168.7.99:7000";
				expect(seen.sockets("client")).toEqual([told, told, told]);
				expect(seen.sockets("client", 6)).toHaveLength(3);
				expect(seen.neighbours("client")).toEqual(["192.168.7.99 eth0 - INCOMPLETE"]);
			},
			"37-absent-host-tcp": (seen) => {
				expect(seen.sockets("client", 0)).toEqual(["error EHOSTUNREACH"]);
				expect(requests(seen, 1)).toEqual([3]);
				expect(seen.neighbours("client")).toEqual(["192.168.7.99 eth0 - FAILED"]);
			},
		},
	},
	{
		id: "38",
		says: "the times and counts of neighbours; after one ping the requester is REACHABLE, the answerer DELAY",
		tests: [
			...port(
				"38: the times and counts of neighbours",
				"38: the sizes of the neighbour table, which only the machine's first namespace has",
			),
			{ file: "test/facts/labs.ts", title: "1a-after-one-ping" },
		],
		unproved:
			"The simulator collects garbage of neighbours for each device from gc_thresh1 on, and has no gc_thresh2 and 3.",
	},
	{
		id: "39",
		says: "ARP answers for any local address but 127.0.0.1; with arp_ignore=1 for the device's own only",
		scenarios: {
			"39-arp-ignore-0": (seen) => {
				const held = ["192.168.7.1", "203.0.113.1", "172.16.5.5"];
				expect(answers(seen, "client eth0")).toEqual(held.map((addr) => `${addr} is-at ${LAN_MAC}`));
			},
			"39-arp-ignore-1": (seen) => {
				expect(answers(seen, "client eth0")).toEqual([`192.168.7.1 is-at ${LAN_MAC}`]);
			},
		},
	},
	{
		id: "40",
		says: "an ARP request comes from the packet's source address, with arp_announce=2 from the device's own",
		scenarios: {
			"40-arp-announce-0": (seen) => {
				const [asked] = seen.lines("client eth0", { direction: "in", with: "who-has" });
				expect(asked).toContain("who-has 192.168.7.2 tell 203.0.113.1,");
			},
			"40-arp-announce-2": (seen) => {
				const [asked] = seen.lines("client eth0", { direction: "in", with: "who-has" });
				expect(asked).toContain("who-has 192.168.7.2 tell 192.168.7.1,");
			},
		},
	},
	{
		id: "41",
		says: "proxy_arp answers after up to 0.8 s, also for absent hosts, not for those behind the same interface",
		scenarios: {
			"41-proxy-arp": (seen) => {
				expect(answers(seen, "client eth0")).toEqual([`203.0.113.9 is-at ${LAN_MAC}`, `203.0.113.77 is-at ${LAN_MAC}`]);
			},
			"41-proxy-arp-delay": (seen) => {
				expect(answers(seen, "client eth0")).toEqual([`203.0.113.9 is-at ${LAN_MAC}`]);
			},
		},
	},
	{
		id: "42",
		says: "of two holders of an address both answer and the first wins; arp_ignore=1 silences one that has it on lo",
		scenarios: {
			"42-two-holders": (seen) => {
				expect(answers(seen, "c1 eth0")).toEqual([
					`192.168.7.100 is-at ${LAN_MAC}`,
					"192.168.7.100 is-at 02:00:00:00:07:03",
				]);
				expect(seen.neighbours("c1")).toContain(`192.168.7.100 eth0 ${LAN_MAC} REACHABLE`);
			},
			"42-two-holders-arp-ignore": (seen) => {
				expect(answers(seen, "c1 eth0")).toEqual([`192.168.7.100 is-at ${LAN_MAC}`]);
			},
		},
	},
];
