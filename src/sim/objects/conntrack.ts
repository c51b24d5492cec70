/** Connection tracking entries as objects: listed and deleted, as `conntrack -L` and `-D` do. */
import { ok, type Result } from "../../base/result.ts";
import type { ConntrackEntry, Tuple } from "../../kernel/conntrack.ts";
import type { Verb } from "../../kernel/kernel.ts";
import type { KernelObject } from "../../kernel/objects.ts";
import { ipNum } from "../../wire/addr.ts";
import { conntrackEntryOf } from "../netfilter/conntrack/entry.ts";
import { killConntrackByUser } from "../netfilter/conntrack/events.ts";
import { conntrackNet } from "../netfilter/conntrack/net.ts";
import { CtTuple, ORIGINAL } from "../netfilter/conntrack/types.ts";
import type { Netns } from "../types.ts";
import { type ObjectError, type ObjectHandler, refuse, type Undo } from "./handler.ts";

/** An entry is named by its original tuple and zone. Entries come to be by packets only, so `add` and `replace` are refused. */
export const conntrackHandler: ObjectHandler<ConntrackEntry> = {
	apply(netns: Netns, verb: Verb, object: ConntrackEntry): Result<Undo, ObjectError> {
		if (verb !== "delete") return refuse("EOPNOTSUPP", "conntrack: making or changing an entry is not modelled");
		const net = conntrackNet(netns);
		// A flow whose zone counts in the answering direction only is, in this one, in none.
		const tuple = tupleOf(object.original, object.original.zone ?? object.zone ?? 0);
		const ct = net.table.find(tuple, net.now())?.ct;
		if (ct === undefined || ct.original.proto !== object.proto) {
			return refuse("ENOENT", "conntrack: Operation failed: such conntrack doesn't exist");
		}
		killConntrackByUser(net, ct);
		return ok(() => net.table.insert(ct, net.now()));
	},

	/** Oldest first; Linux lists by hash. */
	dump(netns: Netns): readonly KernelObject[] {
		const net = conntrackNet(netns);
		return net.table.entries(net.now()).map((ct) => conntrackEntryOf(ct, net.now()));
	},
};

function tupleOf(tuple: Tuple, zone: number): CtTuple {
	const found = new CtTuple(undefined, ORIGINAL);
	found.src = ipNum(tuple.src);
	found.dst = ipNum(tuple.dst);
	found.proto = tuple.proto;
	found.zone = zone;
	if (tuple.icmp === undefined) {
		found.sport = tuple.sport ?? 0;
		found.dport = tuple.dport ?? 0;
	} else {
		found.sport = tuple.icmp.id;
		found.dport = (tuple.icmp.type << 8) | tuple.icmp.code;
	}
	return found;
}
