/** Where a filter finds things in frames of a link type, and how it recognises a protocol there. */
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from "../ethernet.ts";
import { notModelled } from "./failure.ts";
import { all, alu, type Condition, constant, load, NEVER, not, test, type Value } from "./program.ts";

export type FilterLink = "ethernet" | "raw" | "sll" | "sll2";

export interface LinkLayer {
	/** As libpcap describes it. */
	readonly name: string;
	/** Where the network header begins. */
	readonly payload: number;
	readonly hasMacs: boolean;
	/** The frame carries the EtherType, or the LLC service access point (at most 1500). */
	carries(type: number): Condition;
	/** The frame left this machine; undefined: the bytes do not say. */
	readonly outgoing: Condition | undefined;
	/** Undefined: the bytes do not say. */
	readonly ifindex: Value | undefined;
}

/** LLC service access points. */
const LLC_IP = 0x06;
const LLC_STP = 0x42;
const LLC_IPX = 0xe0;
const LLC_NETBEUI = 0xf0;
const LLC_ISO = 0xfe;
export const LLC_NAMES: ReadonlyMap<string, number> = new Map([
	["iso", LLC_ISO],
	["stp", LLC_STP],
	["ipx", LLC_IPX],
	["netbeui", LLC_NETBEUI],
]);

const MAX_LLC_LENGTH = 1500;
/** On Ethernet these also come behind a SNAP header. */
const SNAP_TOO: Readonly<Record<number, string>> = { 32923: "atalk", 33011: "aarp", [LLC_IPX]: "ipx" };
const PACKET_OUTGOING = 4;
/** sll_protocol of a frame with an LLC header. */
const SLL_LLC = 4;

export const LINK_LAYERS: Readonly<Record<FilterLink, LinkLayer>> = {
	ethernet: {
		name: "Ethernet",
		payload: ETH_HLEN,
		hasMacs: true,
		outgoing: undefined,
		ifindex: undefined,
		carries(type) {
			const snap = SNAP_TOO[type];
			if (snap !== undefined) throw notModelled(`the filter '${snap}' on Ethernet`);
			if (type > MAX_LLC_LENGTH) return test(load(12, 2), "=", type);
			return all(not(test(load(12, 2), ">", MAX_LLC_LENGTH)), serviceAccessPoint(ETH_HLEN, type));
		},
	},
	sll: {
		name: "Linux cooked v1",
		payload: 16,
		hasMacs: false,
		outgoing: test(load(0, 2), "=", PACKET_OUTGOING),
		ifindex: undefined,
		carries(type) {
			if (type > MAX_LLC_LENGTH) return test(load(14, 2), "=", type);
			if (type === LLC_IPX) throw notModelled("the filter 'ipx' on Linux cooked v1");
			return all(test(load(14, 2), "=", SLL_LLC), serviceAccessPoint(16, type));
		},
	},
	sll2: {
		name: "Linux cooked v2",
		payload: 20,
		hasMacs: false,
		outgoing: test(load(10, 1), "=", PACKET_OUTGOING),
		ifindex: load(4, 4),
		carries: (type) => test(load(0, 2), "=", type),
	},
	raw: {
		name: "Raw IP",
		payload: 0,
		hasMacs: false,
		outgoing: undefined,
		ifindex: undefined,
		carries(type) {
			if (type !== ETH_P_IP && type !== ETH_P_IPV6) return NEVER;
			return test(alu("&", load(0, 1), constant(0xf0)), "=", type === ETH_P_IP ? 0x40 : 0x60);
		},
	},
};

/** The LLC header at `at` names the service access point as destination, and for some also as source. */
function serviceAccessPoint(at: number, sap: number): Condition {
	if (sap === LLC_ISO || sap === LLC_NETBEUI || sap === LLC_IP) return test(load(at, 2), "=", sap * 0x101);
	return test(load(at, 1), "=", sap);
}
