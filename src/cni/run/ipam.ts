/** host-local and static, run by themselves or by the plugin that needs an address. */
import { err, ok, type Result } from "../../base/result.ts";
import { type ConfError, JsonReader } from "../json-reader.ts";
import type { PluginCall } from "../plugin-main.ts";
import {
	type HostLocalConf,
	hostLocalAdd,
	hostLocalCheck,
	hostLocalDel,
	hostLocalGc,
	type IpamResult,
	type IpamStore,
	type Reservation,
} from "../plugins/host-local.ts";
import { type IpamConf, parseHostLocal } from "../plugins/ipam.ts";
import { formatIpamFiles, parseIpamFiles } from "../plugins/ipam-files.ts";
import { rangeSetHasRoom } from "../plugins/range.ts";
import { parseResolvConfDns } from "../plugins/resolv-conf.ts";
import { parseStaticConf, staticAdd, staticCheck } from "../plugins/static.ts";
import { formatResult, type JsonObject } from "../result.ts";
import { type CniDns, type CniError, pluginError } from "../types.ts";
import { type CniPlugin, nothingToPrint, type PluginHost, readConf, readPrevResult } from "./host.ts";

const DATA_DIR = "/var/lib/cni/networks";

export const HOST_LOCAL: CniPlugin = pluginOf((root, call) => parseHostLocal(root, call));
export const STATIC: CniPlugin = pluginOf((root, call) => parseStaticConf(root, call));

export async function ipamAdd(
	host: PluginHost,
	call: PluginCall,
	conf: IpamConf,
): Promise<Result<IpamResult, CniError>> {
	if (conf.type === "static") return ok(staticAdd(conf));
	const dns = await readDns(host, conf);
	if (!dns.ok) return dns;
	const { containerId, ifName } = call;
	return changeStore(host, call, conf, (store) => {
		return hostLocalAdd(conf, { containerId, ifName, ips: conf.ips, dns: dns.value }, store);
	});
}

export async function ipamDel(host: PluginHost, call: PluginCall, conf: IpamConf): Promise<Result<void, CniError>> {
	if (conf.type === "static") return ok(undefined);
	return changeStore(host, call, conf, (store) => ({ result: ok(undefined), store: hostLocalDel(call, store) }));
}

export async function ipamCheck(host: PluginHost, call: PluginCall, conf: IpamConf): Promise<Result<void, CniError>> {
	if (conf.type === "host-local") {
		const store = await readStore(host, call, conf);
		return store.ok ? hostLocalCheck(call, store.value) : store;
	}
	const prev = readPrevResult(call);
	if (!prev.ok) return prev;
	if (prev.value === undefined) return err(pluginError("Required prevResult missing"));
	const checked = staticCheck(conf, prev.value.ips);
	return checked.ok ? checked : err(pluginError(checked.error));
}

/** Code 50: an ADD would find no address. */
export async function ipamStatus(host: PluginHost, call: PluginCall, conf: IpamConf): Promise<Result<void, CniError>> {
	if (conf.type === "static") return ok(undefined);
	const store = await readStore(host, call, conf);
	if (!store.ok) return store;
	const full = conf.ranges.findIndex((set) => !rangeSetHasRoom(set, store.value.reservations));
	if (full < 0) return ok(undefined);
	return err({ code: 50, message: `plugin not available: no IP addresses available in range set ${full}` });
}

export async function ipamGc(host: PluginHost, call: PluginCall, conf: IpamConf): Promise<Result<void, CniError>> {
	const valid = readValidAttachments(call);
	if (!valid.ok) return valid;
	if (conf.type === "static") return ok(undefined);
	return changeStore(host, call, conf, (store) => ({ result: ok(undefined), store: hostLocalGc(valid.value, store) }));
}

/** `cni.dev/valid-attachments`: whom GC must leave alone. Without it everybody is gone, so its absence is an error. */
export function readValidAttachments(call: PluginCall): Result<readonly Reservation[], CniError> {
	const errors: ConfError[] = [];
	const key = "cni.dev/valid-attachments";
	const at = new JsonReader(call.config, "$", errors).at(key);
	// libcni writes `null` when nobody is left.
	if (!Object.hasOwn(call.config, key)) return err({ code: 7, message: "GC needs cni.dev/valid-attachments" });
	const valid = at.items().map((item) => {
		return { containerId: item.at("containerID").string() ?? "", ifName: item.at("ifname").string() ?? "" };
	});
	const [first] = errors;
	return first === undefined ? ok(valid) : err({ code: 7, message: `${first.path}: ${first.message}` });
}

function pluginOf(read: (root: JsonReader, call: PluginCall) => IpamConf | undefined): CniPlugin {
	const confOf = (call: PluginCall): Result<IpamConf, CniError> => readConf(call, (root) => read(root, call));
	const quiet = (
		work: (host: PluginHost, call: PluginCall, conf: IpamConf) => Promise<Result<void, CniError>>,
	): CniPlugin["del"] => {
		return async (host, call) => {
			const conf = confOf(call);
			return conf.ok ? nothingToPrint(await work(host, call, conf.value)) : conf;
		};
	};
	return {
		add: async (host, call): Promise<Result<JsonObject, CniError>> => {
			const conf = confOf(call);
			if (!conf.ok) return conf;
			const added = await ipamAdd(host, call, conf.value);
			if (!added.ok) return added;
			const printed = formatResult({ cniVersion: "1.1.0", interfaces: [], ...added.value }, call.cniVersion);
			return printed.ok ? printed : err(pluginError(printed.error));
		},
		del: quiet(ipamDel),
		check: quiet(ipamCheck),
		status: quiet(ipamStatus),
		gc: quiet(ipamGc),
	};
}

async function readDns(host: PluginHost, conf: HostLocalConf): Promise<Result<CniDns, CniError>> {
	if (conf.resolvConf === undefined) return ok({});
	const text = await host.disk.read(conf.resolvConf);
	return text.ok ? ok(parseResolvConfDns(text.value)) : err({ code: 5, message: text.error });
}

function directory(call: PluginCall, conf: HostLocalConf): string {
	return `${conf.dataDir ?? DATA_DIR}/${call.network}`;
}

async function readStore(
	host: PluginHost,
	call: PluginCall,
	conf: HostLocalConf,
): Promise<Result<IpamStore, CniError>> {
	const files = await host.disk.list(directory(call, conf));
	return files.ok ? ok(parseIpamFiles(files.value)) : err({ code: 5, message: files.error });
}

/** A failure may have changed the store as well. */
async function changeStore<T>(
	host: PluginHost,
	call: PluginCall,
	conf: HostLocalConf,
	change: (store: IpamStore) => { readonly result: Result<T, CniError>; readonly store: IpamStore },
): Promise<Result<T, CniError>> {
	return host.disk.exclusive(directory(call, conf), async () => {
		const before = await host.disk.list(directory(call, conf));
		if (!before.ok) return err({ code: 5, message: before.error });
		const { result, store } = change(parseIpamFiles(before.value));
		const written = await host.disk.replace(directory(call, conf), formatIpamFiles(store, before.value));
		if (!written.ok) return err({ code: 5, message: written.error });
		return result;
	});
}
