/**
 * The sysctls of a namespace that podwire knows: those that the simulated kernel has (test/linux-objects.test.ts compares).
 * A real kernel has about 800; the others can be written, but are not listed.
 */

/** Keys below `net.ipv4`, then `net.netfilter`, then `net.bridge`. */
export const SYSCTL_KEYS: readonly string[] = [
	...below(
		"net.ipv4",
		`
	ip_forward ip_default_ttl icmp_ratelimit icmp_ratemask icmp_msgs_per_sec icmp_msgs_burst icmp_echo_ignore_all
	icmp_echo_ignore_broadcasts icmp_errors_use_inbound_ifaddr fib_multipath_hash_policy ipfrag_time
	ip_forward_use_pmtu ip_no_pmtu_disc route.mtu_expires route.min_pmtu ip_local_port_range ip_nonlocal_bind
	tcp_invalid_ratelimit tcp_retries2 tcp_rfc1337 tcp_rmem tcp_sack tcp_syn_linear_timeouts tcp_syn_retries
	tcp_synack_retries tcp_timestamps tcp_window_scaling
`,
	),
	...below(
		"net.netfilter",
		`
	nf_conntrack_acct nf_conntrack_buckets nf_conntrack_checksum nf_conntrack_events nf_conntrack_expect_max
	nf_conntrack_generic_timeout nf_conntrack_gre_timeout nf_conntrack_gre_timeout_stream
	nf_conntrack_icmp_timeout nf_conntrack_log_invalid nf_conntrack_max nf_conntrack_sctp_timeout_closed
	nf_conntrack_sctp_timeout_cookie_echoed nf_conntrack_sctp_timeout_cookie_wait
	nf_conntrack_sctp_timeout_established nf_conntrack_sctp_timeout_heartbeat_sent
	nf_conntrack_sctp_timeout_shutdown_ack_sent nf_conntrack_sctp_timeout_shutdown_recd
	nf_conntrack_sctp_timeout_shutdown_sent nf_conntrack_tcp_be_liberal nf_conntrack_tcp_ignore_invalid_rst
	nf_conntrack_tcp_loose nf_conntrack_tcp_max_retrans nf_conntrack_tcp_timeout_close
	nf_conntrack_tcp_timeout_close_wait nf_conntrack_tcp_timeout_established nf_conntrack_tcp_timeout_fin_wait
	nf_conntrack_tcp_timeout_last_ack nf_conntrack_tcp_timeout_max_retrans nf_conntrack_tcp_timeout_syn_recv
	nf_conntrack_tcp_timeout_syn_sent nf_conntrack_tcp_timeout_time_wait nf_conntrack_tcp_timeout_unacknowledged
	nf_conntrack_udp_timeout nf_conntrack_udp_timeout_stream
`,
	),
	...below(
		"net.bridge",
		`
	bridge-nf-call-arptables bridge-nf-call-ip6tables bridge-nf-call-iptables bridge-nf-filter-pppoe-tagged
	bridge-nf-filter-vlan-tagged bridge-nf-pass-vlan-input-dev
`,
	),
];

/** What `net.ipv4.conf.DEV` has. */
export const CONF_LEAVES: readonly string[] = words(`
	forwarding rp_filter route_localnet accept_local src_valid_mark proxy_arp proxy_arp_pvlan arp_ignore
	arp_announce arp_filter arp_notify arp_accept send_redirects accept_redirects shared_media log_martians
	bc_forwarding promote_secondaries ignore_routes_with_linkdown drop_unicast_in_l2_multicast accept_source_route
	arp_evict_nocarrier bootp_relay disable_policy disable_xfrm drop_gratuitous_arp force_igmp_version
	igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval mc_forwarding medium_id secure_redirects
	tag
`);

/** What `net.ipv4.neigh.DEV` has. */
export const NEIGH_LEAVES: readonly string[] = words(`
	anycast_delay app_solicit base_reachable_time_ms delay_first_probe_time gc_stale_time interval_probe_time_ms
	locktime mcast_resolicit mcast_solicit proxy_delay proxy_qlen retrans_time_ms ucast_solicit unres_qlen
	unres_qlen_bytes
`);

function below(prefix: string, leaves: string): readonly string[] {
	return words(leaves).map((leaf) => `${prefix}.${leaf}`);
}

function words(text: string): readonly string[] {
	return text.trim().split(/\s+/);
}
