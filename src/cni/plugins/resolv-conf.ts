/** host-local's `resolvConf`: the DNS part of its result comes from a file as resolv.conf(5). */
import type { CniDns } from "../types.ts";

export function parseResolvConfDns(text: string): CniDns {
	const nameservers: string[] = [];
	const search: string[] = [];
	const options: string[] = [];
	let domain: string | undefined;
	for (const line of text.split("\n")) {
		if (/^\s*[#;]/.test(line)) continue;
		const [key, ...words] = line.trim().split(/\s+/);
		if (words.length === 0) continue;
		if (key === "nameserver") nameservers.push(words[0] ?? "");
		else if (key === "domain") domain = words[0];
		else if (key === "search") search.push(...words);
		else if (key === "options") options.push(...words);
	}
	return {
		...(nameservers.length === 0 ? {} : { nameservers }),
		...(domain === undefined ? {} : { domain }),
		...(search.length === 0 ? {} : { search }),
		...(options.length === 0 ? {} : { options }),
	};
}
