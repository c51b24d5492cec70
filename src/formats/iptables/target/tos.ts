/** `-j TOS`, `-j DSCP`: every form of TOS becomes `--set-tos value/mask`. */
import type { DscpTarget, TosTarget } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { dscpClass, formatTos, hexByte, parseTos, type TosValue, tosName } from "../tos-names.ts";
import { parseUint } from "../values.ts";

type TosDraft = Partial<Draft<TosTarget>>;

export const TOS: Extension<Target> = extension<Target, TosDraft>({
	name: "TOS",
	exclusive: [["--set-tos", "--and-tos", "--or-tos", "--xor-tos"]],
	options: {
		"--set-tos": {
			args: 1,
			set: (draft, { value }) => {
				const tos = parseTos(value);
				if (typeof tos === "string") return tos;
				Object.assign(draft, tos);
				return undefined;
			},
		},
		"--and-tos": bits((n) => ({ value: 0, mask: ~n & 0xff })),
		"--or-tos": bits((n) => ({ value: n, mask: n })),
		"--xor-tos": bits((n) => ({ value: n, mask: 0 })),
	},
	start: () => ({}),
	finish: ({ value, mask }) =>
		value === undefined || mask === undefined ? "TOS: An action is required" : { kind: "tos", value, mask },
});

export const DSCP: Extension<Target> = extension<Target, Partial<Draft<DscpTarget>>>({
	name: "DSCP",
	exclusive: [["--set-dscp", "--set-dscp-class"]],
	options: {
		"--set-dscp": {
			args: 1,
			set: (draft, { value }) => {
				const dscp = parseUint(value, 63);
				if (dscp === undefined) return `DSCP: bad value for option "--set-dscp", or out of range (0-63).`;
				draft.value = dscp;
				return undefined;
			},
		},
		"--set-dscp-class": {
			args: 1,
			set: (draft, { value }) => {
				const dscp = dscpClass(value);
				if (dscp === undefined) return `Invalid DSCP value \`${value}'`;
				draft.value = dscp;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ value }) =>
		value === undefined ? "DSCP target: Parameter --set-dscp is required" : { kind: "dscp", value },
});

export function formatTosTarget(target: TosTarget): string {
	return ` -j TOS --set-tos ${formatTos(target)}`;
}

/** ` TOS set 0x10/0x3f`; with names, ` TOS and 0xf0`, and the spaces as iptables sets them. */
export function describeTosTarget(target: TosTarget, byName: boolean): string {
	const { value, mask } = target;
	if (!byName) return ` TOS set ${formatTos(target)}`;
	const name = tosName(target);
	if (name !== undefined) return `  TOS set${name}`;
	if (value === 0) return ` TOS and ${hexByte(~mask & 0xff)}`;
	if (value === mask) return ` TOS or ${hexByte(value)}`;
	return mask === 0 ? ` TOS xor ${hexByte(value)}` : ` TOS set ${formatTos(target)}`;
}

export function formatDscpTarget({ value }: DscpTarget): string {
	return ` -j DSCP --set-dscp ${hexByte(value)}`;
}

/** ` DSCP set 0x2e`. */
export function describeDscpTarget({ value }: DscpTarget): string {
	return ` DSCP set ${hexByte(value)}`;
}

function bits(make: (n: number) => TosValue): OptionSyntax<TosDraft> {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, 255);
			if (n === undefined) return `TOS: bad value for option "${option}", or out of range (0-255).`;
			Object.assign(draft, make(n));
			return undefined;
		},
	};
}
