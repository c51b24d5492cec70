/** `-m physdev`: the bridge ports of a bridged packet (net/netfilter/xt_physdev.c). */
import type { PhysdevMatch } from "../../../kernel/xtables.ts";
import { ANY_HOOK, HOOK_BIT, type MatchFn, type MatchModule } from "../xtables/types.ts";
import { nameMatcher } from "./interface.ts";

export const physdev: MatchModule<PhysdevMatch> = {
	pure: true,
	check(match, at) {
		if (match.in ?? match.out ?? match.isIn ?? match.isOut ?? match.isBridged) return undefined;
		return { errno: "EINVAL", message: `physdev match in chain ${at.chain}: no option specified` };
	},
	hooks(match) {
		const byOut = match.out !== undefined || match.isOut !== undefined;
		const bridgedOnly = match.isBridged !== undefined && match.isBridged.invert !== true;
		return byOut && !bridgedOnly ? ANY_HOOK & ~HOOK_BIT.OUTPUT : ANY_HOOK;
	},
	compile(match) {
		const options = [match.isBridged, match.isIn, match.isOut, match.in, match.out];
		/** A packet that no bridge has touched: true if every option asked for is inverted. */
		const unbridged = options.every((option) => option === undefined || option.invert === true);
		const bridged = bridgedTest(match);
		return (skb, state, pkt) => (skb.nfBridge === undefined ? unbridged : bridged(skb, state, pkt));
	},
};

function bridgedTest(match: PhysdevMatch): MatchFn {
	const { isBridged, isIn, isOut } = match;
	const inName = match.in === undefined ? undefined : nameMatcher(match.in.value);
	const outName = match.out === undefined ? undefined : nameMatcher(match.out.value);
	const wantIn = match.in?.invert !== true;
	const wantOut = match.out?.invert !== true;
	return (skb) => {
		const indev = skb.nfBridge?.physin;
		const outdev = skb.nfBridge?.physout;
		if (isBridged !== undefined && (outdev !== undefined) !== (isBridged.invert !== true)) return false;
		if (isIn !== undefined && (indev !== undefined) !== (isIn.invert !== true)) return false;
		if (isOut !== undefined && (outdev !== undefined) !== (isOut.invert !== true)) return false;
		// Where there is no port, the kernel takes the test for the input as passed and that for the output as failed.
		if (inName !== undefined && indev !== undefined && inName(indev) !== wantIn) return false;
		return outName === undefined || (outdev !== undefined && outName(outdev) === wantOut);
	};
}
