/** `ipvsadm -L`: services with their destinations, as ipvsadm 1.31 prints them on Linux 6.1. */
import type { IpvsDestination, IpvsForward, IpvsService, IpvsServiceKey, IpvsStats } from "../../kernel/ipvs.ts";
import { type HostNames, placeText, protocolOf, serviceText } from "./names.ts";
import { compareDestinations, compareServices, FORWARD_NAMES, schedFlagNames } from "./words.ts";

/** What is told of each destination. */
export type IpvsListing = "plain" | "stats" | "rate" | "thresholds" | "persistent-conn" | "tun-info";

export interface IpvsListingOptions {
	readonly listing?: IpvsListing;
	/** Without: `-n`. */
	readonly names?: HostNames;
	/** `--exact`: counters in full. */
	readonly exact?: boolean;
	/** `--nosort`: as the kernel has them. */
	readonly unsorted?: boolean;
	/** One service was asked for: no line about the table. */
	readonly one?: boolean;
}

/** A service with what belongs to it. */
export interface IpvsServiceEntry {
	readonly service: IpvsService;
	readonly destinations: readonly IpvsDestination[];
}

const TABLE_LINE = "IP Virtual Server version 1.2.1 (size=4096)\n";

const HEADS: Readonly<Record<IpvsListing, string>> = {
	plain:
		"Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
	"tun-info":
		"Prot LocalAddress:Port Scheduler Flags\n" +
		"  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n",
	thresholds:
		"Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n  -> RemoteAddress:Port\n",
	"persistent-conn":
		"Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n  -> RemoteAddress:Port\n",
	stats: "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n",
	rate: "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  -> RemoteAddress:Port\n",
};

/** Names and addresses are cut to so many characters. */
const PLACE_WIDTH = 28;

/** The destinations of a dump under their services, in the tool's order or in the kernel's. */
export function ipvsEntries(
	services: readonly IpvsService[],
	destinations: readonly IpvsDestination[],
	options: Pick<IpvsListingOptions, "unsorted"> = {},
): readonly IpvsServiceEntry[] {
	const own = new Map<string, IpvsDestination[]>();
	for (const destination of destinations) {
		const key = keyText(destination);
		const list = own.get(key);
		if (list === undefined) own.set(key, [destination]);
		else list.push(destination);
	}
	const entries = services.map((service) => ({ service, destinations: own.get(keyText(service)) ?? [] }));
	if (options.unsorted === true) return entries;
	return entries
		.map((entry) => ({ ...entry, destinations: entry.destinations.toSorted(compareDestinations) }))
		.toSorted((a, b) => compareServices(a.service, b.service));
}

/** The whole listing. */
export function formatIpvsListing(entries: readonly IpvsServiceEntry[], options: IpvsListingOptions = {}): string {
	const { listing = "plain" } = options;
	const lines = entries.flatMap(({ service, destinations }) => [
		serviceLine(service, options),
		...destinations.map((destination) => destinationLine(destination, options)),
	]);
	return `${options.one === true ? "" : TABLE_LINE}${HEADS[listing]}${lines.map((line) => `${line}\n`).join("")}`;
}

/** Everything of a service after its name: scheduler, persistence, flags. */
export function serviceWords({ scheduler = "wlc", persistence, onePacket, schedFlags = [] }: IpvsService): string {
	const words = [scheduler];
	if (schedFlags.length > 0) words.push(`(${schedFlagNames(scheduler, schedFlags).join(",")})`);
	if (persistence !== undefined) {
		words.push(`persistent ${persistence.timeoutSeconds}`);
		if (persistence.netmask !== undefined && persistence.netmask !== "255.255.255.255")
			words.push(`mask ${persistence.netmask}`);
		if (persistence.prefixLength !== undefined && persistence.prefixLength !== 128)
			words.push(`mask ${persistence.prefixLength}`);
		if (persistence.engine !== undefined) words.push(`pe ${persistence.engine}`);
	}
	if (onePacket === true) words.push("ops");
	return words.join(" ");
}

