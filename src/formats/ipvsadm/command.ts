/** ipvsadm's command lines: on the shell's line, or a line of `ipvsadm -R`. */
import type { IpvsDestination, IpvsPersistence, IpvsService, IpvsTimeouts } from "../../kernel/ipvs.ts";
import { familyOf } from "../../wire/addr.ts";
import { Draft, type IpvsServiceName, NO_VALUE } from "./draft.ts";
import { failure, type IpvsadmFault, isFault, TRY_HELP } from "./fault.ts";
import type { IpvsListing } from "./listing.ts";
import { type CommandName, OptionReader, readCommand } from "./option-words.ts";
import { checkListing, checkOptions, checkTunnel } from "./rules.ts";
import { type Resolve, readSchedFlags, readTimeout } from "./values.ts";

export interface IpvsListCommand {
	readonly command: "list";
	readonly what: "services" | "connections" | "timeouts" | "daemon";
	readonly listing: IpvsListing;
	/** Only this service. */
	readonly one: IpvsServiceName | undefined;
	readonly numeric: boolean;
	readonly exact: boolean;
	readonly unsorted: boolean;
	/** `--persistent-conn` with connections. */
	readonly engines: boolean;
}

export type IpvsadmCommand =
	| { readonly command: "add-service" | "edit-service"; readonly service: IpvsService }
	| { readonly command: "delete-service"; readonly name: IpvsServiceName }
	| { readonly command: "add-server" | "edit-server" | "delete-server"; readonly destination: IpvsDestination }
	| { readonly command: "zero"; readonly name: IpvsServiceName | undefined }
	| { readonly command: "save"; readonly numeric: boolean }
	| { readonly command: "set"; readonly timeouts: IpvsTimeouts }
	| IpvsListCommand
	| { readonly command: "flush" | "restore" | "help" | "version" | "start-daemon" | "stop-daemon" };

export interface IpvsadmContext {
	/** Absent: names of hosts are not known. */
	readonly resolve?: Resolve;
	/** A line of a restore: it cannot restore itself. */
	readonly restoring?: true;
}

/** The words without the program's name. */
export function parseIpvsadmCommand(
	words: readonly string[],
	context: IpvsadmContext = {},
): IpvsadmCommand | IpvsadmFault {
	const draft = new Draft(context.resolve);
	if (words.length === 0) return listCommand(draft);
	const reader = new OptionReader(words);
	const first = readCommand(reader);
	if (isFault(first)) return first;
	const { command } = first.syntax;
	// These two look at nothing else.
	if (command === "help" || command === "version") return { command };
	if (command === "restore" && context.restoring === true) return TRY_HELP;
	const fault = checkDaemonState(command, first.value) ?? readOptions(reader, draft);
	return fault ?? finish(command, draft, reader.rest);
}

/** The words of a line of a restore; undefined: there is nothing in it. */
export function wordsOfLine(line: string): readonly string[] | undefined {
	const words = line.split(/\s+/).filter((word) => word !== "");
	const rest = words[0] === "ipvsadm" ? words.slice(1) : words;
	return rest.length === 0 ? undefined : rest;
}

function checkDaemonState(command: CommandName, state: string | undefined): IpvsadmFault | undefined {
	if (state === undefined || state === "master" || state === "backup") return undefined;
	const what = command === "start-daemon" ? "illegal start-daemon parameter" : "illegal start_daemon";
	return failure(`${what} specified`);
}

function readOptions(reader: OptionReader, draft: Draft): IpvsadmFault | undefined {
	for (let typed = reader.next(); typed !== undefined; typed = reader.next()) {
		if (!("syntax" in typed)) return typed;
		if ("command" in typed.syntax) return failure(`invalid option \`${typed.word}'`);
		const fault = draft.take(typed.syntax, typed.value ?? NO_VALUE);
		if (fault !== undefined) return fault;
	}
	return undefined;
}

/** All options are read; `rest` are the words that were none. */
function finish(command: CommandName, draft: Draft, rest: readonly string[]): IpvsadmCommand | IpvsadmFault {
	const timeouts = command === "set" ? readTimeouts(rest) : undefined;
	if (timeouts !== undefined && isFault(timeouts)) return timeouts;
	const unexpected = rest[command === "set" ? 3 : 0];
	if (unexpected !== undefined) return failure(`unexpected argument ${unexpected}`);
	const flags = readSchedFlags(draft.flags, draft.scheduler);
	if (isFault(flags)) return flags;
	const fault = checkOptions(command, draft.given);
	if (fault !== undefined) return fault;
	const { service: name } = draft;
	switch (command) {
		case "add-service":
		case "edit-service": {
			const service = serviceOf(draft, flags);
			return isFault(service) ? service : { command, service };
		}
		case "add-server":
		case "edit-server":
		case "delete-server": {
			const destination = destinationOf(draft, command);
			return isFault(destination) ? destination : { command, destination };
		}
		case "delete-service":
			return name === undefined ? TRY_HELP : { command, name };
		case "zero":
			return { command, name };
		case "save":
			return { command, numeric: draft.given.has("numeric") };
		case "set":
			return timeouts === undefined ? TRY_HELP : { command, timeouts };
		case "list":
			return checkListing(draft.given) ?? listCommand(draft);
		default:
			return { command };
	}
}

