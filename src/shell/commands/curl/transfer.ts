/** One URL of curl's: look-up, connection, request, response, redirects. */
import { utf8Encode } from "../../../base/bytes.ts";
import type { SocketAddr, SocketOptions } from "../../../kernel/socket.ts";
import type { HttpResponseHead } from "../../../programs/http-response.ts";
import { formatAddrPort, type IpAddr, parseIp } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { type HttpExchangeEnd, httpExchange } from "../../http-exchange.ts";
import { lookupHost } from "../../name-service.ts";
import { type CurlFailure, curlFailure } from "./failure.ts";
import type { CurlOptions } from "./options.ts";
import type { TransferOutput } from "./output.ts";
import { PROGRESS_HEAD, progressLine } from "./progress.ts";
import { buildRequest, resolveEntry, withQuery } from "./request.ts";
import { type CurlUrl, parseCurlUrl, resolveLocation } from "./url.ts";
import type { TransferFacts } from "./write-out.ts";

/** What the transfers of one command share. */
export interface CurlSession {
	readonly context: CommandContext;
	readonly options: CurlOptions;
	readonly data: string | undefined;
	/** Hosts that were looked up, for the note about the cache. */
	readonly known: Set<string>;
	/** Hosts that answered with HTTP/1.0. */
	readonly old: Set<string>;
	/** Connections made so far. */
	connections: number;
}

const DEFAULT_CONNECT_TIMEOUT_NS = 300e9;
const MAX_REDIRECTS = 50;

export class CurlTransfer {
	readonly #session: CurlSession;
	readonly #output: TransferOutput;
	readonly #startNs: number;
	#url = "";
	#method = "GET";
	#scheme = "http";
	#head: HttpResponseHead | undefined;
	#headBytes = 0;
	#requestBytes = 0;
	#uploadBytes = 0;
	#bodyBytes = 0;
	#redirects = 0;
	#connects = 0;
	#local: SocketAddr | undefined;
	#remote: SocketAddr | undefined;
	#times = { nameLookup: 0, connect: 0, startTransfer: 0 };
	/** One note about data until something else is told. */
	#dataTold = false;
	#meterOpen = false;

	constructor(session: CurlSession, output: TransferOutput) {
		this.#session = session;
		this.#output = output;
		this.#startNs = this.#now();
	}

