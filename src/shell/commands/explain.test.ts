import { expect, test } from "vitest";
import { SimKernel } from "../../sim/sim-kernel.ts";
import { createWorld } from "../create-world.ts";
import { PacketRecorder } from "../packet-recorder.ts";
import { Session } from "../session.ts";
import { TextOutput } from "../streams.ts";

interface Typed {
	readonly out: string;
	readonly err: string;
	readonly status: number;
}

/** `a` 10.0.0.1 and `b` 10.0.0.2 on a cable; what is typed is typed on `a`. */
async function shell(options: { readonly record: boolean }): Promise<(text: string) => Promise<Typed>> {
	const kernel = new SimKernel();
	const world = await createWorld(kernel, {
		hosts: ["a", "b"].map((name, k) => ({ name, interfaces: [{ name: "eth0", addresses: [`10.0.0.${k + 1}/24`] }] })),
		links: [{ ends: ["a:eth0", "b:eth0"] }],
	});
	if (!world.ok) throw new Error(world.error.message);
	if (options.record) world.value.packets = new PacketRecorder(kernel);
	const session = new Session(world.value, { stdout: new TextOutput(), stderr: new TextOutput(), interactive: true });
	return async (text) => {
		const [out, err] = [new TextOutput(), new TextOutput()];
		session.stdout = out;
		session.stderr = err;
		const status = await session.run(text);
		return { out: out.text, err: err.text, status };
	};
}

test("explain tells of the latest command that sent packets, also after commands that sent none", async () => {
	const type = await shell({ record: true });
	expect(await type("explain")).toEqual({ out: "", err: "explain: no command has sent a packet yet\n", status: 1 });
	await type("ping -c 2 10.0.0.2");
	await type("echo nothing");
	const { out, status } = await type("explain");
	expect(status).toBe(0);
	expect(out).toMatch(/^#1 IP 10\.0\.0\.1 > 10\.0\.0\.2: ICMP echo request.*\n┌ a\n/);
	expect(out).toMatch(/\n#\d+ IP 10\.0\.0\.2 > 10\.0\.0\.1: ICMP echo reply.*\n┌ b\n/);
	expect(out.match(/\n┌/g)).toHaveLength(2);
	expect(out).toContain("ICMP echo request, id ");
	expect(out).toMatch(/\* #1 could not leave a at once: a frame needs the MAC address of 10\.0\.0\.2/);
});

test("explain N is one packet in full, --all is every packet, --notes only what is to learn", async () => {
	const type = await shell({ record: true });
	await type("ping -c 1 10.0.0.2");
	const one = await type("explain 2");
	expect(one.out).toMatch(/^#2 ARP, Request who-has 10\.0\.0\.2 tell 10\.0\.0\.1/);
	expect(one.out.match(/┌/g)).toHaveLength(1);
	expect((await type("explain --all")).out.match(/┌/g)).toHaveLength(4);
	expect((await type("explain --notes")).out).toMatch(/^\* #1 could not leave a at once[^\n]*\n$/);
	expect(await type("explain 99")).toEqual({
		out: "",
		err: 'explain: "ping -c 1 10.0.0.2" has no packet 99; it has 1 to 4\n',
		status: 1,
	});
});

test("explain --json is the trace and the notes as data", async () => {
	const type = await shell({ record: true });
	await type("ping -c 1 10.0.0.2");
	const explained: unknown = JSON.parse((await type("explain --json")).out);
	expect(explained).toMatchObject({ schema: "podwire.explain/v1", command: "ping -c 1 10.0.0.2" });
	expect(explained).toHaveProperty("packets.0.stretches.0.label", "a");
	expect(explained).toHaveProperty("notes.0.about", "arp-first");
});

test("arguments that make no sense, and a shell that does not record", async () => {
	const type = await shell({ record: true });
	const { err, status } = await type("explain everything");
	expect(status).toBe(2);
	expect(err).toMatch(/^explain: unknown argument everything\nUsage: explain /);
	expect((await type("explain --help")).out).toMatch(/^Usage: explain /);
	const silent = await shell({ record: false });
	await silent("ping -c 1 10.0.0.2");
	expect((await silent("explain")).err).toBe("explain: packets are not recorded here\n");
});
