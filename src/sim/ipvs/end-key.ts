/** The key under which IPVS's tables have a protocol, an address and a port: all three fit a whole number that is exact. */
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4.ts";

/** Protocols that IPVS does not know have one key together. */
export function endKey(proto: number, addr: number, port: number): number {
	return (addr * 0x10000 + port) * 4 + protoIndex(proto);
}

function protoIndex(proto: number): number {
	if (proto === IPPROTO_TCP) return 0;
	if (proto === IPPROTO_UDP) return 1;
	return proto === IPPROTO_SCTP ? 2 : 3;
}
