/** Scenarios in code, for tests of the runner. */
import { SimKernel } from "../src/sim/sim-kernel.ts";
import type { Scenario, Step } from "../src/verify/scenario.ts";
import { PortHost } from "../src/verify/scenario-host.ts";
import { cidr, ip, mac } from "../src/wire/addr.ts";

/** The simulated kernel as scenarios see it. */
export function simHost(seed: number): PortHost {
	const kernel = new SimKernel({ seed });
	return new PortHost(kernel, async () => kernel.runBacklog());
}

/** client — router — bridge with one pod, a Service address 10.0.0.100:80 → the pod, and MASQUERADE. */
export function dnatScenario(steps: Scenario["steps"]): Scenario {
	return {
		name: "DNAT to a pod behind a bridge",
		features: ["target DNAT", "target MASQUERADE", "device bridge"],
		topology: {
			netns: ["client", "router", "pod"],
			links: [
				{
					netns: "router",
					link: {
						kind: "link",
						name: "eth0",
						mac: mac("02:00:00:00:00:02"),
						link: { type: "veth", peer: "eth0", peerNetns: "client", peerMac: mac("02:00:00:00:00:01") },
						up: true,
					},
				},
				{ netns: "client", link: { kind: "link", name: "eth0", up: true } },
				{
					netns: "router",
					link: { kind: "link", name: "br0", mac: mac("02:00:00:00:01:01"), link: { type: "bridge" }, up: true },
				},
				{
					netns: "router",
					link: {
						kind: "link",
						name: "veth0",
						mac: mac("02:00:00:00:01:0b"),
						link: { type: "veth", peer: "eth0", peerNetns: "pod", peerMac: mac("02:00:00:00:01:02") },
						master: "br0",
						up: true,
					},
				},
				{ netns: "pod", link: { kind: "link", name: "eth0", up: true } },
			],
		},
		config: {
			client: {
				addrs: [
					{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.1/24") },
					{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.3/24") },
				],
			},
			router: {
				sysctls: { "net.ipv4.ip_forward": "1" },
				addrs: [
					{ kind: "addr", dev: "eth0", addr: cidr("10.0.0.2/24") },
					{ kind: "addr", dev: "br0", addr: cidr("10.244.1.1/24") },
				],
				iptables: `*nat
-A PREROUTING -d 10.0.0.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.2:9090
-A PREROUTING -d 10.0.0.2/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.244.1.2:5353
-A POSTROUTING -d 10.244.1.0/24 -j MASQUERADE
COMMIT
*filter
-A FORWARD -j LOG --log-prefix "fwd: " --log-tcp-sequence --log-tcp-options
COMMIT
`,
			},
			pod: {
				addrs: [{ kind: "addr", dev: "eth0", addr: cidr("10.244.1.2/24") }],
				routes: [{ kind: "route", dst: cidr("0.0.0.0/0"), via: ip("10.244.1.1") }],
			},
		},
		listen: [
			{ kind: "tcp-echo", netns: "pod", addr: ip("10.244.1.2"), port: 9090 },
			{ kind: "udp-echo", netns: "pod", addr: ip("10.244.1.2"), port: 5353 },
		],
		steps,
	};
}

export const TCP_STEP: Extract<Step, { kind: "tcp" }> = {
	kind: "tcp",
	netns: "client",
	from: { addr: ip("10.0.0.1"), port: 40000 },
	to: { addr: ip("10.0.0.2"), port: 80 },
	payload: "hello",
};

export const UDP_STEP: Extract<Step, { kind: "udp" }> = {
	kind: "udp",
	netns: "client",
	from: { addr: ip("10.0.0.1"), port: 40001 },
	to: { addr: ip("10.0.0.2"), port: 53 },
	payload: "hello",
};

/** Both clients come from the same port: the second gets another one. */
export const CLASH_STEPS: readonly Step[] = [UDP_STEP, { ...UDP_STEP, from: { addr: ip("10.0.0.3"), port: 40001 } }];
