/** Configuration of the ptp plugin. */
import type { JsonReader } from "../json-reader.ts";
import { readDns } from "../parse-result.ts";
import type { CniDns } from "../types.ts";
import { type ConfContext, type IpamConf, NO_CONTEXT, parseIpamConf } from "./ipam.ts";

export interface PtpConf {
	readonly type: "ptp";
	readonly ipMasq: boolean;
	/** Of both ends, in bytes. Absent: the kernel's. */
	readonly mtu?: number;
	readonly dns: CniDns;
	readonly ipam?: IpamConf;
}

/** `at` stands on the plugin's object; undefined when mistakes were reported. */
export function parsePtpConf(at: JsonReader, context: ConfContext = NO_CONTEXT): PtpConf | undefined {
	const backend = at.at("ipMasqBackend").string() ?? "";
	if (backend !== "" && backend !== "iptables") {
		return at.at("ipMasqBackend").fail(`ipMasq backend ${backend} is not modelled (iptables is)`);
	}
	const mtu = at.at("mtu").integer(0, 65535) ?? 0;
	const ipam = parseIpamConf(at, context);
	return {
		type: "ptp",
		ipMasq: at.at("ipMasq").boolean(false),
		dns: readDns(at.at("dns")),
		...(mtu === 0 ? {} : { mtu }),
		...(ipam === undefined ? {} : { ipam }),
	};
}
