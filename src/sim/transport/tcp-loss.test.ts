import fc from "fast-check";
import { expect, test } from "vitest";
import { badEndings } from "../../../test/sim-lab.ts";
import { SERVER, TwoHosts, type WireVerdict } from "../../../test/two-hosts.ts";
import { Prng } from "../../base/prng.ts";
import type { TcpConnection } from "../../kernel/socket.ts";

interface Story {
	readonly seed: number;
	/** Of 1000 packets. */
	readonly lost: number;
	readonly doubled: number;
	readonly delayed: number;
	readonly up: readonly number[];
	readonly down: readonly number[];
}

/** What one end sent and received. */
class End {
	readonly sent: number[] = [];
	readonly received: number[] = [];
	readonly heard: string[] = [];

	run(connection: TcpConnection, sizes: readonly number[], rng: Prng): void {
		connection.handle({
			onData: (bytes) => {
				for (const byte of bytes) this.received.push(byte);
			},
			onEnd: () => this.heard.push("end"),
			onClose: () => this.heard.push("close"),
			onError: (error) => this.heard.push(error.errno),
		});
		for (const size of sizes) {
			const bytes = Uint8Array.from({ length: size }, () => rng.below(256));
			for (const byte of bytes) this.sent.push(byte);
			connection.send(bytes);
		}
		connection.close();
	}
}

async function play(story: Story): Promise<{ hosts: TwoHosts; client: End; server: End }> {
	const hosts = await TwoHosts.create();
	const rng = new Prng(story.seed);
	const client = new End();
	const server = new End();
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) =>
		server.run(connection, story.down, rng),
	);
	const opened = hosts.kernel.sockets.connectTcp(
		"client",
		{ addr: SERVER, port: 80 },
		{},
		{
			onConnect: () => opened.ok && client.run(opened.value, story.up, rng),
			onError: (error) => client.heard.push(error.errno),
		},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	// The cable heals in time: else one end may rightly have left TIME_WAIT when the other still repeats its FIN.
	hosts.wire = ({ atNs }): WireVerdict => {
		const dice = rng.below(1000);
		if (dice < story.lost) return atNs < 10e9 ? "drop" : "pass";
		if (dice < story.lost + story.doubled) return "twice";
		return dice < story.lost + story.doubled + story.delayed ? rng.below(3_000_000) : "pass";
	};
	const done = (): boolean => client.heard.includes("close") && server.heard.includes("close");
	await hosts.kernel.run(done, 3000e9);
	return { hosts, client, server };
}

test("all bytes arrive once and in order, and both ends close, however packets are lost, doubled and delayed", async () => {
	const sizes = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 4 });
	await fc.assert(
		fc.asyncProperty(
			fc.record({
				seed: fc.integer(),
				lost: fc.integer({ min: 0, max: 250 }),
				doubled: fc.integer({ min: 0, max: 100 }),
				delayed: fc.integer({ min: 0, max: 300 }),
				up: sizes,
				down: sizes,
			}),
			async (story) => {
				const { hosts, client, server } = await play(story);
				expect(server.received).toEqual(client.sent);
				expect(client.received).toEqual(server.sent);
				expect(client.heard).toEqual(["end", "close"]);
				expect(server.heard).toEqual(["end", "close"]);
				hosts.wire = () => "pass";
				hosts.lab.pass(400);
				expect(badEndings(hosts.lab.events)).toEqual([]);
			},
		),
		{ numRuns: 25 },
	);
});

test("three duplicate ACKs bring a lost segment back without waiting for the time-out", async () => {
	const hosts = await TwoHosts.create();
	let received = 0;
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: (bytes) => (received += bytes.length) });
	});
	const opened = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port: 80 }, {}, {});
	hosts.lab.pass(0.01);
	let data = 0;
	hosts.wire = ({ tcp }) => ((tcp?.length ?? 0) > 0 && ++data === 3 ? "drop" : "pass");
	if (opened.ok) opened.value.send(new Uint8Array(8 * 1448));
	hosts.lab.pass(0.01);
	expect(received).toBe(8 * 1448);
	expect(data).toBe(9);
});

test("the first flight is ten segments, and it grows with each acknowledgement", async () => {
	const hosts = await TwoHosts.create();
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: () => undefined });
	});
	const opened = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port: 80 }, {}, {});
	hosts.lab.pass(0.01);
	hosts.wire = ({ from }) => (from === "server" ? 10_000_000 : "pass");
	hosts.packets.length = 0;
	if (opened.ok) opened.value.send(new Uint8Array(60 * 1448));
	const flights = [];
	for (let k = 0; k < 3; k += 1) {
		hosts.lab.pass(0.009);
		flights.push(hosts.tcp().filter(({ tcp }) => tcp.length > 0).length);
		hosts.lab.pass(0.0015);
	}
	expect(flights).toEqual([10, 30, 60]);
});

test("two losses in one flight are both found by acknowledgements", async () => {
	const hosts = await TwoHosts.create();
	let received = 0;
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: (bytes) => (received += bytes.length) });
	});
	const opened = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port: 80 }, {}, {});
	hosts.lab.pass(0.01);
	let data = 0;
	hosts.wire = ({ tcp }) => {
		if ((tcp?.length ?? 0) === 0) return "pass";
		data += 1;
		return data === 3 || data === 6 ? "drop" : "pass";
	};
	if (opened.ok) opened.value.send(new Uint8Array(10 * 1448));
	hosts.lab.pass(0.01);
	expect(received).toBe(10 * 1448);
});

test("a round trip is not measured by a segment that was sent twice", async () => {
	const hosts = await TwoHosts.create();
	await hosts.lab.set("client", { kind: "sysctl", key: "net.ipv4.tcp_timestamps", value: "0" });
	hosts.kernel.sockets.listenTcp("server", { bind: { port: 80 } }, (connection) => {
		connection.handle({ onData: () => undefined });
	});
	const opened = hosts.kernel.sockets.connectTcp("client", { addr: SERVER, port: 80 }, {}, {});
	hosts.lab.pass(0.01);
	const silence = async (): Promise<readonly number[]> => {
		hosts.packets.length = 0;
		hosts.wire = ({ tcp }) => ((tcp?.length ?? 0) > 0 ? "drop" : "pass");
		if (opened.ok) opened.value.send(new Uint8Array(1));
		hosts.lab.pass(1.2);
		hosts.wire = () => "pass";
		const times = hosts.tcp().map(({ atNs }) => atNs);
		hosts.lab.pass(10);
		return times.slice(1).map((time, k) => Math.round((time - (times[k] ?? 0)) / 1e8));
	};
	// The second acknowledgement comes right after the last repetition; the doubled time-out stays until a clean sample.
	expect(await silence()).toEqual([2, 4]);
	expect(await silence()).toEqual([]);
});
