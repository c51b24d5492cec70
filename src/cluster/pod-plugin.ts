/** What a CNI plugin is to the cluster. */
import type { Result } from "../base/result.ts";
import type { CniResult, CniRuntime, Plan } from "../cni/types.ts";
import type { Pod } from "../kube/snapshot.ts";
import type { IpAddr } from "../wire/addr.ts";
import type { Attachment } from "./cluster.ts";
import type { ClusterError } from "./errors.ts";

/** A pod that a plugin is asked to attach. */
export interface PodToAttach {
	readonly pod: Pod;
	readonly runtime: CniRuntime;
	/** The IPv4 addresses that it asks for. */
	readonly asked: readonly IpAddr[];
}

/** What ADD decided. */
export interface PlannedAttachment {
	readonly plan: Plan;
	readonly attachment: Omit<Attachment, "mac">;
	/** For the plugins chained behind. */
	readonly result: CniResult;
	/** The node's device that leads to the pod. */
	readonly routeDev: string;
}

/** A CNI plugin on one node, with what it keeps on disk. */
export interface PodPlugin {
	add(request: PodToAttach): Promise<Result<PlannedAttachment, ClusterError>>;
	/** The plan has been carried out. */
	added?(): Promise<Result<void, ClusterError>>;
}
