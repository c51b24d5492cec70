import { expect, test } from "vitest";
import { badEndings, SimLab } from "../../../test/sim-lab.ts";
import type { CapturedFrame } from "../../kernel/kernel.ts";
import { ip, ipNum, mac, macNum, macText } from "../../wire/addr.ts";
import { ARP_LEN, ARP_REPLY, arpOp, arpTargetIp, putArp } from "../../wire/arp.ts";
import { ETH_HLEN, ETH_P_ARP, ethDst, ethType, putEthernet } from "../../wire/ethernet.ts";
import { putIpv4 } from "../../wire/ipv4.ts";
import { allocSkb } from "../skb.ts";
import { originSkb } from "../trace.ts";
import type { Dst, Fate, Skb } from "../types.ts";
import { devQueueXmit } from "./dev.ts";
import { neighConfirm, neighLookup, neighOutput } from "./neighbour.ts";

const NEXTHOP = ipNum(ip("10.0.0.2"));
const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const OTHER = "02:00:00:00:00:0c";

/** `a` sends to 10.0.0.2 behind a cable whose other end only listens, and answers when told to. */
class Cable {
	readonly lab = new SimLab("a", "b");
	/** What came out of the cable: seconds, and a word for it. */
	readonly seen: string[] = [];
	unreachable = 0;

	static async make(): Promise<Cable> {
		const cable = new Cable();
		const { lab } = cable;
		const link = { type: "veth", peer: "eth0", peerNetns: "b", peerMac: mac(B) } as const;
		await lab.add("a", { kind: "link", name: "eth0", link, mac: mac(A), up: true });
		await lab.set("b", { kind: "link", name: "eth0", up: true });
		lab.kernel.capture("a", { dev: "eth0" }, (frame) => {
			if (frame.direction === "out") cable.seen.push(describe(frame));
		});
		lab.settle();
		return cable;
	}

	send(): Fate {
		const skb = allocSkb(this.lab.kernel.machine, 20);
		const header = { src: 0x0a000001, dst: 0x0a000002, proto: 17, ttl: 64, tos: 0, id: 1, frag: 0, totalLength: 20 };
		putIpv4(skb.bytes, skb.data, header);
		skb.network = skb.data;
		skb.dst = this.dst(skb);
		originSkb(skb, this.lab.netns("a"), "test", "a test's packet");
		return neighOutput(skb, this.lab.dev("a", "eth0"), NEXTHOP);
	}

	/** A reply that says 10.0.0.2 is at `from`, sent by the other end to `to`. */
	answer(from: string, to: string = A): void {
		const skb = allocSkb(this.lab.kernel.machine, ETH_HLEN + ARP_LEN);
		const sender = macNum(mac(from));
		putEthernet(skb.bytes, skb.data, { dst: macNum(mac(to)), src: sender, type: ETH_P_ARP });
		const reply = { op: ARP_REPLY, senderMac: sender, senderIp: 0x0a000002, targetMac: 0, targetIp: 0x0a000001 };
		putArp(skb.bytes, skb.data + ETH_HLEN, reply);
		skb.dev = this.lab.dev("b", "eth0");
		originSkb(skb, this.lab.netns("b"), "test", "a test's answer");
		devQueueXmit(skb);
		this.lab.kernel.runBacklog();
	}

	get state(): string | undefined {
		return neighLookup(this.lab.dev("a", "eth0"), NEXTHOP)?.state;
	}

	get mac(): string {
		return macText(neighLookup(this.lab.dev("a", "eth0"), NEXTHOP)?.mac ?? 0);
	}

	private dst(skb: Skb): Dst {
		return {
			dev: this.lab.dev("a", "eth0"),
			type: "unicast",
			gateway: undefined,
			prefsrc: undefined,
			mtu: 1500,
			input: () => "dropped",
			output: () => "dropped",
			linkFailure: (failed) => {
				expect(failed).toBe(skb);
				this.unreachable += 1;
			},
			route: undefined,
		};
	}
}

function describe({ at, frame }: CapturedFrame): string {
	const seconds = (at / 1e9).toFixed(2);
	if (ethType(frame, 0) !== ETH_P_ARP) return `${seconds} packet to ${macText(ethDst(frame, 0))}`;
	return `${seconds} op ${arpOp(frame, ETH_HLEN)} ${arpTargetIp(frame, ETH_HLEN) & 255} to ${macText(ethDst(frame, 0))}`;
}

test("an absent neighbour is asked for three times, then each waiting packet is reported and dropped", async () => {
	const cable = await Cable.make();
	cable.send();
	cable.send();
	cable.lab.pass(3.06);
	expect(cable.state).toBe("INCOMPLETE");
	cable.lab.pass(0.02);
	expect(cable.state).toBe("FAILED");
	const broadcast = "to ff:ff:ff:ff:ff:ff";
	expect(cable.seen).toEqual([`0.00 op 1 2 ${broadcast}`, `1.02 op 1 2 ${broadcast}`, `2.05 op 1 2 ${broadcast}`]);
	expect(cable.unreachable).toBe(2);
	const drops = cable.lab.settle().filter((event) => event.step === "drop" && event.netns === "a");
	expect(drops.map((event) => event.step === "drop" && event.reason)).toEqual(["NEIGH_FAILED", "NEIGH_FAILED"]);
});

