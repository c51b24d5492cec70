/** `podwire demo` (and `npm start`): the cluster, and the ways to reach a Service in it, each explained. */
import { DEFAULT_NETWORK } from "../../cluster/network-name.ts";
import { DEFAULT_PROXY_MODE } from "../../cluster/proxy-mode-name.ts";
import { type Case, serviceCases } from "../cases.ts";
import { explanationText, flowText, runFlow } from "../flow.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import type { ClusterInputOptions } from "../options.ts";
import { type Session, withSession } from "../session.ts";
import { objectText } from "../show-objects.ts";

export interface DemoOptions extends ClusterInputOptions {
	readonly all: boolean;
}

/** Always 0: a case that is not answered (a Service without endpoints) is what it is there to show. */
export async function demo(io: Io, options: DemoOptions): Promise<ExitCode> {
	const began = performance.now();
	const cases = await withSession(io, options, async ({ cluster }) => {
		const { nodes, pods, fabric } = cluster;
		const size = `${nodes.length} nodes, ${pods.length} pods, ${cluster.snapshot.services.length} services`;
		const on = options.kernel === "sim" ? "the simulated kernel" : "this machine's kernel";
		const tookMs = performance.now() - began;
		io.out(io.paint.dim(`# ${size} on ${on} in ${tookMs.toFixed(0)} ms; outside is ${fabric.outside.ip}\n\n`));
		for (const what of ["nodes", "pods", "services"] as const) {
			io.out(`${io.paint.dim(`$ kubectl get ${what} -o wide`)}\n${objectText(cluster, what)}\n`);
		}
		return serviceCases(cluster);
	});
	let number = 0;
	for (const item of cases) {
		number += 1;
		io.out(`\n${io.paint.strong(`━━ ${number}. ${item.title}`)}\n`);
		if ("needs" in item) {
			io.out(`not in this cluster: it needs ${item.needs}\n`);
			continue;
		}
		const kernel = options.kernel === "sim" ? "" : ` --kernel ${options.kernel}`;
		const network = options.network === DEFAULT_NETWORK ? "" : ` --network ${options.network}`;
		const mode = options.proxyMode === DEFAULT_PROXY_MODE ? "" : ` --proxy-mode ${options.proxyMode}`;
		const files = options.paths.map((path) => `-f ${path}`).join(" ");
		const proto = item.proto === undefined ? "" : ` --proto ${item.proto}`;
		const endpoint = item.endpoint === undefined ? "" : ` --endpoint ${item.endpoint}`;
		const words = `trace${kernel}${network}${mode} ${files} --from ${item.from} --to ${item.to}${proto}${endpoint}`;
		io.out(`${io.paint.dim(`$ podwire ${words}`)}\n\n`);
		const quiet = { ...io, err: (): void => undefined };
		const all = options.all;
		io.out(await withSession(quiet, options, async (session) => caseText(io, { session, item, all })));
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
