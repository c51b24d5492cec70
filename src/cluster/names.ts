/** What a person types (`pod/default/client`, `svc/default/myapp:80`) made into parts of the cluster, and back. */
import { err, ok, type Result } from "../base/result.ts";
import { namespacedName } from "../kube/snapshot.ts";
import { addrBits, cidrContains, type IpAddr, parseIp } from "../wire/addr.ts";
import type { Cluster, ClusterNode, ClusterPod, Who } from "./cluster.ts";
import { nearestNames } from "./nearest.ts";
import { namespaced, portNumber, splitPort } from "./place-text.ts";
import { type ServiceRef, serviceAddrs, serviceAt, serviceRef } from "./service-ref.ts";
import { OUTSIDE_PREFIX } from "./topology.ts";

export type ResolveError =
	/** Not of a known form; `expected` lists the forms. */
	| { readonly kind: "syntax"; readonly text: string; readonly expected: readonly string[] }
	/** Nothing of that name; the nearest names first, as they can be typed. */
	| {
			readonly kind: "unknown";
			readonly text: string;
			readonly what: "pod" | "node" | "service";
			readonly nearest: readonly string[];
	  }
	/** The Service or pod has several ports (or not this one): say which. */
	| { readonly kind: "port"; readonly text: string; readonly ports: readonly string[] }
	/** The Service has no cluster IP. */
	| { readonly kind: "headless"; readonly text: string };

/** Where a packet is sent to. */
export interface Destination {
	/** As typed. */
	readonly text: string;
	readonly addr: IpAddr;
	/** Absent: only ICMP can go there. */
	readonly port?: number;
	/** Of the Service port or the container port. */
	readonly protocol?: "TCP" | "UDP" | "SCTP";
	readonly who?: Who;
	/** The Service port that address and port stand for: a cluster IP, a node port, an external IP. */
	readonly service?: ServiceRef["service"];
}

const WHO_FORMS: readonly string[] = ["pod/NAMESPACE/NAME", "pod/NAME", "node/NAME", "outside"];

const DESTINATION_FORMS: readonly string[] = [
	"svc/NAMESPACE/NAME[:PORT]",
	"pod/NAMESPACE/NAME[:PORT]",
	"node/NAME[:PORT]",
	"outside[:PORT]",
	"IP[:PORT]",
];

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
	return err({ kind: "syntax", text, expected: WHO_FORMS });
}

