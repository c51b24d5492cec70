/** Where a command's text comes from and goes to: pipes, files, nowhere, a text in memory. */
import { concatBytes, utf8Decode, utf8Encode } from "../base/bytes.ts";
import type { Input, Output, World } from "./command.ts";
import type { FileTree, FileView } from "./file-tree.ts";
import type { Signal } from "./interrupt.ts";

export const NO_INPUT: Input = {
	read: async () => undefined,
	readAll: async () => "",
	readBytes: async () => undefined,
};

export const NO_OUTPUT: Output = { write: () => {}, writeBytes: () => {} };

export class TextInput implements Input {
	#rest: string | undefined;

	constructor(text: string) {
		this.#rest = text === "" ? undefined : text;
	}

	async read(): Promise<string | undefined> {
		const text = this.#rest;
		this.#rest = undefined;
		return text;
	}

	async readAll(): Promise<string> {
		return (await this.read()) ?? "";
	}

	async readBytes(): Promise<Uint8Array | undefined> {
		const text = await this.read();
		return text === undefined ? undefined : utf8Encode(text);
	}

	/** Puts back what was read too much (`read`, which takes one line). */
	unread(text: string): void {
		if (text !== "") this.#rest = text + (this.#rest ?? "");
	}
}

/** Keeps what is written; `$(…)` and tests read it. */
export class TextOutput implements Output {
	#text = "";

	get text(): string {
		return this.#text;
	}

	write(text: string): void {
		this.#text += text;
	}

	writeBytes(bytes: Uint8Array): void {
		this.#text += utf8Decode(bytes);
	}
}

/** A pipe: the reader waits in the world's time; a writer whose reader has gone is told to stop, as SIGPIPE does. */
export class Pipe implements Input, Output {
	readonly #world: World;
	/** Raised in the reader's process. */
	readonly #reader: Signal;
	readonly #writer: Signal;
	#chunks: (string | Uint8Array)[] = [];
	#ended = false;
	#broken = false;

	constructor(world: World, ends: { readonly reader: Signal; readonly writer: Signal }) {
		this.#world = world;
		this.#reader = ends.reader;
		this.#writer = ends.writer;
	}

	write(text: string): void {
		this.#push(text);
	}

	writeBytes(bytes: Uint8Array): void {
		this.#push(bytes);
	}

	/** The writer has ended. */
	end(): void {
		this.#ended = true;
	}

	/** The reader has ended. */
	breakOff(): void {
		this.#broken = true;
		this.#chunks = [];
	}

	async read(): Promise<string | undefined> {
		const chunk = await this.#next();
		return chunk instanceof Uint8Array ? utf8Decode(chunk) : chunk;
	}

	async readBytes(): Promise<Uint8Array | undefined> {
		const chunk = await this.#next();
		return typeof chunk === "string" ? utf8Encode(chunk) : chunk;
	}

	async readAll(): Promise<string> {
		const all: Uint8Array[] = [];
		for (let bytes = await this.readBytes(); bytes !== undefined; bytes = await this.readBytes()) all.push(bytes);
		return utf8Decode(concatBytes(...all));
	}

	unread(text: string): void {
		if (text !== "") this.#chunks.unshift(text);
	}

	#push(chunk: string | Uint8Array): void {
		if (chunk.length === 0) return;
		if (this.#broken) this.#writer.raise();
		else this.#chunks.push(chunk);
	}

	async #next(): Promise<string | Uint8Array | undefined> {
		const ready = (): boolean => this.#chunks.length > 0 || this.#ended;
		if (!ready()) await this.#world.wait(ready, { timeoutNs: Infinity, interrupt: this.#reader });
		return this.#chunks.shift();
	}
}

/** A file opened for writing by a redirection. Text goes to the machine's files; bytes (a capture) to the real disk. */
export class FileOutput implements Output {
	readonly #files: FileTree;
	readonly #path: string;
	readonly #view: FileView;
	#pending: Promise<void> = Promise.resolve();
	#error: unknown;
	#bytes: Uint8Array[] = [];

	constructor(files: FileTree, path: string, view: FileView) {
		this.#files = files;
		this.#path = path;
		this.#view = view;
	}

	write(text: string): void {
		if (text === "") return;
		const append = (): Promise<void> => this.#files.append(this.#path, text, this.#view);
		this.#pending = this.#pending.then(append).catch((error: unknown) => {
			this.#error ??= error;
		});
	}

	writeBytes(bytes: Uint8Array): void {
		this.#bytes.push(bytes);
	}

	/** Resolves when everything is written; rejects with the first `FileError`. The result is what was written as bytes. */
	async finish(): Promise<Uint8Array> {
		await this.#pending;
		if (this.#error !== undefined) throw this.#error;
		return concatBytes(...this.#bytes);
	}
}
