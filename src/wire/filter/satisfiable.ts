/**
 * Whether a filter can accept any frame at all. libpcap's optimizer finds out for most filters that cannot and refuses them;
 * this follows the same knowledge: a value that equals one constant equals no other, and a test asked again has the same answer.
 */
import { type Condition, compareNumbers, type Value } from "./program.ts";

type Test = Extract<Condition, { readonly kind: "test" }>;

/** What the path to here has found out, the latest first. */
interface Known {
	readonly value: string;
	readonly operand: string;
	readonly is: Test["is"];
	readonly answer: boolean;
	readonly before: Known | undefined;
}

type GoOn = (known: Known | undefined) => boolean;

/** After so many steps the filter is taken to be one that accepts something. */
const MAX_STEPS = 20_000;

export function canAccept(condition: Condition): boolean {
	const search = { steps: 0 };
	return reach(condition, undefined, { yes: () => true, no: () => false }, search);
}

/** Whether a path through the condition leads on to acceptance. */
function reach(
	condition: Condition,
	known: Known | undefined,
	onward: { readonly yes: GoOn; readonly no: GoOn },
	search: { steps: number },
): boolean {
	search.steps += 1;
	if (search.steps > MAX_STEPS) return true;
	switch (condition.kind) {
		case "not":
			return reach(condition.of, known, { yes: onward.no, no: onward.yes }, search);
		case "and": {
			const second: GoOn = (found) => reach(condition.right, found, onward, search);
			return reach(condition.left, known, { yes: second, no: onward.no }, search);
		}
		case "or": {
			const second: GoOn = (found) => reach(condition.right, found, onward, search);
			return reach(condition.left, known, { yes: onward.yes, no: second }, search);
		}
		case "test": {
			const asked = { value: keyOf(condition.value), operand: keyOf(condition.operand), is: condition.is };
			const answer = answerOf(condition, asked, known);
			if (answer !== false && onward.yes(learn(asked, true, answer, known))) return true;
			return answer !== true && onward.no(learn(asked, false, answer, known));
		}
	}
}

type Asked = Pick<Known, "value" | "operand" | "is">;

function learn(
	asked: Asked,
	answer: boolean,
	before: boolean | undefined,
	known: Known | undefined,
): Known | undefined {
	return before === undefined ? { ...asked, answer, before: known } : known;
}

function answerOf(test: Test, asked: Asked, known: Known | undefined): boolean | undefined {
	if (test.value.kind === "constant" && test.operand.kind === "constant") {
		return compareNumbers(test.value.n, test.is, test.operand.n);
	}
	for (let fact = known; fact !== undefined; fact = fact.before) {
		if (fact.value !== asked.value || fact.is !== asked.is) continue;
		if (fact.operand === asked.operand) return fact.answer;
		if (asked.is === "=" && fact.answer && isConstant(fact.operand) && isConstant(asked.operand)) return false;
	}
	return undefined;
}

function isConstant(key: string): boolean {
	return key.startsWith("#");
}

/** Equal for values that are computed in the same way. */
function keyOf(value: Value): string {
	switch (value.kind) {
		case "constant":
			return `#${value.n}`;
		case "length":
		case "outgoing":
		case "ifindex":
			return value.kind;
		case "header-length":
			return `h${value.at}`;
		case "load":
			return loadKey(value);
		case "alu":
			return `(${keyOf(value.left)}${value.op}${keyOf(value.right)})`;
	}
}

/** `ip[9]` is not known to be the byte that `ip proto` looks at; libpcap does not see that either. */
function loadKey({ at, size, index }: Extract<Value, { readonly kind: "load" }>): string {
	if (index === undefined) return `[${at}:${size}]`;
	return `[${keyOf(index)}+${at}:${size}]`;
}
