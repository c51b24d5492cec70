/** One invocation of an iproute2 tool: where it works, what it prints, how it asks the kernel. */
import { type Field, fieldsJson, fieldsText, formatJson, type JsonObject } from "../../../formats/fields.ts";
import { defaultPeerName, type PeerName } from "../../../formats/ip-link.ts";
import { tableName } from "../../../formats/ip-route.ts";
import type { KernelError, Op } from "../../../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind, Link } from "../../../kernel/objects.ts";
import type { CommandContext } from "../../command.ts";
import { FileError } from "../../file-tree.ts";
import type { Host } from "../../host.ts";
import { STRERROR } from "../strerror.ts";
import { ToolExit } from "../tool-exit.ts";
import type { IpOptions } from "./options.ts";

export interface PrintOptions {
	readonly json: boolean;
	readonly pretty: boolean;
	readonly oneline: boolean;
}

/** An object to print; `undefined`: one that was filtered out, of which JSON keeps an empty one. */
export type Printed = readonly Field[] | undefined;

export class IpRun {
	readonly context: CommandContext;
	readonly options: IpOptions;
	/** As the port names it. */
	readonly netns: string;
	#tables: ReadonlyMap<string, number> | undefined;

	constructor(context: CommandContext, options: IpOptions, netns: string) {
		this.context = context;
		this.options = options;
		this.netns = netns;
	}

	get host(): Host {
		return this.context.host;
	}

	async dump<K extends KernelObjectKind>(kind: K): Promise<readonly Extract<KernelObject, { readonly kind: K }>[]> {
		const dumped = await this.context.world.kernel.dump(this.netns, [kind]);
		if (!dumped.ok) throw rtnetlink(dumped.error);
		return dumped.value.filter((object): object is Extract<KernelObject, { readonly kind: K }> => object.kind === kind);
	}

	async links(): Promise<readonly Link[]> {
		const shownId = await this.#netnsIdOnHost();
		return (await this.dump("link")).map((link) => {
			const shown = asOnHost(link, this.host);
			return shown.peerNetnsId === undefined ? shown : { ...shown, peerNetnsId: shownId(shown.peerNetnsId) };
		});
	}

