/** `podwire demo` (and `npm start`): the cluster, and the ways to reach a Service in it, each explained. */
import { type Case, serviceCases } from "../cases.ts";
import { explanationText, flowText, runFlow } from "../flow.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import type { ClusterInputOptions } from "../options.ts";
import { openSession, type Session } from "../session.ts";
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
		const proto = item.proto === undefined ? "" : ` --proto ${item.proto}`;
		const endpoint = item.endpoint === undefined ? "" : ` --endpoint ${item.endpoint}`;
		io.out(`${io.paint.dim(`$ podwire trace ${files} --from ${item.from} --to ${item.to}${proto}${endpoint}`)}\n\n`);
		io.out(await caseText(io, { session, item, all: options.all }));
	}
	return 0;
}

interface CaseRun {
	readonly session: Session;
	readonly item: Case;
	readonly all: boolean;
}

/** The flow in full, or why there is none: a case that cannot be run must not end the others. */
async function caseText({ paint }: Io, { session, item, all }: CaseRun): Promise<string> {
	try {
		const flow = await runFlow(session, item);
		return `${flowText(flow, all ? "all" : "request", paint)}\n\n${explanationText(flow.explanation, paint)}\n`;
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		return `${paint.bad("not run:")} ${error.lines.join("\n")}\n`;
	}
}
