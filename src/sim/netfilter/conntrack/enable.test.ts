import { expect, test } from "vitest";
import { conntrackLab, tcpSkb, through, udpSkb } from "../../../../test/conntrack-lab.ts";
import { TCP_ACK, TCP_SYN } from "../../../wire/tcp.ts";
import { hookKey } from "../hooks.ts";
import { nfCtNetnsGet, nfCtNetnsPut } from "./enable.ts";
import { conntrackNet } from "./net.ts";
import { ctStateOf, skbCt } from "./types.ts";

const CLIENT = { src: "10.1.0.2", dst: "10.2.0.2", sport: 1000, dport: 53 };

test("conntrack's functions are registered with its first user and go with its last", () => {
	const lab = conntrackLab();
	const names = (): unknown =>
		(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] as const).map((hook) =>
			(lab.netns.hooks.get(hookKey("ipv4", hook)) ?? []).map(({ name, priority }) => `${priority} ${name}`),
		);
	const on = names();
	expect(on).toEqual([
		["-400 ipv4_conntrack_defrag", "-200 ipv4_conntrack_in"],
		["2147483647 nf_confirm"],
		[],
		["-400 ipv4_conntrack_defrag", "-200 ipv4_conntrack_local"],
		["2147483647 nf_confirm"],
	]);
	nfCtNetnsGet(lab.netns, "ipv4");
	nfCtNetnsPut(lab.netns, "ipv4");
	expect(names()).toEqual(on);
	nfCtNetnsPut(lab.netns, "ipv4");
	expect(names()).toEqual([[], [], [], [], []]);
	expect(() => nfCtNetnsPut(lab.netns, "ipv4")).toThrow("more puts than gets");
});

test("entries outlive the hooks and are used again with the next user", () => {
	const lab = conntrackLab();
	through(lab, udpSkb(lab, CLIENT));
	nfCtNetnsPut(lab.netns, "ipv4");
	const unseen = udpSkb(lab, CLIENT);
	through(lab, unseen);
	expect(skbCt(unseen)).toBeUndefined();
	expect(ctStateOf(unseen)).toBe("INVALID");
	nfCtNetnsGet(lab.netns, "ipv4");
	expect(conntrackNet(lab.netns).table.count).toBe(1);
	const seen = udpSkb(lab, { src: CLIENT.dst, dst: CLIENT.src, sport: 53, dport: 1000 });
	through(lab, seen);
	expect(ctStateOf(seen)).toBe("ESTABLISHED");
});

test("a connection that went on unseen is not INVALID when conntrack is back", () => {
	const lab = conntrackLab();
	const client = { ...CLIENT, dport: 80 };
	const server = { src: client.dst, dst: client.src, sport: 80, dport: client.sport };
	through(lab, tcpSkb(lab, client, { flags: TCP_SYN, seq: 0 }));
	through(lab, tcpSkb(lab, server, { flags: TCP_SYN | TCP_ACK, seq: 0, ack: 1 }));
	through(lab, tcpSkb(lab, client, { flags: TCP_ACK, seq: 1, ack: 1 }));
	const later = (): string => {
		const skb = tcpSkb(lab, client, { flags: TCP_ACK, seq: 5_000_000, ack: 1 });
		through(lab, skb);
		return ctStateOf(skb);
	};
	expect(later()).toBe("INVALID");
	nfCtNetnsPut(lab.netns, "ipv4");
	nfCtNetnsGet(lab.netns, "ipv4");
	expect(later()).toBe("ESTABLISHED");
});
