/** Configuration of the host-local IPAM plugin: ranges in their three places, routes. */
import type { IpAddr } from "../../wire/addr.ts";
import type { JsonReader } from "../json-reader.ts";
import { readRoute } from "../parse-result.ts";
import type { HostLocalConf } from "./host-local.ts";
import { canonicalizeRangeSet, type RangeConf, type RangeSet, rangeSetsOverlap } from "./range.ts";

/** What stands outside the `ipam` object. */
export interface HostLocalContext {
	readonly ips: readonly IpAddr[];
	/** `runtimeConfig.ipRanges`. */
	readonly runtimeRanges: JsonReader;
}

/** Sets in order: of the runtime, the old-style single range, `ranges`. */
export function parseHostLocalConf(at: JsonReader, context: HostLocalContext): HostLocalConf | undefined {
	const places: { readonly at: JsonReader; readonly ranges: readonly JsonReader[] }[] = [];
	for (const set of context.runtimeRanges.items()) places.push({ at: set, ranges: set.items() });
	if (at.at("subnet").present) places.push({ at, ranges: [at] });
	for (const set of at.at("ranges").items()) places.push({ at: set, ranges: set.items() });
	if (places.length === 0) return at.fail("no IP ranges specified");
	const sets: RangeSet[] = [];
	for (const [index, place] of places.entries()) {
		const ranges = place.ranges.flatMap((range) => readRange(range) ?? []);
		if (ranges.length < place.ranges.length) continue;
		const set = canonicalizeRangeSet(ranges);
		if (set.ok) sets.push(set.value);
		else place.at.fail(`invalid range set ${index}: ${set.error}`);
	}
	const overlap = firstOverlap(sets);
	if (overlap !== undefined) at.at("ranges").fail(`range set ${overlap[0]} overlaps with ${overlap[1]}`);
	const routes = at.at("routes").items().flatMap(readRoute);
	const resolvConf = at.at("resolvConf").string() ?? "";
	const dataDir = at.at("dataDir").string() ?? "";
	return {
		type: "host-local",
		ranges: sets,
		routes,
		ips: context.ips,
		...(resolvConf === "" ? {} : { resolvConf }),
		...(dataDir === "" ? {} : { dataDir }),
	};
}

function firstOverlap(sets: readonly RangeSet[]): readonly [number, number] | undefined {
	for (const [i, a] of sets.entries()) {
		const j = sets.findIndex((b, k) => k > i && rangeSetsOverlap(a, b));
		if (j >= 0) return [i, j];
	}
	return undefined;
}

function readRange(at: JsonReader): RangeConf | undefined {
	if (!at.requireObject()) return undefined;
	if (!at.at("subnet").present) return at.at("subnet").fail("missing subnet");
	const subnet = at.at("subnet").cidr();
	if (subnet === undefined) return undefined;
	const rangeStart = at.at("rangeStart").ip();
	const rangeEnd = at.at("rangeEnd").ip();
	const gateway = at.at("gateway").ip();
	return {
		subnet,
		...(rangeStart === undefined ? {} : { rangeStart }),
		...(rangeEnd === undefined ? {} : { rangeEnd }),
		...(gateway === undefined ? {} : { gateway }),
	};
}
