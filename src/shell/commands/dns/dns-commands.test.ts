/** dig, nslookup and host: what the tools of BIND 9.18 printed for the same zone on a real machine (2026-11). */
import { expect, test } from "vitest";
import { dnsLab, netLab, told } from "../../../../test/shell-net-lab.ts";

/** Query identifiers and dates differ from run to run. */
function plain(text: string): string {
	return text.replace(/id: \d+/g, "id: N").replace(/WHEN: .*/g, "WHEN: then");
}

test("dig prints an answer as BIND's does", async () => {
	const lab = await dnsLab();
	expect(plain(await told(lab, "dig web.test"))).toBe(`
; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> web.test
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N
;; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
;; QUESTION SECTION:
;web.test.			IN	A

;; ANSWER SECTION:
web.test.		30	IN	A	203.0.113.9

;; Query time: 0 msec
;; SERVER: 203.0.113.9#53(203.0.113.9) (UDP)
;; WHEN: then
;; MSG SIZE  rcvd: 61

(rc 0)`);
	expect(plain(await told(lab, "dig nosuch.test +noedns"))).toBe(`
; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> nosuch.test +noedns
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: N
;; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 0

;; QUESTION SECTION:
;nosuch.test.			IN	A

;; AUTHORITY SECTION:
test.			300	IN	SOA	ns.test. root.test. 1 2 3 4 5

;; Query time: 0 msec
;; SERVER: 203.0.113.9#53(203.0.113.9) (UDP)
;; WHEN: then
;; MSG SIZE  rcvd: 85

(rc 0)`);
});

