/** The client of a flow to a name server: one query, by UDP or TCP, as dig sends it. */
import { formatDnsRecord } from "../formats/dns-record.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { failureOf } from "../programs/outcome.ts";
import { udpClient } from "../programs/udp-client.ts";
import { buildDns, dnsQuery, parseDns } from "../wire/dns.ts";
import { DnsStream, frameDns } from "../wire/dns-tcp.ts";
import { type ClientRequest, type ClientRun, failedEnding } from "./flow-client.ts";

const QUERY_ID = 1;

/** Asks for the DNS specification's version, which every cluster's name server knows. */
export async function runDnsClient(
	kernel: Kernel,
	request: ClientRequest,
	{ proto, domain }: { readonly proto: "tcp" | "udp"; readonly domain: string },
): Promise<ClientRun> {
	const query = buildDns(dnsQuery(QUERY_ID, { name: `dns-version.${domain}`, type: "TXT" }, { edns: 1232 }));
	if (proto === "tcp") return byTcp(kernel, request, query);
	const { netns, timeoutNs, addr, port } = request;
	const result = await udpClient(kernel, netns, { to: { addr, port }, payload: query, timeoutNs });
	if (result.outcome !== "answered") return { ending: failedEnding(result) };
	const { payload, from, local, elapsedNs: rttNs } = result;
	return { ending: { kind: "answered", text: answerText(payload), from, rttNs }, local };
}

async function byTcp(kernel: Kernel, request: ClientRequest, query: Uint8Array): Promise<ClientRun> {
	const { netns, timeoutNs, addr, port } = request;
	const from = { addr, port };
	const stream = new DnsStream();
	const startNs = kernel.clock.now();
	const elapsed = (): number => kernel.clock.now() - startNs;
	let run: ClientRun | undefined;
	const opened = kernel.sockets.connectTcp(
		netns,
		from,
		{ program: "dig" },
		{
			onConnect() {
				if (opened.ok) opened.value.send(frameDns(query));
			},
			onData(bytes) {
				const [reply] = stream.push(bytes);
				if (reply === undefined || !opened.ok) return;
				const { local } = opened.value;
				run ??= { ending: { kind: "answered", text: answerText(reply), from, rttNs: elapsed() }, local };
				opened.value.close();
			},
			onError(error) {
				run ??= { ending: failedEnding(failureOf(error, elapsed())) };
			},
		},
	);
	if (!opened.ok) return { ending: failedEnding(failureOf(opened.error, elapsed())) };
	const answered = await kernel.run(() => run !== undefined, timeoutNs);
	if (!answered) opened.value.abort();
	return run ?? { ending: { kind: "timeout", afterNs: timeoutNs } };
}

function answerText(bytes: Uint8Array): string {
	const parsed = parseDns(bytes);
	if (!parsed.ok) return `no DNS message: ${parsed.error.reason}\n`;
	const { answers, rcode } = parsed.value;
	return answers.length === 0 ? `${rcode}\n` : answers.map((record) => `${formatDnsRecord(record)}\n`).join("");
}
