/** One URL of wget's: tries, redirects, what is said of them. */
import { concatBytes, utf8Decode, utf8Encode } from "../../../base/bytes.ts";
import type { SocketOptions } from "../../../kernel/socket.ts";
import type { HttpResponseHead } from "../../../programs/http-response.ts";
import { type IpAddr, parseIp } from "../../../wire/addr.ts";
import type { CommandContext } from "../../command.ts";
import { type HttpExchangeEnd, httpExchange } from "../../http-exchange.ts";
import { resolvePath } from "../../memory-files.ts";
import { LOOKUP_ERROR_TEXT, lookupHost } from "../../name-service.ts";
import { strerror } from "../../strerror.ts";
import { Utf8Stream } from "../../utf8-stream.ts";
import { formatTime } from "../../wall-clock.ts";
import { type CurlUrl, hostField, parseCurlUrl, resolveLocation } from "../curl/url.ts";
import { notModelled } from "../tool-exit.ts";
import type { WgetOptions } from "./options.ts";
import { dots, speedText } from "./progress.ts";

/** Exit codes of wget: network failure, an error status, a URL that is none. */
const NETWORK_FAILURE = 4;
const SERVER_ERROR = 8;
const PARSE_ERROR = 1;
const MAX_REDIRECTS = 20;
const MAX_WAIT_S = 10;

export class WgetFetch {
	readonly #context: CommandContext;
	readonly #options: WgetOptions;

	constructor(context: CommandContext, options: WgetOptions) {
		this.#context = context;
		this.#options = options;
	}

