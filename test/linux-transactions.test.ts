/** A transaction on the real kernel that fails leaves everything as it was, and its error names the operation. */
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject, Link } from "../src/kernel/objects.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";
import { LinuxLab } from "./linux-lab.ts";
import { canRunReal } from "./real-netns.ts";

const real = test.skipIf(!(await canRunReal("iptables")));

const FAILS: Op = { verb: "delete", object: { kind: "link", name: "nope" } };
const FAILED = { errno: "ENODEV", message: 'Cannot find device "nope"' };
const NETNS = ["n", "m"] as const;

const opened: LinuxLab[] = [];
afterAll(() => {
	for (const lab of opened) lab.close();
});

async function lab(): Promise<LinuxLab> {
	const made = await LinuxLab.open(...NETNS);
	opened.push(made);
	const veth = (peer: string) => ({ type: "veth", peer, peerNetns: "m" }) as const;
	await made.add(
		"n",
		{ kind: "link", name: "br0", link: { type: "bridge" }, up: true },
		{ kind: "link", name: "p1", link: veth("e1"), master: "br0", up: true, port: { hairpin: true } },
		{ kind: "link", name: "p2", link: veth("e2"), master: "br0" },
		{ kind: "link", name: "d0", link: veth("x0"), up: true },
		{ kind: "fdb", dev: "p1", mac: mac("02:00:00:00:00:77"), state: "static" },
		{ kind: "neigh", dev: "br0", addr: ip("10.0.0.7"), mac: mac("02:00:00:00:00:77") },
		{ kind: "sysctl", key: "net.ipv4.neigh.p1.mcast_solicit", value: "9" },
	);
	await made.set("m", { kind: "link", name: "e1", up: true }, { kind: "link", name: "x0", up: true });
	await made.add(
		"n",
		{ kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") },
		{ kind: "addr", dev: "d0", addr: cidr("10.1.0.1/24") },
		{ kind: "addr", dev: "d0", addr: cidr("10.1.0.2/24") },
		{ kind: "route", dst: cidr("10.9.0.0/16"), via: ip("10.0.0.9"), metric: 50 },
		{ kind: "route", dst: cidr("10.8.0.0/16"), dev: "d0", table: 100 },
		{ kind: "route", dst: cidr("10.7.0.0/16"), nexthops: [{ via: ip("10.0.0.9") }, { via: ip("10.1.0.9") }] },
		{ kind: "rule", family: "ipv4", priority: 10, table: 100, from: cidr("10.1.0.0/24") },
	);
	await made.add(
		"m",
		{ kind: "addr", dev: "e1", addr: cidr("10.0.0.2/24") },
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.1") },
	);
	return made;
}

/** All there is, as text; counters and ages apart. Entries of one kind may come in another order after an undo. */
async function everything(made: LinuxLab): Promise<readonly string[]> {
	const all: string[] = [];
	for (const netns of NETNS) {
		const dumped = await made.kernel.dump(netns);
		if (!dumped.ok) throw new Error(dumped.error.message);
		all.push(...dumped.value.map((object) => `${netns} ${JSON.stringify(stripped(object))}`));
	}
	return all.sort();
}

function stripped(object: KernelObject): unknown {
	// The qdisc says whether a device was ever up, which cannot be undone.
	return { ...object, stats: undefined, ageSeconds: undefined, ages: undefined, qdisc: undefined };
}

function link(verb: Op["verb"], rest: Omit<Link, "kind">): Op {
	return { verb, object: { kind: "link", ...rest } };
}

const OPS: readonly Op[] = [
	link("add", { name: "new0", link: { type: "bridge" }, up: true }),
	link("add", { name: "new1", link: { type: "veth", peer: "new2", peerNetns: "m" }, master: "br0", up: true }),
	link("replace", { name: "new3", link: { type: "bridge" } }),
	link("add", { name: "new4", link: { type: "vxlan", id: 4, dev: "d0", port: 4789 }, up: true }),
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
	link("replace", { name: "d0", promisc: true, newName: "d1", alias: "x", txQueueLength: 7 }),
	{ verb: "delete", object: { kind: "addr", dev: "d0", addr: cidr("10.1.0.1/24") } },
	{ verb: "delete", object: { kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") } },
	{ verb: "add", object: { kind: "addr", dev: "p2", addr: cidr("10.2.0.1/24") } },
	{ verb: "replace", object: { kind: "route", dst: cidr("10.9.0.0/16"), dev: "d0", metric: 50 } },
	{ verb: "delete", object: { kind: "route", dst: cidr("10.8.0.0/16"), table: 100 } },
	{ verb: "delete", object: { kind: "route", dst: cidr("10.7.0.0/16") } },
	{ verb: "add", object: { kind: "rule", family: "ipv4", priority: 11, table: 100 } },
	{
		verb: "delete",
		object: { kind: "rule", family: "ipv4", priority: 10, table: 100, from: cidr("10.1.0.0/24") },
	},
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
	{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.conf.default.rp_filter", value: "2" } },
];

real("every operation succeeds and is undone when the next one fails", async () => {
	const made = await lab();
	for (const op of OPS) {
		const before = await everything(made);
		expect([op, await made.kernel.apply("n", [op, FAILS])]).toEqual([op, { ok: false, error: { ...FAILED, op: 1 } }]);
		expect([op, ...(await everything(made))]).toEqual([op, ...before]);
	}
	for (const op of OPS) {
		const one = await lab();
		const before = await everything(one);
		await one.apply("n", op);
		expect(await everything(one)).not.toEqual(before);
		one.close();
	}
});

real("any sequence of operations with a failing end changes nothing", async () => {
	const made = await lab();
	const before = await everything(made);
	await fc.assert(
		fc.asyncProperty(fc.array(fc.constantFrom(...OPS), { maxLength: 8 }), async (ops) => {
			const done = await made.kernel.apply("n", [...ops, FAILS]);
			expect(done.ok).toBe(false);
			expect(await everything(made)).toEqual(before);
		}),
		// The namespaces are used again, so a failing sequence cannot be made smaller.
		{ numRuns: 60, endOnFailure: true },
	);
});

real(
	"of several operations in one batch that fail, the error is of the first, and those behind it are undone",
	async () => {
		const made = await lab();
		const before = await everything(made);
		const addr = (text: string, dev = "d0"): Op => ({ verb: "add", object: { kind: "addr", dev, addr: cidr(text) } });
		const done = await made.kernel.apply("n", [
			addr("10.20.0.1/24"),
			addr("10.1.0.1/24"),
			addr("10.21.0.1/24"),
			addr("10.20.0.1/24"),
			addr("10.22.0.1/24", "p2"),
		]);
		expect(done).toEqual({ ok: false, error: { errno: "EEXIST", op: 1, message: "ipv4: Address already assigned." } });
		expect(await everything(made)).toEqual(before);
	},
);

real("operations that stand on those before them go in one batch", async () => {
	const made = await LinuxLab.open("n");
	opened.push(made);
	const ops: Op[] = [];
	for (let k = 0; k < 300; k += 1) {
		const dev = `v${k}`;
		ops.push(link("add", { name: dev, link: { type: "veth", peer: `e${k}` }, up: true }));
		ops.push(link("replace", { name: `e${k}`, up: true }));
		const addr = cidr(`10.${k >> 8}.${k & 255}.1/24`);
		ops.push({ verb: "add", object: { kind: "addr", dev, addr } });
		ops.push({ verb: "add", object: { kind: "neigh", dev, addr: addr.addr, mac: mac("02:00:00:00:00:01") } });
	}
	await made.apply("n", ...ops);
	expect((await made.links("n")).filter(({ carrier }) => carrier)).toHaveLength(600);
	expect(await made.dump("n", "addr")).toHaveLength(300);
});

real("an unknown namespace is an error of no operation, and a namespace has one name only", async () => {
	const made = await LinuxLab.open("n");
	opened.push(made);
	expect(await made.kernel.apply("nosuch", [])).toEqual({
		ok: false,
		error: { errno: "ENOENT", op: -1, message: 'Cannot open network namespace "nosuch": No such file or directory' },
	});
	expect(await made.kernel.addNetns("n")).toMatchObject({ error: { errno: "EEXIST" } });
	expect(await made.kernel.addNetns("")).toMatchObject({ error: { errno: "EINVAL" } });
	expect(await made.kernel.deleteNetns("nosuch")).toMatchObject({ error: { errno: "ENOENT" } });
});
