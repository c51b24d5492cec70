/**
 * The sysctls of a router. Every scenario of a place writes the same keys, so that none inherits what another one set,
 * and what depends on time or chance is switched off.
 */
import type { Feature } from "./features.ts";
import type { Router } from "./place.ts";
import type { Plan, Scene } from "./scene.ts";

/** A setting that is ordinary but in some of the scenarios. */
interface Knob {
	readonly key: string;
	readonly usual: string;
	readonly percent: number;
	readonly others: readonly string[];
	readonly feature: Feature;
}

/** `ip_forward` comes first: writing it changes settings of devices. */
const NETNS_KNOBS: readonly Knob[] = [
	knob("net.ipv4.ip_forward", { usual: "1", others: ["0"], percent: 4 }, "sysctl forwarding off"),
	knob("net.ipv4.icmp_echo_ignore_broadcasts", { usual: "1", others: ["0"], percent: 25 }, "sysctl icmp_echo_ignore"),
	knob("net.ipv4.icmp_echo_ignore_all", { usual: "0", others: ["1"], percent: 4 }, "sysctl icmp_echo_ignore"),
	knob(
		"net.ipv4.icmp_errors_use_inbound_ifaddr",
		{ usual: "0", others: ["1"], percent: 6 },
		"sysctl icmp_errors_use_inbound_ifaddr",
	),
	knob("net.netfilter.nf_conntrack_tcp_loose", { usual: "1", others: ["0"], percent: 12 }, "sysctl tcp_loose off"),
	knob("net.netfilter.nf_conntrack_tcp_be_liberal", { usual: "0", others: ["1"], percent: 8 }, "sysctl tcp_be_liberal"),
	knob(
		"net.netfilter.nf_conntrack_checksum",
		{ usual: "1", others: ["0"], percent: 8 },
		"sysctl nf_conntrack_checksum off",
	),
	knob("net.ipv4.conf.all.accept_local", { usual: "0", others: ["1"], percent: 8 }, "sysctl accept_local"),
	knob("net.ipv4.conf.all.route_localnet", { usual: "0", others: ["1"], percent: 10 }, "sysctl route_localnet"),
	knob("net.ipv4.conf.all.src_valid_mark", { usual: "0", others: ["1"], percent: 8 }, "sysctl src_valid_mark"),
	knob("net.ipv4.conf.all.arp_ignore", { usual: "0", others: ["1", "2", "3", "8"], percent: 10 }, "sysctl arp_ignore"),
	knob("net.ipv4.conf.all.arp_filter", { usual: "0", others: ["1"], percent: 5 }, "sysctl arp_filter"),
];

/** Written as they are in every scenario. */
const PINNED: Readonly<Record<string, string>> = {
	// The limit per host is off already (stage.ts); this is the one for all.
	"net.ipv4.icmp_ratemask": "0",
	// Redirects remember hosts for longer than a scenario lasts.
	"net.ipv4.conf.all.send_redirects": "0",
	"net.ipv4.conf.all.accept_redirects": "0",
	"net.ipv4.conf.all.secure_redirects": "1",
	"net.ipv4.conf.all.shared_media": "1",
	"net.ipv4.conf.all.log_martians": "0",
	"net.ipv4.conf.all.arp_announce": "0",
	"net.ipv4.conf.all.proxy_arp": "0",
	"net.ipv4.conf.lo.rp_filter": "0",
	"net.netfilter.nf_conntrack_tcp_timeout_established": "432000",
	"net.netfilter.nf_conntrack_udp_timeout": "30",
	"net.netfilter.nf_conntrack_udp_timeout_stream": "120",
	"net.netfilter.nf_conntrack_icmp_timeout": "30",
	"net.netfilter.nf_conntrack_generic_timeout": "600",
	// An unfinished packet is not given up while its scenario lasts.
	"net.ipv4.ipfrag_time": "3600",
};

const DEVICE_PINNED: Readonly<Record<string, string>> = { send_redirects: "0", accept_redirects: "0" };

export function drawSysctls(scene: Scene, plan: Plan, router: Router): Readonly<Record<string, string>> {
	const { draw } = scene;
	const values: Record<string, string> = {};
	for (const knob of NETNS_KNOBS) values[knob.key] = turned(scene, knob);
	Object.assign(values, PINNED);
	values["net.ipv4.conf.all.rp_filter"] = rpFilter(scene, 15);
	for (const dev of router.devs) {
		const conf = `net.ipv4.conf.${dev.name}`;
		values[`${conf}.forwarding`] = values["net.ipv4.ip_forward"] === "1" && draw.chance(97) ? "1" : "0";
		values[`${conf}.rp_filter`] = rpFilter(scene, 10);
		values[`${conf}.proxy_arp`] = proxyArp(scene);
		for (const [leaf, value] of Object.entries(DEVICE_PINNED)) values[`${conf}.${leaf}`] = value;
		values[`net.ipv4.neigh.${dev.name}.proxy_delay`] = "0";
	}
	bridgeNetfilter(scene, router, values);
	shortTimes(plan, values);
	return values;
}

function knob(key: string, value: Pick<Knob, "usual" | "others" | "percent">, feature: Feature): Knob {
	return { key, ...value, feature };
}

function turned({ draw, features }: Scene, knob: Knob): string {
	if (!draw.chance(knob.percent)) return knob.usual;
	features.add(knob.feature);
	return draw.pick(knob.others);
}

function rpFilter(scene: Scene, percent: number): string {
	if (!scene.draw.chance(percent)) return "0";
	const strict = scene.draw.chance(60);
	scene.uses(strict ? "sysctl rp_filter strict" : "sysctl rp_filter loose");
	return strict ? "1" : "2";
}

function proxyArp(scene: Scene): string {
	const usual = scene.place.features.includes("topology routed pods (proxy ARP)");
	if (!(usual ? scene.draw.chance(85) : scene.draw.chance(6))) return "0";
	scene.uses("sysctl proxy_arp");
	return "1";
}

function bridgeNetfilter(scene: Scene, router: Router, values: Record<string, string>): void {
	if (!router.devs.some((dev) => dev.ports.length > 0)) return;
	const on = scene.draw.chance(68);
	scene.uses(on ? "bridge-nf on" : "bridge-nf off");
	values["net.bridge.bridge-nf-call-iptables"] = on ? "1" : "0";
	values["net.bridge.bridge-nf-call-arptables"] = "0";
	values["net.bridge.bridge-nf-call-ip6tables"] = "0";
}

/** Rarely, flows end after a second, and the scenario waits for it. */
function shortTimes(plan: Plan, values: Record<string, string>): void {
	if (!plan.waits) return;
	values["net.netfilter.nf_conntrack_udp_timeout"] = "1";
	values["net.netfilter.nf_conntrack_icmp_timeout"] = "1";
}
