#!/bin/bash
# What labs/ipvs-nat.yaml does, on Linux 6.1: vm-run --timeout 400 -- bash test/golden/ipvs/labs/nat.sh > test/golden/ipvs/labs/nat.out
exec 2>&1
H() { local n=$1; shift; ip netns exec "$n" "$@"; }
for n in client director real1 real2 sw; do ip netns add $n; H $n ip link set lo up; H $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done
H sw ip link add name br0 type bridge; H sw ip link set br0 up
for na in director:101 real1:99 real2:100 client:102; do n=${na%:*}; ip -n sw link add p$n type veth peer name eth0 netns $n; H sw ip link set p$n master br0 up; H $n ip link set eth0 up; H $n ip a a 192.168.113.${na#*:}/24 dev eth0; done
H director sysctl -qw net.ipv4.ip_forward=1
for n in director client; do H $n iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; done
cat > /tmp/srv.py <<'P'
import socket,sys
s=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);s.bind(('0.0.0.0',8080));s.listen(50)
while True:
    c,a=s.accept();d=c.recv(1000)
    if d: c.sendall(b'HTTP/1.0 200 OK\r\n\r\n'+sys.argv[1].encode()+b'\n')
    c.close()
P
H real1 python3 /tmp/srv.py "real server 1" & H real2 python3 /tmp/srv.py "real server 2" &
for i in 99 100; do until H client curl -s 192.168.113.$i:8080; do sleep 0.5; done; done
D() { echo "# $*"; H director "$@"; }; K() { echo "client# $*"; H client "$@"; echo "rc=$?"; }
D ip addr add 10.10.0.1/32 dev eth0; D ipvsadm -A -t 10.10.0.1:8410 -s rr; D ipvsadm -a -t 10.10.0.1:8410 -r 192.168.113.99:8080 -m; D ipvsadm -a -t 10.10.0.1:8410 -r 192.168.113.100:8080 -m
K route add -host 10.10.0.1 gw 192.168.113.101
H client timeout 5 tcpdump -U -nn -i eth0 tcp >/tmp/c 2>/dev/null & sleep 1.5
K curl -m 2 10.10.0.1:8410; sleep 2; cat /tmp/c | sed 's/, options.*length/ length/'
D ipvsadm -Lnc; sleep 2; D ipvsadm -Ln --stats
K conntrack -L -d 10.10.0.1 -p tcp
D iptables -t nat -A POSTROUTING -m ipvs --vaddr 10.10.0.1 --vport 8410 -j SNAT --to-source 192.168.113.101; D iptables -t nat -S POSTROUTING
K curl -m 2 10.10.0.1:8410
D iptables -t nat -nvL POSTROUTING; D sysctl net.ipv4.vs.conntrack; D conntrack -L -d 10.10.0.1 -p tcp
D sysctl -w net.ipv4.vs.conntrack=1
K curl -s -m 2 --local-port 35562 10.10.0.1:8410; for i in 1 2 3; do K curl -s -m 2 10.10.0.1:8410; done
D iptables -t nat -nvL POSTROUTING
K conntrack -L -p tcp --sport 35562; D conntrack -L -p tcp --sport 35562; D ipvsadm -Lnc; D ipvsadm -Ln
H director ipvsadm -Sn > /tmp/rules; D ipvsadm -C; H director ipvsadm -R < /tmp/rules; D ipvsadm -Ln
K curl -s -m 2 10.10.0.1:8410; D ipvsadm -e -t 10.10.0.1:8410 -r 192.168.113.99:8080 -m -w 0; D ipvsadm -Ln; K curl -s -m 2 10.10.0.1:8410;K curl -s -m 2 10.10.0.1:8410; D ipvsadm -d -t 10.10.0.1:8410 -r 192.168.113.100:8080; K curl -m 2 10.10.0.1:8410
kill $(jobs -p) 2>/dev/null
