/** `-m recent`: addresses seen lately, in named lists of the namespace (net/netfilter/xt_recent.c). */
import type { RecentMatch } from "../../../kernel/xtables.ts";
import { type IpNum, ipNum, parseIp } from "../../../wire/addr.ts";
import { ipv4Ttl } from "../../../wire/ipv4.ts";
import type { ObjectError } from "../../objects/handler.ts";
import type { MatchFn, MatchModule, RuleContext } from "../xtables/types.ts";
import { HZ, jiffies } from "./jiffies.ts";
import { type RecentEntry, RecentTable, recentTables } from "./recent-table.ts";

/** XT_RECENT_MAX_NSTAMPS, XT_RECENT_NAME_LEN. */
const MAX_STAMPS = 256;
const NAME_LENGTH = 200;
const DEFAULT_STAMPS = 32;

export const recent: MatchModule<RecentMatch> = {
	pure: false,
	check,
	hold(match, at) {
		const tables = recentTables(at.netns);
		const stamps = stampsFor(match);
		let table = tables.get(match.name);
		if (table === undefined) {
			const mask = parseIp(match.mask);
			table = new RecentTable(mask.ok ? ipNum(mask.value) : 0, stamps);
			tables.set(match.name, table);
		} else if (stamps > table.stampsMax) {
			table.flush();
			table.stampsMax = stamps;
		}
		table.users += 1;
	},
	release(match, at) {
		const table = recentTables(at.netns).get(match.name);
		if (table !== undefined) table.users -= 1;
	},
	compile(match, at) {
		const table = recentTables(at.netns).get(match.name);
		return table === undefined ? () => match.invert === true : compileFor(match, table);
	},
};

function compileFor(match: RecentMatch, table: RecentTable): MatchFn {
	const want = match.invert !== true;
	const side = match.side === "rsource" ? "src" : "dst";
	const setting = match.action === "set";
	return (skb, state, pkt) => {
		const now = jiffies(skb.machine.loop.now());
		// The TTL as it was before forwarding took one off.
		const made = skb.sk !== undefined || skb.iif === 0;
		const ttl = ipv4Ttl(skb.bytes, skb.network) + (state.outdev !== undefined && !made ? 1 : 0);
		const addr = masked(pkt[side], table.mask);
		const entry = table.lookup(addr, match.rttl === true ? ttl : 0);
		if (entry === undefined) {
			if (setting) table.insert(addr, ttl, now);
			return setting === want;
		}
		if (match.action === "remove") {
			table.remove(entry);
			return want;
		}
		const hit = setting || wasSeen(match, entry, now);
		const updating = match.action === "update" && hit === want;
		if (!setting && match.reap === true) table.reap(now - (match.seconds ?? 0) * HZ, updating ? entry : undefined);
		if (setting || updating) table.update(entry, ttl, now);
		return hit === want;
	};
}

/** At least `hitcount` stamps within the last `seconds`. */
function wasSeen(match: RecentMatch, entry: RecentEntry, now: number): boolean {
	const { seconds, hitcount } = match;
	const since = now - (seconds ?? 0) * HZ;
	let hits = 0;
	for (const stamp of entry.stamps) {
		if (seconds !== undefined && seconds !== 0 && stamp < since) continue;
		hits += 1;
		if (hitcount === undefined || hitcount === 0 || hits >= hitcount) return true;
	}
	return false;
}

function masked(addr: IpNum, mask: IpNum): IpNum {
	if (typeof addr === "number") return typeof mask === "number" ? (addr & mask) >>> 0 : addr;
	return typeof mask === "bigint" ? addr & mask : addr;
}

function stampsFor(match: RecentMatch): number {
	let stamps = 1;
	const wanted = match.hitcount === undefined || match.hitcount === 0 ? DEFAULT_STAMPS : match.hitcount;
	while (stamps < wanted) stamps *= 2;
	return stamps;
}

function check(match: RecentMatch, at: RuleContext): ObjectError | undefined {
	const refuse = (why: string): ObjectError => ({
		errno: "EINVAL",
		message: `recent match in chain ${at.chain}: ${why}`,
	});
	const changing = match.action === "set" || match.action === "remove";
	const counts = (match.hitcount ?? 0) > 0 || (match.seconds ?? 0) > 0;
	if (changing && (match.rttl === true || match.reap === true || counts)) {
		return refuse(`--rttl, --reap, --seconds and --hitcount do not go with --${match.action}`);
	}
	if (match.reap === true && (match.seconds ?? 0) === 0) return refuse("--reap needs --seconds");
	if ((match.hitcount ?? 0) >= MAX_STAMPS) return refuse(`hitcount (${match.hitcount}) is larger than 255`);
	if (match.name === "" || match.name.length >= NAME_LENGTH || match.name.includes("/")) return refuse("bad list name");
	const mask = parseIp(match.mask);
	if (!mask.ok || (typeof ipNum(mask.value) === "number") !== (at.family === "ipv4")) return refuse("bad mask");
	return undefined;
}
