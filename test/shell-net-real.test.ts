/**
 * ping, nc, curl and Python's web server of the shell beside the real ones, in network namespaces of our own: the same lines
 * on the same three machines (test/shell-net-lab.ts). Needs root. Times, ports and dates are made alike before comparing.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ShellLab } from "./shell-lab.ts";
import { netLab } from "./shell-net-lab.ts";

const run = promisify(execFile);
const IP = "ip";
const PREFIX = `pwsh-net-${process.pid}`;
const MACHINES = ["c", "r", "s"] as const;
type Machine = (typeof MACHINES)[number];

async function hasTool(tool: string, ...args: readonly string[]): Promise<boolean> {
	return run(tool, [...args]).then(
		() => true,
		() => false,
	);
}

const isRoot = process.getuid?.() === 0;
const canRun = isRoot && (await hasTool(IP, "-V")) && (await hasTool("ping", "-V")) && (await hasTool("curl", "-V"));
const canNc = canRun && (await hasTool("sh", "-c", "nc -h 2>&1 | grep -q 'OpenBSD netcat'"));
const hasPython = canRun && (await hasTool("python3", "-c", "import http.server"));

let lab: ShellLab;

interface Run {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

function netnsOf(machine: Machine): string {
	return `${PREFIX}-${machine}`;
}

/** Runs a line on a real machine, with nothing to read. */
async function real(machine: Machine, line: string): Promise<Run> {
	return new Promise((resolve) => {
		const child = spawn(IP, ["netns", "exec", netnsOf(machine), "sh", "-c", line], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		let [out, err] = ["", ""];
		child.stdout.on("data", (chunk) => {
			out += chunk;
		});
		child.stderr.on("data", (chunk) => {
			err += chunk;
		});
		child.on("close", (code) => resolve({ code: code ?? 1, out, err }));
	});
}

/** Runs a line on a simulated machine; `c` is the one that is typed at. */
async function simulated(machine: Machine, line: string): Promise<Run> {
	await lab.sh(`on ${machine}`);
	const ran = await lab.sh(line);
	await lab.sh("on c");
	return ran;
}

async function must(machine: Machine, line: string): Promise<void> {
	const { code, err } = await real(machine, line);
	if (code !== 0) throw new Error(`${machine}: ${line}: ${err}`);
}

beforeAll(async () => {
	if (!canRun) return;
	const quiet = "net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.icmp_ratelimit=0";
	for (const machine of MACHINES) {
		await run(IP, ["netns", "add", netnsOf(machine)]);
		await must(machine, `sysctl -qw ${quiet}; ip link set lo up`);
	}
	await must("c", `ip link add eth0 type veth peer name eth0 netns ${netnsOf("r")}`);
	await must("s", `ip link add eth0 type veth peer name eth1 netns ${netnsOf("r")}`);
	await must("r", "sysctl -qw net.ipv4.ip_forward=1; ip addr add 192.168.7.1/24 dev eth0; ip link set eth0 up");
	await must("r", "ip addr add 203.0.113.1/24 dev eth1; ip link set eth1 up");
	await must("c", "ip addr add 192.168.7.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.168.7.1");
	await must("s", "ip addr add 203.0.113.9/24 dev eth0; ip link set eth0 up; ip route add default via 203.0.113.1");
});

afterAll(async () => {
	if (!canRun) return;
	for (const machine of MACHINES) await run(IP, ["netns", "delete", netnsOf(machine)]).catch(() => {});
});

const servers: ChildProcess[] = [];

beforeEach(async () => {
	lab = await netLab();
});

afterEach(() => {
	for (const server of servers.splice(0)) server.kill("SIGKILL");
});

/** What differs from run to run and machine to machine. */
function plain(text: string): string {
	return text
		.replace(/time=[\d.]+ ms/g, "time=T ms")
		.replace(/time \d+ms/g, "time Tms")
		.replace(/^rtt min\/avg\/max\/mdev = .*$/gm, (line) => line.replace(/[\d.]+/g, "T"))
		.replace(/after \d+ m/g, "after T m")
		.replace(/(received on \S+) \d+/g, "$1 PORT")
		.replace(/\[\d\d\/\w{3}\/\d{4} [\d:]+\]/g, "[DATE]")
		.replace(/^((?:[<] )?(?:Date|Last-Modified): ).*$/gm, "$1DATE")
		.replace(/SimpleHTTP\/\S+ Python\/\S+/g, "SimpleHTTP Python")
		.replace(/curl\/\d[\d.]*/g, "curl");
}

/** Which process and descriptor it is differs, sockets come in the order of a hash, and as wide as the last column is a pid. */
function plainSockets(text: string): string {
	const lines = text
		.replace(/pid=\d+,fd=\d+/g, "pid,fd")
		.replace(/ +$/gm, "")
		.split("\n");
	return lines.sort().join("\n");
}

interface Step {
	readonly on: Machine;
	readonly line: string;
	/** Takes it back on the real machine. */
	readonly undo: string;
}

/** Prepares both worlds alike, types each line on both, and compares all they say. */
async function compare(lines: readonly string[], steps: readonly Step[] = []): Promise<void> {
	for (const { on, line } of steps) {
		await must(on, line);
		const ours = await simulated(on, line);
		if (ours.code !== 0) throw new Error(`${line}: ${ours.err}`);
	}
	try {
		for (const line of lines) {
			const [theirs, ours] = [await real("c", line), await lab.sh(line)];
			const expected = { line, code: theirs.code, out: plain(theirs.out), err: plain(theirs.err) };
			expect({ line, code: ours.code, out: plain(ours.out), err: plain(ours.err) }).toEqual(expected);
		}
	} finally {
		for (const { on, undo } of [...steps].reverse()) await must(on, undo);
	}
}

test
	.skipIf(!canRun)
	.each([
		"ping -c2 -i0.2 203.0.113.9",
		"ping -c2 -i0.2 -q 203.0.113.9",
		"ping -c1 -n localhost",
		"ping -c1 127.1",
		"ping -c1 -s 0 203.0.113.9",
		"ping -c1 -s 15 203.0.113.9",
		"ping -c1 -s 16 203.0.113.9",
		"ping -c1 -s 2000 203.0.113.9",
		"ping -c1 -s 65507 203.0.113.9",
		"ping -c1 -M do -s 1472 203.0.113.9",
		"ping -c2 -i0.2 -M do -s 2000 203.0.113.9",
		"ping -c1 -M dont -s 2000 203.0.113.9",
		"ping -c1 -p 12ff -Q 0x10 -e 77 203.0.113.9",
		"ping -c1 -I eth0 203.0.113.9",
		"ping -c1 -I 192.168.7.2 203.0.113.9",
		"ping -c1 -W1 -I lo 203.0.113.9",
		"ping -c1 -I nosuch 203.0.113.9",
		"ping -c1 -I 1.2.3.4 203.0.113.9",
		"ping -c1 -t1 203.0.113.9",
		"ping -c2 -i0.2 -t1 -q 203.0.113.9",
		"ping -l 3 -c 3 203.0.113.9",
		"ping -c 3 -i 0.1 -w 2 203.0.113.9",
		"ping -c3 192.168.7.201",
		"ping -c1 -W1 203.0.113.77",
		"ping -O -c3 -i0.2 -W0.5 203.0.113.78",
		"ping -c1 192.168.7.255",
		"ping -b -c1 -W1 192.168.7.255",
	])("%s", async (line) => {
	await compare([line]);
});

test.skipIf(!canRun)("ping says the same of arguments that are wrong", async () => {
	const bad = [
		"",
		"-c 0 1.1.1.1",
		"-c x 1.1.1.1",
		"-z 1.1.1.1",
		"-c",
		"-t 300 1.1.1.1",
		"-t 0 203.0.113.9",
		"-M foo 1.1.1.1",
		"-s -1 1.1.1.1",
		"-W -1 1.1.1.1",
		"-i 99999999 1.1.1.1",
		"-e 70000 1.1.1.1",
		"-Q 0x1ff 1.1.1.1",
		"-Q x 1.1.1.1",
		"-l 0 1.1.1.1",
		"-m x 1.1.1.1",
		"-p zz 1.1.1.1",
		"-h",
		"--help",
		"--foo 1.1.1.1",
		"-6 203.0.113.9",
		"''",
	];
	await compare(bad.map((args) => `ping ${args}`));
});

test.skipIf(!canRun)("routes that lead nowhere", async () => {
	const special = ["unreachable 10.0.2.0/24", "blackhole 10.0.1.0/24", "prohibit 10.0.3.0/24"];
	const steps = special.map(
		(route) => ({ on: "c", line: `ip route add ${route}`, undo: `ip route del ${route}` }) as const,
	);
	const lines = ["10.0.1.1", "10.0.2.1", "10.0.3.1"].flatMap((addr) => [
		`ping -c1 ${addr}`,
		`curl -sSv http://${addr}/`,
		...(canNc ? [`nc -zv ${addr} 80`, `nc -zvu -w1 ${addr} 80`] : []),
	]);
	await compare(lines, steps);
});

test.skipIf(!canRun)("no route at all", async () => {
	const steps = [{ on: "c", line: "ip route del default", undo: "ip route add default via 192.168.7.1" }] as const;
	const nc = canNc ? ["nc -zv -w1 203.0.113.9 80"] : [];
	await compare(["ping -c1 203.0.113.9", ...nc, "curl -sSv -m1 http://203.0.113.9/"], steps);
});

test.skipIf(!canRun)("a smaller MTU on the way", async () => {
	const steps = [
		{ on: "s", line: "ip link set eth0 mtu 1400", undo: "ip link set eth0 mtu 1500" },
		{ on: "r", line: "ip link set eth1 mtu 1400", undo: "ip link set eth1 mtu 1500" },
	] as const;
	await compare(["ping -c2 -i0.2 -M do -s 1472 203.0.113.9", "ping -c2 -i0.2 -M want -s 1472 203.0.113.9"], steps);
	await must("c", "ip route flush cache");
});

const REJECTS = [
	"icmp-net-unreachable",
	"icmp-host-unreachable",
	"icmp-proto-unreachable",
	"icmp-port-unreachable",
	"icmp-net-prohibited",
	"icmp-host-prohibited",
	"icmp-admin-prohibited",
];

test.skipIf(!canRun).each(REJECTS)("the router refuses with %s", async (kind) => {
	const rule = `FORWARD -d 203.0.113.9 -j REJECT --reject-with ${kind}`;
	const steps = [{ on: "r", line: `iptables -A ${rule}`, undo: `iptables -D ${rule}` }] as const;
	const nc = canNc ? ["nc -zv -w1 203.0.113.9 80", "nc -zvu -w1 203.0.113.9 80"] : [];
	await compare(["ping -c1 -W1 203.0.113.9", ...nc, "curl -sSv -m1 http://203.0.113.9/"], steps);
});

test.skipIf(!canRun)("the router refuses with tcp-reset, and drops", async () => {
	const reset = "FORWARD -p tcp -d 203.0.113.9 -j REJECT --reject-with tcp-reset";
	const drop = "FORWARD -d 203.0.113.55 -j DROP";
	const steps = [reset, drop].map(
		(rule) => ({ on: "r", line: `iptables -A ${rule}`, undo: `iptables -D ${rule}` }) as const,
	);
	const nc = canNc ? ["nc -zv -w1 203.0.113.9 80", "nc -zv -w1 203.0.113.55 80"] : [];
	const curl = [
		"curl -sS -m1 http://203.0.113.9/",
		"curl -sSv -m1 http://203.0.113.55/",
		"curl -sS --connect-timeout 1 http://203.0.113.55/",
	];
	await compare(["ping -c1 -W1 203.0.113.55", ...nc, ...curl], steps);
});

test.skipIf(!canRun).each(["DROP", "REJECT"])("the machine's own OUTPUT chain: %s", async (target) => {
	const rule = `OUTPUT -d 203.0.113.9 -j ${target}`;
	const steps = [{ on: "c", line: `iptables -A ${rule}`, undo: `iptables -D ${rule}` }] as const;
	const nc = canNc ? ["nc -zv -w1 203.0.113.9 80", "nc -zuv -w1 203.0.113.9 80"] : [];
	await compare(["ping -c1 -W1 203.0.113.9", ...nc, "curl -sS -m1 http://203.0.113.9/"], steps);
});

test.skipIf(!canNc)("closed ports, a short TTL, a neighbour that is not there", async () => {
	await compare([
		"nc -zv -w1 203.0.113.9 81",
		"nc -z -w1 203.0.113.9 81",
		"nc -zv 203.0.113.9 82-80",
		"nc -zvu -w1 203.0.113.9 81",
		"nc -v localhost 81",
		"nc -vn 127.0.0.1 81",
		"nc -M 1 -v 203.0.113.9 80",
		"nc -s 9.9.9.9 203.0.113.9 80",
		"nc -v 192.168.7.203 80",
		"curl -sSv http://203.0.113.9:81/",
		"curl -sS -m9 http://192.168.7.204/",
	]);
});

test.skipIf(!canNc)("nc says the same of arguments that are wrong", async () => {
	const bad = [
		"",
		"1.2.3.4",
		"-l",
		"-z",
		"-w x 1.2.3.4 80",
		"1.2.3.4 99999",
		"1.2.3.4 foo",
		"1.2.3.4 0",
		"-g",
		"-w",
		"-n nosuch.invalid 80",
		"-lz 90",
		"-l -p 99 -s 1.2.3.4",
		"-l 1.2.3.4 99",
		"-p 80x 203.0.113.9 80",
		"-T x 1.1.1.1 80",
		"-q x 1.1.1.1 80",
		"-l 1 2 3",
		"-6 203.0.113.9 80",
		"--help",
		"--foo 1.1.1.1 80",
	];
	await compare(bad.map((args) => `nc ${args}`));
});

test.skipIf(!canRun)("curl says the same of arguments that are wrong", async () => {
	const bad = [
		"",
		"-s",
		"--foo",
		"-m",
		"-m x http://203.0.113.9/",
		"--max-time=5 http://203.0.113.9/",
		"foo://203.0.113.9/",
		"http://",
		"http://203.0.113.9:99999/",
		"-sS 'http://203.0.113.9/a b'",
		"-sS --resolve bad http://foo/",
		"-sSv --interface nosuch.invalid http://203.0.113.9/",
		"-sSv --interface 9.9.9.9 http://203.0.113.9/",
		"-H",
	];
	// A name that does not exist takes the real resolver seconds where there is no DNS.
	await compare(bad.filter((args) => !args.includes("nosuch.invalid")).map((args) => `curl ${args}`));
});

/** Starts a server on a real machine; resolves when it listens. */
async function serve(line: string, port: number, machine: Machine = "s"): Promise<{ out(): string }> {
	const child = spawn(IP, ["netns", "exec", netnsOf(machine), "sh", "-c", `exec ${line}`], {
		stdio: ["ignore", "pipe", "pipe"],
		cwd: directory,
	});
	servers.push(child);
	let text = "";
	child.stdout.on("data", (chunk) => {
		text += chunk;
	});
	child.stderr.on("data", (chunk) => {
		text += chunk;
	});
	for (let k = 0; k < 200; k += 1) {
		const { out } = await real(machine, `ss -Hltun "sport = :${port}"`);
		if (out !== "") return { out: () => text };
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	throw new Error(`${line} does not listen on ${port}: ${text}`);
}

let directory = tmpdir();

test.skipIf(!canNc).each([
	{ reply: "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nabc", curl: "curl -sSv" },
	{ reply: "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\nabc", curl: "curl -sSv" },
	{ reply: "HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nabc", curl: "curl -sSv" },
	{ reply: "HTTP/1.1 404 Not Found\\r\\nContent-Length: 3\\r\\n\\r\\nabc", curl: "curl -sSf" },
	{ reply: "HTTP/1.1 404 Not Found\\r\\nContent-Length: 3\\r\\n\\r\\nabc", curl: "curl -i -s" },
	{
		reply: "HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\n\\r\\n",
		curl: "curl -sSv -o /dev/null",
	},
	{
		reply: "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n",
		curl: "curl -sSv -d a=b -u me:pw -A it -e there -b k=v -H 'X-A: 1' -H Accept:",
	},
	{ reply: "HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nabc", curl: "curl -sv -X PUT -G -d q=1" },
	{ reply: "garbage\\r\\n", curl: "curl -sSv" },
	{ reply: "", curl: "curl -sSv" },
	{ reply: "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nabc", curl: "curl -sSI" },
	{
		reply: "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nabc",
		curl: "curl -s -w '%{http_code} %{size_download} %{remote_ip}:%{remote_port} %{local_ip} %{url_effective}\\n'",
	},
])("$curl is answered with $reply", async ({ reply, curl }) => {
	const line = `printf '${reply}' | nc -lN 8080 > /dev/null`;
	await serve(`sh -c "printf '${reply.replaceAll("\\", "\\\\")}' | nc -lN 8080 > /dev/null"`, 8080);
	await simulated("s", `${line} &`);
	await compare([`${curl} http://203.0.113.9:8080/x`]);
});

test.skipIf(!canNc)("a server that says nothing", async () => {
	await serve("nc -dlk 8080", 8080);
	await simulated("s", "nc -dlk 8080 > /dev/null &");
	await compare([
		"curl -sSv -m1 http://203.0.113.9:8080/",
		"nc -zv -w1 203.0.113.9 8080",
		"nc -z -v 203.0.113.9 8079-8081",
	]);
});

// On the router, where no test before has left a TIME-WAIT.
test.skipIf(!canNc)("ss shows who listens where, and who is connected", async () => {
	const listeners: readonly (readonly [line: string, port: number])[] = [
		["nc -dlk 8080", 8080],
		["nc -dlk 203.0.113.1 22", 22],
		["nc -dlk 127.0.0.1 9999", 9999],
		["nc -dluk 53", 53],
	];
	for (const [line, port] of listeners) {
		await serve(line, port, "r");
		await simulated("r", `${line} > /dev/null &`);
	}
	const client = "nc -dp 40000 192.168.7.1 8080";
	servers.push(spawn(IP, ["netns", "exec", netnsOf("c"), ...client.split(" ")], { stdio: "ignore" }));
	await expect.poll(async () => (await real("r", "ss -Htn")).out).toContain("192.168.7.2:40000");
	await simulated("c", `${client} &`);
	for (const args of SS_ARGUMENTS) {
		const line = `ss ${args}`;
		const [theirs, ours] = [await real("r", line), await simulated("r", line)];
		const [expected, got] = [theirs, ours].map(({ out, ...rest }) => ({ line, ...rest, out: plainSockets(out) }));
		expect(got).toEqual(expected);
	}
});

const SS_ARGUMENTS = [
	"-tlnpu",
	"-lnptu",
	"-tln",
	"-ulnp",
	"-tlp",
	"-Htlnp",
	"-Htun",
	"-tn",
	"-tanp",
	"-un",
	"-tun",
	"-w",
	"-lw",
	"-tn state established",
	"-tan state listening",
	"-tn exclude established",
	"-tn dst 192.168.7.2",
	"-tn dst 192.168.7.0/24",
	"-tan sport = :8080",
	"-tan '( sport = :8080 or sport = :22 ) and not dst 192.168.7.2'",
	"-tln src 127.0.0.1",
	"-6tln",
	"-4tln",
	"--tcp --listening --numeric",
	"-tn state foo",
	"-tn sport = foo bar",
	"-tn dst",
	"-tn src 1.2.3.400",
	"-q",
	"--foo",
	"-V",
];

test.skipIf(!canNc)("text goes both ways through nc, and both ends say so", async () => {
	const served = await serve(`sh -c "echo from-server | nc -nlvN 1234"`, 1234);
	await simulated("s", "echo from-server | nc -nlvN 1234 > /tmp/out 2>&1 &");
	await compare(["echo hi | nc -vN 203.0.113.9 1234"]);
	await expect.poll(() => served.out()).toContain("hi\n");
	const ours = await simulated("s", "cat /tmp/out");
	expect(plain(ours.out).split("\n").sort()).toEqual(plain(served.out()).split("\n").sort());
});

test.skipIf(!canNc)("datagrams: what -v sends first, and a server that answers nobody else", async () => {
	const served = await serve("nc -nluv 1234", 1234);
	await simulated("s", "nc -nluv 1234 > /tmp/out 2>&1 &");
	await compare(["echo hi | nc -uv -w1 203.0.113.9 1234"]);
	const ours = await simulated("s", "cat /tmp/out");
	await expect.poll(() => served.out()).toContain("hi\n");
	expect(plain(ours.out)).toBe(plain(served.out()));
});

test.skipIf(!hasPython)("Python's web server: pages, errors, its log", async () => {
	directory = mkdtempSync(join(tmpdir(), "pwsh-net-"));
	writeFileSync(join(directory, "file.txt"), "data\n");
	mkdirSync(join(directory, "sub"));
	writeFileSync(join(directory, "sub", "A&b.html"), "<p>\n");
	writeFileSync(join(directory, "sub", "c"), "");
	await simulated("s", "mkdir -p /srv/sub; cd /srv; echo data > file.txt; echo '<p>' > 'sub/A&b.html'; touch sub/c");
	try {
		const served = await serve("python3 -u -m http.server 80", 80);
		await simulated("s", "python3 -m http.server 80 > /tmp/log 2>&1 &");
		await compare([
			"curl -si http://203.0.113.9/file.txt",
			"curl -si http://203.0.113.9/nosuch",
			"curl -si http://203.0.113.9/sub",
			"curl -siL http://203.0.113.9/sub",
			"curl -sI http://203.0.113.9/file.txt",
			"curl -si -d a=b http://203.0.113.9/",
			"curl -svL http://203.0.113.9/sub",
		]);
		const ours = await simulated("s", "cat /tmp/log");
		expect(plain(ours.out)).toBe(plain(served.out()));
	} finally {
		rmSync(directory, { recursive: true });
		directory = tmpdir();
	}
});
