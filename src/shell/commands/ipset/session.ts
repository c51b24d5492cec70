/** ipset's commands carried out on the kernel, from one command line or from the lines of a restore. */
import { parseElement } from "../../../formats/ipset/element.ts";
import { elementsOf, hasRange } from "../../../formats/ipset/expand.ts";
import { type IpSetFault, isFault } from "../../../formats/ipset/fault.ts";
import { parseCreateOptions, parseMemberOptions } from "../../../formats/ipset/options.ts";
import { syntaxOf, type TypeSyntax, typeSyntax } from "../../../formats/ipset/types.ts";
import type { IpSet, IpSetEntry, IpSetMember, IpSetOptions } from "../../../kernel/ipset.ts";
import type { KernelError, Op } from "../../../kernel/kernel.ts";
import type { IpAddr, IpFamily } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { ToolExit } from "../tool-exit.ts";

export const TOOL = "ipset v7.17";

/** What the tool asks about a set before it reads an element. */
export interface KnownSet {
	readonly type: TypeSyntax;
	readonly family: IpFamily;
	readonly options: IpSetOptions;
}

/** Leaves with what was wrong with the words. `line`: of the file being restored. */
export function faulty({ code, message }: IpSetFault, line?: number): ToolExit {
	const at = line === undefined || code === 2 ? "" : `Error in line ${line}: `;
	const hint = code === 2 ? "Try `ipset help' for more information.\n" : "";
	return new ToolExit(code, `${TOOL}: ${at}${message}\n${hint}`);
}

/** Leaves with what the kernel said. */
export function refusedBy({ errno, message }: Pick<KernelError, "errno" | "message">, line?: number): ToolExit {
	if (errno === "EOPNOTSUPP") return new ToolExit(2, `podwire: ipset: ${message}\n`);
	return faulty({ code: 1, message }, line);
}

/** The words of one `add`, `del` or `test`. */
export interface ElementWords {
	readonly command: "add" | "del" | "test";
	readonly args: readonly string[];
	readonly line: number | undefined;
}

export class IpSetSession {
	readonly #context: CommandContext;
	readonly #resolve: (name: string, family: IpFamily) => IpAddr | undefined;
	#known: Map<string, KnownSet> | undefined;

	constructor(context: CommandContext, resolve: (name: string, family: IpFamily) => IpAddr | undefined) {
		this.#context = context;
		this.#resolve = resolve;
	}

	/** The sets in order, or the named one. */
	async sets(name: string | undefined, line?: number): Promise<readonly IpSet[]> {
		const { world, netns } = this.#context;
		const dumped = await world.kernel.dump(netns, ["ipset"]);
		if (!dumped.ok) throw refusedBy(dumped.error, line);
		const sets = dumped.value.filter((object) => object.kind === "ipset");
		if (name === undefined) return sets;
		const found = sets.filter((set) => set.name === name);
		if (found.length === 0) throw noSuchSet(line);
		return found;
	}

	async known(name: string, line: number | undefined): Promise<KnownSet> {
		this.#known ??= new Map((await this.sets(undefined)).map((set) => [set.name, knownSet(set)]));
		const found = this.#known.get(name);
		if (found === undefined) throw noSuchSet(line);
		return found;
	}

	async apply(ops: readonly Op[], line?: number): Promise<void> {
		const error = await this.tryApply(ops);
		if (error !== undefined) throw refusedBy(error, line);
	}

	async tryApply(ops: readonly Op[]): Promise<KernelError | undefined> {
		const { world, netns } = this.#context;
		this.#forgetSets(ops);
		const applied = await world.kernel.apply(netns, ops);
		return applied.ok ? undefined : applied.error;
	}

	/** With `exist` a set that is there already and is the same is as good as a new one. */
	async create([name = "", typeName = "", ...words]: readonly string[], exist: boolean, line?: number): Promise<void> {
		const type = typeSyntax(typeName);
		if (type === undefined) {
			throw faulty({ code: 1, message: `Syntax error: typename '${typeName}' is unknown` }, line);
		}
		const parsed = parseCreateOptions(words, type);
		if (isFault(parsed)) throw faulty(parsed, line);
		const set: IpSet = { kind: "ipset", name, type: type.name, ...parsed };
		const error = await this.tryApply([{ verb: "add", object: set }]);
		if (error === undefined) return;
		const isSame = exist && error.errno === "EEXIST" && sameSet((await this.sets(name, line))[0], set);
		if (!isSame) throw refusedBy(error, line);
	}

	/** The element as the port has it. */
	async member({ command, args, line }: ElementWords): Promise<IpSetMember> {
		const [name = "", element = "", ...words] = args;
		const { type, family } = await this.known(name, line);
		const parts = parseElement(element, { type, family, command, resolve: this.#resolve });
		if (isFault(parts)) throw faulty(parts, line);
		const said = parseMemberOptions(words, type, command);
		if (isFault(said)) throw faulty(said, line);
		return { parts, ...said };
	}

	async elementOp(words: ElementWords & { readonly exist: boolean }): Promise<Op> {
		const [set = ""] = words.args;
		const member = await this.member(words);
		const entry: IpSetEntry = { kind: "ipset-entry", set, ...member };
		if (words.command === "add") return { verb: words.exist ? "replace" : "add", object: entry };
		return { verb: "delete", object: words.exist ? { ...entry, ifPresent: true } : entry };
	}

	/**
	 * Elements one after another, as the tool hands them to the kernel: what came before a refused one stays, also within a
	 * range. Returns the index of the operation that was refused.
	 */
	async applyElements(
		ops: readonly Op[],
	): Promise<{ readonly index: number; readonly error: KernelError } | undefined> {
		const error = await this.tryApply(ops);
		if (error === undefined) return undefined;
		const index = Math.max(0, error.op);
		if (index > 0) await this.tryApply(ops.slice(0, index));
		const refused = ops[index];
		if (refused?.object.kind === "ipset-entry") await this.#applyPieces(refused.verb, refused.object);
		return { index, error };
	}

	async #applyPieces(verb: Op["verb"], entry: IpSetEntry): Promise<void> {
		const { type, options } = await this.known(entry.set, undefined);
		if (!hasRange(entry.parts, type)) return;
		for (const parts of elementsOf(entry.parts, type, options)) {
			if ((await this.tryApply([{ verb, object: { ...entry, parts } }])) !== undefined) return;
		}
	}

	/** Sets that come, go or change their names are asked for anew. */
	#forgetSets(ops: readonly Op[]): void {
		if (ops.some(({ object }) => object.kind === "ipset")) this.#known = undefined;
	}
}

function noSuchSet(line: number | undefined): ToolExit {
	return faulty({ code: 1, message: "The set with the given name does not exist" }, line);
}

function knownSet({ name, type, family, options }: IpSet): KnownSet {
	if (type === undefined) throw new Error(`set ${name} has no type`);
	return { type: syntaxOf(type), family: family ?? "ipv4", options: options ?? {} };
}

/** As the kernel compares them: not by what only says how the table is laid out. */
function sameSet(there: IpSet | undefined, wanted: IpSet): boolean {
	if (there?.type !== wanted.type) return false;
	if (there?.family !== undefined && there.family !== (wanted.family ?? "ipv4")) return false;
	return comparable(there?.options) === comparable(wanted.options);
}

function comparable(options: IpSetOptions | undefined): string {
	const {
		hashsize: _size,
		initval: _initval,
		bucketsize: _bucket,
		forceadd: _force,
		size: _list,
		...rest
	} = options ?? {};
	const all = { maxelem: 65_536, markmask: 0xffffffff, ...rest };
	return JSON.stringify(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
