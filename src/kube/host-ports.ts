/** The ports of the nodes themselves that pods take: host ports, and every container port of a pod on the host's network. */
import type { PodDraft } from "./read-pod.ts";
import type { ContainerPort } from "./snapshot.ts";

export interface HostPortClash {
	/** `80/TCP`. */
	readonly port: string;
	/** The pod that has it. */
	readonly holder: PodDraft;
}

export class HostPorts {
	/** By node, port and protocol. */
	readonly #taken = new Map<string, { readonly hostIP: string; readonly holder: PodDraft }[]>();

	add(node: string, draft: PodDraft): void {
		for (const { port, hostIP } of hostPorts(draft)) {
			const key = `${node} ${port}`;
			const holders = this.#taken.get(key) ?? [];
			holders.push({ hostIP, holder: draft });
			this.#taken.set(key, holders);
		}
	}

	/** The first port that the pod wants on the node and another pod has. */
	clash(node: string, draft: PodDraft): HostPortClash | undefined {
		for (const { port, hostIP } of hostPorts(draft)) {
			const other = this.#taken
				.get(`${node} ${port}`)
				?.find((taken) => taken.hostIP === ANY || hostIP === ANY || taken.hostIP === hostIP);
			if (other !== undefined) return { port, holder: other.holder };
		}
		return undefined;
	}
}

const ANY = "0.0.0.0";

function hostPorts({ spec }: PodDraft): readonly { readonly port: string; readonly hostIP: string }[] {
	return spec.ports.flatMap((port: ContainerPort) => {
		const number = port.hostPort ?? (spec.hostNetwork ? port.port : undefined);
		return number === undefined ? [] : [{ port: `${number}/${port.protocol}`, hostIP: port.hostIP ?? ANY }];
	});
}
