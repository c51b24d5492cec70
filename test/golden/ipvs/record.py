#!/usr/bin/python3
"""Records what Linux's IPVS does with random configurations and packets, event by event.

    vm-run --share DIR --timeout 1200 -- python3 test/golden/ipvs/record.py DIR/random.json FIRST COUNT
    vm-run --share DIR -- python3 test/golden/ipvs/record.py DIR/special.json special

One director with a real kernel between two devices whose other ends are AF_PACKET sockets: clients and servers have no
kernel, every packet of theirs is made by the scenario. After each event: the packets that came out, the connections
(/proc/net/ip_vs_conn) and the destinations (/proc/net/ip_vs). test/ipvs-golden.test.ts replays the events.
"""
import ctypes, json, os, random, select, socket, struct, subprocess, sys, time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
C_MAC, S_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
CGW = bytes.fromhex("0200000000c1")


def sh(text):
    subprocess.run(["sh", "-ec", text], check=True)


def in_netns(name):
    fd = os.open("/run/netns/" + name, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def packet_socket(dev):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((dev, 0))
    s.setblocking(False)
    return s


def setup():
    sh("""ip netns add w; ip netns add d
ip -n d link add c0 address 02:00:00:00:00:01 type veth peer name c1 netns w
ip -n d link add s0 address 02:00:00:00:00:02 type veth peer name s1 netns w
for n in d w; do ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done
ip netns exec d sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.c0.rp_filter=0 net.ipv4.conf.s0.rp_filter=0 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000
ip -n d link set lo up; ip -n d link set c0 up; ip -n d link set s0 up
ip -n w link set c1 up; ip -n w link set s1 up
ip -n d addr add 10.255.0.1/24 dev c0; ip -n d addr add 10.0.0.1/24 dev s0
ip -n d neigh replace 10.255.0.2 lladdr 02:00:00:00:00:c1 dev c0 nud permanent
ip -n d route add 172.16.0.0/12 via 10.255.0.2
ip -n d route add local 10.96.0.0/16 dev lo
""" + "\n".join(f"ip -n d neigh replace 10.0.0.{k} lladdr 02:00:00:00:00:{k:02d} dev s0 nud permanent" for k in range(11, 19)))
    in_netns("w")
    socks = {"c": packet_socket("c1"), "s": packet_socket("s1")}
    in_netns("d")
    ctl = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    return socks, ctl


def checksum(b):
    if len(b) % 2:
        b += b"\0"
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}
PROTO = {"tcp": 6, "udp": 17, "icmp": 1, "sctp": 132}


def crc32c(b):
    c = 0xFFFFFFFF
    for x in b:
        c ^= x
        for _ in range(8):
            c = c >> 1 ^ (0x82F63B78 if c & 1 else 0)
    return struct.pack("<I", c ^ 0xFFFFFFFF)


def ip_packet(src, dst, proto, payload, ttl=64, df=True):
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0x4000 if df else 0, ttl, proto, 0,
                    socket.inet_aton(src), socket.inet_aton(dst))
    return h[:10] + struct.pack("!H", checksum(h)) + h[12:] + payload


def l4(src, dst, proto, sport, dport, flags, data, seq=1000, ack=2000):
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst)
    if proto == "tcp":
        bits = sum(FLAGS[f] for f in flags)
        seg = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, bits, 1000, 0, 0) + data
        c = checksum(pseudo + struct.pack("!HH", 6, len(seg)) + seg)
        return seg[:16] + struct.pack("!H", c) + seg[18:]
    if proto == "sctp":  # flags: the type of the one chunk
        seg = struct.pack("!HHI4sBBHI", sport, dport, 7, bytes(4), flags, 0, 8, 0)
        return seg[:8] + crc32c(seg) + seg[12:]
    seg = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    c = checksum(pseudo + struct.pack("!HH", 17, len(seg)) + seg)
    return seg[:6] + struct.pack("!H", c or 0xFFFF) + seg[8:]


def make(e):
    """An IP packet from ["p", side, proto, src, sport, dst, dport, flags, length, seq, ack]; ICMP errors quote one."""
    _, _, proto, src, sport, dst, dport, flags, length = e[:9]
    return ip_packet(src, dst, PROTO[proto], l4(src, dst, proto, sport, dport, flags, b"x" * length, *e[9:]))


