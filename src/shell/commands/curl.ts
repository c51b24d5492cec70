/** curl: HTTP requests, with curl's options, words and exit codes. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { type CurlOptions, curlOptions } from "./curl/options.ts";
import { transferOutput } from "./curl/output.ts";
import { dataOf } from "./curl/request.ts";
import { type CurlSession, CurlTransfer } from "./curl/transfer.ts";
import { writeOut } from "./curl/write-out.ts";
import { notModelled, runTool } from "./tool-exit.ts";

export const curlCommand: CommandEntry = {
	names: ["curl"],
	summary: "transfer a URL (HTTP)",
	run: (context) => runTool(context, () => curl(context)),
};

async function curl(context: CommandContext): Promise<number> {
	const options = curlOptions(context);
	const session: CurlSession = {
		context,
		options,
		data: await dataOf(context, options),
		known: new Set(),
		old: new Set(),
		connections: 0,
	};
	let status = 0;
	for (const [index, url] of options.urls.entries()) {
		if (!options.flags.has("globoff") && /[{}]|\[\w+-\w+\]/.test(url))
			throw notModelled("curl with {…} or […] in a URL");
		status = await one(session, url, options.outputs[index]);
		if (context.interrupt.raised) return 130;
		if (status !== 0 && options.flags.has("fail-early")) break;
	}
	return status;
}

async function one(
	session: CurlSession,
	url: string,
	wanted: CurlOptions["outputs"][number] | undefined,
): Promise<number> {
	const { context, options } = session;
	const file = wanted === "remote-name" ? remoteName(url) : wanted?.file;
	if (file === "") {
		const isSilent = options.flags.has("silent") && !options.flags.has("show-error");
		if (!isSilent) context.stderr.write("curl: Remote file name has no length!\n");
		return complain(session, 23, "Failed writing received data to disk/application");
	}
	const output = transferOutput(context, file);
	const transfer = new CurlTransfer(session, output);
	const failure = await transfer.run(url);
	if (failure?.code === 130) return 130;
	const unwritten = await output.finish();
	transfer.closeMeter();
	if (unwritten !== undefined && !options.flags.has("silent")) {
		context.stderr.write(`Warning: Failed to open the file ${file ?? ""}: ${unwritten}\n`);
	}
	const format = options.values.get("write-out");
	if (format !== undefined) {
		const { text, complaints } = writeOut(format, transfer.facts(failure));
		context.stdout.write(text);
		context.stderr.write(complaints);
	}
	if (failure !== undefined) return complain(session, failure.code, failure.message);
	return unwritten === undefined ? 0 : complain(session, 23, "Failure writing output to destination");
}

function complain({ context, options }: CurlSession, code: number, message: string): number {
	const isSilent = options.flags.has("silent") && !options.flags.has("show-error");
	if (!isSilent) context.stderr.write(`curl: (${code}) ${message}\n`);
	return code;
}

/** The last part of a URL's path; empty: there is none. */
function remoteName(url: string): string {
	const path = url.replace(/^[A-Za-z]+:\/\//, "").replace(/[?#].*$/, "");
	const slash = path.indexOf("/");
	return slash < 0 ? "" : path.slice(path.lastIndexOf("/") + 1);
}
