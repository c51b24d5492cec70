/**
 * Cluster DNS as pods meet it: examples/dns on the simulated kernel, and the shell's dig, nslookup, host and curl in its pods.
 * Every query goes as packets through the ClusterIP of kube-dns and kube-proxy's rules to one of the name server's pods.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { clusterWorld } from "../src/cli/cluster-world.ts";
import { buildCluster, type ClusterOptions } from "../src/cluster/build.ts";
import type { Cluster } from "../src/cluster/cluster.ts";
import { dnsPods } from "../src/cluster/cluster-dns.ts";
import { type FlowProto, traceFlow } from "../src/cluster/flow.ts";
import { parseManifests } from "../src/kube/parse-manifests.ts";
import { udpClient } from "../src/programs/udp-client.ts";
import { Session } from "../src/shell/session.ts";
import { TextOutput } from "../src/shell/streams.ts";
import { SimKernel } from "../src/sim/sim-kernel.ts";
import { ip } from "../src/wire/addr.ts";
import { startDns } from "./dns-zone.ts";
import { podwire } from "./run-podwire.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const EXAMPLE = join(ROOT, "examples/dns");

const MANY = Array.from({ length: 70 }, (_, k) => `{addresses: [10.200.0.${k + 1}]}`);
const MORE = `
apiVersion: v1
kind: Service
metadata: {name: many, namespace: shop}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: many-1, namespace: shop, labels: {kubernetes.io/service-name: many}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [${MANY.join(", ")}]
---
apiVersion: v1
kind: Pod
metadata: {name: own, namespace: default}
spec:
  nodeName: node1
  dnsPolicy: None
  dnsConfig: {nameservers: [10.96.0.10], searches: [svc.cluster.local], options: [{name: ndots, value: "1"}]}
  containers: [{name: c}]
`;

interface Lab {
	readonly cluster: Cluster;
	/** What a line prints on standard output in a pod, and its exit code when that is not 0. */
	sh(line: string): Promise<string>;
}

async function lab(options: ClusterOptions = {}): Promise<Lab> {
	const files = readdirSync(EXAMPLE).map((name) => ({ path: name, text: readFileSync(join(EXAMPLE, name), "utf8") }));
	const parsed = parseManifests([...files, { path: "more.yaml", text: MORE }]);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	const built = await buildCluster(new SimKernel({ seed: 1 }), { snapshot: parsed.value.snapshot, options });
	if (!built.ok) throw new Error(JSON.stringify(built.error));
	const world = clusterWorld(built.value);
	const session = new Session(world, {
		host: "client",
		stdout: new TextOutput(),
		stderr: new TextOutput(),
	});
	const sh = async (line: string): Promise<string> => {
		const out = new TextOutput();
		session.stdout = out;
		const code = await session.run(line);
		return code === 0 ? out.text : `${out.text}exit ${code}\n`;
	};
	return { cluster: built.value, sh };
}

let plain: Lab;

beforeAll(async () => {
	plain = await lab();
});

function pod(name: string): string {
	const found = plain.cluster.pods.find((each) => each.name === name);
	if (found === undefined) throw new Error(`no pod ${name}`);
	return found.ip;
}

describe("a pod's files", () => {
	test("resolv.conf has the ClusterIP of kube-dns, the search path and ndots:5", async () => {
		expect(await plain.sh("cat /etc/resolv.conf")).toBe(
			"search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
		);
		expect(await plain.sh("@db-0 head -1 /etc/resolv.conf")).toBe(
			"search shop.svc.cluster.local svc.cluster.local cluster.local\n",
		);
	});

	test("resolv.conf follows the pod's own policy", async () => {
		expect(await plain.sh("@own cat /etc/resolv.conf")).toBe(
			"search svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:1\n",
		);
		const [server = ""] = dnsPods(plain.cluster.pods);
		expect(await plain.sh(`@${server.replace(/^.*\//, "")} cat /etc/resolv.conf`)).toBe("");
	});

	test("hosts has the pod's own name, a whole one where it has a subdomain", async () => {
		expect(await plain.sh("tail -1 /etc/hosts")).toBe(`${pod("client")}\tclient\n`);
		const db = "db-0.db.shop.svc.cluster.local\tdb-0";
		expect(await plain.sh("@db-0 tail -1 /etc/hosts")).toBe(`${pod("db-0")}\t${db}\n`);
	});
});

