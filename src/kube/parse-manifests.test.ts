import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cidr } from "../wire/addr.ts";
import { formatManifestError } from "./manifest-error.ts";
import { type ManifestOptions, parseManifests } from "./parse-manifests.ts";
import type { KubeSnapshot, Pod } from "./snapshot.ts";

function parse(text: string, options: ManifestOptions = {}): ReturnType<typeof parseManifests> {
	return parseManifests([{ path: "a.yaml", text }], options);
}

function snapshotOf(text: string, options: ManifestOptions = {}): KubeSnapshot {
	const parsed = parse(text, options);
	if (!parsed.ok) throw new Error(parsed.error.map(formatManifestError).join("\n"));
	return parsed.value.snapshot;
}

function errorsOf(text: string, options: ManifestOptions = {}): readonly string[] {
	const parsed = parse(text, options);
	return parsed.ok ? [] : parsed.error.map(formatManifestError);
}

function notesOf(text: string): readonly string[] {
	const parsed = parse(text);
	if (!parsed.ok) throw new Error(parsed.error.map(formatManifestError).join("\n"));
	return parsed.value.notes;
}

interface NodeOptions {
	readonly podCIDR?: string;
	readonly ip?: string;
	readonly spec?: string;
	readonly labels?: string;
}

function node(name: string, { podCIDR, ip, spec = "", labels = "" }: NodeOptions = {}): string {
	const k = name.charCodeAt(name.length - 1);
	return `apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {${labels}}}
spec: {podCIDR: ${podCIDR ?? `10.1.${k}.0/24`}${spec}}
status: {addresses: [{type: InternalIP, address: ${ip ?? `192.168.0.${k}`}}]}
---
`;
}

function workload(kind: string, name: string, spec = "replicas: 1"): string {
	return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}}
spec:
  ${spec}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
`;
}

function service(name: string, spec: string): string {
	return `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {${spec}}
---
`;
}

function pod(name: string, spec = "", status = ""): string {
	return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]${spec}}
status: {${status}}
---
`;
}

function placement(pods: readonly Pod[]): Readonly<Record<string, number>> {
	const counts: Record<string, number> = {};
	for (const { node: name } of pods) counts[name] = (counts[name] ?? 0) + 1;
	return counts;
}

