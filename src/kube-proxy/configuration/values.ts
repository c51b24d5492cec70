/** The values of a configuration's fields, by path, with their defaults. */
import { type FieldType, type FieldValue, fieldOf } from "./fields.ts";
import { isIpv6, withPort } from "./host-port.ts";

const HEALTHZ_PORT = 10_256;
const METRICS_PORT = 10_249;

export class ConfigurationValues {
	readonly #given: ReadonlyMap<string, FieldValue>;

	constructor(given: ReadonlyMap<string, FieldValue>) {
		this.#given = given;
	}

	/** "" when it is missing and has no default. */
	text(path: string): string {
		const value = this.#value(path, ["text"]);
		return typeof value === "string" ? value : "";
	}

	/** 0 when it is missing and has no default; of a duration nanoseconds. */
	number(path: string): number {
		const value = this.#value(path, ["integer", "number", "duration"]);
		return typeof value === "number" ? value : 0;
	}

	boolean(path: string): boolean {
		return this.#value(path, ["boolean"]) === true;
	}

	texts(path: string): readonly string[] {
		const value = this.#value(path, ["texts"]);
		return typeof value === "object" ? value : [];
	}

	#value(path: string, types: readonly FieldType[]): FieldValue | undefined {
		const field = fieldOf(path);
		if (field === undefined || !types.includes(field.type)) throw new Error(`no field ${path} of type ${types.join()}`);
		const given = this.#given.get(path);
		if (path === "healthzBindAddress" || path === "metricsBindAddress") return this.#serverAddress(path, given);
		const missing = given === undefined || (field.zeroIsMissing === true && (given === 0 || given === ""));
		return missing ? field.default : given;
	}

	/** Of the same family as `bindAddress` by default, and with the usual port. */
	#serverAddress(path: string, given: FieldValue | undefined): string {
		const isHealthz = path === "healthzBindAddress";
		const port = isHealthz ? HEALTHZ_PORT : METRICS_PORT;
		if (typeof given === "string" && given !== "") return withPort(given, port);
		const v6 = isIpv6(this.text("bindAddress"));
		const host = isHealthz ? (v6 ? "[::]" : "0.0.0.0") : v6 ? "[::1]" : "127.0.0.1";
		return `${host}:${port}`;
	}
}
