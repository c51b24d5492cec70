/** `ip link show` and `ip addr show`. */
import { type Field, field, fieldsJson, fieldsText, textOnly } from "../../../formats/fields.ts";
import { addrFields, addrsOf, briefAddrFields } from "../../../formats/ip-addr.ts";
import { briefLinkFields, briefStart, type LinkListing, linkFields } from "../../../formats/ip-link.ts";
import { linkStats } from "../../../formats/ip-link-stats.ts";
import type { Addr, Link } from "../../../kernel/objects.ts";
import {
	addrPasses,
	asksForAddresses,
	type DeviceFilter,
	kernelLists,
	linkPasses,
	parseDeviceFilter,
} from "./device-filter.ts";
import type { IpRun, Printed } from "./run.ts";
import type { Words } from "./words.ts";

export async function showLinks(run: IpRun, words: Words): Promise<number> {
	const filter = await parseDeviceFilter(run, words);
	const links = await run.links();
	const listing = listingOf(run, "link");
	const print = run.options.brief ? briefLinkFields : linkFields;
	const { family } = run.options;
	const none = family === "inet6" || family === "mpls" || family === "bridge" || family === "inet";
	run.print(
		links
			.filter((link) => kernelLists(link, filter))
			.map((link) => (!none && linkPasses(link, filter) ? print(link, links, listing) : undefined)),
	);
	return 0;
}

export async function showAddrs(run: IpRun, words: Words): Promise<number> {
	const filter = await parseDeviceFilter(run, words);
	if (filter.family === "bridge" || filter.family === "mpls") return printNothing(run);
	const links = await run.links();
	const addrs = await run.dump("addr");
	const shown = links.filter((link) => linkPasses(link, filter));
	const objects = shown.flatMap((link): readonly Printed[] => {
		const own = filter.family === "link" ? [] : addrsOf(link, addrs).filter((addr) => addrPasses(addr, filter));
		if (own.length === 0 && asksForAddresses(filter)) return [];
		if (run.options.oneline) return run.options.json ? [onelineJson(link, own)] : onelineAddrs(link, own);
		return [run.options.brief ? briefObject(run, link, links, own) : addrObject(run, { link, links, own, filter })];
	});
	run.print(objects);
	return 0;
}

function printNothing(run: IpRun): number {
	run.print([]);
	return 0;
}

function listingOf(run: IpRun, of: "link" | "addr"): LinkListing {
	const { stats, details } = run.options;
	const human = run.options.human ? ({ human: run.options.iec ? "iec" : "si" } as const) : {};
	return { of, stats: stats > 1 ? 2 : stats > 0 ? 1 : 0, ...human, details: details > 0, peer: run.peer };
}

function briefObject(run: IpRun, link: Link, links: readonly Link[], own: readonly Addr[]): readonly Field[] {
	const fields = own.map(briefAddrFields);
	const text = fields.map(fieldsText).join("");
	return [
		...briefStart(link, links, listingOf(run, "addr")),
		{ text: `${text}\n`, key: "addr_info", value: fields.map(fieldsJson) },
	];
}

function onelineAddrs(link: Link, own: readonly Addr[]): readonly Printed[] {
	return own.map((addr) => [textOnly(`${link.ifindex ?? 0}: ${link.name}${fieldsText(addrFields(addr))}`)]);
}

function onelineJson(link: Link, own: readonly Addr[]): readonly Field[] {
	const place = { index: link.ifindex ?? 0, dev: link.name };
	return [
		field(
			"",
			"addr_info",
			own.map((addr) => ({ ...place, ...fieldsJson(addrFields(addr)) })),
		),
	];
}

interface AddrListing {
	readonly link: Link;
	readonly links: readonly Link[];
	readonly own: readonly Addr[];
	readonly filter: DeviceFilter;
}

/** The device, its addresses, and last its counters. */
function addrObject(run: IpRun, { link, links, own, filter }: AddrListing): readonly Field[] {
	const listing = listingOf(run, "addr");
	const isFamily = filter.family === "inet" || filter.family === "inet6";
	const head = linkFields(link, links, { ...listing, stats: 0, firstLineOnly: isFamily });
	const fields = own.map((addr) => addrFields(addr));
	const stats =
		listing.stats === undefined || listing.stats === 0 || isFamily
			? []
			: linkStats(link.stats, listing.stats, listing.human);
	return [
		...(filter.label === undefined ? head : []),
		field(fields.map(fieldsText).join(""), "addr_info", fields.map(fieldsJson)),
		...stats,
	];
}
