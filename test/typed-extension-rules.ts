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
	{
		family: "ipv4",
		table: "mangle",
		rules: [
			["-j CONNMARK --save-mark", "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff"],
			["-j CONNMARK --restore-mark", "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"],
			["-j CONNMARK --save-mark --mask 0xff", "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff"],
			["-j CONNMARK --restore-mark --mask 0xff", "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff"],
			["-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xf0"],
			["-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf0"],
			["-j CONNMARK --restore-mark --nfmask 0xff", "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xffffffff"],
			["-j CONNMARK --save-mark --ctmask 0xff", "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xff"],
			["-j CONNMARK --set-mark 5", "-j CONNMARK --set-xmark 0x5/0xffffffff"],
			["-j CONNMARK --set-mark 0x15/0x10", "-j CONNMARK --set-xmark 0x15/0x15"],
			["-j CONNMARK --set-xmark 0x15/0x10"],
			["-j CONNMARK --set-xmark 0x15", "-j CONNMARK --set-xmark 0x15/0xffffffff"],
			["-j CONNMARK --and-mark 0xf0", "-j CONNMARK --set-xmark 0x0/0xffffff0f"],
			["-j CONNMARK --or-mark 0xf0", "-j CONNMARK --set-xmark 0xf0/0xf0"],
			["-j CONNMARK --xor-mark 0xf0", "-j CONNMARK --set-xmark 0xf0/0x0"],
			["-j CONNMARK --set-xmark 0x0/0xff"],
			["-j CONNMARK --set-xmark 0xff/0x0"],
			["-j CONNMARK --set-mark 5 --mask 5", "-j CONNMARK --set-xmark 0x5/0x5"],
			["-j CONNMARK --mask 5 --set-mark 5", "-j CONNMARK --set-xmark 0x5/0xffffffff"],
			["-j CONNMARK --set-mark 6 --ctmask 5", "-j CONNMARK --set-xmark 0x6/0x5"],
			["-j CONNMARK --set-mark 5 --nfmask 5", "-j CONNMARK --set-xmark 0x5/0xffffffff"],
			[
				"-j CONNMARK --left-shift-mark 3 --save-mark",
				"-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 3",
			],
			["-j CONNMARK --left-shift-mark 3 --set-mark 1", "-j CONNMARK --set-xmark 0x1/0xffffffff --left-shift-mark 3"],
			[
				"-j CONNMARK --right-shift-mark 3 --restore-mark --mask 0xff",
				"-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff --right-shift-mark 3",
			],
			[
				"-j CONNMARK --left-shift-mark 0 --save-mark",
				"-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
			],
		],
	},
	{
		family: "ipv4",
		table: "filter",
		rules: [
			["-j CONNMARK --set-mark 5", "-j CONNMARK --set-xmark 0x5/0xffffffff"],
			["-m connmark --mark 5", "-m connmark --mark 0x5"],
			["-m connmark --mark 0x5/0xf"],
			["-m connmark ! --mark 0x5/0xf -j ACCEPT"],
			["-m connmark --mark 0", "-m connmark --mark 0x0"],
			["-m connmark --mark 0x5/0", "-m connmark --mark 0x5/0x0"],
		],
	},
	{
		family: "ipv4",
		table: "nat",
		rules: [["-m connmark --mark 0x5/0 -j RETURN", "-m connmark --mark 0x5/0x0 -j RETURN"]],
	},
	{
		family: "ipv6",
		table: "mangle",
		rules: [
			["-j CONNMARK --save-mark", "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff"],
			["-m connmark --mark 5", "-m connmark --mark 0x5"],
		],
	},
];
