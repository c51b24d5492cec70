/**
 * Running iptables-restore: a process of the legacy backend stays in a namespace and loads one text after the other, for
 * most of a load's time is the program's start. It carries out a table at its COMMIT, and with `--verbose` it repeats a
 * comment when it comes to it, which tells that everything before is done. At the first error it ends, as always.
 */
import { readSync, writeSync } from "node:fs";
import { err, ok, type Result } from "../base/result.ts";
import type { LinuxNetns } from "./netns.ts";
import { startTalking } from "./program.ts";
import { endProgram, type TalkingProgram } from "./spawn.ts";
import { restoreError, type XtFailure } from "./xtables-tool.ts";

const PROGRAM = "iptables-legacy-restore";
/** A text that is longer goes to a process of its own: neither pipe (64 KiB each) may fill while nobody reads. */
const MAX_CHARS = 6000;
const CHUNK_BYTES = 0x10000;

interface Feed {
	readonly program: TalkingProgram;
	/** Lines that it has read. */
	lines: number;
	loads: number;
}

const chunk = Buffer.alloc(CHUNK_BYTES);

/** The processes, by namespace; at most one each. */
export class RestoreFeeds {
	readonly #feeds = new Map<LinuxNetns, Feed>();

	/** Loads IPv4 text as `iptables-legacy-restore --counters`. Undefined: not by such a process. */
	load(netns: LinuxNetns, text: string): Result<void, XtFailure> | undefined {
		if (text.length > MAX_CHARS) return undefined;
		const feed = this.#feeds.get(netns) ?? this.#start(netns);
		if (feed === undefined) return undefined;
		const before = feed.lines;
		feed.loads += 1;
		const end = `# podwire ${feed.loads}\n`;
		const whole = text.endsWith("\n") ? `${text}${end}` : `${text}\n${end}`;
		feed.lines += whole.split("\n").length - 1;
		const said = talk(feed.program, whole, end);
		if (said.isDone) return ok(undefined);
		this.#feeds.delete(netns);
		const code = endProgram(feed.program);
		return err(restoreError(PROGRAM, { code, err: complaints(said.text) }, before));
	}

	/** Ends the namespace's process, without which the namespace would live on. */
	end(netns: LinuxNetns): void {
		const feed = this.#feeds.get(netns);
		if (feed === undefined) return;
		this.#feeds.delete(netns);
		endProgram(feed.program);
	}

	#start(netns: LinuxNetns): Feed | undefined {
		const program = startTalking(netns, [PROGRAM, "-w", "--counters", "--verbose"]);
		if (typeof program === "string") return undefined;
		const feed: Feed = { program, lines: 0, loads: 0 };
		this.#feeds.set(netns, feed);
		return feed;
	}
}

/** What it says until it has come to the end of the text, or has ended. */
function talk({ stdin, stdout }: TalkingProgram, text: string, end: string): { isDone: boolean; text: string } {
	const bytes = Buffer.from(text);
	try {
		for (let at = 0; at < bytes.length; ) at += writeSync(stdin, bytes, at);
	} catch {
		// EPIPE: it has ended, and said why.
	}
	let said = "";
	for (;;) {
		const count = readSync(stdout, chunk, 0, CHUNK_BYTES, null);
		if (count === 0) return { isDone: false, text: said };
		said += chunk.toString("utf8", 0, count);
		if (said.endsWith(end)) return { isDone: true, text: said };
	}
}

/** Without what `--verbose` adds: the program's own words begin with its name. */
function complaints(said: string): string {
	const at = said.indexOf("iptables-restore");
	return at < 0 ? said : said.slice(at);
}
