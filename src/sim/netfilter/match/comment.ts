/** `-m comment`: says something to the reader and nothing to the kernel (net/netfilter/xt_comment.c). */
import type { CommentMatch } from "../../../kernel/xtables.ts";
import type { MatchModule } from "../xtables/types.ts";

export const comment: MatchModule<CommentMatch> = {
	pure: true,
	check(match, at) {
		if (match.text.length <= 255) return undefined;
		return { errno: "EINVAL", message: `comment in chain ${at.chain} must be shorter than 256 characters` };
	},
	compile: () => undefined,
};
