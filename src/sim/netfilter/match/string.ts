/** `-m string`: bytes anywhere in the packet, IP header included (net/netfilter/xt_string.c). */
import type { StringMatch } from "../../../kernel/xt-matches.ts";
import type { MatchModule } from "../xtables/types.ts";

const TO_DEFAULT = 65535;
const MAX_PATTERN = 128;

export const string: MatchModule<StringMatch> = {
	pure: true,
	check(match, at) {
		const { hex, from = 0, to = TO_DEFAULT } = match;
		const fits = /^([0-9a-f]{2})+$/.test(hex) && hex.length <= MAX_PATTERN * 2 && from <= to;
		return fits ? undefined : { errno: "EINVAL", message: `string match in chain ${at.chain}: bad pattern or offsets` };
	},
	compile(match) {
		const { from = 0, to = TO_DEFAULT } = match;
		const fold = match.icase === true ? lowerCase : (byte: number): number => byte;
		const pattern = (match.hex.match(/../g) ?? []).map((digits) => fold(Number.parseInt(digits, 16)));
		const want = match.invert !== true;
		return (skb) => {
			const end = Math.min(skb.end, skb.network + to);
			return contains({ bytes: skb.bytes, from: skb.network + from, end }, pattern, fold) === want;
		};
	},
};

interface Place {
	readonly bytes: Uint8Array;
	readonly from: number;
	readonly end: number;
}

function contains({ bytes, from, end }: Place, pattern: readonly number[], fold: (byte: number) => number): boolean {
	for (let at = from; at + pattern.length <= end; at += 1) {
		if (pattern.every((byte, k) => fold(bytes[at + k] ?? 0) === byte)) return true;
	}
	return false;
}

function lowerCase(byte: number): number {
	return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