describe("what is wrong is said with file, line, column, object and field", () => {
	test.each([
		["a: [1", ["a.yaml:1:6: "]],
		["kind: Service", ["a.yaml:1:1: apiVersion: missing; expected the object's API group and version"]],
		["a: &a {<<: *a}", ["a.yaml:1:1: aliases that refer to themselves, or too many of them"]],
		["a: &a\n  b: [*a]", ["a.yaml:1:1: aliases that refer to themselves"]],
		["- 1", ["a.yaml:1:1: expected a Kubernetes object: a mapping with apiVersion and kind"]],
		[
			"apiVersion: v1\nkind: Pod\nmetadata: {}",
			["a.yaml:3:11: Pod: metadata.name: missing; expected the object's name"],
		],
		[
			"apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: x}",
			["a.yaml:1:13: Deployment default/x: apiVersion: Deployment is in apps/v1, found apps/v1beta1"],
		],
		[
			"apiVersion: v1\nkind: Deployment\nmetadata: {name: x}",
			["a.yaml:1:13: Deployment default/x: apiVersion: Deployment is in apps/v1, found v1"],
		],
		[
			"apiVersion: v1\nkind: Servce\nmetadata: {name: x}",
			['a.yaml:2:7: Servce default/x: kind: unknown "Servce"; did you mean Service?'],
		],
		[
			"apiVersion: apps/v1\nkind: daemonset\nmetadata: {name: x}",
			['a.yaml:2:7: daemonset default/x: kind: unknown "daemonset"; did you mean DaemonSet?'],
		],
		["a: 1\nb: *nope", ["a.yaml:2:4: no anchor &nope before *nope"]],
		["a: {<<: *late}\nb: &late {}", ["a.yaml:1:9: no anchor &late before *late"]],
		[
			service("s", "ports: [{port: 99999}]"),
			["a.yaml:4:23: Service default/s: spec.ports[0].port: expected a port number (1-65535), found 99999"],
		],
		[
			service("s", 'ports: [{port: "80"}]'),
			['a.yaml:4:23: Service default/s: spec.ports[0].port: expected a port number (1-65535), found "80"'],
		],
		[
			service("s", "ports: [{port: 80, protocol: tcp}]"),
			['a.yaml:4:37: Service default/s: spec.ports[0].protocol: expected TCP, UDP or SCTP, found "tcp"'],
		],
		[
			service("s", "ports: [{port: 80, targetport: 80}]"),
			["a.yaml:4:27: Service default/s: spec.ports[0].targetport: unknown field; did you mean targetPort?"],
		],
		[
			service("s", "ports: [{port: 80}, {port: 80, name: b}]"),
			["name: missing; expected a name", "a second port 80/TCP"],
		],
		[service("s", "ports: 80"), ["spec.ports: expected a sequence, found 80"]],
		[service("s", "selector: {a: b}"), ["spec.ports: missing; expected at least one port"]],
		[
			service("s", "ports: [{port: 80}], clusterIP: 10.0.0"),
			['spec.clusterIP: expected an IP address, found "10.0.0"'],
		],
		[
			service("s", "ports: [{port: 80}], type: Clusterip"),
			["spec.type: expected ClusterIP, NodePort, LoadBalancer or ExternalName"],
		],
		[service("s", "ports: [{port: 80, nodePort: 30000}]"), ["a Service of type ClusterIP has no node port"]],
		[
			service("s", "type: NodePort, ports: [{port: 80, nodePort: 80}]"),
			["spec.ports[0].nodePort: expected a node port (30000-32767), found 80"],
		],
		[
			service("s", "type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [10.0.0.0]"),
			["spec.loadBalancerSourceRanges[0]: expected a CIDR"],
		],
		[service("S", "ports: [{port: 80}]"), ["metadata.name: expected a name"]],
		[service("s", "ports: [{port: 80}], selector: {app: 1}"), ["spec.selector.app: expected a string, found 1"]],
		[service("s", "type: ExternalName"), ["spec.externalName: missing"]],
		[pod("p", ", containers: []"), ["a.yaml:4:"]],
		[
			node("n1").replace("InternalIP", "ExternalIP"),
			["Node n1: status.addresses: missing; expected an address of type InternalIP"],
		],
		[node("n1", { podCIDR: "10.1.0.0" }), ["Node n1: spec.podCIDR: expected a CIDR"]],
		[
			node("n1").replace("podCIDR:", "podCidr:"),
			["spec.podCidr: unknown field; did you mean podCIDR?", "spec.podCIDR: missing"],
		],
		[workload("Deployment", "d").replace("template:", "tmpl:"), ["spec.tmpl: unknown field", "spec.template: missing"]],
	])("%j", (text, expected) => {
		const errors = errorsOf(text);
		expect(errors.length).toBeGreaterThanOrEqual(expected.length);
		expected.forEach((part) => {
			expect(
				errors.some((error) => error.includes(part)),
				`${part} in ${errors.join("\n")}`,
			).toBe(true);
		});
	});

	test("all errors of all files are found in one go, in the order of the files", () => {
		const parsed = parseManifests([
			{ path: "one.yaml", text: service("s", "ports: [{port: 0}]") + node("n1", { podCIDR: "x" }) },
			{ path: "two.json", text: JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "t" } }) },
			{ path: "three.yaml", text: "a: b: c" },
		]);
		expect(parsed.ok).toBe(false);
		const paths = parsed.ok ? [] : parsed.error.map(({ at }) => at.path);
		expect(paths).toEqual(["one.yaml", "one.yaml", "two.json", "three.yaml"]);
	});
});

