/** `ip` and its relatives in the shell where no real tool can be asked: what podwire refuses, other machines, processes, files. */
import { expect, test } from "vitest";
import { shellLab } from "./shell-lab.ts";

const REFUSED: readonly (readonly [line: string, complaint: string])[] = [
	["ip link add b0 type bond", "a device of type bond is not modelled"],
	["ip maddress", "ip maddress is not modelled"],
	["ip monitor", "ip monitor is not modelled"],
	["ip link add br0 type bridge stp_state 1", "STP is not modelled (bridge br0)"],
	["ip link set eth0 arp off", "arp off is not modelled"],
	["ip link set eth0 group 5", "device group 5 is not modelled"],
	["ip link set eth0 xdp obj foo.o", "ip link xdp is not modelled"],
	["ip addr add 10.0.0.1 peer 10.0.0.2 dev eth0", "an address with a peer (10.0.0.2) is not modelled"],
	["ip addr add 10.0.0.1/24 dev eth0 valid_lft 60", "an address with a lifetime (60) is not modelled"],
	["ip addr add fd00::1/64 dev eth0", "IPv6 is not modelled (address fd00::1/64)"],
	["ip route add 10.9.0.0/16 via 10.211.55.1 tos 0x10", "route attribute tos 0x10 is not modelled"],
	["ip route add 10.9.0.0/16 encap mpls 100 via 10.211.55.1", "route attribute encap mpls is not modelled"],
	["ip -6 route add default via fe80::1 dev eth0", "IPv6 is not modelled (route ::/0)"],
	["ip rule add from 10.0.0.0/8 blackhole", "rule type blackhole is not modelled"],
	["ip rule add ipproto tcp dport 80 lookup 5", "rule selector ipproto is not modelled"],
	["ip neigh add proxy 10.0.0.9 dev eth0", "ip neigh proxy is not modelled"],
	["ip netns set ns1 5", "ip netns set is not modelled"],
	["brctl setbridgeprio br0 5", "brctl setbridgeprio is not modelled"],
	["route -6 -n", "IPv6 is not modelled"],
	["arp -f", "arp -f is not modelled"],
	["ifconfig eth0 pointopoint 10.0.0.2", "ifconfig pointopoint is not modelled"],
	["ethtool -T eth0", "ethtool -T is not modelled"],
];

test.each(REFUSED)("%s: refused by name", async (line, complaint) => {
	const lab = await shellLab();
	const before = await lab.sh("ip addr; ip route show table all; ip rule");
	expect(await lab.sh(line)).toEqual({ code: 2, out: "", err: `podwire: ${complaint}\n` });
	expect(await lab.sh("ip addr; ip route show table all; ip rule")).toEqual(before);
});

test("a cable to another machine is a network card", async () => {
	const lab = await shellLab();
	await lab.sh("ip netns add ns1; ip link add v0 type veth peer name v1 netns ns1");
	expect((await lab.sh("ip a s eth0")).out).toBe(
		"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000\n" +
			"    link/ether 00:1c:42:00:00:7a brd ff:ff:ff:ff:ff:ff\n" +
			"    inet 10.211.55.122/24 brd 10.211.55.255 scope global eth0\n" +
			"       valid_lft forever preferred_lft forever\n",
	);
	expect((await lab.sh("ip -d link show eth0")).out).not.toContain("veth");
	expect((await lab.sh("ip -j link show eth0")).out).not.toContain("link_index");
	expect((await lab.sh("ethtool -i eth0")).out).toContain("driver: virtio_net\n");
	expect(await lab.sh("ethtool -S eth0")).toEqual({ code: 94, out: "", err: "no stats available\n" });
	// The other machine's namespace has no number that this one could see.
	expect((await lab.sh("ip netns")).out).toBe("ns1 (id: 0)\n");
	expect((await lab.sh("ip -br link show v0")).out).toContain("v0@if2");
	expect((await lab.sh("@slave ip netns")).out).toBe("");
});

test("a namespace is a name, a process or a file", async () => {
	const lab = await shellLab();
	await lab.sh("ip netns add ns1; ip netns exec ns1 sleep 1000 &");
	const pid = (await lab.sh("ip netns pids ns1")).out.trim();
	expect(pid).toMatch(/^\d+$/);
	expect((await lab.sh(`ip netns identify ${pid}`)).out).toBe("ns1\n");
	expect((await lab.sh("ip netns identify")).out).toBe("\n");
	expect((await lab.sh(`ip netns attach also ${pid}`)).code).toBe(0);
	await lab.sh("ip link add a0 type veth peer name a1; ip link add b0 type veth peer name b1");
	expect((await lab.sh(`ip link set a1 netns ${pid}`)).code).toBe(0);
	expect((await lab.sh("ip link set b1 netns /var/run/netns/also")).code).toBe(0);
	expect((await lab.sh("ip -n ns1 -br link")).out.match(/^\w+/gm)).toEqual(["lo", "a1", "b1"]);
	expect((await lab.sh("ip -n ns1 link set a1 netns 1; ip -br link show a1")).out).toContain("a1@a0");
	expect(await lab.sh("ip link set a1 netns 424242")).toEqual({
		code: 2,
		out: "",
		err: "RTNETLINK answers: No such process\n",
	});
	// The process still holds the namespace when its last name is gone.
	await lab.sh("ip netns del ns1; ip netns del also");
	expect((await lab.sh("ip netns; ip -br link show b0")).out).toContain("b0@if");
	expect((await lab.sh("ip link show b0")).out).toContain("link-netnsid ");
	await lab.finish();
});

