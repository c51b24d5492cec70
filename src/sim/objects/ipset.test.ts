import { expect, test } from "vitest";
import { formatIpSetSave } from "../../formats/ipset/listing.ts";
import type { IpSet } from "../../kernel/ipset.ts";
import type { Op } from "../../kernel/kernel.ts";
import type { KernelObject } from "../../kernel/objects.ts";
import { ip } from "../../wire/addr.ts";
import { SimKernel } from "../sim-kernel.ts";

const host = (address: string) => [{ kind: "ip", addr: ip(address) }] as const;
const entry = (set: string, address: string): KernelObject => ({ kind: "ipset-entry", set, parts: host(address) });

async function made(...objects: readonly KernelObject[]): Promise<SimKernel> {
	const kernel = new SimKernel({ seed: 1 });
	await kernel.addNetns("n");
	for (const object of objects) expect(await kernel.apply("n", [{ verb: "add", object }])).toMatchObject({ ok: true });
	return kernel;
}

async function sets(kernel: SimKernel): Promise<readonly IpSet[]> {
	const dumped = await kernel.dump("n", ["ipset"]);
	return dumped.ok ? dumped.value.filter((object) => object.kind === "ipset") : [];
}

test("a transaction that is refused leaves every set as it was, order and memory included", async () => {
	const kernel = await made(
		{ kind: "ipset", name: "A", type: "hash:ip", options: { counters: true, comment: true, hashsize: 64 } },
		{ kind: "ipset-entry", set: "A", parts: [{ kind: "ip", addr: ip("10.0.0.0"), prefix: 25 }], comment: "x" },
		{ kind: "ipset", name: "L", type: "list:set", entries: [{ parts: [{ kind: "set", set: "A" }] }] },
		{ kind: "ipset", name: "B", type: "bitmap:ip", options: { range: { from: ip("10.0.0.0"), to: ip("10.0.0.9") } } },
	);
	const before = await sets(kernel);
	const changes: readonly Op[] = [
		{ verb: "replace", object: { ...entry("A", "10.0.0.7"), comment: "other" } as KernelObject },
		{ verb: "add", object: entry("A", "10.0.1.1") },
		{ verb: "add", object: entry("B", "10.0.0.3") },
		{ verb: "delete", object: { kind: "ipset-entry", set: "L", parts: [{ kind: "set", set: "A" }] } },
		{ verb: "replace", object: { kind: "ipset", name: "A", newName: "C" } },
		{ verb: "replace", object: { kind: "ipset", name: "C", entries: [] } },
		{ verb: "delete", object: { kind: "ipset", name: "L" } },
		{ verb: "add", object: { kind: "ipset", name: "D", type: "hash:net", entries: [{ parts: host("10.0.0.1") }] } },
		{ verb: "add", object: entry("B", "10.0.0.10") },
	];
	const done = await kernel.apply("n", changes);
	expect(done).toMatchObject({
		ok: false,
		error: { errno: "ERANGE", op: 8, message: "Element is out of the range of the set" },
	});
	expect(await sets(kernel)).toEqual(before);
});

test("elements leave when their time is over, and what they took is freed when it is collected", async () => {
	const kernel = await made({ kind: "ipset", name: "A", type: "hash:ip", options: { timeout: 9, initval: 1 } });
	await kernel.apply("n", [
		{ verb: "add", object: entry("A", "10.0.0.1") },
		{ verb: "add", object: { ...entry("A", "10.0.0.2"), timeout: 0 } as KernelObject },
		{ verb: "add", object: { ...entry("A", "10.0.0.3"), timeout: 3 } as KernelObject },
	]);
	const [full] = await sets(kernel);
	await kernel.run(() => false, 3.5e9);
	expect(
		formatIpSetSave(await sets(kernel))
			.split("\n")
			.slice(1, -1)
			.toSorted(),
	).toEqual(["add A 10.0.0.1 timeout 5", "add A 10.0.0.2 timeout 0"]);
	expect(await kernel.testIpSet("n", "A", { parts: host("10.0.0.3") })).toEqual({ ok: true, value: false });
	await kernel.run(() => false, 10e9);
	const [late] = await sets(kernel);
	expect(late?.header?.entries).toBe(1);
	expect(late?.header?.memoryBytes).toBeLessThan(full?.header?.memoryBytes ?? 0);
	expect(await kernel.apply("n", [{ verb: "add", object: entry("A", "10.0.0.1") }])).toMatchObject({ ok: true });
});

test("a set that is full says so in the kernel's log", async () => {
	const kernel = await made(
		{ kind: "ipset", name: "A", type: "hash:ip", options: { maxelem: 1 } },
		entry("A", "10.0.0.1"),
	);
	expect(await kernel.apply("n", [{ verb: "add", object: entry("A", "10.0.0.2") }])).toMatchObject({
		ok: false,
		error: { errno: "ENOMEM", message: "Hash is full, cannot add more elements" },
	});
	expect(kernel.log().map(({ level, text }) => `${level} ${text}`)).toEqual(["4 Set A is full, maxelem 1 reached"]);
});

test("a replaced set keeps its references and holds exactly what it is given", async () => {
	const kernel = await made(
		{ kind: "ipset", name: "A", type: "hash:ip", entries: [{ parts: host("10.0.0.1") }, { parts: host("10.0.0.2") }] },
		{ kind: "ipset", name: "L", type: "list:set", entries: [{ parts: [{ kind: "set", set: "A" }] }] },
	);
	const wanted: KernelObject = { kind: "ipset", name: "A", type: "hash:ip", entries: [{ parts: host("10.0.0.3") }] };
	expect(await kernel.apply("n", [{ verb: "replace", object: wanted }])).toMatchObject({ ok: true });
	const [now] = await sets(kernel);
	expect(now).toMatchObject({ entries: [{ parts: host("10.0.0.3") }], header: { references: 1, entries: 1 } });
	const other: KernelObject = { kind: "ipset", name: "A", type: "hash:net", entries: [] };
	expect(await kernel.apply("n", [{ verb: "replace", object: other }])).toMatchObject({
		ok: false,
		error: { errno: "EBUSY" },
	});
});
