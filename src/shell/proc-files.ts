/** `/proc` of a machine: the sysctls and network tables of whoever looks, and a few facts about the machine. */
import { formatConntrack } from "../formats/conntrack.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { KernelObject, Link, Neigh } from "../kernel/objects.ts";
import { type ComputedFile, type FileTable, TableFiles } from "./computed-files.ts";
import { FileError, type FileView } from "./file-tree.ts";
import type { Host } from "./host.ts";
import type { ComputedFiles } from "./memory-files.ts";

/** A part of `/proc`, looked up only when its path is. */
export function procSys(kernel: Kernel, host: Pick<Host, "name" | "os">): ComputedFiles {
	return new TableFiles(async (view) => {
		const files = new Map<string, ComputedFile>();
		for (const object of await dump(kernel, view, ["sysctl"])) {
			if (object.kind !== "sysctl") continue;
			const path = `/proc/sys/${sysctlPath(object.key)}`;
			files.set(path, {
				read: () => `${object.value}\n`,
				write: (text) => writeSysctl(kernel, view, { path, key: object.key, text }),
			});
		}
		const facts = { hostname: host.name, osrelease: host.os.kernelRelease, ostype: "Linux" };
		for (const [name, value] of Object.entries(facts)) {
			files.set(`/proc/sys/kernel/${name}`, { read: () => `${value}\n` });
		}
		return files;
	});
}

export function procNet(kernel: Kernel): ComputedFiles {
	return new TableFiles(async (view) => {
		const objects = await dump(kernel, view, ["link", "neigh", "conntrack"]);
		const links = objects.filter((object) => object.kind === "link");
		const neighs = objects.filter((object) => object.kind === "neigh");
		const entries = objects.filter((object) => object.kind === "conntrack");
		const conntrack = entries.map((entry) =>
			formatConntrack(entry, { extended: true }).replace(/use=\d+$/, "zone=0 use=2"),
		);
		return table({
			"/proc/net/arp": arpText(neighs),
			"/proc/net/dev": devText(links),
			"/proc/net/nf_conntrack": conntrack.map((line) => `${line}\n`).join(""),
		});
	});
}

export function sysClassNet(kernel: Kernel): ComputedFiles {
	return new TableFiles(async (view) => {
		const objects = await dump(kernel, view, ["link"]);
		const files: Record<string, string> = {};
		for (const link of objects) {
			if (link.kind !== "link") continue;
			for (const [name, value] of Object.entries(linkFacts(link))) {
				files[`/sys/class/net/${link.name}/${name}`] = `${value}\n`;
			}
		}
		return table(files);
	});
}

async function dump(
	kernel: Kernel,
	view: FileView,
	kinds: readonly KernelObject["kind"][],
): Promise<readonly KernelObject[]> {
	const dumped = await kernel.dump(view.netns, kinds);
	return dumped.ok ? dumped.value : [];
}

function table(files: Readonly<Record<string, string>>): FileTable {
	return new Map(Object.entries(files).map(([path, text]) => [path, { read: () => text }]));
}

async function writeSysctl(
	kernel: Kernel,
	view: FileView,
	{ path, key, text }: { readonly path: string; readonly key: string; readonly text: string },
): Promise<void> {
	const value = text.trim().split(/\s+/).join("\t");
	// Opening a file with truncation writes nothing.
	if (value === "") return;
	const written = await kernel.apply(view.netns, [{ verb: "replace", object: { kind: "sysctl", key, value } }]);
	if (!written.ok) throw new FileError(written.error.errno === "ENOENT" ? "ENOENT" : "EINVAL", path);
}

/** Dots separate the parts of a key; a slash in it is a dot in a device's name. */
export function sysctlPath(key: string): string {
	return key.replaceAll(/[./]/g, (char) => (char === "." ? "/" : "."));
}

const NUD_FLAGS: Readonly<Record<string, number>> = { PERMANENT: 6, INCOMPLETE: 0, FAILED: 0, NOARP: 2, NONE: 0 };

/** net/ipv4/arp.c: arp_format_neigh_entry. */
function arpText(neighs: readonly Neigh[]): string {
	const rows = neighs
		.filter((neigh) => neigh.state !== "NOARP" && neigh.state !== "NONE" && !neigh.addr.includes(":"))
		.map((neigh) => {
			const flags = NUD_FLAGS[neigh.state ?? "PERMANENT"] ?? 2;
			const mac = neigh.mac ?? "00:00:00:00:00:00";
			return `${neigh.addr.padEnd(16)} 0x${"1".padEnd(10)}0x${flags.toString(16).padEnd(10)}${mac}     *        ${neigh.dev}\n`;
		});
	return `IP address       HW type     Flags       HW address            Mask     Device\n${rows.join("")}`;
}

/** net/core/net-procfs.c: dev_seq_printf_stats. */
function devText(links: readonly Link[]): string {
	const head =
		"Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";
	const widths = [7, 7, 4, 4, 4, 5, 10, 9, 8, 7, 4, 4, 4, 5, 7, 10];
	const rows = links.map(({ name, stats }) => {
		const rx = [stats?.rxBytes, stats?.rxPackets, 0, stats?.rxDropped, 0, 0, 0, 0];
		const tx = [stats?.txBytes, stats?.txPackets, 0, stats?.txDropped, 0, 0, 0, 0];
		const columns = [...rx, ...tx].map((value, k) => String(value ?? 0).padStart(widths[k] ?? 0));
		return `${name.padStart(6)}: ${columns.join(" ")}\n`;
	});
	return head + rows.join("");
}

function linkFacts(link: Link): Readonly<Record<string, string | number>> {
	const { stats } = link;
	const isLoopback = link.link?.type === "loopback";
	const running = link.up === true && link.carrier !== false;
	const operstate = isLoopback ? "unknown" : running ? "up" : link.up === true ? "lowerlayerdown" : "down";
	return {
		address: link.mac ?? "00:00:00:00:00:00",
		carrier: running ? 1 : 0,
		ifindex: link.ifindex ?? 0,
		iflink: link.peerIfindex ?? link.ifindex ?? 0,
		mtu: link.mtu ?? 1500,
		operstate,
		type: isLoopback ? 772 : link.link?.type === "ipip" ? 768 : 1,
		"statistics/rx_bytes": stats?.rxBytes ?? 0,
		"statistics/rx_dropped": stats?.rxDropped ?? 0,
		"statistics/rx_packets": stats?.rxPackets ?? 0,
		"statistics/tx_bytes": stats?.txBytes ?? 0,
		"statistics/tx_dropped": stats?.txDropped ?? 0,
		"statistics/tx_packets": stats?.txPackets ?? 0,
	};
}
