/** What curl's arguments ask for. */
import type { CommandContext } from "../../command.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { CURL_HELP, CURL_VERSION, type CurlOption, findLongOption, findShortOption } from "./option-table.ts";

export interface CurlOptions {
	readonly urls: readonly string[];
	/** For the URLs in order: a file's name, or that of the remote file. */
	readonly outputs: readonly ({ readonly file: string } | "remote-name")[];
	/** Flags by their long name. */
	readonly flags: ReadonlySet<string>;
	/** The last argument of each option by its long name. */
	readonly values: ReadonlyMap<string, string>;
	readonly headers: readonly string[];
	readonly data: readonly CurlData[];
	readonly resolve: readonly string[];
}

export interface CurlData {
	readonly kind: "data" | "data-raw" | "data-binary" | "data-urlencode" | "json";
	readonly text: string;
}

/** Says where help is, after a complaint about the arguments. */
export const CURL_TRY = "curl: try 'curl --help' or 'curl --manual' for more information\n";

interface Given {
	readonly option: CurlOption;
	/** As it was written, for complaints. */
	readonly written: string;
	readonly value: string;
}

/** Reads the arguments; leaves by `ToolExit` with curl's own words when they are not right. */
export function curlOptions({ args }: Pick<CommandContext, "args">): CurlOptions {
	if (args.length === 0) throw new ToolExit(2, CURL_TRY);
	const { given, urls } = readWords(args);
	const flags = new Set<string>();
	const values = new Map<string, string>();
	const outputs: ({ readonly file: string } | "remote-name")[] = [];
	const headers: string[] = [];
	const data: CurlData[] = [];
	const resolve: string[] = [];
	for (const { option, written, value } of given) {
		const { long } = option;
		if (long === "help") throw new ToolExit(0, "", CURL_HELP);
		if (long === "version") throw new ToolExit(0, "", CURL_VERSION);
		if (option.refused === true) throw notModelled(`curl --${long}`);
		checkNumber(option, written, value);
		if (long === "url") urls.push(value);
		else if (long === "output") outputs.push({ file: value });
		else if (long === "remote-name") outputs.push("remote-name");
		else if (long === "header") headers.push(value);
		else if (long === "resolve") resolve.push(value);
		else if (long === "data-ascii") data.push({ kind: "data", text: value });
		else if (isDataKind(long)) data.push({ kind: long, text: value });
		else if (option.argument === undefined) flags.add(long);
		else values.set(long, value);
	}
	if (urls.length === 0) throw new ToolExit(2, `curl: no URL specified!\n${CURL_TRY}`);
	return { urls, outputs, flags, values, headers, data, resolve };
}

function readWords(args: readonly string[]): { readonly given: readonly Given[]; readonly urls: string[] } {
	const given: Given[] = [];
	const urls: string[] = [];
	const rest = [...args];
	let onlyUrls = false;
	for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
		if (onlyUrls || !word.startsWith("-") || word === "-") urls.push(word);
		else if (word === "--") onlyUrls = true;
		else if (word.startsWith("--")) given.push(readLong(word, rest));
		else given.push(...readShort(word, rest));
	}
	return { given, urls };
}

function readLong(word: string, rest: string[]): Given {
	const option = findLongOption(word.slice(2));
	if (option === "unknown" || option === "ambiguous") throw complaint(`option ${word}: is ${option}`);
	if (option.argument === undefined) return { option, written: word, value: "" };
	const value = rest.shift();
	if (value === undefined) throw complaint(`option ${word}: requires parameter`);
	return { option, written: word, value };
}

function readShort(word: string, rest: string[]): readonly Given[] {
	const given: Given[] = [];
	for (let at = 1; at < word.length; at += 1) {
		const option = findShortOption(word[at] ?? "");
		if (option === undefined) throw complaint(`option ${word}: is unknown`);
		if (option.argument === undefined) {
			given.push({ option, written: word, value: "" });
			continue;
		}
		const value = at + 1 < word.length ? word.slice(at + 1) : rest.shift();
		if (value === undefined) throw complaint(`option ${word}: requires parameter`);
		given.push({ option, written: word, value });
		break;
	}
	return given;
}

function checkNumber({ argument }: CurlOption, written: string, value: string): void {
	const pattern = argument === "seconds" ? /^\d+(\.\d*)?$/ : /^-?\d+$/;
	if (argument === undefined || argument === "text" || pattern.test(value)) return;
	throw complaint(`option ${written}: expected a proper numerical parameter`);
}

function isDataKind(long: string): long is CurlData["kind"] {
	return ["data", "data-raw", "data-binary", "data-urlencode", "json"].includes(long);
}

function complaint(message: string): ToolExit {
	return new ToolExit(2, `curl: ${message}\n${CURL_TRY}`);
}
