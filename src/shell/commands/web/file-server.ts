/** Serves a machine's files over HTTP/1.0, as Python's http.server does. */
import { concatBytes, utf8Encode } from "../../../base/bytes.ts";
import { ok, type Result } from "../../../base/result.ts";
import type { SocketError, TcpConnection } from "../../../kernel/socket.ts";
import { type HttpMessage, HttpParser } from "../../../programs/http-message.ts";
import type { IpAddr } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { resolvePath } from "../../memory-files.ts";
import { formatTime } from "../../wall-clock.ts";
import { directoryPage, errorPage, mimeType } from "./file-pages.ts";
import { httpDate } from "./http-date.ts";

export interface FileServerOptions {
	readonly port: number;
	readonly addr: IpAddr | undefined;
	readonly directory: string;
	readonly program: string;
	/** The Server field. */
	readonly server: string;
}

interface Pending {
	readonly connection: TcpConnection;
	/** Undefined: what came is not HTTP. */
	readonly request: HttpMessage | undefined;
}

interface Answer {
	readonly status: number;
	readonly reason: string;
	readonly fields: readonly (readonly [string, string])[];
	readonly body: Uint8Array;
}

/** Listens at once; `serve` answers until the command is interrupted. */
export function fileServer(
	context: CommandContext,
	options: FileServerOptions,
): Result<{ serve(): Promise<void> }, SocketError> {
	const { world, netns, interrupt } = context;
	const queue: Pending[] = [];
	const bind = { port: options.port, ...(options.addr === undefined ? {} : { addr: options.addr }) };
	const owner = { program: options.program, ...(context.pid === undefined ? {} : { pid: context.pid }) };
	const listener = world.kernel.sockets.listenTcp(netns, { bind, backlog: 5, ...owner }, (connection) => {
		const parser = new HttpParser("request");
		connection.handle({
			onData(bytes) {
				const parsed = parser.push(bytes);
				const [request] = parsed.ok ? parsed.value : [];
				if (!parsed.ok || request !== undefined) queue.push({ connection, request });
			},
			onEnd: () => connection.close(),
		});
	});
	if (!listener.ok) return listener;
	return ok({
		async serve() {
			while (!interrupt.raised) {
				await world.wait(() => queue.length > 0, { timeoutNs: Infinity, interrupt });
				for (let next = queue.shift(); next !== undefined; next = queue.shift()) await answer(context, options, next);
			}
			listener.value.close();
		},
	});
}

async function answer(context: CommandContext, options: FileServerOptions, pending: Pending): Promise<void> {
	const { connection, request } = pending;
	const [method = "", target = "/"] = (request?.startLine ?? "").split(" ");
	const made =
		request === undefined
			? failed(400, "Bad request syntax", "Bad request syntax or unsupported method")
			: method === "GET" || method === "HEAD"
				? await read(context, options, target)
				: failed(501, `Unsupported method ('${method}')`, "Server does not support this operation");
	const now = context.world.kernel.clock.now();
	const log = (text: string): void => {
		const time = formatTime(now, "%d/%b/%Y %H:%M:%S");
		context.stderr.write(`${connection.remote.addr} - - [${time}] ${text}\n`);
	};
	if (made.status >= 400) log(`code ${made.status}, message ${made.reason}`);
	log(`"${request?.startLine ?? ""}" ${made.status} -`);
	const fields = [["Server", options.server], ["Date", httpDate(now)], ...made.fields] as const;
	const head = [`HTTP/1.0 ${made.status} ${made.reason}`, ...fields.map(([name, value]) => `${name}: ${value}`)];
	const headBytes = utf8Encode(`${head.join("\r\n")}\r\n\r\n`);
	connection.send(method === "HEAD" ? headBytes : concatBytes(headBytes, made.body));
	connection.close();
}

async function read(context: CommandContext, options: FileServerOptions, target: string): Promise<Answer> {
	const { files } = context.host;
	const view = { netns: context.netns };
	const path = decodePath(target.replace(/[?#].*$/, ""));
	const place = resolvePath(options.directory, `.${path}`);
	const root = options.directory === "/" ? "/" : `${options.directory}/`;
	const found = `${place}/`.startsWith(root) ? await files.stat(place, view).catch(() => undefined) : undefined;
	if (found === undefined) return failed(404, "File not found", "Nothing matches the given URI");
	if (found.type === "file") {
		if (path.endsWith("/")) return failed(404, "File not found", "Nothing matches the given URI");
		return page(mimeType(place), await files.read(place, view), [["Last-Modified", httpDate(0)]]);
	}
	if (!path.endsWith("/")) {
		const fields = [
			["Location", `${target}/`],
			["Content-Length", "0"],
		] as const;
		return { status: 301, reason: "Moved Permanently", fields, body: new Uint8Array(0) };
	}
	const names = await files.list(place, view);
	const index = ["index.html", "index.htm"].find((name) => names.includes(name));
	if (index !== undefined) {
		const text = await files.read(resolvePath(place, index), view);
		return page("text/html", text, [["Last-Modified", httpDate(0)]]);
	}
	const entries: string[] = [];
	for (const name of names) {
		const { type } = await files.stat(resolvePath(place, name), view);
		entries.push(type === "directory" ? `${name}/` : name);
	}
	return page("text/html; charset=utf-8", directoryPage(path, entries), []);
}

function page(type: string, text: string, more: Answer["fields"]): Answer {
	const body = utf8Encode(text);
	const fields = [["Content-type", type], ["Content-Length", String(body.length)], ...more] as const;
	return { status: 200, reason: "OK", fields, body };
}

function failed(status: number, message: string, explanation: string): Answer {
	const body = utf8Encode(errorPage(status, message, explanation));
	const fields = [
		["Connection", "close"],
		["Content-Type", "text/html;charset=utf-8"],
		["Content-Length", String(body.length)],
	] as const;
	return { status, reason: message, fields, body };
}

function decodePath(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}
