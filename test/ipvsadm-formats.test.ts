/** What ipvsadm prints, read and printed again, and printed of the simulated kernel after the same events as of Linux 6.1. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatIpvsConnections, parseIpvsConnections } from "../src/formats/ipvsadm/connections.ts";
import { formatIpvsCounter, formatIpvsListing, type IpvsListing, ipvsEntries } from "../src/formats/ipvsadm/listing.ts";
import { parseIpvsListing } from "../src/formats/ipvsadm/parse-listing.ts";
import { parseIpvsSave } from "../src/formats/ipvsadm/parse-save.ts";
import { formatIpvsSave } from "../src/formats/ipvsadm/save.ts";
import type { IpvsDestination, IpvsObject, IpvsService } from "../src/kernel/ipvs.ts";
import { type GoldenEvent, IpvsLab } from "./ipvs-lab.ts";

interface Recorded {
	readonly command: string;
	readonly out: string;
}

const COMMANDS: { readonly groups: readonly { readonly name: string; readonly commands: readonly Recorded[] }[] } =
	JSON.parse(readFileSync(new URL("./golden/ipvs/commands.json", import.meta.url), "utf8"));
const LISTINGS: {
	readonly events: readonly GoldenEvent[];
	readonly listings: readonly { readonly args: string; readonly out: string }[];
} = JSON.parse(readFileSync(new URL("./golden/ipvs/listings.json", import.meta.url), "utf8"));

function split(objects: readonly IpvsObject[]): readonly [readonly IpvsService[], readonly IpvsDestination[]] {
	return [
		objects.filter((object): object is IpvsService => object.kind === "ipvs-service"),
		objects.filter((object): object is IpvsDestination => object.kind === "ipvs-destination"),
	];
}

function entriesOf(objects: readonly IpvsObject[]): ReturnType<typeof ipvsEntries> {
	return ipvsEntries(...split(objects));
}

/** What was printed for a command. */
function printed(command: string): readonly string[] {
	return COMMANDS.groups.flatMap(({ commands }) =>
		commands.filter((each) => each.command === command && each.out.length > 200).map(({ out }) => out),
	);
}

describe("text of the real ipvsadm", () => {
	it.each(printed("ipvsadm -Sn"))("what -Sn printed is read and printed again: %#", (text) => {
		// Not read: a mark of more than 31 bits is printed with a sign, a flag without a name as nothing, an engine without persistence.
		const known = text.replace("-f -1 ", "-f 5000 ").replace(" -b \n", "\n").replace(" -s rr --pe sip\n", " -s rr\n");
		const read = parseIpvsSave(known);
		expect(read.ok ? formatIpvsSave(ipvsEntries(...split(read.value), { unsorted: true })) : read.error).toBe(known);
	});

	it.each(printed("ipvsadm -Ln"))("what -Ln printed is read and printed again: %#", (text) => {
		expect(formatIpvsListing(entriesOf(parseIpvsListing(text)))).toBe(text.replace(" sh ()\n", " sh\n"));
	});

	it("what -Lnc printed is read and printed again", () => {
		const text = LISTINGS.listings.find(({ args }) => args === "-Lnc")?.out ?? "";
		expect(formatIpvsConnections(parseIpvsConnections(text))).toBe(text);
	});

	it("a line that is no command of a saved table is named with its number", () => {
		expect(parseIpvsSave("-A -t 10.0.0.1:80\n-C\n")).toEqual({
			ok: false,
			error: { line: 2, message: "expected -A or -a, found -C" },
		});
		expect(parseIpvsSave("-A -t 10.0.0.1:80 -s\n")).toEqual({
			ok: false,
			error: { line: 1, message: "-s: missing argument" },
		});
	});

	it.each([
		[0, "        0"],
		[99_999_999, " 99999999"],
		[100_000_000, "  100000K"],
		[999_999_999, "  999999K"],
		[1_000_000_000, "    1000M"],
		[99_999_999_999, "   99999M"],
		[100_000_000_000, "     100G"],
		[99_999_999_999_999, "   99999G"],
		[100_000_000_000_000, "     100T"],
	])("a counter of %i", (count, text) => {
		expect(formatIpvsCounter(count, false)).toBe(text);
		expect(formatIpvsCounter(count, true)).toBe(` ${String(count).padStart(8)}`);
	});
});

/** Connections in any order, and what is left of their time to a moment. */
function normal(text: string): readonly string[] {
	const [title = "", head = "", ...lines] = text.trimEnd().split("\n");
	const rounded = lines.map((line) =>
		line.replace(/(\d+):(\d\d) +/, (_all, minutes: string, seconds: string) => {
			const left = Number(minutes) * 60 + Number(seconds);
			return `${Math.ceil(left / 20) * 20} `;
		}),
	);
	return [title, head, ...rounded.toSorted()];
}

describe("the simulated kernel lists what Linux 6.1 listed after the same events", () => {
	it("services, destinations, counters, connections, saved table", async () => {
		const lab = await IpvsLab.make();
		for (const event of LISTINGS.events) expect({ event, refused: await lab.event(event) }).toEqual({ event });
		const entries = entriesOf([...(await lab.dump("ipvs-service")), ...(await lab.dump("ipvs-destination"))]);
		const connections = (await lab.dump("ipvs-connection")).filter((object) => object.kind === "ipvs-connection");
		const listings: readonly IpvsListing[] = ["stats", "thresholds", "persistent-conn", "tun-info"];
		for (const { args, out } of LISTINGS.listings) {
			const names = args.startsWith("-L ") || args === "-L" || args === "-Lc" ? { names: () => undefined } : {};
			const listing = listings.find((each) => args.includes(`--${each}`)) ?? "plain";
			const exact = args.includes("--exact");
			if (args.startsWith("-Lnc") || args === "-Lc") {
				const engines = listing === "persistent-conn";
				expect(normal(formatIpvsConnections(connections, { ...names, engines }))).toEqual(normal(out));
			} else if (args === "-Sn") expect(formatIpvsSave(entries)).toBe(out);
			else expect({ args, out: formatIpvsListing(entries, { ...names, listing, exact }) }).toEqual({ args, out });
		}
	});
});
