import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
	["0", 0, "0s"],
	["30s", 30e9, "30s"],
	["1h30m", 5400e9, "1h30m0s"],
	["1.5s", 1.5e9, "1.5s"],
	[".5s", 0.5e9, "500ms"],
	["250ms", 250e6, "250ms"],
	["3us", 3e3, "3µs"],
	["7ns", 7, "7ns"],
	["-1m", -60e9, "-1m0s"],
	["+24h", 86_400e9, "24h0m0s"],
])("%s is %d ns, which Go prints as %s", (text, ns, printed) => {
	expect(parseDuration(text)).toBe(ns);
	expect(formatDuration(ns)).toBe(printed);
});

test.each(["", "30", "s", "1d", "1h 30m", "--1s", "1.2.3s", "-"])("%j is no duration", (text) => {
	expect(parseDuration(text)).toBeUndefined();
});
