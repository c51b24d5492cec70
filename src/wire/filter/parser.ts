/**
 * The grammar of capture filters (pcap-filter(7)). `and` and `or` bind equally, from left to right; `not` binds tighter; a
 * value without qualifiers takes those of the value before it. A reading that does not fit is taken back and the next one tried.
 */
import { type Arithmetic, parseArithmetic } from "./arithmetic.ts";
import { FilterFailure, notModelled, syntaxError } from "./failure.ts";
import { Lexer, type Token } from "./lexer.ts";
import {
	broadcast,
	type Direction,
	ifindex,
	linkLayerOf,
	multicast,
	outbound,
	protocol,
	protocolNumber,
} from "./primitives.ts";
import { all, any, type Comparison, type Condition, load, not, test } from "./program.ts";
import {
	type AddressKind,
	ipv4Network,
	ipv4Value,
	ipv6Value,
	macValue,
	type NamedScope,
	nameValue,
	numberValue,
	type Qualifiers,
} from "./qualified.ts";

/** A condition and the qualifiers that a value after it takes over. */
interface Term {
	readonly condition: Condition;
	readonly known: Qualifiers | undefined;
}

const PROTOCOLS: ReadonlySet<string> = new Set(
	(
		"link ip arp rarp sctp tcp udp icmp igmp igrp pim vrrp carp atalk aarp decnet lat sca mopdl moprc ip6 icmp6 ah esp " +
		"iso esis isis l1 l2 iih lsp snp csnp psnp clnp stp ipx netbeui radio"
	).split(" "),
);
const KINDS: readonly AddressKind[] = ["host", "net", "port", "portrange"];
const KINDS_WITHOUT_DIRECTION: readonly AddressKind[] = ["proto", "protochain", "gateway"];

/** The comparison that is compiled, and whether its answer is turned round. */
const RELATIONS: Readonly<Record<string, readonly [Comparison, boolean]>> = {
	">": [">", false],
	">=": [">=", false],
	"=": ["=", false],
	"<=": [">", true],
	"<": [">=", true],
	"!=": ["=", true],
};
/** Words of other link types and of BSD's packet filter: what is said where they do not belong. */
const ELSEWHERE: Readonly<Record<string, string>> = {
	type: "802.11 link-layer types supported only on 802.11",
	subtype: "802.11 link-layer types supported only on 802.11",
	dir: "frame direction supported only with 802.11 headers",
	direction: "frame direction supported only with 802.11 headers",
	on: "ifname supported only on PF linktype",
	ifname: "ifname supported only on PF linktype",
	rset: "ruleset supported only on PF linktype",
	ruleset: "ruleset supported only on PF linktype",
	rnr: "rnr supported only on PF linktype",
	rulenum: "rnr supported only on PF linktype",
	srnr: "srnr supported only on PF linktype",
	subrulenum: "srnr supported only on PF linktype",
	reason: "reason supported only on PF linktype",
	action: "action supported only on PF linktype",
};
/** These change where everything after them is, or need a loop. */
const NOT_MODELLED: readonly string[] = ["vlan", "mpls", "pppoes", "geneve", "llc", "addr1", "addr2", "addr3", "addr4"];
const ENCAPSULATIONS: Readonly<Record<string, string>> = { vlan: "VLAN", mpls: "MPLS" };

export class FilterParser {
	readonly scope: NamedScope;
	readonly #lexer: Lexer;
	readonly #tokens: (Token | undefined)[] = [];
	#at = 0;

	constructor(text: string, scope: NamedScope) {
		this.scope = scope;
		this.#lexer = new Lexer(text);
	}

	/** The whole filter; undefined when it is empty: then every frame passes. */
	filter(): Condition | undefined {
		if (this.peek() === undefined) return undefined;
		const { condition } = this.#expression(undefined);
		if (this.peek() !== undefined) throw syntaxError();
		return condition;
	}

