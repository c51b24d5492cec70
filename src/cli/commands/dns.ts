/** `podwire dns`: the cluster's name server on this machine's loopback, and one question without any socket. */
import { DnsServer } from "../../dns/dns-server.ts";
import { dnsTypeOf, formatDnsValue } from "../../formats/dns-record.ts";
import { messageText } from "../../shell/commands/dns/message-text.ts";
import { recordType } from "../../shell/commands/dns/types.ts";
import { ip } from "../../wire/addr.ts";
import { buildDns, type DnsMessage, type DnsRecord, dnsQuery, parseDns } from "../../wire/dns.ts";
import { type DnsInput, type DnsInputOptions, endpointOf, readDnsInput } from "../dns-input.ts";
import { type DnsListener, listenDns } from "../dns-sockets.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";

export interface DnsServeOptions extends DnsInputOptions {
	/** `ADDRESS:PORT`; port 0: any free one. */
	readonly listen: string;
}

export interface DnsQueryOptions extends DnsInputOptions {
	readonly name: string;
	readonly type: string;
	readonly json: boolean;
}

export const DNS_SCHEMA = "podwire.dns/v1";
const ALL_SECTIONS = { comments: true, question: true, answer: true, authority: true, additional: true };
const EDNS_BYTES = 1232;

/** Answers until it is interrupted, which is its normal end. */
export async function dnsServe(io: Io, options: DnsServeOptions): Promise<ExitCode> {
	const at = endpointOf("--listen", options.listen);
	const input = await readDnsInput(io, options);
	const server = serverOf(input);
	const listener = await listen(server, at, input);
	const ended = new Promise<void>((resolve) => {
		process.once("SIGINT", () => resolve());
		process.once("SIGTERM", () => resolve());
	});
	const { services } = input.snapshot;
	io.out(
		`${services.length} Services in ${zonesText(input)}, on ${at.host}#${listener.port} by UDP and TCP; Ctrl-C ends it.\n`,
	);
	const example = services[0] === undefined ? "dns-version" : `${services[0].name}.${services[0].namespace}.svc`;
	io.out(`  dig @${at.host} -p ${listener.port} ${example}.${input.config.zones[0]}\n`);
	await ended;
	await listener.close();
	return 0;
}

/** Prints the answer as dig does. 1: the name does not exist, or the query failed. */
export async function dnsQueryCommand(io: Io, options: DnsQueryOptions): Promise<ExitCode> {
	const type = recordType(options.type);
	if (type === undefined) throw new UsageError([`dns query: there is no record type ${options.type}`]);
	const name = options.name.replace(/\.$/, "");
	if (name.length > 253 || name.split(".").some((label) => label === "" || label.length > 63)) {
		throw new UsageError([`dns query: ${options.name} is no domain name`]);
	}
	const input = await readDnsInput(io, options);
	const query = dnsQuery(0, { name, type }, { edns: EDNS_BYTES });
	const outcome = serverOf({ ...input, upstreams: [] }).respond(buildDns(query), LOCAL, 0);
	const message = outcome.kind === "answer" ? parseDns(outcome.messages[0] ?? new Uint8Array(0)) : undefined;
	if (message?.ok !== true) throw new Error(`no answer to ${options.name} ${type}`);
	io.out(options.json ? jsonText(message.value) : messageText(message.value, ALL_SECTIONS));
	return message.value.rcode === "NOERROR" ? 0 : 1;
}

/** By TCP, so that nothing is cut off. */
const LOCAL = { addr: ip("127.0.0.1"), transport: "tcp" } as const;

function serverOf({ snapshot, config, upstreams, cacheSeconds }: DnsInput): DnsServer {
	const server = new DnsServer({ config, forwards: upstreams.length > 0, cacheSeconds });
	server.update({ snapshot, serial: Math.floor(Date.now() / 1000) });
	return server;
}

async function listen(
	server: DnsServer,
	at: { readonly host: string; readonly port: number },
	{ upstreams }: DnsInput,
): Promise<DnsListener> {
	try {
		return await listenDns(server, at, upstreams);
	} catch (cause) {
		if (!(cause instanceof Error)) throw cause;
		throw new UsageError([`--listen ${at.host}:${at.port}: ${cause.message}`]);
	}
}

function zonesText({ config, upstreams }: DnsInput): string {
	const zones = config.zones.map((zone) => `${zone}.`).join(" ");
	return upstreams.length === 0
		? zones
		: `${zones} (others from ${upstreams.map(({ host, port }) => `${host}#${port}`).join(", ")})`;
}

function jsonText({ rcode, authoritative, questions, answers, authorities, additionals }: DnsMessage): string {
	const list = (records: readonly DnsRecord[]): readonly unknown[] =>
		records.map(({ name, ttl, value }) => ({
			name: `${name}.`,
			ttl,
			type: dnsTypeOf(value),
			data: formatDnsValue(value),
		}));
	const sections = { answer: list(answers), authority: list(authorities), additional: list(additionals) };
	const [question] = questions;
	const asked = { name: `${question?.name ?? ""}.`, type: question?.type };
	return `${JSON.stringify({ schema: DNS_SCHEMA, rcode, authoritative, question: asked, ...sections }, undefined, 2)}\n`;
}
