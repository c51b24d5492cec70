/** One line for a packet, as `tcpdump -nn` 4.99 prints it, and its other forms. Of payloads it reads DNS and the first line of HTTP and the like. */
import { ETH_HLEN, ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ethDst, ethSrc, ethType } from "./ethernet.ts";
import { ipv4Version } from "./ipv4.ts";
import { get16, get32, get48 } from "./read-write.ts";
import { printArp, RARP_TYPE } from "./summary-arp.ts";
import { printIpv4 } from "./summary-ipv4.ts";
import { printIpv6 } from "./summary-ipv6.ts";
import { type PrintNetwork, type SummaryOptions, SummaryPrinter, Truncated } from "./summary-printer.ts";

const SLL_HLEN = 16;
const SLL2_HLEN = 20;
const VLAN_HLEN = 4;
const MAX_LLC_LENGTH = 1500;
const LINK_HEADER_LENGTHS: Readonly<Record<SummaryOptions["link"], number>> = {
	ethernet: ETH_HLEN,
	ip: 0,
	sll: SLL_HLEN,
	sll2: SLL2_HLEN,
};

const ETHER_TYPES: Readonly<Record<number, string>> = {
	[ETH_P_IP]: "IPv4",
	[ETH_P_ARP]: "ARP",
	[RARP_TYPE]: "Reverse ARP",
	[ETH_P_IPV6]: "IPv6",
	[ETH_P_8021Q]: "802.1Q",
	34984: "802.1Q-QinQ",
	36864: "Loopback",
	35020: "LLDP",
};
/** By sll_pkttype; v1 puts spaces before, v2 after. */
const SLL_DIRECTIONS: readonly string[] = ["In", "B", "M", "P", "Out"];

/** The line without the time stamp. Sequence numbers are absolute unless `flows` is given. */
export function summarizeFrame(frame: Uint8Array, options: SummaryOptions): string {
	return describeFrame(frame, options).text;
}

export interface FrameDescription {
	readonly text: string;
	/** So many bytes at the beginning are link header, which `-X` leaves out. tcpdump forgets it for some packets that are cut off. */
	readonly linkHeaderLength: number;
}

/** As `summarizeFrame`, with where the packet begins. */
export function describeFrame(frame: Uint8Array, options: SummaryOptions): FrameDescription {
	const printer = new SummaryPrinter(frame, options, { network: printNetwork, frame: printEthernet });
	try {
		printLink(printer);
	} catch (error) {
		if (!(error instanceof Truncated)) throw error;
		printer.endTruncated();
	}
	return { text: printer.text, linkHeaderLength: printer.linkHeaderLength };
}

function printLink(printer: SummaryPrinter): void {
	printer.linkHeaderLength = LINK_HEADER_LENGTHS[printer.options.link];
	const { bytes, options } = printer;
	const length = options.length ?? bytes.length;
	switch (options.link) {
		case "ip":
			printRaw(printer, length);
			return;
		case "ethernet":
			printEthernet(printer, 0, length);
			return;
		case "sll":
			printSll(printer, length);
			return;
		case "sll2":
			printSll2(printer, length);
			return;
	}
}

function printRaw(printer: SummaryPrinter, length: number): void {
	printer.enter("ip");
	if (printer.options.macs === true) printer.put("ip: ");
	const version = printer.u8(0) >> 4;
	if (version === 4 || version === 6) printNetwork(printer, version === 6 ? ETH_P_IPV6 : ETH_P_IP, 0, length);
	else if (isArp(printer.bytes)) printNetwork(printer, ETH_P_ARP, 0, length);
	else printer.put(`unknown ip ${ipv4Version(printer.bytes, 0)}`);
}

/** ARP without an Ethernet header, as traces have it. */
function isArp(bytes: Uint8Array): boolean {
	return bytes.length >= 28 && get32(bytes, 0) === 0x00010800;
}

function printEthernet(printer: SummaryPrinter, at: number, length: number): void {
	const { bytes, options } = printer;
	printer.enter("ether", { forgetsPlace: true });
	printer.need(at, ETH_HLEN);
	const type = ethType(bytes, at);
	const header = (): void => {
		printer.put(`${printer.mac(ethSrc(bytes, at))} > ${printer.mac(ethDst(bytes, at))}, `);
		if (type <= MAX_LLC_LENGTH) printer.put(`802.3, length ${length}: `);
		else printer.put(`${etherTypeText(printer, type)}, length ${length}: `);
	};
	if (options.macs === true) header();
	if (printNetwork(printer, type, at + ETH_HLEN, length - ETH_HLEN)) return;
	if (options.macs !== true) header();
	printer.dump(at + ETH_HLEN, bytes.length);
}

