/** Configuration of the portmap plugin: its own keys, and the port mappings that the runtime puts in. */
import { err, ok, type Result } from "../../base/result.ts";
import type { Match } from "../../kernel/xtables.ts";
import { addrBits, type Cidr, familyOf, type IpAddr, type IpFamily, networkOf, parseCidr } from "../../wire/addr.ts";
import type { JsonReader } from "../json-reader.ts";

export type PortProtocol = "tcp" | "udp" | "sctp";

/** One entry of `runtimeConfig.portMappings`. */
export interface PortMapping {
	readonly hostPort: number;
	readonly containerPort: number;
	readonly protocol: PortProtocol;
	/** Absent or unspecified (0.0.0.0, ::): every address of the host; an address of one family maps in that family only. */
	readonly hostIP?: IpAddr;
}

export interface PortmapConf {
	readonly type: "portmap";
	/** `capabilities.portMappings`: the runtime gives the plugin the pod's host ports. */
	readonly takesMappings: boolean;
	/** Masquerade what comes from the container's own network and, with IPv4, from the host's loopback addresses. */
	readonly snat: boolean;
	/** Masquerade whatever comes. */
	readonly masqAll: boolean;
	/** 0–31: the mark's bit that says "to be masqueraded". */
	readonly markMasqBit: number;
	/** Somebody else's chain that sets that mark, `KUBE-MARK-MASQ`; the plugin then masquerades nothing itself. */
	readonly externalSetMarkChain?: string;
	/** More conditions of the rules that lead to the container's chain. */
	readonly conditions: Readonly<Record<IpFamily, readonly Match[]>>;
	readonly portMappings: readonly PortMapping[];
}

const PORT_MAX = 65535;
const DEFAULT_MARK_BIT = 13;
const IPTABLES_ONLY = ["externalSetMarkChain", "conditionsV4", "conditionsV6"] as const;

/** `at` stands on the plugin's object; undefined when mistakes were reported. */
export function parsePortmapConf(at: JsonReader): PortmapConf | undefined {
	if (!readBackend(at)) return undefined;
	const chain = at.at("externalSetMarkChain").string();
	const bit = at.at("markMasqBit").integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
	if (bit !== undefined && chain !== undefined) {
		return at.at("markMasqBit").fail("Cannot specify externalSetMarkChain and markMasqBit");
	}
	if (bit !== undefined && (bit < 0 || bit > 31)) {
		return at.at("markMasqBit").fail("MasqMarkBit must be between 0 and 31");
	}
	const mappings = at.at("runtimeConfig").at("portMappings").items();
	const portMappings = mappings.flatMap((mapping) => readMapping(mapping) ?? []);
	if (portMappings.length < mappings.length) return undefined;
	return {
		type: "portmap",
		takesMappings: at.at("capabilities").at("portMappings").boolean(false),
		snat: at.at("snat").boolean(true),
		masqAll: at.at("masqAll").boolean(false),
		markMasqBit: bit ?? DEFAULT_MARK_BIT,
		...(chain === undefined ? {} : { externalSetMarkChain: chain }),
		conditions: {
			ipv4: readConditions(at.at("conditionsV4"), "ipv4"),
			ipv6: readConditions(at.at("conditionsV6"), "ipv6"),
		},
		portMappings,
	};
}

function readBackend(at: JsonReader): boolean {
	const backend = at.at("backend").string() ?? "iptables";
	if (backend === "iptables") return true;
	if (backend !== "nftables") {
		at.at("backend").fail(`unrecognized backend "${backend}"`);
		return false;
	}
	// Conditions are the backend's own words; those of iptables begin with a dash or `!`.
	const given = IPTABLES_ONLY.filter((key) => {
		return key === "externalSetMarkChain" ? at.at(key).present : /^[-!]/.test(at.at(key).strings()[0] ?? "");
	});
	at.at("backend").fail(
		given.length > 0
			? `nftables backend was requested but configuration contains iptables-specific options [${given.join(" ")}]`
			: "portmap backend nftables is not modelled (iptables is)",
	);
	return false;
}

function readMapping(at: JsonReader): PortMapping | undefined {
	if (!at.requireObject()) return undefined;
	const containerPort = readPort(at.at("containerPort"), "container");
	const hostPort = readPort(at.at("hostPort"), "host");
	const protocol = readProtocol(at.at("protocol"));
	const hostIP = at.at("hostIP").string() === "" ? undefined : at.at("hostIP").ip();
	if (containerPort === undefined || hostPort === undefined || protocol === undefined) return undefined;
	return { hostPort, containerPort, protocol, ...(hostIP === undefined ? {} : { hostIP }) };
}

function readPort(at: JsonReader, side: "container" | "host"): number | undefined {
	const port = at.present ? at.integer(Number.MIN_SAFE_INTEGER, PORT_MAX) : 0;
	if (port === undefined || port > 0) return port;
	return at.fail(`Invalid ${side} port number: ${port}`);
}

function readProtocol(at: JsonReader): PortProtocol | undefined {
	const text = at.string() ?? "";
	const known = (["tcp", "udp", "sctp"] as const).find((protocol) => protocol === text.toLowerCase());
	return known ?? at.fail(`unknown protocol "${text}" (tcp, udp and sctp are known)`);
}

/** Words of iptables; of its options those that stand at the head of a rule. */
function readConditions(at: JsonReader, family: IpFamily): readonly Match[] {
	const words = at.strings();
	const matches: Match[] = [];
	let k = 0;
	while (k < words.length) {
		const invert = words[k] === "!" ? ({ invert: true } as const) : {};
		if (words[k] === "!") k += 1;
		const match = readCondition(words[k] ?? "", words[k + 1] ?? "", family);
		if (!match.ok) {
			at.fail(match.error);
			return [];
		}
		matches.push({ ...match.value, ...invert });
		k += 2;
	}
	return matches;
}

function readCondition(option: string, value: string, family: IpFamily): Result<HeadMatch, string> {
	switch (option) {
		case "-s":
		case "--source":
		case "-d":
		case "--destination": {
			const net = readNet(value);
			if (net === undefined || familyOf(net.addr) !== family) return err(`${option} ${value}: no ${family} address`);
			return ok({ kind: option === "-s" || option === "--source" ? "source" : "destination", net });
		}
		case "-i":
		case "--in-interface":
			return value === "" ? err(`${option} needs a device`) : ok({ kind: "in-interface", name: value });
		case "-o":
		case "--out-interface":
			return value === "" ? err(`${option} needs a device`) : ok({ kind: "out-interface", name: value });
		default:
			return err(`condition ${option} is not modelled (-s, -d, -i and -o are)`);
	}
}

type HeadMatch = Extract<Match, { kind: "source" | "destination" | "in-interface" | "out-interface" }>;

function readNet(text: string): Cidr | undefined {
	const parsed = parseCidr(text);
	if (!parsed.ok) return undefined;
	const { addr } = parsed.value;
	return networkOf(text.includes("/") ? parsed.value : { addr, prefix: addrBits(addr) });
}
