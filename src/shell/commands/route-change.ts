/** `route add` and `route del` of net-tools. */
import type { Route } from "../../kernel/objects.ts";
import { type Cidr, type IpAddr, ip, ipNum, ipText, maskedNum, maskNum } from "../../wire/addr.ts";
import type { CommandContext } from "../command.ts";
import { dumpHere, hostArgument, ioctlError } from "./net-tools.ts";
import { notModelled, ToolExit } from "./tool-exit.ts";

export const INET_USAGE = `Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [gw Gw] [metric M]
                              [netmask N] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [metric M] reject
`;

interface Wanted {
	kind: "host" | "net" | undefined;
	dst: IpAddr;
	/** From the target or `netmask`. */
	prefix: number | undefined;
	via: IpAddr | undefined;
	dev: string | undefined;
	metric: number | undefined;
	reject: boolean;
}

export async function changeRoute(
	context: CommandContext,
	how: "add" | "del",
	words: readonly string[],
): Promise<number> {
	const wanted = await parseTarget(context, [...words]);
	const dst = destination(wanted);
	const { via, dev, metric } = wanted;
	const call = how === "add" ? "SIOCADDRT" : "SIOCDELRT";
	const links = await dumpHere(context, "link");
	if (dev !== undefined && !links.some((link) => link.name === dev)) throw new ToolExit(7, `${call}: No such device\n`);
	const route: Route = {
		kind: "route",
		dst,
		...(via === undefined ? {} : { via }),
		...(dev === undefined ? {} : { dev }),
		...(metric === undefined ? {} : { metric }),
		...(wanted.reject ? { type: "unreachable" } : {}),
	};
	const verb = how === "add" ? "add" : "delete";
	const object: Route = how === "add" ? { ...route, among: "first" } : route;
	const done = await context.world.kernel.apply(context.netns, [{ verb, object }]);
	if (!done.ok) throw ioctlError(call, done.error, 7);
	return 0;
}

async function parseTarget(context: CommandContext, words: string[]): Promise<Wanted> {
	const wanted: Wanted = {
		kind: undefined,
		dst: ip("0.0.0.0"),
		prefix: undefined,
		via: undefined,
		dev: undefined,
		metric: undefined,
		reject: false,
	};
	const first = words.shift() ?? usage();
	if (first === "-net" || first === "-host") wanted.kind = first === "-net" ? "net" : "host";
	const target = wanted.kind === undefined ? first : (words.shift() ?? usage());
	if (target === "default") {
		wanted.kind = "net";
		wanted.prefix = 0;
	} else {
		const slash = target.indexOf("/");
		wanted.dst = await hostArgument(context, slash < 0 ? target : target.slice(0, slash), 6);
		if (slash >= 0) wanted.prefix = prefixArgument(target.slice(slash + 1));
	}
	while (words.length > 0) await parseOption(context, words, wanted);
	return wanted;
}

async function parseOption(context: CommandContext, words: string[], wanted: Wanted): Promise<void> {
	const word = words.shift() ?? usage();
	if (word === "metric") wanted.metric = numberArgument(words.shift());
	else if (word === "netmask") {
		if (wanted.prefix !== undefined) usage();
		wanted.prefix = maskArgument(await hostArgument(context, words.shift() ?? usage(), 6));
	} else if (word === "gw" || word === "gateway") {
		if (wanted.via !== undefined) usage();
		wanted.via = await hostArgument(context, words.shift() ?? usage(), 6);
	} else if (word === "reject") wanted.reject = true;
	else if (word === "mss" || word === "mtu" || word === "window" || word === "irtt") {
		throw notModelled(`route … ${word} ${words.shift() ?? ""}`);
	} else if (word === "mod" || word === "dyn" || word === "reinstate") return;
	else {
		const dev = word === "dev" || word === "device" ? (words.shift() ?? usage()) : word;
		if (word !== "dev" && word !== "device" && words.length > 0) usage();
		wanted.dev = dev;
	}
}

/** What the kernel is asked for; the tool and the kernel each have something against a mask that does not fit. */
function destination(wanted: Wanted): Cidr {
	const { dst, kind } = wanted;
	const prefix = wanted.prefix ?? (kind === "net" ? 0 : 32);
	const mask = maskNum(prefix, 0);
	if (kind !== "net" && wanted.prefix !== undefined && prefix !== 32) {
		const inverse = (~Number(mask) >>> 0).toString(16).padStart(8, "0");
		throw new ToolExit(3, `route: netmask ${inverse} doesn't make sense with host route\n${INET_USAGE}`);
	}
	if (maskedNum(ipNum(dst), prefix) !== ipNum(dst)) {
		if (wanted.prefix === undefined) throw new ToolExit(7, "SIOCADDRT: Invalid argument\n");
		throw new ToolExit(3, `route: netmask doesn't match route address\n${INET_USAGE}`);
	}
	return { addr: dst, prefix };
}

function prefixArgument(text: string): number {
	const prefix = Number(text);
	return /^\d+$/.test(text) && prefix <= 32 ? prefix : usage();
}

function maskArgument(mask: IpAddr): number {
	for (let prefix = 0; prefix <= 32; prefix += 1) if (ipText(maskNum(prefix, 0)) === mask) return prefix;
	throw new ToolExit(3, `route: bogus netmask ${mask}\n${INET_USAGE}`);
}

function numberArgument(text: string | undefined): number {
	return text !== undefined && /^\d+$/.test(text) ? Number(text) : usage();
}

function usage(): never {
	throw new ToolExit(3, INET_USAGE);
}
