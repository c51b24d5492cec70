/**
 * A configuration file → its values, checked, with the place of all that is wrong.
 *
 * Like kube-proxy, which falls back to lenient decoding for v1alpha1, fields that nobody knows and fields that are there
 * twice are notes and no errors. A file without `apiVersion` and `kind` may hold five settings under plain names.
 */
import { err, ok, type Result } from "../../base/result.ts";
import { formatTextError, type TextError } from "../../base/text-error.ts";
import { type FieldPath, YamlText } from "../../base/yaml-text.ts";
import { nearestWord } from "../../kube/nearest-word.ts";
import { parseDuration } from "./duration.ts";
import { API_VERSION, type ConfigurationField, FIELDS, type FieldValue, fieldOf, KIND } from "./fields.ts";
import { validateConfiguration } from "./validate.ts";
import { ConfigurationValues } from "./values.ts";

export interface ReadConfiguration {
	readonly values: ConfigurationValues;
	/** Sentences, each with its place. */
	readonly notes: readonly string[];
}

export interface ConfigurationFile {
	readonly path: string;
	readonly text: string;
}

/** The settings that a file without a kind may hold, and the fields they are. */
const PLAIN: Readonly<Record<string, string>> = {
	clusterCIDR: "clusterCIDR",
	masqueradeAll: "iptables.masqueradeAll",
	masqueradeBit: "iptables.masqueradeBit",
	nodePortAddresses: "nodePortAddresses",
	hostname: "hostnameOverride",
};

const DUPLICATE_KEY = "Map keys must be unique";
const SECTIONS: ReadonlySet<string> = new Set(
	FIELDS.flatMap(({ path }) => (path.includes(".") ? [path.split(".")[0] ?? ""] : [])),
);

export function readConfiguration({ path, text }: ConfigurationFile): Result<ReadConfiguration, readonly TextError[]> {
	const yaml = new YamlText(path, text);
	const syntax = yaml.syntaxErrors();
	const broken = syntax.filter(({ message }) => !message.startsWith(DUPLICATE_KEY));
	if (broken.length > 0) return err(broken);
	const reader = new Reader(yaml);
	for (const error of syntax) reader.note(error);
	const data = yaml.toData();
	if (!isMapping(data)) {
		const wanted = `could not find expected ':' of a mapping with apiVersion and kind, found ${yaml.found([])}`;
		return err([yaml.error([], wanted)]);
	}
	reader.read(data);
	if (reader.errors.length > 0) return err(reader.errors);
	const values = new ConfigurationValues(reader.values);
	const faults = validateConfiguration(values).map(({ path: field, index, message }) =>
		yaml.error([...reader.placeOf(field), ...(index === undefined ? [] : [index])], message),
	);
	return faults.length > 0 ? err(faults) : ok({ values, notes: reader.notes.map(formatTextError) });
}

type Mapping = Readonly<Record<string, unknown>>;

class Reader {
	readonly errors: TextError[] = [];
	readonly notes: TextError[] = [];
	readonly values: Map<string, FieldValue> = new Map();
	readonly #yaml: YamlText;
	readonly #places = new Map<string, FieldPath>();

	constructor(yaml: YamlText) {
		this.#yaml = yaml;
	}

	read(data: Mapping): void {
		const keys = Object.keys(data);
		const isPlain = !("kind" in data) && !("apiVersion" in data) && keys.every((key) => Object.hasOwn(PLAIN, key));
		if (isPlain && keys.length > 0) {
			for (const key of keys) this.#plain(key, data[key]);
			return;
		}
		this.#typeMeta(data);
		for (const key of keys) if (key !== "apiVersion" && key !== "kind") this.#field([key], data[key]);
	}

	note({ message, ...place }: TextError): void {
		this.notes.push({ ...place, message: `${message}; kube-proxy uses the last one` });
	}

	/** Where a field stands in the file; where it would stand, if it is missing. */
	placeOf(path: string): FieldPath {
		return this.#places.get(path) ?? path.split(".");
	}

	#typeMeta(data: Mapping): void {
		const { kind, apiVersion } = data;
		if (typeof kind !== "string" || kind === "") {
			this.errors.push(this.#yaml.error(["kind"], `Object 'Kind' is missing; expected ${KIND}`));
			return;
		}
		if (typeof apiVersion !== "string" || apiVersion === "") {
			this.errors.push(this.#yaml.error(["apiVersion"], `Object 'apiVersion' is missing; expected ${API_VERSION}`));
			return;
		}
		if (kind === KIND && apiVersion === API_VERSION) return;
		const message = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}; expected ${KIND} of ${API_VERSION}`;
		this.errors.push(this.#yaml.error([kind === KIND ? "apiVersion" : "kind"], message));
	}

	#plain(key: string, value: unknown): void {
		const path = PLAIN[key] ?? key;
		const field = fieldOf(path);
		if (field === undefined || value === null || value === undefined) return;
		this.#places.set(path, [key]);
		const list =
			field.type === "texts" && typeof value === "string" ? value.split(",").filter((one) => one !== "") : value;
		this.#value(field, [key], list);
	}

	#field(path: FieldPath, value: unknown): void {
		const name = path.join(".");
		const field = fieldOf(name);
		if (field !== undefined) {
			if (value !== null && value !== undefined) this.#value(field, path, value);
			return;
		}
		if (path.length > 1 || !SECTIONS.has(name)) {
			const near = nearestWord(
				name,
				FIELDS.map((one) => one.path),
			);
			const meant = near === undefined ? "" : `; did you mean ${near}?`;
			this.notes.push(this.#yaml.keyError(path, `unknown field, which kube-proxy ignores${meant}`));
			return;
		}
		if (value === null || value === undefined) return;
		if (!isMapping(value)) this.#wrong(path, "a mapping");
		else for (const [key, inner] of Object.entries(value)) this.#field([...path, key], inner);
	}

	#value(field: ConfigurationField, path: FieldPath, value: unknown): void {
		const read = readValue(field, value);
		if ("expected" in read) this.#wrong(path, read.expected);
		else if (read.value !== undefined) this.values.set(field.path, read.value);
	}

	#wrong(path: FieldPath, expected: string): void {
		this.errors.push(this.#yaml.error(path, `expected ${expected}, found ${this.#yaml.found(path)}`));
	}
}

type ReadValue = { readonly value: FieldValue | undefined } | { readonly expected: string };

function readValue({ type }: ConfigurationField, value: unknown): ReadValue {
	switch (type) {
		case "text":
			return typeof value === "string" ? { value } : { expected: "a text" };
		case "boolean":
			return typeof value === "boolean" ? { value } : { expected: "true or false" };
		case "number":
			return typeof value === "number" ? { value } : { expected: "a number" };
		case "integer":
			return isInt32(value) ? { value } : { expected: "a whole number of 32 bits" };
		case "duration": {
			const ns = typeof value === "string" ? parseDuration(value) : undefined;
			return ns === undefined ? { expected: "a duration as text (30s, 1h30m)" } : { value: ns };
		}
		case "texts":
			return isTexts(value) ? { value } : { expected: "a sequence of texts" };
		case "anything":
			return { value: undefined };
	}
}

function isInt32(value: unknown): value is number {
	return typeof value === "number" && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
}

function isTexts(value: unknown): value is readonly string[] {
	return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isMapping(value: unknown): value is Mapping {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
