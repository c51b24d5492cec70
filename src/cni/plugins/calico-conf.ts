/** Configuration of the calico plugin with its own IPAM. */
import type { JsonReader } from "../json-reader.ts";

export interface CalicoConf {
	readonly type: "calico";
	/** Of both ends of the veth pair, in bytes. Absent: the kernel's. */
	readonly mtu?: number;
}

/** `at` stands on the plugin's object; undefined when mistakes were reported. Logging and the data store do not matter here. */
export function parseCalicoConf(at: JsonReader): CalicoConf | undefined {
	const ipam = at.at("ipam").at("type").string();
	if (ipam !== "calico-ipam") {
		return at
			.at("ipam")
			.at("type")
			.fail(`calico with IPAM plugin ${ipam ?? "(none)"} is not modelled (calico-ipam is)`);
	}
	if (at.at("container_settings").at("allow_ip_forwarding").boolean(false)) {
		return at.at("container_settings").at("allow_ip_forwarding").fail("forwarding in containers is not modelled");
	}
	const mtu = at.at("mtu").integer(0, 65535) ?? 0;
	return { type: "calico", ...(mtu === 0 ? {} : { mtu }) };
}