describe("what only shows between objects", () => {
	test("an object that is there twice is refused, and both places are named", () => {
		const text = service("s", "ports: [{port: 80}]").repeat(2);
		expect(errorsOf(text)).toEqual([
			"a.yaml:6:1: Service default/s: a second object of this name (the other is at a.yaml:1:1)",
		]);
	});

	test.each([
		[
			"one cluster IP for two Services",
			service("a", "clusterIP: 10.96.0.9, ports: [{port: 80}]") +
				service("b", "clusterIP: 10.96.0.9, ports: [{port: 80}]"),
			"Service default/b: spec.clusterIP: 10.96.0.9 is already Service default/a's",
		],
		[
			"one node port for two Services",
			service("a", "type: NodePort, ports: [{port: 80, nodePort: 30080}]") +
				service("b", "type: NodePort, ports: [{port: 80, nodePort: 30080}]"),
			"30080/TCP is already Service default/a's",
		],
		[
			"one address for two nodes",
			node("n1") + node("n2", { ip: "192.168.0.49" }),
			"Node n2: status.addresses: 192.168.0.49 is already Node n1's",
		],
		[
			"overlapping pod networks",
			node("n1", { podCIDR: "10.1.0.0/16" }) + node("n2", { podCIDR: "10.1.7.0/24" }),
			"Node n2: spec.podCIDR: 10.1.7.0/24 overlaps 10.1.0.0/16 of Node n1",
		],
		[
			"a pod network with the node in it",
			node("n1", { podCIDR: "192.168.0.0/24" }),
			"192.168.0.0/24 contains the node's own address 192.168.0.49",
		],
		[
			"one address for two pods",
			node("n1") + pod("p", "", "podIP: 10.1.49.9") + pod("q", "", "podIP: 10.1.49.9"),
			"Pod default/q: status.podIP: 10.1.49.9 is already Pod default/p's",
		],
		[
			"a pod network that is too small",
			node("n1", { podCIDR: "10.1.0.0/30" }) + workload("Deployment", "d", "replicas: 2"),
			"Node n1: spec.podCIDR: 10.1.0.0/30 is too small: it has 1 addresses for pods",
		],
		[
			"a selector that is not its own template's",
			node("n1") + workload("Deployment", "d").replace("matchLabels: {app: d}", "matchLabels: {app: e}"),
			"Deployment default/d: spec.selector: the selector does not match the workload's own pods; the template's labels are app=d",
		],
		[
			"a target port that no pod names",
			node("n1") + pod("p") + service("s", "selector: {app: p}, ports: [{port: 80, targetPort: web}]"),
			"Service default/s: spec.ports[0].targetPort: none of the 1 pods that the Service selects has a TCP container port named web",
		],
		[
			"an unknown node",
			node("n1") + pod("p", ", nodeName: n9"),
			"Pod default/p: spec.nodeName: no node named n9; there are n1",
		],
		[
			"no node at all",
			pod("p"),
			"no node takes the pod: the manifests have no Node: add -f with those of your cluster",
		],
		[
			"one host port for two pods that name their node",
			node("n1") + pod("p", ", nodeName: n1, hostNetwork: true") + pod("q", ", nodeName: n1, hostNetwork: true"),
			"Pod default/q: port 8080/TCP of Node n1 is wanted by Pod default/q and already Pod default/p's (the other is at a.yaml:7:1)",
		],
		[
			"a host port that is free on no node",
			node("n1") + pod("p", ", hostNetwork: true") + pod("q", ", hostNetwork: true"),
			"no node takes the pod: n1 has no port 8080/TCP for Pod default/q, Pod default/p has it",
		],
		[
			"only nodes that do not take it",
			node("n1", { spec: ", unschedulable: true" }) +
				node("n2", { spec: ", taints: [{key: k, effect: NoSchedule}]" }) +
				pod("p"),
			"no node takes the pod: n1 is cordoned; n2 has the taint k:NoSchedule",
		],
		[
			"a full service CIDR",
			service("a", "ports: [{port: 80}]") + service("b", "ports: [{port: 80}]") + service("c", "ports: [{port: 80}]"),
			"no free address is left in the service CIDR 10.96.0.0/30",
		],
	])("%s", (_name, text, expected) => {
		const errors = errorsOf(text, {
			serviceCIDRs: [cidr(_name.includes("service CIDR") ? "10.96.0.0/30" : "10.96.0.0/12")],
		});
		expect(errors).toHaveLength(1);
		expect(errors[0]).toContain(expected);
	});
});

