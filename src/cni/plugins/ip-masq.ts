/** `ipMasq` with the iptables backend: what leaves for another network than the container's own is masqueraded. */
import type { Op } from "../../kernel/kernel.ts";
import type { Match, Rule, RuleOrigin, Target } from "../../kernel/xtables.ts";
import { addrBits, type Cidr, cidr, familyOf, type IpAddr, networkOf } from "../../wire/addr.ts";
import { cniChainName } from "../hashed-name.ts";
import type { CniRuntime } from "../types.ts";

/** Whose traffic is masqueraded. */
export interface MasqOwner {
	/** The network's name. */
	readonly network: string;
	readonly containerId: string;
	readonly origin: RuleOrigin;
}

export function masqOwner(network: string, runtime: CniRuntime): MasqOwner {
	const { containerId, pod } = runtime;
	return {
		network,
		containerId,
		origin: { by: "cni", for: pod === undefined ? `container ${containerId}` : `Pod ${pod}` },
	};
}

/** The chain of one container in one network; the device's name is not part of it, so two devices share a chain. */
export function masqChainName(network: string, containerId: string): string {
	return cniChainName(network, containerId);
}

/** Chain, its two rules per address, then the jump at the end of POSTROUTING. */
export function masqAdd(owner: MasqOwner, addresses: readonly Cidr[]): readonly Op[] {
	const chain = masqChainName(owner.network, owner.containerId);
	const ops: Op[] = [];
	for (const family of ["ipv4", "ipv6"] as const) {
		const own = addresses.filter((address) => familyOf(address.addr) === family);
		if (own.length === 0) continue;
		// With two addresses the ACCEPT of the second follows the MASQUERADE of the first, as upstream appends them;
		// an equal MASQUERADE is not appended twice.
		const rules = own.flatMap((address, k) => [
			acceptRule(owner, address),
			...(k === 0 ? [masqRule(owner, address.addr)] : []),
		]);
		ops.push({ verb: "replace", object: { kind: "xt-chain", family, table: "nat", chain, rules } });
		for (const address of own) {
			const rule = jumpRule(owner, address.addr);
			ops.push({ verb: "add", object: { kind: "xt-rule", family, table: "nat", chain: "POSTROUTING", rule } });
		}
	}
	return ops;
}

/** The jumps first, then the chain. */
export function masqDel(owner: MasqOwner, addresses: readonly Cidr[]): readonly Op[] {
	const chain = masqChainName(owner.network, owner.containerId);
	const families = new Set(addresses.map((address) => familyOf(address.addr)));
	return [
		...addresses.map((address): Op => {
			const rule = jumpRule(owner, address.addr);
			const object = {
				kind: "xt-rule",
				family: familyOf(address.addr),
				table: "nat",
				chain: "POSTROUTING",
				rule,
			} as const;
			return { verb: "delete", object };
		}),
		...[...families].map((family): Op => {
			return { verb: "delete", object: { kind: "xt-chain", family, table: "nat", chain, rules: [] } };
		}),
	];
}

function acceptRule(owner: MasqOwner, address: Cidr): Rule {
	return rule(owner, { kind: "destination", net: networkOf(address) }, { kind: "accept" });
}

function masqRule(owner: MasqOwner, addr: IpAddr): Rule {
	const multicast = cidr(familyOf(addr) === "ipv4" ? "224.0.0.0/4" : "ff00::/8");
	return rule(owner, { kind: "destination", net: multicast, invert: true }, { kind: "masquerade" });
}

function jumpRule(owner: MasqOwner, addr: IpAddr): Rule {
	const chain = masqChainName(owner.network, owner.containerId);
	return rule(owner, { kind: "source", net: { addr, prefix: addrBits(addr) } }, { kind: "jump", chain });
}

function rule(owner: MasqOwner, match: Match, target: Target): Rule {
	// Go's %q; neither a network's name nor a container id has a character that it would escape.
	const text = `name: "${owner.network}" id: "${owner.containerId}"`;
	return { matches: [match, { kind: "comment", text }], target, origin: owner.origin };
}
