/** What a packet knows of the connection that it belongs to. */

/** Place in a flow (`enum ip_conntrack_info`). */
export type CtInfo =
	| "established"
	| "related"
	| "new"
	| "established-reply"
	| "related-reply"
	| "untracked"
	| "invalid"
	| "none";
