/**
 * For tests beside the real kernel: commands in a network namespace of their own whose `/run/netns` is their own too, so
 * that nothing is left behind and no other namespace is seen. Needs root. IPv6 is off in all of them, as in podwire.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";

export interface RealRun {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

export class RealNetns {
	readonly #holder: ChildProcess;

	private constructor(holder: ChildProcess) {
		this.#holder = holder;
	}

	static async open(): Promise<RealNetns> {
		const script = [
			"mount -t tmpfs none /run/netns",
			"mount -t sysfs sysfs /sys",
			`sysctl -qw ${IPV6_OFF.join(" ")}`,
			"echo ready",
			"exec sleep 600",
		].join(" && ");
		const holder = spawn(UNSHARE, ["-n", "-m", "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
		await new Promise<void>((resolve, reject) => {
			holder.stdout?.once("data", () => resolve());
			holder.once("exit", (code) => reject(new Error(`unshare ended with ${code}`)));
		});
		return new RealNetns(holder);
	}

	async run(argv: readonly string[]): Promise<RealRun> {
		const result = await this.#run(argv);
		const isNew = argv[0] === "ip" && argv[1] === "netns" && argv[2] === "add" && result.code === 0;
		if (isNew) await this.#run(["ip", "netns", "exec", argv[3] ?? "", "sysctl", "-qw", ...IPV6_OFF]);
		return result;
	}

	#run(argv: readonly string[]): Promise<RealRun> {
		return new Promise((resolve) => {
			execFile(
				NSENTER,
				["-t", String(this.#holder.pid), "-n", "-m", "--", ...argv],
				{ maxBuffer: 1 << 26, encoding: "utf8" },
				(error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
			);
		});
	}

	/** The namespaces go with the process that holds them. */
	close(): void {
		this.#holder.kill("SIGKILL");
	}
}

const UNSHARE = "unshare";
const NSENTER = "nsenter";
const IPV6_OFF = ["all", "default", "lo"].map((name) => `net.ipv6.conf.${name}.disable_ipv6=1`);

/** Whether all these programs are there, and the right to make namespaces. */
export async function canRunReal(...programs: readonly string[]): Promise<boolean> {
	if (process.getuid?.() !== 0) return false;
	const found = await Promise.all(
		[UNSHARE, NSENTER, ...programs].map(
			(program) =>
				new Promise<boolean>((resolve) => {
					execFile("which", [program], (error) => resolve(error === null));
				}),
		),
	);
	return found.every(Boolean);
}

/** Words of a command line: quotes keep spaces. */
export function words(line: string): readonly string[] {
	return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
}
