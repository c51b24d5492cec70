/** For tests: a DNS server on the simulated kernel with the zone `test`; test/shell-dns-real.test.ts has it on the real one. */
import { concatBytes, utf8Encode } from "../src/base/bytes.ts";
import type { Kernel } from "../src/kernel/kernel.ts";
import { type IpAddr, ip } from "../src/wire/addr.ts";
import {
	buildDns,
	type DnsMessage,
	type DnsRecord,
	type DnsRecordValue,
	dnsResponse,
	parseDns,
} from "../src/wire/dns.ts";

const SOA: DnsRecordValue = {
	type: "SOA",
	mname: "ns.test",
	rname: "root.test",
	serial: 1,
	refresh: 2,
	retry: 3,
	expire: 4,
	minimum: 5,
};

function zone(web: IpAddr): readonly DnsRecord[] {
	const at = (name: string, value: DnsRecordValue): DnsRecord => ({ name, ttl: 30, value });
	return [
		at("web.test", { type: "A", addr: web }),
		at("alias.test", { type: "CNAME", target: "web.test" }),
		at("six.test", { type: "AAAA", addr: ip("2001:db8::1") }),
		at("mx.test", { type: "MX", preference: 10, target: "web.test" }),
		at("txt.test", { type: "TXT", strings: [utf8Encode('hello "w" x')] }),
		at("srv.test", { type: "SRV", priority: 1, weight: 2, port: 80, target: "web.test" }),
		at("test", SOA),
		at("test", { type: "NS", target: "ns.test" }),
		at(`${web.split(".").reverse().join(".")}.in-addr.arpa`, { type: "PTR", target: "web.test" }),
		...Array.from({ length: 60 }, (_, k) => at("big.test", { type: "A", addr: ip(`10.9.0.${k + 1}`) })),
	];
}

export interface DnsServer {
	/** `A web.test`, in order. */
	readonly asked: string[];
}

/** Answers on UDP and TCP port 53 of an address; `drop.…` gets no answer, `fail.…` SERVFAIL, `refused.…` REFUSED. */
export function startDns(kernel: Kernel, netns: string, addr: IpAddr): DnsServer {
	const records = zone(addr);
	const asked: string[] = [];
	const socket = kernel.sockets.openUdp(
		netns,
		{ bind: { addr, port: 53 }, program: "dns" },
		{
			onDatagram(bytes, from) {
				const answer = respond(records, bytes, asked);
				if (answer !== undefined && socket.ok) socket.value.send(asDatagram(answer), from);
			},
		},
	);
	kernel.sockets.listenTcp(netns, { bind: { addr, port: 53 }, program: "dns" }, (connection) =>
		connection.handle({
			onData(bytes) {
				const answer = respond(records, bytes.subarray(2), asked);
				if (answer === undefined) return;
				const whole = buildDns(answer);
				connection.send(concatBytes(Uint8Array.of(whole.length >> 8, whole.length & 255), whole));
			},
			onEnd: () => connection.close(),
		}),
	);
	if (!socket.ok) throw new Error(socket.error.message);
	return { asked };
}

/** The same server's answer to one query, for a server elsewhere; undefined: none is sent. */
export function answerDns(addr: IpAddr, query: Uint8Array, isUdp: boolean): Uint8Array | undefined {
	const answer = respond(zone(addr), query, []);
	return answer === undefined ? undefined : isUdp ? asDatagram(answer) : buildDns(answer);
}

/** Cut off when it is longer than the asker takes. */
function asDatagram(answer: DnsMessage): Uint8Array {
	const whole = buildDns(answer);
	const limit = answer.edns === undefined ? 512 : 1232;
	return whole.length > limit ? buildDns({ ...answer, truncated: true, answers: [] }) : whole;
}

function respond(records: readonly DnsRecord[], bytes: Uint8Array, asked: string[]): DnsMessage | undefined {
	const query = parseDns(bytes);
	const [question] = query.ok ? query.value.questions : [];
	if (!query.ok || question === undefined) return undefined;
	const { name, type } = question;
	asked.push(`${type} ${name}`);
	if (name.startsWith("drop")) return undefined;
	const own = records.filter((record) => record.name === name.toLowerCase());
	const rcode = name.startsWith("fail")
		? "SERVFAIL"
		: name.startsWith("refused")
			? "REFUSED"
			: own.length > 0
				? "NOERROR"
				: "NXDOMAIN";
	const alias = own.find(({ value }) => value.type === "CNAME");
	const target = alias?.value.type === "CNAME" && type !== "CNAME" ? alias.value.target : undefined;
	const aimed = target === undefined ? own : [...own, ...records.filter((record) => record.name === target)];
	const answers = aimed.filter((record) => record === alias || record.value.type === type);
	const authorities = rcode === "NXDOMAIN" ? [{ name: "test", ttl: 300, value: SOA }] : [];
	return dnsResponse(query.value, {
		rcode,
		answers,
		authorities,
		...(query.value.edns === undefined ? {} : { edns: { udpPayloadBytes: 1232 } }),
	});
}
