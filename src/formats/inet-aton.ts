/** IPv4 addresses as inet_aton(3) reads them. */
import { type IpAddr, ipText } from "../wire/addr.ts";

/** One to four numbers, decimal, octal or hexadecimal; the last takes what is left of the 32 bits. */
export function inetAton(text: string): IpAddr | undefined {
	const words = text.split(".");
	if (words.length > 4) return undefined;
	let n = 0;
	for (const [at, word] of words.entries()) {
		if (!/^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(word)) return undefined;
		const value = /^0[0-7]+$/.test(word) ? Number.parseInt(word, 8) : Number(word);
		const room = at === words.length - 1 ? 256 ** (5 - words.length) : 256;
		if (value >= room) return undefined;
		n = n * room + value;
	}
	return ipText(n);
}
