import { expect, test } from "vitest";
import { containerPort, kubeNode, kubePod, kubeService, kubeSnapshot, servicePort } from "../../test/kube-objects.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { cidr, ip } from "../wire/addr.ts";
import type { Cluster, ClusterPod } from "./cluster.ts";
import { resolveDestination } from "./destination.ts";
import { formatResolveError, formatWho, labelOf, netnsOf, ownerOf, resolveWho, whoLabel } from "./names.ts";

const cluster = fixture();

test.each([
	["pod/default/client", "pod/default/client", "pod default/client (10.151.51.3) on slave1"],
	["pod/client", "pod/default/client", "pod default/client (10.151.51.3) on slave1"],
	["pod/kube-system/agent", "node/slave2", "node slave2 (172.16.1.88)"],
	["node/slave1", "node/slave1", "node slave1 (172.16.1.50)"],
	["outside", "outside", "outside (203.0.113.2)"],
])("%s is in namespace %s, which is called %s", (text, netns, label) => {
	const who = resolveWho(cluster, text);
	if (!who.ok) throw new Error(formatResolveError(who.error));
	expect(netnsOf(cluster, who.value)).toBe(netns);
	expect(labelOf(cluster, netns)).toBe(label);
	const again = resolveWho(cluster, formatWho(who.value));
	expect(again).toEqual(who);
});

test("the fabric, and a namespace that nobody knows, are called by their names", () => {
	expect(labelOf(cluster, "fabric")).toBe("fabric");
	expect(labelOf(cluster, "elsewhere")).toBe("elsewhere");
});

const web = { namespace: "default", name: "web", portName: "http" };

test.each([
	["svc/web", { addr: "10.96.0.5", port: 80, protocol: "TCP", service: web }],
	["svc/default/web:80", { addr: "10.96.0.5", port: 80, protocol: "TCP", service: web }],
	["svc/default/web:http", { addr: "10.96.0.5", port: 80, protocol: "TCP", service: web }],
	["10.96.0.5:80", { addr: "10.96.0.5", port: 80, protocol: "TCP", service: web }],
	["svc/two:dns", { addr: "10.96.0.6", port: 53, protocol: "UDP", service: { ...web, name: "two", portName: "dns" } }],
	["10.96.0.5", { addr: "10.96.0.5" }],
	["192.0.2.9:7", { addr: "192.0.2.9", port: 7 }],
])("a packet to %s goes to %o", (text, want) => {
	const to = resolveDestination(cluster, text);
	expect(to).toEqual({ ok: true, value: { text, ...want } });
});

test.each([
	["node/slave1:30080", "172.16.1.50", { service: web, port: 30080, protocol: "TCP" }],
	["172.16.1.88:30080", "172.16.1.88", { service: web, port: 30080, protocol: "TCP" }],
	["node/slave1:22", "172.16.1.50", { port: 22 }],
	["pod/default/web-1:http", "10.151.51.4", { port: 8080, protocol: "TCP" }],
	["pod/default/web-1:8080", "10.151.51.4", { port: 8080, protocol: "TCP" }],
	["pod/default/web-1", "10.151.51.4", {}],
	["outside:80", "203.0.113.2", { port: 80 }],
])("%s stands for %s and knows who that is", (text, addr, more) => {
	const to = resolveDestination(cluster, text);
	expect(to).toMatchObject({ ok: true, value: { text, addr, ...more } });
	expect(to.ok && to.value.who).toBeDefined();
});

