/** python3 -m http.server (and Python 2's SimpleHTTPServer): the machine's files over HTTP. Nothing else of Python. */
import { parseIp } from "../../wire/addr.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { getopt } from "../getopt.ts";
import { resolvePath } from "../memory-files.ts";
import { strerror } from "../strerror.ts";
import { notModelled, runTool, ToolExit } from "./tool-exit.ts";
import { fileServer } from "./web/file-server.ts";

export const pythonCommand: CommandEntry = {
	names: ["python3", "python", "python2"],
	summary: "only -m http.server: serve the current directory over HTTP",
	run: (context) => runTool(context, () => python(context)),
};

const VERSION = "3.11.7";
const DEFAULT_PORT = 8000;
const USAGE = "usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\n";

async function python(context: CommandContext): Promise<number> {
	const args = context.args.filter((arg) => arg !== "-u");
	if (args[0] === "-V" || args[0] === "--version") throw new ToolExit(0, "", `Python ${VERSION}\n`);
	const module = args[0] === "-m" ? args[1] : undefined;
	if (module !== "http.server" && module !== "SimpleHTTPServer") {
		throw notModelled(`${context.name} other than "${context.name} -m http.server [PORT]"`);
	}
	const { port, addr, directory } = readArguments(context, args.slice(2));
	const bound = addr === undefined ? undefined : parseIp(addr);
	if (bound?.ok === false) throw new ToolExit(1, "socket.gaierror: [Errno -2] Name or service not known\n");
	const server = fileServer(context, {
		port,
		addr: bound?.value,
		directory,
		program: context.name,
		server: `SimpleHTTP/0.6 Python/${VERSION}`,
	});
	if (!server.ok) {
		const errno = { EADDRINUSE: 98, EADDRNOTAVAIL: 99, EACCES: 13 }[String(server.error.errno)] ?? 22;
		throw new ToolExit(1, `OSError: [Errno ${errno}] ${strerror(server.error)}\n`);
	}
	const shown = addr ?? "0.0.0.0";
	context.stdout.write(`Serving HTTP on ${shown} port ${port} (http://${shown}:${port}/) ...\n`);
	await server.value.serve();
	context.stdout.write("\nKeyboard interrupt received, exiting.\n");
	return 0;
}

function readArguments(
	context: CommandContext,
	args: readonly string[],
): { readonly port: number; readonly addr: string | undefined; readonly directory: string } {
	const fail = (message: string): ToolExit => new ToolExit(2, `${USAGE}server.py: error: ${message}\n`);
	const given = getopt(args, { short: "b:d:", long: { "bind=": "b", "directory=": "d" } });
	if (!given.ok) throw fail(given.error);
	const { words, value } = given.value;
	const [portText = String(DEFAULT_PORT), another] = words;
	if (another !== undefined) throw fail(`unrecognized arguments: ${another}`);
	if (!/^\d+$/.test(portText)) throw fail(`argument port: invalid int value: '${portText}'`);
	const port = Number(portText);
	if (port > 65535) throw new ToolExit(1, "OverflowError: bind(): port must be 0-65535.\n");
	return { port, addr: value("b"), directory: resolvePath(context.cwd, value("d") ?? ".") };
}
