/** What `podwire dns` reads: manifests, a Corefile, addresses. */
import { readFileSync } from "node:fs";
import type { ClusterDnsConfig } from "../dns/config.ts";
import { kubeadmDns } from "../dns/config.ts";
import { readCorefile } from "../dns/corefile-settings.ts";
import { parseResolvConf } from "../formats/resolv-conf.ts";
import { withPodIPs } from "../kube/endpoint-slices.ts";
import { formatManifestError } from "../kube/manifest-error.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { KubeSnapshot } from "../kube/snapshot.ts";
import { parseIp } from "../wire/addr.ts";
import { DNS_PORT } from "../wire/dns.ts";
import type { DnsEndpoint } from "./dns-sockets.ts";
import { type Io, UsageError } from "./io.ts";
import { readManifestFiles } from "./manifest-files.ts";
import type { ClusterInputOptions } from "./options.ts";
import { withSession } from "./session.ts";

export interface DnsInputOptions extends ClusterInputOptions {
	readonly zone?: string;
	readonly corefile?: string;
	/** `ADDRESS` or `ADDRESS:PORT`. */
	readonly forward: readonly string[];
}

export interface DnsInput {
	readonly snapshot: KubeSnapshot;
	readonly config: ClusterDnsConfig;
	readonly upstreams: readonly DnsEndpoint[];
	readonly cacheSeconds: number;
}

/** As kubeadm's Corefile. */
const CACHE_SECONDS = 30;
const ZONE = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;

export async function readDnsInput(io: Io, options: DnsInputOptions): Promise<DnsInput> {
	const { zone, corefile, forward } = options;
	if (zone !== undefined && corefile !== undefined) {
		throw new UsageError(["--zone: the Corefile says which zones there are"]);
	}
	const name = zone?.toLowerCase().replace(/\.$/, "");
	if (name !== undefined && !ZONE.test(name)) throw new UsageError([`--zone ${zone}: not a domain name`]);
	const settings =
		corefile === undefined
			? { config: kubeadmDns(name), forward: [], cacheSeconds: CACHE_SECONDS }
			: settingsOf(corefile);
	const upstreams = [
		...forward.map((text) => endpointOf("--forward", text)),
		...settings.forward.flatMap((text) => upstreamsOf(text)),
	];
	const { config, cacheSeconds } = settings;
	return { snapshot: await snapshotOf(io, options), config, upstreams, cacheSeconds };
}

/** `127.0.0.1:53`, `[::1]:53`, or an address alone; `option` is what an error calls it. */
export function endpointOf(option: string, text: string, defaultPort: number = DNS_PORT): DnsEndpoint {
	const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
	const host = parseIp(bracketed ?? plain ?? "");
	const port = portText === undefined ? defaultPort : Number(portText);
	if (!host.ok || port > 65_535) throw new UsageError([`${option} ${text}: expected ADDRESS:PORT`]);
	return { host: host.value, port };
}

/** With the pods' addresses: from their status, or as a cluster built of these manifests gives them out. */
async function snapshotOf(io: Io, options: DnsInputOptions): Promise<KubeSnapshot> {
	const parsed = parseManifests(readManifestFiles(options.paths));
	if (!parsed.ok) throw new UsageError(parsed.error.map(formatManifestError));
	const { snapshot, notes } = parsed.value;
	if (snapshot.pods.some((pod) => pod.podIPs.length === 0)) {
		return withSession(io, options, async ({ cluster }) => cluster.snapshot);
	}
	for (const note of notes) io.err(`podwire: ${note}\n`);
	return withPodIPs(snapshot, new Map());
}

function settingsOf(path: string): Omit<DnsInput, "snapshot" | "upstreams"> & { readonly forward: readonly string[] } {
	const read = readCorefile(fileText("--corefile", path));
	if (!read.ok) throw new UsageError([`${path}:${read.error.line}: ${read.error.message}`]);
	return read.value;
}

/** An address, or a file in the form of resolv.conf with some. */
function upstreamsOf(text: string): readonly DnsEndpoint[] {
	if (!text.startsWith("/")) return [endpointOf("forward", text.replace(/^dns:\/\//, ""))];
	const { nameservers } = parseResolvConf(fileText("forward", text));
	return nameservers.map((host) => ({ host, port: DNS_PORT }));
}

function fileText(what: string, path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		throw new UsageError([`${what} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`]);
	}
}
