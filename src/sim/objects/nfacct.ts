/** nfacct objects of the port: named counters for `-m nfacct`. */
import { ok } from "../../base/result.ts";
import type { Nfacct } from "../../kernel/objects.ts";
import { type NfacctObject, nfacctObjects } from "../netfilter/nfacct.ts";
import { type ObjectHandler, refuse, type Undo } from "./handler.ts";

/** NFACCT_NAME_MAX. */
const NAME_LENGTH = 31;

/** `replace` of an object that is there sets its counters if they are given, and leaves it to the rules that count in it. */
export const nfacctHandler: ObjectHandler<Nfacct> = {
	apply(netns, verb, { name, counters }) {
		const objects = nfacctObjects(netns);
		const object = objects.get(name);
		if (verb === "delete") {
			if (object === undefined) return refuse("ENOENT", `accounting object \`${name}' does not exist`);
			if (object.users > 0) return refuse("EBUSY", `accounting object \`${name}' is in use`);
			objects.delete(name);
			return ok(() => void objects.set(name, object));
		}
		if (object === undefined) {
			if (name === "" || name.length > NAME_LENGTH)
				return refuse("EINVAL", `accounting object name \`${name}' is not allowed`);
			objects.set(name, { packets: counters?.packets ?? 0, bytes: counters?.bytes ?? 0, users: 0 });
			return ok(() => void objects.delete(name));
		}
		if (verb === "add") return refuse("EEXIST", `accounting object \`${name}' already exists`);
		return ok(setCounters(object, counters ?? object));
	},
	dump(netns) {
		return [...nfacctObjects(netns)].map(([name, { packets, bytes }]) => ({
			kind: "nfacct",
			name,
			counters: { packets, bytes },
		}));
	},
};

function setCounters(object: NfacctObject, to: { readonly packets: number; readonly bytes: number }): Undo {
	const { packets, bytes } = object;
	object.packets = to.packets;
	object.bytes = to.bytes;
	return () => void Object.assign(object, { packets, bytes });
}