	/** The exit code of one URL. */
	async run(text: string): Promise<number> {
		let next = text;
		for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
			const url = parseCurlUrl(next);
			if ("problem" in url) {
				const why = url.problem === "scheme" ? `Unsupported scheme ‘${url.scheme}’` : "Invalid host name";
				this.#error(`${next}: ${why}.\n`);
				return PARSE_ERROR;
			}
			const end = await this.#tries(url);
			if (typeof end === "number") return end;
			next = resolveLocation(url, end);
		}
		this.#say(`${MAX_REDIRECTS} redirections exceeded.\n`);
		return SERVER_ERROR;
	}

	/** An exit code, or where the server says it is. */
	async #tries(url: CurlUrl): Promise<number | string> {
		const { tries } = this.#options;
		const { world, interrupt } = this.#context;
		for (let attempt = 1; ; attempt += 1) {
			this.#say(`--${this.#time()}--  ${attempt > 1 ? `(try:${String(attempt).padStart(2)})  ` : ""}${url.text}\n`);
			const end = await this.#attempt(url);
			if (end !== "again") return end;
			if (interrupt.raised) return 130;
			if (attempt === tries) {
				this.#say("Giving up.\n\n");
				return NETWORK_FAILURE;
			}
			this.#say("Retrying.\n\n");
			await world.wait(() => false, { timeoutNs: Math.min(attempt, MAX_WAIT_S) * 1e9, interrupt });
		}
	}

	async #attempt(url: CurlUrl): Promise<number | string> {
		const addr = await this.#lookup(url);
		if (addr === undefined) return NETWORK_FAILURE;
		const numeric = addr === url.host;
		this.#say(`Connecting to ${numeric ? addr : `${url.host} (${url.host})|${addr}|`}:${url.port}... `);
		const pieces: Uint8Array[] = [];
		const text = new Utf8Stream();
		const { timeoutNs, spider, output } = this.#options;
		const startNs = this.#context.world.kernel.clock.now();
		let head: HttpResponseHead | undefined;
		let target: string | undefined;
		const toStdout = output === "-";
		const end = await httpExchange(this.#context, {
			to: { addr, port: url.port },
			socket: this.#socket(),
			request: this.#request(url),
			bodyless: spider,
			connectTimeoutNs: timeoutNs,
			timeoutNs: Infinity,
			idleTimeoutNs: timeoutNs,
			connectOnly: url.scheme === "https",
			onConnect: () => this.#say("connected.\nHTTP request sent, awaiting response... "),
			onHead: (came) => {
				if (came.status < 200) return;
				head = came;
				this.#tellHead(came);
				if (came.status < 300 && !spider) {
					target = toStdout ? "-" : "";
					if (toStdout) this.#say(`Saving to: ‘STDOUT’\n`);
				}
			},
			onBody: (bytes) => {
				pieces.push(bytes.slice());
				if (target === "-") this.#context.stdout.write(text.push(bytes));
			},
		});
		if (end.end === "complete" && url.scheme === "https") throw notModelled("wget with https (TLS)");
		const failure = this.#failure(end, head !== undefined);
		if (failure !== undefined) return failure;
		return this.#finish(url, {
			head,
			body: concatBytes(...pieces),
			elapsedNs: this.#context.world.kernel.clock.now() - startNs,
		});
	}

	async #finish(
		url: CurlUrl,
		got: { readonly head: HttpResponseHead | undefined; readonly body: Uint8Array; readonly elapsedNs: number },
	): Promise<number | string> {
		const { head, body, elapsedNs } = got;
		const location = head?.headers.get("location");
		if (head === undefined) return NETWORK_FAILURE;
		if (head.status >= 300 && head.status < 400 && location !== undefined) {
			this.#say(`Location: ${location} [following]\n`);
			return location;
		}
		if (this.#options.spider) {
			this.#say(head.status < 400 ? "Remote file exists.\n\n" : "Remote file does not exist -- broken link!!!\n\n");
			return head.status < 400 ? 0 : SERVER_ERROR;
		}
		if (head.status >= 300) {
			this.#tell(`${this.#time()} ERROR ${head.status}: ${head.reason || "(no description)"}.\n`);
			this.#say("\n");
			return SERVER_ERROR;
		}
		const length = `${body.length}/${head.headers.get("content-length") ?? body.length}`;
		const name = this.#options.output === "-" ? "-" : await this.#fileName(url);
		const speed = speedText(body.length, elapsedNs);
		if (name !== "-") {
			this.#say(`Saving to: ‘${name}’\n`);
			if (!(await this.#save(name, body))) return 3;
		}
		this.#say(dots(body.length, elapsedNs));
		this.#say(`${this.#time()} (${speed}) - ${name === "-" ? "written to stdout" : `‘${name}’ saved`} [${length}]\n\n`);
		if (this.#options.talk === "brief") {
			this.#tell(`${this.#time()} URL:${url.text} [${length}] -> "${name}" [1]\n`);
		}
		return 0;
	}

	#tellHead(head: HttpResponseHead): void {
		const { status, reason, headers } = head;
		if (this.#options.showHeaders) {
			const lines = [head.statusLine, ...head.fields.map(([name, value]) => `${name}: ${value}`)];
			this.#say(`\n${lines.map((line) => `  ${line}\n`).join("")}`);
		} else this.#say(`${status} ${reason}\n`);
		if (status >= 300) return;
		const type = headers.get("content-type")?.replace(/;.*$/, "");
		const length = headers.get("content-length");
		this.#say(
			`Length: ${length === undefined ? "unspecified" : sizeText(Number(length))}${type === undefined ? "" : ` [${type}]`}\n`,
		);
	}

	#failure(end: HttpExchangeEnd, headCame: boolean): number | "again" | undefined {
		switch (end.end) {
			case "complete":
				return undefined;
			case "interrupted":
				return 130;
			case "not-http":
			case "empty":
				this.#say("No data received.\n");
				return "again";
			case "short":
				this.#say("Connection closed.\n");
				return "again";
			case "timeout": {
				const isConnect = end.phase !== "response";
				const where = headCame ? "" : " in headers";
				this.#say(isConnect ? "failed: Connection timed out.\n" : `Read error (Connection timed out)${where}.\n`);
				return "again";
			}
			case "failed": {
				if (end.phase === "response") {
					this.#say(`Read error (${strerror(end.error)}) in headers.\n`);
					return "again";
				}
				this.#say(`failed: ${strerror(end.error)}.\n`);
				return end.error.errno === "ETIMEDOUT" ? "again" : NETWORK_FAILURE;
			}
		}
	}

	async #lookup(url: CurlUrl): Promise<IpAddr | undefined> {
		const literal = parseIp(url.host);
		if (literal.ok) return literal.value;
		this.#say(`Resolving ${url.host} (${url.host})... `);
		const found = await lookupHost(this.#context, url.host);
		if (found.ok) {
			this.#say(`${found.value.addr}\n`);
			return found.value.addr;
		}
		this.#say(`failed: ${LOOKUP_ERROR_TEXT[found.error]}.\n`);
		this.#error(`unable to resolve host address ‘${url.host}’\n`);
		return undefined;
	}

	#socket(): SocketOptions {
		const { pid } = this.#context;
		const bind = this.#options.bindAddress === undefined ? undefined : parseIp(this.#options.bindAddress);
		const bound = bind?.ok === true ? { bind: { addr: bind.value } } : {};
		return { program: "wget", ...(pid === undefined ? {} : { pid }), ...bound };
	}

	#request(url: CurlUrl): Uint8Array {
		const { postData, userAgent, headers, spider } = this.#options;
		const method = spider ? "HEAD" : postData === undefined ? "GET" : "POST";
		const lines = [
			`${method} ${url.target} HTTP/1.1`,
			`Host: ${hostField(url)}`,
			`User-Agent: ${userAgent}`,
			"Accept: */*",
			"Accept-Encoding: identity",
			"Connection: Keep-Alive",
			...(postData === undefined
				? []
				: ["Content-Type: application/x-www-form-urlencoded", `Content-Length: ${utf8Encode(postData).length}`]),
			...headers,
		];
		return utf8Encode(`${lines.join("\r\n")}\r\n\r\n${postData ?? ""}`);
	}

	/** Of `-O`, or the last part of the URL; a name that is taken gets a number. */
	async #fileName(url: CurlUrl): Promise<string> {
		const { output, directory } = this.#options;
		if (output !== undefined) return output;
		const last = url.target.replace(/\?.*$/, "").split("/").at(-1) ?? "";
		const name = `${directory === undefined ? "" : `${directory}/`}${last === "" ? "index.html" : last}`;
		const { host, cwd, netns } = this.#context;
		for (let copy = 0; ; copy += 1) {
			const candidate = copy === 0 ? name : `${name}.${copy}`;
			const found = await host.files.stat(resolvePath(cwd, candidate), { netns }).catch(() => undefined);
			if (found === undefined) return candidate;
		}
	}

	async #save(name: string, body: Uint8Array): Promise<boolean> {
		if (name === "/dev/null") return true;
		const { host, cwd, netns } = this.#context;
		try {
			await host.files.write(resolvePath(cwd, name), utf8Decode(body), { netns });
			return true;
		} catch {
			this.#tell(`${name}: No such file or directory\n`);
			return false;
		}
	}

	/** Told unless `-q` or `-nv`. */
	#say(text: string): void {
		if (this.#options.talk === "full") this.#context.stderr.write(text);
	}

	/** Told unless `-q`. */
	#tell(text: string): void {
		if (this.#options.talk !== "quiet") this.#context.stderr.write(text);
	}

	#error(text: string): void {
		this.#tell(`${this.#context.name}: ${text}`);
	}

	#time(): string {
		return formatTime(this.#context.world.kernel.clock.now(), "%F %T");
	}
}

/** `15`, `2048 (2.0K)`. */
function sizeText(bytes: number): string {
	if (bytes < 1024) return String(bytes);
	const [value, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "K"] : [bytes / 1024 / 1024, "M"];
	return `${bytes} (${value < 10 ? value.toFixed(1) : Math.round(value)}${unit})`;
}
