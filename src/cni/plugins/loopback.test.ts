import { expect, test } from "vitest";
import type { CniRuntime } from "../types.ts";
import { loopbackAdd, loopbackDel } from "./loopback.ts";

const runtime: CniRuntime = { containerId: "c", netns: "pod/default/a", ifName: "lo", hostNetns: "node/n1" };

test("ADD brings lo of the container up, DEL down", () => {
	const part = (up: boolean): unknown => [
		{ netns: "pod/default/a", ops: [{ verb: "replace", object: { kind: "link", name: "lo", up } }] },
	];
	expect(loopbackAdd(runtime).plan).toEqual(part(true));
	expect(loopbackDel(runtime)).toEqual(part(false));
});

test("the result has the loopback address", () => {
	expect(loopbackAdd(runtime).result).toMatchObject({
		interfaces: [{ name: "lo", mac: "00:00:00:00:00:00", sandbox: "pod/default/a" }],
		ips: [{ address: { addr: "127.0.0.1", prefix: 8 }, interface: 0 }],
	});
});
