/** For sorting: by UTF-16 code units, as `<` compares and whatever the locale. */
export function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
