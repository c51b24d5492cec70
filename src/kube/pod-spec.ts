/** A pod's spec, its own or a workload's template: what scheduling and networking read of it. */
import type { IpAddr } from "../wire/addr.ts";
import type { Field } from "./field.ts";
import {
	readContainerPortName,
	readDnsLabel,
	readIp,
	readLabels,
	readList,
	readPort,
	readProtocol,
} from "./field-values.ts";
import { type PodDns, readPodDns } from "./pod-dns.ts";
import type { ContainerPort, Labels, Taint } from "./snapshot.ts";

export interface Toleration {
	/** Empty with `Exists`: every taint. */
	readonly key: string;
	readonly operator: "Exists" | "Equal";
	readonly value: string;
	/** Undefined: every effect. */
	readonly effect?: string;
}

export interface PodSpec extends PodDns {
	readonly nodeName?: string;
	readonly nodeSelector: Labels;
	readonly tolerations: readonly Toleration[];
	readonly hostNetwork: boolean;
	readonly hostname?: string;
	readonly subdomain?: string;
	readonly containers: readonly string[];
	readonly ports: readonly ContainerPort[];
	/** Fields that would change where the pod runs, which this scheduler does not read. */
	readonly ignored: readonly string[];
}

const OPERATORS = ["Exists", "Equal"] as const;

export function readPodSpec(spec: Field): PodSpec {
	const containers = spec.get("containers");
	if (!containers.present || containers.items().length === 0) containers.expected("at least one container");
	const all = [
		...containers.items(),
		...spec
			.get("initContainers")
			.items()
			.filter((item) => item.get("restartPolicy").string() === "Always"),
	];
	const nodeName = spec.get("nodeName").string();
	const hostname = readDnsLabel(spec.get("hostname"));
	const subdomain = readDnsLabel(spec.get("subdomain"));
	const hostNetwork = spec.get("hostNetwork").boolean() ?? false;
	return {
		...(nodeName === undefined || nodeName === "" ? {} : { nodeName }),
		nodeSelector: readLabels(spec.get("nodeSelector")),
		tolerations: readList(spec.get("tolerations"), readToleration),
		hostNetwork,
		...(hostname === undefined ? {} : { hostname }),
		...(subdomain === undefined ? {} : { subdomain }),
		...readPodDns(spec),
		containers: containers.items().map(readContainerName),
		ports: all.flatMap((container) => readPorts(container)),
		ignored: ["affinity", "topologySpreadConstraints"].filter((name) => spec.get(name).present),
	};
}

/** Whether a pod with these tolerations may be put on a node with this taint. */
export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
	return tolerations.some(
		({ key, operator, value, effect }) =>
			(effect === undefined || effect === taint.effect) &&
			(key === "" ? operator === "Exists" : key === taint.key) &&
			(operator === "Exists" || value === taint.value),
	);
}

function readContainerName(container: Field): string {
	const name = container.get("name");
	return (name.present ? readDnsLabel(name) : name.expected("the container's name")) ?? "";
}

function readPorts(container: Field): readonly ContainerPort[] {
	const containerName = container.get("name").string() ?? "";
	const names = new Set<string>();
	return readList(container.get("ports"), (field): ContainerPort | undefined => {
		const portField = field.get("containerPort");
		const port = portField.present ? readPort(portField) : portField.expected("a port number (1-65535)");
		const name = readContainerPortName(field.get("name"));
		if (name !== undefined && names.has(name)) field.get("name").fail("port-clash", `a second port named ${name}`);
		if (name !== undefined) names.add(name);
		const hostPort = readPort(field.get("hostPort"));
		const hostIP = readHostIP(field.get("hostIP"));
		const protocol = readProtocol(field.get("protocol"));
		if (port === undefined) return undefined;
		return {
			container: containerName,
			...(name === undefined ? {} : { name }),
			port,
			protocol,
			...(hostPort === undefined ? {} : { hostPort }),
			...(hostIP === undefined ? {} : { hostIP }),
		};
	});
}

function readHostIP(field: Field): IpAddr | undefined {
	return field.present && field.string() !== "" ? readIp(field) : undefined;
}

function readToleration(field: Field): Toleration {
	const effect = field.get("effect").string();
	return {
		key: field.get("key").string() ?? "",
		operator: field.get("operator").oneOf(OPERATORS) ?? "Equal",
		value: field.get("value").string() ?? "",
		...(effect === undefined || effect === "" ? {} : { effect }),
	};
}
