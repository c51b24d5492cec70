/** Facts 15–22: NAT. */
import { expect } from "vitest";
import { type Fact, port } from "./fact.ts";

export const NAT_FACTS: readonly Fact[] = [
	{
		id: "15",
		says: "nat chains are asked by the packet that makes an entry, and count flows, policies too",
		scenarios: {
			"15-nat-counts-flows": (seen) => {
				expect(seen.packets("router filter FORWARD")).toEqual([4]);
				expect(seen.packets("router nat PREROUTING")).toEqual([2]);
				expect(seen.policy("router nat PREROUTING")).toBe(2);
				expect(seen.policy("router nat POSTROUTING")).toBe(2);
			},
		},
	},
	{
		id: "16",
		says: "DNAT to a host on the same bridge is bridged with br_netfilter, and routed without",
		scenarios: {
			"16-same-bridge": (seen) => {
				expect(seen.lines("c2 eth0", { with: "UDP", macs: true })).toEqual([
					"02:00:00:00:07:02 > 02:00:00:00:07:03, ethertype IPv4 (0x0800), length 47: 192.168.7.2.38842 > 192.168.7.3.90: UDP, length 5",
				]);
				expect(seen.headers("c2 eth0", { with: "UDP" })).toEqual(["id n DF ttl 64 tos 0x0 length 33"]);
				const [pre, fwd] = seen.log();
				expect(pre).toContain(
					"pre IN=br0 OUT= PHYSIN=vc1 MAC=02:00:00:00:07:01:02:00:00:00:07:02:08:00 SRC=192.168.7.2 DST=192.168.7.1 ",
				);
				expect(pre).toContain("DPT=8055 ");
				expect(fwd).toContain(
					"fwd IN=br0 OUT=br0 PHYSIN=vc1 PHYSOUT=vc2 MAC=02:00:00:00:07:03:02:00:00:00:07:02:08:00 SRC=192.168.7.2 DST=192.168.7.3 ",
				);
				expect(fwd).toContain("DPT=90 ");
			},
			"16-same-bridge-nf-off": (seen) => {
				expect(seen.lines("c2 eth0", { with: "UDP", macs: true })[0]).toContain(
					"02:00:00:00:07:01 > 02:00:00:00:07:03,",
				);
				expect(seen.headers("c2 eth0", { with: "UDP" })).toEqual(["id n DF ttl 63 tos 0x0 length 33"]);
				const [, fwd] = seen.log();
				expect(fwd).toContain("fwd IN=br0 OUT=br0 MAC=");
				expect(fwd).toContain("TTL=63 ");
			},
		},
	},
	{
		id: "17",
		says: "hairpin: with br_netfilter only by a port in hairpin mode, routed without it",
		scenarios: {
			"17-hairpin-refused": (seen) => {
				expect(seen.sockets("c2")).toEqual([]);
				expect(seen.lines("c2 eth0", { direction: "in", with: "UDP" })).toEqual([]);
			},
			"17-hairpin-port": (seen) => {
				expect(seen.sockets("c2")).toEqual([
					"datagram from 192.168.7.1:38842: 68656c6c6f",
					"datagram from 192.168.7.1:8055: 68656c6c6f",
				]);
				expect(seen.headers("c2 eth0", { direction: "in", with: "UDP" })[0]).toContain("ttl 64 ");
			},
			"17-hairpin-nf-off": (seen) => {
				expect(seen.sockets("c2")).toEqual([
					"datagram from 192.168.7.1:38842: 68656c6c6f",
					"datagram from 192.168.7.1:8055: 68656c6c6f",
				]);
				expect(seen.headers("c2 eth0", { direction: "in", with: "UDP" })[0]).toContain("ttl 63 ");
			},
		},
		tests: port("17: a TCP connection to oneself by the router's address"),
	},
	{
		id: "18",
		says: "the reply of a bridged neighbour is translated only with br_netfilter; without it the client resets",
		scenarios: {
			"18-bridged-reply": (seen) => {
				expect(seen.sockets("c1")).toEqual(["connected", "data: 68656c6c6f", "end", "closed"]);
			},
			"18-bridged-reply-nf-off": (seen) => {
				expect(seen.sockets("c1")).toEqual(["timed out"]);
				const flags = seen.lines("c1 eth0", { with: "Flags" }).map((line) => line.replace(/\], seq.*/, "]"));
				expect(flags).toEqual([
					"IP 192.168.7.2.38126 > 192.168.7.1.8055: Flags [S]",
					"IP 192.168.7.3.90 > 192.168.7.2.38126: Flags [S.]",
					"IP 192.168.7.2.38126 > 192.168.7.3.90: Flags [R]",
				]);
			},
		},
	},
	{
		id: "19",
		says: "DNAT to 127.0.0.1 is a martian unless route_localnet; REDIRECT goes to the interface's first address",
		scenarios: {
			"19-dnat-to-loopback": (seen) => {
				expect(seen.sockets("c1")).toEqual(["timed out", "timed out"]);
				expect(seen.lines("c1 eth0", { direction: "in", with: "Flags" })).toEqual([]);
			},
			"19-dnat-to-loopback-allowed": (seen) => {
				const story = ["connected", "data: 68656c6c6f", "end", "closed"];
				expect(seen.sockets("c1")).toEqual([...story, ...story]);
			},
			"19-redirect": (seen) => {
				expect(seen.sockets("c1")).toEqual(["error ECONNREFUSED", "error ECONNREFUSED"]);
				expect(seen.packets("rt nat PREROUTING")).toEqual([2]);
			},
		},
	},
	{
		id: "20",
		says: "MASQUERADE takes the address that suits the next hop, not the route's src",
		scenarios: {
			"20-masquerade-address": (seen) => {
				const chosen = seen.entries("router").map(({ original, reply }) => `${original.dst} ${reply.dst}`);
				expect(chosen.sort()).toEqual(["10.1.0.1 198.51.100.1", "10.2.0.1 203.0.113.1"]);
				expect(seen.lines("server eth0", { with: "203.0.113.1.6002 > 10.2.0.1" })).toHaveLength(1);
			},
		},
	},
	{
		id: "21",
		says: "with a primary address go its secondaries and the flows masqueraded with it",
		scenarios: {
			"21-address-goes": (seen) => {
				expect(seen.flows("router").filter((flow) => flow.startsWith("udp"))).toEqual(["udp 6001 30 UNREPLIED"]);
				expect(seen.sockets("server", 4)).toEqual(["reply from 198.51.100.1 id 1 seq 1 ttl 64 with 56 bytes"]);
				expect(seen.sockets("server", 5)).toEqual([]);
			},
		},
		tests: port("21: with a primary address its secondaries go"),
	},
	{
		id: "22",
		says: "MASQUERADE --to-ports exhausted: dropped at confirm",
		tests: [
			{ file: "test/facts/labs.ts", title: "1c-range-exhausted" },
			...port("1c: a connection that gets no port is dropped and counted"),
		],
	},
];
