/** The programs in the pods: each container port is answered, and every request is noted with who the server saw. */
import { err, ok, type Result } from "../base/result.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SocketAddr, SocketError } from "../kernel/socket.ts";
import { httpServer } from "../programs/http-server.ts";
import { udpEcho } from "../programs/udp-echo.ts";
import type { ClusterPod, ServedPort, Visit } from "./cluster.ts";
import { type DnsProgram, serveDns } from "./dns-program.ts";
import type { ClusterError } from "./errors.ts";

/** The last visits; older ones are forgotten, so that long runs do not grow. */
export class VisitLog {
	readonly #limit: number;
	readonly #visits: Visit[] = [];

	constructor(limit: number) {
		this.#limit = limit;
	}

	get all(): readonly Visit[] {
		return this.#visits;
	}

	add(visit: Visit): void {
		this.#visits.push(visit);
		// In batches: removing from the front costs as much as the array is long.
		if (this.#visits.length >= this.#limit * 2) this.#visits.splice(0, this.#limit);
	}
}

/** What the programs need to know of their pod. */
export type ServedPod = Pick<ClusterPod, "netns" | "namespace" | "name" | "ports">;

export interface PodPrograms {
	readonly log: VisitLog;
	/** What answers on the ports of a name server. */
	readonly dns?: DnsProgram | undefined;
}

/**
 * HTTP on TCP ports: `{"pod":"myapp-1","client":"10.0.0.2"}`; on UDP ports every datagram comes back. The result stops
 * the programs.
 */
export function servePod(kernel: Kernel, pod: ServedPod, { log, dns }: PodPrograms): Result<() => void, ClusterError> {
	const open: { close(): void }[] = [];
	const stop = (): void => {
		for (const server of open) server.close();
	};
	for (const port of pod.ports) {
		const server = serve(kernel, pod, { port, log, dns });
		if (!server.ok) {
			stop();
			return err({ kind: "socket", pod: `${pod.namespace}/${pod.name}`, port: port.port, error: server.error });
		}
		open.push(server.value);
	}
	return ok(stop);
}

function serve(
	kernel: Kernel,
	pod: ServedPod,
	{ port, log, dns }: PodPrograms & { readonly port: ServedPort },
): Result<{ close(): void }, SocketError> {
	const visit = (from: SocketAddr, to: SocketAddr): void => {
		log.add({ at: kernel.clock.now(), netns: pod.netns, pod: `${pod.namespace}/${pod.name}`, port, from, to });
	};
	if (port.dns === true && dns !== undefined) {
		const { protocol, container: program } = port;
		return serveDns(kernel, pod.netns, dns, { port: port.port, protocol, program, onQuery: visit });
	}
	const listen = { port: port.port, program: port.container };
	if (port.protocol === "UDP") {
		return udpEcho(kernel, pod.netns, {
			...listen,
			reply: ({ bytes, from, to }) => {
				visit(from, to);
				return bytes;
			},
		});
	}
	return httpServer(kernel, pod.netns, {
		...listen,
		handler: ({ client, local }) => {
			visit(client, local);
			const body = `${JSON.stringify({ pod: pod.name, client: client.addr })}\n`;
			return { headers: { "Content-Type": "application/json" }, body };
		},
	});
}
