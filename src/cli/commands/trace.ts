/** `podwire trace`: one request, every hop of its packets. */
import { writeFileSync } from "node:fs";
import { traceToJson } from "../../trace/json.ts";
import { conntrackText, explanationText, flowText, runFlow } from "../flow.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import type { ClusterInputOptions } from "../options.ts";
import { captureFile } from "../pcap-file.ts";
import { openSession } from "../session.ts";

export interface TraceOptions extends ClusterInputOptions {
	readonly from: string;
	readonly to: string;
	readonly proto?: "tcp" | "udp" | "icmp";
	readonly endpoint?: string;
	readonly pcap?: string;
	readonly all: boolean;
	readonly quiet: boolean;
	readonly json: boolean;
}

/** 0: answered; 1: not answered. */
export async function trace(io: Io, options: TraceOptions): Promise<ExitCode> {
	if (options.pcap === "-") {
		throw new UsageError(["--pcap -: standard output holds the text; give a file, e.g. --pcap trace.pcapng"]);
	}
	const session = await openSession(io, options);
	const flow = await runFlow(session, {
		from: options.from,
		to: options.to,
		...(options.proto === undefined ? {} : { proto: options.proto }),
		...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
		...(options.pcap === undefined ? {} : { capture: "all" }),
	});
	if (options.pcap !== undefined) writeCapture(options.pcap, captureFile(flow.outcome.frames));
	if (options.json) {
		io.out(`${JSON.stringify(traceToJson(flow.facts, flow.outcome, flow.explanation), undefined, 2)}\n`);
	} else {
		if (!options.quiet) {
			io.out(`${flowText(flow, options.all ? "all" : "first", io.paint)}\n\n`);
			const entries = conntrackText(flow, io.paint);
			if (entries !== "") io.out(`${entries}\n\n`);
		}
		io.out(`${explanationText(flow.explanation, io.paint)}\n`);
	}
	return flow.outcome.ending.kind === "answered" ? 0 : 1;
}

function writeCapture(path: string, bytes: Uint8Array): void {
	try {
		writeFileSync(path, bytes);
	} catch (cause) {
		throw new UsageError([`--pcap ${path}: ${cause instanceof Error ? cause.message : String(cause)}`]);
	}
}
