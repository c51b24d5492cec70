/** The names of socket states in `ss state …`. */
import type { SocketState } from "../../../kernel/socket.ts";

const NAMES: Readonly<Record<string, SocketState>> = {
	established: "ESTAB",
	"syn-sent": "SYN-SENT",
	"syn-recv": "SYN-RECV",
	"fin-wait-1": "FIN-WAIT-1",
	"fin-wait-2": "FIN-WAIT-2",
	"time-wait": "TIME-WAIT",
	closed: "UNCONN",
	unconnected: "UNCONN",
	"close-wait": "CLOSE-WAIT",
	"last-ack": "LAST-ACK",
	listening: "LISTEN",
	listen: "LISTEN",
	closing: "CLOSING",
};

export const ALL_STATES: readonly SocketState[] = [...new Set(Object.values(NAMES))];
/** Shown without `-a`, `-l` and a state. */
export const DEFAULT_STATES: readonly SocketState[] = without("LISTEN", "UNCONN", "TIME-WAIT", "SYN-RECV");
/** `-l`. */
export const LISTEN_STATES: readonly SocketState[] = ["LISTEN", "UNCONN"];

/** The states of a name or a group; undefined: there is no such name. */
export function statesNamed(name: string): readonly SocketState[] | undefined {
	switch (name) {
		case "all":
			return ALL_STATES;
		case "connected":
			return without("LISTEN", "UNCONN");
		case "synchronized":
			return without("LISTEN", "UNCONN", "SYN-SENT");
		case "bucket":
			return ["SYN-RECV", "TIME-WAIT"];
		case "big":
			return without("SYN-RECV", "TIME-WAIT");
		default: {
			const state = NAMES[name.toLowerCase()];
			return state === undefined ? undefined : [state];
		}
	}
}

function without(...states: readonly SocketState[]): readonly SocketState[] {
	return ALL_STATES.filter((state) => !states.includes(state));
}
