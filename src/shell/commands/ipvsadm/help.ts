/** ipvsadm's help, in podwire's words. */

export const VERSION = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n";

export const HELP: string = `${VERSION}
Usage: ipvsadm COMMAND [options]

Services:      -A add, -E edit, -D delete: SERVICE [-s SCHEDULER] [-b FLAGS] [-p [SECONDS]] [-M MASK] [-o]
Real servers:  -a add, -e edit, -d delete: SERVICE -r HOST[:PORT] [-g|-i|-m] [-w WEIGHT] [-x UPPER] [-y LOWER]
The table:     -C clear, -S [-n] save, -R restore from standard input, -Z [SERVICE] zero the counters
Listing:       -L [SERVICE] [-n] [--stats|--rate|--thresholds|--persistent-conn|--tun-info] [--exact] [--nosort]
               -L -c [-n] connections, -L --timeout, -L --daemon
Timeouts:      --set TCP TCPFIN UDP, in seconds

SERVICE is -t HOST:PORT (TCP), -u HOST:PORT (UDP), --sctp-service HOST:PORT or -f FWMARK.
SCHEDULER is one of rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh; without one it is wlc.
-g routes to the server directly, -i tunnels in IPIP, -m masquerades (NAT).
FLAGS are sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3 with commas between them.
`;
