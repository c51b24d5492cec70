/** The rules of the portmap plugin (meta/portmap portmap_iptables.go: fillDnatRules, genSetMarkChain, genMarkMasqChain). */
import type { Match, Rule, RuleOrigin } from "../../kernel/xtables.ts";
import { addrBits, type Cidr, cidr, familyOf, type IpAddr, type IpFamily, networkOf } from "../../wire/addr.ts";
import type { CniRuntime } from "../types.ts";
import type { PortMapping, PortmapConf, PortProtocol } from "./portmap-conf.ts";

export interface RuleOwner {
	/** Names network and container in the rules that lead to the container's chain. */
	readonly comment: string;
	readonly origin: RuleOrigin;
}

const PROTO_NUMBERS: Readonly<Record<PortProtocol, number>> = { sctp: 132, tcp: 6, udp: 17 };
/** `-m multiport` takes so many. */
const MULTIPORT_MAX = 15;
/** `-m comment` takes so many characters; upstream cuts at 256, which iptables refuses. */
const COMMENT_MAX = 255;

export function ruleOwner(request: { readonly network: string; readonly runtime: CniRuntime }): RuleOwner {
	const { network, runtime } = request;
	const text = `dnat name: "${network}" id: "${runtime.containerId}"`;
	return {
		comment: text.length <= COMMENT_MAX ? text : `${text.slice(0, COMMENT_MAX - 3)}...`,
		origin: { by: "cni", for: runtime.pod === undefined ? `container ${runtime.containerId}` : `Pod ${runtime.pod}` },
	};
}

/** What leads to the container's chain: per protocol, by name, the host's ports, fifteen to a rule. */
export function dnatEntries(conf: PortmapConf, family: IpFamily, comment: string): readonly (readonly Match[])[] {
	const protocols = [...new Set(conf.portMappings.map((mapping) => mapping.protocol))].sort();
	return protocols.flatMap((protocol) => {
		const ports = conf.portMappings.flatMap((mapping) => (mapping.protocol === protocol ? [mapping.hostPort] : []));
		return chunks(ports).map((some) => [
			...inOrder([...conf.conditions[family], { kind: "protocol", proto: PROTO_NUMBERS[protocol] }]),
			{ kind: "comment", text: comment },
			{ kind: "multiport", which: "dports", ports: some.map((port) => ({ from: port, to: port })) },
		]);
	});
}

/** Per mapping: the marks (own network, then loopback), then the translation. */
export function dnatRules(
	conf: PortmapConf,
	{ address, setMarkChain }: { readonly address: Cidr; readonly setMarkChain: string },
	origin: RuleOrigin,
): readonly Rule[] {
	const family = familyOf(address.addr);
	return conf.portMappings.flatMap((mapping): readonly Rule[] => {
		const { hostIP } = mapping;
		if (hostIP !== undefined && familyOf(hostIP) !== family) return [];
		const to = hostIP === undefined || isUnspecified(hostIP) ? undefined : hostIP;
		const marks = conf.snat ? markedSources(conf, address) : [];
		return [
			...marks.map((source): Rule => {
				return {
					matches: mappingMatches(mapping, { to, source }),
					target: { kind: "jump", chain: setMarkChain },
					origin,
				};
			}),
			{
				matches: mappingMatches(mapping, { to, source: undefined }),
				target: { kind: "dnat", to: { minAddr: address.addr, minPort: mapping.containerPort } },
				origin,
			},
		];
	});
}

export function setMark(bit: number, origin: RuleOrigin): Rule {
	const value = markOf(bit);
	const matches: readonly Match[] = [{ kind: "comment", text: "CNI portfwd masquerade mark" }];
	return { matches, target: { kind: "mark", value, mask: value }, origin };
}

export function masqueradeMarked(bit: number, origin: RuleOrigin): Rule {
	const value = markOf(bit);
	return { matches: [{ kind: "mark", value, mask: value }], target: { kind: "masquerade" }, origin };
}

function markOf(bit: number): number {
	return 2 ** bit;
}

/** The container's own network (a packet that comes back to it), and IPv4's loopback address. */
function markedSources(conf: PortmapConf, address: Cidr): readonly Cidr[] {
	const isIpv4 = familyOf(address.addr) === "ipv4";
	if (conf.masqAll) return [cidr(isIpv4 ? "0.0.0.0/0" : "::/0")];
	return [networkOf(address), ...(isIpv4 ? [cidr("127.0.0.1/32")] : [])];
}

function mappingMatches(
	{ protocol, hostPort }: PortMapping,
	{ to, source }: { readonly to: IpAddr | undefined; readonly source: Cidr | undefined },
): readonly Match[] {
	return [
		...inOrder([
			// A source of any address is no match.
			...(source === undefined || source.prefix === 0 ? [] : [{ kind: "source", net: source } as const]),
			...(to === undefined ? [] : [{ kind: "destination", net: { addr: to, prefix: addrBits(to) } } as const]),
			{ kind: "protocol", proto: PROTO_NUMBERS[protocol] },
		]),
		{ kind: protocol, dport: { value: { from: hostPort, to: hostPort } } },
	];
}

/** Header matches as iptables keeps them. */
function inOrder(matches: readonly Match[]): readonly Match[] {
	const order = ["source", "destination", "in-interface", "out-interface", "protocol"];
	return [...matches].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function chunks(ports: readonly number[]): readonly (readonly number[])[] {
	const count = Math.ceil(ports.length / MULTIPORT_MAX);
	return Array.from({ length: count }, (_, k) => ports.slice(k * MULTIPORT_MAX, (k + 1) * MULTIPORT_MAX));
}

function isUnspecified(addr: IpAddr): boolean {
	return addr === "0.0.0.0" || addr === "::";
}
