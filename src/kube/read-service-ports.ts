/** `spec.ports` of a Service. */
import type { Field } from "./field.ts";
import { readContainerPortName, readDnsLabel, readList, readPort, readProtocol, required } from "./field-values.ts";
import type { ServicePort, ServiceType } from "./snapshot.ts";

export interface ServicePortDraft extends ServicePort {
	/** It gets a node port if it has none. */
	readonly wantsNodePort: boolean;
	readonly source: Field;
}

export interface ServicePortOptions {
	readonly type: ServiceType;
	/** A headless Service and an ExternalName need no port. */
	readonly portsOptional: boolean;
	/** `allocateLoadBalancerNodePorts`. */
	readonly allocateNodePorts: boolean;
}

const PORT_FIELDS: ReadonlySet<string> = new Set(["appProtocol", "name", "nodePort", "port", "protocol", "targetPort"]);

export function readServicePorts(list: Field, options: ServicePortOptions): readonly ServicePortDraft[] {
	if (list.items().length === 0 && !options.portsOptional) {
		list.expected("at least one port");
		return [];
	}
	const several = list.items().length > 1;
	const ports = readList(list, (field) => readServicePort(field, options));
	checkNames(ports, several);
	checkClashes(ports);
	return ports;
}

function readServicePort(field: Field, { type, allocateNodePorts }: ServicePortOptions): ServicePortDraft | undefined {
	field.allow(PORT_FIELDS);
	const port = required(field.get("port"), readPort, "a port number (1-65535)");
	const name = readDnsLabel(field.get("name")) ?? "";
	const protocol = readProtocol(field.get("protocol"));
	const appProtocol = field.get("appProtocol").string();
	const nodePort = readNodePort(field.get("nodePort"), type);
	const targetPort = readTargetPort(field.get("targetPort"));
	if (port === undefined) return undefined;
	return {
		name,
		protocol,
		port,
		targetPort: targetPort ?? port,
		...(nodePort === undefined ? {} : { nodePort }),
		...(appProtocol === undefined ? {} : { appProtocol }),
		wantsNodePort: type === "NodePort" || (type === "LoadBalancer" && allocateNodePorts),
		source: field,
	};
}

function readTargetPort(field: Field): number | string | undefined {
	if (!field.present) return undefined;
	return field.isNumber() ? readPort(field) : readContainerPortName(field);
}

function readNodePort(field: Field, type: ServiceType): number | undefined {
	const nodePort = field.integer({ min: 0, max: 65535, what: "a port number (1-65535)" });
	if (nodePort === undefined || nodePort === 0) return undefined;
	if (type === "ClusterIP" || type === "ExternalName") {
		return field.fail("wrong-field", `a Service of type ${type} has no node port`);
	}
	return nodePort;
}

function checkNames(ports: readonly ServicePortDraft[], several: boolean): void {
	const seen = new Map<string, ServicePortDraft>();
	for (const port of ports) {
		const nameField = port.source.get("name");
		if (port.name === "") {
			if (several) nameField.expected("a name: a Service with several ports must name them all");
			continue;
		}
		const first = seen.get(port.name);
		if (first !== undefined) nameField.fail("port-clash", `a second port named ${port.name}`, first.source.at);
		else seen.set(port.name, port);
	}
}

function checkClashes(ports: readonly ServicePortDraft[]): void {
	const seen = new Map<string, ServicePortDraft>();
	for (const port of ports) {
		const key = `${port.port}/${port.protocol}`;
		const first = seen.get(key);
		if (first === undefined) seen.set(key, port);
		else port.source.get("port").fail("port-clash", `a second port ${key}`, first.source.at);
	}
}
