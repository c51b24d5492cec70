import { expect, test } from "vitest";
import { shellLab } from "../../test/shell-lab.ts";

test("each machine has its own shell: on HOST changes to it, @HOST runs one command there", async () => {
	const lab = await shellLab();
	expect((await lab.sh("hostname; cd /tmp; x=1; on slave\nhostname; pwd; echo [$x]")).out).toBe(
		"master\nslave\n/root\n[]\n",
	);
	expect(lab.session.host).toBe("slave");
	expect((await lab.sh("@master pwd; on root@10.211.55.122 'echo $x'; hostname")).out).toBe("/tmp\n1\nslave\n");
	expect(await lab.sh("on salve")).toEqual({
		code: 1,
		out: "",
		err: "podwire: on salve: no such machine; did you mean slave?\n",
	});
});

test("a script's command that only waits goes on in the background, and is stopped at the end", async () => {
	const lab = await shellLab();
	await lab.sh("echo old > /var/log/x");
	const run = await lab.sh("tail -f /var/log/x; echo after\necho new >> /var/log/x");
	expect(run.out).toBe("old\nafter\nnew\n");
	expect(run.err).toBe('podwire: "tail -f /var/log/x" runs until it is stopped: it goes on as background job [1]\n');
	expect((await lab.sh("jobs")).out).toBe("[1]+  Running                 tail -f /var/log/x &\n");
	expect((await lab.sh("echo more >> /var/log/x")).out).toBe("more\n");
	await lab.finish();
	expect((await lab.sh("echo unheard >> /var/log/x; jobs")).out).toBe(
		"[1]+  Interrupt               tail -f /var/log/x\n",
	);
});

test("a command that waits while others still work is not put away too early", async () => {
	const lab = await shellLab();
	const run = await lab.sh(
		"(sleep 6; echo late >> /tmp/x; sleep 1; pkill tail) & touch /tmp/x; tail -f /tmp/x; echo ended",
	);
	expect([run.out, run.err]).toEqual(["late\nended\n", ""]);
});

test("background jobs that end by themselves may do so before a script ends", async () => {
	const lab = await shellLab();
	await lab.sh("sleep 3 && echo done &");
	expect((await lab.finish()).out).toBe("done\n");
});

test("Control-C ends the statement and not the session", async () => {
	const lab = await shellLab();
	lab.kernel.clock.after(2e9, () => lab.session.interrupt());
	const run = await lab.sh("sleep 100; echo not");
	expect([run.code, run.out]).toEqual([130, ""]);
	expect((await lab.sh("date +%S")).out).toBe("02\n");
});

test("a nested shell takes the lines to come, until exit", async () => {
	const lab = await shellLab();
	const run = await lab.sh("x=1; bash; echo [$x]; cd /tmp; exit 3; echo $? [$x]; pwd");
	expect(run.out).toBe("[]\n3 [1]\n/root\n");
	await lab.sh("exit 7");
	expect(lab.session.exited).toBe(true);
});

test("namespaces without a name: unshare, nsenter, lsns", async () => {
	const lab = await shellLab();
	await lab.sh("unshare -n sleep 50 &");
	const pid = (await lab.sh("pgrep sleep")).out.trim();
	expect(
		(
			await lab.sh(
				`nsenter -t ${pid} -n cat /sys/class/net/lo/operstate; ls /sys/class/net; nsenter -t ${pid} -n ls /sys/class/net`,
			)
		).out,
	).toBe("unknown\neth0\nlo\nlo\n");
	expect((await lab.sh("lsns -t net")).out).toMatch(
		/^ {8}NS TYPE NPROCS {2}PID USER {4}NETNSID NSFS COMMAND\n\d+ net +\d+ +1 root unassigned +\/usr\/lib\/systemd\/systemd\n\d+ net +1 \d+ root unassigned {6}sleep 50\n$/,
	);
	expect(await lab.sh("nsenter -t 99999 -n true")).toEqual({
		code: 1,
		out: "",
		err: "nsenter: cannot open /proc/99999/ns/net: No such file or directory\n",
	});
	expect((await lab.sh("nsenter -n true")).err).toBe("nsenter: neither filename nor target pid supplied for ns/net\n");
});

