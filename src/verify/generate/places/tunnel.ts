/** The devices of a tunnel between two routers, and what each must know of the other. */
import type { Fdb, Link } from "../../../kernel/objects.ts";
import { type IpAddr, mac as macAddr, macText } from "../../../wire/addr.ts";
import type { PlacedLink } from "../../scenario.ts";

export interface TunnelSpec {
	/** Its name on both sides. */
	readonly dev: string;
	/** But for the ends. */
	readonly kind: NonNullable<Link["link"]> & { readonly type: "vxlan" | "ipip" };
	/** The ends are each packet's next hop: `tunl0`. */
	readonly open?: boolean;
	/** Of the one side and of the other, with prefix length. */
	readonly addrs?: readonly [string, string];
	readonly mtu?: number;
	/** VXLAN: the bridge that it is a port of, on both sides; without one it has neighbours. */
	readonly master?: string;
}

export interface TunnelEnd {
	readonly netns: string;
	/** Where outer packets go to and come from. */
	readonly underlay: IpAddr;
	readonly mac: number;
	readonly addr: string | undefined;
}

const EVERYBODY = macAddr("00:00:00:00:00:00");

export function tunnelLink(tunnel: TunnelSpec, own: TunnelEnd, other: TunnelEnd): PlacedLink {
	const { dev, kind, mtu, master, open = false } = tunnel;
	const ends =
		kind.type === "vxlan" ? { local: own.underlay } : open ? {} : { local: own.underlay, remote: other.underlay };
	return {
		netns: own.netns,
		link: {
			kind: "link",
			name: dev,
			link: { ...kind, ...ends },
			...(kind.type === "vxlan" ? { mac: macText(own.mac) } : {}),
			...(mtu === undefined ? {} : { mtu }),
			...(master === undefined ? {} : { master }),
			up: true,
		},
	};
}

/** Behind a bridge everything unknown goes to the other side; else the other side's device is there. */
export function tunnelFdb(tunnel: TunnelSpec, other: TunnelEnd): readonly Fdb[] {
	if (tunnel.kind.type !== "vxlan") return [];
	const to = { kind: "fdb", dev: tunnel.dev, dst: other.underlay, state: "permanent" } as const;
	return [tunnel.master === undefined ? { ...to, mac: macText(other.mac) } : { ...to, mac: EVERYBODY, append: true }];
}
