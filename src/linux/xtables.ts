/**
 * iptables of the real kernel: chains and rules of both families. A transaction is worked out against what is there
 * (`xtables-model.ts`) and loaded by one process; who made a rule (`origin`) is not known to the kernel, and a dump has none.
 *
 * Linux keeps a table that was ever used: what is taken back leaves it empty, not away.
 *
 * Sets (`-m set`) are not here. Their driver belongs beside this one, in the same shape: `runProgram` with `ipset restore`
 * (text by stdin) and `ipset save`, another `ObjectDriver` for the kinds of sets. A transaction names sets before the rules
 * that use them and deletes them after; a set in use cannot go (EBUSY), and a rule for one that is not there is ENOENT.
 */
import { err, ok, type Result } from "../base/result.ts";
import { readTables } from "../formats/known-tables.ts";
import type { KernelError } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind, XtChain, XtRule } from "../kernel/objects.ts";
import { TABLE_NAMES, type Table, type TableName } from "../kernel/xtables.ts";
import type { IpFamily } from "../wire/addr.ts";
import type { IndexedOp, ObjectDriver, Undo } from "./driver.ts";
import type { LinuxNetns } from "./netns.ts";
import { countedTables } from "./xtables-counters.ts";
import { emptyTables, isEmptyTable } from "./xtables-empty.ts";
import { restoreFailure } from "./xtables-error.ts";
import { RestoreFeeds } from "./xtables-feed.ts";
import { LOG_TAG_LENGTH, tagObject, untagTable } from "./xtables-log-tag.ts";
import { XtModel } from "./xtables-model.ts";
import { changeText, undoText } from "./xtables-text.ts";
import {
	defaultBackend,
	hasRules,
	legacyTables,
	restoreXtables,
	saveXtables,
	type XtBackend,
	type XtFailure,
} from "./xtables-tool.ts";
import { chainObjects, wholeText } from "./xtables-whole.ts";

export interface XtablesOptions {
	/** `auto`: the one that has rules in the namespace; where neither or both have, that of the program `iptables`. Default. */
	readonly backend?: XtBackend | "auto";
	/** At most 5 characters before the prefix of every LOG rule, hidden in dumps. */
	readonly logTag?: string;
}

export interface WholeOptions {
	/** Default IPv4. */
	readonly family?: IpFamily;
	/** Default: the driver's. */
	readonly backend?: XtBackend;
}

const FAMILIES: readonly IpFamily[] = ["ipv4", "ipv6"];
const NOTHING: Undo = () => undefined;

interface XtOp {
	readonly index: number;
	readonly verb: IndexedOp["op"]["verb"];
	readonly object: XtChain | XtRule;
}

export class XtablesDriver implements ObjectDriver {
	readonly kinds: readonly KernelObjectKind[] = ["xt-chain", "xt-rule"];
	readonly #backend: XtBackend | "auto";
	readonly #tag: string;
	#default: XtBackend | undefined;
	/** Where `auto` has been decided by rules. */
	readonly #decided: WeakMap<LinuxNetns, XtBackend> = new WeakMap();
	/** Backend, family and table: those that were used through here, and so are in use for ever. */
	readonly #inUse: WeakMap<LinuxNetns, Set<string>> = new WeakMap();
	/** The IPv4 rules of the legacy backend, where they were loaded whole and not changed since. */
	readonly #whole: WeakMap<LinuxNetns, readonly Table[]> = new WeakMap();
	readonly #feeds = new RestoreFeeds();

