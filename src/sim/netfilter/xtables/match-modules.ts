/** All kinds of match. A kind of `Match` that is missing here does not compile. */
import type { Match } from "../../../kernel/xtables.ts";
import { destination, source } from "../match/address.ts";
import { addrtype } from "../match/addrtype.ts";
import { comment } from "../match/comment.ts";
import { connmark } from "../match/connmark.ts";
import { conntrack } from "../match/conntrack.ts";
import { dscp, tos } from "../match/dscp.ts";
import { ecn } from "../match/ecn.ts";
import { fragment } from "../match/fragment.ts";
import { icmp } from "../match/icmp.ts";
import { inInterface, outInterface } from "../match/interface.ts";
import { iprange } from "../match/iprange.ts";
import { ipvs } from "../match/ipvs.ts";
import { length } from "../match/length.ts";
import { limit } from "../match/limit.ts";
import { mac } from "../match/mac.ts";
import { mark } from "../match/mark.ts";
import { multiport } from "../match/multiport.ts";
import { nfacct } from "../match/nfacct.ts";
import { owner } from "../match/owner.ts";
import { physdev } from "../match/physdev.ts";
import { pkttype } from "../match/pkttype.ts";
import { protocol } from "../match/protocol.ts";
import { recent } from "../match/recent.ts";
import { rpfilter } from "../match/rpfilter.ts";
import { sctp } from "../match/sctp.ts";
import { set } from "../match/set.ts";
import { state } from "../match/state.ts";
import { statistic } from "../match/statistic.ts";
import { string } from "../match/string.ts";
import { tcp } from "../match/tcp.ts";
import { tcpmss } from "../match/tcpmss.ts";
import { ttl } from "../match/ttl.ts";
import { udp } from "../match/udp.ts";
import { unknownMatch } from "../match/unknown-match.ts";
import type { MatchModule, MatchModules } from "./types.ts";

const MATCH_MODULES: MatchModules = {
	source,
	destination,
	"in-interface": inInterface,
	"out-interface": outInterface,
	protocol,
	fragment,
	comment,
	tcp,
	udp,
	sctp,
	icmp,
	icmp6: icmp,
	conntrack,
	state,
	mark,
	addrtype,
	statistic,
	set,
	multiport,
	recent,
	nfacct,
	limit,
	physdev,
	ipvs,
	connmark,
	mac,
	iprange,
	length,
	tcpmss,
	pkttype,
	ttl,
	tos,
	dscp,
	ecn,
	owner,
	rpfilter,
	string,
	"unknown-match": unknownMatch,
};

/** The module for this very match. */
export function matchModule(match: Match): MatchModule<Match> | undefined {
	// The table's type ties each kind to its module; TypeScript cannot follow that through an index. A kind that did not
	// come from typed code is not in it.
	return MATCH_MODULES[match.kind] as MatchModule<Match> | undefined;
}
