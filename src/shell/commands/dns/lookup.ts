/** Queries as BIND's tools send them: server by server, try by try, each failure told. */
import type { SocketError, SocketOptions } from "../../../kernel/socket.ts";
import { type IpAddr, ip } from "../../../wire/addr.ts";
import { DNS_PORT, type DnsMessage } from "../../../wire/dns.ts";
import type { CommandContext } from "../../command.ts";
import { askDns, type DnsAnswer, type DnsFailure } from "../../dns-client.ts";
import { lookupHost, resolvConfOf } from "../../name-service.ts";

export interface LookupServer {
	readonly addr: IpAddr;
	/** As it was given. */
	readonly name: string;
}

export interface LookupPlan {
	readonly servers: readonly LookupServer[];
	readonly port: number;
	readonly tries: number;
	readonly timeoutNs: number;
	readonly tcp: boolean;
	/** An answer that was cut off is not asked for again over TCP. */
	readonly keepsTruncated: boolean;
	/** What is told before it is asked for again; undefined: nothing. */
	readonly retryText: ((name: string) => string) | undefined;
	readonly socket: SocketOptions;
}

export interface LookedUp {
	readonly answer: DnsAnswer;
	readonly server: LookupServer;
	readonly tcp: boolean;
}

/** `setup`: not even the socket could be opened, and that was told. */
export type LookupFailure = "no answer" | "setup" | "interrupted";

/** The servers of /etc/resolv.conf; without any the machine itself. */
export async function defaultServers(context: CommandContext): Promise<readonly LookupServer[]> {
	const { nameservers } = await resolvConfOf(context);
	const addrs = nameservers.length > 0 ? nameservers : [ip("127.0.0.1")];
	return addrs.filter((addr) => !addr.includes(":")).map((addr) => ({ addr, name: addr }));
}

/** A server by address or name; undefined: there is none of that name. */
export async function namedServer(context: CommandContext, name: string): Promise<LookupServer | undefined> {
	const found = await lookupHost(context, name, "ipv4");
	return found.ok ? { addr: found.value.addr, name } : undefined;
}

export function basicPlan(context: CommandContext, servers: readonly LookupServer[], program: string): LookupPlan {
	// BIND lets its datagrams be cut (net_udp: IP_PMTUDISC_OMIT, or else DONT).
	const socket = { program, pmtudisc: "dont" as const, ...(context.pid === undefined ? {} : { pid: context.pid }) };
	return {
		servers,
		port: DNS_PORT,
		tries: 3,
		timeoutNs: 5e9,
		tcp: false,
		keepsTruncated: false,
		retryText: truncatedText,
		socket,
	};
}

/** Asks until somebody answers; `tell` gets a line for each failure. */
export async function lookUp(
	context: CommandContext,
	plan: LookupPlan,
	{ query, tell }: { readonly query: DnsMessage; readonly tell: (line: string) => void },
): Promise<LookedUp | LookupFailure> {
	let setupFailed = false;
	for (let attempt = 0; attempt < plan.tries; attempt += 1) {
		for (const server of plan.servers) {
			const asked = await ask(context, plan, { query, server, tcp: plan.tcp });
			if (asked.answer !== undefined) {
				const cut = asked.answer.message.truncated && !plan.tcp && !plan.keepsTruncated;
				if (!cut) return { answer: asked.answer, server, tcp: plan.tcp };
				if (plan.retryText !== undefined) tell(plan.retryText(query.questions[0]?.name ?? ""));
				const whole = await ask(context, plan, { query, server, tcp: true });
				if (whole.answer !== undefined) return { answer: whole.answer, server, tcp: true };
			}
			if (context.interrupt.raised) return "interrupted";
			const place = `${server.addr}#${plan.port}`;
			const failure = asked.failure ?? { problem: "timeout" };
			if (failure.problem === "socket" && (plan.tcp || isSetup(failure.error))) {
				const name = query.questions[0]?.name ?? "";
				const what = plan.tcp ? "Connection to" : "UDP setup with";
				tell(`;; ${what} ${place}(${server.name}) for ${name === "" ? "." : name} failed: ${isc(failure.error)}.`);
				tell(";; no servers could be reached");
				setupFailed = true;
			} else tell(`;; communications error to ${place}: ${failureText(failure)}`);
		}
	}
	return setupFailed ? "setup" : "no answer";
}

function truncatedText(): string {
	return ";; Truncated, retrying in TCP mode.";
}

async function ask(
	context: CommandContext,
	plan: LookupPlan,
	{ query, server, tcp }: { readonly query: DnsMessage; readonly server: LookupServer; readonly tcp: boolean },
): Promise<{ readonly answer: DnsAnswer | undefined; readonly failure: DnsFailure | undefined }> {
	const { answers, failure } = await askDns(context, {
		server: { addr: server.addr, port: plan.port },
		queries: [query],
		timeoutNs: plan.timeoutNs,
		tcp,
		socket: plan.socket,
	});
	return { answer: answers[0], failure };
}

/** Failures of the socket itself, before anything was sent. */
function isSetup({ errno }: SocketError): boolean {
	return errno !== "ECONNREFUSED" && errno !== "ETIMEDOUT" && errno !== "ECONNRESET";
}

function failureText(failure: DnsFailure): string {
	if (failure.problem === "socket") return isc(failure.error);
	return failure.problem === "malformed" ? "end of file" : "timed out";
}

/** As BIND's library calls errors. */
function isc({ errno, message }: SocketError): string {
	switch (errno) {
		case "ECONNREFUSED":
			return "connection refused";
		case "EHOSTUNREACH":
			return "host unreachable";
		case "ENETUNREACH":
			return "network unreachable";
		case "ETIMEDOUT":
			return "timed out";
		case "ECONNRESET":
			return "connection reset";
		case "EADDRNOTAVAIL":
			return "address not available";
		case "EACCES":
		case "EPERM":
			return "permission denied";
		default:
			return message;
	}
}
