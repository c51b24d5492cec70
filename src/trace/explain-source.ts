/** What the server sees as its client, and why that is or is not the client's own address. */
import type { TraceEvent } from "../kernel/trace-event.ts";
import { type IpAddr, ipText } from "../wire/addr.ts";
import { IPPROTO_TCP, IPPROTO_UDP, ipv4HeaderLength, ipv4IsValid, ipv4Proto, ipv4Src } from "../wire/ipv4.ts";
import { tcpSport } from "../wire/tcp.ts";
import { addrText, bareRule } from "./explain-ending.ts";
import type { FlowFacts } from "./flow-facts.ts";

/** The portmap plugin masquerades here what a chain of these marked; the first is kube-proxy's. */
const HOSTPORT_MASQ = "CNI-HOSTPORT-MASQ";
const MARKING_CHAINS: readonly string[] = ["KUBE-MARK-MASQ", "CNI-HOSTPORT-SETMARK"];

type RuleEvent = Extract<TraceEvent, { step: "rule" }>;

/** The second line of the explanation. */
export function sourceWords(facts: FlowFacts, request: readonly TraceEvent[]): string {
	const arrival = arrivalOf(facts, request);
	if (arrival === undefined) return "No server saw the request.";
	const saw = `${arrival.label} saw the client ${addrText(arrival.from)}`;
	const end = arrival.closed ? "; nothing listens there" : "";
	const own = facts.clientAddr;
	const translated = request.some((event) => event.step === "nat" && event.manip === "src" && !event.reply);
	if (own === undefined) return `${saw}: ${translated ? changed(facts, request) : unchanged(request)}${end}.`;
	if (!translated) return `${saw}, the client's own address: ${unchanged(request)}${end}.`;
	const instead = `instead of ${addrText(arrival.from.port === undefined ? { addr: own.addr } : own)}`;
	if (own.addr === arrival.from.addr) {
		return `${saw} ${instead}, the same address with another port: ${changed(facts, request)}${end}.`;
	}
	const holder = facts.owner(arrival.from.addr);
	const whose = holder === undefined ? "" : `, the address of ${holder},`;
	return `${saw}${whose} ${instead}: ${changed(facts, request)}${end}.`;
}

interface Arrival {
	readonly label: string;
	readonly from: { readonly addr: IpAddr; readonly port?: number };
	/** The host got the packet, but no socket took it. */
	readonly closed: boolean;
}

/** Where the request arrived: at a program, or at least at the host it was for. */
function arrivalOf(facts: FlowFacts, request: readonly TraceEvent[]): Arrival | undefined {
	const { server } = facts;
	if (server !== undefined) return { label: server.label, from: server.from, closed: false };
	const last = request.findLast(
		(event) => event.step === "deliver" || (event.step === "drop" && event.reason === "NO_SOCKET"),
	);
	if (last?.step !== "deliver" && last?.step !== "drop") return undefined;
	if (last.link !== "ip" || !ipv4IsValid(last.packet, 0, last.packet.length)) return undefined;
	const addr = ipText(ipv4Src(last.packet, 0));
	const proto = ipv4Proto(last.packet, 0);
	const hasPorts = proto === IPPROTO_TCP || proto === IPPROTO_UDP;
	const port = hasPorts ? { port: tcpSport(last.packet, ipv4HeaderLength(last.packet, 0)) } : {};
	return { label: facts.label(last.netns), from: { addr, ...port }, closed: last.step === "drop" };
}

function unchanged(request: readonly TraceEvent[]): string {
	const rules = rulesOf(request);
	const marking = rules.findLast(isMarking);
	if (marking !== undefined) {
		return `${placeOf(marking)} had it marked for masquerading, but masquerading happens in POSTROUTING and the packet was delivered on this node itself`;
	}
	const accepted = rules.find((event) => event.chain.startsWith("CNI-") && event.rule.target.kind === "accept");
	if (accepted !== undefined) {
		return `no rule marked it for masquerading, and CNI's ${placeOf(accepted)} (${bareRule(accepted.rule)}) leaves traffic inside the node's pod subnet alone`;
	}
	return "no rule on its way asked for masquerading";
}

