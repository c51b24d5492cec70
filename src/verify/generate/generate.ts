/** Scenarios by number: the same seed and index always make the same one. */
import type { NetnsConfig, Scenario } from "../scenario.ts";
import { drawChange } from "./changes.ts";
import { Draw } from "./draw.ts";
import { echoTalk, errorTalk, fragmentTalk, udpTalk } from "./packets/datagrams.ts";
import { arpTalk, otherFrame } from "./packets/link.ts";
import { oddPacket } from "./packets/odd.ts";
import { outerPacket } from "./packets/outer.ts";
import { tcpTalk } from "./packets/tcp-talk.ts";
import { addrsOf, v4 } from "./place.ts";
import { PLACES, type WeightedPlaces } from "./places/places.ts";
import { drawPolicy, drawRoutes } from "./routing.ts";
import { drawTables } from "./rules/tables.ts";
import { type Plan, Scene, SERVER_PORTS, type Service } from "./scene.ts";
import { drawListeners, drawSocketStep } from "./sockets.ts";
import { drawSysctls } from "./sysctls.ts";

/** The scenario of this number: 3 to 12 steps, on one of a few topologies. */
export function generateScenario(seed: number, index: number, places: WeightedPlaces = PLACES): Scenario {
	const draw = new Draw(seed, index);
	const scene = new Scene(draw, draw.weighted(places), index);
	const plan = drawPlan(scene);
	scene.uses(plan.conntrack ? "conntrack on" : "conntrack off");
	const config = drawConfig(scene, plan);
	if (scene.place.sockets) {
		drawListeners(scene);
		const count = draw.between(2, 5);
		for (let k = 0; k < count; k += 1) drawSocketStep(scene, plan);
	} else drawPackets(scene, plan, config);
	return {
		name: `${seed}-${index}`,
		features: [...scene.features].sort(),
		topology: scene.place.topology,
		config,
		listen: scene.listen,
		steps: scene.steps,
	};
}

function drawPlan(scene: Scene): Plan {
	const { draw, place } = scene;
	const conntrack = draw.chance(76);
	const services: Service[] = [];
	if (conntrack && draw.chance(60)) {
		const count = draw.between(1, 3);
		for (let k = 0; k < count; k += 1) services.push(drawService(scene, k));
	}
	const own = place.routers.flatMap(addrsOf);
	const translated = conntrack && draw.chance(50);
	return {
		conntrack,
		services,
		sourceNat: !translated ? undefined : draw.chance(60) ? "masquerade" : draw.pick([...own, v4("10.99.0.5")]),
		clash: translated && !place.sockets && draw.chance(18),
		oddRoutes: draw.chance(22),
		waits: draw.chance(1),
	};
}

function drawService(scene: Scene, k: number): Service {
	const { draw, place } = scene;
	const own = place.routers.flatMap(addrsOf);
	return {
		proto: draw.chance(55) ? 6 : 17,
		vip: draw.chance(60) ? v4("10.96.0.10") + k : draw.pick(own),
		port: draw.pick(SERVER_PORTS),
		addr: draw.pick(draw.pick(place.ends).addrs),
		targetPort: draw.pick(SERVER_PORTS),
	};
}

function drawConfig(scene: Scene, plan: Plan): Readonly<Record<string, NetnsConfig>> {
	const config: Record<string, NetnsConfig> = { ...scene.place.config };
	for (const router of scene.place.routers) {
		const base = scene.place.config[router.netns] ?? {};
		const policy = drawPolicy(scene, router);
		config[router.netns] = {
			...base,
			sysctls: drawSysctls(scene, plan, router),
			routes: [...(base.routes ?? []), ...drawRoutes(scene, plan, router), ...policy.routes],
			rules: policy.rules,
			...drawTables(scene, plan, router),
		};
	}
	return config;
}

/** Flows and odd packets, each in its own order, mixed; then perhaps a change or a wait somewhere among them. */
function drawPackets(scene: Scene, plan: Plan, config: Scenario["config"]): void {
	const { draw } = scene;
	const target = draw.between(3, 12);
	const talks: (() => void)[][] = [];
	let planned = 0;
	const kinds = scene.place.tunnel === undefined ? TALKS : [...TALKS, TUNNEL_TALK];
	while (planned < target) {
		const talk = draw
			.weighted(kinds)(scene, plan)
			.slice(0, target - planned);
		planned += talk.length;
		talks.push([...talk]);
	}
	if (draw.chance(8)) talks.push([drawChange(scene, config)]);
	if (plan.waits) talks.push([() => wait(scene)]);
	while (talks.length > 0) {
		// Mostly one after the other; sometimes the next one speaks first.
		const at = draw.chance(75) ? 0 : draw.below(talks.length);
		const talk = talks[at] ?? [];
		talk.shift()?.();
		if (talk.length === 0) talks.splice(at, 1);
	}
}

function wait(scene: Scene): void {
	scene.uses("wait");
	scene.steps.push({ kind: "wait", ms: 1300 });
}

type WeightedTalk = readonly [weight: number, talk: (scene: Scene, plan: Plan) => readonly (() => void)[]];

const TUNNEL_TALK: WeightedTalk = [9, outerPacket];

const TALKS: readonly WeightedTalk[] = [
	[24, udpTalk],
	[26, tcpTalk],
	[12, echoTalk],
	[8, fragmentTalk],
	[10, errorTalk],
	[20, oddPacket],
	[7, arpTalk],
	[2, otherFrame],
];