test.each([
	["ecko hi", 127, "bash: ecko: command not found\npodwire: did you mean echo?\n"],
	["docker ps", 127, "bash: docker: command not found\npodwire: docker is not modelled\n"],
	["vi x", 127, "bash: vi: command not found\npodwire: there is no editor; write files with: cat > FILE <<EOF\n"],
	["./nope", 127, "bash: ./nope: No such file or directory\n"],
	["/etc/hosts", 126, "bash: /etc/hosts: Permission denied\n"],
	["/etc", 126, "bash: /etc: Is a directory\n"],
	["cat /nope", 1, "cat: /nope: No such file or directory\n"],
	["echo x > /nope/y", 1, "bash: /nope/y: No such file or directory\n"],
	["echo x > /etc", 1, "bash: /etc: Is a directory\n"],
	["echo 1 > /proc/sys/net/ipv4/nope", 1, "bash: /proc/sys/net/ipv4/nope: No such file or directory\n"],
	["echo yes > /proc/sys/net/ipv4/ip_forward", 1, "bash: echo: write error: Invalid argument\n"],
	[
		"grep -Z x",
		2,
		"grep: invalid option -- 'Z'\nUsage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
	],
	["uname --foo", 1, "uname: unrecognized option '--foo'\nTry 'uname --help' for more information.\n"],
	["head -n x f", 1, "head: invalid number of lines: ‘x’\nTry 'head --help' for more information.\n"],
	["sleep", 1, "sleep: missing operand\nTry 'sleep --help' for more information.\n"],
	["timeout 1 nope", 127, "timeout: failed to run command ‘nope’: No such file or directory\n"],
	["systemctl restart nope", 5, "Failed to restart nope.service: Unit nope.service not found.\n"],
	["apt-get install -y nope", 100, "E: Unable to locate package nope\n"],
	["apt-get", 1, "Usage: apt-get [options] command\n"],
	["apt-get source nope", 2, "podwire: apt-get source is not modelled\n"],
	["http-server -p x", 2, "http-server: invalid port: x\n"],
	["echo )", 2, "bash: line 1: syntax error near unexpected token `)'\n"],
	["if true; then", 2, "bash: line 1: syntax error: unexpected end of file\n"],
	["echo 'a", 2, "bash: line 1: unexpected EOF while looking for matching `''\n"],
])("%s: exit code %i and its words", async (line, code, err) => {
	const run = await (await shellLab()).sh(line);
	expect([run.code, run.err]).toEqual([code, err]);
});

