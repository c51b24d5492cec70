/** The 17 ipsets of kube-proxy's IPVS mode: what rules look up instead of having one rule per Service. */
import type { IpSet, IpSetMember, IpSetPart, IpSetType } from "../kernel/ipset.ts";
import { IPSET_NAME_LENGTH } from "../kernel/ipset.ts";
import type { Cidr, IpAddr, IpFamily } from "../wire/addr.ts";
import { type L4Protocol, PROTO_NUMBERS } from "./rule.ts";

interface SetShape {
	readonly type: IpSetType;
	/** In upstream's words; it is the comment of the rules that look the set up. */
	readonly comment: string;
}

/** The name that the IPv4 set has. */
export type IpvsSetName =
	| "KUBE-LOOP-BACK"
	| "KUBE-CLUSTER-IP"
	| "KUBE-EXTERNAL-IP"
	| "KUBE-EXTERNAL-IP-LOCAL"
	| "KUBE-LOAD-BALANCER"
	| "KUBE-LOAD-BALANCER-LOCAL"
	| "KUBE-LOAD-BALANCER-FW"
	| "KUBE-LOAD-BALANCER-SOURCE-IP"
	| "KUBE-LOAD-BALANCER-SOURCE-CIDR"
	| "KUBE-NODE-PORT-TCP"
	| "KUBE-NODE-PORT-LOCAL-TCP"
	| "KUBE-NODE-PORT-UDP"
	| "KUBE-NODE-PORT-LOCAL-UDP"
	| "KUBE-NODE-PORT-SCTP-HASH"
	| "KUBE-NODE-PORT-LOCAL-SCTP-HASH"
	| "KUBE-HEALTH-CHECK-NODE-PORT"
	| "KUBE-IPVS-IPS";

export const IPVS_SETS: Readonly<Record<IpvsSetName, SetShape>> = {
	"KUBE-LOOP-BACK": {
		type: "hash:ip,port,ip",
		comment: "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose",
	},
	"KUBE-CLUSTER-IP": {
		type: "hash:ip,port",
		comment: "Kubernetes service cluster ip + port for masquerade purpose",
	},
	"KUBE-EXTERNAL-IP": {
		type: "hash:ip,port",
		comment: "Kubernetes service external ip + port for masquerade and filter purpose",
	},
	"KUBE-EXTERNAL-IP-LOCAL": {
		type: "hash:ip,port",
		comment: "Kubernetes service external ip + port with externalTrafficPolicy=local",
	},
	"KUBE-LOAD-BALANCER": { type: "hash:ip,port", comment: "Kubernetes service lb portal" },
	"KUBE-LOAD-BALANCER-LOCAL": {
		type: "hash:ip,port",
		comment: "Kubernetes service load balancer ip + port with externalTrafficPolicy=local",
	},
	"KUBE-LOAD-BALANCER-FW": {
		type: "hash:ip,port",
		comment: "Kubernetes service load balancer ip + port for load balancer with sourceRange",
	},
	"KUBE-LOAD-BALANCER-SOURCE-IP": {
		type: "hash:ip,port,ip",
		comment: "Kubernetes service load balancer ip + port + source IP for packet filter purpose",
	},
	"KUBE-LOAD-BALANCER-SOURCE-CIDR": {
		type: "hash:ip,port,net",
		comment: "Kubernetes service load balancer ip + port + source cidr for packet filter purpose",
	},
	"KUBE-NODE-PORT-TCP": { type: "bitmap:port", comment: "Kubernetes nodeport TCP port for masquerade purpose" },
	"KUBE-NODE-PORT-LOCAL-TCP": {
		type: "bitmap:port",
		comment: "Kubernetes nodeport TCP port with externalTrafficPolicy=local",
	},
	"KUBE-NODE-PORT-UDP": { type: "bitmap:port", comment: "Kubernetes nodeport UDP port for masquerade purpose" },
	"KUBE-NODE-PORT-LOCAL-UDP": {
		type: "bitmap:port",
		comment: "Kubernetes nodeport UDP port with externalTrafficPolicy=local",
	},
	"KUBE-NODE-PORT-SCTP-HASH": {
		type: "hash:ip,port",
		comment: "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
	},
	"KUBE-NODE-PORT-LOCAL-SCTP-HASH": {
		type: "hash:ip,port",
		comment: "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
	},
	"KUBE-HEALTH-CHECK-NODE-PORT": { type: "bitmap:port", comment: "Kubernetes health check node port" },
	"KUBE-IPVS-IPS": { type: "hash:ip", comment: "Addresses on the ipvs interface" },
};

const HASH_OPTIONS = { hashsize: 1024, maxelem: 65536 } as const;
const BITMAP_OPTIONS = { portRange: { from: 0, to: 65535 } } as const;
/** What a `bitmap:port` lists its ports under; the kernel keeps none. */
const BITMAP_PROTO: L4Protocol = "tcp";

/** The name of a family's set: IPv6 has its own, cut to what the kernel takes. */
export function setName(name: IpvsSetName, family: IpFamily): string {
	return family === "ipv4" ? name : name.replace("KUBE-", "KUBE-6-").slice(0, IPSET_NAME_LENGTH);
}

/** Whether a set has the name of one of kube-proxy's, of either family. */
export function isKubeProxysSet(name: string): boolean {
	return Object.keys(IPVS_SETS).some((own) => isSetName(own) && (name === own || name === setName(own, "ipv6")));
}

/** The entries of all sets of one family while they are collected; an entry that comes twice counts once. */
export class IpvsSetEntries {
	readonly #entries = new Map<IpvsSetName, Map<string, IpSetMember>>();

	add(name: IpvsSetName, parts: readonly IpSetPart[]): void {
		const own = this.#entries.get(name) ?? new Map<string, IpSetMember>();
		this.#entries.set(name, own);
		own.set(JSON.stringify(parts), { parts });
	}

	has(name: IpvsSetName): boolean {
		return this.#entries.has(name);
	}

	/** All 17, those without entries too. */
	sets(family: IpFamily): readonly IpSet[] {
		return Object.entries(IPVS_SETS).flatMap(([name, { type }]): readonly IpSet[] => {
			if (!isSetName(name)) return [];
			const entries = [...(this.#entries.get(name)?.values() ?? [])];
			const shared = { kind: "ipset", name: setName(name, family), type, entries } as const;
			return [
				type === "bitmap:port" ? { ...shared, options: BITMAP_OPTIONS } : { ...shared, family, options: HASH_OPTIONS },
			];
		});
	}
}

export function addressPart(addr: IpAddr): IpSetPart {
	return { kind: "ip", addr };
}

export function netPart({ addr, prefix }: Cidr): IpSetPart {
	return { kind: "ip", addr, prefix };
}

export function portPart(protocol: L4Protocol, port: number): IpSetPart {
	return { kind: "port", proto: PROTO_NUMBERS[protocol], port };
}

/** An element of a `bitmap:port`. */
export function bitmapPart(port: number): IpSetPart {
	return portPart(BITMAP_PROTO, port);
}

export function isSetName(name: string): name is IpvsSetName {
	return name in IPVS_SETS;
}
