/** `tcpdump -i`: the packets of a device as they come. */
import type { CapturedFrame } from "../../../kernel/kernel.ts";
import type { CommandContext } from "../../command.ts";
import { wallNs } from "../../wall-clock.ts";
import { ToolExit } from "../tool-exit.ts";
import { type CaptureWriter, openCaptureWriter } from "./capture-file.ts";
import { cook } from "./cooked.ts";
import { chooseDevice, chooseLinkType, type Device, listDevices, netmaskOf } from "./devices.ts";
import { type LinkType, linkTypeText } from "./link-types.ts";
import { compileExpression, LineNames } from "./names.ts";
import type { TcpdumpOptions } from "./options.ts";
import { type Packet, PacketPrinter } from "./print-packet.ts";
import { says } from "./usage.ts";

export async function captureLive(
	context: CommandContext,
	options: TcpdumpOptions,
	expression: string,
): Promise<number> {
	const devices = await listDevices(context);
	const device = chooseDevice(devices, options.device);
	if (!device.up) throw new ToolExit(1, says(`${device.name}: That device is not up`));
	const link = chooseLinkType(device, {
		...(options.device === undefined ? {} : { name: device.name }),
		...(options.linkType === undefined ? {} : { type: options.linkType }),
	});
	if (options.linkType !== undefined || options.device === "any") {
		context.stderr.write(says(`data link type ${link.name}`));
	}
	const filter = await compileExpression(context, expression, {
		link: link.filter,
		live: true,
		netmask: await netmaskOf(context, device),
		allowNever: options.allowNever,
	});
	const { snaplen, show, writeFile } = options;
	const resolution = show.nanoseconds ? "nanoseconds" : "microseconds";
	const file = { link, snaplen, resolution } as const;
	const writer = writeFile === undefined ? undefined : openCaptureWriter(context, writeFile, file);
	const session = new LiveCapture(context, options, { device, link, writer, filter });
	session.start();
	context.stderr.write(headerText(options, device, link));
	return session.run();
}

/** What stands before the first packet. */
function headerText(options: TcpdumpOptions, device: Device, link: LinkType): string {
	const listening = `listening on ${device.name}, link-type ${linkTypeText(link)}, snapshot length ${options.snaplen} bytes\n`;
	if (!options.print || options.show.verbosity > 0) return `tcpdump: ${listening}`;
	return `${says("verbose output suppressed, use -v[v]... for full protocol decode")}${listening}`;
}

interface LivePlace {
	readonly device: Device;
	readonly link: LinkType;
	readonly writer: CaptureWriter | undefined;
	readonly filter: Awaited<ReturnType<typeof compileExpression>>;
}

class LiveCapture {
	readonly #context: CommandContext;
	readonly #options: TcpdumpOptions;
	readonly #place: LivePlace;
	readonly #names: LineNames | undefined;
	readonly #printer: PacketPrinter;
	readonly #deviceNames = new Map<number, string>();
	/** Came, passed the filter, and are not shown yet. */
	readonly #waiting: Packet[] = [];
	#received = 0;
	#captured = 0;
	#stop: () => void = () => {};

	constructor(context: CommandContext, options: TcpdumpOptions, place: LivePlace) {
		const { show } = options;
		this.#context = context;
		this.#options = options;
		this.#place = place;
		this.#names = show.names ? new LineNames(context, { short: show.shortNames }) : undefined;
		this.#printer = new PacketPrinter(show, {
			link: place.link,
			names: this.#names,
			deviceName: (ifindex) => this.#deviceNames.get(ifindex),
		});
	}

	/** Packets are taken from now on. */
	start(): void {
		const { device } = this.#place;
		const { world, netns } = this.#context;
		const where = device.ifindex === undefined ? {} : { dev: device.name };
		const listen = (captured: CapturedFrame): void => this.#take(captured);
		const started = world.kernel.capture(netns, { ...where, promisc: this.#options.promisc }, listen);
		if (!started.ok) throw new ToolExit(1, says(started.error.message));
		this.#stop = started.value;
	}

	/** Shows packets until there are enough or somebody presses Control-C; resolves to the exit code. */
	async run(): Promise<number> {
		const { world, interrupt, stdout } = this.#context;
		const { count, print, unbuffered } = this.#options;
		const { writer } = this.#place;
		const enough = (): boolean => count > 0 && this.#captured >= count;
		try {
			while (!enough() && !interrupt.raised) {
				await world.wait(() => this.#waiting.length > 0, { timeoutNs: Infinity, interrupt });
				for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
					await this.#show(next);
					if (enough()) break;
				}
				if (unbuffered) writer?.flush();
			}
		} finally {
			this.#stop();
		}
		writer?.flush();
		if (print && !enough()) stdout.write("\n");
		this.#tellCounts();
		return 0;
	}

	/** In the kernel's time: keeps what passes. */
	#take(captured: CapturedFrame): void {
		const { link, filter } = this.#place;
		const { direction, snaplen } = this.#options;
		const whole = cook(captured, link);
		const facts = { outgoing: captured.direction === "out", ifindex: captured.ifindex };
		if (!filter(whole, facts)) return;
		this.#received += 1;
		if (direction !== "inout" && captured.direction !== direction) return;
		this.#deviceNames.set(captured.ifindex, captured.dev);
		this.#waiting.push({ atNs: wallNs(captured.at), frame: whole.slice(0, snaplen), length: whole.length });
	}

	async #show(packet: Packet): Promise<void> {
		const { writer, link } = this.#place;
		this.#captured += 1;
		writer?.write({ atNs: packet.atNs, frame: packet.frame, originalLength: packet.length });
		if (!this.#options.print) return;
		await this.#names?.learn(packet.frame, link);
		this.#context.stdout.write(this.#printer.print(packet));
	}

	#tellCounts(): void {
		const { stderr } = this.#context;
		const packets = (n: number): string => `${n} packet${n === 1 ? "" : "s"}`;
		if (!this.#options.print && this.#options.show.verbosity > 0) stderr.write(`Got ${this.#captured}\r`);
		stderr.write(`${packets(this.#captured)} captured\n`);
		stderr.write(`${packets(this.#received)} received by filter\n`);
		stderr.write("0 packets dropped by kernel\n");
	}
}