test("ip netns exec runs any command, and passes its exit code on", async () => {
	const lab = await shellLab();
	await lab.sh("ip netns add ns1");
	expect((await lab.sh("ip netns exec ns1 bash -c 'ip -br addr | wc -l; exit 7'")).code).toBe(7);
	expect(await lab.sh("ip netns exec ns1 nosuch")).toEqual({
		code: 1,
		out: "",
		err: 'exec of "nosuch" failed: No such file or directory\n',
	});
	expect((await lab.sh("ip netns exec ns1 ip netns identify")).out).toBe("ns1\n");
	expect((await lab.sh("ip netns exec ns1 sysctl -w net.ipv4.ip_forward=1; sysctl net.ipv4.ip_forward")).out).toBe(
		"net.ipv4.ip_forward = 1\nnet.ipv4.ip_forward = 0\n",
	);
});

test("routing tables have the names of /etc/iproute2/rt_tables", async () => {
	const lab = await shellLab();
	await lab.sh("mkdir -p /etc/iproute2; echo '100 blue # mine' >> /etc/iproute2/rt_tables");
	await lab.sh("ip route add 10.9.0.0/16 via 10.211.55.1 table blue; ip rule add fwmark 7 lookup blue");
	expect((await lab.sh("ip rule show fwmark 7")).out).toBe("32765:\tfrom all fwmark 0x7 lookup blue\n");
	expect((await lab.sh("ip route show table 100")).out).toBe("10.9.0.0/16 via 10.211.55.1 dev eth0 \n");
	expect((await lab.sh("ip route get 10.9.1.1 mark 7")).out).toBe(
		"10.9.1.1 via 10.211.55.1 dev eth0 table blue src 10.211.55.122 mark 7 uid 0 \n    cache \n",
	);
});

test("ip -batch reads commands from a file or from standard input", async () => {
	const lab = await shellLab();
	await lab.sh(
		"printf 'link add br0 type bridge # a comment\\n\\naddr add \\\\\\n 10.0.0.1/24 dev br0\\nlink set nosuch up\\nlink set br0 up\\n' > b",
	);
	expect(await lab.sh("ip -batch b")).toEqual({
		code: 1,
		out: "",
		err: 'Cannot find device "nosuch"\nCommand failed b:5\n',
	});
	expect((await lab.sh("ip -br addr show br0")).out).toBe("br0              DOWN           10.0.0.1/24 \n");
	expect((await lab.sh("echo 'link set br0 up' | ip -b -")).code).toBe(0);
	expect((await lab.sh("ip -br addr show br0")).out).toBe("br0              UNKNOWN        10.0.0.1/24 \n");
});

test("sysctl -p applies a file, and goes on after a mistake", async () => {
	const lab = await shellLab();
	await lab.sh(
		"printf 'net.ipv4.ip_forward = 1\\n# c\\nfoo\\n-net.nosuch=1\\nnet/ipv4/conf/eth0/rp_filter=2\\n' > s.conf",
	);
	expect(await lab.sh("sysctl -p s.conf")).toEqual({
		code: 0,
		out: "net.ipv4.ip_forward = 1\nnet.ipv4.conf.eth0.rp_filter = 2\n",
		err: "sysctl: s.conf(3): invalid syntax, continuing...\nsysctl: cannot stat /proc/sys/net/nosuch: No such file or directory\n",
	});
	await lab.sh("mkdir -p /etc/sysctl.d; echo 'net.ipv4.ip_forward=0' > /etc/sysctl.d/10-x.conf");
	expect((await lab.sh("sysctl --system")).out).toBe(
		"* Applying /etc/sysctl.d/10-x.conf ...\nnet.ipv4.ip_forward = 0\n* Applying /etc/sysctl.conf ...\n",
	);
});

test("what packets did is seen by every tool", async () => {
	const lab = await shellLab();
	await lab.sh("ping -c 1 10.211.55.123");
	expect((await lab.sh("arp -n")).out).toBe(
		"Address                  HWtype  HWaddress           Flags Mask            Iface\n" +
			"10.211.55.123            ether   00:1c:42:00:00:7b   C                     eth0\n",
	);
	expect((await lab.sh("ip neigh")).out).toBe("10.211.55.123 dev eth0 lladdr 00:1c:42:00:00:7b REACHABLE \n");
	expect((await lab.sh("ifconfig eth0")).out).toContain("RX packets 2  bytes 140 (140.0 B)\n");
	expect((await lab.sh("@slave ip neigh flush all; @slave arp -n")).out).toBe("");
});
