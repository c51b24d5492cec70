/** Reads untrusted JSON with the path of every value at hand, so that each mistake is reported where it is. */
import { type Cidr, type IpAddr, parseCidr, parseIp } from "../wire/addr.ts";

/** One mistake in a configuration: `path` is a JSON path, `$.plugins[0].ipam.ranges[0][0].subnet`. */
export interface ConfError {
	readonly path: string;
	readonly message: string;
}

/** A value inside a JSON document; mistakes are collected, and a mistaken value reads as absent. */
export class JsonReader {
	readonly path: string;
	readonly #value: unknown;
	readonly #errors: ConfError[];

	constructor(value: unknown, path: string, errors: ConfError[]) {
		this.#value = value;
		this.path = path;
		this.#errors = errors;
	}

	/** Present and not `null`. */
	get present(): boolean {
		return this.#value !== undefined && this.#value !== null;
	}

	fail(message: string): undefined {
		this.#errors.push({ path: this.path, message });
		return undefined;
	}

	/** The member of an object; absent when this is no object. As the reference plugins read it: else one with other capitals. */
	at(key: string): JsonReader {
		const value = isObject(this.#value) ? this.#value[memberName(this.#value, key)] : undefined;
		return new JsonReader(value, `${this.path}.${key}`, this.#errors);
	}

	/** False, with a mistake, when a value is there that is no object. */
	object(): boolean {
		if (!this.present) return false;
		if (isObject(this.#value)) return true;
		this.fail(`want an object, have ${typeName(this.#value)}`);
		return false;
	}

	/** As `object`, and absence is a mistake as well. */
	requireObject(): boolean {
		if (!this.present) this.fail("want an object");
		return this.object();
	}

	/** The members of an object, unread; undefined, with a mistake where a value is there, when this is none. */
	record(): Readonly<Record<string, unknown>> | undefined {
		return this.object() && isObject(this.#value) ? this.#value : undefined;
	}

	/** The items of an array, unread. */
	list(): readonly unknown[] {
		return this.present && Array.isArray(this.#value) ? this.#value : [];
	}

	/** The same value, its mistakes told to somebody else. */
	reportingTo(errors: ConfError[]): JsonReader {
		return new JsonReader(this.#value, this.path, errors);
	}

	/** Another value in this one's place. */
	replacedBy(value: unknown): JsonReader {
		return new JsonReader(value, this.path, this.#errors);
	}

	items(): readonly JsonReader[] {
		if (!this.present) return [];
		if (!Array.isArray(this.#value)) {
			this.fail(`want an array, have ${typeName(this.#value)}`);
			return [];
		}
		return this.#value.map((item: unknown, k) => new JsonReader(item, `${this.path}[${k}]`, this.#errors));
	}

	string(): string | undefined {
		if (!this.present) return undefined;
		return typeof this.#value === "string" ? this.#value : this.fail(`want a string, have ${typeName(this.#value)}`);
	}

	/** `fallback` when absent. libcni also takes the strings "true" and "false" for some booleans: `lenient`. */
	boolean(fallback: boolean, mode: "strict" | "lenient" = "strict"): boolean {
		if (!this.present) return fallback;
		if (typeof this.#value === "boolean") return this.#value;
		if (mode === "lenient" && typeof this.#value === "string" && /^(true|false)$/i.test(this.#value)) {
			return this.#value.toLowerCase() === "true";
		}
		this.fail(`want true or false, have ${typeName(this.#value)}`);
		return fallback;
	}

	integer(min: number, max: number): number | undefined {
		if (!this.present) return undefined;
		const value = this.#value;
		if (typeof value !== "number" || !Number.isInteger(value))
			return this.fail(`want an integer, have ${typeName(value)}`);
		return value >= min && value <= max ? value : this.fail(`${value} is not in ${min}…${max}`);
	}

	ip(): IpAddr | undefined {
		const text = this.string();
		if (text === undefined) return undefined;
		const parsed = parseIp(text);
		return parsed.ok ? parsed.value : this.fail(`invalid IP address: ${text}`);
	}

	/** `ADDR/PREFIX`, host bits kept. */
	cidr(): Cidr | undefined {
		const text = this.string();
		if (text === undefined) return undefined;
		const parsed = parseCidr(text);
		return parsed.ok && text.includes("/") ? parsed.value : this.fail(`invalid CIDR address: ${text}`);
	}

	strings(): readonly string[] {
		return this.items().flatMap((item) => item.string() ?? []);
	}
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function memberName(object: Readonly<Record<string, unknown>>, key: string): string {
	if (Object.hasOwn(object, key)) return key;
	return Object.keys(object).find((other) => other.toLowerCase() === key.toLowerCase()) ?? key;
}

function typeName(value: unknown): string {
	if (Array.isArray(value)) return "an array";
	if (value === null) return "null";
	return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
