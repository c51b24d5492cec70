/** What became of a flow, in words that are the same in every mode: who got it, whom that one sees, or how it was refused. */
import { err, ok, type Result } from "../../base/result.ts";
import type { TraceEvent } from "../../kernel/trace-event.ts";
import { journeysOf } from "../../trace/journey.ts";
import type { Cluster } from "../cluster.ts";
import { type FlowOutcome, formatFlowError, traceFlow } from "../flow.ts";
import { netnsOf } from "../names.ts";
import type { ModeFlow } from "./mode-flows.ts";

/** A cluster, and how its choice among endpoints is made to fall on one. */
export interface ModeCluster {
	readonly cluster: Cluster;
	/** `endpoint` is `IP:PORT`; the result gives the choice back. */
	force(endpoint: string): Promise<() => Promise<void>>;
}

export interface ModeOutcome {
	readonly kind: "served" | "sent" | "answered" | "refused" | "unanswered";
	readonly text: string;
}

const TIMEOUT_NS = 3_000_000_000;

/** The flow once for every endpoint on which the choice may fall; each outcome once, sorted by its text. */
export async function flowOutcomes(mode: ModeCluster, flow: ModeFlow): Promise<Result<readonly ModeOutcome[], string>> {
	const found = new Map<string, ModeOutcome>();
	for (const endpoint of wishesOf(flow)) {
		const undo = endpoint === undefined ? undefined : await mode.force(endpoint);
		const { from, to, proto } = flow;
		const traced = await traceFlow(mode.cluster, { from, to, proto, timeoutNs: TIMEOUT_NS });
		await undo?.();
		if (!traced.ok) return err(formatFlowError(traced.error));
		const outcome = outcomeOf(mode.cluster, traced.value);
		found.set(outcome.text, outcome);
	}
	return ok([...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1)));
}

/** A client with session affinity stays with its first endpoint: there it is asked for one only. */
function wishesOf({ by, endpoints, service }: ModeFlow): readonly (string | undefined)[] {
	const chooses = by !== "other-port" && by !== "ping" && endpoints.length > 0;
	if (!chooses) return [undefined];
	return service.clientIPAffinitySeconds === undefined ? endpoints : endpoints.slice(0, 1);
}

function outcomeOf(cluster: Cluster, outcome: FlowOutcome): ModeOutcome {
	const { ending, visit } = outcome;
	const how = ending.kind === "timeout" ? "unanswered" : ending.kind;
	const end = ending.kind === "refused" ? `the client gets ${ending.errno}` : `the client gets no answer`;
	if (visit !== undefined) {
		const text = `${visit.to.addr}:${visit.to.port} sees ${visit.from.addr}`;
		return ending.kind === "answered" ? { kind: "served", text } : { kind: "served", text: `${text}, but ${end}` };
	}
	if (ending.kind === "answered") return { kind: "answered", text: "answered by the address itself" };
	// Nobody is there: what the client hears then is not kube-proxy's.
	const sent = translatedTo(outcome.events, netnsOf(cluster, outcome.from));
	if (sent !== undefined) return { kind: "sent", text: `sent to ${sent.to} from ${sent.from}` };
	return { kind: how === "refused" ? "refused" : "unanswered", text: end };
}

/** What translations made of the request's first packet, where its destination is another one now and no rule ended it. */
function translatedTo(
	events: readonly TraceEvent[],
	clientNetns: string,
): { readonly to: string; readonly from: string } | undefined {
	const root = journeysOf(events).find(
		(journey) => journey.link === "ip" && journey.stretches[0]?.netns === clientNetns,
	);
	if (root === undefined || (root.end?.step === "drop" && root.end.reason === "NETFILTER_DROP")) return undefined;
	let first: string | undefined;
	let last: { readonly to: string; readonly from: string } | undefined;
	for (const event of events) {
		if (event.skb !== root.skb || (event.step !== "nat" && event.step !== "ipvs")) continue;
		if (event.before === undefined || event.after === undefined) continue;
		first ??= `${event.before.dst}:${event.before.dport ?? 0}`;
		last = { to: `${event.after.dst}:${event.after.dport ?? 0}`, from: event.after.src };
	}
	return last === undefined || last.to === first ? undefined : last;
}
