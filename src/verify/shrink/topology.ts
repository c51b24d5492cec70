/** A topology with fewer namespaces and devices; what was set on those that go, goes with them. */
import type { NetnsConfig, PlacedLink, Scenario, Step } from "../scenario.ts";

export function* smallerTopology(scenario: Scenario): Generator<Scenario> {
	const { topology } = scenario;
	for (const netns of topology.netns) if (!isUsed(scenario, netns)) yield withoutNetns(scenario, netns);
	for (const { netns, link } of topology.links) {
		if (link.link !== undefined) yield without(scenario, [{ netns, dev: link.name }]);
	}
	for (const netns of topology.netns) {
		const { [netns]: gone, ...config } = scenario.config;
		if (gone !== undefined) yield { ...scenario, config };
	}
}

interface Place {
	readonly netns: string;
	readonly dev: string;
}

function isUsed({ steps, listen }: Scenario, netns: string): boolean {
	return listen.some((one) => one.netns === netns) || steps.some((step) => netnsOf(step) === netns);
}

function netnsOf(step: Step): string | undefined {
	return step.kind === "wait" ? undefined : step.netns;
}

function withoutNetns(scenario: Scenario, netns: string): Scenario {
	const gone = scenario.topology.links
		.filter(
			({ link, netns: at }) =>
				link.link !== undefined && (at === netns || peerOf({ netns: at, link })?.netns === netns),
		)
		.map(({ link, netns: at }) => ({ netns: at, dev: link.name }));
	const smaller = without(scenario, gone);
	const { [netns]: _gone, ...config } = smaller.config;
	const left = smaller.topology;
	return {
		...smaller,
		config,
		topology: {
			netns: left.netns.filter((name) => name !== netns),
			links: left.links.filter((placed) => placed.netns !== netns),
		},
	};
}

/** Without these devices, the other ends of their cables, and what hangs on either. */
function without(scenario: Scenario, devices: readonly Place[]): Scenario {
	const { topology } = scenario;
	const peers = topology.links
		.filter(({ netns, link }) => has(devices, { netns, dev: link.name }))
		.flatMap((placed) => peerOf(placed) ?? []);
	const gone = [...devices, ...peers];
	const links = topology.links
		.filter(({ netns, link }) => !has(gone, { netns, dev: link.name }))
		.map(({ netns, link }) => {
			const { master, port: _port, ...free } = link;
			return master !== undefined && has(gone, { netns, dev: master }) ? { netns, link: free } : { netns, link };
		});
	const config = Object.fromEntries(
		Object.entries(scenario.config).map(([netns, one]) => [netns, withoutDevices(one, netns, gone)]),
	);
	const steps = scenario.steps.filter((step) => step.kind !== "frame" || !has(gone, step));
	return { ...scenario, topology: { ...topology, links }, config, steps };
}

function withoutDevices(config: NetnsConfig, netns: string, gone: readonly Place[]): NetnsConfig {
	const stays = (dev: string | undefined): boolean => dev === undefined || !has(gone, { netns, dev });
	const { sysctls, addrs, routes, neighs, fdb } = config;
	const isOf = (key: string): boolean => !gone.some((one) => one.netns === netns && key.includes(`.${one.dev}.`));
	return {
		...config,
		...(sysctls === undefined
			? {}
			: { sysctls: Object.fromEntries(Object.entries(sysctls).filter(([key]) => isOf(key))) }),
		...(addrs === undefined ? {} : { addrs: addrs.filter(({ dev }) => stays(dev)) }),
		...(routes === undefined ? {} : { routes: routes.filter(({ dev }) => stays(dev)) }),
		...(neighs === undefined ? {} : { neighs: neighs.filter(({ dev }) => stays(dev)) }),
		...(fdb === undefined ? {} : { fdb: fdb.filter(({ dev }) => stays(dev)) }),
	};
}

function has(devices: readonly Place[], { netns, dev }: Place): boolean {
	return devices.some((one) => one.netns === netns && one.dev === dev);
}

function peerOf({ netns, link: { link } }: PlacedLink): Place | undefined {
	return link?.type === "veth" ? { netns: link.peerNetns ?? netns, dev: link.peer } : undefined;
}
