/**
 * ipsets of the real kernel, by `ipset restore` and `ipset list`. What the tool is given is built here word by word, and words
 * that would not be one word in its input are refused.
 */
import { err, ok, type Result } from "../base/result.ts";
import { formatElement } from "../formats/ipset/element.ts";
import { formatCreateOptions, formatMemberOptions } from "../formats/ipset/options.ts";
import { parseIpSetList } from "../formats/ipset/parse-listing.ts";
import { syntaxOf } from "../formats/ipset/types.ts";
import type { IpSet, IpSetEntry, IpSetMember, IpSetType } from "../kernel/ipset.ts";
import type { Errno, KernelError } from "../kernel/kernel.ts";
import type { KernelObject } from "../kernel/objects.ts";
import type { IndexedOp, ObjectDriver, Undo } from "./driver.ts";
import type { LinuxNetns } from "./netns.ts";
import { type ProgramRun, runAside, runProgram } from "./program.ts";

const IPSET = "ipset";
/** Stands in for a set while its new contents are put together. */
const SCRATCH_SET = "podwire-scratch";

export const ipSetDriver: ObjectDriver = {
	kinds: ["ipset", "ipset-entry"],
	apply(netns, ops, { undoable }) {
		const before = ops.length > 1 || undoable ? remember(netns, touched(ops)) : new Map<string, IpSet | undefined>();
		const done = carryOut(netns, ops);
		const undo: Undo = () => putBack(netns, before);
		if (done.ok) return ok(undo);
		undo();
		return done;
	},
	dump(netns, kind): Result<readonly KernelObject[], KernelError> {
		return kind === "ipset" ? listSets(netns, []) : ok([]);
	},
};

/** The names of the sets that `replaceIpSets` loaded last, in the order in which they can go. */
const loaded: WeakMap<LinuxNetns, readonly string[]> = new WeakMap();

/**
 * The namespace's sets become just those of the text, which `ipset save` printed; one process. Those that were loaded so
 * before are destroyed by their names: only lists wait then until everything destroyed before is gone (15 ms), while
 * others may work (`ended` as in `runAside`).
 */
export async function replaceIpSets(
	netns: LinuxNetns,
	text: string,
	ended: (pidFd: number) => Promise<void>,
): Promise<Result<void, KernelError>> {
	const before = loaded.get(netns);
	loaded.delete(netns);
	// Lists are emptied first, for they hold the sets in them.
	const all = `flush\ndestroy\n${text}\n`;
	const named = before?.map((name) => `destroy ${name}\n`).join("");
	const restore = (input: string): Promise<ProgramRun> => runAside(netns, [IPSET, "restore"], { input, ended });
	let run = await restore(named === undefined ? all : `${named}${text}\n`);
	// Somebody else made or took sets.
	if (run.code !== 0 && named !== undefined) run = await restore(all);
	if (run.code !== 0) return failed(messageOf(run.err), -1);
	const sets = [...text.matchAll(/^create (\S+) (\S+)/gm)].map(([, name = "", type]) => ({ name, type }));
	const isList = ({ type }: { readonly type: string | undefined }): boolean => type === "list:set";
	loaded.set(
		netns,
		[...sets.filter(isList), ...sets.filter((set) => !isList(set))].map(({ name }) => name),
	);
	return ok(undefined);
}

/** `ipset test`. */
export function testLinuxIpSet(netns: LinuxNetns, set: string, member: IpSetMember): Result<boolean, KernelError> {
	const found = listSets(netns, [set]);
	if (!found.ok) return found;
	const [known] = found.value;
	if (known?.type === undefined) return failed("The set with the given name does not exist", -1);
	const nomatch = member.nomatch === true ? ["nomatch"] : [];
	const words = [set, formatElement(member.parts, { name: known.type }), ...nomatch];
	const { code, err: stderr } = runIpSet(netns, ["test", ...words], "");
	if (code === 0) return ok(true);
	return stderr.includes(" is NOT in set ") ? ok(false) : failed(messageOf(stderr), -1);
}

interface Line {
	readonly text: string;
	readonly op: number;
	/** What is there already, or not there, is no error. The tool takes this for a whole run. */
	readonly exist: boolean;
}

