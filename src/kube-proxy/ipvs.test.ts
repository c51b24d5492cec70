/** What upstream's cases of IPVS mode do not reach: source ranges, local detection, settings, names, and rules as the kernel lists them. */
import { expect, test } from "vitest";
import { kubeEndpoint, kubeNode, kubeService, kubeSlice, kubeSnapshot, servicePort } from "../../test/kube-objects.ts";
import { formatElement } from "../formats/ipset/element.ts";
import { formatRule, parseRule } from "../formats/iptables-save.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { EndpointSlice, Service } from "../kube/snapshot.ts";
import { cidr, ip } from "../wire/addr.ts";
import { desiredIpvs, ownsInIpvsMode } from "./ipvs.ts";
import type { IpvsProxyConfig } from "./ipvs-config.ts";

function slice(service: string): EndpointSlice {
	const endpoints = [kubeEndpoint("10.244.1.5", { nodeName: "n1" }), kubeEndpoint("10.244.2.5", { nodeName: "n2" })];
	return kubeSlice(service, endpoints, { ports: [{ name: "", protocol: "TCP", port: 8080 }] });
}

function desired(services: readonly Service[], config: IpvsProxyConfig = {}): readonly KernelObject[] {
	const snapshot = kubeSnapshot({
		nodes: [kubeNode("n1", "192.0.2.1", "10.244.1.0/24")],
		services,
		endpointSlices: services.map(({ name }) => slice(name)),
	});
	return desiredIpvs(snapshot, { name: "n1", nodeIPs: [ip("192.0.2.1")] }, config);
}

function chain(objects: readonly KernelObject[], name: string): readonly string[] {
	const [table, chainName] = name.split(" ");
	const found = objects.find(
		(object) => object.kind === "xt-chain" && object.table === table && object.chain === chainName,
	);
	return found?.kind === "xt-chain" ? found.rules.map((rule) => formatRule(rule)) : [];
}

function entries(objects: readonly KernelObject[], name: string): readonly string[] {
	const found = objects.find((object) => object.kind === "ipset" && object.name === name);
	if (found?.kind !== "ipset") throw new Error(`no set ${name}`);
	return (found.entries ?? []).map(({ parts }) => formatElement(parts, { name: found.type ?? "hash:ip" }));
}

function balanced(ranges: readonly string[]): Service {
	return kubeService("lb", "10.96.0.1", {
		type: "LoadBalancer",
		loadBalancerIngress: [{ ip: ip("198.51.100.7") }],
		loadBalancerSourceRanges: ranges.map(cidr),
	});
}

test("a load balancer's source ranges that leave out the node: the node itself is kept out by its own chain", () => {
	const objects = desired([balanced(["203.0.113.0/24"])]);
	expect(entries(objects, "KUBE-LOAD-BALANCER-FW")).toEqual(["198.51.100.7,tcp:80"]);
	expect(entries(objects, "KUBE-LOAD-BALANCER-SOURCE-CIDR")).toEqual(["198.51.100.7,tcp:80,203.0.113.0/24"]);
	expect(entries(objects, "KUBE-LOAD-BALANCER-SOURCE-IP")).toEqual([]);
	expect(chain(objects, "filter KUBE-IPVS-OUT-FILTER")).toEqual([
		"-s 198.51.100.7/32 -m ipvs --vproto 6 --vaddr 198.51.100.7 --vport 80 -j DROP",
	]);
	expect(chain(objects, "filter KUBE-PROXY-FIREWALL")).toEqual([
		'-m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL',
	]);
	expect(chain(objects, "filter KUBE-SOURCE-RANGES-FIREWALL")).toEqual([
		'-m comment --comment "Kubernetes service load balancer ip + port + source cidr for packet filter purpose" -m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN',
		"-j DROP",
	]);
});

test("source ranges that hold the node: what comes from the virtual address itself passes", () => {
	const objects = desired([balanced(["203.0.113.0/24", "192.0.2.0/24"])]);
	expect(entries(objects, "KUBE-LOAD-BALANCER-SOURCE-IP")).toEqual(["198.51.100.7,tcp:80,198.51.100.7"]);
	expect(chain(objects, "filter KUBE-IPVS-OUT-FILTER")).toEqual([]);
	expect(chain(objects, "filter KUBE-SOURCE-RANGES-FIREWALL").length).toBe(3);
});

