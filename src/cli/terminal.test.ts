import { expect, test } from "vitest";
import { outputFailure } from "./terminal.ts";

function failure(code: string): NodeJS.ErrnoException {
	return Object.assign(new Error(`${code}: write`), { code });
}

test("a reader that has gone away is no error", () => {
	expect(outputFailure(failure("EPIPE"))).toEqual({ code: 0, line: "" });
});

test("output that cannot be written is said, with exit code 2", () => {
	expect(outputFailure(failure("ENOSPC"))).toEqual({ code: 2, line: "podwire: standard output: ENOSPC: write\n" });
});
