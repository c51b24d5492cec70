/** From `-f PATH…` to a running cluster; everything wrong with the input ends here, with exit code 2. */

import { buildCluster } from "../cluster/build.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type ClusterError, formatClusterError } from "../cluster/errors.ts";
import { DEFAULT_PROXY_MODE, type ProxyModeName } from "../cluster/proxy-mode-name.ts";
import { formatManifestError } from "../kube/manifest-error.ts";
import { parseManifests } from "../kube/parse-manifests.ts";
import type { IpvsProxyConfig } from "../kube-proxy/ipvs-config.ts";
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
	const kubeProxy = await proxyOf(io, options);
	const opened = await openClusterKernel({
		choice,
		seed,
		proxyMode: kubeProxy.proxyMode,
		...(keep ? { persistPrefix: STANDING_PREFIX } : {}),
	});
	if (keep) beginStanding();
	const built = await buildCluster(opened.kernel, {
		snapshot: parsed.value.snapshot,
		options: { network, ...kubeProxy },
	});
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

interface ClusterProxy {
	readonly proxyMode: ProxyModeName;
	/** Absent: the cluster's own. */
	readonly kubeProxy?: IpvsProxyConfig;
}

/** Like kube-proxy, which does not look at its flags when it has a file. */
async function proxyOf(io: Io, { proxyConfig: path, proxyMode }: ClusterInputOptions): Promise<ClusterProxy> {
	if (path === undefined) return { proxyMode };
	const { proxyConfiguration } = await import("./proxy-configuration.ts");
	const { proxySettings } = await import("../kube-proxy/configuration/settings.ts");
	const { mode, config } = proxySettings(proxyConfiguration(io, path, []));
	if (mode === "nftables")
		throw new UsageError([`--proxy-config ${path}: mode nftables: podwire has iptables and ipvs`]);
	if (proxyMode !== DEFAULT_PROXY_MODE && proxyMode !== mode) {
		io.err(`podwire: --proxy-mode has no effect: ${path} says ${mode}\n`);
	}
	return { proxyMode: mode, kubeProxy: config };
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
