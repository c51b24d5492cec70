/** All kinds of target. A kind of `Target` that is missing here does not compile. */
import type { Target } from "../../../kernel/xtables.ts";
import { connmark } from "../target/connmark.ts";
import { ct, notrack } from "../target/ct.ts";
import { dnat } from "../target/dnat.ts";
import { log } from "../target/log.ts";
import { mark } from "../target/mark.ts";
import { masquerade } from "../target/masquerade.ts";
import { netmap } from "../target/netmap.ts";
import { checksum, classify, nflog, trace } from "../target/note.ts";
import { redirect } from "../target/redirect.ts";
import { reject } from "../target/reject.ts";
import { set } from "../target/set.ts";
import { snat } from "../target/snat.ts";
import { accept, drop, goto, jump, none, returnTarget } from "../target/standard.ts";
import { tcpmss } from "../target/tcpmss.ts";
import { dscp, tos } from "../target/tos.ts";
import { ttl } from "../target/ttl.ts";
import { unknownTarget } from "../target/unknown-target.ts";
import type { TargetModule, TargetModules } from "./types.ts";

const TARGET_MODULES: TargetModules = {
	none,
	accept,
	drop,
	return: returnTarget,
	jump,
	goto,
	reject,
	dnat,
	snat,
	masquerade,
	redirect,
	mark,
	set,
	log,
	ct,
	notrack,
	connmark,
	ttl,
	tos,
	dscp,
	tcpmss,
	netmap,
	nflog,
	classify,
	checksum,
	trace,
	"unknown-target": unknownTarget,
};

/** The module for this very target. */
export function targetModule(target: Target): TargetModule<Target> | undefined {
	// As in match-modules.ts: the table's type ties each kind to its module.
	return TARGET_MODULES[target.kind] as TargetModule<Target> | undefined;
}
