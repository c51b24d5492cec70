/** Policy rules of the port on the real kernel: `ip rule`. */
import { ok, type Result } from "../../base/result.ts";
import type { KernelError, Verb } from "../../kernel/kernel.ts";
import type { PolicyRule } from "../../kernel/objects.ts";
import { type Cidr, formatCidr, networkOf } from "../../wire/addr.ts";
import { AF_INET, AF_INET6 } from "../libc.ts";
import { type Batch, refusal } from "../netlink/batch.ts";
import { NLM_F_CREATE, NLM_F_EXCL, RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE } from "../netlink/constants.ts";
import type { Message } from "../netlink/reader.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { MessageWriter } from "../netlink/writer.ts";
import { addrBytes, addrText } from "./addr-bytes.ts";
import { dumpMessages } from "./dump.ts";
import { RTPROT_KERNEL } from "./route-names.ts";

/** struct fib_rule_hdr. */
const HEADER_BYTES = 12;
const FRA = { dst: 1, src: 2, iif: 3, priority: 6, fwmark: 10, table: 15, fwmask: 16, oif: 17, protocol: 21 } as const;
const FR_ACT_TO_TBL = 1;
const FIB_RULE_INVERT = 2;
const EEXIST = 17;

export function applyRule(batch: Batch, op: number, verb: Verb, asked: PolicyRule): KernelError | undefined {
	if (asked.table === 0) return refusal(op, "EINVAL", "Invalid table");
	const rule = normalised(asked);
	const body = (to: MessageWriter): void => putRule(to, rule);
	const remove = { header: { type: RTM_DELRULE }, body };
	if (verb === "delete") {
		// The kernel would take any rule that fits what is given; the port means this one.
		const failed = batch.flush();
		if (failed !== undefined) return failed;
		const listed = dumpRules(batch.socket);
		if (!listed.ok) return { ...listed.error, op };
		const isThere = listed.value.some((each) => keyOf(each) === keyOf(rule));
		if (!isThere) return refusal(op, "ENOENT", "No such file or directory");
		batch.add(op, remove);
		return undefined;
	}
	const header = { type: RTM_NEWRULE, flags: NLM_F_CREATE | NLM_F_EXCL };
	batch.add(op, { header, body }, verb === "add" ? { undo: remove } : { tolerated: EEXIST });
	return undefined;
}

function putRule(to: MessageWriter, rule: PolicyRule): void {
	const { from, to: dst, iif, oif, fwmark, table, priority } = rule;
	const family = rule.family === "ipv4" ? AF_INET : AF_INET6;
	to.u8(family, dst?.prefix ?? 0, from?.prefix ?? 0, 0);
	to.u8(table < 256 ? table : 0, 0, 0, FR_ACT_TO_TBL).u32(rule.not === true ? FIB_RULE_INVERT : 0);
	to.attrU32(FRA.priority, priority);
	if (table >= 256) to.attrU32(FRA.table, table);
	if (from !== undefined) to.attrBytes(FRA.src, addrBytes(from.addr));
	if (dst !== undefined) to.attrBytes(FRA.dst, addrBytes(dst.addr));
	if (iif !== undefined) to.attrText(FRA.iif, iif);
	if (oif !== undefined) to.attrText(FRA.oif, oif);
	if (fwmark !== undefined) to.attrU32(FRA.fwmark, fwmark.value).attrU32(FRA.fwmask, fwmark.mask);
}

/** IPv4 before IPv6, by priority. The two rules that the kernel itself has for IPv6 are left out: podwire's namespaces have none of it. */
export function dumpRules(socket: NetlinkSocket): Result<readonly PolicyRule[], KernelError> {
	const messages = dumpMessages(socket, RTM_GETRULE, (to) => to.u32(0).u32(0).u32(0));
	return messages.ok ? ok(messages.value.flatMap((message) => ruleObject(message) ?? [])) : messages;
}

function ruleObject(message: Message): PolicyRule | undefined {
	const family = message.u8(0);
	if ((family !== AF_INET && family !== AF_INET6) || message.u8(7) !== FR_ACT_TO_TBL) return undefined;
	const attrs = message.attrs(HEADER_BYTES);
	const priority = attrs.u32(FRA.priority) ?? 0;
	const isKernels = attrs.u8(FRA.protocol) === RTPROT_KERNEL;
	if (family === AF_INET6 && isKernels && (priority === 0 || priority === 32766)) return undefined;
	const from = addrText(attrs.bytes(FRA.src));
	const to = addrText(attrs.bytes(FRA.dst));
	const [iif, oif] = [attrs.text(FRA.iif), attrs.text(FRA.oif)];
	const [value, mask] = [attrs.u32(FRA.fwmark), attrs.u32(FRA.fwmask)];
	return {
		kind: "rule",
		family: family === AF_INET ? "ipv4" : "ipv6",
		priority,
		...((message.u32(8) & FIB_RULE_INVERT) === 0 ? {} : { not: true }),
		...(from === undefined ? {} : { from: { addr: from, prefix: message.u8(2) } }),
		...(to === undefined ? {} : { to: { addr: to, prefix: message.u8(1) } }),
		...(iif === undefined ? {} : { iif }),
		...(oif === undefined ? {} : { oif }),
		...(value === undefined && mask === undefined ? {} : { fwmark: { value: value ?? 0, mask: mask ?? 0xffffffff } }),
		table: attrs.u32(FRA.table) ?? message.u8(4),
	};
}

/** Without what says nothing: `from 0.0.0.0/0`, `not: false`. */
function normalised(rule: PolicyRule): PolicyRule {
	const { from, to, not, ...rest } = rule;
	return {
		...rest,
		...(not === true ? { not: true } : {}),
		...(says(from) ? { from: networkOf(from) } : {}),
		...(says(to) ? { to: networkOf(to) } : {}),
	};
}

function says(net: Cidr | undefined): net is Cidr {
	return net !== undefined && net.prefix > 0;
}

function keyOf(rule: PolicyRule): string {
	const { from, to, fwmark } = rule;
	return [
		rule.family,
		rule.priority,
		rule.not === true,
		from === undefined ? "" : formatCidr(from),
		to === undefined ? "" : formatCidr(to),
		rule.iif ?? "",
		rule.oif ?? "",
		fwmark === undefined ? "" : `${fwmark.value}/${fwmark.mask}`,
		rule.table,
	].join(" ");
}
