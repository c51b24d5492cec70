/** The options of wget. */
import type { CommandContext } from "../../command.ts";
import { getopt } from "../../getopt.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";

export interface WgetOptions {
	readonly urls: readonly string[];
	/** `-O`: `-` is standard output. */
	readonly output: string | undefined;
	readonly directory: string | undefined;
	/** `quiet`: not a word; `brief` (`-nv`): one line a file. */
	readonly talk: "quiet" | "brief" | "full";
	readonly showHeaders: boolean;
	readonly spider: boolean;
	/** 0: for ever. */
	readonly tries: number;
	readonly timeoutNs: number;
	readonly headers: readonly string[];
	readonly userAgent: string;
	readonly postData: string | undefined;
	readonly bindAddress: string | undefined;
}

const TRY_HELP = "Usage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n";
const HELP = `GNU Wget 1.21.3, a non-interactive network retriever.
Usage: wget [OPTION]... [URL]...

Modelled: -q -nv -S -O FILE -P PREFIX -T SECONDS -t NUMBER -U AGENT --spider
          --header=STRING --post-data=STRING --bind-address=ADDRESS
`;
const DEFAULT_TRIES = 20;
const DEFAULT_TIMEOUT_NS = 900e9;
const REFUSED = ["r", "m", "b", "c", "N", "i", "p", "k", "post-file", "body-data", "method", "limit-rate"];

export function wgetOptions({ args, name }: Pick<CommandContext, "args" | "name">): WgetOptions {
	const given = getopt(args, {
		short: "qvSO:P:T:t:U:4hVrmbcNpki:n:e:",
		long: {
			quiet: "q",
			verbose: "v",
			"no-verbose": "nv",
			"server-response": "S",
			"output-document=": "O",
			"directory-prefix=": "P",
			"timeout=": "T",
			"connect-timeout=": "T",
			"read-timeout=": "T",
			"dns-timeout=": "ignored",
			"tries=": "t",
			"user-agent=": "U",
			"header=": "header",
			spider: "spider",
			"post-data=": "post-data",
			"bind-address=": "bind-address",
			"no-check-certificate": "ignored",
			"no-proxy": "ignored",
			"no-cache": "ignored",
			"no-dns-cache": "ignored",
			"inet4-only": "4",
			help: "h",
			version: "V",
			recursive: "r",
			mirror: "m",
			background: "b",
			continue: "c",
			timestamping: "N",
			"input-file=": "i",
			"page-requisites": "p",
			"convert-links": "k",
			"post-file=": "post-file",
			"body-data=": "body-data",
			"method=": "method",
			"limit-rate=": "limit-rate",
		},
	});
	if (!given.ok) throw new ToolExit(2, `${name}: ${given.error}\n${TRY_HELP}`);
	const { has, value, options, words } = given.value;
	if (has("h")) throw new ToolExit(0, "", HELP);
	if (has("V")) throw new ToolExit(0, "", "GNU Wget 1.21.3 built on podwire.\n");
	const refused = REFUSED.find(has);
	if (refused !== undefined) throw notModelled(`wget ${refused.length === 1 ? "-" : "--"}${refused}`);
	if (words.length === 0) throw new ToolExit(1, `${name}: missing URL\n${TRY_HELP}`);
	const brief = has("nv") || options.some((option) => option.name === "n" && option.value === "v");
	const timeout = numberOf(name, "timeout", value("T"));
	return {
		urls: words,
		output: value("O"),
		directory: value("P"),
		talk: has("q") ? "quiet" : brief ? "brief" : "full",
		showHeaders: has("S"),
		spider: has("spider"),
		tries: value("t") === "inf" ? 0 : (numberOf(name, "tries", value("t")) ?? DEFAULT_TRIES),
		timeoutNs: timeout === undefined ? DEFAULT_TIMEOUT_NS : timeout === 0 ? Infinity : timeout * 1e9,
		headers: options.filter((option) => option.name === "header").map((option) => option.value),
		userAgent: value("U") ?? "Wget/1.21.3",
		postData: value("post-data"),
		bindAddress: value("bind-address"),
	};
}

function numberOf(tool: string, option: string, text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	if (/^\d+(\.\d*)?$/.test(text)) return Number(text);
	const what = option === "timeout" ? "time period" : "number";
	throw new ToolExit(2, `${tool}: ${option}: Invalid ${what} ‘${text}’\n`);
}
