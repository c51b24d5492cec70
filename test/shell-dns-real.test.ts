/**
 * dig, nslookup and host of the shell beside those of BIND: the same lines on two machines of the real kernel and on the
 * simulated ones (test/shell-net-lab.ts), with the same zone behind them (test/dns-zone.ts). Needs root.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ip } from "../src/wire/addr.ts";
import { answerDns } from "./dns-zone.ts";
import { canRunReal } from "./real-netns.ts";
import type { ShellLab } from "./shell-lab.ts";
import { dnsLab } from "./shell-net-lab.ts";

const run = promisify(execFile);
const IP = "ip";
const CLIENT = `pwsh-dns-${process.pid}-c`;
const SERVER = `pwsh-dns-${process.pid}-s`;
/** `ip netns exec` lays the files in here over those of /etc. */
const ETC = `/etc/netns/${CLIENT}`;

const canRun = await canRunReal("dig", "nslookup", "host");

/**
 * Runs in the server's namespace: hands each query to this process as `number tcp|udp hex` on standard output, and sends back
 * what comes as `number hex` on standard input.
 */
const RELAY = `
const dgram = require("node:dgram"), net = require("node:net"), readline = require("node:readline");
const waiting = new Map();
let count = 0;
const ask = (kind, bytes, reply) => { waiting.set(String(++count), reply); console.log(count + " " + kind + " " + bytes.toString("hex")); };
const udp = dgram.createSocket("udp4");
udp.on("message", (bytes, from) => ask("udp", bytes, (answer) => udp.send(answer, from.port, from.address)));
udp.bind(53, "203.0.113.9", () => {
	const tcp = net.createServer((socket) => {
		socket.on("error", () => {});
		socket.on("data", (bytes) => ask("tcp", bytes.subarray(2), (answer) => {
			const length = Buffer.alloc(2);
			length.writeUInt16BE(answer.length);
			socket.write(Buffer.concat([length, answer]));
		}));
	});
	tcp.listen(53, "203.0.113.9", () => console.log("ready"));
});
readline.createInterface({ input: process.stdin }).on("line", (line) => {
	const [number, hex] = line.split(" ");
	waiting.get(number)(Buffer.from(hex, "hex"));
	waiting.delete(number);
});
`;

let server: ChildProcess | undefined;
let lab: ShellLab;

