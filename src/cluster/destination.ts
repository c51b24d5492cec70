/** What a person types after `--to` (`svc/default/myapp:80`, `node/n1:30080`, `10.0.0.1`) made into an address and a port. */
import { err, ok, type Result } from "../base/result.ts";
import { namespacedName, type Protocol } from "../kube/snapshot.ts";
import { addrBits, cidr, cidrContains, familyOf, type IpAddr, parseIp } from "../wire/addr.ts";
import type { Cluster, Who } from "./cluster.ts";
import { type ResolveError, resolveWho, whoNames } from "./names.ts";
import { nearestNames } from "./nearest.ts";
import { namespaced, portLabel, portNumber, splitPort } from "./place-text.ts";
import { type ServiceRef, serviceAt, serviceRef } from "./service-ref.ts";

/** Where a packet is sent to. */
export interface Destination {
	/** As typed. */
	readonly text: string;
	readonly addr: IpAddr;
	/** Absent: only ICMP can go there. */
	readonly port?: number;
	/** Of the Service port, the container port, or the pod's host port. */
	readonly protocol?: Protocol;
	readonly who?: Who;
	/** The Service port that address and port stand for: a cluster IP, a node port, an external IP. */
	readonly service?: ServiceRef["service"];
}

/** What else is known of the flow, when it is. */
export interface FlowHint {
	/** `icmp`: the port is dropped. */
	readonly proto?: "tcp" | "udp" | "icmp";
	/** Who means himself by a loopback address. */
	readonly from?: Who;
}

const DESTINATION_FORMS: readonly string[] = [
	"svc/NAMESPACE/NAME[:PORT]",
	"pod/NAMESPACE/NAME[:PORT]",
	"node/NAME[:PORT]",
	"outside[:PORT]",
	"IP[:PORT]",
];
const LOOPBACK = cidr("127.0.0.0/8");

/** As `resolveWho` with an optional `:PORT`, and `svc/NS/NAME[:PORT]`, `svc/NAME[:PORT]`, `IP[:PORT]`; PORT may be a port's name. */
export function resolveDestination(
	cluster: Cluster,
	text: string,
	hint: FlowHint = {},
): Result<Destination, ResolveError> {
	const { place, port: portText } = splitPort(text);
	if (portText !== undefined && /^[-+]?\d*$/.test(portText) && portNumber(portText) === undefined) {
		return err({ kind: "bad-port", text, found: portText });
	}
	if (place.startsWith("svc/") || place.startsWith("service/")) return resolveService(cluster, text, hint);
	const found = resolvePlace(cluster, text, { place, hint });
	if (!found.ok) return found;
	const { addr, who: holder } = found.value;
	const known = holder === undefined ? {} : { who: holder };
	if (portText === undefined || hint.proto === "icmp") return ok({ text, addr, ...known });
	const protocol = protocolOf(hint);
	const served = (holder?.kind === "pod" ? holder.pod.ports : []).filter((candidate) => {
		return candidate.name === portText || String(candidate.port) === portText;
	});
	const chosen = served.find((candidate) => candidate.protocol === (protocol ?? candidate.protocol));
	const port = chosen?.port ?? portNumber(portText);
	if (port === undefined) {
		if (holder?.kind !== "pod") return err({ kind: "bad-port", text, found: portText });
		return err(
			noPort(
				place,
				`${portText}${protocol === undefined || served.length === 0 ? "" : `/${protocol}`}`,
				holder.pod.ports,
			),
		);
	}
	const service = serviceAt(cluster, cidrContains(LOOPBACK, addr) ? nodeAddr(holder, addr) : addr, { port, protocol });
	if (service !== undefined) return ok({ text, addr, port, ...known, ...service });
	const own = chosen?.protocol ?? (protocol === undefined ? hostPortProtocol(cluster, holder, port) : undefined);
	return ok({ text, addr, port, ...known, ...(own === undefined ? {} : { protocol: own }) });
}

/** Of the first pod that has this port of the node. */
function hostPortProtocol(cluster: Cluster, holder: Who | undefined, port: number): Protocol | undefined {
	if (holder?.kind !== "node") return undefined;
	const pods = cluster.snapshot.pods.filter(({ node }) => node === holder.node.name);
	return pods.flatMap(({ ports }) => ports).find(({ hostPort }) => hostPort === port)?.protocol;
}

