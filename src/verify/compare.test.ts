/** Comparing: what chance decided is passed over and counted, everything else is found. */
import { expect, test } from "vitest";
import { CLASH_STEPS, dnatScenario, simHost, TCP_STEP, UDP_STEP } from "../../test/scenario-samples.ts";
import { parseIpSetSave } from "../formats/ipset/parse-listing.ts";
import type { ConntrackEntry } from "../kernel/conntrack.ts";
import { ip, ipNum, mac, macNum } from "../wire/addr.ts";
import { ETH_P_IP, putEthernet } from "../wire/ethernet.ts";
import { putIcmp } from "../wire/icmpv4.ts";
import { putIpv4 } from "../wire/ipv4.ts";
import { Chance } from "./chance.ts";
import { type Comparison, compareOutcomes } from "./compare.ts";
import type { NetnsOutcome, Outcome } from "./outcome.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";

const ALL = dnatScenario([TCP_STEP, ...CLASH_STEPS]);

/** Two simulated kernels with other seeds; what the second shows can be changed, or the scenario it plays. */
async function compared(
	scenario: Scenario,
	change: { readonly outcome?: (outcome: Outcome) => Outcome; readonly other?: Scenario } = {},
): Promise<Comparison> {
	const sim = await runScenario(simHost(1), scenario);
	const real = await runScenario(simHost(2), change.other ?? scenario);
	return compareOutcomes(scenario, sim, change.outcome?.(real) ?? real);
}

test("two runs with other seeds agree, and what was passed over is counted", async () => {
	const result = await compared(ALL);
	if (!result.agrees) throw new Error(JSON.stringify(result.first));
	expect([...result.normalised.keys()].sort()).toEqual(["IP id", "NAT port", "TCP sequence number", "TCP timestamp"]);
	expect(result.normalised.get("NAT port")).toBe(7);
});

test("the same seed agrees with nothing passed over", async () => {
	const sim = await runScenario(simHost(1), ALL);
	const result = compareOutcomes(ALL, sim, await runScenario(simHost(1), ALL));
	expect(result).toEqual({ agrees: true, normalised: new Map() });
});

function atRouter(change: (router: NetnsOutcome) => NetnsOutcome): (outcome: Outcome) => Outcome {
	return (outcome) => {
		const router = outcome.netns["router"];
		if (router === undefined) throw new Error("no router");
		return { ...outcome, netns: { ...outcome.netns, router: change(router) } };
	};
}

/** A bit of the frame with this number flipped, which no chance explains. */
function flipped(number: number, at: number, bit = 1): (outcome: Outcome) => Outcome {
	return (outcome) => ({
		...outcome,
		frames: outcome.frames.map((seen, index) => {
			if (index !== number) return seen;
			return { ...seen, frame: Uint8Array.from(seen.frame, (byte, k) => (k === at ? byte ^ bit : byte)) };
		}),
	});
}

/** Some of the difference; `missing`: that kernel has nothing there. */
type Found = Partial<Record<"kind" | "step" | "number" | "netns" | "sim" | "real", string | number>> & {
	readonly missing?: "sim" | "real";
};

const CHANGES: readonly (readonly [what: string, change: (outcome: Outcome) => Outcome, found: Found])[] = [
	["a frame is missing", (o) => ({ ...o, frames: o.frames.slice(1) }), { kind: "frame", step: 0, number: 1 }],
	[
		"a frame too many",
		(o) => ({ ...o, frames: [...o.frames, ...o.frames.slice(-1)] }),
		{ kind: "frame", step: 2, missing: "sim" },
	],
	["the first frame has another destination", flipped(0, 0), { kind: "frame", step: 0, netns: "client" }],
	["a later frame has another TTL", flipped(8, 22), { kind: "frame", step: 0 }],
	["a checksum is wrong", flipped(8, 24), { kind: "frame", step: 0 }],
	[
		"a frame is for another host",
		(o) => ({ ...o, frames: o.frames.map((f, k) => (k === 9 ? { ...f, pktType: "multicast" } : f)) }),
		{ kind: "frame" },
	],
	[
		"a datagram did not arrive",
		(o) => ({ ...o, sockets: o.sockets.filter(({ what }) => !what.startsWith("datagram")) }),
		{ kind: "socket", step: 1, sim: "datagram from 10.244.1.1:40001: 68656c6c6f" },
	],
	[
		"a log line is of another level",
		(o) => ({ ...o, log: o.log.map((line) => ({ ...line, level: 5 })) }),
		{ kind: "log", step: 0 },
	],
	[
		"a log line says something else",
		(o) => ({ ...o, log: o.log.map((line) => ({ ...line, text: line.text.replace("TTL=63", "TTL=62") })) }),
		{ kind: "log", step: 0 },
	],
	[
		"a rule counted another packet",
		atRouter((router) => ({
			...router,
			chains: router.chains.map((chain) => ({
				...chain,
				rules: chain.rules.map((rule) => ({ ...rule, counters: { packets: 9, bytes: 9 } })),
			})),
		})),
		{
			kind: "rule",
			step: 3,
			real: '*filter [9:9] -A FORWARD -j LOG --log-prefix "fwd: " --log-tcp-sequence --log-tcp-options',
		},
	],
	[
		"a connection is not tracked",
		atRouter((router) => ({ ...router, conntrack: router.conntrack.slice(1) })),
		{ kind: "conntrack", missing: "real" },
	],
	[
		"a connection lives longer",
		atRouter((router) => ({
			...router,
			conntrack: router.conntrack.map((entry) => ({ ...entry, timeoutSeconds: entry.timeoutSeconds + 2 })),
		})),
		{ kind: "conntrack" },
	],
	[
		"a neighbour is in another state",
		atRouter((router) => ({ ...router, neighs: router.neighs.map((neigh) => ({ ...neigh, state: "FAILED" })) })),
		{ kind: "neigh" },
	],
	[
		"a forwarding entry is missing",
		atRouter((router) => ({ ...router, fdb: router.fdb.filter(({ state }) => state !== undefined) })),
		{ kind: "fdb", missing: "real", sim: "02:00:00:00:01:02 dev veth0 learnt" },
	],
	[
		"the real kernel refuses",
		(o) => ({ ...o, refused: { netns: "router", error: { errno: "EINVAL", op: 0, message: "no" } } }),
		{ kind: "refused", step: -1 },
	],
];

