import { expect, test } from "vitest";
import { shellLab } from "../../test/shell-lab.ts";
import { completeLine } from "./completion.ts";

test.each([
	["pin", ["ping"]],
	["ip netn", ["netns"]],
	["ip addr s", ["show"]],
	["ip l se", ["set"]],
	["ip link set e", ["eth0"]],
	["ip a s dev e", ["eth0"]],
	["ip netns exec n", ["ns1"]],
	["ip netns exec ns1 ip link show v", ["v0"]],
	["tcpdump -nn -i ", ["any", "eth0", "lo"]],
	["brctl addi", ["addif"]],
	["brctl addif br0 e", ["eth0"]],
	["ls | tcpdump -i e", ["eth0"]],
	["on sl", ["slave"]],
	["@slave ip netns exec n", []],
	["cat /etc/rsysl", ["/etc/rsyslog.conf", "/etc/rsyslog.d/"]],
])("%s", async (line, expected) => {
	const lab = await shellLab();
	await lab.sh("ip netns add ns1; ip -n ns1 link add v0 type dummy");
	expect((await completeLine(line, lab.session)).candidates).toEqual(expected);
});
