import { expect, test } from "vitest";
import { calicoObjects, twoNodes } from "../../../test/tunnel-lab.ts";
import { stepText } from "../../trace/step-text.ts";
import { ip } from "../../wire/addr.ts";

test("a packet between pods of two nodes goes through tunl0", async () => {
	const lab = await twoNodes();
	await lab.add("n1", ...calicoObjects(1));
	await lab.add("n2", ...calicoObjects(2));
	lab.events.length = 0;
	const got: string[] = [];
	const sock = lab.kernel.sockets.openEcho("p1", ip("10.244.2.2"), {}, { onReply: (r) => got.push(JSON.stringify(r)) });
	if (!sock.ok) throw new Error(sock.error.message);
	void sock.value.send({ seq: 1, payload: new Uint8Array(56) });
	console.log(
		lab
			.settle()
			.map((e) => `${e.skb} ${e.netns} ${e.fn} ${stepText(e)}`)
			.join("\n"),
	);
	expect(got).toHaveLength(1);
});
