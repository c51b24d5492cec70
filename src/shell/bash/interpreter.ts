/** Carries out the syntax tree of a script. */
import type { AndOr, Assignment, Command, Redirected, Statement } from "unbash";
import { BUILTINS } from "./builtins/table.ts";
import { asCondition, runArithmeticFor, runCase, runFor, runIf, runWhile } from "./compound.ts";
import { FlowControl, type Found, type Frame, type Interpreter, ShellError, stderr } from "./frame.ts";
import type { FunctionBody, Level } from "./level.ts";
import { findProgram } from "./lookup.ts";
import { notFound, syntaxErrorText } from "./messages.ts";
import { inSubshell, runInBackground, runPipeline } from "./pipeline.ts";
import { runProgram, SHELLS } from "./process.ts";
import { redirect } from "./redirect.ts";
import { parseScript } from "./script.ts";
import { testExpression } from "./test-expression.ts";
import { evaluateArithmetic, expandText, expandWords } from "./words.ts";

/** Functions that call themselves, files that source themselves. */
const MAX_DEPTH = 200;

export class BashInterpreter implements Interpreter {
	async run(statements: readonly Statement[], frame: Frame): Promise<number> {
		let status = 0;
		for (const statement of statements) {
			if (frame.signal.raised) throw new FlowControl("interrupted", 130);
			if (statement.background === true) {
				runInBackground(statement, frame);
				status = 0;
			} else status = await this.runNode(statement.command, frame);
			frame.level.lastStatus = status;
			if (status !== 0 && !frame.condition && frame.level.options.has("e") && !isTested(statement)) {
				throw new FlowControl("exit", status);
			}
		}
		return status;
	}

	async runNode(node: Statement["command"] | Redirected, frame: Frame): Promise<number> {
		try {
			return await this.#node(node, frame);
		} catch (error) {
			if (!(error instanceof ShellError)) throw error;
			stderr(frame).write(`bash: ${error.message}\n`);
			frame.level.lastStatus = error.status;
			return error.status;
		}
	}

