import { expect, test } from "vitest";
import { badEndings, ETH_P_TEST, receivers, SimLab } from "../../../test/sim-lab.ts";
import { devQueueXmit } from "../core/dev.ts";
import { allocSkb } from "../skb.ts";
import type { Skb } from "../types.ts";

const UNICAST = { dst: "02:00:00:00:00:01", src: "02:00:00:00:00:02" };

async function cables(): Promise<SimLab> {
	const lab = new SimLab("a", "b");
	await lab.add(
		"a",
		{ kind: "link", name: "far", link: { type: "veth", peer: "eth0", peerNetns: "b" }, up: true },
		{ kind: "link", name: "near0", link: { type: "veth", peer: "near1" }, up: true },
		{ kind: "link", name: "d0", link: { type: "dummy" }, up: true },
	);
	await lab.set("a", { kind: "link", name: "near1", up: true }, { kind: "link", name: "lo", up: true });
	await lab.set("b", { kind: "link", name: "eth0", up: true });
	lab.settle();
	return lab;
}

/** Sends a marked packet with a conntrack entry out by `dev` of namespace a; the packet as the receiver gets it. */
function cross(lab: SimLab, dev: string): Skb {
	let got: Skb | undefined;
	lab.kernel.machine.packetTypes.set(ETH_P_TEST, (skb) => {
		got = skb;
		return "delivered";
	});
	const skb = allocSkb(lab.kernel.machine, 60);
	skb.bytes[skb.data + 12] = ETH_P_TEST >> 8;
	skb.bytes[skb.data + 13] = ETH_P_TEST & 255;
	skb.dev = lab.dev("a", dev);
	skb.mark = 7;
	skb.ct = {};
	skb.ctInfo = "established";
	skb.sk = { describe: "a test", owner: undefined };
	devQueueXmit(skb);
	lab.kernel.runBacklog();
	if (got === undefined) throw new Error("nothing came");
	return got;
}

test("conntrack does not cross a veth, and the mark only within a namespace", async () => {
	const lab = await cables();
	expect(cross(lab, "far")).toMatchObject({ mark: 0, ct: undefined, ctInfo: "none", sk: undefined });
	expect(cross(lab, "near0")).toMatchObject({ mark: 7, ct: undefined, ctInfo: "none" });
});

test("on lo everything but the socket stays with the packet", async () => {
	const lab = await cables();
	expect(cross(lab, "lo")).toMatchObject({ mark: 7, ct: {}, ctInfo: "established", sk: undefined, pktType: "host" });
});

test("a frame longer than the other end's MTU is dropped and counted there", async () => {
	const lab = await cables();
	await lab.set("b", { kind: "link", name: "eth0", mtu: 1400 });
	lab.send("a", "far", { ...UNICAST, length: 1404 });
	expect(receivers(lab.settle())).toEqual(["b/eth0"]);
	expect(lab.send("a", "far", { ...UNICAST, length: 1405 })).toBe("dropped");
	expect(lab.settle().at(-1)).toMatchObject({ fn: "veth_xmit", reason: "PKT_TOO_BIG" });
	expect(lab.dev("b", "eth0").stats).toMatchObject({ rxPackets: 1, rxBytes: 1418, rxDropped: 1 });
});

test("a dummy swallows what it is given", async () => {
	const lab = await cables();
	lab.send("a", "d0", UNICAST);
	const events = lab.settle();
	expect(events.map((event) => event.step)).toEqual(["origin", "transmit", "consume"]);
	expect(badEndings(events)).toEqual([]);
	expect(lab.dev("a", "d0").stats).toMatchObject({ txPackets: 1, txBytes: 60 });
});

test("a frame in flight to a device that is removed is dropped there", async () => {
	const lab = await cables();
	lab.send("a", "far", UNICAST);
	await lab.kernel.deleteNetns("b");
	const events = lab.settle();
	expect(events.at(-1)).toMatchObject({ step: "drop", reason: "DEV_READY", netns: "b" });
	expect(badEndings(events)).toEqual([]);
});