test.each([
	["dig +short web.test", "203.0.113.9\n(rc 0)"],
	["dig -x 203.0.113.9 +short", "web.test.\n(rc 0)"],
	["dig web.test six.test AAAA +short", "203.0.113.9\n2001:db8::1\n(rc 0)"],
	["dig +search +short web", "203.0.113.9\n(rc 0)"],
	["dig +short web", "(rc 0)"],
	["dig mx.test MX +noall +answer", "mx.test.\t\t30\tIN\tMX\t10 web.test.\n(rc 0)"],
	["dig txt.test TXT +noall +answer", 'txt.test.\t\t30\tIN\tTXT\t"hello \\"w\\" x"\n(rc 0)'],
	["dig srv.test SRV +noall +answer", "srv.test.\t\t30\tIN\tSRV\t1 2 80 web.test.\n(rc 0)"],
	["dig test SOA +noall +answer", "test.\t\t\t30\tIN\tSOA\tns.test. root.test. 1 2 3 4 5\n(rc 0)"],
	[
		"dig @203.0.113.9 alias.test A +noall +answer",
		"alias.test.\t\t30\tIN\tCNAME\tweb.test.\nweb.test.\t\t30\tIN\tA\t203.0.113.9\n(rc 0)",
	],
	["dig +nocmd +nocomments +nostats web.test", ";web.test.\t\t\tIN\tA\nweb.test.\t\t30\tIN\tA\t203.0.113.9\n(rc 0)"],
	["dig +tcp +noall +answer web.test", "web.test.\t\t30\tIN\tA\t203.0.113.9\n(rc 0)"],
	[
		"dig +time=1 +tries=2 drop.test",
		`;; communications error to 203.0.113.9#53: timed out
;; communications error to 203.0.113.9#53: timed out

; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> +time=1 +tries=2 drop.test
;; global options: +cmd
;; no servers could be reached
(rc 9)`,
	],
	[
		"dig @203.0.113.1 web.test +tries=1",
		`;; communications error to 203.0.113.1#53: connection refused

; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> @203.0.113.1 web.test +tries=1
; (1 server found)
;; global options: +cmd
;; no servers could be reached
(rc 9)`,
	],
	[
		"ip route add unreachable 10.0.2.0/24; dig @10.0.2.1 web.test +tries=1",
		`;; UDP setup with 10.0.2.1#53(10.0.2.1) for web.test failed: host unreachable.
;; no servers could be reached
(rc 9)`,
	],
	["dig @nosuch.invalid web.test", "dig: couldn't get address for 'nosuch.invalid': not found\n(rc 1)"],
	[
		"dig +foo web.test",
		`Invalid option: +foo
Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
(rc 1)`,
	],
	["dig +trace web.test", "podwire: dig +trace is not modelled\n(rc 2)"],

	[
		"nslookup web",
		"Server:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\nNon-authoritative answer:\nName:\tweb.test\nAddress: 203.0.113.9\n\n(rc 0)",
	],
	[
		"nslookup alias.test",
		"Server:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\nNon-authoritative answer:\nalias.test\tcanonical name = web.test.\nName:\tweb.test\nAddress: 203.0.113.9\n\n(rc 0)",
	],
	[
		"nslookup nosuch.test",
		"Server:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\n** server can't find nosuch.test: NXDOMAIN\n\n(rc 1)",
	],
	[
		"nslookup 203.0.113.9",
		"9.113.0.203.in-addr.arpa\tname = web.test.\n\nAuthoritative answers can be found from:\n\n(rc 0)",
	],
	["nslookup 203.0.113.77", "** server can't find 77.113.0.203.in-addr.arpa: NXDOMAIN\n\n(rc 1)"],
	[
		"nslookup web.test 203.0.113.1",
		";; communications error to 203.0.113.1#53: connection refused\n".repeat(3) +
			";; no servers could be reached\n\n(rc 1)",
	],
	[
		"nslookup -type=MX mx.test",
		"Server:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\nNon-authoritative answer:\nmx.test\tmail exchanger = 10 web.test.\n\nAuthoritative answers can be found from:\n\n(rc 0)",
	],
	[
		"nslookup -type=soa test",
		"Server:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\nNon-authoritative answer:\ntest\n\torigin = ns.test\n\tmail addr = root.test\n\tserial = 1\n\trefresh = 2\n\tretry = 3\n\texpire = 4\n\tminimum = 5\n\nAuthoritative answers can be found from:\n\n(rc 0)",
	],
	[
		"nslookup six.test",
		"Server:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\nNon-authoritative answer:\nName:\tsix.test\nAddress: 2001:db8::1\n\n(rc 0)",
	],
	[
		"nslookup -type=aaaa web.test",
		"Server:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\nNon-authoritative answer:\n*** Can't find web.test: No answer\n\n(rc 0)",
	],
	[
		"nslookup fail.test",
		";; Got SERVFAIL reply from 203.0.113.9\nServer:\t\t203.0.113.9\nAddress:\t203.0.113.9#53\n\n** server can't find fail.test: SERVFAIL\n\n(rc 1)",
	],
	[
		"nslookup -timeout=1 -retry=1 drop.test",
		";; communications error to 203.0.113.9#53: timed out\n;; no servers could be reached\n\n(rc 1)",
	],
	["nslookup -foo web.test | head -1", "*** Invalid option: foo\n(rc 0)"],

	["host web", "web.test has address 203.0.113.9\n(rc 0)"],
	["host alias.test", "alias.test is an alias for web.test.\nweb.test has address 203.0.113.9\n(rc 0)"],
	["host nosuch.test", "Host nosuch.test not found: 3(NXDOMAIN)\n(rc 1)"],
	["host 203.0.113.9", "9.113.0.203.in-addr.arpa domain name pointer web.test.\n(rc 0)"],
	["host 203.0.113.77", "Host 77.113.0.203.in-addr.arpa. not found: 3(NXDOMAIN)\n(rc 1)"],
	[
		"host web.test 203.0.113.9",
		"Using domain server:\nName: 203.0.113.9\nAddress: 203.0.113.9#53\nAliases: \n\nweb.test has address 203.0.113.9\n(rc 0)",
	],
	[
		"host web.test 203.0.113.1",
		";; communications error to 203.0.113.1#53: connection refused\n".repeat(2) +
			";; no servers could be reached\n(rc 1)",
	],
	["host mx.test", "mx.test mail is handled by 10 web.test.\n(rc 0)"],
	["host -t txt txt.test", 'txt.test descriptive text "hello \\"w\\" x"\n(rc 0)'],
	["host -t srv srv.test", "srv.test has SRV record 1 2 80 web.test.\n(rc 0)"],
	["host -t soa test", "test has SOA record ns.test. root.test. 1 2 3 4 5\n(rc 0)"],
	["host six.test", "six.test has IPv6 address 2001:db8::1\n(rc 0)"],
	["host fail.test", "Host fail.test not found: 2(SERVFAIL)\n(rc 1)"],
	["host -t aaaa web.test", "web.test has no AAAA record\n(rc 0)"],
	["host -t foo web.test", "host: invalid type: foo\n\n(rc 2)"],

	[
		"ping -c1 alias.test | head -2",
		"PING web.test (203.0.113.9) 56(84) bytes of data.\n64 bytes from web.test (203.0.113.9): icmp_seq=1 ttl=63 time=0.004 ms\n(rc 0)",
	],
	["ping -c1 nosuch.test", "ping: nosuch.test: Name or service not known\n(rc 2)"],
	["ping -c1 mx.test", "ping: mx.test: No address associated with hostname\n(rc 2)"],
	["ping -c1 fail.test", "ping: fail.test: Temporary failure in name resolution\n(rc 2)"],
	["curl -sS http://nosuch.test", "curl: (6) Could not resolve host: nosuch.test\n(rc 6)"],
	["nc -zv web.test 81", "nc: connect to web.test (203.0.113.9) port 81 (tcp) failed: Connection refused\n(rc 1)"],
])("%s", async (line, expected) => {
	expect(await told(await dnsLab(), line)).toBe(expected);
});

