/** Upstream's cases of the library (containernetworking/cni) and the examples of the specification. */
import { describe, expect, test } from "vitest";
import { type CorpusCall, callsOf, corpusCases } from "../../test/corpus/cni-corpus.ts";
import { addrPlus, ip, ipNum } from "../wire/addr.ts";
import { parseCniArgs } from "./cni-args.ts";
import { parseNetworkConf } from "./conf.ts";
import { cniChainName, hashWithPrefix } from "./hashed-name.ts";
import { type ConfError, JsonReader } from "./json-reader.ts";
import {
	findNetworkList,
	findPluginConf,
	injectConf,
	listOfOne,
	type NetworkList,
	parseNetworkList,
	parsePluginConf,
} from "./network-list.ts";
import { parseResult } from "./parse-result.ts";
import { formatError, pluginMain } from "./plugin-main.ts";
import { formatResult, type JsonObject } from "./result.ts";
import type { CniResult } from "./types.ts";
import { checkVersion, parsePluginVersions, versionOf, versionsFrom } from "./versions.ts";

function readResult(value: unknown, version: string): CniResult | string {
	const errors: ConfError[] = [];
	const result = parseResult(new JsonReader(value, "$", errors), version);
	return errors[0]?.message ?? result ?? "no result";
}

/** The text of a mistake in JSON is Go's; ours is another. */
function withoutGoText(message: string | null): string | null {
	return message?.replace(/(: strconv\.Atoi: .*|invalid character .*|unexpected end of JSON input)$/, "") ?? null;
}

describe("skel: what a plugin answers", () => {
	test.each(corpusCases("lib.skel"))("$name", async ({ name, events }) => {
		const call = events.find((event) => event.op === "pluginMain");
		if (call === undefined) throw new Error("no call");
		const isUnreadable = events.some((event) => event.op === "pluginMain.unreadableStdin");
		let handler = "";
		const answer = await pluginMain({
			env: call["env"],
			stdin: async () => (isUnreadable ? { ok: false, error: "banana" } : { ok: true, value: call["stdin"] }),
			supportedVersions: call["supportedVersions"],
			work: async ({ command }) => {
				handler = command;
				if (!name.includes("callback returns an error")) return { ok: true, value: undefined };
				return { ok: false, error: { code: 1234, message: "insufficient something" } };
			},
		});
		expect(handler).toBe(call["handlerCalled"]);
		if (call["error"] === null) {
			expect(answer).toEqual({ exitCode: 0, stdout: call["stdout"] });
			return;
		}
		const { code, msg, details } = call["error"];
		expect(answer.exitCode).toBe(1);
		expect(JSON.parse(answer.stdout)).toEqual({
			cniVersion: expect.any(String),
			code,
			msg: withoutGoText(msg),
			...(details === undefined ? {} : { details }),
		});
	});
});

describe("versions", () => {
	test.each(callsOf("lib.version", "reconciler.check"))("$name", ({ call }) => {
		expect(checkVersion(call["configVersion"], call["supportedVersions"]).ok).toBe(call["error"] === null);
	});

	test.each(callsOf("lib.version", "versionsStartingFrom"))("$name", ({ call }) => {
		expect(versionsFrom(call["min"])).toEqual(call["result"]);
	});

	test.each(callsOf("lib.version", "pluginDecoder.decode"))("$name", ({ call }) => {
		const parsed = parsePluginVersions(call["input"]);
		expect(parsed.ok ? null : parsed.error).toBe(call["error"]);
		expect(parsed.ok ? parsed.value : null).toEqual(call["supportedVersions"]);
	});

	test.each(callsOf("lib.version", "configDecoder.decode"))("$name: error code 6", async ({ call }) => {
		const answer = await pluginMain({
			env: { CNI_COMMAND: "ADD", CNI_CONTAINERID: "c", CNI_NETNS: "/n", CNI_IFNAME: "eth0", CNI_PATH: "/p" },
			stdin: async () => ({ ok: true, value: call["input"] }),
			supportedVersions: ["1.1.0"],
			work: async () => ({ ok: true, value: undefined }),
		});
		expect(answer.error?.code).toBe(6);
	});

	test.each(callsOf("lib.version", "parsePrevResult"))("$name", ({ call }) => {
		const { prevResult, cniVersion } = call["conf"];
		const read = readResult(prevResult, cniVersion);
		expect(`could not parse prevResult: ${typeof read === "string" ? read : "nothing wrong"}`).toBe(call["error"]);
	});
});

