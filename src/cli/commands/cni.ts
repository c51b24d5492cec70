/**
 * `podwire cni PLUGIN`: a CNI plugin on this machine's kernel, as a container runtime runs one: CNI_ variables, the
 * configuration on standard input, the result or error on standard output.
 */
import { randomInt } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { err, ok, type Result } from "../../base/result.ts";
import { pluginMain } from "../../cni/plugin-main.ts";
import type { PluginHost } from "../../cni/run/host.ts";
import { CNI_PLUGINS, pluginWork } from "../../cni/run/plugins.ts";
import { CNI_VERSIONS } from "../../cni/versions.ts";
import { LinuxKernel } from "../../linux/linux-kernel.ts";
import { openLinuxKernel } from "../../linux/open-linux-kernel.ts";
import { NodeCniDisk } from "../cni-disk.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";

const HOST = "host";
const OWN_NETNS = "/proc/thread-self/ns/net";

export async function cni(io: Io, plugin: string): Promise<ExitCode> {
	if (!CNI_PLUGINS.has(plugin)) {
		throw new UsageError([`cni: there is no plugin ${plugin} (${[...CNI_PLUGINS.keys()].join(", ")})`]);
	}
	if ((process.env["CNI_COMMAND"] ?? "") === "") {
		io.err(`CNI ${plugin} plugin (podwire)\nCNI protocol versions supported: ${CNI_VERSIONS.join(", ")}\n`);
		return 0;
	}
	const answer = await pluginMain({
		env: process.env,
		stdin: readStdin,
		supportedVersions: CNI_VERSIONS,
		isOwnNetns: async (path) => process.env["CNI_NETNS_OVERRIDE"] === undefined && isSameFile(path, OWN_NETNS),
		work: async (call) => {
			const missing = LinuxKernel.missing();
			if (missing.length > 0) return err({ code: 50, message: missing.join("; ") });
			const { kernel } = openLinuxKernel();
			try {
				return await pluginWork(plugin, hostOf(kernel))(call);
			} finally {
				kernel.close();
			}
		},
	});
	io.out(answer.stdout);
	return answer.exitCode;
}

function hostOf(kernel: LinuxKernel): PluginHost {
	const own = kernel.adoptNetns(HOST, OWN_NETNS);
	if (!own.ok) throw new Error(own.error.message);
	const known = new Set<string>();
	return {
		kernel,
		hostNetns: HOST,
		netnsName: (path) => {
			if (!path.startsWith("/")) return undefined;
			if (!known.has(path) && !kernel.adoptNetns(path, path).ok) return undefined;
			known.add(path);
			return path;
		},
		disk: new NodeCniDisk(),
		random32: () => randomInt(2 ** 32),
	};
}

async function readStdin(): Promise<Result<string, string>> {
	try {
		return ok(readFileSync(0, "utf8"));
	} catch (error) {
		return err(error instanceof Error ? error.message : "no input");
	}
}

function isSameFile(a: string, b: string): boolean {
	try {
		const [one, other] = [statSync(a), statSync(b)];
		return one.dev === other.dev && one.ino === other.ino;
	} catch {
		return false;
	}
}
