/**
 * Offloads of devices (ethtool -K DEV tx off gro off): packets carry their checksums from the start, and none waits to be
 * joined to others. Tunnels let those wait that no capture looks at (gro_cells_receive: skb_cloned), and others overtake.
 */
import { AF_INET, lastErrno, libc, NativeMemory, SOCK_CLOEXEC, SOCK_DGRAM } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";

const SIOCETHTOOL = 0x8946;
const ETHTOOL_STXCSUM = 0x17;
const ETHTOOL_SGRO = 0x2c;
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;

/**
 * Turns transmit checksum offload (and with it segmentation offload) and receive offload off, where a device has such a
 * setting; the errno's name when it refuses.
 */
export function turnOffloadsOff(netns: LinuxNetns, devs: readonly string[]): string | undefined {
	// `struct ethtool_value`: the command and its value.
	const request = new NativeMemory(8);
	request.view.setUint32(4, 0, true);
	const fd = netns.run(() => libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (fd < 0) return lastErrno();
	try {
		for (const dev of devs) {
			const ifreq = new Uint8Array(IFREQ_BYTES);
			ifreq.set(Buffer.from(dev, "latin1").subarray(0, IFNAMSIZ - 1));
			new DataView(ifreq.buffer).setBigUint64(IFNAMSIZ, request.address, true);
			for (const command of [ETHTOOL_STXCSUM, ETHTOOL_SGRO]) {
				request.view.setUint32(0, command, true);
				if (libc.ioctl(fd, SIOCETHTOOL, ifreq) === 0) continue;
				const errno = lastErrno();
				if (errno !== "EOPNOTSUPP") return errno;
			}
		}
		return undefined;
	} finally {
		libc.close(fd);
	}
}
