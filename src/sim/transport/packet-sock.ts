/** Packet sockets (net/packet/af_packet.c): frames of one EtherType on one device, in and out as they are. */
import { ok, type Result } from "../../base/result.ts";
import type { CapturedFrame } from "../../kernel/kernel.ts";
import type { PacketHandlers, PacketSocket, SocketError } from "../../kernel/socket.ts";
import { ETH_HLEN, ethType } from "../../wire/ethernet.ts";
import { startCapture } from "../capture.ts";
import { devQueueXmit } from "../core/dev.ts";
import type { Work } from "../event-loop.ts";
import { allocSkb } from "../skb.ts";
import { originSkb } from "../trace.ts";
import type { NetDevice, Netns } from "../types.ts";
import { socketErr } from "./errno.ts";

export interface PacketSockOptions {
	readonly dev: string;
	readonly etherType: number;
	readonly program?: string;
}

/** Opens a socket bound to a device (`packet_bind`). It does not make the device promiscuous. */
export function openPacketSock(
	netns: Netns,
	options: PacketSockOptions,
	handlers: PacketHandlers,
): Result<PacketSocket, SocketError> {
	const dev = netns.devicesByName.get(options.dev);
	if (dev === undefined) return socketErr("ENODEV", options.dev);
	const reader = { handlers };
	const stop = startCapture(netns, { dev: dev.name, promisc: false }, (captured) => {
		if (ethType(captured.frame, 0) !== options.etherType || captured.pktType === "outgoing") return;
		netns.machine.loop.wake(frameWork, { reader, captured });
	});
	if (!stop.ok) return socketErr("ENODEV", options.dev);
	const close = (): void => {
		reader.handlers = {};
		stop.value();
	};
	return ok({ send: (frame) => packetSendmsg(dev, frame, options), close });
}

/** The program reads: not before all packets under way have arrived. */
const frameWork: Work<{ readonly reader: { readonly handlers: PacketHandlers }; readonly captured: CapturedFrame }> = {
	run({ reader, captured: { frame, pktType } }) {
		if (pktType !== "outgoing") reader.handlers.onFrame?.(frame, pktType);
	},
};

/** Sends a frame (`packet_sendmsg`). */
function packetSendmsg(dev: NetDevice, frame: Uint8Array, options: PacketSockOptions): Result<void, SocketError> {
	if (!dev.up) return socketErr("ENETDOWN", dev.name);
	if (frame.length < ETH_HLEN) return socketErr("EINVAL", `a frame of ${frame.length} bytes`);
	if (frame.length > dev.mtu + ETH_HLEN) return socketErr("EMSGSIZE");
	const skb = allocSkb(dev.netns.machine, frame.length);
	skb.bytes.set(frame, skb.data);
	skb.dev = dev;
	skb.mac = skb.data;
	skb.protocol = ethType(frame, 0);
	if (skb.machine.tracer !== undefined) {
		originSkb(skb, dev.netns, "packet_sendmsg", `a frame from ${options.program ?? "a packet socket"}`);
	}
	devQueueXmit(skb);
	return ok(undefined);
}
