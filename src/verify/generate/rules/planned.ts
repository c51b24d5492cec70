/** Rules that the plan asks for, so that whole conversations pass translated. */
import type { HookName, Match, Rule, TableName } from "../../../kernel/xtables.ts";
import { type Router, text } from "../place.ts";
import type { Plan, Scene, Service } from "../scene.ts";

export function plannedRules(
	scene: Scene,
	plan: Plan,
	at: { readonly router: Router; readonly table: TableName; readonly hook: HookName },
): readonly Rule[] {
	if (at.table !== "nat" || !plan.conntrack) return [];
	if (at.hook === "PREROUTING" || at.hook === "OUTPUT") {
		if (plan.services.length > 0) scene.uses("target DNAT", "match -d", "match -p");
		return plan.services.map(serviceRule);
	}
	return at.hook === "POSTROUTING" && plan.sourceNat !== undefined ? sourceRules(scene, plan, plan.sourceNat) : [];
}

function serviceRule(service: Service): Rule {
	const { proto, vip, port, addr, targetPort } = service;
	const dport = { value: { from: port, to: port } };
	return {
		matches: [
			{ kind: "destination", net: { addr: text(vip), prefix: 32 } },
			{ kind: "protocol", proto },
			proto === 6 ? { kind: "tcp", dport } : { kind: "udp", dport },
		],
		target: { kind: "dnat", to: { minAddr: text(addr), minPort: targetPort } },
	};
}

/** With clashes: two ports for those who use them, so that the second flow gets the other one and the third none. */
function sourceRules(scene: Scene, plan: Plan, to: "masquerade" | number): readonly Rule[] {
	scene.uses(to === "masquerade" ? "target MASQUERADE" : "target SNAT");
	if (!plan.clash) {
		return [
			{
				matches: [],
				target: to === "masquerade" ? { kind: "masquerade" } : { kind: "snat", to: { minAddr: text(to) } },
			},
		];
	}
	scene.uses("nat port clash", "nat port range", "match -p");
	return [6, 17].map((proto) => {
		const sport = { value: { from: 5000, to: 5001 } };
		const matches: readonly Match[] = [
			{ kind: "protocol", proto },
			proto === 6 ? { kind: "tcp", sport } : { kind: "udp", sport },
		];
		if (to === "masquerade") return { matches, target: { kind: "masquerade", toPorts: { from: 5000, to: 5001 } } };
		return { matches, target: { kind: "snat", to: { minAddr: text(to), minPort: 5000, maxPort: 5001 } } };
	});
}
