/**
 * A node of the simulated kernel with kube-proxy's rules, and single packets through it: who is chosen, whether the source is
 * masqueraded, what refuses the packet.
 */
import type { KernelObject } from "../src/kernel/objects.ts";
import type { TraceEvent } from "../src/kernel/trace-event.ts";
import { devQueueXmit } from "../src/sim/core/dev.ts";
import { allocSkb } from "../src/sim/skb.ts";
import { originSkb } from "../src/sim/trace.ts";
import { cidr, type IpAddr, ip, ipNum, mac, macNum } from "../src/wire/addr.ts";
import { ETH_HLEN, ETH_P_IP, putEthernet } from "../src/wire/ethernet.ts";
import { IP_DF, IPPROTO_TCP, IPV4_MIN_HLEN, putIpv4 } from "../src/wire/ipv4.ts";
import { putTcp, TCP_MIN_HLEN, TCP_SYN } from "../src/wire/tcp.ts";
import { SimLab } from "./sim-lab.ts";

export interface FlowEnds {
	readonly src: IpAddr;
	readonly sport: number;
	readonly dst: IpAddr;
	readonly dport: number;
}

/** `to`: `ip:port` that it was sent on to, DROP, REJECT or ACCEPT of one of kube-proxy's rules; undefined: no rule took it. */
export interface FlowFate {
	readonly to: string | undefined;
	readonly masquerade: boolean;
}

const IN_NODE = "02:00:00:00:00:01";
const IN_WORLD = "02:00:00:00:00:02";
const OUT_NODE = "02:00:00:00:00:03";

/**
 * `eth0` is where packets come from, `out` where they leave. The node's addresses are on `eth0`, so what is masqueraded gets
 * the address of `out`, which nobody else has.
 */
export class ProxyNode {
	readonly #lab: SimLab;
	readonly #locals: ReadonlySet<string>;

	private constructor(lab: SimLab, locals: readonly IpAddr[]) {
		this.#lab = lab;
		this.#locals = new Set<string>([...locals, "127.0.0.1"]);
	}

	static async create(locals: readonly IpAddr[], objects: readonly KernelObject[]): Promise<ProxyNode> {
		const lab = new SimLab("node", "world");
		const link = { type: "veth", peer: "x", peerNetns: "world", peerMac: mac(IN_WORLD) } as const;
		await lab.set("node", { kind: "link", name: "lo", up: true });
		await lab.add("node", { kind: "link", name: "eth0", link, mac: mac(IN_NODE), up: true });
		await lab.set("world", { kind: "link", name: "x", up: true });
		await lab.add(
			"node",
			{ kind: "link", name: "out", link: { type: "dummy" }, mac: mac(OUT_NODE), up: true },
			{ kind: "addr", dev: "out", addr: cidr("198.18.0.1/24") },
			...locals.map((address) => ({ kind: "addr", dev: "eth0", addr: cidr(`${address}/32`) }) as const),
			{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("198.18.0.2"), dev: "out" },
			{ kind: "neigh", dev: "out", addr: ip("198.18.0.2"), mac: mac(IN_WORLD), state: "PERMANENT" },
		);
		await lab.set("node", { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
		const isNew = (object: KernelObject): boolean => object.kind === "nfacct" || object.kind === "xt-rule";
		await lab.apply("node", ...objects.map((object) => ({ verb: isNew(object) ? "add" : "replace", object }) as const));
		lab.settle();
		return new ProxyNode(lab, locals);
	}

	/** Sends a TCP connection's first packet: from the node itself, if the source is one of its addresses. */
	async send(flow: FlowEnds): Promise<FlowFate> {
		if (this.#locals.has(flow.src)) this.#sendFromNode(flow);
		else this.#sendFromWorld(flow);
		return fateOf(this.#lab.settle(), flow);
	}

	#sendFromNode({ src, sport, dst, dport }: FlowEnds): void {
		const { sockets } = this.#lab.kernel;
		const to = { addr: dst, port: dport };
		const opened = sockets.connectTcp("node", to, { bind: { addr: src, port: sport } }, {});
		// A packet that is dropped on its way out is an error of the call: the trace has it.
		if (opened.ok) opened.value.abort();
	}

	#sendFromWorld({ src, sport, dst, dport }: FlowEnds): void {
		const machine = this.#lab.kernel.machine;
		const length = IPV4_MIN_HLEN + TCP_MIN_HLEN;
		const skb = allocSkb(machine, ETH_HLEN + length);
		const at = skb.data;
		putEthernet(skb.bytes, at, { dst: macNum(mac(IN_NODE)), src: macNum(mac(IN_WORLD)), type: ETH_P_IP });
		const ends = { src: numberOf(src), dst: numberOf(dst) };
		const ipAt = at + ETH_HLEN;
		const header = { ...ends, proto: IPPROTO_TCP, ttl: 64, tos: 0, id: 1, frag: IP_DF, totalLength: length };
		putIpv4(skb.bytes, ipAt, header);
		const options = new Uint8Array();
		const segment = { ...ends, sport, dport, seq: 1, ack: 0, flags: TCP_SYN, window: 64_240, options };
		putTcp(skb.bytes, ipAt + IPV4_MIN_HLEN, ipAt + length, segment);
		skb.dev = this.#lab.dev("world", "x");
		skb.mac = at;
		originSkb(skb, skb.dev.netns, "packet_sendmsg", "a test's packet");
		devQueueXmit(skb);
	}
}

/** What the packet's own steps say; those of answers that the kernel made of it are not looked at. */
function fateOf(events: readonly TraceEvent[], { dst, dport }: FlowEnds): FlowFate {
	const first = events.find((event) => event.step === "origin")?.skb;
	const steps = events.filter((event) => event.netns === "node" && event.skb === first);
	let to: string | undefined;
	let masquerade = false;
	for (const step of steps) {
		if (step.step === "nat" && step.manip === "dst" && !step.reply) to = `${step.after.dst}:${step.after.dport}`;
		if (step.step !== "rule") continue;
		if (step.table === "nat" && step.chain === "KUBE-POSTROUTING" && step.rule.target.kind === "masquerade")
			masquerade = true;
		if (step.table !== "filter" || !step.chain.startsWith("KUBE-")) continue;
		if (step.outcome === "drop") to = "DROP";
		if (step.outcome === "reject") to = "REJECT";
		if (step.outcome === "accept" && step.chain === "KUBE-NODEPORTS") to = "ACCEPT";
	}
	const last = steps.at(-1);
	const gone = last?.step === "drop" && to !== "DROP" && to !== "REJECT" && to !== "ACCEPT";
	// A packet that no rule took may well meet no listener; one that was sent on must have left.
	if (gone && to !== undefined) throw new Error(`${dst}:${dport} was lost: ${JSON.stringify(last)}`);
	return { to, masquerade };
}

function numberOf(address: IpAddr): number {
	const n = ipNum(address);
	if (typeof n !== "number") throw new Error(`not IPv4: ${address}`);
	return n;
}
