import { expect, test } from "vitest";
import { udpSkb } from "../../../../test/conntrack-lab.ts";
import { SimLab } from "../../../../test/sim-lab.ts";
import { counted, passHook, replaceOps } from "../../../../test/xtables-lab.ts";
import { cidr } from "../../../wire/addr.ts";

/** A host with 10.0.0.1/24 on eth0 and 10.1.0.1/24 on eth1. */
async function host(match: string): Promise<SimLab> {
	const lab = new SimLab("node");
	await lab.set("node", { kind: "link", name: "lo", up: true });
	for (const [dev, addr] of [
		["eth0", "10.0.0.1/24"],
		["eth1", "10.1.0.1/24"],
	] as const) {
		await lab.add("node", { kind: "link", name: dev, link: { type: "dummy" }, up: true });
		await lab.add("node", { kind: "addr", dev, addr: cidr(addr) });
	}
	await lab.apply(
		"node",
		...replaceOps(`*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m addrtype ${match}\nCOMMIT\n`),
	);
	return lab;
}

test.each([
	["--dst-type LOCAL", "10.0.0.1", true],
	["--dst-type LOCAL", "10.1.0.1", true],
	["--dst-type LOCAL", "127.0.0.9", true],
	["--dst-type LOCAL", "10.0.0.9", false],
	["! --dst-type LOCAL", "10.0.0.9", true],
	["--dst-type UNICAST", "8.8.8.8", true],
	["--dst-type UNICAST,LOCAL", "10.0.0.1", true],
	["--dst-type BROADCAST", "10.0.0.255", true],
	["--dst-type BROADCAST", "255.255.255.255", true],
	["--dst-type MULTICAST", "224.0.0.1", true],
	["--dst-type UNSPEC", "8.8.8.8", false],
	["--src-type UNICAST --dst-type LOCAL", "10.0.0.1", true],
	["--src-type LOCAL --dst-type LOCAL", "10.0.0.1", false],
	// Only the address of the device the packet came in by counts.
	["--dst-type LOCAL --limit-iface-in", "10.0.0.1", true],
	["--dst-type LOCAL --limit-iface-in", "10.1.0.1", false],
	["--dst-type UNICAST --limit-iface-in", "10.1.0.1", true],
])("addrtype: %s of a packet from 10.0.0.7 to %s holds: %s", async (match, dst, expected) => {
	const lab = await host(match);
	const at = { machine: lab.kernel.machine, netns: lab.netns("node") };
	passHook(at, udpSkb(at, { src: "10.0.0.7", dst }), { hook: "PREROUTING", indev: lab.dev("node", "eth0") });
	expect(counted(at, "mangle", "PREROUTING").startsWith("1/")).toBe(expected);
});
