/** What a person types (`pod/default/client`, `svc/default/myapp:80`) made into parts of the cluster, and back. */
import { err, ok, type Result } from "../base/result.ts";
import { namespacedName } from "../kube/snapshot.ts";
import { cidrContains, type IpAddr } from "../wire/addr.ts";
import type { Cluster, ClusterNode, ClusterPod, Who } from "./cluster.ts";
import { nearestNames } from "./nearest.ts";
import { namespaced } from "./place-text.ts";
import { serviceOfAddr } from "./service-ref.ts";
import { OUTSIDE_PREFIX } from "./topology.ts";

export type ResolveError =
	/** Not of a known form; `expected` lists the forms, `nearest` what may have been meant. */
	| {
			readonly kind: "syntax";
			readonly text: string;
			readonly expected: readonly string[];
			readonly nearest: readonly string[];
	  }
	/** Nothing of that name; the nearest names first, as they can be typed. */
	| {
			readonly kind: "unknown";
			readonly text: string;
			readonly what: "pod" | "node" | "service";
			readonly nearest: readonly string[];
	  }
	/** The Service has several ports: say which. `ports` as `80/TCP (http)`. */
	| { readonly kind: "port"; readonly text: string; readonly ports: readonly string[] }
	/** The Service or pod has other ports; `asked` is e.g. `port 81`, `UDP port`. */
	| { readonly kind: "no-port"; readonly place: string; readonly asked: string; readonly ports: readonly string[] }
	/** No number from 1 to 65535. */
	| { readonly kind: "bad-port"; readonly text: string; readonly found: string }
	| { readonly kind: "ipv6"; readonly text: string }
	/** The Service has no cluster IP. */
	| { readonly kind: "headless"; readonly text: string };

const WHO_FORMS: readonly string[] = ["pod/NAMESPACE/NAME", "pod/NAME", "node/NAME", "outside"];

/** `pod/NS/NAME`, `pod/NAME` (namespace `default`), `node/NAME`, `outside`. */
export function resolveWho(cluster: Cluster, text: string): Result<Who, ResolveError> {
	const [kind = "", ...rest] = text.split("/");
	if (kind === "outside" && rest.length === 0) return ok({ kind });
	if (kind === "node" && rest.length === 1) {
		const node = cluster.nodes.find(({ name }) => name === rest[0]);
		if (node !== undefined) return ok({ kind, node });
		const names = cluster.nodes.map(({ name }) => `node/${name}`);
		return err({ kind: "unknown", text, what: "node", nearest: nearestNames(text, names) });
	}
	const name = namespaced(rest);
	if (kind === "pod" && name !== undefined) {
		const pod = cluster.pods.find((candidate) => namespacedName(candidate) === name);
		if (pod !== undefined) return ok({ kind, pod });
		const names = cluster.pods.map((candidate) => `pod/${namespacedName(candidate)}`);
		return err({ kind: "unknown", text, what: "pod", nearest: nearestNames(`pod/${name}`, names) });
	}
	return err({ kind: "syntax", text, expected: WHO_FORMS, nearest: nearestNames(text, whoNames(cluster)) });
}

/** All that `resolveWho` reads. */
export function whoNames(cluster: Cluster): readonly string[] {
	const nodes = cluster.nodes.map(({ name }) => `node/${name}`);
	return ["outside", ...nodes, ...cluster.pods.map((pod) => `pod/${namespacedName(pod)}`)];
}

export function netnsOf(cluster: Cluster, who: Who): string {
	switch (who.kind) {
		case "pod":
			return who.pod.netns;
		case "node":
			return who.node.netns;
		case "outside":
			return cluster.fabric.outside.netns;
	}
}

/** `pod default/client (10.151.51.3) on slave1`, `node slave1 (172.16.1.50)`, `outside (203.0.113.2)`, `fabric`; another name as it is. */
export function labelOf(cluster: Cluster, netns: string): string {
	if (netns === cluster.fabric.outside.netns) return `outside (${cluster.fabric.outside.ip})`;
	const node = cluster.nodes.find((candidate) => candidate.netns === netns);
	if (node !== undefined) return nodeLabel(node);
	const pod = cluster.pods.find((candidate) => candidate.netns === netns);
	return pod === undefined ? netns : podLabel(pod);
}

