/** Names for tcpdump: of hosts and services in a filter, and of addresses and ports in its lines. */
import { parseHosts } from "../../../formats/hosts-file.ts";
import { serviceName, serviceNamed } from "../../../formats/services.ts";
import type { IpAddr } from "../../../wire/addr.ts";
import type { FrameFilter } from "../../../wire/filter/evaluate.ts";
import { type FilterOptions, parseFilter } from "../../../wire/filter/filter.ts";
import type { FilterNames } from "../../../wire/filter/names.ts";
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import { summarizeFrame } from "../../../wire/summary.ts";
import type { SummaryNames } from "../../../wire/summary-printer.ts";
import type { CommandContext } from "../../command.ts";
import { lookupAddr, lookupHost } from "../../name-service.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import type { LinkType } from "./link-types.ts";
import { says } from "./usage.ts";

const PROTOCOL_NUMBERS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP, sctp: IPPROTO_SCTP } as const;

/** The filter, its host names looked up; a `ToolExit` says what tcpdump says of a bad one. */
export async function compileExpression(
	context: CommandContext,
	text: string,
	options: Omit<FilterOptions, "names">,
): Promise<FrameFilter> {
	const found = new Map<string, readonly IpAddr[]>();
	for (;;) {
		let unknown: string | undefined;
		const names: FilterNames = {
			hosts(name) {
				const addrs = found.get(name);
				if (addrs === undefined) unknown ??= name;
				return addrs;
			},
			port: servicePort,
		};
		const filter = parseFilter(text, { ...options, names });
		if (filter.ok) return filter.value;
		if (unknown === undefined) {
			const { kind, message } = filter.error;
			throw kind === "not-modelled" ? notModelled(message) : new ToolExit(1, says(message));
		}
		found.set(unknown, await hostAddrs(context, unknown));
	}
}

/** A name that several protocols have is for all of them. */
function servicePort(name: string): ReturnType<FilterNames["port"]> {
	const service = serviceNamed(name);
	if (service === undefined) return undefined;
	const [only, another] = service.protocols;
	const protocol = only === undefined || another !== undefined ? undefined : PROTOCOL_NUMBERS[only];
	return { port: service.port, protocol };
}

/** All addresses in /etc/hosts, or what DNS says. */
async function hostAddrs(context: CommandContext, name: string): Promise<readonly IpAddr[]> {
	const entries = parseHosts(await readHosts(context));
	const known = entries.filter(({ names }) => names.some((other) => other.toLowerCase() === name.toLowerCase()));
	if (known.length > 0) return known.map(({ addr }) => addr);
	const looked = await lookupHost(context, name);
	return looked.ok && !looked.value.numeric ? [looked.value.addr] : [];
}

function readHosts(context: CommandContext): Promise<string> {
	return context.host.files.read("/etc/hosts", { netns: context.netns }).catch(() => "");
}

/** Names of addresses and ports in tcpdump's lines. An address must be looked up before its line is printed. */
export class LineNames implements SummaryNames {
	readonly #context: CommandContext;
	readonly #short: boolean;
	readonly #hosts = new Map<IpAddr, string | undefined>();

	constructor(context: CommandContext, options: { readonly short: boolean }) {
		this.#context = context;
		this.#short = options.short;
	}

	host(addr: IpAddr): string | undefined {
		const name = this.#hosts.get(addr);
		return this.#short ? name?.replace(/\..*$/, "") : name;
	}

	port(port: number, protocol: "tcp" | "udp"): string | undefined {
		return serviceName(port, protocol);
	}

	/** Looks up the addresses of a packet that are not known yet. */
	async learn(frame: Uint8Array, link: LinkType): Promise<void> {
		const addrs = new Set<IpAddr>();
		const host = (addr: IpAddr): undefined => void addrs.add(addr);
		summarizeFrame(frame, { link: link.summary, verbosity: 2, names: { host, port: () => undefined } });
		for (const addr of addrs) {
			if (this.#hosts.has(addr)) continue;
			this.#hosts.set(addr, undefined);
			const name = await lookupAddr(this.#context, addr);
			if (name !== "EAI_AGAIN") this.#hosts.set(addr, name);
		}
	}
}
