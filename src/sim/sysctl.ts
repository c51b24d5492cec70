/**
 * sysctls of a namespace: text at the port, typed values where packets pass.
 *
 * A subsystem registers its keys with defaults; hot paths read `sysctlNumber` results cached per namespace or device by
 * subscribing to changes. Keys use dots; `conf.DEV.` and `neigh.DEV.` keys exist for `all`, `default` and each device.
 */
import type { Machine, Netns } from "./types.ts";
import { pernet } from "./types.ts";

/**
 * The values of a namespace. Only what was written is kept here; all else is the machine's defaults and, for a device, the
 * values that `default` had when it came: a namespace and a device cost next to nothing to make.
 */
export class SysctlValues {
	readonly #defaults: ReadonlyMap<string, string>;
	readonly #written: Map<string, string> = new Map();
	/** By the beginning of a device's keys (`net.ipv4.conf.eth0.`): leaf → value. */
	readonly #devices: Map<string, ReadonlyMap<string, string>> = new Map();

	constructor(defaults: ReadonlyMap<string, string>) {
		this.#defaults = defaults;
	}

	get(key: string): string | undefined {
		const own = this.#written.get(key) ?? this.#defaults.get(key);
		if (own !== undefined) return own;
		const leafAt = key.lastIndexOf(".") + 1;
		return this.#devices.get(key.slice(0, leafAt))?.get(key.slice(leafAt));
	}

	/** The value of a device's key, by its beginning and its leaf: quicker than `get`. */
	getOf(head: string, leaf: string): string | undefined {
		return this.#written.get(head + leaf) ?? this.#devices.get(head)?.get(leaf);
	}

	has(key: string): boolean {
		return this.get(key) !== undefined;
	}

	set(key: string, value: string): void {
		this.#written.set(key, value);
	}

	/** All keys with their values: those of the namespace as they were registered, then those of the devices. */
	*[Symbol.iterator](): Generator<[key: string, value: string]> {
		for (const [key, value] of this.#defaults) yield [key, this.#written.get(key) ?? value];
		for (const [head, leaves] of this.#devices) {
			for (const [leaf, value] of leaves) yield [head + leaf, this.#written.get(head + leaf) ?? value];
		}
	}

	/** Whether any key that begins so was written. */
	wrote(head: string): boolean {
		for (const key of this.#written.keys()) if (key.startsWith(head)) return true;
		return false;
	}

	hasDevice(head: string): boolean {
		return this.#devices.has(head);
	}

	/** `leaves`: the values of its keys where nobody writes them. */
	addDevice(head: string, leaves: ReadonlyMap<string, string>): void {
		this.#devices.set(head, leaves);
	}

	/** What a device's keys have where nobody wrote them, by leaf. */
	leavesOf(head: string): ReadonlyMap<string, string> | undefined {
		return this.#devices.get(head);
	}

	removeDevice(head: string): void {
		this.#devices.delete(head);
		for (const key of this.#written.keys()) if (key.startsWith(head)) this.#written.delete(key);
	}
}

export interface SysctlTable {
	readonly values: SysctlValues;
	/** Told of every key that is written. */
	readonly listeners: ((key: string, value: string) => void)[];
	/** `net.ipv4.conf.*.X` and the like: the names and defaults of the leaves, by prefix (`net.ipv4.conf`, `net.ipv4.neigh`). */
	readonly deviceLeaves: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export const sysctls: (netns: Netns) => SysctlTable = pernet(({ machine }) => ({
	values: new SysctlValues(machine.sysctlDefaults),
	listeners: [],
	deviceLeaves: machine.sysctlDeviceLeaves,
}));

/** Makes keys exist in every namespace of the machine, with their defaults. Called before there are any. */
export function registerSysctls(machine: Machine, defaults: Readonly<Record<string, string>>): void {
	for (const [key, value] of Object.entries(defaults)) machine.sysctlDefaults.set(key, value);
}

/** Every machine registers the same. */
const knownLeaves = new WeakMap<Readonly<Record<string, string>>, ReadonlyMap<string, string>>();

function leavesOf(defaults: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
	const known = knownLeaves.get(defaults);
	if (known !== undefined) return known;
	const leaves = new Map(Object.entries(defaults));
	knownLeaves.set(defaults, leaves);
	return leaves;
}

/** Makes per-device keys exist (`prefix.{all,default,DEV}.leaf`; `all` not everywhere), with the value a fresh namespace has. */
export function registerDeviceSysctls(
	machine: Machine,
	prefix: string,
	defaults: Readonly<Record<string, string>>,
	scopes: readonly string[] = ["all", "default"],
): void {
	const leaves = leavesOf(defaults);
	machine.sysctlDeviceLeaves.set(prefix, leaves);
	for (const scope of scopes) {
		for (const [key, value] of scopedKeys(defaults, `${prefix}.${scope}.`)) machine.sysctlDefaults.set(key, value);
	}
}

type Keys = readonly (readonly [key: string, value: string])[];
const knownKeys = new WeakMap<Readonly<Record<string, string>>, Map<string, Keys>>();

function scopedKeys(defaults: Readonly<Record<string, string>>, head: string): Keys {
	const byHead = knownKeys.get(defaults) ?? new Map<string, Keys>();
	knownKeys.set(defaults, byHead);
	const known = byHead.get(head);
	if (known !== undefined) return known;
	const keys = Object.entries(defaults).map(([leaf, value]) => [`${head}${leaf}`, value] as const);
	byHead.set(head, keys);
	return keys;
}

/**
 * Gives a new device its keys, with the values of `default`. Listeners hear of them once per prefix, when all are there,
 * by the key `PREFIX.DEV.` without a leaf.
 */
export function addDeviceSysctls(netns: Netns, dev: string): void {
	const { values, deviceLeaves, listeners } = sysctls(netns);
	for (const [prefix, leaves] of deviceLeaves) {
		const head = deviceKey(prefix, dev, "");
		if (!values.hasDevice(head)) values.addDevice(head, leavesNow(values, prefix, leaves));
		for (const listener of listeners) listener(head, "");
	}
}

/** What `default` says now. */
function leavesNow(
	values: SysctlValues,
	prefix: string,
	leaves: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
	const head = `${prefix}.default.`;
	if (!values.wrote(head)) return leaves;
	return new Map([...leaves].map(([leaf, value]) => [leaf, values.get(head + leaf) ?? value]));
}

export function removeDeviceSysctls(netns: Netns, dev: string): void {
	const { values, deviceLeaves } = sysctls(netns);
	for (const prefix of deviceLeaves.keys()) values.removeDevice(deviceKey(prefix, dev, ""));
}

/** Moves a renamed device's keys to its new name, with their values. */
export function renameDeviceSysctls(netns: Netns, from: string, to: string): void {
	const { values, deviceLeaves, listeners } = sysctls(netns);
	for (const [prefix, leaves] of deviceLeaves) {
		const before = deviceKey(prefix, from, "");
		const after = deviceKey(prefix, to, "");
		values.addDevice(after, new Map([...leaves].map(([leaf, value]) => [leaf, values.get(before + leaf) ?? value])));
		for (const listener of listeners) listener(after, "");
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
