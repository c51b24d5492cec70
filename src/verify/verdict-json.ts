/** Outcomes and differences as JSON: bytes are hexadecimal, frames also in tcpdump's words. */
import { hex } from "../base/bytes.ts";
import { formatConntrack } from "../formats/conntrack.ts";
import { formatIpSetSave } from "../formats/ipset/listing.ts";
import { formatIptablesSave } from "../formats/iptables-save.ts";
import type { XtChain } from "../kernel/objects.ts";
import { TABLE_NAMES } from "../kernel/xtables.ts";
import type { Json } from "../trace/json.ts";
import type { Comparison } from "./compare.ts";
import type { Difference } from "./difference.ts";
import type { NetnsOutcome, Outcome, Refusal, SeenFrame } from "./outcome.ts";
import { frameText } from "./step-words.ts";

/** Steps count from 0; -1 is before the first. */
export function outcomeJson(outcome: Outcome): Json {
	return {
		...(outcome.refused === undefined ? {} : { refused: refusalJson(outcome.refused) }),
		frames: outcome.frames.map(frameJson),
		sockets: outcome.sockets.map((sight) => ({ ...sight })),
		log: outcome.log.map((line) => ({ ...line })),
		netns: Object.fromEntries(Object.entries(outcome.netns).map(([name, left]) => [name, leftJson(left)])),
	};
}

export function comparisonJson(comparison: Comparison): Json {
	if (!comparison.agrees) return { agrees: false, first: differenceJson(comparison.first) };
	return { agrees: true, normalised: Object.fromEntries(comparison.normalised) };
}

export function differenceJson(difference: Difference): Json {
	const { sim, real, ...rest } = difference;
	const { normalised, ...plain } = { normalised: undefined, ...rest };
	return {
		...plain,
		...(normalised === undefined ? {} : { normalised: hex(normalised) }),
		...(sim === undefined ? {} : { sim: sideJson(sim) }),
		...(real === undefined ? {} : { real: sideJson(real) }),
	};
}

function sideJson(side: string | SeenFrame | Refusal): Json {
	if (typeof side === "string") return side;
	return "error" in side ? refusalJson(side) : frameJson(side);
}

function refusalJson({ netns, error }: Refusal): Json {
	return { netns, errno: error.errno, message: error.message };
}

function frameJson({ step, netns, dev, direction, pktType, frame, link }: SeenFrame): Json {
	return { step, netns, dev, direction, pktType, text: frameText(frame, link), frame: hex(frame) };
}

function leftJson({ chains, conntrack, neighs, fdb, sets, accounts }: NetnsOutcome): Json {
	return {
		iptables: formatIptablesSave(tablesOf(chains), { counters: true }),
		conntrack: conntrack.map((entry) => formatConntrack(entry, { extended: true })),
		neighbours: neighs.map(({ dev, addr, mac, state }) => ({
			dev,
			address: addr,
			...(mac === undefined ? {} : { mac }),
			...(state === undefined ? {} : { state }),
		})),
		fdb: fdb.map(({ dev, mac, state }) => ({ dev, mac, state: state ?? "learnt" })),
		...(sets.length === 0 ? {} : { ipset: formatIpSetSave(sets) }),
		...(accounts.length === 0
			? {}
			: {
					nfacct: accounts.map(({ name, counters }) => ({
						name,
						packets: counters?.packets ?? 0,
						bytes: counters?.bytes ?? 0,
					})),
				}),
	};
}

function tablesOf(chains: readonly XtChain[]): Parameters<typeof formatIptablesSave>[0] {
	return TABLE_NAMES.flatMap((name) => {
		const own = chains.filter(({ table }) => table === name);
		return own.length === 0 ? [] : [{ name, chains: own.map(({ chain, ...rest }) => ({ ...rest, name: chain })) }];
	});
}
