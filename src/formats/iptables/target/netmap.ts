/** `-j NETMAP`. */
import type { NetmapTarget } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { formatCidr } from "../../../wire/addr.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { parseNet } from "../values.ts";

export const NETMAP: Extension<Target> = extension<Target, Partial<Draft<NetmapTarget>>>({
	name: "NETMAP",
	options: {
		"--to": {
			args: 1,
			set: (draft, { value, family }) => {
				const net = parseNet(value, family);
				if (net === "not found") return `NETMAP: bad value for option "--to": \`${value}' is no address`;
				if (typeof net === "string") {
					const bits = family === "ipv4" ? 32 : 128;
					return `NETMAP: bad value for option "--to", neither a valid network mask nor valid CIDR (0-${bits}).`;
				}
				draft.net = net;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ net }) => (net === undefined ? `NETMAP: option "--to" must be specified` : { kind: "netmap", net }),
});

export function formatNetmap({ net }: NetmapTarget): string {
	return ` -j NETMAP --to ${formatCidr(net)}`;
}

/** ` to:10.2.0.0/24`. */
export function describeNetmap({ net }: NetmapTarget): string {
	return ` to:${formatCidr(net)}`;
}
