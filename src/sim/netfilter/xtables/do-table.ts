/** Sending a packet through a table (net/ipv4/netfilter/ip_tables.c: ipt_do_table). */
import type { RuleOutcome } from "../../../kernel/trace-event.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { traceStep } from "../../trace.ts";
import type { HookState, HookVerdict, Skb } from "../../types.ts";
import { compileMatches, compileTarget } from "./compile.ts";
import { transportIsComplete, XtPacket } from "./packet.ts";
import { buildIndex, type RuleIndex } from "./rule-index.ts";
import type { XtChainState, XtRuleState, XtTable } from "./state.ts";
import type { XtVerdict } from "./types.ts";

/** The verdict of a built-in chain about the packet. A drop leaves the rule, or that it was the policy, in `state`. */
export function iptDoTable(base: XtChainState, skb: Skb, state: HookState): HookVerdict {
	if (base.body.rules.length === 0) return policyVerdict(base, skb.end - skb.network, state);
	const walk = new Walk(base, skb, state);
	const verdict = walk.run();
	if (walk.pkt.hotdrop) {
		state.dropDetail = `a rule of table ${base.table.name} found the packet malformed`;
		return "drop";
	}
	if (verdict === "accept" || verdict === "drop" || verdict === "stolen") return verdict;
	if (skb.machine.tracer !== undefined && base.builtin !== undefined) {
		const { family, name } = base.table;
		const step = { step: "policy", family, table: name, chain: base.builtin, policy: base.policy } as const;
		traceStep(skb, state.netns, "ipt_do_table", step);
	}
	return policyVerdict(base, walk.pkt.lengthBytes, state);
}

function policyVerdict(base: XtChainState, lengthBytes: number, state: HookState): HookVerdict {
	base.packets += 1;
	base.bytes += lengthBytes;
	if (base.policy === "accept") return "accept";
	state.dropDetail = `policy of chain ${base.name} in table ${base.table.name}`;
	return "drop";
}

/** How a walk goes on: `continue` with the next rule, `policy` when the built-in chain has come to its end. */
type Course = XtVerdict | "policy";

/** One packet on its way through one table. */
class Walk {
	readonly pkt: XtPacket;
	readonly #skb: Skb;
	readonly #state: HookState;
	readonly #table: XtTable;
	/** Whether an index may be asked: it knows nothing of packets that could meet `hotdrop`. */
	readonly #canLookUp: boolean;
	/** Where the jump stack begins for this walk. */
	readonly #floor: number;
	#chain: XtChainState;
	#rules: readonly XtRuleState[];
	#index: RuleIndex | undefined;
	/** The next rule that the index found; the rules before it that it knows of cannot match. */
	#found = -1;
	#at = 0;

	constructor(base: XtChainState, skb: Skb, state: HookState) {
		this.pkt = new XtPacket(skb);
		this.#skb = skb;
		this.#state = state;
		this.#table = base.table;
		this.#canLookUp = transportIsComplete(skb, this.pkt);
		this.#floor = base.table.stackTop;
		this.#chain = base;
		this.#rules = base.body.rules;
		this.#index = this.#canLookUp ? indexOf(base) : undefined;
	}

	run(): Course {
		let course: Course = "continue";
		while (course === "continue") {
			const loaded = this.#next();
			if (loaded === undefined) course = this.#goBack();
			else if (this.#matches(loaded)) {
				loaded.packets += 1;
				loaded.bytes += this.pkt.lengthBytes;
				course = this.#carryOut(loaded);
			} else if (this.pkt.hotdrop) course = "drop";
			else this.#at += 1;
		}
		this.#table.stackTop = this.#floor;
		return course;
	}

	/** The next rule that may match; undefined: the end of the chain. */
	#next(): XtRuleState | undefined {
		if (this.#index !== undefined && this.#at < this.#rules.length) {
			if (this.#found < this.#at) this.#found = this.#index.nextIndexed(this.#skb, this.pkt, this.#at);
			const loose = this.#index.nextLoose[this.#at] ?? this.#rules.length;
			this.#at = Math.min(this.#found, loose);
		}
		return this.#rules[this.#at];
	}

