/** The cluster's name server, from query bytes to answer bytes: repeated queries, new ones, and a change of the cluster. */
import { kubeadmDns } from "../src/dns/config.ts";
import { type DnsClient, DnsServer } from "../src/dns/dns-server.ts";
import { ip } from "../src/wire/addr.ts";
import { buildDns, dnsQuery, parseDns } from "../src/wire/dns.ts";
import { manyServices } from "./generated.ts";
import { median, report, timed } from "./measure.ts";

const SERVICES = 10_000;
const ROUNDS = 5;
const CLIENT: DnsClient = { addr: ip("10.0.0.9"), transport: "udp" };

export async function dnsRate(): Promise<void> {
	const snapshot = manyServices(SERVICES);
	const server = new DnsServer({ config: kubeadmDns(), forwards: false, cacheSeconds: 30 });
	const queries = snapshot.services.flatMap(({ name, namespace }, k) => {
		const owner = `${name}.${namespace}.svc.cluster.local`;
		return ["A", "AAAA"].map((type) => buildDns(dnsQuery(k & 0xffff, { name: owner, type }, { edns: 1232 })));
	});
	const [first = new Uint8Array(0)] = queries;
	const updates: number[] = [];
	const cold: number[] = [];
	const warm: number[] = [];
	for (let k = 0; k < ROUNDS; k += 1) {
		updates.push((await timed(() => server.update({ snapshot, serial: k }))).ms);
		cold.push(queries.length / ((await timed(() => askAll(server, queries))).ms / 1000));
		warm.push(queries.length / ((await timed(() => askAll(server, queries))).ms / 1000));
	}
	const outcome = server.respond(first, CLIENT, 0);
	const answer = outcome.kind === "answer" ? parseDns(outcome.messages[0] ?? first) : undefined;
	if (answer?.ok !== true || answer.value.answers.length !== 1) throw new Error("the first Service has no address");
	report("dns.update.10k", median(updates), "ms");
	report("dns.queries.new", median(cold), "queries/s");
	report("dns.queries.repeated", median(warm), "queries/s");
}

function askAll(server: DnsServer, queries: readonly Uint8Array[]): void {
	for (const query of queries) {
		if (server.respond(query, CLIENT, 0).kind !== "answer") throw new Error("a query was not answered");
	}
}