function readTimeouts(words: readonly string[]): IpvsTimeouts | IpvsadmFault {
	const [tcp, tcpFin, udp] = words;
	if (tcp === undefined || tcpFin === undefined || udp === undefined) {
		return failure("--set option requires 3 timeout values");
	}
	const [tcpSeconds, tcpFinSeconds, udpSeconds] = [readTimeout(tcp, 0), readTimeout(tcpFin, 0), readTimeout(udp, 0)];
	if (typeof tcpSeconds === "object") return tcpSeconds;
	if (typeof tcpFinSeconds === "object") return tcpFinSeconds;
	if (typeof udpSeconds === "object") return udpSeconds;
	return { kind: "ipvs-timeouts", tcpSeconds, tcpFinSeconds, udpSeconds };
}

function serviceOf(draft: Draft, flags: NonNullable<IpvsService["schedFlags"]>): IpvsService | IpvsadmFault {
	const { service: name, scheduler, persistenceSeconds, mask, engine, given } = draft;
	if (name === undefined) return TRY_HELP;
	const { service } = name;
	if (!("fwmark" in service)) {
		if (service.port === 0 && persistenceSeconds === undefined) {
			return failure("Zero port specified for non-persistent service");
		}
		if (given.has("ops") && service.proto !== "udp") {
			return failure("One-Packet Scheduling is only for UDP virtual services");
		}
	}
	const persistence: IpvsPersistence | undefined =
		persistenceSeconds === undefined
			? undefined
			: { timeoutSeconds: persistenceSeconds, ...mask, ...(engine === undefined ? {} : { engine }) };
	return {
		kind: "ipvs-service",
		...name,
		scheduler,
		...(flags.length === 0 ? {} : { schedFlags: flags }),
		...(persistence === undefined ? {} : { persistence }),
		...(given.has("ops") ? { onePacket: true } : {}),
	};
}

function destinationOf(
	draft: Draft,
	command: "add-server" | "edit-server" | "delete-server",
): IpvsDestination | IpvsadmFault {
	const { service: name, server, forward, weight, upperThreshold, lowerThreshold, tunnel, tunnelPort } = draft;
	if (name === undefined || server === undefined) return TRY_HELP;
	const servicePort = "fwmark" in name.service ? undefined : name.service.port;
	const { addr, port = servicePort ?? 0 } = server;
	const named = { kind: "ipvs-destination", ...name, addr } as const;
	if (command === "delete-server") return { ...named, port };
	const isTunnel = forward === "tunnel";
	const fault = checkTunnel(tunnel, draft.given, isTunnel);
	if (fault !== undefined) return fault;
	if (familyOf(addr) !== name.family && !isTunnel) {
		return failure("Different address family is allowed only for tunneling servers");
	}
	return {
		...named,
		// Only masquerading changes the port.
		port: forward === "masq" ? port : (servicePort ?? port),
		forward,
		weight,
		upperThreshold,
		lowerThreshold,
		...(isTunnel ? { tunnel: { type: tunnel, ...(tunnelPort === undefined ? {} : { port: tunnelPort }) } } : {}),
	};
}

function listCommand({ given, service }: Draft): IpvsListCommand {
	const has = (name: Parameters<typeof given.has>[0]): boolean => given.has(name);
	const listings: readonly IpvsListing[] = ["stats", "rate", "thresholds", "persistent-conn", "tun-info"];
	const listing = listings.find((each) => each !== "plain" && has(each)) ?? "plain";
	const others = { connection: "connections", timeout: "timeouts", daemon: "daemon" } as const;
	const what = has("connection")
		? others.connection
		: has("timeout")
			? others.timeout
			: has("daemon")
				? others.daemon
				: "services";
	return {
		command: "list",
		what,
		listing,
		one: service,
		numeric: has("numeric"),
		exact: has("exact"),
		unsorted: has("nosort"),
		engines: has("persistent-conn"),
	};
}
