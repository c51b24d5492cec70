/** The same was asked of Linux 6.18 with processes of these users on lo; the numbers are its. */
import { expect, test } from "vitest";
import { SimLab } from "../../../../test/sim-lab.ts";
import { chainsOf } from "../../../../test/xtables-lab.ts";
import { ip } from "../../../wire/addr.ts";

const CRITERIA = [
	"--uid-owner 5",
	"--uid-owner 1000",
	"--gid-owner 6",
	"! --uid-owner 5",
	"--socket-exists",
	"! --socket-exists",
	"--uid-owner 0",
] as const;
const LOCALHOST = ip("127.0.0.1");

async function host(): Promise<SimLab> {
	const lab = new SimLab("m");
	await lab.set("m", { kind: "link", name: "lo", up: true });
	const rules = CRITERIA.map((criterion) => `-A OUTPUT -m owner ${criterion}`).join("\n");
	await lab.set("m", ...chainsOf(`*filter\n:OUTPUT ACCEPT [0:0]\n${rules}\nCOMMIT`));
	return lab;
}

/** Packets that each criterion matched. */
async function counted(lab: SimLab): Promise<readonly number[]> {
	lab.pass(0.1);
	const dumped = await lab.kernel.dump("m", ["xt-chain"]);
	const objects = dumped.ok ? dumped.value : [];
	return objects.flatMap((object) => {
		const isOutput = object.kind === "xt-chain" && object.chain === "OUTPUT";
		return isOutput ? object.rules.map((rule) => rule.counters?.packets ?? 0) : [];
	});
}

test("each segment of a connection belongs to the user who has that end open, the SYN-ACK to the listener's", async () => {
	const lab = await host();
	const { sockets } = lab.kernel;
	sockets.listenTcp("m", { bind: { port: 8000 }, uid: 5, gid: 6 }, (connection) => {
		connection.handle({ onData: () => connection.send(Uint8Array.from([1, 2])) });
	});
	const to = { addr: LOCALHOST, port: 8000 };
	const onConnect = (): void => {
		if (opened.ok) opened.value.send(Uint8Array.from([3]));
	};
	const handlers = { onConnect, onData: () => undefined };
	const opened = sockets.connectTcp("m", to, { uid: 1000, gid: 1000 }, handlers);
	expect(await counted(lab)).toEqual([3, 4, 3, 4, 7, 0, 0]);
});

test("what the kernel sends itself comes from a socket that nobody has", async () => {
	const udp = await host();
	const opened = udp.kernel.sockets.openUdp("m", { uid: 1000, gid: 6 }, {});
	if (opened.ok) opened.value.send(Uint8Array.from([1]), { addr: LOCALHOST, port: 9 });
	expect(await counted(udp)).toEqual([0, 1, 1, 2, 2, 0, 0]);
	const tcp = await host();
	tcp.kernel.sockets.connectTcp("m", { addr: LOCALHOST, port: 81 }, { uid: 5, gid: 1 }, {});
	expect(await counted(tcp)).toEqual([1, 0, 0, 1, 2, 0, 0]);
});

test("a process is root's unless it says otherwise", async () => {
	const lab = await host();
	const opened = lab.kernel.sockets.openEcho("m", LOCALHOST, {}, {});
	if (opened.ok) opened.value.send({ seq: 1, payload: new Uint8Array(8) });
	expect(await counted(lab)).toEqual([0, 0, 0, 2, 2, 0, 1]);
});