describe("from a pod", () => {
	test("dig finds a Service by its whole name, and by a short one along the search path", async () => {
		expect(await plain.sh("dig +short web.shop.svc.cluster.local")).toBe("10.96.0.80\n");
		expect(await plain.sh("dig +short +search web.shop")).toBe("10.96.0.80\n");
		expect(await plain.sh("@db-0 dig +short +search web")).toBe("10.96.0.80\n");
		expect(await plain.sh("dig +short +search web")).toBe("");
	});

	test("dig sees an authoritative answer of the ClusterIP", async () => {
		const answer = await plain.sh("dig web.shop.svc.cluster.local");
		expect(answer).toContain("flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1");
		expect(answer).toContain(";; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)");
	});

	test("curl reaches a Service by its name", async () => {
		expect(await plain.sh("curl -s http://web.shop/")).toMatch(/^\{"pod":"web-/);
		expect(await plain.sh("curl -s http://web.shop.svc.cluster.local./")).toMatch(/^\{"pod":"web-/);
		expect(await plain.sh("@db-0 curl -s http://web/")).toMatch(/^\{"pod":"web-/);
		expect(await plain.sh("curl -s http://web/")).toBe("exit 6\n");
		expect(await plain.sh("@own curl -s http://web.shop/")).toMatch(/^\{"pod":"web-/);
	});

	test("nslookup and host find pods of a headless Service, by name and by address", async () => {
		const db = pod("db-1");
		expect(await plain.sh("nslookup db-1.db.shop.svc.cluster.local")).toContain(`Address: ${db}`);
		expect(await plain.sh(`host ${db}`)).toContain("domain name pointer db-1.db.shop.svc.cluster.local.");
		const all = (await plain.sh("dig +short db.shop.svc.cluster.local")).trim().split("\n");
		expect(all.sort()).toEqual([pod("db-0"), db].sort());
		expect(await plain.sh("host web.shop")).toBe("web.shop.svc.cluster.local has address 10.96.0.80\n");
		expect(await plain.sh(`dig +short ${db.replaceAll(".", "-")}.shop.pod.cluster.local`)).toBe(`${db}\n`);
	});

	test("an answer too long for a datagram comes by TCP", async () => {
		const answer = await plain.sh("dig +noedns many.shop.svc.cluster.local");
		expect(answer).toContain("Truncated, retrying in TCP mode");
		expect(answer).toContain("ANSWER: 70,");
		expect(answer).toContain("(10.96.0.10) (TCP)");
		expect((await plain.sh("dig +tcp +short SRV _http._tcp.many.shop.svc.cluster.local")).split("\n")).toHaveLength(71);
	});

	test("what is not there, and what is not the cluster's, is told apart", async () => {
		expect(await plain.sh("dig nope.shop.svc.cluster.local")).toContain("status: NXDOMAIN");
		expect(await plain.sh("dig AAAA web.shop.svc.cluster.local")).toContain("status: NOERROR");
		expect(await plain.sh("dig www.example.org")).toContain("status: REFUSED");
		expect(await plain.sh("dig +short payments.shop.svc.cluster.local")).toBe("pay.example.com.\n");
	});

	test("a node reaches it as well, when it asks the ClusterIP", async () => {
		expect(await plain.sh("@node1 dig @10.96.0.10 +short web.shop.svc.cluster.local")).toBe("10.96.0.80\n");
	});

	test("what is no query does not stop it", async () => {
		const to = { addr: ip("10.96.0.10"), port: 53 };
		for (const payload of [Uint8Array.of(1), new Uint8Array(11), new Uint8Array(600).fill(255)]) {
			await udpClient(plain.cluster.kernel, "pod/default/client", { to, payload, timeoutNs: 1e8 });
		}
		const header = new Uint8Array(13).fill(0).with(1, 9);
		const asked = await udpClient(plain.cluster.kernel, "pod/default/client", { to, payload: header });
		expect(asked.outcome === "answered" && [...asked.payload]).toEqual([0, 9, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
		expect(await plain.sh("dig +short web.shop.svc.cluster.local")).toBe("10.96.0.80\n");
	});
});

describe("a flow to kube-dns", () => {
	test.each<FlowProto>(["udp", "tcp"])("is answered by one of its pods, by %s", async (proto) => {
		const request = { from: "pod/default/client", to: "svc/kube-system/kube-dns:53", proto };
		const flow = await traceFlow(plain.cluster, request);
		if (!flow.ok) throw new Error(JSON.stringify(flow.error));
		const { ending, visit } = flow.value;
		expect(ending).toMatchObject({ kind: "answered", text: expect.stringMatching(/TXT\s+"1\.1\.0"/) });
		expect(dnsPods(plain.cluster.pods)).toContain(visit?.pod);
	});
});

describe("names outside the cluster", () => {
	test("come from the server behind the name servers, by UDP and by TCP, and the second time from their cache", async () => {
		const { cluster } = plain;
		const upstream = cluster.fabric.outside.ip;
		const forwarding = await lab({ dns: { upstreams: [upstream] } });
		const { asked } = startDns(forwarding.cluster.kernel, forwarding.cluster.fabric.outside.netns, upstream);
		expect(await forwarding.sh("dig +short web.test")).toBe(`${upstream}\n`);
		expect(await forwarding.sh("dig +tcp alias.test")).toMatch(/CNAME\s+web\.test\..*A\s+\d/s);
		expect(await forwarding.sh("dig +short web.shop.svc.cluster.local")).toBe("10.96.0.80\n");
		expect(asked).toEqual(["A web.test", "A alias.test"]);
		for (let k = 0; k < 8; k += 1) await forwarding.sh("dig +short web.test");
		// Two pods behind the Service, each with its own cache.
		expect(asked.filter((line) => line === "A web.test").length).toBeLessThanOrEqual(2);
	});

	test("fail when that server does not answer", async () => {
		const forwarding = await lab({ dns: { upstreams: [ip("192.0.2.99")] } });
		expect(await forwarding.sh("dig +tries=1 web.test")).toContain("status: SERVFAIL");
	});
});

describe("podwire trace --to a name", () => {
	const trace = (to: string): ReturnType<typeof podwire> =>
		podwire("trace", "-f", EXAMPLE, "--from", "pod/default/client", "--quiet", "--to", to);

	test("asks the pod's name server, along the search path, and follows the request to the Service", async () => {
		const { code, out, err } = await trace("web.shop");
		expect(code).toBe(0);
		expect(err).toContain("podwire: web.shop: web.shop.svc.cluster.local is 10.96.0.80, says cluster DNS\n");
		expect(out).toContain("asked Service shop/web at 10.96.0.80:80 and got HTTP 200");
		expect(await trace("web.shop.svc.cluster.local.:80")).toMatchObject({ code: 0 });
	});

	test("finds a pod by its own name", async () => {
		const { code, out } = await trace("db-1.db.shop:5432");
		expect(code).toBe(0);
		expect(out).toContain("pod shop/db-1");
	});

	test("says what can be given when nobody has that name", async () => {
		const { code, err } = await trace("wep.shop");
		expect(code).toBe(2);
		expect(err).toContain("wep.shop");
	});
});

describe("podwire shell -f", () => {
	test("runs commands on the cluster's nodes and pods", async () => {
		const run = await podwire("shell", "-f", EXAMPLE, "--host", "client", "-c", "dig +short +search web.shop");
		expect(run).toEqual({ code: 0, out: "10.96.0.80\n", err: "" });
	});

	test("refuses a machine that there is not, and a lab beside it", async () => {
		const host = await podwire("shell", "-f", EXAMPLE, "--host", "cleint", "-c", "true");
		expect(host.code).toBe(2);
		expect(host.err).toContain("--host cleint: the machines are node1, node2, ");
		const both = await podwire("shell", "-f", EXAMPLE, "--lab", "dnat-bridge", "-c", "true");
		expect(both.code).toBe(2);
		expect(both.err).toContain("either a lab's machines or a cluster's");
	});
});
