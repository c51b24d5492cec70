#!/usr/bin/env python3
"""Records what the connection tracking and NAT of this machine's kernel make of packets, in namespaces of its own.

    record.py tcp COUNT SEED > tcp-linux-VERSION.txt     random TCP segments (all of them; the golden is a choice)
    record.py nat > nat-linux-VERSION.txt                translations, with ICMP errors

Needs root, iptables-legacy, ip, conntrack. Two veths into a router; the far ends have no addresses, so that no stack
answers; ctstate is told by the TOS that a rule in FORWARD sets.
"""
import atexit, ctypes, os, random, socket, struct, subprocess, sys, time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
FLAGS = "FSRPAU"
F, S, R, P, ACK, U = (1 << k for k in range(6))
STATE = {0x04: "INVALID", 0x08: "NEW", 0x10: "ESTABLISHED", 0x0C: "RELATED", 0: "?"}
ETH = ["020000000a01020000000a02", "020000000b01020000000b02"]


def check(rc):
    assert rc == 0, os.strerror(ctypes.get_errno())


def sh(command):
    subprocess.run(command, shell=True, check=True)


def setup(rules):
    """The router's namespace; returns the two sockets at the far ends."""
    check(libc.unshare(CLONE_NEWNET))
    far = os.open("/proc/self/ns/net", os.O_RDONLY)
    keeper = subprocess.Popen(["sleep", "100000"])
    atexit.register(keeper.kill)
    check(libc.unshare(CLONE_NEWNET))
    router = os.open("/proc/self/ns/net", os.O_RDONLY)
    sh(f"""set -e
    sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward=1
    sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
    ip link set lo up
    ip link add a1 address 02:00:00:00:0a:01 type veth peer name xa address 02:00:00:00:0a:02 netns {keeper.pid}
    ip link add b1 address 02:00:00:00:0b:01 type veth peer name xb address 02:00:00:00:0b:02 netns {keeper.pid}
    ip addr add 10.1.0.1/24 dev a1; ip addr add 10.2.0.1/24 dev b1; ip link set a1 up; ip link set b1 up
    for k in $(seq 2 99); do
        ip neigh add 10.1.0.$k lladdr 02:00:00:00:0a:02 dev a1; ip neigh add 10.2.0.$k lladdr 02:00:00:00:0b:02 dev b1
    done
    {rules}""")
    check(libc.setns(far, CLONE_NEWNET))
    sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set xa up; ip link set xb up")
    socks = []
    for dev in ("xa", "xb"):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind((dev, 0))
        s.setblocking(False)
        socks.append(s)
    check(libc.setns(router, CLONE_NEWNET))
    time.sleep(1.2)
    return socks


def drain(s):
    out = []
    while True:
        try:
            frame, addr = s.recvfrom(4096)
        except BlockingIOError:
            return out
        if addr[2] != 4 and frame[12:14] == b"\x08\0":
            out.append(frame[14 : 14 + struct.unpack("!H", frame[16:18])[0]])


def send(socks, side, packet):
    """The packet as it comes out at the other side, or None."""
    drain(socks[1 - side])
    socks[side].send(bytes.fromhex(ETH[side]) + b"\x08\0" + packet)
    got = drain(socks[1 - side])
    return got[0] if got else None


def csum(b):
    b += b"\0" * (len(b) & 1)
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def ip4(proto, src, dst, body):
    h = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0x4000, 64, proto, 0)
    h += socket.inet_aton(src) + socket.inet_aton(dst)
    return h[:10] + struct.pack("!H", csum(h)) + h[12:] + body


def l4(proto, src, dst, body, at):
    c = csum(socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, proto, len(body)) + body)
    return body[:at] + struct.pack("!H", c or (0xFFFF if proto == 17 else 0)) + body[at + 2 :]


def udp(src, dst, sport, dport, data=b"hello", checksum=True):
    b = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    return ip4(17, src, dst, l4(17, src, dst, b, 6) if checksum else b)


