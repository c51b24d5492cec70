/** A kernel that scenarios run on: the port, and what the port lacks or a kernel can do faster than by the port. */
import { err, ok, type Result } from "../base/result.ts";
import { parseIpSetSave } from "../formats/ipset/parse-listing.ts";
import { readTables } from "../formats/known-tables.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { XtChain } from "../kernel/objects.ts";
import { BUILTIN_CHAINS, type Chain, type Rule, type TableName } from "../kernel/xtables.ts";

export interface ScenarioHost {
	readonly kernel: Kernel;
	/** Everything that is due now is done: packets, and what sockets make of them. No time passes on purpose. */
	settle(): Promise<void>;
	/** Lets others work who share the thread, and wait for nothing else. Absent: there are none. */
	breathe?(): Promise<void>;
	/** Takes from a namespace and its new devices what only this machine has and no cable shows. Absent: nothing. */
	prepare?(netns: string, devs: readonly string[]): Promise<Result<void, KernelError>>;
	/** The text's IPv4 tables become just what it says, counters at zero (those in the text are not looked at); other tables stay. */
	loadTables(netns: string, text: string): Promise<Result<void, KernelError>>;
	/** The sets become just those of the text, which `ipset save` printed. No rule may refer to one that is there. */
	loadSets(netns: string, text: string): Promise<Result<void, KernelError>>;
	/** Chains and counters of the IPv4 tables that were loaded. */
	saveTables(netns: string): Promise<Result<readonly XtChain[], KernelError>>;
	/** The values of these sysctls; of those that are not there none. */
	readSysctls(netns: string, keys: readonly string[]): Promise<Result<ReadonlyMap<string, string>, KernelError>>;
	/** As the kernel's `apply`; of what fails, a part may remain. */
	set(netns: string, tx: readonly Op[]): Promise<Result<void, KernelError>>;
	/** Forgets what packets left behind. EBUSY: it cannot. */
	flush(netns: string, left: Leftovers): Promise<Result<void, KernelError>>;
}

/** What packets may have left behind in a namespace. */
export interface Leftovers {
	/** TCP sockets that no program has: in TIME-WAIT and the like. */
	readonly sockets: boolean;
	/** Connection tracking entries. */
	readonly connections: boolean;
	/** What routes learnt of ICMP errors. */
	readonly routes: boolean;
}

/** Any kernel, by nothing but the port, which cannot make it forget what routes learnt. */
export class PortHost implements ScenarioHost {
	readonly kernel: Kernel;
	readonly settle: () => Promise<void>;
	readonly set: ScenarioHost["set"];

	/** `set`: something faster than the port's transactions. */
	constructor(kernel: Kernel, settle: () => Promise<void>, set?: ScenarioHost["set"]) {
		this.kernel = kernel;
		this.settle = settle;
		this.set = set ?? ((netns, tx) => kernel.apply(netns, tx));
	}

	async loadTables(netns: string, text: string): Promise<Result<void, KernelError>> {
		const parsed = readTables(text);
		if (!parsed.ok) return err({ errno: "EINVAL", op: -1, message: `iptables: ${parsed.error.message}` });
		const present = await this.saveTables(netns);
		if (!present.ok) return present;
		const tx = parsed.value.flatMap((table) => {
			const before = present.value.filter((chain) => chain.table === table.name);
			return tableOps(table.name, table.chains, before);
		});
		return this.set(netns, tx);
	}

	async loadSets(netns: string, text: string): Promise<Result<void, KernelError>> {
		const parsed = parseIpSetSave(text);
		if (!parsed.ok) return err({ errno: "EINVAL", op: -1, message: `ipset: ${parsed.error.message}` });
		const present = await this.kernel.dump(netns, ["ipset"]);
		if (!present.ok) return present;
		const sets = present.value.filter((object) => object.kind === "ipset");
		// Lists first, for they hold the sets in them.
		const gone = [
			...sets.filter(({ type }) => type === "list:set"),
			...sets.filter(({ type }) => type !== "list:set"),
		].map((object): Op => ({ verb: "delete", object }));
		const tx = [...gone, ...parsed.value.map((object): Op => ({ verb: "add", object }))];
		return tx.length === 0 ? ok(undefined) : this.kernel.apply(netns, tx);
	}

	async saveTables(netns: string): Promise<Result<readonly XtChain[], KernelError>> {
		const dumped = await this.kernel.dump(netns, ["xt-chain"]);
		if (!dumped.ok) return dumped;
		return ok(dumped.value.filter((object) => object.kind === "xt-chain").filter(({ family }) => family === "ipv4"));
	}

	async readSysctls(netns: string, keys: readonly string[]): Promise<Result<ReadonlyMap<string, string>, KernelError>> {
		const dumped = await this.kernel.dump(netns, ["sysctl"]);
		if (!dumped.ok) return dumped;
		const wanted = new Set(keys);
		const found = dumped.value.filter((object) => object.kind === "sysctl").filter(({ key }) => wanted.has(key));
		return ok(new Map(found.map(({ key, value }) => [key, value])));
	}

	async flush(netns: string, left: Leftovers): Promise<Result<void, KernelError>> {
		const sockets = left.sockets ? this.kernel.sockets.list(netns) : ok([]);
		const lingers =
			!sockets.ok || sockets.value.some(({ protocol, state }) => protocol === "tcp" && state !== "LISTEN");
		if (lingers) return err({ errno: "EBUSY", op: -1, message: "there are TCP connections" });
		if (!left.connections) return ok(undefined);
		const dumped = await this.kernel.dump(netns, ["conntrack"]);
		if (!dumped.ok) return dumped;
		return this.kernel.apply(
			netns,
			dumped.value.map((object): Op => ({ verb: "delete", object })),
		);
	}
}

function uncounted({ matches, target }: Rule): Rule {
	return { matches, target };
}

const ZERO = { packets: 0, bytes: 0 };

function tableOps(table: TableName, chains: readonly Chain[], before: readonly XtChain[]): readonly Op[] {
	const named = new Map(chains.map((chain) => [chain.name, chain]));
	const builtin: readonly string[] = BUILTIN_CHAINS[table];
	const names = new Set([...builtin, ...named.keys()]);
	const load = [...names].map((name): Op => {
		const chain = named.get(name);
		const given = chain?.rules ?? [];
		const rules = given.every(({ counters }) => counters === undefined) ? given : given.map(uncounted);
		const object = { kind: "xt-chain", family: "ipv4", table, chain: name, counters: ZERO, rules } as const;
		return {
			verb: "replace",
			object: builtin.includes(name) ? { ...object, policy: chain?.policy ?? "accept" } : object,
		};
	});
	const gone = before.filter(({ chain }) => !names.has(chain)).map((object): Op => ({ verb: "delete", object }));
	return [...load, ...gone];
}