test.each([
	[{ masqueradeAll: true }, "-m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ", ""],
	[
		{ clusterCIDRs: [cidr("10.244.0.0/16")] },
		"-m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ",
		"! -s 10.244.0.0/16 ",
	],
	[{}, "-m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ", ""],
	[
		{ detectLocal: { mode: "InterfaceNamePrefix", prefix: "cali" } as const },
		"-m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ",
		"! -i cali+ ",
	],
])("who is masqueraded on the way to a cluster IP: %o", (config, rule, who) => {
	const rules = chain(desired([kubeService("a", "10.96.0.1")], config), "nat KUBE-SERVICES");
	const comment = '-m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" ';
	expect(rules).toContain(`${who}${comment}${rule}`);
});

test("settings become sysctls and timeouts", () => {
	const sysctls = (config: IpvsProxyConfig): readonly string[] =>
		desired([], config).flatMap((object) => (object.kind === "sysctl" ? [`${object.key}=${object.value}`] : []));
	const always = [
		"net.ipv4.vs.conntrack=1",
		"net.ipv4.vs.expire_nodest_conn=1",
		"net.ipv4.vs.expire_quiescent_template=1",
		"net.ipv4.ip_forward=1",
	];
	expect(sysctls({})).toEqual(always);
	expect(sysctls({ ipvs: { strictARP: true } })).toEqual([
		...always,
		"net.ipv4.conf.all.arp_ignore=1",
		"net.ipv4.conf.all.arp_announce=2",
	]);
	const reuse = "net.ipv4.vs.conn_reuse_mode=0";
	const versions = [
		[4, 0],
		[4, 1],
		[5, 8],
		[5, 9],
		[6, 18],
	] as const;
	expect(
		versions.map(([major, minor]) => sysctls({ ipvs: { kernelVersion: { major, minor } } }).includes(reuse)),
	).toEqual([false, true, true, false, false]);
	const timeouts = (config: IpvsProxyConfig): readonly KernelObject[] =>
		desired([], config).filter(({ kind }) => kind === "ipvs-timeouts");
	expect(timeouts({})).toEqual([]);
	expect(timeouts({ ipvs: { tcpFinTimeoutSeconds: 30 } })).toEqual([
		{ kind: "ipvs-timeouts", tcpSeconds: 0, tcpFinSeconds: 30, udpSeconds: 0 },
	]);
});

test("one scheduler for all; mh hashes ports as well; session affinity is IPVS's persistence", () => {
	const service = kubeService("a", "10.96.0.1", { clientIPAffinitySeconds: 60 });
	const virtual = desired([service], { ipvs: { scheduler: "mh" } }).filter(({ kind }) => kind === "ipvs-service");
	expect(virtual).toEqual([
		{
			kind: "ipvs-service",
			family: "ipv4",
			service: { proto: "tcp", addr: "10.96.0.1", port: 80 },
			scheduler: "mh",
			schedFlags: ["flag-2"],
			persistence: { timeoutSeconds: 60 },
		},
	]);
});

test("every family has its 17 sets, those of IPv6 under names of their own that the kernel takes", () => {
	const service = kubeService("a", "10.96.0.1", {
		clusterIPs: [ip("10.96.0.1"), ip("fd00:96::1")],
		ipFamilies: ["ipv4", "ipv6"],
	});
	const objects = desired([service], { families: ["ipv4", "ipv6"] });
	const sets = objects.flatMap((object) => (object.kind === "ipset" ? [object] : []));
	expect(sets.length).toBe(34);
	expect(new Set(sets.map(({ name }) => name)).size).toBe(34);
	for (const { name } of sets) expect(name.length).toBeLessThanOrEqual(31);
	expect(sets.map(({ name }) => name)).toContain("KUBE-6-LOAD-BALANCER-SOURCE-CID");
	expect(entries(objects, "KUBE-6-CLUSTER-IP")).toEqual(["fd00:96::1,tcp:80"]);
	expect(objects).toContainEqual({ kind: "addr", dev: "kube-ipvs0", addr: { addr: "fd00:96::1", prefix: 128 } });
	for (const { type, family, options } of sets) {
		if (type === "bitmap:port") expect({ family, options }).toEqual({ options: { portRange: { from: 0, to: 65535 } } });
		else expect(options).toEqual({ hashsize: 1024, maxelem: 65536 });
	}
});

