/** The real kernel behind the port: the same transactions on it and on the simulated one have the same answers and leave the same objects. */
import { afterEach, describe, expect, test } from "vitest";
import type { Op } from "../src/kernel/kernel.ts";
import type {
	Addr,
	Fdb,
	KernelObject,
	KernelObjectKind,
	Link,
	MacvlanMode,
	PolicyRule,
	Route,
	Scope,
} from "../src/kernel/objects.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";
import { LinuxLab } from "./linux-lab.ts";
import { canRunReal } from "./real-netns.ts";
import { SimLab } from "./sim-lab.ts";

const real = describe.skipIf(!(await canRunReal("iptables")));
const KINDS: readonly KernelObjectKind[] = ["link", "addr", "route", "rule", "neigh", "fdb"];

/** Both kernels with the same namespaces. */
class Pair {
	readonly names: readonly string[];
	readonly sim: SimLab;
	readonly linux: LinuxLab;

	private constructor(names: readonly string[], sim: SimLab, linux: LinuxLab) {
		this.names = names;
		this.sim = sim;
		this.linux = linux;
	}

	static async open(...names: readonly string[]): Promise<Pair> {
		const pair = new Pair(names, new SimLab(...names), await LinuxLab.open(...names));
		opened.push(pair.linux);
		return pair;
	}

	/** The answer of both, which must be one. */
	async answer(netns: string, ...tx: readonly Op[]): Promise<string> {
		const [sim, linux] = [await this.sim.kernel.apply(netns, tx), await this.linux.kernel.apply(netns, tx)];
		expect(linux).toEqual(sim);
		return linux.ok ? "ok" : `${linux.error.errno}: ${linux.error.message}`;
	}

	/** Applies operations that must succeed. */
	async apply(netns: string, ...tx: readonly Op[]): Promise<void> {
		expect(await this.answer(netns, ...tx)).toBe("ok");
		await this.same();
	}

	async add(netns: string, ...objects: readonly KernelObject[]): Promise<void> {
		await this.apply(netns, ...objects.map((object) => ({ verb: "add", object }) as const));
	}

	async set(netns: string, ...objects: readonly KernelObject[]): Promise<void> {
		await this.apply(netns, ...objects.map((object) => ({ verb: "replace", object }) as const));
	}

	/** Every namespace has the same objects on both. */
	async same(): Promise<void> {
		for (const netns of this.names) {
			const [sim, linux] = [await this.sim.kernel.dump(netns, KINDS), await this.linux.kernel.dump(netns, KINDS)];
			if (!sim.ok || !linux.ok) throw new Error("no dump");
			expect([netns, ...plain(linux.value)]).toEqual([netns, ...plain(sim.value)]);
		}
	}
}

const opened: LinuxLab[] = [];
afterEach(() => {
	for (const lab of opened.splice(0)) lab.close();
});

/** Without numbers of devices, counters and ages; neighbours and forwarding entries have no order that both could have. */
function plain(objects: readonly KernelObject[]): readonly unknown[] {
	const known = new Set(GIVEN);
	const text = (object: KernelObject): string =>
		JSON.stringify(object, (key, value: unknown) => {
			if (["ifindex", "peerIfindex", "stats", "ages", "ageSeconds"].includes(key)) return undefined;
			const isMac = typeof value === "string" && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(value);
			return isMac && !known.has(value) ? "some MAC" : value;
		});
	const listed = objects.filter(({ kind }) => kind !== "neigh" && kind !== "fdb").map(text);
	const sorted = objects.filter(({ kind }) => kind === "neigh" || kind === "fdb").map(text);
	return [...listed, ...sorted.sort()].map((each): unknown => JSON.parse(each));
}

/** The `k`th MAC address of a test. */
function given(k: number): ReturnType<typeof mac> {
	return mac(`02:00:00:00:01:${k.toString(16).padStart(2, "0")}`);
}
const GIVEN: readonly string[] = ["00:00:00:00:00:00", ...Array.from({ length: 256 }, (_, k) => given(k))];

function add(link: Omit<Link, "kind">): Op {
	return { verb: "add", object: { kind: "link", ...link } };
}

function set(link: Omit<Link, "kind">): Op {
	return { verb: "replace", object: { kind: "link", ...link } };
}

function del(name: string): Op {
	return { verb: "delete", object: { kind: "link", name } };
}

function veth(peer: string, peerNetns?: string, k = 1): NonNullable<Link["link"]> {
	return { type: "veth", peer, ...(peerNetns === undefined ? {} : { peerNetns }), peerMac: given(k) };
}

const BRIDGE = { type: "bridge" } as const;

