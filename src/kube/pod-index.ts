/** Pods by namespace and label, so that thousands of Services find their pods without looking at every pod. */
import { labelsMatch } from "./selector.ts";
import type { Labels, Pod } from "./snapshot.ts";

export class PodIndex {
	readonly #byLabel = new Map<string, Pod[]>();

	constructor(pods: readonly Pod[]) {
		for (const pod of pods) {
			for (const key of Object.keys(pod.labels)) {
				const entry = `${pod.namespace}/${key}=${pod.labels[key]}`;
				const list = this.#byLabel.get(entry);
				if (list === undefined) this.#byLabel.set(entry, [pod]);
				else list.push(pod);
			}
		}
	}

	/** The pods that have all these labels, in the order of the snapshot; an empty or absent selector selects none. */
	select(namespace: string, selector: Labels | undefined): readonly Pod[] {
		if (selector === undefined) return [];
		let candidates: readonly Pod[] | undefined;
		for (const key of Object.keys(selector)) {
			const list = this.#byLabel.get(`${namespace}/${key}=${selector[key]}`);
			if (list === undefined) return [];
			if (candidates === undefined || list.length < candidates.length) candidates = list;
		}
		return (candidates ?? []).filter((pod) => labelsMatch(selector, pod.labels));
	}
}
