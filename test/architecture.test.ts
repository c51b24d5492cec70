/** The laws of docs/architecture.md as code: rooms, Node-free core, no cycles, file size. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ROOMS, SIM_LAYERS } from "./architecture.ts";

const SRC = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
const LINE_LIMIT = 400;

interface SourceFile {
	/** Relative to src/, with slashes. */
	readonly path: string;
	readonly text: string;
	readonly imports: readonly string[];
}

const FILES: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
	.filter((path) => path.endsWith(".ts"))
	.map((path) => {
		const text = readFileSync(join(SRC, path), "utf8");
		return { path: path.replaceAll("\\", "/"), text, imports: importsOf(text) };
	});

const PRODUCTION = FILES.filter((file) => !file.path.endsWith(".test.ts"));

test("the laws are checked against the real files: every room has some, and their imports were found", () => {
	expect(PRODUCTION.length).toBeGreaterThan(60);
	for (const room of ROOMS)
		expect(PRODUCTION.filter((file) => roomOf(file.path) === room.name).length, room.name).toBeGreaterThan(0);
	expect(PRODUCTION.flatMap((file) => file.imports).length).toBeGreaterThan(200);
});

test("every file is in a room, and a room imports only the rooms it may know", () => {
	const offences: string[] = [];
	for (const file of PRODUCTION) {
		const room = ROOMS.find((candidate) => candidate.name === roomOf(file.path));
		if (room === undefined) {
			offences.push(`${file.path}: no such room; add it to test/architecture.ts and docs/architecture.md`);
			continue;
		}
		for (const target of relativeImports(file)) {
			const other = roomOf(target);
			if (other === room.name || room.mayImport.includes(other)) continue;
			offences.push(
				`${file.path} imports ${target}: ${room.name}/ may import ${room.mayImport.join(", ") || "nothing"}`,
			);
		}
	}
	expect(offences).toEqual([]);
});

test("the core imports nothing of Node", () => {
	const offences = PRODUCTION.filter(
		(file) => ROOMS.find((room) => room.name === roomOf(file.path))?.node !== true,
	).flatMap((file) =>
		file.imports.filter((target) => target.startsWith("node:")).map((target) => `${file.path}: ${target}`),
	);
	expect(offences).toEqual([]);
});

test("nothing imports in a circle, type-only imports included", () => {
	const graph = new Map(FILES.map((file) => [file.path, relativeImports(file)]));
	const done = new Set<string>();
	const cycles: string[] = [];
	const visit = (path: string, trail: readonly string[]): void => {
		if (trail.includes(path)) {
			cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
			return;
		}
		if (done.has(path)) return;
		for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
		done.add(path);
	};
	for (const path of graph.keys()) visit(path, []);
	expect(cycles).toEqual([]);
});

test("inside sim/ the nouns know nothing of what is built on them", () => {
	const layerOf = (path: string): number => SIM_LAYERS.findIndex((layer) => layer.includes(path.slice("sim/".length)));
	const offences: string[] = [];
	for (const file of PRODUCTION.filter((candidate) => candidate.path.startsWith("sim/"))) {
		const layer = layerOf(file.path);
		if (layer < 0) continue;
		for (const target of relativeImports(file).filter((path) => path.startsWith("sim/"))) {
			const other = layerOf(target);
			if (other < 0 || other > layer) offences.push(`${file.path} imports ${target}`);
		}
	}
	expect(offences).toEqual([]);
});

test(`no file is longer than ${LINE_LIMIT} lines`, () => {
	const long = PRODUCTION.map((file) => ({ path: file.path, lines: file.text.split("\n").length }))
		.filter((file) => file.lines > LINE_LIMIT)
		.map((file) => `${file.path}: ${file.lines} lines; split it by what it is about`);
	expect(long).toEqual([]);
});

function roomOf(path: string): string {
	return path.split("/")[0] ?? "";
}

function relativeImports(file: SourceFile): readonly string[] {
	return file.imports
		.filter((target) => target.startsWith("."))
		.map((target) => relative(SRC, normalize(join(SRC, dirname(file.path), target))).replaceAll("\\", "/"));
}

/** Static and dynamic imports and re-exports, by their specifier. */
function importsOf(text: string): readonly string[] {
	const found: string[] = [];
	for (const match of text.matchAll(/^\s*(?:import|export)\s(?:[^;"']*?\sfrom\s)?["']([^"']+)["']/gm))
		found.push(match[1] ?? "");
	for (const match of text.matchAll(/\bimport\(\s*["']([^"']+)["']/g)) found.push(match[1] ?? "");
	return found;
}
