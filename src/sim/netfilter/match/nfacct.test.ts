import { expect, test } from "vitest";
import { udpSkb } from "../../../../test/conntrack-lab.ts";
import { passHook, restore, xtLab } from "../../../../test/xtables-lab.ts";
import type { Verb } from "../../../kernel/kernel.ts";
import { nfacctHandler } from "../../objects/nfacct.ts";
import { applyTransaction } from "../../transaction.ts";

test("a named object counts for all its rules, and stays while one is there", () => {
	const lab = xtLab("-A INPUT");
	const apply = (verb: Verb, name: string): string => {
		const done = applyTransaction(lab.netns, [{ verb, object: { kind: "nfacct", name } }]);
		return done.ok ? "ok" : done.error.errno;
	};
	expect(apply("delete", "web")).toBe("ENOENT");
	expect(apply("add", "web")).toBe("ok");
	expect(apply("add", "web")).toBe("EEXIST");
	expect(apply("replace", "web")).toBe("ok");
	const rules =
		"-A FORWARD -p udp -m nfacct --nfacct-name web\n-A FORWARD -m nfacct --nfacct-name web -p udp\n-A FORWARD -p tcp -m nfacct --nfacct-name web";
	expect(restore(lab, rules).ok).toBe(true);
	passHook(lab, udpSkb(lab, { src: "10.0.0.1", dst: "10.0.0.2" }), { hook: "FORWARD" });
	expect(nfacctHandler.dump(lab.netns)).toEqual([{ kind: "nfacct", name: "web", counters: { packets: 2, bytes: 64 } }]);
	expect(apply("delete", "web")).toBe("EBUSY");
	restore(lab, ":FORWARD ACCEPT [0:0]");
	expect(apply("delete", "web")).toBe("ok");
});
