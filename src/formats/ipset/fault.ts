/** Why words for ipset were not understood, as ipset 7.17 says it. */

export interface IpSetFault {
	/** 2 comes with the hint to ask for help. */
	readonly code: 1 | 2;
	readonly message: string;
}

/** `Syntax error: …`. */
export function syntax(message: string): IpSetFault {
	return { code: 1, message: `Syntax error: ${message}` };
}

/** As it is. */
export function refusal(message: string): IpSetFault {
	return { code: 1, message };
}

export function usage(message: string): IpSetFault {
	return { code: 2, message };
}

export function isFault<T extends object>(value: T | IpSetFault): value is IpSetFault {
	return "code" in value && "message" in value;
}

/** A number in decimal, hexadecimal or octal. */
export function parseNumber(text: string, min: number, max: number): number | IpSetFault {
	const n = numberOf(text);
	if (n === undefined) return syntax(`'${text}' is invalid as number`);
	return n < min || n > max ? syntax(`'${text}' is out of range ${min}-${max}`) : n;
}

/** Up to 64 bits; larger ones lose their last digits. */
export function numberOf(text: string): number | undefined {
	const match = /^\s*([+-]?)(0x[0-9a-f]+|\d+)$/i.exec(text);
	const [, sign = "", digits = ""] = match ?? [];
	if (match === null) return undefined;
	const isOctal = /^0[0-7]+$/.test(digits);
	if (!isOctal && /^0\d/.test(digits)) return undefined;
	const n = isOctal ? Number.parseInt(digits, 8) : Number(digits);
	return sign === "-" ? -n : n;
}
