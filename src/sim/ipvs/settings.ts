/** The sysctls of IPVS (`net.ipv4.vs.*`), as numbers where packets pass. Sync and memory defence have values and no effect. */
import { sysctlNumber } from "../sysctl.ts";
import type { Netns } from "../types.ts";

/** Linux 6.1's, with those of the modules ip_vs_lblc and ip_vs_lblcr. */
export const IPVS_SYSCTLS: Readonly<Record<string, string>> = {
	"net.ipv4.vs.am_droprate": "10",
	"net.ipv4.vs.amemthresh": "1024",
	"net.ipv4.vs.backup_only": "0",
	"net.ipv4.vs.cache_bypass": "0",
	"net.ipv4.vs.conn_reuse_mode": "1",
	"net.ipv4.vs.conntrack": "0",
	"net.ipv4.vs.drop_entry": "0",
	"net.ipv4.vs.drop_packet": "0",
	"net.ipv4.vs.expire_nodest_conn": "0",
	"net.ipv4.vs.expire_quiescent_template": "0",
	"net.ipv4.vs.ignore_tunneled": "0",
	"net.ipv4.vs.lblc_expiration": "86400",
	"net.ipv4.vs.lblcr_expiration": "86400",
	"net.ipv4.vs.nat_icmp_send": "0",
	"net.ipv4.vs.pmtu_disc": "1",
	"net.ipv4.vs.run_estimation": "1",
	"net.ipv4.vs.schedule_icmp": "0",
	"net.ipv4.vs.secure_tcp": "0",
	"net.ipv4.vs.sloppy_sctp": "0",
	"net.ipv4.vs.sloppy_tcp": "0",
	"net.ipv4.vs.snat_reroute": "1",
	"net.ipv4.vs.sync_persist_mode": "0",
	"net.ipv4.vs.sync_ports": "1",
	"net.ipv4.vs.sync_qlen_max": "5232",
	"net.ipv4.vs.sync_refresh_period": "0",
	"net.ipv4.vs.sync_retries": "0",
	"net.ipv4.vs.sync_sock_size": "0",
	"net.ipv4.vs.sync_threshold": "3\t50",
	"net.ipv4.vs.sync_version": "1",
};

/** Memory defence: 0 is off, 1 on when memory is short, which it never is here; 2 and 3 would drop packets. */
const DEFENCE: readonly string[] = ["drop_entry", "drop_packet", "secure_tcp"].map((leaf) => `net.ipv4.vs.${leaf}`);

/** Why a value may not be written: EINVAL for one that the kernel refuses, EOPNOTSUPP for what is not modelled. */
export function ipvsSysctlFault(key: string, value: string): "EINVAL" | "EOPNOTSUPP" | undefined {
	if (!DEFENCE.includes(key)) return undefined;
	const n = Number(value);
	if (n < 0 || n > 3) return "EINVAL";
	return n >= 2 ? "EOPNOTSUPP" : undefined;
}

export interface IpvsSettings {
	readonly cacheBypass: boolean;
	readonly connReuseMode: number;
	readonly conntrack: boolean;
	readonly expireNodestConn: boolean;
	readonly expireQuiescentTemplate: boolean;
	readonly ignoreTunneled: boolean;
	readonly lblcExpirationNs: number;
	readonly lblcrExpirationNs: number;
	readonly natIcmpSend: boolean;
	readonly pmtuDisc: boolean;
	readonly runEstimation: boolean;
	readonly scheduleIcmp: boolean;
	readonly sloppySctp: boolean;
	readonly sloppyTcp: boolean;
	readonly snatReroute: boolean;
}

export function readIpvsSettings(netns: Netns): IpvsSettings {
	const number = (leaf: string): number => sysctlNumber(netns, `net.ipv4.vs.${leaf}`);
	const on = (leaf: string): boolean => number(leaf) !== 0;
	return {
		cacheBypass: on("cache_bypass"),
		connReuseMode: number("conn_reuse_mode"),
		conntrack: on("conntrack"),
		expireNodestConn: on("expire_nodest_conn"),
		expireQuiescentTemplate: on("expire_quiescent_template"),
		ignoreTunneled: on("ignore_tunneled"),
		lblcExpirationNs: number("lblc_expiration") * 1e9,
		lblcrExpirationNs: number("lblcr_expiration") * 1e9,
		natIcmpSend: on("nat_icmp_send"),
		pmtuDisc: on("pmtu_disc"),
		runEstimation: on("run_estimation"),
		scheduleIcmp: on("schedule_icmp"),
		sloppySctp: on("sloppy_sctp"),
		sloppyTcp: on("sloppy_tcp"),
		snatReroute: on("snat_reroute"),
	};
}
