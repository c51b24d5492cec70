/**
 * What every kernel behind the port must do: one suite, run on the simulated kernel and on the real one
 * (`kernel-contract.test.ts`). It asks for what the port promises, and nothing that only one of them could know.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { utf8Decode, utf8Encode } from "../src/base/bytes.ts";
import type { Result } from "../src/base/result.ts";
import { parseIptablesSave } from "../src/formats/iptables-save.ts";
import type { ConntrackEvent } from "../src/kernel/conntrack.ts";
import type { CapturedFrame, Kernel, KernelError, Op } from "../src/kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../src/kernel/objects.ts";
import type { TcpConnection } from "../src/kernel/socket.ts";
import { ping } from "../src/programs/ping.ts";
import { udpClient } from "../src/programs/udp-client.ts";
import { udpEcho } from "../src/programs/udp-echo.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";
import { summarizeFrame } from "../src/wire/summary.ts";
import { icmp, udp } from "./router-lab.ts";

export interface ContractKernel {
	readonly kernel: Kernel;
	close(): void;
}

const MS = 1_000_000;
const SECOND = 1_000_000_000;
const MAC_A = mac("02:00:00:00:00:0a");
const MAC_B = mac("02:00:00:00:00:0b");

export function kernelContract(name: string, open: () => ContractKernel): void {
	describe(name, () => {
		let opened: ContractKernel;
		let kernel: Kernel;

		beforeEach(() => {
			opened = open();
			kernel = opened.kernel;
		});
		afterEach(() => opened.close());

		const must = async (netns: string, ...ops: readonly Op[]): Promise<void> => {
			const done = await kernel.apply(netns, ops);
			if (!done.ok) throw new Error(`${netns}: ${JSON.stringify(done.error)}`);
		};
		const dump = async (netns: string, kind: KernelObjectKind): Promise<readonly KernelObject[]> => {
			const dumped = await kernel.dump(netns, [kind]);
			if (!dumped.ok) throw new Error(JSON.stringify(dumped.error));
			return dumped.value;
		};
		const errno = (result: Result<unknown, KernelError>): string => (result.ok ? "ok" : result.error.errno);
		const linkNames = async (netns: string): Promise<readonly string[]> =>
			(await dump(netns, "link")).flatMap((object) => (object.kind === "link" ? [object.name] : []));

		/** Namespaces `a` (10.0.0.1) and `b` (10.0.0.2) on one cable, `eth0` in both. */
		async function cable(): Promise<void> {
			for (const netns of ["a", "b"]) expect(errno(await kernel.addNetns(netns))).toBe("ok");
			await must(
				"a",
				add({
					kind: "link",
					name: "eth0",
					mac: MAC_A,
					link: { type: "veth", peer: "eth0", peerNetns: "b", peerMac: MAC_B },
				}),
			);
			for (const [netns, addr] of [
				["a", "10.0.0.1/24"],
				["b", "10.0.0.2/24"],
			] as const) {
				await must(netns, set({ kind: "link", name: "lo", up: true }), set({ kind: "link", name: "eth0", up: true }));
				await must(netns, add({ kind: "addr", dev: "eth0", addr: cidr(addr) }));
			}
			await kernel.run(() => false, 20 * MS);
		}

		/** `a` — `r` — `b`: 10.0.1.2 and 10.0.2.2 with a router between them. */
		async function routed(): Promise<void> {
			for (const netns of ["a", "r", "b"]) expect(errno(await kernel.addNetns(netns))).toBe("ok");
			for (const [netns, dev, net] of [
				["a", "ra", "10.0.1"],
				["b", "rb", "10.0.2"],
			] as const) {
				await must(netns, add({ kind: "link", name: "eth0", link: { type: "veth", peer: dev, peerNetns: "r" } }));
				await must(netns, set({ kind: "link", name: "lo", up: true }), set({ kind: "link", name: "eth0", up: true }));
				await must("r", set({ kind: "link", name: dev, up: true }));
				await must("r", add({ kind: "addr", dev, addr: cidr(`${net}.1/24`) }));
				await must(netns, add({ kind: "addr", dev: "eth0", addr: cidr(`${net}.2/24`) }));
				await must(netns, add({ kind: "route", dst: cidr("0.0.0.0/0"), via: ip(`${net}.1`), dev: "eth0" }));
			}
			await must("r", set({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" }));
			await kernel.run(() => false, 20 * MS);
		}

		const load = async (netns: string, text: string): Promise<void> => {
			const parsed = parseIptablesSave(text, { family: "ipv4" });
			if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
			const ops = parsed.value.tables.flatMap((table) =>
				table.chains.map(({ name: chain, ...rest }) =>
					set({ kind: "xt-chain", family: "ipv4", table: table.name, chain, ...rest }),
				),
			);
			await must(netns, ...ops);
		};
		const counts = async (netns: string, table: string, chain: string): Promise<readonly number[]> => {
			const found = (await dump(netns, "xt-chain")).find(
				(object) => object.kind === "xt-chain" && object.table === table && object.chain === chain,
			);
			return found?.kind === "xt-chain" ? found.rules.map((rule) => rule.counters?.packets ?? 0) : [];
		};

		describe("namespaces", () => {
			test("are made, listed and deleted; a second of the same name and one that is not there are errors", async () => {
				expect(errno(await kernel.addNetns("one"))).toBe("ok");
				expect(errno(await kernel.addNetns("node/two"))).toBe("ok");
				expect([...(await kernel.listNetns())].sort()).toEqual(["node/two", "one"]);
				expect(errno(await kernel.addNetns("one"))).toBe("EEXIST");
				expect(errno(await kernel.deleteNetns("one"))).toBe("ok");
				expect(errno(await kernel.deleteNetns("one"))).toBe("ENOENT");
				expect(await kernel.listNetns()).toEqual(["node/two"]);
				expect(errno(await kernel.apply("one", []))).toBe("ENOENT");
				expect(errno(await kernel.dump("one"))).toBe("ENOENT");
				expect(errno(await kernel.addNetns(""))).toBe("EINVAL");
			});

			test("begin with a loopback device that is down, and with the three policy rules", async () => {
				await kernel.addNetns("one");
				expect(await dump("one", "link")).toMatchObject([
					{ name: "lo", link: { type: "loopback" }, up: false, mtu: 65536, ifindex: 1 },
				]);
				const rules = (await dump("one", "rule")).flatMap((rule) =>
					rule.kind === "rule" ? [[rule.priority, rule.table]] : [],
				);
				expect(rules).toEqual([
					[0, 255],
					[32766, 254],
					[32767, 253],
				]);
			});

			test("know each other by number once a cable joins them", async () => {
				await cable();
				const ids = await kernel.netnsIds("a");
				expect(ids.ok && [...ids.value.keys()]).toEqual(["b"]);
			});
		});

		describe("transactions", () => {
			test("leave nothing behind when an operation fails, and say which one it was", async () => {
				await kernel.addNetns("one");
				const failed = await kernel.apply("one", [
					add({ kind: "link", name: "br0", link: { type: "bridge" } }),
					add({ kind: "addr", dev: "br0", addr: cidr("10.1.0.1/24") }),
					set({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" }),
					add({ kind: "route", dst: cidr("10.2.0.0/16"), via: ip("192.0.2.1") }),
				]);
				expect(failed).toMatchObject({ ok: false, error: { errno: "ENETUNREACH", op: 3 } });
				expect(await linkNames("one")).toEqual(["lo"]);
				const forward = (await dump("one", "sysctl")).find(
					(object) => object.kind === "sysctl" && object.key === "net.ipv4.ip_forward",
				);
				expect(forward).toMatchObject({ value: "0" });
			});

			test.each<{ what: string; before?: readonly KernelObject[]; op: Op; errno: string }>([
				{ what: "a device twice", op: add({ kind: "link", name: "lo", link: { type: "bridge" } }), errno: "EEXIST" },
				{ what: "a device that is not there", op: del({ kind: "link", name: "nope" }), errno: "ENODEV" },
				{
					what: "an address on no device",
					op: add({ kind: "addr", dev: "nope", addr: cidr("10.0.0.1/24") }),
					errno: "ENODEV",
				},
				{ what: "an address twice", before: [BR0, ADDR0], op: add(ADDR0), errno: "EEXIST" },
				{ what: "an address that is not there", before: [BR0], op: del(ADDR0), errno: "EADDRNOTAVAIL" },
				{ what: "a route twice", before: [BR0, ADDR0, ROUTE0], op: add(ROUTE0), errno: "EEXIST" },
				{ what: "a route that is not there", before: [BR0], op: del(ROUTE0), errno: "ESRCH" },
				{
					what: "a route by nobody",
					before: [BR0, ADDR0],
					op: add({ ...ROUTE0, via: ip("192.0.2.1") }),
					errno: "ENETUNREACH",
				},
				{
					what: "a neighbour that is not there",
					before: [BR0],
					op: del({ kind: "neigh", dev: "br0", addr: ip("10.0.0.9") }),
					errno: "ENOENT",
				},
				{
					what: "a port of no bridge",
					before: [BR0],
					op: set({ kind: "link", name: "br0", master: "lo" }),
					errno: "EOPNOTSUPP",
				},
				{ what: "a policy rule twice", before: [RULE0], op: add(RULE0), errno: "EEXIST" },
				{ what: "a policy rule that is not there", op: del(RULE0), errno: "ENOENT" },
				{
					what: "a sysctl that is not there",
					op: set({ kind: "sysctl", key: "net.ipv4.nonsense", value: "1" }),
					errno: "ENOENT",
				},
				{
					what: "a chain that is not there",
					op: del({ kind: "xt-chain", family: "ipv4", table: "filter", chain: "NOPE", rules: [] }),
					errno: "ENOENT",
				},
			])("$what: $errno", async ({ before = [], op, errno: expected }) => {
				await kernel.addNetns("one");
				if (before.length > 0)
					await must("one", ...before.map((object) => add(object)), set({ kind: "link", name: "lo", up: true }));
				expect(errno(await kernel.apply("one", [op]))).toBe(expected);
			});

			test("rename, move and delete devices; a veth goes with its peer", async () => {
				for (const netns of ["a", "b"]) await kernel.addNetns(netns);
				await must(
					"a",
					add({ kind: "link", name: "v0", mac: MAC_A, link: { type: "veth", peer: "v1", peerMac: MAC_B } }),
				);
				await must(
					"a",
					set({ kind: "link", name: "v0", newName: "left" }),
					set({ kind: "link", name: "v1", netns: "b" }),
				);
				expect(await linkNames("a")).toEqual(["lo", "left"]);
				expect(await linkNames("b")).toEqual(["lo", "v1"]);
				expect((await dump("b", "link")).find((link) => link.kind === "link" && link.name === "v1")).toMatchObject({
					mac: MAC_B,
					up: false,
				});
				await must("b", del({ kind: "link", name: "v1" }));
				// The peer's end may go a moment later.
				await kernel.run(() => false, 60 * MS);
				expect(await linkNames("a")).toEqual(["lo"]);
			});
		});

		describe("objects", () => {
			test("addresses bring their routes, and take them along", async () => {
				await cable();
				const routes = async () =>
					(await dump("a", "route")).flatMap((route) =>
						route.kind === "route" && route.dev === "eth0"
							? [`${route.type ?? "unicast"} ${route.dst.addr}/${route.dst.prefix} ${route.table ?? 254}`]
							: [],
					);
				expect([...(await routes())].sort()).toEqual([
					"broadcast 10.0.0.255/32 255",
					"local 10.0.0.1/32 255",
					"unicast 10.0.0.0/24 254",
				]);
				await must("a", del({ kind: "addr", dev: "eth0", addr: cidr("10.0.0.1/24") }));
				expect(await routes()).toEqual([]);
			});

			test("routes are chosen by prefix, rule and mark, and refused by type", async () => {
				await cable();
				await must(
					"a",
					add({ kind: "route", dst: cidr("10.9.0.0/16"), via: ip("10.0.0.2"), dev: "eth0", metric: 7 }),
					add({ kind: "route", dst: cidr("10.9.1.0/24"), type: "unreachable" }),
					add({ kind: "route", dst: cidr("10.9.2.0/24"), type: "prohibit" }),
					add({ kind: "route", dst: cidr("10.9.3.0/24"), type: "blackhole" }),
					add({ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.9"), dev: "eth0", table: 100 }),
					add({ kind: "rule", family: "ipv4", priority: 100, fwmark: { value: 7, mask: 0xff }, table: 100 }),
				);
				const ask = async (dst: string, mark?: number) =>
					kernel.routeGet("a", { dst: ip(dst), ...(mark === undefined ? {} : { mark }) });
				expect(await ask("10.9.5.5")).toMatchObject({
					ok: true,
					value: { dev: "eth0", via: "10.0.0.2", prefsrc: "10.0.0.1" },
				});
				expect(await ask("10.9.5.5", 7)).toMatchObject({ ok: true, value: { via: "10.0.0.9", table: 100 } });
				expect(await ask("10.0.0.1")).toMatchObject({ ok: true, value: { type: "local", dev: "lo" } });
				expect(errno(await ask("10.9.1.1"))).toBe("EHOSTUNREACH");
				expect(errno(await ask("10.9.2.1"))).toBe("EACCES");
				expect(errno(await ask("10.9.3.1"))).toBe("EINVAL");
				expect(errno(await ask("192.0.2.1"))).toBe("ENETUNREACH");
			});

			/**
			 * Which of two ways a flow takes is chance: Linux keys the hash with a number that it draws. What is not: how many take
			 * each, what makes two packets one flow, and whether an ICMP error goes with what it is about.
			 */
			describe.each([0, 1])("over two ways, with hash policy %d,", (policy) => {
				const FLOWS = 400;
				const HASH_POLICY = "net.ipv4.fib_multipath_hash_policy";
				const ONE = ip("10.0.0.2");
				const OTHER = ip("10.0.0.3");

				async function ways(): Promise<void> {
					await cable();
					const nexthops = [
						{ via: ONE, dev: "eth0", weight: 1 },
						{ via: OTHER, dev: "eth0", weight: 3 },
					];
					await must(
						"a",
						set({ kind: "sysctl", key: HASH_POLICY, value: String(policy) }),
						set({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" }),
						set({ kind: "sysctl", key: "net.ipv4.conf.all.rp_filter", value: "0" }),
						set({ kind: "sysctl", key: "net.ipv4.conf.eth0.rp_filter", value: "0" }),
						add({ kind: "route", dst: cidr("10.9.0.0/16"), nexthops }),
					);
				}
				/** The gateway of each flow; the n-th one is to address 10.9.n and from port n, or only one of these. */
				async function gateways(varied: "dst" | "sport"): Promise<readonly (string | undefined)[]> {
					const found: (string | undefined)[] = [];
					for (let n = 0; n < FLOWS; n += 1) {
						const host = varied === "dst" ? `10.9.${n >> 8}.${n & 255}` : "10.9.0.1";
						const sport = varied === "sport" ? 1024 + n : 1024;
						const query = { src: ip("10.0.0.1"), dst: ip(host), proto: 17, sport, dport: 53 };
						const answer = await kernel.routeGet("a", query);
						found.push(answer.ok ? answer.value.via : answer.error.errno);
					}
					return found;
				}
				const count = (all: readonly (string | undefined)[], via: string) => all.filter((one) => one === via).length;

				test("flows spread by weight and keep their way", async () => {
					await ways();
					const first = await gateways("dst");
					expect(count(first, ONE) + count(first, OTHER)).toBe(FLOWS);
					// A quarter of 400 with a standard deviation of 8.7: six of them.
					expect(Math.abs(count(first, ONE) - FLOWS / 4)).toBeLessThan(52);
					expect(await gateways("dst")).toEqual(first);
				});

				test(`an ICMP error ${policy === 0 ? "goes" : "need not go"} where the flow goes that it is about`, async () => {
					await ways();
					const permanent = { kind: "neigh", dev: "eth0", state: "PERMANENT" } as const;
					await must(
						"a",
						add({ ...permanent, addr: ONE, mac: MAC_B }),
						add({ ...permanent, addr: OTHER, mac: mac("02:00:00:00:00:0c") }),
						set({ kind: "sysctl", key: "net.ipv4.conf.all.send_redirects", value: "0" }),
						set({ kind: "sysctl", key: "net.ipv4.conf.eth0.send_redirects", value: "0" }),
					);
					const hops: number[] = [];
					const stop = kernel.capture("a", { dev: "eth0" }, ({ frame, direction }) => {
						if (direction === "out" && frame[12] === 8 && frame[13] === 0) hops.push(frame[5] ?? 0);
					});
					const sender = kernel.sockets.openPacket("b", { dev: "eth0", etherType: 0x88b5 }, {});
					if (!sender.ok || !stop.ok) throw new Error("no packet socket");
					const header = [2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 11, 8, 0];
					const near = "10.8.0.1";
					for (let k = 1; k <= 60; k += 1) {
						const far = `10.9.0.${k}`;
						const about = udp({ src: far, dst: near, sport: 53, dport: 1024 });
						const packets = [
							udp({ src: near, dst: far, sport: 1024, dport: 53 }),
							icmp({ src: "10.8.7.7", dst: far, type: 3, code: 1, rest: 0, body: about }),
						];
						for (const [at, each] of packets.entries()) {
							expect(sender.value.send(Uint8Array.from([...header, ...each])).ok).toBe(true);
							await kernel.run(() => hops.length > 2 * (k - 1) + at, SECOND);
						}
					}
					stop.value();
					expect(hops).toHaveLength(120);
					const together = hops.filter((hop, at) => at % 2 === 0 && hop === hops[at + 1]).length;
					// By chance alone 37.5 of 60, with a standard deviation of 3.75.
					if (policy === 0) expect(together).toBe(60);
					else expect(Math.abs(together - 37.5)).toBeLessThan(22);
				});

				test("ports tell flows apart with policy 1 only", async () => {
					await ways();
					const found = await gateways("sport");
					if (policy === 0) expect(new Set(found).size).toBe(1);
					else expect(Math.abs(count(found, ONE) - FLOWS / 4)).toBeLessThan(52);
				});
			});

			test("there are hash policies 0 to 3 and no others", async () => {
				await cable();
				const key = "net.ipv4.fib_multipath_hash_policy";
				for (const value of ["4", "-1"]) {
					expect(errno(await kernel.apply("a", [set({ kind: "sysctl", key, value })]))).toBe("EINVAL");
				}
			});

			test("a bridge learns where its neighbours are", async () => {
				await bridged();
				await ping(kernel, "a", { to: ip("10.0.0.2"), timeoutNs: SECOND });
				const learnt = (await dump("host", "fdb")).flatMap((entry) =>
					entry.kind === "fdb" && entry.state === undefined ? [`${entry.mac} ${entry.dev}`] : [],
				);
				expect(learnt).toContain("02:00:00:00:00:0a pa");
				expect(learnt).toContain("02:00:00:00:00:0b pb");
			});

			test("neighbours are resolved, and can be given", async () => {
				await cable();
				await ping(kernel, "a", { to: ip("10.0.0.2"), timeoutNs: SECOND });
				const resolved = (await dump("a", "neigh")).find(
					(entry) => entry.kind === "neigh" && entry.addr === "10.0.0.2",
				);
				expect(resolved).toMatchObject({ dev: "eth0", mac: MAC_B, state: "REACHABLE" });
				await must("a", set({ kind: "neigh", dev: "eth0", addr: ip("10.0.0.7"), mac: MAC_B, state: "PERMANENT" }));
				const given = (await dump("a", "neigh")).find((entry) => entry.kind === "neigh" && entry.addr === "10.0.0.7");
				expect(given).toMatchObject({ mac: MAC_B, state: "PERMANENT" });
			});
		});

		describe("packets", () => {
			test("ping is answered, with the number of hops in its TTL", async () => {
				await routed();
				const done = await ping(kernel, "a", { to: ip("10.0.2.2"), timeoutNs: SECOND });
				expect(done).toMatchObject({
					outcome: "done",
					received: 1,
					probes: [{ outcome: "reply", ttl: 63, from: "10.0.2.2" }],
				});
				const near = await ping(kernel, "a", { to: ip("10.0.2.2"), timeoutNs: SECOND, socket: { ttl: 1 } });
				expect(near).toMatchObject({
					probes: [{ outcome: "icmp-error", report: { type: 11, code: 0, from: "10.0.1.1" } }],
				});
			});

			test("captures see a frame in and out, in order, on every device", async () => {
				await bridged();
				const seen: CapturedFrame[] = [];
				const stops = ["a", "host", "b"].map((netns) => kernel.capture(netns, {}, (frame) => seen.push(frame)));
				await ping(kernel, "a", { to: ip("10.0.0.2"), timeoutNs: SECOND });
				// What was captured last may be told a moment after the answer.
				await kernel.run(() => false, 5 * MS);
				for (const stop of stops) if (stop.ok) stop.value();
				const request = seen
					.filter(({ frame }) => summarizeFrame(frame, { link: "ethernet" }).includes("echo request"))
					.map(({ netns, dev, direction, pktType }) => `${netns} ${dev} ${direction} ${pktType}`);
				expect(request).toEqual([
					"a eth0 out outgoing",
					"host pa in otherhost",
					"host pb out outgoing",
					"b eth0 in host",
				]);
			});

			test("rules count what they match, and connection tracking is asked once", async () => {
				await routed();
				await load(
					"r",
					"*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.0.1.1/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.0.2.2:5353\n-A POSTROUTING -o rb -j MASQUERADE\nCOMMIT\n" +
						"*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate NEW\n-A FORWARD -m conntrack --ctstate ESTABLISHED\nCOMMIT\n",
				);
				const server = udpEcho(kernel, "b", { port: 5353, reply: ({ from }) => utf8Encode(from.addr) });
				expect(server.ok).toBe(true);
				const socket = { bind: { port: 4000 } };
				for (let n = 0; n < 2; n += 1) {
					const answer = await udpClient(kernel, "a", {
						to: { addr: ip("10.0.1.1"), port: 53 },
						payload: utf8Encode("?"),
						socket,
					});
					expect(answer.outcome === "answered" && [utf8Decode(answer.payload), answer.from]).toEqual([
						"10.0.2.1",
						{ addr: "10.0.1.1", port: 53 },
					]);
				}
				expect(await counts("r", "nat", "PREROUTING")).toEqual([1]);
				expect(await counts("r", "nat", "POSTROUTING")).toEqual([1]);
				expect(await counts("r", "filter", "FORWARD")).toEqual([1, 3]);
				expect(await dump("r", "conntrack")).toMatchObject([
					{
						proto: 17,
						original: { src: "10.0.1.2", dst: "10.0.1.1", sport: 4000, dport: 53 },
						reply: { src: "10.0.2.2", dst: "10.0.2.1", sport: 5353, dport: 4000 },
						snat: true,
						dnat: true,
					},
				]);
			});

			test("connection tracking tells of its entries, and forgets one that is deleted", async () => {
				await routed();
				await load("r", "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n");
				const events: ConntrackEvent[] = [];
				const stop = kernel.conntrackEvents("r", (event) => events.push(event));
				udpEcho(kernel, "b", { port: 53, reply: ({ bytes }) => bytes });
				await udpClient(kernel, "a", { to: { addr: ip("10.0.2.2"), port: 53 }, payload: utf8Encode("?") });
				const [entry] = await dump("r", "conntrack");
				if (entry === undefined) throw new Error("no entry");
				await must("r", del(entry));
				await kernel.run(() => events.length >= 3, SECOND);
				if (stop.ok) stop.value();
				expect(events.map((event) => event.type)).toEqual(["new", "update", "destroy"]);
				expect(await dump("r", "conntrack")).toEqual([]);
				expect(errno(await kernel.apply("r", [del(entry)]))).toBe("ENOENT");
			});

			test("LOG writes the kernel's line", async () => {
				await cable();
				await load("b", '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p icmp -j LOG --log-prefix "contract: "\nCOMMIT\n');
				await ping(kernel, "a", { to: ip("10.0.0.2"), timeoutNs: SECOND, payloadBytes: 8, id: 77 });
				await kernel.run(() => kernel.log().some(({ text }) => text.includes("contract: ")), SECOND);
				const line = kernel.log().find(({ text }) => text.includes("contract: "))?.text ?? "";
				expect(line.replace(/ ID=\d+ (DF )?PROTO/, " PROTO")).toBe(
					"contract: IN=eth0 OUT= MAC=02:00:00:00:00:0b:02:00:00:00:00:0a:08:00 SRC=10.0.0.1 DST=10.0.0.2 LEN=36 TOS=0x00 PREC=0x00 TTL=64 PROTO=ICMP TYPE=8 CODE=0 ID=77 SEQ=1 ",
				);
			});
		});

		describe("sockets", () => {
			test("TCP carries data both ways and closes in order", async () => {
				await cable();
				const said: string[] = [];
				const listener = kernel.sockets.listenTcp("b", { bind: { port: 80 } }, (connection) => {
					connection.handle({
						onData: (bytes) => {
							said.push(`server got ${utf8Decode(bytes)} from ${connection.remote.addr}`);
							connection.send(utf8Encode("pong"));
						},
						onEnd: () => {
							said.push("server end");
							connection.close();
						},
						onClose: () => said.push("server closed"),
					});
				});
				expect(listener.ok).toBe(true);
				let client: TcpConnection | undefined;
				let closed = false;
				const opened = kernel.sockets.connectTcp(
					"a",
					{ addr: ip("10.0.0.2"), port: 80 },
					{},
					{
						onConnect: () => client?.send(utf8Encode("ping")),
						onData: (bytes) => {
							said.push(`client got ${utf8Decode(bytes)}`);
							client?.close();
						},
						onEnd: () => said.push("client end"),
						onClose: () => {
							closed = true;
						},
					},
				);
				if (!opened.ok) throw new Error(opened.error.message);
				client = opened.value;
				await kernel.run(() => closed && said.includes("server closed"), 3 * SECOND);
				expect(said.slice(0, 3)).toEqual(["server got ping from 10.0.0.1", "client got pong", "server end"]);
				expect(closed).toBe(true);
			});

			test("a closed TCP port refuses, a reset is told, an address nobody has cannot be reached", async () => {
				await cable();
				expect(await connectError("10.0.0.2", 81)).toBe("ECONNREFUSED");
				expect(await connectError("10.0.0.99", 80)).toBe("EHOSTUNREACH");
				expect(await connectError("192.0.2.1", 80)).toBe("ENETUNREACH");
				kernel.sockets.listenTcp("b", { bind: { port: 80 } }, (connection) => {
					connection.handle({ onData: () => connection.abort() });
				});
				let told = "";
				const opened = kernel.sockets.connectTcp(
					"a",
					{ addr: ip("10.0.0.2"), port: 80 },
					{},
					{
						onData: () => {},
						onError: (error) => {
							told = error.errno;
						},
					},
				);
				if (!opened.ok) throw new Error(opened.error.message);
				await kernel.run(() => false, 50 * MS);
				opened.value.send(utf8Encode("x"));
				await kernel.run(() => told !== "", SECOND);
				expect(told).toBe("ECONNRESET");
			});

			test("a closed UDP port is told to a connected socket, and datagrams find their way back", async () => {
				await cable();
				const refused = await udpClient(kernel, "a", {
					to: { addr: ip("10.0.0.2"), port: 9 },
					payload: utf8Encode("x"),
					timeoutNs: SECOND,
				});
				expect(refused).toMatchObject({ outcome: "refused", errno: "ECONNREFUSED" });
				const taken = kernel.sockets.openUdp("b", { bind: { port: 53 } }, {});
				expect(taken.ok).toBe(true);
				expect(kernel.sockets.openUdp("b", { bind: { addr: ip("10.9.9.9"), port: 54 } }, {})).toMatchObject({
					ok: false,
					error: { errno: "EADDRNOTAVAIL" },
				});
			});

			test("a packet socket sends frames as they are and hears its EtherType", async () => {
				await cable();
				const heard: string[] = [];
				const there = kernel.sockets.openPacket(
					"b",
					{ dev: "eth0", etherType: 0x88b5 },
					{ onFrame: (frame, type) => heard.push(`${type} ${frame.length}`) },
				);
				const here = kernel.sockets.openPacket("a", { dev: "eth0", etherType: 0x88b5 }, {});
				if (!there.ok || !here.ok) throw new Error("no packet socket");
				const frame = new Uint8Array(60);
				frame.set([2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x88, 0xb5]);
				expect(here.value.send(frame).ok).toBe(true);
				frame.fill(0xff, 0, 6);
				expect(here.value.send(frame).ok).toBe(true);
				await kernel.run(() => heard.length >= 2, SECOND);
				expect(heard).toEqual(["host 60", "broadcast 60"]);
			});

			test("are listed", async () => {
				await cable();
				kernel.sockets.listenTcp("b", { bind: { port: 80 } }, () => {});
				kernel.sockets.openUdp("b", { bind: { addr: ip("10.0.0.2"), port: 53 } }, {});
				const list = kernel.sockets.list("b");
				const lines = list.ok
					? list.value.map(({ protocol, state, local }) => `${protocol} ${state} ${local.addr}:${local.port}`)
					: [];
				expect([...lines].sort()).toEqual(["tcp LISTEN 0.0.0.0:80", "udp UNCONN 10.0.0.2:53"]);
			});
		});

		describe("time", () => {
			test("goes on while the kernel runs, and calls back in order", async () => {
				const from = kernel.clock.now();
				const called: string[] = [];
				kernel.clock.after(20 * MS, () => called.push("late"));
				kernel.clock.after(5 * MS, () => called.push("early"));
				const cancel = kernel.clock.after(10 * MS, () => called.push("never"));
				cancel();
				expect(await kernel.run(() => called.length === 2, SECOND)).toBe(true);
				expect(called).toEqual(["early", "late"]);
				expect(kernel.clock.now() - from).toBeGreaterThanOrEqual(20 * MS);
				expect(await kernel.run(() => false, MS)).toBe(false);
			});
		});

		async function connectError(addr: string, port: number): Promise<string> {
			let told = "";
			const opened = kernel.sockets.connectTcp(
				"a",
				{ addr: ip(addr), port },
				{},
				{
					onConnect: () => {
						told = "connected";
					},
					onError: (error) => {
						told = error.errno;
					},
				},
			);
			if (!opened.ok) return opened.error.errno;
			await kernel.run(() => told !== "", 5 * SECOND);
			return told;
		}

		/** `a` and `b` with `eth0` each, ports `pa` and `pb` of a bridge in `host`. */
		async function bridged(): Promise<void> {
			for (const netns of ["host", "a", "b"]) await kernel.addNetns(netns);
			await must(
				"host",
				add({ kind: "link", name: "br0", mac: mac("02:00:00:00:00:ff"), link: { type: "bridge" }, up: true }),
			);
			for (const [netns, port, own, addr] of [
				["a", "pa", MAC_A, "10.0.0.1/24"],
				["b", "pb", MAC_B, "10.0.0.2/24"],
			] as const) {
				await must(
					netns,
					add({ kind: "link", name: "eth0", mac: own, link: { type: "veth", peer: port, peerNetns: "host" } }),
				);
				await must(netns, set({ kind: "link", name: "lo", up: true }), set({ kind: "link", name: "eth0", up: true }));
				await must(netns, add({ kind: "addr", dev: "eth0", addr: cidr(addr) }));
				await must("host", set({ kind: "link", name: port, master: "br0", up: true }));
			}
			await kernel.run(() => false, 50 * MS);
		}
	});
}

const BR0: KernelObject = { kind: "link", name: "br0", link: { type: "bridge" }, up: true };
const ADDR0: KernelObject = { kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") };
const ROUTE0 = { kind: "route", dst: cidr("10.5.0.0/16"), via: ip("10.0.0.2"), dev: "br0" } as const;
const RULE0: KernelObject = { kind: "rule", family: "ipv4", priority: 50, from: cidr("10.0.0.0/8"), table: 254 };

function add(object: KernelObject): Op {
	return { verb: "add", object };
}

function set(object: KernelObject): Op {
	return { verb: "replace", object };
}

function del(object: KernelObject): Op {
	return { verb: "delete", object };
}