const RESULT_FILES = ["lib.version", "lib.types-020", "lib.types-040", "lib.invoke", "lib.libcni"] as const;

describe.each(RESULT_FILES)("results in %s", (file) => {
	const created = callsOf(file, "result.create");
	const converted = callsOf(file, "result.convert");

	test("there are some", () => {
		expect(created.length + converted.length).toBeGreaterThan(0);
	});

	for (const { name, call } of created) {
		test(`${name}: reads`, () => {
			const read = readResult(JSON.parse(call["input"]), call["version"]);
			if (call["error"] !== null) {
				expect(read).toBe(call["error"]);
				return;
			}
			if (typeof read === "string") throw new Error(read);
			expect(formatResult(read, versionOf(call["version"]))).toEqual({ ok: true, value: call["result"] });
		});
	}

	for (const { name, call } of converted) {
		test(`${name}: from ${call["fromVersion"]} to ${call["toVersion"]}`, () => {
			const read = readResult(call["from"], call["fromVersion"]);
			if (typeof read === "string") throw new Error(read);
			const printed = formatResult(read, call["toVersion"]);
			expect(printed.ok ? null : printed.error).toBe(call["error"]);
			expect(printed.ok ? printed.value : null).toEqual(call["result"]);
		});
	}
});

describe("arguments", () => {
	// Two cases are about Go types that cannot be read into (`*types.IPNet`, `**net.IP`): test/corpus/cni-table.ts.
	const readable = callsOf("lib.types", "loadArgs").filter(({ call }) => !call["args"].startsWith("IP="));
	test.each(readable)("$name", ({ call }) => {
		const parsed = parseCniArgs(call["args"], []);
		expect(parsed.ok ? null : parsed.error).toBe(call["error"]);
	});
});

describe("addresses", () => {
	const next = callsOf("ip", "nextIP").filter(({ call }) => typeof call["ip"] === "string");
	test.each(next)("$name", ({ call }) => {
		expect(addrPlus(ip(call["ip"]), 1)).toBe(ip(call["result"]));
	});

	const comparable = callsOf("ip", "cmp").filter(({ call }) => call["result"] !== -2);
	test.each(comparable)("$name", ({ call }) => {
		const [a, b] = [ipNum(ip(call["a"])), ipNum(ip(call["b"]))];
		expect(a < b ? -1 : a > b ? 1 : 0).toBe(call["result"]);
	});
});

describe("names made of hashes", () => {
	test.each(callsOf("utils", "formatChainName"))("$name", ({ call }) => {
		expect(cniChainName(call["name"], call["id"], call["prefix"] ?? "")).toBe(call["result"]);
	});

	const possible = callsOf("utils", "formatHashWithPrefix").filter(({ call }) => call["panics"] !== true);
	test.each(possible)("$name", ({ call }) => {
		expect(hashWithPrefix(call["length"], call["prefix"], call["toHash"])).toBe(call["result"]);
	});
});

