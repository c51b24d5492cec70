/**
 * The LOG target's lines as dmesg shows them, beside the real kernel's: two namespaces on a bridge, as in the article about it,
 * with rules that log wherever a packet passes. Needs root, and sets `net.netfilter.nf_log_all_netns` while it runs.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canRunReal, RealNetns } from "./real-netns.ts";
import { type ShellLab, shellLab } from "./shell-lab.ts";

const run = promisify(execFile);
const canRun = await canRunReal("iptables", "ping", "nc", "dig", "dmesg");
/** Real kernels let only the first namespace log, but for this. */
const ALL_NETNS = "/proc/sys/net/netfilter/nf_log_all_netns";
const PREFIX = `T${process.pid}`;

const NETWORK = [
	"ip link set lo up",
	"ip link add br0 address 02:00:00:00:00:03 type bridge",
	"ip addr add 10.0.0.3/24 dev br0",
	"ip link set br0 up",
	...[1, 2].flatMap((k) => [
		`ip netns add ns${k}`,
		`ip link add v${k}b address 02:00:00:00:01:0${k} type veth peer name v${k}a address 02:00:00:00:00:0${k} netns ns${k}`,
		`ip link set v${k}b master br0 up`,
		`ip -n ns${k} addr add 10.0.0.${k}/24 dev v${k}a`,
		`ip -n ns${k} link set v${k}a up`,
		`ip -n ns${k} link set lo up`,
	]),
	"sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.ipv4.icmp_ratelimit=0",
];

const RULES = [
	"-t raw -A PREROUTING -m conntrack --ctstate ESTABLISHED",
	`-t nat -A PREROUTING -j LOG --log-prefix ${PREFIX}-nat-pre-`,
	`-t filter -A INPUT -j LOG --log-prefix ${PREFIX}-in-`,
	`-t filter -A FORWARD -j LOG --log-level info --log-tcp-sequence --log-tcp-options --log-ip-options --log-prefix ${PREFIX}-fwd-`,
	`-t filter -A OUTPUT -j LOG --log-uid --log-level 3 --log-prefix ${PREFIX}-out-`,
	`-t nat -A POSTROUTING -j LOG --log-prefix ${PREFIX}-nat-post-`,
	`-t mangle -A FORWARD -m mark --mark 0 -j MARK --set-mark 0x1f`,
];

/** What is typed, and what it shows. */
const STORIES: readonly (readonly [story: string, line: string])[] = [
	["ping across the bridge", "ip netns exec ns1 ping -c1 -W1 10.0.0.2"],
	["ping to the machine", "ip netns exec ns2 ping -c1 -W1 10.0.0.3"],
	["ping from the machine", "ping -c1 -W1 10.0.0.1"],
	["ping to itself", "ping -c1 -W1 127.0.0.1"],
	["fragments", "ip netns exec ns1 ping -c1 -W1 -s 3000 10.0.0.2"],
	["a type of service, no fragments", "ip netns exec ns1 ping -c1 -W1 -Q 0xb8 -M do 10.0.0.2"],
	["a short TTL", "ip netns exec ns1 ping -c1 -W1 -t 3 10.0.0.2"],
	["a closed TCP port", "ip netns exec ns1 nc -z -w1 -p 40001 10.0.0.2 81"],
	["a closed TCP port of the machine", "ip netns exec ns1 nc -z -w1 -p 40002 10.0.0.3 81"],
	["a closed UDP port", "ip netns exec ns1 dig -b 10.0.0.1#40003 -p 81 +noedns +tries=1 +time=1 @10.0.0.2 x"],
];

let real: RealNetns;
let lab: ShellLab;
let before = "";

async function realLine(line: string): Promise<void> {
	await real.run(line.split(" "));
}

/** So that no story has to ask for addresses, and each begins with an empty log. */
const QUIET = [
	"ip netns exec ns1 ping -c1 -W1 10.0.0.2",
	"ip netns exec ns1 ping -c1 -W1 10.0.0.3",
	"ping -c1 10.0.0.2",
];

beforeAll(async () => {
	if (!canRun) return;
	before = readFileSync(ALL_NETNS, "utf8");
	writeFileSync(ALL_NETNS, "1");
	real = await RealNetns.open();
	lab = await shellLab({ hosts: [{ name: "m" }] });
	for (const line of [...NETWORK, ...QUIET, ...RULES.map((rule) => `iptables ${rule}`)]) {
		const [theirs, ours] = [await real.run(line.split(" ")), await lab.sh(line)];
		expect([line, ours.code, theirs.err]).toEqual([line, theirs.code, ours.err]);
	}
});

afterAll(() => {
	real?.close();
	if (before !== "") writeFileSync(ALL_NETNS, before);
});

/** The lines of this test, without the time and what is drawn at random. */
function logged(text: string): readonly string[] {
	return text
		.split("\n")
		.filter((line) => line.includes(PREFIX))
		.map((line) =>
			line
				.slice(line.indexOf(PREFIX))
				.replace(/\bID=[1-9]\d*/g, "ID=N")
				.replace(/\b(SEQ|ACK)=[1-9]\d{3,}/g, "$1=N")
				.replace(/OPT \((020405B40402080A)[0-9A-F]{8}/g, "OPT ($1TTTTTTTT"),
		);
}

/** Without the reports of group membership that a bridge with an address sends by itself, some seconds later. */
async function realLog(): Promise<readonly string[]> {
	const { stdout } = await run("dmesg", [], { maxBuffer: 1 << 26 });
	return logged(stdout).filter((line) => !line.includes(" DST=224.0.0.22 "));
}

test.skipIf(!canRun).each(STORIES)("%s: %s", async (_story, line) => {
	const [theirsBefore, oursBefore] = [(await realLog()).length, logged((await lab.sh("dmesg")).out).length];
	await realLine(line);
	await lab.sh(line);
	const theirs = (await realLog()).slice(theirsBefore);
	const ours = logged((await lab.sh("dmesg")).out).slice(oursBefore);
	expect(theirs.length).toBeGreaterThan(0);
	expect(ours).toEqual(theirs);
});
