/** A machine as it is right after installation: its files, its mounts, its services. */
import { type ComputedFile, TableFiles } from "./computed-files.ts";
import type { Host, Process } from "./host.ts";
import { MemoryFiles } from "./memory-files.ts";
import { procNet, procSys, sysClassNet } from "./proc-files.ts";
import { Syslog } from "./syslog.ts";
import type { ShellWorld } from "./world.ts";

const CENTOS: Host["os"] = { name: "CentOS Stream", version: "9", kernelRelease: "5.14.0-427.el9.x86_64" };

/** The configuration that rsyslog is installed with (RHEL 9), without comments. */
const RSYSLOG_CONF = `module(load="imuxsock")
module(load="imklog")
global(workDirectory="/var/lib/rsyslog")
*.info;mail.none;authpriv.none;cron.none                /var/log/messages
authpriv.*                                              /var/log/secure
mail.*                                                  -/var/log/maillog
cron.*                                                  /var/log/cron
*.emerg                                                 :omusrmsg:*
`;

export interface HostOptions {
	/** Default: CentOS Stream 9. */
	readonly os?: Host["os"] | undefined;
	/** The namespace it boots in, as the port names it. */
	readonly rootNetns: string;
}

export function createHost(world: ShellWorld, name: string, { os = CENTOS, rootNetns }: HostOptions): Host {
	const files = new MemoryFiles();
	let lastPid = 1000;
	const host: Host = {
		name,
		rootNetns,
		namedNetns: new Map(),
		files,
		processes: new Map(),
		dmesgFrom: 0,
		services: new Map([["rsyslog", { active: true, startedNs: 0 }]]),
		os,
		nextPid: () => {
			lastPid += 1;
			return lastPid;
		},
	};
	for (const [pid, argv] of DAEMONS) host.processes.set(pid, daemon(pid, argv, host.rootNetns));
	files.mount("/proc/sys", procSys(world.kernel, host));
	files.mount("/proc/net", procNet(world.kernel));
	files.mount("/sys/class/net", sysClassNet(world.kernel));
	files.mount("/dev", new TableFiles(async () => DEVICES));
	for (const [path, text] of Object.entries(standardFiles(name, os))) files.put(path, text);
	files.put("/root/http-web", PROGRAM("http-web"), { executable: true });
	for (const path of ["/tmp", "/var/log", "/etc/rsyslog.d", "/run/netns", "/home", "/usr/sbin", "/usr/bin"]) {
		void files.makeDirectory(path, { parents: true });
	}
	const syslog = new Syslog(world, host, files);
	world.pollers.push(() => syslog.poll());
	syslog.poll();
	return host;
}

const DAEMONS: readonly (readonly [number, readonly string[]])[] = [
	[1, ["/usr/lib/systemd/systemd"]],
	[812, ["/usr/sbin/rsyslogd", "-n"]],
];

function daemon(pid: number, argv: readonly string[], netns: string): Process {
	return { pid, argv, netns, startedNs: 0, interrupt: () => {} };
}

const NULL_DEVICE: ComputedFile = { read: () => "", write: async () => {} };
const DEVICES: ReadonlyMap<string, ComputedFile> = new Map([
	["/dev/null", NULL_DEVICE],
	["/dev/zero", NULL_DEVICE],
]);

/** The port's name of a machine's own namespace. */
export function rootNetnsOf(host: string): string {
	return `host/${host}`;
}

/** What an executable file of a machine says when it stands for a program of podwire's own. */
export const PROGRAM = (name: string): string => `#!podwire ${name}\n`;

function standardFiles(name: string, os: Host["os"]): Readonly<Record<string, string>> {
	const id = os.name.split(" ")[0]?.toLowerCase() ?? "linux";
	const release = `${os.name} release ${os.version}\n`;
	const files = {
		"/etc/hostname": `${name}\n`,
		"/etc/hosts": "127.0.0.1   localhost localhost.localdomain\n::1         localhost localhost.localdomain\n",
		"/etc/os-release": `NAME="${os.name}"\nVERSION="${os.version}"\nID="${id}"\nVERSION_ID="${os.version}"\nPRETTY_NAME="${os.name} ${os.version}"\n`,
		"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
		"/etc/resolv.conf": "",
		"/etc/rsyslog.conf": RSYSLOG_CONF,
		"/etc/sysctl.conf": "",
		"/proc/version": `Linux version ${os.kernelRelease} (podwire) #1 SMP\n`,
		"/var/log/messages": "",
	};
	return id === "centos" ? { ...files, "/etc/centos-release": release, "/etc/redhat-release": release } : files;
}
