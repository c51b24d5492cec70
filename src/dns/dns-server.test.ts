/** The name server by its bytes: what comes is answered, whatever it is. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kubeEndpoint, kubeService, kubeSlice, kubeSnapshot, servicePort } from "../../test/kube-objects.ts";
import type { KubeSnapshot } from "../kube/snapshot.ts";
import { ip } from "../wire/addr.ts";
import { buildDns, type DnsMessage, type DnsRecord, dnsQuery, dnsResponse, parseDns } from "../wire/dns.ts";
import { type ClusterDnsConfig, kubeadmDns } from "./config.ts";
import { type DnsClient, type DnsOutcome, DnsServer } from "./dns-server.ts";

const UDP: DnsClient = { addr: ip("10.0.0.9"), transport: "udp" };
const TCP: DnsClient = { addr: ip("10.0.0.9"), transport: "tcp" };

const MANY = Array.from({ length: 60 }, (_, k) => kubeEndpoint(`10.1.0.${k + 1}`));
const SNAPSHOT = kubeSnapshot({
	services: [
		kubeService("web", "10.96.0.10", { ports: [servicePort(80, { name: "http" })] }),
		kubeService("many", ""),
		kubeService("outside", "", { type: "ExternalName", headless: false, externalName: "www.example.org" }),
	],
	endpointSlices: [kubeSlice("many", MANY, { ports: [{ name: "http", protocol: "TCP", port: 8080 }] })],
});

function server(more: Partial<ClusterDnsConfig> & { readonly forwards?: boolean } = {}): DnsServer {
	const { forwards = false, ...config } = more;
	const made = new DnsServer({ config: { ...kubeadmDns(), ...config }, forwards, cacheSeconds: 30 });
	made.update({ snapshot: SNAPSHOT, serial: 7 });
	return made;
}

function ask(dns: DnsServer, message: DnsMessage | Uint8Array, client: DnsClient = UDP): DnsOutcome {
	return dns.respond(message instanceof Uint8Array ? message : buildDns(message), client, 0);
}

function query(name: string, type = "A", edns?: number): DnsMessage {
	return dnsQuery(77, { name, type }, edns === undefined ? {} : { edns });
}

function read(outcome: DnsOutcome): DnsMessage {
	if (outcome.kind !== "answer") throw new Error(outcome.kind);
	const [bytes = new Uint8Array(0)] = outcome.messages;
	return parse(bytes);
}

function parse(bytes: Uint8Array): DnsMessage {
	const parsed = parseDns(bytes);
	if (!parsed.ok) throw new Error(parsed.error.reason);
	return parsed.value;
}

/** What is asked of the forwarder. */
function forwarded(outcome: DnsOutcome): Extract<DnsOutcome, { readonly kind: "forward" }> {
	if (outcome.kind !== "forward") throw new Error(outcome.kind);
	return outcome;
}

/** The message with at most `most` of its bytes changed, and perhaps cut off: at byte `cut` or before. */
function spoilt(message: Uint8Array, most: number, cut: number): fc.Arbitrary<Uint8Array> {
	const changes = fc.array(fc.tuple(fc.nat(message.length - 1), fc.nat(255)), { maxLength: most });
	return fc.tuple(changes, fc.nat(message.length)).map(([changed, length]) => {
		const bytes = message.slice(0, length > cut ? message.length : length);
		for (const [at, value] of changed) if (at < bytes.length) bytes[at] = value;
		return bytes;
	});
}

function values(records: readonly DnsRecord[]): readonly unknown[] {
	return records.map(({ name, ttl, value }) => ({ name, ttl, ...value }));
}

const WEB = "web.default.svc.cluster.local";
const MANY_NAME = "many.default.svc.cluster.local";

