/** Rules about a place's outer packets, which no other rule's ports and protocols name. */
import type { HookName, Match, Rule, TableName, Target } from "../../../kernel/xtables.ts";
import { IPPROTO_IPIP, IPPROTO_UDP } from "../../../wire/ipv4.ts";
import type { TunnelFacts } from "../place.ts";
import type { Scene } from "../scene.ts";
import { MARKS } from "./site.ts";

/** None where nothing is tunnelled. */
export function tunnelRules(scene: Scene, table: TableName, hook: HookName): readonly Rule[] {
	const { draw, place } = scene;
	if (place.tunnel === undefined || table === "nat" || !draw.chance(hook === "FORWARD" ? 10 : 40)) return [];
	scene.uses("match -p");
	return [{ matches: outerMatches(place.tunnel), target: target(scene, table) }];
}

function outerMatches(tunnel: TunnelFacts): readonly Match[] {
	if (tunnel.type === "ipip") return [{ kind: "protocol", proto: IPPROTO_IPIP }];
	const dport = { value: { from: tunnel.port, to: tunnel.port } };
	return [
		{ kind: "protocol", proto: IPPROTO_UDP },
		{ kind: "udp", dport },
	];
}

function target(scene: Scene, table: TableName): Target {
	const { draw } = scene;
	const kind = draw.weighted([
		[40, "none"],
		[25, "accept"],
		[table === "filter" ? 10 : 2, "drop"],
		[table === "mangle" ? 40 : 0, "mark"],
	] as const);
	switch (kind) {
		case "none":
			return { kind };
		case "accept":
			scene.uses("target ACCEPT");
			return { kind };
		case "drop":
			scene.uses("target DROP");
			return { kind };
		case "mark":
			scene.uses("target MARK");
			return { kind, value: draw.pick(MARKS), mask: 0xffffffff };
	}
}
