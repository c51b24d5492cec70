/** Addresses of the port on the real kernel: `ip addr`. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelError, Verb } from "../../kernel/kernel.ts";
import type { Addr } from "../../kernel/objects.ts";
import { type Batch, noDevice, type Request } from "../netlink/batch.ts";
import {
	NLM_F_CREATE,
	NLM_F_EXCL,
	NLM_F_REPLACE,
	RTM_DELADDR,
	RTM_GETADDR,
	RTM_NEWADDR,
} from "../netlink/constants.ts";
import type { Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, addrText, familyNumber } from "./addr-bytes.ts";
import { dumpMessages, nameTable } from "./dump.ts";
import { SCOPE, scopeName } from "./scope.ts";

/** struct ifaddrmsg. */
export const IFADDRMSG_BYTES = 8;
const IFA = { address: 1, local: 2, label: 3, broadcast: 4 } as const;
const IFA_F_SECONDARY = 1;

const FLAGS: Readonly<Record<Verb, number>> = {
	add: NLM_F_CREATE | NLM_F_EXCL,
	replace: NLM_F_CREATE | NLM_F_REPLACE,
	delete: 0,
};

export function applyAddr(batch: Batch, op: number, verb: Verb, addr: Addr): KernelError | undefined {
	// With an address others go, and routes: what comes before must have succeeded.
	const failed = verb === "delete" ? batch.flush() : undefined;
	if (failed !== undefined) return failed;
	const ifindex = batch.ifindexOf(addr.dev);
	if (ifindex === undefined) return noDevice(op, addr.dev);
	const type = verb === "delete" ? RTM_DELADDR : RTM_NEWADDR;
	const body = (to: MessageWriter): void => putAddr(to, ifindex, addr);
	const undo: Request = { header: { type: RTM_DELADDR }, body };
	batch.add(op, { header: { type, flags: FLAGS[verb] }, body }, verb === "add" ? { undo } : {});
	return undefined;
}

function putAddr(to: MessageWriter, ifindex: number, { addr, scope, label, broadcast }: Addr): void {
	const family = familyNumber(addr.addr);
	const bytes = addrBytes(addr.addr);
	// As iproute2 chooses it.
	const number = SCOPE[scope ?? (addr.addr.startsWith("127.") ? "host" : "global")];
	to.u8(family, addr.prefix, 0, number).u32(ifindex);
	to.attrBytes(IFA.local, bytes).attrBytes(IFA.address, bytes);
	if (broadcast !== undefined) to.attrBytes(IFA.broadcast, addrBytes(broadcast));
	if (label !== undefined) to.attrText(IFA.label, label);
}

/** By device. */
export function dumpAddrs(socket: NetlinkSocket): Result<readonly Addr[], KernelError> {
	const messages = dumpMessages(socket, RTM_GETADDR, (to) => to.u32(0).u32(0));
	if (!messages.ok) return messages;
	const nameOf = nameTable(socket);
	return ok(messages.value.flatMap((message) => addrObject(message, nameOf) ?? []));
}

function addrObject(message: Message, nameOf: (ifindex: number) => string): Addr | undefined {
	const attrs = message.attrs(IFADDRMSG_BYTES);
	const addr = addrText(attrs.bytes(IFA.local) ?? attrs.bytes(IFA.address));
	if (addr === undefined) return undefined;
	const dev = nameOf(message.u32(4));
	const label = attrs.text(IFA.label);
	const broadcast = addrText(attrs.bytes(IFA.broadcast));
	return {
		kind: "addr",
		dev,
		addr: { addr, prefix: message.u8(1) },
		...(broadcast === undefined ? {} : { broadcast }),
		scope: scopeName(message.u8(3)),
		...(label === undefined || label === dev ? {} : { label }),
		...((message.u8(2) & IFA_F_SECONDARY) === 0 ? {} : { secondary: true }),
	};
}
