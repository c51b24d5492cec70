/** What there is to see of a step: outputs, and the machines' state before and after it. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelObject, KernelObjectKind } from "../../kernel/objects.ts";
import type { World } from "../command.ts";
import type { LabStep } from "./lab.ts";

export interface CommandOutcome {
	/** As it was typed. */
	readonly command: string;
	/** Undefined: it still runs. */
	readonly exit: number | undefined;
	/** It was stopped by Ctrl-C. */
	readonly interrupted: boolean;
}

/** What a terminal printed during the step. */
export interface TerminalOutput {
	readonly stdout: string;
	/** Both streams, in order. */
	readonly both: string;
}

export interface Observation {
	readonly world: World;
	readonly step: LabStep;
	/** Of the lab's steps, from 0. */
	readonly index: number;
	readonly commands: readonly CommandOutcome[];
	readonly stdout: string;
	readonly stderr: string;
	terminal(name: string): TerminalOutput;
	/** Lines of the kernel's log before the step. */
	readonly logFrom: number;
	/** Packets that the rules of `counters` had counted before the step, in order. */
	readonly countedBefore: readonly number[];
}

export interface Place {
	readonly on?: string | undefined;
	readonly in?: string | undefined;
}

/** The port's name of a place of the lab; the error is a sentence. */
export function netnsAt(world: World, step: LabStep, place: Place): Result<string, string> {
	const name = place.on ?? step.on;
	const host = world.hosts.get(name);
	if (host === undefined) return { ok: false, error: `there is no machine ${name}` };
	if (place.in === undefined) return ok(host.rootNetns);
	const netns = host.namedNetns.get(place.in);
	return netns === undefined ? { ok: false, error: `there is no namespace ${place.in} on ${name}` } : ok(netns);
}

/** The objects of a kind at a place; the error is a sentence. */
export async function objectsAt<K extends KernelObjectKind>(
	seen: { readonly world: World; readonly step: LabStep },
	place: Place,
	kind: K,
): Promise<Result<readonly Extract<KernelObject, { kind: K }>[], string>> {
	const netns = netnsAt(seen.world, seen.step, place);
	if (!netns.ok) return netns;
	const dumped = await seen.world.kernel.dump(netns.value, [kind]);
	if (!dumped.ok) return { ok: false, error: dumped.error.message };
	return ok(dumped.value.filter((object): object is Extract<KernelObject, { kind: K }> => object.kind === kind));
}

export function placeWords(step: LabStep, place: Place): string {
	const on = place.on === undefined || place.on === step.on ? "" : ` on ${place.on}`;
	return place.in === undefined ? on : ` in ${place.in}${on}`;
}
