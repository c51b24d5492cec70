/** `-s`, `-d`: the packet's addresses (net/ipv4/netfilter/ip_tables.c: ip_packet_match). */
import type { NetMatch } from "../../../kernel/xtables.ts";
import { addrBits, familyOf, ipNum, maskedNum, maskNum } from "../../../wire/addr.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { MatchFn, MatchModule, RuleContext } from "../xtables/types.ts";

export const source: MatchModule<NetMatch<"source">> = {
	pure: true,
	check: checkNet,
	compile: (match) => compileNet(match, "src"),
};

export const destination: MatchModule<NetMatch<"destination">> = {
	pure: true,
	check: checkNet,
	compile: (match) => compileNet(match, "dst"),
};

type AddressMatch = NetMatch<"source" | "destination">;

function checkNet(match: AddressMatch, at: RuleContext): ObjectError | undefined {
	const { addr, prefix } = match.net;
	if (familyOf(addr) === at.family && prefix >= 0 && prefix <= addrBits(addr)) return undefined;
	return { errno: "EINVAL", message: `host/network \`${addr}/${prefix}' in chain ${at.chain} is not ${at.family}` };
}

function compileNet(match: AddressMatch, side: "src" | "dst"): MatchFn | undefined {
	const { addr, prefix } = match.net;
	const net = maskedNum(ipNum(addr), prefix);
	const want = match.invert !== true;
	if (prefix === 0) return want ? undefined : () => false;
	if (typeof net === "bigint") return (_skb, _state, pkt) => (maskedNum(pkt[side], prefix) === net) === want;
	// One function for each side and for whole addresses: these are the matches that run most often.
	if (prefix === 32) {
		return side === "src"
			? (_skb, _state, pkt) => (pkt.src === net) === want
			: (_skb, _state, pkt) => (pkt.dst === net) === want;
	}
	const mask = Number(maskNum(prefix, 0));
	const bits = net | 0;
	return side === "src"
		? (_skb, _state, pkt) => ((Number(pkt.src) & mask) === bits) === want
		: (_skb, _state, pkt) => ((Number(pkt.dst) & mask) === bits) === want;
}
