/** Facts 23–29: REJECT, ICMP errors, limits. */
import { expect } from "vitest";
import { ETH_HLEN } from "../../src/wire/ethernet.ts";
import type { Fact } from "./fact.ts";
import type { Seen } from "./seen.ts";

function unreachables(seen: Seen, step: number): number {
	return seen.lines("client eth0", { direction: "in", step, with: "unreachable" }).length;
}

export const ERROR_FACTS: readonly Fact[] = [
	{
		id: "23",
		says: "tcp-reset of what came by a bridge port does not pass OUTPUT, otherwise it does; ICMP errors always do",
		scenarios: {
			"23-reject-bridged": (seen) => {
				expect(seen.sockets("c1")).toEqual(["error ECONNREFUSED", "ICMP 3/3 from 192.168.7.1 about 192.168.7.3:81"]);
				expect(seen.counts("rt filter FORWARD")).toEqual(["1/60", "1/33"]);
				expect(seen.counts("rt filter OUTPUT")).toEqual(["0/0", "1/61"]);
			},
			"23-reject-routed": (seen) => {
				expect(seen.sockets("c1")).toEqual(["error ECONNREFUSED", "ICMP 3/3 from 192.168.7.1 about 203.0.113.9:81"]);
				expect(seen.counts("rt filter OUTPUT")).toEqual(["1/40", "1/61"]);
			},
		},
		tests: [
			{ file: "test/shell-net-real.test.ts", title: "the router refuses with %s" },
			{ file: "test/shell-net-real.test.ts", title: "the router refuses with tcp-reset, and drops" },
		],
	},
	{
		id: "24",
		says: "of ICMP errors to a destination six go at once, then one a second; echo replies are not limited",
		scenarios: {
			"24-icmp-ratelimit": (seen) => {
				const answered = Array.from({ length: 12 }, (_, step) => unreachables(seen, step));
				expect(answered).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
				expect(seen.lines("client eth0", { direction: "in", with: "echo reply" })).toHaveLength(8);
				expect([unreachables(seen, 21), unreachables(seen, 22)]).toEqual([1, 0]);
			},
			"24-icmp-ratelimit-off": (seen) => {
				expect(seen.lines("client eth0", { direction: "in", with: "unreachable" })).toHaveLength(12);
			},
		},
	},
	{
		id: "25",
		says: "ICMP port unreachable: 28 bytes and the datagram as it came in, at most 576; tos 0xc0, TTL 64, no DF",
		scenarios: {
			"25-port-unreachable": (seen) => {
				const errors = { direction: "out", with: "unreachable" } as const;
				expect(seen.headers("server eth0", errors)).toEqual([
					"id n ttl 64 tos 0xc0 length 58",
					"id n ttl 64 tos 0xc0 length 576",
				]);
				expect(seen.lines("server eth0", errors)[1]).toMatch(/length 556$/);
				const quotedTtls = seen.frames("server eth0", errors).map(({ frame }) => frame[ETH_HLEN + 28 + 8]);
				expect(quotedTtls).toEqual([63, 63]);
			},
		},
	},
	{
		id: "26",
		says: "RST of a closed port: its seq, ack and flags by what came; none to a RST; 40 bytes, id 0, DF",
		scenarios: {
			"26-closed-port": (seen) => {
				const resets = seen.lines("router lan", { direction: "out" });
				const to = "IP 192.168.7.1.7000 > 192.168.7.77.5001: Flags";
				expect(resets).toEqual([
					`${to} [R.], seq 0, ack 1001, win 0, length 0`,
					`${to} [R], seq 77, win 0, length 0`,
					`${to} [R], seq 77, win 0, length 0`,
					`${to} [R], seq 77, win 0, length 0`,
					`${to} [R.], seq 0, ack 1001, win 0, length 0`,
					`${to} [R.], seq 0, ack 1000, win 0, length 0`,
				]);
				const header = "id 0 DF ttl 64 tos 0x0 length 40";
				expect(seen.headers("router lan", { direction: "out" })).toEqual(resets.map(() => header));
			},
		},
	},
	{
		id: "27",
		says: "the machine's own OUTPUT: DROP is EPERM for UDP and silence for TCP, REJECT refuses at once",
		scenarios: {
			"27-output-chain": (seen) => {
				expect(seen.sockets("client")).toEqual([
					"error EPERM",
					"timed out",
					"error ECONNREFUSED",
					"error EPERM",
					"ICMP 3/3 from 192.168.7.2 about seq 1",
				]);
				expect(seen.packets("client filter OUTPUT")).toEqual([1, 2, 1, 1]);
				expect(seen.lines("client eth0", { direction: "out", with: "IP " })).toEqual([]);
			},
		},
		tests: [
			{ file: "test/linux-sockets.test.ts", title: "what the sender's own firewall drops is not permitted" },
			{ file: "test/shell-net-real.test.ts", title: "the machine's own OUTPUT chain: %s" },
		],
	},
	{
		id: "28",
		says: "ip_forward=0: packets for others vanish without ICMP; a local address answers on any interface",
		scenarios: {
			"28-no-forwarding": (seen) => {
				expect(seen.sockets("client")).toEqual(["reply from 203.0.113.1 id 6 seq 1 ttl 64 with 56 bytes"]);
				expect(seen.packets("router mangle PREROUTING")).toEqual([2]);
				expect(seen.packets("router filter FORWARD")).toEqual([0]);
				expect(seen.lines("router lan", { direction: "out", step: 0, with: "ICMP" })).toEqual([]);
			},
		},
	},
	{
		id: "29",
		says: "a router tells of a nearer next hop when input and output are one device, and forwards all the same",
		scenarios: {
			"29-redirect": (seen) => {
				const [redirect] = seen.lines("c1 eth0", { direction: "in", with: "redirect" });
				expect(redirect).toBe("IP 192.168.7.1 > 192.168.7.2: ICMP redirect 10.9.9.1 to host 192.168.7.3, length 92");
				expect(seen.sockets("c1")).toEqual(["reply from 10.9.9.1 id 5 seq 1 ttl 64 with 56 bytes"]);
				expect(seen.headers("c2 eth0", { direction: "in", with: "echo request" })[0]).toContain("ttl 63 ");
			},
		},
	},
];
