/** Samples: /work/shared/reference/kernel-lab.md §2.1; test/formats-real.test.ts compares every typed rule with iptables. */
import { expect, test } from "vitest";
import type { Rule } from "../kernel/xtables.ts";
import type { AddressNames } from "./iptables/list-rule.ts";
import { formatIptablesList, formatVerboseRule } from "./iptables-list.ts";
import { formatRule, parseIptablesSave, parseRule } from "./iptables-save.ts";

const SAVED = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [1:84]
:LIM - [0:0]
[0:0] -A INPUT -i br0 -p tcp -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
[0:0] -A INPUT -m state --state INVALID -j DROP
[1:84] -A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT
[0:0] -A INPUT -p tcp -m tcp --sport 1024:65535 --dport 22:25 --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset
[123456:12345678901] -A INPUT -p udp -j REJECT --reject-with icmp-port-unreachable
[0:0] -A FORWARD -s 192.168.7.2/32 ! -i wan -m limit --limit 5/min --limit-burst 3 -j LOG --log-prefix "fw: " --log-level 6
[0:0] -A FORWARD -m physdev --physdev-in vc1 --physdev-is-bridged -g LIM
[0:0] -A FORWARD -j RETURN
COMMIT
`;

const LISTED = `Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
num   pkts bytes target     prot opt in     out     source               destination         
1        0     0 ACCEPT     6    --  br0    *       0.0.0.0/0            0.0.0.0/0            ctstate NEW,RELATED,ESTABLISHED
2        0     0 DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0            state INVALID
3        1    84 ACCEPT     1    --  *      *       0.0.0.0/0            0.0.0.0/0            icmptype 8
4        0     0 REJECT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp spts:1024:65535 dpts:22:25 flags:0x17/0x02 reject-with tcp-reset
5     123K   12G REJECT     17   --  *      *       0.0.0.0/0            0.0.0.0/0            reject-with icmp-port-unreachable

Chain FORWARD (policy DROP 0 packets, 0 bytes)
num   pkts bytes target     prot opt in     out     source               destination         
1        0     0 LOG        0    --  !wan   *       192.168.7.2          0.0.0.0/0            limit: avg 5/min burst 3 LOG flags 0 level 6 prefix "fw: "
2        0     0 LIM        0    --  *      *       0.0.0.0/0            0.0.0.0/0           [goto]  PHYSDEV match --physdev-in vc1 --physdev-is-bridged
3        0     0 RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0           

Chain OUTPUT (policy ACCEPT 1 packets, 84 bytes)
num   pkts bytes target     prot opt in     out     source               destination         