test.each([
	["pod/default/clint", 'there is no pod "pod/default/clint"; did you mean pod/default/client?'],
	["pod/web", 'there is no pod "pod/web"; did you mean pod/default/web-1?'],
	["node/slave3", 'there is no node "node/slave3"; did you mean node/slave1 or node/slave2?'],
	["svc/wep", 'there is no service "svc/wep"; did you mean svc/default/web?'],
	["pod/web/client", 'there is no pod "pod/web/client"; did you mean pod/default/client?'],
	["svc/frontend", 'there is no service "svc/frontend"'],
	["svc/two", "svc/two: which port? it has 53/UDP (dns), 80/TCP (web)"],
	["svc/web:81", "svc/web has no port 81; it has 80/TCP (http)"],
	["svc/none", "svc/none has no cluster IP (it is headless or an ExternalName); name one of its pods instead"],
	["pod/default/web-1:https", "pod/default/web-1 has no port https; it has 8080/TCP (http)"],
	["[fd00::1]:80", "[fd00::1]:80: IPv6 is not modelled yet"],
	["fd00::1", "fd00::1: IPv6 is not modelled yet"],
	["svc/web:99999", "svc/web:99999: expected a port 1–65535, found 99999"],
	["svc/web:", "svc/web:: expected a port 1–65535, found nothing"],
	["10.96.0.5:0", "10.96.0.5:0: expected a port 1–65535, found 0"],
	["node/slave1:ssh", "node/slave1:ssh: expected a port 1–65535, found ssh"],
	[
		"web-1",
		'"web-1" is none of svc/NAMESPACE/NAME[:PORT], pod/NAMESPACE/NAME[:PORT], node/NAME[:PORT], outside[:PORT], IP[:PORT]; did you mean pod/default/web-1 or svc/default/web?',
	],
	[
		"nonsense",
		'"nonsense" is none of svc/NAMESPACE/NAME[:PORT], pod/NAMESPACE/NAME[:PORT], node/NAME[:PORT], outside[:PORT], IP[:PORT]',
	],
])("%s is refused: %s", (text, message) => {
	const to = resolveDestination(cluster, text);
	expect(to.ok ? "" : formatResolveError(to.error)).toBe(message);
});

test("a sender has no port and is no Service", () => {
	const who = resolveWho(cluster, "svc/web");
	expect(who.ok ? "" : formatResolveError(who.error)).toBe(
		'"svc/web" is none of pod/NAMESPACE/NAME, pod/NAME, node/NAME, outside',
	);
});

test.each([
	["svc/two", "udp", { port: 53, protocol: "UDP" }],
	["svc/two", "tcp", { port: 80, protocol: "TCP" }],
	["svc/two", "icmp", { addr: "10.96.0.6", port: undefined, service: undefined }],
	["svc/web:81", "icmp", { addr: "10.96.0.5", port: undefined, service: undefined }],
	["node/slave1:30080", "icmp", { addr: "172.16.1.50", port: undefined, service: undefined }],
	["node/slave1:30080", "udp", { addr: "172.16.1.50", port: 30080, service: undefined }],
] as const)("%s by %s goes to %o", (text, proto, want) => {
	const to = resolveDestination(cluster, text, { proto });
	expect(to.ok ? { port: undefined, service: undefined, ...to.value } : to).toMatchObject(want);
});

test.each([
	["svc/two:dns", "tcp", "svc/two has no port dns/TCP; it has 53/UDP (dns), 80/TCP (web)"],
	["svc/web", "udp", "svc/web has no UDP port; it has 80/TCP (http)"],
	["pod/web-1:http", "udp", "pod/web-1 has no port http/UDP; it has 8080/TCP (http)"],
] as const)("%s by %s is refused: %s", (text, proto, message) => {
	const to = resolveDestination(cluster, text, { proto });
	expect(to.ok ? "" : formatResolveError(to.error)).toBe(message);
});

test.each([
	["node/slave1", { kind: "node" }, web],
	["pod/kube-system/agent", { kind: "node" }, web],
	["pod/default/client", { kind: "pod" }, undefined],
])("a loopback address is %s's own, and a node port on it is the node's", (name, who, service) => {
	const from = resolveWho(cluster, name);
	const to = from.ok ? resolveDestination(cluster, "127.0.0.1:30080", { from: from.value }) : from;
	expect(to.ok ? { service: undefined, ...to.value } : to).toMatchObject({ addr: "127.0.0.1", who, service });
});

test("a pod in the host's network keeps its name", () => {
	const who = resolveWho(cluster, "pod/kube-system/agent");
	expect(who.ok && whoLabel(cluster, who.value)).toBe(
		"pod kube-system/agent (host network of node slave2, 172.16.1.88)",
	);
});

