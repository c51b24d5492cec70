/** The chains that all Services share: which part of a Service's rules is in which. */
import type { XtChain } from "../kernel/objects.ts";
import type { Rule, TableName } from "../kernel/xtables.ts";
import type { PortalRules } from "./service-rules.ts";
import type { ServiceRules } from "./service-table.ts";
import { nodePortJumps } from "./static-rules.ts";
import type { SyncContext } from "./sync-context.ts";

export interface SharedChain {
	readonly table: TableName;
	readonly chain: string;
	readonly part: keyof PortalRules;
}

/** Each comes before those that jump to it. */
export const SHARED_CHAINS: readonly SharedChain[] = [
	{ table: "nat", chain: "KUBE-NODEPORTS", part: "natNodePorts" },
	{ table: "nat", chain: "KUBE-SERVICES", part: "natServices" },
	{ table: "filter", chain: "KUBE-SERVICES", part: "filterServices" },
	{ table: "filter", chain: "KUBE-EXTERNAL-SERVICES", part: "filterExternalServices" },
	{ table: "filter", chain: "KUBE-NODEPORTS", part: "filterNodePorts" },
	{ table: "filter", chain: "KUBE-PROXY-FIREWALL", part: "filterFirewall" },
];

/** `services` in the order in which their rules stand. */
export function sharedChains(services: readonly ServiceRules[], context: SyncContext): readonly XtChain[] {
	return SHARED_CHAINS.map(({ table, chain, part }) => {
		const rules: Rule[] = [];
		for (const { portal } of services) for (const rule of portal[part]) rules.push(rule);
		// What is for the node itself may be for a node port, if it is for no Service's address.
		if (part === "natServices") rules.push(...nodePortJumps(context));
		return { kind: "xt-chain", family: context.family, table, chain, rules };
	});
}
