/** Kernel objects as a scenario file says them: what `object-shapes.ts` reads. */
import { formatRule } from "../../formats/iptables-save.ts";
import type { Addr, Link, LinkKind, Neigh, PolicyRule, Route, XtRule } from "../../kernel/objects.ts";
import { formatCidr } from "../../wire/addr.ts";
import type { ChangeableObject } from "../scenario.ts";

export type Words = Readonly<Record<string, unknown>>;

/** The field of a change and what stands in it. */
export function objectWords(object: ChangeableObject): readonly [field: string, words: Words] {
	switch (object.kind) {
		case "link":
			return ["device", linkWords(object)];
		case "addr":
			return ["address", addrWords(object)];
		case "route":
			return ["route", routeWords(object)];
		case "rule":
			return ["rule", policyRuleWords(object)];
		case "neigh":
			return ["neighbour", neighWords(object)];
		case "fdb":
			return ["fdb", withoutKind(object)];
		case "bridge-vlan":
			return ["vlan", withoutKind(object)];
		case "sysctl":
			return ["sysctl", { key: object.key, value: sysctlWord(object.value) }];
		case "xt-rule":
			return ["iptables", xtRuleWords(object)];
	}
}

export function linkWords(object: Link): Words {
	const { name, link, ...rest } = withoutKind(object);
	return { name, ...(link === undefined ? {} : kindWords(link)), ...rest };
}

function kindWords(kind: LinkKind): Words {
	const { type } = kind;
	if (kind.type !== "veth") return { [type]: { ...kind, type: undefined } };
	return { veth: { peer: kind.peer, in: kind.peerNetns, mac: kind.peerMac } };
}

export function addrWords(object: Addr): Words {
	const { dev, addr, ...rest } = withoutKind(object);
	return { dev, address: formatCidr(addr), ...rest };
}

export function routeWords(object: Route): Words {
	const { dst, ...rest } = withoutKind(object);
	const isDefault = dst.prefix === 0 && dst.addr === "0.0.0.0";
	return { to: isDefault ? "default" : formatCidr(dst), ...rest };
}

export function policyRuleWords(object: PolicyRule): Words {
	const { from, to, fwmark, ...rest } = withoutKind(object);
	return {
		...rest,
		family: undefined,
		...(from === undefined ? {} : { from: formatCidr(from) }),
		...(to === undefined ? {} : { to: formatCidr(to) }),
		...(fwmark === undefined ? {} : { fwmark: `0x${fwmark.value.toString(16)}/0x${fwmark.mask.toString(16)}` }),
	};
}

export function neighWords(object: Neigh): Words {
	const { dev, addr, ...rest } = withoutKind(object);
	return { dev, address: addr, ...rest };
}

export function withoutKind<T extends { readonly kind: string }>(object: T): Omit<T, "kind"> {
	const { kind, ...rest } = object;
	return kind === "" ? object : rest;
}

/** A number where it is one. */
export function sysctlWord(value: string): string | number {
	return String(Number(value)) === value ? Number(value) : value;
}

function xtRuleWords({ table, chain, rule, position, duplicate }: XtRule): Words {
	return { table, chain, rule: formatRule(rule), position, duplicate };
}
