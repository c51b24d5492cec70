/** What a machine must have for the real kernel behind the port. */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { KernelError } from "../kernel/kernel.ts";
import type { Link } from "../kernel/objects.ts";
import { Batch } from "./netlink/batch.ts";
import { Rtnl } from "./netlink/rtnl.ts";
import { NetnsList } from "./netns-list.ts";
import { applyLink } from "./objects/link.ts";
import { PROGRAM_PATH } from "./program.ts";

/** Programs that are run, all of Debian's package iptables. */
const PROGRAMS = ["iptables", "ip6tables"].flatMap((name) => [
	name,
	...["nft-restore", "nft-save", "legacy-restore", "legacy-save"].map((each) => `${name}-${each}`),
]);

const DEVICES: readonly Link[] = [
	{ kind: "link", name: "veth0", link: { type: "veth", peer: "veth1" } },
	{ kind: "link", name: "br0", link: { type: "bridge" } },
];

/** A sentence for each thing that is missing; empty: nothing is. Makes a namespace to try, and lets it go. */
export function missingOnThisMachine(): readonly string[] {
	if (process.platform !== "linux") return [`The real kernel needs Linux; this is ${process.platform}.`];
	return [...missingFeatures(), ...PROGRAMS.filter((name) => !isInstalled(name)).map(noProgram)];
}

function missingFeatures(): readonly string[] {
	const table = new NetnsList(undefined);
	const made = table.create("try");
	if (!made.ok) {
		return [`Network namespaces need root (CAP_SYS_ADMIN): ${made.error.errno}: ${made.error.message}.`];
	}
	const rtnl = new Rtnl(table);
	try {
		return DEVICES.flatMap((link) => {
			const batch = new Batch(rtnl, made.value);
			const failed = applyLink(batch, 0, "add", link) ?? batch.flush();
			return failed === undefined ? [] : [noDevice(link, failed)];
		});
	} finally {
		rtnl.close();
		table.close();
	}
}

function noDevice(link: Link, { errno, message }: KernelError): string {
	return `This kernel makes no devices of type ${link.link?.type}: ${errno}: ${message}`;
}

function noProgram(name: string): string {
	return `The program ${name} is not installed (Debian: apt-get install iptables).`;
}

function isInstalled(name: string): boolean {
	return PROGRAM_PATH.split(":").some((directory) => {
		try {
			accessSync(join(directory, name), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
