import { E as parseIp, O as err, _ as ip, k as ok, m as familyOf, v as ipNum, y as ipText } from "./ip-range-CtI0Rk9m.js";
import { C as icmpId, D as icmpType, E as icmpSeq, K as ipv4HeaderLength, O as putIcmp, a as parseRules, c as TABLE_NAMES, et as ipv4Ttl, gt as foldChecksum, i as parseIptablesSave, k as ETH_P_8021Q, n as formatIptablesSave, o as BUILTIN_CHAINS, r as formatRule, s as HOOK_NAMES, t as Heap, vt as sumBytes, x as icmpChecksumIsValid } from "./heap-DWm45tM3.js";
import { C as errorText, S as errnoName, T as libc, _ as runProgram, a as readSysctl, b as SOCK_NONBLOCK, c as closeNetns, d as messagesOf, f as MessageWriter, g as errnoIn, h as ipSetDriver, i as familyNumber, l as createNetns, m as kernelError, n as addrBytes, o as sysctlPath, p as NLM_F_CREATE, r as addrText, s as writeSysctl, t as LinuxKernel, u as NetlinkSocket, v as NativeMemory, w as lastErrno, x as closeLater, y as SOCK_CLOEXEC } from "./linux-kernel-DT3dStos.js";
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
// src/linux/nf-log-hold.ts
/**
* Holds `net.netfilter.nf_log_all_netns` at 1, without which LOG rules in namespaces are silent. Several processes may hold
* it: each has a file below /run/podwire/nf-log, and the last one puts back the value that the first one found. A process
* that was killed leaves its file behind; the next one that holds or lets go, or `cleanupNfLog`, sees that it is dead.
*/
const SYSCTL = "/proc/sys/net/netfilter/nf_log_all_netns";
const DIRECTORY = "/run/podwire/nf-log";
const LOCK = "lock";
const WAS = "was";
const LOCK_EX = 2;
/** Of /proc/PID/stat, counted after the command's closing parenthesis. */
const START_TIME_FIELD = 19;
/** Turns the logging of namespaces on; the value lets go, once. Undefined: this machine (or right) does not let us. */
function holdNfLog() {
	const mine = `${process.pid}-${startTime(process.pid) ?? ""}-${process.hrtime.bigint()}`;
	try {
		locked(() => {
			if (liveHolders().length === 0) restore();
			const value = readFileSync(SYSCTL, "utf8").trim();
			if (value !== "1") {
				writeFileSync(`${DIRECTORY}/${WAS}`, value, { flag: "wx" });
				writeFileSync(SYSCTL, "1");
			}
			writeFileSync(`${DIRECTORY}/${mine}`, "");
		});
	} catch {
		return;
	}
	const letGo = () => {
		process.off("exit", letGo);
		locked(() => {
			rmSync(`${DIRECTORY}/${mine}`, { force: true });
			if (liveHolders().length === 0) restore();
		});
	};
	process.on("exit", letGo);
	return letGo;
}
/** The holders' files, without those whose processes are gone: these are removed. */
function liveHolders() {
	return readdirSync(DIRECTORY).filter((name) => {
		if (name === LOCK || name === WAS) return false;
		const [pid = "", started] = name.split("-");
		if (startTime(Number(pid)) === started) return true;
		rmSync(`${DIRECTORY}/${name}`, { force: true });
		return false;
	});
}
function restore() {
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
function locked(fn) {
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
function startTime(pid) {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME_FIELD];
	} catch {
		return;
	}
}
// src/linux/kernel-log.ts
/**
* The kernel's log from now on (/dev/kmsg), for the lines of LOG rules. It is one for the whole machine and does not say
* which namespace a line is from; a tag in front of each LOG prefix tells the lines of one user of it from the others'.
*/
const KMSG = "/dev/kmsg";
const SEEK_END = 2;
/** Longer than any record. */
const RECORD_BYTES = 8192;
const LEVEL_MASK = 7;
var KernelLog = class {
	/** Why LOG rules of namespaces will write nothing, or nothing can be read; undefined: all is well. */
	problem;
	#tag;
	#fd;
	#letGo;
	#lines = [];
	#buffer = new Uint8Array(RECORD_BYTES);
	#lastSeq;
	#lost = 0;
	#closed = false;
	constructor(options = {}) {
		this.#tag = options.tag ?? "";
		this.#letGo = holdNfLog();
		this.#fd = openAtEnd();
		if (this.#fd === void 0) this.problem = `cannot read ${KMSG}`;
		else if (this.#letGo === void 0) this.problem = "cannot set net.netfilter.nf_log_all_netns=1";
	}
	/** All lines since the log was opened, oldest first, with the space that LOG ends them in. `netns` is empty: unknown. */
	lines() {
		while (!this.#closed && this.#readRecord());
		return this.#lines;
	}
	/** How many records, anybody's, were overwritten before they were read. */
	get lost() {
		return this.#lost;
	}
	/** What was read stays; the sysctl is put back unless another process needs it. */
	close() {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#fd !== void 0) closeSync(this.#fd);
		this.#letGo?.();
	}
	/** False: there is none. */
	#readRecord() {
		if (this.#fd === void 0) return false;
		let length;
		try {
			length = readSync(this.#fd, this.#buffer);
		} catch (error) {
			return errnoOf$1(error) === "EPIPE";
		}
		this.#take(Buffer.from(this.#buffer.buffer, 0, length).toString("latin1"));
		return true;
	}
	/** `6,3107,2068521155,-;text`, then lines that begin with a space (Documentation/ABI/testing/dev-kmsg). */
	#take(record) {
		const match = /^(\d+),(\d+),(\d+),[^;]*;([^\n]*)/.exec(record);
		if (match === null) return;
		const [, priority = "", seq = "", micros = "", escaped = ""] = match;
		if (this.#lastSeq !== void 0) this.#lost += Number(seq) - this.#lastSeq - 1;
		this.#lastSeq = Number(seq);
		if (Number(priority) > LEVEL_MASK) return;
		const text = unescaped(escaped);
		if (!text.startsWith(this.#tag)) return;
		const level = Number(priority) & LEVEL_MASK;
		this.#lines.push({
			at: Number(micros) * 1e3,
			netns: "",
			level,
			text: text.slice(this.#tag.length)
		});
	}
};
function openAtEnd() {
	let fd;
	try {
		fd = openSync(KMSG, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch {
		return;
	}
	if (libc.lseek(fd, 0, SEEK_END) >= 0) return fd;
	closeSync(fd);
	throw new Error(`lseek ${KMSG}: ${lastErrno()}`);
}
/** `\x22` is a byte. */
function unescaped(text) {
	const bytes = text.replace(/\\x([0-9a-f]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
	return Buffer.from(bytes, "latin1").toString("utf8");
}
function errnoOf$1(error) {
	return error instanceof Error && "code" in error ? String(error.code) : void 0;
}
const SO_ERROR = 4;
const SOCKADDR_IN_BYTES = 16;
/** Sets an option that is an int; false: refused, and errno says why. */
function setIntOption(fd, level, name, value) {
	INT_VIEW.setInt32(0, value, true);
	return libc.setsockopt(fd, level, name, INT, INT.length) === 0;
}
/** The first bytes of an option's value, as many as `value` holds; false: refused. */
function getOption(fd, option, value) {
	const length = new Uint32Array([value.length]);
	return libc.getsockopt(fd, option.level, option.name, value, length) === 0;
}
/** Takes the pending error off a socket; undefined: there is none. */
function takeSocketError(fd) {
	const value = /* @__PURE__ */ new Uint8Array(4);
	getOption(fd, {
		level: 1,
		name: SO_ERROR
	}, value);
	const errno = new DataView(value.buffer).getInt32(0, true);
	return errno === 0 ? void 0 : errnoName(errno);
}
/** `struct sockaddr_in` of an IPv4 end. */
function sockaddrIn(addr, port) {
	const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
	const view = new DataView(bytes.buffer);
	view.setUint16(0, 2, true);
	view.setUint16(2, port);
	view.setUint32(4, addr);
	return bytes;
}
/** The same from an end of the port; undefined: not IPv4. */
function sockaddrOf(end) {
	const addr = ipNum(end.addr);
	return typeof addr === "number" ? sockaddrIn(addr, end.port) : void 0;
}
/** The end in a `struct sockaddr_in` at `at`. */
function endAt(view, at) {
	return {
		addr: ipText(view.getUint32(at + 4)),
		port: view.getUint16(at + 2)
	};
}
/** Where a socket is bound; 0.0.0.0:0: nowhere. */
function localEnd(fd) {
	const bytes = new Uint8Array(SOCKADDR_IN_BYTES);
	const length = new Uint32Array([bytes.length]);
	libc.getsockname(fd, bytes, length);
	return endAt(new DataView(bytes.buffer), 0);
}
const INT = /* @__PURE__ */ new Uint8Array(4);
const INT_VIEW = new DataView(INT.buffer);
const MSG_DONTWAIT$4 = 64;
const BATCH$1 = 32;
/** Longer than any frame: 64 KiB of an offloading device, its headers, and the virtio header. */
const FRAME_BYTES = 69632;
const NAME_BYTES = 32;
const CONTROL_BYTES$1 = 128;
const HEADER_BYTES = 64;
const IOV_BYTES = 16;
const VLAN_BYTES = 4;
const MACS_BYTES = 12;
/** Within `struct mmsghdr`. */
const MSG_NAMELEN = 8;
const MSG_IOV = 16;
const MSG_IOVLEN = 24;
const MSG_CONTROL = 32;
const MSG_CONTROLLEN = 40;
const MSG_LEN = 56;
const CMSG_BYTES$1 = 16;
const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
const TP_STATUS_VLAN_VALID = 16;
const TP_STATUS_VLAN_TPID_VALID = 64;
const PKT_TYPES = [
	"host",
	"broadcast",
	"multicast",
	"otherhost",
	"outgoing"
];
var PacketReader = class {
	#memory = new NativeMemory(BATCH$1 * 69872);
	#names = 2560;
	#controls = this.#names + 1024;
	#frames = this.#controls + 4096;
	/** Frames that sockets had no room for, by descriptor, as the kernel last counted them. */
	#lost = /* @__PURE__ */ new Map();
	constructor() {
		const { view, address } = this.#memory;
		const at = (offset) => address + BigInt(offset);
		for (let k = 0; k < BATCH$1; k += 1) {
			const header = k * HEADER_BYTES;
			const iov = 2048 + k * IOV_BYTES;
			view.setBigUint64(header, at(this.#names + k * NAME_BYTES), true);
			view.setBigUint64(header + MSG_IOV, at(iov), true);
			view.setBigUint64(header + MSG_IOVLEN, 1n, true);
			view.setBigUint64(header + MSG_CONTROL, at(this.#controls + k * CONTROL_BYTES$1), true);
			view.setBigUint64(iov, at(this.#frames + k * FRAME_BYTES), true);
			view.setBigUint64(iov + 8, BigInt(FRAME_BYTES), true);
			this.#prepare(k);
		}
	}
	/** Hands over every frame that waits at a socket, oldest first. */
	read(fd, onFrame) {
		for (;;) {
			const count = libc.recvmmsg(fd, this.#memory.address, BATCH$1, MSG_DONTWAIT$4, null);
			if (count < 0) {
				const errno = lastErrno();
				if (errno === "EAGAIN") return;
				if (errno === "ENETDOWN" || errno === "EINVAL" || errno === "EINTR") continue;
				throw new Error(`recvmmsg of a packet socket: ${errno}`);
			}
			for (let k = 0; k < count; k += 1) {
				const frame = this.#frame(fd, k);
				this.#prepare(k);
				if (frame !== void 0) onFrame(frame);
			}
			if (count < BATCH$1) return;
		}
	}
	/** How many frames this socket lost because nobody read them in time. */
	lost(fd) {
		return this.#lost.get(fd) ?? 0;
	}
	/** Forgets a socket that is closed. */
	forget(fd) {
		this.#lost.delete(fd);
	}
	/** The kernel wrote how much it used over how much there is. */
	#prepare(k) {
		const { view } = this.#memory;
		view.setUint32(k * HEADER_BYTES + MSG_NAMELEN, NAME_BYTES, true);
		view.setUint32(k * HEADER_BYTES + MSG_CONTROLLEN, CONTROL_BYTES$1, true);
	}
	#frame(fd, k) {
		const { bytes, view } = this.#memory;
		const length = view.getUint32(k * HEADER_BYTES + MSG_LEN, true) - 10;
		if (length < 0) return void 0;
		const vnet = this.#frames + k * FRAME_BYTES;
		const start = vnet + 10;
		const end = start + length;
		if (((bytes[vnet] ?? 0) & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) {
			const from = start + view.getUint16(vnet + 6, true);
			completeChecksum(this.#memory, {
				from,
				check: from + view.getUint16(vnet + 8, true),
				end
			});
		}
		const name = this.#names + k * NAME_BYTES;
		const notes = this.#notes(fd, k);
		const frame = bytes.slice(start, end);
		return {
			seconds: notes.seconds,
			nanoseconds: notes.nanoseconds,
			ifindex: view.getInt32(name + 4, true),
			pktType: PKT_TYPES[bytes[name + 10] ?? 0] ?? "otherhost",
			bytes: notes.vlan === void 0 ? frame : tagged(frame, notes.vlan)
		};
	}
	/** What the control messages say. */
	#notes(fd, k) {
		const { view } = this.#memory;
		let at = this.#controls + k * CONTROL_BYTES$1;
		const end = at + view.getUint32(k * HEADER_BYTES + MSG_CONTROLLEN, true);
		let seconds = 0;
		let nanoseconds = 0;
		let vlan;
		while (at + CMSG_BYTES$1 <= end) {
			const length = view.getUint32(at, true);
			if (length < CMSG_BYTES$1) break;
			const level = view.getInt32(at + 8, true);
			const type = view.getInt32(at + 12, true);
			const value = at + CMSG_BYTES$1;
			if (level === 1 && type === 35) {
				seconds = view.getUint32(value, true) + view.getUint32(value + 4, true) * 4294967296;
				nanoseconds = view.getUint32(value + 8, true);
			} else if (level === 1 && type === 40) this.#lost.set(fd, view.getUint32(value, true));
			else if (level === 263 && type === 8) vlan = vlanTag(view, value);
			at += length + 7 & -8;
		}
		return {
			seconds,
			nanoseconds,
			vlan
		};
	}
};
/** From `struct tpacket_auxdata`. */
function vlanTag(view, at) {
	const status = view.getUint32(at, true);
	if ((status & TP_STATUS_VLAN_VALID) === 0) return void 0;
	return {
		tpid: (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? ETH_P_8021Q : view.getUint16(at + 18, true),
		tci: view.getUint16(at + 16, true)
	};
}
/** `skb_checksum_help`: the field holds the pseudo-header's sum. */
function completeChecksum(memory, at) {
	if (at.check + 2 > at.end) return;
	const sum = foldChecksum(sumBytes(memory.bytes, at.from, at.end));
	memory.view.setUint16(at.check, sum === 0 ? 65535 : sum);
}
function tagged(frame, vlan) {
	const whole = new Uint8Array(frame.length + VLAN_BYTES);
	whole.set(frame.subarray(0, MACS_BYTES));
	const view = new DataView(whole.buffer);
	view.setUint16(MACS_BYTES, vlan.tpid);
	view.setUint16(14, vlan.tci);
	whole.set(frame.subarray(MACS_BYTES), 16);
	return whole;
}
// src/linux/packet-fd.ts
/** AF_PACKET descriptors: opened as `PacketReader` wants them, shut by a filter while nobody needs them. */
const PACKET_VNET_HDR = 15;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_RCVBUFFORCE$3 = 33;
/** Of the kernel's memory: some ten thousand small frames. */
const RECEIVE_BUFFER_BYTES$2 = 16 << 20;
/**
* Opens a socket that `PacketReader` can read, in the namespace the thread is in, for `etherType` on the device with that
* index (0: all). The error is the errno's name.
*/
function openPacketFd(etherType, ifindex) {
	const fd = libc.socket(17, 3 | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) return lastErrno();
	setIntOption(fd, 1, SO_RCVBUFFORCE$3, RECEIVE_BUFFER_BYTES$2);
	setIntOption(fd, 1, 35, 1);
	setIntOption(fd, 1, 40, 1);
	setIntOption(fd, 263, 8, 1);
	setIntOption(fd, 263, PACKET_VNET_HDR, 1);
	const addr = /* @__PURE__ */ new Uint8Array(20);
	const view = new DataView(addr.buffer);
	view.setUint16(0, 17, true);
	view.setUint16(2, etherType);
	view.setInt32(4, ifindex, true);
	if (libc.bind(fd, addr, addr.length) === 0) return fd;
	const errno = lastErrno();
	libc.close(fd);
	return errno;
}
/** Lets no frame into the socket's queue any more. */
function refuseAll(fd) {
	const fprog = /* @__PURE__ */ new Uint8Array(16);
	const view = new DataView(fprog.buffer);
	view.setUint16(0, 1, true);
	view.setBigUint64(8, RETURN_0.address, true);
	libc.setsockopt(fd, 1, SO_ATTACH_FILTER, fprog, fprog.length);
}
/** Takes the filter off. */
function acceptAll(fd) {
	setIntOption(fd, 1, SO_DETACH_FILTER, 0);
}
/** A filter of one instruction: BPF_RET | BPF_K, 0. */
const RETURN_0 = new NativeMemory(8);
RETURN_0.view.setBigUint64(0, 6n, true);
const EPOLL_CLOEXEC = 524288;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
/** `struct epoll_event` is packed on x86 only. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const TOKEN_AT = EVENT_BYTES - 8;
const BATCH = 256;
/** How long `run` may block Node's own event loop. */
const BLOCK_NS = 1e6;
/** How long `run` may keep Node's event loop from its turn while there is work. */
const BUSY_NS = 5e6;
/** Of the timer that goes on outside `run`: while something happens, and after a while without anything. */
const TICK_MS = 1;
const IDLE_TICK_MS = 8;
const IDLE_AFTER_TICKS = 200;
var Poller = class {
	/** CLOCK_MONOTONIC. */
	clock = {
		now: monotonicNs,
		after: (delayNs, fn) => this.#after(delayNs, fn)
	};
	#epoll;
	#watches = /* @__PURE__ */ new Map();
	#timers = new Heap((a, b) => a.dueNs < b.dueNs || a.dueNs === b.dueNs && a.seq < b.seq);
	#events = new Uint8Array(EVENT_BYTES * BATCH);
	#eventsView = new DataView(this.#events.buffer);
	#readyTokens = /* @__PURE__ */ new Set();
	#posted = [];
	#earlyStages = [];
	#nextToken = 1;
	#nextSeq = 0;
	#draining = false;
	#running = 0;
	#ticker;
	#idleTicks = 0;
	#keepers = 0;
	constructor() {
		this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
		if (this.#epoll < 0) throw new Error(`epoll_create1: ${lastErrno()}`);
	}
	/** Watches a descriptor until the returned function is called, which must be before it is closed. */
	watch(fd, events, onReady) {
		const token = this.watchEarly(fd, events, onReady);
		return () => this.unwatch(token);
	}
	/** As `watch`; the result names the descriptor in the set that early stages are given. `onReady` may be absent. */
	watchEarly(fd, events, onReady = () => void 0) {
		const token = this.#nextToken++;
		const event = new Uint8Array(EVENT_BYTES);
		const view = new DataView(event.buffer);
		view.setUint32(0, events, true);
		view.setUint32(TOKEN_AT, token, true);
		if (libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, event) !== 0) throw new Error(`epoll_ctl: ${lastErrno()}`);
		this.#watches.set(token, {
			fd,
			onReady
		});
		this.#schedule();
		return token;
	}
	unwatch(token) {
		const watch = this.#watches.get(token);
		if (watch === void 0) return;
		this.#watches.delete(token);
		libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, watch.fd, NO_EVENT);
	}
	/** Calls `fn` in this drain or the next, never at once. */
	post(fn) {
		this.#posted.push(fn);
		this.#schedule();
	}
	/** Adds a stage of its own to each pass, until the returned function is called. */
	addEarlyStage(stage) {
		this.#earlyStages = [...this.#earlyStages, stage];
		return () => {
			this.#earlyStages = this.#earlyStages.filter((other) => other !== stage);
		};
	}
	/** Does everything that is ready and due now, and what follows from it; whether there was anything. */
	drain() {
		if (this.#draining) return false;
		let any = false;
		while (this.#pass(0)) any = true;
		return any;
	}
	/** Lets things happen until `done()` or, at the latest, until `timeoutNs` from now. Resolves to whether `done()` held. */
	async run(done, timeoutNs) {
		const untilNs = monotonicNs() + timeoutNs;
		this.#running += 1;
		try {
			let turnNs = monotonicNs();
			while (!done()) {
				if (this.#pass(0)) {
					if (monotonicNs() - turnNs < BUSY_NS) continue;
				} else {
					await Promise.resolve();
					if (done() || this.#pass(0)) continue;
				}
				const leftNs = untilNs - monotonicNs();
				if (leftNs <= 0) break;
				await nodeTurn();
				turnNs = monotonicNs();
				if (!done()) this.#pass(blockMs(Math.min(leftNs, this.#nextTimerNs() - turnNs)));
			}
			return done();
		} finally {
			this.#running -= 1;
			this.#schedule();
		}
	}
	/** Keeps the process alive and its programs going although nothing calls `run`, until the returned function is called. */
	keepRunning() {
		this.#keepers += 1;
		this.#schedule();
		this.#ticker?.ref();
		let kept = true;
		return () => {
			if (!kept) return;
			kept = false;
			this.#keepers -= 1;
			if (this.#keepers === 0) this.#ticker?.unref();
		};
	}
	/** Forgets all descriptors and timers; closing the descriptors is their owners' matter. */
	close() {
		clearTimeout(this.#ticker);
		this.#ticker = void 0;
		this.#watches.clear();
		while (this.#timers.pop() !== void 0);
		this.#posted = [];
		libc.close(this.#epoll);
	}
	#after(delayNs, fn) {
		const entry = {
			dueNs: monotonicNs() + Math.max(0, delayNs),
			seq: this.#nextSeq++,
			fn
		};
		this.#timers.push(entry);
		this.#schedule();
		return () => {
			entry.fn = void 0;
		};
	}
	/** One look at everything, waiting up to `timeoutMs` for a descriptor. */
	#pass(timeoutMs) {
		if (this.#draining) return false;
		this.#draining = true;
		try {
			const startedNs = this.#earlyStages.length > 0 ? monotonicNs() : 0;
			const count = libc.epoll_wait(this.#epoll, this.#events, BATCH, this.#posted.length > 0 ? 0 : timeoutMs);
			let any = this.#runEarly(count, startedNs);
			for (let k = 0; k < count; k += 1) {
				const at = k * EVENT_BYTES;
				const watch = this.#watches.get(this.#eventsView.getUint32(at + TOKEN_AT, true));
				if (watch === void 0) continue;
				any = true;
				watch.onReady(this.#eventsView.getUint32(at, true));
			}
			if (this.#runPosted()) any = true;
			if (this.#runTimers()) any = true;
			return any;
		} finally {
			this.#draining = false;
		}
	}
	#runEarly(count, startedNs) {
		if (this.#earlyStages.length === 0) return false;
		this.#readyTokens.clear();
		for (let k = 0; k < count; k += 1) this.#readyTokens.add(this.#eventsView.getUint32(k * EVENT_BYTES + TOKEN_AT, true));
		let any = false;
		for (const stage of this.#earlyStages) if (stage(this.#readyTokens, startedNs)) any = true;
		return any;
	}
	#runPosted() {
		if (this.#posted.length === 0) return false;
		const posted = this.#posted;
		this.#posted = [];
		for (const fn of posted) fn();
		return true;
	}
	#runTimers() {
		if (this.#timers.size === 0) return false;
		const nowNs = monotonicNs();
		let any = false;
		for (let next = this.#timers.peek(); next !== void 0 && next.dueNs <= nowNs; next = this.#timers.peek()) {
			this.#timers.pop();
			if (next.fn === void 0) continue;
			any = true;
			next.fn();
		}
		return any;
	}
	#nextTimerNs() {
		for (let next = this.#timers.peek(); next !== void 0; next = this.#timers.peek()) {
			if (next.fn !== void 0) return next.dueNs;
			this.#timers.pop();
		}
		return Number.POSITIVE_INFINITY;
	}
	/** Sees to it that somebody looks again although nothing calls `run`. */
	#schedule() {
		this.#idleTicks = 0;
		if (this.#ticker === void 0) this.#tickLater(TICK_MS);
	}
	#tickLater(delayMs) {
		if (this.#watches.size === 0 && this.#timers.size === 0 && this.#posted.length === 0 && this.#keepers === 0) {
			this.#ticker = void 0;
			return;
		}
		this.#ticker = setTimeout(() => this.#tick(), delayMs);
		if (this.#keepers === 0) this.#ticker.unref();
	}
	#tick() {
		try {
			if (this.#running > 0 || this.drain()) this.#idleTicks = 0;
			else this.#idleTicks += 1;
		} finally {
			this.#tickLater(this.#idleTicks < IDLE_AFTER_TICKS ? TICK_MS : IDLE_TICK_MS);
		}
	}
};
function monotonicNs() {
	return Number(process.hrtime.bigint());
}
/** Whole milliseconds, rounded down: a wait shorter than that is spent in Node's own event loop. */
function blockMs(waitNs) {
	return waitNs >= BLOCK_NS ? 1 : 0;
}
function nodeTurn() {
	return new Promise((resolve) => {
		setImmediate(resolve);
	});
}
const NO_EVENT = new Uint8Array(EVENT_BYTES);
// src/linux/real-time.ts
/** The kernel stamps packets by the wall clock (CLOCK_REALTIME); the port's times are CLOCK_MONOTONIC. */
const CLOCK_REALTIME = 0;
/** How far the two clocks' distance may seem to move before it is believed. */
const STEP_NS = 1e5;
/** The kernel turns time stamps on from a work queue, after the call that asks for them. */
const STAMPS_ON_MS = 2;
var RealTime = class {
	/** At this second of the wall clock the monotonic clock showed `#originNs`. */
	#second = 0;
	#originNs = 0;
	constructor() {
		this.refresh();
	}
	/** Nanoseconds of the monotonic clock. */
	monotonicNs(seconds, nanoseconds) {
		return this.#originNs + (seconds - this.#second) * 1e9 + nanoseconds;
	}
	/** Follows the wall clock when it was set. */
	refresh() {
		libc.clock_gettime(CLOCK_REALTIME, TIMESPEC);
		const nowNs = Number(process.hrtime.bigint());
		const seconds = Number(VIEW.getBigInt64(0, true));
		const nanoseconds = Number(VIEW.getBigInt64(8, true));
		if (Math.abs(this.monotonicNs(seconds, nanoseconds) - nowNs) < STEP_NS) return;
		this.#second = seconds;
		this.#originNs = nowNs - nanoseconds;
	}
	/** Waits until the first socket that asked for time stamps gets them: frames before that are stamped when read. */
	awaitStamps() {
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STAMPS_ON_MS);
	}
};
const TIMESPEC = /* @__PURE__ */ new Uint8Array(16);
const VIEW = new DataView(TIMESPEC.buffer);
// src/linux/capture.ts
/**
* Captures: one ETH_P_ALL socket per namespace serves all of them, those of one device too. It stays open when the last
* listener goes (closing one waits for 10 to 20 ms of RCU grace periods); a filter then refuses every frame.
* `closeCaptures` ends it, which the namespace needs to end.
*
* Frames of several namespaces are put in order by the kernel's time stamps; within one namespace the socket's order holds.
* A pass keeps back what was captured after it began, because an earlier frame of another socket may not have been read.
*/
/**
* Starts a capture; the value ends it. On one device it is made promiscuous, unless refused, so a bridge also shows what it
* only forwards; a capture on all devices never is. ENODEV: there is no such device.
*/
function startCapture(netns, options, listener, poller) {
	return capturesOf(poller).start(netns, options, listener);
}
/** Ends all captures of a namespace and closes their socket, in the background. */
function closeCaptures(netns, poller) {
	capturesOf(poller).close(netns);
}
/** How many frames the captures of a namespace lost because they were not read in time; 0 is what one wants to see. */
function lostFrames(netns, poller) {
	return capturesOf(poller).lost(netns);
}
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_DROP_MEMBERSHIP = 2;
const PACKET_MR_PROMISC = 1;
const SIOCGIFNAME = 35088;
const SIOCGIFINDEX = 35123;
const IFREQ_BYTES$1 = 40;
const LOOPBACK_IFINDEX = 1;
const IFNAMSIZ$1 = 16;
/** A frame this much older than the look at its socket may still have been on its way into another socket's queue. */
const SLACK_NS = 2e4;
var Captures = class {
	#poller;
	#reader = new PacketReader();
	#time = new RealTime();
	#taps = /* @__PURE__ */ new Map();
	#byToken = /* @__PURE__ */ new Map();
	/** Read in the last pass and not yet handed over. */
	#held = [];
	constructor(poller) {
		this.#poller = poller;
		poller.addEarlyStage((ready, startedNs) => this.#deliver(ready, startedNs));
	}
	start(netns, options, deliver) {
		const tap = this.#tap(netns);
		if (typeof tap === "string") return err({
			errno: "EPERM",
			op: -1,
			message: `capture in ${netns.name}: ${tap}`
		});
		const ifindex = options.dev === void 0 ? void 0 : ifindexOf(tap.fd, options.dev);
		if (ifindex === 0) return err({
			errno: "ENODEV",
			op: -1,
			message: `${options.dev}: No such device exists`
		});
		const promisc = ifindex !== void 0 && options.promisc !== false ? ifindex : void 0;
		if (promisc !== void 0) setPromisc(tap.fd, PACKET_ADD_MEMBERSHIP, promisc);
		const listener = {
			ifindex,
			deliver,
			stopped: false
		};
		this.#held.push(...this.#read(tap));
		if (tap.listeners.length === 0) acceptAll(tap.fd);
		tap.listeners = [...tap.listeners, listener];
		return ok(() => {
			if (listener.stopped) return;
			listener.stopped = true;
			if (this.#taps.get(netns) !== tap) return;
			if (promisc !== void 0) setPromisc(tap.fd, PACKET_DROP_MEMBERSHIP, promisc);
			this.#held.push(...this.#read(tap));
			tap.listeners = tap.listeners.filter((other) => other !== listener);
			if (tap.listeners.length === 0) refuseAll(tap.fd);
		});
	}
	lost(netns) {
		const tap = this.#taps.get(netns);
		return tap === void 0 ? 0 : this.#reader.lost(tap.fd);
	}
	close(netns) {
		const tap = this.#taps.get(netns);
		if (tap === void 0) return;
		this.#taps.delete(netns);
		this.#byToken.delete(tap.token);
		this.#poller.unwatch(tap.token);
		for (const listener of tap.listeners) listener.stopped = true;
		this.#reader.forget(tap.fd);
		closeLater(tap.fd);
	}
	#tap(netns) {
		const found = this.#taps.get(netns);
		if (found !== void 0) return found;
		const fd = netns.run(() => openPacketFd(3, 0));
		if (typeof fd === "string") return fd;
		refuseAll(fd);
		const token = this.#poller.watchEarly(fd, 1);
		const tap = {
			netns,
			fd,
			token,
			names: /* @__PURE__ */ new Map(),
			listeners: [],
			lastNs: 0
		};
		if (this.#taps.size === 0) this.#time.awaitStamps();
		this.#taps.set(netns, tap);
		this.#byToken.set(token, tap);
		return tap;
	}
	/** A stage of the poller. */
	#deliver(ready, startedNs) {
		const due = this.#held;
		if (ready.size === 0 && due.length === 0) return false;
		this.#held = [];
		const untilNs = startedNs - SLACK_NS;
		let fresh = false;
		for (const token of ready) {
			const tap = this.#byToken.get(token);
			if (tap === void 0) continue;
			if (!fresh) this.#time.refresh();
			fresh = true;
			for (const waiting of this.#read(tap)) (waiting.frame.at < untilNs ? due : this.#held).push(waiting);
		}
		if (due.length > 1) due.sort((a, b) => a.frame.at - b.frame.at);
		for (const { frame, listeners } of due) for (const { stopped, ifindex, deliver } of listeners) if (!stopped && (ifindex === void 0 || ifindex === frame.ifindex)) deliver(frame);
		return due.length > 0 || this.#held.length > 0;
	}
	#read(tap) {
		const { listeners } = tap;
		const found = [];
		const named = /* @__PURE__ */ new Set();
		this.#reader.read(tap.fd, (raw) => {
			if (listeners.length === 0) return;
			if (raw.ifindex === LOOPBACK_IFINDEX && raw.pktType === "outgoing") return;
			if (!named.has(raw.ifindex)) {
				named.add(raw.ifindex);
				refreshName(tap, raw.ifindex);
			}
			tap.lastNs = Math.max(tap.lastNs, this.#time.monotonicNs(raw.seconds, raw.nanoseconds));
			found.push({
				frame: captured(tap, raw),
				listeners
			});
		});
		return found;
	}
};
function captured(tap, raw) {
	return {
		at: tap.lastNs,
		netns: tap.netns.name,
		dev: tap.names.get(raw.ifindex) ?? `if${raw.ifindex}`,
		ifindex: raw.ifindex,
		direction: raw.pktType === "outgoing" ? "out" : "in",
		pktType: raw.pktType,
		frame: raw.bytes
	};
}
const captures = /* @__PURE__ */ new WeakMap();
function capturesOf(poller) {
	const found = captures.get(poller);
	if (found !== void 0) return found;
	const made = new Captures(poller);
	captures.set(poller, made);
	return made;
}
/** A device may have been renamed since; one that is gone keeps the name it had. */
function refreshName(tap, ifindex) {
	const request = new Uint8Array(IFREQ_BYTES$1);
	new DataView(request.buffer).setInt32(IFNAMSIZ$1, ifindex, true);
	if (libc.ioctl(tap.fd, SIOCGIFNAME, request) !== 0) return;
	const end = request.indexOf(0);
	tap.names.set(ifindex, Buffer.from(request.buffer, 0, Math.min(end, IFNAMSIZ$1)).toString("latin1"));
}
/** 0: there is none. */
function ifindexOf(fd, dev) {
	const name = Buffer.from(dev, "latin1");
	if (name.length >= IFNAMSIZ$1) return 0;
	const request = new Uint8Array(IFREQ_BYTES$1);
	request.set(name);
	if (libc.ioctl(fd, SIOCGIFINDEX, request) !== 0) return 0;
	return new DataView(request.buffer).getInt32(IFNAMSIZ$1, true);
}
/** The kernel counts; a device that is gone took its count with it. */
function setPromisc(fd, option, ifindex) {
	const membership = /* @__PURE__ */ new Uint8Array(16);
	const view = new DataView(membership.buffer);
	view.setInt32(0, ifindex, true);
	view.setUint16(4, PACKET_MR_PROMISC, true);
	libc.setsockopt(fd, 263, option, membership, membership.length);
}
// src/linux/nfnetlink.ts
/** A message's type: which subsystem, which of its commands. */
function nfnlType(subsystem, command) {
	return subsystem << 8 | command;
}
/** struct nfgenmsg: the family, version 0, resource 0. */
function nfgenmsg(to, family) {
	to.u8(family, 0, 0, 0);
}
function attrBe32(to, type, value) {
	to.attr(type, (inner) => inner.u8(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255));
}
/** Exact up to 2^53. */
function attrBe64(to, type, value) {
	const bytes = /* @__PURE__ */ new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt(value), false);
	to.attrBytes(type, bytes);
}
function be32(attrs, type) {
	const bytes = attrs?.bytes(type);
	return bytes?.length === 4 ? dataView(bytes).getUint32(0, false) : void 0;
}
/** Exact up to 2^53. */
function be64(attrs, type) {
	const bytes = attrs.bytes(type);
	return bytes?.length === 8 ? Number(dataView(bytes).getBigUint64(0, false)) : void 0;
}
function dataView(bytes) {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
// src/linux/conntrack-message.ts
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_STATUS = 3;
const CTA_PROTOINFO = 4;
const CTA_NAT_SRC = 6;
const CTA_TIMEOUT = 7;
const CTA_MARK = 8;
const CTA_NAT_DST = 13;
const CTA_ZONE = 18;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_TUPLE_ZONE = 3;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_SRC = 3;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
const CTA_PROTO_ICMP_ID = 4;
const CTA_PROTO_ICMP_TYPE = 5;
const CTA_PROTO_ICMP_CODE = 6;
const CTA_PROTO_ICMPV6_ID = 7;
const CTA_PROTO_ICMPV6_TYPE = 8;
const CTA_PROTO_ICMPV6_CODE = 9;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_STATE = 1;
const CTA_NAT_V4_MINIP = 1;
const CTA_NAT_V6_MINIP = 4;
const CTA_NAT_PROTO = 3;
const CTA_PROTONAT_PORT_MIN = 1;
const CTA_PROTONAT_PORT_MAX = 2;
const IPS_SEEN_REPLY = 2;
const IPS_ASSURED = 4;
const IPS_CONFIRMED = 8;
const IPS_SRC_NAT = 16;
const IPS_DST_NAT = 32;
const IPPROTO_GRE = 47;
const IPPROTO_ICMPV6 = 58;
/** enum tcp_conntrack. */
const TCP_CT_STATES = [
	"NONE",
	"SYN_SENT",
	"SYN_RECV",
	"ESTABLISHED",
	"FIN_WAIT",
	"CLOSE_WAIT",
	"LAST_ACK",
	"TIME_WAIT",
	"CLOSE",
	"SYN_SENT2"
];
/** The entry that a message is about; undefined for one of a family that the port does not know. */
function readConntrack(message) {
	const attrs = message.attrs(4);
	const original = readTuple(attrs.nested(CTA_TUPLE_ORIG));
	const reply = readTuple(attrs.nested(CTA_TUPLE_REPLY));
	if (original === void 0 || reply === void 0) return void 0;
	const status = be32(attrs, CTA_STATUS) ?? 0;
	const tcp = attrs.nested(CTA_PROTOINFO)?.nested(CTA_PROTOINFO_TCP)?.u8(CTA_PROTOINFO_TCP_STATE);
	const tcpState = tcp === void 0 ? void 0 : TCP_CT_STATES[tcp];
	const zone = readZone(attrs);
	return {
		kind: "conntrack",
		family: message.u8(0) === 10 ? "ipv6" : "ipv4",
		proto: original.proto,
		original,
		reply,
		timeoutSeconds: be32(attrs, CTA_TIMEOUT) ?? 0,
		...tcpState === void 0 ? {} : { tcpState },
		...(status & IPS_SEEN_REPLY) === 0 ? { unreplied: true } : {},
		...(status & IPS_ASSURED) === 0 ? {} : { assured: true },
		mark: be32(attrs, CTA_MARK) ?? 0,
		...zone === 0 ? {} : { zone },
		...(status & IPS_SRC_NAT) === 0 ? {} : { snat: true },
		...(status & IPS_DST_NAT) === 0 ? {} : { dnat: true }
	};
}
/** Names an entry, as a deletion does: by its original tuple and zone. */
function writeConntrackName(to, entry) {
	nfgenmsg(to, familyNumber(entry.original.src));
	writeTuple(to, CTA_TUPLE_ORIG, entry.original);
	if (entry.zone !== void 0 && entry.zone !== 0) to.attrBe16(CTA_ZONE, entry.zone);
}
/** A whole entry, to make it again: what NAT did follows from its tuples. */
function writeConntrack(to, entry) {
	writeConntrackName(to, entry);
	const { original, reply } = entry;
	writeTuple(to, CTA_TUPLE_REPLY, inverseTuple(original));
	const status = IPS_CONFIRMED | (entry.unreplied === true ? 0 : IPS_SEEN_REPLY) | (entry.assured === true ? IPS_ASSURED : 0);
	attrBe32(to, CTA_STATUS, status);
	attrBe32(to, CTA_TIMEOUT, entry.timeoutSeconds);
	attrBe32(to, CTA_MARK, entry.mark);
	if (entry.tcpState !== void 0) {
		const state = TCP_CT_STATES.indexOf(entry.tcpState);
		to.nest(CTA_PROTOINFO, (info) => void info.nest(CTA_PROTOINFO_TCP, (tcp) => void tcp.attrU8(CTA_PROTOINFO_TCP_STATE, state)));
	}
	if (entry.dnat === true) writeNat(to, CTA_NAT_DST, {
		addr: reply.src,
		port: reply.sport
	});
	if (entry.snat === true) writeNat(to, CTA_NAT_SRC, {
		addr: reply.dst,
		port: reply.dport ?? reply.icmp?.id
	});
}
function readZone(attrs) {
	const inTuples = [CTA_TUPLE_ORIG, CTA_TUPLE_REPLY].map((tuple) => attrs.nested(tuple)?.be16(CTA_TUPLE_ZONE));
	return attrs.be16(CTA_ZONE) ?? inTuples.find((zone) => zone !== void 0) ?? 0;
}
function readTuple(attrs) {
	const addrs = attrs?.nested(CTA_TUPLE_IP);
	const l4 = attrs?.nested(CTA_TUPLE_PROTO);
	const src = addrText(addrs?.bytes(CTA_IP_V4_SRC) ?? addrs?.bytes(CTA_IP_V6_SRC));
	const dst = addrText(addrs?.bytes(CTA_IP_V4_DST) ?? addrs?.bytes(CTA_IP_V6_DST));
	const proto = l4?.u8(CTA_PROTO_NUM);
	if (l4 === void 0 || src === void 0 || dst === void 0 || proto === void 0) return void 0;
	const tuple = {
		proto,
		src,
		dst
	};
	const type = l4.u8(CTA_PROTO_ICMP_TYPE) ?? l4.u8(CTA_PROTO_ICMPV6_TYPE);
	if (type !== void 0) {
		const code = l4.u8(CTA_PROTO_ICMP_CODE) ?? l4.u8(CTA_PROTO_ICMPV6_CODE) ?? 0;
		const id = l4.be16(CTA_PROTO_ICMP_ID) ?? l4.be16(CTA_PROTO_ICMPV6_ID) ?? 0;
		return {
			...tuple,
			icmp: {
				type,
				code,
				id
			}
		};
	}
	const sport = l4.be16(CTA_PROTO_SRC_PORT);
	const dport = l4.be16(CTA_PROTO_DST_PORT);
	return sport === void 0 || dport === void 0 || proto === IPPROTO_GRE ? tuple : {
		...tuple,
		sport,
		dport
	};
}
function writeTuple(to, type, tuple) {
	const isV6 = tuple.src.includes(":");
	to.nest(type, (inner) => {
		inner.nest(CTA_TUPLE_IP, (addrs) => {
			addrs.attrBytes(isV6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, addrBytes(tuple.src));
			addrs.attrBytes(isV6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, addrBytes(tuple.dst));
		});
		inner.nest(CTA_TUPLE_PROTO, (l4) => {
			l4.attrU8(CTA_PROTO_NUM, tuple.proto);
			const { icmp, sport, dport } = tuple;
			if (icmp !== void 0) {
				const isIcmpv6 = tuple.proto === IPPROTO_ICMPV6;
				l4.attrBe16(isIcmpv6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID, icmp.id);
				l4.attrU8(isIcmpv6 ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE, icmp.type);
				l4.attrU8(isIcmpv6 ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE, icmp.code);
			}
			if (sport !== void 0) l4.attrBe16(CTA_PROTO_SRC_PORT, sport);
			if (dport !== void 0) l4.attrBe16(CTA_PROTO_DST_PORT, dport);
		});
	});
}
function writeNat(to, type, range) {
	const { addr, port } = range;
	to.nest(type, (nat) => {
		nat.attrBytes(addr.includes(":") ? CTA_NAT_V6_MINIP : CTA_NAT_V4_MINIP, addrBytes(addr));
		if (port === void 0) return;
		nat.nest(CTA_NAT_PROTO, (proto) => {
			proto.attrBe16(CTA_PROTONAT_PORT_MIN, port);
			proto.attrBe16(CTA_PROTONAT_PORT_MAX, port);
		});
	});
}
/** The answer to a tuple that nobody translates. */
function inverseTuple(tuple) {
	const { proto, src, dst, sport, dport, icmp } = tuple;
	const turned = {
		proto,
		src: dst,
		dst: src
	};
	if (icmp !== void 0) return {
		...turned,
		icmp: {
			...icmp,
			type: ICMP_ANSWER.get(`${proto} ${icmp.type}`) ?? icmp.type
		}
	};
	return sport === void 0 || dport === void 0 ? turned : {
		...turned,
		sport: dport,
		dport: sport
	};
}
/** Protocol and type of the ICMP messages that open an entry: the type of their answer. */
const ICMP_ANSWER = /* @__PURE__ */ new Map([
	["1 8", 0],
	["1 13", 14],
	["1 15", 16],
	["1 17", 18],
	["58 128", 129],
	["58 139", 140]
]);
// src/linux/conntrack-proc.ts
/**
* Connection tracking entries from /proc/net/nf_conntrack: 0.2 ms where netlink takes 9 ms, for it goes through the 262144
* chains of the hash table with a lock for each. What NAT did is read off the tuples: Linux sets IPS_SRC_NAT and
* IPS_DST_NAT exactly when it changes the reply's tuple.
*/
/** Undefined: this kernel has no such file (CONFIG_NF_CONNTRACK_PROCFS). */
function procConntrack(netns) {
	try {
		return parseProcConntrack(netns.run(() => readFileSync("/proc/thread-self/net/nf_conntrack", "utf8")));
	} catch {
		return;
	}
}
function parseProcConntrack(text) {
	return text.split("\n").map(parseLine).filter((entry) => entry !== void 0);
}
/** `ipv4 2 tcp 6 100 ESTABLISHED src=… dst=… sport=… dport=… src=… … [ASSURED] mark=0 zone=0 use=2` */
function parseLine(line) {
	const [family, , , proto, seconds, ...words] = line.split(/\s+/);
	const fields = words.map((word) => {
		const equals = word.indexOf("=");
		return equals < 0 ? [word, ""] : [word.slice(0, equals), word.slice(equals + 1)];
	});
	const second = fields.findLastIndex(([name]) => name === "src");
	const original = tupleOf(new Map(fields.slice(0, second)), Number(proto));
	const reply = tupleOf(new Map(fields.slice(second)), Number(proto));
	if (original === void 0 || reply === void 0) return void 0;
	const values = new Map(fields);
	const tcpState = words.map(tcpStateOf).find((state) => state !== void 0);
	const zone = Number(values.get("zone") ?? values.get("zone-orig") ?? values.get("zone-reply") ?? 0);
	const untranslated = inverseTuple(original);
	return {
		kind: "conntrack",
		family: family === "ipv6" ? "ipv6" : "ipv4",
		proto: Number(proto),
		original,
		reply,
		timeoutSeconds: Number(seconds),
		...tcpState === void 0 ? {} : { tcpState },
		...values.has("[UNREPLIED]") ? { unreplied: true } : {},
		...values.has("[ASSURED]") ? { assured: true } : {},
		mark: Number(values.get("mark") ?? 0),
		...zone === 0 ? {} : { zone },
		...sameSource(reply, untranslated) ? {} : { dnat: true },
		...sameDestination(reply, untranslated) ? {} : { snat: true }
	};
}
function tupleOf(fields, proto) {
	const src = parseIp(fields.get("src") ?? "");
	const dst = parseIp(fields.get("dst") ?? "");
	if (!src.ok || !dst.ok) return void 0;
	const tuple = {
		proto,
		src: src.value,
		dst: dst.value
	};
	const [sport, dport, type, code, id] = [
		"sport",
		"dport",
		"type",
		"code",
		"id"
	].map((name) => fields.get(name));
	if (type !== void 0) return {
		...tuple,
		icmp: {
			type: Number(type),
			code: Number(code),
			id: Number(id)
		}
	};
	return sport === void 0 || dport === void 0 ? tuple : {
		...tuple,
		sport: Number(sport),
		dport: Number(dport)
	};
}
function tcpStateOf(word) {
	return TCP_CT_STATES.find((state) => state === word);
}
function sameSource(a, b) {
	return a.src === b.src && a.sport === b.sport;
}
/** ICMP's identifier goes with the end that asked. */
function sameDestination(a, b) {
	return a.dst === b.dst && a.dport === b.dport && a.icmp?.id === b.icmp?.id;
}
// src/linux/conntrack.ts
/**
* Connection tracking entries of the real kernel: listed in the order of its hash table, deleted, counted. Entries
* come to be by packets only, so `add` and `replace` are refused, as in the simulated kernel.
*/
const CT_NEW$1 = nfnlType(1, 0);
const CT_GET = nfnlType(1, 1);
const CT_DELETE$1 = nfnlType(1, 2);
const CT_GET_STATS_CPU = nfnlType(1, 4);
/** enum ctattr_stats_cpu. */
const CTA_STATS = {
	invalid: 4,
	insertFailed: 9,
	drop: 10,
	earlyDrop: 11,
	clashResolve: 14
};
var ConntrackDriver = class {
	kinds = ["conntrack"];
	apply(netns, ops, options) {
		const doomed = [];
		for (const { index, op } of ops) {
			if (op.object.kind !== "conntrack") continue;
			if (op.verb !== "delete") return err({
				errno: "EOPNOTSUPP",
				op: index,
				message: "conntrack: making or changing an entry is not modelled"
			});
			doomed.push({
				index,
				entry: op.object
			});
		}
		return withSocket(netns, (socket) => this.#delete(netns, {
			socket,
			doomed,
			undoable: options.undoable
		}));
	}
	dump(netns) {
		return conntrackEntries(netns);
	}
	#delete(netns, { socket, doomed, undoable }) {
		const before = [];
		if (undoable || doomed.length > 1) {
			const request = new MessageWriter();
			for (const { entry } of doomed) request.message({ type: CT_GET }, (to) => writeConntrackName(to, entry));
			const found = socket.exchange(request);
			for (const [k, { index }] of doomed.entries()) {
				const error = found.errors.get(k);
				if (error !== void 0) return err(entryError(index, error));
				const [reply] = found.replies.get(k) ?? [];
				const entry = reply === void 0 ? void 0 : readConntrack(reply);
				if (entry !== void 0) before.push(entry);
			}
		}
		const request = new MessageWriter();
		for (const { entry } of doomed) request.message({ type: CT_DELETE$1 }, (to) => writeConntrackName(to, entry));
		const { errors } = socket.exchange(request);
		const undo = () => void withSocket(netns, (other) => ok(remake(other, before)));
		for (const [k, { index }] of doomed.entries()) {
			const error = errors.get(k);
			if (error === void 0) continue;
			undo();
			return err(entryError(index, error));
		}
		return ok(undo);
	}
};
/** Every entry of both families. */
function conntrackEntries(netns) {
	const entries = procConntrack(netns);
	return entries === void 0 ? netlinkConntrack(netns) : ok(entries);
}
/** The same by netlink, for a kernel without the file in /proc. */
function netlinkConntrack(netns) {
	return withSocket(netns, (socket) => {
		const listed = socket.dump(CT_GET, (to) => nfgenmsg(to, 0));
		if ("errno" in listed) return err(kernelError(-1, listed));
		return ok(listed.map(readConntrack).filter((entry) => entry !== void 0));
	});
}
/** Deletes every entry, as `conntrack -F`. */
function flushConntrack(netns) {
	return withSocket(netns, (socket) => {
		const request = new MessageWriter();
		request.message({ type: CT_DELETE$1 }, (to) => nfgenmsg(to, 0));
		const error = socket.exchange(request).errors.get(0);
		return error === void 0 ? ok(void 0) : err(kernelError(-1, error));
	});
}
/** The counters of all CPUs together. */
function conntrackStats(netns) {
	return withSocket(netns, (socket) => {
		const listed = socket.dump(CT_GET_STATS_CPU, (to) => nfgenmsg(to, 0));
		if ("errno" in listed) return err(kernelError(-1, listed));
		const cpus = listed.map((message) => message.attrs(4));
		return ok({
			invalid: sum(cpus, CTA_STATS.invalid),
			insertFailed: sum(cpus, CTA_STATS.insertFailed),
			drop: sum(cpus, CTA_STATS.drop),
			earlyDrop: sum(cpus, CTA_STATS.earlyDrop),
			clashResolve: sum(cpus, CTA_STATS.clashResolve)
		});
	});
}
function sum(cpus, type) {
	return cpus.reduce((total, attrs) => total + (be32(attrs, type) ?? 0), 0);
}
/** Entries that were deleted, made again; best effort. */
function remake(socket, entries) {
	const request = new MessageWriter();
	for (const entry of entries) request.message({
		type: CT_NEW$1,
		flags: NLM_F_CREATE | 512
	}, (to) => writeConntrack(to, entry));
	socket.exchange(request);
}
function entryError(index, error) {
	if (errnoName(error.errno) !== "ENOENT") return kernelError(index, error);
	return {
		errno: "ENOENT",
		op: index,
		message: "conntrack: Operation failed: such conntrack doesn't exist"
	};
}
function withSocket(netns, work) {
	const socket = new NetlinkSocket(netns, 12);
	try {
		return work(socket);
	} finally {
		socket.close();
	}
}
// src/linux/conntrack-events.ts
/**
* What becomes of connection tracking entries, as the kernel tells it by netlink multicast. It tells of entries that came to
* be while somebody listened (nf_conntrack_events=2), and may lose events of a flood.
*/
const CT_NEW = nfnlType(1, 0);
const CT_DELETE = nfnlType(1, 2);
/** NFNLGRP_CONNTRACK_NEW, _UPDATE and _DESTROY, a bit each. */
const GROUPS = 7;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE$2 = 33;
const BUFFER_BYTES$1 = 8 << 20;
const DATAGRAM_BYTES = 65536;
/** Listens from now on; `now` is the kernel's clock in nanoseconds. */
function openConntrackEvents(netns, now) {
	const fd = netns.run(() => libc.socket(16, 3 | SOCK_CLOEXEC | SOCK_NONBLOCK, 12));
	if (fd < 0) return err({
		errno: "EIO",
		op: -1,
		message: `netlink socket: ${lastErrno()}`
	});
	const room = /* @__PURE__ */ new Uint8Array(4);
	new DataView(room.buffer).setInt32(0, BUFFER_BYTES$1, true);
	libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE$2, room, room.length);
	const addr = /* @__PURE__ */ new Uint8Array(12);
	const view = new DataView(addr.buffer);
	view.setUint16(0, 16, true);
	view.setUint32(8, GROUPS, true);
	if (libc.bind(fd, addr, addr.length) !== 0) {
		const message = `netlink bind: ${lastErrno()}`;
		libc.close(fd);
		return err({
			errno: "EPERM",
			op: -1,
			message
		});
	}
	const buffer = new Uint8Array(DATAGRAM_BYTES);
	return ok({
		fd,
		read: () => [...datagrams(fd, buffer)].flatMap((bytes) => eventsOf(bytes, now())),
		close: () => void libc.close(fd)
	});
}
function* datagrams(fd, buffer) {
	for (;;) {
		const length = libc.recv(fd, buffer, buffer.length, 0);
		if (length > 0) yield buffer.slice(0, length);
		else if (length === 0 || lastErrno() !== "ENOBUFS") return;
	}
}
function eventsOf(datagram, atNs) {
	const events = [];
	for (const message of messagesOf(datagram)) {
		const type = eventType(message);
		const entry = type === void 0 ? void 0 : readConntrack(message);
		if (type === void 0 || entry === void 0) continue;
		events.push({
			type,
			atNs,
			entry,
			...type === "destroy" && isByUser(message) ? { byUser: true } : {}
		});
	}
	return events;
}
function eventType({ type, flags }) {
	if (type === CT_DELETE) return "destroy";
	if (type !== CT_NEW) return void 0;
	return (flags & 1024) !== 0 ? "new" : "update";
}
function isByUser({ body }) {
	return new DataView(body.buffer, body.byteOffset - 4, 4).getUint32(0, true) !== 0;
}
// src/linux/nfacct.ts
/** Named counters for `-m nfacct` in the real kernel, by netlink. */
const ACCT_NEW = nfnlType(7, 0);
const ACCT_GET = nfnlType(7, 1);
const ACCT_DEL = nfnlType(7, 3);
const NFACCT_NAME = 1;
const NFACCT_PKTS = 2;
const NFACCT_BYTES = 3;
/** NFACCT_NAME_MAX, less the zero byte. */
const NAME_LENGTH = 31;
/**
* `replace` of an object that is there leaves it to the rules that count in it. Given counters it sets them, but Linux can
* only set those of an object in use to zero: other counters for such a one are refused (EBUSY).
*/
var NfacctDriver = class {
	kinds = ["nfacct"];
	apply(netns, ops) {
		const undos = [];
		const undo = () => {
			for (const each of undos.splice(0).reverse()) each();
		};
		for (const { index, op } of ops) {
			if (op.object.kind !== "nfacct") continue;
			const done = new Accounting(netns).apply(op.verb, op.object);
			if (!done.ok) {
				undo();
				return err({
					...done.error,
					op: index
				});
			}
			undos.push(done.value);
		}
		return ok(undo);
	}
	dump(netns) {
		return new Accounting(netns).list();
	}
};
var Accounting = class {
	#netns;
	constructor(netns) {
		this.#netns = netns;
	}
	/** In the order in which they were made. */
	list() {
		return this.#with((socket) => {
			const listed = socket.dump(ACCT_GET, (to) => nfgenmsg(to, 0));
			if ("errno" in listed) return err(kernelError(-1, listed));
			return ok(listed.map((message) => {
				const attrs = message.attrs(4);
				const counters = {
					packets: be64(attrs, NFACCT_PKTS) ?? 0,
					bytes: be64(attrs, NFACCT_BYTES) ?? 0
				};
				return {
					kind: "nfacct",
					name: attrs.text(NFACCT_NAME) ?? "",
					counters
				};
			}));
		});
	}
	apply(verb, object) {
		const { name, counters } = object;
		const listed = this.list();
		if (!listed.ok) return listed;
		const before = listed.value.find((each) => each.name === name);
		switch (verb) {
			case "delete": return this.#remove(object, before);
			case "add": return this.#make(object);
			case "replace":
				if (before === void 0) return this.#make(object);
				return counters === void 0 ? ok(() => void 0) : this.#set(before, object);
		}
	}
	#make(object) {
		const { name } = object;
		if (name === "" || Buffer.byteLength(name) > NAME_LENGTH || name.includes("\0")) return err({
			errno: "EINVAL",
			message: `accounting object name \`${name}' is not allowed`
		});
		const error = this.#send(ACCT_NEW, {
			flags: NLM_F_CREATE | 512,
			object
		});
		if (error === void 0) return ok(() => void this.#send(ACCT_DEL, { object }));
		return err(said(error, "EEXIST", `accounting object \`${name}' already exists`));
	}
	#remove(object, before) {
		const { name } = object;
		const error = this.#send(ACCT_DEL, { object });
		if (error === void 0) return ok(() => void (before === void 0 ? void 0 : this.#make(before)));
		if (errnoName(error.errno) === "EBUSY") return err(said(error, "EBUSY", `accounting object \`${name}' is in use`));
		return err(said(error, "ENOENT", `accounting object \`${name}' does not exist`));
	}
	/** There is no request to set counters but to zero. */
	#set(before, object) {
		if (object.counters?.packets === 0 && object.counters.bytes === 0) {
			const error = this.#send(ACCT_NEW, {
				flags: NLM_F_CREATE | 256,
				object
			});
			return error === void 0 ? ok(() => void this.#set(object, before)) : err(kernelError(-1, error));
		}
		const removed = this.#remove(before, before);
		if (!removed.ok) return removed;
		const made = this.#make(object);
		if (!made.ok) {
			removed.value();
			return made;
		}
		return ok(() => void this.#set(object, before));
	}
	#send(type, { flags = 0, object }) {
		return this.#with((socket) => {
			const request = new MessageWriter();
			request.message({
				type,
				flags
			}, (to) => {
				nfgenmsg(to, 0);
				to.attrText(NFACCT_NAME, object.name);
				if (object.counters === void 0 || type !== ACCT_NEW) return;
				attrBe64(to, NFACCT_PKTS, object.counters.packets);
				attrBe64(to, NFACCT_BYTES, object.counters.bytes);
			});
			return socket.exchange(request).errors.get(0);
		});
	}
	#with(work) {
		const socket = new NetlinkSocket(this.#netns, 12);
		try {
			return work(socket);
		} finally {
			socket.close();
		}
	}
};
function said(error, errno, message) {
	return errnoName(error.errno) === errno ? {
		errno,
		message
	} : kernelError(-1, error);
}
// src/linux/offload.ts
/** Checksum offload of devices (ethtool -K DEV tx off), so that packets carry their checksums from the start. */
const SIOCETHTOOL = 35142;
const ETHTOOL_STXCSUM = 23;
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;
/** Turns transmit checksum offload (and with it segmentation offload) off; the errno's name when a device refuses. */
function turnChecksumOffloadOff(netns, devs) {
	const request = new NativeMemory(8);
	request.view.setUint32(0, ETHTOOL_STXCSUM, true);
	request.view.setUint32(4, 0, true);
	const fd = netns.run(() => libc.socket(2, 2 | SOCK_CLOEXEC, 0));
	if (fd < 0) return lastErrno();
	try {
		for (const dev of devs) {
			const ifreq = new Uint8Array(IFREQ_BYTES);
			ifreq.set(Buffer.from(dev, "latin1").subarray(0, 15));
			new DataView(ifreq.buffer).setBigUint64(IFNAMSIZ, request.address, true);
			if (libc.ioctl(fd, SIOCETHTOOL, ifreq) !== 0) return lastErrno();
		}
		return;
	} finally {
		libc.close(fd);
	}
}
// src/linux/sock-diag.ts
/** The sockets of a namespace as `ss` reads them: netlink's sock_diag (linux/inet_diag.h). */
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const SOCK_DESTROY = 21;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 768;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSG_BYTES = 16;
const REQUEST_BYTES = 72;
const ID_BYTES = 48;
/** In the request behind family, protocol and states; in the answer behind family, state, timer and retransmissions. */
const REQUEST_ID = 24;
const ANSWER_ID = 4;
const ENOENT = 2;
const ALL_STATES = 4294967295;
const BUFFER_BYTES = 65536;
/** IPv4 sockets of a protocol, in the kernel's order. The error is the errno's name. */
function diagSockets(netns, protocol) {
	return withDiag(netns, (fd) => {
		const request = diagRequest(protocol, {
			type: SOCK_DIAG_BY_FAMILY,
			flags: NLM_F_DUMP
		});
		if (libc.send(fd, request, request.length, 0) < 0) return lastErrno();
		return readDump(fd);
	});
}
/** Ends sockets as `ss -K`, those in TIME-WAIT too, which no program has. The error is the errno's name. */
function destroySockets(netns, protocol, sockets) {
	return withDiag(netns, (fd) => {
		const answer = new Uint8Array(BUFFER_BYTES);
		for (const { id } of sockets) {
			const request = diagRequest(protocol, {
				type: SOCK_DESTROY,
				flags: NLM_F_ACK
			});
			request.set(id, REQUEST_ID);
			if (libc.send(fd, request, request.length, 0) < 0) return lastErrno();
			const length = libc.recv(fd, answer, answer.length, 0);
			if (length < 20) return length < 0 ? lastErrno() : "EIO";
			const errno = -new DataView(answer.buffer).getInt32(NLMSG_BYTES, true);
			if (errno !== 0 && errno !== ENOENT) return errnoName(errno);
		}
	});
}
function withDiag(netns, fn) {
	const fd = netns.run(() => libc.socket(16, 3 | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
	if (fd < 0) return lastErrno();
	try {
		return fn(fd);
	} finally {
		libc.close(fd);
	}
}
/** `struct nlmsghdr` and `struct inet_diag_req_v2`. */
function diagRequest(protocol, { type, flags }) {
	const bytes = new Uint8Array(REQUEST_BYTES);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, bytes.length, true);
	view.setUint16(4, type, true);
	view.setUint16(6, NLM_F_REQUEST | flags, true);
	view.setUint8(NLMSG_BYTES, 2);
	view.setUint8(17, protocol);
	view.setUint32(20, ALL_STATES, true);
	return bytes;
}
function readDump(fd) {
	const buffer = new Uint8Array(BUFFER_BYTES);
	const view = new DataView(buffer.buffer);
	const found = [];
	for (;;) {
		const length = libc.recv(fd, buffer, buffer.length, 0);
		if (length <= 0) return length < 0 ? lastErrno() : found;
		for (let at = 0; at + NLMSG_BYTES <= length;) {
			const size = view.getUint32(at, true);
			const type = view.getUint16(at + 4, true);
			if (type === NLMSG_DONE) return found;
			if (type === NLMSG_ERROR || size < NLMSG_BYTES) return "EIO";
			if (size >= 88) found.push(diagSocket(view, at + NLMSG_BYTES));
			at += size + 3 & -4;
		}
	}
}
function diagSocket(view, at) {
	return {
		state: view.getUint8(at + 1),
		local: {
			port: view.getUint16(at + 4),
			addr: ipText(view.getUint32(at + 8))
		},
		remote: {
			port: view.getUint16(at + 6),
			addr: ipText(view.getUint32(at + 24))
		},
		ifindex: view.getUint32(at + 40, true),
		recvQueue: view.getUint32(at + 56, true),
		sendQueue: view.getUint32(at + 60, true),
		inode: view.getUint32(at + 68, true),
		id: new Uint8Array(view.buffer, at + ANSWER_ID, ID_BYTES).slice()
	};
}
// src/linux/socket-error.ts
/** Errors of the real kernel's sockets in the words of the port. */
/** An error with the words of strerror(3). Throws for an errno that no socket call of ours should give (EMFILE, EBADF). */
function socketError(errno, about) {
	const known = ERRNOS.find((name) => name === errno) ?? RENAMED.get(errno);
	const text = errorText(errno);
	const message = about === void 0 ? text : `${about}: ${text}`;
	if (known === void 0) throw new Error(`socket: ${message}`);
	return {
		errno: known,
		message
	};
}
/** The same as a failed `Result`. */
function socketErr(errno, about) {
	return err(socketError(errno, about));
}
/** As on the simulated kernel, the sockets are IPv4's. */
function noIpv6(addr) {
	return err({
		errno: "EOPNOTSUPP",
		message: `IPv6 sockets are not modelled: ${addr}`
	});
}
/** Whether an ICMP error is a hard one, which a connected UDP socket reports (net/ipv4/icmp.c: icmp_err_convert). */
function icmpErrorIsFatal(type, code) {
	return type === ICMP_PARAMETERPROB || type === ICMP_DEST_UNREACH && !SOFT_UNREACH.includes(code);
}
const ICMP_DEST_UNREACH = 3;
const ICMP_PARAMETERPROB = 12;
/** Network, host, source route failed, and the two for a type of service; "fragmentation needed" is no error of its own. */
const SOFT_UNREACH = [
	0,
	1,
	4,
	5,
	11,
	12
];
const ERRNOS = [
	"EADDRINUSE",
	"EADDRNOTAVAIL",
	"ECONNREFUSED",
	"ECONNRESET",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"EACCES",
	"EINVAL",
	"EPERM",
	"ETIMEDOUT",
	"EMSGSIZE",
	"ENOPROTOOPT",
	"EPIPE",
	"ENOTCONN",
	"EOPNOTSUPP",
	"ENOENT",
	"ENETDOWN",
	"ENODEV"
];
/** What the port has no word for, by the nearest that it has; the simulated kernel does the same. */
const RENAMED = /* @__PURE__ */ new Map([
	["EHOSTDOWN", "EHOSTUNREACH"],
	["ENONET", "EHOSTUNREACH"],
	["EPROTO", "EINVAL"],
	["ECONNABORTED", "ECONNRESET"],
	["ENXIO", "ENODEV"]
]);
// src/linux/open-socket.ts
/** Opening IPv4 sockets with the port's options, and the table of those that are open. */
/** The open sockets of each namespace. */
var OpenSockets = class {
	#byNetns = /* @__PURE__ */ new Map();
	add(netns, socket) {
		const sockets = this.#byNetns.get(netns);
		if (sockets === void 0) this.#byNetns.set(netns, /* @__PURE__ */ new Set([socket]));
		else sockets.add(socket);
	}
	delete(netns, socket) {
		this.#byNetns.get(netns)?.delete(socket);
	}
	of(netns) {
		return [...this.#byNetns.get(netns) ?? []];
	}
	/** Destroys all sockets of a namespace. */
	destroyAll(netns) {
		for (const socket of this.of(netns)) socket.destroy();
		this.#byNetns.delete(netns);
	}
};
const SO_REUSEADDR = 2;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;
const SO_MARK = 36;
const IP_TOS = 1;
const IP_MTU_DISCOVER = 10;
const PMTUDISC = {
	dont: 0,
	want: 1,
	do: 2
};
const ADDR_ANY = ip("0.0.0.0");
const LOOPBACK = ip("127.0.0.1");
/** The namespace of that name, or ENOENT. */
function findNetns(room, name) {
	const netns = room.netns.find(name);
	return netns === void 0 ? socketErr("ENOENT", `network namespace ${name}`) : ok(netns);
}
/** Opens a non-blocking socket, sets its options and binds it; the value is the descriptor. */
function openInet(netns, spec) {
	const { bind = {} } = spec.options;
	const port = bind.port ?? 0;
	if (!portIsValid(port)) return socketErr("EINVAL", `port ${port}`);
	if (bind.addr !== void 0 && familyOf(bind.addr) !== "ipv4") return noIpv6(bind.addr);
	const fd = netns.run(() => libc.socket(2, spec.type | SOCK_NONBLOCK | SOCK_CLOEXEC, spec.protocol));
	if (fd < 0) return socketErr(lastErrno());
	const refused = setOptions(fd, spec) ?? bindTo(fd, {
		addr: bind.addr ?? ADDR_ANY,
		port
	}, spec);
	if (refused === void 0) return ok(fd);
	libc.close(fd);
	return {
		ok: false,
		error: refused
	};
}
/** The far end as `struct sockaddr_in`; port 0 is EINVAL. */
function remoteSockaddr(to) {
	if (!portIsValid(to.port) || to.port === 0) return socketErr("EINVAL", `port ${to.port}`);
	const bytes = sockaddrOf(to);
	return bytes === void 0 ? noIpv6(to.addr) : ok(bytes);
}
/** 0.0.0.0 as a far end is this host. */
function remoteEnd(to) {
	return to.addr === ADDR_ANY ? {
		addr: LOOPBACK,
		port: to.port
	} : to;
}
function portIsValid(port) {
	return Number.isInteger(port) && port >= 0 && port <= 65535;
}
function setOptions(fd, { options, reuseAddr }) {
	if (options.dev !== void 0) {
		const name = Buffer.from(options.dev, "latin1");
		if (libc.setsockopt(fd, 1, SO_BINDTODEVICE, name, name.length) !== 0) return failed$1(options.dev);
	}
	const wanted = [
		[
			1,
			SO_REUSEADDR,
			reuseAddr === true ? 1 : void 0,
			"SO_REUSEADDR"
		],
		[
			1,
			SO_BROADCAST,
			options.broadcast === true ? 1 : void 0,
			"SO_BROADCAST"
		],
		[
			1,
			SO_MARK,
			options.mark === void 0 ? void 0 : options.mark | 0,
			"SO_MARK"
		],
		[
			0,
			2,
			options.ttl === 0 ? void 0 : options.ttl,
			"IP_TTL"
		],
		[
			0,
			IP_TOS,
			options.tos,
			"IP_TOS"
		],
		[
			0,
			IP_MTU_DISCOVER,
			options.pmtudisc && PMTUDISC[options.pmtudisc],
			"IP_MTU_DISCOVER"
		]
	];
	for (const [level, name, value, about] of wanted) if (value !== void 0 && !setIntOption(fd, level, name, value)) return failed$1(about);
}
function bindTo(fd, end, { options, alwaysBind }) {
	const addr = options.bind?.addr !== void 0 || end.port !== 0 || alwaysBind === true ? sockaddrOf(end) : void 0;
	if (addr === void 0 || libc.bind(fd, addr, addr.length) === 0) return void 0;
	return failed$1(`${end.addr}:${end.port}`);
}
function failed$1(about) {
	return socketErr(lastErrno(), about).error;
}
// src/linux/send-datagram.ts
/** Sending on sockets that have an error queue (UDP, ICMP). */
const MSG_DONTWAIT$3 = 64;
/**
* Sends one datagram; `to` is a `struct sockaddr_in`, undefined on a connected socket. An ICMP error that waits at the
* socket is about an earlier datagram: it is taken off and this one sent. A full send buffer loses the datagram, as a full
* queue of a device does.
*/
function sendDatagram(room, socket, bytes, to) {
	const first = attempt$1(socket.fd, bytes, to);
	if (first === void 0) return SENT;
	const queued = takeQueuedErrors(room, socket.fd);
	const icmp = queued.filter(({ origin }) => origin === "icmp");
	if (icmp.length > 0) {
		room.poller.post(() => {
			for (const error of icmp) socket.onQueuedError(error);
		});
		const second = attempt$1(socket.fd, bytes, to);
		return second === void 0 ? SENT : refusal(second, takeQueuedErrors(room, socket.fd));
	}
	return refusal(first, queued);
}
/** Empties the error queue and clears the pending error. */
function takeQueuedErrors(room, fd) {
	const found = [];
	for (let next = room.messages.queuedError(fd); next !== void 0; next = room.messages.queuedError(fd)) found.push(next);
	takeSocketError(fd);
	return found;
}
/** The errno's name; undefined: sent. */
function attempt$1(fd, bytes, to) {
	if ((to === void 0 ? libc.send(fd, bytes, bytes.length, MSG_DONTWAIT$3) : libc.sendto(fd, bytes, bytes.length, MSG_DONTWAIT$3, to, to.length)) >= 0) return void 0;
	const errno = lastErrno();
	return errno === "EAGAIN" || errno === "ENOBUFS" ? void 0 : errno;
}
function refusal(errno, queued) {
	const mtu = queued.findLast(({ origin }) => origin === "local")?.info;
	if (errno !== "EMSGSIZE" || mtu === void 0) return socketErr(errno);
	return err({
		...socketError(errno, `mtu=${mtu}`),
		mtu
	});
}
const SENT = ok(void 0);
// src/linux/echo-socket.ts
/**
* What `ping` opens as root: a raw ICMP socket that lets only echo replies through, and an error queue. Raw sockets see the
* whole namespace's replies, so the identifier is checked here and kept unique among the sockets of this process.
*/
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const IP_RECVERR$2 = 11;
const SO_RCVBUFFORCE$1 = 33;
const RECEIVE_BUFFER_BYTES$1 = 4 << 20;
/** IP_TTL: back to the namespace's default. */
const DEFAULT_TTL = -1;
/** Any port: the probe sends nothing. */
const PROBE_PORT = 1025;
/** Opens a socket that pings `to`; fails as connect does when there is no route. EADDRINUSE: another has the identifier. */
function openEchoSocket(room, netns, at, handlers) {
	const { options } = at;
	const to = sockaddrOf(remoteEnd({
		addr: at.to,
		port: PROBE_PORT
	}));
	if (to === void 0) return noIpv6(at.to);
	const taken = new Set(room.open.of(netns).flatMap((other) => other instanceof LinuxEchoSocket ? [other.id] : []));
	const id = options.id ?? freeId(taken);
	if (taken.has(id)) return socketErr("EADDRINUSE", `id ${id}`);
	if (!Number.isInteger(id) || id < 0 || id > 65535) return socketErr("EINVAL", `id ${id}`);
	const refused = refusedRoute(netns, options, to);
	if (refused !== void 0) return {
		ok: false,
		error: refused
	};
	const fd = openInet(netns, {
		type: 3,
		protocol: 1,
		options: withoutPort(options)
	});
	if (!fd.ok) return fd;
	setIntOption(fd.value, SOL_RAW, ICMP_FILTER, -2);
	setIntOption(fd.value, 0, IP_RECVERR$2, 1);
	setIntOption(fd.value, 1, SO_RCVBUFFORCE$1, RECEIVE_BUFFER_BYTES$1);
	return ok(new LinuxEchoSocket(room, {
		netns,
		fd: fd.value,
		options,
		to,
		id
	}, handlers));
}
var LinuxEchoSocket = class {
	id;
	fd;
	options;
	#room;
	#netns;
	#to;
	#unwatch;
	#handlers;
	#ttl;
	#closed = false;
	constructor(room, place, handlers) {
		this.#room = room;
		this.#netns = place.netns;
		this.id = place.id;
		this.fd = place.fd;
		this.options = place.options;
		this.#to = place.to;
		this.#handlers = handlers;
		this.#ttl = this.#ownTtl;
		this.#unwatch = room.poller.watch(place.fd, 1, (events) => this.#ready(events));
		room.open.add(place.netns, this);
	}
	isOwned() {
		return true;
	}
	send(request) {
		if (this.#closed) return socketErr("EINVAL", "closed socket");
		const ttl = request.ttl ?? this.#ownTtl;
		if (ttl !== this.#ttl && !setIntOption(this.fd, 0, 2, ttl)) return socketErr(lastErrno(), "IP_TTL");
		this.#ttl = ttl;
		const bytes = new Uint8Array(8 + request.payload.length);
		bytes.set(request.payload, 8);
		const rest = (this.id << 16 | request.seq & 65535) >>> 0;
		putIcmp(bytes, 0, bytes.length, {
			type: 8,
			code: 0,
			rest
		});
		const sending = {
			fd: this.fd,
			onQueuedError: (error) => this.#icmpError(error)
		};
		return sendDatagram(this.#room, sending, bytes, this.#to);
	}
	close() {
		this.destroy();
	}
	destroy() {
		if (this.#closed) return;
		this.#closed = true;
		this.#handlers = {};
		this.#unwatch();
		this.#room.open.delete(this.#netns, this);
		libc.close(this.fd);
	}
	get #ownTtl() {
		const { ttl } = this.options;
		return ttl === void 0 || ttl === 0 ? DEFAULT_TTL : ttl;
	}
	#ready(events) {
		if ((events & 8) !== 0) for (const error of takeQueuedErrors(this.#room, this.fd)) this.#icmpError(error);
		while (!this.#closed) {
			const next = this.#room.messages.datagram(this.fd);
			if (typeof next === "string") return;
			this.#reply(next);
		}
	}
	/** `bytes` is the packet from its IP header on. */
	#reply({ bytes, from }) {
		const at = ipv4HeaderLength(bytes, 0);
		if (bytes.length - at < 8 || icmpType(bytes, at) !== 0 || icmpId(bytes, at) !== this.id) return;
		if (!icmpChecksumIsValid(bytes, at, bytes.length)) return;
		this.#handlers.onReply?.({
			from: from.addr,
			id: this.id,
			seq: icmpSeq(bytes, at),
			ttl: ipv4Ttl(bytes, 0),
			payload: bytes.slice(at + 8)
		});
	}
	#icmpError({ origin, from, type, code, info, quoted }) {
		if (origin === "local" || quoted.length < 8) return;
		if (icmpType(quoted, 0) !== 8 || icmpId(quoted, 0) !== this.id) return;
		const mtu = type === 3 && code === 4 ? { mtu: info } : {};
		this.#handlers.onError?.({
			from,
			type,
			code,
			seq: icmpSeq(quoted, 0),
			...mtu
		});
	}
};
/** Asks for the way as `ping` does: by connecting a UDP socket. */
function refusedRoute(netns, options, to) {
	const probe = openInet(netns, {
		type: 2,
		protocol: 17,
		options: withoutPort(options)
	});
	if (!probe.ok) return probe.error;
	const failed = libc.connect(probe.value, to, to.length) === 0 ? void 0 : socketErr(lastErrno()).error;
	libc.close(probe.value);
	return failed;
}
/** ICMP has no ports. */
function withoutPort({ bind, ...options }) {
	return bind?.addr === void 0 ? options : {
		...options,
		bind: { addr: bind.addr }
	};
}
function freeId(taken) {
	const start = Math.floor(Math.random() * 65535);
	for (let k = 0; k < 65535; k += 1) {
		const id = 1 + (start + k) % 65535;
		if (!taken.has(id)) return id;
	}
	return start;
}
// src/linux/message-reader.ts
const DATA_BYTES = 65536;
const NAME_AT = 64;
const IOV_AT = 96;
const CONTROL_AT = 128;
const CONTROL_BYTES = 384;
const DATA_AT = 512;
/** Within `struct msghdr`. */
const NAMELEN_AT = 8;
const CONTROLLEN_AT = 40;
const CMSG_BYTES = 16;
const MSG_DONTWAIT$2 = 64;
const SOL_IP$1 = 0;
const IP_PKTINFO$1 = 8;
const IP_RECVERR$1 = 11;
const SO_EE_ORIGIN_LOCAL = 1;
const SO_EE_ORIGIN_ICMP = 2;
const EXTENDED_ERR_BYTES = 16;
var MessageReader = class {
	#memory = new NativeMemory(66048);
	constructor() {
		const { view, address } = this.#memory;
		view.setBigUint64(0, address + BigInt(NAME_AT), true);
		view.setBigUint64(16, address + BigInt(IOV_AT), true);
		view.setBigUint64(24, 1n, true);
		view.setBigUint64(32, address + BigInt(CONTROL_AT), true);
		view.setBigUint64(IOV_AT, address + BigInt(DATA_AT), true);
		view.setBigUint64(104, BigInt(DATA_BYTES), true);
	}
	/** The next datagram, or the errno's name: EAGAIN when there is none. */
	datagram(fd) {
		const length = this.#receive(fd, MSG_DONTWAIT$2);
		if (length < 0) return lastErrno();
		const { bytes, view } = this.#memory;
		const info = this.#control(IP_PKTINFO$1);
		return {
			bytes: bytes.slice(DATA_AT, DATA_AT + length),
			from: endAt(view, NAME_AT),
			to: info === void 0 ? void 0 : ipText(view.getUint32(info + 8))
		};
	}
	/** The next entry of the error queue; undefined: it is empty. */
	queuedError(fd) {
		for (;;) {
			const length = this.#receive(fd, 8256);
			if (length < 0) return void 0;
			const { bytes, view } = this.#memory;
			const at = this.#control(IP_RECVERR$1);
			if (at === void 0) continue;
			const origin = view.getUint8(at + 4);
			if (origin !== SO_EE_ORIGIN_LOCAL && origin !== SO_EE_ORIGIN_ICMP) continue;
			return {
				origin: origin === SO_EE_ORIGIN_LOCAL ? "local" : "icmp",
				errno: view.getUint32(at, true),
				type: view.getUint8(at + 5),
				code: view.getUint8(at + 6),
				info: view.getUint32(at + 8, true),
				from: endAt(view, at + EXTENDED_ERR_BYTES).addr,
				to: endAt(view, NAME_AT),
				quoted: bytes.slice(DATA_AT, DATA_AT + length)
			};
		}
	}
	#receive(fd, flags) {
		const { view, address } = this.#memory;
		view.setUint32(NAMELEN_AT, 32, true);
		view.setUint32(CONTROLLEN_AT, CONTROL_BYTES, true);
		view.setBigUint64(NAME_AT, 0n, true);
		return libc.recvmsg(fd, address, flags);
	}
	/** Where the value of IP's control message of this type is. */
	#control(wanted) {
		const { view } = this.#memory;
		let at = CONTROL_AT;
		const end = at + view.getUint32(CONTROLLEN_AT, true);
		while (at + CMSG_BYTES <= end) {
			const length = view.getUint32(at, true);
			if (length < CMSG_BYTES) return void 0;
			if (view.getInt32(at + 8, true) === SOL_IP$1 && view.getInt32(at + 12, true) === wanted) return at + CMSG_BYTES;
			at += length + 7 & -8;
		}
	}
};
// src/linux/packet-socket.ts
/**
* Packet sockets of the port: frames of one EtherType on one device, in and out as they are. A closed one is kept for the
* next that asks for the same (closing a descriptor of this kind waits for 10 to 20 ms), shut by a filter meanwhile.
*/
const MSG_DONTWAIT$1 = 64;
const SOCKADDR_LL_BYTES = 20;
/** Descriptors that wait for their next use, by namespace, device and EtherType. */
var PacketPool = class {
	#idle = /* @__PURE__ */ new Map();
	take(netns, ifindex, etherType) {
		const fds = this.#idle.get(netns)?.get(`${ifindex} ${etherType}`);
		for (let fd = fds?.pop(); fd !== void 0; fd = fds?.pop()) {
			if (boundIfindex(fd) === ifindex) return fd;
			closeLater(fd);
		}
	}
	give(netns, at, fd) {
		const key = `${at.ifindex} ${at.etherType}`;
		const byKey = this.#idle.get(netns) ?? /* @__PURE__ */ new Map();
		this.#idle.set(netns, byKey);
		const fds = byKey.get(key);
		if (fds === void 0) byKey.set(key, [fd]);
		else fds.push(fd);
	}
	/** Closes what waits for a namespace's next use. */
	closeAll(netns) {
		for (const fd of [...this.#idle.get(netns)?.values() ?? []].flat()) closeLater(fd);
		this.#idle.delete(netns);
	}
};
/** Opens a socket bound to a device. It does not make the device promiscuous. */
function openPacketSocket(room, netns, options, handlers) {
	const ifindex = netns.run(() => libc.if_nametoindex(options.dev));
	if (ifindex === 0) return socketErr("ENODEV", options.dev);
	const kept = room.pool.take(netns, ifindex, options.etherType);
	const fd = kept ?? netns.run(() => openPacketFd(options.etherType, ifindex));
	if (typeof fd === "string") return socketErr(fd, options.dev);
	if (kept !== void 0) {
		room.packets.read(fd, () => void 0);
		acceptAll(fd);
	}
	return ok(new LinuxPacketSocket(room, {
		netns,
		fd,
		ifindex,
		options
	}, handlers));
}
var LinuxPacketSocket = class {
	fd;
	options;
	#room;
	#place;
	#unwatch;
	#handlers;
	#closed = false;
	constructor(room, place, handlers) {
		this.#room = room;
		this.#place = place;
		this.fd = place.fd;
		this.options = place.options;
		this.#handlers = handlers;
		this.#unwatch = room.poller.watch(place.fd, 1, () => this.#ready());
		room.open.add(place.netns, this);
	}
	isOwned() {
		return true;
	}
	send(frame) {
		if (this.#closed) return socketErr("EINVAL", "closed socket");
		const bytes = new Uint8Array(10 + frame.length);
		bytes.set(frame, 10);
		let errno = attempt(this.fd, bytes);
		if (errno === "ENETDOWN") errno = attempt(this.fd, bytes);
		if (errno === void 0 || errno === "EAGAIN" || errno === "ENOBUFS") return ok(void 0);
		return socketErr(errno, errno === "EINVAL" ? `a frame of ${frame.length} bytes` : this.options.dev);
	}
	close() {
		if (!this.#leave()) return;
		refuseAll(this.fd);
		this.#room.pool.give(this.#place.netns, {
			...this.options,
			ifindex: this.#place.ifindex
		}, this.fd);
	}
	destroy() {
		if (this.#leave()) closeLater(this.fd);
	}
	#leave() {
		if (this.#closed) return false;
		this.#closed = true;
		this.#handlers = {};
		this.#unwatch();
		this.#room.open.delete(this.#place.netns, this);
		return true;
	}
	#ready() {
		this.#room.packets.read(this.fd, ({ bytes, pktType }) => {
			if (pktType !== "outgoing") this.#handlers.onFrame?.(bytes, pktType);
		});
	}
};
/** The errno's name; undefined: sent. */
function attempt(fd, bytes) {
	return libc.send(fd, bytes, bytes.length, MSG_DONTWAIT$1) < 0 ? lastErrno() : void 0;
}
/** -1: the device it was bound to is gone. */
function boundIfindex(fd) {
	const addr = new Uint8Array(SOCKADDR_LL_BYTES);
	libc.getsockname(fd, addr, new Uint32Array([addr.length]));
	return new DataView(addr.buffer).getInt32(4, true);
}
// src/linux/tcp-connection.ts
/**
* A TCP connection on the real kernel. The descriptor stays open until TCP itself is done with it (state CLOSE), so that
* `close` is a half close, and `onClose` comes when both directions are closed.
*/
const EVENTS = -2147475451;
const MSG_DONTWAIT = 64;
const SHUT_WR = 1;
const SO_LINGER = 13;
const SOL_TCP = 6;
const TCP_INFO = 11;
const TCP_REPAIR = 19;
const TCP_CLOSE = 7;
const READ_BYTES = 65536;
/** How much to read before others have their turn. */
const READS_A_TURN = 16;
/** `struct linger`: on, 0 s. */
const LINGER_0 = new Uint8Array([
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0
]);
var LinuxTcpConnection = class {
	local;
	remote;
	fd;
	options;
	#room;
	#netns;
	#unwatch;
	#handlers;
	#state;
	/** What the kernel had no room for yet. */
	#unsent = [];
	#closing = false;
	#finSent = false;
	/** The peer's FIN was read; `onEnd` was called. */
	#ended = false;
	/** `failed` is the errno of a connection that failed before anybody could watch it: the program is told later. */
	constructor(room, place, at) {
		this.#room = room;
		this.#netns = place.netns;
		this.fd = place.fd;
		this.options = place.options;
		this.local = place.local;
		this.remote = place.remote;
		this.#state = at.state;
		this.#handlers = at.handlers;
		room.open.add(place.netns, this);
		const { failed } = at;
		if (failed === void 0) this.#unwatch = room.poller.watch(place.fd, EVENTS, (events) => this.#ready(events));
		else {
			this.#unwatch = () => void 0;
			room.poller.post(() => this.#fail(failed));
		}
	}
	isOwned() {
		return !this.#closing;
	}
	handle(handlers) {
		this.#handlers = handlers;
		if (this.#state === "open") this.#room.poller.post(() => this.#read());
	}
	send(bytes) {
		if (this.#closing || this.#state === "done") return socketErr("EPIPE");
		if (bytes.length === 0) return ok(void 0);
		if (this.#state === "connecting" || this.#unsent.length > 0) {
			this.#unsent.push(bytes.slice());
			return ok(void 0);
		}
		const sent = this.#write(bytes);
		if (typeof sent === "string") {
			this.#room.poller.post(() => this.#fail(sent));
			return socketErr(sent);
		}
		if (sent < bytes.length) this.#unsent.push(bytes.slice(sent));
		return ok(void 0);
	}
	close() {
		if (this.#closing || this.#state === "done") return;
		this.#closing = true;
		if (this.#state === "connecting") {
			if (this.#unsent.length === 0) this.#leave();
			return;
		}
		this.#flush();
	}
	abort() {
		if (this.#state === "done") return;
		libc.setsockopt(this.fd, 1, SO_LINGER, LINGER_0, LINGER_0.length);
		this.#leave();
	}
	destroy() {
		if (this.#state === "done") return;
		setIntOption(this.fd, SOL_TCP, TCP_REPAIR, 1);
		this.#leave();
	}
	#ready(events) {
		if (this.#state === "connecting") {
			if ((events & 28) === 0) return;
			const errno = takeSocketError(this.fd);
			if (errno !== void 0) {
				this.#fail(errno);
				return;
			}
			this.#state = "open";
			this.#handlers.onConnect?.();
		}
		if ((events & 8217) !== 0) this.#read();
		if ((events & 4) !== 0) this.#flush();
		if ((events & 24) !== 0) this.#checkDone();
	}
	/** Hands over what came, then tells of the peer's FIN. */
	#read() {
		for (let turn = 0; this.#handlers.onData !== void 0; turn += 1) {
			if (this.#state !== "open" || this.#ended) return;
			if (turn === READS_A_TURN) {
				this.#room.poller.post(() => this.#read());
				return;
			}
			const length = libc.recv(this.fd, READ_BUFFER, READ_BYTES, MSG_DONTWAIT);
			if (length < 0) {
				this.#readFailed(lastErrno());
				return;
			}
			if (length === 0) {
				this.#end();
				return;
			}
			this.#handlers.onData(READ_BUFFER.slice(0, length));
		}
		if (this.#state !== "open" || this.#ended) return;
		const waiting = libc.recv(this.fd, READ_BUFFER, 1, 66);
		if (waiting === 0) this.#end();
		else if (waiting < 0) this.#readFailed(lastErrno());
	}
	#readFailed(errno) {
		if (errno !== "EAGAIN" && errno !== "EINTR") this.#fail(errno);
	}
	#end() {
		this.#ended = true;
		this.#handlers.onEnd?.();
		if (this.#state === "open") this.#checkDone();
	}
	/** Sends what waits, and after it the FIN that was asked for. */
	#flush() {
		if (this.#state !== "open") return;
		for (let next = this.#unsent[0]; next !== void 0; next = this.#unsent[0]) {
			const sent = this.#write(next);
			if (typeof sent === "string") {
				this.#fail(sent);
				return;
			}
			if (sent < next.length) {
				this.#unsent[0] = next.subarray(sent);
				return;
			}
			this.#unsent.shift();
		}
		if (!this.#closing || this.#finSent) return;
		this.#finSent = true;
		libc.shutdown(this.fd, SHUT_WR);
		if (this.#ended) this.#room.poller.post(() => this.#checkDone());
	}
	/** How many bytes the kernel took, or the errno's name. */
	#write(bytes) {
		const sent = libc.send(this.fd, bytes, bytes.length, 16448);
		if (sent >= 0) return sent;
		const errno = lastErrno();
		return errno === "EAGAIN" || errno === "EINTR" ? 0 : errno;
	}
	/** Ends the connection when TCP has. */
	#checkDone() {
		if (this.#state !== "open") return;
		const errno = takeSocketError(this.fd);
		if (errno !== void 0) {
			this.#fail(errno);
			return;
		}
		getOption(this.fd, {
			level: SOL_TCP,
			name: TCP_INFO
		}, INFO);
		if (INFO[0] !== TCP_CLOSE) return;
		this.#leave();
		this.#handlers.onClose?.();
	}
	#fail(errno) {
		if (this.#state === "done") return;
		this.#leave();
		this.#handlers.onError?.(socketError(errno));
	}
	#leave() {
		this.#state = "done";
		this.#unsent = [];
		this.#unwatch();
		this.#room.open.delete(this.#netns, this);
		libc.close(this.fd);
	}
};
const READ_BUFFER = new Uint8Array(READ_BYTES);
const INFO = /* @__PURE__ */ new Uint8Array(1);
// src/linux/tcp-socket.ts
/** TCP: listen and connect on the real kernel. */
const SOMAXCONN = 4096;
/** Binds and listens; connections are accepted as soon as the poller looks. */
function listenTcpSocket(room, netns, options, onAccept) {
	const fd = openInet(netns, {
		type: 1,
		protocol: 6,
		options,
		reuseAddr: true,
		alwaysBind: true
	});
	if (!fd.ok) return fd;
	if (libc.listen(fd.value, options.backlog ?? SOMAXCONN) !== 0) return closed(fd.value, lastErrno());
	return ok(new LinuxTcpListener(room, {
		netns,
		fd: fd.value,
		options
	}, onAccept));
}
/**
* Sends the SYN. What stops the SYN from being made is the result's error; whatever comes after that, even before this
* returns, is told to the handlers.
*/
function connectTcpSocket(room, netns, at, handlers) {
	const { to, options } = at;
	const remote = remoteSockaddr(to);
	if (!remote.ok) return remote;
	const fd = openInet(netns, {
		type: 1,
		protocol: 6,
		options,
		reuseAddr: true
	});
	if (!fd.ok) return fd;
	const errno = libc.connect(fd.value, remote.value, remote.value.length) === 0 ? void 0 : lastErrno();
	const failed = errno !== void 0 && errno !== "EINPROGRESS";
	const local = localEnd(fd.value);
	if (failed && !synWasSent(netns, {
		...at,
		errno,
		localPort: local.port
	}, remote.value)) return closed(fd.value, errno);
	const place = {
		netns,
		fd: fd.value,
		options,
		local,
		remote: remoteEnd(to)
	};
	return ok(new LinuxTcpConnection(room, place, {
		state: "connecting",
		handlers,
		...failed ? { failed: errno } : {}
	}));
}
var LinuxTcpListener = class {
	local;
	fd;
	options;
	#room;
	#netns;
	#unwatch;
	#onAccept;
	#closed = false;
	constructor(room, at, onAccept) {
		this.#room = room;
		this.#netns = at.netns;
		this.fd = at.fd;
		this.options = at.options;
		this.local = localEnd(at.fd);
		this.#onAccept = onAccept;
		this.#unwatch = room.poller.watch(at.fd, 1, () => this.#accept());
		room.open.add(at.netns, this);
	}
	isOwned() {
		return true;
	}
	close() {
		this.destroy();
	}
	destroy() {
		if (this.#closed) return;
		this.#closed = true;
		this.#unwatch();
		this.#room.open.delete(this.#netns, this);
		libc.close(this.fd);
	}
	#accept() {
		const addr = /* @__PURE__ */ new Uint8Array(16);
		while (!this.#closed) {
			const length = new Uint32Array([addr.length]);
			const fd = libc.accept4(this.fd, addr, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
			if (fd < 0) {
				const errno = lastErrno();
				if (errno === "ECONNABORTED" || errno === "EINTR") continue;
				if (errno === "EAGAIN") return;
				throw new Error(`accept4: ${errno}`);
			}
			const remote = endAt(new DataView(addr.buffer), 0);
			const place = {
				netns: this.#netns,
				fd,
				options: this.options,
				local: localEnd(fd),
				remote
			};
			this.#onAccept(new LinuxTcpConnection(this.#room, place, {
				state: "open",
				handlers: {}
			}));
		}
	}
};
/**
* Whether a connect that failed at once had sent its SYN: the answer can come, through veth devices, while connect still
* runs. A port that was chosen says so; where the program had chosen it, a route that is there does.
*/
function synWasSent(netns, at, remote) {
	if (at.errno === "ECONNREFUSED" || at.errno === "ECONNRESET") return true;
	if (at.errno !== "EHOSTUNREACH" && at.errno !== "ENETUNREACH") return false;
	if ((at.options.bind?.port ?? 0) === 0) return at.localPort !== 0;
	const { bind: _, ...options } = at.options;
	const addr = at.options.bind?.addr;
	const probe = openInet(netns, {
		type: 2,
		protocol: 17,
		options: addr === void 0 ? options : {
			...options,
			bind: { addr }
		}
	});
	if (!probe.ok) return false;
	const hasRoute = libc.connect(probe.value, remote, remote.length) === 0;
	libc.close(probe.value);
	return hasRoute;
}
function closed(fd, errno) {
	libc.close(fd);
	return socketErr(errno);
}
// src/linux/udp-socket.ts
/** UDP sockets. ICMP errors come from the error queue (IP_RECVERR), whether the socket is connected or not. */
const SOL_IP = 0;
const IP_PKTINFO = 8;
const IP_RECVERR = 11;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Opens, binds and, with `connect`, connects a socket. */
function openUdpSocket(room, netns, options, handlers) {
	const to = options.connect === void 0 ? void 0 : remoteSockaddr(options.connect);
	if (to?.ok === false) return to;
	const fd = openInet(netns, {
		type: 2,
		protocol: 17,
		options,
		alwaysBind: true
	});
	if (!fd.ok) return fd;
	setIntOption(fd.value, SOL_IP, IP_PKTINFO, 1);
	setIntOption(fd.value, SOL_IP, IP_RECVERR, 1);
	setIntOption(fd.value, 1, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
	if (to !== void 0 && libc.connect(fd.value, to.value, to.value.length) !== 0) {
		const errno = lastErrno();
		libc.close(fd.value);
		return socketErr(errno);
	}
	return ok(new LinuxUdpSocket(room, {
		netns,
		fd: fd.value,
		options
	}, handlers));
}
var LinuxUdpSocket = class {
	local;
	fd;
	options;
	#room;
	#netns;
	#unwatch;
	#handlers;
	#closed = false;
	/** The end sent to last. */
	#lastTo;
	constructor(room, at, handlers) {
		this.#room = room;
		this.#netns = at.netns;
		this.fd = at.fd;
		this.options = at.options;
		this.#handlers = handlers;
		this.local = localEnd(at.fd);
		this.#unwatch = room.poller.watch(at.fd, 1, (events) => this.#ready(events));
		room.open.add(at.netns, this);
	}
	isOwned() {
		return true;
	}
	send(bytes, to) {
		if (this.#closed) return socketErr("EINVAL", "closed socket");
		if (to === void 0) {
			if (this.options.connect === void 0) return socketErr("ENOTCONN");
			return sendDatagram(this.#room, this.#sending, bytes, void 0);
		}
		if (this.#lastTo?.end !== to) {
			const remote = remoteSockaddr(to);
			if (!remote.ok) return remote;
			this.#lastTo = {
				end: to,
				bytes: remote.value
			};
		}
		return sendDatagram(this.#room, this.#sending, bytes, this.#lastTo.bytes);
	}
	close() {
		this.destroy();
	}
	destroy() {
		if (this.#closed) return;
		this.#closed = true;
		this.#handlers = {};
		this.#unwatch();
		this.#room.open.delete(this.#netns, this);
		libc.close(this.fd);
	}
	get #sending() {
		return {
			fd: this.fd,
			onQueuedError: (error) => this.#icmpError(error)
		};
	}
	#ready(events) {
		if ((events & 8) !== 0) for (const error of takeQueuedErrors(this.#room, this.fd)) this.#icmpError(error);
		while (!this.#closed) {
			const next = this.#room.messages.datagram(this.fd);
			if (typeof next === "string") return;
			this.#handlers.onDatagram?.(next.bytes, next.from, {
				addr: next.to ?? this.local.addr,
				port: this.local.port
			});
		}
	}
	#icmpError(error) {
		if (error.origin === "local") return;
		const { type, code, info } = error;
		const tooLong = type === 3 && code === 4;
		const mtu = tooLong ? { mtu: info } : {};
		this.#handlers.onIcmpError?.({
			from: error.from,
			type,
			code,
			to: error.to,
			...mtu
		});
		if (this.options.connect === void 0) return;
		if (tooLong) this.#handlers.onError?.(socketError("EMSGSIZE", `mtu=${info}`));
		else if (icmpErrorIsFatal(type, code)) this.#handlers.onError?.(socketError(errnoName(error.errno)));
	}
};
// src/linux/sockets.ts
/** The port's sockets on the real kernel: non-blocking descriptors in the namespaces, their callbacks from the poller. */
/** Opens sockets in the namespaces of a kernel. IPv6 addresses are EOPNOTSUPP. */
var LinuxSockets = class {
	#room;
	constructor(netns, poller) {
		this.#room = {
			netns,
			poller,
			messages: new MessageReader(),
			packets: new PacketReader(),
			open: new OpenSockets(),
			pool: new PacketPool()
		};
	}
	listenTcp(netns, options, onAccept) {
		const found = findNetns(this.#room, netns);
		return found.ok ? listenTcpSocket(this.#room, found.value, options, onAccept) : found;
	}
	connectTcp(netns, to, options, handlers) {
		const found = findNetns(this.#room, netns);
		return found.ok ? connectTcpSocket(this.#room, found.value, {
			to,
			options
		}, handlers) : found;
	}
	openUdp(netns, options, handlers) {
		const found = findNetns(this.#room, netns);
		return found.ok ? openUdpSocket(this.#room, found.value, options, handlers) : found;
	}
	openEcho(netns, to, options, handlers) {
		const found = findNetns(this.#room, netns);
		return found.ok ? openEchoSocket(this.#room, found.value, {
			to,
			options
		}, handlers) : found;
	}
	openPacket(netns, options, handlers) {
		const found = findNetns(this.#room, netns);
		return found.ok ? openPacketSocket(this.#room, found.value, options, handlers) : found;
	}
	list(netns) {
		const found = findNetns(this.#room, netns);
		if (!found.ok) return found;
		const tcp = diagSockets(found.value, 6);
		if (typeof tcp === "string") return socketErr(tcp, "sock_diag");
		const udp = diagSockets(found.value, 17);
		if (typeof udp === "string") return socketErr(udp, "sock_diag");
		const owners = ownersByInode(this.#room.open.of(found.value));
		const listeners = tcp.filter(({ state }) => state === TCP_LISTEN);
		const connections = tcp.filter(({ state }) => state !== TCP_LISTEN && STATES[state] !== void 0).sort((a, b) => a.local.port - b.local.port || a.remote.port - b.remote.port);
		const names = found.value.run(() => deviceNames([...tcp, ...udp]));
		return ok([...[...listeners, ...connections].map((socket) => entry("tcp", socket, owners.get(socket.inode), names)), ...udp.map((socket) => entry("udp", socket, owners.get(socket.inode), names))]);
	}
	/**
	* Closes all sockets of a namespace, open and kept, telling neither their programs nor their peers. To be called before
	* the namespace is let go: its sockets would keep it alive.
	*/
	closeNetns(netns) {
		this.#room.open.destroyAll(netns);
		this.#room.pool.closeAll(netns);
	}
};
const TCP_LISTEN = 10;
/** By the kernel's number; of UDP, 7 is "not connected". */
const STATES = {
	1: "ESTAB",
	2: "SYN-SENT",
	3: "SYN-RECV",
	4: "FIN-WAIT-1",
	5: "FIN-WAIT-2",
	6: "TIME-WAIT",
	8: "CLOSE-WAIT",
	9: "LAST-ACK",
	10: "LISTEN",
	11: "CLOSING",
	12: "SYN-RECV"
};
function entry(protocol, socket, owner, names) {
	const dev = names.get(socket.ifindex);
	const owned = owner?.isOwned() === true ? owner.options : {};
	return {
		protocol,
		state: STATES[socket.state] ?? "UNCONN",
		local: socket.local,
		...socket.remote.port === 0 ? {} : { remote: socket.remote },
		...dev === void 0 ? {} : { dev },
		recvQueue: socket.recvQueue,
		sendQueue: socket.sendQueue,
		...owned.program === void 0 || owned.program === "" ? {} : { program: owned.program },
		...owned.pid === void 0 ? {} : { pid: owned.pid }
	};
}
function ownersByInode(open) {
	return new Map(open.map((socket) => [fstatSync(socket.fd).ino, socket]));
}
/** In the namespace. */
function deviceNames(sockets) {
	const names = /* @__PURE__ */ new Map();
	for (const { ifindex } of sockets) {
		if (ifindex === 0 || names.has(ifindex)) continue;
		const name = /* @__PURE__ */ new Uint8Array(16);
		if (libc.if_indextoname(ifindex, name) === 0) continue;
		names.set(ifindex, Buffer.from(name.subarray(0, name.indexOf(0))).toString("latin1"));
	}
	return names;
}
// src/linux/xtables-model.ts
/**
* What a transaction makes of the tables, worked out before anything is loaded: the same answers to `add`, `replace`,
* `delete`, `position`, `duplicate` and `keepRules` as the simulated kernel gives. What is to be loaded is the difference
* between before and after, so rules that stay keep their counters.
*/
const NAT_IS_NOT_A_FILTER = "The \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.";
var ModelChain = class {
	name;
	isBuiltin;
	/** As it was; undefined: it was not there, or nobody has looked. */
	before;
	exists;
	policy = "accept";
	counters;
	/** The operation that said policy or counters of a built-in chain. */
	headOp;
	/** The last operation that overwrote or deleted the chain as a whole: nothing of before is left. */
	wholeOp;
	rules;
	/** Which operation took away which rule of before. */
	removed = /* @__PURE__ */ new Map();
	constructor(name, isBuiltin, before) {
		this.name = name;
		this.isBuiltin = isBuiltin;
		this.before = before;
		this.exists = isBuiltin || before !== void 0;
		this.policy = before?.policy ?? "accept";
		this.counters = before?.counters;
		this.rules = (before?.rules ?? []).map((rule, index) => ({
			rule,
			from: { before: index }
		}));
	}
	get isChanged() {
		return this.headOp !== void 0 || this.wholeOp !== void 0 || this.removed.size > 0 || this.rules.some(({ from }) => "op" in from);
	}
};
var ModelTable = class {
	name;
	chains = /* @__PURE__ */ new Map();
	/** It was not in use. */
	isNew;
	constructor(name, before, isKnown) {
		this.name = name;
		this.isNew = isKnown && before === void 0;
		const chains = new Map(before?.chains.map((chain) => [chain.name, chain]));
		for (const hook of BUILTIN_CHAINS[name]) this.chains.set(hook, new ModelChain(hook, true, chains.get(hook)));
		for (const [chain, was] of chains) if (!this.chains.has(chain)) this.chains.set(chain, new ModelChain(chain, false, was));
	}
	get isChanged() {
		return [...this.chains.values()].some((chain) => chain.isChanged);
	}
	/** The chain, also one that is not there (yet). */
	chain(name) {
		const found = this.chains.get(name) ?? new ModelChain(name, false, void 0);
		this.chains.set(name, found);
		return found;
	}
};
/** The tables of one family. */
var XtModel = class {
	tables;
	/** `before`: the tables as saved; undefined: nobody has looked, and only whole chains of tables in use can be replaced. */
	constructor(before) {
		this.tables = new Map(TABLE_NAMES.map((name) => [name, new ModelTable(name, before?.find((table) => table.name === name), before !== void 0)]));
	}
	/** One operation, the `index`th of the transaction. */
	apply(verb, object, index) {
		const table = this.tables.get(object.table);
		if (table === void 0) return refuse("ENOENT", `table '${String(object.table)}' does not exist`);
		const refused = checkName(object.chain, table.name);
		if (refused !== void 0) return refused;
		return object.kind === "xt-chain" ? applyChain(table, verb, {
			object,
			index
		}) : applyRule(table, verb, {
			object,
			index
		});
	}
};
function applyChain(table, verb, { object, index }) {
	const chain = table.chain(object.chain);
	if (object.policy !== void 0 && !chain.isBuiltin) return refuse("EINVAL", `Bad built-in chain name: ${object.chain}`);
	if (object.policy === "drop" && table.name === "nat") return refuse("EINVAL", NAT_IS_NOT_A_FILTER);
	if (verb === "delete") {
		if (!chain.exists) return refuse("ENOENT", noChain(object.chain, table.name));
		chain.exists = chain.isBuiltin;
		chain.rules = [];
		chain.wholeOp = index;
		return ok(void 0);
	}
	const isFresh = chain.isBuiltin && chain.rules.length === 0 && chain.policy === "accept";
	if (verb === "add" && chain.exists && !isFresh) return refuse("EEXIST", `Chain ${object.chain} already exists.`);
	const keep = object.keepRules === true && chain.exists;
	if (chain.isBuiltin && (object.policy !== void 0 || object.counters !== void 0)) {
		chain.policy = object.policy ?? chain.policy;
		chain.counters = object.counters;
		chain.headOp = index;
	}
	chain.exists = true;
	if (keep) return ok(void 0);
	chain.rules = object.rules.map((rule) => ({
		rule,
		from: { op: index }
	}));
	chain.wholeOp = index;
	return ok(void 0);
}
function applyRule(table, verb, { object, index }) {
	const chain = table.chain(object.chain);
	if (!chain.exists) return refuse("ENOENT", noChain(object.chain, table.name));
	const { rules } = chain;
	const number = verb === "add" ? void 0 : object.position;
	const wanted = formatRule(object.rule);
	const at = number === void 0 ? rules.findIndex(({ rule }) => formatRule(rule) === wanted) : number - 1;
	const old = rules[at];
	if (number !== void 0 && old === void 0) return refuse("ERANGE", `Index of ${verb === "delete" ? "deletion" : "replacement"} too big: ${number} in chain ${object.chain}.`);
	if (verb === "delete") {
		if (old === void 0) return refuse("ENOENT", `Bad rule (does a matching rule exist in chain ${object.chain}?).`);
		takeOut(chain, at, index);
		return ok(void 0);
	}
	if (number === void 0 && old !== void 0 && object.duplicate !== true) return ok(void 0);
	const place = number ?? object.position ?? rules.length + 1;
	if (place < 1 || place > rules.length + 1) return refuse("ERANGE", `Index of insertion too big: ${place} in chain ${object.chain}.`);
	if (number !== void 0) takeOut(chain, at, index);
	chain.rules.splice(place - 1, 0, {
		rule: object.rule,
		from: { op: index }
	});
	return ok(void 0);
}
function takeOut(chain, at, index) {
	const [gone] = chain.rules.splice(at, 1);
	if (gone !== void 0 && "before" in gone.from) chain.removed.set(gone.from.before, index);
}
function checkName(name, table) {
	if (HOOK_NAMES.some((hook) => hook === name) && !BUILTIN_CHAINS[table].some((hook) => hook === name)) return refuse("ENOENT", noChain(name, table));
	if (name.length > 28) return refuse("ENAMETOOLONG", `chain name \`${name}' too long (must be under 29 chars)`);
	if (name === "" || /^[-!]|[\s\0]/.test(name)) return refuse("EINVAL", `chain name \`${name}' is not allowed`);
}
function noChain(chain, table) {
	return `No chain/target/match by that name: chain ${chain} of table ${table}`;
}
function refuse(errno, message) {
	return err({
		errno,
		message
	});
}
// src/linux/xtables-text.ts
/** From what a transaction makes of the tables to the text that does it, each line with the operation it is for. */
/** What brings the tables from before to after. */
function changeText(model, backend) {
	const lines = new Lines();
	const tables = [...model.tables.values()].filter((table) => table.isChanged);
	for (const table of tables) {
		lines.add(`*${table.name}`);
		const chains = [...table.chains.values()].filter((chain) => chain.isChanged);
		if (table.isNew) declareAll(table, lines);
		else if (backend === "legacy") keepCounters(table, lines);
		for (const chain of chains) declare(chain, lines);
		for (const chain of chains) changeRules(chain, lines);
		for (const chain of chains) if (!chain.exists && chain.before !== void 0) lines.add(`-X ${chain.name}`, chain.wholeOp);
		lines.add("COMMIT");
	}
	return {
		...lines.done(),
		tables,
		isEmpty: tables.length === 0
	};
}
/** What brings the chains that the transaction touched back to before. */
function undoText(tables) {
	const lines = new Lines();
	for (const table of tables) {
		lines.add(`*${table.name}`);
		const chains = [...table.chains.values()].filter((chain) => chain.isChanged);
		for (const { name, isBuiltin, before } of chains) {
			lines.add(`:${name} ${isBuiltin ? (before?.policy ?? "accept").toUpperCase() : "-"} ${counted(before?.counters)}`);
			if (isBuiltin) lines.add(`-F ${name}`);
		}
		for (const { name, before } of chains) for (const rule of before?.rules ?? []) lines.add(appended(name, rule));
		for (const { name, isBuiltin, before } of chains) if (!isBuiltin && before === void 0) lines.add(`-X ${name}`);
		lines.add("COMMIT");
	}
	return lines.done().text;
}
/** Of chains that iptables-nft makes by itself, the policy does not count (kernel-lab-2 D2). */
function declareAll(table, lines) {
	for (const { name, isBuiltin, headOp } of table.chains.values()) if (isBuiltin && headOp === void 0) lines.add(`:${name} ACCEPT [0:0]`);
}
/** iptables-legacy 1.8.9 sets the counters of all policies of a table to zero when one of its rules changes. */
function keepCounters(table, lines) {
	for (const { name, isBuiltin, headOp, before } of table.chains.values()) {
		if (!isBuiltin || headOp !== void 0 || before === void 0) continue;
		lines.add(`:${name} ${(before.policy ?? "accept").toUpperCase()} ${counted(before.counters)}`);
	}
}
/** Makes a new chain, empties one that is to be filled anew or deleted, sets a policy. */
function declare(chain, lines) {
	const { name, headOp, wholeOp } = chain;
	if (headOp !== void 0) lines.add(`:${name} ${chain.policy.toUpperCase()} ${counted(chain.counters)}`, headOp);
	if (wholeOp === void 0) return;
	if (chain.isBuiltin || !chain.exists) {
		if (chain.isBuiltin || chain.before !== void 0) lines.add(`-F ${name}`, wholeOp);
	} else lines.add(`:${name} - [0:0]`, wholeOp);
}
function changeRules(chain, lines) {
	const { name, rules } = chain;
	if (chain.wholeOp !== void 0) {
		for (const { rule, from } of rules) lines.add(appended(name, rule), "op" in from ? from.op : void 0);
		return;
	}
	const removed = [...chain.removed].sort(([a], [b]) => b - a);
	for (const [index, op] of removed) lines.add(`-D ${name} ${index + 1}`, op);
	let length = (chain.before?.rules.length ?? 0) - removed.length;
	for (const [index, { rule, from }] of rules.entries()) {
		if (!("op" in from)) continue;
		const atEnd = index === length;
		lines.add(atEnd ? appended(name, rule) : `${prefix(rule)}-I ${name} ${index + 1}${words(rule)}`, from.op);
		length += 1;
	}
}
function appended(chain, rule) {
	return `${prefix(rule)}-A ${chain}${words(rule)}`;
}
function prefix({ counters }) {
	return counters === void 0 ? "" : `${counted(counters)} `;
}
function counted(counters) {
	return `[${counters?.packets ?? 0}:${counters?.bytes ?? 0}]`;
}
function words(rule) {
	const text = formatRule(rule);
	return text === "" ? "" : ` ${text}`;
}
var Lines = class {
	#text = "";
	#unwritable;
	#ops = [];
	add(line, op) {
		if (/[\n\0]/.test(line)) this.#unwritable ??= op ?? -1;
		this.#text += `${line}\n`;
		this.#ops.push(op);
	}
	done() {
		return {
			text: this.#text,
			ops: this.#ops,
			unwritable: this.#unwritable
		};
	}
};
// src/linux/xtables-tool.ts
/**
* The iptables programs: which of the two backends holds a namespace's rules, loading text and saving it. Measured:
* iptables-nft-restore 16 ms (it waits for RCU), iptables-legacy-restore 1.5 ms, either save 2 ms.
*/
const PROGRAM = {
	ipv4: "iptables",
	ipv6: "ip6tables"
};
/** Loads text; without `noflush` tables that the text names are emptied first. Each table is atomic, and the tables before a failing one stay loaded. */
function restoreXtables(netns, text, how) {
	const program = `${PROGRAM[how.family]}-${how.backend}-restore`;
	const flags = how.noflush ? ["--noflush"] : [];
	const run = runProgram(netns, [
		program,
		"-w",
		"--counters",
		...flags
	], text);
	if (run.code === 0) return ok(void 0);
	if (run.missing === true) return err({
		message: run.err,
		lines: [],
		missing: true
	});
	const message = run.err.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("Try `") && !line.startsWith("# Warning")).join(" ");
	const lines = [...run.err.matchAll(/\bline:? (\d+)/g)].map(([, number]) => Number(number));
	return err({
		message: message === "" ? `${program}: exit code ${run.code}` : message,
		lines
	});
}
/** The tables in use, with counters; of one table only when `table` is given, which is then in use from here on. */
function saveXtables(netns, how) {
	if (how.backend === "legacy") {
		const inUse = legacyTables(netns, how.family);
		if (how.table === void 0 ? inUse.length === 0 : !inUse.includes(how.table)) return ok([]);
	}
	const program = `${PROGRAM[how.family]}-${how.backend}-save`;
	const run = runProgram(netns, [
		program,
		"-c",
		...how.table === void 0 ? [] : ["-t", how.table]
	]);
	if (run.code !== 0) {
		const errno = run.missing === true ? "EOPNOTSUPP" : "EIO";
		return err({
			errno,
			op: -1,
			message: run.err.trim() === "" ? `${program}: exit code ${run.code}` : run.err.trim()
		});
	}
	const parsed = parseIptablesSave(run.out, { family: how.family });
	if (parsed.ok) return ok(parsed.value.tables);
	const { line, column, message } = parsed.error;
	return err({
		errno: "EIO",
		op: -1,
		message: `${program} said what podwire cannot read: ${line}:${column}: ${message}`
	});
}
/** The tables that the legacy backend has in this namespace. */
function legacyTables(netns, family) {
	const file = `/proc/thread-self/net/${family === "ipv4" ? "ip" : "ip6"}_tables_names`;
	try {
		const names = new Set(netns.run(() => readFileSync(file, "utf8")).split("\n"));
		return TABLE_NAMES.filter((table) => names.has(table));
	} catch {
		return [];
	}
}
/** The backend of the program `iptables` without a suffix. */
function defaultBackend(netns) {
	return runProgram(netns, ["iptables", "-V"]).out.includes("legacy") ? "legacy" : "nft";
}
/** Whether anything in these tables could judge a packet or count one by a rule. */
function hasRules(tables) {
	return tables.some(({ chains }) => chains.some(({ policy, rules }) => policy !== "accept" || rules.length > 0));
}
// src/linux/xtables-error.ts
/** What iptables-restore complains about, as an error of the port: which errno, which operation. */
/** Without `failed`, only what the message itself says. */
function restoreFailure(failure, failed) {
	const { message } = failure;
	if (failure.missing === true) return {
		errno: "EOPNOTSUPP",
		op: -1,
		message
	};
	if (failed === void 0) return {
		errno: errnoOf(message),
		op: -1,
		message
	};
	const missingChain = /(?:Chain|goto) '(.+?)' (?:does not exist|is not a chain)/.exec(message)?.[1] ?? missingTarget(message, failed);
	if (missingChain !== void 0) return {
		errno: "ENOENT",
		op: jumper(missingChain, failed),
		message
	};
	const op = failure.lines.map((line) => failed.change.ops[line - 1]).find((each) => each !== void 0);
	if (op !== void 0 && deletesChain(failure, failed)) return {
		errno: "EBUSY",
		op,
		message: `${message}: a chain in use cannot be deleted`
	};
	return {
		errno: (failed.backend === "legacy" && op === void 0 || errnoOf(message) === "EMLINK") && isLoop(failed) ? "ELOOP" : errnoOf(message),
		op: op ?? culprit(failed),
		message
	};
}
function errnoOf(message) {
	if (/Couldn't load match|Couldn't load target|missing kernel module/.test(message)) return "EOPNOTSUPP";
	if (message.includes("you must be root")) return "EPERM";
	return errnoIn(message) ?? (/does(n't| not) exist/.test(message) ? "ENOENT" : "EINVAL");
}
/** The legacy program takes a chain that is not there for a target that it cannot load. */
function missingTarget(message, failed) {
	const name = /Couldn't load target `(.+?)'/.exec(message)?.[1];
	return name !== void 0 && jumper(name, failed) >= 0 ? name : void 0;
}
/** The first operation with a rule that leads to the chain. */
function jumper(chain, { ops }) {
	return ops.find(({ object }) => rulesOf(object).some((rule) => jumpOf(rule) === chain))?.index ?? -1;
}
function rulesOf(object) {
	return object.kind === "xt-chain" ? object.rules : [object.rule];
}
function jumpOf({ target }) {
	return target.kind === "jump" || target.kind === "goto" ? target.chain : void 0;
}
/** The legacy program gives no reason; the only one for a chain that is there and empty is that rules lead to it. */
function deletesChain(failure, { backend, change }) {
	const line = change.text.split("\n")[(failure.lines[0] ?? 0) - 1] ?? "";
	return backend === "legacy" && line.startsWith("-X ");
}
/** Whether chains that a hook reaches lead back to themselves after the change: nf_tables says EMLINK, x_tables ELOOP, the programs at times nothing. */
function isLoop({ change }) {
	return change.tables.some(({ chains }) => {
		const done = /* @__PURE__ */ new Set();
		const visit = (name, path) => {
			if (path.includes(name)) return true;
			if (done.has(name)) return false;
			const rules = chains.get(name)?.rules ?? [];
			const found = [...new Set(rules.map(({ rule }) => jumpOf(rule)))].some((each) => each !== void 0 && visit(each, [...path, name]));
			done.add(name);
			return found;
		};
		return [...chains.values()].some(({ isBuiltin, name }) => isBuiltin && visit(name, []));
	});
}
/**
* x_tables judges a table as a whole and says no line: the first so many operations that fail, tried in a namespace of
* their own. -1 when they do not fail there, for it has not everything that this namespace has.
*/
function culprit(failed) {
	const { ops } = failed;
	const only = ops.length === 1 ? ops[0] : void 0;
	if (only !== void 0) return only.index;
	const scratch = createNetns("scratch", void 0);
	if (!scratch.ok) return -1;
	const how = {
		family: failed.family,
		backend: failed.backend
	};
	const fails = (count) => {
		const model = new XtModel(failed.before);
		for (const { index, verb, object } of ops.slice(0, count)) model.apply(verb, object, index);
		restoreXtables(scratch.value, formatIptablesSave(failed.before, { counters: true }), {
			...how,
			noflush: false
		});
		return !restoreXtables(scratch.value, changeText(model, failed.backend).text, {
			...how,
			noflush: true
		}).ok;
	};
	try {
		if (!fails(ops.length)) return -1;
		let [good, bad] = [0, ops.length];
		while (bad - good > 1) {
			const middle = good + bad >> 1;
			if (fails(middle)) bad = middle;
			else good = middle;
		}
		return ops[bad - 1]?.index ?? -1;
	} finally {
		closeNetns(scratch.value);
	}
}
// src/linux/xtables-log-tag.ts
/**
* A tag before the prefix of every LOG rule: the kernel's log is one for all namespaces, and so a reader knows which lines
* are whose. Put on when rules are loaded, taken off when they are listed.
*/
/** So many characters of a prefix the kernel keeps. */
const PREFIX_LENGTH = 29;
/** The error is a sentence: prefix and tag are longer than the kernel keeps. */
function tagRule(rule, tag) {
	const { target } = rule;
	if (target.kind !== "log" || tag === "") return ok(rule);
	const prefix = tag + (target.prefix ?? "");
	if (prefix.length > PREFIX_LENGTH) return err(`LOG prefix "${target.prefix}" is longer than the ${PREFIX_LENGTH - tag.length} characters that the tag leaves`);
	return ok({
		...rule,
		target: {
			...target,
			prefix
		}
	});
}
function tagObject(object, tag) {
	if (tag === "") return ok(object);
	if (object.kind === "xt-rule") {
		const rule = tagRule(object.rule, tag);
		return rule.ok ? ok({
			...object,
			rule: rule.value
		}) : rule;
	}
	const rules = [];
	for (const rule of object.rules) {
		const tagged = tagRule(rule, tag);
		if (!tagged.ok) return tagged;
		rules.push(tagged.value);
	}
	return ok({
		...object,
		rules
	});
}
/** A line of iptables-save text; lines that are no LOG rule stay word by word. */
function tagLine(line, tag, family) {
	const match = tag === "" ? null : /^((?:\[\d+:\d+\] )?-A \S+ )(.*-j LOG\b.*)$/.exec(line);
	if (match === null) return ok(line);
	const [, head = "", words = ""] = match;
	const rules = parseRules(words, family);
	if (!rules.ok) return err(rules.error.message);
	const lines = [];
	for (const rule of rules.value) {
		const tagged = tagRule(rule, tag);
		if (!tagged.ok) return tagged;
		lines.push(`${head}${formatRule(tagged.value)}`);
	}
	return ok(lines.join("\n"));
}
function untagTable(table, tag) {
	if (tag === "") return table;
	return {
		...table,
		chains: table.chains.map((chain) => ({
			...chain,
			rules: chain.rules.map((rule) => untag(rule, tag))
		}))
	};
}
function untag(rule, tag) {
	const { target } = rule;
	if (target.kind !== "log" || target.prefix?.startsWith(tag) !== true) return rule;
	const { prefix, ...rest } = target;
	const shorter = prefix.slice(tag.length);
	return {
		...rule,
		target: shorter === "" ? rest : {
			...rest,
			prefix: shorter
		}
	};
}
// src/linux/xtables-whole.ts
/** Whole rule sets: text that says everything about all five tables, and saved tables as objects of the port. */
/**
* Text for `iptables-restore --counters`: what `text` says, and that everything it does not name is empty and ACCEPT. The
* error is a sentence about a line.
*/
function wholeText(text, options) {
	const given = text.split("\n");
	const declared = declaredChains(given);
	const lines = [];
	const add = (line, from = 0) => void lines.push({
		text: line,
		from
	});
	for (const name of TABLE_NAMES) {
		if (declared.has(name)) continue;
		add(`*${name}`);
		for (const hook of BUILTIN_CHAINS[name]) add(`:${hook} ACCEPT [0:0]`);
		add("COMMIT");
	}
	for (const [index, line] of given.entries()) {
		const tagged = tagLine(/^:\S+\s+\S+\s*$/.test(line) ? `${line.trimEnd()} [0:0]` : line, options.tag, options.family);
		if (!tagged.ok) return err(`line ${index + 1}: ${tagged.error}`);
		for (const each of tagged.value.split("\n")) add(each, index + 1);
		const table = TABLE_NAMES.find((name) => line.trimEnd() === `*${name}`);
		if (table === void 0) continue;
		for (const hook of BUILTIN_CHAINS[table]) if (declared.get(table)?.has(hook) !== true) add(`:${hook} ACCEPT [0:0]`);
	}
	if (lines.at(-1)?.text === "") lines.pop();
	return ok({
		text: `${lines.map((line) => line.text).join("\n")}\n`,
		lines: lines.map(({ from }) => from)
	});
}
/** The chains that each table of the text declares by a `:` line. */
function declaredChains(lines) {
	const tables = /* @__PURE__ */ new Map();
	let chains;
	for (const line of lines) {
		const table = TABLE_NAMES.find((name) => line.trimEnd() === `*${name}`);
		if (table !== void 0) {
			chains = tables.get(table) ?? /* @__PURE__ */ new Set();
			tables.set(table, chains);
		}
		const chain = /^:(\S+)/.exec(line)?.[1];
		if (chain !== void 0) chains?.add(chain);
	}
	return tables;
}
/** As iptables-nft-save lists tables. */
const TABLE_ORDER = [
	"mangle",
	"security",
	"raw",
	"filter",
	"nat"
];
/** In the order of iptables-nft-save, whichever backend they are from: tables, built-in chains by hook, then others by name. */
function chainObjects(tables, family) {
	return tables.toSorted((a, b) => TABLE_ORDER.indexOf(a.name) - TABLE_ORDER.indexOf(b.name)).flatMap((table) => {
		const hooks = BUILTIN_CHAINS[table.name];
		const builtin = table.chains.filter(({ name }) => hooks.includes(name));
		const users = table.chains.filter(({ name }) => !hooks.includes(name));
		builtin.sort((a, b) => hooks.indexOf(a.name) - hooks.indexOf(b.name));
		users.sort((a, b) => a.name < b.name ? -1 : 1);
		return [...builtin, ...users].map(({ name, policy, counters, rules }) => {
			const common = {
				kind: "xt-chain",
				family,
				table: table.name,
				chain: name,
				rules
			};
			if (policy === void 0) return common;
			return {
				...common,
				policy,
				counters: counters ?? {
					packets: 0,
					bytes: 0
				}
			};
		});
	});
}
// src/linux/xtables.ts
/**
* iptables of the real kernel: chains and rules of both families. A transaction is worked out against what is there
* (`xtables-model.ts`) and loaded by one process; who made a rule (`origin`) is not known to the kernel, and a dump has none.
*
* Linux keeps a table that was ever used: what is taken back leaves it empty, not away.
*
* Sets (`-m set`) are not here. Their driver belongs beside this one, in the same shape: `runProgram` with `ipset restore`
* (text by stdin) and `ipset save`, another `ObjectDriver` for the kinds of sets. A transaction names sets before the rules
* that use them and deletes them after; a set in use cannot go (EBUSY), and a rule for one that is not there is ENOENT.
*/
const FAMILIES = ["ipv4", "ipv6"];
const NOTHING = () => void 0;
var XtablesDriver = class {
	kinds = ["xt-chain", "xt-rule"];
	#backend;
	#tag;
	#default;
	/** Where `auto` has been decided by rules. */
	#decided = /* @__PURE__ */ new WeakMap();
	/** Backend, family and table: those that were used through here, and so are in use for ever. */
	#inUse = /* @__PURE__ */ new WeakMap();
	constructor(options = {}) {
		this.#backend = options.backend ?? "auto";
		this.#tag = options.logTag ?? "";
		if (this.#tag.length > 5) throw new Error(`log tag longer than 5: ${this.#tag}`);
	}
	apply(netns, ops, options) {
		const mine = [];
		for (const { index, op } of ops) {
			const { verb, object } = op;
			if (object.kind !== "xt-chain" && object.kind !== "xt-rule") continue;
			const tagged = tagObject(object, this.#tag);
			if (!tagged.ok) return err({
				errno: "EINVAL",
				op: index,
				message: tagged.error
			});
			mine.push({
				index,
				verb,
				object: tagged.value
			});
		}
		const families = FAMILIES.filter((family) => mine.some(({ object }) => object.family === family));
		const undos = [];
		for (const family of families) {
			const own = mine.filter(({ object }) => object.family === family);
			const undoable = options.undoable || families.length > 1;
			const done = this.#applyFamily(netns, own, {
				family,
				undoable
			});
			if (!done.ok) {
				for (const undo of undos.reverse()) undo();
				return done;
			}
			undos.push(done.value);
		}
		return ok(() => {
			for (const undo of undos.reverse()) undo();
		});
	}
	dump(netns, kind) {
		if (kind !== "xt-chain") return ok([]);
		const chains = [];
		for (const family of FAMILIES) {
			const saved = this.save(netns, { family });
			if (!saved.ok) return saved;
			chains.push(...saved.value);
			if (this.#backend !== "auto") continue;
			const others = saveXtables(netns, {
				family,
				backend: this.#backendOf(netns) === "nft" ? "legacy" : "nft"
			});
			if (others.ok && hasRules(others.value)) chains.push(...this.#objects(others.value, family));
		}
		return ok(chains);
	}
	/** The chains of one family with their counters, by one process. */
	save(netns, options = {}) {
		const { family = "ipv4", backend = this.#backendOf(netns) } = options;
		const saved = saveXtables(netns, {
			family,
			backend
		});
		return saved.ok ? ok(this.#objects(saved.value, family)) : saved;
	}
	/**
	* Makes the namespace have the rules of a text of iptables-save and no others, in one process: tables that the text does
	* not name are emptied, policies it does not say are ACCEPT. The tables before one that fails stay loaded.
	*/
	replaceAll(netns, text, options = {}) {
		const { family = "ipv4", backend = this.#backendOf(netns) } = options;
		const whole = wholeText(text, {
			family,
			tag: this.#tag
		});
		if (!whole.ok) return err({
			errno: "EINVAL",
			op: -1,
			message: whole.error
		});
		const loaded = restoreXtables(netns, whole.value.text, {
			family,
			backend,
			noflush: false
		});
		if (loaded.ok) return loaded;
		const at = loaded.error.lines.map((line) => whole.value.lines[line - 1] ?? 0).filter((line) => line > 0);
		const where = at.length === 0 ? "" : `line ${at.join(", ")}: `;
		const { errno, message } = restoreFailure(loaded.error);
		return err({
			errno,
			op: -1,
			message: `${where}${message}`
		});
	}
	#applyFamily(netns, ops, how) {
		const { family } = how;
		const backend = this.#backendOf(netns);
		const [table, ...otherTables] = new Set(ops.map(({ object }) => object.table));
		const isOneTable = otherTables.length === 0;
		const only = isOneTable && this.#inUse.get(netns)?.has(`${backend} ${family} ${table}`) === true ? table : void 0;
		const before = how.undoable || only === void 0 || !ops.every(isWhole) ? saveXtables(netns, {
			family,
			backend,
			...only === void 0 ? {} : { table: only }
		}) : ok(void 0);
		if (!before.ok) return before;
		const model = new XtModel(before.value);
		for (const { index, verb, object } of ops) {
			const done = model.apply(verb, object, index);
			if (!done.ok) return err({
				...done.error,
				op: index
			});
		}
		const change = changeText(model, backend);
		if (change.unwritable !== void 0) return err({
			errno: "EINVAL",
			op: change.unwritable,
			message: "a rule with a line break in it cannot be loaded"
		});
		if (change.isEmpty) return ok(NOTHING);
		const loaded = restoreXtables(netns, change.text, {
			family,
			backend,
			noflush: true
		});
		const undo = () => void restoreXtables(netns, undoText(change.tables), {
			family,
			backend,
			noflush: true
		});
		if (!loaded.ok) {
			if (before.value === void 0) return this.#applyFamily(netns, ops, {
				family,
				undoable: true
			});
			if (!isOneTable) undo();
			const failed = {
				family,
				backend,
				before: before.value,
				change,
				ops
			};
			return err(restoreFailure(loaded.error, failed));
		}
		if (this.#backend === "auto") this.#decided.set(netns, backend);
		const inUse = this.#inUse.get(netns) ?? /* @__PURE__ */ new Set();
		for (const { name } of change.tables) inUse.add(`${backend} ${family} ${name}`);
		this.#inUse.set(netns, inUse);
		return ok(undo);
	}
	#objects(tables, family) {
		return chainObjects(tables.map((table) => untagTable(table, this.#tag)), family);
	}
	#backendOf(netns) {
		if (this.#backend !== "auto") return this.#backend;
		const decided = this.#decided.get(netns);
		if (decided !== void 0) return decided;
		this.#default ??= defaultBackend(netns);
		const isUsed = (backend) => FAMILIES.some((family) => {
			if (backend === "legacy" && legacyTables(netns, family).length === 0) return false;
			const saved = saveXtables(netns, {
				family,
				backend
			});
			return saved.ok && hasRules(saved.value);
		});
		const other = this.#default === "nft" ? "legacy" : "nft";
		if (!isUsed(other)) return this.#default;
		if (isUsed(this.#default)) return this.#default;
		this.#decided.set(netns, other);
		return other;
	}
};
function isWhole({ verb, object }) {
	return verb === "replace" && object.kind === "xt-chain" && object.keepRules !== true;
}
// src/linux/open-linux-kernel.ts
/** The real kernel with all its parts: one event loop, sockets, captures, log, and a driver for each kind of object. */
function openLinuxKernel(options = {}) {
	const poller = new Poller();
	const tag = logTag();
	const log = new KernelLog({ tag });
	const xtables = new XtablesDriver({
		logTag: tag,
		backend: options.iptables ?? "auto"
	});
	let table;
	const kernel = new LinuxKernel((made) => {
		table = made;
		return partsOf(made, {
			poller,
			log,
			xtables
		});
	}, options);
	const within = (name, fn) => {
		const netns = table?.find(name);
		if (netns !== void 0) return fn(netns);
		return err({
			errno: "ENOENT",
			op: -1,
			message: `no namespace ${name}`
		});
	};
	return {
		kernel,
		drain: () => {
			while (poller.drain());
		},
		replaceTables: (name, text) => within(name, (netns) => xtables.replaceAll(netns, text)),
		saveTables: (name) => within(name, (netns) => xtables.save(netns)),
		readSysctls: (name, keys) => within(name, (netns) => ok(netns.run(() => readSysctls(keys)))),
		turnOffloadOff: (name, devs) => within(name, (netns) => offloadOff(netns, devs)),
		flush: (name) => within(name, flush),
		lostFrames: (name) => {
			const netns = table?.find(name);
			return netns === void 0 ? 0 : lostFrames(netns, poller);
		},
		logProblem: log.problem,
		close: () => kernel.close()
	};
}
function partsOf(table, { poller, log, xtables }) {
	const sockets = new LinuxSockets(table, poller);
	const watched = /* @__PURE__ */ new Map();
	const forget = (netns) => {
		closeCaptures(netns, poller);
		sockets.closeNetns(netns);
		for (const stop of watched.get(netns) ?? []) stop();
		watched.delete(netns);
	};
	return {
		clock: poller.clock,
		sockets,
		drivers: [
			xtables,
			new ConntrackDriver(),
			new NfacctDriver(),
			ipSetDriver
		],
		run: (done, timeoutNs) => poller.run(done, timeoutNs),
		capture: (netns, options, listener) => startCapture(netns, options, listener, poller),
		conntrackEvents: (netns, listener) => {
			const stop = watchConntrack(netns, listener, poller);
			if (!stop.ok) return stop;
			const all = watched.get(netns) ?? /* @__PURE__ */ new Set();
			watched.set(netns, all.add(stop.value));
			return ok(() => {
				if (all.delete(stop.value)) stop.value();
			});
		},
		conntrackStats,
		log: () => log.lines(),
		forget,
		close: () => {
			for (const netns of table.all()) forget(netns);
			log.close();
			poller.close();
		}
	};
}
function watchConntrack(netns, listener, poller) {
	const source = openConntrackEvents(netns, () => poller.clock.now());
	if (!source.ok) return source;
	const { fd } = source.value;
	const unwatch = poller.watch(fd, 1, () => {
		for (const event of source.value.read()) listener(event);
	});
	return ok(() => {
		unwatch();
		source.value.close();
	});
}
/** Four characters and a colon, another one for each process. */
function logTag() {
	return `${randomBytes(3).toString("base64url")}:`;
}
function readSysctls(keys) {
	return new Map(keys.flatMap((key) => {
		const read = readSysctl(sysctlPath(key) ?? "");
		return "value" in read ? [[key, read.value]] : [];
	}));
}
function offloadOff(netns, devs) {
	const errno = turnChecksumOffloadOff(netns, devs);
	if (errno === void 0) return ok(void 0);
	return failed(`checksum offload of ${devs.join(", ")}: ${errno}`);
}
function flush(netns) {
	const sockets = diagSockets(netns, 6);
	const orphans = typeof sockets === "string" ? [] : sockets.filter(({ inode }) => inode === 0);
	const errno = typeof sockets === "string" ? sockets : destroySockets(netns, 6, orphans);
	if (errno !== void 0) return failed(`sock_diag: ${errno}`);
	const connections = flushConntrack(netns);
	if (!connections.ok) return connections;
	const routes = netns.run(() => writeSysctl("net/ipv4/route/flush", "1"));
	if ("value" in routes) return ok(void 0);
	return failed(`net.ipv4.route.flush: ${routes.errno}`);
}
function failed(message) {
	return err({
		errno: "EIO",
		op: -1,
		message
	});
}
export { openLinuxKernel };
