/** `-m nfacct`: always true, and counts in a named object (net/netfilter/xt_nfacct.c). */
import type { NfacctMatch } from "../../../kernel/xtables.ts";
import { nfacctObjects } from "../nfacct.ts";
import type { MatchModule, RuleContext } from "../xtables/types.ts";

export const nfacct: MatchModule<NfacctMatch> = {
	pure: false,
	check(match, at) {
		if (nfacctObjects(at.netns).has(match.name)) return undefined;
		return { errno: "ENOENT", message: `accounting object \`${match.name}' does not exist` };
	},
	hold: (match, at) => use(match, at, 1),
	release: (match, at) => use(match, at, -1),
	compile(match, at) {
		const object = nfacctObjects(at.netns).get(match.name);
		return (_skb, _state, pkt) => {
			if (object !== undefined) {
				object.packets += 1;
				object.bytes += pkt.lengthBytes;
			}
			return true;
		};
	},
};

function use(match: NfacctMatch, at: RuleContext, change: number): void {
	const object = nfacctObjects(at.netns).get(match.name);
	if (object !== undefined) object.users += change;
}
