/** The sets of a namespace, by their places: rules and lists refer to a place, names are looked up (ip_set_core.c). */
import { type Netns, pernet } from "../../types.ts";
import type { SimIpSet } from "./types.ts";

export class IpSetTable {
	readonly #places: (SimIpSet | undefined)[] = [];
	readonly #byName = new Map<string, number>();

	placeOf(name: string): number | undefined {
		return this.#byName.get(name);
	}

	at(place: number): SimIpSet | undefined {
		return this.#places[place];
	}

	find(name: string): SimIpSet | undefined {
		const place = this.#byName.get(name);
		return place === undefined ? undefined : this.#places[place];
	}

	/** In the lowest place that is free. */
	add(set: SimIpSet): void {
		const free = this.#places.indexOf(undefined);
		this.put(free < 0 ? this.#places.length : free, set);
	}

	put(place: number, set: SimIpSet): void {
		this.#places[place] = set;
		this.#byName.set(set.name, place);
	}

	remove(set: SimIpSet): void {
		const place = this.#byName.get(set.name);
		if (place === undefined) return;
		this.#places[place] = undefined;
		this.#byName.delete(set.name);
	}

	rename(set: SimIpSet, name: string): void {
		const place = this.#byName.get(set.name);
		if (place === undefined) return;
		this.#byName.delete(set.name);
		set.name = name;
		this.#byName.set(name, place);
	}

	/** Names and references stay in their places; the contents change them. */
	swap(a: SimIpSet, b: SimIpSet): void {
		const [placeA, placeB] = [this.#byName.get(a.name), this.#byName.get(b.name)];
		if (placeA === undefined || placeB === undefined) return;
		[a.name, b.name] = [b.name, a.name];
		[a.references, b.references] = [b.references, a.references];
		this.#places[placeA] = b;
		this.#places[placeB] = a;
	}

	refer(place: number, change: 1 | -1): void {
		const set = this.#places[place];
		if (set !== undefined) set.references += change;
	}

	/** In the order of a listing: lists of sets come last, so that it can be restored. */
	list(): readonly SimIpSet[] {
		const sets = this.#places.filter((set) => set !== undefined);
		return [...sets.filter(({ type }) => type !== "list:set"), ...sets.filter(({ type }) => type === "list:set")];
	}
}

export const ipSetTable: (netns: Netns) => IpSetTable = pernet(() => new IpSetTable());
