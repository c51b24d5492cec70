/** `podwire proxy render`: the rules that kube-proxy wants on a node, without any kernel. */
import type { KernelObject } from "../../kernel/objects.ts";
import { withPodIPs } from "../../kube/endpoint-slices.ts";
import { formatManifestError } from "../../kube/manifest-error.ts";
import { parseManifests } from "../../kube/parse-manifests.ts";
import type { KubeSnapshot, Node, NodeFacts } from "../../kube/snapshot.ts";
import type { GivenFlag } from "../../kube-proxy/configuration/flags.ts";
import { type ProxyMode, type ProxySettings, proxySettings } from "../../kube-proxy/configuration/settings.ts";
import type { ConfigurationValues } from "../../kube-proxy/configuration/values.ts";
import { desiredIptables } from "../../kube-proxy/iptables.ts";
import { desiredIpvs } from "../../kube-proxy/ipvs.ts";
import { detectNodeIPs, nodeHostIPs } from "../../kube-proxy/node-ips.ts";
import { checkFamilies, checkNodePortAddresses } from "../../kube-proxy/start-up-check.ts";
import { formatCidr, type IpFamily, ip } from "../../wire/addr.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import { readManifestFiles } from "../manifest-files.ts";
import { proxyConfiguration } from "../proxy-configuration.ts";
import { renderText } from "../render-text.ts";

export interface RenderOptions {
	readonly paths: readonly string[];
	readonly config?: string;
	readonly flags: readonly GivenFlag[];
	/** Default: the configuration's. */
	readonly mode?: ProxyMode;
	readonly family: IpFamily;
	readonly node?: string;
	readonly json: boolean;
}

export const RENDER_SCHEMA = "podwire.proxy-render/v1";

export async function renderProxy(io: Io, options: RenderOptions): Promise<ExitCode> {
	const values = proxyConfiguration(io, options.config, options.flags);
	const settings = proxySettings(values);
	const snapshot = readSnapshot(io, options.paths);
	const node = chosenNode(snapshot, options.node ?? settings.hostnameOverride);
	checkStart(io, values, node);
	const mode = options.mode ?? settings.mode;
	const facts = nodeFacts(node, settings);
	const objects = desired(mode, { snapshot, facts, settings, family: options.family });
	if (options.json)
		io.out(`${JSON.stringify({ schema: RENDER_SCHEMA, mode, node: node.name, objects }, undefined, 2)}\n`);
	else io.out(renderText(objects));
	return 0;
}

function readSnapshot(io: Io, paths: readonly string[]): KubeSnapshot {
	const parsed = parseManifests(readManifestFiles(paths));
	if (!parsed.ok) throw new UsageError(parsed.error.map(formatManifestError));
	for (const note of parsed.value.notes) io.err(`podwire: ${note}\n`);
	const { snapshot } = parsed.value;
	const lost = snapshot.pods.filter((pod) => pod.podIPs.length === 0 && !pod.hostNetwork).length;
	if (lost > 0) io.err(`podwire: ${lost} pods have no address (status.podIP): they are nobody's endpoints\n`);
	return withPodIPs(snapshot, new Map());
}

function chosenNode({ nodes }: KubeSnapshot, name: string): Node {
	const names = nodes.map((node) => node.name);
	if (name === "" && nodes.length > 1) {
		throw new UsageError([`--node: of which node? There are ${names.join(", ")}`]);
	}
	const node = name === "" ? nodes[0] : nodes.find((candidate) => candidate.name === name);
	if (node !== undefined) return node;
	throw new UsageError([
		names.length === 0
			? "the manifests have no Node: kube-proxy needs its own"
			: `--node ${name}: there is no such Node; there is ${names.join(", ")}`,
	]);
}

/** The addresses of its interfaces are not known: those of its Node object count, and the loopback ones. */
function nodeFacts(node: Node, { bindAddress }: ProxySettings): NodeFacts {
	const { ipv4, ipv6 } = detectNodeIPs(bindAddress, nodeHostIPs(node));
	const interfaceAddresses = [...node.internalIPs, ipv4, ipv6, ip("127.0.0.1"), ip("::1")];
	return { name: node.name, nodeIPs: [ipv4, ipv6], interfaceAddresses };
}

/** Like kube-proxy: says what looks wrong, and goes on unless nothing could work. */
function checkStart(io: Io, values: ConfigurationValues, node: Node): void {
	const { primary } = detectNodeIPs(values.text("bindAddress"), nodeHostIPs(node));
	const state = {
		primary,
		detectLocalMode: values.text("detectLocalMode"),
		clusterCIDRs: values.text("clusterCIDR").split(","),
		nodePortAddresses: values.texts("nodePortAddresses"),
		podCIDRs: node.podCIDRs.map(formatCidr),
		excludeCIDRs: values.texts("ipvs.excludeCIDRs"),
		healthzBindAddress: values.text("healthzBindAddress"),
		metricsBindAddress: values.text("metricsBindAddress"),
	};
	const { problems, fatal } = checkFamilies(state, true);
	if (fatal) throw new UsageError(problems);
	for (const problem of [...checkNodePortAddresses(state), ...problems]) io.err(`podwire: ${problem}\n`);
}

interface Wishes {
	readonly snapshot: KubeSnapshot;
	readonly facts: NodeFacts;
	readonly settings: ProxySettings;
	readonly family: IpFamily;
}

function desired(mode: ProxyMode, { snapshot, facts, settings, family }: Wishes): readonly KernelObject[] {
	const config = { ...settings.config, families: [family] };
	switch (mode) {
		case "iptables":
			return desiredIptables(snapshot, facts, config);
		case "ipvs":
			return desiredIpvs(snapshot, facts, config);
		case "nftables":
			throw new UsageError([`--mode ${mode}: proxy render does not have this mode; it has iptables and ipvs`]);
	}
}
