import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import type { Fdb } from "../../kernel/objects.ts";
import { cidr, ip, mac } from "../../wire/addr.ts";

const [A, B] = ["02:00:00:00:0a:01", "02:00:00:00:0a:02"];

/** Three hosts 10.0.0.1 to 10.0.0.3 on a bridge in `sw`, each with `vx`; frames go to all others by default. */
async function lab(learning = true): Promise<SimLab> {
	const made = new SimLab("sw", "h1", "h2", "h3");
	await made.add("sw", { kind: "link", name: "br0", link: { type: "bridge" }, up: true });
	for (const n of [1, 2, 3]) {
		const host = `h${n}`;
		await made.plug("sw", "br0", host, { netns: host, name: "eth0", mac: `02:00:00:00:00:0${n}` });
		const vxlan = { type: "vxlan", id: 9, local: ip(`10.0.0.${n}`), learning } as const;
		await made.add(
			host,
			{ kind: "addr", dev: "eth0", addr: cidr(`10.0.0.${n}/24`) },
			{ kind: "link", name: "vx", mac: mac(`02:00:00:00:f0:0${n}`), link: vxlan, up: true },
			...[1, 2, 3]
				.filter((other) => other !== n)
				.map((other): Fdb => {
					const zero = mac("00:00:00:00:00:00");
					return { kind: "fdb", dev: "vx", mac: zero, dst: ip(`10.0.0.${other}`), append: true, state: "permanent" };
				}),
		);
	}
	made.settle();
	return made;
}

/** The hosts at which a frame came out of `vx`. */
function reached(made: SimLab, from: string, frame: { src: string; dst: string }): readonly string[] {
	made.send(from, "vx", frame);
	return made
		.settle()
		.filter((event) => event.step === "receive" && event.dev === "vx")
		.map(({ netns }) => netns)
		.sort();
}

test("an unknown address goes to all default destinations, a learnt one to its host, until it ages", async () => {
	const made = await lab();
	expect(reached(made, "h1", { src: A, dst: B })).toEqual(["h2", "h3"]);
	expect(reached(made, "h2", { src: B, dst: A })).toEqual(["h1"]);
	expect(reached(made, "h1", { src: A, dst: B })).toEqual(["h2"]);
	await made.kernel.run(() => false, 301e9);
	expect(reached(made, "h1", { src: A, dst: B })).toEqual(["h2", "h3"]);
});

test("an address that moves is learnt anew and logged; a static entry is not overruled", async () => {
	const made = await lab();
	reached(made, "h2", { src: B, dst: A });
	reached(made, "h3", { src: B, dst: A });
	expect(made.kernel.log().at(-1)).toMatchObject({ level: 6, text: `vx: ${B} migrated from 10.0.0.2 to 10.0.0.3` });
	expect(reached(made, "h1", { src: A, dst: B })).toEqual(["h3"]);
	await made.set("h1", { kind: "fdb", dev: "vx", mac: mac(B), dst: ip("10.0.0.2"), state: "static" });
	made.send("h3", "vx", { src: B, dst: A });
	const drops = made.settle().filter((event) => event.step === "drop" && event.netns === "h1");
	expect(drops).toMatchObject([{ reason: "VXLAN_ENTRY_EXISTS" }]);
});

test("without learning nothing is learnt, and without an entry nothing is sent", async () => {
	const made = await lab(false);
	reached(made, "h2", { src: B, dst: A });
	expect(reached(made, "h1", { src: A, dst: B })).toEqual(["h2", "h3"]);
	const zero = { kind: "fdb", dev: "vx", mac: mac("00:00:00:00:00:00") } as const;
	await made.apply("h1", { verb: "delete", object: zero });
	made.send("h1", "vx", { src: A, dst: B });
	expect(made.settle().find((event) => event.step === "drop")).toMatchObject({ reason: "NO_TX_TARGET", netns: "h1" });
	expect((await made.links("h1")).find(({ name }) => name === "vx")?.stats?.txDropped).toBe(1);
});

test("a frame that is shorter than the IP header its type promises is not sent", async () => {
	const made = await lab();
	for (const [type, length] of [
		[0x0800, 19],
		[0x86dd, 39],
	] as const) {
		made.settle();
		made.send("h1", "vx", { src: A, dst: B, type, length });
		const drops = made.settle().filter((event) => event.step === "drop");
		expect(drops).toMatchObject([{ netns: "h1", fn: "vxlan_xmit_one", reason: "PKT_TOO_SMALL" }, { netns: "h1" }]);
	}
});

test("both directions of a flow have one source port, and other flows others", async () => {
	const made = await lab();
	const ports = (from: string, frame: { src: string; dst: string; type: number }): readonly unknown[] => {
		made.send(from, "vx", frame);
		return made.settle().flatMap((event) => (event.step === "encap" ? [event.sport] : []));
	};
	const [first] = ports("h1", { src: A, dst: B, type: 0x88b5 });
	expect(ports("h2", { src: B, dst: A, type: 0x88b5 })).toEqual([first]);
	expect(ports("h1", { src: A, dst: B, type: 0x88b6 })).not.toEqual([first]);
});

test("a port that a program has cannot be VXLAN's, and the other way round", async () => {
	const made = await lab();
	const bind = { bind: { port: 4789 } };
	const taken = made.kernel.sockets.openUdp("h1", bind, {});
	expect(taken.ok).toBe(true);
	const vx = { kind: "link", name: "vx2", link: { type: "vxlan", id: 10, port: 4789 } } as const;
	await made.add("h1", vx);
	const up = { kind: "link", name: "vx2", up: true } as const;
	expect(await made.kernel.apply("h1", [{ verb: "replace", object: up }])).toMatchObject({
		error: { errno: "EADDRINUSE" },
	});
	expect(made.kernel.sockets.openUdp("h1", { bind: { port: 8472 } }, {})).toMatchObject({
		error: { errno: "EADDRINUSE" },
	});
});

test("a VXLAN device whose device below is removed goes with it, and comes back when that is taken back", async () => {
	const made = new SimLab("a", "b");
	await made.add("a", { kind: "link", name: "eth0", link: { type: "veth", peer: "eth0", peerNetns: "b" }, up: true });
	await made.add("a", { kind: "link", name: "vx", link: { type: "vxlan", id: 1, dev: "eth0" }, up: true });
	const remove = { verb: "delete", object: { kind: "link", name: "eth0" } } as const;
	const bad = { verb: "delete", object: { kind: "link", name: "no" } } as const;
	const before = await made.links("a");
	expect((await made.kernel.apply("a", [remove, bad])).ok).toBe(false);
	expect((await made.links("a")).map(({ name, link, up }) => [name, link, up])).toEqual(
		before.map(({ name, link, up }) => [name, link, up]),
	);
	await made.apply("a", remove);
	expect((await made.links("a")).map(({ name }) => name)).toEqual(["lo"]);
});
