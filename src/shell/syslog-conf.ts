/** rsyslog.conf: selectors (`kern.*`, `kern.=notice`, `*.info;mail.none`, `kern.!err`), `:msg` filters, and files as actions. */

export type SyslogAction =
	| { readonly kind: "file"; readonly path: string }
	| { readonly kind: "stop" }
	/** Somebody's terminal, another machine, a module: nothing here. */
	| { readonly kind: "other"; readonly text: string };

export interface SyslogRule {
	/** `level` as syslog(3) counts: 0 emerg … 7 debug. */
	readonly matches: (facility: string, level: number, text: string) => boolean;
	readonly action: SyslogAction;
}

const LEVELS: Readonly<Record<string, number>> = {
	emerg: 0,
	panic: 0,
	alert: 1,
	crit: 2,
	err: 3,
	error: 3,
	warning: 4,
	warn: 4,
	notice: 5,
	info: 6,
	debug: 7,
};

/** The rules of a configuration, in order; what is no rule (modules, settings, comments) is passed over. */
export function parseSyslogConf(text: string): readonly SyslogRule[] {
	const rules: SyslogRule[] = [];
	for (const line of text.split("\n").map((one) => one.trim())) {
		if (line === "" || line.startsWith("#") || line.startsWith("$")) continue;
		const rule = ruleOf(line, rules.at(-1));
		if (rule !== undefined) rules.push(rule);
	}
	return rules;
}

function ruleOf(line: string, last: SyslogRule | undefined): SyslogRule | undefined {
	const more = /^&\s*(.+)$/.exec(line)?.[1];
	if (more !== undefined) return last === undefined ? undefined : { matches: last.matches, action: actionOf(more) };
	const property = /^:(\w+),\s*(!?)(\w+),\s*"((?:\\.|[^"\\])*)"\s+(.+)$/.exec(line);
	if (property !== null) {
		const [, name = "", not, operator = "", value = "", action = ""] = property;
		const test = propertyTest(name, operator, value);
		if (test === undefined) return undefined;
		return { matches: (_facility, _level, text) => test(text) === (not !== "!"), action: actionOf(action) };
	}
	const selected = /^([\w,*]+\.[!=]*[\w*]+(?:;[\w,*]+\.[!=]*[\w*]+)*)\s+(\S.*)$/.exec(line);
	if (selected === null) return undefined;
	const [, selectors = "", action = ""] = selected;
	return { matches: selectorTest(selectors), action: actionOf(action) };
}

function actionOf(text: string): SyslogAction {
	const path = /^-?(\/[^\s;]+)/.exec(text)?.[1];
	if (path !== undefined) return { kind: "file", path };
	return /^(stop|~|discard)$/.test(text) ? { kind: "stop" } : { kind: "other", text };
}

function propertyTest(name: string, operator: string, value: string): ((text: string) => boolean) | undefined {
	if (name !== "msg") return undefined;
	const wanted = value.replaceAll(/\\(.)/g, "$1");
	switch (operator) {
		case "contains":
			return (text) => text.includes(wanted);
		case "startswith":
			return (text) => text.startsWith(wanted);
		case "isequal":
			return (text) => text === wanted;
		case "regex":
		case "ereregex":
			return (text) => new RegExp(wanted).test(text);
		default:
			return undefined;
	}
}

/**
 * Each selector adds levels to its facilities or takes some away, from left to right: `.x` adds x and all that is graver,
 * `.=x` only x, `.!x` takes away x and all that is graver, `.!=x` only x. So `kern.!err` alone selects nothing.
 */
function selectorTest(selectors: string): SyslogRule["matches"] {
	const levels = (facility: string): ReadonlySet<number> => {
		const chosen = new Set<number>();
		for (const selector of selectors.split(";")) {
			const [, names = "", not, only, priority = ""] = /^([\w,*]+)\.(!?)(=?)([\w*]+)$/.exec(selector) ?? [];
			const facilities = names.split(",");
			if (!facilities.includes("*") && !facilities.includes(facility)) continue;
			if (priority === "none") chosen.clear();
			for (const level of levelsOf(priority, only === "=")) {
				if (not === "!") chosen.delete(level);
				else chosen.add(level);
			}
		}
		return chosen;
	};
	const cache = new Map<string, ReadonlySet<number>>();
	return (facility, level) => {
		const chosen = cache.get(facility) ?? levels(facility);
		cache.set(facility, chosen);
		return chosen.has(level);
	};
}

function levelsOf(priority: string, only: boolean): readonly number[] {
	if (priority === "*") return [0, 1, 2, 3, 4, 5, 6, 7];
	const level = LEVELS[priority];
	if (level === undefined) return [];
	return only ? [level] : Array.from({ length: level + 1 }, (_, k) => k);
}
