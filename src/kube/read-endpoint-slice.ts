/** An EndpointSlice's manifest → EndpointSlice. */
import { familyOf, type IpAddr, type IpFamily } from "../wire/addr.ts";
import type { Field } from "./field.ts";
import {
	readDnsLabel,
	readDnsSubdomain,
	readIp,
	readLabels,
	readList,
	readPort,
	readProtocol,
	required,
} from "./field-values.ts";
import type { RawObject } from "./manifest-source.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "./snapshot.ts";

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
const FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "addressType", "endpoints", "ports"]);
const ENDPOINT_FIELDS: ReadonlySet<string> = new Set([
	"addresses",
	"conditions",
	"deprecatedTopology",
	"hints",
	"hostname",
	"nodeName",
	"targetRef",
	"zone",
]);

/** "fqdn": a slice of names instead of addresses, which nothing here uses. */
export function readEndpointSlice({ root, name, namespace }: RawObject): EndpointSlice | "fqdn" | undefined {
	root.allow(FIELDS);
	const metadata = root.get("metadata");
	readDnsSubdomain(metadata.get("name"));
	readDnsLabel(metadata.get("namespace"));
	const type = required(
		root.get("addressType"),
		(field) => field.oneOf(["IPv4", "IPv6", "FQDN"]),
		"IPv4, IPv6 or FQDN",
	);
	if (type === undefined) return undefined;
	if (type === "FQDN") return "fqdn";
	const family: IpFamily = type === "IPv4" ? "ipv4" : "ipv6";
	const service = readLabels(metadata.get("labels"))[SERVICE_NAME_LABEL];
	return {
		namespace,
		name,
		...(service === undefined ? {} : { service }),
		family,
		ports: readPorts(root.get("ports")),
		endpoints: readList(root.get("endpoints"), (item) => readEndpoint(item, family)),
	};
}

/** No two have one name, as a Service's ports are found by it. */
function readPorts(list: Field): readonly EndpointPort[] {
	const first = new Map<string, Field>();
	return readList(list, (item) => {
		const port = readEndpointPort(item);
		if (port === undefined) return undefined;
		const known = first.get(port.name);
		if (known === undefined) first.set(port.name, item);
		else item.get("name").fail("port-clash", `a second port named ${JSON.stringify(port.name)}`, known.at);
		return port;
	});
}

/** A port without a number stands for all ports, which no proxy can use: it is left out. */
function readEndpointPort(field: Field): EndpointPort | undefined {
	const portField = field.get("port");
	if (!portField.present) return undefined;
	const port = readPort(portField);
	const name = field.get("name").string() ?? "";
	const protocol = readProtocol(field.get("protocol"));
	return port === undefined ? undefined : { name, protocol, port };
}

function readEndpoint(field: Field, family: IpFamily): Endpoint {
	field.allow(ENDPOINT_FIELDS);
	const addresses = field.get("addresses");
	if (addresses.items().length === 0) addresses.expected("at least one address");
	const conditions = field.get("conditions");
	const ready = conditions.get("ready").boolean() ?? true;
	const hints = field.get("hints");
	const forZones = readHints(hints.get("forZones"));
	const forNodes = readHints(hints.get("forNodes"));
	const targetRef = readTargetRef(field.get("targetRef"));
	const nodeName = field.get("nodeName").string();
	const hostname = field.get("hostname").string();
	const zone = field.get("zone").string();
	return {
		addresses: readList(addresses, (item) => readAddress(item, family)),
		ready,
		serving: conditions.get("serving").boolean() ?? ready,
		terminating: conditions.get("terminating").boolean() ?? false,
		...(nodeName === undefined ? {} : { nodeName }),
		...(hostname === undefined ? {} : { hostname }),
		...(zone === undefined ? {} : { zone }),
		...(targetRef === undefined ? {} : { targetRef }),
		...(forZones.length === 0 ? {} : { forZones }),
		...(forNodes.length === 0 ? {} : { forNodes }),
	};
}

function readAddress(field: Field, family: IpFamily): IpAddr | undefined {
	const address = readIp(field);
	if (address === undefined || familyOf(address) === family) return address;
	return field.expected(`an address of type ${family === "ipv4" ? "IPv4" : "IPv6"}`);
}

function readHints(list: Field): readonly string[] {
	return readList(list, (item) => required(item.get("name"), (name) => name.string(), "a name"));
}

function readTargetRef(field: Field): string | undefined {
	const kind = field.get("kind").string();
	const name = field.get("name").string();
	const namespace = field.get("namespace").string() ?? "default";
	return kind === undefined || name === undefined ? undefined : `${kind} ${namespace}/${name}`;
}
