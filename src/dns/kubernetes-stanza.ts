/** The `kubernetes` directive of a Corefile → the cluster's DNS configuration, refused where and as CoreDNS refuses it. */
import { err, ok, type Result } from "../base/result.ts";
import { type ClusterDnsConfig, isReverseZone, PLUGIN_DEFAULTS, POD_RECORDS } from "./config.ts";
import { argumentError, type CorefileError, type Directive } from "./corefile.ts";
import { formatLabelSelector } from "./label-selector.ts";

export interface KubernetesStanza {
	readonly config: ClusterDnsConfig;
	/** Selectors in normal form; empty: none. */
	readonly labels: string;
	readonly namespaceLabels: string;
	/** Zones of the multi-cluster services API. */
	readonly multicluster: readonly string[];
	readonly startupTimeoutSeconds: number;
	/** Limits of the API client; 0: its own. */
	readonly api: { readonly qps: number; readonly burst: number; readonly maxInflight: number };
}

const DEFAULT_STARTUP_SECONDS = 5;
const MAX_TTL = 3600;
const NO_LIMITS = { qps: 0, burst: 0, maxInflight: 0 };

type Change = Partial<Omit<KubernetesStanza, "config" | "api">> & {
	readonly config?: Partial<ClusterDnsConfig>;
	readonly api?: Partial<KubernetesStanza["api"]>;
};
type Read = Result<Change, CorefileError>;

/** Of one server block, whose own zones serve where the directive names none. */
export function readKubernetesStanza(
	directives: readonly Directive[],
	serverZones: readonly string[],
): Result<KubernetesStanza, CorefileError> {
	const [stanza, second] = directives.filter(({ name }) => name === "kubernetes");
	if (stanza === undefined) return err({ line: 1, message: "there is no kubernetes directive" });
	if (second !== undefined) {
		return err({ line: second.line, message: "this plugin can only be used once per Server Block" });
	}
	const zones = (stanza.args.length > 0 ? stanza.args : serverZones).map(zoneText);
	if (!zones.some((zone) => !isReverseZone(zone))) {
		return err({ line: stanza.line, message: "non-reverse zone name must be used" });
	}
	let read: KubernetesStanza = {
		config: { ...PLUGIN_DEFAULTS, zones },
		labels: "",
		namespaceLabels: "",
		multicluster: [],
		startupTimeoutSeconds: DEFAULT_STARTUP_SECONDS,
		api: NO_LIMITS,
	};
	for (const property of stanza.block) {
		const change = readProperty(property, read.config);
		if (!change.ok) return change;
		const { config, api, ...rest } = change.value;
		read = { ...read, ...rest, config: { ...read.config, ...config }, api: { ...read.api, ...api } };
	}
	if (read.config.namespaces.length > 0 && read.namespaceLabels !== "") {
		return err({ line: stanza.line, message: "namespaces and namespace_labels cannot both be set" });
	}
	return ok(read);
}

function readProperty(property: Directive, before: ClusterDnsConfig): Read {
	const { name, args, line } = property;
	const [first = ""] = args;
	const counted = (holds: boolean, change: Change): Read => (holds ? ok(change) : err(argumentError(property)));
	switch (name) {
		case "endpoint_pod_names":
			return counted(args.length === 0, { config: { endpointPodNames: true } });
		case "noendpoints":
			return counted(args.length === 0, { config: { endpoints: false } });
		case "zonal":
			return counted(args.length === 0, { config: { zonal: true } });
		case "pods": {
			const pods = POD_RECORDS.find((mode) => mode === first);
			if (args.length !== 1) return err(argumentError(property));
			const message = `wrong value for pods: ${first},  must be one of: disabled, verified, insecure`;
			return pods === undefined ? err({ line, message }) : ok({ config: { pods } });
		}
		case "namespaces":
			return counted(args.length > 0, { config: { namespaces: [...before.namespaces, ...args] } });
		case "fallthrough":
			return ok({ config: { fallthrough: args.length === 0 ? [""] : args.map(zoneText) } });
		case "ignore":
			if (first === "empty_service") return ok({ config: { ignoreEmptyService: true } });
			return err({ line, message: `unable to parse ignore value: '${first}'` });
		case "ttl": {
			if (args.length === 0) return err(argumentError(property));
			const ttlSeconds = wholeOf(first);
			const right = ttlSeconds !== undefined && ttlSeconds >= 0 && ttlSeconds <= MAX_TTL;
			return right
				? ok({ config: { ttlSeconds } })
				: err({ line, message: `ttl must be in range [0, ${MAX_TTL}]: ${first}` });
		}
		case "labels":
		case "namespace_labels":
			return readSelector(property);
		case "multicluster":
			return counted(args.length > 0, { multicluster: args.map(zoneText) });
		case "startup_timeout": {
			const startupTimeoutSeconds = secondsOf(first);
			if (args.length !== 1) return err(argumentError(property));
			return startupTimeoutSeconds === undefined
				? err({ line, message: `failed to parse startup_timeout: ${first}` })
				: ok({ startupTimeoutSeconds });
		}
		case "apiserver_qps":
			return readLimit(property, (qps) => ({ qps }));
		case "apiserver_burst":
			return readLimit(property, (burst) => ({ burst }));
		case "apiserver_max_inflight":
			return readLimit(property, (maxInflight) => ({ maxInflight }));
		// Where the API is: podwire has the objects already.
		case "endpoint":
			return counted(args.length > 0, {});
		case "tls":
			return counted(args.length === 3, {});
		case "kubeconfig":
			return counted(args.length === 1 || args.length === 2, {});
		default:
			return err({ line, message: `unknown property '${name}'` });
	}
}

function readSelector(property: Directive): Read {
	const { name, args, line } = property;
	if (args.length === 0) return err(argumentError(property));
	const text = args.join(" ");
	const selector = formatLabelSelector(text);
	const what = name === "labels" ? "label" : "namespace_label";
	if (!selector.ok) {
		return err({ line, message: `unable to parse ${what} selector value: '${text}': ${selector.error}` });
	}
	return ok(name === "labels" ? { labels: selector.value } : { namespaceLabels: selector.value });
}

function readLimit(property: Directive, change: (limit: number) => Partial<KubernetesStanza["api"]>): Read {
	const { name, args, line } = property;
	if (args.length !== 1) return err(argumentError(property));
	const limit = Number(args[0]);
	return limit >= 0 ? ok({ api: change(limit) }) : err({ line, message: `${name} must be >= 0: ${args[0]}` });
}

function wholeOf(text: string): number | undefined {
	return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Go's durations: `1s`, `1m30s`. */
function secondsOf(text: string): number | undefined {
	const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
	if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
	const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
	return parts.reduce((sum, [, number = "", unit = ""]) => sum + Number(number) * (units[unit] ?? 0), 0);
}

/** `Cluster.Local.` → `cluster.local`; a port behind it is the server's and not the zone's. */
export function zoneText(text: string): string {
	return text
		.toLowerCase()
		.replace(/^[a-z]+:\/\//, "")
		.replace(/:\d+$/, "")
		.replace(/\.$/, "");
}
