/** `iptables -nL` of version 1.8.9, with `-v` and `--line-numbers`. */
import type { Chain, Match, Rule, Table } from "../kernel/xtables.ts";
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
	const isVerbose = format.verbose === true;
	const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
	const { target } = rule;
	return (
		(format.numbers === true ? `${String(number).padEnd(4)} ` : "") +
		(isVerbose ? `${shortCount(packets)} ${shortCount(bytes)} ` : "") +
		`${targetName(target).padEnd(9)} ${column(rule, "protocol", (match) => String(match.proto), "0").padEnd(5)} ` +
		`${fragmentOption(rule)} ` +
		(isVerbose ? ` ${interfaceColumn(rule, "in-interface")} ${interfaceColumn(rule, "out-interface")} ` : "") +
		`${netColumn(rule, "source", format.family)} ${netColumn(rule, "destination", format.family)} ` +
		(target.kind === "goto" ? "[goto] " : "") +
		rule.matches.map(describeMatch).join("") +
		describeTarget(target)
	);
}

/** `!` or a space, then the value of the match of that kind. */
function column<K extends "source" | "destination" | "protocol">(
	rule: Rule,
	kind: K,
	text: (match: Extract<Match, { kind: K }>) => string,
	absent: string,
): string {
	const match = rule.matches.find((one): one is Extract<Match, { kind: K }> => one.kind === kind);
	return match === undefined ? ` ${absent}` : `${match.invert === true ? "!" : " "}${text(match)}`;
}

function netColumn(rule: Rule, kind: "source" | "destination", family: IpFamily): string {
	const any = family === "ipv4" ? "0.0.0.0/0" : "::/0";
	const text = column(rule, kind, ({ net }) => (net.prefix === addrBits(net.addr) ? net.addr : formatCidr(net)), any);
	return text.padEnd(20);
}

function interfaceColumn(rule: Rule, kind: "in-interface" | "out-interface"): string {
	const match = rule.matches.find((one) => one.kind === kind);
	if (match?.kind !== kind) return "*".padEnd(6);
	return `${match.invert === true ? "!" : ""}${match.name}`.padEnd(6);
}

function fragmentOption(rule: Rule): string {
	const match = rule.matches.find((one) => one.kind === "fragment");
	if (match?.kind !== "fragment") return "--";
	return match.invert === true ? "!f" : "-f";
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
