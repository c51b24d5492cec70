/** `-j CT`, and the older `-j NOTRACK`. Helpers, event masks and timeout policies are kept as text. */
import type { CtTarget } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { type Extension, extension, type OptionSyntax, UNMODELLED } from "../extension.ts";
import { parseUint } from "../values.ts";

interface CtDraft {
	notrack?: true;
	id: number;
	byMark?: true;
	original?: true;
	reply?: true;
}

export const CT: Extension<Target> = extension<Target, CtDraft>({
	name: "CT",
	options: {
		"--notrack": {
			args: 0,
			set: (draft) => {
				draft.notrack = true;
				return undefined;
			},
		},
		"--zone": zone(),
		"--zone-orig": zone("original"),
		"--zone-reply": zone("reply"),
		"--helper": UNMODELLED,
		"--timeout": UNMODELLED,
		"--ctevents": UNMODELLED,
		"--expevents": UNMODELLED,
	},
	start: () => ({ id: 0 }),
	finish: ({ notrack, id, byMark, original, reply }) => {
		const dir = original === reply ? undefined : original === true ? "original" : "reply";
		const number = byMark === true ? "mark" : id;
		return {
			kind: "ct",
			...(notrack === undefined ? {} : { notrack }),
			// Zone 0 is that of everything else.
			...(number === 0 ? {} : { zone: dir === undefined ? { id: number } : { id: number, dir } }),
		};
	},
});

export const NOTRACK: Extension<Target> = extension<Target, object>({
	name: "NOTRACK",
	options: {},
	start: () => ({}),
	finish: () => ({ kind: "notrack" }),
});

export function formatCt(target: CtTarget): string {
	return ` -j CT${ctOptions(target).replaceAll(/ (?=[nz])/g, " --")}`;
}

/** ` CT notrack zone-orig 5`. */
export function describeCt(target: CtTarget): string {
	return ` CT${ctOptions(target)}`;
}

function ctOptions({ notrack, zone: given }: CtTarget): string {
	const option = given?.dir === undefined ? "zone" : given.dir === "original" ? "zone-orig" : "zone-reply";
	return (notrack === true ? " notrack" : "") + (given === undefined ? "" : ` ${option} ${given.id}`);
}

function zone(dir?: "original" | "reply"): OptionSyntax<CtDraft> {
	return {
		args: 1,
		set: (draft, { value }) => {
			if (dir !== undefined) draft[dir] = true;
			if (value.toLowerCase() === "mark") {
				draft.byMark = true;
				return undefined;
			}
			const id = parseUint(value, 0xffff);
			if (id === undefined) return `Cannot parse ${value} as a zone ID`;
			draft.id = id;
			return undefined;
		},
	};
}
