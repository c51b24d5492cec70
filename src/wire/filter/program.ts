/**
 * What a capture filter asks of a frame, as data: tests of values loaded from its bytes, joined by and, or, not. It has the
 * meaning of the BPF program that libpcap compiles: a load past the end of the frame rejects the frame, whatever stands around it.
 */

export type AluOp = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";

/** An unsigned number of 32 bits. */
export type Value =
	| { readonly kind: "constant"; readonly n: number }
	/** The frame's length on the wire. */
	| { readonly kind: "length" }
	/** `size` bytes, big-endian, at `at` plus `index`. */
	| { readonly kind: "load"; readonly size: 1 | 2 | 4; readonly at: number; readonly index?: Value }
	/** Four times the low four bits of the byte at `at`: the length of an IPv4 header that begins there. */
	| { readonly kind: "header-length"; readonly at: number }
	/** What a live capture knows beside the bytes. */
	| { readonly kind: "outgoing" | "ifindex" }
	| { readonly kind: "alu"; readonly op: AluOp; readonly left: Value; readonly right: Value };

/** `set`: some bit of the operand is set in the value. Comparisons are unsigned. */
export type Comparison = "=" | ">" | ">=" | "set";

export type Condition =
	| { readonly kind: "test"; readonly value: Value; readonly is: Comparison; readonly operand: Value }
	| { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
	| { readonly kind: "not"; readonly of: Condition };

export const NEVER: Condition = test(constant(0), "=", 1);

export function constant(n: number): Value {
	return { kind: "constant", n: n >>> 0 };
}

export function load(at: number, size: 1 | 2 | 4, index?: Value): Value {
	return index === undefined ? { kind: "load", at, size } : { kind: "load", at, size, index };
}

export function test(value: Value, is: Comparison, operand: number | Value): Condition {
	return { kind: "test", value, is, operand: typeof operand === "number" ? constant(operand) : operand };
}

export function not(of: Condition): Condition {
	return { kind: "not", of };
}

/** All of them, asked in this order. */
export function all(first: Condition, ...rest: readonly (Condition | undefined)[]): Condition {
	let left = first;
	for (const right of rest) if (right !== undefined) left = { kind: "and", left, right };
	return left;
}

/** One of them, asked in this order. */
export function any(first: Condition, ...rest: readonly Condition[]): Condition {
	let left = first;
	for (const right of rest) left = { kind: "or", left, right };
	return left;
}

/** The operation, carried out at once where that does not change what the program loads. Dividing by the constant 0 is for the caller. */
export function alu(op: AluOp, left: Value, right: Value): Value {
	if (left.kind === "constant" && right.kind === "constant") return constant(aluNumber(op, left.n, right.n));
	if (right.kind === "constant" && right.n === 0 && (op === "&" || op === "*")) return right;
	return { kind: "alu", op, left, right };
}

/** As BPF computes, modulo 2³²; dividing by zero gives 0. */
export function aluNumber(op: AluOp, a: number, b: number): number {
	switch (op) {
		case "+":
			return (a + b) >>> 0;
		case "-":
			return (a - b) >>> 0;
		case "*":
			return Math.imul(a, b) >>> 0;
		case "/":
			return b === 0 ? 0 : Math.floor(a / b);
		case "%":
			return b === 0 ? 0 : a % b;
		case "&":
			return (a & b) >>> 0;
		case "|":
			return (a | b) >>> 0;
		case "^":
			return (a ^ b) >>> 0;
		case "<<":
			return b > 31 ? 0 : (a << b) >>> 0;
		case ">>":
			return b > 31 ? 0 : a >>> b;
	}
}

export function compareNumbers(a: number, is: Comparison, b: number): boolean {
	switch (is) {
		case "=":
			return a === b;
		case ">":
			return a > b;
		case ">=":
			return a >= b;
		case "set":
			return (a & b) !== 0;
	}
}
