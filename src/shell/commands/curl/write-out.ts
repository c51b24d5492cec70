/** What `curl -w` prints after a transfer. */
import type { SocketAddr } from "../../../kernel/socket.ts";

export interface TransferFacts {
	readonly url: string;
	readonly scheme: string;
	readonly method: string;
	/** 0: there was no response. */
	readonly status: number;
	readonly version: string;
	readonly contentType: string;
	readonly exitCode: number;
	readonly message: string;
	readonly local: SocketAddr | undefined;
	readonly remote: SocketAddr | undefined;
	readonly connects: number;
	readonly redirects: number;
	readonly sizes: { readonly head: number; readonly request: number; readonly body: number; readonly upload: number };
	/** Nanoseconds from the start; 0: it did not come to that. */
	readonly times: {
		readonly nameLookup: number;
		readonly connect: number;
		readonly startTransfer: number;
		readonly total: number;
	};
}

/** The text, and the complaints about variables that are unknown. */
export function writeOut(format: string, facts: TransferFacts): { readonly text: string; readonly complaints: string } {
	let complaints = "";
	const text = format.replace(/%%|%\{([^}]*)\}|\\([nrt])/g, (whole: string, name?: string, letter?: string) => {
		if (letter !== undefined) return { n: "\n", r: "\r", t: "\t" }[letter] ?? whole;
		if (name === undefined) return "%";
		const value = variable(name, facts);
		if (value === undefined) complaints += `curl: unknown --write-out variable: '${name}'\n`;
		return value ?? "";
	});
	return { text, complaints };
}

function variable(name: string, facts: TransferFacts): string | undefined {
	const { sizes, times, local, remote } = facts;
	const seconds = (ns: number): string => (ns / 1e9).toFixed(6);
	const speed = times.total === 0 ? 0 : Math.floor(sizes.body / (times.total / 1e9));
	const values: Readonly<Record<string, string>> = {
		http_code: String(facts.status).padStart(3, "0"),
		response_code: String(facts.status).padStart(3, "0"),
		http_version: facts.version === "1.0" || facts.version === "1.1" ? facts.version.replace(".0", "") : "0",
		url_effective: facts.url,
		url: facts.url,
		scheme: facts.scheme.toUpperCase(),
		method: facts.method,
		content_type: facts.contentType,
		exitcode: String(facts.exitCode),
		errormsg: facts.message,
		local_ip: local?.addr ?? "",
		local_port: String(local?.port ?? 0),
		remote_ip: remote?.addr ?? "",
		remote_port: String(remote?.port ?? 0),
		num_connects: String(facts.connects),
		num_redirects: String(facts.redirects),
		size_download: String(sizes.body),
		size_header: String(sizes.head),
		size_request: String(sizes.request),
		size_upload: String(sizes.upload),
		speed_download: String(speed),
		time_namelookup: seconds(times.nameLookup),
		time_connect: seconds(times.connect),
		time_appconnect: seconds(0),
		time_pretransfer: seconds(times.connect),
		time_redirect: seconds(0),
		time_starttransfer: seconds(times.startTransfer),
		time_total: seconds(times.total),
		ssl_verify_result: "0",
	};
	return values[name];
}
