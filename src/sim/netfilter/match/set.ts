/** `-m set`: whether the packet's addresses, ports, devices are in a set (net/netfilter/xt_set.c: set_match_v4). */
import type { SetMatch } from "../../../kernel/xtables.ts";
import { testSet } from "../ipset/packet.ts";
import { checkReference, referTo, setOf } from "../ipset/reference.ts";
import { AdtOptions } from "../ipset/types.ts";
import type { MatchModule } from "../xtables/types.ts";

export const set: MatchModule<SetMatch> = {
	// Asking counts in the set's elements, and may fill in a MAC address.
	pure: false,
	check: (match, at) => checkReference(match, at),
	hold: (match, at) => referTo(match, at, 1),
	release: (match, at) => referTo(match, at, -1),
	compile(match, at) {
		const find = setOf(match, at);
		const adt = new AdtOptions(match);
		const invert = match.invert === true;
		return (skb, state, pkt) => {
			const found = find();
			return (found !== undefined && testSet(found, { skb, state, pkt }, adt.begin(pkt.lengthBytes))) !== invert;
		};
	},
};
