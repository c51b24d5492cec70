import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import type { MacvlanMode } from "../../kernel/objects.ts";
import { mac } from "../../wire/addr.ts";

const MODES: readonly MacvlanMode[] = ["bridge", "bridge", "private", "vepa"];
const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** `m1` and `m2` in bridge mode, `m3` private, `m4` vepa, on `eth0` of `h`; `far` is at the other end of the cable. */
async function lab(): Promise<SimLab> {
	const made = new SimLab("h", "far");
	await made.add("h", { kind: "link", name: "eth0", link: { type: "veth", peer: "eth0", peerNetns: "far" }, up: true });
	await made.set("far", { kind: "link", name: "eth0", up: true });
	for (const [k, mode] of MODES.entries()) {
		const link = { type: "macvlan", parent: "eth0", mode } as const;
		await made.add("h", { kind: "link", name: `m${k + 1}`, mac: mac(addr(k + 1)), link, up: true });
	}
	made.settle();
	return made;
}

function addr(n: number): string {
	return `02:00:00:00:01:0${n}`;
}

function reached(made: SimLab, netns: string, dev: string, frame: { src: string; dst: string }): readonly string[] {
	made.send(netns, dev, frame);
	return made
		.settle()
		.flatMap((event) => (event.step === "receive" ? [`${event.netns} ${event.dev}`] : []))
		.sort();
}

const FAR = "02:00:00:00:00:99";

test.each([
	["from outside to one", "far", "eth0", { src: FAR, dst: addr(3) }, ["h eth0", "h m3"]],
	["from outside to all", "far", "eth0", { src: FAR, dst: BROADCAST }, ["h eth0", "h m1", "h m2", "h m3", "h m4"]],
	["from one in bridge mode to its neighbour", "h", "m1", { src: addr(1), dst: addr(2) }, ["h eth0", "h m2"]],
	["from one in bridge mode to all", "h", "m1", { src: addr(1), dst: BROADCAST }, ["far eth0", "h m2"]],
	["from one in bridge mode to the private one", "h", "m1", { src: addr(1), dst: addr(3) }, ["far eth0"]],
	["from the vepa one to anyone", "h", "m4", { src: addr(4), dst: addr(1) }, ["far eth0"]],
	[
		"a vepa one's broadcast that a switch sent back",
		"far",
		"eth0",
		{ src: addr(4), dst: BROADCAST },
		["h eth0", "h m1", "h m2"],
	],
	[
		"a bridge one's broadcast that a switch sent back",
		"far",
		"eth0",
		{ src: addr(1), dst: BROADCAST },
		["h eth0", "h m4"],
	],
	[
		"the private one's broadcast that a switch sent back",
		"far",
		"eth0",
		{ src: addr(3), dst: BROADCAST },
		["h eth0", "h m3"],
	],
] as const)("%s", async (...[, netns, dev, frame, where]) => {
	expect(reached(await lab(), netns, dev, frame)).toEqual([...where]);
});

test("passthru takes every frame, and the parent's address", async () => {
	const made = new SimLab("h", "far");
	await made.add("h", { kind: "link", name: "eth0", link: { type: "veth", peer: "eth0", peerNetns: "far" }, up: true });
	await made.set("far", { kind: "link", name: "eth0", up: true });
	await made.add("h", {
		kind: "link",
		name: "m",
		link: { type: "macvlan", parent: "eth0", mode: "passthru" },
		up: true,
	});
	expect(made.dev("h", "m").mac).toBe(made.dev("h", "eth0").mac);
	expect(reached(made, "far", "eth0", { src: FAR, dst: addr(7) })).toEqual(["h eth0", "h m"]);
	await made.set("h", { kind: "link", name: "eth0", mac: mac(addr(9)) });
	expect(made.dev("h", "m").mac).toBe(made.dev("h", "eth0").mac);
});
