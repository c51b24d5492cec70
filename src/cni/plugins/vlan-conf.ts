/** The bridge plugin's VLAN keys. They are checked as upstream checks them; VLAN filtering itself is refused. */
import { err, ok, type Result } from "../../base/result.ts";
import type { JsonReader } from "../json-reader.ts";

const VLAN_MAX = 4094;

/** Mistakes are reported at their places. */
export function refuseVlans(at: JsonReader): void {
	const vlan = at.at("vlan").integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? 0;
	if (!isVlan(vlan)) {
		at.at("vlan").fail(`invalid VLAN ID ${vlan} (must be between 0 and ${VLAN_MAX})`);
		return;
	}
	const trunk = collectVlanTrunk(at.at("vlanTrunk"));
	if (!trunk.ok) at.at("vlanTrunk").fail(`failed to parse vlan trunks: ${trunk.error}`);
	else if (vlan !== 0) at.at("vlan").fail("VLAN filtering is not modelled");
	else if (trunk.value.length > 0) at.at("vlanTrunk").fail("VLAN filtering is not modelled");
}

/** The VLANs of `vlanTrunk`, ascending: single ones (`id`) and ranges (`minID`, `maxID`). */
export function collectVlanTrunk(at: JsonReader): Result<readonly number[], string> {
	const vlans = new Set<number>();
	for (const item of at.items()) {
		const [min, max, id] = ["minID", "maxID", "id"].map((key) => {
			return item.at(key).integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
		});
		if (min !== undefined && max !== undefined) {
			if (!isVlan(min)) return err("incorrect trunk minID parameter");
			if (!isVlan(max)) return err("incorrect trunk maxID parameter");
			if (max < min) return err("minID is greater than maxID in trunk parameter");
			for (let vlan = min; vlan <= max; vlan += 1) vlans.add(vlan);
		} else if (min !== undefined) {
			return err("minID and maxID should be configured simultaneously, maxID is missing");
		} else if (max !== undefined) {
			return err("minID and maxID should be configured simultaneously, minID is missing");
		}
		if (id === undefined) continue;
		if (!isVlan(id)) return err("incorrect trunk id parameter");
		vlans.add(id);
	}
	return ok([...vlans].sort((a, b) => a - b));
}

function isVlan(id: number): boolean {
	return id >= 0 && id <= VLAN_MAX;
}
