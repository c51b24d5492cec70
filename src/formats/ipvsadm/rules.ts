/** Which options go with which command of ipvsadm, and with each other. */
import { failure, type IpvsadmFault } from "./fault.ts";
import { type CommandName, OPTION_NAMES, type OptionName } from "./option-words.ts";

interface Rule {
	readonly needs?: readonly OptionName[];
	readonly takes?: readonly OptionName[];
}

const SERVICE: Rule = {
	needs: ["service-address"],
	takes: ["scheduler", "persistent", "netmask", "ops", "pe", "sched-flags"],
};

const SERVER: Rule = {
	needs: ["service-address", "real-server"],
	takes: [
		"forwarding-method",
		"weight",
		"u-threshold",
		"l-threshold",
		"tun-type",
		"tun-port",
		"tun-nocsum",
		"tun-csum",
		"tun-remcsum",
	],
};

const RULES: Readonly<Record<CommandName, Rule>> = {
	"add-service": SERVICE,
	"edit-service": SERVICE,
	"delete-service": { needs: ["service-address"] },
	flush: {},
	restore: {},
	save: { takes: ["numeric"] },
	"add-server": SERVER,
	"edit-server": SERVER,
	"delete-server": { needs: ["service-address", "real-server"] },
	list: {
		takes: [
			"numeric",
			"connection",
			"service-address",
			"timeout",
			"daemon",
			"stats",
			"rate",
			"thresholds",
			"persistent-conn",
			"nosort",
			"syncid",
			"exact",
			"tun-info",
		],
	},
	zero: { takes: ["service-address"] },
	set: {},
	"start-daemon": { takes: ["syncid", "mcast-interface", "mcast-group", "mcast-port", "mcast-ttl", "sync-maxlen"] },
	"stop-daemon": { takes: ["syncid"] },
	help: {},
	version: {},
};

/** The first option, in the tool's order, that the command lacks or does not take. */
export function checkOptions(command: CommandName, given: ReadonlySet<OptionName>): IpvsadmFault | undefined {
	const { needs = [], takes = [] } = RULES[command];
	for (const option of OPTION_NAMES) {
		if (needs.includes(option)) {
			if (given.has(option)) continue;
			return failure(`You need to supply the '${option}' option for the '${command}' command`);
		}
		if (given.has(option) && !takes.includes(option)) {
			return failure(`Illegal '${option}' option with the '${command}' command`);
		}
	}
	return undefined;
}

/** What a listing can show one of; in the tool's order. */
const EXCLUSIVE: readonly (readonly [OptionName, OptionName])[] = [
	["service-address", "connection"],
	["timeout", "connection"],
	["daemon", "connection"],
	["timeout", "service-address"],
	["daemon", "service-address"],
	["daemon", "timeout"],
];

export function checkListing(given: ReadonlySet<OptionName>): IpvsadmFault | undefined {
	const has = (name: OptionName): boolean => given.has(name);
	for (const [option, other] of EXCLUSIVE) {
		if (has(option) && has(other)) return conflict(option, other, "the 'list' command");
	}
	const counts = has("stats") || has("rate") || has("thresholds");
	const isOther = has("timeout") || has("daemon");
	if ((has("connection") && counts) || (isOther && (counts || has("persistent-conn")))) {
		return failure("options conflicts in the list command");
	}
	return undefined;
}

/** What goes with a kind of tunnel. */
export function checkTunnel(
	type: "ipip" | "gue" | "gre",
	given: ReadonlySet<OptionName>,
	isTunnel: boolean,
): IpvsadmFault | undefined {
	const typed = TUNNEL_OPTIONS.filter((option) => given.has(option));
	if (!isTunnel) return typed.length === 0 ? undefined : failure("Tunnel options conflict with forward method");
	if (type === "gue" && !given.has("tun-port")) {
		return failure("You need to supply the 'tun-port' option for the 'gue' tunnel type");
	}
	const illegal = typed.find((option) => !TUNNEL_TAKES[type].includes(option));
	if (illegal !== undefined) return failure(`Illegal '${illegal}' option with the '${type}' tunnel type`);
	if (given.has("tun-csum") && given.has("tun-nocsum"))
		return conflict("tun-csum", "tun-nocsum", `the '${type}' tunnel type`);
	return undefined;
}

const TUNNEL_OPTIONS: readonly OptionName[] = ["tun-type", "tun-port", "tun-nocsum", "tun-csum", "tun-remcsum"];

const TUNNEL_TAKES: Readonly<Record<"ipip" | "gue" | "gre", readonly OptionName[]>> = {
	ipip: ["tun-type"],
	gue: TUNNEL_OPTIONS,
	gre: ["tun-type", "tun-nocsum", "tun-csum"],
};

function conflict(option: OptionName, other: OptionName, where: string): IpvsadmFault {
	return failure(`The option '${option}' conflicts with the '${other}' option in ${where}`);
}
