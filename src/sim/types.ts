/**
 * The nouns that everything in the simulated kernel shares: the machine, namespaces, devices, packets (`Skb`), routes
 * resolved for a packet (`Dst`) and netfilter hooks. Behaviour lives in the modules above; what they call through is
 * registered here, as Linux registers it (packet types, protocols, hooks, notifiers), and filled in `init.ts`.
 */
import type { Prng } from "../base/prng.ts";
import type { DropReason } from "../kernel/drop-reason.ts";
import type { CapturedFrame, Errno, LogLine } from "../kernel/kernel.ts";
import type { BridgePort, LinkStats, Route, RouteType } from "../kernel/objects.ts";
import type { TraceEvent } from "../kernel/trace-event.ts";
import type { HookName, TableName } from "../kernel/xtables.ts";
import type { IpFamily, IpNum } from "../wire/addr.ts";
import { ETH_HLEN } from "../wire/ethernet.ts";
import { ByteSlab } from "./byte-slab.ts";
import type { CtInfo } from "./ct-info.ts";
import type { EventLoop } from "./event-loop.ts";
import type { SendErrno, SkbSocket } from "./skb-socket.ts";

/** Every packet path returns one, so that no packet can vanish unnoticed. */
export type Fate = "delivered" | "queued" | "dropped";

export type PacketType = "host" | "broadcast" | "multicast" | "otherhost" | "outgoing" | "loopback";

/** The machine: one event loop and one source of chance for all its namespaces. */
export class Machine {
	readonly loop: EventLoop;
	readonly rng: Prng;
	readonly netns: Map<string, Netns> = new Map();
	/** `dev_add_pack`: by EtherType. */
	readonly packetTypes: Map<number, (skb: Skb) => Fate> = new Map();
	/** `inet_add_protocol`: by IP protocol number. */
	readonly inetProtocols: Map<number, InetProtocol> = new Map();
	/** Set while somebody traces; every emitter checks it first. */
	tracer: ((event: TraceEvent) => void) | undefined = undefined;
	readonly log: LogLine[] = [];
	/** The sysctls that every namespace has, with what they are in a fresh one, in order of registration (sysctl.ts). */
	readonly sysctlDefaults: Map<string, string> = new Map();
	/** By prefix (`net.ipv4.conf`): the leaves that every device has, with their defaults. */
	readonly sysctlDeviceLeaves: Map<string, ReadonlyMap<string, string>> = new Map();
	/** Run for each new namespace, in order of registration (`register_pernet_subsys`). */
	readonly onNetnsCreated: ((netns: Netns) => void)[] = [];
	readonly onNetnsRemoved: ((netns: Netns) => void)[] = [];
	/** `register_netdevice_notifier`. */
	readonly deviceNotifiers: ((event: DeviceEvent) => void)[] = [];
	/** `register_inetaddr_notifier`: after an address was added (`up`) or removed (`down`). */
	readonly inetAddrNotifiers: ((event: InetAddrEvent) => void)[] = [];
	/** How many stacked devices, bridges and tunnels are sending one through the other right now; what comes back later, see `Skb.encapsulations`. */
	xmitDepth = 0;
	#nextSkb = 1;
	#nextNetns = 1;
	readonly #slab = new ByteSlab();

	constructor(loop: EventLoop, rng: Prng) {
		this.loop = loop;
		this.rng = rng;
	}

	nextSkbId(): number {
		return this.#nextSkb++;
	}

	nextNetnsId(): number {
		return this.#nextNetns++;
	}

	/** Zeroed bytes for a packet. */
	allocBytes(lengthBytes: number): Uint8Array {
		return this.#slab.alloc(lengthBytes);
	}
}

/** What `inet_add_protocol` registers. `handler` gets the skb with `data` at the transport header. */
export interface InetProtocol {
	handler(skb: Skb): Fate;
	/** Finds the socket of a packet before it is routed, and puts it into `skb.sk`; `skb.transport` is set. */
	earlyDemux?(skb: Skb): void;
	/** An ICMP error about a packet of this protocol; `skb.data` is at the quoted IP header. `info` is the MTU of frag-needed. */
	errHandler?(skb: Skb, error: { readonly type: number; readonly code: number; readonly info: number }): void;
	/** Whether a redirect about a packet of this protocol is anybody's business here; `skb.data` as above. Absent: always. */
	hearsRedirect?(skb: Skb): boolean;
}

