import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ip } from "../wire/addr.ts";
import { withPodIPs } from "./endpoint-slices.ts";
import { parseManifests } from "./parse-manifests.ts";
import { formatEndpoints, formatNodes, formatPods, formatServices } from "./print.ts";
import { type KubeSnapshot, namespacedName } from "./snapshot.ts";

const MYAPP = new URL("../../examples/myapp/", import.meta.url);

function myapp(): { readonly snapshot: KubeSnapshot; readonly notes: readonly string[] } {
	const files = readdirSync(MYAPP).map((path) => ({ path, text: readFileSync(new URL(path, MYAPP), "utf8") }));
	const parsed = parseManifests(files);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
	const { snapshot, notes } = parsed.value;
	const next = new Map([
		["slave1", 2],
		["slave2", 2],
	]);
	const podIPs = new Map(
		snapshot.pods.map((pod) => {
			const host = next.get(pod.node) ?? 2;
			next.set(pod.node, host + 1);
			return [namespacedName(pod), [ip(`10.151.${pod.node === "slave1" ? 51 : 49}.${host}`)]];
		}),
	);
	return { snapshot: withPodIPs(snapshot, podIPs), notes };
}

test("the example's nodes", () => {
	expect(formatNodes(myapp().snapshot.nodes)).toBe(`\
NAME      STATUS   ROLES           AGE         VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE    KERNEL-VERSION   CONTAINER-RUNTIME
master1   Ready    control-plane   <unknown>             172.16.1.10   <none>        <unknown>   <unknown>        <unknown>
slave1    Ready    <none>          <unknown>             172.16.1.50   <none>        <unknown>   <unknown>        <unknown>
slave2    Ready    <none>          <unknown>             172.16.1.88   <none>        <unknown>   <unknown>        <unknown>
`);
});

test("the example's pods: the client and one myapp pod on slave2, two on slave1, none on master1", () => {
	const lines = formatPods(myapp().snapshot.pods).split("\n");
	expect(lines[0]).toBe(
		"NAME                    READY   STATUS    RESTARTS   AGE         IP            NODE     NOMINATED NODE   READINESS GATES",
	);
	expect(lines[1]).toBe(
		"client                  1/1     Running   0          <unknown>   10.151.49.2   slave2   <none>           <none>",
	);
	const nodes = lines.slice(2, 5).map((line) => line.split(/ {3,}/)[6]);
	expect(nodes).toEqual(expect.arrayContaining(["slave1", "slave2"]));
	expect(nodes.filter((name) => name === "slave1")).toHaveLength(2);
});

test("the example's Services", () => {
	expect(formatServices(myapp().snapshot.services)).toBe(`\
NAME             TYPE        CLUSTER-IP     EXTERNAL-IP   PORT(S)        AGE         SELECTOR
myapp            ClusterIP   10.150.18.86   <none>        80/TCP         <unknown>   app=myapp,release=canary
myapp-nodeport   NodePort    10.150.18.87   <none>        80:30080/TCP   <unknown>   app=myapp,release=canary
orphan           ClusterIP   10.150.18.99   <none>        80/TCP         <unknown>   app=orphan
`);
});

test("the example's endpoints, and what is said of the Service without any", () => {
	const { snapshot, notes } = myapp();
	expect(formatEndpoints(snapshot.endpointSlices)).toBe(`\
NAME             ENDPOINTS                                      AGE
myapp            10.151.49.3:80,10.151.51.2:80,10.151.51.3:80   <unknown>
myapp-nodeport   10.151.49.3:80,10.151.51.2:80,10.151.51.3:80   <unknown>
orphan           <none>                                         <unknown>
`);
	expect(notes).toEqual(["orphan.yaml:2:1: Service default/orphan: selects no pods (app=orphan): it has no endpoints"]);
});

test("more than three endpoints are counted, and several namespaces make a column", () => {
	const slice = (namespace: string, count: number): KubeSnapshot["endpointSlices"][number] => ({
		namespace,
		name: "x",
		service: "web",
		family: "ipv4",
		ports: [{ name: "", protocol: "TCP", port: 80 }],
		endpoints: Array.from({ length: count }, (_, k) => ({
			addresses: [ip(`10.0.0.${k + 1}`)],
			ready: true,
			serving: true,
			terminating: false,
		})),
	});
	expect(formatEndpoints([slice("b", 5), slice("a", 0)])).toBe(`\
NAMESPACE   NAME   ENDPOINTS                                         AGE
a           web    <none>                                            <unknown>
b           web    10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...   <unknown>
`);
});
