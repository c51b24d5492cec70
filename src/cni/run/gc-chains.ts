/** GC: chains in nat whose container is gone. Who a chain is for is told by the comments that its plugin wrote. */
import type { KernelObject, XtChain } from "../../kernel/objects.ts";
import type { Rule } from "../../kernel/xtables.ts";
import type { Reservation } from "../plugins/host-local.ts";
import { masqChainName } from "../plugins/ip-masq.ts";
import { dnatChainName, HOSTPORT_DNAT } from "../plugins/portmap.ts";
import { tearDownChain } from "../plugins/rule-chain.ts";
import type { Plan } from "../types.ts";

interface GcView {
	readonly valid: readonly Reservation[];
	/** A dump of the node. */
	readonly chains: readonly KernelObject[];
}

/** The chains of `ipMasq`. */
export function staleMasquerading(netns: string, network: string, view: GcView): Plan {
	return stale(netns, view, { entry: "POSTROUTING", word: "", name: (id) => masqChainName(network, id), network });
}

/** The chains of portmap. */
export function staleHostPorts(netns: string, network: string, view: GcView): Plan {
	return stale(netns, view, { entry: HOSTPORT_DNAT, word: "dnat ", name: (id) => dnatChainName(network, id), network });
}

interface OwnChains {
	/** The chain that leads to them. */
	readonly entry: string;
	/** Before `name: "NETWORK" id: "CONTAINER"`. */
	readonly word: string;
	readonly name: (containerId: string) => string;
	readonly network: string;
}

function stale(netns: string, { valid, chains }: GcView, own: OwnChains): Plan {
	const nat = chains.filter((object): object is XtChain => object.kind === "xt-chain" && object.table === "nat");
	const ops = nat.flatMap((chain) => {
		if (chain.chain !== own.entry) return [];
		const gone = new Set(chain.rules.flatMap((rule) => containerOf(rule, own) ?? []));
		for (const { containerId } of valid) gone.delete(containerId);
		return [...gone].flatMap((id) => {
			const { family, table } = chain;
			return tearDownChain({ family, table, name: own.name(id), entryChains: [own.entry] }, nat);
		});
	});
	return ops.length === 0 ? [] : [{ netns, ops }];
}

/** The container whose chain a rule leads to, if it is one of this network; a name cut short tells none. */
function containerOf({ matches, target }: Rule, own: OwnChains): string | undefined {
	if (target.kind !== "jump") return undefined;
	const comment = matches.find((match) => match.kind === "comment")?.text ?? "";
	const start = `${own.word}name: "${own.network}" id: "`;
	if (!comment.startsWith(start) || !comment.endsWith('"')) return undefined;
	const id = comment.slice(start.length, -1);
	return own.name(id) === target.chain ? id : undefined;
}
