import { describe, expect, test } from "vitest";
import { checkFamilies, checkNodePortAddresses, type StartUpState } from "./start-up-check.ts";

const STATE: StartUpState = {
	primary: "ipv4",
	detectLocalMode: "ClusterCIDR",
	clusterCIDRs: ["10.0.0.0/8"],
	nodePortAddresses: ["192.168.0.0/24"],
	podCIDRs: ["10.1.0.0/24"],
	excludeCIDRs: [],
	healthzBindAddress: "0.0.0.0:10256",
	metricsBindAddress: "127.0.0.1:10249",
};

describe("node port addresses", () => {
	test.each([
		["of the only family in use are well", {}, undefined],
		["primary is well", { nodePortAddresses: ["primary"], clusterCIDRs: ["10.0.0.0/8", "fd00::/64"] }, undefined],
		[
			"none are open everywhere",
			{ nodePortAddresses: [] },
			"nodePortAddresses unset; NodePort connections will be accepted on all local IPs. Consider using `--nodeport-addresses primary`",
		],
		[
			"of one family, where there seem to be two",
			{ podCIDRs: ["10.1.0.0/24", "fd00:1::/64"] },
			"cluster appears to be dual-stack but only IPv4 nodePortAddresses was specified; NodePort connections will be accepted on all local IPv6 IPs",
		],
		[
			"of the wrong family",
			{ nodePortAddresses: ["fd00:2::/64"] },
			"cluster appears to be IPv4-primary but only IPv6 nodePortAddresses was specified; NodePort connections will be accepted on all local IPv4 IPs",
		],
	])("%s", (_what, more, problem) => {
		expect(checkNodePortAddresses({ ...STATE, ...more })).toEqual(problem === undefined ? [] : [problem]);
	});
});

describe("families", () => {
	test("what fits is no problem", () => {
		expect(checkFamilies(STATE, false)).toEqual({ problems: [], fatal: false });
	});

	test.each([
		["clusterCIDRs", { clusterCIDRs: ["fd00::/64"] }, { single: true, dual: false }],
		["node.spec.podCIDRs", { podCIDRs: ["fd00::/64"], detectLocalMode: "NodeCIDR" }, { single: true, dual: true }],
		["node.spec.podCIDRs", { podCIDRs: ["fd00::/64"] }, { single: false, dual: false }],
	])("%s of the wrong one: fatal where pods are told apart by it", (name, more, fatal) => {
		const [single, dual] = [checkFamilies({ ...STATE, ...more }, false), checkFamilies({ ...STATE, ...more }, true)];
		expect(single).toEqual({
			problems: [`cluster is IPv4-only but ${name} contains only IPv6 addresses`],
			fatal: fatal.single,
		});
		expect(dual).toEqual({
			problems: [`cluster is IPv4-primary but ${name} contains only IPv6 addresses`],
			fatal: fatal.dual,
		});
	});

	test.each([
		["healthzBindAddress", "[fd00::1]:10256", true],
		["metricsBindAddress", "[::1]:10249", true],
		["metricsBindAddress", "[::]:10249", false],
	] as const)("%s %s on a host with one family only", (name, address, isBad) => {
		const { problems } = checkFamilies({ ...STATE, [name]: address }, false);
		expect(problems).toEqual(isBad ? [`cluster is IPv4-only but ${name} is IPv6`] : []);
		expect(checkFamilies({ ...STATE, [name]: address }, true).problems).toEqual([]);
	});
});
