/** The options of every command that builds a cluster. */
import { type Command, Option } from "commander";
import { DEFAULT_NETWORK, NETWORK_NAMES, type NetworkName } from "../cluster/network-name.ts";
import { DEFAULT_PROXY_MODE, PROXY_MODE_NAMES, type ProxyModeName } from "../cluster/proxy-mode-name.ts";
import { type ClusterInputOptions, wholeNumber } from "./options.ts";

/** As commander gives them. */
export interface ClusterOptions {
	readonly filename?: readonly string[];
	readonly seed: string;
	readonly network: NetworkName;
}

export interface InputOptions extends ClusterOptions {
	readonly kernel: string;
	readonly proxyMode: ProxyModeName;
	readonly keep?: boolean;
	readonly proxyConfig?: string;
}

/** What a cluster is made of, whatever it runs on. */
export function addClusterOptions(command: Command): Command {
	return command
		.option(
			"-f, --filename <path>",
			"a manifest, a directory of manifests, or - for standard input; may be repeated",
			collect,
		)
		.option("--seed <n>", "seed of every random choice; the same seed gives the same trace", "1")
		.addOption(
			new Option("--network <network>", "how pods of different nodes reach each other (docs/terms.md)")
				.choices(NETWORK_NAMES)
				.default(DEFAULT_NETWORK),
		);
}

export function addInputOptions(command: Command, kernels: readonly string[] = ["sim", "linux"]): Command {
	return addClusterOptions(command)
		.addOption(
			new Option("--kernel <kernel>", "the kernel it is built on; linux is this machine's own, in namespaces (root)")
				.choices(kernels)
				.default(kernels[0]),
		)
		.addOption(
			new Option("--proxy-mode <mode>", "how kube-proxy makes Services work")
				.choices(PROXY_MODE_NAMES)
				.default(DEFAULT_PROXY_MODE),
		)
		.option("--proxy-config <file>", "kube-proxy's configuration (KubeProxyConfiguration v1alpha1), its mode included");
}

/** For commands that build one cluster. */
export function addKeepOption(command: Command): Command {
	return command.option("--keep", "leave the cluster standing on the real kernel, until podwire down");
}

export function inputOf(options: InputOptions, paths: readonly string[]): ClusterInputOptions {
	const kernel = options.kernel === "linux" ? "linux" : "sim";
	const { network, proxyMode, keep = false, proxyConfig } = options;
	return {
		paths: [...(options.filename ?? []), ...paths],
		seed: wholeNumber("--seed", options.seed),
		kernel,
		network,
		proxyMode,
		keep,
		...(proxyConfig === undefined ? {} : { proxyConfig }),
	};
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
	return [...(before ?? []), value];
}