export type DeviceEvent =
	| {
			readonly type: "register" | "unregister" | "up" | "going-down" | "down" | "change" | "changeaddr" | "changename";
			readonly dev: NetDevice;
	  }
	| { readonly type: "join" | "leave"; readonly dev: NetDevice; readonly upper: NetDevice };

/** An IP address came to or went from a device. */
export interface InetAddrEvent {
	readonly type: "up" | "down";
	readonly dev: NetDevice;
	readonly addr: IpNum;
}

/** A network namespace. State of a subsystem hangs on it through `pernet`. */
export class Netns {
	readonly machine: Machine;
	readonly name: string;
	readonly id: number;
	/** By ifindex; iteration is in order of creation. */
	readonly devices: Map<number, NetDevice> = new Map();
	readonly devicesByName: Map<string, NetDevice> = new Map();
	/** Slots of `pernet`. */
	readonly slots: unknown[] = [];
	/** Registered netfilter functions, by family and hook, in ascending priority. Absent: none. */
	readonly hooks: Map<string, readonly HookEntry[]> = new Map();
	/** Counts the changes of `hooks`, for those who remember something about them. */
	hookGeneration = 0;
	nextIfindex = 1;
	/** Set once the namespace is being removed; its timers do nothing then. */
	dead = false;

	constructor(machine: Machine, name: string) {
		this.machine = machine;
		this.name = name;
		this.id = machine.nextNetnsId();
	}
}

/** Per-namespace state of one subsystem: made on first use, reached without a look-up by name (`net_generic`). */
export function pernet<T>(make: (netns: Netns) => T): (netns: Netns) => T {
	const slot = nextSlot++;
	return (netns) => {
		const found = netns.slots[slot];
		if (found !== undefined) return found as T;
		const made = make(netns);
		netns.slots[slot] = made;
		return made;
	};
}

let nextSlot = 0;

/** What a kind of device does. `xmit` owns the skb (from its Ethernet header on) and must not call a receiver: it posts. */
export interface DeviceOps {
	readonly type: "loopback" | "veth" | "bridge" | "dummy" | "ipip" | "vxlan" | "vlan" | "macvlan";
	/** It sends through other devices: it counts itself what it sends, and packets may go round in circles. */
	readonly isStacked?: true;
	/** It puts headers in front for which a packet that was received has no room (`needed_headroom`). */
	readonly needsHeadroom?: true;
	xmit(skb: Skb): Fate;
	/** The cable: whether the device has carrier, given that it is up. */
	carrier(): boolean;
	/** The device was brought up, or is about to go down (`ndo_open`, `ndo_stop`). */
	open?(): void;
	stop?(): void;
	/** Why it cannot be brought up now. */
	openRefused?(): DeviceRefusal | undefined;
	/** Called when the device is removed. */
	remove?(): void;
}

/** A change of a device that cannot be, as the kernel refuses it. */
export interface DeviceRefusal {
	readonly errno: Errno;
	readonly message: string;
}

/** A VLAN tag beside the frame (`skb->vlan_proto`, `skb->vlan_tci`): its bytes are put in only where a frame is shown. */
export interface VlanTag {
	/** 0x8100 or 0x88a8. */
	readonly protocol: number;
	/** Priority in the upper 4 bits, VLAN ID in the lower 12. */
	readonly tci: number;
}