describe("network configurations", () => {
	function expectList(
		list: { readonly ok: boolean; readonly value?: NetworkList; readonly error?: string },
		call: CorpusCall,
	): void {
		expect(list.error ?? null).toBe(call["error"]);
		if (call["error"] !== null) return;
		const want = call["result"];
		expect(list.value).toMatchObject({
			cniVersion: want.cniVersion,
			name: want.name,
			disableCheck: want.disableCheck,
			disableGc: want.disableGC,
			loadOnlyInlinedPlugins: want.loadOnlyInlinedPlugins,
			plugins: want.plugins.map((plugin: { bytes: string }) => JSON.parse(plugin.bytes)),
		});
	}

	test.each(callsOf("lib.libcni", "networkConfFromBytes"))("$name", ({ call }) => {
		expectList(parseNetworkList(call["input"]), call);
	});

	test.each(callsOf("lib.libcni", "confListFromConf"))("$name", ({ call }) => {
		expectList(listOfOne(JSON.parse(call["input"])), call);
	});

	test.each(callsOf("lib.libcni", "loadNetworkConf"))("$name", ({ call }) => {
		expectList(findNetworkList(new Map(Object.entries(call["dir"])), call["name"], call["dirPath"]), call);
	});

	test.each(callsOf("lib.libcni", "loadConf"))("$name", ({ call }) => {
		const found = findPluginConf(new Map(Object.entries(call["dir"])), call["name"], call["dirPath"]);
		if (call["error"] !== null) {
			expect(found.ok ? null : found.error).toContain(withoutGoText(call["error"]));
			return;
		}
		expect(found.ok ? found.value : found.error).toEqual(JSON.parse(call["result"].bytes));
	});

	const inFiles = callsOf("lib.libcni", "confFromFile").filter(({ call }) => call["fileContent"] !== "");
	test.each(inFiles)("$name", ({ call }) => {
		const parsed = parsePluginConf(call["fileContent"]);
		expect(parsed.ok ? null : parsed.error).toBe(call["error"]);
	});

	// A configuration that is no JSON never gets as far as ours, which takes an object.
	const injected = callsOf("lib.libcni", "injectConf").filter(({ call }) => !call["input"].includes("cc cc"));
	test.each(injected)("$name", ({ call }) => {
		const values: JsonObject = Object.fromEntries(
			Object.entries(call["newValues"]).map(([key, value]) => [key, value ?? undefined]),
		);
		const done = injectConf(JSON.parse(call["input"]), values);
		expect(done.ok ? null : done.error).toBe(call["error"]);
		if (call["error"] === null) expect(done.ok ? done.value : null).toEqual(JSON.parse(call["result"].bytes));
	});
});

describe("examples of the specification", () => {
	test.each(callsOf("spec.examples", "version"))("$name", ({ call }) => {
		expect(parsePluginVersions(JSON.stringify(call["json"]))).toEqual({
			ok: true,
			value: call["json"].supportedVersions,
		});
	});

	test.each(callsOf("spec.examples", "networkConfigurationList"))("$name", ({ call }) => {
		const list = parseNetworkList(JSON.stringify(call["json"]));
		expect(list).toMatchObject({ ok: true, value: { name: call["json"].name, plugins: call["json"].plugins } });
	});

	test.each(callsOf("spec.examples", "error"))("$name", ({ call }) => {
		const { cniVersion, code, msg: message, details } = call["json"];
		expect(formatError({ code, message, details }, cniVersion)).toEqual(call["json"]);
	});

	test.each(callsOf("spec.examples", "result"))("$name", ({ call }) => {
		const version = call["specVersion"] === "main" ? "1.1.0" : call["specVersion"];
		const read = readResult(call["json"], version);
		if (typeof read === "string") throw new Error(read);
		expect(formatResult(read, version)).toEqual({ ok: true, value: { cniVersion: version, ...call["json"] } });
	});

	test.each(callsOf("spec.examples", "pluginRequest"))("$name: is read, or refused by name", ({ call }) => {
		const { type, ipam } = call["json"];
		const conf = parseNetworkConf(JSON.stringify({ name: "n", ...call["json"] }));
		const errors = conf.ok ? [] : conf.error.map(({ message }) => message);
		if (type === "bridge" || type === "portmap") {
			expect(errors).toEqual([]);
			const prev = call["json"].prevResult;
			if (prev !== undefined) expect(readResult(prev, call["json"].cniVersion)).toMatchObject({ cniVersion: "1.1.0" });
			return;
		}
		expect(errors).toContainEqual(expect.stringMatching(new RegExp(`^plugin ${type} is not modelled`)));
		expect(ipam?.type ?? "dhcp").toBe("dhcp");
	});
});
