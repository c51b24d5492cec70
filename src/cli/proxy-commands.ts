/** The options of `podwire proxy`. */
import { type Command, Option } from "commander";
import { FLAGS } from "../kube-proxy/configuration/fields.ts";
import type { GivenFlag } from "../kube-proxy/configuration/flags.ts";
import type { Io } from "./io.ts";

interface RenderCliOptions {
	readonly filename?: readonly string[];
	readonly config?: string;
	readonly mode?: "iptables" | "ipvs" | "nftables";
	readonly family: "IPv4" | "IPv6";
	readonly node?: string;
	readonly json?: boolean;
}

export function addProxyCommands(program: Command, io: Io, finish: (code: number) => void): void {
	const proxy = program.command("proxy").description("kube-proxy as a function: what it wants to be on a node");
	const render = proxy
		.command("render")
		.description("print the rules that kube-proxy 1.36 would write, as iptables-save prints them")
		.option("-f, --filename <path>", "manifests: nodes, Services, EndpointSlices or pods; may be repeated", collect)
		.option("--config <file>", "a KubeProxyConfiguration (v1alpha1), YAML or JSON; - for standard input")
		.option("--node <name>", "the node; default: the configuration's hostnameOverride, or the only node")
		.addOption(new Option("--mode <mode>", "default: the configuration's").choices(["iptables", "ipvs", "nftables"]))
		.addOption(new Option("--family <family>", "whose rules").choices(["IPv4", "IPv6"]).default("IPv4"))
		.option("--json", "print the kernel objects as JSON (schema podwire.proxy-render/v1)")
		.addHelpText(
			"after",
			"\nThe flags from --hostname-override on are kube-proxy's own; like there, they have no effect beside --config.",
		);
	addProxyFlags(render).action(async (options: RenderCliOptions) => {
		const { renderProxy } = await import("./commands/proxy.ts");
		const { config, mode, node } = options;
		finish(
			await renderProxy(io, {
				paths: options.filename ?? [],
				flags: givenFlags({ ...options }),
				family: options.family === "IPv4" ? "ipv4" : "ipv6",
				json: options.json === true,
				...(config === undefined ? {} : { config }),
				...(mode === undefined ? {} : { mode }),
				...(node === undefined ? {} : { node }),
			}),
		);
	});
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
	return [...(before ?? []), value];
}

const NO_HELP = "checked, and of no effect here";

/** Every flag of kube-proxy that sets a field of its configuration. */
function addProxyFlags(command: Command): Command {
	for (const { flag, type, help = NO_HELP } of FLAGS) {
		const value = type === "boolean" ? "[true|false]" : `<${type === "texts" ? "list" : type}>`;
		command.addOption(new Option(`--${flag} ${value}`, help));
	}
	return command;
}

/** The flags among commander's options. */
function givenFlags(options: Readonly<Record<string, unknown>>): readonly GivenFlag[] {
	return FLAGS.flatMap(({ flag }): readonly GivenFlag[] => {
		const value = options[new Option(`--${flag} <value>`).attributeName()];
		if (typeof value === "string") return [{ flag, value }];
		return value === true ? [{ flag, value: undefined }] : [];
	});
}
