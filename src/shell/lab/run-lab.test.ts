import { expect, test } from "vitest";
import { formatTextError, formatTextPlace } from "../../base/text-error.ts";
import { SimKernel } from "../../sim/sim-kernel.ts";
import { formatDiff } from "./diff.ts";
import { openLab } from "./open-lab.ts";
import { parseLab } from "./parse-lab.ts";
import { type LabResult, type RunOptions, runLab } from "./run-lab.ts";

const TWO = `schema: podwire.lab/v1
title: two machines
hosts:
  a:
    interfaces: { eth0: { addresses: 10.0.0.1/24, mac: 02:00:00:00:00:0a } }
    sysctls: { net.ipv4.ip_forward: 1 }
    files: { /root/hello: "hello\\n" }
    routes: [{ to: default, via: 10.0.0.2 }]
  b:
    interfaces: { eth0: { addresses: [10.0.0.2/24], mac: 02:00:00:00:00:0b } }
    iptables: |
      *filter
      :INPUT ACCEPT [0:0]
      -A INPUT -p icmp -j LOG --log-prefix "in-"
      COMMIT
links: [{ cable: [a:eth0, b:eth0] }]
steps:
`;

async function run(steps: string, options: RunOptions = {}): Promise<LabResult> {
	const parsed = parseLab({ path: "my.yaml", text: `${TWO}${steps}` });
	if (!parsed.ok) throw new Error(parsed.error.map(formatTextError).join("\n"));
	const world = await openLab(new SimKernel(), parsed.value);
	if (!world.ok) throw new Error(formatTextError(world.error));
	const result = await runLab(world.value, parsed.value.lab, options);
	// Every check says where in the file it stands.
	for (const check of result.steps.flatMap((step) => step.checks)) {
		expect(formatTextPlace(parsed.value.text.error(check.path, ""))).not.toBe("my.yaml:1:1");
	}
	return result;
}

function failures(result: LabResult): readonly string[] {
	return result.steps
		.flatMap((step) => step.checks)
		.filter((check) => !check.ok)
		.map((check) => `${check.what}: ${formatDiff(check.diff)}`);
}

test("machines are as the lab says: files, sysctls, routes, rules, cables", async () => {
	const result = await run(`
  - on: a
    run: |
      cat hello
      cat /proc/sys/net/ipv4/ip_forward
      ip route
      ping -c 1 10.0.0.2
    expect:
      stdout: { contains: ["hello\\n1\\n", "default via 10.0.0.2 dev eth0", "1 received"] }
      arp: [{ address: 10.0.0.2, mac: 02:00:00:00:00:0b }, { on: b, entries: 1 }]
      log: [{ on: b, prefix: in-, contains: SRC=10.0.0.1, lines: 1 }, { prefix: in-, lines: 0 }]
      counters:
        - { on: b, table: filter, chain: INPUT, rule: in-, packets: 1, bytes: 84, newPackets: 1 }
        - { on: b, table: filter, chain: INPUT, rule: policy, newPackets: 1 }
      conntrack: [{ on: b, entries: 0 }]
`);
	expect(failures(result)).toEqual([]);
	expect(result).toMatchObject({ ok: true, failed: 0, held: 12 });
});

test("what is not so is said with expected and found", async () => {
	const result = await run(`
  - on: a
    run: |
      true
      false
    expect:
      stdout: { equals: "x\\n" }
      arp: [{ address: 10.0.0.2 }, { in: nowhere, entries: 0 }]
      log: [{ prefix: in-, lines: { atLeast: 2 } }]
      counters:
        - { on: b, table: filter, chain: INPUT, rule: 1, packets: 3 }
        - { on: b, table: filter, chain: INPUT, rule: DROP, packets: 3 }
        - { on: b, table: nat, chain: OTHER, rule: 1, packets: 3 }
      conntrack: [{ matches: tcp, entries: 1 }]
      captures: [{ file: no.pcap, packets: 1 }]
`);
	expect(failures(result)).toEqual([
		"false: exit code 0: - 0\n+ 1",
		"stdout is as expected: - x",
		"packets in no.pcap: - a capture\n+ there is no file no.pcap",
		"packets of filter INPUT rule 1 on b: 3: - 3\n+ 0",
		'filter INPUT "DROP" on b: - a rule\n+ -A INPUT -p icmp -j LOG --log-prefix in-',
		"nat OTHER rule 1 on b: - a rule\n+ there is no chain OTHER in table nat",
		'LOG lines "in-": at least 2: - at least 2\n+ 0',
		"ARP entry of 10.0.0.2: 1: - 1\n+ 0",
		"ARP entries in nowhere: + there is no namespace nowhere on a",
		"connections matching tcp: 1: - 1\n+ 0",
	]);
	expect(result.ok).toBe(false);
});

