/** Groups as in iptables-commands.ts: one extension after the other, right and wrong. */
import type { CommandGroup } from "./iptables-commands.ts";

export const EXTENSION_GROUPS: readonly CommandGroup[] = [
	{
		name: "connection tracking's targets and matches",
		commands: [
			"iptables -t raw -A PREROUTING -j CT --zone 65536",
			"iptables -t raw -A PREROUTING -j CT --zone abc",
			"iptables -t raw -A PREROUTING -j CT --zone",
			"iptables -t raw -A PREROUTING -j CT --notrack --notrack",
			"iptables -t raw -A PREROUTING -j CT --zone 1 --zone 2",
			"iptables -t raw -A PREROUTING ! -j CT --zone 1",
			"iptables -t raw -A PREROUTING -j CT ! --zone 1",
			"iptables -t raw -A PREROUTING -j NOTRACK --zone 1",
			"iptables -t raw -A PREROUTING -j CT --zone mark --zone-orig 7",
			"iptables -t raw -A PREROUTING -j NOTRACK",
			"iptables -t raw -S",
			"iptables -t raw -nvL",
			"iptables -t raw -L",
			"iptables -A INPUT -j CT --notrack",
			"iptables -t mangle -A PREROUTING -j CT --zone 3",
			"iptables -A INPUT -j NOTRACK",
		],
	},
];
