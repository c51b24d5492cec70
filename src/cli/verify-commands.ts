/** The options of `podwire verify` and `podwire fidelity`. */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { addClusterOptions, type ClusterOptions } from "./input-options.ts";
import type { Io } from "./io.ts";
import { wholeNumber } from "./options.ts";

const VM_HELP = "beside Debian's kernel in a virtual machine (../shared/tools/vm-run, or what PODWIRE_VM_RUN names)";

interface VerifyCliOptions {
	readonly kernel: "sim" | "linux" | "both";
	readonly seed: string;
	readonly iptables?: "nft" | "legacy";
	readonly vm?: boolean;
	readonly json?: boolean;
	readonly cleanup?: boolean;
}

export function addVerifyCommand(program: Command, io: Io, finish: (code: number) => void): void {
	const verifyCommand = program
		.command("verify")
		.enablePositionalOptions()
		.description("run scenarios on the simulated and the real kernel and compare everything they show")
		.argument("[scenario...]", "scenario files (docs/scenario-format.md), directories of them, or - for standard input")
		.addOption(
			new Option("--kernel <kernel>", "sim and linux print what is to be seen; linux and both need root")
				.choices(["sim", "linux", "both"])
				.default("both"),
		)
		.option("--seed <n>", "seed of the simulated kernel's random choices", "1")
		.addOption(
			new Option("--iptables <backend>", "whose rules the real kernel loads; default: legacy where it works").choices([
				"nft",
				"legacy",
			]),
		)
		.option("--vm", VM_HELP)
		.option("--json", "print as JSON (schema podwire.verify/v1)")
		.option("--cleanup", "only remove what a run that was killed left behind")
		.addHelpText(
			"after",
			"\nExit codes: 0 all agree (or ran), 1 one differs (or was refused), 2 bad input, or no real kernel to be had.",
		)
		.action(async (paths: readonly string[], options: VerifyCliOptions) => {
			const { verify } = await import("./commands/verify.ts");
			finish(
				await verify(io, {
					paths,
					kernel: options.kernel,
					seed: wholeNumber("--seed", options.seed),
					...(options.iptables === undefined ? {} : { iptables: options.iptables }),
					vm: options.vm === true,
					json: options.json === true,
					cleanup: options.cleanup === true,
				}),
			);
		});
	addModesCommand(verifyCommand, io, finish);
}

function addModesCommand(verify: Command, io: Io, finish: (code: number) => void): void {
	addClusterOptions(
		verify
			.command("modes")
			.description("the same flows through kube-proxy's iptables and IPVS mode; each difference with its reason"),
	)
		.option("--all", "print the flows that end alike as well")
		.option("--json", "print as JSON (schema podwire.verify-modes/v1)")
		.argument("[path...]", "more manifests")
		.addHelpText("after", "\nExit codes: 0 every difference is a known one, 1 one is not, 2 bad usage or input.")
		.action(async (paths: readonly string[], options: ModesCliOptions) => {
			const { verifyModes } = await import("./commands/verify-modes.ts");
			finish(
				await verifyModes(io, {
					paths: [...(options.filename ?? []), ...paths],
					seed: wholeNumber("--seed", options.seed),
					network: options.network,
					all: options.all === true,
					json: options.json === true,
				}),
			);
		});
}

interface ModesCliOptions extends ClusterOptions {
	readonly all?: boolean;
	readonly json?: boolean;
}

interface FidelityCliOptions {
	readonly seed?: string;
	readonly count?: string;
	readonly from: string;
	readonly places?: string;
	readonly jobs?: string;
	readonly kernel: "both" | "sim";
	readonly vm?: boolean;
	readonly shrink?: string;
	readonly allow: string;
	readonly regressions: string;
	readonly write?: boolean;
	readonly json?: boolean;
	readonly print?: boolean;
}

/** In the virtual machine everything takes ten times as long. */
const DEFAULTS = { machine: { count: 2000, shrink: 400 }, vm: { count: 100, shrink: 60 } } as const;

export function addFidelityCommands(program: Command, io: Io, finish: (code: number) => void): void {
	program
		.command("fidelity")
		.description("play generated scenarios on both kernels and print how often they agree, feature by feature")
		.argument("[scenario...]", "scenario files or directories of them, which are played first")
		.option("--seed <n,…>", "which scenarios; default: others each time, and the seed is printed")
		.option("--count <n>", "how many are generated of each seed; default: 2000, with --vm 100")
		.option("--from <n>", "number of the first one", "0")
		.option("--places <name,…>", "where generated scenarios play; default: every place that the kernel can have")
		.option("--jobs <n>", "how many at a time; default: one per processor")
		.addOption(new Option("--kernel <kernel>", "sim: without a real kernel").choices(["both", "sim"]).default("both"))
		.option("--vm", VM_HELP)
		.option(
			"--shrink <n>",
			"how often a differing scenario is tried smaller, 0: not at all; default: 400, with --vm 60",
		)
		.option(
			"--allow <n>",
			"so many generated scenarios may differ without failing the run; scenario files may not",
			"0",
		)
		.option("--regressions <directory>", "where shrunk scenarios are kept", "test/scenarios/regressions")
		.option("--write", "put the table into docs/fidelity.md")
		.option("--json", "print the table as JSON (schema podwire.fidelity/v1)")
		.option("--print", "print the scenario with the number of --from as a file for podwire verify, and do no more")
		.addHelpText(
			"after",
			"\nExit codes: 0 no unexplained difference (or no more than allowed), 1 there are some, or too many that could not be judged, 2 bad usage, or no real kernel.",
		)
		.action(async (paths: readonly string[], options: FidelityCliOptions) => {
			const { fidelity } = await import("./commands/fidelity.ts");
			const number = (option: "count" | "from" | "jobs" | "shrink" | "allow", otherwise: number): number => {
				const text = options[option];
				return text === undefined ? otherwise : wholeNumber(`--${option}`, text);
			};
			const defaults = options.vm === true ? DEFAULTS.vm : DEFAULTS.machine;
			finish(
				await fidelity(io, {
					paths,
					places: options.places?.split(","),
					seeds:
						options.seed === undefined
							? [Date.now() % 1_000_000_000]
							: options.seed.split(",").map((seed) => wholeNumber("--seed", seed)),
					count: number("count", defaults.count),
					from: number("from", 0),
					jobs: Math.max(1, number("jobs", availableParallelism())),
					kernel: options.kernel,
					vm: options.vm === true,
					shrinkTries: number("shrink", defaults.shrink),
					allow: number("allow", 0),
					regressions: options.regressions,
					write: options.write === true,
					json: options.json === true,
					print: options.print === true,
				}),
			);
		});
	program
		.command("fidelity-worker", { hidden: true })
		.option("--alone", "one whole job, read as JSON from standard input; what it says is JSON, a line each")
		.action(async (options: { readonly alone?: boolean }) => {
			const worker = await import("./commands/fidelity-worker.ts");
			finish(await (options.alone === true ? worker.fidelityWorkerAlone(io) : worker.fidelityWorker()));
		});
}
