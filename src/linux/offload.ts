/** Checksum offload of devices (ethtool -K DEV tx off), so that packets carry their checksums from the start. */
import { AF_INET, lastErrno, libc, NativeMemory, SOCK_CLOEXEC, SOCK_DGRAM } from "./libc.ts";
import type { LinuxNetns } from "./netns.ts";

const SIOCETHTOOL = 0x8946;
const ETHTOOL_STXCSUM = 0x17;
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;

/** Turns transmit checksum offload (and with it segmentation offload) off; the errno's name when a device refuses. */
export function turnChecksumOffloadOff(netns: LinuxNetns, devs: readonly string[]): string | undefined {
	// `struct ethtool_value`: the command and its value.
	const request = new NativeMemory(8);
	request.view.setUint32(0, ETHTOOL_STXCSUM, true);
	request.view.setUint32(4, 0, true);
	const fd = netns.run(() => libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (fd < 0) return lastErrno();
	try {
		for (const dev of devs) {
			const ifreq = new Uint8Array(IFREQ_BYTES);
			ifreq.set(Buffer.from(dev, "latin1").subarray(0, IFNAMSIZ - 1));
			new DataView(ifreq.buffer).setBigUint64(IFNAMSIZ, request.address, true);
			if (libc.ioctl(fd, SIOCETHTOOL, ifreq) !== 0) return lastErrno();
		}
		return undefined;
	} finally {
		libc.close(fd);
	}
}
