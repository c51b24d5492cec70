/** `npm run bench`: what podwire promises about speed, measured; JSON lines with name, value, unit. */
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCluster } from "../src/cluster/build.ts";
import type { Cluster } from "../src/cluster/cluster.ts";
import type { IpSetMember } from "../src/kernel/ipset.ts";
import type { IpvsServiceKey } from "../src/kernel/ipvs.ts";
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import type { Rule } from "../src/kernel/xtables.ts";
import type { KubeSnapshot } from "../src/kube/snapshot.ts";
import { desiredIptables } from "../src/kube-proxy/iptables.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { cidr, type IpAddr, ip, mac } from "../src/wire/addr.ts";
import { dnsRate } from "./dns.ts";
import { manyServices, webCluster } from "./generated.ts";
import { FULL_STATE, fullStateAsChild, kubeProxyRules } from "./kube-proxy.ts";
import { median, report, timed } from "./measure.ts";
import { playAsChild, SCENARIOS, scenarioRates } from "./scenarios.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

const [, , mode, kernel = "", from = "0"] = process.argv;
if (mode === SCENARIOS) await playAsChild(kernel, Number(from));
else if (mode === FULL_STATE) await fullStateAsChild();
else await everything();

async function everything(): Promise<void> {
	await coldTrace();
	await clusterBuild();
	await serviceScale();
	await kubeProxyRules();
	await packetRate();
	await setLookups();
	await ipvsScale();
	await dnsRate();
	await scenarioRates();
}

/** The whole command, Node's start included. */
async function coldTrace(): Promise<void> {
	const args = [
		"dist/cli/main.js",
		"trace",
		"-f",
		"examples/myapp",
		"--from",
		"pod/default/client",
		"--to",
		"svc/default/myapp",
	];
	execFileSync("npm", ["run", "-s", "build"], { cwd: ROOT, stdio: "ignore" });
	const run = async (extra: readonly string[]): Promise<number> =>
		(
			await timed(() =>
				execFileSync(process.execPath, [...args, ...extra], { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] }),
			)
		).ms;
	const times: number[] = [];
	for (let k = 0; k < 7; k += 1) times.push(await run([]));
	report("trace.cold.wall", median(times), "ms");
	const bare: number[] = [];
	for (let k = 0; k < 7; k += 1) bare.push((await timed(() => execFileSync(process.execPath, ["-e", "0"]))).ms);
	report("node.start.wall", median(bare), "ms");
}

async function clusterBuild(): Promise<void> {
	const snapshot = webCluster(3, 30);
	const first = await timed(() => built(snapshot));
	report("cluster.3nodes.30pods.first", first.ms, "ms");
	const times: number[] = [];
	for (let k = 0; k < 9; k += 1) times.push((await timed(() => built(snapshot))).ms);
	report("cluster.3nodes.30pods.median", median(times), "ms");
}

/** 10,000 Services × 3 endpoints against 10: computing the rules, loading them, the first packet, finding a rule. */
async function serviceScale(): Promise<void> {
	const few = await loaded(10);
	const many = await loaded(10_000);
	report("iptables.desired.10000x3", many.desiredMs, "ms");
	report("iptables.load.10000x3", many.loadMs, "ms");
	report("iptables.rules.10000x3", many.rules, "rules");
	// The code is warm, the rules are not: no packet has met them yet.
	for (let k = 0; k < 50; k += 1) connect(few, k % few.services, { traced: true });
	const first = await timed(() => connect(many, 9_999, { traced: true }));
	report("packet.first.traced.10000x3", first.ms, "ms");
	for (const lab of [few, many]) for (let k = 0; k < 3_000; k += 1) connect(lab, k % lab.services, { traced: false });
	const ratios: number[] = [];
	for (let round = 0; round < 15; round += 1) {
		const a = await timed(() => burst(few));
		const b = await timed(() => burst(many));
		ratios.push(b.ms / a.ms);
	}
	report("rule.search.10000_vs_10", median(ratios), "ratio");
}

/** UDP datagrams from a pod through a ClusterIP to a pod on the same node, and their answers; tracing is off. */
async function packetRate(): Promise<void> {
	const cluster = await built(webCluster(1, 1));
	const kernel = cluster.kernel;
	if (!(kernel instanceof SimKernel)) throw new Error("not the simulated kernel");
	const service = cluster.snapshot.services.find((candidate) => candidate.name === "web")?.clusterIPs[0];
	if (service === undefined) throw new Error("no Service");
	let answers = 0;
	const socket = kernel.sockets.openUdp(
		"pod/default/client",
		{ connect: { addr: service, port: 7 } },
		{ onDatagram: () => (answers += 1) },
	);
	if (!socket.ok) throw new Error(socket.error.message);
	const payload = new Uint8Array(64);
	const run = (count: number): void => {
		for (let k = 0; k < count; k += 1) {
			const sent = socket.value.send(payload);
			if (!sent.ok) throw new Error(sent.error.message);
			kernel.machine.loop.runBacklog();
		}
	};
	run(20_000);
	const rates: number[] = [];
	for (let round = 0; round < 7; round += 1) {
		const before = answers;
		const { ms } = await timed(() => run(50_000));
		// Each exchange is two packets through the whole path: the request and its answer.
		rates.push(((answers - before) * 2 * 1000) / ms);
	}
	report("packets.pod_clusterip_pod", median(rates), "packets/s");
}

