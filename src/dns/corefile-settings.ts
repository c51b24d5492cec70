/** A whole Corefile → what podwire's name server does of it; what it does not do is refused by name. */
import { err, ok, type Result } from "../base/result.ts";
import type { ClusterDnsConfig } from "./config.ts";
import { argumentError, type CorefileError, type Directive, parseCorefile } from "./corefile.ts";
import { readKubernetesStanza, zoneText } from "./kubernetes-stanza.ts";

export interface CorefileSettings {
	readonly config: ClusterDnsConfig;
	/** Addresses, and files like /etc/resolv.conf that have some, as written. */
	readonly forward: readonly string[];
	/** Longest time that a forwarded answer is kept. */
	readonly cacheSeconds: number;
}

/** Plug-ins that say nothing about what is answered. */
const SILENT: ReadonlySet<string> = new Set([
	"errors",
	"health",
	"log",
	"loop",
	"prometheus",
	"ready",
	"reload",
	// Its order of addresses is random; here it is the slices'.
	"loadbalance",
]);
/** `cache` without a number. */
const DEFAULT_CACHE_SECONDS = 3600;

export function readCorefile(text: string): Result<CorefileSettings, CorefileError> {
	const parsed = parseCorefile(text);
	if (!parsed.ok) return parsed;
	const serving = parsed.value.filter(({ block }) => block.some(({ name }) => name === "kubernetes"));
	const [server] = serving;
	if (server === undefined) return err({ line: 1, message: "no server block with a kubernetes directive" });
	const other = parsed.value.find((each) => each !== server);
	if (other !== undefined) {
		return err({ line: other.line, message: `a second server block (${other.name}): podwire serves one` });
	}
	const stanza = readKubernetesStanza(server.block, [server.name, ...server.args].map(zoneText));
	if (!stanza.ok) return stanza;
	const { labels, namespaceLabels, multicluster } = stanza.value;
	const unmodelled = labels !== "" ? "labels" : namespaceLabels !== "" ? "namespace_labels" : "multicluster";
	if (labels !== "" || namespaceLabels !== "" || multicluster.length > 0) {
		const at = server.block.find(({ name }) => name === "kubernetes")?.block.find(({ name }) => name === unmodelled);
		return err({ line: at?.line ?? server.line, message: `kubernetes: ${unmodelled}: podwire does not do that` });
	}
	let settings: CorefileSettings = { config: stanza.value.config, forward: [], cacheSeconds: 0 };
	for (const directive of server.block) {
		const read = readDirective(directive, settings);
		if (!read.ok) return read;
		settings = read.value;
	}
	return ok(settings);
}

function readDirective(directive: Directive, settings: CorefileSettings): Result<CorefileSettings, CorefileError> {
	const { name, args, line, block } = directive;
	switch (name) {
		case "kubernetes":
			return ok(settings);
		case "forward": {
			const [from, ...to] = args;
			if (from === undefined || to.length === 0) return err(argumentError(directive));
			if (zoneText(from) !== "") return err({ line, message: `forward ${from}: podwire forwards all names or none` });
			return ok({ ...settings, forward: to });
		}
		case "cache": {
			const seconds = args[0] === undefined ? DEFAULT_CACHE_SECONDS : Number(args[0]);
			if (!Number.isInteger(seconds) || seconds < 0) return err(argumentError(directive));
			return ok({ ...settings, cacheSeconds: seconds });
		}
		case "transfer": {
			const to = block.filter((each) => each.name === "to").flatMap((each) => each.args);
			return ok({ ...settings, config: { ...settings.config, transferTo: to } });
		}
		default:
			if (SILENT.has(name)) return ok(settings);
			return err({ line, message: `${name}: podwire's name server has no such plug-in` });
	}
}
