/** Lines of `bridge fdb`. */
import type { Fdb } from "../kernel/objects.ts";

/** One entry of a port of bridge `master`, without a line end; a learnt entry ends in a space, as `bridge fdb` prints it. */
export function formatFdb(fdb: Fdb, master: string): string {
	return `${fdb.mac} dev ${fdb.dev} master ${master} ${fdb.state ?? ""}`;
}
