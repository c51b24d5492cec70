import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TYPED_RULES } from "../../test/typed-rules.ts";
import type { Rule } from "../kernel/xtables.ts";
import { cidr } from "../wire/addr.ts";
import {
	formatIptablesSave,
	formatParsedSave,
	formatRule,
	parseIptablesSave,
	parseRule,
	parseRules,
} from "./iptables-save.ts";

const SHARED = new URL("../../../shared/", import.meta.url).pathname;
const GOLDEN = `${SHARED}golden/`;
const STATE = `${SHARED}states/kube-proxy-10k-services.iptables-save.gz`;

const goldens = !existsSync(GOLDEN)
	? []
	: readdirSync(GOLDEN)
			.filter((name) => /^\d+$/.test(name))
			.flatMap((name) => [
				{ family: "ipv4" as const, file: `${GOLDEN}${name}/iptables-save.txt` },
				{ family: "ipv6" as const, file: `${GOLDEN}${name}/ip6tables-save.txt` },
			]);

test.skipIf(goldens.length === 0)("what kube-proxy made is printed back as it was read, and fully understood", () => {
	expect(goldens.length).toBeGreaterThanOrEqual(40);
	for (const { family, file } of goldens) {
		const text = readFileSync(file, "utf8");
		const parsed = parseIptablesSave(text, { family, file });
		if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
		expect(formatParsedSave(parsed.value)).toBe(text);
		expect(JSON.stringify(parsed.value)).not.toContain('"kind":"unknown-');
	}
});

test.skipIf(!existsSync(STATE))("a node with 10,000 Services is read in a few seconds at most", () => {
	const text = gunzipSync(readFileSync(STATE)).toString();
	const started = performance.now();
	const parsed = parseIptablesSave(text, { family: "ipv4" });
	const took = performance.now() - started;
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	expect(formatParsedSave(parsed.value)).toBe(text);
	expect(took).toBeLessThan(5_000);
});

test.each(TYPED_RULES)("$family $typed", ({ family, typed, saved }) => {
	const parsed = parseRules(typed, family);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	expect(parsed.value.map((rule) => formatRule(rule))).toEqual(saved ?? [typed]);
	for (const rule of parsed.value) expect(parseRule(formatRule(rule), family)).toEqual({ ok: true, value: rule });
});

const REFUSED: readonly (readonly [typed: string, message: string, token: string])[] = [
	["--dport 5 -j ACCEPT", 'unknown option "--dport"', "--dport"],
	["-p tcp --dport foo", "invalid port/service `foo' specified", "foo"],
	["-p tcp --dport 70000", "invalid port/service `70000' specified", "70000"],
	["-p tcp --dport 10:5", "invalid portrange (min > max)", "10:5"],
	["-p tcp --dport 080", "invalid port/service `080' specified", "080"],
	["-m tcp --dport 5", "TCP match requires '-p tcp'", "tcp"],
	["-s 300.1.1.1", "host/network `300.1.1.1' not found", "300.1.1.1"],
	["-s fd00::1", "host/network `fd00::1' not found", "fd00::1"],
	["-s 1.2.3.4/33", "invalid mask `33' specified", "1.2.3.4/33"],
	["-s 1.1.1.1 -s 2.2.2.2", "multiple -s flags not allowed", "2.2.2.2"],
	["! -s 1.2.3.4,5.6.7.8", "! not allowed with multiple source or destination IP addresses", "!"],
	["! ! -s 1.1.1.1", "multiple consecutive ! not allowed", "!"],
	["! -m mark --mark 5", "unexpected ! flag before --match", "-m"],
	["-j ACCEPT -j DROP", "multiple -j flags not allowed", "-j"],
	["-j ACCEPT --foo", 'unknown option "--foo"', "--foo"],
	["-j", 'option "-j" requires an argument', "-j"],
	["-m mark --mark", 'option "--mark" requires an argument', "--mark"],
	["-m mark", 'mark: option "--mark" must be specified', "mark"],
	["-m mark --mark 5 ! --mark 6", 'mark: option "--mark" can only be used once.', "6"],
	["-m conntrack ! --ctdir ORIGINAL", 'conntrack: option "--ctdir" cannot be inverted.', "ORIGINAL"],
	[
		"-m statistic --mode random --probability 1.5",
		'statistic: bad value for option "--probability", or out of range (0-1).',
		"1.5",
	],
	["-m limit --limit 20001/s", 'Rate too fast "20001/s"', "20001/s"],
	["-p icmp --icmp-type echo", "Ambiguous ICMP type `echo': `echo-reply' or `echo-request'?", "echo"],
	["-m multiport --dports 53", "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'", "multiport"],
	["-j DNAT --to-destination 1.2.3.4:80", "Need TCP, UDP, SCTP or DCCP with port specification", "DNAT"],
	["-p tcp -j DNAT", 'DNAT: option "--to-destination" must be specified', "DNAT"],
	["-j MARK --set-mark 5 --or-mark 6", 'MARK: option "--set-mark" cannot be used together with "--or-mark".', "MARK"],
	["foo -j ACCEPT", "Bad argument `foo'", "foo"],
	['-m comment --comment a"b"c', "Bad argument `c'", "c"],
	['-m comment --comment "a', "unterminated quote", "a"],
	["-s 1.2.3.4,5.6.7.8", "several addresses make 2 rules of it", ""],
];

