/** Text → scenario, or everything that is wrong with it. docs/scenario-format.md. */
import { readShape } from "../../base/read-shape.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { TextError } from "../../base/text-error.ts";
import { YamlText } from "../../base/yaml-text.ts";
import type { Scenario } from "../scenario.ts";
import { checkScenario } from "./check-scenario.ts";
import { SCENARIO_SHAPE } from "./scenario-shape.ts";

export interface ScenarioFile {
	/** As errors shall name it. */
	readonly path: string;
	/** YAML, and so JSON as well. */
	readonly text: string;
}

export function parseScenario(file: ScenarioFile): Result<Scenario, readonly TextError[]> {
	const text = new YamlText(file.path, file.text);
	const shaped = readShape(text, SCENARIO_SHAPE);
	if (!shaped.ok) return shaped;
	const errors = checkScenario(shaped.value, text);
	return errors.length > 0 ? err(errors) : ok(shaped.value);
}
