/** `-j MARK`: every input form becomes `--set-xmark value/mask`, mark = (mark & ~mask) ^ value. */
import type { Target } from "../../../kernel/xtables.ts";
import { type Extension, extension, type OptionSyntax } from "../extension.ts";
import { parseMark, parseUint } from "../values.ts";

const ALL = 0xffffffff;

interface MarkDraft {
	value?: number;
	mask?: number;
}

export const MARK_TARGET: Extension<Target> = extension<Target, MarkDraft>({
	name: "MARK",
	exclusive: [["--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark"]],
	options: {
		"--set-xmark": masked((value, mask) => ({ value, mask })),
		"--set-mark": masked((value, mask) => ({ value, mask: (mask | value) >>> 0 })),
		"--or-mark": bits((n) => ({ value: n, mask: n })),
		"--and-mark": bits((n) => ({ value: 0, mask: ~n >>> 0 })),
		"--xor-mark": bits((n) => ({ value: n, mask: 0 })),
	},
	start: () => ({}),
	finish: ({ value, mask }) =>
		value === undefined || mask === undefined
			? "MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required"
			: { kind: "mark", value, mask },
});

export function formatMarkTarget(target: Extract<Target, { kind: "mark" }>): string {
	return ` -j MARK --set-xmark 0x${target.value.toString(16)}/0x${target.mask.toString(16)}`;
}

/** `set 0x5`, `or 0x4000`, `xset 0x5/0xf`. */
export function describeXmark(value: number, mask: number): string {
	if (value === 0) return `and 0x${(~mask >>> 0).toString(16)}`;
	if (value === mask) return `or 0x${value.toString(16)}`;
	if (mask === 0) return `xor 0x${value.toString(16)}`;
	return mask === 0xffffffff ? `set 0x${value.toString(16)}` : `xset 0x${value.toString(16)}/0x${mask.toString(16)}`;
}

type Xmark = { readonly value: number; readonly mask: number };

function masked(make: (value: number, mask: number) => Xmark): OptionSyntax<MarkDraft> {
	return markOption((text) => {
		const mark = parseMark(text);
		return mark === undefined ? undefined : make(mark.value, mark.mask);
	});
}

function bits(make: (n: number) => Xmark): OptionSyntax<MarkDraft> {
	return markOption((text) => {
		const n = parseUint(text, ALL);
		return n === undefined ? undefined : make(n);
	});
}

function markOption(parse: (text: string) => Xmark | undefined): OptionSyntax<MarkDraft> {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const mark = parse(value);
			if (mark === undefined) return `MARK: bad integer value for option "${option}", or out of range.`;
			draft.value = mark.value;
			draft.mask = mark.mask;
			return undefined;
		},
	};
}
