/** exit, return, break, continue, eval, source, exec, bash, test, and the commands that do nothing. */
import { FileError } from "../../file-tree.ts";
import { resolvePath } from "../../memory-files.ts";
import { type Builtin, FlowControl, type Frame, ShellError, stderr, stdout } from "../frame.ts";
import { ALSO_BUILTIN } from "../lookup.ts";
import { inSubshell } from "../pipeline.ts";
import { testWords } from "../test-expression.ts";

export const exit: Builtin = {
	names: ["exit", "logout"],
	summary: "leave the shell",
	async run(args, { level }) {
		throw new FlowControl("exit", args[0] === undefined ? level.lastStatus : Number(args[0]) & 255);
	},
};

export const returnBuiltin: Builtin = {
	names: ["return"],
	summary: "leave a function or a sourced file",
	async run(args, { level }) {
		throw new FlowControl("return", args[0] === undefined ? level.lastStatus : Number(args[0]) & 255);
	},
};

export const breakBuiltin: Builtin = {
	names: ["break"],
	summary: "leave a loop",
	async run(args) {
		throw new FlowControl("break", 0, Number(args[0] ?? 1));
	},
};

export const continueBuiltin: Builtin = {
	names: ["continue"],
	summary: "begin a loop's next round",
	async run(args) {
		throw new FlowControl("continue", 0, Number(args[0] ?? 1));
	},
};

export const evalBuiltin: Builtin = {
	names: ["eval"],
	summary: "run words as a command line",
	run: (args, frame) => frame.interpreter.runText(args.join(" "), { ...frame, depth: frame.depth + 1 }),
};

export const source: Builtin = {
	names: ["source", "."],
	summary: "run a file's lines in this shell",
	async run(args, frame) {
		const [path] = args;
		if (path === undefined) {
			stderr(frame).write("bash: source: filename argument required\nsource: usage: source filename [arguments]\n");
			return 2;
		}
		try {
			return await frame.interpreter.runText(await fileText(path, frame), { ...frame, depth: frame.depth + 1 });
		} catch (error) {
			if (error instanceof FlowControl && error.kind === "return") return error.status;
			throw error;
		}
	},
};

export const exec: Builtin = {
	names: ["exec"],
	summary: "run a program instead of the shell",
	async run(args, frame) {
		if (args.length === 0) return 0;
		throw new FlowControl("exit", await frame.interpreter.call(args, frame));
	},
};

export const command: Builtin = {
	names: ["command", "builtin"],
	summary: "run a command that is no function; -v: say what a name stands for",
	async run(args, frame) {
		if (args[0] !== "-v" && args[0] !== "-V") return args.length === 0 ? 0 : frame.interpreter.call(args, frame);
		let known = 0;
		for (const name of args.slice(1)) {
			const found = await frame.interpreter.find(name, frame.level);
			if (found === undefined) continue;
			known += 1;
			stdout(frame).write(`${"path" in found && !ALSO_BUILTIN.has(name) ? found.path : name}\n`);
		}
		return known > 0 ? 0 : 1;
	},
};

/** `bash -c TEXT`, `bash FILE`; alone: a shell for the lines to come, as after `ip netns exec ns1 bash`. */
export const bash: Builtin = {
	names: ["bash", "sh"],
	summary: "a shell: -c TEXT, FILE, or for the lines to come until exit",
	async run(args, frame) {
		const level = frame.level.elsewhere(frame.level.host, frame.level.netns);
		let at = 0;
		while (/^-[exlui]+$/.test(args[at] ?? "")) {
			for (const letter of (args[at] ?? "").slice(1)) level.options.add(letter);
			at += 1;
		}
		const inner: Frame = { ...frame, level, depth: frame.depth + 1 };
		if (args[at] === "-c") {
			level.positional = args.length > at + 2 ? args.slice(at + 2) : ["bash"];
			return inSubshell(() => frame.interpreter.runText(args[at + 1] ?? "", inner));
		}
		const file = args[at];
		if (file !== undefined) {
			level.positional = args.slice(at);
			return inSubshell(async () => frame.interpreter.runText(await fileText(file, frame), inner));
		}
		const text = frame.background || frame.stdin !== frame.services.stdin ? await frame.stdin.readAll() : undefined;
		if (text !== undefined) return inSubshell(() => frame.interpreter.runText(text, inner));
		frame.services.enter(level);
		return 0;
	},
};

async function fileText(path: string, { level }: Frame): Promise<string> {
	try {
		return await level.host.files.read(resolvePath(level.cwd, path), { netns: level.netns });
	} catch (error) {
		if (error instanceof FileError) throw new ShellError(new FileError(error.errno, path).message, 127);
		throw error;
	}
}

export const test: Builtin = {
	names: ["test"],
	summary: "compare texts and numbers, ask about files",
	run: (args, frame) => runTest("test", args, frame),
};

export const bracket: Builtin = {
	names: ["["],
	summary: "as test, up to ]",
	async run(args, frame) {
		if (args.at(-1) !== "]") {
			stderr(frame).write("bash: [: missing `]'\n");
			return 2;
		}
		return runTest("[", args.slice(0, -1), frame);
	},
};

async function runTest(name: string, words: readonly string[], frame: Frame): Promise<number> {
	try {
		return (await testWords(words, frame.level)) ? 0 : 1;
	} catch (error) {
		if (!(error instanceof ShellError)) throw error;
		stderr(frame).write(`bash: ${name}: ${error.message}\n`);
		return error.status;
	}
}

/** Accepted, because scripts begin with them; they would change nothing here. */
export const nothing: Builtin = {
	names: [":", "alias", "hash", "stty", "trap", "ulimit", "umask", "unalias", "shopt", "disown"],
	summary: "accepted without effect",
	run: async () => 0,
};