	/** The next token, which stays. */
	peek(): Token | undefined {
		while (this.#tokens.length <= this.#at) this.#tokens.push(this.#lexer.next());
		return this.#tokens[this.#at];
	}

	take(): Token | undefined {
		const token = this.peek();
		this.#at += 1;
		return token;
	}

	/** Takes the word if it comes next. */
	takeWord(text: string): boolean {
		if (!this.isWord(text)) return false;
		this.#at += 1;
		return true;
	}

	isWord(text: string): boolean {
		const token = this.peek();
		return token?.kind === "word" && token.text === text;
	}

	expectWord(text: string): void {
		if (!this.takeWord(text)) throw syntaxError();
	}

	expectNumber(): number {
		const token = this.take();
		if (token?.kind !== "number") throw syntaxError();
		return token.n;
	}

	/** The protocol's name if it comes next; it stays. */
	peekProtocol(): string | undefined {
		const token = this.peek();
		return token?.kind === "word" && PROTOCOLS.has(token.text) ? token.text : undefined;
	}

	/** What `read` reads; undefined, with nothing taken, if it is not that. */
	attempt<T>(read: () => T): T | undefined {
		const at = this.#at;
		try {
			return read();
		} catch (error) {
			if (!(error instanceof FilterFailure) || error.kind !== "syntax" || error.message !== syntaxError().message) {
				throw error;
			}
			this.#at = at;
			return undefined;
		}
	}

	#expression(known: Qualifiers | undefined): Term {
		let left = this.#term(known);
		for (;;) {
			const join = this.takeWord("and") ? all : this.takeWord("or") ? any : undefined;
			if (join === undefined) return left;
			const before = left.known;
			const right = this.attempt(() => this.#term(before)) ?? this.#id(before);
			left = { condition: join(left.condition, right.condition), known: right.known };
		}
	}

	#term(known: Qualifiers | undefined): Term {
		if (this.takeWord("!")) {
			const { condition, known: next } = this.#term(known);
			return { condition: not(condition), known: next };
		}
		const relation = this.attempt(() => this.#relation());
		if (relation !== undefined) return { condition: relation, known: undefined };
		if (this.takeWord("(")) {
			const { condition } = this.#expression(known);
			this.expectWord(")");
			return { condition, known };
		}
		return this.#other() ?? this.#qualified();
	}

	#relation(): Condition {
		const left = parseArithmetic(this);
		const token = this.take();
		const relation = token?.kind === "word" ? RELATIONS[token.text] : undefined;
		if (relation === undefined) throw syntaxError();
		const right = parseArithmetic(this);
		const [is, turned] = relation;
		const compared = test(left.value, is, right.value);
		return checked(left, right, turned ? not(compared) : compared);
	}

