/** Remembering devices as they are, so that a link operation can be undone: the same devices come back, not new ones. */

import {
	devChangeName,
	devChangeNetNamespace,
	devClose,
	devOpen,
	devSetMacAddress,
	devSetMtu,
	isRegistered,
	listNetdevice,
} from "../core/netdevice.ts";
import { uppersOf } from "../core/uppers.ts";
import { type BridgeState, bridgeOf } from "../device/bridge.ts";
import { brAddIf, brDelIf, brSetMac } from "../device/bridge-device.ts";
import type { FdbEntry } from "../device/bridge-fdb.ts";
import { type VlanMembership, vlansOf } from "../device/bridge-vlan.ts";
import { Macvlan } from "../device/macvlan.ts";
import { vethPeer, vethReconnect } from "../device/veth.ts";
import { Vlan } from "../device/vlan.ts";
import { Vxlan } from "../device/vxlan.ts";
import { IpTunnel, ipipTunnels } from "../ipv4/ipip-device.ts";
import { deviceKey, setSysctl, sysctls } from "../sysctl.ts";
import type { NetDevice, Netns, Tap } from "../types.ts";
import type { Undo } from "./handler.ts";

/**
 * Remembers `dev` and all that an operation on it can touch; the result puts everything back. `leaves`: the device moves,
 * gets a new name or goes away, and with its place it and its peer lose their sysctls.
 */
export function snapshotAround(
	dev: NetDevice,
	options: { readonly also?: NetDevice | undefined; readonly leaves: boolean },
): Undo {
	const { also, leaves } = options;
	const peer = vethPeer(dev);
	const ends = [dev, peer, dev.master, peer?.master, also].filter((each) => each !== undefined);
	const near = [...ends, ...[dev, peer].flatMap((each) => (each === undefined ? [] : allUppers(each)))];
	const ports = near.flatMap((each) => (each.ops.type === "bridge" ? bridgeOf(each).ports : []));
	const owners = leaves ? [dev, peer, ...near.slice(ends.length)] : [];
	const snapshots = [...new Set([...near, ...ports])].map((each) =>
		snapshotOf(each, owners.includes(each) ? deviceSysctls(each) : NO_SYSCTLS),
	);
	return () => restore(snapshots);
}

/** What stands on a device, and on that, and so on. */
function allUppers(dev: NetDevice): readonly NetDevice[] {
	return [...uppersOf(dev)].flatMap((upper) => [upper, ...allUppers(upper)]);
}

interface Snapshot {
	readonly dev: NetDevice;
	readonly netns: Netns;
	readonly name: string;
	readonly ifindex: number;
	readonly mac: number;
	readonly mtu: number;
	readonly up: boolean;
	readonly promisc: boolean;
	readonly alias: string;
	readonly txQueueLength: number;
	readonly everUp: boolean;
	readonly master: NetDevice | undefined;
	readonly port: NetDevice["port"];
	readonly peer: NetDevice | undefined;
	readonly taps: Tap[];
	readonly sysctls: ReadonlyMap<string, string>;
	readonly bridge: BridgeSnapshot | undefined;
	/** Settings of its kind; absent: it has none, or they are a bridge's. */
	readonly undoKind: Undo | undefined;
}

interface BridgeSnapshot {
	readonly ports: readonly NetDevice[];
	readonly settings: Pick<BridgeState, (typeof SETTINGS)[number]>;
	readonly vlans: readonly (readonly [NetDevice, VlanMembership])[];
	readonly ageingNs: number;
	readonly fdb: readonly FdbEntry[];
}

const SETTINGS = [
	"nfCallIptables",
	"hadPort",
	"macIsSet",
	"mtuIsSet",
	"vlanFiltering",
	"defaultPvid",
	"vlansInUse",
] as const;

const NO_SYSCTLS: ReadonlyMap<string, string> = new Map();

function snapshotOf(dev: NetDevice, sysctlValues: ReadonlyMap<string, string>): Snapshot {
	return {
		dev,
		netns: dev.netns,
		name: dev.name,
		ifindex: dev.ifindex,
		mac: dev.mac,
		mtu: dev.mtu,
		up: dev.up,
		promisc: dev.promisc,
		alias: dev.alias,
		txQueueLength: dev.txQueueLength,
		everUp: dev.everUp,
		master: dev.master,
		port: { ...dev.port },
		peer: vethPeer(dev),
		taps: dev.taps,
		sysctls: sysctlValues,
		undoKind: undoKindOf(dev),
		bridge: dev.ops.type === "bridge" ? bridgeSnapshotOf(bridgeOf(dev)) : undefined,
	};
}

