/** Numbers of scopes (enum rt_scope_t). */
import type { Scope } from "../../kernel/objects.ts";

export const SCOPE: Readonly<Record<Scope, number>> = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };

/** A scope that has no name counts as `global`. */
export function scopeName(scope: number): Scope {
	switch (scope) {
		case SCOPE.site:
			return "site";
		case SCOPE.link:
			return "link";
		case SCOPE.host:
			return "host";
		case SCOPE.nowhere:
			return "nowhere";
		default:
			return "global";
	}
}
