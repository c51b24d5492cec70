/** Scenario → text that `parseScenario` reads back as the same scenario. */
import { Document, isMap, isPair, isScalar, isSeq, visit, type YAMLMap } from "yaml";
import { hex } from "../../base/bytes.ts";
import type { NetnsConfig, PlacedLink, Scenario, Step } from "../scenario.ts";
import { addrText } from "../sights.ts";
import { describePacket } from "./describe-packet.ts";
import {
	addrWords,
	linkWords,
	neighWords,
	objectWords,
	policyRuleWords,
	routeWords,
	sysctlWord,
	type Words,
	withoutKind,
} from "./object-words.ts";
import type { Packet } from "./packet.ts";
import { packetWords } from "./packet-words.ts";
import { SCENARIO_SCHEMA } from "./scenario-shape.ts";

/** Never broken. */
const LINE_WIDTH = 0;

/** YAML; comments, one to a line, stand in front. */
export function printScenario(scenario: Scenario, comment?: string): string {
	const document = new Document(scenarioWords(scenario), { keepUndefined: false, aliasDuplicateObjects: false });
	if (comment !== undefined) document.commentBefore = comment.replaceAll(/^/gm, " ");
	visit(document, {
		Collection: (_, node, path) => {
			if (isOneLine(node, path)) node.flow = true;
		},
	});
	return document.toString({ lineWidth: LINE_WIDTH, blockQuote: "literal", flowCollectionPadding: true });
}

/** Devices, routes and the like, and what stands behind a step's kind: a line each. */
function isOneLine(node: unknown, path: readonly unknown[]): boolean {
	if (isSeq(node)) return node.items.every((item) => !isMap(item));
	if (!isMap(node)) return false;
	const [sequence, step] = [path.at(-3), path.at(-2)];
	if (isSeq(sequence) && isMap(step)) return true;
	return isSeq(path.at(-1)) && !isStep(node);
}

function isStep(node: YAMLMap): boolean {
	const [pair] = node.items;
	return node.items.length === 1 && STEP_KINDS.has(isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : "");
}

const STEP_KINDS: ReadonlySet<string> = new Set<Step["kind"]>(["frame", "tcp", "udp", "ping", "change", "wait"]);

/** As data that JSON can hold. */
function scenarioWords({ name, features, topology, config, listen, steps }: Scenario): Words {
	return {
		schema: SCENARIO_SCHEMA,
		name,
		features,
		netns: topology.netns,
		devices: topology.links.map(deviceWords),
		config: Object.fromEntries(Object.entries(config).map(([netns, of]) => [netns, configWords(of)])),
		listen: listen.map(({ kind, netns, addr, port }) => ({ in: netns, program: kind, at: addrText({ addr, port }) })),
		steps: steps.map(stepWords),
	};
}

function deviceWords({ netns, link }: PlacedLink): Words {
	return { in: netns, ...linkWords(link) };
}

function configWords({
	sysctls,
	addrs,
	routes,
	rules,
	neighs,
	vlans,
	fdb,
	ipset,
	nfacct,
	iptables,
}: NetnsConfig): Words {
	const values = Object.entries(sysctls ?? {}).map(([key, value]) => [key, sysctlWord(value)]);
	return {
		sysctls: sysctls && Object.fromEntries(values),
		addresses: addrs?.map(addrWords),
		routes: routes?.map(routeWords),
		rules: rules?.map(policyRuleWords),
		neighbours: neighs?.map(neighWords),
		vlans: vlans?.map(withoutKind),
		fdb: fdb?.map(withoutKind),
		ipset,
		nfacct,
		iptables,
	};
}

function stepWords(step: Step): Words {
	switch (step.kind) {
		case "frame":
			return { frame: { in: step.netns, dev: step.dev, ...frameWords(step.bytes) } };
		case "tcp": {
			const { netns, from, to, timeoutMs, ...rest } = withoutKind(step);
			const timeout = timeoutMs === undefined ? undefined : `${timeoutMs}ms`;
			return { tcp: { in: netns, from: sourceText(from), to: addrText(to), ...rest, timeout } };
		}
		case "udp": {
			const { netns, from, to, ...rest } = withoutKind(step);
			return { udp: { in: netns, from: sourceText(from), to: addrText(to), ...rest } };
		}
		case "ping": {
			const { netns, payloadBytes, ...rest } = withoutKind(step);
			return { ping: { in: netns, ...rest, bytes: payloadBytes } };
		}
		case "change": {
			const [field, words] = objectWords(step.object);
			return { change: { in: step.netns, verb: step.verb, [field]: words } };
		}
		case "wait":
			return { wait: `${step.ms}ms` };
	}
}

function sourceText({ addr, port }: { readonly addr?: string; readonly port: number }): string {
	return `${addr ?? ""}:${port}`;
}

function frameWords(bytes: Uint8Array): Words {
	const packet: Packet | undefined = describePacket(bytes);
	return packet === undefined ? { hex: hex(bytes) } : packetWords(packet);
}
