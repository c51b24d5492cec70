/** `-j TTL`. */
import type { TtlTarget } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension, type OptionSyntax } from "../extension.ts";
import { parseUint } from "../values.ts";

export const TTL: Extension<Target> = extension<Target, Partial<Draft<TtlTarget>>>({
	name: "TTL",
	exclusive: [["--ttl-set", "--ttl-dec", "--ttl-inc"]],
	options: { "--ttl-set": change("set", 0), "--ttl-inc": change("inc", 1), "--ttl-dec": change("dec", 1) },
	start: () => ({}),
	finish: ({ op, value }) =>
		op === undefined || value === undefined ? "TTL: You must specify an action" : { kind: "ttl", op, value },
});

export function formatTtlTarget({ op, value }: TtlTarget): string {
	return ` -j TTL --ttl-${op} ${value}`;
}

/** ` TTL decrement by 1`. */
export function describeTtlTarget({ op, value }: TtlTarget): string {
	return ` TTL ${{ set: "set to", inc: "increment by", dec: "decrement by" }[op]} ${value}`;
}

function change(op: TtlTarget["op"], least: number): OptionSyntax<Partial<Draft<TtlTarget>>> {
	return {
		args: 1,
		set: (draft, { option, value }) => {
			const n = parseUint(value, 255);
			if (n === undefined || n < least) {
				return `TTL: bad value for option "${option}", or out of range (${least}-255).`;
			}
			draft.op = op;
			draft.value = n;
			return undefined;
		},
	};
}