test("an answer that was cut off is asked for again over TCP", async () => {
	const lab = await dnsLab();
	const { out } = await lab.sh("dig big.test +nostats");
	expect(out.split("\n")[0]).toBe(";; Truncated, retrying in TCP mode.");
	expect(out.match(/IN\tA\t10\.9\.0\./g)?.length).toBe(60);
	expect(lab.dns.asked).toEqual(["A big.test", "A big.test"]);
});

test("getaddrinfo's order: A and AAAA of each name of the search list, a name with enough dots first as it is", async () => {
	const lab = await dnsLab();
	await lab.sh("nc -zv -w1 nosuch 80");
	expect(lab.dns.asked).toEqual(["A nosuch.test", "AAAA nosuch.test", "A nosuch", "AAAA nosuch"]);
	lab.dns.asked.length = 0;
	await lab.sh("nc -zv -w1 no.such 80");
	expect(lab.dns.asked).toEqual(["A no.such", "AAAA no.such", "A no.such.test", "AAAA no.such.test"]);
});

test("/etc/hosts goes before DNS, in both directions", async () => {
	const lab = await dnsLab();
	await lab.sh("echo '203.0.113.9 server srv' >> /etc/hosts");
	expect(await told(lab, "ping -c1 srv | head -2")).toContain(
		"PING server (203.0.113.9) 56(84) bytes of data.\n64 bytes from server (203.0.113.9): icmp_seq=1",
	);
	expect(lab.dns.asked).toEqual([]);
});

test("without a name server names cannot be found, and addresses have none", async () => {
	const lab = await netLab();
	expect(await told(lab, "ping -c1 web.test")).toBe("ping: web.test: Temporary failure in name resolution\n(rc 2)");
	expect(await told(lab, "traceroute -q1 -m1 192.168.7.1")).toContain(" 1  192.168.7.1 (192.168.7.1)  0.0");
});
