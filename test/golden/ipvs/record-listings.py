#!/usr/bin/python3
"""Records what the real ipvsadm lists while there are connections.

    vm-run --share DIR -- python3 test/golden/ipvs/record-listings.py DIR/listings.json

Director and events are record.py's; after the events ipvsadm is asked. src/formats/ipvsadm.test.ts does the same events.
"""
import json, os, subprocess, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import record

MARK = "*mangle\n-A PREROUTING -d 10.96.0.12/32 -p udp -j MARK --set-mark 7\nCOMMIT\n"
TCP, UDP, OPS, FWM, SCTP = ["tcp", "10.96.0.10", 80, 0], ["udp", "10.96.0.11", 53, 0], ["udp", "10.96.0.11", 54, 0], ["", "0.0.0.0", 0, 7], ["sctp", "10.96.0.10", 90, 0]
CLIENTS = ["172.16.0.2", "172.16.0.3", "172.16.0.4"]
EVENTS = [
    ["svc", "add", TCP, "wrr", 1, 600, "255.255.255.0"],
    ["dest", "add", TCP, "10.0.0.11", 8080, "masq", 1, 100, 50],
    ["dest", "add", TCP, "10.0.0.12", 80, "droute", 2, 0, 0],
    ["svc", "add", UDP, "rr", 0, 0, "255.255.255.255"],
    ["dest", "add", UDP, "10.0.0.11", 5353, "masq", 1, 0, 0],
    ["dest", "add", UDP, "10.0.0.13", 53, "tunnel", 1, 0, 0],
    ["svc", "add", OPS, "rr", 4, 0, "255.255.255.255"],
    ["dest", "add", OPS, "10.0.0.11", 5353, "masq", 1, 0, 0],
    ["svc", "add", FWM, "sh", 1 | 0x10, 7200, "255.255.255.255"],
    ["dest", "add", FWM, "10.0.0.14", 0, "masq", 3, 0, 0],
    ["svc", "add", SCTP, "lc", 0, 0, "255.255.255.255"],
    ["dest", "add", SCTP, "10.0.0.15", 90, "masq", 1, 0, 0],
    ["ipt", MARK],
    *[["p", "c", "tcp", c, 40000 + k, "10.96.0.10", 80, "S", 0] for k, c in enumerate(CLIENTS)],
    ["p", "s", "tcp", "10.0.0.11", 8080, CLIENTS[0], 40000, "SA", 0],
    ["p", "c", "tcp", CLIENTS[0], 40000, "10.96.0.10", 80, "A", 0],
    *[["p", "c", "udp", c, 1000 + k, "10.96.0.11", 53, "", 10] for k, c in enumerate(CLIENTS)],
    ["p", "c", "udp", CLIENTS[0], 2000, "10.96.0.11", 54, "", 10],
    ["p", "c", "udp", CLIENTS[1], 2000, "10.96.0.12", 77, "", 10],
    ["p", "c", "sctp", CLIENTS[2], 3000, "10.96.0.10", 90, 1, 0],
    ["wait", 4.5],
]
COMMANDS = ["-Ln", "-Ln --stats", "-Ln --stats --exact", "-Ln --persistent-conn", "-Ln --thresholds", "-Lnc", "-Lc", "-Lnc --persistent-conn", "-L", "-Sn", "-Ln --tun-info"]

d = record.Director()
for e in EVENTS:
    if e[0] == "svc":
        assert d.service(e[1], e[2], *e[3:]) == "ok", e
    elif e[0] == "dest":
        assert d.dest(e[1], e[2], *e[3:]) == "ok", e
    elif e[0] == "ipt":
        subprocess.run(["iptables-restore"], input=e[1].encode(), check=True)
    elif e[0] == "wait":
        time.sleep(e[1])
    else:
        d.send(e[1], record.make(e))
        d.drain(0.012)
listings = [{"args": a, "out": subprocess.run(["ipvsadm", *a.split()], capture_output=True, check=True, text=True).stdout} for a in COMMANDS]
with open(sys.argv[1], "w") as f:
    kernel = os.uname().release + " " + os.uname().version
    f.write('{"provenance": ' + json.dumps({"tool": "test/golden/ipvs/record-listings.py in ../shared/tools/vm-run, ipvsadm 1.31", "kernel": kernel}))
    f.write(',\n"events": [\n' + ",\n".join(json.dumps(e) for e in EVENTS) + '\n],\n"listings": [\n' + ",\n".join(json.dumps(e) for e in listings) + "\n]}\n")
