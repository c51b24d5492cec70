/**
 * tcpdump: packets of a device or a capture file, filtered, printed or written to a file. It captures from `kernel.capture`
 * and speaks as tcpdump 4.99.3 does; of payloads it reads DNS and the first lines of HTTP and the like.
 */
import type { CommandContext, CommandEntry } from "../../command.ts";
import { resolvePath } from "../../memory-files.ts";
import { runTool, ToolExit } from "../tool-exit.ts";
import { chooseDevice, deviceLines, linkTypeLines, listDevices } from "./devices.ts";
import { captureLive } from "./live.ts";
import { parseTcpdumpOptions, type TcpdumpOptions } from "./options.ts";
import { playCapture } from "./play.ts";
import { says } from "./usage.ts";

export const tcpdumpCommand: CommandEntry = {
	names: ["tcpdump"],
	summary: "packets of a device (-i DEV|any) or of a capture file (-r FILE), printed or written (-w FILE)",
	run: (context) =>
		runTool(context, async () => {
			const options = parseTcpdumpOptions(context.args);
			if (options.list !== undefined) return list(context, options);
			const expression = await expressionOf(context, options);
			return options.readFile === undefined
				? captureLive(context, options, expression)
				: playCapture(context, options, { path: options.readFile, expression });
		}),
};

async function list(context: CommandContext, options: TcpdumpOptions): Promise<number> {
	const devices = await listDevices(context);
	if (options.list === "devices") {
		context.stdout.write(deviceLines(devices));
		return 0;
	}
	const device = chooseDevice(devices, options.device);
	if (options.list === "link-types") context.stderr.write(linkTypeLines(device));
	else context.stderr.write(`Time stamp types for ${device.name} (use option -j to set):\n  host (Host)\n`);
	return 0;
}

/** The words behind the options, or the text of `-F FILE`. */
async function expressionOf(context: CommandContext, options: TcpdumpOptions): Promise<string> {
	const { filterFile } = options;
	if (filterFile === undefined) return options.expression;
	try {
		return await context.host.files.read(resolvePath(context.cwd, filterFile), { netns: context.netns });
	} catch {
		throw new ToolExit(1, says(`can't open ${filterFile}: No such file or directory`));
	}
}
