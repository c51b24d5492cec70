/** `-j CONNMARK`: every form that sets the flow's mark becomes `--set-xmark value/mask`. */
import type { ConnmarkTarget, MarkShift } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { type Extension, extension, type Fault, type OptionSyntax } from "../extension.ts";
import { parseMark, parseUint } from "../values.ts";
import { describeXmark } from "./mark.ts";

const ALL = 0xffffffff;
/** Options that say what is done, in the order in which a complaint about two of them names them. */
const OPERATIONS = [
	"--set-xmark",
	"--set-mark",
	"--and-mark",
	"--or-mark",
	"--xor-mark",
	"--save-mark",
	"--restore-mark",
] as const;

interface ConnmarkDraft {
	op?: ConnmarkTarget["op"];
	value: number;
	nfmask: number;
	ctmask: number;
	shift?: MarkShift;
}

export const CONNMARK: Extension<Target> = extension<Target, ConnmarkDraft>({
	name: "CONNMARK",
	exclusive: [OPERATIONS, ["--ctmask", "--mask"], ["--nfmask", "--mask"]],
	options: {
		"--set-xmark": masked((value, mask) => ({ value, mask })),
		"--set-mark": masked((value, mask) => ({ value, mask: (mask | value) >>> 0 })),
		"--and-mark": number(ALL, (draft, n) => setMark(draft, { value: 0, mask: ~n >>> 0 })),
		"--or-mark": number(ALL, (draft, n) => setMark(draft, { value: n, mask: n })),
		"--xor-mark": number(ALL, (draft, n) => setMark(draft, { value: n, mask: 0 })),
		"--save-mark": operation("save"),
		"--restore-mark": operation("restore"),
		"--left-shift-mark": shift("left"),
		"--right-shift-mark": shift("right"),
		"--ctmask": number(ALL, (draft, n) => {
			draft.ctmask = n;
		}),
		"--nfmask": number(ALL, (draft, n) => {
			draft.nfmask = n;
		}),
		"--mask": number(ALL, (draft, n) => {
			draft.nfmask = draft.ctmask = n;
		}),
	},
	start: () => ({ value: 0, nfmask: ALL, ctmask: ALL }),
	finish: ({ op, value, nfmask, ctmask, shift: given }) => {
		if (op === undefined) return "CONNMARK target: No operation specified";
		const rest = given === undefined || given.bits === 0 ? {} : { shift: given };
		return op === "set"
			? { kind: "connmark", op, value, mask: ctmask, ...rest }
			: { kind: "connmark", op, nfmask, ctmask, ...rest };
	},
});

export function formatConnmarkTarget(target: ConnmarkTarget): string {
	const words =
		target.op === "set"
			? `--set-xmark ${hex(target.value)}/${hex(target.mask)}`
			: `--${target.op}-mark --nfmask ${hex(target.nfmask)} --ctmask ${hex(target.ctmask)}`;
	return ` -j CONNMARK ${words}${shiftWords(target, "--")}`;
}

/** ` CONNMARK set 0x5`, ` CONNMARK save mask 0xff`. */
export function describeConnmarkTarget(target: ConnmarkTarget): string {
	const words = target.op === "set" ? describeXmark(target.value, target.mask) : target.op + maskWords(target);
	return ` CONNMARK ${words}${shiftWords(target, "")}`;
}

function maskWords({ op, nfmask, ctmask }: Exclude<ConnmarkTarget, { op: "set" }>): string {
	if (nfmask === ctmask) return ctmask === ALL ? "" : ` mask ${hex(ctmask)}`;
	return op === "save"
		? ` nfmask ${hex(nfmask)} ctmask ~${hex(ctmask)}`
		: ` ctmask ${hex(ctmask)} nfmask ~${hex(nfmask)}`;
}

function shiftWords({ shift: given }: ConnmarkTarget, dashes: string): string {
	return given === undefined ? "" : ` ${dashes}${given.dir}-shift-mark ${given.bits}`;
}

function hex(n: number): string {
	return `0x${n.toString(16)}`;
}

interface Xmark {
	readonly value: number;
	readonly mask: number;
}

function setMark(draft: ConnmarkDraft, { value, mask }: Xmark): void {
	draft.op = "set";
	draft.value = value;
	draft.ctmask = mask;
}

function masked(make: (value: number, mask: number) => Xmark): OptionSyntax<ConnmarkDraft> {
	return {
		args: 1,
		set: (draft, { option, value: text }) => {
			const mark = parseMark(text);
			if (mark === undefined) return `CONNMARK: bad integer value for option "${option}", or out of range.`;
			setMark(draft, make(mark.value, mark.mask));
			return undefined;
		},
	};
}

function number(max: number, take: (draft: ConnmarkDraft, n: number) => void): OptionSyntax<ConnmarkDraft> {
	return {
		args: 1,
		set: (draft, { option, value }): Fault | undefined => {
			const n = parseUint(value, max);
			if (n === undefined) return `CONNMARK: bad value for option "${option}", or out of range (0-${max}).`;
			take(draft, n);
			return undefined;
		},
	};
}

function operation(op: "save" | "restore"): OptionSyntax<ConnmarkDraft> {
	return {
		args: 0,
		set: (draft) => {
			draft.op = op;
			return undefined;
		},
	};
}

/** The kernel takes no more than 31 bits. */
function shift(dir: MarkShift["dir"]): OptionSyntax<ConnmarkDraft> {
	return number(32, (draft, bits) => {
		draft.shift = { dir, bits };
	});
}
