/** yum, dnf, apt-get, apt, rpm: everything a lab needs is already installed. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { formatTime } from "../wall-clock.ts";

/** Packages whose programs the shell has, by the names of both families of distributions. */
const INSTALLED: ReadonlySet<string> = new Set(
	(
		"arping bash bind-utils bridge-utils conntrack conntrack-tools coreutils curl dnsutils epel-release ethtool findutils gawk " +
		"grep iproute iproute2 ipset iptables iptables-services iputils ipvsadm iputils-arping iputils-ping jq less lsof man-db nc ncat " +
		"net-tools netcat netcat-openbsd nmap-ncat procps procps-ng rsyslog sed systemd tcpdump telnet traceroute util-linux wget which"
	).split(" "),
);

const VERSION = "1.0-1";

export const yumCommand: CommandEntry = {
	names: ["yum", "dnf"],
	summary: "install packages: what is modelled is already there",
	async run(context) {
		const [verb, ...names] = context.args.filter((arg) => !arg.startsWith("-"));
		if (verb === undefined) {
			context.stderr.write("usage: yum [options] COMMAND\n");
			return 1;
		}
		if (verb === "update" || verb === "upgrade" || verb === "makecache" || verb === "clean") {
			context.stdout.write("Dependencies resolved.\nNothing to do.\nComplete!\n");
			return 0;
		}
		if (verb !== "install" && verb !== "reinstall") {
			context.stderr.write(`podwire: ${context.name} ${verb} is not modelled\n`);
			return 2;
		}
		const unknown = names.filter((name) => !INSTALLED.has(name));
		const at = formatTime(context.world.kernel.clock.now(), "%a %d %b %Y %T %Z");
		context.stdout.write(`Last metadata expiration check: 0:00:00 ago on ${at}.\n`);
		for (const name of names) {
			if (INSTALLED.has(name)) context.stdout.write(`Package ${name}-${VERSION}.x86_64 is already installed.\n`);
			else context.stdout.write(`No match for argument: ${name}\n`);
		}
		if (unknown.length > 0) {
			context.stderr.write(`Error: Unable to find a match: ${unknown.join(" ")}\n`);
			return 1;
		}
		context.stdout.write("Dependencies resolved.\nNothing to do.\nComplete!\n");
		return 0;
	},
};

export const aptCommand: CommandEntry = {
	names: ["apt-get", "apt"],
	summary: "install packages: what is modelled is already there",
	async run(context) {
		const [verb, ...names] = context.args.filter((arg) => !arg.startsWith("-"));
		if (verb === undefined) {
			context.stderr.write(`Usage: ${context.name} [options] command\n`);
			return 1;
		}
		if (verb === "update") {
			context.stdout.write("Reading package lists... Done\n");
			return 0;
		}
		if (verb !== "install" && verb !== "upgrade") {
			context.stderr.write(`podwire: ${context.name} ${verb} is not modelled\n`);
			return 2;
		}
		context.stdout.write(
			"Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n",
		);
		return aptInstall(context, names);
	},
};

function aptInstall({ stdout, stderr }: CommandContext, names: readonly string[]): number {
	const unknown = names.filter((name) => !INSTALLED.has(name));
	for (const name of unknown) stderr.write(`E: Unable to locate package ${name}\n`);
	if (unknown.length > 0) return 100;
	for (const name of names) stdout.write(`${name} is already the newest version (${VERSION}).\n`);
	stdout.write("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n");
	return 0;
}

export const rpmCommand: CommandEntry = {
	names: ["rpm", "dpkg"],
	summary: "which packages are installed (rpm -q, -qa)",
	async run({ name, args, stdout, stderr }) {
		const names = args.filter((arg) => !arg.startsWith("-"));
		if (!args.some((arg) => /^-q|^-l$/.test(arg))) {
			stderr.write(`podwire: ${name} ${args.join(" ")} is not modelled\n`);
			return 2;
		}
		if (names.length === 0) {
			stdout.write([...INSTALLED].map((one) => `${one}-${VERSION}.x86_64\n`).join(""));
			return 0;
		}
		for (const one of names) {
			stdout.write(INSTALLED.has(one) ? `${one}-${VERSION}.x86_64\n` : `package ${one} is not installed\n`);
		}
		return names.every((one) => INSTALLED.has(one)) ? 0 : 1;
	},
};
