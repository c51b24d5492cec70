/** Names for addresses in listings without `-n`, from the machine's files; name servers are not asked. */
import { parseHosts } from "../../../formats/hosts-file.ts";
import type { AddressNames } from "../../../formats/iptables/list-rule.ts";
import type { CommandContext } from "../../command.ts";

/** What /etc/networks says on every machine that does not have the file. */
const NETWORKS = "default 0.0.0.0\nloopback 127.0.0.0\nlink-local 169.254.0.0\n";

export async function addressNames({ host, netns }: CommandContext): Promise<AddressNames> {
	const hosts = parseHosts(await host.files.read("/etc/hosts", { netns }).catch(() => ""));
	const networks = await host.files.read("/etc/networks", { netns }).catch(() => NETWORKS);
	const lines = networks.split("\n").map((line) => line.replace(/#.*/, "").trim().split(/\s+/));
	return {
		hostName: (addr) => hosts.find((entry) => entry.addr === addr)?.names[0],
		networkName: (addr) => lines.find(([, network]) => network === addr)?.[0],
	};
}
