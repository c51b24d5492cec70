/** What iptables 1.8.9 printed for rules typed in ../shared/tools/vm-run (this kernel has no IPVS). */
import { expect, it } from "vitest";
import { formatRule, parseRule } from "../../iptables-save.ts";
import { ipvsOptions } from "./ipvs.ts";

const TYPED = [
	["--ipvs", "--ipvs"],
	["! --ipvs", "! --ipvs"],
	["--vproto tcp", "--vproto 6"],
	["! --vproto 17 --vaddr 10.96.0.10", "! --vproto 17 --vaddr 10.96.0.10"],
	["--vaddr 10.96.0.10/24 --vport 80", "--vaddr 10.96.0.10/24 --vport 80"],
	["! --vaddr 10.96.0.0/16 ! --vport http", "! --vaddr 10.96.0.0/16 ! --vport 80"],
	["--vdir ORIGINAL", "--vdir ORIGINAL"],
	["--vdir REPLY --vmethod MASQ", "--vdir REPLY --vmethod MASQ"],
	["--vdir reply", "--vdir REPLY"],
	["! --vmethod GATE", "! --vmethod GATE"],
	["--vmethod ipip", "--vmethod IPIP"],
	["--vportctl 21 --vport 1000", "--vport 1000 --vportctl 21"],
	["! --vportctl ftp", "! --vportctl 21"],
	[
		"--vproto tcp --vaddr 1.2.3.4 --vport 5 --vdir ORIGINAL --vmethod MASQ --vportctl 21",
		"--vproto 6 --vaddr 1.2.3.4 --vport 5 --vdir ORIGINAL --vmethod MASQ --vportctl 21",
	],
	["--ipvs --vport 5", "--vport 5"],
	["--vport 70000", "--vport 4464"],
	["--vproto sctp", "--vproto 132"],
] as const;

it.each(TYPED)("-m ipvs %s is saved as %s, and read again", (typed, saved) => {
	const rule = parseRule(`-m ipvs ${typed} -j ACCEPT`, "ipv4");
	if (!rule.ok) throw new Error(JSON.stringify(rule.error));
	const text = formatRule(rule.value, "INPUT").trimEnd();
	expect(text).toBe(`-A INPUT -m ipvs ${saved} -j ACCEPT`);
	expect(parseRule(text.replace("-A INPUT ", ""), "ipv4")).toEqual(rule);
	const [match] = rule.value.matches;
	expect(match?.kind === "ipvs" ? ipvsOptions(match, "") : undefined).toBe(` ${saved.replaceAll("--", "")}`);
});

it.each([
	["", "IPVS: At least one option is required"],
	["--vmethod NAT", 'ipvs: Bad value for "--vmethod" option: "NAT"'],
	["--vdir foo", 'ipvs: Bad value for "--vdir" option: "foo"'],
	["! --vdir ORIGINAL", 'ipvs: option "--vdir" cannot be inverted.'],
	["--vproto foo", 'unknown protocol "foo" specified'],
	["--vport 80 --vport 81", 'ipvs: option "--vport" can only be used once.'],
	["--vportctl 0x15", 'Port "0x15" does not resolve to anything.'],
	["--vaddr foo.invalid", "getaddrinfo: Temporary failure in name resolution"],
])("-m ipvs %s is refused", (typed, message) => {
	const rule = parseRule(`-m ipvs ${typed} -j ACCEPT`, "ipv4");
	expect(rule.ok ? "" : rule.error.message).toContain(message);
});

it("-m ipvs of IPv6", () => {
	const rule = parseRule("-m ipvs --vaddr fd00::1/64 --vport 80 -j ACCEPT", "ipv6");
	if (!rule.ok) throw new Error(JSON.stringify(rule.error));
	expect(formatRule(rule.value, "INPUT").trimEnd()).toBe("-A INPUT -m ipvs --vaddr fd00::1/64 --vport 80 -j ACCEPT");
});
