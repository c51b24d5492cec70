/** ipsets and their elements, as objects of the port. */
import { err, ok, type Result } from "../../base/result.ts";
import {
	IPSET_NAME_LENGTH,
	type IpSet,
	type IpSetEntry,
	type IpSetMember,
	type IpSetOptions,
} from "../../kernel/ipset.ts";
import { createSet } from "../netfilter/ipset/create.ts";
import { ipSetError, NO_SUCH_SET } from "../netfilter/ipset/errors.ts";
import { type IpSetTable, ipSetTable } from "../netfilter/ipset/table.ts";
import type { SimIpSet } from "../netfilter/ipset/types.ts";
import type { Netns } from "../types.ts";
import { type ObjectError, type ObjectHandler, refuse, type Undo } from "./handler.ts";

export const ipSetHandler: ObjectHandler<IpSet> = {
	apply(netns, verb, object) {
		const table = ipSetTable(netns);
		const set = table.find(object.name);
		switch (verb) {
			case "add":
				if (set !== undefined) return refuse("EEXIST", "Set cannot be created: set with the same name already exists");
				return create(netns, object);
			case "delete":
				return set === undefined ? err(NO_SUCH_SET) : destroy(table, set);
			case "replace":
				if (object.newName !== undefined) return rename(table, set, object.newName);
				if (object.swapWith !== undefined) return swap(table, set, object.swapWith);
				if (set === undefined) return object.type === undefined ? err(NO_SUCH_SET) : create(netns, object);
				return overwrite(netns, set, object);
		}
	},
	dump: (netns) => ipSetTable(netns).list().map(dumpSet),
};

export const ipSetEntryHandler: ObjectHandler<IpSetEntry> = {
	apply(netns, verb, entry) {
		const set = ipSetTable(netns).find(entry.set);
		if (set === undefined) return err(NO_SUCH_SET);
		const journal: Undo[] = [];
		const exist = verb === "delete" ? entry.ifPresent === true : verb === "replace";
		const error = set.variant.change(verb === "delete" ? "del" : "add", entry, { exist, journal });
		if (error === undefined) return ok(() => playBack(journal));
		playBack(journal);
		return err(ipSetError(error, verb !== "delete"));
	},
	dump: () => [],
};

/** `ipset test`. */
export function testIpSet(netns: Netns, name: string, member: IpSetMember): Result<boolean, ObjectError> {
	const set = ipSetTable(netns).find(name);
	return set === undefined ? err(NO_SUCH_SET) : ok(set.variant.test(member));
}

function create(netns: Netns, object: IpSet): Result<Undo, ObjectError> {
	if (object.name.length > IPSET_NAME_LENGTH) {
		return refuse("ENAMETOOLONG", `setname '${object.name}' is longer than ${IPSET_NAME_LENGTH} characters`);
	}
	const made = createSet(netns, object);
	if (!made.ok) return err(ipSetError(made.error, true));
	const set = made.value;
	const table = ipSetTable(netns);
	table.add(set);
	const undo = (): void => {
		set.variant.release?.();
		table.remove(set);
	};
	const error = fill(set, object.entries ?? []);
	if (error === undefined) return ok(undo);
	undo();
	return err(error);
}

function fill(set: SimIpSet, entries: readonly IpSetMember[]): ObjectError | undefined {
	for (const member of entries) {
		const error = set.variant.change("add", member, { exist: true, journal: [] });
		if (error !== undefined) return ipSetError(error, true);
	}
	return undefined;
}

function destroy(table: IpSetTable, set: SimIpSet): Result<Undo, ObjectError> {
	const place = table.placeOf(set.name);
	if (set.references > 0 || place === undefined) {
		return refuse("EBUSY", "Set cannot be destroyed: it is in use by a kernel component");
	}
	table.remove(set);
	set.variant.release?.();
	return ok(() => {
		table.put(place, set);
		set.variant.hold?.();
	});
}

function rename(table: IpSetTable, set: SimIpSet | undefined, name: string): Result<Undo, ObjectError> {
	if (set === undefined) return err(NO_SUCH_SET);
	if (set.references > 0) return refuse("EBUSY", "Set cannot be renamed: it is in use by another system");
	if (table.find(name) !== undefined) {
		return refuse("EEXIST", "Set cannot be renamed: a set with the new name already exists");
	}
	const before = set.name;
	table.rename(set, name);
	return ok(() => table.rename(set, before));
}

function swap(table: IpSetTable, set: SimIpSet | undefined, name: string): Result<Undo, ObjectError> {
	if (set === undefined) return err(NO_SUCH_SET);
	const other = table.find(name);
	if (other === undefined) return refuse("ENOENT", "Sets cannot be swapped: the second set does not exist");
	if (set.type !== other.type || set.family !== other.family) {
		return refuse("EINVAL", "The sets cannot be swapped: their type does not match");
	}
	table.swap(set, other);
	return ok(() => table.swap(set, other));
}

/** Makes the set hold what the object says, at once. */
function overwrite(netns: Netns, set: SimIpSet, object: IpSet): Result<Undo, ObjectError> {
	const isSame =
		(object.type ?? set.type) === set.type &&
		(object.family ?? set.family) === set.family &&
		sameOptions(object.options ?? {}, set.variant.options);
	if (isSame) {
		if (object.entries === undefined) return ok(() => undefined);
		const journal: Undo[] = [];
		set.variant.flush(journal);
		const error = fill(set, object.entries);
		if (error === undefined) return ok(() => playBack(journal));
		playBack(journal);
		return err(error);
	}
	if (set.references > 0) {
		return refuse("EBUSY", "Set cannot be created: set with the same name already exists");
	}
	const destroyed = destroy(ipSetTable(netns), set);
	if (!destroyed.ok) return destroyed;
	const created = create(netns, object);
	if (created.ok) {
		return ok(() => {
			created.value();
			destroyed.value();
		});
	}
	destroyed.value();
	return created;
}

/** As far as they are given. How large the table has become does not matter. */
function sameOptions(wanted: IpSetOptions, actual: IpSetOptions): boolean {
	const { hashsize: _size, initval: _initval, bucketsize: _bucket, ...options } = wanted;
	const actuals = new Map<string, unknown>(Object.entries(actual));
	return Object.entries(options).every(([key, value]) => JSON.stringify(actuals.get(key)) === JSON.stringify(value));
}

function dumpSet(set: SimIpSet): IpSet {
	const { name, type, family, references, variant } = set;
	return {
		kind: "ipset",
		name,
		type,
		...(family === undefined ? {} : { family }),
		options: variant.options,
		entries: variant.members(),
		header: {
			revision: variant.revision,
			memoryBytes: variant.memoryBytes,
			references,
			entries: variant.count,
		},
	};
}

function playBack(journal: readonly Undo[]): void {
	for (const undo of journal.toReversed()) undo();
}
