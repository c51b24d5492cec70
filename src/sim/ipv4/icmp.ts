/** ICMP (net/ipv4/icmp.c). Signatures first; being filled in by builder L3. */
import type { Fate, Netns, Skb } from "../types.ts";
import { pernet } from "../types.ts";

/** Answers an ICMP error about `skbIn` to its sender, when the rules allow one. `rest` is bytes 4–7 of the ICMP header. */
export function icmpSend(_skbIn: Skb, _type: number, _code: number, _rest: number): void {}

/** What ping sockets register. `skb.data` is at the ICMP header, `skb.network` at the IP header. */
export interface EchoReplyHandlers {
	/** `undefined`: no socket wants it. */
	onReply: ((skb: Skb) => Fate | undefined) | undefined;
	/** An ICMP error about an echo request; `skb.data` is at the quoted IP header, `skb.network` at the outer one. */
	onError:
		| ((skb: Skb, error: { readonly type: number; readonly code: number; readonly info: number }) => void)
		| undefined;
}

export const icmpEchoReplyHandlers: (netns: Netns) => EchoReplyHandlers = pernet(() => ({
	onReply: undefined,
	onError: undefined,
}));

export function icmpRcv(_skb: Skb): Fate {
	return "dropped";
}
