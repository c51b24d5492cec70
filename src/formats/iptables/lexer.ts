/** Words of an iptables-save line, split and unescaped as iptables-restore does it, and the quoting of iptables-save. */

export interface Words {
	readonly text: string;
	readonly words: readonly string[];
	/** Where each word begins in `text` (at its quote, if it has one). */
	readonly starts: readonly number[];
	/** Which words were in quotes; absent when none was. A quoted word is never an option. */
	readonly quoted?: readonly boolean[];
	/** A quote was opened and not closed. */
	readonly unterminated: boolean;
}

/** Words that a reader may take apart. */
export interface EditableWords {
	readonly text: string;
	readonly words: string[];
	readonly starts: number[];
	/** Empty: none was quoted. */
	readonly quoted: boolean[];
}

const SPACE = 32;
const TAB = 9;
const QUOTE = 34;

/** Splits at spaces and tabs; double quotes group words, a backslash inside them escapes; single quotes mean nothing. */
export function splitWords(text: string): Words {
	if (text.includes('"')) return splitQuoted(text);
	const words: string[] = [];
	const starts: number[] = [];
	let at = 0;
	while (at < text.length) {
		const code = text.charCodeAt(at);
		if (code === SPACE || code === TAB) {
			at += 1;
			continue;
		}
		const end = endOfWord(text, at);
		words.push(text.slice(at, end));
		starts.push(at);
		at = end;
	}
	return { text, words, starts, unterminated: false };
}

/** Words that a shell has split already. */
export function wordsOf(args: readonly string[]): Words {
	const starts: number[] = [];
	let text = "";
	for (const arg of args) {
		if (text !== "") text += " ";
		starts.push(text.length);
		text += arg === "" || arg.includes(" ") ? quoteWord(arg) : arg;
	}
	return { text, words: args, starts, unterminated: false };
}

export function editableWords({ text, words, starts, quoted }: Words): EditableWords {
	return { text, words: [...words], starts: [...starts], quoted: quoted === undefined ? [] : [...quoted] };
}

/** A word as iptables-save prints text: in quotes, with backslashes, unless it is only letters, digits, `_` and `-`. */
export function quoteWord(word: string): string {
	return /^[\w-]+$/.test(word) ? word : `"${word.replace(/["\\']/g, "\\$&")}"`;
}

function endOfWord(text: string, from: number): number {
	let end = from;
	for (; end < text.length; end += 1) {
		const code = text.charCodeAt(end);
		if (code === SPACE || code === TAB) break;
	}
	return end;
}

/** The closing quote ends the word, whatever follows it; an opening quote inside a word goes on with that word. */
function splitQuoted(text: string): Words {
	const words: string[] = [];
	const starts: number[] = [];
	const quoted: boolean[] = [];
	let word = "";
	let start = -1;
	const push = (wasQuoted: boolean): void => {
		words.push(word);
		starts.push(start);
		quoted.push(wasQuoted);
		word = "";
		start = -1;
	};
	let at = 0;
	while (at < text.length) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) {
			if (start < 0) start = at;
			const inside = readQuoted(text, at + 1);
			word += inside.text;
			at = inside.end + 1;
			push(true);
			if (inside.end >= text.length) return { text, words, starts, quoted, unterminated: true };
		} else if (code === SPACE || code === TAB) {
			if (start >= 0) push(false);
			at += 1;
		} else {
			if (start < 0) start = at;
			word += text.charAt(at);
			at += 1;
		}
	}
	if (start >= 0) push(false);
	return { text, words, starts, quoted, unterminated: false };
}

function readQuoted(text: string, from: number): { readonly text: string; readonly end: number } {
	let out = "";
	let at = from;
	for (; at < text.length && text.charCodeAt(at) !== QUOTE; at += 1) {
		if (text.charAt(at) === "\\") at += 1;
		out += text.charAt(at);
	}
	return { text: out, end: at };
}
