/** Names and addresses as getaddrinfo(3) and getnameinfo(3) find them: numbers, /etc/hosts, then DNS by /etc/resolv.conf. */
import { err, ok, type Result } from "../base/result.ts";
import { type HostsEntry, parseHosts } from "../formats/hosts-file.ts";
import { parseResolvConf, type ResolvConf, searchList } from "../formats/resolv-conf.ts";
import { familyOf, type IpAddr, type IpFamily, ipText, parseIp } from "../wire/addr.ts";
import { DNS_PORT, type DnsMessage, dnsQuery, reverseName } from "../wire/dns.ts";
import { askDns, dnsId, type NetworkPlace } from "./dns-client.ts";

export type LookupError = "EAI_NONAME" | "EAI_AGAIN" | "EAI_NODATA" | "EAI_ADDRFAMILY";

/** As gai_strerror(3) says it. */
export const LOOKUP_ERROR_TEXT: Readonly<Record<LookupError, string>> = {
	EAI_NONAME: "Name or service not known",
	EAI_AGAIN: "Temporary failure in name resolution",
	EAI_NODATA: "No address associated with hostname",
	EAI_ADDRFAMILY: "Address family for hostname not supported",
};

export interface FoundHost {
	readonly addr: IpAddr;
	/** The name's canonical form; of a number the number as it was typed. */
	readonly canonical: string;
	/** It was typed as a number. */
	readonly numeric: boolean;
}

/** The first address of a host. IPv4 goes first, because this kernel has no IPv6 sockets. */
export async function lookupHost(
	place: NetworkPlace,
	name: string,
	family?: IpFamily,
): Promise<Result<FoundHost, LookupError>> {
	const number = parseNumericHost(name);
	if (number !== undefined) {
		if (family !== undefined && familyOf(number) !== family) return err("EAI_ADDRFAMILY");
		return ok({ addr: number, canonical: name, numeric: true });
	}
	const fromFile = (await hostsOf(place)).filter(({ names }) => names.some((known) => sameName(known, name)));
	const entry = preferred(fromFile, ({ addr }) => addr, family);
	if (entry !== undefined) return ok({ addr: entry.addr, canonical: entry.names[0] ?? name, numeric: false });
	return lookupDns(place, name, family);
}

/** The name of an address; undefined: it has none, `EAI_AGAIN`: the servers do not answer. */
export async function lookupAddr(place: NetworkPlace, addr: IpAddr): Promise<string | undefined> {
	const entry = (await hostsOf(place)).find((known) => known.addr === addr);
	if (entry !== undefined) return entry.names[0];
	const conf = await resolvConfOf(place);
	if (conf.nameservers.length === 0) return undefined;
	const name = reverseName(addr);
	const [answer] = await askServers(place, conf, [dnsQuery(dnsId(place, name, 0), { name, type: "PTR" })]);
	if (answer === undefined || answer.rcode === "SERVFAIL") return "EAI_AGAIN";
	const record = answer.answers.find(({ value }) => value.type === "PTR");
	return record?.value.type === "PTR" ? record.value.target : undefined;
}

/** `/etc/resolv.conf` of the machine; what an empty one says when there is none. */
export async function resolvConfOf(place: NetworkPlace): Promise<ResolvConf> {
	return parseResolvConf(await readOrEmpty(place, "/etc/resolv.conf"));
}

/** An IPv4 address as inet_aton(3) takes it (`127.1`, `0x7f000001`), or an IPv6 address. */
export function parseNumericHost(text: string): IpAddr | undefined {
	if (text.includes(":")) {
		const parsed = parseIp(text);
		return parsed.ok ? parsed.value : undefined;
	}
	const parts = text.split(".");
	if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(part))) return undefined;
	const numbers = parts.map((part) => (/^0[0-9]/.test(part) ? Number.parseInt(part, 8) : Number(part)));
	const last = numbers.pop() ?? 0;
	if (numbers.some((number) => number > 255 || Number.isNaN(number))) return undefined;
	const rest = 4 - numbers.length;
	if (Number.isNaN(last) || last >= 256 ** rest) return undefined;
	return ipText(numbers.reduce((sum, number, at) => sum + number * 256 ** (3 - at), last));
}

