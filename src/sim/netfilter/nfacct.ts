/** Named accounting objects (net/netfilter/nfnetlink_acct.c). */
import { type Netns, pernet } from "../types.ts";

export interface NfacctObject {
	packets: number;
	bytes: number;
	/** How many rules count here; an object in use cannot be deleted. */
	users: number;
}

export const nfacctObjects: (netns: Netns) => Map<string, NfacctObject> = pernet(() => new Map());
