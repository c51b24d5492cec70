/** Colour as a value: the command line gives real colours on a terminal, everything else gets plain text. */

export interface Paint {
	strong(text: string): string;
	dim(text: string): string;
	good(text: string): string;
	bad(text: string): string;
	change(text: string): string;
	name(text: string): string;
}

const same = (text: string): string => text;

export const PLAIN: Paint = { strong: same, dim: same, good: same, bad: same, change: same, name: same };