function resolvePlace(
	cluster: Cluster,
	text: string,
	{ place, hint }: { readonly place: string; readonly hint: FlowHint },
): Result<Pick<Destination, "addr" | "who">, ResolveError> {
	const literal = parseIp(place);
	if (literal.ok) {
		const addr = literal.value;
		if (familyOf(addr) === "ipv6") return err({ kind: "ipv6", text });
		const who = cidrContains(LOOPBACK, addr) ? hostOf(cluster, hint.from) : whoHolds(cluster, addr);
		return ok(who === undefined ? { addr } : { addr, who });
	}
	const who = resolveWho(cluster, place);
	if (who.ok) return ok({ addr: addrOf(cluster, who.value), who: who.value });
	if (who.error.kind !== "syntax") return who;
	const names = [...whoNames(cluster), ...serviceNames(cluster)];
	return err({ kind: "syntax", text, expected: DESTINATION_FORMS, nearest: nearestNames(place, names) });
}

function resolveService(cluster: Cluster, text: string, hint: FlowHint): Result<Destination, ResolveError> {
	const { place, port: portText } = splitPort(text);
	const name = namespaced(place.split("/").slice(1));
	if (name === undefined) {
		const nearest = nearestNames(place, serviceNames(cluster));
		return err({ kind: "syntax", text, expected: DESTINATION_FORMS, nearest });
	}
	const service = cluster.snapshot.services.find((candidate) => namespacedName(candidate) === name);
	if (service === undefined) {
		return err({ kind: "unknown", text, what: "service", nearest: nearestNames(`svc/${name}`, serviceNames(cluster)) });
	}
	const addr = service.clusterIPs.find((candidate) => addrBits(candidate) === 32) ?? service.clusterIPs[0];
	if (addr === undefined) return err({ kind: "headless", text });
	if (familyOf(addr) === "ipv6") return err({ kind: "ipv6", text });
	if (hint.proto === "icmp") return ok({ text, addr });
	const protocol = protocolOf(hint);
	const fitting = service.ports.filter((port) => port.protocol === (protocol ?? port.protocol));
	const asked = fitting.filter((port) => {
		return portText === undefined || port.name === portText || String(port.port) === portText;
	});
	const [only, second] = asked;
	if (only === undefined) {
		const suffix = protocol === undefined ? "" : `/${protocol}`;
		if (portText !== undefined) return err(noPort(place, `${portText}${suffix}`, service.ports));
		const what = protocol === undefined ? "port" : `${protocol} port`;
		return err({ kind: "no-port", place, asked: what, ports: service.ports.map(portLabel) });
	}
	if (second !== undefined && portText === undefined) {
		return err({ kind: "port", text, ports: fitting.map(portLabel) });
	}
	return ok({ text, addr, port: only.port, ...serviceRef(service, only) });
}

function noPort(place: string, asked: string, ports: readonly Parameters<typeof portLabel>[0][]): ResolveError {
	return { kind: "no-port", place, asked: `port ${asked}`, ports: ports.map(portLabel) };
}

function serviceNames(cluster: Cluster): readonly string[] {
	return cluster.snapshot.services.map((candidate) => `svc/${namespacedName(candidate)}`);
}

function protocolOf({ proto }: FlowHint): "TCP" | "UDP" | undefined {
	if (proto === "tcp") return "TCP";
	return proto === "udp" ? "UDP" : undefined;
}

/** Whose network somebody is in: for a pod in the host's network the node. */
function hostOf(cluster: Cluster, who: Who | undefined): Who | undefined {
	if (who?.kind !== "pod" || !who.pod.hostNetwork) return who;
	const node = cluster.nodes.find((candidate) => candidate.name === who.pod.node);
	return node === undefined ? who : { kind: "node", node };
}

/** Node ports are on a node's loopback address as on its own. */
function nodeAddr(holder: Who | undefined, addr: IpAddr): IpAddr {
	return holder?.kind === "node" ? holder.node.internalIp : addr;
}

function whoHolds(cluster: Cluster, addr: IpAddr): Who | undefined {
	if (addr === cluster.fabric.outside.ip) return { kind: "outside" };
	const node = cluster.nodes.find((candidate) => candidate.internalIp === addr);
	if (node !== undefined) return { kind: "node", node };
	const pod = cluster.pods.find((candidate) => candidate.ip === addr);
	return pod === undefined ? undefined : { kind: "pod", pod };
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
