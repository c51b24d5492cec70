import fc from "fast-check";
import { expect, test } from "vitest";
import type { Op } from "../kernel/kernel.ts";
import type { KernelObject, Link, XtChain, XtRule } from "../kernel/objects.ts";
import { BUILTIN_CHAINS, type Rule } from "../kernel/xtables.ts";
import { cidr, ip, mac } from "../wire/addr.ts";
import { diff } from "./diff.ts";
import { keyOf, sameRule } from "./identity.ts";

const ours = (): boolean => true;

test("an empty namespace gets everything in an order that works", () => {
	const desired: readonly KernelObject[] = [
		chain("nat", "KUBE-SERVICES", [jump("KUBE-SVC-A")]),
		chain("nat", "KUBE-SVC-A", [accept]),
		rule("nat", "PREROUTING", jump("KUBE-SERVICES")),
		{ kind: "nfacct", name: "n" },
		{ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
		{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.1"), dev: "eth0" },
		{ kind: "route", dst: cidr("10.9.0.0/24"), dev: "eth0" },
		{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.2/24") },
		{ kind: "link", name: "eth0", master: "br0" },
		{ kind: "link", name: "br0", link: { type: "bridge" } },
	];
	expect(texts(diff([], desired, ours))).toEqual([
		"add link br0",
		"add link eth0",
		"add addr eth0 10.0.0.2/24",
		"replace route 254 10.9.0.0/24 0",
		"replace route 254 0.0.0.0/0 0",
		"replace sysctl net.ipv4.ip_forward",
		"add nfacct n",
		"add xt-chain ipv4 nat KUBE-SVC-A",
		"add xt-chain ipv4 nat KUBE-SERVICES",
		"add xt-rule nat PREROUTING -> KUBE-SERVICES",
	]);
});

test("what is no longer wanted goes last, jumps before chains and callers before callees", () => {
	const actual: readonly KernelObject[] = [
		{ kind: "link", name: "dummy0", link: { type: "dummy" } },
		{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.2/24") },
		{ kind: "nfacct", name: "n" },
		chain("nat", "PREROUTING", [jump("KUBE-SERVICES"), jump("OTHER")]),
		chain("nat", "KUBE-SVC-A", [accept]),
		chain("nat", "KUBE-SERVICES", [jump("KUBE-SVC-A")]),
	];
	const owns = (object: KernelObject): boolean => !JSON.stringify(object).includes("OTHER");
	expect(texts(diff(actual, [{ kind: "sysctl", key: "a", value: "1" }], owns))).toEqual([
		"replace sysctl a",
		"delete xt-rule nat PREROUTING -> KUBE-SERVICES",
		"delete xt-chain ipv4 nat KUBE-SERVICES",
		"delete xt-chain ipv4 nat KUBE-SVC-A",
		"delete nfacct n",
		"delete addr eth0 10.0.0.2/24",
		"delete link dummy0",
	]);
});

test("what belongs to others stays", () => {
	const actual: readonly KernelObject[] = [
		{ kind: "link", name: "docker0", link: { type: "bridge" } },
		chain("nat", "DOCKER", [accept]),
		chain("nat", "PREROUTING", [jump("DOCKER")]),
	];
	expect(diff(actual, [], () => false)).toEqual([]);
});

test("what a dump tells beyond the wish makes no difference", () => {
	const actual: readonly KernelObject[] = [
		{
			kind: "link",
			name: "eth0",
			link: { type: "dummy" },
			mac: mac("02:00:00:00:00:01"),
			mtu: 1500,
			up: true,
			ifindex: 2,
		},
		{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.2/24"), scope: "global", broadcast: ip("10.0.0.255") },
		{
			kind: "route",
			dst: cidr("10.9.0.0/24"),
			via: ip("10.0.0.1"),
			dev: "eth0",
			protocol: "boot",
			scope: "global",
			table: 254,
			type: "unicast",
		},
		{ kind: "route", dst: cidr("10.8.0.0/24"), dev: "eth0", protocol: "boot", scope: "link" },
		{ ...chain("nat", "KUBE-SVC-A", [{ ...accept, counters: { packets: 1, bytes: 2 } }]) },
		chain("nat", "PREROUTING", [{ ...jump("KUBE-SVC-A"), counters: { packets: 1, bytes: 2 } }]),
	];
	const desired: readonly KernelObject[] = [
		{ kind: "link", name: "eth0", link: { type: "dummy" }, up: true },
		{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.2/24") },
		{ kind: "route", dst: cidr("10.9.0.0/24"), via: ip("10.0.0.1"), dev: "eth0" },
		{ kind: "route", dst: cidr("10.8.0.0/24"), dev: "eth0" },
		chain("nat", "KUBE-SVC-A", [{ ...accept, origin: { by: "kube-proxy", for: "Service default/a" } }]),
		rule("nat", "PREROUTING", jump("KUBE-SVC-A")),
	];
	expect(diff(actual, desired, ours)).toEqual([]);
});

test("a device of another kind is made anew, with all that was on it", () => {
	const actual: readonly KernelObject[] = [
		{ kind: "link", name: "br0", link: { type: "dummy" } },
		{ kind: "link", name: "port", link: { type: "dummy" }, master: "br0" },
		{ kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") },
	];
	const desired: readonly KernelObject[] = [
		{ kind: "link", name: "br0", link: { type: "bridge" } },
		{ kind: "link", name: "port", master: "br0" },
		{ kind: "addr", dev: "br0", addr: cidr("10.0.0.1/24") },
	];
	expect(texts(diff(actual, desired, ours))).toEqual([
		"delete link br0",
		"add link br0",
		"replace link port",
		"add addr br0 10.0.0.1/24",
	]);
});

test("an address gives way to another of its network, and the routes of its device are set again", () => {
	const route: KernelObject = { kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.0.0.1"), dev: "eth0" };
	const actual: readonly KernelObject[] = [{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.2/24") }, route];
	const desired: readonly KernelObject[] = [{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.3/24") }, route];
	expect(texts(diff(actual, desired, ours))).toEqual([
		"delete addr eth0 10.0.0.2/24",
		"add addr eth0 10.0.0.3/24",
		"replace route 254 0.0.0.0/0 0",
	]);
});

test("after its operations nothing is left to do", () => {
	fc.assert(
		fc.property(world, world, (a, b) => {
			const after = apply(a, diff(asDump(a), b, ours));
			expect(diff(after, b, ours)).toEqual([]);
			expect(wishesOf(b).every((key) => after.some((object) => keyOf(object) === key))).toBe(true);
		}),
	);
});

test("what is not ours survives every difference", () => {
	fc.assert(
		fc.property(world, world, (a, b) => {
			const kept = a.filter((object) => object.kind === "nfacct");
			const after = apply(
				a,
				diff(asDump(a), b, (object) => object.kind !== "nfacct"),
			);
			expect(after.filter((object) => kept.some((one) => keyOf(one) === keyOf(object))).length).toBe(kept.length);
		}),
	);
});

const accept: Rule = { matches: [], target: { kind: "accept" } };

function jump(to: string): Rule {
	return { matches: [{ kind: "comment", text: to }], target: { kind: "jump", chain: to } };
}

function chain(table: "nat" | "filter", name: string, rules: readonly Rule[]): XtChain {
	return { kind: "xt-chain", family: "ipv4", table, chain: name, rules };
}

function rule(table: "nat" | "filter", name: string, it: Rule): XtRule {
	return { kind: "xt-rule", family: "ipv4", table, chain: name, rule: it };
}

function texts(ops: readonly Op[]): readonly string[] {
	return ops.map(({ verb, object }) => {
		if (object.kind !== "xt-rule") return `${verb} ${keyOf(object)}`;
		const to = object.rule.target.kind === "jump" ? object.rule.target.chain : "?";
		return `${verb} xt-rule ${object.table} ${object.chain} -> ${to}`;
	});
}

/** Keys of what a world must have in the end; a jump is looked for in its chain. */
function wishesOf(objects: readonly KernelObject[]): readonly string[] {
	return objects.filter((object) => object.kind !== "xt-rule").map(keyOf);
}

const CHAINS = ["A", "B", "C", "D"] as const;
const NAMES = ["eth0", "eth1", "br0"] as const;

/** Chains jump to later ones only, so there is no loop; every chain that is jumped to exists. */
const chainObjects: fc.Arbitrary<readonly KernelObject[]> = fc
	.record({
		jumps: fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 5 }),
		there: fc.subarray([...CHAINS]),
		entry: fc.subarray([...CHAINS]),
	})
	.map(({ jumps, there, entry }) => {
		const made = CHAINS.filter((name) => there.includes(name)).map((name) => {
			const own = jumps.filter(([from, to]) => CHAINS[from] === name && to > from);
			const callees = own.flatMap(([, to]) => CHAINS.filter((other, k) => k === to && there.includes(other)));
			return chain("nat", name, [...new Set(callees)].map(jump));
		});
		const entries = entry.filter((name) => there.includes(name)).map((name) => rule("nat", "PREROUTING", jump(name)));
		return [...made, ...entries];
	});

const linkObjects: fc.Arbitrary<readonly KernelObject[]> = fc
	.uniqueArray(
		fc.record({
			name: fc.constantFrom(...NAMES),
			type: fc.constantFrom("dummy", "bridge"),
			up: fc.boolean(),
			addrs: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
			route: fc.boolean(),
			slave: fc.boolean(),
		}),
		{ selector: ({ name }) => name },
	)
	.map((links) =>
		links.flatMap(({ name, type, up, addrs, route, slave }): readonly KernelObject[] => {
			const bridge = links.find((other) => other.name === "br0" && other.type === "bridge");
			const master = slave && name !== "br0" && type === "dummy" && bridge !== undefined ? "br0" : "";
			return [
				{ kind: "link", name, link: { type: type === "bridge" ? "bridge" : "dummy" }, up, master },
				...addrs.map((n): KernelObject => ({ kind: "addr", dev: name, addr: cidr(`10.0.${name.length}.${n}/24`) })),
				...(route
					? [{ kind: "route", dst: cidr("10.7.0.0/16"), dev: name, metric: NAMES.indexOf(name) } as const]
					: []),
			];
		}),
	);

const world: fc.Arbitrary<readonly KernelObject[]> = fc
	.record({
		links: linkObjects,
		chains: chainObjects,
		forward: fc.option(fc.constantFrom("0", "1")),
		accts: fc.subarray(["n1", "n2"]),
	})
	.map(({ links, chains, forward, accts }) => [
		...links,
		...chains,
		...(forward === null ? [] : [{ kind: "sysctl", key: "net.ipv4.ip_forward", value: forward } as const]),
		...accts.map((name): KernelObject => ({ kind: "nfacct", name })),
	]);

/** A kernel as a list of objects: strict about order, and forgetful about what hangs on a deleted device. */
function apply(start: readonly KernelObject[], ops: readonly Op[]): readonly KernelObject[] {
	let state = asDump(start);
	for (const { verb, object } of ops) {
		if (object.kind === "xt-rule") state = applyRule(state, verb, object);
		else if (verb === "delete") state = remove(state, object);
		else state = put(state, verb, object);
	}
	return state;
}

/** A dump lists rules in their chains, built-in ones included. */
function asDump(objects: readonly KernelObject[]): readonly KernelObject[] {
	const builtin = BUILTIN_CHAINS.nat.map((name) => chain("nat", name, []));
	const rules = objects.filter((object) => object.kind === "xt-rule");
	return rules.reduce<readonly KernelObject[]>(
		(state, it) => applyRule(state, "add", it),
		[...objects.filter((object) => object.kind !== "xt-rule"), ...builtin],
	);
}

function applyRule(state: readonly KernelObject[], verb: Op["verb"], it: XtRule): readonly KernelObject[] {
	checkCallees(state, [it.rule]);
	return state.map((object) => {
		if (object.kind !== "xt-chain" || object.table !== it.table || object.chain !== it.chain) return object;
		const without = object.rules.filter((other) => !sameRule(other, it.rule));
		if (verb === "delete" && without.length === object.rules.length) throw new Error("no such rule");
		return { ...object, rules: verb === "delete" ? without : [...without, it.rule] };
	});
}

function remove(state: readonly KernelObject[], object: KernelObject): readonly KernelObject[] {
	if (!state.some((other) => keyOf(other) === keyOf(object))) throw new Error(`not there: ${keyOf(object)}`);
	const rest = state.filter((other) => keyOf(other) !== keyOf(object));
	if (object.kind === "xt-chain" && isReferenced(rest, object.chain)) throw new Error(`in use: ${object.chain}`);
	if (object.kind !== "link") return rest;
	return rest
		.filter((other) => !((other.kind === "addr" || other.kind === "route") && other.dev === object.name))
		.map((other) => (other.kind === "link" && other.master === object.name ? { ...other, master: "" } : other));
}

function put(state: readonly KernelObject[], verb: Op["verb"], object: KernelObject): readonly KernelObject[] {
	const key = keyOf(object);
	const there = state.find((other) => keyOf(other) === key);
	if (verb === "add" && there !== undefined) throw new Error(`exists: ${key}`);
	if (object.kind === "xt-chain") checkCallees(state, object.rules);
	if ((object.kind === "addr" || object.kind === "route") && !hasLink(state, object.dev))
		throw new Error(`no device: ${key}`);
	if (object.kind === "link" && object.master !== undefined && object.master !== "" && !hasLink(state, object.master)) {
		throw new Error(`no bridge: ${object.master}`);
	}
	const made: KernelObject = object.kind === "link" && there?.kind === "link" ? merged(there, object) : object;
	return there === undefined ? [...state, made] : state.map((other) => (other === there ? made : other));
}

function merged(there: Link, wish: Link): Link {
	if (wish.link !== undefined && wish.link.type !== there.link?.type) throw new Error("a device keeps its kind");
	return { ...there, ...wish };
}

function hasLink(state: readonly KernelObject[], name: string | undefined): boolean {
	return state.some((object) => object.kind === "link" && object.name === name);
}

function checkCallees(state: readonly KernelObject[], rules: readonly Rule[]): void {
	for (const { target } of rules) {
		if (target.kind !== "jump") continue;
		if (!state.some((object) => object.kind === "xt-chain" && object.chain === target.chain)) {
			throw new Error(`no chain ${target.chain}`);
		}
	}
}

function isReferenced(state: readonly KernelObject[], name: string): boolean {
	return state.some(
		(object) =>
			object.kind === "xt-chain" && object.rules.some(({ target }) => target.kind === "jump" && target.chain === name),
	);
}
