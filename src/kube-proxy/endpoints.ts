/** EndpointSlices → the endpoints of each port of a Service, as the proxy keeps them. */
import { compareText } from "../base/compare-text.ts";
import type { EndpointSlice } from "../kube/snapshot.ts";
import { formatAddrPort, type IpAddr } from "../wire/addr.ts";
import type { L4Protocol } from "./rule.ts";

export interface ProxyEndpoint {
	readonly ip: IpAddr;
	readonly port: number;
	/** `ip:port`, `[ip]:port` for IPv6: the endpoint's name, by which endpoints are sorted. */
	readonly text: string;
	readonly isLocal: boolean;
	readonly ready: boolean;
	readonly serving: boolean;
	readonly terminating: boolean;
	readonly zoneHints: readonly string[];
	readonly nodeHints: readonly string[];
}

/** The slices of every Service, by `namespace/name`. */
export function slicesByService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
	const map = new Map<string, EndpointSlice[]>();
	for (const slice of slices) {
		if (slice.service === undefined) continue;
		const key = `${slice.namespace}/${slice.service}`;
		const list = map.get(key);
		if (list === undefined) map.set(key, [slice]);
		else list.push(slice);
	}
	return map;
}

/**
 * The endpoints of one port, sorted by their text. One that several slices list counts once, and as not terminating if
 * one of them says so.
 */
export function endpointsOfPort(
	slices: readonly EndpointSlice[],
	port: { readonly portName: string; readonly protocol: L4Protocol },
	nodeName: string,
): readonly ProxyEndpoint[] {
	const byText = new Map<string, ProxyEndpoint>();
	for (const slice of slices) {
		for (const { name, protocol, port: number } of slice.ports) {
			if (name !== port.portName || protocol.toLowerCase() !== port.protocol) continue;
			for (const endpoint of slice.endpoints) {
				const address = endpoint.addresses[0];
				if (address === undefined) continue;
				const text = formatAddrPort(address, number);
				const known = byText.get(text);
				if (known !== undefined && !(known.terminating && !endpoint.terminating)) continue;
				byText.set(text, {
					ip: address,
					port: number,
					text,
					isLocal: endpoint.nodeName === nodeName,
					ready: endpoint.ready,
					serving: endpoint.serving,
					terminating: endpoint.terminating,
					zoneHints: endpoint.forZones ?? [],
					nodeHints: endpoint.forNodes ?? [],
				});
			}
		}
	}
	const endpoints = [...byText.values()];
	return endpoints.length < 2 ? endpoints : endpoints.sort((a, b) => compareText(a.text, b.text));
}
