/** `-i`, `-o`: device names, with a trailing `+` for a prefix (ip_packet_match). An absent device has the empty name. */
import type { InterfaceMatch } from "../../../kernel/xtables.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { NetDevice } from "../../types.ts";
import type { MatchModule, RuleContext } from "../xtables/types.ts";

export const inInterface: MatchModule<InterfaceMatch<"in-interface">> = {
	pure: true,
	check: checkName,
	compile(match) {
		const hit = nameMatcher(match.name);
		const want = match.invert !== true;
		return (_skb, state) => hit(state.indev) === want;
	},
};

export const outInterface: MatchModule<InterfaceMatch<"out-interface">> = {
	pure: true,
	check: checkName,
	compile(match) {
		const hit = nameMatcher(match.name);
		const want = match.invert !== true;
		return (_skb, state) => hit(state.outdev) === want;
	},
};

/** Whether a device has the name, or a name that begins so when `name` ends in `+`. */
export function nameMatcher(name: string): (dev: NetDevice | undefined) => boolean {
	if (!name.endsWith("+")) return (dev) => dev !== undefined && dev.name === name;
	const prefix = name.slice(0, -1);
	if (prefix === "") return () => true;
	return (dev) => dev?.name.startsWith(prefix) === true;
}

function checkName(match: InterfaceMatch<string>, at: RuleContext): ObjectError | undefined {
	if (match.name !== "" && match.name.length <= 15) return undefined;
	return {
		errno: "EINVAL",
		message: `interface name \`${match.name}' in chain ${at.chain} must be shorter than IFNAMSIZ (15)`,
	};
}
