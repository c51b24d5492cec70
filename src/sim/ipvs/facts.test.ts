/** ../shared/reference/kernel-lab.md §4, fact by fact; what packets do event by event is in test/ipvs-golden.test.ts. */
import { beforeEach, describe, expect, it } from "vitest";
import { type GoldenEvent, IpvsLab } from "../../../test/ipvs-lab.ts";
import { cidr, ip } from "../../wire/addr.ts";

const VIP = "10.96.0.10";
const R1 = "10.0.0.11";
const R2 = "10.0.0.12";
const KEY = ["tcp", VIP, 80, 0] as const;

type Sent = Extract<GoldenEvent, readonly ["p", ...unknown[]]>;

let lab: IpvsLab;

beforeEach(async () => {
	lab = await IpvsLab.make();
	await lab.lab.add("d", { kind: "route", dst: cidr("192.0.2.0/24"), via: ip("10.255.0.2"), dev: "c0" });
});

async function service(scheduler: string, w1 = 1, w2 = 1, flags = 0): Promise<void> {
	await lab.event(["svc", "add", KEY, scheduler, flags, (flags & 1) === 0 ? 0 : 600, "255.255.255.255"]);
	await lab.event(["dest", "add", KEY, R1, 8080, "masq", w1]);
	await lab.event(["dest", "add", KEY, R2, 8080, "masq", w2]);
}

function request(flags: string, client = "192.0.2.2", sport = 5001): Sent {
	return ["p", "c", "tcp", client, sport, VIP, 80, flags, 0];
}

function answer(flags: string, server = R2, client = "192.0.2.2", sport = 5001): Sent {
	return ["p", "s", "tcp", server, 8080, client, sport, flags, 0];
}

/** What comes out because of the event. */
async function sent(event: GoldenEvent): Promise<readonly string[]> {
	lab.out();
	await lab.event(event);
	return lab.out();
}

/** The servers that get the SYNs of these clients. */
async function servers(of: readonly (readonly [client: string, sport: number])[]): Promise<string> {
	const found: string[] = [];
	for (const [client, sport] of of) {
		const out = await sent(request("S", client, sport));
		found.push(out[0]?.includes(`>${R1}:`) === true ? "r1" : out[0]?.includes(`>${R2}:`) === true ? "r2" : "none");
	}
	return found.join(" ");
}

/** So many connections that end at once, of one client. */
async function sequence(count: number): Promise<string> {
	return servers(Array.from({ length: count }, (_, k) => ["192.0.2.2", 6000 + k] as const));
}

const EIGHT = [2, 3, 4, 5, 6, 7, 8, 9].map((k) => [`192.0.2.${k}`, 5000] as const);

describe("where IPVS sits", () => {
	it("never sees a packet to a virtual address that is not one of the director's (fact 1)", async () => {
		await lab.event(["svc", "add", ["tcp", "10.97.0.1", 80, 0], "rr"]);
		await lab.lab.add("d", { kind: "route", dst: cidr("10.97.0.0/16"), via: ip(R1), dev: "s0" });
		expect(await sent(["p", "c", "tcp", "192.0.2.2", 5001, "10.97.0.1", 80, "S", 0])).toEqual([
			"s11 192.0.2.2:5001>10.97.0.1:80 tcp S t63D",
		]);
		await lab.lab.add(
			"d",
			{ kind: "link", name: "kube-ipvs0", link: { type: "dummy" } },
			{ kind: "addr", dev: "kube-ipvs0", addr: cidr("10.97.0.1/32") },
		);
		const [refused] = await sent(["p", "c", "tcp", "192.0.2.2", 5002, "10.97.0.1", 80, "S", 0]);
		expect(refused).toContain("10.97.0.1>192.0.2.2 icmp 3/3");
	});
});