def make_icmp(e):
    """["i", side, type, code, src, dst, quoted "p" event]."""
    _, _, typ, code, src, dst, quoted = e
    rest = 1400 if (typ, code) == (3, 4) else 0
    body = struct.pack("!BBHI", typ, code, 0, rest) + make(quoted)[:28]
    return ip_packet(src, dst, 1, body[:2] + struct.pack("!H", checksum(body)) + body[4:], df=False)


def describe(p):
    """One line for an IP packet, the same in the test."""
    ihl, proto, ttl = (p[0] & 15) * 4, p[9], p[8]
    src, dst = socket.inet_ntoa(p[12:16]), socket.inet_ntoa(p[16:20])
    df = "D" if p[6] & 0x40 else ""
    ok = "" if checksum(p[:ihl]) == 0 else " BADIP"
    body = p[ihl:]
    head = f"t{ttl}{df}{ok}"
    if struct.unpack("!H", p[6:8])[0] & 0x3FFF:
        return f"{src}>{dst} {proto} fragment {struct.unpack('!H', p[6:8])[0]} of {len(body)} {head}"
    if proto == 4:
        return f"{src}>{dst} ipip {head} [{describe(body)}]"
    if proto == 1:
        good = "" if checksum(body) == 0 else " BADICMP"
        return f"{src}>{dst} icmp {body[0]}/{body[1]}{good} {head} [{quoted(body[8:])}]"
    sport, dport = struct.unpack("!HH", body[:4])
    if proto == 132:
        good = "" if crc32c(body[:8] + bytes(4) + body[12:]) == body[8:12] else " BADCRC"
        return f"{src}:{sport}>{dst}:{dport} sctp {body[12]}{good} {head}"
    pseudo = p[12:20] + struct.pack("!HH", proto, len(body))
    good = "" if checksum(pseudo + body) == 0 else " BADSUM"
    if proto == 6:
        flags = "".join(f for f in "FSRPA" if body[13] & FLAGS[f])
        return f"{src}:{sport}>{dst}:{dport} tcp {flags}{good} {head}"
    return f"{src}:{sport}>{dst}:{dport} udp {len(body) - 8}{good} {head}"


def quoted(p):
    if len(p) < 24:
        return "short"
    sport, dport = struct.unpack("!HH", p[20:24])
    return f"{socket.inet_ntoa(p[12:16])}:{sport}>{socket.inet_ntoa(p[16:20])}:{dport} {p[9]} t{p[8]}"


class Director:
    def __init__(self):
        self.socks, self.ctl = setup()

    def send(self, side, packet):
        mac, src = (C_MAC, CGW) if side == "c" else (S_MAC, bytes.fromhex("020000000011"))
        self.socks[side].send(mac + src + b"\x08\x00" + packet)

    def drain(self, wait):
        out = []
        end = time.monotonic() + wait
        while True:
            left = end - time.monotonic()
            ready, _, _ = select.select(list(self.socks.values()), [], [], max(0, left))
            if not ready and left <= 0:
                return out
            for side, s in self.socks.items():
                while True:
                    try:
                        frame, addr = s.recvfrom(4096)
                    except BlockingIOError:
                        break
                    if addr[2] == 4 or frame[12:14] != b"\x08\x00":
                        continue
                    total = struct.unpack("!H", frame[16:18])[0]
                    out.append(f"{side}{frame[5]:02x} {describe(frame[14:14 + total])}")

    def opt(self, number, data):
        try:
            self.ctl.setsockopt(socket.IPPROTO_IP, number, data)
            return "ok"
        except OSError as err:
            return {17: "EEXIST", 2: "ENOENT", 3: "ESRCH", 34: "ERANGE", 22: "EINVAL"}.get(err.errno, str(err.errno))

    def service(self, verb, key, sched="rr", flags=0, timeout=0, netmask="255.255.255.255"):
        number = {"add": 1154, "edit": 1155, "delete": 1156}[verb]
        return self.opt(number, svc_struct(key, sched, flags, timeout, netmask))

    def dest(self, verb, key, addr, port, fwd, weight=1, upper=0, lower=0):
        number = {"add": 1159, "edit": 1161, "delete": 1160}[verb]
        flags = {"masq": 0, "tunnel": 2, "droute": 3}[fwd]
        # struct ip_vs_dest_user: addr, port (padded), conn_flags, weight, u_threshold, l_threshold
        data = svc_struct(key, "rr", 0, 0, "255.255.255.255")
        data += struct.pack("=4s2sxxIiII", socket.inet_aton(addr), struct.pack("!H", port), flags, weight, upper, lower)
        return self.opt(number, data)


