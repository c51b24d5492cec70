/** The bytes of curl's request, field by field in its order. */
import { utf8Encode } from "../../../base/bytes.ts";
import type { CommandContext } from "../../command.ts";
import { resolvePath } from "../../memory-files.ts";
import { ToolExit } from "../tool-exit.ts";
import type { CurlData, CurlOptions } from "./options.ts";
import { type CurlUrl, hostField } from "./url.ts";

export interface CurlRequest {
	readonly method: string;
	/** Request line and fields, without the empty line. */
	readonly lines: readonly string[];
	readonly body: Uint8Array | undefined;
	readonly bytes: Uint8Array;
	/** Of `-u`. */
	readonly user: string | undefined;
}

/** The URL to ask for: with `-G` the data are its query. */
export function withQuery(url: string, options: CurlOptions, data: string | undefined): string {
	if (!options.flags.has("get") || data === undefined) return url;
	return `${url}${url.includes("?") ? "&" : "?"}${data}`;
}

/** The `-d` arguments put together; undefined: there are none. */
export async function dataOf(context: CommandContext, options: CurlOptions): Promise<string | undefined> {
	if (options.data.length === 0) return undefined;
	const parts: string[] = [];
	for (const each of options.data) parts.push(await dataText(context, each));
	return parts.join(options.data.every(({ kind }) => kind === "json") ? "" : "&");
}

export function buildRequest(
	url: CurlUrl,
	options: CurlOptions,
	more: { readonly data: string | undefined; readonly method?: string; readonly version: "1.0" | "1.1" },
): CurlRequest {
	const { flags, values, headers } = options;
	const data = flags.has("get") ? undefined : more.data;
	const usual = flags.has("head") ? "HEAD" : data === undefined ? "GET" : "POST";
	const method = more.method ?? values.get("request") ?? usual;
	const own = headers.map(readHeader);
	const isGiven = (name: string): boolean => own.some((header) => header.name.toLowerCase() === name.toLowerCase());
	const json = options.data.some(({ kind }) => kind === "json");
	const fields: string[] = [];
	const host = own.find(({ name }) => name.toLowerCase() === "host");
	if (host === undefined) fields.push(`Host: ${hostField(url)}`);
	else if (host.line !== undefined) fields.push(host.line);
	const user = values.get("user") ?? url.user;
	if (user !== undefined && !isGiven("authorization")) {
		fields.push(`Authorization: Basic ${base64(utf8Encode(user.includes(":") ? user : `${user}:`))}`);
	}
	if (!isGiven("user-agent")) fields.push(`User-Agent: ${values.get("user-agent") ?? "curl/7.88.1"}`);
	if (!isGiven("accept")) fields.push(json ? "Accept: application/json" : "Accept: */*");
	if (flags.has("compressed") && !isGiven("accept-encoding")) fields.push("Accept-Encoding: identity");
	const referer = values.get("referer");
	if (referer !== undefined && !isGiven("referer")) fields.push(`Referer: ${referer}`);
	const cookie = values.get("cookie");
	if (cookie !== undefined && !isGiven("cookie")) fields.push(`Cookie: ${cookie}`);
	for (const { name, line } of own) if (line !== undefined && name.toLowerCase() !== "host") fields.push(line);
	const body = data === undefined ? undefined : utf8Encode(data);
	if (body !== undefined) {
		if (!isGiven("content-length")) fields.push(`Content-Length: ${body.length}`);
		const type = json ? "application/json" : "application/x-www-form-urlencoded";
		if (!isGiven("content-type")) fields.push(`Content-Type: ${type}`);
	}
	const lines = [`${method} ${url.target} HTTP/${more.version}`, ...fields];
	const bytes = utf8Encode(`${lines.join("\r\n")}\r\n\r\n${data ?? ""}`);
	return { method, lines, body, bytes, user: user?.replace(/:.*/, "") };
}

/** `Name: value`; `Name:` takes a field away, `Name;` sends it empty. */
function readHeader(text: string): { readonly name: string; readonly line: string | undefined } {
	const empty = /^([^:;]+);\s*$/.exec(text)?.[1];
	if (empty !== undefined) return { name: empty, line: `${empty}:` };
	const [, name = "", value = ""] = /^([^:]*):\s*(.*)$/.exec(text) ?? [];
	return { name, line: name === "" || value === "" ? undefined : text };
}

async function dataText(context: CommandContext, { kind, text }: CurlData): Promise<string> {
	if (kind === "data-raw") return text;
	if (kind === "data-urlencode") {
		const [, name = "", value = ""] = /^([^=@]*=)?(.*)$/s.exec(text) ?? [];
		return `${name === "=" ? "" : name}${percentEncode(value)}`;
	}
	if (!text.startsWith("@")) return text;
	const read = await readData(context, text.slice(1));
	return kind === "data" ? read.replace(/[\r\n\0]/g, "") : read;
}

async function readData(context: CommandContext, path: string): Promise<string> {
	if (path === "-") return context.stdin.readAll();
	const { host, cwd, netns } = context;
	return host.files.read(resolvePath(cwd, path), { netns }).catch(() => {
		const warning = `Warning: Couldn't read data from file "${path}", this makes an empty POST.\n`;
		context.stderr.write(warning);
		return "";
	});
}

function percentEncode(text: string): string {
	let encoded = "";
	for (const byte of utf8Encode(text)) {
		const char = String.fromCharCode(byte);
		encoded += /[A-Za-z0-9\-._~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
	}
	return encoded;
}

function base64(bytes: Uint8Array): string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	let text = "";
	for (let at = 0; at < bytes.length; at += 3) {
		const three = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
		const used = Math.min(3, bytes.length - at) + 1;
		for (let k = 0; k < 4; k += 1) text += k < used ? (letters[(three >> (18 - 6 * k)) & 63] ?? "") : "=";
	}
	return text;
}

/** `--resolve HOST:PORT:ADDR`. */
export function resolveEntry(text: string): { readonly host: string; readonly port: number; readonly addr: string } {
	const match = /^[+-]?([^:]+):(\d+):([^,]+)/.exec(text);
	if (match !== null)
		return { host: match[1] ?? "", port: Number(match[2]), addr: (match[3] ?? "").replace(/^\[|\]$/g, "") };
	throw new ToolExit(49, `curl: (49) Couldn't parse CURLOPT_RESOLVE entry '${text}'\n`);
}
