/**
 * Tables of the legacy backend without rules, given to the kernel directly (`struct ipt_replace`): most tables of a scenario
 * are empty, and iptables-restore takes some twenty times as long for one.
 */
import { BUILTIN_CHAINS, type Table, type TableName } from "../kernel/xtables.ts";
import { ENTRY, HOOKS, INFO, SOL_IP, TARGET, tableInfo, withIpTables } from "./ip-tables.ts";
import { lastErrno, libc, NativeMemory } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";

const IPT_SO_SET_REPLACE = 64;
const REPLACE = {
	validHooks: 32,
	numEntries: 36,
	size: 40,
	hookEntry: 44,
	underflow: 64,
	numCounters: 84,
	counters: 88,
	bytes: 96,
} as const;
const COUNTERS_BYTES = 16;
const VERDICT_TARGET_BYTES = 40;
const ERROR_TARGET_BYTES = 64;
/** -NF_ACCEPT - 1. */
const VERDICT_ACCEPT = -2;
/** How often it is tried again when somebody else changed the table between two calls. */
const TRIES = 3;

/** It has nothing but built-in chains without rules, whose policies are ACCEPT. */
export function isEmptyTable({ name, chains }: Table): boolean {
	const builtin: readonly string[] = BUILTIN_CHAINS[name];
	return chains.every(
		(chain) => builtin.includes(chain.name) && chain.rules.length === 0 && (chain.policy ?? "accept") === "accept",
	);
}

/** Makes the tables empty, with counters at zero; false: not all of them were. */
export function emptyTables(netns: LinuxNetns, tables: readonly TableName[]): boolean {
	return withIpTables(netns, (fd) => tables.every((table) => emptyTable(fd, table))) ?? false;
}

function emptyTable(fd: number, table: TableName): boolean {
	for (let k = 0; k < TRIES; k += 1) {
		const info = tableInfo(fd, table);
		if (info === undefined) return false;
		// Where the kernel writes what its old entries counted; their number must be right.
		const entries = info.getUint32(INFO.numEntries, true);
		const replace = emptyReplace(table);
		replace.setUint32(REPLACE.numCounters, entries, true);
		replace.setBigUint64(REPLACE.counters, memoryFor(entries * COUNTERS_BYTES).address, true);
		const bytes = new Uint8Array(replace.buffer);
		if (libc.setsockopt(fd, SOL_IP, IPT_SO_SET_REPLACE, bytes, bytes.length) === 0) return true;
		if (lastErrno() !== "EAGAIN") return false;
	}
	return false;
}

let memory: NativeMemory | undefined;

function memoryFor(length: number): NativeMemory {
	if (memory === undefined || memory.bytes.length < length) memory = new NativeMemory(Math.max(4096, 2 * length));
	return memory;
}

/** A policy for each hook, and the entry that every table ends with. */
function emptyReplace(table: TableName): DataView {
	const builtin: readonly string[] = BUILTIN_CHAINS[table];
	const hooks = HOOKS.map((name, hook) => ({ name, hook })).filter(({ name }) => builtin.includes(name));
	const entryBytes = ENTRY.bytes + VERDICT_TARGET_BYTES;
	const size = hooks.length * entryBytes + ENTRY.bytes + ERROR_TARGET_BYTES;
	const view = new DataView(new ArrayBuffer(REPLACE.bytes + size));
	putText(view, 0, table);
	view.setUint32(REPLACE.numEntries, hooks.length + 1, true);
	view.setUint32(REPLACE.size, size, true);
	let validHooks = 0;
	for (const [k, { hook }] of hooks.entries()) {
		const at = k * entryBytes;
		validHooks |= 1 << hook;
		view.setUint32(REPLACE.hookEntry + 4 * hook, at, true);
		view.setUint32(REPLACE.underflow + 4 * hook, at, true);
		const target = putEntry(view, REPLACE.bytes + at, VERDICT_TARGET_BYTES);
		view.setInt32(target + TARGET.data, VERDICT_ACCEPT, true);
	}
	view.setUint32(REPLACE.validHooks, validHooks, true);
	const last = putEntry(view, REPLACE.bytes + hooks.length * entryBytes, ERROR_TARGET_BYTES);
	putText(view, last + TARGET.name, "ERROR");
	putText(view, last + TARGET.data, "ERROR");
	return view;
}

/** An entry that matches every packet; the result is where its target is. */
function putEntry(view: DataView, at: number, targetBytes: number): number {
	view.setUint16(at + ENTRY.targetOffset, ENTRY.bytes, true);
	view.setUint16(at + ENTRY.nextOffset, ENTRY.bytes + targetBytes, true);
	view.setUint16(at + ENTRY.bytes, targetBytes, true);
	return at + ENTRY.bytes;
}

function putText(view: DataView, at: number, text: string): void {
	for (let k = 0; k < text.length; k += 1) view.setUint8(at + k, text.charCodeAt(k));
}
