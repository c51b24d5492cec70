/** What the iproute2 tools say when asked for help: what podwire's understand. */

export const IP_USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | link | neighbor | netns | route | rule }
       OPTIONS := { -s[tatistics] | -d[etails] | -br[ief] | -o[neline] | -j[son] | -p[retty] |
                    -4 | -6 | -0 | -f[amily] { inet | inet6 | link } |
                    -n[etns] name | -b[atch] filename | -a[ll] | -V[ersion] }
`;

export const LINK_USAGE = `Usage: ip link add [ name ] NAME [ address LLADDR ] [ mtu MTU ] [ netns { PID | NAME } ]
                   type { bridge | dummy | veth } [ ARGS ]
       ip link delete DEVICE
       ip link set DEVICE [ { up | down } ] [ address LLADDR ] [ mtu MTU ] [ name NAME ]
                   [ promisc { on | off } ] [ alias TEXT ] [ txqueuelen LENGTH ]
                   [ netns { PID | NAME } ] [ master DEVICE | nomaster ]
                   [ type { bridge | bridge_slave } ARGS ]
       ip link show [ DEVICE ] [ up ] [ master DEVICE ] [ type TYPE ]
`;

export const ADDRESS_USAGE = `Usage: ip address {add|change|replace} ADDR[/LEN] dev DEVICE [ broadcast ADDR | + | - ]
                  [ scope SCOPE ] [ label LABEL ]
       ip address del ADDR/LEN dev DEVICE
       ip address flush [ dev DEVICE ] [ to PREFIX ] [ scope SCOPE ] [ label LABEL ] [ up ]
       ip address [ show [ DEVICE ] [ to PREFIX ] [ scope SCOPE ] [ label LABEL ] [ up ] ]
`;

export const ROUTE_USAGE = `Usage: ip route { list | flush } SELECTOR
       ip route get ADDRESS [ from ADDRESS iif DEVICE ] [ oif DEVICE ] [ mark NUMBER ]
       ip route { add | del | change | replace } ROUTE
SELECTOR := [ root PREFIX ] [ match PREFIX ] [ exact PREFIX ] [ table TABLE_ID ] [ proto PROTO ]
            [ type TYPE ] [ scope SCOPE ] [ dev DEVICE ] [ via ADDRESS ] [ src ADDRESS ]
ROUTE := [ TYPE ] PREFIX [ via ADDRESS ] [ dev DEVICE ] [ table TABLE_ID ] [ proto PROTO ] [ scope SCOPE ]
         [ src ADDRESS ] [ metric METRIC ] [ mtu MTU ] [ onlink ] [ nexthop via ADDRESS dev DEVICE weight N ]...
TYPE := { unicast | local | broadcast | throw | unreachable | prohibit | blackhole }
`;

export const RULE_USAGE = `Usage: ip rule { add | del } SELECTOR ACTION
       ip rule { flush | list } [ SELECTOR ]
SELECTOR := [ not ] [ from PREFIX ] [ to PREFIX ] [ fwmark MARK[/MASK] ] [ iif DEVICE ] [ oif DEVICE ] [ pref NUMBER ]
ACTION := [ table TABLE_ID ]
`;

export const NEIGH_USAGE = `Usage: ip neigh { add | del | change | replace } ADDR [ lladdr LLADDR ] [ nud STATE ] dev DEVICE
       ip neigh { show | flush } [ to PREFIX ] [ dev DEVICE ] [ nud STATE ]
       ip neigh get ADDR dev DEVICE
`;

export const NETNS_USAGE = `Usage:	ip netns list
	ip netns add NAME
	ip netns attach NAME PID
	ip [-all] netns delete [NAME]
	ip netns identify [PID]
	ip netns pids NAME
	ip [-all] netns exec [NAME] cmd ...
	ip netns list-id
`;

export const BRIDGE_USAGE = `Usage: ... bridge [ ageing_time AGEING_TIME ]
		  [ stp_state 0 ]
		  [ nf_call_iptables NF_CALL_IPTABLES ]
`;

export const BRIDGE_SLAVE_USAGE = `Usage: ... bridge_slave [ hairpin {on | off} ]
			[ learning {on | off} ]
			[ flood {on | off} ]
			[ isolated {on | off} ]
`;
