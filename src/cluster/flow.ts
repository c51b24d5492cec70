/** One flow through a cluster, from a client's first packet to its answer, with everything that happened to its packets. */
import { err, ok, type Result } from "../base/result.ts";
import type { ConntrackEntry } from "../kernel/conntrack.ts";
import type { CapturedFrame } from "../kernel/kernel.ts";
import type { SocketAddr } from "../kernel/socket.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import type { MovedCounter } from "../trace/counted-rules.ts";
import { DNS_PORT } from "../wire/dns.ts";
import type { Cluster, ClusterPod, Visit, Who } from "./cluster.ts";
import { type Destination, resolveDestination } from "./destination.ts";
import { runDnsClient } from "./dns-client.ts";
import { type ClientRun, type FlowEnding, runPing, runTcpClient, runUdpClient } from "./flow-client.ts";
import { FlowRecord, newEntries } from "./flow-record.ts";
import { countersOf, movedCounters } from "./moved-counters.ts";
import { formatResolveError, netnsOf, type ResolveError, resolveWho } from "./names.ts";
import { type EndpointError, formatEndpointError, otherEndpoint, wishedEndpoint } from "./wished-endpoint.ts";

export type FlowProto = "tcp" | "udp" | "icmp";

export interface FlowRequest {
	/** As `resolveWho` reads it. */
	readonly from: string;
	/** As `resolveDestination` reads it. */
	readonly to: string;
	/** Absent: the Service port's protocol; `icmp` for a destination without a port; else `tcp`. */
	readonly proto?: FlowProto;
	/** The pod that must answer, `NS/NAME` or `pod/NS/NAME`; needs `forceEndpoint`. */
	readonly endpoint?: string;
	/** Makes the kernel's random choice fall on this endpoint, `IP:PORT`; the result undoes it. Given by who knows the kernel's kind. */
	readonly forceEndpoint?: (endpoint: string) => (() => void) | Promise<() => Promise<void>>;
	/** How long the client waits for its answer. Default 10 s of the kernel's clock. */
	readonly timeoutNs?: number;
	/** Collect the frames of every device of these namespaces. */
	readonly capture?: "all" | readonly string[];
	/** Find out which iptables rules of the nodes counted. Lists all rules twice. */
	readonly counters?: boolean;
	/** List the connection tracking entries when the closing is over as well, not right after the answer. */
	readonly conntrackSettled?: boolean;
}

export interface FlowOutcome {
	readonly from: Who;
	readonly to: Destination;
	readonly proto: FlowProto;
	readonly ending: FlowEnding;
	/** The client's own address and port, when its socket was opened. */
	readonly client?: SocketAddr;
	/** What the server saw, when one was reached. */
	readonly visit?: Visit;
	/** Empty when the kernel cannot trace. */
	readonly events: readonly TraceEvent[];
	readonly frames: readonly CapturedFrame[];
	/** The connection tracking entries of the flow right after the answer (or settled, if asked), per node. */
	readonly conntrack: readonly { readonly netns: string; readonly entries: readonly ConntrackEntry[] }[];
	/** The nodes' rules that counted, from the first packet until everything was quiet; empty unless asked for. */
	readonly counters: readonly MovedCounter[];
}

export type FlowError =
	| { readonly kind: "resolve"; readonly which: "from" | "to"; readonly error: ResolveError }
	/** TCP and UDP need a port. */
	| { readonly kind: "port-missing"; readonly to: string }
	/** podwire has no SCTP sockets. */
	| { readonly kind: "sctp"; readonly to: string }
	| EndpointError;

const DEFAULT_TIMEOUT_NS = 10_000_000_000;
/** For the FINs and their acknowledgements, delayed ones included. */
const SETTLE_NS = 200_000_000;

