/** modprobe, lsmod, and the switches of a distribution's own protection. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { baseName } from "../inputs.ts";

/** What the simulated kernel has, as modules. */
const MODULES: readonly string[] = [
	"bridge",
	"br_netfilter",
	"dummy",
	"ip_set",
	"ip_tables",
	"ip_vs",
	...["dh", "fo", "lblc", "lblcr", "lc", "mh", "nq", "ovf", "rr", "sed", "sh", "wlc", "wrr"].map(
		(name) => `ip_vs_${name}`,
	),
	"iptable_filter",
	"iptable_mangle",
	"iptable_nat",
	"iptable_raw",
	"ipip",
	"llc",
	"nf_conntrack",
	"nf_defrag_ipv4",
	"nf_nat",
	"overlay",
	"stp",
	"veth",
	"x_tables",
	"xt_ipvs",
	"xt_set",
];

export const modprobeCommand: CommandEntry = {
	names: ["modprobe", "lsmod", "insmod", "rmmod"],
	summary: "kernel modules: what is modelled is loaded",
	async run(context) {
		const { name, args, stdout, stderr, host } = context;
		if (baseName(name) === "lsmod") {
			const rows = MODULES.map((module) => `${module.padEnd(23)} 16384  0\n`);
			stdout.write(`Module                  Size  Used by\n${rows.join("")}`);
			return 0;
		}
		for (const module of args.filter((arg) => !arg.startsWith("-"))) {
			if (MODULES.includes(module.replaceAll("-", "_"))) {
				if (module === "ipip" && baseName(name) === "modprobe") await loadIpip(context);
				continue;
			}
			stderr.write(`modprobe: FATAL: Module ${module} not found in directory /lib/modules/${host.os.kernelRelease}\n`);
			return 1;
		}
		return 0;
	},
};

/** ipip brings its fallback tunnel into every namespace of the machine, but those that are made later. */
async function loadIpip({ world: { kernel }, host }: CommandContext): Promise<void> {
	for (const netns of [host.rootNetns, ...host.namedNetns.values()]) {
		await kernel.apply(netns, [{ verb: "add", object: { kind: "link", name: "tunl0", link: { type: "ipip" } } }]);
	}
}

export const selinuxCommand: CommandEntry = {
	names: ["getenforce", "setenforce", "firewall-cmd", "ufw"],
	summary: "SELinux and firewalld: off",
	async run({ name, stdout, stderr }) {
		switch (baseName(name)) {
			case "getenforce":
				stdout.write("Disabled\n");
				return 0;
			case "setenforce":
				stderr.write("setenforce: SELinux is disabled\n");
				return 1;
			case "ufw":
				stdout.write("Status: inactive\n");
				return 0;
			default:
				stderr.write("FirewallD is not running\n");
				return 252;
		}
	},
};
