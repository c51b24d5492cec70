/** Capture files of the real disk, and captures through pipes, as tcpdump reads and writes them. */
import { concatBytes } from "../../../base/bytes.ts";
import { buildPcap, buildPcapPacket, type PcapOptions, type PcapPacket, parseCapture } from "../../../wire/pcap.ts";
import { type Capture, DEFAULT_SNAPLEN } from "../../../wire/pcapng.ts";
import type { CommandContext } from "../../command.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { type LinkType, linkTypeByNumber } from "./link-types.ts";
import { says } from "./usage.ts";

/** How Node's errors are told in libc's words. */
const ERRNO_TEXT: Readonly<Record<string, string>> = {
	ENOENT: "No such file or directory",
	EACCES: "Permission denied",
	EPERM: "Operation not permitted",
	EISDIR: "Is a directory",
	ENOTDIR: "Not a directory",
	ENOSPC: "No space left on device",
	EROFS: "Read-only file system",
	ENAMETOOLONG: "File name too long",
};
const MAGIC_LENGTH = 4;
const FILE_HEADER = 24;

export interface ReadCapture {
	readonly link: LinkType;
	readonly snaplen: number;
	readonly capture: Capture;
	/** What tcpdump says after the packets, when the file is cut off. */
	readonly complaint: string | undefined;
}

/** `-r FILE`, or `-` for standard input. */
export async function readCaptureFile(context: CommandContext, path: string): Promise<ReadCapture> {
	const bytes = path === "-" ? await readAllBytes(context) : readDisk(context, path);
	if (bytes.length < MAGIC_LENGTH) {
		fail(`truncated dump file; tried to read ${MAGIC_LENGTH} file header bytes, only got ${bytes.length}`);
	}
	const parsed = parseCapture(bytes);
	const capture = parsed.ok ? parsed.value : parsed.error.before;
	if (capture === undefined) {
		const short = bytes.length < FILE_HEADER;
		const missing = `truncated dump file; tried to read ${FILE_HEADER} file header bytes, only got ${bytes.length - MAGIC_LENGTH}`;
		return fail(short ? missing : "unknown file format");
	}
	const link = linkOf(capture);
	const complaint = parsed.ok ? undefined : says(`pcap_loop: ${parsed.error.message}`);
	return { link, snaplen: capture.snaplen ?? DEFAULT_SNAPLEN, capture, complaint };
}

function linkOf({ interfaces }: Capture): LinkType {
	const numbers = new Set(interfaces.map(({ linkType }) => linkType));
	const [number = 1, other] = numbers;
	if (other !== undefined) {
		fail(`an interface has a type ${other} different from the type of the first interface`);
	}
	const link = linkTypeByNumber(number);
	if (link === undefined) throw notModelled(`link type ${number} of a capture file`);
	return link;
}

/** Where `-w` writes. Nothing is lost when it cannot: it says so before the capture begins. */
export interface CaptureWriter {
	write(packet: PcapPacket): void;
	/** What was written is in the file now. */
	flush(): void;
}

export function openCaptureWriter(
	context: CommandContext,
	path: string,
	file: { readonly link: LinkType } & PcapOptions,
): CaptureWriter {
	const header = buildPcap([], file.link.number, file);
	if (path === "-") {
		context.stdout.writeBytes(header);
		return { write: (packet) => context.stdout.writeBytes(buildPcapPacket(packet, file)), flush: () => {} };
	}
	const pieces = [header];
	writeDisk(context, path, header);
	return {
		write: (packet) => void pieces.push(buildPcapPacket(packet, file)),
		flush: () => writeDisk(context, path, concatBytes(...pieces)),
	};
}

async function readAllBytes(context: CommandContext): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	for (let piece = await context.stdin.readBytes(); piece !== undefined; piece = await context.stdin.readBytes()) {
		pieces.push(piece);
	}
	return concatBytes(...pieces);
}

function readDisk(context: CommandContext, path: string): Uint8Array {
	const { disk } = context.world;
	if (disk === undefined) throw notModelled("reading a capture where there is no disk");
	try {
		return disk.read(path);
	} catch (error) {
		const text = errorText(error);
		return fail(text === ERRNO_TEXT["EISDIR"] ? `error reading dump file: ${text}` : `${path}: ${text}`);
	}
}

function writeDisk(context: CommandContext, path: string, bytes: Uint8Array): void {
	const { disk } = context.world;
	if (disk === undefined) throw notModelled("writing a capture where there is no disk");
	try {
		disk.write(path, bytes);
	} catch (error) {
		fail(`${path}: ${errorText(error)}`);
	}
}

/** `No such file or directory` */
function errorText(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const code: unknown = "code" in error ? error.code : undefined;
	const known = typeof code === "string" ? ERRNO_TEXT[code] : undefined;
	return known ?? error.message.replace(/^.*: (?=[A-Z])/, "");
}

function fail(message: string): never {
	throw new ToolExit(1, says(message));
}
