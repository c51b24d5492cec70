/**
 * Captured frames as one pcapng file: an interface per device, named `NAMESPACE:DEVICE`, of tunnels without a link layer of
 * type RAW (Wireshark reads a file of several types, tcpdump does not).
 */
import type { CapturedFrame } from "../kernel/kernel.ts";
import { buildPcapng, LINKTYPE_ETHERNET, LINKTYPE_RAW } from "../wire/pcapng.ts";

/** Virtual time counts from the kernel's start, so a capture begins on 1 January 1970; the same seed gives the same file. */
export function captureFile(frames: readonly CapturedFrame[]): Uint8Array {
	const links = new Map(frames.map((frame) => [interfaceName(frame), frame.link]));
	const names = [...links.keys()];
	return buildPcapng(
		{
			interfaces: names.map((name) => ({
				name,
				linkType: links.get(name) === "ip" ? LINKTYPE_RAW : LINKTYPE_ETHERNET,
			})),
			packets: frames.map((frame) => ({
				interface: names.indexOf(interfaceName(frame)),
				atNs: BigInt(Math.round(frame.at)),
				frame: frame.frame,
				direction: frame.direction,
			})),
		},
		{ application: "podwire" },
	);
}

function interfaceName(frame: CapturedFrame): string {
	return `${frame.netns}:${frame.dev}`;
}
