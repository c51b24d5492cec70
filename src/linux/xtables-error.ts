/** What iptables-restore complains about, as an error of the port: which errno, which operation. */

import { formatIptablesSave } from "../formats/iptables-save.ts";
import type { Errno, KernelError, Verb } from "../kernel/kernel.ts";
import type { XtChain, XtRule } from "../kernel/objects.ts";
import type { Rule, Table } from "../kernel/xtables.ts";
import type { IpFamily } from "../wire/addr.ts";
import { closeNetns, createNetns } from "./netns.ts";
import { errnoIn } from "./program.ts";
import { XtModel } from "./xtables-model.ts";
import { changeText, type XtText } from "./xtables-text.ts";
import { restoreXtables, type XtBackend, type XtFailure } from "./xtables-tool.ts";

/** What was tried. */
export interface FailedLoad {
	readonly family: IpFamily;
	readonly backend: XtBackend;
	/** The tables as they were. */
	readonly before: readonly Table[];
	readonly change: XtText;
	readonly ops: readonly { readonly index: number; readonly verb: Verb; readonly object: XtChain | XtRule }[];
}

/** Without `failed`, only what the message itself says. */
export function restoreFailure(failure: XtFailure, failed?: FailedLoad): KernelError {
	const { message } = failure;
	if (failure.missing === true) return { errno: "EOPNOTSUPP", op: -1, message };
	if (failed === undefined) return { errno: errnoOf(message), op: -1, message };
	const missingChain =
		/(?:Chain|goto) '(.+?)' (?:does not exist|is not a chain)/.exec(message)?.[1] ?? missingTarget(message, failed);
	if (missingChain !== undefined) return { errno: "ENOENT", op: jumper(missingChain, failed), message };
	const op = failure.lines.map((line) => failed.change.ops[line - 1]).find((each) => each !== undefined);
	if (op !== undefined && deletesChain(failure, failed)) {
		return { errno: "EBUSY", op, message: `${message}: a chain in use cannot be deleted` };
	}
	const isUnsaid = failed.backend === "legacy" && op === undefined;
	const errno = (isUnsaid || errnoOf(message) === "EMLINK") && isLoop(failed) ? "ELOOP" : errnoOf(message);
	return { errno, op: op ?? culprit(failed), message };
}

function errnoOf(message: string): Errno {
	if (/Couldn't load match|Couldn't load target|missing kernel module/.test(message)) return "EOPNOTSUPP";
	if (message.includes("you must be root")) return "EPERM";
	return errnoIn(message) ?? (/does(n't| not) exist/.test(message) ? "ENOENT" : "EINVAL");
}

/** The legacy program takes a chain that is not there for a target that it cannot load. */
function missingTarget(message: string, failed: FailedLoad): string | undefined {
	const name = /Couldn't load target `(.+?)'/.exec(message)?.[1];
	return name !== undefined && jumper(name, failed) >= 0 ? name : undefined;
}

/** The first operation with a rule that leads to the chain. */
function jumper(chain: string, { ops }: FailedLoad): number {
	return ops.find(({ object }) => rulesOf(object).some((rule) => jumpOf(rule) === chain))?.index ?? -1;
}

function rulesOf(object: XtChain | XtRule): readonly Rule[] {
	return object.kind === "xt-chain" ? object.rules : [object.rule];
}

function jumpOf({ target }: Rule): string | undefined {
	return target.kind === "jump" || target.kind === "goto" ? target.chain : undefined;
}

/** The legacy program gives no reason; the only one for a chain that is there and empty is that rules lead to it. */
function deletesChain(failure: XtFailure, { backend, change }: FailedLoad): boolean {
	const line = change.text.split("\n")[(failure.lines[0] ?? 0) - 1] ?? "";
	return backend === "legacy" && line.startsWith("-X ");
}

/** Whether chains that a hook reaches lead back to themselves after the change: nf_tables says EMLINK, x_tables ELOOP, the programs at times nothing. */
function isLoop({ change }: FailedLoad): boolean {
	return change.tables.some(({ chains }) => {
		const done = new Set<string>();
		const visit = (name: string, path: readonly string[]): boolean => {
			if (path.includes(name)) return true;
			if (done.has(name)) return false;
			const rules = chains.get(name)?.rules ?? [];
			const next = new Set(rules.map(({ rule }) => jumpOf(rule)));
			const found = [...next].some((each) => each !== undefined && visit(each, [...path, name]));
			done.add(name);
			return found;
		};
		return [...chains.values()].some(({ isBuiltin, name }) => isBuiltin && visit(name, []));
	});
}

/**
 * x_tables judges a table as a whole and says no line: the first so many operations that fail, tried in a namespace of
 * their own. -1 when they do not fail there, for it has not everything that this namespace has.
 */
function culprit(failed: FailedLoad): number {
	const { ops } = failed;
	const only = ops.length === 1 ? ops[0] : undefined;
	if (only !== undefined) return only.index;
	const scratch = createNetns("scratch", undefined);
	if (!scratch.ok) return -1;
	const how = { family: failed.family, backend: failed.backend };
	const fails = (count: number): boolean => {
		const model = new XtModel(failed.before);
		for (const { index, verb, object } of ops.slice(0, count)) model.apply(verb, object, index);
		restoreXtables(scratch.value, formatIptablesSave(failed.before, { counters: true }), { ...how, noflush: false });
		return !restoreXtables(scratch.value, changeText(model, failed.backend).text, { ...how, noflush: true }).ok;
	};
	try {
		if (!fails(ops.length)) return -1;
		let [good, bad] = [0, ops.length];
		while (bad - good > 1) {
			const middle = (good + bad) >> 1;
			if (fails(middle)) bad = middle;
			else good = middle;
		}
		return ops[bad - 1]?.index ?? -1;
	} finally {
		closeNetns(scratch.value);
	}
}
