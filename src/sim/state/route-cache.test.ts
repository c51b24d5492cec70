import fc from "fast-check";
import { expect, test } from "vitest";
import { RouteCache, type RouteCacheKey } from "./route-cache.ts";

const small = fc.record({ dst: fc.nat(12), src: fc.nat(2), dev: fc.nat(1), mark: fc.nat(1), tos: fc.nat(1) });
const wide = small.map((key) => ({ ...key, dst: 0xffffffff - key.dst }));

type Entry = RouteCacheKey & { readonly value: number };

test("what the cache has is what was put last for that key in that generation; it may have forgotten it", () => {
	const step = fc.record({ key: fc.oneof(small, wide), isNewGeneration: fc.boolean() });
	const again = { key: { dst: 1, src: 1, dev: 1, mark: 0, tos: 0 }, isNewGeneration: false };
	let hits = 0;
	fc.assert(
		fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
			const cache = new RouteCache<Entry>();
			const truth = new Map<string, number>();
			let generation = 0;
			steps.forEach(({ key, isNewGeneration }, value) => {
				if (isNewGeneration && value % 50 === 0) {
					generation += 1;
					truth.clear();
				}
				const found = cache.get(generation, key)?.value;
				if (found !== undefined) {
					hits += 1;
					expect(found).toBe(truth.get(JSON.stringify(key)));
				}
				cache.put(generation, { ...key, value });
				truth.set(JSON.stringify(key), value);
				expect(cache.get(generation, key)?.value).toBe(value);
			});
		}),
		// Chance alone may draw no key twice.
		{ examples: [[[again, again]]] },
	);
	expect(hits).toBeGreaterThan(0);
});
