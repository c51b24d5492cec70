/** For tests of the shell's network programs: `c` 192.168.7.2 – router `r` – `s` 203.0.113.9, as kernel-lab.md §2.5 has it. */
import type { HostSpec } from "../src/shell/create-world.ts";
import { ip } from "../src/wire/addr.ts";
import { type DnsServer, startDns } from "./dns-zone.ts";
import { type ShellLab, shellLab } from "./shell-lab.ts";

const HOSTS: readonly HostSpec[] = [
	{ name: "c", interfaces: [{ name: "eth0", addresses: ["192.168.7.2/24"] }], gateway: "192.168.7.1" },
	{
		name: "r",
		interfaces: [
			{ name: "eth0", addresses: ["192.168.7.1/24"] },
			{ name: "eth1", addresses: ["203.0.113.1/24"] },
		],
		sysctls: { "net.ipv4.ip_forward": "1", "net.ipv4.icmp_ratelimit": "0" },
	},
	{
		name: "s",
		interfaces: [{ name: "eth0", addresses: ["203.0.113.9/24"] }],
		gateway: "203.0.113.1",
		sysctls: { "net.ipv4.icmp_ratelimit": "0" },
	},
];

export async function netLab(): Promise<ShellLab> {
	return shellLab({ hosts: HOSTS, links: [{ ends: ["c:eth0", "r:eth0"] }, { ends: ["r:eth1", "s:eth0"] }] });
}

/** The same with a DNS server on `s`, which `c` asks. */
export async function dnsLab(): Promise<ShellLab & { readonly dns: DnsServer }> {
	const lab = await netLab();
	const host = lab.world.hosts.get("s");
	if (host === undefined) throw new Error("no machine s");
	const dns = startDns(lab.kernel, host.rootNetns, ip("203.0.113.9"));
	await lab.sh("printf 'nameserver 203.0.113.9\\nsearch test\\n' > /etc/resolv.conf");
	return { ...lab, dns };
}

/** What both streams said, the exit code last. */
export async function told(lab: ShellLab, line: string): Promise<string> {
	const { code, out, err } = await lab.sh(line);
	return `${out}${err}(rc ${code})`;
}
