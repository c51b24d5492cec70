/** Arithmetic in capture filters: `tcp[13] & (tcp-syn | tcp-ack)`, `ip[2:2] - ((ip[0] & 0xf) << 2)`, `len`. */
import { FilterFailure, syntaxError } from "./failure.ts";
import type { Token } from "./lexer.ts";
import { headerBytes, type Scope } from "./primitives.ts";
import { type AluOp, all, alu, type Condition, constant, type Value } from "./program.ts";

export interface Arithmetic {
	readonly value: Value;
	/** What must hold of the frame before the value is loaded. */
	readonly check: Condition | undefined;
}

/** The part of the parser that is needed here. */
export interface TokenSource {
	readonly scope: Scope;
	peek(): Token | undefined;
	take(): Token | undefined;
	takeWord(text: string): boolean;
	expectWord(text: string): void;
	expectNumber(): number;
	peekProtocol(): string | undefined;
}

/** Higher binds tighter. `%` and `^` have no place in the order: they take everything to their right. */
const PRECEDENCE: Readonly<Record<string, number | undefined>> = {
	"|": 1,
	"&": 2,
	"<<": 3,
	">>": 3,
	"+": 4,
	"-": 4,
	"*": 5,
	"/": 5,
	"%": undefined,
	"^": undefined,
};
const NEGATION = "negation";
const NEGATION_PRECEDENCE = 6;
const DIVISIONS: Readonly<Record<string, string>> = { "/": "division by zero", "%": "modulus by zero" };

/** Operators wait on a stack until one comes that binds no tighter. Throws a syntax error where no arithmetic begins. */
export function parseArithmetic(source: TokenSource): Arithmetic {
	const operands: Arithmetic[] = [];
	const operators: string[] = [];
	const reduce = (): void => {
		const op = operators.pop() ?? "";
		const right = pop(operands);
		operands.push(op === NEGATION ? negative(right) : combine(aluOp(op), pop(operands), right));
	};
	for (;;) {
		while (source.takeWord("-")) operators.push(NEGATION);
		operands.push(parseOperand(source));
		const next = operatorOf(source.peek());
		if (next === undefined) break;
		while (operators.length > 0 && bindsFirst(operators.at(-1) ?? "", next)) reduce();
		source.take();
		operators.push(next);
	}
	while (operators.length > 0) reduce();
	return pop(operands);
}

function bindsFirst(waiting: string, next: string): boolean {
	const a = waiting === NEGATION ? NEGATION_PRECEDENCE : PRECEDENCE[waiting];
	const b = PRECEDENCE[next];
	return a !== undefined && b !== undefined && a >= b;
}

function operatorOf(token: Token | undefined): string | undefined {
	return token?.kind === "word" && Object.hasOwn(PRECEDENCE, token.text) ? token.text : undefined;
}

function aluOp(text: string): AluOp {
	switch (text) {
		case "|":
		case "&":
		case "<<":
		case ">>":
		case "+":
		case "-":
		case "*":
		case "/":
		case "%":
		case "^":
			return text;
		default:
			throw syntaxError();
	}
}

function parseOperand(source: TokenSource): Arithmetic {
	if (source.takeWord("(")) {
		const inner = parseArithmetic(source);
		source.expectWord(")");
		return inner;
	}
	if (source.takeWord("len")) return { value: { kind: "length" }, check: undefined };
	const protocol = source.peekProtocol();
	if (protocol === undefined) return { value: constant(source.expectNumber()), check: undefined };
	source.take();
	source.expectWord("[");
	const index = parseArithmetic(source);
	const size = source.takeWord(":") ? source.expectNumber() : 1;
	source.expectWord("]");
	const { value, check } = headerBytes(source.scope, protocol, index.value, size);
	return { value, check: both(index.check, check) };
}

/** libpcap forgets what must hold of the right side's frame; so `ip[2:2] - tcp[12]` is also computed where there is no TCP. */
function combine(op: AluOp, left: Arithmetic, right: Arithmetic): Arithmetic {
	if (right.value.kind === "constant") {
		const division = DIVISIONS[op];
		if (right.value.n === 0 && division !== undefined) throw new FilterFailure("invalid", division);
		if ((op === "<<" || op === ">>") && right.value.n > 31) {
			throw new FilterFailure("invalid", "shift by more than 31 bits");
		}
	}
	return { value: alu(op, left.value, right.value), check: left.check };
}

function negative({ value, check }: Arithmetic): Arithmetic {
	return { value: alu("-", constant(0), value), check };
}

function both(left: Condition | undefined, right: Condition | undefined): Condition | undefined {
	return left === undefined ? right : all(left, right);
}

function pop(operands: Arithmetic[]): Arithmetic {
	const operand = operands.pop();
	if (operand === undefined) throw syntaxError();
	return operand;
}
