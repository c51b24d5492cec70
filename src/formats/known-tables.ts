/**
 * Text of IPv4 tables that is read by several readers: a scenario's rules are loaded into every kernel. The tables of the texts met last are remembered, so that only the first reader takes a text apart.
 */
import { ok, type Result } from "../base/result.ts";
import type { Table } from "../kernel/xtables.ts";
import { type ParseError, parseIptablesSave } from "./iptables-save.ts";

/** Of some scenarios. */
const REMEMBERED = 64;

/** By the text from `*table` to `COMMIT`; the oldest first. */
const known = new Map<string, readonly Table[]>();

/** Reads text of iptables-save. */
export function readTables(text: string): Result<readonly Table[], ParseError> {
	const tables: Table[] = [];
	for (let at = 0; at < text.length; ) {
		const commit = text.indexOf(END, at);
		const end = commit < 0 ? text.length : commit + END.length;
		const part = readPart(text.slice(at, end));
		// The whole text tells the line.
		if (part === undefined) {
			const parsed = parseIptablesSave(text, { family: "ipv4" });
			return parsed.ok ? ok(parsed.value.tables) : parsed;
		}
		for (const table of part) tables.push(table);
		at = end;
	}
	return ok(tables);
}

const END = "\nCOMMIT\n";

function readPart(text: string): readonly Table[] | undefined {
	const found = known.get(text);
	if (found !== undefined) return found;
	const parsed = parseIptablesSave(text, { family: "ipv4" });
	if (!parsed.ok) return undefined;
	remember(text, parsed.value.tables);
	return parsed.value.tables;
}

function remember(text: string, tables: readonly Table[]): void {
	known.set(text, tables);
	if (known.size <= REMEMBERED) return;
	const [oldest] = known.keys();
	if (oldest !== undefined) known.delete(oldest);
}
