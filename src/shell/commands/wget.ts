/** wget: HTTP downloads, with wget's options, words and exit codes. */
import type { CommandEntry } from "../command.ts";
import { runTool } from "./tool-exit.ts";
import { WgetFetch } from "./wget/fetch.ts";
import { wgetOptions } from "./wget/options.ts";

export const wgetCommand: CommandEntry = {
	names: ["wget"],
	summary: "download a URL (HTTP)",
	run: (context) =>
		runTool(context, async () => {
			const options = wgetOptions(context);
			if (options.spider && options.talk === "full") {
				context.stderr.write("Spider mode enabled. Check if remote file exists.\n");
			}
			const fetch = new WgetFetch(context, options);
			let status = 0;
			for (const url of options.urls) {
				const code = await fetch.run(url);
				if (code === 130) return 130;
				if (code !== 0 && (status === 0 || code < status)) status = code;
			}
			return status;
		}),
};
