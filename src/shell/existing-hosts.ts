/** Machines whose namespaces are there already, devices, addresses and rules included: the nodes and pods of a cluster. */
import type { Kernel } from "../kernel/kernel.ts";
import { createHost } from "./host-setup.ts";
import { ShellWorld, type WorldOptions } from "./world.ts";

export interface ExistingHost {
	readonly name: string;
	/** As the port names it. */
	readonly netns: string;
	/** Files by path; they replace the ones every machine has. */
	readonly files?: Readonly<Record<string, string>>;
}

/** The first one is where a session begins. */
export async function worldOf(
	kernel: Kernel,
	existing: readonly ExistingHost[],
	options: WorldOptions = {},
): Promise<ShellWorld> {
	const world = new ShellWorld(kernel, options);
	for (const { name, netns, files = {} } of existing) {
		const host = createHost(world, name, { netns });
		world.hosts.set(name, host);
		for (const [path, text] of Object.entries(files)) await host.files.write(path, text, { netns });
	}
	return world;
}
