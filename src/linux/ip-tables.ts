/** How the legacy backend's tables look to who talks with the kernel itself (linux/netfilter_ipv4/ip_tables.h, 64 bits). */
import type { TableName } from "../kernel/xtables.ts";
import { AF_INET, bind, libc, SOCK_CLOEXEC, SOCK_RAW } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";

const IPPROTO_RAW = 255;
const IPT_SO_GET_INFO = 64;
export const SOL_IP = 0;
/** The length of a table's name, with which every structure begins. */
export const NAME_BYTES = 32;
/** `struct ipt_getinfo`. */
export const INFO = { validHooks: 32, hookEntry: 36, underflow: 56, numEntries: 76, size: 80, bytes: 84 } as const;
/** `struct ipt_entry`, without matches. */
export const ENTRY = { targetOffset: 88, nextOffset: 90, packets: 96, lengthBytes: 104, bytes: 112 } as const;
/** `struct xt_entry_target`: the size, the name (empty: a verdict), then the verdict or the chain's name. */
export const TARGET = { name: 2, data: 32 } as const;
/** By their numbers. */
export const HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] as const;

export const getsockopt: ReturnType<typeof bind> = bind(
	"int getsockopt(int fd, int level, int name, _Inout_ uint8_t *value, _Inout_ uint32_t *length)",
);

/** Gives `work` a socket that tables can be asked about and changed by. Undefined: this process may not have one. */
export function withIpTables<T>(netns: LinuxNetns, work: (fd: number) => T): T | undefined {
	const fd = netns.run(() => libc.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
	if (fd < 0) return undefined;
	try {
		return work(fd);
	} finally {
		libc.close(fd);
	}
}

/** `struct ipt_getinfo` of a table, which is in use from here on. Undefined: the kernel does not have it. */
export function tableInfo(fd: number, table: TableName): DataView | undefined {
	const info = new Uint8Array(INFO.bytes);
	info.set(Buffer.from(table));
	if (getsockopt(fd, SOL_IP, IPT_SO_GET_INFO, info, [info.length]) !== 0) return undefined;
	return new DataView(info.buffer);
}
