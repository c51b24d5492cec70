/** An element's key: the components of every type side by side; a type uses some of them. */
import { type IpNum, maskedNum } from "../../../wire/addr.ts";

export class Elem {
	/** The first and the second address; networks have their host bits cleared. */
	ip: IpNum;
	cidr: number;
	ip2: IpNum;
	cidr2: number;
	port = 0;
	proto = 0;
	mark = 0;
	/** 48-bit number. */
	mac = 0;
	iface = "";
	physdev = false;
	/** The stored device name is a beginning. */
	wildcard = false;

	/** All zero, of the family of `like`, with host prefixes. */
	constructor(like: IpNum) {
		this.ip = typeof like === "number" ? 0 : 0n;
		this.ip2 = this.ip;
		this.cidr = typeof like === "number" ? 32 : 128;
		this.cidr2 = this.cidr;
	}

	copy(): Elem {
		return Object.assign(new Elem(this.ip), this);
	}

	/** Sets network `ip` or `ip2` to so many leading bits of an address. */
	setNet(which: NetField, address: IpNum, cidr: number): void {
		if (which === "ip") {
			this.ip = maskedNum(address, cidr);
			this.cidr = cidr;
		} else {
			this.ip2 = maskedNum(address, cidr);
			this.cidr2 = cidr;
		}
	}

	addressOf(which: NetField): IpNum {
		return which === "ip" ? this.ip : this.ip2;
	}

	/** Whether the device of this stored element is the one asked for. */
	hasIface(asked: Elem): boolean {
		return this.wildcard ? asked.iface.startsWith(this.iface) : this.iface === asked.iface;
	}

	cidrOf(which: NetField): number {
		return which === "ip" ? this.cidr : this.cidr2;
	}
}

export type NetField = "ip" | "ip2";
