import { expect, test } from "vitest";
import { badEndings } from "../../../test/sim-lab.ts";
import { CLIENT, SERVER, TwoHosts } from "../../../test/two-hosts.ts";
import { ipNum, MAC_BROADCAST } from "../../wire/addr.ts";
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, arpOp, arpSenderIp, putArp } from "../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, putEthernet } from "../../wire/ethernet.ts";

function whoHas(hosts: TwoHosts): Uint8Array {
	const frame = new Uint8Array(ETH_HLEN + ARP_LEN);
	const { mac } = hosts.lab.dev("client", "eth0");
	putEthernet(frame, 0, { dst: MAC_BROADCAST, src: mac, type: ETH_P_ARP });
	putArp(frame, ETH_HLEN, {
		op: ARP_REQUEST,
		senderMac: mac,
		senderIp: Number(ipNum(CLIENT)),
		targetMac: 0,
		targetIp: Number(ipNum(SERVER)),
	});
	return frame;
}

test("a packet socket sends a frame as it is and hears what comes in of its EtherType, not what goes out", async () => {
	const hosts = await TwoHosts.create();
	const heard: string[] = [];
	const opened = hosts.kernel.sockets.openPacket(
		"client",
		{ dev: "eth0", etherType: ETH_P_ARP, program: "arping" },
		{
			onFrame(frame, pktType) {
				const op = arpOp(frame, ETH_HLEN) === ARP_REPLY ? "reply" : "request";
				heard.push(`${op} ${pktType} ${arpSenderIp(frame, ETH_HLEN) === ipNum(SERVER)}`);
			},
		},
	);
	if (!opened.ok) throw new Error(opened.error.message);
	expect(opened.value.send(whoHas(hosts)).ok).toBe(true);
	hosts.lab.pass(0.01);
	expect(heard).toEqual(["reply host true"]);
	opened.value.close();
	opened.value.send(whoHas(hosts));
	hosts.lab.pass(0.01);
	expect(heard.length).toBe(1);
	expect(badEndings(hosts.lab.events)).toEqual([]);
	expect(hosts.lab.events.some((event) => event.step === "origin" && event.what === "a frame from arping")).toBe(true);
});

test.each([
	{ change: {}, dev: "eth9", length: 42, errno: "ENODEV" },
	{ change: { up: false }, dev: "eth0", length: 42, errno: "ENETDOWN" },
	{ change: {}, dev: "eth0", length: 13, errno: "EINVAL" },
	{ change: {}, dev: "eth0", length: 1515, errno: "EMSGSIZE" },
])("a frame of $length bytes on $dev, set to $change, fails with $errno", async ({ change, dev, length, errno }) => {
	const hosts = await TwoHosts.create();
	await hosts.lab.set("client", { kind: "link", name: "eth0", ...change });
	const opened = hosts.kernel.sockets.openPacket("client", { dev, etherType: ETH_P_IP }, {});
	const result = opened.ok ? opened.value.send(new Uint8Array(length)) : opened;
	expect(result).toMatchObject({ ok: false, error: { errno } });
});
