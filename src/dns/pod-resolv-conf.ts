/** A pod's /etc/resolv.conf, as kubelet makes it of `dnsPolicy`, `dnsConfig` and the node's own (pkg/kubelet/network/dns). */
import { MAX_DNS_NAMESERVERS, MAX_DNS_SEARCH_CHARS, MAX_DNS_SEARCHES } from "../kube/pod-dns.ts";
import type { Pod, PodDnsConfig } from "../kube/snapshot.ts";
import type { IpAddr } from "../wire/addr.ts";

/** What the file says. */
export interface ResolverSettings {
	readonly nameservers: readonly IpAddr[];
	readonly searches: readonly string[];
	/** `ndots:5`. */
	readonly options: readonly string[];
}

export interface KubeletDns {
	/** Of the kube-dns Service; empty: there is none. */
	readonly clusterDNS: readonly IpAddr[];
	readonly clusterDomain: string;
	/** The node's own resolv.conf. */
	readonly host: ResolverSettings;
}

export interface PodResolver extends ResolverSettings {
	/** What kubelet would tell in events (DNSConfigForming, MissingClusterDNS). */
	readonly events: readonly string[];
}

type DnsPod = Pick<Pod, "namespace" | "hostNetwork" | "dnsPolicy" | "dnsConfig">;

const CLUSTER_OPTIONS = ["ndots:5"];
const MAX_NAME = 253;
const EMPTY: ResolverSettings = { nameservers: [], searches: [], options: [] };

export function podResolver(pod: DnsPod, kubelet: KubeletDns): PodResolver {
	const events: string[] = [];
	const base = policySettings(pod, kubelet, events);
	const merged = pod.dnsConfig === undefined ? base : merge(base, pod.dnsConfig);
	return { ...fitted(merged, events), events };
}

function policySettings(pod: DnsPod, kubelet: KubeletDns, events: string[]): ResolverSettings {
	const { dnsPolicy = "ClusterFirst", hostNetwork, namespace } = pod;
	if (dnsPolicy === "None") return EMPTY;
	const ofHost = dnsPolicy === "Default" || (dnsPolicy === "ClusterFirst" && hostNetwork);
	if (ofHost) return kubelet.host;
	const { clusterDNS, clusterDomain, host } = kubelet;
	if (clusterDNS.length === 0) {
		events.push(
			`MissingClusterDNS: kubelet does not have ClusterDNS IP configured and cannot create Pod using "${dnsPolicy}" policy. Falling back to "Default" policy.`,
		);
		return host;
	}
	const own = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
	return {
		nameservers: clusterDNS,
		searches: [...new Set([...own, ...host.searches])],
		options: CLUSTER_OPTIONS,
	};
}

/** Options of one name: the pod's. Upstream's order of options is random; here those of the policy come first. */
function merge(base: ResolverSettings, { nameservers, searches, options }: PodDnsConfig): ResolverSettings {
	const merged = new Map(base.options.map((option) => [option.replace(/:.*$/, ""), option]));
	for (const { name, value = "" } of options) merged.set(name, value === "" ? name : `${name}:${value}`);
	return {
		nameservers: [...new Set([...base.nameservers, ...nameservers])],
		searches: [...new Set([...base.searches, ...searches])],
		options: [...merged.values()],
	};
}

/** What the resolver cannot take is left out. */
function fitted({ nameservers, searches, options }: ResolverSettings, events: string[]): ResolverSettings {
	const servers = nameservers.slice(0, MAX_DNS_NAMESERVERS);
	if (servers.length < nameservers.length) {
		const line = servers.join(" ");
		events.push(
			`DNSConfigForming: Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${line}`,
		);
	}
	const kept = searches.slice(0, MAX_DNS_SEARCHES).filter((search) => search.length <= MAX_NAME);
	while (kept.join(" ").length > MAX_DNS_SEARCH_CHARS) kept.pop();
	if (kept.length < searches.length) {
		const line = kept.join(" ");
		events.push(
			`DNSConfigForming: Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${line}`,
		);
	}
	return { nameservers: servers, searches: kept, options };
}
