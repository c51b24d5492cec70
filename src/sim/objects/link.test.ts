import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { Link } from "../../kernel/objects.ts";
import { mac } from "../../wire/addr.ts";

const BRIDGE = { type: "bridge" } as const;
const DUMMY = { type: "dummy" } as const;

function add(link: Omit<Link, "kind">): Op {
	return { verb: "add", object: { kind: "link", ...link } };
}

function set(link: Omit<Link, "kind">): Op {
	return { verb: "replace", object: { kind: "link", ...link } };
}

function del(name: string): Op {
	return { verb: "delete", object: { kind: "link", name } };
}

async function lab(): Promise<SimLab> {
	const made = new SimLab("n", "m");
	await made.apply(
		"n",
		add({ name: "br0", link: BRIDGE }),
		add({ name: "wan", link: { type: "veth", peer: "eth0", peerNetns: "m" } }),
	);
	return made;
}

async function names(made: SimLab, netns: string): Promise<readonly string[]> {
	return (await made.links(netns)).map((link) => `${link.ifindex} ${link.name}`);
}

test("a new namespace has lo, down; the peer of a veth is made first", async () => {
	const made = await lab();
	expect(await names(made, "n")).toEqual(["1 lo", "2 br0", "3 wan"]);
	expect(await names(made, "m")).toEqual(["1 lo", "2 eth0"]);
	expect((await made.links("n"))[0]).toMatchObject({ up: false, mtu: 65536, mac: "00:00:00:00:00:00" });
	await made.apply("n", add({ name: "v0", link: { type: "veth", peer: "v1" } }));
	expect((await names(made, "n")).slice(3)).toEqual(["4 v1", "5 v0"]);
});

test("new MAC addresses are local unicast ones, and the same for the same seed", async () => {
	const [one, two] = [await lab(), await lab()];
	const macs = (await one.links("n")).slice(1).map((link) => link.mac ?? "");
	for (const address of macs) expect(Number.parseInt(address.slice(0, 2), 16) & 3).toBe(2);
	expect((await two.links("n")).slice(1).map((link) => link.mac)).toEqual(macs);
});

