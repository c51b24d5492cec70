/** Ends an exhaustive switch: reaching it at run time is a bug, and it throws. */
export function assertNever(value: never): never {
	throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
