/** `-m owner`: whose socket sent the packet (net/netfilter/xt_owner.c). */
import type { OwnerMatch } from "../../../kernel/xt-matches.ts";
import { HOOK_BIT, inRange, type MatchModule } from "../xtables/types.ts";

export const owner: MatchModule<OwnerMatch> = {
	pure: true,
	hooks: () => HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING,
	check(match, at) {
		for (const range of [match.uid, match.gid]) {
			if (range === undefined || range.from <= range.to) continue;
			return { errno: "EINVAL", message: `owner match in chain ${at.chain}: invalid range ${range.from}-${range.to}` };
		}
		return undefined;
	},
	compile(match) {
		const { socketExists, uid, gid } = match;
		/** For a packet of no socket: every option asked for is inverted. */
		const unowned =
			socketExists !== true &&
			match.supplGroups !== true &&
			[uid, gid].every((range) => range === undefined || range.invert === true);
		/** For a packet of a socket that no process has: as before, but it exists. */
		const ofKernel = [uid, gid].every((range) => range === undefined || range.invert === true);
		return ({ sk }) => {
			if (sk === undefined) return unowned;
			if (socketExists === false) return false;
			if (sk.owner === undefined) return ofKernel;
			if (uid !== undefined && inRange(sk.owner.uid, uid) === (uid.invert === true)) return false;
			return gid === undefined || inRange(sk.owner.gid, gid) === (gid.invert !== true);
		};
	},
};
