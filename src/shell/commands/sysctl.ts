/** `sysctl` of procps 4.0: the settings of the namespace it runs in. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { FileError } from "../file-tree.ts";
import { getopt, type ParsedOptions } from "../getopt.ts";
import { resolvePath } from "../memory-files.ts";
import { runTool, ToolExit } from "./tool-exit.ts";

export const sysctlCommand: CommandEntry = {
	names: ["sysctl"],
	summary: "read and write kernel settings (-a, -n, -w, -p FILE, -r PATTERN)",
	run: (context) => runTool(context, () => sysctl(context)),
	async complete(words, { netns: _netns }) {
		return words.length < 2 ? ["-a", "-n", "-p", "-w"] : [];
	},
};

const USAGE = `
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
      --system         read values from all system directories
  -r, --pattern <expression>
                       select setting that match expression
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable
`;

const LONG = {
	all: "a",
	deprecated: "deprecated",
	"dry-run": "dry-run",
	binary: "b",
	ignore: "e",
	names: "N",
	values: "n",
	"load=?": "p",
	system: "system",
	"pattern=": "r",
	quiet: "q",
	write: "w",
	help: "h",
	version: "V",
};

/** One invocation. */
class Run {
	readonly context: CommandContext;
	readonly options: ParsedOptions;
	failed = false;

	constructor(context: CommandContext, options: ParsedOptions) {
		this.context = context;
		this.options = options;
	}

	complain(text: string): void {
		this.failed = true;
		this.context.stderr.write(`sysctl: ${text}\n`);
	}
}

async function sysctl(context: CommandContext): Promise<number> {
	const parsed = getopt(context.args, { short: "AabdeFfhNnopqr:VwXx", long: LONG });
	if (!parsed.ok) throw new ToolExit(1, `sysctl: ${parsed.error}\n${USAGE}`);
	const options = parsed.value;
	const run = new Run(context, options);
	if (options.has("h") || options.has("d")) throw new ToolExit(0, "", USAGE);
	if (options.has("V")) throw new ToolExit(0, "", "sysctl from procps-ng 4.0.2\n");
	if (context.args.length === 0) throw new ToolExit(1, USAGE);
	if (options.has("system")) await loadSystem(run);
	else if (options.has("p") || options.has("f")) await loadFiles(run);
	else if (options.has("a") || options.has("A") || options.has("X")) await show(run, "");
	else if (options.words.length === 0) {
		throw new ToolExit(1, "sysctl: no variables specified\nTry `sysctl --help' for more information.\n");
	} else await words(run);
	return run.failed ? 1 : 0;
}

async function words(run: Run): Promise<void> {
	for (const word of run.options.words) {
		const equals = word.indexOf("=");
		if (equals >= 0) await write(run, word.slice(0, equals), word.slice(equals + 1));
		else if (run.options.has("w")) {
			run.complain("command line(0): invalid syntax, continuing...");
			return;
		} else await show(run, word);
	}
}

/** The path below /proc/sys. Whichever of dot and slash comes first separates; the other one is itself. */
function pathOf(name: string): string {
	const first = /[./]/.exec(name)?.[0];
	return first === "." ? name.replaceAll(/[./]/g, (char) => (char === "." ? "/" : ".")) : name;
}

function keyOf(path: string): string {
	return path.replaceAll(/[./]/g, (char) => (char === "/" ? "." : "/"));
}

interface Setting {
	readonly path: string;
	readonly value: string;
}

/** The settings of the namespace, and the few of the machine that are files here. */
async function settings(context: CommandContext): Promise<readonly Setting[]> {
	const dumped = await context.world.kernel.dump(context.netns, ["sysctl"]);
	const found: Setting[] = [];
	for (const object of dumped.ok ? dumped.value : []) {
		if (object.kind === "sysctl") found.push({ path: pathOf(object.key), value: object.value });
	}
	for (const name of ["hostname", "osrelease", "ostype"]) {
		const value = await readFile(context, `/proc/sys/kernel/${name}`);
		if (value !== undefined) found.push({ path: `kernel/${name}`, value: value.trimEnd() });
	}
	return found.sort((a, b) => byPath(a.path, b.path));
}

function byPath(a: string, b: string): number {
	const [left, right] = [a.split("/"), b.split("/")];
	for (let k = 0; k < Math.min(left.length, right.length); k += 1) {
		const [x = "", y = ""] = [left[k], right[k]];
		if (x !== y) return x < y ? -1 : 1;
	}
	return left.length - right.length;
}

