/** Making a set (ip_set_create and the `create` functions of the types). */
import { err, ok, type Result } from "../../../base/result.ts";
import type { BitmapSetType, HashSetType, IpSet, IpSetOptions, IpSetType } from "../../../kernel/ipset.ts";
import { familyOf, type IpFamily, ipNum } from "../../../wire/addr.ts";
import type { Netns } from "../../types.ts";
import { bitmapRange } from "./bitmap-range.ts";
import { BitmapSet } from "./bitmap-set.ts";
import type { IpSetErr } from "./errors.ts";
import { ExtensionKit } from "./extensions.ts";
import { HashSet } from "./hash-set.ts";
import { HASH_TYPES, hostPrefix } from "./hash-type.ts";
import { ListSet } from "./list-set.ts";
import { ipSetTable } from "./table.ts";
import { SimIpSet } from "./types.ts";

const KERN_WARNING = 4;

export function createSet(netns: Netns, { name, type, ...object }: IpSet): Result<SimIpSet, IpSetErr> {
	if (type === undefined) return err("TYPE_NOT_FOUND");
	const options = object.options ?? {};
	const kit = new ExtensionKit(options, netns.machine.loop);
	if (type === "list:set") {
		const variant = new ListSet(ipSetTable(netns), options, kit);
		return ok(new SimIpSet({ name, type, family: undefined, variant }));
	}
	if (isBitmap(type)) {
		if (type !== "bitmap:port" && object.family === "ipv6") return err("INVALID_FAMILY");
		const made = bitmapRange(type, options);
		if (typeof made === "string") return err(made);
		const variant = new BitmapSet({ type, kit, ...made });
		return ok(new SimIpSet({ name, type, family: type === "bitmap:port" ? undefined : "ipv4", variant }));
	}
	const family = type === "hash:mac" ? undefined : (object.family ?? "ipv4");
	const checked = checkOptions(type, family ?? "ipv4", options);
	if (typeof checked === "string") return err(checked);
	const variant = new HashSet({
		type: HASH_TYPES[type],
		family: family ?? "ipv4",
		options: checked,
		kit,
		initval: options.initval ?? netns.machine.rng.uint32(),
		warn: (maxelem) => {
			const at = netns.machine.loop.now();
			const text = `Set ${set.name} is full, maxelem ${maxelem} reached`;
			netns.machine.log.push({ at, netns: netns.name, level: KERN_WARNING, text });
		},
	});
	const set = new SimIpSet({ name, type, family, variant });
	return ok(set);
}

/** Room for more buckets than this is not to be had. */
const MAX_HASHSIZE = 2 ** 24;

function checkOptions(type: HashSetType, family: IpFamily, options: IpSetOptions): IpSetOptions | IpSetErr {
	if ((options.hashsize ?? 0) > MAX_HASHSIZE) return "NOMEM";
	const { netmask, bitmask, markmask } = options;
	if (netmask !== undefined && (netmask === 0 || netmask > hostPrefix(family))) return "INVALID_NETMASK";
	if (bitmask !== undefined) {
		const mask = ipNum(bitmask);
		if (familyOf(bitmask) !== family || mask === 0 || mask === 0n) return "INVALID_NETMASK";
	}
	if (markmask === 0) return "INVALID_MARKMASK";
	return type === "hash:ip,mark" ? { ...options, markmask: markmask ?? 0xffffffff } : options;
}

function isBitmap(type: IpSetType): type is BitmapSetType {
	return type.startsWith("bitmap:");
}
