/** The elements that an element with ranges stands for, one by one, in the kernel's order. */
import type { IpSetOptions, IpSetPart } from "../../kernel/ipset.ts";
import { ipNum, ipText, maskedNum } from "../../wire/addr.ts";
import { lastOfNet, netsOfRange } from "../../wire/ip-range.ts";
import type { ElementDim, TypeSyntax } from "./types.ts";

export function hasRange(parts: readonly IpSetPart[], { dims }: TypeSyntax): boolean {
	return parts.some((part, at) => {
		if (part.kind === "port") return part.to !== undefined;
		return part.kind === "ip" && (part.to !== undefined || (part.prefix !== undefined && dims[at] === "ip"));
	});
}

export function* elementsOf(
	parts: readonly IpSetPart[],
	type: TypeSyntax,
	options: IpSetOptions,
): Generator<readonly IpSetPart[]> {
	const [first, ...rest] = parts;
	const [dim, ...dims] = type.dims;
	if (first === undefined || dim === undefined) {
		yield [];
		return;
	}
	// Only a set of addresses alone goes on by whole networks where it has a mask.
	const step = type.dims.length === 1 ? 2 ** (32 - (options.netmask ?? 32)) : 1;
	for (const value of valuesOf(first, dim, step)) {
		for (const others of elementsOf(rest, { ...type, dims }, {})) yield [value, ...others];
	}
}

function* valuesOf(part: IpSetPart, dim: ElementDim, step: number): Generator<IpSetPart> {
	if (part.kind === "port" && part.to !== undefined) {
		const [low, high] = [Math.min(part.port, part.to), Math.max(part.port, part.to)];
		for (let port = low; port <= high; port += 1) yield { kind: "port", proto: part.proto, port };
		return;
	}
	if (part.kind !== "ip" || (part.to === undefined && (part.prefix === undefined || dim === "net"))) {
		yield part;
		return;
	}
	const start = Number(maskedNum(ipNum(part.addr), part.prefix ?? 32));
	const end = part.to === undefined ? lastOfNet(start, part.prefix ?? 32) : Number(ipNum(part.to));
	const [low, high] = [Math.min(start, end), Math.max(start, end)];
	if (dim === "net") {
		for (const { addr, prefix } of netsOfRange(low, high)) yield { kind: "ip", addr: ipText(addr), prefix };
		return;
	}
	for (let addr = low; addr <= high; addr += step) yield { kind: "ip", addr: ipText(addr) };
}
