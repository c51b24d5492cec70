/** What is known of a flow besides its packets: the input of an explanation. */
import type { SocketAddr } from "../kernel/socket.ts";
import type { IpAddr } from "../wire/addr.ts";

export interface FlowFacts {
	/** e.g. `pod default/client (10.0.0.2) on node-1`. */
	readonly client: string;
	readonly clientNetns: string;
	readonly clientAddr?: SocketAddr;
	/** What was asked for, e.g. `Service default/myapp`. */
	readonly target: string;
	readonly asked: { readonly addr: IpAddr; readonly port?: number };
	readonly proto: "tcp" | "udp" | "icmp";
	readonly ending:
		| { readonly kind: "answered"; readonly text: string; readonly status?: number; readonly rttNs: number }
		| { readonly kind: "refused"; readonly errno: string; readonly message: string }
		| { readonly kind: "timeout"; readonly afterNs: number };
	/** The server that was reached and what it saw. */
	readonly server?: { readonly label: string; readonly from: SocketAddr; readonly to: SocketAddr };
	/** Why a Service did not answer though its address was asked, e.g. `Service default/web has no port 81/TCP`. */
	readonly serviceHint?: string;
	/** What a namespace is called. */
	label(netns: string): string;
	/** Who holds an address, e.g. `node slave1`. */
	owner(addr: IpAddr): string | undefined;
}
