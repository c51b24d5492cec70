/** kube-proxy's flags → a configuration's values, checked. */
import { err, ok, type Result } from "../../base/result.ts";
import { parseDuration } from "./duration.ts";
import { type ConfigurationField, type FieldValue, FLAGS } from "./fields.ts";
import { validateConfiguration } from "./validate.ts";
import { ConfigurationValues } from "./values.ts";

/** `value` of a flag that stands alone is undefined. */
export interface GivenFlag {
	/** Without the dashes. */
	readonly flag: string;
	readonly value: string | undefined;
}

/** An error is a line for each flag that is wrong. */
export function configurationOfFlags(given: readonly GivenFlag[]): Result<ConfigurationValues, readonly string[]> {
	const errors: string[] = [];
	const found = new Map<string, FieldValue>();
	const flags = new Map<string, string>();
	for (const { flag, value } of given) {
		const field = FLAGS.find((one) => one.flag === flag);
		if (field === undefined) {
			errors.push(`unknown flag: --${flag}`);
			continue;
		}
		const parsed = parseFlag(field, value);
		if (parsed.ok) found.set(field.path, parsed.value);
		else errors.push(`invalid argument ${JSON.stringify(value ?? "")} for "--${flag}" flag: ${parsed.error}`);
		flags.set(field.path, flag);
	}
	if (errors.length > 0) return err(errors);
	const values = new ConfigurationValues(found);
	const faults = validateConfiguration(values);
	if (faults.length === 0) return ok(values);
	return err(
		faults.map(({ path, message }) => {
			const flag = flags.get(path);
			return flag === undefined ? message : `--${flag}: ${message}`;
		}),
	);
}

/** With the words of Go's strconv and time. */
function parseFlag({ type, path }: ConfigurationField, value: string | undefined): Result<FieldValue, string> {
	const text = value ?? "";
	if (path === "hostnameOverride" && text.trim() === "") return err("empty hostname-override is invalid");
	switch (type) {
		case "boolean": {
			if (value === undefined || /^(1|t|T|true|TRUE|True)$/.test(text)) return ok(true);
			if (/^(0|f|F|false|FALSE|False)$/.test(text)) return ok(false);
			return err(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
		}
		case "integer": {
			const number = Number(text);
			if (!/^[-+]?\d+$/.test(text)) return err(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
			if (number >= -(2 ** 31) && number < 2 ** 31) return ok(number);
			return err(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
		}
		case "duration": {
			const ns = parseDuration(text);
			return ns === undefined ? err(`time: invalid duration ${JSON.stringify(text)}`) : ok(ns);
		}
		case "texts":
			return ok(text === "" ? [] : text.split(","));
		case "text":
		case "number":
		case "anything":
			return ok(text);
	}
}
