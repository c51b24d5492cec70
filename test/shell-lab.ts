/** For tests of the shell: machines on the simulated kernel, and `sh` to type a line and read what it printed. */
import type { Disk } from "../src/shell/command.ts";
import { createWorld, type HostSpec, type LinkSpec } from "../src/shell/create-world.ts";
import { Session } from "../src/shell/session.ts";
import { TextOutput } from "../src/shell/streams.ts";
import type { ShellWorld } from "../src/shell/world.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { mac } from "../src/wire/addr.ts";

export interface ShellRun {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

export interface ShellLab {
	readonly kernel: SimKernel;
	readonly world: ShellWorld;
	readonly session: Session;
	/** What was written to the real disk, by path. */
	readonly disk: Map<string, Uint8Array>;
	/** Runs a text on the current machine (`on slave …`, `@slave …` for another). */
	sh(text: string): Promise<ShellRun>;
	/** Tells background jobs to stop; what they print comes with the result. */
	finish(): Promise<ShellRun>;
}

/** The machines of seed 000: `master` 10.211.55.122 and `slave` 10.211.55.123, eth0 to eth0. */
export const MASTER_AND_SLAVE: readonly HostSpec[] = [
	{
		name: "master",
		interfaces: [{ name: "eth0", addresses: ["10.211.55.122/24"], mac: mac("00:1c:42:00:00:7a") }],
	},
	{ name: "slave", interfaces: [{ name: "eth0", addresses: ["10.211.55.123/24"], mac: mac("00:1c:42:00:00:7b") }] },
];

export async function shellLab(
	options: { readonly hosts?: readonly HostSpec[]; readonly links?: readonly LinkSpec[]; readonly seed?: number } = {},
): Promise<ShellLab> {
	const kernel = new SimKernel({ seed: options.seed ?? 1 });
	const hosts = options.hosts ?? MASTER_AND_SLAVE;
	const links = options.links ?? (options.hosts === undefined ? [{ ends: ["master:eth0", "slave:eth0"] }] : []);
	const disk = new Map<string, Uint8Array>();
	const created = await createWorld(kernel, { hosts, links }, { disk: memoryDisk(disk) });
	if (!created.ok) throw new Error(`${created.error.where}: ${created.error.message}`);
	const world = created.value;
	const session = new Session(world, { stdout: new TextOutput(), stderr: new TextOutput() });
	const capture = async (fn: () => Promise<number>): Promise<ShellRun> => {
		const [out, err] = [new TextOutput(), new TextOutput()];
		session.stdout = out;
		session.stderr = err;
		const code = await fn();
		return { code, out: out.text, err: err.text };
	};
	return {
		kernel,
		world,
		session,
		disk,
		sh: (text) => capture(() => session.run(text)),
		finish: () =>
			capture(async () => {
				await session.finish();
				return 0;
			}),
	};
}

function memoryDisk(files: Map<string, Uint8Array>): Disk {
	return {
		write: (path, bytes) => void files.set(path, bytes),
		read(path) {
			const bytes = files.get(path);
			if (bytes === undefined) throw new Error(`${path}: No such file or directory`);
			return bytes;
		},
		exists: (path) => files.has(path),
	};
}
