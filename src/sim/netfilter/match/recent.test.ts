import { expect, test } from "vitest";
import { pass, udpSkb } from "../../../../test/conntrack-lab.ts";
import { counted, passHook, restore, type XtLab, xtLab } from "../../../../test/xtables-lab.ts";
import { recentTables } from "./recent-table.ts";

/** Sends one packet; the numbers of the rules of FORWARD that held for it. */
function send(lab: XtLab, src: string, ttl = 64): readonly number[] {
	const packets = (): readonly number[] =>
		counted(lab, "filter", "FORWARD")
			.split(" ")
			.map((each) => Number(each.split("/")[0]));
	const before = packets();
	const skb = udpSkb(lab, { src, dst: "10.0.0.2" });
	skb.bytes[skb.network + 8] = ttl;
	passHook(lab, skb, { hook: "FORWARD" });
	const after = packets();
	return after.flatMap((count, k) => (count > (before[k] ?? 0) && k < after.length - 1 ? [k + 1] : []));
}

test("the affinity of kube-proxy: an address that was set is found again until its time is over", () => {
	const lab = xtLab(`
		-A FORWARD -m recent --rcheck --seconds 10 --reap --name SEP --mask 255.255.255.255 --rsource
		-A FORWARD -m recent --set --name SEP --mask 255.255.255.255 --rsource
	`);
	expect(send(lab, "10.0.0.1")).toEqual([2]);
	expect(send(lab, "10.0.0.1")).toEqual([1, 2]);
	expect(send(lab, "10.0.0.3")).toEqual([2]);
	pass(lab, 9);
	expect(send(lab, "10.0.0.1")).toEqual([1, 2]);
	pass(lab, 10.1);
	expect(send(lab, "10.0.0.1")).toEqual([2]);
});

test("--update keeps an entry fresh, --rcheck does not", () => {
	const lab = xtLab(`
		-A FORWARD -s 10.0.0.1 -m recent --update --seconds 5 --name A --rsource
		-A FORWARD -s 10.0.0.3 -m recent --rcheck --seconds 5 --name A --rsource
		-A FORWARD -m mark ! --mark 0x1 -m recent --set --name A --rsource
	`);
	send(lab, "10.0.0.1");
	send(lab, "10.0.0.3");
	restore(
		lab,
		`
		-A FORWARD -s 10.0.0.1 -m recent --update --seconds 5 --name A --rsource
		-A FORWARD -s 10.0.0.3 -m recent --rcheck --seconds 5 --name A --rsource
	`,
	);
	for (const round of [1, 2, 3]) {
		pass(lab, 3);
		expect([round, send(lab, "10.0.0.1"), send(lab, "10.0.0.3")]).toEqual([round, [1], round === 1 ? [2] : []]);
	}
});

test("--hitcount wants so many packets within the time", () => {
	const lab = xtLab(`
		-A FORWARD -m recent --set --name H --rsource
		-A FORWARD -m recent --rcheck --seconds 10 --hitcount 3 --name H --rsource
	`);
	expect([send(lab, "10.0.0.1"), send(lab, "10.0.0.1"), send(lab, "10.0.0.1")]).toEqual([[1], [1], [1, 2]]);
	pass(lab, 11);
	expect(send(lab, "10.0.0.1")).toEqual([1]);
});

test("--remove forgets the address and holds only if it was there; ! turns it round", () => {
	const lab = xtLab(
		"-A FORWARD -s 10.0.0.1 -m recent --set --name R --rsource\n-A FORWARD -s 10.0.0.3 -m recent --remove --name R --rsource\n-A FORWARD -m recent ! --rcheck --name R --rsource",
	);
	expect(send(lab, "10.0.0.3")).toEqual([3]);
	expect(send(lab, "10.0.0.1")).toEqual([1]);
	const removed = xtLab(
		"-A FORWARD -m recent --remove --name R --rsource\n-A FORWARD -m recent --set --name R --rsource",
	);
	expect([send(removed, "10.0.0.1"), send(removed, "10.0.0.1")]).toEqual([[2], [1, 2]]);
});

test("the mask joins addresses, --rdest looks at the other end", () => {
	const masked = xtLab(
		"-A FORWARD -m recent --rcheck --name M --mask 255.255.255.0 --rsource\n-A FORWARD -m recent --set --name M --mask 255.255.255.0 --rsource",
	);
	send(masked, "10.0.0.1");
	expect(send(masked, "10.0.0.77")).toEqual([1, 2]);
	expect(send(masked, "10.0.1.1")).toEqual([2]);
	const byDestination = xtLab(
		"-A FORWARD -m recent --rcheck --name D --rdest\n-A FORWARD -m recent --set --name D --rdest",
	);
	send(byDestination, "10.0.0.1");
	expect(send(byDestination, "10.9.9.9")).toEqual([1, 2]);
});

test("--rttl wants the TTL that was seen", () => {
	const lab = xtLab(
		"-A FORWARD -s 10.0.0.1 -m recent --rcheck --rttl --name T --rsource\n-A FORWARD -m recent --set --name T --rsource",
	);
	send(lab, "10.0.0.1", 60);
	expect(send(lab, "10.0.0.1", 60)).toEqual([1, 2]);
	expect(send(lab, "10.0.0.1", 61)).toEqual([2]);
});

test("a list holds a hundred addresses, and the oldest makes room", () => {
	const lab = xtLab("-A FORWARD -m recent --rcheck --name L --rsource\n-A FORWARD -m recent --set --name L --rsource");
	for (let k = 0; k <= 100; k += 1) send(lab, `10.1.0.${k}`);
	expect(recentTables(lab.netns).get("L")?.size).toBe(100);
	expect(send(lab, "10.1.0.100")).toEqual([1, 2]);
	expect(send(lab, "10.1.0.0")).toEqual([2]);
});

test("a list lives as long as a rule names it, through a transaction that replaces its rules", () => {
	const lab = xtLab("-A FORWARD -m recent --set --name K --rsource");
	send(lab, "10.0.0.1");
	restore(lab, "-A FORWARD -m recent --rcheck --name K --rsource");
	expect(send(lab, "10.0.0.1")).toEqual([1]);
	restore(lab, "-A FORWARD -p tcp");
	restore(lab, "-A FORWARD -m recent --rcheck --name K --rsource");
	expect(send(lab, "10.0.0.1")).toEqual([]);
});

test.each([
	"--set --name X --rsource --hitcount 3",
	"--remove --name X --rsource --rttl",
	"--rcheck --reap --name X --rsource",
	"--rcheck --seconds 1 --hitcount 256 --name X --rsource",
])("refused: -m recent %s", (match) => {
	const lab = xtLab("-A FORWARD");
	let errno = "refused by iptables itself";
	try {
		const done = restore(lab, `-A FORWARD -m recent ${match}`);
		errno = done.ok ? "none" : done.error.errno;
	} catch {}
	expect(errno).toMatch(/EINVAL|refused/);
});
