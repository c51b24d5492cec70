/** A name that a pod would look up (`web.shop:80`) → what it stands for, asked of the cluster's name servers over packets. */
import { parseResolvConf, searchList } from "../formats/resolv-conf.ts";
import { namespacedName } from "../kube/snapshot.ts";
import { udpClient } from "../programs/udp-client.ts";
import { type IpAddr, parseIp } from "../wire/addr.ts";
import { buildDns, DNS_PORT, dnsQuery, parseDns } from "../wire/dns.ts";
import type { Cluster, ClusterPod } from "./cluster.ts";
import { resolveWho } from "./names.ts";
import { splitPort } from "./place-text.ts";
import { podFiles } from "./pod-files.ts";

export interface ResolvedName {
	/** The whole name that was found. */
	readonly name: string;
	readonly addr: IpAddr;
	/** As `resolveDestination` reads it: the Service that has the address, or the address; with the port that was typed. */
	readonly to: string;
}

/** Names stay what they are where they are no host's: `svc/default/web`, `10.0.0.1`. */
const HOST_NAME = /^(?=.*[a-z])[a-z0-9_]([-a-z0-9_.]*[a-z0-9_.])?$/i;

/** Undefined: it is no host's name, the sender is no pod with a name server, or nobody has that name. */
export async function resolveName(cluster: Cluster, from: string, to: string): Promise<ResolvedName | undefined> {
	const { place, port } = splitPort(to);
	const who = resolveWho(cluster, from);
	if (cluster.dns === undefined || !who.ok || who.value.kind !== "pod") return undefined;
	if (!HOST_NAME.test(place) || place === "outside" || parseIp(place).ok) return undefined;
	const { pod } = who.value;
	const conf = parseResolvConf(podFiles(cluster, pod)["/etc/resolv.conf"] ?? "");
	const [server] = conf.nameservers;
	if (server === undefined) return undefined;
	for (const name of searchList(place, conf)) {
		const addr = await ask(cluster, pod, { server, name });
		if (addr === undefined) continue;
		const service = cluster.snapshot.services.find(({ clusterIPs }) => clusterIPs.includes(addr));
		const target = service === undefined ? addr : `svc/${namespacedName(service)}`;
		return { name, addr, to: port === undefined ? target : `${target}:${port}` };
	}
	return undefined;
}

async function ask(
	{ kernel }: Cluster,
	{ netns }: ClusterPod,
	{ server, name }: { readonly server: IpAddr; readonly name: string },
): Promise<IpAddr | undefined> {
	const payload = buildDns(dnsQuery(name.length, { name, type: "A" }));
	const asked = await udpClient(kernel, netns, { to: { addr: server, port: DNS_PORT }, payload });
	const parsed = asked.outcome === "answered" ? parseDns(asked.payload) : undefined;
	if (parsed?.ok !== true) return undefined;
	for (const { value } of parsed.value.answers) if (value.type === "A") return value.addr;
	return undefined;
}
