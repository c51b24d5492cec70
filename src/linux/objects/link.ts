/** Devices of the port on the real kernel: `ip link add | set | delete`. */
import type { KernelError, Verb } from "../../kernel/kernel.ts";
import type { Link, LinkKind } from "../../kernel/objects.ts";
import { type Batch, noDevice, refusal } from "../netlink/batch.ts";
import { MessageWriter } from "../netlink/writer.ts";
import { linkKindOf } from "./link-dump.ts";
import { changeLink, changePort, deleteLink, getLink, type LinkNumbers, newLink } from "./link-message.ts";
import type { LinkState } from "./link-state.ts";

/** Collects what the operation takes; a refusal is the first error, its own or that of one before it. */
export function applyLink(batch: Batch, op: number, verb: Verb, link: Link): KernelError | undefined {
	if (verb === "delete") return remove(batch, op, link.name);
	const ifindex = verb === "add" ? undefined : batch.ifindexOf(link.name);
	if (ifindex !== undefined) return change(batch, op, ifindex, link);
	const refused = create(batch, op, link);
	if (refused === undefined) return undefined;
	return batch.ifindexOf(link.name) === undefined ? refused : refusal(op, "EEXIST", "File exists");
}

function remove(batch: Batch, op: number, name: string): KernelError | undefined {
	const failed = batch.flush();
	if (failed !== undefined) return failed;
	const ifindex = batch.ifindexOf(name);
	if (ifindex === undefined) return noDevice(op, name);
	const state = getLink(batch.socket, ifindex);
	if (state !== undefined) touchAround(batch, state);
	batch.add(op, deleteLink(ifindex));
	return batch.flush();
}

function create(batch: Batch, op: number, link: Link): KernelError | undefined {
	const kind = link.link;
	if (kind === undefined) return refusal(op, "EINVAL", 'Not enough information: "type" argument is required');
	if (kind.type === "loopback") return refusal(op, "EOPNOTSUPP", "Unknown device type.");
	if (kind.type === "ipip" && link.name === IPIP_FALLBACK) return loadIpip(batch, op, link, kind);
	const numbers = numbersOf(batch, op, link, kind);
	if ("errno" in numbers) return numbers;
	const ends = kind.type === "veth" ? [link.name, kind.peer] : [link.name];
	for (const name of ends) {
		if (!isName(name)) return refusal(op, "EINVAL", `argument "${name}" is wrong: "name" not a valid ifname`);
	}
	// As iproute2 and the simulated kernel, the peer gets the lower number.
	const peer = peerNumbers(batch, op, kind);
	if (peer !== undefined && "errno" in peer) return peer;
	const ifindex = batch.rtnl.newIfindex();
	const { port, ...rest } = link;
	batch.add(op, newLink(rest, kind, { ...numbers, ifindex, peer }), { undo: deleteLink(ifindex) });
	batch.plan(link.name, ifindex);
	batch.kinds.set(ifindex, kind.type);
	if (peer !== undefined && kind.type === "veth" && peer.netnsFd === undefined) batch.plan(kind.peer, peer.ifindex);
	// An alias is not taken from the message that makes the device.
	if (link.alias !== undefined)
		batch.add(op, changeLink({ kind: "link", name: link.name, alias: link.alias }, { ifindex }));
	if (hasPortSettings(port)) batch.add(op, changePort(ifindex, port));
	if (peer?.netnsFd === undefined || link.master !== undefined) batch.touch(ifindex);
	return undefined;
}

const IPIP_FALLBACK = "tunl0";

/** tunl0 comes with the module; asking for a tunnel of its name loads it. One that is down counts as not there yet. */
function loadIpip(batch: Batch, op: number, link: Link, kind: LinkKind): KernelError | undefined {
	const failed = batch.flush();
	if (failed !== undefined) return failed;
	if (Object.keys(kind).length > 1) return refusal(op, "EEXIST", "File exists");
	if (batch.ifindexOf(link.name) === undefined) {
		const request = new MessageWriter();
		const { header, body } = newLink({ kind: "link", name: link.name }, kind, { ifindex: 0 });
		request.message(header, body);
		// The answer is EEXIST: the module has just made it.
		batch.socket.exchange(request);
	}
	const ifindex = batch.ifindexOf(link.name);
	if (ifindex === undefined) return refusal(op, "EOPNOTSUPP", "Unknown device type.");
	if (getLink(batch.socket, ifindex)?.up === true) return refusal(op, "EEXIST", "File exists");
	const { link: _kind, ...rest } = link;
	return change(batch, op, ifindex, rest);
}