/** As `resolveWho` with an optional `:PORT`, and `svc/NS/NAME[:PORT]`, `svc/NAME[:PORT]`, `IP[:PORT]`; PORT may be a port's name. */
export function resolveDestination(cluster: Cluster, text: string): Result<Destination, ResolveError> {
	const { place, port: portText } = splitPort(text);
	if (place.startsWith("svc/") || place.startsWith("service/")) return resolveService(cluster, text);
	const literal = parseIp(place);
	const who = literal.ok ? whoHolds(cluster, literal.value) : resolveWho(cluster, place);
	if (who?.ok === false) {
		return err(who.error.kind === "syntax" ? { kind: "syntax", text, expected: DESTINATION_FORMS } : who.error);
	}
	const holder = who?.value;
	const addr = literal.ok ? literal.value : holder === undefined ? undefined : addrOf(cluster, holder);
	if (addr === undefined) return err({ kind: "syntax", text, expected: DESTINATION_FORMS });
	const known = holder === undefined ? {} : { who: holder };
	if (portText === undefined) return ok({ text, addr, ...known });
	const served = holder?.kind === "pod" ? holder.pod.ports : [];
	const byName = served.find((candidate) => candidate.name === portText);
	const port = byName?.port ?? portNumber(portText);
	if (port === undefined) return err({ kind: "port", text, ports: served.map(portLabel) });
	const protocol = (byName ?? served.find((candidate) => candidate.port === port))?.protocol;
	const service = serviceAt(cluster, addr, port);
	if (service !== undefined) return ok({ text, addr, port, ...known, ...service });
	return ok({ text, addr, port, ...known, ...(protocol === undefined ? {} : { protocol }) });
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

/** Who holds an address: a pod, a node (also its bridge), a Service, the router or the outside; undefined: nobody does. */
export function ownerOf(cluster: Cluster, addr: IpAddr): string | undefined {
	const { fabric } = cluster;
	if (addr === fabric.gateway || addr === fabric.outside.gateway) return "the router";
	if (cidrContains({ addr: fabric.outside.ip, prefix: OUTSIDE_PREFIX }, addr)) return "outside";
	const node = cluster.nodes.find((candidate) => candidate.internalIp === addr);
	if (node !== undefined) return `node ${node.name}`;
	const pod = cluster.pods.find((candidate) => candidate.ip === addr && !candidate.hostNetwork);
	if (pod !== undefined) return `pod ${namespacedName(pod)}`;
	const bridge = cluster.pods.find((candidate) => candidate.attachment?.gateway === addr);
	if (bridge !== undefined) return `bridge ${bridgeOf(cluster, bridge)} of node ${bridge.node}`;
	const service = cluster.snapshot.services.find((candidate) => serviceAddrs(candidate).includes(addr));
	return service === undefined ? undefined : `Service ${namespacedName(service)}`;
}

/** One sentence with the nearest names. */
export function formatResolveError(error: ResolveError): string {
	switch (error.kind) {
		case "syntax":
			return `${JSON.stringify(error.text)} is none of ${error.expected.join(", ")}`;
		case "unknown": {
			const meant = error.nearest.length === 0 ? "" : `; did you mean ${error.nearest.join(" or ")}?`;
			return `there is no ${error.what} ${JSON.stringify(error.text)}${meant}`;
		}
		case "port": {
			const ports = error.ports.length === 0 ? "it declares no ports" : `its ports are ${error.ports.join(", ")}`;
			return `${error.text}: which port? ${ports}`;
		}
		case "headless":
			return `${error.text} has no cluster IP (it is headless or an ExternalName); name one of its pods instead`;
	}
}

function resolveService(cluster: Cluster, text: string): Result<Destination, ResolveError> {
	const { place, port: portText } = splitPort(text);
	const name = namespaced(place.split("/").slice(1));
	if (name === undefined) return err({ kind: "syntax", text, expected: DESTINATION_FORMS });
	const service = cluster.snapshot.services.find((candidate) => namespacedName(candidate) === name);
	if (service === undefined) {
		const names = cluster.snapshot.services.map((candidate) => `svc/${namespacedName(candidate)}`);
		return err({ kind: "unknown", text, what: "service", nearest: nearestNames(`svc/${name}`, names) });
	}
	const addr = service.clusterIPs.find((candidate) => addrBits(candidate) === 32) ?? service.clusterIPs[0];
	if (addr === undefined) return err({ kind: "headless", text });
	const asked = service.ports.filter((port) => {
		return portText === undefined || port.name === portText || String(port.port) === portText;
	});
	const [only, second] = asked;
	if (only === undefined || (second !== undefined && portText === undefined)) {
		return err({ kind: "port", text, ports: service.ports.map(portLabel) });
	}
	return ok({ text, addr, port: only.port, ...serviceRef(service, only) });
}

function whoHolds(cluster: Cluster, addr: IpAddr): Result<Who, never> | undefined {
	if (addr === cluster.fabric.outside.ip) return ok({ kind: "outside" });
	const node = cluster.nodes.find((candidate) => candidate.internalIp === addr);
	if (node !== undefined) return ok({ kind: "node", node });
	const pod = cluster.pods.find((candidate) => candidate.ip === addr);
	return pod === undefined ? undefined : ok({ kind: "pod", pod });
}

function addrOf(cluster: Cluster, who: Who): IpAddr {
	switch (who.kind) {
		case "pod":
			return who.pod.ip;
		case "node":
			return who.node.internalIp;
		case "outside":
			return cluster.fabric.outside.ip;
	}
}

function portLabel(port: { readonly name?: string; readonly port: number; readonly protocol: string }): string {
	const number = `${port.port}/${port.protocol}`;
	return port.name === undefined || port.name === "" ? number : `${port.name} (${number})`;
}

function podLabel(pod: ClusterPod): string {
	return `pod ${namespacedName(pod)} (${pod.ip}) on ${pod.node}`;
}

function nodeLabel(node: ClusterNode): string {
	return `node ${node.name} (${node.internalIp})`;
}

function bridgeOf(cluster: Cluster, pod: ClusterPod): string {
	return cluster.nodes.find((node) => node.name === pod.node)?.bridge ?? "";
}