async function lookupDns(
	place: NetworkPlace,
	name: string,
	family: IpFamily | undefined,
): Promise<Result<FoundHost, LookupError>> {
	const conf = await resolvConfOf(place);
	if (conf.nameservers.length === 0) return err("EAI_AGAIN");
	const types = family === undefined ? ["A", "AAAA"] : family === "ipv4" ? ["A"] : ["AAAA"];
	let failure: LookupError = "EAI_NONAME";
	for (const [at, wanted] of searchList(name, conf).entries()) {
		const queries = types.map((type, k) => dnsQuery(dnsId(place, wanted, 2 * at + k), { name: wanted, type }));
		const answers = await askServers(place, conf, queries);
		const found = preferred(answers.flatMap(addressesOf), ({ addr }) => addr, family);
		if (found !== undefined) return ok({ ...found, numeric: false });
		if (answers.some((answer) => answer === undefined || answer.rcode === "SERVFAIL")) failure = "EAI_AGAIN";
		else if (failure === "EAI_NONAME" && answers.some((answer) => answer?.rcode === "NOERROR")) failure = "EAI_NODATA";
		if (place.interrupt.raised) break;
	}
	return err(failure);
}

/** Each server in turn, all of them `attempts` times, until one has answered every query. */
async function askServers(
	place: NetworkPlace,
	conf: ResolvConf,
	queries: readonly DnsMessage[],
): Promise<readonly (DnsMessage | undefined)[]> {
	let best: readonly (DnsMessage | undefined)[] = queries.map(() => undefined);
	for (let attempt = 0; attempt < conf.attempts; attempt += 1) {
		for (const addr of conf.nameservers) {
			const ask = { server: { addr, port: DNS_PORT }, queries, timeoutNs: conf.timeoutSeconds * 1e9 };
			const asked = await askDns(place, ask);
			const cut = asked.answers.some((answer) => answer?.message.truncated === true);
			const { answers, failure } = cut ? await askDns(place, { ...ask, tcp: true }) : asked;
			const messages = answers.map((answer) => answer?.message);
			const useful = messages.every((message) => message?.rcode === "NOERROR" || message?.rcode === "NXDOMAIN");
			if (failure === undefined) best = messages;
			if (useful || place.interrupt.raised) return messages;
		}
	}
	return best;
}

/** The addresses in an answer, aliases followed. */
function addressesOf(
	message: DnsMessage | undefined,
): readonly { readonly addr: IpAddr; readonly canonical: string }[] {
	return (message?.answers ?? []).flatMap(({ name, value }) =>
		value.type === "A" || value.type === "AAAA" ? [{ addr: value.addr, canonical: name }] : [],
	);
}

function preferred<T>(all: readonly T[], addrOf: (entry: T) => IpAddr, family: IpFamily | undefined): T | undefined {
	const ofFamily = (wanted: IpFamily): T | undefined => all.find((entry) => familyOf(addrOf(entry)) === wanted);
	return family === undefined ? (ofFamily("ipv4") ?? ofFamily("ipv6")) : ofFamily(family);
}

/** `/etc/hosts` of the machine. */
export async function hostsOf(place: NetworkPlace): Promise<readonly HostsEntry[]> {
	return parseHosts(await readOrEmpty(place, "/etc/hosts"));
}

function sameName(a: string, b: string): boolean {
	return a.toLowerCase() === b.toLowerCase().replace(/\.$/, "");
}

async function readOrEmpty(place: NetworkPlace, path: string): Promise<string> {
	return place.host.files.read(path, { netns: place.netns }).catch(() => "");
}
