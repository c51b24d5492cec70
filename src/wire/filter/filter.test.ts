/** What filters pass is compared with the real tcpdump in test/shell-tcpdump-real.test.ts; here is what must hold without it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { BAD_FILTERS, FILTERS, LINK_FILTERS } from "../../../test/filter-expressions.ts";
import { filterFrames } from "../../../test/filter-frames.ts";
import { samplePackets } from "../../../test/sample-packets.ts";
import { ip } from "../addr.ts";
import { type FilterOptions, parseFilter } from "./filter.ts";
import type { FilterNames } from "./names.ts";

const names: FilterNames = {
	hosts: () => undefined,
	port: (name) => ({ http: { port: 80, protocol: 6 }, domain: { port: 53, protocol: undefined } })[name],
};

function filter(text: string, options: FilterOptions = {}) {
	const parsed = parseFilter(text, { names, ...options });
	if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
	return parsed.value;
}

function passed(text: string): readonly string[] {
	const passes = filter(text);
	return samplePackets()
		.filter(({ frame }) => passes(frame))
		.map(({ what }) => what);
}

test.each([
	["tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", ["SYN", "SYN-ACK", "FIN", "ECN SYN", "unknown option"]],
	["tcp port http", ["HTTP request", "HTTP answer"]],
	["icmp[icmptype] = icmp-echoreply", ["echo reply"]],
	["arp and ether broadcast and not arp[6:2] = 1", ["gratuitous ARP reply"]],
	["net 224.0.0.0/4 and greater 47", ["IGMPv3 report"]],
	["src 10.0.0.2 and not port 80 and not port 9090", ["RST-ACK"]],
	["ip proto 200 or ip proto \\ipencap", ["IPIP", "protocol 200"]],
])("%s passes %j", (text, expected) => {
	expect(passed(text)).toEqual(expected);
});

test("and and or bind equally, from the left; not binds tighter; a bare value takes the qualifiers before it", () => {
	expect(passed("icmp or tcp and port 80")).toEqual(passed("(icmp or tcp) and port 80"));
	expect(passed("not icmp and tcp")).toEqual(passed("(not icmp) and tcp"));
	expect(passed("tcp dst port 80 or 8080")).toEqual(passed("tcp dst port 80 or tcp dst port 8080"));
	expect(passed("not host 10.0.0.2 and 10.0.0.1")).toEqual(passed("not host 10.0.0.2 and host 10.0.0.1"));
});

test("a frame that is too short for what is asked of it is rejected, also under not", () => {
	const short = Uint8Array.from([...new Uint8Array(12), 8, 0, 0x45, 0]);
	for (const text of ["ip[9] = 6", "not ip[9] = 6", "tcp", "not tcp", "ip and (ip[9] = 6 or ip)"]) {
		expect([text, filter(text)(short)]).toEqual([text, false]);
	}
	expect(filter("ip or ip[9] = 6")(short)).toBe(true);
});

test("a live capture knows direction and device; in a file only cooked headers do", () => {
	const frame = new Uint8Array(60);
	const live = { live: true } as const;
	expect(filter("outbound", live)(frame, { outgoing: true })).toBe(true);
	expect(filter("inbound", live)(frame, { outgoing: true })).toBe(false);
	expect(filter("ifindex 3", live)(frame, { ifindex: 3 })).toBe(true);
	expect(parseFilter("inbound")).toEqual({
		ok: false,
		error: { kind: "invalid", message: "inbound/outbound not supported on Ethernet when reading savefiles" },
	});
	frame[10] = 4;
	expect(filter("outbound", { link: "sll2" })(frame)).toBe(true);
});

test("ip broadcast asks for the device's network", () => {
	const to = (last: readonly number[]): Uint8Array =>
		Uint8Array.from([...new Uint8Array(12), 8, 0, 0x45, ...new Uint8Array(15), ...last]);
	const passes = filter("ip broadcast", { netmask: 0xffffff00 });
	expect([to([10, 0, 0, 255]), to([10, 0, 0, 0]), to([10, 0, 0, 7])].map((frame) => passes(frame))).toEqual([
		true,
		true,
		false,
	]);
});

test("the length on the wire counts, not what the capture kept", () => {
	expect(filter("greater 100")(new Uint8Array(40), { length: 1500 })).toBe(true);
	expect(filter("less 100")(new Uint8Array(40), { length: 1500 })).toBe(false);
});

test("host names are all their addresses", () => {
	const hosts: FilterNames["hosts"] = (name) => (name === "web" ? [ip("10.0.0.1"), ip("fd00::1")] : undefined);
	const options = { names: { hosts, port: () => undefined } };
	const passes = filter("src host web", options);
	expect(filterFrames().filter((frame) => passes(frame)).length).toBe(
		filterFrames().filter((frame) => filter("src host 10.0.0.1 or src host fd00::1")(frame)).length,
	);
	expect(parseFilter("ip6 host nobody", options)).toMatchObject({
		ok: false,
		error: { message: "unknown host 'nobody'" },
	});
});

test.each([
	["tcp and", "syntax", "can't parse filter expression: syntax error"],
	["port 80 and host", "syntax", "can't parse filter expression: syntax error"],
	["tcp or 80", "syntax", "syntax error in filter expression"],
	["host 10.0.0.300", "invalid", "invalid IPv4 address '10.0.0.300'"],
	["net 10.0.0.1/8", "invalid", 'non-network bits set in "10.0.0.1/8"'],
	["udp port http", "invalid", "port 'http' is tcp"],
	["ip[0] / 0 = 1", "invalid", "division by zero"],
	["net constructor", "invalid", "unknown network 'constructor'"],
	["ether proto \\constructor", "invalid", "unknown ether proto 'constructor'"],
	["tcp and udp", "rejects-all", "expression rejects all packets"],
	["vlan 5", "not-modelled", "the filter 'vlan'"],
	["protochain \\tcp", "not-modelled", "the filter 'protochain'"],
])("%s is refused", (text, kind, message) => {
	expect(parseFilter(text, { names })).toEqual({ ok: false, error: { kind, message } });
});

test("what nothing can pass is taken when that is wanted", () => {
	const passes = filter("ip and arp", { allowNever: true });
	expect(filterFrames().some((frame) => passes(frame))).toBe(false);
});

test("not (X) passes exactly the whole frames that X does not", () => {
	const whole = filterFrames().filter((frame) => frame.length >= 80);
	// Offsets that are computed or too large may point past the end, and then both are rejected.
	const fixed = FILTERS.filter(
		(text) => text !== "" && text !== "1 = 1" && !/\[100\]|\[ip\[|tcp\[12\]| \/ /.test(text),
	);
	for (const text of fixed.filter((known) => parseFilter(known, { names }).ok)) {
		const [yes, no] = [filter(text), filter(`not (${text})`, { allowNever: true })];
		expect([text, whole.filter((frame) => yes(frame) === no(frame)).length]).toEqual([text, 0]);
	}
});

test("whatever is typed is taken or refused, and whatever comes is judged, without an exception", () => {
	const words = [...FILTERS, ...BAD_FILTERS, ...LINK_FILTERS].flatMap((text) => text.split(/\b|(?=\W)/));
	const text = fc.oneof(
		fc.string(),
		fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((list) => list.join("")),
	);
	const link = fc.constantFrom("ethernet" as const, "raw" as const, "sll" as const, "sll2" as const);
	fc.assert(
		fc.property(text, link, fc.uint8Array({ maxLength: 90 }), (typed, on, frame) => {
			const parsed = parseFilter(typed, { names, link: on });
			if (parsed.ok) expect(typeof parsed.value(frame)).toBe("boolean");
			else expect(parsed.error.message).not.toBe("");
		}),
		{ numRuns: 2000 },
	);
});
