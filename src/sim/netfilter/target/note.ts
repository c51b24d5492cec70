/**
 * Targets that change nothing a packet shows here, and after which it goes on: CHECKSUM (only what quotes the packet later
 * shows it), NFLOG (nobody listens to a group), CLASSIFY (there are no queueing disciplines), TRACE (every packet can be
 * traced).
 */
import type { ChecksumTarget, ClassifyTarget, NflogTarget, TraceTarget } from "../../../kernel/xt-targets.ts";
import { HOOK_BIT, type TargetFn, type TargetModule } from "../xtables/types.ts";

const goOn: TargetFn = () => "continue";

export const checksum: TargetModule<ChecksumTarget> = {
	name: "CHECKSUM",
	onlyTable: "mangle",
	compile: () => complete,
};

/** What was left to the device is done now (`skb_checksum_help`). */
const complete: TargetFn = (skb) => {
	skb.checksumIsOpen = false;
	return "continue";
};

export const nflog: TargetModule<NflogTarget> = {
	name: "NFLOG",
	check({ group = 0, threshold = 0 }, at) {
		if (group >= 0 && group <= 0xffff && threshold >= 0 && threshold <= 0xffff) return undefined;
		return { errno: "EINVAL", message: `rule in chain ${at.chain}: NFLOG: group or threshold out of range` };
	},
	compile: () => goOn,
};

export const classify: TargetModule<ClassifyTarget> = {
	name: "CLASSIFY",
	hooks: HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING,
	compile: () => goOn,
};

export const trace: TargetModule<TraceTarget> = { name: "TRACE", compile: () => goOn };
