/** Users and groups by name, as every Debian has them (/usr/share/base-passwd). */

/** Numbers that are the same for the user and the group of that name. */
const BOTH: Readonly<Record<string, number>> = {
	root: 0,
	daemon: 1,
	bin: 2,
	sys: 3,
	lp: 7,
	mail: 8,
	news: 9,
	uucp: 10,
	proxy: 13,
	"www-data": 33,
	backup: 34,
	list: 38,
	irc: 39,
};

const USERS: ReadonlyMap<string, number> = new Map(
	Object.entries({ ...BOTH, sync: 4, games: 5, man: 6, nobody: 65534 }),
);

const GROUPS: ReadonlyMap<string, number> = new Map(
	Object.entries({
		...BOTH,
		adm: 4,
		man: 12,
		tty: 5,
		disk: 6,
		kmem: 15,
		dialout: 20,
		fax: 21,
		voice: 22,
		cdrom: 24,
		floppy: 25,
		tape: 26,
		sudo: 27,
		audio: 29,
		dip: 30,
		operator: 37,
		src: 40,
		shadow: 42,
		utmp: 43,
		video: 44,
		sasl: 45,
		plugdev: 46,
		staff: 50,
		games: 60,
		users: 100,
		nogroup: 65534,
	}),
);

const BY_KIND = { uid: USERS, gid: GROUPS } as const;

/** The number of a user or group; undefined: nobody has the name. */
export function idOfName(kind: "uid" | "gid", name: string): number | undefined {
	return BY_KIND[kind].get(name);
}

/** The name of a user or group; undefined: it has none. */
export function nameOfId(kind: "uid" | "gid", id: number): string | undefined {
	for (const [name, known] of BY_KIND[kind]) if (known === id) return name;
	return undefined;
}
