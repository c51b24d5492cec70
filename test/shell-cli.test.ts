/** `podwire shell` as a user meets it: scripts, exit codes, JSON, bad input, and a terminal. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { MAIN, podwire } from "./run-podwire.ts";

const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-shell-"));
afterAll(() => rmSync(SCRATCH, { recursive: true }));

function script(name: string, text: string): string {
	const path = join(SCRATCH, name);
	writeFileSync(path, text);
	return path;
}

test("the built command is a program: npx and a shell can run it as it is", () => {
	expect(execFileSync(MAIN, ["--version"], { encoding: "utf8" })).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a script runs on the articles' two machines, and its last command's exit code is the shell's", async () => {
	const path = script("a.sh", "hostname\n@slave hostname\n# a comment\nfalse || exit 7\necho never\n");
	expect(await podwire("shell", path)).toEqual({ code: 7, out: "master\nslave\n", err: "" });
	expect(await podwire("shell", "-c", "ls /nope", "--host", "slave")).toEqual({
		code: 2,
		out: "",
		err: "ls: cannot access '/nope': No such file or directory\n",
	});
});

test("--echo prints each command with its prompt", async () => {
	const run = await podwire("shell", "--echo", "-c", "cd /tmp; pwd\non slave\nid -u");
	expect(run.out).toBe(
		"[root@master ~]# cd /tmp\n[root@master tmp]# pwd\n/tmp\n[root@master tmp]# on slave\n[root@slave ~]# id -u\n0\n",
	);
});

test("--json lists commands, outputs and exit codes", async () => {
	const run = await podwire("shell", "--json", "-c", "echo a; nope\n@slave hostname");
	expect(run.code).toBe(0);
	expect(JSON.parse(run.out)).toEqual({
		schema: "podwire.shell/v1",
		exit: 0,
		commands: [
			{ host: "master", command: "echo a", exit: 0, stdout: "a\n", stderr: "" },
			{ host: "master", command: "nope", exit: 127, stdout: "", stderr: "bash: nope: command not found\n" },
			{ host: "master", command: "@slave hostname", exit: 0, stdout: "slave\n", stderr: "" },
		],
		afterwards: { stdout: "", stderr: "" },
	});
});

test("captures are written where --captures says, also that of a tcpdump which the end of the script stops", async () => {
	const text = "tcpdump -i eth0 -w ping.pcap icmp &\nping -c1 10.211.55.123 > /dev/null\n";
	const run = await podwire("shell", "--captures", SCRATCH, "-c", text);
	expect(run.code).toBe(0);
	// The magic number of a pcap file, whichever way round it was written.
	expect([0xa1b2c3d4, 0xd4c3b2a1]).toContain(readFileSync(join(SCRATCH, "ping.pcap")).readUInt32BE(0));
});

test.each([
	["a file that is not there", ["shell", "/nope.sh"], "ENOENT"],
	["a machine that is not there", ["shell", "--host", "nope", "-c", "true"], "the machines are master, slave"],
	["a lab that is not there", ["shell", "--lab", "dnat-brigde", "-c", "true"], "did you mean dnat-bridge?"],
	["an unknown option", ["shell", "--ecko"], "--echo"],
])("bad input: %s", async (_title, args, says) => {
	const run = await podwire(...args);
	expect(run.code).toBe(2);
	expect(run.err).toContain(says);
});

/** Types into the built program on a terminal of its own (`script` of util-linux gives it one). */
async function typed(lines: readonly (readonly [text: string, until: RegExp])[]): Promise<string> {
	const command = `node ${MAIN} shell`;
	const history = join(SCRATCH, "history");
	const child = spawn("script", ["-qec", command, "/dev/null"], {
		cwd: SCRATCH,
		env: { ...process.env, PODWIRE_HISTORY: history, TERM: "xterm" },
	});
	const closed = new Promise((resolve) => child.on("close", resolve));
	let seen = "";
	let all = "";
	child.stdout.on("data", (data: Buffer) => {
		const text = data.toString().replaceAll("\r", "");
		seen += text;
		all += text;
	});
	const wait = async (pattern: RegExp): Promise<void> => {
		for (let k = 0; k < 400 && !pattern.test(seen); k += 1) await new Promise((resolve) => setTimeout(resolve, 50));
		expect(seen).toMatch(pattern);
		seen = "";
	};
	try {
		await wait(/\[root@master ~\]# /);
		for (const [text, until] of lines) {
			child.stdin.write(text);
			await wait(until);
		}
		await closed;
	} finally {
		child.kill();
	}
	return `${all}\nhistory:\n${readFileSync(history, "utf8")}`;
}

test("on a terminal: a prompt, Tab, lines that go on, Control-C, input for commands, jobs, exit", async () => {
	const seen = await typed([
		["unam\t", /uname /],
		["\r", /Linux\n[\s\S]*master ~\]# /],
		["echo pasted\recho as $((1+1))\recho lines\r", /pasted\n[\s\S]*as 2\n[\s\S]*lines\n[\s\S]*\]# /],
		["for i in 1 2\r", /> /],
		["do echo n$i; done\r", /n1\nn2\n[\s\S]*\]# /],
		["tail -f /etc/hostname\r", /master\n/],
		["\x03", /\^C[\s\S]*\]# /],
		["cat\r", /cat\n/],
		["typed\r", /typed\ntyped\n/],
		["\x04", /\]# /],
		["sleep 0.2 &\r", /\[1\] \d+[\s\S]*\]# /],
		["sleep 0.5\r", /\[1\]\+ {2}Done {20}sleep 0.2[\s\S]*\]# /],
		["on slave\r", /\[root@slave ~\]# /],
		["exit\r", /exit/],
	]);
	expect(seen.slice(seen.indexOf("history:"))).toBe(
		"history:\nuname \necho pasted\necho as $((1+1))\necho lines\nfor i in 1 2 do echo n$i; done\ntail -f /etc/hostname\ncat\nsleep 0.2 &\nsleep 0.5\non slave\nexit\n",
	);
});