test("node ports of UDP and with policy Local are in the sets of their protocol", () => {
	const service = kubeService("a", "10.96.0.1", {
		type: "NodePort",
		externalTrafficPolicy: "Local",
		ports: [
			servicePort(53, { protocol: "UDP", nodePort: 30053 }),
			servicePort(80, { name: "s", protocol: "SCTP", nodePort: 30080 }),
		],
	});
	const objects = desired([service]);
	expect(entries(objects, "KUBE-NODE-PORT-UDP")).toEqual(["30053"]);
	expect(entries(objects, "KUBE-NODE-PORT-LOCAL-UDP")).toEqual(["30053"]);
	expect(entries(objects, "KUBE-NODE-PORT-TCP")).toEqual([]);
	expect(entries(objects, "KUBE-NODE-PORT-LOCAL-SCTP-HASH")).toEqual(["192.0.2.1,sctp:30080"]);
	expect(chain(objects, "nat KUBE-NODE-PORT").map((rule) => rule.slice(0, 9).trim())).toEqual([
		"-p udp -m",
		"-p udp -m",
		"-p sctp -",
		"-p sctp -",
	]);
});

test("of two Services with one external IP and port the first by name has it, and each object is wished once", () => {
	const services = ["b", "a"].map((name, k) =>
		kubeService(name, `10.96.0.${k + 1}`, { externalIPs: [ip("198.51.100.9")] }),
	);
	const external = desired(services).filter(
		(object) =>
			object.kind === "ipvs-destination" && "addr" in object.service && object.service.addr === "198.51.100.9",
	);
	expect(external.length).toBe(2);
});

test("an address that the node has is not put on kube-ipvs0", () => {
	const service = kubeService("a", "10.96.0.1", { externalIPs: [ip("192.0.2.1"), ip("198.51.100.9")] });
	const bound = desired([service]).flatMap((object) => (object.kind === "addr" ? [object.addr.addr] : []));
	expect(bound).toEqual(["10.96.0.1", "198.51.100.9"]);
});

test("what is somebody else's stays: excluded addresses, firewall marks, other families, other sets and devices", () => {
	const config: IpvsProxyConfig = { ipvs: { excludeCIDRs: [cidr("10.10.0.0/16")] } };
	const service = (addr: string, family: "ipv4" | "ipv6" = "ipv4"): KernelObject => ({
		kind: "ipvs-service",
		family,
		service: { proto: "tcp", addr: ip(addr), port: 80 },
	});
	const objects: readonly (readonly [KernelObject, boolean])[] = [
		[service("10.96.0.1"), true],
		[service("10.10.3.4"), false],
		[service("fd00::1", "ipv6"), false],
		[{ kind: "ipvs-service", family: "ipv4", service: { fwmark: 1 } }, false],
		[{ kind: "ipset", name: "KUBE-CLUSTER-IP" }, true],
		[{ kind: "ipset", name: "KUBE-MINE" }, false],
		[{ kind: "addr", dev: "kube-ipvs0", addr: cidr("10.96.0.1/32") }, true],
		[{ kind: "addr", dev: "eth0", addr: cidr("10.96.0.1/32") }, false],
		[{ kind: "link", name: "kube-ipvs0" }, false],
	];
	for (const [object, owned] of objects) expect(ownsInIpvsMode(object, config), JSON.stringify(object)).toBe(owned);
});

test("rules are in the form in which the parser gives back what the kernel lists", () => {
	const services = [
		balanced(["203.0.113.0/24"]),
		kubeService("a", "10.96.0.2", {
			type: "NodePort",
			externalIPs: [ip("198.51.100.9")],
			externalTrafficPolicy: "Local",
			ports: [servicePort(80, { nodePort: 30080 }), servicePort(53, { name: "d", protocol: "UDP", nodePort: 30053 })],
		}),
	];
	const objects = desired(services, { clusterCIDRs: [cidr("10.244.0.0/16")] });
	const rules = objects.flatMap((object) =>
		object.kind === "xt-chain" ? object.rules : object.kind === "xt-rule" ? [object.rule] : [],
	);
	expect(rules.length).toBeGreaterThan(35);
	for (const { matches, target } of rules) {
		const parsed = parseRule(formatRule({ matches, target }), "ipv4");
		expect(parsed).toEqual({ ok: true, value: { matches, target } });
	}
});
