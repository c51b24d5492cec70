/** All facts of §1 and §3 of ../shared/reference/kernel-lab.md, in their order. */
import { CONNTRACK_FACTS } from "./conntrack.ts";
import type { Fact } from "./fact.ts";
import { LAB_FACTS } from "./labs.ts";

export const FACTS: readonly Fact[] = [...LAB_FACTS, ...CONNTRACK_FACTS];