	/** The numbers of this machine's namespaces, by the port's names. */
	async netnsIds(): Promise<ReadonlyMap<string, number>> {
		const shownId = await this.#netnsIdOnHost();
		const ids = [...(await this.#allNetnsIds())].filter(([netns]) => isOnHost(this.host, netns));
		return new Map(ids.map(([netns, id]) => [netns, shownId(id)]));
	}

	async #allNetnsIds(): Promise<ReadonlyMap<string, number>> {
		const ids = await this.context.world.kernel.netnsIds(this.netns);
		if (!ids.ok) throw rtnetlink(ids.error);
		return ids.value;
	}

	/** Other machines' namespaces at the far end of a network card have numbers too, which a real machine does not see. */
	async #netnsIdOnHost(): Promise<(id: number) => number> {
		const all = [...(await this.#allNetnsIds())];
		const hidden = all.filter(([netns]) => !isOnHost(this.host, netns)).map(([, id]) => id);
		return (id) => id - hidden.filter((other) => other < id).length;
	}

	/** The device of this name; undefined: there is none. */
	async link(name: string): Promise<Link | undefined> {
		return (await this.links()).find((link) => link.name === name);
	}

	/** The same elsewhere. */
	in(netns: string): IpRun {
		return new IpRun(this.context, this.options, netns);
	}

	async apply(...tx: readonly Op[]): Promise<void> {
		const done = await this.context.world.kernel.apply(this.netns, tx);
		if (!done.ok) throw rtnetlink(done.error);
	}

	write(text: string): void {
		this.context.stdout.write(text);
	}

	/** Prints objects one after another, as text or as one JSON array. */
	print(objects: readonly Printed[]): void {
		const { json, pretty, oneline } = this.options;
		printObjects(this.context, objects, { json, pretty, oneline });
	}

	/** What the other end of a veth is called here. */
	readonly peer = (link: Link): PeerName => peerOnHost(link, this.host);

	/** Names and numbers of routing tables: iproute2's own and those of /etc/iproute2/rt_tables. */
	async tables(): Promise<ReadonlyMap<string, number>> {
		this.#tables ??= await readTables(this.host);
		return this.#tables;
	}

	async tableNames(): Promise<(table: number) => string> {
		const names = new Map([...(await this.tables())].map(([name, id]) => [id, name]));
		return (table) => names.get(table) ?? tableName(table);
	}
}

export function printObjects(context: CommandContext, objects: readonly Printed[], options: PrintOptions): void {
	if (options.json) {
		const values = objects.map((fields): JsonObject => (fields === undefined ? {} : fieldsJson(fields)));
		context.stdout.write(formatJson(values, { pretty: options.pretty }));
		return;
	}
	for (const fields of objects) {
		if (fields === undefined) continue;
		const text = fieldsText(fields);
		const line = text.endsWith("\n") ? text.slice(0, -1) : text;
		context.stdout.write(`${options.oneline ? line.replaceAll("\n", "\\") : line}\n`);
	}
}

/** What a refusal of the kernel looks like, and the exit code. */
export function rtnetlink(error: KernelError, code = 2): ToolExit {
	const { errno, message } = error;
	if (message.startsWith("Cannot find device")) return new ToolExit(1, `${message}\n`);
	if (message.startsWith("argument ")) return new ToolExit(255, `Error: ${message}\n\n`);
	if (message.includes("not modelled")) return new ToolExit(code, `podwire: ${message}\n`);
	if (message === STRERROR[errno]) return new ToolExit(code, `RTNETLINK answers: ${message}\n`);
	return new ToolExit(code, `Error: ${message}${message.endsWith(".") ? "" : "."}\n`);
}

/** The namespace belongs to this machine; a veth to any other is a network card with a cable in it. */
export function isOnHost(host: Host, netns: string): boolean {
	if (netns === host.rootNetns || netns.startsWith(`${host.rootNetns}/`)) return true;
	if ([...host.namedNetns.values()].includes(netns)) return true;
	return [...host.processes.values()].some((process) => process.netns === netns);
}

/** A veth to another machine stands for a network card. */
export function isNetworkCard(link: Link, host: Host): boolean {
	return link.link?.type === "veth" && link.link.peerNetns !== undefined && !isOnHost(host, link.link.peerNetns);
}

function asOnHost(link: Link, host: Host): Link {
	if (!isNetworkCard(link, host)) return link;
	return link.qdisc === "noqueue" ? { ...link, qdisc: "fq_codel" } : link;
}

function peerOnHost(link: Link, host: Host): PeerName {
	if (isNetworkCard(link, host)) return {};
	if (link.link?.type !== "veth") return defaultPeerName(link);
	const { peer, peerNetns } = link.link;
	if (peerNetns === undefined) return { at: peer };
	const name = [...host.namedNetns].find(([, netns]) => netns === peerNetns)?.[0];
	return {
		at: `if${link.peerIfindex ?? 0}`,
		...(name === undefined ? {} : { netns: name }),
		netnsId: link.peerNetnsId ?? 0,
	};
}

async function readTables(host: Host): Promise<ReadonlyMap<string, number>> {
	const tables = new Map([
		["unspec", 0],
		["default", 253],
		["main", 254],
		["local", 255],
	]);
	try {
		const text = await host.files.read("/etc/iproute2/rt_tables", { netns: host.rootNetns });
		for (const line of text.split("\n")) {
			const match = /^\s*(0x[0-9a-f]+|\d+)\s+([^#\s]+)/i.exec(line);
			if (match?.[1] !== undefined && match[2] !== undefined) tables.set(match[2], Number(match[1]));
		}
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
	}
	return tables;
}
