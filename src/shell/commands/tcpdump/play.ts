/** `tcpdump -r`: the packets of a capture file. */
import type { CommandContext } from "../../command.ts";
import { openCaptureWriter, readCaptureFile } from "./capture-file.ts";
import { listDevices } from "./devices.ts";
import { COOKED_V2, linkTypeText } from "./link-types.ts";
import { compileExpression, LineNames } from "./names.ts";
import type { TcpdumpOptions } from "./options.ts";
import { type Packet, PacketPrinter } from "./print-packet.ts";

export async function playCapture(
	context: CommandContext,
	options: TcpdumpOptions,
	source: { readonly path: string; readonly expression: string },
): Promise<number> {
	const { show, countOnly, count, print, writeFile } = options;
	const { capture, link, snaplen, complaint } = await readCaptureFile(context, source.path);
	context.stderr.write(
		`reading from file ${source.path}, link-type ${linkTypeText(link)}, snapshot length ${snaplen}\n`,
	);
	if (link === COOKED_V2) context.stderr.write("Warning: interface names might be incorrect\n");
	const { allowNever } = options;
	const filter = await compileExpression(context, source.expression, { link: link.filter, allowNever });
	const resolution = show.nanoseconds ? "nanoseconds" : "microseconds";
	const writer =
		writeFile === undefined ? undefined : openCaptureWriter(context, writeFile, { link, snaplen, resolution });
	const devices = new Map((await listDevices(context)).map(({ ifindex, name }) => [ifindex, name]));
	const names = show.names ? new LineNames(context, { short: show.shortNames }) : undefined;
	const printer = new PacketPrinter(show, { link, names, deviceName: (ifindex) => devices.get(ifindex) });
	let passed = 0;
	for (const { frame, atNs, originalLength = frame.length } of capture.packets) {
		if (context.interrupt.raised) break;
		if (!filter(frame, { length: originalLength })) continue;
		passed += 1;
		const packet: Packet = { atNs, frame, length: originalLength };
		writer?.write({ atNs, frame, originalLength });
		if (print && !countOnly) {
			await names?.learn(frame, link);
			context.stdout.write(printer.print(packet));
		}
		if (passed === count) break;
	}
	writer?.flush();
	if (countOnly) context.stdout.write(`${passed} packet${passed === 1 ? "" : "s"}\n`);
	if (complaint === undefined || passed === count) return 0;
	context.stderr.write(complaint);
	return 1;
}