function change(batch: Batch, op: number, ifindex: number, asked: Link): KernelError | undefined {
	const link = wholeIpip(batch, ifindex, asked);
	const numbers = numbersOf(batch, op, link, link.link);
	if ("errno" in numbers) return numbers;
	if (link.newName !== undefined && !isName(link.newName)) {
		return refusal(op, "EINVAL", `argument "${link.newName}" is wrong: "name" not a valid ifname`);
	}
	let kind: LinkKind | undefined;
	if (link.link !== undefined) {
		const failed = batch.flush();
		if (failed !== undefined) return failed;
		const checked = changedKind(batch, op, ifindex, link);
		if ("errno" in checked) return checked;
		kind = checked.kind;
	}
	const target = link.netns === undefined ? undefined : batch.rtnl.table.find(link.netns);
	if (link.netns !== undefined && target === undefined) {
		return refusal(op, "EINVAL", `argument "${link.netns}" is wrong: Invalid "netns" value`);
	}
	const moves = target !== undefined && target !== batch.netns;
	if (moves) {
		const failed = batch.flush();
		if (failed !== undefined) return failed;
		const state = getLink(batch.socket, ifindex);
		if (state !== undefined) touchAround(batch, state);
	}
	const lower = kind?.type === "vxlan" && kind.dev === undefined ? undefined : numbers.lower;
	const { link: _asked, ...rest } = withoutNoop(link);
	// A VXLAN device takes no MTU beside its settings.
	const isApart = kind?.type === "vxlan" && link.mtu !== undefined;
	if (isApart && kind !== undefined)
		batch.add(op, changeLink({ kind: "link", name: link.name, link: kind }, { lower, ifindex }));
	const changed = { ...rest, ...(kind === undefined || isApart ? {} : { link: kind }) };
	batch.add(op, changeLink(changed, { ...numbers, lower, ifindex, netnsFd: moves ? target.fd : undefined }));
	if (hasPortSettings(link.port)) batch.add(op, changePort(ifindex, link.port));
	if (moves) return batch.flush();
	if (link.newName !== undefined && link.newName !== link.name) {
		batch.plan(link.name, undefined);
		batch.plan(link.newName, ifindex);
	}
	if (link.up !== undefined || link.master !== undefined || link.mac !== undefined) batch.touch(ifindex);
	return undefined;
}

/** The kernel takes what a change of a tunnel leaves out for open: what is not changed is said again. */
function wholeIpip(batch: Batch, ifindex: number, asked: Link): Link {
	if (asked.link?.type !== "ipip" || batch.flush() !== undefined) return asked;
	const state = getLink(batch.socket, ifindex);
	const own = state === undefined ? undefined : linkKindOf(batch.rtnl, batch.netns, state);
	if (own?.type !== "ipip") return asked;
	const link = { ...own, ...asked.link };
	if (JSON.stringify(link) !== JSON.stringify(own)) return { ...asked, link };
	const { link: _same, ...rest } = asked;
	return rest;
}

/** The loopback device has an address of zeros and takes none, not even that. */
function withoutNoop(link: Link): Link {
	if (link.name !== "lo" || link.mac !== "00:00:00:00:00:00") return link;
	const { mac: _zeros, ...rest } = link;
	return rest;
}

/** The kind cannot change, and of some kinds nothing. What is left of it is what differs. */
function changedKind(
	batch: Batch,
	op: number,
	ifindex: number,
	link: Link,
): { readonly kind: LinkKind | undefined } | KernelError {
	const state = getLink(batch.socket, ifindex);
	const asked = link.link;
	if (state === undefined || asked === undefined) return noDevice(op, link.name);
	const own = linkKindOf(batch.rtnl, batch.netns, state);
	if (own?.type !== asked.type) return refusal(op, "EOPNOTSUPP", "Operation not supported");
	if (asked.type === "veth" && own.type === "veth") {
		const { name } = batch.netns;
		const isSame = own.peer === asked.peer && (own.peerNetns ?? name) === (asked.peerNetns ?? name);
		return isSame ? SAME : unchangeable(op, `the peer of ${link.name}`);
	}
	if (asked.type === "macvlan" && own.type === "macvlan") {
		if (own.parent !== asked.parent) return unchangeable(op, `the parent of ${link.name}`);
		return asked.mode === undefined || asked.mode === own.mode ? SAME : { kind: asked };
	}
	if (asked.type === "vlan" && own.type === "vlan") {
		const isSame = own.parent === asked.parent && own.id === asked.id && own.protocol === (asked.protocol ?? "802.1Q");
		return isSame ? SAME : unchangeable(op, `the VLAN of ${link.name}`);
	}
	// The kernel refuses some settings even when they stay as they are.
	if (asked.type === "vxlan" && own.type === "vxlan") return { kind: differenceOf(asked, own) };
	return { kind: asked.type === "bridge" || asked.type === "ipip" ? asked : undefined };
}

