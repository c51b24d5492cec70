/** Numbers in the arguments of iputils' programs, and what these say of bad ones. */
import { ToolExit } from "../tool-exit.ts";

/** An integer within bounds (`strtol_or_err`). */
export function integerArgument(
	tool: string,
	text: string,
	bounds: { readonly min: number; readonly max: number | string },
): number {
	if (!/^\s*[+-]?\d+$/.test(text)) throw new ToolExit(1, `${tool}: invalid argument: '${text}'\n`);
	const value = Number(text);
	if (value < bounds.min || value > Number(bounds.max)) {
		const range = `out of range: ${bounds.min} <= value <= ${bounds.max}`;
		throw new ToolExit(1, `${tool}: invalid argument: '${text}': ${range}\n`);
	}
	return value;
}

/** Seconds with a fraction (`ping_strtod`): garbage is complained of on standard error and taken as far as it is a number. */
export function secondsArgument(tool: string, text: string, complain: (line: string) => void): number {
	const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text)?.[0] ?? "";
	if (number.length < text.length || text === "") {
		complain(`${tool}: option argument contains garbage: ${text}\n`);
		complain(`${tool}: this will become fatal error in the future\n`);
	}
	return Number(number === "" ? 0 : number);
}
