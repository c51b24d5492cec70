/** What is wrong with a manifest, and where it says so. */

export interface SourcePos {
	/** The file's path as it was given. */
	readonly path: string;
	/** From 1. */
	readonly line: number;
	/** From 1. */
	readonly column: number;
}

export type ManifestErrorCode =
	/** The text is no YAML or JSON, or no Kubernetes object. */
	| "syntax"
	| "unknown-kind"
	| "unsupported-version"
	| "missing-field"
	| "wrong-field"
	| "unknown-field"
	/** The same kind, namespace and name twice. */
	| "duplicate-object"
	/** One address for two objects. */
	| "address-clash"
	/** One node port for two Services, or two equal ports in one object. */
	| "port-clash"
	/** Pod networks of two nodes overlap. */
	| "cidr-overlap"
	/** More pods on a node than its pod network has addresses. */
	| "cidr-too-small"
	/** An allocation found its range full. */
	| "range-full"
	/** A workload's selector does not match its own template. */
	| "selector-mismatch"
	/** No selected pod has a container port of the name in `targetPort`. */
	| "unresolved-port"
	/** A pod names a node that there is not. */
	| "unknown-node"
	/** No node takes a pod. */
	| "unschedulable";

export interface ManifestError {
	readonly code: ManifestErrorCode;
	readonly at: SourcePos;
	/** e.g. `Service default/myapp`. */
	readonly object?: string;
	/** e.g. `spec.ports[0].port`. */
	readonly field?: string;
	/** What is wrong, or what was expected and what was found. */
	readonly message: string;
	/** The other place, for a clash. */
	readonly also?: SourcePos;
}

/** What to do about manifests without nodes. */
export const NO_NODES =
	"the manifests have no Node: add -f with those of your cluster (kubectl get nodes -o yaml > nodes.yaml), or a copy of examples/myapp/nodes.yaml";

export function formatSourcePos(at: SourcePos): string {
	return `${at.path}:${at.line}:${at.column}`;
}

/** `FILE:LINE:COLUMN: Service default/myapp: spec.ports[0].port: expected …, found …`. */
export function formatManifestError(error: ManifestError): string {
	const parts = [formatSourcePos(error.at), error.object, error.field, error.message];
	const also = error.also === undefined ? "" : ` (the other is at ${formatSourcePos(error.also)})`;
	return parts.filter((part) => part !== undefined && part !== "").join(": ") + also;
}
