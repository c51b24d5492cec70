/** What a match and a target are to the tables: how they are checked when loaded and what they become. */

import type { HookName, Match, MatchKind, Rule, TableName, Target, TargetKind } from "../../../kernel/xtables.ts";
import type { IpFamily } from "../../../wire/addr.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { HookState, Netns, Skb } from "../../types.ts";
import type { XtPacket } from "./packet.ts";

/** Where a rule stands. */
export interface RuleContext {
	readonly netns: Netns;
	readonly family: IpFamily;
	readonly table: TableName;
	readonly chain: string;
	readonly rule: Rule;
}

export type MatchFn = (skb: Skb, state: HookState, pkt: XtPacket) => boolean;

/** `continue`: on to the next rule. The others end the table. */
export type XtVerdict = "continue" | "accept" | "drop" | "stolen";

export type TargetFn = (skb: Skb, state: HookState, pkt: XtPacket) => XtVerdict;

/** A set of hooks, one bit each. */
export type HookMask = number;

export const HOOK_BIT: Readonly<Record<HookName, HookMask>> = {
	PREROUTING: 1,
	INPUT: 2,
	FORWARD: 4,
	OUTPUT: 8,
	POSTROUTING: 16,
};
export const ANY_HOOK: HookMask = 31;

/** `struct xt_match`: one for each kind of match. */
export interface MatchModule<M> {
	/** Asking changes nothing, so that a rule may be passed over when another of its criteria cannot hold. */
	readonly pure: boolean;
	/** The rule makes connection tracking run in its namespace. */
	readonly needsConntrack?: true;
	/** Why the rule cannot be loaded (`checkentry`). */
	check?(match: M, at: RuleContext): ObjectError | undefined;
	/** The hooks from which the rule may be reached; absent: all. */
	hooks?(match: M): HookMask;
	/** A rule with this match was loaded; `release` is called once for each `hold`. */
	hold?(match: M, at: RuleContext): void;
	release?(match: M, at: RuleContext): void;
	/** The function to ask; undefined: always true. Called when the first packet meets the rule. */
	compile(match: M, at: RuleContext): MatchFn | undefined;
}

/** `struct xt_target`: one for each kind of target. */
export interface TargetModule<T> {
	/** The rule makes connection tracking run in its namespace. */
	readonly needsConntrack?: true | ((target: T) => boolean);
	/** The only table in which it may be used. */
	readonly onlyTable?: TableName;
	/** The hooks from which the rule may be reached; absent: all. */
	readonly hooks?: HookMask | ((target: T) => HookMask);
	/** The name after `-j`, for messages. */
	readonly name: string;
	check?(target: T, at: RuleContext): ObjectError | undefined;
	/** A rule with this target was loaded; `release` is called once for each `hold`. */
	hold?(target: T, at: RuleContext): void;
	release?(target: T, at: RuleContext): void;
	/** What it does; undefined: the evaluation itself carries it out (verdicts, jumps). */
	compile?(target: T, at: RuleContext): TargetFn;
}

/** The matches, or targets, of one kind. */
type OfKind<U, K> = U extends { readonly kind: infer UK } ? (K extends UK ? U : never) : never;
export type MatchOf<K extends MatchKind> = OfKind<Match, K>;
export type TargetOf<K extends TargetKind> = OfKind<Target, K>;

/** A kind without a module does not compile. */
export type MatchModules = { readonly [K in MatchKind]: MatchModule<MatchOf<K>> };
export type TargetModules = { readonly [K in TargetKind]: TargetModule<TargetOf<K>> };

/** The protocol that the rule demands before its match number `before`; undefined: none, or all but one. */
export function protocolOf(rule: Rule, before: Match | undefined): number | undefined {
	for (const match of rule.matches) {
		if (match === before) return undefined;
		if (match.kind === "protocol" && match.invert !== true) return match.proto;
	}
	return undefined;
}

/** `only valid for protocol N`: an error unless the rule demands one of the protocols. */
export function demandProtocol(match: Match, at: RuleContext, protocols: readonly number[]): ObjectError | undefined {
	const proto = protocolOf(at.rule, match);
	if (proto !== undefined && protocols.includes(proto)) return undefined;
	return {
		errno: "EINVAL",
		message: `${match.kind} match in chain ${at.chain}: only valid for protocol ${protocols.join(", ")}`,
	};
}

export function inRange(value: number, range: { readonly from: number; readonly to: number }): boolean {
	return value >= range.from && value <= range.to;
}
