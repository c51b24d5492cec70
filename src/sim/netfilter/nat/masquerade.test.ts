import { expect, test } from "vitest";
import { type ConntrackLab, conntrackLab, through, udpSkb } from "../../../../test/conntrack-lab.ts";
import type { TraceEvent } from "../../../kernel/trace-event.ts";
import { ip, ipNum, ipText } from "../../../wire/addr.ts";
import { ipv4Dst, ipv4Src } from "../../../wire/ipv4.ts";
import { inDev } from "../../ipv4/devinet.ts";
import { type DeviceOps, NetDevice, type Skb } from "../../types.ts";
import { conntrackNet } from "../conntrack/net.ts";
import { nfNatMasqueradeIpv4 } from "./masquerade.ts";
import { nfNatRegisterFn } from "./nat-core.ts";
import { nfNatRedirect } from "./redirect.ts";

function device(lab: ConntrackLab, name: string, addrs: readonly string[]): NetDevice {
	const ops: DeviceOps = { type: "dummy", xmit: () => "queued", carrier: () => true };
	const ifindex = lab.netns.nextIfindex++;
	const dev = new NetDevice({ netns: lab.netns, name, ifindex, mac: 0, mtu: 1500, isLoopback: false, ops });
	dev.up = true;
	lab.netns.devices.set(ifindex, dev);
	lab.netns.devicesByName.set(name, dev);
	inDev(dev).addrs = addrs.map((text) => ({
		local: Number(ipNum(ip(text))),
		prefix: 24,
		broadcast: undefined,
		scope: "global",
		secondary: false,
	}));
	return dev;
}

/** A router that masquerades what leaves by `wan` (ports 7000–7001 for port 77) and lets the rest be. */
function router(): { lab: ConntrackLab; wan: NetDevice; lan: NetDevice } {
	const lab = conntrackLab();
	const wan = device(lab, "wan", ["203.0.113.1", "198.51.100.1"]);
	const lan = device(lab, "lan", ["192.168.7.1"]);
	nfNatRegisterFn(lab.netns, "ipv4", "POSTROUTING", {
		priority: 100,
		evaluate: (skb, state) => (state.outdev === wan ? nfNatMasqueradeIpv4(skb, {}, wan) : "accept"),
	});
	return { lab, wan, lan };
}

const FLOW = { src: "192.168.7.2", dst: "203.0.113.9", sport: 6000, dport: 53 };

function srcOf(skb: Skb): string {
	return ipText(ipv4Src(skb.bytes, skb.network));
}

function forward(lab: ConntrackLab, outdev: NetDevice, flow = FLOW): { skb: Skb; fate: string } {
	const skb = udpSkb(lab, flow);
	return { skb, fate: through(lab, skb, ["PREROUTING", "FORWARD", "POSTROUTING"], outdev) };
}

test("the source becomes the device's address in the next hop's network", () => {
	const { lab, wan } = router();
	expect(srcOf(forward(lab, wan).skb)).toBe("203.0.113.1");
	expect(srcOf(forward(lab, wan, { ...FLOW, dst: "198.51.100.9" }).skb)).toBe("198.51.100.1");
	expect(srcOf(forward(lab, wan, { ...FLOW, src: "0.0.0.0" }).skb)).toBe("0.0.0.0");
});

test("a flow that leaves by another device later is dropped and its entry ends", () => {
	const { lab, wan, lan } = router();
	const events: TraceEvent[] = [];
	forward(lab, wan);
	lab.machine.tracer = (event): void => {
		events.push(event);
	};
	expect(forward(lab, lan).fate).toBe("dropped");
	expect(events.at(-1)).toMatchObject({ reason: "NAT_OIF_CHANGED", detail: "it leaves by lan now" });
	expect(conntrackNet(lab.netns).table.count).toBe(0);
	expect(forward(lab, lan).fate).toBe("delivered");
});

test("a device that goes down ends what is masqueraded behind it, and nothing else", () => {
	const { lab, wan, lan } = router();
	forward(lab, wan);
	forward(lab, lan, { ...FLOW, sport: 6001 });
	for (const notify of lab.machine.deviceNotifiers) notify({ type: "down", dev: wan });
	const left = conntrackNet(lab.netns).table.entries(0);
	expect(left.map((ct) => ct.original.sport)).toEqual([6001]);
});

test("an address that is removed ends what is masqueraded with it, and nothing else", () => {
	const { lab, wan } = router();
	forward(lab, wan);
	forward(lab, wan, { ...FLOW, dst: "198.51.100.9" });
	const addr = ipNum(ip("203.0.113.1"));
	for (const notify of lab.machine.inetAddrNotifiers) notify({ type: "down", dev: wan, addr });
	const left = conntrackNet(lab.netns).table.entries(0);
	expect(left.map((ct) => ipText(ct.original.dst))).toEqual(["198.51.100.9"]);
});

test("without any address the packet is dropped and the log says so", () => {
	const lab = conntrackLab();
	const bare = device(lab, "bare", []);
	nfNatRegisterFn(lab.netns, "ipv4", "POSTROUTING", {
		priority: 100,
		evaluate: (skb) => nfNatMasqueradeIpv4(skb, {}, bare),
	});
	expect(forward(lab, bare).fate).toBe("dropped");
	expect(lab.machine.log.at(-1)?.text).toBe("bare ate my IP address");
});

test("REDIRECT sends to the first address of the device a packet came in on, or drops it", () => {
	const { lab, wan } = router();
	nfNatRegisterFn(lab.netns, "ipv4", "PREROUTING", {
		priority: -100,
		evaluate: (skb, state) => nfNatRedirect(skb, { minPort: 8080, maxPort: 8080 }, state.hook),
	});
	const skb = udpSkb(lab, FLOW);
	skb.dev = wan;
	through(lab, skb, ["PREROUTING"]);
	expect(ipText(ipv4Dst(skb.bytes, skb.network))).toBe("203.0.113.1");
	expect(skb.bytes[skb.transport + 2]).toBe(8080 >> 8);
	const lost = udpSkb(lab, FLOW);
	lost.dev = device(lab, "bare", []);
	expect(through(lab, lost, ["PREROUTING"])).toBe("dropped");
});
