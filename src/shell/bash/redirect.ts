/** Redirections: which stream each file descriptor of a command is. */
import type { Redirection } from "unbash";
import type { Input, Output } from "../command.ts";
import { FileError } from "../file-tree.ts";
import { resolvePath } from "../memory-files.ts";
import { FileOutput, NO_INPUT, NO_OUTPUT, TextInput } from "../streams.ts";
import { type Frame, ShellError } from "./frame.ts";
import { expandParts, expandText } from "./words.ts";

/** A frame with the streams of the redirections, and what is to be done when the command has ended. */
export interface Redirected {
	readonly frame: Frame;
	/** Writes files to their end; resolves to an error's text, if one could not be written. */
	finish(): Promise<string | undefined>;
}

/** Opens what the redirections name, from left to right. Throws a `ShellError` when a file cannot be opened. */
export async function redirect(redirections: readonly Redirection[], frame: Frame): Promise<Redirected> {
	if (redirections.length === 0) return { frame, finish: async () => undefined };
	const plan = new Plan(frame);
	for (const redirection of redirections) await plan.add(redirection);
	return { frame: { ...frame, stdin: plan.stdin, outputs: plan.outputs }, finish: () => plan.finish() };
}

class Plan {
	readonly #frame: Frame;
	readonly #opened: { readonly path: string; readonly output: FileOutput }[] = [];
	stdin: Input;
	readonly outputs: Map<number, Output>;

	constructor(frame: Frame) {
		this.#frame = frame;
		this.stdin = frame.stdin;
		this.outputs = new Map(frame.outputs);
	}

	async add(redirection: Redirection): Promise<void> {
		if (redirection.descriptor?.type === "FileDescriptorVariable") {
			throw new ShellError("podwire: {name}> redirections are not modelled");
		}
		const descriptor = redirection.descriptor?.value;
		if (redirection.type === "HereDoc") {
			const { body } = redirection;
			const text = body?.parts === undefined ? (body?.text ?? "") : await expandParts(body.parts, this.#frame);
			this.stdin = new TextInput(redirection.operator === "<<-" ? text.replaceAll(/^\t+/gm, "") : text);
			return;
		}
		const target = redirection.target === undefined ? "" : await expandText(redirection.target, this.#frame);
		if (redirection.type === "HereString") {
			this.stdin = new TextInput(`${target}\n`);
			return;
		}
		await this.#open(redirection.operator, target, descriptor);
	}

	async #open(operator: string, target: string, descriptor: number | undefined): Promise<void> {
		if (operator === "<") {
			this.stdin = await this.#read(target);
			return;
		}
		if (operator === "<&" || operator === ">&") {
			const from = descriptor ?? (operator === "<&" ? 0 : 1);
			if (target === "-") this.#set(from, NO_OUTPUT);
			else if (/^\d+$/.test(target)) this.#duplicate(from, Number(target));
			else await this.#both(target, false);
			return;
		}
		if (operator === "&>" || operator === "&>>") {
			await this.#both(target, operator === "&>>");
			return;
		}
		if (operator === "<>") throw new ShellError("podwire: <> is not modelled");
		this.#set(descriptor ?? 1, await this.#write(target, operator === ">>"));
	}

	async #both(target: string, append: boolean): Promise<void> {
		const output = await this.#write(target, append);
		this.#set(1, output);
		this.#set(2, output);
	}

	#set(descriptor: number, output: Output): void {
		if (descriptor === 0) this.stdin = NO_INPUT;
		else this.outputs.set(descriptor, output);
	}

	#duplicate(descriptor: number, from: number): void {
		if (descriptor === 0 || from === 0) return;
		const output = this.outputs.get(from);
		if (output === undefined) throw new ShellError(`${from}: Bad file descriptor`);
		this.outputs.set(descriptor, output);
	}

	async #read(target: string): Promise<Input> {
		const { host, cwd, netns } = this.#frame.level;
		return this.#try(target, async () => new TextInput(await host.files.read(resolvePath(cwd, target), { netns })));
	}

	async #write(target: string, append: boolean): Promise<Output> {
		const { host, cwd, netns } = this.#frame.level;
		const standard = /^\/dev\/(stdout|stderr|tty)$/.exec(target)?.[1];
		if (standard !== undefined) return this.outputs.get(standard === "stderr" ? 2 : 1) ?? NO_OUTPUT;
		const path = resolvePath(cwd, target);
		await this.#try(target, () => host.files[append ? "append" : "write"](path, "", { netns }));
		const output = new FileOutput(host.files, path, { netns });
		this.#opened.push({ path, output });
		return output;
	}

	async #try<T>(target: string, fn: () => Promise<T>): Promise<T> {
		try {
			return await fn();
		} catch (error) {
			if (error instanceof FileError) throw new ShellError(new FileError(error.errno, target).message);
			throw error;
		}
	}

	async finish(): Promise<string | undefined> {
		for (const { path, output } of this.#opened) {
			try {
				const bytes = await output.finish();
				if (bytes.length > 0) this.#frame.world.disk?.write(path.slice(path.lastIndexOf("/") + 1), bytes);
			} catch (error) {
				if (!(error instanceof FileError)) throw error;
				return error.message.slice(error.path.length + 2);
			}
		}
		return undefined;
	}
}
