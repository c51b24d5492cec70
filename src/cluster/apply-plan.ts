/** Carries out plans and differences on a kernel; an error names the namespace and the object. */
import { err, ok, type Result } from "../base/result.ts";
import type { Plan } from "../cni/types.ts";
import type { Kernel, KernelError, Op } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { ClusterError } from "./errors.ts";

export async function applyOps(kernel: Kernel, netns: string, ops: readonly Op[]): Promise<Result<void, ClusterError>> {
	if (ops.length === 0) return ok(undefined);
	const applied = await kernel.apply(netns, ops);
	return applied.ok ? applied : err(kernelFailure(netns, applied.error, ops));
}

/** Part by part, each as one transaction; the parts before a failed one stay. */
export async function applyPlan(kernel: Kernel, plan: Plan): Promise<Result<void, ClusterError>> {
	for (const part of plan) {
		const applied = await applyOps(kernel, part.netns, part.ops);
		if (!applied.ok) return applied;
	}
	return ok(undefined);
}

export async function addNetns(kernel: Kernel, netns: string): Promise<Result<void, ClusterError>> {
	const added = await kernel.addNetns(netns);
	return added.ok ? added : err(kernelFailure(netns, added.error, []));
}

export async function dumpObjects(
	kernel: Kernel,
	netns: string,
	kinds?: readonly KernelObjectKind[],
): Promise<Result<readonly KernelObject[], ClusterError>> {
	const dumped = await kernel.dump(netns, kinds);
	return dumped.ok ? dumped : err(kernelFailure(netns, dumped.error, []));
}

function kernelFailure(netns: string, error: KernelError, ops: readonly Op[]): ClusterError {
	const object = ops[error.op]?.object;
	return { kind: "kernel", netns, error, ...(object === undefined ? {} : { object }) };
}
