/** veth: two devices with a cable between them (drivers/net/veth.c). */
import { isSkbForwardable, netifRx } from "../core/dev.ts";
import { linkwatch, registerNetdevice, unregisterNetdevice } from "../core/netdevice.ts";
import { dropSkb } from "../trace.ts";
import type { DeviceOps, Fate, NetDevice, Netns, Skb } from "../types.ts";

export interface VethEnd {
	readonly netns: Netns;
	readonly name: string;
	readonly mac: number;
	readonly mtu: number;
}

/** Makes both ends; as in Linux the peer is registered first and so has the lower ifindex. Both names are free. */
export function createVeth(end: VethEnd, peerEnd: VethEnd): { readonly dev: NetDevice; readonly peer: NetDevice } {
	const devOps = new Veth();
	const peerOps = new Veth();
	const peer = registerNetdevice(peerEnd.netns, {
		name: peerEnd.name,
		mac: peerEnd.mac,
		mtu: peerEnd.mtu,
		ops: peerOps,
	});
	const dev = registerNetdevice(end.netns, { name: end.name, mac: end.mac, mtu: end.mtu, ops: devOps });
	devOps.peer = peer;
	peerOps.peer = dev;
	return { dev, peer };
}

/** The other end of the cable; undefined when `dev` is no veth. */
export function vethPeer(dev: NetDevice): NetDevice | undefined {
	return dev.ops instanceof Veth ? dev.ops.peer : undefined;
}

/** Plugs the cable in again between two ends that were removed together. */
export function vethReconnect(dev: NetDevice, peer: NetDevice): void {
	if (dev.ops instanceof Veth) dev.ops.peer = peer;
	if (peer.ops instanceof Veth) peer.ops.peer = dev;
}

class Veth implements DeviceOps {
	readonly type = "veth";
	peer: NetDevice | undefined = undefined;

	/** `veth_xmit`: the frame arrives at the other end as if from a wire. */
	xmit(skb: Skb): Fate {
		const from = skb.dev;
		const peer = this.peer;
		if (from === undefined || peer === undefined) throw new Error("veth_xmit: no peer");
		if (!isSkbForwardable(peer, skb)) {
			peer.stats.rxDropped += 1;
			if (!peer.up) return dropSkb(skb, from.netns, "veth_xmit", "DEV_READY", { detail: `${peer.name} is down` });
			const detail = `${skb.length} bytes of frame, ${peer.name} has MTU ${peer.mtu}`;
			return dropSkb(skb, from.netns, "veth_xmit", "PKT_TOO_BIG", { detail });
		}
		scrub(skb, from.netns !== peer.netns);
		return netifRx(peer, skb);
	}

	carrier(): boolean {
		return this.peer?.up === true;
	}

	open(): void {
		if (this.peer !== undefined) linkwatch(this.peer);
	}

	stop(): void {
		if (this.peer !== undefined) linkwatch(this.peer);
	}

	remove(): void {
		const peer = this.peer;
		if (peer === undefined) return;
		this.peer = undefined;
		if (peer.ops instanceof Veth) peer.ops.peer = undefined;
		unregisterNetdevice(peer);
	}
}

/** `skb_scrub_packet`: what the sender's stack knew of the packet stays behind; the mark only when the namespace changes. */
function scrub(skb: Skb, otherNetns: boolean): void {
	skb.dst = undefined;
	skb.ct = undefined;
	skb.ctInfo = "none";
	skb.nfBridge = undefined;
	skb.iif = 0;
	skb.network = -1;
	skb.transport = -1;
	skb.forwarded = false;
	skb.fragMaxSize = 0;
	skb.ignoreDf = false;
	if (!otherNetns) return;
	skb.mark = 0;
	skb.ipvsProperty = false;
	skb.sk = undefined;
}
