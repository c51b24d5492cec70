import fc from "fast-check";
import { expect, test } from "vitest";
import { SimLab } from "../../test/sim-lab.ts";
import type { Op } from "../kernel/kernel.ts";
import type { KernelObject, Link } from "../kernel/objects.ts";
import { cidr, ip, mac } from "../wire/addr.ts";

const FAILS: Op = { verb: "delete", object: { kind: "link", name: "nope" } };
const NETNS = ["n", "m"] as const;

async function lab(): Promise<SimLab> {
	const made = new SimLab(...NETNS);
	const veth = (peer: string) => ({ type: "veth", peer, peerNetns: "m" }) as const;
	await made.add(
		"n",
		{ kind: "link", name: "br0", link: { type: "bridge" }, up: true },
		{ kind: "link", name: "p1", link: veth("e1"), master: "br0", up: true, port: { hairpin: true } },
		{ kind: "link", name: "p2", link: veth("e2"), master: "br0" },
		{ kind: "link", name: "d0", link: { type: "dummy" }, up: true },
		{ kind: "fdb", dev: "p1", mac: mac("02:00:00:00:00:77"), state: "static" },
		{ kind: "neigh", dev: "br0", addr: ip("10.0.0.7"), mac: mac("02:00:00:00:00:77") },
		{ kind: "sysctl", key: "net.ipv4.neigh.p1.mcast_solicit", value: "9" },
	);
	await made.set("m", { kind: "link", name: "e1", up: true });
	await made.add(
		"n",
		{ kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") },
		{ kind: "addr", dev: "d0", addr: cidr("10.1.0.1/24") },
		{ kind: "addr", dev: "d0", addr: cidr("10.1.0.2/24") },
		{ kind: "route", dst: cidr("10.9.0.0/16"), via: ip("10.0.0.9"), metric: 50 },
		{ kind: "route", dst: cidr("10.8.0.0/16"), dev: "d0", table: 100 },
	);
	await made.add(
		"m",
		{ kind: "addr", dev: "e1", addr: cidr("10.0.0.2/24") },
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.1") },
	);
	return made;
}

/** All there is, as text; counters and ages apart. Entries of one kind may come in another order after an undo. */
async function everything(made: SimLab): Promise<readonly string[]> {
	const all: string[] = [];
	for (const netns of NETNS) {
		const dumped = await made.kernel.dump(netns);
		if (!dumped.ok) throw new Error(dumped.error.message);
		all.push(...dumped.value.map((object) => `${netns} ${JSON.stringify(stripped(object))}`));
	}
	return all.sort();
}

function stripped(object: KernelObject): unknown {
	return { ...object, stats: undefined, ageSeconds: undefined, ages: undefined };
}

function link(verb: Op["verb"], rest: Omit<Link, "kind">): Op {
	return { verb, object: { kind: "link", ...rest } };
}

const OPS: readonly Op[] = [
	link("add", { name: "new0", link: { type: "dummy" }, up: true }),
	link("add", { name: "new1", link: { type: "veth", peer: "new2", peerNetns: "m" }, master: "br0", up: true }),
	link("add", { name: "new3", link: { type: "bridge" } }),
	link("delete", { name: "br0" }),
	link("delete", { name: "p1" }),
	link("delete", { name: "d0" }),
	link("replace", { name: "p1", netns: "m" }),
	link("replace", { name: "p1", master: "" }),
	link("replace", { name: "p2", up: true, newName: "q2" }),
	link("replace", { name: "p2", mac: mac("02:00:00:00:00:01"), mtu: 1300 }),
	link("replace", { name: "br0", up: false, mtu: 1200, mac: mac("02:00:00:00:00:02") }),
	link("replace", { name: "br0", link: { type: "bridge", ageingTimeSeconds: 5, nfCallIptables: true } }),
	link("replace", { name: "p1", port: { isolated: true, learning: false } }),
	link("replace", { name: "d0", promisc: true, newName: "d1" }),
	{ verb: "delete", object: { kind: "addr", dev: "d0", addr: cidr("10.1.0.1/24") } },
	{ verb: "delete", object: { kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") } },
	{ verb: "add", object: { kind: "addr", dev: "p2", addr: cidr("10.2.0.1/24") } },
	{ verb: "replace", object: { kind: "route", dst: cidr("10.9.0.0/16"), dev: "d0", metric: 50 } },
	{ verb: "delete", object: { kind: "route", dst: cidr("10.8.0.0/16"), table: 100 } },
	{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" } },
	{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.conf.all.forwarding", value: "1" } },
	{ verb: "delete", object: { kind: "fdb", dev: "p1", mac: mac("02:00:00:00:00:77") } },
	{ verb: "replace", object: { kind: "fdb", dev: "p2", mac: mac("02:00:00:00:00:77"), state: "static" } },
	{ verb: "add", object: { kind: "fdb", dev: "p2", mac: mac("02:00:00:00:00:78"), state: "static" } },
	{ verb: "delete", object: { kind: "neigh", dev: "br0", addr: ip("10.0.0.7") } },
	{
		verb: "replace",
		object: { kind: "neigh", dev: "br0", addr: ip("10.0.0.7"), mac: mac("02:00:00:00:00:79"), state: "STALE" },
	},
	{ verb: "add", object: { kind: "neigh", dev: "d0", addr: ip("10.0.0.8"), mac: mac("02:00:00:00:00:79") } },
	{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.neigh.p1.mcast_solicit", value: "1" } },
	{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.neigh.default.mcast_solicit", value: "2" } },
];

test("an operation that fails takes all before it back, and names itself", async () => {
	const made = await lab();
	const before = await everything(made);
	const first = link("add", { name: "x", link: { type: "dummy" } });
	expect(await made.kernel.apply("n", [first, FAILS])).toEqual({
		ok: false,
		error: { errno: "ENODEV", op: 1, message: 'Cannot find device "nope"' },
	});
	expect(await everything(made)).toEqual(before);
});

test.each(OPS.map((op) => [JSON.stringify(op), op] as const))("%s succeeds, and is undone", async (_text, op) => {
	const made = await lab();
	const before = await everything(made);
	const failed = await made.kernel.apply("n", [op, FAILS]);
	expect(failed.ok || failed.error.op).toBe(1);
	expect(await everything(made)).toEqual(before);
	await made.apply("n", op);
	expect(await everything(made)).not.toEqual(before);
});

test("any sequence of operations with a failing end changes nothing", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.constantFrom(...OPS), { maxLength: 8 }), async (ops) => {
			const made = await lab();
			const before = await everything(made);
			await made.kernel.apply("n", [...ops, FAILS]);
			expect(await everything(made)).toEqual(before);
		}),
		{ numRuns: 100 },
	);
});

test("frames cross a bridge as before after its deletion was undone", async () => {
	const made = await lab();
	const cross = (): readonly string[] => {
		made.settle();
		made.send("m", "e1", { dst: "ff:ff:ff:ff:ff:ff", src: "02:00:00:00:00:01" });
		return made.settle().map((event) => `${event.netns} ${event.fn} ${event.step}`);
	};
	const before = cross();
	await made.kernel.apply("n", [link("delete", { name: "p1" }), link("delete", { name: "br0" }), FAILS]);
	expect(cross().filter((line) => !line.includes("br_fdb_update"))).toEqual(
		before.filter((line) => !line.includes("br_fdb_update")),
	);
});

test("an unknown namespace is an error of no operation", async () => {
	const made = await lab();
	expect(await made.kernel.apply("nosuch", [])).toEqual({
		ok: false,
		error: { errno: "ENOENT", op: -1, message: 'Cannot open network namespace "nosuch": No such file or directory' },
	});
});