describe("notes", () => {
	test("what networking does not read is skipped with one line each, and a NetworkPolicy is not enforced", () => {
		const kinds = [
			"v1/ConfigMap",
			"v1/Namespace",
			"v1/Endpoints",
			"networking.k8s.io/v1/NetworkPolicy",
			"serving.knative.dev/v1/Service",
		];
		const text = kinds.map((path) => {
			const slash = path.lastIndexOf("/");
			return `apiVersion: ${path.slice(0, slash)}\nkind: ${path.slice(slash + 1)}\nmetadata: {name: x}\n`;
		});
		expect(notesOf(text.join("---\n"))).toEqual([
			"a.yaml:1:1: skipped ConfigMap default/x (v1): not needed for networking",
			"a.yaml:5:1: skipped Namespace x (v1): namespaces need no object here",
			"a.yaml:9:1: skipped Endpoints default/x (v1): Endpoints are not read, EndpointSlices are",
			"a.yaml:13:1: skipped NetworkPolicy default/x (networking.k8s.io/v1): NOT enforced: all traffic between pods is allowed",
			"a.yaml:17:1: skipped Service default/x (serving.knative.dev/v1): not needed for networking",
		]);
	});

	test("a Service that selects no pods is no error, and is said plainly", () => {
		expect(notesOf(service("s", "selector: {app: none}, ports: [{port: 80}]"))).toEqual([
			"a.yaml:1:1: Service default/s: selects no pods (app=none): it has no endpoints",
		]);
	});

	test("a finished pod is left out", () => {
		const text = node("n1") + pod("p", "", "phase: Succeeded");
		expect(notesOf(text)).toEqual(["a.yaml:7:1: skipped Pod default/p (v1): the pod has finished"]);
		expect(snapshotOf(text).pods).toEqual([]);
	});
});