test("a packet to a failed neighbour starts asking anew", async () => {
	const cable = await Cable.make();
	cable.send();
	cable.lab.pass(5);
	cable.send();
	expect(cable.state).toBe("INCOMPLETE");
	cable.lab.pass(5);
	expect(cable.seen).toHaveLength(6);
});

test("an answer makes it REACHABLE and sends what waited, in order", async () => {
	const cable = await Cable.make();
	expect([cable.send(), cable.send()]).toEqual(["queued", "queued"]);
	cable.answer(B);
	expect(cable.state).toBe("REACHABLE");
	expect(cable.seen.map((line) => line.slice(5))).toEqual([
		"op 1 2 to ff:ff:ff:ff:ff:ff",
		`packet to ${B}`,
		`packet to ${B}`,
	]);
	expect(badEndings(cable.lab.settle())).toEqual([]);
});

test("an unused entry is STALE after 30 s; using it means DELAY, 5 s later a unicast question, and FAILED without answer", async () => {
	const cable = await Cable.make();
	cable.send();
	cable.answer(B);
	cable.lab.pass(31);
	expect(cable.state).toBe("STALE");
	cable.seen.length = 0;
	cable.send();
	expect(cable.state).toBe("DELAY");
	cable.lab.pass(5.5);
	expect(cable.state).toBe("PROBE");
	cable.send();
	cable.lab.pass(4);
	expect(cable.state).toBe("FAILED");
	expect(cable.seen.map((line) => line.slice(6))).toEqual([
		`packet to ${B}`,
		`op 1 2 to ${B}`,
		`packet to ${B}`,
		`op 1 2 to ${B}`,
		`op 1 2 to ${B}`,
	]);
});

test("a confirmation from above turns DELAY back to REACHABLE without a question", async () => {
	const cable = await Cable.make();
	cable.send();
	cable.answer(B);
	cable.lab.pass(31);
	cable.send();
	cable.lab.pass(1);
	cable.seen.length = 0;
	neighConfirm(cable.lab.dev("a", "eth0"), NEXTHOP);
	cable.lab.pass(5);
	expect(cable.state).toBe("REACHABLE");
	expect(cable.seen).toEqual([]);
});

test("of two answers the first wins; after locktime another one is taken", async () => {
	const cable = await Cable.make();
	cable.send();
	cable.answer(B);
	cable.answer(OTHER);
	expect(cable.mac).toBe(B);
	cable.lab.pass(1.1);
	cable.answer(OTHER);
	expect(cable.mac).toBe(OTHER);
});

test("a broadcast reply teaches the address but does not prove that it is reachable", async () => {
	const cable = await Cable.make();
	cable.send();
	cable.answer(B, "ff:ff:ff:ff:ff:ff");
	expect(cable.mac).toBe(B);
	expect(cable.state).toBe("DELAY");
});

test("more than unres_qlen packets push the oldest out of the queue", async () => {
	const cable = await Cable.make();
	await cable.lab.set("a", { kind: "sysctl", key: "net.ipv4.neigh.eth0.unres_qlen", value: "2" });
	for (let k = 0; k < 3; k += 1) cable.send();
	const drops = cable.lab.settle().filter((event) => event.step === "drop" && event.netns === "a");
	expect(drops).toMatchObject([{ reason: "NEIGH_QUEUEFULL" }]);
	cable.answer(B);
	expect(cable.seen.filter((line) => line.includes("packet"))).toHaveLength(2);
});

test("carrier loss forgets all but permanent entries, a down device all; waiting packets are dropped", async () => {
	const cable = await Cable.make();
	const permanent = { kind: "neigh", dev: "eth0", addr: ip("10.0.0.9"), mac: mac(OTHER) } as const;
	await cable.lab.add("a", permanent);
	cable.send();
	await cable.lab.set("b", { kind: "link", name: "eth0", up: false });
	expect(cable.lab.settle().filter((event) => event.step === "drop" && event.netns === "a")).toMatchObject([
		{ reason: "NEIGH_DEAD" },
	]);
	const listed = async (): Promise<number> => {
		const dumped = await cable.lab.kernel.dump("a", ["neigh"]);
		return dumped.ok ? dumped.value.length : -1;
	};
	expect(await listed()).toBe(1);
	await cable.lab.set("a", { kind: "link", name: "eth0", up: false });
	expect(await listed()).toBe(0);
});

test("neighbour sysctls exist for default and devices, not for all, and take effect", async () => {
	const cable = await Cable.make();
	const dumped = await cable.lab.kernel.dump("a", ["sysctl"]);
	if (!dumped.ok) throw new Error(dumped.error.message);
	const keys = dumped.value.flatMap((object) => (object.kind === "sysctl" ? [object.key] : []));
	expect(keys).toContain("net.ipv4.neigh.default.mcast_solicit");
	expect(keys).toContain("net.ipv4.neigh.eth0.mcast_solicit");
	expect(keys.filter((key) => key.startsWith("net.ipv4.neigh.all"))).toEqual([]);
	await cable.lab.set("a", { kind: "sysctl", key: "net.ipv4.neigh.eth0.mcast_solicit", value: "1" });
	cable.send();
	cable.lab.pass(1.1);
	expect(cable.state).toBe("FAILED");
});
