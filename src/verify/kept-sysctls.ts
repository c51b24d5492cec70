/** The sysctls of a namespace that scenarios use one after the other: only what differs is written. */
import { ok, type Result } from "../base/result.ts";
import type { KernelError, Op } from "../kernel/kernel.ts";
import type { Step } from "./scenario.ts";
import type { ScenarioHost } from "./scenario-host.ts";

type Change = Extract<Step, { readonly kind: "change" }>;

export class KeptSysctls {
	readonly #host: ScenarioHost;
	readonly #netns: string;
	/** As they were before a scenario wrote them. */
	readonly #clean = new Map<string, string>();
	/** As they are; absent: not known. */
	readonly #now = new Map<string, string>();

	constructor(host: ScenarioHost, netns: string) {
		this.#host = host;
		this.#netns = netns;
	}

	/** Writes after which every sysctl that a scenario ever wrote has the value of the next one, or that of a new namespace. */
	async towards(
		wanted: Readonly<Record<string, string>>,
		changes: readonly Change[],
	): Promise<Result<readonly Op[], KernelError>> {
		const changing = changes.flatMap(({ object }) => (object.kind === "sysctl" ? [object.key] : []));
		const read = await this.#remember([...Object.keys(wanted), ...changing]);
		if (!read.ok) return read;
		const all = new Map([...this.#clean, ...Object.entries(wanted)]);
		const differing = [...all].filter(([key, value]) => this.#now.get(key) !== value);
		const shared = new Set(differing.filter(([key]) => SHARED.test(key)).map(([key]) => leafOf(key)));
		const writes =
			shared.size === 0
				? differing
				: [...this.#clean, ...Object.entries(wanted)].filter(
						([key, value]) => shared.has(leafOf(key)) || (all.get(key) === value && this.#now.get(key) !== value),
					);
		for (const [key, value] of all) this.#now.set(key, value);
		for (const key of changing) this.#now.delete(key);
		return ok(writes.map(([key, value]) => ({ verb: "replace", object: { kind: "sysctl", key, value } })));
	}

	async #remember(keys: readonly string[]): Promise<Result<void, KernelError>> {
		const missing = keys.filter((key) => !this.#clean.has(key));
		if (missing.length === 0) return ok(undefined);
		const read = await this.#host.readSysctls(this.#netns, missing);
		if (!read.ok) return read;
		for (const [key, value] of read.value) {
			this.#clean.set(key, value);
			this.#now.set(key, value);
		}
		return ok(undefined);
	}
}

/** What is written along has the same last part, or is one of forwarding's (net/ipv4/devinet.c: inet_forward_change). */
function leafOf(key: string): string {
	const leaf = key.slice(key.lastIndexOf(".") + 1).replace(/_ms$/, "");
	return leaf === "ip_forward" || leaf === "accept_redirects" ? "forwarding" : leaf;
}

/** Writing one of these writes others along, so the order of those counts. */
const SHARED =
	/^net\.ipv[46]\.(ip_forward$|conf\.default\.|neigh\.default\.|conf\.all\.forwarding$)|^net\.ipv6\.conf\.all\./;
