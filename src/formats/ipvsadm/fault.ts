/** Why words for ipvsadm were not understood, as ipvsadm 1.31 says it. */

export interface IpvsadmFault {
	/** The exit code. */
	readonly code: 2 | 255;
	/** With its line ends. */
	readonly message: string;
	/** A restore goes on with the next line. */
	readonly goesOn?: true;
}

/** What the tool calls a failure: it ends there. */
export function failure(message: string): IpvsadmFault {
	return { code: 2, message: `${message}\n` };
}

/** What the reader of options says. */
export function badOption(word: string, what: string): IpvsadmFault {
	return { code: 255, message: `${word}: ${what}\n`, goesOn: true };
}

export const TRY_HELP: IpvsadmFault = {
	code: 255,
	message: "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n",
};

export function isFault<T extends object>(value: T | IpvsadmFault): value is IpvsadmFault {
	return "code" in value && "message" in value;
}
