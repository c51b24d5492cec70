/** Two outcomes of a scenario side by side, step by step: everything must be the same but for what chance decided. */
import { Chance, type Normalised } from "./chance.ts";
import { type Both, compareState } from "./compare-state.ts";
import type { Difference } from "./difference.ts";
import { normaliseFrame } from "./normalise.ts";
import { normaliseLogLine, normaliseSight } from "./normalise-text.ts";
import type { LogSight, Outcome, SeenFrame, SocketSight } from "./outcome.ts";
import { isOverwritten } from "./overwritten.ts";
import type { Scenario } from "./scenario.ts";

export type Comparison =
	| { readonly agrees: true; readonly normalised: ReadonlyMap<Normalised, number> }
	| { readonly agrees: false; readonly first: Difference };

export function compareOutcomes(scenario: Scenario, sim: Outcome, real: Outcome): Comparison {
	const chance = new Chance(scenario);
	const first = firstDifference({ scenario, sim, real, chance });
	return first === undefined ? { agrees: true, normalised: chance.counts } : { agrees: false, first };
}

function firstDifference(both: Both): Difference | undefined {
	const { sim, real, scenario } = both;
	if (sim.refused !== undefined || real.refused !== undefined) return refusalDifference(both);
	const [simSteps, realSteps] = [byStep(sim), byStep(real)];
	for (let step = -1; step <= scenario.steps.length; step += 1) {
		const [a, b] = [simSteps.get(step) ?? NOTHING, realSteps.get(step) ?? NOTHING];
		const found =
			frameDifference(step, a.frames, b.frames, both.chance) ??
			socketDifference(step, a.sockets, b.sockets, both.chance) ??
			logDifference(step, attributable(a.log, both.chance), b.log, both.chance);
		if (found !== undefined) return found;
	}
	return compareState(both);
}

function refusalDifference({ sim, real }: Both): Difference | undefined {
	const [a, b] = [sim.refused, real.refused];
	if (a !== undefined && b !== undefined && a.netns === b.netns && a.error.errno === b.error.errno) return undefined;
	return { kind: "refused", step: -1, ...sides(a, b) };
}

interface StepSights {
	readonly frames: SeenFrame[];
	readonly sockets: SocketSight[];
	readonly log: LogSight[];
}

const NOTHING: StepSights = { frames: [], sockets: [], log: [] };

function byStep(outcome: Outcome): ReadonlyMap<number, StepSights> {
	const steps = new Map<number, StepSights>();
	const of = (step: number): StepSights => {
		const found = steps.get(step) ?? { frames: [], sockets: [], log: [] };
		steps.set(step, found);
		return found;
	};
	for (const frame of outcome.frames) of(frame.step).frames.push(frame);
	for (const sight of outcome.sockets) of(sight.step).sockets.push(sight);
	for (const line of outcome.log) of(line.step).log.push(line);
	return steps;
}

/** Per device in order; which of two devices was first is nobody's promise. */
function frameDifference(
	step: number,
	sim: readonly SeenFrame[],
	real: readonly SeenFrame[],
	chance: Chance,
): Difference | undefined {
	const queues = grouped(real, deviceOf);
	const numbers = new Map<string, number>();
	for (const a of sim) {
		const device = deviceOf(a);
		const number = (numbers.get(device) ?? 0) + 1;
		numbers.set(device, number);
		const b = queues.get(device)?.[number - 1];
		const common = { kind: "frame", step, netns: a.netns, dev: a.dev, number } as const;
		if (b === undefined) return { ...common, sim: a };
		const normalised = isOverwritten(a, b, real)
			? overwritten(a, chance)
			: normaliseFrame({ sim: a.frame, real: b.frame, step, ...linkOf(a) }, chance);
		if (a.direction !== b.direction || a.pktType !== b.pktType || !sameBytes(normalised, a.frame)) {
			return { ...common, sim: a, real: b, normalised };
		}
	}
	for (const [device, frames] of queues) {
		const number = (numbers.get(device) ?? 0) + 1;
		const b = frames[number - 1];
		if (b !== undefined) return { kind: "frame", step, netns: b.netns, dev: b.dev, number, real: b };
	}
	return undefined;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function linkOf({ link }: SeenFrame): { readonly link?: "ip" } {
	return link === undefined ? {} : { link };
}

function overwritten({ frame }: SeenFrame, chance: Chance): Uint8Array {
	chance.count("fragment overwritten");
	return frame;
}

function deviceOf({ netns, dev }: SeenFrame): string {
	return `${netns} ${dev}`;
}

function socketDifference(
	step: number,
	sim: readonly SocketSight[],
	real: readonly SocketSight[],
	chance: Chance,
): Difference | undefined {
	const translated = real.map((sight) => {
		const protocol = sight.socket.startsWith("tcp") ? "tcp" : "udp";
		const translate = (text: string): string => normaliseSight(text, protocol, chance);
		return { ...sight, socket: translate(sight.socket), what: translate(sight.what) };
	});
	const [ours, theirs] = [grouped(sim, socketOf), grouped(translated, socketOf)];
	for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
		const [a, b] = [ours.get(key) ?? [], theirs.get(key) ?? []];
		const at = firstUnequal(a, b, (x, y) => x.what === y.what);
		const sight = at === undefined ? undefined : (a[at] ?? b[at]);
		if (at === undefined || sight === undefined) continue;
		return { kind: "socket", step, netns: sight.netns, socket: sight.socket, ...sides(a[at]?.what, b[at]?.what) };
	}
	return undefined;
}

function socketOf({ netns, socket }: SocketSight): string {
	return `${netns} ${socket}`;
}

/** Lines of LOG rules are told by their tag; what the kernel says of its tables and devices is anybody's on the real one. */
function attributable(lines: readonly LogSight[], chance: Chance): readonly LogSight[] {
	return lines.filter(({ text }) => !(KERNELS_OWN.test(text) && chance.count("kernel's own line")));
}

const KERNELS_OWN =
	/^Set \S+ is full, maxelem \d+ reached$| migrated from |with own address as source|^Dead loop on virtual device/;

function logDifference(
	step: number,
	sim: readonly LogSight[],
	real: readonly LogSight[],
	chance: Chance,
): Difference | undefined {
	const translated = real.map((line, index) => {
		return { ...line, text: normaliseLogLine(sim[index]?.text ?? "", line.text, chance) };
	});
	const at = firstUnequal(sim, translated, (a, b) => a.text === b.text && a.level === b.level);
	if (at === undefined) return undefined;
	const text = (line: LogSight | undefined): string | undefined => line && `<${line.level}> ${line.text}`;
	return { kind: "log", step, ...sides(text(sim[at]), text(real[at])) };
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
	const groups = new Map<string, T[]>();
	for (const item of items) {
		const key = keyOf(item);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [item]);
		else group.push(item);
	}
	return groups;
}

function firstUnequal<T>(a: readonly T[], b: readonly T[], same: (a: T, b: T) => boolean): number | undefined {
	for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
		const [x, y] = [a[at], b[at]];
		if (x === undefined || y === undefined || !same(x, y)) return at;
	}
	return undefined;
}

/** Without the sides that are not there. */
export function sides<T>(sim: T | undefined, real: T | undefined): { readonly sim?: T; readonly real?: T } {
	return { ...(sim === undefined ? {} : { sim }), ...(real === undefined ? {} : { real }) };
}