real("devices", () => {
	async function lab(): Promise<Pair> {
		const pair = await Pair.open("n", "m");
		await pair.apply(
			"n",
			add({ name: "br0", link: BRIDGE, mac: given(2) }),
			add({ name: "wan", link: veth("eth0", "m"), mac: given(3) }),
		);
		return pair;
	}

	test("a new namespace has lo, down; the peer of a veth is made first", async () => {
		const pair = await lab();
		await pair.apply("n", add({ name: "v0", link: veth("v1", undefined, 4), mac: given(5) }));
		expect((await pair.linux.links("n")).map(({ name }) => name)).toEqual(["lo", "br0", "wan", "v1", "v0"]);
		const numbers = (await pair.linux.links("n")).concat(await pair.linux.links("m")).map(({ ifindex }) => ifindex);
		expect(numbers.filter((ifindex) => ifindex !== 1).length).toBe(new Set(numbers).size - 1);
	});

	const nope = 'Cannot find device "nope"';
	test.each<readonly [string, Op, string]>([
		["an unknown device", del("nope"), `ENODEV: ${nope}`],
		["a name that is taken", add({ name: "br0", link: BRIDGE }), "EEXIST: File exists"],
		["a peer name that is taken", add({ name: "x", link: veth("br0") }), "EEXIST: File exists"],
		["both ends of one name", add({ name: "x", link: veth("x") }), "EEXIST: File exists"],
		[
			"a name of 16 characters",
			add({ name: "abcdefghijklmnop", link: BRIDGE }),
			"ERANGE: Attribute failed policy validation.",
		],
		[
			"a name with a slash",
			add({ name: "a/b", link: BRIDGE }),
			'EINVAL: argument "a/b" is wrong: "name" not a valid ifname',
		],
		["no type", add({ name: "x" }), 'EINVAL: Not enough information: "type" argument is required'],
		["another loopback", add({ name: "lo2", link: { type: "loopback" } }), "EOPNOTSUPP: Unknown device type."],
		["deleting lo", del("lo"), "EOPNOTSUPP: Operation not supported"],
		[
			"a bridge in a bridge",
			add({ name: "x", link: BRIDGE, master: "br0" }),
			"ELOOP: Can not enslave a bridge to a bridge.",
		],
		["a master that is no bridge", set({ name: "br0", master: "wan" }), "EOPNOTSUPP: Operation not supported"],
		[
			"a master that is not there",
			set({ name: "wan", master: "nope" }),
			'ENODEV: argument "nope" is wrong: Device does not exist',
		],
		[
			"port options without a bridge",
			set({ name: "wan", port: { hairpin: true } }),
			"EOPNOTSUPP: Operation not supported",
		],
		["lo as a port", set({ name: "lo", master: "br0" }), "EINVAL: Invalid argument"],
		["renaming to a name that is taken", set({ name: "wan", newName: "br0" }), "EEXIST: File exists"],
		["an MTU too small", set({ name: "wan", mtu: 10 }), "EINVAL: mtu less than device minimum."],
		["an MTU too large", set({ name: "wan", mtu: 70_000 }), "EINVAL: mtu greater than device maximum."],
		[
			"a group MAC address",
			set({ name: "wan", mac: mac("01:00:00:00:00:01") }),
			"EADDRNOTAVAIL: Cannot assign requested address",
		],
		[
			"an unknown namespace",
			set({ name: "wan", netns: "nosuch" }),
			'EINVAL: argument "nosuch" is wrong: Invalid "netns" value',
		],
		[
			"a peer in an unknown namespace",
			add({ name: "x", link: veth("y", "nosuch") }),
			'EINVAL: argument "nosuch" is wrong: Invalid "netns" value',
		],
		["moving a bridge", set({ name: "br0", netns: "m" }), "EINVAL: The interface netns is immutable."],
		["moving where the name is taken", set({ name: "lo", netns: "m" }), "EINVAL: The interface netns is immutable."],
		["changing the type", set({ name: "br0", link: { type: "dummy" } }), "EOPNOTSUPP: Operation not supported"],
		[
			"changing the peer",
			set({ name: "wan", link: veth("other", "m") }),
			"EOPNOTSUPP: Operation not supported: the peer of wan cannot be changed",
		],
		[
			"a forwarding entry without a bridge",
			{ verb: "add", object: { kind: "fdb", dev: "wan", mac: given(9) } },
			"EOPNOTSUPP: Operation not supported",
		],
		[
			"a forwarding entry of lo",
			{ verb: "add", object: { kind: "fdb", dev: "lo", mac: given(9) } },
			"EINVAL: FDB add only supported for Ethernet devices.",
		],
		[
			"deleting a forwarding entry of lo",
			{ verb: "delete", object: { kind: "fdb", dev: "lo", mac: given(9) } },
			"EINVAL: FDB delete only supported for Ethernet devices.",
		],
		[
			"a neighbour of an unknown device",
			{ verb: "delete", object: { kind: "neigh", dev: "nope", addr: ip("10.0.0.1") } },
			`ENODEV: ${nope}`,
		],
		[
			"a neighbour that is not there",
			{ verb: "delete", object: { kind: "neigh", dev: "wan", addr: ip("10.0.0.1") } },
			"ENOENT: No such file or directory",
		],
		[
			"an unknown sysctl",
			{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.nope", value: "1" } },
			"ENOENT: cannot stat /proc/sys/net/ipv4/nope: No such file or directory",
		],
		[
			"a sysctl that is no number",
			{ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "yes" } },
			'EINVAL: setting key "net.ipv4.ip_forward": Invalid argument',
		],
	])("%s is refused by both and changes nothing", async (_what, op, answer) => {
		const pair = await lab();
		expect(await pair.answer("n", op)).toBe(answer);
		await pair.same();
		// In a transaction too, and then what was before it goes as well.
		await pair.answer("n", add({ name: "first", link: BRIDGE }), op, add({ name: "last", link: BRIDGE }));
		await pair.same();
	});

	test("attributes, ports and bridges are set and listed alike", async () => {
		const pair = await lab();
		await pair.set("n", { kind: "link", name: "wan", up: true, mtu: 1400, alias: "uplink", txQueueLength: 50 });
		await pair.set("n", { kind: "link", name: "wan", master: "br0", port: { hairpin: true, isolated: true } });
		await pair.set("n", { kind: "link", name: "br0", up: true });
		await pair.set("m", { kind: "link", name: "eth0", up: true });
		await pair.set("n", { kind: "link", name: "wan", promisc: true, port: { learning: false, flood: false } });
		await pair.set("n", {
			kind: "link",
			name: "br0",
			link: { type: "bridge", ageingTimeSeconds: 5, nfCallIptables: true },
		});
		await pair.set("n", { kind: "link", name: "wan", promisc: false, alias: "", mac: given(7) });
		await pair.set("m", { kind: "link", name: "eth0", up: false });
		await pair.set("n", { kind: "link", name: "wan", master: "" });
		await pair.set("n", { kind: "link", name: "br0", up: false });
	});

	test("a bridge takes the lowest MAC address and MTU of its ports, unless told otherwise", async () => {
		const pair = await Pair.open("n", "m");
		await pair.add(
			"n",
			{ kind: "link", name: "br0", link: BRIDGE },
			{ kind: "link", name: "p2", link: veth("e2", "m", 12), mac: given(2), mtu: 1400, master: "br0" },
			{ kind: "link", name: "p1", link: veth("e1", "m", 11), mac: given(1), master: "br0" },
		);
		await pair.apply("n", del("p1"));
		await pair.set("n", { kind: "link", name: "br0", mac: given(9), mtu: 1300 });
		await pair.apply("n", del("p2"));
	});

	test("what a dump says can be given as a replace and changes nothing", async () => {
		const { linux } = await lab();
		await linux.set("n", {
			kind: "link",
			name: "wan",
			master: "br0",
			up: true,
			port: { hairpin: true, isolated: true },
		});
		const before = await linux.links("n");
		for (const link of before) await linux.apply("n", { verb: "replace", object: link });
		expect(await linux.links("n")).toEqual(before);
	});

	test("a device moves to another namespace: down, out of its bridge, and may be renamed at once", async () => {
		const pair = await lab();
		await pair.apply("n", set({ name: "wan", master: "br0", up: true }), set({ name: "wan", netns: "m" }));
		await pair.apply("m", set({ name: "wan", newName: "w2", up: true }), set({ name: "eth0", up: true }));
		await pair.apply("m", set({ name: "eth0", netns: "n", newName: "back" }));
		expect(await pair.linux.kernel.netnsIds("n")).toEqual(await pair.sim.kernel.netnsIds("n"));
	});

	test("deleting one end of a veth, or its namespace, deletes the other", async () => {
		const pair = await lab();
		await pair.apply("n", set({ name: "wan", master: "br0", up: true }), set({ name: "br0", up: true }));
		await pair.apply("m", del("eth0"));
		await pair.apply("n", add({ name: "wan", link: veth("eth0", "m"), mac: given(3), master: "br0" }));
		await pair.sim.kernel.deleteNetns("m");
		await pair.linux.kernel.deleteNetns("m");
		expect(await pair.linux.kernel.listNetns()).toEqual(["n"]);
		expect((await pair.linux.links("n")).map(({ name }) => name)).toEqual(["lo", "br0"]);
	});

	test("a renamed device keeps its sysctls, and a dot in its name is a slash in their keys", async () => {
		const { linux } = await lab();
		const key = "net.ipv4.neigh.wan.retrans_time_ms";
		await linux.set("n", { kind: "sysctl", key, value: "200" });
		await linux.apply("n", set({ name: "wan", newName: "up.link" }));
		const renamed = { kind: "sysctl", key: "net.ipv4.neigh.up/link.retrans_time_ms", value: "200" } as const;
		const dumped = await linux.dump("n", "sysctl");
		expect(dumped).toContainEqual(renamed);
		expect(dumped).not.toContainEqual(expect.objectContaining({ key }));
		await linux.set("n", { ...renamed, value: "300" });
	});

	test("when apply returns, a device whose peer is up is RUNNING, and so is its bridge", async () => {
		const { linux } = await lab();
		await linux.apply("n", set({ name: "wan", up: true, master: "br0" }), set({ name: "br0", up: true }));
		await linux.apply("m", set({ name: "eth0", up: true }));
		const carriers = (await linux.links("n")).map(({ name, carrier }) => [name, carrier]);
		expect(carriers).toEqual([
			["lo", false],
			["br0", true],
			["wan", true],
		]);
	});

	test("VXLAN devices: settings, default destination, forwarding entries, and what the kernel refuses", async () => {
		const pair = await lab();
		await pair.apply("n", set({ name: "wan", up: true }));
		const vxlan = { type: "vxlan", id: 42, dev: "wan", local: ip("10.0.0.1"), remote: ip("10.0.0.2") } as const;
		const whole = { ...vxlan, port: 4789, learning: false, ttl: 9, sourcePorts: { low: 100, high: 200 } } as const;
		await pair.apply(
			"n",
			add({ name: "vx0", link: { ...whole, udpChecksum: false, ageingTimeSeconds: 9 }, mac: given(8) }),
		);
		await pair.apply("n", set({ name: "vx0", up: true }));
		const group = { type: "vxlan", id: 43, dev: "wan", group: ip("239.1.1.1") } as const;
		await pair.apply("n", add({ name: "vx1", link: group, mac: given(9) }));
		await pair.apply("n", add({ name: "vx2", link: { type: "vxlan", id: 44, port: 4790 }, mac: given(10), mtu: 1600 }));
		expect(await pair.answer("n", add({ name: "x", link: { ...vxlan, port: 4789 } }))).toContain("EEXIST");
		expect(await pair.answer("n", add({ name: "x", link: { type: "vxlan", id: 1, dev: "no" } }))).toContain("ENODEV");
		expect(await pair.answer("n", set({ name: "vx0", mtu: 1451 }))).toContain("EINVAL");
		await pair.apply("n", set({ name: "vx0", mtu: 1400, link: { ...whole, learning: true } }));
		const entry = (n: number, more: Partial<Fdb>): Fdb => {
			return { kind: "fdb", dev: "vx0", mac: given(n), dst: ip("10.0.0.3"), state: "permanent", ...more };
		};
		await pair.add("n", entry(20, {}), entry(21, { state: "static", port: 8472, vni: 7, via: "wan" }));
		expect(await pair.answer("n", { verb: "add", object: entry(20, {}) })).toContain("EEXIST");
		await pair.set("n", entry(20, { dst: ip("10.0.0.4") }));
		const zero = mac("00:00:00:00:00:00");
		await pair.add("n", entry(0, { mac: zero, dst: ip("10.0.0.5"), append: true }));
		await pair.add("n", entry(0, { mac: zero, dst: ip("10.0.0.5"), append: true }));
		expect(await pair.answer("n", { verb: "replace", object: entry(0, { mac: zero }) })).toContain("EOPNOTSUPP");
		await pair.apply("n", { verb: "delete", object: entry(0, { mac: zero, dst: ip("10.0.0.5") }) });
		await pair.apply("n", { verb: "delete", object: entry(20, { dst: ip("10.0.0.4") }) });
		expect(await pair.answer("n", { verb: "delete", object: entry(20, {}) })).toContain("ENOENT");
		// Nothing of a transaction that fails remains.
		const refused = [entry(30, {}), entry(30, {})].map((object) => ({ verb: "add", object }) as const);
		expect(await pair.answer("n", ...refused)).toContain("EEXIST");
		await pair.same();
		await pair.apply("n", del("vx0"));
		await pair.apply("n", del("vx1"));
	});

	test("macvlans: modes, addresses that are taken, what becomes of them with their parent", async () => {
		const pair = await lab();
		await pair.apply("n", set({ name: "wan", up: true }));
		await pair.apply("m", set({ name: "eth0", up: true }));
		const of = (mode: MacvlanMode) => ({ type: "macvlan", parent: "wan", mode }) as const;
		await pair.apply("n", add({ name: "m1", link: of("bridge"), mac: given(8), up: true }));
		await pair.apply("n", add({ name: "m2", link: of("private"), mac: given(8) }));
		expect(await pair.answer("n", set({ name: "m2", up: true }))).toContain("EADDRINUSE");
		await pair.apply("n", add({ name: "m3", link: of("vepa"), mac: given(9) }));
		await pair.apply("n", set({ name: "m3", netns: "m" }));
		expect(await pair.answer("n", add({ name: "m4", link: of("passthru"), mac: given(10) }))).toContain("EINVAL");
		expect(await pair.answer("n", set({ name: "wan", master: "br0" }))).toContain("EBUSY");
		await pair.apply("n", set({ name: "m1", link: of("private") }));
		await pair.apply("n", set({ name: "wan", mtu: 1400 }));
		await pair.apply("n", del("m1"));
		await pair.apply("n", set({ name: "wan", up: false }));
		await pair.apply("n", del("wan"));
	});

	test("VLANs and dummies, where the kernel has them", async () => {
		const { linux } = await lab();
		for (const kind of [{ type: "vlan", parent: "wan", id: 7 } as const, { type: "dummy" } as const]) {
			const done = await linux.kernel.apply("n", [add({ name: "x", link: kind })]);
			if (done.ok) expect((await linux.links("n")).find(({ name }) => name === "x")?.link).toMatchObject(kind);
			else expect(done.error).toEqual({ errno: "EOPNOTSUPP", op: 0, message: "Unknown device type." });
			if (done.ok) await linux.apply("n", del("x"));
		}
	});
});