function carryOut(netns: LinuxNetns, ops: readonly IndexedOp[]): Result<void, KernelError> {
	const types = new Map<string, IpSetType | undefined>();
	const listed = listSets(netns, ["-t"]);
	if (!listed.ok) return listed;
	for (const { name, type } of listed.value) types.set(name, type);
	const lines: Line[] = [];
	for (const { index, op } of ops) {
		const { object, verb } = op;
		if (object.kind !== "ipset" && object.kind !== "ipset-entry") continue;
		const made = object.kind === "ipset" ? setLines(object, verb, types) : entryLines(object, verb, types);
		if (!made.ok) return failed(made.error, index);
		const exist = object.kind === "ipset-entry" && (verb === "replace" || object.ifPresent === true);
		for (const text of made.value) {
			if (/[\n\r\0]/.test(text)) return failed("Syntax error: a line break in a word", index);
			lines.push({ text, op: index, exist });
		}
	}
	return restoreLines(netns, lines);
}

/** Runs of lines that are alike in `exist`, one process each. */
function restoreLines(netns: LinuxNetns, lines: readonly Line[]): Result<void, KernelError> {
	for (let from = 0; from < lines.length; ) {
		const exist = lines[from]?.exist === true;
		let to = from;
		while (to < lines.length && lines[to]?.exist === exist) to += 1;
		const run = lines.slice(from, to);
		const args = exist ? ["-exist", "restore"] : ["restore"];
		const { code, err: stderr } = runIpSet(netns, args, `${run.map(({ text }) => text).join("\n")}\n`);
		if (code !== 0) {
			const number = /Error in line (\d+): /.exec(stderr)?.[1];
			const line = number === undefined ? undefined : run[Number(number) - 1];
			return failed(messageOf(stderr), line?.op ?? run[0]?.op ?? -1);
		}
		from = to;
	}
	return ok(undefined);
}

function setLines(
	set: IpSet,
	verb: "add" | "replace" | "delete",
	types: Map<string, IpSetType | undefined>,
): Result<readonly string[], string> {
	const name = word(set.name);
	if (name === undefined) return err(`Syntax error: bad set name ${JSON.stringify(set.name)}`);
	if (verb === "delete") {
		types.delete(set.name);
		return ok([`destroy ${name}`]);
	}
	if (set.newName !== undefined || set.swapWith !== undefined) {
		const other = word(set.newName ?? set.swapWith ?? "");
		if (other === undefined) return err("Syntax error: bad set name");
		if (set.newName !== undefined) {
			types.set(set.newName, types.get(set.name));
			types.delete(set.name);
		}
		return ok([`${set.newName === undefined ? "swap" : "rename"} ${name} ${other}`]);
	}
	const isThere = types.has(set.name);
	const type = set.type ?? types.get(set.name);
	if (type === undefined) return err("The set with the given name does not exist");
	if (verb === "replace" && isThere) {
		if (set.entries === undefined) return ok([]);
		if (set.entries.length === 0) return ok([`flush ${name}`]);
		const lines = contents({ ...set, type }, SCRATCH_SET);
		return lines.ok ? ok([...lines.value, `swap ${SCRATCH_SET} ${name}`, `destroy ${SCRATCH_SET}`]) : lines;
	}
	types.set(set.name, type);
	return contents({ ...set, type }, name);
}

/** `create` and `add` lines. */
function contents(set: IpSet & { readonly type: IpSetType }, name: string): Result<readonly string[], string> {
	const type = syntaxOf(set.type);
	const options = formatCreateOptions(set, type);
	const lines = [`create ${name} ${type.name} ${options}${set.options?.forceadd === true ? " forceadd" : ""}`];
	for (const member of set.entries ?? []) {
		const text = memberText(member, set.type);
		if (text === undefined) return err("Syntax error: bad element");
		lines.push(`add ${name} ${text}`);
	}
	return ok(lines);
}

