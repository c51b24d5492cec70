/** Which room may import which: the table that `architecture.test.ts` enforces. Bottom to top, as in docs/architecture.md. */

export interface Room {
	readonly name: string;
	/** Other rooms it may import; its own is always allowed. */
	readonly mayImport: readonly string[];
	/** It may use Node's modules and globals. Without it the room also runs in a browser. */
	readonly node?: true;
}

const PORT = ["base", "wire", "kernel"];

export const ROOMS: readonly Room[] = [
	{ name: "base", mayImport: [] },
	{ name: "wire", mayImport: ["base"] },
	{ name: "kernel", mayImport: ["base", "wire"] },
	{ name: "formats", mayImport: PORT },
	{ name: "sim", mayImport: PORT },
	/** The only room that runs a program, opens netlink or enters a namespace. */
	{ name: "linux", node: true, mayImport: [...PORT, "formats"] },
	{ name: "kube", mayImport: ["base", "wire"] },
	{ name: "programs", mayImport: PORT },
	{ name: "cni", mayImport: PORT },
	{ name: "kube-proxy", mayImport: [...PORT, "kube"] },
	{ name: "routes", mayImport: [...PORT, "kube"] },
	{ name: "dns", mayImport: ["base", "wire", "kube"] },
	{ name: "reconcile", mayImport: PORT },
	{ name: "shell", mayImport: [...PORT, "formats", "programs", "trace"] },
	{ name: "trace", mayImport: [...PORT, "formats"] },
	{ name: "verify", mayImport: [...PORT, "formats", "programs", "trace"] },
	{
		name: "cluster",
		mayImport: [...PORT, "formats", "kube", "programs", "cni", "kube-proxy", "routes", "dns", "reconcile", "trace"],
	},
	{
		name: "cli",
		node: true,
		mayImport: [
			...PORT,
			"formats",
			"sim",
			"linux",
			"kube",
			"programs",
			"cni",
			"kube-proxy",
			"routes",
			"dns",
			"reconcile",
			"trace",
			"cluster",
			"shell",
			"verify",
		],
	},
];

/** Inside `sim/`: each layer may import itself and those before it. */
export const SIM_LAYERS: readonly (readonly string[])[] = [
	["event-loop.ts", "skb-socket.ts", "byte-slab.ts", "ct-info.ts"],
	["types.ts"],
	["trace.ts", "skb.ts", "sysctl.ts"],
];
