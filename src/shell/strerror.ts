/** What strerror(3) says of a socket's error, without what it is about. */
import type { SocketError } from "../kernel/socket.ts";

/** The kernel puts what it is about before it: `mtu=1500: Message too long`. */
export function strerror({ message }: SocketError): string {
	return message.replace(/^.*: (?=[A-Z])/, "");
}
