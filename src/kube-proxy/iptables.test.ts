import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anySnapshot } from "../../test/proxy-arbitrary.ts";
import { formatRule } from "../formats/iptables-save.ts";
import type { KernelObject } from "../kernel/objects.ts";
import { withPodIPs } from "../kube/endpoint-slices.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import { type KubeSnapshot, type NodeFacts, namespacedName } from "../kube/snapshot.ts";
import { cidr, ip } from "../wire/addr.ts";
import type { KubeProxyConfig } from "./config.ts";
import { desiredIptables, IptablesProxier } from "./iptables.ts";

const MYAPP = new URL("../../examples/myapp/", import.meta.url);
const SLAVE1: NodeFacts = { name: "slave1", nodeIPs: [ip("172.16.1.50")] };
const CONFIG: KubeProxyConfig = { clusterCIDRs: [cidr("10.151.0.0/16")] };

/** The example with the addresses of seed 003: two pods on slave1, one on slave2. */
function myapp(): KubeSnapshot {
	const files = readdirSync(MYAPP).map((path) => ({ path, text: readFileSync(new URL(path, MYAPP), "utf8") }));
	const parsed = parseManifests(files);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	const free: Record<string, string[]> = { slave1: ["10.151.51.7", "10.151.51.8"], slave2: ["10.151.49.8"] };
	const pods = parsed.value.snapshot.pods.filter((pod) => pod.labels["app"] === "myapp");
	return withPodIPs(
		parsed.value.snapshot,
		new Map(pods.map((pod) => [namespacedName(pod), [ip(free[pod.node]?.shift() ?? "")]])),
	);
}

function chainText(objects: readonly KernelObject[], table: string, chain: string): readonly string[] {
	for (const object of objects) {
		if (object.kind === "xt-chain" && object.table === table && object.chain === chain) {
			return object.rules.map((rule) => formatRule(rule));
		}
	}
	throw new Error(`no chain ${chain} in ${table}`);
}

describe("the example", () => {
	const objects = desiredIptables(myapp(), SLAVE1, CONFIG);

	test("the cluster IP leads to one of three endpoints with the same probability, under the chain names of a real cluster", () => {
		expect(chainText(objects, "nat", "KUBE-SERVICES")).toEqual([
			'-d 10.150.18.86/32 -p tcp -m comment --comment "default/myapp cluster IP" -m tcp --dport 80 -j KUBE-SVC-XJWXQFJLXSXKRMSG',
			'-d 10.150.18.87/32 -p tcp -m comment --comment "default/myapp-nodeport:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-FJ3OGVSJNWO76ZFO',
			'-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
		]);
		expect(chainText(objects, "nat", "KUBE-SVC-XJWXQFJLXSXKRMSG")).toEqual([
			'! -s 10.151.0.0/16 -d 10.150.18.86/32 -p tcp -m comment --comment "default/myapp cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
			'-m comment --comment "default/myapp -> 10.151.49.8:80" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-OKTYPU7VJGWVVR5V',
			'-m comment --comment "default/myapp -> 10.151.51.7:80" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-K3EELAHYPDVFVIPU',
			'-m comment --comment "default/myapp -> 10.151.51.8:80" -j KUBE-SEP-Y6Q4QAGGLGL6PUEO',
		]);
		expect(chainText(objects, "nat", "KUBE-SEP-Y6Q4QAGGLGL6PUEO")).toEqual([
			'-s 10.151.51.8/32 -m comment --comment "default/myapp" -j KUBE-MARK-MASQ',
			'-p tcp -m comment --comment "default/myapp" -m tcp -j DNAT --to-destination 10.151.51.8:80',
		]);
	});

	test("the Service without endpoints is rejected", () => {
		expect(chainText(objects, "filter", "KUBE-SERVICES")).toEqual([
			'-d 10.150.18.99/32 -p tcp -m comment --comment "default/orphan:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
		]);
	});

	test("every rule says whom it is for", () => {
		const origins = new Set(
			objects.flatMap((object) => {
				if (object.kind === "xt-chain") return object.rules.map((rule) => rule.origin?.for);
				return object.kind === "xt-rule" ? [object.rule.origin?.for] : [];
			}),
		);
		const services = ["default/myapp", "default/myapp-nodeport:http", "default/orphan:http"];
		expect(origins).toEqual(new Set(["every Service", ...services.map((name) => `Service ${name}`)]));
	});

	test("what the rules need beside iptables is asked for: counters, and the way for node ports on 127.0.0.1", () => {
		expect(objects.filter(({ kind }) => kind === "nfacct" || kind === "sysctl")).toEqual([
			{ kind: "nfacct", name: "ct_state_invalid_dropped_pkts" },
			{ kind: "nfacct", name: "localhost_nps_accepted_pkts" },
			{ kind: "sysctl", key: "net.ipv4.conf.all.route_localnet", value: "1" },
		]);
		const without = { ...CONFIG, nfacct: false, localhostNodePorts: false };
		expect(desiredIptables(myapp(), SLAVE1, without)[0]?.kind).toBe("xt-chain");
		expect(desiredIptables(myapp(), SLAVE1, { ...without, conntrackTCPLiberal: true })[0]).toEqual({
			kind: "sysctl",
			key: "net.netfilter.nf_conntrack_tcp_be_liberal",
			value: "1",
		});
	});
});