test.each(CHANGES)("when %s, that is the first difference", async (_, change, { missing, ...found }) => {
	const result = await compared(ALL, { outcome: change });
	expect(result).toMatchObject({ agrees: false, first: found });
	if (missing !== undefined) expect(result).not.toHaveProperty(`first.${missing}`);
});

test("a second more or less in a timeout is passed over", async () => {
	const result = await compared(ALL, {
		outcome: atRouter((router) => ({
			...router,
			conntrack: router.conntrack.map((entry) => ({ ...entry, timeoutSeconds: entry.timeoutSeconds - 1 })),
		})),
	});
	expect(result.agrees && result.normalised.get("conntrack timeout")).toBe(3);
});

test("a kernel that masquerades to a port of another class is found", async () => {
	const low = { ...UDP_STEP, from: { addr: ip("10.0.0.1"), port: 700 } };
	const steps = [low, { ...low, from: { addr: ip("10.0.0.3"), port: 700 } }];
	const scenario = dnatScenario(steps);
	expect((await compared(scenario)).agrees).toBe(true);
	const chance = new Chance(scenario);
	expect([chance.port(17, 650, 1020), chance.port(17, 651, 1030), chance.port(17, 700, 701)]).toEqual([
		true,
		false,
		false,
	]);
	// One port stands for one port, both ways.
	expect([chance.port(17, 650, 1020), chance.port(17, 650, 1021), chance.port(17, 652, 1020)]).toEqual([
		true,
		false,
		false,
	]);
});

/** What a router holds of a clash whose packets no device showed; the second kernel's conntrack entries can be changed. */
async function unseen(
	change: (entries: readonly ConntrackEntry[]) => readonly ConntrackEntry[] = (entries) => entries,
): Promise<Comparison> {
	const scenario = dnatScenario(CLASH_STEPS);
	const play = async (seed: number): Promise<Outcome> => {
		const outcome = await runScenario(simHost(seed), scenario);
		return { ...outcome, frames: [], sockets: [], log: [] };
	};
	const changed = atRouter((router) => ({ ...router, conntrack: change(router.conntrack) }));
	return compareOutcomes(scenario, await play(1), changed(await play(2)));
}

test("a port that NAT drew may be seen in the connection only", async () => {
	const result = await unseen();
	expect(result.agrees && result.normalised.get("NAT port")).toBe(1);
});

test("a port that NAT drew may stand in a set, whose order it then changes, and no other port may", async () => {
	const compareSets = (theirs: readonly number[]): Promise<Comparison> => withSets([2000, 53], theirs);
	expect(await compareSets([2000, 53])).toMatchObject({ agrees: true });
	expect(await compareSets([53, 2000])).toMatchObject({ agrees: false, first: { kind: "ipset" } });
	expect(await compareSets([2001, 53])).toMatchObject({ agrees: false, first: { kind: "ipset" } });
	expect(await withSets(["drawn", 53], ["drawn", 53])).toMatchObject({ agrees: true });
	expect(await withSets(["drawn", 53], [53, "drawn"])).toMatchObject({ agrees: true });
	expect(await withSets(["drawn", 53], ["drawn", 54])).toMatchObject({ agrees: false, first: { kind: "ipset" } });
});

