/** The contract of the port, on both kernels. */
import { openLinuxKernel } from "../src/linux/open-linux-kernel.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { type ContractKernel, kernelContract } from "./kernel-contract.ts";

kernelContract("the simulated kernel", () => ({ kernel: new SimKernel({ seed: 1 }), close: () => {} }));

// As root, with the packages that .ci/run names: where they are missing these fail and are not skipped.
kernelContract("the real kernel, iptables-nft", () => real("nft"));
kernelContract("the real kernel, iptables-legacy", () => real("legacy"));

function real(backend: "nft" | "legacy"): ContractKernel {
	const { kernel } = openLinuxKernel({ iptables: backend });
	return { kernel, close: () => kernel.close() };
}
