/** The shape of a frame in a scenario file. */
import * as z from "zod";
import { utf8Encode } from "../../base/bytes.ts";
import { addressShape, deviceName, macShape, parsedText } from "../../formats/shapes.ts";
import { ETH_HLEN } from "../../wire/ethernet.ts";
import { buildPacket } from "./build-packet.ts";
import { netnsName, number32 } from "./object-shapes.ts";
import type { Packet } from "./packet.ts";

/** Bits in `wire/tcp.ts`, the lowest first. */
export const TCP_FLAG_NAMES: readonly string[] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

export const hexBytes: z.ZodType<Uint8Array, string> = parsedText("bytes as pairs of hexadecimal digits", (text) => {
	const digits = text.replaceAll(/\s+/g, "");
	if (!/^([0-9a-fA-F]{2})*$/.test(digits)) return { ok: false };
	return { ok: true, value: Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) };
});

function upTo(max: number): z.ZodType<number, number> {
	const error = `a whole number from 0 to ${max}`;
	return z.int({ error }).min(0, { error }).max(max, { error });
}

const byte = upTo(0xff);
const word = upTo(0xffff);

const payload: z.ZodType<Uint8Array> = z.union(
	[z.string().transform(utf8Encode), z.strictObject({ hex: hexBytes }).transform(({ hex }) => hex)],
	{ error: "a text, or { hex: … }" },
);

const end = z.strictObject({ mac: macShape, ip: addressShape });

const flags = parsedText(`TCP flags as SYN,ACK, or none`, (text) => {
	const names: readonly string[] = text === "none" ? [] : text.split(",");
	const bits = names.map((name) => TCP_FLAG_NAMES.indexOf(name));
	return bits.includes(-1) ? { ok: false } : { ok: true, value: bits.reduce((all, bit) => all | (1 << bit), 0) };
});

const options = z.union(
	[
		hexBytes,
		z.strictObject({
			mss: word.exactOptional(),
			windowScale: byte.exactOptional(),
			sackPermitted: z.literal(true).exactOptional(),
			timestamps: z.strictObject({ value: number32, echo: number32 }).exactOptional(),
		}),
	],
	{ error: "a mapping with mss, sackPermitted, timestamps and windowScale, or hexadecimal digits" },
);

const aligned = (unit: number, bytes: { readonly length: number }): boolean => bytes.length % unit === 0;

export interface FrameWords {
	readonly netns: string;
	readonly dev: string;
	readonly bytes: Uint8Array;
}

const frameFields = z.strictObject({
	in: netnsName,
	dev: deviceName,
	hex: hexBytes.exactOptional(),
	eth: z.strictObject({ src: macShape, dst: macShape, type: word.exactOptional() }).exactOptional(),
	arp: z.strictObject({ op: z.enum(["request", "reply"]), sender: end, target: end }).exactOptional(),
	ipv4: z
		.strictObject({
			src: addressShape,
			dst: addressShape,
			ttl: byte.exactOptional(),
			id: word.exactOptional(),
			tos: byte.exactOptional(),
			df: z.boolean().exactOptional(),
			mf: z.boolean().exactOptional(),
			offset: upTo(65528)
				.refine((bytes) => bytes % 8 === 0, { error: "a multiple of 8" })
				.exactOptional(),
			proto: byte.exactOptional(),
			options: hexBytes
				.refine((bytes) => aligned(4, bytes) && bytes.length <= 40, { error: "at most 40 bytes, a multiple of 4" })
				.exactOptional(),
			length: word.exactOptional(),
			checksum: word.exactOptional(),
		})
		.exactOptional(),
	udp: z
		.strictObject({ sport: word, dport: word, length: word.exactOptional(), checksum: word.exactOptional() })
		.exactOptional(),
	tcp: z
		.strictObject({
			sport: word,
			dport: word,
			seq: number32.exactOptional(),
			ack: number32.exactOptional(),
			flags,
			window: word.exactOptional(),
			options: options
				.refine((of) => !(of instanceof Uint8Array) || (aligned(4, of) && of.length <= 40), {
					error: "at most 40 bytes, a multiple of 4",
				})
				.exactOptional(),
			checksum: word.exactOptional(),
		})
		.exactOptional(),
	icmp: z
		.strictObject({
			type: byte,
			code: byte.exactOptional(),
			id: word.exactOptional(),
			seq: word.exactOptional(),
			rest: number32.exactOptional(),
			checksum: word.exactOptional(),
		})
		.exactOptional(),
	payload: payload.exactOptional(),
	padding: hexBytes.exactOptional(),
});

/** Where it is sent, and either `hex` or a packet in words. */
export const frameShape: z.ZodType<FrameWords> = frameFields.transform(
	({ in: netns, dev, hex, eth, ...rest }, context) => {
		const fault = hex === undefined ? packetFault(eth, rest) : hexFault(hex, eth, rest);
		if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
		const bytes = hex ?? (eth === undefined ? new Uint8Array() : buildPacket({ eth, ...rest }));
		return { netns, dev, bytes };
	},
);

type Inside = Omit<Packet, "eth">;

function hexFault(hex: Uint8Array, eth: Packet["eth"] | undefined, inside: Inside): string | undefined {
	if (eth !== undefined || Object.keys(inside).length > 0) return "either hex or a packet in words";
	return hex.length < ETH_HLEN ? `at least the ${ETH_HLEN} bytes of an Ethernet header` : undefined;
}

/** What is wrong with the parts together. */
function packetFault(eth: Packet["eth"] | undefined, inside: Inside): string | undefined {
	const { arp, ipv4, udp, tcp, icmp, padding } = inside;
	const transports = [udp, tcp, icmp].filter((part) => part !== undefined).length;
	if (eth === undefined) return "hex, or a packet in words that begins with eth";
	if (arp !== undefined && (ipv4 !== undefined || transports > 0)) return "either arp or ipv4";
	if (transports > 1) return "one of udp, tcp and icmp";
	if (transports > 0 && ipv4 === undefined) return "ipv4 beside udp, tcp or icmp";
	if (padding !== undefined && ipv4 === undefined) return "padding only behind ipv4";
	return undefined;
}
