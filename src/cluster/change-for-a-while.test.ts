import { expect, test } from "vitest";
import type { Kernel, Op } from "../kernel/kernel.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { changeForAWhile } from "./change-for-a-while.ts";

const KEY = "net.ipv4.ip_forward";

async function kernelWith(...namespaces: readonly string[]): Promise<Kernel> {
	const kernel = new SimKernel({ seed: 1 });
	for (const netns of namespaces) await kernel.addNetns(netns);
	return kernel;
}

async function valueIn(kernel: Kernel, netns: string): Promise<string | undefined> {
	const dumped = await kernel.dump(netns, ["sysctl"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.flatMap((object) => (object.kind === "sysctl" && object.key === KEY ? [object.value] : []))[0];
}

const set = (value: string): readonly Op[] => [{ verb: "replace", object: { kind: "sysctl", key: KEY, value } }];

const TURN_ON = { kinds: ["sysctl"], what: "sysctls", change: () => ({ ops: set("1"), undo: set("0") }) } as const;

test("what was changed is put back when that is asked for", async () => {
	const kernel = await kernelWith("a", "b");
	const changed = await changeForAWhile(kernel, ["a", "b"], TURN_ON);
	if (!changed.ok) throw new Error(changed.error.message);
	expect([await valueIn(kernel, "a"), await valueIn(kernel, "b")]).toEqual(["1", "1"]);
	await changed.value();
	expect([await valueIn(kernel, "a"), await valueIn(kernel, "b")]).toEqual(["0", "0"]);
});

test("when a namespace cannot be looked at, those before it are as they were", async () => {
	const kernel = await kernelWith("a");
	const changed = await changeForAWhile(kernel, ["a", "gone"], TURN_ON);
	expect(changed.ok).toBe(false);
	expect(await valueIn(kernel, "a")).toBe("0");
});
