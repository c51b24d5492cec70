/** A Service's manifest → a Service whose missing addresses and node ports are still to be allocated. */
import { familyOf, type IpAddr, type IpFamily } from "../wire/addr.ts";
import type { Field } from "./field.ts";
import {
	isDnsSubdomain,
	readCidr,
	readDnsLabel,
	readDnsSubdomain,
	readIp,
	readLabels,
	readList,
	required,
} from "./field-values.ts";
import type { RawObject } from "./manifest-source.ts";
import { readServicePorts, type ServicePortDraft } from "./read-service-ports.ts";
import type { LoadBalancerIngress, Service, ServiceType } from "./snapshot.ts";

export interface ServiceDraft extends Omit<Service, "ports" | "clusterIPs" | "ipFamilies"> {
	readonly ports: readonly ServicePortDraft[];
	/** Those that the manifest asks for. */
	readonly clusterIPs: readonly IpAddr[];
	/** Empty: whatever family the cluster has first. */
	readonly ipFamilies: readonly IpFamily[];
	readonly dualStack: boolean;
	/** Type LoadBalancer with policy Local needs a port for health checks. */
	readonly needsHealthCheckNodePort: boolean;
	readonly source: Field;
}

const TYPES: readonly ServiceType[] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];
const POLICIES = ["Cluster", "Local"] as const;
const DEFAULT_AFFINITY_SECONDS = 10_800;

const SPEC_FIELDS: ReadonlySet<string> = new Set([
	"allocateLoadBalancerNodePorts",
	"clusterIP",
	"clusterIPs",
	"externalIPs",
	"externalName",
	"externalTrafficPolicy",
	"healthCheckNodePort",
	"internalTrafficPolicy",
	"ipFamilies",
	"ipFamilyPolicy",
	"loadBalancerClass",
	"loadBalancerIP",
	"loadBalancerSourceRanges",
	"ports",
	"publishNotReadyAddresses",
	"selector",
	"sessionAffinity",
	"sessionAffinityConfig",
	"trafficDistribution",
	"type",
]);

export function readService({ root, name, namespace }: RawObject): ServiceDraft | undefined {
	const metadata = root.get("metadata");
	const spec = root.get("spec");
	if (!spec.present) return spec.expected("the specification of the Service");
	spec.allow(SPEC_FIELDS);
	readDnsLabel(metadata.get("name"));
	readDnsLabel(metadata.get("namespace"));
	const type = spec.get("type").oneOf(TYPES) ?? "ClusterIP";
	const externalName = type === "ExternalName" ? readExternalName(spec) : undefined;
	const headless = type !== "ExternalName" && isHeadless(spec);
	const clusterIPs = headless || type === "ExternalName" ? [] : readClusterIPs(spec);
	const selector = readLabels(spec.get("selector"));
	const healthCheckNodePort = readHealthCheckNodePort(spec);
	const externalTrafficPolicy = spec.get("externalTrafficPolicy").oneOf(POLICIES) ?? "Cluster";
	const trafficDistribution = spec.get("trafficDistribution").string();
	const affinity = readAffinity(spec);
	return {
		namespace,
		name,
		labels: readLabels(metadata.get("labels")),
		type,
		...(Object.keys(selector).length === 0 ? {} : { selector }),
		headless,
		clusterIPs,
		ipFamilies: readFamilies(spec, clusterIPs),
		dualStack: ["PreferDualStack", "RequireDualStack"].includes(spec.get("ipFamilyPolicy").string() ?? ""),
		ports: readServicePorts(spec.get("ports"), {
			type,
			portsOptional: headless || type === "ExternalName",
			allocateNodePorts: spec.get("allocateLoadBalancerNodePorts").boolean() ?? true,
		}),
		...(externalName === undefined ? {} : { externalName }),
		externalIPs: readList(spec.get("externalIPs"), readIp),
		loadBalancerIngress: type === "LoadBalancer" ? readIngress(root) : [],
		loadBalancerSourceRanges: readList(spec.get("loadBalancerSourceRanges"), readCidr),
		...(affinity === undefined ? {} : { clientIPAffinitySeconds: affinity }),
		externalTrafficPolicy,
		internalTrafficPolicy: spec.get("internalTrafficPolicy").oneOf(POLICIES) ?? "Cluster",
		...(healthCheckNodePort === undefined ? {} : { healthCheckNodePort }),
		needsHealthCheckNodePort: type === "LoadBalancer" && externalTrafficPolicy === "Local",
		publishNotReadyAddresses: spec.get("publishNotReadyAddresses").boolean() ?? false,
		...(trafficDistribution === undefined ? {} : { trafficDistribution }),
		source: root,
	};
}

