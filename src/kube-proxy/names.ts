/** The names of kube-proxy's iptables chains, as upstream makes them: a hash of what the chain is for. */
import { sha256 } from "@noble/hashes/sha2.js";
import { base32 } from "../base/base32.ts";
import { utf8Encode } from "../base/bytes.ts";

export interface ServiceChainNames {
	/** Endpoints of traffic policy Cluster. */
	readonly cluster: string;
	/** Endpoints of traffic policy Local. */
	readonly local: string;
	/** Traffic from outside: external IPs, load balancers, node ports. */
	readonly external: string;
	/** Load balancer source ranges. */
	readonly firewall: string;
}

/** A Service port as rules name it: `namespace/name:port`, or `namespace/name` for an unnamed port. */
export function servicePortName(namespacedName: string, portName: string): string {
	return portName === "" ? namespacedName : `${namespacedName}:${portName}`;
}

/** `protocol` in lower case. */
export function serviceChainNames(portName: string, protocol: string): ServiceChainNames {
	const hash = chainHash(portName + protocol);
	return {
		cluster: `KUBE-SVC-${hash}`,
		local: `KUBE-SVL-${hash}`,
		external: `KUBE-EXT-${hash}`,
		firewall: `KUBE-FW-${hash}`,
	};
}

/** `endpoint` is `ip:port`, or `[ip]:port` for IPv6. */
export function endpointChainName(portName: string, protocol: string, endpoint: string): string {
	return `KUBE-SEP-${chainHash(portName + protocol + endpoint)}`;
}

/** Whether a chain is one of a Service's, which only a full sync can find to be stale. */
export function isServiceChainName(chain: string): boolean {
	return /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain);
}

/** What the kubelet makes, or shares with kube-proxy, which leaves it there when it cleans up. */
const KUBELETS: ReadonlySet<string> = new Set(["KUBE-FIREWALL", "KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"]);

/** Whether a chain is kube-proxy's to delete. */
export function isKubeProxyChain(chain: string): boolean {
	return chain.startsWith("KUBE-") && !KUBELETS.has(chain);
}

/** The first 16 characters of the base 32 of the SHA-256: its first 80 bits. */
function chainHash(text: string): string {
	return base32(sha256(utf8Encode(text)).subarray(0, 10));
}
