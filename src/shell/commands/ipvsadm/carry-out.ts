/** One ipvsadm command carried out: what it asks of the kernel and what it prints. */
import type { IpvsadmCommand, IpvsListCommand } from "../../../formats/ipvsadm/command.ts";
import { formatIpvsConnections, formatIpvsTimeouts } from "../../../formats/ipvsadm/connections.ts";
import { formatIpvsListing, type IpvsServiceEntry, ipvsEntries } from "../../../formats/ipvsadm/listing.ts";
import type { HostNames } from "../../../formats/ipvsadm/names.ts";
import { formatIpvsSave } from "../../../formats/ipvsadm/save.ts";
import { compareServices } from "../../../formats/ipvsadm/words.ts";
import type { IpvsObject } from "../../../kernel/ipvs.ts";
import type { Op } from "../../../kernel/kernel.ts";
import type { CommandContext } from "../../command.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { HELP, VERSION } from "./help.ts";

/** Anything but a restore. */
export async function carryOut(context: CommandContext, command: IpvsadmCommand, names: HostNames): Promise<number> {
	switch (command.command) {
		case "add-service":
			return apply(context, [{ verb: "add", object: command.service }]);
		case "edit-service":
			return apply(context, [{ verb: "replace", object: { ...command.service, mustExist: true } }]);
		case "delete-service":
			return apply(context, [{ verb: "delete", object: { kind: "ipvs-service", ...command.name } }]);
		case "add-server":
			return apply(context, [{ verb: "add", object: command.destination }]);
		case "edit-server":
			return apply(context, [{ verb: "replace", object: { ...command.destination, mustExist: true } }]);
		case "delete-server":
			return apply(context, [{ verb: "delete", object: command.destination }]);
		case "flush":
			return apply(
				context,
				(await dump(context, "ipvs-service")).map((object): Op => ({ verb: "delete", object })),
			);
		case "zero":
			return apply(context, [{ verb: "delete", object: { kind: "ipvs-totals", ...command.name } }]);
		case "set":
			return apply(context, [{ verb: "replace", object: command.timeouts }]);
		case "list":
			return list(context, command, names);
		case "save":
			context.stdout.write(formatIpvsSave(await entries(context, false), command.numeric ? undefined : names));
			return 0;
		case "help":
			context.stdout.write(HELP);
			throw new ToolExit(0, "");
		case "version":
			context.stdout.write(VERSION);
			throw new ToolExit(0, "");
		case "stop-daemon":
			throw new ToolExit(255, "No daemon is running\n");
		case "start-daemon":
			throw notModelled("ipvsadm --start-daemon");
		case "restore":
			throw notModelled("a restore within a restore");
	}
}

/** What the kernel refuses is said and is no more than the command's exit code: a restore goes on. */
async function apply({ world, netns, stderr }: CommandContext, ops: readonly Op[]): Promise<number> {
	const applied = await world.kernel.apply(netns, ops);
	if (applied.ok) return 0;
	const { errno, message } = applied.error;
	stderr.write(errno === "EOPNOTSUPP" ? `podwire: ipvsadm: ${message}\n` : `${message}\n`);
	return errno === "EOPNOTSUPP" ? 2 : 255;
}

async function list(context: CommandContext, command: IpvsListCommand, hostNames: HostNames): Promise<number> {
	const { stdout, stderr } = context;
	const names = command.numeric ? {} : { names: hostNames };
	switch (command.what) {
		case "connections":
			stdout.write(
				formatIpvsConnections(await dump(context, "ipvs-connection"), { ...names, engines: command.engines }),
			);
			return 0;
		case "timeouts":
			stdout.write((await dump(context, "ipvs-timeouts")).map(formatIpvsTimeouts).join(""));
			return 0;
		case "daemon":
			return 0;
		case "services": {
			const { one, listing, exact, unsorted } = command;
			const all = await entries(context, unsorted);
			const found = all.filter(({ service }) => one === undefined || compareServices(service, one) === 0);
			if (one !== undefined && found.length === 0) {
				stderr.write("No such service\n");
				return 1;
			}
			stdout.write(formatIpvsListing(found, { ...names, listing, exact, one: one !== undefined }));
			return 0;
		}
	}
}

async function entries(context: CommandContext, unsorted: boolean): Promise<readonly IpvsServiceEntry[]> {
	return ipvsEntries(await dump(context, "ipvs-service"), await dump(context, "ipvs-destination"), { unsorted });
}

async function dump<K extends IpvsObject["kind"]>(
	{ world, netns }: CommandContext,
	kind: K,
): Promise<readonly Extract<IpvsObject, { kind: K }>[]> {
	const dumped = await world.kernel.dump(netns, [kind]);
	if (!dumped.ok) throw new ToolExit(255, `${dumped.error.message}\n`);
	return dumped.value.filter((object): object is Extract<IpvsObject, { kind: K }> => object.kind === kind);
}