/** `-i any` of older systems: direction, and the sender's MAC address with `-e`. */
function printSll(printer: SummaryPrinter, length: number): void {
	const { bytes } = printer;
	printer.enter("sll");
	printer.need(0, SLL_HLEN);
	const type = get16(bytes, 14);
	const direction = (SLL_DIRECTIONS[get16(bytes, 0)] ?? "?").padStart(3);
	printCooked(printer, { type, length, at: SLL_HLEN, header: () => `${direction} ${senderText(printer, 5, 6)}` });
}

/** `veth1a Out IP …`, with `-e` also the device's number and the sender's MAC address. */
function printSll2(printer: SummaryPrinter, length: number): void {
	const { bytes, options } = printer;
	printer.enter("sll2");
	printer.need(0, SLL2_HLEN);
	const type = get16(bytes, 0);
	const ifindex = get32(bytes, 4);
	printer.put(`${(options.deviceName?.(ifindex) ?? "?").padEnd(5)} `);
	printer.put(`${(SLL_DIRECTIONS[bytes[10] ?? 0] ?? "?").padEnd(3)} `);
	const header = (): string => `ifindex ${ifindex} ${senderText(printer, 11, 12)}`;
	printCooked(printer, { type, length, at: SLL2_HLEN, header });
}

function senderText(printer: SummaryPrinter, lengthAt: number, addrAt: number): string {
	return printer.bytes[lengthAt] === 6 ? `${printer.mac(get48(printer.bytes, addrAt))} ` : "";
}

interface Cooked {
	readonly type: number;
	/** Of the whole, the cooked header included. */
	readonly length: number;
	/** Where the packet begins. */
	readonly at: number;
	readonly header: () => string;
}

/** The header stands there with `-e`, and where nothing else can be said. */
function printCooked(printer: SummaryPrinter, { type, length, at, header }: Cooked): void {
	const put = (): void => {
		printer.put(header());
		if (printer.quiet === 0) printer.put(`${etherTypeText(printer, type)}, length ${length}: `);
	};
	if (printer.options.macs === true) put();
	if (printNetwork(printer, type, at, length - at)) return;
	if (printer.options.macs !== true) put();
	printer.dump(at, printer.bytes.length);
}

const printNetwork: PrintNetwork = (printer, type, at, length) => {
	switch (type) {
		case ETH_P_IP:
			printIpv4(printer, at, length);
			return true;
		case ETH_P_IPV6:
			printIpv6(printer, at, length);
			return true;
		case ETH_P_ARP:
		case RARP_TYPE:
			printArp(printer, at, length);
			return true;
		case ETH_P_8021Q:
			return printVlan(printer, at, length);
		default:
			return false;
	}
};

function printVlan(printer: SummaryPrinter, at: number, length: number): boolean {
	printer.enter("vlan");
	const tag = printer.u16(at);
	const inner = printer.u16(at + 2);
	if (printer.options.link === "ethernet") printer.linkHeaderLength += VLAN_HLEN;
	if (printer.options.macs === true) {
		printer.put(`vlan ${tag & 0xfff}, p ${tag >> 13}${(tag & 0x1000) === 0 ? "" : ", DEI"}, `);
		if (printer.options.link === "ethernet") printer.put(`${etherTypeText(printer, inner)}, `);
	}
	if (printer.options.link !== "ethernet" && printer.quiet === 0) {
		printer.put(`ethertype ${ETHER_TYPES[inner] ?? "Unknown"}, `);
	}
	return printNetwork(printer, inner, at + VLAN_HLEN, length - VLAN_HLEN);
}

/** `ethertype IPv4 (0x0800)`, with `-q` only `IPv4`. */
function etherTypeText(printer: SummaryPrinter, type: number): string {
	const number = `(0x${type.toString(16).padStart(4, "0")})`;
	const name = ETHER_TYPES[type];
	if (printer.quiet > 0) return name ?? `Unknown Ethertype ${number}`;
	return `ethertype ${name ?? "Unknown"} ${number}`;
}
