/** mkdir, rmdir, rm, touch, cp, mv, chmod, chown: changing files. */
import type { CommandContext, CommandEntry } from "../command.ts";
import { FILE_ERROR_TEXT, FileError } from "../file-tree.ts";
import { getopt } from "../getopt.ts";
import { usageError } from "../inputs.ts";
import { basename, resolvePath } from "../memory-files.ts";

/** Does `change` for each path; a `FileError` becomes `NAME: WORDS 'PATH': reason`. */
async function forEachPath(
	context: CommandContext,
	paths: readonly string[],
	{ what, change }: { readonly what: string; readonly change: (path: string) => Promise<void> },
): Promise<number> {
	if (paths.length === 0) return usageError(context, "missing operand");
	let status = 0;
	for (const path of paths) {
		try {
			await change(resolvePath(context.cwd, path));
		} catch (error) {
			if (!(error instanceof FileError)) throw error;
			context.stderr.write(`${basename(context.name)}: ${what} '${path}': ${FILE_ERROR_TEXT[error.errno]}\n`);
			status = 1;
		}
	}
	return status;
}

export const mkdirCommand: CommandEntry = {
	names: ["mkdir"],
	summary: "make directories (-p)",
	async run(context) {
		const parsed = getopt(context.args, { short: "m:pv", long: { parents: "p", "mode=": "m" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const parents = parsed.value.has("p");
		return forEachPath(context, parsed.value.words, {
			what: "cannot create directory",
			change: (path) => context.host.files.makeDirectory(path, { parents }),
		});
	},
};

export const rmCommand: CommandEntry = {
	names: ["rm", "rmdir", "unlink"],
	summary: "remove files and directories (-r -f)",
	async run(context) {
		const parsed = getopt(context.args, { short: "dfirRv", long: { force: "f", recursive: "r" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const { has, words } = parsed.value;
		const directoryToo = context.name.endsWith("rmdir");
		const recursive = has("r") || has("R");
		if (has("f") && words.length === 0) return 0;
		return forEachPath(context, words, {
			what: directoryToo ? "failed to remove" : "cannot remove",
			change: async (path) => {
				const stat = await context.host.files.stat(path, { netns: context.netns }).catch(() => undefined);
				if (stat === undefined) {
					if (has("f")) return;
					throw new FileError("ENOENT", path);
				}
				if (stat.type === "directory" && !recursive && !directoryToo && !has("d")) throw new FileError("EISDIR", path);
				if (stat.type === "file" && directoryToo) throw new FileError("ENOTDIR", path);
				await (recursive ? removeTree(context, path) : context.host.files.remove(path));
			},
		});
	},
};

async function removeTree(context: CommandContext, path: string): Promise<void> {
	const { files } = context.host;
	const view = { netns: context.netns };
	if ((await files.stat(path, view)).type === "directory") {
		for (const name of await files.list(path, view)) await removeTree(context, `${path}/${name}`);
	}
	await files.remove(path);
}

export const touchCommand: CommandEntry = {
	names: ["touch"],
	summary: "make empty files",
	run: (context) =>
		forEachPath(
			context,
			context.args.filter((arg) => !arg.startsWith("-")),
			{ what: "cannot touch", change: (path) => context.host.files.append(path, "", { netns: context.netns }) },
		),
};

export const chmodCommand: CommandEntry = {
	names: ["chmod", "chown", "chgrp"],
	summary: "make files executable or not (owners are all root)",
	async run(context) {
		const [mode = "", ...paths] = context.args.filter((arg) => !/^-[Rvfc]+$/.test(arg));
		if (paths.length === 0)
			return usageError(context, mode === "" ? "missing operand" : `missing operand after ‘${mode}’`);
		const executable = /^[0-7]+$/.test(mode) ? (Number.parseInt(mode, 8) & 0o111) !== 0 : /[+=][rwX]*x/.test(mode);
		const changes = context.name.endsWith("chmod") && (executable || /-.*x|^[0-7]+$/.test(mode));
		return forEachPath(context, paths, {
			what: "cannot access",
			async change(path) {
				await context.host.files.stat(path, { netns: context.netns });
				if (changes) await context.host.files.setExecutable(path, executable);
			},
		});
	},
};

export const copyCommand: CommandEntry = {
	names: ["cp", "mv", "install"],
	summary: "copy or rename files",
	async run(context) {
		const parsed = getopt(context.args, { short: "abDdfiLm:nPpRrTtuvx", long: { recursive: "r", force: "f" } });
		if (!parsed.ok) return usageError(context, parsed.error);
		const paths = parsed.value.words;
		const target = paths.at(-1);
		if (target === undefined || paths.length < 2) {
			return usageError(
				context,
				target === undefined ? "missing file operand" : `missing destination file operand after '${target}'`,
			);
		}
		const { files } = context.host;
		const view = { netns: context.netns };
		const into = resolvePath(context.cwd, target);
		const isDirectory = (await files.stat(into, view).catch(() => undefined))?.type === "directory";
		const moves = context.name.endsWith("mv");
		return forEachPath(context, paths.slice(0, -1), {
			what: moves ? "cannot move" : "cannot stat",
			async change(path) {
				const stat = await files.stat(path, view);
				if (stat.type === "directory" && !moves && !parsed.value.has("r") && !parsed.value.has("a")) {
					throw new FileError("EISDIR", path);
				}
				await copyTree(context, path, isDirectory ? `${into === "/" ? "" : into}/${basename(path)}` : into);
				if (moves) await removeTree(context, path);
			},
		});
	},
};

async function copyTree(context: CommandContext, from: string, to: string): Promise<void> {
	const { files } = context.host;
	const view = { netns: context.netns };
	const stat = await files.stat(from, view);
	if (stat.type === "directory") {
		await files.makeDirectory(to, { parents: true });
		for (const name of await files.list(from, view)) await copyTree(context, `${from}/${name}`, `${to}/${name}`);
		return;
	}
	await files.write(to, await files.read(from, view), view);
	if (stat.executable) await files.setExecutable(to, true);
}

export const pathCommand: CommandEntry = {
	names: ["basename", "dirname", "realpath", "readlink"],
	summary: "parts of a path",
	async run({ name, args, cwd, stdout }) {
		const [path = "", suffix = ""] = args.filter((arg) => !arg.startsWith("-"));
		const trimmed = path.replace(/(.)\/+$/, "$1");
		if (name.endsWith("basename")) {
			const base = basename(trimmed) || "/";
			stdout.write(
				`${suffix !== "" && base.endsWith(suffix) && base !== suffix ? base.slice(0, -suffix.length) : base}\n`,
			);
		} else if (name.endsWith("dirname")) {
			stdout.write(`${trimmed.includes("/") ? trimmed.slice(0, trimmed.lastIndexOf("/")) || "/" : "."}\n`);
		} else stdout.write(`${resolvePath(cwd, path)}\n`);
		return 0;
	},
};
