/** Topologies that are used again hold what the scenario says, whatever the one before said. */
import { expect, test } from "vitest";
import type { Op } from "../kernel/kernel.ts";
import { SimKernel } from "../sim/sim-kernel.ts";
import { cidr, ip, mac } from "../wire/addr.ts";
import type { NetnsConfig, Scenario, Step } from "./scenario.ts";
import { PortHost } from "./scenario-host.ts";
import { Stage } from "./stage.ts";

const ADDRS = [{ kind: "addr", dev: "d0", addr: cidr("10.0.0.1/24") }] as const;
const NEIGHS = [
	{ kind: "neigh", dev: "d0", addr: ip("10.0.0.2"), mac: mac("02:00:00:00:00:02"), state: "PERMANENT" },
] as const;
const ON = { "net.ipv4.ip_forward": "1", "net.ipv4.conf.d0.forwarding": "0", "net.ipv4.conf.all.rp_filter": "0" };

test("only what differs is set", async () => {
	const { stage, sets } = await standing();
	await stage.setUp(scenario({ sysctls: ON, addrs: ADDRS, neighs: NEIGHS }));
	sets.length = 0;
	const route = { kind: "route", dst: cidr("10.9.0.0/24"), via: ip("10.0.0.2"), dev: "d0" } as const;
	const strict = { ...ON, "net.ipv4.conf.all.rp_filter": "1" };
	await stage.setUp(scenario({ sysctls: strict, addrs: ADDRS, routes: [route], neighs: NEIGHS }));
	expect(sets.map(({ verb, object }) => `${verb} ${object.kind}`)).toEqual([
		"replace sysctl",
		"add route",
		"delete neigh",
		"replace neigh",
	]);
});

test.each<readonly [what: string, before: NetnsConfig, steps: readonly Step[]]>([
	["sysctls that write others", { sysctls: { "net.ipv4.ip_forward": "0" }, addrs: ADDRS, neighs: NEIGHS }, []],
	["other addresses", { sysctls: ON, addrs: [{ kind: "addr", dev: "d0", addr: cidr("10.5.0.1/24") }] }, []],
	["nothing", {}, []],
	[
		"the same, and a step that changed a sysctl",
		{ sysctls: ON, addrs: ADDRS, neighs: NEIGHS },
		[change({ verb: "replace", object: { kind: "sysctl", key: "net.ipv4.conf.d0.forwarding", value: "1" } })],
	],
	[
		"the same, and a step that added an address",
		{ sysctls: ON, addrs: ADDRS, neighs: NEIGHS },
		[change({ verb: "add", object: { kind: "addr", dev: "d0", addr: cidr("10.7.0.1/24") } })],
	],
])("after %s it holds what a new one would", async (_what, before, steps) => {
	const next = scenario({ sysctls: ON, addrs: ADDRS, neighs: NEIGHS });
	const fresh = await standing();
	await fresh.stage.setUp(next);
	const used = await standing();
	const first = scenario(before, steps);
	await used.stage.setUp(first);
	for (const step of steps) if (step.kind === "change") await used.kernel.apply("n", [used.stage.op(step)]);
	await used.stage.flush(first);
	await used.stage.setUp(next);
	expect(await used.kernel.dump("n")).toEqual(await fresh.kernel.dump("n"));
});

function scenario(config: NetnsConfig, steps: readonly Step[] = []): Scenario {
	const link = { kind: "link", name: "d0", link: { type: "dummy" }, mac: mac("02:00:00:00:00:01"), up: true } as const;
	const topology = { netns: ["n"], links: [{ netns: "n", link }] };
	return { name: "", features: [], topology, config: { n: config }, listen: [], steps };
}

function change(op: Omit<Extract<Step, { readonly kind: "change" }>, "kind" | "netns">): Step {
	return { kind: "change", netns: "n", ...op };
}

/** A topology that stands, and what was set on it. */
async function standing(): Promise<{ readonly kernel: SimKernel; readonly stage: Stage; readonly sets: Op[] }> {
	const kernel = new SimKernel();
	const sets: Op[] = [];
	const host = new PortHost(
		kernel,
		async () => kernel.runBacklog(),
		(netns, tx) => {
			sets.push(...tx);
			return kernel.apply(netns, tx);
		},
	);
	const stage = await Stage.build(host, scenario({}).topology);
	if (!stage.ok) throw new Error(stage.error.error.message);
	await stage.value.remember();
	return { kernel, stage: stage.value, sets };
}
