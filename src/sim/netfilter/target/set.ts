/** `-j SET`: puts the packet's addresses into a set, takes them out, or marks the packet as its element says (net/netfilter/xt_set.c: set_target_v3). */
import type { SetReference, Target } from "../../../kernel/xtables.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { Skb } from "../../types.ts";
import { addToSet, delFromSet, testSet } from "../ipset/packet.ts";
import { checkReference, referTo, setOf } from "../ipset/reference.ts";
import { AdtOptions, type PacketPlace } from "../ipset/types.ts";
import type { RuleContext, TargetModule } from "../xtables/types.ts";

type SetTarget = Extract<Target, { kind: "set" }>;

/** IPSET_MAX_TIMEOUT: what is longer is this long. */
const MAX_TIMEOUT = 2_147_483;

export const set: TargetModule<SetTarget> = {
	name: "SET",
	check: checkTarget,
	hold: (target, at) => {
		for (const reference of references(target)) referTo(reference, at, 1);
	},
	release: (target, at) => {
		for (const reference of references(target)) referTo(reference, at, -1);
	},
	compile(target, at) {
		const steps = [
			stepOf(target.add, at, addToSet, {
				...(target.exist === undefined ? {} : { exist: target.exist }),
				...(target.timeout === undefined ? {} : { timeout: Math.min(target.timeout, MAX_TIMEOUT) }),
			}),
			stepOf(target.del, at, delFromSet, {}),
			stepOf(target.map, at, (found, place, adt) => mapMark(testSet(found, place, adt), place.skb, adt), {}),
		].filter((step) => step !== undefined);
		return (skb, state, pkt) => {
			for (const step of steps) step({ skb, state, pkt });
			return "continue";
		};
	},
};

function references(target: SetTarget): readonly SetReference[] {
	return [target.add, target.del, target.map].filter((reference) => reference !== undefined);
}

function checkTarget(target: SetTarget, at: RuleContext): ObjectError | undefined {
	for (const reference of references(target)) {
		const error = checkReference(reference, at);
		if (error !== undefined) return error;
	}
	if (target.map === undefined) return undefined;
	if (at.table !== "mangle") {
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: --map-set only usable from mangle table` };
	}
	if (target.mapPrio !== true && target.mapQueue !== true) return undefined;
	return { errno: "EOPNOTSUPP", message: `target "SET --map-prio, --map-queue" in chain ${at.chain} is not modelled` };
}

function stepOf(
	reference: SetReference | undefined,
	at: RuleContext,
	act: (found: NonNullable<ReturnType<ReturnType<typeof setOf>>>, place: PacketPlace, adt: AdtOptions) => unknown,
	options: { readonly exist?: true; readonly timeout?: number },
): ((place: PacketPlace) => void) | undefined {
	if (reference === undefined) return undefined;
	const find = setOf(reference, at);
	const adt = new AdtOptions({ ...options, dirs: reference.dirs });
	return (place) => {
		const found = find();
		if (found !== undefined) act(found, place, adt.begin(place.pkt.lengthBytes));
	};
}

/** The mark of the element that the packet is in the set by. */
function mapMark(isIn: boolean, skb: Skb, { found }: AdtOptions): void {
	if (!isIn || found === undefined) return;
	skb.mark = ((skb.mark & ~found.skbmark.mask) ^ found.skbmark.mark) >>> 0;
}
