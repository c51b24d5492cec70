/** IPVS of the real kernel, by `ipvsadm`: one process for each change, its listings for dumps. */
import { existsSync } from "node:fs";
import { err, ok, type Result } from "../base/result.ts";
import { parseIpvsConnections } from "../formats/ipvsadm/connections.ts";
import { placeText } from "../formats/ipvsadm/names.ts";
import { parseIpvsListing } from "../formats/ipvsadm/parse-listing.ts";
import { FORWARD_OPTIONS, SERVICE_OPTIONS, schedFlagNames } from "../formats/ipvsadm/words.ts";
import type { IpvsDestination, IpvsService, IpvsServiceKey, IpvsTimeouts } from "../kernel/ipvs.ts";
import type { Errno, KernelError, Op, Verb } from "../kernel/kernel.ts";
import type { KernelObject, KernelObjectKind } from "../kernel/objects.ts";
import type { DriverOptions, IndexedOp, ObjectDriver, Undo } from "./driver.ts";
import type { LinuxNetns } from "./netns.ts";
import { errnoIn, type ProgramRun, runProgram } from "./program.ts";

const IPVSADM = "ipvsadm";
/** Is there while the module is loaded. */
const LOADED = "/proc/net/ip_vs";

export class IpvsDriver implements ObjectDriver {
	readonly kinds: readonly KernelObjectKind[] = [
		"ipvs-service",
		"ipvs-destination",
		"ipvs-connection",
		"ipvs-timeouts",
	];
	/** The tool has tried to load the module, which it does but once here. */
	#tried = false;

	apply(netns: LinuxNetns, ops: readonly IndexedOp[], { undoable }: DriverOptions): Result<Undo, KernelError> {
		const before = ops.length > 1 || undoable ? run(netns, ["-Sn"]).out : undefined;
		const undo: Undo = () => {
			if (before === undefined) return;
			run(netns, ["-C"]);
			run(netns, ["-R"], before);
		};
		for (const { index, op } of ops) {
			const done = this.#change(netns, op, index);
			if (done.ok) continue;
			undo();
			return done;
		}
		return ok(undo);
	}

	dump(netns: LinuxNetns, kind: KernelObjectKind): Result<readonly KernelObject[], KernelError> {
		if (!existsSync(LOADED) && this.#tried) return ok([]);
		this.#tried = true;
		const args = kind === "ipvs-connection" ? ["-Lnc"] : kind === "ipvs-timeouts" ? ["-L", "--timeout"] : ["-Ln"];
		const { code, out, err: stderr } = run(netns, args);
		if (code !== 0) return isAbsent(stderr) ? ok([]) : failed(stderr, -1);
		if (kind === "ipvs-connection") return ok(parseIpvsConnections(out));
		if (kind === "ipvs-timeouts") return ok(parseTimeouts(out));
		return ok(parseIpvsListing(out).filter((object) => object.kind === kind));
	}

	#change(netns: LinuxNetns, { verb, object }: Op, index: number): Result<void, KernelError> {
		const words = this.#words(netns, verb, object);
		if (!words.ok) return failed(words.error, index, "EOPNOTSUPP");
		const { code, err: stderr } = run(netns, words.value);
		return code === 0 ? ok(undefined) : failed(stderr, index);
	}

