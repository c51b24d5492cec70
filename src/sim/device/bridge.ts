/** What a bridge remembers (net/bridge/br_private.h): its ports, its forwarding database, its settings. */
import { type Fate, type NetDevice, type Netns, perdevice, pernet, type Skb } from "../types.ts";
import { BridgeFdb } from "./bridge-fdb.ts";

export const DEFAULT_AGEING_SECONDS = 300;

export class BridgeState {
	/** The bridge as a device. */
	readonly dev: NetDevice;
	readonly fdb: BridgeFdb;
	/** The port added last comes first, the order in which frames are flooded. */
	ports: readonly NetDevice[] = [];
	/** The lowest MTU of a port. */
	lowestMtu = 1500;
	/** The bridge's own `nf_call_iptables`; the sysctl works as well. */
	nfCallIptables = false;
	/** Frames stay in their VLAN (`vlan_filtering`). */
	vlanFiltering = false;
	/** The VLAN of frames without a tag, for ports that join; 0: none. */
	defaultPvid = 1;
	/** VLANs were set up: ports that join are in the default one. */
	vlansInUse = false;
	/** Set once a port was added: from then on the bridge has carrier only while a port forwards. */
	hadPort = false;
	/** The MAC address was set by hand and no longer follows the ports. */
	macIsSet = false;
	/** The MTU was set by hand and no longer follows the ports. */
	mtuIsSet = false;

	constructor(dev: NetDevice) {
		this.dev = dev;
		this.fdb = new BridgeFdb(dev, DEFAULT_AGEING_SECONDS * 1e9);
	}
}

/** The state of the bridge that `dev` is. */
export function bridgeOf(dev: NetDevice): BridgeState {
	if (dev.ops.type !== "bridge") throw new Error(`${dev.name} is not a bridge`);
	return bridgeState(dev);
}

/** `nf_br_ops`: br_netfilter's say in `br_dev_xmit`. A fate means that it took the packet; undefined: go on. */
export const nfBrOps: (netns: Netns) => { brDevXmitHook: ((skb: Skb) => Fate | undefined) | undefined } = pernet(
	() => ({
		brDevXmitHook: undefined,
	}),
);

const bridgeState: (dev: NetDevice) => BridgeState = perdevice((dev) => new BridgeState(dev));
