/** `-j DNAT`, `-j SNAT`, `-j MASQUERADE`, `-j REDIRECT`. */
import type { NatRange, PortRange, Target } from "../../../kernel/xtables.ts";
import { familyOf, type IpFamily, ipNum, parseIp } from "../../../wire/addr.ts";
import { type Extension, extension, type Fault, type OptionSyntax, type RuleHead } from "../extension.ts";
import { formatPortRange, parsePort } from "../values.ts";

interface NatDraft {
	to?: NatRange;
	toPorts?: PortRange;
	random?: true;
	randomFully?: true;
	persistent?: true;
}

type NatTarget = Extract<Target, { kind: "dnat" | "snat" | "masquerade" | "redirect" }>;

/** icmp, tcp, udp, dccp, icmpv6, sctp: what has ports, or an identifier in their place. */
const WITH_PORTS: readonly number[] = [1, 6, 17, 33, 58, 132];

const RANDOM = flag("random");
const RANDOM_FULLY = flag("randomFully");
const PERSISTENT = flag("persistent");
const TO_PORTS: OptionSyntax<NatDraft> = {
	args: 1,
	set: (draft, { value }) => {
		const ports = parseDashedPorts(value);
		if (typeof ports === "string") return ports;
		draft.toPorts = ports;
		return undefined;
	},
};
const TO_RANGE: OptionSyntax<NatDraft> = {
	args: 1,
	set: (draft, { value, family }) => {
		const range = parseNatRange(value, family);
		if (typeof range === "string") return range;
		draft.to = range;
		return undefined;
	},
};

export const DNAT: Extension<Target> = extension<Target, NatDraft>({
	name: "DNAT",
	options: { "--to-destination": TO_RANGE, "--random": RANDOM, "--persistent": PERSISTENT },
	start: () => ({}),
	finish: ({ to, ...flags }, head) => {
		if (to === undefined) return `DNAT: option "--to-destination" must be specified`;
		return needPorts(head, to.minPort !== undefined) ?? { kind: "dnat", to, ...flags };
	},
});

export const SNAT: Extension<Target> = extension<Target, NatDraft>({
	name: "SNAT",
	options: { "--to-source": TO_RANGE, "--random": RANDOM, "--random-fully": RANDOM_FULLY, "--persistent": PERSISTENT },
	start: () => ({}),
	finish: ({ to, ...flags }, head) => {
		if (to === undefined) return `SNAT: option "--to-source" must be specified`;
		return needPorts(head, to.minPort !== undefined) ?? { kind: "snat", to, ...flags };
	},
});

export const MASQUERADE: Extension<Target> = extension<Target, NatDraft>({
	name: "MASQUERADE",
	options: { "--to-ports": TO_PORTS, "--random": RANDOM, "--random-fully": RANDOM_FULLY },
	start: () => ({}),
	finish: (draft, head) => needPorts(head, draft.toPorts !== undefined) ?? { kind: "masquerade", ...draft },
});

export const REDIRECT: Extension<Target> = extension<Target, NatDraft>({
	name: "REDIRECT",
	options: { "--to-ports": TO_PORTS, "--random": RANDOM },
	start: () => ({}),
	finish: (draft, head) => needPorts(head, draft.toPorts !== undefined) ?? { kind: "redirect", ...draft },
});

export function formatNat(target: NatTarget): string {
	return ` -j ${target.kind.toUpperCase()}${natTo(target)}${natFlags(target)}`;
}

/** `1.2.3.4-1.2.3.9:80-90/85`; IPv6 with ports: `[fd00::1]:80`. */
export function formatNatRange(range: NatRange): string {
	let text = range.minAddr ?? "";
	if (range.maxAddr !== undefined && range.maxAddr !== range.minAddr) text += `-${range.maxAddr}`;
	if (range.minPort === undefined) return text;
	if (text.includes(":")) text = `[${text}]`;
	text += `:${formatPortRange({ from: range.minPort, to: range.maxPort ?? range.minPort }, "-")}`;
	return range.basePort === undefined ? text : `${text}/${range.basePort}`;
}

