#!/bin/bash
# What labs/ipvs-schedulers.yaml does, on Linux 6.1: vm-run --timeout 400 -- bash test/golden/ipvs/labs/schedulers.sh > test/golden/ipvs/labs/schedulers.out
exec 2>&1
H() { local n=$1; shift; ip netns exec "$n" "$@"; }
for n in clients lb r1 r2; do ip netns add $n; H $n ip link set lo up; H $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done
ip -n clients link add eth0 type veth peer name wan netns lb; ip -n lb link add name lan type bridge
for n in r1 r2; do ip -n $n link add eth0 type veth peer name p$n netns lb; H $n ip link set eth0 up; H lb ip link set p$n master lan up; done
H clients ip link set eth0 up; H lb ip link set wan up; H lb ip link set lan up
for n in 2 3 4 5 6 7 8 9; do H clients ip a a 192.0.2.$n/24 dev eth0; done; H clients ip r a default via 192.0.2.1
H lb ip a a 192.0.2.1/24 dev wan; H lb ip a a 10.0.0.1/24 dev lan;H lb ip a a 10.96.0.10/32 dev lan; H lb sysctl -qw net.ipv4.ip_forward=1
H r1 ip a a 10.0.0.11/24 dev eth0; H r2 ip a a 10.0.0.12/24 dev eth0; for n in r1 r2; do H $n ip r a default via 10.0.0.1; done
cat > /tmp/srv.py <<'P'
import socket,sys,threading
s=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);s.bind(('0.0.0.0',int(sys.argv[1])));s.listen(50)
def serve(c):
    d=c.recv(1000)
    if d: c.sendall(b'HTTP/1.0 200 OK\r\n\r\n'+sys.argv[2].encode()+b'\n')
    c.close()
while True:
    c,a=s.accept();threading.Thread(target=serve,args=(c,)).start()
P
for n in r1 r2; do H $n python3 /tmp/srv.py 8080 $n & done
for i in 11 12; do until H lb curl -s 10.0.0.$i:8080; do sleep 0.5; done; done
ask() { echo $(for n in 2 3 4 5 6 7 8 9; do H clients curl -s --interface 192.0.2.$n 10.96.0.10; sleep 0.2; done); }
V() { H lb ipvsadm "$@"; }
S="-t 10.96.0.10:80"
V -A $S -s rr; V -a $S -r 10.0.0.11:8080 -m; V -a $S -r 10.0.0.12:8080 -m; ask
V -E $S -s wrr; V -e $S -r 10.0.0.12:8080 -m -w 3; ask
V -E $S -s sh; ask; V -E $S -s mh; ask; V -E $S -s dh; ask
sleep 125
V -E $S -s lc; V -Ln
for n in 2 3 4; do (sleep 200 | H clients nc -s 192.0.2.$n 10.96.0.10 80) & sleep 1; done
V -Ln; echo lc; ask; V -E $S -s wlc; echo wlc; ask; pkill -f 'nc -s 192.0.2.3'; sleep 2;V -E $S -s sed; V -Ln;  echo sed; ask; V -E $S -s nq; echo nq; ask
pkill -x nc; sleep 2;  V -E $S -s rr -p 600; V -Ln $S; ask; ask;  V -Ln --persistent-conn; V -Lnc | grep ':0 '
kill $(jobs -p) 2>/dev/null; pkill sleep
