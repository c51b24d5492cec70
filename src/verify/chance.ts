/**
 * What a kernel chooses at random, learnt pairwise: each number that the simulated kernel drew stands for the one that the
 * real kernel drew at the same place. A pair is taken only where there was a choice, and from then on it must hold.
 */
import { checksumReplace16 } from "../wire/checksum.ts";
import { type Known, knownOf } from "./known.ts";
import type { Scenario } from "./scenario.ts";

/** What was normalised. */
export type Normalised =
	| "IP id"
	| "TCP sequence number"
	| "TCP timestamp"
	| "ICMP timestamp"
	| "NAT port"
	| "NAT ICMP id"
	/** The real kernel leaves the checksum to the device. */
	| "checksum offload"
	/** A later fragment as it went on, for the real kernel writes new headers into the very bytes that were captured. */
	| "fragment overwritten"
	/** A second more, or less by what the real run took. */
	| "conntrack timeout"
	| "ipset timeout"
	/** A line of the simulated kernel's that the real one, which limits it, gives no namespace: nobody can tell whose it is. */
	| "kernel's own line"
	/** REACHABLE, STALE, DELAY or PROBE, in a scenario that waits. */
	| "neighbour state";

/** How far from a connection's first number its numbers may be. */
const STREAM_WINDOW = 0x100_0000;
/** What a connection of a scenario sends is less. */
const CONVERSATION_BYTES = 0x1_0000;
/** Milliseconds by which two clocks may drift apart within a scenario. */
const TIMESTAMP_DRIFT = 2000;

export class Chance {
	readonly known: Known;
	readonly counts: Map<Normalised, number> = new Map();
	readonly #ipIds = new Map<string, number>();
	readonly #ipIdPairs = new Set<string>();
	readonly #seqs: Stream[] = [];
	readonly #timestamps: Stream[] = [];
	readonly #ports = new Renaming();
	readonly #icmpIds = new Renaming();

	constructor(scenario: Scenario) {
		this.known = knownOf(scenario);
	}

	count(what: Normalised): true {
		this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
		return true;
	}

	/** `key` names the packet in the simulated kernel, the same wherever it is seen. */
	ipId(sim: number, real: number, key: string): boolean {
		// The kernel draws no zero: it writes it where the id does not matter.
		if (sim === 0 || real === 0) return false;
		const before = this.#ipIds.get(key);
		if (before !== undefined && before !== real) return false;
		this.#ipIds.set(key, real);
		this.#ipIdPairs.add(`${sim} ${real}`);
		return this.count("IP id");
	}

	/** As `ipId`, in a text that does not show the packet. */
	ipIdInText(sim: number, real: number): boolean {
		if (sim === 0 || real === 0) return false;
		const isSeen = this.#ipIdPairs.has(`${sim} ${real}`);
		if (!isSeen && (this.known.ipIds.has(sim) || this.known.ipIds.has(real))) return false;
		return this.count("IP id");
	}

