/** `ipvsadm -S`: the commands that make the table again. */
import type { IpvsDestination, IpvsService, IpvsServiceKey } from "../../kernel/ipvs.ts";
import type { IpvsServiceEntry } from "./listing.ts";
import { type HostNames, placeText, protocolOf, serviceText } from "./names.ts";
import { FORWARD_OPTIONS, SERVICE_OPTIONS, schedFlagNames } from "./words.ts";

/** Thresholds are not saved. Without `names`: `-n`. */
export function formatIpvsSave(entries: readonly IpvsServiceEntry[], names?: HostNames): string {
	return entries
		.flatMap(({ service, destinations }) => [
			`-A ${keyWords(service, names)} ${serviceOptions(service)}\n`,
			...destinations.map(
				(destination) => `-a ${keyWords(service, names)} ${destinationOptions(destination, names)}\n`,
			),
		])
		.join("");
}

function keyWords(
	{ service: key, family }: { readonly service: IpvsServiceKey; readonly family: string },
	names?: HostNames,
): string {
	if ("fwmark" in key) return `-f ${serviceText(key)}${family === "ipv6" ? " -6" : ""}`;
	return `${SERVICE_OPTIONS[key.proto]} ${serviceText(key, names)}`;
}

function serviceOptions({ scheduler = "wlc", persistence, onePacket, schedFlags = [] }: IpvsService): string {
	const words = [`-s ${scheduler}`];
	if (persistence !== undefined) {
		words.push(`-p ${persistence.timeoutSeconds}`);
		const { netmask, prefixLength, engine } = persistence;
		if (netmask !== undefined && netmask !== "255.255.255.255") words.push(`-M ${netmask}`);
		if (prefixLength !== undefined && prefixLength !== 128) words.push(`-M ${prefixLength}`);
		if (engine !== undefined) words.push(`--pe ${engine}`);
	}
	if (onePacket === true) words.push("-o");
	if (schedFlags.length > 0) words.push(`-b ${schedFlagNames(scheduler, schedFlags).join(",")}`);
	return words.join(" ");
}

function destinationOptions(destination: IpvsDestination, names: HostNames | undefined): string {
	const { forward = "droute", weight = 1, tunnel } = destination;
	const place = placeText(destination, names, protocolOf(destination.service));
	const type = forward === "tunnel" ? ` --tun-type ${tunnel?.type ?? "ipip"}` : "";
	const port = type === "" || tunnel?.port === undefined ? "" : ` --tun-port ${tunnel.port}`;
	const sum = type === "" || tunnel === undefined || tunnel.type === "ipip" ? "" : " --tun-nocsum";
	return `-r ${place} ${FORWARD_OPTIONS[forward]} -w ${weight}${type}${port}${sum}`;
}