describe("the cluster's name server", () => {
	test("answers with the query's identifier, question and RD, authoritative and without recursion", () => {
		const answer = read(ask(server(), query(WEB)));
		expect(answer).toMatchObject({ id: 77, response: true, authoritative: true, recursionDesired: true });
		expect(answer.recursionAvailable).toBe(false);
		expect(answer.questions).toEqual([{ name: WEB, type: "A" }]);
		expect(values(answer.answers)).toEqual([{ name: WEB, ttl: 30, type: "A", addr: "10.96.0.10" }]);
		expect(answer.edns).toBeUndefined();
	});

	test("a repeated query has the same answer under its own identifier", () => {
		const dns = server();
		const first = read(ask(dns, query(WEB)));
		expect(read(ask(dns, { ...query(WEB), id: 1234 }))).toEqual({ ...first, id: 1234 });
	});

	test("an answer follows the cluster's change, cached or not", () => {
		const dns = server();
		ask(dns, query(WEB));
		dns.update({ snapshot: kubeSnapshot({ services: [kubeService("web", "10.96.0.99")] }), serial: 8 });
		expect(values(read(ask(dns, query(WEB))).answers)).toMatchObject([{ addr: "10.96.0.99" }]);
		const gone = read(ask(dns, query(MANY_NAME)));
		expect(gone.rcode).toBe("NXDOMAIN");
		expect(values(gone.authorities)).toMatchObject([{ type: "SOA", serial: 8 }]);
	});

	test("before it knows the cluster it fails", () => {
		const dns = new DnsServer({ config: kubeadmDns(), forwards: false, cacheSeconds: 30 });
		expect(read(ask(dns, query(WEB))).rcode).toBe("SERVFAIL");
	});

	test("a datagram holds what the asker takes: 512 bytes, or what EDNS says; the rest is by TCP", () => {
		const dns = server();
		const small = ask(dns, query(MANY_NAME));
		if (small.kind !== "answer") throw new Error(small.kind);
		expect(small.messages[0]?.length).toBeLessThanOrEqual(512);
		const cut = read(small);
		expect(cut.truncated).toBe(true);
		expect(cut.answers.length).toBeGreaterThan(10);
		expect(cut.answers.length).toBeLessThan(60);
		const large = read(ask(dns, query(MANY_NAME, "A", 4096)));
		expect([large.truncated, large.answers.length, large.edns?.udpPayloadBytes]).toEqual([false, 60, 4096]);
		const whole = read(ask(dns, query(MANY_NAME), TCP));
		expect([whole.truncated, whole.answers.length]).toEqual([false, 60]);
	});

	test("names in SRV targets and glue are whole, however they are compressed", () => {
		const answer = read(ask(server(), query(`_http._tcp.${MANY_NAME}`, "SRV", 65535)));
		expect(answer.answers).toHaveLength(60);
		expect(values(answer.answers)[0]).toMatchObject({ weight: 1, port: 8080, target: `10-1-0-1.${MANY_NAME}` });
		expect(values(answer.additionals)[59]).toMatchObject({ name: `10-1-0-60.${MANY_NAME}`, addr: "10.1.0.60" });
	});

	test.each([
		["NOTIMP", "an opcode that is no query", (bytes: Uint8Array) => bytes.with(2, 0x28)],
		["FORMERR", "no question", (bytes: Uint8Array) => bytes.with(5, 0)],
		["FORMERR", "two questions", (bytes: Uint8Array) => bytes.with(5, 2)],
		["FORMERR", "a question that is cut off", (bytes: Uint8Array) => bytes.slice(0, bytes.length - 3)],
		["FORMERR", "a label that leads out of the message", (bytes: Uint8Array) => bytes.with(12, 60)],
		["FORMERR", "a name that is a pointer to the header", (bytes: Uint8Array) => bytes.with(12, 0xc0).with(13, 0)],
		["FORMERR", "a record that is announced and missing", (bytes: Uint8Array) => bytes.with(11, 1)],
		["REFUSED", "another class", (bytes: Uint8Array) => bytes.with(bytes.length - 1, 3)],
	])("%s: %s", (rcode, _, change) => {
		expect(read(ask(server(), change(buildDns(query(WEB)))))).toMatchObject({ id: 77, rcode, response: true });
	});

	test("another version of EDNS is told so (BADVERS)", () => {
		const answer = read(ask(server(), { ...query(WEB), edns: { udpPayloadBytes: 1232, version: 1 } }));
		expect([answer.rcode, answer.edns]).toEqual(["BADVERS", { udpPayloadBytes: 1232 }]);
	});

	test.each([
		["svc1.testns.svc.96.10.in-addr.arpa", "PTR", "NXDOMAIN"],
		["web.default.svc.10.in-addr.arpa", "A", "NXDOMAIN"],
		["in-addr.arpa", "PTR", "NOERROR"],
		["9.0.96.10.in-addr.arpa", "PTR", "NXDOMAIN"],
		["8.9.0.96.10.in-addr.arpa", "PTR", "NXDOMAIN"],
		["default.svc.cluster.local", "TXT", "NOERROR"],
		["cluster.local", "TXT", "NOERROR"],
		["kube-public.svc.cluster.local", "ANY", "NOERROR"],
		["nowhere.svc.cluster.local", "ANY", "NXDOMAIN"],
		[`${WEB}`, "MX", "NOERROR"],
		[`a.${WEB}`, "MX", "NXDOMAIN"],
		["_http._udp.web.default.svc.cluster.local", "SRV", "NXDOMAIN"],
	])("%s %s is %s without records", (name, type, rcode) => {
		const answer = read(ask(server(), query(name, type)));
		expect([answer.rcode, answer.answers, answer.authorities.map(({ value }) => value.type)]).toEqual([
			rcode,
			[],
			["SOA"],
		]);
	});

	test("an answer, and what is too short for a header, is not answered", () => {
		expect(ask(server(), dnsResponse(query(WEB), {})).kind).toBe("none");
		expect(ask(server(), new Uint8Array(11)).kind).toBe("none");
	});

	test("nothing that comes stops it, and each answer is a DNS message", () => {
		const dns = server({ transferTo: ["*"] });
		const valid = [
			query(WEB, "SRV", 1232),
			query(MANY_NAME),
			query("10-1-2-3.default.pod.cluster.local", "A", 65535),
			query("outside.default.svc.cluster.local", "CNAME"),
			query("dns-version.cluster.local", "TXT"),
			query("10.0.96.10.in-addr.arpa", "PTR"),
			query("cluster.local", "AXFR"),
			query("cluster.local", "NS"),
		].map(buildDns);
		const mutated = fc.constantFrom(...valid).chain((whole) => spoilt(whole, 6, whole.length / 2));
		const noise = fc.oneof(
			{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
			{ weight: 4, arbitrary: mutated },
		);
		fc.assert(
			fc.property(noise, fc.boolean(), (bytes, isUdp) => {
				const outcome = ask(dns, bytes, isUdp ? UDP : TCP);
				if (outcome.kind !== "answer") return outcome.kind === "none";
				return outcome.messages.every((message) => {
					const parsed = parseDns(message);
					return parsed.ok && parsed.value.response && message[0] === bytes[0] && message[1] === bytes[1];
				});
			}),
			{ numRuns: 3000 },
		);
	});
});

describe("a transfer of the zone", () => {
	test("is refused unless it is allowed, and by UDP always", () => {
		const axfr = query("cluster.local", "AXFR");
		expect(read(ask(server(), axfr, TCP)).rcode).toBe("REFUSED");
		expect(read(ask(server({ transferTo: ["10.0.0.8"] }), axfr, TCP)).rcode).toBe("REFUSED");
		expect(read(ask(server({ transferTo: ["*"] }), axfr, UDP)).rcode).toBe("REFUSED");
	});

	test("begins and ends with the SOA record, over as many messages as it takes", () => {
		const outcome = ask(server({ transferTo: ["10.0.0.9"] }), query("cluster.local", "AXFR"), TCP);
		if (outcome.kind !== "answer") throw new Error(outcome.kind);
		const records = outcome.messages.flatMap((bytes) => parse(bytes).answers);
		expect(outcome.messages).toHaveLength(2);
		expect([records.at(0)?.value.type, records.at(-1)?.value.type]).toEqual(["SOA", "SOA"]);
		expect(records.filter(({ name }) => name === MANY_NAME)).toHaveLength(60);
	});
});

describe("names outside the zones", () => {
	const records = (name: string, ttl: number): readonly DnsRecord[] => [
		{ name, ttl, value: { type: "A", addr: ip("203.0.113.7") } },
	];

	test("are refused without a forwarder, and an ExternalName's alias then stands alone", () => {
		expect(read(ask(server(), query("example.org"))).rcode).toBe("REFUSED");
		const answer = read(ask(server(), query("outside.default.svc.cluster.local")));
		expect(values(answer.answers)).toMatchObject([{ type: "CNAME", target: "www.example.org" }]);
	});

	test("are asked of the forwarder, and kept as long as he says", () => {
		const dns = server({ forwards: true });
		const first = forwarded(ask(dns, query("example.org")));
		const asked = parse(first.query);
		const reply = buildDns(dnsResponse(asked, { answers: records("example.org", 20) }));
		const answer = parse(first.finish(reply, 1e9));
		expect([answer.recursionAvailable, values(answer.answers)]).toEqual([
			true,
			[{ name: "example.org", ttl: 20, type: "A", addr: "203.0.113.7" }],
		]);
		const second = dns.respond(buildDns({ ...query("EXAMPLE.org"), id: 5 }), UDP, 9e9);
		expect(values(read(second).answers)).toMatchObject([{ ttl: 12 }]);
		expect(dns.respond(buildDns(query("example.org")), UDP, 22e9).kind).toBe("forward");
	});

	test("fail when the forwarder says nothing, or something else", () => {
		const first = forwarded(ask(server({ forwards: true }), query("example.org")));
		const other = buildDns(dnsResponse(query("example.com"), { answers: records("example.com", 60) }));
		for (const reply of [undefined, Uint8Array.of(1, 2, 3), other]) {
			const answer = parse(first.finish(reply, 0));
			expect(answer.rcode).toBe("SERVFAIL");
		}
	});

	test("an answer that fits is passed on as it is, whatever is in it", () => {
		const first = forwarded(ask(server({ forwards: true }), query("example.org", "TXT", 4096)));
		const value = { type: "other", typeName: "UNKNOWN_65400", bytes: Uint8Array.of(1, 2, 3) } as const;
		const record: DnsRecord = { name: "example.org", ttl: 9, value };
		const reply = buildDns(dnsResponse(query("example.org", "TXT"), { answers: [record], authenticData: true }));
		expect(first.finish(reply, 0)).toEqual(reply);
		const long = buildDns(dnsResponse(query("example.org", "TXT"), { answers: Array(300).fill(record) }));
		const cut = parse(first.finish(long, 0));
		expect([cut.truncated, cut.answers.length > 200]).toEqual([true, true]);
	});

	test("a name that is no text is passed on, and not kept", () => {
		const dns = server({ forwards: true });
		const ask1 = forwarded(ask(dns, query("example.org")));
		const reply = buildDns(dnsResponse(query("example.org"), { answers: records("eXample.org", 60) }));
		const strange = reply.with(reply.indexOf(0x58), 0xff);
		expect(ask1.finish(strange, 0)).toEqual(strange);
		expect(ask(dns, query("example.org")).kind).toBe("forward");
	});

	test("no answer of the forwarder stops it", () => {
		const dns = server({ forwards: true });
		const [name, alias] = [query("example.org"), query("outside.default.svc.cluster.local")];
		const valid = buildDns(
			dnsResponse(name, { answers: [...records("example.org", 3), ...records("x.example.org", 3)] }),
		);
		const noise = spoilt(valid, 8, 40);
		fc.assert(
			fc.property(noise, fc.constantFrom(name, alias), fc.nat(1e6), (reply, asked, second) => {
				// Each an hour later, so that nothing is left of the answer before.
				const outcome = dns.respond(buildDns(asked), UDP, second * 3.6e12);
				if (outcome.kind !== "forward") return outcome.kind === "answer";
				const bytes = outcome.finish(reply, second * 3.6e12);
				return bytes.length >= 12 && bytes[0] === 0 && bytes[1] === 77;
			}),
			{ numRuns: 3000 },
		);
	});

	test("an ExternalName's target is asked of the forwarder and stands behind the alias", () => {
		const outcome = forwarded(ask(server({ forwards: true }), query("outside.default.svc.cluster.local")));
		const asked = parse(outcome.query);
		expect(asked.questions).toEqual([{ name: "www.example.org", type: "A" }]);
		const reply = buildDns(dnsResponse(asked, { answers: records("www.example.org", 60) }));
		const answer = parse(outcome.finish(reply, 0));
		expect(values(answer.answers)).toMatchObject([
			{ type: "CNAME", name: "outside.default.svc.cluster.local" },
			{ type: "A", name: "www.example.org" },
		]);
	});

	test("a reverse name that is no Service's falls through to the forwarder", () => {
		const snapshot: KubeSnapshot = SNAPSHOT;
		const dns = server({ forwards: true });
		dns.update({ snapshot, serial: 1 });
		expect(values(read(ask(dns, query("10.0.96.10.in-addr.arpa", "PTR"))).answers)).toMatchObject([{ target: WEB }]);
		expect(ask(dns, query("9.9.9.9.in-addr.arpa", "PTR")).kind).toBe("forward");
		expect(ask(dns, query("nothing.default.svc.cluster.local")).kind).toBe("answer");
	});
});
