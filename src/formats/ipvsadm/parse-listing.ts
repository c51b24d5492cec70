/** Services and destinations from the text of `ipvsadm -L`, without counters and tunnels: as states of real machines have them. */
import type { IpvsDestination, IpvsForward, IpvsPersistence, IpvsService } from "../../kernel/ipvs.ts";
import { ip, parseIp } from "../../wire/addr.ts";
import { parsePlace } from "./connections.ts";
import { FORWARD_NAMES, schedFlagNamed } from "./words.ts";

/** Lines that are neither a service nor a destination of one are passed over. */
export function parseIpvsListing(text: string): readonly (IpvsService | IpvsDestination)[] {
	const objects: (IpvsService | IpvsDestination)[] = [];
	let current: IpvsService | undefined;
	for (const line of text.split("\n")) {
		const service = readService(line);
		const destination = current === undefined ? undefined : readDestination(line, current);
		current = service ?? current;
		const object = service ?? destination;
		if (object !== undefined) objects.push(object);
	}
	return objects;
}

function readService(line: string): IpvsService | undefined {
	const [, proto = "", place = "", six, words = ""] =
		/^(TCP|UDP|SCTP|FWM) +(\S+)( IPv6)?(?: (.*))?$/.exec(line.trimEnd()) ?? [];
	const [scheduler, ...rest] = words.split(" ");
	if (proto === "" || scheduler === undefined || scheduler === "") return undefined;
	const options = readOptions(scheduler, rest);
	if (proto === "FWM") {
		const family = six === undefined ? "ipv4" : "ipv6";
		return { kind: "ipvs-service", family, service: { fwmark: Number(place) >>> 0 }, scheduler, ...options };
	}
	const at = parsePlace(place);
	const known = ({ TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const)[
		proto === "UDP" || proto === "SCTP" ? proto : "TCP"
	];
	if (at === undefined) return undefined;
	const family = at.addr.includes(":") ? "ipv6" : "ipv4";
	return { kind: "ipvs-service", family, service: { proto: known, ...at }, scheduler, ...options };
}

function readOptions(
	scheduler: string,
	words: readonly string[],
): Pick<IpvsService, "persistence" | "onePacket" | "schedFlags"> {
	const after = (word: string): string | undefined =>
		words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
	const names = words.find((word) => word.startsWith("("))?.slice(1, -1) ?? "";
	const flags = names.split(",").flatMap((name) => {
		const found = schedFlagNamed(name, scheduler);
		return typeof found === "string" ? [] : [found.flag];
	});
	const seconds = after("persistent");
	const engine = after("pe");
	const persistence: IpvsPersistence | undefined =
		seconds === undefined
			? undefined
			: { timeoutSeconds: Number(seconds), ...readMask(after("mask")), ...(engine === undefined ? {} : { engine }) };
	return {
		...(flags.length === 0 ? {} : { schedFlags: flags }),
		...(persistence === undefined ? {} : { persistence }),
		...(words.includes("ops") ? { onePacket: true } : {}),
	};
}

function readMask(text: string | undefined): Pick<IpvsPersistence, "netmask" | "prefixLength"> {
	if (text === undefined) return {};
	return parseIp(text).ok ? { netmask: ip(text) } : { prefixLength: Number(text) };
}

function readDestination(line: string, { family, service }: IpvsService): IpvsDestination | undefined {
	const [, place = "", word = "", weight = "", active = "", inactive = ""] =
		/^ {2}-> (\S+) +(Masq|Route|Tunnel) +(\d+) +(\d+) +(\d+)/.exec(line) ?? [];
	const at = parsePlace(place);
	const forward = FORWARDS.find((each) => FORWARD_NAMES[each] === word);
	if (at === undefined || forward === undefined) return undefined;
	const connections = { active: Number(active), inactive: Number(inactive), persistent: 0 };
	return { kind: "ipvs-destination", family, service, ...at, forward, weight: Number(weight), connections };
}

const FORWARDS: readonly IpvsForward[] = ["masq", "droute", "tunnel"];
