/** The documents that are made from code, and the promises in documents that code can check. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { DROP_REASONS } from "../src/kernel/drop-reason.ts";
import { FEATURES } from "../src/verify/generate/features.ts";
import { podwire } from "./run-podwire.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

test("docs/drop-reasons.md is the table of reasons (npx vitest run test/docs.test.ts -u writes it)", async () => {
	const rows = Object.entries(DROP_REASONS).map(([reason, sentence]) => `| \`${reason}\` | ${sentence} |`);
	const text = `# Drop reasons

Why a packet ended without being delivered. The names are those of Linux's \`enum skb_drop_reason\` where it has one.
Made from \`src/kernel/drop-reason.ts\`; do not edit.

| reason | meaning |
| --- | --- |
${rows.join("\n")}
`;
	await expect(text).toMatchFileSnapshot(join(ROOT, "docs/drop-reasons.md"));
});

test("the simulated kernel gives every reason of the table somewhere", () => {
	const sources = readdirSync(join(ROOT, "src/sim"), { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
		.map((path) => readFileSync(join(ROOT, "src/sim", path), "utf8"))
		.join("\n");
	expect(sources.length).toBeGreaterThan(50_000);
	expect(Object.keys(DROP_REASONS).filter((reason) => !sources.includes(`"${reason}"`))).toEqual([]);
});

/** Of scenarios that have a match, a target or a device, beside one kernel or the other. */
const EXERCISED = 200;

test("the fidelity tables have a row for each feature, and each was exercised beside one kernel at least", () => {
	const document = readFileSync(join(ROOT, "docs/fidelity.md"), "utf8");
	const tables = ["fidelity", "fidelity:vm"].map((place) => {
		const [, from = ""] = document.split(`<!-- ${place}: begin`);
		const rows = (from.split(`<!-- ${place}: end`)[0] ?? "").split("\n").map((row) => row.split(" | "));
		return new Map(rows.map(([feature = "", scenarios]) => [feature.replace(/^\| /, ""), Number(scenarios)]));
	});
	const missing = FEATURES.filter((feature) => tables.some((table) => !table.has(feature)));
	expect(missing, "npm run fidelity -- --write, npm run fidelity:vm -- --write").toEqual([]);
	const rarer = (count: number) => (feature: string) => tables.every((table) => Number(table.get(feature)) < count);
	expect(FEATURES.filter(rarer(1))).toEqual([]);
	expect(FEATURES.filter((feature) => /^(match|target|device) /.test(feature)).filter(rarer(EXERCISED))).toEqual([]);
});

test("links in the documents lead to files that are there", () => {
	const documents = [
		"README.md",
		"CONTRIBUTING.md",
		...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
			.filter((path) => path.endsWith(".md"))
			.map((path) => join("docs", path)),
	];
	const links = documents.flatMap((path) =>
		[...readFileSync(join(ROOT, path), "utf8").matchAll(/\]\(([^)#]+)\)/g)].map((match) => ({
			path,
			target: match[1] ?? "",
		})),
	);
	expect(links.length).toBeGreaterThan(10);
	const broken = links.filter(
		({ path, target }) => !target.includes("://") && !existsSync(join(ROOT, dirname(path), target)),
	);
	expect(broken).toEqual([]);
});

test("every dependency is justified in docs/dependencies.md", () => {
	const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
	const text = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
	const names = ["dependencies", "devDependencies"].flatMap((key) =>
		Object.keys(((manifest as Record<string, Record<string, string>>)[key] ?? {}) as Record<string, string>),
	);
	expect(names.length).toBeGreaterThan(8);
	expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test("the README's commands do what it says of them", async () => {
	const readme = readFileSync(join(ROOT, "README.md"), "utf8");
	const commands = [...readme.matchAll(/^(?:\$ )?npx podwire (trace -f examples\/myapp .*)$/gm)].map(
		(match) => match[1] ?? "",
	);
	expect(commands.length).toBeGreaterThan(8);
	for (const command of commands) {
		const words = command
			.trim()
			.split(" ")
			.map((word) => (word === "examples/myapp" ? join(ROOT, word) : word));
		const bad = readme.includes("Exit code 2") && (command.includes("cleint") || command.endsWith("default/client"));
		expect((await podwire(...words)).code, command).toBe(bad ? 2 : command.includes("orphan") ? 1 : 0);
	}
});