	constructor(options: XtablesOptions = {}) {
		this.#backend = options.backend ?? "auto";
		this.#tag = options.logTag ?? "";
		if (this.#tag.length > LOG_TAG_LENGTH) throw new Error(`log tag longer than ${LOG_TAG_LENGTH}: ${this.#tag}`);
	}

	apply(
		netns: LinuxNetns,
		ops: readonly IndexedOp[],
		options: { readonly undoable: boolean },
	): Result<Undo, KernelError> {
		const mine: XtOp[] = [];
		for (const { index, op } of ops) {
			const { verb, object } = op;
			if (object.kind !== "xt-chain" && object.kind !== "xt-rule") continue;
			const tagged = tagObject(object, this.#tag);
			if (!tagged.ok) return err({ errno: "EINVAL", op: index, message: tagged.error });
			mine.push({ index, verb, object: tagged.value });
		}
		const families = FAMILIES.filter((family) => mine.some(({ object }) => object.family === family));
		const undos: Undo[] = [];
		for (const family of families) {
			const own = mine.filter(({ object }) => object.family === family);
			const undoable = options.undoable || families.length > 1;
			const done = this.#applyFamily(netns, own, { family, undoable });
			if (!done.ok) {
				for (const undo of undos.reverse()) undo();
				return done;
			}
			undos.push(done.value);
		}
		return ok(() => {
			for (const undo of undos.reverse()) undo();
		});
	}

	dump(netns: LinuxNetns, kind: KernelObjectKind): Result<readonly KernelObject[], KernelError> {
		if (kind !== "xt-chain") return ok([]);
		const chains: XtChain[] = [];
		for (const family of FAMILIES) {
			const saved = this.save(netns, { family });
			if (!saved.ok) return saved;
			chains.push(...saved.value);
			if (this.#backend !== "auto") continue;
			const other = this.#backendOf(netns) === "nft" ? "legacy" : "nft";
			const others = saveXtables(netns, { family, backend: other });
			if (others.ok && hasRules(others.value)) chains.push(...this.#objects(others.value, family));
		}
		return ok(chains);
	}

	/** The chains of one family with their counters, by one process at most. */
	save(netns: LinuxNetns, options: WholeOptions = {}): Result<readonly XtChain[], KernelError> {
		const { family = "ipv4", backend = this.#backendOf(netns) } = options;
		const whole = family === "ipv4" && backend === "legacy" ? this.#whole.get(netns) : undefined;
		const counted = whole === undefined ? undefined : countedTables(netns, whole);
		if (counted !== undefined) return ok(chainObjects(counted, family));
		const saved = saveXtables(netns, { family, backend });
		return saved.ok ? ok(this.#objects(saved.value, family)) : saved;
	}

	/**
	 * Makes the namespace have the rules of a text of iptables-save and no others, in one process, which may stay: tables that
	 * the text does not name are emptied, policies it does not say are ACCEPT. The tables before one that fails stay loaded.
	 */
	replaceAll(netns: LinuxNetns, text: string, options: WholeOptions = {}): Result<void, KernelError> {
		const { family = "ipv4", backend = this.#backendOf(netns) } = options;
		const isKept = family === "ipv4" && backend === "legacy";
		const known = isKept ? this.#whole.get(netns) : undefined;
		const tables = isKept ? readTables(text) : undefined;
		const plan = tables?.ok === true ? emptyPlan(tables.value, known) : undefined;
		const say = (empty: ReadonlySet<TableName>): ReturnType<typeof wholeText> =>
			wholeText(text, { family, tag: this.#tag, empty });
		// Before anything is changed: a text that cannot be loaded leaves all as it was.
		const spared = say(plan?.empty ?? NO_TABLES);
		const isDone = !spared.ok || plan === undefined || emptyTables(netns, plan.wanted);
		const whole = isDone ? spared : say(NO_TABLES);
		if (!whole.ok) return err({ errno: "EINVAL", op: -1, message: whole.error });
		if (family === "ipv4") this.#whole.delete(netns);
		const loaded = whole.value.text === "" ? ok(undefined) : this.#load(netns, whole.value.text, { family, backend });
		if (loaded.ok) {
			if (tables?.ok === true) this.#whole.set(netns, allTables(tables.value));
			return loaded;
		}
		const at = loaded.error.lines.map((line) => whole.value.lines[line - 1] ?? 0).filter((line) => line > 0);
		const where = at.length === 0 ? "" : `line ${at.join(", ")}: `;
		const { errno, message } = restoreFailure(loaded.error);
		return err({ errno, op: -1, message: `${where}${message}` });
	}

	/** Ends what runs in a namespace that ends. */
	forget(netns: LinuxNetns): void {
		this.#feeds.end(netns);
	}

	#load(
		netns: LinuxNetns,
		text: string,
		{ family, backend }: { readonly family: IpFamily; readonly backend: XtBackend },
	): Result<void, XtFailure> {
		const fed = family === "ipv4" && backend === "legacy" ? this.#feeds.load(netns, text) : undefined;
		return fed ?? restoreXtables(netns, text, { family, backend, noflush: false });
	}

	#applyFamily(
		netns: LinuxNetns,
		ops: readonly XtOp[],
		how: { readonly family: IpFamily; readonly undoable: boolean },
	): Result<Undo, KernelError> {
		const { family } = how;
		this.#whole.delete(netns);
		const backend = this.#backendOf(netns);
		const [table, ...otherTables] = new Set(ops.map(({ object }) => object.table));
		const isOneTable = otherTables.length === 0;
		// Asked for one table, the programs do not tell whether it is in use.
		const only =
			isOneTable && this.#inUse.get(netns)?.has(`${backend} ${family} ${table}`) === true ? table : undefined;
		const needsBefore = how.undoable || only === undefined || !ops.every(isWhole);
		const before = needsBefore
			? saveXtables(netns, { family, backend, ...(only === undefined ? {} : { table: only }) })
			: ok(undefined);
		if (!before.ok) return before;
		const model = new XtModel(before.value);
		for (const { index, verb, object } of ops) {
			const done = model.apply(verb, object, index);
			if (!done.ok) return err({ ...done.error, op: index });
		}
		const change = changeText(model, backend);
		if (change.unwritable !== undefined) {
			return err({
				errno: "EINVAL",
				op: change.unwritable,
				message: "a rule with a line break in it cannot be loaded",
			});
		}
		if (change.isEmpty) return ok(NOTHING);
		const loaded = restoreXtables(netns, change.text, { family, backend, noflush: true });
		const undo: Undo = () => void restoreXtables(netns, undoText(change.tables), { family, backend, noflush: true });
		if (!loaded.ok) {
			// Why it fails shows only with what is there.
			if (before.value === undefined) return this.#applyFamily(netns, ops, { family, undoable: true });
			if (!isOneTable) undo();
			const failed = { family, backend, before: before.value, change, ops };
			return err(restoreFailure(loaded.error, failed));
		}
		if (this.#backend === "auto") this.#decided.set(netns, backend);
		const inUse = this.#inUse.get(netns) ?? new Set();
		for (const { name } of change.tables) inUse.add(`${backend} ${family} ${name}`);
		this.#inUse.set(netns, inUse);
		return ok(undo);
	}

	#objects(tables: Parameters<typeof chainObjects>[0], family: IpFamily): readonly XtChain[] {
		return chainObjects(
			tables.map((table) => untagTable(table, this.#tag)),
			family,
		);
	}

	#backendOf(netns: LinuxNetns): XtBackend {
		if (this.#backend !== "auto") return this.#backend;
		const decided = this.#decided.get(netns);
		if (decided !== undefined) return decided;
		this.#default ??= defaultBackend(netns);
		const isUsed = (backend: XtBackend): boolean =>
			FAMILIES.some((family) => {
				if (backend === "legacy" && legacyTables(netns, family).length === 0) return false;
				const saved = saveXtables(netns, { family, backend });
				return saved.ok && hasRules(saved.value);
			});
		const other = this.#default === "nft" ? "legacy" : "nft";
		if (!isUsed(other)) return this.#default;
		if (isUsed(this.#default)) return this.#default;
		this.#decided.set(netns, other);
		return other;
	}
}

const NO_TABLES: ReadonlySet<TableName> = new Set();

/** The tables that are to be empty, for the text says so or nothing; of those `wanted` are not known to be. */
function emptyPlan(
	tables: readonly Table[],
	known: readonly Table[] | undefined,
): { readonly empty: ReadonlySet<TableName>; readonly wanted: readonly TableName[] } {
	const unused = new Set(known?.filter(({ chains }) => chains.length === 0).map(({ name }) => name));
	const named = new Set(tables.map(({ name }) => name));
	const filled = new Set(tables.filter((table) => !isEmptyTable(table)).map(({ name }) => name));
	const empty = TABLE_NAMES.filter((name) => !filled.has(name));
	return { empty: new Set(empty), wanted: empty.filter((name) => named.has(name) || !unused.has(name)) };
}

/** Also those that are there and empty. */
function allTables(tables: readonly Table[]): readonly Table[] {
	const missing = TABLE_NAMES.filter((name) => !tables.some((table) => table.name === name));
	return [...tables, ...missing.map((name) => ({ name, chains: [] }))];
}

function isWhole({ verb, object }: XtOp): boolean {
	return verb === "replace" && object.kind === "xt-chain" && object.keepRules !== true;
}
