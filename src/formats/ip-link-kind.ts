/** What `ip -d link` says of each kind of device that has settings (iproute2's iplink_vxlan.c, iplink_vlan.c, iplink_macvlan.c, link_iptnl.c). */
import type { LinkKind } from "../kernel/objects.ts";
import { type Field, field, fieldIf, textOnly } from "./fields.ts";

type KindOf<T extends LinkKind["type"]> = Extract<LinkKind, { readonly type: T }>;

/** The settings behind the kind's name; of a bridge and of kinds without settings none. */
export function kindFields(kind: LinkKind | undefined): readonly Field[] {
	switch (kind?.type) {
		case "ipip":
			return ipipFields(kind);
		case "vxlan":
			return vxlanFields(kind);
		case "vlan":
			return vlanFields(kind);
		case "macvlan":
			return macvlanFields(kind);
		case "bridge":
		case "veth":
		case "dummy":
		case "loopback":
		case undefined:
			return [];
	}
}

function ipipFields(kind: KindOf<"ipip">): readonly Field[] {
	const { dev, ttl = 0, tos, pmtudisc = true, mode = "any" } = kind;
	const [local, remote] = [kind.local ?? "any", kind.remote ?? "any"];
	const tosValue = tos === "inherit" ? "0x1" : `0x${(tos ?? 0).toString(16)}`;
	return [
		field(`${mode} `, "proto", mode),
		field(`remote ${remote} `, "remote", remote),
		field(`local ${local} `, "local", local),
		...fieldIf(dev !== undefined, `dev ${dev} `, "link", dev ?? ""),
		field(ttl === 0 ? "ttl inherit " : `ttl ${ttl} `, "ttl", ttl),
		...fieldIf(tos !== undefined, tos === "inherit" ? "tos inherit " : `tos ${tosValue} `, "tos", tosValue),
		field(`${pmtudisc ? "" : "no"}pmtudisc `, "pmtudisc", pmtudisc),
	];
}

function vxlanFields(kind: KindOf<"vxlan">): readonly Field[] {
	const { id, remote, group, local, dev, port = 8472, learning = true, ttl = 0, udpChecksum = true } = kind;
	const { low, high } = kind.sourcePorts ?? { low: 0, high: 0 };
	const ageing = kind.ageingTimeSeconds ?? 300;
	return [
		field(`id ${id} `, "id", id),
		...fieldIf(group !== undefined, `group ${group} `, "group", group ?? ""),
		...fieldIf(remote !== undefined, `remote ${remote} `, "remote", remote ?? ""),
		...fieldIf(local !== undefined, `local ${local} `, "local", local ?? ""),
		...fieldIf(dev !== undefined, `dev ${dev} `, "link", dev ?? ""),
		field(`srcport ${low} ${high} `, "port_range", { low, high }),
		field(`dstport ${port} `, "port", port),
		field(learning ? "" : "nolearning ", "learning", learning),
		field(ttl === 0 ? "ttl auto " : `ttl ${ttl} `, "ttl", ttl),
		field("", "df", "unset"),
		field(`ageing ${ageing} `, "ageing", ageing),
		field(`${udpChecksum ? "" : "no"}udpcsum `, "udp_csum", udpChecksum),
		field("noudp6zerocsumtx ", "udp_zero_csum6_tx", false),
		field("noudp6zerocsumrx ", "udp_zero_csum6_rx", false),
	];
}

function vlanFields({ id, protocol = "802.1Q" }: KindOf<"vlan">): readonly Field[] {
	return [
		field(`protocol ${protocol} `, "protocol", protocol),
		field(`id ${id} `, "id", id),
		field("<REORDER_HDR> ", "flags", ["REORDER_HDR"]),
	];
}

function macvlanFields({ mode = "vepa" }: KindOf<"macvlan">): readonly Field[] {
	return [
		field(`mode ${mode} `, "mode", mode),
		field("bcqueuelen 1000 ", "bcqueuelen", 1000),
		field("usedbcqueuelen 1000 ", "usedbcqueuelen", 1000),
	];
}

/** `link/ipip`: the ends take the place of MAC addresses. */
export function tunnelAddressFields({ local: own, remote }: KindOf<"ipip">): readonly Field[] {
	const local = own ?? "0.0.0.0";
	const end = remote ?? "0.0.0.0";
	return [
		field(local, "address", local),
		...(remote === undefined ? [] : [{ text: "", key: "link_pointtopoint", value: true }]),
		remote === undefined ? textOnly(" brd ") : textOnly(" peer "),
		field(end, "broadcast", end),
	];
}

/** tunl0 is the module's own and lacks what other devices get when they are made until it is brought up. */
export function isFallbackTunnel(kind: LinkKind | undefined): boolean {
	return kind?.type === "ipip" && kind.local === undefined && kind.remote === undefined && kind.dev === undefined;
}

/** The device that this one stands on: `link` in JSON, behind the `@` in text. `undefined`: none of its kind has one. */
export function lowerName(kind: LinkKind | undefined): string | undefined {
	if (kind?.type === "vlan" || kind?.type === "macvlan") return kind.parent;
	return kind?.type === "ipip" ? (kind.dev ?? "NONE") : undefined;
}

/** The lowest and highest MTU that the kernel says it takes; 0 and 0: it does not say. */
export function mtuBounds(kind: LinkKind | undefined): readonly [min: number, max: number] {
	switch (kind?.type) {
		case "bridge":
		case "veth":
		case "vxlan":
		case "macvlan":
			return [68, 65535];
		case "vlan":
			return [0, 65535];
		case "ipip":
			// `ip tunnel add`, which names the mode, makes it another way than `ip link add`.
			return kind.mode === "ipip" ? [68, 65515] : [0, 0];
		case "dummy":
		case "loopback":
		case undefined:
			return [0, 0];
	}
}