/** Runs the flow; a flow that fails is an outcome, not an error. */
export async function traceFlow(cluster: Cluster, request: FlowRequest): Promise<Result<FlowOutcome, FlowError>> {
	const from = resolveWho(cluster, request.from);
	if (!from.ok) return err({ kind: "resolve", which: "from", error: from.error });
	const to = resolveDestination(cluster, request.to, {
		from: from.value,
		...(request.proto === undefined ? {} : { proto: request.proto }),
	});
	if (!to.ok) return err({ kind: "resolve", which: "to", error: to.error });
	const client = clientOf(cluster, { from: from.value, to: to.value, request });
	if (!client.ok) return client;
	const forced = await force(cluster, to.value, request);
	if (!forced.ok) return forced;
	const record = new FlowRecord(cluster.kernel, capturedNamespaces(cluster, request));
	const nodes = cluster.nodes.map((node) => node.netns);
	const counted = request.counters === true ? nodes : [];
	const countersBefore = await countersOf(cluster.kernel, counted);
	const before = await record.conntrack(nodes);
	const startNs = cluster.kernel.clock.now();
	const { ending, local } = await client.value.run();
	const answered = await record.conntrack(nodes);
	await cluster.kernel.run(() => false, SETTLE_NS);
	const after = request.conntrackSettled === true ? await record.conntrack(nodes) : answered;
	record.stop();
	const counters = movedCounters(countersBefore, await countersOf(cluster.kernel, counted));
	await forced.value.undo();
	const visit = cluster.visits.find((candidate) => candidate.at >= startNs);
	const { pod } = forced.value;
	const other = pod === undefined ? undefined : otherEndpoint(cluster, pod, { visit, events: record.events });
	if (other !== undefined) return err(other);
	const address = local ?? record.firstSource(netnsOf(cluster, from.value));
	return ok({
		from: from.value,
		to: to.value,
		proto: client.value.proto,
		ending,
		...(address === undefined ? {} : { client: address }),
		...(visit === undefined ? {} : { visit }),
		events: record.events,
		frames: record.frames,
		conntrack: newEntries(before, after),
		counters,
	});
}

export function formatFlowError(error: FlowError): string {
	switch (error.kind) {
		case "resolve":
			return `${error.which}: ${formatResolveError(error.error)}`;
		case "port-missing":
			return `${error.to}: TCP and UDP need a port, as in ${error.to}:80`;
		case "sctp":
			return `${error.to} is an SCTP port, and podwire has no SCTP sockets`;
		default:
			return formatEndpointError(error);
	}
}

interface FlowClient {
	readonly proto: FlowProto;
	run(): Promise<ClientRun>;
}

function clientOf(
	cluster: Cluster,
	flow: { readonly from: Who; readonly to: Destination; readonly request: FlowRequest },
): Result<FlowClient, FlowError> {
	const { to, request } = flow;
	const { kernel } = cluster;
	const netns = netnsOf(cluster, flow.from);
	const timeoutNs = request.timeoutNs ?? DEFAULT_TIMEOUT_NS;
	const { addr, port } = to;
	if (request.proto === undefined && to.protocol === "SCTP") return err({ kind: "sctp", to: request.to });
	const proto = request.proto ?? (port === undefined ? "icmp" : to.protocol === "UDP" ? "udp" : "tcp");
	if (proto === "icmp") return ok({ proto, run: () => runPing(kernel, { netns, addr, timeoutNs }) });
	if (port === undefined) return err({ kind: "port-missing", to: request.to });
	const client = { netns, addr, port, timeoutNs };
	const { dns } = cluster;
	if (dns !== undefined && port === DNS_PORT) {
		return ok({ proto, run: () => runDnsClient(kernel, client, { proto, domain: dns.domain }) });
	}
	const run = proto === "tcp" ? runTcpClient : runUdpClient;
	return ok({ proto, run: () => run(kernel, client) });
}

interface Forced {
	readonly pod?: ClusterPod;
	undo(): void | Promise<void>;
}

/** Makes the choice fall on the wished endpoint. */
async function force(cluster: Cluster, to: Destination, request: FlowRequest): Promise<Result<Forced, FlowError>> {
	const { endpoint, forceEndpoint } = request;
	if (endpoint === undefined) return ok({ undo: async () => {} });
	const wished = wishedEndpoint(cluster, to, endpoint);
	if (!wished.ok) return wished;
	if (forceEndpoint === undefined) return err({ kind: "endpoint-unsupported", why: "kernel" });
	return ok({ pod: wished.value.pod, undo: await forceEndpoint(wished.value.addr) });
}

function capturedNamespaces(cluster: Cluster, request: FlowRequest): readonly string[] {
	if (request.capture === undefined) return [];
	if (request.capture !== "all") return request.capture;
	const { fabric, nodes, pods } = cluster;
	const all = [fabric.netns, fabric.outside.netns, ...nodes.map((node) => node.netns), ...pods.map((pod) => pod.netns)];
	return [...new Set(all)];
}
