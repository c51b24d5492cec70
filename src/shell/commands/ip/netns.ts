/** `ip netns`. */
import { type Field, field, textOnly } from "../../../formats/fields.ts";
import { notModelled, ToolExit } from "../tool-exit.ts";
import { openNetns } from "./netns-words.ts";
import { type IpRun, rtnetlink } from "./run.ts";
import { NETNS_USAGE } from "./usage.ts";
import { matches, unknownCommand, type Words } from "./words.ts";

export async function ipNetns(run: IpRun, words: Words): Promise<number> {
	const command = words.take();
	if (command === undefined) return list(run);
	if (matches(command, "list") || matches(command, "show") || matches(command, "lst")) return list(run);
	if (matches(command, "list-id")) return listIds(run);
	if (matches(command, "help")) throw new ToolExit(255, NETNS_USAGE);
	if (matches(command, "add")) return add(run, words);
	if (matches(command, "set")) throw notModelled("ip netns set");
	if (matches(command, "delete")) return remove(run, words);
	if (matches(command, "identify")) return identify(run, words);
	if (matches(command, "pids")) return pids(run, words);
	if (matches(command, "exec")) return exec(run, words);
	if (matches(command, "monitor")) throw notModelled("ip netns monitor");
	if (matches(command, "attach")) return attach(run, words);
	return unknownCommand(command, "ip netns help");
}

/** The newest first, as the file system of /run lists them. */
async function list(run: IpRun): Promise<number> {
	const ids = await run.netnsIds();
	const names = [...run.host.namedNetns].reverse();
	run.print(
		names.map(([name, netns]): readonly Field[] => {
			const id = ids.get(netns);
			return [
				field(name, "name", name),
				...(id === undefined ? [] : [field(` (id: ${id})`, "id", id)]),
				textOnly("\n"),
			];
		}),
	);
	return 0;
}

async function listIds(run: IpRun): Promise<number> {
	const byName = [...run.host.namedNetns];
	const ids = [...(await run.netnsIds())].sort((a, b) => a[1] - b[1]);
	run.print(
		ids.map(([netns, id]): readonly Field[] => {
			const name = byName.find((entry) => entry[1] === netns)?.[0];
			return [
				field(`nsid ${id} `, "nsid", id),
				...(name === undefined ? [] : [field(`(iproute2 netns name: ${name})`, "name", name)]),
				textOnly("\n"),
			];
		}),
	);
	return 0;
}

async function add(run: IpRun, words: Words): Promise<number> {
	const name = nameArgument(words);
	const { host } = run;
	refuseTaken(run, name);
	const netns = `${host.rootNetns}/${name}`;
	const made = await run.context.world.kernel.addNetns(netns);
	if (!made.ok) throw rtnetlink(made.error);
	host.namedNetns.set(name, netns);
	return 0;
}

async function attach(run: IpRun, words: Words): Promise<number> {
	const name = nameArgument(words);
	const pid = words.take();
	if (pid === undefined) throw new ToolExit(1, "No PID specified\n");
	refuseTaken(run, name);
	const process = run.host.processes.get(Number(pid));
	if (process === undefined) {
		const why = `Bind /proc/${pid}/ns/net -> /run/netns/${name} failed: No such file or directory\n`;
		throw new ToolExit(1, why);
	}
	run.host.namedNetns.set(name, process.netns);
	return 0;
}

function refuseTaken(run: IpRun, name: string): void {
	if (!run.host.namedNetns.has(name)) return;
	throw new ToolExit(1, `Cannot create namespace file "/run/netns/${name}": File exists\n`);
}

async function remove(run: IpRun, words: Words): Promise<number> {
	if (run.options.all && words.word === undefined) {
		for (const name of [...run.host.namedNetns.keys()]) await removeOne(run, name);
		return 0;
	}
	return removeOne(run, nameArgument(words));
}

/** The namespace lives on while another name or a process holds it. */
async function removeOne(run: IpRun, name: string): Promise<number> {
	const { namedNetns, processes, rootNetns } = run.host;
	const netns = namedNetns.get(name);
	if (netns === undefined) {
		throw new ToolExit(1, `Cannot remove namespace file "/run/netns/${name}": No such file or directory\n`);
	}
	namedNetns.delete(name);
	const isHeld =
		netns === rootNetns ||
		[...namedNetns.values()].includes(netns) ||
		[...processes.values()].some((process) => process.netns === netns);
	if (isHeld) return 0;
	const gone = await run.context.world.kernel.deleteNetns(netns);
	if (!gone.ok) throw rtnetlink(gone.error);
	return 0;
}

/** A line with the name of a process's namespace, empty where it has none. */
function identify(run: IpRun, words: Words): number {
	const pid = words.take() ?? "self";
	if (pid !== "self" && !/^\d+$/.test(pid)) throw new ToolExit(1, `Specified string '${pid}' is not a pid\n`);
	const netns = pid === "self" ? run.netns : run.host.processes.get(Number(pid))?.netns;
	if (netns === undefined) throw new ToolExit(1, "Cannot open network namespace: No such file or directory\n");
	const names = [...run.host.namedNetns].filter((entry) => entry[1] === netns).map(([name]) => name);
	run.write(names.length === 0 ? "\n" : names.map((name) => `${name}\n`).join(""));
	return 0;
}

function pids(run: IpRun, words: Words): number {
	const name = words.take();
	if (name === undefined) throw new ToolExit(1, "No netns name specified\n");
	const netns = run.host.namedNetns.get(name);
	if (netns === undefined) throw new ToolExit(1, "Cannot open network namespace: No such file or directory\n");
	for (const process of run.host.processes.values()) if (process.netns === netns) run.write(`${process.pid}\n`);
	return 0;
}

async function exec(run: IpRun, words: Words): Promise<number> {
	if (run.options.all) return execAll(run, words);
	const name = words.take();
	if (name === undefined) throw new ToolExit(1, "No netns name specified\n");
	if (words.word === undefined) throw new ToolExit(1, "No command specified\n");
	return execIn(run, openNetns(run.host, name), words.rest);
}

async function execAll(run: IpRun, words: Words): Promise<number> {
	if (words.word === undefined) throw new ToolExit(1, "No command specified\n");
	for (const [name, netns] of [...run.host.namedNetns].reverse()) {
		run.write(`\nnetns: ${name}\n`);
		await execIn(run, netns, words.rest);
	}
	return 0;
}

async function execIn(run: IpRun, netns: string, argv: readonly string[]): Promise<number> {
	const [command = ""] = argv;
	if (!(await run.context.canRun(command))) {
		throw new ToolExit(1, `exec of "${command}" failed: No such file or directory\n`);
	}
	return run.context.exec(argv, { netns });
}

function nameArgument(words: Words): string {
	const name = words.take();
	if (name === undefined) throw new ToolExit(1, "No netns name specified\n");
	if (name === "" || name.includes("/") || name === "." || name === "..") {
		throw new ToolExit(255, `Invalid netns name "${name}"\n`);
	}
	return name;
}