def svc_struct(key, sched, flags, timeout, netmask):
    # struct ip_vs_service_user: protocol, addr, port, fwmark, sched_name[16], flags, timeout, netmask
    proto, addr, port, mark = key
    return struct.pack("=Hxx4s2sxxI16sII4s", {"tcp": 6, "udp": 17, "sctp": 132, "": 6}[proto], socket.inet_aton(addr), struct.pack("!H", port), mark,
                       sched.encode(), flags, timeout, socket.inet_aton(netmask))


def hexaddr(h):
    return socket.inet_ntoa(bytes.fromhex(h))


def conns(prefix, vip):
    """As `read_conns`, read until two readings are the same: the list may change under the reader."""
    last = None
    while True:
        now = read_conns(prefix, vip)
        if last is not None and now.keys() == last.keys():
            return now
        last = now


def read_conns(prefix, vip):
    """Seconds left by "proto client virtual destination state", of connections of this scenario's clients."""
    found = {}
    for line in open("/proc/thread-self/net/ip_vs_conn").read().splitlines()[1:]:
        pro, fip, fp, tip, tp, dip, dp, state, exp = line.split()[:9]
        client = hexaddr(fip)
        if client.startswith(prefix) or hexaddr(tip) == vip:
            found[f"{pro} {client}:{int(fp, 16)} {hexaddr(tip)}:{int(tp, 16)} {hexaddr(dip)}:{int(dp, 16)} {state}"] = int(exp)
    return found


def dests(vip):
    """last byte of the address:weight:active:inactive, in the kernel's order, of this scenario's services."""
    found, mine = {}, None
    for line in open("/proc/thread-self/net/ip_vs").read().splitlines()[3:]:
        words = line.split()
        if words[0] != "->":
            mine = words[0] + words[1] if words[0] == "FWM" or hexaddr(words[1].split(":")[0]) == vip else None
        elif mine:
            addr, port = words[1].split(":")
            found.setdefault(mine, []).append(f"{int(addr[6:], 16)}:{words[3]}:{words[4]}:{words[5]}")
    return " ".join(d for _, ds in sorted(found.items()) for d in ds)


SYSCTLS = {"conntrack": 0, "expire_nodest_conn": 0, "expire_quiescent_template": 0, "conn_reuse_mode": 1, "sloppy_tcp": 0,
           "snat_reroute": 1, "nat_icmp_send": 0, "schedule_icmp": 0, "pmtu_disc": 1}


def sysctl(key, value):
    with open("/proc/sys/net/ipv4/vs/" + key, "w") as f:
        f.write(str(value))


