/** One flow through a cluster, from a client's first packet to its answer, with everything that happened to its packets. */
import { err, ok, type Result } from "../base/result.ts";
import type { ConntrackEntry } from "../kernel/conntrack.ts";
import type { CapturedFrame } from "../kernel/kernel.ts";
import type { SocketAddr } from "../kernel/socket.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { namespacedName } from "../kube/snapshot.ts";
import type { Cluster, Visit, Who } from "./cluster.ts";
import { type ClientRun, type FlowEnding, runPing, runTcpClient, runUdpClient } from "./flow-client.ts";
import { FlowRecord, newEntries } from "./flow-record.ts";
import {
	type Destination,
	formatResolveError,
	netnsOf,
	type ResolveError,
	resolveDestination,
	resolveWho,
} from "./names.ts";

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
	readonly forceEndpoint?: (endpoint: string) => () => void;
	/** How long the client waits for its answer. Default 10 s of the kernel's clock. */
	readonly timeoutNs?: number;
	/** Collect the frames of every device of these namespaces. */
	readonly capture?: "all" | readonly string[];
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
	/** The connection tracking entries of the flow right after the answer, per node. */
	readonly conntrack: readonly { readonly netns: string; readonly entries: readonly ConntrackEntry[] }[];
}

export type FlowError =
	| { readonly kind: "resolve"; readonly which: "from" | "to" | "endpoint"; readonly error: ResolveError }
	/** TCP and UDP need a port. */
	| { readonly kind: "port-missing"; readonly to: string }
	/** podwire has no SCTP sockets. */
	| { readonly kind: "sctp"; readonly to: string }
	/** The pod is no endpoint of the Service; `endpoints` are those it has. */
	| { readonly kind: "not-an-endpoint"; readonly endpoint: string; readonly endpoints: readonly string[] }
	/** `endpoint` makes sense for a Service only, and needs the capability. */
	| { readonly kind: "endpoint-unsupported"; readonly why: "not-a-service" | "kernel" };

const DEFAULT_TIMEOUT_NS = 10_000_000_000;
/** For the FINs and their acknowledgements, delayed ones included. */
const SETTLE_NS = 200_000_000;

/** Runs the flow; a flow that fails is an outcome, not an error. */
export async function traceFlow(cluster: Cluster, request: FlowRequest): Promise<Result<FlowOutcome, FlowError>> {
	const from = resolveWho(cluster, request.from);
	if (!from.ok) return err({ kind: "resolve", which: "from", error: from.error });
	const to = resolveDestination(cluster, request.to);
	if (!to.ok) return err({ kind: "resolve", which: "to", error: to.error });
	const client = clientOf(cluster, { from: from.value, to: to.value, request });
	if (!client.ok) return client;
	const forced = force(cluster, to.value, request);
	if (!forced.ok) return forced;
	const record = new FlowRecord(cluster.kernel, capturedNamespaces(cluster, request));
	const nodes = cluster.nodes.map((node) => node.netns);
	const before = await record.conntrack(nodes);
	const startNs = cluster.kernel.clock.now();
	const { ending, local } = await client.value.run();
	const after = await record.conntrack(nodes);
	await cluster.kernel.run(() => false, SETTLE_NS);
	record.stop();
	forced.value();
	const visit = cluster.visits.find((candidate) => candidate.at >= startNs);
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
		case "not-an-endpoint": {
			const others = error.endpoints.length === 0 ? "it has none" : `it has ${error.endpoints.join(", ")}`;
			return `${error.endpoint} is no endpoint of that Service: ${others}`;
		}
		case "endpoint-unsupported":
			return error.why === "kernel"
				? "an endpoint can be chosen on the simulated kernel only"
				: "an endpoint can be chosen for a Service only";
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
	const run = proto === "tcp" ? runTcpClient : runUdpClient;
	return ok({ proto, run: () => run(kernel, { netns, addr, port, timeoutNs }) });
}

/** Makes the choice fall on the wished endpoint; the result undoes it. */
function force(cluster: Cluster, to: Destination, request: FlowRequest): Result<() => void, FlowError> {
	const { endpoint, forceEndpoint } = request;
	if (endpoint === undefined) return ok(() => {});
	if (to.service === undefined) return err({ kind: "endpoint-unsupported", why: "not-a-service" });
	if (forceEndpoint === undefined) return err({ kind: "endpoint-unsupported", why: "kernel" });
	const who = resolveWho(cluster, endpoint.startsWith("pod/") ? endpoint : `pod/${endpoint}`);
	if (!who.ok) return err({ kind: "resolve", which: "endpoint", error: who.error });
	const { namespace, name, portName } = to.service;
	const endpoints = cluster.snapshot.endpointSlices
		.filter((slice) => slice.namespace === namespace && slice.service === name)
		.flatMap((slice) => {
			const port = slice.ports.find((candidate) => candidate.name === portName)?.port;
			return slice.endpoints.flatMap(({ addresses }) =>
				port === undefined ? [] : addresses.map((addr) => ({ addr, port })),
			);
		});
	const pod = who.value.kind === "pod" ? who.value.pod : undefined;
	const chosen = endpoints.find(({ addr }) => addr === pod?.ip);
	if (chosen === undefined) {
		const names = endpoints.map(({ addr }) => {
			const behind = cluster.pods.find((candidate) => candidate.ip === addr);
			return behind === undefined ? addr : namespacedName(behind);
		});
		return err({ kind: "not-an-endpoint", endpoint, endpoints: names });
	}
	const literal = chosen.addr.includes(":") ? `[${chosen.addr}]` : chosen.addr;
	return ok(forceEndpoint(`${literal}:${chosen.port}`));
}

function capturedNamespaces(cluster: Cluster, request: FlowRequest): readonly string[] {
	if (request.capture === undefined) return [];
	if (request.capture !== "all") return request.capture;
	const { fabric, nodes, pods } = cluster;
	const all = [fabric.netns, fabric.outside.netns, ...nodes.map((node) => node.netns), ...pods.map((pod) => pod.netns)];
	return [...new Set(all)];
}