	async #node(node: Statement["command"], frame: Frame): Promise<number> {
		switch (node.type) {
			case "Command":
				return this.#command(node, frame);
			case "Pipeline": {
				const negated = node.prefixes.some((prefix) => prefix.type === "Negation");
				const inner = negated ? asCondition(frame) : frame;
				const only = node.commands.length === 1 ? node.commands[0] : undefined;
				const startNs = frame.world.kernel.clock.now();
				const status = await (only === undefined ? runPipeline(node, inner) : this.runNode(only, inner));
				if (node.prefixes.some((prefix) => prefix.type === "Time")) {
					stderr(frame).write(timeText(frame.world.kernel.clock.now() - startNs));
				}
				return negated ? (status === 0 ? 1 : 0) : status;
			}
			case "AndOr":
				return this.#andOr(node, frame);
			case "If":
				return runIf(node, frame);
			case "For":
				return runFor(node, frame);
			case "ArithmeticFor":
				return runArithmeticFor(node, frame);
			case "While":
				return runWhile(node, frame);
			case "Case":
				return runCase(node, frame);
			case "BraceGroup":
				return this.run(node.body.commands, frame);
			case "Subshell":
				return inSubshell(() => this.run(node.body.commands, { ...frame, level: frame.level.fork() }));
			case "TestCommand":
				return (await testExpression(node.expression, frame)) ? 0 : 1;
			case "ArithmeticCommand":
				return (await evaluateArithmetic(node.expression, frame)) === 0 ? 1 : 0;
			case "Function":
				frame.level.functions.set(node.name.value, node.body);
				return 0;
			case "Redirected":
				return this.#redirected(node, frame);
			case "Select":
			case "Coproc":
				throw new ShellError(`podwire: ${node.type.toLowerCase()} is not modelled`);
		}
	}

	async #andOr(node: AndOr, frame: Frame): Promise<number> {
		let status = 0;
		for (const [k, command] of node.commands.entries()) {
			const operator = node.operators[k - 1];
			if (operator === "&&" && status !== 0) continue;
			if (operator === "||" && status === 0) continue;
			const last = k === node.commands.length - 1;
			status = await this.runNode(command, last ? frame : asCondition(frame));
			frame.level.lastStatus = status;
			if (frame.signal.raised) throw new FlowControl("interrupted", 130);
		}
		return status;
	}

	async #redirected(node: Redirected, frame: Frame): Promise<number> {
		const redirected = await redirect(node.redirects, frame);
		const status = await this.runNode(node.command, redirected.frame);
		return this.#finish(redirected, status, { name: "", frame });
	}

	async #command(node: Command, frame: Frame): Promise<number> {
		const words = await this.#words(node, frame);
		const assignments = node.prefix.filter((part) => part.type === "Assignment");
		if (words.length === 0) return this.#assign(node, assignments, frame);
		if (frame.level.options.has("x")) stderr(frame).write(`+ ${words.join(" ")}\n`);
		const redirected = await redirect(node.redirects, frame);
		const restore = await setVariables(assignments, frame);
		try {
			const status = await this.call(words, redirected.frame);
			return await this.#finish(redirected, status, { name: words[0] ?? "", frame });
		} finally {
			restore();
		}
	}

	async #words(node: Command, frame: Frame): Promise<readonly string[]> {
		const words: string[] = node.name === undefined ? [] : await expandWords([node.name], frame);
		for (const argument of node.args) {
			if (argument.type === "Word") words.push(...(await expandWords([argument], frame)));
			else words.push(`${argument.name}${argument.append === true ? "+" : ""}=${await assignedText(argument, frame)}`);
		}
		return words;
	}

	/** No command, only `x=1` or redirections: the shell's own variables change. */
	async #assign(node: Command, assignments: readonly Assignment[], frame: Frame): Promise<number> {
		frame.level.lastStatus = 0;
		for (const assignment of assignments) {
			const value = await assignedText(assignment, frame);
			const before = assignment.append === true ? (frame.level.variables.get(assignment.name) ?? "") : "";
			frame.level.setVariable(assignment.name, before + value);
		}
		await (await redirect(node.redirects, frame)).finish();
		return frame.level.lastStatus;
	}

	async #finish(
		redirected: Awaited<ReturnType<typeof redirect>>,
		status: number,
		{ name, frame }: { readonly name: string; readonly frame: Frame },
	): Promise<number> {
		const error = await redirected.finish();
		if (error === undefined) return status;
		stderr(frame).write(`bash: ${name}: write error: ${error}\n`);
		return status === 0 ? 1 : status;
	}

	async call(argv: readonly string[], frame: Frame): Promise<number> {
		const [name = "", ...args] = argv;
		const target = /^@(.+)$/.exec(name)?.[1];
		if (target !== undefined && frame.world.hosts.has(target)) return this.call(["on", target, ...args], frame);
		const found = await this.find(name, frame.level);
		if (found === undefined) return this.#notFound(name, frame);
		switch (found.kind) {
			case "function":
				return this.#callFunction(found.body, argv, frame);
			case "builtin":
				return found.builtin.run(args, frame);
			case "program":
				return runProgram(
					{ entry: found.entry, argv, ...(frame.firstPid === undefined ? {} : { pid: frame.firstPid }) },
					frame,
					(words, inner, pid) => this.#exec(words, inner, pid),
				);
			case "script":
				return this.#script(found, argv, frame);
		}
	}

	async find(name: string, level: Level): Promise<Found | undefined> {
		const body = level.functions.get(name);
		if (body !== undefined) return { kind: "function", body };
		const builtin = BUILTINS.get(name);
		if (builtin !== undefined) return { kind: "builtin", builtin };
		const found = await findProgram(name, level);
		return found.kind === "refused" ? undefined : found;
	}

	/** A program's way to another program: no functions, no built-in commands but the shell itself. */
	async #exec(argv: readonly string[], frame: Frame, pid: number): Promise<number> {
		const [name = "", ...args] = argv;
		const builtin = SHELLS.has(name) ? BUILTINS.get("bash") : undefined;
		if (builtin !== undefined) return builtin.run(args, frame);
		const found = await findProgram(name, frame.level);
		if (found.kind === "refused") return this.#notFound(name, frame);
		if (found.kind === "script") return this.#script(found, argv, frame);
		return runProgram({ entry: found.entry, argv, pid }, frame, (words, inner, same) => this.#exec(words, inner, same));
	}

	async #notFound(name: string, frame: Frame): Promise<number> {
		const program = await findProgram(name, frame.level);
		const reason = program.kind === "refused" ? program.reason : "missing";
		const { text, status } = notFound(name, reason, BUILTINS.keys());
		stderr(frame).write(text);
		return status;
	}

	async #callFunction(body: FunctionBody, argv: readonly string[], frame: Frame): Promise<number> {
		if (frame.depth >= MAX_DEPTH) throw new ShellError(`${argv[0]}: maximum function nesting level exceeded (200)`);
		const { level } = frame;
		const saved = level.positional;
		level.positional = [saved[0] ?? "bash", ...argv.slice(1)];
		level.hidden.push(new Map());
		const inner = { ...frame, depth: frame.depth + 1 };
		try {
			return body.type === "CompoundList" ? await this.run(body.commands, inner) : await this.runNode(body, inner);
		} catch (error) {
			if (error instanceof FlowControl && error.kind === "return") return error.status;
			throw error;
		} finally {
			level.unhide();
			level.positional = saved;
		}
	}

	/** An executable text file: a script in a shell of its own. */
	async #script(found: Extract<Found, { kind: "script" }>, argv: readonly string[], frame: Frame): Promise<number> {
		const level = frame.level.elsewhere(frame.level.host, frame.level.netns);
		level.positional = [found.path, ...argv.slice(1)];
		return inSubshell(() => this.runText(found.text, { ...frame, level, depth: frame.depth + 1 }));
	}

	async runText(text: string, frame: Frame): Promise<number> {
		if (frame.depth >= MAX_DEPTH) throw new ShellError("maximum nesting level exceeded (200)");
		const { statements, error } = parseScript(text);
		const status = await this.run(statements, { ...frame, source: text });
		if (error === undefined) return status;
		stderr(frame).write(syntaxErrorText(error, text));
		frame.level.lastStatus = 2;
		return 2;
	}
}

