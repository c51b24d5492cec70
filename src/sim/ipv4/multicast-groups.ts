/** Multicast groups that this host takes packets of, per device (net/ipv4/igmp.c). Joining sends no IGMP: routers are not told. */
import { type NetDevice, perdevice } from "../types.ts";
import { isMulticast } from "./martian.ts";

export class MulticastGroups {
	readonly #members = new Map<number, number>();

	has(group: number): boolean {
		return this.#members.has(group);
	}

	/** Whether a group that was joined has this MAC address: 01:00:5e and the lower 23 bits. */
	hasMac(mac: number): boolean {
		return [...this.#members.keys()].some((group) => 0x01005e000000 + (group & 0x7fffff) === mac);
	}

	/** Does nothing for an address that is no group. */
	join(group: number): void {
		if (isMulticast(group)) this.#members.set(group, (this.#members.get(group) ?? 0) + 1);
	}

	leave(group: number): void {
		const left = (this.#members.get(group) ?? 0) - 1;
		if (left > 0) this.#members.set(group, left);
		else this.#members.delete(group);
	}
}

export const mcGroups: (dev: NetDevice) => MulticastGroups = perdevice(() => new MulticastGroups());
