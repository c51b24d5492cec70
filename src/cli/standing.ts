/**
 * The cluster that `--keep` leaves standing on this machine's kernel: what was made is written down before it is made, so
 * that `podwire down` removes exactly that, whatever became of the process that made it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Cluster, ServedPort } from "../cluster/cluster.ts";
import { podFiles } from "../cluster/pod-files.ts";
import type { KubeSnapshot } from "../kube/snapshot.ts";
import { type IpAddr, parseIp } from "../wire/addr.ts";
import { UsageError } from "./io.ts";

/** What every namespace's name in /run/netns begins with. */
export const STANDING_PREFIX = "podwire-";
const NETNS_DIRECTORY = "/run/netns";
/** Of `ip netns exec NAME`, in a directory for each name (ip-netns(8)). */
const NETNS_FILES = "/etc/netns";
const DIRECTORY = "/run/podwire";
const FILE = `${DIRECTORY}/standing.json`;
/** What the programs in the pods complain of. */
const LOG = `${DIRECTORY}/standing.log`;
/** How long the programs in the pods may take until they listen. */
const READY_MS = 20_000;
/** How long they may take to end. */
const END_MS = 3000;

export interface Standing {
	readonly schema: "podwire.standing/v1";
	/** Absent: it is being built, or building it was broken off. */
	readonly server?: { readonly pid: number; readonly startedAt: string } | undefined;
	readonly pods: readonly StandingPod[];
	/** What the name servers among the pods answer from; absent: there are none. */
	readonly dns?: KubeSnapshot | undefined;
}

interface StandingPod {
	/** The port's name, e.g. `pod/default/client`. */
	readonly netns: string;
	/** In /run/netns. */
	readonly file: string;
	readonly namespace: string;
	readonly name: string;
	readonly ip: IpAddr;
	readonly ports: readonly ServedPort[];
}

const SHAPE: z.ZodType<Standing> = z.object({
	schema: z.literal("podwire.standing/v1"),
	server: z.object({ pid: z.int(), startedAt: z.string() }).optional(),
	pods: z.array(
		z.object({
			netns: z.string(),
			file: z.string(),
			namespace: z.string(),
			name: z.string(),
			ip: z.custom<IpAddr>((value) => typeof value === "string" && parseIp(value).ok),
			ports: z.array(
				z.object({
					container: z.string(),
					port: z.int(),
					protocol: z.enum(["TCP", "UDP"]),
					dns: z.literal(true).exactOptional(),
				}),
			),
		}),
	),
	// Written by this program, as it was checked when the manifests were read.
	dns: z.custom<KubeSnapshot>((value) => typeof value === "object" && value !== null).optional(),
});

/** Undefined: none is standing. */
export function readStanding(): Standing | undefined {
	if (!existsSync(FILE)) return undefined;
	const parsed = SHAPE.safeParse(JSON.parse(readFileSync(FILE, "utf8")));
	if (!parsed.success) throw new UsageError([`${FILE}: ${z.prettifyError(parsed.error)}`]);
	return parsed.data;
}

/** Says that a cluster is about to be made; refuses when one is standing or its names are taken. */
export function beginStanding(): void {
	if (readStanding() !== undefined) {
		throw new UsageError(["--keep: a cluster is standing already; `podwire down` removes it"]);
	}
	const taken = standingFiles();
	if (taken.length > 0) {
		throw new UsageError([`--keep: there are network namespaces of these names already: ${taken.join(", ")}`]);
	}
	write({ schema: "podwire.standing/v1", pods: [] });
}

