/** `-j LOG`. */
import type { Target } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { quoteWord } from "../lexer.ts";
import { parseUint } from "../values.ts";

type LogTarget = Extract<Target, { kind: "log" }>;
type LogFlag = "tcpSequence" | "tcpOptions" | "ipOptions" | "uid" | "macdecode";

const DEFAULT_LEVEL = 4;
const MAX_PREFIX = 29;
const LEVELS: Readonly<Record<string, number>> = {
	emerg: 0,
	panic: 0,
	alert: 1,
	crit: 2,
	error: 3,
	warning: 4,
	notice: 5,
	info: 6,
	debug: 7,
};
/** With the kernel's bits (`XT_LOG_*`). */
const FLAGS: readonly (readonly [LogFlag, string, number])[] = [
	["tcpSequence", "--log-tcp-sequence", 0x01],
	["tcpOptions", "--log-tcp-options", 0x02],
	["ipOptions", "--log-ip-options", 0x04],
	["uid", "--log-uid", 0x08],
	["macdecode", "--log-macdecode", 0x20],
];

export const LOG: Extension<Target> = extension<Target, Draft<LogTarget>>({
	name: "LOG",
	options: {
		"--log-level": {
			args: 1,
			set: (draft, { value }) => {
				const level = parseUint(value, 7) ?? LEVELS[value.toLowerCase()];
				if (level === undefined) return `log level "${value}" unknown`;
				draft.level = level;
				return undefined;
			},
		},
		"--log-prefix": {
			args: 1,
			set: (draft, { value }) => {
				if (value === "") return "Argument must have a minimum length of 1 characters";
				if (value.includes("\n")) return "Newlines not allowed in --log-prefix";
				draft.prefix = value.slice(0, MAX_PREFIX);
				return undefined;
			},
		},
		...Object.fromEntries(FLAGS.map(([key, option]) => [option, flag(key)])),
	},
	start: () => ({ kind: "log", level: DEFAULT_LEVEL }),
	finish: (draft) => draft,
});

export function formatLog(target: LogTarget): string {
	let text = " -j LOG";
	if (target.prefix !== undefined && target.prefix !== "") text += ` --log-prefix ${quoteWord(target.prefix)}`;
	if (target.level !== DEFAULT_LEVEL) text += ` --log-level ${target.level}`;
	for (const [key, option] of FLAGS) if (target[key] === true) text += ` ${option}`;
	return text;
}

/** ` tcp-options uid`: the flags as `iptables -L` names them. */
export function logFlagNames(target: LogTarget): string {
	return FLAGS.map(([key, option]) => (target[key] === true ? ` ${option.slice("--log-".length)}` : "")).join("");
}

/** As syslog names it; input and output differ in what they call 3 and 4. */
export function logLevelName(level: number): string {
	return ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"][level] ?? String(level);
}

/** The flags as the kernel's number. */
export function logFlags(target: LogTarget): number {
	return FLAGS.reduce((bits, [key, , bit]) => (target[key] === true ? bits | bit : bits), 0);
}

function flag(key: LogFlag): OptionSyntax<Draft<LogTarget>> {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
			return undefined;
		},
	};
}
