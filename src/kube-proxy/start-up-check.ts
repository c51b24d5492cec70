/** What kube-proxy complains about when it starts, as some of its configuration is of no use on this node; it goes on nevertheless. */
import { familyOf, type IpFamily, parseIp } from "../wire/addr.ts";
import { splitHostPort } from "./configuration/host-port.ts";

export interface StartUpState {
	readonly primary: IpFamily;
	readonly detectLocalMode: string;
	readonly clusterCIDRs: readonly string[];
	readonly nodePortAddresses: readonly string[];
	/** Of the Node object. */
	readonly podCIDRs: readonly string[];
	readonly excludeCIDRs: readonly string[];
	readonly healthzBindAddress: string;
	readonly metricsBindAddress: string;
}

export interface StartUpCheck {
	readonly problems: readonly string[];
	/** kube-proxy would exit. */
	readonly fatal: boolean;
}

/** Whether node ports are open on more addresses than is wise, or on none of a family. */
export function checkNodePortAddresses({
	clusterCIDRs,
	nodePortAddresses,
}: Pick<StartUpState, "clusterCIDRs" | "nodePortAddresses">): readonly string[] {
	if (nodePortAddresses.length === 0) {
		return [
			"nodePortAddresses unset; NodePort connections will be accepted on all local IPs. Consider using `--nodeport-addresses primary`",
		];
	}
	if (nodePortAddresses[0] === "primary") return [];
	const missing = families(clusterCIDRs).filter((family) => !families(nodePortAddresses).includes(family));
	return missing.map(
		(family) =>
			`cluster has ${word(family)} addresses, and nodePortAddresses has none: NodePorts are open on all of them`,
	);
}

/** Networks and addresses that are all of the family that is not the node's primary one. */
export function checkFamilies(state: StartUpState, dualStack: boolean): StartUpCheck {
	const bad: IpFamily = state.primary === "ipv4" ? "ipv6" : "ipv4";
	const cluster = `cluster is ${word(state.primary)}-${dualStack ? "primary" : "only"}`;
	const problems: string[] = [];
	let fatal = false;
	const check = (name: string, nets: readonly string[]): boolean => {
		const found = families(nets);
		if (found.length !== 1 || found[0] !== bad) return false;
		problems.push(`${cluster} but ${name} contains only ${word(bad)} addresses`);
		return true;
	};
	if (check("clusterCIDRs", state.clusterCIDRs)) fatal ||= state.detectLocalMode === "ClusterCIDR" && !dualStack;
	check("nodePortAddresses", state.nodePortAddresses);
	if (check("node.spec.podCIDRs", state.podCIDRs)) fatal ||= state.detectLocalMode === "NodeCIDR";
	if (!dualStack) {
		check("ipvs.excludeCIDRs", state.excludeCIDRs);
		for (const name of ["healthzBindAddress", "metricsBindAddress"] as const) {
			const host = splitHostPort(state[name])?.host ?? "";
			if (!["0.0.0.0", "::", "127.0.0.1", "::1"].includes(host)) check(name, [host]);
		}
	}
	return { problems, fatal };
}

/** The families of those that are networks or addresses. */
function families(nets: readonly string[]): readonly IpFamily[] {
	const found = nets.flatMap((net) => {
		const parsed = parseIp(net.split("/")[0] ?? "");
		return parsed.ok ? [familyOf(parsed.value)] : [];
	});
	return [...new Set(found)];
}

function word(family: IpFamily): string {
	return family === "ipv4" ? "IPv4" : "IPv6";
}