def run(d, scenario):
    vip = scenario["vip"]
    prefix = scenario["prefix"]
    results, locals_ = [], []
    for e in scenario["events"]:
        r = {}
        if e[0] == "svc":
            r["r"] = d.service(e[1], e[2], *e[3:])
        elif e[0] == "dest":
            r["r"] = d.dest(e[1], e[2], *e[3:])
        elif e[0] == "sysctl":
            sysctl(e[1], e[2])
        elif e[0] == "set":
            # IP_VS_SO_SET_TIMEOUT
            r["r"] = d.opt(1162, struct.pack("=iii", *e[1:]))
        elif e[0] == "wait":
            time.sleep(e[1])
        elif e[0] == "ipt":
            subprocess.run(["iptables-restore"], input=e[1].encode(), check=True)
        elif e[0] == "counters":
            saved = subprocess.run(["iptables-save", "-c"], capture_output=True, check=True, text=True).stdout
            r["k"] = [line for line in saved.splitlines() if line[0] == "[" and not line.startswith("[0:0]")]
        elif e[0] == "ct":
            listed = subprocess.run(["conntrack", "-L"], capture_output=True, text=True).stdout
            r["k"] = sorted(" ".join(w for w in line.split() if not w.isdigit() and not w.startswith("use=")) for line in listed.splitlines())
        elif e[0] == "stats":
            listed = subprocess.run(["ipvsadm", "-Ln", "--stats", "--exact"], capture_output=True, check=True, text=True).stdout
            r["k"] = [" ".join(line.split()) for line in listed.splitlines()[3:]]
        elif e[0] == "local":
            s = socket.socket()
            s.setblocking(False)
            s.bind((e[1], e[2]))
            s.connect_ex((e[3], e[4]))
            locals_.append(s)
        elif e[0] == "p":
            d.send(e[1], make(e))
        elif e[0] == "i":
            d.send(e[1], make_icmp(e))
        if e[0] in ("p", "i", "local"):
            r["out"] = d.drain(0.012)
            if e[0] == "local":  # The checksum is left to the device.
                r["out"] = [line.replace(" BADSUM", "") for line in r["out"]]
        elif e[0] == "wait":
            r["out"] = d.drain(0.002)
        r["c"] = conns(prefix, vip)
        r["d"] = dests(vip)
        results.append(r)
    if any(e[0] == "ipt" for e in scenario["events"]):
        subprocess.run("for t in raw mangle nat filter; do iptables -t $t -F; iptables -t $t -X; done; conntrack -F 2>/dev/null", shell=True)
    for s in locals_:
        s.close()
    for key, value in SYSCTLS.items():
        sysctl(key, value)
    for e in scenario["events"]:
        if e[0] == "svc" and e[1] == "add":
            d.service("delete", e[2])
    # Only what differs from the event before: `c` connections that came or whose time began anew, `g` those that went.
    slim, last_c, last_d = [], {}, ""
    for r in results:
        now, t = r.pop("c"), {}
        came = {k: v for k, v in now.items() if k not in last_c or v not in (last_c[k], last_c[k] - 1)}
        gone = [k for k in last_c if k not in now]
        if came:
            t["c"] = came
        if gone:
            t["g"] = gone
        if r["d"] != last_d:
            t["d"] = r["d"]
        last_c, last_d = now, r.pop("d")
        slim.append({k: v for k, v in r.items() if v not in ([], "ok")} | t)
    return slim


SCHEDULERS = ["rr", "wrr", "lc", "wlc", "sh", "dh", "sed", "nq", "lblc", "lblcr", "mh", "fo", "ovf"]
F_PERSISTENT, F_ONEPACKET, F_SCHED1, F_SCHED2 = 0x1, 0x4, 0x8, 0x10


