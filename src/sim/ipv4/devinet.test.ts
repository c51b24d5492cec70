import { expect, test } from "vitest";
import { n } from "../../../test/router-lab.ts";
import { SimLab } from "../../../test/sim-lab.ts";
import type { Addr, Scope } from "../../kernel/objects.ts";
import { cidr, ipText } from "../../wire/addr.ts";
import { sysctls } from "../sysctl.ts";
import { inDev, inetSelectAddr } from "./devinet.ts";

function addr(dev: string, text: string, scope?: Scope): Addr {
	return { kind: "addr", dev, addr: cidr(text), ...(scope === undefined ? {} : { scope }) };
}

async function lab(): Promise<SimLab> {
	const made = new SimLab("a");
	await made.add("a", { kind: "link", name: "d0", link: { type: "dummy" }, up: true });
	await made.add("a", { kind: "link", name: "d1", link: { type: "dummy" }, up: true });
	await made.set("a", { kind: "link", name: "lo", up: true });
	return made;
}

async function write(made: SimLab, key: string, value: number): Promise<void> {
	await made.set("a", { kind: "sysctl", key: `net.ipv4.${key}`, value: String(value) });
}

test("ip_forward, conf.all.forwarding and every device's forwarding go together", async () => {
	const made = await lab();
	const read = (key: string): string | undefined => sysctls(made.netns("a")).values.get(`net.ipv4.${key}`);
	await write(made, "ip_forward", 1);
	const keys = ["ip_forward", "conf.all.forwarding", "conf.default.forwarding", "conf.d0.forwarding"];
	expect(keys.map(read)).toEqual(["1", "1", "1", "1"]);
	expect(read("conf.all.accept_redirects")).toBe("0");
	await write(made, "conf.d0.forwarding", 0);
	expect([...keys, "conf.d1.forwarding"].map(read)).toEqual(["1", "1", "1", "0", "1"]);
	expect([inDev(made.dev("a", "d0")).forwarding, inDev(made.dev("a", "d1")).forwarding]).toEqual([0, 1]);
	await write(made, "conf.all.forwarding", 0);
	expect([...keys, "conf.all.accept_redirects"].map(read)).toEqual(["0", "0", "0", "0", "1"]);
});

test("a device that is made later has the values of default", async () => {
	const made = await lab();
	await write(made, "conf.default.rp_filter", 2);
	await made.add("a", { kind: "link", name: "d2.7", link: { type: "dummy" } });
	expect(inDev(made.dev("a", "d2.7")).rpFilter).toBe(2);
	await write(made, "conf.d2/7.rp_filter", 1);
	expect([inDev(made.dev("a", "d2.7")).rpFilter, inDev(made.dev("a", "d0")).rpFilter]).toEqual([1, 0]);
});

test.each([
	["rp_filter", "rpFilter", [1, 2], 2],
	["arp_ignore", "arpIgnore", [2, 1], 2],
	["proxy_arp", "proxyArp", [0, 1], 1],
	["route_localnet", "routeLocalnet", [1, 0], 1],
	["send_redirects", "sendRedirects", [0, 0], 0],
	["bc_forwarding", "bcForwarding", [1, 0], 0],
	["forwarding", "forwarding", [1, 0], 0],
] as const)("%s of all and of the device are put together", async (leaf, name, [all, own], effective) => {
	const made = await lab();
	await write(made, `conf.all.${leaf}`, all);
	await write(made, `conf.d0.${leaf}`, own);
	expect(inDev(made.dev("a", "d0"))[name]).toBe(effective);
});

test("a router follows redirects only when all and the device both say so", async () => {
	const made = await lab();
	const read = (): number => inDev(made.dev("a", "d0")).acceptRedirects;
	expect(read()).toBe(1);
	await write(made, "conf.all.accept_redirects", 0);
	expect(read()).toBe(1);
	await write(made, "ip_forward", 1);
	expect(read()).toBe(0);
});

test.each([
	["the network of the next hop", { dev: "d0", dst: "198.51.100.9", scope: "global" }, "198.51.100.1"],
	["no such network: the first one", { dev: "d0", dst: "203.0.113.9", scope: "global" }, "10.0.0.1"],
	["never a secondary one", { dev: "d0", dst: "10.0.0.9", scope: "global" }, "10.0.0.1"],
	["a nearer scope does not count", { dev: "d0", dst: "172.16.0.9", scope: "global" }, "10.0.0.1"],
	["unless it is asked for", { dev: "d0", dst: "172.16.0.9", scope: "link" }, "172.16.0.1"],
	["another device's when it has none", { dev: "d1", dst: "0.0.0.0", scope: "global" }, "10.0.0.1"],
] as const)("source address: %s", async (_, { dev, dst, scope }, expected) => {
	const made = await lab();
	await made.add("a", addr("d0", "10.0.0.1/24"), addr("d0", "10.0.0.2/24"), addr("d0", "198.51.100.1/24"));
	await made.add("a", addr("d0", "172.16.0.1/24", "link"));
	expect(ipText(inetSelectAddr(made.dev("a", dev), n(dst), scope) ?? 0)).toBe(expected);
});

test("a host with loopback addresses only has no source for the outside", async () => {
	const made = await lab();
	expect(inetSelectAddr(made.dev("a", "d0"), n("192.0.2.1"), "global")).toBe(undefined);
});
