/** The machine's own kernel behind the port. It touches only the namespaces that it made, or was told to adopt. */
import { err, ok, type Result } from "../base/result.ts";
import type { ConntrackEvent, ConntrackStats } from "../kernel/conntrack.ts";
import type { IpSetMember } from "../kernel/ipset.ts";
import type {
	CapturedFrame,
	CaptureOptions,
	Clock,
	Errno,
	Kernel,
	KernelError,
	LogLine,
	Op,
} from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { RouteAnswer, RouteQuery } from "../kernel/route-query.ts";
import type { Sockets } from "../kernel/socket.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import type { IndexedOp, NetnsTable, ObjectDriver, Undo } from "./driver.ts";
import { testLinuxIpSet } from "./ipset.ts";
import { missingOnThisMachine } from "./missing.ts";
import { Rtnl } from "./netlink/rtnl.ts";
import type { LinuxNetns } from "./netns.ts";
import { NetnsList } from "./netns-list.ts";
import { dumpLinkStates } from "./objects/link-dump.ts";
import { routeGet } from "./objects/route-get.ts";
import { RtnetlinkDriver } from "./objects/rtnetlink-driver.ts";
import { SysctlDriver } from "./objects/sysctl.ts";

export interface LinuxKernelOptions {
	/** Given: namespaces get names in /run/netns, `<prefix><name with "-" for "/">`, and outlive the process. */
	readonly persistPrefix?: string;
}

export interface ApplyOptions {
	readonly keepsParts?: boolean;
}

/** What this kernel is made of beside rtnetlink and sysctls. */
export interface LinuxParts {
	readonly clock: Clock;
	readonly sockets: Sockets;
	/** Drivers of the other kinds of objects. */
	readonly drivers: readonly ObjectDriver[];
	run(done: () => boolean, timeoutNs: number): Promise<boolean>;
	capture(
		netns: LinuxNetns,
		options: CaptureOptions,
		listener: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError>;
	conntrackEvents(netns: LinuxNetns, listener: (event: ConntrackEvent) => void): Result<() => void, KernelError>;
	conntrackStats(netns: LinuxNetns): Result<ConntrackStats, KernelError>;
	log(): readonly LogLine[];
	/** Closes what is open in a namespace that ends. */
	forget(netns: LinuxNetns): void;
	close(): void;
}

/** All kinds, in the order of a whole dump: what others stand on first. */
const KINDS: readonly KernelObjectKind[] = [
	"link",
	"addr",
	"route",
	"rule",
	"neigh",
	"fdb",
	"bridge-vlan",
	"sysctl",
	"nfacct",
	"ipset",
	"ipset-entry",
	"ipvs-service",
	"ipvs-destination",
	"ipvs-connection",
	"ipvs-timeouts",
	"xt-chain",
	"xt-rule",
	"conntrack",
];

export class LinuxKernel implements Kernel {
	readonly clock: Clock;
	readonly sockets: Sockets;
	readonly #table: NetnsList;
	readonly #rtnl: Rtnl;
	readonly #rtnetlink: RtnetlinkDriver;
	readonly #drivers = new Map<KernelObjectKind, ObjectDriver>();
	readonly #parts: LinuxParts;
	#closed = false;

