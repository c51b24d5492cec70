/** The commands and their options. Each command's work is loaded only when it is called: start-up time is a feature. */
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { addDnsCommands } from "./dns-commands.ts";
import { addInputOptions, addKeepOption, type InputOptions, inputOf } from "./input-options.ts";
import { type Io, UsageError } from "./io.ts";
import { addProxyCommands } from "./proxy-commands.ts";
import { addFidelityCommands, addVerifyCommand } from "./verify-commands.ts";

/** Runs one command line (without `node` and the script); resolves to the exit code: an `ExitCode`, or a script's own. */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
	let code = 0;
	const finish = (result: number): void => {
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

function buildProgram(io: Io, finish: (code: number) => void): Command {
	const program = new Command("podwire");
	program
		.description("Kubernetes node networking that one can run, see and prove, on a simulated Linux kernel.")
		.version(version(), "-V, --version")
		.configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
		.exitOverride()
		// A command's options are its own, though a command above it has some of the same names (`verify modes`).
		.enablePositionalOptions()
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

	addKeepOption(
		addInputOptions(
			program.command("trace").description("send a request through the cluster and explain every hop of its packets"),
			["sim", "linux", "both"],
		),
	)
		.requiredOption("--from <who>", "pod/NS/NAME, node/NAME or outside")
		.requiredOption(
			"--to <what>",
			"svc/NS/NAME[:PORT], pod/NS/NAME[:PORT], node/NAME:PORT, IP[:PORT]; or a name that the pod's DNS knows",
		)
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
					both: options.kernel === "both",
				}),
			);
		});

	addKeepOption(
		addInputOptions(
			program
				.command("show")
				.description("print the cluster's objects, or one node's network state as the real tools print it"),
		),
	)
		.option("--json", "print as JSON")
		.argument(
			"<what...>",
			"nodes, pods, services or endpoints; or, followed by NODE: links, addrs, routes, neigh, fdb, iptables, ipset, ipvs, conntrack or sysctl",
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

	addStandingCommands(program, io, finish);
	addVerifyCommand(program, io, finish);
	addLabCommands(program, io, finish);
	addShellCommand(program, io, finish);
	addFidelityCommands(program, io, finish);
	addProxyCommands(program, io, finish);
	addDnsCommands(program, io, finish);
	program
		.command("cni")
		.description(
			"run a CNI plugin on this machine's kernel as a container runtime does (CNI_ variables, standard input)",
		)
		.argument("<plugin>", "bridge, firewall, host-local, loopback, portmap, ptp or static")
		.action(async (plugin: string) => {
			const { cni } = await import("./commands/cni.ts");
			finish(await cni(io, plugin));
		});
	return program;
}

function addStandingCommands(program: Command, io: Io, finish: (code: number) => void): void {
	addInputOptions(
		program.command("up").description("build the cluster on this machine's kernel and leave it standing (root)"),
		["linux"],
	)
		.argument("[path...]", "more manifests")
		.action(async (paths: readonly string[], options: InputOptions) => {
			const { up } = await import("./commands/standing.ts");
			finish(await up(io, inputOf(options, paths)));
		});
	program
		.command("down")
		.description("remove the cluster that up or --keep left standing, and nothing else")
		.action(async () => {
			const { down } = await import("./commands/standing.ts");
			finish(await down(io));
		});
	program.command("serve-standing", { hidden: true }).action(async () => {
		const { serveStanding } = await import("./commands/standing.ts");
		finish(await serveStanding(io));
	});
}

function addLabCommands(program: Command, io: Io, finish: (code: number) => void): void {
	const lab = program
		.command("lab")
		.description("tutorial labs: commands on simulated machines, and what must come of them");
	lab
		.command("list")
		.description("print the labs that come with podwire")
		.option("--json", "print as JSON")
		.action(async (options: { readonly json?: boolean }) => {
			const { listLabs } = await import("./commands/lab.ts");
			finish(listLabs(io, { json: options.json === true }));
		});
	lab
		.command("run")
		.description("run a lab: each command, its output, and whether it did what the lab says")
		.argument("<lab>", "a lab's name, a file (with a slash or the suffix .yaml), or - for standard input")
		.option("--step", "wait for Enter before each command")
		.option("--explain", "print what each step teaches, and what the packets did")
		.option("--json", "print the result as JSON (schema podwire.lab-result/v1)")
		.option("--quiet", "print only what failed and the closing line")
		.option("--captures <directory>", "where tcpdump -w writes; default: the current directory", ".")
		.addHelpText(
			"after",
			"\nExit codes: 0 every expectation holds, 1 one does not, 2 the lab file is wrong (docs/lab-format.md).",
		)
		.action(async (which: string, options: LabCliOptions) => {
			const { runLabCommand } = await import("./commands/lab.ts");
			finish(
				await runLabCommand(io, {
					lab: which,
					step: options.step === true,
					explain: options.explain === true,
					json: options.json === true,
					quiet: options.quiet === true,
					directory: options.captures,
				}),
			);
		});
}

function addShellCommand(program: Command, io: Io, finish: (code: number) => void): void {
	addInputOptions(
		program
			.command("shell")
			.description("a shell on simulated machines: the articles' commands, pasted or as a script"),
		["sim"],
	)
		.argument("[file]", "a script; - or nothing: standard input, which may be a terminal")
		.option("-c <text>", "run this text instead of a file")
		.option(
			"--lab <lab>",
			"the machines of this lab (name or file); default: master and slave of dnat-bridge (with -f: a cluster's nodes and pods, and outside)",
		)
		.option("--host <name>", "the machine that the first line is for")
		.option("--echo", "print every command with its prompt before it runs")
		.option("--json", "print commands, outputs and exit codes as JSON (schema podwire.shell/v1)")
		.option("--captures <directory>", "where tcpdump -w writes; default: the current directory", ".")
		.addHelpText(
			"after",
			"\nIn the shell: help, on HOST, @HOST COMMAND, explain. The exit code is the last command's.\n" +
				"PODWIRE_HISTORY names a file in which a terminal's history is kept.",
		)
		.action(async (file: string | undefined, options: ShellCliOptions) => {
			const { shell } = await import("./commands/shell.ts");
			const { c: text, lab, host } = options;
			const cluster = inputOf(options, []);
			finish(
				await shell(io, {
					...(file === undefined ? {} : { file }),
					...(text === undefined ? {} : { text }),
					...(lab === undefined ? {} : { lab }),
					...(cluster.paths.length === 0 ? {} : { cluster }),
					...(host === undefined ? {} : { host }),
					echo: options.echo === true,
					json: options.json === true,
					directory: options.captures,
				}),
			);
		});
}

interface ShellCliOptions extends InputOptions {
	readonly c?: string;
	readonly lab?: string;
	readonly host?: string;
	readonly echo?: boolean;
	readonly json?: boolean;
	readonly captures: string;
}

interface LabCliOptions {
	readonly step?: boolean;
	readonly explain?: boolean;
	readonly json?: boolean;
	readonly quiet?: boolean;
	readonly captures: string;
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

function version(): string {
	const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
	const parsed: unknown = JSON.parse(text);
	return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}
