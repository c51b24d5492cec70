/** Facts 30–36: IP header, TCP. */
import { expect } from "vitest";
import { type Fact, port } from "./fact.ts";

const SYN = / Flags \[S\.?\], /;

export const IP_FACTS: readonly Fact[] = [
	{
		id: "30",
		says: "the TTL goes down before FORWARD; TTL 1 does not come there and is answered",
		scenarios: {
			"30-ttl": (seen) => {
				const request = seen.log().slice(0, 3);
				expect(request.map((line) => `${line.split(" ")[0]} ${/ TTL=\d+/.exec(line)?.[0]}`)).toEqual([
					"pre  TTL=64",
					"fwd  TTL=63",
					"post  TTL=63",
				]);
				expect(seen.packets("router filter FORWARD")).toEqual([2]);
				expect(seen.sockets("client").at(-1)).toBe("ICMP 11/0 from 192.168.7.1 about seq 1");
			},
		},
	},
	{
		id: "31",
		says: "IP id and DF: a SYN draws an id and counts on, SYN-ACK and RST have 0, echo replies and ICMP errors no DF",
		scenarios: {
			"31-ip-id": (seen) => {
				const sent = { direction: "out", step: 0, with: "Flags" } as const;
				const ids = seen.ipIds("client eth0", sent);
				expect(ids.length).toBeGreaterThan(3);
				expect(ids.map((id, index) => (id - index) & 0xffff)).toEqual(ids.map(() => ids[0]));
				expect(ids[0]).not.toBe(0);
				const header = (place: string, words: string): string | undefined =>
					seen.headers(place, { direction: "out", with: words })[0]?.replace(/ ttl.*/, "");
				expect(header("client eth0", "[S]")).toBe("id n DF");
				expect(header("server eth0", "[S.]")).toBe("id 0 DF");
				expect(header("server eth0", "[R.]")).toBe("id 0 DF");
				expect(header("client eth0", "UDP")).toBe("id n DF");
				expect(header("server eth0", "unreachable")).toBe("id n");
				expect(header("client eth0", "echo request")).toBe("id n DF");
				expect(header("server eth0", "echo reply")).toBe("id n");
			},
		},
		tests: port("31: an echo request that must not be fragmented has id 0"),
	},
	{
		id: "32",
		says: "SYN: mss, sackOK, TS, nop, wscale 10 and window 64240, SYN-ACK the same with 65160; then 64240 >> 10",
		scenarios: {
			"32-syn-options": (seen) => {
				const flags = seen.lines("client eth0", { with: "Flags" });
				const [syn = "", synAck = ""] = flags.filter((line) => SYN.test(line));
				expect(syn).toMatch(/ win 64240, options \[mss 1460,sackOK,TS val \d+ ecr 0,nop,wscale 10\], length 0$/);
				const [, value] = / TS val (\d+)/.exec(syn.replace("sackOK,TS", "sackOK, TS")) ?? [];
				expect(synAck).toMatch(/ win 65160, options \[mss 1460,sackOK,TS val \d+ ecr \d+,nop,wscale 10\], length 0$/);
				expect(synAck).toContain(` ecr ${value},`);
				expect(flags[2]).toContain(" Flags [.], ");
				expect(flags[2]).toContain(" win 63, ");
			},
		},
	},
	{
		id: "33",
		says: "a SYN is sent again after 1, 2, 3, 4, 5, then 7 s",
		scenarios: {
			"33-syn-retransmits": (seen) => {
				// At 0, 1, 2, 3, 4, 5 and 7 seconds.
				expect(seen.lines("client eth0", { direction: "out", step: 0 })).toHaveLength(7);
			},
		},
		tests: port("33: how often TCP asks"),
	},
	{
		id: "34",
		says: "a DF packet over a smaller link: need to frag, then EMSGSIZE; without DF fragments of 1396 and 124",
		scenarios: {
			"34-path-mtu": (seen) => {
				expect(seen.lines("client eth0", { direction: "in", with: "ICMP" })).toEqual([
					"IP 192.168.7.1 > 192.168.7.2: ICMP 203.0.113.9 unreachable - need to frag (mtu 1400), length 556",
				]);
				expect(seen.sockets("client")).toEqual([
					"ICMP 3/4 from 192.168.7.1 about 203.0.113.9:7001 mtu 1400",
					"error EMSGSIZE mtu 1400",
				]);
				expect(seen.lines("client eth0", { direction: "out", step: 1 })).toEqual([]);
			},
			"34-fragmented": (seen) => {
				const headers = seen.headers("server eth0", { direction: "in" });
				expect(headers.map((header) => header.replace(/^.* length/, "length"))).toEqual(["length 1396", "length 124"]);
				const [first, second] = seen.ipIds("server eth0", { direction: "in", with: "IPv4" });
				expect(first).toBe(second);
				expect(seen.sockets("server")).toHaveLength(1);
			},
		},
		tests: port("34: a learnt path MTU shows in the routing decision"),
	},
	{
		id: "35",
		says: "to an own address: OUTPUT, POSTROUTING, PREROUTING, INPUT, request and reply",
		scenarios: {
			"35-loopback": (seen) => {
				const once = ["OUTPUT", "POSTROUTING", "PREROUTING", "INPUT"];
				expect(seen.prefixes()).toEqual([...once, ...once]);
				expect(seen.log().filter((line) => line.includes("OUT=lo ") || line.includes("IN=lo "))).toHaveLength(8);
			},
		},
	},
	{
		id: "36",
		says: "the mark does not cross a veth into another namespace, nor does what conntrack knows",
		scenarios: {
			"36-mark": (seen) => {
				expect(seen.packets("client mangle OUTPUT")).toEqual([1]);
				expect(seen.packets("router mangle PREROUTING")).toEqual([0, 1, 0, 1]);
			},
		},
	},
];
