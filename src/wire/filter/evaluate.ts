/** A filter's condition as a function of a frame. */
import { get16, get32 } from "../read-write.ts";
import { type AluOp, aluNumber, type Comparison, type Condition, compareNumbers, type Value } from "./program.ts";

/** What is known of a frame beside its bytes. */
export interface FrameFacts {
	/** Length on the wire, when the capture cut the frame short. */
	readonly length?: number;
	/** The frame leaves this machine. */
	readonly outgoing?: boolean;
	readonly ifindex?: number;
}

export type FrameFilter = (frame: Uint8Array, facts?: FrameFacts) => boolean;

interface Subject {
	bytes: Uint8Array;
	facts: FrameFacts;
	/** A load went past the end, or a division by zero was tried. */
	rejected: boolean;
}

type Read = (subject: Subject) => number;
type Ask = (subject: Subject) => boolean;

export function compileFilter(condition: Condition): FrameFilter {
	const ask = compileCondition(condition);
	const subject: Subject = { bytes: new Uint8Array(), facts: {}, rejected: false };
	return (bytes, facts = {}) => {
		subject.bytes = bytes;
		subject.facts = facts;
		subject.rejected = false;
		return ask(subject) && !subject.rejected;
	};
}

function compileCondition(condition: Condition): Ask {
	switch (condition.kind) {
		case "and": {
			const left = compileCondition(condition.left);
			const right = compileCondition(condition.right);
			return (subject) => left(subject) && right(subject);
		}
		case "or": {
			const left = compileCondition(condition.left);
			const right = compileCondition(condition.right);
			return (subject) => left(subject) || right(subject);
		}
		case "not": {
			const of = compileCondition(condition.of);
			return (subject) => !of(subject);
		}
		case "test":
			return compileTest(compileValue(condition.value), condition.is, condition.operand);
	}
}

function compileTest(value: Read, is: Comparison, operand: Value): Ask {
	if (operand.kind === "constant") {
		const k = operand.n;
		return (subject) => compareNumbers(value(subject), is, k);
	}
	const right = compileValue(operand);
	return (subject) => compareNumbers(value(subject), is, right(subject));
}

function compileValue(value: Value): Read {
	switch (value.kind) {
		case "constant": {
			const { n } = value;
			return () => n;
		}
		case "length":
			return ({ bytes, facts }) => facts.length ?? bytes.length;
		case "outgoing":
			return ({ facts }) => (facts.outgoing === true ? 1 : 0);
		case "ifindex":
			return ({ facts }) => facts.ifindex ?? 0;
		case "header-length": {
			const { at } = value;
			return (subject) => 4 * (loadAt(subject, at, 1) & 15);
		}
		case "load": {
			const { at, size } = value;
			if (value.index === undefined) return (subject) => loadAt(subject, at, size);
			const index = compileValue(value.index);
			return (subject) => loadAt(subject, index(subject) + at, size);
		}
		case "alu":
			return compileAlu(value.op, compileValue(value.left), compileValue(value.right));
	}
}

function compileAlu(op: AluOp, left: Read, right: Read): Read {
	if (op !== "/" && op !== "%") return (subject) => aluNumber(op, left(subject), right(subject));
	return (subject) => {
		const a = left(subject);
		const b = right(subject);
		if (b === 0) subject.rejected = true;
		return aluNumber(op, a, b);
	};
}

function loadAt(subject: Subject, at: number, size: 1 | 2 | 4): number {
	const { bytes } = subject;
	if (at + size > bytes.length) {
		subject.rejected = true;
		return 0;
	}
	return size === 1 ? (bytes[at] ?? 0) : size === 2 ? get16(bytes, at) : get32(bytes, at);
}
