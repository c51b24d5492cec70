/** A name below a cluster's zone → what of Kubernetes it asks for. */
import { err, ok, type Result } from "../base/result.ts";

export interface NameRequest {
	/** Undefined: the zone itself, `svc.ZONE` or `pod.ZONE`, which have no records. */
	readonly kind?: "svc" | "pod";
	/** Empty fields were not in the name. */
	readonly namespace: string;
	/** Of a pod record its address, with dashes. */
	readonly service: string;
	readonly endpoint: string;
	/** Of `_PORT._PROTOCOL`, without the underscores. */
	readonly port: string;
	readonly protocol: string;
	/** Endpoints in one topology zone. */
	readonly topology?: TopologyRequest;
}

export interface TopologyRequest {
	readonly zone: string;
	/** All endpoints where the zone has none. */
	readonly prefer: boolean;
}

const ZONE_LABEL = "_zone";
const NOTHING = { namespace: "", service: "", endpoint: "", port: "", protocol: "" };

/** `name` is in lower case and in `zone`; both without the final dot. An error: no name has this form. */
export function parseName(
	name: string,
	zone: string,
	options: { readonly zonal: boolean },
): Result<NameRequest, "invalid query name"> {
	const base = name === zone ? "" : zone === "" ? name : name.slice(0, -zone.length - 1);
	if (base === "" || base === "svc" || base === "pod") return ok(NOTHING);
	const labels = base.split(".");
	const kind = labels.pop();
	if (kind !== "svc" && kind !== "pod") return err("invalid query name");
	const namespace = labels.pop() ?? "";
	const service = labels.pop() ?? "";
	const request = { kind, namespace, service, endpoint: "", port: "", protocol: "" } as const;
	const [first, second] = labels;
	if (first === undefined) return ok(request);
	if (second === undefined) return ok({ ...request, endpoint: first });
	if (labels.length === 2) return ok({ ...request, port: bare(first), protocol: bare(second) });
	const mode = labels.at(-2);
	if (options.zonal && kind === "svc" && labels.at(-1) === ZONE_LABEL && (mode === "pin" || mode === "prefer")) {
		return ok({ ...request, topology: { zone: labels.slice(0, -2).join("."), prefer: mode === "prefer" } });
	}
	return err("invalid query name");
}

function bare(label: string): string {
	return label.startsWith("_") ? label.slice(1) : label;
}
