/** Other servers are asked one after the other, and the client is answered once. */
import { expect, test } from "vitest";
import { ip } from "../wire/addr.ts";
import { buildDns, type DnsMessage, dnsQuery, dnsResponse, parseDns } from "../wire/dns.ts";
import { answerDns, type DnsReplied } from "./answer.ts";
import { kubeadmDns } from "./config.ts";
import { DnsServer } from "./dns-server.ts";

const QUERY = dnsQuery(77, { name: "example.org", type: "A" });
const CLIENT = { addr: ip("10.0.0.9"), transport: "tcp" } as const;

interface Played {
	readonly asked: readonly string[];
	readonly sent: readonly string[];
}

/** Only an upstream called `talks` answers. What was asked of whom, and what the client got. */
function played(upstreams: readonly string[], bytes: Uint8Array = buildDns(QUERY)): Played {
	const server = new DnsServer({ config: kubeadmDns(), forwards: true, cacheSeconds: 30 });
	server.update({ snapshot: { pods: [], services: [], endpointSlices: [] }, serial: 1 });
	const asked: string[] = [];
	const sent: DnsMessage[] = [];
	const ask = (upstream: string, query: Uint8Array, transport: string, done: DnsReplied): void => {
		asked.push(`${upstream} ${transport}`);
		done(upstream === "talks" ? buildDns(dnsResponse(parse(query), { rcode: "NXDOMAIN" })) : undefined);
	};
	answerDns({ server, upstreams, nowNs: () => 0, ask }, bytes, CLIENT, (messages) => sent.push(...messages.map(parse)));
	return { asked, sent: sent.map(({ id, rcode }) => `${id} ${rcode}`) };
}

function parse(bytes: Uint8Array): DnsMessage {
	const parsed = parseDns(bytes);
	if (!parsed.ok) throw new Error(parsed.error.reason);
	return parsed.value;
}

test("the next server is asked when one does not answer, and none after the one that does", () => {
	expect(played(["silent", "talks", "never"])).toEqual({ asked: ["silent tcp", "talks tcp"], sent: ["77 NXDOMAIN"] });
});

test("when none answers, the client is told that it failed", () => {
	expect(played(["silent", "silent"])).toEqual({ asked: ["silent tcp", "silent tcp"], sent: ["77 SERVFAIL"] });
	expect(played([])).toEqual({ asked: [], sent: ["77 SERVFAIL"] });
});

test("what the server knows is asked of nobody, and what is no query has no answer", () => {
	const own = buildDns(dnsQuery(5, { name: "nope.default.svc.cluster.local", type: "A" }));
	expect(played(["talks"], own)).toEqual({ asked: [], sent: ["5 NXDOMAIN"] });
	expect(played(["talks"], new Uint8Array(3))).toEqual({ asked: [], sent: [] });
});