/** One setting, all below a directory, or (name "") all that there are. */
async function show(run: Run, name: string): Promise<void> {
	const path = pathOf(name).replace(/\/+$/, "");
	const all = await settings(run.context);
	const exact = all.filter((setting) => setting.path === path);
	const found = exact.length > 0 ? exact : all.filter((setting) => path === "" || setting.path.startsWith(`${path}/`));
	if (found.length === 0) {
		if (!run.options.has("e")) run.complain(`cannot stat /proc/sys/${path}: No such file or directory`);
		return;
	}
	const pattern = run.options.value("r");
	const regex = pattern === undefined ? undefined : new RegExp(pattern);
	for (const setting of found) if (regex === undefined || regex.test(keyOf(setting.path))) print(run, setting);
}

function print(run: Run, { path, value }: Setting): void {
	const { options, context } = run;
	const key = keyOf(path);
	if (options.has("N")) context.stdout.write(`${key}\n`);
	else if (options.has("b")) context.stdout.write(value);
	else context.stdout.write(options.has("n") ? `${value}\n` : `${key} = ${value}\n`);
}

async function write(run: Run, name: string, text: string, mayBeMissing = false): Promise<void> {
	const path = pathOf(name);
	if (path === "") {
		run.complain("Path is not under /proc/sys/: /proc/sys/");
		return;
	}
	const value = text.trim().replaceAll(/^"(.*)"$/g, "$1");
	const pattern = run.options.value("r");
	if (pattern !== undefined && !new RegExp(pattern).test(keyOf(path))) return;
	const object = { kind: "sysctl", key: keyOf(path), value: value.split(/\s+/).join("\t") } as const;
	if (!run.options.has("dry-run")) {
		const done = await run.context.world.kernel.apply(run.context.netns, [{ verb: "replace", object }]);
		if (!done.ok && done.error.errno === "ENOENT") {
			if (run.options.has("e")) return;
			const failed = run.failed;
			run.complain(`cannot stat /proc/sys/${path}: No such file or directory`);
			run.failed = failed || !mayBeMissing;
			return;
		}
		if (!done.ok) {
			run.complain(`setting key "${keyOf(path)}": Invalid argument`);
			return;
		}
	}
	if (!run.options.has("q")) print(run, { path, value });
}

async function readFile(context: CommandContext, path: string): Promise<string | undefined> {
	try {
		return await context.host.files.read(path, { netns: context.netns });
	} catch (error) {
		if (error instanceof FileError) return undefined;
		throw error;
	}
}

async function loadFiles(run: Run): Promise<void> {
	const given = run.options.value("p") ?? "";
	const files = given === "" ? run.options.words : [given, ...run.options.words];
	for (const file of files.length === 0 ? ["/etc/sysctl.conf"] : files) await loadFile(run, file);
}

async function loadFile(run: Run, file: string): Promise<void> {
	const { context } = run;
	const text = file === "-" ? await context.stdin.readAll() : await readFile(context, resolvePath(context.cwd, file));
	if (text === undefined) {
		if (!run.options.has("e")) run.complain(`cannot open "${file}": No such file or directory`);
		return;
	}
	for (const line of parseFile(file, text)) {
		if (typeof line === "string") context.stderr.write(`sysctl: ${line}\n`);
		else await write(run, line.name, line.value, line.mayBeMissing);
	}
}

/** Settings of a file in order; a complaint where a line is none. Complaints come first, as the tool reads before it writes. */
function parseFile(
	file: string,
	text: string,
): readonly (string | { readonly name: string; readonly value: string; readonly mayBeMissing: boolean })[] {
	const complaints: string[] = [];
	const found: { name: string; value: string; mayBeMissing: boolean }[] = [];
	for (const [index, raw] of text.split("\n").entries()) {
		const line = raw.trim();
		if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
		const match = /^(-?)([^=]+?)\s*=\s*(.*)$/.exec(line);
		if (match === null) complaints.push(`${file}(${index + 1}): invalid syntax, continuing...`);
		else found.push({ name: match[2] ?? "", value: match[3] ?? "", mayBeMissing: match[1] === "-" });
	}
	return [...complaints, ...found];
}

const SYSTEM_DIRECTORIES = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"];

/** Every file name once, from the first directory that has it, in the order of the names; last /etc/sysctl.conf. */
async function loadSystem(run: Run): Promise<void> {
	const { context } = run;
	const files = new Map<string, string>();
	for (const directory of SYSTEM_DIRECTORIES) {
		const names = await context.host.files.list(directory, { netns: context.netns }).catch((error: unknown) => {
			if (error instanceof FileError) return [];
			throw error;
		});
		for (const name of names) if (name.endsWith(".conf") && !files.has(name)) files.set(name, `${directory}/${name}`);
	}
	const ordered = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
	for (const path of [...ordered, "/etc/sysctl.conf"]) {
		if ((await readFile(context, path)) === undefined) continue;
		if (!run.options.has("q")) context.stdout.write(`* Applying ${path} ...\n`);
		await loadFile(run, path);
	}
}
