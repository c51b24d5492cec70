/** systemctl, service: the few services a lab has. */
import type { CommandContext, CommandEntry } from "../command.ts";
import type { Host } from "../host.ts";
import { dateLine, formatTime } from "../wall-clock.ts";

interface Unit {
	readonly description: string;
	readonly program?: readonly [pid: number, command: string];
}

/** Services that are installed; those with a program run unless they were stopped. */
const UNITS: Readonly<Record<string, Unit>> = {
	NetworkManager: { description: "Network Manager", program: [780, "/usr/sbin/NetworkManager --no-daemon"] },
	firewalld: { description: "firewalld - dynamic firewall daemon" },
	iptables: { description: "IPv4 firewall with iptables" },
	network: { description: "LSB: Bring up/down networking", program: [0, ""] },
	rsyslog: { description: "System Logging Service", program: [812, "/usr/sbin/rsyslogd -n"] },
	sshd: {
		description: "OpenSSH server daemon",
		program: [820, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"],
	},
};

export const systemctlCommand: CommandEntry = {
	names: ["systemctl"],
	summary: "start, stop, restart, status of services (rsyslog)",
	async run(context) {
		const now = context.args.includes("--now");
		const [verb = "list-units", ...units] = context.args.filter((arg) => !arg.startsWith("-"));
		if (verb === "daemon-reload" || verb === "reset-failed") return 0;
		if (!VERBS.has(verb)) {
			context.stderr.write(
				verb === "list-units" ? "podwire: systemctl list-units is not modelled\n" : `Unknown command verb ${verb}.\n`,
			);
			return 1;
		}
		if (units.length === 0) {
			context.stderr.write("Too few arguments.\n");
			return 1;
		}
		let status = 0;
		for (const unit of units) status = oneUnit(context, { verb, name: unit.replace(/\.service$/, ""), now }) || status;
		return status;
	},
};

/** `service rsyslog restart`. */
export const serviceCommand: CommandEntry = {
	names: ["service"],
	summary: "start, stop, restart, status of a service",
	async run(context) {
		const [name, verb] = context.args;
		if (name === undefined || verb === undefined) {
			context.stderr.write(
				"Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n",
			);
			return 1;
		}
		if (name !== "iptables" || verb !== "save") {
			context.stderr.write(`Redirecting to /bin/systemctl ${verb} ${name}.service\n`);
		}
		return oneUnit(context, { verb, name, now: false });
	},
};

/** The daemon started by hand: as `systemctl restart rsyslog`; `-N1` only checks. */
export const rsyslogdCommand: CommandEntry = {
	names: ["rsyslogd"],
	summary: "start the log daemon",
	async run(context) {
		if (context.args.some((arg) => arg.startsWith("-N"))) {
			context.stderr.write("rsyslogd: End of config validation run. Bye.\n");
			return 0;
		}
		return oneUnit(context, { verb: "restart", name: "rsyslog", now: false });
	},
};

const VERBS: ReadonlySet<string> = new Set([
	"disable",
	"enable",
	"is-active",
	"is-enabled",
	"mask",
	"reload",
	"restart",
	"start",
	"status",
	"stop",
	"try-restart",
	"unmask",
]);

interface Request {
	readonly verb: string;
	readonly name: string;
	readonly now: boolean;
}

function oneUnit(context: CommandContext, { verb, name, now }: Request): number {
	const { host, stdout, stderr } = context;
	const unit = UNITS[name];
	if (unit === undefined) return unknownUnit(context, verb, name);
	const active = isActive(host, name);
	switch (verb) {
		case "status":
			stdout.write(statusText(context, name, unit));
			return active ? 0 : 3;
		case "is-active":
			stdout.write(active ? "active\n" : "inactive\n");
			return active ? 0 : 3;
		case "is-enabled":
			stdout.write(unit.program === undefined ? "disabled\n" : "enabled\n");
			return unit.program === undefined ? 1 : 0;
		case "enable":
		case "disable":
			if (now) setActive(context, name, verb === "enable");
			return 0;
		case "start":
			if (!active) setActive(context, name, true);
			return 0;
		case "stop":
			setActive(context, name, false);
			return 0;
		case "restart":
		case "reload":
		case "try-restart":
			if (verb === "restart" || active) setActive(context, name, true);
			return 0;
		case "mask":
		case "unmask":
			return 0;
		default:
			stderr.write(`podwire: ${name} ${verb} is not modelled\n`);
			return 2;
	}
}

function unknownUnit({ stdout, stderr }: CommandContext, verb: string, name: string): number {
	if (verb === "status") {
		stderr.write(`Unit ${name}.service could not be found.\n`);
		return 4;
	}
	if (verb === "is-active") {
		stdout.write("inactive\n");
		return 3;
	}
	if (verb === "enable" || verb === "disable") {
		stderr.write(`Failed to ${verb} unit: Unit file ${name}.service does not exist.\n`);
		return 1;
	}
	stderr.write(
		`Failed to ${verb} ${name}.service: Unit ${name}.service not ${verb === "stop" ? "loaded" : "found"}.\n`,
	);
	return 5;
}

function isActive(host: Host, name: string): boolean {
	return host.services.get(name)?.active ?? UNITS[name]?.program !== undefined;
}

/** A new entry each time: that is how a daemon notices that it was restarted. */
function setActive({ host, world }: CommandContext, name: string, active: boolean): void {
	host.services.set(name, { active, startedNs: world.kernel.clock.now() });
}

function statusText({ host, world }: CommandContext, name: string, { description, program }: Unit): string {
	const state = host.services.get(name);
	const active = isActive(host, name);
	const enabled = program === undefined ? "disabled" : "enabled";
	const now = world.kernel.clock.now();
	const since = state?.startedNs ?? 0;
	const day = dateLine(since).slice(0, 3);
	const when = `since ${day} ${formatTime(since, "%F %T %Z")}; ${Math.floor((now - since) / 1e9)}s ago`;
	const [pid, command] = program ?? [0, ""];
	const lines = [
		`${active ? "●" : "○"} ${name}.service - ${description}`,
		`     Loaded: loaded (/usr/lib/systemd/system/${name}.service; ${enabled}; preset: ${enabled})`,
		active
			? `     Active: active (running) ${when}`
			: `     Active: inactive (dead)${state === undefined ? "" : ` ${when}`}`,
	];
	if (active && pid > 0) {
		const short = command.split(" ")[0]?.split("/").at(-1)?.replace(/:$/, "") ?? "";
		lines.push(`   Main PID: ${pid} (${short})`);
		lines.push(`     CGroup: /system.slice/${name}.service`, `             └─${pid} ${command}`);
	}
	return `${lines.join("\n")}\n`;
}
