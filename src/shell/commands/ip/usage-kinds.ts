/** What the kinds of devices, `ip tunnel` and `bridge vlan` take here. */

export const VXLAN_USAGE = `Usage: ... vxlan id VNI
		[ { group | remote } ADDR ]
		[ local ADDR ]
		[ ttl { 1..255 | auto } ]
		[ dev DEV ]
		[ dstport PORT ]
		[ srcport MIN MAX ]
		[ [no]learning ]
		[ ageing SECONDS ]
		[ [no]udpcsum ]
`;

export const MACVLAN_USAGE = `Usage: ... macvlan mode { private | vepa | bridge | passthru }
`;

export const VLAN_USAGE = `Usage: ... vlan id VLANID
		[ protocol { 802.1Q | 802.1ad } ]
`;

export const IPIP_USAGE = `Usage: ... ipip [ remote ADDR ]
		[ local ADDR ]
		[ ttl { 1..255 | inherit } ]
		[ tos { NUMBER | inherit } ]
		[ [no]pmtudisc ]
		[ dev DEV ]
		[ mode { ipip | any } ]
`;

export const TUNNEL_USAGE = `Usage: ip tunnel { add | change | del | show } [ NAME ]
        [ mode ipip ] [ remote ADDR ] [ local ADDR ]
        [ ttl TTL ] [ tos TOS ] [ [no]pmtudisc ] [ dev DEV ]
`;

export const BRIDGE_VLAN_USAGE = `Usage: bridge vlan { add | del } vid VLAN_ID dev DEV [ pvid ] [ untagged ] [ self ] [ master ]
       bridge vlan { show } [ dev DEV ] [ vid VLAN_ID ]
`;
