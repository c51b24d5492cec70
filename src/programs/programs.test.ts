import { expect, test } from "vitest";
import { badEndings } from "../../test/sim-lab.ts";
import { CLIENT, SERVER, TwoHosts } from "../../test/two-hosts.ts";
import { utf8Decode, utf8Encode } from "../base/bytes.ts";
import { registerNetHook } from "../sim/netfilter/hooks.ts";
import { ip } from "../wire/addr.ts";
import { httpGet } from "./http-get.ts";
import { type HttpServerOptions, httpServer } from "./http-server.ts";
import { ping } from "./ping.ts";
import { udpClient } from "./udp-client.ts";
import { udpEcho } from "./udp-echo.ts";

const WEB = { addr: SERVER, port: 80 };
const SECOND = 1e9;

function serve(hosts: TwoHosts, options: HttpServerOptions): void {
	const started = httpServer(hosts.kernel, "server", options);
	if (!started.ok) throw new Error(started.error.message);
}

/** A rule of the client's that drops what it sends. */
function dropOutput(hosts: TwoHosts): void {
	registerNetHook(hosts.lab.netns("client"), "ipv4", "OUTPUT", { priority: 0, name: "test", fn: () => "drop" });
}

test("a pod's web server answers with its name and the client that it sees", async () => {
	const hosts = await TwoHosts.create();
	serve(hosts, { pod: "web-1" });
	const result = await httpGet(hosts.kernel, "client", { to: WEB });
	expect(result).toMatchObject({ outcome: "answered", status: 200, local: { addr: CLIENT } });
	expect(result.outcome === "answered" && JSON.parse(result.text)).toEqual({ pod: "web-1", client: CLIENT });
	hosts.lab.pass(100);
	expect(badEndings(hosts.lab.events)).toEqual([]);
	// As curl and a small server do it on Linux 6.18.
	expect(hosts.tcp().map(({ from, tcp }) => `${from} ${tcp.flags}`)).toEqual([
		"client S",
		"server S.",
		"client .",
		"client P.",
		"server .",
		"server P.",
		"client .",
		"client F.",
		"server F.",
		"client .",
	]);
});

test("a handler sees the request and makes the response", async () => {
	const hosts = await TwoHosts.create();
	serve(hosts, {
		port: 8080,
		handler: ({ method, path, headers }) =>
			path === "/missing"
				? { status: 404, body: "nothing here\n" }
				: { headers: { "X-Method": method }, body: headers.get("host") ?? "" },
	});
	const to = { addr: SERVER, port: 8080 };
	const found = await httpGet(hosts.kernel, "client", { to, path: "/x" });
	expect(found).toMatchObject({ status: 200, text: `${SERVER}:8080` });
	expect(found.outcome === "answered" && found.headers.get("x-method")).toBe("GET");
	expect(await httpGet(hosts.kernel, "client", { to, host: "shop" })).toMatchObject({ text: "shop" });
	const missing = await httpGet(hosts.kernel, "client", { to, path: "/missing" });
	expect(missing).toMatchObject({ outcome: "answered", status: 404, text: "nothing here\n" });
});

test("a body of many segments arrives whole", async () => {
	const hosts = await TwoHosts.create();
	const body = Uint8Array.from({ length: 300_000 }, (_, k) => (k * 7) & 255);
	serve(hosts, { handler: () => ({ body }) });
	const result = await httpGet(hosts.kernel, "client", { to: WEB });
	expect(result.outcome === "answered" && Buffer.compare(Buffer.from(result.body), Buffer.from(body))).toBe(0);
});

test.each([
	["nobody listens", { to: { addr: SERVER, port: 81 } }, { outcome: "refused", errno: "ECONNREFUSED" }],
	["there is no route", { to: { addr: ip("192.0.2.1"), port: 80 } }, { outcome: "unreachable", errno: "ENETUNREACH" }],
	["the host is absent", { to: { addr: ip("10.0.0.9"), port: 80 } }, { outcome: "unreachable", errno: "EHOSTUNREACH" }],
] as const)("a request fails when %s", async (_name, options, expected) => {
	const hosts = await TwoHosts.create();
	expect(await httpGet(hosts.kernel, "client", options)).toMatchObject(expected);
});

test("a request times out while connecting, or while waiting for the response", async () => {
	const hosts = await TwoHosts.create();
	const options = { to: WEB, timeoutNs: 2 * SECOND };
	hosts.wire = ({ tcp }) => (tcp === undefined ? "pass" : "drop");
	expect(await httpGet(hosts.kernel, "client", options)).toEqual({
		outcome: "timeout",
		phase: "connect",
		elapsedNs: 2 * SECOND,
	});
	hosts.wire = () => "pass";
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => connection.handle({ onData() {} }));
	const silent = await httpGet(hosts.kernel, "client", options);
	expect(silent).toEqual({ outcome: "timeout", phase: "response", elapsedNs: 2 * SECOND });
});