	/** Undefined: it went well. */
	async run(url: string): Promise<CurlFailure | undefined> {
		let next = withQuery(url, this.#session.options, this.#session.data);
		let method: string | undefined;
		for (;;) {
			const parsed = parseCurlUrl(next);
			if ("problem" in parsed) return urlFailure(parsed);
			this.#url = parsed.text;
			this.#scheme = parsed.scheme;
			this.#openMeter();
			const failure = await this.#one(parsed, method);
			if (failure !== undefined) return failure;
			const location = this.#redirect();
			if (location === undefined) return undefined;
			const limit = Number(this.#session.options.values.get("max-redirs") ?? MAX_REDIRECTS);
			if (limit >= 0 && this.#redirects >= limit) {
				return { code: 47, message: `Maximum (${limit}) redirects followed`, notes: [] };
			}
			this.#redirects += 1;
			next = resolveLocation(parsed, location);
			this.#note(`Issue another request to this URL: '${next}'`);
			const keepsMethod = this.#head?.status === 307 || this.#head?.status === 308;
			if (!keepsMethod && this.#method === "POST") method = "GET";
		}
	}

	/** Prints the meter's last line. */
	closeMeter(): void {
		if (!this.#meterOpen) return;
		this.#meterOpen = false;
		this.#session.context.stderr.write(`${this.#meterLine()}\n`);
	}

	facts(failure: CurlFailure | undefined): TransferFacts {
		return {
			url: this.#url,
			scheme: this.#scheme,
			method: this.#method,
			status: this.#head?.status ?? 0,
			version: this.#head?.version ?? "",
			contentType: this.#head?.headers.get("content-type") ?? "",
			exitCode: failure?.code ?? 0,
			message: failure?.message ?? "",
			local: this.#local,
			remote: this.#remote,
			connects: this.#connects,
			redirects: this.#redirects,
			sizes: { head: this.#headBytes, request: this.#requestBytes, body: this.#bodyBytes, upload: this.#uploadBytes },
			times: { ...this.#times, total: this.#elapsed() },
		};
	}

	async #one(url: CurlUrl, method: string | undefined): Promise<CurlFailure | undefined> {
		const { options, context } = this.#session;
		const addr = await this.#lookup(url);
		if (addr === undefined)
			return this.#fail({
				code: 6,
				message: `Could not resolve host: ${url.host}`,
				notes: [`Could not resolve host: ${url.host}`],
			});
		this.#times.nameLookup = this.#elapsed();
		const remote = { addr, port: url.port };
		this.#note(`  Trying ${formatAddrPort(addr, url.port)}...`);
		const socket = await this.#socket();
		if ("code" in socket) return this.#fail(socket, url);
		const data = method === "GET" ? undefined : this.#session.data;
		const version = options.flags.has("http1.0") || this.#session.old.has(url.host) ? "1.0" : "1.1";
		const request = buildRequest(url, options, { data, version, ...(method === undefined ? {} : { method }) });
		this.#method = request.method;
		this.#head = undefined;
		const connectTimeoutNs = seconds(options.values.get("connect-timeout")) ?? DEFAULT_CONNECT_TIMEOUT_NS;
		const limitNs = seconds(options.values.get("max-time"));
		const number = this.#session.connections;
		this.#session.connections += 1;
		const end = await httpExchange(context, {
			to: remote,
			socket,
			request: request.bytes,
			bodyless: request.method === "HEAD",
			connectTimeoutNs,
			timeoutNs: limitNs === undefined ? Infinity : Math.max(0, limitNs - this.#elapsed()),
			idleTimeoutNs: Infinity,
			connectOnly: url.scheme === "https",
			onConnect: (local) => {
				this.#connects += 1;
				this.#local = local;
				this.#remote = remote;
				this.#times.connect = this.#elapsed();
				this.#note(`Connected to ${url.host} (${addr}) port ${url.port} (#${number})`);
				if (url.scheme === "http") this.#tellRequest(request);
			},
			onHead: (head) => this.#takeHead(head, url),
			onPayload: (lengthBytes) => this.#takePayload(lengthBytes),
			onBody: (bytes) => this.#takeBody(bytes),
		});
		if (end.end === "complete" && url.scheme === "https") {
			return this.#fail({ code: 35, message: "TLS is not modelled by podwire", notes: [] }, url);
		}
		return this.#finish(end, { url, remote, connectTimeoutNs, number });
	}

	#finish(
		end: HttpExchangeEnd,
		at: {
			readonly url: CurlUrl;
			readonly remote: SocketAddr;
			readonly connectTimeoutNs: number;
			readonly number: number;
		},
	): CurlFailure | undefined {
		const { url, remote, connectTimeoutNs, number } = at;
		const length = this.#head?.headers.get("content-length");
		const failure = curlFailure(end, {
			host: url.host,
			remote,
			elapsedNs: this.#elapsed(),
			connectTimeoutNs,
			receivedBytes: this.#bodyBytes,
			totalBytes: length === undefined ? undefined : Number(length),
		});
		if (failure !== undefined) return this.#fail(failure, url, number);
		const { flags } = this.#session.options;
		const status = this.#head?.status ?? 0;
		if (status >= 400 && (flags.has("fail") || flags.has("fail-with-body"))) {
			const message = `The requested URL returned error: ${status}`;
			return this.#fail({ code: 22, message, notes: flags.has("fail") ? [message] : [] }, url, number);
		}
		const keeps = end.end === "complete" && end.keepsOpen;
		this.#note(keeps ? `Connection #${number} to host ${url.host} left intact` : `Closing connection ${number}`);
		return undefined;
	}

	#fail(failure: CurlFailure, url?: CurlUrl, number = this.#session.connections): CurlFailure {
		if (failure.code === 130) return failure;
		for (const note of failure.notes) this.#note(note);
		if (this.#meterOpen && this.#isVerbose()) this.closeMeter();
		if (url !== undefined || failure.code === 6) this.#note(`Closing connection ${number}`);
		return failure;
	}

	async #lookup(url: CurlUrl): Promise<IpAddr | undefined> {
		const { context, options, known } = this.#session;
		for (const text of options.resolve) {
			const entry = resolveEntry(text);
			const addr = parseIp(entry.addr);
			if (entry.host !== url.host || entry.port !== url.port || !addr.ok) continue;
			this.#note(`Added ${entry.host}:${entry.port}:${entry.addr} to DNS cache`);
			this.#note(`Hostname ${url.host} was found in DNS cache`);
			return addr.value;
		}
		const family = options.flags.has("ipv4") ? "ipv4" : options.flags.has("ipv6") ? "ipv6" : undefined;
		const found = await lookupHost(context, url.host, family);
		if (found.ok && known.has(url.host)) this.#note(`Hostname ${url.host} was found in DNS cache`);
		known.add(url.host);
		return found.ok ? found.value.addr : undefined;
	}

	/** `--interface` is a device, or else an address or a name of this host. */
	async #socket(): Promise<SocketOptions | CurlFailure> {
		const { context, options } = this.#session;
		const base = { program: "curl", ...(context.pid === undefined ? {} : { pid: context.pid }) };
		const wanted = options.values.get("interface");
		const portText = options.values.get("local-port");
		const port = portText === undefined ? {} : { port: Number.parseInt(portText, 10) };
		if (portText !== undefined && wanted === undefined) this.#note(`Local port: ${port.port}`);
		if (wanted === undefined) return { ...base, bind: port };
		const name = wanted.replace(/^(if|host)!/, "");
		const links = await context.world.kernel.dump(context.netns, ["link"]);
		const isDevice = links.ok && links.value.some((link) => link.kind === "link" && link.name === name);
		if (isDevice && !wanted.startsWith("host!")) return { ...base, dev: name, bind: port };
		const found = await lookupHost(context, name, "ipv4");
		if (!found.ok) {
			const message = `Couldn't bind to '${name}'`;
			const last = `Failed to connect to ${this.#hostText()} after 0 ms: Failed binding local connection end`;
			return { code: 45, message, notes: [`Could not resolve host: ${name}`, message, last] };
		}
		const { addr } = found.value;
		this.#note(`Name '${name}' family 2 resolved to '${addr}' family 2`);
		const links2 = await context.world.kernel.dump(context.netns, ["addr"]);
		const isOwn = links2.ok && links2.value.some((object) => object.kind === "addr" && object.addr.addr === addr);
		if (isOwn) this.#note(`Local port: ${port.port ?? 0}`);
		return { ...base, bind: { addr, ...port } };
	}

	#hostText(): string {
		const parsed = parseCurlUrl(this.#url);
		return "problem" in parsed ? this.#url : `${parsed.host} port ${parsed.port}`;
	}

	#tellRequest({ lines, body, bytes, user }: ReturnType<typeof buildRequest>): void {
		this.#requestBytes += bytes.length - (body?.length ?? 0);
		this.#uploadBytes += body?.length ?? 0;
		if (user !== undefined) this.#note(`Server auth using Basic with user '${user}'`);
		this.#tell([...lines, ""].map((line) => `> ${line}\r\n`).join(""));
		if (body !== undefined && body.length > 0) this.#tellData("}", body.length);
	}

