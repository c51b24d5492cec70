/** What is wrong with a text file, and where. */

export interface TextError {
	/** The file's path as it was given. */
	readonly file: string;
	/** From 1. */
	readonly line: number;
	/** From 1. */
	readonly column: number;
	/** e.g. `hosts.master.interfaces.eth0.addresses[0]`; empty for the whole file. */
	readonly field: string;
	/** What is wrong, or what was expected and what was found. */
	readonly message: string;
}

/** `FILE:LINE:COLUMN: steps[2].on: expected …, found …`. */
export function formatTextError(error: TextError): string {
	const { field, message } = error;
	return `${formatTextPlace(error)}: ${field === "" ? "" : `${field}: `}${message}`;
}

/** `FILE:LINE:COLUMN`. */
export function formatTextPlace({ file, line, column }: TextError): string {
	return `${file}:${line}:${column}`;
}
