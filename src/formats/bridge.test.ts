/** Samples: /work/shared/reference/kernel-lab.md §2.3. */
import { expect, test } from "vitest";
import type { Fdb, Link } from "../kernel/objects.ts";
import { mac } from "../wire/addr.ts";
import { formatBrctlShow, formatBrctlShowmacs } from "./brctl.ts";
import { formatFdb } from "./bridge-fdb.ts";

const BR0: Link = { kind: "link", name: "br0", link: { type: "bridge" }, mac: mac("76:8e:6b:49:ad:86"), up: true };
const LINKS: readonly Link[] = [
	{ ...BR0, name: "br9", mac: mac("be:3a:e5:f1:5c:5c") },
	BR0,
	{ kind: "link", name: "vc1", link: { type: "veth", peer: "eth0", peerNetns: "c1" }, master: "br0" },
	{ kind: "link", name: "vc2", link: { type: "veth", peer: "eth0", peerNetns: "c2" }, master: "br0" },
];
const FDB: readonly Fdb[] = [
	{ kind: "fdb", dev: "vc1", mac: mac("c2:9e:d8:07:aa:46"), state: "permanent" },
	{ kind: "fdb", dev: "vc1", mac: mac("02:00:00:00:07:02"), ageSeconds: 1.02 },
	{ kind: "fdb", dev: "vc2", mac: mac("76:8e:6b:49:ad:86"), state: "permanent" },
	{ kind: "fdb", dev: "vc2", mac: mac("02:00:00:00:07:03"), ageSeconds: 101.5 },
	{ kind: "fdb", dev: "elsewhere", mac: mac("02:00:00:00:07:09") },
];

test("brctl show", () => {
	expect(formatBrctlShow(LINKS)).toBe(
		"bridge name\tbridge id\t\tSTP enabled\tinterfaces\n" +
			"br0\t\t8000.768e6b49ad86\tno\t\tvc1\n" +
			"\t\t\t\t\t\t\tvc2\n" +
			"br9\t\t8000.000000000000\tno\t\t\n",
	);
});

test("brctl showmacs", () => {
	expect(formatBrctlShowmacs(BR0, LINKS, FDB)).toBe(
		"port no\tmac addr\t\tis local?\tageing timer\n" +
			"  1\t02:00:00:00:07:02\tno\t\t   1.02\n" +
			"  2\t02:00:00:00:07:03\tno\t\t 101.50\n" +
			"  2\t76:8e:6b:49:ad:86\tyes\t\t   0.00\n" +
			"  1\tc2:9e:d8:07:aa:46\tyes\t\t   0.00\n",
	);
});

test("bridge fdb", () => {
	expect(FDB.slice(0, 2).map((fdb) => formatFdb(fdb, "br0"))).toEqual([
		"c2:9e:d8:07:aa:46 dev vc1 master br0 permanent",
		"02:00:00:00:07:02 dev vc1 master br0 ",
	]);
});
