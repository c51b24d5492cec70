/** What the NAT targets check alike: the addresses and ports of their range. */
import type { NatRange } from "../../../kernel/xtables.ts";
import { ipNum, parseIp } from "../../../wire/addr.ts";
import type { ObjectError } from "../../objects/handler.ts";
import { checkRange } from "../match/ports.ts";
import type { RuleContext } from "../xtables/types.ts";

export function checkNatRange(to: NatRange, at: RuleContext): ObjectError | undefined {
	const bad = (what: string): ObjectError => ({ errno: "EINVAL", message: `rule in chain ${at.chain}: ${what}` });
	const addrs: (number | bigint)[] = [];
	for (const text of [to.minAddr, to.maxAddr]) {
		if (text === undefined) continue;
		const parsed = parseIp(text);
		if (!parsed.ok) return bad(`Bad IP address "${text}"`);
		const addr = ipNum(parsed.value);
		if ((typeof addr === "number") !== (at.family === "ipv4")) return bad(`${text} is not ${at.family}`);
		addrs.push(addr);
	}
	const [min, max] = addrs;
	if (to.maxAddr !== undefined && to.minAddr === undefined) return bad("an address range has no beginning");
	if (min !== undefined && max !== undefined && min > max)
		return bad(`invalid address range ${to.minAddr}-${to.maxAddr}`);
	if (to.minPort === undefined) return to.maxPort === undefined ? undefined : bad("a port range has no beginning");
	return checkRange({ from: to.minPort, to: to.maxPort ?? to.minPort }, at);
}
