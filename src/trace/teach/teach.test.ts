import { expect, test } from "vitest";
import { SimLab } from "../../../test/sim-lab.ts";
import { parseIptablesSave } from "../../formats/iptables-save.ts";
import type { KernelObject, XtChain } from "../../kernel/objects.ts";
import { cidr, ip } from "../../wire/addr.ts";
import type { MachineFacts, Note } from "./note.ts";
import { teachingNotes } from "./teach.ts";

const TRACKING = `*filter
:INPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;
const LOGGING = `*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p icmp -j LOG
COMMIT
*mangle
:FORWARD ACCEPT [0:0]
-A FORWARD -j LOG
COMMIT
`;

function chainsOf(text: string): readonly XtChain[] {
	const parsed = parseIptablesSave(text, { family: "ipv4" });
	if (!parsed.ok) throw new Error(parsed.error.message);
	return parsed.value.tables.flatMap((table) =>
		table.chains.map(({ name, policy, rules }) => ({
			kind: "xt-chain",
			family: "ipv4",
			table: table.name,
			chain: name,
			rules,
			...(policy === undefined ? {} : { policy }),
		})),
	);
}

/** `ns1` 10.244.1.2 and `ns2` 10.244.1.4 on br0 of `host`. */
async function bridged(...rules: readonly string[]): Promise<SimLab> {
	const lab = new SimLab("host", "ns1", "ns2");
	await lab.add("host", { kind: "link", name: "br0", link: { type: "bridge" }, up: true });
	for (const [netns, addr] of [
		["ns1", "10.244.1.2/24"],
		["ns2", "10.244.1.4/24"],
	] as const) {
		const mac = netns === "ns1" ? "02:00:00:00:01:0a" : "02:00:00:00:02:0a";
		await lab.plug("host", "br0", netns === "ns1" ? "veth1b" : "veth2b", { netns, name: "eth0", mac });
		await lab.add(netns, { kind: "addr", dev: "eth0", addr: cidr(addr) });
	}
	for (const text of rules) await lab.set("host", ...chainsOf(text));
	lab.settle();
	return lab;
}

/** `client` 10.8.0.2 – `router` 10.8.0.1, 10.9.0.1 – `server` 10.9.0.2. */
async function routed(...router: readonly KernelObject[]): Promise<SimLab> {
	const lab = new SimLab("router", "client", "server");
	for (const [netns, dev, net] of [
		["client", "c0", "10.8.0"],
		["server", "s0", "10.9.0"],
	] as const) {
		await lab.add("router", {
			kind: "link",
			name: dev,
			link: { type: "veth", peer: "eth0", peerNetns: netns },
			up: true,
		});
		await lab.set(netns, { kind: "link", name: "eth0", up: true });
		await lab.add("router", { kind: "addr", dev, addr: cidr(`${net}.1/24`) });
		await lab.add(netns, { kind: "addr", dev: "eth0", addr: cidr(`${net}.2/24`) });
		await lab.add(netns, { kind: "route", dst: cidr("0.0.0.0/0"), via: ip(`${net}.1`) });
	}
	await lab.set("router", ...router);
	lab.settle();
	return lab;
}

const FORWARDING: KernelObject = { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" };

async function ping(lab: SimLab, from: string, to: string): Promise<void> {
	const socket = lab.kernel.sockets.openEcho(from, ip(to), {}, {});
	if (!socket.ok) throw new Error(socket.error.message);
	socket.value.send({ seq: 1, payload: new Uint8Array(56) });
	lab.pass(1);
}

async function notesOf(lab: SimLab): Promise<readonly Note[]> {
	const facts: MachineFacts = {
		label: (netns) => netns,
		sysctl: (netns, key) => sysctls.get(`${netns} ${key}`),
		chains: (netns) => chains.get(netns) ?? [],
	};
	const sysctls = new Map<string, string>();
	const chains = new Map<string, readonly XtChain[]>();
	for (const netns of await lab.kernel.listNetns()) {
		const dumped = await lab.kernel.dump(netns);
		if (!dumped.ok) throw new Error(dumped.error.message);
		for (const object of dumped.value)
			if (object.kind === "sysctl") sysctls.set(`${netns} ${object.key}`, object.value);
		chains.set(
			netns,
			dumped.value.filter((object) => object.kind === "xt-chain"),
		);
	}
	return teachingNotes(lab.events, facts);
}

function about(notes: readonly Note[]): readonly string[] {
	return notes.map((note) => note.about);
}

function textOf(notes: readonly Note[], subject: string): string {
	return notes.find((note) => note.about === subject)?.text ?? "";
}

test("a bridged ping passes iptables, its reply no nat chain: both are explained", async () => {
	const lab = await bridged(TRACKING, LOGGING);
	await ping(lab, "ns1", "10.244.1.4");
	const notes = await notesOf(lab);
	expect(about(notes)).toEqual(["arp-first", "bridged-with-iptables", "nat-once-per-connection"]);
	expect(textOf(notes, "arp-first")).toContain("learnt 02:00:00:00:02:0a");
	expect(textOf(notes, "bridged-with-iptables")).toContain("nat PREROUTING and mangle FORWARD");
	const once = textOf(notes, "nat-once-per-connection");
	expect(once).toMatch(/^#5 passed no nat chain of host/);
	expect(once).toContain("began with #1, which passed nat PREROUTING)");
	expect(once).toContain("#5 passed mangle FORWARD");
});

test("with bridge-nf-call-iptables=0 no rule sees the ping, and nothing is said about nat", async () => {
	const lab = await bridged(TRACKING, LOGGING);
	await lab.set("host", { kind: "sysctl", key: "net.bridge.bridge-nf-call-iptables", value: "0" });
	await ping(lab, "ns1", "10.244.1.4");
	const notes = await notesOf(lab);
	expect(about(notes)).toEqual(["arp-first", "bridged-without-iptables"]);
	expect(textOf(notes, "bridged-without-iptables")).toContain("because net.bridge.bridge-nf-call-iptables is 0 there");
});

test("without a rule that needs connection tracking nat chains see nothing, and why", async () => {
	const lab = await bridged(LOGGING);
	await ping(lab, "ns1", "10.244.1.4");
	const notes = await notesOf(lab);
	expect(about(notes)).toEqual(["arp-first", "bridged-with-iptables", "nat-needs-conntrack"]);
	expect(textOf(notes, "nat-needs-conntrack")).toMatch(
		/^The nat chains of host have rules, and yet #1 and #5 met none/,
	);
});

test("a bridge without rules: bridge-nf-call-iptables is 1, but there is nobody to see the frame", async () => {
	const lab = await bridged();
	await ping(lab, "ns1", "10.244.1.4");
	expect(textOf(await notesOf(lab), "bridged-without-iptables")).toContain("is 1 there, but no rules are loaded");
});

test("a capture on a bridge explains why it sees what it sees", async () => {
	const lab = await bridged();
	lab.kernel.capture("host", { dev: "br0" }, () => {});
	await ping(lab, "ns1", "10.244.1.4");
	const notes = await notesOf(lab);
	expect(about(notes)).toContain("promiscuous-bridge");
	expect(about(notes)).not.toContain("dropped");
});

const DNAT = chainsOf(`*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -d 10.8.0.1/32 -j DNAT --to-destination 10.9.0.2
COMMIT
`);

test("DNAT comes before routing, and the reply is translated back by the entry", async () => {
	const lab = await routed(FORWARDING, ...DNAT);
	await ping(lab, "client", "10.8.0.1");
	const notes = await notesOf(lab);
	expect(about(notes)).toEqual(["arp-first", "dnat-before-routing", "nat-once-per-connection"]);
	expect(textOf(notes, "dnat-before-routing")).toMatch(
		/10\.8\.0\.2 > 10\.8\.0\.1 id \d+ became 10\.8\.0\.2 > 10\.9\.0\.2 id \d+.*forwarded to s0, passed FORWARD and not INPUT/,
	);
	expect(textOf(notes, "nat-once-per-connection")).toMatch(
		/the source of #\d+ was translated back: 10\.9\.0\.2 > 10\.8\.0\.2/,
	);
});

test("DNAT with forwarding off: the packet is dropped, and what is missing is named", async () => {
	const lab = await routed(...DNAT);
	await ping(lab, "client", "10.8.0.1");
	const notes = await notesOf(lab);
	expect(about(notes)).toContain("dnat-needs-forwarding");
	expect(about(notes)).not.toContain("forwarding-is-off");
	expect(textOf(notes, "dnat-needs-forwarding")).toContain("echo 1 > /proc/sys/net/ipv4/ip_forward");
});

test("a router that is none, and a rule that drops, are named with the packet's end", async () => {
	const off = await routed();
	await ping(off, "client", "10.9.0.2");
	expect(about(await notesOf(off))).toEqual(["arp-first", "forwarding-is-off", "dropped"]);
	const dropping = await routed(
		FORWARDING,
		...chainsOf("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p icmp -j DROP\nCOMMIT\n"),
	);
	await ping(dropping, "client", "10.9.0.2");
	expect(textOf(await notesOf(dropping), "dropped")).toMatch(
		/^#1 ended in router, at \S+ by filter rule 1 \(-A FORWARD -p icmp -j DROP\)/,
	);
});

test("nobody answers for a neighbour", async () => {
	const lab = await bridged();
	const socket = lab.kernel.sockets.openEcho("ns1", ip("10.244.1.9"), {}, {});
	if (socket.ok) socket.value.send({ seq: 1, payload: new Uint8Array(8) });
	lab.pass(5);
	expect(textOf(await notesOf(lab), "arp-unanswered")).toContain("three times, and nobody answered: is 10.244.1.9 up");
});
