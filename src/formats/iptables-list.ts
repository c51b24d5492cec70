/** `iptables -L` of version 1.8.9, with `-n`, `-v`, `-x` and `--line-numbers`, and the line that `iptables -v -A` prints. */
import type { Chain, Rule, Table } from "../kernel/xtables.ts";
import type { IpFamily } from "../wire/addr.ts";
import {
	type AddressNames,
	addressText,
	describeMatch,
	describeTarget,
	type ListWords,
	targetName,
} from "./iptables/list-rule.ts";
import { protocolName } from "./iptables/names.ts";

export interface ListFormat {
	readonly family: IpFamily;
	/** `-v`: counters and interfaces. */
	readonly verbose?: boolean;
	/** `--line-numbers`. */
	readonly numbers?: boolean;
	/** `-x`: counters in full. */
	readonly exact?: boolean;
	/** Without `-n`: names of addresses, ports and the like. */
	readonly names?: AddressNames;
	/** Only this chain. */
	readonly chain?: string;
	/** Only this rule of the chain (1-based), without headings. */
	readonly rule?: number;
}

/** The listing of a table, with line ends. */
export function formatIptablesList(table: Table, format: ListFormat): string {
	const chains = table.chains.filter((chain) => format.chain === undefined || chain.name === format.chain);
	return chains.map((chain) => chainLines(chain, table, format)).join("\n");
}

/** What `iptables -v` says of a rule that it appends, inserts, replaces or deletes; one line with its end. */
export function formatVerboseRule(rule: Rule, family: IpFamily): string {
	const head = headColumns(rule, { family });
	const words: ListWords = { names: undefined, proto: head.proto };
	return (
		`${targetName(rule.target)} ${protocolColumn(head, { named: true })} opt ${head.fragment} in ${head.in} out ${head.out} ` +
		`${head.source} ${head.destination.charAt(0)}-> ${head.destination.slice(1)}  ` +
		remark(rule, words) +
		"\n"
	);
}

function chainLines(chain: Chain, table: Table, format: ListFormat): string {
	const rules = chain.rules.map((rule, index) => `${ruleLine(rule, index + 1, format)}\n`);
	if (format.rule !== undefined) return rules[format.rule - 1] ?? "";
	const columns =
		(format.numbers === true ? "num  " : "") +
		(format.verbose === true ? (format.exact === true ? "    pkts      bytes " : " pkts bytes ") : "") +
		`${"target".padEnd(9)}  prot opt ` +
		(format.verbose === true ? "in     out     " : "") +
		`${"source".padEnd(20)} ${"destination".padEnd(20)}`;
	return `Chain ${chain.name} (${chainRemark(chain, table, format)})\n${columns}\n${rules.join("")}`;
}

function chainRemark(chain: Chain, table: Table, format: ListFormat): string {
	if (chain.policy === undefined) return `${referencesTo(chain.name, table)} references`;
	const policy = `policy ${chain.policy.toUpperCase()}`;
	if (format.verbose !== true) return policy;
	const { packets, bytes } = chain.counters ?? { packets: 0, bytes: 0 };
	return `${policy} ${count(packets, format).trim()} packets, ${count(bytes, format).trim()} bytes`;
}

function referencesTo(chain: string, table: Table): number {
	const rules = table.chains.flatMap((other) => other.rules);
	return rules.filter(({ target }) => "chain" in target && target.chain === chain).length;
}

function ruleLine(rule: Rule, number: number, format: ListFormat): string {
	const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
	const head = headColumns(rule, format);
	const words: ListWords = { names: format.names, proto: head.proto };
	return (
		(format.numbers === true ? `${String(number).padEnd(4)} ` : "") +
		(format.verbose === true ? `${count(packets, format)} ${count(bytes, format)} ` : "") +
		`${targetName(rule.target).padEnd(9)} ${protocolColumn(head, { named: words.names !== undefined }).padEnd(5)} ${head.fragment} ` +
		(format.verbose === true ? ` ${head.in.padEnd(6)} ${head.out.padEnd(6)} ` : "") +
		`${head.source.padEnd(20)} ${head.destination.padEnd(20)} ` +
		remark(rule, words)
	);
}

function remark(rule: Rule, words: ListWords): string {
	return (
		(rule.target.kind === "goto" ? "[goto] " : "") +
		rule.matches.map((match) => describeMatch(match, words)).join("") +
		describeTarget(rule.target, words)
	);
}

interface HeadColumns {
	proto: number;
	protoBang: "!" | " ";
	fragment: string;
	in: string;
	out: string;
	source: string;
	destination: string;
}

/** What stands in columns of its own; a `!` takes the place of the space before a protocol or address. */
function headColumns(rule: Rule, { family, names }: Pick<ListFormat, "family" | "names">): HeadColumns {
	const anywhere = names !== undefined ? " anywhere" : family === "ipv4" ? " 0.0.0.0/0" : " ::/0";
	const device = names === undefined ? "*" : "any";
	const head: HeadColumns = {
		proto: 0,
		protoBang: " ",
		fragment: "--",
		in: device,
		out: device,
		source: anywhere,
		destination: anywhere,
	};
	for (const match of rule.matches) {
		if (match.kind === "protocol") {
			head.proto = match.proto;
			head.protoBang = match.invert === true ? "!" : " ";
		} else if (match.kind === "fragment") head.fragment = match.invert === true ? "!f" : "-f";
		else if (match.kind === "in-interface") head.in = `${match.invert === true ? "!" : ""}${match.name}`;
		else if (match.kind === "out-interface") head.out = `${match.invert === true ? "!" : ""}${match.name}`;
		else if (match.kind === "source" || match.kind === "destination") {
			head[match.kind] = `${match.invert === true ? "!" : " "}${addressText(match.net, names)}`;
		}
	}
	return head;
}

function protocolColumn({ proto, protoBang }: HeadColumns, { named }: { readonly named: boolean }): string {
	if (!named) return `${protoBang}${proto}`;
	return `${protoBang}${proto === 0 ? "all" : protocolName(proto)}`;
}

function count(n: number, { exact }: ListFormat): string {
	return exact === true ? String(n).padStart(8) : shortCount(n);
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
