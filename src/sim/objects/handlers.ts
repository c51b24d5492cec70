/** Every kind of kernel object with its handler. */
import { ok, type Result } from "../../base/result.ts";
import type { Verb } from "../../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../../kernel/objects.ts";
import type { Netns } from "../types.ts";
import { addrHandler } from "./addr.ts";
import { bridgeVlanHandler } from "./bridge-vlan.ts";
import { conntrackHandler } from "./conntrack.ts";
import { fdbHandler } from "./fdb.ts";
import type { ObjectError, Undo } from "./handler.ts";
import { ipSetEntryHandler, ipSetHandler } from "./ipset.ts";
import { applyIpvs, dumpIpvs } from "./ipvs.ts";
import { linkHandler } from "./link.ts";
import { neighHandler } from "./neigh.ts";
import { nfacctHandler } from "./nfacct.ts";
import { routeHandler } from "./route.ts";
import { ruleHandler } from "./rule.ts";
import { sysctlHandler } from "./sysctl.ts";
import { xtChainHandler, xtRuleHandler } from "./xt.ts";

/** All kinds, in the order of a whole dump: what others stand on first. */
export const KERNEL_OBJECT_KINDS: readonly KernelObjectKind[] = [
	"link",
	"addr",
	"route",
	"rule",
	"neigh",
	"fdb",
	"bridge-vlan",
	"sysctl",
	"nfacct",
	"ipvs-timeouts",
	"ipvs-service",
	"ipvs-destination",
	"ipvs-totals",
	"ipvs-connection",
	"ipset",
	"ipset-entry",
	"xt-chain",
	"xt-rule",
	"conntrack",
];

export function applyObject(netns: Netns, verb: Verb, object: KernelObject): Result<Undo, ObjectError> {
	switch (object.kind) {
		case "link":
			return linkHandler.apply(netns, verb, object);
		case "addr":
			return addrHandler.apply(netns, verb, object);
		case "route":
			return routeHandler.apply(netns, verb, object);
		case "rule":
			return ruleHandler.apply(netns, verb, object);
		case "neigh":
			return neighHandler.apply(netns, verb, object);
		case "fdb":
			return fdbHandler.apply(netns, verb, object);
		case "bridge-vlan":
			return bridgeVlanHandler.apply(netns, verb, object);
		case "sysctl":
			return sysctlHandler.apply(netns, verb, object);
		case "nfacct":
			return nfacctHandler.apply(netns, verb, object);
		case "ipset":
			return ipSetHandler.apply(netns, verb, object);
		case "ipset-entry":
			return ipSetEntryHandler.apply(netns, verb, object);
		case "xt-chain":
			return xtChainHandler.apply(netns, verb, object);
		case "xt-rule":
			return xtRuleHandler.apply(netns, verb, object);
		case "ipvs-service":
		case "ipvs-destination":
		case "ipvs-connection":
		case "ipvs-timeouts":
		case "ipvs-totals":
			return applyIpvs(netns, verb, object);
		case "conntrack":
			return conntrackHandler.apply(netns, verb, object);
	}
}

/** Ends a transaction for one kind of object that it touched. */
export function commitKind(netns: Netns, kind: KernelObjectKind): Result<void, ObjectError> {
	const handler = kind === "xt-chain" ? xtChainHandler : kind === "xt-rule" ? xtRuleHandler : undefined;
	return handler?.commit?.(netns) ?? ok(undefined);
}

export function dumpKind(netns: Netns, kind: KernelObjectKind): readonly KernelObject[] {
	switch (kind) {
		case "link":
			return linkHandler.dump(netns);
		case "addr":
			return addrHandler.dump(netns);
		case "route":
			return routeHandler.dump(netns);
		case "rule":
			return ruleHandler.dump(netns);
		case "neigh":
			return neighHandler.dump(netns);
		case "fdb":
			return fdbHandler.dump(netns);
		case "bridge-vlan":
			return bridgeVlanHandler.dump(netns);
		case "sysctl":
			return sysctlHandler.dump(netns);
		case "nfacct":
			return nfacctHandler.dump(netns);
		case "ipset":
			return ipSetHandler.dump(netns);
		case "ipset-entry":
			return ipSetEntryHandler.dump(netns);
		case "xt-chain":
			return xtChainHandler.dump(netns);
		case "xt-rule":
			return xtRuleHandler.dump(netns);
		case "ipvs-service":
		case "ipvs-destination":
		case "ipvs-connection":
		case "ipvs-timeouts":
		case "ipvs-totals":
			return dumpIpvs(netns, kind);
		case "conntrack":
			return conntrackHandler.dump(netns);
	}
}
