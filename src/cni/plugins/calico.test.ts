import { expect, test } from "vitest";
import { cidr, ip } from "../../wire/addr.ts";
import { calicoAdd, calicoVethName } from "./calico.ts";
import { calicoIpamAdd, calicoIpamRoom } from "./calico-ipam.ts";
import { EMPTY_IPAM_STORE, type IpamStore } from "./host-local.ts";

test("the node's device is named by the pod, as Calico does", () => {
	expect(calicoVethName("default", "nginx")).toBe("calic440f455693");
});

test("the pod has a gateway that nobody is, and the node answers for it", () => {
	const { plan } = calicoAdd({
		conf: { type: "calico", mtu: 1480 },
		runtime: { containerId: "c1", netns: "pod", ifName: "eth0", hostNetns: "node" },
		address: cidr("10.151.51.1/32"),
		hostDevice: "cali0123456789a",
	});
	const link = { type: "veth", peer: "cali0123456789a", peerNetns: "node", peerMac: "ee:ee:ee:ee:ee:ee" };
	const sysctl = (key: string, value: string) => ({ verb: "replace", object: { kind: "sysctl", key, value } });
	const conf = "net.ipv4.conf.cali0123456789a";
	expect(plan).toEqual([
		{
			netns: "pod",
			ops: [
				{ verb: "add", object: { kind: "link", name: "eth0", link, mtu: 1480 } },
				{ verb: "replace", object: { kind: "link", name: "eth0", up: true } },
				{ verb: "add", object: { kind: "route", dst: cidr("169.254.1.1/32"), dev: "eth0", scope: "link" } },
				{ verb: "add", object: { kind: "route", dst: cidr("0.0.0.0/0"), via: "169.254.1.1", dev: "eth0" } },
				{ verb: "add", object: { kind: "addr", dev: "eth0", addr: cidr("10.151.51.1/32") } },
			],
		},
		{
			netns: "node",
			ops: [
				sysctl(`${conf}.route_localnet`, "1"),
				sysctl("net.ipv4.neigh.cali0123456789a.proxy_delay", "0"),
				sysctl(`${conf}.proxy_arp`, "1"),
				sysctl(`${conf}.forwarding`, "1"),
				sysctl(`${conf}.rp_filter`, "1"),
				{ verb: "replace", object: { kind: "link", name: "cali0123456789a", mtu: 1480, up: true } },
				{
					verb: "add",
					object: { kind: "route", dst: cidr("10.151.51.1/32"), dev: "cali0123456789a", scope: "link" },
				},
			],
		},
	]);
});

test("pods get the lowest addresses that are free; the first is the tunnel's", () => {
	let store: IpamStore = EMPTY_IPAM_STORE;
	const add = (asked?: string): string => {
		const wish = asked === undefined ? {} : { asked: ip(asked) };
		const outcome = calicoIpamAdd({ podNet: NET, containerId: "c", ifName: "eth0", ...wish }, store);
		({ store } = outcome);
		return outcome.result.ok ? outcome.result.value.addr : outcome.result.error.message;
	};
	expect([add("10.1.0.2"), add(), add(), add("10.1.0.2"), add("10.1.0.0"), add("10.2.0.1")]).toEqual([
		"10.1.0.2",
		"10.1.0.1",
		"10.1.0.3",
		"Address already assigned in block: 10.1.0.2",
		"IP address 10.1.0.0 is the node's tunnel's",
		"IP address 10.2.0.1 is not in the node's pool 10.1.0.0/30",
	]);
	expect(add()).toBe("no IP addresses available in pool 10.1.0.0/30");
	expect(calicoIpamRoom(NET)).toBe(3);
});

const NET = cidr("10.1.0.0/30");
