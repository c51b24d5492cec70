/** What `ip route get` prints. */
import { RT_TABLE_MAIN } from "../kernel/objects.ts";
import type { RouteAnswer, RouteQuery } from "../kernel/route-query.ts";
import { type Field, field, fieldIf } from "./fields.ts";
import { tableName as plainTableName } from "./ip-route.ts";

export interface RouteGetListing {
	readonly details?: boolean;
	readonly stats?: boolean;
	readonly tableName?: (table: number) => string;
}

/** Two lines, without the last line end. */
export function routeGetFields(
	query: RouteQuery,
	answer: RouteAnswer,
	{ details = false, stats = false, tableName = plainTableName }: RouteGetListing = {},
): readonly Field[] {
	const { type, dev, via, prefsrc, table, mtu } = answer;
	const showsTable = table !== 0 && (table !== RT_TABLE_MAIN || details);
	const isGroup = type === "broadcast" || type === "multicast";
	const cache = [
		...(type === "local" || isGroup ? ["local"] : []),
		...(answer.redirect === true ? ["redirect"] : []),
		...(type === "broadcast" ? ["brd"] : []),
		...(type === "multicast" ? ["mc"] : []),
	];
	// iproute2 6.1 takes the kernel's RTCF_MULTICAST for a flag of its own.
	const flags = type === "multicast" ? ["rt_offload_failed"] : [];
	const isOutput = query.iif === undefined;
	return [
		...fieldIf(details || type !== "unicast", `${type} `, "type", type),
		field(`${query.dst} `, "dst", query.dst),
		...(query.src === undefined ? [] : [field(`from ${query.src} `, "from", query.src)]),
		...(via === undefined ? [] : [field(`via ${via} `, "gateway", via)]),
		field(`dev ${dev} `, "dev", dev),
		...fieldIf(showsTable, `table ${tableName(table)} `, "table", tableName(table)),
		...(prefsrc === undefined ? [] : [field(`src ${prefsrc} `, "prefsrc", prefsrc)]),
		field(flags.map((flag) => `${flag} `).join(""), "flags", flags),
		...(query.mark === undefined || query.mark === 0 ? [] : [field(`mark ${query.mark} `, "mark", query.mark)]),
		...fieldIf(isOutput, "uid 0 ", "uid", 0),
		field(`\n    cache ${cache.length === 0 ? "" : `<${cache.join(",")}> `}`, "cache", cache),
		...fieldIf(stats, "users 1 ", "users", 1),
		...fieldIf(stats, "age 0sec ", "age", 0),
		...(mtu === undefined ? [] : [field(`mtu ${mtu} `, "metrics", [{ mtu }])]),
		...(query.iif === undefined ? [] : [field(`iif ${query.iif} `, "iif", query.iif)]),
	];
}