def tcp(src, dst, sport, dport, flags=S, seq=1, ack=0, win=65535, opts=b"", data=b""):
    b = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (20 + len(opts)) // 4 << 4, flags, win, 0, 0) + opts + data
    return ip4(6, src, dst, l4(6, src, dst, b, 16))


def icmp(src, dst, kind, code, rest, data=b""):
    b = struct.pack("!BBHI", kind, code, 0, rest) + data
    return ip4(1, src, dst, b[:2] + struct.pack("!H", csum(b)) + b[4:])


# --- TCP ---

CTSTATE = "\n".join(
    f"iptables-legacy -t mangle -A FORWARD -m conntrack --ctstate {name} -j TOS --set-tos {tos:#x}"
    for tos, name in STATE.items()
    if tos
)


def entry(sport):
    for line in open("/proc/net/nf_conntrack"):
        if f"sport={sport} " in line or f"dport={sport} " in line:
            words = line.split()
            flags = ("U" if "[UNREPLIED]" in line else "") + ("A" if "[ASSURED]" in line else "")
            opener = ">" if "src=10.1.0.2" == [w for w in words if w.startswith("src=")][0] else "<"
            return f"{opener} {words[5]} {words[4]} {flags or '-'}"
    return "-"


def wild(rng):
    """Two ends that mostly behave, with deviations of every kind."""
    ends = [
        {"nxt": rng.getrandbits(32), "win": rng.choice([0, 1, 100, 1000, 64240, 65535]), "scale": rng.choice([None, 0, 2, 7, 10, 15])}
        for _ in range(2)
    ]
    start = rng.choice([[(0, S), (1, S | ACK), (0, ACK)]] * 6 + [[(0, S), (1, S), (0, S | ACK), (1, S | ACK)], [(0, ACK), (1, ACK)], []])
    kinds, weights = [ACK, P | ACK, F | ACK, R, R | ACK, S, S | ACK, F, 0, S | F, ACK | U], [30, 25, 12, 5, 4, 6, 4, 1, 1, 1, 1]
    script = start + [(rng.randint(0, 1), rng.choices(kinds, weights)[0]) for _ in range(rng.randint(0, 9))]
    return play_script(rng, ends, script, rng.choice([0, 0.1, 0.3, 0.6]))


def lifelike(rng):
    """Handshakes, closes, resets, reuse of ports, repeats."""
    ends = [{"nxt": rng.getrandbits(32), "win": rng.choice([1, 100, 1000, 64240, 65535]), "scale": rng.choice([None, 0, 2, 7])} for _ in range(2)]
    close = [[(0, F | ACK), (1, ACK), (1, F | ACK), (0, ACK)], [(1, F | ACK), (0, ACK), (0, F | ACK), (1, ACK)], [(0, F | ACK), (1, F | ACK), (0, ACK), (1, ACK)]]
    blocks = close + [[(0, S), (1, S | ACK)], [(0, S), (1, ACK)], [(0, S), (1, ACK), (0, R)], [(0, R)], [(1, R | ACK)], [(0, R | ACK)], [(1, R)]]
    blocks += [[(0, P | ACK), (1, ACK)], [(1, P | ACK), (0, ACK)], [(0, ACK)] * 4, [(1, P | ACK)] * 4, [(0, S)] * 2, [(1, S | ACK)], [(1, S)], [(0, S | ACK)]]
    script = rng.choice([[(0, S), (1, S | ACK), (0, ACK)]] * 2 + [[(0, ACK), (1, ACK), (0, ACK)], [(0, S)], [(0, S), (1, S), (0, S | ACK), (1, S | ACK)]])
    for _ in range(rng.randint(1, 4)):
        script = script + rng.choice(blocks)
    return play_script(rng, ends, script[:16], rng.choice([0, 0.05, 0.15]))


