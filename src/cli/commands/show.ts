/** `podwire show`: the cluster's objects, or one node's (or pod's) network state as the real tools print it. */
import { formatResolveError, netnsOf, resolveWho } from "../../cluster/names.ts";
import { type ExitCode, type Io, UsageError } from "../io.ts";
import type { ClusterInputOptions } from "../options.ts";
import { type Session, withSession } from "../session.ts";
import { OBJECT_WORDS, type ObjectWord, objectList, objectText } from "../show-objects.ts";
import { STATE_WORDS, type StateWord, stateText } from "../show-state.ts";

export interface ShowOptions extends ClusterInputOptions {
	readonly what: string;
	/** A node's name, or `pod/NS/NAME`, `node/NAME`, `outside`, `fabric`. */
	readonly node?: string;
	readonly json: boolean;
}

/** The words after the options: more manifests, then what to show, then the node. */
export function splitShowWords(words: readonly string[]): {
	readonly paths: readonly string[];
	readonly what: string;
	readonly node?: string;
} {
	const at = words.findIndex((word) => isObjectWord(word) || isStateWord(word));
	if (at < 0) throw new UsageError([`show: nothing of ${words.join(", ")} can be shown; expected ${expectedWords()}`]);
	const [what, node, ...rest] = words.slice(at);
	if (rest.length > 0) throw new UsageError([`show: too many words: ${rest.join(" ")}`]);
	return { paths: words.slice(0, at), what: what ?? "", ...(node === undefined ? {} : { node }) };
}

export async function show(io: Io, options: ShowOptions): Promise<ExitCode> {
	const { what, node } = options;
	if (isObjectWord(what)) {
		if (node !== undefined) throw new UsageError([`show ${what}: takes no node, got ${node}`]);
		return withSession(io, options, async ({ cluster }): Promise<ExitCode> => {
			io.out(options.json ? json(objectList(cluster, what)) : objectText(cluster, what));
			return 0;
		});
	}
	if (!isStateWord(what)) throw new UsageError([`show ${what}: expected ${expectedWords()}`]);
	if (node === undefined) throw new UsageError([`show ${what}: of which node? Give its name after ${what}`]);
	return withSession(io, options, async (session): Promise<ExitCode> => {
		const dumped = await session.kernel.dump(namespaceOf(session, node), STATE_WORDS[what].kinds);
		if (!dumped.ok) throw new UsageError([`show ${what} ${node}: ${dumped.error.message}`]);
		io.out(options.json ? json(dumped.value) : stateText(what, dumped.value));
		return 0;
	});
}

/** A bare name is a node's. */
function namespaceOf(session: Session, text: string): string {
	const { cluster } = session;
	if (text === "fabric") return cluster.fabric.netns;
	const who = resolveWho(cluster, text.includes("/") || text === "outside" ? text : `node/${text}`);
	if (!who.ok) throw new UsageError([formatResolveError(who.error)]);
	return netnsOf(cluster, who.value);
}

function json(value: unknown): string {
	return `${JSON.stringify(value, undefined, 2)}\n`;
}

function isObjectWord(word: string): word is ObjectWord {
	return OBJECT_WORDS.some((known) => known === word);
}

function isStateWord(word: string): word is StateWord {
	return Object.hasOwn(STATE_WORDS, word);
}

function expectedWords(): string {
	return `${OBJECT_WORDS.join(", ")}, or ${Object.keys(STATE_WORDS).join(", ")} and a node`;
}
