/** What came of a scenario on one kernel, in words short enough that a claim about it fits a line. */
import type { ConntrackEntry } from "../../src/kernel/conntrack.ts";
import type { XtChain } from "../../src/kernel/objects.ts";
import type { NetnsOutcome, Outcome, SeenFrame } from "../../src/verify/outcome.ts";
import { ETH_HLEN, ETH_P_IP, ethType } from "../../src/wire/ethernet.ts";
import { IP_DF, ipv4Frag, ipv4Id, ipv4Tos, ipv4TotalLength, ipv4Ttl } from "../../src/wire/ipv4.ts";
import { summarizeFrame } from "../../src/wire/summary.ts";

export interface FrameFilter {
	readonly direction?: "in" | "out";
	/** Index of the step, from 0. */
	readonly step?: number;
	/** Its line has this in it. */
	readonly with?: string;
	/** With both MAC addresses. */
	readonly macs?: true;
}

export class Seen {
	readonly #outcome: Outcome;

	constructor(outcome: Outcome) {
		this.#outcome = outcome;
	}

	/** Why nothing was sent. */
	get refused(): string | undefined {
		return this.#outcome.refused?.error.message;
	}

	/** tcpdump's lines of what passed a device, in order. */
	lines(place: string, filter: FrameFilter = {}): readonly string[] {
		return this.frames(place, filter).map(({ frame }) => lineOf(frame, filter.macs === true));
	}

	/** `place`: `router eth0`. */
	frames(place: string, filter: FrameFilter = {}): readonly SeenFrame[] {
		const { direction, step, with: words = "" } = filter;
		return this.#outcome.frames.filter(
			(seen) =>
				`${seen.netns} ${seen.dev}` === place &&
				(direction === undefined || seen.direction === direction) &&
				(step === undefined || seen.step === step) &&
				lineOf(seen.frame, true).includes(words),
		);
	}

	/** The IPv4 headers of frames as `id 0 DF ttl 64 tos 0x0 length 60`, an id that is not zero as `id n`. */
	headers(place: string, filter: FrameFilter = {}): readonly string[] {
		return this.frames(place, filter)
			.filter(({ frame }) => ethType(frame, 0) === ETH_P_IP)
			.map(({ frame }) => headerOf(frame));
	}

	/** IP ids of frames. */
	ipIds(place: string, filter: FrameFilter = {}): readonly number[] {
		return this.frames(place, filter).map(({ frame }) => ipv4Id(frame, ETH_HLEN));
	}

	/** What the rules of a chain counted; `place`: `router nat POSTROUTING`. */
	packets(place: string): readonly number[] {
		return this.#chain(place).rules.map(({ counters }) => counters?.packets ?? 0);
	}

	/** `2/168`: packets and bytes of each rule. */
	counts(place: string): readonly string[] {
		return this.#chain(place).rules.map(({ counters }) => `${counters?.packets ?? 0}/${counters?.bytes ?? 0}`);
	}

	/** Packets that the policy decided. */
	policy(place: string): number {
		return this.#chain(place).counters?.packets ?? 0;
	}

	/** What all rules of all chains of a namespace counted. */
	allPackets(netns: string): number {
		const rules = this.#left(netns).chains.flatMap((chain) => chain.rules);
		return rules.reduce((sum, { counters }) => sum + (counters?.packets ?? 0), 0);
	}

	/** The first words of LOG lines, in order: prefixes. */
	prefixes(): readonly string[] {
		return this.#outcome.log.map(({ text }) => text.split(" ")[0] ?? "");
	}

	/** LOG lines, the levels left out. */
	log(): readonly string[] {
		return this.#outcome.log.map(({ text }) => text);
	}

	levels(): readonly number[] {
		return this.#outcome.log.map(({ level }) => level);
	}

	/** Entries as `tcp 5001 ESTABLISHED 300 UNREPLIED`, by source port (ICMP: id); timeouts rounded up to ten seconds. */
	flows(netns: string): readonly string[] {
		return [...this.entries(netns)].sort((a, b) => key(a) - key(b)).map(flowText);
	}

	entries(netns: string): readonly ConntrackEntry[] {
		return this.#left(netns).conntrack;
	}

	/** `10.0.0.2 eth0 02:00:00:00:00:02 REACHABLE`. */
	neighbours(netns: string): readonly string[] {
		return this.#left(netns).neighs.map(({ addr, dev, mac, state }) => `${addr} ${dev} ${mac ?? "-"} ${state ?? ""}`);
	}

	/** `02:00:00:00:00:02 veth1b`, sorted; `permanent` ones are the ports' own. */
	fdb(netns: string, which: "learnt" | "permanent"): readonly string[] {
		return this.#left(netns)
			.fdb.filter(({ state }) => (state ?? "learnt") === which)
			.map(({ mac, dev }) => `${mac} ${dev}`)
			.sort();
	}

	/** What sockets of a namespace saw, in order. */
	sockets(netns: string, step?: number): readonly string[] {
		return this.#outcome.sockets
			.filter((sight) => sight.netns === netns && (step === undefined || sight.step === step))
			.map(({ what }) => what);
	}

	#chain(place: string): XtChain {
		const [netns = "", table, name] = place.split(" ");
		const found = this.#left(netns).chains.find((chain) => chain.table === table && chain.chain === name);
		if (found === undefined) throw new Error(`there is no chain ${place}`);
		return found;
	}

	#left(netns: string): NetnsOutcome {
		const left = this.#outcome.netns[netns];
		if (left === undefined) throw new Error(`there is no namespace ${netns}`);
		return left;
	}
}

function lineOf(frame: Uint8Array, macs: boolean): string {
	return summarizeFrame(frame, { link: "ethernet", ...(macs ? { macs: true } : {}) });
}

function headerOf(frame: Uint8Array): string {
	const id = ipv4Id(frame, ETH_HLEN) === 0 ? "0" : "n";
	const df = (ipv4Frag(frame, ETH_HLEN) & IP_DF) === 0 ? "" : " DF";
	const tos = ipv4Tos(frame, ETH_HLEN).toString(16);
	return `id ${id}${df} ttl ${ipv4Ttl(frame, ETH_HLEN)} tos 0x${tos} length ${ipv4TotalLength(frame, ETH_HLEN)}`;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp" };

function key({ original }: ConntrackEntry): number {
	return original.sport ?? original.icmp?.id ?? original.proto;
}

function flowText(entry: ConntrackEntry): string {
	const seconds = Math.ceil(entry.timeoutSeconds / 10) * 10;
	const words = [
		PROTOCOLS[entry.proto] ?? `${entry.proto}`,
		`${key(entry)}`,
		...(entry.tcpState === undefined ? [] : [entry.tcpState]),
		`${seconds}`,
		...(entry.unreplied === true ? ["UNREPLIED"] : []),
		...(entry.assured === true ? ["ASSURED"] : []),
	];
	return words.join(" ");
}
