import fc from "fast-check";
import { expect, test } from "vitest";
import {
	addrPlus,
	cidr,
	cidrContains,
	formatAddrPort,
	formatCidr,
	ip,
	ipNum,
	ipText,
	lastAddrOf,
	mac,
	macIsGroup,
	macNum,
	macText,
	networkOf,
	parseCidr,
	parseIp,
	parseMac,
} from "./addr.ts";

const v4 = fc.integer({ min: 0, max: 0xffffffff });
const v6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
/** Addresses with runs of zeros, where the short form has choices to make. */
const holedV6 = fc
	.array(fc.constantFrom(0n, 0n, 0n, 1n, 0xffffn, 0xabcdn), { minLength: 8, maxLength: 8 })
	.map((groups) => groups.reduce<bigint>((n, group) => (n << 16n) | group, 0n));
const anyAddr = fc.oneof(v4, v6, holedV6);

test("every address survives printing and parsing, and prints in one way only", () => {
	fc.assert(
		fc.property(anyAddr, (n) => {
			const text = ipText(n);
			expect(ipNum(text)).toBe(n);
			expect(parseIp(text)).toEqual({ ok: true, value: text });
		}),
		{ numRuns: 500 },
	);
});

test("every MAC address survives printing and parsing", () => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 0xffffffffffff }), (n) => {
			expect(macNum(macText(n))).toBe(n);
			expect(parseMac(macText(n).toUpperCase())).toEqual({ ok: true, value: macText(n) });
		}),
	);
	expect(mac("2:0:0:0:0:a")).toBe("02:00:00:00:00:0a");
	expect([macIsGroup(macNum(mac("01:00:5e:00:00:01"))), macIsGroup(macNum(mac("02:00:00:00:00:01")))]).toEqual([
		true,
		false,
	]);
});

const PRINTED: readonly (readonly [written: string, printed: string])[] = [
	["::", "::"],
	["::1", "::1"],
	["0:0:0:0:0:0:0:0", "::"],
	["2001:DB8::0001", "2001:db8::1"],
	["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
	["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
	["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
	["fe80::1:0", "fe80::1:0"],
	["1::", "1::"],
	["::ffff:1.2.3.4", "::ffff:1.2.3.4"],
	["::ffff:0102:0304", "::ffff:1.2.3.4"],
	["::1.2.3.4", "::1.2.3.4"],
	["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
];

test.each(PRINTED)("%s is printed as %s", (written, printed) => {
	expect(ip(written)).toBe(printed);
});

test.each([
	"",
	"1.2.3",
	"1.2.3.4.5",
	"1.2.3.256",
	"01.2.3.4",
	"1.2.3.-4",
	":",
	":::",
	"1::2::3",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	"::12345",
	"::1.2.3",
	"g::",
	"1.2.3.4 ",
])("%j is no address", (text) => {
	expect(parseIp(text).ok).toBe(false);
});

test.each(["1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/1x", "/8"])("%j is no network", (text) => {
	expect(parseCidr(text).ok).toBe(false);
});

test("a network holds exactly the addresses between its first and its last", () => {
	const net = fc.oneof(fc.tuple(v4, fc.integer({ min: 0, max: 32 })), fc.tuple(v6, fc.integer({ min: 0, max: 128 })));
	fc.assert(
		fc.property(net, fc.nat(1000), ([n, prefix], step) => {
			const host = { addr: ipText(n), prefix };
			expect(cidr(formatCidr(host))).toEqual(host);
			const network = networkOf(host);
			const last = lastAddrOf(host);
			expect([cidrContains(host, network.addr), cidrContains(host, host.addr), cidrContains(host, last)]).toEqual([
				true,
				true,
				true,
			]);
			expect(ipNum(network.addr) <= ipNum(host.addr) && ipNum(host.addr) <= ipNum(last)).toBe(true);
			const room = typeof n === "number" ? 0xffffffff : (1n << 128n) - 1n;
			if (BigInt(room) - BigInt(ipNum(last)) > BigInt(step)) {
				expect(cidrContains(host, addrPlus(last, step + 1))).toBe(false);
			}
		}),
	);
	expect(cidrContains(cidr("10.0.0.0/8"), ip("::a00:1"))).toBe(false);
});

test("before a port an IPv6 address stands in brackets", () => {
	expect(formatAddrPort("10.0.0.1", 80)).toBe("10.0.0.1:80");
	expect(formatAddrPort("2001:db8::1", 80)).toBe("[2001:db8::1]:80");
	expect(formatAddrPort("localhost", 80)).toBe("localhost:80");
});
