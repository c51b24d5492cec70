/** Something changes between two packets: an address, a route, a neighbour, a setting, a rule, the conntrack table. */

import { cidr, macText } from "../../wire/addr.ts";
import type { Scenario, Step } from "../scenario.ts";
import { ODD_NETS } from "./packets/flow.ts";
import { text } from "./place.ts";
import type { Scene } from "./scene.ts";

type Change = Omit<Step & { readonly kind: "change" }, "kind" | "netns">;

export function drawChange(scene: Scene, config: Scenario["config"]): () => void {
	const { draw, place } = scene;
	const { netns, devs } = draw.pick(place.routers);
	const dev = draw.pick(devs);
	const ends = place.ends.filter((end) => end.router === netns);
	const end = draw.pick(ends);
	const changes: readonly (readonly [weight: number, change: Change])[] = [
		[20, { verb: "replace", object: sysctl("net.ipv4.conf.all.rp_filter", draw.pick(["0", "1", "2"])) }],
		[10, { verb: "replace", object: sysctl("net.ipv4.conf.all.route_localnet", "1") }],
		[10, { verb: "replace", object: sysctl(`net.ipv4.conf.${dev.name}.forwarding`, draw.pick(["0", "1"])) }],
		[
			15,
			{
				verb: "add",
				object: {
					kind: "route",
					dst: cidr(`${draw.pick(ODD_NETS)}/24`),
					type: draw.pick(["blackhole", "unreachable"]),
				},
			},
		],
		[10, { verb: "add", object: { kind: "addr", dev: dev.name, addr: cidr("10.77.0.1/24") } }],
		[
			15,
			{
				verb: "replace",
				object: {
					kind: "neigh",
					dev: end.via,
					addr: text(end.addrs[0] ?? 0),
					mac: macText(draw.pick(ends).mac),
					state: "PERMANENT",
				},
			},
		],
		[
			20,
			{
				verb: "add",
				object: {
					kind: "xt-rule",
					family: "ipv4",
					table: draw.pick(["filter", "mangle"]),
					chain: draw.pick(["FORWARD", "INPUT"]),
					position: 1,
					rule: {
						matches: [{ kind: "protocol", proto: draw.pick([1, 6, 17]) }],
						target: draw.chance(50) ? { kind: "drop" } : { kind: "mark", value: 1, mask: 0xffffffff },
					},
				},
			},
		],
	];
	// iptables-legacy loads the whole table anew, and matches that count begin again.
	const counts = /-m limit|--mode nth|-m quota|-m hashlimit/.test(config[netns]?.iptables ?? "");
	const change = draw.weighted(counts ? changes.filter(([, { object }]) => object.kind !== "xt-rule") : changes);
	return () => {
		scene.uses("change while it runs");
		scene.steps.push({ kind: "change", netns, ...change });
	};
}

function sysctl(key: string, value: string): { readonly kind: "sysctl"; readonly key: string; readonly value: string } {
	return { kind: "sysctl", key, value };
}
