/** Texts of the real kernel and its sockets in the simulated kernel's terms, as `normalise.ts` does it with frames. */
import { hex } from "../base/bytes.ts";
import { IPPROTO_TCP, IPPROTO_UDP } from "../wire/ipv4.ts";
import type { Chance } from "./chance.ts";
import { normaliseTcpOptions } from "./normalise.ts";

/** A LOG line. */
export function normaliseLogLine(sim: string, real: string, chance: Chance): string {
	const simWords = sim.split(" ");
	const words = real.split(" ");
	if (simWords.length !== words.length) return real;
	let proto = "";
	return words
		.map((word, index) => {
			const simWord = simWords[index] ?? "";
			if (word.startsWith("PROTO=")) proto = word.slice("PROTO=".length);
			// The packet that an ICMP error quotes begins anew.
			if (word.startsWith("[")) proto = "";
			if (word === simWord) return word;
			if (words[index - 1] === "OPT") return optionsWord(simWord, word, { begins: words.includes("SYN"), chance });
			const begins = words.includes("SYN", index);
			const isReset = words.includes("RST", index) && words[index - 1] === "SEQ=0" && simWords[index - 1] === "SEQ=0";
			return mayDiffer(simWord, word, { proto, begins, isReset }, chance) ? simWord : word;
		})
		.join(" ");
}

function mayDiffer(
	simWord: string,
	realWord: string,
	{ proto, begins, isReset }: { readonly proto: string; readonly begins: boolean; readonly isReset: boolean },
	chance: Chance,
): boolean {
	const [name = "", simText = ""] = simWord.split("=");
	const [realName, realText = ""] = realWord.split("=");
	if (name !== realName || !isNumber(simText) || !isNumber(realText)) return false;
	const [sim, real] = [Number(simText), Number(realText)];
	switch (name) {
		case "ID":
			return proto === "ICMP" ? chance.icmpId(sim, real) : chance.ipIdInText(sim, real);
		case "SPT":
		case "DPT":
			return chance.port(proto === "TCP" ? IPPROTO_TCP : IPPROTO_UDP, sim, real);
		case "SEQ":
			return proto === "TCP" && chance.seq(sim, real, begins);
		case "ACK":
			return isReset ? chance.seqOfUnseenSyn(sim, real) : chance.seq(sim, real, false);
		default:
			return false;
	}
}

function isNumber(text: string): boolean {
	return /^\d+$/.test(text);
}

/** `(020405B4…)`. */
function optionsWord(
	sim: string,
	real: string,
	{ begins, chance }: { readonly begins: boolean; readonly chance: Chance },
): string {
	const bytes = fromHex(real.slice(1, -1));
	normaliseTcpOptions({ sim: fromHex(sim.slice(1, -1)), real: bytes, begins }, chance);
	return `(${hex(bytes).toUpperCase()})`;
}

function fromHex(text: string): Uint8Array {
	return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** A socket's name or what it saw: `10.0.0.1:4000` in it. */
export function normaliseSight(text: string, protocol: "tcp" | "udp", chance: Chance): string {
	const proto = protocol === "tcp" ? IPPROTO_TCP : IPPROTO_UDP;
	return text.replaceAll(/(\d+\.\d+\.\d+\.\d+):(\d+)/g, (_, addr: string, port: string) => {
		const sim = chance.simPort(proto, Number(port));
		if (sim !== Number(port)) chance.count("NAT port");
		return `${addr}:${sim}`;
	});
}
