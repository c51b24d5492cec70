/**
 * The kernel's log from now on (/dev/kmsg), for the lines of LOG rules. It is one for the whole machine and does not say
 * which namespace a line is from; a tag in front of each LOG prefix tells the lines of one user of it from the others'.
 */
import { closeSync, constants, openSync, readSync } from "node:fs";
import type { LogLine } from "../kernel/kernel.ts";
import { lastErrno, libc } from "./libc.ts";
import { cleanupNfLog, holdNfLog } from "./nf-log-hold.ts";

const KMSG = "/dev/kmsg";
const SEEK_END = 2;
/** Longer than any record. */
const RECORD_BYTES = 8192;
const LEVEL_MASK = 7;

export interface KernelLogOptions {
	/** Only lines that begin with it, and without it. It takes from the 29 characters that a LOG prefix may have. */
	readonly tag?: string;
}

export class KernelLog {
	/** Why LOG rules of namespaces will write nothing, or nothing can be read; undefined: all is well. */
	readonly problem: string | undefined;
	readonly #tag: string;
	readonly #fd: number | undefined;
	readonly #letGo: (() => void) | undefined;
	readonly #lines: LogLine[] = [];
	readonly #buffer = new Uint8Array(RECORD_BYTES);
	#lastSeq: number | undefined;
	#lost = 0;
	#closed = false;

	constructor(options: KernelLogOptions = {}) {
		this.#tag = options.tag ?? "";
		this.#letGo = holdNfLog();
		this.#fd = openAtEnd();
		if (this.#fd === undefined) this.problem = `cannot read ${KMSG}`;
		else if (this.#letGo === undefined) this.problem = "cannot set net.netfilter.nf_log_all_netns=1";
	}

	/** All lines since the log was opened, oldest first, with the space that LOG ends them in. `netns` is empty: unknown. */
	lines(): readonly LogLine[] {
		while (!this.#closed && this.#readRecord());
		return this.#lines;
	}

	/** How many records, anybody's, were overwritten before they were read. */
	get lost(): number {
		return this.#lost;
	}

	/** What was read stays; the sysctl is put back unless another process needs it. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#fd !== undefined) closeSync(this.#fd);
		this.#letGo?.();
	}

	/** False: there is none. */
	#readRecord(): boolean {
		if (this.#fd === undefined) return false;
		let length: number;
		try {
			length = readSync(this.#fd, this.#buffer);
		} catch (error) {
			// EPIPE: the next record was overwritten, and reading goes on behind the gap.
			return errnoOf(error) === "EPIPE";
		}
		this.#take(Buffer.from(this.#buffer.buffer, 0, length).toString("latin1"));
		return true;
	}

	/** `6,3107,2068521155,-;text`, then lines that begin with a space (Documentation/ABI/testing/dev-kmsg). */
	#take(record: string): void {
		const match = /^(\d+),(\d+),(\d+),[^;]*;([^\n]*)/.exec(record);
		if (match === null) return;
		const [, priority = "", seq = "", micros = "", escaped = ""] = match;
		if (this.#lastSeq !== undefined) this.#lost += Number(seq) - this.#lastSeq - 1;
		this.#lastSeq = Number(seq);
		// What is not of facility "kern" was written by programs.
		if (Number(priority) > LEVEL_MASK) return;
		const text = unescaped(escaped);
		if (!text.startsWith(this.#tag)) return;
		const level = Number(priority) & LEVEL_MASK;
		this.#lines.push({ at: Number(micros) * 1000, netns: "", level, text: text.slice(this.#tag.length) });
	}
}

/** Repairs what processes that were killed left behind. True: there was something. */
export function cleanupKernelLog(): boolean {
	return cleanupNfLog();
}

function openAtEnd(): number | undefined {
	let fd: number;
	try {
		fd = openSync(KMSG, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch {
		return undefined;
	}
	if (libc.lseek(fd, 0, SEEK_END) >= 0) return fd;
	closeSync(fd);
	throw new Error(`lseek ${KMSG}: ${lastErrno()}`);
}

/** `\x22` is a byte. */
function unescaped(text: string): string {
	const bytes = text.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 16)),
	);
	return Buffer.from(bytes, "latin1").toString("utf8");
}

function errnoOf(error: unknown): string | undefined {
	return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
