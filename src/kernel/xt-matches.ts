/** Matches on what a packet is and carries besides addresses, ports and its place in a flow. */

interface Invertible {
	/** `!` before the option. */
	readonly invert?: true;
}

/** `-m connmark --mark value/mask`: the flow's mark. */
export interface ConnmarkMatch extends Invertible {
	readonly kind: "connmark";
	readonly value: number;
	readonly mask: number;
}

export type PacketMatch = ConnmarkMatch;
