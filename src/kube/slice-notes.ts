/** EndpointSlices that do not fit the Service they are for: kube-proxy passes over what does not, and so it is worth a line. */
import { type Sourced, sourceText } from "./check-objects.ts";
import type { EndpointPort, EndpointSlice, Service } from "./snapshot.ts";
import { namespacedName } from "./snapshot.ts";

/** A line for each slice or Service, however many of its endpoints or ports it is about. */
export function sliceNotes(slices: readonly Sourced<EndpointSlice>[], services: readonly Service[]): readonly string[] {
	const byName = new Map(services.map((service) => [namespacedName(service), service]));
	return slices.flatMap(({ value, source }) => {
		const service = byName.get(`${value.namespace}/${value.service ?? ""}`);
		const why = service === undefined ? whoseNot(value) : misfit(value, service);
		return why === undefined ? [] : [`${sourceText(source)}: ${why}`];
	});
}

function whoseNot({ namespace, service }: EndpointSlice): string | undefined {
	if (service === undefined) return "no label kubernetes.io/service-name: it is no Service's";
	return `there is no Service ${namespace}/${service}: nobody uses it`;
}

function misfit(slice: EndpointSlice, service: Service): string | undefined {
	const name = `Service ${namespacedName(service)}`;
	if (service.type === "ExternalName") return `${name} is an ExternalName: it has no endpoints`;
	if (!service.ipFamilies.includes(slice.family)) {
		return `its addresses are ${familyWord(slice.family)}, and ${name} is ${service.ipFamilies.map(familyWord).join(" and ")} only: nobody uses them`;
	}
	if (service.headless) return undefined;
	const lost = slice.ports.filter((port) => !service.ports.some((own) => fits(own, port)));
	if (lost.length === 0) return undefined;
	const ports = service.ports.map(portWord).join(", ");
	return `${lost.map(portWord).join(" and ")}: ${name} has no such port, it has ${ports}`;
}

function fits(a: Pick<EndpointPort, "name" | "protocol">, b: Pick<EndpointPort, "name" | "protocol">): boolean {
	return a.name === b.name && a.protocol === b.protocol;
}

function portWord({ name, protocol }: Pick<EndpointPort, "name" | "protocol">): string {
	return name === "" ? `an unnamed ${protocol} port` : `${protocol} port ${name}`;
}

function familyWord(family: EndpointSlice["family"]): string {
	return family === "ipv4" ? "IPv4" : "IPv6";
}
