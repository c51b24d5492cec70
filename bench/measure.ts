/** One measurement is one JSON line: name, value, unit. */

export function report(name: string, value: number, unit: string): void {
	process.stdout.write(`${JSON.stringify({ name, value: Number(value.toPrecision(4)), unit })}\n`);
}

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Milliseconds that `fn` took, and what it returned. */
export async function timed<T>(fn: () => T | Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
	const began = performance.now();
	const value = await fn();
	return { ms: performance.now() - began, value };
}