def play_script(rng, ends, script, deviation):
    seq = []
    for d, f in script:
        me, peer = ends[d], ends[1 - d]
        if seq and rng.random() < deviation * 0.3:
            seq.append(rng.choice(seq))
            continue
        if f == S and seq and rng.random() < 0.5:
            me["nxt"] = rng.choice([rng.getrandbits(32), me["nxt"] + 100000, me["nxt"] - 100, me["nxt"]])
        length = 0 if f & (S | R) else rng.choice([0, 0, 1, 10, 500, 1400])
        s, a = me["nxt"], peer["nxt"] if f & ACK else 0
        if rng.random() < deviation:
            s += rng.choice([-1, 1, -10, 10, 100, 1000, 10000, 100000, 1000000, -1000, -70000, -200000, -length, rng.getrandbits(32)])
        if rng.random() < deviation * 0.7:
            a += rng.choice([-1, 1, -100, 100, 500000, -500000, -70000, 65000, 2000])
        if rng.random() < deviation * 0.2:
            s = 0
        if f & R and rng.random() < 0.2:
            s = rng.choice([0, s + 1, s - 1, s + 50])
        win = me["win"] if rng.random() < 0.8 else rng.choice([0, 1, 10, 1000, 65535])
        opts = ""
        if f & S:
            opts = "020405b4" + ("04020101" if rng.random() < 0.8 else "")
            opts += "" if me["scale"] is None else "010303%02x" % me["scale"]
        elif rng.random() < 0.3:
            opts = "0101080a0000000100000002"
        elif rng.random() < 0.15 and f & ACK:
            left = (a + rng.choice([10, 100, -50, 100000])) & 0xFFFFFFFF
            opts = "0101050a%08x%08x" % (left, (left + 100) & 0xFFFFFFFF)
        s, a = s & 0xFFFFFFFF, a & 0xFFFFFFFF
        seq.append((d, f, s, a, win, length, opts))
        if not f & R and rng.random() < 0.93:
            me["nxt"] = (s + length + bool(f & S) + bool(f & F)) & 0xFFFFFFFF
    return seq


def record_tcp(count, seed):
    rng, socks = random.Random(seed), setup(CTSTATE)
    for k in range(count):
        if k % 40 == 0:
            subprocess.run(["conntrack", "-F"], stderr=subprocess.DEVNULL)
        sport = 2000 + k % 40000
        print()
        for d, f, s, a, win, length, opts in rng.choice([wild, lifelike])(rng):
            ends = ("10.1.0.2", "10.2.0.2", sport, 80) if d == 0 else ("10.2.0.2", "10.1.0.2", 80, sport)
            got = send(socks, d, tcp(*ends, f, s, a, win, bytes.fromhex(opts), b"x" * length))
            state = STATE.get(got[1], hex(got[1])) if got else "dropped"
            flags = "".join(FLAGS[k] for k in range(6) if f >> k & 1) or "-"
            print("><"[d], flags, s, a, win, length, opts or "-", "|", state, entry(sport))


# --- NAT ---

NAT_RULES = [
    "PREROUTING -d 10.9.9.9 -p udp --dport 53 -j DNAT --to-destination 10.2.0.2-10.2.0.7",
    "PREROUTING -d 10.9.9.9 -p udp --dport 54 -j DNAT --to-destination 10.2.0.2-10.2.0.7 --persistent",
    "PREROUTING -d 10.9.9.9 -p tcp --dport 80 -j DNAT --to-destination 10.2.0.2:8080",
    "PREROUTING -d 10.9.9.9 -p udp --dport 55 -j DNAT --to-destination 10.2.0.2:5555",
    "PREROUTING -d 10.9.9.9 -p icmp -j DNAT --to-destination 10.2.0.2",
    "POSTROUTING -s 10.1.0.0/24 -o b1 -p udp --dport 53 -j SNAT --to-source 10.2.0.100-10.2.0.110",
    "POSTROUTING -s 10.1.0.0/24 -o b1 -p udp --dport 54 -j SNAT --to-source 10.2.0.100-10.2.0.110 --persistent",
    "POSTROUTING -s 10.1.0.0/24 -o b1 -j SNAT --to-source 10.2.0.99",
]


