/** Where a rule is being made: its table, the hooks it is reached from, and the values that packets here have. */
import type { IpSetOptions } from "../../../kernel/ipset.ts";
import type { HookName, PortRange, TableName } from "../../../kernel/xtables.ts";
import { type Cidr, networkOf } from "../../../wire/addr.ts";
import type { Draw } from "../draw.ts";
import type { Feature } from "../features.ts";
import { addrsOf, type Router, text } from "../place.ts";
import { FIRST_PORT, LAST_PORT, type Plan, type Scene, SERVER_PORTS } from "../scene.ts";

/** A set as rules see it. */
export interface DrawnSet {
	readonly name: string;
	readonly feature: Feature;
	/** How many components its elements have. */
	readonly dims: number;
	readonly options: IpSetOptions;
}

export interface Site {
	readonly scene: Scene;
	readonly draw: Draw;
	readonly plan: Plan;
	readonly router: Router;
	readonly table: TableName;
	/** The router's. */
	readonly sets: readonly DrawnSet[];
	/** Every hook from which the rule may be reached. */
	readonly hooks: readonly HookName[];
	/** The protocol that the rule is for; undefined: it says none, or which it is not. */
	readonly proto: number | undefined;
	/** A number of its own within the scenario. */
	readonly number: number;
}

/** Marks that rules set and rules and policy routing ask for. */
export const MARKS = [0x1, 0x2, 0x10, 0x4000] as const;

/** Accounting objects that rules name. */
export const ACCOUNTS = ["acct0", "acct1"] as const;

/** Every hook of the site is one of these. */
export function onlyFrom(site: Site, ...hooks: readonly HookName[]): boolean {
	return site.hooks.every((hook) => hooks.includes(hook));
}

/** An address that packets here have: a host's, a service's, the router's. */
export function drawAddr(site: Pick<Site, "draw" | "scene" | "plan" | "router">): number {
	const { draw, scene, plan, router } = site;
	const hosts = scene.place.ends.flatMap((end) => end.addrs);
	return draw.pick([...hosts, ...hosts, ...addrsOf(router), ...plan.services.map((service) => service.vip)]);
}

/** A network that holds such an address: the address alone, or more. */
export function drawNet(site: Pick<Site, "draw" | "scene" | "plan" | "router">): Cidr {
	const prefix = site.draw.weighted([
		[45, 32],
		[30, 24],
		[10, 16],
		[5, 31],
		[5, 8],
		[5, 30],
	]);
	return networkOf({ addr: text(drawAddr(site)), prefix });
}

/** Ports around those in use. */
export function drawPorts(draw: Draw): PortRange {
	const port = draw.pick(SERVER_PORTS);
	return draw.weighted([
		[55, { from: port, to: port }],
		[10, { from: 1, to: 1023 }],
		[15, { from: FIRST_PORT, to: LAST_PORT }],
		[10, { from: FIRST_PORT, to: 30_000 }],
		[10, { from: port, to: port + 100 }],
	]);
}

/** `!` in some of the cases. */
export function inverted(draw: Draw, percent = 18): { readonly invert?: true } {
	return draw.chance(percent) ? { invert: true } : {};
}
