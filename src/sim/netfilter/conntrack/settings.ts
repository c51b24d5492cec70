/** The sysctls of connection tracking: `net.netfilter.nf_conntrack_*`, kept as numbers for the packet path. */
import { sysctls } from "../../sysctl.ts";
import type { Netns } from "../../types.ts";

const PREFIX = "net.netfilter.nf_conntrack_";

/** Defaults of Linux 6.18 (256 MB and more of memory). */
const DEFAULTS = {
	acct: 0,
	buckets: 262144,
	checksum: 1,
	events: 2,
	expect_max: 4096,
	generic_timeout: 600,
	gre_timeout: 30,
	gre_timeout_stream: 180,
	icmp_timeout: 30,
	log_invalid: 0,
	max: 262144,
	sctp_timeout_closed: 10,
	sctp_timeout_cookie_echoed: 3,
	sctp_timeout_cookie_wait: 3,
	sctp_timeout_established: 210,
	sctp_timeout_heartbeat_sent: 30,
	sctp_timeout_shutdown_ack_sent: 3,
	sctp_timeout_shutdown_recd: 3,
	sctp_timeout_shutdown_sent: 3,
	tcp_be_liberal: 0,
	tcp_ignore_invalid_rst: 0,
	tcp_loose: 1,
	tcp_max_retrans: 3,
	tcp_timeout_close: 10,
	tcp_timeout_close_wait: 60,
	tcp_timeout_established: 432000,
	tcp_timeout_fin_wait: 120,
	tcp_timeout_last_ack: 30,
	tcp_timeout_max_retrans: 300,
	tcp_timeout_syn_recv: 60,
	tcp_timeout_syn_sent: 120,
	tcp_timeout_time_wait: 120,
	tcp_timeout_unacknowledged: 300,
	udp_timeout: 30,
	udp_timeout_stream: 120,
} as const;

/** The keys with their defaults, as `registerSysctls` takes them. */
export const CONNTRACK_SYSCTLS: Readonly<Record<string, string>> = Object.fromEntries(
	Object.entries(DEFAULTS).map(([key, value]) => [`${PREFIX}${key}`, String(value)]),
);

/** What the packet path reads; timeouts in ns. */
export interface CtSettings {
	readonly max: number;
	readonly buckets: number;
	readonly checksum: boolean;
	readonly tcpBeLiberal: boolean;
	readonly tcpLoose: boolean;
	readonly tcpIgnoreInvalidRst: boolean;
	readonly tcpMaxRetrans: number;
	/** By TCP state (tcp-track.ts). */
	readonly tcp: readonly number[];
	readonly tcpMaxRetransNs: number;
	readonly tcpUnackNs: number;
	readonly udpNs: number;
	readonly udpStreamNs: number;
	readonly icmpNs: number;
	readonly genericNs: number;
}

/** The values as they are now. */
export function readCtSettings(netns: Netns): CtSettings {
	const values = sysctls(netns).values;
	const of = (key: keyof typeof DEFAULTS): number => {
		const value = Number(values.get(`${PREFIX}${key}`) ?? DEFAULTS[key]);
		return Number.isNaN(value) ? DEFAULTS[key] : value;
	};
	const ns = (key: keyof typeof DEFAULTS): number => of(key) * 1e9;
	const synSent = ns("tcp_timeout_syn_sent");
	return {
		max: of("max"),
		buckets: of("buckets"),
		checksum: of("checksum") !== 0,
		tcpBeLiberal: of("tcp_be_liberal") !== 0,
		tcpLoose: of("tcp_loose") !== 0,
		tcpIgnoreInvalidRst: of("tcp_ignore_invalid_rst") !== 0,
		tcpMaxRetrans: of("tcp_max_retrans"),
		tcp: [
			synSent,
			synSent,
			ns("tcp_timeout_syn_recv"),
			ns("tcp_timeout_established"),
			ns("tcp_timeout_fin_wait"),
			ns("tcp_timeout_close_wait"),
			ns("tcp_timeout_last_ack"),
			ns("tcp_timeout_time_wait"),
			ns("tcp_timeout_close"),
			synSent,
		],
		tcpMaxRetransNs: ns("tcp_timeout_max_retrans"),
		tcpUnackNs: ns("tcp_timeout_unacknowledged"),
		udpNs: ns("udp_timeout"),
		udpStreamNs: ns("udp_timeout_stream"),
		icmpNs: ns("icmp_timeout"),
		genericNs: ns("generic_timeout"),
	};
}

export function isConntrackSysctl(key: string): boolean {
	return key.startsWith(PREFIX);
}
