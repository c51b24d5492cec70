import { expect, test } from "vitest";
import { parseHosts } from "./hosts-file.ts";
import { parseResolvConf } from "./resolv-conf.ts";

test("resolv.conf of a pod", () => {
	const text = [
		"# made by kubelet",
		"search default.svc.cluster.local svc.cluster.local cluster.local.",
		"nameserver 10.96.0.10",
		"options ndots:5 edns0",
		"",
	].join("\n");
	expect(parseResolvConf(text)).toEqual({
		nameservers: ["10.96.0.10"],
		search: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"],
		ndots: 5,
		timeoutSeconds: 5,
		attempts: 2,
	});
});

test.each([
	["", { nameservers: [], search: [], ndots: 1, timeoutSeconds: 5, attempts: 2 }],
	["nameserver nonsense\nnameserver 2001:db8::1 ; a comment", { nameservers: ["2001:db8::1"] }],
	[
		"nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4",
		{ nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3"] },
	],
	["search a b\ndomain c", { search: ["c"] }],
	["options timeout:0 attempts:9 ndots:99", { timeoutSeconds: 1, attempts: 5, ndots: 15 }],
	["options timeout:x", { timeoutSeconds: 5 }],
])("%j", (text, expected) => {
	expect(parseResolvConf(text)).toMatchObject(expected);
});

test("/etc/hosts is read line by line", () => {
	const text =
		"127.0.0.1   localhost localhost.localdomain\n# 1.2.3.4 no\n::1\tip6-localhost # yes\nbad name\n10.0.0.1\n";
	expect(parseHosts(text)).toEqual([
		{ addr: "127.0.0.1", names: ["localhost", "localhost.localdomain"] },
		{ addr: "::1", names: ["ip6-localhost"] },
	]);
});
