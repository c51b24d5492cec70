import { expect, test } from "vitest";
import { ip } from "../wire/addr.ts";
import { icmpErrorText } from "./icmp-error-text.ts";

test.each([
	[3, 0, "ENETUNREACH", "Destination Net Unreachable"],
	[3, 1, "EHOSTUNREACH", "Destination Host Unreachable"],
	[3, 3, "ECONNREFUSED", "Destination Port Unreachable"],
	[3, 4, "EMSGSIZE", "Frag needed and DF set (mtu = 1400)"],
	[3, 13, "EHOSTUNREACH", "Packet filtered"],
	[3, 99, "EHOSTUNREACH", "Dest Unreachable, Bad Code: 99"],
	[11, 0, "EHOSTUNREACH", "Time to live exceeded"],
	[42, 7, "EHOSTUNREACH", "ICMP type 42 code 7"],
])("ICMP type %i code %i is %s, %s", (type, code, errno, text) => {
	expect(icmpErrorText({ from: ip("10.0.0.1"), type, code, seq: 1, mtu: 1400 })).toEqual({ errno, text });
});
