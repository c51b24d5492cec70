/** What ss and netstat have in common: ports as names. */
import { serviceName } from "../../formats/services.ts";
import type { CommandContext } from "../command.ts";

/** The name of a port, or its number; ports that the kernel hands out by chance have none. */
export type PortNames = (protocol: "tcp" | "udp", port: number) => string;

/** `numeric`: numbers only. */
export async function portNames(
	{ world, netns }: CommandContext,
	options: { readonly numeric: boolean; readonly skipEphemeral: boolean },
): Promise<PortNames> {
	if (options.numeric) return (_, port) => String(port);
	if (!options.skipEphemeral) return (protocol, port) => serviceName(port, protocol) ?? String(port);
	const dumped = await world.kernel.dump(netns, ["sysctl"]);
	const sysctls = dumped.ok ? dumped.value : [];
	const range = sysctls.find((object) => object.kind === "sysctl" && object.key === "net.ipv4.ip_local_port_range");
	const [low = 32768, high = 60999] = range?.kind === "sysctl" ? range.value.split(/\s+/).map(Number) : [];
	return (protocol, port) => {
		const isEphemeral = port >= low && port <= high;
		return isEphemeral ? String(port) : (serviceName(port, protocol) ?? String(port));
	};
}

/** A program takes a millisecond to start: what was on its way when its line was typed has arrived. */
export async function startUp({ world, interrupt }: CommandContext): Promise<void> {
	await world.wait(() => false, { timeoutNs: 1_000_000, interrupt });
}
