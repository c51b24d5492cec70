/** URLs as curl takes them. */
import { hostLiteral, parseIp } from "../../../wire/addr.ts";

export interface CurlUrl {
	readonly scheme: "http" | "https";
	/** Without brackets. */
	readonly host: string;
	readonly port: number;
	/** Path and query, beginning with a slash. */
	readonly target: string;
	readonly user: string | undefined;
	/** The whole, with its scheme. */
	readonly text: string;
}

export type UrlError = { readonly problem: "illegal" } | { readonly problem: "scheme"; readonly scheme: string };

export function parseCurlUrl(text: string): CurlUrl | UrlError {
	const [, scheme = "http", rest = text] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(text) ?? [];
	if (scheme !== "http" && scheme !== "https") return { problem: "scheme", scheme };
	const [, authority = "", path = ""] = /^([^/?#]*)([^#]*)/.exec(rest) ?? [];
	const at = authority.lastIndexOf("@");
	const user = at < 0 ? undefined : decodePercent(authority.slice(0, at));
	const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::(\d*))?$/.exec(authority.slice(at + 1));
	const bracketed = match?.[1] ?? "";
	const host = bracketed.replace(/^\[|\]$/g, "");
	const port = match?.[2] === undefined || match[2] === "" ? (scheme === "http" ? 80 : 443) : Number(match[2]);
	const isIllegal = match === null || host === "" || port > 65535 || /\s/.test(text);
	if (isIllegal || (bracketed.startsWith("[") && !parseIp(host).ok)) return { problem: "illegal" };
	const target = path.startsWith("/") ? path : `/${path}`;
	const withScheme = text.includes("://") ? text : `http://${text}`;
	const whole = path.startsWith("/") ? withScheme : withScheme.replace(authority, `${authority}/`);
	return { scheme, host, port, target, user, text: whole.replace(/#.*$/, "") };
}

/** Where a `Location` leads from a URL. */
export function resolveLocation(base: CurlUrl, location: string): string {
	if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) return location;
	const [, origin = ""] = /^([^:]+:\/\/[^/]*)/.exec(base.text) ?? [];
	if (location.startsWith("//")) return `${base.scheme}:${location}`;
	if (location.startsWith("/")) return `${origin}${location}`;
	const path = base.target.replace(/\?.*$/, "");
	return `${origin}${path.slice(0, path.lastIndexOf("/") + 1)}${location}`;
}

/** `203.0.113.9:8080`, the port only when it is not the scheme's. */
export function hostField({ scheme, host, port }: CurlUrl): string {
	const literal = hostLiteral(host);
	return port === (scheme === "http" ? 80 : 443) ? literal : `${literal}:${port}`;
}

function decodePercent(text: string): string {
	return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
