import fc from "fast-check";
import { expect, test } from "vitest";
import { badEndings, receivers, SimLab } from "../../../test/sim-lab.ts";
import { mac } from "../../wire/addr.ts";

const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const C = "02:00:00:00:00:0c";
const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** Three namespaces on the bridge br0 of `host`, by the ports pa, pb and pc. */
async function bridged(): Promise<SimLab> {
	const lab = new SimLab("host", "a", "b", "c");
	await lab.add("host", { kind: "link", name: "br0", link: { type: "bridge" }, up: true });
	await lab.plug("host", "br0", "pa", { netns: "a", name: "eth0", mac: A });
	await lab.plug("host", "br0", "pb", { netns: "b", name: "eth0", mac: B });
	await lab.plug("host", "br0", "pc", { netns: "c", name: "eth0", mac: C });
	lab.settle();
	return lab;
}

async function fdbOf(lab: SimLab): Promise<readonly string[]> {
	const dumped = await lab.kernel.dump("host", ["fdb"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	const entries = dumped.value.filter((object) => object.kind === "fdb");
	return entries.filter((entry) => entry.state !== "permanent").map((entry) => `${entry.mac} ${entry.dev}`);
}

function learnBoth(lab: SimLab): void {
	lab.send("a", "eth0", { dst: BROADCAST, src: A });
	lab.send("b", "eth0", { dst: BROADCAST, src: B });
	lab.settle();
}

test("a broadcast reaches every other port and the bridge itself, and each copy ends once", async () => {
	const lab = await bridged();
	lab.send("a", "eth0", { dst: BROADCAST, src: A });
	const events = lab.settle();
	expect(receivers(events)).toEqual(["host/pa", "host/br0", "c/eth0", "b/eth0"]);
	expect(badEndings(events)).toEqual([]);
	const flood = events.find((event) => event.step === "bridge" && event.action === "flood");
	expect(flood).toMatchObject({ bridge: "br0", ports: ["pc", "pb"] });
});

test("an unknown unicast address is flooded, a learnt one goes to its port only", async () => {
	const lab = await bridged();
	lab.send("a", "eth0", { dst: B, src: A });
	expect(receivers(lab.settle())).toEqual(["host/pa", "c/eth0", "b/eth0"]);
	lab.send("b", "eth0", { dst: A, src: B });
	expect(receivers(lab.settle())).toEqual(["host/pb", "a/eth0"]);
	lab.send("a", "eth0", { dst: B, src: A });
	expect(receivers(lab.settle())).toEqual(["host/pa", "b/eth0"]);
	expect(await fdbOf(lab)).toEqual([`${A} pa`, `${B} pb`]);
});

test("flooding uses the packet itself for the last port and copies for the others", async () => {
	const lab = await bridged();
	lab.send("a", "eth0", { dst: B, src: A });
	const events = lab.settle();
	const origins = events.filter((event) => event.step === "origin");
	expect(origins).toHaveLength(2);
	expect(origins[1]).toMatchObject({ fn: "deliver_clone", parent: origins[0]?.skb });
	expect(badEndings(events)).toEqual([]);
});

test("an address that appears behind another port moves there", async () => {
	const lab = await bridged();
	learnBoth(lab);
	lab.send("c", "eth0", { dst: B, src: A });
	const moved = lab.settle().find((event) => event.step === "bridge" && event.action === "move");
	expect(moved).toMatchObject({ mac: A, ports: ["pc"] });
	expect(await fdbOf(lab)).toEqual([`${A} pc`, `${B} pb`]);
});

test.each([
	{ ageing: undefined, stays: 299, gone: 2 },
	{ ageing: 2, stays: 1.9, gone: 0.2 },
])("a learnt address ages: %o", async ({ ageing, stays, gone }) => {
	const lab = await bridged();
	if (ageing !== undefined) {
		await lab.set("host", { kind: "link", name: "br0", link: { type: "bridge", ageingTimeSeconds: ageing } });
	}
	lab.send("a", "eth0", { dst: B, src: A });
	lab.pass(stays);
	expect(await fdbOf(lab)).toEqual([`${A} pa`]);
	lab.pass(gone);
	expect(await fdbOf(lab)).toEqual([]);
	lab.settle();
	lab.send("b", "eth0", { dst: A, src: B });
	expect(receivers(lab.settle())).toContain("c/eth0");
});

test("with ageing time 0, learning off or flooding off, the bridge learns nothing or floods nothing", async () => {
	const lab = await bridged();
	await lab.set("host", { kind: "link", name: "pa", port: { learning: false } });
	await lab.set("host", { kind: "link", name: "pc", port: { flood: false } });
	lab.send("a", "eth0", { dst: B, src: A });
	expect(receivers(lab.settle())).toEqual(["host/pa", "b/eth0"]);
	expect(await fdbOf(lab)).toEqual([]);
	await lab.set("host", { kind: "link", name: "br0", link: { type: "bridge", ageingTimeSeconds: 0 } });
	lab.send("b", "eth0", { dst: A, src: B });
	lab.settle();
	expect(await fdbOf(lab)).toEqual([]);
});

test("a frame leaves by the port it came in by only with hairpin", async () => {
	const lab = await bridged();
	learnBoth(lab);
	lab.send("a", "eth0", { dst: A, src: "02:00:00:00:00:99" });
	const dropped = lab.settle().find((event) => event.step === "drop");
	expect(dropped).toMatchObject({ fn: "br_forward", reason: "BRIDGE_NO_EGRESS_PORT" });
	expect(dropped?.step === "drop" ? dropped.detail : "").toContain("hairpin is off");
	await lab.set("host", { kind: "link", name: "pa", port: { hairpin: true } });
	lab.send("a", "eth0", { dst: A, src: "02:00:00:00:00:99" });
	expect(receivers(lab.settle())).toEqual(["host/pa", "a/eth0"]);
});

test("isolated ports reach others but not each other", async () => {
	const lab = await bridged();
	for (const name of ["pa", "pb"]) await lab.set("host", { kind: "link", name, port: { isolated: true } });
	learnBoth(lab);
	lab.send("a", "eth0", { dst: B, src: A });
	expect(lab.settle().at(-1)).toMatchObject({ step: "drop", reason: "BRIDGE_NO_EGRESS_PORT" });
	lab.send("a", "eth0", { dst: C, src: A });
	expect(receivers(lab.settle())).toEqual(["host/pa", "c/eth0"]);
});

test.each([
	{
		dst: "01:80:c2:00:00:00",
		ends: ["c/eth0", "b/eth0"],
		why: "the bridge group address, forwarded because STP is off",
	},
	{ dst: "01:80:c2:00:00:01", ends: [], why: "pause frames" },
	{ dst: "01:80:c2:00:00:0e", ends: [], why: "LLDP" },
	{ dst: "01:80:c2:00:00:10", ends: ["c/eth0", "b/eth0"], why: "outside the link-local group" },
])("link-local groups are not forwarded: $dst, $why", async ({ dst, ends }) => {
	const lab = await bridged();
	lab.send("a", "eth0", { dst, src: A });
	const events = lab.settle();
	expect(receivers(events).filter((each) => !each.startsWith("host/"))).toEqual(ends);
	expect(badEndings(events)).toEqual([]);
});

test.each(["01:00:5e:00:00:01", "00:00:00:00:00:00"])("a source address %s is not valid", async (src) => {
	const lab = await bridged();
	lab.send("a", "eth0", { dst: B, src });
	expect(lab.settle().at(-1)).toMatchObject({ step: "drop", reason: "BRIDGE_INVALID_SOURCE" });
});

test("a frame to a port's or the bridge's own address goes up and nowhere else", async () => {
	const lab = await bridged();
	for (const port of ["pa", "pb", "br0"]) {
		const dst = (await lab.links("host")).find((link) => link.name === port)?.mac ?? "";
		lab.send("a", "eth0", { dst, src: A });
		const events = lab.settle();
		expect(receivers(events)).toEqual(["host/pa", "host/br0"]);
		expect(badEndings(events)).toEqual([]);
	}
});

test("frames from an own address are not learnt, and the kernel says so", async () => {
	const lab = await bridged();
	const own = (await lab.links("host")).find((link) => link.name === "pb")?.mac ?? "";
	lab.send("a", "eth0", { dst: B, src: own });
	lab.settle();
	expect(await fdbOf(lab)).toEqual([]);
	expect(lab.kernel.log().map((line) => line.text)).toEqual([
		`br0: received packet on pa with own address as source address (addr:${own}, vlan:0)`,
	]);
});

test("a promiscuous bridge also passes up what it only forwards", async () => {
	const lab = await bridged();
	learnBoth(lab);
	const seen: string[] = [];
	const stop = lab.kernel.capture("host", { dev: "br0" }, (frame) => seen.push(`${frame.direction} ${frame.pktType}`));
	const quiet: string[] = [];
	lab.send("a", "eth0", { dst: B, src: A });
	const events = lab.settle();
	expect(receivers(events)).toEqual(["host/pa", "host/br0", "b/eth0"]);
	expect(badEndings(events)).toEqual([]);
	expect(seen).toEqual(["in otherhost"]);
	if (stop.ok) stop.value();
	lab.kernel.capture("host", { dev: "br0", promisc: false }, (frame) => quiet.push(frame.pktType));
	lab.send("a", "eth0", { dst: B, src: A });
	lab.send("a", "eth0", { dst: BROADCAST, src: A });
	lab.settle();
	expect(quiet).toEqual(["broadcast"]);
	expect(seen).toHaveLength(1);
});

test("a bridge sends its own frames by the forwarding database, else floods them", async () => {
	const lab = await bridged();
	learnBoth(lab);
	const src = (await lab.links("host")).find((link) => link.name === "br0")?.mac ?? "";
	lab.send("host", "br0", { dst: A, src });
	expect(receivers(lab.settle())).toEqual(["a/eth0"]);
	lab.send("host", "br0", { dst: C, src });
	expect(receivers(lab.settle())).toEqual(["c/eth0", "b/eth0", "a/eth0"]);
});

test("a frame longer than the port's MTU is not sent on", async () => {
	const lab = await bridged();
	learnBoth(lab);
	await lab.set("host", { kind: "link", name: "pb", mtu: 1400 });
	lab.send("a", "eth0", { dst: B, src: A, length: 1405 });
	expect(lab.settle().at(-1)).toMatchObject({ step: "drop", reason: "PKT_TOO_BIG", fn: "br_dev_queue_push_xmit" });
});

test("a port forwards while it is up with carrier and the bridge is up", async () => {
	const lab = await bridged();
	const states = async (): Promise<readonly unknown[]> =>
		(await lab.links("host")).filter((link) => link.master === "br0").map((link) => link.port?.state);
	expect(await states()).toEqual(["forwarding", "forwarding", "forwarding"]);
	await lab.set("a", { kind: "link", name: "eth0", up: false });
	expect(await states()).toEqual(["disabled", "forwarding", "forwarding"]);
	await lab.set("a", { kind: "link", name: "eth0", up: true });
	await lab.set("host", { kind: "link", name: "br0", up: false });
	expect(await states()).toEqual(["disabled", "disabled", "disabled"]);
	lab.send("a", "eth0", { dst: B, src: A });
	expect(lab.settle().at(-1)).toMatchObject({ step: "drop", reason: "BRIDGE_INGRESS_STATE" });
});

test("what a port had learnt is forgotten when it stops forwarding", async () => {
	const lab = await bridged();
	learnBoth(lab);
	await lab.set("host", { kind: "link", name: "pa", up: false });
	expect(await fdbOf(lab)).toEqual([`${B} pb`]);
	await lab.set("host", { kind: "link", name: "pb", master: "" });
	expect(await fdbOf(lab)).toEqual([]);
});

test("the bridge's MAC is the lowest of its ports', zero when the last left, and fixed once set by hand", async () => {
	const lab = new SimLab("host");
	const bridgeMac = (): string => lab.dev("host", "br0").mac.toString(16);
	await lab.add("host", { kind: "link", name: "br0", link: { type: "bridge" } });
	for (const [name, last] of [
		["p30", "30"],
		["p20", "20"],
		["p40", "40"],
	] as const) {
		const link = { type: "veth", peer: `${name}x` } as const;
		await lab.add("host", { kind: "link", name, link, mac: mac(`02:00:00:00:00:${last}`), master: "br0" });
	}
	expect(bridgeMac()).toBe("20000000020");
	await lab.set("host", { kind: "link", name: "p20", master: "" });
	expect(bridgeMac()).toBe("20000000030");
	await lab.set("host", { kind: "link", name: "p30", master: "" }, { kind: "link", name: "p40", master: "" });
	expect(bridgeMac()).toBe("0");
	await lab.set("host", { kind: "link", name: "br0", mac: mac("02:00:00:00:00:77") });
	await lab.set("host", { kind: "link", name: "p20", master: "br0" });
	expect(bridgeMac()).toBe("20000000077");
});

test("a bridge has carrier until it gets a port, then only while one forwards", async () => {
	const lab = new SimLab("host", "a");
	const carrier = (): boolean => lab.dev("host", "br0").running;
	await lab.add("host", { kind: "link", name: "br0", link: { type: "bridge" }, up: true });
	expect(carrier()).toBe(true);
	const link = { type: "veth", peer: "eth0", peerNetns: "a" } as const;
	await lab.add("host", { kind: "link", name: "p", link, master: "br0", up: true });
	expect(carrier()).toBe(false);
	await lab.set("a", { kind: "link", name: "eth0", up: true });
	expect(carrier()).toBe(true);
	await lab.set("host", { kind: "link", name: "p", master: "" });
	expect(carrier()).toBe(false);
});

test("the bridge's MTU is the lowest of its ports' unless set by hand", async () => {
	const lab = await bridged();
	await lab.set("host", { kind: "link", name: "pa", mtu: 1400 });
	expect(lab.dev("host", "br0").mtu).toBe(1400);
	await lab.set("host", { kind: "link", name: "br0", mtu: 1300 });
	await lab.set("host", { kind: "link", name: "pa", mtu: 1200 });
	expect(lab.dev("host", "br0").mtu).toBe(1300);
});

test("whatever frames are sent, every packet ends exactly once and none reaches its own port", async () => {
	const lab = await bridged();
	const address = fc.constantFrom(A, B, C, BROADCAST, "01:00:5e:01:02:03", "01:80:c2:00:00:0e", "02:00:00:00:00:99");
	const frames = fc.array(
		fc.record({
			from: fc.constantFrom("a", "b", "c"),
			dst: address,
			src: address,
			length: fc.integer({ min: 0, max: 1600 }),
		}),
		{ maxLength: 20 },
	);
	fc.assert(
		fc.property(frames, (sent) => {
			for (const frame of sent) {
				lab.send(frame.from, "eth0", frame);
				const events = lab.settle();
				expect(badEndings(events)).toEqual([]);
				expect(receivers(events)).not.toContain(`${frame.from}/eth0`);
			}
		}),
		{ numRuns: 60 },
	);
});
