import { expect, test } from "vitest";
import { CLIENT, SERVER, TwoHosts } from "../../../test/two-hosts.ts";
import { utf8Encode } from "../../base/bytes.ts";
import type { TcpConnection } from "../../kernel/socket.ts";
import { ip } from "../../wire/addr.ts";

function lines(hosts: TwoHosts, netns: "client" | "server"): readonly string[] {
	const listed = hosts.kernel.sockets.list(netns);
	if (!listed.ok) throw new Error(listed.error.message);
	return listed.value.map((entry) => {
		const { protocol, state, local, remote, recvQueue, sendQueue } = entry;
		const owner = `${entry.program ?? "-"}/${entry.pid ?? "-"}${entry.dev === undefined ? "" : ` on ${entry.dev}`}`;
		const far = remote === undefined ? "*" : `${remote.addr}:${remote.port}`;
		return `${protocol} ${state} ${recvQueue} ${sendQueue} ${local.addr}:${local.port} ${far} ${owner}`;
	});
}

test("sockets are listed through their states with their queues and owners", async () => {
	const hosts = await TwoHosts.create();
	const { sockets } = hosts.kernel;
	let accepted: TcpConnection | undefined;
	sockets.listenTcp("server", { bind: { port: 80 }, program: "nginx", pid: 7, backlog: 511 }, (connection) => {
		accepted = connection;
	});
	sockets.openUdp("server", { bind: { port: 53 }, dev: "eth0", program: "dns", pid: 8 }, {});
	expect(lines(hosts, "server")).toEqual([
		"tcp LISTEN 0 511 0.0.0.0:80 * nginx/7",
		"udp UNCONN 0 0 0.0.0.0:53 * dns/8 on eth0",
	]);

	const client = sockets.connectTcp(
		"client",
		{ addr: SERVER, port: 80 },
		{ bind: { port: 4000 }, program: "curl", pid: 9 },
		{ onData: () => {}, onEnd: () => {} },
	);
	if (!client.ok) throw new Error(client.error.message);
	expect(lines(hosts, "client")).toEqual([`tcp SYN-SENT 0 1 ${CLIENT}:4000 ${SERVER}:80 curl/9`]);
	hosts.lab.pass(0.1);
	client.value.send(utf8Encode("hello"));
	expect(lines(hosts, "client")).toEqual([`tcp ESTAB 0 5 ${CLIENT}:4000 ${SERVER}:80 curl/9`]);
	hosts.lab.pass(0.1);
	expect(lines(hosts, "server")[1]).toBe(`tcp ESTAB 5 0 ${SERVER}:80 ${CLIENT}:4000 nginx/7`);

	client.value.close();
	hosts.lab.pass(0.1);
	expect(lines(hosts, "client")).toEqual([`tcp FIN-WAIT-2 0 0 ${CLIENT}:4000 ${SERVER}:80 -/-`]);
	expect(lines(hosts, "server")[1]).toBe(`tcp CLOSE-WAIT 5 0 ${SERVER}:80 ${CLIENT}:4000 nginx/7`);
	accepted?.close();
	hosts.lab.pass(0.1);
	expect(lines(hosts, "client")).toEqual([`tcp TIME-WAIT 0 0 ${CLIENT}:4000 ${SERVER}:80 -/-`]);
	expect(lines(hosts, "server").length).toBe(2);
});

test("half-open connections are listed, and connected UDP sockets with their peer", async () => {
	const hosts = await TwoHosts.create();
	const { sockets } = hosts.kernel;
	sockets.listenTcp("server", { bind: { port: 80 } }, () => {});
	hosts.wire = (packet) => (packet.from === "server" ? "drop" : "pass");
	sockets.connectTcp("client", { addr: SERVER, port: 80 }, { bind: { port: 4000 } }, {});
	sockets.openUdp("client", { connect: { addr: SERVER, port: 53 }, bind: { port: 5000 } }, {});
	hosts.lab.pass(0.1);
	expect(lines(hosts, "server")).toContain(`tcp SYN-RECV 0 0 ${SERVER}:80 ${CLIENT}:4000 -/-`);
	expect(lines(hosts, "client")).toContain(`udp ESTAB 0 0 ${CLIENT}:5000 ${SERVER}:53 -/-`);
	expect(sockets.list("nowhere")).toMatchObject({ error: { errno: "ENOENT" } });
});

test("an unconnected socket hears of ICMP errors with where they come from, and may broadcast when it says so", async () => {
	const hosts = await TwoHosts.create();
	const heard: unknown[] = [];
	const opened = hosts.kernel.sockets.openUdp(
		"client",
		{ broadcast: true },
		{ onError: (error) => heard.push(error), onIcmpError: (report) => heard.push(report) },
	);
	if (!opened.ok) throw new Error(opened.error.message);
	opened.value.send(utf8Encode("x"), { addr: SERVER, port: 99 });
	hosts.lab.pass(0.1);
	expect(heard).toEqual([{ from: SERVER, type: 3, code: 3, to: { addr: SERVER, port: 99 } }]);
	expect(opened.value.send(utf8Encode("x"), { addr: ip("10.0.0.255"), port: 99 }).ok).toBe(true);
});
