/**
 * Holds `net.netfilter.nf_log_all_netns` at 1, without which LOG rules in namespaces are silent. Several processes may hold
 * it: each has a file below /run/podwire/nf-log, and the last one puts back the value that the first one found. A process
 * that was killed leaves its file behind; the next one that holds or lets go, or `cleanupNfLog`, sees that it is dead.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { lastErrno, libc } from "./libc.ts";

const SYSCTL = "/proc/sys/net/netfilter/nf_log_all_netns";
const DIRECTORY = "/run/podwire/nf-log";
const LOCK = "lock";
const WAS = "was";
const LOCK_EX = 2;
/** Of /proc/PID/stat, counted after the command's closing parenthesis. */
const START_TIME_FIELD = 19;

/** Turns the logging of namespaces on; the value lets go, once. Undefined: this machine (or right) does not let us. */
export function holdNfLog(): (() => void) | undefined {
	const mine = `${process.pid}-${startTime(process.pid) ?? ""}-${process.hrtime.bigint()}`;
	try {
		locked(() => {
			const holders = liveHolders();
			if (holders.length === 0) restore();
			const value = readFileSync(SYSCTL, "utf8").trim();
			if (value !== "1") {
				writeFileSync(`${DIRECTORY}/${WAS}`, value, { flag: "wx" });
				writeFileSync(SYSCTL, "1");
			}
			writeFileSync(`${DIRECTORY}/${mine}`, "");
		});
	} catch {
		return undefined;
	}
	const letGo = (): void => {
		process.off("exit", letGo);
		locked(() => {
			rmSync(`${DIRECTORY}/${mine}`, { force: true });
			if (liveHolders().length === 0) restore();
		});
	};
	process.on("exit", letGo);
	return letGo;
}

/** Puts the value back that a killed process left changed, unless another still needs it. True: it was put back. */
export function cleanupNfLog(): boolean {
	try {
		return locked(() => liveHolders().length === 0 && restore());
	} catch {
		return false;
	}
}

/** The holders' files, without those whose processes are gone: these are removed. */
function liveHolders(): readonly string[] {
	return readdirSync(DIRECTORY).filter((name) => {
		if (name === LOCK || name === WAS) return false;
		const [pid = "", started] = name.split("-");
		if (startTime(Number(pid)) === started) return true;
		rmSync(`${DIRECTORY}/${name}`, { force: true });
		return false;
	});
}

function restore(): boolean {
	const path = `${DIRECTORY}/${WAS}`;
	try {
		writeFileSync(SYSCTL, readFileSync(path, "utf8"));
	} catch {
		return false;
	}
	rmSync(path, { force: true });
	return true;
}

/** Runs `fn` while no other process does; the lock goes with the descriptor, however the process ends. */
function locked<T>(fn: () => T): T {
	mkdirSync(DIRECTORY, { recursive: true });
	const fd = openSync(`${DIRECTORY}/${LOCK}`, "a");
	try {
		if (libc.flock(fd, LOCK_EX) !== 0) throw new Error(`flock: ${lastErrno()}`);
		return fn();
	} finally {
		closeSync(fd);
	}
}

/** In clock ticks after boot: with the pid it names a process for good. Undefined: there is none. */
function startTime(pid: number): string | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME_FIELD];
	} catch {
		return undefined;
	}
}
