/**
 * sysctls of a namespace: text at the port, typed values where packets pass.
 *
 * A subsystem registers its keys with defaults; hot paths read `sysctlNumber` results cached per namespace or device by
 * subscribing to changes. Keys use dots; `conf.DEV.` and `neigh.DEV.` keys exist for `all`, `default` and each device.
 */
import type { Machine, Netns } from "./types.ts";
import { pernet } from "./types.ts";

export interface SysctlTable {
	/** Key → value, in order of registration. */
	readonly values: Map<string, string>;
	/** Told of every key that is written. */
	readonly listeners: ((key: string, value: string) => void)[];
	/** `net.ipv4.conf.*.X` and the like: the names and defaults of the leaves, by prefix (`net.ipv4.conf`, `net.ipv4.neigh`). */
	readonly deviceLeaves: Map<string, Map<string, string>>;
}

export const sysctls: (netns: Netns) => SysctlTable = pernet(() => ({
	values: new Map(),
	listeners: [],
	deviceLeaves: new Map(),
}));

/** Makes keys exist in every namespace of the machine, with their defaults. */
export function registerSysctls(machine: Machine, defaults: Readonly<Record<string, string>>): void {
	machine.onNetnsCreated.push((netns) => {
		for (const [key, value] of Object.entries(defaults)) sysctls(netns).values.set(key, value);
	});
}

/** Makes per-device keys exist (`prefix.{all,default,DEV}.leaf`), with the value a fresh namespace has. */
export function registerDeviceSysctls(
	machine: Machine,
	prefix: string,
	defaults: Readonly<Record<string, string>>,
): void {
	machine.onNetnsCreated.push((netns) => {
		const table = sysctls(netns);
		table.deviceLeaves.set(prefix, new Map(Object.entries(defaults)));
		for (const scope of ["all", "default"]) {
			for (const [leaf, value] of Object.entries(defaults)) table.values.set(`${prefix}.${scope}.${leaf}`, value);
		}
	});
}

/**
 * Gives a new device its keys, with the values of `default`. Listeners hear of them once per prefix, when all are there,
 * by the key `PREFIX.DEV.` without a leaf.
 */
export function addDeviceSysctls(netns: Netns, dev: string): void {
	const { values, deviceLeaves, listeners } = sysctls(netns);
	for (const [prefix, leaves] of deviceLeaves) {
		const head = deviceKey(prefix, dev, "");
		const defaults = `${prefix}.default.`;
		for (const [leaf, value] of leaves) {
			const key = head + leaf;
			if (!values.has(key)) values.set(key, values.get(defaults + leaf) ?? value);
		}
		for (const listener of listeners) listener(head, "");
	}
}

export function removeDeviceSysctls(netns: Netns, dev: string): void {
	const table = sysctls(netns);
	for (const [prefix, leaves] of table.deviceLeaves) {
		const head = deviceKey(prefix, dev, "");
		for (const leaf of leaves.keys()) table.values.delete(head + leaf);
	}
}

/** Moves a renamed device's keys to its new name, with their values. */
export function renameDeviceSysctls(netns: Netns, from: string, to: string): void {
	const table = sysctls(netns);
	for (const [prefix, leaves] of table.deviceLeaves) {
		for (const leaf of leaves.keys()) {
			const value = table.values.get(deviceKey(prefix, from, leaf));
			if (value === undefined) continue;
			const key = deviceKey(prefix, to, leaf);
			table.values.set(key, value);
			for (const listener of table.listeners) listener(key, value);
		}
	}
	removeDeviceSysctls(netns, from);
}

/** A dot in a device name is written as a slash, as sysctl(8) does. */
export function deviceKey(prefix: string, dev: string, leaf: string): string {
	return `${prefix}.${dev.includes(".") ? dev.replaceAll(".", "/") : dev}.${leaf}`;
}

/** Sets a value and tells the listeners; false: there is no such key. */
export function setSysctl(netns: Netns, key: string, value: string): boolean {
	const table = sysctls(netns);
	if (!table.values.has(key)) return false;
	table.values.set(key, value);
	for (const listener of table.listeners) listener(key, value);
	return true;
}

/** The value as a number; NaN-free: a key that is missing or not a number throws, for it is a bug. */
export function sysctlNumber(netns: Netns, key: string): number {
	const value = Number(sysctls(netns).values.get(key));
	if (Number.isNaN(value)) throw new Error(`not a numeric sysctl: ${key}`);
	return value;
}
