/** `iptables -nL` of version 1.8.9, with `-v` and `--line-numbers`. */
import type { Chain, Rule, Table } from "../kernel/xtables.ts";
import { addrBits, formatCidr, type IpFamily } from "../wire/addr.ts";
import { describeMatch, describeTarget, targetName } from "./iptables/list-rule.ts";

export interface ListFormat {
	readonly family: IpFamily;
	/** `-v`: counters and interfaces. */
	readonly verbose?: boolean;
	/** `--line-numbers`. */
	readonly numbers?: boolean;
	/** Only this chain. */
	readonly chain?: string;
}

/** The listing of a table, with line ends. */
export function formatIptablesList(table: Table, format: ListFormat): string {
	const chains = table.chains.filter((chain) => format.chain === undefined || chain.name === format.chain);
	return chains.map((chain) => chainLines(chain, table, format)).join("\n");
}

function chainLines(chain: Chain, table: Table, format: ListFormat): string {
	const columns =
		(format.numbers === true ? "num  " : "") +
		(format.verbose === true ? " pkts bytes " : "") +
		`${"target".padEnd(9)}  prot opt ` +
		(format.verbose === true ? "in     out     " : "") +
		`${"source".padEnd(20)} ${"destination".padEnd(20)}`;
	const rules = chain.rules.map((rule, index) => `${ruleLine(rule, index + 1, format)}\n`);
	return `Chain ${chain.name} (${chainRemark(chain, table, format)})\n${columns}\n${rules.join("")}`;
}

function chainRemark(chain: Chain, table: Table, format: ListFormat): string {
	if (chain.policy === undefined) return `${referencesTo(chain.name, table)} references`;
	const policy = `policy ${chain.policy.toUpperCase()}`;
	if (format.verbose !== true) return policy;
	const { packets, bytes } = chain.counters ?? { packets: 0, bytes: 0 };
	return `${policy} ${shortCount(packets).trim()} packets, ${shortCount(bytes).trim()} bytes`;
}

function referencesTo(chain: string, table: Table): number {
	const rules = table.chains.flatMap((other) => other.rules);
	return rules.filter(({ target }) => "chain" in target && target.chain === chain).length;
}

function ruleLine(rule: Rule, number: number, format: ListFormat): string {
	const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
	const head = headColumns(rule, format.family);
	return (
		(format.numbers === true ? `${String(number).padEnd(4)} ` : "") +
		(format.verbose === true ? `${shortCount(packets)} ${shortCount(bytes)} ` : "") +
		`${targetName(rule.target).padEnd(9)} ${head.protocol.padEnd(5)} ${head.fragment} ` +
		(format.verbose === true ? ` ${head.in.padEnd(6)} ${head.out.padEnd(6)} ` : "") +
		`${head.source.padEnd(20)} ${head.destination.padEnd(20)} ` +
		(rule.target.kind === "goto" ? "[goto] " : "") +
		rule.matches.map(describeMatch).join("") +
		describeTarget(rule.target)
	);
}

/** What stands in columns of its own; a `!` takes the place of the space before a protocol or address. */
function headColumns(
	rule: Rule,
	family: IpFamily,
): Record<"protocol" | "fragment" | "in" | "out" | "source" | "destination", string> {
	const any = family === "ipv4" ? " 0.0.0.0/0" : " ::/0";
	const head = { protocol: " 0", fragment: "--", in: "*", out: "*", source: any, destination: any };
	for (const match of rule.matches) {
		if (match.kind === "protocol") head.protocol = `${match.invert === true ? "!" : " "}${match.proto}`;
		else if (match.kind === "fragment") head.fragment = match.invert === true ? "!f" : "-f";
		else if (match.kind === "in-interface") head.in = `${match.invert === true ? "!" : ""}${match.name}`;
		else if (match.kind === "out-interface") head.out = `${match.invert === true ? "!" : ""}${match.name}`;
		else if (match.kind === "source" || match.kind === "destination") {
			const { net } = match;
			const text = net.prefix === addrBits(net.addr) ? net.addr : formatCidr(net);
			head[match.kind] = `${match.invert === true ? "!" : " "}${text}`;
		}
	}
	return head;
}

/** Five columns: `99999`, ` 100K`, `  12M`. */
function shortCount(n: number): string {
	if (n <= 99_999) return String(n).padStart(5);
	let rest = Math.floor((n + 500) / 1000);
	for (const unit of ["K", "M", "G"]) {
		if (rest <= 9999) return `${String(rest).padStart(4)}${unit}`;
		rest = Math.floor((rest + 500) / 1000);
	}
	return `${String(rest).padStart(4)}T`;
}
