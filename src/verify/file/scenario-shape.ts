/** The shape of a scenario file, once: it reads the text, and docs/scenario-v1.schema.json is made from it. */
import * as z from "zod";
import { addressShape, durationShape, ipsetText, iptablesText, parsedText, wholeNumber } from "../../formats/shapes.ts";
import { type IpAddr, parseIp } from "../../wire/addr.ts";
import type { ChangeableObject, Listener, NetnsConfig, Scenario, Step } from "../scenario.ts";
import {
	addrShape,
	bridgeVlanShape,
	deviceShape,
	fdbShape,
	linkShape,
	neighShape,
	netnsName,
	number32,
	policyRuleShape,
	routeShape,
	sysctlShape,
	sysctlsShape,
	xtRuleShape,
} from "./object-shapes.ts";
import { frameShape } from "./packet-shape.ts";

export const SCENARIO_SCHEMA = "podwire.scenario/v1";

const NS_PER_MS = 1e6;

interface Endpoint {
	readonly addr: IpAddr;
	readonly port: number;
}

const endpoint: z.ZodType<Endpoint, string> = parsedText("an address and a port as 10.0.0.1:80", (text) => {
	const { addr, port } = endpointOf(text);
	return addr === undefined || port === undefined ? { ok: false } : { ok: true, value: { addr, port } };
});

const source: z.ZodType<Partial<Endpoint> & Pick<Endpoint, "port">, string> = parsedText(
	"an address and a port as 10.0.0.1:4000, or :4000",
	(text) => {
		const { addr, port } = endpointOf(text);
		if (port === undefined || (addr === undefined && !text.startsWith(":"))) return { ok: false };
		return { ok: true, value: { ...(addr === undefined ? {} : { addr }), port } };
	},
);

function endpointOf(text: string): Partial<Endpoint> {
	const found = /^(.*):(\d{1,5})$/.exec(text);
	const addr = parseIp(found?.[1] ?? "");
	const port = Number(found?.[2] ?? 0);
	return { ...(addr.ok ? { addr: addr.value } : {}), ...(port > 0 && port < 0x10000 ? { port } : {}) };
}

const accountName = z.string().regex(/^[^\s"]{1,31}$/, { error: "a name: at most 31 characters, no space" });

const config: z.ZodType<NetnsConfig> = z
	.strictObject({
		sysctls: sysctlsShape.exactOptional(),
		addresses: z.array(addrShape).exactOptional(),
		routes: z.array(routeShape).exactOptional(),
		rules: z.array(policyRuleShape).exactOptional(),
		neighbours: z.array(neighShape).exactOptional(),
		vlans: z.array(bridgeVlanShape).exactOptional(),
		fdb: z.array(fdbShape).exactOptional(),
		ipset: ipsetText.exactOptional(),
		nfacct: z.array(accountName).exactOptional(),
		iptables: iptablesText.exactOptional(),
	})
	.transform(({ addresses, neighbours, ...rest }) => ({
		...rest,
		...(addresses === undefined ? {} : { addrs: addresses }),
		...(neighbours === undefined ? {} : { neighs: neighbours }),
	}));

const listener: z.ZodType<Listener> = z
	.strictObject({ in: netnsName, program: z.enum(["udp-echo", "udp-sink", "tcp-echo"]), at: endpoint })
	.transform(({ in: netns, program, at }) => ({ kind: program, netns, ...at }));

const mark = number32.exactOptional();
const ttl = z
	.int({ error: "a whole number from 1 to 255" })
	.min(1, { error: "a whole number from 1 to 255" })
	.max(255, { error: "a whole number from 1 to 255" })
	.exactOptional();

const tcp = z
	.strictObject({
		in: netnsName,
		from: source,
		to: endpoint,
		payload: z.string(),
		mark,
		timeout: durationShape.exactOptional(),
	})
	.transform(({ in: netns, timeout, ...rest }) => ({
		kind: "tcp" as const,
		netns,
		...rest,
		...(timeout === undefined ? {} : { timeoutMs: timeout / NS_PER_MS }),
	}));

const udp = z
	.strictObject({
		in: netnsName,
		from: source,
		to: endpoint,
		payload: z.string(),
		mark,
		ttl,
		pmtudisc: z.enum(["want", "do", "dont"]).exactOptional(),
	})
	.transform(({ in: netns, ...rest }) => ({ kind: "udp" as const, netns, ...rest }));

const word = z
	.int({ error: "a whole number from 0 to 65535" })
	.min(0, { error: "a whole number from 0 to 65535" })
	.max(0xffff, { error: "a whole number from 0 to 65535" });

const ping = z
	.strictObject({ in: netnsName, to: addressShape, id: word, seq: word, bytes: wholeNumber.default(56), ttl, mark })
	.transform(({ in: netns, bytes, ...rest }) => ({ kind: "ping" as const, netns, payloadBytes: bytes, ...rest }));

const change = z
	.strictObject({
		in: netnsName,
		verb: z.enum(["add", "replace", "delete"]),
		device: linkShape.exactOptional(),
		address: addrShape.exactOptional(),
		route: routeShape.exactOptional(),
		rule: policyRuleShape.exactOptional(),
		neighbour: neighShape.exactOptional(),
		fdb: fdbShape.exactOptional(),
		vlan: bridgeVlanShape.exactOptional(),
		sysctl: sysctlShape.exactOptional(),
		iptables: xtRuleShape.exactOptional(),
	})
	.transform(({ in: netns, verb, ...objects }, context): Extract<Step, { kind: "change" }> => {
		const given: readonly ChangeableObject[] = Object.values(objects);
		const [object] = given;
		if (object !== undefined && given.length === 1) return { kind: "change", netns, verb, object };
		context.addIssue({
			code: "custom",
			message: "one of device, address, route, rule, neighbour, fdb, vlan, sysctl and iptables",
		});
		return z.NEVER;
	});

const step: z.ZodType<Step> = z
	.strictObject({
		frame: frameShape.transform((frame) => ({ kind: "frame" as const, ...frame })).exactOptional(),
		tcp: tcp.exactOptional(),
		udp: udp.exactOptional(),
		ping: ping.exactOptional(),
		change: change.exactOptional(),
		wait: durationShape.transform((ns) => ({ kind: "wait" as const, ms: ns / NS_PER_MS })).exactOptional(),
	})
	.transform((kinds, context): Step => {
		const given: readonly Step[] = Object.values(kinds);
		const [only] = given;
		if (only !== undefined && given.length === 1) return only;
		context.addIssue({ code: "custom", message: "one of frame, tcp, udp, ping, change and wait" });
		return z.NEVER;
	});

export const SCENARIO_SHAPE: z.ZodType<Scenario> = z
	.strictObject({
		schema: z.literal(SCENARIO_SCHEMA),
		name: z.string(),
		features: z.array(z.string()).default([]),
		netns: z.array(netnsName).min(1, { error: "at least one namespace" }),
		devices: z.array(deviceShape).default([]),
		config: z.record(netnsName, config).default({}),
		listen: z.array(listener).default([]),
		steps: z.array(step),
	})
	.transform(({ name, features, netns, devices, config, listen, steps }) => ({
		name,
		features,
		topology: { netns, links: devices },
		config,
		listen,
		steps,
	}))
	.meta({ title: "A podwire scenario" });
