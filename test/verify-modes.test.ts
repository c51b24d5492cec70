/** `podwire verify modes`, and clusters in IPVS mode as a user meets them. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { ModeFlow } from "../src/cluster/modes/mode-flows.ts";
import type { ModeOutcome } from "../src/cluster/modes/mode-outcome.ts";
import { knownReason } from "../src/cluster/modes/mode-reasons.ts";
import { kubeService, servicePort } from "./kube-objects.ts";
import { podwire } from "./run-podwire.ts";

const MYAPP = fileURLToPath(new URL("../examples/myapp", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../../shared/golden/", import.meta.url));

test("the example's flows end alike but for known reasons, and each difference says which", async () => {
	const { code, out } = await podwire("verify", "modes", "-f", MYAPP);
	expect(code).toBe(0);
	expect(out).toContain(
		"loopback-node-port: IPVS mode has node ports on the node's addresses other than loopback ones",
	);
	expect(out).toContain("address-is-local: ");
	expect(out).toMatch(
		/node slave1 \(172\.16\.1\.50\) → 127\.0\.0\.1:30080\/tcp \(default\/myapp-nodeport, loopback\)\n {4}iptables {2}10\.151\.49\.3:80 sees 172\.16\.1\.50; /,
	);
	expect(out).toMatch(/\n70 flows through both modes: 35 end alike, 35 differ \(for known reasons\)\n$/);
});

test("--json lists the differences with ids and reasons", async () => {
	const { code, out } = await podwire("verify", "modes", "--json", "-f", MYAPP);
	expect(code).toBe(0);
	const report = JSON.parse(out);
	expect(report).toMatchObject({ schema: "podwire.verify-modes/v1", flows: 70, agree: 35, unknown: 0 });
	expect(report.differences.length).toBe(35);
	for (const difference of report.differences)
		expect(difference).toMatchObject({ known: true, reason: expect.any(String) });
});

const goldens = existsSync(GOLDEN) ? readdirSync(GOLDEN).filter((name) => /^\d+$/.test(name)) : [];

describe.skipIf(goldens.length === 0)("the goldens' objects (../shared/golden)", () => {
	// All twenty hold; these have every kind of difference.
	test.each(["000", "016", "018", "022", "038"])("%s: every difference is a known one", async (golden) => {
		const { code, out } = await podwire("verify", "modes", "-f", `${GOLDEN}${golden}/objects.json`);
		expect(out).not.toContain("nobody knows why");
		expect(code).toBe(0);
	});
});

function outcome(kind: ModeOutcome["kind"], text: string = kind): ModeOutcome {
	return { kind, text };
}

function asked(flow: Partial<ModeFlow>): ModeFlow {
	return {
		from: "pod/a",
		client: "pod",
		to: "10.96.0.1:80",
		proto: "tcp",
		by: "cluster-ip",
		entryNode: "n1",
		service: kubeService("a", "10.96.0.1"),
		port: servicePort(80),
		endpoints: ["10.244.1.5:80"],
		...flow,
	};
}

const served = outcome("served", "10.244.1.5:80 sees 10.244.1.9");
const local = kubeService("a", "10.96.0.1", { type: "NodePort", externalTrafficPolicy: "Local" });

test.each([
	["a cluster IP refused in one mode only", asked({}), { iptables: [served], ipvs: [outcome("refused")] }, undefined],
	[
		"another source",
		asked({}),
		{ iptables: [served], ipvs: [outcome("served", "10.244.1.5:80 sees 10.244.1.1")] },
		undefined,
	],
	[
		"a ping answered in IPVS mode",
		asked({ by: "ping" }),
		{ iptables: [outcome("unanswered")], ipvs: [outcome("answered")] },
		undefined,
	],
	[
		"127.0.0.1 served in IPVS mode only",
		asked({ by: "loopback" }),
		{ iptables: [outcome("refused")], ipvs: [served] },
		undefined,
	],
	[
		"127.0.0.1 served in iptables mode only",
		asked({ by: "loopback" }),
		{ iptables: [served], ipvs: [outcome("refused")] },
		"loopback-node-port",
	],
	[
		"policy Local without endpoints, served in IPVS mode",
		asked({ by: "node-port", service: local, client: "outside" }),
		{ iptables: [outcome("unanswered")], ipvs: [served] },
		"no-local-endpoints",
	],
	[
		"policy Local from outside, other endpoints",
		asked({ by: "node-port", service: local, client: "outside" }),
		{ iptables: [served], ipvs: [outcome("sent")] },
		undefined,
	],
	[
		"policy Cluster, dropped in iptables mode",
		asked({ by: "node-port" }),
		{ iptables: [outcome("unanswered")], ipvs: [served] },
		undefined,
	],
] as const)("%s: known or not", (_, flow, { iptables, ipvs }, id) => {
	expect(knownReason({ flow, iptables, ipvs, localEndpoints: [] })?.id).toBe(id);
});

test("a trace through IPVS mode names the chosen pod, and --endpoint chooses it", async () => {
	const to = ["--to", "svc/default/myapp:80", "--proxy-mode", "ipvs", "-f", MYAPP, "--quiet"];
	const { code, out } = await podwire(
		"trace",
		"--from",
		"node/slave2",
		...to,
		"--endpoint",
		"default/myapp-d94648cb5-rhk5d",
	);
	expect(code).toBe(0);
	expect(out).toContain("IPVS chooses 10.151.51.2:80 for tcp 10.150.18.86:80 by rr");
	expect(out).toContain("it asked for a cluster IP from an address outside the pod network");
});

test("the shell on a cluster in IPVS mode shows what kube-proxy keeps there", async () => {
	const script =
		"ipvsadm -Ln\n@slave1 ipset list KUBE-CLUSTER-IP\n@slave1 iptables-save -t nat\n@client curl -s 10.150.18.86\n@outside hostname";
	const { code, out } = await podwire("shell", "-f", MYAPP, "--proxy-mode", "ipvs", "-c", script);
	expect(code).toBe(0);
	expect(out).toContain("TCP  10.150.18.86:80 rr\n  -> 10.151.49.3:80               Masq    1      0          0");
	expect(out).toContain("10.150.18.99,tcp:80");
	expect(out).toContain("-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT");
	expect(out).toMatch(/\{"pod":"myapp-d94648cb5-\w+","client":"[\d.]+"\}\noutside\n$/);
	expect(await podwire("shell", "-f", MYAPP, "--lab", "ipvs-nat", "-c", "id")).toEqual({
		code: 2,
		out: "",
		err: "podwire: --lab and -f: either a lab's machines or a cluster's\n",
	});
});

test("show prints a node's virtual services and sets", async () => {
	const input = ["--proxy-mode", "ipvs", "-f", MYAPP] as const;
	const ipvs = await podwire("show", ...input, "ipvs", "slave1");
	expect(ipvs.out).toContain("TCP  10.150.18.86:80 rr\n  -> 10.151.49.3:80               Masq    1      0          0");
	expect((await podwire("show", ...input, "ipset", "slave1")).out).toContain(
		"Name: KUBE-LOOP-BACK\nType: hash:ip,port,ip\n",
	);
});

test("an unknown mode is refused", async () => {
	const { code, err } = await podwire(
		"trace",
		"--proxy-mode",
		"nftables",
		"--from",
		"outside",
		"--to",
		"1.2.3.4",
		"-f",
		MYAPP,
	);
	expect(code).toBe(2);
	expect(err).toContain("Allowed choices are iptables, ipvs.");
});
