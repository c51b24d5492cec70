/** Lines, messages and files are compared with the real tcpdump in test/shell-tcpdump-real.test.ts; here is how the command lives in the shell. */
import { expect, test } from "vitest";
import { type ShellRun, shellLab } from "../../../../test/shell-lab.ts";
import { parseCapture } from "../../../wire/pcap.ts";

const SLAVE = "10.211.55.123";
const PING = `ping -c 1 ${SLAVE} > /dev/null`;

function lines(run: ShellRun): readonly string[] {
	return run.out.split("\n").filter((line) => line !== "");
}

function framesOf(bytes: Uint8Array | undefined): number {
	const capture = parseCapture(bytes ?? new Uint8Array());
	if (!capture.ok) throw new Error(capture.error.message);
	return capture.value.packets.length;
}

test("packets are printed as they come, with the machine's time; Control-C ends it with the counts", async () => {
	const lab = await shellLab();
	const seen = await lab.sh(`sleep 61.5; tcpdump -nn -i eth0 icmp &\n${PING}`);
	const shown = lines(seen).map((line) => line.replace(/id \d+/, "id N").replace(/^00:01:01\.5\d{5} /, "AT "));
	expect(shown).toEqual([
		`AT IP 10.211.55.122 > ${SLAVE}: ICMP echo request, id N, seq 1, length 64`,
		`AT IP ${SLAVE} > 10.211.55.122: ICMP echo reply, id N, seq 1, length 64`,
	]);
	expect(seen.err).toBe(
		"tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n" +
			"listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n",
	);
	expect(await lab.finish()).toEqual({
		code: 0,
		out: "\n",
		err: "2 packets captured\n2 packets received by filter\n0 packets dropped by kernel\n",
	});
});

test("date and tcpdump agree on what day it is", async () => {
	const lab = await shellLab();
	await lab.sh("sleep 3600");
	const day = (await lab.sh("date '+%Y-%m-%d %H:%M:%S'")).out.trim();
	const seen = await lab.sh(`tcpdump -tttt -nn -c 1 -i eth0 arp &\n${PING}`);
	expect(lines(seen)[0]?.slice(0, 19)).toBe(day);
});

test("-c ends it by itself, and the next command in the list follows", async () => {
	const lab = await shellLab();
	const seen = await lab.sh(`(tcpdump -nn -t -i eth0 -c 1 icmp && echo done) &\n${PING}`);
	expect(lines(seen).at(-1)).toBe("done");
	expect(seen.err).toContain("1 packet captured\n");
});

test("-w writes to the real disk, also when the end of the script stops it; -r reads it back", async () => {
	const lab = await shellLab();
	const seen = await lab.sh(`tcpdump -i eth0 -p tcp or icmp -w ping.pcap &\n${PING}`);
	expect(seen.out).toBe("");
	expect(framesOf(lab.disk.get("ping.pcap"))).toBe(0);
	await lab.finish();
	expect(framesOf(lab.disk.get("ping.pcap"))).toBe(2);
	const read = await lab.sh("tcpdump -nn -t -r ping.pcap 'icmp[0] = 0'");
	expect(read.out.replace(/id \d+/, "id N")).toBe(
		`IP ${SLAVE} > 10.211.55.122: ICMP echo reply, id N, seq 1, length 64\n`,
	);
	expect(read.err).toBe("reading from file ping.pcap, link-type EN10MB (Ethernet), snapshot length 262144\n");
});

test("-U keeps the file up to date; -s keeps the beginning of packets", async () => {
	const lab = await shellLab();
	await lab.sh(`tcpdump -U -s 60 -i eth0 -w small.pcap icmp &\n${PING}`);
	const capture = parseCapture(lab.disk.get("small.pcap") ?? new Uint8Array());
	expect(
		capture.ok && capture.value.packets.map(({ frame, originalLength }) => [frame.length, originalLength]),
	).toEqual([
		[60, 98],
		[60, 98],
	]);
	expect((await lab.sh("tcpdump -nn -r small.pcap")).err).toContain("snapshot length 60\n");
});