/** `d0` and `d1` up in `a`, their peers in `far`. */
async function twoDevices(): Promise<Pair> {
	const pair = await Pair.open("a", "far");
	let k = 0;
	for (const [name, peer] of [
		["d0", "p0"],
		["d1", "p1"],
	] as const) {
		k += 2;
		await pair.add("a", { kind: "link", name, link: veth(peer, "far", k), mac: given(k + 1), up: true });
		await pair.set("far", { kind: "link", name: peer, up: true });
	}
	await pair.set("a", { kind: "link", name: "lo", up: true });
	return pair;
}

function addr(dev: string, text: string, scope?: Scope): Addr {
	return { kind: "addr", dev, addr: cidr(text), ...(scope === undefined ? {} : { scope }) };
}

function route(dst: string, more: Partial<Route> = {}): Route {
	return { kind: "route", dst: cidr(dst), ...more };
}

real("addresses", () => {
	async function six(): Promise<Pair> {
		const pair = await twoDevices();
		for (const text of ["10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24", "10.1.0.4/25"]) {
			await pair.add("a", addr("d0", text));
		}
		await pair.add("a", addr("d0", "10.5.0.1/24", "link"), addr("d0", "10.6.0.1/24"));
		return pair;
	}

	test.each<readonly [string, Op["verb"], KernelObject]>([
		["the same address", "add", addr("d0", "10.1.0.1/24")],
		["the same with another scope", "add", addr("d0", "10.1.0.2/24", "link")],
		["another scope in one network", "add", addr("d0", "10.1.0.9/24", "link")],
		["the same with another prefix", "add", addr("d0", "10.1.0.1/16")],
		["the same once more", "replace", addr("d0", "10.1.0.2/24")],
		["one that is not there", "delete", addr("d0", "9.9.9.9/24")],
		["one with another prefix", "delete", addr("d0", "10.1.0.2/25")],
		["the first of its network", "delete", addr("d0", "10.1.0.1/24")],
		["a later one", "delete", addr("d0", "10.1.0.3/24")],
		["an unknown device", "add", addr("nope", "10.9.0.1/24")],
		["with broadcast and label", "add", { ...addr("d0", "10.9.0.1/24"), broadcast: ip("10.9.0.255"), label: "d0:1" }],
		["a loopback address", "add", addr("d0", "127.1.0.1/24")],
		["no address", "add", addr("d0", "0.0.0.0/24")],
	])("%s", async (_what, verb, object) => {
		const pair = await six();
		await pair.answer("a", { verb, object });
		await pair.same();
	});

	test("with promote_secondaries the next one takes the place of the first, and its routes", async () => {
		const pair = await six();
		await pair.set("a", { kind: "sysctl", key: "net.ipv4.conf.d0.promote_secondaries", value: "1" });
		await pair.apply("a", { verb: "delete", object: addr("d0", "10.1.0.1/24") });
	});

	test("IPv6 addresses and routes come and go", async () => {
		const { linux } = await twoDevices();
		await linux.set("a", { kind: "sysctl", key: "net.ipv6.conf.d0.disable_ipv6", value: "0" });
		await linux.add("a", addr("d0", "fd00::1/64"), route("fd01::/64", { via: ip("fd00::9"), metric: 7 }));
		await linux.add("a", { kind: "rule", family: "ipv6", priority: 9, from: cidr("fd00::/8"), table: 100 });
		await linux.add("a", { kind: "neigh", dev: "d0", addr: ip("fd00::9"), mac: given(20) });
		const dumped = await linux.dump("a", "addr", "route", "rule", "neigh");
		expect(dumped).toContainEqual({ ...addr("d0", "fd00::1/64"), scope: "global" });
		const shown = dumped.find((each) => each.kind === "route" && each.dst.addr === "fd01::");
		expect(shown).toMatchObject({ via: "fd00::9", dev: "d0", metric: 7, table: 254, protocol: "boot" });
		expect(dumped.filter((each) => each.kind === "rule" && each.family === "ipv6")).toHaveLength(1);
		expect(dumped).toContainEqual(expect.objectContaining({ kind: "neigh", addr: "fd00::9", state: "PERMANENT" }));
		const asked = await linux.kernel.routeGet("a", { dst: ip("fd01::5") });
		expect(asked.ok && asked.value).toMatchObject({ dev: "d0", via: "fd00::9" });
	});
});

