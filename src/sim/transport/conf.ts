/** The sysctls of the transport layer, as numbers that packets read. */
import { registerSysctls, sysctls } from "../sysctl.ts";
import { type Machine, type Netns, pernet } from "../types.ts";

/** Key of each number; the third of tcp_rmem's and both of ip_local_port_range's are split off below. */
const KEYS = {
	ipNonlocalBind: "net.ipv4.ip_nonlocal_bind",
	tcpTimestamps: "net.ipv4.tcp_timestamps",
	tcpWindowScaling: "net.ipv4.tcp_window_scaling",
	tcpSack: "net.ipv4.tcp_sack",
	tcpSynRetries: "net.ipv4.tcp_syn_retries",
	tcpSynackRetries: "net.ipv4.tcp_synack_retries",
	tcpSynLinearTimeouts: "net.ipv4.tcp_syn_linear_timeouts",
	tcpRetries2: "net.ipv4.tcp_retries2",
	tcpInvalidRatelimitMs: "net.ipv4.tcp_invalid_ratelimit",
	tcpRfc1337: "net.ipv4.tcp_rfc1337",
} as const;

const PORT_RANGE = "net.ipv4.ip_local_port_range";
const TCP_RMEM = "net.ipv4.tcp_rmem";

export type TransportConf = { -readonly [K in keyof typeof KEYS]: number } & {
	portLow: number;
	portHigh: number;
	/** Default and greatest receive buffer, in bytes. */
	rmemDefault: number;
	rmemMax: number;
};

/** The defaults of Linux 6.18. */
export function registerTransportSysctls(machine: Machine): void {
	registerSysctls(machine, {
		"net.ipv4.ip_local_port_range": "32768\t60999",
		"net.ipv4.ip_nonlocal_bind": "0",
		"net.ipv4.tcp_invalid_ratelimit": "500",
		"net.ipv4.tcp_retries2": "15",
		"net.ipv4.tcp_rfc1337": "0",
		"net.ipv4.tcp_rmem": "4096\t131072\t33554432",
		"net.ipv4.tcp_sack": "1",
		"net.ipv4.tcp_syn_linear_timeouts": "4",
		"net.ipv4.tcp_syn_retries": "6",
		"net.ipv4.tcp_synack_retries": "5",
		"net.ipv4.tcp_timestamps": "1",
		"net.ipv4.tcp_window_scaling": "1",
	});
}

/** The current values; the object stays the same and follows `setSysctl`. */
export const transportConf: (netns: Netns) => TransportConf = pernet((netns) => {
	const table = sysctls(netns);
	const numbers = (key: string): number[] => (table.values.get(key) ?? "").trim().split(/\s+/).map(Number);
	const conf: TransportConf = {
		...readAll(numbers),
		portLow: 0,
		portHigh: 0,
		rmemDefault: 0,
		rmemMax: 0,
	};
	const refresh = (): void => {
		Object.assign(conf, readAll(numbers));
		[conf.portLow = 32768, conf.portHigh = 60999] = numbers(PORT_RANGE);
		[, conf.rmemDefault = 131072, conf.rmemMax = 33554432] = numbers(TCP_RMEM);
	};
	refresh();
	const known = new Set<string>([...Object.values(KEYS), PORT_RANGE, TCP_RMEM]);
	table.listeners.push((key) => {
		if (known.has(key)) refresh();
	});
	return conf;
});

function readAll(numbers: (key: string) => number[]): { [K in keyof typeof KEYS]: number } {
	const read = (key: string): number => numbers(key)[0] ?? 0;
	return {
		ipNonlocalBind: read(KEYS.ipNonlocalBind),
		tcpTimestamps: read(KEYS.tcpTimestamps),
		tcpWindowScaling: read(KEYS.tcpWindowScaling),
		tcpSack: read(KEYS.tcpSack),
		tcpSynRetries: read(KEYS.tcpSynRetries),
		tcpSynackRetries: read(KEYS.tcpSynackRetries),
		tcpSynLinearTimeouts: read(KEYS.tcpSynLinearTimeouts),
		tcpRetries2: read(KEYS.tcpRetries2),
		tcpInvalidRatelimitMs: read(KEYS.tcpInvalidRatelimitMs),
		tcpRfc1337: read(KEYS.tcpRfc1337),
	};
}
