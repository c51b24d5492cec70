/** Steps with less in them: shorter payloads, plainer headers, fewer options. */
import { concatBytes } from "../../base/bytes.ts";
import { ETH_HLEN, ETH_P_IP, ethType } from "../../wire/ethernet.ts";
import {
	fillIpv4Checksum,
	IPPROTO_UDP,
	IPV4_MIN_HLEN,
	ipv4Dst,
	ipv4HeaderLength,
	ipv4IsFragment,
	ipv4IsValid,
	ipv4Proto,
	ipv4Src,
	ipv4TotalLength,
} from "../../wire/ipv4.ts";
import { put16 } from "../../wire/read-write.ts";
import { fillUdpChecksum, UDP_HLEN, udpChecksumIsValid, udpLength } from "../../wire/udp.ts";
import type { Scenario, Step } from "../scenario.ts";

export function* smallerSteps(scenario: Scenario): Generator<Scenario> {
	for (const [at, step] of scenario.steps.entries()) {
		for (const smaller of smallerOf(step)) {
			yield { ...scenario, steps: scenario.steps.map((other, k) => (k === at ? smaller : other)) };
		}
	}
}

function* smallerOf(step: Step): Generator<Step> {
	switch (step.kind) {
		case "frame":
			for (const bytes of smallerFrames(step.bytes)) yield { ...step, bytes };
			return;
		case "tcp": {
			const { mark, ...rest } = step;
			if (mark !== undefined) yield rest;
			if (step.payload.length > 1) yield { ...step, payload: "x" };
			return;
		}
		case "udp": {
			const { mark, ttl, pmtudisc, ...rest } = step;
			if (mark !== undefined || ttl !== undefined || pmtudisc !== undefined) yield rest;
			if (step.payload !== "") yield { ...step, payload: "" };
			if (step.payload.length > 1) yield { ...step, payload: "x" };
			return;
		}
		case "ping": {
			const { mark, ttl, ...rest } = step;
			if (mark !== undefined || ttl !== undefined) yield rest;
			if (step.payloadBytes > 0) yield { ...step, payloadBytes: 0 };
			return;
		}
		case "wait":
		case "change":
			return;
	}
}

/** A whole, valid UDP packet with none or half of its payload. */
function* smallerFrames(frame: Uint8Array): Generator<Uint8Array> {
	if (frame.length < ETH_HLEN || ethType(frame, 0) !== ETH_P_IP) return;
	const at = ETH_HLEN;
	if (!ipv4IsValid(frame, at, frame.length) || ipv4IsFragment(frame, at) || ipv4Proto(frame, at) !== IPPROTO_UDP)
		return;
	const hlen = ipv4HeaderLength(frame, at);
	const end = at + ipv4TotalLength(frame, at);
	const addrs = { src: ipv4Src(frame, at), dst: ipv4Dst(frame, at) };
	const length = end - at - hlen;
	if (hlen !== IPV4_MIN_HLEN || end !== frame.length || length <= UDP_HLEN) return;
	if (udpLength(frame, at + hlen) !== length || !udpChecksumIsValid(frame, at + hlen, end, addrs)) return;
	for (const payload of [0, (length - UDP_HLEN) >> 1]) {
		const bytes = concatBytes(frame.slice(0, at + hlen + UDP_HLEN + payload));
		put16(bytes, at + 2, bytes.length - at);
		fillIpv4Checksum(bytes, at);
		put16(bytes, at + hlen + 4, UDP_HLEN + payload);
		fillUdpChecksum(bytes, at + hlen, bytes.length, addrs);
		yield bytes;
	}
}
