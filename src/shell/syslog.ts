/** rsyslogd of a machine: reads its configuration when it starts, and puts the kernel's lines into the files it says. */
import type { LogLine } from "../kernel/kernel.ts";
import type { World } from "./command.ts";
import type { Host } from "./host.ts";
import { hostLog } from "./kernel-log.ts";
import type { MemoryFiles } from "./memory-files.ts";
import { parseSyslogConf, type SyslogRule } from "./syslog-conf.ts";
import { syslogTime } from "./wall-clock.ts";

const CONF = "/etc/rsyslog.conf";

export class Syslog {
	readonly #world: World;
	readonly #host: Host;
	readonly #files: MemoryFiles;
	/** Lines of the kernel's log that were looked at. */
	#seen = 0;
	#rules: readonly SyslogRule[] = [];
	/** The start of the service that `#rules` belong to. */
	#service: unknown;

	constructor(world: World, host: Host, files: MemoryFiles) {
		this.#world = world;
		this.#host = host;
		this.#files = files;
	}

	/** Takes over what the kernel wrote since last time. */
	poll(): void {
		const service = this.#host.services.get("rsyslog");
		const count = this.#world.kernel.log().length;
		if (service !== this.#service) {
			this.#service = service;
			this.#rules = parseSyslogConf(this.#configuration());
		}
		if (count === this.#seen) return;
		const lines = hostLog(this.#world, this.#host, this.#seen);
		this.#seen = count;
		if (service?.active !== true) return;
		for (const line of lines) this.#write(line);
	}

	#write(line: LogLine): void {
		const text = `${syslogTime(line.at)} ${this.#host.name} kernel: ${line.text}\n`;
		for (const { matches, action } of this.#rules) {
			if (!matches("kern", line.level, line.text)) continue;
			if (action.kind === "stop") return;
			if (action.kind === "file") this.#files.appendNow(action.path, text);
		}
	}

	/** With what it includes (`/etc/rsyslog.d/*.conf`). */
	#configuration(): string {
		const included = this.#files.pathsBelow("/etc/rsyslog.d").filter((path) => path.endsWith(".conf"));
		return [CONF, ...included].map((path) => this.#files.peek(path) ?? "").join("\n");
	}
}
