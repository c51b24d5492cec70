import { expect, test } from "vitest";
import { SimLab } from "../../../../test/sim-lab.ts";
import { replaceOps } from "../../../../test/xtables-lab.ts";
import type { SocketError } from "../../../kernel/socket.ts";
import { cidr, ip } from "../../../wire/addr.ts";

/** A host with two ways out: d0 by default, d1 for packets with mark 1. */
async function host(rules: string, markedRoute: "unicast" | "unreachable" = "unicast"): Promise<SimLab> {
	const lab = new SimLab("node");
	for (const dev of ["d0", "d1"]) {
		await lab.add("node", { kind: "link", name: dev, link: { type: "dummy" }, up: true });
		await lab.add("node", { kind: "addr", dev, addr: cidr(dev === "d0" ? "10.0.0.1/24" : "10.1.0.1/24") });
	}
	const marked = markedRoute === "unicast" ? ({ dev: "d1" } as const) : ({ type: "unreachable" } as const);
	await lab.add(
		"node",
		{ kind: "route", dst: cidr("0.0.0.0/0"), dev: "d0" },
		{ kind: "route", dst: cidr("0.0.0.0/0"), table: 100, ...marked },
		{ kind: "rule", family: "ipv4", priority: 1000, fwmark: { value: 1, mask: 1 }, table: 100 },
	);
	await lab.apply("node", ...replaceOps(rules));
	lab.settle();
	return lab;
}

function send(lab: SimLab): { error: SocketError | undefined; devices: readonly string[]; source: string } {
	const opened = lab.kernel.sockets.openUdp("node", {}, {});
	if (!opened.ok) throw new Error(opened.error.message);
	const done = opened.value.send(new Uint8Array(1), { addr: ip("8.8.8.8"), port: 53 });
	const events = lab.settle();
	const devices = events.flatMap((event) => (event.step === "route" && event.dev !== undefined ? [event.dev] : []));
	const origin = events.find((event) => event.step === "origin");
	const source = origin?.step === "origin" ? origin.packet.slice(12, 16).join(".") : "";
	return { error: done.ok ? undefined : done.error, devices, source };
}

const MARK = "*mangle\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -j MARK --set-xmark 0x1/0x1\nCOMMIT\n";

test("a mark set in mangle OUTPUT routes the packet anew; its source stays the one chosen before", async () => {
	expect(send(await host(MARK))).toEqual({ error: undefined, devices: ["d0", "d1"], source: "10.0.0.1" });
});

test("a mark set in another table, or the same mark again, does not", async () => {
	expect(send(await host(MARK.replace("*mangle", "*filter"))).devices).toEqual(["d0"]);
	expect(send(await host(MARK.replace("0x1/0x1", "0x0/0x1"))).devices).toEqual(["d0"]);
});

test("without a route for the changed packet it is dropped", async () => {
	const lab = await host(MARK, "unreachable");
	const opened = lab.kernel.sockets.openUdp("node", {}, {});
	if (!opened.ok) throw new Error(opened.error.message);
	expect(opened.value.send(new Uint8Array(1), { addr: ip("8.8.8.8"), port: 53 }).ok).toBe(false);
	const drop = lab.settle().find((event) => event.step === "drop");
	expect(drop).toMatchObject({ reason: "IP_OUTNOROUTES", fn: "iptable_mangle_hook" });
});
