/** The rules of one namespace: tables, chains that lead into each other, policies, and what the plan asks for. */
import { formatIptablesSave } from "../../../formats/iptables-save.ts";
import {
	BUILTIN_CHAINS,
	type Chain,
	type HookName,
	type Rule,
	type Table,
	type TableName,
	type Target,
} from "../../../kernel/xtables.ts";
import type { NetnsConfig } from "../../scenario.ts";
import type { Router } from "../place.ts";
import type { Plan, Scene } from "../scene.ts";
import { plannedRules } from "./planned.ts";
import { drawRule } from "./rule.ts";
import { TABLE_FEATURES } from "./rule-features.ts";
import { drawSets } from "./sets.ts";
import { ACCOUNTS, type DrawnSet, type Site } from "./site.ts";
import { tunnelRules } from "./tunnel-rules.ts";

/** A router's rules, and what they refer to. */
export function drawTables(
	scene: Scene,
	plan: Plan,
	router: Router,
): Pick<NetnsConfig, "iptables" | "ipset" | "nfacct"> {
	const { sets, ...text } = drawSets({ scene, draw: scene.draw, plan, router });
	const making: Making = { scene, plan, router, sets, rules: 0 };
	const tables: Table[] = [];
	for (const [name, percent] of TABLE_PERCENT) {
		if (!scene.draw.chance(name === "nat" && plan.conntrack ? 80 : percent)) continue;
		scene.uses(TABLE_FEATURES[name]);
		tables.push(drawTable(making, name));
	}
	const accounts = ACCOUNTS.filter((name) => tables.some((table) => asksAccount(table, name)));
	return { ...text, ...(accounts.length === 0 ? {} : { nfacct: accounts }), iptables: formatIptablesSave(tables) };
}

const TABLE_PERCENT: readonly (readonly [name: TableName, percent: number])[] = [
	["raw", 32],
	["mangle", 48],
	["nat", 12],
	["filter", 78],
	["security", 12],
];

function asksAccount({ chains }: Table, name: string): boolean {
	const rules = chains.flatMap((chain) => chain.rules);
	return rules.some(({ matches }) => matches.some((match) => match.kind === "nfacct" && match.name === name));
}

interface Making {
	readonly scene: Scene;
	readonly plan: Plan;
	readonly router: Router;
	readonly sets: readonly DrawnSet[];
	rules: number;
}

/** A user chain and the hooks from which it may be reached; each leads only to later ones, so there are no loops. */
interface UserChain {
	readonly name: string;
	readonly hooks: readonly HookName[];
}

function drawTable(making: Making, name: TableName): Table {
	const { draw } = making.scene;
	const builtin = BUILTIN_CHAINS[name];
	const users: UserChain[] = [];
	const count = draw.weighted([
		[30, 0],
		[25, 1],
		[25, 2],
		[20, 3],
	]);
	for (let k = 0; k < count; k += 1) {
		// Half of them may be reached from anywhere.
		const hooks = draw.chance(50) ? builtin : draw.sample(builtin, draw.between(1, builtin.length));
		users.push({ name: `U${k + 1}`, hooks });
	}
	const busy = draw.sample(builtin, draw.between(1, Math.min(3, builtin.length)));
	const chains: Chain[] = builtin.map((hook) => {
		const own = busy.includes(hook) ? drawRules(making, name, { hooks: [hook], next: users, most: 4 }) : [];
		const planned = plannedRules(making.scene, making.plan, { router: making.router, table: name, hook });
		const outer = tunnelRules(making.scene, name, hook);
		const rules = draw.chance(70) ? [...outer, ...planned, ...own] : [...own, ...planned, ...outer];
		return { name: hook, policy: drawPolicy(making.scene, name), rules };
	});
	users.forEach((user, at) => {
		const next = users.slice(at + 1);
		if (at === 2) making.scene.uses("chain depth 3");
		chains.push({ name: user.name, rules: drawRules(making, name, { hooks: user.hooks, next, most: 3 }) });
	});
	return { name, chains };
}

function drawPolicy(scene: Scene, table: TableName): "accept" | "drop" {
	if (table === "nat" || !scene.draw.chance(table === "filter" ? 9 : 2)) return "accept";
	scene.uses("chain policy DROP");
	return "drop";
}

function drawRules(
	making: Making,
	table: TableName,
	at: { readonly hooks: readonly HookName[]; readonly next: readonly UserChain[]; readonly most: number },
): readonly Rule[] {
	const { scene, plan, router, sets } = making;
	const { draw } = scene;
	const reachable = at.next.filter((user) => at.hooks.every((hook) => user.hooks.includes(hook)));
	const rules: Rule[] = [];
	const count = draw.between(1, at.most);
	for (let k = 0; k < count; k += 1) {
		making.rules += 1;
		const site: Omit<Site, "proto"> = {
			scene,
			draw,
			plan,
			router,
			table,
			sets,
			hooks: at.hooks,
			number: making.rules,
		};
		const leads = reachable.length > 0 && draw.chance(k === 0 ? 60 : 25);
		rules.push(drawRule(site, leads ? drawJump(scene, draw.pick(reachable)) : undefined));
	}
	return rules;
}

function drawJump(scene: Scene, to: UserChain): Target {
	const kind = scene.draw.chance(75) ? "jump" : "goto";
	scene.uses(kind === "jump" ? "chain jump" : "chain goto");
	return { kind, chain: to.name };
}
