/**
 * What becomes of connection tracking entries, as the kernel tells it by netlink multicast. It tells of entries that came to
 * be while somebody listened (nf_conntrack_events=2), and may lose events of a flood.
 */
import { err, ok, type Result } from "../base/result.ts";
import type { ConntrackEvent } from "../kernel/conntrack.ts";
import type { KernelError } from "../kernel/kernel.ts";
import { readConntrack } from "./conntrack-message.ts";
import { AF_NETLINK, lastErrno, libc, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "./libc.ts";
import { NLM_F_CREATE } from "./netlink/constants.ts";
import { type Message, messagesOf } from "./netlink/reader.ts";
import type { LinuxNetns } from "./netns.ts";
import { NETLINK_NETFILTER, NFNL_SUBSYS_CTNETLINK, nfnlType } from "./nfnetlink.ts";

/** A socket for a poller: when `fd` is readable, `read()` gives what there is to tell. */
export interface ConntrackEventSource {
	/** Never blocks. */
	readonly fd: number;
	read(): readonly ConntrackEvent[];
	close(): void;
}

const CT_NEW = nfnlType(NFNL_SUBSYS_CTNETLINK, 0);
const CT_DELETE = nfnlType(NFNL_SUBSYS_CTNETLINK, 2);
/** NFNLGRP_CONNTRACK_NEW, _UPDATE and _DESTROY, a bit each. */
const GROUPS = 0b111;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const BUFFER_BYTES = 8 << 20;
const DATAGRAM_BYTES = 1 << 16;
/** In the header of an event: whose request it comes from; 0 is the kernel. */
const NLMSG_PID_AT = 12;

/** Listens from now on; `now` is the kernel's clock in nanoseconds. */
export function openConntrackEvents(netns: LinuxNetns, now: () => number): Result<ConntrackEventSource, KernelError> {
	const fd = netns.run(() => libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
	if (fd < 0) return err({ errno: "EIO", op: -1, message: `netlink socket: ${lastErrno()}` });
	const room = new Uint8Array(4);
	new DataView(room.buffer).setInt32(0, BUFFER_BYTES, true);
	libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, room.length);
	// struct sockaddr_nl: family, padding, port, groups.
	const addr = new Uint8Array(12);
	const view = new DataView(addr.buffer);
	view.setUint16(0, AF_NETLINK, true);
	view.setUint32(8, GROUPS, true);
	if (libc.bind(fd, addr, addr.length) !== 0) {
		const message = `netlink bind: ${lastErrno()}`;
		libc.close(fd);
		return err({ errno: "EPERM", op: -1, message });
	}
	const buffer = new Uint8Array(DATAGRAM_BYTES);
	return ok({
		fd,
		read: () => [...datagrams(fd, buffer)].flatMap((bytes) => eventsOf(bytes, now())),
		close: () => void libc.close(fd),
	});
}

function* datagrams(fd: number, buffer: Uint8Array): Generator<Uint8Array> {
	for (;;) {
		const length = libc.recv(fd, buffer, buffer.length, 0);
		if (length > 0) yield buffer.slice(0, length);
		else if (length === 0 || lastErrno() !== "ENOBUFS") return;
	}
}

function eventsOf(datagram: Uint8Array, atNs: number): readonly ConntrackEvent[] {
	const events: ConntrackEvent[] = [];
	for (const message of messagesOf(datagram)) {
		const type = eventType(message);
		const entry = type === undefined ? undefined : readConntrack(message);
		if (type === undefined || entry === undefined) continue;
		events.push({ type, atNs, entry, ...(type === "destroy" && isByUser(message) ? { byUser: true } : {}) });
	}
	return events;
}

function eventType({ type, flags }: Message): ConntrackEvent["type"] | undefined {
	if (type === CT_DELETE) return "destroy";
	if (type !== CT_NEW) return undefined;
	return (flags & NLM_F_CREATE) !== 0 ? "new" : "update";
}

function isByUser({ body }: Message): boolean {
	return new DataView(body.buffer, body.byteOffset - (16 - NLMSG_PID_AT), 4).getUint32(0, true) !== 0;
}
