/** Inode numbers of namespaces, by which `lsns` and `/proc/PID/ns/net` tell them apart. */
import type { World } from "./command.ts";

/** What the kernel gives the first namespace of all. */
const FIRST_INODE = 4_026_531_840;

export async function netnsInode(world: World, netns: string): Promise<number> {
	const names = await world.kernel.listNetns();
	const at = names.indexOf(netns);
	return at === 0 ? FIRST_INODE : FIRST_INODE + 300 + 74 * at;
}