test.each([
	[{ mode: "NodeCIDR" }, "! -s 10.151.51.0/24 -d 10.150.18.86/32"],
	[{ mode: "BridgeInterface", bridge: "cni0" }, "-d 10.150.18.86/32 ! -i cni0 -p tcp"],
	[{ mode: "InterfaceNamePrefix", prefix: "veth" }, "-d 10.150.18.86/32 ! -i veth+ -p tcp"],
] as const)("local traffic detected by %j", (detectLocal, expected) => {
	const rules = chainText(desiredIptables(myapp(), SLAVE1, { detectLocal }), "nat", "KUBE-SVC-XJWXQFJLXSXKRMSG");
	expect(rules[0]).toContain(expected);
});

test.each([
	["primary", ["-d 172.16.1.50/32"]],
	[
		[cidr("172.16.0.0/12"), cidr("127.0.0.0/8")],
		["-d 172.16.1.50/32", "-d 127.0.0.1/32"],
	],
	[[cidr("192.168.0.0/16")], []],
] as const)("node ports on the addresses %j", (nodePortAddresses, expected) => {
	const facts: NodeFacts = { ...SLAVE1, interfaceAddresses: [ip("172.16.1.50"), ip("10.151.51.1"), ip("127.0.0.1")] };
	const rules = chainText(desiredIptables(myapp(), facts, { ...CONFIG, nodePortAddresses }), "nat", "KUBE-SERVICES");
	const jumps = rules.filter((rule) => rule.includes("KUBE-NODEPORTS"));
	expect(jumps.map((rule) => rule.split(" -m ")[0])).toEqual(expected);
});

const N1: NodeFacts = { name: "n1", nodeIPs: [ip("192.168.0.1")] };

test("every jump goes to a chain of the same table that comes before it, and no chain comes twice", () => {
	fc.assert(
		fc.property(anySnapshot, (snapshot) => {
			const seen = new Set<string>();
			for (const object of desiredIptables(snapshot, N1, CONFIG)) {
				if (object.kind !== "xt-chain" && object.kind !== "xt-rule") continue;
				const rules = object.kind === "xt-chain" ? object.rules : [object.rule];
				for (const { target } of rules) {
					if (target.kind === "jump" && !seen.has(`${object.table} ${target.chain}`)) return false;
				}
				if (object.kind === "xt-rule") continue;
				if (seen.has(`${object.table} ${object.chain}`)) return false;
				seen.add(`${object.table} ${object.chain}`);
			}
			return true;
		}),
	);
});

test("every endpoint of a chain is chosen with the same probability", () => {
	fc.assert(
		fc.property(anySnapshot, (snapshot) => {
			for (const object of desiredIptables(snapshot, N1, CONFIG)) {
				if (object.kind !== "xt-chain" || !/^KUBE-SV[CL]-/.test(object.chain)) continue;
				let left = 1;
				const shares: number[] = [];
				for (const { matches, target } of object.rules) {
					if (target.kind !== "jump" || !target.chain.startsWith("KUBE-SEP-")) continue;
					if (matches.some(({ kind }) => kind === "recent")) continue;
					const statistic = matches.find((match) => match.kind === "statistic");
					const p = statistic?.mode === "random" ? statistic.probability31 / 2 ** 31 : 1;
					shares.push(left * p);
					left *= 1 - p;
				}
				if (left !== 0 || shares.some((share) => Math.abs(share - 1 / shares.length) > 1e-8)) return false;
			}
			return true;
		}),
	);
});

test("a proxier that remembers says the same as one that starts anew", () => {
	fc.assert(
		fc.property(fc.array(anySnapshot, { minLength: 2, maxLength: 3 }), (snapshots) => {
			const proxier = new IptablesProxier(N1, CONFIG);
			let before: KubeSnapshot | undefined;
			for (const now of snapshots) {
				// Half of the Services stay the same objects, with new slices.
				const services = now.services.map((service, k) => (k % 2 === 0 ? (before?.services[k] ?? service) : service));
				before = { ...now, services };
				expect(proxier.desired(before)).toEqual(desiredIptables(before, N1, CONFIG));
			}
		}),
		{ numRuns: 40 },
	);
});

test("as long as a Service and its slices are the same objects, its chains are", () => {
	const snapshot = myapp();
	const proxier = new IptablesProxier(SLAVE1, CONFIG);
	const first = proxier.desired(snapshot);
	const second = new Set(proxier.desired({ ...snapshot }));
	const kept = first.filter((object) => object.kind === "xt-chain" && /^KUBE-(SVC|SEP|EXT)-/.test(object.chain));
	expect(kept.length).toBe(9);
	expect(kept.every((object) => second.has(object))).toBe(true);
});
