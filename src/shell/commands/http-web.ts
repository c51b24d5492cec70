/** http-web: the Go service of the DNAT article: a JSON greeting on port 9090, and a line for each answer. */
import { utf8Encode } from "../../base/bytes.ts";
import { httpServer } from "../../programs/http-server.ts";
import type { CommandContext, CommandEntry } from "../command.ts";
import { strerror } from "../strerror.ts";
import { httpDate } from "./web/http-date.ts";

export const httpWebCommand: CommandEntry = {
	names: ["http-web"],
	summary: "the article's HTTP service: JSON on port 9090",
	run: httpWeb,
};

const PORT = 9090;
const MESSAGE = JSON.stringify({ Age: 12, Msg: "hello world! this is DNAT+bridge+Veth pair Test!" });

async function httpWeb(context: CommandContext): Promise<number> {
	const { world, netns, stdout, interrupt } = context;
	const { kernel } = world;
	stdout.write(`App URL: http://0.0.0.0:${PORT}\n`);
	const server = httpServer(kernel, netns, {
		port: PORT,
		program: "http-web",
		...(context.pid === undefined ? {} : { pid: context.pid }),
		handler() {
			const length = String(utf8Encode(MESSAGE).length);
			stdout.write(`Reply MSG:${MESSAGE}\tlen(Msg):${length}\n`);
			const date = httpDate(kernel.clock.now());
			const headers = { Date: date, "Content-Length": length, "Content-Type": "text/plain; charset=utf-8" };
			return { headers, body: MESSAGE };
		},
	});
	if (!server.ok) {
		const reason = strerror(server.error);
		const words = `${reason.slice(0, 1).toLowerCase()}${reason.slice(1)}`;
		stdout.write(`http server failed, err:listen tcp 0.0.0.0:${PORT}: bind: ${words}\n`);
		return 0;
	}
	await world.wait(() => false, { timeoutNs: Infinity, interrupt });
	server.value.close();
	return 130;
}
