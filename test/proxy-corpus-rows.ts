/** Upstream's recorded cases about kube-proxy (../shared/corpus): a file's rows, and how endpoints are written in them. */
import { existsSync, readFileSync } from "node:fs";
import type { ProxyEndpoint } from "../src/kube-proxy/endpoints.ts";

export const CORPUS: URL = new URL("../../shared/corpus/", import.meta.url);

/** None where there is no corpus; throws when it lacks the file. */
export function casesOf<T>(file: string): readonly T[] {
	return existsSync(CORPUS) ? JSON.parse(readFileSync(new URL(file, CORPUS), "utf8")).cases : [];
}

/** Of a table: each case is one row. */
export function rowsOf<T>(file: string): readonly T[] {
	return casesOf<{ readonly row: T }>(file).map(({ row }) => row);
}

export interface EndpointRow {
	readonly endpoint: string;
	readonly isLocal: boolean;
	readonly ready: boolean;
	readonly serving: boolean;
	readonly terminating: boolean;
	readonly zoneHints: readonly string[] | null;
	readonly nodeHints: readonly string[] | null;
}

/** As podwire has it. */
export function endpointRow(endpoint: ProxyEndpoint): EndpointRow {
	const { text, isLocal, ready, serving, terminating, zoneHints, nodeHints } = endpoint;
	return { endpoint: text, isLocal, ready, serving, terminating, zoneHints, nodeHints };
}

/** These members alone, and hints without their order, so that two rows can be compared. */
export function plainEndpointRow(row: EndpointRow): EndpointRow {
	const { endpoint, isLocal, ready, serving, terminating, zoneHints, nodeHints } = row;
	const hints = { zoneHints: sorted(zoneHints), nodeHints: sorted(nodeHints) };
	return { endpoint, isLocal, ready, serving, terminating, ...hints };
}

/** Upstream may leave them out. */
function sorted(hints: readonly string[] | null | undefined): readonly string[] {
	return [...(hints ?? [])].sort();
}