describe("pods", () => {
	test("pods on the host's network with one port are put on different nodes", () => {
		const own = pod("a", ", nodeName: n1") + pod("b", ", nodeName: n1");
		const { pods } = snapshotOf(
			node("n1") + node("n2") + own + pod("p", ", nodeName: n2, hostNetwork: true") + pod("q", ", hostNetwork: true"),
		);
		expect(pods.find(({ name }) => name === "q")?.node).toBe("n1");
	});

	test("a pod that takes a host port does not keep others from having the port in their own network", () => {
		const { pods } = snapshotOf(node("n1") + pod("p", ", hostNetwork: true") + pod("q"));
		expect(placement(pods)).toEqual({ n1: 2 });
	});

	test("a Deployment's pods are spread over the nodes and have names as Kubernetes makes them, always the same", () => {
		const text = node("n1") + node("n2") + workload("Deployment", "myapp", "replicas: 3");
		const { pods } = snapshotOf(text);
		expect(placement(pods)).toEqual({ n1: 2, n2: 1 });
		for (const { name } of pods) expect(name).toMatch(/^myapp-[456789bcdf]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
		expect(new Set(pods.map(({ name }) => name)).size).toBe(3);
		expect(snapshotOf(text).pods).toEqual(pods);
	});

	test("taints and nodeSelector keep pods away, tolerations and nodeName let them in", () => {
		const text =
			node("n1", { spec: ", taints: [{key: cp, effect: NoSchedule}]" }) +
			node("n2", { labels: "disk: ssd" }) +
			node("n3") +
			pod("anywhere1") +
			pod("anywhere2") +
			pod("anywhere3") +
			pod("tolerant", ", tolerations: [{key: cp, operator: Exists}], nodeSelector: {}") +
			pod("ssd", ", nodeSelector: {disk: ssd}") +
			pod("named", ", nodeName: n1");
		const where = Object.fromEntries(snapshotOf(text).pods.map(({ name, node: at }) => [name, at]));
		expect(where).toMatchObject({ ssd: "n2", named: "n1", tolerant: "n1" });
		expect([where["anywhere1"], where["anywhere2"], where["anywhere3"]]).not.toContain("n1");
	});

	test("a DaemonSet has one pod on every node, cordoned ones too; a StatefulSet counts its pods", () => {
		const text =
			node("n1", { spec: ", unschedulable: true" }) +
			node("n2", { spec: ", taints: [{key: node.kubernetes.io/not-ready, effect: NoExecute}]" }) +
			node("n3") +
			workload("DaemonSet", "ds", "minReadySeconds: 0") +
			workload("StatefulSet", "db", "replicas: 2");
		const { pods } = snapshotOf(text);
		expect(pods.filter(({ owner }) => owner?.kind === "DaemonSet").map(({ node: at }) => at)).toEqual([
			"n1",
			"n2",
			"n3",
		]);
		expect(pods.filter(({ owner }) => owner?.kind === "StatefulSet").map(({ name }) => name)).toEqual(["db-0", "db-1"]);
	});

	test("a workload whose pods are in the manifests themselves makes no others", () => {
		const owned = pod("d-1").replace(
			"labels:",
			"ownerReferences: [{kind: ReplicaSet, name: d-abc, controller: true}], labels:",
		);
		const set = workload("ReplicaSet", "d-abc").replace(
			"{name: d-abc}",
			"{name: d-abc, ownerReferences: [{kind: Deployment, name: d, controller: true}]}",
		);
		const { pods } = snapshotOf(node("n1") + workload("Deployment", "d") + set + owned);
		expect(pods.map(({ name }) => name)).toEqual(["d-1"]);
	});

	test("a pod in the host network has its node's address", () => {
		const [only] = snapshotOf(node("n1") + pod("p", ", hostNetwork: true")).pods;
		expect(only?.podIPs).toEqual(["192.168.0.49"]);
	});

	test("readiness and address are the status's, if there is one", () => {
		const status = 'podIP: 10.1.49.7, conditions: [{type: Ready, status: "False"}]';
		const [only] = snapshotOf(node("n1") + pod("p", "", status)).pods;
		expect(only).toMatchObject({ podIPs: ["10.1.49.7"], ready: false });
	});
});

describe("Services", () => {
	test("addresses and node ports that are not given are allocated, the same whatever else there is", () => {
		const text = service("s", "type: NodePort, ports: [{port: 80}]");
		const [alone] = snapshotOf(text).services;
		const among = snapshotOf(service("a", "ports: [{port: 80}]") + text).services[1];
		expect(among).toEqual(alone);
		expect(alone?.clusterIPs[0]).toMatch(/^10\.(9[6-9]|10\d|11[01])\./);
		expect(alone?.ports[0]?.nodePort).toBeGreaterThanOrEqual(30000);
		expect(alone?.ports[0]?.targetPort).toBe(80);
	});

	test("what one Service asks for, another is not given", () => {
		const free = snapshotOf(service("s", "ports: [{port: 80}]")).services[0]?.clusterIPs[0];
		const { services } = snapshotOf(
			service("s", "ports: [{port: 80}]") + service("t", `clusterIP: ${free}, ports: [{port: 80}]`),
		);
		expect(services[1]?.clusterIPs).toEqual([free]);
		expect(services[0]?.clusterIPs[0]).not.toBe(free);
	});

	test("addresses are not taken from the networks of nodes and pods, and the network chosen is said", () => {
		const nodes = node("n1", { podCIDR: "10.96.0.0/16", ip: "10.97.3.4" }) + node("n2", { podCIDR: "10.99.0.0/24" });
		const services = Array.from({ length: 20 }, (_, k) => service(`s${k}`, "ports: [{port: 80}]")).join("");
		const near = nodes.replace("192.168.0.50", "10.97.3.5");
		for (const { clusterIPs } of snapshotOf(near + services).services) expect(clusterIPs[0]).toMatch(/^10\.98\./);
		const said = notesOf(near + services).filter((note) => note.includes("overlaps"));
		expect(said).toEqual([
			"Services without a clusterIP get theirs from 10.98.0.0/16: the usual 10.96.0.0/12 overlaps the networks of nodes or pods",
		]);
		expect(notesOf(near).join()).not.toContain("overlaps");
	});

	test("when ten is full of pods, another private network serves", () => {
		const text = node("n1", { podCIDR: "10.0.0.0/8" }) + service("s", "ports: [{port: 80}]");
		expect(snapshotOf(text).services[0]?.clusterIPs[0]).toMatch(/^172\.16\./);
	});

	test("of a network that is asked for, the part where pods are is left out", () => {
		const text = node("n1", { podCIDR: "10.50.0.0/25" }) + service("s", "ports: [{port: 80}]");
		const [only] = snapshotOf(text, { serviceCIDRs: [cidr("10.50.0.0/24")] }).services;
		expect(Number(only?.clusterIPs[0]?.split(".")[3])).toBeGreaterThan(127);
	});

	test("a dual-stack Service has an address of each family", () => {
		const serviceCIDRs = [cidr("10.96.0.0/12"), cidr("fd00:96::/108")];
		const [only] = snapshotOf(service("s", "ipFamilyPolicy: PreferDualStack, ports: [{port: 80}]"), {
			serviceCIDRs,
		}).services;
		expect(only?.ipFamilies).toEqual(["ipv4", "ipv6"]);
		expect(only?.clusterIPs[1]).toMatch(/^fd00:96::/);
	});

	test("a headless Service has no address", () => {
		const [only] = snapshotOf(service("s", "clusterIP: None, selector: {a: b}")).services;
		expect(only).toMatchObject({ headless: true, clusterIPs: [], ports: [] });
	});

	test("session affinity, policies and load balancer addresses are read", () => {
		const spec =
			"type: LoadBalancer, sessionAffinity: ClientIP, externalTrafficPolicy: Local, internalTrafficPolicy: Local, ports: [{port: 80}], loadBalancerSourceRanges: ['10.0.0.0/8 ']";
		const text = `${service("s", spec).slice(0, -4)}status: {loadBalancer: {ingress: [{ip: 192.0.2.1, ipMode: VIP}]}}\n`;
		const [only] = snapshotOf(text).services;
		expect(only).toMatchObject({
			clientIPAffinitySeconds: 10800,
			externalTrafficPolicy: "Local",
			internalTrafficPolicy: "Local",
			loadBalancerIngress: [{ ip: "192.0.2.1", ipMode: "VIP" }],
			loadBalancerSourceRanges: [cidr("10.0.0.0/8")],
		});
		expect(only?.healthCheckNodePort).toBeGreaterThanOrEqual(30000);
	});
});

test("Lists, JSON, anchors and several documents all come to the same objects", () => {
	const one = {
		apiVersion: "v1",
		kind: "Service",
		metadata: { name: "s" },
		spec: { clusterIP: "10.96.0.9", ports: [{ port: 80 }] },
	};
	const { apiVersion: _v, kind: _k, ...bare } = one;
	const wanted = snapshotOf(JSON.stringify(one));
	expect(snapshotOf(JSON.stringify({ apiVersion: "v1", kind: "List", items: [one] }, undefined, "\t"))).toEqual(wanted);
	expect(snapshotOf(JSON.stringify({ apiVersion: "v1", kind: "ServiceList", items: [bare] }))).toEqual(wanted);
	const anchored =
		"apiVersion: v1\nkind: Service\nmetadata: {name: s, labels: &l {}}\nspec:\n  <<: {clusterIP: 10.96.0.9}\n  selector: *l\n  ports: [{port: 80}]\n";
	expect(snapshotOf(`---\n# nothing\n---\n${anchored}---\n`)).toEqual(wanted);
});

test("whatever the fields hold, parsing ends in a snapshot or in errors that point into the file", () => {
	const value = fc.jsonValue({ maxDepth: 3 });
	const names = [
		"ports",
		"clusterIP",
		"selector",
		"type",
		"template",
		"podCIDR",
		"taints",
		"containers",
		"tolerations",
		"endpoints",
		"addressType",
		"externalIPs",
	];
	const object = fc.record({
		apiVersion: fc.constantFrom("v1", "apps/v1", "discovery.k8s.io/v1"),
		kind: fc.constantFrom(
			"Node",
			"Pod",
			"Service",
			"Deployment",
			"DaemonSet",
			"EndpointSlice",
			"ReplicationController",
		),
		metadata: fc.oneof(fc.record({ name: fc.constantFrom("a", "b"), labels: value }), value),
		spec: fc.oneof(fc.dictionary(fc.constantFrom(...names), value), value),
		status: value,
	});
	fc.assert(
		fc.property(fc.array(object, { maxLength: 4 }), (objects) => {
			const parsed = parse(objects.map((item) => JSON.stringify(item)).join("\n---\n"));
			return parsed.ok || parsed.error.every(({ at, message }) => at.line >= 1 && at.column >= 1 && message !== "");
		}),
		{ numRuns: 300 },
	);
});

describe("EndpointSlices and the Services they are for", () => {
	const service = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.9, ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]}
`;
	const slice = (more: string): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s, labels: {kubernetes.io/service-name: web}}
${more}
`;
	const notes = (more: string): readonly string[] => {
		const parsed = parseManifests([{ path: "m.yaml", text: service + slice(more) }]);
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		return parsed.value.notes;
	};

	test("one that fits needs no note", () => {
		expect(notes("addressType: IPv4\nports: [{name: http, port: 8080}]\nendpoints: [{addresses: [10.0.0.1]}]")).toEqual(
			[],
		);
	});

	test.each([
		[
			"a port that the Service does not have, however many endpoints",
			"addressType: IPv4\nports: [{name: htpp, port: 80}]\nendpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}]",
			"m.yaml:6:1: EndpointSlice default/s: TCP port htpp: Service default/web has no such port, it has TCP port http, UDP port dns",
		],
		[
			"a port of the other protocol, and an unnamed one",
			"addressType: IPv4\nports: [{name: dns, port: 53}, {port: 80}]\nendpoints: [{addresses: [10.0.0.1]}]",
			"m.yaml:6:1: EndpointSlice default/s: TCP port dns and an unnamed TCP port: Service default/web has no such port, it has TCP port http, UDP port dns",
		],
		[
			"another family",
			"addressType: IPv6\nports: [{name: http, port: 80}]\nendpoints: [{addresses: ['fd00::1']}]",
			"m.yaml:6:1: EndpointSlice default/s: its addresses are IPv6, and Service default/web is IPv4 only: nobody uses them",
		],
	])("%s: one note, with the object's name", (_what, more, note) => {
		expect(notes(more)).toEqual([note]);
	});

	test("a port that is there twice is an error, once, at the second one", () => {
		const text =
			service + slice("addressType: IPv4\nports: [{name: http, port: 80}, {name: http, port: 81}]\nendpoints: []");
		const parsed = parseManifests([{ path: "m.yaml", text }]);
		const errors = parsed.ok ? [] : parsed.error.map(formatManifestError);
		expect(errors).toEqual([
			'm.yaml:10:40: EndpointSlice default/s: ports[1].name: a second port named "http" (the other is at m.yaml:10:9)',
		]);
	});
});
