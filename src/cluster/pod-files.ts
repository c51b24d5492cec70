/** What kubelet writes into a pod's /etc: its name, its addresses' names, its name servers. */
import { podResolver } from "../dns/pod-resolv-conf.ts";
import { formatResolvConf } from "../formats/resolv-conf.ts";
import { namespacedName, type Pod } from "../kube/snapshot.ts";
import type { Cluster, ClusterPod } from "./cluster.ts";

const DEFAULT_DOMAIN = "cluster.local";
/** The nodes' own resolv.conf is empty. */
const NODE_RESOLVER = { nameservers: [], searches: [], options: [] };
const HOSTS_HEAD = `# Kubernetes-managed hosts file.
127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::	ip6-localnet
fe00::	ip6-mcastprefix
fe00::1	ip6-allnodes
fe00::2	ip6-allrouters
`;

/** By path. */
export function podFiles(cluster: Cluster, { namespace, name, ip }: ClusterPod): Readonly<Record<string, string>> {
	const pod = cluster.snapshot.pods.find((each) => namespacedName(each) === `${namespace}/${name}`);
	if (pod === undefined) return {};
	const { domain: clusterDomain = DEFAULT_DOMAIN, clusterIPs: clusterDNS = [] } = cluster.dns ?? {};
	const { nameservers, searches, options } = podResolver(pod, { clusterDNS, clusterDomain, host: NODE_RESOLVER });
	const hostname = pod.hostname ?? pod.name.slice(0, 63);
	return {
		"/etc/hostname": `${hostname}\n`,
		"/etc/hosts": `${HOSTS_HEAD}${ip}\t${hostNames(pod, hostname, clusterDomain)}\n`,
		"/etc/resolv.conf": formatResolvConf({ nameservers, search: searches, options }),
	};
}

/** A pod with a subdomain has a whole name, and that comes first. */
function hostNames({ namespace, subdomain }: Pod, hostname: string, domain: string): string {
	if (subdomain === undefined || subdomain === "") return hostname;
	return `${hostname}.${subdomain}.${namespace}.svc.${domain}\t${hostname}`;
}
