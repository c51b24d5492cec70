/** STATUS, GC, CHECK and what goes wrong, on a node of the simulated kernel. What ADD and DEL make is the corpus's matter. */
import { expect, test } from "vitest";
import { CniStage, HOST, type Ran } from "../../../test/corpus/cni-stage.ts";
import type { Rule } from "../../kernel/xtables.ts";
import { ip } from "../../wire/addr.ts";
import type { JsonObject } from "../result.ts";

const NETNS = "<NETNS-1>";
const IPAM = {
	type: "host-local",
	dataDir: "/d",
	ranges: [[{ subnet: "10.1.2.0/29" }]],
	routes: [{ dst: "0.0.0.0/0" }],
};
const BRIDGE = { cniVersion: "1.1.0", name: "net", type: "bridge", isGateway: true, ipMasq: true, ipam: IPAM };
const MAPPINGS = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }];
const PORTMAP = { cniVersion: "1.1.0", name: "net", type: "portmap", runtimeConfig: { portMappings: MAPPINGS } };

async function run(
	stage: CniStage,
	command: string,
	config: JsonObject,
	{ id = "c1", netns = NETNS, plugin = String(config["type"]) } = {},
): Promise<Ran> {
	const env = { CNI_COMMAND: command, CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: "eth0", CNI_PATH: "/p" };
	return stage.exec(plugin, { env, config });
}

function rules(state: unknown): readonly string[] {
	return typeof state === "object" && state !== null && "rules" in state && Array.isArray(state.rules)
		? state.rules.map(String)
		: [];
}

test("STATUS of bridge is that of its IPAM plug-in: ready, until the last address is given", async () => {
	const netns = ["1", "2", "3", "4", "5", "6"].map((n) => `<NETNS-${n}>`);
	const stage = await CniStage.open(netns);
	for (const [k, name] of netns.slice(0, 5).entries()) {
		expect((await run(stage, "STATUS", BRIDGE)).error).toBe(null);
		expect((await run(stage, "ADD", BRIDGE, { id: `c${k}`, netns: name })).error).toBe(null);
	}
	const full = await run(stage, "STATUS", BRIDGE);
	expect(full.error).toMatch(/^plugin not available: no IP addresses available in range set 0$/);
	expect((await run(stage, "ADD", BRIDGE, { id: "c6", netns: "<NETNS-6>" })).error).toBe(
		"failed to allocate for range 0: no IP addresses available in range set: 10.1.2.1-10.1.2.6",
	);
});

test("GC takes addresses, masquerading and host ports of those who are gone, and of nobody else", async () => {
	const stage = await CniStage.open([NETNS, "<NETNS-2>"]);
	for (const [id, netns] of [
		["c1", NETNS],
		["c2", "<NETNS-2>"],
	] as const) {
		const added = await run(stage, "ADD", BRIDGE, { id, netns });
		const mapped = await run(stage, "ADD", { ...PORTMAP, prevResult: added.printed }, { id, netns });
		expect(mapped.error).toBe(null);
	}
	const before = rules(await stage.state(HOST));
	expect(before.filter((rule) => rule.includes('id: \\"c1\\"')).length).toBeGreaterThan(3);
	const valid = { "cni.dev/valid-attachments": [{ containerID: "c2", ifname: "eth0" }] };
	expect((await run(stage, "GC", { ...BRIDGE, ...valid })).error).toBe(null);
	expect((await run(stage, "GC", { ...PORTMAP, ...valid })).error).toBe(null);
	const after = rules(await stage.state(HOST));
	expect(after.filter((rule) => rule.includes("c1"))).toEqual([]);
	expect(after.filter((rule) => rule.includes("c2"))).toEqual(before.filter((rule) => rule.includes("c2")));
	expect([...(stage.disk.directories.get("/d/net")?.entries() ?? [])]).toEqual([
		["lock", ""],
		["10.1.2.3", "c2\r\neth0"],
		["last_reserved_ip.0", "10.1.2.3"],
	]);
	// libcni says that nobody is left by `null`; a configuration that says nothing is a mistake.
	expect((await run(stage, "GC", BRIDGE)).error).toBe("GC needs cni.dev/valid-attachments");
	expect((await run(stage, "GC", { ...BRIDGE, "cni.dev/valid-attachments": null })).error).toBe(null);
	expect(stage.disk.directories.get("/d/net")?.has("10.1.2.3")).toBe(false);
});

test("CHECK of bridge and portmap finds what somebody took away", async () => {
	const stage = await CniStage.open([NETNS]);
	const added = await run(stage, "ADD", BRIDGE);
	const mapped = await run(stage, "ADD", { ...PORTMAP, prevResult: added.printed });
	const bridge = { ...BRIDGE, prevResult: mapped.printed };
	const portmap = { ...PORTMAP, prevResult: mapped.printed };
	expect((await run(stage, "CHECK", bridge)).error).toBe(null);
	expect((await run(stage, "CHECK", portmap)).error).toBe(null);
	expect((await run(stage, "CHECK", BRIDGE)).error).toBe("Required prevResult missing");

	const gone = {
		verb: "delete",
		object: { kind: "xt-chain", family: "ipv4", table: "nat", chain: "CNI-HOSTPORT-DNAT", rules: [] },
	} as const;
	for (const chain of ["PREROUTING", "OUTPUT"] as const) {
		await stage.kernel.apply(HOST, [
			{ verb: "delete", object: { kind: "xt-chain", family: "ipv4", table: "nat", chain, rules: [] } },
		]);
	}
	const emptied = await stage.kernel.apply(HOST, [{ verb: "replace", object: gone.object }, gone]);
	expect(emptied.ok).toBe(true);
	expect((await run(stage, "CHECK", portmap)).error).toBe(
		"could not check ipv4 dnat: rule not found in table nat chain CNI-HOSTPORT-DNAT",
	);

	await stage.kernel.apply(NETNS, [{ verb: "replace", object: { kind: "link", name: "eth0", up: false } }]);
	expect((await run(stage, "CHECK", bridge)).error).toBe("Expected Route 0.0.0.0/0 not found in routing table");
	await run(stage, "DEL", bridge);
	expect((await run(stage, "CHECK", bridge)).error).toBe("host-local: Failed to find address added by container c1");
});

