/** http-server: a directory of the machine over HTTP, with the options of the npm package of that name. */
import { parseIp } from "../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { resolvePath } from "../memory-files.ts";
import { strerror } from "../strerror.ts";
import { runTool, ToolExit } from "./tool-exit.ts";
import { fileServer } from "./web/file-server.ts";

export const httpServerCommand: CommandEntry = {
	names: ["http-server"],
	summary: "serve a directory over HTTP: http-server [-p PORT] [-a ADDRESS] [DIRECTORY]",
	run: (context) => runTool(context, () => serve(context)),
};

const DEFAULT_PORT = 8080;
const USAGE = `Usage: http-server [-p PORT] [-a ADDRESS] [DIRECTORY]
  -p PORT     default: ${DEFAULT_PORT}
  -a ADDRESS  listen on this address only
  DIRECTORY   what is served; default: the current directory
`;

async function serve(context: CommandContext): Promise<number> {
	const fail = (message: string): ToolExit => new ToolExit(2, `http-server: ${message}\n`);
	const given = getopt(context.args, { short: "p:a:h", long: { "port=": "p", "address=": "a", help: "h" } });
	if (!given.ok) throw new ToolExit(2, `http-server: ${given.error}\n${USAGE}`);
	if (given.value.has("h")) throw new ToolExit(0, "", USAGE);
	const portText = given.value.value("p") ?? String(DEFAULT_PORT);
	const port = Number(portText);
	if (!/^\d+$/.test(portText) || port === 0 || port > 65535) throw fail(`invalid port: ${portText}`);
	const addrText = given.value.value("a");
	const addr = addrText === undefined ? undefined : parseIp(addrText);
	if (addr?.ok === false) throw fail(`invalid address: ${addrText ?? ""}`);
	const directory = resolvePath(context.cwd, given.value.words[0] ?? ".");
	const server = fileServer(context, {
		port,
		addr: addr?.value,
		directory,
		program: "http-server",
		server: "http-server",
	});
	if (!server.ok) throw new ToolExit(1, `http-server: port ${port}: ${strerror(server.error)}\n`);
	context.stdout.write(`Serving ${directory} on http://${addrText ?? "0.0.0.0"}:${port}\n`);
	await server.value.serve();
	return 130;
}
