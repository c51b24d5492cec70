/** kube-proxy's transactions on the real kernel: carried out one after another, they leave what a full sync would. Needs root. */
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { formatRule } from "../src/formats/iptables-save.ts";
import type { KernelObject } from "../src/kernel/objects.ts";
import type { NodeFacts } from "../src/kube/snapshot.ts";
import type { KubeProxyConfig } from "../src/kube-proxy/config.ts";
import { desiredIptables, IptablesProxier } from "../src/kube-proxy/iptables.ts";
import { cidr, ip } from "../src/wire/addr.ts";
import { LinuxLab } from "./linux-lab.ts";
import { anySnapshot } from "./proxy-arbitrary.ts";
import { canRunReal } from "./real-netns.ts";

const canRun = await canRunReal("iptables-nft-restore");
const N1: NodeFacts = { name: "n1", nodeIPs: [ip("192.168.0.1")] };
/** The counters need a module that not every kernel has. */
const CONFIG: KubeProxyConfig = { clusterCIDRs: [cidr("10.1.0.0/16")], nfacct: false };
const SEED = 20_261_128;
const SEQUENCES = 6;

const labs: LinuxLab[] = [];

afterAll(() => {
	for (const lab of labs) lab.close();
});

function chainTexts(objects: readonly KernelObject[]): Readonly<Record<string, readonly string[]>> {
	const chains = objects.flatMap((object) => {
		if (object.kind !== "xt-chain" || !object.chain.startsWith("KUBE-")) return [];
		const rules = object.rules.map(({ matches, target }) => formatRule({ matches, target }));
		return [[`${object.table} ${object.chain}`, rules] as const];
	});
	return Object.fromEntries(chains);
}

test.skipIf(!canRun)("the chains are those that are wanted, after each of some generated changes", async () => {
	const sequences = fc.sample(fc.array(anySnapshot, { minLength: 3, maxLength: 4 }), {
		seed: SEED,
		numRuns: SEQUENCES,
	});
	for (const snapshots of sequences) {
		const lab = await LinuxLab.open("node");
		labs.push(lab);
		const proxier = new IptablesProxier(N1, CONFIG);
		for (const snapshot of snapshots) {
			await lab.apply("node", ...proxier.transaction(snapshot));
			const wanted = chainTexts(desiredIptables(snapshot, N1, CONFIG));
			expect(chainTexts(await lab.dump("node", "xt-chain"))).toEqual(wanted);
		}
	}
});