describe("schedulers", () => {
	it("rr begins with the destination added last (fact 2)", async () => {
		await service("rr");
		expect(await sequence(6)).toBe("r2 r1 r2 r1 r2 r1");
	});

	it.each([
		[1, 3, "r2 r1 r2 r2 r2 r1 r2 r2"],
		[3, 2, "r2 r1 r1 r2 r1 r2 r1 r1 r2 r1"],
	])("wrr with weights %i and %i (fact 2)", async (w1, w2, wanted) => {
		await service("wrr", w1, w2);
		expect(await sequence(wanted.split(" ").length)).toBe(wanted);
	});

	it.each(["wlc", "sed", "nq"])("%s prefers the idle server with the greater weight (fact 2)", async (scheduler) => {
		await service(scheduler, 1, 3);
		expect(await servers([["192.0.2.2", 5001]])).toBe("r2");
	});

	it.each([
		["sh", 0, "r2 r2 r2 r2 r1 r2 r1 r2"],
		["mh", 0, "r2 r2 r1 r2 r2 r2 r1 r2"],
		["dh", 0, "r2 r2 r2 r2 r2 r2 r2 r2"],
	])("%s gives these clients these servers on every kernel (fact 3)", async (scheduler, flags, wanted) => {
		await service(scheduler, 1, 3, flags);
		expect(await servers(EIGHT)).toBe(wanted);
	});

	it("sh with sh-port looks at the client's port too (fact 3)", async () => {
		await service("sh", 1, 1, 0x10);
		const ports = Array.from({ length: 8 }, (_, k) => ["192.0.2.2", 5001 + k] as const);
		expect(await servers(ports)).toBe("r2 r2 r2 r2 r2 r1 r1 r1");
	});
});

describe("connections", () => {
	it("are listed with their state and what is left of it (facts 4 and 9)", async () => {
		await service("rr");
		const stateAfter = async (event: GoldenEvent): Promise<readonly string[]> => {
			await lab.event(event);
			return [...(await lab.connections())].map(([text, seconds]) => `${text.split(" ")[4]} ${seconds}`);
		};
		expect(await stateAfter(request("S"))).toEqual(["SYN_RECV 59"]);
		expect(await stateAfter(answer("SA"))).toEqual(["SYN_RECV 59"]);
		expect(await stateAfter(request("A"))).toEqual(["ESTABLISHED 899"]);
		expect(await stateAfter(request("FA"))).toEqual(["CLOSE_WAIT 59"]);
		expect(await stateAfter(answer("FA"))).toEqual(["TIME_WAIT 119"]);
		expect(await stateAfter(request("R"))).toEqual(["CLOSE 9"]);
	});

	it("of UDP stick to the server for 300 seconds (fact 11)", async () => {
		const udp = ["udp", VIP, 80, 0] as const;
		await lab.event(["svc", "add", udp, "rr"]);
		for (const server of [R1, R2]) await lab.event(["dest", "add", udp, server, 8080, "masq"]);
		for (let k = 0; k < 3; k += 1) {
			expect(await sent(["p", "c", "udp", "192.0.2.2", 5001, VIP, 80, "", 1])).toEqual([
				`s12 192.0.2.2:5001>${R2}:8080 udp 1 t63D`,
			]);
		}
		expect([...(await lab.connections()).values()]).toEqual([299]);
		lab.lab.pass(400);
		expect((await lab.connections()).size).toBe(0);
	});

	it("outlive their deleted destination: dropped until it is there again (fact 8)", async () => {
		await service("rr");
		for (const event of [request("S"), answer("SA"), request("A")]) await lab.event(event);
		await lab.event(["dest", "delete", KEY, R2, 8080, "masq"]);
		lab.out();
		expect(await sent(request("PA"))).toEqual([]);
		const dropped = lab.lab.events.findLast((event) => event.step === "drop");
		expect(dropped).toMatchObject({
			fn: "ip_vs_in_hook",
			reason: "NETFILTER_DROP",
			detail: "IPVS: the destination was deleted (expire_nodest_conn is off)",
		});
		await lab.event(["dest", "add", KEY, R2, 8080, "masq"]);
		expect(await sent(request("PA"))).toEqual([`s12 192.0.2.2:5001>${R2}:8080 tcp PA t63D`]);
	});

	it("of a deleted destination end at once with expire_nodest_conn: the client gets a RST (fact 8)", async () => {
		await lab.event(["sysctl", "expire_nodest_conn", 1]);
		await service("rr");
		for (const event of [request("S"), answer("SA"), request("A")]) await lab.event(event);
		await lab.event(["dest", "delete", KEY, R2, 8080, "masq"]);
		lab.out();
		expect(await sent(request("PA"))).toEqual([`cc1 ${VIP}:80>192.0.2.2:5001 tcp R t64D`]);
	});

	it("of a deleted service stay until they expire (fact 12)", async () => {
		await service("rr");
		await lab.event(request("S"));
		await lab.event(["svc", "delete", KEY]);
		expect([...(await lab.connections()).keys()]).toEqual([`TCP 192.0.2.2:5001 ${VIP}:80 ${R2}:8080 SYN_RECV`]);
	});
});