test.each(REFUSED)("%s is refused", (typed, message, token) => {
	const parsed = parseRule(typed, "ipv4");
	expect(parsed).toMatchObject({ ok: false, error: { message, token } });
});

test("an error in a file says where it is", () => {
	const text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport http2 -j ACCEPT\nCOMMIT\n";
	expect(parseIptablesSave(text, { family: "ipv4", file: "rules.v4" })).toEqual({
		ok: false,
		error: { file: "rules.v4", line: 3, column: 25, message: "invalid port/service `http2' specified", token: "http2" },
	});
	const wrong = (body: string) => parseIptablesSave(body, { family: "ipv4" });
	expect(wrong("*filter\n-A NOPE -j ACCEPT\nCOMMIT\n")).toMatchObject({
		error: { line: 2, message: "Chain 'NOPE' does not exist" },
	});
	expect(wrong("*nope\nCOMMIT\n")).toMatchObject({ error: { line: 1, message: "table 'nope' does not exist" } });
	expect(wrong("*filter\n:INPUT ACCEPT [0:0]\n")).toMatchObject({ error: { line: 3, message: "COMMIT expected" } });
	expect(wrong("*filter\n-D INPUT 1\nCOMMIT\n")).toMatchObject({ error: { line: 2, token: "-D" } });
});

test("a match or target that is not modelled is kept word by word, also when it is one option of a known one", () => {
	const texts = [
		'-p tcp -m bpf --object-pinned "foo -j bar" --other bm ! --from 5 -m tcp --dport 80 -j TEE --prefix "a  b" --gateway 5',
		"-m set ! --match-set foo dst,src --packets-gt 5 -j ACCEPT",
		"-m addrtype --dst-type THROW,NAT -j CT --notrack",
		"-p sctp -m sctp --dport 5 --chunk-types any DATA -j DROP",
		"-m owner ! --uid-owner 0-99 ! -o lo -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
	];
	for (const text of texts) {
		const rule = parseRule(text, "ipv4");
		if (!rule.ok) throw new Error(JSON.stringify(rule.error));
		const printed =
			text === texts[4]
				? text.replace("-m owner ! --uid-owner 0-99 ! -o lo", "! -o lo -m owner ! --uid-owner 0-99")
				: text;
		expect(formatRule(rule.value)).toBe(printed);
	}
	expect(parseRule(texts[0] ?? "", "ipv4")).toMatchObject({
		value: {
			matches: [
				{ kind: "protocol", proto: 6 },
				{ kind: "unknown-match", name: "bpf", text: '--object-pinned "foo -j bar" --other bm ! --from 5' },
				{ kind: "tcp", dport: { value: { from: 80, to: 80 } } },
			],
			target: { kind: "unknown-target", name: "TEE", text: '--prefix "a  b" --gateway 5' },
		},
	});
});