function changed(facts: FlowFacts, request: readonly TraceEvent[]): string {
	const rules = rulesOf(request);
	const at = rules.findIndex((event) => event.rule.target.kind === "masquerade" || event.rule.target.kind === "snat");
	const snat = rules[at];
	if (snat === undefined) return "its source was translated on the way";
	const where = `${placeOf(snat)} (${bareRule(snat.rule)}) changed it`;
	if (snat.chain.startsWith("CNI-") && snat.chain !== HOSTPORT_MASQ) {
		return `${where}; CNI's ipMasq does so for every packet from a pod to a destination outside its node's pod subnet`;
	}
	if (looksUp(snat, /^KUBE-(6-)?LOOP-BACK$/)) {
		return `${where}; the pod asked itself through its Service, and would drop a packet from its own address`;
	}
	const agent = agentReason(snat);
	if (agent !== undefined) return `${where}; ${agent}`;
	const marking = rules.slice(0, at).findLast(isMarking);
	if (marking === undefined) return where;
	return `${where}, because ${placeOf(marking)} (${bareRule(marking.rule)}) had it marked: ${markReason(facts, marking)}`;
}

/** Why a network's agent masquerades, by the chain and the rule. */
function agentReason({ chain, rule }: RuleEvent): string | undefined {
	switch (chain) {
		case "FLANNEL-POSTRTG": {
			const fromOutside = rule.matches.some((match) => match.kind === "source" && match.invert === true);
			return fromOutside
				? "flanneld does so for every packet to the pod network from elsewhere"
				: "flanneld does so for every packet from a pod to a destination outside the pod network";
		}
		case "cali-nat-outgoing":
			return "Calico's natOutgoing does so for every packet from a pod to a destination outside its pools";
		case "cali-POSTROUTING":
			return "Calico does so for what a node sends into its tunnel from another of its addresses";
		default:
			return undefined;
	}
}

function isMarking(event: RuleEvent): boolean {
	return event.rule.target.kind === "jump" && MARKING_CHAINS.includes(event.rule.target.chain);
}

/** Why kube-proxy or the portmap plugin asks for masquerading, by the chain and the rule that does it. */
function markReason(facts: FlowFacts, event: RuleEvent): string {
	const back = "and the reply must come back through this node";
	if (event.chain.startsWith("KUBE-SEP-")) {
		return facts.clientNetns.startsWith("pod/")
			? "the pod asked itself through its Service, and would drop a packet from its own address"
			: "the chosen endpoint has the client's own address";
	}
	if (event.chain.startsWith("KUBE-EXT-")) {
		const fromHere = event.rule.matches.some((match) => match.kind === "addrtype" && match.srcType !== undefined);
		if (fromHere) return "it came from the node itself to the Service's external address";
		const whence = facts.clientNetns === "outside" ? "it came from outside" : "it was sent";
		return `${whence} to the Service's external side (a node port, a load balancer's or an external address), ${back}`;
	}
	if (isExternalSide(event)) {
		const whence = facts.clientNetns === "outside" ? "it came from outside" : "it was sent";
		return `${whence} to the Service's external side (a node port, a load balancer's or an external address), ${back}`;
	}
	if (/^KUBE-SV[CL]-/.test(event.chain) || looksUp(event, /^KUBE-(6-)?CLUSTER-IP$/)) {
		return `it asked for a cluster IP from an address outside the pod network, ${back}`;
	}
	if (event.chain.startsWith("CNI-DN-")) {
		const source = event.rule.matches.find((match) => match.kind === "source");
		if (source === undefined) return `portmap masquerades whatever comes to a host port (masqAll), ${back}`;
		return source.net.addr === "127.0.0.1"
			? "it came to a host port from the node's loopback address, which nobody could answer from elsewhere"
			: `it came to a host port from the pod's own network, ${back}`;
	}
	return "a rule asked for it";
}

function rulesOf(events: readonly TraceEvent[]): readonly RuleEvent[] {
	return events.filter((event): event is RuleEvent => event.step === "rule");
}

function placeOf(event: RuleEvent): string {
	return `${event.table} ${event.chain} rule ${event.number}`;
}

/** In IPVS mode the rules look Services up in ipsets. */
function isExternalSide(event: RuleEvent): boolean {
	return /^KUBE-(NODE-PORT|LOAD-BALANCER)$/.test(event.chain) || looksUp(event, /^KUBE-(6-)?EXTERNAL-IP/);
}

function looksUp({ rule }: RuleEvent, name: RegExp): boolean {
	return rule.matches.some((match) => match.kind === "set" && name.test(match.set));
}
