/** What rules ask of sets with a packet in hand (ip_set_core.c: ip_set_test, ip_set_add, ip_set_del). */
import { familyOfNum } from "../../../wire/addr.ts";
import type { AdtOptions, PacketPlace, SimIpSet } from "./types.ts";

/** Whether the packet is in the set. */
export function testSet(set: SimIpSet, place: PacketPlace, adt: AdtOptions): boolean {
	if (!fits(set, place, adt)) return false;
	const answer = set.variant.packet("test", place, adt);
	if (adt.returnNomatch && set.variant.hasNomatch) return answer === -1;
	return answer === 1;
}

/** False: it was not added (it is there, the set is full, the packet has not what it takes). */
export function addToSet(set: SimIpSet, place: PacketPlace, adt: AdtOptions): boolean {
	return fits(set, place, adt) && set.variant.packet("add", place, adt) === 1;
}

export function delFromSet(set: SimIpSet, place: PacketPlace, adt: AdtOptions): boolean {
	return fits(set, place, adt) && set.variant.packet("del", place, adt) === 1;
}

/** A rule that names fewer sides than the set has components, or a packet of another family, matches nothing. */
function fits(set: SimIpSet, { pkt }: PacketPlace, { dirs }: AdtOptions): boolean {
	if (dirs.length < set.variant.dimension) return false;
	return set.family === undefined || set.family === familyOfNum(pkt.src);
}
