/** What CoreDNS's kubernetes plugin is configured with, by its own words. */

/** Whether `a-b-c-d.NAMESPACE.pod.ZONE` has an address: never, always, or if such a pod is there. */
export type PodRecords = "disabled" | "insecure" | "verified";

export const POD_RECORDS: readonly PodRecords[] = ["disabled", "insecure", "verified"];

export interface ClusterDnsConfig {
	/** In lower case, without the final dot; the first one that is not a reverse zone is the one in PTR records. */
	readonly zones: readonly string[];
	readonly pods: PodRecords;
	/** Of every record but `dns-version`'s; 0 to 3600. */
	readonly ttlSeconds: number;
	/** `namespaces`: the only ones with records; empty: all. */
	readonly namespaces: readonly string[];
	/** `endpoint_pod_names`: an endpoint without a hostname bears its pod's name. */
	readonly endpointPodNames: boolean;
	/** False (`noendpoints`): endpoints have no records. */
	readonly endpoints: boolean;
	/** `ignore empty_service`: a Service without ready endpoints has no records. */
	readonly ignoreEmptyService: boolean;
	/** `zonal`: `TOPOLOGYZONE.pin._zone.SERVICE…` and `….prefer._zone.…` of headless Services. */
	readonly zonal: boolean;
	/** `fallthrough`: names in these zones that are not found go on to the forwarder; `""` is every zone. */
	readonly fallthrough: readonly string[];
	/** `transfer { to … }`: who may have whole zones (AXFR); `*` is everybody. */
	readonly transferTo: readonly string[];
}

export const DEFAULT_DOMAIN = "cluster.local";

/** The plugin's own defaults. */
export const PLUGIN_DEFAULTS: ClusterDnsConfig = {
	zones: [DEFAULT_DOMAIN],
	pods: "disabled",
	ttlSeconds: 5,
	namespaces: [],
	endpointPodNames: false,
	endpoints: true,
	ignoreEmptyService: false,
	zonal: false,
	fallthrough: [],
	transferTo: [],
};

/** As kubeadm configures CoreDNS. */
export function kubeadmDns(domain: string = DEFAULT_DOMAIN): ClusterDnsConfig {
	const reverse = ["in-addr.arpa", "ip6.arpa"];
	return { ...PLUGIN_DEFAULTS, zones: [domain, ...reverse], pods: "insecure", ttlSeconds: 30, fallthrough: reverse };
}

/** The zone that PTR records name. */
export function primaryZone({ zones }: Pick<ClusterDnsConfig, "zones">): string {
	return zones.find((zone) => !isReverseZone(zone)) ?? DEFAULT_DOMAIN;
}

export function isReverseZone(zone: string): boolean {
	return inZone(zone, "in-addr.arpa") || inZone(zone, "ip6.arpa");
}

/** Both in lower case, without the final dot; the zone `""` has every name. */
export function inZone(name: string, zone: string): boolean {
	return zone === "" || name === zone || name.endsWith(`.${zone}`);
}

/** The longest of the zones that the name is in. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
	let best: string | undefined;
	for (const zone of zones) {
		if (inZone(name, zone) && (best === undefined || zone.length > best.length)) best = zone;
	}
	return best;
}
