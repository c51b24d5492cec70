import fc from "fast-check";
import { expect, test } from "vitest";
import { icmpSkb, ipSkb, pass, tcpSkb, udpSkb } from "../../../../test/conntrack-lab.ts";
import { passHook, restore, traceInto, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import { nfacctHandler } from "../../objects/nfacct.ts";
import { xtChainHandler } from "../../objects/xt.ts";
import { applyTransaction } from "../../transaction.ts";
import type { Skb } from "../../types.ts";
import { RuleIndex } from "./rule-index.ts";
import { xtNetns } from "./state.ts";

const ADDRESSES = ["10.0.0.1", "10.0.0.2", "255.0.0.255"];
const PORTS = [53, 80, 65535];
const address = fc.constantFrom(...ADDRESSES);
const port = fc.constantFrom(...PORTS);
const bang = fc.constantFrom("", "", "", "! ");
/** Often nothing. */
const maybe = (text: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(""), text);

const ports = fc
	.tuple(
		fc.constantFrom("tcp", "udp"),
		maybe(fc.tuple(bang, port).map(([not, n]) => `${not}--sport ${n}`)),
		fc.oneof(
			fc.tuple(bang, port).map(([not, n]) => `${not}--dport ${n}`),
			fc.constant("--dport 50:90"),
			fc.constant(""),
		),
	)
	.map(([proto, sport, dport]) => `-p ${proto} -m ${proto} ${sport} ${dport}`);

const sideEffect = fc.constantFrom(
	"-m statistic --mode nth --every 2 --packet 0",
	"-m statistic --mode random --probability 0.5",
	"-m limit --limit 1/sec --limit-burst 2",
	"-m recent --set --name R --rsource",
	"-m recent --update --hitcount 2 --name R --rsource",
	"-m nfacct --nfacct-name count",
);

const target = fc.oneof(
	{ weight: 8, arbitrary: fc.constant("") },
	{
		weight: 4,
		arbitrary: fc.constantFrom(
			"-j ACCEPT",
			"-j DROP",
			"-j RETURN",
			"-j MARK --set-xmark 0x1/0x3",
			"-j A",
			"-j B",
			"-g B",
		),
	},
);

const rule = fc
	.record({
		source: maybe(fc.tuple(bang, address).map(([not, addr]) => `${not}-s ${addr}`)),
		destination: maybe(
			fc
				.tuple(bang, address, fc.constantFrom(32, 32, 32, 24))
				.map(([not, addr, prefix]) => `${not}-d ${addr}/${prefix}`),
		),
		before: fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 1, arbitrary: sideEffect }),
		ports: fc.oneof(ports, ports, fc.constant("-p icmp"), fc.constant("")),
		after: fc.oneof({ weight: 4, arbitrary: fc.constant("") }, { weight: 1, arbitrary: sideEffect }),
		target,
	})
	.map((r) => {
		// The protocol must stand before its match; a match with side effects may stand between them.
		const [proto = "", ...rest] = r.ports.split(" -m ");
		return [r.source, r.destination, proto, r.before, ...rest.map((text) => `-m ${text}`), r.after, r.target].join(" ");
	});

/** Jumps only lead down: FORWARD, A, B. */
const rulesOf = (chain: string, allowed: readonly string[]): fc.Arbitrary<readonly string[]> =>
	fc.array(rule, { minLength: 0, maxLength: 40, size: "max" }).map((rules) =>
		rules.map((text) => {
			const to = / -[jg] ([AB])$/.exec(text)?.[1];
			const fitting = to === undefined || allowed.includes(to) ? text : text.replace(/ -[jg] [AB]$/, "");
			return `-A ${chain} ${fitting}`;
		}),
	);

const ruleset = fc
	.tuple(rulesOf("FORWARD", ["A", "B"]), rulesOf("A", ["B"]), rulesOf("B", []))
	.map((chains) => `:FORWARD ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n${chains.flat().join("\n")}`);

type MakeSkb = (lab: XtLab) => Skb;
const ends = fc.record({ src: address, dst: address, sport: port, dport: port });
const packet: fc.Arbitrary<MakeSkb> = fc.oneof(
	ends.map(
		(each): MakeSkb =>
			(lab) =>
				tcpSkb(lab, each, { flags: 2 }),
	),
	ends.map(
		(each): MakeSkb =>
			(lab) =>
				udpSkb(lab, each),
	),
	ends.map(
		(each): MakeSkb =>
			(lab) =>
				icmpSkb(lab, each, { type: 8 }),
	),
	// Fragments and cut-off headers, which may be dropped by the matches themselves.
	fc.tuple(ends, fc.constantFrom(1, 6, 6, 17, 47), fc.constantFrom(0, 1, 2, 0x2000), fc.nat(30)).map(
		([each, proto, frag, length]): MakeSkb =>
			(lab) =>
				ipSkb(lab, each, { proto, frag, length }),
	),
);