	#matches(loaded: XtRuleState): boolean {
		const matches = loaded.matches ?? compileMatches(loaded, this.#chain);
		for (let k = 0; k < matches.length; k += 1) {
			if (matches[k]?.(this.#skb, this.#state, this.pkt) === false) return false;
		}
		return true;
	}

	/** Does what a matching rule says. */
	#carryOut(loaded: XtRuleState): Course {
		const kind = loaded.rule.target.kind;
		switch (kind) {
			case "jump":
			case "goto":
				this.#trace(loaded, kind);
				if (kind === "jump") this.#push();
				if (loaded.jump !== undefined) this.#enter(loaded.jump, 0);
				return "continue";
			case "return":
				this.#trace(loaded, kind);
				return this.#goBack();
			case "accept":
				this.#trace(loaded, kind);
				return kind;
			case "drop":
				this.#trace(loaded, kind);
				return this.#drop();
			case "none":
				this.#trace(loaded, "continue");
				this.#at += 1;
				return "continue";
			default:
				return this.#callTarget(loaded);
		}
	}

	#callTarget(loaded: XtRuleState): Course {
		const before = this.#skb.mark;
		const outcome = outcomeBefore(loaded.rule.target);
		if (outcome !== undefined) this.#trace(loaded, outcome);
		const target = loaded.target ?? compileTarget(loaded, this.#chain);
		const verdict = target(this.#skb, this.#state, this.pkt);
		if (outcome === undefined) this.#trace(loaded, "continue", before);
		if (verdict === "drop") return this.#drop();
		if (verdict === "continue") this.#at += 1;
		return verdict;
	}

	#drop(): Course {
		this.#state.dropRule = { table: this.#table.name, chain: this.#chain.name, number: this.#at + 1 };
		return "drop";
	}

	/** Leaves word where to go on after a jump. */
	#push(): void {
		const table = this.#table;
		table.stackChains[table.stackTop] = this.#chain;
		table.stackAt[table.stackTop] = this.#at + 1;
		table.stackTop += 1;
	}

	/** To after the last jump: the end of a chain, or RETURN. A `goto` left no word, so it is passed over. */
	#goBack(): Course {
		const table = this.#table;
		if (table.stackTop === this.#floor) return "policy";
		table.stackTop -= 1;
		const chain = table.stackChains[table.stackTop];
		if (chain === undefined) return "policy";
		this.#enter(chain, table.stackAt[table.stackTop] ?? 0);
		return "continue";
	}

	#enter(chain: XtChainState, at: number): void {
		this.#chain = chain;
		this.#rules = chain.body.rules;
		this.#index = this.#canLookUp ? indexOf(chain) : undefined;
		this.#found = -1;
		this.#at = at;
	}

	#trace(loaded: XtRuleState, outcome: RuleOutcome, markBefore?: number): void {
		const skb = this.#skb;
		if (skb.machine.tracer === undefined) return;
		traceStep(skb, this.#state.netns, "ipt_do_table", {
			step: "rule",
			family: this.#table.family,
			table: this.#table.name,
			chain: this.#chain.name,
			number: this.#at + 1,
			rule: loaded.rule,
			outcome,
			...(markBefore === undefined || markBefore === skb.mark ? {} : { mark: skb.mark }),
		});
	}
}

/** What is told of a rule before its target acts, for the target tells more; undefined: it is told afterwards. */
function outcomeBefore(target: Target): RuleOutcome | undefined {
	switch (target.kind) {
		case "reject":
			return "reject";
		case "dnat":
		case "snat":
		case "masquerade":
		case "redirect":
		case "netmap":
			return "accept";
		case "log":
			return "continue";
		default:
			return undefined;
	}
}

/** The index of a chain long enough for one, built when the first packet comes. */
function indexOf(chain: XtChainState): RuleIndex | undefined {
	const { body, table } = chain;
	if (body.index === null) {
		body.index = body.rules.length < table.indexThreshold ? undefined : buildIndex(body.rules);
	}
	return body.index;
}
