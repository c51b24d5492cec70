/** The filter expressions of ss: `sport = :80 and ( dst 10.0.0.0/8 or not dport gt :1024 )`. */
import { err, ok, type Result } from "../../../base/result.ts";
import { servicePort } from "../../../formats/services.ts";
import type { SocketEntry } from "../../../kernel/socket.ts";
import { type Cidr, cidrContains, ip, parseCidr } from "../../../wire/addr.ts";

export type SocketTest = (entry: SocketEntry) => boolean;

export type FilterError =
	| { readonly problem: "syntax" }
	/** Neither an address nor a name. */
	| { readonly problem: "address"; readonly text: string }
	| { readonly problem: "port"; readonly text: string }
	| { readonly problem: "not modelled"; readonly text: string };

/** Words as the shell gives them; brackets may stick to their neighbours. */
export function parseSocketFilter(words: readonly string[]): Result<SocketTest, FilterError> {
	const tokens = words.flatMap((word) => word.match(/[()]|&&|\|\||[&|]|!=|!|[<>=]=?|[^\s()&|!<>=]+/g) ?? []);
	if (tokens.length === 0) return ok(() => true);
	const parser = new FilterParser(tokens);
	try {
		return ok(parser.parse());
	} catch (error) {
		if (error instanceof FilterSyntax) return err(error.error);
		throw error;
	}
}

class FilterSyntax extends Error {
	readonly error: FilterError;

	constructor(error: FilterError) {
		super(error.problem);
		this.error = error;
	}
}

/** The other end of a socket that is not connected. */
const ANY_ADDR = ip("0.0.0.0");
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
	"=": (a, b) => a === b,
	"==": (a, b) => a === b,
	eq: (a, b) => a === b,
	"!=": (a, b) => a !== b,
	ne: (a, b) => a !== b,
	neq: (a, b) => a !== b,
	">": (a, b) => a > b,
	gt: (a, b) => a > b,
	"<": (a, b) => a < b,
	lt: (a, b) => a < b,
	">=": (a, b) => a >= b,
	ge: (a, b) => a >= b,
	geq: (a, b) => a >= b,
	"<=": (a, b) => a <= b,
	le: (a, b) => a <= b,
	leq: (a, b) => a <= b,
};

class FilterParser {
	readonly #tokens: readonly string[];
	#at = 0;

	constructor(tokens: readonly string[]) {
		this.#tokens = tokens;
	}

	parse(): SocketTest {
		const test = this.#or();
		if (this.#at < this.#tokens.length) throw new FilterSyntax({ problem: "syntax" });
		return test;
	}

	#or(): SocketTest {
		let test = this.#and();
		while (this.#accept("or", "|", "||")) {
			const [left, right] = [test, this.#and()];
			test = (entry) => left(entry) || right(entry);
		}
		return test;
	}

	/** Two tests side by side must both hold. */
	#and(): SocketTest {
		let test = this.#not();
		for (;;) {
			const next = this.#tokens[this.#at];
			if (!this.#accept("and", "&", "&&") && (next === undefined || ["or", "|", "||", ")"].includes(next))) return test;
			const [left, right] = [test, this.#not()];
			test = (entry) => left(entry) && right(entry);
		}
	}

	#not(): SocketTest {
		if (this.#accept("not", "!")) {
			const test = this.#not();
			return (entry) => !test(entry);
		}
		if (!this.#accept("(")) return this.#test();
		const test = this.#or();
		if (!this.#accept(")")) throw new FilterSyntax({ problem: "syntax" });
		return test;
	}

	#test(): SocketTest {
		const word = this.#next();
		switch (word) {
			case "sport":
			case "dport":
				return this.#portTest(word);
			case "src":
			case "dst":
				return this.#addrTest(word);
			case "dev":
				return this.#devTest();
			case "autobound":
			case "fwmark":
			case "cgroup":
				throw new FilterSyntax({ problem: "not modelled", text: word });
			default:
				throw new FilterSyntax({ problem: "syntax" });
		}
	}

	#portTest(word: "sport" | "dport"): SocketTest {
		const next = this.#tokens[this.#at] ?? "";
		const compare = COMPARISONS[next] ?? COMPARISONS["="];
		if (next in COMPARISONS) this.#at += 1;
		const text = this.#next().replace(/^.*:/, "");
		const port = /^\d+$/.test(text) ? Number(text) : servicePort(text);
		if (port === undefined || compare === undefined) throw new FilterSyntax({ problem: "port", text });
		return ({ local, remote }) => compare((word === "sport" ? local : remote)?.port ?? 0, port);
	}

	#addrTest(word: "src" | "dst"): SocketTest {
		this.#accept("=", "==", "eq");
		const [, host = "", portText] = /^(.*?)(?::(\d+|\*)?)?$/.exec(this.#next()) ?? [];
		const net = host === "" || host === "*" ? undefined : addressOf(host);
		const port = portText === undefined || portText === "*" ? undefined : Number(portText);
		return ({ local, remote }) => {
			const end = word === "src" ? local : remote;
			if (port !== undefined && end?.port !== port) return false;
			return net === undefined || cidrContains(net, end?.addr ?? ANY_ADDR);
		};
	}

	#devTest(): SocketTest {
		const negated = this.#accept("!=");
		if (!negated) this.#accept("=", "==");
		const dev = this.#next();
		return (entry) => (entry.dev === dev) !== negated;
	}

	#next(): string {
		const token = this.#tokens[this.#at];
		if (token === undefined) throw new FilterSyntax({ problem: "syntax" });
		this.#at += 1;
		return token;
	}

	#accept(...words: readonly string[]): boolean {
		if (!words.includes(this.#tokens[this.#at] ?? "")) return false;
		this.#at += 1;
		return true;
	}
}

function addressOf(text: string): Cidr {
	const net = parseCidr(text);
	if (net.ok) return net.value;
	throw new FilterSyntax({ problem: "address", text });
}
