import fc from "fast-check";
import { expect, test } from "vitest";
import { hex, utf8Encode } from "../base/bytes.ts";
import { ip } from "./addr.ts";
import { buildDns, type DnsMessage, type DnsRecordValue, dnsQuery, dnsResponse, parseDns, reverseName } from "./dns.ts";

test("a query is what dig sends", () => {
	const bytes = buildDns(dnsQuery(0x1234, { name: "web.test", type: "A" }, { edns: 1232, authenticData: true }));
	expect(hex(bytes)).toBe("12340120000100000000000103776562047465737400000100010000290" + "4d0000000000000");
});

const VALUES: readonly DnsRecordValue[] = [
	{ type: "A", addr: ip("10.96.0.10") },
	{ type: "AAAA", addr: ip("2001:db8::1") },
	{ type: "CNAME", target: "a.b" },
	{ type: "NS", target: "ns.test" },
	{ type: "PTR", target: "web.test" },
	{ type: "MX", preference: 10, target: "mail.test" },
	{ type: "SRV", priority: 1, weight: 2, port: 80, target: "web.test" },
	{ type: "TXT", strings: [utf8Encode("v=1"), utf8Encode("more")] },
	{ type: "SOA", mname: "ns.test", rname: "root.test", serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 },
	{ type: "other", typeName: "TLSA", bytes: Uint8Array.of(1, 2, 3) },
];

test.each(VALUES)("a message with a $type record is read as it was built", (value) => {
	const query = dnsQuery(7, { name: "x.test", type: "ANY" }, { edns: 4096 });
	const record = { name: "x.test", ttl: 30, value };
	const message: DnsMessage = dnsResponse(query, {
		authoritative: true,
		rcode: "NXDOMAIN",
		answers: [record],
		authorities: [{ ...record, name: "" }],
		additionals: [record],
	});
	expect(parseDns(buildDns(message))).toEqual({ ok: true, value: message });
});

test("compressed names are read", () => {
	const text = "000581800001000100000000 037777770474657374000001 0001 c00c 0001 0001 0000003c 0004 0a000001";
	const bytes = Uint8Array.from((text.replaceAll(" ", "").match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)));
	const parsed = parseDns(bytes);
	expect(parsed).toMatchObject({ value: { answers: [{ name: "www.test", value: { addr: "10.0.0.1" } }] } });
});

test("whatever bytes come, reading ends with a message or an error", () => {
	const pointerToItself = Uint8Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1);
	expect(parseDns(pointerToItself)).toMatchObject({ ok: false, error: { problem: "not a DNS message" } });
	expect(parseDns(new Uint8Array(3))).toMatchObject({ ok: false });
	fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof parseDns(bytes).ok === "boolean"));
	const good = buildDns(
		dnsResponse(dnsQuery(1, { name: "a.b", type: "A" }), {
			answers: VALUES.map((value) => ({ name: "a", ttl: 1, value })),
		}),
	);
	fc.assert(
		fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
			const bent = good.slice();
			bent[at] = byte;
			return typeof parseDns(bent).ok === "boolean";
		}),
	);
});

test.each([
	["203.0.113.9", "9.113.0.203.in-addr.arpa"],
	["2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
])("the name for the PTR records of %s", (addr, name) => {
	expect(reverseName(ip(addr))).toBe(name);
});