test("a step inside a namespace is typed there, step after step in the same shell", async () => {
	const result = await run(`
  - { on: a, run: ip netns add red }
  - on: a
    in: red
    run: |
      ip -br link
      x=kept
    expect: { stdout: { matches: '^lo\\s+DOWN', lacks: eth0 } }
  - { on: a, in: red, run: echo $x, expect: { stdout: { equals: "kept\\n" } } }
  - { on: a, run: echo $x, expect: { stdout: { equals: "\\n" } } }
`);
	expect(failures(result)).toEqual([]);
});

test("commands in another terminal go on beside the steps, until Ctrl-C", async () => {
	const commands: string[] = [];
	const result = await run(
		`
  - { on: b, terminal: log, run: tail -f /var/log/messages }
  - on: a
    run: ping 10.0.0.2
    interruptAfter: 2500ms
    expect:
      stdout: { contains: 3 received }
      terminals: { log: { lines: 3, contains: SEQ=3 } }
  - { on: b, interrupt: log }
  - on: b
    terminal: log
    run: |
      sleep 1; echo one
      echo two
  - { on: a, run: sleep 2, expect: { terminals: { log: { equals: "one\\ntwo\\n" } } } }
`,
		{ onCommand: ({ prompt, command, terminal }) => void commands.push(`${terminal ?? ""} ${prompt}${command}`) },
	);
	expect(failures(result)).toEqual([]);
	expect(result.steps.map((step) => step.commands.map((each) => [each.exit === undefined, each.interrupted]))).toEqual([
		[[true, false]],
		[[false, true]],
		[[false, true]],
		[
			[true, false],
			[true, false],
			[true, false],
		],
		[[false, false]],
	]);
	expect(commands).toEqual([
		"log [root@b ~]# tail -f /var/log/messages",
		" [root@a ~]# ping 10.0.0.2",
		"log [root@b ~]# sleep 1;",
		"log [root@b ~]# echo one",
		"log [root@b ~]# echo two",
		" [root@a ~]# sleep 2",
	]);
});

test("a command that never ends is stopped, and the step fails", async () => {
	const result = await run(`
  - { on: a, run: tail -f hello }
  - { on: a, run: echo after, expect: { stdout: { equals: "after\\n" } } }
`);
	expect(failures(result)).toEqual(["tail -f hello: exit code 0: - 0\n+ 124"]);
	expect(result.steps[0]?.stderr).toContain("stopped after 300 s; a step needs terminal or interruptAfter for it");
});

test("exit codes: every command's, one that is wanted, or whatever", async () => {
	const result = await run(`
  - { on: a, run: "false", expect: { exit: 1 } }
  - { on: a, run: "no-such-command", expect: { exit: any } }
  - { on: a, run: "true", expect: { exit: 1 } }
`);
	expect(failures(result)).toEqual(["true: exit code 1: - 1\n+ 0"]);
});

test("with explain a step that sent packets is explained, another is not", async () => {
	const result = await run(
		`
  - { on: a, run: ping -c 1 10.0.0.2 }
  - { on: a, run: ip route }
`,
		{ explain: true },
	);
	expect(result.steps.map((step) => step.explained?.notes.map((note) => note.about))).toEqual([
		["arp-first"],
		undefined,
	]);
	expect((await run("\n  - { on: a, run: ping -c 1 10.0.0.2 }\n")).steps[0]?.explained).toBeUndefined();
});

test("the same lab with the same seed prints the same", async () => {
	const text = async (): Promise<string> =>
		(await run("\n  - { on: a, run: ping -c 3 10.0.0.2 }\n")).steps[0]?.stdout ?? "";
	expect(await text()).toBe(await text());
});