/** Hands the pods' ports over to a process of its own, which listens until `endStanding`. */
export async function keepStanding(cluster: Cluster): Promise<Standing> {
	const pods = cluster.pods
		.filter((pod) => pod.ports.length > 0)
		.map(({ netns, namespace, name, ip, ports }) => {
			return { netns, file: fileOf(netns), namespace, name, ip, ports: ports.map(portOf) };
		});
	const dns = cluster.dns === undefined ? {} : { dns: cluster.snapshot };
	writePodFiles(cluster);
	write({ schema: "podwire.standing/v1", pods, ...dns });
	const log = openSync(LOG, "w");
	const child = spawn(process.execPath, [fileURLToPath(new URL("./main.js", import.meta.url)), "serve-standing"], {
		detached: true,
		stdio: ["ignore", "pipe", log],
	});
	closeSync(log);
	await ready(child);
	child.stdout?.destroy();
	child.unref();
	const { pid } = child;
	if (pid === undefined) throw new Error("the server process has no pid");
	const standing: Standing = {
		schema: "podwire.standing/v1",
		server: { pid, startedAt: startOf(pid) ?? "" },
		pods,
		...dns,
	};
	write(standing);
	return standing;
}

export interface Removed {
	readonly namespaces: readonly string[];
	readonly stoppedServer: boolean;
}

/** Removes what `beginStanding` announced; nothing else. Undefined: there is nothing. `remove` takes a name out of /run/netns. */
export async function endStanding(remove: (file: string) => void): Promise<Removed | undefined> {
	const standing = readStanding();
	if (standing === undefined) return undefined;
	const { server } = standing;
	// A process that has its number but started at another time is somebody else's.
	const isOurs = server !== undefined && startOf(server.pid) === server.startedAt;
	if (isOurs) await endProcess(server.pid, server.startedAt);
	const namespaces = standingFiles();
	for (const file of namespaces) remove(file);
	for (const file of standingFiles(NETNS_FILES)) rmSync(`${NETNS_FILES}/${file}`, { recursive: true, force: true });
	for (const file of [FILE, LOG]) rmSync(file, { force: true });
	return { namespaces, stoppedServer: isOurs };
}

/** What kubelet gives the pods: `ip netns exec` lays these files over those of /etc. */
function writePodFiles(cluster: Cluster): void {
	for (const pod of cluster.pods.filter(({ hostNetwork }) => !hostNetwork)) {
		const directory = `${NETNS_FILES}/${fileOf(pod.netns)}`;
		mkdirSync(directory, { recursive: true });
		const { "/etc/hosts": hosts = "", "/etc/resolv.conf": resolvConf = "" } = podFiles(cluster, pod);
		writeFileSync(`${directory}/hosts`, hosts);
		writeFileSync(`${directory}/resolv.conf`, resolvConf);
	}
}

/** `node/slave1` is `podwire-node-slave1`. */
export function fileOf(netns: string): string {
	return `${STANDING_PREFIX}${netns.replaceAll("/", "-")}`;
}

function portOf({ container, port, protocol, dns }: ServedPort): ServedPort {
	return { container, port, protocol, ...(dns === undefined ? {} : { dns }) };
}

function standingFiles(directory: string = NETNS_DIRECTORY): readonly string[] {
	if (!existsSync(directory)) return [];
	return readdirSync(directory).filter((file) => file.startsWith(STANDING_PREFIX));
}

function write(standing: Standing): void {
	mkdirSync(DIRECTORY, { recursive: true });
	writeFileSync(FILE, `${JSON.stringify(standing, undefined, 2)}\n`);
}

/** The server says `ready` when all ports are open. */
async function ready(child: ChildProcess): Promise<void> {
	const waiting = new AbortController();
	const { signal } = waiting;
	const said = await Promise.race([
		new Promise<"ready">((resolve) => child.stdout?.once("data", () => resolve("ready"))),
		once(child, "exit", { signal }).then(([code]) => `ended with ${code}: ${readFileSync(LOG, "utf8")}`),
		setTimeout(READY_MS, "did not start in time", { signal }),
	]);
	waiting.abort();
	if (said !== "ready") throw new Error(`the pods' programs ${said}`);
}

/** Asks it to end, and after a while makes it. */
async function endProcess(pid: number, startedAt: string): Promise<void> {
	process.kill(pid, "SIGTERM");
	const untilMs = Date.now() + END_MS;
	while (startOf(pid) === startedAt && Date.now() < untilMs) await setTimeout(10);
	if (startOf(pid) === startedAt) process.kill(pid, "SIGKILL");
}

/** When a process started, in the kernel's ticks since boot: with its pid, it names one process for good. */
function startOf(pid: number): string | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
	} catch {
		return undefined;
	}
}
