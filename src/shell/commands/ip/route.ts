/** `ip route`. */
import { notModelled, ToolExit } from "../tool-exit.ts";
import { changeRoute } from "./route-change.ts";
import { getRoute } from "./route-get.ts";
import { flushRoutes, showRoutes } from "./route-list.ts";
import type { IpRun } from "./run.ts";
import { ROUTE_USAGE } from "./usage.ts";
import { matches, unknownCommand, type Words } from "./words.ts";

export async function ipRoute(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return showRoutes(run, words);
	if (matches(command, "list") || matches(command, "show") || matches(command, "lst")) return showRoutes(run, words);
	if (matches(command, "get")) return getRoute(run, words);
	if (matches(command, "add")) return changeRoute(run, words, "add");
	if (matches(command, "change") || command === "chg") return changeRoute(run, words, "change");
	if (matches(command, "replace")) return changeRoute(run, words, "replace");
	if (matches(command, "prepend")) return changeRoute(run, words, "prepend");
	if (matches(command, "append")) return changeRoute(run, words, "append");
	if (matches(command, "test")) throw notModelled("ip route test");
	if (matches(command, "delete")) return changeRoute(run, words, "delete");
	if (matches(command, "flush")) return flushRoutes(run, words);
	if (["save", "restore", "showdump"].some((name) => matches(command, name))) throw notModelled(`ip route ${command}`);
	if (matches(command, "help")) throw new ToolExit(255, ROUTE_USAGE);
	return unknownCommand(command, "ip route help");
}