test("a capture goes through a pipe", async () => {
	const lab = await shellLab();
	const seen = await lab.sh(`tcpdump -i eth0 -c 2 -w - icmp | tcpdump -nn -t -r - &\n${PING}\nwait`);
	expect(lines(seen).map((line) => line.replace(/,.*/, ""))).toEqual([
		`IP 10.211.55.122 > ${SLAVE}: ICMP echo request`,
		`IP ${SLAVE} > 10.211.55.122: ICMP echo reply`,
	]);
});

test("-i any shows every device of the namespace, and which way packets go", async () => {
	const lab = await shellLab();
	const seen = await lab.sh(`tcpdump -nn -t -i any icmp &\n${PING}\nping -c 1 127.0.0.1 > /dev/null`);
	expect(lines(seen).map((line) => line.replace(/ICMP.*/, "ICMP"))).toEqual([
		`eth0  Out IP 10.211.55.122 > ${SLAVE}: ICMP`,
		`eth0  In  IP ${SLAVE} > 10.211.55.122: ICMP`,
		"lo    In  IP 127.0.0.1 > 127.0.0.1: ICMP",
		"lo    In  IP 127.0.0.1 > 127.0.0.1: ICMP",
	]);
});

test("-Q takes one direction, and inbound in a filter is the same", async () => {
	const lab = await shellLab();
	for (const way of ["-Q in icmp", "icmp and inbound"]) {
		const seen = await lab.sh(`timeout 2 tcpdump -nn -t -i eth0 ${way} &\n${PING}\nwait`);
		expect(lines(seen).map((line) => line.replace(/,.*/, ""))).toEqual([
			`IP ${SLAVE} > 10.211.55.122: ICMP echo reply`,
		]);
	}
});

test("without -n, names of /etc/hosts and of services stand there, and a filter may use them", async () => {
	const lab = await shellLab();
	await lab.sh(`echo '${SLAVE} slave.lab slave' >> /etc/hosts\non slave\nhttp-server 80 &\non master`);
	const seen = await lab.sh(`tcpdump -q -t -i eth0 host slave and port http &\ncurl -s http://${SLAVE}/ > /dev/null`);
	expect(lines(seen)[0]).toMatch(/^IP 10\.211\.55\.122\.\d+ > slave\.lab\.http: tcp 0$/);
	const short = await lab.sh(`tcpdump -N -t -i eth0 icmp &\n${PING}`);
	expect(lines(short).some((line) => line.startsWith("IP 10.211.55.122 > slave: ICMP echo request"))).toBe(true);
});

test("in another namespace it sees that namespace's devices", async () => {
	const lab = await shellLab();
	await lab.sh("ip netns add ns1\nip link add v0 type veth peer name v1 netns ns1\nip -n ns1 link set v1 up");
	expect((await lab.sh("ip netns exec ns1 tcpdump -D")).out).toBe(
		"1.any (Pseudo-device that captures on all interfaces) [Up, Running]\n2.v1 [Up, Disconnected]\n3.lo [Loopback]\n",
	);
	expect(await lab.sh("ip netns exec ns1 tcpdump -i eth0")).toMatchObject({
		code: 1,
		err: "tcpdump: eth0: No such device exists\n(No such device exists)\n",
	});
	expect(await lab.sh("tcpdump -i v0")).toMatchObject({ code: 1, err: "tcpdump: v0: That device is not up\n" });
});

test("a filter may come from a file", async () => {
	const lab = await shellLab();
	await lab.sh("echo 'icmp and icmp[0] = 8' > only-requests");
	const seen = await lab.sh(`tcpdump -nn -t -i eth0 -F only-requests &\n${PING}`);
	expect(lines(seen).length).toBe(1);
});

test.each([
	["tcpdump -i eth0 vlan 5", "podwire: the filter 'vlan' is not modelled\n"],
	["tcpdump -i eth0 -d tcp", "podwire: tcpdump -d (the compiled filter) is not modelled\n"],
	["tcpdump -i eth0 -C 1 -w x", "podwire: tcpdump -C (a new file when one is full) is not modelled\n"],
])("%s is refused by name", async (command, err) => {
	const lab = await shellLab();
	expect(await lab.sh(command)).toEqual({ code: 2, out: "", err });
});
