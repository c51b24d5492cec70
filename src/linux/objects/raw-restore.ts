/** Putting addresses, routes, rules, neighbours and forwarding entries back as they were. */
import type { Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { MessageWriter } from "../netlink/writer.ts";
import { RAW_KINDS, type RawName, replayOf } from "./raw-kind.ts";

export function dumpRaw(socket: NetlinkSocket, name: RawName): readonly Message[] {
	const kind = RAW_KINDS[name];
	const listed = socket.dump(kind.get, kind.list);
	return "errno" in listed ? [] : listed;
}

/** Deletes what was not there and adds what is no more; best effort. */
export function restoreRaw(socket: NetlinkSocket, name: RawName, before: readonly Message[]): void {
	const was = replays(name, before);
	const is = replays(name, dumpRaw(socket, name));
	const { extra, missing } = name === "addr" ? differingDevices(was, is) : differing(was, is);
	if (extra.length + missing.length === 0) return;
	const kind = RAW_KINDS[name];
	const messages = new MessageWriter();
	for (const body of [...extra].reverse()) messages.message({ type: kind.remove }, (to) => void to.bytes(body));
	for (const body of missing) {
		messages.message({ type: kind.add, flags: kind.addFlags }, (to) => void to.bytes(body));
	}
	socket.exchange(messages);
}

interface Difference {
	readonly extra: readonly Uint8Array[];
	readonly missing: readonly Uint8Array[];
}

function replays(name: RawName, messages: readonly Message[]): ReadonlyMap<string, Uint8Array> {
	const kind = RAW_KINDS[name];
	const found = new Map<string, Uint8Array>();
	for (const message of messages) {
		const body = replayOf(kind, message);
		if (body !== undefined) found.set(Buffer.from(body).toString("latin1"), body);
	}
	return found;
}

function differing(was: ReadonlyMap<string, Uint8Array>, is: ReadonlyMap<string, Uint8Array>): Difference {
	return {
		extra: [...is].filter(([key]) => !was.has(key)).map(([, body]) => body),
		missing: [...was].filter(([key]) => !is.has(key)).map(([, body]) => body),
	};
}

/** Of addresses the order says which is the first of its network: a device with any difference gets all anew. */
function differingDevices(was: ReadonlyMap<string, Uint8Array>, is: ReadonlyMap<string, Uint8Array>): Difference {
	const [before, now] = [byDevice(was), byDevice(is)];
	const devices = [...new Set([...before.keys(), ...now.keys()])].filter(
		(ifindex) => keysOf(before.get(ifindex)) !== keysOf(now.get(ifindex)),
	);
	const bodies = (of: ReadonlyMap<number, readonly Uint8Array[]>): readonly Uint8Array[] =>
		devices.flatMap((ifindex) => of.get(ifindex) ?? []);
	return { extra: bodies(now), missing: bodies(before) };
}

function byDevice(replay: ReadonlyMap<string, Uint8Array>): ReadonlyMap<number, readonly Uint8Array[]> {
	const found = new Map<number, Uint8Array[]>();
	for (const body of replay.values()) {
		const ifindex = new DataView(body.buffer, body.byteOffset).getUint32(4, true);
		const list = found.get(ifindex);
		if (list === undefined) found.set(ifindex, [body]);
		else list.push(body);
	}
	return found;
}

function keysOf(bodies: readonly Uint8Array[] = []): string {
	return bodies.map((body) => Buffer.from(body).toString("latin1")).join("\n");
}
