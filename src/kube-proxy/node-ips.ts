/** Which of a Node's addresses are the node's IPs, as kube-proxy sees it. */
import type { Node } from "../kube/snapshot.ts";
import { familyOf, type IpAddr, type IpFamily, ip, parseIp } from "../wire/addr.ts";

export interface NodeIPs {
	readonly primary: IpFamily;
	/** A loopback address where the node has none of the family. */
	readonly ipv4: IpAddr;
	readonly ipv6: IpAddr;
}

const UNSPECIFIED: readonly string[] = ["0.0.0.0", "::"];

/** The Node's first address, internal ones first, and its first one of the other family. */
export function nodeHostIPs(node: Pick<Node, "internalIPs" | "externalIPs">): readonly IpAddr[] {
	const all = [...node.internalIPs, ...node.externalIPs];
	const [first] = all;
	if (first === undefined) return [];
	const second = all.find((address) => familyOf(address) !== familyOf(first));
	return second === undefined ? [first] : [first, second];
}

/** `bindAddress` (if it is an address of some host) goes before the Node's own of that family, and says which family is the primary one. */
export function detectNodeIPs(bindAddress: string, hostIPs: readonly IpAddr[]): NodeIPs {
	const parsed = UNSPECIFIED.includes(bindAddress) ? undefined : parseIp(bindAddress);
	const bind = parsed?.ok === true ? parsed.value : undefined;
	const of = (family: IpFamily): IpAddr | undefined =>
		bind !== undefined && familyOf(bind) === family ? bind : hostIPs.find((address) => familyOf(address) === family);
	const first = bind ?? hostIPs[0];
	return {
		primary: first === undefined ? "ipv4" : familyOf(first),
		ipv4: of("ipv4") ?? ip("127.0.0.1"),
		ipv6: of("ipv6") ?? ip("::1"),
	};
}
