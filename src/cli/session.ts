/** From `-f PATH…` to a running cluster; everything wrong with the input ends here, with exit code 2. */

import { buildCluster } from "../cluster/build.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type ClusterError, formatClusterError } from "../cluster/errors.ts";
import { formatManifestError } from "../kube/manifest-error.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { KubeProxyConfig } from "../kube-proxy/config.ts";
import { type ClusterKernel, openClusterKernel } from "./cluster-kernel.ts";
import { type Io, UsageError } from "./io.ts";
import { readManifestFiles } from "./manifest-files.ts";
import type { ClusterInputOptions } from "./options.ts";
import { beginStanding, endStanding, keepStanding, STANDING_PREFIX } from "./standing.ts";

export interface Session extends ClusterKernel {
	readonly cluster: Cluster;
}

/** The caller closes it, whatever happens. */
export async function openSession(io: Io, options: ClusterInputOptions): Promise<Session> {
	const parsed = parseManifests(readManifestFiles(options.paths));
	if (!parsed.ok) throw new UsageError(parsed.error.map(formatManifestError));
	for (const note of parsed.value.notes) io.err(`podwire: ${note}\n`);
	const { seed, kernel: choice, network, keep = false } = options;
	if (keep && choice === "sim")
		throw new UsageError(["--keep: only a cluster on the real kernel can be kept: --kernel linux"]);
	const kubeProxy = options.proxyConfig === undefined ? undefined : await proxyConfig(io, options.proxyConfig);
	const opened = await openClusterKernel({ choice, seed, ...(keep ? { persistPrefix: STANDING_PREFIX } : {}) });
	if (keep) beginStanding();
	const buildOptions = { network, ...(kubeProxy === undefined ? {} : { kubeProxy }) };
	const built = await buildCluster(opened.kernel, { snapshot: parsed.value.snapshot, options: buildOptions });
	if (!built.ok) {
		await opened.close();
		if (keep) await endStanding((await import("../linux/netns.ts")).removeNetnsFile);
		throw new UsageError([formatClusterError(built.error), ...lackOf(built.error, options)]);
	}
	const { value: cluster } = built;
	for (const note of cluster.notes) io.err(`podwire: ${note}\n`);
	const close = async (): Promise<void> => {
		cluster.stop();
		if (keep) await keepStanding(cluster);
		await opened.close();
	};
	return { ...opened, cluster, close };
}

async function proxyConfig(io: Io, path: string): Promise<KubeProxyConfig> {
	const { proxyConfiguration } = await import("./proxy-configuration.ts");
	const { proxySettings } = await import("../kube-proxy/configuration/settings.ts");
	const { mode, config } = proxySettings(proxyConfiguration(io, path, []));
	if (mode !== "iptables") throw new UsageError([`--proxy-config ${path}: mode ${mode}: a cluster has mode iptables`]);
	return config;
}

/** What a kernel lacks that the network needs. */
function lackOf(error: ClusterError, { kernel, network }: ClusterInputOptions): readonly string[] {
	if (kernel === "sim" || error.kind !== "kernel" || error.error.errno !== "EOPNOTSUPP") return [];
	const type = error.object?.kind === "link" ? error.object.link?.type : undefined;
	if (type === undefined) return [];
	return [
		`--network ${network}: this machine's kernel has no devices of type ${type} (module ${type}), which carry packets between these nodes; --kernel sim has them`,
	];
}

/** Opens a session, and closes it when `work` has ended, however it ended. */
export async function withSession<T>(
	io: Io,
	options: ClusterInputOptions,
	work: (session: Session) => Promise<T>,
): Promise<T> {
	const session = await openSession(io, options);
	try {
		return await work(session);
	} finally {
		await session.close();
	}
}
