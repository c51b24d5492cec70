/** Routes and policy rules beside those of the place: destinations that lead nowhere, other tables, marks that decide. */
import type { PolicyRule, Route } from "../../kernel/objects.ts";
import { type Cidr, cidr, formatCidr, type IpAddr } from "../../wire/addr.ts";
import type { Feature } from "./features.ts";
import { ODD_NETS } from "./packets/flow.ts";
import { addrsOf, type End, type Router, text } from "./place.ts";
import { MARKS } from "./rules/site.ts";
import type { Plan, Scene } from "./scene.ts";

const OTHER_TABLES = [100, 101] as const;
const EVERYWHERE = cidr("0.0.0.0/0");

/** Routes of the router that only this scenario has. */
export function drawRoutes(scene: Scene, plan: Plan, router: Router): readonly Route[] {
	const { draw } = scene;
	const routes: Route[] = [];
	const gateways = scene.place.ends.filter((end) => end.router === router.netns && end.addrs.length > 0);
	const hasDefault = (scene.place.config[router.netns]?.routes ?? []).some((route) => route.dst.prefix === 0);
	if (!hasDefault && draw.chance(45)) {
		scene.uses("route default");
		routes.push({ kind: "route", dst: EVERYWHERE, ...by(draw.pick(gateways)) });
	}
	if (plan.oddRoutes) routes.push(...oddRoutes(scene, draw.pick(gateways)));
	if (draw.chance(8)) routes.push(...withMtu(scene, router, gateways));
	if (draw.chance(8)) routes.push(...metrics(scene, gateways));
	return routes;
}

/** A host that packets go to with a smaller MTU; none where the place has a route for it already. */
function withMtu(scene: Scene, router: Router, gateways: readonly End[]): readonly Route[] {
	const { draw, place } = scene;
	const target = draw.pick(place.ends);
	const [addr] = target.addrs;
	if (addr === undefined) return [];
	const dst = { addr: text(addr), prefix: 32 };
	const taken = (place.config[router.netns]?.routes ?? []).some((route) => formatCidr(route.dst) === formatCidr(dst));
	if (taken) return [];
	scene.uses("route with mtu");
	const gateway = gateways.find((end) => end === target) ?? draw.pick(gateways);
	return [{ kind: "route", dst, ...by(gateway, addr), mtu: draw.pick([600, 900]) }];
}

/** One kind each for the odd networks. */
function oddRoutes(scene: Scene, gateway: End): readonly Route[] {
	const kinds = [
		["blackhole", "route blackhole"],
		["unreachable", "route unreachable"],
		["prohibit", "route prohibit"],
	] as const;
	const routes: Route[] = kinds.map(([type, feature], at) => {
		scene.uses(feature);
		return { kind: "route", dst: oddNet(at), type };
	});
	if (scene.draw.chance(40)) {
		scene.uses("route local");
		routes.push({ kind: "route", dst: oddNet(3), type: "local", dev: "lo", scope: "host" });
	} else if (scene.draw.chance(30)) {
		scene.uses("route throw");
		routes.push({ kind: "route", dst: oddNet(3), type: "throw" });
	} else routes.push({ kind: "route", dst: oddNet(3), ...by(gateway) });
	return routes;
}

/** The same destination twice: the lower metric wins. */
function metrics(scene: Scene, gateways: readonly End[]): readonly Route[] {
	scene.uses("route metrics");
	const dst = cidr("10.250.0.0/24");
	return gateways.slice(0, 2).map((end, at) => ({ kind: "route", dst, ...by(end), metric: 200 - 100 * at }));
}

/** Rules that send some packets to another table, and the routes of those tables. */
export function drawPolicy(
	scene: Scene,
	router: Router,
): { readonly rules: readonly PolicyRule[]; readonly routes: readonly Route[] } {
	const { draw, place } = scene;
	const likely = place.features.includes("topology two uplinks") ? 80 : 14;
	if (!draw.chance(likely)) return { rules: [], routes: [] };
	const gateways = place.ends.filter((end) => end.router === router.netns && end.addrs.length > 0);
	const rules: PolicyRule[] = [];
	const count = draw.between(1, 3);
	for (let k = 0; k < count; k += 1) {
		rules.push({
			kind: "rule",
			family: "ipv4",
			priority: 1000 + 100 * k + draw.below(10),
			table: draw.pick(OTHER_TABLES),
			...selector(scene, router),
			...(draw.chance(12) ? not(scene) : {}),
		});
	}
	const routes = OTHER_TABLES.flatMap((table) => tableRoutes(scene, gateways, table));
	return { rules, routes };
}

function not(scene: Scene): Pick<PolicyRule, "not"> {
	scene.uses("policy rule not");
	return { not: true };
}

function selector(scene: Scene, router: Router): Partial<PolicyRule> {
	const { draw, place } = scene;
	const addr = draw.pick([...place.ends.flatMap((end) => end.addrs), ...addrsOf(router)]);
	const net = { addr: text((addr & 0xffffff00) >>> 0), prefix: 24 };
	const kinds: readonly (readonly [weight: number, feature: Feature, rule: Partial<PolicyRule>])[] = [
		[30, "policy rule from", { from: draw.chance(70) ? net : { addr: text(addr), prefix: 32 } }],
		[15, "policy rule to", { to: draw.chance(50) ? net : cidr(`${draw.pick(ODD_NETS)}/16`) }],
		[20, "policy rule iif", { iif: draw.pick(router.devs).name }],
		[30, "policy rule fwmark", { fwmark: { value: draw.pick(MARKS), mask: 0xffffffff } }],
	];
	const [feature, rule] = draw.weighted(kinds.map(([weight, feature, rule]) => [weight, [feature, rule]] as const));
	scene.uses(feature);
	return rule;
}

function tableRoutes(scene: Scene, gateways: readonly End[], table: number): readonly Route[] {
	const { draw } = scene;
	const kind = draw.weighted([
		[60, "unicast"],
		[10, "blackhole"],
		[8, "unreachable"],
		[8, "prohibit"],
		[8, "throw"],
		[6, "none"],
	] as const);
	if (kind === "none") return [];
	if (kind === "unicast") return [{ kind: "route", dst: EVERYWHERE, ...by(draw.pick(gateways)), table }];
	scene.uses(`route ${kind}`);
	return [{ kind: "route", dst: EVERYWHERE, type: kind, table }];
}

/** Through a host behind this end; a host that is the destination itself is on the link. */
function by(end: End, dst?: number): { readonly dev: string; readonly via?: IpAddr } {
	const [gateway] = end.addrs;
	return gateway === undefined || gateway === dst ? { dev: end.via } : { dev: end.via, via: text(gateway) };
}

function oddNet(at: number): Cidr {
	return cidr(`${ODD_NETS[at] ?? ODD_NETS[0]}/16`);
}
