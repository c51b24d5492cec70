/** What only the real kernel's side has: offloaded tags, sockets kept for their next use, namespaces that must end. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CapturedFrame } from "../src/kernel/kernel.ts";
import { ip, mac, macNum } from "../src/wire/addr.ts";
import { ETH_P_8021Q, ethType, putEthernet } from "../src/wire/ethernet.ts";
import { summarizeFrame } from "../src/wire/summary.ts";
import { CLIENT_MAC, RealBridgeLab, SERVER_MAC } from "./bridge-labs.ts";
import { ETH_P_TEST } from "./sim-lab.ts";

const SECOND_NS = 1e9;
let lab: RealBridgeLab;
beforeEach(() => {
	lab = new RealBridgeLab();
});
afterEach(() => lab.close());

function frame(number: number, dst: string = SERVER_MAC): Uint8Array {
	const bytes = new Uint8Array(18);
	putEthernet(bytes, 0, { dst: macNum(mac(dst)), src: macNum(mac(CLIENT_MAC)), type: ETH_P_TEST });
	new DataView(bytes.buffer).setUint32(14, number);
	return bytes;
}

function sender(dev: string, etherType: number = ETH_P_TEST): (bytes: Uint8Array) => void {
	const socket = lab.sockets.openPacket("client", { dev, etherType }, {});
	if (!socket.ok) throw new Error(socket.error.message);
	return (bytes) => expect(socket.value.send(bytes)).toMatchObject({ ok: true });
}

function capture(netns: string, dev?: string): { readonly seen: CapturedFrame[]; readonly stop: () => void } {
	const seen: CapturedFrame[] = [];
	const started = lab.capture(netns, dev === undefined ? {} : { dev }, (captured) => seen.push(captured));
	if (!started.ok) throw new Error(started.error.message);
	return { seen, stop: started.value };
}

test("a VLAN tag, which the kernel takes off on arrival, is in the captured frame", () => {
	const { seen } = capture("host", "v1");
	const sent = new Uint8Array([...frame(7).subarray(0, 12), 0x81, 0x00, 0x60, 0x05, ...frame(7).subarray(12)]);
	sender("eth0", ETH_P_8021Q)(sent);
	lab.poller.drain();
	expect(seen.map(({ frame: bytes }) => Buffer.from(bytes).toString("hex"))).toEqual([
		Buffer.from(sent).toString("hex"),
	]);
	expect(ethType(sent, 0)).toBe(ETH_P_8021Q);
});

test("a capture does not see what came while nobody captured, although its socket stays", () => {
	const send = sender("eth0");
	const first = capture("host", "v1");
	send(frame(1));
	first.stop();
	send(frame(2));
	const second = capture("host", "v1");
	send(frame(3));
	lab.poller.drain();
	const numbers = (seen: readonly CapturedFrame[]): readonly number[] => seen.map(({ frame: bytes }) => bytes[17] ?? 0);
	// One that was stopped is told nothing more, not even what came before.
	expect(numbers(first.seen)).toEqual([]);
	expect(numbers(second.seen)).toEqual([3]);
});

test("a device is promiscuous while it is captured, and no longer", () => {
	const count = (): string => /promiscuity (\d+)/.exec(lab.exec("host", "ip", "-d", "link", "show", "v2"))?.[1] ?? "";
	const before = Number(count());
	const one = capture("host", "v2");
	const two = capture("host", "v2");
	capture("host");
	expect(Number(count())).toBe(before + 1);
	one.stop();
	expect(Number(count())).toBe(before + 1);
	two.stop();
	expect(Number(count())).toBe(before);
});

test("frames of three namespaces keep the order they were sent in, and none is lost in a burst", () => {
	const seen: CapturedFrame[] = [];
	for (const name of ["server", "host", "client"]) {
		lab.capture(name, {}, (captured) => {
			if (ethType(captured.frame, 0) === ETH_P_TEST) seen.push(captured);
		});
	}
	const send = sender("eth0");
	for (let number = 0; number < 2000; number += 1) send(frame(number));
	lab.poller.drain();
	expect(seen.length).toBe(8000);
	const order = seen.map(({ frame: bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(14));
	expect(order).toEqual([...order].sort((a, b) => a - b));
	expect(seen.slice(0, 4).map(({ netns, dev }) => `${netns}/${dev}`)).toEqual([
		"client/eth0",
		"host/v1",
		"host/v2",
		"server/eth0",
	]);
	expect(["server", "host", "client"].map((name) => lab.lost(name))).toEqual([0, 0, 0]);
});

test("what the kernel had no room for is counted", () => {
	capture("host");
	const send = sender("eth0");
	const big = new Uint8Array(1514);
	big.set(frame(1));
	for (let k = 0; k < 12_000; k += 1) send(big);
	lab.poller.drain();
	send(big);
	lab.poller.drain();
	expect(lab.lost("host")).toBeGreaterThan(0);
});

test("a server answers although nothing runs the kernel", async () => {
	const server = lab.sockets.openUdp(
		"server",
		{ bind: { port: 7 } },
		{
			onDatagram: (bytes, from) => {
				if (server.ok) server.value.send(bytes, from);
			},
		},
	);
	let answered = false;
	const client = lab.sockets.openUdp(
		"client",
		{},
		{
			onDatagram: () => {
				answered = true;
			},
		},
	);
	if (!client.ok) throw new Error(client.error.message);
	client.value.send(new Uint8Array(1), { addr: ip("10.0.0.2"), port: 7 });
	for (let k = 0; k < 200 && !answered; k += 1) await sleep(5);
	expect(answered).toBe(true);
});

test("a namespace ends when it is let go, with connections, captures and kept sockets in it", async () => {
	let connected = false;
	lab.sockets.listenTcp("server", { bind: { port: 80 } }, () => undefined);
	lab.sockets.connectTcp(
		"client",
		{ addr: ip("10.0.0.2"), port: 80 },
		{},
		{
			onConnect: () => {
				connected = true;
			},
		},
	);
	lab.sockets.openEcho("client", ip("10.0.0.2"), {}, {});
	capture("client", "eth0");
	const packet = lab.sockets.openPacket("client", { dev: "eth0", etherType: ETH_P_TEST }, {});
	if (packet.ok) packet.value.close();
	await lab.run(() => connected, SECOND_NS);
	expect(connected).toBe(true);
	const { seen } = capture("host", "v1");
	lab.letGo("client");
	let gone = false;
	for (let k = 0; k < 200 && !gone; k += 1) {
		await sleep(20);
		gone = !lab.exec("host", "ip", "-o", "link", "show").includes("v1@");
	}
	expect(gone).toBe(true);
	// Nobody was told: no FIN, no RST. (ARP may still be asking.)
	const lines = seen.map(({ frame }) => summarizeFrame(frame, { link: "ethernet" }));
	expect(lines.filter((line) => /Flags \[[^\]]*[FR]/.test(line))).toEqual([]);
});
