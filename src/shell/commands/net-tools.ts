/** What arp, route and ifconfig of net-tools 2.10 have in common. */
import type { KernelError } from "../../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../../kernel/objects.ts";
import { familyOf, type IpAddr } from "../../wire/addr.ts";
import type { CommandContext } from "../command.ts";
import { lookupAddr, lookupHost } from "../name-service.ts";
import { STRERROR } from "./strerror.ts";
import { ToolExit } from "./tool-exit.ts";

export const NET_TOOLS_VERSION = "net-tools 2.10\n";

/** The objects of one kind where the command runs. */
export async function dumpHere<K extends KernelObjectKind>(
	context: CommandContext,
	kind: K,
): Promise<readonly Extract<KernelObject, { readonly kind: K }>[]> {
	const dumped = await context.world.kernel.dump(context.netns, [kind]);
	if (!dumped.ok) throw new ToolExit(1, `${dumped.error.message}\n`);
	return dumped.value.filter((object): object is Extract<KernelObject, { readonly kind: K }> => object.kind === kind);
}

/** `SIOCADDRT: Network is unreachable`. What podwire refuses by name is said in its own words. */
export function ioctlError(call: string, error: KernelError, code: number): ToolExit {
	if (error.message.includes("not modelled")) return new ToolExit(code, `podwire: ${error.message}\n`);
	return new ToolExit(code, `${call}: ${STRERROR[error.errno]}\n`);
}

/** An IPv4 address by number or name. */
export async function hostArgument(context: CommandContext, text: string, code: number, end = ""): Promise<IpAddr> {
	const found = await lookupHost(context, text, "ipv4");
	if (found.ok) return found.value.addr;
	const looksNumeric = /^[\d.]+$/.test(text) || text.includes("/");
	const why = found.error === "EAI_AGAIN" && !looksNumeric ? "Host name lookup failure" : "Unknown host";
	throw new ToolExit(code, `${text}: ${why}\n${end}`);
}

/** The name of an address, or the address when it has none. */
export async function nameOf(context: CommandContext, addr: IpAddr): Promise<string> {
	if (familyOf(addr) !== "ipv4") return addr;
	const name = await lookupAddr(context, addr);
	return name === undefined || name === "EAI_AGAIN" ? addr : name;
}
