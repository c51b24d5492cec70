/** `-j TCPMSS`. */
import type { TcpmssTarget } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { type Extension, extension } from "../extension.ts";
import { parseUint } from "../values.ts";

/** What is left of 65535 bytes after the IP header. */
const MAX_MSS = { ipv4: 65515, ipv6: 65495 } as const;

interface TcpmssDraft {
	mss?: number;
	clamp?: true;
}

export const TCPMSS: Extension<Target> = extension<Target, TcpmssDraft>({
	name: "TCPMSS",
	options: {
		"--set-mss": {
			args: 1,
			set: (draft, { value, family }) => {
				const max = MAX_MSS[family];
				const mss = parseUint(value, max);
				if (mss === undefined) return `TCPMSS: bad value for option "--set-mss", or out of range (0-${max}).`;
				draft.mss = mss;
				return undefined;
			},
		},
		"--clamp-mss-to-pmtu": {
			args: 0,
			set: (draft) => {
				draft.clamp = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ mss, clamp }) => {
		const given = clamp === true ? "pmtu" : mss;
		return given === undefined ? "TCPMSS target: At least one parameter is required" : { kind: "tcpmss", mss: given };
	},
});

export function formatTcpmssTarget({ mss }: TcpmssTarget): string {
	return ` -j TCPMSS ${mss === "pmtu" ? "--clamp-mss-to-pmtu" : `--set-mss ${mss}`}`;
}

/** ` TCPMSS set 1400`. */
export function describeTcpmssTarget({ mss }: TcpmssTarget): string {
	return ` TCPMSS ${mss === "pmtu" ? "clamp to PMTU" : `set ${mss}`}`;
}
