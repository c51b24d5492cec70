/** Reads the words of one rule, as iptables does: options of loaded matches, a protocol's options without `-m`, unique beginnings. */
import { err, ok, type Result } from "../../base/result.ts";
import type { Counters, Match, Rule, Target } from "../../kernel/xtables.ts";
import { type Extension, type Fault, type OpenExtension, UNMODELLED } from "./extension.ts";
import { type EditableWords, editableWords, type Words } from "./lexer.ts";
import { MATCHES, OTHER_MATCHES, OTHER_TARGETS, PROTOCOL_MATCHES, TARGETS } from "./registry.ts";
import type { RuleContext, ToolOptions } from "./rule-context.ts";
import { COMMON_OPTIONS, type CommonOption, HeadDraft, type HeadOption } from "./rule-head.ts";
import { isPlainName } from "./values.ts";

/** `word` is the index of the word that the message is about. */
export interface WordFault {
	readonly word: number;
	readonly message: string;
}

/** Reads the words from index `from` on. `-s a,b` gives several rules. */
export function parseRuleWords(words: Words, from: number, context: RuleContext): Result<readonly Rule[], WordFault> {
	return new RuleParser(words, context).parse(from);
}

/** An extension being read, or words kept as they are; `from` is the first word after its name. */
interface Slot<T> {
	readonly name: string;
	readonly from: number;
	/** Undefined: words from `from` to `to` are kept as text. */
	open: OpenExtension<T> | undefined;
	to: number;
}

class RuleParser {
	readonly #words: EditableWords;
	readonly #context: RuleContext;
	readonly #head: HeadDraft;
	readonly #matches: Slot<Match>[] = [];
	#target: Target | Slot<Target> = { kind: "none" };
	#targetGiven = false;
	/** The extension that the words just read belong to. */
	#current: Slot<Match> | Slot<Target> | undefined;
	#counters: Counters | undefined;
	#lateFault: WordFault | undefined;
	#bang = -1;
	/** The word that was taken apart, and the place of its last part. */
	#glued = "";
	#gluedAt = -1;

	constructor(words: Words, context: RuleContext) {
		this.#words = editableWords(words);
		this.#context = context;
		this.#head = new HeadDraft(context.family);
	}

