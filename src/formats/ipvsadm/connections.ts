/** `ipvsadm -Lc`: the connection table, and the timeouts of its states. */
import type { IpvsConnection, IpvsTimeouts } from "../../kernel/ipvs.ts";
import { parseIp } from "../../wire/addr.ts";
import { servicePort } from "../services.ts";
import { type HostNames, type Place, placeText } from "./names.ts";

export interface IpvsConnectionsOptions {
	/** Without: `-n`. */
	readonly names?: HostNames;
	/** `--persistent-conn`: columns of the persistence engine. */
	readonly engines?: boolean;
}

const TITLE = "IPVS connection entries\n";
const HEAD = "pro expire state       source             virtual            destination";
const ENGINE_HEAD = "        pe name          pe_data";

export function formatIpvsConnections(
	connections: readonly IpvsConnection[],
	options: IpvsConnectionsOptions = {},
): string {
	const head = `${TITLE}${HEAD}${options.engines === true ? ENGINE_HEAD : ""}\n`;
	return head + connections.map((connection) => `${connectionLine(connection, options)}\n`).join("");
}

/** `Timeout (tcp tcpfin udp): 900 120 300`. */
export function formatIpvsTimeouts({ tcpSeconds, tcpFinSeconds, udpSeconds }: IpvsTimeouts): string {
	return `Timeout (tcp tcpfin udp): ${tcpSeconds} ${tcpFinSeconds} ${udpSeconds}\n`;
}

/** Reads what {@link formatIpvsConnections} prints with numbers; lines that are none are passed over. */
export function parseIpvsConnections(text: string): readonly IpvsConnection[] {
	return text.split("\n").flatMap((line) => {
		const [proto = "", expire = "", state = "", ...places] = line.trim().split(/\s+/);
		const known = PROTOCOLS[proto];
		const [, minutes, seconds] = /^(\d+):(\d\d)$/.exec(expire) ?? [];
		const [client, virtual, destination] = places.map(parsePlace);
		if (known === undefined || minutes === undefined || client === undefined) return [];
		if (virtual === undefined || destination === undefined) return [];
		const template = client.port === 0 ? { template: true as const } : {};
		const expiresSeconds = Number(minutes) * 60 + Number(seconds);
		const family = client.addr.includes(":") ? "ipv6" : "ipv4";
		return [
			{
				kind: "ipvs-connection",
				family,
				proto: known,
				client,
				virtual,
				destination,
				state,
				expiresSeconds,
				...template,
			},
		];
	});
}

/** Reads `10.0.0.1:80`, `[fe80::1]:80`; a port may have a name. */
export function parsePlace(text: string): Place | undefined {
	const [, six, four = "", port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):([^:]+)$/.exec(text) ?? [];
	const addr = parseIp(six ?? four);
	const number = /^\d+$/.test(port) ? Number(port) : servicePort(port);
	return addr.ok && number !== undefined ? { addr: addr.value, port: number } : undefined;
}

const PROTOCOLS: Readonly<Record<string, IpvsConnection["proto"]>> = { TCP: "tcp", UDP: "udp", SCTP: "sctp", IP: "ip" };

function connectionLine(connection: IpvsConnection, { names }: IpvsConnectionsOptions): string {
	const { proto, expiresSeconds, state, client, virtual, destination } = connection;
	const ports = proto === "ip" ? undefined : proto;
	const expire = `${two(Math.floor(expiresSeconds / 60))}:${two(expiresSeconds % 60)}`.padEnd(6);
	const place = (at: Place): string => placeText(at, names, ports);
	return `${proto.toUpperCase().padEnd(3)} ${expire} ${state.padEnd(11)} ${place(client).padEnd(18)} ${place(virtual).padEnd(18)} ${place(destination)}`;
}

function two(n: number): string {
	return String(n).padStart(2, "0");
}