describe("a service", () => {
	it("without a destination answers port unreachable, TCP too; another port is the director's own (fact 7)", async () => {
		await lab.event(["svc", "add", KEY, "rr"]);
		expect(await sent(request("S"))).toEqual([`cc1 ${VIP}>192.0.2.2 icmp 3/3 t64 [192.0.2.2:5001>${VIP}:80 6 t64]`]);
		expect(await sent(["p", "c", "tcp", "192.0.2.2", 5001, VIP, 81, "S", 0])).toEqual([
			`cc1 ${VIP}:81>192.0.2.2:5001 tcp RA t64D`,
		]);
	});

	it("gives a destination of weight 0 nothing new, and its connections go on (fact 8)", async () => {
		await service("rr");
		await lab.event(request("S"));
		await lab.event(["dest", "edit", KEY, R2, 8080, "masq", 0]);
		expect(await sequence(3)).toBe("r1 r1 r1");
		expect(await sent(request("A"))).toEqual([`s12 192.0.2.2:5001>${R2}:8080 tcp A t63D`]);
	});

	it("that is persistent keeps a client at its server by a template (fact 10)", async () => {
		await service("rr", 1, 1, 1);
		expect(await servers([2, 2, 3, 2, 3].map((k, at) => [`192.0.2.${k}`, 5000 + at] as const))).toBe("r2 r2 r1 r2 r1");
		const templates = [...(await lab.connections())].filter(([text]) => text.includes(":0 "));
		expect(templates).toEqual([
			[`TCP 192.0.2.2:0 ${VIP}:80 ${R2}:8080 NONE`, 599],
			[`TCP 192.0.2.3:0 ${VIP}:80 ${R1}:8080 NONE`, 599],
		]);
		const [, first] = await lab.dump("ipvs-destination");
		expect(first).toMatchObject({ addr: R1, connections: { persistent: 1 } });
	});

	it("by direct routing does not rewrite; an answer by way of the director is a martian (fact 12)", async () => {
		await lab.event(["svc", "add", KEY, "rr"]);
		await lab.event(["dest", "add", KEY, R1, 80, "droute"]);
		expect(await sent(request("S"))).toEqual([`s11 192.0.2.2:5001>${VIP}:80 tcp S t63D`]);
		const reply: Sent = ["p", "s", "tcp", VIP, 80, "192.0.2.2", 5001, "SA", 0];
		expect(await sent(reply)).toEqual([]);
		expect(lab.lab.events.findLast((event) => event.step === "drop")).toMatchObject({ reason: "IP_LOCAL_SOURCE" });
		await lab.lab.set("d", { kind: "sysctl", key: "net.ipv4.conf.all.accept_local", value: "1" });
		expect(await sent(reply)).toEqual([`cc1 ${VIP}:80>192.0.2.2:5001 tcp SA t63D`]);
	});

	it("by tunnel sends the packet whole inside IPIP from the director's address (fact 12)", async () => {
		await lab.event(["svc", "add", KEY, "rr"]);
		await lab.event(["dest", "add", KEY, R1, 80, "tunnel"]);
		expect(await sent(request("S"))).toEqual([`s11 10.0.0.1>${R1} ipip t63D [192.0.2.2:5001>${VIP}:80 tcp S t63D]`]);
	});

	it("shows in the trace what IPVS did, step by step", async () => {
		await service("rr");
		lab.lab.events.splice(0);
		await lab.event(request("S"));
		await lab.event(answer("SA"));
		const steps = lab.lab.events.flatMap((event) => (event.step === "ipvs" ? [`${event.fn} ${event.action}`] : []));
		expect(steps).toEqual([
			"ip_vs_service_find service",
			"ip_vs_schedule schedule",
			"ip_vs_nat_xmit forward",
			"handle_response reply",
		]);
	});
});

