/** Where a transfer's bytes go: standard output, a file of the machine, nowhere. */
import { concatBytes, utf8Decode } from "../../../base/bytes.ts";
import type { CommandContext } from "../../command.ts";
import { FileError } from "../../file-tree.ts";
import { resolvePath } from "../../memory-files.ts";
import { Utf8Stream } from "../../utf8-stream.ts";

export interface TransferOutput {
	/** It is what a person sees: no progress meter, no notes about data. */
	readonly isTerminal: boolean;
	write(bytes: Uint8Array): void;
	/** Undefined: all is written; else why not. */
	finish(): Promise<string | undefined>;
}

/** `file` undefined or `-` is standard output. */
export function transferOutput(context: CommandContext, file: string | undefined): TransferOutput {
	if (file === undefined || file === "-") return standardOutput(context);
	const pieces: Uint8Array[] = [];
	return {
		isTerminal: false,
		write: (bytes) => void pieces.push(bytes),
		async finish() {
			if (file === "/dev/null" || pieces.length === 0) return undefined;
			const { host, cwd, netns } = context;
			try {
				await host.files.write(resolvePath(cwd, file), utf8Decode(concatBytes(...pieces)), { netns });
				return undefined;
			} catch (error) {
				if (!(error instanceof FileError)) throw error;
				return error.message.slice(error.path.length + 2);
			}
		},
	};
}

function standardOutput({ stdout, isTerminal }: CommandContext): TransferOutput {
	const text = new Utf8Stream();
	return {
		isTerminal,
		write: (bytes) => stdout.write(text.push(bytes)),
		async finish() {
			stdout.write(text.end());
			return undefined;
		},
	};
}
