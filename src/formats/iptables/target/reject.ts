/** `-j REJECT`. */
import type { RejectWith, Target } from "../../../kernel/xtables.ts";
import type { IpFamily } from "../../../wire/addr.ts";
import { type Extension, extension, UNMODELLED } from "../extension.ts";

/** Names and their short forms, in the order in which a beginning of a name is looked up. */
const NAMES: Readonly<Record<IpFamily, readonly (readonly [RejectWith, string])[]>> = {
	ipv4: [
		["icmp-net-unreachable", "net-unreach"],
		["icmp-host-unreachable", "host-unreach"],
		["icmp-proto-unreachable", "proto-unreach"],
		["icmp-port-unreachable", "port-unreach"],
		["icmp-net-prohibited", "net-prohib"],
		["icmp-host-prohibited", "host-prohib"],
		["tcp-reset", "tcp-rst"],
		["icmp-admin-prohibited", "admin-prohib"],
	],
	ipv6: [
		["icmp6-no-route", "no-route"],
		["icmp6-adm-prohibited", "adm-prohibited"],
		["icmp6-addr-unreachable", "addr-unreach"],
		["icmp6-port-unreachable", "port-unreach"],
		["tcp-reset", "tcp-reset"],
	],
};
const UNMODELLED_NAMES: readonly string[] = ["icmp6-policy-fail", "policy-fail", "icmp6-reject-route", "reject-route"];
const DEFAULTS: Readonly<Record<IpFamily, RejectWith>> = {
	ipv4: "icmp-port-unreachable",
	ipv6: "icmp6-port-unreachable",
};

export const REJECT: Extension<Target> = extension<Target, { with?: RejectWith }>({
	name: "REJECT",
	options: {
		"--reject-with": {
			args: 1,
			set: (draft, { value, family }) => {
				const wanted = value.toLowerCase();
				const found = NAMES[family].find(([name, short]) => name.startsWith(wanted) || short.startsWith(wanted));
				if (found !== undefined && wanted !== "") {
					draft.with = found[0];
					return undefined;
				}
				return family === "ipv6" && UNMODELLED_NAMES.includes(wanted) ? UNMODELLED : `unknown reject type "${value}"`;
			},
		},
	},
	start: () => ({}),
	finish: (draft, { family }) => ({ kind: "reject", with: draft.with ?? DEFAULTS[family] }),
});

export function formatReject(target: Extract<Target, { kind: "reject" }>): string {
	return ` -j REJECT --reject-with ${target.with}`;
}
