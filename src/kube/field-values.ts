/** Fields → values that are checked as the API server checks them: names, labels, ports, addresses. */
import { type Cidr, type IpAddr, networkOf, parseCidr, parseIp } from "../wire/addr.ts";
import type { Field } from "./field.ts";
import type { Labels, Protocol } from "./snapshot.ts";

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_PART = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;
const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];

/** At most 63 lower-case letters, digits and `-` (RFC 1123). */
export function readDnsLabel(field: Field): string | undefined {
	const text = field.string();
	if (text === undefined || DNS_LABEL.test(text)) return text;
	return field.expected("a name of at most 63 lower-case letters, digits and '-', beginning and ending with no '-'");
}

/** Labels joined by dots, at most 253 characters. */
export function readDnsSubdomain(field: Field): string | undefined {
	const text = field.string();
	if (text === undefined || isDnsSubdomain(text)) return text;
	return field.expected("a name of lower-case letters, digits, '-' and '.', at most 253 characters");
}

export function isDnsSubdomain(text: string): boolean {
	return text.length <= 253 && DNS_SUBDOMAIN.test(text);
}

/** The name of a container's port: at most 15 characters, one of them a letter. */
export function readContainerPortName(field: Field): string | undefined {
	const text = field.string();
	if (text === undefined || PORT_NAME.test(text)) return text;
	return field.expected("a port name of at most 15 lower-case letters, digits and '-', with at least one letter");
}

export function readLabels(field: Field): Labels {
	const labels: Record<string, string> = {};
	for (const key of field.keys()) {
		const value = field.get(key);
		if (!isLabelKey(key)) value.fail("wrong-field", `${JSON.stringify(key)} is no label key`);
		const text = value.string();
		if (text === undefined && !value.present) value.expected("a string");
		if (text === undefined) continue;
		if (text !== "" && !LABEL_PART.test(text)) {
			value.expected("a label value of at most 63 letters, digits, '-', '_' and '.'");
		} else labels[key] = text;
	}
	return labels;
}

export function readPort(field: Field): number | undefined {
	return field.integer({ min: 1, max: 65535, what: "a port number (1-65535)" });
}

/** TCP when absent. */
export function readProtocol(field: Field): Protocol {
	return field.oneOf(PROTOCOLS) ?? "TCP";
}

export function readIp(field: Field): IpAddr | undefined {
	const text = field.string();
	if (text === undefined) return undefined;
	const parsed = parseIp(text);
	return parsed.ok ? parsed.value : field.expected("an IP address");
}

/** A network written as `ADDRESS/LENGTH`; host bits are cleared. */
export function readCidr(field: Field): Cidr | undefined {
	const text = field.string()?.trim();
	if (text === undefined) return undefined;
	const parsed = parseCidr(text);
	return parsed.ok && text.includes("/") ? networkOf(parsed.value) : field.expected("a CIDR (ADDRESS/LENGTH)");
}

/** The items of a list that can be read. */
export function readList<T>(list: Field, read: (item: Field) => T | undefined): readonly T[] {
	const values: T[] = [];
	for (const item of list.items()) {
		const value = read(item);
		if (value !== undefined) values.push(value);
		else if (!item.present) item.expected("a value");
	}
	return values;
}

/** The value of a field that must be there. */
export function required<T>(field: Field, read: (field: Field) => T | undefined, what: string): T | undefined {
	return field.present ? read(field) : field.expected(what);
}

function isLabelKey(key: string): boolean {
	const slash = key.indexOf("/");
	if (slash < 0) return LABEL_PART.test(key);
	const prefix = key.slice(0, slash);
	return prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix) && LABEL_PART.test(key.slice(slash + 1));
}
