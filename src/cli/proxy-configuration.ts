/** kube-proxy's configuration on the command line: a file, or upstream's own flags. */
import { readFileSync } from "node:fs";
import { formatTextError } from "../base/text-error.ts";
import { configurationOfFlags, type GivenFlag } from "../kube-proxy/configuration/flags.ts";
import { readConfiguration } from "../kube-proxy/configuration/read.ts";
import type { ConfigurationValues } from "../kube-proxy/configuration/values.ts";
import { type Io, UsageError } from "./io.ts";

export interface ProxySource {
	/** A file, or `-`. */
	readonly path?: string;
	readonly flags: readonly GivenFlag[];
	/** Goes before all others. */
	readonly mode?: string;
}

/** Like kube-proxy, which does not look at its flags when it has a file. */
export function proxyConfiguration(io: Io, { path, flags, mode }: ProxySource): ConfigurationValues {
	const forced = mode === undefined ? {} : { mode };
	if (path === undefined) {
		const all = mode === undefined ? flags : [...flags, { flag: "proxy-mode", value: mode }];
		const values = configurationOfFlags(all);
		if (!values.ok) throw new UsageError(values.error);
		return values.value;
	}
	const read = readConfiguration({ path, text: textOf(path) }, forced);
	if (!read.ok) throw new UsageError(read.error.map(formatTextError));
	for (const note of read.value.notes) io.err(`podwire: ${note}\n`);
	for (const { flag } of flags)
		io.err(`podwire: --${flag} has no effect: kube-proxy reads ${path} instead of its flags\n`);
	return read.value.values;
}

function textOf(path: string): string {
	try {
		return readFileSync(path === "-" ? 0 : path, "utf8");
	} catch (cause) {
		throw new UsageError([`${path}: ${cause instanceof Error ? cause.message : String(cause)}`]);
	}
}
