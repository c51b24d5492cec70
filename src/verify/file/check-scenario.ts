/** What the shape of a scenario file cannot say: that names refer to something. */
import type { TextError } from "../../base/text-error.ts";
import { unknownName } from "../../base/unknown-name.ts";
import type { FieldPath, YamlText } from "../../base/yaml-text.ts";
import type { PlacedLink, Scenario } from "../scenario.ts";

export function checkScenario(scenario: Scenario, text: YamlText): readonly TextError[] {
	const check = new Check(scenario, text);
	check.topology();
	check.places();
	return check.errors;
}

class Check {
	readonly errors: TextError[] = [];
	readonly #scenario: Scenario;
	readonly #text: YamlText;
	/** By namespace. */
	readonly #devices = new Map<string, Set<string>>();

	constructor(scenario: Scenario, text: YamlText) {
		this.#scenario = scenario;
		this.#text = text;
	}

	topology(): void {
		for (const [index, netns] of this.#scenario.topology.netns.entries()) {
			if (this.#devices.has(netns)) this.#fail(["netns", index], `${netns} is there already`);
			this.#devices.set(netns, new Set(["lo"]));
		}
		for (const [index, placed] of this.#scenario.topology.links.entries()) this.#device(placed, ["devices", index]);
	}

	places(): void {
		const { config, listen, steps } = this.#scenario;
		for (const netns of Object.keys(config)) {
			if (this.#devices.has(netns)) continue;
			this.errors.push(this.#text.keyError(["config", netns], this.#noNetns(netns)));
		}
		for (const [index, { netns }] of listen.entries()) this.#netns(netns, ["listen", index, "in"]);
		for (const [index, step] of steps.entries()) {
			if (step.kind === "wait") continue;
			const path = ["steps", index, step.kind];
			const isThere = this.#netns(step.netns, [...path, "in"]);
			if (isThere && step.kind === "frame") this.#known(step.netns, step.dev, [...path, "dev"]);
		}
	}

	#device({ netns, link }: PlacedLink, path: FieldPath): void {
		if (!this.#netns(netns, [...path, "in"])) return;
		const { name, link: kind, master } = link;
		if (master !== undefined && master !== "") this.#known(netns, master, [...path, "master"]);
		if (kind === undefined) this.#known(netns, name, [...path, "name"]);
		else this.#make(netns, name, [...path, "name"]);
		if (link.netns !== undefined && this.#netns(link.netns, [...path, "netns"])) {
			this.#devices.get(netns)?.delete(name);
			this.#make(link.netns, name, [...path, "name"]);
		}
		if (kind?.type !== "veth") return;
		const { peer, peerNetns = netns } = kind;
		const isThere = peerNetns === netns || this.#netns(peerNetns, [...path, "veth", "in"]);
		if (isThere) this.#make(peerNetns, peer, [...path, "veth", "peer"]);
	}

	#make(netns: string, name: string, path: FieldPath): void {
		const devices = this.#devices.get(netns);
		if (devices?.has(name) === true) this.#fail(path, `${name} is in ${netns} already`);
		devices?.add(name);
	}

	#netns(name: string, path: FieldPath): boolean {
		if (this.#devices.has(name)) return true;
		this.#fail(path, this.#noNetns(name));
		return false;
	}

	#noNetns(name: string): string {
		return unknownName("a namespace", { found: name, known: [...this.#devices.keys()] });
	}

	#known(netns: string, name: string, path: FieldPath): void {
		const known = [...(this.#devices.get(netns) ?? [])];
		if (!known.includes(name)) this.#fail(path, unknownName(`a device of ${netns}`, { found: name, known }));
	}

	#fail(path: FieldPath, message: string): void {
		this.errors.push(this.#text.error(path, message));
	}
}
