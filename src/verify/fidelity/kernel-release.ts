/** Versions of Linux, as far as what packets show depends on them. */

export interface KernelRelease {
	readonly major: number;
	readonly minor: number;
}

/** Of `uname -r`: `6.1.0-56-amd64`. A text without numbers is as new as it gets. */
export function kernelRelease(text: string): KernelRelease {
	const found = /^(\d+)\.(\d+)/.exec(text);
	return found === null ? { major: Infinity, minor: 0 } : { major: Number(found[1]), minor: Number(found[2]) };
}

export function isBefore(a: KernelRelease, b: KernelRelease): boolean {
	return a.major < b.major || (a.major === b.major && a.minor < b.minor);
}