beforeAll(async () => {
	if (!canRun) return;
	for (const netns of [CLIENT, SERVER]) {
		await run(IP, ["netns", "add", netns]);
		await run(IP, ["netns", "exec", netns, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"]);
		await run(IP, ["netns", "exec", netns, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"]);
		await run(IP, ["-n", netns, "link", "set", "lo", "up"]);
	}
	await run(IP, ["-n", CLIENT, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", SERVER]);
	await run(IP, ["-n", CLIENT, "addr", "add", "192.168.7.2/24", "dev", "eth0"]);
	await run(IP, ["-n", CLIENT, "link", "set", "eth0", "up"]);
	await run(IP, ["-n", CLIENT, "route", "add", "default", "via", "192.168.7.1"]);
	for (const addr of ["192.168.7.1/24", "203.0.113.9/32", "203.0.113.1/32"]) {
		await run(IP, ["-n", SERVER, "addr", "add", addr, "dev", "eth0"]);
	}
	await run(IP, ["-n", SERVER, "link", "set", "eth0", "up"]);
	mkdirSync(ETC, { recursive: true });
	writeFileSync(`${ETC}/resolv.conf`, "nameserver 203.0.113.9\nsearch test\n");
	server = await startServer();
});

afterAll(async () => {
	server?.kill("SIGKILL");
	if (!canRun) return;
	rmSync(ETC, { recursive: true, force: true });
	for (const netns of [CLIENT, SERVER]) await run(IP, ["netns", "delete", netns]).catch(() => {});
});

beforeEach(async () => {
	lab = await dnsLab();
});

async function startServer(): Promise<ChildProcess> {
	const child = spawn(IP, ["netns", "exec", SERVER, process.execPath, "-e", RELAY], {
		stdio: ["pipe", "pipe", "inherit"],
	});
	let rest = "";
	await new Promise<void>((resolve, reject) => {
		child.once("exit", (code) => reject(new Error(`the DNS server ended with ${code}`)));
		child.stdout.on("data", (chunk) => {
			const lines = (rest + String(chunk)).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) {
				if (line === "ready") resolve();
				const [number = "", kind = "", hex = ""] = line.split(" ");
				const answer = hex === "" ? undefined : answerDns(ip("203.0.113.9"), Buffer.from(hex, "hex"), kind === "udp");
				if (answer !== undefined) child.stdin.write(`${number} ${Buffer.from(answer).toString("hex")}\n`);
			}
		});
	});
	return child;
}

async function real(line: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
	return new Promise((resolve) => {
		execFile(IP, ["netns", "exec", CLIENT, "sh", "-c", line], { encoding: "utf8" }, (error, out, err) =>
			resolve({ code: error === null ? 0 : Number(error.code), out, err }),
		);
	});
}

/** What differs from run to run, and with BIND's patch version. */
function plain(text: string): string {
	return text
		.replace(/DiG 9\.\S+/g, "DiG 9")
		.replace(/id: \d+/g, "id: N")
		.replace(/Query time: \d+ msec/g, "Query time: T msec")
		.replace(/WHEN: .*/g, "WHEN: then")
		.replace(/(Received \d+ bytes from \S+) in \d+ ms/g, "$1 in T ms");
}

test
	.skipIf(!canRun)
	.each([
		"dig web.test",
		"dig nosuch.test +noedns",
		"dig +short web.test",
		"dig -x 203.0.113.9 +short",
		"dig -x 203.0.113.9",
		"dig web.test six.test AAAA +short",
		"dig web.test MX",
		"dig +search +short web",
		"dig +short web",
		"dig +search web",
		"dig mx.test MX +noall +answer",
		"dig txt.test TXT +noall +answer",
		"dig srv.test SRV +noall +answer",
		"dig test SOA +noall +answer",
		"dig test NS",
		"dig @203.0.113.9 alias.test A +noall +answer",
		"dig -t aaaa six.test +short",
		"dig -q web.test -t A +nocmd +noall +answer",
		"dig +nocmd +nocomments +nostats web.test",
		"dig +noquestion +nostats web.test",
		"dig +tcp web.test",
		"dig big.test +noall +answer",
		"dig big.test +ignore",
		"dig +time=1 +tries=2 drop.test",
		"dig +time=1 +retry=0 +short drop.test",
		"dig fail.test",
		"dig refused.test +short",
		"dig @203.0.113.1 web.test +tries=1",
		"dig -p 5353 web.test +tries=1",
		"dig +foo web.test",
		"dig -t foo web.test",
		"dig -4 -b 192.168.7.2 web.test +short",
		"dig -b 192.168.7.2#foo web.test",
		"dig -b 192.168.7.2#99999 web.test",
		"dig -b 192.168.7.2#4000 web.test +short",
		"dig -b foo web.test",
		"dig -b 9.9.9.9 web.test +tries=1",
		"dig -p foo web.test",
		"dig -p 70000 web.test",
		"dig -v",
		"nslookup web",
		"nslookup web.test",
		"nslookup alias.test",
		"nslookup nosuch.test",
		"nslookup nosuch",
		"nslookup 203.0.113.9",
		"nslookup 203.0.113.77",
		"nslookup web.test 203.0.113.9",
		"nslookup web.test 203.0.113.1",
		"nslookup -type=MX mx.test",
		"nslookup -type=txt txt.test",
		"nslookup -type=srv srv.test",
		"nslookup -type=ns test",
		"nslookup -query=cname alias.test",
		"nslookup -type=soa test",
		"nslookup six.test",
		"nslookup -type=aaaa web.test",
		"nslookup fail.test",
		"nslookup refused.test",
		"nslookup -timeout=1 -retry=1 drop.test",
		"nslookup -port=5353 web.test",
		"nslookup -foo web.test",
		"host web",
		"host web.test",
		"host alias.test",
		"host nosuch.test",
		"host nosuch",
		"host 203.0.113.9",
		"host 203.0.113.77",
		"host web.test 203.0.113.9",
		"host web.test 203.0.113.1",
		"host mx.test",
		"host -t mx mx.test",
		"host -t txt txt.test",
		"host -t srv srv.test",
		"host -t soa test",
		"host -t ns test",
		"host six.test",
		"host fail.test",
		"host refused.test",
		"host -W 1 -R 1 drop.test",
		"host -t aaaa web.test",
		"host -t foo web.test",
		"host -v web.test",
		"host -a web.test",
		"host",
		"host -V",
		"host --help",
		"dig --help",
		"nslookup --help x",
		"host big.test",
		"host -v big.test",
		"nslookup big.test",
		"dig +short big.test",
	])("%s", async (line) => {
	const [theirs, ours] = [await real(line), await lab.sh(line)];
	const expected = { code: theirs.code, out: plain(theirs.out), err: plain(theirs.err) };
	expect({ code: ours.code, out: plain(ours.out), err: plain(ours.err) }).toEqual(expected);
});
