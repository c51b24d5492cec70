/** A Node's manifest → Node. */
import { type Cidr, familyOf, formatCidr, type IpAddr } from "../wire/addr.ts";
import type { Field } from "./field.ts";
import { readCidr, readDnsSubdomain, readIp, readLabels, readList, required } from "./field-values.ts";
import type { RawObject } from "./manifest-source.ts";
import type { Node, NodeInfo, Taint } from "./snapshot.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

const SPEC_FIELDS: ReadonlySet<string> = new Set([
	"podCIDR",
	"podCIDRs",
	"providerID",
	"unschedulable",
	"taints",
	"configSource",
	"externalID",
]);

export interface NodeOptions {
	/** Whoever only asks kube-proxy needs no network for pods. */
	readonly podCIDRsOptional?: boolean;
}

export function readNode({ root }: RawObject, options: NodeOptions = {}): Node | undefined {
	const metadata = root.get("metadata");
	const spec = root.get("spec");
	spec.allow(SPEC_FIELDS);
	const name = readDnsSubdomain(metadata.get("name"));
	const podCIDRs = readPodCIDRs(spec, options);
	const internalIPs = readAddresses(root, "InternalIP");
	if (internalIPs.length === 0) {
		root.get("status").get("addresses").fail("missing-field", "missing; expected an address of type InternalIP");
		return undefined;
	}
	if (name === undefined) return undefined;
	const nodeInfo = readNodeInfo(root.get("status").get("nodeInfo"));
	return {
		name,
		labels: readLabels(metadata.get("labels")),
		internalIPs,
		externalIPs: readAddresses(root, "ExternalIP"),
		podCIDRs,
		unschedulable: spec.get("unschedulable").boolean() ?? false,
		taints: readList(spec.get("taints"), readTaint),
		ready: readReady(root),
		...(nodeInfo === undefined ? {} : { nodeInfo }),
	};
}

/** `podCIDRs`, and `podCIDR`, which must be its first. At most one of each family. */
function readPodCIDRs(spec: Field, { podCIDRsOptional = false }: NodeOptions): readonly Cidr[] {
	const single = spec.get("podCIDR");
	const first = readCidr(single);
	const listField = spec.get("podCIDRs");
	const list = readList(listField, readCidr);
	if (first === undefined && !single.present && !listField.present && !podCIDRsOptional) {
		single.expected("the network of the node's pods (ADDRESS/LENGTH)");
	}
	const head = list[0];
	if (first !== undefined && head !== undefined && formatCidr(first) !== formatCidr(head)) {
		single.expected(`the first of podCIDRs, ${formatCidr(head)}`);
	}
	const families = list.map((net) => familyOf(net.addr));
	if (new Set(families).size < families.length) listField.expected("at most one CIDR of each family");
	return list.length > 0 ? list : first === undefined ? [] : [first];
}

function readAddresses(root: Field, type: string): readonly IpAddr[] {
	return readList(root.get("status").get("addresses"), (item) => {
		const address = item.get("address");
		return item.get("type").string() === type ? required(address, readIp, "an IP address") : undefined;
	});
}

function readTaint(field: Field): Taint | undefined {
	const key = required(field.get("key"), (item) => item.string(), "a taint key");
	const effect = required(field.get("effect"), (item) => item.oneOf(EFFECTS), EFFECTS.join(", "));
	const value = field.get("value").string() ?? "";
	return key === undefined || effect === undefined ? undefined : { key, value, effect };
}

function readReady(root: Field): boolean {
	for (const condition of root.get("status").get("conditions").items()) {
		if (condition.get("type").string() === "Ready") return condition.get("status").string() === "True";
	}
	return true;
}

function readNodeInfo(field: Field): NodeInfo | undefined {
	if (!field.present) return undefined;
	const text = (name: string): string => field.get(name).string() ?? "";
	return {
		kubeletVersion: text("kubeletVersion"),
		osImage: text("osImage"),
		kernelVersion: text("kernelVersion"),
		containerRuntimeVersion: text("containerRuntimeVersion"),
	};
}
