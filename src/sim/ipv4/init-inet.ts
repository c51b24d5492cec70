/** Registers IPv4 with a machine: sysctls, the packet type, ICMP, where routed packets go, what devices do to routes. */
import { ETH_P_IP } from "../../wire/ethernet.ts";
import { IPPROTO_ICMP } from "../../wire/ipv4.ts";
import { deviceKey, sysctls } from "../sysctl.ts";
import type { DeviceEvent, Machine, NetDevice, Skb } from "../types.ts";
import { CONF_PREFIX } from "./devinet.ts";
import { registerInetSysctls } from "./devinet-sysctl.ts";
import { inetDstOps } from "./dst.ts";
import { fibOf, ifindexOf } from "./fib.ts";
import { fibDevUp, fibSyncCarrier, fibSyncDownDev } from "./fib-frontend.ts";
import { icmpEchoReplyHandlers, icmpRcv } from "./icmp.ts";
import { inetdevDestroy, inetdevUp } from "./inet-addr.ts";
import { ipError, ipv4FragNeeded, ipv4LinkFailure } from "./ip-error.ts";
import { ipForward } from "./ip-forward.ts";
import { ipLocalDeliver, ipRcv } from "./ip-input.ts";
import { ipMcOutput, ipOutput } from "./ip-output.ts";

/** Call once, before the machine's first namespace is made. */
export function initInet(machine: Machine): void {
	registerInetSysctls(machine);
	machine.packetTypes.set(ETH_P_IP, ipRcv);
	machine.inetProtocols.set(IPPROTO_ICMP, { handler: icmpRcv, errHandler: icmpErr });
	machine.onNetnsCreated.push((netns) => {
		inetDstOps(netns).ops = {
			localDeliver: ipLocalDeliver,
			forward: ipForward,
			error: ipError,
			output: ipOutput,
			mcOutput: ipMcOutput,
			linkFailure: ipv4LinkFailure,
			fragNeeded: ipv4FragNeeded,
		};
	});
	machine.deviceNotifiers.push(inetNetdevEvent);
}

/** An error about an ICMP packet of this host: a ping socket's echo request (`icmp_err`). */
function icmpErr(skb: Skb, error: { readonly type: number; readonly code: number; readonly info: number }): void {
	const netns = skb.dev?.netns;
	if (netns !== undefined) icmpEchoReplyHandlers(netns).onError?.(skb, error);
}

/** IPsec leaves the loopback device alone. */
function exemptLoopback(dev: NetDevice): void {
	const { values } = sysctls(dev.netns);
	const head = deviceKey(CONF_PREFIX, dev.name, "");
	const leaves = values.leavesOf(head);
	if (leaves !== undefined) values.addDevice(head, exempted(leaves));
}

/** By the leaves without the exemption: every namespace's loopback device has the same. */
const known: WeakMap<ReadonlyMap<string, string>, ReadonlyMap<string, string>> = new WeakMap();

function exempted(leaves: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
	const found = known.get(leaves);
	if (found !== undefined) return found;
	const made = new Map([...leaves, ["disable_policy", "1"], ["disable_xfrm", "1"]]);
	known.set(leaves, made);
	return made;
}

/** `inetdev_event` and `fib_netdev_event`. */
function inetNetdevEvent(event: DeviceEvent): void {
	const { dev } = event;
	const fib = fibOf(dev.netns);
	const resolveRules = (): void => fib.resolveRules((name) => ifindexOf(dev.netns, name));
	switch (event.type) {
		case "register":
			if (dev.isLoopback) exemptLoopback(dev);
			resolveRules();
			return;
		case "unregister":
			fibSyncDownDev(dev, { force: true, unregister: true });
			inetdevDestroy(dev);
			resolveRules();
			return;
		case "up":
			inetdevUp(dev);
			fibDevUp(dev);
			fib.changed();
			return;
		case "down":
			fibSyncDownDev(dev, { force: false });
			fib.changed();
			return;
		case "change":
			fibSyncCarrier(dev);
			fib.changed();
			return;
		case "changename":
			resolveRules();
			return;
		case "going-down":
		case "changeaddr":
		case "join":
		case "leave":
			return;
	}
}