/** What `time` prints: only waiting takes time here. */
function timeText(ns: number): string {
	const minutes = Math.floor(ns / 60e9);
	return `\nreal\t${minutes}m${((ns - minutes * 60e9) / 1e9).toFixed(3)}s\nuser\t0m0.000s\nsys\t0m0.000s\n`;
}

/** A condition's failure is no failure: `a && b` where a fails, `! a`. */
function isTested({ command }: Statement): boolean {
	return (
		command.type === "AndOr" ||
		(command.type === "Pipeline" && command.prefixes.some((prefix) => prefix.type === "Negation"))
	);
}

async function assignedText({ value, index }: Assignment, frame: Frame): Promise<string> {
	if (value.type === "ArrayValue" || index !== undefined) throw new ShellError("podwire: arrays are not modelled");
	return expandText(value, frame);
}

/** `x=1 command`: the variable is the command's alone; the result puts back what was. */
async function setVariables(assignments: readonly Assignment[], frame: Frame): Promise<() => void> {
	const { variables, exported } = frame.level;
	const before = assignments.map(({ name }) => ({ name, value: variables.get(name), out: exported.has(name) }));
	for (const assignment of assignments) {
		variables.set(assignment.name, await assignedText(assignment, frame));
		exported.add(assignment.name);
	}
	return () => {
		for (const { name, value, out } of before) {
			if (value === undefined) variables.delete(name);
			else variables.set(name, value);
			if (!out) exported.delete(name);
		}
	};
}