export class NetDevice {
	netns: Netns;
	name: string;
	ifindex: number;
	/** 48-bit number. */
	mac: number;
	mtu: number;
	up = false;
	promisc = false;
	alias = "";
	txQueueLength = 1000;
	/** It was brought up in this namespace, so that it has a queue discipline. */
	everUp = false;
	/** Number of captures that made the device promiscuous. */
	promiscCount = 0;
	/** Loopback needs no ARP and has no Ethernet addresses of its own. */
	readonly isLoopback: boolean;
	/** What the link layer puts before the packet: an Ethernet header, or nothing (a tunnel). */
	readonly hardHeaderLength: number;
	/** IFF_NOARP: neighbours are not asked for their addresses. */
	readonly noArp: boolean;
	readonly ops: DeviceOps;
	/** Set on a bridge port: the bridge it belongs to. */
	master: NetDevice | undefined = undefined;
	/** Options of the bridge port; state is computed. */
	port: Required<Omit<BridgePort, "state">> & { forwarding: boolean; number: number } = {
		hairpin: false,
		learning: true,
		flood: true,
		isolated: false,
		forwarding: false,
		number: 0,
	};
	/** `rx_handler`: sees each frame before the protocols do. `undefined` from it: go on as if it were not there. */
	rxHandler: ((skb: Skb) => Fate | undefined) | undefined = undefined;
	/** Captures on this device. */
	taps: Tap[] = [];
	readonly stats: { -readonly [K in keyof LinkStats]: number } = {
		rxPackets: 0,
		rxBytes: 0,
		rxDropped: 0,
		txPackets: 0,
		txBytes: 0,
		txDropped: 0,
	};
	/** Per-device state of other subsystems (`pernet` for devices): IPv4 configuration, neighbours, … */
	readonly slots: unknown[] = [];

	constructor(init: {
		readonly netns: Netns;
		readonly name: string;
		readonly ifindex: number;
		readonly mac: number;
		readonly mtu: number;
		readonly isLoopback: boolean;
		readonly hardHeaderLength?: number;
		readonly noArp?: boolean;
		readonly ops: DeviceOps;
	}) {
		this.netns = init.netns;
		this.name = init.name;
		this.ifindex = init.ifindex;
		this.mac = init.mac;
		this.mtu = init.mtu;
		this.isLoopback = init.isLoopback;
		this.hardHeaderLength = init.hardHeaderLength ?? ETH_HLEN;
		this.noArp = init.noArp ?? false;
		this.ops = init.ops;
	}

	/** Up and with carrier (IFF_RUNNING). */
	get running(): boolean {
		return this.up && this.ops.carrier();
	}
}

/** Per-device state of one subsystem, as `pernet`. */
export function perdevice<T>(make: (dev: NetDevice) => T): (dev: NetDevice) => T {
	const slot = nextSlot++;
	return (dev) => {
		const found = dev.slots[slot];
		if (found !== undefined) return found as T;
		const made = make(dev);
		dev.slots[slot] = made;
		return made;
	};
}

export interface Tap {
	readonly promisc: boolean;
	deliver(frame: CapturedFrame): void;
}

/** `struct dst_entry` with what `struct rtable` adds: a route resolved for one packet or flow. */
export interface Dst {
	readonly dev: NetDevice;
	readonly type: RouteType;
	/** The next hop; undefined: the destination itself is on the link. */
	readonly gateway: IpNum | undefined;
	/** Preferred source address for packets made here. */
	readonly prefsrc: IpNum | undefined;
	/** The path MTU: the route's, the learnt one, or the device's. */
	readonly mtu: number;
	/** What happens to a packet that came in: local delivery, forwarding, or an error. */
	input(skb: Skb): Fate;
	/** What happens to a packet after LOCAL_OUT. */
	output(skb: Skb): Fate;
	/** Neighbour resolution failed (`dst_link_failure`). */
	linkFailure(skb: Skb): void;
	/** The route that matched, for traces. */
	readonly route: Route | undefined;
}

/** The bridge's note on a packet it hands to IP (`struct nf_bridge_info`). */
export interface NfBridgeInfo {
	physin: NetDevice | undefined;
	physout: NetDevice | undefined;
	/** The bridge hook that holds the packet while inet hooks run. */
	inPrerouting: boolean;
	/** The destination before PRE_ROUTING, to find out whether DNAT changed it. */
	origDst: IpNum;
	/** PRE_ROUTING already ran: `ip_sabotage_in` skips the IP layer's own. */
	sabotage: boolean;
	/** Set when the packet was other host's by MAC before the bridge made it ours. */
	pktOtherHost: boolean;
	/** Bridged DNAT on its way through the neighbour's output: the source MAC address that the frame keeps. */
	bridgedDnatSrc?: number | undefined;
}

/**
 * `struct sk_buff`: a packet, owned by one function at a time. Offsets are absolute positions in `bytes`; `data` is where
 * the layer at work begins and `end` is one past the last byte.
 */
