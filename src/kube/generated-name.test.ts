import fc from "fast-check";
import { expect, test } from "vitest";
import { fnv32a, generatedName, nameSuffix, templateHash } from "./generated-name.ts";

test.each([
	["", 0x811c9dc5],
	["a", 0xe40c292c],
	["foobar", 0xbf9cf968],
])("FNV-1a of %j is %i", (text, hash) => {
	expect(fnv32a(text)).toBe(hash);
});

test("a template hash has the characters that ten digits map to, as Kubernetes' own have", () => {
	fc.assert(fc.property(fc.string(), (text) => /^[456789bcdf]{1,10}$/.test(templateHash(text))));
});

test("a suffix has five characters of the alphabet without vowels", () => {
	fc.assert(fc.property(fc.string(), (text) => /^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(nameSuffix(text))));
});

test("a taken name is not given again, and the same seed gives the same name", () => {
	const first = generatedName("myapp", "seed", () => false);
	const second = generatedName("myapp", "seed", (name) => name === first);
	expect(second).not.toBe(first);
	expect(generatedName("myapp", "seed", () => false)).toBe(first);
});

test("a long name is cut to 63 characters", () => {
	expect(generatedName("x".repeat(80), "seed", () => false)).toHaveLength(63);
});
