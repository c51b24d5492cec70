#!/bin/bash
# What labs/ipvs-modes.yaml does, on Linux 6.1: vm-run --timeout 400 -- bash test/golden/ipvs/labs/modes.sh > test/golden/ipvs/labs/modes.out
exec 2>&1
H() { local n=$1; shift; ip netns exec "$n" "$@"; }
for n in client router director real1 real2 sw; do ip netns add $n; H $n ip link set lo up; H $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done
H sw ip link add name br0 type bridge; H sw ip link set br0 up
port() { ip -n sw link add p$1$2 type veth peer name $2 netns $1; H sw ip link set p$1$2 master br0 up; H $1 ip link set $2 up; }
ip -n client link add eth0 type veth peer name eth0 netns router; H client ip link set eth0 up; H router ip link set eth0 up
port router eth1; port real1 eth0; port real2 eth0; port director eth0
H client ip a a 10.1.0.2/24 dev eth0; H client ip r a default via 10.1.0.1
H router ip a a 10.1.0.1/24 dev eth0; H router ip a a 192.168.113.1/24 dev eth1; H router sysctl -qw net.ipv4.ip_forward=1
H director ip a a 192.168.113.101/24 dev eth0;H director ip r a default via 192.168.113.1; H director sysctl -qw net.ipv4.ip_forward=1
H real1 ip a a 192.168.113.99/24 dev eth0; H real1 ip r a default via 192.168.113.1
H real2 ip a a 192.168.113.100/24 dev eth0; H real2 ip r a default via 192.168.113.1
sleep 1
cat > /tmp/srv.py <<'P'
import socket,sys,threading
s=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);s.bind(('0.0.0.0',int(sys.argv[1])));s.listen(50)
while True:
    c,a=s.accept();c.recv(1000);c.sendall(b'HTTP/1.0 200 OK\r\n\r\n'+sys.argv[2].encode()+b'\n');c.close()
P
for p in 80 8080; do H real1 python3 /tmp/srv.py $p real1 & H real2 python3 /tmp/srv.py $p real2 & done; for p in 80 8080; do for i in 99 100; do until H director curl -s 192.168.113.$i:$p; do sleep 0.5; done; done; done
C() { H client curl -s -m 3 192.168.113.200; echo "rc=$?"; }
H director sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
for n in real1 real2 director; do echo $n; H $n ip -br link show eth0; done
echo "== NAT"
H director ip a a 192.168.113.200/32 dev eth0
for n in real1 real2; do H $n ip r r default via 192.168.113.101; done
V() { H director ipvsadm "$@"; }
S="-t 192.168.113.200:80"
V -A $S -s rr; V -a $S -r 192.168.113.99:8080 -m; V -a $S -r 192.168.113.100:8080 -m
C; C; sleep 3; V -Ln --stats; V -Lnc
echo "== direct routing"
V -C; V -A $S -s rr; V -a $S -r 192.168.113.99 -g; V -a $S -r 192.168.113.100 -g
for n in real1 real2; do H $n ip r r default via 192.168.113.1; done
C; V -Lnc
for n in real1 real2; do H $n ip a a 192.168.113.200/32 dev lo; done
H router tcpdump -U -nn -i eth1 arp >/tmp/d2 2>/dev/null & sleep 2
H router ip neigh flush all
echo "-- chance"; C; C; C; C; H router ip neigh
for n in real1 real2; do H $n sysctl -w net.ipv4.conf.all.arp_ignore=1; H $n ip neigh flush all; done
H router ip neigh flush all; sleep 1
echo "-- arp_ignore"; C; H router ip neigh; C; C
for n in real1 real2; do H $n sysctl -w net.ipv4.conf.all.arp_announce=2; H $n ip neigh flush all; done
H router ip neigh flush all; sleep 1
echo "-- arp_announce"; C; C; C; C; H router ip neigh
sleep 2; cat /tmp/d2; V -Ln --stats; V -Lnc
echo "== tunnelling"
V -e $S -r 192.168.113.99 -i; V -e $S -r 192.168.113.100 -i; V -Ln
C
modprobe ipip
for n in real1 real2; do H $n ip a d 192.168.113.200/32 dev lo; H $n ip a a 192.168.113.200/32 dev tunl0; H $n ip link set tunl0 up; H $n ip -d link show tunl0; done
H director timeout 6 tcpdump -U -nn -i eth0 ip proto 4 >/tmp/d3 2>/dev/null & sleep 1
C; C; sleep 5; cat /tmp/d3
kill $(jobs -p) 2>/dev/null
