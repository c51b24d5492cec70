import { expect, test } from "vitest";
import { SimLab } from "../../test/sim-lab.ts";
import { SimKernel } from "./sim-kernel.ts";

const BROADCAST = { dst: "ff:ff:ff:ff:ff:ff", src: "02:00:00:00:00:01" };

async function cable(): Promise<SimLab> {
	const lab = new SimLab("a", "b");
	await lab.add("a", { kind: "link", name: "eth0", link: { type: "veth", peer: "eth0", peerNetns: "b" }, up: true });
	await lab.set("b", { kind: "link", name: "eth0", up: true });
	lab.settle();
	return lab;
}

test("namespaces are made, listed and removed by name", async () => {
	const { kernel } = new SimLab("a");
	expect(await kernel.addNetns("a")).toMatchObject({
		error: { errno: "EEXIST", message: 'Cannot create namespace file "/run/netns/a": File exists' },
	});
	expect(await kernel.addNetns("..")).toMatchObject({ error: { errno: "EINVAL" } });
	expect(await kernel.deleteNetns("nosuch")).toMatchObject({
		error: { errno: "ENOENT", message: 'Cannot remove namespace file "/run/netns/nosuch": No such file or directory' },
	});
	await kernel.addNetns("b");
	expect(await kernel.listNetns()).toEqual(["a", "b"]);
	await kernel.deleteNetns("a");
	expect(await kernel.listNetns()).toEqual(["b"]);
});

test("a capture sees what goes out of and comes into its device, until it is ended", async () => {
	const lab = await cable();
	const seen: string[] = [];
	const started = lab.kernel.capture("b", { dev: "eth0" }, (frame) => seen.push(`${frame.direction} ${frame.pktType}`));
	if (!started.ok) throw new Error(started.error.message);
	lab.send("a", "eth0", BROADCAST);
	lab.send("b", "eth0", BROADCAST);
	lab.settle();
	expect(seen).toEqual(["out outgoing", "in broadcast"]);
	started.value();
	lab.send("a", "eth0", BROADCAST);
	lab.settle();
	expect(seen).toHaveLength(2);
	expect(lab.dev("b", "eth0").promiscCount).toBe(0);
});

test("a capture of all devices also sees those made later", async () => {
	const lab = await cable();
	const seen: string[] = [];
	lab.kernel.capture("a", {}, (frame) => seen.push(frame.dev));
	await lab.add("a", { kind: "link", name: "d0", link: { type: "dummy" }, up: true });
	lab.send("a", "eth0", BROADCAST);
	lab.send("a", "d0", BROADCAST);
	lab.settle();
	expect(seen).toEqual(["eth0", "d0"]);
});

test("a capture on lo shows each packet once", async () => {
	const lab = await cable();
	await lab.set("a", { kind: "link", name: "lo", up: true });
	const seen: string[] = [];
	lab.kernel.capture("a", { dev: "lo" }, (frame) => seen.push(`${frame.direction} ${frame.pktType}`));
	lab.send("a", "lo", { dst: "00:00:00:00:00:00", src: "00:00:00:00:00:00" });
	lab.settle();
	expect(seen).toEqual(["in host"]);
});

test("a capture on an unknown device is refused", async () => {
	const lab = await cable();
	const started = lab.kernel.capture("a", { dev: "nope" }, () => undefined);
	expect(started).toEqual({ ok: false, error: { errno: "ENODEV", op: -1, message: "nope: No such device exists" } });
});

test("run stops as soon as its condition holds, else when its time is over", async () => {
	const { kernel } = new SimLab();
	let fired = 0;
	kernel.clock.after(2e9, () => (fired += 1));
	const cancel = kernel.clock.after(3e9, () => (fired += 10));
	expect(await kernel.run(() => fired > 0, 10e9)).toBe(true);
	expect(kernel.clock.now()).toBe(2e9);
	cancel();
	expect(await kernel.run(() => fired > 1, 10e9)).toBe(false);
	expect(kernel.clock.now()).toBe(12e9);
});

test("two kernels of one seed give the same trace", async () => {
	const [one, two] = [await cable(), await cable()];
	for (const lab of [one, two]) for (let k = 0; k < 3; k += 1) lab.send("a", "eth0", BROADCAST);
	expect(one.settle()).toEqual(two.settle());
});

test("nothing is traced before the first listener comes and after the last has left", async () => {
	const { machine } = new SimLab().kernel;
	expect(machine.tracer).toBeDefined();
	const kernel = new SimKernel();
	expect(kernel.machine.tracer).toBeUndefined();
	const [one, two] = [kernel.trace(() => undefined), kernel.trace(() => undefined)];
	one();
	expect(kernel.machine.tracer).toBeDefined();
	two();
	expect(kernel.machine.tracer).toBeUndefined();
});
