/** For tests of the real kernel: a `LinuxKernel` with namespaces of its own in a few words. Needs root. */
import type { Op } from "../src/kernel/kernel.ts";
import type { KernelObject, KernelObjectKind, Link } from "../src/kernel/objects.ts";
import type { LinuxKernel, LinuxKernelOptions } from "../src/linux/linux-kernel.ts";
import { openLinuxKernel } from "../src/linux/open-linux-kernel.ts";

export class LinuxLab {
	readonly kernel: LinuxKernel;

	constructor(options: LinuxKernelOptions = {}) {
		this.kernel = openLinuxKernel(options).kernel;
	}

	static async open(...names: readonly string[]): Promise<LinuxLab> {
		const lab = new LinuxLab();
		for (const name of names) {
			const made = await lab.kernel.addNetns(name);
			if (!made.ok) throw new Error(made.error.message);
		}
		return lab;
	}

	/** Applies operations that must succeed. */
	async apply(netns: string, ...tx: readonly Op[]): Promise<void> {
		const done = await this.kernel.apply(netns, tx);
		if (!done.ok) throw new Error(JSON.stringify(done.error));
	}

	async add(netns: string, ...objects: readonly KernelObject[]): Promise<void> {
		await this.apply(netns, ...objects.map((object) => ({ verb: "add", object }) as const));
	}

	async set(netns: string, ...objects: readonly KernelObject[]): Promise<void> {
		await this.apply(netns, ...objects.map((object) => ({ verb: "replace", object }) as const));
	}

	async dump(netns: string, ...kinds: readonly KernelObjectKind[]): Promise<readonly KernelObject[]> {
		const dumped = await this.kernel.dump(netns, kinds);
		if (!dumped.ok) throw new Error(dumped.error.message);
		return dumped.value;
	}

	async links(netns: string): Promise<readonly Link[]> {
		return (await this.dump(netns, "link")).filter((object) => object.kind === "link");
	}

	close(): void {
		this.kernel.close();
	}
}
