/** The kernel's log, machine by machine: each sees what its own namespaces wrote. */
import type { LogLine } from "../kernel/kernel.ts";
import type { World } from "./command.ts";
import type { Host } from "./host.ts";

/** This machine's lines, from a place in the whole log on. */
export function hostLog(world: World, host: Host, from: number): readonly LogLine[] {
	return world.kernel
		.log()
		.slice(from)
		.filter(({ netns }) => netns === host.rootNetns || netns.startsWith(`${host.rootNetns}/`));
}
