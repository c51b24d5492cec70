/** What must be the same of a flow whatever kernel it ran on, as lines that can be compared. */
import { formatConntrack } from "../formats/conntrack.ts";
import { formatRule } from "../formats/iptables-save.ts";
import { VXLAN_LINUX_PORT } from "../wire/vxlan.ts";
import type { FlowOutcome } from "./flow.ts";

/**
 * The ending, which pod answered and whom it saw, every rule that counted, every conntrack entry. Ports that the client's
 * kernel chose are written as letters, those that VXLAN makes of its own hash as `<flow>`, probabilities and seconds left are left out, times are none: all else must agree.
 */
export function flowDigest(outcome: FlowOutcome): readonly string[] {
	const names = new PortNames(outcome);
	const { ending, visit } = outcome;
	const lines = [
		ending.kind === "answered"
			? `answered${ending.status === undefined ? "" : ` ${ending.status}`}: ${pingless(ending.text)}`
			: ending.kind === "refused"
				? `refused: ${ending.errno}`
				: "not answered",
	];
	if (outcome.client !== undefined) lines.push(`client ${outcome.client.addr}`);
	if (visit !== undefined) {
		const { from, to } = visit;
		lines.push(`server ${visit.pod} saw ${names.addr(from.addr, from.port)} at ${to.addr}:${to.port}`);
	}
	for (const { netns, table, chain, number, rule, packets, bytes } of outcome.counters) {
		const text = rule === undefined ? "policy" : formatRule(rule).replace(/ --probability \S+/, " --probability <p>");
		lines.push(`${netns} ${table} ${chain} ${number} [${packets}:${bytes}] ${text}`);
	}
	for (const { netns, entries } of outcome.conntrack) {
		const texts = entries.map((entry) => names.text(formatConntrack({ ...entry, timeoutSeconds: 0 }).trimEnd()));
		lines.push(...texts.sort().map((text) => `${netns} conntrack ${text}`));
	}
	return lines;
}

/** A ping's answer ends with its time. */
function pingless(text: string): string {
	return text.trimEnd().replace(/ time=\S+ ms$/, "");
}

/** The source port of an outer datagram comes from a hash with a secret. */
function vxlanFlow(line: string): string {
	if (!line.startsWith("udp ") || !line.includes(` dport=${VXLAN_LINUX_PORT} `)) return line;
	return line.replace(/\b(sport|dport)=(\d+)/g, (all, key: string, port: string) => {
		return Number(port) === VXLAN_LINUX_PORT ? all : `${key}=<flow>`;
	});
}

/** The client's port is the kernel's choice, and so is the one that masquerading may put in its place. */
class PortNames {
	readonly #names = new Map<number, string>();

	constructor({ client, visit, to }: FlowOutcome) {
		const fixed = new Set([to.port, visit?.to.port]);
		for (const port of [client?.port, visit?.from.port]) {
			if (port === undefined || port === 0 || fixed.has(port) || this.#names.has(port)) continue;
			this.#names.set(port, `<port ${String.fromCharCode(65 + this.#names.size)}>`);
		}
	}

	addr(addr: string, port: number): string {
		return `${addr}:${this.#names.get(port) ?? port}`;
	}

	/** Of `conntrack -L`: sport, dport and an echo's id. */
	text(line: string): string {
		const named = line.replace(/\b(sport|dport)=(\d+)/g, (_, key: string, port: string) => {
			return `${key}=${this.#names.get(Number(port)) ?? port}`;
		});
		return vxlanFlow(named).replace(/\bid=\d+/g, "id=<id>");
	}
}
