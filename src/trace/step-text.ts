/** One step of a packet's journey as a line of text, in the words and formats of the real tools. */
import { assertNever } from "../base/assert-never.ts";
import { formatConntrack } from "../formats/conntrack.ts";
import { formatRoute } from "../formats/ip-route.ts";
import { formatRule } from "../formats/iptables-save.ts";
import type { Tuple } from "../kernel/conntrack.ts";
import { DROP_REASONS } from "../kernel/drop-reason.ts";
import type { TraceEvent, TraceStep } from "../kernel/trace-event.ts";
import { summarizeFrame } from "../wire/summary.ts";

type StepOf<S extends TraceStep["step"]> = Extract<TraceEvent, { step: S }>;

/** The text of a step without its function name. */
export function stepText(event: TraceEvent): string {
	switch (event.step) {
		case "origin":
			return event.what;
		case "transmit":
			return `out ${event.dev}`;
		case "receive":
			return `in ${event.dev}`;
		case "hook":
			return hookText(event);
		case "rule":
			return ruleText(event);
		case "policy":
			return `${event.table} ${event.chain} policy ${event.policy.toUpperCase()}`;
		case "nat":
			return natText(event);
		case "conntrack":
			return conntrackText(event);
		case "ipvs":
			return ipvsText(event);
		case "route":
			return routeText(event);
		case "ttl":
			return `TTL ${event.before} → ${event.after}`;
		case "neigh":
			return neighText(event);
		case "arp":
			return arpText(event);
		case "bridge":
			return bridgeText(event);
		case "encap":
			return encapText(event);
		case "decap":
			return `${event.dev} takes out what is inside${event.vni === undefined ? "" : ` (VNI ${event.vni})`}: packet #${event.child}`;
		case "fragment":
			return `cut into ${event.into} fragments for MTU ${event.mtu}`;
		case "reassemble":
			return `put together from ${event.fragments} fragments`;
		case "answer":
			return `answers with ${event.what}${event.child === undefined ? "" : ` (packet #${event.child})`}`;
		case "log":
			return `LOG ${event.line}`;
		case "deliver":
			return `delivered to ${event.to}`;
		case "consume":
			return event.why;
		case "drop":
			return dropText(event);
		default:
			return assertNever(event);
	}
}

/** `src:port → dst:port`, or with the ICMP type and id. */
export function tupleText(tuple: Tuple): string {
	const port = (n: number | undefined): string => (n === undefined ? "" : `:${n}`);
	const icmp = tuple.icmp === undefined ? "" : ` id ${tuple.icmp.id}`;
	return `${tuple.src}${port(tuple.sport)} > ${tuple.dst}${port(tuple.dport)}${icmp}`;
}

/** One line as tcpdump prints it. */
export function packetText(packet: Uint8Array, link: "ip" | "ethernet"): string {
	return oneLine(summarizeFrame(packet, { link }));
}

/** tcpdump gives the frame inside a VXLAN datagram a line of its own, and Linux's port to OTV, which looks the same. */
export function oneLine(summary: string): string {
	return summary
		.replace(/OTV, (flags .*), overlay \d+, instance (\d+)\n/, "VXLAN, $1, vni $2: ")
		.replaceAll("\n", ": ");
}

function hookText(event: StepOf<"hook">): string {
	const parts = [`${event.family === "bridge" ? "bridge " : ""}${event.hook}`];
	if (event.indev !== undefined) parts.push(`in=${event.indev}`);
	if (event.physin !== undefined) parts.push(`physin=${event.physin}`);
	if (event.outdev !== undefined) parts.push(`out=${event.outdev}`);
	if (event.physout !== undefined) parts.push(`physout=${event.physout}`);
	return parts.join(" ") + (event.note === undefined ? "" : `: ${event.note}`);
}

function ruleText(event: StepOf<"rule">): string {
	const mark = event.mark === undefined ? "" : `  [mark is now 0x${event.mark.toString(16)}]`;
	const origin = event.rule.origin === undefined ? "" : `  ← ${event.rule.origin.for}`;
	return `${event.table} rule ${event.number}: ${formatRule(event.rule, event.chain).trimEnd()}${mark}${origin}`;
}

function natText(event: StepOf<"nat">): string {
	const end = event.manip === "src" ? "source" : "destination";
	const back = event.reply ? " (translated back)" : "";
	return `${end}${back}: ${tupleText(event.before)}  →  ${tupleText(event.after)}`;
}

function conntrackText(event: StepOf<"conntrack">): string {
	const words: Readonly<Record<typeof event.change, string>> = {
		new: "NEW",
		found: event.state ?? "found",
		related: "RELATED",
		invalid: "INVALID",
		untracked: "UNTRACKED",
		"nat-setup": "translation chosen",
		confirmed: "confirmed",
		removed: "removed",
	};
	const dir = event.dir === undefined ? "" : ` (${event.dir})`;
	const why = event.why === undefined ? "" : `: ${event.why}`;
	const entry = event.entry === undefined ? "" : `  ${formatConntrack(event.entry).trimEnd()}`;
	return `${words[event.change]}${dir}${why}${entry}`;
}

function ipvsText(event: StepOf<"ipvs">): string {
	const { connection, service, before, after } = event;
	const why = event.why === undefined ? "" : ` (${event.why})`;
	const changed = before === undefined || after === undefined ? "" : `: ${tupleText(before)}  →  ${tupleText(after)}`;
	const to = connection === undefined ? "" : placeText(connection.destination);
	const state = connection === undefined ? "" : `, ${connection.state}`;
	const name = service === undefined ? "" : `${serviceText(service)} (${event.scheduler ?? ""})`;
	const how: Readonly<Record<NonNullable<typeof event.method>, string>> = {
		masq: `rewritten for ${to}`,
		droute: `as it is to ${to} (direct routing)`,
		tunnel: `in IPIP to ${to}`,
		bypass: "past the destinations, to where the client wanted",
	};
	switch (event.action) {
		case "service":
			return `IPVS service ${name}${why}`;
		case "schedule":
			return `IPVS schedules to ${to} of ${name}${why}`;
		case "found":
			return `IPVS connection${connection === undefined ? "" : ` ${placeText(connection.client)} > ${placeText(connection.virtual)}`} to ${to}${state}${why}`;
		case "forward":
			return `IPVS forwards ${event.method === undefined ? to : how[event.method]}${changed}${state}${why}`;
		case "reply":
			return `IPVS answer${changed}${state}${why}`;
		case "icmp":
			return `IPVS translates an ICMP error${changed}${why}`;
		case "no-destination":
			return `IPVS service ${name}: no destination${why}`;
	}
}

function placeText(place: { readonly addr: string; readonly port: number }): string {
	return `${place.addr}:${place.port}`;
}

function serviceText(service: NonNullable<StepOf<"ipvs">["service"]>): string {
	return "fwmark" in service ? `FWM ${service.fwmark}` : `${service.proto.toUpperCase()} ${placeText(service)}`;
}

function routeText(event: StepOf<"route">): string {
	const asked = `${event.dst}${event.src === undefined ? "" : ` from ${event.src}`}${event.mark === undefined || event.mark === 0 ? "" : ` mark 0x${event.mark.toString(16)}`}`;
	const by = event.route === undefined ? "no route matched" : `matched "${formatRoute(event.route).trim()}"`;
	const via = event.gateway === undefined ? "" : ` via ${event.gateway}`;
	const dev = event.dev === undefined ? "" : ` by ${event.dev}`;
	const src = event.prefsrc === undefined ? "" : ` src ${event.prefsrc}`;
	const result: Readonly<Record<typeof event.result, string>> = {
		local: "this host",
		forward: `forward${via}${dev}`,
		output: `send${via}${dev}${src}`,
		broadcast: "broadcast",
		multicast: "multicast",
		unreachable: "unreachable",
		prohibit: "prohibited",
		blackhole: "blackhole",
		"no-route": "network is unreachable",
		martian: "martian: refused",
		"not-forwarding": "not for this host, and forwarding is off",
	};
	return `${asked}: ${by} → ${result[event.result]}`;
}

function neighText(event: StepOf<"neigh">): string {
	const mac = event.neigh?.mac === undefined ? "" : ` lladdr ${event.neigh.mac}`;
	const state = event.neigh?.state === undefined ? "" : ` ${event.neigh.state}`;
	const words: Readonly<Record<typeof event.action, string>> = {
		use: "next hop",
		create: "new neighbour entry",
		queue: "waits for the MAC address of",
		solicit: "asks who has",
		resolved: "resolved",
		confirm: "confirmed",
		failed: "nobody answers for",
	};
	return `${words[event.action]} ${event.addr} dev ${event.dev}${mac}${state}`;
}

function arpText(event: StepOf<"arp">): string {
	const mac = event.mac === undefined ? "" : ` is-at ${event.mac}`;
	const why = event.why === undefined ? "" : ` (${event.why})`;
	const words: Readonly<Record<typeof event.action, string>> = {
		learn: "learns",
		answer: "answers:",
		"proxy-answer": "answers as proxy:",
		ignore: "ignores the question for",
	};
	return `ARP ${words[event.action]} ${event.addr}${mac}${why}`;
}

function bridgeText(event: StepOf<"bridge">): string {
	const mac = event.mac === undefined ? "" : ` ${event.mac}`;
	const why = event.why === undefined ? "" : `: ${event.why}`;
	const ports = event.ports.length === 0 ? "no port" : event.ports.join(", ");
	const words: Readonly<Record<typeof event.action, string>> = {
		learn: `${event.bridge} learns that${mac} is behind ${ports}`,
		move: `${event.bridge} learns that${mac} moved to ${ports}`,
		forward: `${event.bridge} forwards to${mac} by ${ports}`,
		flood: `${event.bridge} floods${mac === "" ? "" : ` (${mac.trim()})`} to ${ports}`,
		local: `${event.bridge}: the frame is for this host`,
		"local-copy": `${event.bridge} takes a copy for this host`,
		redirect: `${event.bridge}: bridged DNAT, new destination MAC${mac}`,
		drop: `${event.bridge} drops the frame`,
	};
	return `${words[event.action]}${why}`;
}

function encapText(event: StepOf<"encap">): string {
	const port = (n: number | undefined): string => (n === undefined ? "" : `:${n}`);
	const how = event.how === "vxlan" ? `VXLAN (VNI ${event.vni ?? 0})` : "IPIP";
	const ends = `${event.src}${port(event.sport)} → ${event.dst}${port(event.dport)}`;
	return `${event.dev} puts it into packet #${event.child}: ${how} ${ends}`;
}

function dropText(event: StepOf<"drop">): string {
	const rule = event.table === undefined ? "" : ` by ${event.table} ${event.chain ?? ""} ${event.number ?? "policy"}`;
	const detail = event.detail === undefined ? "" : ` (${event.detail})`;
	return `DROPPED${rule}: ${event.reason}${detail}: ${DROP_REASONS[event.reason]}`;
}