Chain LIM (1 references)
num   pkts bytes target     prot opt in     out     source               destination         
`;

test("iptables -nvL --line-numbers, and iptables -nL of one chain", () => {
	const parsed = parseIptablesSave(SAVED, { family: "ipv4" });
	const table = parsed.ok ? parsed.value.tables[0] : undefined;
	if (table === undefined) throw new Error(JSON.stringify(parsed));
	expect(formatIptablesList(table, { family: "ipv4", verbose: true, numbers: true })).toBe(LISTED);
	expect(formatIptablesList(table, { family: "ipv4", chain: "FORWARD" })).toBe(
		[
			"Chain FORWARD (policy DROP)",
			"target     prot opt source               destination         ",
			'LOG        0    --  192.168.7.2          0.0.0.0/0            limit: avg 5/min burst 3 LOG flags 0 level 6 prefix "fw: "',
			"LIM        0    --  0.0.0.0/0            0.0.0.0/0           [goto]  PHYSDEV match --physdev-in vc1 --physdev-is-bridged",
			"RETURN     0    --  0.0.0.0/0            0.0.0.0/0           ",
			"",
		].join("\n"),
	);
});

const NAMES: AddressNames = {
	hostName: (addr) => (addr === "127.0.0.1" ? "localhost" : undefined),
	networkName: (addr) => (addr === "127.0.0.0" ? "loopback" : undefined),
};

function ruleOf(text: string): Rule {
	const parsed = parseRule(text, "ipv4");
	if (!parsed.ok) throw new Error(parsed.error.message);
	return parsed.value;
}

/** As iptables 1.8.9 lists the rules without `-n`. */
const NAMED: readonly (readonly [string, string])[] = [
	["-s 127.0.0.1 -j ACCEPT", "ACCEPT     all  --  localhost            anywhere            "],
	["-s 127.0.0.0/8 -d 10.1.2.3", "           all  --  loopback/8           10.1.2.3            "],
	["! -s 10.1.2.3 ! -p tcp -j DROP", "DROP      !tcp  -- !10.1.2.3             anywhere            "],
	[
		"-p tcp ! --dport 22:80 ! --sport 53",
		"           tcp  --  anywhere             anywhere             tcp spt:!domain dpts:!ssh:http",
	],
	["-p tcp --syn", "           tcp  --  anywhere             anywhere             tcp flags:FIN,SYN,RST,ACK/SYN"],
	["-p icmp --icmp-type 8", "           icmp --  anywhere             anywhere             icmp echo-request"],
	["-p icmp ! --icmp-type 8", "           icmp --  anywhere             anywhere             icmp !echo-request"],
	["-p icmp --icmp-type 42", "           icmp --  anywhere             anywhere             icmptype 42"],
	[
		"-p udp -m multiport ! --sports 53,5353",
		"           udp  --  anywhere             anywhere             multiport sports  !domain,mdns",
	],
	[
		"-j LOG --log-level 7 --log-uid --log-prefix x",
		'LOG        all  --  anywhere             anywhere             LOG level debug uid prefix "x"',
	],
	[
		"-m conntrack --ctorigsrc 127.0.0.1",
		"           all  --  anywhere             anywhere             ctorigsrc localhost",
	],
];

test.each(NAMED)("iptables -L has names: %s", (typed, listed) => {
	const table = { name: "filter", chains: [{ name: "INPUT", rules: [ruleOf(typed)] }] } as const;
	const format = { family: "ipv4", names: NAMES, chain: "INPUT", rule: 1 } as const;
	expect(formatIptablesList(table, format)).toBe(`${listed}\n`);
});

test("iptables -x shows counters in full, and iptables -L CHAIN NUMBER one line", () => {
	const rule = { ...ruleOf("-p tcp"), counters: { packets: 123_456, bytes: 12_345_678_901 } };
	const table = { name: "filter", chains: [{ name: "INPUT", policy: "accept", rules: [rule] }] } as const;
	const format = { family: "ipv4", verbose: true, exact: true, numbers: true } as const;
	expect(formatIptablesList(table, format)).toBe(
		"Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n" +
			"num      pkts      bytes target     prot opt in     out     source               destination         \n" +
			"1      123456 12345678901            6    --  *      *       0.0.0.0/0            0.0.0.0/0           \n",
	);
	expect(formatIptablesList(table, { family: "ipv4", chain: "INPUT", rule: 2 })).toBe("");
});

test("iptables -v -A says what it appends, and -S -v counts before the target", () => {
	const rule = ruleOf("! -s 1.2.3.4 ! -d 1.2.0.0/16 ! -i eth0 ! -p udp -f -j DROP");
	expect(formatVerboseRule(rule, "ipv4")).toBe("DROP !udp opt -f in !eth0 out * !1.2.3.4 !-> 1.2.0.0/16  \n");
	const web = { ...ruleOf("-p tcp --dport 80 -j ACCEPT"), counters: { packets: 3, bytes: 180 } };
	expect(formatVerboseRule(web, "ipv4")).toBe("ACCEPT  tcp opt -- in * out *  0.0.0.0/0  -> 0.0.0.0/0   tcp dpt:80\n");
	expect(formatRule(web, "INPUT", { counters: true })).toBe("-A INPUT -p tcp -m tcp --dport 80 -c 3 180 -j ACCEPT");
});
