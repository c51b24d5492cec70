/** The differences between iptables and IPVS mode that are known, each told by what it looks like. */
import type { ModeFlow } from "./mode-flows.ts";
import type { ModeOutcome } from "./mode-outcome.ts";

export interface ModeDifference {
	readonly flow: ModeFlow;
	readonly iptables: readonly ModeOutcome[];
	readonly ipvs: readonly ModeOutcome[];
	/** Endpoints on the node whose kube-proxy decides, which it could use. */
	readonly localEndpoints: readonly string[];
}

interface KnownDifference {
	readonly id: string;
	/** One sentence. */
	readonly reason: string;
	explains(difference: ModeDifference): boolean;
}

export const KNOWN_MODE_DIFFERENCES: readonly KnownDifference[] = [
	{
		id: "loopback-node-port",
		reason:
			"IPVS mode has node ports on the node's addresses other than loopback ones; iptables mode has them on 127.0.0.1 too",
		explains: ({ flow, ipvs }) => flow.by === "loopback" && all(ipvs, "refused"),
	},
	{
		id: "address-is-local",
		reason:
			"in IPVS mode the Service's address is the node's own, and KUBE-IPVS-FILTER rejects what is for no Service port; in iptables mode no rule knows it, and the packet goes the way of its routes",
		explains: ({ flow, iptables, ipvs }) =>
			(flow.by === "ping" || flow.by === "other-port") && all(ipvs, "refused") && !some(iptables, "served"),
	},
	{
		id: "no-endpoints-from-node",
		reason:
			"no endpoints, and the node itself asks an external or a load balancer's address: in iptables mode the refusing rule (KUBE-EXTERNAL-SERVICES) is not asked in OUTPUT, and the packet goes the way of its routes; in IPVS mode the virtual service refuses",
		explains: ({ flow, iptables, ipvs }) =>
			flow.client === "node" &&
			(flow.by === "external-ip" || flow.by === "load-balancer") &&
			flow.endpoints.length === 0 &&
			all(ipvs, "refused") &&
			all(iptables, "unanswered", "refused"),
	},
	{
		id: "no-endpoints-own-datagram",
		reason:
			"no endpoints, and the node itself sends a datagram: IPVS ends it in OUTPUT, which the sender's own system call tells (EPERM); in iptables mode the datagram gets as far as INPUT, and an ICMP error comes back",
		explains: ({ flow, iptables, ipvs }) =>
			flow.client === "node" &&
			flow.proto === "udp" &&
			all(iptables, "refused") &&
			ipvs.every(({ kind, text }) => kind === "refused" && text.endsWith("EPERM")),
	},
	{
		id: "affinity",
		reason:
			"session affinity: with whom a client stays is chosen by chance in iptables mode, for all addresses of the Service port at once, and by the scheduler in IPVS mode, for each virtual service by itself",
		explains: ({ flow, iptables, ipvs }) =>
			flow.service.clientIPAffinitySeconds !== undefined &&
			all(iptables, "served", "sent") &&
			all(ipvs, "served", "sent"),
	},
	{
		id: "no-local-endpoints",
		reason:
			"policy Local, and the node has no endpoint: iptables mode drops the packet, IPVS mode falls back to the other nodes' endpoints",
		explains: (difference) => {
			const { iptables, ipvs, localEndpoints } = difference;
			const falls = ipvs.every(({ kind }) => kind === "served" || kind === "sent");
			return isLocalPolicy(difference.flow) && localEndpoints.length === 0 && all(iptables, "unanswered") && falls;
		},
	},
	{
		id: "local-policy-inside",
		reason:
			"externalTrafficPolicy Local: in iptables mode it does not hold for the node itself and for its pods, which reach all endpoints; in IPVS mode a virtual service has the same endpoints for everybody",
		explains: ({ flow, iptables, ipvs, localEndpoints }) =>
			isExternal(flow) &&
			flow.service.externalTrafficPolicy === "Local" &&
			flow.client !== "outside" &&
			some(iptables, "served", "sent") &&
			(localEndpoints.length > 0
				? ipvs.every(isOneOf(localEndpoints))
				: ipvs.every(({ kind }) => kind === "served" || kind === "sent")),
	},
];

/** Undefined: nothing that is known looks like this. */
export function knownReason(difference: ModeDifference): KnownDifference | undefined {
	return KNOWN_MODE_DIFFERENCES.find((known) => known.explains(difference));
}

function isExternal({ by }: ModeFlow): boolean {
	return by === "node-port" || by === "external-ip" || by === "load-balancer" || by === "loopback";
}

/** The policy that holds for the way in which the Service is asked. */
function isLocalPolicy(flow: ModeFlow): boolean {
	const { externalTrafficPolicy, internalTrafficPolicy } = flow.service;
	return (isExternal(flow) ? externalTrafficPolicy : internalTrafficPolicy) === "Local";
}

function all(outcomes: readonly ModeOutcome[], ...kinds: readonly ModeOutcome["kind"][]): boolean {
	return outcomes.every(({ kind }) => kinds.includes(kind));
}

function some(outcomes: readonly ModeOutcome[], ...kinds: readonly ModeOutcome["kind"][]): boolean {
	return outcomes.some(({ kind }) => kinds.includes(kind));
}

function isOneOf(endpoints: readonly string[]): (outcome: ModeOutcome) => boolean {
	return ({ text }) => endpoints.some((endpoint) => text.includes(`${endpoint} `));
}
