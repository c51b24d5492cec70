/** ICMP errors in the words of ping (iputils), with the errno that Linux makes of them. */
import type { IcmpErrorReport, SocketErrno } from "../kernel/socket.ts";

export interface IcmpErrorText {
	readonly errno: SocketErrno;
	readonly text: string;
}

const UNREACHABLE: ReadonlyMap<number, IcmpErrorText> = new Map<number, IcmpErrorText>([
	[0, { errno: "ENETUNREACH", text: "Destination Net Unreachable" }],
	[1, { errno: "EHOSTUNREACH", text: "Destination Host Unreachable" }],
	[2, { errno: "ENOPROTOOPT", text: "Destination Protocol Unreachable" }],
	[3, { errno: "ECONNREFUSED", text: "Destination Port Unreachable" }],
	[5, { errno: "EOPNOTSUPP", text: "Source Route Failed" }],
	[13, { errno: "EHOSTUNREACH", text: "Packet filtered" }],
]);

/** What ping prints after `icmp_seq=N`. */
export function icmpErrorText({ type, code, mtu }: IcmpErrorReport): IcmpErrorText {
	if (type === 3 && code === 4) return { errno: "EMSGSIZE", text: `Frag needed and DF set (mtu = ${mtu ?? 0})` };
	if (type === 3) {
		return UNREACHABLE.get(code) ?? { errno: "EHOSTUNREACH", text: `Dest Unreachable, Bad Code: ${code}` };
	}
	if (type === 11) {
		return { errno: "EHOSTUNREACH", text: code === 0 ? "Time to live exceeded" : "Frag reassembly time exceeded" };
	}
	return { errno: "EHOSTUNREACH", text: `ICMP type ${type} code ${code}` };
}
