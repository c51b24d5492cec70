/** Listing what a namespace has, message by message. */
import { err, ok, type Result } from "../../base/result.ts";
import type { KernelError } from "../../kernel/kernel.ts";
import { kernelError } from "../netlink/errno.ts";
import type { Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { MessageWriter } from "../netlink/writer.ts";

export function dumpMessages(
	socket: NetlinkSocket,
	type: number,
	body: (to: MessageWriter) => void,
): Result<readonly Message[], KernelError> {
	const listed = socket.dump(type, body);
	return "errno" in listed ? err(kernelError(-1, listed)) : ok(listed);
}

/** Names of devices by number, each asked for once. A device that went meanwhile is `if7`, as iproute2 writes it. */
export function nameTable(socket: NetlinkSocket): (ifindex: number) => string {
	const known = new Map<number, string>();
	return (ifindex) => {
		let name = known.get(ifindex);
		if (name === undefined) {
			name = socket.nameOf(ifindex) ?? `if${ifindex}`;
			known.set(ifindex, name);
		}
		return name;
	};
}