/** The rules in a namespace where chains get an index from `indexThreshold` rules on. */
function labWith(rules: string, indexThreshold: number): XtLab {
	const lab = xtLab("-A INPUT");
	applyTransaction(lab.netns, [{ verb: "add", object: { kind: "nfacct", name: "count" } }]);
	const table = xtNetns(lab.netns).find("ipv4", "filter");
	if (table === undefined) throw new Error("no table");
	table.indexThreshold = indexThreshold;
	const done = restore(lab, rules);
	if (!done.ok) throw new Error(done.error.message);
	return lab;
}

/** What the packets met, and everything that counted or remembers. */
function outcome(lab: XtLab, packets: readonly MakeSkb[]): unknown {
	const events = traceInto(lab);
	const fates = packets.map((make) => {
		const skb = make(lab);
		const fate = passHook(lab, skb, { hook: "FORWARD" });
		pass(lab, 0.3);
		return { fate, mark: skb.mark };
	});
	const steps = events.flatMap((event) => (event.step === "rule" ? [`${event.chain} ${event.number}`] : []));
	const dumped = xtChainHandler.dump(lab.netns).map((chain) => JSON.stringify(chain));
	return { fates, steps, dumped, nfacct: nfacctHandler.dump(lab.netns), next: lab.machine.rng.uint32() };
}

test("a packet meets the same rules, counters and side effects with an index and without", () => {
	fc.assert(
		fc.property(ruleset, fc.array(packet, { minLength: 1, maxLength: 10, size: "max" }), (rules, packets) => {
			expect(outcome(labWith(rules, 1), packets)).toEqual(outcome(labWith(rules, Number.POSITIVE_INFINITY), packets));
		}),
		{ numRuns: 150 },
	);
});

const services = (count: number, extra = ""): string =>
	`:SVC - [0:0]\n${Array.from(
		{ length: count },
		(_, k) => `-A FORWARD -d 10.${k >> 8}.${k & 255}.1/32 -p tcp -m tcp --dport 80 -j SVC`,
	).join("\n")}\n${extra}`;

function indexOf(lab: XtLab): unknown {
	return xtNetns(lab.netns).find("ipv4", "filter")?.chains.get("FORWARD")?.body.index;
}

const toService = (lab: XtLab): Skb =>
	tcpSkb(lab, { src: "10.9.9.9", dst: "10.0.7.1", sport: 1, dport: 80 }, { flags: 2 });

test("the index is built when the first packet comes, for chains that are long enough", () => {
	const long = xtLab(services(16));
	expect(indexOf(long)).toBeNull();
	passHook(long, toService(long), { hook: "FORWARD" });
	expect(indexOf(long)).toBeInstanceOf(RuleIndex);
	const short = xtLab(services(15));
	passHook(short, toService(short), { hook: "FORWARD" });
	expect(indexOf(short)).toBeUndefined();
});

test("a packet that a rule cannot read is dropped by it, though the ports it seems to have are others", () => {
	const lab = xtLab(services(20));
	const ends = { src: "10.9.9.9", dst: "10.0.7.1" };
	const fragment = ipSkb(lab, ends, { proto: 6, length: 40, frag: 1 });
	expect(passHook(lab, fragment, { hook: "FORWARD" })).toBe("dropped");
	const short = ipSkb(lab, ends, { proto: 6, length: 12 });
	expect(passHook(lab, short, { hook: "FORWARD" })).toBe("dropped");
});

test("a chain with nothing to look up gets no index", () => {
	const lab = xtLab(Array.from({ length: 20 }, (_, k) => `-A FORWARD -p tcp -m mark --mark ${k}`).join("\n"));
	passHook(lab, toService(lab), { hook: "FORWARD" });
	expect(indexOf(lab)).toBeUndefined();
});

test("with 10,000 services a packet is not asked about the others", () => {
	const lab = xtLab(services(10_000, "-A FORWARD -m mark --mark 1"));
	passHook(lab, toService(lab), { hook: "FORWARD" });
	const rules = xtNetns(lab.netns).find("ipv4", "filter")?.chains.get("FORWARD")?.body.rules ?? [];
	// A rule is compiled when it is first asked.
	expect(rules.flatMap((rule, at) => (rule.matches === undefined ? [] : [at]))).toEqual([7, 10_000]);
});
