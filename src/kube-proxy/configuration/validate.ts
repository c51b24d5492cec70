/** What kube-proxy 1.36 refuses in its configuration, in its words. */
import { parseCidr, parseIp } from "../../wire/addr.ts";
import { formatDuration } from "./duration.ts";
import { isIpv6, splitHostPort } from "./host-port.ts";
import type { ConfigurationValues } from "./values.ts";

export interface ConfigurationFault {
	/** The field in v1alpha1, e.g. `iptables.masqueradeBit`. */
	readonly path: string;
	/** The item of a list. */
	readonly index?: number;
	/** Upstream's sentence, which begins with upstream's name for the field. */
	readonly message: string;
}

const ROOT = "KubeProxyConfiguration";
const MODES = ["iptables", "ipvs", "nftables"];
const LOCAL_MODES = ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix", ""];
const CIDR_PAIR =
	"must be a either a single CIDR or dual-stack pair of CIDRs (e.g. [10.100.0.0/16, fde4:8dba:82e1::/48]";

/** In upstream's order. */
export function validateConfiguration(values: ConfigurationValues): readonly ConfigurationFault[] {
	const check = new Check(values);
	const mode = values.text("mode");
	check.range("iptables.masqueradeBit", "KubeProxyIPTablesConfiguration.MasqueradeBit", [0, 31]);
	if (mode === "ipvs") checkIpvs(check);
	if (mode === "nftables")
		check.range("nftables.masqueradeBit", "KubeProxyNFTablesConfiguration.MasqueradeBit", [0, 31]);
	checkConntrack(check);
	check.range("oomScoreAdj", "KubeProxyLinuxConfiguration.OOMScoreAdj", [-1000, 1000]);
	if (mode !== "" && !MODES.includes(mode)) {
		const reason = `must be ${MODES.join(", ")} or blank (blank means the best-available proxy [currently iptables])`;
		check.invalid("mode", "Mode.ProxyMode", { value: mode, reason });
	}
	check.notNegative("clientConnection.burst", "ClientConnection.Burst");
	check.positive("configSyncPeriod", "ConfigSyncPeriod");
	checkPeriods(check, MODES.includes(mode) ? mode : "iptables");
	const bind = values.text("bindAddress");
	if (!parseIp(bind).ok) {
		const reason = "not a valid textual representation of an IP address";
		check.invalid("bindAddress", "BindAddress", { value: bind, reason });
	}
	checkHostPort(check, "healthzBindAddress", "HealthzBindAddress");
	checkHostPort(check, "metricsBindAddress", "MetricsBindAddress");
	checkPortRange(check);
	checkNodePortAddresses(check);
	checkDetectLocal(check);
	return check.faults;
}

class Check {
	readonly values: ConfigurationValues;
	readonly faults: ConfigurationFault[] = [];

	constructor(values: ConfigurationValues) {
		this.values = values;
	}

	/** `name` is the field's name in upstream's internal type. */
	invalid(
		path: string,
		name: string,
		{ value, reason, index }: { readonly value: unknown; readonly reason: string; readonly index?: number },
	): void {
		const at = index === undefined ? "" : `[${index}]`;
		const message = `${ROOT}.${name}${at}: Invalid value: ${JSON.stringify(value)}: ${reason}`;
		this.faults.push({ path, ...(index === undefined ? {} : { index }), message });
	}

	unsupported(path: string, name: string, value: string, known: readonly string[]): void {
		const values = known.map((one) => JSON.stringify(one)).join(", ");
		const message = `${ROOT}.${name}: Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`;
		this.faults.push({ path, message });
	}

	range(path: string, name: string, [from, to]: readonly [number, number]): void {
		const value = this.values.number(path);
		if (value < from || value > to)
			this.invalid(path, name, { value, reason: `must be within the range [${from}, ${to}]` });
	}

	notNegative(path: string, name: string): void {
		const value = this.values.number(path);
		if (value < 0) this.invalid(path, name, { value, reason: "must be greater than or equal to 0" });
	}

	period(path: string, name: string, reason: string): void {
		const value = formatDuration(this.values.number(path));
		this.faults.push({ path, message: `${ROOT}.${name}: Invalid value: ${value}: ${reason}` });
	}

	positive(path: string, name: string): void {
		if (this.values.number(path) <= 0) this.period(path, name, "must be greater than 0");
	}

	timeout(path: string, name: string): void {
		if (this.values.number(path) < 0) this.period(path, name, "must be greater than or equal to 0");
	}
}

function checkIpvs(check: Check): void {
	const section = "KubeProxyIPVSConfiguration";
	check.timeout("ipvs.tcpTimeout", `${section}.TCPTimeout`);
	check.timeout("ipvs.tcpFinTimeout", `${section}.TCPFinTimeout`);
	check.timeout("ipvs.udpTimeout", `${section}.UDPTimeout`);
	check.values.texts("ipvs.excludeCIDRs").forEach((value, index) => {
		if (isCidr(value)) return;
		check.invalid("ipvs.excludeCIDRs", `${section}.ExcludeCidrs`, { value, index, reason: "must be a valid CIDR" });
	});
}

