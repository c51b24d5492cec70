/** A small HTTP/1.1 server for pods: answers every request, by default with its pod's name and the client it saw. */
import { utf8Encode } from "../base/bytes.ts";
import { ok, type Result } from "../base/result.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SocketAddr, SocketError, TcpConnection } from "../kernel/socket.ts";
import type { IpAddr } from "../wire/addr.ts";
import { formatHttpMessage, type HttpMessage, HttpParser } from "./http-message.ts";

export interface HttpRequest {
	readonly method: string;
	readonly path: string;
	/** Names in lower case. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: Uint8Array;
	/** The peer's address as the server sees it: after every NAT on the way. */
	readonly client: SocketAddr;
	readonly local: SocketAddr;
}

export interface HttpResponse {
	/** Default 200. */
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array;
}

export interface HttpServerOptions {
	/** Absent: any local address. */
	readonly addr?: IpAddr;
	/** Default 80. */
	readonly port?: number;
	/** Shown in traces; default `http-server`. */
	readonly program?: string;
	/** Shown by `ss -p`. */
	readonly pid?: number;
	/** The name that the default answer gives. */
	readonly pod?: string;
	/** The default answer: `{"pod":…,"client":…}` or one line of plain text. */
	readonly format?: "json" | "text";
	/** Instead of the default answer. */
	readonly handler?: (request: HttpRequest) => HttpResponse;
}

export interface HttpServer {
	readonly local: SocketAddr;
	/** How many requests were answered so far. */
	readonly served: () => number;
	/** Stops listening; open connections go on. */
	close(): void;
}

/** Listens in `netns`; fails as bind and listen fail. */
export function httpServer(
	kernel: Pick<Kernel, "sockets">,
	netns: string,
	options: HttpServerOptions = {},
): Result<HttpServer, SocketError> {
	let served = 0;
	const answer = options.handler ?? ((request: HttpRequest) => defaultAnswer(options, request));
	const bind = { port: options.port ?? 80, ...(options.addr === undefined ? {} : { addr: options.addr }) };
	const owner = {
		program: options.program ?? "http-server",
		...(options.pid === undefined ? {} : { pid: options.pid }),
	};
	const listener = kernel.sockets.listenTcp(netns, { bind, ...owner }, (connection) =>
		serve(connection, (request) => {
			served += 1;
			return answer(request);
		}),
	);
	if (!listener.ok) return listener;
	return ok({ local: listener.value.local, served: () => served, close: () => listener.value.close() });
}

function serve(connection: TcpConnection, answer: (request: HttpRequest) => HttpResponse): void {
	const parser = new HttpParser("request");
	connection.handle({
		onData(bytes) {
			const parsed = parser.push(bytes);
			if (!parsed.ok) {
				connection.send(responseBytes({ status: 400, body: `${parsed.error.problem}\n` }, true));
				connection.close();
				return;
			}
			for (const message of parsed.value) respond(connection, message, answer);
		},
		onEnd: () => connection.close(),
	});
}

function respond(
	connection: TcpConnection,
	message: HttpMessage,
	answer: (request: HttpRequest) => HttpResponse,
): void {
	const [method = "", path = "", version = ""] = message.startLine.split(" ");
	const { headers, body } = message;
	const response = answer({ method, path, headers, body, client: connection.remote, local: connection.local });
	const wish = headers.get("connection")?.toLowerCase();
	const close = wish === "close" || (version === "HTTP/1.0" && wish !== "keep-alive");
	connection.send(responseBytes(response, close));
	if (close) connection.close();
}

function responseBytes(response: HttpResponse, close: boolean): Uint8Array {
	const status = response.status ?? 200;
	const body = typeof response.body === "string" ? utf8Encode(response.body) : (response.body ?? new Uint8Array(0));
	const headers = new Map(Object.entries(response.headers ?? { "Content-Type": "text/plain" }));
	if (close) headers.set("Connection", "close");
	return formatHttpMessage(`HTTP/1.1 ${status} ${REASONS.get(status) ?? "Unknown"}`, headers, body);
}

function defaultAnswer(options: HttpServerOptions, request: HttpRequest): HttpResponse {
	const pod = options.pod ?? "";
	const client = request.client.addr;
	if (options.format === "text") return { body: `${pod} ${client}\n` };
	return { headers: { "Content-Type": "application/json" }, body: `${JSON.stringify({ pod, client })}\n` };
}

const REASONS: ReadonlyMap<number, string> = new Map([
	[200, "OK"],
	[201, "Created"],
	[204, "No Content"],
	[301, "Moved Permanently"],
	[302, "Found"],
	[400, "Bad Request"],
	[404, "Not Found"],
	[405, "Method Not Allowed"],
	[500, "Internal Server Error"],
	[503, "Service Unavailable"],
]);