	/** Primitives that take no address; undefined when none begins here. */
	#other(): Term | undefined {
		const token = this.peek();
		if (token?.kind !== "word") return undefined;
		const condition = this.#special(token.text);
		return condition === undefined ? undefined : { condition, known: undefined };
	}

	#special(word: string): Condition | undefined {
		const { scope } = this;
		switch (word) {
			case "broadcast":
			case "multicast":
				this.take();
				return word === "broadcast" ? broadcast(scope, undefined) : multicast(scope, undefined);
			case "less":
				this.take();
				return not(test({ kind: "length" }, ">", this.expectNumber()));
			case "greater":
				this.take();
				return test({ kind: "length" }, ">=", this.expectNumber());
			case "byte":
				this.take();
				return this.#byte();
			case "inbound":
				this.take();
				return not(outbound(scope));
			case "outbound":
				this.take();
				return outbound(scope);
			case "ifindex":
				this.take();
				return ifindex(scope, this.expectNumber());
			case "pppoed":
				this.take();
				return protocolNumber(scope, "link", 0x8863);
		}
		const message = ELSEWHERE[word];
		if (message !== undefined) throw new FilterFailure("invalid", message);
		if (!NOT_MODELLED.includes(word)) return undefined;
		const { name, hasMacs } = linkLayerOf(scope);
		const encapsulation = ENCAPSULATIONS[word];
		if (!hasMacs && encapsulation !== undefined) {
			throw new FilterFailure("invalid", `no ${encapsulation} support for ${name}`);
		}
		throw notModelled(`the filter '${word}'`);
	}

	/** `byte AT < = > & | VALUE` */
	#byte(): Condition {
		const value = load(this.expectNumber(), 1);
		const token = this.take();
		const op = token?.kind === "word" ? token.text : "";
		const n = this.expectNumber();
		switch (op) {
			case "=":
				return test(value, "=", n);
			case "<":
				return not(test(value, ">=", n));
			case ">":
				return test(value, ">", n);
			case "&":
			case "|":
				throw notModelled(`the filter 'byte N ${op} M'`);
			default:
				throw syntaxError();
		}
	}

	/** `tcp`, `tcp dst port 80`, `ether broadcast`. */
	#qualified(): Term {
		const name = this.peekProtocol();
		if (name !== undefined) this.take();
		if (this.takeWord("broadcast")) return { condition: broadcast(this.scope, name), known: undefined };
		if (this.takeWord("multicast")) return { condition: multicast(this.scope, name), known: undefined };
		const direction = this.#direction();
		const kind = this.#kind(direction !== undefined);
		if (direction === undefined && kind === undefined) {
			if (name === undefined || !this.#endsTerm()) throw syntaxError();
			return { condition: protocol(this.scope, name), known: undefined };
		}
		return this.#id({
			...(name === undefined ? {} : { protocol: name }),
			...(direction === undefined ? {} : { direction }),
			...(kind === undefined ? {} : { kind }),
		});
	}

	/** What comes next may stand behind a whole primitive. */
	#endsTerm(): boolean {
		return this.peek() === undefined || ["and", "or", ")"].some((word) => this.isWord(word));
	}

	#direction(): Direction | undefined {
		const [first, second] = this.isWord("src") ? (["src", "dst"] as const) : (["dst", "src"] as const);
		if (!this.takeWord(first)) return undefined;
		const both = this.attempt((): Direction => {
			const join = this.takeWord("or") ? "src or dst" : "src and dst";
			if (join === "src and dst") this.expectWord("and");
			this.expectWord(second);
			return join;
		});
		return both ?? first;
	}

	#kind(hasDirection: boolean): AddressKind | undefined {
		const kinds = hasDirection ? KINDS : [...KINDS, ...KINDS_WITHOUT_DIRECTION];
		return kinds.find((kind) => this.takeWord(kind));
	}

	/** A value, or several in parentheses, under the qualifiers that stand before it. */
	#id(known: Qualifiers | undefined): Term {
		if (this.takeWord("!")) {
			const { condition, known: next } = this.#id(known);
			return { condition: not(condition), known: next };
		}
		if (this.takeWord("(")) {
			const inner = this.#values(known);
			this.expectWord(")");
			return inner;
		}
		return { condition: this.#value(known), known };
	}

	#values(known: Qualifiers | undefined): Term {
		let left = this.#id(known);
		for (;;) {
			const join = this.takeWord("and") ? all : this.takeWord("or") ? any : undefined;
			if (join === undefined) return left;
			const right = this.#id(left.known);
			left = { condition: join(left.condition, right.condition), known: right.known };
		}
	}

	#value(known: Qualifiers | undefined): Condition {
		const { scope } = this;
		const token = this.take();
		switch (token?.kind) {
			case "number":
				return numberValue(scope, token.n, known);
			case "name":
				return nameValue(scope, token.text, known);
			case "mac":
				return macValue(scope, token.text, known);
			case "ipv4":
				if (this.takeWord("/")) return ipv4Network(scope, token.text, this.expectNumber(), known);
				if (this.takeWord("mask")) {
					const mask = this.take();
					if (mask?.kind !== "ipv4") throw syntaxError();
					return ipv4Network(scope, token.text, mask.text, known);
				}
				return ipv4Value(scope, token.text, known);
			case "ipv6":
				return ipv6Value(scope, token.text, this.takeWord("/") ? this.expectNumber() : undefined, known);
			default:
				throw syntaxError();
		}
	}
}

/** The comparison, asked only of frames that have what it compares. */
function checked(left: Arithmetic, right: Arithmetic, compared: Condition): Condition {
	if (left.check === undefined) return right.check === undefined ? compared : all(right.check, compared);
	return all(left.check, right.check, compared);
}
