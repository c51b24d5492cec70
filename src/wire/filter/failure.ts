/** Why a filter was not taken. Inside the parser it is thrown; `parseFilter` catches it. */

export type FilterErrorKind =
	/** The words make no sense in this order. */
	| "syntax"
	/** They do, but not together with this value, qualifier or link type. */
	| "invalid"
	/** No frame could match. */
	| "rejects-all"
	/** libpcap has it, podwire has not. */
	| "not-modelled";

export interface FilterError {
	readonly kind: FilterErrorKind;
	/** As tcpdump prints it after its name; of `not-modelled`, what is not. */
	readonly message: string;
}

export class FilterFailure extends Error {
	readonly kind: FilterErrorKind;

	constructor(kind: FilterErrorKind, message: string) {
		super(message);
		this.kind = kind;
	}
}

export function syntaxError(): FilterFailure {
	return new FilterFailure("syntax", "can't parse filter expression: syntax error");
}

export function notModelled(what: string): FilterFailure {
	return new FilterFailure("not-modelled", what);
}
