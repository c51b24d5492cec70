import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { endpointChainName, isServiceChainName, serviceChainNames, servicePortName } from "./names.ts";
import { probability31, probabilityText } from "./probability.ts";

const NAMING = new URL("../../../shared/corpus/naming/", import.meta.url);

interface Case {
	readonly name: string;
	readonly input: Readonly<Record<string, string>> & { readonly n?: number };
	readonly expect: Readonly<Record<string, string | boolean>>;
}

function cases(file: string): readonly Case[] {
	return JSON.parse(readFileSync(new URL(file, NAMING), "utf8")).cases;
}

test.each([
	["ns1/svc1:p80", "tcp", "XPGD46QRK7WJZT7O"],
	["default/kubernetes:https", "tcp", "NPX46M4PTMTKRN6Y"],
	["kube-system/kube-dns:dns", "udp", "TCOU7JCQXEZGVUNU"],
	["kube-system/kube-dns:dns-tcp", "tcp", "ERIFXISQEP7F7OF4"],
	["default/nginx", "tcp", "2CMXP7HKUVJN7L6M"],
])("the chains of %s/%s are named after the hash %s", (name, protocol, hash) => {
	expect(serviceChainNames(name, protocol)).toEqual({
		cluster: `KUBE-SVC-${hash}`,
		local: `KUBE-SVL-${hash}`,
		external: `KUBE-EXT-${hash}`,
		firewall: `KUBE-FW-${hash}`,
	});
});

test("an endpoint's chain is named after the Service port and the endpoint, IPv6 in brackets", () => {
	expect(endpointChainName("ns1/svc1:p80", "tcp", "10.180.0.1:80")).toBe("KUBE-SEP-SXIVWICOYRO3J4NJ");
	expect(endpointChainName("ns1/svc1:p80", "tcp", "[fd00::1]:80")).toBe("KUBE-SEP-T5UNFIPVCZXM3U7X");
});

test("the unnamed port of a Service adds nothing to its name", () => {
	expect(servicePortName("default/nginx", "")).toBe("default/nginx");
	expect(servicePortName("default/nginx", "http")).toBe("default/nginx:http");
});

test("one half and one quarter are exact, one third is what iptables-save prints as 0.33333333349", () => {
	expect(probability31(2)).toBe(2 ** 30);
	expect(probability31(4)).toBe(2 ** 29);
	expect(probability31(3) / 2 ** 31).toBeCloseTo(0.33333333349, 11);
});

describe.skipIf(!existsSync(NAMING))("the shared corpus of upstream's names (../shared/corpus/naming)", () => {
	test("Service chains", () => {
		const all = cases("iptables.chainNames.json");
		expect(all.length).toBeGreaterThan(40);
		for (const { input, expect: wanted } of all) {
			const name = servicePortName(`${input["namespace"]}/${input["service"]}`, input["portName"] ?? "");
			expect(name).toBe(wanted["servicePortNameString"]);
			expect(serviceChainNames(name, input["protocol"] ?? "")).toEqual({
				cluster: wanted["clusterPolicyChain"],
				local: wanted["localPolicyChain"],
				external: wanted["externalChain"],
				firewall: wanted["firewallChain"],
			});
		}
	});

	test("endpoint chains", () => {
		const all = cases("iptables.endpointChainName.json");
		expect(all.length).toBeGreaterThan(600);
		for (const { input, expect: wanted } of all) {
			const name = servicePortName(`${input["namespace"]}/${input["service"]}`, input["portName"] ?? "");
			const chain = endpointChainName(name, input["protocol"] ?? "", input["endpoint"] ?? "");
			expect(chain).toBe(wanted["chain"]);
		}
	});

	test("which chains are a Service's", () => {
		for (const { input, expect: wanted } of cases("iptables.isServiceChainName.json")) {
			expect(isServiceChainName(input["chain"] ?? ""), input["chain"]).toBe(wanted["result"]);
		}
	});

	test("probabilities", () => {
		const all = cases("iptables.probability.json");
		expect(all.length).toBeGreaterThan(900);
		for (const { input, expect: wanted } of all) {
			expect(probabilityText(input.n ?? 0), String(input.n)).toBe(wanted["string"]);
		}
	});
});
