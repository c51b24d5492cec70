/** What ipvsadm's options have said so far, one after another. */
import type { IpvsForward, IpvsProtocol, IpvsServiceKey } from "../../kernel/ipvs.ts";
import { familyOf, type IpAddr, type IpFamily } from "../../wire/addr.ts";
import { failure, type IpvsadmFault, isFault } from "./fault.ts";
import type { OptionName, OptionSyntax } from "./option-words.ts";
import {
	checkDaemonOption,
	numberIn,
	type Resolve,
	readFwmark,
	readNetmask,
	readPlace,
	readThreshold,
	readTimeout,
	readWeight,
} from "./values.ts";

/** A service as it is named: what `-D`, `-L` and `-Z` take. */
export interface IpvsServiceName {
	readonly family: IpFamily;
	readonly service: IpvsServiceKey;
}

export type TunnelType = "ipip" | "gue" | "gre";

export const TUNNEL_TYPES: readonly TunnelType[] = ["ipip", "gue", "gre"];

/** Without `-p` a number. */
const DEFAULT_PERSISTENCE_SECONDS = 360;

export class Draft {
	readonly given: Set<OptionName> = new Set();
	service: IpvsServiceName | undefined;
	scheduler = "wlc";
	flags = "";
	persistenceSeconds: number | undefined;
	mask: { readonly netmask?: IpAddr; readonly prefixLength?: number } = {};
	engine: string | undefined;
	server: { readonly addr: IpAddr; readonly port?: number } | undefined;
	forward: IpvsForward = "droute";
	weight = 1;
	upperThreshold = 0;
	lowerThreshold = 0;
	tunnel: TunnelType = "ipip";
	tunnelPort: number | undefined;
	readonly #resolve: Resolve | undefined;

	constructor(resolve: Resolve | undefined) {
		this.#resolve = resolve;
	}

	/** Takes one option; the fault is the first thing that is wrong with it. */
	take({ option, kind }: OptionSyntax, value: string): IpvsadmFault | undefined {
		if (option === "sort") return undefined;
		if (option === "ipv6") return this.#useIpv6();
		if (this.given.has(option)) return failure(`multiple '${option}' options specified`);
		this.given.add(option);
		switch (option) {
			case "service-address":
				return this.#takeService(kind, value);
			case "scheduler":
				if (value !== "") this.scheduler = value;
				return undefined;
			case "sched-flags":
				this.flags = value;
				return undefined;
			case "persistent":
				return this.#set(value === NO_VALUE ? DEFAULT_PERSISTENCE_SECONDS : readTimeout(value, 1), (seconds) => {
					this.persistenceSeconds = seconds;
				});
			case "netmask":
				return this.#set(readNetmask(value, this.service?.family ?? "ipv4"), (mask) => {
					this.mask = mask;
				});
			case "pe":
				this.engine = value;
				return undefined;
			case "real-server":
				this.server = readPlace(value, this.#protocol(), this.#resolve);
				return this.server === undefined ? failure("illegal real server address[:port] specified") : undefined;
			case "forwarding-method":
				if (kind === "masq" || kind === "droute" || kind === "tunnel") this.forward = kind;
				return undefined;
			default:
				return this.#takeNumber(option, value);
		}
	}

	#takeNumber(option: OptionName, value: string): IpvsadmFault | undefined {
		switch (option) {
			case "weight":
				return this.#set(readWeight(value), (weight) => {
					this.weight = weight;
				});
			case "u-threshold":
				return this.#set(readThreshold(value, "u"), (threshold) => {
					this.upperThreshold = threshold;
				});
			case "l-threshold":
				return this.#set(readThreshold(value, "l"), (threshold) => {
					this.lowerThreshold = threshold;
				});
			case "tun-type": {
				const type = TUNNEL_TYPES.find((each) => each === value);
				return this.#set(type ?? failure("illegal tunnel type specified"), (known) => {
					this.tunnel = known;
				});
			}
			case "tun-port":
				this.tunnelPort = numberIn(value, 1, 65_535);
				return this.tunnelPort === undefined ? failure("illegal tunnel port specified") : undefined;
			default:
				return checkDaemonOption(option, value);
		}
	}

	#takeService(kind: OptionSyntax["kind"], value: string): IpvsadmFault | undefined {
		if (kind === "fwmark") {
			return this.#set(readFwmark(value), (fwmark) => {
				this.service = { family: "ipv4", service: { fwmark } };
			});
		}
		const proto: IpvsProtocol = kind === "udp" || kind === "sctp" ? kind : "tcp";
		const place = readPlace(value, proto, this.#resolve);
		if (place === undefined) return failure("illegal virtual server address[:port] specified");
		const { addr, port = 0 } = place;
		this.service = { family: familyOf(addr), service: { proto, addr, port } };
		return undefined;
	}

	#useIpv6(): IpvsadmFault | undefined {
		if (this.service === undefined || !("fwmark" in this.service.service)) return failure("-6 used before -f\n");
		this.service = { ...this.service, family: "ipv6" };
		return undefined;
	}

	#protocol(): IpvsProtocol {
		return this.service === undefined || "fwmark" in this.service.service ? "tcp" : this.service.service.proto;
	}

	#set<T extends object | string | number>(
		value: T | IpvsadmFault,
		keep: (value: T) => void,
	): IpvsadmFault | undefined {
		if (typeof value === "object" && isFault(value)) return value;
		keep(value);
		return undefined;
	}
}

/** The value of an option that was typed without one. */
export const NO_VALUE = "\0";
