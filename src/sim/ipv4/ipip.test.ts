import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import { calicoObjects, twoNodes } from "../../../test/tunnel-lab.ts";
import type { TraceEvent } from "../../kernel/trace-event.ts";
import { journeysOf } from "../../trace/journey.ts";
import { cidr, ip } from "../../wire/addr.ts";

async function calico(): Promise<SimLab> {
	const lab = await twoNodes();
	await lab.add("n1", ...calicoObjects(1));
	await lab.add("n2", ...calicoObjects(2));
	return lab;
}

/** The steps of one ping from `netns`, and whether it was answered. */
function ping(
	lab: SimLab,
	netns: string,
	to: string,
	bytes = 56,
): { events: readonly TraceEvent[]; answered: boolean } {
	let answered = false;
	const opened = lab.kernel.sockets.openEcho(netns, ip(to), {}, { onReply: () => (answered = true) });
	if (!opened.ok) throw new Error(opened.error.message);
	opened.value.send({ seq: 1, payload: new Uint8Array(bytes) });
	const events = lab.settle();
	opened.value.close();
	return { events, answered };
}

test("a packet between pods of two nodes is three journeys, each naming the one before", async () => {
	const lab = await calico();
	const { events, answered } = ping(lab, "p1", "10.244.2.2");
	expect(answered).toBe(true);
	const [encap] = events.filter((event) => event.step === "encap");
	const [decap] = events.filter((event) => event.step === "decap");
	const journeys = new Map(journeysOf(events).map((journey) => [journey.skb, journey]));
	const outer = journeys.get(encap?.child ?? 0);
	const inside = journeys.get(decap?.child ?? 0);
	expect(encap).toMatchObject({ how: "ipip", dev: "tunl0", src: "192.168.0.1", dst: "192.168.0.2", netns: "n1" });
	expect(outer).toMatchObject({ parent: encap?.skb, end: { step: "consume" } });
	expect(decap).toMatchObject({ skb: outer?.skb, dev: "tunl0", netns: "n2" });
	expect(inside).toMatchObject({ parent: outer?.skb, end: { step: "deliver" } });
	expect(journeys.get(encap?.skb ?? 0)?.end).toMatchObject({ step: "consume", netns: "n1" });
});

test("a tunnel counts what is inside, and what was dropped at once outside", async () => {
	const lab = await calico();
	ping(lab, "p1", "10.244.2.2");
	const [link] = (await lab.links("n1")).filter(({ name }) => name === "tunl0");
	expect(link?.stats).toMatchObject({ txPackets: 1, txBytes: 84, rxPackets: 1, rxBytes: 84, txDropped: 0 });
	const drop = { matches: [{ kind: "protocol", proto: 4 }], target: { kind: "drop" } } as const;
	const common = { kind: "xt-chain", family: "ipv4", table: "filter", chain: "OUTPUT" } as const;
	await lab.set("n1", { ...common, rules: [drop] });
	let failed: string | undefined;
	const opened = lab.kernel.sockets.openEcho("n1", ip("10.244.2.2"), {}, {});
	if (!opened.ok) throw new Error(opened.error.message);
	const sent = opened.value.send({ seq: 1, payload: new Uint8Array(8) });
	if (!sent.ok) failed = sent.error.errno;
	// Who sends what is inside does not hear of it.
	expect(failed).toBeUndefined();
	const after = (await lab.links("n1")).find(({ name }) => name === "tunl0");
	expect(after?.stats?.txDropped).toBe(1);
});

test("the mark goes along, so that rules outside see it", async () => {
	const lab = await calico();
	const mark = { matches: [], target: { kind: "mark", op: "set", value: 7, mask: 0xffffffff } } as const;
	const seen = {
		matches: [
			{ kind: "protocol", proto: 4 },
			{ kind: "mark", value: 7, mask: 7 },
		],
		target: { kind: "accept" },
	} as const;
	const forward = { kind: "xt-chain", family: "ipv4", table: "mangle", chain: "FORWARD" } as const;
	const output = { kind: "xt-chain", family: "ipv4", table: "filter", chain: "OUTPUT" } as const;
	await lab.set("n1", { ...forward, rules: [mark] }, { ...output, rules: [seen] });
	const { events } = ping(lab, "p1", "10.244.2.2");
	expect(events.some((event) => event.step === "rule" && event.chain === "OUTPUT" && event.netns === "n1")).toBe(true);
});

test("tunnels that lead into each other end as Linux ends them", async () => {
	const lab = await twoNodes();
	const end = (name: string, local: string, remote: string) =>
		({ kind: "link", name, link: { type: "ipip", local: ip(local), remote: ip(remote) }, up: true }) as const;
	await lab.add("n1", end("t1", "192.168.0.1", "10.8.0.1"), end("t2", "192.168.0.1", "10.9.0.1"));
	await lab.add(
		"n1",
		{ kind: "route", dst: cidr("10.8.0.0/24"), dev: "t2" },
		{ kind: "route", dst: cidr("10.9.0.0/24"), dev: "t1" },
		{ kind: "route", dst: cidr("10.7.0.0/24"), dev: "t1" },
	);
	const { events } = ping(lab, "n1", "10.7.0.1");
	expect(events.filter((event) => event.step === "encap")).toHaveLength(9);
	expect(events.find((event) => event.step === "drop")).toMatchObject({ reason: "RECURSION_LIMIT" });
	expect(lab.kernel.log().at(-1)?.text).toMatch(/^Dead loop on virtual device t[12], fix it urgently!$/);
});

test("tunl0 is there with the module: it has no settings, cannot move, and stays when it is deleted", async () => {
	const lab = new SimLab("a");
	const tunl0 = { kind: "link", name: "tunl0", link: { type: "ipip" } } as const;
	await lab.add("a", tunl0);
	expect((await lab.links("a")).find(({ name }) => name === "tunl0")).toMatchObject({
		mtu: 1480,
		link: { type: "ipip", pmtudisc: false, mode: "any" },
	});
	const open = { kind: "link", name: "x", link: { type: "ipip" } } as const;
	expect(await lab.kernel.apply("a", [{ verb: "add", object: open }])).toMatchObject({ error: { errno: "EEXIST" } });
	const change = { ...tunl0, link: { type: "ipip", ttl: 3 } } as const;
	expect(await lab.kernel.apply("a", [{ verb: "replace", object: change }])).toMatchObject({
		error: { errno: "EINVAL" },
	});
	await lab.apply("a", { verb: "delete", object: tunl0 });
	expect((await lab.links("a")).map(({ name }) => name)).toContain("tunl0");
});
