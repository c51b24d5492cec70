/**
 * br_netfilter (net/bridge/br_netfilter_hooks.c): IPv4 packets that a bridge moves pass the IP hooks, as if the bridge
 * device had received, forwarded and sent them. Without VLAN and PPPoE headers, and without arptables.
 */
import { ETH_P_ARP, ETH_P_IP } from "../../wire/ethernet.ts";
import { ipv4Dst, ipv4HeaderLength, ipv4IsValid, ipv4TotalLength } from "../../wire/ipv4.ts";
import { bridgeOf, nfBrOps } from "../device/bridge.ts";
import { registerSysctls, sysctlNumber, sysctls } from "../sysctl.ts";
import { traceStep } from "../trace.ts";
import {
	type DeviceEvent,
	type HookState,
	type HookVerdict,
	type Machine,
	type Netns,
	pernet,
	type Skb,
} from "../types.ts";
import {
	bridgeParentRtable,
	brNfDevQueueXmit,
	brNfDevXmit,
	brNfForwardFinish,
	brNfPreRoutingFinish,
	PRI_BRNF,
	takeAsOurs,
} from "./br-netfilter-finish.ts";
import { nfConntrackConfirm } from "./conntrack/core.ts";
import { IPS_CONFIRMED, skbCt } from "./conntrack/types.ts";
import { hookKey, NF_PRI, nfHook, registerNetHook, stolen } from "./hooks.ts";

/** NF_BR_PRI_LAST. */
const PRI_LAST = 0x7fffffff;

/** `struct arphdr`, without addresses. */
const ARPHDR_BYTES = 8;

const CALL_ARPTABLES = "net.bridge.bridge-nf-call-arptables";
const CALL_IPTABLES = "net.bridge.bridge-nf-call-iptables";

/** Gives each namespace the sysctls, and the hooks with its first bridge. */
export function initBrNetfilter(machine: Machine): void {
	registerSysctls(machine, {
		[CALL_ARPTABLES]: "1",
		"net.bridge.bridge-nf-call-ip6tables": "1",
		[CALL_IPTABLES]: "1",
		"net.bridge.bridge-nf-filter-pppoe-tagged": "0",
		"net.bridge.bridge-nf-filter-vlan-tagged": "0",
		"net.bridge.bridge-nf-pass-vlan-input-dev": "0",
	});
	machine.deviceNotifiers.push(brnfDeviceEvent);
}

class BrNf {
	registered = false;
	callIptables: boolean;
	callArptables: boolean;
	#generation = -1;
	#inetHooks = false;
	readonly #netns: Netns;

	constructor(netns: Netns) {
		this.#netns = netns;
		this.callIptables = sysctlNumber(netns, CALL_IPTABLES) !== 0;
		this.callArptables = sysctlNumber(netns, CALL_ARPTABLES) !== 0;
		sysctls(netns).listeners.push((key, value) => {
			if (key === CALL_IPTABLES) this.callIptables = Number(value) !== 0;
			if (key === CALL_ARPTABLES) this.callArptables = Number(value) !== 0;
		});
	}

	/** Whether anybody but this module listens at an IP hook: if not, bridged packets need no detour. */
	hasInetHooks(): boolean {
		const { hookGeneration, hooks } = this.#netns;
		if (hookGeneration !== this.#generation) {
			this.#generation = hookGeneration;
			this.#inetHooks = INET_KEYS.some((key) => hooks.get(key)?.some((entry) => entry.fn !== ipSabotageIn) === true);
		}
		return this.#inetHooks;
	}
}

const brNf: (netns: Netns) => BrNf = pernet((netns) => new BrNf(netns));

const INET_KEYS: readonly string[] = [
	hookKey("ipv4", "PREROUTING"),
	hookKey("ipv4", "INPUT"),
	hookKey("ipv4", "FORWARD"),
	hookKey("ipv4", "OUTPUT"),
	hookKey("ipv4", "POSTROUTING"),
];

function brnfDeviceEvent(event: DeviceEvent): void {
	if (event.type !== "register" || event.dev.ops.type !== "bridge") return;
	const { netns } = event.dev;
	const state = brNf(netns);
	if (state.registered) return;
	state.registered = true;
	registerNetHook(netns, "bridge", "PREROUTING", { priority: PRI_BRNF, name: "br_nf_pre_routing", fn: brNfPreRouting });
	registerNetHook(netns, "bridge", "INPUT", { priority: PRI_BRNF, name: "br_nf_local_in", fn: brNfLocalIn });
	registerNetHook(netns, "bridge", "FORWARD", { priority: PRI_BRNF - 1, name: "br_nf_forward_ip", fn: brNfForwardIp });
	registerNetHook(netns, "bridge", "FORWARD", { priority: PRI_BRNF, name: "br_nf_forward_arp", fn: brNfForwardArp });
	registerNetHook(netns, "bridge", "POSTROUTING", {
		priority: PRI_LAST,
		name: "br_nf_post_routing",
		fn: brNfPostRouting,
	});
	registerNetHook(netns, "ipv4", "PREROUTING", { priority: NF_PRI.FIRST, name: "ip_sabotage_in", fn: ipSabotageIn });
	nfBrOps(netns).brDevXmitHook = brNfDevXmit;
}