/** A number in a column of nine; not `exact`: thousands, millions, … when it is a large one. */
export function formatIpvsCounter(count: number, exact: boolean): string {
	if (exact || count < 1e8) return ` ${String(count).padStart(8)}`;
	if (count < 1e9) return `${String(Math.floor(count / 1e3)).padStart(8)}K`;
	if (count < 1e11) return `${String(Math.floor(count / 1e6)).padStart(8)}M`;
	if (count < 1e14) return `${String(Math.floor(count / 1e9)).padStart(8)}G`;
	return `${String(Math.floor(count / 1e12)).padStart(8)}T`;
}

function keyText({ service, family }: { readonly service: IpvsServiceKey; readonly family: string }): string {
	return "fwmark" in service ? `${family} ${service.fwmark}` : `${service.proto} ${service.addr} ${service.port}`;
}

function serviceLine(service: IpvsService, { listing, names, exact }: IpvsListingOptions): string {
	const { service: key, family } = service;
	const six = "fwmark" in key && family === "ipv6" ? " IPv6" : "";
	const place = `${serviceText(key, names)}${six}`.slice(0, PLACE_WIDTH);
	const head = `${"fwmark" in key ? "FWM" : key.proto.toUpperCase()} `.padEnd(5);
	if (listing === "stats" || listing === "rate") {
		return `${head}${place.padEnd(PLACE_WIDTH)}${columns(service.stats, listing, exact === true)}`;
	}
	return `${head}${place} ${serviceWords(service)}`;
}

function destinationLine(destination: IpvsDestination, options: IpvsListingOptions): string {
	const { listing = "plain", names, exact = false } = options;
	const { weight = 1, forward = "droute", upperThreshold = 0, lowerThreshold = 0 } = destination;
	const { active, inactive, persistent } = destination.connections ?? { active: 0, inactive: 0, persistent: 0 };
	const place = placeText(destination, names, protocolOf(destination.service)).slice(0, PLACE_WIDTH);
	const head = `  -> ${place.padEnd(PLACE_WIDTH)}`;
	const conns = `${cell(active, 10)}${cell(inactive, 10)}`;
	switch (listing) {
		case "stats":
		case "rate":
			return `${head}${columns(destination.stats, listing, exact)}`;
		case "plain":
			return `${head} ${cell(FORWARD_NAMES[forward], 7)}${cell(weight, 6)}${conns}`.slice(0, -1);
		case "tun-info":
			return `${head} ${cell(FORWARD_NAMES[forward], 7)}${cell(tunnelText(forward, destination.tunnel), 13)}${cell(weight, 6)}${conns}`.slice(
				0,
				-1,
			);
		case "thresholds":
			return `${head} ${cell(upperThreshold, 10)}${cell(lowerThreshold, 10)}${conns}`.slice(0, -1);
		case "persistent-conn":
			return `${head} ${cell(weight, 9)}${cell(persistent, 11)}${conns}`.slice(0, -1);
	}
}

/** To the left of its column, and a space. */
function cell(value: string | number, width: number): string {
	return `${String(value).padEnd(width)} `;
}

function columns(stats: IpvsStats | undefined, listing: "stats" | "rate", exact: boolean): string {
	return valuesOf(stats, listing)
		.map((value) => formatIpvsCounter(value, exact))
		.join("");
}

function valuesOf(stats: IpvsStats | undefined, listing: "stats" | "rate"): readonly number[] {
	if (stats === undefined) return [0, 0, 0, 0, 0];
	if (listing === "stats") {
		const { conns, inPackets, outPackets, inBytes, outBytes } = stats.counters;
		return [conns, inPackets, outPackets, inBytes, outBytes];
	}
	const { connsPerSecond, inPacketsPerSecond, outPacketsPerSecond, inBytesPerSecond, outBytesPerSecond } = stats.rates;
	return [connsPerSecond, inPacketsPerSecond, outPacketsPerSecond, inBytesPerSecond, outBytesPerSecond];
}

function tunnelText(forward: IpvsForward, tunnel: IpvsDestination["tunnel"]): string {
	if (forward !== "tunnel") return "n/a";
	if (tunnel === undefined || tunnel.type === "ipip") return "ipip";
	return `${tunnel.type}${tunnel.port === undefined ? "" : `:${tunnel.port}`}:-c`;
}