const nope = 'Cannot find device "nope"';
test.each<readonly [string, Op, string, string]>([
	["an unknown device", del("nope"), "ENODEV", nope],
	["a name that is taken", add({ name: "br0", link: BRIDGE }), "EEXIST", "File exists"],
	["a peer name that is taken", add({ name: "x", link: { type: "veth", peer: "br0" } }), "EEXIST", "File exists"],
	["both ends of one name", add({ name: "x", link: { type: "veth", peer: "x" } }), "EEXIST", "File exists"],
	[
		"a name of 16 characters",
		add({ name: "abcdefghijklmnop", link: BRIDGE }),
		"ERANGE",
		"Attribute failed policy validation.",
	],
	[
		"a name with a slash",
		add({ name: "a/b", link: BRIDGE }),
		"EINVAL",
		'argument "a/b" is wrong: "name" not a valid ifname',
	],
	[
		"a name with a space",
		add({ name: "a b", link: BRIDGE }),
		"EINVAL",
		'argument "a b" is wrong: "name" not a valid ifname',
	],
	["no type", add({ name: "x" }), "EINVAL", 'Not enough information: "type" argument is required'],
	["another loopback", add({ name: "lo2", link: { type: "loopback" } }), "EOPNOTSUPP", "Unknown device type."],
	["deleting lo", del("lo"), "EOPNOTSUPP", "Operation not supported"],
	[
		"a bridge in a bridge",
		add({ name: "x", link: BRIDGE, master: "br0" }),
		"ELOOP",
		"Can not enslave a bridge to a bridge.",
	],
	["a master that is no bridge", set({ name: "br0", master: "wan" }), "EOPNOTSUPP", "Operation not supported"],
	[
		"a master that is not there",
		set({ name: "wan", master: "nope" }),
		"ENODEV",
		'argument "nope" is wrong: Device does not exist',
	],
	[
		"port options without a bridge",
		set({ name: "wan", port: { hairpin: true } }),
		"EOPNOTSUPP",
		"Operation not supported",
	],
	["lo as a port", set({ name: "lo", master: "br0" }), "EINVAL", "Invalid argument"],
	["renaming to a name that is taken", set({ name: "wan", newName: "br0" }), "EEXIST", "File exists"],
	["an MTU too small", set({ name: "wan", mtu: 10 }), "EINVAL", "mtu less than device minimum."],
	[
		"a group MAC address",
		set({ name: "wan", mac: mac("01:00:00:00:00:01") }),
		"EADDRNOTAVAIL",
		"Cannot assign requested address",
	],
	[
		"an unknown namespace",
		set({ name: "wan", netns: "nosuch" }),
		"EINVAL",
		'argument "nosuch" is wrong: Invalid "netns" value',
	],
	["moving a bridge", set({ name: "br0", netns: "m" }), "EINVAL", "The interface netns is immutable."],
	["changing the type", set({ name: "br0", link: DUMMY }), "EOPNOTSUPP", "Operation not supported"],
	["STP", set({ name: "br0", link: { type: "bridge", stp: true } }), "EOPNOTSUPP", "STP is not modelled (bridge br0)"],
	[
		"a forwarding entry without a bridge",
		{ verb: "add", object: { kind: "fdb", dev: "wan", mac: mac("02:00:00:00:00:01") } },
		"EOPNOTSUPP",
		"Operation not supported",
	],
	[
		"a neighbour of an unknown device",
		{ verb: "delete", object: { kind: "neigh", dev: "nope", addr: "10.0.0.1" as never } },
		"ENODEV",
		nope,
	],
	[
		"an unknown sysctl",
		{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.nope", value: "1" } },
		"ENOENT",
		"cannot stat /proc/sys/net/ipv4/nope: No such file or directory",
	],
])("%s is refused and changes nothing", async (_what, op, errno, message) => {
	const made = await lab();
	const before = JSON.stringify(await made.links("n"));
	expect(await made.kernel.apply("n", [op])).toEqual({ ok: false, error: { errno, op: 0, message } });
	expect(JSON.stringify(await made.links("n"))).toBe(before);
});

test("what a dump says can be given as a replace and changes nothing", async () => {
	const made = await lab();
	await made.apply("n", set({ name: "wan", master: "br0", up: true, port: { hairpin: true, isolated: true } }));
	const before = await made.links("n");
	for (const link of before) await made.apply("n", { verb: "replace", object: link });
	expect(await made.links("n")).toEqual(before);
});

test("a device moves to another namespace: down, out of its bridge, and its ifindex kept if free there", async () => {
	const made = await lab();
	await made.apply("n", set({ name: "wan", master: "br0", up: true }), set({ name: "wan", netns: "m" }));
	expect(await names(made, "n")).toEqual(["1 lo", "2 br0"]);
	expect((await made.links("m")).find((link) => link.name === "wan")).toMatchObject({ ifindex: 3, up: false });
	expect(made.dev("m", "wan").master).toBeUndefined();
	expect((await made.links("m")).find((link) => link.name === "eth0")?.link).toEqual({ type: "veth", peer: "wan" });
	await made.apply("m", set({ name: "eth0", netns: "n" }));
	expect(await names(made, "n")).toEqual(["1 lo", "2 br0", "4 eth0"]);
});

test("deleting one end of a veth, or its namespace, deletes the other", async () => {
	const made = await lab();
	await made.apply("n", del("wan"), add({ name: "wan", link: { type: "veth", peer: "eth0", peerNetns: "m" } }));
	expect(await names(made, "m")).toEqual(["1 lo", "3 eth0"]);
	await made.kernel.deleteNetns("m");
	expect(await names(made, "n")).toEqual(["1 lo", "2 br0"]);
	expect(await made.kernel.listNetns()).toEqual(["n"]);
});

test("a renamed device keeps its sysctls", async () => {
	const made = await lab();
	const key = "net.ipv4.neigh.wan.retrans_time_ms";
	await made.set("n", { kind: "sysctl", key, value: "200" });
	await made.apply("n", set({ name: "wan", newName: "up.link" }));
	const dumped = await made.kernel.dump("n", ["sysctl"]);
	const found = dumped.ok ? dumped.value.filter((object) => JSON.stringify(object).includes("retrans_time_ms")) : [];
	expect(found).toContainEqual({ kind: "sysctl", key: "net.ipv4.neigh.up/link.retrans_time_ms", value: "200" });
	expect(found).not.toContainEqual(expect.objectContaining({ key }));
});

test("carrier follows the other end of a veth", async () => {
	const made = await lab();
	const carrier = (): readonly boolean[] => [made.dev("n", "wan").running, made.dev("m", "eth0").running];
	await made.apply("n", set({ name: "wan", up: true }));
	expect(carrier()).toEqual([false, false]);
	await made.apply("m", set({ name: "eth0", up: true }));
	expect(carrier()).toEqual([true, true]);
	expect(made.send("n", "wan", { dst: "02:00:00:00:00:01", src: "02:00:00:00:00:02" })).toBe("queued");
	await made.apply("m", set({ name: "eth0", up: false }));
	expect(made.send("n", "wan", { dst: "02:00:00:00:00:01", src: "02:00:00:00:00:02" })).toBe("dropped");
	expect(made.settle().filter((event) => event.step === "drop")).toMatchObject([
		{ fn: "__dev_queue_xmit", reason: "DEV_READY", detail: "wan has no carrier" },
		{ fn: "enqueue_to_backlog", reason: "DEV_READY", detail: "eth0 is down" },
	]);
});

test("forwarding entries are added, replaced, listed and deleted", async () => {
	const made = await lab();
	await made.apply("n", set({ name: "wan", master: "br0" }));
	const fdb = { kind: "fdb", dev: "wan", mac: mac("02:00:00:00:00:55"), state: "static" } as const;
	await made.add("n", fdb);
	expect(await made.kernel.apply("n", [{ verb: "add", object: fdb }])).toMatchObject({ error: { errno: "EEXIST" } });
	made.pass(1000);
	const dumped = await made.kernel.dump("n", ["fdb"]);
	expect(
		dumped.ok && dumped.value.map((object) => (object.kind === "fdb" ? `${object.dev} ${object.state}` : "")),
	).toEqual(["wan permanent", "wan static"]);
	await made.apply("n", { verb: "delete", object: fdb });
	expect(await made.kernel.apply("n", [{ verb: "delete", object: fdb }])).toMatchObject({
		error: { errno: "ENOENT", message: "No such file or directory" },
	});
});
