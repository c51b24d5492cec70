/** What the real tools and the shell are compared by. */
import type { RealRun } from "../real-netns.ts";

/** What is compared: without chance, time and what differs between machines. */
export function shown(line: string, { code, out, err }: RealRun): string {
	const text = normalised(isUnordered(line) ? sorted(out) : out);
	const complaint = normalised(usageCut(err));
	return `${usageCut(text)}${complaint === "" ? "" : `stderr: ${complaint}`}(exit ${code})\n`;
}

/** Neighbours are in the order of a hash. */
function isUnordered(line: string): boolean {
	return /\bneigh?\b|^arp\b/.test(line) && !line.includes(" -p");
}

function sorted(text: string): string {
	if (!text.startsWith("[")) return text.split("\n").sort().join("\n");
	const list: unknown = JSON.parse(text);
	return Array.isArray(list)
		? list
				.map((each) => JSON.stringify(each))
				.sort()
				.join("\n")
		: text;
}

/** A usage text is only known by its beginning. */
function usageCut(text: string): string {
	const at = text.indexOf("Usage:");
	return at < 0 ? text : `${text.slice(0, at)}Usage: …\n`;
}

function normalised(text: string): string {
	return text
		.replaceAll(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, (mac) => (KNOWN_MAC.test(mac) ? mac : "<mac>"))
		.replaceAll(/\b8000\.[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}\b/g, (id) => (KNOWN_ID.test(id) ? id : "8000.<id>"))
		.replaceAll(/\b8000\.[0-9a-f]{12}\b/g, (id) => (KNOWN_ID.test(id) ? id : "8000.<id>"))
		.replaceAll(/((?:gc|hello|delay|age|hold|change|tcn)_timer"?)[: ]\s*[\d.]+/g, "$1 <time>")
		.replaceAll(/(gc|forward delay|hello|hold) timer\s+[\d.]+/g, "$1 timer <time>")
		.replaceAll(/used \d+\/\d+(\/\d+)?/g, "used <ages>")
		.replaceAll(/"(used|updated|confirmed|probes|refcnt)":\d+/g, '"$1":<n>')
		.replaceAll(/^( +\d+){6} $/gm, "<counters>")
		.replaceAll(/"(bytes|packets)":\d+/g, '"$1":<n>')
		.replaceAll(/dropped \d+/g, "dropped <n>")
		.replaceAll(/( +\d+){9} (BMU|BMRU|LRU)$/gm, " <counters> $2")
		.replaceAll(/"carrier_changes":\d+/g, '"carrier_changes":<n>')
		.replaceAll(/(transns\n {4}.*\d +)\d+ $/gm, "$1<n> ")
		.replaceAll(/ {2}ref \d /g, "  ")
		.replaceAll(/, libbpf [\d.]+/g, "");
}

const KNOWN_MAC = /^(02:00:00|00:00:00:00:00:00|ff:ff|33:33|01:)/;
const KNOWN_ID = /^8000\.(0?2:0:0|020000|0:0:0|000000)/;