test.each([
	["closes without a word", "", "ended early"],
	["speaks another language", "220 mail.example ESMTP\r\n\r\n", "malformed header"],
] as const)("a server that %s gives a bad response", async (_name, words, problem) => {
	const hosts = await TwoHosts.create();
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({
			onData() {
				connection.send(utf8Encode(words));
				connection.close();
			},
		});
	});
	const result = await httpGet(hosts.kernel, "client", { to: WEB });
	expect(result).toMatchObject({ outcome: "bad-response", error: { problem } });
});

test("a connection that is reset says so", async () => {
	const hosts = await TwoHosts.create();
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: () => connection.abort() });
	});
	expect(await httpGet(hosts.kernel, "client", { to: WEB })).toMatchObject({ outcome: "reset", errno: "ECONNRESET" });
});

test("udp-echo answers udp-client with a function of the datagram", async () => {
	const hosts = await TwoHosts.create();
	const server = udpEcho(hosts.kernel, "server", {
		port: 53,
		reply: ({ bytes, from }) => utf8Encode(`${utf8Decode(bytes)} to ${from.addr}`),
	});
	const result = await udpClient(hosts.kernel, "client", { to: { addr: SERVER, port: 53 }, payload: utf8Encode("hi") });
	expect(result).toMatchObject({ outcome: "answered", from: { addr: SERVER, port: 53 }, local: { addr: CLIENT } });
	expect(result.outcome === "answered" && utf8Decode(result.payload)).toBe(`hi to ${CLIENT}`);
	expect(server.ok && server.value.received()).toBe(1);
});

test("udp-client tells refusal, silence, and a local rule apart", async () => {
	const hosts = await TwoHosts.create();
	const options = { to: { addr: SERVER, port: 53 }, payload: utf8Encode("x"), timeoutNs: SECOND };
	expect(await udpClient(hosts.kernel, "client", options)).toMatchObject({ outcome: "refused" });
	udpEcho(hosts.kernel, "server", { port: 53, reply: () => undefined });
	expect(await udpClient(hosts.kernel, "client", options)).toEqual({
		outcome: "timeout",
		phase: "response",
		elapsedNs: SECOND,
	});
	dropOutput(hosts);
	expect(await udpClient(hosts.kernel, "client", options)).toMatchObject({ outcome: "forbidden", errno: "EPERM" });
});

test("ping counts replies and measures round trips", async () => {
	const hosts = await TwoHosts.create();
	hosts.wire = ({ from }) => (from === "server" ? 5_000_000 : "pass");
	const result = await ping(hosts.kernel, "client", { to: SERVER, count: 3, intervalNs: SECOND / 5 });
	expect(result).toMatchObject({ outcome: "done", transmitted: 3, received: 3, errors: 0, duplicates: 0 });
	if (result.outcome !== "done") return;
	expect(result.probes.map((probe) => [probe.seq, probe.outcome])).toEqual([
		[1, "reply"],
		[2, "reply"],
		[3, "reply"],
	]);
	expect(result.probes[0]).toMatchObject({ from: SERVER, ttl: 64, lengthBytes: 64 });
	expect(result.rttNs?.min).toBeGreaterThan(5_000_000);
	expect(result.rttNs?.max).toBeLessThan(6_000_000);
	expect(result.elapsedNs).toBeLessThan(0.41 * SECOND);
});

test("ping knows a lost request, a doubled reply and an absent host", async () => {
	const hosts = await TwoHosts.create();
	let replies = 0;
	hosts.wire = ({ from }) => (from === "client" ? "pass" : ++replies === 1 ? "twice" : "drop");
	const lossy = await ping(hosts.kernel, "client", { to: SERVER, count: 2 });
	expect(lossy).toMatchObject({ transmitted: 2, received: 1, duplicates: 1, elapsedNs: 2 * SECOND });
	expect(lossy.outcome === "done" && lossy.probes[1]).toEqual({ seq: 2, outcome: "timeout" });
	hosts.wire = () => "pass";
	const absent = await ping(hosts.kernel, "client", { to: ip("10.0.0.9"), timeoutNs: 4 * SECOND });
	expect(absent).toMatchObject({ received: 0, errors: 1 });
	expect(absent.outcome === "done" && absent.probes[0]).toMatchObject({
		outcome: "icmp-error",
		report: { from: CLIENT, type: 3, code: 1 },
	});
});

test("ping that may not send, or has no route, says why", async () => {
	const hosts = await TwoHosts.create();
	expect(await ping(hosts.kernel, "client", { to: ip("192.0.2.1") })).toMatchObject({
		outcome: "not-started",
		error: { errno: "ENETUNREACH" },
	});
	dropOutput(hosts);
	const result = await ping(hosts.kernel, "client", { to: SERVER });
	expect(result).toMatchObject({
		transmitted: 1,
		received: 0,
		probes: [{ seq: 1, outcome: "send-failed", errno: "EPERM" }],
	});
});
