/** make, go, scp: an article builds its program elsewhere and copies it; here it is already there. */
import type { CommandContext, CommandEntry } from "../command.ts";
import type { Host } from "../host.ts";
import { findHost } from "../hosts.ts";
import { complain } from "../inputs.ts";
import { basename, resolvePath } from "../memory-files.ts";

export const makeCommand: CommandEntry = {
	names: ["make", "go", "gcc"],
	summary: "nothing to build: the articles' programs are there",
	async run({ name, stderr }) {
		stderr.write(
			`podwire: ${name}: nothing is compiled here; http-web is already on every machine as /root/http-web\n`,
		);
		return 0;
	},
};

export const scpCommand: CommandEntry = {
	names: ["scp"],
	summary: "copy files between the machines (FILE HOST:PATH)",
	async run(context) {
		const paths = context.args.filter((arg) => !arg.startsWith("-"));
		const target = paths.at(-1);
		if (target === undefined || paths.length < 2) {
			context.stderr.write("usage: scp [-r] source ... target\n");
			return 1;
		}
		const to = await place(context, target);
		if (to === undefined) return 255;
		const isDirectory = (await to.host.files.stat(to.path, to.view).catch(() => undefined))?.type === "directory";
		for (const path of paths.slice(0, -1)) {
			const from = await place(context, path);
			if (from === undefined) return 255;
			try {
				const text = await from.host.files.read(from.path, from.view);
				const { executable } = await from.host.files.stat(from.path, from.view);
				const name = isDirectory ? `${to.path === "/" ? "" : to.path}/${basename(from.path)}` : to.path;
				await to.host.files.write(name, text, to.view);
				await to.host.files.setExecutable(name, executable);
			} catch (error) {
				complain(context, path, error);
				return 1;
			}
		}
		return 0;
	},
};

interface Place {
	readonly host: Host;
	readonly path: string;
	readonly view: { readonly netns: string };
}

async function place(context: CommandContext, text: string): Promise<Place | undefined> {
	const remote = /^([^/:]+):(.*)$/.exec(text);
	if (remote === null) {
		return { host: context.host, path: resolvePath(context.cwd, text), view: { netns: context.netns } };
	}
	const [, where = "", path = ""] = remote;
	const host = await findHost(context.world, where);
	if (host === undefined) {
		context.stderr.write(`ssh: Could not resolve hostname ${where}: Name or service not known\n`);
		return undefined;
	}
	return { host, path: resolvePath("/root", path), view: { netns: host.rootNetns } };
}