test("DEL is done twice, without a namespace, and without a result before", async () => {
	const stage = await CniStage.open([NETNS]);
	const added = await run(stage, "ADD", BRIDGE);
	await run(stage, "ADD", { ...PORTMAP, prevResult: added.printed });
	for (const config of [PORTMAP, BRIDGE, PORTMAP, BRIDGE]) expect((await run(stage, "DEL", config)).error).toBe(null);
	expect((await run(stage, "DEL", BRIDGE, { netns: "/run/netns/gone" })).error).toBe(null);
	expect(rules(await stage.state(HOST)).filter((rule) => rule.includes("c1"))).toEqual([]);
});

test("portmap by itself, and a second container on the same port: the first rule wins", async () => {
	const stage = await CniStage.open([NETNS]);
	expect((await run(stage, "ADD", PORTMAP)).error).toBe("must be called as chained plugin");
	expect(
		(await run(stage, "ADD", { ...PORTMAP, runtimeConfig: {}, prevResult: { cniVersion: "1.1.0" } })).printed,
	).toEqual({
		cniVersion: "1.1.0",
	});
	const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.1.2.2/24" }] };
	for (const id of ["c1", "c2"]) await run(stage, "ADD", { ...PORTMAP, prevResult }, { id });
	const dumped = await stage.kernel.dump(HOST, ["xt-chain"]);
	const dnat = dumped.ok
		? dumped.value.find((it) => it.kind === "xt-chain" && it.chain === "CNI-HOSTPORT-DNAT")
		: undefined;
	const ids = dnat?.kind === "xt-chain" ? dnat.rules.map((rule) => JSON.stringify(rule.matches)) : [];
	expect(ids).toEqual([expect.stringContaining('\\"c1\\"'), expect.stringContaining('\\"c2\\"')]);
});

test("ADD forgets the tracked UDP connections of the mapped port, and of no other", async () => {
	const stage = await CniStage.open([NETNS]);
	const tracking: Rule = {
		matches: [{ kind: "conntrack", state: { value: ["NEW"] } }],
		target: { kind: "accept" },
	};
	const mappings = [{ hostPort: 5353, containerPort: 53, protocol: "udp" }];
	const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.1.2.2/24" }] };
	await stage.kernel.apply(HOST, [
		{ verb: "replace", object: { kind: "link", name: "lo", up: true } },
		// Connections are tracked only where a rule needs it.
		{ verb: "add", object: { kind: "xt-rule", family: "ipv4", table: "filter", chain: "OUTPUT", rule: tracking } },
	]);
	for (const port of [5353, 5354]) {
		const socket = stage.kernel.sockets.openUdp(HOST, {}, {});
		if (!socket.ok) throw new Error(socket.error.message);
		expect(socket.value.send(new Uint8Array([1]), { addr: ip("127.0.0.1"), port }).ok).toBe(true);
	}
	await stage.kernel.run(() => false, 1_000_000);
	expect(await trackedPorts(stage)).toEqual([5353, 5354]);
	await run(stage, "ADD", { ...PORTMAP, runtimeConfig: { portMappings: mappings }, prevResult });
	expect(await trackedPorts(stage)).toEqual([5354]);
});

test("loopback is brought up and told", async () => {
	const stage = await CniStage.open([NETNS]);
	const config = { cniVersion: "1.1.0", name: "lo", type: "loopback" };
	expect((await run(stage, "CHECK", config)).error).toBe("loopback interface is down");
	expect((await run(stage, "ADD", config)).printed).toEqual({
		cniVersion: "1.1.0",
		interfaces: [{ name: "lo", mac: "00:00:00:00:00:00", sandbox: NETNS }],
		ips: [{ address: "127.0.0.1/8", interface: 0 }],
	});
	expect((await run(stage, "CHECK", config)).error).toBe(null);
	expect((await run(stage, "DEL", config)).error).toBe(null);
	expect((await run(stage, "CHECK", config)).error).toBe("loopback interface is down");
});

test("a plug-in that nobody has is refused by name", async () => {
	const stage = await CniStage.open([NETNS]);
	const ran = await run(stage, "ADD", { cniVersion: "1.1.0", name: "n", type: "macvlan" });
	expect(ran.error).toMatch(/^plugin macvlan is not modelled \(bridge, firewall, .*\)$/);
});

async function trackedPorts(stage: CniStage): Promise<readonly number[]> {
	const dumped = await stage.kernel.dump(HOST, ["conntrack"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	return dumped.value.flatMap((it) => (it.kind === "conntrack" ? [it.original.dport ?? 0] : [])).sort((a, b) => a - b);
}
