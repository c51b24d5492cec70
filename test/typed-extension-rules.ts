/**
 * Rules with one extension each, as `typed-rules.ts` has them: the words typed, and what iptables-save prints where that
 * differs. Asked of iptables v1.8.9 (nf_tables) on Linux 6.18.
 */
import type { TableName } from "../src/kernel/xtables.ts";
import type { IpFamily } from "../src/wire/addr.ts";

interface Group {
	readonly family: IpFamily;
	readonly table: TableName;
	readonly rules: readonly (readonly [typed: string, saved?: string])[];
}

export const EXTENSION_RULES: readonly Group[] = [
	{
		family: "ipv4",
		table: "raw",
		rules: [
			["-j CT --zone 5"],
			["-j CT"],
			["-j CT --zone 0", "-j CT"],
			["-j CT --zone 0x10", "-j CT --zone 16"],
			["-j CT --zone 010", "-j CT --zone 8"],
			["-j CT --zone-orig 5"],
			["-j CT --zone-reply 5"],
			["-j CT --zone-orig 5 --zone-reply 6", "-j CT --zone 6"],
			["-j CT --zone-reply 5 --zone-orig 9", "-j CT --zone 9"],
			["-j CT --zone 1 --zone-orig 2", "-j CT --zone-orig 2"],
			["-j CT --zone mark"],
			["-j CT --zone Mark", "-j CT --zone mark"],
			["-j CT --zone-orig mark"],
			["-j CT --zone-reply mark"],
			["-j CT --zone mark --zone-orig 7", "-j CT --zone-orig mark"],
			["-j CT --zone-orig 0", "-j CT"],
			["-j CT --notrack --zone 5"],
			["-j CT --zone-orig 5 --notrack", "-j CT --notrack --zone-orig 5"],
			["-p tcp -j CT --helper ftp"],
			["-j CT --ctevents new,destroy"],
			["-j CT --ctevents new --zone-orig 3"],
		],
	},
	{ family: "ipv6", table: "raw", rules: [["-j CT --zone 5"], ["-j CT --notrack"], ["-j NOTRACK"]] },
];
