/**
 * For tests of sockets and programs: `client` 10.0.0.1 and `server` 10.0.0.2 on one cable, whose IP packets are written down
 * as tcpdump would and can be lost, doubled or delayed.
 */
import { registerNetHook, stolen } from "../src/sim/netfilter/hooks.ts";
import { copySkb } from "../src/sim/skb.ts";
import type { HookState, HookVerdict, Skb } from "../src/sim/types.ts";
import { cidr, type IpAddr, ip, ipText } from "../src/wire/addr.ts";
import { icmpCode, icmpType } from "../src/wire/icmpv4.ts";
import {
	IP_DF,
	ipv4Dst,
	ipv4Frag,
	ipv4HeaderLength,
	ipv4Id,
	ipv4Proto,
	ipv4Src,
	ipv4TotalLength,
} from "../src/wire/ipv4.ts";
import {
	TCP_ACK,
	TCP_FIN,
	TCP_PSH,
	TCP_RST,
	TCP_SYN,
	tcpAck,
	tcpDport,
	tcpFlags,
	tcpHeaderLength,
	tcpOptions,
	tcpSeq,
	tcpSport,
	tcpWindow,
} from "../src/wire/tcp.ts";
import { SimLab } from "./sim-lab.ts";

export const CLIENT: IpAddr = ip("10.0.0.1");
export const SERVER: IpAddr = ip("10.0.0.2");

/** What the cable does with a packet: a number delays it by so many nanoseconds. */
export type WireVerdict = "pass" | "drop" | "twice" | number;

/** An IP packet on the cable, as the receiver's PRE_ROUTING sees it. */
export interface WirePacket {
	readonly atNs: number;
	readonly from: "client" | "server";
	/** The packet from its IP header on. */
	readonly bytes: Uint8Array;
	readonly proto: number;
	readonly id: number;
	readonly df: boolean;
	readonly tcp?: TcpFields;
}

export interface TcpFields {
	readonly sport: number;
	readonly dport: number;
	readonly seq: number;
	readonly ack: number;
	/** As tcpdump prints them: `S`, `S.`, `P.`, `F.`, `R`, `.`. */
	readonly flags: string;
	readonly window: number;
	readonly length: number;
	readonly headerLength: number;
	readonly tsval: number | undefined;
}

export class TwoHosts {
	readonly lab: SimLab;
	readonly packets: WirePacket[] = [];
	/** Asked for every packet; may be replaced at any time. */
	wire: (packet: WirePacket) => WireVerdict = () => "pass";

	private constructor(lab: SimLab) {
		this.lab = lab;
	}

	static async create(options: { readonly mtu?: number } = {}): Promise<TwoHosts> {
		const lab = new SimLab("client", "server");
		const mtu = options.mtu ?? 1500;
		const link = { type: "veth", peer: "eth0", peerNetns: "server" } as const;
		await lab.add("client", { kind: "link", name: "eth0", link, mtu, up: true });
		await lab.set("server", { kind: "link", name: "eth0", mtu, up: true });
		for (const name of ["client", "server"]) await lab.set(name, { kind: "link", name: "lo", up: true });
		await lab.add("client", { kind: "addr", dev: "eth0", addr: cidr(`${CLIENT}/24`) });
		await lab.add("server", { kind: "addr", dev: "eth0", addr: cidr(`${SERVER}/24`) });
		const hosts = new TwoHosts(lab);
		for (const name of ["client", "server"] as const) hosts.#tap(name);
		lab.settle();
		return hosts;
	}

	get kernel(): SimLab["kernel"] {
		return this.lab.kernel;
	}

	/** TCP segments as `from [flags] seq:end ack win length`, sequence numbers from each end's first. */
	lines(): readonly string[] {
		const first = new Map<string, number>();
		const lines: string[] = [];
		for (const { from, tcp } of this.packets) {
			if (tcp === undefined) continue;
			const mine = `${from} ${tcp.sport} ${tcp.dport}`;
			const theirs = `${from === "client" ? "server" : "client"} ${tcp.dport} ${tcp.sport}`;
			if (!first.has(mine)) first.set(mine, tcp.seq);
			const seq = (tcp.seq - (first.get(mine) ?? 0)) >>> 0;
			const ack = tcp.flags.includes(".") ? ` ack ${(tcp.ack - (first.get(theirs) ?? 0)) >>> 0}` : "";
			lines.push(`${from} [${tcp.flags}] ${seq}:${seq + tcp.length}${ack} win ${tcp.window}`);
		}
		return lines;
	}

	/** TCP packets only. */
	tcp(): readonly (WirePacket & { readonly tcp: TcpFields })[] {
		return this.packets.flatMap((packet) => (packet.tcp === undefined ? [] : [{ ...packet, tcp: packet.tcp }]));
	}

	#tap(receiver: "client" | "server"): void {
		registerNetHook(this.lab.netns(receiver), "ipv4", "PREROUTING", {
			priority: -1000,
			name: "test_wire",
			fn: (skb, state) => this.#pass(receiver === "client" ? "server" : "client", skb, state),
		});
	}

	#pass(from: "client" | "server", skb: Skb, state: HookState): HookVerdict {
		if (state.indev?.isLoopback === true) return "accept";
		const packet = readPacket(from, skb);
		this.packets.push(packet);
		const verdict = this.wire(packet);
		if (verdict === "pass") return "accept";
		if (verdict === "drop") return "drop";
		const { loop } = this.kernel.machine;
		if (verdict === "twice") {
			const copy = copySkb(skb);
			loop.post({ run: (again: Skb) => void state.okfn(again) }, copy);
			return "accept";
		}
		loop.after(verdict, () => void state.okfn(skb));
		stolen.fate = "queued";
		return "stolen";
	}
}

function readPacket(from: "client" | "server", skb: Skb): WirePacket {
	const at = skb.network;
	const end = at + ipv4TotalLength(skb.bytes, at);
	const bytes = skb.bytes.slice(at, end);
	const proto = ipv4Proto(bytes, 0);
	return {
		atNs: skb.machine.loop.now(),
		from,
		bytes,
		proto,
		id: ipv4Id(bytes, 0),
		df: (ipv4Frag(bytes, 0) & IP_DF) !== 0,
		...(proto === 6 ? { tcp: readTcp(bytes, ipv4HeaderLength(bytes, 0)) } : {}),
	};
}

function readTcp(b: Uint8Array, at: number): TcpFields {
	const flags = tcpFlags(b, at);
	const letters = [
		[TCP_SYN, "S"],
		[TCP_FIN, "F"],
		[TCP_PSH, "P"],
		[TCP_RST, "R"],
		[TCP_ACK, "."],
	] as const;
	return {
		sport: tcpSport(b, at),
		dport: tcpDport(b, at),
		seq: tcpSeq(b, at),
		ack: tcpAck(b, at),
		flags: letters.map(([bit, letter]) => ((flags & bit) === 0 ? "" : letter)).join(""),
		window: tcpWindow(b, at),
		length: b.length - at - tcpHeaderLength(b, at),
		headerLength: tcpHeaderLength(b, at),
		tsval: tcpOptions(b, at).timestamps?.value,
	};
}

/** `10.0.0.2 > 10.0.0.1 icmp 3/3`. */
export function icmpLine({ bytes }: WirePacket): string {
	const at = ipv4HeaderLength(bytes, 0);
	const ends = `${ipText(ipv4Src(bytes, 0))} > ${ipText(ipv4Dst(bytes, 0))}`;
	return `${ends} icmp ${icmpType(bytes, at)}/${icmpCode(bytes, at)}`;
}
