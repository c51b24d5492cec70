/** The commands and their options. Each command's work is loaded only when it is called: start-up time is a feature. */
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { type ExitCode, type Io, UsageError } from "./io.ts";
import type { ClusterInputOptions } from "./options.ts";

/** Runs one command line (without `node` and the script); resolves to the exit code. */
export async function runProgram(args: readonly string[], io: Io): Promise<ExitCode> {
	let code: ExitCode = 0;
	const finish = (result: ExitCode): void => {
		code = result;
	};
	try {
		await buildProgram(io, finish).parseAsync(args, { from: "user" });
	} catch (error) {
		if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
		if (!(error instanceof UsageError)) throw error;
		for (const line of error.lines) io.err(`podwire: ${line}\n`);
		return 2;
	}
	return code;
}

function buildProgram(io: Io, finish: (code: ExitCode) => void): Command {
	const program = new Command("podwire");
	program
		.description("Kubernetes node networking that one can run, see and prove, on a simulated Linux kernel.")
		.version(version(), "-V, --version")
		.configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
		.exitOverride()
		.showSuggestionAfterError(true)
		.addHelpText("after", "\nExit codes: 0 ok, 1 the answer is no (not answered, differs), 2 bad usage or input.");

	addInputOptions(
		program.command("demo").description("build the cluster, print it, and explain the ways to reach a Service"),
	)
		.option("--all", "print every packet of every case in full")
		.argument("[path...]", "more manifests")
		.action(async (paths: readonly string[], options: InputOptions & { readonly all?: boolean }) => {
			const { demo } = await import("./commands/demo.ts");
			finish(await demo(io, { ...inputOf(options, paths), all: options.all === true }));
		});

	addInputOptions(
		program.command("trace").description("send a request through the cluster and explain every hop of its packets"),
	)
		.requiredOption("--from <who>", "pod/NS/NAME, node/NAME or outside")
		.requiredOption("--to <what>", "svc/NS/NAME[:PORT], pod/NS/NAME[:PORT], node/NAME:PORT or IP[:PORT]")
		.addOption(
			new Option(
				"--proto <proto>",
				"the protocol; default: the Service port's, else tcp (icmp without a port)",
			).choices(["tcp", "udp", "icmp"]),
		)
		.option("--endpoint <pod>", "make the random choice of kube-proxy's rules fall on this pod (NS/NAME)")
		.option("--all", "print every packet in full, not only the first in each direction and those that failed")
		.option("--quiet", "print only the closing summary")
		.option("--json", "print the trace as JSON (schema podwire.trace/v1)")
		.option("--pcap <file>", "write the frames of all devices as pcapng")
		.argument("[path...]", "more manifests")
		.action(async (paths: readonly string[], options: TraceCliOptions) => {
			const { trace } = await import("./commands/trace.ts");
			const { from, to, proto, endpoint, pcap } = options;
			finish(
				await trace(io, {
					...inputOf(options, paths),
					from,
					to,
					...(proto === undefined ? {} : { proto }),
					...(endpoint === undefined ? {} : { endpoint }),
					...(pcap === undefined ? {} : { pcap }),
					all: options.all === true,
					quiet: options.quiet === true,
					json: options.json === true,
				}),
			);
		});

	addInputOptions(
		program
			.command("show")
			.description("print the cluster's objects, or one node's network state as the real tools print it"),
	)
		.option("--json", "print as JSON")
		.argument(
			"<what...>",
			"nodes, pods, services or endpoints; or, followed by NODE: links, addrs, routes, neigh, fdb, iptables, conntrack or sysctl",
		)
		.addHelpText(
			"after",
			"\nExamples:\n  podwire show -f examples/myapp pods\n  podwire show -f examples/myapp iptables slave1",
		)
		.action(async (words: readonly string[], options: InputOptions & { readonly json?: boolean }) => {
			const { show, splitShowWords } = await import("./commands/show.ts");
			const { paths, what, node } = splitShowWords(words);
			finish(
				await show(io, {
					...inputOf(options, paths),
					what,
					...(node === undefined ? {} : { node }),
					json: options.json === true,
				}),
			);
		});

	return program;
}

interface InputOptions {
	readonly filename?: readonly string[];
	readonly seed: string;
}

interface TraceCliOptions extends InputOptions {
	readonly from: string;
	readonly to: string;
	readonly proto?: "tcp" | "udp" | "icmp";
	readonly endpoint?: string;
	readonly all?: boolean;
	readonly quiet?: boolean;
	readonly json?: boolean;
	readonly pcap?: string;
}

function addInputOptions(command: Command): Command {
	return command
		.option(
			"-f, --filename <path>",
			"a manifest, a directory of manifests, or - for standard input; may be repeated",
			collect,
		)
		.option("--seed <n>", "seed of every random choice; the same seed gives the same trace", "1");
}

function inputOf(options: InputOptions, paths: readonly string[]): ClusterInputOptions {
	if (!/^\d{1,9}$/.test(options.seed)) throw new UsageError([`--seed ${options.seed}: expected a whole number`]);
	return { paths: [...(options.filename ?? []), ...paths], seed: Number(options.seed) };
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
	return [...(before ?? []), value];
}

function version(): string {
	const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
	const parsed: unknown = JSON.parse(text);
	return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}
