/** `$((…))` and `((…))`: whole numbers, as bash counts. */
import type { ArithmeticExpression } from "unbash";
import { ShellError } from "./frame.ts";

/** How an expression sees the variables, and what stands for text with `$` in it. */
export interface ArithmeticScope {
	get(name: string): string | undefined;
	set(name: string, value: string): void;
	/** The text of a word with its expansions carried out. */
	textOf(expression: ArithmeticExpression): Promise<string>;
}

export async function evaluate(expression: ArithmeticExpression | undefined, scope: ArithmeticScope): Promise<number> {
	if (expression === undefined) return 0;
	switch (expression.type) {
		case "ArithmeticGroup":
			return evaluate(expression.expression, scope);
		case "ArithmeticTernary": {
			const test = await evaluate(expression.test, scope);
			return evaluate(test === 0 ? expression.alternate : expression.consequent, scope);
		}
		case "ArithmeticWord":
		case "ArithmeticCommandExpansion":
			return wordNumber(await scope.textOf(expression), scope);
		case "ArithmeticUnary":
			return unary(expression, scope);
		case "ArithmeticBinary":
			return binary(expression, scope);
	}
}

/** A number (decimal, 0x…, 0…, base#…), or a variable that holds one. */
function wordNumber(text: string, scope: ArithmeticScope, depth = 0): number {
	const trimmed = text.trim();
	if (trimmed === "") return 0;
	if (/^-?\d+$/.test(trimmed)) return Number.parseInt(trimmed, /^-?0\d/.test(trimmed) ? 8 : 10);
	if (/^-?0[xX][0-9a-fA-F]+$/.test(trimmed)) return Number(trimmed);
	const based = /^(\d+)#([0-9a-zA-Z]+)$/.exec(trimmed);
	if (based !== null) return Number.parseInt(based[2] ?? "", Number(based[1]));
	if (/^[a-zA-Z_]\w*$/.test(trimmed) && depth < 16) return wordNumber(scope.get(trimmed) ?? "", scope, depth + 1);
	throw new ShellError(`${trimmed}: syntax error: operand expected (error token is "${trimmed}")`);
}

async function unary(
	expression: Extract<ArithmeticExpression, { readonly type: "ArithmeticUnary" }>,
	scope: ArithmeticScope,
): Promise<number> {
	const { operator, operand, prefix } = expression;
	const value = await evaluate(operand, scope);
	if (operator === "++" || operator === "--") {
		const changed = value + (operator === "++" ? 1 : -1);
		assign(operand, changed, scope);
		return prefix ? changed : value;
	}
	if (operator === "-") return -value;
	if (operator === "!") return value === 0 ? 1 : 0;
	return operator === "~" ? ~value : value;
}

async function binary(
	expression: Extract<ArithmeticExpression, { readonly type: "ArithmeticBinary" }>,
	scope: ArithmeticScope,
): Promise<number> {
	const { operator, left, right } = expression;
	if (operator === "&&") {
		return (await evaluate(left, scope)) !== 0 && (await evaluate(right, scope)) !== 0 ? 1 : 0;
	}
	if (operator === "||") {
		return (await evaluate(left, scope)) !== 0 || (await evaluate(right, scope)) !== 0 ? 1 : 0;
	}
	if (operator === "=") return assign(left, await evaluate(right, scope), scope);
	const a = await evaluate(left, scope);
	const b = await evaluate(right, scope);
	const compound = /^(\+|-|\*|\/|%|<<|>>|&|\||\^)=$/.exec(operator);
	if (compound !== null) return assign(left, calculate(compound[1] ?? "", a, b), scope);
	return calculate(operator, a, b);
}

function assign(target: ArithmeticExpression, value: number, scope: ArithmeticScope): number {
	if (target.type !== "ArithmeticWord" || !/^[a-zA-Z_]\w*$/.test(target.value)) {
		throw new ShellError("attempted assignment to non-variable");
	}
	scope.set(target.value, String(value));
	return value;
}

function calculate(operator: string, a: number, b: number): number {
	const operation = OPERATIONS[operator];
	if (operation === undefined) throw new ShellError(`podwire: the operator ${operator} is not modelled`);
	if ((operator === "/" || operator === "%") && b === 0) throw new ShellError("division by 0");
	return operation(a, b);
}

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
	"+": (a, b) => a + b,
	"-": (a, b) => a - b,
	"*": (a, b) => a * b,
	"/": (a, b) => Math.trunc(a / b),
	"%": (a, b) => a % b,
	"**": (a, b) => a ** b,
	"<<": (a, b) => a * 2 ** b,
	">>": (a, b) => Math.floor(a / 2 ** b),
	"&": (a, b) => Number(BigInt(a) & BigInt(b)),
	"|": (a, b) => Number(BigInt(a) | BigInt(b)),
	"^": (a, b) => Number(BigInt(a) ^ BigInt(b)),
	"<": (a, b) => (a < b ? 1 : 0),
	"<=": (a, b) => (a <= b ? 1 : 0),
	">": (a, b) => (a > b ? 1 : 0),
	">=": (a, b) => (a >= b ? 1 : 0),
	"==": (a, b) => (a === b ? 1 : 0),
	"!=": (a, b) => (a === b ? 0 : 1),
	",": (_a, b) => b,
};