/** Remembers the settings of a kind of device, and its place at the one below. */
function undoKindOf(dev: NetDevice): Undo | undefined {
	const { ops } = dev;
	if (ops instanceof IpTunnel) {
		const { parms } = ops;
		return () => {
			ops.parms = parms;
			ipipTunnels(ops.netns).add(ops);
		};
	}
	if (ops instanceof Vlan) {
		const { macIsSet } = ops;
		return () => {
			ops.macIsSet = macIsSet;
			ops.attach(dev);
		};
	}
	if (ops instanceof Macvlan) {
		const { mode } = ops;
		return () => {
			ops.mode = mode;
			ops.attach(dev);
		};
	}
	if (!(ops instanceof Vxlan)) return undefined;
	const { conf } = ops;
	const entries = ops.fdb.entries().map((entry) => ({ ...entry }));
	return () => {
		ops.conf = conf;
		ops.fdb.ageingNs = conf.ageingTimeSeconds * 1e9;
		for (const device of ops.netns.devices.values()) uppersOf(device).delete(dev);
		ops.attach(dev);
		for (const { mac } of ops.fdb.entries()) ops.fdb.delete(mac);
		for (const entry of entries) ops.fdb.set(entry);
	};
}

function bridgeSnapshotOf(br: BridgeState): BridgeSnapshot {
	const { nfCallIptables, hadPort, macIsSet, mtuIsSet, vlanFiltering, defaultPvid, vlansInUse } = br;
	return {
		ports: br.ports,
		settings: { nfCallIptables, hadPort, macIsSet, mtuIsSet, vlanFiltering, defaultPvid, vlansInUse },
		vlans: [br.dev, ...br.ports].map((dev) => [dev, { ...vlansOf(dev) }]),
		ageingNs: br.fdb.ageingNs,
		fdb: br.fdb.entries().map((entry) => ({ ...entry })),
	};
}

function deviceSysctls(dev: NetDevice): ReadonlyMap<string, string> {
	const table = sysctls(dev.netns);
	const found = new Map<string, string>();
	for (const [prefix, leaves] of table.deviceLeaves) {
		for (const leaf of leaves.keys()) {
			const key = deviceKey(prefix, dev.name, leaf);
			const value = table.values.get(key);
			if (value !== undefined) found.set(key, value);
		}
	}
	return found;
}

function restore(snapshots: readonly Snapshot[]): void {
	for (const snapshot of snapshots) place(snapshot);
	for (const { dev, peer } of snapshots) if (peer !== undefined) vethReconnect(dev, peer);
	for (const { dev, master } of snapshots) if (dev.master !== undefined && dev.master !== master) brDelIf(dev);
	for (const { dev, master, port } of snapshots) {
		if (master !== undefined && dev.master === undefined) brAddIf(master, dev);
		dev.port = { ...port, forwarding: dev.port.forwarding };
	}
	for (const snapshot of snapshots) {
		snapshot.undoKind?.();
		if (snapshot.up) devOpen(snapshot.dev);
		else devClose(snapshot.dev);
		snapshot.dev.everUp = snapshot.everUp;
	}
	for (const { dev, mac, mtu, bridge } of snapshots) {
		if (bridge === undefined) continue;
		const br = bridgeOf(dev);
		Object.assign(br, bridge.settings);
		br.ports = bridge.ports;
		brSetMac(dev, mac, bridge.settings.macIsSet);
		devSetMtu(dev, mtu);
		br.fdb.ageingNs = bridge.ageingNs;
		for (const [member, vlans] of bridge.vlans) Object.assign(vlansOf(member), vlans);
		for (const entry of br.fdb.entries()) br.fdb.delete(entry.mac, entry.vid);
		for (const entry of bridge.fdb) br.fdb.set({ ...entry });
	}
}

/** The device is in its namespace, under its name, with its own attributes. */
function place(snapshot: Snapshot): void {
	const { dev, netns } = snapshot;
	if (isRegistered(dev) && dev.netns !== netns) devChangeNetNamespace(dev, netns, snapshot);
	if (!isRegistered(dev)) {
		dev.netns = netns;
		dev.name = snapshot.name;
		dev.ifindex = snapshot.ifindex;
		listNetdevice(dev);
	}
	devChangeName(dev, snapshot.name);
	for (const [key, value] of snapshot.sysctls) {
		if (sysctls(netns).values.get(key) !== value) setSysctl(netns, key, value);
	}
	dev.promisc = snapshot.promisc;
	dev.alias = snapshot.alias;
	dev.txQueueLength = snapshot.txQueueLength;
	dev.taps = snapshot.taps;
	dev.promiscCount = snapshot.taps.filter((tap) => tap.promisc).length;
	devSetMacAddress(dev, snapshot.mac);
	devSetMtu(dev, snapshot.mtu);
}
