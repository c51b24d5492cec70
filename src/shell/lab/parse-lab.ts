/** Text → lab, or everything that is wrong with it. */
import { readShape } from "../../base/read-shape.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { TextError } from "../../base/text-error.ts";
import { YamlText } from "../../base/yaml-text.ts";
import { checkLab } from "./check-lab.ts";
import type { Lab } from "./lab.ts";
import { LAB_SHAPE, type LabText } from "./lab-shape.ts";

export interface LabFile {
	readonly path: string;
	readonly text: string;
}

/** A lab and where its parts stand, for errors that only setting it up finds. */
export interface ParsedLab {
	readonly lab: Lab;
	readonly text: YamlText;
}

export function parseLab(file: LabFile): Result<ParsedLab, readonly TextError[]> {
	const text = new YamlText(file.path, file.text);
	const shaped = readShape(text, LAB_SHAPE);
	if (!shaped.ok) return shaped;
	const lab = withMachines(shaped.value);
	const errors = checkLab(lab, text);
	return errors.length > 0 ? err(errors) : ok({ lab, text });
}

/** Where there is only one machine, it is every step's. A missing one is left empty, for `checkLab` to find. */
function withMachines(lab: LabText): Lab {
	const names = Object.keys(lab.hosts);
	const only = names.length === 1 ? (names[0] ?? "") : "";
	return {
		...lab,
		steps: lab.steps.map(({ interruptAfter, ...step }) => ({
			...step,
			on: step.on ?? only,
			interruptAfterNs: interruptAfter,
		})),
	};
}
