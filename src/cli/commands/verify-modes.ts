/** `podwire verify modes`: the same flows through iptables and IPVS mode, and each difference with its reason. */
import { buildCluster } from "../../cluster/build.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { formatClusterError } from "../../cluster/errors.ts";
import { type ComparedFlow, compareModes } from "../../cluster/modes/compare-modes.ts";
import type { ModeCluster, ModeOutcome } from "../../cluster/modes/mode-outcome.ts";
import { withStandIns } from "../../cluster/modes/stand-ins.ts";
import { labelOf, netnsOf, resolveWho } from "../../cluster/names.ts";
import type { ProxyModeName } from "../../cluster/proxy-mode-name.ts";
import { formatManifestError } from "../../kube/manifest-error.ts";
import { parseManifests } from "../../kube/parse-manifests.ts";
import type { KubeSnapshot } from "../../kube/snapshot.ts";
import { openClusterKernel } from "../cluster-kernel.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import { readManifestFiles } from "../manifest-files.ts";
import type { ClusterInputOptions } from "../options.ts";

export interface VerifyModesOptions extends Omit<ClusterInputOptions, "kernel" | "proxyMode"> {
	/** Print the flows that agree as well. */
	readonly all: boolean;
	readonly json: boolean;
}

export const VERIFY_MODES_SCHEMA = "podwire.verify-modes/v1";

/** 0: every difference is a known one; 1: one is not. */
export async function verifyModes(io: Io, options: VerifyModesOptions): Promise<ExitCode> {
	const parsed = parseManifests(readManifestFiles(options.paths));
	if (!parsed.ok) throw new UsageError(parsed.error.map(formatManifestError));
	for (const note of parsed.value.notes) io.err(`podwire: ${note}\n`);
	const snapshot = withStandIns(parsed.value.snapshot);
	const iptables = await modeCluster(snapshot, options, "iptables");
	const ipvs = await modeCluster(snapshot, options, "ipvs");
	const compared = await compareModes({ iptables, ipvs });
	if (!compared.ok) throw new UsageError([compared.error]);
	const flows = compared.value;
	const unknown = flows.filter(({ agree, known }) => !agree && known === undefined).length;
	if (options.json) io.out(`${JSON.stringify(reportJson(flows, unknown), undefined, 2)}\n`);
	else new Report(io, iptables.cluster).print(flows, { unknown, all: options.all });
	return unknown === 0 ? 0 : 1;
}

async function modeCluster(
	snapshot: KubeSnapshot,
	{ seed, network }: VerifyModesOptions,
	proxyMode: ProxyModeName,
): Promise<ModeCluster> {
	const opened = await openClusterKernel({ choice: "sim", seed, proxyMode });
	const built = await buildCluster(opened.kernel, { snapshot, options: { network, proxyMode } });
	if (!built.ok) throw new UsageError([formatClusterError(built.error)]);
	const nodes = built.value.nodes.map(({ netns }) => netns);
	return {
		cluster: built.value,
		force: async (endpoint) => {
			const undo = await opened.forceEndpoint(nodes, endpoint);
			return async () => {
				await undo();
			};
		},
	};
}

class Report {
	readonly #io: Io;
	readonly #cluster: Cluster;

	constructor(io: Io, cluster: Cluster) {
		this.#io = io;
		this.#cluster = cluster;
	}

	print(flows: readonly ComparedFlow[], { unknown, all }: { readonly unknown: number; readonly all: boolean }): void {
		const { out, paint } = this.#io;
		const differing = flows.filter(({ agree }) => !agree);
		if (all) for (const flow of flows.filter(({ agree }) => agree)) this.#agreed(flow);
		for (const flow of differing.filter(({ known }) => known === undefined)) {
			out(`${paint.bad("✘ differs, and nobody knows why:")} ${this.#asked(flow)}\n`);
			this.#both(flow);
		}
		const reasons = new Map(differing.flatMap(({ known }) => (known === undefined ? [] : [[known.id, known.reason]])));
		for (const [id, reason] of reasons) {
			out(`${paint.strong(id)}: ${reason}\n`);
			this.#grouped(differing.filter(({ known }) => known?.id === id));
		}
		const same = flows.length - differing.length;
		const tail =
			unknown === 0 ? "for known reasons" : `${differing.length - unknown} for known reasons, ${unknown} not`;
		out(`${flows.length} flows through both modes: ${same} end alike, ${differing.length} differ (${tail})\n`);
	}

	/** Flows that end in the same way stand together. */
	#grouped(flows: readonly ComparedFlow[]): void {
		const groups = new Map<string, ComparedFlow[]>();
		for (const flow of flows) {
			const key = JSON.stringify([texts(flow.iptables), texts(flow.ipvs)]);
			groups.set(key, [...(groups.get(key) ?? []), flow]);
		}
		for (const group of groups.values()) {
			for (const flow of group) this.#io.out(`  ${this.#asked(flow)}\n`);
			for (const flow of group.slice(0, 1)) this.#both(flow);
		}
	}

	#agreed(flow: ComparedFlow): void {
		this.#io.out(`✔ ${this.#asked(flow)}: ${texts(flow.iptables).join("; ")}\n`);
	}

	#both({ iptables, ipvs }: ComparedFlow): void {
		this.#io.out(`    iptables  ${texts(iptables).join("; ")}\n    ipvs      ${texts(ipvs).join("; ")}\n`);
	}

	#asked({ flow }: ComparedFlow): string {
		const who = resolveWho(this.#cluster, flow.from);
		const from = who.ok ? labelOf(this.#cluster, netnsOf(this.#cluster, who.value)) : flow.from;
		const { namespace, name } = flow.service;
		return `${from} → ${flow.to}/${flow.proto} (${namespace}/${name}, ${flow.by})`;
	}
}

function reportJson(flows: readonly ComparedFlow[], unknown: number): unknown {
	return {
		schema: VERIFY_MODES_SCHEMA,
		flows: flows.length,
		agree: flows.filter(({ agree }) => agree).length,
		unknown,
		differences: flows
			.filter(({ agree }) => !agree)
			.map(({ flow, iptables, ipvs, known }) => ({
				from: flow.from,
				to: flow.to,
				proto: flow.proto,
				service: `${flow.service.namespace}/${flow.service.name}`,
				by: flow.by,
				node: flow.entryNode,
				iptables: texts(iptables),
				ipvs: texts(ipvs),
				known: known !== undefined,
				...(known === undefined ? {} : { id: known.id, reason: known.reason }),
			})),
	};
}

function texts(outcomes: readonly ModeOutcome[]): readonly string[] {
	return outcomes.map(({ text }) => text);
}
