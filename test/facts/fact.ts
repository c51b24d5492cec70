/** A fact of ../shared/reference/kernel-lab.md, and where it is proved on both kernels. */
import type { Seen } from "./seen.ts";

/** What the fact says of a scenario, asked of each kernel's outcome; throws where it does not hold. */
export type Claim = (seen: Seen) => void;

export interface Fact {
	/** `1a`, `1b`, `1c` of §1, or the number in §3. */
	readonly id: string;
	/** In short. */
	readonly says: string;
	/** `test/facts/NAME.yaml` → what must be seen in it. Both kernels play it, and must agree in all as well. */
	readonly scenarios?: Readonly<Record<string, Claim>>;
	/** Other tests that prove it, or parts of it, on both kernels. */
	readonly tests?: readonly TestName[];
	/** Parts that no test proves, with the reason. */
	readonly unproved?: string;
}

export interface TestName {
	readonly file: string;
	/** As it stands in the file. */
	readonly title: string;
}

/** The tests of `test/facts-port.test.ts`, which bear the fact's number. */
export function port(...titles: readonly string[]): readonly TestName[] {
	return titles.map((title) => ({ file: "test/facts-port.test.ts", title }));
}
