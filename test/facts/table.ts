/** All facts of §1 and §3 of ../shared/reference/kernel-lab.md, in their order. */
import { CONNTRACK_FACTS } from "./conntrack.ts";
import { ERROR_FACTS } from "./errors.ts";
import type { Fact } from "./fact.ts";
import { IP_FACTS } from "./ip.ts";
import { IPTABLES_FACTS } from "./iptables.ts";
import { LAB_FACTS } from "./labs.ts";
import { LINK_FACTS } from "./links.ts";
import { NAT_FACTS } from "./nat.ts";
import { NEIGHBOUR_FACTS } from "./neighbours.ts";

export const FACTS: readonly Fact[] = [
	...LAB_FACTS,
	...CONNTRACK_FACTS,
	...NAT_FACTS,
	...ERROR_FACTS,
	...IP_FACTS,
	...NEIGHBOUR_FACTS,
	...LINK_FACTS,
	...IPTABLES_FACTS,
];
