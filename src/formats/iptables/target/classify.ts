/** `-j CLASSIFY`, and the targets that have nothing to say: `-j CHECKSUM --checksum-fill`, `-j TRACE`. */
import type { ClassifyTarget } from "../../../kernel/xt-targets.ts";
import type { Target } from "../../../kernel/xtables.ts";
import { type Draft, type Extension, extension } from "../extension.ts";

export const CLASSIFY: Extension<Target> = extension<Target, Partial<Draft<ClassifyTarget>>>({
	name: "CLASSIFY",
	options: {
		"--set-class": {
			args: 1,
			set: (draft, { value }) => {
				const class_ = /^(?:0x)?([0-9a-f]+):(?:0x)?([0-9a-f]+)$/i.exec(value);
				if (class_ === null) return `Bad class value "${value}"`;
				draft.major = Number.parseInt(class_[1] ?? "", 16) & 0xffff;
				draft.minor = Number.parseInt(class_[2] ?? "", 16) & 0xffff;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ major, minor }) =>
		major === undefined || minor === undefined
			? `CLASSIFY: option "--set-class" must be specified`
			: { kind: "classify", major, minor },
});

export const CHECKSUM: Extension<Target> = extension<Target, { fill?: true }>({
	name: "CHECKSUM",
	options: {
		"--checksum-fill": {
			args: 0,
			set: (draft) => {
				draft.fill = true;
				return undefined;
			},
		},
	},
	start: () => ({}),
	finish: ({ fill }) =>
		fill === undefined ? `CHECKSUM: option "--checksum-fill" must be specified` : { kind: "checksum" },
});

export const TRACE: Extension<Target> = extension<Target, object>({
	name: "TRACE",
	options: {},
	start: () => ({}),
	finish: () => ({ kind: "trace" }),
});

export function formatClassify({ major, minor }: ClassifyTarget): string {
	return ` -j CLASSIFY --set-class ${hex4(major)}:${hex4(minor)}`;
}

/** ` CLASSIFY set 1:2`. */
export function describeClassify({ major, minor }: ClassifyTarget): string {
	return ` CLASSIFY set ${major.toString(16)}:${minor.toString(16)}`;
}

function hex4(n: number): string {
	return n.toString(16).padStart(4, "0");
}
