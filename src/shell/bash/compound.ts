/** `if`, `for`, `while`, `case`: commands that contain others. */
import type { ArithmeticFor, Case, CompoundList, For, If, While } from "unbash";
import { FlowControl, type Frame, ShellError, stderr } from "./frame.ts";
import { matchesPattern } from "./glob.ts";
import { evaluateArithmetic, expandPattern, expandText, expandWords } from "./words.ts";

export async function runIf(node: If, frame: Frame): Promise<number> {
	const holds = async (clause: CompoundList): Promise<boolean> =>
		(await frame.interpreter.run(clause.commands, asCondition(frame))) === 0;
	if (await holds(node.clause)) return frame.interpreter.run(node.then.commands, frame);
	for (const branch of node.elif) {
		if (await holds(branch.clause)) return frame.interpreter.run(branch.then.commands, frame);
	}
	return node.else === undefined ? 0 : frame.interpreter.run(node.else.commands, frame);
}

export async function runFor(node: For, frame: Frame): Promise<number> {
	const { level } = frame;
	const values = node.wordlist === undefined ? level.positional.slice(1) : await expandWords(node.wordlist, frame);
	let status = 0;
	for (const value of values) {
		level.setVariable(node.name.value, value);
		const round = await runRound(() => frame.interpreter.run(node.body.commands, frame));
		status = round.status;
		if (round.leave) break;
	}
	return status;
}

export async function runArithmeticFor(node: ArithmeticFor, frame: Frame): Promise<number> {
	let status = 0;
	const guard = new LoopGuard(frame, node.test === undefined, node);
	await evaluateArithmetic(node.initialize, frame);
	while (node.test === undefined || (await evaluateArithmetic(node.test, frame)) !== 0) {
		if (guard.isEnough()) break;
		const round = await runRound(() => frame.interpreter.run(node.body.commands, frame));
		status = round.status;
		if (round.leave) break;
		await evaluateArithmetic(node.update, frame);
	}
	return status;
}

export async function runWhile(node: While, frame: Frame): Promise<number> {
	let status = 0;
	const clause = frame.source.slice(node.clause.pos, node.clause.end).replace(/[;\s]+$/, "");
	const endless = (node.kind === "while" ? /^(true|:|\(\(\s*1\s*\)\))$/ : /^false$/).test(clause);
	const guard = new LoopGuard(frame, endless, node);
	for (;;) {
		if (guard.isEnough()) return status;
		const condition = await frame.interpreter.run(node.clause.commands, asCondition(frame));
		if ((condition === 0) !== (node.kind === "while")) return status;
		const round = await runRound(() => frame.interpreter.run(node.body.commands, frame));
		status = round.status;
		if (round.leave) return status;
	}
}

export async function runCase(node: Case, frame: Frame): Promise<number> {
	const text = await expandText(node.word, frame);
	let status = 0;
	let fall = false;
	for (const { pattern, body, terminator } of node.items) {
		let matched = fall;
		for (const word of matched ? [] : pattern) {
			matched = matchesPattern(await expandPattern(word, frame), text);
			if (matched) break;
		}
		if (!matched) continue;
		status = await frame.interpreter.run(body.commands, frame);
		fall = terminator === ";&";
		if (terminator !== ";&" && terminator !== ";;&") return status;
	}
	return status;
}

/** A frame in which failing does not end a shell with `set -e`. */
export function asCondition(frame: Frame): Frame {
	return { ...frame, condition: true };
}

/** Rounds of an endless loop in a script's foreground, where nobody presses Control-C; with a `break` in it, it may end. */
const UNATTENDED_ROUNDS = 10;
const UNATTENDED_ROUNDS_WITH_BREAK = 1000;
/** A loop in which no time passes would never let anybody else go on. */
const ROUNDS_IN_NO_TIME = 10_000;

class LoopGuard {
	readonly #frame: Frame;
	readonly #limit: number;
	#rounds = 0;
	#roundsNow = 0;
	#nowNs = -1;

	constructor(frame: Frame, endless: boolean, node: { readonly pos: number; readonly end: number }) {
		this.#frame = frame;
		const mayEnd = /\b(break|exit|return)\b/.test(frame.source.slice(node.pos, node.end));
		const unattended = endless && !frame.services.interactive && !frame.background;
		this.#limit = !unattended ? Infinity : mayEnd ? UNATTENDED_ROUNDS_WITH_BREAK : UNATTENDED_ROUNDS;
	}

	isEnough(): boolean {
		const now = this.#frame.world.kernel.clock.now();
		this.#roundsNow = now === this.#nowNs ? this.#roundsNow + 1 : 0;
		this.#nowNs = now;
		if (this.#roundsNow >= ROUNDS_IN_NO_TIME) {
			throw new ShellError(`podwire: a loop was stopped after ${this.#roundsNow} rounds in which no time passed`);
		}
		this.#rounds += 1;
		if (this.#rounds <= this.#limit) return false;
		const text = `podwire: an endless loop was stopped after ${this.#limit} rounds, as nobody is there to press Control-C\n`;
		stderr(this.#frame).write(text);
		return true;
	}
}

/** One round of a loop; `break` and `continue` of more than one level go on to the loop outside. */
async function runRound(round: () => Promise<number>): Promise<{ readonly status: number; readonly leave: boolean }> {
	try {
		return { status: await round(), leave: false };
	} catch (error) {
		if (!(error instanceof FlowControl) || (error.kind !== "break" && error.kind !== "continue")) throw error;
		error.levels -= 1;
		if (error.levels > 0) throw error;
		return { status: 0, leave: error.kind === "break" };
	}
}
