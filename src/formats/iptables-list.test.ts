/** Samples: /work/shared/reference/kernel-lab.md §2.1; test/formats-real.test.ts compares every typed rule with iptables. */
import { expect, test } from "vitest";
import { formatIptablesList } from "./iptables-list.ts";
import { parseIptablesSave } from "./iptables-save.ts";

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