class Generator:
    def __init__(self, n):
        self.n, self.rng = n, random.Random(n * 7919 + 1)
        self.vip = f"10.96.{n >> 8 & 255}.{n & 255}"
        self.net = f"172.{16 + (n >> 8)}.{n & 255}"
        self.events, self.flows, self.dests = [], [], {}

    def scenario(self):
        kind = ["sched", "state", "mix", "sched", "mix", "persist", "mix", "threshold"][self.n % 8]
        getattr(self, kind)()
        return {"n": self.n, "kind": kind, "vip": self.vip, "prefix": self.net + ".", "events": self.events}

    def add(self, *e):
        self.events.append(list(e))

    def begin(self, sched, fwd, proto="tcp", flags=0, timeout=0, netmask="255.255.255.255", servers=3, weights=(0, 1, 1, 2, 3)):
        self.key, self.fwd = [proto, self.vip, 80, 0], fwd
        self.svc = (sched, flags, timeout, netmask)
        self.add("svc", "add", self.key, *self.svc)
        for k in self.rng.sample(range(11, 19), servers):
            self.server(k, self.rng.choice(weights))

    def server(self, k, weight, upper=0, lower=0):
        port = 8080 if self.fwd == "masq" else 80
        self.add("dest", "add", self.key, f"10.0.0.{k}", port, self.fwd, weight, upper, lower)
        self.dests[k] = weight

    def new_flow(self, clients=9):
        client = f"{self.net}.{self.rng.randrange(2, 2 + clients)}"
        flow = [client, self.rng.randrange(1024, 60000)]
        self.flows.append(flow)
        return flow

    def from_client(self, flow, flags, length=0):
        proto = self.key[0]
        self.add("p", "c", proto, flow[0], flow[1], self.vip, 80, flags, length)

    def from_server(self, flow, flags, k, length=0):
        proto = self.key[0]
        src = (f"10.0.0.{k}", 8080) if self.fwd == "masq" else (self.vip, 80)
        self.add("p", "s", proto, src[0], src[1], flow[0], flow[1], flags, length)

    def sched(self):
        """Many connections; some are established, some closed, so that load differs."""
        r = self.rng
        name = SCHEDULERS[self.n // 2 % len(SCHEDULERS)]
        flags = r.choice([0, 0, F_SCHED1, F_SCHED2, F_SCHED1 | F_SCHED2]) if name in ("sh", "mh") else 0
        self.begin(name, r.choice(["masq", "masq", "droute"]), flags=flags, servers=r.randrange(1, 6))
        for k in range(r.randrange(12, 24)):
            flow = self.new_flow()
            self.from_client(flow, "S")
            for _ in range(r.randrange(0, 3)):
                self.from_client(flow, r.choice(["A", "A", "FA", "R"]))
            if k and r.random() < 0.12:
                self.change()

    def state(self):
        r = self.rng
        self.begin("rr", r.choice(["masq", "droute", "tunnel"]), servers=1, weights=(1,))
        k = list(self.dests)[0]
        flow = self.new_flow()
        self.from_client(flow, "S")
        for _ in range(r.randrange(8, 16)):
            flags = r.choice(["S", "SA", "A", "A", "FA", "F", "R", "RA", "PA", ""])
            if r.random() < 0.5:
                self.from_client(flow, flags)
            else:
                self.from_server(flow, flags, k)

    def persist(self):
        r = self.rng
        proto = r.choice(["tcp", "tcp", "udp"])
        flags = F_PERSISTENT | (F_ONEPACKET if proto == "udp" and r.random() < 0.3 else 0)
        self.begin(r.choice(["rr", "wrr", "wlc", "sh"]), r.choice(["masq", "droute"]), proto, flags, r.choice([60, 300, 600]),
                   r.choice(["255.255.255.255", "255.255.255.252", "255.255.255.0"]))
        if r.random() < 0.4:
            self.add("sysctl", "expire_quiescent_template", 1)
        for k in range(r.randrange(8, 16)):
            flow = self.new_flow(5) if r.random() < 0.7 or not self.flows else r.choice(self.flows)
            self.from_client(flow, r.choice(["S", "S", "A", "R", "FA"]), 1)
            if r.random() < 0.2:
                self.change()

    def threshold(self):
        r = self.rng
        self.fwd = r.choice(["masq", "droute"])
        self.key = ["tcp", self.vip, 80, 0]
        self.svc = (r.choice(["rr", "wrr", "lc", "wlc", "sed", "nq", "sh", "fo", "ovf", "mh"]), 0, 0, "255.255.255.255")
        self.add("svc", "add", self.key, *self.svc)
        for k in r.sample(range(11, 19), 3):
            upper = r.choice([0, 2, 3, 4])
            self.server(k, r.choice([1, 2, 3]), upper, r.choice([0, 1, upper]) if upper else r.choice([0, 0, 5]))
        for _ in range(r.randrange(12, 20)):
            flow = self.new_flow() if r.random() < 0.8 or not self.flows else r.choice(self.flows)
            self.from_client(flow, r.choice(["S", "S", "S", "R", "FA"]))
            if r.random() < 0.15:
                self.change(True)

    def mix(self):
        r = self.rng
        proto = r.choice(["tcp", "tcp", "tcp", "udp"])
        flags = F_ONEPACKET if proto == "udp" and r.random() < 0.2 else 0
        self.begin(r.choice(SCHEDULERS), r.choice(["masq", "masq", "droute", "tunnel"]), proto, flags)
        for _ in range(r.randrange(0, 3)):
            key = r.choice(list(SYSCTLS))
            self.add("sysctl", key, {"conn_reuse_mode": r.choice([0, 1, 2, 3])}.get(key, 1 - SYSCTLS[key]))
        for _ in range(r.randrange(10, 20)):
            x = r.random()
            if x < 0.35 or not self.flows:
                self.from_client(self.new_flow(), "S" if r.random() < 0.85 else "A", r.choice([0, 5]))
            elif x < 0.6:
                self.from_client(r.choice(self.flows), r.choice(["S", "A", "A", "FA", "R"]), r.choice([0, 5]))
            elif x < 0.75:
                self.from_server(r.choice(self.flows), r.choice(["SA", "A", "FA", "R"]), r.choice(list(self.dests) or [11]), r.choice([0, 9]))
            elif x < 0.83:
                self.icmp()
            else:
                self.change()

    def icmp(self):
        r = self.rng
        flow, k = r.choice(self.flows), r.choice(list(self.dests) or [11])
        proto = self.key[0]
        typ, code = r.choice([(3, 3), (3, 1), (11, 0), (3, 4), (4, 0), (5, 1)])
        if r.random() < 0.5:  # a server (or a router behind) about a request
            dst = (f"10.0.0.{k}", 8080) if self.fwd == "masq" else (self.vip, 80)
            self.add("i", "s", typ, code, f"10.0.0.{k}", flow[0], ["p", "s", proto, flow[0], flow[1], dst[0], dst[1], "S", 0])
        else:  # a client (or a router before it) about an answer
            self.add("i", "c", typ, code, flow[0], self.vip, ["p", "c", proto, self.vip, 80, flow[0], flow[1], "A", 0])

    def change(self, thresholds=False):
        r = self.rng
        x = r.random()
        port = 8080 if self.fwd == "masq" else 80
        limit = (lambda: r.choice([0, 1, 2, 4])) if thresholds else (lambda: 0)
        if x < 0.45 and self.dests:
            k = r.choice(list(self.dests))
            self.add("dest", "edit", self.key, f"10.0.0.{k}", port, self.fwd, r.choice([0, 1, 2, 5]), limit(), 0)
        elif x < 0.7 and self.dests:
            k = r.choice(list(self.dests))
            self.add("dest", "delete", self.key, f"10.0.0.{k}", port, self.fwd)
            del self.dests[k]
        elif x < 0.95:
            self.server(r.randrange(11, 19), r.choice([1, 2, 3]), limit(), 0)
        else:
            self.svc = (r.choice(SCHEDULERS),) + self.svc[1:]
            self.add("svc", "edit", self.key, *self.svc)


def special():
    """Hand-made ones: chain counters, conntrack, NAT, marks, ports, time, clients on the director itself, SCTP."""
    n = [0]

    def make_one(kind, build):
        n[0] += 1
        vip, net = f"10.96.200.{n[0]}", f"172.31.{n[0]}"
        return {"n": n[0], "kind": kind, "vip": vip, "prefix": net + ".", "events": build(vip, net)}

    def begin(key, fwd="masq", sched="rr", servers=(11, 12), flags=0, timeout=0, port=8080):
        add = [["svc", "add", key, sched, flags, timeout, "255.255.255.255"]]
        return add + [["dest", "add", key, f"10.0.0.{k}", port if fwd == "masq" else key[2], fwd, 1, 0, 0] for k in servers]

    def conversation(vip, client, server, fwd="masq", sport=4000, to=None):
        src = (server, 8080) if fwd == "masq" else (vip, 80)
        c = lambda flags, seq, ack, length=0: ["p", "c", "tcp", client, sport, vip, 80, flags, length, seq, ack]
        s = lambda flags, seq, ack, length=0: ["p", "s", "tcp", *src, to or client, sport, flags, length, seq, ack]
        return [c("S", 1000, 0), s("SA", 5000, 1001), c("A", 1001, 5001), c("PA", 1001, 5001, 5), s("A", 5001, 1006), s("PA", 5001, 1006, 3),
                c("A", 1006, 5004), s("FA", 5004, 1006), c("FA", 1006, 5005), s("A", 5005, 1007)]

    def counting(client, extra=""):
        text = ""
        for table, chains in (("raw", "PREROUTING OUTPUT"), ("mangle", "PREROUTING INPUT FORWARD OUTPUT POSTROUTING"),
                              ("nat", "PREROUTING INPUT OUTPUT POSTROUTING"), ("filter", "INPUT FORWARD OUTPUT")):
            text += f"*{table}\n" + "".join(f":{c} ACCEPT [0:0]\n" for c in chains.split())
            for c in chains.split():
                text += f"-A {c} -s {client}/32 -p tcp\n-A {c} -d {client}/32 -p tcp\n"
                if table == "mangle":
                    text += f"-A {c} -m ipvs --ipvs\n-A {c} -m ipvs --vport 80\n-A {c} -m ipvs --vdir ORIGINAL\n-A {c} -m ipvs --vdir REPLY\n"
                    text += f"-A {c} -m ipvs ! --vmethod MASQ\n-A {c} -m conntrack --ctstate INVALID,UNTRACKED\n-A {c} -m conntrack --ctstate DNAT\n"
            if table == "nat":
                text += extra
            text += "COMMIT\n"
        return ["ipt", text]

    for ct in (0, 1):
        for fwd in ("masq", "droute", "tunnel"):
            yield make_one(f"counters {fwd} conntrack={ct}", lambda vip, net: [["sysctl", "conntrack", ct], *begin(["tcp", vip, 80, 0], fwd, servers=(11,)), counting(f"{net}.2"),
                           *conversation(vip, f"{net}.2", "10.0.0.11", fwd), ["counters"], ["ct"]])
        yield make_one(f"masquerade conntrack={ct}", lambda vip, net: [["sysctl", "conntrack", ct], *begin(["tcp", vip, 80, 0], servers=(11,)),
                       counting(f"{net}.2", f"-A POSTROUTING -s {net}.2/32 -m ipvs --vaddr {vip} --vport 80 -j MASQUERADE\n"),
                       *conversation(vip, f"{net}.2", "10.0.0.11", to="10.0.0.1" if ct else None), ["counters"], ["ct"]])
    last = lambda vip: int(vip.split(".")[3])
    mark = lambda vip: ["ipt", f"*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d {vip}/32 -j MARK --set-xmark {last(vip)}\nCOMMIT\n"]
    for persistent in (0, 1):
        yield make_one(f"fwmark persistent={persistent}", lambda vip, net: [mark(vip), *begin(["", "0.0.0.0", 0, last(vip)], "droute", flags=persistent, timeout=300),
                       *[["p", "c", proto, f"{net}.{k % 3 + 2}", 5000 + k, vip, port, "S", 0] for k, (proto, port) in enumerate([("tcp", 80), ("tcp", 443), ("udp", 53), ("tcp", 80), ("udp", 80), ("tcp", 22)])]])
        yield make_one(f"port 0 persistent={persistent}", lambda vip, net: [*begin(["tcp", vip, 0, 0], "droute", flags=persistent, timeout=300),
                       *[["p", "c", "tcp", f"{net}.{k % 3 + 2}", 5000 + k, vip, port, "S", 0] for k, port in enumerate([80, 443, 80, 22, 21, 80])]])
        yield make_one(f"ftp persistent={persistent}", lambda vip, net: [*begin(["tcp", vip, 21, 0], "droute", flags=persistent, timeout=300),
                       *[["p", "c", "tcp", f"{net}.2", sport, vip, port, "S", 0] for sport, port in [(5000, 21), (5001, 21), (5002, 1500), (5003, 22), (20, 21), (5004, 20)]]])
    yield make_one("time", lambda vip, net: [["set", 4, 3, 3], *begin(["tcp", vip, 80, 0], servers=(11,)), *begin(["udp", vip, 53, 0], flags=1, timeout=5, servers=(11,)),
                   *conversation(vip, f"{net}.2", "10.0.0.11")[:3], ["p", "c", "udp", f"{net}.3", 4001, vip, 53, "", 9], ["wait", 2.5], ["p", "c", "udp", f"{net}.3", 4001, vip, 53, "", 9],
                   ["wait", 2.0], ["wait", 2.0], ["wait", 3.5], ["stats"], ["set", 900, 120, 300]])
    yield make_one("closing", lambda vip, net: [*begin(["tcp", vip, 80, 0], servers=(11,)), ["p", "c", "tcp", f"{net}.2", 4000, vip, 80, "S", 0], ["p", "s", "tcp", "10.0.0.11", 8080, f"{net}.2", 4000, "RA", 0],
                   ["wait", 8], ["wait", 4]])
    yield make_one("icmp to servers that are gone", lambda vip, net: [["sysctl", "nat_icmp_send", 1], *begin(["tcp", vip, 80, 0], servers=(11,)),
                   ["p", "s", "tcp", "10.0.0.11", 8080, f"{net}.2", 4000, "SA", 0], ["p", "s", "tcp", "10.0.0.11", 8080, f"{net}.2", 4000, "R", 0], ["p", "s", "tcp", "10.0.0.12", 8080, f"{net}.2", 4000, "SA", 0]])
    for fwd in ("masq", "droute", "tunnel"):
        yield make_one(f"local client {fwd}", lambda vip, net: [*begin(["tcp", vip, 80, 0], fwd), ["local", vip, 6001, vip, 80], ["local", "10.0.0.1", 6002, vip, 80], ["local", "127.0.0.1", 6003, vip, 80]])
        yield make_one(f"local server {fwd}", lambda vip, net: [*begin(["tcp", vip, 80, 0], fwd, servers=()), ["dest", "add", ["tcp", vip, 80, 0], "10.0.0.1", 80, fwd, 1, 0, 0],
                       ["p", "c", "tcp", f"{net}.2", 4000, vip, 80, "S", 0], ["dest", "add", ["tcp", vip, 80, 0], "127.0.0.1", 80, fwd, 1, 0, 0], ["p", "c", "tcp", f"{net}.3", 4000, vip, 80, "S", 0]])
        yield make_one(f"short of TTL and MTU {fwd}", lambda vip, net: [*begin(["udp", vip, 80, 0], fwd, servers=(11,)), ["p", "c", "udp", f"{net}.2", 4000, vip, 80, "", 1472],
                       ["sysctl", "pmtu_disc", 0], ["p", "c", "udp", f"{net}.2", 4000, vip, 80, "", 1472]])
        for k in range(3):
            rng = random.Random(f"{fwd}{k}")
            yield make_one(f"sctp {fwd}", lambda vip, net: [*begin(["sctp", vip, 80, 0], fwd, servers=(11,)), ["p", "c", "sctp", f"{net}.2", 4000, vip, 80, 1, 0],
                           *[["p", "c", "sctp", f"{net}.2", 4000, vip, 80, rng.randrange(15), 0] if rng.random() < 0.5 else
                             ["p", "s", "sctp", *(("10.0.0.11", 8080) if fwd == "masq" else (vip, 80)), f"{net}.2", 4000, rng.randrange(15), 0] for _ in range(20)]])
    yield make_one("refused", lambda vip, net: [["svc", "add", ["tcp", vip, 80, 0], "nosuch", 0, 0, "255.255.255.255"], ["svc", "edit", ["tcp", vip, 80, 0], "rr", 0, 0, "255.255.255.255"],
                   ["svc", "delete", ["tcp", vip, 80, 0]], ["dest", "add", ["tcp", vip, 80, 0], "10.0.0.11", 80, "masq", 1, 0, 0], ["svc", "add", ["tcp", vip, 80, 0], "rr", 0, 0, "255.255.255.255"],
                   ["svc", "add", ["tcp", vip, 80, 0], "wrr", 0, 0, "255.255.255.255"], ["dest", "edit", ["tcp", vip, 80, 0], "10.0.0.11", 80, "masq", 1, 0, 0], ["dest", "delete", ["tcp", vip, 80, 0], "10.0.0.11", 80, "masq"],
                   ["dest", "add", ["tcp", vip, 80, 0], "10.0.0.11", 80, "masq", -1, 0, 0], ["dest", "add", ["tcp", vip, 80, 0], "10.0.0.11", 80, "masq", 1, 2, 3], ["dest", "add", ["tcp", vip, 80, 0], "224.0.0.1", 80, "masq", 1, 0, 0],
                   ["dest", "add", ["tcp", vip, 80, 0], "10.0.0.255", 80, "masq", 1, 0, 0], ["dest", "add", ["tcp", vip, 80, 0], "10.0.0.11", 80, "masq", 1, 0, 0], ["dest", "add", ["tcp", vip, 80, 0], "10.0.0.11", 80, "droute", 1, 0, 0],
                   ["svc", "edit", ["tcp", vip, 80, 0], "nosuch", 0, 0, "255.255.255.255"]])


def main():
    path = sys.argv[1]
    d = Director()
    scenarios = list(special()) if sys.argv[2] == "special" else [Generator(n).scenario() for n in range(int(sys.argv[2]), int(sys.argv[2]) + int(sys.argv[3]))]
    for scenario in scenarios:
        scenario["results"] = run(d, scenario)
    with open(path, "w") as f:
        kernel = os.uname().release + " " + os.uname().version
        f.write('{"provenance": ' + json.dumps({"tool": "test/golden/ipvs/record.py in ../shared/tools/vm-run", "kernel": kernel}) + ',\n"scenarios": [\n')
        f.write(",\n".join(json.dumps(s, separators=(",", ":")) for s in scenarios))
        f.write("\n]}\n")


if __name__ == "__main__":
    main()