	parse(from: number): Result<readonly Rule[], WordFault> {
		let at = from;
		while (at < this.#words.words.length) {
			const next = this.#step(at);
			if (typeof next !== "number") return err(next);
			at = next;
		}
		if (this.#bang >= 0) {
			const message = this.#context.tool === undefined ? "Bad argument `!'" : "nothing appropriate following !";
			return err({ word: this.#bang, message });
		}
		return this.#rules();
	}

	/** Reads one option at word `at`; returns the index of the word after it. */
	#step(at: number): number | WordFault {
		const word = this.#word(at);
		const isQuoted = this.#words.quoted[at] === true;
		const swallowing = this.#current !== undefined && this.#current.open === undefined;
		if (word === "!" && !isQuoted && !(swallowing && !this.#startsOption(at + 1))) {
			if (this.#bang >= 0) return { word: at, message: "multiple consecutive ! not allowed" };
			this.#bang = at;
			return at + 1;
		}
		if (swallowing && (isQuoted || !this.#startsOption(at))) return at + 1;
		if (isQuoted || !word.startsWith("-")) return { word: at, message: `Bad argument \`${word}'` };
		const { tool } = this.#context;
		if (tool !== undefined && word === "--") {
			if (at + 1 === this.#words.words.length) return at + 1;
			return { word: at + 1, message: "unknown arguments found on commandline" };
		}
		if (tool !== undefined && /^-[^-]./.test(word)) return this.#unglue(tool, at) ?? at;
		if (tool?.letters.has(word) === true) return this.#toolOption(tool, word, at, undefined);
		const common = COMMON_OPTIONS.get(word);
		if (common !== undefined) return this.#common(common, at, undefined);
		return this.#extensionOption(word, at);
	}

	/** Makes `-nvL` and `-tnat` two words, the first of one letter. */
	#unglue(tool: ToolOptions, at: number): WordFault | undefined {
		const word = this.#word(at);
		const letter = word.slice(0, 2);
		const hasValue = tool.letters.has(letter)
			? tool.letters.get(letter) !== "none"
			: COMMON_OPTIONS.has(letter) && letter !== "-f";
		if (at !== this.#gluedAt) this.#glued = word;
		this.#gluedAt = at + 1;
		if (!hasValue && !tool.letters.has(letter) && letter !== "-f") return this.#unknown(at);
		// iptables takes the whole word for the protocol's name.
		if (letter === "-p") return { word: at, message: `unknown protocol "${word}" specified` };
		const { words, starts, quoted } = this.#words;
		const start = starts[at] ?? 0;
		words.splice(at, 1, letter, hasValue ? word.slice(2) : `-${word.slice(2)}`);
		starts.splice(at, 1, start, start);
		if (quoted.length > 0) quoted.splice(at, 1, false, false);
		return undefined;
	}

	#unknown(at: number): WordFault {
		return { word: at, message: `unknown option "${at === this.#gluedAt ? this.#glued : this.#word(at)}"` };
	}

	#toolOption(tool: ToolOptions, option: string, at: number, attached: string | undefined): number | WordFault {
		this.#endSegment(this.#bang >= 0 ? this.#bang : at);
		const invert = this.#bang >= 0;
		this.#bang = -1;
		const rest = this.#words.words.slice(at + 1);
		if (attached !== undefined) rest.unshift(attached);
		if (rest.length === 0 && tool.letters.get(option) === "required") {
			return { word: at, message: `option "${this.#word(at)}" requires an argument` };
		}
		const used = tool.take(option, rest, invert);
		if (typeof used === "string") return { word: at, message: used };
		return at + 1 + (attached === undefined ? used : used - 1);
	}

	#common(option: CommonOption, at: number, attached: string | undefined): number | WordFault {
		const invert = this.#bang >= 0;
		this.#endSegment(invert ? this.#bang : at);
		this.#bang = -1;
		this.#context.tool?.note(option);
		if (option === "-f") return this.#headFault(this.#head.take("-f", "", invert), at) ?? at + 1;
		const valueAt = attached === undefined ? at + 1 : at;
		const value = attached ?? this.#words.words[valueAt];
		if (value === undefined) return { word: at, message: `option "${this.#word(at)}" requires an argument` };
		switch (option) {
			case "-m":
				if (invert) return { word: at, message: "unexpected ! flag before --match" };
				if (!isPlainName(value) || this.#isNoMatch(value)) {
					return { word: valueAt, message: `Couldn't load match \`${value}':No such file or directory` };
				}
				this.#openMatch(value, MATCHES.get(value), valueAt + 1);
				return valueAt + 1;
			case "-j":
			case "-g":
				if (invert) return { word: at, message: "cannot have ! before -j" };
				if (this.#targetGiven) return { word: at, message: "multiple -j flags not allowed" };
				if (!isPlainName(value) && !this.#isNoTarget(value))
					return { word: valueAt, message: `Invalid target name \`${value}'` };
				this.#targetGiven = true;
				this.#openTarget(option, value, valueAt + 1);
				return valueAt + 1;
			case "-c":
				if (invert) return { word: at, message: "cannot have ! before -c" };
				if (this.#counters !== undefined) return { word: at, message: "multiple -c flags not allowed" };
				return this.#takeCounters(at);
			case "-s":
			case "-d":
			case "-i":
			case "-o":
			case "-p":
				return this.#takeHead(option, value, { invert, at: valueAt });
		}
	}

	#takeHead(option: HeadOption, value: string, { invert, at }: { invert: boolean; at: number }): number | WordFault {
		const fault = this.#headFault(this.#head.take(option, value, invert), at);
		if (fault === undefined) return at + 1;
		const isAddress = fault.message.startsWith("host/network ") || fault.message.startsWith("invalid mask ");
		if (this.#context.tool === undefined || !isAddress) return fault;
		this.#lateFault ??= fault; // iptables looks at addresses when it has read everything.
		return at + 1;
	}

	#headFault(message: string | undefined, word: number): WordFault | undefined {
		return message === undefined ? undefined : { word, message };
	}

	#takeCounters(at: number): number | WordFault {
		const [packets, bytes] = this.#words.words.slice(at + 1);
		if (packets === undefined || bytes === undefined) {
			return { word: at, message: "-c requires packet and byte counter" };
		}
		if (!/^\d+$/.test(packets)) return { word: at + 1, message: "-c packet counter not numeric" };
		if (!/^\d+$/.test(bytes)) return { word: at + 2, message: "-c byte counter not numeric" };
		this.#counters = { packets: Number(packets), bytes: Number(bytes) };
		return at + 3;
	}

	#openMatch(name: string, extension: Extension<Match> | undefined, from: number): Slot<Match> {
		const slot: Slot<Match> = { name, from, open: extension?.open(), to: this.#words.words.length };
		this.#matches.push(slot);
		this.#current = slot;
		return slot;
	}

	#openTarget(option: "-j" | "-g", name: string, from: number): void {
		if (option === "-g") this.#target = { kind: "goto", chain: name };
		else if (name === "ACCEPT") this.#target = { kind: "accept" };
		else if (name === "DROP") this.#target = { kind: "drop" };
		else if (name === "RETURN") this.#target = { kind: "return" };
		else if (this.#context.chains?.has(name) === true || this.#isNoTarget(name))
			this.#target = { kind: "jump", chain: name };
		else {
			const slot: Slot<Target> = { name, from, open: TARGETS.get(name)?.open(), to: this.#words.words.length };
			this.#target = slot;
			this.#current = slot;
		}
	}

	/** On a command line: nobody has a module of the name. */
	#isNoMatch(name: string): boolean {
		return this.#context.tool !== undefined && !MATCHES.has(name) && !OTHER_MATCHES.has(name);
	}

	#isNoTarget(name: string): boolean {
		return this.#context.tool !== undefined && !TARGETS.has(name) && !OTHER_TARGETS.has(name);
	}

	/** An option of a loaded match or target, of the protocol's own match, or the unique beginning of one. */
	#extensionOption(word: string, at: number): number | WordFault {
		const exact = this.#ownerOf(word, at);
		if (exact !== undefined) return this.#takeOption(exact, word, at, undefined);
		const equals = word.indexOf("=");
		const stem = equals < 0 ? word : word.slice(0, equals);
		const attached = equals < 0 ? undefined : word.slice(equals + 1);
		const name = this.#complete(stem);
		if (name === undefined) return this.#unknown(at);
		const { tool } = this.#context;
		const letter = tool?.letters.has(name) === true ? name : tool?.names.get(name);
		if (tool !== undefined && letter !== undefined) return this.#toolOption(tool, letter, at, attached);
		const common = COMMON_OPTIONS.get(name);
		if (common !== undefined) return this.#common(common, at, attached);
		const owner = this.#ownerOf(name, at);
		return owner === undefined ? this.#unknown(at) : this.#takeOption(owner, name, at, attached);
	}

	#takeOption(
		slot: Slot<Match> | Slot<Target>,
		option: string,
		at: number,
		attached: string | undefined,
	): number | WordFault {
		const open = slot.open;
		const args = open?.argsOf(option);
		if (open === undefined || args === undefined) return { word: at, message: `unknown option "${option}"` };
		const valueAt = attached === undefined ? at + 1 : at;
		const after = attached === undefined ? at + 1 + args : at + args;
		if (after > this.#words.words.length) {
			return {
				word: at,
				message: args === 2 ? `${option} requires two args.` : `option "${option}" requires an argument`,
			};
		}
		const fault = open.take({
			option,
			value: args > 0 ? (attached ?? this.#word(valueAt)) : "",
			second: args > 1 ? this.#word(valueAt + 1) : "",
			invert: this.#bang >= 0,
			family: this.#context.family,
		});
		if (fault === UNMODELLED) {
			if (slot !== this.#current) return { word: at, message: `unknown option "${option}"` };
			slot.open = undefined;
		} else if (fault !== undefined) return { word: args > 0 ? valueAt : at, message: fault };
		this.#bang = -1;
		return after;
	}

	/** The extension that has the option: the latest loaded one; else the protocol's match, which is loaded for it. */
	#ownerOf(option: string, at: number): Slot<Match> | Slot<Target> | undefined {
		if (this.#current?.open?.argsOf(option) !== undefined) return this.#current;
		for (let k = this.#matches.length - 1; k >= 0; k -= 1) {
			const slot = this.#matches[k];
			if (slot?.open?.argsOf(option) !== undefined) return slot;
		}
		if ("open" in this.#target && this.#target.open?.argsOf(option) !== undefined) return this.#target;
		const implied = this.#impliedMatch();
		if (implied === undefined || implied.open().argsOf(option) === undefined) return undefined;
		const from = this.#bang >= 0 ? this.#bang : at;
		this.#endSegment(from);
		return this.#openMatch(implied.name, implied, from);
	}

	#impliedMatch(): Extension<Match> | undefined {
		const implied = this.#head.protoInvert ? undefined : PROTOCOL_MATCHES.get(this.#head.proto);
		return implied !== undefined && this.#matches.some((slot) => slot.name === implied.name) ? undefined : implied;
	}

	/** The one option whose name begins so. */
	#complete(stem: string): string | undefined {
		if (stem.length < 3) return undefined;
		const found = new Set<string>();
		for (const [name, common] of COMMON_OPTIONS) {
			if (name === stem) return name;
			if (name.startsWith(stem) && name.length > 2) found.add(common);
		}
		for (const [name, letter] of this.#context.tool?.names ?? []) {
			if (name === stem) return name;
			if (name.startsWith(stem)) found.add(letter);
		}
		const slots: readonly (Slot<Match> | Slot<Target>)[] =
			"open" in this.#target ? [...this.#matches, this.#target] : this.#matches;
		const names = slots.flatMap((slot) => slot.open?.optionNames ?? []);
		for (const name of [...names, ...(this.#impliedMatch()?.open().optionNames ?? [])]) {
			if (name === stem) return name;
			if (name.startsWith(stem)) found.add(name);
		}
		const [only, ...others] = found;
		return others.length === 0 ? only : undefined;
	}

	/** Whether the word begins something that is no option of an unknown extension. */
	#startsOption(at: number): boolean {
		const word = this.#words.words[at];
		if (word === undefined || this.#words.quoted[at] === true) return false;
		return (
			COMMON_OPTIONS.has(word) ||
			this.#context.tool?.letters.has(word) === true ||
			this.#context.tool?.names.has(word) === true ||
			(word.startsWith("--") && this.#impliedMatch()?.open().argsOf(word) !== undefined)
		);
	}

	/** Words from `at` on belong to something else than the extension read so far. */
	#endSegment(at: number): void {
		if (this.#current !== undefined && this.#current.to > at) this.#current.to = at;
		this.#current = undefined;
	}

	#rules(): Result<readonly Rule[], WordFault> {
		const complaint = this.#head.complaint();
		if (complaint !== undefined) return err({ word: 0, message: complaint });
		const variants = this.#head.variants();
		for (const slot of this.#matches) {
			const match: Match | Fault =
				slot.open?.finish(this.#head) ??
				({ kind: "unknown-match", name: slot.name, text: this.#textOf(slot) } as const);
			if (typeof match !== "object") return err({ word: slot.from - 1, message: faultText(match, slot.name) });
			for (const matches of variants) matches.push(match);
		}
		const target = this.#finishTarget();
		if (typeof target !== "object" || "word" in target) return err(target);
		if (this.#lateFault !== undefined) return err(this.#lateFault);
		const counters = this.#counters;
		return ok(
			variants.map((matches) => (counters === undefined ? { matches, target } : { matches, target, counters })),
		);
	}

	#finishTarget(): Target | WordFault {
		const slot = this.#target;
		if (!("open" in slot)) return slot;
		if (slot.open === undefined) {
			const text = this.#textOf(slot);
			if (text === "" && !OTHER_TARGETS.has(slot.name)) return { kind: "jump", chain: slot.name };
			return { kind: "unknown-target", name: slot.name, text };
		}
		const target = slot.open.finish(this.#head);
		return typeof target === "object" ? target : { word: slot.from - 1, message: faultText(target, slot.name) };
	}

	#textOf(slot: Slot<Match> | Slot<Target>): string {
		const { text, starts } = this.#words;
		return text.slice(starts[slot.from] ?? text.length, starts[slot.to] ?? text.length).trimEnd();
	}

	#word(at: number): string {
		return this.#words.words[at] ?? "";
	}
}

function faultText(fault: Fault, name: string): string {
	return fault === UNMODELLED ? `${name}: option not supported` : fault;
}