function brNfPreRouting(skb: Skb, state: HookState): HookVerdict {
	const port = state.indev;
	const bridge = port?.master;
	if (skb.protocol !== ETH_P_IP || skb.vlan !== undefined || port === undefined || bridge === undefined)
		return "accept";
	const settings = brNf(state.netns);
	const br = bridgeOf(bridge);
	if (!(settings.callIptables || br.nfCallIptables)) return "accept";
	if (!brValidateIpv4(skb)) return invalid(state);
	// Nobody would see it, and it would not be cut on the way out.
	if (!settings.hasInetHooks() && skb.end - skb.network <= br.lowestMtu) return "accept";
	skb.nfBridge = {
		physin: port,
		physout: undefined,
		inPrerouting: true,
		origDst: ipv4Dst(skb.bytes, skb.network),
		sabotage: true,
		pktOtherHost: false,
	};
	takeAsOurs(skb, skb.nfBridge);
	skb.dev = bridge;
	const { netns } = state;
	const hook = "PREROUTING";
	stolen.fate = nfHook(
		{ family: "ipv4", hook, netns, indev: bridge, outdev: undefined, okfn: brNfPreRoutingFinish },
		skb,
	);
	return "stolen";
}

/**
 * A packet for the host loses the stand-in route, so that the IP layer routes it. The connection of a group frame is
 * confirmed here, before others see copies of it (since Linux 6.8).
 */
function brNfLocalIn(skb: Skb, state: HookState): HookVerdict {
	if (skb.dst !== undefined && skb.dev !== undefined && skb.dst === bridgeParentRtable(skb.dev)) skb.dst = undefined;
	const ct = skbCt(skb);
	if (skb.pktType === "host" || ct === undefined || (ct.status & IPS_CONFIRMED) !== 0) return "accept";
	return nfConntrackConfirm(skb, state);
}

function brNfForwardIp(skb: Skb, state: HookState): HookVerdict {
	const info = skb.nfBridge;
	const indev = state.indev?.master;
	const outdev = state.outdev?.master;
	if (info === undefined || skb.protocol !== ETH_P_IP || skb.vlan !== undefined) return "accept";
	if (indev === undefined || outdev === undefined) return "drop";
	takeAsOurs(skb, info);
	if (!brValidateIpv4(skb)) return invalid(state);
	info.physout = skb.dev;
	const { netns } = state;
	stolen.fate = nfHook({ family: "ipv4", hook: "FORWARD", netns, indev, outdev, okfn: brNfForwardFinish }, skb);
	return "stolen";
}

/** Without arptables all that is seen of it is that ARP's first header must be there. */
function brNfForwardArp(skb: Skb, state: HookState): HookVerdict {
	if (skb.protocol !== ETH_P_ARP || skb.vlan !== undefined || skb.end - skb.network >= ARPHDR_BYTES) return "accept";
	if (!brNf(state.netns).callArptables) return "accept";
	state.dropReason = "PKT_TOO_SMALL";
	return "drop";
}

/** Not for packets of the host's own and routed ones: these had POST_ROUTING in the IP layer. */
function brNfPostRouting(skb: Skb, state: HookState): HookVerdict {
	const info = skb.nfBridge;
	if (info?.physout === undefined || skb.protocol !== ETH_P_IP) return "accept";
	const outdev = skb.dev?.master;
	if (outdev === undefined) return "drop";
	takeAsOurs(skb, info);
	const { netns } = state;
	const hook = "POSTROUTING";
	stolen.fate = nfHook({ family: "ipv4", hook, netns, indev: undefined, outdev, okfn: brNfDevQueueXmit }, skb);
	return "stolen";
}

/** The IP layer's own PRE_ROUTING is skipped for a packet that had it in the bridge. */
function ipSabotageIn(skb: Skb, state: HookState): HookVerdict {
	const info = skb.nfBridge;
	if (info === undefined || info.inPrerouting || !info.sabotage) return "accept";
	info.sabotage = false;
	if (skb.machine.tracer !== undefined) {
		const note = "skipped, it already ran at the bridge";
		traceStep(skb, state.netns, "ip_sabotage_in", { step: "hook", family: state.family, hook: state.hook, note });
	}
	stolen.fate = state.okfn(skb);
	return "stolen";
}

/** What `ip_rcv` would check (`br_validate_ipv4`); cuts padding off. */
function brValidateIpv4(skb: Skb): boolean {
	if (!ipv4IsValid(skb.bytes, skb.network, skb.end)) return false;
	skb.end = skb.network + ipv4TotalLength(skb.bytes, skb.network);
	skb.transport = skb.network + ipv4HeaderLength(skb.bytes, skb.network);
	return true;
}

function invalid(state: HookState): HookVerdict {
	state.dropReason = "IP_INHDR";
	return "drop";
}