def record_nat():
    socks = setup("\n".join(f"iptables-legacy -t nat -A {rule}" for rule in NAT_RULES))
    for rule in NAT_RULES:
        print("#", rule)

    def show(title):
        print(f"\n# {title}")

    def go(side, packet):
        got = send(socks, side, packet)
        print("><"[side], packet.hex(), got.hex() if got else "-")
        return got

    def answer(request, make):
        sport, dport = struct.unpack("!HH", request[20:24])
        return go(1, make(socket.inet_ntoa(request[16:20]), socket.inet_ntoa(request[12:16]), dport, sport))

    show("an address of a range, by source and destination, and by source alone")
    for k in range(2, 34):
        go(0, udp(f"10.1.0.{k}", "10.9.9.9", 1000 + k, 53))
        go(0, udp(f"10.1.0.{k}", "10.9.9.9", 3000 + k, 54))
    show("TCP both ways")
    request = go(0, tcp("10.1.0.2", "10.9.9.9", 4000, 80))
    answer(request, lambda *ends: tcp(*ends, S | ACK, 100, 2))
    go(0, tcp("10.1.0.2", "10.9.9.9", 4000, 80, ACK, 2, 101))
    go(0, tcp("10.1.0.2", "10.9.9.9", 4000, 80, ACK | P, 2, 101, data=b"GET /x"))
    show("ICMP errors about it: 8 bytes quoted, all, from another host, 20 bytes; a redirect")
    request = go(0, tcp("10.1.0.3", "10.9.9.9", 4001, 80))
    go(1, icmp("10.2.0.2", "10.2.0.99", 3, 3, 0, request[:28]))
    go(1, icmp("10.2.0.2", "10.2.0.99", 3, 1, 0, request))
    go(1, icmp("10.2.0.77", "10.2.0.99", 11, 0, 0, request))
    go(1, icmp("10.2.0.2", "10.2.0.99", 3, 4, 1400, request[:40]))
    go(1, icmp("10.2.0.2", "10.2.0.99", 5, 1, 0x0A020063, request))
    show("UDP without checksum there, with one back, odd lengths; an error about UDP")
    request = go(0, udp("10.1.0.4", "10.9.9.9", 5000, 55, b"abc", False))
    answer(request, lambda *ends: udp(*ends, b"abcde"))
    request = go(0, udp("10.1.0.5", "10.9.9.9", 5001, 55, b"abc"))
    go(1, icmp("10.2.0.2", "10.2.0.99", 3, 3, 0, request))
    show("ping and its answer; an error about it")
    request = go(0, icmp("10.1.0.6", "10.9.9.9", 8, 0, 0x00070001, b"12345678"))
    go(1, icmp("10.2.0.2", "10.2.0.99", 0, 0, 0x00070001, b"12345678"))
    go(1, icmp("10.2.0.2", "10.2.0.99", 11, 1, 0, request))
    show("errors of the client about the server's segment, whole and 8 bytes")
    segment = go(1, tcp("10.2.0.2", "10.2.0.99", 8080, 4000, ACK, 101, 8, data=b"data"))
    go(0, icmp("10.1.0.2", "10.9.9.9", 3, 3, 0, segment))
    go(0, icmp("10.1.0.2", "10.9.9.9", 11, 1, 0, segment[:28]))


if __name__ == "__main__":
    print(f"# Recorded on Linux {os.uname().release} ({os.uname().machine}), {time.strftime('%Y-%m-%d')}, by record.py")
    if sys.argv[1] == "tcp":
        record_tcp(int(sys.argv[2]), int(sys.argv[3]))
    else:
        record_nat()