function readExternalName(spec: Field): string | undefined {
	return required(spec.get("externalName"), readAbsoluteName, "the name that the Service stands for");
}

/** With or without the final dot, which is left out. */
function readAbsoluteName(field: Field): string | undefined {
	const text = field.string();
	return text?.endsWith(".") === true && isDnsSubdomain(text.slice(0, -1))
		? text.slice(0, -1)
		: readDnsSubdomain(field);
}

function isHeadless(spec: Field): boolean {
	if (spec.get("clusterIP").present) return spec.get("clusterIP").string() === "None";
	return spec.get("clusterIPs").items()[0]?.string() === "None";
}

/** `clusterIPs`, and `clusterIP`, which must be its first. */
function readClusterIPs(spec: Field): readonly IpAddr[] {
	const single = spec.get("clusterIP");
	const first = single.string() === "" ? undefined : readIp(single);
	const listField = spec.get("clusterIPs");
	const list = readList(listField, readIp);
	if (first !== undefined && list[0] !== undefined && first !== list[0]) {
		single.expected(`the first of clusterIPs, ${list[0]}`);
	}
	if (list.length > 2 || new Set(list.map(familyOf)).size < list.length) {
		listField.expected("at most one address of each family");
	}
	return list.length > 0 ? list : first === undefined ? [] : [first];
}

function readFamilies(spec: Field, clusterIPs: readonly IpAddr[]): readonly IpFamily[] {
	const families = readList(spec.get("ipFamilies"), (item) => item.oneOf(["IPv4", "IPv6"]));
	if (families.length === 0) return clusterIPs.map(familyOf);
	const wanted = families.map((family): IpFamily => (family === "IPv4" ? "ipv4" : "ipv6"));
	clusterIPs.forEach((address, k) => {
		if (wanted[k] === familyOf(address)) return;
		spec.get("ipFamilies").fail("wrong-field", `the cluster IP ${address} is not of the family said here`);
	});
	return wanted;
}

function readIngress(root: Field): readonly LoadBalancerIngress[] {
	return readList(root.get("status").get("loadBalancer").get("ingress"), (item) => {
		const address = readIp(item.get("ip"));
		const hostname = item.get("hostname").string();
		const ipMode = item.get("ipMode").oneOf(["VIP", "Proxy"]);
		return {
			...(address === undefined ? {} : { ip: address }),
			...(hostname === undefined ? {} : { hostname }),
			...(ipMode === undefined ? {} : { ipMode }),
		};
	});
}

function readAffinity(spec: Field): number | undefined {
	if (spec.get("sessionAffinity").oneOf(["None", "ClientIP"]) !== "ClientIP") return undefined;
	const timeout = spec.get("sessionAffinityConfig").get("clientIP").get("timeoutSeconds");
	return timeout.integer({ min: 1, max: 86_400, what: "1-86400 seconds" }) ?? DEFAULT_AFFINITY_SECONDS;
}

function readHealthCheckNodePort(spec: Field): number | undefined {
	const port = spec.get("healthCheckNodePort").integer({ min: 0, max: 65535, what: "a port number (1-65535)" });
	return port === 0 ? undefined : port;
}