	/** `begins`: a SYN's own number, by which a connection may become known. */
	seq(sim: number, real: number, begins: boolean): boolean {
		const may = begins && !this.known.seqs.has(sim) && !this.known.seqs.has(real);
		return follow(this.#seqs, { sim, real }, { may, drift: 0 }) && this.count("TCP sequence number");
	}

	/**
	 * What a RST without a number of its own acknowledges. The SYN that it is about may never have been seen, for REJECT in
	 * OUTPUT answers before any device; where a connection is known by now this is one of its numbers.
	 */
	seqOfUnseenSyn(sim: number, real: number): boolean {
		const isKnown = this.#seqs.some((one) => isSoonAfter(sim, one.sim) || isSoonAfter(real, one.real));
		return this.seq(sim, real, !isKnown);
	}

	/** `begins`: a SYN's own time stamp. */
	timestamp(sim: number, real: number, begins: boolean): boolean {
		if (sim === 0 || real === 0) return false;
		const rules = { may: begins, drift: TIMESTAMP_DRIFT };
		return follow(this.#timestamps, { sim, real }, rules) && this.count("TCP timestamp");
	}

	/** The ports of a protocol: one that NAT drew stands for one of the same class (`nf_nat_l4proto_unique_tuple`). */
	port(proto: number, sim: number, real: number): boolean {
		if (this.#ports.holds(proto, sim, real)) return this.count("NAT port");
		const { ports, natRanges } = this.known;
		const inRange = natRanges.some(({ from, to }) => [sim, real].every((port) => port >= from && port <= to));
		const free = !ports.has(sim) && !ports.has(real) && portClass(sim) === portClass(real);
		return (inRange || free) && this.#ports.learn(proto, sim, real) && this.count("NAT port");
	}

	/** Whether two checksums differ by a port that NAT drew, has been seen, and was then translated back (RFC 1624: it was taken out). */
	portInChecksum(proto: number, sim: number, real: number): boolean {
		const isInside = this.#ports.pairs(proto).some((port) => checksumReplace16(real, port.sim, port.real) === sim);
		return isInside && this.count("NAT port");
	}

	icmpId(sim: number, real: number): boolean {
		const { icmpIds } = this.known;
		if (icmpIds.has(sim) || icmpIds.has(real)) return false;
		return this.#icmpIds.learn(0, sim, real) && this.count("NAT ICMP id");
	}

	/** The simulated kernel's port for the real one's; itself where none was drawn. */
	simPort(proto: number, real: number): number {
		return this.#ports.toSim(proto, real);
	}

	simIcmpId(real: number): number {
		return this.#icmpIds.toSim(0, real);
	}
}

interface Pair {
	readonly sim: number;
	readonly real: number;
}

/** 32-bit numbers that count on from where a pair began. */
type Stream = Pair;

function isSoonAfter(number: number, begin: number): boolean {
	const ahead = (number - begin) >>> 0;
	return ahead <= CONVERSATION_BYTES;
}

/** Two connections may begin with numbers that are close to each other in one kernel: any stream that fits will do. */
function follow(
	streams: Stream[],
	{ sim, real }: Pair,
	{ may, drift }: { readonly may: boolean; readonly drift: number },
): boolean {
	const follows = streams.some((one) => {
		const ahead = (sim - one.sim) | 0;
		return Math.abs(ahead) < STREAM_WINDOW && Math.abs((real - one.real - ahead) | 0) <= drift;
	});
	if (follows) return true;
	if (may) streams.push({ sim, real });
	return may;
}

/** The kernel keeps a low port low. */
function portClass(port: number): number {
	if (port === 0) return 0;
	if (port < 512) return 1;
	return port < 1024 ? 2 : 3;
}

/** One name for one name, both ways. */
class Renaming {
	readonly #simToReal = new Map<string, number>();
	readonly #realToSim = new Map<string, number>();

	holds(scope: number, sim: number, real: number): boolean {
		return this.#simToReal.get(`${scope} ${sim}`) === real;
	}

	learn(scope: number, sim: number, real: number): boolean {
		const knownReal = this.#simToReal.get(`${scope} ${sim}`) ?? real;
		const knownSim = this.#realToSim.get(`${scope} ${real}`) ?? sim;
		if (knownReal !== real || knownSim !== sim) return false;
		this.#simToReal.set(`${scope} ${sim}`, real);
		this.#realToSim.set(`${scope} ${real}`, sim);
		return true;
	}

	pairs(scope: number): readonly Pair[] {
		return [...this.#realToSim].flatMap(([key, sim]) => {
			const [of, real = 0] = key.split(" ").map(Number);
			return of === scope ? [{ sim, real }] : [];
		});
	}

	toSim(scope: number, real: number): number {
		return this.#realToSim.get(`${scope} ${real}`) ?? real;
	}
}
