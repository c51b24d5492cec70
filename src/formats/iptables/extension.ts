/** How a match or target declares its options, and the collecting of them from a rule's words. */
import type { IpFamily } from "../../wire/addr.ts";

/** The option (or its value) is real but not one podwire models: the words are kept as they are. */
export const UNMODELLED: unique symbol = Symbol("unmodelled");

/** Why words were not understood: a sentence in the tool's words, or `UNMODELLED`. */
export type Fault = string | typeof UNMODELLED;

/** An option's words. `second` is "" unless the option takes two. */
export interface Given {
	readonly option: string;
	readonly value: string;
	readonly second: string;
	readonly invert: boolean;
	readonly family: IpFamily;
}

export interface OptionSyntax<D> {
	/** How many words follow. */
	readonly args: 0 | 1 | 2;
	/** `!` may stand before it. */
	readonly invertible?: true;
	/** What is said when it is given twice; absent: that it can only be used once. */
	readonly again?: string;
	readonly set: (draft: D, given: Given) => Fault | undefined;
}

/** What an extension may ask about the rest of the rule. `proto` 0: any. */
export interface RuleHead {
	readonly family: IpFamily;
	readonly proto: number;
	readonly protoInvert: boolean;
}

/** Options by their full name (`--dport`); a real option that is not modelled is listed as `UNMODELLED`. */
export interface ExtensionSpec<T, D> {
	readonly name: string;
	readonly options: Readonly<Record<string, OptionSyntax<D> | typeof UNMODELLED>>;
	/** Options of which one may be given, in the order in which a complaint about two of them names them. */
	readonly exclusive?: readonly (readonly string[])[];
	readonly start: () => D;
	readonly finish: (draft: D, head: RuleHead) => T | Fault;
}

/** An extension of a rule while its options are being read. */
export interface OpenExtension<T> {
	readonly name: string;
	readonly optionNames: readonly string[];
	/** How many words follow the option; undefined: not an option of this extension. */
	argsOf(option: string): number | undefined;
	take(given: Given): Fault | undefined;
	finish(head: RuleHead): T | Fault;
}

export interface Extension<T> {
	readonly name: string;
	open(): OpenExtension<T>;
}

export type Draft<M> = { -readonly [K in keyof M]: M[K] };

export function extension<T, D>(spec: ExtensionSpec<T, D>): Extension<T> {
	const optionNames = Object.keys(spec.options);
	return { name: spec.name, open: () => new Opened(spec, optionNames) };
}

class Opened<T, D> implements OpenExtension<T> {
	readonly name: string;
	readonly optionNames: readonly string[];
	readonly #spec: ExtensionSpec<T, D>;
	readonly #draft: D;
	readonly #taken: OptionSyntax<D>[] = [];
	/** The options given, by name. */
	readonly #given: string[] = [];

	constructor(spec: ExtensionSpec<T, D>, optionNames: readonly string[]) {
		this.name = spec.name;
		this.optionNames = optionNames;
		this.#spec = spec;
		this.#draft = spec.start();
	}

	argsOf(option: string): number | undefined {
		const syntax = this.#spec.options[option];
		return syntax === UNMODELLED ? 0 : syntax?.args;
	}

	take(given: Given): Fault | undefined {
		const syntax = this.#spec.options[given.option];
		if (syntax === undefined || syntax === UNMODELLED) return UNMODELLED;
		if (given.invert && syntax.invertible !== true) return `${this.name}: option "${given.option}" cannot be inverted.`;
		if (this.#taken.includes(syntax)) {
			return syntax.again ?? `${this.name}: option "${given.option}" can only be used once.`;
		}
		this.#taken.push(syntax);
		this.#given.push(given.option);
		return syntax.set(this.#draft, given);
	}

	finish(head: RuleHead): T | Fault {
		for (const group of this.#spec.exclusive ?? []) {
			const [first, second] = group.filter((option) => this.#given.includes(option));
			if (second === undefined) continue;
			return `${this.name}: option "${first}" cannot be used together with "${second}".`;
		}
		return this.#spec.finish(this.#draft, head);
	}
}
