/** NAT's place in the machine. */
import type { Machine } from "../../types.ts";
import { masqAddressRemoved, masqDeviceEvent } from "./masquerade.ts";

/** Ends masqueraded flows when their device goes down or loses the address; the hooks come with the first nat chain. */
export function initNat(machine: Machine): void {
	machine.deviceNotifiers.push(masqDeviceEvent);
	machine.inetAddrNotifiers.push((event) => {
		if (event.type === "down") masqAddressRemoved(event.dev.netns, event.addr, event.dev);
	});
}
