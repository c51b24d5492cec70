/** The parts of what a person types: place and port, namespace and name. */
import { parseIp } from "../wire/addr.ts";

/** `NS/NAME` of `[NS, NAME]` or `[NAME]` (namespace `default`). */
export function namespaced(parts: readonly string[]): string | undefined {
	const [first, second] = parts;
	if (first === undefined || first === "" || second === "" || parts.length > 2) return undefined;
	return second === undefined ? `default/${first}` : `${first}/${second}`;
}

/** `[V6]:PORT` as well; a bare IPv6 address has no port. */
export function splitPort(text: string): { readonly place: string; readonly port?: string } {
	const bracket = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
	if (bracket !== null) return { place: bracket[1] ?? "", ...(bracket[2] === undefined ? {} : { port: bracket[2] }) };
	if (parseIp(text).ok) return { place: text };
	const colon = text.lastIndexOf(":");
	return colon < 0 ? { place: text } : { place: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** 1–65535. */
export function portNumber(text: string): number | undefined {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
	return port >= 1 && port <= 65535 ? port : undefined;
}

/** `80/TCP (http)`, `53/UDP`. */
export function portLabel(port: { readonly name?: string; readonly port: number; readonly protocol: string }): string {
	const number = `${port.port}/${port.protocol}`;
	return port.name === undefined || port.name === "" ? number : `${number} (${port.name})`;
}