	constructor(makeParts: (table: NetnsTable) => LinuxParts, options: LinuxKernelOptions = {}) {
		this.#table = new NetnsList(options.persistPrefix);
		this.#rtnl = new Rtnl(this.#table);
		this.#rtnetlink = new RtnetlinkDriver(this.#rtnl);
		this.#parts = makeParts(this.#table);
		this.clock = this.#parts.clock;
		this.sockets = this.#parts.sockets;
		for (const driver of [this.#rtnetlink, new SysctlDriver(), ...this.#parts.drivers]) {
			for (const kind of driver.kinds) this.#drivers.set(kind, driver);
		}
	}

	/** What this machine lacks for it, a sentence each; empty: nothing. */
	static missing(): readonly string[] {
		return missingOnThisMachine();
	}

	async addNetns(name: string): Promise<Result<void, KernelError>> {
		const made = this.#table.create(name);
		return made.ok ? ok(undefined) : made;
	}

	/**
	 * Works in a namespace that is there already: by its name in /run/netns, and then `deleteNetns` deletes it as its own, or by
	 * an absolute path.
	 */
	adoptNetns(name: string, file: string): Result<void, KernelError> {
		const adopted = this.#table.adopt(name, file);
		if (!adopted.ok) return adopted;
		const links = dumpLinkStates(this.#rtnl, adopted.value);
		if (links.ok) this.#rtnl.skipIfindexes(Math.max(0, ...links.value.map(({ ifindex }) => ifindex)));
		return ok(undefined);
	}

	/** Returns when the namespace's devices are gone, with their peers elsewhere. */
	async deleteNetns(name: string): Promise<Result<void, KernelError>> {
		const netns = this.#table.find(name);
		if (netns === undefined) {
			return failed("ENOENT", `Cannot remove namespace file "/run/netns/${name}": No such file or directory`);
		}
		this.#rtnetlink.deletePaired(netns);
		this.#forget(netns);
		this.#table.remove(netns);
		await this.#rtnetlink.settle();
		return ok(undefined);
	}

	async listNetns(): Promise<readonly string[]> {
		return this.#table.all().map(({ name }) => name);
	}

	/** Returns when devices that were brought up have their carrier. `keepsParts`: on an error a part may remain, which is faster. */
	async apply(netns: string, tx: readonly Op[], options: ApplyOptions = {}): Promise<Result<void, KernelError>> {
		const found = this.#find(netns);
		if (!found.ok) return found;
		const done = this.#applyAll(found.value, tx, options);
		await this.#rtnetlink.settle();
		return done;
	}

	async dump(
		netns: string,
		kinds: readonly KernelObjectKind[] = KINDS,
	): Promise<Result<readonly KernelObject[], KernelError>> {
		const found = this.#find(netns);
		if (!found.ok) return found;
		const objects: KernelObject[] = [];
		for (const kind of kinds) {
			const dumped = this.#drivers.get(kind)?.dump(found.value, kind);
			if (dumped?.ok === false) return dumped;
			for (const object of dumped?.value ?? []) objects.push(object);
		}
		return ok(objects);
	}

	async routeGet(netns: string, query: RouteQuery): Promise<Result<RouteAnswer, KernelError>> {
		const found = this.#find(netns);
		return found.ok ? routeGet(this.#rtnl.socket(found.value), query) : found;
	}

	async netnsIds(netns: string): Promise<Result<ReadonlyMap<string, number>, KernelError>> {
		const found = this.#find(netns);
		if (!found.ok) return found;
		return ok(new Map([...this.#rtnl.netnsIds(found.value)].map(([id, { name }]) => [name, id])));
	}

	async testIpSet(netns: string, set: string, member: IpSetMember): Promise<Result<boolean, KernelError>> {
		const found = this.#find(netns);
		return found.ok ? testLinuxIpSet(found.value, set, member) : found;
	}

	run(done: () => boolean, timeoutNs: number): Promise<boolean> {
		return this.#parts.run(done, timeoutNs);
	}

	/** The real kernel tells nobody what it does with a packet. */
	trace(_listener: (event: TraceEvent) => void): undefined {
		return undefined;
	}

	capture(
		netns: string,
		options: CaptureOptions,
		listener: (frame: CapturedFrame) => void,
	): Result<() => void, KernelError> {
		const found = this.#find(netns);
		return found.ok ? this.#parts.capture(found.value, options, listener) : found;
	}

	conntrackEvents(netns: string, listener: (event: ConntrackEvent) => void): Result<() => void, KernelError> {
		const found = this.#find(netns);
		return found.ok ? this.#parts.conntrackEvents(found.value, listener) : found;
	}

	conntrackStats(netns: string): Result<ConntrackStats, KernelError> {
		const found = this.#find(netns);
		return found.ok ? this.#parts.conntrackStats(found.value) : found;
	}

	log(): readonly LogLine[] {
		return this.#parts.log();
	}

	/** Frees everything; once is enough. Namespaces without a name in /run/netns end. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#parts.close();
		this.#rtnl.close();
		this.#table.close();
	}

	#applyAll(netns: LinuxNetns, tx: readonly Op[], options: ApplyOptions): Result<void, KernelError> {
		const undos: Undo[] = [];
		let next = 0;
		while (next < tx.length) {
			const group = this.#group(tx, next);
			const undoable = next + group.ops.length < tx.length;
			const done = group.driver?.apply(netns, group.ops, { undoable, ...options }) ?? notModelled(group.ops);
			if (!done.ok) {
				if (options.keepsParts !== true) for (const undo of undos.reverse()) undo();
				return done;
			}
			undos.push(done.value);
			next += group.ops.length;
		}
		return ok(undefined);
	}

	/** The operations from `first` that one driver can carry out together. */
	#group(
		tx: readonly Op[],
		first: number,
	): { readonly driver: ObjectDriver | undefined; readonly ops: readonly IndexedOp[] } {
		const ops: IndexedOp[] = [];
		let driver: ObjectDriver | undefined;
		for (let index = first; index < tx.length; index += 1) {
			const op = tx[index];
			if (op === undefined) break;
			const its = this.#drivers.get(op.object.kind);
			if (ops.length > 0 && its !== driver) break;
			driver = its;
			ops.push({ index, op });
		}
		return { driver, ops };
	}

	#forget(netns: LinuxNetns): void {
		this.#parts.forget(netns);
		this.#rtnl.forget(netns);
	}

	#find(name: string): Result<LinuxNetns, KernelError> {
		const netns = this.#table.find(name);
		if (netns !== undefined) return ok(netns);
		return failed("ENOENT", `Cannot open network namespace "${name}": No such file or directory`);
	}
}

function failed(errno: Errno, message: string): { readonly ok: false; readonly error: KernelError } {
	return err({ errno, op: -1, message });
}

function notModelled(ops: readonly IndexedOp[]): Result<Undo, KernelError> {
	const [first] = ops;
	const message = `objects of kind ${first?.op.object.kind} are not modelled`;
	return err({ errno: "EOPNOTSUPP", op: first?.index ?? -1, message });
}
