import { expect, test } from "vitest";
import { conntrackLab, icmpSkb, through, udpSkb } from "../../../test/conntrack-lab.ts";
import type { ConntrackEntry } from "../../kernel/conntrack.ts";
import { conntrackHandler } from "./conntrack.ts";

const CLIENT = { src: "10.1.0.2", dst: "10.2.0.2", sport: 1000, dport: 53 };

function only(lab: ReturnType<typeof conntrackLab>): ConntrackEntry {
	const [entry, ...rest] = conntrackHandler.dump(lab.netns);
	if (entry?.kind !== "conntrack" || rest.length > 0) throw new Error("not one entry");
	return entry;
}

test.each(["udp", "icmp"])("an entry of %s is deleted by what a dump says, and undoing brings it back", (kind) => {
	const lab = conntrackLab();
	through(lab, kind === "udp" ? udpSkb(lab, CLIENT) : icmpSkb(lab, CLIENT, { type: 8, rest: 9 << 16 }));
	const entry = only(lab);
	const deleted = conntrackHandler.apply(lab.netns, "delete", entry);
	expect(conntrackHandler.dump(lab.netns)).toEqual([]);
	if (!deleted.ok) throw new Error(deleted.error.message);
	deleted.value();
	expect(only(lab)).toEqual(entry);
});

test("an entry that is not there cannot be deleted, and none can be made", () => {
	const lab = conntrackLab();
	through(lab, udpSkb(lab, CLIENT));
	const entry = only(lab);
	const other = { ...entry, original: { ...entry.original, sport: 1001 } };
	expect(conntrackHandler.apply(lab.netns, "delete", other)).toMatchObject({ ok: false, error: { errno: "ENOENT" } });
	expect(conntrackHandler.apply(lab.netns, "add", other)).toMatchObject({ ok: false, error: { errno: "EOPNOTSUPP" } });
	expect(conntrackHandler.dump(lab.netns)).toHaveLength(1);
});
