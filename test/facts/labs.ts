/** §1: the classic labs. */
import { expect } from "vitest";
import { type Fact, port } from "./fact.ts";

const PING = [
	"02:00:00:00:01:0a > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
	"02:00:00:00:02:0a > 02:00:00:00:01:0a, ethertype ARP (0x0806), length 42: Reply 10.0.0.2 is-at 02:00:00:00:02:0a, length 28",
	"02:00:00:00:01:0a > 02:00:00:00:02:0a, ethertype IPv4 (0x0800), length 98: 10.0.0.1 > 10.0.0.2: ICMP echo request, id 6912, seq 1, length 64",
	"02:00:00:00:02:0a > 02:00:00:00:01:0a, ethertype IPv4 (0x0800), length 98: 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 6912, seq 1, length 64",
];
const REQUEST_MAC = "02:00:00:00:02:0a:02:00:00:00:01:0a:08:00";
const BRIDGED = `IN=br0 OUT=br0 PHYSIN=veth1b PHYSOUT=veth2b MAC=${REQUEST_MAC} `;

export const LAB_FACTS: readonly Fact[] = [
	{
		id: "1a",
		says: "two namespaces on a bridge without an address: neighbours, who sees what, bridge-nf, LOG, forwarding entries",
		scenarios: {
			"1a-after-one-ping": (seen) => {
				expect(seen.neighbours("ns1")).toEqual(["10.0.0.2 veth1a 02:00:00:00:02:0a REACHABLE"]);
				expect(seen.neighbours("ns2")).toEqual(["10.0.0.1 veth2a 02:00:00:00:01:0a DELAY"]);
				expect(seen.neighbours("host")).toEqual([]);
				for (const place of ["ns1 veth1a", "host veth1b", "host veth2b", "ns2 veth2a"]) {
					expect(seen.lines(place, { macs: true })).toEqual(PING);
				}
				expect(seen.lines("host br0", { macs: true })).toEqual(PING.slice(0, 1));
				expect(seen.fdb("host", "learnt")).toEqual(["02:00:00:00:01:0a veth1b", "02:00:00:00:02:0a veth2b"]);
				expect(seen.fdb("host", "permanent")).toContain("02:00:00:00:01:0b veth1b");
				expect(seen.fdb("host", "permanent")).toContain("02:00:00:00:02:0b veth2b");
			},
			"1a-one-ping": (seen) => {
				const asked = seen.lines("ns2 veth2a", { step: 2, macs: true });
				expect(asked).toEqual([
					"02:00:00:00:02:0a > 02:00:00:00:01:0a, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.1 tell 10.0.0.2, length 28",
					"02:00:00:00:01:0a > 02:00:00:00:02:0a, ethertype ARP (0x0806), length 42: Reply 10.0.0.1 is-at 02:00:00:00:01:0a, length 28",
				]);
				expect(seen.lines("ns2 veth2a", { step: 1 })).toEqual([]);
				expect(seen.neighbours("ns2")).toEqual(["10.0.0.1 veth2a 02:00:00:00:01:0a REACHABLE"]);
			},
			"1a-who-sees-what": (seen) => {
				expect(seen.lines("host br0", { macs: true })).toEqual(PING);
				expect(seen.lines("host br0", { direction: "out" })).toEqual([]);
			},
			"1a-bridge-nf-off": (seen) => {
				expect(seen.lines("ns2 veth2a")).toHaveLength(4);
				expect(seen.allPackets("host")).toBe(0);
				expect(seen.log()).toEqual([]);
			},
			"1a-nat-without-conntrack": (seen) => {
				const order = ["raw/PREROUTING", "mangle/PREROUTING", "mangle/FORWARD", "filter/FORWARD", "mangle/POSTROUTING"];
				expect(seen.prefixes()).toEqual(Array.from({ length: 8 }, () => order).flat());
				expect(seen.counts("host raw PREROUTING")).toEqual(["8/672"]);
				expect(seen.packets("host nat PREROUTING")).toEqual([0]);
				expect(seen.entries("host")).toEqual([]);
			},
			"1a-nat-with-conntrack": (seen) => {
				expect(seen.prefixes().slice(0, 7)).toEqual([
					...["raw/PREROUTING", "mangle/PREROUTING", "nat/PREROUTING", "mangle/FORWARD", "filter/FORWARD"],
					...["mangle/POSTROUTING", "nat/POSTROUTING"],
				]);
				expect(seen.counts("host nat PREROUTING")).toEqual(["2/168"]);
				expect(seen.counts("host nat POSTROUTING")).toEqual(["2/168", "0/0"]);
				expect(seen.counts("host filter FORWARD")).toEqual(["8/672"]);
				for (const chain of [
					"mangle INPUT",
					"mangle OUTPUT",
					"nat INPUT",
					"nat OUTPUT",
					"filter INPUT",
					"filter OUTPUT",
				]) {
					expect(seen.packets(`host ${chain}`)).toEqual([0]);
				}
			},
			"1a-log-text": (seen) => {
				const log = seen.log().map((line) => line.replace(/ID=\d+ (?=DF|PROTO)/g, "ID=n "));
				const syn = `SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=n DF PROTO=TCP SPT=40001 DPT=9090 `;
				const [first = ""] = log;
				expect(first.replace(/SEQ=\d+ /, "SEQ=n ").replace(/080A[0-9A-F]{8}/, "080Ann")).toBe(
					`KL2 man/PRE opts IN=br0 OUT= PHYSIN=veth1b MAC=${REQUEST_MAC} ${syn}SEQ=n ACK=0 WINDOW=64240 RES=0x00 SYN URGP=0 OPT (020405B40402080Ann000000000103030A) MARK=0x4000 `,
				);
				expect(log.slice(1, 5)).toEqual([
					`KL2 nat/PRE IN=br0 OUT= PHYSIN=veth1b MAC=${REQUEST_MAC} ${syn}WINDOW=64240 RES=0x00 SYN URGP=0 MARK=0x4000 `,
					`KL2 fil/FWD ${BRIDGED}${syn}WINDOW=64240 RES=0x00 SYN URGP=0 MARK=0x4000 `,
					`KL2 macdecode IN=br0 OUT=br0 PHYSIN=veth1b PHYSOUT=veth2b MACSRC=02:00:00:00:01:0a MACDST=02:00:00:00:02:0a MACPROTO=0800 ${syn}WINDOW=64240 RES=0x00 SYN URGP=0 MARK=0x4000 `,
					`KL2 nat/POST IN= OUT=br0 PHYSIN=veth1b PHYSOUT=veth2b ${syn}WINDOW=64240 RES=0x00 SYN URGP=0 MARK=0x4000 `,
				]);
				expect(log.some((line) => line.includes("WINDOW=65160 RES=0x00 ACK SYN URGP=0 "))).toBe(true);
				expect(log.some((line) => line.includes("WINDOW=63 RES=0x00 ACK PSH URGP=0 "))).toBe(true);
				const udp =
					"SRC=10.0.0.1 DST=10.0.0.2 LEN=31 TOS=0x00 PREC=0x00 TTL=64 ID=n DF PROTO=UDP SPT=40002 DPT=9999 LEN=11 ";
				expect(log).toContain(`KL2 fil/FWD ${BRIDGED}${udp}MARK=0x4000 `);
				const error = log.find((line) => line.includes("TYPE=3"));
				expect(error).toContain(`LEN=59 TOS=0x00 PREC=0xC0 TTL=64 ID=n PROTO=ICMP TYPE=3 CODE=3 [${udp}] MARK=0x4000 `);
				expect(log.some((line) => line.includes("PROTO=ICMP TYPE=8 CODE=0 ID=7015 SEQ=1 "))).toBe(true);
				expect(new Set(seen.levels())).toEqual(new Set([6, 4]));
			},
			"1a-log-of-own-packets": (seen) => {
				const log = seen.log().map((line) => line.replace(/ID=\d+ (?=DF|PROTO)/g, "ID=n "));
				const request =
					"SRC=10.0.0.1 DST=10.0.0.2 LEN=84 TOS=0x00 PREC=0x00 TTL=64 ID=n DF PROTO=ICMP TYPE=8 CODE=0 ID=6912 SEQ=1 ";
				expect(log.slice(0, 2)).toEqual([
					`out IN= OUT=veth1a ${request}UID=0 GID=0 `,
					`post IN= OUT=veth1a ${request}`,
				]);
				expect(log[2]).toContain("in IN=veth1a OUT= MAC=02:00:00:00:01:0a:02:00:00:00:02:0a:08:00 SRC=10.0.0.2");
			},
		},
		tests: [
			...port("1a: net.bridge settings of a fresh namespace"),
			{ file: "test/shell-ip/scenarios.ts", title: "two namespaces on a bridge, with traffic" },
			{ file: "test/shell-ip/scenarios.ts", title: "brctl and bridge" },
			{ file: "test/shell-ip/scenarios.ts", title: "arp and route" },
		],
	},
	{
		id: "1b",
		says: "DNAT to a pod on the machine's bridge: each chain counts a packet once, nat one packet of the flow",
		scenarios: {
			"1b-dnat-to-pod": (seen) => {
				const counted = seen.counts("master raw PREROUTING");
				const [asks = ""] = counted;
				expect(Number.parseInt(asks, 10)).toBeGreaterThan(4);
				for (const chain of ["mangle PREROUTING", "mangle FORWARD", "mangle POSTROUTING", "filter FORWARD"]) {
					expect(seen.counts(`master ${chain}`), chain).toEqual(counted);
				}
				expect(seen.counts("master nat PREROUTING")).toEqual(["1/60", "0/0", "0/0"]);
				expect(seen.counts("master nat POSTROUTING")).toEqual(["1/60", "0/0"]);
				for (const chain of [
					"raw OUTPUT",
					"mangle INPUT",
					"mangle OUTPUT",
					"nat INPUT",
					"nat OUTPUT",
					"filter INPUT",
				]) {
					expect(seen.packets(`master ${chain}`), chain).toEqual([0, 0]);
				}
				expect(seen.flows("master")).toEqual(["tcp 41000 TIME_WAIT 120 ASSURED"]);
				expect(seen.entries("master")[0]).toMatchObject({
					original: { src: "10.211.55.123", dst: "10.211.55.122", sport: 41000, dport: 8090 },
					reply: { src: "10.244.1.2", dst: "10.211.55.123", sport: 9090, dport: 41000 },
				});
				const before = seen.lines("slave eth0", { with: "Flags" });
				const after = seen.lines("pod veth1a", { with: "Flags" });
				expect(before.map((line) => line.replaceAll("10.211.55.122.8090", "10.244.1.2.9090"))).toEqual(after);
				expect(seen.headers("pod veth1a", { direction: "in", with: "[S]" })).toEqual([
					"id n DF ttl 63 tos 0x0 length 60",
				]);
			},
		},
		tests: port("1b: the events of a connection through DNAT"),
	},
	{
		id: "1c",
		says: "MASQUERADE: the first keeps its port or id, a clash gets one of its class; of a full range the third is dropped",
		scenarios: {
			"1c-masquerade-clash": (seen) => {
				const chosen = (src: string, port: number): number | undefined => {
					const found = seen.entries("router").find(({ original }) => {
						return original.src === src && (original.sport ?? original.icmp?.id) === port;
					});
					return found?.reply.dport ?? found?.reply.icmp?.id;
				};
				for (const port of [100, 5000, 6000, 400, 800]) expect(chosen("192.168.7.2", port)).toBe(port);
				expect(chosen("192.168.7.3", 100)).not.toBe(100);
				expect(chosen("192.168.7.3", 5000)).not.toBe(5000);
				expect(chosen("192.168.7.3", 5000)).toBeGreaterThanOrEqual(1024);
				expect(chosen("192.168.7.3", 6000)).toBeGreaterThanOrEqual(1024);
				expect(chosen("192.168.7.3", 400)).toBeLessThan(512);
				expect(chosen("192.168.7.3", 800)).toBeGreaterThanOrEqual(600);
				expect(chosen("192.168.7.3", 800)).toBeLessThan(1024);
				expect(seen.counts("router nat POSTROUTING")[0]).toMatch(/^10\//);
				expect(new Set(seen.entries("router").map(({ reply }) => reply.dst))).toEqual(new Set(["203.0.113.1"]));
				const ids = seen.lines("server eth0", { direction: "in", with: "echo request" });
				expect(ids[0]).toContain("id 100,");
				expect(ids[1]).not.toContain("id 100,");
			},
			"1c-range-exhausted": (seen) => {
				expect(seen.lines("server eth0", { direction: "in" })).toHaveLength(2);
				expect(
					seen
						.entries("router")
						.map(({ reply }) => reply.dport)
						.sort((a = 0, b = 0) => a - b),
				).toEqual([17000, 17001]);
				expect(seen.lines("client eth0", { direction: "in" })).toEqual([]);
				expect(seen.packets("router nat POSTROUTING")).toEqual([3]);
			},
		},
		tests: port("1c: a connection that gets no port is dropped and counted"),
	},
];