/** A packet that meets ten rules with `-m set`, in sets of 100 and of 100,000 elements. */
async function setLookups(): Promise<void> {
	for (const type of ["hash:ip", "hash:ip,port", "hash:net"] as const) {
		const few = await withSet(type, 100);
		const many = await withSet(type, 100_000);
		for (const send of [few, many]) for (let k = 0; k < 20_000; k += 1) send(k);
		const ratios: number[] = [];
		for (let round = 0; round < 15; round += 1) {
			const a = await timed(() => repeat(few, 10_000));
			const b = await timed(() => repeat(many, 10_000));
			ratios.push(b.ms / a.ms);
		}
		report(`set.lookup.${type}.100000_vs_100`, median(ratios), "ratio");
	}
}

function repeat(send: (k: number) => void, times: number): void {
	for (let k = 0; k < times; k += 1) send(k);
}

/** Sends a datagram to one of the set's addresses. */
async function withSet(type: "hash:ip" | "hash:ip,port" | "hash:net", size: number): Promise<(k: number) => void> {
	const kernel = new SimKernel({ seed: 1 });
	await kernel.addNetns("node");
	const addr = (k: number): IpAddr => ip(`10.${(k >> 16) + 1}.${(k >> 8) & 255}.${k & 255}`);
	const entries = Array.from({ length: size }, (_, k): IpSetMember => {
		const host = { kind: "ip", addr: addr(k) } as const;
		if (type === "hash:ip,port") return { parts: [host, { kind: "port", proto: 17, port: 7 }] };
		return { parts: [type === "hash:net" && k % 2 === 1 ? { ...host, prefix: 31 } : host] };
	});
	const rule: Rule = { matches: [{ kind: "set", set: "S", dirs: ["dst", "dst"] }], target: { kind: "none" } };
	const chain = { kind: "xt-chain", family: "ipv4", table: "filter", chain: "OUTPUT" } as const;
	await apply(kernel, [
		{ kind: "link", name: "d0", link: { type: "dummy" }, up: true },
		{ kind: "addr", dev: "d0", addr: cidr("10.240.0.20/24") },
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.240.0.1"), dev: "d0" },
		{ kind: "neigh", dev: "d0", addr: ip("10.240.0.1"), mac: mac("02:00:00:00:00:01"), state: "PERMANENT" },
		{ kind: "ipset", name: "S", type, options: { maxelem: size }, entries },
		{ ...chain, rules: Array.from({ length: 10 }, () => rule) },
	]);
	const payload = new Uint8Array(16);
	// As many destinations in both: what is measured is the set, not routes and neighbours.
	const sockets = Array.from({ length: 64 }, (_, k) => {
		const to = { addr: addr(Math.floor((k * size) / 64)), port: 7 };
		const opened = kernel.sockets.openUdp("node", { connect: to }, {});
		if (!opened.ok) throw new Error(opened.error.message);
		return opened.value;
	});
	return (k) => {
		sockets[k % sockets.length]?.send(payload);
		kernel.machine.loop.runBacklog();
	};
}

/** First packets to one of 100,000 virtual services against one of 100: finding the service must not depend on how many there are. */
async function ipvsScale(): Promise<void> {
	const few = await virtualServices(100);
	const many = await virtualServices(100_000);
	for (const lab of [few, many]) for (let k = 0; k < 3_000; k += 1) ask(lab, k);
	const ratios: number[] = [];
	for (let round = 0; round < 15; round += 1) {
		const a = await timed(() => askAll(few));
		const b = await timed(() => askAll(many));
		ratios.push(b.ms / a.ms);
	}
	report("ipvs.service.100000_vs_100", median(ratios), "ratio");
}

interface VirtualServices {
	readonly kernel: SimKernel;
	readonly services: number;
}

