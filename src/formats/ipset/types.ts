/** The set types as the tool knows them: components, options in the order in which they are printed. */
import type { IpSetOptions, IpSetType } from "../../kernel/ipset.ts";

export type ElementDim = "ip" | "net" | "port" | "mac" | "mark" | "iface" | "set";

/** An option of `create` by its word; `forceadd` is read and not printed by ipset 7.17. */
export type CreateWord =
	| "family"
	| "range"
	| "forceadd"
	| Exclude<keyof IpSetOptions, "range" | "portRange" | "forceadd">;

export interface TypeSyntax {
	readonly name: IpSetType;
	readonly dims: readonly ElementDim[];
	/** Components that may be left out at the end. */
	readonly optional: number;
	/** In the order of a listing. */
	readonly create: readonly CreateWord[];
	readonly nomatch: boolean;
	/** `test` takes a network where elements are addresses. */
	readonly testsNets: boolean;
}

const EXTENSIONS = ["timeout", "counters", "comment", "forceadd", "skbinfo"] as const;
const HASH = ["hashsize", "maxelem", ...EXTENSIONS, "bucketsize", "initval"] as const;
const BITMAP = ["timeout", "counters", "comment", "skbinfo"] as const;

/** In the order of `ipset help`. */
export const TYPE_SYNTAX: readonly TypeSyntax[] = [
	{ ...base("list:set", ["set"]), create: ["size", ...BITMAP] },
	{ ...base("hash:mac", ["mac"]), create: HASH },
	{ ...base("hash:ip,mac", ["ip", "mac"]), create: ["family", ...HASH] },
	{ ...base("hash:net,iface", ["net", "iface"]), create: ["family", ...HASH] },
	{ ...base("hash:net,port", ["net", "port"]), create: ["family", ...HASH] },
	{ ...base("hash:net,port,net", ["net", "port", "net"]), create: ["family", ...HASH] },
	{ ...base("hash:net,net", ["net", "net"]), create: ["family", ...HASH, "bitmask", "netmask"] },
	{ ...base("hash:net", ["net"]), create: ["family", ...HASH] },
	{ ...base("hash:ip,port,net", ["ip", "port", "net"]), create: ["family", ...HASH] },
	{ ...base("hash:ip,port,ip", ["ip", "port", "ip"]), create: ["family", ...HASH] },
	{ ...base("hash:ip,mark", ["ip", "mark"]), create: ["family", "markmask", ...HASH] },
	{ ...base("hash:ip,port", ["ip", "port"]), create: ["family", ...HASH, "netmask", "bitmask"] },
	{
		...base("hash:ip", ["ip"]),
		testsNets: true,
		create: ["family", "hashsize", "maxelem", "netmask", "bitmask", ...EXTENSIONS, "bucketsize", "initval"],
	},
	{ ...base("bitmap:port", ["port"]), create: ["range", ...BITMAP] },
	{ ...base("bitmap:ip,mac", ["ip", "mac"]), optional: 1, create: ["range", ...BITMAP] },
	{ ...base("bitmap:ip", ["ip"]), testsNets: true, create: ["range", "netmask", ...BITMAP] },
];

function base(name: IpSetType, dims: readonly ElementDim[]): Omit<TypeSyntax, "create"> {
	return { name, dims, optional: 0, nomatch: dims.includes("net"), testsNets: false };
}

/** Names of before version 5. */
const OLD_NAMES: Readonly<Record<string, IpSetType>> = {
	iphash: "hash:ip",
	nethash: "hash:net",
	ipporthash: "hash:ip,port",
	ipportiphash: "hash:ip,port,ip",
	ipportnethash: "hash:ip,port,net",
	ipmap: "bitmap:ip",
	macipmap: "bitmap:ip,mac",
	portmap: "bitmap:port",
	setlist: "list:set",
};

export function typeSyntax(name: string): TypeSyntax | undefined {
	const wanted = OLD_NAMES[name] ?? name;
	return TYPE_SYNTAX.find((type) => type.name === wanted);
}

export function syntaxOf(name: IpSetType): TypeSyntax {
	const found = typeSyntax(name);
	if (found === undefined) throw new Error(`no set type ${name}`);
	return found;
}
