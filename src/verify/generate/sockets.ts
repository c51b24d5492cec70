/** Steps with real sockets: programs that listen, connections, datagrams, pings, from every host to every other. */
import { cidr } from "../../wire/addr.ts";
import type { Step } from "../scenario.ts";
import { type Host, text, v4 } from "./place.ts";
import { type Plan, type Scene, SERVER_PORTS } from "./scene.ts";

/** Each host listens on some ports; the address is any. */
export function drawListeners(scene: Scene): void {
	const { draw, place } = scene;
	for (const { netns } of place.hosts) {
		for (const port of SERVER_PORTS) {
			if (!draw.chance(45)) continue;
			const kind = draw.pick(["udp-echo", "udp-echo", "udp-sink"] as const);
			scene.listen.push({ kind, netns, addr: ANY, port });
		}
		for (const port of SERVER_PORTS) {
			if (draw.chance(55)) scene.listen.push({ kind: "tcp-echo", netns, addr: ANY, port });
		}
	}
}

const ANY = cidr("0.0.0.0/0").addr;

export function drawSocketStep(scene: Scene, plan: Plan): void {
	const { draw, place } = scene;
	const host = draw.pick(place.hosts);
	const kind = draw.weighted([
		[38, "tcp"],
		[38, "udp"],
		[24, "ping"],
	] as const);
	const proto = kind === "tcp" ? 6 : 17;
	const services = plan.services.filter((service) => service.proto === proto);
	const service = kind !== "ping" && services.length > 0 && draw.chance(45) ? draw.pick(services) : undefined;
	const addr = service?.vip ?? destination(scene, host);
	const own = draw.chance(25) ? draw.pick(host.addrs) : undefined;
	const from = { ...(own === undefined ? {} : { addr: text(own) }), port: scene.nextPort() };
	const to = { addr: text(addr), port: service?.port ?? draw.pick(SERVER_PORTS) };
	const mark = draw.chance(15) ? { mark: draw.pick([1, 2, 16]) } : {};
	if ("mark" in mark) scene.uses("socket mark");
	if (host.addrs.includes(addr) || addr >>> 24 === 127) scene.uses("socket to itself", "device loopback");
	scene.steps.push(step(scene, kind, { netns: host.netns, from, to, ...mark }));
}

function step(
	scene: Scene,
	kind: "tcp" | "udp" | "ping",
	at: Pick<Step & { readonly kind: "udp" }, "netns" | "from" | "to" | "mark">,
): Step {
	const { draw } = scene;
	if (kind === "tcp") {
		scene.uses("socket TCP");
		return { kind, ...at, payload: draw.pick(["hello", "x", "a longer line of text"]), timeoutMs: 100 };
	}
	const ttl = draw.chance(10) ? { ttl: draw.pick([1, 2, 9]) } : {};
	if ("ttl" in ttl) scene.uses("socket TTL");
	if (kind === "udp") {
		scene.uses("socket UDP");
		const discovery = draw.chance(20) ? { pmtudisc: draw.pick(["want", "do", "dont"] as const) } : {};
		if ("pmtudisc" in discovery) scene.uses("socket path MTU discovery");
		const payload = draw.chance(12)
			? "long".repeat(draw.pick([240, 340, 366, 400]))
			: draw.pick(["", "hi", "datagram"]);
		return { kind, ...at, payload, ...ttl, ...discovery };
	}
	scene.uses("socket ping");
	const { netns, from, to, mark } = at;
	const payloadBytes = draw.pick([0, 8, 56, 1400, 1472]);
	return {
		kind,
		netns,
		to: to.addr,
		id: from.port,
		seq: draw.between(1, 3),
		payloadBytes,
		...ttl,
		...(mark === undefined ? {} : { mark }),
	};
}

function destination(scene: Scene, host: Host): number {
	const { draw, place } = scene;
	const others = place.hosts.filter((other) => other !== host);
	return draw.weighted([
		[70, draw.pick(draw.pick(others).addrs)],
		[8, draw.pick(host.addrs)],
		[7, v4(draw.pick(["127.0.0.1", "127.0.0.2"]))],
		[5, v4("10.250.0.9")],
		[5, v4("10.66.0.1")],
		[5, v4("10.67.0.1")],
	]);
}
