/** `podwire dns` as its clients meet it: real dig on loopback, by UDP and TCP; the built command's beginning and end. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAIN, podwire } from "./run-podwire.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const SCRATCH = mkdtempSync(join(tmpdir(), "podwire-dns-"));
const run = promisify(execFile);

const ENDPOINTS = Array.from({ length: 40 }, (_, k) => `{addresses: [10.1.0.${k + 1}], hostname: pod-${k}}`);
const MANIFEST = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.1.2, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: many, namespace: shop}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: away, namespace: shop}
spec: {type: ExternalName, externalName: web.other.example}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: many-1, namespace: shop, labels: {kubernetes.io/service-name: many}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [${ENDPOINTS.join(", ")}]
`;
const COREFILE = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa {
        pods verified
        ttl 17
    }
    transfer {
        to *
    }
    loadbalance
}
`;

interface Running {
	readonly process: ChildProcess;
	readonly port: string;
}

const running: Running[] = [];
let manifest = "";
let server: Running;

function scratch(name: string, text: string): string {
	const path = join(SCRATCH, name);
	writeFileSync(path, text);
	return path;
}

async function serve(...args: readonly string[]): Promise<Running> {
	const child = spawn(process.execPath, [MAIN, "dns", "serve", "--listen", "127.0.0.1:0", ...args]);
	let out = "";
	child.stdout.on("data", (bytes) => {
		out += String(bytes);
	});
	while (!/-p \d+/.test(out)) await once(child.stdout, "data");
	const started = { process: child, port: /-p (\d+)/.exec(out)?.[1] ?? "" };
	running.push(started);
	return started;
}

async function dig(at: Running, ...args: readonly string[]): Promise<string> {
	const { stdout } = await run("dig", ["@127.0.0.1", "-p", at.port, "+tries=1", "+time=5", ...args]);
	return stdout;
}

beforeAll(async () => {
	// The built command is what is started here.
	execFileSync("npm", ["run", "-s", "build"], { cwd: ROOT, stdio: "ignore" });
	manifest = scratch("shop.yaml", MANIFEST);
	server = await serve("-f", manifest);
});

afterAll(() => {
	for (const each of running) each.process.kill("SIGKILL");
	rmSync(SCRATCH, { recursive: true });
});

describe("dig on loopback", () => {
	test("a Service has its cluster IP, by UDP and by TCP", async () => {
		for (const how of ["+notcp", "+tcp"]) {
			expect(await dig(server, "+short", how, "web.shop.svc.cluster.local")).toBe("10.96.1.2\n");
		}
		expect(await dig(server, "+short", "-x", "10.96.1.2")).toBe("web.shop.svc.cluster.local.\n");
		expect(await dig(server, "+short", "TXT", "dns-version.cluster.local")).toBe('"1.1.0"\n');
	});

	test("an answer too long for a datagram is cut off, and dig has it all by TCP", async () => {
		const cut = await dig(server, "+ignore", "+noedns", "many.shop.svc.cluster.local");
		expect(cut).toMatch(/flags: qr aa tc rd;.* ANSWER: (2\d|30),/);
		const whole = await dig(server, "+noedns", "many.shop.svc.cluster.local");
		expect(whole).toContain("Truncated, retrying in TCP mode");
		expect(whole).toContain("ANSWER: 40,");
		const srv = await dig(server, "+bufsize=4096", "SRV", "_http._tcp.many.shop.svc.cluster.local");
		expect(srv).toMatch(/ANSWER: 40, AUTHORITY: 0, ADDITIONAL: 41/);
		expect(srv).toMatch(/SRV\s0 2 8080 pod-39\.many\.shop\.svc\.cluster\.local\./);
		expect(srv).toMatch(/pod-39\.many\.shop\.svc\.cluster\.local\. 30 IN A\t10\.1\.0\.40/);
	});

	test("names that are not there, types that are not there and other versions of EDNS are told apart", async () => {
		expect(await dig(server, "nope.shop.svc.cluster.local")).toMatch(/status: NXDOMAIN.*\bSOA\tns\.dns\.cluster/s);
		expect(await dig(server, "AAAA", "web.shop.svc.cluster.local")).toMatch(
			/status: NOERROR.*ANSWER: 0, AUTHORITY: 1/s,
		);
		expect(await dig(server, "+edns=1", "+noednsneg", "web.shop.svc.cluster.local")).toContain("status: BADVERS");
		expect(await dig(server, "example.org")).toContain("status: REFUSED");
		expect(await dig(server, "+opcode=status", "web.shop.svc.cluster.local")).toContain("status: NOTIMP");
		expect(await dig(server, "+header-only")).toContain("status: FORMERR");
	});

	test("a zone is transferred only where the Corefile says to whom", async () => {
		expect(await dig(server, "AXFR", "cluster.local")).toContain("Transfer failed");
		const open = await serve("-f", manifest, "--corefile", scratch("Corefile", COREFILE));
		const zone = await dig(open, "AXFR", "cluster.local");
		expect(zone).toMatch(/cluster\.local\.\s+17\s+IN\s+SOA/);
		expect(zone).toContain("pod-7.many.shop.svc.cluster.local.");
		expect(zone).toMatch(/XFR size: 126 records \(messages 2,/);
	});

	test("names outside the zones come from the server that --forward names, ExternalNames with their alias", async () => {
		const other = await serve(
			"-f",
			scratch("other.yaml", MANIFEST.replaceAll("shop", "other")),
			"--zone",
			"svc.example",
		);
		const front = await serve("-f", manifest, "--forward", `127.0.0.1:${other.port}`);
		expect(await dig(front, "web.other.svc.svc.example")).toMatch(/flags: qr aa rd; .*\bA\t10\.96\.1\.2/s);
		expect(await dig(front, "+tcp", "+short", "web.other.svc.svc.example")).toBe("10.96.1.2\n");
		// The other one refuses what is not its own.
		expect(await dig(front, "away.shop.svc.cluster.local")).toContain("status: SERVFAIL");
		expect(await dig(front, "+short", "CNAME", "away.shop.svc.cluster.local")).toBe("web.other.example.\n");
	});

	test("ends cleanly on Ctrl-C", async () => {
		const one = await serve("-f", manifest);
		one.process.kill("SIGINT");
		const [code] = await once(one.process, "exit");
		expect(code).toBe(0);
	});
});

describe("podwire dns query", () => {
	test("prints what dig prints, or JSON", async () => {
		const text = await podwire("dns", "query", "-f", manifest, "web.shop.svc.cluster.local");
		expect(text.code).toBe(0);
		const real = await dig(server, "+nocookie", "+bufsize=1232", "+nocmd", "+nostats", "web.shop.svc.cluster.local");
		const from = (all: string): string => all.slice(all.indexOf(";; OPT")).trimEnd();
		expect(from(text.out)).toBe(from(real));
		const json = await podwire("dns", "query", "--json", "-f", manifest, "pod-3.many.shop.svc.cluster.local.", "A");
		expect(JSON.parse(json.out)).toMatchObject({
			schema: "podwire.dns/v1",
			rcode: "NOERROR",
			question: { name: "pod-3.many.shop.svc.cluster.local.", type: "A" },
			answer: [{ name: "pod-3.many.shop.svc.cluster.local.", ttl: 30, type: "A", data: "10.1.0.4" }],
		});
	});

	test("exits with 1 when there is no such name", async () => {
		expect(await podwire("dns", "query", "-f", manifest, "nope.shop.svc.cluster.local")).toMatchObject({ code: 1 });
	});

	test.each([
		["a type that there is not", ["web.shop.svc.cluster.local", "AXE"], "there is no record type AXE"],
		["a name with an empty label", ["web..local"], "web..local is no domain name"],
		["a zone that is none", ["web.local", "--zone", "a_b"], "--zone a_b: not a domain name"],
		["a Corefile that is not there", ["web.local", "--corefile", "/nowhere"], "--corefile /nowhere: ENOENT"],
	])("%s ends with exit code 2", async (_, words, message) => {
		const failed = await podwire("dns", "query", "-f", manifest, ...words);
		expect(failed.code).toBe(2);
		expect(failed.err).toContain(message);
	});

	test.each([
		[". {\n kubernetes {\n  labels app=web\n }\n}", ":3: kubernetes: labels: podwire does not do that"],
		[".:53 {\n kubernetes cluster.local\n autopath @kubernetes\n}", ":3: autopath: podwire's name server has no such"],
		[".:53 {\n kubernetes cluster.local {\n  ttl 4000\n }\n}", ":3: ttl must be in range [0, 3600]: 4000"],
		[
			".:53 {\n kubernetes cluster.local\n forward example.org 1.2.3.4\n}",
			":3: forward example.org: podwire forwards all",
		],
		[".:53 {\n kubernetes cluster.local", ":1: the braces of .:53 are not closed"],
		["example.org {\n}", ":1: no server block with a kubernetes directive"],
	])("a Corefile that is wrong is refused with its line: %s", async (text, message) => {
		const path = scratch("wrong", text);
		const failed = await podwire("dns", "query", "-f", manifest, "--corefile", path, "web.shop.svc.cluster.local");
		expect(failed.err).toContain(message);
		expect(failed.code).toBe(2);
	});

	test("a port that is taken, and an address that is none, end with exit code 2", async () => {
		const taken = await podwire("dns", "serve", "-f", manifest, "--listen", `127.0.0.1:${server.port}`);
		expect([taken.code, taken.err]).toEqual([2, expect.stringContaining("EADDRINUSE")]);
		const wrong = await podwire("dns", "serve", "-f", manifest, "--listen", "localhost");
		expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("--listen localhost: expected ADDRESS:PORT")]);
	});
});