describe("configuration", () => {
	it("that fails leaves nothing of its transaction behind", async () => {
		await service("wrr", 1, 2);
		await lab.event(request("S"));
		const before = await lab.lab.kernel.dump("d");
		const key = { proto: "tcp", addr: ip(VIP), port: 80 } as const;
		const base = { kind: "ipvs-destination", family: "ipv4", service: key } as const;
		const done = await lab.lab.kernel.apply("d", [
			{ verb: "delete", object: { ...base, addr: ip(R2), port: 8080 } },
			{ verb: "add", object: { ...base, addr: ip("10.0.0.13"), port: 8080, forward: "masq", weight: 7 } },
			{ verb: "replace", object: { ...base, addr: ip(R1), port: 8080, forward: "tunnel", weight: 9 } },
			{ verb: "replace", object: { kind: "ipvs-service", family: "ipv4", service: key, scheduler: "lc" } },
			{ verb: "delete", object: { kind: "ipvs-service", family: "ipv4", service: key } },
			{ verb: "delete", object: { kind: "ipvs-service", family: "ipv4", service: key } },
		]);
		expect(done).toMatchObject({ ok: false, error: { errno: "ESRCH", op: 5, message: "No such service" } });
		const withoutTime = (dump: unknown): string => JSON.stringify(dump).replaceAll(/"expiresSeconds":\d+/g, "");
		expect(withoutTime(await lab.lab.kernel.dump("d"))).toBe(withoutTime(before));
		expect(await sent(request("A"))).toEqual([`s12 192.0.2.2:5001>${R2}:8080 tcp A t63D`]);
	});

	it("refuses what is not modelled by name", async () => {
		const refused = async (object: Parameters<typeof lab.lab.kernel.apply>[1][number]["object"]): Promise<unknown> => {
			const done = await lab.lab.kernel.apply("d", [{ verb: "add", object }]);
			return done.ok ? undefined : `${done.error.errno} ${done.error.message}`;
		};
		const v6 = { proto: "tcp", addr: ip("fd00::1"), port: 80 } as const;
		expect(await refused({ kind: "ipvs-service", family: "ipv6", service: v6 })).toBe(
			"EOPNOTSUPP ipvs: IPv6 services are not modelled",
		);
		await service("rr");
		const key = { proto: "tcp", addr: ip(VIP), port: 80 } as const;
		expect(
			await refused({
				kind: "ipvs-destination",
				family: "ipv4",
				service: key,
				addr: ip("10.0.0.13"),
				port: 80,
				tunnel: { type: "gre" },
			}),
		).toBe("EOPNOTSUPP ipvs: tunnels of type gre are not modelled");
	});

	it("statistics follow every two seconds, rates with them, and start again from zero (fact 4)", async () => {
		await service("rr");
		for (const event of [request("S"), answer("SA"), request("A")]) await lab.event(event);
		const stats = async (): Promise<unknown> => {
			const [dumped] = await lab.dump("ipvs-service");
			return dumped?.kind === "ipvs-service" ? dumped.stats : undefined;
		};
		expect(await stats()).toMatchObject({ counters: { conns: 0, inPackets: 0 } });
		lab.lab.pass(2);
		expect(await stats()).toEqual({
			counters: { conns: 1, inPackets: 2, outPackets: 1, inBytes: 80, outBytes: 40 },
			rates: {
				connsPerSecond: 0,
				inPacketsPerSecond: 0,
				outPacketsPerSecond: 0,
				inBytesPerSecond: 10,
				outBytesPerSecond: 5,
			},
		});
		await lab.lab.apply("d", { verb: "delete", object: { kind: "ipvs-totals" } });
		expect(await stats()).toMatchObject({
			counters: { conns: 0, inPackets: 0, inBytes: 0 },
			rates: { inBytesPerSecond: 0 },
		});
	});
});
