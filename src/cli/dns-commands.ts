/** The options of `podwire dns`. */
import type { Command } from "commander";
import type { DnsInputOptions } from "./dns-input.ts";
import { addInputOptions, type InputOptions, inputOf } from "./input-options.ts";
import type { Io } from "./io.ts";

interface DnsCliOptions extends InputOptions {
	readonly zone?: string;
	readonly corefile?: string;
	readonly forward?: readonly string[];
	readonly listen: string;
	readonly json?: boolean;
}

export function addDnsCommands(program: Command, io: Io, finish: (code: number) => void): void {
	const dns = program.command("dns").description("cluster DNS: what Services and pods are called (as CoreDNS answers)");
	addDnsOptions(
		dns.command("serve").description("answer real clients with the records of the manifests' Services, by UDP and TCP"),
	)
		.option("--listen <address:port>", "where; port 0 is any free one", "127.0.0.1:10053")
		.option("--forward <address>", "the server that is asked for names outside the zones; may be repeated", collect)
		.argument("[path...]", "more manifests")
		.action(async (paths: readonly string[], options: DnsCliOptions) => {
			const { dnsServe } = await import("./commands/dns.ts");
			finish(await dnsServe(io, { ...dnsInputOf(options, paths), listen: options.listen }));
		});
	addDnsOptions(dns.command("query").description("print the answer to one question, as dig does"))
		.option("--json", "print as JSON (schema podwire.dns/v1)")
		.argument("<name>", "the whole name, e.g. myapp.default.svc.cluster.local")
		.argument("[type]", "A, AAAA, SRV, PTR, TXT, CNAME, NS, SOA", "A")
		.addHelpText("after", "\nExit codes: 0 answered, 1 there is no such name (or the query failed), 2 bad input.")
		.action(async (name: string, type: string, options: DnsCliOptions) => {
			const { dnsQueryCommand } = await import("./commands/dns.ts");
			finish(await dnsQueryCommand(io, { ...dnsInputOf(options, []), name, type, json: options.json === true }));
		});
}

function addDnsOptions(command: Command): Command {
	return addInputOptions(command, ["sim"])
		.option("--zone <domain>", "the cluster's domain (default: cluster.local)")
		.option("--corefile <file>", "a Corefile with a kubernetes directive; default: kubeadm's");
}

function dnsInputOf(options: DnsCliOptions, paths: readonly string[]): DnsInputOptions {
	const { zone, corefile, forward = [] } = options;
	return {
		...inputOf(options, paths),
		...(zone === undefined ? {} : { zone }),
		...(corefile === undefined ? {} : { corefile }),
		forward,
	};
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
	return [...(before ?? []), value];
}