const SAME = { kind: undefined } as const;

function unchangeable(op: number, what: string): KernelError {
	return refusal(op, "EOPNOTSUPP", `Operation not supported: ${what} cannot be changed`);
}

type Vxlan = Extract<LinkKind, { readonly type: "vxlan" }>;

function differenceOf(asked: Vxlan, own: Vxlan): Vxlan | undefined {
	const { type, id, ...settings } = asked;
	const was = new Map<string, unknown>(Object.entries(own));
	const differs = ([key, value]: readonly [string, unknown]): boolean =>
		value !== undefined && JSON.stringify(value) !== JSON.stringify(was.get(key));
	const rest = Object.fromEntries(Object.entries(settings).filter(differs));
	return id === own.id && Object.keys(rest).length === 0 ? undefined : { type, id, ...rest };
}

function numbersOf(
	batch: Batch,
	op: number,
	link: Link,
	kind: LinkKind | undefined,
): Omit<LinkNumbers, "ifindex"> | KernelError {
	const master = link.master === undefined ? undefined : link.master === "" ? 0 : batch.ifindexOf(link.master);
	if (link.master !== undefined && master === undefined) {
		return refusal(op, "ENODEV", `argument "${link.master}" is wrong: Device does not exist`);
	}
	if (kind?.type === "bridge" && kind.ageingTimeSeconds !== undefined && !(kind.ageingTimeSeconds >= 0)) {
		return refusal(op, "ERANGE", "Numerical result out of range");
	}
	const lowerName = lowerNameOf(kind);
	const lower = lowerName === undefined ? undefined : batch.ifindexOf(lowerName);
	if (lowerName !== undefined && lower === undefined) return noDevice(op, lowerName);
	return { master, lower };
}

function lowerNameOf(kind: LinkKind | undefined): string | undefined {
	if (kind?.type === "vlan" || kind?.type === "macvlan") return kind.parent;
	return kind?.type === "vxlan" || kind?.type === "ipip" ? kind.dev : undefined;
}

function peerNumbers(
	batch: Batch,
	op: number,
	kind: LinkKind,
): NonNullable<LinkNumbers["peer"]> | KernelError | undefined {
	if (kind.type !== "veth") return undefined;
	const { peerNetns } = kind;
	const netns = peerNetns === undefined ? batch.netns : batch.rtnl.table.find(peerNetns);
	if (netns === undefined) return refusal(op, "EINVAL", `argument "${peerNetns}" is wrong: Invalid "netns" value`);
	return { ifindex: batch.rtnl.newIfindex(), netnsFd: netns === batch.netns ? undefined : netns.fd };
}

function hasPortSettings(port: Link["port"]): port is NonNullable<Link["port"]> {
	if (port === undefined) return false;
	const { state: _inDumpsOnly, number: _too, ...settings } = port;
	return Object.values(settings).some((value) => value !== undefined);
}

/** Whose carrier changes when this device goes: its bridge's, its peer's, its peer's bridge's. */
export function touchAround(batch: Batch, state: LinkState): void {
	if (state.master !== 0) batch.touch(state.master);
	if (state.kind !== "veth") return;
	const { rtnl, netns } = batch;
	const peerNetns = state.lowerNsid === undefined ? netns : rtnl.netnsOfId(netns, state.lowerNsid);
	if (peerNetns === undefined) return;
	batch.touch(state.lower, peerNetns);
	const peer = getLink(rtnl.socket(peerNetns), state.lower);
	if (peer !== undefined && peer.master !== 0) batch.touch(peer.master, peerNetns);
}

/** What iproute2 lets pass; the kernel itself judges the length. */
function isName(name: string): boolean {
	return name !== "" && name !== "." && name !== ".." && !/[/:\s]/.test(name);
}
