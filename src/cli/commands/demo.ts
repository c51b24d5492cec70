/** `podwire demo` (and `npm start`): the cluster, and the ways to reach a Service in it, each explained. */
import { serviceCases } from "../cases.ts";
import { explanationText, flowText, runFlow } from "../flow.ts";
import type { ExitCode, Io } from "../io.ts";
import type { ClusterInputOptions } from "../options.ts";
import { openSession } from "../session.ts";
import { objectText } from "../show-objects.ts";

export interface DemoOptions extends ClusterInputOptions {
	readonly all: boolean;
}

/** Always 0: a case that is not answered (a Service without endpoints) is what it is there to show. */
export async function demo(io: Io, options: DemoOptions): Promise<ExitCode> {
	const began = performance.now();
	const first = await openSession(io, options);
	const tookMs = performance.now() - began;
	const { nodes, pods, fabric } = first.cluster;
	const size = `${nodes.length} nodes, ${pods.length} pods, ${first.cluster.snapshot.services.length} services`;
	io.out(
		io.paint.dim(`# ${size} on the simulated kernel in ${tookMs.toFixed(0)} ms; outside is ${fabric.outside.ip}\n\n`),
	);
	for (const what of ["nodes", "pods", "services"] as const) {
		io.out(`${io.paint.dim(`$ kubectl get ${what} -o wide`)}\n${objectText(first.cluster, what)}\n`);
	}
	let number = 0;
	for (const item of serviceCases(first.cluster)) {
		number += 1;
		io.out(`\n${io.paint.strong(`━━ ${number}. ${item.title}`)}\n`);
		if ("needs" in item) {
			io.out(`not in this cluster: it needs ${item.needs}\n`);
			continue;
		}
		const session = await openSession({ ...io, err: () => undefined }, options);
		const files = options.paths.map((path) => `-f ${path}`).join(" ");
		const endpoint = item.endpoint === undefined ? "" : ` --endpoint ${item.endpoint}`;
		io.out(`${io.paint.dim(`$ podwire trace ${files} --from ${item.from} --to ${item.to}${endpoint}`)}\n\n`);
		const flow = await runFlow(session, item);
		io.out(
			`${flowText(flow, options.all ? "all" : "request", io.paint)}\n\n${explanationText(flow.explanation, io.paint)}\n`,
		);
	}
	return 0;
}
