/** One namespace's network state as the real tools print it. */
import { formatFdb } from "../formats/bridge-fdb.ts";
import { formatConntrack } from "../formats/conntrack.ts";
import { formatIpAddr } from "../formats/ip-addr.ts";
import { formatIpLink } from "../formats/ip-link.ts";
import { formatNeigh } from "../formats/ip-neigh.ts";
import { formatRoute } from "../formats/ip-route.ts";
import { formatIpSetList } from "../formats/ipset/listing.ts";
import { formatIptablesSave } from "../formats/iptables-save.ts";
import { formatIpvsListing, ipvsEntries } from "../formats/ipvsadm/listing.ts";
import { formatSysctl } from "../formats/sysctl.ts";
import type { KernelObject, KernelObjectKind, XtChain } from "../kernel/objects.ts";
import type { Chain, Table, TableName } from "../kernel/xtables.ts";

export type StateWord =
	| "links"
	| "addrs"
	| "routes"
	| "neigh"
	| "fdb"
	| "iptables"
	| "ipset"
	| "ipvs"
	| "conntrack"
	| "sysctl";

/** What each word reads, and the command whose output it imitates. */
export const STATE_WORDS: Readonly<
	Record<StateWord, { readonly kinds: readonly KernelObjectKind[]; readonly like: string }>
> = {
	links: { kinds: ["link"], like: "ip link" },
	addrs: { kinds: ["link", "addr"], like: "ip addr" },
	routes: { kinds: ["route"], like: "ip route show table all" },
	neigh: { kinds: ["neigh"], like: "ip neigh" },
	fdb: { kinds: ["link", "fdb"], like: "bridge fdb" },
	iptables: { kinds: ["xt-chain"], like: "iptables-save -c" },
	ipset: { kinds: ["ipset"], like: "ipset list" },
	ipvs: { kinds: ["ipvs-service", "ipvs-destination"], like: "ipvsadm -Ln" },
	conntrack: { kinds: ["conntrack"], like: "conntrack -L" },
	sysctl: { kinds: ["sysctl"], like: "sysctl -a" },
};

export function stateText(what: StateWord, objects: readonly KernelObject[]): string {
	switch (what) {
		case "links":
			return formatIpLink(ofKind(objects, "link"));
		case "addrs":
			return formatIpAddr(ofKind(objects, "link"), ofKind(objects, "addr"));
		case "routes":
			return lines(ofKind(objects, "route").map((route) => formatRoute(route, { table: true })));
		case "neigh":
			return lines(ofKind(objects, "neigh").map(formatNeigh));
		case "fdb":
			return fdbText(objects);
		case "iptables":
			return formatIptablesSave(tablesOf(ofKind(objects, "xt-chain")), { counters: true });
		case "ipset":
			return formatIpSetList(ofKind(objects, "ipset"));
		case "ipvs":
			return formatIpvsListing(ipvsEntries(ofKind(objects, "ipvs-service"), ofKind(objects, "ipvs-destination")));
		case "conntrack":
			return lines(ofKind(objects, "conntrack").map((entry) => formatConntrack(entry)));
		case "sysctl":
			return lines(ofKind(objects, "sysctl").map(formatSysctl));
	}
}

/** iptables-nft's order of tables: mangle, security, raw, filter, nat; chains in the dump's order. */
function tablesOf(chains: readonly XtChain[]): readonly Table[] {
	const order: readonly TableName[] = ["mangle", "security", "raw", "filter", "nat"];
	return order.flatMap((name) => {
		const own = chains.filter((chain) => chain.table === name && chain.family === "ipv4");
		return own.length === 0 ? [] : [{ name, chains: own.map(chainOf) }];
	});
}

function chainOf(chain: XtChain): Chain {
	return {
		name: chain.chain,
		...(chain.policy === undefined ? {} : { policy: chain.policy }),
		...(chain.counters === undefined ? {} : { counters: chain.counters }),
		rules: chain.rules,
	};
}

function fdbText(objects: readonly KernelObject[]): string {
	const masters = new Map(ofKind(objects, "link").map((link) => [link.name, link.master ?? link.name]));
	return lines(ofKind(objects, "fdb").map((entry) => formatFdb(entry, masters.get(entry.dev) ?? entry.dev)));
}

function ofKind<K extends KernelObjectKind>(
	objects: readonly KernelObject[],
	kind: K,
): readonly Extract<KernelObject, { kind: K }>[] {
	return objects.filter((object): object is Extract<KernelObject, { kind: K }> => object.kind === kind);
}

function lines(all: readonly string[]): string {
	return all.map((line) => `${line}\n`).join("");
}
