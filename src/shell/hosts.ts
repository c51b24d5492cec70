/** Which machine a name or an address means. */
import type { World } from "./command.ts";
import type { Host } from "./host.ts";

/** `slave`, `root@slave`, `10.211.55.123`: an address that one of the machine's own devices has. */
export async function findHost(world: World, text: string): Promise<Host | undefined> {
	const name = text.replace(/^[^@]*@/, "");
	const named = world.hosts.get(name);
	if (named !== undefined) return named;
	for (const host of world.hosts.values()) {
		const dumped = await world.kernel.dump(host.rootNetns, ["addr"]);
		const addrs = dumped.ok ? dumped.value : [];
		if (addrs.some((object) => object.kind === "addr" && object.addr.addr === name)) return host;
	}
	return undefined;
}
