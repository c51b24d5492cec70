/** An element of a hash set as the port shows it. */
import type { IpSetPart } from "../../../kernel/ipset.ts";
import { type IpNum, ipText, macText } from "../../../wire/addr.ts";
import type { Elem } from "./elem.ts";
import type { Dim, HashType } from "./hash-type.ts";

export function formatElem(type: HashType, elem: Elem): readonly IpSetPart[] {
	return type.dims.map((dim, at) => formatDim(dim, elem, at === 0));
}

function formatDim(dim: Dim, elem: Elem, isFirst: boolean): IpSetPart {
	switch (dim) {
		case "ip":
			return { kind: "ip", addr: ipText(isFirst ? elem.ip : elem.ip2) };
		case "net":
			return isFirst ? net(elem.ip, elem.cidr) : net(elem.ip2, elem.cidr2);
		case "port":
			return { kind: "port", proto: elem.proto, port: elem.port };
		case "mac":
			return { kind: "mac", mac: macText(elem.mac) };
		case "mark":
			return { kind: "mark", mark: elem.mark };
		case "iface":
			return { kind: "iface", iface: elem.iface, ...(elem.physdev ? { physdev: true } : {}) };
	}
}

function net(address: IpNum, prefix: number): IpSetPart {
	const isHost = prefix === (typeof address === "number" ? 32 : 128);
	return { kind: "ip", addr: ipText(address), ...(isHost ? {} : { prefix }) };
}
