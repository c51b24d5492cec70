/** For tests of tunnels: two nodes on one cable, each with a pod network behind it. */
import type { KernelObject } from "../src/kernel/objects.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";
import { SimLab } from "./sim-lab.ts";

/** `n1` 192.168.0.1 and `n2` 192.168.0.2; `p1` 10.244.1.2 behind n1 and `p2` 10.244.2.2 behind n2, both ways up. */
export async function twoNodes(): Promise<SimLab> {
	const lab = new SimLab("n1", "n2", "p1", "p2");
	const peerMac = mac("02:00:00:00:00:02");
	const cable = { type: "veth", peer: "eth0", peerNetns: "n2", peerMac } as const;
	await lab.add("n1", { kind: "link", name: "eth0", mac: mac("02:00:00:00:00:01"), link: cable, up: true });
	await lab.set("n2", { kind: "link", name: "eth0", up: true });
	for (const n of [1, 2] as const) {
		const pod = { type: "veth", peer: "eth0", peerNetns: `p${n}`, peerMac: mac(`02:00:00:00:0${n}:02`) } as const;
		await lab.add(
			`n${n}`,
			{ kind: "addr", dev: "eth0", addr: cidr(`192.168.0.${n}/24`) },
			{ kind: "link", name: "pod", mac: mac(`02:00:00:00:0${n}:01`), link: pod, up: true },
			{ kind: "addr", dev: "pod", addr: cidr(`10.244.${n}.1/24`) },
		);
		await lab.set(`n${n}`, { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
		await lab.set(`p${n}`, { kind: "link", name: "eth0", up: true });
		await lab.add(
			`p${n}`,
			{ kind: "addr", dev: "eth0", addr: cidr(`10.244.${n}.2/24`) },
			{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip(`10.244.${n}.1`), dev: "eth0" },
		);
	}
	lab.settle();
	return lab;
}

/** Calico's way to the other node's pods: the fallback device, and the far node as an on-link gateway. */
export function calicoObjects(n: 1 | 2): readonly KernelObject[] {
	const far = n === 1 ? 2 : 1;
	return [
		{ kind: "link", name: "tunl0", link: { type: "ipip" }, up: true },
		{ kind: "addr", dev: "tunl0", addr: cidr(`10.244.${n}.0/32`) },
		{
			kind: "route",
			dst: cidr(`10.244.${far}.0/24`),
			via: ip(`192.168.0.${far}`),
			dev: "tunl0",
			onlink: true,
			protocol: "bird",
		},
	];
}
