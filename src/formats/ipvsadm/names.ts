/** Places as ipvsadm prints them: as numbers, or by the names of hosts and services. */
import type { IpvsServiceKey } from "../../kernel/ipvs.ts";
import { familyOf, type IpAddr } from "../../wire/addr.ts";
import { type ServiceProtocol, serviceName } from "../services.ts";
import { fwmarkText } from "./words.ts";

/** What addresses are called; undefined: nobody knows the address. Without one everything is printed as numbers (`-n`). */
export type HostNames = (addr: IpAddr) => string | undefined;

export interface Place {
	readonly addr: IpAddr;
	readonly port: number;
}

/** `10.0.0.1:80`, `[fe80::1]:80`, `localhost:http`. Ports have names in a protocol only. */
export function placeText({ addr, port }: Place, names?: HostNames, proto?: ServiceProtocol): string {
	const host = names?.(addr) ?? addr;
	const service = names === undefined || proto === undefined ? undefined : serviceName(port, proto);
	const shown = familyOf(addr) === "ipv6" && host === addr ? `[${addr}]` : host;
	return `${shown}:${service ?? port}`;
}

/** A service's place, or its mark. */
export function serviceText(key: IpvsServiceKey, names?: HostNames): string {
	return "fwmark" in key ? fwmarkText(key.fwmark) : placeText(key, names, key.proto);
}

/** The protocol in which the ports of a service and its destinations have names; a mark has none. */
export function protocolOf(key: IpvsServiceKey): ServiceProtocol | undefined {
	return "fwmark" in key ? undefined : key.proto;
}
