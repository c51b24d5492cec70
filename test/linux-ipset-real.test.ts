/** The driver of the real kernel's ipsets beside the simulated kernel: the same transactions give the same sets and refusals. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IpSetMember, IpSetType } from "../src/kernel/ipset.ts";
import type { KernelError, Op, Verb } from "../src/kernel/kernel.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import { ipSetDriver, testLinuxIpSet } from "../src/linux/ipset.ts";
import { closeNetns, createNetns, type LinuxNetns } from "../src/linux/netns.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { ip } from "../src/wire/addr.ts";
import { canRunReal } from "./real-netns.ts";

const canRun = await canRunReal("ipset");
let netns: LinuxNetns | undefined;
const sim = new SimKernel({ seed: 1 });

beforeAll(async () => {
	await sim.addNetns("n");
	if (!canRun) return;
	const made = createNetns("n", undefined);
	if (!made.ok) throw new Error(made.error);
	netns = made.value;
});

afterAll(() => {
	if (netns !== undefined) closeNetns(netns);
});

const member = (address: string, port: number, rest: Omit<IpSetMember, "parts"> = {}): IpSetMember => ({
	parts: [
		{ kind: "ip", addr: ip(address) },
		{ kind: "port", proto: 6, port },
	],
	...rest,
});
const op = (verb: Verb, object: KernelObject): Op => ({ verb, object });
const set = (name: string, type: IpSetType, entries: readonly IpSetMember[] = []): KernelObject => ({
	kind: "ipset",
	name,
	type,
	...(type.startsWith("hash") ? { family: "ipv4", options: { initval: 1, counters: true, comment: true } } : {}),
	entries,
});
const entry = (name: string, of: IpSetMember): KernelObject => ({ kind: "ipset-entry", set: name, ...of });

const TRANSACTIONS: readonly (readonly Op[])[] = [
	[op("add", set("KUBE-CLUSTER-IP", "hash:ip,port", [member("10.96.0.1", 443), member("10.96.0.10", 53)]))],
	[op("add", set("KUBE-CLUSTER-IP", "hash:ip,port"))],
	[
		op("add", entry("KUBE-CLUSTER-IP", member("10.96.0.11", 80, { comment: "default/web" }))),
		op("replace", entry("KUBE-CLUSTER-IP", member("10.96.0.1", 443, { packets: 5, bytes: 60 }))),
		op("add", entry("KUBE-CLUSTER-IP", member("10.96.0.12", 80))),
		op("delete", entry("KUBE-CLUSTER-IP", member("10.96.0.10", 53))),
	],
	// The third is refused: nothing of the transaction remains.
	[
		op("add", entry("KUBE-CLUSTER-IP", member("10.96.0.20", 80))),
		op("delete", entry("KUBE-CLUSTER-IP", member("10.96.0.11", 80))),
		op("add", entry("KUBE-CLUSTER-IP", member("10.96.0.1", 443))),
	],
	[op("delete", entry("KUBE-CLUSTER-IP", member("10.96.0.99", 1)))],
	[op("delete", { ...entry("KUBE-CLUSTER-IP", member("10.96.0.99", 1)), ifPresent: true } as KernelObject)],
	[op("add", entry("NOPE", member("10.96.0.99", 1)))],
	[op("add", set("other", "hash:ip,port", [member("10.0.0.1", 1)])), op("add", set("list", "list:set"))],
	[op("add", { kind: "ipset-entry", set: "list", parts: [{ kind: "set", set: "other" }] })],
	[op("delete", { kind: "ipset", name: "other" })],
	[op("replace", { kind: "ipset", name: "other", newName: "another" })],
	[op("replace", { kind: "ipset", name: "other", swapWith: "KUBE-CLUSTER-IP" })],
	[op("replace", { kind: "ipset", name: "other", swapWith: "list" })],
	[op("replace", set("other", "hash:ip,port", [member("10.3.0.1", 3), member("10.3.0.2", 3, { comment: "a b" })]))],
	[op("replace", { kind: "ipset", name: "KUBE-CLUSTER-IP", entries: [] })],
	[op("replace", { kind: "ipset", name: "KUBE-CLUSTER-IP", newName: "renamed" })],
	[op("delete", { kind: "ipset", name: "renamed" }), op("delete", { kind: "ipset", name: "other" })],
	[
		op("add", {
			kind: "ipset",
			name: "ports",
			type: "bitmap:port",
			options: { portRange: { from: 1, to: 100 } },
			entries: [{ parts: [{ kind: "port", proto: 6, port: 5, to: 7 }] }],
		}),
	],
	[op("delete", { kind: "ipset", name: "list" }), op("delete", { kind: "ipset", name: "other" })],
];

function onLinux(kernel: LinuxNetns, tx: readonly Op[]): KernelError | undefined {
	const done = ipSetDriver.apply(
		kernel,
		tx.map((each, index) => ({ index, op: each })),
		{ undoable: false },
	);
	return done.ok ? undefined : done.error;
}

test.skipIf(!canRun)("transactions on both kernels", async () => {
	if (netns === undefined) return;
	for (const [step, tx] of TRANSACTIONS.entries()) {
		const there = onLinux(netns, tx);
		const applied = await sim.apply("n", tx);
		expect({ step, refused: applied.ok ? undefined : applied.error }).toEqual({ step, refused: there });
		const real = ipSetDriver.dump(netns, "ipset");
		expect({ step, ...(await sim.dump("n", ["ipset"])) }).toEqual({ step, ...real });
	}
});

test.skipIf(!canRun)("what was done can be undone, and what refers to a set still does", async () => {
	if (netns === undefined) return;
	expect(
		onLinux(netns, [op("add", set("u", "hash:ip,port", [member("10.0.0.1", 1)])), op("add", set("l", "list:set"))]),
	).toBe(undefined);
	const refer: KernelObject = { kind: "ipset-entry", set: "l", parts: [{ kind: "set", set: "u" }] };
	expect(onLinux(netns, [op("add", refer)])).toBe(undefined);
	const before = ipSetDriver.dump(netns, "ipset");
	const done = ipSetDriver.apply(
		netns,
		[
			{ index: 0, op: op("add", entry("u", member("10.0.0.2", 2))) },
			{ index: 1, op: op("delete", entry("u", member("10.0.0.1", 1))) },
			{ index: 2, op: op("add", set("v", "hash:ip")) },
		],
		{ undoable: true },
	);
	expect(ipSetDriver.dump(netns, "ipset")).not.toEqual(before);
	if (done.ok) done.value();
	expect(ipSetDriver.dump(netns, "ipset")).toEqual(before);
});

test.skipIf(!canRun)("an element is asked for, and words that are none are refused", () => {
	if (netns === undefined) return;
	expect(testLinuxIpSet(netns, "u", member("10.0.0.1", 1))).toEqual({ ok: true, value: true });
	expect(testLinuxIpSet(netns, "u", member("10.0.0.9", 1))).toEqual({ ok: true, value: false });
	expect(testLinuxIpSet(netns, "nope", member("10.0.0.9", 1))).toMatchObject({ ok: false, error: { errno: "ENOENT" } });
	for (const name of ["a b", "a\ndestroy", "-x", "#x", 'a"b']) {
		expect(onLinux(netns, [op("add", set(name, "hash:ip"))])).toMatchObject({ errno: "EINVAL", op: 0 });
	}
	expect(onLinux(netns, [op("add", entry("u", member("10.0.0.3", 1, { comment: 'x"y' })))])).toMatchObject({
		errno: "EINVAL",
	});
});