/** As `labelOf`; a pod in its node's network keeps its name: `pod kube-system/agent (host network of node n3, 192.168.10.13)`. */
export function whoLabel(cluster: Cluster, who: Who): string {
	if (who.kind !== "pod" || !who.pod.hostNetwork) return labelOf(cluster, netnsOf(cluster, who));
	return `pod ${namespacedName(who.pod)} (host network of node ${who.pod.node}, ${who.pod.ip})`;
}

/** `pod/default/client`, `node/slave1`, `outside`: what `resolveWho` reads. */
export function formatWho(who: Who): string {
	switch (who.kind) {
		case "pod":
			return `pod/${namespacedName(who.pod)}`;
		case "node":
			return `node/${who.node.name}`;
		case "outside":
			return "outside";
	}
}

/** Who holds an address: a pod, a node (also its bridge or tunnel), a Service, the router or the outside; undefined: nobody does. */
export function ownerOf(cluster: Cluster, addr: IpAddr): string | undefined {
	const { fabric } = cluster;
	if (addr === fabric.outside.gateway || fabric.subnets.some(({ gateway }) => gateway === addr)) return "the router";
	if (cidrContains({ addr: fabric.outside.ip, prefix: OUTSIDE_PREFIX }, addr)) return "outside";
	const node = cluster.nodes.find((candidate) => candidate.internalIp === addr);
	if (node !== undefined) return `node ${node.name}`;
	const pod = cluster.pods.find((candidate) => candidate.ip === addr && !candidate.hostNetwork);
	if (pod !== undefined) return `pod ${namespacedName(pod)}`;
	const inner = cluster.nodes.find(({ tunnel }) => tunnel?.addr === addr);
	if (inner !== undefined) return `${inner.tunnel?.dev ?? "the tunnel"} of node ${inner.name}`;
	const bridge = cluster.pods.find((candidate) => candidate.attachment?.gateway === addr);
	const bridgeName = bridge === undefined ? undefined : bridgeOf(cluster, bridge);
	if (bridge !== undefined && bridgeName !== undefined) return `bridge ${bridgeName} of node ${bridge.node}`;
	const service = serviceOfAddr(cluster, addr);
	return service === undefined ? undefined : `Service ${namespacedName(service)}`;
}

/** One sentence with the nearest names. */
export function formatResolveError(error: ResolveError): string {
	switch (error.kind) {
		case "syntax":
			return `${JSON.stringify(error.text)} is none of ${error.expected.join(", ")}${meant(error.nearest)}`;
		case "unknown":
			return `there is no ${error.what} ${JSON.stringify(error.text)}${meant(error.nearest)}`;
		case "port":
			return `${error.text}: which port? ${portList(error.ports)}`;
		case "no-port":
			return `${error.place} has no ${error.asked}; ${portList(error.ports)}`;
		case "bad-port":
			return `${error.text}: expected a port 1–65535, found ${error.found === "" ? "nothing" : error.found}`;
		case "ipv6":
			return `${error.text}: IPv6 is not modelled yet`;
		case "headless":
			return `${error.text} has no cluster IP (it is headless or an ExternalName); name one of its pods instead`;
	}
}

function meant(nearest: readonly string[]): string {
	return nearest.length === 0 ? "" : `; did you mean ${nearest.join(" or ")}?`;
}

function portList(ports: readonly string[]): string {
	return ports.length === 0 ? "it declares no ports" : `it has ${ports.join(", ")}`;
}

function podLabel(pod: ClusterPod): string {
	return `pod ${namespacedName(pod)} (${pod.ip}) on ${pod.node}`;
}

function nodeLabel(node: ClusterNode): string {
	return `node ${node.name} (${node.internalIp})`;
}

function bridgeOf(cluster: Cluster, pod: ClusterPod): string | undefined {
	return cluster.nodes.find((node) => node.name === pod.node)?.bridge;
}
