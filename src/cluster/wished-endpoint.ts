/** The pod that a flow is wished to end at: whether kube-proxy can choose it, and why another one answered. */
import { err, ok, type Result } from "../base/result.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import { namespacedName } from "../kube/snapshot.ts";
import { formatAddrPort } from "../wire/addr.ts";
import type { Cluster, ClusterPod, Visit } from "./cluster.ts";
import type { Destination } from "./destination.ts";
import { type ResolveError, resolveWho, whoNames } from "./names.ts";
import { nearestNames } from "./nearest.ts";

export type EndpointError =
	| { readonly kind: "resolve"; readonly which: "endpoint"; readonly error: ResolveError }
	/** The pod is no endpoint of the Service; `endpoints` are those it has. */
	| { readonly kind: "not-an-endpoint"; readonly endpoint: string; readonly endpoints: readonly string[] }
	/** `pod` as `NS/NAME`. */
	| { readonly kind: "endpoint-not-ready"; readonly pod: string }
	/** Only a Service has endpoints. */
	| { readonly kind: "endpoint-unsupported"; readonly why: "not-a-service" | "kernel" }
	/** The rules do not offer the wished pod here; `why` is a sentence. */
	| { readonly kind: "other-endpoint"; readonly pod: string; readonly answered: string; readonly why: string };

export interface WishedEndpoint {
	readonly pod: ClusterPod;
	/** `IP:PORT`. */
	readonly addr: string;
}

/** Looks the pod up among the endpoints of the Service; only one that kube-proxy can use is given. */
export function wishedEndpoint(
	cluster: Cluster,
	to: Destination,
	endpoint: string,
): Result<WishedEndpoint, EndpointError> {
	if (to.service === undefined) return err({ kind: "endpoint-unsupported", why: "not-a-service" });
	const who = resolveEndpoint(cluster, endpoint);
	if (!who.ok) return err({ kind: "resolve", which: "endpoint", error: who.error });
	const pod = who.value;
	const { namespace, name, portName } = to.service;
	const endpoints = cluster.snapshot.endpointSlices
		.filter((slice) => slice.namespace === namespace && slice.service === name)
		.flatMap((slice) => {
			const port = slice.ports.find((candidate) => candidate.name === portName)?.port;
			return slice.endpoints.flatMap(({ addresses, ready, serving, terminating }) => {
				const usable = ready || (serving && terminating);
				return port === undefined ? [] : addresses.map((addr) => ({ addr, port, usable }));
			});
		});
	const same = endpoints.filter(({ addr }) => addr === pod.ip);
	const chosen = same.find(({ usable }) => usable) ?? same[0];
	if (chosen === undefined) {
		const names = endpoints.map(({ addr }) => {
			const behind = cluster.pods.find((candidate) => candidate.ip === addr);
			return behind === undefined ? addr : namespacedName(behind);
		});
		return err({ kind: "not-an-endpoint", endpoint, endpoints: names });
	}
	if (!chosen.usable) return err({ kind: "endpoint-not-ready", pod: namespacedName(pod) });
	return ok({ pod, addr: formatAddrPort(chosen.addr, chosen.port) });
}

/** Undefined: the wished pod was reached, or none was. */
export function otherEndpoint(
	cluster: Cluster,
	wished: ClusterPod,
	seen: { readonly visit: Visit | undefined; readonly events: readonly TraceEvent[] },
): EndpointError | undefined {
	const pod = namespacedName(wished);
	if (seen.visit === undefined || seen.visit.pod === pod) return undefined;
	const why = localPolicy(cluster, wished, seen.events) ?? `the rules on the way do not offer ${pod} to this client`;
	return { kind: "other-endpoint", pod, answered: seen.visit.pod, why };
}

export function formatEndpointError(error: Exclude<EndpointError, { readonly kind: "resolve" }>): string {
	switch (error.kind) {
		case "not-an-endpoint": {
			const others = error.endpoints.length === 0 ? "it has none" : `it has ${error.endpoints.join(", ")}`;
			return `${error.endpoint} is no endpoint of that Service: ${others}`;
		}
		case "endpoint-not-ready":
			return `${error.pod} is not ready, kube-proxy does not use it`;
		case "endpoint-unsupported":
			return error.why === "kernel"
				? "an endpoint can be chosen on the simulated kernel only"
				: "an endpoint can be chosen for a Service only";
		case "other-endpoint":
			return `${error.pod} cannot be chosen, ${error.answered} answered: ${error.why}`;
	}
}

function resolveEndpoint(cluster: Cluster, endpoint: string): Result<ClusterPod, ResolveError> {
	const who =
		endpoint === "" ? undefined : resolveWho(cluster, endpoint.startsWith("pod/") ? endpoint : `pod/${endpoint}`);
	if (who?.ok && who.value.kind === "pod") return ok(who.value.pod);
	if (who?.ok === false && who.error.kind === "unknown") return who;
	const pods = whoNames(cluster).filter((name) => name.startsWith("pod/"));
	const expected = ["NAMESPACE/NAME", "pod/NAMESPACE/NAME"];
	return err({ kind: "syntax", text: endpoint, expected, nearest: nearestNames(endpoint, pods) });
}

/** The policy Local of the node whose rules chose, when the wished pod is on another node. */
function localPolicy(cluster: Cluster, wished: ClusterPod, events: readonly TraceEvent[]): string | undefined {
	const choice = events.find((event) => {
		return (
			event.step === "rule" && event.rule.target.kind === "jump" && event.rule.target.chain.startsWith("KUBE-SVL-")
		);
	});
	const node = cluster.nodes.find((candidate) => candidate.netns === choice?.netns);
	if (choice?.step !== "rule" || node === undefined || node.name === wished.node) return undefined;
	const policy = choice.chain.startsWith("KUBE-EXT-") ? "externalTrafficPolicy" : "internalTrafficPolicy";
	return `node ${node.name}'s rules choose only among local endpoints (${policy}: Local); ${namespacedName(wished)} is on ${wished.node}`;
}
