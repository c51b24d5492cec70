/** Reads standard input beside a command that waits for the network. */
import type { CommandContext } from "./command.ts";

export class InputPump {
	/** What was read and not yet taken. */
	readonly lines: string[] = [];
	ended = false;
	#stopped = false;

	/** Starts to read; nothing is read with `closed`. */
	constructor(context: Pick<CommandContext, "stdin" | "world">, options: { readonly closed?: boolean } = {}) {
		if (options.closed === true) this.ended = true;
		else void context.world.spawn(() => this.#read(context.stdin));
	}

	/** There is something to take, or there will be nothing more. */
	get ready(): boolean {
		return this.lines.length > 0 || this.ended;
	}

	/** Reads no more; what comes next is left for the next reader where that can be. */
	stop(): void {
		this.#stopped = true;
	}

	async #read(stdin: CommandContext["stdin"]): Promise<void> {
		while (!this.#stopped) {
			const text = await stdin.read();
			if (text === undefined) break;
			if (this.#stopped) stdin.unread?.(text);
			else this.lines.push(text);
		}
		this.ended = true;
	}
}
