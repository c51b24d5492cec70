/**
 * The simulated kernel with a notebook beside it for what it does not model yet: IPv6 addresses, routes and rules are written
 * down and listed, never used. So a plan for both families can be carried out, and compared with what a real kernel then had.
 */
import { err, ok } from "../../src/base/result.ts";
import type { Kernel, Op } from "../../src/kernel/kernel.ts";
import type { Addr, KernelObject, Route, XtChain } from "../../src/kernel/objects.ts";
import { XtModel } from "../../src/linux/xtables-model.ts";
import type { SimKernel } from "../../src/sim/sim-kernel.ts";
import { familyOf, formatCidr, networkOf } from "../../src/wire/addr.ts";

type Noted = Addr | Route;

export function withIpv6Beside(kernel: SimKernel): Kernel {
	const notes = new Map<string, Noted[]>();
	const tables = new Map<string, XtModel>();
	const noted = (netns: string): Noted[] => notes.get(netns) ?? [];

	async function existing(netns: string): Promise<readonly Noted[]> {
		const links = await kernel.dump(netns, ["link"]);
		const names = new Set(links.ok ? links.value.flatMap((it) => (it.kind === "link" ? [it.name] : [])) : []);
		return noted(netns).filter(({ dev }) => dev !== undefined && names.has(dev));
	}

	return {
		clock: kernel.clock,
		sockets: kernel.sockets,
		addNetns: (name) => kernel.addNetns(name),
		deleteNetns: (name) => kernel.deleteNetns(name),
		listNetns: () => kernel.listNetns(),
		apply: async (netns, tx) => {
			const rest: Op[] = [];
			for (const [index, op] of tx.entries()) {
				const { object } = op;
				if ((object.kind === "xt-chain" || object.kind === "xt-rule") && object.family === "ipv6") {
					const model = tables.get(netns) ?? new XtModel([]);
					tables.set(netns, model);
					const applied = model.apply(op.verb, object, index);
					if (!applied.ok) return err({ ...applied.error, op: index });
					continue;
				}
				if (object.kind === "sysctl" && object.key.startsWith("net.ipv6.")) continue;
				if (!isIpv6(object)) rest.push(op);
				else if (op.verb === "delete")
					notes.set(
						netns,
						noted(netns).filter((it) => !isSame(it, object)),
					);
				else notes.set(netns, [...noted(netns), object, ...connected(object)]);
			}
			return rest.length === 0 ? ok(undefined) : kernel.apply(netns, rest);
		},
		dump: async (netns, kinds) => {
			const dumped = await kernel.dump(netns, kinds);
			if (!dumped.ok) return dumped;
			const wanted = (await existing(netns)).filter((it) => kinds === undefined || kinds.includes(it.kind));
			const chains = kinds === undefined || kinds.includes("xt-chain") ? chainsOf(tables.get(netns)) : [];
			return ok([...dumped.value, ...wanted, ...chains]);
		},
		routeGet: (netns, query) => kernel.routeGet(netns, query),
		netnsIds: (netns) => kernel.netnsIds(netns),
		testIpSet: (netns, set, member) => kernel.testIpSet(netns, set, member),
		run: (done, timeoutNs) => kernel.run(done, timeoutNs),
		trace: (listener) => kernel.trace(listener),
		capture: (netns, options, listener) => kernel.capture(netns, options, listener),
		conntrackEvents: (netns, listener) => kernel.conntrackEvents(netns, listener),
		conntrackStats: (netns) => kernel.conntrackStats(netns),
		log: () => kernel.log(),
	};
}

function chainsOf(model: XtModel | undefined): readonly XtChain[] {
	return [...(model?.tables.values() ?? [])].flatMap(({ name: table, chains }) =>
		[...chains.values()].flatMap(({ name: chain, exists, rules }): readonly XtChain[] => {
			return exists ? [{ kind: "xt-chain", family: "ipv6", table, chain, rules: rules.map(({ rule }) => rule) }] : [];
		}),
	);
}

function isIpv6(object: KernelObject): object is Noted {
	if (object.kind === "addr") return familyOf(object.addr.addr) === "ipv6";
	return object.kind === "route" && familyOf(object.dst.addr) === "ipv6";
}

/** The route that an address brings with it. */
function connected(object: Noted): readonly Noted[] {
	if (object.kind !== "addr") return [];
	return [{ kind: "route", dst: networkOf(object.addr), dev: object.dev, protocol: "kernel", metric: 256 }];
}

/** A route without a gateway names the one without. */
function isSame(a: Noted, b: Noted): boolean {
	if (a.kind === "addr") return b.kind === "addr" && a.dev === b.dev && formatCidr(a.addr) === formatCidr(b.addr);
	return b.kind === "route" && a.dev === b.dev && a.via === b.via && formatCidr(a.dst) === formatCidr(b.dst);
}
