/** `IP:port` and `[IP]:port`, as Go's net.SplitHostPort takes them apart. */
import { familyOf, formatAddrPort, parseIp } from "../../wire/addr.ts";

export interface HostPort {
	readonly host: string;
	readonly port: string;
}

/** Undefined: it has no port, or brackets or colons in the wrong place. */
export function splitHostPort(text: string): HostPort | undefined {
	const found = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text);
	return found === null ? undefined : { host: found[1] ?? found[2] ?? "", port: found[3] ?? "" };
}

export function isIpv6(text: string): boolean {
	const parsed = parseIp(text);
	return parsed.ok && familyOf(parsed.value) === "ipv6";
}

/** A bare IP address gets the port; anything else stays as it is. */
export function withPort(text: string, port: number): string {
	return parseIp(text).ok ? formatAddrPort(text, port) : text;
}
