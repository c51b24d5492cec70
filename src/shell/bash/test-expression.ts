/** `test`, `[ … ]` and `[[ … ]]`. */
import type { TestExpression } from "unbash";
import { resolvePath } from "../memory-files.ts";
import { type Frame, ShellError } from "./frame.ts";
import { matchesPattern } from "./glob.ts";
import type { Level } from "./level.ts";
import { expandPattern, expandText } from "./words.ts";

/** `[[ … ]]`. */
export async function testExpression(expression: TestExpression, frame: Frame): Promise<boolean> {
	switch (expression.type) {
		case "TestGroup":
			return testExpression(expression.expression, frame);
		case "TestNot":
			return (await testExpression(expression.operand, frame)) === (expression.negations.length % 2 === 0);
		case "TestLogical": {
			const wanted = expression.operator === "||";
			for (const operand of expression.operands) {
				if ((await testExpression(operand, frame)) === wanted) return wanted;
			}
			return !wanted;
		}
		case "TestUnary":
			return unary(expression.operator, await expandText(expression.operand, frame), frame.level);
		case "TestBinary": {
			const left = await expandText(expression.left, frame);
			const { operator, right } = expression;
			if (operator === "==" || operator === "=" || operator === "!=") {
				return matchesPattern(await expandPattern(right, frame), left) === (operator !== "!=");
			}
			const text = await expandText(right, frame);
			return operator === "=~" ? new RegExp(text, "u").test(left) : binary(left, operator, text);
		}
	}
}

/** The words between `[` and `]`, or after `test`. Throws a `ShellError` with status 2 when they are no expression. */
export async function testWords(words: readonly string[], level: Level): Promise<boolean> {
	const parser = new TestParser(words, level);
	return parser.whole();
}

class TestParser {
	readonly #words: readonly string[];
	readonly #level: Level;
	#at = 0;

	constructor(words: readonly string[], level: Level) {
		this.#words = words;
		this.#level = level;
	}

	async whole(): Promise<boolean> {
		if (this.#words.length === 0) return false;
		const value = await this.#or();
		const rest = this.#words[this.#at];
		if (rest !== undefined) throw new ShellError(this.#at === 0 ? rest : "too many arguments", 2);
		return value;
	}

	async #or(): Promise<boolean> {
		let value = await this.#and();
		while (this.#take("-o")) value = (await this.#and()) || value;
		return value;
	}

	async #and(): Promise<boolean> {
		let value = await this.#not();
		while (this.#take("-a")) value = (await this.#not()) && value;
		return value;
	}

	async #not(): Promise<boolean> {
		// As POSIX says: with few words the number of words decides, so that `[ ! ]` and `[ -n ]` are true.
		if (this.#left() > 1 && this.#words[this.#at] === "!") {
			this.#at += 1;
			return !(await this.#not());
		}
		return this.#primary();
	}

	async #primary(): Promise<boolean> {
		const [a = "", operator = "", b = ""] = this.#words.slice(this.#at);
		if (this.#left() >= 3 && BINARY.has(operator)) {
			this.#at += 3;
			return binary(a, operator, b);
		}
		if (this.#left() >= 2 && UNARY.test(a)) {
			this.#at += 2;
			return unary(a, operator, this.#level);
		}
		if (this.#left() >= 3 && this.#take("(")) {
			const value = await this.#or();
			if (!this.#take(")")) throw new ShellError("`)' expected", 2);
			return value;
		}
		if (this.#left() >= 3 && /^-[^ao]|^=/.test(operator))
			throw new ShellError(`${operator}: binary operator expected`, 2);
		if (this.#left() === 2) throw new ShellError(`${a}: unary operator expected`, 2);
		this.#at += 1;
		return a !== "";
	}

	#left(): number {
		return this.#words.length - this.#at;
	}

	#take(word: string): boolean {
		if (this.#words[this.#at] !== word) return false;
		this.#at += 1;
		return true;
	}
}

const UNARY = /^-[abcdefghknoprstuwxzGLNOS]$/;
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
	"-eq": (a, b) => a === b,
	"-ne": (a, b) => a !== b,
	"-lt": (a, b) => a < b,
	"-le": (a, b) => a <= b,
	"-gt": (a, b) => a > b,
	"-ge": (a, b) => a >= b,
};
const BINARY: ReadonlySet<string> = new Set(["=", "==", "!=", "<", ">", ...Object.keys(COMPARISONS)]);

function binary(left: string, operator: string, right: string): boolean {
	if (operator === "=" || operator === "==") return left === right;
	if (operator === "!=") return left !== right;
	if (operator === "<") return left < right;
	if (operator === ">") return left > right;
	const compare = COMPARISONS[operator];
	if (compare === undefined) throw new ShellError(`podwire: the test ${operator} is not modelled`, 2);
	for (const side of [left, right]) {
		if (!/^\s*[-+]?\d+\s*$/.test(side)) throw new ShellError(`${side}: integer expression expected`, 2);
	}
	return compare(Number(left), Number(right));
}

async function unary(operator: string, operand: string, level: Level): Promise<boolean> {
	if (operator === "-z") return operand === "";
	if (operator === "-n") return operand !== "";
	if (operator === "-v") return level.variables.has(operand);
	if (operator === "-t") return false;
	const view = { netns: level.netns };
	const stat = await level.host.files.stat(resolvePath(level.cwd, operand), view).catch(() => undefined);
	switch (operator) {
		case "-a":
		case "-e":
		case "-r":
		case "-w":
			return stat !== undefined;
		case "-f":
			return stat?.type === "file";
		case "-d":
			return stat?.type === "directory";
		case "-s":
			return stat !== undefined && stat.size > 0;
		case "-x":
			return stat?.executable === true;
		default:
			if (operator.startsWith("-")) return false;
			throw new ShellError(`podwire: the test ${operator} is not modelled`, 2);
	}
}
