/** What the shape of a lab file cannot say: that names refer to something. */
import type { TextError } from "../../base/text-error.ts";
import { unknownName, wordList } from "../../base/unknown-name.ts";
import type { FieldPath, YamlText } from "../../base/yaml-text.ts";
import type { Lab, LabExpectation, LabStep } from "./lab.ts";

export function checkLab(lab: Lab, text: YamlText): readonly TextError[] {
	const check = new Check(lab, text);
	check.links();
	for (const [index, step] of lab.steps.entries()) check.step(step, ["steps", index]);
	return check.errors;
}

/** Of a lab with a cluster: the machines that steps name, when those that there are have become known. */
export function checkMachines(lab: Lab, text: YamlText, machines: readonly string[]): readonly TextError[] {
	const named = lab.steps.flatMap(({ on, expect }, index) => {
		const path: FieldPath = ["steps", index];
		const elsewhere = (["counters", "log", "arp", "conntrack"] as const).flatMap((kind) =>
			expect[kind].map((each, at) => ({ name: each.on, path: [...path, "expect", kind, at, "on"] })),
		);
		return [{ name: on, path: [...path, "on"] }, ...elsewhere];
	});
	return named.flatMap(({ name, path }) => {
		if (name === undefined || machines.includes(name)) return [];
		return [text.error(path, unknownName("a machine", { found: name, known: machines }))];
	});
}

class Check {
	readonly errors: TextError[] = [];
	readonly #lab: Lab;
	readonly #text: YamlText;
	readonly #hosts: readonly string[];
	/** Those that an earlier step, or this one, opened, with their machines. */
	readonly #terminals = new Map<string, string>();

	constructor(lab: Lab, text: YamlText) {
		this.#lab = lab;
		this.#text = text;
		this.#hosts = Object.keys(lab.hosts);
		if (lab.cluster === undefined) {
			if (this.#hosts.length === 0) this.#fail(["hosts"], "expected at least one machine");
			return;
		}
		for (const field of ["hosts", "links"]) {
			if (text.has([field])) this.#fail([field], "the machines of a lab with a cluster are the cluster's");
		}
	}

	links(): void {
		const used = new Set<string>();
		for (const [index, link] of this.#lab.links.entries()) {
			for (const [at, { host, dev }] of link.ends.entries()) {
				const path = ["links", index, link.type, at];
				const interfaces = this.#lab.hosts[host]?.interfaces;
				if (interfaces === undefined) this.#unknown(path, "a machine", { found: host, known: this.#hosts });
				else if (interfaces[dev] === undefined) {
					this.#unknown(path, `an interface of ${host}`, { found: dev, known: Object.keys(interfaces) });
				}
				const end = `${host}:${dev}`;
				if (used.has(end)) this.#fail(path, `${end} is in a link already`);
				used.add(end);
			}
		}
	}

	step(step: LabStep, path: FieldPath): void {
		const machines = this.#lab.cluster === undefined ? wordList(this.#hosts, "or") : "a node, a pod or outside";
		if (step.on === "") this.#fail([...path, "on"], `missing; expected ${machines}`);
		else this.#host(step.on, [...path, "on"]);
		this.#opens(step, [...path, "terminal"]);
		for (const [at, name] of step.interrupt.entries()) {
			const several = this.#text.has([...path, "interrupt", at]);
			this.#terminal(name, several ? [...path, "interrupt", at] : [...path, "interrupt"]);
		}
		this.#expectation(step.expect, [...path, "expect"]);
	}

	#expectation(expect: LabExpectation, path: FieldPath): void {
		for (const name of Object.keys(expect.terminals)) this.#terminal(name, [...path, "terminals", name]);
		for (const [at, capture] of expect.captures.entries()) {
			const here = [...path, "captures", at];
			if (capture.terminal !== undefined) this.#terminal(capture.terminal, [...here, "terminal"]);
			if ((capture.terminal === undefined) === (capture.file === undefined))
				this.#fail(here, "expected either terminal or file");
		}
		for (const kind of ["counters", "log", "arp", "conntrack"] as const) {
			for (const [at, each] of expect[kind].entries()) {
				if (each.on !== undefined) this.#host(each.on, [...path, kind, at, "on"]);
			}
		}
		for (const [at, counter] of expect.counters.entries()) {
			if (counter.packets === undefined && counter.bytes === undefined && counter.newPackets === undefined) {
				this.#fail([...path, "counters", at], "expected packets, bytes or newPackets");
			}
		}
	}

	#opens(step: LabStep, path: FieldPath): void {
		const { terminal, on } = step;
		if (terminal === undefined) return;
		if (step.run === undefined) this.#fail(path, "a step without commands needs no terminal");
		const before = this.#terminals.get(terminal) ?? on;
		if (before !== on) this.#fail(path, `${terminal} is a terminal of ${before} already`);
		this.#terminals.set(terminal, on);
	}

	#terminal(name: string, path: FieldPath): void {
		if (this.#terminals.has(name)) return;
		this.#unknown(path, "a terminal that a step opened", { found: name, known: [...this.#terminals.keys()] });
	}

	/** A cluster's machines are known when it has been built, see `checkMachines`. */
	#host(name: string, path: FieldPath): void {
		if (this.#lab.cluster !== undefined) return;
		if (!this.#hosts.includes(name)) this.#unknown(path, "a machine", { found: name, known: this.#hosts });
	}

	#unknown(path: FieldPath, what: string, names: { readonly found: string; readonly known: readonly string[] }): void {
		this.#fail(path, unknownName(what, names));
	}

	#fail(path: FieldPath, message: string): void {
		this.errors.push(this.#text.error(path, message));
	}
}