	#takeHead(head: HttpResponseHead, url: CurlUrl): void {
		this.#head = head;
		this.#headBytes += head.lengthBytes;
		this.#times.startTransfer = this.#elapsed();
		if (head.version === "1.0") {
			this.#session.old.add(url.host);
			this.#note("HTTP 1.0, assume close after body");
		}
		const lines = [head.statusLine, ...head.fields.map(([name, value]) => `${name}: ${value}`), ""];
		this.#tell(lines.map((line) => `< ${line}\r\n`).join(""));
		const { flags } = this.#session.options;
		if (flags.has("include") || flags.has("head")) {
			this.#output.write(utf8Encode(lines.map((line) => `${line}\r\n`).join("")));
		}
	}

	#takePayload(lengthBytes: number): void {
		if (!this.#isFailed()) this.#tellData("{", lengthBytes);
	}

	#takeBody(bytes: Uint8Array): void {
		this.#bodyBytes += bytes.length;
		if (this.#isFailed()) return;
		if (this.#redirect() === undefined) this.#output.write(bytes);
	}

	/** An error page that `-f` does not let through. */
	#isFailed(): boolean {
		return this.#session.options.flags.has("fail") && (this.#head?.status ?? 0) >= 400;
	}

	#redirect(): string | undefined {
		const status = this.#head?.status ?? 0;
		const { flags } = this.#session.options;
		const follows = flags.has("location") || flags.has("location-trusted");
		return follows && status >= 300 && status < 400 ? this.#head?.headers.get("location") : undefined;
	}

	#tellData(direction: "{" | "}", lengthBytes: number): void {
		if (this.#dataTold || this.#output.isTerminal) return;
		this.#tell(`${direction} [${lengthBytes} bytes data]\n`);
		this.#dataTold = true;
	}

	#note(text: string): void {
		this.#tell(`* ${text}\n`);
	}

	#tell(text: string): void {
		if (!this.#isVerbose()) return;
		this.#dataTold = false;
		this.#session.context.stderr.write(text);
	}

	#isVerbose(): boolean {
		return this.#session.options.flags.has("verbose");
	}

	#openMeter(): void {
		const { flags } = this.#session.options;
		const isQuiet = flags.has("silent") || flags.has("no-progress-meter") || this.#output.isTerminal;
		if (isQuiet || this.#meterOpen) return;
		this.#meterOpen = true;
		this.#session.context.stderr.write(`${PROGRESS_HEAD}${this.#meterLine()}`);
	}

	#meterLine(): string {
		const length = this.#head?.headers.get("content-length");
		return progressLine({
			receivedBytes: this.#bodyBytes,
			totalBytes: length === undefined ? undefined : Number(length),
			uploadedBytes: this.#uploadBytes,
			elapsedNs: this.#elapsed(),
		});
	}

	#elapsed(): number {
		return this.#now() - this.#startNs;
	}

	#now(): number {
		return this.#session.context.world.kernel.clock.now();
	}
}

function seconds(text: string | undefined): number | undefined {
	const value = Number(text ?? 0);
	return value === 0 ? undefined : value * 1e9;
}

function urlFailure(error: Exclude<ReturnType<typeof parseCurlUrl>, CurlUrl>): CurlFailure {
	if (error.problem === "illegal")
		return { code: 3, message: "URL using bad/illegal format or missing URL", notes: [] };
	return { code: 1, message: `Protocol "${error.scheme}" not supported or disabled in libcurl`, notes: [] };
}
