/** nc: text to and from a TCP or UDP port, as OpenBSD's netcat. */
import type { CommandEntry } from "../command.ts";
import { ncConnect } from "./nc/client.ts";
import { ncListen } from "./nc/listener.ts";
import { ncOptions } from "./nc/options.ts";
import { runTool } from "./tool-exit.ts";

export const ncCommand: CommandEntry = {
	names: ["nc", "ncat", "netcat"],
	summary: "read and write across TCP and UDP connections",
	run: (context) =>
		runTool(context, async () => {
			const options = ncOptions(context);
			return options.listen ? ncListen(context, options) : ncConnect(context, options);
		}),
};
