/** What the kernel answers to a request about a set (`IPSET_ERR_*`), in the words of ipset 7.17. */
import type { Errno } from "../../../kernel/kernel.ts";
import type { ObjectError } from "../../objects/handler.ts";

/** The kernel's names without `IPSET_ERR_`; `AGAIN` stays inside: the table must grow first. */
export type IpSetErr =
	| "AGAIN"
	| "BITMAP_RANGE"
	| "BITMAP_RANGE_SIZE"
	| "COMMENT"
	| "COUNTER"
	| "EINVAL"
	| "EXIST"
	| "HASH_ELEM"
	| "HASH_FULL"
	| "HASH_RANGE"
	| "INVALID_CIDR"
	| "INVALID_FAMILY"
	| "INVALID_MARKMASK"
	| "INVALID_NETMASK"
	| "INVALID_PROTO"
	| "LOOP"
	| "NAME"
	| "NAMEREF"
	| "NOMEM"
	| "PROTOCOL"
	| "REF_EXIST"
	| "SKBINFO"
	| "TIMEOUT"
	| "TYPE_NOT_FOUND";

const MESSAGES: Readonly<Record<Exclude<IpSetErr, "EXIST">, readonly [Errno, string]>> = {
	AGAIN: ["EINVAL", "Kernel error received: Resource temporarily unavailable"],
	BITMAP_RANGE: ["ERANGE", "Element is out of the range of the set"],
	BITMAP_RANGE_SIZE: ["ERANGE", "The range you specified exceeds the size limit of the set type"],
	COMMENT: ["EINVAL", "Comment cannot be used: set was created without comment support"],
	COUNTER: ["EINVAL", "Packet/byte counters cannot be used: set was created without counter support"],
	EINVAL: ["EINVAL", "Kernel error received: Invalid argument"],
	HASH_ELEM: ["EINVAL", "Null-valued element, cannot be stored in a hash type of set"],
	HASH_FULL: ["ENOMEM", "Hash is full, cannot add more elements"],
	HASH_RANGE: ["ERANGE", "Invalid range, covers the whole address space"],
	INVALID_CIDR: ["EINVAL", "The value of the CIDR parameter of the IP address is invalid"],
	INVALID_FAMILY: ["EINVAL", "Protocol family not supported by the set type"],
	INVALID_MARKMASK: ["EINVAL", "The value of the markmask parameter is invalid"],
	INVALID_NETMASK: ["EINVAL", "The value of the netmask parameter is invalid"],
	INVALID_PROTO: ["EINVAL", "Invalid protocol specified"],
	LOOP: ["ELOOP", "Sets with list:set type cannot be added to the set."],
	NAME: ["ENOENT", "Set to be added/deleted/tested as element does not exist."],
	NAMEREF: ["ENOENT", "The set to which you referred with 'before' or 'after' does not exist."],
	NOMEM: ["ENOMEM", "Kernel error received: Cannot allocate memory"],
	PROTOCOL: ["EINVAL", "Kernel error received: Protocol error"],
	REF_EXIST: ["ENOENT", "The set to which you referred with 'before' or 'after' is not added to the set."],
	SKBINFO: ["EINVAL", "Skbinfo mapping cannot be used: set was created without skbinfo support"],
	TIMEOUT: ["EINVAL", "Timeout cannot be used: set was created without timeout support"],
	TYPE_NOT_FOUND: ["EINVAL", "Kernel error received: set type not supported"],
};

export function ipSetError(error: IpSetErr, adding: boolean): ObjectError {
	if (error === "EXIST") {
		return adding
			? { errno: "EEXIST", message: "Element cannot be added to the set: it's already added" }
			: { errno: "ENOENT", message: "Element cannot be deleted from the set: it's not added" };
	}
	const [errno, message] = MESSAGES[error];
	return { errno, message };
}

export const NO_SUCH_SET: ObjectError = { errno: "ENOENT", message: "The set with the given name does not exist" };