test("podwire's own servers say how they are used, and help names every command once", async () => {
	const lab = await shellLab();
	for (const server of ["echo-server", "http-server"]) {
		expect(await lab.sh(`${server} --help`)).toMatchObject({ code: 0, err: "" });
		const wrong = await lab.sh(`${server} --nope`);
		expect([wrong.code, wrong.err.split("\n")[0]]).toEqual([2, `${server}: unrecognized option '--nope'`]);
		expect(wrong.err).toContain(`Usage: ${server} [`);
	}
	const names = (await lab.sh("help")).out.split("\n").map((line) => line.slice(0, 31).trim());
	expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test("a tool whose errors point to --help has it", async () => {
	const lab = await shellLab();
	for (const name of ["cat", "head", "dmesg", "lsns", "nsenter", "unshare", "wc", "grep", "sleep", "uname", "watch"]) {
		const { code, out, err } = await lab.sh(`${name} --help`);
		expect([code, out.split("\n")[0], err]).toEqual([0, `Usage: ${name} [OPTION]... [ARGUMENT]...`, ""]);
	}
});

test("a job is stopped by its number from any machine", async () => {
	const lab = await shellLab();
	await lab.sh("on master; sleep 100 &\non slave\nsleep 200 &");
	expect(await lab.sh("kill %1; sleep 1; on master; pgrep sleep; on slave; pgrep -a sleep")).toMatchObject({
		code: 0,
		err: "",
	});
	expect((await lab.sh("@master ps aux")).out).not.toContain("sleep 100");
	expect((await lab.sh("ps aux")).out).toContain("sleep 200");
});

test("a file in /etc/rsyslog.d counts as a line of rsyslog.conf", async () => {
	const lab = await shellLab();
	await lab.sh("echo 'kern.* /var/log/own.log' > /etc/rsyslog.d/own.conf; systemctl restart rsyslog");
	await lab.sh("iptables -A INPUT -p icmp -j LOG --log-prefix 'mine '; ping -c1 127.0.0.1");
	expect((await lab.sh("grep -c 'kernel: mine IN=lo' /var/log/own.log")).out).toBe("2\n");
});

test("exit leads back to where ssh was typed, and else ends the session", async () => {
	const lab = await shellLab();
	const run = await lab.sh("hostname\nssh root@10.211.55.123\nhostname\nexit\nhostname\non slave\nexit\nhostname");
	expect(run).toEqual({ code: 0, out: "master\nslave\nmaster\n", err: "Connection to slave closed.\n" });
	expect(lab.session.exited).toBe(true);
});

test("the lines before a syntax error are run", async () => {
	const run = await (await shellLab()).sh("echo one\necho two\necho )\necho three");
	expect([run.code, run.out]).toEqual([2, "one\ntwo\n"]);
	expect(run.err).toContain("line 3");
});

test("sysctls are files of the namespace that looks at them", async () => {
	const lab = await shellLab();
	const forward = "/proc/sys/net/ipv4/ip_forward";
	const run = await lab.sh(
		`cat ${forward}; echo 1 > ${forward}; cat ${forward}; unshare -n cat ${forward}; @slave cat ${forward}`,
	);
	expect(run.out).toBe("0\n1\n0\n0\n");
	expect((await lab.sh("ls /proc/sys/net; cat /proc/sys/kernel/hostname; cat /sys/class/net/eth0/address")).out).toBe(
		"bridge\nipv4\nnetfilter\nmaster\n00:1c:42:00:00:7a\n",
	);
});

test("the LOG target's lines reach the files that rsyslog.conf names, once the service was restarted", async () => {
	const lab = await shellLab({
		hosts: [
			{
				name: "master",
				iptables: "*filter\n:INPUT ACCEPT\n-A INPUT -p icmp -j LOG --log-prefix in- --log-level notice\nCOMMIT\n",
				interfaces: [{ name: "eth0", addresses: ["10.211.55.122/24"] }],
			},
		],
	});
	const ping = "ping -c1 127.0.0.1 > /dev/null";
	await lab.sh(`echo "kern.=notice /var/log/iptables.log" >> /etc/rsyslog.conf; ${ping}`);
	expect((await lab.sh("cat /var/log/iptables.log")).err).toContain("No such file");
	await lab.sh(`systemctl restart rsyslog; ${ping}`);
	const lines = (await lab.sh("cat /var/log/iptables.log")).out.split("\n").slice(0, -1);
	expect(lines.length).toBe(2);
	expect(lines[0]).toMatch(
		/^Jan {2}1 00:00:\d\d master kernel: in-IN=lo OUT= MAC=00:.* SRC=127\.0\.0\.1 .* PROTO=ICMP TYPE=8 /,
	);
	expect((await lab.sh("grep -c in- /var/log/messages; dmesg | grep -c in-IN; dmesg -l warn | wc -l")).out).toBe(
		"4\n4\n0\n",
	);
	await lab.sh(`systemctl stop rsyslog; ${ping}`);
	expect((await lab.sh("wc -l < /var/log/iptables.log; systemctl is-active rsyslog")).out).toBe("2\ninactive\n");
});

test("a rule that needs connection tracking turns it on when the machine boots", async () => {
	const rules = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n";
	const ping = "ping -c1 127.0.0.1 > /dev/null; wc -l < /proc/net/nf_conntrack";
	expect((await (await shellLab({ hosts: [{ name: "a", iptables: rules }] })).sh(ping)).out).toBe("1\n");
	expect((await (await shellLab({ hosts: [{ name: "a" }] })).sh(ping)).out).toBe("0\n");
});

test("watch shows counters as they change, and stops by itself where nobody is", async () => {
	const lab = await shellLab();
	const run = await lab.sh("watch -n 2 -t date +%S");
	expect(run.out.split("\n").filter((line) => line !== "")).toEqual(["00", "02", "04", "06"]);
	expect(run.err).toBe("podwire: watch: stopped after 4 rounds, as nobody is there to press Control-C\n");
});

test("files travel between machines, and a script is a program once it is executable", async () => {
	const lab = await shellLab();
	const run = await lab.sh(
		"printf '#!/bin/sh\\necho on $HOSTNAME\\n' > go.sh; chmod +x go.sh; scp go.sh root@10.211.55.123:/tmp; ./go.sh; @slave /tmp/go.sh; which go.sh ls ip",
	);
	expect(run.out).toBe("on master\non slave\n/usr/bin/ls\n/usr/sbin/ip\n");
});

test("the machine: its system, its name, its date", async () => {
	const run = await (await shellLab()).sh(
		"cat /etc/centos-release; uname -sr; hostname -I; date; whoami; id -u; nproc",
	);
	expect(run.out).toBe(
		"CentOS Stream release 9\nLinux 5.14.0-427.el9.x86_64\n10.211.55.122 \nThu Jan  1 00:00:00 UTC 2026\nroot\n0\n2\n",
	);
});

test("an endless loop ends in a script, and goes on in its background", async () => {
	const lab = await shellLab();
	const run = await lab.sh(
		"while true; do date +%S; sleep 1; done | tail -1; while :; do x=$((x+1)); [ $x = 20 ] && break; done; echo $x",
	);
	expect(run.out).toBe("09\n20\n");
	expect(run.err).toBe("podwire: an endless loop was stopped after 10 rounds, as nobody is there to press Control-C\n");
	expect((await lab.sh("while true; do echo tick; sleep 1; done > /tmp/t & sleep 30.5; wc -l < /tmp/t")).out).toBe(
		"31\n",
	);
	expect((await lab.sh("i=1; while [ $i -gt 0 ]; do i=2; done; echo after")).err).toContain("in which no time passed");
});

test("time is the kernel's", async () => {
	expect((await (await shellLab()).sh("time sleep 61.5")).err).toBe(
		"\nreal\t1m1.500s\nuser\t0m0.000s\nsys\t0m0.000s\n",
	);
});
