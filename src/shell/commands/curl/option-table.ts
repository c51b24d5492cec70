/** The options of curl: how they are spelled, what podwire refuses. */

export interface CurlOption {
	readonly long: string;
	readonly letter?: string;
	readonly argument?: "text" | "seconds" | "number";
	/** It is understood and not done. */
	readonly refused?: true;
}

/** `long letter argument`; a `!` refuses. */
const TABLE = `
anyauth; append a; basic; compressed; config K text !; connect-timeout - seconds; continue-at C text !; cookie b text;
cookie-jar c text !; create-dirs; data d text; data-ascii - text; data-binary - text; data-raw - text;
data-urlencode - text; digest !; disable q; dump-header D text !; fail f; fail-early; fail-with-body; form F text !; get G;
globoff g; head I; header H text; help h; http0.9 !; http1.0 0; http1.1; http2 !; http3 !; include i; insecure k;
interface - text; ipv4 4; ipv6 6; json - text; keepalive-time - number; limit-rate - text !; local-port - text; location L;
location-trusted; max-filesize - number !; max-redirs - number; max-time m seconds; no-buffer N; no-keepalive;
no-progress-meter; noproxy - text; output o text; parallel Z !; path-as-is; progress-bar # !; proto-default - text; proxy x text !;
range r text !; referer e text; remote-header-name J !; remote-name O; request X text; resolve - text;
retry - number !; show-error S; silent s; socks5 - text !; stderr - text !; tcp-nodelay; tls-max - text; tlsv1.2; trace - text !;
trace-ascii - text !; unix-socket - text !; upload-file T text !; url - text; user u text; user-agent A text; verbose v;
version V; write-out w text; cacert - text; capath - text; cert E text !; ciphers - text; expect100-timeout - seconds
`;

export const CURL_OPTIONS: readonly CurlOption[] = TABLE.split(";").flatMap((entry) => {
	const words = entry.trim().split(/\s+/);
	const refused = words.at(-1) === "!" ? ({ refused: true } as const) : {};
	const [long = "", letter, argument] = words.filter((word) => word !== "!");
	if (long === "") return [];
	return [
		{
			long,
			...(letter === undefined || letter === "-" ? {} : { letter }),
			...(argument === "text" || argument === "seconds" || argument === "number" ? { argument } : {}),
			...refused,
		},
	];
});

export type LongFound = CurlOption | "unknown" | "ambiguous";

/** By its name or a beginning of it that only one has. */
export function findLongOption(name: string): LongFound {
	const exact = CURL_OPTIONS.find(({ long }) => long === name);
	if (exact !== undefined) return exact;
	const near = CURL_OPTIONS.filter(({ long }) => long.startsWith(name));
	const [only] = near;
	if (only === undefined) return "unknown";
	return near.length > 1 ? "ambiguous" : only;
}

export function findShortOption(letter: string): CurlOption | undefined {
	return CURL_OPTIONS.find((option) => option.letter === letter);
}

export const CURL_HELP = `Usage: curl [options...] <url>
 -d, --data <data>          HTTP POST data
 -f, --fail                 Fail fast with no output on HTTP errors
 -h, --help <category>      Get help for commands
 -i, --include              Include protocol response headers in the output
 -o, --output <file>        Write to file instead of stdout
 -O, --remote-name          Write output to a file named as the remote file
 -s, --silent               Silent mode
 -T, --upload-file <file>   Transfer local FILE to destination
 -u, --user <user:password> Server user and password
 -A, --user-agent <name>    Send User-Agent <name> to server
 -v, --verbose              Make the operation more talkative
 -V, --version              Show version number and quit

This is not the full help, this menu is stripped into categories.
Use "--help category" to get an overview of all categories.
For all options use the manual or "--help all".
`;

export const CURL_VERSION = `curl 7.88.1 (x86_64-pc-linux-gnu) podwire
Release-Date: 2023-02-20
Protocols: http
Features: AsynchDNS
`;
