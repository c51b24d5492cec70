/** `-m comment`. */
import type { CommentMatch, Match } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";
import { quoteWord } from "../lexer.ts";

const MAX_LENGTH = 255;

export const COMMENT: Extension<Match> = extension<Match, Partial<Draft<CommentMatch>>>({
	name: "comment",
	options: {
		"--comment": {
			args: 1,
			set: (draft, { value }) => {
				draft.text = value;
				return value.length > MAX_LENGTH ? "Comment must be shorter than 256 characters" : undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ text }) =>
		text === undefined ? `comment: option "--comment" must be specified` : { kind: "comment", text },
});

export function formatComment(match: CommentMatch): string {
	return ` -m comment --comment ${quoteWord(match.text)}`;
}
