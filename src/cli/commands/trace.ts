/** `podwire trace`: one request, every hop of its packets. */
import { writeFileSync } from "node:fs";
import type { FlowRequest } from "../../cluster/flow.ts";
import { flowDigest } from "../../cluster/flow-digest.ts";
import { formatDiff, textDiff } from "../../shell/lab/diff.ts";
import { traceToJson } from "../../trace/json.ts";
import { conntrackText, type ExplainedFlow, explanationText, flowText, runFlow } from "../flow.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import type { ClusterInputOptions } from "../options.ts";
import { captureFile } from "../pcap-file.ts";
import { withSession } from "../session.ts";

export interface TraceOptions extends ClusterInputOptions {
	readonly from: string;
	readonly to: string;
	readonly proto?: "tcp" | "udp" | "icmp";
	readonly endpoint?: string;
	readonly pcap?: string;
	readonly all: boolean;
	readonly quiet: boolean;
	readonly json: boolean;
	/** Run it on both kernels and compare. */
	readonly both: boolean;
}

/** 0: answered; 1: not answered (of both kernels: they differ). */
export async function trace(io: Io, options: TraceOptions): Promise<ExitCode> {
	if (options.pcap === "-") {
		throw new UsageError(["--pcap -: standard output holds the text; give a file, e.g. --pcap trace.pcapng"]);
	}
	if (options.both) return traceBoth(io, options);
	return withSession(io, options, async (session) => {
		const flow = await runFlow(session, requestOf(options), sayOn(io));
		report(io, flow, options);
		return flow.outcome.ending.kind === "answered" ? 0 : 1;
	});
}

/** The same flow on both kernels, and whether it ended alike: 0 when it did. */
async function traceBoth(io: Io, options: TraceOptions): Promise<ExitCode> {
	const runs: ExplainedFlow[] = [];
	// Both read the same manifests, and would say the same of them.
	const said = new Set<string>();
	const sayOnce = (text: string): void => {
		if (!said.has(text)) io.err(text);
		said.add(text);
	};
	const once = { ...io, err: sayOnce };
	for (const kernel of ["sim", "linux"] as const) {
		// Whom chance takes is no difference between kernels: the second is to take whom the first took.
		const endpoint = options.endpoint ?? chosenEndpoint(runs[0]);
		const input = { ...options, kernel, ...(endpoint === undefined ? {} : { endpoint }) };
		runs.push(
			await withSession(once, input, async (session) =>
				runFlow(session, { ...requestOf(input), counters: true, conntrackSettled: true }, sayOn(once)),
			),
		);
	}
	const [sim = [], linux = []] = runs.map(({ outcome }) => flowDigest(outcome));
	const lines = textDiff(linux.join("\n"), sim.join("\n"));
	const agrees = lines.length === 0;
	if (options.json) {
		io.out(`${JSON.stringify({ schema: BOTH_SCHEMA, agrees, sim, linux }, undefined, 2)}\n`);
		return agrees ? 0 : 1;
	}
	if (!options.quiet) {
		for (const [index, flow] of runs.entries()) {
			io.out(`${io.paint.strong(index === 0 ? "━━ the simulated kernel" : "━━ this machine's kernel")}\n`);
			report(io, flow, options);
			io.out("\n");
		}
	}
	if (agrees) {
		const rules = runs[0]?.outcome.counters.length ?? 0;
		io.out(
			`Both kernels agree: the ending, who answered and whom it saw, ${rules} rule counters, the conntrack entries.\n`,
		);
		return 0;
	}
	io.out(
		`${io.paint.bad("The kernels differ")} (- this machine's kernel, + the simulated kernel):\n${formatDiff(lines)}\n`,
	);
	return 1;
}

/** The pod, as `NS/NAME`, that a Service's rules led the flow to. */
function chosenEndpoint(flow: ExplainedFlow | undefined): string | undefined {
	return flow?.outcome.to.service === undefined ? undefined : flow.outcome.visit?.pod;
}

const BOTH_SCHEMA = "podwire.trace-both/v1";

function sayOn(io: Io): (line: string) => void {
	return (line) => io.err(`podwire: ${line}\n`);
}

function requestOf(options: TraceOptions): Omit<FlowRequest, "forceEndpoint"> {
	return {
		from: options.from,
		to: options.to,
		...(options.proto === undefined ? {} : { proto: options.proto }),
		...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
		...(options.pcap === undefined ? {} : { capture: "all" }),
	};
}

function report(io: Io, flow: ExplainedFlow, options: TraceOptions): void {
	if (options.pcap !== undefined) writeCapture(options.pcap, captureFile(flow.outcome.frames));
	if (options.json) {
		io.out(`${JSON.stringify(traceToJson(flow.facts, flow.outcome, flow.explanation), undefined, 2)}\n`);
		return;
	}
	if (!options.quiet) {
		io.out(`${flowText(flow, options.all ? "all" : "first", io.paint)}\n\n`);
		const entries = conntrackText(flow, io.paint);
		if (entries !== "") io.out(`${entries}\n\n`);
	}
	io.out(`${explanationText(flow.explanation, io.paint)}\n`);
}

function writeCapture(path: string, bytes: Uint8Array): void {
	try {
		writeFileSync(path, bytes);
	} catch (cause) {
		throw new UsageError([`--pcap ${path}: ${cause instanceof Error ? cause.message : String(cause)}`]);
	}
}
