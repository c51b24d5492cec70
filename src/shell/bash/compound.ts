/** `if`, `for`, `while`, `case`: commands that contain others. */
import type { ArithmeticFor, Case, For, If, While } from "unbash";
import { FlowControl, type Frame } from "./frame.ts";
import { matchesPattern } from "./glob.ts";
import { evaluateArithmetic, expandPattern, expandText, expandWords } from "./words.ts";

export async function runIf(node: If, frame: Frame): Promise<number> {
	for (const branch of [{ clause: node.clause, then: node.then }, ...node.elif]) {
		if ((await frame.interpreter.run(branch.clause.commands, asCondition(frame))) === 0) {
			return frame.interpreter.run(branch.then.commands, frame);
		}
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
	await evaluateArithmetic(node.initialize, frame);
	while (node.test === undefined || (await evaluateArithmetic(node.test, frame)) !== 0) {
		const round = await runRound(() => frame.interpreter.run(node.body.commands, frame));
		status = round.status;
		if (round.leave) break;
		await evaluateArithmetic(node.update, frame);
	}
	return status;
}

export async function runWhile(node: While, frame: Frame): Promise<number> {
	let status = 0;
	for (;;) {
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
