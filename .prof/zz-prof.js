import { C as maskNum, E as parseIp, O as err, S as macText, T as networkOf, _ as ip, b as macIsGroup, c as concatBytes, d as MAC_BROADCAST$2, f as addrBits, g as formatCidr, h as familyOfNum, k as ok, l as hex, m as familyOf, n as netsOfRange, p as cidr, t as lastOfNet, u as utf8Encode, v as ipNum, w as maskedNum, x as macNum, y as ipText } from "./ip-range-CtI0Rk9m.js";
import { $ as ipv4TotalLength, A as ETH_P_ARP, B as IP_MF, C as icmpId, D as icmpType, E as icmpSeq, F as ethType, G as ipv4Frag, H as fillIpv4Checksum, I as putEthernet, J as ipv4IsFragment, K as ipv4HeaderLength, L as setEthDst, M as ETH_P_IPV6, N as ethDst, O as putIcmp, P as ethSrc, Q as ipv4Tos, R as setEthSrc, S as icmpCode, T as icmpRest, U as ipv4ChecksumIsValid, V as IP_OFFSET, W as ipv4Dst, X as ipv4Proto, Y as ipv4IsValid, Z as ipv4Src, _ as tcpSeq, _t as pseudoHeaderSum, at as setIpv4Tos, b as fillIcmpChecksum, ct as get16, d as tcpAck$1, dt as put16, et as ipv4Ttl, f as tcpChecksumIsValid, ft as put32, g as tcpOptions, gt as foldChecksum, h as tcpHeaderLength, ht as checksumReplace32, i as parseIptablesSave, it as setIpv4Src, j as ETH_P_IP, l as buildTcpOptions, lt as get32, m as tcpFlags, mt as checksumReplace16, n as formatIptablesSave, nt as putIpv4, o as BUILTIN_CHAINS, ot as setIpv4TotalLength, p as tcpDport, pt as put48, q as ipv4Id, rt as setIpv4Dst, s as HOOK_NAMES, st as setIpv4Ttl, t as Heap, tt as ipv4Version, u as putTcp, ut as get48, v as tcpSport, vt as sumBytes, w as icmpIsError, x as icmpChecksumIsValid, y as tcpWindow, z as IP_DF } from "./heap-DWm45tM3.js";
// src/verify/generate/place.ts
/** An IPv4 address literal as a number. */
function v4$2(text) {
	const n = ipNum(ip(text));
	if (typeof n !== "number") throw new Error(`not IPv4: ${text}`);
	return n;
}
/** The `k`-th device's MAC address. */
function macOf(k) {
	return 2199023255552 + k;
}
/** A veth pair with both ends up. */
function cable(a, b) {
	const veth = {
		type: "veth",
		peer: b.dev,
		peerNetns: b.netns,
		peerMac: macText(b.mac)
	};
	return [{
		netns: a.netns,
		link: {
			kind: "link",
			name: a.dev,
			link: veth,
			mac: macText(a.mac),
			...settings(a)
		}
	}, {
		netns: b.netns,
		link: {
			kind: "link",
			name: b.dev,
			...settings(b)
		}
	}];
}
function bridge(netns, name, mac) {
	return {
		netns,
		link: {
			kind: "link",
			name,
			link: { type: "bridge" },
			mac: macText(mac),
			up: true
		}
	};
}
function loopbackUp(netns) {
	return {
		netns,
		link: {
			kind: "link",
			name: "lo",
			up: true
		}
	};
}
/** The router of this name; places name only routers they have. */
function routerOf(place, netns) {
	const found = place.routers.find((router) => router.netns === netns);
	if (found === void 0) throw new Error(`no router ${netns} in ${place.name}`);
	return found;
}
function devOf(router, name) {
	const found = router.devs.find((dev) => dev.name === name);
	if (found === void 0) throw new Error(`no device ${name} in ${router.netns}`);
	return found;
}
/** Every address of a router, the loopback's not. */
function addrsOf(router) {
	return router.devs.flatMap((dev) => dev.addrs);
}
function text(addr) {
	return ip(`${addr >>> 24}.${addr >>> 16 & 255}.${addr >>> 8 & 255}.${addr & 255}`);
}
function settings(plug) {
	return {
		...plug.mtu === void 0 ? {} : { mtu: plug.mtu },
		...plug.master === void 0 ? {} : { master: plug.master },
		...plug.port === void 0 ? {} : { port: plug.port },
		up: true
	};
}
const OP = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;
/** True if the bytes from `at` to `end` hold an Ethernet/IPv4 ARP packet. */
function arpIsValid(b, at, end) {
	return end - at >= 28 && get16(b, at) === 1 && get16(b, at + 2) === 2048 && get16(b, at + 4) === 1540;
}
function arpOp(b, at) {
	return get16(b, at + OP);
}
function arpSenderMac(b, at) {
	return get48(b, at + SENDER_MAC);
}
function arpSenderIp(b, at) {
	return get32(b, at + SENDER_IP);
}
function arpTargetMac(b, at) {
	return get48(b, at + TARGET_MAC);
}
function arpTargetIp(b, at) {
	return get32(b, at + TARGET_IP);
}
/** Writes the 28 bytes of the packet at `at`. */
function putArp(b, at, packet) {
	put16(b, at, 1);
	put16(b, at + 2, 2048);
	put16(b, at + 4, 1540);
	put16(b, at + OP, packet.op);
	put48(b, at + SENDER_MAC, packet.senderMac);
	put32(b, at + SENDER_IP, packet.senderIp);
	put48(b, at + TARGET_MAC, packet.targetMac);
	put32(b, at + TARGET_IP, packet.targetIp);
}
function udpSport(b, at) {
	return get16(b, at + 0);
}
function udpDport(b, at) {
	return get16(b, at + 2);
}
/** Header and payload, in bytes. */
function udpLength(b, at) {
	return get16(b, at + 4);
}
/** 0 means that the sender computed none. */
function udpChecksum(b, at) {
	return get16(b, at + 6);
}
/** Writes the header at `at` for a datagram that ends at `end`; the checksum is for IPv4 addresses `src`, `dst`. */
function putUdp(b, at, end, header) {
	put16(b, at + 0, header.sport);
	put16(b, at + 2, header.dport);
	put16(b, at + 4, end - at);
	fillUdpChecksum(b, at, end, header);
}
function fillUdpChecksum(b, at, end, addrs) {
	put16(b, at + 6, 0);
	const sum = foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 17, end - at));
	put16(b, at + 6, sum === 0 ? 65535 : sum);
}
function udpChecksumIsValid(b, at, end, addrs) {
	return udpChecksum(b, at) === 0 || foldChecksum(sumBytes(b, at, end) + pseudoHeaderSum(addrs.src, addrs.dst, 17, end - at)) === 0;
}
// src/verify/generate/packets/bytes.ts
/** Packets and frames as bytes, right in every field unless they are asked to be wrong. */
const NOTHING = /* @__PURE__ */ new Uint8Array(0);
/** An IP packet around the bytes that follow its header. */
function ipPacket(ip, proto, body) {
	const options = ip.options ?? NOTHING;
	const hlen = 20 + options.length;
	const bytes = new Uint8Array(hlen + body.length);
	bytes.set(body, hlen);
	putIpv4(bytes, 0, {
		src: ip.src,
		dst: ip.dst,
		proto,
		ttl: ip.ttl ?? 64,
		tos: ip.tos ?? 0,
		id: ip.id,
		frag: ip.df === true ? IP_DF : 0,
		totalLength: bytes.length
	});
	if (options.length === 0) return bytes;
	bytes.set(options, 20);
	bytes[0] = 64 | hlen / 4;
	fillIpv4Checksum(bytes, 0);
	return bytes;
}
function udpPacket$1(ip, ports, payload) {
	const body = concatBytes(/* @__PURE__ */ new Uint8Array(8), payload);
	putUdp(body, 0, body.length, {
		src: ip.src,
		dst: ip.dst,
		...ports
	});
	return ipPacket(ip, 17, body);
}
function tcpPacket$1(ip, tcp, payload = NOTHING) {
	const options = tcp.options ?? NOTHING;
	const body = concatBytes(new Uint8Array(20 + options.length), payload);
	putTcp(body, 0, body.length, {
		src: ip.src,
		dst: ip.dst,
		window: 64e3,
		...tcp,
		options
	});
	return ipPacket(ip, 6, body);
}
function icmpPacket$1(ip, icmp, payload) {
	const body = concatBytes(/* @__PURE__ */ new Uint8Array(8), payload);
	putIcmp(body, 0, body.length, icmp);
	return ipPacket(ip, 1, body);
}
/** The packet cut at these offsets (multiples of eight) into fragments, in order. */
function fragmentsOf(packet, cuts) {
	const header = packet.slice(0, 20);
	const body = packet.slice(20);
	const starts = [0, ...cuts.filter((cut) => cut > 0 && cut < body.length)];
	return starts.map((start, k) => {
		const end = starts[k + 1] ?? body.length;
		const bytes = concatBytes(header, body.slice(start, end));
		const frag = start / 8 | (end < body.length ? IP_MF : 0);
		bytes[2] = bytes.length >>> 8;
		bytes[3] = bytes.length & 255;
		bytes[6] = frag >>> 8;
		bytes[7] = frag & 255;
		fillIpv4Checksum(bytes, 0);
		return bytes;
	});
}
function frameOf(eth, payload) {
	const bytes = new Uint8Array(14 + payload.length);
	putEthernet(bytes, 0, eth);
	bytes.set(payload, 14);
	return bytes;
}
function ipFrame(macs, packet) {
	return frameOf({
		...macs,
		type: ETH_P_IP
	}, packet);
}
function arpFrame(macs, arp) {
	const payload = /* @__PURE__ */ new Uint8Array(28);
	putArp(payload, 0, arp);
	return frameOf({
		...macs,
		type: ETH_P_ARP
	}, payload);
}
/** `lengthBytes` bytes that count up, so that a misplaced one shows. */
function filler(lengthBytes) {
	return Uint8Array.from({ length: lengthBytes }, (_, k) => k & 255);
}
// src/verify/generate/scene.ts
/** Ports that rules and packets share, so that they meet. */
const SERVER_PORTS = [
	80,
	443,
	53,
	8080,
	5e3
];
/** Client ports; rules know the range. */
const FIRST_PORT = 1e4;
const LAST_PORT = 6e4;
/** Enough for one scenario. */
const PORTS = 24;
var Scene = class {
	draw;
	place;
	index;
	features = /* @__PURE__ */ new Set();
	steps = [];
	listen = [];
	#id;
	#ports = 0;
	#packets = 0;
	constructor(draw, place, index) {
		this.draw = draw;
		this.place = place;
		this.index = index;
		this.#id = index * 64 & 65535;
		this.uses(...place.features);
	}
	uses(...features) {
		for (const feature of features) this.features.add(feature);
	}
	/** An identification of its own for every packet, so that no fragment of another scenario completes it. */
	nextId() {
		this.#packets += 1;
		return this.#id + this.#packets & 65535;
	}
	/** A client port (or ICMP identifier) that no other flow has, of this scenario or of those before: connections linger. */
	nextPort() {
		this.#ports += 1;
		return FIRST_PORT + (this.index * PORTS + this.#ports) % 5e4;
	}
	/** The address of the other router's device or host next to an end: where its frames go by default. */
	gatewayMac(end) {
		return devOf(routerOf(this.place, end.router), end.via).mac;
	}
	/** The MAC address that a host at `end` would send a packet for `dst` to: a neighbour on the bridge, else the router. */
	nextHopMac(end, dst) {
		return this.place.ends.find((other) => other !== end && other.router === end.router && other.via === end.via && other.addrs.includes(dst))?.mac ?? this.gatewayMac(end);
	}
	/** A packet out of an end, to the router unless `dst` says otherwise; nothing when its device could not send it. */
	sends(end, packet, dst) {
		if (packet.length > end.mtu) return;
		const to = dst ?? this.gatewayMac(end);
		this.frame(end, ipFrame({
			dst: to,
			src: end.mac
		}, packet));
	}
	frame(end, bytes) {
		this.steps.push({
			kind: "frame",
			netns: end.netns,
			dev: end.dev,
			bytes
		});
	}
	/** The end that plays the host with this address. */
	endOf(addr) {
		return this.place.ends.find((end) => end.addrs.includes(addr));
	}
	addr(n) {
		return text(n);
	}
};
// src/verify/generate/packets/flow.ts
/** Who talks to whom: a client behind one end, where its packets go, and from where they will be answered. */
/** Destinations that no host has; the first three have routes of their own in some scenarios. */
const ODD_NETS = [
	"10.66.0.0",
	"10.67.0.0",
	"10.68.0.0",
	"10.69.0.0"
];
function drawFlow(scene, plan, proto) {
	const { draw, place } = scene;
	const end = draw.pick(place.ends);
	const addr = draw.chance(75) ? end.addrs[0] ?? 0 : draw.pick(end.addrs);
	const port = plan.clash && draw.chance(70) ? draw.between(5e3, 5001) : scene.nextPort();
	const services = plan.services.filter((service) => service.proto === proto);
	const service = services.length > 0 && draw.chance(55) ? draw.pick(services) : void 0;
	const dport = proto === 1 ? 0 : service?.port ?? draw.pick(SERVER_PORTS);
	const dst = service?.vip ?? drawDestination(scene, plan, end);
	const target = service?.addr ?? dst;
	const serverEnd = scene.endOf(target);
	const server = serverEnd === void 0 ? void 0 : {
		end: serverEnd,
		addr: target,
		port: service?.targetPort ?? dport
	};
	if (service !== void 0 && server?.end === end) scene.uses("nat hairpin");
	return {
		proto,
		client: {
			end,
			addr,
			port
		},
		dst,
		dport,
		server,
		seenAs: seenAs(scene, plan, addr, serverEnd)
	};
}
/** The source after the plan's translation; now and then untranslated, for not every rule matches. */
function seenAs(scene, plan, addr, serverEnd) {
	if (plan.sourceNat === void 0 || serverEnd === void 0 || scene.draw.chance(20)) return addr;
	if (plan.sourceNat !== "masquerade") return plan.sourceNat;
	return devOf(routerOf(scene.place, serverEnd.router), serverEnd.via).addrs[0] ?? addr;
}
function drawDestination(scene, plan, end) {
	const { draw, place } = scene;
	const others = place.ends.filter((other) => other !== end);
	switch (draw.weighted([
		[60, "other"],
		[14, "router"],
		[4, "nowhere"],
		[plan.oddRoutes ? 16 : 2, "odd"],
		[4, "self"]
	])) {
		case "other": return draw.pick(draw.pick(others).addrs);
		case "router": {
			const own = addrsOf(draw.pick(place.routers));
			scene.uses("packet to a router's own address");
			return own.length === 0 ? v4$2("10.250.0.9") : draw.pick(own);
		}
		case "nowhere":
			scene.uses("packet to nowhere");
			return v4$2("10.250.0.9");
		case "odd": return v4$2(draw.pick(ODD_NETS)) + draw.between(1, 9);
		case "self": return draw.pick(end.addrs);
	}
}
/** Sends a packet of the client, as its host would. */
function clientSends(scene, flow, packet) {
	const { end } = flow.client;
	const mac = scene.nextHopMac(end, flow.dst);
	if (mac !== scene.gatewayMac(end)) scene.uses("packet bridged");
	scene.sends(end, packet, mac);
}
/** Sends a packet of the server to whom it takes for the client; nothing when nobody plays the server. */
function serverSends(scene, flow, packet) {
	const { server } = flow;
	if (server === void 0) return;
	if (flow.dst !== server.addr || flow.seenAs !== flow.client.addr) scene.uses("nat reply");
	scene.sends(server.end, packet, scene.nextHopMac(server.end, flow.seenAs));
}
// src/verify/generate/changes.ts
/** Something changes between two packets: an address, a route, a neighbour, a setting, a rule, the conntrack table. */
function drawChange(scene) {
	const { draw, place } = scene;
	const { netns, devs } = draw.pick(place.routers);
	const dev = draw.pick(devs);
	const ends = place.ends.filter((end) => end.router === netns);
	const end = draw.pick(ends);
	const changes = [
		[20, {
			verb: "replace",
			object: sysctl("net.ipv4.conf.all.rp_filter", draw.pick([
				"0",
				"1",
				"2"
			]))
		}],
		[10, {
			verb: "replace",
			object: sysctl("net.ipv4.conf.all.route_localnet", "1")
		}],
		[10, {
			verb: "replace",
			object: sysctl(`net.ipv4.conf.${dev.name}.forwarding`, draw.pick(["0", "1"]))
		}],
		[15, {
			verb: "add",
			object: {
				kind: "route",
				dst: cidr(`${draw.pick(ODD_NETS)}/24`),
				type: draw.pick(["blackhole", "unreachable"])
			}
		}],
		[10, {
			verb: "add",
			object: {
				kind: "addr",
				dev: dev.name,
				addr: cidr("10.77.0.1/24")
			}
		}],
		[15, {
			verb: "replace",
			object: {
				kind: "neigh",
				dev: end.via,
				addr: text(end.addrs[0] ?? 0),
				mac: macText(draw.pick(ends).mac),
				state: "PERMANENT"
			}
		}],
		[20, {
			verb: "add",
			object: {
				kind: "xt-rule",
				family: "ipv4",
				table: draw.pick(["filter", "mangle"]),
				chain: draw.pick(["FORWARD", "INPUT"]),
				position: 1,
				rule: {
					matches: [{
						kind: "protocol",
						proto: draw.pick([
							1,
							6,
							17
						])
					}],
					target: draw.chance(50) ? { kind: "drop" } : {
						kind: "mark",
						value: 1,
						mask: 4294967295
					}
				}
			}
		}]
	];
	const change = draw.weighted(changes);
	return () => {
		scene.uses("change while it runs");
		scene.steps.push({
			kind: "change",
			netns,
			...change
		});
	};
}
function sysctl(key, value) {
	return {
		kind: "sysctl",
		key,
		value
	};
}
// src/base/prng.ts
/** A seeded generator of random numbers (sfc32): same seed, same sequence, in every place a kernel would ask for chance. */
var Prng = class {
	#a = 0;
	#b = 0;
	#c = 0;
	#counter = 1;
	constructor(seed) {
		this.#a = seed | 0;
		this.#b = seed * 2654435761 | 0;
		this.#c = 1779033703;
		for (let k = 0; k < 12; k += 1) this.uint32();
	}
	/** 0 … 2^32-1. */
	uint32() {
		const sum = (this.#a + this.#b | 0) + this.#counter | 0;
		this.#counter = this.#counter + 1 | 0;
		this.#a = this.#b ^ this.#b >>> 9;
		this.#b = this.#c + (this.#c << 3) | 0;
		this.#c = (this.#c << 21 | this.#c >>> 11) + sum;
		this.#c |= 0;
		return sum >>> 0;
	}
	/** 0 … bound-1, for a bound of at most 2^32. */
	below(bound) {
		return Math.floor(this.uint32() / 4294967296 * bound);
	}
};
// src/verify/generate/draw.ts
/** Seeded choices of the generator: the same seed and index give the same draws. */
var Draw = class {
	#prng;
	/** Neighbouring indexes of one seed share nothing: no two of them give the same generator. */
	constructor(seed, index) {
		let mixed = Math.imul(seed ^ 1540483477, 2654435761) ^ Math.imul(index + 1, 2246822507);
		mixed = Math.imul(mixed ^ mixed >>> 15, 739982445);
		mixed = Math.imul(mixed ^ mixed >>> 12, 695872825);
		this.#prng = new Prng(mixed ^ mixed >>> 15);
	}
	/** 0 … bound-1. */
	below(bound) {
		return this.#prng.below(bound);
	}
	/** `from` … `to`, both included. */
	between(from, to) {
		return from + this.#prng.below(to - from + 1);
	}
	/** True in `percent` of a hundred cases. */
	chance(percent) {
		return this.#prng.below(1e4) < percent * 100;
	}
	/** One of a list that is not empty. */
	pick(list) {
		const at = this.#prng.below(list.length);
		for (const value of list.slice(at, at + 1)) return value;
		throw new Error("nothing to pick from");
	}
	/** One of the values, each as often as its weight says. */
	weighted(table) {
		let left = this.#prng.below(table.reduce((sum, [weight]) => sum + weight, 0));
		for (const [weight, value] of table) {
			if (left < weight) return value;
			left -= weight;
		}
		throw new Error("nothing to pick from");
	}
	/** `count` different members (or all, when there are fewer), in the list's order. */
	sample(list, count) {
		const chosen = [];
		let needed = Math.min(count, list.length);
		list.forEach((value, at) => {
			if (this.#prng.below(list.length - at) >= needed) return;
			chosen.push(value);
			needed -= 1;
		});
		return chosen;
	}
};
// src/verify/generate/packets/datagrams.ts
/** UDP and echo flows with their answers, fragments, and ICMP errors about all of them. */
function udpTalk(scene, plan) {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, 17);
	scene.uses("packet UDP");
	const length = draw.pick([
		0,
		1,
		5,
		32,
		64
	]);
	const steps = [];
	const rounds = draw.between(1, 2);
	for (let k = 0; k < rounds; k += 1) {
		steps.push(() => clientSends(scene, flow, clientDatagram(scene, flow, length)));
		if (draw.chance(75)) steps.push(() => serverSends(scene, flow, serverDatagram(scene, flow, length + k)));
	}
	return steps;
}
function echoTalk(scene, plan) {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, 1);
	scene.uses("packet ICMP echo");
	const steps = [() => clientSends(scene, flow, echo(scene, flow, 1))];
	if (draw.chance(75)) steps.push(() => serverSends(scene, flow, echoReply(scene, flow, 1)));
	if (draw.chance(40)) steps.push(() => clientSends(scene, flow, echo(scene, flow, 2)));
	if (draw.chance(8)) steps.push(() => serverSends(scene, flow, echoReply(scene, flow, 9)));
	return steps;
}
/** One datagram in two or three pieces, in any order, sometimes with one missing or twice. */
function fragmentTalk(scene, plan) {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, draw.chance(80) ? 17 : 1);
	scene.uses("packet fragments");
	const length = draw.pick([
		40,
		120,
		1800,
		2600
	]);
	const pieces = [...fragmentsOf(flow.proto === 17 ? clientDatagram(scene, flow, length) : echo(scene, flow, 1, length), length > 1e3 ? draw.pick([[1352], [816, 1600]]) : draw.pick([[24], [8, 32]]))];
	if (draw.chance(30)) pieces.reverse();
	if (draw.chance(12)) pieces.splice(draw.below(pieces.length), 1);
	else if (draw.chance(8)) pieces.push(draw.pick(pieces));
	const steps = pieces.map((piece) => () => clientSends(scene, flow, piece));
	if (flow.proto === 17 && draw.chance(40)) steps.push(() => serverSends(scene, flow, serverDatagram(scene, flow, 9)));
	return steps;
}
/** A flow's first packet, its answer perhaps, and an ICMP error about it that quotes what the server received. */
function errorTalk(scene, plan) {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, draw.pick([
		17,
		17,
		6,
		1
	]));
	scene.uses("packet ICMP error");
	const first = firstPacket(scene, flow);
	const steps = [];
	if (draw.chance(92)) steps.push(() => clientSends(scene, flow, first));
	if (flow.proto === 17 && draw.chance(30)) steps.push(() => serverSends(scene, flow, serverDatagram(scene, flow, 3)));
	steps.push(() => icmpError$2(scene, flow));
	return steps;
}
const ERRORS = [
	[
		3,
		0,
		0
	],
	[
		3,
		1,
		0
	],
	[
		3,
		2,
		0
	],
	[
		3,
		3,
		0
	],
	[
		3,
		3,
		0
	],
	[
		3,
		4,
		1280
	],
	[
		3,
		10,
		0
	],
	[
		3,
		13,
		0
	],
	[
		4,
		0,
		0
	],
	[
		11,
		0,
		0
	],
	[
		11,
		1,
		0
	],
	[
		12,
		0,
		335544320
	]
];
/** By the server, or by somebody on the way. */
function icmpError$2(scene, flow) {
	const { draw } = scene;
	if (flow.server === void 0) return;
	const quoted = packetAtServer(scene, flow);
	setIpv4Ttl(quoted, 0, 63);
	if (draw.chance(8)) quoted[draw.pick([
		12,
		16,
		20,
		21
	])] = draw.below(256);
	const length = draw.weighted([
		[60, quoted.length],
		[30, 28],
		[5, 20],
		[5, 12]
	]);
	const [type, code, rest] = draw.pick(ERRORS);
	serverSends(scene, flow, icmpPacket$1({
		src: draw.chance(75) ? flow.server.addr : flow.server.addr + 50,
		dst: flow.seenAs,
		id: scene.nextId(),
		tos: 192
	}, {
		type,
		code,
		rest
	}, quoted.slice(0, length)));
}
function packetAtServer(scene, flow) {
	const { server } = flow;
	const at = {
		dst: server?.addr ?? flow.dst,
		dport: server?.port ?? flow.dport
	};
	return firstPacket(scene, {
		...flow,
		...at,
		client: {
			...flow.client,
			addr: flow.seenAs
		}
	});
}
function firstPacket(scene, flow) {
	switch (flow.proto) {
		case 17: return clientDatagram(scene, flow, 8);
		case 1: return echo(scene, flow, 1);
		case 6: {
			const { addr, port } = flow.client;
			return tcpPacket$1({
				src: addr,
				dst: flow.dst,
				id: scene.nextId(),
				df: true
			}, {
				sport: port,
				dport: flow.dport,
				seq: 100,
				ack: 0,
				flags: 2
			});
		}
	}
}
function clientDatagram(scene, flow, length) {
	const { addr, port } = flow.client;
	return udpPacket$1({
		src: addr,
		dst: flow.dst,
		id: scene.nextId()
	}, {
		sport: port,
		dport: flow.dport
	}, filler(length));
}
function serverDatagram(scene, flow, length) {
	const { addr, port } = flow.server ?? {
		addr: flow.dst,
		port: flow.dport
	};
	return udpPacket$1({
		src: addr,
		dst: flow.seenAs,
		id: scene.nextId()
	}, {
		sport: port,
		dport: flow.client.port
	}, filler(length));
}
function echo(scene, flow, seq, length = 8) {
	const { addr, port } = flow.client;
	return icmpPacket$1({
		src: addr,
		dst: flow.dst,
		id: scene.nextId(),
		df: length < 9 && scene.draw.chance(30)
	}, {
		type: 8,
		code: 0,
		rest: port * 65536 + seq
	}, filler(length));
}
function echoReply(scene, flow, seq) {
	return icmpPacket$1({
		src: flow.server?.addr ?? flow.dst,
		dst: flow.seenAs,
		id: scene.nextId()
	}, {
		type: 0,
		code: 0,
		rest: flow.client.port * 65536 + seq
	}, filler(8));
}
// src/verify/generate/packets/link.ts
/** Frames that are not IPv4: ARP of every kind, and EtherTypes that nobody reads. */
const MAC_BROADCAST$1 = 0xffffffffffff;
function arpTalk(scene) {
	return [() => scene.draw.chance(60) ? request(scene) : announcement(scene)];
}
/** Who has an address of the router's, of another host's, or of nobody's? */
function request(scene) {
	const { draw, place } = scene;
	const end = draw.pick(place.ends);
	const router = routerOf(place, end.router);
	const local = devOf(router, end.via).addrs;
	const others = place.ends.filter((other) => other !== end).flatMap((other) => other.addrs);
	const target = draw.weighted([
		[40, draw.pick([...local, v4$2("169.254.1.1")])],
		[20, draw.pick([...addrsOf(router), v4$2("10.250.0.1")])],
		[30, draw.pick(others)],
		[10, draw.pick([
			"10.250.0.9",
			"127.0.0.1",
			"224.0.0.1",
			"10.66.0.1"
		].map(v4$2))]
	]);
	const sender = draw.weighted([
		[75, draw.pick(end.addrs)],
		[10, 0],
		[10, draw.pick(others)],
		[5, draw.pick(end.addrs) + 40]
	]);
	const mac = draw.chance(85) ? MAC_BROADCAST$1 : scene.gatewayMac(end);
	scene.uses("frame ARP request");
	scene.frame(end, arpFrame({
		dst: mac,
		src: end.mac
	}, {
		op: 1,
		senderMac: end.mac,
		senderIp: sender,
		targetMac: 0,
		targetIp: target
	}));
}
/** An answer nobody asked for, or a host that says where it is. */
function announcement(scene) {
	const { draw, place } = scene;
	const end = draw.pick(place.ends);
	const own = draw.pick(end.addrs);
	const to = devOf(routerOf(place, end.router), end.via).addrs[0] ?? own;
	const gratuitous = draw.chance(50);
	scene.uses(gratuitous ? "frame gratuitous ARP" : "frame ARP reply");
	const op = gratuitous ? draw.pick([1, 2]) : draw.pick([
		2,
		2,
		2,
		3
	]);
	const senderIp = draw.chance(80) ? own : own + 30;
	const packet = {
		op,
		senderMac: end.mac,
		senderIp,
		targetMac: gratuitous ? 0 : scene.gatewayMac(end),
		targetIp: gratuitous ? senderIp : to
	};
	scene.frame(end, arpFrame({
		dst: gratuitous ? MAC_BROADCAST$1 : scene.gatewayMac(end),
		src: end.mac
	}, packet));
}
function otherFrame(scene) {
	const { draw, place } = scene;
	scene.uses("frame of another EtherType");
	return [() => {
		const end = draw.pick(place.ends);
		const other = draw.pick(place.ends);
		const dst = draw.pick([
			MAC_BROADCAST$1,
			other.mac,
			scene.gatewayMac(end),
			1652522221568,
			1652522221582
		]);
		const type = draw.pick([
			34997,
			35020,
			257,
			39
		]);
		scene.frame(end, frameOf({
			dst,
			src: draw.chance(92) ? end.mac : 3298534883337,
			type
		}, filler(40)));
	}];
}
// src/verify/generate/packets/odd.ts
/** Packets that are wrong, or right and unusual: each is one step. */
/** By feature; each as often as its weight says. */
const ODD = [
	[
		10,
		"packet martian source",
		martianSource
	],
	[
		6,
		"packet martian destination",
		martianDestination
	],
	[
		5,
		"packet loopback address",
		loopbackAddress
	],
	[
		10,
		"packet TTL limit",
		ttlLimit
	],
	[
		10,
		"packet MTU limit",
		mtuLimit
	],
	[
		8,
		"packet bad checksum",
		badChecksum
	],
	[
		6,
		"packet IP options",
		ipOptions
	],
	[
		10,
		"packet short or garbled",
		garbled
	],
	[
		8,
		"packet broadcast",
		broadcast$1
	],
	[
		8,
		"packet multicast",
		multicast$1
	],
	[
		5,
		"packet for another MAC address",
		otherMac
	],
	[
		6,
		"packet ICMP other",
		icmpOther
	],
	[
		6,
		"packet other protocol",
		otherProtocol
	],
	[
		6,
		"packet DF",
		dontFragment
	]
];
function oddPacket(scene) {
	const { draw, place } = scene;
	const [feature, make] = draw.weighted(ODD.map(([weight, feature, make]) => [weight, [feature, make]]));
	const end = draw.pick(place.ends);
	const others = place.ends.filter((other) => other !== end);
	const at = {
		end,
		src: draw.pick(end.addrs),
		dst: draw.pick(draw.pick(others).addrs)
	};
	scene.uses(feature);
	return [() => make(scene, at)];
}
/** A datagram of the end, towards the router unless it says otherwise. */
function datagram(scene, at, ip = {}, length = 8) {
	const ports = {
		sport: scene.nextPort(),
		dport: scene.draw.pick(SERVER_PORTS)
	};
	return udpPacket$1({
		src: at.src,
		dst: at.dst,
		id: scene.nextId(),
		...ip
	}, ports, filler(length));
}
function martianSource(scene, at) {
	const { draw } = scene;
	const router = routerOf(scene.place, at.end.router);
	const others = scene.place.ends.filter((other) => other.via !== at.end.via).flatMap((other) => other.addrs);
	const src = draw.pick([
		...[
			"0.0.0.0",
			"0.0.0.7",
			"127.0.0.5",
			"224.0.0.5",
			"240.0.0.1",
			"255.255.255.255",
			"10.250.0.3"
		].map(v4$2),
		...addrsOf(router),
		...others,
		...others
	]);
	const dst = draw.chance(70) ? at.dst : addrsOf(router)[0] ?? at.dst;
	scene.sends(at.end, datagram(scene, {
		...at,
		src,
		dst
	}));
}
function martianDestination(scene, at) {
	const dst = v4$2(scene.draw.pick([
		"0.0.0.0",
		"0.1.2.3",
		"240.0.0.1",
		"255.255.255.254"
	]));
	scene.sends(at.end, datagram(scene, {
		...at,
		dst
	}));
}
function loopbackAddress(scene, at) {
	const { draw } = scene;
	const local = v4$2(draw.pick([
		"127.0.0.1",
		"127.0.0.1",
		"127.1.2.3"
	]));
	scene.sends(at.end, datagram(scene, draw.chance(80) ? {
		...at,
		dst: local
	} : {
		...at,
		src: local
	}));
}
function ttlLimit(scene, at) {
	const ttl = scene.draw.pick([
		0,
		1,
		1,
		1,
		2,
		2,
		3
	]);
	const { src, dst, end } = at;
	const ip = {
		src,
		dst,
		id: scene.nextId(),
		ttl
	};
	const ports = {
		sport: scene.nextPort(),
		dport: 80
	};
	const packet = scene.draw.chance(70) ? udpPacket$1(ip, ports, filler(30)) : tcpPacket$1(ip, {
		...ports,
		seq: 1,
		ack: 0,
		flags: 2
	});
	scene.sends(end, packet, scene.draw.chance(70) ? void 0 : scene.nextHopMac(end, dst));
}
function mtuLimit(scene, at) {
	const { draw } = scene;
	const total = draw.pick([
		1e3,
		1001,
		1300,
		1301,
		1372,
		1400,
		1401,
		1500
	]);
	const df = draw.chance(55);
	if (df) scene.uses("packet DF");
	const length = Math.min(total, at.end.mtu) - 28;
	scene.sends(at.end, datagram(scene, at, { df }, length), scene.nextHopMac(at.end, at.dst));
}
function dontFragment(scene, at) {
	scene.sends(at.end, datagram(scene, at, { df: true }, scene.draw.pick([
		8,
		900,
		1350
	])));
}
/** One bit too many in the IP header, the UDP or TCP header, or an ICMP message; or UDP without a checksum. */
function badChecksum(scene, at) {
	const { draw } = scene;
	const ip = {
		src: at.src,
		dst: at.dst,
		id: scene.nextId()
	};
	const ports = {
		sport: scene.nextPort(),
		dport: draw.pick(SERVER_PORTS)
	};
	const udp = udpPacket$1(ip, ports, filler(8));
	const which = draw.pick([
		"ip",
		"udp",
		"udp",
		"tcp",
		"tcp",
		"icmp",
		"none"
	]);
	if (which === "none") udp.fill(0, 26, 28);
	const packets = {
		ip: flipped(udp, 10),
		udp: flipped(udp, 26),
		tcp: flipped(tcpPacket$1(ip, {
			...ports,
			seq: 1,
			ack: 0,
			flags: 2
		}), 36),
		icmp: flipped(icmpPacket$1(ip, {
			type: 8,
			code: 0,
			rest: 458753
		}, filler(8)), 22),
		none: udp
	};
	scene.sends(at.end, packets[which]);
}
function flipped(packet, at) {
	const copy = packet.slice();
	copy[at] = (copy[at] ?? 0) ^ 85;
	return copy;
}
/** Options that a router looks at and leaves as they are, or refuses. */
const OPTIONS = [
	[
		1,
		1,
		1,
		0
	],
	[
		1,
		1,
		1,
		1,
		1,
		1,
		1,
		0
	],
	[
		148,
		4,
		0,
		0
	],
	[
		131,
		7,
		4,
		10,
		9,
		9,
		9,
		0
	],
	[
		7,
		2,
		4,
		0
	],
	[
		148,
		9,
		0,
		0
	],
	[
		30,
		4,
		1,
		2
	]
];
function ipOptions(scene, at) {
	const options = Uint8Array.from(scene.draw.pick(OPTIONS));
	scene.sends(at.end, datagram(scene, at, { options }), scene.nextHopMac(at.end, at.dst));
}
/** Packets whose lengths or versions do not fit, and frames that are longer or shorter than their packet. */
function garbled(scene, at) {
	const { draw } = scene;
	const packet = draw.chance(50) ? datagram(scene, at, {}, 20) : tcpPacket$1({
		src: at.src,
		dst: at.dst,
		id: scene.nextId()
	}, {
		sport: scene.nextPort(),
		dport: 80,
		seq: 5,
		ack: 0,
		flags: 2
	}, filler(12));
	const to = draw.chance(50) ? void 0 : scene.nextHopMac(at.end, at.dst);
	scene.sends(at.end, draw.pick(DAMAGES)(scene, at, packet), to);
}
/** The packet with one byte of its IP header changed, its checksum right. */
function withByte(packet, offset, value) {
	packet[offset] = value;
	fillIpv4Checksum(packet, 0);
	return packet;
}
/** What can be wrong with a packet: cut, padded, header length, version, total length, the transport's lengths. */
const DAMAGES = [
	({ draw }, _at, packet) => packet.slice(0, draw.pick([
		0,
		4,
		19,
		20,
		24
	])),
	(_scene, _at, packet) => concatBytes(packet, filler(13)),
	(_scene, _at, packet) => withByte(packet, 0, 68),
	(_scene, _at, packet) => withByte(packet, 0, 101),
	(_scene, _at, packet) => withByte(packet, 0, 79),
	(_scene, _at, packet) => withByte(packet, 3, packet.length + 8),
	(_scene, _at, packet) => withByte(packet, 3, 12),
	({ draw }, _at, packet) => withByte(packet, 3, draw.pick([
		24,
		27,
		28
	])),
	({ draw }, _at, packet) => {
		packet[25] = draw.pick([4, 200]);
		return packet;
	},
	({ draw }, _at, packet) => {
		packet[32] = draw.pick([16, 240]);
		return packet;
	},
	(scene, at) => {
		const own = devOf(routerOf(scene.place, at.end.router), at.end.via).addrs[0] ?? at.dst;
		return withByte(icmpPacket$1({
			src: at.src,
			dst: own,
			id: scene.nextId()
		}, {
			type: 8,
			code: 0,
			rest: 1
		}, filler(4)), 3, scene.draw.pick([
			24,
			26,
			27
		]));
	}
];
const MAC_BROADCAST = 0xffffffffffff;
function broadcast$1(scene, at) {
	const { draw, place } = scene;
	const router = routerOf(place, at.end.router);
	const nets = router.devs.filter((dev) => dev.addrs.length > 0);
	const directed = ((draw.pick(nets).addrs[0] ?? 0) | 255) >>> 0;
	const dst = draw.pick([
		directed,
		directed,
		v4$2("255.255.255.255"),
		at.dst,
		addrsOf(router)[0] ?? at.dst
	]);
	const mac = draw.chance(70) ? MAC_BROADCAST : scene.gatewayMac(at.end);
	const ip = {
		src: at.src,
		dst,
		id: scene.nextId()
	};
	const packet = draw.chance(70) ? datagram(scene, {
		...at,
		dst
	}) : icmpPacket$1(ip, {
		type: 8,
		code: 0,
		rest: scene.nextPort() * 65536 + 1
	}, filler(8));
	scene.sends(at.end, packet, mac);
}
function multicast$1(scene, at) {
	const { draw } = scene;
	const dst = v4$2(draw.pick([
		"224.0.0.1",
		"224.0.0.9",
		"239.1.2.3",
		"224.0.0.251"
	]));
	const mac = draw.chance(85) ? 1101088686080 + (dst & 8388607) : scene.gatewayMac(at.end);
	scene.sends(at.end, datagram(scene, {
		...at,
		dst
	}, { ttl: draw.pick([1, 64]) }), mac);
}
function otherMac(scene, at) {
	scene.sends(at.end, datagram(scene, at), scene.draw.pick([2199023255806, 2199023255805]));
}
function icmpOther(scene, at) {
	const { draw, place } = scene;
	const own = addrsOf(routerOf(place, at.end.router));
	const dst = draw.chance(50) && own.length > 0 ? draw.pick(own) : at.dst;
	const type = draw.pick([
		13,
		13,
		14,
		15,
		17,
		9,
		10,
		30,
		0,
		42
	]);
	const rest = scene.nextPort() * 65536 + 1;
	const packet = icmpPacket$1({
		src: at.src,
		dst,
		id: scene.nextId()
	}, {
		type,
		code: 0,
		rest
	}, filler(12));
	scene.sends(at.end, packet, scene.nextHopMac(at.end, dst));
}
function otherProtocol(scene, at) {
	const { draw, place } = scene;
	const own = addrsOf(routerOf(place, at.end.router));
	const dst = draw.chance(30) && own.length > 0 ? draw.pick(own) : at.dst;
	const packet = ipPacket({
		src: at.src,
		dst,
		id: scene.nextId()
	}, draw.pick([
		89,
		99,
		253
	]), filler(24));
	scene.sends(at.end, packet, scene.nextHopMac(at.end, dst));
}
// src/verify/generate/packets/tcp-talk.ts
/** TCP conversations, in order and out of it: what both sides send, played by hand. */
/** The steps of one conversation, each sends one segment. */
function tcpTalk(scene, plan) {
	const { draw } = scene;
	const flow = drawFlow(scene, plan, 6);
	scene.uses("packet TCP conversation");
	const full = conversation(draw.between(1, 4) * 1e6, draw.between(5, 9) * 1e6, draw.between(0, 40));
	const whole = draw.chance(35) ? full : full.slice(0, draw.between(2, 6));
	const segments = draw.chance(40) ? disturb(scene, whole) : whole;
	const withOptions = draw.chance(60);
	return segments.map((segment) => () => send(scene, flow, segment, withOptions));
}
/** A handshake, data both ways, and both sides closing. Sequence numbers begin at `c` and `s`. */
function conversation(c, s, length) {
	const request = c + 1 + length;
	const answer = s + 1 + 2 * length;
	return [
		{
			from: "client",
			flags: 2,
			seq: c,
			ack: 0,
			length: 0
		},
		{
			from: "server",
			flags: 18,
			seq: s,
			ack: c + 1,
			length: 0
		},
		{
			from: "client",
			flags: 16,
			seq: c + 1,
			ack: s + 1,
			length: 0
		},
		{
			from: "client",
			flags: 24,
			seq: c + 1,
			ack: s + 1,
			length
		},
		{
			from: "server",
			flags: 24,
			seq: s + 1,
			ack: request,
			length: 2 * length
		},
		{
			from: "client",
			flags: 17,
			seq: request,
			ack: answer,
			length: 0
		},
		{
			from: "server",
			flags: 16,
			seq: answer,
			ack: request + 1,
			length: 0
		},
		{
			from: "server",
			flags: 17,
			seq: answer,
			ack: request + 1,
			length: 0
		},
		{
			from: "client",
			flags: 16,
			seq: request + 1,
			ack: answer + 1,
			length: 0
		}
	];
}
/** Something that goes wrong: one segment lost, doubled, early, reset, with odd flags or wrong numbers. */
function disturb(scene, segments) {
	const { draw } = scene;
	const at = draw.below(segments.length);
	const before = segments.slice(0, at);
	const after = segments.slice(at + 1);
	const victim = segments.slice(at, at + 1);
	const changed = (change) => [
		...before,
		...victim.map((segment) => ({
			...segment,
			...change
		})),
		...after
	];
	const how = draw.weighted([
		[20, "lost"],
		[10, "twice"],
		[12, "swapped"],
		[25, "reset"],
		[12, "flags"],
		[12, "seq"],
		[9, "ack"]
	]);
	if (how === "reset") scene.uses("packet TCP RST");
	else scene.uses(how === "flags" ? "packet TCP odd flags" : "packet TCP out of order");
	switch (how) {
		case "lost": return [...before, ...after];
		case "twice": return [
			...before,
			...victim,
			...victim,
			...after
		];
		case "swapped": return [
			...before,
			...after.slice(0, 1),
			...victim,
			...after.slice(1)
		];
		case "reset": return [
			...before,
			...victim,
			...victim.map((segment) => ({
				...segment,
				from: draw.chance(50) ? "client" : "server",
				flags: draw.chance(50) ? 4 : 20,
				seq: draw.chance(60) ? draw.chance(50) ? segment.ack : segment.seq : segment.seq + 1e5,
				length: 0
			})),
			...after
		];
		case "flags": return changed({ flags: draw.pick([
			0,
			1,
			3,
			6,
			41,
			10,
			50,
			8,
			255
		]) });
		case "seq": return changed({ seq: draw.pick([
			1,
			7e6,
			4294967280
		]) });
		case "ack": return changed({ ack: draw.pick([
			1,
			9999999,
			4294967280
		]) });
	}
}
function send(scene, flow, segment, withOptions) {
	const { from, flags, seq, ack, length } = segment;
	const isSyn = (flags & 2) !== 0;
	const tcp = {
		flags,
		seq,
		ack,
		options: withOptions && isSyn ? buildTcpOptions({
			mss: 1460,
			sackPermitted: true,
			windowScale: 7
		}) : /* @__PURE__ */ new Uint8Array(0),
		window: isSyn ? 64240 : 502
	};
	const payload = filler(length);
	const id = scene.nextId();
	if (from === "client") {
		const { addr, port } = flow.client;
		clientSends(scene, flow, tcpPacket$1({
			src: addr,
			dst: flow.dst,
			id,
			df: true
		}, {
			...tcp,
			sport: port,
			dport: flow.dport
		}, payload));
	} else if (flow.server !== void 0) {
		const { addr, port } = flow.server;
		serverSends(scene, flow, tcpPacket$1({
			src: addr,
			dst: flow.seenAs,
			id,
			df: true
		}, {
			...tcp,
			sport: port,
			dport: flow.client.port
		}, payload));
	}
}
// src/verify/generate/places/build.ts
function buildPlace(spec) {
	const made = new Making(spec);
	for (const net of spec.nets) made.net(net);
	for (const join of spec.joins ?? []) made.join(join);
	return made.place();
}
var Making = class {
	#spec;
	#links = [];
	#ends = [];
	#routers = /* @__PURE__ */ new Map();
	#addrs = /* @__PURE__ */ new Map();
	#neighs = /* @__PURE__ */ new Map();
	#routes = /* @__PURE__ */ new Map();
	#devices = 0;
	constructor(spec) {
		this.#spec = spec;
		for (const { router } of spec.nets) {
			if (!this.#routers.has(router)) this.#links.push(loopbackUp(router));
			this.#routers.set(router, []);
		}
	}
	net(net) {
		const mac = this.#mac();
		if (net.bridge === true) this.#links.push(bridge(net.router, net.dev, mac));
		const ports = [];
		net.ends.forEach((end, at) => {
			const port = net.bridge === true ? `${net.dev}p${at + 1}` : void 0;
			const endMac = this.#mac();
			const mtu = end.mtu === void 0 ? {} : { mtu: end.mtu };
			const bridged = port === void 0 ? {} : {
				master: net.dev,
				...end.port === void 0 ? {} : { port: end.port }
			};
			this.#links.push(...cable({
				netns: net.router,
				dev: port ?? net.dev,
				mac: port === void 0 ? mac : this.#mac(),
				...mtu,
				...bridged
			}, {
				netns: end.netns,
				dev: "e0",
				mac: endMac,
				...mtu
			}));
			if (port !== void 0) ports.push(port);
			this.#end(net, end, {
				mac: endMac,
				routerMac: mac,
				...port === void 0 ? {} : { port }
			});
		});
		this.#device(net.router, {
			name: net.dev,
			mac,
			addrs: net.addrs,
			ports
		});
	}
	join(join) {
		const [a, b] = [this.#mac(), this.#mac()];
		this.#links.push(...cable({
			...join.a,
			mac: a,
			mtu: join.mtu
		}, {
			...join.b,
			mac: b,
			mtu: join.mtu
		}));
		this.#device(join.a.netns, {
			name: join.a.dev,
			mac: a,
			addrs: [join.a.addr],
			ports: []
		});
		this.#device(join.b.netns, {
			name: join.b.dev,
			mac: b,
			addrs: [join.b.addr],
			ports: []
		});
		this.#neigh(join.a.netns, join.a.dev, join.b.addr, b);
		this.#neigh(join.b.netns, join.b.dev, join.a.addr, a);
	}
	place() {
		const { name, features, more = [], routes = {}, sockets = false } = this.#spec;
		for (const { netns, dev, addr } of more) this.#addr(netns, dev, addr);
		for (const [netns, list] of Object.entries(routes)) listOf(this.#routes, netns).push(...list);
		const routers = [...this.#routers].map(([netns, devs]) => ({
			netns,
			devs
		}));
		const ends = this.#ends;
		const names = [...routers, ...ends].map(({ netns }) => netns);
		const hosts = routers.map(({ netns, devs }) => ({
			netns,
			addrs: devs.flatMap((dev) => dev.addrs)
		}));
		if (sockets) hosts.push(...ends.map(({ netns, addrs }) => ({
			netns,
			addrs: addrs.slice(0, 1)
		})));
		const config = {};
		for (const netns of names) config[netns] = {
			addrs: this.#addrs.get(netns) ?? [],
			routes: this.#routes.get(netns) ?? [],
			neighs: this.#neighs.get(netns) ?? []
		};
		return {
			name,
			features,
			topology: {
				netns: names,
				links: this.#links
			},
			ends,
			routers,
			hosts,
			config,
			sockets
		};
	}
	#end(net, end, at) {
		const { netns } = end;
		this.#ends.push({
			netns,
			dev: "e0",
			mac: at.mac,
			addrs: end.addrs.map(v4$2),
			router: net.router,
			via: net.dev,
			...at.port === void 0 ? {} : { port: at.port },
			mtu: end.mtu ?? 1500
		});
		for (const addr of end.addrs) this.#neigh(net.router, net.dev, addr, at.mac);
		const [own] = end.addrs;
		const [gateway] = net.addrs;
		if (this.#spec.sockets !== true || own === void 0 || gateway === void 0) return;
		const router = cidr(gateway);
		this.#links.push(loopbackUp(netns));
		this.#addr(netns, "e0", `${own}/${router.prefix}`);
		this.#neigh(netns, "e0", gateway, at.routerMac);
		listOf(this.#routes, netns).push({
			kind: "route",
			dst: cidr("0.0.0.0/0"),
			via: router.addr,
			dev: "e0"
		});
	}
	#device(netns, dev) {
		const prefix = dev.addrs.map((addr) => cidr(addr).prefix)[0] ?? 32;
		const addrs = dev.addrs.map((addr) => v4$2(cidr(addr).addr));
		listOf(this.#routers, netns).push({
			...dev,
			addrs,
			prefix
		});
		for (const addr of dev.addrs) this.#addr(netns, dev.name, addr);
	}
	#addr(netns, dev, addr) {
		listOf(this.#addrs, netns).push({
			kind: "addr",
			dev,
			addr: cidr(addr)
		});
	}
	#neigh(netns, dev, addr, mac) {
		const bare = addr.split("/")[0] ?? addr;
		listOf(this.#neighs, netns).push({
			kind: "neigh",
			dev,
			addr: ip(bare),
			mac: macText(mac),
			state: "PERMANENT"
		});
	}
	#mac() {
		this.#devices += 1;
		return macOf(this.#devices);
	}
};
function listOf(lists, key) {
	const found = lists.get(key);
	if (found !== void 0) return found;
	const made = [];
	lists.set(key, made);
	return made;
}
// src/verify/generate/places/places.ts
/**
* The places: few, for a real kernel keeps their devices standing while rules, addresses and packets change. Of a veth
* pair the router's end is named for what is behind it; the other end is `e0` in a namespace of its own.
*/
const router = buildPlace({
	name: "router",
	features: ["topology router", "device veth"],
	nets: [{
		router: "r",
		dev: "c0",
		addrs: ["10.1.0.1/24"],
		ends: [{
			netns: "c",
			addrs: [
				"10.1.0.2",
				"10.1.0.3",
				"10.1.0.4"
			]
		}]
	}, {
		router: "r",
		dev: "s0",
		addrs: ["10.2.0.1/24"],
		ends: [{
			netns: "s",
			addrs: ["10.2.0.2", "10.2.0.3"],
			mtu: 1400
		}]
	}]
});
const node = buildPlace({
	name: "node",
	features: [
		"topology node with pods on a bridge",
		"device veth",
		"device bridge"
	],
	nets: [{
		router: "n",
		dev: "br0",
		addrs: ["10.244.1.1/24"],
		bridge: true,
		ends: [{
			netns: "p1",
			addrs: ["10.244.1.2"]
		}, {
			netns: "p2",
			addrs: ["10.244.1.3"]
		}]
	}, {
		router: "n",
		dev: "w0",
		addrs: ["192.168.5.1/24"],
		ends: [{
			netns: "c",
			addrs: ["192.168.5.10", "192.168.5.11"]
		}]
	}]
});
const hairpin = buildPlace({
	name: "hairpin",
	features: [
		"topology node with pods on a bridge",
		"device veth",
		"device bridge",
		"bridge port hairpin",
		"bridge port isolated"
	],
	nets: [{
		router: "n",
		dev: "br0",
		addrs: ["10.244.1.1/24"],
		bridge: true,
		ends: [
			{
				netns: "p1",
				addrs: ["10.244.1.2", "10.244.1.12"],
				port: { hairpin: true }
			},
			{
				netns: "p2",
				addrs: ["10.244.1.3"],
				port: {
					hairpin: true,
					isolated: true
				}
			},
			{
				netns: "p3",
				addrs: ["10.244.1.4"],
				port: {
					isolated: true,
					learning: false
				}
			}
		]
	}]
});
const uplinks = buildPlace({
	name: "uplinks",
	features: ["topology two uplinks", "device veth"],
	nets: [
		{
			router: "r",
			dev: "l0",
			addrs: ["10.10.0.1/24"],
			ends: [{
				netns: "l",
				addrs: ["10.10.0.2", "10.10.0.3"]
			}]
		},
		{
			router: "r",
			dev: "u1",
			addrs: ["10.11.0.1/24"],
			ends: [{
				netns: "x",
				addrs: ["10.11.0.2", "10.20.0.9"],
				mtu: 1400
			}]
		},
		{
			router: "r",
			dev: "u2",
			addrs: ["10.12.0.1/24"],
			ends: [{
				netns: "y",
				addrs: ["10.12.0.2", "10.20.0.9"]
			}]
		}
	],
	routes: { r: [{
		kind: "route",
		dst: cidr("0.0.0.0/0"),
		via: ip("10.11.0.2"),
		dev: "u1"
	}, {
		kind: "route",
		dst: cidr("10.20.0.0/24"),
		via: ip("10.12.0.2"),
		dev: "u2"
	}] }
});
const chain = buildPlace({
	name: "chain",
	features: ["topology two routers in a chain", "device veth"],
	nets: [{
		router: "ra",
		dev: "c0",
		addrs: ["10.1.0.1/24"],
		ends: [{
			netns: "c",
			addrs: ["10.1.0.2", "10.1.0.3"]
		}]
	}, {
		router: "rb",
		dev: "s0",
		addrs: ["10.2.0.1/24"],
		ends: [{
			netns: "s",
			addrs: ["10.2.0.2", "10.2.0.3"],
			mtu: 1e3
		}]
	}],
	joins: [{
		mtu: 1300,
		a: {
			netns: "ra",
			dev: "m0",
			addr: "10.3.0.1/30"
		},
		b: {
			netns: "rb",
			dev: "m1",
			addr: "10.3.0.2/30"
		}
	}],
	routes: {
		ra: [{
			kind: "route",
			dst: cidr("0.0.0.0/0"),
			via: ip("10.3.0.2"),
			dev: "m0"
		}],
		rb: [{
			kind: "route",
			dst: cidr("10.1.0.0/24"),
			via: ip("10.3.0.1"),
			dev: "m1"
		}]
	}
});
const routedPods = buildPlace({
	name: "routed-pods",
	features: ["topology routed pods (proxy ARP)", "device veth"],
	nets: [
		{
			router: "n",
			dev: "cali1",
			addrs: [],
			ends: [{
				netns: "p1",
				addrs: ["10.65.0.2"]
			}]
		},
		{
			router: "n",
			dev: "cali2",
			addrs: [],
			ends: [{
				netns: "p2",
				addrs: ["10.65.0.3"]
			}]
		},
		{
			router: "n",
			dev: "w0",
			addrs: ["192.168.5.1/24"],
			ends: [{
				netns: "c",
				addrs: ["192.168.5.10"]
			}]
		}
	],
	routes: { n: [
		{
			kind: "route",
			dst: cidr("10.65.0.2/32"),
			dev: "cali1",
			scope: "link"
		},
		{
			kind: "route",
			dst: cidr("10.65.0.3/32"),
			dev: "cali2",
			scope: "link"
		},
		{
			kind: "route",
			dst: cidr("0.0.0.0/0"),
			via: ip("192.168.5.10"),
			dev: "w0"
		}
	] }
});
const bridges = buildPlace({
	name: "bridges",
	features: [
		"topology two bridges",
		"device veth",
		"device bridge",
		"secondary address"
	],
	nets: [{
		router: "h",
		dev: "br0",
		addrs: [
			"10.20.0.1/24",
			"10.20.0.100/24",
			"10.30.0.1/24"
		],
		bridge: true,
		ends: [{
			netns: "a1",
			addrs: ["10.20.0.2", "10.30.0.2"]
		}, {
			netns: "a2",
			addrs: ["10.20.0.3", "10.30.0.3"]
		}]
	}, {
		router: "h",
		dev: "br1",
		addrs: ["10.21.0.1/24"],
		bridge: true,
		ends: [{
			netns: "b1",
			addrs: ["10.21.0.2"]
		}, {
			netns: "b2",
			addrs: ["10.21.0.3"],
			mtu: 1400
		}]
	}]
});
const hosts = buildPlace({
	name: "hosts",
	features: ["topology hosts with sockets", "device veth"],
	sockets: true,
	nets: [{
		router: "r",
		dev: "c0",
		addrs: ["10.1.0.1/24"],
		ends: [{
			netns: "c",
			addrs: ["10.1.0.2"]
		}]
	}, {
		router: "r",
		dev: "s0",
		addrs: ["10.2.0.1/24"],
		ends: [{
			netns: "s",
			addrs: ["10.2.0.2"],
			mtu: 1400
		}]
	}]
});
const pods = buildPlace({
	name: "pods",
	features: [
		"topology pods with sockets on a bridge",
		"device veth",
		"device bridge",
		"bridge port hairpin"
	],
	sockets: true,
	nets: [{
		router: "n",
		dev: "br0",
		addrs: ["10.244.1.1/24"],
		bridge: true,
		ends: [{
			netns: "p1",
			addrs: ["10.244.1.2"],
			port: { hairpin: true }
		}, {
			netns: "p2",
			addrs: ["10.244.1.3"]
		}]
	}, {
		router: "n",
		dev: "w0",
		addrs: ["192.168.5.1/24"],
		ends: [{
			netns: "c",
			addrs: ["192.168.5.10"]
		}]
	}]
});
/** Each with its weight. */
const PLACES = [
	[18, router],
	[20, node],
	[8, hairpin],
	[14, uplinks],
	[12, chain],
	[8, routedPods],
	[10, bridges],
	[12, hosts],
	[10, pods]
];
// src/verify/generate/rules/site.ts
/** Marks that rules set and rules and policy routing ask for. */
const MARKS = [
	1,
	2,
	16,
	16384
];
/** Every hook of the site is one of these. */
function onlyFrom(site, ...hooks) {
	return site.hooks.every((hook) => hooks.includes(hook));
}
/** An address that packets here have: a host's, a service's, the router's. */
function drawAddr(site) {
	const { draw, scene, plan, router } = site;
	const hosts = scene.place.ends.flatMap((end) => end.addrs);
	return draw.pick([
		...hosts,
		...hosts,
		...addrsOf(router),
		...plan.services.map((service) => service.vip)
	]);
}
/** A network that holds such an address: the address alone, or more. */
function drawNet(site) {
	const prefix = site.draw.weighted([
		[45, 32],
		[30, 24],
		[10, 16],
		[5, 31],
		[5, 8],
		[5, 30]
	]);
	return networkOf({
		addr: text(drawAddr(site)),
		prefix
	});
}
/** Ports around those in use. */
function drawPorts(draw) {
	const port = draw.pick(SERVER_PORTS);
	return draw.weighted([
		[55, {
			from: port,
			to: port
		}],
		[10, {
			from: 1,
			to: 1023
		}],
		[15, {
			from: FIRST_PORT,
			to: LAST_PORT
		}],
		[10, {
			from: FIRST_PORT,
			to: 3e4
		}],
		[10, {
			from: port,
			to: port + 100
		}]
	]);
}
/** `!` in some of the cases. */
function inverted(draw, percent = 18) {
	return draw.chance(percent) ? { invert: true } : {};
}
// src/verify/generate/routing.ts
const OTHER_TABLES = [100, 101];
const EVERYWHERE = cidr("0.0.0.0/0");
/** Routes of the router that only this scenario has. */
function drawRoutes(scene, plan, router) {
	const { draw } = scene;
	const routes = [];
	const gateways = scene.place.ends.filter((end) => end.router === router.netns && end.addrs.length > 0);
	if (!(scene.place.config[router.netns]?.routes ?? []).some((route) => route.dst.prefix === 0) && draw.chance(45)) {
		scene.uses("route default");
		routes.push({
			kind: "route",
			dst: EVERYWHERE,
			...by(draw.pick(gateways))
		});
	}
	if (plan.oddRoutes) routes.push(...oddRoutes(scene, draw.pick(gateways)));
	if (draw.chance(8)) routes.push(...withMtu(scene, router, gateways));
	if (draw.chance(8)) routes.push(...metrics(scene, gateways));
	return routes;
}
/** A host that packets go to with a smaller MTU; none where the place has a route for it already. */
function withMtu(scene, router, gateways) {
	const { draw, place } = scene;
	const target = draw.pick(place.ends);
	const [addr] = target.addrs;
	if (addr === void 0) return [];
	const dst = {
		addr: text(addr),
		prefix: 32
	};
	if ((place.config[router.netns]?.routes ?? []).some((route) => formatCidr(route.dst) === formatCidr(dst))) return [];
	scene.uses("route with mtu");
	return [{
		kind: "route",
		dst,
		...by(gateways.find((end) => end === target) ?? draw.pick(gateways), addr),
		mtu: draw.pick([600, 900])
	}];
}
/** One kind each for the odd networks. */
function oddRoutes(scene, gateway) {
	const routes = [
		["blackhole", "route blackhole"],
		["unreachable", "route unreachable"],
		["prohibit", "route prohibit"]
	].map(([type, feature], at) => {
		scene.uses(feature);
		return {
			kind: "route",
			dst: oddNet(at),
			type
		};
	});
	if (scene.draw.chance(40)) {
		scene.uses("route local");
		routes.push({
			kind: "route",
			dst: oddNet(3),
			type: "local",
			dev: "lo",
			scope: "host"
		});
	} else if (scene.draw.chance(30)) {
		scene.uses("route throw");
		routes.push({
			kind: "route",
			dst: oddNet(3),
			type: "throw"
		});
	} else routes.push({
		kind: "route",
		dst: oddNet(3),
		...by(gateway)
	});
	return routes;
}
/** The same destination twice: the lower metric wins. */
function metrics(scene, gateways) {
	scene.uses("route metrics");
	const dst = cidr("10.250.0.0/24");
	return gateways.slice(0, 2).map((end, at) => ({
		kind: "route",
		dst,
		...by(end),
		metric: 200 - 100 * at
	}));
}
/** Rules that send some packets to another table, and the routes of those tables. */
function drawPolicy$1(scene, router) {
	const { draw, place } = scene;
	const likely = place.features.includes("topology two uplinks") ? 80 : 14;
	if (!draw.chance(likely)) return {
		rules: [],
		routes: []
	};
	const gateways = place.ends.filter((end) => end.router === router.netns && end.addrs.length > 0);
	const rules = [];
	const count = draw.between(1, 3);
	for (let k = 0; k < count; k += 1) rules.push({
		kind: "rule",
		family: "ipv4",
		priority: 1e3 + 100 * k + draw.below(10),
		table: draw.pick(OTHER_TABLES),
		...selector(scene, router),
		...draw.chance(12) ? not(scene) : {}
	});
	return {
		rules,
		routes: OTHER_TABLES.flatMap((table) => tableRoutes(scene, gateways, table))
	};
}
function not(scene) {
	scene.uses("policy rule not");
	return { not: true };
}
function selector(scene, router) {
	const { draw, place } = scene;
	const addr = draw.pick([...place.ends.flatMap((end) => end.addrs), ...addrsOf(router)]);
	const net = {
		addr: text((addr & 4294967040) >>> 0),
		prefix: 24
	};
	const kinds = [
		[
			30,
			"policy rule from",
			{ from: draw.chance(70) ? net : {
				addr: text(addr),
				prefix: 32
			} }
		],
		[
			15,
			"policy rule to",
			{ to: draw.chance(50) ? net : cidr(`${draw.pick(ODD_NETS)}/16`) }
		],
		[
			20,
			"policy rule iif",
			{ iif: draw.pick(router.devs).name }
		],
		[
			30,
			"policy rule fwmark",
			{ fwmark: {
				value: draw.pick(MARKS),
				mask: 4294967295
			} }
		]
	];
	const [feature, rule] = draw.weighted(kinds.map(([weight, feature, rule]) => [weight, [feature, rule]]));
	scene.uses(feature);
	return rule;
}
function tableRoutes(scene, gateways, table) {
	const { draw } = scene;
	const kind = draw.weighted([
		[60, "unicast"],
		[10, "blackhole"],
		[8, "unreachable"],
		[8, "prohibit"],
		[8, "throw"],
		[6, "none"]
	]);
	if (kind === "none") return [];
	if (kind === "unicast") return [{
		kind: "route",
		dst: EVERYWHERE,
		...by(draw.pick(gateways)),
		table
	}];
	scene.uses(`route ${kind}`);
	return [{
		kind: "route",
		dst: EVERYWHERE,
		type: kind,
		table
	}];
}
/** Through a host behind this end; a host that is the destination itself is on the link. */
function by(end, dst) {
	const [gateway] = end.addrs;
	return gateway === void 0 || gateway === dst ? { dev: end.via } : {
		dev: end.via,
		via: text(gateway)
	};
}
function oddNet(at) {
	return cidr(`${ODD_NETS[at] ?? ODD_NETS[0]}/16`);
}
// src/verify/generate/rules/planned.ts
function plannedRules(scene, plan, at) {
	if (at.table !== "nat" || !plan.conntrack) return [];
	if (at.hook === "PREROUTING" || at.hook === "OUTPUT") {
		if (plan.services.length > 0) scene.uses("target DNAT", "match -d", "match -p");
		return plan.services.map(serviceRule);
	}
	return at.hook === "POSTROUTING" && plan.sourceNat !== void 0 ? sourceRules(scene, plan, plan.sourceNat) : [];
}
function serviceRule(service) {
	const { proto, vip, port, addr, targetPort } = service;
	const dport = { value: {
		from: port,
		to: port
	} };
	return {
		matches: [
			{
				kind: "destination",
				net: {
					addr: text(vip),
					prefix: 32
				}
			},
			{
				kind: "protocol",
				proto
			},
			proto === 6 ? {
				kind: "tcp",
				dport
			} : {
				kind: "udp",
				dport
			}
		],
		target: {
			kind: "dnat",
			to: {
				minAddr: text(addr),
				minPort: targetPort
			}
		}
	};
}
/** With clashes: two ports for those who use them, so that the second flow gets the other one and the third none. */
function sourceRules(scene, plan, to) {
	scene.uses(to === "masquerade" ? "target MASQUERADE" : "target SNAT");
	if (!plan.clash) return [{
		matches: [],
		target: to === "masquerade" ? { kind: "masquerade" } : {
			kind: "snat",
			to: { minAddr: text(to) }
		}
	}];
	scene.uses("nat port clash", "nat port range", "match -p");
	return [6, 17].map((proto) => {
		const sport = { value: {
			from: 5e3,
			to: 5001
		} };
		const matches = [{
			kind: "protocol",
			proto
		}, proto === 6 ? {
			kind: "tcp",
			sport
		} : {
			kind: "udp",
			sport
		}];
		if (to === "masquerade") return {
			matches,
			target: {
				kind: "masquerade",
				toPorts: {
					from: 5e3,
					to: 5001
				}
			}
		};
		return {
			matches,
			target: {
				kind: "snat",
				to: {
					minAddr: text(to),
					minPort: 5e3,
					maxPort: 5001
				}
			}
		};
	});
}
// src/verify/generate/rules/packet-matches.ts
function connmark$2({ draw, plan }) {
	if (!plan.conntrack) return void 0;
	const mask = draw.pick([
		4294967295,
		4294967295,
		255
	]);
	return {
		kind: "connmark",
		value: (draw.pick([0, ...MARKS]) & mask) >>> 0,
		mask,
		...inverted(draw, 30)
	};
}
/** The sender's, in chains where a packet has one. */
function macMatch(site) {
	const { draw, scene, router } = site;
	if (!onlyFrom(site, "PREROUTING", "INPUT", "FORWARD")) return void 0;
	const known = [...scene.place.ends.map((end) => end.mac), ...router.devs.map((dev) => dev.mac)];
	return {
		kind: "mac",
		mac: macText(draw.pick(known)),
		...inverted(draw)
	};
}
function iprange$1(site) {
	const { draw } = site;
	const range = () => {
		const from = drawAddr(site);
		const to = Math.min(from + draw.pick([
			0,
			1,
			4,
			300
		]), 3758096383);
		return {
			from: text(from),
			to: text(to),
			...inverted(draw)
		};
	};
	const which = draw.below(3);
	return {
		kind: "iprange",
		...which !== 1 ? { src: range() } : {},
		...which !== 0 ? { dst: range() } : {}
	};
}
function lengthMatch({ draw }) {
	const range = draw.pick([
		[0, 60],
		[40, 40],
		[61, 65535],
		[28, 52],
		[100, 1500]
	]);
	return {
		kind: "length",
		from: range[0],
		to: range[1],
		...inverted(draw)
	};
}
function pkttype$1({ draw }) {
	return {
		kind: "pkttype",
		type: draw.pick([
			"unicast",
			"unicast",
			"broadcast",
			"multicast"
		]),
		...inverted(draw)
	};
}
function ttlMatch({ draw }) {
	const op = draw.pick([
		"eq",
		"lt",
		"gt"
	]);
	return {
		kind: "ttl",
		op,
		value: draw.pick([
			1,
			2,
			62,
			63,
			64
		]),
		...op === "eq" ? inverted(draw) : {}
	};
}
function tosMatch({ draw }) {
	const mask = draw.pick([
		255,
		63,
		252,
		30
	]);
	return {
		kind: "tos",
		value: draw.pick([
			0,
			16,
			8,
			184
		]) & mask,
		mask,
		...inverted(draw, 30)
	};
}
function dscpMatch({ draw }) {
	return {
		kind: "dscp",
		value: draw.pick([
			0,
			0,
			4,
			46
		]),
		...inverted(draw, 30)
	};
}
function ecn$1({ draw, proto }) {
	const which = proto === 6 ? draw.below(3) : 2;
	if (which === 0) return {
		kind: "ecn",
		ece: draw.chance(50)
	};
	if (which === 1) return {
		kind: "ecn",
		cwr: draw.chance(50)
	};
	return {
		kind: "ecn",
		ect: {
			value: draw.below(4),
			...inverted(draw)
		}
	};
}
function tcpmssMatch({ draw, proto }) {
	if (proto !== 6) return void 0;
	return {
		kind: "tcpmss",
		from: draw.pick([
			0,
			1e3,
			1460
		]),
		to: draw.pick([1460, 65535]),
		...inverted(draw)
	};
}
/** Whoever sends in a scenario is root. */
function owner$1(site) {
	const { draw } = site;
	if (!onlyFrom(site, "OUTPUT", "POSTROUTING")) return void 0;
	const which = draw.below(3);
	if (which === 0) return {
		kind: "owner",
		socketExists: draw.chance(65)
	};
	const range = draw.pick([
		{
			from: 0,
			to: 0
		},
		{
			from: 0,
			to: 100
		},
		{
			from: 1e3,
			to: 2e3
		}
	]);
	return which === 1 ? {
		kind: "owner",
		uid: {
			...range,
			...inverted(draw)
		}
	} : {
		kind: "owner",
		gid: {
			...range,
			...inverted(draw)
		}
	};
}
function rpfilter$1(site) {
	const { draw, table } = site;
	if (table !== "raw" && table !== "mangle" || !onlyFrom(site, "PREROUTING")) return void 0;
	return {
		kind: "rpfilter",
		...draw.chance(40) ? { loose: true } : {},
		...draw.chance(25) ? { validmark: true } : {},
		...draw.chance(25) ? { acceptLocal: true } : {},
		...inverted(draw, 40)
	};
}
/** What payloads and headers hold often: zeros, counting bytes, a port. */
function stringMatch({ draw }) {
	return {
		kind: "string",
		algo: draw.pick(["bm", "kmp"]),
		hex: draw.pick([
			"00",
			"0001",
			"000102",
			"1f90",
			"70",
			"68656c6c6f"
		]),
		...draw.chance(30) ? { from: draw.pick([
			20,
			28,
			40
		]) } : {},
		...draw.chance(30) ? { to: draw.pick([48, 100]) } : {},
		...inverted(draw)
	};
}
// src/verify/generate/rules/matches.ts
const MATCH_MAKERS = {
	source: {
		feature: "match -s",
		make: (site) => ({
			kind: "source",
			net: drawNet(site),
			...inverted(site.draw)
		})
	},
	destination: {
		feature: "match -d",
		make: (site) => ({
			kind: "destination",
			net: drawNet(site),
			...inverted(site.draw)
		})
	},
	"in-interface": {
		feature: "match -i",
		make: (site) => onlyFrom(site, "PREROUTING", "INPUT", "FORWARD") ? {
			kind: "in-interface",
			name: interfaceName(site),
			...inverted(site.draw)
		} : void 0
	},
	"out-interface": {
		feature: "match -o",
		make: (site) => onlyFrom(site, "FORWARD", "OUTPUT", "POSTROUTING") ? {
			kind: "out-interface",
			name: interfaceName(site),
			...inverted(site.draw)
		} : void 0
	},
	protocol: {
		feature: "match -p",
		make: ({ proto }) => proto === void 0 ? void 0 : {
			kind: "protocol",
			proto
		}
	},
	fragment: {
		feature: "match -f",
		make: ({ draw }) => ({
			kind: "fragment",
			...inverted(draw, 40)
		})
	},
	comment: {
		feature: "match comment",
		make: ({ draw }) => ({
			kind: "comment",
			text: draw.pick([
				"seen",
				"two words",
				"a \"quoted\" word",
				"it's -j DROP"
			])
		})
	},
	tcp: {
		feature: "match tcp",
		make: ({ draw, proto }) => proto === 6 ? tcp$1(draw) : void 0
	},
	udp: {
		feature: "match udp",
		make: ({ draw, proto }) => proto === 17 ? {
			kind: "udp",
			...ports$1(draw)
		} : void 0
	},
	sctp: {
		feature: "match sctp",
		make: ({ draw, proto }) => proto === 132 ? {
			kind: "sctp",
			...ports$1(draw)
		} : void 0
	},
	icmp: {
		feature: "match icmp",
		make: ({ draw, proto }) => proto === 1 ? icmp$1(draw) : void 0
	},
	icmp6: { why: "the simulated kernel moves no IPv6 packets" },
	conntrack: {
		feature: "match conntrack",
		make: (site) => site.plan.conntrack ? conntrack$1(site) : void 0
	},
	state: {
		feature: "match state",
		make: ({ draw, plan }) => plan.conntrack ? {
			kind: "state",
			states: draw.sample(STATES.slice(0, 5), draw.between(1, 2)),
			...inverted(draw)
		} : void 0
	},
	mark: {
		feature: "match mark",
		make: ({ draw }) => {
			const mask = draw.pick([
				4294967295,
				4294967295,
				255,
				16384
			]);
			return {
				kind: "mark",
				value: (draw.pick([0, ...MARKS]) & mask) >>> 0,
				mask,
				...inverted(draw, 30)
			};
		}
	},
	addrtype: {
		feature: "match addrtype",
		make: addrtype$1
	},
	statistic: {
		feature: "match statistic",
		make: ({ draw }) => statistic$1(draw)
	},
	set: { why: "scenarios have no sets yet" },
	multiport: {
		feature: "match multiport",
		make: ({ draw, proto }) => proto === 6 || proto === 17 ? {
			kind: "multiport",
			which: draw.pick([
				"sports",
				"dports",
				"ports"
			]),
			ports: Array.from({ length: draw.between(1, 4) }, () => drawPorts(draw)),
			...inverted(draw)
		} : void 0
	},
	recent: {
		feature: "match recent",
		make: recent$1
	},
	nfacct: { why: "a scenario's namespaces have no accounting objects to begin with" },
	limit: {
		feature: "match limit",
		make: ({ draw }) => ({
			kind: "limit",
			avg: draw.pick([6e5, 36e6]),
			burst: draw.between(1, 4)
		})
	},
	physdev: {
		feature: "match physdev",
		make: physdev$1
	},
	connmark: {
		feature: "match connmark",
		make: connmark$2
	},
	mac: {
		feature: "match mac",
		make: macMatch
	},
	iprange: {
		feature: "match iprange",
		make: iprange$1
	},
	length: {
		feature: "match length",
		make: lengthMatch
	},
	pkttype: {
		feature: "match pkttype",
		make: pkttype$1
	},
	ttl: {
		feature: "match ttl",
		make: ttlMatch
	},
	tos: {
		feature: "match tos",
		make: tosMatch
	},
	dscp: {
		feature: "match dscp",
		make: dscpMatch
	},
	ecn: {
		feature: "match ecn",
		make: ecn$1
	},
	tcpmss: {
		feature: "match tcpmss",
		make: tcpmssMatch
	},
	owner: {
		feature: "match owner",
		make: owner$1
	},
	rpfilter: {
		feature: "match rpfilter",
		make: rpfilter$1
	},
	string: {
		feature: "match string",
		make: stringMatch
	},
	"unknown-match": { why: "the simulated kernel refuses it by name" }
};
const STATES = [
	"NEW",
	"ESTABLISHED",
	"RELATED",
	"INVALID",
	"UNTRACKED",
	"SNAT",
	"DNAT"
];
const STATUSES = [
	"NONE",
	"EXPECTED",
	"SEEN_REPLY",
	"ASSURED",
	"CONFIRMED"
];
const ADDR_TYPES = [
	"UNICAST",
	"LOCAL",
	"LOCAL",
	"BROADCAST",
	"MULTICAST",
	"BLACKHOLE",
	"UNREACHABLE",
	"PROHIBIT"
];
function interfaceName(site) {
	const { draw, router } = site;
	const dev = draw.pick(router.devs);
	return draw.weighted([
		[70, dev.name],
		[10, `${dev.name.slice(0, 1)}+`],
		[8, draw.pick(["lo", "eth9"])],
		[12, draw.pick(dev.ports.length > 0 ? dev.ports : [dev.name])]
	]);
}
function ports$1(draw) {
	const side = () => ({
		value: drawPorts(draw),
		...inverted(draw)
	});
	const which = draw.below(10);
	return {
		...which > 6 ? { sport: side() } : {},
		...which < 8 ? { dport: side() } : {}
	};
}
function tcp$1(draw) {
	const flags = draw.pick([
		{
			mask: 23,
			comp: 2
		},
		{
			mask: 18,
			comp: 18
		},
		{
			mask: 4,
			comp: 4
		},
		{
			mask: 63,
			comp: 0
		},
		{
			mask: 24,
			comp: 16
		}
	]);
	return {
		kind: "tcp",
		...draw.chance(70) ? ports$1(draw) : {},
		...draw.chance(40) ? { flags: {
			value: flags,
			...inverted(draw)
		} } : {},
		...draw.chance(12) ? { option: {
			value: draw.pick([
				2,
				3,
				8
			]),
			...inverted(draw)
		} } : {}
	};
}
function icmp$1(draw) {
	const [type, code] = draw.pick([
		[8],
		[8],
		[0],
		[3],
		[3, 3],
		[3, 4],
		[11],
		[11, 0],
		[255],
		[5, 1],
		[13]
	]);
	return {
		kind: "icmp",
		type,
		...code === void 0 ? {} : { code },
		...type === 255 ? {} : inverted(draw)
	};
}
function conntrack$1(site) {
	const { draw } = site;
	const not = () => inverted(draw);
	const options = {};
	const all = [
		[40, { state: {
			value: draw.sample(STATES, draw.between(1, 3)),
			...not()
		} }],
		[6, { status: {
			value: draw.sample(STATUSES, draw.between(1, 2)),
			...not()
		} }],
		[5, { proto: {
			value: draw.pick([
				6,
				17,
				1
			]),
			...not()
		} }],
		[6, { origSrc: {
			value: drawNet(site),
			...not()
		} }],
		[6, { origDst: {
			value: drawNet(site),
			...not()
		} }],
		[6, { replSrc: {
			value: drawNet(site),
			...not()
		} }],
		[6, { replDst: {
			value: drawNet(site),
			...not()
		} }],
		[4, { origSport: {
			value: drawPorts(draw),
			...not()
		} }],
		[5, { origDport: {
			value: drawPorts(draw),
			...not()
		} }],
		[4, { replSport: {
			value: drawPorts(draw),
			...not()
		} }],
		[4, { replDport: {
			value: drawPorts(draw),
			...not()
		} }],
		[4, { expireSeconds: {
			value: draw.pick([{
				from: 0,
				to: 80
			}, {
				from: 200,
				to: 5e3
			}]),
			...not()
		} }],
		[5, { dir: draw.pick(["ORIGINAL", "REPLY"]) }]
	];
	const count = draw.weighted([
		[70, 1],
		[25, 2],
		[5, 3]
	]);
	for (let k = 0; k < count; k += 1) Object.assign(options, draw.weighted(all));
	return {
		kind: "conntrack",
		...options
	};
}
function addrtype$1(site) {
	const { draw } = site;
	const types = () => ({
		value: [...new Set(draw.sample(ADDR_TYPES, draw.between(1, 2)))],
		...inverted(draw)
	});
	const side = draw.below(10);
	const limit = draw.below(10);
	const into = limit < 2 && onlyFrom(site, "PREROUTING", "INPUT", "FORWARD");
	const out = !into && limit < 4 && onlyFrom(site, "FORWARD", "OUTPUT", "POSTROUTING");
	return {
		kind: "addrtype",
		...side > 6 ? { srcType: types() } : {},
		...side < 8 ? { dstType: types() } : {},
		...into ? { limitIface: "in" } : out ? { limitIface: "out" } : {}
	};
}
function statistic$1(draw) {
	if (draw.chance(50)) return {
		kind: "statistic",
		mode: "random",
		probability31: draw.chance(65) ? 2147483648 : 0,
		...inverted(draw)
	};
	const every = draw.between(1, 4);
	return {
		kind: "statistic",
		mode: "nth",
		every,
		packet: draw.below(every),
		...inverted(draw)
	};
}
/** The list's name is the scenario's own: lists outlive the rules of a namespace that is used again. */
function recent$1(site) {
	const { draw, scene } = site;
	const action = draw.pick([
		"set",
		"set",
		"rcheck",
		"update",
		"remove"
	]);
	const asks = action === "rcheck" || action === "update";
	const seconds = draw.chance(40) ? { seconds: draw.pick([60, 600]) } : {};
	return {
		kind: "recent",
		action,
		...asks ? seconds : {},
		...asks && "seconds" in seconds && draw.chance(30) ? { reap: true } : {},
		...asks && draw.chance(40) ? { hitcount: draw.between(1, 3) } : {},
		...asks && draw.chance(20) ? { rttl: true } : {},
		name: `R${scene.index}${draw.pick(["a", "b"])}`,
		mask: "255.255.255.255",
		side: draw.pick(["rsource", "rdest"]),
		...inverted(draw)
	};
}
function physdev$1(site) {
	const { draw, router } = site;
	const ports = router.devs.flatMap((dev) => dev.ports);
	if (ports.length === 0) return void 0;
	const name = () => ({
		value: draw.chance(85) ? draw.pick(ports) : "br0p+",
		...inverted(draw)
	});
	const flag = () => ({
		value: true,
		...inverted(draw, 25)
	});
	const outwards = onlyFrom(site, "FORWARD", "POSTROUTING");
	switch (draw.below(outwards ? 5 : 3)) {
		case 0: return {
			kind: "physdev",
			in: name()
		};
		case 1: return {
			kind: "physdev",
			isIn: flag()
		};
		case 2: return {
			kind: "physdev",
			isBridged: {
				value: true,
				...inverted(draw, 10)
			}
		};
		case 3: return {
			kind: "physdev",
			out: name()
		};
		default: return {
			kind: "physdev",
			isOut: flag(),
			...draw.chance(40) ? { in: name() } : {}
		};
	}
}
// src/verify/generate/rules/mangling-targets.ts
/** Zones 1 and 2, so that both directions of a flow may be in different ones. */
function ct$1(site) {
	const { draw, plan, scene } = site;
	if (!plan.conntrack || draw.chance(35)) {
		scene.uses("conntrack untracked");
		return {
			kind: "ct",
			notrack: true
		};
	}
	scene.uses("conntrack zone");
	const id = draw.pick([
		1,
		1,
		2,
		2,
		"mark"
	]);
	const dir = draw.pick([
		void 0,
		void 0,
		"original",
		"reply"
	]);
	return {
		kind: "ct",
		zone: {
			id,
			...dir === void 0 ? {} : { dir }
		}
	};
}
function notrack$1({ scene }) {
	scene.uses("conntrack untracked");
	return { kind: "notrack" };
}
function connmarkTarget({ draw, plan }) {
	if (!plan.conntrack) return void 0;
	const mask = () => draw.pick([
		4294967295,
		4294967295,
		255,
		16384
	]);
	const op = draw.pick([
		"set",
		"save",
		"restore",
		"restore"
	]);
	if (op === "set") return {
		kind: "connmark",
		op,
		value: draw.pick(MARKS),
		mask: mask()
	};
	return {
		kind: "connmark",
		op,
		nfmask: mask(),
		ctmask: mask()
	};
}
function ttl$2({ draw }) {
	const op = draw.pick([
		"set",
		"inc",
		"dec"
	]);
	return {
		kind: "ttl",
		op,
		value: op === "set" ? draw.pick([
			1,
			2,
			64,
			200
		]) : draw.pick([
			1,
			2,
			70
		])
	};
}
function tos$2({ draw }) {
	return {
		kind: "tos",
		value: draw.pick([
			0,
			16,
			8,
			3
		]),
		mask: draw.pick([
			255,
			63,
			3
		])
	};
}
function dscp$2({ draw }) {
	return {
		kind: "dscp",
		value: draw.pick([
			0,
			8,
			46,
			63
		])
	};
}
/** The rule is given a match for SYN, which iptables-legacy asks for. */
function tcpmss$2(site) {
	const { draw, proto, hooks } = site;
	if (proto !== 6) return void 0;
	return {
		kind: "tcpmss",
		mss: hooks.every((hook) => hook === "FORWARD" || hook === "OUTPUT" || hook === "POSTROUTING") && draw.chance(50) ? "pmtu" : draw.pick([
			536,
			1200,
			1460
		])
	};
}
function netmap$1(site) {
	const { draw, plan } = site;
	if (plan.clash) return void 0;
	return {
		kind: "netmap",
		net: networkOf({
			addr: text(drawAddr(site)),
			prefix: draw.pick([
				32,
				30,
				24
			])
		})
	};
}
function nflog$1({ draw, number }) {
	return {
		kind: "nflog",
		...draw.chance(50) ? { group: draw.pick([1, 100]) } : {},
		...draw.chance(50) ? { prefix: `rule ${number}` } : {},
		...draw.chance(20) ? { size: 64 } : {},
		...draw.chance(20) ? { threshold: 5 } : {}
	};
}
function classify$1({ draw }) {
	return {
		kind: "classify",
		major: draw.below(4),
		minor: draw.below(20)
	};
}
// src/verify/generate/rules/targets.ts
const TARGET_MAKERS = {
	none: {
		feature: "target none",
		weight: 8,
		make: () => ({ kind: "none" })
	},
	accept: {
		feature: "target ACCEPT",
		weight: 14,
		make: () => ({ kind: "accept" })
	},
	drop: {
		feature: "target DROP",
		weight: 7,
		tables: [
			"raw",
			"mangle",
			"filter",
			"security"
		],
		make: () => ({ kind: "drop" })
	},
	return: {
		feature: "target RETURN",
		weight: 7,
		make: () => ({ kind: "return" })
	},
	jump: { why: "made with the chains" },
	goto: { why: "made with the chains" },
	reject: {
		feature: "target REJECT",
		weight: 10,
		tables: ["filter"],
		hooks: [
			"INPUT",
			"FORWARD",
			"OUTPUT"
		],
		make: ({ draw, proto }) => ({
			kind: "reject",
			with: proto === 6 && draw.chance(50) ? "tcp-reset" : draw.pick(REJECTS)
		})
	},
	dnat: {
		feature: "target DNAT",
		weight: 22,
		tables: ["nat"],
		hooks: ["PREROUTING", "OUTPUT"],
		make: dnat$1
	},
	snat: {
		feature: "target SNAT",
		weight: 22,
		tables: ["nat"],
		hooks: ["POSTROUTING", "INPUT"],
		make: snat$1
	},
	masquerade: {
		feature: "target MASQUERADE",
		weight: 22,
		tables: ["nat"],
		hooks: ["POSTROUTING"],
		make: masquerade$1
	},
	redirect: {
		feature: "target REDIRECT",
		weight: 18,
		tables: ["nat"],
		hooks: ["PREROUTING", "OUTPUT"],
		make: redirect$2
	},
	mark: {
		feature: "target MARK",
		weight: 14,
		make: ({ draw }) => {
			const mask = draw.pick([
				4294967295,
				4294967295,
				255,
				16384
			]);
			return {
				kind: "mark",
				value: draw.chance(90) ? draw.pick(MARKS) : 0,
				mask
			};
		}
	},
	set: { why: "scenarios have no sets yet" },
	log: {
		feature: "target LOG",
		weight: 14,
		make: log$1
	},
	ct: {
		feature: "target CT",
		weight: 25,
		tables: ["raw"],
		make: ct$1
	},
	notrack: {
		feature: "target NOTRACK",
		weight: 8,
		tables: ["raw"],
		make: notrack$1
	},
	connmark: {
		feature: "target CONNMARK",
		weight: 14,
		tables: ["mangle", "filter"],
		make: connmarkTarget
	},
	ttl: {
		feature: "target TTL",
		weight: 8,
		tables: ["mangle"],
		make: ttl$2
	},
	tos: {
		feature: "target TOS",
		weight: 8,
		tables: ["mangle"],
		make: tos$2
	},
	dscp: {
		feature: "target DSCP",
		weight: 8,
		tables: ["mangle"],
		make: dscp$2
	},
	tcpmss: {
		feature: "target TCPMSS",
		weight: 14,
		tables: ["mangle"],
		make: tcpmss$2
	},
	netmap: {
		feature: "target NETMAP",
		weight: 10,
		tables: ["nat"],
		make: netmap$1
	},
	checksum: {
		feature: "target CHECKSUM",
		weight: 5,
		tables: ["mangle"],
		make: () => ({ kind: "checksum" })
	},
	nflog: {
		feature: "target NFLOG",
		weight: 6,
		make: nflog$1
	},
	classify: {
		feature: "target CLASSIFY",
		weight: 6,
		tables: ["mangle"],
		hooks: [
			"FORWARD",
			"OUTPUT",
			"POSTROUTING"
		],
		make: classify$1
	},
	trace: {
		feature: "target TRACE",
		weight: 5,
		tables: ["raw"],
		make: () => ({ kind: "trace" })
	},
	"unknown-target": { why: "the simulated kernel refuses it by name" }
};
/** Whether the kind is made in the table and from the hooks of the site. */
function targetFits(made, site) {
	if (made.tables !== void 0 && !made.tables.includes(site.table)) return false;
	return made.hooks === void 0 || onlyFrom(site, ...made.hooks);
}
const REJECTS = [
	"icmp-net-unreachable",
	"icmp-host-unreachable",
	"icmp-proto-unreachable",
	"icmp-port-unreachable",
	"icmp-net-prohibited",
	"icmp-host-prohibited",
	"icmp-admin-prohibited"
];
/** Whether `--to-…` may name ports: the rule must say a protocol that has them. */
function hasPorts$1({ proto }) {
	return proto === 6 || proto === 17;
}
/** A range of ports is asked for in order; `--random` is only for a single one, where there is nothing to choose. */
function dnat$1(site) {
	const { draw, scene } = site;
	const hosts = scene.place.ends.flatMap((end) => end.addrs);
	const host = draw.pick([
		...hosts,
		...hosts,
		...addrsOf(site.router)
	]);
	const to = {};
	const named = hasPorts$1(site) ? draw.below(10) : 9;
	if (named > 0) to.minAddr = text(host);
	if (named > 0 && draw.chance(12)) {
		scene.uses("nat address range");
		to.maxAddr = text(host + draw.between(1, 3));
	}
	if (named < 6) {
		to.minPort = draw.pick([
			80,
			8080,
			9090
		]);
		if (draw.chance(20)) {
			scene.uses("nat port range");
			to.maxPort = to.minPort + draw.between(1, 3);
		}
	}
	return {
		kind: "dnat",
		to,
		...to.minPort !== void 0 && to.maxPort === void 0 && draw.chance(8) ? { random: true } : {},
		...draw.chance(8) ? { persistent: true } : {}
	};
}
/** Without a clash in the plan no two flows want the same source; with one, ranges are for the ports that clash. */
function snat$1(site) {
	const { draw, scene, plan } = site;
	if (plan.clash) return void 0;
	const own = addrsOf(site.router);
	const addr = draw.pick([
		...own,
		...own,
		174260229
	]);
	const to = { minAddr: text(addr) };
	if (draw.chance(12)) {
		scene.uses("nat address range");
		to.maxAddr = text(addr + draw.between(1, 3));
	}
	if (hasPorts$1(site) && draw.chance(25)) to.minPort = draw.pick([
		600,
		5e3,
		4e4
	]);
	const single = to.minPort !== void 0;
	return {
		kind: "snat",
		to,
		...single && draw.chance(20) ? { random: true } : {},
		...single && draw.chance(10) ? { randomFully: true } : {},
		...draw.chance(8) ? { persistent: true } : {}
	};
}
function masquerade$1(site) {
	const { draw, plan } = site;
	if (plan.clash) return void 0;
	if (!hasPorts$1(site) || !draw.chance(25)) return { kind: "masquerade" };
	const port = draw.pick([
		600,
		5e3,
		4e4
	]);
	return {
		kind: "masquerade",
		toPorts: {
			from: port,
			to: port
		},
		...draw.chance(20) ? { random: true } : {},
		...draw.chance(10) ? { randomFully: true } : {}
	};
}
function redirect$2(site) {
	const { draw } = site;
	if (!hasPorts$1(site) || !draw.chance(50)) return { kind: "redirect" };
	const port = draw.pick([
		80,
		8080,
		9090
	]);
	const range = draw.chance(20);
	return {
		kind: "redirect",
		toPorts: {
			from: port,
			to: range ? port + 1 : port
		},
		...!range && draw.chance(15) ? { random: true } : {}
	};
}
/** The kernel keeps 29 characters of a prefix, of which whoever reads its log may need some. */
function log$1(site) {
	const { draw, number } = site;
	const prefix = draw.pick([
		`${number}: `,
		`rule ${number} `,
		`r${number}`,
		"x".repeat(24),
		void 0
	]);
	return {
		kind: "log",
		...prefix === void 0 ? {} : { prefix },
		level: draw.pick([
			4,
			4,
			4,
			3,
			5,
			6,
			7
		]),
		...draw.chance(25) ? { tcpSequence: true } : {},
		...draw.chance(25) ? { tcpOptions: true } : {},
		...draw.chance(25) ? { ipOptions: true } : {},
		...draw.chance(15) ? { uid: true } : {},
		...draw.chance(20) ? { macdecode: true } : {}
	};
}
// src/verify/generate/rules/rule.ts
/** A rule for the site, with a target of its own or the one given. */
function drawRule(at, given) {
	const { draw } = at;
	const proto = draw.weighted([
		[30, void 0],
		[28, 6],
		[26, 17],
		[12, 1],
		[4, at.plan.conntrack ? void 0 : 132]
	]);
	const site = {
		...at,
		proto
	};
	const target = given ?? drawTarget(site);
	const matches = matchesFor(site);
	if (target.kind === "tcpmss") return {
		matches: [...matches.filter(({ kind }) => kind !== "tcp"), SYN],
		target
	};
	return {
		matches: picksPort(target) ? [...matches.filter(hasNoPorts), dportMatch(site)] : matches,
		target
	};
}
/** Headers first, as iptables-save prints and the kernel asks them; then what `-m` names. */
function matchesFor(site) {
	const { draw, proto } = site;
	const headers = [
		[22, "source"],
		[24, "destination"],
		[16, "in-interface"],
		[14, "out-interface"]
	];
	const matches = [];
	for (const [percent, kind] of headers) if (draw.chance(percent)) matches.push(...made(site, kind));
	if (proto !== void 0) matches.push(...made(site, "protocol"));
	else if (draw.chance(8)) {
		site.scene.uses("match -p");
		matches.push({
			kind: "protocol",
			proto: draw.pick([
				1,
				6,
				17
			]),
			invert: true
		});
	}
	if (draw.chance(8)) matches.push(...made(site, "fragment"));
	if (draw.chance(PORTS_PERCENT)) for (const kind of [
		"tcp",
		"udp",
		"sctp",
		"icmp"
	]) matches.push(...made(site, kind));
	const count = draw.weighted([
		[35, 0],
		[50, 1],
		[15, 2]
	]);
	for (let k = 0; k < count; k += 1) {
		const kind = draw.pick(EXTENSIONS);
		if (!matches.some((match) => match.kind === kind)) matches.push(...made(site, kind));
	}
	return matches;
}
/** `--tcp-flags SYN,RST SYN`. */
const SYN = {
	kind: "tcp",
	flags: { value: {
		mask: 6,
		comp: 2
	} }
};
const PORTS_PERCENT = 45;
const HEADERS$2 = /* @__PURE__ */ new Set([
	"source",
	"destination",
	"in-interface",
	"out-interface",
	"protocol",
	"fragment",
	"tcp",
	"udp",
	"sctp",
	"icmp"
]);
/** Every kind that is no header and no protocol's own. */
const EXTENSIONS = kindsOf(MATCH_MAKERS).filter((kind) => "make" in MATCH_MAKERS[kind] && !HEADERS$2.has(kind));
function made(site, kind) {
	const maker = MATCH_MAKERS[kind];
	if ("why" in maker) return [];
	const match = maker.make(site);
	if (match === void 0) return [];
	site.scene.uses(maker.feature);
	return [match];
}
function drawTarget(site) {
	const fitting = TARGET_KINDS.flatMap((kind) => {
		const maker = TARGET_MAKERS[kind];
		return "why" in maker || !targetFits(maker, site) ? [] : [[maker.weight, maker]];
	});
	const maker = site.draw.weighted(fitting);
	const target = maker.make(site);
	if (target === void 0) return { kind: "none" };
	site.scene.uses(maker.feature);
	return target;
}
const TARGET_KINDS = kindsOf(TARGET_MAKERS);
/** The target writes a destination port: two flows to different ports could become one, were it not for one port only. */
function picksPort(target) {
	if (target.kind === "dnat") return target.to.minPort !== void 0;
	return target.kind === "redirect" && target.toPorts !== void 0;
}
function hasNoPorts(match) {
	return match.kind !== "tcp" && match.kind !== "udp" && match.kind !== "multiport";
}
function dportMatch(site) {
	const port = site.draw.pick(SERVER_PORTS);
	const dport = { value: {
		from: port,
		to: port
	} };
	return site.proto === 17 ? {
		kind: "udp",
		dport
	} : {
		kind: "tcp",
		dport
	};
}
/** The keys of a table, typed. */
function kindsOf(table) {
	const kinds = [];
	for (const kind in table) kinds.push(kind);
	return kinds;
}
// src/verify/generate/rules/rule-features.ts
const TABLE_FEATURES = {
	raw: "table raw",
	mangle: "table mangle",
	nat: "table nat",
	filter: "table filter",
	security: "table security"
};
// src/verify/generate/rules/tables.ts
/** The rules of one namespace: tables, chains that lead into each other, policies, and what the plan asks for. */
/** iptables-save text for the router. */
function drawTables(scene, plan, router) {
	const making = {
		scene,
		plan,
		router,
		rules: 0
	};
	const tables = [];
	for (const [name, percent] of TABLE_PERCENT) {
		if (!scene.draw.chance(name === "nat" && plan.conntrack ? 80 : percent)) continue;
		scene.uses(TABLE_FEATURES[name]);
		tables.push(drawTable(making, name));
	}
	return formatIptablesSave(tables);
}
const TABLE_PERCENT = [
	["raw", 32],
	["mangle", 48],
	["nat", 12],
	["filter", 78],
	["security", 12]
];
function drawTable(making, name) {
	const { draw } = making.scene;
	const builtin = BUILTIN_CHAINS[name];
	const users = [];
	const count = draw.weighted([
		[30, 0],
		[25, 1],
		[25, 2],
		[20, 3]
	]);
	for (let k = 0; k < count; k += 1) {
		const hooks = draw.chance(50) ? builtin : draw.sample(builtin, draw.between(1, builtin.length));
		users.push({
			name: `U${k + 1}`,
			hooks
		});
	}
	const busy = draw.sample(builtin, draw.between(1, Math.min(3, builtin.length)));
	const chains = builtin.map((hook) => {
		const own = busy.includes(hook) ? drawRules(making, name, {
			hooks: [hook],
			next: users,
			most: 4
		}) : [];
		const planned = plannedRules(making.scene, making.plan, {
			router: making.router,
			table: name,
			hook
		});
		const rules = draw.chance(70) ? [...planned, ...own] : [...own, ...planned];
		return {
			name: hook,
			policy: drawPolicy(making.scene, name),
			rules
		};
	});
	users.forEach((user, at) => {
		const next = users.slice(at + 1);
		if (at === 2) making.scene.uses("chain depth 3");
		chains.push({
			name: user.name,
			rules: drawRules(making, name, {
				hooks: user.hooks,
				next,
				most: 3
			})
		});
	});
	return {
		name,
		chains
	};
}
function drawPolicy(scene, table) {
	if (table === "nat" || !scene.draw.chance(table === "filter" ? 9 : 2)) return "accept";
	scene.uses("chain policy DROP");
	return "drop";
}
function drawRules(making, table, at) {
	const { scene, plan, router } = making;
	const { draw } = scene;
	const reachable = at.next.filter((user) => at.hooks.every((hook) => user.hooks.includes(hook)));
	const rules = [];
	const count = draw.between(1, at.most);
	for (let k = 0; k < count; k += 1) {
		making.rules += 1;
		const site = {
			scene,
			draw,
			plan,
			router,
			table,
			hooks: at.hooks,
			number: making.rules
		};
		const leads = reachable.length > 0 && draw.chance(k === 0 ? 60 : 25);
		rules.push(drawRule(site, leads ? drawJump(scene, draw.pick(reachable)) : void 0));
	}
	return rules;
}
function drawJump(scene, to) {
	const kind = scene.draw.chance(75) ? "jump" : "goto";
	scene.uses(kind === "jump" ? "chain jump" : "chain goto");
	return {
		kind,
		chain: to.name
	};
}
// src/verify/generate/sockets.ts
/** Steps with real sockets: programs that listen, connections, datagrams, pings, from every host to every other. */
/** Each host listens on some ports; the address is any. */
function drawListeners(scene) {
	const { draw, place } = scene;
	for (const { netns } of place.hosts) {
		for (const port of SERVER_PORTS) {
			if (!draw.chance(45)) continue;
			const kind = draw.pick([
				"udp-echo",
				"udp-echo",
				"udp-sink"
			]);
			scene.listen.push({
				kind,
				netns,
				addr: ANY,
				port
			});
		}
		for (const port of SERVER_PORTS) if (draw.chance(55)) scene.listen.push({
			kind: "tcp-echo",
			netns,
			addr: ANY,
			port
		});
	}
}
const ANY = cidr("0.0.0.0/0").addr;
function drawSocketStep(scene, plan) {
	const { draw, place } = scene;
	const host = draw.pick(place.hosts);
	const kind = draw.weighted([
		[38, "tcp"],
		[38, "udp"],
		[24, "ping"]
	]);
	const proto = kind === "tcp" ? 6 : 17;
	const services = plan.services.filter((service) => service.proto === proto);
	const service = kind !== "ping" && services.length > 0 && draw.chance(45) ? draw.pick(services) : void 0;
	const addr = service?.vip ?? destination$1(scene, host);
	const own = draw.chance(25) ? draw.pick(host.addrs) : void 0;
	const from = {
		...own === void 0 ? {} : { addr: text(own) },
		port: scene.nextPort()
	};
	const to = {
		addr: text(addr),
		port: service?.port ?? draw.pick(SERVER_PORTS)
	};
	const mark = draw.chance(15) ? { mark: draw.pick([
		1,
		2,
		16
	]) } : {};
	if ("mark" in mark) scene.uses("socket mark");
	if (host.addrs.includes(addr) || addr >>> 24 === 127) scene.uses("socket to itself", "device loopback");
	scene.steps.push(step(scene, kind, {
		netns: host.netns,
		from,
		to,
		...mark
	}));
}
function step(scene, kind, at) {
	const { draw } = scene;
	if (kind === "tcp") {
		scene.uses("socket TCP");
		return {
			kind,
			...at,
			payload: draw.pick([
				"hello",
				"x",
				"a longer line of text"
			]),
			timeoutMs: 100
		};
	}
	const ttl = draw.chance(10) ? { ttl: draw.pick([
		1,
		2,
		9
	]) } : {};
	if ("ttl" in ttl) scene.uses("socket TTL");
	if (kind === "udp") {
		scene.uses("socket UDP");
		const discovery = draw.chance(20) ? { pmtudisc: draw.pick([
			"want",
			"do",
			"dont"
		]) } : {};
		if ("pmtudisc" in discovery) scene.uses("socket path MTU discovery");
		const payload = draw.chance(12) ? "long".repeat(draw.pick([
			240,
			340,
			366,
			400
		])) : draw.pick([
			"",
			"hi",
			"datagram"
		]);
		return {
			kind,
			...at,
			payload,
			...ttl,
			...discovery
		};
	}
	scene.uses("socket ping");
	const { netns, from, to, mark } = at;
	const payloadBytes = draw.pick([
		0,
		8,
		56,
		1400,
		1472
	]);
	return {
		kind,
		netns,
		to: to.addr,
		id: from.port,
		seq: draw.between(1, 3),
		payloadBytes,
		...ttl,
		...mark === void 0 ? {} : { mark }
	};
}
function destination$1(scene, host) {
	const { draw, place } = scene;
	const others = place.hosts.filter((other) => other !== host);
	return draw.weighted([
		[70, draw.pick(draw.pick(others).addrs)],
		[8, draw.pick(host.addrs)],
		[7, v4$2(draw.pick(["127.0.0.1", "127.0.0.2"]))],
		[5, v4$2("10.250.0.9")],
		[5, v4$2("10.66.0.1")],
		[5, v4$2("10.67.0.1")]
	]);
}
// src/verify/generate/sysctls.ts
/** `ip_forward` comes first: writing it changes settings of devices. */
const NETNS_KNOBS = [
	knob("net.ipv4.ip_forward", {
		usual: "1",
		others: ["0"],
		percent: 4
	}, "sysctl forwarding off"),
	knob("net.ipv4.icmp_echo_ignore_broadcasts", {
		usual: "1",
		others: ["0"],
		percent: 25
	}, "sysctl icmp_echo_ignore"),
	knob("net.ipv4.icmp_echo_ignore_all", {
		usual: "0",
		others: ["1"],
		percent: 4
	}, "sysctl icmp_echo_ignore"),
	knob("net.ipv4.icmp_errors_use_inbound_ifaddr", {
		usual: "0",
		others: ["1"],
		percent: 6
	}, "sysctl icmp_errors_use_inbound_ifaddr"),
	knob("net.netfilter.nf_conntrack_tcp_loose", {
		usual: "1",
		others: ["0"],
		percent: 12
	}, "sysctl tcp_loose off"),
	knob("net.netfilter.nf_conntrack_tcp_be_liberal", {
		usual: "0",
		others: ["1"],
		percent: 8
	}, "sysctl tcp_be_liberal"),
	knob("net.netfilter.nf_conntrack_checksum", {
		usual: "1",
		others: ["0"],
		percent: 8
	}, "sysctl nf_conntrack_checksum off"),
	knob("net.ipv4.conf.all.accept_local", {
		usual: "0",
		others: ["1"],
		percent: 8
	}, "sysctl accept_local"),
	knob("net.ipv4.conf.all.route_localnet", {
		usual: "0",
		others: ["1"],
		percent: 10
	}, "sysctl route_localnet"),
	knob("net.ipv4.conf.all.src_valid_mark", {
		usual: "0",
		others: ["1"],
		percent: 8
	}, "sysctl src_valid_mark"),
	knob("net.ipv4.conf.all.arp_ignore", {
		usual: "0",
		others: [
			"1",
			"2",
			"3",
			"8"
		],
		percent: 10
	}, "sysctl arp_ignore"),
	knob("net.ipv4.conf.all.arp_filter", {
		usual: "0",
		others: ["1"],
		percent: 5
	}, "sysctl arp_filter")
];
/** Written as they are in every scenario. */
const PINNED = {
	"net.ipv4.icmp_ratemask": "0",
	"net.ipv4.conf.all.send_redirects": "0",
	"net.ipv4.conf.all.accept_redirects": "0",
	"net.ipv4.conf.all.secure_redirects": "1",
	"net.ipv4.conf.all.shared_media": "1",
	"net.ipv4.conf.all.log_martians": "0",
	"net.ipv4.conf.all.arp_announce": "0",
	"net.ipv4.conf.all.proxy_arp": "0",
	"net.ipv4.conf.lo.rp_filter": "0",
	"net.netfilter.nf_conntrack_tcp_timeout_established": "432000",
	"net.netfilter.nf_conntrack_udp_timeout": "30",
	"net.netfilter.nf_conntrack_udp_timeout_stream": "120",
	"net.netfilter.nf_conntrack_icmp_timeout": "30",
	"net.netfilter.nf_conntrack_generic_timeout": "600",
	"net.ipv4.ipfrag_time": "3600"
};
const DEVICE_PINNED = {
	send_redirects: "0",
	accept_redirects: "0"
};
function drawSysctls(scene, plan, router) {
	const { draw } = scene;
	const values = {};
	for (const knob of NETNS_KNOBS) values[knob.key] = turned(scene, knob);
	Object.assign(values, PINNED);
	values["net.ipv4.conf.all.rp_filter"] = rpFilter(scene, 15);
	for (const dev of router.devs) {
		const conf = `net.ipv4.conf.${dev.name}`;
		values[`${conf}.forwarding`] = values["net.ipv4.ip_forward"] === "1" && draw.chance(97) ? "1" : "0";
		values[`${conf}.rp_filter`] = rpFilter(scene, 10);
		values[`${conf}.proxy_arp`] = proxyArp(scene);
		for (const [leaf, value] of Object.entries(DEVICE_PINNED)) values[`${conf}.${leaf}`] = value;
		values[`net.ipv4.neigh.${dev.name}.proxy_delay`] = "0";
	}
	bridgeNetfilter(scene, router, values);
	shortTimes(plan, values);
	return values;
}
function knob(key, value, feature) {
	return {
		key,
		...value,
		feature
	};
}
function turned({ draw, features }, knob) {
	if (!draw.chance(knob.percent)) return knob.usual;
	features.add(knob.feature);
	return draw.pick(knob.others);
}
function rpFilter(scene, percent) {
	if (!scene.draw.chance(percent)) return "0";
	const strict = scene.draw.chance(60);
	scene.uses(strict ? "sysctl rp_filter strict" : "sysctl rp_filter loose");
	return strict ? "1" : "2";
}
function proxyArp(scene) {
	if (!(scene.place.features.includes("topology routed pods (proxy ARP)") ? scene.draw.chance(85) : scene.draw.chance(6))) return "0";
	scene.uses("sysctl proxy_arp");
	return "1";
}
function bridgeNetfilter(scene, router, values) {
	if (!router.devs.some((dev) => dev.ports.length > 0)) return;
	const on = scene.draw.chance(68);
	scene.uses(on ? "bridge-nf on" : "bridge-nf off");
	values["net.bridge.bridge-nf-call-iptables"] = on ? "1" : "0";
	values["net.bridge.bridge-nf-call-arptables"] = "0";
	values["net.bridge.bridge-nf-call-ip6tables"] = "0";
}
/** Rarely, flows end after a second, and the scenario waits for it. */
function shortTimes(plan, values) {
	if (!plan.waits) return;
	values["net.netfilter.nf_conntrack_udp_timeout"] = "1";
	values["net.netfilter.nf_conntrack_icmp_timeout"] = "1";
}
// src/verify/generate/generate.ts
/** The scenario of this number: 3 to 12 steps, on one of a few topologies. */
function generateScenario(seed, index) {
	const draw = new Draw(seed, index);
	const scene = new Scene(draw, draw.weighted(PLACES), index);
	const plan = drawPlan(scene);
	scene.uses(plan.conntrack ? "conntrack on" : "conntrack off");
	const config = drawConfig(scene, plan);
	if (scene.place.sockets) {
		drawListeners(scene);
		const count = draw.between(2, 5);
		for (let k = 0; k < count; k += 1) drawSocketStep(scene, plan);
	} else drawPackets(scene, plan);
	return {
		name: `${seed}-${index}`,
		features: [...scene.features].sort(),
		topology: scene.place.topology,
		config,
		listen: scene.listen,
		steps: scene.steps
	};
}
function drawPlan(scene) {
	const { draw, place } = scene;
	const conntrack = draw.chance(76);
	const services = [];
	if (conntrack && draw.chance(60)) {
		const count = draw.between(1, 3);
		for (let k = 0; k < count; k += 1) services.push(drawService(scene, k));
	}
	const own = place.routers.flatMap(addrsOf);
	const translated = conntrack && draw.chance(50);
	return {
		conntrack,
		services,
		sourceNat: !translated ? void 0 : draw.chance(60) ? "masquerade" : draw.pick([...own, v4$2("10.99.0.5")]),
		clash: translated && !place.sockets && draw.chance(18),
		oddRoutes: draw.chance(22),
		waits: draw.chance(1)
	};
}
function drawService(scene, k) {
	const { draw, place } = scene;
	const own = place.routers.flatMap(addrsOf);
	return {
		proto: draw.chance(55) ? 6 : 17,
		vip: draw.chance(60) ? v4$2("10.96.0.10") + k : draw.pick(own),
		port: draw.pick(SERVER_PORTS),
		addr: draw.pick(draw.pick(place.ends).addrs),
		targetPort: draw.pick(SERVER_PORTS)
	};
}
function drawConfig(scene, plan) {
	const config = { ...scene.place.config };
	for (const router of scene.place.routers) {
		const base = scene.place.config[router.netns] ?? {};
		const policy = drawPolicy$1(scene, router);
		config[router.netns] = {
			...base,
			sysctls: drawSysctls(scene, plan, router),
			routes: [
				...base.routes ?? [],
				...drawRoutes(scene, plan, router),
				...policy.routes
			],
			rules: policy.rules,
			iptables: drawTables(scene, plan, router)
		};
	}
	return config;
}
/** Flows and odd packets, each in its own order, mixed; then perhaps a change or a wait somewhere among them. */
function drawPackets(scene, plan) {
	const { draw } = scene;
	const target = draw.between(3, 12);
	const talks = [];
	let planned = 0;
	while (planned < target) {
		const talk = draw.weighted(TALKS)(scene, plan).slice(0, target - planned);
		planned += talk.length;
		talks.push([...talk]);
	}
	if (draw.chance(8)) talks.push([drawChange(scene)]);
	if (plan.waits) talks.push([() => wait(scene)]);
	while (talks.length > 0) {
		const at = draw.chance(75) ? 0 : draw.below(talks.length);
		const talk = talks[at] ?? [];
		talk.shift()?.();
		if (talk.length === 0) talks.splice(at, 1);
	}
}
function wait(scene) {
	scene.uses("wait");
	scene.steps.push({
		kind: "wait",
		ms: 1300
	});
}
const TALKS = [
	[24, udpTalk],
	[26, tcpTalk],
	[12, echoTalk],
	[8, fragmentTalk],
	[10, errorTalk],
	[20, oddPacket],
	[7, arpTalk],
	[2, otherFrame]
];
// src/base/assert-never.ts
/** Ends an exhaustive switch: reaching it at run time is a bug, and it throws. */
function assertNever(value) {
	throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
// src/verify/sights.ts
/** What sockets saw, written down in the words of `Outcome.sockets`. */
/** Keeps sights in order. What a stream delivers in pieces within a step is one sight. */
var Sights = class {
	#all = [];
	#step;
	constructor(step) {
		this.#step = step;
	}
	get all() {
		return this.#all;
	}
	of(netns, socket) {
		return new SocketNotes((what, continues) => {
			const step = this.#step();
			const sight = {
				step,
				netns,
				socket,
				what: `${continues ?? ""}${what}`
			};
			const at = continues === void 0 ? -1 : this.#lastOf(netns, socket);
			const last = this.#all[at];
			if (last === void 0 || last.step !== step || !last.what.startsWith(continues ?? "")) this.#all.push(sight);
			else this.#all[at] = {
				...last,
				what: `${last.what}${what}`
			};
		});
	}
	#lastOf(netns, socket) {
		return this.#all.findLastIndex((sight) => sight.netns === netns && sight.socket === socket);
	}
};
/** One socket's notes. */
var SocketNotes = class {
	#note;
	constructor(note) {
		this.#note = note;
	}
	/** `connected`, `end`, `closed`, `timed out`. */
	say(what) {
		this.#note(what);
	}
	datagram(from, bytes) {
		this.#note(`datagram from ${addrText(from)}: ${hex(bytes)}`);
	}
	data(bytes) {
		this.#note(hex(bytes), "data: ");
	}
	accepted(from) {
		this.#note(`accepted from ${addrText(from)}`);
	}
	error({ errno, mtu }) {
		this.#note(`error ${errno}${mtu === void 0 ? "" : ` mtu ${mtu}`}`);
	}
	icmpError(report) {
		const mtu = report.mtu === void 0 ? "" : ` mtu ${report.mtu}`;
		this.#note(`ICMP ${report.type}/${report.code} from ${report.from} about ${addrText(report.to)}${mtu}`);
	}
};
function addrText({ addr, port }) {
	return `${addr}:${port}`;
}
// src/verify/players.ts
/** The sockets of a scenario: its listeners, and one player per step that sends. All are closed when it ends. */
/** Selects nothing on the way in: the players' packet sockets only send. */
const NO_ETHER_TYPE = 0;
const DEFAULT_TIMEOUT_MS = 1e3;
const NS_PER_MS$1 = 1e6;
var Players = class {
	#stage;
	#sights;
	#closers = [];
	#packetSockets = /* @__PURE__ */ new Map();
	#udpSockets = /* @__PURE__ */ new Map();
	constructor(stage, sights) {
		this.#stage = stage;
		this.#sights = sights;
	}
	listen(listener) {
		const { kind, netns, addr, port } = listener;
		const notes = this.#sights.of(netns, `${kind} ${addrText({
			addr,
			port
		})}`);
		const opened = kind === "tcp-echo" ? this.#tcpEcho(listener, notes) : this.#udpListener(listener, notes);
		if (opened.ok) this.#closers.push(() => opened.value.close());
		else notes.error(opened.error);
	}
	/** Carries out a step that sends; `number` is what it is called, from 1. */
	async play(step, number) {
		const notes = this.#sights.of(step.netns, socketName(step, number));
		switch (step.kind) {
			case "frame": return this.#frame(step, notes);
			case "udp": return this.#udp(step, notes);
			case "ping": return this.#ping(step, notes);
			case "tcp": return this.#tcp(step, notes);
		}
	}
	close() {
		for (const close of this.#closers.splice(0)) close();
	}
	get #sockets() {
		return this.#stage.host.kernel.sockets;
	}
	#tcpEcho({ netns, addr, port }, notes) {
		const options = {
			bind: {
				addr,
				port
			},
			program: "tcp-echo"
		};
		return this.#sockets.listenTcp(this.#stage.name(netns), options, (connection) => {
			const peer = this.#sights.of(netns, `tcp-echo ${addrText({
				addr,
				port
			})} with ${addrText(connection.remote)}`);
			notes.accepted(connection.remote);
			this.#closers.push(() => connection.abort());
			connection.handle({
				onData: (bytes) => {
					peer.data(bytes);
					const sent = connection.send(bytes);
					if (!sent.ok) peer.error(sent.error);
				},
				onEnd: () => {
					peer.say("end");
					connection.close();
				},
				onError: (error) => peer.error(error),
				onClose: () => peer.say("closed")
			});
		});
	}
	#udpListener({ kind, netns, addr, port }, notes) {
		const options = {
			bind: {
				addr,
				port
			},
			program: kind
		};
		const opened = this.#sockets.openUdp(this.#stage.name(netns), options, {
			onDatagram: (bytes, from) => {
				notes.datagram(from, bytes);
				if (kind === "udp-sink" || !opened.ok) return;
				const sent = opened.value.send(bytes, from);
				if (!sent.ok) notes.error(sent.error);
			},
			onIcmpError: (report) => notes.icmpError(report)
		});
		return opened;
	}
	#frame({ netns, dev, bytes }, notes) {
		const socket = reused(this.#packetSockets, `${netns} ${dev}`, () => {
			const options = {
				dev,
				etherType: NO_ETHER_TYPE,
				program: "scenario"
			};
			const opened = this.#sockets.openPacket(this.#stage.name(netns), options, {});
			if (opened.ok) this.#closers.push(() => opened.value.close());
			return opened;
		});
		const sent = socket.ok ? socket.value.send(bytes) : socket;
		if (!sent.ok) notes.error(sent.error);
	}
	#udp(step, notes) {
		const options = udpOptions(step);
		const socket = reused(this.#udpSockets, JSON.stringify([step.netns, options]), () => {
			const opened = this.#sockets.openUdp(this.#stage.name(step.netns), options, {
				onDatagram: (bytes, from) => notes.datagram(from, bytes),
				onIcmpError: (report) => notes.icmpError(report)
			});
			if (opened.ok) this.#closers.push(() => opened.value.close());
			return opened;
		});
		const sent = socket.ok ? socket.value.send(utf8Encode(step.payload), step.to) : socket;
		if (!sent.ok) notes.error(sent.error);
	}
	#ping(step, notes) {
		const { netns, to, id, seq } = step;
		const opened = this.#sockets.openEcho(this.#stage.name(netns), to, {
			id,
			...commonOptions(step),
			program: "ping"
		}, {
			onReply: (reply) => {
				const bytes = reply.payload.length;
				notes.say(`reply from ${reply.from} id ${reply.id} seq ${reply.seq} ttl ${reply.ttl} with ${bytes} bytes`);
			},
			onError: (report) => {
				const mtu = report.mtu === void 0 ? "" : ` mtu ${report.mtu}`;
				notes.say(`ICMP ${report.type}/${report.code} from ${report.from} about seq ${report.seq}${mtu}`);
			}
		});
		if (opened.ok) this.#closers.push(() => opened.value.close());
		const sent = opened.ok ? opened.value.send({
			seq,
			payload: pattern(step.payloadBytes)
		}) : opened;
		if (!sent.ok) notes.error(sent.error);
	}
	async #tcp(step, notes) {
		const payload = utf8Encode(step.payload);
		let missing = payload.length;
		let ended = false;
		const end = (say) => {
			say();
			ended = true;
		};
		const options = {
			bind: step.from,
			...commonOptions(step),
			program: "tcp"
		};
		const opened = this.#sockets.connectTcp(this.#stage.name(step.netns), step.to, options, {
			onConnect: () => {
				notes.say("connected");
				if (missing === 0) connection()?.close();
				else connection()?.send(payload);
			},
			onData: (bytes) => {
				notes.data(bytes);
				missing -= bytes.length;
				if (missing <= 0) connection()?.close();
			},
			onEnd: () => {
				notes.say("end");
				if (missing > 0) connection()?.close();
			},
			onError: (error) => end(() => notes.error(error)),
			onClose: () => end(() => notes.say("closed"))
		});
		const connection = () => opened.ok ? opened.value : void 0;
		if (!opened.ok) {
			notes.error(opened.error);
			return;
		}
		this.#closers.push(() => opened.value.abort());
		if (!await this.#stage.host.kernel.run(() => ended, (step.timeoutMs ?? DEFAULT_TIMEOUT_MS) * NS_PER_MS$1)) notes.say("timed out");
	}
};
/** A UDP socket may serve several steps. */
function socketName(step, number) {
	return step.kind === "udp" ? `udp ${step.from.addr ?? "*"}:${step.from.port}` : `${step.kind} step ${number}`;
}
function reused(all, key, open) {
	const found = all.get(key);
	if (found !== void 0) return found;
	const opened = open();
	all.set(key, opened);
	return opened;
}
function commonOptions({ mark, ...step }) {
	return {
		...mark === void 0 ? {} : { mark },
		...step.ttl === void 0 ? {} : { ttl: step.ttl }
	};
}
function udpOptions(step) {
	const { pmtudisc } = step;
	return {
		bind: step.from,
		...commonOptions(step),
		...pmtudisc === void 0 ? {} : { pmtudisc },
		program: "udp"
	};
}
/** 0, 1, 2, … as `ping` fills its packets. */
function pattern(lengthBytes) {
	return Uint8Array.from({ length: lengthBytes }, (_, index) => index & 255);
}
// src/verify/stage.ts
/** A topology that stands on a kernel: built once, set up for a scenario, brought back for the next. */
/** What a scenario may leave in a namespace, in the order in which it is taken away. */
const RESET_KINDS = [
	"addr",
	"route",
	"rule",
	"neigh",
	"fdb"
];
/** Tables that every scenario loads, empty where it says nothing, so that every kernel counts the same packets. */
const TABLES = [
	"raw",
	"mangle",
	"nat",
	"filter"
];
const PINS = [{
	verb: "replace",
	object: {
		kind: "sysctl",
		key: "net.ipv4.icmp_ratelimit",
		value: "0"
	}
}];
var Stage = class Stage {
	host;
	topology;
	#suffix;
	/** What each namespace held right after the devices were made, by kind and content. */
	#clean = /* @__PURE__ */ new Map();
	#withRules = /* @__PURE__ */ new Set();
	/** By namespace: sysctls as they were before a scenario wrote them. */
	#sysctls = /* @__PURE__ */ new Map();
	constructor(host, topology, suffix) {
		this.host = host;
		this.topology = topology;
		this.#suffix = suffix;
	}
	/** Makes namespaces and devices; on an error nothing of them remains. Stages that stand together have suffixes that differ. */
	static async build(host, topology, suffix = "") {
		const stage = new Stage(host, topology, suffix);
		const built = await stage.#build();
		if (built.ok) return ok(stage);
		await stage.remove();
		return built;
	}
	/** What the kernel calls a namespace of the scenario. */
	name(netns) {
		return `${netns}${this.#suffix}`;
	}
	/** The operation, with the kernel's names of namespaces in it. */
	op({ verb, object }) {
		if (object.kind !== "link") return {
			verb,
			object
		};
		const { link, netns } = object;
		const peerNetns = link?.type === "veth" ? link.peerNetns : void 0;
		return {
			verb,
			object: {
				...object,
				...link?.type === "veth" && peerNetns !== void 0 ? { link: {
					...link,
					peerNetns: this.name(peerNetns)
				} } : {},
				...netns === void 0 ? {} : { netns: this.name(netns) }
			}
		};
	}
	/** Sets everything of the scenario but listeners and steps. */
	async setUp(scenario) {
		for (const netns of this.topology.netns) {
			const done = await this.#setUp(netns, scenario.config[netns] ?? {});
			if (!done.ok) return err({
				netns,
				error: done.error
			});
		}
		return ok(void 0);
	}
	/** Remembers what the namespaces hold, for `reset`. Call it before the first `setUp`. */
	async remember() {
		const clean = /* @__PURE__ */ new Map();
		for (const netns of this.topology.netns) {
			const dumped = await this.host.kernel.dump(this.name(netns), RESET_KINDS);
			if (!dumped.ok) return err({
				netns,
				error: dumped.error
			});
			clean.set(netns, byContent(dumped.value));
		}
		this.#clean = clean;
		return ok(void 0);
	}
	/** Takes away what a scenario and its packets left, but for rules, which the next scenario overwrites. */
	async reset() {
		for (const netns of this.topology.netns) {
			const done = await this.#reset(netns);
			if (!done.ok) return err({
				netns,
				error: done.error
			});
		}
		return ok(void 0);
	}
	/** Ends the namespaces and with them the devices. */
	async remove() {
		for (const netns of this.topology.netns) await this.host.kernel.deleteNetns(this.name(netns));
	}
	async #build() {
		const { kernel } = this.host;
		for (const netns of this.topology.netns) {
			const added = await kernel.addNetns(this.name(netns));
			if (!added.ok) return err({
				netns,
				error: added.error
			});
			const pinned = await kernel.apply(this.name(netns), PINS);
			if (!pinned.ok) return err({
				netns,
				error: pinned.error
			});
		}
		for (const [netns, tx] of linkTransactions(this.topology)) {
			const ops = tx.map((op) => this.op(op));
			const applied = await kernel.apply(this.name(netns), ops);
			if (!applied.ok) return err({
				netns,
				error: applied.error
			});
		}
		for (const [netns, devs] of madeDevices(this.topology)) {
			const prepared = await this.host.prepare?.(this.name(netns), devs);
			if (prepared?.ok === false) return err({
				netns,
				error: prepared.error
			});
		}
		return ok(void 0);
	}
	async #setUp(netns, config) {
		const { host } = this;
		const sysctls = Object.entries(config.sysctls ?? {});
		if (this.#clean.has(netns) && sysctls.length > 0) {
			const kept = await this.#keepSysctls(netns, Object.keys(config.sysctls ?? {}));
			if (!kept.ok) return kept;
		}
		const tx = [
			...sysctls.map(([key, value]) => ({
				verb: "replace",
				object: {
					kind: "sysctl",
					key,
					value
				}
			})),
			...[
				config.addrs,
				config.routes,
				config.rules
			].flatMap((objects) => (objects ?? []).map(addOp)),
			...[config.neighs, config.fdb].flatMap((objects) => (objects ?? []).map(replaceOp))
		];
		if (tx.length > 0) {
			const applied = await host.kernel.apply(this.name(netns), tx);
			if (!applied.ok) return applied;
		}
		return this.#loadTables(netns, config.iptables);
	}
	/** Where there neither were nor shall be rules nothing is loaded: it takes a process on the real kernel. */
	async #loadTables(netns, text) {
		if (text === void 0 && !this.#withRules.has(netns)) return ok(void 0);
		this.#withRules.add(netns);
		const loaded = await this.host.loadTables(this.name(netns), allTables(text ?? ""));
		if (loaded.ok && text === void 0) this.#withRules.delete(netns);
		return loaded;
	}
	async #keepSysctls(netns, keys) {
		const kept = this.#sysctls.get(netns) ?? /* @__PURE__ */ new Map();
		this.#sysctls.set(netns, kept);
		const missing = keys.filter((key) => !kept.has(key));
		const read = await this.host.readSysctls(this.name(netns), missing);
		if (!read.ok) return read;
		for (const [key, value] of read.value) kept.set(key, value);
		return ok(void 0);
	}
	async #reset(netns) {
		const { kernel } = this.host;
		const name = this.name(netns);
		const clean = this.#clean.get(netns) ?? /* @__PURE__ */ new Map();
		const flushed = await this.host.flush(name);
		if (!flushed.ok) return flushed;
		for (const kind of RESET_KINDS) {
			const dumped = await kernel.dump(name, [kind]);
			if (!dumped.ok) return dumped;
			const present = byContent(dumped.value);
			const gone = [...present].filter(([key]) => !clean.has(key)).map(([, object]) => deleteOp(object));
			const lost = [...clean].filter(([key, object]) => object.kind === kind && !present.has(key));
			const tx = [...gone.reverse(), ...lost.map(([, object]) => replaceOp(object))];
			const applied = tx.length === 0 ? ok(void 0) : await kernel.apply(name, tx);
			if (!applied.ok) return applied;
		}
		const sysctls = [...this.#sysctls.get(netns) ?? []];
		if (sysctls.length === 0) return ok(void 0);
		return kernel.apply(name, sysctls.map(([key, value]) => replaceOp({
			kind: "sysctl",
			key,
			value
		})));
	}
};
/** Consecutive links of the same namespace make one transaction. */
function linkTransactions({ links }) {
	const all = [];
	for (const { netns, link } of links) {
		const op = {
			verb: link.link === void 0 ? "replace" : "add",
			object: link
		};
		const last = all.at(-1);
		if (last !== void 0 && last[0] === netns) last[1].push(op);
		else all.push([netns, [op]]);
	}
	return all;
}
/** By namespace, far ends of veths included. */
function madeDevices({ links }) {
	const devices = /* @__PURE__ */ new Map();
	const add = (netns, dev) => {
		const own = devices.get(netns) ?? [];
		devices.set(netns, own);
		own.push(dev);
	};
	for (const { netns, link } of links) {
		if (link.link === void 0) continue;
		add(netns, link.name);
		if (link.link.type === "veth") add(link.link.peerNetns ?? netns, link.link.peer);
	}
	return devices;
}
/** The text with the tables that it lacks, empty. */
function allTables(text) {
	return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${TABLES.filter((table) => !namesTable(text, table)).map((table) => `*${table}\nCOMMIT\n`).join("")}`;
}
/** The tables whose chains are compared. */
function tablesOf(text) {
	return namesTable(text, "security") ? [...TABLES, "security"] : TABLES;
}
function namesTable(text, table) {
	return `\n${text}`.includes(`\n*${table}`);
}
function byContent(objects) {
	return new Map(objects.map((object) => [contentKey(object), object]));
}
/** What does not change by itself. */
function contentKey(object) {
	return JSON.stringify({
		...object,
		ages: void 0,
		ageSeconds: void 0,
		linkdown: void 0
	});
}
function addOp(object) {
	return {
		verb: "add",
		object
	};
}
function replaceOp(object) {
	return {
		verb: "replace",
		object
	};
}
function deleteOp(object) {
	return {
		verb: "delete",
		object
	};
}
// src/verify/run-scenario.ts
/** Plays a scenario on a kernel and writes down all that is to be seen of it. */
const NS_PER_MS = 1e6;
/** Builds the topology, plays the scenario and takes the topology down again. */
async function runScenario(host, scenario, options = {}) {
	const stage = await Stage.build(host, scenario.topology);
	if (!stage.ok) return refusedOutcome(stage.error);
	try {
		return await playScenario(stage.value, scenario, options);
	} finally {
		await stage.value.remove();
	}
}
/** Plays the scenario on its topology, which stands already and has nothing else set. */
async function playScenario(stage, scenario, options = {}) {
	const ready = await stage.setUp(scenario);
	if (!ready.ok) return refusedOutcome(ready.error);
	const play = new Play(stage, scenario);
	try {
		const watching = play.watch(options);
		return watching.ok ? await play.run() : refusedOutcome(watching.error);
	} finally {
		play.end();
	}
}
function refusedOutcome(refused) {
	return {
		frames: [],
		netns: {},
		log: [],
		sockets: [],
		refused
	};
}
var Play = class {
	#stage;
	#host;
	#scenario;
	#step = -1;
	#frames = [];
	#sights = new Sights(() => this.#step);
	#players;
	#stops = [];
	#log = [];
	#trace = [];
	#traces = false;
	#logRead = 0;
	constructor(stage, scenario) {
		this.#stage = stage;
		this.#host = stage.host;
		this.#scenario = scenario;
		this.#players = new Players(stage, this.#sights);
	}
	watch({ trace }) {
		const { kernel } = this.#host;
		for (const netns of this.#scenario.topology.netns) {
			const stop = kernel.capture(this.#stage.name(netns), {}, ({ dev, direction, pktType, frame }) => {
				this.#frames.push({
					step: this.#step,
					netns,
					dev,
					direction,
					pktType,
					frame
				});
			});
			if (!stop.ok) return err({
				netns,
				error: stop.error
			});
			this.#stops.push(stop.value);
		}
		this.#logRead = kernel.log().length;
		if (trace !== true) return ok(void 0);
		const stop = kernel.trace((event) => this.#trace.push({
			step: this.#step,
			event
		}));
		if (stop !== void 0) {
			this.#stops.push(stop);
			this.#traces = true;
		}
		return ok(void 0);
	}
	async run() {
		const { listen, steps } = this.#scenario;
		for (const listener of listen) this.#players.listen(listener);
		await this.#settle();
		for (const [index, step] of steps.entries()) {
			this.#step = index;
			await this.#carryOut(step);
			await this.#settle();
		}
		this.#step = steps.length;
		const netns = {};
		for (const name of this.#scenario.topology.netns) {
			const read = await this.#read(name);
			if (!read.ok) return refusedOutcome({
				netns: name,
				error: read.error
			});
			netns[name] = read.value;
		}
		const trace = this.#traces ? { trace: this.#trace } : {};
		return {
			frames: this.#frames,
			netns,
			log: this.#log,
			sockets: [...this.#sights.all],
			...trace
		};
	}
	end() {
		for (const stop of this.#stops.splice(0)) stop();
		this.#players.close();
	}
	async #carryOut(step) {
		const number = this.#step + 1;
		switch (step.kind) {
			case "wait":
				await this.#host.kernel.run(() => false, step.ms * NS_PER_MS);
				return;
			case "change": {
				const { netns, verb, object } = step;
				const applied = await this.#host.kernel.apply(this.#stage.name(netns), [this.#stage.op({
					verb,
					object
				})]);
				if (!applied.ok) this.#sights.of(netns, `change step ${number}`).error(applied.error);
				return;
			}
			case "frame":
			case "tcp":
			case "udp":
			case "ping":
				await this.#players.play(step, number);
				return;
			default: assertNever(step);
		}
	}
	async #settle() {
		await this.#host.settle();
		const log = this.#host.kernel.log();
		for (; this.#logRead < log.length; this.#logRead += 1) {
			const line = log[this.#logRead];
			if (line !== void 0) this.#log.push({
				step: this.#step,
				level: line.level,
				text: line.text
			});
		}
	}
	async #read(netns) {
		const name = this.#stage.name(netns);
		const chains = await this.#chains(netns);
		if (!chains.ok) return chains;
		const dumped = await this.#host.kernel.dump(name, [
			"conntrack",
			"neigh",
			"fdb"
		]);
		if (!dumped.ok) return dumped;
		const objects = dumped.value;
		return ok({
			chains: chains.value,
			conntrack: objects.filter((object) => object.kind === "conntrack"),
			neighs: objects.filter((object) => object.kind === "neigh"),
			fdb: objects.filter((object) => object.kind === "fdb")
		});
	}
	async #chains(netns) {
		const { config, steps } = this.#scenario;
		const text = config[netns]?.iptables;
		const isChanged = steps.some((step) => step.kind === "change" && step.netns === netns && step.object.kind === "xt-rule");
		if (text === void 0 && !isChanged) return ok([]);
		const saved = await this.#host.saveTables(this.#stage.name(netns));
		if (!saved.ok) return saved;
		const tables = tablesOf(text ?? "");
		return ok(saved.value.filter((chain) => tables.includes(chain.table)));
	}
};
// src/verify/stage-pool.ts
/** Topologies kept standing between scenarios, for kernels on which building one is slow. */
var StagePool = class {
	#host;
	#limit;
	/** By the topology's content, used longest ago first; clean, and not in use. */
	#free = /* @__PURE__ */ new Map();
	#routeErrors = /* @__PURE__ */ new WeakMap();
	#built = 0;
	constructor(host, { limit = 8 } = {}) {
		this.#host = host;
		this.#limit = limit;
	}
	/** Plays on a topology that stands already, if one does. */
	async play(scenario) {
		const key = JSON.stringify(scenario.topology);
		const kept = this.#free.get(key);
		this.#free.delete(key);
		const stage = kept ?? await this.#build(scenario);
		if (!(stage instanceof Stage)) return {
			outcome: stage,
			reused: false
		};
		let isClean = false;
		try {
			const outcome = await playScenario(stage, scenario);
			const errors = (this.#routeErrors.get(stage) ?? 0) + routeErrors(outcome);
			this.#routeErrors.set(stage, errors);
			isClean = errors <= ROUTE_ERROR_LIMIT && !leavesMarks(scenario) && (await stage.reset()).ok;
			return {
				outcome,
				reused: kept !== void 0
			};
		} finally {
			if (isClean) await this.#keep(key, stage);
			else await stage.remove();
		}
	}
	/** Plays on a topology of its own. */
	async playFresh(scenario, options = {}) {
		const stage = await this.#build(scenario);
		if (!(stage instanceof Stage)) return stage;
		try {
			return await playScenario(stage, scenario, options);
		} finally {
			await stage.remove();
		}
	}
	/** Takes all topologies down. */
	async close() {
		for (const stage of this.#free.values()) await stage.remove();
		this.#free.clear();
	}
	async #build({ topology }) {
		this.#built += 1;
		const stage = await Stage.build(this.#host, topology, `.${this.#built}`);
		if (!stage.ok) return refusedOutcome(stage.error);
		const remembered = await stage.value.remember();
		if (remembered.ok) return stage.value;
		await stage.value.remove();
		return refusedOutcome(remembered.error);
	}
	async #keep(key, stage) {
		this.#free.set(key, stage);
		const [oldest] = this.#free;
		if (this.#free.size <= this.#limit || oldest === void 0) return;
		this.#free.delete(oldest[0]);
		await oldest[1].remove();
	}
};
/**
* ICMP errors about the way (no route, unreachable, prohibited), which the kernel limits apart from all others: five at
* once to a sender, then one a second, and no namespace can change that (net.ipv4.route.error_burst and error_cost).
*/
function routeErrors({ frames }) {
	const isRouteError = ({ direction, frame }) => direction === "out" && ethType(frame, 0) === 2048 && ipv4Proto(frame, 14) === 1 && icmpType(frame, 14 + ipv4HeaderLength(frame, 14)) === 3 && ROUTE_ERROR_CODES.has(icmpCode(frame, 14 + ipv4HeaderLength(frame, 14)));
	return frames.filter(isRouteError).length;
}
const ROUTE_ERROR_CODES = /* @__PURE__ */ new Set([
	0,
	1,
	13
]);
/** So many may have been sent before on a topology that is used again; a namespace that made it shows it once. */
const ROUTE_ERROR_LIMIT = 3;
/** It leaves what a reset does not take away: changed devices, counted ICMP errors. */
function leavesMarks({ config, steps }) {
	return Object.values(config).some(({ sysctls }) => sysctls?.["net.ipv4.icmp_ratelimit"] !== void 0) || steps.some((step) => step.kind === "change" && step.object.kind === "link");
}
// src/sim/types.ts
/** The machine: one event loop and one source of chance for all its namespaces. */
var Machine = class {
	loop;
	rng;
	netns = /* @__PURE__ */ new Map();
	/** `dev_add_pack`: by EtherType. */
	packetTypes = /* @__PURE__ */ new Map();
	/** `inet_add_protocol`: by IP protocol number. */
	inetProtocols = /* @__PURE__ */ new Map();
	/** Set while somebody traces; every emitter checks it first. */
	tracer = void 0;
	log = [];
	/** The sysctls that every namespace has, with what they are in a fresh one, in order of registration (sysctl.ts). */
	sysctlDefaults = /* @__PURE__ */ new Map();
	/** By prefix (`net.ipv4.conf`): the leaves that every device has, with their defaults. */
	sysctlDeviceLeaves = /* @__PURE__ */ new Map();
	/** Run for each new namespace, in order of registration (`register_pernet_subsys`). */
	onNetnsCreated = [];
	onNetnsRemoved = [];
	/** `register_netdevice_notifier`. */
	deviceNotifiers = [];
	/** `register_inetaddr_notifier`: after an address was added (`up`) or removed (`down`). */
	inetAddrNotifiers = [];
	#nextSkb = 1;
	#nextNetns = 1;
	#slab = /* @__PURE__ */ new ArrayBuffer(0);
	#slabUsed = 0;
	constructor(loop, rng) {
		this.loop = loop;
		this.rng = rng;
	}
	nextSkbId() {
		return this.#nextSkb++;
	}
	nextNetnsId() {
		return this.#nextNetns++;
	}
	/** Zeroed bytes for a packet, cut from a slab: an `ArrayBuffer` of its own costs ten times as much. */
	allocBytes(lengthBytes) {
		if (lengthBytes > SLAB_BYTES / 16) return new Uint8Array(lengthBytes);
		if (this.#slabUsed + lengthBytes > this.#slab.byteLength) {
			this.#slab = new ArrayBuffer(SLAB_BYTES);
			this.#slabUsed = 0;
		}
		const bytes = new Uint8Array(this.#slab, this.#slabUsed, lengthBytes);
		this.#slabUsed += lengthBytes;
		return bytes;
	}
};
const SLAB_BYTES = 65536;
/** A network namespace. State of a subsystem hangs on it through `pernet`. */
var Netns = class {
	machine;
	name;
	id;
	/** By ifindex; iteration is in order of creation. */
	devices = /* @__PURE__ */ new Map();
	devicesByName = /* @__PURE__ */ new Map();
	/** Slots of `pernet`. */
	slots = [];
	/** Registered netfilter functions, by family and hook, in ascending priority. Absent: none. */
	hooks = /* @__PURE__ */ new Map();
	/** Counts the changes of `hooks`, for those who remember something about them. */
	hookGeneration = 0;
	nextIfindex = 1;
	/** Set once the namespace is being removed; its timers do nothing then. */
	dead = false;
	constructor(machine, name) {
		this.machine = machine;
		this.name = name;
		this.id = machine.nextNetnsId();
	}
};
/** Per-namespace state of one subsystem: made on first use, reached without a look-up by name (`net_generic`). */
function pernet(make) {
	const slot = nextSlot++;
	return (netns) => {
		const found = netns.slots[slot];
		if (found !== void 0) return found;
		const made = make(netns);
		netns.slots[slot] = made;
		return made;
	};
}
let nextSlot = 0;
var NetDevice = class {
	netns;
	name;
	ifindex;
	/** 48-bit number. */
	mac;
	mtu;
	up = false;
	promisc = false;
	alias = "";
	txQueueLength = 1e3;
	/** It was brought up in this namespace, so that it has a queue discipline. */
	everUp = false;
	/** Number of captures that made the device promiscuous. */
	promiscCount = 0;
	/** Loopback needs no ARP and has no Ethernet addresses of its own. */
	isLoopback;
	ops;
	/** Set on a bridge port: the bridge it belongs to. */
	master = void 0;
	/** Options of the bridge port; state is computed. */
	port = {
		hairpin: false,
		learning: true,
		flood: true,
		isolated: false,
		forwarding: false,
		number: 0
	};
	/** `rx_handler`: sees each frame before the protocols do. `undefined` from it: go on as if it were not there. */
	rxHandler = void 0;
	/** Captures on this device. */
	taps = [];
	stats = {
		rxPackets: 0,
		rxBytes: 0,
		rxDropped: 0,
		txPackets: 0,
		txBytes: 0,
		txDropped: 0
	};
	/** Per-device state of other subsystems (`pernet` for devices): IPv4 configuration, neighbours, … */
	slots = [];
	constructor(init) {
		this.netns = init.netns;
		this.name = init.name;
		this.ifindex = init.ifindex;
		this.mac = init.mac;
		this.mtu = init.mtu;
		this.isLoopback = init.isLoopback;
		this.ops = init.ops;
	}
	/** Up and with carrier (IFF_RUNNING). */
	get running() {
		return this.up && this.ops.carrier();
	}
};
/** Per-device state of one subsystem, as `pernet`. */
function perdevice(make) {
	const slot = nextSlot++;
	return (dev) => {
		const found = dev.slots[slot];
		if (found !== void 0) return found;
		const made = make(dev);
		dev.slots[slot] = made;
		return made;
	};
}
/**
* `struct sk_buff`: a packet, owned by one function at a time. Offsets are absolute positions in `bytes`; `data` is where
* the layer at work begins and `end` is one past the last byte.
*/
var Skb = class {
	machine;
	id;
	bytes;
	/** Start of the layer at work. */
	data;
	end;
	/** Start of the Ethernet header; -1: there is none yet. */
	mac = -1;
	network = -1;
	transport = -1;
	/** The device it came in on, or leaves by. */
	dev = void 0;
	/** ifindex of the device it last came in on (`skb_iif`): of the bridge once a bridge passed it up; 0: made here. */
	iif = 0;
	/** EtherType. */
	protocol = 0;
	pktType = "host";
	mark = 0;
	dst = void 0;
	/** The conntrack entry, of the type that `conntrack/` defines; `unknown` here because state lies below. */
	ct = void 0;
	ctInfo = "none";
	nfBridge = void 0;
	/** The sending socket's description and uid, for `-m owner`, LOG --log-uid and traces. */
	sk = void 0;
	/** IPCB flags. */
	forwarded = false;
	/** Its sender is to be told of a nearer way when it is passed on. */
	doRedirect = false;
	/** Set when the whole packet was put together from fragments: the largest fragment, so that it can be cut again. */
	fragMaxSize = 0;
	/** The payload lengths of those fragments in order: cut again the same way where they fit. */
	fragSizes = void 0;
	/** Put together by connection tracking: may be cut again although it says "don't fragment". */
	ignoreDf = false;
	constructor(machine, bytes, data, end) {
		this.machine = machine;
		this.id = machine.nextSkbId();
		this.bytes = bytes;
		this.data = data;
		this.end = end;
	}
	/** Length from `data` on, in bytes. */
	get length() {
		return this.end - this.data;
	}
};
/** The socket by which the kernel itself sends (`ipv4_icmp_sk`, `ipv4_tcp_sk`). */
const KERNEL_SOCKET = {
	describe: "the kernel",
	owner: void 0
};
// src/sim/capture.ts
/** Captures: what `tcpdump` attaches to a device, or with `-i any` to all devices of a namespace. */
/** Lets captures of all devices reach the devices made later. */
function initCapture(machine) {
	machine.deviceNotifiers.push((event) => {
		if (event.type !== "register") return;
		for (const tap of anyTaps(event.dev.netns).taps) attach(event.dev, tap);
	});
}
/**
* Starts a capture; the value ends it. On one device it is made promiscuous, unless refused, so a bridge also shows what it
* only forwards; a capture on all devices never is.
*/
function startCapture(netns, options, listener) {
	if (options.dev === void 0) return ok(captureAny(netns, {
		promisc: false,
		deliver: listener
	}));
	const dev = netns.devicesByName.get(options.dev);
	if (dev === void 0) return err({
		errno: "ENODEV",
		op: -1,
		message: `${options.dev}: No such device exists`
	});
	const tap = {
		promisc: options.promisc !== false,
		deliver: listener
	};
	attach(dev, tap);
	return ok(() => detach(dev, tap));
}
const anyTaps = pernet(() => ({ taps: [] }));
function captureAny(netns, tap) {
	const any = anyTaps(netns);
	any.taps = [...any.taps, tap];
	for (const dev of netns.devices.values()) attach(dev, tap);
	return () => {
		any.taps = any.taps.filter((other) => other !== tap);
		for (const dev of netns.devices.values()) detach(dev, tap);
	};
}
function attach(dev, tap) {
	if (dev.taps.includes(tap)) return;
	dev.taps = [...dev.taps, tap];
	if (tap.promisc) dev.promiscCount += 1;
}
function detach(dev, tap) {
	if (!dev.taps.includes(tap)) return;
	dev.taps = dev.taps.filter((other) => other !== tap);
	if (tap.promisc) dev.promiscCount -= 1;
}
// src/sim/core/netns-ids.ts
/** The numbers by which a namespace knows others (net/core/net_namespace.c: peernet2id). */
/** The number of `peer` in `netns`; the lowest free one when it has none yet. */
function peernet2idAlloc(netns, peer) {
	const ids = netnsIdsOf(netns);
	const known = ids.get(peer);
	if (known !== void 0) return known;
	const taken = new Set(ids.values());
	let id = 0;
	while (taken.has(id)) id += 1;
	ids.set(peer, id);
	return id;
}
/** All that have a number, without those that are gone. */
function netnsIdsOf(netns) {
	const ids = idTable(netns);
	for (const peer of ids.keys()) if (peer.dead) ids.delete(peer);
	return ids;
}
const idTable = pernet(() => /* @__PURE__ */ new Map());
// src/sim/event-loop.ts
/**
* Virtual time. Nothing in the simulated kernel waits or looks at a clock: work is queued here and done in order.
*
* Two queues: the backlog (softirq work: packets handed from one device to another, first in, first out) and timers.
* Each item of the backlog takes `BACKLOG_COST_NS` of virtual time, so that time stamps of consecutive hops differ.
*/
const BACKLOG_COST_NS = 1e3;
var EventLoop = class {
	#nowNs = 0;
	#seq = 0;
	#timers = new Heap((a, b) => a.dueNs < b.dueNs || a.dueNs === b.dueNs && a.seq < b.seq);
	#backlog = [];
	#head = 0;
	now() {
		return this.#nowNs;
	}
	/** Queues `work.run(arg)` behind the work already queued. */
	post(work, arg) {
		this.#backlog.push({
			work,
			arg
		});
	}
	/** Calls `fn` once, `delayNs` from now. */
	after(delayNs, fn) {
		const entry = new TimerEntry(this.#nowNs + Math.max(0, delayNs), this.#seq++, fn);
		this.#timers.push(entry);
		return entry;
	}
	/** Does one thing: the next due timer, else the next backlog item, else jumps to the next timer. False: nothing is left before `limitNs`. */
	step(limitNs) {
		const timer = this.#nextTimer();
		const idle = this.#head >= this.#backlog.length;
		if (timer !== void 0 && (timer.dueNs <= this.#nowNs || idle)) {
			if (timer.dueNs > limitNs) return false;
			this.#timers.pop();
			if (timer.dueNs > this.#nowNs) this.#nowNs = timer.dueNs;
			timer.fire();
			return true;
		}
		if (idle) return false;
		const item = this.#backlog[this.#head];
		this.#head += 1;
		if (this.#head === this.#backlog.length) {
			this.#backlog = [];
			this.#head = 0;
		} else if (this.#head > 4096) {
			this.#backlog.splice(0, this.#head);
			this.#head = 0;
		}
		this.#nowNs += BACKLOG_COST_NS;
		item?.work.run(item.arg);
		return true;
	}
	/** Runs all backlog and every timer due now; timers in the future stay. */
	runBacklog() {
		while (this.step(this.#nowNs));
	}
	/** Runs everything up to `untilNs` and sets the clock there. */
	runUntil(untilNs) {
		while (this.step(untilNs));
		if (this.#nowNs < untilNs) this.#nowNs = untilNs;
	}
	/** True while there is backlog or an uncancelled timer. */
	get pending() {
		return this.#head < this.#backlog.length || this.#nextTimer() !== void 0;
	}
	#nextTimer() {
		let timer = this.#timers.peek();
		while (timer?.cancelled === true) {
			this.#timers.pop();
			timer = this.#timers.peek();
		}
		return timer;
	}
};
var TimerEntry = class {
	dueNs;
	seq;
	#fn;
	constructor(dueNs, seq, fn) {
		this.dueNs = dueNs;
		this.seq = seq;
		this.#fn = fn;
	}
	get cancelled() {
		return this.#fn === void 0;
	}
	cancel() {
		this.#fn = void 0;
	}
	fire() {
		const fn = this.#fn;
		this.#fn = void 0;
		fn?.();
	}
};
// src/sim/sysctl.ts
/**
* The values of a namespace. Only what was written is kept here; all else is the machine's defaults and, for a device, the
* values that `default` had when it came: a namespace and a device cost next to nothing to make.
*/
var SysctlValues = class {
	#defaults;
	#written = /* @__PURE__ */ new Map();
	/** By the beginning of a device's keys (`net.ipv4.conf.eth0.`): leaf → value. */
	#devices = /* @__PURE__ */ new Map();
	constructor(defaults) {
		this.#defaults = defaults;
	}
	get(key) {
		const own = this.#written.get(key) ?? this.#defaults.get(key);
		if (own !== void 0) return own;
		const leafAt = key.lastIndexOf(".") + 1;
		return this.#devices.get(key.slice(0, leafAt))?.get(key.slice(leafAt));
	}
	has(key) {
		return this.get(key) !== void 0;
	}
	set(key, value) {
		this.#written.set(key, value);
	}
	/** All keys with their values: those of the namespace as they were registered, then those of the devices. */
	*[Symbol.iterator]() {
		for (const [key, value] of this.#defaults) yield [key, this.#written.get(key) ?? value];
		for (const [head, leaves] of this.#devices) for (const [leaf, value] of leaves) yield [head + leaf, this.#written.get(head + leaf) ?? value];
	}
	/** Whether any key that begins so was written. */
	wrote(head) {
		for (const key of this.#written.keys()) if (key.startsWith(head)) return true;
		return false;
	}
	hasDevice(head) {
		return this.#devices.has(head);
	}
	addDevice(head, leaves) {
		this.#devices.set(head, leaves);
	}
	removeDevice(head) {
		this.#devices.delete(head);
		for (const key of this.#written.keys()) if (key.startsWith(head)) this.#written.delete(key);
	}
};
const sysctls = pernet(({ machine }) => ({
	values: new SysctlValues(machine.sysctlDefaults),
	listeners: [],
	deviceLeaves: machine.sysctlDeviceLeaves
}));
/** Makes keys exist in every namespace of the machine, with their defaults. Called before there are any. */
function registerSysctls(machine, defaults) {
	for (const [key, value] of Object.entries(defaults)) machine.sysctlDefaults.set(key, value);
}
/** Makes per-device keys exist (`prefix.{all,default,DEV}.leaf`; `all` not everywhere), with the value a fresh namespace has. */
function registerDeviceSysctls(machine, prefix, defaults, scopes = ["all", "default"]) {
	machine.sysctlDeviceLeaves.set(prefix, new Map(Object.entries(defaults)));
	for (const scope of scopes) for (const [leaf, value] of Object.entries(defaults)) machine.sysctlDefaults.set(`${prefix}.${scope}.${leaf}`, value);
}
/**
* Gives a new device its keys, with the values of `default`. Listeners hear of them once per prefix, when all are there,
* by the key `PREFIX.DEV.` without a leaf.
*/
function addDeviceSysctls(netns, dev) {
	const { values, deviceLeaves, listeners } = sysctls(netns);
	for (const [prefix, leaves] of deviceLeaves) {
		const head = deviceKey(prefix, dev, "");
		if (!values.hasDevice(head)) values.addDevice(head, leavesNow(values, prefix, leaves));
		for (const listener of listeners) listener(head, "");
	}
}
/** What `default` says now. */
function leavesNow(values, prefix, leaves) {
	const head = `${prefix}.default.`;
	if (!values.wrote(head)) return leaves;
	return new Map([...leaves].map(([leaf, value]) => [leaf, values.get(head + leaf) ?? value]));
}
function removeDeviceSysctls(netns, dev) {
	const { values, deviceLeaves } = sysctls(netns);
	for (const prefix of deviceLeaves.keys()) values.removeDevice(deviceKey(prefix, dev, ""));
}
/** Moves a renamed device's keys to its new name, with their values. */
function renameDeviceSysctls(netns, from, to) {
	const { values, deviceLeaves, listeners } = sysctls(netns);
	for (const [prefix, leaves] of deviceLeaves) {
		const before = deviceKey(prefix, from, "");
		const after = deviceKey(prefix, to, "");
		values.addDevice(after, new Map([...leaves].map(([leaf, value]) => [leaf, values.get(before + leaf) ?? value])));
		for (const listener of listeners) listener(after, "");
	}
	removeDeviceSysctls(netns, from);
}
/** A dot in a device name is written as a slash, as sysctl(8) does. */
function deviceKey(prefix, dev, leaf) {
	return `${prefix}.${dev.includes(".") ? dev.replaceAll(".", "/") : dev}.${leaf}`;
}
/** Sets a value and tells the listeners; false: there is no such key. */
function setSysctl(netns, key, value) {
	const table = sysctls(netns);
	if (!table.values.has(key)) return false;
	table.values.set(key, value);
	for (const listener of table.listeners) listener(key, value);
	return true;
}
/** The value as a number; NaN-free: a key that is missing or not a number throws, for it is a bug. */
function sysctlNumber(netns, key) {
	const value = Number(sysctls(netns).values.get(key));
	if (Number.isNaN(value)) throw new Error(`not a numeric sysctl: ${key}`);
	return value;
}
/** Whether Linux accepts the name (`dev_valid_name`). */
function devValidName(name) {
	return name.length > 0 && name.length <= 15 && name !== "." && name !== ".." && !/[/:\s]/.test(name);
}
/** A new device, down, under a name that the caller knows to be free. */
function registerNetdevice(netns, spec) {
	const dev = new NetDevice({
		netns,
		ifindex: newIfindex(netns),
		isLoopback: false,
		...spec
	});
	listNetdevice(dev);
	return dev;
}
/** Puts an existing device into its namespace, with its present name and ifindex, and announces it. */
function listNetdevice(dev) {
	dev.netns.devices.set(dev.ifindex, dev);
	dev.netns.devicesByName.set(dev.name, dev);
	addDeviceSysctls(dev.netns, dev.name);
	notify$1({
		type: "register",
		dev
	});
}
/** Removes the device, and what cannot be without it (a veth's peer). Does nothing when it is gone already. */
function unregisterNetdevice(dev) {
	if (!isRegistered(dev)) return;
	unlistNetdevice(dev);
	dev.ops.remove?.();
}
function isRegistered(dev) {
	return dev.netns.devices.get(dev.ifindex) === dev;
}
/** Brings the device up (`dev_open`). */
function devOpen(dev) {
	if (dev.up) return;
	dev.up = true;
	dev.everUp = true;
	notify$1({
		type: "up",
		dev
	});
	linkwatch(dev);
	dev.ops.open?.();
}
/** Takes the device down (`dev_close`). */
function devClose(dev) {
	if (!dev.up) return;
	notify$1({
		type: "going-down",
		dev
	});
	dev.up = false;
	linkwatch(dev);
	dev.ops.stop?.();
	notify$1({
		type: "down",
		dev
	});
}
/** Looks whether the device's carrier changed, and tells of it when the device is up (`linkwatch_do_dev`). */
function linkwatch(dev) {
	const last = lastRunning(dev);
	const running = dev.running;
	if (running === last.running) return;
	last.running = running;
	if (dev.up && isRegistered(dev)) notify$1({
		type: "change",
		dev
	});
}
/** Gives the device another MAC address (`dev_set_mac_address`). */
function devSetMacAddress(dev, mac) {
	if (dev.mac === mac) return;
	dev.mac = mac;
	notify$1({
		type: "changeaddr",
		dev
	});
}
function devSetMtu(dev, mtu) {
	if (dev.mtu === mtu) return;
	dev.mtu = mtu;
	notify$1({
		type: "change",
		dev
	});
}
/** Renames the device; its sysctls keep their values. The new name is valid and free. */
function devChangeName(dev, name) {
	if (dev.name === name) return;
	const before = dev.name;
	dev.netns.devicesByName.delete(before);
	dev.name = name;
	dev.netns.devicesByName.set(name, dev);
	renameDeviceSysctls(dev.netns, before, name);
	notify$1({
		type: "changename",
		dev
	});
}
/**
* Moves the device to another namespace: down, without addresses, sysctls as new; ifindex and name stay, unless the
* index is taken there or both are given. The name is free there.
*/
function devChangeNetNamespace(dev, netns, as) {
	unlistNetdevice(dev);
	dev.netns = netns;
	dev.everUp = false;
	dev.name = as?.name ?? dev.name;
	dev.ifindex = as?.ifindex ?? dev.ifindex;
	if (netns.devices.has(dev.ifindex)) dev.ifindex = newIfindex(netns);
	listNetdevice(dev);
}
/** A locally administered unicast MAC address by chance (`eth_random_addr`). */
function ethRandomAddr(rng) {
	return ((rng.uint32() & 65535 | 512) & 65279) * 4294967296 + rng.uint32();
}
/** Tells everybody who registered (`call_netdevice_notifiers`). */
function notify$1(event) {
	for (const listener of event.dev.netns.machine.deviceNotifiers) listener(event);
}
function unlistNetdevice(dev) {
	devClose(dev);
	notify$1({
		type: "unregister",
		dev
	});
	dev.netns.devices.delete(dev.ifindex);
	dev.netns.devicesByName.delete(dev.name);
	removeDeviceSysctls(dev.netns, dev.name);
	dev.taps = [];
	dev.promiscCount = 0;
}
function newIfindex(netns) {
	while (netns.devices.has(netns.nextIfindex)) netns.nextIfindex += 1;
	return netns.nextIfindex++;
}
const lastRunning = perdevice(() => ({ running: false }));
// src/sim/trace.ts
/** Emits one step of a packet's path; does nothing while nobody traces. */
function traceStep(skb, netns, fn, step) {
	const tracer = skb.machine.tracer;
	if (tracer === void 0) return;
	tracer({
		skb: skb.id,
		at: skb.machine.loop.now(),
		netns: netns.name,
		fn,
		...step
	});
}
/** A copy of the packet for a trace: from the network header if there is one, else the frame. */
function packetForTrace(skb) {
	if (skb.network >= 0 && skb.protocol === 2048) return {
		packet: skb.bytes.slice(skb.network, skb.end),
		link: "ip"
	};
	const from = skb.mac >= 0 ? skb.mac : skb.data;
	return {
		packet: skb.bytes.slice(from, skb.end),
		link: "ethernet"
	};
}
/** The end of a packet that is not delivered (`kfree_skb_reason`). */
function dropSkb(skb, netns, fn, reason, more) {
	if (skb.machine.tracer !== void 0) traceStep(skb, netns, fn, {
		step: "drop",
		reason,
		...more,
		...packetForTrace(skb)
	});
	return "dropped";
}
/** The end of a packet that somebody took. `to` says who, e.g. `tcp socket 10.0.0.1:80 (nginx)`. */
function deliverSkb(skb, netns, fn, to) {
	if (skb.machine.tracer !== void 0) traceStep(skb, netns, fn, {
		step: "deliver",
		to,
		...packetForTrace(skb)
	});
	return "delivered";
}
/** The end of a packet that served its purpose inside the kernel, e.g. the original of flooded copies. */
function consumeSkb(skb, netns, fn, why) {
	if (skb.machine.tracer !== void 0) traceStep(skb, netns, fn, {
		step: "consume",
		why
	});
	return "delivered";
}
/** The birth of a packet. */
function originSkb(skb, netns, fn, what, parent) {
	if (skb.machine.tracer === void 0) return;
	traceStep(skb, netns, fn, {
		step: "origin",
		what,
		...parent === void 0 ? {} : { parent: parent.id },
		...packetForTrace(skb)
	});
}
// src/sim/device/bridge-fdb.ts
/** A bridge's forwarding database (net/bridge/br_fdb.c): which MAC address is behind which port. */
var BridgeFdb = class {
	/** After this long without a frame from there an entry is gone; 0: nothing is learnt. */
	ageingNs;
	#bridge;
	#entries = /* @__PURE__ */ new Map();
	#purgeAt = 1024;
	constructor(bridge, ageingNs) {
		this.#bridge = bridge;
		this.ageingNs = ageingNs;
	}
	/** The entry of an address, unless it aged (`br_fdb_find_rcu`). */
	find(mac) {
		const entry = this.#entries.get(mac);
		if (entry === void 0 || entry.isStatic || !this.#hasExpired(entry)) return entry;
		this.#entries.delete(mac);
	}
	/** Learns the source address of a frame that came in by `port` (`br_fdb_update`). */
	update(port, mac, skb) {
		if (this.ageingNs === 0) return;
		const nowNs = this.#now();
		const entry = this.find(mac);
		if (entry === void 0) {
			if (this.#entries.size >= this.#purgeAt) this.#purge();
			this.#entries.set(mac, {
				mac,
				port,
				isLocal: false,
				isStatic: false,
				updatedNs: nowNs
			});
			if (skb.machine.tracer !== void 0) this.#trace(skb, "learn", port, mac);
		} else if (entry.isLocal) this.#warnOwnAddress(port, mac);
		else {
			if (entry.port !== port && !entry.isStatic) {
				entry.port = port;
				if (skb.machine.tracer !== void 0) this.#trace(skb, "move", port, mac);
			}
			entry.updatedNs = nowNs;
		}
	}
	/** Makes an address of the bridge (`port` undefined) or of a port local; the first owner keeps it (`br_fdb_add_local`). */
	addLocal(port, mac) {
		if (mac === 0 || this.#entries.get(mac)?.isLocal === true) return;
		this.#entries.set(mac, {
			mac,
			port,
			isLocal: true,
			isStatic: true,
			updatedNs: this.#now()
		});
	}
	/** An address is no longer `port`'s: another port with the same one, or the bridge, inherits it (`fdb_delete_local`). */
	deleteLocal(port, mac, ports) {
		const entry = this.#entries.get(mac);
		if (entry === void 0 || !entry.isLocal || entry.port !== port) return;
		const heir = ports.find((other) => other !== port && other.mac === mac);
		if (heir !== void 0) entry.port = heir;
		else if (port !== void 0 && this.#bridge.mac === mac) entry.port = void 0;
		else this.#entries.delete(mac);
	}
	/** Forgets what is behind a port: all of it when the port leaves, else only what was learnt (`br_fdb_delete_by_port`). */
	deleteByPort(port, which) {
		for (const entry of this.#entries.values()) if (entry.port === port && (which === "all" || !entry.isStatic)) this.#entries.delete(entry.mac);
	}
	/** Puts an entry as given (`bridge fdb replace`, and undoing). */
	set(entry) {
		this.#entries.set(entry.mac, entry);
	}
	delete(mac) {
		this.#entries.delete(mac);
	}
	/** All entries that have not aged, in order of creation. */
	entries() {
		this.#purge();
		return [...this.#entries.values()];
	}
	#hasExpired(entry) {
		return entry.updatedNs + this.ageingNs <= this.#now();
	}
	#purge() {
		for (const mac of this.#entries.keys()) this.find(mac);
		this.#purgeAt = Math.max(1024, 2 * this.#entries.size);
	}
	#now() {
		return this.#bridge.netns.machine.loop.now();
	}
	#warnOwnAddress(port, mac) {
		const text = `${this.#bridge.name}: received packet on ${port.name} with own address as source address (addr:${macText(mac)}, vlan:0)`;
		const { log, loop } = port.netns.machine;
		const last = log.at(-1);
		if (last?.text === text && last.at + 5e9 > loop.now()) return;
		log.push({
			at: loop.now(),
			netns: port.netns.name,
			level: 4,
			text
		});
	}
	#trace(skb, action, port, mac) {
		const bridge = this.#bridge.name;
		traceStep(skb, port.netns, "br_fdb_update", {
			step: "bridge",
			action,
			bridge,
			mac: macText(mac),
			ports: [port.name]
		});
	}
};
var BridgeState = class {
	/** The bridge as a device. */
	dev;
	fdb;
	/** The port added last comes first, the order in which frames are flooded. */
	ports = [];
	/** The bridge's own `nf_call_iptables`; the sysctl works as well. */
	nfCallIptables = false;
	/** Set once a port was added: from then on the bridge has carrier only while a port forwards. */
	hadPort = false;
	/** The MAC address was set by hand and no longer follows the ports. */
	macIsSet = false;
	/** The MTU was set by hand and no longer follows the ports. */
	mtuIsSet = false;
	constructor(dev) {
		this.dev = dev;
		this.fdb = new BridgeFdb(dev, 3e11);
	}
};
/** The state of the bridge that `dev` is. */
function bridgeOf(dev) {
	if (dev.ops.type !== "bridge") throw new Error(`${dev.name} is not a bridge`);
	return bridgeState(dev);
}
/** `nf_br_ops`: br_netfilter's say in `br_dev_xmit`. A fate means that it took the packet; undefined: go on. */
const nfBrOps = pernet(() => ({ brDevXmitHook: void 0 }));
const bridgeState = perdevice((dev) => new BridgeState(dev));
// src/sim/netfilter/hooks.ts
/** Priorities of include/uapi/linux/netfilter_ipv4.h and netfilter_bridge.h. */
const NF_PRI = {
	FIRST: -2147483648,
	RAW_BEFORE_DEFRAG: -450,
	CONNTRACK_DEFRAG: -400,
	RAW: -300,
	CONNTRACK: -200,
	MANGLE: -150,
	NAT_DST: -100,
	FILTER: 0,
	SECURITY: 50,
	NAT_SRC: 100,
	CONNTRACK_HELPER: 300,
	CONNTRACK_CONFIRM: 2147483647
};
/** Registers a function; the result takes it away again (`nf_register_net_hook`). */
function registerNetHook(netns, family, hook, entry) {
	const key = hookKey(family, hook);
	const entries = netns.hooks.get(key) ?? [];
	const at = entries.findIndex((other) => other.priority >= entry.priority);
	netns.hookGeneration += 1;
	netns.hooks.set(key, at < 0 ? [...entries, entry] : [
		...entries.slice(0, at),
		entry,
		...entries.slice(at)
	]);
	return () => {
		netns.hookGeneration += 1;
		netns.hooks.set(key, (netns.hooks.get(key) ?? []).filter((other) => other !== entry));
	};
}
function hookKey(family, hook) {
	return KEYS$1[family][hook];
}
/**
* Runs the functions of a hook and then `okfn` (`NF_HOOK`). A dropped packet ends here. A function that returns
* "stolen" has taken the packet; it leaves its fate in `stolen.fate`.
*/
function nfHook(args, skb) {
	const entries = args.netns.hooks.get(KEYS$1[args.family][args.hook]);
	if (entries === void 0 || entries.length === 0) return args.okfn(skb);
	return runHooks(entries, 0, args, skb);
}
/** Like `nfHook`, but only functions with a priority of at least `fromPriority` (`NF_HOOK_THRESH`). */
function nfHookThresh(args, skb, fromPriority) {
	const entries = args.netns.hooks.get(KEYS$1[args.family][args.hook]) ?? [];
	let start = 0;
	while ((entries[start]?.priority ?? 2147483647) < fromPriority && start < entries.length) start += 1;
	return start >= entries.length ? args.okfn(skb) : runHooks(entries, start, args, skb);
}
/** Where a function that returned "stolen" left the packet's fate. */
const stolen = { fate: "queued" };
function runHooks(entries, start, state, skb) {
	if (skb.machine.tracer !== void 0) traceHook(state, skb);
	for (let k = start; k < entries.length; k += 1) {
		const entry = entries[k];
		if (entry === void 0) break;
		const verdict = entry.fn(skb, state);
		if (verdict === "accept") continue;
		if (verdict === "stolen") return stolen.fate;
		return dropSkb(skb, state.netns, entry.name, state.dropReason ?? "NETFILTER_DROP", {
			...state.dropDetail === void 0 ? {} : { detail: state.dropDetail },
			...state.dropRule
		});
	}
	return state.okfn(skb);
}
function traceHook(state, skb) {
	traceStep(skb, state.netns, "nf_hook_slow", {
		step: "hook",
		family: state.family,
		hook: state.hook,
		...named("indev", state.indev),
		...named("outdev", state.outdev),
		...named("physin", skb.nfBridge?.physin),
		...named("physout", skb.nfBridge?.physout)
	});
}
function named(key, dev) {
	return dev === void 0 ? {} : { [key]: dev.name };
}
function keysOf(family) {
	return {
		PREROUTING: `${family} PREROUTING`,
		INPUT: `${family} INPUT`,
		FORWARD: `${family} FORWARD`,
		OUTPUT: `${family} OUTPUT`,
		POSTROUTING: `${family} POSTROUTING`
	};
}
const KEYS$1 = {
	ipv4: keysOf("ipv4"),
	ipv6: keysOf("ipv6"),
	bridge: keysOf("bridge")
};
// src/sim/core/dev.ts
/** The way in and out of every device (net/core/dev.c): captures, counters, the rx handler of a bridge port, protocols. */
/** Sends the frame (`data` at its Ethernet header) out by `skb.dev`. */
function devQueueXmit(skb) {
	const dev = skb.dev;
	if (dev === void 0) throw new Error("dev_queue_xmit: the packet has no device");
	if (!dev.running) {
		dev.stats.txDropped += 1;
		return dropSkb(skb, dev.netns, "__dev_queue_xmit", "DEV_READY", { detail: dev.up ? `${dev.name} has no carrier` : `${dev.name} is down` });
	}
	skb.mac = skb.data;
	if (dev.taps.length > 0 && !dev.isLoopback) tap(dev, skb, "outgoing");
	if (skb.machine.tracer !== void 0) traceStep(skb, dev.netns, "__dev_queue_xmit", {
		step: "transmit",
		dev: dev.name,
		frame: frame(skb)
	});
	dev.stats.txPackets += 1;
	dev.stats.txBytes += skb.end - skb.data - (dev.isLoopback ? 14 : 0);
	return dev.ops.xmit(skb);
}
/** Hands the frame to `dev` as received, from the event loop: a device's `xmit` never calls its receiver. */
function netifRx(dev, skb) {
	skb.dev = dev;
	dev.netns.machine.loop.post(receiveWork, skb);
	return "queued";
}
const receiveWork = { run(skb) {
	netifReceiveSkb(skb);
} };
/** Takes a frame in from a driver: `data` at the Ethernet header, `dev` set; says for whom it is, then goes on up. */
function netifReceiveSkb(skb) {
	const dev = skb.dev;
	if (dev === void 0) throw new Error("netif_receive_skb: the packet has no device");
	if (!dev.up) {
		dev.stats.rxDropped += 1;
		return dropSkb(skb, dev.netns, "enqueue_to_backlog", "DEV_READY", { detail: `${dev.name} is down` });
	}
	if (skb.end - skb.data < 14) return dropSkb(skb, dev.netns, "eth_type_trans", "PKT_TOO_SMALL");
	skb.mac = skb.data;
	skb.protocol = ethType(skb.bytes, skb.mac);
	skb.pktType = ethPktType(dev, skb.bytes, skb.mac);
	dev.stats.rxPackets += 1;
	dev.stats.rxBytes += skb.end - skb.data - (dev.isLoopback ? 14 : 0);
	return netifReceiveSkbCore(skb);
}
/**
* The part of reception that a bridge repeats for what it passes up (`__netif_receive_skb_core`): `mac`, `protocol` and
* `pktType` are known. Captures, rx handler, then the protocol with `data` and `network` after the Ethernet header.
*/
function netifReceiveSkbCore(skb) {
	const dev = skb.dev;
	if (dev === void 0) throw new Error("netif_receive_skb: the packet has no device");
	skb.iif = dev.ifindex;
	if (dev.taps.length > 0) tap(dev, skb, skb.pktType);
	if (skb.machine.tracer !== void 0) traceStep(skb, dev.netns, "__netif_receive_skb_core", {
		step: "receive",
		dev: dev.name,
		frame: frame(skb)
	});
	skb.data = skb.mac + 14;
	skb.network = skb.data;
	if (dev.rxHandler !== void 0) {
		const fate = dev.rxHandler(skb);
		if (fate !== void 0) return fate;
	}
	const handler = skb.machine.packetTypes.get(skb.protocol);
	if (handler !== void 0) return handler(skb);
	return dropSkb(skb, dev.netns, "__netif_receive_skb_core", "UNHANDLED_PROTO", { detail: `EtherType 0x${skb.protocol.toString(16).padStart(4, "0")}` });
}
/** Whether a device may send the frame (`data` at the Ethernet header): up, and within MTU, Ethernet header and VLAN tag. */
function isSkbForwardable(dev, skb) {
	return dev.up && skb.end - skb.data <= dev.mtu + 14 + VLAN_HLEN;
}
const VLAN_HLEN = 4;
function ethPktType(dev, bytes, at) {
	const dst = get48(bytes, at);
	if (dst === dev.mac) return "host";
	if (((bytes[at] ?? 0) & 1) === 0) return "otherhost";
	return dst === 0xffffffffffff ? "broadcast" : "multicast";
}
function frame(skb) {
	return skb.bytes.slice(skb.mac, skb.end);
}
function tap(dev, skb, pktType) {
	const captured = {
		at: skb.machine.loop.now(),
		netns: dev.netns.name,
		dev: dev.name,
		ifindex: dev.ifindex,
		direction: pktType === "outgoing" ? "out" : "in",
		pktType: pktType === "loopback" ? "host" : pktType
	};
	for (const each of dev.taps) each.deliver({
		...captured,
		frame: frame(skb)
	});
}
// src/sim/skb.ts
/** Making, copying and growing packets. */
/** A new packet with room for `lengthBytes` from `data` on and headroom before it (`alloc_skb`, `skb_reserve`, `skb_put`). */
function allocSkb(machine, lengthBytes) {
	return new Skb(machine, machine.allocBytes(64 + lengthBytes), 64, 64 + lengthBytes);
}
/** Moves `data` down by `lengthBytes`, growing the headroom when there is too little (`skb_push` after `skb_cow_head`). */
function pushSkb(skb, lengthBytes) {
	if (skb.data < lengthBytes) growHeadroom(skb, lengthBytes + 64);
	skb.data -= lengthBytes;
}
/** Moves `end` up by `lengthBytes`, into new bytes when there is no room (`skb_put` after `pskb_expand_head`). */
function putSkb(skb, lengthBytes) {
	if (skb.end + lengthBytes > skb.bytes.length) {
		const bytes = new Uint8Array(skb.end + lengthBytes);
		bytes.set(skb.bytes.subarray(0, skb.end));
		skb.bytes = bytes;
	}
	skb.end += lengthBytes;
}
/**
* A copy with its own bytes (`skb_copy`). Device, mark, conntrack, route and bridge note come along; it has its own id.
*/
function copySkb(skb) {
	const copy = new Skb(skb.machine, skb.bytes.slice(0), skb.data, skb.end);
	copy.mac = skb.mac;
	copy.network = skb.network;
	copy.transport = skb.transport;
	copy.dev = skb.dev;
	copy.iif = skb.iif;
	copy.protocol = skb.protocol;
	copy.pktType = skb.pktType;
	copy.mark = skb.mark;
	copy.dst = skb.dst;
	copy.ct = skb.ct;
	copy.ctInfo = skb.ctInfo;
	copy.nfBridge = skb.nfBridge === void 0 ? void 0 : { ...skb.nfBridge };
	copy.sk = skb.sk;
	copy.forwarded = skb.forwarded;
	copy.doRedirect = skb.doRedirect;
	copy.fragMaxSize = skb.fragMaxSize;
	copy.fragSizes = skb.fragSizes;
	copy.ignoreDf = skb.ignoreDf;
	return copy;
}
function growHeadroom(skb, extraBytes) {
	const bytes = new Uint8Array(skb.bytes.length + extraBytes);
	bytes.set(skb.bytes, extraBytes);
	skb.bytes = bytes;
	skb.data += extraBytes;
	skb.end += extraBytes;
	if (skb.mac >= 0) skb.mac += extraBytes;
	if (skb.network >= 0) skb.network += extraBytes;
	if (skb.transport >= 0) skb.transport += extraBytes;
}
// src/sim/device/bridge-forward.ts
/** Out of the bridge's ports (net/bridge/br_forward.c). In here `skb.data` is at the network header, `skb.mac` before it. */
/** Sends the frame out by one port, if that may be; undefined `to`: the address is the bridge's own (`br_forward`). */
function brForward(to, skb, br, sending) {
	if (to !== void 0 && shouldDeliver(to, skb)) {
		if (skb.machine.tracer !== void 0) traceBridge(skb, br, "br_forward", [to]);
		return deliver$1(to, skb, br, sending);
	}
	if (sending === "copy") return "queued";
	return dropSkb(skb, br.dev.netns, "br_forward", "BRIDGE_NO_EGRESS_PORT", { detail: whyNot(to, skb) });
}
/** Sends the frame out by every port that takes it: copies, and the packet itself by the last (`br_flood`). */
function brFlood(br, skb, type, sending) {
	if (skb.machine.tracer !== void 0) {
		const ports = br.ports.filter((port) => floodsTo(port, type) && shouldDeliver(port, skb));
		if (ports.length > 0) traceBridge(skb, br, "br_flood", ports);
	}
	let previous;
	for (const port of br.ports) {
		if (!floodsTo(port, type) || !shouldDeliver(port, skb)) continue;
		if (previous !== void 0) deliver$1(previous, skb, br, "copy");
		previous = port;
	}
	if (previous !== void 0) return deliver$1(previous, skb, br, sending);
	if (sending === "copy") return "queued";
	return dropSkb(skb, br.dev.netns, "br_flood", "BRIDGE_NO_EGRESS_PORT", { detail: "no other port takes it" });
}
/** Whether the frame may leave by the port: forwarding, not the one it came in by, not isolated from it (`should_deliver`). */
function shouldDeliver(port, skb) {
	const from = skb.dev;
	if (!port.port.forwarding) return false;
	if (from === port) return port.port.hairpin && !port.port.isolated;
	return !(port.port.isolated && from?.port.isolated === true && from.master === port.master);
}
/** After the bridge's FORWARD or LOCAL_OUT hook (`br_forward_finish`); `skb.dev` is the port it leaves by. */
function brForwardFinish(skb) {
	const dev = portOf(skb);
	const okfn = brDevQueuePushXmit;
	return nfHook({
		family: "bridge",
		hook: "POSTROUTING",
		netns: dev.netns,
		indev: void 0,
		outdev: dev,
		okfn
	}, skb);
}
/** After the bridge's POST_ROUTING hook: onto the wire (`br_dev_queue_push_xmit`). */
function brDevQueuePushXmit(skb) {
	const dev = portOf(skb);
	pushSkb(skb, 14);
	skb.mac = skb.data;
	if (isSkbForwardable(dev, skb)) return devQueueXmit(skb);
	if (!dev.up) return dropSkb(skb, dev.netns, "br_dev_queue_push_xmit", "DEV_READY", { detail: `${dev.name} is down` });
	const detail = `${skb.length} bytes of frame, ${dev.name} has MTU ${dev.mtu}`;
	return dropSkb(skb, dev.netns, "br_dev_queue_push_xmit", "PKT_TOO_BIG", { detail });
}
/** `__br_forward`, after `deliver_clone` made the copy. A packet whose `dev` is the bridge itself was made here. */
function deliver$1(to, skb, br, sending) {
	const out = sending === "copy" ? copySkb(skb) : skb;
	if (sending === "copy") originSkb(out, br.dev.netns, "deliver_clone", `copy for ${to.name}`, skb);
	const from = out.dev;
	out.dev = to;
	const local = from === br.dev;
	return nfHook({
		family: "bridge",
		hook: local ? "OUTPUT" : "FORWARD",
		netns: to.netns,
		indev: local ? void 0 : from,
		outdev: to,
		okfn: brForwardFinish
	}, out);
}
function floodsTo(port, type) {
	return type !== "unicast" || port.port.flood;
}
function portOf(skb) {
	if (skb.dev === void 0) throw new Error("a bridged packet has no device");
	return skb.dev;
}
function whyNot(to, skb) {
	if (to === void 0) return "the address is the bridge's own";
	if (!to.port.forwarding) return `port ${to.name} is not forwarding`;
	if (to === skb.dev && !to.port.hairpin) return `it would leave by the port it came in by, ${to.name}, and hairpin is off`;
	return `port ${to.name} is isolated from the port it came in by`;
}
function traceBridge(skb, br, fn, to) {
	traceStep(skb, br.dev.netns, fn, {
		step: "bridge",
		action: fn === "br_flood" ? "flood" : "forward",
		bridge: br.dev.name,
		mac: macText(ethDst(skb.bytes, skb.mac)),
		ports: to.map((port) => port.name)
	});
}
// src/sim/device/bridge-local.ts
/** The bridge as a device of this host: frames that go up to it and frames it sends (br_input.c, br_device.c). */
/** Hands a frame to the bridge device itself, through the bridge's LOCAL_IN hook (`br_pass_frame_up`). */
function brPassFrameUp(br, skb) {
	const port = skb.dev;
	const { dev } = br;
	dev.stats.rxPackets += 1;
	dev.stats.rxBytes += skb.length;
	skb.dev = dev;
	return nfHook({
		family: "bridge",
		hook: "INPUT",
		netns: dev.netns,
		indev: port,
		outdev: void 0,
		okfn: brPassFrameUpFinish
	}, skb);
}
/** After LOCAL_IN: received again, as a frame of the bridge device (`br_netif_receive_skb`). */
function brPassFrameUpFinish(skb) {
	return netifReceiveSkbCore(skb);
}
/** Sends a frame of the host's own out of the bridge's ports (`br_dev_xmit`). */
function brDevXmit(skb) {
	const { dev } = skb;
	if (dev === void 0) throw new Error("br_dev_xmit: no device");
	const taken = nfBrOps(dev.netns).brDevXmitHook?.(skb);
	if (taken !== void 0) return taken;
	const br = bridgeOf(dev);
	skb.mac = skb.data;
	skb.data += 14;
	skb.network = skb.data;
	const dst = ethDst(skb.bytes, skb.mac);
	if (dst === 0xffffffffffff) return brFlood(br, skb, "broadcast", "original");
	if (((skb.bytes[skb.mac] ?? 0) & 1) === 1) return brFlood(br, skb, "multicast", "original");
	const entry = br.fdb.find(dst);
	if (entry === void 0) return brFlood(br, skb, "unicast", "original");
	return brForward(entry.port, skb, br, "original");
}
/** Notes in a trace that the frame is, or is also, for the bridge device. */
function traceLocal(skb, br, action, why) {
	const mac = macText(ethDst(skb.bytes, skb.mac));
	traceStep(skb, br.dev.netns, "br_handle_frame_finish", {
		step: "bridge",
		action,
		bridge: br.dev.name,
		mac,
		ports: [br.dev.name],
		why
	});
}
// src/sim/device/bridge-input.ts
/** Frames that come in by a bridge port (net/bridge/br_input.c). */
/**
* The rx handler of each port (`br_handle_frame`). Undefined: the frame is for the port device itself, because its
* destination is a link-local group (01:80:c2:00:00:0X) that no bridge forwards.
*/
function brHandleFrame(skb) {
	const port = skb.dev;
	const bridge = port?.master;
	if (port === void 0 || bridge === void 0) return void 0;
	const src = ethSrc(skb.bytes, skb.mac);
	if (src === 0 || ((skb.bytes[skb.mac + 6] ?? 0) & 1) === 1) {
		const detail = `source ${macText(src)}`;
		return dropSkb(skb, port.netns, "br_handle_frame", "BRIDGE_INVALID_SOURCE", { detail });
	}
	const dst = ethDst(skb.bytes, skb.mac);
	if (dst > GROUP_ADDRESS && dst <= GROUP_ADDRESS + 15) return handleLinkLocal(port, bridge, skb, dst);
	if (!port.port.forwarding) return dropSkb(skb, port.netns, "br_handle_frame", "BRIDGE_INGRESS_STATE", { detail: `port ${port.name} is disabled` });
	if (dst === bridge.mac) skb.pktType = "host";
	return nfHook({
		family: "bridge",
		hook: "PREROUTING",
		netns: port.netns,
		indev: port,
		outdev: void 0,
		okfn: brHandleFrameFinish
	}, skb);
}
/**
* After the bridge's PRE_ROUTING hook (`br_handle_frame_finish`): learn the source, then up, out by one port, or flood.
* `skb.dev` is the port, `data` at the network header. The destination is read anew: DNAT may have changed it.
*/
function brHandleFrameFinish(skb) {
	const port = skb.dev;
	const bridge = port?.master;
	if (port === void 0) throw new Error("br_handle_frame_finish: no device");
	if (bridge === void 0 || !port.port.forwarding) return dropSkb(skb, port.netns, "br_handle_frame_finish", "BRIDGE_INGRESS_STATE");
	const br = bridgeOf(bridge);
	if (port.port.learning) br.fdb.update(port, ethSrc(skb.bytes, skb.mac), skb);
	const dst = ethDst(skb.bytes, skb.mac);
	const type = floodType(skb, dst);
	const promisc = bridge.promisc || bridge.promiscCount > 0;
	if (type === "unicast") {
		const entry = br.fdb.find(dst);
		if (entry?.isLocal === true) {
			if (skb.machine.tracer !== void 0) traceLocal(skb, br, "local", localWhy(entry.port, br));
			return brPassFrameUp(br, skb);
		}
		const sending = promisc ? "copy" : "original";
		const fate = entry === void 0 ? brFlood(br, skb, type, sending) : brForward(entry.port, skb, br, sending);
		if (!promisc) return fate;
	} else brFlood(br, skb, type, "copy");
	if (skb.machine.tracer !== void 0) traceLocal(skb, br, "local-copy", type === "unicast" ? "the bridge is promiscuous" : `a ${type} is for the host too`);
	return brPassFrameUp(br, skb);
}
/** 01:80:c2:00:00:00. */
const GROUP_ADDRESS = 1652522221568;
/** 01:80:c2:00:00:01 is dropped; the rest of the group passes LOCAL_IN and goes on as a frame of the port (`br_handle_local_finish`). */
function handleLinkLocal(port, bridge, skb, dst) {
	if (dst === 1652522221569) return dropSkb(skb, port.netns, "br_handle_frame", "BRIDGE_LINK_LOCAL", { detail: `destination ${macText(dst)}` });
	let passed = false;
	const okfn = () => {
		passed = true;
		return "queued";
	};
	const fate = nfHook({
		family: "bridge",
		hook: "INPUT",
		netns: port.netns,
		indev: port,
		outdev: void 0,
		okfn
	}, skb);
	if (!passed) return fate;
	const br = bridgeOf(bridge);
	if (port.port.learning && port.port.forwarding) br.fdb.update(port, ethSrc(skb.bytes, skb.mac), skb);
}
function floodType(skb, dst) {
	if (((skb.bytes[skb.mac] ?? 0) & 1) === 0) return "unicast";
	return dst === 0xffffffffffff ? "broadcast" : "multicast";
}
function localWhy(port, br) {
	return port === void 0 || br.dev.mac === port.mac ? "the bridge's own address" : `the address of port ${port.name}`;
}
// src/sim/device/bridge-device.ts
/** Bridges as devices and their ports (net/bridge/br_if.c, br_device.c, br_stp_if.c): joining, leaving, MAC, MTU, carrier. */
/** A bridge without ports, down. The name is free. `mac` absent: by chance, and it follows the ports. */
function createBridge(netns, name, mac) {
	const ops = new Bridge();
	const dev = registerNetdevice(netns, {
		name,
		mac: mac.value,
		mtu: 1500,
		ops
	});
	const br = bridgeOf(dev);
	ops.state = br;
	br.macIsSet = mac.set;
	br.fdb.addLocal(void 0, dev.mac);
	return dev;
}
/** Makes `dev` a port of the bridge (`br_add_if`). */
function brAddIf(bridge, dev) {
	if (dev.isLoopback) return err("loopback");
	if (dev.ops.type === "bridge") return err("bridge");
	if (dev.master !== void 0) return err("busy");
	const br = bridgeOf(bridge);
	dev.master = bridge;
	dev.rxHandler = brHandleFrame;
	dev.port = {
		hairpin: false,
		learning: true,
		flood: true,
		isolated: false,
		forwarding: false,
		number: freePortNumber(br)
	};
	br.ports = [dev, ...br.ports];
	br.hadPort = true;
	br.fdb.addLocal(dev, dev.mac);
	notify$1({
		type: "join",
		dev,
		upper: bridge
	});
	recalculate(br);
	return ok(void 0);
}
/** Takes a port out of its bridge (`br_del_if`). */
function brDelIf(dev) {
	const bridge = dev.master;
	if (bridge === void 0) return;
	const br = bridgeOf(bridge);
	br.ports = br.ports.filter((port) => port !== dev);
	br.fdb.deleteLocal(dev, dev.mac, br.ports);
	br.fdb.deleteByPort(dev, "all");
	dev.master = void 0;
	dev.rxHandler = void 0;
	dev.port.forwarding = false;
	notify$1({
		type: "leave",
		dev,
		upper: bridge
	});
	recalculate(br);
}
/** Sets a bridge's MAC address by hand, or lets it follow the ports again; its forwarding entry follows. */
function brSetMac(bridge, mac, set) {
	const br = bridgeOf(bridge);
	br.macIsSet = set;
	changeBridgeMac(br, mac);
	linkwatch(bridge);
}
/** A port's own MAC address changes, and with it its local forwarding entry (`br_fdb_changeaddr`). */
function brPortSetMac(dev, mac) {
	const before = dev.mac;
	const bridge = dev.master;
	if (bridge !== void 0 && before !== mac) {
		const br = bridgeOf(bridge);
		br.fdb.deleteLocal(dev, before, br.ports);
		br.fdb.addLocal(dev, mac);
	}
	devSetMacAddress(dev, mac);
}
/** Makes bridges follow what happens to their ports (`br_device_event`). */
function initBridge(machine) {
	machine.deviceNotifiers.push(brDeviceEvent);
}
function brDeviceEvent(event) {
	const { dev } = event;
	if (event.type === "unregister") {
		if (dev.ops.type === "bridge") for (const port of [...bridgeOf(dev).ports]) brDelIf(port);
		brDelIf(dev);
	} else if (dev.master !== void 0) recalculate(bridgeOf(dev.master));
}
/** Port states, then the bridge's MAC (the lowest of its ports'), MTU (the lowest) and carrier. */
function recalculate(br) {
	for (const port of br.ports) {
		const forwarding = br.dev.up && port.running;
		if (port.port.forwarding && !forwarding) br.fdb.deleteByPort(port, "learnt");
		port.port.forwarding = forwarding;
	}
	if (!br.macIsSet && br.hadPort) changeBridgeMac(br, lowest(br.ports, (port) => port.mac) ?? 0);
	if (!br.mtuIsSet) devSetMtu(br.dev, lowest(br.ports, (port) => port.mtu) ?? 1500);
	linkwatch(br.dev);
}
/** `br_stp_change_bridge_id`. */
function changeBridgeMac(br, mac) {
	if (br.dev.mac === mac) return;
	br.fdb.deleteLocal(void 0, br.dev.mac, br.ports);
	br.fdb.addLocal(void 0, mac);
	devSetMacAddress(br.dev, mac);
}
function lowest(ports, of) {
	return ports.length === 0 ? void 0 : Math.min(...ports.map(of));
}
function freePortNumber(br) {
	const taken = new Set(br.ports.map((port) => port.port.number));
	let number = 1;
	while (taken.has(number)) number += 1;
	return number;
}
var Bridge = class {
	type = "bridge";
	state = void 0;
	xmit = brDevXmit;
	/** On until the first port comes or the address is set by hand; then while at least one port forwards. */
	carrier() {
		const br = this.state;
		if (br === void 0 || !(br.hadPort || br.macIsSet)) return true;
		return br.ports.some((port) => port.port.forwarding);
	}
	open() {
		if (this.state !== void 0) recalculate(this.state);
	}
	stop() {
		if (this.state !== void 0) recalculate(this.state);
	}
};
// src/sim/device/loopback.ts
/** lo: what is sent comes in again (drivers/net/loopback.c). */
/** The `lo` that each namespace is born with, down. */
function createLoopback(netns) {
	return registerNetdevice(netns, {
		name: "lo",
		mac: 0,
		mtu: 65536,
		isLoopback: true,
		ops: LOOPBACK
	});
}
const LOOPBACK = {
	type: "loopback",
	/** `loopback_xmit`: route and conntrack entry stay attached, so the way in does not ask again. */
	xmit(skb) {
		if (skb.dev === void 0) throw new Error("loopback_xmit: no device");
		skb.sk = void 0;
		return netifRx(skb.dev, skb);
	},
	carrier: () => true
};
// src/sim/core/neigh-parms.ts
/** The tunables of neighbour tables (`net.ipv4.neigh.*`), with Linux's defaults. */
/** Times ending in `_ms` are milliseconds, `locktime` and `proxy_delay` hundredths of a second, other times seconds. */
const NEIGH_PARMS = {
	anycast_delay: "100",
	app_solicit: "0",
	base_reachable_time_ms: "30000",
	delay_first_probe_time: "5",
	gc_stale_time: "60",
	interval_probe_time_ms: "5000",
	locktime: "100",
	mcast_resolicit: "0",
	mcast_solicit: "3",
	proxy_delay: "80",
	proxy_qlen: "64",
	retrans_time_ms: "1000",
	ucast_solicit: "3",
	unres_qlen: "101",
	unres_qlen_bytes: "212992"
};
const PREFIX$1 = "net.ipv4.neigh";
/** The device's value of a tunable. */
function neighParm(dev, parm) {
	return sysctlNumber(dev.netns, deviceKey(PREFIX$1, dev.name, parm));
}
/** Registers the keys for `default` and each device; unlike `conf`, there is no `all`. */
function registerNeighParms(machine) {
	registerDeviceSysctls(machine, PREFIX$1, NEIGH_PARMS, ["default"]);
}
// src/sim/core/neigh-table.ts
/** The protocols of a namespace, filled in when it is made. */
const neighOps = pernet(() => ({
	ipv4: void 0,
	ipv6: void 0
}));
var Neighbour = class {
	dev;
	addr;
	mac = 0;
	state = "NONE";
	/** Last proof that the neighbour is there, last use while unsure, last change; virtual time. */
	confirmedNs;
	usedNs;
	updatedNs;
	probes = 0;
	/** Packets that wait for the MAC address. */
	queue = [];
	timer = void 0;
	/** Taken out of its table. */
	dead = false;
	/** A packet was sent to it, and the Ethernet header kept (`hh_cache`). */
	hasHeader = false;
	onTimer;
	constructor(dev, addr, onTimer) {
		const nowNs = dev.netns.machine.loop.now();
		this.dev = dev;
		this.addr = addr;
		this.onTimer = () => onTimer(this);
		this.updatedNs = nowNs;
		this.usedNs = nowNs;
		this.confirmedNs = nowNs - 2 * neighParm(dev, "base_reachable_time_ms") * 1e6;
	}
	get ops() {
		const ops = neighOps(this.dev.netns)[typeof this.addr === "number" ? "ipv4" : "ipv6"];
		if (ops === void 0) throw new Error(`no neighbour protocol for ${ipText(this.addr)}`);
		return ops;
	}
};
/** The entries of a device, by address, in order of creation. */
const neighTable = perdevice(() => /* @__PURE__ */ new Map());
/** The entry as a value of the port. */
function neighObject(neigh) {
	const known = isValid(neigh.state) ? { mac: macText(neigh.mac) } : {};
	return {
		kind: "neigh",
		dev: neigh.dev.name,
		addr: ipText(neigh.addr),
		...known,
		state: neigh.state
	};
}
/** REACHABLE, PERMANENT, NOARP: use it without a thought. */
function isConnected(state) {
	return state === "REACHABLE" || state === "PERMANENT" || state === "NOARP";
}
/** The MAC address is known. */
function isValid(state) {
	return isConnected(state) || state === "STALE" || state === "DELAY" || state === "PROBE";
}
/** A state that a timer ends. */
function isInTimer(state) {
	return state === "INCOMPLETE" || state === "REACHABLE" || state === "DELAY" || state === "PROBE";
}
/** Notes what a neighbour entry does to a packet; the caller checked that somebody traces. */
function traceNeigh(neigh, skb, fn, action) {
	const { dev } = neigh;
	traceStep(skb, dev.netns, fn, {
		step: "neigh",
		action,
		dev: dev.name,
		addr: ipText(neigh.addr),
		neigh: neighObject(neigh)
	});
}
// src/sim/timer-wheel.ts
/**
* When a kernel timer really fires. Linux keeps timers in a wheel whose slots get coarser with distance and never fires
* early (kernel/time/timer.c), so a 1 s retransmission comes after 1.024 s. HZ is 250, as on the machines measured.
*/
/** One tick: 1/HZ. */
const JIFFY_NS = 4e6;
const SLOTS_SHIFT = 3;
const LAST_LEVEL = 8;
/** The time, in nanoseconds from `nowNs`, after which a timer of `delayNs` fires. */
function timerWheelDelay(nowNs, delayNs) {
	const clock = Math.floor(nowNs / JIFFY_NS);
	const ticks = Math.ceil(delayNs / JIFFY_NS);
	let level = 0;
	while (level < LAST_LEVEL && ticks >= 63 * 2 ** (level * SLOTS_SHIFT)) level += 1;
	const slot = 2 ** (level * SLOTS_SHIFT);
	return (Math.floor((clock + ticks) / slot) + 1) * slot * JIFFY_NS - nowNs;
}
// src/sim/core/neigh-timer.ts
/** A timer of the entry fired. */
function neighTimerHandler(neigh) {
	neigh.timer = void 0;
	if (neigh.dead) return;
	const nowNs = now(neigh);
	const delayProbeNs = neighParm(neigh.dev, "delay_first_probe_time") * 1e9;
	switch (neigh.state) {
		case "REACHABLE":
			if (nowNs < neigh.confirmedNs + reachableNs(neigh)) startTimer(neigh, neigh.confirmedNs + reachableNs(neigh) - nowNs);
			else if (nowNs <= neigh.usedNs + delayProbeNs) setState(neigh, "DELAY", delayProbeNs);
			else {
				neigh.state = "STALE";
				neigh.updatedNs = nowNs;
			}
			return;
		case "DELAY":
			if (nowNs <= neigh.confirmedNs + delayProbeNs) {
				setState(neigh, "REACHABLE", neigh.confirmedNs + reachableNs(neigh) - nowNs);
				return;
			}
			neigh.probes = 0;
			setState(neigh, "PROBE", retransNs(neigh));
			neighProbe(neigh);
			return;
		case "PROBE":
		case "INCOMPLETE":
			if (neigh.probes >= maxProbes(neigh)) {
				setState(neigh, "FAILED", void 0);
				neighInvalidate(neigh);
				return;
			}
			startTimer(neigh, retransNs(neigh));
			neighProbe(neigh);
			return;
		case "NONE":
		case "STALE":
		case "FAILED":
		case "NOARP":
		case "PERMANENT": return;
	}
}
/** Asks once more. */
function neighProbe(neigh) {
	const skb = neigh.queue.at(-1);
	neigh.probes += 1;
	if (skb !== void 0 && skb.machine.tracer !== void 0) traceNeigh(neigh, skb, "neigh_probe", "solicit");
	neigh.ops.solicit(neigh, skb);
}
/** Nobody answered: each waiting packet is reported to its sender and dropped. */
function neighInvalidate(neigh) {
	while (neigh.state === "FAILED") {
		const skb = neigh.queue.shift();
		if (skb === void 0) return;
		if (skb.machine.tracer !== void 0) traceNeigh(neigh, skb, "neigh_invalidate", "failed");
		skb.dst?.linkFailure(skb);
		dropSkb(skb, neigh.dev.netns, "arp_error_report", "NEIGH_FAILED", { detail: `no answer from ${ipText(neigh.addr)} on ${neigh.dev.name}` });
	}
}
/** Enters a state, with or without a timer that ends it. */
function setState(neigh, state, timerNs) {
	stopTimer(neigh);
	neigh.state = state;
	neigh.updatedNs = now(neigh);
	if (timerNs !== void 0) startTimer(neigh, timerNs);
}
function startTimer(neigh, delayNs) {
	neigh.timer?.cancel();
	const { loop } = neigh.dev.netns.machine;
	neigh.timer = loop.after(timerWheelDelay(loop.now(), delayNs), neigh.onTimer);
}
function stopTimer(neigh) {
	neigh.timer?.cancel();
	neigh.timer = void 0;
}
function maxProbes(neigh) {
	const probes = neighParm(neigh.dev, "ucast_solicit") + neighParm(neigh.dev, "app_solicit");
	return neigh.state === "PROBE" ? probes : probes + neighParm(neigh.dev, "mcast_solicit");
}
/** How long REACHABLE lasts. */
function reachableNs(neigh) {
	return neighParm(neigh.dev, "base_reachable_time_ms") * 1e6;
}
/** How long to wait for an answer. */
function retransNs(neigh) {
	return Math.max(neighParm(neigh.dev, "retrans_time_ms"), 10) * 1e6;
}
/** The machine's time. */
function now(neigh) {
	return neigh.dev.netns.machine.loop.now();
}
// src/sim/core/neighbour.ts
/**
* Sends a packet (`data` at the network header) to a neighbour: with its MAC address at once, or after asking for it.
*/
function neighOutput(skb, dev, nexthop) {
	skb.dev = dev;
	skb.network = skb.data;
	if (dev.isLoopback) return transmit(skb, dev, 0, nexthop);
	const neigh = neighTable(dev).get(nexthop) ?? neighCreate(dev, nexthop, skb);
	if (!isConnected(neigh.state) && !neighEventSend(neigh, skb)) return "queued";
	if (skb.machine.tracer !== void 0) traceNeigh(neigh, skb, "neigh_resolve_output", "use");
	neigh.hasHeader = true;
	return transmit(skb, dev, neigh.mac, nexthop);
}
function neighLookup(dev, addr) {
	return neighTable(dev).get(addr);
}
/** The entries of a device, in order of creation. */
function neighEntries(dev) {
	return [...neighTable(dev).values()];
}
/** A new entry (`neigh_create`); `skb` is the packet that needs it. */
function neighCreate(dev, addr, skb) {
	const table = neighTable(dev);
	if (table.size >= GC_THRESHOLD) collectGarbage(dev, table);
	const neigh = new Neighbour(dev, addr, neighTimerHandler);
	const fixed = neigh.ops.fixedMac(dev, addr);
	if (fixed !== void 0) {
		neigh.state = "NOARP";
		neigh.mac = fixed;
	}
	table.set(addr, neigh);
	if (skb !== void 0 && skb.machine.tracer !== void 0) traceNeigh(neigh, skb, "__neigh_create", "create");
	return neigh;
}
/** Upper layers have proof that the next hop answers (`neigh_confirm`), e.g. an ACK for new TCP data. */
function neighConfirm(dev, nexthop) {
	const neigh = neighTable(dev).get(nexthop);
	if (neigh !== void 0) neigh.confirmedNs = now(neigh);
}
/** Takes news about a neighbour (`neigh_update`); false: the entry is fixed, or no address is known. */
function neighUpdate(neigh, change) {
	const before = neigh.state;
	if (neigh.dead) return false;
	if (change.admin !== true && (before === "NOARP" || before === "PERMANENT")) return false;
	if (!isValid(change.state)) {
		stopTimer(neigh);
		neigh.state = change.state;
		if ((before === "INCOMPLETE" || before === "PROBE") && change.state === "FAILED") neighInvalidate(neigh);
		return true;
	}
	if (change.mac === void 0 && !isValid(before)) return false;
	const mac = change.mac ?? neigh.mac;
	let { state } = change;
	if (isConnected(state)) neigh.confirmedNs = now(neigh);
	if (isValid(before)) {
		if (mac !== neigh.mac && change.override !== true) return true;
		if (mac === neigh.mac && state === "STALE" && change.admin !== true) state = before;
	}
	if (state !== before || mac !== neigh.mac) neigh.updatedNs = now(neigh);
	if (mac !== neigh.mac) {
		neigh.mac = mac;
		if (!isConnected(state)) neigh.confirmedNs = now(neigh) - 2 * reachableNs(neigh);
	}
	if (state === before) return true;
	stopTimer(neigh);
	if (state === "PROBE") neigh.probes = 0;
	neigh.state = state;
	if (state === "REACHABLE") startTimer(neigh, reachableNs(neigh));
	else if (isInTimer(state)) startTimer(neigh, 0);
	if (!isValid(before)) sendQueue(neigh);
	return true;
}
/** Takes an entry out of its table; packets that wait for it are dropped (`neigh_remove_one`). */
function neighRemove(neigh) {
	neighTable(neigh.dev).delete(neigh.addr);
	stopTimer(neigh);
	neigh.dead = true;
	const { queue } = neigh;
	neigh.queue = [];
	for (const skb of queue) dropSkb(skb, neigh.dev.netns, "neigh_flush_dev", "NEIGH_DEAD");
}
/** Puts an entry as it was before (undoing a removal or change). */
function neighRestore(dev, saved) {
	const neigh = neighLookup(dev, saved.addr) ?? neighCreate(dev, saved.addr);
	stopTimer(neigh);
	neigh.mac = saved.mac;
	neigh.state = saved.state;
	if (isInTimer(saved.state)) startTimer(neigh, saved.state === "REACHABLE" ? reachableNs(neigh) : 0);
}
/** Forgets the neighbours of a device: all, or all but the permanent ones (`neigh_flush_dev`). */
function neighFlush(dev, which) {
	for (const neigh of neighEntries(dev)) if (which === "all" || neigh.state !== "PERMANENT") neighRemove(neigh);
}
/** gc_thresh1, but counted per device: below it nothing is collected. */
const GC_THRESHOLD = 128;
/** `__neigh_event_send`: true: the address is good enough to send now; false: the packet was queued. */
function neighEventSend(neigh, skb) {
	neigh.usedNs = now(neigh);
	if (neigh.state === "DELAY" || neigh.state === "PROBE") return true;
	if (neigh.state === "STALE") {
		setState(neigh, "DELAY", neighParm(neigh.dev, "delay_first_probe_time") * 1e9);
		return true;
	}
	const first = neigh.state !== "INCOMPLETE";
	if (first) {
		neigh.probes = neighParm(neigh.dev, "ucast_solicit");
		setState(neigh, "INCOMPLETE", retransNs(neigh));
	}
	neigh.queue.push(skb);
	if (skb.machine.tracer !== void 0) traceNeigh(neigh, skb, "__neigh_event_send", "queue");
	if (neigh.queue.length > neighParm(neigh.dev, "unres_qlen")) {
		const oldest = neigh.queue.shift();
		if (oldest !== void 0) dropSkb(oldest, neigh.dev.netns, "__neigh_event_send", "NEIGH_QUEUEFULL");
	}
	if (first) neighProbe(neigh);
	return false;
}
function sendQueue(neigh) {
	const { queue } = neigh;
	neigh.queue = [];
	for (const skb of queue) {
		if (skb.machine.tracer !== void 0) traceNeigh(neigh, skb, "neigh_update", "resolved");
		neighOutput(skb, neigh.dev, neigh.addr);
	}
}
function transmit(skb, dev, mac, nexthop) {
	skb.protocol = typeof nexthop === "number" ? ETH_P_IP : ETH_P_IPV6;
	pushSkb(skb, 14);
	setEthDst(skb.bytes, skb.data, mac);
	setEthSrc(skb.bytes, skb.data, skb.nfBridge?.bridgedDnatSrc ?? dev.mac);
	put16(skb.bytes, skb.data + 12, skb.protocol);
	return devQueueXmit(skb);
}
/** Removes what failed, or went stale and was not used for `gc_stale_time`. */
function collectGarbage(dev, table) {
	const limitNs = dev.netns.machine.loop.now() - neighParm(dev, "gc_stale_time") * 1e9;
	for (const neigh of table.values()) if (neigh.state === "FAILED" || neigh.state === "STALE" && neigh.usedNs < limitNs) neighRemove(neigh);
}
// src/sim/state/fib-table.ts
/** The numbers of `enum rt_scope_t`: the larger, the nearer. */
const RT_SCOPE = {
	global: 0,
	site: 200,
	link: 253,
	host: 254,
	nowhere: 255
};
var FibNexthop = class {
	/** 0: none (a blackhole and the like). */
	oif;
	gateway;
	weight;
	onlink;
	/** How far the next hop is: `link` through a gateway on the link, `host` when the destination itself is on the link. */
	scope;
	/** The device is down or gone. */
	dead = false;
	/** The device has no carrier. */
	linkdown = false;
	constructor(init) {
		this.oif = init.oif;
		this.gateway = init.gateway;
		this.scope = init.scope;
		this.weight = init.weight ?? 1;
		this.onlink = init.onlink ?? false;
	}
};
var FibTable = class {
	id;
	/** It had a route. */
	wasUsed = false;
	/** By prefix length, then by network. Routes of one network are in order of metric. */
	#byPrefix = [];
	constructor(id) {
		this.id = id;
	}
	get isEmpty() {
		return this.#byPrefix.every((map) => map === void 0 || map.size === 0);
	}
	/** The routes to one network, in order of metric. */
	of(dst, prefix) {
		return this.#byPrefix[prefix]?.get(dst) ?? [];
	}
	/** Replaces the routes to one network. */
	set(dst, prefix, routes) {
		this.wasUsed ||= routes.length > 0;
		let map = this.#byPrefix[prefix];
		if (map === void 0) {
			map = /* @__PURE__ */ new Map();
			this.#byPrefix[prefix] = map;
		}
		if (routes.length === 0) map.delete(dst);
		else map.set(dst, routes);
	}
	/** The best route among those with exactly this prefix length. */
	match(prefix, key) {
		const map = this.#byPrefix[prefix];
		if (map === void 0 || map.size === 0) return void 0;
		const routes = map.get(prefix === 0 ? 0 : (key.dst & -1 << 32 - prefix) >>> 0);
		if (routes === void 0) return void 0;
		for (const route of routes) {
			if (route.scope < key.scope) continue;
			if (route.nexthops.length === 0) return {
				route,
				nexthop: void 0
			};
			const nexthop = route.nexthops.find((hop) => isUsable(hop, key));
			if (nexthop !== void 0) return {
				route,
				nexthop
			};
		}
	}
	/** Every route in the order in which the kernel lists them: by network, then the longer prefix, then the metric. */
	routes() {
		const groups = [];
		for (const map of this.#byPrefix) if (map !== void 0) groups.push(...map.values());
		const head = (group) => group[0] ?? {
			dst: 0,
			prefix: 0
		};
		groups.sort((a, b) => head(a).dst - head(b).dst || head(b).prefix - head(a).prefix);
		return groups.flat();
	}
};
/**
* Longest-prefix match over several tables as if they were one; of equal prefixes the earlier table's wins. Linux keeps
* `local` and `main` in one trie as long as there are no policy rules of one's own.
*/
function fibTablesLookup(tables, key) {
	for (let prefix = 32; prefix >= 0; prefix -= 1) for (const table of tables) {
		const hit = table.match(prefix, key);
		if (hit !== void 0) return hit;
	}
}
function isUsable(hop, key) {
	if (hop.dead || key.oif !== 0 && key.oif !== hop.oif) return false;
	return !(hop.linkdown && key.skipLinkdown?.(hop.oif) === true);
}
// src/sim/ipv4/devinet.ts
/** Each setting: its leaf under `net.ipv4.conf.DEV`, how it is combined, its default. */
const CONF = {
	forwarding: [
		"forwarding",
		"device",
		0
	],
	rpFilter: [
		"rp_filter",
		"max",
		0
	],
	routeLocalnet: [
		"route_localnet",
		"or",
		0
	],
	acceptLocal: [
		"accept_local",
		"or",
		0
	],
	srcValidMark: [
		"src_valid_mark",
		"or",
		0
	],
	proxyArp: [
		"proxy_arp",
		"or",
		0
	],
	proxyArpPvlan: [
		"proxy_arp_pvlan",
		"device",
		0
	],
	arpIgnore: [
		"arp_ignore",
		"max",
		0
	],
	arpAnnounce: [
		"arp_announce",
		"max",
		0
	],
	arpFilter: [
		"arp_filter",
		"or",
		0
	],
	arpNotify: [
		"arp_notify",
		"max",
		0
	],
	arpAccept: [
		"arp_accept",
		"max",
		0
	],
	sendRedirects: [
		"send_redirects",
		"or",
		1
	],
	acceptRedirects: [
		"accept_redirects",
		"or",
		1
	],
	sharedMedia: [
		"shared_media",
		"or",
		1
	],
	logMartians: [
		"log_martians",
		"or",
		0
	],
	bcForwarding: [
		"bc_forwarding",
		"and",
		0
	],
	promoteSecondaries: [
		"promote_secondaries",
		"or",
		0
	],
	ignoreRoutesWithLinkdown: [
		"ignore_routes_with_linkdown",
		"device",
		0
	],
	dropUnicastInL2Multicast: [
		"drop_unicast_in_l2_multicast",
		"or",
		0
	]
};
const CONF_NAMES = Object.keys(CONF);
/** The prefix of the settings' keys. */
const CONF_PREFIX = "net.ipv4.conf";
/** The settings' leaves and their defaults, as text, for registration. */
const CONF_DEFAULTS = Object.fromEntries(CONF_NAMES.map((name) => [CONF[name][0], String(CONF[name][2])]));
/** A device's IPv4 configuration; the object stays the same, its numbers follow the sysctls. */
const inDev = perdevice((dev) => {
	const made = {
		dev,
		addrs: [],
		forwarding: 0,
		rpFilter: 0,
		routeLocalnet: 0,
		acceptLocal: 0,
		srcValidMark: 0,
		proxyArp: 0,
		proxyArpPvlan: 0,
		arpIgnore: 0,
		arpAnnounce: 0,
		arpFilter: 0,
		arpNotify: 0,
		arpAccept: 0,
		sendRedirects: 0,
		acceptRedirects: 0,
		sharedMedia: 0,
		logMartians: 0,
		bcForwarding: 0,
		promoteSecondaries: 0,
		ignoreRoutesWithLinkdown: 0,
		dropUnicastInL2Multicast: 0
	};
	refreshInDev(made);
	return made;
});
/** Reads all settings of a device anew. */
function refreshInDev(target) {
	if (!sysctls(target.dev.netns).values.wrote(`net.ipv4.conf.`)) {
		for (const { name, how, value } of SETTINGS) target[name] = combine(how, value, value);
		return;
	}
	const head = deviceKey(CONF_PREFIX, target.dev.name, "");
	for (const setting of SETTINGS) refreshSetting(target, setting, head);
}
/** Reads the setting of a leaf anew, and what depends on it; a leaf that is no setting changes nothing. */
function refreshInDevLeaf(target, leaf) {
	const head = deviceKey(CONF_PREFIX, target.dev.name, "");
	for (const setting of SETTINGS) {
		const depends = leaf === "forwarding" && setting.name === "acceptRedirects";
		if (setting.leaf === leaf || depends) refreshSetting(target, setting, head);
	}
}
/** In the order of the table: `forwarding` comes before `acceptRedirects`, which depends on it. */
const SETTINGS = CONF_NAMES.map((name) => {
	const [leaf, how, value] = CONF[name];
	return {
		name,
		leaf,
		how,
		value,
		allKey: `${CONF_PREFIX}.all.${leaf}`
	};
});
/** `head` is the beginning of the device's keys. */
function refreshSetting(target, { name, leaf, how, value, allKey }, head) {
	const { values } = sysctls(target.dev.netns);
	const all = numberOf(values.get(allKey), value);
	const own = numberOf(values.get(head + leaf), value);
	target[name] = combine(name === "acceptRedirects" && target.forwarding !== 0 ? "and" : how, all, own);
}
function numberOf(text, otherwise) {
	return text === void 0 ? otherwise : Number.parseInt(text, 10) || 0;
}
/** Every IPv4 address of the namespace, with the devices that have it (`inet_addr_lst`). */
const inetAddrs = pernet(() => /* @__PURE__ */ new Map());
/** Whether `addr` is in the network of the interface address (`inet_ifa_match`). */
function ifaContains(ifa, addr) {
	return ifa.prefix === 0 || (addr ^ ifa.local) >>> 32 - ifa.prefix === 0;
}
/** Whether `addr`, and `other` with it, is in one network of the device (`inet_addr_onlink`). */
function inetAddrOnlink(dev, addr, other) {
	return inDev(dev).addrs.some((ifa) => !ifa.secondary && ifaContains(ifa, addr) && (other === void 0 || ifaContains(ifa, other)));
}
/**
* The source address for packets that leave by `dev` towards `dst` (0: any): the first primary address of the network that
* contains `dst`, else the first primary one, else one of another device. Addresses nearer than `scope` do not count;
* undefined: the host has none.
*/
function inetSelectAddr(dev, dst, scope) {
	if (typeof dst !== "number") throw new Error("inet_select_addr: not an IPv4 address");
	const limit = RT_SCOPE[scope];
	const own = inDev(dev);
	const localnet = own.routeLocalnet === 0 ? RT_SCOPE.nowhere : RT_SCOPE.link;
	let first;
	for (const ifa of own.addrs) {
		if (ifa.secondary || Math.min(RT_SCOPE[ifa.scope], localnet) > limit) continue;
		if (dst === 0 || ifaContains(ifa, dst)) return ifa.local;
		first ??= ifa.local;
	}
	if (first !== void 0) return first;
	for (const other of dev.netns.devices.values()) for (const ifa of inDev(other).addrs) if (!ifa.secondary && ifa.scope !== "link" && RT_SCOPE[ifa.scope] <= limit) return ifa.local;
}
function combine(how, all, own) {
	if (how === "device") return own;
	if (how === "max") return Math.max(all, own);
	return how === "or" ? all | own : all & own;
}
// src/sim/state/route-cache.ts
const SMALLEST = 64;
const LARGEST = 8192;
var RouteCache = class {
	#slots = [];
	#used = 0;
	#generation = -1;
	/** The decision for the key, if it was made since `generation` began. */
	get(generation, key) {
		if (generation !== this.#generation) return void 0;
		const entry = this.#slots[hash(key) & this.#slots.length - 1];
		if (entry === void 0 || entry.dst !== key.dst || entry.src !== key.src) return void 0;
		return entry.dev === key.dev && entry.mark === key.mark && entry.tos === key.tos ? entry : void 0;
	}
	/** Keeps a decision; another one in its place is forgotten. */
	put(generation, entry) {
		if (generation !== this.#generation) {
			this.#generation = generation;
			this.#slots = new Array(SMALLEST).fill(void 0);
			this.#used = 0;
		}
		if (this.#used * 2 > this.#slots.length && this.#slots.length < LARGEST) this.#grow();
		this.#insert(entry);
	}
	#grow() {
		const before = this.#slots;
		this.#slots = new Array(before.length * 4).fill(void 0);
		this.#used = 0;
		for (const entry of before) if (entry !== void 0) this.#insert(entry);
	}
	#insert(entry) {
		const at = hash(entry) & this.#slots.length - 1;
		if (this.#slots[at] === void 0) this.#used += 1;
		this.#slots[at] = entry;
	}
};
function hash(key) {
	let h = Math.imul(key.dst, 2654435761) ^ Math.imul(key.src, 2246822507) ^ Math.imul(key.dev, 3266489909) ^ key.mark;
	h ^= h >>> 15;
	h = Math.imul(h, 739982445);
	return h ^ h >>> 13;
}
// src/sim/state/fib.ts
/**
* The forwarding information base of a namespace: routing tables, the policy rules that choose among them, and a
* generation number that grows with every change, for caches above.
*/
var Fib = class {
	/** Grows with every change. */
	generation = 1;
	#tables = /* @__PURE__ */ new Map();
	#rules = DEFAULT_RULES.map((rule) => compile(rule, () => 0));
	/** Set by the first rule of somebody's own, for good: Linux keeps the tables apart from then on. */
	#hasCustomRules = false;
	/** The tables to ask when there are only the default rules. */
	#plain = void 0;
	/** Inverses of the changes since `record` was called. */
	#journal = void 0;
	table(id) {
		let table = this.#tables.get(id);
		if (table === void 0) {
			table = new FibTable(id);
			this.#tables.set(id, table);
		}
		return table;
	}
	/** Linux makes a table with its first route, `main` also with that of `local`, and keeps it. */
	hasTable(id) {
		const wasUsed = (each) => this.#tables.get(each)?.wasUsed === true;
		return wasUsed(id) || id === 254 && wasUsed(255);
	}
	/** Tables in the order in which `ip route show table all` lists them: by the low 8 bits of their number. */
	tables() {
		return [...this.#tables.values()].sort((a, b) => (a.id & 255) - (b.id & 255) || b.id - a.id);
	}
	/** Replaces the routes to one network of one table. */
	setRoutes(table, at, routes) {
		const target = this.table(table);
		const before = target.of(at.dst, at.prefix);
		target.set(at.dst, at.prefix, routes);
		this.changed(() => target.set(at.dst, at.prefix, before));
	}
	/** Runs `change` and returns what takes all its changes back. */
	record(change) {
		const outer = this.#journal;
		const journal = [];
		this.#journal = journal;
		change();
		this.#journal = outer;
		const undo = () => {
			for (const inverse of journal.splice(0).reverse()) inverse();
			this.generation += 1;
		};
		outer?.push(undo);
		return undo;
	}
	/** Notes a change that was made, with its inverse where it must be possible to take it back. */
	changed(inverse) {
		this.generation += 1;
		if (inverse !== void 0) this.#journal?.push(inverse);
	}
	/** The rules in order of priority. */
	rules() {
		return this.#rules.map((each) => each.rule);
	}
	/** Replaces the rules; `ifindex` of a device's name is -1 while there is none. */
	setRules(rules, ifindex) {
		const before = this.#rules;
		const hadCustomRules = this.#hasCustomRules;
		this.#rules = rules.map((rule) => compile(rule, ifindex));
		this.#hasCustomRules = true;
		this.changed(() => {
			this.#rules = before;
			this.#hasCustomRules = hadCustomRules;
		});
	}
	/** Devices came, went or were renamed: rules name them. */
	resolveRules(ifindex) {
		for (const each of this.#rules) {
			if (each.rule.iif !== void 0) each.iif = ifindex(each.rule.iif);
			if (each.rule.oif !== void 0) each.oif = ifindex(each.rule.oif);
		}
		this.generation += 1;
	}
	/** True once there were rules of somebody's own: a decision may depend on source, mark and devices. */
	get hasCustomRules() {
		return this.#hasCustomRules;
	}
	/** The route for a flow; undefined: none (ENETUNREACH). The route may be of a type that refuses. */
	lookup(flow) {
		if (!this.#hasCustomRules) {
			for (const tables of this.#plainTables()) {
				const hit = fibTablesLookup(tables, flow);
				if (hit !== void 0 && hit.route.type !== "throw") return hit;
			}
			return;
		}
		for (const each of this.#rules) {
			if (!matches(each, flow)) continue;
			const table = this.#tables.get(each.rule.table);
			const hit = table === void 0 ? void 0 : fibTablesLookup([table], flow);
			if (hit !== void 0 && hit.route.type !== "throw") return hit;
		}
	}
	#plainTables() {
		this.#plain ??= [[this.table(255), this.table(254)], [this.table(253)]];
		return this.#plain;
	}
};
/** The three rules of a fresh namespace. */
const DEFAULT_RULES = [
	{
		kind: "rule",
		family: "ipv4",
		priority: 0,
		table: 255
	},
	{
		kind: "rule",
		family: "ipv4",
		priority: 32766,
		table: 254
	},
	{
		kind: "rule",
		family: "ipv4",
		priority: 32767,
		table: 253
	}
];
function compile(rule, ifindex) {
	return {
		rule,
		iif: rule.iif === void 0 ? 0 : ifindex(rule.iif),
		oif: rule.oif === void 0 ? 0 : ifindex(rule.oif),
		from: network(rule.from),
		to: network(rule.to)
	};
}
function network(net) {
	const addr = net === void 0 ? 0 : ipNum(net.addr);
	if (net === void 0 || typeof addr !== "number" || net.prefix === 0) return {
		addr: 0,
		mask: 0
	};
	const mask = -1 << 32 - net.prefix;
	return {
		addr: addr & mask,
		mask
	};
}
function matches(each, flow) {
	const { rule } = each;
	return ((each.iif === 0 || each.iif === flow.iif) && (each.oif === 0 || each.oif === flow.oif) && (rule.fwmark === void 0 || ((flow.mark ^ rule.fwmark.value) & rule.fwmark.mask) === 0) && (flow.src & each.from.mask) === each.from.addr && (flow.dst & each.to.mask) === each.to.addr) !== (rule.not === true);
}
// src/sim/ipv4/fib.ts
const fibOf = pernet(() => new Fib());
/** The loopback device of a namespace; `instead` while there is none. */
function loopbackDev(netns, instead) {
	return netns.devices.get(1) ?? instead;
}
/** The ifindex of a device's name; -1: there is none. */
function ifindexOf(netns, name) {
	return netns.devicesByName.get(name)?.ifindex ?? -1;
}
/** The route as an object of the port. Type, table, protocol and scope are always there; `metric` when it is not 0. */
function fibDumpRoute(netns, route) {
	const [hop] = route.nexthops;
	const single = route.nexthops.length === 1 && hop !== void 0;
	return {
		kind: "route",
		dst: {
			addr: ipText(route.dst),
			prefix: route.prefix
		},
		type: route.type,
		table: route.table,
		...single ? dumpNexthop(netns, hop) : {},
		...route.prefsrc === void 0 ? {} : { src: ipText(route.prefsrc) },
		...route.metric === 0 ? {} : { metric: route.metric },
		scope: scopeName(route.scope),
		protocol: route.protocol,
		...route.mtu === void 0 ? {} : { mtu: route.mtu },
		...route.nexthops.length < 2 ? {} : { nexthops: route.nexthops.map((each) => ({
			...dumpNexthop(netns, each),
			weight: each.weight
		})) },
		...route.nexthops.length > 0 && route.nexthops.every((each) => each.linkdown) ? { linkdown: true } : {}
	};
}
function dumpNexthop(netns, hop) {
	const dev = netns.devices.get(hop.oif)?.name;
	return {
		...hop.gateway === void 0 ? {} : { via: ipText(hop.gateway) },
		...dev === void 0 ? {} : { dev },
		...hop.onlink ? { onlink: true } : {}
	};
}
function scopeName(scope) {
	switch (scope) {
		case RT_SCOPE.global: return "global";
		case RT_SCOPE.site: return "site";
		case RT_SCOPE.link: return "link";
		case RT_SCOPE.host: return "host";
		default: return "nowhere";
	}
}
// src/sim/ipv4/devinet-sysctl.ts
/** The sysctls of IPv4, and the coupling of `ip_forward` with the devices' `forwarding` (net/ipv4/devinet.c). */
/** The key of each, and its default. */
const NUMBERS = {
	ipDefaultTtl: ["net.ipv4.ip_default_ttl", 64],
	icmpRatelimit: ["net.ipv4.icmp_ratelimit", 1e3],
	icmpRatemask: ["net.ipv4.icmp_ratemask", 6168],
	icmpMsgsPerSec: ["net.ipv4.icmp_msgs_per_sec", 1e3],
	icmpMsgsBurst: ["net.ipv4.icmp_msgs_burst", 50],
	icmpEchoIgnoreAll: ["net.ipv4.icmp_echo_ignore_all", 0],
	icmpEchoIgnoreBroadcasts: ["net.ipv4.icmp_echo_ignore_broadcasts", 1],
	icmpErrorsUseInboundIfaddr: ["net.ipv4.icmp_errors_use_inbound_ifaddr", 0],
	fibMultipathHashPolicy: ["net.ipv4.fib_multipath_hash_policy", 0],
	ipfragTimeSeconds: ["net.ipv4.ipfrag_time", 30],
	ipForwardUsePmtu: ["net.ipv4.ip_forward_use_pmtu", 0],
	ipNoPmtuDisc: ["net.ipv4.ip_no_pmtu_disc", 0],
	mtuExpiresSeconds: ["net.ipv4.route.mtu_expires", 600],
	minPmtu: ["net.ipv4.route.min_pmtu", 552]
};
const NUMBER_KEYS = new Set(Object.values(NUMBERS).map(([key]) => key));
/** Settings per device that change nothing here; they are kept because scripts write them. */
const INERT_CONF = {
	accept_source_route: "0",
	arp_evict_nocarrier: "1",
	bootp_relay: "0",
	disable_policy: "0",
	disable_xfrm: "0",
	drop_gratuitous_arp: "0",
	force_igmp_version: "0",
	igmpv2_unsolicited_report_interval: "10000",
	igmpv3_unsolicited_report_interval: "1000",
	mc_forwarding: "0",
	medium_id: "0",
	secure_redirects: "1",
	tag: "0"
};
const IP_FORWARD = "net.ipv4.ip_forward";
const ALL_FORWARDING = `${CONF_PREFIX}.all.forwarding`;
const ALL_ACCEPT_REDIRECTS = `${CONF_PREFIX}.all.accept_redirects`;
/** The namespace's numbers; the object stays the same and follows `setSysctl`. */
const inetConf = pernet((netns) => {
	const conf = {
		ipDefaultTtl: 0,
		icmpRatelimit: 0,
		icmpRatemask: 0,
		icmpMsgsPerSec: 0,
		icmpMsgsBurst: 0,
		icmpEchoIgnoreAll: 0,
		icmpEchoIgnoreBroadcasts: 0,
		icmpErrorsUseInboundIfaddr: 0,
		fibMultipathHashPolicy: 0,
		ipfragTimeSeconds: 0,
		ipForwardUsePmtu: 0,
		ipNoPmtuDisc: 0,
		mtuExpiresSeconds: 0,
		minPmtu: 0
	};
	refreshInetConf(netns, conf);
	return conf;
});
/** Registers the keys and keeps the numbers current. */
function registerInetSysctls(machine) {
	registerSysctls(machine, { [IP_FORWARD]: "0" });
	registerSysctls(machine, Object.fromEntries(Object.values(NUMBERS).map(([key, value]) => [key, String(value)])));
	registerDeviceSysctls(machine, CONF_PREFIX, {
		...CONF_DEFAULTS,
		...INERT_CONF
	});
	machine.onNetnsCreated.push((netns) => {
		sysctls(netns).values.set(`${CONF_PREFIX}.default.accept_source_route`, "1");
	});
	machine.onNetnsCreated.push((netns) => {
		sysctls(netns).listeners.push((key, value) => onChange(netns, key, value));
	});
}
/** Whether writing the key writes others too. */
function isForwardSysctl(key) {
	return key === IP_FORWARD || key === ALL_FORWARDING;
}
/** Those that it writes. */
function keysOfForwarding(netns) {
	const own = [...netns.devices.values()].map((dev) => deviceKey(CONF_PREFIX, dev.name, "forwarding"));
	return [
		IP_FORWARD,
		ALL_FORWARDING,
		`${CONF_PREFIX}.default.forwarding`,
		ALL_ACCEPT_REDIRECTS,
		...own
	];
}
function onChange(netns, key, value) {
	if (!key.startsWith("net.ipv4.")) return;
	if (isForwardSysctl(key)) inetForwardChange(netns, value);
	else if (key.startsWith(`net.ipv4.conf.`)) refreshScope(netns, key.slice(14));
	else if (NUMBER_KEYS.has(key)) refreshInetConf(netns, inetConf(netns));
	fibOf(netns).changed();
}
/** `all.forwarding` and `ip_forward` are one; writing it writes every device, and turns redirects off on a router. */
function inetForwardChange(netns, value) {
	const { values } = sysctls(netns);
	const on = Number.parseInt(value, 10) !== 0;
	values.set(IP_FORWARD, value);
	values.set(ALL_FORWARDING, value);
	values.set(`${CONF_PREFIX}.default.forwarding`, value);
	values.set(ALL_ACCEPT_REDIRECTS, on ? "0" : "1");
	for (const dev of netns.devices.values()) {
		values.set(deviceKey(CONF_PREFIX, dev.name, "forwarding"), value);
		refreshInDev(inDev(dev));
	}
}
/** `rest` is what follows the prefix: `eth0.rp_filter`, or `eth0.` for all settings of a new device. */
function refreshScope(netns, rest) {
	const dot = rest.lastIndexOf(".");
	const scope = rest.slice(0, dot).replaceAll("/", ".");
	const leaf = rest.slice(dot + 1);
	if (scope === "all") for (const dev of netns.devices.values()) refreshInDevLeaf(inDev(dev), leaf);
	const dev = netns.devicesByName.get(scope);
	if (dev !== void 0 && leaf === "") refreshInDev(inDev(dev));
	else if (dev !== void 0) refreshInDevLeaf(inDev(dev), leaf);
}
function refreshInetConf(netns, conf) {
	const { values } = sysctls(netns);
	for (const name of Object.keys(NUMBERS)) {
		const [key, fallback] = NUMBERS[name];
		conf[name] = Number.parseInt(values.get(key) ?? "", 10);
		if (Number.isNaN(conf[name])) conf[name] = fallback;
	}
}
// src/sim/ipv4/dst.ts
const inetDstOps = pernet(() => ({ ops: void 0 }));
var Ipv4Dst = class {
	dev;
	type;
	gateway;
	prefsrc;
	fibRoute;
	nexthop;
	errno;
	input;
	output;
	linkFailure;
	fragNeeded;
	#pathMtu;
	constructor(init) {
		const { ops } = inetDstOps(init.dev.netns);
		if (ops === void 0) throw new Error("IPv4 is not registered with this machine");
		this.dev = init.dev;
		this.type = init.type;
		this.gateway = init.gateway;
		this.prefsrc = init.prefsrc;
		this.fibRoute = init.fibRoute;
		this.nexthop = init.nexthop;
		this.errno = init.errno;
		this.#pathMtu = init.pathMtu;
		this.input = inputOf(init, ops);
		this.output = outputOf(init, ops);
		this.linkFailure = ops.linkFailure;
		this.fragNeeded = ops.fragNeeded;
	}
	/** For packets made here: the learnt path MTU, else the route's, else the device's. */
	get mtu() {
		const learnt = this.#pathMtu;
		if (learnt !== void 0 && this.dev.netns.machine.loop.now() < learnt.expiresNs) return learnt.mtu;
		return this.forwardMtu;
	}
	/** For packets passed on: learnt path MTUs do not count. */
	get forwardMtu() {
		return this.fibRoute?.mtu ?? this.dev.mtu;
	}
	get route() {
		return this.fibRoute === void 0 ? void 0 : fibDumpRoute(this.dev.netns, this.fibRoute);
	}
};
/** The route of a packet, when it is one of this file. */
function ipv4DstOf(skb) {
	return skb.dst instanceof Ipv4Dst ? skb.dst : void 0;
}
function inputOf(init, ops) {
	if (init.errno !== void 0) return ops.error;
	return init.type === "unicast" ? ops.forward : ops.localDeliver;
}
function outputOf(init, ops) {
	if (init.errno !== void 0) return ops.error;
	return init.type === "broadcast" || init.type === "multicast" ? ops.mcOutput : ops.output;
}
// src/sim/ipv4/fib-nexthop.ts
/** Making a route from what the user asks for, with the kernel's checks and words (net/ipv4/fib_semantics.c). */
/** Checks the route and finds its next hops (`fib_create_info`). */
function fibCreateRoute(netns, spec) {
	if (spec.scope > RT_SCOPE.host || spec.scope < scopeOf(spec.type)) return fail("EINVAL", "Invalid scope.");
	const nexthops = [];
	if (!isRefusal(spec.type)) {
		const specs = spec.nexthops.length === 0 ? [{
			oif: 0,
			gateway: void 0,
			weight: 1,
			onlink: false
		}] : spec.nexthops;
		for (const each of specs) {
			const hop = spec.scope === RT_SCOPE.host ? localNexthop(netns, specs, each) : checkNexthop(netns, spec, each);
			if (!hop.ok) return hop;
			nexthops.push(hop.value);
		}
	}
	if (spec.prefsrc !== void 0 && !isLocalAddr(netns, spec.prefsrc, spec)) return fail("EINVAL", "Invalid prefsrc address.");
	return ok({
		...spec,
		nexthops
	});
}
/** Types without a next hop: a packet that matches is refused, or the rule passed over. */
function isRefusal(type) {
	return type === "blackhole" || type === "unreachable" || type === "prohibit" || type === "throw";
}
/** The type of an address as the local table has it; undefined: not in it. */
function localTableHit(netns, addr) {
	return fibTablesLookup([fibOf(netns).table(255)], {
		dst: addr,
		scope: RT_SCOPE.global,
		oif: 0
	})?.route;
}
/** The widest scope a type may have (`fib_props`). */
function scopeOf(type) {
	if (type === "local") return RT_SCOPE.host;
	return type === "broadcast" ? RT_SCOPE.link : RT_SCOPE.global;
}
/** An address of this host: its device may be down, and stays in the table. */
function localNexthop(netns, all, spec) {
	if (all.length !== 1) return fail("EINVAL", "Route with host scope can not have multiple nexthops");
	if (spec.gateway !== void 0) return fail("EINVAL", "Route with host scope can not have a gateway");
	if (!netns.devices.has(spec.oif)) return fail("ENODEV", "No such device");
	return ok(new FibNexthop({
		oif: spec.oif,
		gateway: void 0,
		scope: RT_SCOPE.nowhere
	}));
}
/** `fib_check_nh`. */
function checkNexthop(netns, route, spec) {
	if (spec.gateway === void 0) return checkDevice(netns, spec);
	return spec.onlink ? checkOnlink(netns, route, spec) : checkGateway(netns, route, spec);
}
function checkDevice(netns, spec) {
	if (spec.onlink) return fail("EINVAL", "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.");
	const dev = netns.devices.get(spec.oif);
	if (dev === void 0) return fail("ENODEV", "No such device");
	if (!dev.up) return fail("ENETDOWN", "Device for nexthop is not up.");
	return ok(nexthop(dev, spec, RT_SCOPE.host));
}
function checkOnlink(netns, route, spec) {
	if (route.scope >= RT_SCOPE.link) return fail("EINVAL", "Nexthop has invalid scope.");
	const dev = netns.devices.get(spec.oif);
	if (dev === void 0) return fail("ENODEV", "Nexthop device required for onlink.");
	if (!dev.up) return fail("ENETDOWN", "Nexthop device is not up.");
	if ((spec.gateway === void 0 ? void 0 : localTableHit(netns, spec.gateway)?.type) !== void 0) return fail("EINVAL", "Nexthop has invalid gateway.");
	return ok(nexthop(dev, spec, RT_SCOPE.link));
}
/** The gateway must be reached without another gateway. */
function checkGateway(netns, route, spec) {
	const fib = fibOf(netns);
	const flow = {
		dst: spec.gateway ?? 0,
		src: 0,
		iif: 1,
		oif: spec.oif,
		mark: 0,
		scope: Math.max(route.scope + 1, RT_SCOPE.link)
	};
	const hit = (route.table === 254 ? void 0 : fibTablesLookup([fib.table(route.table)], flow)) ?? fib.lookup(flow);
	if (hit === void 0) return fail("ENETUNREACH", "Nexthop has invalid gateway.");
	if (hit.route.type !== "unicast" && hit.route.type !== "local") return fail("EINVAL", "Nexthop has invalid gateway.");
	const dev = netns.devices.get(hit.nexthop?.oif ?? 0);
	if (dev === void 0) return fail("EINVAL", "No egress device for nexthop.");
	if (!dev.up) return fail("ENETDOWN", "Network is down");
	return ok(nexthop(dev, spec, hit.route.scope));
}
function nexthop(dev, spec, scope) {
	const { gateway, weight, onlink } = spec;
	const made = new FibNexthop({
		oif: dev.ifindex,
		gateway,
		scope,
		weight,
		onlink
	});
	made.linkdown = !dev.running;
	return made;
}
/** `fib_valid_prefsrc`. */
function isLocalAddr(netns, addr, spec) {
	if (spec.type === "local" && spec.dst === addr) return true;
	return localTableHit(netns, addr)?.type === "local";
}
function fail(errno, message) {
	return err({
		errno,
		message
	});
}
// src/sim/ipv4/martian.ts
function isMulticast(addr) {
	return addr >>> 28 === 14;
}
function isLoopback(addr) {
	return addr >>> 24 === 127;
}
/** Nobody's address. The rest of 0.0.0.0/8 is like any other since Linux 5.3 (`ipv4_is_zeronet`). */
function isZeronet(addr) {
	return addr === 0;
}
/** The addresses that are wrong whatever the routes say. */
function martianAddress(dev, src, dst) {
	if (isMulticast(src) || src === 4294967295) return {
		which: "source",
		reason: "IP_INVALID_SOURCE"
	};
	if (dst === 4294967295 || src === 0 && dst === 0) return void 0;
	if (isZeronet(src)) return {
		which: "source",
		reason: "IP_INVALID_SOURCE"
	};
	if (isZeronet(dst)) return {
		which: "destination",
		reason: "IP_INVALID_DEST"
	};
	if (inDev(dev).routeLocalnet !== 0) return void 0;
	if (isLoopback(dst)) return {
		which: "destination",
		reason: "IP_LOCALNET"
	};
	return isLoopback(src) ? {
		which: "source",
		reason: "IP_LOCALNET"
	} : void 0;
}
/** The reason why a packet from `src` may not come in by `dev`; undefined: it may. */
function sourceWrong(dev, check) {
	const verdict = fibValidateSource(dev, check);
	return verdict === "neighbour" || verdict === "elsewhere" ? void 0 : verdict;
}
/** Whether a packet from `src` may come in by `dev` (`fib_validate_source`). */
function fibValidateSource(dev, check) {
	const conf = inDev(dev);
	const fib = fibOf(dev.netns);
	if (conf.rpFilter === 0 && (dev.ifindex !== check.oif || conf.sendRedirects === 0)) {
		if (conf.acceptLocal !== 0) return "elsewhere";
		if (!fib.hasCustomRules) return inetAddrs(dev.netns).has(check.src) ? "IP_LOCAL_SOURCE" : "elsewhere";
	}
	return fullCheck(dev, check);
}
/** `__fib_validate_source`: looks up the way back. */
function fullCheck(dev, check) {
	const conf = inDev(dev);
	const fib = fibOf(dev.netns);
	const rpf = conf.rpFilter;
	const lastResort = rpf === 0 ? "elsewhere" : "IP_RPFILTER";
	const back = {
		dst: check.src,
		src: check.dst,
		iif: check.oif === 0 ? 1 : check.oif,
		oif: 0,
		mark: conf.srcValidMark === 0 ? 0 : check.mark,
		scope: RT_SCOPE.global
	};
	const hit = fib.lookup(back);
	if (hit === void 0 || hit.nexthop === void 0) return lastResort;
	if (hit.route.type === "local") {
		if (conf.acceptLocal === 0) return "IP_LOCAL_SOURCE";
	} else if (hit.route.type !== "unicast") return "IP_INVALID_SOURCE";
	if (hit.route.nexthops.some((hop) => hop.oif === dev.ifindex)) return nearness(hit.nexthop);
	if (hit.route.type === "local" && dev.isLoopback) return nearness(hit.nexthop);
	if (conf.addrs.length === 0) return lastResort;
	if (rpf === 1) return "IP_RPFILTER";
	const byDevice = fib.lookup({
		...back,
		oif: dev.ifindex
	});
	return byDevice?.route.type === "unicast" && byDevice.nexthop !== void 0 ? nearness(byDevice.nexthop) : "elsewhere";
}
/** A next hop that is no gateway has host scope. */
function nearness({ scope }) {
	return scope >= RT_SCOPE.host ? "neighbour" : "elsewhere";
}
/** The kernel's lines about a martian packet (`ip_handle_martian_source`), when `log_martians` asks for them. */
function logMartian(skb, dev, martian) {
	if (inDev(dev).logMartians === 0) return;
	const { which, src, dst } = martian;
	const write = (text) => {
		skb.machine.log.push({
			at: skb.machine.loop.now(),
			netns: dev.netns.name,
			level: 4,
			text
		});
	};
	if (which === "destination") {
		write(`IPv4: martian destination ${ipText(dst)} from ${ipText(src)}, dev ${dev.name}`);
		return;
	}
	write(`IPv4: martian source ${ipText(dst)} from ${ipText(src)}, on dev ${dev.name}`);
	if (skb.mac < 0) return;
	write(`ll header: 00000000: ${[...skb.bytes.subarray(skb.mac, skb.mac + 14)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`);
}
// src/sim/ipv4/route-exception.ts
/** By next hop, so that they are forgotten with their route. */
const exceptions = pernet(() => /* @__PURE__ */ new WeakMap());
function routeException(netns, nexthop, dst) {
	return exceptions(netns).get(nexthop)?.get(dst);
}
/** Notes or completes an exception (`update_or_create_fnhe`). */
function updateRouteException(netns, nexthop, dst, change) {
	const all = exceptions(netns);
	const known = all.get(nexthop) ?? /* @__PURE__ */ new Map();
	known.set(dst, {
		...known.get(dst),
		...change
	});
	all.set(nexthop, known);
}
// src/sim/ipv4/multipath.ts
/** Choosing among the next hops of a multipath route, by the flow's hash and the weights (net/ipv4/fib_semantics.c). */
/** `fib_multipath_hash`, 31 bits. `policy` is `fib_multipath_hash_policy`: 0 addresses only, 1 with ports. */
function multipathHash(keys, policy) {
	let h = mix$1(Math.min(keys.src, keys.dst), 2538058380);
	h = mix$1(Math.max(keys.src, keys.dst), h);
	if (policy === 1) {
		h = mix$1(keys.proto, h);
		h = mix$1(Math.min(keys.sport, keys.dport) * 65536 + Math.max(keys.sport, keys.dport), h);
	}
	h ^= h >>> 16;
	h = Math.imul(h, 2246822507);
	h ^= h >>> 13;
	return h >>> 1 & 2147483647;
}
/** The keys of a packet; of an ICMP error, those of the packet it is about, so that it takes the same path. */
function flowKeysOf(skb) {
	const { bytes } = skb;
	let at = skb.network;
	const first = at + ipv4HeaderLength(bytes, at);
	if (ipv4Proto(bytes, at) === 1 && icmpIsError(icmpType(bytes, first)) && !ipv4IsFragment(bytes, at)) {
		if (first + 8 + 28 <= skb.end) at = first + 8;
	}
	const proto = ipv4Proto(bytes, at);
	const ports = at + ipv4HeaderLength(bytes, at);
	const hasPorts = (proto === 6 || proto === 17 || proto === 132) && !ipv4IsFragment(bytes, at) && ports + 4 <= skb.end;
	return {
		src: ipv4Src(bytes, at),
		dst: ipv4Dst(bytes, at),
		proto,
		sport: hasPorts ? get16(bytes, ports) : 0,
		dport: hasPorts ? get16(bytes, ports + 2) : 0
	};
}
/** The next hop whose share of the 31-bit space holds `hash`; dead ones have no share (`fib_select_multipath`). */
function fibSelectMultipath(route, hash, isUsable) {
	const alive = route.nexthops.filter(isUsable);
	const total = alive.reduce((sum, hop) => sum + hop.weight, 0);
	let passed = 0;
	for (const hop of alive) {
		passed += hop.weight;
		if (hash <= Math.round(passed * 2147483648 / total) - 1) return hop;
	}
}
function mix$1(value, seed) {
	let k = Math.imul(value | 0, 3432918353);
	k = k << 15 | k >>> 17;
	let h = seed ^ Math.imul(k, 461845907);
	h = h << 13 | h >>> 19;
	return Math.imul(h, 5) + 3864292196 | 0;
}
// src/sim/ipv4/route-input.ts
/** All-hosts, the one group that every host is in. */
const ALL_HOSTS = 3758096385;
/** Decides about a packet with these addresses that came in by `dev`; `skb` is read for multipath only. */
function routeInputSlow(dev, key, skb, dstOf) {
	const { src, dst } = key;
	if (isMulticast(dst)) return multicast(dev, key);
	const bad = martianAddress(dev, src, dst);
	if (bad !== void 0) return martian(key, bad);
	if (dst === 4294967295 || src === 0 && dst === 0) return broadcast(dev, key);
	const conf = inDev(dev);
	const hit = lookup$1(dev, key);
	const type = hit?.route.type;
	if (hit?.nexthop === void 0) return refused(dev, key, conf, hit);
	if (type === "broadcast") return broadcast(dev, key);
	if (type === "local") {
		const wrong = sourceWrong(dev, {
			src,
			dst,
			oif: 0,
			mark: key.mark
		});
		if (wrong !== void 0) return martian(key, {
			which: "source",
			reason: wrong
		});
		return decided$1(key, dstOf(hit, hit.nexthop, loopbackDev(dev.netns, dev)), "local");
	}
	if (conf.forwarding === 0) return refused(dev, key, conf, void 0);
	if (type !== "unicast") return martian(key, {
		which: "destination",
		reason: "IP_INVALID_DEST"
	});
	return forward(dev, key, hit, {
		skb,
		dstOf
	});
}
/** `ip_mkroute_input`. */
function forward(dev, key, hit, more) {
	const { netns } = dev;
	const isMultipath = hit.route.nexthops.length > 1;
	const nexthop = isMultipath ? multipath$1(netns, key, hit, more.skb) : hit.nexthop;
	const out = nexthop === void 0 ? void 0 : netns.devices.get(nexthop.oif);
	if (nexthop === void 0 || out === void 0) return martian(key, {
		which: "destination",
		reason: "IP_INVALID_DEST"
	});
	const source = fibValidateSource(dev, {
		src: key.src,
		dst: key.dst,
		oif: out.ifindex,
		mark: key.mark
	});
	if (source !== "neighbour" && source !== "elsewhere") return martian(key, {
		which: "source",
		reason: source
	});
	const redirect = out === dev && source === "neighbour" && tellsOfRedirects(dev, key, nexthop);
	return {
		...decided$1(key, more.dstOf(hit, nexthop, out), "forward"),
		redirect,
		cacheable: !isMultipath
	};
}
/** The device may send redirects, and on a medium not shared by several networks the sender and the gateway must be on one. */
function tellsOfRedirects(dev, { src }, { gateway }) {
	const { sendRedirects, sharedMedia } = inDev(dev);
	return sendRedirects !== 0 && (sharedMedia !== 0 || inetAddrOnlink(dev, src, gateway));
}
function multipath$1(netns, key, hit, skb) {
	const hash = multipathHash(skb === void 0 ? {
		...key,
		proto: 0,
		sport: 0,
		dport: 0
	} : flowKeysOf(skb), inetConf(netns).fibMultipathHashPolicy);
	return fibSelectMultipath(hit.route, hash, (hop) => !hop.dead && !(hop.linkdown && skipsLinkdown(netns, hop.oif)));
}
function multicast(dev, key) {
	const { src, dst, mark } = key;
	if (dst !== ALL_HOSTS) return martian(key, {
		which: "destination",
		reason: "MULTICAST_IGNORED"
	}, "multicast");
	if (isMulticast(src) || src === 4294967295) return martian(key, {
		which: "source",
		reason: "IP_INVALID_SOURCE"
	});
	if (isLoopback(src) && inDev(dev).routeLocalnet === 0) return martian(key, {
		which: "source",
		reason: "IP_LOCALNET"
	});
	const wrong = isZeronet(src) ? void 0 : sourceWrong(dev, {
		src,
		dst: 0,
		oif: 0,
		mark
	});
	if (wrong !== void 0) return martian(key, {
		which: "source",
		reason: wrong
	});
	return decided$1(key, new Ipv4Dst({
		dev: loopbackDev(dev.netns, dev),
		type: "multicast"
	}), "multicast");
}
function broadcast(dev, key) {
	const { src, mark } = key;
	const wrong = isZeronet(src) ? void 0 : sourceWrong(dev, {
		src,
		dst: 0,
		oif: 0,
		mark
	});
	if (wrong !== void 0) return martian(key, {
		which: "source",
		reason: wrong
	});
	return decided$1(key, new Ipv4Dst({
		dev: loopbackDev(dev.netns, dev),
		type: "broadcast"
	}), "broadcast");
}
/** No route, one that refuses, or no forwarding: the packet goes to `ip_error`. */
function refused(dev, key, conf, hit) {
	const type = hit?.route.type;
	const [errno, result] = conf.forwarding === 0 ? ["EHOSTUNREACH", "not-forwarding"] : type === "unreachable" ? ["EHOSTUNREACH", type] : type === "prohibit" ? ["EACCES", type] : type === "blackhole" ? ["EINVAL", type] : ["ENETUNREACH", "no-route"];
	return decided$1(key, new Ipv4Dst({
		dev: loopbackDev(dev.netns, dev),
		type: type ?? "unreachable",
		fibRoute: hit?.route,
		errno
	}), result);
}
function lookup$1(dev, key) {
	return fibOf(dev.netns).lookup({
		dst: key.dst,
		src: key.src,
		iif: dev.ifindex,
		oif: 0,
		mark: key.mark,
		scope: RT_SCOPE.global,
		skipLinkdown: (oif) => skipsLinkdown(dev.netns, oif)
	});
}
/** Whether routes by a device without carrier are passed over. */
function skipsLinkdown(netns, oif) {
	const dev = netns.devices.get(oif);
	return dev !== void 0 && inDev(dev).ignoreRoutesWithLinkdown !== 0;
}
function decided$1(key, route, result) {
	const { dst, src, dev, mark, tos } = key;
	return {
		dst,
		src,
		dev,
		mark,
		tos,
		route,
		martian: void 0,
		result,
		redirect: false,
		cacheable: true
	};
}
function martian(key, bad, result = "martian") {
	const { dst, src, dev, mark, tos } = key;
	return {
		dst,
		src,
		dev,
		mark,
		tos,
		route: void 0,
		martian: bad,
		result,
		redirect: false,
		cacheable: true
	};
}
// src/sim/ipv4/route-output.ts
/** The decision about a packet made here (net/ipv4/route.c: ip_route_output_key_hash_rcu). */
function routeOutputSlow(netns, flow, dstOf) {
	const { dst, src } = flow;
	const isGroup = isMulticast(dst) || dst === 4294967295;
	let oif = flow.oif;
	if (src !== 0) {
		if (isMulticast(src) || src === 4294967295 || isZeronet(src)) return refuse$3("EINVAL");
		const owner = ipDevFind(netns, src);
		if (owner === void 0 && (!flow.anySrc || oif === 0 && isGroup)) return refuse$3("ENETUNREACH");
		if (oif === 0 && isGroup && owner !== void 0) return group(netns, owner, flow);
	}
	if (oif !== 0) {
		const out = netns.devices.get(oif);
		if (out?.up !== true) return refuse$3("ENETUNREACH");
		if (dst === 4294967295 || dst >>> 8 === 14680064) return group(netns, out, flow);
	}
	if (dst === 0) return toSelf(netns, flow);
	const hit = lookup(netns, flow, oif);
	if (hit === void 0 && oif !== 0) return onLink(netns, oif, flow);
	if (hit?.nexthop === void 0) return refuse$3(errnoOf(hit?.route.type));
	if (hit.route.type === "local") return toLocal(netns, flow, hit);
	const isMultipath = hit.route.nexthops.length > 1 && oif === 0;
	const nexthop = isMultipath ? multipath(netns, flow, hit) : hit.nexthop;
	oif = nexthop?.oif ?? 0;
	const out = netns.devices.get(oif);
	if (nexthop === void 0 || out === void 0) return refuse$3("ENETUNREACH");
	return {
		result: make$1(netns, flow, {
			hit,
			nexthop,
			out,
			dstOf
		}),
		cacheable: !isMultipath
	};
}
/** `__mkroute_output` for a route from the tables. */
function make$1(netns, flow, found) {
	const { hit, nexthop, out, dstOf } = found;
	if (isLoopback(flow.src) && !out.isLoopback && inDev(out).routeLocalnet === 0) return err("EINVAL");
	if (isZeronet(flow.dst)) return err("EINVAL");
	const type = groupType(flow.dst) ?? hit.route.type;
	if (type === "broadcast" || type === "multicast") {
		const prefsrc = resultPrefsrc(out, hit, nexthop);
		return ok(new Ipv4Dst({
			dev: out,
			type,
			prefsrc,
			fibRoute: hit.route,
			nexthop
		}));
	}
	const exception = routeException(netns, nexthop, flow.dst);
	if (exception === void 0) return ok(dstOf(hit, nexthop, out));
	return ok(new Ipv4Dst({
		dev: out,
		type,
		gateway: exception.gateway ?? gatewayOf(nexthop),
		prefsrc: resultPrefsrc(out, hit, nexthop),
		fibRoute: hit.route,
		nexthop,
		pathMtu: exception.pathMtu
	}));
}
/** The gateway as packets use it: one's own address as a gateway means that the destination is on the link. */
function gatewayOf(nexthop) {
	return nexthop.scope === RT_SCOPE.link ? nexthop.gateway : void 0;
}
/** The source for packets by this route (`fib_result_prefsrc`). */
function resultPrefsrc(out, hit, nexthop) {
	return hit.route.prefsrc ?? select(out, nexthop.gateway ?? 0, hit.route.scope >= RT_SCOPE.link ? "link" : "global");
}
/** One of the host's own addresses. Where the route names no source, it is the destination itself. */
function toLocal(netns, flow, hit) {
	const owner = netns.devices.get(hit.nexthop?.oif ?? 0);
	const lo = owner === void 0 ? void 0 : loopbackDev(netns, owner);
	if (lo === void 0) return refuse$3("ENETUNREACH");
	return decided(new Ipv4Dst({
		dev: lo,
		type: "local",
		prefsrc: hit.route.prefsrc ?? flow.dst,
		fibRoute: hit.route,
		nexthop: hit.nexthop
	}));
}
/** Destination 0.0.0.0: this host. */
function toSelf(netns, flow) {
	const lo = netns.devices.get(1);
	if (lo === void 0) return refuse$3("ENETUNREACH");
	return decided(new Ipv4Dst({
		dev: lo,
		type: "local",
		prefsrc: flow.src === 0 ? 2130706433 : flow.src
	}));
}
/** Broadcast and multicast to a device that is known: no route is needed. */
function group(netns, out, flow) {
	if (!out.up) return refuse$3("ENETUNREACH");
	const type = groupType(flow.dst) ?? "unicast";
	return decided(new Ipv4Dst({
		dev: netns.devices.get(out.ifindex) ?? out,
		type,
		prefsrc: select(out, 0, "link")
	}));
}
/** A socket is bound to a device and no route fits: the destination is taken to be on the link. */
function onLink(netns, oif, flow) {
	const out = netns.devices.get(oif);
	if (out === void 0) return refuse$3("ENETUNREACH");
	return decided(new Ipv4Dst({
		dev: out,
		type: groupType(flow.dst) ?? (out.isLoopback ? "local" : "unicast"),
		prefsrc: select(out, 0, "link")
	}));
}
function multipath(netns, flow, hit) {
	const isUsable = (hop) => !hop.dead && !(hop.linkdown && skipsLinkdown(netns, hop.oif));
	if (flow.src !== 0) {
		const own = hit.route.nexthops.filter((hop) => {
			const out = netns.devices.get(hop.oif);
			return isUsable(hop) && out !== void 0 && select(out, hop.gateway ?? 0, "global") === flow.src;
		});
		if (own.length === 1) return own[0];
	}
	return fibSelectMultipath(hit.route, multipathHash(flow, inetConf(netns).fibMultipathHashPolicy), isUsable);
}
function lookup(netns, flow, oif) {
	return fibOf(netns).lookup({
		dst: flow.dst,
		src: flow.src,
		iif: 1,
		oif,
		mark: flow.mark,
		scope: RT_SCOPE.global,
		skipLinkdown: (ifindex) => skipsLinkdown(netns, ifindex)
	});
}
/** The device that has the address, be it through a local route (`__ip_dev_find`). */
function ipDevFind(netns, addr) {
	const owner = inetAddrs(netns).get(addr)?.[0];
	if (owner !== void 0) return owner;
	const route = localTableHit(netns, addr);
	return route?.type === "local" ? netns.devices.get(route.nexthops[0]?.oif ?? 0) : void 0;
}
function groupType(dst) {
	if (dst === 4294967295) return "broadcast";
	return isMulticast(dst) ? "multicast" : void 0;
}
function select(out, dst, scope) {
	const addr = inetSelectAddr(out, dst, scope);
	return typeof addr === "number" ? addr : void 0;
}
function errnoOf(type) {
	if (type === "blackhole") return "EINVAL";
	if (type === "unreachable") return "EHOSTUNREACH";
	return type === "prohibit" ? "EACCES" : "ENETUNREACH";
}
function decided(dst) {
	return {
		result: ok(dst),
		cacheable: true
	};
}
function refuse$3(errno) {
	return {
		result: err(errno),
		cacheable: true
	};
}
// src/sim/ipv4/route.ts
/** The route for a packet made here; `prefsrc` of it is the source to use when none was asked for. */
function ipRouteOutput(netns, flow) {
	return routeOutput(netns, flow);
}
/**
* Routes a packet that came in by `dev` (`skb.network` at its IP header) and sets `skb.dst`, which may be a route that
* refuses. The result is the reason to drop it at once: an address it must not have, or reverse path filtering.
*/
function ipRouteInput(skb, dev) {
	const { bytes, network } = skb;
	const state = routeStateOf(dev.netns);
	const key = state.key;
	key.dst = ipv4Dst(bytes, network);
	key.src = ipv4Src(bytes, network);
	key.dev = dev.ifindex;
	key.mark = skb.mark;
	key.tos = ipv4Tos(bytes, network);
	const decision = decideInput(skb, dev, state);
	if (decision.martian !== void 0) logMartian(skb, dev, {
		...decision,
		which: decision.martian.which
	});
	if (skb.machine.tracer !== void 0) traceInput(skb, dev, decision);
	if (decision.martian !== void 0) return decision.martian.reason;
	skb.dst = decision.route;
	skb.doRedirect = decision.redirect;
}
/** What would become of a packet with these addresses if it came in by `dev`; without a route it would be a martian. */
function ipRouteInputAddrs(dev, addrs) {
	const state = routeStateOf(dev.netns);
	const key = state.key;
	key.dst = addrs.dst;
	key.src = addrs.src;
	key.dev = dev.ifindex;
	key.mark = addrs.mark ?? 0;
	key.tos = 0;
	return decideInput(void 0, dev, state);
}
/** Routes a packet of this host anew after its addresses or mark changed on the way out; false: there is no route. */
function ipRouteMeHarder(netns, skb) {
	const { bytes, network } = skb;
	const src = ipv4Src(bytes, network);
	const type = inetAddrType(netns, src);
	const found = routeOutput(netns, {
		dst: ipv4Dst(bytes, network),
		src: type === "local" || type === "unicast" ? src : void 0,
		mark: skb.mark,
		tos: ipv4Tos(bytes, network),
		proto: ipv4Proto(bytes, network),
		anySrc: true
	});
	if (!found.ok) return false;
	skb.dst = found.value;
	if (skb.machine.tracer !== void 0) traceRouteOutput(skb, netns, "ip_route_me_harder");
	return true;
}
/** What the host's own tables say an address is: `local`, `broadcast`, `multicast`, else `unicast`. */
function inetAddrType(netns, addr) {
	if (typeof addr !== "number") return "unicast";
	const state = routeStateOf(netns);
	const { generation } = fibOf(netns);
	if (state.typesGeneration !== generation || state.types.size > 4096) {
		state.types.clear();
		state.typesGeneration = generation;
	}
	let type = state.types.get(addr);
	if (type === void 0) {
		type = fixedType(addr) ?? localTableHit(netns, addr)?.type ?? "unicast";
		state.types.set(addr, type);
	}
	return type;
}
/** The same, where an address of another device than `dev` counts as `unicast`. */
function inetDevAddrType(netns, dev, addr) {
	if (typeof addr !== "number") return "unicast";
	const fixed = fixedType(addr);
	if (fixed !== void 0) return fixed;
	const route = localTableHit(netns, addr);
	return route !== void 0 && route.nexthops[0]?.oif === dev.ifindex ? route.type : "unicast";
}
/** Notes the path MTU to a destination that an ICMP error told of (`ip_rt_update_pmtu`). */
function ipv4UpdatePmtu(netns, flow, mtu) {
	const found = routeOutput(netns, {
		...flow,
		anySrc: true
	});
	const conf = inetConf(netns);
	if (!found.ok || typeof flow.dst !== "number") return;
	const { nexthop } = found.value;
	if (nexthop === void 0 || found.value.mtu < mtu) return;
	const expiresNs = netns.machine.loop.now() + conf.mtuExpiresSeconds * 1e9;
	const least = Math.min(found.value.mtu, conf.minPmtu);
	updateRouteException(netns, nexthop, flow.dst, { pathMtu: {
		mtu: Math.max(mtu, least),
		expiresNs
	} });
	fibOf(netns).changed();
}
/** Follows an ICMP redirect: packets to `dst` go by `gateway` from now on (`__ip_do_redirect`). */
function ipv4Redirect(netns, flow, gateway) {
	const found = routeOutput(netns, {
		...flow,
		anySrc: true
	});
	if (!found.ok || typeof flow.dst !== "number" || found.value.nexthop === void 0) return;
	updateRouteException(netns, found.value.nexthop, flow.dst, { gateway });
	fibOf(netns).changed();
}
/** The decision that a packet made here carries, as a step of its trace. */
function traceRouteOutput(skb, netns, fn) {
	const dst = ipv4DstOf(skb);
	if (dst === void 0) return;
	const { type } = dst;
	traceRoute(skb, netns, {
		fn,
		direction: "output",
		result: type === "local" || type === "broadcast" || type === "multicast" ? type : "output",
		dst
	});
}
const routeStateOf = pernet(() => ({
	key: {
		dst: 0,
		src: 0,
		dev: 0,
		mark: 0,
		tos: 0
	},
	input: new RouteCache(),
	output: new RouteCache(),
	dsts: /* @__PURE__ */ new Map(),
	dstsGeneration: 0,
	types: /* @__PURE__ */ new Map(),
	typesGeneration: 0
}));
function decideInput(skb, dev, state) {
	const { generation } = fibOf(dev.netns);
	const known = state.input.get(generation, state.key);
	if (known !== void 0) return known;
	const made = routeInputSlow(dev, { ...state.key }, skb, (hit, nexthop, out) => sharedDst(dev.netns, hit, nexthop, out));
	if (made.cacheable) state.input.put(generation, made);
	return made;
}
function routeOutput(netns, flow) {
	const { dst, src } = flow;
	if (typeof dst !== "number" || typeof src === "bigint") return err("ENETUNREACH");
	const state = routeStateOf(netns);
	const { generation } = fibOf(netns);
	const key = state.key;
	key.dst = dst;
	key.src = src ?? 0;
	key.dev = flow.oif ?? 0;
	key.mark = flow.mark;
	key.tos = flow.tos * 2 + (flow.anySrc === true ? 1 : 0);
	const known = state.output.get(generation, key);
	if (known !== void 0) return known.result;
	const asked = {
		dst,
		src: key.src,
		oif: key.dev,
		mark: flow.mark,
		proto: flow.proto,
		sport: flow.sport ?? 0,
		dport: flow.dport ?? 0,
		anySrc: flow.anySrc === true
	};
	const kept = { ...key };
	const made = routeOutputSlow(netns, asked, (hit, nexthop, out) => sharedDst(netns, hit, nexthop, out));
	if (made.cacheable) state.output.put(generation, {
		...kept,
		result: made.result
	});
	return made.result;
}
/** The `Dst` of a next hop, the same one until something changes. */
function sharedDst(netns, hit, nexthop, dev) {
	const state = routeStateOf(netns);
	const { generation } = fibOf(netns);
	if (state.dstsGeneration !== generation) {
		state.dsts.clear();
		state.dstsGeneration = generation;
	}
	let dst = state.dsts.get(nexthop);
	if (dst === void 0) {
		const isLocal = hit.route.type === "local";
		dst = new Ipv4Dst({
			dev,
			type: hit.route.type,
			gateway: isLocal ? void 0 : gatewayOf(nexthop),
			prefsrc: isLocal ? hit.route.prefsrc : resultPrefsrc(dev, hit, nexthop),
			fibRoute: hit.route,
			nexthop
		});
		state.dsts.set(nexthop, dst);
	}
	return dst;
}
function fixedType(addr) {
	if (isZeronet(addr) || addr === 4294967295) return "broadcast";
	return isMulticast(addr) ? "multicast" : void 0;
}
function traceInput(skb, dev, decision) {
	const { result, route } = decision;
	traceRoute(skb, dev.netns, {
		fn: "ip_route_input_slow",
		direction: "input",
		result,
		iif: dev.name,
		...route === void 0 ? {} : { dst: route }
	});
}
function traceRoute(skb, netns, step) {
	const { dst } = step;
	const goesOut = step.result === "forward" || step.direction === "output";
	const { gateway, prefsrc, route } = dst ?? {};
	traceStep(skb, netns, step.fn, {
		step: "route",
		direction: step.direction,
		dst: ipText(ipv4Dst(skb.bytes, skb.network)),
		src: ipText(ipv4Src(skb.bytes, skb.network)),
		result: step.result,
		...step.iif === void 0 ? {} : { iif: step.iif },
		...skb.mark === 0 ? {} : { mark: skb.mark },
		...route === void 0 ? {} : {
			route,
			table: route.table ?? 254
		},
		...dst !== void 0 && goesOut ? { dev: dst.dev.name } : {},
		...gateway !== void 0 && goesOut ? { gateway: ipText(gateway) } : {},
		...prefsrc !== void 0 && step.direction === "output" ? { prefsrc: ipText(prefsrc) } : {}
	});
}
// src/sim/ipv4/arp-send.ts
/** Making ARP packets (net/ipv4/arp.c): requests for a neighbour, answers, announcements. */
/** How ARP answers for the neighbour tables of IPv4. */
const arpNeighOps = {
	/** `arp_constructor`. */
	fixedMac(dev, addr) {
		const n = ipv4$1(addr);
		if (n >= 3758096384 && n < 4026531840) return 1101088686080 + (n & 8388607);
		if (dev.ops.type === "dummy") return dev.mac;
		if (n === 4294967295 || inetAddrType(dev.netns, n) === "broadcast") return MAC_BROADCAST$2;
	},
	solicit: arpSolicit
};
/** Sends one ARP packet out of `dev`, to `dstMac` (`arp_send_dst`). `parent` is the packet that made it necessary. */
function arpSend(dev, dstMac, packet, parent) {
	const skb = allocSkb(dev.netns.machine, 42);
	skb.dev = dev;
	skb.protocol = ETH_P_ARP;
	skb.mac = skb.data;
	putEthernet(skb.bytes, skb.data, {
		dst: dstMac,
		src: dev.mac,
		type: ETH_P_ARP
	});
	putArp(skb.bytes, skb.data + 14, packet);
	if (skb.machine.tracer !== void 0) originSkb(skb, dev.netns, "arp_send_dst", describe$2(packet), parent);
	return devQueueXmit(skb);
}
/** Announces each address of the device (`inetdev_send_gratuitous_arp`). */
function sendGratuitousArp(dev) {
	for (const { local } of inDev(dev).addrs) {
		const packet = {
			op: 1,
			senderMac: dev.mac,
			senderIp: local,
			targetMac: 0,
			targetIp: local
		};
		arpSend(dev, MAC_BROADCAST$2, packet);
	}
}
/** `arp_solicit`: by unicast to the known address first, then by broadcast. */
function arpSolicit(neigh, skb) {
	const { dev } = neigh;
	const target = ipv4$1(neigh.addr);
	const unicast = neigh.probes <= neighParm(dev, "ucast_solicit");
	const senderIp = sourceFor(dev, target, skb);
	const packet = {
		op: 1,
		senderMac: dev.mac,
		senderIp,
		targetMac: 0,
		targetIp: target
	};
	arpSend(dev, unicast ? neigh.mac : MAC_BROADCAST$2, packet, skb);
}
/** The sender address of a request, by `arp_announce`. */
function sourceFor(dev, target, skb) {
	const { arpAnnounce, addrs } = inDev(dev);
	if (skb !== void 0 && skb.network >= 0 && arpAnnounce < 2) {
		const src = ipv4Src(skb.bytes, skb.network);
		if ((arpAnnounce === 0 || addrs.some((ifa) => ifaContains(ifa, src) && ifaContains(ifa, target))) && inetAddrType(dev.netns, src) === "local") return src;
	}
	return ipv4$1(inetSelectAddr(dev, target, "link") ?? 0);
}
function ipv4$1(addr) {
	if (typeof addr !== "number") throw new Error(`not an IPv4 address: ${ipText(addr)}`);
	return addr;
}
function describe$2(packet) {
	if (packet.op !== 1) return `ARP reply: ${ipText(packet.senderIp)}`;
	if (packet.senderIp === packet.targetIp) return `gratuitous ARP for ${ipText(packet.targetIp)}`;
	return `ARP request: who has ${ipText(packet.targetIp)}`;
}
// src/sim/ipv4/arp.ts
/** ARP packets that come in (net/ipv4/arp.c): answering for this host and for others, learning neighbours. */
/** Registers ARP: the packet type, the neighbour tables of IPv4 and their sysctls, what device events do to them. */
function initArp(machine) {
	registerNeighParms(machine);
	machine.packetTypes.set(ETH_P_ARP, arpRcv);
	machine.onNetnsCreated.push((netns) => {
		neighOps(netns).ipv4 = arpNeighOps;
	});
	machine.deviceNotifiers.push(arpNetdevEvent);
}
/** An ARP packet, `data` after the Ethernet header (`arp_rcv`). */
function arpRcv(skb) {
	const dev = deviceOf$2(skb);
	if (skb.pktType === "otherhost") return dropSkb(skb, dev.netns, "arp_rcv", "OTHERHOST");
	if (skb.length < 28) return dropSkb(skb, dev.netns, "arp_rcv", "PKT_TOO_SMALL");
	if (!arpIsValid(skb.bytes, skb.data, skb.end)) return ignore$2(skb, dev, "not ARP for IPv4 over Ethernet");
	return arpProcess(skb, "received");
}
/** `arp_process`; `again` is a request whose proxy answer waited for `proxy_delay`. */
function arpProcess(skb, when) {
	const dev = deviceOf$2(skb);
	const arp = factsOf(skb);
	if (!dev.up) return dropSkb(skb, dev.netns, "arp_process", "DEV_READY", { detail: `${dev.name} is down` });
	if (arp.op !== 1 && arp.op !== 2) return ignore$2(skb, dev, `operation ${arp.op}`);
	const { tip } = arp;
	if (tip >>> 24 === 127 && inDev(dev).routeLocalnet === 0 || tip >= 3758096384 && tip < 4026531840) return ignore$2(skb, dev, `nobody asks for ${ipText(tip)}`);
	if (arp.sip === 0) return arpProbe(skb, dev, arp);
	if (arp.op === 1) {
		const { route } = ipRouteInputAddrs(dev, {
			src: arp.sip,
			dst: arp.tip
		});
		if (route?.type === "local") return answerOwn(skb, dev, arp);
		if (route !== void 0 && mayProxy(dev, route)) return answerForOther(skb, dev, {
			arp,
			when
		});
	}
	return learn(skb, dev, arp);
}
/** A request from 0.0.0.0: somebody wants to know whether the address is taken (RFC 5227). */
function arpProbe(skb, dev, arp) {
	if (!(arp.op === 1 && inetAddrType(dev.netns, arp.tip) === "local")) return ignore$2(skb, dev, `${ipText(arp.tip)} is not an address of this host`);
	const why = arpIgnore(dev, arp);
	if (why !== void 0) return ignore$2(skb, dev, why);
	return answer(skb, dev, arp, "answer");
}
function answerOwn(skb, dev, arp) {
	const why = arpIgnore(dev, arp) ?? (inDev(dev).arpFilter !== 0 ? arpFilter(dev, arp) : void 0);
	if (why !== void 0) return ignore$2(skb, dev, why);
	neighEventNs(dev, arp);
	return answer(skb, dev, arp, "answer");
}
/** proxy_arp: at once if asked directly or `proxy_delay` is 0, else after a random part of `proxy_delay`. */
function answerForOther(skb, dev, more) {
	neighEventNs(dev, more.arp);
	const delay = neighParm(dev, "proxy_delay");
	if (more.when === "again" || skb.pktType === "host" || delay === 0) return answer(skb, dev, more.arp, "proxy-answer");
	const { loop, rng } = dev.netns.machine;
	loop.after(rng.below(delay) * 1e7, () => {
		arpProcess(skb, "again");
	});
	return "queued";
}
function answer(skb, dev, arp, action) {
	traceArp(skb, dev, {
		action,
		addr: arp.tip,
		mac: dev.mac
	});
	const reply = {
		op: 2,
		senderMac: dev.mac,
		senderIp: arp.tip,
		targetMac: arp.sha,
		targetIp: arp.sip
	};
	arpSend(dev, arp.sha, reply, skb);
	return deliverSkb(skb, dev.netns, "arp_process", "arp");
}
/** Updates the sender's entry, if there is one; the first of several replies wins for `locktime`. */
function learn(skb, dev, arp) {
	const garp = isGratuitous(dev, arp);
	let neigh = neighLookup(dev, arp.sip);
	if (neigh === void 0 && acceptsUnsolicited(dev, arp, garp)) neigh = neighCreate(dev, arp.sip);
	if (neigh === void 0) return ignore$2(skb, dev, arp.op === 1 ? `${ipText(arp.tip)} is not an address of this host` : "nobody asked");
	const lockNs = neighParm(dev, "locktime") * 1e7;
	const override = garp || dev.netns.machine.loop.now() > neigh.updatedNs + lockNs;
	const state = arp.op === 2 && skb.pktType === "host" ? "REACHABLE" : "STALE";
	neighUpdate(neigh, {
		mac: arp.sha,
		state,
		override
	});
	const learnt = neigh.mac === arp.sha;
	const why = learnt ? {} : { why: "another answer came first" };
	traceArp(skb, dev, {
		action: learnt ? "learn" : "ignore",
		addr: arp.sip,
		mac: arp.sha,
		...why
	});
	return deliverSkb(skb, dev.netns, "arp_process", "arp");
}
/** Learns who asks, as STALE (`neigh_event_ns`). */
function neighEventNs(dev, arp) {
	neighUpdate(neighLookup(dev, arp.sip) ?? neighCreate(dev, arp.sip), {
		mac: arp.sha,
		state: "STALE",
		override: true
	});
}
/** `arp_ignore`: why a request for a local address gets no answer. */
function arpIgnore(dev, arp) {
	const { arpIgnore: level, addrs } = inDev(dev);
	const own = addrs.filter((ifa) => ifa.local === arp.tip);
	const refused = `arp_ignore=${level}`;
	switch (level) {
		case 1: return own.length > 0 ? void 0 : refused;
		case 2: return own.some((ifa) => arp.sip === 0 || ifaContains(ifa, arp.sip)) ? void 0 : refused;
		case 3: return [...dev.netns.devices.values()].flatMap((other) => inDev(other).addrs).some((ifa) => ifa.local === arp.tip && ifa.scope !== "host") ? void 0 : refused;
		case 8: return refused;
		default: return;
	}
}
/** `arp_filter`: no answer when packets to the asker would leave by another device. */
function arpFilter(dev, arp) {
	const route = ipRouteOutput(dev.netns, {
		dst: arp.sip,
		src: arp.tip,
		mark: 0,
		tos: 0,
		proto: 0
	});
	return route.ok && route.value.dev === dev ? void 0 : "arp_filter: the way back is another";
}
/** `arp_fwd_proxy`: forwarding, proxy_arp, and the route leaves by another device. */
function mayProxy(dev, route) {
	const conf = inDev(dev);
	return conf.forwarding !== 0 && conf.proxyArp !== 0 && route.type === "unicast" && route.dev !== dev;
}
/** `arp_is_garp`. */
function isGratuitous(dev, arp) {
	if (arp.sip !== arp.tip || arp.op === 2 && arp.tha !== arp.sha) return false;
	return inetAddrType(dev.netns, arp.sip) === "unicast";
}
/** `arp_accept`: entries are made for announcements and replies that nobody asked for. */
function acceptsUnsolicited(dev, arp, garp) {
	const { arpAccept, addrs } = inDev(dev);
	if (arpAccept === 0 || arpAccept === 2 && !addrs.some((ifa) => ifaContains(ifa, arp.sip))) return false;
	return garp || arp.op === 2 && inetAddrType(dev.netns, arp.sip) === "unicast";
}
function arpNetdevEvent(event) {
	const { dev } = event;
	switch (event.type) {
		case "up":
			if (inDev(dev).arpNotify !== 0) sendGratuitousArp(dev);
			return;
		case "changeaddr":
			neighFlush(dev, "all");
			if (dev.up && inDev(dev).arpNotify !== 0) sendGratuitousArp(dev);
			return;
		case "down":
		case "unregister":
			neighFlush(dev, "all");
			return;
		case "change":
			if (!dev.running) neighFlush(dev, "not-permanent");
			return;
		case "register":
		case "going-down":
		case "changename":
		case "join":
		case "leave": return;
	}
}
function factsOf(skb) {
	const { bytes, data } = skb;
	return {
		op: arpOp(bytes, data),
		sha: arpSenderMac(bytes, data),
		sip: arpSenderIp(bytes, data),
		tha: arpTargetMac(bytes, data),
		tip: arpTargetIp(bytes, data)
	};
}
function ignore$2(skb, dev, why) {
	return dropSkb(skb, dev.netns, "arp_process", "ARP_IGNORED", { detail: why });
}
function traceArp(skb, dev, note) {
	if (skb.machine.tracer === void 0) return;
	const step = {
		...note,
		step: "arp",
		addr: ipText(note.addr),
		mac: macText(note.mac)
	};
	traceStep(skb, dev.netns, "arp_process", step);
}
function deviceOf$2(skb) {
	if (skb.dev === void 0) throw new Error("arp_rcv: the packet has no device");
	return skb.dev;
}
// src/sim/ipv4/fib-frontend.ts
/**
* Routes that follow from addresses and from the state of devices (net/ipv4/fib_frontend.c): the local, broadcast and
* connected routes of each address, and what becomes of routes when a device goes down, comes up or loses its carrier.
*/
/** Brings the device's own routes from what `before` implies to what `after` implies (`fib_add_ifaddr`, `fib_del_ifaddr`). */
function fibSyncIfaddrs(dev, before, after) {
	const near = before.up === after.up ? changedAround(before.addrs, after.addrs) : () => true;
	const had = ifaRoutes(dev, {
		addrs: before.addrs.filter(near),
		up: before.up
	});
	const wants = ifaRoutes(dev, {
		addrs: after.addrs.filter(near),
		up: after.up
	});
	for (const spec of had) if (!wants.some((other) => isSame$2(spec, other))) deleteOwn(dev, spec);
	for (const spec of wants) if (!had.some((other) => isSame$2(spec, other))) addOwn(dev, spec);
	for (const ifa of before.addrs) {
		if (!near(ifa) || after.addrs.some((other) => other.local === ifa.local)) continue;
		if (localTableHit(dev.netns, ifa.local)?.type !== "local") flushPrefsrc(dev.netns, ifa.local);
	}
	if (before.addrs.length > 0 && after.addrs.length === 0) fibSyncDownDev(dev, { force: true });
}
/**
* Routes by the device die and are removed; of a multipath route only the next hop dies, unless the device itself goes
* (`unregister`) (`fib_sync_down_dev`, `fib_flush`). The host's own addresses stay routed unless `force`.
*/
function fibSyncDownDev(dev, options) {
	const dies = (hop) => hop.oif === dev.ifindex && !hop.dead && (options.force || hop.scope !== RT_SCOPE.nowhere);
	forEachNexthop(dev.netns, dies, (hop) => {
		hop.dead = true;
	});
	const isDead = (route) => options.unregister === true ? route.nexthops.some((hop) => hop.oif === dev.ifindex) : route.nexthops.every((hop) => hop.dead);
	flush$1(dev.netns, (route) => route.nexthops.length > 0 && isDead(route));
}
/** The device is up again: next hops of multipath routes live again (`fib_sync_up`). */
function fibSyncUp(dev) {
	forEachNexthop(dev.netns, (hop) => hop.oif === dev.ifindex && hop.dead, (hop) => {
		hop.dead = false;
		hop.linkdown = !dev.running;
	});
}
/** The device's carrier came or went: its next hops are marked `linkdown`. */
function fibSyncCarrier(dev) {
	const linkdown = !dev.running;
	forEachNexthop(dev.netns, (hop) => hop.oif === dev.ifindex && hop.scope !== RT_SCOPE.nowhere && hop.linkdown !== linkdown, (hop) => {
		hop.linkdown = linkdown;
	});
}
/** Says which addresses a change can touch: those whose network overlaps that of an address that came or went. */
function changedAround(before, after) {
	const old = new Set(before);
	const now = new Set(after);
	const changed = [...before.filter((ifa) => !now.has(ifa)), ...after.filter((ifa) => !old.has(ifa))];
	return (ifa) => changed.some((each) => {
		const prefix = Math.min(each.prefix, ifa.prefix);
		return prefix === 0 || (each.local ^ ifa.local) >>> 32 - prefix === 0;
	});
}
/** The routes that the kernel itself makes for a device's addresses. */
function ifaRoutes(dev, state) {
	const specs = [];
	const add = (type, dst, length) => {
		const spec = {
			dst,
			prefix: length.prefix,
			table: type === "unicast" ? 254 : 255,
			type,
			metric: 0,
			scope: type === "local" ? RT_SCOPE.host : RT_SCOPE.link,
			protocol: "kernel",
			prefsrc: length.prefsrc,
			mtu: void 0,
			nexthops: [{
				oif: dev.ifindex,
				gateway: void 0,
				weight: 1,
				onlink: false
			}]
		};
		if (!specs.some((other) => isSame$2(spec, other))) specs.push(spec);
	};
	for (const ifa of state.addrs) {
		const primary = ifa.secondary ? primaryIn(state.addrs, ifa) : ifa;
		if (primary === void 0) continue;
		const prefsrc = primary.local;
		const host = {
			prefix: 32,
			prefsrc
		};
		add("local", ifa.local, host);
		if (!state.up) continue;
		if (ifa.broadcast !== void 0 && ifa.broadcast !== 4294967295) add("broadcast", ifa.broadcast, host);
		const net = masked$1(ifa);
		if (isZeronet(net) || ifa.secondary || ifa.prefix === 32) continue;
		add(dev.isLoopback ? "local" : "unicast", net, {
			prefix: ifa.prefix,
			prefsrc
		});
		if (ifa.prefix < 31) add("broadcast", (net | 4294967295 >>> ifa.prefix) >>> 0, host);
	}
	return specs;
}
function masked$1(ifa) {
	return Number(maskedNum(ifa.local, ifa.prefix));
}
function primaryIn(addrs, ifa) {
	return addrs.find((each) => !each.secondary && each.prefix === ifa.prefix && masked$1(each) === masked$1(ifa));
}
function isSame$2(a, b) {
	return a.type === b.type && a.dst === b.dst && a.prefix === b.prefix && a.prefsrc === b.prefsrc;
}
/** Appends a kernel route behind others to the same network with metric 0. */
function addOwn(dev, spec) {
	const fib = fibOf(dev.netns);
	const made = fibCreateRoute(dev.netns, spec);
	if (!made.ok) throw new Error(`fib_magic: ${made.error.message}`);
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	if (group.some((route) => isOwn(route, dev, spec))) return;
	const at = group.filter((route) => route.metric <= 0).length;
	fib.setRoutes(spec.table, spec, [
		...group.slice(0, at),
		made.value,
		...group.slice(at)
	]);
}
function deleteOwn(dev, spec) {
	const fib = fibOf(dev.netns);
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	const found = group.find((route) => isOwn(route, dev, spec));
	if (found !== void 0) fib.setRoutes(spec.table, spec, group.filter((route) => route !== found));
}
function isOwn(route, dev, spec) {
	return route.type === spec.type && route.protocol === "kernel" && route.prefsrc === spec.prefsrc && route.nexthops.length === 1 && route.nexthops[0]?.oif === dev.ifindex;
}
/** Routes that prefer an address that is gone go with it (`fib_sync_down_addr`). */
function flushPrefsrc(netns, addr) {
	flush$1(netns, (route) => route.prefsrc === addr);
}
function flush$1(netns, dies) {
	const fib = fibOf(netns);
	for (const table of fib.tables()) for (const route of table.routes()) {
		if (!dies(route)) continue;
		const group = table.of(route.dst, route.prefix);
		fib.setRoutes(table.id, route, group.filter((each) => each !== route));
	}
}
function forEachNexthop(netns, which, change) {
	const fib = fibOf(netns);
	for (const table of fib.tables()) for (const route of table.routes()) for (const hop of route.nexthops) {
		if (!which(hop)) continue;
		const { dead, linkdown } = hop;
		change(hop);
		fib.changed(() => {
			hop.dead = dead;
			hop.linkdown = linkdown;
		});
	}
}
/** What a device's own routes follow from, now. */
function addrStateOf(target) {
	return {
		addrs: target.addrs,
		up: target.dev.up
	};
}
/** `fib_netdev_event` for a device that came up: its connected routes come back, static ones do not. */
function fibDevUp(dev) {
	const { addrs } = inDev(dev);
	fibSyncIfaddrs(dev, {
		addrs,
		up: false
	}, {
		addrs,
		up: true
	});
	fibSyncUp(dev);
}
const IPS_TEMPLATE = 2048;
/**
* One direction of a flow as numbers (`struct nf_conntrack_tuple_hash`), and a link in the table's hash chain.
* For ICMP `sport` is the id and `dport` is `type << 8 | code`; a protocol without ports has zeros.
*/
var CtTuple = class {
	src = 0;
	dst = 0;
	proto = 0;
	sport = 0;
	dport = 0;
	/** The zone as it counts in this direction. */
	zone = 0;
	/** The whole 32-bit hash, while in the table. */
	hash = 0;
	next = void 0;
	/** The entry it belongs to; undefined: a tuple made to look one up. */
	ct;
	dir;
	constructor(ct, dir) {
		this.ct = ct;
		this.dir = dir;
	}
};
/** A tracked flow. */
var Conntrack = class {
	netns;
	/** As the originator sent it. */
	original;
	/** As an answer is expected to come in: after NAT, the inverse of the translated original. */
	reply;
	/** `IPS_*`. */
	status = 0;
	/** When it ends, in ns: of the clock once confirmed, before that counted from the confirmation. */
	timeoutNs = 0;
	mark = 0;
	tcp = void 0;
	/** UDP: from when on traffic in both directions makes it a stream. */
	streamNs = 0;
	/** ifindex of the device whose address it is masqueraded with; 0: it is not. */
	masqIndex = 0;
	/** Not a flow: what `-j CT` says about the packet's flow to come, until the packet is tracked (`IPS_TEMPLATE`). */
	template = void 0;
	/** NAT found no free port for it, so that it will fail at confirmation. */
	natExhausted = false;
	/** What listeners were last told of it (events.ts). */
	reported = 0;
	reportedMark = 0;
	/** Link in the list of source translations, by original source. */
	nextBySource = void 0;
	/** Place in the table's list of all entries. */
	older = void 0;
	newer = void 0;
	constructor(netns) {
		this.netns = netns;
		this.original = new CtTuple(this, 0);
		this.reply = new CtTuple(this, 1);
	}
	get family() {
		return familyOfNum(this.original.src);
	}
	get proto() {
		return this.original.proto;
	}
	/** The zone's number, whichever directions it counts in. */
	get zone() {
		return this.original.zone | this.reply.zone;
	}
	/** The zone counts in one direction only. */
	get zoneIsDirected() {
		return this.original.zone !== this.reply.zone;
	}
	get confirmed() {
		return (this.status & 8) !== 0;
	}
	tuple(dir) {
		return dir === 0 ? this.original : this.reply;
	}
};
/** The entry a packet belongs to (`nf_ct_get`); undefined: none, see `skb.ctInfo` for why. */
function skbCt(skb) {
	return skb.ct;
}
/** `CTINFO2DIR`. */
function ctInfoDir(info) {
	return info === "established-reply" || info === "related-reply" ? 1 : 0;
}
/** The packet's state as `-m conntrack --ctstate` names it; a packet that was never looked up is INVALID, as in Linux. */
function ctStateOf(skb) {
	if (skb.ctInfo === "untracked") return "UNTRACKED";
	if (skb.ct === void 0) return "INVALID";
	switch (skb.ctInfo) {
		case "new": return "NEW";
		case "established":
		case "established-reply": return "ESTABLISHED";
		case "related":
		case "related-reply": return "RELATED";
		case "invalid":
		case "none": return "INVALID";
	}
}
/** Something was said about the packet's flow already (`skb->_nfct != 0`). */
function isCtSettled(skb) {
	return skb.ct !== void 0 || skb.ctInfo !== "none" && skb.ctInfo !== "invalid";
}
/** Remaining life in ns; 0 for one that is not confirmed yet (`nf_ct_expires`). */
function ctExpiresNs(ct, nowNs) {
	return ct.confirmed ? Math.max(0, ct.timeoutNs - nowNs) : 0;
}
/**
* Marks an answer that the kernel makes because of `old` (an ICMP error, a RST) as related to its flow
* (`nf_conntrack_attach`); the maker calls it before LOCAL_OUT.
*/
function nfCtAttach(answer, old) {
	if (!isCtSettled(old)) return;
	answer.ct = old.ct;
	answer.ctInfo = old.ct !== void 0 && ctInfoDir(old.ctInfo) === 0 ? "related-reply" : "related";
}
// src/sim/ipv4/icmp-name.ts
/** What an ICMP error says, in words. */
const UNREACHABLE = [
	"network unreachable",
	"host unreachable",
	"protocol unreachable",
	"port unreachable",
	"fragmentation needed",
	"source route failed",
	"network unknown",
	"host unknown",
	"source host isolated",
	"network prohibited",
	"host prohibited",
	"network unreachable for TOS",
	"host unreachable for TOS",
	"administratively prohibited"
];
/** E.g. `ICMP host unreachable`. */
function icmpErrorName(type, code) {
	switch (type) {
		case 3: return `ICMP ${UNREACHABLE[code] ?? `destination unreachable, code ${code}`}`;
		case 5: return "ICMP redirect";
		case 11: return code === 0 ? "ICMP time exceeded in transit" : "ICMP fragment reassembly time exceeded";
		case 12: return "ICMP parameter problem";
		default: return `ICMP type ${type}, code ${code}`;
	}
}
// src/sim/ipv4/icmp-error.ts
/** ICMP errors that came in: what this host learns from them, and who is told (net/ipv4/icmp.c: icmp_unreach, icmp_redirect). */
/** Bytes of the quoted packet that an error must carry besides its IP header. */
const QUOTED_MIN = 8;
/** `skb.data` at the ICMP header of an error, whose checksum was checked. */
function icmpError$1(skb, netns) {
	const { bytes, data, end } = skb;
	const type = icmpType(bytes, data);
	const code = icmpCode(bytes, data);
	const inner = data + 8;
	const innerHlen = ipv4HeaderLength(bytes, inner);
	if (end - inner < 20 || innerHlen < 20 || inner + innerHlen + QUOTED_MIN > end) return dropSkb(skb, netns, "icmp_unreach", "PKT_TOO_SMALL", { detail: "the quoted packet is too short" });
	const rest = icmpRest(bytes, data);
	const flow = {
		dst: ipv4Dst(bytes, inner),
		src: ipv4Src(bytes, inner),
		mark: 0,
		tos: ipv4Tos(bytes, inner),
		proto: ipv4Proto(bytes, inner)
	};
	if (type === 5) return redirect$1(skb, netns, flow, rest);
	const isFragNeeded = type === 3 && code === 4;
	const info = isFragNeeded ? rest & 65535 : 0;
	if (isFragNeeded && inetConf(netns).ipNoPmtuDisc === 0) ipv4UpdatePmtu(netns, flow, info);
	if (inetAddrType(netns, flow.dst) === "broadcast") return dropSkb(skb, netns, "icmp_unreach", "ICMP_IGNORED", { detail: "an error about a broadcast" });
	skb.data = inner;
	skb.machine.inetProtocols.get(flow.proto)?.errHandler?.(skb, {
		type,
		code,
		info
	});
	skb.data = data;
	return deliverSkb(skb, netns, "icmp_unreach", `icmp (${icmpErrorName(type, code)})`);
}
/** A router says that another one is nearer; routers themselves do not listen, nor does who is told not to. */
function redirect$1(skb, netns, flow, gateway) {
	const { dev } = skb;
	const refused = dev === void 0 ? "no device" : redirectRefused(dev, netns, gateway);
	if (refused !== void 0) return dropSkb(skb, netns, "icmp_redirect", "ICMP_IGNORED", { detail: refused });
	ipv4Redirect(netns, flow, gateway);
	return deliverSkb(skb, netns, "icmp_redirect", `icmp (redirect to ${ipText(gateway)})`);
}
function redirectRefused(dev, netns, gateway) {
	const conf = inDev(dev);
	if (conf.acceptRedirects === 0) return "accept_redirects is off";
	if (conf.sharedMedia === 0 && !inetAddrOnlink(dev, gateway)) return "the gateway is not on the link";
	return inetAddrType(netns, gateway) === "unicast" ? void 0 : "the gateway is not another host";
}
// src/sim/ipv4/inet-peer.ts
/**
* How often a host is told something: tokens per destination, shared by ICMP errors and the kernel's own "unreachable"
* (net/ipv4/inetpeer.c, icmpv4_xrlim_allow, ip_error, ip_rt_send_redirect), and the limit over all destinations.
*/
const SECOND_NS = 1e9;
/** `XRLIM_BURST_FACTOR`: six errors at once, then one per `icmp_ratelimit`. */
const XRLIM_BURST_FACTOR = 6;
const ERROR_COST_NS = SECOND_NS;
const ERROR_BURST_NS = 5 * SECOND_NS;
/** `ip_rt_redirect_*`: the first repeats after 20 ms, each later one after twice as long, nine in all; then silence. */
const REDIRECT_LOAD_NS = SECOND_NS / 50;
const REDIRECT_NUMBER = 9;
const REDIRECT_SILENCE_NS = REDIRECT_LOAD_NS * 1024;
const MOST_PEERS = 65536;
/** Whether an error of this type may go to `dst` now (`icmpv4_xrlim_allow` and `icmp_global_allow`). */
function icmpLimitAllows(netns, dst, type) {
	const conf = inetConf(netns);
	if (type > 31 || (conf.icmpRatemask >>> type & 1) === 0) return true;
	const limitNs = conf.icmpRatelimit * 1e6;
	if (limitNs !== 0 && !spend(peerOf(netns, dst), nowOf(netns), {
		costNs: limitNs,
		mostNs: XRLIM_BURST_FACTOR * limitNs
	})) return false;
	return globalAllows(netns);
}
/** Whether `ip_error` answers `dst` now: five at once, then one per second, from the same tokens. */
function ipErrorAllows(netns, dst) {
	return spend(peerOf(netns, dst), nowOf(netns), {
		costNs: ERROR_COST_NS,
		mostNs: ERROR_BURST_NS
	});
}
/** Whether `dst` is told of a better gateway now, given that it did not listen before. */
function redirectAllows(netns, dst) {
	const peer = peerOf(netns, dst);
	const now = nowOf(netns);
	if (now > peer.lastNs + REDIRECT_SILENCE_NS) {
		peer.tokensNs = 0;
		peer.redirects = 0;
	}
	if (peer.redirects >= REDIRECT_NUMBER) {
		peer.lastNs = now;
		return false;
	}
	if (peer.redirects > 0 && now <= peer.lastNs + REDIRECT_LOAD_NS * 2 ** peer.redirects) return false;
	peer.lastNs = now;
	peer.redirects += 1;
	return true;
}
const peers = pernet(() => /* @__PURE__ */ new Map());
const globalLimit = pernet((netns) => ({
	credit: inetConf(netns).icmpMsgsBurst,
	stampNs: 0
}));
function peerOf(netns, dst) {
	const all = peers(netns);
	let peer = all.get(dst);
	if (peer === void 0) {
		if (all.size >= MOST_PEERS) all.clear();
		peer = {
			tokensNs: 0,
			lastNs: nowOf(netns) - 60 * SECOND_NS,
			redirects: 0
		};
		all.set(dst, peer);
	}
	return peer;
}
function spend(peer, now, price) {
	peer.tokensNs = Math.min(peer.tokensNs + now - peer.lastNs, price.mostNs);
	peer.lastNs = now;
	if (peer.tokensNs < price.costNs) return false;
	peer.tokensNs -= price.costNs;
	return true;
}
/** `icmp_msgs_per_sec`, in steps of 20 ms, with a burst of `icmp_msgs_burst`. */
function globalAllows(netns) {
	const conf = inetConf(netns);
	const limit = globalLimit(netns);
	const passedNs = Math.min(nowOf(netns) - limit.stampNs, SECOND_NS);
	if (passedNs >= SECOND_NS / 50) {
		limit.credit = Math.min(limit.credit + Math.floor(conf.icmpMsgsPerSec * passedNs / SECOND_NS), conf.icmpMsgsBurst);
		limit.stampNs = nowOf(netns);
	}
	if (limit.credit <= 0) return false;
	limit.credit -= 1;
	return true;
}
function nowOf(netns) {
	return netns.machine.loop.now();
}
// src/sim/ipv4/ip-refragment.ts
/** Cutting a packet into fragments (net/ipv4/ip_output.c: ip_do_fragment). */
const TOTAL_LENGTH = 2;
const FRAG = 6;
/**
* Sends the packet in pieces. One that was put together from fragments is cut as it was before, where that fits; the
* "don't fragment" bit is not set in the pieces.
*/
function ipDoFragment(skb, cutting) {
	const { netns, mtu } = cutting;
	const hlen = ipv4HeaderLength(skb.bytes, skb.network);
	const sizes = pieceSizes(skb, hlen, mtu);
	traceStep(skb, netns, "ip_do_fragment", {
		step: "fragment",
		into: sizes.length,
		mtu
	});
	const word = ipv4Frag(skb.bytes, skb.network);
	const base = (word & IP_OFFSET) * 8;
	let at = 0;
	let fate = "queued";
	sizes.forEach((size, k) => {
		const more = k + 1 < sizes.length || (word & 8192) !== 0;
		const piece = makePiece(skb, {
			from: skb.network + hlen + at,
			size,
			hlen,
			isFirst: at === 0
		});
		put16(piece.bytes, piece.network + TOTAL_LENGTH, hlen + size);
		put16(piece.bytes, piece.network + FRAG, base + at >> 3 | (more ? IP_MF : 0));
		fillIpv4Checksum(piece.bytes, piece.network);
		originSkb(piece, netns, "ip_do_fragment", `fragment ${k + 1} of ${sizes.length}`, skb);
		at += size;
		fate = cutting.output(piece);
	});
	consumeSkb(skb, netns, "ip_do_fragment", `cut into ${sizes.length} fragments`);
	return fate;
}
/** The payload lengths of the pieces: all but the last are multiples of 8. */
function pieceSizes(skb, hlen, mtu) {
	const before = skb.fragSizes;
	const total = skb.end - skb.network - hlen;
	if (before !== void 0 && sum(before) === total && before.every((size) => size + hlen <= mtu)) return before;
	const limit = skb.fragMaxSize > 0 ? Math.min(mtu, skb.fragMaxSize) : mtu;
	const most = Math.max(limit - hlen & -8, 8);
	const sizes = [];
	for (let left = total; left > 0; left -= most) sizes.push(Math.min(left, most));
	return sizes;
}
/** A packet with the header of `skb` and a part of its payload; device, mark, route and conntrack come along. */
function makePiece(skb, part) {
	const { hlen, size } = part;
	const bytes = new Uint8Array(64 + hlen + size);
	bytes.set(skb.bytes.subarray(skb.network, skb.network + hlen), 64);
	bytes.set(skb.bytes.subarray(part.from, part.from + size), 64 + hlen);
	if (!part.isFirst) blankOptions(bytes, 84, 64 + hlen);
	const piece = new Skb(skb.machine, bytes, 64, 64 + hlen + size);
	piece.network = 64;
	piece.transport = 64 + hlen;
	piece.dev = skb.dev;
	piece.iif = skb.iif;
	piece.protocol = skb.protocol;
	piece.pktType = skb.pktType;
	piece.mark = skb.mark;
	piece.dst = skb.dst;
	piece.ct = skb.ct;
	piece.ctInfo = skb.ctInfo;
	piece.nfBridge = skb.nfBridge === void 0 ? void 0 : { ...skb.nfBridge };
	piece.sk = skb.sk;
	piece.forwarded = skb.forwarded;
	return piece;
}
/** Options without the "copied" bit are in the first fragment only; the others have no-operations there. */
function blankOptions(bytes, from, to) {
	let at = from;
	while (at < to) {
		const kind = bytes[at] ?? 0;
		if (kind === 0) return;
		const length = kind === 1 ? 1 : Math.max(bytes[at + 1] ?? 0, 2);
		if ((kind & 128) === 0) bytes.fill(1, at, Math.min(at + length, to));
		at += length;
	}
}
function sum(sizes) {
	return sizes.reduce((all, size) => all + size, 0);
}
// src/sim/ipv4/ip-output.ts
/** An identification for a packet without DF: never 0 (`ip_select_ident`). */
function ipSelectIdent(netns) {
	const state = outputState(netns);
	state.ident = state.ident >= 65535 ? 1 : state.ident + 1;
	return state.ident;
}
/** Puts a 20-byte IP header in front of `skb.data`. */
function ipPushHeader(skb, header) {
	const { src, dst, proto, ttl, tos, id } = header;
	if (typeof src !== "number" || typeof dst !== "number") throw new Error("not IPv4 addresses");
	skb.transport = skb.data;
	pushSkb(skb, 20);
	skb.network = skb.data;
	skb.protocol = ETH_P_IP;
	const totalLength = skb.end - skb.data;
	putIpv4(skb.bytes, skb.data, {
		src,
		dst,
		proto,
		ttl,
		tos,
		id,
		frag: header.df ? IP_DF : 0,
		totalLength
	});
}
/** Sends a packet made here: `skb.data` at a complete IP header, `skb.dst` set (`ip_local_out`). */
function ipLocalOut(netns, skb) {
	skb.network = skb.data;
	skb.protocol = ETH_P_IP;
	if (skb.machine.tracer !== void 0) traceRouteOutput(skb, netns, "ip_route_output_key_hash");
	const outdev = skb.dst?.dev;
	const fate = nfHook({
		family: "ipv4",
		hook: "OUTPUT",
		netns,
		indev: void 0,
		outdev,
		okfn: dstOutput
	}, skb);
	if (fate === "dropped" && outputState(netns).passed !== skb.id) skb.sk?.error?.("EPERM");
	return fate;
}
/** `ip_output`: a packet, made here or forwarded, on its way to `skb.dst.dev`. */
function ipOutput(skb) {
	const { dev: outdev } = dstOf(skb);
	const indev = skb.dev;
	skb.dev = outdev;
	skb.protocol = ETH_P_IP;
	return nfHook({
		family: "ipv4",
		hook: "POSTROUTING",
		netns: outdev.netns,
		indev,
		outdev,
		okfn: ipFinishOutput
	}, skb);
}
/** `ip_mc_output`: broadcast and multicast, of which this host takes a copy. */
function ipMcOutput(skb) {
	const { dev: outdev, type } = dstOf(skb);
	const { netns } = outdev;
	skb.dev = outdev;
	skb.protocol = ETH_P_IP;
	if (!outdev.isLoopback && (type === "broadcast" || isAllHosts(skb))) {
		const copy = copySkb(skb);
		originSkb(copy, netns, "ip_mc_output", "this host's own copy", skb);
		nfHook({
			family: "ipv4",
			hook: "POSTROUTING",
			netns,
			indev: void 0,
			outdev,
			okfn: devLoopbackXmit
		}, copy);
	}
	if (type === "multicast" && ipv4Ttl(skb.bytes, skb.network) === 0) return dropSkb(skb, netns, "ip_mc_output", "TTL_EXPIRED", { detail: "a TTL of 0 keeps multicast on this host" });
	return nfHook({
		family: "ipv4",
		hook: "POSTROUTING",
		netns,
		indev: void 0,
		outdev,
		okfn: ipFinishOutput
	}, skb);
}
/** After POST_ROUTING: cuts what is too long, and goes to the next hop. */
function ipFinishOutput(skb) {
	const dst = dstOf(skb);
	outputState(dst.dev.netns).passed = skb.id;
	const mtu = skb.forwarded ? ipv4DstOf(skb)?.forwardMtu ?? dst.mtu : dst.mtu;
	if (skb.end - skb.network > mtu || skb.fragMaxSize > 0) return ipFragment(skb, dst, mtu);
	return ipFinishOutput2(skb);
}
/** `ip_fragment`: cuts, unless the packet says that it must not be cut. */
function ipFragment(skb, dst, mtu) {
	const { netns } = dst.dev;
	if ((ipv4Frag(skb.bytes, skb.network) & 16384) !== 0 && (!skb.ignoreDf || skb.fragMaxSize > mtu)) {
		ipv4DstOf(skb)?.fragNeeded(skb, mtu);
		outputState(netns).passed = skb.id;
		skb.sk?.error?.("EMSGSIZE");
		return dropSkb(skb, netns, "ip_fragment", "PKT_TOO_BIG", { detail: `${skb.end - skb.network} bytes, MTU ${mtu} of ${dst.dev.name}` });
	}
	return ipDoFragment(skb, {
		netns,
		mtu,
		output: ipFinishOutput2
	});
}
function ipFinishOutput2(skb) {
	const dst = dstOf(skb);
	return neighOutput(skb, dst.dev, dst.gateway ?? ipv4Dst(skb.bytes, skb.network));
}
/** Hands the host its own copy as if it had come in by the device; captures do not see it (`dev_loopback_xmit`). */
function devLoopbackXmit(skb) {
	skb.pktType = "loopback";
	skb.iif = skb.dev?.ifindex ?? 0;
	skb.machine.loop.post(loopedBack, skb);
	return "queued";
}
const loopedBack = { run(skb) {
	skb.machine.packetTypes.get(ETH_P_IP)?.(skb);
} };
/** `dst_output`. */
function dstOutput(skb) {
	return dstOf(skb).output(skb);
}
function dstOf(skb) {
	if (skb.dst === void 0) throw new Error("ip_output: the packet has no route");
	return skb.dst;
}
function isAllHosts(skb) {
	return ipv4Dst(skb.bytes, skb.network) === 3758096385;
}
/** The last identification given out, and the last packet that passed POST_ROUTING. */
const outputState = pernet((netns) => ({
	ident: netns.machine.rng.below(65535),
	passed: 0
}));
// src/sim/ipv4/icmp.ts
/** ICMP (net/ipv4/icmp.c): errors the kernel sends, and what it does with those it gets. */
const icmpEchoReplyHandlers = pernet(() => ({
	onReply: void 0,
	onError: void 0
}));
/** The longest ICMP error, IP header included (RFC 1812 §4.3.2.3). */
const ERROR_MAX = 576;
/** Precedence "internetwork control". */
const PREC_INTERNETCONTROL = 192;
const TOS_MASK$1 = 30;
/** The source of a host without any address (RFC 7600). */
const INADDR_DUMMY = 3221225480;
/**
* Answers an ICMP error about `skbIn` (`network` at its IP header) to its sender, when the rules allow one. `rest` is bytes
* 4–7 of the ICMP header.
*/
function icmpSend(skbIn, type, code, rest) {
	const netns = (skbIn.dst?.dev ?? skbIn.dev)?.netns;
	if (netns === void 0 || !mayAnswer(skbIn, type)) return;
	icmpXmit(netns, () => sendError(netns, skbIn, {
		type,
		code,
		rest
	}));
}
/**
* `icmp_xmit_lock`: while ICMP sends something nothing else of ICMP is sent, so an answer that is rejected on its way out is
* not told of.
*/
function icmpXmit(netns, send) {
	const lock = xmitLock(netns);
	if (lock.isHeld) return;
	lock.isHeld = true;
	try {
		send();
	} finally {
		lock.isHeld = false;
	}
}
const xmitLock = pernet(() => ({ isHeld: false }));
function sendError(netns, skbIn, { type, code, rest }) {
	const { bytes, network } = skbIn;
	const to = ipv4Src(bytes, network);
	const src = skbIn.dst?.type === "local" ? ipv4Dst(bytes, network) : inboundAddr(netns, skbIn, to);
	const tos = icmpIsError(type) ? ipv4Tos(bytes, network) & TOS_MASK$1 | PREC_INTERNETCONTROL : ipv4Tos(bytes, network);
	const route = ipRouteOutput(netns, {
		dst: to,
		src,
		mark: 0,
		tos,
		proto: 1
	});
	if (!route.ok) return;
	const dst = route.value;
	if (!dst.dev.isLoopback && !(type === 3 && code === 4) && !icmpLimitAllows(netns, to, type)) return;
	const room = Math.min(dst.mtu, ERROR_MAX) - 20 - 8;
	if (room <= 20) return;
	const quoted = bytes.subarray(network, Math.min(skbIn.end, network + room));
	const skb = allocSkb(skbIn.machine, 8 + quoted.length);
	skb.bytes.set(quoted, skb.data + 8);
	putIcmp(skb.bytes, skb.data, skb.end, {
		type,
		code,
		rest
	});
	skb.dst = dst;
	skb.sk = KERNEL_SOCKET;
	if (icmpIsError(type)) nfCtAttach(skb, skbIn);
	const from = src ?? dst.prefsrc ?? INADDR_DUMMY;
	ipPushHeader(skb, {
		...replyHeader(netns, tos),
		src: from,
		dst: to
	});
	if (skb.machine.tracer !== void 0) {
		const what = icmpErrorName(type, code);
		traceStep(skbIn, netns, "__icmp_send", {
			step: "answer",
			what,
			child: skb.id
		});
		originSkb(skb, netns, "__icmp_send", what, skbIn);
	}
	ipLocalOut(netns, skb);
}
/** `icmp_rcv`: `skb.data` at the ICMP header, `skb.network` at the IP header. */
function icmpRcv(skb) {
	const netns = skb.dev?.netns;
	if (netns === void 0) throw new Error("icmp_rcv: the packet has no device");
	const { bytes, data, end } = skb;
	if (end - data < 8) return dropSkb(skb, netns, "icmp_rcv", "PKT_TOO_SMALL");
	if (!icmpChecksumIsValid(bytes, data, end)) return dropSkb(skb, netns, "icmp_rcv", "ICMP_CSUM");
	const type = icmpType(bytes, data);
	if (type === 0) return icmpEchoReplyHandlers(netns).onReply?.(skb) ?? ignore$1(skb, netns, "ping_rcv");
	if ((skb.dst?.type === "broadcast" || skb.dst?.type === "multicast") && (type === 8 || type === 13) && inetConf(netns).icmpEchoIgnoreBroadcasts !== 0) return ignore$1(skb, netns, "icmp_rcv", "icmp_echo_ignore_broadcasts");
	if (type === 8) return icmpEcho(skb, netns);
	if (type === 13) return icmpTimestamp(skb, netns);
	if (icmpIsError(type)) return icmpError$1(skb, netns);
	return ignore$1(skb, netns, "icmp_rcv", `ICMP type ${type} is not answered`);
}
/** Answers an echo request with the same payload (`icmp_echo`). */
function icmpEcho(skb, netns) {
	if (inetConf(netns).icmpEchoIgnoreAll !== 0) return ignore$1(skb, netns, "icmp_echo", "icmp_echo_ignore_all");
	const payload = skb.bytes.slice(skb.data + 8, skb.end);
	const fate = deliverSkb(skb, netns, "icmp_echo", "icmp (echo request)");
	icmpReply(netns, skb, {
		type: 0,
		what: "ICMP echo reply",
		payload
	});
	return fate;
}
/** Answers with the sender's time, and twice the time of day in milliseconds (`icmp_timestamp`). */
function icmpTimestamp(skb, netns) {
	const at = skb.data + 8;
	if (skb.end - at < 4) return dropSkb(skb, netns, "icmp_timestamp", "PKT_TOO_SMALL");
	const payload = /* @__PURE__ */ new Uint8Array(12);
	payload.set(skb.bytes.subarray(at, at + 4));
	const nowMs = Math.floor(skb.machine.loop.now() / 1e6) % MS_PER_DAY;
	put32(payload, 4, nowMs);
	put32(payload, 8, nowMs);
	const fate = deliverSkb(skb, netns, "icmp_timestamp", "icmp (timestamp request)");
	icmpReply(netns, skb, {
		type: 14,
		what: "ICMP timestamp reply",
		payload
	});
	return fate;
}
const MS_PER_DAY = 864e5;
/** Answers from the address that was asked, with the same TOS and bytes 4–7 (`icmp_reply`). */
function icmpReply(netns, skb, answer) {
	const { bytes, network } = skb;
	const to = ipv4Src(bytes, network);
	const tos = ipv4Tos(bytes, network);
	const src = specDst(skb, netns, to);
	icmpXmit(netns, () => {
		const route = ipRouteOutput(netns, {
			dst: to,
			src,
			mark: 0,
			tos,
			proto: 1
		});
		if (!route.ok) return;
		const reply = allocSkb(skb.machine, 8 + answer.payload.length);
		reply.bytes.set(answer.payload, reply.data + 8);
		putIcmp(reply.bytes, reply.data, reply.end, {
			type: answer.type,
			code: 0,
			rest: icmpRest(bytes, skb.data)
		});
		reply.dst = route.value;
		reply.sk = KERNEL_SOCKET;
		ipPushHeader(reply, {
			...replyHeader(netns, tos),
			src: src ?? route.value.prefsrc ?? INADDR_DUMMY,
			dst: to
		});
		if (skb.machine.tracer !== void 0) {
			traceStep(skb, netns, "icmp_reply", {
				step: "answer",
				what: answer.what,
				child: reply.id
			});
			originSkb(reply, netns, "icmp_reply", answer.what, skb);
		}
		ipLocalOut(netns, reply);
	});
}
/** No error is sent about errors, about later fragments, or to what was not addressed to this host alone. */
function mayAnswer(skbIn, type) {
	const { bytes, network, end } = skbIn;
	if (network < 0 || end - network < 20 || skbIn.pktType !== "host") return false;
	if (skbIn.dst?.type === "broadcast" || skbIn.dst?.type === "multicast") return false;
	if ((ipv4Frag(bytes, network) & 8191) !== 0) return false;
	if (!icmpIsError(type) || ipv4Proto(bytes, network) !== 1) return true;
	const inner = network + ipv4HeaderLength(bytes, network);
	return inner < end && icmpType(bytes, inner) <= MAX_ICMP_TYPE && !icmpIsError(icmpType(bytes, inner));
}
const MAX_ICMP_TYPE = 18;
/** The source that `icmp_errors_use_inbound_ifaddr` asks for; undefined: the one facing the sender. */
function inboundAddr(netns, skbIn, to) {
	if (inetConf(netns).icmpErrorsUseInboundIfaddr === 0) return void 0;
	const dev = netns.devices.get(skbIn.iif);
	const addr = dev === void 0 ? void 0 : inetSelectAddr(dev, to, "link");
	return typeof addr === "number" ? addr : void 0;
}
/** The address that the sender meant: its destination, or for a broadcast the one facing the sender. */
function specDst(skb, netns, to) {
	if (skb.dst?.type === "local") return ipv4Dst(skb.bytes, skb.network);
	const route = ipRouteOutput(netns, {
		dst: to,
		mark: 0,
		tos: 0,
		proto: 1
	});
	return route.ok && typeof route.value.prefsrc === "number" ? route.value.prefsrc : void 0;
}
function replyHeader(netns, tos) {
	return {
		proto: 1,
		ttl: inetConf(netns).ipDefaultTtl,
		tos,
		id: ipSelectIdent(netns),
		df: false
	};
}
function ignore$1(skb, netns, fn, detail) {
	return dropSkb(skb, netns, fn, "ICMP_IGNORED", detail === void 0 ? void 0 : { detail });
}
// src/sim/ipv4/inet-addr.ts
/** Adding and removing the addresses of a device (net/ipv4/devinet.c: inet_insert_ifa, inet_del_ifa). */
/** Adds an address with its routes; the value takes it away again. */
function inetInsertIfa(dev, spec) {
	const target = inDev(dev);
	const same = target.addrs.filter((each) => each.prefix === spec.prefix && ifaContains(each, spec.local));
	if (same.some((each) => each.local === spec.local)) return err({
		errno: "EEXIST",
		message: "ipv4: Address already assigned."
	});
	if (same.some((each) => each.scope !== spec.scope)) return err({
		errno: "EINVAL",
		message: "ipv4: Invalid scope value."
	});
	const ifa = {
		...spec,
		secondary: same.length > 0
	};
	const undo = setAddrs(target, insert$1(target.addrs, ifa));
	notify(dev, "up", [ifa]);
	return ok(undo);
}
/** The address of a device, as the user names it. */
function findIfa(dev, local, prefix) {
	return inDev(dev).addrs.find((each) => each.local === local && each.prefix === prefix);
}
/**
* Removes an address with its routes. With the first address of a network go all others of it, unless
* `promote_secondaries` makes the next one the first. The value brings everything back.
*/
function inetDelIfa(dev, ifa) {
	const target = inDev(dev);
	const rest = target.addrs.filter((each) => each !== ifa);
	const orphans = ifa.secondary ? [] : rest.filter((each) => each.secondary && each.prefix === ifa.prefix && ifaContains(each, ifa.local));
	const [heir] = orphans;
	if (target.promoteSecondaries !== 0 && heir !== void 0) {
		const undo = setAddrs(target, insert$1(rest.filter((each) => each !== heir), {
			...heir,
			secondary: false
		}));
		notify(dev, "down", [ifa]);
		return undo;
	}
	const gone = [...orphans, ifa];
	const undo = setAddrs(target, target.addrs.filter((each) => !gone.includes(each)));
	notify(dev, "down", gone);
	return undo;
}
/** lo comes up: it gets 127.0.0.1/8 unless it has an address. */
function inetdevUp(dev) {
	if (!dev.isLoopback || inDev(dev).addrs.length > 0) return;
	inetInsertIfa(dev, {
		local: 2130706433,
		prefix: 8,
		broadcast: void 0,
		scope: "host"
	});
}
/** Takes all addresses from a device that goes away (`inetdev_destroy`). */
function inetdevDestroy(dev) {
	const target = inDev(dev);
	const gone = target.addrs;
	if (gone.length === 0) return;
	setAddrs(target, []);
	notify(dev, "down", gone);
}
/** A first address stands behind the first ones of at least its own scope, any other at the end. */
function insert$1(addrs, ifa) {
	if (ifa.secondary) return [...addrs, ifa];
	let at = 0;
	addrs.forEach((each, k) => {
		if (!each.secondary && RT_SCOPE[ifa.scope] <= RT_SCOPE[each.scope]) at = k + 1;
	});
	return [
		...addrs.slice(0, at),
		ifa,
		...addrs.slice(at)
	];
}
/** Changes the list and what follows from it: the host's addresses and the routes. */
function setAddrs(target, addrs) {
	const { dev } = target;
	const before = target.addrs;
	const put = (next, last) => {
		target.addrs = next;
		const index = inetAddrs(dev.netns);
		for (const { local } of last) {
			const others = (index.get(local) ?? []).filter((each) => each !== dev);
			if (others.length === 0) index.delete(local);
			else index.set(local, others);
		}
		for (const { local } of next) {
			const devs = index.get(local) ?? [];
			if (!devs.includes(dev)) index.set(local, [...devs, dev]);
		}
	};
	return fibOf(dev.netns).record(() => {
		const last = addrStateOf(target);
		put(addrs, before);
		fibOf(dev.netns).changed(() => put(before, addrs));
		fibSyncIfaddrs(dev, last, addrStateOf(target));
	});
}
function notify(dev, type, addrs) {
	for (const { local } of addrs) for (const listener of dev.netns.machine.inetAddrNotifiers) listener({
		type,
		dev,
		addr: local
	});
}
// src/sim/ipv4/ip-error.ts
const ICMP_REDIR_HOST = 1;
/** The end of a packet without a route, or with one that refuses; its sender is told, but not too often. */
function ipError(skb) {
	const dst = ipv4DstOf(skb);
	const dev = skb.dev ?? dst?.dev;
	if (dev === void 0 || dst?.errno === void 0) throw new Error("ip_error: the packet has a route");
	const { netns } = dev;
	if (inDev(dev).forwarding === 0) return dropSkb(skb, netns, "ip_error", "IP_INADDRERRORS", { detail: `forwarding is off on ${dev.name}` });
	const { code, reason } = OUTCOMES[dst.errno];
	if (code !== void 0 && ipErrorAllows(netns, ipv4Src(skb.bytes, skb.network))) icmpSend(skb, 3, code, 0);
	return dropSkb(skb, netns, "ip_error", reason);
}
/** The next hop does not answer: the sender is told (`ipv4_send_dest_unreach`). */
function ipv4LinkFailure(skb) {
	icmpSend(skb, 3, 1, 0);
}
/** Too long for the next link, and not to be cut. */
function ipv4FragNeeded(skb, mtu) {
	icmpSend(skb, 3, 4, mtu);
}
/** Tells the sender of a packet that leaves where it came in that there is a nearer way (`ip_rt_send_redirect`). */
function ipRtSendRedirect(skb, dst) {
	const { dev } = skb;
	if (dev === void 0 || inDev(dev).sendRedirects === 0) return;
	const src = ipv4Src(skb.bytes, skb.network);
	const gateway = dst.gateway ?? ipv4Dst(skb.bytes, skb.network);
	if (!redirectAllows(dev.netns, src)) return;
	icmpSend(skb, 5, ICMP_REDIR_HOST, gateway);
}
/** The code of the answer, if there is one, and the reason of the drop. */
const OUTCOMES = {
	EHOSTUNREACH: {
		code: 1,
		reason: "ROUTE_UNREACHABLE"
	},
	ENETUNREACH: {
		code: 0,
		reason: "IP_INNOROUTES"
	},
	EACCES: {
		code: 13,
		reason: "ROUTE_PROHIBIT"
	},
	EINVAL: {
		code: void 0,
		reason: "ROUTE_BLACKHOLE"
	}
};
// src/sim/ipv4/ip-forward.ts
/** IPv4 forwarding (net/ipv4/ip_forward.c). */
/** Passes on a routed packet: time to live, length, redirect, FORWARD, then out. */
function ipForward(skb) {
	const dst = ipv4DstOf(skb);
	const indev = skb.dev;
	if (dst === void 0 || indev === void 0) throw new Error("ip_forward: the packet has no route or device");
	const { netns } = indev;
	if (skb.pktType !== "host") return dropSkb(skb, netns, "ip_forward", "NOT_SPECIFIED", { detail: `a ${skb.pktType} frame is not forwarded` });
	const { bytes, network } = skb;
	const ttl = ipv4Ttl(bytes, network);
	if (ttl <= 1) {
		icmpSend(skb, 11, 0, 0);
		return dropSkb(skb, netns, "ip_forward", "TTL_EXPIRED");
	}
	skb.forwarded = true;
	const mtu = inetConf(netns).ipForwardUsePmtu === 0 ? dst.forwardMtu : dst.mtu;
	if (ipExceedsMtu(skb, mtu)) {
		icmpSend(skb, 3, 4, mtu);
		return dropSkb(skb, netns, "ip_forward", "PKT_TOO_BIG", { detail: `${skb.end - network} bytes, MTU ${mtu} of ${dst.dev.name}` });
	}
	setIpv4Ttl(bytes, network, ttl - 1);
	if (skb.machine.tracer !== void 0) traceTtl(skb, netns, ttl);
	if (skb.doRedirect) ipRtSendRedirect(skb, dst);
	return nfHook({
		family: "ipv4",
		hook: "FORWARD",
		netns,
		indev,
		outdev: dst.dev,
		okfn: ipForwardFinish
	}, skb);
}
function ipForwardFinish(skb) {
	if (skb.dst === void 0) throw new Error("ip_forward_finish: the packet lost its route");
	return skb.dst.output(skb);
}
/** Longer than the MTU, and says "don't fragment"; what was put together counts by its largest fragment. */
function ipExceedsMtu(skb, mtu) {
	if (skb.end - skb.network <= mtu) return false;
	if ((ipv4Frag(skb.bytes, skb.network) & 16384) === 0) return false;
	return !skb.ignoreDf || skb.fragMaxSize > mtu;
}
function traceTtl(skb, netns, ttl) {
	traceStep(skb, netns, "ip_decrease_ttl", {
		step: "ttl",
		before: ttl,
		after: ttl - 1
	});
}
// src/sim/ipv4/ip-fragment.ts
/** Putting fragments together again (net/ipv4/ip_fragment.c). Cutting is in `ip-refragment.ts`. */
const MAX_PACKET = 65535;
/** Takes a fragment. `undefined`: `skb` is now the whole packet, go on; else the fragment was taken, with this fate. */
function ipDefrag(skb, netns, user) {
	const { bytes, network } = skb;
	if (!ipv4IsFragment(bytes, network)) return void 0;
	const fragment = readFragment(skb);
	if (fragment === void 0) return dropSkb(skb, netns, "ip_frag_queue", "IP_INHDR", { detail: "a fragment of no length" });
	const queue = findQueue(skb, netns, user);
	const isLast = (ipv4Frag(bytes, network) & IP_MF) === 0;
	if (!fitsEnd(queue, fragment, isLast) || fragment.to + ipv4HeaderLength(bytes, network) > MAX_PACKET) return discard(queue, netns, skb);
	const place = placeOf(queue.fragments, fragment);
	if (place === "duplicate") return dropSkb(skb, netns, "ip_frag_queue", "DUP_FRAG");
	if (place === "overlap") return discard(queue, netns, skb);
	queue.fragments = [
		...queue.fragments.slice(0, place),
		fragment,
		...queue.fragments.slice(place)
	];
	if (isLast) queue.total = fragment.to;
	const size = ipv4TotalLength(bytes, network);
	queue.maxSize = Math.max(queue.maxSize, size);
	if ((ipv4Frag(bytes, network) & 16384) !== 0) queue.maxDfSize = Math.max(queue.maxDfSize, size);
	if (!isComplete(queue)) return "queued";
	reassemble(queue, netns, skb);
}
const fragQueues = pernet(() => /* @__PURE__ */ new Map());
function readFragment(skb) {
	const { bytes, network } = skb;
	const word = ipv4Frag(bytes, network);
	let length = ipv4TotalLength(bytes, network) - ipv4HeaderLength(bytes, network);
	if ((word & 8192) !== 0) length &= -8;
	const from = (word & IP_OFFSET) * 8;
	return length <= 0 ? void 0 : {
		skb,
		from,
		to: from + length
	};
}
function findQueue(skb, netns, user) {
	const { bytes, network } = skb;
	const key = `${user} ${`${ipv4Src(bytes, network)} ${ipv4Dst(bytes, network)} ${ipv4Proto(bytes, network)}`} ${ipv4Id(bytes, network)}`;
	const queues = fragQueues(netns);
	let queue = queues.get(key);
	if (queue === void 0) {
		queue = {
			key,
			user,
			fragments: [],
			total: void 0,
			maxSize: 0,
			maxDfSize: 0,
			timer: netns.machine.loop.after(inetConf(netns).ipfragTimeSeconds * 1e9, () => expire(netns, key))
		};
		queues.set(key, queue);
	}
	return queue;
}
/** Whether the fragment agrees with what is known of the packet's end. */
function fitsEnd(queue, fragment, isLast) {
	const known = queue.fragments.at(-1)?.to ?? 0;
	if (isLast) return queue.total === void 0 ? fragment.to >= known : fragment.to === queue.total;
	return queue.total === void 0 || fragment.to <= queue.total;
}
/** Where the fragment goes. One that brings nothing new is a duplicate; one that overlaps in part spoils the packet. */
function placeOf(fragments, fragment) {
	let at = 0;
	while (at < fragments.length && (fragments[at]?.from ?? 0) < fragment.from) at += 1;
	if (!fragments.some((each) => each.from < fragment.to && fragment.from < each.to)) return at;
	return isCovered(fragments, fragment) ? "duplicate" : "overlap";
}
/** Whether fragments without a gap between them hold all of this one already. */
function isCovered(fragments, fragment) {
	let upTo = fragment.from;
	for (const each of fragments) if (each.from <= upTo && each.to > upTo) upTo = each.to;
	return upTo >= fragment.to;
}
function isComplete(queue) {
	let upTo = 0;
	for (const each of queue.fragments) {
		if (each.from !== upTo) return false;
		upTo = each.to;
	}
	return upTo === queue.total;
}
/** Makes `last`, the fragment that came last, the whole packet (`ip_frag_reasm`). */
function reassemble(queue, netns, last) {
	remove$4(queue, netns);
	const first = queue.fragments[0]?.skb ?? last;
	const hlen = ipv4HeaderLength(first.bytes, first.network);
	const total = queue.total ?? 0;
	const linkLength = first.mac < 0 ? 0 : first.network - first.mac;
	const network = 64 + linkLength;
	const bytes = new Uint8Array(network + hlen + total);
	bytes.set(first.bytes.subarray(first.network - linkLength, first.network + hlen), 64);
	for (const { skb, from, to } of queue.fragments) {
		const at = skb.network + ipv4HeaderLength(skb.bytes, skb.network);
		bytes.set(skb.bytes.subarray(at, at + to - from), network + hlen + from);
	}
	put16(bytes, network + 2, hlen + total);
	put16(bytes, network + 6, queue.maxDfSize === queue.maxSize ? IP_DF : 0);
	fillIpv4Checksum(bytes, network);
	last.bytes = bytes;
	last.mac = linkLength === 0 ? -1 : 64;
	last.network = network;
	last.data = network;
	last.transport = network + hlen;
	last.end = bytes.length;
	last.fragMaxSize = queue.maxSize;
	last.fragSizes = queue.fragments.map((each) => each.to - each.from);
	last.ignoreDf = queue.user !== "local-deliver";
	for (const { skb } of queue.fragments) if (skb !== last) consumeSkb(skb, netns, "inet_frag_reasm_finish", `became part of packet ${last.id}`);
	traceStep(last, netns, "ip_frag_reasm", {
		step: "reassemble",
		fragments: queue.fragments.length
	});
}
/** Not all came in time. The host that the packet was for tells the sender, if it has the first fragment. */
function expire(netns, key) {
	const queue = fragQueues(netns).get(key);
	if (queue === void 0 || netns.dead) return;
	remove$4(queue, netns);
	const [first] = queue.fragments;
	if (first?.from === 0) tellSender(queue, first.skb);
	for (const { skb } of queue.fragments) dropSkb(skb, netns, "ip_expire", "FRAG_REASM_TIMEOUT");
}
function tellSender(queue, skb) {
	if (skb.dev === void 0) return;
	if (skb.dst === void 0 && ipRouteInput(skb, skb.dev) !== void 0) return;
	if (queue.user !== "local-deliver" && skb.dst?.type !== "local") return;
	icmpSend(skb, 11, 1, 0);
}
/** Fragments that contradict each other: all are dropped. */
function discard(queue, netns, skb) {
	remove$4(queue, netns);
	const detail = "fragments of the packet contradict each other";
	for (const each of queue.fragments) dropSkb(each.skb, netns, "ip_frag_queue", "DUP_FRAG", { detail });
	return dropSkb(skb, netns, "ip_frag_queue", "DUP_FRAG", { detail });
}
function remove$4(queue, netns) {
	queue.timer.cancel();
	fragQueues(netns).delete(queue.key);
}
// src/sim/ipv4/ip-options.ts
/**
* IP options of packets that come in (net/ipv4/ip_options.c: __ip_options_compile; ip_input.c: ip_rcv_options): a malformed
* list is answered, a source route is refused, as it is unless `accept_source_route` says otherwise. What options ask for
* (to record the route, the time) is not done.
*/
/** Looks at the options; the result says why the packet must be dropped (its sender has been told, where that is due). */
function ipRcvOptions(skb) {
	const { bytes, network } = skb;
	const parsed = parseOptions(bytes, network + 20, network + ipv4HeaderLength(bytes, network));
	if (parsed.badAt !== void 0) {
		icmpSend(skb, 12, 0, (parsed.badAt - network) * 16777216);
		return "malformed IP options";
	}
	return parsed.sourceRoute ? "a source route (accept_source_route is not modelled)" : void 0;
}
const END = 0;
const NOOP = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
const LOOSE_ROUTE = 131;
const STRICT_ROUTE = 137;
const ROUTER_ALERT = 148;
function parseOptions(bytes, from, to) {
	const seen = /* @__PURE__ */ new Set();
	for (let at = from; at < to && bytes[at] !== END;) {
		if ((bytes[at] ?? 0) === NOOP) {
			at += 1;
			continue;
		}
		const length = bytes[at + 1] ?? 0;
		if (at + 2 > to || length < 2 || at + length > to) return {
			badAt: at,
			sourceRoute: false
		};
		const badAt = badPlace(bytes, at, length, seen);
		if (badAt !== void 0) return {
			badAt,
			sourceRoute: false
		};
		at += length;
	}
	return { sourceRoute: seen.has(LOOSE_ROUTE) };
}
/** Where an option of this length is wrong; `seen` are those that may be there only once. */
function badPlace(bytes, at, length, seen) {
	const kind = bytes[at] ?? 0;
	const pointer = bytes[at + 2] ?? 0;
	switch (kind) {
		case LOOSE_ROUTE:
		case STRICT_ROUTE:
			if (length < 3) return at + 1;
			if (pointer < 4) return at + 2;
			if (seen.has(LOOSE_ROUTE)) return at;
			seen.add(LOOSE_ROUTE);
			return;
		case RECORD_ROUTE:
			if (seen.has(RECORD_ROUTE)) return at;
			if (length < 3) return at + 1;
			if (pointer < 4 || pointer <= length && pointer + 3 > length) return at + 2;
			seen.add(RECORD_ROUTE);
			return;
		case TIMESTAMP:
			if (seen.has(TIMESTAMP)) return at;
			if (length < 4) return at + 1;
			if (pointer < 5) return at + 2;
			seen.add(TIMESTAMP);
			return;
		case ROUTER_ALERT: return length < 4 ? at + 1 : void 0;
		default: return;
	}
}
// src/sim/ipv4/ip-input.ts
/** IPv4 input (net/ipv4/ip_input.c): checks, PRE_ROUTING, routing; LOCAL_IN and the protocol. */
/** Takes in a packet of EtherType IPv4: `data` and `network` at its IP header. */
function ipRcv(skb) {
	const dev = deviceOf$1(skb);
	const { netns } = dev;
	const { bytes, data } = skb;
	if (skb.pktType === "otherhost") return dropSkb(skb, netns, "ip_rcv_core", "OTHERHOST");
	const available = skb.end - data;
	const hlen = ipv4HeaderLength(bytes, data);
	if (available < 20 || hlen < 20 || hlen > available || ipv4Version(bytes, data) !== 4) return dropSkb(skb, netns, "ip_rcv_core", "IP_INHDR");
	if (!ipv4ChecksumIsValid(bytes, data)) return dropSkb(skb, netns, "ip_rcv_core", "IP_CSUM");
	const total = ipv4TotalLength(bytes, data);
	if (total > available) return dropSkb(skb, netns, "ip_rcv_core", "PKT_TOO_SMALL");
	if (total < hlen) return dropSkb(skb, netns, "ip_rcv_core", "IP_INHDR");
	skb.end = data + total;
	skb.network = data;
	skb.transport = data + hlen;
	skb.forwarded = false;
	skb.fragMaxSize = 0;
	skb.fragSizes = void 0;
	skb.sk = void 0;
	return nfHook({
		family: "ipv4",
		hook: "PREROUTING",
		netns,
		indev: dev,
		outdev: void 0,
		okfn: ipRcvFinish
	}, skb);
}
/** After PRE_ROUTING: routes the packet and passes it on. A packet that lo or a bridge gave a route keeps it. */
function ipRcvFinish(skb) {
	const dev = deviceOf$1(skb);
	if (skb.dst === void 0) {
		const reason = ipRouteInput(skb, dev);
		if (reason !== void 0) return dropSkb(skb, dev.netns, "ip_rcv_finish_core", reason);
	}
	const { dst, pktType } = skb;
	if (dst === void 0) throw new Error("ip_rcv_finish: the packet has no route");
	if (ipv4HeaderLength(skb.bytes, skb.network) > 20) {
		const wrong = ipRcvOptions(skb);
		if (wrong !== void 0) return dropSkb(skb, dev.netns, "ip_rcv_options", "IP_INHDR", { detail: wrong });
	}
	if (pktType !== "host" && pktType !== "loopback" && dst.type === "unicast" && inDev(dev).dropUnicastInL2Multicast !== 0) return dropSkb(skb, dev.netns, "ip_rcv_finish_core", "NOT_SPECIFIED", { detail: "unicast in a group frame" });
	return dst.input(skb);
}
/** Takes a packet for this host: put together if it is a fragment, then LOCAL_IN. */
function ipLocalDeliver(skb) {
	const dev = deviceOf$1(skb);
	if (ipv4IsFragment(skb.bytes, skb.network)) {
		const fate = ipDefrag(skb, dev.netns, "local-deliver");
		if (fate !== void 0) return fate;
	}
	const { netns } = dev;
	return nfHook({
		family: "ipv4",
		hook: "INPUT",
		netns,
		indev: dev,
		outdev: void 0,
		okfn: ipLocalDeliverFinish
	}, skb);
}
/** Hands the packet to its protocol, with `data` at the transport header. */
function ipLocalDeliverFinish(skb) {
	const { netns } = deviceOf$1(skb);
	skb.transport = skb.network + ipv4HeaderLength(skb.bytes, skb.network);
	skb.data = skb.transport;
	const proto = ipv4Proto(skb.bytes, skb.network);
	const protocol = skb.machine.inetProtocols.get(proto);
	return protocol === void 0 ? unknownProtocol(skb, netns, proto) : protocol.handler(skb);
}
function unknownProtocol(skb, netns, proto) {
	icmpSend(skb, 3, 2, 0);
	return dropSkb(skb, netns, "ip_protocol_deliver_rcu", "IP_NOPROTO", { detail: `protocol ${proto}` });
}
function deviceOf$1(skb) {
	if (skb.dev === void 0) throw new Error("ip_rcv: the packet has no device");
	return skb.dev;
}
// src/sim/ipv4/init-inet.ts
/** Registers IPv4 with a machine: sysctls, the packet type, ICMP, where routed packets go, what devices do to routes. */
/** Call once, before the machine's first namespace is made. */
function initInet(machine) {
	registerInetSysctls(machine);
	machine.packetTypes.set(ETH_P_IP, ipRcv);
	machine.inetProtocols.set(1, {
		handler: icmpRcv,
		errHandler: icmpErr
	});
	machine.onNetnsCreated.push((netns) => {
		inetDstOps(netns).ops = {
			localDeliver: ipLocalDeliver,
			forward: ipForward,
			error: ipError,
			output: ipOutput,
			mcOutput: ipMcOutput,
			linkFailure: ipv4LinkFailure,
			fragNeeded: ipv4FragNeeded
		};
	});
	machine.deviceNotifiers.push(inetNetdevEvent);
}
/** An error about an ICMP packet of this host: a ping socket's echo request (`icmp_err`). */
function icmpErr(skb, error) {
	const netns = skb.dev?.netns;
	if (netns !== void 0) icmpEchoReplyHandlers(netns).onError?.(skb, error);
}
/** IPsec leaves the loopback device alone. */
function exemptLoopback(dev) {
	const { values } = sysctls(dev.netns);
	for (const leaf of ["disable_policy", "disable_xfrm"]) values.set(deviceKey(CONF_PREFIX, dev.name, leaf), "1");
}
/** `inetdev_event` and `fib_netdev_event`. */
function inetNetdevEvent(event) {
	const { dev } = event;
	const fib = fibOf(dev.netns);
	const resolveRules = () => fib.resolveRules((name) => ifindexOf(dev.netns, name));
	switch (event.type) {
		case "register":
			if (dev.isLoopback) exemptLoopback(dev);
			refreshInDev(inDev(dev));
			resolveRules();
			return;
		case "unregister":
			fibSyncDownDev(dev, {
				force: true,
				unregister: true
			});
			inetdevDestroy(dev);
			resolveRules();
			return;
		case "up":
			inetdevUp(dev);
			fibDevUp(dev);
			fib.changed();
			return;
		case "down":
			fibSyncDownDev(dev, { force: false });
			fib.changed();
			return;
		case "change":
			fibSyncCarrier(dev);
			fib.changed();
			return;
		case "changename":
			resolveRules();
			return;
		case "going-down":
		case "changeaddr":
		case "join":
		case "leave": return;
	}
}
// src/sim/netfilter/br-netfilter-finish.ts
/** Where a bridged packet goes after the IP hooks: back into the bridge, up to the host, or to another port (DNAT). */
/** The stand-in route of a bridged packet: it says that the packet belongs to the bridge, and must not reach the IP layer. */
const bridgeParentRtable = perdevice((bridge) => new Ipv4Dst({
	dev: bridge,
	type: "unicast"
}));
/** The IP hooks must not see that the frame is for another host's MAC address. */
function takeAsOurs(skb, info) {
	if (skb.pktType !== "otherhost") return;
	skb.pktType = "host";
	info.pktOtherHost = true;
}
/** After PRE_ROUTING, `skb.dev` is the bridge. A packet that DNAT gave another destination is routed first. */
function brNfPreRoutingFinish(skb) {
	const { info, port } = bridged(skb);
	const bridge = skb.dev;
	if (bridge === void 0) throw new Error("br_nf_pre_routing_finish: no device");
	giveBack(skb, info);
	info.inPrerouting = false;
	if (ipv4Dst(skb.bytes, skb.network) === info.origDst) {
		skb.dst = bridgeParentRtable(bridge);
		return goOn$1(skb, port, brHandleFrameFinish);
	}
	const reason = ipRouteInput(skb, bridge);
	if (reason !== void 0) return dropSkb(skb, bridge.netns, "br_nf_pre_routing_finish", reason);
	if (skb.dst?.type === "unicast" && skb.dst.dev === bridge) return goOn$1(skb, port, brNfPreRoutingFinishBridge);
	setEthDst(skb.bytes, skb.mac, bridge.mac);
	skb.pktType = "host";
	return goOn$1(skb, port, brHandleFrameFinish);
}
/** A frame that the bridge device sends; one that bridged DNAT held up goes on as if it had just come in by its port. */
function brNfDevXmit(skb) {
	const info = skb.nfBridge;
	if (info?.physin === void 0 || info.bridgedDnatSrc === void 0) return void 0;
	info.bridgedDnatSrc = void 0;
	info.physout = void 0;
	skb.fragSizes = void 0;
	skb.mac = skb.data;
	skb.data += 14;
	skb.network = skb.data;
	skb.dev = info.physin;
	return brHandleFrameFinish(skb);
}
/** After FORWARD, `skb.dev` is the port it leaves by. */
function brNfForwardFinish(skb) {
	const { info, port } = bridged(skb);
	giveBack(skb, info);
	const { netns } = port;
	return nfHookThresh({
		family: "bridge",
		hook: "FORWARD",
		netns,
		indev: port,
		outdev: skb.dev,
		okfn: brForwardFinish
	}, skb, 1);
}
/** After POST_ROUTING: onto the wire; a packet that was put together from fragments is cut again. */
function brNfDevQueueXmit(skb) {
	const dev = skb.dev;
	if (skb.nfBridge !== void 0) giveBack(skb, skb.nfBridge);
	skb.nfBridge = void 0;
	if (dev === void 0) return brDevQueuePushXmit(skb);
	const limit = skb.fragMaxSize > 0 ? Math.min(dev.mtu, skb.fragMaxSize) : dev.mtu;
	if (skb.end - skb.network <= limit) return brDevQueuePushXmit(skb);
	const mtu = dev.master?.mtu ?? dev.mtu;
	if (!(skb.fragMaxSize > 0 ? skb.fragMaxSize <= mtu : (ipv4Frag(skb.bytes, skb.network) & 16384) === 0)) return dropSkb(skb, dev.netns, "br_nf_ip_fragment", "PKT_TOO_BIG", { detail: `${dev.name} has MTU ${mtu}` });
	const header = skb.bytes.slice(skb.mac, skb.mac + 14);
	const output = (piece) => {
		piece.mac = piece.network - 14;
		piece.bytes.set(header, piece.mac);
		return brDevQueuePushXmit(piece);
	};
	return ipDoFragment(skb, {
		netns: dev.netns,
		mtu,
		output
	});
}
/** The rest of the bridge's PRE_ROUTING functions, then `okfn`. */
function goOn$1(skb, port, okfn) {
	skb.dev = port;
	const { netns } = port;
	return nfHookThresh({
		family: "bridge",
		hook: "PREROUTING",
		netns,
		indev: port,
		outdev: void 0,
		okfn
	}, skb, 1);
}
/** Bridged DNAT: the new destination is behind the same bridge. Only the destination MAC address changes. */
function brNfPreRoutingFinishBridge(skb) {
	const { info, port } = bridged(skb);
	const bridge = port.master;
	if (bridge === void 0) return dropSkb(skb, port.netns, "br_nf_pre_routing_finish_bridge", "BRIDGE_INGRESS_STATE");
	const nexthop = skb.dst?.gateway ?? ipv4Dst(skb.bytes, skb.network);
	const neigh = neighLookup(bridge, nexthop) ?? neighCreate(bridge, nexthop, skb);
	if ((neigh.state === "REACHABLE" || neigh.state === "PERMANENT" || neigh.state === "NOARP") && neigh.hasHeader) {
		setEthDst(skb.bytes, skb.mac, neigh.mac);
		return brHandleFrameFinish(skb);
	}
	info.bridgedDnatSrc = ethSrc(skb.bytes, skb.mac);
	return neighOutput(skb, bridge, nexthop);
}
function bridged(skb) {
	const info = skb.nfBridge;
	if (info?.physin === void 0) throw new Error("not a packet from a bridge port");
	return {
		info,
		port: info.physin
	};
}
function giveBack(skb, info) {
	if (!info.pktOtherHost) return;
	skb.pktType = "otherhost";
	info.pktOtherHost = false;
}
// src/sim/netfilter/conntrack/settings.ts
/** The sysctls of connection tracking: `net.netfilter.nf_conntrack_*`, kept as numbers for the packet path. */
const PREFIX = "net.netfilter.nf_conntrack_";
/** Defaults of Linux 6.18 (256 MB and more of memory). */
const DEFAULTS = {
	acct: 0,
	buckets: 262144,
	checksum: 1,
	events: 2,
	expect_max: 4096,
	generic_timeout: 600,
	gre_timeout: 30,
	gre_timeout_stream: 180,
	icmp_timeout: 30,
	log_invalid: 0,
	max: 262144,
	sctp_timeout_closed: 10,
	sctp_timeout_cookie_echoed: 3,
	sctp_timeout_cookie_wait: 3,
	sctp_timeout_established: 210,
	sctp_timeout_heartbeat_sent: 30,
	sctp_timeout_shutdown_ack_sent: 3,
	sctp_timeout_shutdown_recd: 3,
	sctp_timeout_shutdown_sent: 3,
	tcp_be_liberal: 0,
	tcp_ignore_invalid_rst: 0,
	tcp_loose: 1,
	tcp_max_retrans: 3,
	tcp_timeout_close: 10,
	tcp_timeout_close_wait: 60,
	tcp_timeout_established: 432e3,
	tcp_timeout_fin_wait: 120,
	tcp_timeout_last_ack: 30,
	tcp_timeout_max_retrans: 300,
	tcp_timeout_syn_recv: 60,
	tcp_timeout_syn_sent: 120,
	tcp_timeout_time_wait: 120,
	tcp_timeout_unacknowledged: 300,
	udp_timeout: 30,
	udp_timeout_stream: 120
};
/** The keys with their defaults, as `registerSysctls` takes them. */
const CONNTRACK_SYSCTLS = Object.fromEntries(Object.entries(DEFAULTS).map(([key, value]) => [`${PREFIX}${key}`, String(value)]));
/** The values as they are now. */
function readCtSettings(netns) {
	const values = sysctls(netns).values;
	const of = (key) => {
		const value = Number(values.get(`${PREFIX}${key}`) ?? DEFAULTS[key]);
		return Number.isNaN(value) ? DEFAULTS[key] : value;
	};
	const ns = (key) => of(key) * 1e9;
	const synSent = ns("tcp_timeout_syn_sent");
	return {
		max: of("max"),
		buckets: of("buckets"),
		checksum: of("checksum") !== 0,
		tcpBeLiberal: of("tcp_be_liberal") !== 0,
		tcpLoose: of("tcp_loose") !== 0,
		tcpIgnoreInvalidRst: of("tcp_ignore_invalid_rst") !== 0,
		tcpMaxRetrans: of("tcp_max_retrans"),
		tcp: [
			synSent,
			synSent,
			ns("tcp_timeout_syn_recv"),
			ns("tcp_timeout_established"),
			ns("tcp_timeout_fin_wait"),
			ns("tcp_timeout_close_wait"),
			ns("tcp_timeout_last_ack"),
			ns("tcp_timeout_time_wait"),
			ns("tcp_timeout_close"),
			synSent
		],
		tcpMaxRetransNs: ns("tcp_timeout_max_retrans"),
		tcpUnackNs: ns("tcp_timeout_unacknowledged"),
		udpNs: ns("udp_timeout"),
		udpStreamNs: ns("udp_timeout_stream"),
		icmpNs: ns("icmp_timeout"),
		genericNs: ns("generic_timeout")
	};
}
function isConntrackSysctl(key) {
	return key.startsWith(PREFIX);
}
// src/sim/netfilter/conntrack/tuple.ts
/** The most specific of the protocols with ports that a tuple knows. */
function hasPorts(proto) {
	return proto === 6 || proto === 17 || proto === 132;
}
/**
* Reads the tuple of the IPv4 packet at `at` (the packet's own header or one quoted in an ICMP error) into `into`;
* false: it has none, for it is a later fragment or too short (`nf_ct_get_tuplepr`). The zone is left as it is.
*/
function readIpv4Tuple(b, at, end, into) {
	if (end - at < 20 || (ipv4Frag(b, at) & 8191) !== 0) return false;
	const proto = ipv4Proto(b, at);
	const l4 = at + ipv4HeaderLength(b, at);
	into.src = ipv4Src(b, at);
	into.dst = ipv4Dst(b, at);
	into.proto = proto;
	if (hasPorts(proto)) {
		if (l4 + 4 > end) return false;
		into.sport = get16(b, l4);
		into.dport = get16(b, l4 + 2);
		return true;
	}
	if (proto === 1) {
		if (l4 + 8 > end) return false;
		into.sport = get16(b, l4 + 4);
		into.dport = get16(b, l4);
		return true;
	}
	into.sport = 0;
	into.dport = 0;
	return l4 <= end;
}
/** The tuple of an answer; false: an ICMP type that nothing answers (`nf_ct_invert_tuple`). `into` may not be `of`. */
function invertTuple(of, into) {
	into.src = of.dst;
	into.dst = of.src;
	into.proto = of.proto;
	into.zone = of.zone;
	if (of.proto !== 1) {
		into.sport = of.dport;
		into.dport = of.sport;
		return true;
	}
	const answer = ICMP_INVERSE[of.dport >>> 8];
	if (answer === void 0) return false;
	into.sport = of.sport;
	into.dport = answer << 8 | of.dport & 255;
	return true;
}
function copyTuple(from, to) {
	to.src = from.src;
	to.dst = from.dst;
	to.proto = from.proto;
	to.sport = from.sport;
	to.dport = from.dport;
	to.zone = from.zone;
}
function sameTuple(a, b) {
	return a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport && a.proto === b.proto && a.zone === b.zone;
}
/** A signed 32-bit hash of the whole tuple (MurmurHash3's mixing). */
function hashTuple(t) {
	let h = mix(t.zone, low32(t.src));
	h = mix(h, low32(t.dst));
	h = mix(h, t.sport << 16 | t.dport);
	return finish(mix(h, t.proto));
}
/** The hash by which a flow's source is found: zone, source address, source port (or ICMP id) and protocol. */
function hashSource(t, zone) {
	return finish(mix(mix(mix(zone, low32(t.src)), t.sport), t.proto));
}
/** The address of an IPv4 tuple; any other is a bug, for only IPv4 packets are tracked. */
function ipv4Of(n) {
	if (typeof n !== "number") throw new Error("conntrack: an IPv6 address in an IPv4 tuple");
	return n;
}
function tupleValue(t) {
	const base = {
		proto: t.proto,
		src: ipText(t.src),
		dst: ipText(t.dst)
	};
	if (hasPorts(t.proto)) return {
		...base,
		sport: t.sport,
		dport: t.dport
	};
	if (t.proto === 1) return {
		...base,
		icmp: {
			type: t.dport >>> 8,
			code: t.dport & 255,
			id: t.sport
		}
	};
	return base;
}
/** ICMP types that come in pairs: echo, timestamp, information and address mask. */
const ICMP_INVERSE = Array.from({ length: 19 }, (_, type) => {
	switch (type) {
		case 0: return 8;
		case 8: return 0;
		case 13:
		case 15:
		case 17: return type + 1;
		case 14:
		case 16:
		case 18: return type - 1;
		default: return;
	}
});
function low32(n) {
	if (typeof n === "number") return n | 0;
	return Number(BigInt.asIntN(32, n ^ n >> 32n ^ n >> 64n ^ n >> 96n));
}
function mix(h, word) {
	let k = Math.imul(word, 3432918353);
	k = Math.imul(k << 15 | k >>> 17, 461845907) ^ h;
	return Math.imul(k << 13 | k >>> 19, 5) + 3864292196 | 0;
}
function finish(h) {
	h = Math.imul(h ^ h >>> 16, 2246822507);
	h = Math.imul(h ^ h >>> 13, 3266489909);
	return h ^ h >>> 16 | 0;
}
// src/sim/netfilter/conntrack/table.ts
/** The table of confirmed entries of a namespace, hashed by both tuples. Expiry is lazy: there is no timer per entry. */
const MIN_BITS = 8;
/** How many of the kernel's hash buckets `early_drop` looks into. */
const EVICTION_RANGE = 8;
var ConntrackTable = class {
	#bits = MIN_BITS;
	#buckets = emptyBuckets(MIN_BITS);
	#count = 0;
	#oldest = void 0;
	#newest = void 0;
	/** Told of each entry that leaves the table. */
	onKill = void 0;
	/** Entries with translated source, by `hashSource` of the original tuple. */
	#bySource = /* @__PURE__ */ new Map();
	/** Number of entries, expired ones that nobody has noticed included. */
	get count() {
		return this.#count;
	}
	/** The tuple in the table that equals `tuple`, of an entry still alive at `nowNs`; only one of direction `dir`, if given. */
	find(tuple, nowNs, dir) {
		const hash = hashTuple(tuple);
		let node = this.#buckets[hash >>> 32 - this.#bits];
		while (node !== void 0) {
			if (node.hash === hash && sameTuple(node, tuple) && node.ct !== void 0 && (dir === void 0 || dir === node.dir)) {
				if (node.ct.timeoutNs > nowNs) return node;
				this.kill(node.ct);
				return;
			}
			node = node.next;
		}
	}
	/** Adds an entry under both its tuples and marks it confirmed. */
	insert(ct, nowNs) {
		if (this.#count * 2 >= this.#buckets.length) this.#grow(nowNs);
		ct.status = (ct.status | 8) & -513;
		this.#link(ct.original);
		this.#link(ct.reply);
		ct.older = this.#newest;
		ct.newer = void 0;
		if (this.#newest === void 0) this.#oldest = ct;
		else this.#newest.newer = ct;
		this.#newest = ct;
		this.#count += 1;
		if ((ct.status & 16) === 0) return;
		const source = hashSource(ct.original, sourceZone(ct));
		ct.nextBySource = this.#bySource.get(source);
		this.#bySource.set(source, ct);
	}
	/** Ends an entry; false: it was ending already (`nf_ct_kill`). */
	kill(ct) {
		if ((ct.status & 512) !== 0) return false;
		ct.status |= 512;
		if ((ct.status & 8) === 0) return true;
		this.#unlink(ct.original);
		this.#unlink(ct.reply);
		if (ct.older === void 0) this.#oldest = ct.newer;
		else ct.older.newer = ct.newer;
		if (ct.newer === void 0) this.#newest = ct.older;
		else ct.newer.older = ct.older;
		this.#count -= 1;
		if ((ct.status & 16) !== 0) this.#unlinkSource(ct);
		this.onKill?.(ct);
		return true;
	}
	/** The living entries, oldest first. */
	entries(nowNs) {
		const alive = [];
		this.#each((ct) => {
			if (ct.timeoutNs > nowNs) alive.push(ct);
			else this.kill(ct);
		});
		return alive;
	}
	/** Removes what has expired. */
	sweep(nowNs) {
		this.#each((ct) => {
			if (ct.timeoutNs <= nowNs) this.kill(ct);
		});
	}
	/** The first entry whose original source (address, port, protocol) is `tuple`'s, in the zone of `of`, and that `accept` takes. */
	findBySource(tuple, of, accept) {
		let ct = this.#bySource.get(hashSource(tuple, sourceZone(of)));
		while (ct !== void 0) {
			const original = ct.original;
			if (original.src === tuple.src && original.sport === tuple.sport && original.proto === tuple.proto && original.zone === of.original.zone && accept(ct)) return ct;
			ct = ct.nextBySource;
		}
	}
	/**
	* Makes room in a full table: ends one entry that is not assured in the eight buckets of the kernel's table that begin
	* with `tuple`'s (`early_drop`); false: there is none.
	*/
	earlyDrop(tuple, buckets) {
		const hash = hashTuple(tuple);
		const bits = 31 - Math.clz32(buckets);
		for (let k = 0; k < EVICTION_RANGE; k += 1) {
			const place = ((hash >>> 32 - bits) + k) % 2 ** bits;
			let node = this.#buckets[this.#bits <= bits ? place >>> bits - this.#bits : place << this.#bits - bits];
			for (; node !== void 0; node = node.next) {
				const victim = node.ct;
				if (node.hash >>> 32 - bits !== place || victim === void 0) continue;
				if ((victim.status & 4) === 0) return this.kill(victim);
			}
		}
		return false;
	}
	#each(visit) {
		let ct = this.#oldest;
		while (ct !== void 0) {
			const newer = ct.newer;
			visit(ct);
			ct = newer;
		}
	}
	#link(node) {
		node.hash = hashTuple(node);
		const at = node.hash >>> 32 - this.#bits;
		node.next = this.#buckets[at];
		this.#buckets[at] = node;
	}
	#unlink(node) {
		const at = node.hash >>> 32 - this.#bits;
		let other = this.#buckets[at];
		if (other === node) this.#buckets[at] = node.next;
		while (other !== void 0 && other.next !== node) other = other.next;
		if (other !== void 0) other.next = node.next;
	}
	#unlinkSource(ct) {
		const source = hashSource(ct.original, sourceZone(ct));
		let other = this.#bySource.get(source);
		if (other === ct) {
			if (ct.nextBySource === void 0) this.#bySource.delete(source);
			else this.#bySource.set(source, ct.nextBySource);
			return;
		}
		while (other !== void 0 && other.nextBySource !== ct) other = other.nextBySource;
		if (other !== void 0) other.nextBySource = ct.nextBySource;
	}
	/** Doubles the buckets, unless throwing out expired entries is enough. */
	#grow(nowNs) {
		this.sweep(nowNs);
		if (this.#count * 4 < this.#buckets.length) return;
		this.#bits += 1;
		this.#buckets = emptyBuckets(this.#bits);
		this.#each((ct) => {
			this.#link(ct.original);
			this.#link(ct.reply);
		});
	}
};
/** A zone of one direction has no part in where a source is looked for (`hash_by_src`). */
function sourceZone(ct) {
	return ct.zoneIsDirected ? 0 : ct.zone;
}
function emptyBuckets(bits) {
	return new Array(2 ** bits).fill(void 0);
}
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
/** What one end was seen to send (`struct ip_ct_tcp_state`). */
var TcpSeen = class {
	/** One past the last sequence number sent. */
	end = 0;
	/** The last one it may send: what the peer acknowledged and its window. */
	maxEnd = 0;
	/** The largest window it advertised, scaled; 0: it has sent nothing yet. */
	maxWin = 0;
	/** The largest acknowledgement it sent. */
	maxAck = 0;
	/** Window scale it offered. */
	scale = 0;
	flags = 0;
};
var TcpTrack = class {
	state = 0;
	/** The originator's end. */
	original = new TcpSeen();
	/** The answering end. */
	reply = new TcpSeen();
	/** Direction of the last packet: 0 original, 1 reply. */
	lastDir = 0;
	/** Its flag class (`TcpIndex`). */
	lastIndex = 0;
	lastSeq = 0;
	lastAck = 0;
	lastEnd = 0;
	lastWin = 0;
	lastWscale = 0;
	lastFlags = 0;
	/** How often the last segment was repeated. */
	retrans = 0;
};
/** The kind of a segment by its flags (`get_conntrack_index`). */
function tcpIndexOf(flags) {
	if ((flags & 4) !== 0) return 4;
	if ((flags & 2) !== 0) return (flags & 16) !== 0 ? 1 : 0;
	if ((flags & 1) !== 0) return 2;
	return (flags & 16) !== 0 ? 3 : 5;
}
/** The state after a segment of kind `index` in direction `dir`, or IGNORED or REFUSED. */
function tcpNextState(dir, index, state) {
	return NEXT[(dir * 6 + index) * 10 + state] ?? 11;
}
/** Combinations of SYN, FIN, RST, ACK, URG that some TCP sends; PSH, ECE and CWR may be with any. */
function tcpFlagsAreValid(flags) {
	return VALID_FLAGS.has(flags & 55);
}
const VALID_FLAGS = /* @__PURE__ */ new Set([
	2,
	34,
	18,
	4,
	20,
	17,
	49,
	16,
	48
]);
const LETTERS = {
	S: 1,
	R: 2,
	E: 3,
	F: 4,
	W: 5,
	L: 6,
	T: 7,
	C: 8,
	"2": 9,
	"=": 10,
	x: 11
};
/** Columns: NONE, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE, SYN_SENT2. */
const NEXT = Uint8Array.from([
	"SS=====SS2",
	"xxRxxxxxxR",
	"xxFFLLLTCx",
	"ExEEWWTTCx",
	"xCCCCCCCCC",
	"xxxxxxxxxx",
	"x2xxxxxSx2",
	"xR=======R",
	"xxFFLLLTCx",
	"x=REWWTTC=",
	"xCCCCCCCCC",
	"xxxxxxxxxx"
].join("").split("").map((letter) => LETTERS[letter] ?? 11));
// src/sim/netfilter/conntrack/tcp-segment.ts
/** One TCP segment as connection tracking sees it, and its options. Sequence numbers are signed 32-bit. */
const MAX_WSCALE = 14;
const NO_BYTES$1 = /* @__PURE__ */ new Uint8Array(0);
/** Filled anew for each segment, so that none is allocated. */
var TcpSegment = class {
	b = NO_BYTES$1;
	/** Where the TCP header begins. */
	at = 0;
	dir = 0;
	flags = 0;
	/** The kind of segment (tcp-transitions.ts). */
	index = 5;
	seq = 0;
	/** One past its last sequence number. */
	end = 0;
	ack = 0;
	/** The right edge of the highest SACK block, or `ack`. */
	sack = 0;
	/** As on the wire. */
	window = 0;
	/** The connection's state before it, and after it if its numbers are good. */
	from = 0;
	next = 0;
	/** Reads the segment in `b[at, end)`. */
	read(b, at, end, dir) {
		const flags = tcpFlags(b, at);
		const counted = ((flags & 2) !== 0 ? 1 : 0) + ((flags & 1) !== 0 ? 1 : 0);
		this.b = b;
		this.at = at;
		this.dir = dir;
		this.flags = flags;
		this.index = tcpIndexOf(flags);
		this.seq = tcpSeq(b, at) | 0;
		this.end = this.seq + (end - at - tcpHeaderLength(b, at)) + counted | 0;
		this.ack = tcpAck$1(b, at) | 0;
		this.sack = this.ack;
		this.window = tcpWindow(b, at);
	}
};
/** True when `a` comes before `b` on the circle of sequence numbers. */
function before$1(a, b) {
	return (a - b | 0) < 0;
}
/** The end that sent the segment, and the other one. */
function senderOf(track, dir) {
	return dir === 0 ? track.original : track.reply;
}
function receiverOf(track, dir) {
	return dir === 0 ? track.reply : track.original;
}
/** Takes window scale and SACK-permitted from a SYN (`tcp_options`). */
function readTcpOptions(segment, seen) {
	seen.scale = 0;
	seen.flags &= 8;
	eachOption(segment, (kind, from, length) => {
		if (kind === 4 && length === 2) seen.flags |= 2;
		if (kind === 3 && length === 3) {
			seen.scale = Math.min(segment.b[from] ?? 0, MAX_WSCALE);
			seen.flags |= 1;
		}
	});
}
/** Finds the highest SACK block (`tcp_sack`). */
function readTcpSack(segment) {
	const { b, at } = segment;
	const length = tcpHeaderLength(b, at);
	if (length === 20 || length === 32 && get32(b, at + 20) === NOP_NOP_TIMESTAMP) return;
	eachOption(segment, (kind, from, optionLength) => {
		if (kind !== 5 || optionLength < 10 || (optionLength - 2) % 8 !== 0) return;
		for (let pos = from; pos < from + optionLength - 2; pos += 8) {
			const edge = get32(b, pos + 4) | 0;
			if (before$1(segment.sack, edge)) segment.sack = edge;
		}
	});
}
const NOP_NOP_TIMESTAMP = 16844810;
function eachOption(segment, visit) {
	const { b, at } = segment;
	const end = at + tcpHeaderLength(b, at);
	let pos = at + 20;
	while (pos < end) {
		const kind = b[pos] ?? 0;
		if (kind === 0) return;
		if (kind === 1) {
			pos += 1;
			continue;
		}
		const length = b[pos + 1] ?? 0;
		if (length < 2 || pos + length > end) return;
		visit(kind, pos + 2, length);
		pos += length;
	}
}
// src/sim/netfilter/conntrack/net.ts
var ConntrackNet = class {
	netns;
	table = new ConntrackTable();
	/** As the sysctls say; undefined: one was written, and nobody has asked since. */
	#settings = void 0;
	/** Tuples to look up with, so that a packet allocates none; each function that uses one says so. */
	scratch = new CtTuple(void 0, 0);
	scratch2 = new CtTuple(void 0, 0);
	/** The zone of the packet at work, as it counts in each direction. */
	zoneOriginal = 0;
	zoneReply = 0;
	/** The TCP segment at work. */
	segment = new TcpSegment();
	/** Tells those who listen; undefined: nobody does. */
	watch = void 0;
	/** What `conntrack -S` counts. */
	stats = {
		invalid: 0,
		insertFailed: 0,
		drop: 0,
		earlyDrop: 0,
		clashResolve: 0
	};
	/** Why the packet at work is invalid, for traces. */
	why = "";
	/** When the full table was last swept. */
	sweptNs = 0;
	constructor(netns) {
		this.netns = netns;
		sysctls(netns).listeners.push((key) => {
			if (isConntrackSysctl(key)) this.#settings = void 0;
		});
	}
	get settings() {
		this.#settings ??= readCtSettings(this.netns);
		return this.#settings;
	}
	/** The tuple in the table that `tuple`, of the packet at work, is (`nf_conntrack_find_get`). */
	find(tuple) {
		tuple.zone = this.zoneOriginal;
		if (this.zoneOriginal === this.zoneReply) return this.table.find(tuple, this.now());
		const found = this.table.find(tuple, this.now(), 0);
		if (found !== void 0) return found;
		tuple.zone = this.zoneReply;
		return this.table.find(tuple, this.now(), 1);
	}
	now() {
		return this.netns.machine.loop.now();
	}
};
const conntrackNet = pernet((netns) => new ConntrackNet(netns));
// src/sim/netfilter/conntrack/clash.ts
/** Two new entries want the same tuple (`nf_ct_resolve_clash`). */
/**
* The packet's new entry lost to the one that `taken` belongs to. A UDP packet joins the winner when both are the same
* flow; any other is dropped. (Linux can also keep both with a one-sided entry; that race needs two processors.)
*/
function resolveClash(skb, taken, state) {
	const loser = skbCt(skb);
	const winner = taken.ct;
	if (loser === void 0 || winner === void 0) return "accept";
	const { stats } = conntrackNet(winner.netns);
	const untranslated = (winner.status & 384) === 0;
	if (winner.proto === 17 && (untranslated || sameFlow(winner, loser))) {
		skb.ct = winner;
		stats.clashResolve += 1;
		return "accept";
	}
	stats.insertFailed += 1;
	stats.drop += 1;
	state.dropReason = "CONFIRM_CLASH";
	state.dropDetail = loser.natExhausted ? "no free port was left in the range, and the last one tried is taken" : "another connection took the tuple first";
	return "drop";
}
function sameFlow(a, b) {
	return sameTuple(a.original, b.original) && sameTuple(a.reply, b.reply);
}
// src/sim/netfilter/conntrack/proto.ts
/** Gives the entry `lifeNs` from now on (`nf_ct_refresh_acct`); one not confirmed yet: from its confirmation on. */
function refresh(ct, lifeNs, net) {
	ct.timeoutNs = (ct.status & 8) === 0 ? lifeNs : lifeNs + net.now();
}
/** Whether transport checksums are to be verified here: for packets that come in, unless the sysctl says no. */
function verifiesChecksum(net, state) {
	return state.hook === "PREROUTING" && net.settings.checksum;
}
/** Notes why a packet is invalid, for traces. */
function refuse$2(net, why) {
	net.why = why;
	return "invalid";
}
// src/sim/netfilter/conntrack/generic.ts
function genericPacket(ct, net) {
	refresh(ct, net.settings.genericNs, net);
	return "accept";
}
// src/sim/netfilter/conntrack/icmp.ts
/** ICMP in connection tracking (nf_conntrack_proto_icmp.c): queries by id, errors by the packet they quote. */
/** The highest type that conntrack lets pass (NR_ICMP_TYPES). */
const MAX_TYPE = 18;
const ICMP_INFO_REQUEST = 15;
const ICMP_ADDRESS = 17;
function icmpPacket(skb, ct, net) {
	if ((ct.status & 8) === 0) {
		const type = icmpType(skb.bytes, skb.network + ipv4HeaderLength(skb.bytes, skb.network));
		if (!(type === 8 || type === 13 || type === ICMP_INFO_REQUEST || type === ICMP_ADDRESS)) return refuse$2(net, `ICMP type ${type} cannot begin a flow`);
	}
	refresh(ct, net.settings.icmpNs, net);
	return "accept";
}
/**
* Looks at an ICMP packet before it is looked up by itself: `related`: it is an error about a known flow, which it now
* belongs to; `accept`: not an error (`nf_conntrack_icmpv4_error`).
*/
function icmpError(skb, net, state) {
	const b = skb.bytes;
	const at = skb.network + ipv4HeaderLength(b, skb.network);
	if (at + 8 > skb.end) return refuse$2(net, "short ICMP packet");
	if (verifiesChecksum(net, state) && !icmpChecksumIsValid(b, at, skb.end)) return refuse$2(net, "bad ICMP checksum");
	const type = icmpType(b, at);
	if (type > MAX_TYPE) return refuse$2(net, `unknown ICMP type ${type}`);
	return icmpIsError(type) ? inetError(skb, at + 8, net) : "accept";
}
/** The quoted packet of the error at `inner` belongs to a flow; the error goes the other way (`nf_conntrack_inet_error`). */
function inetError(skb, inner, net) {
	const quoted = net.scratch;
	const answer = net.scratch2;
	if (!readIpv4Tuple(skb.bytes, inner, skb.end, quoted) || !invertTuple(quoted, answer)) return refuse$2(net, "the packet that the ICMP error quotes has no tuple");
	const hit = net.find(answer);
	if (hit?.ct === void 0) return refuse$2(net, "the ICMP error is about no known flow");
	if (hit.dst !== ipv4Dst(skb.bytes, skb.network)) return refuse$2(net, "the ICMP error is not addressed to the sender of the packet it quotes");
	skb.ct = hit.ct;
	skb.ctInfo = hit.dir === 1 ? "related-reply" : "related";
	return "related";
}
// src/sim/netfilter/conntrack/entry.ts
/** The entry as `conntrack -L` would show it at `nowNs`; one that is not confirmed yet shows the life it will have. */
function conntrackEntryOf(ct, nowNs) {
	const tcpState = ct.tcp === void 0 ? void 0 : TCP_CT_STATES[ct.tcp.state];
	const status = ct.status;
	return {
		kind: "conntrack",
		family: ct.family,
		proto: ct.proto,
		original: directed(tupleValue(ct.original), ct.zoneIsDirected ? ct.original.zone : 0),
		reply: directed(tupleValue(ct.reply), ct.zoneIsDirected ? ct.reply.zone : 0),
		timeoutSeconds: Math.floor((ct.confirmed ? ctExpiresNs(ct, nowNs) : ct.timeoutNs) / 1e9),
		...tcpState === void 0 ? {} : { tcpState },
		...(status & 2) === 0 ? { unreplied: true } : {},
		...(status & 4) === 0 ? {} : { assured: true },
		mark: ct.mark,
		...ct.zone === 0 || ct.zoneIsDirected ? {} : { zone: ct.zone },
		...(status & 16) === 0 ? {} : { snat: true },
		...(status & 32) === 0 ? {} : { dnat: true }
	};
}
function directed(tuple, zone) {
	return zone === 0 ? tuple : {
		...tuple,
		zone
	};
}
// src/sim/netfilter/conntrack/steps.ts
/** Trace events of connection tracking; callers on the packet path check `skb.machine.tracer` first. */
/** Emits a `conntrack` step with the packet's state and entry as they are now. */
function traceConntrack(skb, netns, what) {
	if (skb.machine.tracer === void 0) return;
	const ct = skbCt(skb);
	const entry = ct === void 0 ? {} : {
		dir: ctInfoDir(skb.ctInfo) === 0 ? "original" : "reply",
		entry: conntrackEntryOf(ct, skb.machine.loop.now())
	};
	traceStep(skb, netns, what.fn ?? "nf_conntrack_in", {
		step: "conntrack",
		change: what.change,
		state: ctStateOf(skb),
		...entry,
		...what.why === void 0 ? {} : { why: what.why }
	});
}
// src/sim/netfilter/conntrack/tcp-judge.ts
/** Sets the segment's `from` and `next`. */
function judge(ct, track, segment, net) {
	segment.from = track.state;
	segment.next = tcpNextState(segment.dir, segment.index, track.state);
	switch (segment.next) {
		case 1:
			if (track.state < 7) return "check";
			if (!mayReopen(track, segment)) return ignore(track, segment);
			net.table.kill(ct);
			return "repeat";
		case 10: return ignore(track, segment);
		case 11: return refuse$2(net, "the segment is not possible in this state of the connection");
		case 7:
			if (!isChallengeAck(track, segment)) return "check";
			track.lastFlags &= -65;
			return "ignore";
		case 9:
			track.lastFlags |= 128;
			return "check";
		case 2:
			if (segment.dir === 1 && segment.index === 3 && (track.lastFlags & 128) !== 0) segment.next = 3;
			return "check";
		case 8: return segment.index === 4 ? judgeRst(ct, track, segment, net) : "check";
		default: return "check";
	}
}
/** A SYN after the end: of a connection that was closed, or reset by the same end. */
function mayReopen(track, segment) {
	return ((track.original.flags | track.reply.flags) & 4) !== 0 || track.lastDir === segment.dir && track.lastIndex === 4;
}
/** An ACK that answers a stray SYN must not be taken for the one that ends the connection (RFC 5961 §4). */
function isChallengeAck(track, segment) {
	return track.state === 6 && segment.index === 3 && track.lastDir !== segment.dir && track.lastIndex === 0 && (track.lastFlags & 64) !== 0;
}
/** A segment that may be right though it does not fit, for the entry may be out of step: remembered and let pass. */
function ignore(track, segment) {
	const { dir, index } = segment;
	if (index === 1 && track.lastIndex === 0 && track.lastDir !== dir && segment.ack === track.lastEnd) {
		resynchronise(track, segment);
		return "check";
	}
	track.lastIndex = index;
	track.lastDir = dir;
	track.lastSeq = segment.seq;
	track.lastEnd = segment.end;
	track.lastWin = segment.window;
	if (index === 0 && dir === 0) {
		const seen = new TcpSeen();
		readTcpOptions(segment, seen);
		track.lastFlags = seen.flags & 3;
		track.lastWscale = seen.scale;
		if (track.state === 6) track.lastFlags |= 64;
	}
	if (track.state === 1 && index === 3 && dir === 1) track.lastAck = segment.ack;
	return "ignore";
}
/** The SYN that was let pass was right: its numbers are taken over, and this SYN-ACK answers it. */
function resynchronise(track, segment) {
	const opener = receiverOf(track, segment.dir);
	opener.end = track.lastEnd;
	opener.maxEnd = track.lastEnd;
	opener.maxWin = track.lastWin === 0 ? 1 : track.lastWin;
	opener.scale = track.lastWscale;
	track.lastFlags &= -65;
	opener.flags = track.lastFlags;
	const answerer = senderOf(track, segment.dir);
	Object.assign(answerer, new TcpSeen(), { flags: answerer.flags & 8 });
	segment.from = 1;
	segment.next = 2;
}
/** A RST closes an established connection only with the exact number; else an attacker could (RFC 5961 §3.2). */
function judgeRst(ct, track, segment, net) {
	if (track.state >= 4 && track.state <= 8) return "go";
	const peer = receiverOf(track, segment.dir);
	if ((peer.flags & 32) !== 0 && track.lastIndex !== 0) {
		const established = track.state === 3 && (ct.status & 4) !== 0;
		if (segment.seq === 0 && !established) return "check";
		if (before$1(segment.seq, peer.maxAck) && !net.settings.tcpIgnoreInvalidRst) return refuse$2(net, "invalid RST: older than what the other end has acknowledged");
		if (!established || segment.seq === peer.maxAck) return "check";
		if (track.lastIndex === 3 && track.lastDir === segment.dir && segment.seq === track.lastEnd) return "check";
		segment.next = track.state;
	}
	return answersIgnored(ct, track, segment) ? "go" : "check";
}
/** The RST answers a SYN or ACK that was let pass. */
function answersIgnored(ct, track, segment) {
	const otherSide = track.lastDir !== segment.dir;
	const refusedSyn = (ct.status & 2) !== 0 && track.lastIndex === 0 && otherSide;
	const halfOpen = (ct.status & 4) === 0 && track.lastIndex === 3;
	if ((refusedSyn || halfOpen) && segment.ack === track.lastEnd) return true;
	return track.state === 1 && track.lastIndex === 3 && track.lastDir === 1 && segment.seq === track.lastAck;
}
// src/sim/netfilter/conntrack/tcp-window.ts
/**
* Window tracking: whether a segment can belong to the connection, by what both ends sent, acknowledged and allowed
* (Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter"; `tcp_in_window` of nf_conntrack_proto_tcp.c).
*/
/** Acknowledgements up to this far back are taken for late ones. */
const MAX_ACK_WINDOW = 66e3;
const TOO_FAR = "SEQ is over the upper bound (over the window of the receiver)";
const OVERSHOT = "more bytes than the receiver's window allows";
const ACK_UNSEEN = "ACK is over the upper bound (ACKed data not seen yet)";
const OLD_DATA = "SEQ is under the lower bound (already ACKed data retransmitted)";
const OLD_ACK = "ACK is under the lower bound (possible overly delayed ACK)";
/** The first packet of a flow: a SYN, or a segment in the middle of a connection that is picked up (`tcp_new`). */
function initTcpTrack(track, segment) {
	const sender = track.original;
	sender.end = segment.end;
	sender.maxWin = segment.window === 0 ? 1 : segment.window;
	sender.maxEnd = sender.end;
	if ((segment.flags & 2) !== 0) {
		readTcpOptions(segment, sender);
		return;
	}
	sender.maxEnd = sender.end + sender.maxWin | 0;
	sender.flags = 10;
	track.reply.flags = 10;
}
/**
* Takes the segment into account; changes its `seq`, `end` and `ack` where they are to be read otherwise. `ignore`: it is
* old, or a little too long: let it pass and keep the state.
*/
function tcpInWindow(track, segment, settings) {
	const sender = senderOf(track, segment.dir);
	const receiver = receiverOf(track, segment.dir);
	if ((receiver.flags & 2) !== 0) readTcpSack(segment);
	if (isFirstOfSender(track, segment, sender, receiver)) return "accept";
	reinterpret(track, segment, sender, receiver);
	const fault = outOfWindow(sender, receiver, segment);
	if (fault === void 0) {
		updateEnds(sender, receiver, segment);
		if (segment.index === 3) countRepeats(track, segment);
		return "accept";
	}
	if (fault === OVERSHOT) {
		sender.end = segment.end;
		sender.flags |= 16;
	}
	if ((sender.flags & 8) !== 0 || settings.tcpBeLiberal) return "accept";
	return fault === TOO_FAR || fault === ACK_UNSEEN ? fault : "ignore";
}
/** Begins with what the sender says first; true: that is all there is to check, for both ends open at once. */
function isFirstOfSender(track, segment, sender, receiver) {
	const syn = (segment.flags & 2) !== 0;
	const ack = (segment.flags & 16) !== 0;
	if (sender.maxWin !== 0) {
		const opening = track.state === 1 || track.state === 2;
		if (!syn || !opening || !before$1(sender.end, segment.end)) return false;
		initSender(sender, receiver, segment);
		return segment.dir === 1 && !ack;
	}
	if (syn) {
		initSender(sender, receiver, segment);
		return !ack;
	}
	const window = segment.window << sender.scale;
	sender.end = segment.end;
	sender.maxWin = window === 0 ? 1 : window;
	sender.maxEnd = segment.end + sender.maxWin | 0;
	if (receiver.maxWin === 0) {
		receiver.end = segment.sack;
		receiver.maxEnd = segment.sack;
	} else if (segment.sack === (receiver.end + 1 | 0)) receiver.end = segment.sack;
	return false;
}
function initSender(sender, receiver, segment) {
	sender.end = segment.end;
	sender.maxEnd = segment.end;
	sender.maxWin = segment.window === 0 ? 1 : segment.window;
	readTcpOptions(segment, sender);
	const bothScale = (sender.flags & receiver.flags & 1) !== 0;
	if (segment.dir === 1 && !bothScale) {
		sender.scale = 0;
		receiver.scale = 0;
	}
}
/** A segment without ACK, or a RST with ACK 0, acknowledges what is right; a RST that answers a SYN may have SEQ 0. */
function reinterpret(track, segment, sender, receiver) {
	const rst = (segment.flags & 4) !== 0;
	if ((segment.flags & 16) === 0 || rst && segment.ack === 0) {
		segment.ack = receiver.end;
		segment.sack = receiver.end;
	}
	if (rst && segment.seq === 0 && track.state === 1) {
		segment.seq = sender.end;
		segment.end = sender.end;
	}
}
function outOfWindow(sender, receiver, s) {
	const oldest = sender.end - receiver.maxWin - 1 | 0;
	const dataInWindow = receiver.maxWin === 0 || before$1(oldest, s.end);
	const ackWindow = Math.max(sender.maxWin, MAX_ACK_WINDOW);
	const ackNotOld = before$1(receiver.end - ackWindow - 1 | 0, s.sack);
	const ackSeen = before$1(s.sack, receiver.end + 1 | 0);
	if (!before$1(s.seq, sender.maxEnd + 1 | 0)) {
		const overshot = s.end - sender.maxEnd + 1 >>> 0;
		return dataInWindow && ackNotOld && overshot <= receiver.maxWin && ackSeen ? OVERSHOT : TOO_FAR;
	}
	if (!ackSeen) return ACK_UNSEEN;
	if (!dataInWindow) return OLD_DATA;
	return ackNotOld ? void 0 : OLD_ACK;
}
function updateEnds(sender, receiver, s) {
	const window = (s.flags & 2) !== 0 ? s.window : s.window << sender.scale;
	const reach = window + (s.sack - s.ack | 0);
	if (sender.maxWin < reach) sender.maxWin = reach;
	if (before$1(sender.end, s.end)) {
		sender.end = s.end;
		sender.flags |= 16;
	}
	if ((s.flags & 16) !== 0) {
		if ((sender.flags & 32) === 0 || before$1(sender.maxAck, s.ack)) sender.maxAck = s.ack;
		sender.flags |= 32;
	}
	if (receiver.maxWin !== 0 && before$1(sender.maxEnd, s.end)) receiver.maxWin += s.end - sender.maxEnd | 0;
	const allowed = s.sack + window | 0;
	if (before$1(receiver.maxEnd - 1 | 0, allowed)) receiver.maxEnd = window === 0 ? allowed + 1 | 0 : allowed;
	if (s.ack === receiver.end) receiver.flags &= -17;
}
function countRepeats(track, s) {
	if (track.lastDir === s.dir && track.lastSeq === s.seq && track.lastAck === s.ack && track.lastEnd === s.end && track.lastWin === s.window) {
		track.retrans += 1;
		return;
	}
	track.lastDir = s.dir;
	track.lastSeq = s.seq;
	track.lastAck = s.ack;
	track.lastEnd = s.end;
	track.lastWin = s.window;
	track.retrans = 0;
}
// src/sim/netfilter/conntrack/tcp.ts
/** TCP in connection tracking (nf_conntrack_proto_tcp.c): the state machine around window tracking. */
/** `nf_conntrack_tcp_packet`. */
function tcpPacket(skb, ct, net, state) {
	const error = tcpError(skb, net, state);
	if (error !== void 0) return refuse$2(net, error);
	const segment = net.segment;
	segment.read(skb.bytes, skb.network + ipv4HeaderLength(skb.bytes, skb.network), skb.end, ctInfoDir(skb.ctInfo));
	const track = (ct.status & 8) === 0 ? newTrack(ct, segment, net) : ct.tcp;
	if (track === void 0) return "invalid";
	const judgement = judge(ct, track, segment, net);
	if (judgement === "ignore") return "accept";
	if (judgement === "invalid" || judgement === "repeat") return judgement;
	if (judgement === "check") {
		const window = tcpInWindow(track, segment, net.settings);
		if (window === "ignore") return "accept";
		if (window !== "accept") {
			shortenAfterInvalid(ct, track, segment, net);
			return refuse$2(net, window);
		}
	}
	moveOn(ct, track, segment, net);
	return "accept";
}
/** A connection that was not watched for a while: any window is believed again (`nf_ct_tcp_fixup`). */
function forgetTcpWindows(track) {
	if (track.state !== 3) return;
	track.original.maxWin = 0;
	track.reply.maxWin = 0;
}
function tcpError(skb, net, state) {
	const b = skb.bytes;
	const at = skb.network + ipv4HeaderLength(b, skb.network);
	if (at + 20 > skb.end) return "short TCP segment";
	const length = tcpHeaderLength(b, at);
	if (length < 20 || at + length > skb.end) return "truncated or malformed TCP segment";
	if (verifiesChecksum(net, state)) {
		const addrs = {
			src: ipv4Src(b, skb.network),
			dst: ipv4Dst(b, skb.network)
		};
		if (!tcpChecksumIsValid(b, at, skb.end, addrs)) return "bad TCP checksum";
	}
	return tcpFlagsAreValid(tcpFlags(b, at)) ? void 0 : "a combination of TCP flags that nobody sends";
}
/** The state of a new connection; undefined: none can begin like this (`tcp_new`). */
function newTrack(ct, segment, net) {
	const first = tcpNextState(0, segment.index, 0);
	if (first === 11) {
		net.why = "a TCP connection cannot begin with this segment";
		return;
	}
	if (first !== 1 && !net.settings.tcpLoose) {
		net.why = "no SYN was seen, and nf_conntrack_tcp_loose is 0";
		return;
	}
	const track = new TcpTrack();
	track.lastIndex = 5;
	initTcpTrack(track, segment);
	ct.tcp = track;
	return track;
}
/** The segment is good: the new state, how long it may last, and what it says about the flow. */
function moveOn(ct, track, segment, net) {
	const { from, next } = segment;
	track.lastIndex = segment.index;
	track.lastDir = segment.dir;
	track.state = next;
	if (from !== next && next === 4) senderOf(track, segment.dir).flags |= 4;
	let lifeNs = lifeOf(track, segment.index, net.settings);
	if ((ct.status & 2) === 0) {
		if ((segment.flags & 4) !== 0) {
			net.table.kill(ct);
			return;
		}
		if (segment.index === 0 && from === 1) return;
		if (next === 3 && lifeNs > net.settings.tcpUnackNs) lifeNs = net.settings.tcpUnackNs;
	} else if (next === 3 && (from === 2 || from === 3)) ct.status |= 4;
	refresh(ct, lifeNs, net);
}
function lifeOf(track, index, settings) {
	const lifeNs = settings.tcp[track.state] ?? 0;
	if (track.retrans >= settings.tcpMaxRetrans && lifeNs > settings.tcpMaxRetransNs) return settings.tcpMaxRetransNs;
	if (index === 4) return settings.tcp[8] ?? 0;
	if (((track.original.flags | track.reply.flags) & 16) !== 0 && lifeNs > settings.tcpUnackNs) return settings.tcpUnackNs;
	if (track.lastWin === 0 && lifeNs > settings.tcpMaxRetransNs) return settings.tcpMaxRetransNs;
	return lifeNs;
}
/** Two FINs or RSTs out of window, one from each end: the entry is out of step and shall not live for days. */
function shortenAfterInvalid(ct, track, segment, net) {
	const { index, dir } = segment;
	if ((ct.status & 4) === 0 || index !== 4 && index !== 2) return;
	if (track.lastDir === dir || track.lastIndex !== 2 && track.lastIndex !== 4) {
		track.lastIndex = index;
		track.lastDir = dir;
		return;
	}
	const leftNs = ctExpiresNs(ct, net.now());
	if (leftNs >= 12e10 && leftNs > net.settings.tcpUnackNs) refresh(ct, net.settings.tcpUnackNs, net);
}
// src/sim/netfilter/conntrack/udp.ts
/** UDP in connection tracking (nf_conntrack_proto_udp.c). */
/** How long both ends must talk before the flow counts as a stream. */
const STREAM_AFTER_NS = 2e9;
function udpPacket(skb, ct, net, state) {
	const error = udpError(skb, net, state);
	if (error !== void 0) return refuse$2(net, error);
	const { udpNs, udpStreamNs } = net.settings;
	if ((ct.status & 8) === 0) ct.streamNs = net.now() + STREAM_AFTER_NS;
	if ((ct.status & 2) !== 0 && net.now() > ct.streamNs) {
		refresh(ct, udpStreamNs, net);
		ct.status |= 4;
	} else refresh(ct, udpNs, net);
	return "accept";
}
function udpError(skb, net, state) {
	const b = skb.bytes;
	const at = skb.network + ipv4HeaderLength(b, skb.network);
	if (at + 8 > skb.end) return "short UDP packet";
	const length = udpLength(b, at);
	if (length < 8 || at + length > skb.end) return "truncated or malformed UDP packet";
	if (!verifiesChecksum(net, state)) return void 0;
	const addrs = {
		src: ipv4Src(b, skb.network),
		dst: ipv4Dst(b, skb.network)
	};
	return udpChecksumIsValid(b, at, at + length, addrs) ? void 0 : "bad UDP checksum";
}
// src/sim/netfilter/conntrack/core.ts
/**
* Connection tracking proper (nf_conntrack_core.c): a packet is looked up when it comes in (`nf_conntrack_in`), and a new
* entry enters the table only when its first packet gets to the end (`nf_confirm`); dropped before, it leaves nothing.
*/
/** Finds or makes the packet's entry and takes it into account. */
function nfConntrackIn(skb, state) {
	const seen = skbCt(skb);
	if (seen !== void 0) {
		if (seen.template === void 0) return "accept";
		skb.ct = void 0;
		skb.ctInfo = "none";
	}
	if (skb.ctInfo === "untracked") {
		if (skb.machine.tracer !== void 0) traceConntrack(skb, state.netns, { change: "untracked" });
		return "accept";
	}
	const net = conntrackNet(state.netns);
	enterZone(skb, net, seen?.template);
	if (ipv4Proto(skb.bytes, skb.network) === 1) {
		const verdict = icmpError(skb, net, state);
		if (verdict === "invalid") return invalid$1(skb, net);
		if (verdict === "related") {
			if (skb.machine.tracer !== void 0) traceConntrack(skb, state.netns, { change: "related" });
			return "accept";
		}
	}
	return trackPacket(skb, net, state);
}
/** The packet got to the end: its entry, if new, enters the table (`__nf_conntrack_confirm`). */
function nfConntrackConfirm(skb, state) {
	const ct = skbCt(skb);
	if (ct === void 0) return "accept";
	if ((ct.status & 8) !== 0) {
		conntrackNet(ct.netns).watch?.passed(ct);
		return "accept";
	}
	if (ctInfoDir(skb.ctInfo) !== 0) return "accept";
	const net = conntrackNet(ct.netns);
	const now = net.now();
	const taken = takenBy(ct, net);
	if (taken !== void 0) return resolveClash(skb, taken, state);
	ct.timeoutNs += now;
	net.table.insert(ct, now);
	net.watch?.created(ct);
	if (skb.machine.tracer !== void 0) traceConntrack(skb, state.netns, {
		change: "confirmed",
		fn: "__nf_conntrack_confirm"
	});
	return "accept";
}
function trackPacket(skb, net, state) {
	const tuple = net.scratch;
	if (!readIpv4Tuple(skb.bytes, skb.network, skb.end, tuple)) {
		net.why = "the packet has no tuple";
		return invalid$1(skb, net);
	}
	for (;;) {
		const hit = net.find(tuple);
		const ct = hit?.ct ?? initConntrack$1(tuple, net);
		if (ct === void 0) return invalid$1(skb, net);
		if (ct === "full") return tableFull(skb, net, state);
		skb.ct = ct;
		skb.ctInfo = placeInFlow(ct, hit);
		const verdict = handlePacket(skb, ct, net, state);
		if (verdict === "invalid") return invalid$1(skb, net);
		if (verdict === "repeat") {
			traceRemoved(skb, net, "a new SYN reopens the connection");
			skb.ct = void 0;
			continue;
		}
		if (skb.ctInfo === "established-reply") ct.status |= 2;
		if (skb.machine.tracer !== void 0) {
			traceConntrack(skb, state.netns, { change: hit === void 0 ? "new" : "found" });
			if ((ct.status & 512) !== 0) traceRemoved(skb, net, "a RST ends a connection that was never answered");
		}
		return "accept";
	}
}
/** The zone that the packet's flow is in: that of the template which `-j CT` left, or 0 (`nf_ct_zone_tmpl`). */
function enterZone(skb, net, zone) {
	const id = zone === void 0 ? 0 : zone.id === "mark" ? skb.mark & 65535 : zone.id;
	net.zoneOriginal = zone?.dir === "reply" ? 0 : id;
	net.zoneReply = zone?.dir === "original" ? 0 : id;
}
/** The tuple in the table that stands in the way of a new entry. */
function takenBy(ct, net) {
	const now = net.now();
	if (!ct.zoneIsDirected) return net.table.find(ct.original, now) ?? net.table.find(ct.reply, now);
	return net.table.find(ct.original, now, 0) ?? net.table.find(ct.reply, now, 1);
}
/** A new entry, not in the table yet (`init_conntrack`); undefined: nothing can answer the packet. */
function initConntrack$1(tuple, net) {
	tuple.zone = net.zoneOriginal;
	if (net.table.count >= net.settings.max && !makeRoom(tuple, net)) return "full";
	const ct = new Conntrack(net.netns);
	copyTuple(tuple, ct.original);
	const isAnswerable = invertTuple(ct.original, ct.reply);
	ct.reply.zone = net.zoneReply;
	if (isAnswerable) return ct;
	net.why = `nothing answers ICMP type ${tuple.dport >>> 8}`;
}
/** Expired entries go first, at most once a second as the kernel's collector; then one that is not assured. */
function makeRoom(tuple, net) {
	const now = net.now();
	if (now - net.sweptNs >= SWEEP_INTERVAL_NS) {
		net.sweptNs = now;
		net.table.sweep(now);
		if (net.table.count < net.settings.max) return true;
	}
	const found = net.table.earlyDrop(tuple, net.settings.buckets);
	if (found) net.stats.earlyDrop += 1;
	return found;
}
const SWEEP_INTERVAL_NS = 1e9;
function placeInFlow(ct, hit) {
	if (hit !== void 0 && hit.dir === 1) return "established-reply";
	if ((ct.status & 2) !== 0) return "established";
	return (ct.status & 1) !== 0 ? "related" : "new";
}
function handlePacket(skb, ct, net, state) {
	switch (ct.proto) {
		case 6: return tcpPacket(skb, ct, net, state);
		case 17: return udpPacket(skb, ct, net, state);
		case 1: return icmpPacket(skb, ct, net);
		default: return genericPacket(ct, net);
	}
}
/** An invalid packet goes on, without an entry. */
function invalid$1(skb, net) {
	skb.ct = void 0;
	skb.ctInfo = "invalid";
	net.stats.invalid += 1;
	if (skb.machine.tracer !== void 0) traceConntrack(skb, net.netns, {
		change: "invalid",
		why: net.why
	});
	return "accept";
}
function tableFull(skb, net, state) {
	net.stats.drop += 1;
	skb.machine.log.push({
		at: skb.machine.loop.now(),
		netns: state.netns.name,
		level: 4,
		text: "nf_conntrack: nf_conntrack: table full, dropping packet"
	});
	state.dropReason = "CONNTRACK_FULL";
	return "drop";
}
function traceRemoved(skb, net, why) {
	if (skb.machine.tracer !== void 0) traceConntrack(skb, net.netns, {
		change: "removed",
		fn: "nf_ct_delete",
		why
	});
}
// src/sim/netfilter/br-netfilter.ts
/**
* br_netfilter (net/bridge/br_netfilter_hooks.c): IPv4 packets that a bridge moves pass the IP hooks, as if the bridge
* device had received, forwarded and sent them. Without VLAN and PPPoE headers, and without arptables.
*/
/** NF_BR_PRI_LAST. */
const PRI_LAST = 2147483647;
const CALL_IPTABLES = "net.bridge.bridge-nf-call-iptables";
/** Gives each namespace the sysctls, and the hooks with its first bridge. */
function initBrNetfilter(machine) {
	registerSysctls(machine, {
		"net.bridge.bridge-nf-call-arptables": "1",
		"net.bridge.bridge-nf-call-ip6tables": "1",
		[CALL_IPTABLES]: "1",
		"net.bridge.bridge-nf-filter-pppoe-tagged": "0",
		"net.bridge.bridge-nf-filter-vlan-tagged": "0",
		"net.bridge.bridge-nf-pass-vlan-input-dev": "0"
	});
	machine.deviceNotifiers.push(brnfDeviceEvent);
}
var BrNf = class {
	registered = false;
	callIptables;
	#generation = -1;
	#inetHooks = false;
	#netns;
	constructor(netns) {
		this.#netns = netns;
		this.callIptables = sysctlNumber(netns, CALL_IPTABLES) !== 0;
		sysctls(netns).listeners.push((key, value) => {
			if (key === CALL_IPTABLES) this.callIptables = Number(value) !== 0;
		});
	}
	/** Whether anybody but this module listens at an IP hook: if not, bridged packets need no detour. */
	hasInetHooks() {
		const { hookGeneration, hooks } = this.#netns;
		if (hookGeneration !== this.#generation) {
			this.#generation = hookGeneration;
			this.#inetHooks = INET_KEYS.some((key) => hooks.get(key)?.some((entry) => entry.fn !== ipSabotageIn) === true);
		}
		return this.#inetHooks;
	}
};
const brNf = pernet((netns) => new BrNf(netns));
const INET_KEYS = [
	hookKey("ipv4", "PREROUTING"),
	hookKey("ipv4", "INPUT"),
	hookKey("ipv4", "FORWARD"),
	hookKey("ipv4", "OUTPUT"),
	hookKey("ipv4", "POSTROUTING")
];
function brnfDeviceEvent(event) {
	if (event.type !== "register" || event.dev.ops.type !== "bridge") return;
	const { netns } = event.dev;
	const state = brNf(netns);
	if (state.registered) return;
	state.registered = true;
	registerNetHook(netns, "bridge", "PREROUTING", {
		priority: 0,
		name: "br_nf_pre_routing",
		fn: brNfPreRouting
	});
	registerNetHook(netns, "bridge", "INPUT", {
		priority: 0,
		name: "br_nf_local_in",
		fn: brNfLocalIn
	});
	registerNetHook(netns, "bridge", "FORWARD", {
		priority: -1,
		name: "br_nf_forward_ip",
		fn: brNfForwardIp
	});
	registerNetHook(netns, "bridge", "POSTROUTING", {
		priority: PRI_LAST,
		name: "br_nf_post_routing",
		fn: brNfPostRouting
	});
	registerNetHook(netns, "ipv4", "PREROUTING", {
		priority: NF_PRI.FIRST,
		name: "ip_sabotage_in",
		fn: ipSabotageIn
	});
	nfBrOps(netns).brDevXmitHook = brNfDevXmit;
}
function brNfPreRouting(skb, state) {
	const port = state.indev;
	const bridge = port?.master;
	if (skb.protocol !== 2048 || port === void 0 || bridge === void 0) return "accept";
	const settings = brNf(state.netns);
	if (!settings.hasInetHooks() || !(settings.callIptables || bridgeOf(bridge).nfCallIptables)) return "accept";
	if (!brValidateIpv4(skb)) return invalid(state);
	skb.nfBridge = {
		physin: port,
		physout: void 0,
		inPrerouting: true,
		origDst: ipv4Dst(skb.bytes, skb.network),
		sabotage: true,
		pktOtherHost: false
	};
	takeAsOurs(skb, skb.nfBridge);
	skb.dev = bridge;
	const { netns } = state;
	stolen.fate = nfHook({
		family: "ipv4",
		hook: "PREROUTING",
		netns,
		indev: bridge,
		outdev: void 0,
		okfn: brNfPreRoutingFinish
	}, skb);
	return "stolen";
}
/**
* A packet for the host loses the stand-in route, so that the IP layer routes it. The connection of a group frame is
* confirmed here, before others see copies of it (since Linux 6.8).
*/
function brNfLocalIn(skb, state) {
	if (skb.dst !== void 0 && skb.dev !== void 0 && skb.dst === bridgeParentRtable(skb.dev)) skb.dst = void 0;
	const ct = skbCt(skb);
	if (skb.pktType === "host" || ct === void 0 || (ct.status & 8) !== 0) return "accept";
	return nfConntrackConfirm(skb, state);
}
function brNfForwardIp(skb, state) {
	const info = skb.nfBridge;
	const indev = state.indev?.master;
	const outdev = state.outdev?.master;
	if (info === void 0 || skb.protocol !== 2048) return "accept";
	if (indev === void 0 || outdev === void 0) return "drop";
	takeAsOurs(skb, info);
	if (!brValidateIpv4(skb)) return invalid(state);
	info.physout = skb.dev;
	const { netns } = state;
	stolen.fate = nfHook({
		family: "ipv4",
		hook: "FORWARD",
		netns,
		indev,
		outdev,
		okfn: brNfForwardFinish
	}, skb);
	return "stolen";
}
/** Not for packets of the host's own and routed ones: these had POST_ROUTING in the IP layer. */
function brNfPostRouting(skb, state) {
	const info = skb.nfBridge;
	if (info?.physout === void 0 || skb.protocol !== 2048) return "accept";
	const outdev = skb.dev?.master;
	if (outdev === void 0) return "drop";
	takeAsOurs(skb, info);
	const { netns } = state;
	stolen.fate = nfHook({
		family: "ipv4",
		hook: "POSTROUTING",
		netns,
		indev: void 0,
		outdev,
		okfn: brNfDevQueueXmit
	}, skb);
	return "stolen";
}
/** The IP layer's own PRE_ROUTING is skipped for a packet that had it in the bridge. */
function ipSabotageIn(skb, state) {
	const info = skb.nfBridge;
	if (info === void 0 || info.inPrerouting || !info.sabotage) return "accept";
	info.sabotage = false;
	if (skb.machine.tracer !== void 0) traceStep(skb, state.netns, "ip_sabotage_in", {
		step: "hook",
		family: state.family,
		hook: state.hook,
		note: "skipped, it already ran at the bridge"
	});
	stolen.fate = state.okfn(skb);
	return "stolen";
}
/** What `ip_rcv` would check (`br_validate_ipv4`); cuts padding off. */
function brValidateIpv4(skb) {
	if (!ipv4IsValid(skb.bytes, skb.network, skb.end)) return false;
	skb.end = skb.network + ipv4TotalLength(skb.bytes, skb.network);
	skb.transport = skb.network + ipv4HeaderLength(skb.bytes, skb.network);
	return true;
}
function invalid(state) {
	state.dropReason = "IP_INHDR";
	return "drop";
}
// src/sim/netfilter/conntrack/init.ts
/** Connection tracking's place in the machine. */
/** Gives every namespace the sysctls; the hooks come with the first user (enable.ts). */
function initConntrack(machine) {
	registerSysctls(machine, CONNTRACK_SYSCTLS);
}
// src/sim/netfilter/nat/sctp-checksum.ts
/** The checksum of SCTP: CRC32c over the whole packet, sent with its lowest byte first (RFC 9260 §6.8, appendix A). */
const SCTP_CHECK = 8;
/** Computes the checksum of the SCTP packet in `b[at, end)` anew. */
function fillSctpChecksum(b, at, end) {
	b.fill(0, at + SCTP_CHECK, at + 12);
	let crc = 4294967295;
	for (let k = at; k < end; k += 1) crc = (CRC32C[(crc ^ (b[k] ?? 0)) & 255] ?? 0) ^ crc >>> 8;
	crc = ~crc;
	for (let k = 0; k < 4; k += 1) b[at + SCTP_CHECK + k] = crc >>> 8 * k;
}
const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : crc >>> 1 ^ 2197175160;
	return crc;
});
// src/sim/netfilter/nat/nat-proto.ts
/** Rewriting packets (nf_nat_proto.c): addresses, ports and ICMP ids, with checksums mended by increment. */
/** The status bit that says whether packets of direction `dir` have the end `manip` names rewritten. */
function natStatusBit(manip, dir) {
	return manip === "src" === (dir === 0) ? 16 : 32;
}
/** Rewrites the packet's end `manip` to what the flow's other direction says (`nf_nat_manip_pkt`). */
function nfNatManipPkt(skb, ct, manip, dir) {
	const target = conntrackNet(ct.netns).scratch;
	invertTuple(ct.tuple(dir === 0 ? 1 : 0), target);
	manipIpv4(skb, skb.network, target, manip);
}
/**
* Translates an ICMP error about a translated flow: the packet it quotes and its own header, back to what the receiver
* knows. A string: it must be dropped, for this reason (`nf_nat_icmp_reply_translation`).
*/
function nfNatIcmpReplyTranslation(skb, ct, manip) {
	const b = skb.bytes;
	const icmp = skb.network + ipv4HeaderLength(b, skb.network);
	if (icmp + 8 > skb.end) return "a short ICMP error";
	if (!icmpChecksumIsValid(b, icmp, skb.end)) return "a bad ICMP checksum";
	if (icmpType(b, icmp) === 5) {
		if ((ct.status & 384) !== 384) return "a redirect before NAT was set up";
		if ((ct.status & 48) !== 0) return "a redirect of a translated flow";
	}
	const dir = ctInfoDir(skb.ctInfo);
	if ((ct.status & natStatusBit(manip, dir)) === 0) return void 0;
	const other = ct.tuple(dir === 0 ? 1 : 0);
	manipIpv4(skb, icmp + 8, other, manip === "src" ? "dst" : "src");
	fillIcmpChecksum(b, icmp, skb.end);
	const target = conntrackNet(ct.netns).scratch;
	invertTuple(other, target);
	manipIpv4(skb, skb.network, target, manip);
}
/** Rewrites one end of the IPv4 packet at `at`, a quoted one too, of which only eight transport bytes need be there. */
function manipIpv4(skb, at, target, manip) {
	const b = skb.bytes;
	if (at + 20 > skb.end) return;
	if (at + ipv4HeaderLength(b, at) + 8 <= skb.end) manipL4(skb, at, target, manip);
	if (manip === "src") setIpv4Src(b, at, ipv4Of(target.src));
	else setIpv4Dst(b, at, ipv4Of(target.dst));
}
function manipL4(skb, at, target, manip) {
	const b = skb.bytes;
	const l4 = at + ipv4HeaderLength(b, at);
	switch (ipv4Proto(b, at)) {
		case 6:
			if (l4 + 20 <= skb.end) mendChecksum(b, at, l4 + 16, {
				target,
				manip
			});
			putPort(b, l4, target, manip);
			break;
		case 17:
			if (get16(b, l4 + 6) !== 0) {
				mendChecksum(b, at, l4 + 6, {
					target,
					manip
				});
				if (get16(b, l4 + 6) === 0) put16(b, l4 + 6, 65535);
			}
			putPort(b, l4, target, manip);
			break;
		case 132:
			putPort(b, l4, target, manip);
			if (l4 + 12 <= skb.end) fillSctpChecksum(b, l4, skb.end);
			break;
		case 1: manipIcmp(b, l4, target);
	}
}
function putPort(b, l4, target, manip) {
	if (manip === "src") put16(b, l4 + 0, target.sport);
	else put16(b, l4 + 2, target.dport);
}
/** Mends the transport checksum at `check` for the address and port that are about to change. */
function mendChecksum(b, at, check, to) {
	const l4 = at + ipv4HeaderLength(b, at);
	const { target } = to;
	const src = to.manip === "src";
	const addr = ipv4Of(src ? target.src : target.dst);
	const sum = checksumReplace32(get16(b, check), src ? ipv4Src(b, at) : ipv4Dst(b, at), addr);
	const port = get16(b, l4 + (src ? 0 : 2));
	put16(b, check, checksumReplace16(sum, port, src ? target.sport : target.dport));
}
/** The id of a query takes the place of a port; errors have none. */
function manipIcmp(b, l4, target) {
	const type = icmpType(b, l4);
	if (type !== 8 && type !== 0 && (type < 13 || type > 18)) return;
	put16(b, l4 + 2, checksumReplace16(get16(b, l4 + 2), get16(b, l4 + 4), target.sport));
	put16(b, l4 + 4, target.sport);
}
// src/sim/netfilter/nat/steps.ts
/** Trace events of NAT; only for packets that are traced. */
/** Does `rewrite` and emits a `nat` step when the packet's tuple changed by it. */
function manipTraced(skb, netns, manip, rewrite) {
	const before = new CtTuple(void 0, 0);
	const after = new CtTuple(void 0, 0);
	readIpv4Tuple(skb.bytes, skb.network, skb.end, before);
	rewrite();
	readIpv4Tuple(skb.bytes, skb.network, skb.end, after);
	if (before.src === after.src && before.dst === after.dst && before.sport === after.sport && before.dport === after.dport) return;
	traceStep(skb, netns, "nf_nat_manip_pkt", {
		step: "nat",
		manip,
		reply: ctInfoDir(skb.ctInfo) === 1,
		before: tupleValue(before),
		after: tupleValue(after)
	});
}
// src/sim/netfilter/nat/range.ts
/** Compiles a rule's range; throws when an address is none, which the loader has checked. */
function natRangeNum(to, options = {}) {
	const minAddr = to.minAddr === void 0 ? void 0 : addrNum(to.minAddr);
	return {
		minAddr,
		maxAddr: to.maxAddr === void 0 ? minAddr : addrNum(to.maxAddr),
		minPort: to.minPort,
		maxPort: to.maxPort ?? to.minPort,
		basePort: to.basePort,
		...options
	};
}
/** Whether the tuple's source lies in the range (`nf_in_range`). */
function sourceInRange(tuple, range) {
	const { minAddr, maxAddr } = range;
	if (minAddr !== void 0 && maxAddr !== void 0 && (tuple.src < minAddr || tuple.src > maxAddr)) return false;
	return range.minPort === void 0 || portInRange(tuple, "src", range);
}
/** Whether the port (ICMP: id) that `manip` would change lies in the range; a protocol without ports is always in. */
function portInRange(tuple, manip, range) {
	if (!hasPorts(tuple.proto) && tuple.proto !== 1) return true;
	const port = manip === "src" || tuple.proto === 1 ? tuple.sport : tuple.dport;
	return port >= (range.minPort ?? 0) && port <= (range.maxPort ?? 65535);
}
/**
* An address of the range for the flow, the same one for the same ends (`find_best_ips_proto`): by Jenkins' hash over
* the source and, unless persistent, the destination and the zone.
*/
function addrInRange(tuple, range, zone) {
	const { minAddr, maxAddr } = range;
	if (minAddr === void 0 || maxAddr === void 0 || minAddr === maxAddr) return minAddr;
	if (typeof minAddr !== "number" || typeof maxAddr !== "number" || typeof tuple.dst !== "number") throw new Error("nat: a range of IPv6 addresses is not modelled");
	const hash = jhashOfAddr(Number(tuple.src), range.persistent === true ? 0 : swap32(tuple.dst) ^ zone);
	const count = maxAddr - minAddr + 1;
	return minAddr + Math.floor(hash / 4294967296 * count);
}
function addrNum(text) {
	const parsed = parseIp(text);
	if (!parsed.ok) throw new Error(`nat: not an IP address: ${text}`);
	return ipNum(parsed.value);
}
/** Bob Jenkins' lookup3 (public domain) over the four words of an address field that holds an IPv4 address. */
function jhashOfAddr(addr, initval) {
	const seed = 3735928575 + initval | 0;
	let a = seed + swap32(addr) | 0;
	let b = seed;
	let c = seed;
	a = (a - c | 0) ^ rotate$1(c, 4);
	c = c + b | 0;
	b = (b - a | 0) ^ rotate$1(a, 6);
	a = a + c | 0;
	c = (c - b | 0) ^ rotate$1(b, 8);
	b = b + a | 0;
	a = (a - c | 0) ^ rotate$1(c, 16);
	c = c + b | 0;
	b = (b - a | 0) ^ rotate$1(a, 19);
	a = a + c | 0;
	c = (c - b | 0) ^ rotate$1(b, 4);
	b = b + a | 0;
	c = (c ^ b) - rotate$1(b, 14) | 0;
	a = (a ^ c) - rotate$1(c, 11) | 0;
	b = (b ^ a) - rotate$1(a, 25) | 0;
	c = (c ^ b) - rotate$1(b, 16) | 0;
	a = (a ^ c) - rotate$1(c, 4) | 0;
	b = (b ^ a) - rotate$1(a, 14) | 0;
	c = (c ^ b) - rotate$1(b, 24) | 0;
	return c >>> 0;
}
/** The kernel hashes addresses as they lie in memory: on the machines it runs on, the last byte is the highest. */
function swap32(n) {
	return (n & 255) << 24 | (n & 65280) << 8 | n >>> 8 & 65280 | n >>> 24;
}
function rotate$1(n, by) {
	return n << by | n >>> 32 - by;
}
// src/sim/netfilter/nat/unique-tuple.ts
/** The choice of a translated tuple that nobody else has (`get_unique_tuple`, nf_nat_core.c). */
/** How many ports are tried in the first round. */
const MAX_ATTEMPTS = 128;
/** With so few attempts left, a port whose connection only waits to be forgotten may be taken away from it. */
const HARDER_THRESHOLD = 32;
/**
* Changes `tuple` (the flow as the packet shows it now) at the end `manip` names, to lie in the range and have an inverse
* that no other flow has. When all are taken the last one tried stays, and `ct.natExhausted` is set.
*/
function getUniqueTuple(tuple, range, ct, manip) {
	const net = conntrackNet(ct.netns);
	const random = range.random === true || range.randomFully === true;
	if (manip === "src" && !random && keepMapping(tuple, range, ct, net)) return;
	const addr = addrInRange(tuple, range, ct.zone);
	if (addr !== void 0) {
		if (manip === "src") tuple.src = addr;
		else tuple.dst = addr;
	}
	if (!random) {
		if (range.minPort === void 0) {
			if (!isUsed(tuple, ct, net)) return;
		} else if (range.basePort === void 0 && portInRange(tuple, manip, range)) {
			if (range.minPort === range.maxPort || !isUsed(tuple, ct, net)) return;
		}
	}
	choosePort(tuple, range, ct, manip);
}
/** The source as it is, if it is in range and free; else what the same source was given before (`find_appropriate_src`). */
function keepMapping(tuple, range, ct, net) {
	if (sourceInRange(tuple, range)) return !isUsed(tuple, ct, net);
	const candidate = net.scratch2;
	if (net.table.findBySource(tuple, ct, (other) => {
		invertTuple(other.reply, candidate);
		candidate.dst = tuple.dst;
		candidate.dport = tuple.dport;
		candidate.zone = tuple.zone;
		return sourceInRange(candidate, range);
	}) === void 0 || isUsed(candidate, ct, net)) return false;
	copyTuple(candidate, tuple);
	return true;
}
/** `nf_nat_l4proto_unique_tuple`. */
function choosePort(tuple, range, ct, manip) {
	const net = conntrackNet(ct.netns);
	const ports = portsToTry(tuple, range, manip);
	if (ports === void 0) return;
	const rng = ct.netns.machine.rng;
	const byId = tuple.proto === 1;
	const random = range.random === true || range.randomFully === true;
	let offset = 0;
	if (range.basePort !== void 0) offset = (byId || manip === "src" ? tuple.sport : tuple.dport) - range.basePort;
	else if (random || manip === "src") offset = rng.below(65536);
	let attempts = Math.min(ports.count, MAX_ATTEMPTS);
	for (;;) {
		for (let k = 0; k < attempts; k += 1, offset += 1) {
			const port = ports.from + (offset % ports.count + ports.count) % ports.count;
			if (byId || manip === "src") tuple.sport = port;
			else tuple.dport = port;
			if (!isUsedHarder(tuple, ct, attempts - k)) return;
		}
		if (attempts >= ports.count || attempts < 16) break;
		attempts = Math.floor(attempts / 2);
		offset = rng.below(65536);
	}
	ct.natExhausted = isUsed(tuple, ct, net);
}
/** The ports (ICMP: ids) to choose from; undefined: the port is not to be changed. */
function portsToTry(tuple, range, manip) {
	if (!hasPorts(tuple.proto) && tuple.proto !== 1) return void 0;
	const { minPort, maxPort } = range;
	if (minPort !== void 0 && maxPort !== void 0) {
		const from = Math.min(minPort, maxPort);
		return {
			from,
			count: Math.max(minPort, maxPort) - from + 1
		};
	}
	if (tuple.proto === 1) return {
		from: 0,
		count: 65536
	};
	if (manip === "dst") return void 0;
	if (tuple.sport < 512) return {
		from: 1,
		count: 511
	};
	if (tuple.sport < 1024) return {
		from: 600,
		count: 424
	};
	return {
		from: 1024,
		count: 64512
	};
}
/** Whether another flow has the answer's tuple (`nf_nat_used_tuple`). */
function isUsed(tuple, ct, net) {
	return holderOf(tuple, ct, net) !== void 0;
}
/** As `isUsed`, but with few attempts left a TCP port is taken away from a connection in TIME_WAIT. */
function isUsedHarder(tuple, ct, attemptsLeft) {
	const net = conntrackNet(ct.netns);
	const holder = holderOf(tuple, ct, net);
	if (holder === void 0) return false;
	const opens = tuple.proto === 6 && ct.tcp?.state === 1;
	if (attemptsLeft > HARDER_THRESHOLD || !opens || holder.dir === 0) return true;
	return holder.ct === void 0 || !mayEvict(holder.ct, ct) || !net.table.kill(holder.ct);
}
function mayEvict(old, fresh) {
	if (old.tcp === void 0 || fresh.tcp === void 0 || old.tcp.state < 7) return false;
	if ((old.status & 512) !== 0 || (old.status & 16) === 0) return false;
	return (fresh.tcp.original.end - old.tcp.original.end | 0) > 0;
}
/** The tuple in the table that an answer to `tuple` would have (`nf_conntrack_tuple_taken`). */
function holderOf(tuple, ct, net) {
	const answer = net.scratch;
	if (!invertTuple(tuple, answer)) return void 0;
	const holder = net.table.find(answer, net.now(), ct.zoneIsDirected ? 1 : void 0);
	if (holder?.ct === void 0 || holder.ct === ct) return void 0;
	return sameTuple(holder.ct.original, ct.original) ? void 0 : holder;
}
// src/sim/netfilter/nat/nat-core.ts
/** Puts a nat chain into the dispatcher of its hook; the result takes it out. The first one registers the dispatchers. */
function nfNatRegisterFn(netns, family, hook, chain) {
	if (family !== "ipv4") return () => void 0;
	const nat = natNet(netns);
	const chains = nat.chains[hook];
	const at = chains.findIndex((other) => other.priority >= chain.priority);
	nat.chains[hook] = at < 0 ? [...chains, chain] : [
		...chains.slice(0, at),
		chain,
		...chains.slice(at)
	];
	nat.users += 1;
	if (nat.users === 1) nat.unregister = registerDispatchers(netns);
	return () => {
		nat.chains[hook] = nat.chains[hook].filter((other) => other !== chain);
		nat.users -= 1;
		if (nat.users > 0) return;
		for (const unregister of nat.unregister) unregister();
		nat.unregister = [];
	};
}
/**
* Sets up the translation of one end of a new flow, choosing within the range; false: the packet must be dropped. A flow
* that is confirmed already stays as it is.
*/
function nfNatSetupInfo(ct, range, manip) {
	if ((ct.status & 8) !== 0) return true;
	const done = doneBit(manip);
	if ((ct.status & done) !== 0) return false;
	const current = new CtTuple(void 0, 0);
	const wanted = new CtTuple(void 0, 0);
	invertTuple(ct.reply, current);
	invertTuple(ct.reply, wanted);
	getUniqueTuple(wanted, range, ct, manip);
	if (!sameTuple(wanted, current)) {
		invertTuple(wanted, ct.reply);
		ct.status |= manip === "src" ? 16 : 32;
	}
	ct.status |= done;
	return true;
}
const natNet = pernet(() => ({
	chains: {
		PREROUTING: [],
		INPUT: [],
		FORWARD: [],
		OUTPUT: [],
		POSTROUTING: []
	},
	users: 0,
	unregister: []
}));
const PRE = {
	priority: NF_PRI.NAT_DST,
	name: "nf_nat_ipv4_pre_routing",
	fn: nfNatIpv4PreRouting
};
const OUT = {
	priority: NF_PRI.NAT_DST,
	name: "nf_nat_ipv4_local_fn",
	fn: nfNatIpv4LocalFn
};
const IN$1 = {
	priority: NF_PRI.NAT_SRC,
	name: "nf_nat_ipv4_local_in",
	fn: nfNatInetFn
};
const POST = {
	priority: NF_PRI.NAT_SRC,
	name: "nf_nat_ipv4_out",
	fn: nfNatInetFn
};
function registerDispatchers(netns) {
	return [
		registerNetHook(netns, "ipv4", "PREROUTING", PRE),
		registerNetHook(netns, "ipv4", "OUTPUT", OUT),
		registerNetHook(netns, "ipv4", "INPUT", IN$1),
		registerNetHook(netns, "ipv4", "POSTROUTING", POST)
	];
}
/** A route found for the old destination is of no use. */
function nfNatIpv4PreRouting(skb, state) {
	const before = ipv4Dst(skb.bytes, skb.network);
	const verdict = nfNatInetFn(skb, state);
	if (verdict === "accept" && ipv4Dst(skb.bytes, skb.network) !== before) skb.dst = void 0;
	return verdict;
}
/** A packet made here was routed before it was translated; it needs the route to where it goes now. */
function nfNatIpv4LocalFn(skb, state) {
	const verdict = nfNatInetFn(skb, state);
	const ct = skbCt(skb);
	if (verdict !== "accept" || ct === void 0 || (ct.status & 48) === 0) return verdict;
	const dir = ctInfoDir(skb.ctInfo);
	if (!(ct.tuple(dir).dst !== ct.tuple(dir === 0 ? 1 : 0).src) || ipRouteMeHarder(state.netns, skb)) return "accept";
	state.dropReason = "IP_OUTNOROUTES";
	state.dropDetail = "no route to the translated destination";
	return "drop";
}
/** The dispatcher (`nf_nat_inet_fn`). */
function nfNatInetFn(skb, state) {
	const ct = skbCt(skb);
	if (ct === void 0) return "accept";
	const manip = manipOf(state);
	const info = skb.ctInfo;
	if (info === "established" || info === "established-reply") {
		if ((ct.status & 48) === 0 && ct.masqIndex === 0) return "accept";
		return oifChanged(skb, ct, state) ? "drop" : manipPacket(skb, ct, state, manip);
	}
	if (info !== "new" && ipv4Proto(skb.bytes, skb.network) === 1) return translateIcmpError(skb, ct, state, manip);
	if ((ct.status & doneBit(manip)) === 0) {
		const verdict = setUp(skb, ct, state, manip);
		if (verdict !== "accept") return verdict;
	} else if (oifChanged(skb, ct, state)) return "drop";
	return manipPacket(skb, ct, state, manip);
}
/** Asks the chains, in order of priority, until one sets up the flow; if none does it is bound to what it has. */
function setUp(skb, ct, state, manip) {
	const status = ct.status;
	for (const chain of natNet(state.netns).chains[state.hook]) {
		const verdict = chain.evaluate(skb, state);
		if (verdict !== "accept") return verdict;
		if ((ct.status & doneBit(manip)) !== 0) break;
	}
	if ((ct.status & doneBit(manip)) === 0 && !nullBinding(ct, manip)) return "drop";
	if (skb.machine.tracer !== void 0 && ((ct.status ^ status) & 48) !== 0) traceConntrack(skb, state.netns, {
		change: "nat-setup",
		fn: "nf_nat_setup_info"
	});
	return "accept";
}
/** No rule: the address stays; the port may still have to change, for another flow may have been given it. */
function nullBinding(ct, manip) {
	const addr = manip === "src" ? ct.reply.dst : ct.reply.src;
	return nfNatSetupInfo(ct, {
		minAddr: addr,
		maxAddr: addr
	}, manip);
}
function manipPacket(skb, ct, state, manip) {
	const dir = ctInfoDir(skb.ctInfo);
	if ((ct.status & natStatusBit(manip, dir)) === 0) return "accept";
	if (skb.machine.tracer === void 0) nfNatManipPkt(skb, ct, manip, dir);
	else manipTraced(skb, state.netns, manip, () => nfNatManipPkt(skb, ct, manip, dir));
	return "accept";
}
function translateIcmpError(skb, ct, state, manip) {
	let fault;
	const translate = () => {
		fault = nfNatIcmpReplyTranslation(skb, ct, manip);
	};
	if (skb.machine.tracer === void 0) translate();
	else manipTraced(skb, state.netns, manip, translate);
	if (fault === void 0) return "accept";
	state.dropDetail = `NAT cannot translate ${fault}`;
	return "drop";
}
/** A masqueraded flow now leaves by another device, where its address means nothing: it ends (`nf_nat_oif_changed`). */
function oifChanged(skb, ct, state) {
	if (ct.masqIndex === 0 || state.hook !== "POSTROUTING" || ctInfoDir(skb.ctInfo) !== 0) return false;
	if (state.outdev === void 0 || ct.masqIndex === state.outdev.ifindex) return false;
	conntrackNet(ct.netns).table.kill(ct);
	state.dropReason = "NAT_OIF_CHANGED";
	state.dropDetail = `it leaves by ${state.outdev.name} now`;
	return true;
}
/** The end that a hook rewrites (`HOOK2MANIP`). */
function manipOf(state) {
	return state.hook === "POSTROUTING" || state.hook === "INPUT" ? "src" : "dst";
}
function doneBit(manip) {
	return manip === "src" ? 128 : 256;
}
// src/sim/netfilter/nat/masquerade.ts
/** MASQUERADE (nf_nat_masquerade.c): source NAT to an address of the device the packet leaves by, as long as it lasts. */
/** Sets up a new flow's source; `range` may name ports. The address is chosen for the next hop, not by the route's `src`. */
function nfNatMasqueradeIpv4(skb, range, outdev) {
	const ct = skbCt(skb);
	if (ct === void 0) return "accept";
	if (ct.original.src === 0) return "accept";
	const addr = inetSelectAddr(outdev, skb.dst?.gateway ?? ipv4Dst(skb.bytes, skb.network), "global");
	if (addr === void 0) {
		const text = `${outdev.name} ate my IP address`;
		skb.machine.log.push({
			at: skb.machine.loop.now(),
			netns: ct.netns.name,
			level: 6,
			text
		});
		return "drop";
	}
	ct.masqIndex = outdev.ifindex;
	return nfNatSetupInfo(ct, {
		...range,
		minAddr: addr,
		maxAddr: addr
	}, "src") ? "accept" : "drop";
}
/** A device went down: flows masqueraded behind it end (`masq_device_event`). */
function masqDeviceEvent(event) {
	if (event.type === "down") flush(event.dev.netns, event.dev.ifindex, void 0);
}
/** An address was removed from a device: flows masqueraded with it end (`masq_inet_event`). */
function masqAddressRemoved(netns, addr, dev) {
	flush(netns, dev.ifindex, addr);
}
function flush(netns, ifindex, addr) {
	const net = conntrackNet(netns);
	for (const ct of net.table.entries(net.now())) {
		if (ct.masqIndex !== ifindex) continue;
		if (addr === void 0 || familyOfNum(addr) === ct.family && ct.reply.dst === addr) net.table.kill(ct);
	}
}
// src/sim/netfilter/nat/init.ts
/** Ends masqueraded flows when their device goes down or loses the address; the hooks come with the first nat chain. */
function initNat(machine) {
	machine.deviceNotifiers.push(masqDeviceEvent);
	machine.inetAddrNotifiers.push((event) => {
		if (event.type === "down") masqAddressRemoved(event.dev.netns, event.addr, event.dev);
	});
}
// src/sim/netfilter/xtables/types.ts
const HOOK_BIT = {
	PREROUTING: 1,
	INPUT: 2,
	FORWARD: 4,
	OUTPUT: 8,
	POSTROUTING: 16
};
/** The protocol that the rule demands before its match number `before`; undefined: none, or all but one. */
function protocolOf(rule, before) {
	for (const match of rule.matches) {
		if (match === before) return void 0;
		if (match.kind === "protocol" && match.invert !== true) return match.proto;
	}
}
/** `only valid for protocol N`: an error unless the rule demands one of the protocols. */
function demandProtocol(match, at, protocols) {
	const proto = protocolOf(at.rule, match);
	if (proto !== void 0 && protocols.includes(proto)) return void 0;
	return {
		errno: "EINVAL",
		message: `${match.kind} match in chain ${at.chain}: only valid for protocol ${protocols.join(", ")}`
	};
}
function inRange(value, range) {
	return value >= range.from && value <= range.to;
}
// src/sim/netfilter/xtables/state.ts
/** The tables of a namespace: chains with their rules and live counters (`struct xt_table`). */
/** A rule as loaded: the port's value, its counters, and what it compiles to when the first packet meets it. */
var XtRuleState = class {
	rule;
	/** The chain that the rule jumps or goes to. */
	jump;
	/** The hooks from which it may be reached. */
	hooks;
	needsConntrack;
	packets;
	bytes;
	matches = void 0;
	target = void 0;
	constructor(rule, init) {
		this.rule = rule;
		this.jump = init.jump;
		this.hooks = init.hooks;
		this.needsConntrack = init.needsConntrack;
		this.packets = rule.counters?.packets ?? 0;
		this.bytes = rule.counters?.bytes ?? 0;
	}
};
/** The rules of a chain at one time; a change makes a new body, so that the old one can be put back. */
var XtBody = class {
	rules;
	/** The chains that the rules lead to, each once. */
	jumps;
	/** The hooks from which all rules may be reached. */
	hooks;
	/** `null`: not built yet. `undefined`: the chain is too short or has nothing to look up. */
	index = null;
	constructor(init) {
		this.rules = init.rules;
		this.jumps = init.jumps;
		this.hooks = init.hooks;
	}
};
const EMPTY_BODY = new XtBody({
	rules: [],
	jumps: [],
	hooks: 31
});
/** A chain by name. It outlives its deletion while a transaction may still bring it back (`exists` is false then). */
var XtChainState = class {
	table;
	name;
	builtin;
	exists;
	/** Deleted by the transaction at work. */
	deleted = false;
	body = EMPTY_BODY;
	/** How many rules lead here. */
	references = 0;
	policy = "accept";
	/** Of the policy. */
	packets = 0;
	bytes = 0;
	/** Of the last walk over the table: the hooks that lead here, and whether the walk is below this chain. */
	reached = 0;
	onPath = false;
	constructor(table, name, builtin) {
		this.table = table;
		this.name = name;
		this.builtin = builtin;
		this.exists = builtin !== void 0;
	}
};
var XtTable = class {
	netns;
	family;
	name;
	/** By name; built-in chains first, in hook order. */
	chains = /* @__PURE__ */ new Map();
	/** Something was loaded into it once: it is registered and listed. */
	touched = false;
	/** Takes the hooks away; undefined: they are not registered. */
	unregister = void 0;
	/** Rules that need connection tracking, and whether it was asked for. */
	conntrackRules = 0;
	conntrackOn = false;
	/** Chains that the transaction at work named or deleted, and that may not exist. */
	suspects = /* @__PURE__ */ new Set();
	/** Jumps or restricted rules changed since the last commit. */
	graphChanged = false;
	/** Shorter chains get no index. */
	indexThreshold = 16;
	/** The jump stack: the chain and the place to go on at. Evaluations that nest use it one above the other. */
	stackChains = [];
	stackAt = [];
	stackTop = 0;
	constructor(netns, family, name) {
		this.netns = netns;
		this.family = family;
		this.name = name;
		for (const hook of BUILTIN_CHAINS[name]) this.chains.set(hook, new XtChainState(this, hook, hook));
	}
	/** The chain of the name, made (not existing) if there is none. */
	chain(name) {
		let chain = this.chains.get(name);
		if (chain === void 0) {
			chain = new XtChainState(this, name, void 0);
			this.chains.set(name, chain);
			this.suspects.add(chain);
		}
		return chain;
	}
	context(chain, rule) {
		return {
			netns: this.netns,
			family: this.family,
			table: this.name,
			chain,
			rule
		};
	}
};
/** The iptables state of a namespace. */
var XtNetns = class {
	netns;
	tables = [];
	/** A transaction was committed and nothing was applied since. */
	committed = false;
	constructor(netns) {
		this.netns = netns;
	}
	/** The table, made on first use. */
	table(family, name) {
		let table = this.find(family, name);
		if (table === void 0) {
			table = new XtTable(this.netns, family, name);
			this.tables.push(table);
		}
		return table;
	}
	find(family, name) {
		return this.tables.find((table) => table.family === family && table.name === name);
	}
};
const xtNetns = pernet((netns) => new XtNetns(netns));
// src/sim/netfilter/xtables/init.ts
/** Tables register their hooks when something is loaded into them, and let go of them when their namespace goes. */
function initXtables(machine) {
	machine.onNetnsRemoved.push((netns) => {
		for (const table of xtNetns(netns).tables) {
			table.unregister?.();
			table.unregister = void 0;
		}
	});
}
// src/sim/transport/conf.ts
/** The sysctls of the transport layer, as numbers that packets read. */
/** Key of each number; the third of tcp_rmem's and both of ip_local_port_range's are split off below. */
const KEYS = {
	ipNonlocalBind: "net.ipv4.ip_nonlocal_bind",
	tcpTimestamps: "net.ipv4.tcp_timestamps",
	tcpWindowScaling: "net.ipv4.tcp_window_scaling",
	tcpSack: "net.ipv4.tcp_sack",
	tcpSynRetries: "net.ipv4.tcp_syn_retries",
	tcpSynackRetries: "net.ipv4.tcp_synack_retries",
	tcpSynLinearTimeouts: "net.ipv4.tcp_syn_linear_timeouts",
	tcpRetries2: "net.ipv4.tcp_retries2",
	tcpInvalidRatelimitMs: "net.ipv4.tcp_invalid_ratelimit",
	tcpRfc1337: "net.ipv4.tcp_rfc1337"
};
const PORT_RANGE = "net.ipv4.ip_local_port_range";
const TCP_RMEM = "net.ipv4.tcp_rmem";
/** The defaults of Linux 6.18. */
function registerTransportSysctls(machine) {
	registerSysctls(machine, {
		"net.ipv4.ip_local_port_range": "32768	60999",
		"net.ipv4.ip_nonlocal_bind": "0",
		"net.ipv4.tcp_invalid_ratelimit": "500",
		"net.ipv4.tcp_retries2": "15",
		"net.ipv4.tcp_rfc1337": "0",
		"net.ipv4.tcp_rmem": "4096	131072	33554432",
		"net.ipv4.tcp_sack": "1",
		"net.ipv4.tcp_syn_linear_timeouts": "4",
		"net.ipv4.tcp_syn_retries": "6",
		"net.ipv4.tcp_synack_retries": "5",
		"net.ipv4.tcp_timestamps": "1",
		"net.ipv4.tcp_window_scaling": "1"
	});
}
/** The current values; the object stays the same and follows `setSysctl`. */
const transportConf = pernet((netns) => {
	const table = sysctls(netns);
	const numbers = (key) => (table.values.get(key) ?? "").trim().split(/\s+/).map(Number);
	const conf = {
		...readAll(numbers),
		portLow: 0,
		portHigh: 0,
		rmemDefault: 0,
		rmemMax: 0
	};
	const refresh = () => {
		Object.assign(conf, readAll(numbers));
		[conf.portLow = 32768, conf.portHigh = 60999] = numbers(PORT_RANGE);
		[, conf.rmemDefault = 131072, conf.rmemMax = 33554432] = numbers(TCP_RMEM);
	};
	refresh();
	const known = /* @__PURE__ */ new Set([
		...Object.values(KEYS),
		PORT_RANGE,
		TCP_RMEM
	]);
	table.listeners.push((key) => {
		if (known.has(key)) refresh();
	});
	return conf;
});
function readAll(numbers) {
	const read = (key) => numbers(key)[0] ?? 0;
	return {
		ipNonlocalBind: read(KEYS.ipNonlocalBind),
		tcpTimestamps: read(KEYS.tcpTimestamps),
		tcpWindowScaling: read(KEYS.tcpWindowScaling),
		tcpSack: read(KEYS.tcpSack),
		tcpSynRetries: read(KEYS.tcpSynRetries),
		tcpSynackRetries: read(KEYS.tcpSynackRetries),
		tcpSynLinearTimeouts: read(KEYS.tcpSynLinearTimeouts),
		tcpRetries2: read(KEYS.tcpRetries2),
		tcpInvalidRatelimitMs: read(KEYS.tcpInvalidRatelimitMs),
		tcpRfc1337: read(KEYS.tcpRfc1337)
	};
}
// src/sim/transport/errno.ts
/** Socket errors and their sentences; what an ICMP error means to a socket. */
/** An error with the words of strerror(3). */
function socketError(errno, about) {
	return {
		errno,
		message: about === void 0 ? STRERROR[errno] : `${about}: ${STRERROR[errno]}`
	};
}
/** The same as a failed `Result`. */
function socketErr(errno, about) {
	return err(socketError(errno, about));
}
/** EMSGSIZE of a packet that may not be fragmented. */
function tooLongErr(mtu) {
	return err({
		...socketError("EMSGSIZE", `mtu=${mtu}`),
		mtu
	});
}
/** What an ICMP error other than fragmentation-needed means (`icmp_err_convert`); undefined: nothing to a socket. */
function icmpErrConvert(type, code) {
	switch (type) {
		case 3: return code === 4 ? void 0 : UNREACH[code];
		case 11: return {
			errno: "EHOSTUNREACH",
			fatal: false
		};
		case 12: return {
			errno: "EINVAL",
			fatal: true
		};
		default: return;
	}
}
const STRERROR = {
	EADDRINUSE: "Address already in use",
	EADDRNOTAVAIL: "Cannot assign requested address",
	ECONNREFUSED: "Connection refused",
	ECONNRESET: "Connection reset by peer",
	EHOSTUNREACH: "No route to host",
	ENETUNREACH: "Network is unreachable",
	EACCES: "Permission denied",
	EINVAL: "Invalid argument",
	EPERM: "Operation not permitted",
	ETIMEDOUT: "Connection timed out",
	EMSGSIZE: "Message too long",
	ENOPROTOOPT: "Protocol not available",
	EPIPE: "Broken pipe",
	ENOTCONN: "Transport endpoint is not connected",
	EOPNOTSUPP: "Operation not supported",
	ENOENT: "No such file or directory",
	ENODEV: "No such device",
	ENETDOWN: "Network is down"
};
/**
* By code, as `icmp_err_convert` (net/ipv4/icmp.c) has it. EHOSTDOWN (7) and ENONET (8) are not errnos of the port and
* nothing here sends these codes; they are given as EHOSTUNREACH.
*/
const UNREACH = [
	{
		errno: "ENETUNREACH",
		fatal: false
	},
	{
		errno: "EHOSTUNREACH",
		fatal: false
	},
	{
		errno: "ENOPROTOOPT",
		fatal: true
	},
	{
		errno: "ECONNREFUSED",
		fatal: true
	},
	{
		errno: "EMSGSIZE",
		fatal: false
	},
	{
		errno: "EOPNOTSUPP",
		fatal: false
	},
	{
		errno: "ENETUNREACH",
		fatal: true
	},
	{
		errno: "EHOSTUNREACH",
		fatal: true
	},
	{
		errno: "EHOSTUNREACH",
		fatal: true
	},
	{
		errno: "ENETUNREACH",
		fatal: true
	},
	{
		errno: "EHOSTUNREACH",
		fatal: true
	},
	{
		errno: "ENETUNREACH",
		fatal: false
	},
	{
		errno: "EHOSTUNREACH",
		fatal: false
	},
	{
		errno: "EHOSTUNREACH",
		fatal: true
	},
	{
		errno: "EHOSTUNREACH",
		fatal: true
	},
	{
		errno: "EHOSTUNREACH",
		fatal: true
	}
];
// src/sim/transport/inet.ts
function inetRoute(netns, flow) {
	return ipRouteOutput(netns, flow);
}
/** Changes whenever a route may have; a socket keeps its route as long as it does not (`sk_dst_check`). */
function inetRouteGeneration(netns) {
	return fibOf(netns).generation;
}
/**
* Puts the IP header in front of `skb.data`, which is at the transport header, and sends the packet. `skb.dst` is set;
* `origin` is undefined while nobody traces.
*/
function inetXmit(netns, skb, header, origin) {
	skb.transport = skb.data;
	pushSkb(skb, 20);
	skb.network = skb.data;
	skb.protocol = ETH_P_IP;
	putIpv4(skb.bytes, skb.data, {
		src: v4$1(header.src),
		dst: v4$1(header.dst),
		proto: header.proto,
		ttl: header.ttl,
		tos: header.tos,
		id: header.id,
		frag: header.df ? IP_DF : 0,
		totalLength: skb.length
	});
	if (origin !== void 0) originSkb(skb, netns, origin.fn, origin.what, origin.parent);
	return ipLocalOut(netns, skb);
}
/** The addresses in the packet's IP header. */
function inetSrc(skb) {
	return ipv4Src(skb.bytes, skb.network);
}
function inetDst(skb) {
	return ipv4Dst(skb.bytes, skb.network);
}
/** An address that must be IPv4, because sockets of the other family are refused when they are opened. */
function v4$1(addr) {
	if (typeof addr !== "number") throw new Error("an IPv6 address in an IPv4 socket");
	return addr;
}
const SOMAXCONN = 4096;
/** Checks options as setsockopt and bind do, short of whether the port is free. */
function sockOptions(machine, netnsName, options) {
	const netns = machine.netns.get(netnsName);
	if (netns === void 0) return socketErr("ENOENT", `network namespace ${netnsName}`);
	const dev = options.dev === void 0 ? void 0 : netns.devicesByName.get(options.dev);
	if (options.dev !== void 0 && dev === void 0) return socketErr("ENODEV", options.dev);
	const bindPort = options.bind?.port ?? 0;
	if (!portIsValid(bindPort)) return socketErr("EINVAL", `port ${bindPort}`);
	const bindAddr = options.bind?.addr === void 0 ? ok(0) : bindableAddr(netns, options.bind.addr);
	if (!bindAddr.ok) return bindAddr;
	return ok({
		netns,
		program: options.program ?? "",
		pid: options.pid,
		backlog: options.backlog ?? SOMAXCONN,
		owner: {
			uid: options.uid ?? 0,
			gid: options.gid ?? 0
		},
		boundDev: dev?.ifindex ?? 0,
		mark: (options.mark ?? 0) >>> 0,
		ttl: options.ttl ?? 0,
		tos: options.tos ?? 0,
		pmtudisc: options.pmtudisc ?? "want",
		broadcast: options.broadcast === true,
		bindAddr: bindAddr.value,
		bindPort
	});
}
/** The far end as a number; 0.0.0.0 is this host, as Linux takes it. IPv6 is not modelled. */
function remoteAddr(addr) {
	const n = ipNum(addr);
	if (typeof n !== "number") return noIpv6(addr);
	return ok(n === 0 ? 2130706433 : n);
}
function portIsValid(port) {
	return Number.isInteger(port) && port >= 0 && port <= 65535;
}
/** The TTL of a packet that the socket sends. */
function sockTtl(options) {
	return options.ttl === 0 ? inetConf(options.netns).ipDefaultTtl : options.ttl;
}
function socketAddr(addr, port) {
	return {
		addr: ipText(addr),
		port
	};
}
/** `10.244.1.5:80`, `[2001:db8::1]:80`. */
function endText(addr, port) {
	return typeof addr === "number" ? `${ipText(addr)}:${port}` : `[${ipText(addr)}]:${port}`;
}
/** `tcp 10.244.1.5:80 (http-server)`: how a socket is called in traces. */
function describeSock(protocol, addr, port, program) {
	return `${protocol} ${endText(addr, port)}${program === "" ? "" : ` (${program})`}`;
}
function bindableAddr(netns, addr) {
	const n = ipNum(addr);
	if (typeof n !== "number") return noIpv6(addr);
	if (n === 0 || transportConf(netns).ipNonlocalBind !== 0) return ok(n);
	const type = inetAddrType(netns, n);
	return type === "local" || type === "broadcast" || type === "multicast" ? ok(n) : socketErr("EADDRNOTAVAIL", addr);
}
function noIpv6(addr) {
	return {
		ok: false,
		error: {
			...socketError("EOPNOTSUPP"),
			message: `IPv6 sockets are not modelled: ${addr}`
		}
	};
}
// src/sim/transport/ping-sock.ts
/** ICMP echo sockets (net/ipv4/ping.c): one identifier each, replies and errors matched by it. */
const MAX_PAYLOAD$1 = 65507;
/** Opens a socket that pings `to`; fails as connect does when there is no route. */
function openPingSock(options, to, wantedId, handlers) {
	const { byId } = pingTable(options.netns);
	const id = wantedId ?? freeId(options.netns);
	if (id === void 0 || byId.has(id)) return socketErr("EADDRINUSE", `id ${wantedId ?? "any"}`);
	if (!Number.isInteger(id) || id < 0 || id > 65535) return socketErr("EINVAL", `id ${id}`);
	const sock = new PingSock({
		options,
		to,
		id,
		handlers
	});
	const route = sock.route();
	if (!route.ok) return route;
	byId.set(id, sock);
	return ok(sock);
}
/** Hands echo replies and errors about echo requests of a namespace to its sockets. */
function registerPing(netns) {
	const handlers = icmpEchoReplyHandlers(netns);
	handlers.onReply = (skb) => pingRcv(netns, skb);
	handlers.onError = (skb, error) => pingErr(netns, skb, error);
}
var PingSock = class {
	id;
	handlers;
	options;
	#to;
	#closed = false;
	#errno = void 0;
	constructor(init) {
		this.options = init.options;
		this.#to = init.to;
		this.id = init.id;
		this.handlers = init.handlers;
	}
	get owner() {
		return this.options.owner;
	}
	get describe() {
		const { program } = this.options;
		return `ping id ${this.id}${program === "" ? "" : ` (${program})`}`;
	}
	error(errno) {
		this.#errno = errno;
	}
	route() {
		const { netns, bindAddr, boundDev, mark, tos } = this.options;
		const route = inetRoute(netns, {
			dst: this.#to,
			src: bindAddr === 0 ? void 0 : bindAddr,
			oif: boundDev,
			mark,
			tos,
			proto: 1
		});
		if (!route.ok) return socketErr(route.error);
		return route.value.type === "broadcast" && !this.options.broadcast ? socketErr("EACCES") : route;
	}
	send(request) {
		const { seq, payload } = request;
		if (this.#closed) return socketErr("EINVAL", "closed socket");
		if (payload.length > MAX_PAYLOAD$1) return socketErr("EMSGSIZE");
		const route = this.route();
		if (!route.ok) return route;
		const { netns, pmtudisc, bindAddr, mark, tos } = this.options;
		const dst = route.value;
		const fits = payload.length + 8 + 20 <= dst.mtu;
		if (pmtudisc === "do" && !fits) return tooLongErr(dst.mtu);
		const skb = allocSkb(netns.machine, 8 + payload.length);
		skb.bytes.set(payload, skb.data + 8);
		putIcmp(skb.bytes, skb.data, skb.end, {
			type: 8,
			code: 0,
			rest: (this.id << 16 | seq & 65535) >>> 0
		});
		skb.dst = dst;
		skb.sk = this;
		skb.mark = mark;
		skb.ignoreDf = pmtudisc !== "do";
		const header = {
			src: bindAddr === 0 ? dst.prefsrc ?? 0 : bindAddr,
			dst: this.#to,
			proto: 1,
			ttl: request.ttl ?? sockTtl(this.options),
			tos,
			id: pmtudisc === "do" ? 0 : ipSelectIdent(netns),
			df: pmtudisc !== "dont" && fits
		};
		const what = `ICMP echo request id ${this.id} seq ${seq} to ${ipText(this.#to)}`;
		this.#errno = void 0;
		inetXmit(netns, skb, header, {
			fn: "ping_v4_sendmsg",
			what
		});
		return this.#outcome();
	}
	close() {
		this.#closed = true;
		const { byId } = pingTable(this.options.netns);
		if (byId.get(this.id) === this) byId.delete(this.id);
	}
	#outcome() {
		return this.#errno === void 0 ? ok(void 0) : socketErr(this.#errno);
	}
};
const pingTable = pernet(() => ({ byId: /* @__PURE__ */ new Map() }));
/** Takes an echo reply (`ping_rcv`); undefined: no socket has its identifier. */
function pingRcv(netns, skb) {
	const { bytes, data, end, network } = skb;
	const sock = pingTable(netns).byId.get(icmpId(bytes, data));
	if (sock === void 0 || !accepts(sock, inetDst(skb), skb)) return void 0;
	const fate = deliverSkb(skb, netns, "ping_rcv", sock.describe);
	sock.handlers.onReply?.({
		from: ipText(inetSrc(skb)),
		id: sock.id,
		seq: icmpSeq(bytes, data),
		ttl: ipv4Ttl(bytes, network),
		payload: bytes.slice(data + 8, end)
	});
	return fate;
}
/** Reports an ICMP error about a request (`ping_err`); `skb.data` is at the quoted IP header, `skb.network` at the outer. */
function pingErr(netns, skb, error) {
	const { bytes, data } = skb;
	const quoted = data + ipv4HeaderLength(bytes, data);
	if (skb.end - quoted < 8 || icmpType(bytes, quoted) !== 8) return;
	const sock = pingTable(netns).byId.get(icmpId(bytes, quoted));
	if (sock === void 0 || !accepts(sock, void 0, skb)) return;
	const report = {
		from: ipText(inetSrc(skb)),
		type: error.type,
		code: error.code,
		seq: icmpSeq(bytes, quoted),
		...error.type === 3 && error.code === 4 ? { mtu: error.info } : {}
	};
	sock.handlers.onError?.(report);
}
function accepts(sock, daddr, skb) {
	const { bindAddr, boundDev } = sock.options;
	if (boundDev !== 0 && boundDev !== skb.dev?.ifindex) return false;
	return daddr === void 0 || bindAddr === 0 || bindAddr === daddr;
}
/** A free identifier, drawn at random; undefined: all are taken. */
function freeId(netns) {
	const { byId } = pingTable(netns);
	const start = netns.machine.rng.below(65535);
	for (let k = 0; k < 65535; k += 1) {
		const id = 1 + (start + k) % 65535;
		if (!byId.has(id)) return id;
	}
}
// src/sim/transport/flow-table.ts
var FlowTable = class {
	#buckets = /* @__PURE__ */ new Map();
	#size = 0;
	get size() {
		return this.#size;
	}
	find(laddr, lport, raddr, rport) {
		let node = this.#buckets.get(flowHash(laddr, lport, raddr, rport));
		while (node !== void 0) {
			const { flow } = node;
			if (flow.lport === lport && flow.rport === rport && flow.raddr === raddr && flow.laddr === laddr) return flow;
			node = node.next;
		}
	}
	insert(flow) {
		const hash = flowHash(flow.laddr, flow.lport, flow.raddr, flow.rport);
		this.#buckets.set(hash, {
			flow,
			next: this.#buckets.get(hash)
		});
		this.#size += 1;
	}
	/** Takes `flow` out; does nothing when it is not in. */
	remove(flow) {
		const hash = flowHash(flow.laddr, flow.lport, flow.raddr, flow.rport);
		let before;
		let at = this.#buckets.get(hash);
		while (at !== void 0 && at.flow !== flow) {
			before = at;
			at = at.next;
		}
		if (at === void 0) return;
		if (before !== void 0) before.next = at.next;
		else if (at.next !== void 0) this.#buckets.set(hash, at.next);
		else this.#buckets.delete(hash);
		this.#size -= 1;
	}
	/** All flows, as they are now; the table may change meanwhile. */
	list() {
		const flows = [];
		for (const head of this.#buckets.values()) for (let node = head; node !== void 0; node = node.next) flows.push(node.flow);
		return flows;
	}
};
/** An address as 32 bits, for hashing. */
function foldIp(addr) {
	if (typeof addr === "number") return addr | 0;
	return Number(BigInt.asIntN(32, addr ^ addr >> 32n ^ addr >> 64n ^ addr >> 96n));
}
/** Mixes two ends and a secret into 32 bits. */
function flowHash(laddr, lport, raddr, rport) {
	let hash = Math.imul(foldIp(laddr) ^ Math.imul(foldIp(raddr), 2654435761), 2246822507);
	hash ^= lport << 16 | rport;
	hash = Math.imul(hash ^ hash >>> 15, 3266489909);
	return hash ^ hash >>> 13;
}
// src/sim/transport/sock-timer.ts
var SockTimer = class {
	#loop;
	#fn;
	#dueNs = Number.POSITIVE_INFINITY;
	#pending;
	constructor(loop, fn) {
		this.#loop = loop;
		this.#fn = fn;
	}
	get armed() {
		return this.#dueNs !== Number.POSITIVE_INFINITY;
	}
	/** Fires once, `delayNs` from now, as late as Linux's timer wheel makes it; replaces what was set before. */
	set(delayNs) {
		const nowNs = this.#loop.now();
		this.#dueNs = nowNs + timerWheelDelay(nowNs, delayNs);
		if (this.#pending !== void 0 && this.#pending.dueNs <= this.#dueNs) return;
		this.#pending?.cancel();
		this.#wait();
	}
	/** Does not fire any more; cheap, for a timer that will be set again. */
	clear() {
		this.#dueNs = Number.POSITIVE_INFINITY;
	}
	/** Leaves nothing behind in the event loop. */
	stop() {
		this.clear();
		this.#pending?.cancel();
		this.#pending = void 0;
	}
	#wait() {
		this.#pending = this.#loop.after(this.#dueNs - this.#loop.now(), () => {
			this.#pending = void 0;
			if (!this.armed) return;
			if (this.#loop.now() < this.#dueNs) {
				this.#wait();
				return;
			}
			this.clear();
			this.#fn();
		});
	}
};
// src/sim/transport/tcp-table.ts
/** A connection of which only the SYN came (`struct tcp_request_sock`, the SYN queue). */
var TcpRequestSock = class {
	kind = "request";
	listener;
	laddr;
	lport;
	raddr;
	rport;
	/** The peer's first sequence number, and ours. */
	rcvIsn;
	sndIsn;
	agreed;
	timer;
	tsRecent;
	retransmits = 0;
	/** The SYN-ACK was sent again because the SYN came again. */
	resent = false;
	sentNs = 0;
	constructor(init) {
		this.listener = init.listener;
		this.laddr = init.ends.laddr;
		this.lport = init.ends.lport;
		this.raddr = init.ends.raddr;
		this.rport = init.ends.rport;
		this.rcvIsn = init.rcvIsn;
		this.sndIsn = init.sndIsn;
		this.agreed = init.agreed;
		this.tsRecent = init.tsRecent;
		this.timer = new SockTimer(init.listener.options.netns.machine.loop, () => init.onTimer(this));
	}
};
const tcpTable = pernet(() => ({
	listeners: /* @__PURE__ */ new Map(),
	established: new FlowTable(),
	boundPorts: /* @__PURE__ */ new Map()
}));
/** The listener for a segment to `daddr`; a bound address goes before a bound device (`__inet_lookup_listener`). */
function tcpLookupListener(table, daddr, dport, dif) {
	let best;
	let bestScore = -1;
	for (const listener of table.listeners.get(dport) ?? []) {
		const { boundDev } = listener.options;
		if (listener.laddr !== 0 && listener.laddr !== daddr) continue;
		if (boundDev !== 0 && boundDev !== dif) continue;
		const score = (listener.laddr === 0 ? 0 : 2) + (boundDev === 0 ? 0 : 1);
		if (score > bestScore) {
			best = listener;
			bestScore = score;
		}
	}
	return best;
}
/** How an endpoint is called in traces. */
function describeTcp(at, program) {
	return describeSock("tcp", at.laddr, at.lport, program);
}
// src/sim/transport/tcp-done.ts
const TCP_TIMEWAIT_LEN_NS = 6e10;
/** The socket exists no more; tells nobody. */
function tcpDone(sock) {
	if (sock.state === "CLOSE") return;
	sock.state = "CLOSE";
	sock.timer.stop();
	sock.rtxQueue.length = 0;
	sock.unsent.length = 0;
	sock.early.length = 0;
	sock.lostOut = 0;
	sock.ackPending = false;
	tcpTable(sock.options.netns).established.remove(sock);
	tcpPutPort(sock);
}
/** The connection failed: tells the program why. */
function tcpFail(sock, errno) {
	if (sock.state === "CLOSE") return;
	tcpDone(sock);
	sock.handlers.onError?.(socketError(errno));
}
/** Both directions are closed. */
function tcpClosed(sock) {
	tcpDone(sock);
	sock.handlers.onClose?.();
}
/** A valid RST came (`tcp_reset`). */
function tcpReset(sock) {
	if (sock.state === "SYN_SENT") tcpFail(sock, "ECONNREFUSED");
	else if (sock.state === "CLOSE_WAIT") tcpFail(sock, "EPIPE");
	else tcpFail(sock, "ECONNRESET");
}
/** Replaces the socket by a small one that answers late segments for 60 s. Does not tell the program. */
function tcpTimeWait(sock) {
	const { netns } = sock.options;
	const timewait = {
		kind: "timewait",
		options: sock.options,
		laddr: sock.laddr,
		lport: sock.lport,
		raddr: sock.raddr,
		rport: sock.rport,
		sndNxt: sock.sndNxt,
		rcvNxt: sock.rcvNxt,
		rcvWnd: sock.rcvWnd >>> sock.rcvWscale,
		tstampOk: sock.tstampOk,
		tsOffset: sock.tsOffset,
		tsRecent: sock.tsRecent,
		lastOowAckNs: Number.NEGATIVE_INFINITY,
		timer: void 0
	};
	tcpDone(sock);
	tcpTable(netns).established.insert(timewait);
	tcpTimewaitSchedule(timewait);
}
/** Starts the 60 s anew. */
function tcpTimewaitSchedule(timewait) {
	timewait.timer?.cancel();
	const { machine } = timewait.options.netns;
	timewait.timer = machine.loop.after(TCP_TIMEWAIT_LEN_NS, () => tcpTimewaitKill(timewait));
}
function tcpTimewaitKill(timewait) {
	timewait.timer?.cancel();
	timewait.timer = void 0;
	tcpTable(timewait.options.netns).established.remove(timewait);
}
function tcpPutPort(sock) {
	if (!sock.holdsPort) return;
	sock.holdsPort = false;
	const { boundPorts } = tcpTable(sock.options.netns);
	const left = (boundPorts.get(sock.lport) ?? 0) - 1;
	if (left > 0) boundPorts.set(sock.lport, left);
	else boundPorts.delete(sock.lport);
}
// src/sim/transport/tcp-seq.ts
/** Sequence numbers: 32 bits that wrap (RFC 9293 §3.4). */
/** `a < b`. */
function before(a, b) {
	return (a - b | 0) < 0;
}
/** `a > b`. */
function after(a, b) {
	return (b - a | 0) < 0;
}
function seqAdd(seq, n) {
	return seq + n >>> 0;
}
/** `a - b`, signed. */
function seqDiff(a, b) {
	return a - b | 0;
}
// src/sim/transport/tcp-arrival.ts
/** A TCP segment that came in, read out of its packet. */
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);
/** Reads the segment at `skb.data`; undefined: its header is cut short or does not fit. */
function readTcpArrival(skb) {
	const { bytes, data, end } = skb;
	if (end - data < 20) return void 0;
	const headerLength = tcpHeaderLength(bytes, data);
	if (headerLength < 20 || headerLength > end - data) return void 0;
	const flags = tcpFlags(bytes, data);
	const payloadAt = data + headerLength;
	const length = end - payloadAt;
	const seq = tcpSeq(bytes, data);
	const stamps = timestamps(bytes, data, headerLength);
	return {
		skb,
		seq,
		endSeq: seqAdd(seq, length + ((flags & 2) === 0 ? 0 : 1) + (flags & 1)),
		ack: tcpAck$1(bytes, data),
		flags,
		window: tcpWindow(bytes, data),
		payload: length === 0 ? NO_BYTES : bytes.subarray(payloadAt, end),
		hasTimestamp: stamps !== void 0,
		tsval: stamps?.value ?? 0,
		tsecr: stamps?.echo ?? 0
	};
}
/** `SYN,ACK`, as traces name segments; `none` without flags. */
function tcpFlagNames(flags) {
	const names = [];
	for (const [bit, name] of FLAG_NAMES) if ((flags & bit) !== 0) names.push(name);
	return names.length === 0 ? "none" : names.join(",");
}
const FLAG_NAMES = [
	[2, "SYN"],
	[1, "FIN"],
	[4, "RST"],
	[8, "PSH"],
	[16, "ACK"],
	[32, "URG"]
];
/** The usual place first: `nop, nop, TS` and nothing else (`tcp_parse_aligned_timestamp`). */
function timestamps(b, at, headerLength) {
	if (headerLength === 20) return void 0;
	const first = at + 20;
	if (headerLength === 32 && get16(b, first) === 257 && get16(b, first + 2) === 2058) return {
		value: get32(b, first + 4),
		echo: get32(b, first + 8)
	};
	return tcpOptions(b, at).timestamps;
}
const TCP_TIMEOUT_INIT_NS$1 = 1e9;
var TcpSock = class {
	kind = "sock";
	options;
	laddr;
	lport;
	raddr;
	rport;
	state;
	handlers;
	onEstablished;
	/** The route last used, and the generation of the tables that it is good for. */
	dst = void 0;
	dstGeneration = -1;
	/** The peer acknowledged something new: with the next packet the neighbour counts as confirmed. */
	dstPendingConfirm = false;
	/** Retransmission while something is in flight, else the zero-window probe. */
	timer;
	/** Counted in `boundPorts` of the table. */
	holdsPort = false;
	/** IP id of the next packet. */
	ipId;
	sndUna = 0;
	sndNxt = 0;
	sndWnd = 0;
	/** Sequence number of the segment that last updated `sndWnd`. */
	sndWl1 = 0;
	maxWindow = 0;
	sndWscale = 0;
	/** End of the last segment shorter than the MSS (Nagle, as Minshall has it). */
	sndSml = 0;
	/** The peer's MSS option. */
	mssClamp = 536;
	/** Payload of a full segment, options taken off. */
	mss = 536;
	/** The path MTU that `mss` was computed for. */
	pmtu = 0;
	rtxQueue = [];
	unsent = [];
	unsentBytes = 0;
	finQueued = false;
	finSent = false;
	cwnd = 10;
	cwndCount = 0;
	ssthresh = 2147483647;
	dupAcks = 0;
	lostOut = 0;
	/** `recovery` after three duplicate ACKs, `loss` after a time-out, until `recover` is acknowledged. */
	caState = "open";
	recover = 0;
	/** Smoothed round trip time; 0: none measured. */
	srttNs = 0;
	mdevNs = 0;
	rtoNs = TCP_TIMEOUT_INIT_NS$1;
	backoff = 0;
	/** Time-outs in a row. */
	retransmits = 0;
	/** When the first of them was. */
	retransStampNs = 0;
	/** Zero-window probes in a row without an answer. */
	probesOut = 0;
	lastOowAckNs = Number.NEGATIVE_INFINITY;
	rcvNxt = 0;
	/** `rcvNxt` when the window was last advertised, and that window. */
	rcvWup = 0;
	rcvWnd = 0;
	rcvWscale = 0;
	/** The window while nothing waits to be read. */
	rcvSpace = 0;
	early = [];
	/** Data in order that no handler took yet. */
	unread = [];
	unreadBytes = 0;
	ackPending = false;
	finArrived = false;
	/** `onEnd` was called. */
	endTold = false;
	tstampOk = false;
	wscaleOk = false;
	sackOk = false;
	tsOffset = 0;
	tsRecent = 0;
	/** An ICMP error that does not end the connection but explains a later time-out. */
	softErrno = void 0;
	constructor(init) {
		this.options = init.options;
		this.laddr = init.ends.laddr;
		this.lport = init.ends.lport;
		this.raddr = init.ends.raddr;
		this.rport = init.ends.rport;
		this.state = init.state;
		this.handlers = init.handlers;
		this.onEstablished = init.onEstablished;
		const { machine } = init.options.netns;
		this.ipId = machine.rng.below(65536);
		this.timer = new SockTimer(machine.loop, () => init.onTimer(this));
	}
	get owner() {
		return this.options.owner;
	}
	get describe() {
		return describeSock("tcp", this.laddr, this.lport, this.options.program);
	}
	/** Segments believed to be on their way. */
	get inFlight() {
		return this.rtxQueue.length - this.lostOut;
	}
};
const HEADERS$1 = 40;
const MAX_IP_BYTES = 65535;
const TCP_MIN_SND_MSS = 48;
/** The MSS option for a path: what fits without options. */
function tcpAdvMss(mtu) {
	return Math.max(Math.min(mtu, MAX_IP_BYTES) - HEADERS$1, 88);
}
/** The window scale that the greatest receive buffer needs. */
function tcpWindowScale(conf) {
	return Math.max(0, Math.min(14, Math.floor(Math.log2(Math.max(conf.rmemDefault, conf.rmemMax))) - 15));
}
/** The first receive window: half the default buffer in whole segments, at most 65535. */
function tcpInitialWindow(conf, mss) {
	const space = Math.floor(conf.rmemDefault / 2);
	return Math.min(space > mss ? space - space % mss : space, 65535);
}
/** Sets the segment size for a path MTU. */
function tcpSyncMss(sock, mtu) {
	sock.pmtu = mtu;
	const options = sock.tstampOk ? 12 : 0;
	const fits = Math.min(Math.min(mtu, MAX_IP_BYTES) - HEADERS$1, sock.mssClamp) - options;
	sock.mss = boundToHalfWindow(sock, Math.max(fits, TCP_MIN_SND_MSS - options));
}
/** The window to advertise now, in bytes; never takes back what was advertised before. Notes it in the socket. */
function tcpSelectWindow(sock) {
	const current = tcpReceiveWindow(sock);
	const chosen = alignUp(Math.max(current, freeWindow(sock)), 1 << sock.rcvWscale);
	sock.rcvWnd = sock.wscaleOk ? chosen : Math.min(chosen, 65535);
	sock.rcvWup = sock.rcvNxt;
	return sock.rcvWnd;
}
/** What is left of the window last advertised. */
function tcpReceiveWindow(sock) {
	return Math.max(0, seqDiff(sock.rcvWup, sock.rcvNxt) + sock.rcvWnd);
}
/** Room for new data; nothing rather than a silly little (RFC 9293 §3.8.6.2.2). The buffer does not grow by itself. */
function freeWindow(sock) {
	const free = Math.max(0, sock.rcvSpace - sock.unreadBytes);
	return free < sock.rcvSpace / 16 || free < Math.min(sock.mss, sock.rcvSpace) ? 0 : free;
}
/** Against small windows one segment must not fill more than half of the peer's (`tcp_bound_to_half_wnd`). */
function boundToHalfWindow(sock, size) {
	const cutoff = sock.maxWindow > 536 ? sock.maxWindow >> 1 : sock.maxWindow;
	return cutoff > 0 && size > cutoff ? Math.max(cutoff, 28) : size;
}
function alignUp(n, to) {
	return Math.ceil(n / to) * to;
}
// src/sim/transport/tcp-xmit.ts
/** Milliseconds, the unit of time stamps. */
function tcpClockMs(netns) {
	return Math.floor(netns.machine.loop.now() / 1e6);
}
/** Sends one segment of a connection. `flags` with TCP_SYN gets the options of a SYN; an ACK clears `ackPending`. */
function tcpTransmit(sock, seq, flags, payload) {
	const { netns } = sock.options;
	const dst = tcpRoute(sock);
	const syn = (flags & 2) !== 0;
	const window = syn ? Math.min(sock.rcvWnd, 65535) : tcpSelectWindow(sock) >>> sock.rcvWscale;
	if ((flags & 16) !== 0) sock.ackPending = false;
	const options = syn ? synOptions(sock, dst) : stampOption(sock);
	const skb = buildTcp(netns, sock, {
		seq,
		ack: (flags & 16) === 0 ? 0 : sock.rcvNxt,
		flags,
		window,
		options,
		payload
	});
	skb.sk = sock;
	skb.mark = sock.options.mark;
	const origin = netns.machine.tracer === void 0 ? void 0 : {
		fn: "__ip_queue_xmit",
		what: whatOf(sock, flags, payload.length)
	};
	if (dst === void 0) {
		dropUnrouted(skb, netns, origin);
		return;
	}
	skb.dst = dst;
	if (sock.dstPendingConfirm) confirmNeighbour(sock, dst);
	const id = sock.ipId;
	sock.ipId = id + 1 & 65535;
	inetXmit(netns, skb, {
		src: sock.laddr,
		dst: sock.raddr,
		proto: 6,
		ttl: sockTtl(sock.options),
		tos: sock.options.tos,
		id,
		df: sock.options.pmtudisc !== "dont"
	}, origin);
}
/** The route of a connection's packets; undefined: there is none now. */
function tcpRoute(sock) {
	const generation = inetRouteGeneration(sock.options.netns);
	if (sock.dst === void 0 || sock.dstGeneration !== generation) {
		sock.dst = tcpRouteOf(sock, sock.options);
		sock.dstGeneration = generation;
	}
	return sock.dst;
}
/** Sends a reply from the local to the remote end. Undefined: there is no route. */
function tcpSendReply(netns, ends, reply) {
	const dst = tcpRouteOf(ends, reply.from ?? {
		netns,
		boundDev: 0,
		mark: 0,
		tos: reply.tos ?? 0
	});
	if (dst === void 0) return void 0;
	const skb = buildTcp(netns, ends, {
		...reply,
		payload: NO_BYTES
	});
	skb.dst = dst;
	skb.sk = reply.sk ?? KERNEL_SOCKET;
	skb.mark = reply.from?.mark ?? 0;
	inetXmit(netns, skb, {
		src: ends.laddr,
		dst: ends.raddr,
		proto: 6,
		ttl: reply.from === void 0 ? inetConf(netns).ipDefaultTtl : sockTtl(reply.from),
		tos: reply.from?.tos ?? reply.tos ?? 0,
		id: 0,
		df: true
	}, {
		fn: reply.fn,
		what: netns.machine.tracer === void 0 ? "" : whatOf(ends, reply.flags, 0),
		...reply.parent === void 0 ? {} : { parent: reply.parent }
	});
	return skb;
}
/** `nop, nop, TS`. */
function timestampOption(value, echo) {
	const option = /* @__PURE__ */ new Uint8Array(12);
	put32(option, 0, 16844810);
	put32(option, 4, value);
	put32(option, 8, echo);
	return option;
}
/** The route for packets between two ends. */
function tcpRouteOf(ends, options) {
	const route = inetRoute(options.netns, {
		dst: ends.raddr,
		src: ends.laddr,
		oif: options.boundDev,
		mark: options.mark,
		tos: options.tos,
		proto: 6,
		sport: ends.lport,
		dport: ends.rport,
		anySrc: true
	});
	return route.ok ? route.value : void 0;
}
function buildTcp(netns, ends, segment) {
	const { options, payload } = segment;
	const skb = allocSkb(netns.machine, 20 + options.length + payload.length);
	if (payload.length > 0) skb.bytes.set(payload, skb.data + 20 + options.length);
	putTcp(skb.bytes, skb.data, skb.end, {
		src: v4$1(ends.laddr),
		dst: v4$1(ends.raddr),
		sport: ends.lport,
		dport: ends.rport,
		seq: segment.seq,
		ack: segment.ack,
		flags: segment.flags,
		window: segment.window,
		options
	});
	return skb;
}
function synOptions(sock, dst) {
	const value = tcpClockMs(sock.options.netns) + sock.tsOffset >>> 0;
	return buildTcpOptions({
		mss: tcpAdvMss(dst?.mtu ?? 1500),
		...sock.sackOk ? { sackPermitted: true } : {},
		...sock.tstampOk ? { timestamps: {
			value,
			echo: sock.tsRecent
		} } : {},
		...sock.wscaleOk ? { windowScale: sock.rcvWscale } : {}
	});
}
function stampOption(sock) {
	if (!sock.tstampOk) return NO_BYTES;
	return timestampOption(tcpClockMs(sock.options.netns) + sock.tsOffset >>> 0, sock.tsRecent);
}
/** The next hop need not be asked whether it is there (`sock_confirm_neigh`). */
function confirmNeighbour(sock, dst) {
	sock.dstPendingConfirm = false;
	neighConfirm(dst.dev, dst.gateway ?? sock.raddr);
}
function dropUnrouted(skb, netns, origin) {
	if (origin === void 0) return;
	originSkb(skb, netns, origin.fn, origin.what);
	dropSkb(skb, netns, "__ip_queue_xmit", "IP_OUTNOROUTES");
}
function whatOf(ends, flags, payloadBytes) {
	const length = payloadBytes === 0 ? "" : `, ${payloadBytes} bytes`;
	const from = ends.laddr;
	return `TCP ${tcpFlagNames(flags)} ${endText(from, ends.lport)} → ${endText(ends.raddr, ends.rport)}${length}`;
}
// src/sim/transport/tcp-output.ts
/**
* Sending: cutting the byte stream into segments, within the peer's window and the congestion window, with Nagle
* (net/ipv4/tcp_output.c). Not modelled: segmentation offload (every segment is a packet), pacing, tail loss probes.
*/
const RTO_MIN_NS$1 = 2e8;
const RTO_MAX_NS = 12e10;
/** Sends the SYN of a new connection, or the SYN-ACK of a simultaneous open. */
function tcpSendSyn(sock) {
	const ack = sock.state === "SYN_RECV" ? 16 : 0;
	const syn = segment(sock, seqAdd(sock.sndUna, 1), 2 | ack, NO_BYTES);
	syn.seq = sock.sndUna;
	sock.rtxQueue.length = 0;
	sock.rtxQueue.push(syn);
	sock.sndNxt = syn.endSeq;
	tcpTransmit(sock, syn.seq, syn.flags, NO_BYTES);
	sock.timer.set(sock.rtoNs);
}
/** Sends what the windows allow (`tcp_write_xmit`), and minds the timer. */
function tcpPush(sock) {
	if (!mayTransmit(sock)) return;
	tcpCurrentMss(sock);
	const sentBefore = sock.sndNxt;
	while (sock.inFlight < sock.cwnd) {
		const size = nextSegmentSize(sock);
		if (size === void 0) break;
		sendSegment(sock, size);
	}
	if (sock.sndNxt !== sentBefore && !sock.timer.armed) sock.timer.set(sock.rtoNs);
	if (sock.rtxQueue.length === 0 && hasUnsent(sock) && !sock.timer.armed) sock.timer.set(tcpProbe0Delay(sock));
}
/** True when there are bytes, or a FIN, that were not sent yet. */
function hasUnsent(sock) {
	return sock.unsentBytes > 0 || sock.finQueued && !sock.finSent;
}
function tcpSendAck(sock) {
	if (sock.state === "CLOSE") return;
	tcpTransmit(sock, acceptableSeq(sock), 16, NO_BYTES);
}
/** Resets the peer's end (`tcp_send_active_reset`). */
function tcpSendActiveReset(sock) {
	tcpTransmit(sock, acceptableSeq(sock), 20, NO_BYTES);
}
/** An ACK that tells a peer in doubt where we are (RFC 5961 §7), at most one in half a second. */
function tcpSendChallengeAck(sock) {
	if (!oowLimited(sock)) tcpSendAck(sock);
}
/** Answers a segment that is out of the window; those without data only every half second, against loops of ACKs. */
function tcpSendDupAck(sock, seg) {
	if (seg.seq !== seg.endSeq && (seg.flags & 2) === 0 || !oowLimited(sock)) tcpSendAck(sock);
}
/** Sends the oldest segment again, cut when the MSS has become smaller (`tcp_retransmit_skb`). */
function tcpRetransmit(sock, index) {
	tcpCurrentMss(sock);
	splitIfTooLong(sock, index);
	const seg = sock.rtxQueue[index];
	if (seg === void 0) return;
	if (seg.lost) sock.lostOut -= 1;
	seg.lost = false;
	seg.retransmitted = true;
	seg.sentNs = sock.options.netns.machine.loop.now();
	tcpTransmit(sock, seg.seq, (seg.flags & 2) === 0 ? seg.flags | 16 : seg.flags, seg.payload);
}
/** Sends lost segments again as far as the congestion window allows (`tcp_xmit_retransmit_queue`). */
function tcpRetransmitLost(sock) {
	for (let k = 0; sock.lostOut > 0 && k < sock.rtxQueue.length && sock.inFlight < sock.cwnd; k += 1) if (sock.rtxQueue[k]?.lost === true) tcpRetransmit(sock, k);
}
function tcpMarkLost(sock, seg) {
	if (seg.lost) return;
	seg.lost = true;
	sock.lostOut += 1;
}
/** Asks a peer whose window is closed: with data as soon as any fits, else with an old sequence number (`tcp_write_wakeup`). */
function tcpWriteWakeup(sock) {
	const room = seqDiff(seqAdd(sock.sndUna, sock.sndWnd), sock.sndNxt);
	if (room > 0 && hasUnsent(sock)) {
		tcpCurrentMss(sock);
		sendSegment(sock, Math.min(sock.unsentBytes, room, sock.mss));
		return;
	}
	tcpTransmit(sock, seqAdd(sock.sndUna, -1), 16, NO_BYTES);
}
/** How long until the next probe of a closed window. */
function tcpProbe0Delay(sock) {
	return Math.min(Math.max(sock.rtoNs, RTO_MIN_NS$1) * 2 ** Math.min(sock.backoff, 20), RTO_MAX_NS);
}
/** Looks whether the path MTU has changed, and with it the segment size. */
function tcpCurrentMss(sock) {
	const mtu = tcpRoute(sock)?.mtu;
	if (mtu !== void 0 && mtu !== sock.pmtu) tcpSyncMss(sock, mtu);
}
/** What of the round trips is known goes into the time-out (RFC 6298 with Linux's least variance of 200 ms). */
function tcpSetRto(sock) {
	if (sock.srttNs === 0) return;
	sock.rtoNs = Math.min(sock.srttNs + Math.max(4 * sock.mdevNs, RTO_MIN_NS$1), RTO_MAX_NS);
}
function mayTransmit(sock) {
	return sock.state !== "CLOSE" && sock.state !== "SYN_SENT" && sock.state !== "SYN_RECV";
}
/** Payload of the next segment; undefined: nothing to send, or it must wait. 0: a FIN alone. */
function nextSegmentSize(sock) {
	if (!hasUnsent(sock)) return void 0;
	const size = Math.min(sock.unsentBytes, sock.mss);
	const fin = size === sock.unsentBytes && sock.finQueued ? 1 : 0;
	if (after(seqAdd(sock.sndNxt, size + fin), seqAdd(sock.sndUna, sock.sndWnd))) return void 0;
	const smallInFlight = after(sock.sndSml, sock.sndUna) && !after(sock.sndSml, sock.sndNxt);
	if (size < sock.mss && fin === 0 && smallInFlight) return void 0;
	return size;
}
function sendSegment(sock, size) {
	const { payload, endsSend } = takeUnsent(sock, size);
	const fin = sock.finQueued && sock.unsentBytes === 0;
	const endSeq = seqAdd(sock.sndNxt, payload.length + (fin ? 1 : 0));
	const flags = (endsSend ? 8 : 0) | (fin ? 1 : 0);
	const seg = segment(sock, endSeq, flags, payload);
	sock.rtxQueue.push(seg);
	sock.sndNxt = endSeq;
	if (fin) sock.finSent = true;
	if (payload.length > 0 && payload.length < sock.mss) sock.sndSml = endSeq;
	tcpTransmit(sock, seg.seq, flags | 16, payload);
}
/** A segment from `sndNxt` to `endSeq`. */
function segment(sock, endSeq, flags, payload) {
	const sentNs = sock.options.netns.machine.loop.now();
	return {
		seq: sock.sndNxt,
		endSeq,
		flags,
		payload,
		sentNs,
		retransmitted: false,
		lost: false
	};
}
/** The next `size` unsent bytes, and whether they end what the program gave in one call (PSH). */
function takeUnsent(sock, size) {
	const parts = [];
	let left = size;
	let endsSend = false;
	while (left > 0) {
		const chunk = sock.unsent[0];
		if (chunk === void 0) break;
		const part = chunk.bytes.subarray(chunk.at, chunk.at + left);
		parts.push(part);
		chunk.at += part.length;
		left -= part.length;
		endsSend = chunk.at === chunk.bytes.length;
		if (endsSend) sock.unsent.shift();
	}
	sock.unsentBytes -= size - left;
	return {
		payload: parts.length === 1 ? parts[0] ?? NO_BYTES : concatBytes(...parts),
		endsSend
	};
}
function splitIfTooLong(sock, index) {
	const seg = sock.rtxQueue[index];
	if (seg === void 0 || seg.payload.length <= sock.mss) return;
	const cut = seqAdd(seg.seq, sock.mss);
	const head = {
		...seg,
		endSeq: cut,
		flags: 0,
		payload: seg.payload.subarray(0, sock.mss)
	};
	const tail = {
		...seg,
		seq: cut,
		payload: seg.payload.subarray(sock.mss)
	};
	if (seg.lost) sock.lostOut += 1;
	sock.rtxQueue.splice(index, 1, head, tail);
}
/** The sequence number of a segment without data (`tcp_acceptable_seq`). */
function acceptableSeq(sock) {
	const windowEnd = seqAdd(sock.sndUna, sock.sndWnd);
	return before(windowEnd, sock.sndNxt) ? windowEnd : sock.sndNxt;
}
function oowLimited(sock) {
	const nowNs = sock.options.netns.machine.loop.now();
	if (nowNs - sock.lastOowAckNs < transportConf(sock.options.netns).tcpInvalidRatelimitMs * 1e6) return true;
	sock.lastOowAckNs = nowNs;
	return false;
}
// src/sim/transport/tcp-ack.ts
const DUP_ACKS = 3;
/** Why an acknowledgement number is not acceptable; undefined: it is. One far too old gets a challenge (RFC 5961 §5.2). */
function tcpAckProblem(sock, seg) {
	if (after(seg.ack, sock.sndNxt)) return "TCP_ACK_UNSENT_DATA";
	if (before(seg.ack, seqAdd(sock.sndUna, -Math.max(sock.maxWindow, 1)))) {
		tcpSendChallengeAck(sock);
		return "TCP_TOO_OLD_ACK";
	}
}
/** Takes an acceptable acknowledgement. */
function tcpAck(sock, seg) {
	storeTimestamp(sock, seg);
	if (before(seg.ack, sock.sndUna)) return;
	const flightBefore = sock.rtxQueue.length;
	const windowChanged = updateWindow(sock, seg);
	sock.probesOut = 0;
	if (after(seg.ack, sock.sndUna)) newAck(sock, seg);
	else if (flightBefore > 0 && seg.seq === seg.endSeq && !windowChanged) duplicateAck(sock);
	tcpRetransmitLost(sock);
	rearm(sock, flightBefore);
}
/** RFC 7323 §4.3. */
function storeTimestamp(sock, seg) {
	if (seg.hasTimestamp && sock.tstampOk && !after(seg.seq, sock.rcvWup)) sock.tsRecent = seg.tsval;
}
/** True when the segment told a new window. */
function updateWindow(sock, seg) {
	const window = (seg.flags & 2) === 0 ? seg.window * 2 ** sock.sndWscale : seg.window;
	if (!(after(seg.ack, sock.sndUna) || after(seg.seq, sock.sndWl1) || seg.seq === sock.sndWl1 && (window > sock.sndWnd || window === 0))) return false;
	const changed = window !== sock.sndWnd;
	sock.sndWl1 = seg.seq;
	sock.sndWnd = window;
	if (window > sock.maxWindow) {
		sock.maxWindow = window;
		if (sock.pmtu > 0) tcpSyncMss(sock, sock.pmtu);
	}
	return changed;
}
function newAck(sock, seg) {
	const acked = cleanRtxQueue(sock, seg);
	sock.sndUna = seg.ack;
	sock.dstPendingConfirm = true;
	sock.dupAcks = 0;
	sock.retransmits = 0;
	sock.softErrno = void 0;
	if (sock.caState === "open") {
		growWindow(sock, acked);
		return;
	}
	if (!before(seg.ack, sock.recover)) {
		sock.caState = "open";
		sock.cwnd = Math.max(Math.min(sock.cwnd, sock.ssthresh), 2);
		return;
	}
	if (sock.caState === "loss") {
		growWindow(sock, acked);
		return;
	}
	const head = sock.rtxQueue[0];
	if (head !== void 0) tcpMarkLost(sock, head);
	sock.cwnd = Math.max(sock.cwnd - acked + 1, 1);
}
/** Removes what `ack` covers; the number of segments. */
function cleanRtxQueue(sock, seg) {
	const nowNs = sock.options.netns.machine.loop.now();
	let acked = 0;
	let rttNs = -1;
	for (let head = sock.rtxQueue[0]; head !== void 0 && !after(head.endSeq, seg.ack); head = sock.rtxQueue[0]) {
		if (rttNs < 0 && !head.retransmitted) rttNs = nowNs - head.sentNs;
		if (head.lost) sock.lostOut -= 1;
		sock.rtxQueue.shift();
		acked += 1;
	}
	const head = sock.rtxQueue[0];
	if (head !== void 0 && before(head.seq, seg.ack)) {
		head.payload = head.payload.subarray(seqDiff(seg.ack, head.seq));
		head.seq = seg.ack;
	}
	if (rttNs < 0 && seg.hasTimestamp && sock.tstampOk && seg.tsecr !== 0) {
		const sentMs = seg.tsecr - sock.tsOffset >>> 0;
		rttNs = Math.max(0, seqDiff(tcpClockMs(sock.options.netns) >>> 0, sentMs)) * 1e6;
	}
	if (rttNs >= 0) tcpRttSample(sock, rttNs);
	return acked;
}
/** One measured round trip (RFC 6298 §2). */
function tcpRttSample(sock, rttNs) {
	const sample = Math.max(rttNs, 1e3);
	if (sock.srttNs === 0) {
		sock.srttNs = sample;
		sock.mdevNs = sample / 2;
	} else {
		sock.mdevNs += (Math.abs(sock.srttNs - sample) - sock.mdevNs) / 4;
		sock.srttNs += (sample - sock.srttNs) / 8;
	}
	sock.backoff = 0;
	tcpSetRto(sock);
}
function growWindow(sock, acked) {
	if (sock.cwnd < sock.ssthresh) {
		sock.cwnd += acked;
		return;
	}
	sock.cwndCount += acked;
	if (sock.cwndCount >= sock.cwnd) {
		sock.cwndCount -= sock.cwnd;
		sock.cwnd += 1;
	}
}
function duplicateAck(sock) {
	sock.dupAcks += 1;
	if (sock.caState === "recovery") {
		sock.cwnd += 1;
		return;
	}
	if (sock.caState === "loss" || sock.dupAcks !== DUP_ACKS) return;
	sock.caState = "recovery";
	sock.recover = sock.sndNxt;
	sock.ssthresh = Math.max(Math.floor(sock.inFlight / 2), 2);
	sock.cwnd = sock.ssthresh + DUP_ACKS;
	const head = sock.rtxQueue[0];
	if (head !== void 0) tcpMarkLost(sock, head);
}
/** The timer runs while something is in flight, or while a closed window keeps data back. */
function rearm(sock, flightBefore) {
	if (sock.rtxQueue.length > 0) {
		if (sock.rtxQueue.length !== flightBefore) sock.timer.set(sock.rtoNs);
		return;
	}
	if (flightBefore > 0) {
		sock.timer.clear();
		return;
	}
	if (!hasUnsent(sock)) return;
	const room = seqDiff(seqAdd(sock.sndUna, sock.sndWnd), sock.sndNxt);
	if (room >= Math.min(sock.unsentBytes, sock.mss) && room > 0) {
		sock.backoff = 0;
		sock.timer.clear();
	} else sock.timer.set(tcpProbe0Delay(sock));
}
// src/sim/transport/tcp-receive.ts
/** Checks time stamp, sequence number, RST and SYN (`tcp_validate_incoming`); answers what must be answered. */
function tcpValidateIncoming(sock, seg) {
	const rst = (seg.flags & 4) !== 0;
	if (pawsDiscard(sock, seg)) {
		if (!rst) tcpSendDupAck(sock, seg);
		return "TCP_RFC7323_PAWS";
	}
	const outside = tcpSequence(sock, seg);
	if (outside !== void 0) {
		if ((seg.flags & 2) !== 0 && !rst) tcpSendChallengeAck(sock);
		else if (!rst) tcpSendDupAck(sock, seg);
		return outside;
	}
	if (rst) {
		if (seg.seq === sock.rcvNxt) {
			tcpReset(sock);
			return "TCP_RESET";
		}
		tcpSendChallengeAck(sock);
		return "TCP_RESET";
	}
	if ((seg.flags & 2) !== 0 && !answersCrossedSyn(sock, seg)) {
		tcpSendChallengeAck(sock);
		return "TCP_INVALID_SYN";
	}
}
/** Why the data (or FIN) of a valid segment is of no use; undefined: it is, or there is none. */
function tcpDataProblem(sock, seg) {
	if (seg.seq === seg.endSeq) return void 0;
	if (sock.finArrived || !after(seg.endSeq, sock.rcvNxt)) return "TCP_OLD_DATA";
	const window = tcpReceiveWindow(sock);
	if (window === 0) return "TCP_ZEROWINDOW";
	return before(seg.seq, seqAdd(sock.rcvNxt, window)) ? void 0 : "TCP_OVERWINDOW";
}
/** Takes the data of a segment that has no `tcpDataProblem`. An ACK is owed afterwards. */
function tcpDataQueue(sock, seg) {
	if (seg.seq === seg.endSeq) return;
	sock.ackPending = true;
	if (after(seg.seq, sock.rcvNxt)) {
		keepEarly(sock, seg);
		return;
	}
	takeInOrder(sock, seg);
	for (let early = sock.early[0]; early !== void 0 && !after(early.seq, sock.rcvNxt); early = sock.early[0]) {
		sock.early.shift();
		if (after(early.endSeq, sock.rcvNxt)) takeInOrder(sock, early);
	}
}
/** Gives the program what came in order, and tells it of the peer's FIN once it has all. */
function tcpFlushToProgram(sock) {
	while (sock.unread.length > 0 && sock.handlers.onData !== void 0) {
		const chunk = sock.unread.shift() ?? NO_BYTES;
		sock.unreadBytes -= chunk.length;
		sock.handlers.onData(chunk);
	}
	if (!sock.finArrived || sock.endTold || sock.unread.length > 0) return;
	sock.endTold = true;
	sock.handlers.onEnd?.();
}
/** The program read: tells the peer when the window has grown a lot (`tcp_cleanup_rbuf`). */
function tcpWindowUpdate(sock) {
	const current = tcpReceiveWindow(sock);
	if (2 * current <= sock.rcvSpace && freeWindow(sock) >= 2 * current && freeWindow(sock) > 0) tcpSendAck(sock);
}
/** RFC 7323 §5; an ACK that merely came late is let through (`tcp_disordered_ack`). */
function pawsDiscard(sock, seg) {
	if (!sock.tstampOk || !seg.hasTimestamp || !before(seg.tsval, sock.tsRecent)) return false;
	return !(seg.seq === seg.endSeq && seg.seq === sock.rcvNxt && seg.ack === sock.sndUna && seqDiff(sock.tsRecent, seg.tsval) <= sock.rtoNs / 1e6);
}
/** The SYN-ACK of a peer that opened at the same moment. */
function answersCrossedSyn(sock, seg) {
	return sock.state === "SYN_RECV" && (seg.flags & 16) !== 0 && seg.ack === sock.sndNxt && seqAdd(seg.seq, 1) === seg.endSeq && seg.endSeq === sock.rcvNxt;
}
/** RFC 9293 §3.10.7.4, as lenient at the left edge as Linux (`tcp_sequence`). */
function tcpSequence(sock, seg) {
	if (before(seg.endSeq, sock.rcvWup)) return "TCP_OLD_SEQUENCE";
	if (after(seg.seq, seqAdd(sock.rcvNxt, tcpReceiveWindow(sock)))) return "TCP_INVALID_SEQUENCE";
}
function takeInOrder(sock, piece) {
	const fresh = piece.payload.subarray(seqDiff(sock.rcvNxt, piece.seq));
	if (fresh.length > 0) {
		sock.unread.push(fresh);
		sock.unreadBytes += fresh.length;
	}
	sock.rcvNxt = piece.endSeq;
	if ((piece.flags & 1) === 0) return;
	sock.finArrived = true;
	sock.early.length = 0;
}
/** In order of sequence number; overlaps stay and are cut when their turn comes. */
function keepEarly(sock, { seq, endSeq, payload, flags }) {
	let at = sock.early.length;
	while (at > 0 && after(sock.early[at - 1]?.seq ?? 0, seq)) at -= 1;
	const previous = sock.early[at - 1];
	if (previous !== void 0 && previous.seq === seq && !after(endSeq, previous.endSeq)) return;
	sock.early.splice(at, 0, {
		seq,
		endSeq,
		payload,
		flags
	});
}
// src/sim/transport/tcp-reset.ts
/** RST for a segment that belongs to no connection (net/ipv4/tcp_ipv4.c: tcp_v4_send_reset; RFC 9293 §3.10.7.1). */
/** The ends of an arriving segment as the receiver sees them. */
function endsOf(seg) {
	const { skb } = seg;
	return {
		laddr: inetDst(skb),
		lport: tcpDport(skb.bytes, skb.data),
		raddr: inetSrc(skb),
		rport: tcpSport(skb.bytes, skb.data)
	};
}
/** Answers with a RST, unless the segment is one; `skb.data` is still at the TCP header. */
function tcpV4SendReset(netns, seg) {
	if ((seg.flags & 4) !== 0) return;
	const acked = (seg.flags & 16) !== 0;
	const rst = tcpSendReply(netns, endsOf(seg), {
		seq: acked ? seg.ack : 0,
		ack: acked ? 0 : seg.endSeq,
		flags: acked ? 4 : 20,
		window: 0,
		options: NO_BYTES,
		fn: "tcp_v4_send_reset",
		parent: seg.skb,
		tos: ipv4Tos(seg.skb.bytes, seg.skb.network) & -4
	});
	if (rst === void 0) return;
	traceStep(seg.skb, netns, "tcp_v4_send_reset", {
		step: "answer",
		what: "TCP RST",
		child: rst.id
	});
}
// src/sim/transport/tcp-input.ts
/** Takes a segment for a connection. */
function tcpDoRcv(sock, seg) {
	if (sock.state === "SYN_SENT") return tcpRcvSynSent(sock, seg);
	if ((seg.flags & 22) === 0) return drop$2(sock, seg, "TCP_FLAGS");
	const invalid = tcpValidateIncoming(sock, seg);
	if (invalid !== void 0) return drop$2(sock, seg, invalid);
	if ((seg.flags & 16) === 0) return drop$2(sock, seg, "TCP_FLAGS");
	const badAck = tcpAckProblem(sock, seg);
	if (badAck !== void 0) {
		if (sock.state === "SYN_RECV") tcpV4SendReset(sock.options.netns, seg);
		return drop$2(sock, seg, badAck);
	}
	const useless = tcpDataProblem(sock, seg);
	const fate = useless === void 0 ? deliver(sock, seg) : drop$2(sock, seg, useless);
	tcpAck(sock, seg);
	if (sock.state === "SYN_RECV") tcpEstablish(sock);
	if (!tcpFinAcked(sock)) return fate;
	if (useless === void 0) tcpDataQueue(sock, seg);
	else sock.ackPending = true;
	tcpPush(sock);
	answerAndTell(sock, seg);
	return fate;
}
/** The handshake is done. A FIN that the program already asked for counts from here. */
function tcpEstablish(sock) {
	sock.state = sock.finQueued ? "FIN_WAIT1" : "ESTABLISHED";
	tcpCurrentMss(sock);
	sock.onEstablished(sock);
}
/** What the peer's SYN says about it goes into the socket. */
function tcpTakeSyn(sock, seg) {
	const options = tcpOptions(seg.skb.bytes, seg.skb.data);
	sock.mssClamp = options.mss ?? 536;
	sock.tstampOk = sock.tstampOk && options.timestamps !== void 0;
	sock.sackOk = sock.sackOk && options.sackPermitted === true;
	sock.wscaleOk = sock.wscaleOk && options.windowScale !== void 0;
	sock.sndWscale = sock.wscaleOk ? Math.min(options.windowScale ?? 0, 14) : 0;
	if (!sock.wscaleOk) sock.rcvWscale = 0;
	sock.tsRecent = options.timestamps?.value ?? 0;
	sock.rcvNxt = seqAdd(seg.seq, 1);
	sock.rcvWup = sock.rcvNxt;
	sock.sndWnd = seg.window;
	sock.sndWl1 = seg.seq;
	sock.maxWindow = seg.window;
	sock.pmtu = 0;
	tcpCurrentMss(sock);
}
/** `tcp_rcv_synsent_state_process`. */
function tcpRcvSynSent(sock, seg) {
	const acked = (seg.flags & 16) !== 0;
	if (acked && (!after(seg.ack, sock.sndUna) || after(seg.ack, sock.sndNxt))) {
		tcpV4SendReset(sock.options.netns, seg);
		return drop$2(sock, seg, "TCP_INVALID_ACK_SEQUENCE");
	}
	if ((seg.flags & 4) !== 0) {
		if (!acked) return drop$2(sock, seg, "TCP_RESET");
		const fate = deliver(sock, seg);
		tcpReset(sock);
		return fate;
	}
	if ((seg.flags & 2) === 0) return drop$2(sock, seg, "TCP_FLAGS");
	const fate = deliver(sock, seg);
	if (!acked) {
		tcpTakeSyn(sock, seg);
		sock.state = "SYN_RECV";
		sock.retransmits = 0;
		tcpSendSyn(sock);
		return fate;
	}
	tcpAck(sock, seg);
	tcpTakeSyn(sock, seg);
	sock.cwnd = 10;
	sock.state = sock.finQueued ? "FIN_WAIT1" : "ESTABLISHED";
	if (hasUnsent(sock)) tcpPush(sock);
	else tcpSendAck(sock);
	sock.onEstablished(sock);
	return fate;
}
/** Goes on to the next state when the peer has acknowledged our FIN. False: the socket is gone. */
function tcpFinAcked(sock) {
	if (!sock.finSent || sock.sndUna !== sock.sndNxt) return true;
	if (sock.state === "FIN_WAIT1") sock.state = "FIN_WAIT2";
	else if (sock.state === "CLOSING") {
		tcpTimeWait(sock);
		sock.handlers.onClose?.();
		return false;
	} else if (sock.state === "LAST_ACK") {
		tcpClosed(sock);
		return false;
	}
	return true;
}
/**
* Data is acknowledged before the program sees it (Linux's quick ACK; delayed ACKs are not modelled), a bare FIN after
* it, so that a program which closes at once sends its own FIN with the ACK.
*/
function answerAndTell(sock, seg) {
	const bareFin = sock.finArrived && seg.payload.length === 0;
	if (sock.ackPending && !bareFin) tcpSendAck(sock);
	if (sock.finArrived && !isPeerClosed(sock)) {
		if (sock.state === "FIN_WAIT2") {
			if (sock.ackPending) tcpSendAck(sock);
			tcpTimeWait(sock);
			tcpFlushToProgram(sock);
			sock.handlers.onClose?.();
			return;
		}
		sock.state = sock.state === "FIN_WAIT1" ? "CLOSING" : "CLOSE_WAIT";
	}
	tcpFlushToProgram(sock);
	if (sock.ackPending) tcpSendAck(sock);
}
/** The FIN that came has already been taken into account. */
function isPeerClosed(sock) {
	const { state } = sock;
	return state === "CLOSE_WAIT" || state === "CLOSING" || state === "LAST_ACK" || state === "CLOSE";
}
function deliver(sock, seg) {
	return deliverSkb(seg.skb, sock.options.netns, "tcp_v4_rcv", describeIfTraced(sock));
}
function drop$2(sock, seg, reason) {
	return dropSkb(seg.skb, sock.options.netns, "tcp_v4_rcv", reason, { detail: describeIfTraced(sock) });
}
function describeIfTraced(sock) {
	return sock.options.netns.machine.tracer === void 0 ? "" : sock.describe;
}
// src/sim/transport/tcp-secure.ts
const secrets = pernet((netns) => ({
	seq: netns.machine.rng.uint32(),
	ts: netns.machine.rng.uint32()
}));
/** A hash of the four-tuple plus a clock of 64 ns, so that a later connection of the same ends begins later. */
function secureTcpSeq(netns, ends) {
	const { seq } = secrets(netns);
	const hash = flowHash(ends.laddr, ends.lport ^ seq & 65535, ends.raddr, ends.rport ^ seq >>> 16);
	return Math.imul(hash ^ seq, 2654435761) + Math.floor(netns.machine.loop.now() / 64) >>> 0;
}
/** Like it a hash of the four-tuple, so that time stamps go on growing when a port is used again. */
function secureTcpTsOffset(netns, ends) {
	const { ts } = secrets(netns);
	const hash = flowHash(ends.laddr, ends.lport ^ ts & 65535, ends.raddr, ends.rport ^ ts >>> 16);
	return Math.imul(hash ^ ts, 2654435761) >>> 0;
}
/** Where the search for a local port begins (`secure_ipv4_port_ephemeral`). */
function secureTcpPortOffset(netns, far) {
	const { seq, ts } = secrets(netns);
	return Math.imul(flowHash(far.laddr, seq & 65535, far.raddr, far.rport ^ ts >>> 16) ^ ts, 2654435761) >>> 0;
}
// src/sim/transport/tcp-timer.ts
/** What happens when nothing comes back: retransmission, zero-window probes, giving up (net/ipv4/tcp_timer.c). */
const RTO_MIN_NS = 2e8;
/** The socket's timer: retransmits when something is in flight, else probes a closed window. */
function tcpWriteTimer(sock) {
	if (sock.state === "CLOSE") return;
	if (sock.rtxQueue.length > 0) tcpRetransmitTimer(sock);
	else if (hasUnsent(sock)) tcpProbeTimer(sock);
}
function tcpRetransmitTimer(sock) {
	const nowNs = sock.options.netns.machine.loop.now();
	if (sock.retransmits === 0) sock.retransStampNs = sock.rtxQueue[0]?.sentNs ?? nowNs;
	if (givesUp(sock, nowNs)) {
		tcpFail(sock, sock.softErrno ?? "ETIMEDOUT");
		return;
	}
	enterLoss(sock);
	sock.retransmits += 1;
	tcpRetransmit(sock, 0);
	if (!(sock.state === "SYN_SENT" && sock.retransmits <= transportConf(sock.options.netns).tcpSynLinearTimeouts)) {
		sock.backoff += 1;
		sock.rtoNs = Math.min(sock.rtoNs * 2, RTO_MAX_NS);
	}
	sock.timer.set(sock.rtoNs);
}
/** `tcp_write_timeout`: a count of SYNs while connecting, afterwards a time that follows from tcp_retries2. */
function givesUp(sock, nowNs) {
	const conf = transportConf(sock.options.netns);
	if (sock.state === "SYN_SENT") return sock.retransmits >= conf.tcpSynRetries + conf.tcpSynLinearTimeouts;
	if (sock.state === "SYN_RECV") return sock.retransmits >= conf.tcpSynackRetries;
	return sock.retransmits > 0 && nowNs - sock.retransStampNs >= retransmitLimitNs(conf.tcpRetries2);
}
/** How long `retries` doublings from the least time-out last (`tcp_model_timeout`): 924.6 s for 15. */
function retransmitLimitNs(retries) {
	const doublings = Math.floor(Math.log2(RTO_MAX_NS / RTO_MIN_NS));
	if (retries <= doublings) return (2 ** (retries + 1) - 1) * RTO_MIN_NS;
	return (2 ** (doublings + 1) - 1) * RTO_MIN_NS + (retries - doublings) * RTO_MAX_NS;
}
/** All that is in flight counts as lost (`tcp_enter_loss`). */
function enterLoss(sock) {
	if (sock.caState !== "loss") {
		sock.ssthresh = Math.max(Math.floor(sock.inFlight / 2), 2);
		sock.caState = "loss";
	}
	sock.recover = sock.sndNxt;
	sock.cwnd = 1;
	sock.cwndCount = 0;
	sock.dupAcks = 0;
	for (const seg of sock.rtxQueue) tcpMarkLost(sock, seg);
}
function tcpProbeTimer(sock) {
	if (sock.probesOut >= transportConf(sock.options.netns).tcpRetries2) {
		tcpFail(sock, sock.softErrno ?? "ETIMEDOUT");
		return;
	}
	tcpPush(sock);
	if (sock.rtxQueue.length > 0) return;
	tcpWriteWakeup(sock);
	sock.probesOut += 1;
	if (sock.rtxQueue.length > 0) {
		sock.timer.set(sock.rtoNs);
		return;
	}
	sock.backoff += 1;
	sock.timer.set(tcpProbe0Delay(sock));
}
// src/sim/transport/tcp-handshake.ts
const TCP_TIMEOUT_INIT_NS = 1e9;
/** A segment for a listening port. `isn`: the first sequence number to use, when TIME_WAIT says so. */
function tcpListenRcv(listener, seg, isn) {
	const { netns } = listener.options;
	const { flags, skb } = seg;
	if ((flags & 4) !== 0) return drop$1(netns, seg, "TCP_RESET");
	if ((flags & 16) !== 0) {
		tcpV4SendReset(netns, seg);
		return drop$1(netns, seg, "TCP_FLAGS");
	}
	if (!((flags & 2) !== 0 && (flags & 1) === 0) || skb.dst?.type === "broadcast" || skb.dst?.type === "multicast") return drop$1(netns, seg, "TCP_FLAGS");
	return tcpConnRequest(listener, seg, isn);
}
/** A segment for a half-open connection. */
function tcpCheckReq(request, seg) {
	const { netns } = request.listener.options;
	const { flags } = seg;
	const old = request.agreed.tstampOk && seg.hasTimestamp && before(seg.tsval, request.tsRecent);
	if (flags === 2 && seg.seq === request.rcvIsn && !old) {
		request.resent = true;
		sendSynAck(request, seg);
		request.timer.set(TCP_TIMEOUT_INIT_NS * 2 ** request.retransmits);
		return deliverSkb(seg.skb, netns, "tcp_v4_rcv", describe$1(request));
	}
	if ((flags & 16) !== 0 && seg.ack !== seqAdd(request.sndIsn, 1)) {
		tcpV4SendReset(netns, seg);
		return drop$1(netns, seg, "TCP_INVALID_ACK_SEQUENCE");
	}
	const rcvNxt = seqAdd(request.rcvIsn, 1);
	const outside = before(seg.endSeq, rcvNxt) || after(seg.seq, seqAdd(rcvNxt, request.agreed.rcvWnd));
	if (old || outside) {
		if ((flags & 4) === 0) sendRequestAck(request, seg);
		return drop$1(netns, seg, old ? "TCP_RFC7323_PAWS" : "TCP_INVALID_SEQUENCE");
	}
	if ((flags & 6) !== 0) {
		if ((flags & 4) === 0) tcpV4SendReset(netns, seg);
		tcpRequestDrop(request);
		return drop$1(netns, seg, (flags & 4) === 0 ? "TCP_INVALID_SYN" : "TCP_RESET");
	}
	if ((flags & 16) === 0) return drop$1(netns, seg, "TCP_FLAGS");
	return tcpDoRcv(tcpChild(request, seg), seg);
}
function tcpRequestDrop(request) {
	request.timer.stop();
	tcpTable(request.listener.options.netns).established.remove(request);
}
function tcpConnRequest(listener, seg, isn) {
	const { netns } = listener.options;
	const ends = endsOf(seg);
	const dst = tcpRouteOf(ends, listener.options);
	if (dst === void 0) return drop$1(netns, seg, "IP_OUTNOROUTES");
	const request = new TcpRequestSock({
		listener,
		ends,
		rcvIsn: seg.seq,
		sndIsn: isn ?? secureTcpSeq(netns, ends),
		agreed: agree(netns, ends, seg, tcpAdvMss(dst.mtu)),
		tsRecent: seg.tsval,
		onTimer: onRequestTimer
	});
	tcpTable(netns).established.insert(request);
	const fate = deliverSkb(seg.skb, netns, "tcp_v4_rcv", describe$1(request));
	request.timer.set(TCP_TIMEOUT_INIT_NS);
	sendSynAck(request, seg);
	return fate;
}
/** What both ends support (`tcp_openreq_init`). */
function agree(netns, ends, seg, advMss) {
	const conf = transportConf(netns);
	const options = tcpOptions(seg.skb.bytes, seg.skb.data);
	const tstampOk = conf.tcpTimestamps !== 0 && options.timestamps !== void 0;
	const wscaleOk = conf.tcpWindowScaling !== 0 && options.windowScale !== void 0;
	return {
		mss: options.mss ?? 536,
		tstampOk,
		sackOk: conf.tcpSack !== 0 && options.sackPermitted === true,
		wscaleOk,
		sndWscale: wscaleOk ? Math.min(options.windowScale ?? 0, 14) : 0,
		rcvWscale: wscaleOk ? tcpWindowScale(conf) : 0,
		rcvWnd: tcpInitialWindow(conf, tstampOk ? advMss - 12 : advMss),
		advMss,
		tsOffset: conf.tcpTimestamps === 1 ? secureTcpTsOffset(netns, ends) : 0
	};
}
function sendSynAck(request, parent) {
	const { agreed, listener } = request;
	const { netns } = listener.options;
	request.sentNs = netns.machine.loop.now();
	const value = tcpClockMs(netns) + agreed.tsOffset >>> 0;
	tcpSendReply(netns, request, {
		seq: request.sndIsn,
		ack: seqAdd(request.rcvIsn, 1),
		flags: 18,
		window: agreed.rcvWnd,
		options: buildTcpOptions({
			mss: agreed.advMss,
			...agreed.sackOk ? { sackPermitted: true } : {},
			...agreed.tstampOk ? { timestamps: {
				value,
				echo: request.tsRecent
			} } : {},
			...agreed.wscaleOk ? { windowScale: agreed.rcvWscale } : {}
		}),
		fn: "tcp_v4_send_synack",
		...parent === void 0 ? {} : { parent: parent.skb },
		from: listener.options,
		sk: {
			describe: "a listening socket",
			owner: listener.options.owner
		}
	});
}
/** Tells a peer whose segment does not fit where we are (`tcp_v4_reqsk_send_ack`). */
function sendRequestAck(request, parent) {
	const { agreed, listener } = request;
	const { netns } = listener.options;
	const value = tcpClockMs(netns) + agreed.tsOffset >>> 0;
	tcpSendReply(netns, request, {
		seq: seqAdd(request.sndIsn, 1),
		ack: seqAdd(request.rcvIsn, 1),
		flags: 16,
		window: agreed.rcvWnd >>> agreed.rcvWscale,
		options: agreed.tstampOk ? timestampOption(value, request.tsRecent) : NO_BYTES,
		fn: "tcp_v4_reqsk_send_ack",
		parent: parent.skb,
		from: listener.options
	});
}
/** No ACK came: the SYN-ACK again after 1, 3, 7, 15 and 31 s (tcp_synack_retries), then no more (`reqsk_timer_handler`). */
function onRequestTimer(request) {
	if (request.retransmits >= transportConf(request.listener.options.netns).tcpSynackRetries) {
		tcpRequestDrop(request);
		return;
	}
	request.retransmits += 1;
	sendSynAck(request);
	request.timer.set(TCP_TIMEOUT_INIT_NS * 2 ** request.retransmits);
}
/** The full socket of a connection whose handshake the segment completes (`tcp_v4_syn_recv_sock`). */
function tcpChild(request, seg) {
	const { listener, agreed } = request;
	const { netns } = listener.options;
	const sock = new TcpSock({
		options: listener.options,
		ends: request,
		state: "SYN_RECV",
		handlers: {},
		onTimer: tcpWriteTimer,
		onEstablished: listener.onAccept
	});
	const firstSeq = seqAdd(request.sndIsn, 1);
	sock.sndUna = firstSeq;
	sock.sndNxt = firstSeq;
	sock.sndSml = firstSeq;
	sock.recover = firstSeq;
	sock.rcvNxt = seqAdd(request.rcvIsn, 1);
	sock.rcvWup = sock.rcvNxt;
	sock.rcvWnd = agreed.rcvWnd;
	sock.rcvSpace = agreed.rcvWnd;
	sock.rcvWscale = agreed.rcvWscale;
	sock.sndWscale = agreed.sndWscale;
	sock.wscaleOk = agreed.wscaleOk;
	sock.tstampOk = agreed.tstampOk;
	sock.sackOk = agreed.sackOk;
	sock.tsOffset = agreed.tsOffset;
	sock.tsRecent = request.tsRecent;
	sock.mssClamp = agreed.mss;
	sock.sndWl1 = seg.seq;
	sock.sndWnd = seg.window * 2 ** agreed.sndWscale;
	sock.maxWindow = sock.sndWnd;
	tcpSyncMss(sock, tcpRouteOf(request, listener.options)?.mtu ?? agreed.advMss + 40);
	if (request.retransmits === 0 && !request.resent) tcpRttSample(sock, netns.machine.loop.now() - request.sentNs);
	tcpRequestDrop(request);
	tcpTable(netns).established.insert(sock);
	return sock;
}
function describe$1(request) {
	const { options } = request.listener;
	return options.netns.machine.tracer === void 0 ? "" : describeTcp(request, options.program);
}
function drop$1(netns, seg, reason) {
	return dropSkb(seg.skb, netns, "tcp_v4_rcv", reason);
}
// src/sim/transport/tcp-timewait.ts
/** Segments for a connection in TIME_WAIT (net/ipv4/tcp_minisocks.c: tcp_timewait_state_process; RFC 9293 §3.10.7.4, RFC 6191). */
/** Takes a late segment; a SYN that is clearly newer opens a connection anew. */
function tcpTimewaitRcv(timewait, seg) {
	const { netns } = timewait.options;
	const { flags } = seg;
	const rst = (flags & 4) !== 0;
	const stamped = timewait.tstampOk && seg.hasTimestamp;
	const old = stamped && before(seg.tsval, timewait.tsRecent);
	if (!old && seg.seq === timewait.rcvNxt && (seg.seq === seg.endSeq || rst)) {
		if (rst && transportConf(netns).tcpRfc1337 === 0) tcpTimewaitKill(timewait);
		else {
			if (stamped) timewait.tsRecent = seg.tsval;
			tcpTimewaitSchedule(timewait);
		}
		return take$1(timewait, seg);
	}
	const newer = after(seg.seq, timewait.rcvNxt) || stamped && after(seg.tsval, timewait.tsRecent);
	if ((flags & 2) !== 0 && (flags & 20) === 0 && !old && newer) {
		const dif = seg.skb.dev?.ifindex ?? 0;
		const listener = tcpLookupListener(tcpTable(netns), timewait.laddr, timewait.lport, dif);
		if (listener !== void 0) {
			tcpTimewaitKill(timewait);
			return tcpListenRcv(listener, seg, seqAdd(timewait.sndNxt, 65537));
		}
	}
	if (rst) return take$1(timewait, seg);
	if (old || (flags & 16) !== 0) tcpTimewaitSchedule(timewait);
	const fate = old ? dropSkb(seg.skb, netns, "tcp_v4_rcv", "TCP_RFC7323_TW_PAWS", { detail: describe(timewait) }) : take$1(timewait, seg);
	sendTimewaitAck(timewait, seg);
	return fate;
}
/** Repeats our last ACK, for a peer that did not get it (`tcp_v4_timewait_ack`). */
function sendTimewaitAck(timewait, seg) {
	const { options } = timewait;
	const nowNs = options.netns.machine.loop.now();
	const bare = seg.seq === seg.endSeq;
	const limitNs = transportConf(options.netns).tcpInvalidRatelimitMs * 1e6;
	if (bare && nowNs - timewait.lastOowAckNs < limitNs) return;
	timewait.lastOowAckNs = nowNs;
	const value = tcpClockMs(options.netns) + timewait.tsOffset >>> 0;
	tcpSendReply(options.netns, timewait, {
		seq: timewait.sndNxt,
		ack: timewait.rcvNxt,
		flags: 16,
		window: timewait.rcvWnd,
		options: timewait.tstampOk ? timestampOption(value, timewait.tsRecent) : NO_BYTES,
		fn: "tcp_v4_timewait_ack",
		parent: seg.skb,
		from: options
	});
}
function take$1(timewait, seg) {
	return deliverSkb(seg.skb, timewait.options.netns, "tcp_v4_rcv", describe(timewait));
}
function describe(timewait) {
	if (timewait.options.netns.machine.tracer === void 0) return "";
	return `${describeTcp(timewait, timewait.options.program)} in TIME_WAIT`;
}
// src/sim/transport/tcp-ipv4.ts
/** TCP's entry from IPv4: finding the socket of a segment, and ICMP errors about one (net/ipv4/tcp_ipv4.c). */
const QUOTED_BYTES = 8;
/** Takes a segment with `skb.data` at its TCP header. */
function tcpV4Rcv(skb) {
	const { dev } = skb;
	if (dev === void 0) throw new Error("tcp_v4_rcv: a packet without a device");
	const { netns } = dev;
	if (skb.pktType !== "host") return dropSkb(skb, netns, "tcp_v4_rcv", "NOT_SPECIFIED", { detail: "not for this host" });
	const seg = readTcpArrival(skb);
	if (seg === void 0) return dropSkb(skb, netns, "tcp_v4_rcv", "PKT_TOO_SMALL");
	const saddr = inetSrc(skb);
	const daddr = inetDst(skb);
	if (!tcpChecksumIsValid(skb.bytes, skb.data, skb.end, {
		src: v4$1(saddr),
		dst: v4$1(daddr)
	})) return dropSkb(skb, netns, "tcp_v4_rcv", "TCP_CSUM");
	const table = tcpTable(netns);
	const dport = tcpDport(skb.bytes, skb.data);
	const found = table.established.find(daddr, dport, saddr, tcpSport(skb.bytes, skb.data));
	if (found !== void 0 && isBoundTo(found, dev.ifindex)) return toEndpoint(found, seg);
	const listener = tcpLookupListener(table, daddr, dport, dev.ifindex);
	if (listener !== void 0) return tcpListenRcv(listener, seg);
	tcpV4SendReset(netns, seg);
	return dropSkb(skb, netns, "tcp_v4_rcv", "NO_SOCKET");
}
/** An ICMP error about a segment of a socket here; `skb.data` is at the quoted IP header. */
function tcpV4Err(skb, error) {
	const netns = skb.dev?.netns;
	if (netns === void 0) return;
	const { bytes, data } = skb;
	const tcp = data + ipv4HeaderLength(bytes, data);
	if (skb.end - tcp < QUOTED_BYTES) return;
	const found = lookupQuoted(netns, skb, tcp);
	const seq = tcpSeq(bytes, tcp);
	if (found === void 0 || found.kind === "timewait") return;
	if (found.kind === "request") {
		const unreachable = error.code === 0 || error.code === 1;
		if ((error.type === 12 || error.type === 11 || error.type === 3 && unreachable) && seq === found.sndIsn) tcpRequestDrop(found);
		return;
	}
	if (before(seq, found.sndUna) || after(seq, found.sndNxt)) return;
	if (error.type === 3 && error.code === 4) {
		tcpMtuReduced(found);
		return;
	}
	const meaning = icmpErrConvert(error.type, error.code);
	if (meaning === void 0) return;
	if (found.state === "SYN_SENT" || found.state === "SYN_RECV") tcpFail(found, meaning.errno);
	else found.softErrno = meaning.errno;
}
function toEndpoint(found, seg) {
	switch (found.kind) {
		case "sock": return tcpDoRcv(found, seg);
		case "request": return tcpCheckReq(found, seg);
		case "timewait": return tcpTimewaitRcv(found, seg);
		default: return assertNever(found);
	}
}
function isBoundTo(found, ifindex) {
	const { boundDev } = found.kind === "request" ? found.listener.options : found.options;
	return boundDev === 0 || boundDev === ifindex;
}
function lookupQuoted(netns, skb, tcp) {
	const { bytes, data } = skb;
	return tcpTable(netns).established.find(ipv4Src(bytes, data), tcpSport(bytes, tcp), ipv4Dst(bytes, data), tcpDport(bytes, tcp));
}
/** The path's MTU became smaller: what is too long goes out again in shorter segments (`tcp_v4_mtu_reduced`, `tcp_simple_retransmit`). */
function tcpMtuReduced(sock) {
	if (sock.options.pmtudisc === "dont") return;
	const before = sock.mss;
	tcpCurrentMss(sock);
	if (sock.mss >= before) return;
	for (const seg of sock.rtxQueue) if (seg.payload.length > sock.mss) tcpMarkLost(sock, seg);
	if (sock.lostOut === 0) return;
	if (sock.caState === "open") {
		sock.caState = "loss";
		sock.recover = sock.sndNxt;
	}
	tcpRetransmitLost(sock);
}
// src/sim/transport/udp-sock.ts
/** UDP sockets of a namespace by local port, and which of them a datagram is for (net/ipv4/udp.c). */
var UdpSock = class {
	options;
	handlers;
	/** The bound address, or the source that connect chose; ADDR_ANY: neither. */
	laddr;
	lport = 0;
	/** ADDR_ANY: not connected. */
	raddr = 0;
	rport = 0;
	/** IP id of the next packet while connected; counts up. */
	ipId;
	/** The route to the connected end, and the generation of the tables that it is good for. */
	dst = void 0;
	dstGeneration = -1;
	closed = false;
	/** What the way down reported about the packet just sent. */
	sendErrno = void 0;
	/** Ends of the last datagram, so that a stream of them makes no new text. */
	lastFrom = void 0;
	lastTo = void 0;
	lastHere = void 0;
	constructor(options, handlers) {
		this.options = options;
		this.handlers = handlers;
		this.laddr = options.bindAddr;
		this.ipId = options.netns.machine.rng.below(65536);
	}
	get owner() {
		return this.options.owner;
	}
	get describe() {
		return describeSock("udp", this.laddr, this.lport, this.options.program);
	}
	error(errno) {
		this.sendErrno = errno;
	}
};
const udpTable = pernet(() => ({ byPort: /* @__PURE__ */ new Map() }));
/** Binds to the wanted port or to a free one (`udp_lib_get_port`). */
function udpGetPort(sock) {
	const wanted = sock.options.bindPort;
	if (wanted !== 0) return portIsFree(sock, wanted) ? take(sock, wanted) : socketErr("EADDRINUSE");
	const { portLow, portHigh } = transportConf(sock.options.netns);
	const count = portHigh - portLow + 1;
	const start = sock.options.netns.machine.rng.below(count);
	for (let k = 0; k < count; k += 1) {
		const port = portLow + (start + k) % count;
		if (portIsFree(sock, port)) return take(sock, port);
	}
	return socketErr("EADDRINUSE", "no free port");
}
function udpUnhash(sock) {
	const { byPort } = udpTable(sock.options.netns);
	const rest = (byPort.get(sock.lport) ?? []).filter((other) => other !== sock);
	if (rest.length === 0) byPort.delete(sock.lport);
	else byPort.set(sock.lport, rest);
}
/** The best socket for a unicast datagram (`__udp4_lib_lookup`). */
function udpLookup(table, at) {
	const socks = table.byPort.get(at.dport);
	if (socks === void 0) return void 0;
	let best;
	let bestScore = -1;
	for (const sock of socks) {
		const score = udpScore(sock, at);
		if (score > bestScore) {
			best = sock;
			bestScore = score;
		}
	}
	return best;
}
/** All sockets that a broadcast or multicast datagram is for (`__udp4_lib_mcast_deliver`). */
function udpLookupAll(table, at) {
	return (table.byPort.get(at.dport) ?? []).filter((sock) => udpScore(sock, at) >= 0);
}
/** How well a socket fits (`compute_score`); -1: not at all. */
function udpScore(sock, at) {
	let score = 0;
	if (sock.laddr !== 0) {
		if (sock.laddr !== at.daddr) return -1;
		score += 4;
	}
	if (sock.raddr !== 0) {
		if (sock.raddr !== at.saddr || sock.rport !== at.sport) return -1;
		score += 8;
	}
	if (sock.options.boundDev !== 0) {
		if (sock.options.boundDev !== at.dif) return -1;
		score += 4;
	}
	return score;
}
function portIsFree(sock, port) {
	const others = udpTable(sock.options.netns).byPort.get(port);
	if (others === void 0) return true;
	return !others.some((other) => {
		return (dev(sock) === 0 || dev(other) === 0 || dev(sock) === dev(other)) && (sock.laddr === 0 || other.laddr === 0 || sock.laddr === other.laddr);
	});
}
function dev(sock) {
	return sock.options.boundDev;
}
function take(sock, port) {
	const { byPort } = udpTable(sock.options.netns);
	sock.lport = port;
	byPort.set(port, [sock, ...byPort.get(port) ?? []]);
	return ok(void 0);
}
// src/sim/transport/udp-input.ts
/** Takes a datagram with `skb.data` at its UDP header. */
function udpRcv(skb) {
	const netns = skb.dev?.netns;
	if (netns === void 0) throw new Error("udp_rcv: a packet without a device");
	const { bytes, data } = skb;
	if (skb.length < 8) return dropSkb(skb, netns, "__udp4_lib_rcv", "PKT_TOO_SMALL");
	const length = udpLength(bytes, data);
	if (length < 8 || length > skb.length) return dropSkb(skb, netns, "__udp4_lib_rcv", "PKT_TOO_SMALL");
	const end = data + length;
	const saddr = inetSrc(skb);
	const daddr = inetDst(skb);
	if (!udpChecksumIsValid(bytes, data, end, {
		src: v4$1(saddr),
		dst: v4$1(daddr)
	})) return dropSkb(skb, netns, "__udp4_lib_rcv", "UDP_CSUM");
	const at = {
		saddr,
		sport: udpSport(bytes, data),
		daddr,
		dport: udpDport(bytes, data),
		dif: skb.dev?.ifindex ?? 0
	};
	const type = skb.dst?.type;
	if (type === "broadcast" || type === "multicast") return udpDeliverToAll(skb, netns, at, end);
	const sock = udpLookup(udpTable(netns), at);
	if (sock !== void 0) return udpQueueRcv(sock, skb, at, end);
	skb.ct = void 0;
	skb.ctInfo = "none";
	icmpSend(skb, 3, 3, 0);
	return dropSkb(skb, netns, "__udp4_lib_rcv", "NO_SOCKET");
}
/** An ICMP error about a datagram of a socket here; `skb.data` is at the quoted IP header. */
function udpErr(skb, error) {
	const netns = skb.dev?.netns;
	if (netns === void 0) return;
	const { bytes, data } = skb;
	const udp = data + ipv4HeaderLength(bytes, data);
	if (skb.end - udp < 8) return;
	const sock = udpLookup(udpTable(netns), {
		saddr: ipv4Dst(bytes, data),
		sport: udpDport(bytes, udp),
		daddr: ipv4Src(bytes, data),
		dport: udpSport(bytes, udp),
		dif: skb.dev?.ifindex ?? 0
	});
	if (sock === void 0) return;
	sock.handlers.onIcmpError?.({
		from: ipText(inetSrc(skb)),
		type: error.type,
		code: error.code,
		to: socketAddr(ipv4Dst(bytes, data), udpDport(bytes, udp)),
		...error.type === 3 && error.code === 4 ? { mtu: error.info } : {}
	});
	if (sock.rport === 0) return;
	if (error.type === 3 && error.code === 4) {
		if (sock.options.pmtudisc !== "dont") sock.handlers.onError?.(socketError("EMSGSIZE", `mtu=${error.info}`));
		return;
	}
	const meaning = icmpErrConvert(error.type, error.code);
	if (meaning?.fatal === true) sock.handlers.onError?.(socketError(meaning.errno));
}
function udpQueueRcv(sock, skb, at, end) {
	const fate = deliverSkb(skb, sock.options.netns, "udp_queue_rcv_skb", deliveredTo(skb, sock, at));
	give$1(sock, skb.bytes.subarray(skb.data + 8, end), at);
	return fate;
}
function udpDeliverToAll(skb, netns, at, end) {
	const socks = udpLookupAll(udpTable(netns), at);
	if (socks.length === 0) return dropSkb(skb, netns, "__udp4_lib_mcast_deliver", "NO_SOCKET");
	const fate = deliverSkb(skb, netns, "__udp4_lib_mcast_deliver", socks.map((sock) => deliveredTo(skb, sock, at)).join(", "));
	for (const sock of socks) give$1(sock, skb.bytes.slice(skb.data + 8, end), at);
	return fate;
}
function give$1(sock, payload, at) {
	if (sock.handlers.onDatagram === void 0) return;
	sock.handlers.onDatagram(payload, fromName(sock, at.saddr, at.sport), toName(sock, at.daddr));
}
function fromName(sock, saddr, sport) {
	const last = sock.lastFrom;
	if (last !== void 0 && last.num === saddr && last.name.port === sport) return last.name;
	const name = socketAddr(saddr, sport);
	sock.lastFrom = {
		num: saddr,
		name
	};
	return name;
}
function toName(sock, daddr) {
	const last = sock.lastHere;
	if (last !== void 0 && last.num === daddr) return last.name;
	const name = socketAddr(daddr, sock.lport);
	sock.lastHere = {
		num: daddr,
		name
	};
	return name;
}
function deliveredTo(skb, sock, at) {
	if (skb.machine.tracer === void 0) return "";
	return describeSock("udp", at.daddr, at.dport, sock.options.program);
}
// src/sim/transport/init.ts
/** Registers TCP, UDP and ping sockets with the machine. */
/** Registers the transport protocols (`inet_add_protocol`) and their sysctls; call before the first namespace is made. */
function initTransport(machine) {
	machine.inetProtocols.set(6, {
		handler: tcpV4Rcv,
		errHandler: tcpV4Err
	});
	machine.inetProtocols.set(17, {
		handler: udpRcv,
		errHandler: udpErr
	});
	registerTransportSysctls(machine);
	machine.onNetnsCreated.push(registerPing);
	machine.onNetnsRemoved.push(endSockets);
}
/** The namespace goes away: its connections end without a word, and no timer stays behind. */
function endSockets(netns) {
	for (const flow of tcpTable(netns).established.list()) if (flow.kind === "sock") tcpDone(flow);
	else if (flow.kind === "request") tcpRequestDrop(flow);
	else tcpTimewaitKill(flow);
}
// src/sim/init.ts
/** Registers every part of the simulated kernel with a machine: the one place that knows them all, and their order. */
/** Call once, before the machine's first namespace is made. */
function initMachine(machine) {
	initDev(machine);
	initInet(machine);
	initConntrack(machine);
	initNat(machine);
	initXtables(machine);
	initBrNetfilter(machine);
	initTransport(machine);
	machine.onNetnsCreated.push(createLoopback);
}
/** Devices: captures, bridges, ARP. */
function initDev(machine) {
	initCapture(machine);
	initBridge(machine);
	initArp(machine);
}
// src/sim/ipv4/route-get.ts
/** Asking for a routing decision (net/ipv4/route.c: inet_rtm_getroute). */
function inetRtmGetroute(netns, query) {
	const dst = ipv4(query.dst);
	const src = ipv4(query.src);
	if (dst === void 0 || query.src !== void 0 && src === void 0) return refuse$1("ENETUNREACH");
	const devices = [query.iif, query.oif].map((name) => name === void 0 ? name : netns.devicesByName.get(name));
	const missing = [query.iif, query.oif].find((name, k) => name !== void 0 && devices[k] === void 0);
	if (missing !== void 0) return err({
		errno: "ENODEV",
		op: -1,
		message: `Cannot find device "${missing}"`
	});
	const [iif, oif] = devices;
	return iif === void 0 ? output(netns, query, {
		dst,
		src,
		oif
	}) : input(iif, {
		src: src ?? 0,
		dst,
		mark: query.mark ?? 0
	});
}
function input(dev, addrs) {
	const { route: found, redirect } = ipRouteInputAddrs(dev, addrs);
	if (found === void 0) return refuse$1("EINVAL");
	if (found.errno !== void 0) return refuse$1(found.errno);
	return ok({
		...answerOf(dev.netns, found),
		...redirect ? { redirect } : {}
	});
}
function output(netns, query, flow) {
	const found = ipRouteOutput(netns, {
		dst: flow.dst,
		src: flow.src,
		oif: flow.oif?.ifindex,
		mark: query.mark ?? 0,
		tos: query.tos ?? 0,
		proto: query.proto ?? 0,
		sport: query.sport,
		dport: query.dport
	});
	if (!found.ok) return refuse$1(found.error);
	if (!(found.value instanceof Ipv4Dst)) return refuse$1("EINVAL");
	const { prefsrc } = found.value;
	const shown = flow.src === void 0 && prefsrc !== void 0 ? { prefsrc: ipText(prefsrc) } : {};
	return ok({
		...answerOf(netns, found.value),
		...shown
	});
}
function answerOf(netns, dst) {
	const { fibRoute, gateway, route } = dst;
	const table = fibOf(netns).hasCustomRules ? fibRoute?.table : 254;
	return {
		type: dst.type,
		dev: dst.dev.name,
		...gateway === void 0 ? {} : { via: ipText(gateway) },
		table: fibRoute === void 0 ? 0 : table ?? 0,
		...dst.mtu === dst.dev.mtu ? {} : { mtu: dst.mtu },
		...route === void 0 ? {} : { route }
	};
}
function ipv4(addr) {
	const n = addr === void 0 ? void 0 : ipNum(addr);
	return typeof n === "number" ? n : void 0;
}
/** strerror(3) of the refusals. */
const TEXT = {
	ENETUNREACH: "Network is unreachable",
	EHOSTUNREACH: "No route to host",
	EACCES: "Permission denied",
	EINVAL: "Invalid argument"
};
function refuse$1(errno) {
	return err({
		errno,
		op: -1,
		message: TEXT[errno]
	});
}
// src/sim/net-namespace.ts
/** The birth and death of a network namespace (net/core/net_namespace.c). */
/** A new namespace with all that is registered for new ones. The name is free. */
function addNetns(machine, name) {
	const netns = new Netns(machine, name);
	machine.netns.set(name, netns);
	for (const created of machine.onNetnsCreated) created(netns);
	return netns;
}
/** Removes the namespace with its devices, and with them the other ends of its veths. */
function removeNetns(netns) {
	netns.dead = true;
	for (const dev of [...netns.devices.values()]) unregisterNetdevice(dev);
	for (const removed of netns.machine.onNetnsRemoved) removed(netns);
	netns.machine.netns.delete(netns.name);
}
// src/sim/netfilter/conntrack/events.ts
/** Calls `listener` with what happens to the entries of the namespace, until the result is called. */
function watchConntrack(netns, listener) {
	const net = conntrackNet(netns);
	net.watch ??= new ConntrackWatch(net);
	const { watch } = net;
	watch.listeners.add(listener);
	return () => {
		watch.listeners.delete(listener);
		if (watch.listeners.size > 0 || net.watch !== watch) return;
		watch.stop();
		net.watch = void 0;
	};
}
/** Ends an entry for a user (`conntrack -D`). */
function killConntrackByUser(net, ct) {
	if (net.watch !== void 0) net.watch.byUser = true;
	net.table.kill(ct);
	if (net.watch !== void 0) net.watch.byUser = false;
}
var ConntrackWatch = class {
	listeners = /* @__PURE__ */ new Set();
	byUser = false;
	#net;
	#timer;
	constructor(net) {
		this.#net = net;
		for (const ct of net.table.entries(net.now())) this.#note(ct);
		net.table.onKill = (ct) => this.#ended(ct);
		this.#expectEnd();
	}
	stop() {
		this.#timer?.cancel();
		this.#timer = void 0;
		this.#net.table.onKill = void 0;
	}
	/** An entry entered the table (`IPCT_NEW`). */
	created(ct) {
		this.#note(ct);
		this.#emit("new", ct);
		this.#expectEndOf(ct);
	}
	/** A packet of a confirmed entry got to the end (`nf_ct_deliver_cached_events`). */
	passed(ct) {
		if (ct.reported === reportable(ct) && ct.reportedMark === ct.mark) return;
		if ((ct.status & 512) !== 0) return;
		this.#note(ct);
		this.#emit("update", ct);
		this.#expectEndOf(ct);
	}
	#note(ct) {
		ct.reported = reportable(ct);
		ct.reportedMark = ct.mark;
	}
	#ended(ct) {
		this.#emit("destroy", ct);
	}
	#emit(type, ct) {
		const atNs = this.#net.now();
		const entry = conntrackEntryOf(ct, atNs);
		const event = this.byUser ? {
			type,
			atNs,
			entry,
			byUser: true
		} : {
			type,
			atNs,
			entry
		};
		for (const listener of [...this.listeners]) listener(event);
	}
	#expectEndOf(ct) {
		if (this.#timer === void 0 || ct.timeoutNs < this.#timer.dueNs) this.#wakeAt(ct.timeoutNs);
	}
	/** Sets the clock to the next entry that ends. */
	#expectEnd() {
		let next = Infinity;
		for (const ct of this.#net.table.entries(this.#net.now())) next = Math.min(next, ct.timeoutNs);
		if (next !== Infinity) this.#wakeAt(next);
	}
	#wakeAt(dueNs) {
		this.#timer?.cancel();
		const { machine } = this.#net.netns;
		const timer = machine.loop.after(dueNs - machine.loop.now(), () => {
			this.#timer = void 0;
			if (this.#net.netns.dead) return;
			this.#net.table.sweep(this.#net.now());
			this.#expectEnd();
		});
		this.#timer = timer;
	}
};
/** What an update is told about besides the mark, as a number (`IPCT_REPLY`, `IPCT_ASSURED`, `IPCT_PROTOINFO`). */
function reportable(ct) {
	return ct.status & 6 | (ct.tcp?.state ?? 0) << 16;
}
// src/sim/objects/handler.ts
/** What each kind of kernel object brings to a transaction: how it is changed, how that is undone, how it is listed. */
/** A refused operation. */
function refuse(errno, message) {
	return err({
		errno,
		message
	});
}
/** The refusal that each tool gives for an unknown device. */
function noDevice(name) {
	return refuse("ENODEV", `Cannot find device "${name}"`);
}
// src/sim/objects/addr.ts
/** Addresses of the port: `ip addr`. */
const addrHandler = {
	apply(netns, verb, addr) {
		const dev = netns.devicesByName.get(addr.dev);
		if (dev === void 0) return noDevice(addr.dev);
		const local = ipNum(addr.addr.addr);
		const broadcast = addr.broadcast === void 0 ? void 0 : ipNum(addr.broadcast);
		if (typeof local !== "number" || typeof broadcast === "bigint") return refuse("EOPNOTSUPP", `IPv6 is not modelled (address ${formatCidr(addr.addr)})`);
		const found = findIfa(dev, local, addr.addr.prefix);
		if (verb === "delete") return found === void 0 ? refuse("EADDRNOTAVAIL", "ipv4: Address not found.") : remove$3(dev, found);
		if (verb === "replace" && found !== void 0) return ok(() => {});
		if (local === 0) return ok(() => {});
		const { prefix } = addr.addr;
		const scope = addr.scope ?? (local >>> 24 === 127 ? "host" : "global");
		const { label } = addr;
		return inetInsertIfa(dev, {
			local,
			prefix,
			broadcast,
			scope,
			...label === void 0 ? {} : { label }
		});
	},
	dump(netns) {
		return [...netns.devices.values()].sort((a, b) => a.ifindex - b.ifindex).flatMap((dev) => inDev(dev).addrs.map((ifa) => addrObject(dev, ifa)));
	}
};
/** With the last address go the device's neighbours (`fib_disable_ip`). */
function remove$3(dev, ifa) {
	const undo = inetDelIfa(dev, ifa);
	if (inDev(dev).addrs.length === 0) neighFlush(dev, "all");
	return ok(undo);
}
function addrObject(dev, ifa) {
	return {
		kind: "addr",
		dev: dev.name,
		addr: {
			addr: ipText(ifa.local),
			prefix: ifa.prefix
		},
		...ifa.broadcast === void 0 ? {} : { broadcast: ipText(ifa.broadcast) },
		scope: ifa.scope,
		...ifa.label === void 0 ? {} : { label: ifa.label },
		...ifa.secondary ? { secondary: true } : {}
	};
}
// src/sim/objects/conntrack.ts
/** Connection tracking entries as objects: listed and deleted, as `conntrack -L` and `-D` do. */
/** An entry is named by its original tuple and zone. Entries come to be by packets only, so `add` and `replace` are refused. */
const conntrackHandler = {
	apply(netns, verb, object) {
		if (verb !== "delete") return refuse("EOPNOTSUPP", "conntrack: making or changing an entry is not modelled");
		const net = conntrackNet(netns);
		const tuple = tupleOf(object.original, object.original.zone ?? object.zone ?? 0);
		const ct = net.table.find(tuple, net.now())?.ct;
		if (ct === void 0 || ct.original.proto !== object.proto) return refuse("ENOENT", "conntrack: Operation failed: such conntrack doesn't exist");
		killConntrackByUser(net, ct);
		return ok(() => net.table.insert(ct, net.now()));
	},
	/** Oldest first; Linux lists by hash. */
	dump(netns) {
		const net = conntrackNet(netns);
		return net.table.entries(net.now()).map((ct) => conntrackEntryOf(ct, net.now()));
	}
};
function tupleOf(tuple, zone) {
	const found = new CtTuple(void 0, 0);
	found.src = ipNum(tuple.src);
	found.dst = ipNum(tuple.dst);
	found.proto = tuple.proto;
	found.zone = zone;
	if (tuple.icmp === void 0) {
		found.sport = tuple.sport ?? 0;
		found.dport = tuple.dport ?? 0;
	} else {
		found.sport = tuple.icmp.id;
		found.dport = tuple.icmp.type << 8 | tuple.icmp.code;
	}
	return found;
}
// src/sim/objects/fdb.ts
/** Forwarding entries of the port: `bridge fdb … master`. */
const fdbHandler = {
	apply(netns, verb, fdb) {
		const dev = netns.devicesByName.get(fdb.dev);
		if (dev === void 0) return noDevice(fdb.dev);
		if (dev.isLoopback) return refuse("EINVAL", `FDB ${verb === "delete" ? "delete" : "add"} only supported for Ethernet devices.`);
		const br = bridgeFor(dev);
		if (br === void 0) return refuse("EOPNOTSUPP", "Operation not supported");
		const port = dev === br.dev ? void 0 : dev;
		const mac = macNum(fdb.mac);
		if (mac === 0) return refuse("EINVAL", "Invalid argument");
		const entry = br.fdb.find(mac);
		const saved = entry === void 0 ? void 0 : { ...entry };
		if (verb === "delete") {
			if (entry === void 0 || entry.port !== port) return refuse("ENOENT", "No such file or directory");
			br.fdb.delete(mac);
		} else {
			if (port === void 0 && fdb.state !== "permanent") return refuse("EINVAL", "Invalid argument");
			if (fdb.state === void 0 && port?.port.forwarding === false) return refuse("EPERM", "Operation not permitted");
			if (verb === "add" && entry !== void 0) return refuse("EEXIST", "File exists");
			br.fdb.set({
				mac,
				port,
				isLocal: fdb.state === "permanent",
				isStatic: fdb.state !== void 0,
				updatedNs: netns.machine.loop.now()
			});
		}
		return ok(undoTo$1(br, mac, saved));
	},
	dump(netns) {
		return bridgesOf(netns).flatMap((br) => br.fdb.entries().map((entry) => fdbObject(br, entry)));
	}
};
function bridgeFor(dev) {
	if (dev.ops.type === "bridge") return bridgeOf(dev);
	return dev.master === void 0 ? void 0 : bridgeOf(dev.master);
}
function undoTo$1(br, mac, saved) {
	return () => {
		if (saved === void 0) br.fdb.delete(mac);
		else br.fdb.set(saved);
	};
}
function bridgesOf(netns) {
	return [...netns.devices.values()].filter((dev) => dev.ops.type === "bridge").map(bridgeOf);
}
function fdbObject(br, entry) {
	const state = entry.isLocal ? "permanent" : "static";
	return {
		kind: "fdb",
		dev: (entry.port ?? br.dev).name,
		mac: macText(entry.mac),
		...entry.isStatic ? { state } : {},
		ageSeconds: entry.isLocal ? 0 : (br.dev.netns.machine.loop.now() - entry.updatedNs) / 1e9
	};
}
// src/sim/netfilter/ipset/bitmap-range.ts
/** IPSET_BITMAP_MAX_RANGE + 1. */
const MAX_ELEMENTS = 65536;
var BitmapRange = class {
	first;
	last;
	/** How many values share a place. */
	#step;
	elements;
	constructor(first, last, step, elements) {
		this.first = first;
		this.last = last;
		this.#step = step;
		this.elements = elements;
	}
	/** Undefined: out of the range. */
	idOf(value) {
		return value < this.first || value > this.last ? void 0 : Math.floor((value - this.first) / this.#step);
	}
	valueOf(id) {
		return this.first + id * this.#step;
	}
};
/** With the options as they are listed. */
function bitmapRange(type, options) {
	if (type === "bitmap:port") {
		if (options.portRange === void 0) return "PROTOCOL";
		const { from, to } = options.portRange;
		const [first, last] = [Math.min(from, to), Math.max(from, to)];
		return {
			range: new BitmapRange(first, last, 1, last - first + 1),
			options: {
				...options,
				portRange: {
					from: first,
					to: last
				}
			}
		};
	}
	if (options.range === void 0) return "PROTOCOL";
	const [from, to] = [ipNum(options.range.from), ipNum(options.range.to)];
	if (typeof from !== "number" || typeof to !== "number") return "PROTOCOL";
	const netmask = options.netmask ?? 32;
	if (netmask === 0 || netmask > 32) return "INVALID_NETMASK";
	const first = Number(maskedNum(Math.min(from, to), netmask));
	const last = Number(maskedNum(Math.max(from, to), netmask)) + 2 ** (32 - netmask) - 1;
	const range = {
		from: ipText(first),
		to: ipText(last)
	};
	if (netmask === 32) {
		const { netmask: _all, ...rest } = options;
		if (last - first + 1 > MAX_ELEMENTS) return "BITMAP_RANGE_SIZE";
		return {
			range: new BitmapRange(first, last, 1, last - first + 1),
			options: {
				...rest,
				range
			}
		};
	}
	const shared = Math.clz32(first ^ last);
	if (netmask <= shared) return "BITMAP_RANGE";
	const elements = 2 ** (netmask - shared);
	if (elements > MAX_ELEMENTS) return "BITMAP_RANGE_SIZE";
	return {
		range: new BitmapRange(first, last, 2 ** (32 - netmask), elements),
		options: {
			...options,
			range
		}
	};
}
// src/sim/netfilter/ipset/collector.ts
const NS$1 = 1e9;
var Collector = class {
	#kit;
	#nextNs;
	/** `firstSeconds` after now for the first time; absent: after a period. */
	constructor(kit, firstSeconds = kit.gcPeriodSeconds) {
		this.#kit = kit;
		this.#nextNs = kit.nowNs + (firstSeconds ?? 0) * NS$1;
	}
	/** How often it would have run since it was asked last; it does one of `regions` at a time, all of them in a period. */
	due(regions = 1) {
		const period = this.#kit.gcPeriodSeconds;
		if (period === void 0 || this.#kit.nowNs < this.#nextNs) return 0;
		const stepNs = Math.max(.1, period / regions) * NS$1;
		const times = Math.floor((this.#kit.nowNs - this.#nextNs) / stepNs) + 1;
		this.#nextNs += times * stepNs;
		return times;
	}
};
// src/sim/netfilter/ipset/extensions.ts
/** What an element carries beside its key: timeout, counters, comment, skbinfo (net/netfilter/ipset/ip_set_core.c). */
/** As far as the set has them; the rest stays at these values. */
var Extensions = class {
	/** Infinity: never. */
	expiresNs = Infinity;
	packets = 0;
	bytes = 0;
	comment = "";
	skbmark = {
		mark: 0,
		mask: 0
	};
	skbprio = {
		major: 0,
		minor: 0
	};
	skbqueue = 0;
};
const NS = 1e9;
/** struct ip_set_comment_rcu without its text. */
const COMMENT_BYTES = 16;
/** Which extensions a set has, and the clock they run by. */
var ExtensionKit = class {
	timeout;
	counters;
	comment;
	skbinfo;
	#loop;
	/** Memory of comments. */
	commentBytes = 0;
	constructor(options, loop) {
		this.timeout = options.timeout;
		this.counters = options.counters === true;
		this.comment = options.comment === true;
		this.skbinfo = options.skbinfo === true;
		this.#loop = loop;
	}
	get nowNs() {
		return this.#loop.now();
	}
	/** Seconds between two collections of what has expired (IPSET_GC_PERIOD); undefined: nothing expires. */
	get gcPeriodSeconds() {
		if (this.timeout === void 0) return void 0;
		const third = Math.floor(this.timeout / 3);
		return third === 0 ? 1 : Math.min(third, 180);
	}
	/** Why these cannot be given (`ip_set_get_extensions`). */
	refuse(given) {
		if (given.timeout !== void 0 && this.timeout === void 0) return "TIMEOUT";
		if ((given.packets !== void 0 || given.bytes !== void 0) && !this.counters) return "COUNTER";
		if (given.comment !== void 0 && !this.comment) return "COMMENT";
		return (given.skbmark ?? given.skbprio ?? given.skbqueue) !== void 0 && !this.skbinfo ? "SKBINFO" : void 0;
	}
	/** Sets what was given; a comment, skbinfo and timeout that were not given go back to what the set says. */
	init(ext, given) {
		if (this.counters) {
			ext.packets = given.packets ?? ext.packets;
			ext.bytes = given.bytes ?? ext.bytes;
		}
		if (this.comment) this.#setComment(ext, given.comment ?? "");
		if (this.skbinfo) {
			ext.skbmark = given.skbmark ?? {
				mark: 0,
				mask: 0
			};
			ext.skbprio = given.skbprio ?? {
				major: 0,
				minor: 0
			};
			ext.skbqueue = given.skbqueue ?? 0;
		}
		if (this.timeout !== void 0) {
			const seconds = given.timeout ?? this.timeout;
			ext.expiresNs = seconds === 0 ? Infinity : this.nowNs + seconds * NS;
		}
	}
	/** The element goes. */
	destroy(ext) {
		this.#setComment(ext, "");
	}
	/** Puts back what a copy remembers. */
	restore(ext, saved) {
		const { comment, ...rest } = saved;
		Object.assign(ext, rest);
		this.#setComment(ext, comment);
	}
	expired(ext) {
		return ext.expiresNs !== Infinity && this.nowNs > ext.expiresNs;
	}
	/** Whether the element counts for this packet; counts the packet (`ip_set_match_extensions`). */
	match(ext, adt) {
		if (this.expired(ext)) return false;
		if (this.counters && adt.lengthBytes !== void 0) {
			if (!adt.skipCounterUpdate) {
				ext.packets += 1;
				ext.bytes += adt.lengthBytes;
			}
			if (adt.matchCounters && !adt.countersMatch(ext)) return false;
		}
		if (this.skbinfo) adt.found = ext;
		return true;
	}
	/** As a dump shows it. `storedSeconds`: the timeout has not begun to run. */
	show(ext, storedSeconds) {
		return {
			...this.timeout === void 0 ? {} : { timeout: storedSeconds ?? this.#secondsLeft(ext) },
			...this.counters ? {
				packets: ext.packets,
				bytes: ext.bytes
			} : {},
			...ext.comment === "" ? {} : { comment: ext.comment },
			...ext.skbmark.mark === 0 && ext.skbmark.mask === 0 ? {} : { skbmark: ext.skbmark },
			...ext.skbprio.major === 0 && ext.skbprio.minor === 0 ? {} : { skbprio: ext.skbprio },
			...ext.skbqueue === 0 ? {} : { skbqueue: ext.skbqueue }
		};
	}
	/** Bytes of an element of `keyBytes` with its extensions (`ip_set_elem_len`). */
	elementBytes(keyBytes, align) {
		let length = keyBytes;
		let widest = align;
		const add = (bytes, alignment) => {
			length = alignTo(length, alignment) + bytes;
			widest = Math.max(widest, alignment);
		};
		if (this.counters) add(16, 8);
		if (this.timeout !== void 0) add(8, 8);
		if (this.skbinfo) add(12, 4);
		if (this.comment) add(8, 8);
		return alignTo(length, widest);
	}
	#secondsLeft(ext) {
		if (ext.expiresNs === Infinity) return 0;
		return Math.max(1, Math.floor((ext.expiresNs - this.nowNs) / NS));
	}
	/** Memory that a comment takes. */
	commentBytesOf(comment) {
		return comment === "" ? 0 : COMMENT_BYTES + utf8Encode(comment).length + 1;
	}
	#setComment(ext, comment) {
		this.commentBytes += this.commentBytesOf(comment) - this.commentBytesOf(ext.comment);
		ext.comment = comment;
	}
};
function alignTo(length, alignment) {
	return Math.ceil(length / alignment) * alignment;
}
// src/sim/netfilter/ipset/elem.ts
/** An element's key: the components of every type side by side; a type uses some of them. */
var Elem = class Elem {
	/** The first and the second address; networks have their host bits cleared. */
	ip;
	cidr;
	ip2;
	cidr2;
	port = 0;
	proto = 0;
	mark = 0;
	/** 48-bit number. */
	mac = 0;
	iface = "";
	physdev = false;
	/** The stored device name is a beginning. */
	wildcard = false;
	/** All zero, of the family of `like`, with host prefixes. */
	constructor(like) {
		this.ip = typeof like === "number" ? 0 : 0n;
		this.ip2 = this.ip;
		this.cidr = typeof like === "number" ? 32 : 128;
		this.cidr2 = this.cidr;
	}
	copy() {
		return Object.assign(new Elem(this.ip), this);
	}
	/** Sets network `ip` or `ip2` to so many leading bits of an address. */
	setNet(which, address, cidr) {
		if (which === "ip") {
			this.ip = maskedNum(address, cidr);
			this.cidr = cidr;
		} else {
			this.ip2 = maskedNum(address, cidr);
			this.cidr2 = cidr;
		}
	}
	addressOf(which) {
		return which === "ip" ? this.ip : this.ip2;
	}
	/** Whether the device of this stored element is the one asked for. */
	hasIface(asked) {
		return this.wildcard ? asked.iface.startsWith(this.iface) : this.iface === asked.iface;
	}
	cidrOf(which) {
		return which === "ip" ? this.cidr : this.cidr2;
	}
};
// src/sim/netfilter/ipset/hash-type.ts
const HASH_TYPES = {
	"hash:ip": {
		...type("ip", 6),
		elemBytes: {
			ipv4: 4,
			ipv6: 16
		},
		setBytes: {
			ipv4: 216,
			ipv6: 224
		},
		words: (e) => addr(e.ip)
	},
	"hash:mac": {
		...type("mac", 1),
		elemBytes: {
			ipv4: 8,
			ipv6: 8
		},
		setBytes: {
			ipv4: 200,
			ipv6: 200
		},
		words: (e) => ether(e.mac)
	},
	"hash:ip,mac": {
		...type("ip,mac", 1),
		elemBytes: {
			ipv4: 12,
			ipv6: 24
		},
		setBytes: {
			ipv4: 208,
			ipv6: 216
		},
		words: (e) => [...addr(e.ip), ...ether(e.mac)]
	},
	"hash:ip,mark": {
		...type("ip,mark", 3),
		elemBytes: {
			ipv4: 8,
			ipv6: 20
		},
		setBytes: {
			ipv4: 200,
			ipv6: 216
		},
		words: (e) => [...addr(e.ip), e.mark]
	},
	"hash:ip,port": {
		...type("ip,port", 7),
		elemBytes: {
			ipv4: 8,
			ipv6: 20
		},
		setBytes: {
			ipv4: 216,
			ipv6: 232
		},
		words: (e) => [...addr(e.ip), be16(e.port) | e.proto << 16]
	},
	"hash:ip,port,ip": {
		...type("ip,port,ip", 6),
		elemBytes: {
			ipv4: 12,
			ipv6: 36
		},
		setBytes: {
			ipv4: 208,
			ipv6: 232
		},
		words: (e) => [
			...addr(e.ip),
			...addr(e.ip2),
			be16(e.port) | e.proto << 16
		]
	},
	"hash:ip,port,net": {
		...type("ip,port,net", 8),
		elemBytes: {
			ipv4: 12,
			ipv6: 36
		},
		setBytes: {
			ipv4: 464,
			ipv6: 1256
		},
		words: (e) => [
			...addr(e.ip),
			...addr(e.ip2),
			be16(e.port) | e.cidr2 - 1 << 16 | e.proto << 24
		]
	},
	"hash:net": {
		...type("net", 7),
		elemBytes: {
			ipv4: 8,
			ipv6: 20
		},
		setBytes: {
			ipv4: 456,
			ipv6: 1240
		},
		words: (e) => [...addr(e.ip), e.cidr << 24]
	},
	"hash:net,port": {
		...type("net,port", 8),
		elemBytes: {
			ipv4: 8,
			ipv6: 20
		},
		setBytes: {
			ipv4: 456,
			ipv6: 1240
		},
		words: (e) => [...addr(e.ip), be16(e.port) | e.proto << 16 | e.cidr - 1 << 24]
	},
	"hash:net,net": {
		...type("net,net", 4),
		elemBytes: {
			ipv4: 16,
			ipv6: 36
		},
		setBytes: {
			ipv4: 608,
			ipv6: 1784
		},
		words: (e) => [
			...addr(e.ip),
			...addr(e.ip2),
			e.cidr << 16 | e.cidr2 << 24,
			...typeof e.ip === "number" ? [0] : []
		]
	},
	"hash:net,port,net": {
		...type("net,port,net", 3),
		zeroNet: true,
		elemBytes: {
			ipv4: 16,
			ipv6: 40
		},
		setBytes: {
			ipv4: 608,
			ipv6: 1784
		},
		words: (e) => [
			...addr(e.ip),
			...addr(e.ip2),
			be16(e.port) | e.cidr << 16 | e.cidr2 << 24,
			e.proto << 24
		]
	},
	"hash:net,iface": {
		...type("net,iface", 8),
		zeroNet: true,
		elemBytes: {
			ipv4: 28,
			ipv6: 40
		},
		setBytes: {
			ipv4: 488,
			ipv6: 1264
		},
		words: (e) => [...addr(e.ip), (e.physdev ? 1 : 0) | e.cidr << 8 | 1 << 24]
	}
};
function type(text, revision) {
	const dims = text.split(",").filter(isDim);
	return {
		dims,
		nets: dims.filter((dim) => dim === "ip" || dim === "net").flatMap((dim, at) => dim === "net" ? [at === 0 ? "ip" : "ip2"] : []),
		revision,
		zeroNet: false
	};
}
function isDim(text) {
	return [
		"ip",
		"net",
		"port",
		"mac",
		"mark",
		"iface"
	].includes(text);
}
function hostPrefix(family) {
	return family === "ipv4" ? 32 : 128;
}
function addr(ip) {
	if (typeof ip === "number") return [be32(ip)];
	return [
		96n,
		64n,
		32n,
		0n
	].map((shift) => be32(Number(ip >> shift & 4294967295n)));
}
/** Six bytes in two words. */
function ether(mac) {
	return [be32(Math.floor(mac / 65536)), be16(mac & 65535)];
}
function be32(n) {
	return (n >>> 24 | n >>> 8 & 65280 | n << 8 & 16711680 | n << 24) >>> 0;
}
function be16(n) {
	return n >> 8 | (n & 255) << 8;
}
const WITH_PORTS = [
	6,
	132,
	17,
	136
];
const LAST_ADDRESS = 4294967295;
/** Calls `visit` for each element in order, until it returns an error. */
function forEachElem({ type, family }, options, member, visit) {
	if (member.parts.length !== type.dims.length) return "PROTOCOL";
	const elem = new Elem(family === "ipv4" ? 0 : 0n);
	elem.wildcard = member.wildcard === true;
	const walk = (at) => {
		const dim = type.dims[at];
		const part = member.parts[at];
		if (dim === void 0 || part === void 0) return visit(elem);
		for (const error of valuesOf(elem, {
			dim,
			part,
			isFirst: at === 0,
			type,
			options
		})) {
			const failed = error ?? walk(at + 1);
			if (failed !== void 0) return failed;
		}
	};
	return walk(0);
}
/** Sets one component of the element to each of its values in turn; yields an error for one that cannot be. */
function* valuesOf(elem, component) {
	const { dim, part, options } = component;
	if ((dim === "ip" || dim === "net") && part.kind === "ip") yield* dim === "ip" ? addresses(elem, part, component) : networks(elem, part, component);
	else if (dim === "port" && part.kind === "port") yield* ports(elem, part);
	else if (dim === "mac" && part.kind === "mac") {
		elem.mac = macNum(part.mac);
		yield elem.mac === 0 ? "HASH_ELEM" : void 0;
	} else if (dim === "mark" && part.kind === "mark") {
		elem.mark = (part.mark & (options.markmask ?? 4294967295)) >>> 0;
		yield void 0;
	} else if (dim === "iface" && part.kind === "iface") {
		elem.iface = part.iface;
		elem.physdev = part.physdev === true;
		yield void 0;
	} else yield "PROTOCOL";
}
function* addresses(elem, part, component) {
	const { isFirst, type, options } = component;
	const first = ipNum(part.addr);
	if (typeof first !== typeof elem.ip) {
		yield "PROTOCOL";
		return;
	}
	const bits = typeof first === "number" ? 32 : 128;
	const prefix = part.prefix ?? bits;
	if (prefix === 0 || prefix > bits) {
		yield "INVALID_CIDR";
		return;
	}
	const put = (masked) => {
		if (isFirst) elem.ip = masked;
		else elem.ip2 = masked;
		const isNull = isFirst && (masked === 0 || masked === 0n);
		if (isNull && type.dims.length === 1) return "HASH_ELEM";
		return isNull && type.dims.join() === "ip,port" ? "EINVAL" : void 0;
	};
	const to = part.to === void 0 ? void 0 : ipNum(part.to);
	if (typeof first !== "number" || to === void 0 && prefix === bits) {
		if (prefix !== bits) {
			yield "INVALID_CIDR";
			return;
		}
		yield put(maskAddress(first, options));
		return;
	}
	const start = to === void 0 ? maskedNum(first, prefix) : first;
	const end = to ?? lastOfNet(Number(start), prefix);
	const [low, high] = [Math.min(Number(start), Number(end)), Math.max(Number(start), Number(end))];
	const step = type.dims.length === 1 ? 2 ** (32 - (options.netmask ?? 32)) : 1;
	for (let address = Number(maskAddress(low, options)); address <= high; address += step) yield put(address);
}
function* networks(elem, part, component) {
	const { isFirst, type, options } = component;
	const first = ipNum(part.addr);
	if (typeof first !== typeof elem.ip) {
		yield "PROTOCOL";
		return;
	}
	const prefix = part.prefix ?? hostPrefix(familyOf(part.addr));
	if (prefix === 0 && !type.zeroNet) {
		yield "INVALID_CIDR";
		return;
	}
	const put = (address, cidr) => elem.setNet(isFirst ? "ip" : "ip2", maskAddress(address, options), cidr);
	if (part.to === void 0 || typeof first !== "number") {
		put(first, prefix);
		yield void 0;
		return;
	}
	const to = Number(ipNum(part.to));
	const [low, high] = [Math.min(first, to), Math.max(first, to)];
	if (low === 0 && high === LAST_ADDRESS) {
		yield "HASH_RANGE";
		return;
	}
	for (const net of netsOfRange(low, high)) {
		put(net.addr, net.prefix);
		yield void 0;
	}
}
function* ports(elem, part) {
	if (part.proto === 0) {
		yield "INVALID_PROTO";
		return;
	}
	const withPorts = WITH_PORTS.includes(part.proto);
	const isIcmp = part.proto === 1 || part.proto === 58;
	elem.proto = part.proto;
	const to = withPorts ? part.to ?? part.port : part.port;
	for (let port = Math.min(part.port, to); port <= Math.max(part.port, to); port += 1) {
		elem.port = withPorts || isIcmp ? port : 0;
		yield void 0;
	}
}
/** The address as the set stores it. */
function maskAddress(address, options) {
	if (options.netmask !== void 0) return maskedNum(address, options.netmask);
	if (options.bitmask === void 0) return address;
	const mask = ipNum(options.bitmask);
	if (typeof address === "number") return typeof mask === "number" ? (address & mask) >>> 0 : address;
	return typeof mask === "bigint" ? address & mask & BigInt(maskNum(128, 0n)) : address;
}
// src/sim/netfilter/ipset/hash-packet.ts
/** Undefined: the packet has not what the set is about. */
function elemOfPacket(type, options, place, dirs) {
	const elem = new Elem(place.pkt.src);
	for (let at = 0; at < type.dims.length; at += 1) {
		const dim = type.dims[at];
		if (dim !== void 0 && !readDim(elem, dim, {
			options,
			place,
			isFirst: at === 0,
			isSrc: dirs[at] === "src"
		})) return;
	}
	if (elem.ip === 0 && (type.dims.length === 1 || type.dims.join() === "ip,port") && type.dims[0] === "ip") return void 0;
	return elem;
}
function readDim(elem, dim, { options, place, isFirst, isSrc }) {
	switch (dim) {
		case "ip":
		case "net": {
			const address = maskAddress(addressOfPacket(place, isSrc), options);
			if (isFirst) elem.ip = address;
			else elem.ip2 = address;
			return true;
		}
		case "port": {
			const found = portOfPacket(place, isSrc);
			if (found === void 0) return false;
			elem.port = found.port;
			elem.proto = found.proto;
			return true;
		}
		case "mark":
			elem.mark = (place.skb.mark & (options.markmask ?? 4294967295)) >>> 0;
			return true;
		case "mac":
			elem.mac = macOfPacket(place, isSrc) ?? 0;
			return elem.mac !== 0;
		case "iface":
			elem.iface = (isSrc ? place.state.indev : place.state.outdev)?.name ?? "";
			return elem.iface !== "";
	}
}
function addressOfPacket({ pkt }, isSrc) {
	return isSrc ? pkt.src : pkt.dst;
}
/** `ip_set_get_ip4_port`: ICMP has its type and code in the place of a port, other protocols zero. */
function portOfPacket({ skb, pkt }, isSrc) {
	const { proto, transport, end, fragOff } = pkt;
	const at = transport + (isSrc ? 0 : 2);
	const read = (offset) => (skb.bytes[offset] ?? 0) << 8 | (skb.bytes[offset + 1] ?? 0);
	switch (proto) {
		case 6: return fragOff !== 0 || end - transport < 20 ? void 0 : {
			proto,
			port: read(at)
		};
		case 132: return fragOff !== 0 || end - transport < 12 ? void 0 : {
			proto,
			port: read(at)
		};
		case 17:
		case 136: return fragOff !== 0 || end - transport < 8 ? void 0 : {
			proto,
			port: read(at)
		};
		case 1: return fragOff !== 0 || end - transport < 8 ? void 0 : {
			proto,
			port: read(transport)
		};
		default: return proto === 0 ? void 0 : {
			proto,
			port: 0
		};
	}
}
/** Undefined: the packet has no Ethernet header (it was made here). */
function macOfPacket({ skb }, isSrc) {
	if (skb.mac < 0 || skb.mac + 14 > skb.data) return void 0;
	return isSrc ? ethSrc(skb.bytes, skb.mac) : ethDst(skb.bytes, skb.mac);
}
// src/sim/netfilter/ipset/types.ts
/** `struct ip_set_adt_opt`: how a rule, or a tool, asks. */
var AdtOptions = class {
	dirs;
	/** Of the packet; undefined: a tool asks, and nothing is counted. */
	lengthBytes = void 0;
	skipCounterUpdate = false;
	skipSubcounterUpdate;
	matchCounters;
	returnNomatch;
	/** Adding: what is there already is added anew. */
	exist;
	/** Seconds, for an element that is added. */
	timeout;
	/** The element that matched, where its set has skbinfo. */
	found = void 0;
	#packets;
	#bytes;
	#skipCounterUpdate;
	constructor(options) {
		this.dirs = options.dirs;
		this.#skipCounterUpdate = options.noUpdateCounters === true;
		this.skipSubcounterUpdate = options.noUpdateSubcounters === true;
		this.returnNomatch = options.returnNomatch === true;
		this.exist = options.exist === true;
		this.timeout = options.timeout;
		this.#packets = options.packets;
		this.#bytes = options.bytes;
		this.matchCounters = options.packets !== void 0 || options.bytes !== void 0;
	}
	/** Before each packet. */
	begin(lengthBytes) {
		this.lengthBytes = lengthBytes;
		this.skipCounterUpdate = this.#skipCounterUpdate;
		this.matchCounters = this.#packets !== void 0 || this.#bytes !== void 0;
		this.found = void 0;
		return this;
	}
	countersMatch(counters) {
		return counterMatches(this.#packets, counters.packets) && counterMatches(this.#bytes, counters.bytes);
	}
};
function counterMatches(wanted, value) {
	switch (wanted?.op) {
		case void 0: return true;
		case "eq": return value === wanted.value;
		case "ne": return value !== wanted.value;
		case "lt": return value < wanted.value;
		case "gt": return value > wanted.value;
	}
}
var SimIpSet = class {
	name;
	type;
	/** undefined: family neutral. */
	family;
	variant;
	/** How many rules and lists refer to its place. */
	references = 0;
	constructor(init) {
		this.name = init.name;
		this.type = init.type;
		this.family = init.family;
		this.variant = init.variant;
	}
};
// src/sim/netfilter/ipset/bitmap-set.ts
/** The structures that hold the set, without bits and elements. */
const SET_BYTES$1 = {
	"bitmap:port": 72,
	"bitmap:ip": 88,
	"bitmap:ip,mac": 80
};
var BitmapSet = class {
	dimension;
	revision = 3;
	hasNomatch = false;
	options;
	#type;
	#range;
	#kit;
	#elements = /* @__PURE__ */ new Map();
	#collector;
	constructor(init) {
		this.#type = init.type;
		this.#range = init.range;
		this.#kit = init.kit;
		this.options = init.options;
		this.dimension = init.type === "bitmap:ip,mac" ? 2 : 1;
		this.#collector = new Collector(init.kit);
	}
	/** What has expired is counted until it is collected, as in Linux. */
	get count() {
		this.#collect();
		return this.#elements.size;
	}
	get memoryBytes() {
		const bits = Math.ceil(this.#range.elements / 64) * 8;
		const each = this.#kit.elementBytes(this.#type === "bitmap:ip,mac" ? 8 : 0, this.#type === "bitmap:ip,mac" ? 8 : 1);
		return SET_BYTES$1[this.#type] + bits + each * this.#range.elements + this.#kit.commentBytes;
	}
	members() {
		return [...this.#elements.keys()].sort((a, b) => a - b).flatMap((id) => {
			const element = this.#elements.get(id);
			if (element === void 0 || this.#kit.expired(element.ext)) return [];
			return [{
				parts: this.#parts(id, element),
				...this.#kit.show(element.ext, element.storedSeconds)
			}];
		});
	}
	packet(action, place, adt) {
		const wanted = this.#ofPacket(place, adt);
		if (wanted === void 0) return -2;
		if (action === "test") return this.#test(wanted, adt, place);
		if (action === "del") return this.#delete(wanted.id) ? 1 : -2;
		const given = {
			packets: 1,
			bytes: place.pkt.lengthBytes,
			...adt.timeout === void 0 ? {} : { timeout: adt.timeout }
		};
		return this.#add(wanted, given, {
			exist: adt.exist,
			journal: []
		}) === void 0 ? 1 : -2;
	}
	change(action, member, request) {
		this.#collect();
		const span = this.#span(member.parts);
		if (typeof span === "string") return span;
		const refused = this.#kit.refuse(member);
		if (refused !== void 0) return refused;
		for (let id = span.first; id <= span.last; id += 1) {
			const wanted = span.mac === void 0 ? { id } : {
				id,
				mac: span.mac
			};
			if (action === "add") {
				const error = this.#add(wanted, member, request);
				if (error !== void 0) return error;
				continue;
			}
			const element = this.#elements.get(id);
			const saved = element === void 0 ? void 0 : copyOf(element);
			if (!this.#delete(id) && !request.exist) return "EXIST";
			if (saved !== void 0) request.journal.push(() => this.#restore(id, saved));
		}
	}
	test(member) {
		const span = this.#span(member.parts);
		if (typeof span === "string") return false;
		const wanted = span.mac === void 0 ? { id: span.first } : {
			id: span.first,
			mac: span.mac
		};
		return this.#test(wanted, new AdtOptions({ dirs: [] })) === 1;
	}
	flush(journal) {
		const before = this.#elements;
		const comments = this.#kit.commentBytes;
		this.#elements = /* @__PURE__ */ new Map();
		this.#kit.commentBytes = 0;
		journal.push(() => {
			this.#elements = before;
			this.#kit.commentBytes = comments;
		});
	}
	#ofPacket(place, { dirs }) {
		const isSrc = dirs[0] === "src";
		if (this.#type === "bitmap:port") {
			const found = portOfPacket(place, isSrc);
			if (found?.proto !== 6 && found?.proto !== 17) return void 0;
			return this.#wanted(found.port);
		}
		const wanted = this.#wanted(Number(addressOfPacket(place, isSrc)));
		if (wanted === void 0 || this.#type === "bitmap:ip") return wanted;
		const mac = macOfPacket(place, dirs[1] === "src");
		return mac === void 0 || mac === 0 ? void 0 : {
			...wanted,
			mac
		};
	}
	#wanted(value) {
		const id = this.#range.idOf(value);
		return id === void 0 ? void 0 : { id };
	}
	#test({ id, mac }, adt, place) {
		const element = this.#elements.get(id);
		if (element === void 0) return 0;
		if (this.#type === "bitmap:ip,mac" && element.mac === void 0) {
			if (place !== void 0 && mac !== void 0) this.#add({
				id,
				mac
			}, {
				packets: 1,
				bytes: place.pkt.lengthBytes
			}, {
				exist: false,
				journal: []
			});
			return 1;
		}
		if (mac !== void 0 && element.mac !== mac) return 0;
		return this.#kit.match(element.ext, adt) ? 1 : 0;
	}
	#add({ id, mac }, given, { exist, journal }) {
		const element = this.#elements.get(id);
		if (element === void 0) {
			const made = {
				ext: new Extensions(),
				mac,
				storedSeconds: void 0
			};
			this.#elements.set(id, made);
			this.#kit.init(made.ext, given);
			if (this.#type === "bitmap:ip,mac" && mac === void 0) this.#storeTimeout(made, given);
			journal.push(() => void this.#delete(id));
			return;
		}
		const saved = copyOf(element);
		const fills = element.mac === void 0 && mac !== void 0 && this.#type === "bitmap:ip,mac";
		if (!fills && !exist && !this.#kit.expired(element.ext)) return "EXIST";
		if (fills) {
			const seconds = given.timeout ?? element.storedSeconds;
			element.mac = mac;
			element.storedSeconds = void 0;
			this.#kit.init(element.ext, seconds === void 0 ? given : {
				...given,
				timeout: seconds
			});
		} else {
			if (mac !== void 0 && exist) element.mac = mac;
			this.#kit.init(element.ext, given);
		}
		journal.push(() => this.#restore(id, saved));
	}
	#storeTimeout(element, given) {
		if (this.#kit.timeout === void 0) return;
		element.storedSeconds = given.timeout ?? this.#kit.timeout;
		element.ext.expiresNs = Infinity;
	}
	/** False: it was not there. */
	#delete(id) {
		const element = this.#elements.get(id);
		if (element === void 0) return false;
		const wasThere = !this.#kit.expired(element.ext);
		this.#kit.destroy(element.ext);
		this.#elements.delete(id);
		return wasThere;
	}
	#restore(id, saved) {
		const element = this.#elements.get(id) ?? {
			ext: new Extensions(),
			mac: void 0,
			storedSeconds: void 0
		};
		element.mac = saved.mac;
		element.storedSeconds = saved.storedSeconds;
		this.#kit.restore(element.ext, saved.ext);
		this.#elements.set(id, element);
	}
	/** The places that a tool's words stand for. */
	#span(parts) {
		const [part, second] = parts;
		const mac = second?.kind === "mac" ? { mac: macNum(second.mac) } : {};
		if (part?.kind === "port" && this.#type === "bitmap:port") {
			const to = part.to ?? part.port;
			return this.#ids(Math.min(part.port, to), Math.max(part.port, to), mac);
		}
		if (part?.kind !== "ip" || this.#type === "bitmap:port") return "PROTOCOL";
		const address = ipNum(part.addr);
		if (typeof address !== "number") return "PROTOCOL";
		if (part.prefix === 0) return "INVALID_CIDR";
		const to = part.to === void 0 ? void 0 : Number(ipNum(part.to));
		const prefix = part.prefix ?? 32;
		const first = to === void 0 ? Number(maskedNum(address, prefix)) : Math.min(address, to);
		const last = to === void 0 ? lastOfNet(first, prefix) : Math.max(address, to);
		return this.#ids(first, last, mac);
	}
	#ids(first, last, mac) {
		const from = this.#range.idOf(first);
		const to = this.#range.idOf(last);
		return from === void 0 || to === void 0 ? "BITMAP_RANGE" : {
			first: from,
			last: to,
			...mac
		};
	}
	#parts(id, { mac }) {
		const value = this.#range.valueOf(id);
		if (this.#type === "bitmap:port") return [{
			kind: "port",
			proto: 6,
			port: value
		}];
		const address = {
			kind: "ip",
			addr: ipText(value)
		};
		return mac === void 0 ? [address] : [address, {
			kind: "mac",
			mac: macText(mac)
		}];
	}
	#collect() {
		if (this.#collector.due() === 0) return;
		for (const [id, { ext }] of this.#elements) if (this.#kit.expired(ext)) this.#delete(id);
	}
};
function copyOf(element) {
	return {
		...element,
		ext: Object.assign(new Extensions(), element.ext)
	};
}
// src/sim/netfilter/ipset/jhash.ts
/** Bob Jenkins' hash over 32-bit words (lookup3), as the kernel places elements of sets with it (include/linux/jhash.h: jhash2). */
const JHASH_INITVAL = 3735928559;
/** The hash of the words, an unsigned 32-bit number. */
function jhash2(words, initval) {
	let length = words.length;
	let a = JHASH_INITVAL + (length << 2) + initval | 0;
	let b = a;
	let c = a;
	let at = 0;
	while (length > 3) {
		a = a + word$1(words, at) | 0;
		b = b + word$1(words, at + 1) | 0;
		c = c + word$1(words, at + 2) | 0;
		a = a - c ^ rotate(c, 4);
		c = c + b | 0;
		b = b - a ^ rotate(a, 6);
		a = a + c | 0;
		c = c - b ^ rotate(b, 8);
		b = b + a | 0;
		a = a - c ^ rotate(c, 16);
		c = c + b | 0;
		b = b - a ^ rotate(a, 19);
		a = a + c | 0;
		c = c - b ^ rotate(b, 4);
		b = b + a | 0;
		length -= 3;
		at += 3;
	}
	if (length === 0) return c >>> 0;
	if (length > 2) c = c + word$1(words, at + 2) | 0;
	if (length > 1) b = b + word$1(words, at + 1) | 0;
	a = a + word$1(words, at) | 0;
	c = (c ^ b) - rotate(b, 14) | 0;
	a = (a ^ c) - rotate(c, 11) | 0;
	b = (b ^ a) - rotate(a, 25) | 0;
	c = (c ^ b) - rotate(b, 16) | 0;
	a = (a ^ c) - rotate(c, 4) | 0;
	b = (b ^ a) - rotate(a, 14) | 0;
	c = (c ^ b) - rotate(b, 24) | 0;
	return c >>> 0;
}
function word$1(words, at) {
	return words[at] ?? 0;
}
function rotate(value, bits) {
	return value << bits | value >>> 32 - bits;
}
/** struct hbucket. */
const BUCKET_BYTES = 32;
const REGION_BITS = 10;
var Slot = class {
	elem;
	/** Its key. */
	words;
	ext;
	nomatch = false;
	constructor(elem, words, ext) {
		this.elem = elem;
		this.words = words;
		this.ext = ext;
	}
};
var Bucket = class {
	size = 2;
	/** Slots up to here have been used; those that are undefined have been deleted. */
	slots = [];
};
var Region = class {
	elements = 0;
	memoryBytes = 0;
};
var HashTable = class {
	bits;
	buckets;
	regions;
	#initval;
	/** Bytes of one slot. */
	#slotBytes;
	#mask;
	constructor(bits, initval, slotBytes) {
		this.bits = bits;
		this.#initval = initval;
		this.#slotBytes = slotBytes;
		this.#mask = 2 ** bits - 1;
		this.buckets = new Array(2 ** bits);
		this.regions = Array.from({ length: bits <= REGION_BITS ? 1 : 2 ** (bits - REGION_BITS) }, () => new Region());
	}
	get size() {
		return 2 ** this.bits;
	}
	key(words) {
		return (jhash2(words, this.#initval) & this.#mask) >>> 0;
	}
	regionOf(key) {
		const region = this.regions[key >>> REGION_BITS];
		if (region === void 0) throw new Error(`no region for bucket ${key}`);
		return region;
	}
	newBucket(key) {
		const bucket = new Bucket();
		this.buckets[key] = bucket;
		this.account(key, 2);
		return bucket;
	}
	grow(key, bucket) {
		bucket.size += 2;
		this.account(key, 2);
	}
	/** Counts memory for so many slots more (or fewer), with a bucket's head each time as the kernel does. */
	account(key, slots) {
		this.regionOf(key).memoryBytes += Math.sign(slots) * (BUCKET_BYTES + Math.abs(slots) * this.#slotBytes);
	}
	/** After slots were emptied: drops the bucket, or packs it when there is room for it in a smaller one. */
	pack(key, bucket, free) {
		if (free >= bucket.slots.length) {
			this.account(key, -bucket.size);
			this.buckets[key] = void 0;
		} else if (free >= 2) {
			this.account(key, -2);
			bucket.size -= 2;
			bucket.slots = bucket.slots.filter((slot) => slot !== void 0);
		}
	}
	/** Takes a slot out as if it had never come: for undoing what was just done. False: it is not there. */
	withdraw(slot) {
		const key = this.key(slot.words);
		const bucket = this.buckets[key];
		const at = bucket?.slots.lastIndexOf(slot) ?? -1;
		if (bucket === void 0 || at < 0) return false;
		if (at + 1 < bucket.slots.length) bucket.slots[at] = void 0;
		else bucket.slots.pop();
		this.regionOf(key).elements -= 1;
		for (; bucket.size > 2 && bucket.slots.length <= bucket.size - 2; bucket.size -= 2) this.account(key, -2);
		if (bucket.slots.length > 0) return true;
		this.account(key, -2);
		this.buckets[key] = void 0;
		return true;
	}
	/** By bucket, as a listing goes. */
	*entries() {
		for (let key = 0; key < this.buckets.length; key += 1) {
			const bucket = this.buckets[key];
			if (bucket === void 0) continue;
			for (const slot of bucket.slots) if (slot !== void 0) yield slot;
		}
	}
};
/** How many slots a bucket may have: even, 2 to 12. */
function bucketSize(wanted) {
	if (wanted === void 0) return 12;
	const even = wanted % 2 === 1 ? wanted + 1 : wanted;
	return Math.min(12, Math.max(2, even));
}
function sameWords(a, b) {
	for (let k = 0; k < a.length; k += 1) if (((a[k] ?? 0) | 0) !== ((b[k] ?? 0) | 0)) return false;
	return true;
}
// src/sim/netfilter/ipset/member.ts
function formatElem(type, elem) {
	return type.dims.map((dim, at) => formatDim(dim, elem, at === 0));
}
function formatDim(dim, elem, isFirst) {
	switch (dim) {
		case "ip": return {
			kind: "ip",
			addr: ipText(isFirst ? elem.ip : elem.ip2)
		};
		case "net": return isFirst ? net(elem.ip, elem.cidr) : net(elem.ip2, elem.cidr2);
		case "port": return {
			kind: "port",
			proto: elem.proto,
			port: elem.port
		};
		case "mac": return {
			kind: "mac",
			mac: macText(elem.mac)
		};
		case "mark": return {
			kind: "mark",
			mark: elem.mark
		};
		case "iface": return {
			kind: "iface",
			iface: elem.iface,
			...elem.physdev ? { physdev: true } : {}
		};
	}
}
function net(address, prefix) {
	const isHost = prefix === (typeof address === "number" ? 32 : 128);
	return {
		kind: "ip",
		addr: ipText(address),
		...isHost ? {} : { prefix }
	};
}
// src/sim/netfilter/ipset/prefix-lengths.ts
var PrefixLengths = class {
	#nets;
	/** Elements by prefix length, for each network of the type. */
	#counts;
	#inUse;
	constructor(nets) {
		this.#nets = nets;
		this.#counts = nets.map(() => /* @__PURE__ */ new Map());
		this.#inUse = nets.map(() => []);
	}
	inUse(net) {
		return this.#inUse[net] ?? [];
	}
	longest(net) {
		return this.inUse(net)[0];
	}
	add(elem) {
		this.#change(elem, 1);
	}
	remove(elem) {
		this.#change(elem, -1);
	}
	#change(elem, by) {
		for (let net = 0; net < this.#nets.length; net += 1) {
			const which = this.#nets[net];
			const counts = this.#counts[net];
			if (which === void 0 || counts === void 0) continue;
			const cidr = elem.cidrOf(which);
			const count = (counts.get(cidr) ?? 0) + by;
			if (count === 0) counts.delete(cidr);
			else counts.set(cidr, count);
			if (count === 0 || count === 1 && by === 1) this.#inUse[net] = [...counts.keys()].sort((a, b) => b - a);
		}
	}
};
// src/sim/netfilter/ipset/hash-set.ts
/** AHASH_MAX_TUNED. */
const MAX_BUCKET = 64;
var HashSet = class {
	dimension;
	revision;
	hasNomatch;
	type;
	family;
	#given;
	#kit;
	#initval;
	#maxelem;
	/** Says that the set is full. */
	#warn;
	#bucketsize;
	#table;
	#prefixes;
	#collector;
	#gcRegion = 0;
	constructor(init) {
		const { type, family, options, kit, initval } = init;
		this.type = type;
		this.family = family;
		this.dimension = type.dims.length;
		this.revision = type.revision;
		this.hasNomatch = type.nets.length > 0;
		this.#given = options;
		this.#kit = kit;
		this.#initval = initval;
		this.#maxelem = options.maxelem ?? 65536;
		this.#warn = init.warn;
		this.#bucketsize = bucketSize(options.bucketsize);
		const bits = Math.max(6, Math.ceil(Math.log2(Math.max(1, options.hashsize ?? 1024))));
		this.#table = this.#makeTable(bits);
		this.#prefixes = new PrefixLengths(type.nets);
		this.#collector = new Collector(kit, 1);
	}
	get options() {
		return {
			...this.#given,
			hashsize: this.#table.size,
			maxelem: this.#maxelem,
			bucketsize: this.#bucketsize,
			initval: this.#initval
		};
	}
	get count() {
		let count = 0;
		for (const slot of this.#table.entries()) if (!this.#kit.expired(slot.ext)) count += 1;
		return count;
	}
	get memoryBytes() {
		this.#collect();
		const { regions } = this.#table;
		const buckets = regions.reduce((sum, region) => sum + region.memoryBytes, 0);
		return this.type.setBytes[this.family] + (regions.length - 1) * 24 + buckets + this.#kit.commentBytes;
	}
	members() {
		const members = [];
		for (const { elem, ext, nomatch } of this.#table.entries()) {
			if (this.#kit.expired(ext)) continue;
			members.push({
				parts: formatElem(this.type, elem),
				...nomatch ? { nomatch } : {},
				...elem.wildcard ? { wildcard: true } : {},
				...this.#kit.show(ext)
			});
		}
		return members;
	}
	packet(action, place, adt) {
		const elem = elemOfPacket(this.type, this.#given, place, adt.dirs);
		if (elem === void 0) return -2;
		if (action === "test") return this.#testNets(elem, adt);
		for (const [at, which] of this.type.nets.entries()) {
			const cidr = this.#prefixes.longest(at) ?? hostPrefix(this.family);
			if (cidr === 0) return -2;
			elem.setNet(which, which === "ip" ? elem.ip : elem.ip2, cidr);
		}
		if (action === "del") return this.#delete(elem, void 0) ? 1 : -2;
		const given = {
			packets: 1,
			bytes: place.pkt.lengthBytes,
			...adt.timeout === void 0 ? {} : { timeout: adt.timeout }
		};
		return this.#add(elem, {
			given,
			exist: adt.exist,
			nomatch: false,
			journal: void 0
		}) === void 0 ? 1 : -2;
	}
	change(action, member, request) {
		this.#collect();
		const refused = this.#kit.refuse(member);
		if (refused !== void 0) return refused;
		const adding = {
			given: member,
			exist: request.exist,
			nomatch: member.nomatch === true,
			journal: request.journal
		};
		return forEachElem(this, this.#given, member, (elem) => {
			if (action === "add") return this.#addGrowing(elem, adding);
			return this.#delete(elem, request.journal) || request.exist ? void 0 : "EXIST";
		});
	}
	test(member) {
		const answers = [];
		const tool = new AdtOptions({ dirs: [] });
		forEachElem(this, this.#given, member, (elem) => {
			const isHost = this.type.nets.every((which) => elem.cidrOf(which) === hostPrefix(this.family));
			answers.push(isHost ? this.#testNets(elem, tool) : this.#testOne(elem, tool));
			return "EXIST";
		});
		return answers[0] === (member.nomatch === true && this.hasNomatch ? -1 : 1);
	}
	flush(journal) {
		const [table, prefixes] = [this.#table, this.#prefixes];
		const comments = this.#kit.commentBytes;
		this.#table = this.#makeTable(table.bits);
		this.#prefixes = new PrefixLengths(this.type.nets);
		this.#kit.commentBytes = 0;
		journal.push(() => {
			this.#table = table;
			this.#prefixes = prefixes;
			this.#kit.commentBytes = comments;
		});
	}
	#makeTable(bits) {
		const { elemBytes } = this.type;
		const slotBytes = this.#kit.elementBytes(elemBytes[this.family], elemBytes[this.family] % 8 === 0 ? 8 : 4);
		return new HashTable(bits, this.#initval, slotBytes);
	}
	/** Every prefix length in use, longest first, until one says something. */
	#testNets(elem, adt) {
		const [first, second] = this.type.nets;
		if (first === void 0) return this.#testOne(elem, adt);
		const probe = elem.copy();
		for (const cidr of this.#prefixes.inUse(0)) {
			probe.setNet(first, elem.addressOf(first), cidr);
			if (second === void 0) {
				const answer = this.#testOne(probe, adt);
				if (answer !== 0 || this.#sawNet) return answer;
				continue;
			}
			for (const cidr2 of this.#prefixes.inUse(1)) {
				probe.setNet(second, elem.addressOf(second), cidr2);
				const answer = this.#testOne(probe, adt);
				if (answer !== 0) return answer;
			}
		}
		return 0;
	}
	/** Set by `#testOne`: the network is there, but for other devices. */
	#sawNet = false;
	#testOne(elem, adt) {
		const words = this.type.words(elem);
		const bucket = this.#table.buckets[this.#table.key(words)];
		this.#sawNet = false;
		if (bucket === void 0) return 0;
		for (const slot of bucket.slots) {
			if (slot === void 0 || !sameWords(slot.words, words)) continue;
			this.#sawNet = this.type.dims[1] === "iface";
			if (!slot.elem.hasIface(elem)) continue;
			if (this.#kit.match(slot.ext, adt)) return slot.nomatch ? -1 : 1;
			this.#sawNet = false;
		}
		return 0;
	}
	#addGrowing(elem, adding) {
		for (;;) {
			const error = this.#add(elem, adding);
			if (error !== "AGAIN") return error;
			this.#resize();
		}
	}
	#add(elem, { given, exist, nomatch, journal }) {
		const words = this.type.words(elem);
		const table = this.#table;
		const key = table.key(words);
		const region = table.regionOf(key);
		let isFull = region.elements >= Math.floor(this.#maxelem / table.regions.length);
		if (isFull) {
			if (this.#kit.timeout !== void 0) this.#collectRegion(table.regions.indexOf(region));
			isFull = table.regions.reduce((sum, each) => sum + each.elements, 0) >= this.#maxelem;
		}
		const forced = isFull && this.#given.forceadd === true;
		let bucket = table.buckets[key];
		if (bucket === void 0) {
			if (isFull) return this.#full();
			bucket = table.newBucket(key);
		}
		let at = -1;
		let sameNet = 0;
		for (const [index, slot] of bucket.slots.entries()) {
			if (slot === void 0) {
				if (at < 0) at = index;
				continue;
			}
			const same = sameWords(slot.words, words);
			if (same) sameNet += 1;
			if (same && slot.elem.hasIface(elem)) {
				if (!exist && !this.#kit.expired(slot.ext)) return "EXIST";
				this.#overwrite(slot, given, {
					nomatch,
					journal
				});
				return;
			}
			if (at < 0 && this.#kit.expired(slot.ext)) at = index;
		}
		if (at < 0 && forced) at = 0;
		if (at < 0) {
			if (isFull) return this.#full();
			if (bucket.slots.length >= bucket.size) {
				if (sameNet > 0 && this.type.dims[1] === "iface") {
					if (this.#bucketsize >= MAX_BUCKET) return this.#full();
					if (this.#bucketsize <= sameNet) this.#bucketsize += 2;
				}
				if (bucket.size >= this.#bucketsize) return "AGAIN";
				table.grow(key, bucket);
			}
			at = bucket.slots.length;
		}
		const old = bucket.slots[at];
		if (old !== void 0) this.#forget(old, key);
		const slot = new Slot(elem.copy(), words, new Extensions());
		slot.nomatch = nomatch;
		bucket.slots[at] = slot;
		region.elements += 1;
		this.#prefixes.add(elem);
		this.#kit.init(slot.ext, given);
		journal?.push(() => {
			if (this.#table.withdraw(slot)) {
				this.#prefixes.remove(slot.elem);
				this.#kit.destroy(slot.ext);
			}
			if (old !== void 0) this.#putBack(old);
		});
	}
	#full() {
		this.#warn(this.#maxelem);
		return "HASH_FULL";
	}
	#overwrite(slot, given, { nomatch, journal }) {
		const saved = Object.assign(new Extensions(), slot.ext);
		const before = slot.nomatch;
		this.#kit.init(slot.ext, given);
		slot.nomatch = nomatch;
		journal?.push(() => {
			this.#kit.restore(slot.ext, saved);
			slot.nomatch = before;
		});
	}
	/** False: it is not there. */
	#delete(elem, journal) {
		const words = this.type.words(elem);
		const key = this.#table.key(words);
		const bucket = this.#table.buckets[key];
		if (bucket === void 0) return false;
		for (const [at, slot] of bucket.slots.entries()) {
			if (slot === void 0 || !sameWords(slot.words, words) || !slot.elem.hasIface(elem)) continue;
			if (this.#kit.expired(slot.ext)) return false;
			const saved = Object.assign(new Extensions(), slot.ext);
			if (at + 1 === bucket.slots.length) bucket.slots.pop();
			else bucket.slots[at] = void 0;
			this.#forget(slot, key);
			this.#table.pack(key, bucket, bucket.slots.filter((each) => each === void 0).length);
			journal?.push(() => {
				this.#kit.restore(slot.ext, saved);
				this.#putBack(slot);
			});
			return true;
		}
		return false;
	}
	#forget(slot, key) {
		this.#table.regionOf(key).elements -= 1;
		this.#prefixes.remove(slot.elem);
		this.#kit.destroy(slot.ext);
	}
	/** A transaction is undone: an element that was there. */
	#putBack(slot) {
		const key = this.#table.key(slot.words);
		const bucket = this.#table.buckets[key] ?? this.#table.newBucket(key);
		if (bucket.slots.length >= bucket.size) this.#table.grow(key, bucket);
		bucket.slots.push(slot);
		this.#table.regionOf(key).elements += 1;
		this.#prefixes.add(slot.elem);
	}
	/** Twice as many buckets, or more, until all elements find room (`mtype_resize`). */
	#resize() {
		for (let bits = this.#table.bits + 1;; bits += 1) {
			const table = this.#makeTable(bits);
			if (!this.#moveTo(table)) continue;
			this.#table = table;
			return;
		}
	}
	#moveTo(table) {
		for (const slot of this.#table.entries()) {
			if (this.#kit.expired(slot.ext)) continue;
			const key = table.key(slot.words);
			const bucket = table.buckets[key] ?? table.newBucket(key);
			if (bucket.slots.length >= bucket.size) {
				if (bucket.size >= this.#bucketsize) return false;
				table.grow(key, bucket);
			}
			bucket.slots.push(slot);
			table.regionOf(key).elements += 1;
		}
		return true;
	}
	#collect() {
		const regions = this.#table.regions.length;
		for (let times = Math.min(this.#collector.due(regions), regions); times > 0; times -= 1) {
			this.#collectRegion(this.#gcRegion % regions);
			this.#gcRegion = (this.#gcRegion + 1) % regions;
		}
	}
	#collectRegion(region) {
		const first = region * 1024;
		const last = Math.min(this.#table.size, first + 1024);
		for (let key = first; key < last; key += 1) {
			const bucket = this.#table.buckets[key];
			if (bucket === void 0) continue;
			for (const [at, slot] of bucket.slots.entries()) {
				if (slot === void 0 || !this.#kit.expired(slot.ext)) continue;
				bucket.slots[at] = void 0;
				this.#forget(slot, key);
			}
			this.#table.pack(key, bucket, bucket.slots.filter((each) => each === void 0).length);
		}
	}
};
// src/sim/netfilter/ipset/packet.ts
/** What rules ask of sets with a packet in hand (ip_set_core.c: ip_set_test, ip_set_add, ip_set_del). */
/** Whether the packet is in the set. */
function testSet(set, place, adt) {
	if (!fits$1(set, place, adt)) return false;
	const answer = set.variant.packet("test", place, adt);
	if (adt.returnNomatch && set.variant.hasNomatch) return answer === -1;
	return answer === 1;
}
/** False: it was not added (it is there, the set is full, the packet has not what it takes). */
function addToSet(set, place, adt) {
	return fits$1(set, place, adt) && set.variant.packet("add", place, adt) === 1;
}
function delFromSet(set, place, adt) {
	return fits$1(set, place, adt) && set.variant.packet("del", place, adt) === 1;
}
/** A rule that names fewer sides than the set has components, or a packet of another family, matches nothing. */
function fits$1(set, { pkt }, { dirs }) {
	if (dirs.length < set.variant.dimension) return false;
	return set.family === void 0 || set.family === familyOfNum(pkt.src);
}
// src/sim/netfilter/ipset/list-set.ts
const SET_BYTES = 80;
/** struct set_elem. */
const ELEM_BYTES = 48;
const MIN_SIZE = 4;
var ListSet = class {
	dimension = 1;
	revision = 3;
	hasNomatch = false;
	options;
	#table;
	#kit;
	#items = [];
	#collector;
	constructor(table, options, kit) {
		this.#table = table;
		this.#kit = kit;
		this.options = {
			...options,
			size: Math.max(MIN_SIZE, options.size ?? 8)
		};
		this.#collector = new Collector(kit);
	}
	get count() {
		this.#collect();
		return this.#items.length;
	}
	get memoryBytes() {
		return SET_BYTES + this.count * this.#kit.elementBytes(ELEM_BYTES, 8) + this.#kit.commentBytes;
	}
	members() {
		return this.#living().map(({ place, ext }) => ({
			parts: [{
				kind: "set",
				set: this.#table.at(place)?.name ?? ""
			}],
			...this.#kit.show(ext)
		}));
	}
	packet(action, place, adt) {
		const { matchCounters } = adt;
		const { skipCounterUpdate } = adt;
		for (const item of this.#living()) {
			const set = this.#table.at(item.place);
			if (set === void 0) continue;
			if (action !== "test") {
				if (action === "add" ? addToSet(set, place, adt) : delFromSet(set, place, adt)) return 1;
				continue;
			}
			adt.matchCounters = false;
			if (adt.skipSubcounterUpdate) adt.skipCounterUpdate = true;
			const isIn = testSet(set, place, adt);
			adt.skipCounterUpdate = skipCounterUpdate;
			adt.matchCounters = matchCounters;
			if (isIn && this.#kit.match(item.ext, adt)) return 1;
		}
		return 0;
	}
	change(action, member, request) {
		const refused = this.#kit.refuse(member);
		if (refused !== void 0) return refused;
		const wanted = this.#wanted(member);
		if (typeof wanted === "string") return wanted;
		if (this.#living().length !== this.#items.length) this.#replace(this.#living(), []);
		return action === "add" ? this.#add(wanted, member, request) : this.#delete(wanted, request);
	}
	test(member) {
		const wanted = this.#wanted(member);
		if (typeof wanted === "string") return false;
		const items = this.#living();
		const at = items.findIndex(({ place }) => place === wanted.place);
		if (at < 0) return false;
		return wanted.side === void 0 || items[wanted.side === "before" ? at + 1 : at - 1]?.place === wanted.ref;
	}
	flush(journal) {
		this.#replace([], journal);
	}
	/** The list itself is destroyed: what it holds is free. */
	release() {
		for (const { place } of this.#items) this.#table.refer(place, -1);
	}
	hold() {
		for (const { place } of this.#items) this.#table.refer(place, 1);
	}
	#wanted({ parts: [part], before, after }) {
		if (part?.kind !== "set") return "PROTOCOL";
		const place = this.#table.placeOf(part.set);
		if (place === void 0) return "NAME";
		if (this.#table.at(place)?.type === "list:set") return "LOOP";
		const name = before ?? after;
		if (name === void 0) return {
			place,
			ref: void 0,
			side: void 0
		};
		const ref = this.#table.placeOf(name);
		if (ref === void 0) return "NAMEREF";
		return {
			place,
			ref,
			side: before === void 0 ? "after" : "before"
		};
	}
	#add(wanted, member, { exist, journal }) {
		const items = this.#items;
		const next = wanted.ref === void 0 ? -1 : items.findIndex(({ place }) => place === wanted.ref);
		if (wanted.side !== void 0 && next < 0) return "REF_EXIST";
		const old = items.find(({ place }) => place === wanted.place);
		if (old !== void 0) {
			if (!exist) return "EXIST";
			const saved = Object.assign(new Extensions(), old.ext);
			this.#kit.init(old.ext, member);
			journal.push(() => this.#kit.restore(old.ext, saved));
			return;
		}
		const item = {
			place: wanted.place,
			ext: new Extensions()
		};
		this.#kit.init(item.ext, member);
		const at = wanted.side === void 0 ? items.length : wanted.side === "before" ? next : next + 1;
		this.#replace(items.toSpliced(at, 0, item), journal);
	}
	#delete(wanted, { exist, journal }) {
		const items = this.#items;
		const at = items.findIndex(({ place }) => place === wanted.place);
		if (at < 0) {
			if (wanted.side !== void 0) return "REF_EXIST";
			return exist ? void 0 : "EXIST";
		}
		if (wanted.side !== void 0 && items[wanted.side === "before" ? at + 1 : at - 1]?.place !== wanted.ref) return "REF_EXIST";
		this.#replace(items.toSpliced(at, 1), journal);
	}
	/** With the references that come and go. */
	#replace(items, journal) {
		const before = this.#items;
		const comments = this.#kit.commentBytes;
		this.release();
		for (const item of before) if (!items.includes(item)) this.#kit.commentBytes -= this.#kit.commentBytesOf(item.ext.comment);
		this.#items = items;
		this.hold();
		journal.push(() => {
			this.release();
			this.#items = before;
			this.#kit.commentBytes = comments;
			this.hold();
		});
	}
	#living() {
		return this.#kit.timeout === void 0 ? this.#items : this.#items.filter(({ ext }) => !this.#kit.expired(ext));
	}
	#collect() {
		if (this.#collector.due() === 0) return;
		this.#replace(this.#living(), []);
	}
};
// src/sim/netfilter/ipset/table.ts
/** The sets of a namespace, by their places: rules and lists refer to a place, names are looked up (ip_set_core.c). */
var IpSetTable = class {
	#places = [];
	#byName = /* @__PURE__ */ new Map();
	placeOf(name) {
		return this.#byName.get(name);
	}
	at(place) {
		return this.#places[place];
	}
	find(name) {
		const place = this.#byName.get(name);
		return place === void 0 ? void 0 : this.#places[place];
	}
	/** In the lowest place that is free. */
	add(set) {
		const free = this.#places.indexOf(void 0);
		this.put(free < 0 ? this.#places.length : free, set);
	}
	put(place, set) {
		this.#places[place] = set;
		this.#byName.set(set.name, place);
	}
	remove(set) {
		const place = this.#byName.get(set.name);
		if (place === void 0) return;
		this.#places[place] = void 0;
		this.#byName.delete(set.name);
	}
	rename(set, name) {
		const place = this.#byName.get(set.name);
		if (place === void 0) return;
		this.#byName.delete(set.name);
		set.name = name;
		this.#byName.set(name, place);
	}
	/** Names and references stay in their places; the contents change them. */
	swap(a, b) {
		const [placeA, placeB] = [this.#byName.get(a.name), this.#byName.get(b.name)];
		if (placeA === void 0 || placeB === void 0) return;
		[a.name, b.name] = [b.name, a.name];
		[a.references, b.references] = [b.references, a.references];
		this.#places[placeA] = b;
		this.#places[placeB] = a;
	}
	refer(place, change) {
		const set = this.#places[place];
		if (set !== void 0) set.references += change;
	}
	/** In the order of a listing: lists of sets come last, so that it can be restored. */
	list() {
		const sets = this.#places.filter((set) => set !== void 0);
		return [...sets.filter(({ type }) => type !== "list:set"), ...sets.filter(({ type }) => type === "list:set")];
	}
};
const ipSetTable = pernet(() => new IpSetTable());
// src/sim/netfilter/ipset/create.ts
/** Making a set (ip_set_create and the `create` functions of the types). */
const KERN_WARNING = 4;
function createSet(netns, { name, type, ...object }) {
	if (type === void 0) return err("TYPE_NOT_FOUND");
	const options = object.options ?? {};
	const kit = new ExtensionKit(options, netns.machine.loop);
	if (type === "list:set") {
		const variant = new ListSet(ipSetTable(netns), options, kit);
		return ok(new SimIpSet({
			name,
			type,
			family: void 0,
			variant
		}));
	}
	if (isBitmap(type)) {
		if (type !== "bitmap:port" && object.family === "ipv6") return err("INVALID_FAMILY");
		const made = bitmapRange(type, options);
		if (typeof made === "string") return err(made);
		const variant = new BitmapSet({
			type,
			kit,
			...made
		});
		return ok(new SimIpSet({
			name,
			type,
			family: type === "bitmap:port" ? void 0 : "ipv4",
			variant
		}));
	}
	const family = type === "hash:mac" ? void 0 : object.family ?? "ipv4";
	const checked = checkOptions(type, family ?? "ipv4", options);
	if (typeof checked === "string") return err(checked);
	const set = new SimIpSet({
		name,
		type,
		family,
		variant: new HashSet({
			type: HASH_TYPES[type],
			family: family ?? "ipv4",
			options: checked,
			kit,
			initval: options.initval ?? netns.machine.rng.uint32(),
			warn: (maxelem) => {
				const at = netns.machine.loop.now();
				const text = `Set ${set.name} is full, maxelem ${maxelem} reached`;
				netns.machine.log.push({
					at,
					netns: netns.name,
					level: KERN_WARNING,
					text
				});
			}
		})
	});
	return ok(set);
}
/** Room for more buckets than this is not to be had. */
const MAX_HASHSIZE = 2 ** 24;
function checkOptions(type, family, options) {
	if ((options.hashsize ?? 0) > MAX_HASHSIZE) return "NOMEM";
	const { netmask, bitmask, markmask } = options;
	if (netmask !== void 0 && (netmask === 0 || netmask > hostPrefix(family))) return "INVALID_NETMASK";
	if (bitmask !== void 0) {
		const mask = ipNum(bitmask);
		if (familyOf(bitmask) !== family || mask === 0 || mask === 0n) return "INVALID_NETMASK";
	}
	if (markmask === 0) return "INVALID_MARKMASK";
	return type === "hash:ip,mark" ? {
		...options,
		markmask: markmask ?? 4294967295
	} : options;
}
function isBitmap(type) {
	return type.startsWith("bitmap:");
}
// src/sim/netfilter/ipset/errors.ts
const MESSAGES = {
	AGAIN: ["EINVAL", "Kernel error received: Resource temporarily unavailable"],
	BITMAP_RANGE: ["ERANGE", "Element is out of the range of the set"],
	BITMAP_RANGE_SIZE: ["ERANGE", "The range you specified exceeds the size limit of the set type"],
	COMMENT: ["EINVAL", "Comment cannot be used: set was created without comment support"],
	COUNTER: ["EINVAL", "Packet/byte counters cannot be used: set was created without counter support"],
	EINVAL: ["EINVAL", "Kernel error received: Invalid argument"],
	HASH_ELEM: ["EINVAL", "Null-valued element, cannot be stored in a hash type of set"],
	HASH_FULL: ["ENOMEM", "Hash is full, cannot add more elements"],
	HASH_RANGE: ["ERANGE", "Invalid range, covers the whole address space"],
	INVALID_CIDR: ["EINVAL", "The value of the CIDR parameter of the IP address is invalid"],
	INVALID_FAMILY: ["EINVAL", "Protocol family not supported by the set type"],
	INVALID_MARKMASK: ["EINVAL", "The value of the markmask parameter is invalid"],
	INVALID_NETMASK: ["EINVAL", "The value of the netmask parameter is invalid"],
	INVALID_PROTO: ["EINVAL", "Invalid protocol specified"],
	LOOP: ["ELOOP", "Sets with list:set type cannot be added to the set."],
	NAME: ["ENOENT", "Set to be added/deleted/tested as element does not exist."],
	NAMEREF: ["ENOENT", "The set to which you referred with 'before' or 'after' does not exist."],
	NOMEM: ["ENOMEM", "Kernel error received: Cannot allocate memory"],
	PROTOCOL: ["EINVAL", "Kernel error received: Protocol error"],
	REF_EXIST: ["ENOENT", "The set to which you referred with 'before' or 'after' is not added to the set."],
	SKBINFO: ["EINVAL", "Skbinfo mapping cannot be used: set was created without skbinfo support"],
	TIMEOUT: ["EINVAL", "Timeout cannot be used: set was created without timeout support"],
	TYPE_NOT_FOUND: ["EINVAL", "Kernel error received: set type not supported"]
};
function ipSetError(error, adding) {
	if (error === "EXIST") return adding ? {
		errno: "EEXIST",
		message: "Element cannot be added to the set: it's already added"
	} : {
		errno: "ENOENT",
		message: "Element cannot be deleted from the set: it's not added"
	};
	const [errno, message] = MESSAGES[error];
	return {
		errno,
		message
	};
}
const NO_SUCH_SET = {
	errno: "ENOENT",
	message: "The set with the given name does not exist"
};
// src/sim/objects/ipset.ts
/** ipsets and their elements, as objects of the port. */
const ipSetHandler = {
	apply(netns, verb, object) {
		const table = ipSetTable(netns);
		const set = table.find(object.name);
		switch (verb) {
			case "add":
				if (set !== void 0) return refuse("EEXIST", "Set cannot be created: set with the same name already exists");
				return create$1(netns, object);
			case "delete": return set === void 0 ? err(NO_SUCH_SET) : destroy(table, set);
			case "replace":
				if (object.newName !== void 0) return rename(table, set, object.newName);
				if (object.swapWith !== void 0) return swap(table, set, object.swapWith);
				if (set === void 0) return object.type === void 0 ? err(NO_SUCH_SET) : create$1(netns, object);
				return overwrite(netns, set, object);
		}
	},
	dump: (netns) => ipSetTable(netns).list().map(dumpSet)
};
const ipSetEntryHandler = {
	apply(netns, verb, entry) {
		const set = ipSetTable(netns).find(entry.set);
		if (set === void 0) return err(NO_SUCH_SET);
		const journal = [];
		const exist = verb === "delete" ? entry.ifPresent === true : verb === "replace";
		const error = set.variant.change(verb === "delete" ? "del" : "add", entry, {
			exist,
			journal
		});
		if (error === void 0) return ok(() => playBack(journal));
		playBack(journal);
		return err(ipSetError(error, verb !== "delete"));
	},
	dump: () => []
};
/** `ipset test`. */
function testIpSet(netns, name, member) {
	const set = ipSetTable(netns).find(name);
	return set === void 0 ? err(NO_SUCH_SET) : ok(set.variant.test(member));
}
function create$1(netns, object) {
	if (object.name.length > 31) return refuse("ENAMETOOLONG", `setname '${object.name}' is longer than 31 characters`);
	const made = createSet(netns, object);
	if (!made.ok) return err(ipSetError(made.error, true));
	const set = made.value;
	const table = ipSetTable(netns);
	table.add(set);
	const undo = () => {
		set.variant.release?.();
		table.remove(set);
	};
	const error = fill(set, object.entries ?? []);
	if (error === void 0) return ok(undo);
	undo();
	return err(error);
}
function fill(set, entries) {
	for (const member of entries) {
		const error = set.variant.change("add", member, {
			exist: true,
			journal: []
		});
		if (error !== void 0) return ipSetError(error, true);
	}
}
function destroy(table, set) {
	const place = table.placeOf(set.name);
	if (set.references > 0 || place === void 0) return refuse("EBUSY", "Set cannot be destroyed: it is in use by a kernel component");
	table.remove(set);
	set.variant.release?.();
	return ok(() => {
		table.put(place, set);
		set.variant.hold?.();
	});
}
function rename(table, set, name) {
	if (set === void 0) return err(NO_SUCH_SET);
	if (set.references > 0) return refuse("EBUSY", "Set cannot be renamed: it is in use by another system");
	if (table.find(name) !== void 0) return refuse("EEXIST", "Set cannot be renamed: a set with the new name already exists");
	const before = set.name;
	table.rename(set, name);
	return ok(() => table.rename(set, before));
}
function swap(table, set, name) {
	if (set === void 0) return err(NO_SUCH_SET);
	const other = table.find(name);
	if (other === void 0) return refuse("ENOENT", "Sets cannot be swapped: the second set does not exist");
	if (set.type !== other.type || set.family !== other.family) return refuse("EINVAL", "The sets cannot be swapped: their type does not match");
	table.swap(set, other);
	return ok(() => table.swap(set, other));
}
/** Makes the set hold what the object says, at once. */
function overwrite(netns, set, object) {
	if ((object.type ?? set.type) === set.type && (object.family ?? set.family) === set.family && sameOptions(object.options ?? {}, set.variant.options)) {
		if (object.entries === void 0) return ok(() => void 0);
		const journal = [];
		set.variant.flush(journal);
		const error = fill(set, object.entries);
		if (error === void 0) return ok(() => playBack(journal));
		playBack(journal);
		return err(error);
	}
	if (set.references > 0) return refuse("EBUSY", "Set cannot be created: set with the same name already exists");
	const destroyed = destroy(ipSetTable(netns), set);
	if (!destroyed.ok) return destroyed;
	const created = create$1(netns, object);
	if (created.ok) return ok(() => {
		created.value();
		destroyed.value();
	});
	destroyed.value();
	return created;
}
/** As far as they are given. How large the table has become does not matter. */
function sameOptions(wanted, actual) {
	const { hashsize: _size, initval: _initval, bucketsize: _bucket, ...options } = wanted;
	const actuals = new Map(Object.entries(actual));
	return Object.entries(options).every(([key, value]) => JSON.stringify(actuals.get(key)) === JSON.stringify(value));
}
function dumpSet(set) {
	const { name, type, family, references, variant } = set;
	return {
		kind: "ipset",
		name,
		type,
		...family === void 0 ? {} : { family },
		options: variant.options,
		entries: variant.members(),
		header: {
			revision: variant.revision,
			memoryBytes: variant.memoryBytes,
			references,
			entries: variant.count
		}
	};
}
function playBack(journal) {
	for (const undo of journal.toReversed()) undo();
}
// src/sim/device/dummy.ts
/** dummy: a device that addresses can be put on; what is sent by it is gone (drivers/net/dummy.c). */
/** A dummy device, down. The name is free. */
function createDummy(netns, name, mac) {
	return registerNetdevice(netns, {
		name,
		mac,
		mtu: 1500,
		ops: DUMMY
	});
}
const DUMMY = {
	type: "dummy",
	xmit(skb) {
		if (skb.dev === void 0) throw new Error("dummy_xmit: no device");
		return consumeSkb(skb, skb.dev.netns, "dummy_xmit", `sent out of ${skb.dev.name}, which leads nowhere`);
	},
	carrier: () => true
};
// src/sim/device/veth.ts
/** veth: two devices with a cable between them (drivers/net/veth.c). */
/** Makes both ends; as in Linux the peer is registered first and so has the lower ifindex. Both names are free. */
function createVeth(end, peerEnd) {
	const devOps = new Veth();
	const peerOps = new Veth();
	const peer = registerNetdevice(peerEnd.netns, {
		name: peerEnd.name,
		mac: peerEnd.mac,
		mtu: peerEnd.mtu,
		ops: peerOps
	});
	const dev = registerNetdevice(end.netns, {
		name: end.name,
		mac: end.mac,
		mtu: end.mtu,
		ops: devOps
	});
	devOps.peer = peer;
	peerOps.peer = dev;
	return {
		dev,
		peer
	};
}
/** The other end of the cable; undefined when `dev` is no veth. */
function vethPeer(dev) {
	return dev.ops instanceof Veth ? dev.ops.peer : void 0;
}
/** Plugs the cable in again between two ends that were removed together. */
function vethReconnect(dev, peer) {
	if (dev.ops instanceof Veth) dev.ops.peer = peer;
	if (peer.ops instanceof Veth) peer.ops.peer = dev;
}
var Veth = class Veth {
	type = "veth";
	peer = void 0;
	/** `veth_xmit`: the frame arrives at the other end as if from a wire. */
	xmit(skb) {
		const from = skb.dev;
		const peer = this.peer;
		if (from === void 0 || peer === void 0) throw new Error("veth_xmit: no peer");
		if (!isSkbForwardable(peer, skb)) {
			peer.stats.rxDropped += 1;
			if (!peer.up) return dropSkb(skb, from.netns, "veth_xmit", "DEV_READY", { detail: `${peer.name} is down` });
			const detail = `${skb.length} bytes of frame, ${peer.name} has MTU ${peer.mtu}`;
			return dropSkb(skb, from.netns, "veth_xmit", "PKT_TOO_BIG", { detail });
		}
		scrub(skb, from.netns !== peer.netns);
		return netifRx(peer, skb);
	}
	carrier() {
		return this.peer?.up === true;
	}
	open() {
		if (this.peer !== void 0) linkwatch(this.peer);
	}
	stop() {
		if (this.peer !== void 0) linkwatch(this.peer);
	}
	remove() {
		const peer = this.peer;
		if (peer === void 0) return;
		this.peer = void 0;
		if (peer.ops instanceof Veth) peer.ops.peer = void 0;
		unregisterNetdevice(peer);
	}
};
/** `skb_scrub_packet`: what the sender's stack knew of the packet stays behind; the mark only when the namespace changes. */
function scrub(skb, otherNetns) {
	skb.dst = void 0;
	skb.ct = void 0;
	skb.ctInfo = "none";
	skb.nfBridge = void 0;
	skb.iif = 0;
	skb.network = -1;
	skb.transport = -1;
	skb.forwarded = false;
	skb.fragMaxSize = 0;
	skb.ignoreDf = false;
	if (!otherNetns) return;
	skb.mark = 0;
	skb.sk = void 0;
}
// src/sim/objects/link-check.ts
/** What the kernel and iproute2 check before they make or change a link. */
/** The name of a device to be made, renamed or moved: valid, and free in the namespace. */
function checkName$1(netns, name) {
	if (name.length > 15 && devValidName(name.slice(0, 15))) return refuse("ERANGE", "Attribute failed policy validation.");
	if (!devValidName(name)) return refuse("EINVAL", `argument "${name}" is wrong: "name" not a valid ifname`);
	return netns.devicesByName.has(name) ? refuse("EEXIST", "File exists") : ok(void 0);
}
/** A MAC address a device may have (`eth_prepare_mac_addr_change`). */
function checkMac(mac) {
	return mac === 0 || macIsGroup(mac) ? refuse("EADDRNOTAVAIL", "Cannot assign requested address") : ok(void 0);
}
/** An MTU the device may have (`dev_validate_mtu`). */
function checkMtu(dev, mtu) {
	const type = dev.ops.type;
	const bounded = type === "veth" || type === "bridge";
	if (mtu < (bounded ? 68 : 0)) return refuse("EINVAL", "mtu less than device minimum.");
	if (bounded && mtu > 65535) return refuse("EINVAL", "mtu greater than device maximum.");
	return ok(void 0);
}
// src/sim/objects/link-set.ts
/** Changing a link's attributes, in the order of the kernel's `do_setlink`. A refused change may be half done: undo it. */
/** Applies the attributes that are present; absent ones stay as they are. */
function setLink(dev, link) {
	const steps = [
		() => link.link === void 0 ? DONE : setKind(dev, link.link),
		() => link.netns === void 0 ? DONE : setNetns(dev, link.netns),
		() => link.mac === void 0 ? DONE : setMac(dev, macNum(link.mac)),
		() => link.mtu === void 0 ? DONE : setMtu(dev, link.mtu),
		() => link.newName === void 0 ? DONE : setName(dev, link.newName),
		() => link.master === void 0 ? DONE : setMaster(dev, link.master),
		() => link.port === void 0 ? DONE : setPort(dev, link.port),
		() => {
			dev.promisc = link.promisc ?? dev.promisc;
			dev.alias = link.alias ?? dev.alias;
			dev.txQueueLength = link.txQueueLength ?? dev.txQueueLength;
			if (link.up === true) devOpen(dev);
			if (link.up === false) devClose(dev);
			return DONE;
		}
	];
	for (const step of steps) {
		const done = step();
		if (!done.ok) return done;
	}
	return DONE;
}
const DONE = ok(void 0);
/** The kind cannot change, only a bridge's settings. */
function setKind(dev, kind) {
	if (kind.type !== dev.ops.type) return refuse("EOPNOTSUPP", "Operation not supported");
	if (kind.type === "veth") {
		const peer = vethPeer(dev);
		return peer?.name === kind.peer && peer.netns.name === (kind.peerNetns ?? dev.netns.name) ? DONE : refuse("EOPNOTSUPP", `Operation not supported: the peer of ${dev.name} cannot be changed`);
	}
	if (kind.type !== "bridge") return DONE;
	if (kind.stp === true) return refuse("EOPNOTSUPP", `STP is not modelled (bridge ${dev.name})`);
	const br = bridgeOf(dev);
	if (kind.ageingTimeSeconds !== void 0) {
		if (!(kind.ageingTimeSeconds >= 0)) return refuse("ERANGE", "Numerical result out of range");
		br.fdb.ageingNs = Math.round(kind.ageingTimeSeconds * 100) * 1e7;
	}
	br.nfCallIptables = kind.nfCallIptables ?? br.nfCallIptables;
	return DONE;
}
function setNetns(dev, name) {
	const netns = dev.netns.machine.netns.get(name);
	if (netns === void 0) return refuse("EINVAL", `argument "${name}" is wrong: Invalid "netns" value`);
	if (netns === dev.netns) return DONE;
	if (dev.isLoopback || dev.ops.type === "bridge") return refuse("EINVAL", "The interface netns is immutable.");
	if (netns.devicesByName.has(dev.name)) return refuse("EEXIST", "File exists");
	peernet2idAlloc(dev.netns, netns);
	devChangeNetNamespace(dev, netns);
	return DONE;
}
function setMac(dev, mac) {
	if (dev.isLoopback) return mac === dev.mac ? DONE : refuse("EOPNOTSUPP", "Operation not supported");
	const checked = checkMac(mac);
	if (!checked.ok) return checked;
	if (dev.ops.type === "bridge") brSetMac(dev, mac, true);
	else if (dev.master !== void 0) brPortSetMac(dev, mac);
	else devSetMacAddress(dev, mac);
	return DONE;
}
function setMtu(dev, mtu) {
	const checked = checkMtu(dev, mtu);
	if (!checked.ok) return checked;
	if (dev.ops.type === "bridge") bridgeOf(dev).mtuIsSet = true;
	devSetMtu(dev, mtu);
	return DONE;
}
function setName(dev, name) {
	if (name === dev.name) return DONE;
	const checked = checkName$1(dev.netns, name);
	if (checked.ok) devChangeName(dev, name);
	return checked;
}
/** `do_set_master`: out of the old bridge, into the new one; "" is out only. */
function setMaster(dev, name) {
	if (name === (dev.master?.name ?? "")) return DONE;
	if (name === "") {
		brDelIf(dev);
		return DONE;
	}
	const bridge = dev.netns.devicesByName.get(name);
	if (bridge === void 0) return refuse("ENODEV", `argument "${name}" is wrong: Device does not exist`);
	if (bridge.ops.type !== "bridge") return refuse("EOPNOTSUPP", "Operation not supported");
	brDelIf(dev);
	const added = brAddIf(bridge, dev);
	return added.ok ? DONE : refuse(...ADD_IF_ERRORS[added.error]);
}
const ADD_IF_ERRORS = {
	loopback: ["EINVAL", "Invalid argument"],
	bridge: ["ELOOP", "Can not enslave a bridge to a bridge."],
	busy: ["EBUSY", "Device or resource busy"]
};
function setPort(dev, port) {
	if (dev.master === void 0) return refuse("EOPNOTSUPP", "Operation not supported");
	const { state: _inDumpsOnly, number: _too, ...options } = port;
	dev.port = {
		...dev.port,
		...options
	};
	return DONE;
}
// src/sim/objects/link-snapshot.ts
/** Remembering devices as they are, so that a link operation can be undone: the same devices come back, not new ones. */
/**
* Remembers `dev` and all that an operation on it can touch; the result puts everything back. `leaves`: the device moves,
* gets a new name or goes away, and with its place it and its peer lose their sysctls.
*/
function snapshotAround(dev, options) {
	const { also, leaves } = options;
	const peer = vethPeer(dev);
	const near = [
		dev,
		peer,
		dev.master,
		peer?.master,
		also
	].filter((each) => each !== void 0);
	const ports = near.flatMap((each) => each.ops.type === "bridge" ? bridgeOf(each).ports : []);
	const owners = leaves ? [dev, peer] : [];
	const snapshots = [.../* @__PURE__ */ new Set([...near, ...ports])].map((each) => snapshotOf(each, owners.includes(each) ? deviceSysctls(each) : NO_SYSCTLS));
	return () => restore(snapshots);
}
const NO_SYSCTLS = /* @__PURE__ */ new Map();
function snapshotOf(dev, sysctlValues) {
	return {
		dev,
		netns: dev.netns,
		name: dev.name,
		ifindex: dev.ifindex,
		mac: dev.mac,
		mtu: dev.mtu,
		up: dev.up,
		promisc: dev.promisc,
		alias: dev.alias,
		txQueueLength: dev.txQueueLength,
		everUp: dev.everUp,
		master: dev.master,
		port: { ...dev.port },
		peer: vethPeer(dev),
		taps: dev.taps,
		sysctls: sysctlValues,
		bridge: dev.ops.type === "bridge" ? bridgeSnapshotOf(bridgeOf(dev)) : void 0
	};
}
function bridgeSnapshotOf(br) {
	const { nfCallIptables, hadPort, macIsSet, mtuIsSet } = br;
	return {
		ports: br.ports,
		settings: {
			nfCallIptables,
			hadPort,
			macIsSet,
			mtuIsSet
		},
		ageingNs: br.fdb.ageingNs,
		fdb: br.fdb.entries().map((entry) => ({ ...entry }))
	};
}
function deviceSysctls(dev) {
	const table = sysctls(dev.netns);
	const found = /* @__PURE__ */ new Map();
	for (const [prefix, leaves] of table.deviceLeaves) for (const leaf of leaves.keys()) {
		const key = deviceKey(prefix, dev.name, leaf);
		const value = table.values.get(key);
		if (value !== void 0) found.set(key, value);
	}
	return found;
}
function restore(snapshots) {
	for (const snapshot of snapshots) place(snapshot);
	for (const { dev, peer } of snapshots) if (peer !== void 0) vethReconnect(dev, peer);
	for (const { dev, master } of snapshots) if (dev.master !== void 0 && dev.master !== master) brDelIf(dev);
	for (const { dev, master, port } of snapshots) {
		if (master !== void 0 && dev.master === void 0) brAddIf(master, dev);
		dev.port = {
			...port,
			forwarding: dev.port.forwarding
		};
	}
	for (const snapshot of snapshots) {
		if (snapshot.up) devOpen(snapshot.dev);
		else devClose(snapshot.dev);
		snapshot.dev.everUp = snapshot.everUp;
	}
	for (const { dev, mac, mtu, bridge } of snapshots) {
		if (bridge === void 0) continue;
		const br = bridgeOf(dev);
		Object.assign(br, bridge.settings);
		br.ports = bridge.ports;
		brSetMac(dev, mac, bridge.settings.macIsSet);
		devSetMtu(dev, mtu);
		br.fdb.ageingNs = bridge.ageingNs;
		for (const entry of br.fdb.entries()) br.fdb.delete(entry.mac);
		for (const entry of bridge.fdb) br.fdb.set({ ...entry });
	}
}
/** The device is in its namespace, under its name, with its own attributes. */
function place(snapshot) {
	const { dev, netns } = snapshot;
	if (isRegistered(dev) && dev.netns !== netns) devChangeNetNamespace(dev, netns, snapshot);
	if (!isRegistered(dev)) {
		dev.netns = netns;
		dev.name = snapshot.name;
		dev.ifindex = snapshot.ifindex;
		listNetdevice(dev);
	}
	devChangeName(dev, snapshot.name);
	for (const [key, value] of snapshot.sysctls) if (sysctls(netns).values.get(key) !== value) setSysctl(netns, key, value);
	dev.promisc = snapshot.promisc;
	dev.alias = snapshot.alias;
	dev.txQueueLength = snapshot.txQueueLength;
	dev.taps = snapshot.taps;
	dev.promiscCount = snapshot.taps.filter((tap) => tap.promisc).length;
	devSetMacAddress(dev, snapshot.mac);
	devSetMtu(dev, snapshot.mtu);
}
// src/sim/objects/link.ts
/** Links of the port: `ip link add | set | delete` on simulated devices. */
const linkHandler = {
	apply(netns, verb, link) {
		const dev = netns.devicesByName.get(link.name);
		if (verb === "delete") return dev === void 0 ? noDevice(link.name) : remove$2(dev);
		if (dev === void 0) return create(netns, link);
		return verb === "add" ? refuse("EEXIST", "File exists") : change(dev, link);
	},
	dump(netns) {
		return [...netns.devices.values()].sort((a, b) => a.ifindex - b.ifindex).map(linkObject);
	}
};
function create(netns, link) {
	if (link.link === void 0) return refuse("EINVAL", "Not enough information: \"type\" argument is required");
	const name = checkName$1(netns, link.name);
	if (!name.ok) return name;
	const mac = link.mac === void 0 ? ok(void 0) : checkMac(macNum(link.mac));
	if (!mac.ok) return mac;
	const made = make(netns, link, link.link);
	if (!made.ok) return made;
	const dev = made.value;
	const changed = setLink(dev, link);
	if (changed.ok) return ok(() => unregisterNetdevice(dev));
	unregisterNetdevice(dev);
	return changed;
}
function make(netns, link, kind) {
	const { rng } = netns.machine;
	const mac = link.mac === void 0 ? ethRandomAddr(rng) : macNum(link.mac);
	switch (kind.type) {
		case "loopback": return refuse("EOPNOTSUPP", "Unknown device type.");
		case "vlan":
		case "vxlan": return refuse("EOPNOTSUPP", `devices of type ${kind.type} are not modelled (${link.name})`);
		case "dummy": return ok(createDummy(netns, link.name, mac));
		case "bridge": return ok(createBridge(netns, link.name, {
			value: mac,
			set: link.mac !== void 0
		}));
		case "veth": {
			const peerNetns = kind.peerNetns === void 0 ? netns : netns.machine.netns.get(kind.peerNetns);
			if (peerNetns === void 0) return refuse("EINVAL", `argument "${kind.peerNetns}" is wrong: Invalid "netns" value`);
			const peerName = checkName$1(peerNetns, kind.peer);
			if (!peerName.ok) return peerName;
			if (peerNetns === netns && kind.peer === link.name) return refuse("EEXIST", "File exists");
			const peerMac = kind.peerMac === void 0 ? ethRandomAddr(rng) : macNum(kind.peerMac);
			const checked = checkMac(peerMac);
			if (!checked.ok) return checked;
			const peer = {
				netns: peerNetns,
				name: kind.peer,
				mac: peerMac,
				mtu: 1500
			};
			const made = createVeth({
				netns,
				name: link.name,
				mac,
				mtu: 1500
			}, peer).dev;
			announce(made);
			return ok(made);
		}
	}
}
function change(dev, link) {
	const undo = snapshotAround(dev, {
		also: link.master === void 0 ? void 0 : dev.netns.devicesByName.get(link.master),
		leaves: link.netns !== void 0 || link.newName !== void 0
	});
	const changed = setLink(dev, link);
	if (changed.ok) {
		if (link.up !== void 0) announce(dev);
		return ok(undo);
	}
	undo();
	return changed;
}
/** A message about a device names its peer's namespace, which gets its number by that (`rtnl_fill_link_netnsid`). */
function announce(dev) {
	const peer = vethPeer(dev);
	if (peer !== void 0 && peer.netns !== dev.netns) peernet2idAlloc(dev.netns, peer.netns);
}
function remove$2(dev) {
	if (dev.isLoopback) return refuse("EOPNOTSUPP", "Operation not supported");
	const undo = snapshotAround(dev, { leaves: true });
	unregisterNetdevice(dev);
	return ok(undo);
}
function linkObject(dev) {
	const { hairpin, learning, flood, isolated, forwarding, number } = dev.port;
	const peer = vethPeer(dev);
	return {
		kind: "link",
		name: dev.name,
		link: kindOf(dev),
		mac: macText(dev.mac),
		mtu: dev.mtu,
		up: dev.up,
		promisc: dev.promisc,
		...dev.master === void 0 ? {} : {
			master: dev.master.name,
			port: {
				hairpin,
				learning,
				flood,
				isolated,
				state: forwarding ? "forwarding" : "disabled",
				number
			}
		},
		ifindex: dev.ifindex,
		...peer === void 0 ? {} : { peerIfindex: peer.ifindex },
		carrier: dev.running,
		...dev.alias === "" ? {} : { alias: dev.alias },
		txQueueLength: dev.txQueueLength,
		qdisc: dev.everUp ? "noqueue" : "noop",
		promiscuity: dev.promiscCount + (dev.promisc ? 1 : 0) + (dev.master === void 0 ? 0 : 1),
		...peer === void 0 || peer.netns === dev.netns ? {} : { peerNetnsId: peernet2idAlloc(dev.netns, peer.netns) },
		stats: { ...dev.stats }
	};
}
function kindOf(dev) {
	switch (dev.ops.type) {
		case "loopback":
		case "dummy": return { type: dev.ops.type };
		case "bridge": {
			const br = bridgeOf(dev);
			const ageingTimeSeconds = br.fdb.ageingNs / 1e9;
			const idMac = macText(br.macIsSet || br.hadPort ? dev.mac : 0);
			return {
				type: "bridge",
				ageingTimeSeconds,
				stp: false,
				nfCallIptables: br.nfCallIptables,
				idMac
			};
		}
		case "veth": {
			const peer = vethPeer(dev);
			const elsewhere = peer === void 0 || peer.netns === dev.netns ? {} : { peerNetns: peer.netns.name };
			return {
				type: "veth",
				peer: peer?.name ?? "",
				...elsewhere
			};
		}
	}
}
// src/sim/objects/neigh.ts
/** Neighbour entries of the port: `ip neigh`. */
const neighHandler = {
	apply(netns, verb, neigh) {
		const dev = netns.devicesByName.get(neigh.dev);
		if (dev === void 0) return noDevice(neigh.dev);
		const addr = ipNum(neigh.addr);
		if (typeof addr !== "number") return refuse("EOPNOTSUPP", `IPv6 is not modelled (neighbour ${neigh.addr})`);
		const entry = neighLookup(dev, addr);
		if (verb === "delete") return remove$1(entry);
		if (verb === "add" && entry !== void 0) return refuse("EEXIST", "File exists");
		return set$3(dev, addr, neigh);
	},
	dump(netns) {
		return [...netns.devices.values()].flatMap(neighEntries).filter((entry) => !HIDDEN.has(entry.state)).map((entry) => ({
			...neighObject(entry),
			ages: agesOf(entry)
		}));
	}
};
function agesOf(entry) {
	const nowNs = entry.dev.netns.machine.loop.now();
	return {
		confirmedSeconds: (nowNs - entry.confirmedNs) / 1e9,
		usedSeconds: (nowNs - entry.usedNs) / 1e9,
		updatedSeconds: (nowNs - entry.updatedNs) / 1e9,
		probes: entry.probes
	};
}
/** `ip neigh` lists these only when asked for them. */
const HIDDEN = /* @__PURE__ */ new Set(["NONE", "NOARP"]);
function remove$1(entry) {
	if (entry === void 0) return refuse("ENOENT", "No such file or directory");
	const { dev, addr, mac, state } = entry;
	neighUpdate(entry, {
		state: "FAILED",
		admin: true,
		override: true
	});
	neighRemove(entry);
	return ok(() => neighRestore(dev, {
		addr,
		mac,
		state
	}));
}
function set$3(dev, addr, neigh) {
	const state = neigh.state ?? "PERMANENT";
	const before = neighLookup(dev, addr);
	const saved = before === void 0 ? void 0 : {
		addr,
		mac: before.mac,
		state: before.state
	};
	if (!NO_MAC.has(state) && neigh.mac === void 0 && saved === void 0) return refuse("EINVAL", "No link layer address given.");
	const entry = before ?? neighCreate(dev, addr);
	neighUpdate(entry, {
		...neigh.mac === void 0 ? {} : { mac: macNum(neigh.mac) },
		state,
		admin: true,
		override: true
	});
	return ok(() => saved === void 0 ? neighRemove(entry) : neighRestore(dev, saved));
}
const NO_MAC = /* @__PURE__ */ new Set([
	"NONE",
	"INCOMPLETE",
	"FAILED"
]);
// src/sim/netfilter/nfacct.ts
/** Named accounting objects (net/netfilter/nfnetlink_acct.c). */
const nfacctObjects = pernet(() => /* @__PURE__ */ new Map());
// src/sim/objects/nfacct.ts
/** nfacct objects of the port: named counters for `-m nfacct`. */
/** NFACCT_NAME_MAX. */
const NAME_LENGTH$1 = 31;
/** `replace` of an object that is there sets its counters if they are given, and leaves it to the rules that count in it. */
const nfacctHandler = {
	apply(netns, verb, { name, counters }) {
		const objects = nfacctObjects(netns);
		const object = objects.get(name);
		if (verb === "delete") {
			if (object === void 0) return refuse("ENOENT", `accounting object \`${name}' does not exist`);
			if (object.users > 0) return refuse("EBUSY", `accounting object \`${name}' is in use`);
			objects.delete(name);
			return ok(() => void objects.set(name, object));
		}
		if (object === void 0) {
			if (name === "" || name.length > NAME_LENGTH$1) return refuse("EINVAL", `accounting object name \`${name}' is not allowed`);
			objects.set(name, {
				packets: counters?.packets ?? 0,
				bytes: counters?.bytes ?? 0,
				users: 0
			});
			return ok(() => void objects.delete(name));
		}
		if (verb === "add") return refuse("EEXIST", `accounting object \`${name}' already exists`);
		return ok(setCounters(object, counters ?? object));
	},
	dump(netns) {
		return [...nfacctObjects(netns)].map(([name, { packets, bytes }]) => ({
			kind: "nfacct",
			name,
			counters: {
				packets,
				bytes
			}
		}));
	}
};
function setCounters(object, to) {
	const { packets, bytes } = object;
	object.packets = to.packets;
	object.bytes = to.bytes;
	return () => void Object.assign(object, {
		packets,
		bytes
	});
}
// src/sim/objects/route.ts
/** Routes of the port: `ip route`. */
const routeHandler = {
	apply(netns, verb, route) {
		const spec = specOf(netns, route, verb);
		if (!spec.ok) return spec;
		if (verb === "delete") return remove(netns, route, spec.value);
		return add(netns, spec.value, verb === "replace" ? "replace" : route.among);
	},
	dump(netns) {
		return fibOf(netns).tables().flatMap((table) => table.routes().map((route) => fibDumpRoute(netns, route)));
	}
};
function add(netns, spec, how) {
	const made = fibCreateRoute(netns, spec);
	if (!made.ok) return made;
	const fib = fibOf(netns);
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	const found = group.find((each) => each.metric === spec.metric);
	if (found !== void 0 && how === void 0) return refuse("EEXIST", "File exists");
	if (how === "first" || how === "last") {
		if (group.some((each) => isSame$1(each, made.value))) return refuse("EEXIST", "File exists");
		const next = insertAmong(group, made.value, how);
		return ok(fib.record(() => fib.setRoutes(spec.table, spec, next)));
	}
	const next = found === void 0 ? insert(group, made.value) : group.map((each) => each === found ? made.value : each);
	return ok(fib.record(() => fib.setRoutes(spec.table, spec, next)));
}
/** The first route that fits what is given; what is not given does not matter (`fib_table_delete`). */
function remove(netns, route, spec) {
	const fib = fibOf(netns);
	if (!fib.hasTable(spec.table)) return refuse("ESRCH", "FIB table does not exist.");
	const group = fib.table(spec.table).of(spec.dst, spec.prefix);
	const found = group.find((each) => fits(each, route, spec));
	if (found === void 0) return refuse("ESRCH", "No such process");
	const rest = group.filter((each) => each !== found);
	return ok(fib.record(() => fib.setRoutes(spec.table, spec, rest)));
}
function fits(each, asked, spec) {
	return (asked.type === void 0 || each.type === spec.type) && (asked.scope === void 0 || each.scope === spec.scope) && (asked.protocol === void 0 || each.protocol === spec.protocol) && (asked.metric === void 0 || asked.metric === 0 || each.metric === spec.metric) && (asked.src === void 0 || each.prefsrc === spec.prefsrc) && (asked.mtu === void 0 || each.mtu === spec.mtu) && (spec.nexthops.length < 2 || each.nexthops.length === spec.nexthops.length) && spec.nexthops.every((hop, k) => {
		const own = each.nexthops[k];
		if (own === void 0 || hop.oif !== 0 && hop.oif !== own.oif) return false;
		return hop.gateway === void 0 || hop.gateway === own.gateway;
	});
}
function insert(group, route) {
	const at = group.filter((each) => each.metric < route.metric).length;
	return [
		...group.slice(0, at),
		route,
		...group.slice(at)
	];
}
function insertAmong(group, route, where) {
	const isBefore = (each) => where === "first" ? each.metric < route.metric : each.metric <= route.metric;
	return [
		...group.filter(isBefore),
		route,
		...group.filter((each) => !isBefore(each))
	];
}
/** The same to the kernel: metric, scope, type and next hops. */
function isSame$1(a, b) {
	const key = (route) => [
		route.metric,
		route.scope,
		route.type,
		route.protocol,
		route.prefsrc,
		route.mtu,
		...route.nexthops.map((hop) => `${hop.oif} ${hop.gateway} ${hop.weight} ${hop.onlink}`)
	].join("/");
	return key(a) === key(b);
}
/** Fills in what `ip route` would, and turns names and text into numbers. */
function specOf(netns, route, verb) {
	const text = formatCidr(route.dst);
	const dst = ipNum(route.dst.addr);
	const prefsrc = v4(route.src);
	if (typeof dst !== "number" || prefsrc === "ipv6") return refuse("EOPNOTSUPP", `IPv6 is not modelled (route ${text})`);
	const type = route.type ?? "unicast";
	if (type === "multicast") return refuse("EOPNOTSUPP", `multicast routing is not modelled (route ${text})`);
	const { prefix } = route.dst;
	if (maskedNum(dst, prefix) !== dst) return refuse("EINVAL", "Invalid prefix for given prefix length.");
	const nexthops = nexthopsOf(netns, route, verb === "delete" ? void 0 : type);
	if (!nexthops.ok) return nexthops;
	return ok({
		dst,
		prefix,
		table: route.table || (type === "local" || type === "broadcast" ? 255 : 254),
		type,
		metric: route.metric ?? 0,
		scope: RT_SCOPE[route.scope ?? defaultScope(type, nexthops.value)],
		protocol: route.protocol ?? "boot",
		prefsrc,
		mtu: route.mtu,
		nexthops: nexthops.value
	});
}
/** `type` is that of a route to be made. */
function nexthopsOf(netns, route, type) {
	const isSingle = route.via !== void 0 || route.dev !== void 0;
	const hops = route.nexthops ?? (isSingle ? [route] : []);
	if (type !== void 0 && isRefusal(type) && hops.length > 0) return refuse("EINVAL", "Gateway, device and multipath can not be specified for this route type.");
	const specs = [];
	for (const hop of hops) {
		const gateway = v4(hop.via);
		if (gateway === "ipv6") return refuse("EOPNOTSUPP", `IPv6 is not modelled (gateway ${hop.via})`);
		const oif = hop.dev === void 0 ? 0 : ifindexOf(netns, hop.dev);
		if (hop.dev !== void 0 && oif < 0) return noDevice(hop.dev);
		const weight = "weight" in hop ? hop.weight ?? 1 : 1;
		specs.push({
			oif,
			gateway,
			weight,
			onlink: hop.onlink === true
		});
	}
	return ok(specs);
}
/** As iproute2 chooses it. */
function defaultScope(type, nexthops) {
	if (type === "local") return "host";
	if (type === "broadcast") return "link";
	const [only] = nexthops;
	return type === "unicast" && nexthops.length === 1 && only?.gateway === void 0 ? "link" : "global";
}
function v4(addr) {
	if (addr === void 0) return void 0;
	const n = ipNum(addr);
	return typeof n === "number" ? n : "ipv6";
}
// src/sim/objects/rule.ts
/** Policy rules of the port: `ip rule`. */
const ruleHandler = {
	apply(netns, verb, asked) {
		const refused = refusal(asked);
		if (refused !== void 0) return refused;
		const rule = normalised(asked);
		const rules = fibOf(netns).rules();
		const found = rules.find((each) => isSame(each, rule));
		if (verb === "delete") {
			if (found === void 0) return refuse("ENOENT", "No such file or directory");
			return set$2(netns, rules.filter((each) => each !== found));
		}
		if (found !== void 0) return verb === "add" ? refuse("EEXIST", "File exists") : ok(() => {});
		const at = rules.filter((each) => each.priority <= rule.priority).length;
		return set$2(netns, [
			...rules.slice(0, at),
			rule,
			...rules.slice(at)
		]);
	},
	dump(netns) {
		return fibOf(netns).rules();
	}
};
function set$2(netns, rules) {
	const fib = fibOf(netns);
	return ok(fib.record(() => fib.setRules(rules, (name) => ifindexOf(netns, name))));
}
function refusal(rule) {
	const isIpv6 = [rule.from, rule.to].some((net) => net !== void 0 && familyOf(net.addr) === "ipv6");
	if (rule.family === "ipv6" || isIpv6) return refuse("EOPNOTSUPP", `IPv6 is not modelled (rule ${rule.priority})`);
	return rule.table === 0 ? refuse("EINVAL", "Invalid table") : void 0;
}
/** Without what says nothing: `from 0.0.0.0/0`, `not: false`, an empty mark. */
function normalised(rule) {
	const { from, to, fwmark } = rule;
	return {
		kind: "rule",
		family: "ipv4",
		priority: rule.priority,
		...rule.not === true ? { not: true } : {},
		...says(from) ? { from: networkOf(from) } : {},
		...says(to) ? { to: networkOf(to) } : {},
		...rule.iif === void 0 ? {} : { iif: rule.iif },
		...rule.oif === void 0 ? {} : { oif: rule.oif },
		...fwmark === void 0 ? {} : { fwmark },
		table: rule.table
	};
}
function says(net) {
	return net !== void 0 && net.prefix > 0;
}
function isSame(a, b) {
	const key = (rule) => [
		rule.priority,
		rule.not === true,
		rule.from === void 0 ? "" : formatCidr(rule.from),
		rule.to === void 0 ? "" : formatCidr(rule.to),
		rule.iif ?? "",
		rule.oif ?? "",
		rule.fwmark === void 0 ? "" : `${rule.fwmark.value}/${rule.fwmark.mask}`,
		rule.table
	].join(" ");
	return key(a) === key(b);
}
// src/sim/objects/sysctl.ts
/** sysctls of the port: `sysctl -w`. A key always exists or never does, so `add` and `replace` both write. */
const sysctlHandler = {
	apply(netns, verb, { key, value }) {
		const before = sysctls(netns).values.get(key);
		if (before === void 0) return refuse("ENOENT", `cannot stat /proc/sys/${pathOf(key)}: No such file or directory`);
		if (verb === "delete") return refuse("EOPNOTSUPP", `Operation not supported: ${key} cannot be deleted`);
		if (isNumbers(before) && !isNumbers(value)) return refuse("EINVAL", `setting key "${key}": Invalid argument`);
		const saved = savedValues(netns, key, before);
		setSysctl(netns, key, value);
		return ok(undoTo(netns, key, saved));
	},
	dump(netns) {
		return [...sysctls(netns).values].map(([key, value]) => ({
			kind: "sysctl",
			key,
			value
		}));
	}
};
/** Writing one key may have written others (`ip_forward` and `forwarding`): all go back, the written one first. */
function undoTo(netns, key, saved) {
	return () => {
		const before = saved.get(key);
		if (before !== void 0) setSysctl(netns, key, before);
		for (const [other, value] of saved) {
			const now = sysctls(netns).values.get(other);
			if (now !== void 0 && now !== value) setSysctl(netns, other, value);
		}
	};
}
/** The values of all keys that writing this one may change. */
function savedValues(netns, key, before) {
	const saved = /* @__PURE__ */ new Map([[key, before]]);
	if (!isForwardSysctl(key)) return saved;
	for (const other of keysOfForwarding(netns)) saved.set(other, sysctls(netns).values.get(other) ?? "");
	return saved;
}
function isNumbers(value) {
	return /^\s*-?\d+(\s+-?\d+)*\s*$/.test(value);
}
/** The file of a key: dots separate, a slash in the key is a dot in a device name. */
function pathOf(key) {
	return key.replaceAll(/[./]/g, (char) => char === "." ? "/" : ".");
}
// src/sim/netfilter/conntrack/enable.ts
/** One more user: the first one registers the hooks. IPv6 is counted only, for no IPv6 packet is moved yet. */
function nfCtNetnsGet(netns, family) {
	const users = enabled(netns);
	users[family] += 1;
	if (family !== "ipv4" || users.ipv4 !== 1) return;
	for (const ct of conntrackNet(netns).table.entries(netns.machine.loop.now())) if (ct.tcp !== void 0) forgetTcpWindows(ct.tcp);
	users.unregister = [
		registerNetHook(netns, "ipv4", "PREROUTING", DEFRAG),
		registerNetHook(netns, "ipv4", "OUTPUT", DEFRAG),
		registerNetHook(netns, "ipv4", "PREROUTING", IN),
		registerNetHook(netns, "ipv4", "OUTPUT", LOCAL),
		registerNetHook(netns, "ipv4", "POSTROUTING", CONFIRM),
		registerNetHook(netns, "ipv4", "INPUT", CONFIRM)
	];
}
/** One user less: with the last one the hooks go; entries stay and are not used. */
function nfCtNetnsPut(netns, family) {
	const users = enabled(netns);
	if (users[family] === 0) throw new Error(`conntrack: more puts than gets in ${netns.name}`);
	users[family] -= 1;
	if (family !== "ipv4" || users.ipv4 !== 0) return;
	for (const unregister of users.unregister) unregister();
	users.unregister = [];
}
const enabled = pernet(() => ({
	ipv4: 0,
	ipv6: 0,
	unregister: []
}));
const DEFRAG = {
	priority: NF_PRI.CONNTRACK_DEFRAG,
	name: "ipv4_conntrack_defrag",
	fn: ipv4ConntrackDefrag
};
const IN = {
	priority: NF_PRI.CONNTRACK,
	name: "ipv4_conntrack_in",
	fn: nfConntrackIn
};
const LOCAL = {
	priority: NF_PRI.CONNTRACK,
	name: "ipv4_conntrack_local",
	fn: ipv4ConntrackLocal
};
const CONFIRM = {
	priority: NF_PRI.CONNTRACK_CONFIRM,
	name: "nf_confirm",
	fn: nfConntrackConfirm
};
function ipv4ConntrackDefrag(skb, state) {
	if (skb.ct !== void 0 || skb.ctInfo === "untracked") return "accept";
	if (!ipv4IsFragment(skb.bytes, skb.network)) return "accept";
	const user = state.hook === "OUTPUT" ? "conntrack-out" : "conntrack-in";
	const bridged = skb.nfBridge?.inPrerouting === true;
	const fate = ipDefrag(skb, state.netns, bridged ? "conntrack-bridge-in" : user);
	if (fate === void 0) return "accept";
	stolen.fate = fate;
	return "stolen";
}
/** Fragments that a raw sender made itself are not tracked, whatever `-j CT` said about them. */
function ipv4ConntrackLocal(skb, state) {
	if (!ipv4IsFragment(skb.bytes, skb.network)) return nfConntrackIn(skb, state);
	if (skbCt(skb)?.template !== void 0) {
		skb.ct = void 0;
		skb.ctInfo = "none";
	}
	return "accept";
}
// src/sim/netfilter/match/recent-table.ts
/** ip_list_tot: a list holds so many addresses; the oldest makes room. */
const MAX_ENTRIES = 100;
var RecentTable = class {
	/** The mask of the rule that made the list is used by all. */
	mask;
	/** How many stamps an entry keeps: a power of two that the greatest hit count fits. */
	stampsMax;
	/** Rules that name it. */
	users = 0;
	/** In order of last use (the LRU list). */
	#entries = /* @__PURE__ */ new Map();
	constructor(mask, stampsMax) {
		this.mask = mask;
		this.stampsMax = stampsMax;
	}
	get size() {
		return this.#entries.size;
	}
	/** `ttl` 0: any. */
	lookup(addr, ttl) {
		const entry = this.#entries.get(addr);
		if (entry === void 0 || ttl === 0 || entry.ttl === 0 || entry.ttl === ttl) return entry;
	}
	insert(addr, ttl, now) {
		if (this.#entries.size >= MAX_ENTRIES) {
			const oldest = this.#entries.keys().next();
			if (oldest.done !== true) this.#entries.delete(oldest.value);
		}
		this.#entries.set(addr, {
			addr,
			ttl,
			stamps: [now],
			next: 1
		});
	}
	/** Adds a stamp and makes the entry the youngest. */
	update(entry, ttl, now) {
		entry.next %= this.stampsMax;
		entry.stamps[entry.next] = now;
		entry.next += 1;
		entry.ttl = ttl;
		this.#entries.delete(entry.addr);
		this.#entries.set(entry.addr, entry);
	}
	remove(entry) {
		this.#entries.delete(entry.addr);
	}
	/** Removes the oldest entry if its last stamp is before `time`; `keep` stays whatever its age. */
	reap(time, keep) {
		const first = this.#entries.values().next();
		if (first.done === true || first.value === keep) return;
		const last = first.value.stamps[first.value.next - 1];
		if (last !== void 0 && last < time) this.remove(first.value);
	}
	flush() {
		this.#entries.clear();
	}
};
/** The lists of a namespace by name. */
const recentTables = pernet(() => /* @__PURE__ */ new Map());
/** Forgets the lists that no rule names any more. */
function sweepRecentTables(netns) {
	const tables = recentTables(netns);
	for (const [name, table] of tables) if (table.users === 0) tables.delete(name);
}
// src/sim/netfilter/match/address.ts
const source = {
	pure: true,
	check: checkNet,
	compile: (match) => compileNet(match, "src")
};
const destination = {
	pure: true,
	check: checkNet,
	compile: (match) => compileNet(match, "dst")
};
function checkNet(match, at) {
	const { addr, prefix } = match.net;
	if (familyOf(addr) === at.family && prefix >= 0 && prefix <= addrBits(addr)) return void 0;
	return {
		errno: "EINVAL",
		message: `host/network \`${addr}/${prefix}' in chain ${at.chain} is not ${at.family}`
	};
}
function compileNet(match, side) {
	const { addr, prefix } = match.net;
	const net = maskedNum(ipNum(addr), prefix);
	const want = match.invert !== true;
	if (prefix === 0) return want ? void 0 : () => false;
	if (typeof net === "bigint") return (_skb, _state, pkt) => maskedNum(pkt[side], prefix) === net === want;
	if (prefix === 32) return side === "src" ? (_skb, _state, pkt) => pkt.src === net === want : (_skb, _state, pkt) => pkt.dst === net === want;
	const mask = Number(maskNum(prefix, 0));
	const bits = net | 0;
	return side === "src" ? (_skb, _state, pkt) => (Number(pkt.src) & mask) === bits === want : (_skb, _state, pkt) => (Number(pkt.dst) & mask) === bits === want;
}
// src/sim/netfilter/match/addrtype.ts
const addrtype = {
	pure: true,
	hooks(match) {
		if (match.limitIface === "in") return 31 & ~(HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING);
		if (match.limitIface === "out") return 31 & ~(HOOK_BIT.PREROUTING | HOOK_BIT.INPUT);
		return 31;
	},
	compile(match) {
		const bySource = typeTest(match.srcType);
		const byDestination = typeTest(match.dstType);
		const limit = match.limitIface;
		return (_skb, state, pkt) => {
			const dev = limit === void 0 ? void 0 : limit === "in" ? state.indev : state.outdev;
			if (bySource !== void 0 && !bySource(state.netns, dev, pkt.src)) return false;
			return byDestination === void 0 || byDestination(state.netns, dev, pkt.dst);
		};
	}
};
/** The routing look-up knows no UNSPEC and no ANYCAST in IPv4: these never hold. */
const TYPE_NAMES = {
	unicast: "UNICAST",
	local: "LOCAL",
	broadcast: "BROADCAST",
	multicast: "MULTICAST",
	blackhole: "BLACKHOLE",
	unreachable: "UNREACHABLE",
	prohibit: "PROHIBIT"
};
function typeTest(types) {
	if (types === void 0) return void 0;
	const wanted = types.value;
	const want = types.invert !== true;
	return (netns, dev, addr) => {
		const type = TYPE_NAMES[dev === void 0 ? inetAddrType(netns, addr) : inetDevAddrType(netns, dev, addr)];
		return (type !== void 0 && wanted.includes(type)) === want;
	};
}
// src/sim/netfilter/match/comment.ts
const comment = {
	pure: true,
	check(match, at) {
		if (match.text.length <= 255) return void 0;
		return {
			errno: "EINVAL",
			message: `comment in chain ${at.chain} must be shorter than 256 characters`
		};
	},
	compile: () => void 0
};
// src/sim/netfilter/match/connmark.ts
const connmark$1 = {
	pure: true,
	needsConntrack: true,
	compile(match) {
		const mask = match.mask | 0;
		const value = match.value | 0;
		const want = match.invert !== true;
		return (skb) => {
			const ct = skbCt(skb);
			return ct !== void 0 && (ct.mark & mask) === value === want;
		};
	}
};
// src/sim/netfilter/xtables/packet.ts
/** `struct xt_action_param`, as far as it is about the packet. */
var XtPacket = class {
	src;
	dst;
	proto;
	/** Offset of this fragment in units of 8 bytes; 0: unfragmented, or the first one. */
	fragOff;
	/** Where the transport header begins in `skb.bytes`, and where the packet ends. */
	transport;
	end;
	/** From the network header on: what counters count. */
	lengthBytes;
	/** A match found the packet too malformed to go on: it is dropped whatever the rules say. */
	hotdrop = false;
	constructor(skb) {
		const at = skb.network;
		const bytes = skb.bytes;
		this.src = ipv4Src(bytes, at);
		this.dst = ipv4Dst(bytes, at);
		this.proto = ipv4Proto(bytes, at);
		this.fragOff = ipv4Frag(bytes, at) & IP_OFFSET;
		this.transport = at + ipv4HeaderLength(bytes, at);
		this.end = skb.end;
		this.lengthBytes = skb.end - at;
	}
};
/** Whether every match can read the transport header it wants; a packet of which this is false may meet `hotdrop`. */
function transportIsComplete(skb, pkt) {
	if (pkt.fragOff !== 0) return false;
	const length = pkt.end - pkt.transport;
	switch (pkt.proto) {
		case 6: return length >= 20 && tcpHeaderLength(skb.bytes, pkt.transport) >= 20;
		case 132: return length >= 12;
		case 17:
		case 1: return length >= 8;
		default: return length >= 4;
	}
}
/** The source and destination port of a packet that has ports and whose transport header is complete. */
function sportOf(skb, pkt) {
	return get16(skb.bytes, pkt.transport);
}
function dportOf(skb, pkt) {
	return get16(skb.bytes, pkt.transport + 2);
}
// src/sim/netfilter/match/ports.ts
/** Undefined: any ports will do. */
function compilePorts(match) {
	const sport = match.sport === void 0 ? void 0 : portTest(match.sport);
	const dport = match.dport === void 0 ? void 0 : portTest(match.dport);
	if (sport === void 0) return dport === void 0 ? void 0 : (skb, pkt) => dport(dportOf(skb, pkt));
	if (dport === void 0) return (skb, pkt) => sport(sportOf(skb, pkt));
	return (skb, pkt) => sport(sportOf(skb, pkt)) && dport(dportOf(skb, pkt));
}
function checkPorts(match, at) {
	return checkRange(match.sport?.value, at) ?? checkRange(match.dport?.value, at);
}
function checkRange(range, at) {
	if (range === void 0 || range.from >= 0 && range.from <= range.to && range.to <= 65535) return void 0;
	return {
		errno: "EINVAL",
		message: `invalid port range ${range.from}:${range.to} in chain ${at.chain}`
	};
}
function portTest(range) {
	const { from, to } = range.value;
	const want = range.invert !== true;
	if (from === to) return want ? (port) => port === from : (port) => port !== from;
	return (port) => (port >= from && port <= to) === want;
}
// src/sim/netfilter/match/conntrack.ts
const conntrack = {
	pure: true,
	needsConntrack: true,
	check: check$1,
	compile(match) {
		const state = match.state === void 0 ? void 0 : stateTest(match.state.value, match.state.invert !== true);
		const tests = entryTests(match);
		if (tests.length === 0) return state;
		return (skb, hookState, pkt) => {
			if (state !== void 0 && !state(skb, hookState, pkt)) return false;
			const ct = skbCt(skb);
			if (ct === void 0) return state !== void 0;
			for (const test of tests) if (!test(ct, skb)) return false;
			return true;
		};
	}
};
/** The packet is in one of the states (or its entry is translated at one of the ends): `want`. */
function stateTest(states, want) {
	let mask = 0;
	for (const state of states) mask |= STATE_BIT[state];
	const nat = ((mask & STATE_BIT.SNAT) !== 0 ? 16 : 0) | ((mask & STATE_BIT.DNAT) !== 0 ? 32 : 0);
	if (nat === 0) return (skb) => (STATE_BIT[ctStateOf(skb)] & mask) !== 0 === want;
	return (skb) => {
		return ((STATE_BIT[ctStateOf(skb)] & mask) !== 0 || ((skbCt(skb)?.status ?? 0) & nat) !== 0) === want;
	};
}
const STATE_BIT = {
	INVALID: 1,
	NEW: 2,
	RELATED: 4,
	ESTABLISHED: 8,
	UNTRACKED: 16,
	SNAT: 32,
	DNAT: 64
};
/** `NONE` names no bit: asked for alone it never holds. */
const STATUS_BIT = {
	NONE: 0,
	EXPECTED: 1,
	SEEN_REPLY: 2,
	ASSURED: 4,
	CONFIRMED: 8
};
function entryTests(match) {
	const tests = [];
	const add = (criterion, holds) => {
		if (criterion === void 0) return;
		const want = criterion.invert !== true;
		tests.push((ct, skb) => holds(criterion.value, ct, skb) === want);
	};
	if (match.dir !== void 0) {
		const want = match.dir === "ORIGINAL";
		tests.push((_ct, skb) => ctInfoDir(skb.ctInfo) === 0 === want);
	}
	const addNet = (criterion, addrOf) => {
		if (criterion === void 0) return;
		const { addr, prefix } = criterion.value;
		const net = maskedNum(ipNum(addr), prefix);
		add(criterion, (_net, ct) => maskedNum(addrOf(ct), prefix) === net);
	};
	addNet(match.origSrc, (ct) => ct.original.src);
	addNet(match.origDst, (ct) => ct.original.dst);
	addNet(match.replSrc, (ct) => ct.reply.src);
	addNet(match.replDst, (ct) => ct.reply.dst);
	add(match.proto, (proto, ct) => ct.proto === proto);
	add(match.origSport, (range, ct) => inRange(ct.original.sport, range));
	add(match.origDport, (range, ct) => inRange(ct.original.dport, range));
	add(match.replSport, (range, ct) => inRange(ct.reply.sport, range));
	add(match.replDport, (range, ct) => inRange(ct.reply.dport, range));
	add(match.status, (names, ct) => names.some((name) => (ct.status & STATUS_BIT[name]) !== 0));
	add(match.expireSeconds, (range, ct, skb) => {
		return inRange(Math.floor(ctExpiresNs(ct, skb.machine.loop.now()) / 1e9), range);
	});
	return tests;
}
function check$1(match, at) {
	for (const net of [
		match.origSrc,
		match.origDst,
		match.replSrc,
		match.replDst
	]) {
		if (net === void 0 || familyOf(net.value.addr) === at.family) continue;
		return {
			errno: "EINVAL",
			message: `conntrack match in chain ${at.chain}: ${net.value.addr} is not ${at.family}`
		};
	}
	const ranges = [
		match.origSport,
		match.origDport,
		match.replSport,
		match.replDport
	];
	for (const range of ranges) {
		const error = checkRange(range?.value, at);
		if (error !== void 0) return error;
	}
}
// src/sim/netfilter/match/dscp.ts
const dscp$1 = {
	pure: true,
	check(match, at) {
		if (match.value >= 0 && match.value <= 63) return void 0;
		return {
			errno: "EDOM",
			message: `dscp match in chain ${at.chain}: dscp ${match.value} out of range`
		};
	},
	compile(match) {
		const { value } = match;
		const want = match.invert !== true;
		return (skb) => ipv4Tos(skb.bytes, skb.network) >> 2 === value === want;
	}
};
const tos$1 = {
	pure: true,
	compile(match) {
		const { value, mask } = match;
		const want = match.invert !== true;
		return (skb) => (ipv4Tos(skb.bytes, skb.network) & mask) === value === want;
	}
};
// src/sim/netfilter/match/ecn.ts
const ECT_MASK = 3;
const ecn = {
	pure: true,
	check(match, at) {
		return match.ece === void 0 && match.cwr === void 0 ? void 0 : demandProtocol(match, at, [6]);
	},
	compile(match) {
		const { ece, cwr, ect } = match;
		const mask = (ece === void 0 ? 0 : 64) | (cwr === void 0 ? 0 : 128);
		const flags = (ece === true ? 64 : 0) | (cwr === true ? 128 : 0);
		return (skb, _state, pkt) => {
			if (ect !== void 0 && (ipv4Tos(skb.bytes, skb.network) & ECT_MASK) === ect.value === (ect.invert === true)) return false;
			if (mask === 0) return true;
			if (pkt.end - pkt.transport < 20) return false;
			return (tcpFlags(skb.bytes, pkt.transport) & mask) === flags;
		};
	}
};
// src/sim/netfilter/match/fragment.ts
const fragment = {
	pure: true,
	compile(match) {
		const want = match.invert !== true;
		return (_skb, _state, pkt) => pkt.fragOff !== 0 === want;
	}
};
// src/sim/netfilter/match/icmp.ts
const ANY_TYPE = 255;
const icmp = {
	pure: true,
	check(match, at) {
		const family = match.kind === "icmp" ? "ipv4" : "ipv6";
		if (at.family !== family) return {
			errno: "ENOENT",
			message: `${match.kind} match in chain ${at.chain}: not a match for ${at.family}`
		};
		return demandProtocol(match, at, [match.kind === "icmp" ? 1 : 58]);
	},
	compile(match) {
		const { type, code } = match;
		const want = match.invert !== true;
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) return false;
			if (pkt.end - pkt.transport < 8) {
				pkt.hotdrop = true;
				return false;
			}
			return (type === ANY_TYPE || icmpType(skb.bytes, pkt.transport) === type && (code === void 0 || icmpCode(skb.bytes, pkt.transport) === code)) === want;
		};
	}
};
// src/sim/netfilter/match/interface.ts
const inInterface = {
	pure: true,
	check: checkName,
	compile(match) {
		const hit = nameMatcher(match.name);
		const want = match.invert !== true;
		return (_skb, state) => hit(state.indev) === want;
	}
};
const outInterface = {
	pure: true,
	check: checkName,
	compile(match) {
		const hit = nameMatcher(match.name);
		const want = match.invert !== true;
		return (_skb, state) => hit(state.outdev) === want;
	}
};
/** Whether a device has the name, or a name that begins so when `name` ends in `+`. */
function nameMatcher(name) {
	if (!name.endsWith("+")) return (dev) => dev !== void 0 && dev.name === name;
	const prefix = name.slice(0, -1);
	if (prefix === "") return () => true;
	return (dev) => dev?.name.startsWith(prefix) === true;
}
function checkName(match, at) {
	if (match.name !== "" && match.name.length <= 15) return void 0;
	return {
		errno: "EINVAL",
		message: `interface name \`${match.name}' in chain ${at.chain} must be shorter than IFNAMSIZ (15)`
	};
}
// src/sim/netfilter/match/iprange.ts
const iprange = {
	pure: true,
	check(match, at) {
		for (const range of [match.src, match.dst]) {
			if (range === void 0) continue;
			if (familyOf(range.from) === at.family && familyOf(range.to) === at.family) continue;
			return {
				errno: "EINVAL",
				message: `iprange match in chain ${at.chain}: ${range.from}-${range.to} is not ${at.family}`
			};
		}
	},
	compile(match) {
		const bySource = rangeTest(match.src);
		const byDestination = rangeTest(match.dst);
		return (_skb, _state, pkt) => bySource(pkt.src) && byDestination(pkt.dst);
	}
};
function rangeTest(range) {
	if (range === void 0) return () => true;
	const [from, to] = [ipNum(range.from), ipNum(range.to)];
	const want = range.invert !== true;
	return (addr) => (addr >= from && addr <= to) === want;
}
// src/sim/netfilter/match/length.ts
const length = {
	pure: true,
	compile(match) {
		const want = match.invert !== true;
		return (skb) => inRange(ipv4TotalLength(skb.bytes, skb.network), match) === want;
	}
};
/** A time in nanoseconds as ticks, rounded down. */
function jiffies(ns) {
	return Math.floor(ns * 250 / 1e9);
}
// src/sim/netfilter/match/limit.ts
/** Credits that one jiffy brings: the greatest power of two with which a day's worth still fits 32 bits. */
const CREDITS_PER_JIFFY = 128;
/** XT_LIMIT_SCALE: `avg` is in 1/10000 s. */
const SCALE = 1e4;
const limit = {
	pure: false,
	check(match, at) {
		if (match.burst > 0 && match.avg > 0 && capOf(match) >= credits(match.avg)) return void 0;
		return {
			errno: "ERANGE",
			message: `limit match in chain ${at.chain}: overflow, try lower: ${match.avg}/${match.burst}`
		};
	},
	compile(match, at) {
		const loop = at.netns.machine.loop;
		const cost = credits(match.avg);
		const cap = capOf(match);
		let credit = cap;
		let previous = jiffies(loop.now());
		return () => {
			const now = jiffies(loop.now());
			credit = Math.min(cap, credit + (now - previous) * CREDITS_PER_JIFFY);
			previous = now;
			if (credit < cost) return false;
			credit -= cost;
			return true;
		};
	}
};
function capOf(match) {
	return credits(Math.imul(match.avg, match.burst) >>> 0);
}
/** `user2credits`: rounds down, and first to whole seconds when 32 bits would overflow (which they may still do). */
function credits(user) {
	const perSecond = 32e3;
	if (user > 4294967295 / perSecond) return Math.imul(Math.floor(user / SCALE), perSecond) >>> 0;
	return Math.floor(user * perSecond / SCALE);
}
// src/sim/netfilter/match/mac.ts
const WHERE = HOOK_BIT.PREROUTING | HOOK_BIT.INPUT | HOOK_BIT.FORWARD;
const mac = {
	pure: true,
	hooks: () => WHERE,
	compile(match) {
		const wanted = macNum(match.mac);
		const want = match.invert !== true;
		return (skb) => {
			if (skb.dev === void 0 || skb.dev.isLoopback) return false;
			if (skb.mac < 0 || skb.mac + 14 > skb.network) return false;
			return ethSrc(skb.bytes, skb.mac) === wanted === want;
		};
	}
};
// src/sim/netfilter/match/mark.ts
const mark$1 = {
	pure: true,
	compile(match) {
		const mask = match.mask | 0;
		const value = match.value | 0;
		const want = match.invert !== true;
		return (skb) => (skb.mark & mask) === value === want;
	}
};
// src/sim/netfilter/match/multiport.ts
const IPPROTO_DCCP$1 = 33;
const IPPROTO_UDPLITE$2 = 136;
/** XT_MULTI_PORTS: a range takes two places. */
const MAX_PORTS = 15;
const multiport = {
	pure: true,
	check(match, at) {
		const places = match.ports.reduce((sum, range) => sum + (range.from === range.to ? 1 : 2), 0);
		if (places < 1 || places > MAX_PORTS) return {
			errno: "EINVAL",
			message: `multiport match in chain ${at.chain}: too many ports specified`
		};
		for (const range of match.ports) {
			const error = checkRange(range, at);
			if (error !== void 0) return error;
		}
		return demandProtocol(match, at, [
			6,
			17,
			132,
			IPPROTO_DCCP$1,
			IPPROTO_UDPLITE$2
		]);
	},
	compile(match) {
		const ranges = match.ports;
		const bySource = match.which !== "dports";
		const byDestination = match.which !== "sports";
		const want = match.invert !== true;
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) return false;
			if (pkt.end - pkt.transport < 4) {
				pkt.hotdrop = true;
				return false;
			}
			for (const range of ranges) {
				if (bySource && inRange(sportOf(skb, pkt), range)) return want;
				if (byDestination && inRange(dportOf(skb, pkt), range)) return want;
			}
			return !want;
		};
	}
};
// src/sim/netfilter/match/nfacct.ts
const nfacct = {
	pure: false,
	check(match, at) {
		if (nfacctObjects(at.netns).has(match.name)) return void 0;
		return {
			errno: "ENOENT",
			message: `accounting object \`${match.name}' does not exist`
		};
	},
	hold: (match, at) => use(match, at, 1),
	release: (match, at) => use(match, at, -1),
	compile(match, at) {
		const object = nfacctObjects(at.netns).get(match.name);
		return (_skb, _state, pkt) => {
			if (object !== void 0) {
				object.packets += 1;
				object.bytes += pkt.lengthBytes;
			}
			return true;
		};
	}
};
function use(match, at, change) {
	const object = nfacctObjects(at.netns).get(match.name);
	if (object !== void 0) object.users += change;
}
// src/sim/netfilter/match/owner.ts
const owner = {
	pure: true,
	hooks: () => HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING,
	check(match, at) {
		for (const range of [match.uid, match.gid]) {
			if (range === void 0 || range.from <= range.to) continue;
			return {
				errno: "EINVAL",
				message: `owner match in chain ${at.chain}: invalid range ${range.from}-${range.to}`
			};
		}
	},
	compile(match) {
		const { socketExists, uid, gid } = match;
		/** For a packet of no socket: every option asked for is inverted. */
		const unowned = socketExists !== true && match.supplGroups !== true && [uid, gid].every((range) => range === void 0 || range.invert === true);
		/** For a packet of a socket that no process has: as before, but it exists. */
		const ofKernel = [uid, gid].every((range) => range === void 0 || range.invert === true);
		return ({ sk }) => {
			if (sk === void 0) return unowned;
			if (socketExists === false) return false;
			if (sk.owner === void 0) return ofKernel;
			if (uid !== void 0 && inRange(sk.owner.uid, uid) === (uid.invert === true)) return false;
			return gid === void 0 || inRange(sk.owner.gid, gid) === (gid.invert !== true);
		};
	}
};
// src/sim/netfilter/match/physdev.ts
const physdev = {
	pure: true,
	check(match, at) {
		if (match.in ?? match.out ?? match.isIn ?? match.isOut ?? match.isBridged) return void 0;
		return {
			errno: "EINVAL",
			message: `physdev match in chain ${at.chain}: no option specified`
		};
	},
	hooks(match) {
		const byOut = match.out !== void 0 || match.isOut !== void 0;
		const bridgedOnly = match.isBridged !== void 0 && match.isBridged.invert !== true;
		return byOut && !bridgedOnly ? 31 & ~HOOK_BIT.OUTPUT : 31;
	},
	compile(match) {
		/** A packet that no bridge has touched: true if every option asked for is inverted. */
		const unbridged = [
			match.isBridged,
			match.isIn,
			match.isOut,
			match.in,
			match.out
		].every((option) => option === void 0 || option.invert === true);
		const bridged = bridgedTest(match);
		return (skb, state, pkt) => skb.nfBridge === void 0 ? unbridged : bridged(skb, state, pkt);
	}
};
function bridgedTest(match) {
	const { isBridged, isIn, isOut } = match;
	const inName = match.in === void 0 ? void 0 : nameMatcher(match.in.value);
	const outName = match.out === void 0 ? void 0 : nameMatcher(match.out.value);
	const wantIn = match.in?.invert !== true;
	const wantOut = match.out?.invert !== true;
	return (skb) => {
		const indev = skb.nfBridge?.physin;
		const outdev = skb.nfBridge?.physout;
		if (isBridged !== void 0 && outdev !== void 0 !== (isBridged.invert !== true)) return false;
		if (isIn !== void 0 && indev !== void 0 !== (isIn.invert !== true)) return false;
		if (isOut !== void 0 && outdev !== void 0 !== (isOut.invert !== true)) return false;
		if (inName !== void 0 && indev !== void 0 && inName(indev) !== wantIn) return false;
		return outName === void 0 || outdev !== void 0 && outName(outdev) === wantOut;
	};
}
// src/sim/netfilter/match/pkttype.ts
const pkttype = {
	pure: true,
	compile(match) {
		const wanted = match.type === "unicast" ? "host" : match.type;
		const want = match.invert !== true;
		return (skb) => typeOf(skb) === wanted === want;
	}
};
/** A packet that the host heard itself send says by its address for whom it was. */
function typeOf(skb) {
	if (skb.pktType !== "loopback") return skb.pktType;
	return isMulticast(ipv4Dst(skb.bytes, skb.network)) ? "multicast" : "broadcast";
}
// src/sim/netfilter/match/protocol.ts
const protocol = {
	pure: true,
	check(match, at) {
		if (match.proto >= 1 && match.proto <= 255) return void 0;
		return {
			errno: "EINVAL",
			message: `unknown protocol "${match.proto}" specified in chain ${at.chain}`
		};
	},
	compile(match) {
		const proto = match.proto;
		if (match.invert === true) return (_skb, _state, pkt) => pkt.proto !== proto;
		return (_skb, _state, pkt) => pkt.proto === proto;
	}
};
// src/sim/netfilter/match/recent.ts
/** XT_RECENT_MAX_NSTAMPS, XT_RECENT_NAME_LEN. */
const MAX_STAMPS = 256;
const NAME_LENGTH = 200;
const DEFAULT_STAMPS = 32;
const recent = {
	pure: false,
	check,
	hold(match, at) {
		const tables = recentTables(at.netns);
		const stamps = stampsFor(match);
		let table = tables.get(match.name);
		if (table === void 0) {
			const mask = parseIp(match.mask);
			table = new RecentTable(mask.ok ? ipNum(mask.value) : 0, stamps);
			tables.set(match.name, table);
		} else if (stamps > table.stampsMax) {
			table.flush();
			table.stampsMax = stamps;
		}
		table.users += 1;
	},
	release(match, at) {
		const table = recentTables(at.netns).get(match.name);
		if (table !== void 0) table.users -= 1;
	},
	compile(match, at) {
		const table = recentTables(at.netns).get(match.name);
		return table === void 0 ? () => match.invert === true : compileFor(match, table);
	}
};
function compileFor(match, table) {
	const want = match.invert !== true;
	const side = match.side === "rsource" ? "src" : "dst";
	const setting = match.action === "set";
	return (skb, state, pkt) => {
		const now = jiffies(skb.machine.loop.now());
		const made = skb.sk !== void 0 || skb.iif === 0;
		const ttl = ipv4Ttl(skb.bytes, skb.network) + (state.outdev !== void 0 && !made ? 1 : 0);
		const addr = masked(pkt[side], table.mask);
		const entry = table.lookup(addr, match.rttl === true ? ttl : 0);
		if (entry === void 0) {
			if (setting) table.insert(addr, ttl, now);
			return setting === want;
		}
		if (match.action === "remove") {
			table.remove(entry);
			return want;
		}
		const hit = setting || wasSeen(match, entry, now);
		const updating = match.action === "update" && hit === want;
		if (!setting && match.reap === true) table.reap(now - (match.seconds ?? 0) * 250, updating ? entry : void 0);
		if (setting || updating) table.update(entry, ttl, now);
		return hit === want;
	};
}
/** At least `hitcount` stamps within the last `seconds`. */
function wasSeen(match, entry, now) {
	const { seconds, hitcount } = match;
	const since = now - (seconds ?? 0) * 250;
	let hits = 0;
	for (const stamp of entry.stamps) {
		if (seconds !== void 0 && seconds !== 0 && stamp < since) continue;
		hits += 1;
		if (hitcount === void 0 || hitcount === 0 || hits >= hitcount) return true;
	}
	return false;
}
function masked(addr, mask) {
	if (typeof addr === "number") return typeof mask === "number" ? (addr & mask) >>> 0 : addr;
	return typeof mask === "bigint" ? addr & mask : addr;
}
function stampsFor(match) {
	let stamps = 1;
	const wanted = match.hitcount === void 0 || match.hitcount === 0 ? DEFAULT_STAMPS : match.hitcount;
	while (stamps < wanted) stamps *= 2;
	return stamps;
}
function check(match, at) {
	const refuse = (why) => ({
		errno: "EINVAL",
		message: `recent match in chain ${at.chain}: ${why}`
	});
	const changing = match.action === "set" || match.action === "remove";
	const counts = (match.hitcount ?? 0) > 0 || (match.seconds ?? 0) > 0;
	if (changing && (match.rttl === true || match.reap === true || counts)) return refuse(`--rttl, --reap, --seconds and --hitcount do not go with --${match.action}`);
	if (match.reap === true && (match.seconds ?? 0) === 0) return refuse("--reap needs --seconds");
	if ((match.hitcount ?? 0) >= MAX_STAMPS) return refuse(`hitcount (${match.hitcount}) is larger than 255`);
	if (match.name === "" || match.name.length >= NAME_LENGTH || match.name.includes("/")) return refuse("bad list name");
	const mask = parseIp(match.mask);
	if (!mask.ok || typeof ipNum(mask.value) === "number" !== (at.family === "ipv4")) return refuse("bad mask");
}
// src/sim/netfilter/match/rpfilter.ts
const rpfilter = {
	pure: true,
	hooks: () => HOOK_BIT.PREROUTING,
	check(_match, at) {
		if (at.table === "mangle" || at.table === "raw") return void 0;
		const why = `only valid in the 'raw' or 'mangle' table, not '${at.table}'`;
		return {
			errno: "EINVAL",
			message: `rpfilter match in chain ${at.chain}: ${why}`
		};
	},
	compile(match) {
		const want = match.invert !== true;
		return (skb, state) => (state.indev !== void 0 && passes(skb, state.indev, match)) === want;
	}
};
function passes(skb, dev, match) {
	if (skb.pktType === "loopback" || dev.isLoopback) return true;
	const src = ipv4Src(skb.bytes, skb.network);
	const dst = ipv4Dst(skb.bytes, skb.network);
	if (isZeronet(src) && (dst === 4294967295 || isLocalMulticast(dst))) return true;
	const hit = fibOf(dev.netns).lookup({
		dst: src,
		src: isMulticast(dst) || dst === 4294967295 || isZeronet(dst) ? 0 : dst,
		iif: 1,
		oif: 0,
		mark: match.validmark === true ? skb.mark : 0,
		scope: RT_SCOPE.global
	});
	if (hit === void 0) return false;
	const { type, nexthops } = hit.route;
	if (type !== "unicast" && (type !== "local" || match.acceptLocal !== true)) return false;
	return match.loose === true || nexthops.some((hop) => hop.oif === dev.ifindex);
}
/** 224.0.0.0/24: routers pass it on to nobody. */
function isLocalMulticast(addr) {
	return addr >>> 8 === 14680064;
}
// src/sim/netfilter/match/sctp.ts
const SCTP_HLEN = 12;
const sctp = {
	pure: true,
	check: (match, at) => demandProtocol(match, at, [132]) ?? checkPorts(match, at),
	compile(match) {
		const ports = compilePorts(match);
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) return false;
			if (pkt.end - pkt.transport < SCTP_HLEN) {
				pkt.hotdrop = true;
				return false;
			}
			return ports === void 0 || ports(skb, pkt);
		};
	}
};
// src/sim/netfilter/ipset/reference.ts
/** IPSET_DIM_MAX. */
const MAX_DIRS = 6;
/** Why a rule cannot refer to the set. */
function checkReference({ set, dirs }, { netns, chain }) {
	if (dirs.length === 0 || dirs.length > MAX_DIRS) return {
		errno: "ERANGE",
		message: `rule in chain ${chain}: Can't be more src/dst options than ${MAX_DIRS}.`
	};
	const found = ipSetTable(netns).find(set);
	if (found === void 0) return {
		errno: "ENOENT",
		message: `Set ${set} doesn't exist.`
	};
	if (found.family !== "ipv6") return void 0;
	return {
		errno: "EINVAL",
		message: `The protocol family of set ${set} is IPv6, which is not applicable.`
	};
}
/** A rule with the reference was loaded (1) or unloaded (-1). */
function referTo({ set }, { netns }, change) {
	const table = ipSetTable(netns);
	const place = table.placeOf(set);
	if (place !== void 0) table.refer(place, change);
}
/** Finds the set that is in the reference's place now. */
function setOf({ set }, { netns }) {
	const table = ipSetTable(netns);
	const place = table.placeOf(set);
	return () => place === void 0 ? void 0 : table.at(place);
}
// src/sim/netfilter/match/set.ts
const set$1 = {
	pure: false,
	check: (match, at) => checkReference(match, at),
	hold: (match, at) => referTo(match, at, 1),
	release: (match, at) => referTo(match, at, -1),
	compile(match, at) {
		const find = setOf(match, at);
		const adt = new AdtOptions(match);
		const invert = match.invert === true;
		return (skb, state, pkt) => {
			const found = find();
			return (found !== void 0 && testSet(found, {
				skb,
				state,
				pkt
			}, adt.begin(pkt.lengthBytes))) !== invert;
		};
	}
};
// src/sim/netfilter/match/state.ts
const state = {
	pure: true,
	needsConntrack: true,
	compile: (match) => stateTest(match.states, match.invert !== true)
};
// src/sim/netfilter/xtables/force-statistic.ts
const forceStatistic = pernet(() => ({}));
// src/sim/netfilter/match/statistic.ts
/** Draws have 31 bits. */
const CERTAIN = 2147483648;
const statistic = {
	pure: false,
	check(match, at) {
		return (match.mode === "random" ? match.probability31 >= 0 && match.probability31 <= CERTAIN : match.every >= 1 && match.packet >= 0 && match.packet < match.every) ? void 0 : {
			errno: "EINVAL",
			message: `statistic match in chain ${at.chain}: bad value`
		};
	},
	compile(match, at) {
		const chance = match.mode === "random" ? byChance(match) : everyNth(match);
		const force = forceStatistic(at.netns);
		const rule = at.rule;
		return (skb, state, pkt) => force.decide?.(rule) ?? chance(skb, state, pkt);
	}
};
function byChance(match) {
	const below = match.probability31;
	const want = match.invert !== true;
	return (skb) => skb.machine.rng.uint32() >>> 1 < below === want;
}
/** The counter runs from 0 to `every - 1`; its start makes packet number `packet` (from 0) the first hit. */
function everyNth(match) {
	const last = match.every - 1;
	const want = match.invert !== true;
	let count = last - match.packet;
	return () => {
		count = count === last ? 0 : count + 1;
		return count === 0 === want;
	};
}
// src/sim/netfilter/match/string.ts
const TO_DEFAULT = 65535;
const string = {
	pure: true,
	check(match, at) {
		const { hex, from = 0, to = TO_DEFAULT } = match;
		return /^([0-9a-f]{2})+$/.test(hex) && hex.length <= 256 && from <= to ? void 0 : {
			errno: "EINVAL",
			message: `string match in chain ${at.chain}: bad pattern or offsets`
		};
	},
	compile(match) {
		const { from = 0, to = TO_DEFAULT } = match;
		const fold = match.icase === true ? lowerCase : (byte) => byte;
		const pattern = (match.hex.match(/../g) ?? []).map((digits) => fold(Number.parseInt(digits, 16)));
		const want = match.invert !== true;
		return (skb) => {
			const end = Math.min(skb.end, skb.network + to);
			return contains({
				bytes: skb.bytes,
				from: skb.network + from,
				end
			}, pattern, fold) === want;
		};
	}
};
function contains({ bytes, from, end }, pattern, fold) {
	for (let at = from; at + pattern.length <= end; at += 1) if (pattern.every((byte, k) => fold(bytes[at + k] ?? 0) === byte)) return true;
	return false;
}
function lowerCase(byte) {
	return byte >= 65 && byte <= 90 ? byte | 32 : byte;
}
// src/sim/netfilter/match/tcp.ts
const tcp = {
	pure: true,
	check: (match, at) => demandProtocol(match, at, [6]) ?? checkPorts(match, at),
	compile(match) {
		const ports = compilePorts(match);
		const flags = match.flags;
		const option = match.option;
		const wantFlags = flags?.invert !== true;
		const mask = flags?.value.mask ?? 0;
		const comp = flags?.value.comp ?? 0;
		return (skb, _state, pkt) => {
			if (pkt.fragOff !== 0) {
				if (pkt.fragOff === 1) pkt.hotdrop = true;
				return false;
			}
			if (pkt.end - pkt.transport < 20) {
				pkt.hotdrop = true;
				return false;
			}
			if (ports !== void 0 && !ports(skb, pkt)) return false;
			if (mask !== 0 && (tcpFlags(skb.bytes, pkt.transport) & mask) === comp !== wantFlags) return false;
			if (option === void 0) return true;
			if (tcpHeaderLength(skb.bytes, pkt.transport) < 20) {
				pkt.hotdrop = true;
				return false;
			}
			return hasOption(skb, pkt, option.value) === (option.invert !== true);
		};
	}
};
/** Walks the option list (`tcp_find_option`); a list that runs past the packet drops it. */
function hasOption(skb, pkt, wanted) {
	const end = pkt.transport + tcpHeaderLength(skb.bytes, pkt.transport);
	if (end > pkt.end) {
		pkt.hotdrop = true;
		return false;
	}
	let at = pkt.transport + 20;
	while (at < end) {
		const kind = skb.bytes[at] ?? 0;
		if (kind === wanted) return true;
		at += kind < 2 ? 1 : Math.max(1, skb.bytes[at + 1] ?? 0);
	}
	return false;
}
// src/sim/netfilter/match/tcpmss.ts
const TCPOPT_MSS$1 = 2;
const TCPOLEN_MSS$1 = 4;
const tcpmss$1 = {
	pure: false,
	check: (match, at) => demandProtocol(match, at, [6]),
	compile(match) {
		const want = match.invert !== true;
		return ({ bytes }, _state, pkt) => {
			const at = pkt.transport;
			const options = at + 20;
			const end = pkt.end >= options ? at + tcpHeaderLength(bytes, at) : 0;
			if (end < options || end > pkt.end) {
				pkt.hotdrop = true;
				return false;
			}
			const mss = findMss(bytes, options, end);
			return mss === void 0 ? !want : inRange(mss, match) === want;
		};
	}
};
/** The value of the first such option among the bytes from `at` to `end`. */
function findMss(bytes, at, end) {
	while (at < end) {
		const kind = bytes[at] ?? 0;
		const length = bytes[at + 1] ?? 0;
		if (kind === TCPOPT_MSS$1 && end - at >= TCPOLEN_MSS$1 && length === TCPOLEN_MSS$1) return get16(bytes, at + 2);
		at += kind < 2 ? 1 : Math.max(1, length);
	}
}
// src/sim/netfilter/xtables/match-modules.ts
const MATCH_MODULES = {
	source,
	destination,
	"in-interface": inInterface,
	"out-interface": outInterface,
	protocol,
	fragment,
	comment,
	tcp,
	udp: {
		pure: true,
		check: (match, at) => demandProtocol(match, at, [17]) ?? checkPorts(match, at),
		compile(match) {
			const ports = compilePorts(match);
			return (skb, _state, pkt) => {
				if (pkt.fragOff !== 0) return false;
				if (pkt.end - pkt.transport < 8) {
					pkt.hotdrop = true;
					return false;
				}
				return ports === void 0 || ports(skb, pkt);
			};
		}
	},
	sctp,
	icmp,
	icmp6: icmp,
	conntrack,
	state,
	mark: mark$1,
	addrtype,
	statistic,
	set: set$1,
	multiport,
	recent,
	nfacct,
	limit,
	physdev,
	connmark: connmark$1,
	mac,
	iprange,
	length,
	tcpmss: tcpmss$1,
	pkttype,
	ttl: {
		pure: true,
		check(match, at) {
			if (match.invert !== true || match.op === "eq") return void 0;
			return {
				errno: "EINVAL",
				message: `ttl match in chain ${at.chain}: "--ttl-${match.op}" cannot be inverted`
			};
		},
		compile(match) {
			const { value } = match;
			switch (match.op) {
				case "eq": {
					const want = match.invert !== true;
					return (skb) => ipv4Ttl(skb.bytes, skb.network) === value === want;
				}
				case "lt": return (skb) => ipv4Ttl(skb.bytes, skb.network) < value;
				case "gt": return (skb) => ipv4Ttl(skb.bytes, skb.network) > value;
			}
		}
	},
	tos: tos$1,
	dscp: dscp$1,
	ecn,
	owner,
	rpfilter,
	string,
	"unknown-match": {
		pure: false,
		check: (match, at) => ({
			errno: "EOPNOTSUPP",
			message: `match "${match.name}" in chain ${at.chain} of table ${at.table} is not modelled: -m ${match.name} ${match.text}`
		}),
		compile: () => () => false
	}
};
/** The module for this very match. */
function matchModule(match) {
	return MATCH_MODULES[match.kind];
}
// src/sim/netfilter/target/connmark.ts
const connmark = {
	name: "CONNMARK",
	needsConntrack: true,
	check(target, at) {
		const bits = target.shift?.bits ?? 1;
		if (bits >= 1 && bits <= 31) return void 0;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: CONNMARK target: cannot shift by ${bits} bits`
		};
	},
	compile(target) {
		const shift = shifter(target.shift);
		if (target.op === "set") {
			const keep = ~target.mask;
			const { value } = target;
			return (skb) => {
				const ct = skbCt(skb);
				if (ct !== void 0) ct.mark = shift(ct.mark & keep ^ value);
				return "continue";
			};
		}
		const { nfmask, ctmask } = target;
		if (target.op === "save") return (skb) => {
			const ct = skbCt(skb);
			if (ct !== void 0) ct.mark = (ct.mark & ~ctmask ^ shift(skb.mark & nfmask)) >>> 0;
			return "continue";
		};
		return (skb) => {
			const ct = skbCt(skb);
			if (ct !== void 0) skb.mark = (skb.mark & ~nfmask ^ shift(ct.mark & ctmask)) >>> 0;
			return "continue";
		};
	}
};
function shifter(shift) {
	if (shift === void 0) return (mark) => mark >>> 0;
	const { bits } = shift;
	return shift.dir === "left" ? (mark) => mark << bits >>> 0 : (mark) => mark >>> bits;
}
// src/sim/netfilter/target/ct.ts
const ct = {
	name: "CT",
	onlyTable: "raw",
	needsConntrack: (target) => target.notrack !== true,
	check(target, at) {
		const id = target.zone?.id;
		if (id === void 0 || id === "mark" || Number.isInteger(id) && id >= 0 && id <= 65535) return void 0;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: Cannot parse ${id} as a zone ID`
		};
	},
	compile(target, at) {
		if (target.notrack === true) return untrack;
		const template = new Conntrack(at.netns);
		template.template = target.zone ?? { id: 0 };
		template.status = IPS_TEMPLATE;
		return (skb) => {
			if (isCtSettled(skb)) return "continue";
			skb.ct = template;
			skb.ctInfo = "new";
			return "continue";
		};
	}
};
const notrack = {
	name: "NOTRACK",
	onlyTable: "raw",
	compile: () => untrack
};
const untrack = (skb) => {
	if (!isCtSettled(skb)) skb.ctInfo = "untracked";
	return "continue";
};
// src/sim/netfilter/target/nat-range.ts
function checkNatRange(to, at) {
	const bad = (what) => ({
		errno: "EINVAL",
		message: `rule in chain ${at.chain}: ${what}`
	});
	const addrs = [];
	for (const text of [to.minAddr, to.maxAddr]) {
		if (text === void 0) continue;
		const parsed = parseIp(text);
		if (!parsed.ok) return bad(`Bad IP address "${text}"`);
		const addr = ipNum(parsed.value);
		if (typeof addr === "number" !== (at.family === "ipv4")) return bad(`${text} is not ${at.family}`);
		addrs.push(addr);
	}
	const [min, max] = addrs;
	if (to.maxAddr !== void 0 && to.minAddr === void 0) return bad("an address range has no beginning");
	if (min !== void 0 && max !== void 0 && min > max) return bad(`invalid address range ${to.minAddr}-${to.maxAddr}`);
	if (to.minPort === void 0) return to.maxPort === void 0 ? void 0 : bad("a port range has no beginning");
	return checkRange({
		from: to.minPort,
		to: to.maxPort ?? to.minPort
	}, at);
}
// src/sim/netfilter/target/dnat.ts
const dnat = {
	name: "DNAT",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.PREROUTING | HOOK_BIT.OUTPUT,
	check: (target, at) => checkNatRange(target.to, at),
	compile(target) {
		const range = natRangeNum(target.to, {
			random: target.random,
			persistent: target.persistent
		});
		return (skb) => {
			const ct = skbCt(skb);
			return ct === void 0 || nfNatSetupInfo(ct, range, "dst") ? "accept" : "drop";
		};
	}
};
// src/sim/netfilter/log-transport.ts
/** The transport part of LOG lines, from `PROTO=` on (net/netfilter/nf_log_syslog.c: nf_log_dump_tcp_header and others). */
const IPPROTO_ESP$1 = 50;
const IPPROTO_AH$1 = 51;
const IPPROTO_UDPLITE$1 = 136;
const ICMP_SOURCE_QUENCH = 4;
/** `quote` prints the packet that an ICMP error is about, in brackets; absent: do not. */
function transportText(t, options, quote) {
	switch (t.proto) {
		case 6: return `PROTO=TCP ${t.isFragment ? "" : tcpText(t, options)}`;
		case 17: return `PROTO=UDP ${t.isFragment ? "" : udpText(t)}`;
		case IPPROTO_UDPLITE$1: return `PROTO=UDPLITE ${t.isFragment ? "" : udpText(t)}`;
		case 1: return `PROTO=ICMP ${t.isFragment ? "" : icmpText(t, quote)}`;
		case IPPROTO_AH$1: return `PROTO=AH ${t.isFragment ? "" : spiText(t, 12, 4)}`;
		case IPPROTO_ESP$1: return `PROTO=ESP ${t.isFragment ? "" : spiText(t, 8, 0)}`;
		default: return `PROTO=${t.proto} `;
	}
}
const TCP_FLAG_NAMES = [
	[128, "CWR "],
	[64, "ECE "],
	[32, "URG "],
	[16, "ACK "],
	[8, "PSH "],
	[4, "RST "],
	[2, "SYN "],
	[1, "FIN "]
];
/** A TCP or UDP header that is cut off ends the line (`nf_log_dump_tcp_header` fails). */
function endsLine(t) {
	if (t.isFragment) return false;
	if (t.proto === 6) return t.end - t.at < 20;
	return (t.proto === 17 || t.proto === IPPROTO_UDPLITE$1) && t.end - t.at < 8;
}
function tcpText(t, options) {
	const { bytes: b, at } = t;
	if (t.end - at < 20) return incomplete(t);
	let text = `SPT=${tcpSport(b, at)} DPT=${tcpDport(b, at)} `;
	if (options.tcpSequence === true) text += `SEQ=${tcpSeq(b, at)} ACK=${tcpAck$1(b, at)} `;
	text += `WINDOW=${tcpWindow(b, at)} RES=0x${(((b[at + 12] ?? 0) & 15) << 2).toString(16).padStart(2, "0")} `;
	const flags = tcpFlags(b, at);
	for (const [bit, name] of TCP_FLAG_NAMES) if ((flags & bit) !== 0) text += name;
	text += `URGP=${get16(b, at + 18)} `;
	const length = tcpHeaderLength(b, at);
	if (options.tcpOptions === true && length > 20 && at + length <= t.end) text += `OPT (${hex(b.subarray(at + 20, at + length)).toUpperCase()}) `;
	return text;
}
function udpText(t) {
	if (t.end - t.at < 8) return incomplete(t);
	return `SPT=${udpSport(t.bytes, t.at)} DPT=${udpDport(t.bytes, t.at)} LEN=${udpLength(t.bytes, t.at)} `;
}
function icmpText(t, quote) {
	const { bytes: b, at } = t;
	if (t.end - at < 8) return incomplete(t);
	const type = icmpType(b, at);
	let text = `TYPE=${type} CODE=${icmpCode(b, at)} `;
	if (t.end - at < icmpLength(type)) return text + incomplete(t);
	if (type === 8 || type === 0) return `${text}ID=${icmpId(b, at)} SEQ=${icmpSeq(b, at)} `;
	if (type === 12) return `${text}PARAMETER=${icmpRest(b, at) >>> 24} `;
	if (type === 5) text += `GATEWAY=${ipText(icmpRest(b, at))} `;
	if (isQuoting(type)) {
		if (quote !== void 0) text += quote(at + 8);
		if (type === 3 && icmpCode(b, at) === 4) text += `MTU=${icmpRest(b, at) & 65535} `;
	}
	return text;
}
function isQuoting(type) {
	return type === 3 || type === ICMP_SOURCE_QUENCH || type === 5 || type === 11;
}
/** What a message of the type has at least, in bytes. */
function icmpLength(type) {
	if (isQuoting(type) || type === 12) return 28;
	return type === 13 || type === 14 ? 20 : 8;
}
function spiText(t, length, spiAt) {
	return t.end - t.at < length ? incomplete(t) : `SPI=0x${get32(t.bytes, t.at + spiAt).toString(16)} `;
}
function incomplete(t) {
	return `INCOMPLETE [${t.end - t.at} bytes] `;
}
// src/sim/netfilter/log.ts
/**
* The text of LOG lines (net/netfilter/nf_log_syslog.c), byte for byte, with the space each ends in.
*
* Every namespace logs, as with `net.netfilter.nf_log_all_netns=1`; real kernels let only the first one by default.
*/
const IP_CE = 32768;
const TOS_MASK = 30;
const PRECEDENCE_MASK = 224;
/** Writes the line about a packet at a hook to the machine's log. */
function nfLogPacket(skb, state, options) {
	const text = logLine(skb, state, options);
	const { machine } = state.netns;
	machine.log.push({
		at: machine.loop.now(),
		netns: state.netns.name,
		level: options.level,
		text
	});
	if (machine.tracer === void 0) return;
	traceStep(skb, state.netns, "nf_log_packet", {
		step: "log",
		line: text,
		level: options.level
	});
}
function logLine(skb, state, options) {
	const { indev, outdev } = state;
	let text = `${options.prefix ?? ""}IN=${indev?.name ?? ""} OUT=${outdev?.name ?? ""} `;
	const { physin, physout } = skb.nfBridge ?? {};
	if (physin !== void 0 && physin !== indev) text += `PHYSIN=${physin.name} `;
	if (physout !== void 0 && physout !== outdev) text += `PHYSOUT=${physout.name} `;
	if (indev !== void 0) text += macHeader(skb, { decode: options.macdecode === true && !indev.isLoopback });
	text += packetText(skb.bytes, skb.network, skb.end, {
		options,
		outermost: true
	});
	if (endsLine(transportOf$1(skb.bytes, skb.network, skb.end))) return text;
	const owner = options.uid === true ? skb.sk?.owner : void 0;
	if (owner !== void 0) text += `UID=${owner.uid} GID=${owner.gid} `;
	if (skb.mark !== 0) text += `MARK=0x${skb.mark.toString(16)} `;
	return text;
}
/** Only Ethernet's header is taken apart, not lo's. */
function macHeader(skb, { decode }) {
	const known = skb.mac >= 0 && skb.network - skb.mac >= 14;
	if (decode && known) {
		const { bytes, mac } = skb;
		const proto = ethType(bytes, mac).toString(16).padStart(4, "0");
		return `MACSRC=${macText(ethSrc(bytes, mac))} MACDST=${macText(ethDst(bytes, mac))} MACPROTO=${proto} `;
	}
	if (!known) return "MAC= ";
	return `MAC=${(hex(skb.bytes.subarray(skb.mac, skb.mac + 14)).match(/../g) ?? []).join(":")} `;
}
/** From `SRC=` on (`dump_ipv4_packet`); the packet is `b[at, end)`. */
function packetText(b, at, end, mode) {
	if (end - at < 20) return "TRUNCATED";
	const tos = ipv4Tos(b, at);
	const frag = ipv4Frag(b, at);
	const fragOff = frag & IP_OFFSET;
	let text = `SRC=${ipText(ipv4Src(b, at))} DST=${ipText(ipv4Dst(b, at))} LEN=${ipv4TotalLength(b, at)} `;
	text += `TOS=0x${hex2(tos & TOS_MASK)} PREC=0x${hex2(tos & PRECEDENCE_MASK)} TTL=${ipv4Ttl(b, at)} ID=${ipv4Id(b, at)} `;
	if ((frag & IP_CE) !== 0) text += "CE ";
	if ((frag & 16384) !== 0) text += "DF ";
	if ((frag & 8192) !== 0) text += "MF ";
	if (fragOff !== 0) text += `FRAG:${fragOff} `;
	const headerLength = ipv4HeaderLength(b, at);
	if (mode.options.ipOptions === true && headerLength > 20) text += `OPT (${hex(b.subarray(at + 20, at + headerLength)).toUpperCase()}) `;
	const quote = mode.outermost ? (from) => quoted(b, from, end, mode.options) : void 0;
	return text + transportText(transportOf$1(b, at, end), mode.options, quote);
}
function transportOf$1(b, at, end) {
	const isFragment = (ipv4Frag(b, at) & IP_OFFSET) !== 0;
	return {
		bytes: b,
		at: at + ipv4HeaderLength(b, at),
		end,
		proto: ipv4Proto(b, at),
		isFragment
	};
}
function quoted(b, from, end, options) {
	return `[${packetText(b, from, end, {
		options,
		outermost: false
	})}] `;
}
function hex2(n) {
	return n.toString(16).toUpperCase().padStart(2, "0");
}
// src/sim/netfilter/target/log.ts
/** xt_log_info.prefix, without its final zero; iptables cuts what is longer. */
const PREFIX_LENGTH = 29;
const log = {
	name: "LOG",
	check(target, at) {
		if (target.level >= 0 && target.level <= 7) return void 0;
		return {
			errno: "EINVAL",
			message: `LOG target in chain ${at.chain}: log-level "${target.level}" out of range`
		};
	},
	compile(target) {
		const options = {
			...target,
			prefix: (target.prefix ?? "").slice(0, PREFIX_LENGTH)
		};
		return (skb, state) => {
			nfLogPacket(skb, state, options);
			return "continue";
		};
	}
};
// src/sim/netfilter/target/mark.ts
const mark = {
	name: "MARK",
	compile(target) {
		const keep = ~target.mask;
		const value = target.value;
		return (skb) => {
			skb.mark = (skb.mark & keep ^ value) >>> 0;
			return "continue";
		};
	}
};
// src/sim/netfilter/target/masquerade.ts
const masquerade = {
	name: "MASQUERADE",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.POSTROUTING,
	check: (target, at) => checkRange(target.toPorts, at),
	compile(target) {
		const { toPorts, random, randomFully } = target;
		const range = {
			minPort: toPorts?.from,
			maxPort: toPorts?.to,
			random,
			randomFully
		};
		return (skb, state) => state.outdev === void 0 ? "accept" : nfNatMasqueradeIpv4(skb, range, state.outdev);
	}
};
// src/sim/netfilter/target/netmap.ts
const netmap = {
	name: "NETMAP",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.PREROUTING | HOOK_BIT.INPUT | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING,
	check({ net }, at) {
		if (familyOf(net.addr) === at.family) return void 0;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: ${net.addr} is not ${at.family}`
		};
	},
	compile({ net }) {
		const mask = Number(maskNum(net.prefix, 0));
		const network = (Number(ipNum(net.addr)) & mask) >>> 0;
		return (skb, { hook }, pkt) => {
			const ct = skbCt(skb);
			if (ct === void 0) return "accept";
			const manip = hook === "PREROUTING" || hook === "OUTPUT" ? "dst" : "src";
			const host = Number(manip === "dst" ? pkt.dst : pkt.src) & ~mask;
			const addr = (network | host) >>> 0;
			return nfNatSetupInfo(ct, {
				minAddr: addr,
				maxAddr: addr
			}, manip) ? "accept" : "drop";
		};
	}
};
// src/sim/netfilter/target/note.ts
const goOn = () => "continue";
const checksum = {
	name: "CHECKSUM",
	onlyTable: "mangle",
	compile: () => goOn
};
const nflog = {
	name: "NFLOG",
	check({ group = 0, threshold = 0 }, at) {
		if (group >= 0 && group <= 65535 && threshold >= 0 && threshold <= 65535) return void 0;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: NFLOG: group or threshold out of range`
		};
	},
	compile: () => goOn
};
const classify = {
	name: "CLASSIFY",
	hooks: HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING,
	compile: () => goOn
};
const trace = {
	name: "TRACE",
	compile: () => goOn
};
// src/sim/netfilter/nat/redirect.ts
const LOCALHOST = 2130706433;
/** Sets up a new flow's destination: 127.0.0.1 for packets made here, else the first address of the device it came in on. */
function nfNatRedirect(skb, range, hook) {
	const ct = skbCt(skb);
	if (ct === void 0) return "accept";
	const addr = hook === "OUTPUT" ? LOCALHOST : firstAddr(skb);
	if (addr === void 0) return "drop";
	return nfNatSetupInfo(ct, {
		...range,
		minAddr: addr,
		maxAddr: addr
	}, "dst") ? "accept" : "drop";
}
function firstAddr(skb) {
	return skb.dev === void 0 ? void 0 : inDev(skb.dev).addrs[0]?.local;
}
// src/sim/netfilter/target/redirect.ts
const redirect = {
	name: "REDIRECT",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.PREROUTING | HOOK_BIT.OUTPUT,
	check: (target, at) => checkRange(target.toPorts, at),
	compile(target) {
		const { toPorts, random } = target;
		const range = {
			minPort: toPorts?.from,
			maxPort: toPorts?.to,
			random
		};
		return (skb, state) => nfNatRedirect(skb, range, state.hook);
	}
};
// src/sim/netfilter/reject.ts
/** The answers of REJECT (net/ipv4/netfilter/nf_reject_ipv4.c). */
const IPPROTO_DCCP = 33;
const IPPROTO_GRE = 47;
const IPPROTO_ESP = 50;
const IPPROTO_AH = 51;
const IPPROTO_UDPLITE = 136;
/** Sends an ICMP destination unreachable about the packet; a later fragment or a bad checksum gets none. */
function nfSendUnreach(skb, code) {
	if ((ipv4Frag(skb.bytes, skb.network) & 8191) !== 0 || !checksumIsValid(skb)) return;
	icmpSend(skb, 3, code, 0);
}
/**
* Sends a RST to the sender of a TCP segment, in the name of its receiver. For a packet that came in by a bridge port it
* goes straight out of that port, with the receiver's MAC address; else it is a local packet and passes OUTPUT.
*/
function nfSendReset(old, state) {
	if ((ipv4Frag(old.bytes, old.network) & 8191) !== 0 || ipv4Proto(old.bytes, old.network) !== 6) return;
	if (!checksumIsValid(old)) return;
	if ((tcpFlags(old.bytes, transportOf(old)) & 4) !== 0) return;
	if (old.dst?.type === "broadcast" || old.dst?.type === "multicast") return;
	const reset = buildReset(old, state);
	originSkb(reset, state.netns, "nf_send_reset", "RST made by REJECT", old);
	if (!ipRouteMeHarder(state.netns, reset)) return;
	nfCtAttach(reset, old);
	if (old.machine.tracer !== void 0) traceStep(old, state.netns, "nf_send_reset", {
		step: "answer",
		what: "TCP RST",
		child: reset.id
	});
	const port = old.nfBridge?.physin;
	if (port === void 0) ipLocalOut(state.netns, reset);
	else sendBack(reset, old, port);
}
function buildReset(old, state) {
	const reset = allocSkb(old.machine, 40);
	reset.network = reset.data;
	reset.transport = reset.data + 20;
	reset.protocol = ETH_P_IP;
	reset.dst = old.dst;
	const src = ipv4Dst(old.bytes, old.network);
	const dst = ipv4Src(old.bytes, old.network);
	putIpv4(reset.bytes, reset.network, {
		src,
		dst,
		proto: 6,
		ttl: sysctlNumber(state.netns, "net.ipv4.ip_default_ttl"),
		tos: 0,
		id: 0,
		frag: IP_DF,
		totalLength: 40
	});
	const at = transportOf(old);
	const flags = tcpFlags(old.bytes, at);
	const acked = (flags & 16) !== 0;
	const consumed = ((flags & 2) === 0 ? 0 : 1) + ((flags & 1) === 0 ? 0 : 1) + (old.end - at - tcpHeaderLength(old.bytes, at));
	putTcp(reset.bytes, reset.transport, reset.end, {
		src,
		dst,
		sport: tcpDport(old.bytes, at),
		dport: tcpSport(old.bytes, at),
		seq: acked ? tcpAck$1(old.bytes, at) : 0,
		ack: acked ? 0 : tcpSeq(old.bytes, at) + consumed >>> 0,
		flags: acked ? 4 : 20,
		window: 0,
		options: /* @__PURE__ */ new Uint8Array(0)
	});
	return reset;
}
function sendBack(reset, old, port) {
	const dst = ethSrc(old.bytes, old.mac);
	const src = ethDst(old.bytes, old.mac);
	pushSkb(reset, 14);
	reset.mac = reset.data;
	putEthernet(reset.bytes, reset.mac, {
		dst,
		src,
		type: ETH_P_IP
	});
	reset.dev = port;
	devQueueXmit(reset);
}
function transportOf(skb) {
	return skb.network + ipv4HeaderLength(skb.bytes, skb.network);
}
/** Protocols whose checksum is not looked at: they have none over the whole payload, or another kind (`nf_reject_verify_csum`). */
const UNVERIFIED = /* @__PURE__ */ new Set([
	IPPROTO_GRE,
	IPPROTO_ESP,
	IPPROTO_AH,
	132,
	IPPROTO_UDPLITE,
	IPPROTO_DCCP
]);
/** Any other payload must sum up to a valid Internet checksum, that of ICMP as well as one that has none at all. */
function checksumIsValid(skb) {
	const { bytes, network, end } = skb;
	const at = transportOf(skb);
	const addrs = {
		src: ipv4Src(bytes, network),
		dst: ipv4Dst(bytes, network)
	};
	const proto = ipv4Proto(bytes, network);
	if (proto === 6) return end - at >= 20 && tcpChecksumIsValid(bytes, at, end, addrs);
	if (proto === 17) return end - at >= 8 && udpChecksumIsValid(bytes, at, end, addrs);
	return UNVERIFIED.has(proto) || foldChecksum(sumBytes(bytes, at, end)) === 0;
}
// src/sim/netfilter/target/reject.ts
const reject = {
	name: "REJECT",
	onlyTable: "filter",
	hooks: HOOK_BIT.INPUT | HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT,
	check(target, at) {
		if (target.with === "tcp-reset") {
			if (protocolOf(at.rule, void 0) === 6) return void 0;
			return {
				errno: "EINVAL",
				message: `rule in chain ${at.chain}: TCP_RESET invalid for non-tcp`
			};
		}
		if (UNREACH_CODE[target.with] !== void 0) return void 0;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: unknown reject type "${target.with}" for ${at.family}`
		};
	},
	compile(target) {
		const code = UNREACH_CODE[target.with];
		return (skb, state) => {
			if (code === void 0) nfSendReset(skb, state);
			else nfSendUnreach(skb, code);
			return "drop";
		};
	}
};
/** Codes of ICMP destination unreachable. */
const UNREACH_CODE = {
	"icmp-net-unreachable": 0,
	"icmp-host-unreachable": 1,
	"icmp-proto-unreachable": 2,
	"icmp-port-unreachable": 3,
	"icmp-net-prohibited": 9,
	"icmp-host-prohibited": 10,
	"icmp-admin-prohibited": 13
};
// src/sim/netfilter/target/set.ts
/** IPSET_MAX_TIMEOUT: what is longer is this long. */
const MAX_TIMEOUT = 2147483;
const set = {
	name: "SET",
	check: checkTarget,
	hold: (target, at) => {
		for (const reference of references(target)) referTo(reference, at, 1);
	},
	release: (target, at) => {
		for (const reference of references(target)) referTo(reference, at, -1);
	},
	compile(target, at) {
		const steps = [
			stepOf(target.add, at, addToSet, {
				...target.exist === void 0 ? {} : { exist: target.exist },
				...target.timeout === void 0 ? {} : { timeout: Math.min(target.timeout, MAX_TIMEOUT) }
			}),
			stepOf(target.del, at, delFromSet, {}),
			stepOf(target.map, at, (found, place, adt) => mapMark(testSet(found, place, adt), place.skb, adt), {})
		].filter((step) => step !== void 0);
		return (skb, state, pkt) => {
			for (const step of steps) step({
				skb,
				state,
				pkt
			});
			return "continue";
		};
	}
};
function references(target) {
	return [
		target.add,
		target.del,
		target.map
	].filter((reference) => reference !== void 0);
}
function checkTarget(target, at) {
	for (const reference of references(target)) {
		const error = checkReference(reference, at);
		if (error !== void 0) return error;
	}
	if (target.map === void 0) return void 0;
	if (at.table !== "mangle") return {
		errno: "EINVAL",
		message: `rule in chain ${at.chain}: --map-set only usable from mangle table`
	};
	if (target.mapPrio !== true && target.mapQueue !== true) return void 0;
	return {
		errno: "EOPNOTSUPP",
		message: `target "SET --map-prio, --map-queue" in chain ${at.chain} is not modelled`
	};
}
function stepOf(reference, at, act, options) {
	if (reference === void 0) return void 0;
	const find = setOf(reference, at);
	const adt = new AdtOptions({
		...options,
		dirs: reference.dirs
	});
	return (place) => {
		const found = find();
		if (found !== void 0) act(found, place, adt.begin(place.pkt.lengthBytes));
	};
}
/** The mark of the element that the packet is in the set by. */
function mapMark(isIn, skb, { found }) {
	if (!isIn || found === void 0) return;
	skb.mark = (skb.mark & ~found.skbmark.mask ^ found.skbmark.mark) >>> 0;
}
// src/sim/netfilter/target/snat.ts
const snat = {
	name: "SNAT",
	needsConntrack: true,
	onlyTable: "nat",
	hooks: HOOK_BIT.POSTROUTING | HOOK_BIT.INPUT,
	check: (target, at) => checkNatRange(target.to, at),
	compile(target) {
		const { random, randomFully, persistent } = target;
		const range = natRangeNum(target.to, {
			random,
			randomFully,
			persistent
		});
		return (skb) => {
			const ct = skbCt(skb);
			return ct === void 0 || nfNatSetupInfo(ct, range, "src") ? "accept" : "drop";
		};
	}
};
// src/sim/netfilter/target/standard.ts
const none = { name: "" };
const accept = { name: "ACCEPT" };
const returnTarget = { name: "RETURN" };
const jump = {
	name: "jump",
	check: checkChain$1
};
const goto = {
	name: "goto",
	check: checkChain$1
};
const drop = {
	name: "DROP",
	check(_target, at) {
		return at.table === "nat" ? {
			errno: "EINVAL",
			message: NAT_IS_NOT_A_FILTER
		} : void 0;
	}
};
const NAT_IS_NOT_A_FILTER = "The \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.";
/** The chain that the rule leads to; undefined: none. */
function jumpOf(rule) {
	return rule.target.kind === "jump" || rule.target.kind === "goto" ? rule.target.chain : void 0;
}
function checkChain$1(target, at) {
	if (!BUILTIN.has(target.chain)) return void 0;
	return {
		errno: "EINVAL",
		message: `rule in chain ${at.chain}: cannot jump to the built-in chain ${target.chain}`
	};
}
const BUILTIN = /* @__PURE__ */ new Set([
	"PREROUTING",
	"INPUT",
	"FORWARD",
	"OUTPUT",
	"POSTROUTING"
]);
// src/sim/netfilter/target/tcpmss.ts
const TCPOPT_MSS = 2;
const TCPOLEN_MSS = 4;
const MAX_HLEN = 60;
/** Where the header's length stands, with the flags beside it. */
const OFFSET_AND_FLAGS = 12;
const HEADERS = 40;
/** What a host takes for offered that was offered nothing (RFC 1122 §4.2.2.6). */
const DEFAULT_MSS = 536;
const tcpmss = {
	name: "TCPMSS",
	hooks: ({ mss }) => mss === "pmtu" ? HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING : 31,
	check(target, at) {
		if (protocolOf(at.rule, void 0) !== 6) return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: TCPMSS target: only valid for protocol 6`
		};
		if (target.mss === "pmtu" || target.mss >= 0 && target.mss <= 65534) return void 0;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: TCPMSS target: bad size ${target.mss}`
		};
	},
	compile({ mss }) {
		return (skb, state, pkt) => {
			if (pkt.fragOff !== 0) return "continue";
			const header = pkt.end - pkt.transport < 20 ? 0 : tcpHeaderLength(skb.bytes, pkt.transport);
			const wanted = mss === "pmtu" ? pathMtu(skb, state) - HEADERS : mss;
			if (header < 20 || pkt.end - pkt.transport < header || mss === "pmtu" && wanted <= 0) {
				state.dropDetail = "TCPMSS found no header that it could change";
				return "drop";
			}
			if (!lowerMss(skb, pkt.transport, header, wanted)) addMss(skb, pkt, header, Math.min(wanted, DEFAULT_MSS));
			return "continue";
		};
	}
};
/** What both ways carry: the packet's, and the one back to its source. */
function pathMtu(skb, state) {
	const back = ipRouteOutput(state.netns, {
		dst: ipv4Src(skb.bytes, skb.network),
		mark: 0,
		tos: 0,
		proto: 0
	});
	const there = skb.dst?.mtu ?? state.outdev?.mtu ?? 0;
	return back.ok ? Math.min(there, back.value.mtu) : there;
}
/** Whether the header has the option; a smaller size than `mss` stays. */
function lowerMss({ bytes }, at, headerLength, mss) {
	let place = at + 20;
	while (place <= at + headerLength - TCPOLEN_MSS) {
		const kind = bytes[place] ?? 0;
		const length = bytes[place + 1] ?? 0;
		if (kind === TCPOPT_MSS && length === TCPOLEN_MSS) {
			const before = get16(bytes, place + 2);
			if (before > mss) {
				put16(bytes, place + 2, mss);
				put16(bytes, at + 16, checksumReplace16(get16(bytes, at + 16), before, mss));
			}
			return true;
		}
		place += kind < 2 || length === 0 ? 1 : length;
	}
	return false;
}
/** Puts the option first, where no payload stands in the way and the header may grow. */
function addMss(skb, pkt, headerLength, mss) {
	const at = pkt.transport;
	const length = pkt.end - at;
	if (length > headerLength || headerLength >= MAX_HLEN) return;
	putSkb(skb, TCPOLEN_MSS);
	const { bytes } = skb;
	const option = at + 20;
	bytes.copyWithin(option + TCPOLEN_MSS, option, at + length);
	put32(bytes, option, (33816576 | mss) >>> 0);
	const before = get16(bytes, at + OFFSET_AND_FLAGS);
	put16(bytes, at + OFFSET_AND_FLAGS, before + 4096);
	let check = checksumReplace16(get16(bytes, at + 16), length, length + TCPOLEN_MSS);
	check = checksumReplace32(check, 0, get32(bytes, option));
	put16(bytes, at + 16, checksumReplace16(check, before, before + 4096));
	setIpv4TotalLength(bytes, skb.network, ipv4TotalLength(bytes, skb.network) + TCPOLEN_MSS);
	pkt.end += TCPOLEN_MSS;
	pkt.lengthBytes += TCPOLEN_MSS;
}
// src/sim/netfilter/target/tos.ts
const ECN_MASK = 3;
const tos = {
	name: "TOS",
	onlyTable: "mangle",
	compile: ({ value, mask }) => changer(~mask, value)
};
const dscp = {
	name: "DSCP",
	onlyTable: "mangle",
	check({ value }, at) {
		if (value >= 0 && value <= 63) return void 0;
		return {
			errno: "EDOM",
			message: `rule in chain ${at.chain}: DSCP: ${value} is out of range`
		};
	},
	compile: ({ value }) => changer(ECN_MASK, value << 2)
};
function changer(keep, value) {
	return (skb) => {
		const before = ipv4Tos(skb.bytes, skb.network);
		const after = (before & keep ^ value) & 255;
		if (after !== before) setIpv4Tos(skb.bytes, skb.network, after);
		return "continue";
	};
}
// src/sim/netfilter/xtables/target-modules.ts
const TARGET_MODULES = {
	none,
	accept,
	drop,
	return: returnTarget,
	jump,
	goto,
	reject,
	dnat,
	snat,
	masquerade,
	redirect,
	mark,
	set,
	log,
	ct,
	notrack,
	connmark,
	ttl: {
		name: "TTL",
		onlyTable: "mangle",
		check({ op, value }, at) {
			if (value >= (op === "set" ? 0 : 1) && value <= 255) return void 0;
			return {
				errno: "EINVAL",
				message: `rule in chain ${at.chain}: TTL: cannot ${op} by ${value}`
			};
		},
		compile({ op, value }) {
			return (skb) => {
				const before = ipv4Ttl(skb.bytes, skb.network);
				const wanted = op === "set" ? value : op === "inc" ? before + value : before - value;
				const after = Math.min(255, Math.max(0, wanted));
				if (after !== before) setIpv4Ttl(skb.bytes, skb.network, after);
				return "continue";
			};
		}
	},
	tos,
	dscp,
	tcpmss,
	netmap,
	nflog,
	classify,
	checksum,
	trace,
	"unknown-target": {
		name: "unknown",
		check: (target, at) => ({
			errno: "EOPNOTSUPP",
			message: `target "${target.name}" in chain ${at.chain} of table ${at.table} is not modelled: -j ${target.name} ${target.text}`
		})
	}
};
/** The module for this very target. */
function targetModule(target) {
	return TARGET_MODULES[target.kind];
}
// src/sim/netfilter/xtables/check.ts
/** Undefined: it can, as far as the rule alone shows. */
function checkRule(at) {
	for (const match of at.rule.matches) {
		const module = matchModule(match);
		if (module === void 0) return {
			errno: "EOPNOTSUPP",
			message: `match "${match.kind}" in chain ${at.chain} is not modelled`
		};
		const error = module.check?.(match, at);
		if (error !== void 0) return error;
	}
	const { target } = at.rule;
	const module = targetModule(target);
	if (module === void 0) return {
		errno: "EOPNOTSUPP",
		message: `target "${target.kind}" in chain ${at.chain} is not modelled`
	};
	if (module.onlyTable !== void 0 && module.onlyTable !== at.table) {
		const why = `${module.name} target: only valid in ${module.onlyTable} table, not ${at.table}`;
		return {
			errno: "EINVAL",
			message: `rule in chain ${at.chain}: ${why}`
		};
	}
	return module.check?.(target, at);
}
/** The hooks from which the rule may be reached, as far as its target goes. */
function targetHooks(target) {
	const hooks = targetModule(target)?.hooks;
	return typeof hooks === "function" ? hooks(target) : hooks ?? 31;
}
/** The hooks from which the rule may be reached. */
function ruleHooks(rule) {
	let hooks = targetHooks(rule.target);
	for (const match of rule.matches) hooks &= matchModule(match)?.hooks?.(match) ?? 31;
	return hooks;
}
function ruleNeedsConntrack(rule) {
	const needs = targetModule(rule.target)?.needsConntrack;
	if (typeof needs === "function" ? needs(rule.target) : needs === true) return true;
	return rule.matches.some((match) => matchModule(match)?.needsConntrack === true);
}
/** Takes hold of what the rule's matches and target refer to. */
function holdRule(at) {
	targetModule(at.rule.target)?.hold?.(at.rule.target, at);
	for (const match of at.rule.matches) matchModule(match)?.hold?.(match, at);
}
function releaseRule(at) {
	targetModule(at.rule.target)?.release?.(at.rule.target, at);
	for (const match of at.rule.matches) matchModule(match)?.release?.(match, at);
}
// src/sim/netfilter/xtables/graph.ts
/** What only the whole table shows: jumps in a circle, and rules reached from hooks where they make no sense. */
/** Walks from each built-in chain along the jumps (`mark_source_chains`); chains that no hook reaches are not judged. */
function checkGraph(table) {
	for (const chain of table.chains.values()) chain.reached = 0;
	for (const chain of table.chains.values()) {
		if (chain.builtin === void 0) continue;
		const error = walk(chain, chain.builtin);
		if (error !== void 0) return error;
	}
}
function walk(base, hook) {
	const path = [];
	let error = enter(base, hook, path);
	for (let place = path.at(-1); place !== void 0 && error === void 0; place = path.at(-1)) {
		const chain = place.chain.body.jumps[place.next];
		place.next += 1;
		if (chain === void 0) {
			place.chain.onPath = false;
			path.pop();
		} else if (chain.onPath) error = {
			errno: "ELOOP",
			message: loopMessage(chain)
		};
		else if ((chain.reached & HOOK_BIT[hook]) === 0) error = enter(chain, hook, path);
	}
	for (const place of path) place.chain.onPath = false;
	return error;
}
function enter(chain, hook, path) {
	chain.reached |= HOOK_BIT[hook];
	chain.onPath = true;
	path.push({
		chain,
		next: 0
	});
	return (chain.body.hooks & HOOK_BIT[hook]) === 0 ? misplaced(chain, hook) : void 0;
}
function loopMessage(chain) {
	return `Too many levels of symbolic links: chain ${chain.name} of table ${chain.table.name} leads back to itself`;
}
function misplaced(chain, hook) {
	for (const [at, { rule, hooks }] of chain.body.rules.entries()) {
		if ((hooks & HOOK_BIT[hook]) !== 0) continue;
		const what = (targetHooks(rule.target) & HOOK_BIT[hook]) === 0 ? `${targetModule(rule.target)?.name} target` : `a match of rule ${at + 1}`;
		const where = `used from hook ${hook}, but only usable from ${hookNames(hooks)}`;
		return {
			errno: "EINVAL",
			message: `rule ${at + 1} in chain ${chain.name} of table ${chain.table.name}: ${what}: ${where}`,
			rule: {
				table: chain.table.name,
				chain: chain.name,
				number: at + 1,
				hook
			}
		};
	}
	return {
		errno: "EINVAL",
		message: `chain ${chain.name} of table ${chain.table.name} must not be reached from ${hook}`
	};
}
function hookNames(mask) {
	return HOOK_NAMES.filter((hook) => (mask & HOOK_BIT[hook]) !== 0).join("/");
}
// src/sim/netfilter/xtables/compile.ts
/** Turning a rule into functions, when the first packet meets it. */
/** In the order of the rule; matches that always hold are left out. */
function compileMatches(loaded, chain) {
	const at = chain.table.context(chain.name, loaded.rule);
	const compiled = [];
	for (const match of loaded.rule.matches) {
		const fn = matchModule(match)?.compile(match, at);
		if (fn !== void 0) compiled.push(fn);
	}
	loaded.matches = compiled;
	return compiled;
}
function compileTarget(loaded, chain) {
	const at = chain.table.context(chain.name, loaded.rule);
	const target = targetModule(loaded.rule.target)?.compile?.(loaded.rule.target, at) ?? (() => "continue");
	loaded.target = target;
	return target;
}
// src/sim/netfilter/xtables/rule-index.ts
/** Fewer rules of one shape are not worth a look-up for each packet. */
const MIN_GROUP = 4;
var RuleIndex = class {
	#groups;
	/** For each place the next rule, from there on, that is in no group. */
	nextLoose;
	#length;
	constructor(groups, nextLoose, length) {
		this.#groups = groups;
		this.nextLoose = nextLoose;
		this.#length = length;
	}
	/** The first rule in a group, at `from` or later, that the packet can match; the chain's length when there is none. */
	nextIndexed(skb, pkt, from) {
		let next = this.#length;
		for (const group of this.#groups) {
			const rules = group.find(skb, pkt);
			if (rules === void 0) continue;
			const at = firstFrom(rules, from);
			if (at < next) next = at;
		}
		return next;
	}
};
/** Undefined: nothing in the chain can be looked up. */
function buildIndex(rules) {
	const keys = rules.map((loaded) => ruleKey(loaded.rule));
	const sizes = /* @__PURE__ */ new Map();
	for (const key of keys) if (key !== void 0) sizes.set(key.shape, (sizes.get(key.shape) ?? 0) + 1);
	const groups = /* @__PURE__ */ new Map();
	const nextLoose = new Int32Array(rules.length + 1).fill(rules.length);
	const loose = [];
	for (const [at, key] of keys.entries()) {
		if (key === void 0 || (sizes.get(key.shape) ?? 0) < MIN_GROUP) {
			loose.push(at);
			continue;
		}
		let group = groups.get(key.shape);
		if (group === void 0) {
			group = new Group(key.shape);
			groups.set(key.shape, group);
		}
		group.add(key, at);
	}
	if (groups.size === 0) return void 0;
	let next = loose.length - 1;
	for (let at = rules.length - 1; at >= 0; at -= 1) {
		const isLoose = loose[next] === at;
		nextLoose[at] = isLoose ? at : nextLoose[at + 1] ?? rules.length;
		if (isLoose) next -= 1;
	}
	return new RuleIndex([...groups.values()], nextLoose, rules.length);
}
const BY_DST = 1;
const BY_SRC = 2;
const BY_SPORT = 4;
const BY_DPORT = 8;
const BY_PORT = 12;
/** What the rule demands exactly; undefined: nothing that can be looked up. */
function ruleKey(rule) {
	const key = {
		shape: 0,
		dst: 0,
		src: 0,
		proto: 0,
		sport: 0,
		dport: 0
	};
	for (const match of rule.matches) {
		if (matchModule(match)?.pure !== true) break;
		addToKey(key, match);
	}
	return key.shape === 0 ? void 0 : key;
}
function addToKey(key, match) {
	switch (match.kind) {
		case "source":
		case "destination": {
			if (match.invert === true || match.net.prefix !== addrBits(match.net.addr)) return;
			const addr = ipNum(match.net.addr);
			if (match.kind === "source") key.src = addr;
			else key.dst = addr;
			key.shape |= match.kind === "source" ? BY_SRC : BY_DST;
			return;
		}
		case "protocol":
			if (match.invert !== true) key.proto = match.proto;
			return;
		case "tcp":
		case "udp":
		case "sctp":
			if (isExact(match.sport)) {
				key.sport = match.sport.value.from;
				key.shape |= BY_SPORT;
			}
			if (isExact(match.dport)) {
				key.dport = match.dport.value.from;
				key.shape |= BY_DPORT;
			}
			return;
	}
}
function isExact(range) {
	return range !== void 0 && range.invert !== true && range.value.from === range.value.to;
}
/**
* Rules of one shape by a 32-bit mixture of what they demand. Different demands may share a mixture: then a rule is found
* that does not match, which its evaluation will show.
*/
var Group = class {
	#shape;
	#rules = /* @__PURE__ */ new Map();
	constructor(shape) {
		this.#shape = shape;
	}
	add(key, at) {
		const mixture = this.#mix(key, key.sport, key.dport);
		const rules = this.#rules.get(mixture);
		if (rules === void 0) this.#rules.set(mixture, [at]);
		else rules.push(at);
	}
	/** Ascending. The packet's transport header is complete. */
	find(skb, pkt) {
		const sport = (this.#shape & BY_SPORT) === 0 ? 0 : sportOf(skb, pkt);
		const dport = (this.#shape & BY_DPORT) === 0 ? 0 : dportOf(skb, pkt);
		return this.#rules.get(this.#mix(pkt, sport, dport));
	}
	/** A signed number, which a Map finds fastest. */
	#mix(of, sport, dport) {
		const shape = this.#shape;
		let mixture = 0;
		if ((shape & BY_DST) !== 0) mixture = word(of.dst);
		if ((shape & BY_SRC) !== 0) mixture = Math.imul(mixture, 2654435761) ^ word(of.src);
		if ((shape & BY_PORT) === 0) return mixture;
		return Math.imul(mixture, 2246822507) ^ Math.imul(sport << 16 | dport, 3266489909) ^ of.proto;
	}
};
/** The 32 bits of an IPv4 address; those of an IPv6 address, folded. */
function word(addr) {
	if (typeof addr === "number") return addr | 0;
	const half = addr ^ addr >> 64n;
	return Number(BigInt.asIntN(32, half ^ half >> 32n));
}
/** The first of ascending numbers that is at least `from`; Infinity: none. */
function firstFrom(ascending, from) {
	let low = 0;
	let high = ascending.length;
	while (low < high) {
		const middle = low + high >> 1;
		if ((ascending[middle] ?? 0) < from) low = middle + 1;
		else high = middle;
	}
	return ascending[low] ?? Number.POSITIVE_INFINITY;
}
// src/sim/netfilter/xtables/do-table.ts
/** The verdict of a built-in chain about the packet. A drop leaves the rule, or that it was the policy, in `state`. */
function iptDoTable(base, skb, state) {
	if (base.body.rules.length === 0) return policyVerdict(base, skb.end - skb.network, state);
	const walk = new Walk(base, skb, state);
	const verdict = walk.run();
	if (walk.pkt.hotdrop) {
		state.dropDetail = `a rule of table ${base.table.name} found the packet malformed`;
		return "drop";
	}
	if (verdict === "accept" || verdict === "drop" || verdict === "stolen") return verdict;
	if (skb.machine.tracer !== void 0 && base.builtin !== void 0) {
		const { family, name } = base.table;
		const step = {
			step: "policy",
			family,
			table: name,
			chain: base.builtin,
			policy: base.policy
		};
		traceStep(skb, state.netns, "ipt_do_table", step);
	}
	return policyVerdict(base, walk.pkt.lengthBytes, state);
}
function policyVerdict(base, lengthBytes, state) {
	base.packets += 1;
	base.bytes += lengthBytes;
	if (base.policy === "accept") return "accept";
	state.dropDetail = `policy of chain ${base.name} in table ${base.table.name}`;
	return "drop";
}
/** One packet on its way through one table. */
var Walk = class {
	pkt;
	#skb;
	#state;
	#table;
	/** Whether an index may be asked: it knows nothing of packets that could meet `hotdrop`. */
	#canLookUp;
	/** Where the jump stack begins for this walk. */
	#floor;
	#chain;
	#rules;
	#index;
	/** The next rule that the index found; the rules before it that it knows of cannot match. */
	#found = -1;
	#at = 0;
	constructor(base, skb, state) {
		this.pkt = new XtPacket(skb);
		this.#skb = skb;
		this.#state = state;
		this.#table = base.table;
		this.#canLookUp = transportIsComplete(skb, this.pkt);
		this.#floor = base.table.stackTop;
		this.#chain = base;
		this.#rules = base.body.rules;
		this.#index = this.#canLookUp ? indexOf(base) : void 0;
	}
	run() {
		let course = "continue";
		while (course === "continue") {
			const loaded = this.#next();
			if (loaded === void 0) course = this.#goBack();
			else if (this.#matches(loaded)) {
				loaded.packets += 1;
				loaded.bytes += this.pkt.lengthBytes;
				course = this.#carryOut(loaded);
			} else if (this.pkt.hotdrop) course = "drop";
			else this.#at += 1;
		}
		this.#table.stackTop = this.#floor;
		return course;
	}
	/** The next rule that may match; undefined: the end of the chain. */
	#next() {
		if (this.#index !== void 0 && this.#at < this.#rules.length) {
			if (this.#found < this.#at) this.#found = this.#index.nextIndexed(this.#skb, this.pkt, this.#at);
			const loose = this.#index.nextLoose[this.#at] ?? this.#rules.length;
			this.#at = Math.min(this.#found, loose);
		}
		return this.#rules[this.#at];
	}
	#matches(loaded) {
		const matches = loaded.matches ?? compileMatches(loaded, this.#chain);
		for (let k = 0; k < matches.length; k += 1) if (matches[k]?.(this.#skb, this.#state, this.pkt) === false) return false;
		return true;
	}
	/** Does what a matching rule says. */
	#carryOut(loaded) {
		const kind = loaded.rule.target.kind;
		switch (kind) {
			case "jump":
			case "goto":
				this.#trace(loaded, kind);
				if (kind === "jump") this.#push();
				if (loaded.jump !== void 0) this.#enter(loaded.jump, 0);
				return "continue";
			case "return":
				this.#trace(loaded, kind);
				return this.#goBack();
			case "accept":
				this.#trace(loaded, kind);
				return kind;
			case "drop":
				this.#trace(loaded, kind);
				return this.#drop();
			case "none":
				this.#trace(loaded, "continue");
				this.#at += 1;
				return "continue";
			default: return this.#callTarget(loaded);
		}
	}
	#callTarget(loaded) {
		const before = this.#skb.mark;
		const outcome = outcomeBefore(loaded.rule.target);
		if (outcome !== void 0) this.#trace(loaded, outcome);
		const verdict = (loaded.target ?? compileTarget(loaded, this.#chain))(this.#skb, this.#state, this.pkt);
		if (outcome === void 0) this.#trace(loaded, "continue", before);
		if (verdict === "drop") return this.#drop();
		if (verdict === "continue") this.#at += 1;
		return verdict;
	}
	#drop() {
		this.#state.dropRule = {
			table: this.#table.name,
			chain: this.#chain.name,
			number: this.#at + 1
		};
		return "drop";
	}
	/** Leaves word where to go on after a jump. */
	#push() {
		const table = this.#table;
		table.stackChains[table.stackTop] = this.#chain;
		table.stackAt[table.stackTop] = this.#at + 1;
		table.stackTop += 1;
	}
	/** To after the last jump: the end of a chain, or RETURN. A `goto` left no word, so it is passed over. */
	#goBack() {
		const table = this.#table;
		if (table.stackTop === this.#floor) return "policy";
		table.stackTop -= 1;
		const chain = table.stackChains[table.stackTop];
		if (chain === void 0) return "policy";
		this.#enter(chain, table.stackAt[table.stackTop] ?? 0);
		return "continue";
	}
	#enter(chain, at) {
		this.#chain = chain;
		this.#rules = chain.body.rules;
		this.#index = this.#canLookUp ? indexOf(chain) : void 0;
		this.#found = -1;
		this.#at = at;
	}
	#trace(loaded, outcome, markBefore) {
		const skb = this.#skb;
		if (skb.machine.tracer === void 0) return;
		traceStep(skb, this.#state.netns, "ipt_do_table", {
			step: "rule",
			family: this.#table.family,
			table: this.#table.name,
			chain: this.#chain.name,
			number: this.#at + 1,
			rule: loaded.rule,
			outcome,
			...markBefore === void 0 || markBefore === skb.mark ? {} : { mark: skb.mark }
		});
	}
};
/** What is told of a rule before its target acts, for the target tells more; undefined: it is told afterwards. */
function outcomeBefore(target) {
	switch (target.kind) {
		case "reject": return "reject";
		case "dnat":
		case "snat":
		case "masquerade":
		case "redirect":
		case "netmap": return "accept";
		case "log": return "continue";
		default: return;
	}
}
/** The index of a chain long enough for one, built when the first packet comes. */
function indexOf(chain) {
	const { body, table } = chain;
	if (body.index === null) body.index = body.rules.length < table.indexThreshold ? void 0 : buildIndex(body.rules);
	return body.index;
}
// src/sim/netfilter/xtables/register.ts
/** Registers all built-in chains of the table; the result takes them away. */
function registerTable(table) {
	const taken = [];
	for (const chain of table.chains.values()) if (chain.builtin !== void 0) taken.push(registerChain(chain));
	return () => {
		for (const takeAway of taken) takeAway();
	};
}
const PRIORITY = {
	raw: NF_PRI.RAW,
	mangle: NF_PRI.MANGLE,
	filter: NF_PRI.FILTER,
	security: NF_PRI.SECURITY
};
function registerChain(chain) {
	const { table, builtin } = chain;
	if (builtin === void 0) throw new Error(`not a built-in chain: ${chain.name}`);
	const { netns, family, name } = table;
	if (name === "nat") {
		if (builtin === "FORWARD") throw new Error("nat has no FORWARD chain");
		return nfNatRegisterFn(netns, family, builtin, {
			priority: builtin === "PREROUTING" || builtin === "OUTPUT" ? NF_PRI.NAT_DST : NF_PRI.NAT_SRC,
			evaluate: (skb, state) => iptDoTable(chain, skb, state)
		});
	}
	const fn = name === "mangle" && builtin === "OUTPUT" ? (skb, state) => iptMangleOut(chain, skb, state) : (skb, state) => iptDoTable(chain, skb, state);
	return registerNetHook(netns, family, builtin, {
		priority: PRIORITY[name],
		name: `iptable_${name}_hook`,
		fn
	});
}
/** A local packet whose addresses, TOS or mark the rules changed is routed anew (`ipt_mangle_out`). */
function iptMangleOut(chain, skb, state) {
	const at = skb.network;
	const src = ipv4Src(skb.bytes, at);
	const dst = ipv4Dst(skb.bytes, at);
	const tos = ipv4Tos(skb.bytes, at);
	const mark = skb.mark;
	const verdict = iptDoTable(chain, skb, state);
	if (verdict !== "accept") return verdict;
	const { bytes, network } = skb;
	if (skb.mark === mark && ipv4Src(bytes, network) === src && ipv4Dst(bytes, network) === dst && ipv4Tos(bytes, network) === tos) return "accept";
	if (ipRouteMeHarder(state.netns, skb)) return "accept";
	state.dropReason = "IP_OUTNOROUTES";
	state.dropDetail = "no route after the mangle table changed the packet";
	return "drop";
}
// src/sim/netfilter/xtables/commit.ts
/** The end of a transaction: the tables as a whole are judged, and what the rules need is switched on or off. */
/** On an error the caller undoes the operations of the transaction. */
function commitXtables(netns) {
	const xt = xtNetns(netns);
	for (const table of xt.tables) {
		const error = checkSuspects(table) ?? (table.graphChanged ? checkGraph(table) : void 0);
		if (error !== void 0) return err(error);
	}
	for (const table of xt.tables) {
		for (const chain of table.suspects) if (!chain.exists) table.chains.delete(chain.name);
		for (const chain of table.suspects) chain.deleted = false;
		table.suspects.clear();
		table.graphChanged = false;
	}
	settleXtables(xt);
	xt.committed = true;
	return ok(void 0);
}
/** Brings hooks, connection tracking and the lists of `-m recent` in line with the rules that are loaded. */
function settleXtables(xt) {
	for (const table of xt.tables) {
		if (table.touched && table.unregister === void 0) table.unregister = registerTable(table);
		else if (!table.touched && table.unregister !== void 0) {
			table.unregister();
			table.unregister = void 0;
		}
		const needed = table.conntrackRules > 0;
		if (needed === table.conntrackOn) continue;
		table.conntrackOn = needed;
		if (needed) nfCtNetnsGet(xt.netns, table.family);
		else nfCtNetnsPut(xt.netns, table.family);
	}
	sweepRecentTables(xt.netns);
}
/** A chain that rules lead to must exist. */
function checkSuspects(table) {
	for (const chain of table.suspects) {
		if (chain.exists || chain.references === 0) continue;
		if (chain.deleted) return {
			errno: "EBUSY",
			message: `CHAIN_DEL failed (Device or resource busy): chain ${chain.name}`
		};
		return {
			errno: "ENOENT",
			message: `Chain '${chain.name}' does not exist`
		};
	}
}
// src/sim/netfilter/xtables/same-rule.ts
function sameRule(a, b) {
	return a === b || sameValue(a.target, b.target) && sameValue(a.matches, b.matches);
}
/** Plain values: primitives, arrays, objects; an absent field equals an undefined one. */
function sameValue(a, b) {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	const aEntries = Object.entries(a).filter(([, value]) => value !== void 0);
	const bEntries = new Map(Object.entries(b).filter(([, value]) => value !== void 0));
	if (Array.isArray(a) !== Array.isArray(b) || aEntries.length !== bEntries.size) return false;
	return aEntries.every(([key, value]) => bEntries.has(key) && sameValue(value, bEntries.get(key)));
}
// src/sim/netfilter/xtables/load.ts
/**
* Changing tables. Each operation checks what it can alone and can be undone; what depends on the other operations of the
* transaction (a jump to a chain that comes later) is judged when it is committed, as iptables-restore does.
*
* Where the two iptables backends differ, loops are refused as the legacy one does (ELOOP; any depth of jumps is allowed),
* and a chain still in use cannot be deleted, as the nft one says (EBUSY).
*/
/** A chain at least this long gets its index while it is loaded: the first packet shall not pay for it. */
const EAGER_INDEX = 1024;
/** Loads, overwrites or deletes a whole chain, with its rules. */
function applyChain(netns, verb, object) {
	const refused = checkPlace(object) ?? checkChain(object);
	if (refused !== void 0) return err(refused);
	const xt = xtNetns(netns);
	const table = xt.table(object.family, object.table);
	const found = table.chains.get(object.chain);
	const exists = found?.exists === true;
	if (verb === "delete") {
		if (found === void 0 || !exists) return refuse("ENOENT", noChain(object.chain, object.table));
		const undo = begin(xt, found);
		if (found.builtin === void 0) {
			found.exists = false;
			found.deleted = true;
			table.suspects.add(found);
		}
		swapBody(found, EMPTY_BODY, {
			added: [],
			removed: found.body.rules
		});
		return ok(undo);
	}
	const isFresh = found?.builtin !== void 0 && found.body.rules.length === 0 && found.policy === "accept";
	if (verb === "add" && exists && !isFresh) return refuse("EEXIST", `Chain ${object.chain} already exists.`);
	const keep = object.keepRules === true && exists;
	const error = keep ? void 0 : checkRules(table, object.chain, object.rules);
	if (error !== void 0) return err(error);
	const chain = table.chain(object.chain);
	const undo = begin(xt, chain);
	chain.exists = true;
	chain.deleted = false;
	if (object.policy !== void 0) chain.policy = object.policy;
	if (object.counters !== void 0 || object.policy !== void 0) {
		chain.packets = object.counters?.packets ?? 0;
		chain.bytes = object.counters?.bytes ?? 0;
	}
	if (keep) return ok(undo);
	const rules = object.rules.map((rule) => loadRule(table, rule));
	const body = makeBody(rules);
	if (rules.length >= EAGER_INDEX && table.indexThreshold <= rules.length) body.index = buildIndex(rules);
	swapBody(chain, body, {
		added: rules,
		removed: chain.body.rules
	});
	return ok(undo);
}
/** Inserts or removes one rule; the others keep their counters. */
function applyRule(netns, verb, object) {
	const refused = checkPlace(object);
	if (refused !== void 0) return err(refused);
	const xt = xtNetns(netns);
	const table = xt.table(object.family, object.table);
	const chain = table.chains.get(object.chain);
	if (chain === void 0 || !chain.exists) return refuse("ENOENT", noChain(object.chain, object.table));
	const rules = chain.body.rules;
	const number = verb === "add" ? void 0 : object.position;
	const at = number === void 0 ? rules.findIndex((loaded) => sameRule(loaded.rule, object.rule)) : number - 1;
	const old = rules[at];
	if (number !== void 0 && old === void 0) return refuse("ERANGE", `Index of ${verb === "delete" ? "deletion" : "replacement"} too big: ${number} in chain ${object.chain}.`);
	if (verb === "delete") {
		if (old === void 0) return refuse("ENOENT", `Bad rule (does a matching rule exist in chain ${object.chain}?).`);
		return ok(exchangeRule(xt, chain, at, { old }));
	}
	if (number === void 0 && old !== void 0 && object.duplicate !== true) return ok(() => void 0);
	const place = number ?? object.position ?? rules.length + 1;
	if (place < 1 || place > rules.length + 1) return refuse("ERANGE", `Index of insertion too big: ${place} in chain ${object.chain}.`);
	const error = checkRules(table, object.chain, [object.rule]);
	if (error !== void 0) return err(error);
	return ok(exchangeRule(xt, chain, place - 1, {
		old: number === void 0 ? void 0 : old,
		rule: object.rule
	}));
}
/** Takes the rule at index `at` out, puts another in, or both. */
function exchangeRule(xt, chain, at, { old, rule }) {
	const undo = begin(xt, chain);
	const added = rule === void 0 ? [] : [loadRule(chain.table, rule)];
	const removed = old === void 0 ? [] : [old];
	swapBody(chain, makeBody(chain.body.rules.toSpliced(at, removed.length, ...added)), {
		added,
		removed
	});
	return undo;
}
/** Remembers the chain as it is; the result puts it back. */
function begin(xt, chain) {
	const { table, exists, deleted, body, policy, packets, bytes } = chain;
	const { touched } = table;
	table.touched = true;
	xt.committed = false;
	return () => {
		const kept = new Set(body.rules);
		const now = new Set(chain.body.rules);
		const added = body.rules.filter((rule) => !now.has(rule));
		swapBody(chain, body, {
			added,
			removed: chain.body.rules.filter((rule) => !kept.has(rule))
		});
		Object.assign(chain, {
			exists,
			deleted,
			policy,
			packets,
			bytes
		});
		table.touched = touched;
		table.chains.set(chain.name, chain);
		table.suspects.add(chain);
		if (xt.committed) settleXtables(xt);
	};
}
/** New rules take hold of what they need before the old ones let go, so that nothing vanishes in between. */
function swapBody(chain, body, change) {
	const { table } = chain;
	for (const { rule, jump, needsConntrack } of change.added) {
		holdRule(table.context(chain.name, rule));
		if (jump !== void 0) jump.references += 1;
		if (needsConntrack) table.conntrackRules += 1;
	}
	for (const { rule, jump, needsConntrack } of change.removed) {
		releaseRule(table.context(chain.name, rule));
		if (needsConntrack) table.conntrackRules -= 1;
		if (jump === void 0) continue;
		jump.references -= 1;
		if (!jump.exists) table.suspects.add(jump);
	}
	if (body.jumps.length > 0 || body.hooks !== 31) table.graphChanged = true;
	chain.body = body;
}
function loadRule(table, rule) {
	const to = jumpOf(rule);
	return new XtRuleState(rule, {
		jump: to === void 0 ? void 0 : table.chain(to),
		hooks: ruleHooks(rule),
		needsConntrack: ruleNeedsConntrack(rule)
	});
}
function makeBody(rules) {
	const jumps = /* @__PURE__ */ new Set();
	let hooks = 31;
	for (const rule of rules) {
		if (rule.jump !== void 0) jumps.add(rule.jump);
		hooks &= rule.hooks;
	}
	return new XtBody({
		rules,
		jumps: [...jumps],
		hooks
	});
}
function checkRules(table, chain, rules) {
	for (const rule of rules) {
		const error = checkRule(table.context(chain, rule));
		if (error !== void 0) return error;
	}
}
function checkPlace(object) {
	if (object.family !== "ipv4") return {
		errno: "EOPNOTSUPP",
		message: `ip6tables is not modelled: chain ${object.chain} of table ${object.table}`
	};
	const builtin = BUILTIN_CHAINS[object.table];
	if (builtin === void 0) return {
		errno: "ENOENT",
		message: `table '${object.table}' does not exist`
	};
	const name = object.chain;
	if (isHookName(name) && !builtin.includes(name)) return {
		errno: "ENOENT",
		message: noChain(name, object.table)
	};
	if (name.length > 28) return {
		errno: "ENAMETOOLONG",
		message: `chain name \`${name}' too long (must be under 29 chars)`
	};
	if (name === "" || /^[-!]|\s/.test(name)) return {
		errno: "EINVAL",
		message: `chain name \`${name}' is not allowed`
	};
}
function checkChain(object) {
	if (object.policy === void 0) return void 0;
	if (!isHookName(object.chain)) return {
		errno: "EINVAL",
		message: `Bad built-in chain name: ${object.chain}`
	};
	if (object.table === "nat" && object.policy === "drop") return {
		errno: "EINVAL",
		message: NAT_IS_NOT_A_FILTER
	};
}
function isHookName(name) {
	return HOOK_NAMES.some((hook) => hook === name);
}
function noChain(chain, table) {
	return `No chain/target/match by that name: chain ${chain} of table ${table}`;
}
// src/sim/objects/xt.ts
const xtChainHandler = {
	apply: applyChain,
	commit: commitXtables,
	dump: dumpChains
};
/** Single rules are listed with their chains. */
const xtRuleHandler = {
	apply: applyRule,
	commit: commitXtables,
	dump: () => []
};
/** The order of `iptables-save` (nft backend): tables in use in this order, built-in chains, then others by name. */
const TABLE_ORDER = [
	"mangle",
	"security",
	"raw",
	"filter",
	"nat"
];
function dumpChains(netns) {
	const tables = xtNetns(netns).tables.filter((table) => table.touched);
	tables.sort((a, b) => TABLE_ORDER.indexOf(a.name) - TABLE_ORDER.indexOf(b.name));
	return tables.flatMap((table) => chainsInOrder(table).map(dumpChain));
}
function chainsInOrder(table) {
	const chains = [...table.chains.values()].filter((chain) => chain.exists);
	const users = chains.filter((chain) => chain.builtin === void 0);
	users.sort((a, b) => a.name < b.name ? -1 : 1);
	return [...chains.filter((chain) => chain.builtin !== void 0), ...users];
}
function dumpChain(chain) {
	const { family, name: table } = chain.table;
	const rules = chain.body.rules.map(dumpRule);
	const common = {
		kind: "xt-chain",
		family,
		table,
		chain: chain.name,
		rules
	};
	if (chain.builtin === void 0) return common;
	return {
		...common,
		policy: chain.policy,
		counters: {
			packets: chain.packets,
			bytes: chain.bytes
		}
	};
}
/** The rule as it was loaded, with what it has counted. */
function dumpRule(loaded) {
	return {
		...loaded.rule,
		counters: {
			packets: loaded.packets,
			bytes: loaded.bytes
		}
	};
}
// src/sim/objects/handlers.ts
/** Every kind of kernel object with its handler. */
/** All kinds, in the order of a whole dump: what others stand on first. */
const KERNEL_OBJECT_KINDS = [
	"link",
	"addr",
	"route",
	"rule",
	"neigh",
	"fdb",
	"sysctl",
	"nfacct",
	"ipset",
	"ipset-entry",
	"xt-chain",
	"xt-rule",
	"conntrack"
];
function applyObject(netns, verb, object) {
	switch (object.kind) {
		case "link": return linkHandler.apply(netns, verb, object);
		case "addr": return addrHandler.apply(netns, verb, object);
		case "route": return routeHandler.apply(netns, verb, object);
		case "rule": return ruleHandler.apply(netns, verb, object);
		case "neigh": return neighHandler.apply(netns, verb, object);
		case "fdb": return fdbHandler.apply(netns, verb, object);
		case "sysctl": return sysctlHandler.apply(netns, verb, object);
		case "nfacct": return nfacctHandler.apply(netns, verb, object);
		case "ipset": return ipSetHandler.apply(netns, verb, object);
		case "ipset-entry": return ipSetEntryHandler.apply(netns, verb, object);
		case "xt-chain": return xtChainHandler.apply(netns, verb, object);
		case "xt-rule": return xtRuleHandler.apply(netns, verb, object);
		case "conntrack": return conntrackHandler.apply(netns, verb, object);
	}
}
/** Ends a transaction for one kind of object that it touched. */
function commitKind(netns, kind) {
	return (kind === "xt-chain" ? xtChainHandler : kind === "xt-rule" ? xtRuleHandler : void 0)?.commit?.(netns) ?? ok(void 0);
}
function dumpKind(netns, kind) {
	switch (kind) {
		case "link": return linkHandler.dump(netns);
		case "addr": return addrHandler.dump(netns);
		case "route": return routeHandler.dump(netns);
		case "rule": return ruleHandler.dump(netns);
		case "neigh": return neighHandler.dump(netns);
		case "fdb": return fdbHandler.dump(netns);
		case "sysctl": return sysctlHandler.dump(netns);
		case "nfacct": return nfacctHandler.dump(netns);
		case "ipset": return ipSetHandler.dump(netns);
		case "ipset-entry": return ipSetEntryHandler.dump(netns);
		case "xt-chain": return xtChainHandler.dump(netns);
		case "xt-rule": return xtRuleHandler.dump(netns);
		case "conntrack": return conntrackHandler.dump(netns);
	}
}
// src/sim/transaction.ts
/** Transactions: operations in order, and on the first that fails everything back as it was. */
/**
* Carries out the operations; on an error nothing of them remains. Conntrack entries that went with a masqueraded
* address or device do not come back.
*/
function applyTransaction(netns, tx) {
	const undos = [];
	let swept = false;
	for (const [index, op] of tx.entries()) {
		if (!swept && tx.length > 1 && takesAway(op)) {
			undos.push(rememberSwept(netns, tx));
			swept = true;
		}
		const done = applyObject(netns, op.verb, op.object);
		if (!done.ok) {
			for (const undo of undos.reverse()) undo();
			return err({
				...done.error,
				op: index
			});
		}
		undos.push(done.value);
	}
	for (const kind of new Set(tx.map((op) => op.object.kind))) {
		const done = commitKind(netns, kind);
		if (done.ok) continue;
		for (const undo of undos.reverse()) undo();
		return err({
			...done.error,
			op: -1
		});
	}
	return ok(void 0);
}
/** What else goes when a device or address goes. */
const SWEPT_KINDS = [
	"addr",
	"route",
	"neigh"
];
function takesAway(op) {
	return op.object.kind === "link" && op.verb !== "add" || op.object.kind === "addr" && op.verb === "delete";
}
/** Remembers addresses, routes and neighbours of every namespace the transaction can reach; the result restores them. */
function rememberSwept(netns, tx) {
	const saved = [...reach(netns, tx)].map((each) => ({
		netns: each,
		kinds: SWEPT_KINDS.map((kind) => ({
			kind,
			objects: sweptObjects(each, kind)
		}))
	}));
	return () => {
		for (const { netns: each, kinds } of saved) for (const { kind, objects } of kinds) restoreSwept(each, kind, objects);
	};
}
function reach(netns, tx) {
	const found = /* @__PURE__ */ new Set([netns]);
	for (const { object } of tx) {
		if (object.kind !== "link") continue;
		const dev = netns.devicesByName.get(object.name);
		const peer = dev === void 0 ? void 0 : vethPeer(dev);
		if (peer !== void 0) found.add(peer.netns);
		const target = object.netns === void 0 ? void 0 : netns.machine.netns.get(object.netns);
		if (target !== void 0) found.add(target);
	}
	return found;
}
/** By what they say; `linkdown` and ages change by themselves. */
function sweptObjects(netns, kind) {
	return new Map(dumpKind(netns, kind).map((object) => [JSON.stringify({
		...object,
		linkdown: void 0,
		ages: void 0
	}), object]));
}
function restoreSwept(netns, kind, saved) {
	const present = sweptObjects(netns, kind);
	for (const [key, object] of present) if (!saved.has(key)) applyObject(netns, "delete", object);
	for (const [key, object] of saved) if (!present.has(key)) applyObject(netns, "replace", object);
}
// src/sim/transport/packet-sock.ts
/** Packet sockets (net/packet/af_packet.c): frames of one EtherType on one device, in and out as they are. */
/** Opens a socket bound to a device (`packet_bind`). It does not make the device promiscuous. */
function openPacketSock(netns, options, handlers) {
	const dev = netns.devicesByName.get(options.dev);
	if (dev === void 0) return socketErr("ENODEV", options.dev);
	const stop = startCapture(netns, {
		dev: dev.name,
		promisc: false
	}, (captured) => {
		if (ethType(captured.frame, 0) === options.etherType) give(captured, handlers);
	});
	if (!stop.ok) return socketErr("ENODEV", options.dev);
	return ok({
		send: (frame) => packetSendmsg(dev, frame, options),
		close: stop.value
	});
}
function give({ frame, pktType }, handlers) {
	if (pktType !== "outgoing") handlers.onFrame?.(frame, pktType);
}
/** Sends a frame (`packet_sendmsg`). */
function packetSendmsg(dev, frame, options) {
	if (!dev.up) return socketErr("ENETDOWN", dev.name);
	if (frame.length < 14) return socketErr("EINVAL", `a frame of ${frame.length} bytes`);
	if (frame.length > dev.mtu + 14) return socketErr("EMSGSIZE");
	const skb = allocSkb(dev.netns.machine, frame.length);
	skb.bytes.set(frame, skb.data);
	skb.dev = dev;
	skb.mac = skb.data;
	skb.protocol = ethType(frame, 0);
	if (skb.machine.tracer !== void 0) originSkb(skb, dev.netns, "packet_sendmsg", `a frame from ${options.program ?? "a packet socket"}`);
	devQueueXmit(skb);
	return ok(void 0);
}
// src/sim/transport/sock-list.ts
/** TCP listeners, TCP connections, UDP sockets. */
function listSocks(netns) {
	const { listeners, established } = tcpTable(netns);
	const connections = [...established.list()].sort((a, b) => a.lport - b.lport || a.rport - b.rport);
	return [
		...[...listeners.values()].flat().map(listenEntry),
		...connections.flatMap(tcpEntry),
		...[...udpTable(netns).byPort.values()].flat().map(udpEntry)
	];
}
function listenEntry(sock) {
	return {
		protocol: "tcp",
		state: "LISTEN",
		local: socketAddr(sock.laddr, sock.lport),
		...deviceOf(sock.options),
		recvQueue: 0,
		sendQueue: sock.options.backlog,
		...ownerOf(sock.options)
	};
}
function tcpEntry(sock) {
	const ends = {
		protocol: "tcp",
		local: socketAddr(sock.laddr, sock.lport),
		remote: socketAddr(sock.raddr, sock.rport)
	};
	switch (sock.kind) {
		case "request": return [{
			...ends,
			state: "SYN-RECV",
			recvQueue: 0,
			sendQueue: 0
		}];
		case "timewait": return [{
			...ends,
			state: "TIME-WAIT",
			recvQueue: 0,
			sendQueue: 0
		}];
		case "sock": {
			const state = TCP_STATES[sock.state];
			if (state === void 0) return [];
			const owner = sock.finQueued ? {} : ownerOf(sock.options);
			const sendQueue = (sock.sndNxt - sock.sndUna >>> 0) + sock.unsentBytes;
			return [{
				...ends,
				state,
				...deviceOf(sock.options),
				recvQueue: sock.unreadBytes,
				sendQueue,
				...owner
			}];
		}
	}
}
function udpEntry(sock) {
	const connected = sock.raddr !== 0;
	return {
		protocol: "udp",
		state: connected ? "ESTAB" : "UNCONN",
		local: socketAddr(sock.laddr, sock.lport),
		...connected ? { remote: socketAddr(sock.raddr, sock.rport) } : {},
		...deviceOf(sock.options),
		recvQueue: 0,
		sendQueue: 0,
		...ownerOf(sock.options)
	};
}
const TCP_STATES = {
	SYN_SENT: "SYN-SENT",
	SYN_RECV: "SYN-RECV",
	ESTABLISHED: "ESTAB",
	FIN_WAIT1: "FIN-WAIT-1",
	FIN_WAIT2: "FIN-WAIT-2",
	CLOSE_WAIT: "CLOSE-WAIT",
	CLOSING: "CLOSING",
	LAST_ACK: "LAST-ACK",
	CLOSE: void 0
};
function ownerOf({ program, pid }) {
	return {
		...program === "" ? {} : { program },
		...pid === void 0 ? {} : { pid }
	};
}
function deviceOf({ netns, boundDev }) {
	const dev = boundDev === 0 ? void 0 : netns.devices.get(boundDev);
	return dev === void 0 ? {} : { dev: dev.name };
}
// src/sim/transport/tcp-ports.ts
/** Local ports of TCP sockets (net/ipv4/inet_hashtables.c, inet_connection_sock.c). */
/**
* The port to listen on. Servers are taken to set SO_REUSEADDR: only another listener on an overlapping address and
* device is in the way.
*/
function tcpListenPort(options) {
	if (options.bindPort !== 0) return listenerOverlaps(options, options.bindPort) ? socketErr("EADDRINUSE") : ok(options.bindPort);
	const { boundPorts } = tcpTable(options.netns);
	const found = pick(options, {
		parity: 1,
		start: options.netns.machine.rng.below(65536)
	}, (candidate) => {
		return !listenerOverlaps(options, candidate) && !boundPorts.has(candidate);
	});
	return found === void 0 ? socketErr("EADDRINUSE", "no free port") : ok(found.port);
}
/**
* The local port of a connection (`__inet_hash_connect`): the bound one, or one whose four-tuple is free. For each far
* end the search begins at an offset of its own and goes on where the last one stopped, mostly two ports further.
*/
function tcpConnectPort(options, far) {
	const { netns } = options;
	const { established, boundPorts, listeners } = tcpTable(netns);
	const isFree = (port) => established.find(far.laddr, port, far.raddr, far.rport) === void 0;
	if (options.bindPort !== 0) {
		if (listenerOverlaps(options, options.bindPort)) return socketErr("EADDRINUSE");
		return isFree(options.bindPort) ? ok(options.bindPort) : socketErr("EADDRNOTAVAIL");
	}
	const offset = secureTcpPortOffset(netns, far);
	const perturb = perturbTable(netns);
	const slot = offset % perturb.steps.length;
	const steps = perturb.steps[slot] ?? 0;
	const found = pick(options, {
		parity: perturb.odd[slot] === 1 ? 1 : 0,
		start: offset + steps
	}, (candidate) => {
		return !boundPorts.has(candidate) && !listeners.has(candidate) && isFree(candidate);
	});
	if (found === void 0) return socketErr("EADDRNOTAVAIL", "no free port");
	const skipOne = found.tried === 0 && netns.machine.rng.below(16) === 0;
	perturb.steps[slot] = steps + (skipOne ? 2 : found.tried + 1);
	perturb.odd[slot] = found.port - transportConf(netns).portLow & 1;
	return ok(found.port);
}
/**
* How far the searches for each group of far ends have come, in pairs of ports (`table_perturb`), and whether they went
* over to the odd ones when the even ones were used up (Linux tries all even ones again each time).
*/
const perturbTable = pernet(() => ({
	steps: /* @__PURE__ */ new Uint32Array(256),
	odd: /* @__PURE__ */ new Uint8Array(256)
}));
function listenerOverlaps(options, port) {
	return (tcpTable(options.netns).listeners.get(port) ?? []).some((other) => {
		const sameAddr = other.laddr === 0 || options.bindAddr === 0 || other.laddr === options.bindAddr;
		const { boundDev } = other.options;
		return sameAddr && (boundDev === 0 || options.boundDev === 0 || boundDev === options.boundDev);
	});
}
/** Ports of one parity from a start, counted in pairs, then those of the other; `tried`: how many were taken. */
function pick(options, from, isFree) {
	const { portLow, portHigh } = transportConf(options.netns);
	const pairs = Math.ceil((portHigh - portLow + 1) / 2);
	let tried = 0;
	for (const parity of [from.parity, 1 - from.parity]) for (let k = 0; k < pairs; k += 1) {
		const port = portLow + (from.start + k) % pairs * 2 + parity;
		if (port <= portHigh && isFree(port)) return {
			port,
			tried
		};
		tried += 1;
	}
}
// src/sim/transport/tcp.ts
/** TCP sockets as the port has them: listen, connect, and a connection in a program's hands. */
/** Binds and listens. The listener answers at once; SYN cookies and a full accept queue are not modelled. */
function listenTcpSock(options, onAccept) {
	const port = tcpListenPort(options);
	if (!port.ok) return port;
	const listener = {
		options,
		laddr: options.bindAddr,
		lport: port.value,
		onAccept: (sock) => onAccept(new SimTcpConnection(sock))
	};
	const { listeners } = tcpTable(options.netns);
	listeners.set(port.value, [...listeners.get(port.value) ?? [], listener]);
	return ok({
		local: socketAddr(listener.laddr, listener.lport),
		close: () => closeListener(listener)
	});
}
/** Chooses route, source and port, and sends the SYN (`tcp_v4_connect`). */
function connectTcpSock(options, to, handlers) {
	if (!portIsValid(to.port) || to.port === 0) return socketErr("EINVAL", `port ${to.port}`);
	const raddr = remoteAddr(to.addr);
	if (!raddr.ok) return raddr;
	const route = inetRoute(options.netns, {
		dst: raddr.value,
		src: options.bindAddr === 0 ? void 0 : options.bindAddr,
		oif: options.boundDev,
		mark: options.mark,
		tos: options.tos,
		proto: 6,
		sport: options.bindPort,
		dport: to.port
	});
	if (!route.ok) return socketErr(route.error);
	const { type, mtu, prefsrc } = route.value;
	if (type === "broadcast" || type === "multicast") return socketErr("ENETUNREACH");
	const laddr = options.bindAddr === 0 ? prefsrc ?? 0 : options.bindAddr;
	const port = tcpConnectPort(options, {
		laddr,
		raddr: raddr.value,
		rport: to.port
	});
	if (!port.ok) return port;
	const sock = new TcpSock({
		options,
		ends: {
			laddr,
			lport: port.value,
			raddr: raddr.value,
			rport: to.port
		},
		state: "SYN_SENT",
		handlers,
		onTimer: tcpWriteTimer,
		onEstablished: () => sock.handlers.onConnect?.()
	});
	prepare(sock, mtu);
	const { established, boundPorts } = tcpTable(options.netns);
	established.insert(sock);
	if (options.bindPort !== 0) {
		sock.holdsPort = true;
		boundPorts.set(port.value, (boundPorts.get(port.value) ?? 0) + 1);
	}
	tcpSendSyn(sock);
	return ok(new SimTcpConnection(sock));
}
var SimTcpConnection = class {
	local;
	remote;
	#sock;
	constructor(sock) {
		this.#sock = sock;
		this.local = socketAddr(sock.laddr, sock.lport);
		this.remote = socketAddr(sock.raddr, sock.rport);
	}
	handle(handlers) {
		const sock = this.#sock;
		sock.handlers = handlers;
		if (sock.unread.length === 0 && (!sock.finArrived || sock.endTold)) return;
		tcpFlushToProgram(sock);
		if (sock.state !== "CLOSE") tcpWindowUpdate(sock);
	}
	send(bytes) {
		const sock = this.#sock;
		if (sock.finQueued || sock.state === "CLOSE") return socketErr("EPIPE");
		if (bytes.length === 0) return ok(void 0);
		sock.unsent.push({
			bytes: bytes.slice(),
			at: 0
		});
		sock.unsentBytes += bytes.length;
		tcpPush(sock);
		return ok(void 0);
	}
	close() {
		const sock = this.#sock;
		if (sock.finQueued || sock.state === "CLOSE") return;
		if (sock.state === "SYN_SENT" && sock.unsentBytes === 0) {
			tcpDone(sock);
			return;
		}
		sock.finQueued = true;
		if (sock.state === "ESTABLISHED") sock.state = "FIN_WAIT1";
		else if (sock.state === "CLOSE_WAIT") sock.state = "LAST_ACK";
		tcpPush(sock);
	}
	abort() {
		const sock = this.#sock;
		const silent = sock.state === "SYN_SENT" || sock.state === "CLOSING" || sock.state === "LAST_ACK";
		if (sock.state !== "CLOSE" && !silent) tcpSendActiveReset(sock);
		tcpDone(sock);
	}
};
/** First sequence number, options offered, first window. */
function prepare(sock, mtu) {
	const { netns } = sock.options;
	const conf = transportConf(netns);
	const isn = secureTcpSeq(netns, sock);
	sock.sndUna = isn;
	sock.sndNxt = isn;
	sock.sndSml = isn;
	sock.recover = isn;
	sock.tstampOk = conf.tcpTimestamps !== 0;
	sock.sackOk = conf.tcpSack !== 0;
	sock.wscaleOk = conf.tcpWindowScaling !== 0;
	sock.rcvWscale = sock.wscaleOk ? tcpWindowScale(conf) : 0;
	sock.tsOffset = conf.tcpTimestamps === 1 ? secureTcpTsOffset(netns, sock) : 0;
	sock.rcvSpace = tcpInitialWindow(conf, tcpAdvMss(mtu));
	sock.rcvWnd = sock.rcvSpace;
	tcpSyncMss(sock, mtu);
}
function closeListener(listener) {
	const { listeners, established } = tcpTable(listener.options.netns);
	const rest = (listeners.get(listener.lport) ?? []).filter((other) => other !== listener);
	if (rest.length === 0) listeners.delete(listener.lport);
	else listeners.set(listener.lport, rest);
	for (const flow of established.list()) if (flow.kind === "request" && flow.listener === listener) tcpRequestDrop(flow);
}
// src/sim/transport/udp-output.ts
/** Sending datagrams (net/ipv4/udp.c: udp_sendmsg). */
/** The longest payload of an IPv4 datagram. */
const MAX_PAYLOAD = 65507;
/** Sends one datagram, to the connected end when `to` is absent. */
function udpSendmsg(sock, payload, to) {
	if (sock.closed) return socketErr("EINVAL", "closed socket");
	if (to === void 0) {
		if (sock.raddr === 0) return socketErr("ENOTCONN");
		const route = connectedRoute(sock);
		return route.ok ? udpSendSkb(sock, payload, route.value, {
			daddr: sock.raddr,
			dport: sock.rport
		}) : route;
	}
	const daddr = daddrOf(sock, to);
	if (!daddr.ok) return daddr;
	if (to.port === 0) return socketErr("EINVAL", "port 0");
	const route = udpRoute(sock, daddr.value, to.port);
	return route.ok ? udpSendSkb(sock, payload, route.value, {
		daddr: daddr.value,
		dport: to.port
	}) : route;
}
function connectedRoute(sock) {
	const generation = inetRouteGeneration(sock.options.netns);
	if (sock.dst !== void 0 && sock.dstGeneration === generation) return ok(sock.dst);
	const route = udpRoute(sock, sock.raddr, sock.rport);
	sock.dst = route.ok ? route.value : void 0;
	sock.dstGeneration = generation;
	return route;
}
/** The route for datagrams to an end; refused where Linux refuses to send. */
function udpRoute(sock, daddr, dport) {
	const { netns, boundDev, mark, tos } = sock.options;
	const route = inetRoute(netns, {
		dst: daddr,
		src: sock.laddr === 0 ? void 0 : sock.laddr,
		oif: boundDev,
		mark,
		tos,
		proto: 17,
		sport: sock.lport,
		dport
	});
	if (!route.ok) return socketErr(route.error);
	return route.value.type === "broadcast" && !sock.options.broadcast ? socketErr("EACCES") : route;
}
function udpSendSkb(sock, payload, dst, to) {
	if (payload.length > MAX_PAYLOAD) return socketErr("EMSGSIZE");
	const { daddr, dport } = to;
	const { netns, pmtudisc } = sock.options;
	const fits = payload.length + 8 + 20 <= dst.mtu;
	if (pmtudisc === "do" && !fits) return tooLongErr(dst.mtu);
	const saddr = sock.laddr === 0 ? dst.prefsrc ?? 0 : sock.laddr;
	const skb = allocSkb(netns.machine, 8 + payload.length);
	skb.bytes.set(payload, skb.data + 8);
	putUdp(skb.bytes, skb.data, skb.end, {
		src: v4$1(saddr),
		dst: v4$1(daddr),
		sport: sock.lport,
		dport
	});
	skb.dst = dst;
	skb.sk = sock;
	skb.mark = sock.options.mark;
	skb.ignoreDf = pmtudisc !== "do";
	sock.sendErrno = void 0;
	inetXmit(netns, skb, {
		src: saddr,
		dst: daddr,
		proto: 17,
		ttl: sockTtl(sock.options),
		tos: sock.options.tos,
		id: udpIpId(sock),
		df: pmtudisc !== "dont" && fits
	}, netns.machine.tracer === void 0 ? void 0 : {
		fn: "udp_send_skb",
		what: `UDP ${endText(saddr, sock.lport)} → ${endText(daddr, dport)}, ${payload.length} bytes, from ${sock.describe}`
	});
	const errno = sock.sendErrno;
	return errno === void 0 ? SENT : socketErr(errno);
}
const SENT = ok(void 0);
/** `ip_select_ident`: connected sockets count, others draw; 0 where nobody may fragment. */
function udpIpId(sock) {
	if (sock.raddr !== 0) {
		const id = sock.ipId;
		sock.ipId = id + 1 & 65535;
		return id;
	}
	return sock.options.pmtudisc === "do" ? 0 : ipSelectIdent(sock.options.netns);
}
function daddrOf(sock, to) {
	if (sock.lastFrom?.name === to) return ok(sock.lastFrom.num);
	if (sock.lastTo?.name.addr === to.addr) return ok(sock.lastTo.num);
	const parsed = remoteAddr(to.addr);
	if (parsed.ok) sock.lastTo = {
		num: parsed.value,
		name: to
	};
	return parsed;
}
// src/sim/transport/udp.ts
/** UDP sockets as the port has them. */
/** Opens, binds and, with `connect`, connects a socket. */
function openUdpSock(options, connect, handlers) {
	const sock = new UdpSock(options, handlers);
	const bound = udpGetPort(sock);
	if (!bound.ok) return bound;
	if (connect !== void 0) {
		const connected = udpConnect(sock, connect);
		if (!connected.ok) {
			udpUnhash(sock);
			return connected;
		}
	}
	return ok(new SimUdpSocket(sock));
}
var SimUdpSocket = class {
	local;
	#sock;
	constructor(sock) {
		this.#sock = sock;
		this.local = socketAddr(sock.laddr, sock.lport);
	}
	send(bytes, to) {
		return udpSendmsg(this.#sock, bytes, to);
	}
	close() {
		if (this.#sock.closed) return;
		this.#sock.closed = true;
		this.#sock.handlers = {};
		udpUnhash(this.#sock);
	}
};
/** Fixes the far end and, unless bound, the source address (`__ip4_datagram_connect`). */
function udpConnect(sock, to) {
	if (!portIsValid(to.port) || to.port === 0) return socketErr("EINVAL", `port ${to.port}`);
	const raddr = remoteAddr(to.addr);
	if (!raddr.ok) return raddr;
	const route = udpRoute(sock, raddr.value, to.port);
	if (!route.ok) return route;
	if (sock.laddr === 0) sock.laddr = route.value.prefsrc ?? 0;
	sock.raddr = raddr.value;
	sock.rport = to.port;
	return ok(void 0);
}
// src/sim/transport/sockets.ts
/** The port's sockets on the simulated kernel. */
/** Opens sockets in the namespaces of a machine. IPv6 addresses are EOPNOTSUPP. */
var SimSockets = class {
	#machine;
	constructor(machine) {
		this.#machine = machine;
	}
	listenTcp(netns, options, onAccept) {
		const checked = sockOptions(this.#machine, netns, options);
		return checked.ok ? listenTcpSock(checked.value, onAccept) : checked;
	}
	connectTcp(netns, to, options, handlers) {
		const checked = sockOptions(this.#machine, netns, options);
		return checked.ok ? connectTcpSock(checked.value, to, handlers) : checked;
	}
	openUdp(netns, options, handlers) {
		const checked = sockOptions(this.#machine, netns, options);
		return checked.ok ? openUdpSock(checked.value, options.connect, handlers) : checked;
	}
	openEcho(netns, to, options, handlers) {
		const checked = sockOptions(this.#machine, netns, options);
		if (!checked.ok) return checked;
		const addr = remoteAddr(to);
		return addr.ok ? openPingSock(checked.value, addr.value, options.id, handlers) : addr;
	}
	openPacket(netns, options, handlers) {
		const found = this.#machine.netns.get(netns);
		if (found === void 0) return socketErr("ENOENT", `network namespace ${netns}`);
		return openPacketSock(found, options, handlers);
	}
	list(netns) {
		const found = this.#machine.netns.get(netns);
		return found === void 0 ? socketErr("ENOENT", `network namespace ${netns}`) : ok(listSocks(found));
	}
};
// src/sim/sim-kernel.ts
/** The simulated Linux kernel behind the port: virtual time, seeded chance, packets of real bytes. */
var SimKernel = class {
	/** For benchmarks and tests that work below the port. */
	machine;
	sockets;
	clock;
	#listeners = [];
	constructor(options = {}) {
		const loop = new EventLoop();
		this.machine = new Machine(loop, new Prng(options.seed ?? 1));
		initMachine(this.machine);
		this.sockets = new SimSockets(this.machine);
		this.clock = {
			now: () => loop.now(),
			after: (delayNs, fn) => {
				const timer = loop.after(delayNs, fn);
				return () => timer.cancel();
			}
		};
	}
	async addNetns(name) {
		if (name === "" || name === "." || name === "..") return failed("EINVAL", `Invalid netns name "${name}"`);
		if (this.machine.netns.has(name)) return failed("EEXIST", `Cannot create namespace file "/run/netns/${name}": File exists`);
		addNetns(this.machine, name);
		return ok(void 0);
	}
	async deleteNetns(name) {
		const netns = this.machine.netns.get(name);
		if (netns === void 0) return failed("ENOENT", `Cannot remove namespace file "/run/netns/${name}": No such file or directory`);
		removeNetns(netns);
		return ok(void 0);
	}
	async listNetns() {
		return [...this.machine.netns.keys()];
	}
	async apply(netns, tx) {
		const found = this.#netns(netns);
		return found.ok ? applyTransaction(found.value, tx) : found;
	}
	async dump(netns, kinds) {
		const found = this.#netns(netns);
		if (!found.ok) return found;
		return ok((kinds ?? KERNEL_OBJECT_KINDS).flatMap((kind) => dumpKind(found.value, kind)));
	}
	async routeGet(netns, query) {
		const found = this.#netns(netns);
		return found.ok ? inetRtmGetroute(found.value, query) : found;
	}
	async netnsIds(netns) {
		const found = this.#netns(netns);
		if (!found.ok) return found;
		return ok(new Map([...netnsIdsOf(found.value)].map(([peer, id]) => [peer.name, id])));
	}
	async testIpSet(netns, set, member) {
		const found = this.#netns(netns);
		if (!found.ok) return found;
		const tested = testIpSet(found.value, set, member);
		return tested.ok ? tested : err({
			...tested.error,
			op: -1
		});
	}
	async run(done, timeoutNs) {
		const { loop } = this.machine;
		const untilNs = loop.now() + timeoutNs;
		while (!done()) {
			if (loop.step(untilNs)) continue;
			await Promise.resolve();
			if (done() || loop.step(untilNs)) continue;
			loop.runUntil(untilNs);
			break;
		}
		return done();
	}
	/** Does everything that is due now, without letting time pass to the next timer. */
	runBacklog() {
		this.machine.loop.runBacklog();
	}
	trace(listener) {
		this.#setListeners([...this.#listeners, listener]);
		return () => this.#setListeners(this.#listeners.filter((other) => other !== listener));
	}
	capture(netns, options, listener) {
		const found = this.#netns(netns);
		return found.ok ? startCapture(found.value, options, listener) : found;
	}
	conntrackEvents(netns, listener) {
		const found = this.#netns(netns);
		return found.ok ? ok(watchConntrack(found.value, listener)) : found;
	}
	conntrackStats(netns) {
		const found = this.#netns(netns);
		return found.ok ? ok({ ...conntrackNet(found.value).stats }) : found;
	}
	log() {
		return this.machine.log;
	}
	#setListeners(listeners) {
		this.#listeners = listeners;
		const emit = (event) => {
			for (const listener of listeners) listener(event);
		};
		this.machine.tracer = listeners.length === 0 ? void 0 : emit;
	}
	#netns(name) {
		const netns = this.machine.netns.get(name);
		if (netns !== void 0) return ok(netns);
		return failed("ENOENT", `Cannot open network namespace "${name}": No such file or directory`);
	}
};
function failed(errno, message) {
	return err({
		errno,
		op: -1,
		message
	});
}
// src/verify/scenario-host.ts
/** A kernel that scenarios run on: the port, and what the port lacks or a kernel can do faster than by the port. */
/** Any kernel, by nothing but the port. */
var PortHost = class {
	kernel;
	settle;
	constructor(kernel, settle) {
		this.kernel = kernel;
		this.settle = settle;
	}
	async loadTables(netns, text) {
		const parsed = parseIptablesSave(text, { family: "ipv4" });
		if (!parsed.ok) return err({
			errno: "EINVAL",
			op: -1,
			message: `iptables: ${parsed.error.message}`
		});
		const present = await this.saveTables(netns);
		if (!present.ok) return present;
		const tx = parsed.value.tables.flatMap((table) => {
			const before = present.value.filter((chain) => chain.table === table.name);
			return tableOps(table.name, table.chains, before);
		});
		return this.kernel.apply(netns, tx);
	}
	async saveTables(netns) {
		const dumped = await this.kernel.dump(netns, ["xt-chain"]);
		if (!dumped.ok) return dumped;
		return ok(dumped.value.filter((object) => object.kind === "xt-chain").filter(({ family }) => family === "ipv4"));
	}
	async readSysctls(netns, keys) {
		const dumped = await this.kernel.dump(netns, ["sysctl"]);
		if (!dumped.ok) return dumped;
		const wanted = new Set(keys);
		const found = dumped.value.filter((object) => object.kind === "sysctl").filter(({ key }) => wanted.has(key));
		return ok(new Map(found.map(({ key, value }) => [key, value])));
	}
	async flush(netns) {
		const sockets = this.kernel.sockets.list(netns);
		if (!sockets.ok || sockets.value.some(({ protocol, state }) => protocol === "tcp" && state !== "LISTEN")) return err({
			errno: "EBUSY",
			op: -1,
			message: "there are TCP connections"
		});
		const dumped = await this.kernel.dump(netns, ["conntrack"]);
		if (!dumped.ok) return dumped;
		return this.kernel.apply(netns, dumped.value.map((object) => ({
			verb: "delete",
			object
		})));
	}
};
const ZERO = {
	packets: 0,
	bytes: 0
};
function tableOps(table, chains, before) {
	const common = {
		kind: "xt-chain",
		family: "ipv4",
		table
	};
	const named = new Map(chains.map((chain) => [chain.name, chain]));
	const builtin = BUILTIN_CHAINS[table];
	const names = /* @__PURE__ */ new Set([...builtin, ...named.keys()]);
	const load = [...names].map((name) => {
		const chain = named.get(name);
		const head = builtin.includes(name) ? { policy: chain?.policy ?? "accept" } : {};
		const rules = (chain?.rules ?? []).map(({ matches, target }) => ({
			matches,
			target
		}));
		return {
			verb: "replace",
			object: {
				...common,
				chain: name,
				...head,
				counters: ZERO,
				rules
			}
		};
	});
	const gone = before.filter(({ chain }) => !names.has(chain)).map((object) => ({
		verb: "delete",
		object
	}));
	return [...load, ...gone];
}
// src/cli/scenario-hosts.ts
/** The kernels that scenarios can run on. */
/** A simulated kernel, as new as it comes. */
function simHost(seed) {
	const kernel = new SimKernel({ seed });
	return new PortHost(kernel, async () => kernel.runBacklog());
}
/** The machine's own kernel; the error says what is missing, a sentence each. */
async function openLinuxHost(options = {}) {
	const { LinuxKernel } = await import("./linux-kernel-Ctxpw8FW.js");
	const missing = LinuxKernel.missing();
	if (missing.length > 0) return err(missing);
	const { openLinuxKernel } = await import("./open-linux-kernel-B0U1J84T.js");
	const open = openLinuxKernel({ iptables: options.iptables ?? "legacy" });
	const loads = await canLoad(open);
	if (!loads.ok) {
		open.close();
		if (options.iptables === void 0) return openLinuxHost({ iptables: "nft" });
		return err([`The ${options.iptables} backend of iptables does not load rules: ${loads.error.message}`]);
	}
	if (open.logProblem !== void 0) {
		open.close();
		return err([`LOG lines of namespaces cannot be read: ${open.logProblem}.`]);
	}
	return ok({
		kernel: open.kernel,
		settle: async () => open.drain(),
		loadTables: async (netns, text) => open.replaceTables(netns, text),
		saveTables: async (netns) => open.saveTables(netns),
		readSysctls: async (netns, keys) => open.readSysctls(netns, keys),
		prepare: async (netns, devs) => open.turnOffloadOff(netns, devs),
		flush: async (netns) => open.flush(netns),
		close: () => open.close()
	});
}
async function canLoad(open) {
	const made = await open.kernel.addNetns("try");
	if (!made.ok) return made;
	const loaded = open.replaceTables("try", allTables(""));
	await open.kernel.deleteNetns("try");
	return loaded;
}
// src/zz-prof.ts
const N = Number(process.argv[2] ?? 100);
const acc = /* @__PURE__ */ new Map();
function wrap(o, name, keys) {
	for (const k of keys) {
		const f = o[k].bind(o);
		o[k] = async (...a) => {
			const t = process.hrtime.bigint();
			const r = await f(...a);
			const kk = k === "apply" ? k + " " + [...new Set(a[1].map((o) => o.verb + o.object.kind))].join("+") : k === "dump" ? k + a[1] : k;
			const e = acc.get(name + kk) ?? [0, 0];
			e[0] += Number(process.hrtime.bigint() - t) / 1e6;
			e[1]++;
			acc.set(name + kk, e);
			return r;
		};
	}
}
const t00 = performance.now();
const sc = Array.from({ length: N }, (_, i) => generateScenario(5, i));
const t0 = performance.now();
console.log("generate", ((t0 - t00) / N).toFixed(3), "ms each");
for (const s of sc) await runScenario(simHost(1), s);
console.log("sim", ((performance.now() - t0) / N).toFixed(3), "ms each");
const cpu = () => process.cpuUsage().user / 1e3;
for (let k = 0; k < 0; k++) {
	const c = cpu();
	for (const s of sc) await runScenario(simHost(1), s);
	console.log("sim cpu", ((cpu() - c) / N).toFixed(3));
	const g = cpu();
	for (let i = 0; i < N; i++) generateScenario(6 + k, i);
	console.log("gen cpu", ((cpu() - g) / N).toFixed(3));
}
const t1 = performance.now();
for (const s of sc) await runScenario(simHost(1), s);
console.log("sim again", ((performance.now() - t1) / N).toFixed(3), "ms each");
if (process.argv[3] !== "sim") {
	const opened = await openLinuxHost();
	if (!opened.ok) throw new Error(opened.error.join());
	const host = opened.value;
	wrap(host, "host.", [
		"settle",
		"loadTables",
		"saveTables",
		"readSysctls",
		"prepare",
		"flush"
	]);
	wrap(host.kernel, "kernel.", [
		"apply",
		"dump",
		"addNetns",
		"deleteNetns",
		"run"
	]);
	const pool = new StagePool(host, { limit: 12 });
	const t2 = performance.now();
	let slow = [];
	for (const [i, s] of sc.entries()) {
		const t = performance.now();
		await pool.play(s);
		slow.push([performance.now() - t, i]);
	}
	console.log("real", ((performance.now() - t2) / N).toFixed(3), "ms each");
	for (const [k, [ms, n]] of [...acc].sort((a, b) => b[1][0] - a[1][0])) console.log(k.padEnd(22), (ms / N).toFixed(3), "ms/scenario", n, "calls", (ms / n).toFixed(3), "each");
	slow.sort((a, b) => b[0] - a[0]);
	console.log(slow.slice(0, 12).map(([ms, i]) => `${i}:${ms.toFixed(0)} ${sc[i].features.filter((f) => /topology|wait|socket/.test(f)).join(",")}`).join("\n"));
	console.log("median", slow[Math.floor(N / 2)][0]);
	await pool.close();
	host.close();
}
export {};
