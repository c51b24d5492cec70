/** The cluster's objects as `kubectl get -o wide` prints them. */
import type { Cluster } from "../cluster/cluster.ts";
import { formatEndpoints, formatNodes, formatPods, formatServices } from "../kube/print.ts";

export type ObjectWord = "nodes" | "pods" | "services" | "endpoints";

export const OBJECT_WORDS: readonly ObjectWord[] = ["nodes", "pods", "services", "endpoints"];

export function objectText(cluster: Cluster, what: ObjectWord): string {
	const { snapshot } = cluster;
	switch (what) {
		case "nodes":
			return formatNodes(snapshot.nodes);
		case "pods":
			return formatPods(snapshot.pods);
		case "services":
			return formatServices(snapshot.services);
		case "endpoints":
			return formatEndpoints(snapshot.endpointSlices);
	}
}

/** The same as data. */
export function objectList(cluster: Cluster, what: ObjectWord): readonly unknown[] {
	return what === "endpoints" ? cluster.snapshot.endpointSlices : cluster.snapshot[what];
}
