/** A lab's machines on a kernel, ready for the first command. */
import { err, ok, type Result } from "../../base/result.ts";
import type { TextError } from "../../base/text-error.ts";
import type { FieldPath } from "../../base/yaml-text.ts";
import type { Kernel, Op } from "../../kernel/kernel.ts";
import { createWorld, type HostSpec, type SetupError } from "../create-world.ts";
import type { ShellWorld, WorldOptions } from "../world.ts";
import type { LabHost } from "./lab.ts";
import type { ParsedLab } from "./parse-lab.ts";

/** The error says where in the lab's file what the kernel refused is written. */
export async function openLab(
	kernel: Kernel,
	parsed: ParsedLab,
	options: WorldOptions = {},
): Promise<Result<ShellWorld, TextError>> {
	const { lab, text } = parsed;
	const hosts = Object.entries(lab.hosts).map(([name, host]) => hostSpec(name, host));
	const links = lab.links.map((link) => ({ ends: link.ends.map((end) => `${end.host}:${end.dev}`) }));
	const made = await createWorld(kernel, { hosts, links }, options);
	if (!made.ok) return err(text.error(pathOf(made.error), made.error.message));
	for (const [name, host] of Object.entries(lab.hosts)) {
		for (const [index, { to, via, dev, src, metric }] of host.routes.entries()) {
			const fields = { ...given({ via }), ...given({ dev }), ...given({ src }), ...given({ metric }) };
			const op: Op = { verb: "add", object: { kind: "route", dst: to, protocol: "static", ...fields } };
			const added = await kernel.apply(made.value.hosts.get(name)?.rootNetns ?? "", [op]);
			if (!added.ok) return err(text.error(["hosts", name, "routes", index], added.error.message));
		}
	}
	return ok(made.value);
}

function hostSpec(name: string, host: LabHost): HostSpec {
	const { os, iptables } = host;
	return {
		name,
		...(os === undefined ? {} : { os: { name: os.name, version: os.version, kernelRelease: os.kernel } }),
		interfaces: Object.entries(host.interfaces).map(([dev, { mac, mtu, up, addresses }]) => ({
			name: dev,
			up,
			addresses,
			...given({ mac }),
			...given({ mtu }),
		})),
		sysctls: host.sysctls,
		files: host.files,
		...given({ iptables }),
	};
}

/** `master`, `master:eth0`, `master: iptables` or a link's ends. */
function pathOf({ where }: SetupError): FieldPath {
	const [, host = "", dev] = /^([^\s:]+)(?::(\S+))?/.exec(where) ?? [];
	if (where.endsWith(": iptables")) return ["hosts", host, "iptables"];
	return dev === undefined ? ["hosts", host] : ["hosts", host, "interfaces", dev];
}

/** The field, unless it is undefined. */
function given<K extends string, T>(field: Readonly<Record<K, T | undefined>>): { readonly [P in K]?: T } {
	return Object.values(field).includes(undefined) ? {} : (field as { readonly [P in K]: T });
}
