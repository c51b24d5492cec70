/** Handing staged commands to the kernel as one transaction, and saying in iptables' words what it refused. */
import type { Errno, KernelError } from "../../../kernel/kernel.ts";
import type { XtChain } from "../../../kernel/objects.ts";
import type { CommandContext } from "../../command.ts";
import { ToolExit } from "../tool-exit.ts";
import type { StagedStep, StagedTable } from "./staged-table.ts";
import { refused, usage } from "./tool.ts";

/** The chains of all tables that something is loaded in. */
export async function dumpChains({ world, netns }: CommandContext): Promise<readonly XtChain[]> {
	const dumped = await world.kernel.dump(netns, ["xt-chain"]);
	if (!dumped.ok) throw new ToolExit(4, `iptables: ${dumped.error.message}\n`);
	return dumped.value.filter((object) => object.kind === "xt-chain");
}

/** Everything that was staged, or nothing. `before` is what the kernel had. */
export async function commitTable(
	{ world, netns }: CommandContext,
	table: StagedTable,
	before: readonly XtChain[],
): Promise<void> {
	const { steps } = table;
	if (steps.length === 0) return;
	const applied = await world.kernel.apply(
		netns,
		steps.map(({ op }) => op),
	);
	if (applied.ok) return;
	const { error } = applied;
	if (error.errno === "EOPNOTSUPP") throw new ToolExit(2, `podwire: iptables: ${error.message}\n`);
	const step = steps[error.op] ?? blamed(error, table, before) ?? steps.at(-1);
	if (step === undefined) throw new ToolExit(4, `iptables: ${error.message}\n`);
	// The real tool asks about sets before it asks the kernel to do something.
	if (/^Set .* doesn't exist\.$|^The protocol family of set /.test(error.message))
		throw usage(step.tool, error.message);
	throw refused(step.tool, step.kernelStep, ERRNO_TEXT[error.errno] ?? error.errno);
}

/** As strerror(3) says it; for a circle of jumps the nft backend has another word. */
const ERRNO_TEXT: Partial<Readonly<Record<Errno, string>>> = {
	EBUSY: "Device or resource busy",
	EEXIST: "File exists",
	EINVAL: "Invalid argument",
	ELOOP: "Too many links",
	ENAMETOOLONG: "File name too long",
	ENOENT: "No such file or directory",
	ERANGE: "Numerical result out of range",
	EPERM: "Operation not permitted",
};

/** The step that makes the whole wrong, where the kernel only says what is wrong with the whole. */
function blamed(error: KernelError, table: StagedTable, before: readonly XtChain[]): StagedStep | undefined {
	const own = before.filter((chain) => chain.table === table.name);
	const jumps: Jump[] = own.flatMap(({ chain, rules }) => rules.flatMap((rule) => jumpOf(chain, rule.target)));
	const bases = table.chains.filter((chain) => chain.isBuiltin).map((chain) => chain.name);
	const named = error.rule;
	const rule = named === undefined ? undefined : table.chain(named.chain)?.rules[named.number - 1];
	let isThere = own.some(({ rules }) => rules.some((other) => other === rule));
	for (const step of table.steps) {
		const { object } = step.op;
		if (object.kind !== "xt-rule" || step.op.verb === "delete") continue;
		jumps.push(...jumpOf(object.chain, object.rule.target));
		if (object.rule === rule) isThere = true;
		if (error.errno === "ELOOP" && bases.some((base) => leadsInACircle(base, jumps))) return step;
		if (named !== undefined && isThere && reachable(named.hook, jumps).has(named.chain)) return step;
	}
	return undefined;
}

interface Jump {
	readonly from: string;
	readonly to: string;
}

function jumpOf(from: string, target: XtChain["rules"][number]["target"]): readonly Jump[] {
	return target.kind === "jump" || target.kind === "goto" ? [{ from, to: target.chain }] : [];
}

function reachable(from: string, jumps: readonly Jump[]): ReadonlySet<string> {
	const found = new Set([from]);
	for (const chain of found) for (const jump of jumps) if (jump.from === chain) found.add(jump.to);
	return found;
}

function leadsInACircle(base: string, jumps: readonly Jump[]): boolean {
	const chains = [...reachable(base, jumps)];
	return jumps.some(({ from, to }) => chains.includes(from) && reachable(to, jumps).has(from));
}
