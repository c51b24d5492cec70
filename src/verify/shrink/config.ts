/** A namespace's settings with fewer of them. */
import type { NetnsConfig, Scenario } from "../scenario.ts";
import { shorter } from "./list.ts";

/** Ways to make one namespace's settings smaller, each about one kind of them. */
export function configPasses(netns: string): readonly ((scenario: Scenario) => Iterable<Scenario>)[] {
	return KINDS.map(
		(smaller) =>
			function* (scenario: Scenario): Generator<Scenario> {
				const config = scenario.config[netns];
				if (config === undefined) return;
				for (const candidate of smaller(config)) yield withConfig(scenario, netns, candidate);
			},
	);
}

export function withConfig(scenario: Scenario, netns: string, config: NetnsConfig): Scenario {
	return { ...scenario, config: { ...scenario.config, [netns]: config } };
}

const KINDS: readonly ((config: NetnsConfig) => Generator<NetnsConfig>)[] = [
	function* (config) {
		for (const sysctls of shorter(Object.entries(config.sysctls ?? {}))) {
			yield { ...config, sysctls: Object.fromEntries(sysctls) };
		}
	},
	function* (config) {
		for (const rules of shorter(config.rules ?? [])) yield { ...config, rules };
	},
	function* (config) {
		for (const routes of shorter(config.routes ?? [])) yield { ...config, routes };
	},
	function* (config) {
		for (const neighs of shorter(config.neighs ?? [])) yield { ...config, neighs };
	},
	function* (config) {
		for (const fdb of shorter(config.fdb ?? [])) yield { ...config, fdb };
	},
	function* (config) {
		if (config.ipset === undefined) return;
		const { ipset, ...rest } = config;
		yield rest;
		for (const lines of shorter(ipset.split("\n"))) yield { ...rest, ipset: lines.join("\n") };
	},
	function* (config) {
		if (config.nfacct === undefined) return;
		const { nfacct, ...rest } = config;
		for (const names of shorter(nfacct)) yield names.length === 0 ? rest : { ...rest, nfacct: names };
	},
	function* (config) {
		for (const addrs of shorter(config.addrs ?? [])) yield { ...config, addrs };
	},
];
