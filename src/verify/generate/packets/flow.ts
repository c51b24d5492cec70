/** Who talks to whom: a client behind one end, where its packets go, and from where they will be answered. */
import { IPPROTO_ICMP } from "../../../wire/ipv4.ts";
import { addrsOf, devOf, type End, routerOf, v4 } from "../place.ts";
import { type Plan, type Scene, SERVER_PORTS } from "../scene.ts";

export interface Flow {
	readonly proto: 1 | 6 | 17;
	readonly client: { readonly end: End; readonly addr: number; readonly port: number };
	/** As the client writes it. */
	readonly dst: number;
	readonly dport: number;
	/** Who answers, when somebody does: the server as it is after translation. */
	readonly server: { readonly end: End; readonly addr: number; readonly port: number } | undefined;
	/** The client as the server sees it. */
	readonly seenAs: number;
}

/** Destinations that no host has; the first three have routes of their own in some scenarios. */
export const ODD_NETS = ["10.66.0.0", "10.67.0.0", "10.68.0.0", "10.69.0.0"] as const;

export function drawFlow(scene: Scene, plan: Plan, proto: Flow["proto"]): Flow {
	const { draw, place } = scene;
	const end = draw.pick(place.ends);
	const addr = draw.chance(75) ? (end.addrs[0] ?? 0) : draw.pick(end.addrs);
	const port = plan.clash && draw.chance(70) ? draw.between(5000, 5001) : scene.nextPort();
	const services = plan.services.filter((service) => service.proto === proto);
	const service = services.length > 0 && draw.chance(55) ? draw.pick(services) : undefined;
	const dport = proto === IPPROTO_ICMP ? 0 : (service?.port ?? draw.pick(SERVER_PORTS));
	const dst = service?.vip ?? drawDestination(scene, plan, end);
	const target = service?.addr ?? dst;
	const serverEnd = scene.endOf(target);
	const server =
		serverEnd === undefined ? undefined : { end: serverEnd, addr: target, port: service?.targetPort ?? dport };
	if (service !== undefined && server?.end === end) scene.uses("nat hairpin");
	return { proto, client: { end, addr, port }, dst, dport, server, seenAs: seenAs(scene, plan, addr, serverEnd) };
}

/** The source after the plan's translation; now and then untranslated, for not every rule matches. */
function seenAs(scene: Scene, plan: Plan, addr: number, serverEnd: End | undefined): number {
	if (plan.sourceNat === undefined || serverEnd === undefined || scene.draw.chance(20)) return addr;
	if (plan.sourceNat !== "masquerade") return plan.sourceNat;
	return devOf(routerOf(scene.place, serverEnd.router), serverEnd.via).addrs[0] ?? addr;
}

function drawDestination(scene: Scene, plan: Plan, end: End): number {
	const { draw, place } = scene;
	const others = place.ends.filter((other) => other !== end);
	const kind = draw.weighted([
		[60, "other"],
		[14, "router"],
		[4, "nowhere"],
		[plan.oddRoutes ? 16 : 2, "odd"],
		[4, "self"],
	] as const);
	switch (kind) {
		case "other":
			return draw.pick(draw.pick(others).addrs);
		case "router": {
			const own = addrsOf(draw.pick(place.routers));
			scene.uses("packet to a router's own address");
			return own.length === 0 ? v4("10.250.0.9") : draw.pick(own);
		}
		case "nowhere":
			scene.uses("packet to nowhere");
			return v4("10.250.0.9");
		case "odd":
			return v4(draw.pick(ODD_NETS)) + draw.between(1, 9);
		case "self":
			return draw.pick(end.addrs);
	}
}

/** Sends a packet of the client, as its host would. */
export function clientSends(scene: Scene, flow: Flow, packet: Uint8Array): void {
	const { end } = flow.client;
	const mac = scene.nextHopMac(end, flow.dst);
	if (mac !== scene.gatewayMac(end)) scene.uses("packet bridged");
	scene.sends(end, packet, mac);
}

/** Sends a packet of the server to whom it takes for the client; nothing when nobody plays the server. */
export function serverSends(scene: Scene, flow: Flow, packet: Uint8Array): void {
	const { server } = flow;
	if (server === undefined) return;
	if (flow.dst !== server.addr || flow.seenAs !== flow.client.addr) scene.uses("nat reply");
	scene.sends(server.end, packet, scene.nextHopMac(server.end, flow.seenAs));
}