test("words that a shell has split need no quotes", () => {
	const rule = parseRule(
		["-m", "comment", "--comment", 'a "b" c', "-m", "bpf", "--bytecode", "x y", "-j", "ACCEPT"],
		"ipv4",
	);
	if (!rule.ok) throw new Error(JSON.stringify(rule.error));
	expect(formatRule(rule.value)).toBe('-m comment --comment "a \\"b\\" c" -m bpf --bytecode "x y" -j ACCEPT');
});

test("a file written by hand may insert, create chains and set policies", () => {
	const text = [
		"# my rules",
		"*filter",
		"-P INPUT DROP",
		"-N WEB",
		"-A INPUT -j WEB",
		"-I INPUT -i lo -j ACCEPT",
		"-I INPUT 2 -p tcp --dport ssh -j ACCEPT",
		"[3:120] -A WEB -p tcp --dport http -j ACCEPT",
		"COMMIT",
	].join("\n");
	const parsed = parseIptablesSave(text, { family: "ipv4" });
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	expect(formatParsedSave(parsed.value)).toBe(
		[
			"# my rules",
			"*filter",
			":INPUT DROP [0:0]",
			":WEB - [0:0]",
			"-A INPUT -i lo -j ACCEPT",
			"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
			"-A INPUT -j WEB",
			"[3:120] -A WEB -p tcp -m tcp --dport 80 -j ACCEPT",
			"COMMIT",
			"",
		].join("\n"),
	);
});

test("counters and the lines around a table are printed when asked for", () => {
	const rule: Rule = {
		matches: [{ kind: "source", net: cidr("10.0.0.0/8") }],
		target: { kind: "drop" },
		counters: { packets: 1, bytes: 84 },
	};
	const tables = [{ name: "filter" as const, chains: [{ name: "INPUT", policy: "accept" as const, rules: [rule] }] }];
	expect(formatIptablesSave(tables)).toBe("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.0/8 -j DROP\nCOMMIT\n");
	const generated = { by: "podwire", at: "Sat Nov 21 01:22:15 2026" };
	expect(formatIptablesSave(tables, { counters: true, generated })).toBe(
		"# Generated by podwire on Sat Nov 21 01:22:15 2026\n*filter\n:INPUT ACCEPT [0:0]\n[1:84] -A INPUT -s 10.0.0.0/8 -j DROP\n" +
			"COMMIT\n# Completed on Sat Nov 21 01:22:15 2026\n",
	);
	expect(formatRule(rule, "INPUT")).toBe("-A INPUT -s 10.0.0.0/8 -j DROP");
});

test("any comment survives printing and parsing", () => {
	const text = fc.string({ unit: "grapheme", maxLength: 60 }).filter((comment) => !comment.includes("\n"));
	fc.assert(
		fc.property(text, (comment) => {
			const rule: Rule = { matches: [{ kind: "comment", text: comment }], target: { kind: "accept" } };
			expect(parseRule(formatRule(rule), "ipv4")).toEqual({ ok: true, value: rule });
		}),
	);
});

test("any probability survives printing and parsing", () => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 0x80000000 }), (probability31) => {
			const rule: Rule = {
				matches: [{ kind: "statistic", mode: "random", probability31 }],
				target: { kind: "accept" },
			};
			expect(parseRule(formatRule(rule), "ipv4")).toEqual({ ok: true, value: rule });
		}),
	);
});

test("arbitrary text never makes the parser throw", () => {
	const word = fc.constantFrom(
		"!",
		"-p",
		"tcp",
		"-m",
		"mark",
		"set",
		"--mark",
		"--dport",
		"5",
		"-j",
		"DNAT",
		'"',
		"--to",
		"\\",
		"-s",
		"a,b",
		"comment",
		"nosuch",
		"-f",
		"=",
	);
	fc.assert(
		fc.property(
			fc.array(word, { maxLength: 8 }),
			fc.constantFrom("ipv4" as const, "ipv6" as const),
			(words, family) => {
				const parsed = parseRules(words.join(" "), family);
				if (parsed.ok)
					for (const rule of parsed.value)
						expect(parseRule(formatRule(rule), family)).toEqual({ ok: true, value: rule });
			},
		),
		{ numRuns: 2000 },
	);
});
