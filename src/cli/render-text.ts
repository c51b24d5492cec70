/** What a proxy wants on a node, as the tools would list it: iptables-save, and in IPVS mode ipset, ipvsadm and ip before it. */
import { formatIpSetSave } from "../formats/ipset/listing.ts";
import { formatIptablesSave } from "../formats/iptables-save.ts";
import { ipvsEntries } from "../formats/ipvsadm/listing.ts";
import { formatIpvsSave } from "../formats/ipvsadm/save.ts";
import { formatSysctl } from "../formats/sysctl.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import { BUILTIN_CHAINS, type Rule, type Table, type TableName } from "../kernel/xtables.ts";
import { formatCidr } from "../wire/addr.ts";

/** In IPVS mode each part has a line before it that names the command which prints, or makes, such lines. */
export function renderText(objects: readonly KernelObject[]): string {
	const rules = formatIptablesSave(tablesOf(objects));
	if (!objects.some(({ kind }) => kind === "link")) return rules;
	const entries = ipvsEntries(ofKind(objects, "ipvs-service"), ofKind(objects, "ipvs-destination"));
	const links = ofKind(objects, "link").map(({ name }) => `link add ${name} type dummy\n`);
	const addrs = ofKind(objects, "addr").map(({ dev, addr }) => `addr add ${formatCidr(addr)} dev ${dev}\n`);
	const parts = [
		[
			"sysctl",
			ofKind(objects, "sysctl")
				.map((sysctl) => `${formatSysctl(sysctl)}\n`)
				.join(""),
		],
		["ip -batch", [...links, ...addrs].join("")],
		["ipvsadm -S -n", formatIpvsSave(entries)],
		["ipset save", formatIpSetSave(ofKind(objects, "ipset"))],
		["iptables-save", rules],
	] as const;
	return parts.map(([command, text]) => `# ${command}\n${text}`).join("");
}

function ofKind<K extends KernelObjectKind>(
	objects: readonly KernelObject[],
	kind: K,
): readonly Extract<KernelObject, { kind: K }>[] {
	return objects.filter((object): object is Extract<KernelObject, { kind: K }> => object.kind === kind);
}

/** What iptables-save prints for the objects in an empty kernel: iptables-nft's order of tables, chains sorted by name. */
function tablesOf(objects: readonly KernelObject[]): readonly Table[] {
	const order: readonly TableName[] = ["mangle", "filter", "nat"];
	return order.map((name) => {
		const own = objects.filter((object) => object.kind === "xt-chain" && object.table === name);
		const chains = own.flatMap((object) =>
			object.kind === "xt-chain" ? [{ name: object.chain, rules: object.rules }] : [],
		);
		const builtin = BUILTIN_CHAINS[name].map((hook) => ({
			name: hook,
			policy: "accept" as const,
			rules: rulesIn(objects, name, hook),
		}));
		return { name, chains: [...builtin, ...chains.sort((a, b) => (a.name < b.name ? -1 : 1))] };
	});
}

/** Each jump in a built-in chain is put at its top. */
function rulesIn(objects: readonly KernelObject[], table: TableName, chain: string): readonly Rule[] {
	const rules: Rule[] = [];
	for (const object of objects) {
		if (object.kind === "xt-rule" && object.table === table && object.chain === chain) rules.unshift(object.rule);
	}
	return rules;
}
