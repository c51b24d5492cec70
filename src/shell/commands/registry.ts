/** All programs of the shell. One line per command file, in order of the alphabet; `bash/builtins/table.ts` has the shell's own. */
import type { CommandEntry } from "../command.ts";
import { arpCommand } from "./arp.ts";
import { arpingCommand } from "./arping.ts";
import { awkCommand } from "./awk.ts";
import { brctlCommand } from "./brctl.ts";
import { bridgeCommand } from "./bridge/bridge.ts";
import { makeCommand, scpCommand } from "./build.ts";
import { catCommand, moreCommand, nlCommand, tacCommand } from "./cat.ts";
import { conntrackCommand } from "./conntrack/conntrack.ts";
import { curlCommand } from "./curl.ts";
import { cutCommand, trCommand } from "./cut.ts";
import { digCommand } from "./dig.ts";
import { dmesgCommand } from "./dmesg.ts";
import { echoCommand } from "./echo.ts";
import { echoServerCommand, socatCommand } from "./echo-server.ts";
import { ethtoolCommand } from "./ethtool/ethtool.ts";
import { explainCommandEntry } from "./explain.ts";
import { chmodCommand, copyCommand, mkdirCommand, pathCommand, rmCommand, touchCommand } from "./files.ts";
import { grepCommand } from "./grep.ts";
import { headCommand } from "./head.ts";
import { hostCommand } from "./host.ts";
import { httpServerCommand } from "./http-server.ts";
import { httpWebCommand } from "./http-web.ts";
import { ifconfigCommand } from "./ifconfig/ifconfig.ts";
import { ipCommand } from "./ip/ip.ts";
import { ipsetCommand } from "./ipset/ipset.ts";
import { ip6tablesCommand, iptablesCommand } from "./iptables/iptables.ts";
import { iptablesRestoreCommand } from "./iptables/restore.ts";
import { iptablesSaveCommand } from "./iptables/save.ts";
import { ipvsadmCommand } from "./ipvsadm/ipvsadm.ts";
import { lsCommand } from "./ls.ts";
import { clearCommand, dateCommand, hostnameCommand, idCommand, unameCommand, uptimeCommand } from "./machine.ts";
import { modprobeCommand, selinuxCommand } from "./modules.ts";
import { lsnsCommand, nsenterCommand, unshareCommand } from "./namespaces.ts";
import { ncCommand } from "./nc.ts";
import { netstatCommand } from "./netstat.ts";
import { nslookupCommand } from "./nslookup.ts";
import { aptCommand, rpmCommand, yumCommand } from "./packages.ts";
import { pingCommand } from "./ping.ts";
import { printfCommand } from "./printf.ts";
import { killCommand, pgrepCommand, psCommand } from "./ps.ts";
import { pythonCommand } from "./python.ts";
import { routeCommand } from "./route.ts";
import { envCommand, nohupCommand, suCommand, sudoCommand, timeoutCommand, xargsCommand } from "./run-other.ts";
import { sedCommand } from "./sed.ts";
import { seqCommand } from "./seq.ts";
import { sleepCommand } from "./sleep.ts";
import { sortCommand, uniqCommand } from "./sort.ts";
import { ssCommand } from "./ss.ts";
import { sysctlCommand } from "./sysctl.ts";
import { rsyslogdCommand, serviceCommand, systemctlCommand } from "./systemctl.ts";
import { tailCommand } from "./tail.ts";
import { tcpdumpCommand } from "./tcpdump/tcpdump.ts";
import { teeCommand } from "./tee.ts";
import { telnetCommand } from "./telnet.ts";
import { tracerouteCommand } from "./traceroute.ts";
import { falseCommand, trueCommand } from "./true.ts";
import { watchCommand } from "./watch.ts";
import { wcCommand } from "./wc.ts";
import { wgetCommand } from "./wget.ts";

export const COMMANDS: readonly CommandEntry[] = [
	aptCommand,
	arpCommand,
	arpingCommand,
	brctlCommand,
	bridgeCommand,
	curlCommand,
	digCommand,
	echoServerCommand,
	ethtoolCommand,
	hostCommand,
	httpServerCommand,
	httpWebCommand,
	ifconfigCommand,
	netstatCommand,
	nslookupCommand,
	pythonCommand,
	routeCommand,
	socatCommand,
	ssCommand,
	sysctlCommand,
	awkCommand,
	catCommand,
	chmodCommand,
	clearCommand,
	conntrackCommand,
	copyCommand,
	cutCommand,
	dateCommand,
	dmesgCommand,
	echoCommand,
	explainCommandEntry,
	envCommand,
	falseCommand,
	grepCommand,
	headCommand,
	hostnameCommand,
	idCommand,
	ip6tablesCommand,
	ipCommand,
	iptablesCommand,
	iptablesRestoreCommand,
	iptablesSaveCommand,
	ipsetCommand,
	ipvsadmCommand,
	killCommand,
	lsCommand,
	lsnsCommand,
	makeCommand,
	mkdirCommand,
	modprobeCommand,
	moreCommand,
	ncCommand,
	nlCommand,
	nohupCommand,
	nsenterCommand,
	pathCommand,
	pgrepCommand,
	pingCommand,
	printfCommand,
	psCommand,
	rmCommand,
	rpmCommand,
	rsyslogdCommand,
	scpCommand,
	sedCommand,
	selinuxCommand,
	seqCommand,
	serviceCommand,
	sleepCommand,
	sortCommand,
	suCommand,
	sudoCommand,
	systemctlCommand,
	tacCommand,
	tailCommand,
	tcpdumpCommand,
	teeCommand,
	telnetCommand,
	timeoutCommand,
	touchCommand,
	trCommand,
	tracerouteCommand,
	trueCommand,
	unameCommand,
	uniqCommand,
	unshareCommand,
	uptimeCommand,
	watchCommand,
	wcCommand,
	wgetCommand,
	xargsCommand,
	yumCommand,
];
