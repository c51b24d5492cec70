/** Objects of several namespaces changed for a while, and then put back. */
import { ok, type Result } from "../base/result.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";

export interface PassingChange {
	/** What is looked at, and what its changed objects are called in an error. */
	readonly kinds: readonly KernelObjectKind[];
	readonly what: string;
	/** What to do in a namespace that holds `objects`, and what undoes it; no operations: nothing there. */
	readonly change: (objects: readonly KernelObject[]) => { readonly ops: readonly Op[]; readonly undo: readonly Op[] };
}

/** The result puts everything back, and throws where that fails. On an error nothing stays changed. */
export async function changeForAWhile(
	kernel: Kernel,
	namespaces: readonly string[],
	{ kinds, what, change }: PassingChange,
): Promise<Result<() => Promise<void>, KernelError>> {
	const changed: { readonly netns: string; readonly undo: readonly Op[] }[] = [];
	const putBack = async (): Promise<void> => {
		for (const { netns, undo } of changed) {
			const done = await kernel.apply(netns, undo);
			if (!done.ok) throw new Error(`${netns}: the ${what} could not be put back: ${done.error.message}`);
		}
	};
	for (const netns of namespaces) {
		const dumped = await kernel.dump(netns, kinds);
		if (!dumped.ok) {
			await putBack();
			return dumped;
		}
		const { ops, undo } = change(dumped.value);
		if (ops.length === 0) continue;
		const applied = await kernel.apply(netns, ops);
		if (!applied.ok) {
			await putBack();
			return applied;
		}
		changed.push({ netns, undo });
	}
	return ok(putBack);
}