function checkConntrack(check: Check): void {
	const section = "KubeProxyLinuxConfiguration.KubeProxyConntrackConfiguration";
	check.notNegative("conntrack.maxPerCore", `${section}.MaxPerCore`);
	check.notNegative("conntrack.min", `${section}.Min`);
	check.timeout("conntrack.tcpEstablishedTimeout", `${section}.TCPEstablishedTimeout`);
	check.timeout("conntrack.tcpCloseWaitTimeout", `${section}.TCPCloseWaitTimeout`);
	check.timeout("conntrack.udpTimeout", `${section}.UDPTimeout`);
	check.timeout("conntrack.udpStreamTimeout", `${section}.UDPStreamTimeout`);
}

/** Of the mode that is used; the others' are not looked at. */
function checkPeriods(check: Check, section: string): void {
	const [sync, min] = [`${section}.syncPeriod`, `${section}.minSyncPeriod`];
	check.positive(sync, "SyncPeriod");
	check.timeout(min, "MinSyncPeriod");
	if (check.values.number(min) <= check.values.number(sync)) return;
	// Upstream gives the shorter period's value under the name of the longer one.
	const value = formatDuration(check.values.number(min));
	const reason = `must be greater than or equal to ${ROOT}.MinSyncPeriod`;
	check.faults.push({ path: sync, message: `${ROOT}.SyncPeriod: Invalid value: ${value}: ${reason}` });
}

function checkHostPort(check: Check, path: string, name: string): void {
	const value = check.values.text(path);
	const found = splitHostPort(value);
	if (found === undefined) {
		check.invalid(path, name, { value, reason: "must be IP:port" });
		return;
	}
	if (!parseIp(found.host).ok) check.invalid(path, name, { value: found.host, reason: "must be a valid IP" });
	const port = /^[-+]?\d+$/.test(found.port) ? Number(found.port) : 0;
	if (port < 1 || port > 65_535) check.invalid(path, name, { value: found.port, reason: "must be a valid port" });
}

function checkPortRange(check: Check): void {
	const value = check.values.text("portRange").trim();
	if (value === "" || isPortRange(value)) return;
	check.invalid("portRange", "PortRange", { value, reason: "must be a valid port range (e.g. 300-2000)" });
}

/** One port, `FROM-TO` or `FROM+COUNT`. */
function isPortRange(text: string): boolean {
	const found = /^(\d+)(?:([-+])(\d+))?$/.exec(text);
	if (found === null) return false;
	const from = Number(found[1]);
	const second = Number(found[3] ?? 0);
	const to = found[2] === undefined ? from : found[2] === "-" ? second : Math.min(from + second, 65_535);
	return from <= 65_535 && to <= 65_535 && from <= to;
}

function checkNodePortAddresses(check: Check): void {
	const path = "nodePortAddresses";
	const addresses = check.values.texts(path);
	for (const [index, value] of addresses.entries()) {
		if (value === "primary") {
			const alone = index === 0 && addresses.length === 1;
			if (!alone) {
				check.invalid(path, "NodePortAddresses", { value, index, reason: "can't use both 'primary' and CIDRs" });
			}
			break;
		}
		if (!isCidr(value)) check.invalid(path, "NodePortAddresses", { value, index, reason: "must be a valid CIDR" });
	}
}

function checkDetectLocal(check: Check): void {
	const { values } = check;
	const mode = values.text("detectLocalMode");
	if (!LOCAL_MODES.includes(mode)) check.unsupported("detectLocalMode", "DetectLocalMode", mode, LOCAL_MODES);
	const section = "DetectLocalConfiguration";
	const empty = (path: string, name: string): void => {
		if (values.text(path) === "") check.invalid(path, `${section}.${name}`, { value: "", reason: "must not be empty" });
	};
	if (mode === "BridgeInterface") empty("detectLocal.bridgeInterface", "InterfaceName");
	if (mode === "InterfaceNamePrefix") empty("detectLocal.interfaceNamePrefix", "InterfacePrefix");
	const text = values.text("clusterCIDR");
	if (mode !== "ClusterCIDR" || text === "") return;
	const cidrs = text.split(",");
	if (cidrs.length > 2) {
		check.invalid("clusterCIDR", `${section}.ClusterCIDRs`, { value: cidrs, reason: CIDR_PAIR });
		return;
	}
	cidrs.forEach((value, index) => {
		if (isCidr(value)) return;
		const reason = "must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)";
		check.faults.push({
			path: "clusterCIDR",
			message: `${ROOT}.${section}.ClusterCIDRs[${index}]: Invalid value: ${JSON.stringify(value)}: ${reason}`,
		});
	});
	const [first = "", second] = cidrs;
	if (second === undefined || !isCidr(first) || !isCidr(second)) return;
	const v6 = (net: string): boolean => isIpv6(net.split("/")[0] ?? "");
	if (v6(first) === v6(second)) {
		check.invalid("clusterCIDR", `${section}.ClusterCIDRs`, { value: cidrs, reason: CIDR_PAIR });
	}
}

export function isCidr(text: string): boolean {
	return text.includes("/") && parseCidr(text).ok;
}