test.each([
	["outsid", "outside"],
	["client", "pod/default/client"],
	["slave1", "node/slave1"],
])("a sender %s may mean %s", (text, nearest) => {
	const who = resolveWho(cluster, text);
	expect(who.ok ? [] : who.error).toMatchObject({ kind: "syntax", nearest: expect.arrayContaining([nearest]) });
});

test.each([
	["10.151.51.3", "pod default/client"],
	["172.16.1.88", "node slave2"],
	["10.151.51.1", "bridge cnio0 of node slave1"],
	["10.96.0.5", "Service default/web"],
	["172.16.1.1", "the router"],
	["203.0.113.1", "the router"],
	["203.0.113.2", "outside"],
	["8.8.8.8", undefined],
])("address %s belongs to %s", (addr, owner) => {
	expect(ownerOf(cluster, ip(addr))).toBe(owner);
});

function fixture(): Cluster {
	const http = { ...containerPort(8080), name: "http" };
	const ports = [servicePort(53, { name: "dns", protocol: "UDP" }), servicePort(80, { name: "web" })];
	const snapshot = kubeSnapshot({
		nodes: [kubeNode("slave1", "172.16.1.50", "10.151.51.0/24"), kubeNode("slave2", "172.16.1.88", "10.151.49.0/24")],
		pods: [kubePod("client", "slave1"), kubePod("web-1", "slave1", { ports: [http] })],
		services: [
			kubeService("web", "10.96.0.5", { ports: [servicePort(80, { name: "http", nodePort: 30080 })] }),
			kubeService("two", "10.96.0.6", { ports }),
			kubeService("none", ""),
		],
	});
	const node = (name: string, addr: string, net: string) => ({
		name,
		netns: `node/${name}`,
		internalIp: ip(addr),
		podCidr: cidr(net),
		subnet: cidr("172.16.1.0/24"),
		bridge: "cnio0",
	});
	const pod = (name: string, addr: string): ClusterPod => ({
		namespace: "default",
		name,
		node: "slave1",
		netns: `pod/default/${name}`,
		ip: ip(addr),
		hostNetwork: false,
		ports: name === "client" ? [] : [{ container: "main", name: "http", port: 8080, protocol: "TCP" }],
		attachment: {
			containerId: name,
			hostDevice: `veth${name}`,
			ifName: "eth0",
			address: cidr(`${addr}/24`),
			gateway: ip("10.151.51.1"),
		},
	});
	const agent: ClusterPod = {
		namespace: "kube-system",
		name: "agent",
		node: "slave2",
		netns: "node/slave2",
		ip: ip("172.16.1.88"),
		hostNetwork: true,
		ports: [],
	};
	return {
		kernel: unusedKernel(),
		network: "bridge",
		proxyMode: "iptables",
		snapshot,
		nodes: [node("slave1", "172.16.1.50", "10.151.51.0/24"), node("slave2", "172.16.1.88", "10.151.49.0/24")],
		pods: [pod("client", "10.151.51.3"), pod("web-1", "10.151.51.4"), agent],
		fabric: {
			netns: "fabric",
			subnets: [{ bridge: "lan0", net: cidr("172.16.1.0/24"), gateway: ip("172.16.1.1") }],
			outside: { netns: "outside", ip: ip("203.0.113.2"), gateway: ip("203.0.113.1") },
		},
		notes: [],
		visits: [],
		stop: () => {},
	};
}

/** Names are resolved without one. */
function unusedKernel(): Kernel {
	const no = (): never => {
		throw new Error("not used");
	};
	return {
		clock: { now: no, after: no },
		sockets: { listenTcp: no, connectTcp: no, openUdp: no, openEcho: no, openPacket: no, list: no },
		addNetns: no,
		deleteNetns: no,
		listNetns: no,
		apply: no,
		dump: no,
		routeGet: no,
		netnsIds: no,
		testIpSet: no,
		run: no,
		trace: no,
		capture: no,
		conntrackEvents: no,
		conntrackStats: no,
		log: no,
	};
}