export class Skb {
	readonly machine: Machine;
	readonly id: number;
	bytes: Uint8Array;
	/** Start of the layer at work. */
	data: number;
	end: number;
	/** Start of the Ethernet header; -1: there is none yet. */
	mac = -1;
	network = -1;
	transport = -1;
	/** The device it came in on, or leaves by. */
	dev: NetDevice | undefined = undefined;
	/** ifindex of the device it last came in on (`skb_iif`): of the bridge once a bridge passed it up; 0: made here. */
	iif = 0;
	/** EtherType. */
	protocol = 0;
	pktType: PacketType = "host";
	vlan: VlanTag | undefined = undefined;
	mark = 0;
	dst: Dst | undefined = undefined;
	/** The conntrack entry, of the type that `conntrack/` defines; `unknown` here because state lies below. */
	ct: unknown = undefined;
	ctInfo: CtInfo = "none";
	nfBridge: NfBridgeInfo | undefined = undefined;
	/** The sending socket's description and uid, for `-m owner`, LOG --log-uid and traces. */
	sk: SkbSocket | undefined = undefined;
	/** A bridge that tells VLANs apart let it in; it is in the VLAN of its tag (`br_input_skb_cb.vlan_filtered`). */
	vlanFiltered = false;
	/** The sending socket gave it a hash of its own (`sk_txhash`), so that both directions of its flow do not have the same one. */
	hashedBySocket = false;
	/** IPCB flags. */
	forwarded = false;
	/** Its sender is to be told of a nearer way when it is passed on. */
	doRedirect = false;
	/** Set when the whole packet was put together from fragments: the largest fragment, so that it can be cut again. */
	fragMaxSize = 0;
	/** The payload lengths of those fragments in order, or of a socket's: cut (again) this way where they fit. */
	fragSizes: readonly number[] | undefined = undefined;
	/** IPVS has dealt with the packet and looks at it no more (`ipvs_property`). */
	ipvsProperty = false;
	/** Connection tracking, or the UDP socket of a VXLAN device, found the checksum right; whatever goes around the packet later, nobody sums it up again (`csum_valid`). */
	checksumIsKnown = false;
	/** The sender left its TCP or UDP checksum to a device (`CHECKSUM_PARTIAL`): `bytes` have it, but what quotes them does not, see `open-checksum.ts`. */
	checksumIsOpen = false;
	/** How often its buffer was made longer for the headers of a tunnel, ever; what is unwrapped keeps the buffer. Forwarding bounds it, as sending bounds `Machine.xmitDepth`. */
	encapsulations = 0;
	/** Put together by connection tracking: may be cut again although it says "don't fragment". */
	ignoreDf = false;

	constructor(machine: Machine, bytes: Uint8Array, data: number, end: number) {
		this.machine = machine;
		this.id = machine.nextSkbId();
		this.bytes = bytes;
		this.data = data;
		this.end = end;
	}

	/** Length from `data` on, in bytes. */
	get length(): number {
		return this.end - this.data;
	}
}

/** Bytes left free in front of a new packet for headers to come. */
export const SKB_HEADROOM = 64;

export type HookFamily = IpFamily | "bridge";

export interface HookState {
	readonly family: HookFamily;
	readonly hook: HookName;
	readonly netns: Netns;
	readonly indev: NetDevice | undefined;
	readonly outdev: NetDevice | undefined;
	/** Where the packet goes when all functions accept. */
	readonly okfn: (skb: Skb) => Fate;
	/** A function that returns "drop" may say why; else NETFILTER_DROP. */
	dropReason?: DropReason;
	dropDetail?: string;
	/** The errno that a sender on this host gets; else EPERM. */
	dropErrno?: SendErrno;
	dropRule?: { readonly table: TableName; readonly chain: string; readonly number: number };
}

/** `stolen`: the function took the packet and `state` says nothing more about it; it must return its fate through `stolenFate`. */
export type HookVerdict = "accept" | "drop" | "stolen";

export interface HookEntry {
	readonly priority: number;
	/** The Linux function's name. */
	readonly name: string;
	readonly fn: (skb: Skb, state: HookState) => HookVerdict;
}
