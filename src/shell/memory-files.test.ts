import { expect, test } from "vitest";
import { MemoryFiles, resolvePath } from "./memory-files.ts";

const VIEW = { netns: "host/a" };

async function errno(promise: Promise<unknown>): Promise<unknown> {
	return promise.then(
		() => "ok",
		(error: { readonly errno?: string }) => error.errno,
	);
}

test.each([
	["/", "a", "/a"],
	["/root", "../etc/./x//y", "/etc/x/y"],
	["/root", "/a/../../b", "/b"],
	["/root", ".", "/root"],
])("from %s, %s is %s", (cwd, path, expected) => {
	expect(resolvePath(cwd, path)).toBe(expected);
});

test("files are written, appended to, listed and removed, with errno as on Linux", async () => {
	const files = new MemoryFiles();
	files.put("/etc/hosts", "a\n");
	await files.append("/etc/hosts", "b\n", VIEW);
	expect(await files.read("/etc/hosts", VIEW)).toBe("a\nb\n");
	expect(await files.stat("/etc/hosts", VIEW)).toEqual({ type: "file", size: 4, executable: false });
	expect(await errno(files.read("/etc/nope", VIEW))).toBe("ENOENT");
	expect(await errno(files.read("/etc", VIEW))).toBe("EISDIR");
	expect(await errno(files.read("/etc/hosts/x", VIEW))).toBe("ENOTDIR");
	expect(await errno(files.write("/nope/x", "", VIEW))).toBe("ENOENT");
	expect(await errno(files.write("/etc", "", VIEW))).toBe("EISDIR");
	expect(await errno(files.write("/", "", VIEW))).toBe("EISDIR");
	expect(await errno(files.makeDirectory("/etc", { parents: false }))).toBe("EEXIST");
	expect(await errno(files.makeDirectory("/x/y", { parents: false }))).toBe("ENOENT");
	expect(await errno(files.makeDirectory("/x/y", { parents: true }))).toBe("ok");
	expect(await files.list("/", VIEW)).toEqual(["etc", "x"]);
	expect(await errno(files.remove("/x"))).toBe("ENOTEMPTY");
	expect(await errno(files.remove("/x/y"))).toBe("ok");
	expect(await errno(files.remove("/x"))).toBe("ok");
	expect(await errno(files.remove("/x"))).toBe("ENOENT");
});

test("whoever watches a file hears what is appended from then on", async () => {
	const files = new MemoryFiles();
	const heard: string[] = [];
	files.put("/log", "old\n");
	const stop = files.watch("/log", (text) => heard.push(text));
	await files.append("/log", "new\n", VIEW);
	files.appendNow("/log", "daemon\n");
	stop();
	await files.append("/log", "late\n", VIEW);
	expect(heard).toEqual(["new\n", "daemon\n"]);
});
