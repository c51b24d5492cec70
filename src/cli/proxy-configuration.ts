/** kube-proxy's configuration on the command line: a file, or upstream's own flags. */
import { readFileSync } from "node:fs";
import { formatTextError } from "../base/text-error.ts";
import { configurationOfFlags, type GivenFlag } from "../kube-proxy/configuration/flags.ts";
import { readConfiguration } from "../kube-proxy/configuration/read.ts";
import type { ConfigurationValues } from "../kube-proxy/configuration/values.ts";
import { type Io, UsageError } from "./io.ts";

/** Like kube-proxy, which does not look at its flags when it has a file. */
export function proxyConfiguration(io: Io, path: string | undefined, flags: readonly GivenFlag[]): ConfigurationValues {
	if (path === undefined) {
		const values = configurationOfFlags(flags);
		if (!values.ok) throw new UsageError(values.error);
		return values.value;
	}
	const read = readConfiguration({ path, text: textOf(path) });
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
