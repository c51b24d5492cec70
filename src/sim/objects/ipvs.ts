/** IPVS objects of the port. */
import type { IpvsObject } from "../../kernel/ipvs.ts";
import type { KernelObject, KernelObjectKind } from "../../kernel/objects.ts";
import type { Netns } from "../types.ts";
import { type ObjectHandler, refuse } from "./handler.ts";

export const ipvsHandler: Pick<ObjectHandler<IpvsObject>, "apply"> = {
	apply: (_netns, _verb, object) => refuse("EOPNOTSUPP", `${object.kind} is not modelled yet`),
};

export function dumpIpvs(_netns: Netns, _kind: KernelObjectKind): readonly KernelObject[] {
	return [];
}