	#words(netns: LinuxNetns, verb: Verb, object: KernelObject): Result<readonly string[], string> {
		switch (object.kind) {
			case "ipvs-service": {
				if (verb === "delete") return ok(["-D", ...serviceWords(object.service)]);
				const option = this.#edits(netns, verb, object) ? "-E" : "-A";
				return ok([option, ...serviceWords(object.service), ...serviceOptions(object)]);
			}
			case "ipvs-destination": {
				const name = [...serviceWords(object.service), "-r", placeText(object)];
				if (verb === "delete") return ok(["-d", ...name]);
				return ok([this.#edits(netns, verb, object) ? "-e" : "-a", ...name, ...destinationOptions(object)]);
			}
			case "ipvs-timeouts":
				return ok(["--set", ...[object.tcpSeconds, object.tcpFinSeconds, object.udpSeconds].map(String)]);
			default:
				return err(`${object.kind}: made by packets only`);
		}
	}

	/** Of a `replace` the tool must be told whether the object is there. */
	#edits(netns: LinuxNetns, verb: Verb, wanted: IpvsService | IpvsDestination): boolean {
		if (verb !== "replace") return false;
		if (wanted.mustExist === true) return true;
		const listed = this.dump(netns, wanted.kind);
		const name = nameOf(wanted);
		return listed.ok && listed.value.some((object) => nameOf(object) === name);
	}
}

function nameOf(object: KernelObject): string | undefined {
	if (object.kind === "ipvs-service") return serviceWords(object.service).join(" ");
	if (object.kind !== "ipvs-destination") return undefined;
	return [...serviceWords(object.service), placeText(object)].join(" ");
}

function serviceWords(key: IpvsServiceKey): readonly string[] {
	return "fwmark" in key ? ["-f", String(key.fwmark)] : [SERVICE_OPTIONS[key.proto], placeText(key)];
}

function serviceOptions({
	scheduler = "wlc",
	persistence,
	onePacket,
	schedFlags = [],
}: IpvsService): readonly string[] {
	const { timeoutSeconds, netmask, prefixLength, engine } = persistence ?? {};
	const mask = netmask ?? (prefixLength === undefined ? undefined : String(prefixLength));
	return [
		"-s",
		scheduler,
		...(timeoutSeconds === undefined ? [] : ["-p", String(timeoutSeconds)]),
		...(mask === undefined ? [] : ["-M", mask]),
		...(engine === undefined ? [] : ["--pe", engine]),
		...(onePacket === true ? ["-o"] : []),
		...(schedFlags.length === 0 ? [] : ["-b", schedFlagNames(scheduler, schedFlags).join(",")]),
	];
}

function destinationOptions(destination: IpvsDestination): readonly string[] {
	const { forward = "droute", weight = 1, upperThreshold = 0, lowerThreshold = 0 } = destination;
	const thresholds = ["-x", String(upperThreshold), "-y", String(lowerThreshold)];
	return [FORWARD_OPTIONS[forward], "-w", String(weight), ...(upperThreshold + lowerThreshold > 0 ? thresholds : [])];
}

/** `Timeout (tcp tcpfin udp): 900 120 300`. */
function parseTimeouts(text: string): readonly IpvsTimeouts[] {
	const [, tcp, tcpFin, udp] = /: (\d+) (\d+) (\d+)/.exec(text) ?? [];
	if (tcp === undefined) return [];
	return [{ kind: "ipvs-timeouts", tcpSeconds: Number(tcp), tcpFinSeconds: Number(tcpFin), udpSeconds: Number(udp) }];
}

function run(netns: LinuxNetns, args: readonly string[], input = ""): ProgramRun {
	return runProgram(netns, [IPVSADM, ...args], input);
}

function isAbsent(stderr: string): boolean {
	return /Can't initialize ipvs|No such file or directory/.test(stderr);
}

const ERRNOS: readonly (readonly [RegExp, Errno])[] = [
	[/already exists/, "EEXIST"],
	[/No such service|Service not defined/, "ESRCH"],
	[/No such destination|Scheduler or persistence engine not found/, "ENOENT"],
	[/Can't initialize ipvs/, "EOPNOTSUPP"],
];

function failed(stderr: string, op: number, known?: Errno): { readonly ok: false; readonly error: KernelError } {
	const message = stderr.trimEnd();
	const errno = known ?? ERRNOS.find(([pattern]) => pattern.test(message))?.[1] ?? errnoIn(message) ?? "EINVAL";
	return err({ errno, op, message });
}