/** ` --random --random-fully --persistent`, those that are set. */
export function natFlags(target: NatTarget): string {
	const flags: NatDraft = target;
	return (
		(flags.random === true ? " --random" : "") +
		(flags.randomFully === true ? " --random-fully" : "") +
		(flags.persistent === true ? " --persistent" : "")
	);
}

function natTo(target: NatTarget): string {
	switch (target.kind) {
		case "dnat":
			return ` --to-destination ${formatNatRange(target.to)}`;
		case "snat":
			return ` --to-source ${formatNatRange(target.to)}`;
		case "masquerade":
		case "redirect":
			return target.toPorts === undefined ? "" : ` --to-ports ${formatPortRange(target.toPorts, "-")}`;
	}
}

function needPorts(head: RuleHead, given: boolean): Fault | undefined {
	if (!given || (WITH_PORTS.includes(head.proto) && !head.protoInvert)) return undefined;
	return "Need TCP, UDP, SCTP or DCCP with port specification";
}

function flag(key: "random" | "randomFully" | "persistent"): OptionSyntax<NatDraft> {
	return {
		args: 0,
		set: (draft) => {
			draft[key] = true;
			return undefined;
		},
	};
}

function parseDashedPorts(text: string): PortRange | string {
	if (text.includes(":")) return "Invalid port:port syntax - use dash";
	const dash = text.indexOf("-");
	const whole = parsePort(text);
	if (whole !== undefined) return { from: whole, to: whole };
	const from = parsePort(text.slice(0, Math.max(dash, 0)));
	const to = parsePort(text.slice(dash + 1));
	if (from === undefined) return `Port \`${text}' not valid`;
	if (to === undefined) return `Port \`${text.slice(dash + 1)}' not valid`;
	return from > to ? `Port range \`${text.slice(dash + 1)}' funky` : { from, to };
}

/** `[addr[-addr]][:port[-port[/base]]]`. `maxAddr` and `maxPort` are left out when they equal the minimum. */
function parseNatRange(text: string, family: IpFamily): NatRange | string {
	const bracket = text.startsWith("[") ? text.indexOf("]") : -1;
	const colon =
		family === "ipv4" || bracket >= 0 || text.startsWith(":") ? text.indexOf(":", Math.max(bracket, 0)) : -1;
	const addrs = bracket >= 0 ? text.slice(1, bracket) : colon < 0 ? text : text.slice(0, colon);
	const range: { -readonly [K in keyof NatRange]: NatRange[K] } = {};
	if (addrs !== "") {
		const [min = "", max, ...more] = addrs.split("-");
		const minAddr = parseIp(min);
		const maxAddr = parseIp(max ?? min);
		if (!minAddr.ok || familyOf(minAddr.value) !== family) return `Bad IP address "${min}"`;
		if (!maxAddr.ok || familyOf(maxAddr.value) !== family || more.length > 0) return `Bad IP address "${max}"`;
		if (ipNum(minAddr.value) > ipNum(maxAddr.value)) return `Bad IP range "${addrs}"`;
		range.minAddr = minAddr.value;
		if (maxAddr.value !== minAddr.value) range.maxAddr = maxAddr.value;
	}
	if (colon < 0) return addrs === "" ? `Bad IP address "${text}"` : range;
	const [portsText = "", baseText] = text.slice(colon + 1).split("/");
	const ports = parseDashedPorts(portsText);
	if (typeof ports === "string") return ports;
	range.minPort = ports.from;
	if (ports.to !== ports.from) range.maxPort = ports.to;
	if (baseText === undefined) return range;
	const base = parsePort(baseText);
	if (base === undefined) return `Port \`${baseText}' not valid`;
	range.basePort = base;
	return range;
}