/** A clash on both kernels, and then a set with these UDP ports on each; `drawn`: the port that NAT drew there. */
async function withSets(
	ours: readonly (number | "drawn")[],
	theirs: readonly (number | "drawn")[],
): Promise<Comparison> {
	const head = "create s hash:ip,port family inet hashsize 64 maxelem 9 initval 0x1\n";
	const plain = dnatScenario(CLASH_STEPS);
	const config = { ...plain.config, router: { ...plain.config["router"], ipset: head } };
	const scenario: Scenario = { ...plain, config };
	const play = async (seed: number, ports: readonly (number | "drawn")[]): Promise<Outcome> => {
		const outcome = await runScenario(simHost(seed), plain);
		return atRouter((router) => {
			const drawn = router.conntrack.flatMap(({ original, reply }) =>
				reply.dport === undefined || reply.dport === original.sport ? [] : [reply.dport],
			);
			const lines = ports.map((port) => `add s 10.0.0.1,udp:${port === "drawn" ? drawn[0] : port}`);
			const parsed = parseIpSetSave([head, ...lines].join("\n"));
			if (!parsed.ok) throw new Error(parsed.error.message);
			return { ...router, sets: parsed.value };
		})(outcome);
	};
	return compareOutcomes(scenario, await play(1, ours), await play(2, theirs));
}

test("a port seen in the connection only is found when NAT could not have drawn it", async () => {
	const changed = (port: number): Promise<Comparison> =>
		unseen((entries) =>
			entries.map((entry) => {
				const isDrawn = entry.reply.dport !== undefined && entry.reply.dport !== entry.original.sport;
				return isDrawn ? { ...entry, reply: { ...entry.reply, dport: port } } : entry;
			}),
		);
	expect(await changed(50_000)).toMatchObject({ agrees: true });
	expect(await changed(700)).toMatchObject({ agrees: false, first: { kind: "conntrack" } });
	expect(await changed(53)).toMatchObject({ agrees: false, first: { kind: "conntrack" } });
});

test("connections with the same addresses in zones of one direction are told apart, whatever their order", async () => {
	const twice = (entries: readonly ConntrackEntry[], zones: readonly number[]): readonly ConntrackEntry[] => {
		const [entry] = entries;
		if (entry === undefined) throw new Error("no connection");
		return zones.map((zone) => ({
			...entry,
			timeoutSeconds: 100 + 20 * zone,
			original: { ...entry.original, zone },
		}));
	};
	const scenario = dnatScenario([UDP_STEP]);
	const sim = await runScenario(simHost(1), scenario);
	const zoned = (zones: readonly number[]): Outcome =>
		atRouter((router) => ({ ...router, conntrack: twice(router.conntrack, zones) }))(sim);
	expect(compareOutcomes(scenario, zoned([1, 2]), zoned([2, 1]))).toMatchObject({ agrees: true });
	expect(compareOutcomes(scenario, zoned([1, 2]), zoned([2, 3]))).toMatchObject({ first: { kind: "conntrack" } });
});

test("rules that do not count the packet they are for are found on the first frame that differs", async () => {
	const other = {
		...ALL,
		config: {
			...ALL.config,
			router: {
				...ALL.config["router"],
				iptables: (ALL.config["router"]?.iptables ?? "").replace("10.244.1.2:5353", "10.244.1.2:5354"),
			},
		},
	};
	expect(await compared(ALL, { other })).toMatchObject({
		first: { kind: "frame", step: 1, netns: "router", dev: "br0", number: 1 },
	});
});

test("the IP id of a frame that the scenario sent is never passed over, that of the answer is", async () => {
	const frame = (id: number): Scenario =>
		dnatScenario([{ kind: "frame", netns: "client", dev: "eth0", bytes: echo(id) }]);
	expect(await compared(frame(77))).toMatchObject({ agrees: true });
	expect(await compared(frame(77), { other: frame(78) })).toMatchObject({
		first: { kind: "frame", step: 0, netns: "client", number: 1 },
	});
});

/** An echo request 10.0.0.1 > 10.0.0.2 with this IP id. */
function echo(id: number): Uint8Array {
	const bytes = new Uint8Array(14 + 20 + 8);
	putEthernet(bytes, 0, {
		dst: macNum(mac("02:00:00:00:00:02")),
		src: macNum(mac("02:00:00:00:00:01")),
		type: ETH_P_IP,
	});
	const addrs = { src: Number(ipNum(ip("10.0.0.1"))), dst: Number(ipNum(ip("10.0.0.2"))) };
	putIpv4(bytes, 14, { ...addrs, proto: 1, ttl: 64, tos: 0, id, frag: 0, totalLength: 28 });
	putIcmp(bytes, 34, 42, { type: 8, code: 0, rest: 0x0001_0001 });
	return bytes;
}