real("routes", () => {
	test("the answers to route commands are the same, and so are the tables after each", async () => {
		const pair = await twoDevices();
		await pair.add("a", addr("d0", "10.0.0.1/24"), addr("d0", "10.0.0.2/24"), addr("d1", "192.0.2.0/31"));
		await pair.set("a", { kind: "link", name: "d1", up: false });
		const routes: readonly Route[] = [
			route("1.1.1.0/24", { via: ip("10.0.0.1") }),
			route("1.1.2.0/24", { via: ip("10.0.0.255") }),
			route("1.1.3.0/24", { via: ip("127.0.0.1") }),
			route("1.1.4.0/24"),
			route("1.1.5.0/24", { via: ip("8.8.8.8"), dev: "d0" }),
			route("1.1.5.0/24", { via: ip("8.8.8.8"), dev: "d0", onlink: true }),
			route("1.1.6.0/24", { dev: "d0", src: ip("9.9.9.9") }),
			route("1.1.7.1/24", { dev: "d0" }),
			route("1.1.8.0/24", { via: ip("10.0.0.7"), src: ip("10.0.0.2"), mtu: 1400 }),
			route("5.0.0.0/8", { type: "local", dev: "lo" }),
			route("1.1.9.0/24", { dev: "d0", scope: "global" }),
			route("1.2.0.0/16", { via: ip("1.1.9.9") }),
			route("6.0.0.0/8", { type: "throw" }),
			route("7.0.0.255/32", { type: "broadcast", dev: "d0" }),
			route("1.1.20.0/24", { dev: "d1" }),
			route("1.1.21.0/24", { via: ip("192.0.2.1"), dev: "d1" }),
			route("1.1.21.0/24", { via: ip("192.0.2.1"), dev: "d1", onlink: true }),
			route("10.0.0.0/24", { via: ip("10.0.0.7") }),
			route("10.0.0.0/8", { via: ip("10.0.0.7") }),
			route("0.0.0.0/8", { via: ip("10.0.0.7") }),
			route("0.0.0.0/0", { via: ip("10.0.0.7") }),
			route("0.0.0.0/0", { via: ip("10.0.0.8"), metric: 100 }),
			route("0.0.0.0/0", { via: ip("10.0.0.9"), metric: 100 }),
			route("10.0.0.0/24", { dev: "d0", metric: 5 }),
			route("2.0.0.0/8", { dev: "nope" }),
			route("2.0.0.0/8", { type: "local", dev: "lo", scope: "link" }),
			route("2.0.0.0/8", { type: "blackhole", dev: "d0" }),
			route("2.0.0.0/8", { type: "blackhole" }),
			route("3.0.0.0/8", { type: "prohibit", table: 1000, metric: 3, protocol: "bird" }),
			route("4.0.0.0/8", { type: "unreachable", protocol: "77" }),
			route("10.14.0.0/16", { nexthops: [{ via: ip("10.0.0.7") }, { via: ip("10.0.0.8"), weight: 2 }] }),
			route("10.15.0.0/16", { nexthops: [{ via: ip("10.0.0.7"), dev: "d0", onlink: true }, { dev: "d0" }] }),
		];
		for (const object of routes) {
			await pair.answer("a", { verb: "add", object });
			await pair.same();
		}
		for (const object of routes) {
			await pair.answer("a", { verb: "replace", object: { ...object, protocol: "static" } });
			await pair.same();
		}
		for (const object of routes) {
			await pair.answer("a", { verb: "delete", object });
			await pair.same();
		}
	});

	test("deleting takes the first route that fits what is given", async () => {
		const pair = await twoDevices();
		await pair.add("a", addr("d0", "10.0.0.1/24"));
		await pair.add("a", route("9.0.0.0/8", { via: ip("10.0.0.7"), metric: 1, protocol: "static" }));
		await pair.add("a", route("9.0.0.0/8", { via: ip("10.0.0.8"), metric: 2 }));
		for (const object of [
			route("9.0.0.0/8", { via: ip("10.0.0.9") }),
			route("9.0.0.0/8", { table: 100 }),
			route("9.0.0.0/8", { protocol: "boot" }),
			route("9.0.0.0/8"),
		]) {
			await pair.answer("a", { verb: "delete", object });
			await pair.same();
		}
	});

	test("among others of one destination and metric a route goes first or last", async () => {
		const pair = await twoDevices();
		await pair.add("a", addr("d0", "10.0.0.1/24"), route("1.0.0.0/8", { via: ip("10.0.0.2") }));
		await pair.add("a", route("1.0.0.0/8", { via: ip("10.0.0.3"), among: "first" }));
		await pair.add("a", route("1.0.0.0/8", { via: ip("10.0.0.4"), among: "last" }));
		await pair.answer("a", { verb: "add", object: route("1.0.0.0/8", { via: ip("10.0.0.4"), among: "first" }) });
		await pair.same();
	});

	test("devices and carriers that go and come take their routes along", async () => {
		const pair = await twoDevices();
		await pair.add(
			"a",
			addr("d0", "10.0.0.1/24"),
			addr("d1", "10.1.0.1/24"),
			route("9.0.0.0/8", { via: ip("10.0.0.7") }),
		);
		await pair.add("a", route("8.0.0.0/8", { nexthops: [{ via: ip("10.0.0.7") }, { via: ip("10.1.0.7") }] }));
		await pair.set("far", { kind: "link", name: "p0", up: false });
		await pair.set("far", { kind: "link", name: "p0", up: true });
		await pair.set("a", { kind: "link", name: "d0", up: false });
		await pair.set("a", { kind: "link", name: "d0", up: true });
		await pair.apply("a", { verb: "delete", object: { kind: "link", name: "d0" } });
	});

	test("routing decisions are the same", async () => {
		const pair = await twoDevices();
		await pair.add(
			"a",
			addr("d0", "10.0.0.1/24"),
			addr("d1", "10.2.0.1/24"),
			route("0.0.0.0/0", { via: ip("10.0.0.2"), mtu: 1400 }),
			route("10.12.0.0/16", { type: "unreachable" }),
			route("10.13.0.0/16", { type: "prohibit" }),
			route("10.14.0.0/16", { type: "blackhole" }),
		);
		await pair.set("a", { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
		const [from, far] = [ip("10.2.0.7"), ip("8.8.8.8")];
		for (const query of [
			{ dst: far },
			{ dst: ip("10.2.0.9") },
			{ dst: ip("10.0.0.1") },
			{ dst: ip("127.0.0.1") },
			{ dst: ip("10.2.0.9"), src: ip("10.0.0.1") },
			{ dst: far, src: from, iif: "d1" },
			{ dst: ip("10.2.0.8"), src: from, iif: "d1" },
			{ dst: ip("10.2.0.1"), src: from, iif: "d1" },
			{ dst: far, oif: "d1" },
			{ dst: ip("10.12.0.1") },
			{ dst: ip("10.13.0.1") },
			{ dst: ip("10.14.0.1") },
			{ dst: far, src: ip("1.2.3.4") },
			{ dst: far, src: ip("10.2.0.1"), iif: "d1" },
			{ dst: far, iif: "nosuch" },
			{ dst: far, iif: "d1", oif: "nosuch", src: from },
		]) {
			const [sim, linux] = [await pair.sim.kernel.routeGet("a", query), await pair.linux.kernel.routeGet("a", query)];
			expect([query, linux]).toEqual([query, sim]);
		}
		await pair.add("a", { kind: "rule", family: "ipv4", priority: 10, fwmark: { value: 7, mask: 7 }, table: 100 });
		await pair.add("a", route("0.0.0.0/0", { via: ip("10.2.0.9"), table: 100 }));
		for (const query of [{ dst: far }, { dst: far, mark: 7 }, { dst: ip("10.0.0.1") }]) {
			const [sim, linux] = [await pair.sim.kernel.routeGet("a", query), await pair.linux.kernel.routeGet("a", query)];
			expect([query, linux]).toEqual([query, sim]);
		}
	});
});

real("rules, neighbours, forwarding entries", () => {
	function rule(priority: number, table: number, more: Partial<PolicyRule> = {}): PolicyRule {
		return { kind: "rule", family: "ipv4", priority, table, ...more };
	}

	test("rules stand by priority, among equals the older first", async () => {
		const pair = await Pair.open("a");
		await pair.add("a", rule(5, 7, { iif: "d0" }), rule(5, 8, { iif: "d0" }), rule(1, 9), rule(9, 1000, { oif: "x" }));
		const one = rule(5, 7, { from: cidr("10.0.0.0/8"), fwmark: { value: 1, mask: 1 } });
		await pair.add(
			"a",
			one,
			rule(6, 7, { not: true, to: cidr("10.1.0.0/16"), fwmark: { value: 5, mask: 0xffffffff } }),
		);
		const same = { ...one, from: cidr("10.9.9.9/8"), to: cidr("0.0.0.0/0"), not: false };
		for (const [verb, object] of [
			["add", same],
			["replace", same],
			["delete", rule(77, 7)],
			["delete", rule(5, 7)],
			["delete", same],
			["delete", same],
			["add", rule(5, 0)],
			["delete", rule(32766, 254)],
		] as const) {
			await pair.answer("a", { verb, object });
			await pair.same();
		}
	});

	test("neighbours are added, replaced and deleted", async () => {
		const pair = await twoDevices();
		const neigh = { kind: "neigh", dev: "d0", addr: ip("10.0.0.7"), mac: given(30) } as const;
		for (const [verb, object] of [
			["add", neigh],
			["add", neigh],
			["replace", { ...neigh, mac: given(31) }],
			["replace", { ...neigh, state: "STALE" }],
			["replace", { ...neigh, state: "REACHABLE" }],
			["replace", { ...neigh, state: "FAILED" }],
			["replace", { ...neigh, state: "NOARP" }],
			["add", { ...neigh, addr: ip("10.0.0.8"), state: "NOARP" }],
			["add", { kind: "neigh", dev: "d0", addr: ip("10.0.0.9") }],
			["add", { kind: "neigh", dev: "d0", addr: ip("10.0.0.9"), state: "INCOMPLETE" }],
			["replace", { kind: "neigh", dev: "d0", addr: ip("10.0.0.9"), state: "FAILED" }],
			["add", { ...neigh, dev: "d1", addr: ip("10.0.0.8") }],
			["delete", neigh],
			["delete", neigh],
		] as const) {
			await pair.answer("a", { verb, object });
			await pair.same();
		}
	});

	test("a device that loses its last address, or a bridge that changes its MAC address, forgets its neighbours", async () => {
		const pair = await twoDevices();
		await pair.add("a", { kind: "link", name: "br0", link: BRIDGE, up: true });
		await pair.set("a", { kind: "link", name: "d1", master: "br0" });
		const neigh = { kind: "neigh", addr: ip("10.0.0.7"), mac: given(30) } as const;
		await pair.add("a", addr("d0", "10.0.0.1/24"), addr("d0", "10.1.0.1/24"), { ...neigh, dev: "d0" });
		await pair.add("a", { ...neigh, dev: "br0" });
		await pair.apply("a", { verb: "delete", object: addr("d0", "10.0.0.1/24") });
		await pair.apply("a", { verb: "delete", object: addr("d0", "10.1.0.1/24") });
		await pair.set("a", { kind: "link", name: "d0", master: "br0" });
		await pair.set("a", { kind: "link", name: "d0", master: "" });
		await pair.add("a", { ...neigh, dev: "d1" });
		await pair.set("a", { kind: "link", name: "d1", mac: given(60) });
		await pair.add("a", { ...neigh, dev: "d0" });
		await pair.set("far", { kind: "link", name: "p0", up: false });
		await pair.set("a", { kind: "link", name: "d0", up: false });
	});

	test("forwarding entries are added, replaced and deleted", async () => {
		const pair = await twoDevices();
		await pair.add("a", { kind: "link", name: "br0", link: BRIDGE, mac: given(40), up: true });
		await pair.set("a", { kind: "link", name: "d0", master: "br0" }, { kind: "link", name: "d1", master: "br0" });
		await pair.add("a", { kind: "link", name: "down", link: veth("p9", "far", 47), mac: given(48), master: "br0" });
		const fdb = { kind: "fdb", dev: "d0", mac: given(41), state: "static" } as const;
		for (const [verb, object] of [
			["add", fdb],
			["add", fdb],
			["replace", { ...fdb, dev: "d1" }],
			["delete", fdb],
			["delete", { ...fdb, dev: "d1" }],
			["add", { kind: "fdb", dev: "d0", mac: given(42) }],
			["add", { ...fdb, mac: given(43), state: "permanent" }],
			["add", { ...fdb, dev: "br0", mac: given(44), state: "permanent" }],
			["add", { ...fdb, mac: mac("01:00:00:00:00:01") }],
			["delete", { ...fdb, dev: "br0", mac: given(44) }],
			["add", { ...fdb, dev: "br0", mac: given(45) }],
			["add", { kind: "fdb", dev: "br0", mac: given(45) }],
			["add", { ...fdb, mac: mac("00:00:00:00:00:00") }],
			["add", { kind: "fdb", dev: "down", mac: given(46) }],
			["add", { kind: "fdb", dev: "down", mac: given(42) }],
			["add", { ...fdb, dev: "down", mac: given(46) }],
			["replace", { kind: "fdb", dev: "d1", mac: given(46) }],
		] as const) {
			await pair.answer("a", { verb, object });
			await pair.same();
		}
	});
});

real("sysctls", () => {
	test("those that the simulated kernel has are listed, with the same values in a fresh namespace", async () => {
		const pair = await Pair.open("n");
		await pair.add("n", { kind: "link", name: "v0", link: veth("v1"), mac: given(3) });
		const values = (objects: readonly KernelObject[]): Record<string, string> =>
			Object.fromEntries(objects.flatMap((each) => (each.kind === "sysctl" ? [[each.key, each.value]] : [])));
		const sim = await pair.sim.kernel.dump("n", ["sysctl"]);
		const own = values(sim.ok ? sim.value : []);
		const real = values(await pair.linux.dump("n", "sysctl"));
		expect(Object.keys(real).filter((key) => !(key in own))).toEqual([]);
		// Linux has `neigh.default` in the first namespace only, and IPVS's keys where it has IPVS.
		const missing = Object.keys(own).filter((key) => !(key in real));
		expect(missing.filter((key) => !/^net\.ipv4\.(neigh\.default|vs)\./.test(key))).toEqual([]);
		for (const key of missing) delete own[key];
		expect(real).toEqual(own);
	});

	test("keys that lead out of a namespace's own are not there", async () => {
		const pair = await Pair.open("n");
		for (const key of ["kernel.hostname", "net.//.//.//.//.etc.hostname", "net", "net..ipv4", ""]) {
			const done = await pair.linux.kernel.apply("n", [
				{ verb: "replace", object: { kind: "sysctl", key, value: "x" } },
			]);
			expect([key, done.ok ? "ok" : done.error.errno]).toEqual([key, "ENOENT"]);
		}
	});
});
