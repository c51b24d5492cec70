/** Destinations that are no longer wanted: weight 0 while they have connections, looked at once a minute. */
import { expect, test } from "vitest";
import type { IpvsDestination, IpvsProtocol, IpvsService } from "../kernel/ipvs.ts";
import { ip } from "../wire/addr.ts";
import {
	DRAIN_CHECK_NS,
	gracefulTermination,
	NOTHING_DRAINS,
	type Termination,
	type TerminationResult,
} from "./ipvs-graceful.ts";

function service(proto: IpvsProtocol = "tcp"): IpvsService {
	return { kind: "ipvs-service", family: "ipv4", service: { proto, addr: ip("10.96.0.1"), port: 80 } };
}

function destination(active: number, inactive = 0, proto: IpvsProtocol = "tcp"): IpvsDestination {
	return {
		kind: "ipvs-destination",
		family: "ipv4",
		service: service(proto).service,
		addr: ip("10.244.1.5"),
		port: 8080,
		forward: "masq",
		weight: 1,
		connections: { active, inactive, persistent: 0 },
	};
}

function look(actual: IpvsDestination, before: Termination = NOTHING_DRAINS, nowNs = 0): TerminationResult {
	const proto = "proto" in actual.service ? actual.service.proto : "tcp";
	return gracefulTermination({ actual: [actual], desired: [service(proto)], before, nowNs, owns: () => true });
}

test.each([
	["an open connection", destination(1), 1],
	["a connection that is being forgotten", destination(0, 3), 1],
	["no connection", destination(0), 0],
	["a UDP connection", destination(2, 0, "udp"), 0],
	["an SCTP connection", destination(2, 0, "sctp"), 0],
])("%s: kept %#", (_, actual, kept) => {
	expect(look(actual).kept.length).toBe(kept);
});

test("what is kept has the weight 0 and nothing that only a dump tells", () => {
	expect(look(destination(1)).kept).toEqual([
		{
			kind: "ipvs-destination",
			family: "ipv4",
			service: { proto: "tcp", addr: "10.96.0.1", port: 80 },
			addr: "10.244.1.5",
			port: 8080,
			forward: "masq",
			weight: 0,
		},
	]);
});

test("its last connection ends between two looks: it goes at the next one, a minute after the first", () => {
	const first = look(destination(1), NOTHING_DRAINS, 5e9);
	expect(first.after.draining.size).toBe(1);
	const between = look(destination(0), first.after, 5e9 + DRAIN_CHECK_NS - 1);
	expect(between.kept.length).toBe(1);
	const next = look(destination(0), between.after, 5e9 + DRAIN_CHECK_NS);
	expect(next.kept).toEqual([]);
	expect(next.after.draining.size).toBe(0);
});

test("one that is wanted again, whose service is gone, or that is somebody else's is not kept", () => {
	const actual = destination(1);
	const input = { actual: [actual], desired: [service()], before: NOTHING_DRAINS, nowNs: 0, owns: () => true };
	expect(gracefulTermination({ ...input, desired: [service(), destination(0)] }).kept).toEqual([]);
	expect(gracefulTermination({ ...input, desired: [] }).kept).toEqual([]);
	expect(gracefulTermination({ ...input, owns: () => false }).kept).toEqual([]);
});
