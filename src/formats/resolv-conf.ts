/** /etc/resolv.conf (resolv.conf(5)): which name servers a machine asks, and with which endings. */
import { type IpAddr, parseIp } from "../wire/addr.ts";

export interface ResolvConf {
	/** At most three; none: 127.0.0.1, says the resolver. */
	readonly nameservers: readonly IpAddr[];
	readonly search: readonly string[];
	/** A name with fewer dots is tried with the search endings first. */
	readonly ndots: number;
	/** Seconds that a server has to answer, and how often all are asked. */
	readonly timeoutSeconds: number;
	readonly attempts: number;
}

const MAX_NAMESERVERS = 3;

/** Reads the file as the resolver does: what it does not understand it passes over. */
export function parseResolvConf(text: string): ResolvConf {
	const nameservers: IpAddr[] = [];
	let search: readonly string[] = [];
	const numbers = { ndots: 1, timeout: 5, attempts: 2 };
	for (const line of text.split("\n")) {
		const [keyword, ...values] = line
			.replace(/[#;].*$/, "")
			.trim()
			.split(/\s+/);
		if (keyword === "nameserver") {
			const addr = parseIp(values[0] ?? "");
			if (addr.ok && nameservers.length < MAX_NAMESERVERS) nameservers.push(addr.value);
		} else if (keyword === "search" || keyword === "domain") {
			search = values.map((name) => name.replace(/\.$/, "")).filter((name) => name !== "");
		} else if (keyword === "options") {
			for (const value of values) readOption(value, numbers);
		}
	}
	const { ndots, timeout, attempts } = numbers;
	return { nameservers, search, ndots, timeoutSeconds: timeout, attempts };
}

function readOption(text: string, numbers: { ndots: number; timeout: number; attempts: number }): void {
	const match = /^(ndots|timeout|attempts):(\d{1,4})$/.exec(text);
	if (match === null) return;
	const value = Number(match[2]);
	if (match[1] === "ndots") numbers.ndots = Math.min(value, 15);
	else if (match[1] === "timeout") numbers.timeout = Math.min(Math.max(value, 1), 30);
	else numbers.attempts = Math.min(Math.max(value, 1), 5);
}

/** A file as container runtimes write it; the options are as they stand in it (`ndots:5`). */
export function formatResolvConf(conf: {
	readonly nameservers: readonly IpAddr[];
	readonly search: readonly string[];
	readonly options: readonly string[];
}): string {
	const lines = [
		...(conf.search.length === 0 ? [] : [`search ${conf.search.join(" ")}`]),
		...conf.nameservers.map((addr) => `nameserver ${addr}`),
		...(conf.options.length === 0 ? [] : [`options ${conf.options.join(" ")}`]),
	];
	return lines.map((line) => `${line}\n`).join("");
}

/** The names to ask for, in order: as it is and with the search endings. */
export function searchList(name: string, conf: Pick<ResolvConf, "search" | "ndots">): readonly string[] {
	if (name.endsWith(".")) return [name.slice(0, -1)];
	const dots = name.split(".").length - 1;
	const longer = conf.search.map((ending) => `${name}.${ending}`);
	return dots >= conf.ndots ? [name, ...longer] : [...longer, name];
}
