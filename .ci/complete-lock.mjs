/**
 * Completes package-lock.json: names the optional packages of other platforms that the registry in reach does not carry.
 *
 * npm leaves an optional package that it cannot fetch out of the lock, and `npm ci` then finds lock and manifests out of
 * step. Each one missing gets an entry with its exact version and platform, so that `npm ci` passes over it here and
 * installs it where it fits. Run it after `npm install`: `node .ci/complete-lock.mjs`.
 */
import { readFileSync, writeFileSync } from "node:fs";

const OS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPU = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

const path = new URL("../package-lock.json", import.meta.url);
const text = readFileSync(path, "utf8");
const lock = JSON.parse(text);
let added = 0;
for (const entry of Object.values(lock.packages)) {
	for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
		const key = `node_modules/${name}`;
		if (lock.packages[key] !== undefined) continue;
		if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name}: ${version} is no exact version`);
		const words = name.split(/[/-]/);
		const os = OS.filter((word) => words.includes(word));
		const cpu = CPU.filter((word) => words.includes(word));
		if (os.length === 0 && cpu.length === 0) throw new Error(`${name}: its platform cannot be read off its name`);
		const libc =
			words.includes("musl") || words.includes("musleabihf") ? ["musl"] : words.includes("gnu") ? ["glibc"] : [];
		lock.packages[key] = {
			version,
			...(cpu.length === 0 ? {} : { cpu }),
			dev: true,
			...(libc.length === 0 ? {} : { libc }),
			optional: true,
			...(os.length === 0 ? {} : { os }),
		};
		added += 1;
	}
}
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
writeFileSync(path, `${JSON.stringify(lock, undefined, text.startsWith("{\n\t") ? "\t" : 2)}\n`);
process.stdout.write(`${added} optional packages added to package-lock.json\n`);
