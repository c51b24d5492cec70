/** `-m addrtype`: what kind of address a routing look-up takes it for (net/netfilter/xt_addrtype.c). */
import type { RouteType } from "../../../kernel/objects.ts";
import type { AddrType, AddrTypeMatch, Inverted } from "../../../kernel/xtables.ts";
import type { IpNum } from "../../../wire/addr.ts";
import { inetAddrType, inetDevAddrType } from "../../ipv4/route.ts";
import type { NetDevice, Netns } from "../../types.ts";
import { ANY_HOOK, HOOK_BIT, type MatchModule } from "../xtables/types.ts";

export const addrtype: MatchModule<AddrTypeMatch> = {
	pure: true,
	hooks(match) {
		if (match.limitIface === "in") return ANY_HOOK & ~(HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING);
		if (match.limitIface === "out") return ANY_HOOK & ~(HOOK_BIT.PREROUTING | HOOK_BIT.INPUT);
		return ANY_HOOK;
	},
	compile(match) {
		const bySource = typeTest(match.srcType);
		const byDestination = typeTest(match.dstType);
		const limit = match.limitIface;
		return (_skb, state, pkt) => {
			const dev = limit === undefined ? undefined : limit === "in" ? state.indev : state.outdev;
			if (bySource !== undefined && !bySource(state.netns, dev, pkt.src)) return false;
			return byDestination === undefined || byDestination(state.netns, dev, pkt.dst);
		};
	},
};

/** The routing look-up knows no UNSPEC and no ANYCAST in IPv4: these never hold. */
const TYPE_NAMES: Readonly<Partial<Record<RouteType, AddrType>>> = {
	unicast: "UNICAST",
	local: "LOCAL",
	broadcast: "BROADCAST",
	multicast: "MULTICAST",
	blackhole: "BLACKHOLE",
	unreachable: "UNREACHABLE",
	prohibit: "PROHIBIT",
};

function typeTest(
	types: Inverted<readonly AddrType[]> | undefined,
): ((netns: Netns, dev: NetDevice | undefined, addr: IpNum) => boolean) | undefined {
	if (types === undefined) return undefined;
	const wanted = types.value;
	const want = types.invert !== true;
	return (netns, dev, addr) => {
		const type = TYPE_NAMES[dev === undefined ? inetAddrType(netns, addr) : inetDevAddrType(netns, dev, addr)];
		return (type !== undefined && wanted.includes(type)) === want;
	};
}