function entryLines(
	entry: IpSetEntry,
	verb: "add" | "replace" | "delete",
	types: ReadonlyMap<string, IpSetType | undefined>,
): Result<readonly string[], string> {
	const type = types.get(entry.set);
	const name = word(entry.set);
	if (type === undefined || name === undefined) return err("The set with the given name does not exist");
	const { before, after, parts } = entry;
	const text = memberText(
		verb === "delete"
			? { parts, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
			: entry,
		type,
	);
	if (text === undefined) return err("Syntax error: bad element");
	return ok([`${verb === "delete" ? "del" : "add"} ${name} ${text}`]);
}

function memberText(member: IpSetMember, type: IpSetType): string | undefined {
	const element = word(formatElement(member.parts, { name: type }));
	const beside = [member.before, member.after].every((name) => name === undefined || word(name) !== undefined);
	if (element === undefined || !beside || member.comment?.includes('"') === true) return undefined;
	return `${element}${formatMemberOptions(member)}`;
}

/** Undefined: the tool would not take it for one word. */
function word(text: string): string | undefined {
	return /^[^\s"#-][^\s"]*$/.test(text) ? text : undefined;
}

/** The names that operations are about. */
function touched(ops: readonly IndexedOp[]): ReadonlySet<string> {
	const names = new Set<string>();
	for (const { object } of ops.map(({ op }) => op)) {
		if (object.kind === "ipset-entry") names.add(object.set);
		if (object.kind !== "ipset") continue;
		for (const name of [object.name, object.newName, object.swapWith]) if (name !== undefined) names.add(name);
	}
	return names;
}

/** The sets as they are; undefined: there is none of the name. */
function remember(netns: LinuxNetns, names: ReadonlySet<string>): ReadonlyMap<string, IpSet | undefined> {
	const listed = listSets(netns, []);
	const sets = listed.ok ? listed.value : [];
	return new Map([...names].map((name) => [name, sets.find((set) => set.name === name)]));
}

/** Best effort: contents come back by a swap, so that what refers to a set goes on referring to it. */
function putBack(netns: LinuxNetns, before: ReadonlyMap<string, IpSet | undefined>): void {
	runIpSet(netns, ["-q", "destroy", SCRATCH_SET], "");
	const listed = listSets(netns, ["-t"]);
	const now = new Map((listed.ok ? listed.value : []).map((set) => [set.name, set]));
	for (const [name, set] of before) {
		const there = now.get(name);
		if (set === undefined) {
			if (there !== undefined) runIpSet(netns, ["-q", "destroy", name], "");
			continue;
		}
		const isSame = there?.type === set.type && there?.family === set.family;
		if (there !== undefined && !isSame) runIpSet(netns, ["-q", "destroy", name], "");
		const made = set.type === undefined ? undefined : contents({ ...set, type: set.type }, isSame ? SCRATCH_SET : name);
		if (made?.ok !== true) continue;
		const after = isSame ? [`swap ${SCRATCH_SET} ${name}`, `destroy ${SCRATCH_SET}`] : [];
		runIpSet(netns, ["restore"], `${[...made.value, ...after].join("\n")}\n`);
	}
}

function listSets(netns: LinuxNetns, args: readonly string[]): Result<readonly IpSet[], KernelError> {
	const { code, out: stdout, err: stderr } = runIpSet(netns, ["list", ...args], "");
	if (code !== 0) return failed(messageOf(stderr), -1);
	const parsed = parseIpSetList(stdout);
	return parsed.ok ? parsed : failed(`ipset list, line ${parsed.error.line}: ${parsed.error.message}`, -1);
}

function runIpSet(netns: LinuxNetns, args: readonly string[], input: string): ProgramRun {
	return runProgram(netns, [IPSET, ...args], input);
}

/** Without the tool's name and the line. */
function messageOf(stderr: string): string {
	return stderr.replace(/^ipset v[\d.]+: (Error in line \d+: )?/, "").trimEnd();
}

const ERRNOS: readonly (readonly [RegExp, Errno])[] = [
	[/already (exists|added)/, "EEXIST"],
	[/does not exist|not added/, "ENOENT"],
	[/in use/, "EBUSY"],
	[/set type not supported/, "EOPNOTSUPP"],
	[/out of the range|exceeds|whole address space/, "ERANGE"],
	[/is full|Cannot allocate memory/, "ENOMEM"],
	[/not permitted|Permission denied/, "EPERM"],
	[/longer than/, "ENAMETOOLONG"],
	[/^ipset: /, "EIO"],
];

function failed(message: string, op: number): { readonly ok: false; readonly error: KernelError } {
	const errno = ERRNOS.find(([pattern]) => pattern.test(message))?.[1] ?? "EINVAL";
	return err({ errno, op, message });
}