/** Services of which each has one destination, behind a dummy. */
async function virtualServices(services: number): Promise<VirtualServices> {
	const kernel = new SimKernel({ seed: 1 });
	await kernel.addNetns("node");
	const key = (k: number): IpvsServiceKey => ({ proto: "udp", addr: virtualAddr(k), port: 53 });
	await apply(kernel, [
		{ kind: "link", name: "lo", up: true },
		{ kind: "link", name: "d0", link: { type: "dummy" }, up: true },
		{ kind: "addr", dev: "d0", addr: cidr("10.240.0.20/24") },
		{ kind: "route", dst: cidr("10.96.0.0/12"), type: "local", dev: "lo", table: 255, scope: "host" },
		{ kind: "neigh", dev: "d0", addr: ip("10.240.0.1"), mac: mac("02:00:00:00:00:01"), state: "PERMANENT" },
		...Array.from({ length: services }, (_, k): KernelObject[] => [
			{ kind: "ipvs-service", family: "ipv4", service: key(k), scheduler: "rr" },
			{ kind: "ipvs-destination", family: "ipv4", service: key(k), addr: ip("10.240.0.1"), port: 53, forward: "masq" },
		]).flat(),
	]);
	return { kernel, services };
}

function virtualAddr(k: number): IpAddr {
	return ip(`10.${96 + (k >> 16)}.${(k >> 8) & 255}.${k & 255}`);
}

/** One datagram of a new socket to service `k`. */
function ask(lab: VirtualServices, k: number): void {
	const connect = { addr: virtualAddr(k % lab.services), port: 53 };
	const socket = lab.kernel.sockets.openUdp("node", { connect }, { onDatagram: () => undefined });
	if (!socket.ok) throw new Error(socket.error.message);
	const sent = socket.value.send(new Uint8Array(32));
	if (!sent.ok) throw new Error(sent.error.message);
	lab.kernel.machine.loop.runBacklog();
	socket.value.close();
}

/** As many different services in both: what is measured is finding them, not how many routes and connections there are. */
function askAll(lab: VirtualServices): void {
	for (let k = 0; k < 1_000; k += 1) ask(lab, Math.floor(((k % 100) * lab.services) / 100));
}

interface Loaded {
	readonly kernel: SimKernel;
	readonly services: number;
	readonly desiredMs: number;
	readonly loadMs: number;
	readonly rules: number;
}

/** One namespace with kube-proxy's rules for so many Services, and a route by which everything leaves. */
async function loaded(services: number): Promise<Loaded> {
	const snapshot = manyServices(services);
	const node = { name: "node-0", nodeIPs: [ip("10.240.0.20")] };
	const config = { clusterCIDRs: [cidr("10.244.0.0/16")] };
	const desired = await timed(() => desiredIptables(snapshot, node, config));
	const kernel = new SimKernel({ seed: 1 });
	await kernel.addNetns("node");
	await apply(kernel, [
		{ kind: "link", name: "d0", link: { type: "dummy" }, up: true },
		{ kind: "addr", dev: "d0", addr: cidr("10.240.0.20/24") },
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.240.0.1"), dev: "d0" },
		{ kind: "neigh", dev: "d0", addr: ip("10.240.0.1"), mac: mac("02:00:00:00:00:01"), state: "PERMANENT" },
	]);
	const load = await timed(() => apply(kernel, desired.value));
	const rules = desired.value.reduce((sum, object) => sum + (object.kind === "xt-chain" ? object.rules.length : 0), 0);
	return { kernel, services, desiredMs: desired.ms, loadMs: load.ms, rules };
}

/** Sends the first packet of a new flow to Service `k`; it is translated and leaves by the dummy. */
function connect(lab: Loaded, k: number, options: { readonly traced: boolean }): void {
	const events: unknown[] = [];
	const stop = options.traced ? lab.kernel.trace((event) => events.push(event)) : undefined;
	const addr = ip(`10.${96 + (k >> 16)}.${(k >> 8) & 255}.${k & 255}`);
	const opened = lab.kernel.sockets.connectTcp("node", { addr, port: 80 }, {}, {});
	if (!opened.ok) throw new Error(opened.error.message);
	lab.kernel.machine.loop.runBacklog();
	stop?.();
	if (options.traced && !JSON.stringify(events).includes("KUBE-SEP-")) throw new Error("the packet found no endpoint");
	opened.value.abort();
	lab.kernel.machine.loop.runBacklog();
}

function burst(lab: Loaded): void {
	for (let k = 0; k < 1_000; k += 1) connect(lab, Math.floor((k * lab.services) / 1_000), { traced: false });
}

async function built(snapshot: KubeSnapshot): Promise<Cluster> {
	const cluster = await buildCluster(new SimKernel({ seed: 1 }), { snapshot });
	if (!cluster.ok) throw new Error(JSON.stringify(cluster.error));
	return cluster.value;
}

async function apply(kernel: SimKernel, objects: readonly KernelObject[]): Promise<void> {
	const tx: Op[] = objects.map((object) => ({
		verb:
			object.kind === "sysctl" || object.kind === "xt-chain" || (object.kind === "link" && object.name === "lo")
				? "replace"
				: "add",
		object,
	}));
	const done = await kernel.apply("node", tx);
	if (!done.ok) throw new Error(`${done.error.message}: ${JSON.stringify(objects[done.error.op])}`);
}
