/** `podwire up`, `podwire down`, and the process between them in which the pods' programs run. */

import { planDns } from "../../cluster/cluster-dns.ts";
import { formatClusterError } from "../../cluster/errors.ts";
import { servePod, VisitLog } from "../../cluster/serve.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import type { ClusterInputOptions } from "../options.ts";
import { withSession } from "../session.ts";
import { objectText } from "../show-objects.ts";
import { endStanding, fileOf, readStanding } from "../standing.ts";

/** Builds the cluster on this machine's kernel and leaves it standing. */
export async function up(io: Io, options: ClusterInputOptions): Promise<ExitCode> {
	return withSession(io, { ...options, kernel: "linux", keep: true }, async ({ cluster }): Promise<ExitCode> => {
		for (const what of ["nodes", "pods", "services"] as const) io.out(`${objectText(cluster, what)}\n`);
		const node = cluster.nodes[0];
		const example = node === undefined ? "" : `, e.g. ip netns exec ${fileOf(node.netns)} iptables-save -t nat`;
		io.out(`Every node and pod is a network namespace (ip netns list)${example}\n`);
		io.out("It stands until `podwire down`.\n");
		return 0;
	});
}

/** Always 0: when nothing is standing there is nothing to do. */
export async function down(io: Io): Promise<ExitCode> {
	const { removeNetnsFile } = await import("../../linux/netns.ts");
	const removed = await endStanding(removeNetnsFile);
	if (removed === undefined) {
		io.out("No cluster is standing.\n");
		return 0;
	}
	const server = removed.stoppedServer ? "the pods' programs and " : "";
	io.out(`Removed ${server}${removed.namespaces.length} network namespaces.\n`);
	return 0;
}

/** Listens in the pods of the standing cluster until it is told to end. */
export async function serveStanding(io: Io): Promise<ExitCode> {
	const standing = readStanding();
	if (standing === undefined) throw new UsageError(["serve-standing: no cluster is standing"]);
	const { openLinuxKernel } = await import("../../linux/open-linux-kernel.ts");
	const { kernel } = openLinuxKernel();
	const log = new VisitLog(1);
	const dns = standing.dns === undefined ? undefined : planDns(standing.dns);
	for (const { netns, file, ...pod } of standing.pods) {
		const adopted = kernel.adoptNetns(netns, file);
		if (!adopted.ok) throw new UsageError([`serve-standing: ${adopted.error.message}`]);
		const served = servePod(kernel, { netns, ...pod }, { log, dns: dns?.programOf(pod) });
		if (!served.ok) throw new UsageError([formatClusterError(served.error)]);
	}
	const ended = new Promise<void>((resolve) => {
		process.once("SIGTERM", resolve);
		process.once("SIGINT", resolve);
	});
	io.out("ready\n");
	let stop = false;
	void ended.then(() => {
		stop = true;
	});
	while (!stop) await kernel.run(() => stop, 1_000_000_000);
	kernel.close();
	return 0;
}
