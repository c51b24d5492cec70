/** Makes kube-proxy's random choice fall on one endpoint: stands in for chance in `-m statistic`, and changes no rule. */
import { endpointChains } from "../cluster/force-by-rules.ts";
import { forceStatistic } from "../sim/netfilter/xtables/force-statistic.ts";
import { xtChainHandler } from "../sim/objects/xt.ts";
import type { SimKernel } from "../sim/sim-kernel.ts";

/**
 * A rule that jumps to a chain which translates to `endpoint` (`IP:PORT`) is taken, one that jumps to another endpoint's
 * chain is not; every other `-m statistic` keeps its chance. The result gives the choice back to chance.
 */
export function forceEndpoint(kernel: SimKernel, endpoint: string): () => void {
	const namespaces = [...kernel.machine.netns.values()];
	for (const netns of namespaces) {
		const chains = endpointChains(xtChainHandler.dump(netns).filter((object) => object.kind === "xt-chain"));
		if (chains.size === 0) continue;
		forceStatistic(netns).decide = ({ target }) => {
			if (target.kind !== "jump") return undefined;
			const destination = chains.get(target.chain);
			return destination === undefined ? undefined : destination === endpoint;
		};
	}
	return () => {
		for (const netns of namespaces) forceStatistic(netns).decide = undefined;
	};
}
