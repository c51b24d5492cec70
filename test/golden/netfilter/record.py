#!/usr/bin/env python3
"""Records what this machine's kernel makes of bridged and routed frames, iptables rules and LOG, for the tests of netfilter.

    DIFFLAB=DIR record.py bridge > br-netfilter.jsonl
    DIFFLAB=DIR record.py log > nf-log.jsonl                  (sets nf_log_all_netns for the moment)
    DIFFLAB=DIR record.py extensions > extensions.jsonl       matches and targets one by one, and what conntrack lists
    DIFFLAB=DIR record.py random FROM TO [nat] > xtables-random.jsonl     rules and packets by chance, a scenario a seed

DIR holds difflab.py (throw-away network namespaces, frames in, captures out). Needs root and iptables-legacy. The topology
is that of test/recorded-lab.ts: a 10.9.0.2, b 10.9.0.3 on br0 (10.9.0.1) of m; x 10.8.0.2 behind w0 (10.8.0.1) of m.
In "random ... nat" two flows may clash, and get a port by chance: such a scenario cannot be compared.
"""
import sys,os,json,re,random,struct
sys.path.insert(0,os.environ['DIFFLAB'])
from difflab import *
A,B,M,W,X='02:00:00:00:00:02','02:00:00:00:00:03','02:00:00:00:00:01','02:00:00:00:08:01','02:00:00:00:08:02'
def scenario(s):
    neigh=[f'neigh add 10.9.0.2 lladdr {A} dev br0',f'neigh add 10.8.0.2 lladdr {X} dev w0']+([] if s.get('noNeighB') else [f'neigh add 10.9.0.3 lladdr {B} dev br0'])
    m={'sysctl':{'net/ipv4/ip_forward':1,**{k.replace('.','/'):v for k,v in s.get('sysctl',{}).items()}},
       'ip':['addr add 10.9.0.1/24 dev br0','link set va master br0 up','link set vb master br0 up','link set br0 up','addr add 10.8.0.1/24 dev w0','link set w0 up']+(['link set va type bridge_slave hairpin on'] if s.get('hairpin') else [])+(['route add blackhole 10.96.0.0/12'] if s.get('blackhole') else [])+neigh}
    if s.get('rules'): m['legacy']=s['rules']
    return {'ns':{'m':m,'a':{'ip':['addr add 10.9.0.2/24 dev eth0','link set eth0 up','route add default via 10.9.0.1',f'neigh add 10.9.0.1 lladdr {M} dev eth0',f'neigh add 10.9.0.3 lladdr {B} dev eth0']},
      'b':{'ip':['addr add 10.9.0.3/24 dev eth0','link set eth0 up','route add default via 10.9.0.1',f'neigh add 10.9.0.1 lladdr {M} dev eth0',f'neigh add 10.9.0.2 lladdr {A} dev eth0']},
      'x':{'ip':['addr add 10.8.0.2/24 dev eth0','link set eth0 up','route add default via 10.8.0.1',f'neigh add 10.8.0.1 lladdr {W} dev eth0']}},
     'bridges':[['m','br0',M,'mcast_snooping','0']],
     'veth':[['m','va','02:00:00:00:01:02','a','eth0',A],['m','vb','02:00:00:00:01:03','b','eth0',B],['m','w0',W,'x','eth0',X]],'steps':s['steps']}
def inj(f,ns='a'): return ['inject',ns,'eth0',f.hex()]
def toM(p,src=A): return eth(M,src,p)
def toB(p,src=A): return eth(B,src,p)
def toX(p): return eth(W,X,p)
def count_all(extra_filter='',extra_nat='',ct=True):
    def chains(names): return ''.join(f':{n} ACCEPT [0:0]\n' for n in names)
    five=['PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING']
    t='*raw\n'+chains(['PREROUTING','OUTPUT'])+'-A PREROUTING -i va\n-A PREROUTING -i br0\n-A PREROUTING -i w0\n-A PREROUTING -m physdev --physdev-in va\n-A PREROUTING -m physdev --physdev-is-in\n-A OUTPUT\nCOMMIT\n'
    t+='*mangle\n'+chains(five)+''.join(f'-A {n}\n-A {n} -m physdev --physdev-is-bridged\n' for n in five if n!='OUTPUT')+'-A OUTPUT\nCOMMIT\n'
    t+='*nat\n'+chains(['PREROUTING','INPUT','OUTPUT','POSTROUTING'])+'-A PREROUTING\n-A POSTROUTING\n'+extra_nat+'COMMIT\n'
    t+='*filter\n'+chains(['INPUT','FORWARD','OUTPUT'])+('-A INPUT -m conntrack --ctstate INVALID\n' if ct else '')+'-A INPUT -m physdev --physdev-in va\n-A FORWARD -i br0 -o br0\n-A FORWARD -i br0 -o w0\n-A FORWARD -i w0 -o br0\n-A FORWARD -m physdev --physdev-in va\n-A FORWARD -m physdev --physdev-in va --physdev-out vb --physdev-is-bridged\n-A FORWARD -m physdev --physdev-is-out\n'+(''.join(f'-A FORWARD -m conntrack --ctstate {s}\n' for s in ('NEW','ESTABLISHED','RELATED','INVALID')) if ct else '')+extra_filter+'COMMIT\n'
    return t
def norm(hexs):
    b=bytearray.fromhex(hexs)
    if b[12:14]==b'\x08\x00' and len(b)>=34:
        b[18:20]=b'\0\0'; b[24:26]=b'\0\0'
        ihl=(b[14]&15)*4; off=14+ihl; pr=b[23]; frag=((b[20]&0x1f)<<8|b[21])
        if frag==0:
            c={1:2,6:16,17:6}.get(pr)
            if c is not None and len(b)>=off+c+2: b[off+c:off+c+2]=b'\0\0'
            if pr==1 and b[off] in (3,4,5,11,12) and len(b)>=off+28: b[off+12:off+14]=b'\0\0'; b[off+18:off+20]=b'\0\0'
    return b.hex()
def go(s):
    r=run(scenario(s),0.0)
    frames=[[f[2],f[3].rstrip('*'),norm(f[4])] for f in r['frames'] if f[1]=='m' and f[4][24:28]!='86dd']
    rules=[l for l in r['rules'].get('m','').splitlines() if not l.startswith('#')]
    return {**s,'frames':frames,'saved':rules}


def tables(**rules):
    """iptables-restore text: for each table a list of rules (without -A), chains named in them added."""
    own={'raw':['PREROUTING','OUTPUT'],'mangle':['PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING'],'nat':['PREROUTING','INPUT','OUTPUT','POSTROUTING'],'filter':['INPUT','FORWARD','OUTPUT']}
    return ''.join(f'*{t}\n'+''.join(f':{c} ACCEPT [0:0]\n' for c in own[t])+''.join(f'-A {r}\n' for r in rules[t])+'COMMIT\n' for t in ('raw','mangle','nat','filter') if t in rules)
def entries(r):
    """conntrack's entries of m without their remaining life."""
    return sorted(re.sub(r'^(ipv4 +2 \w+ +\d+) \d+',r'\1 *',l).replace(' zone=0','') for l in r['ct'].get('m',[]))
def go_ct(s):
    r=run(scenario(s),0.0)
    frames=[[f[2],f[3].rstrip('*'),norm(f[4])] for f in r['frames'] if f[1]=='m' and f[4][24:28]!='86dd']
    return {**s,'frames':frames,'saved':[l for l in r['rules'].get('m','').splitlines() if not l.startswith('#')],'entries':entries(r)}


def extension_scenarios():
    P=lambda src,dst,n=1,**k: ip4(src,dst,1,icmp(8,0,5,n),ident=4660,**k)
    U=lambda src,dst,sp,dp,data=b'hello',**k: ip4(src,dst,17,udp(src,dst,sp,dp,data),**{'ident':2,**k})
    T=lambda src,dst,sp,dp,fl,seq=100,ack=0,data=b'',opts=b'',**k: ip4(src,dst,6,tcp(src,dst,sp,dp,fl,seq=seq,ack=ack,data=data,opts=opts),ident=3,**k)
    a,b,x,m='10.9.0.2','10.9.0.3','10.8.0.2','10.9.0.1'
    S=[]
    base={'net.ipv4.icmp_ratelimit':0,'net.ipv4.conf.all.send_redirects':0,'net.ipv4.conf.br0.send_redirects':0}
    def add(name,sysctl={},**k): S.append({'name':name,'sysctl':{**base,**sysctl},**k})
    def states(where,extra=''): return [f'{w}{extra} -m conntrack --ctstate {t}' for w in where for t in ('NEW','ESTABLISHED','RELATED','INVALID','UNTRACKED')]
    everywhere=states(['PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING'])
    raws=states(['PREROUTING','OUTPUT'])
    def err(t,c,rest,q,src=x,dst=a):
        bb=struct.pack('!BBHI',t,c,0,rest)+q; bb=bb[:2]+struct.pack('!H',csum(bb))+bb[4:]; return ip4(src,dst,1,bb,ident=77,tos=0xc0,df=False)
    frag=udp(a,x,1000,80,b'f'*1500); FX=[inj(toM(ip4(a,x,17,frag[:800],ident=9,df=False,frag=0x2000))),inj(toM(ip4(a,x,17,frag[800:],ident=9,df=False,frag=100)))]
    masq=['POSTROUTING -o w0 -j MASQUERADE']
    dn=['PREROUTING -d 10.96.0.1 -p udp -j DNAT --to-destination 10.8.0.2:53']
    both=[inj(toM(U(a,x,1000,53))),inj(toX(U(x,a,53,1000)),'x'),inj(toM(U(a,x,1000,53)))]
    add('untracked packets have no entry, no translation, no state but UNTRACKED', rules=tables(raw=['PREROUTING -p udp -j CT --notrack']+raws,mangle=everywhere,nat=masq+dn), steps=both+[inj(toM(P(a,x))),inj(toM(U(a,'10.96.0.1',1,53)))])
    add('NOTRACK by its old name', rules=tables(raw=['PREROUTING -s 10.9.0.2 -j NOTRACK','PREROUTING -j NOTRACK']+raws,mangle=everywhere), steps=both)
    add('NOTRACK alone does not switch connection tracking on', rules=tables(raw=['PREROUTING -p udp -j CT --notrack','PREROUTING -p udp']), steps=both+FX)
    add('fragments are put together before raw PREROUTING is asked', rules=tables(raw=['PREROUTING -p udp -j CT --notrack','PREROUTING -f'],filter=['FORWARD -m conntrack --ctstate UNTRACKED']), steps=FX)
    add('the ICMP error about an untracked packet is INVALID', rules=tables(raw=['PREROUTING -p udp -j CT --notrack']+raws,mangle=everywhere), steps=[inj(toM(U(a,m,1000,9))),inj(toM(U(a,x,1000,53,ttl=1))),inj(toX(err(3,3,0,U(a,x,1000,53))),'x')])
    add('REJECT of an untracked packet: its answer cannot be untracked', rules=tables(raw=['PREROUTING -j CT --notrack','OUTPUT -p icmp -j CT --notrack']+raws,mangle=everywhere,filter=['FORWARD -p udp -j REJECT','FORWARD -p tcp -j REJECT --reject-with tcp-reset']), steps=[inj(toM(U(a,x,1000,53))),inj(toX(T(x,a,1000,80,2)),'x'),inj(toM(P(a,m)))])
    add('answers of the host can be untracked', rules=tables(raw=['OUTPUT -j CT --notrack']+raws,mangle=everywhere), steps=[inj(toM(P(a,m))),inj(toM(P(a,m,2))),inj(toM(T(a,m,1,80,2)))])
    add('one flow in two zones', rules=tables(raw=['PREROUTING -i w0 -j CT --zone 5','PREROUTING -m physdev --physdev-in va -j CT --zone 7']+raws,mangle=everywhere), steps=both+[inj(toM(P(a,x))),inj(toM(T(a,x,1,80,2))),inj(toX(T(x,a,80,1,18,seq=5,ack=101)),'x')])
    add('zone 0 is that of packets nobody put elsewhere', rules=tables(raw=['PREROUTING -i w0 -j CT --zone 0']+raws,mangle=everywhere), steps=both)
    add('a zone of the original direction is left by answers', rules=tables(raw=['PREROUTING -i br0 -j CT --zone-orig 5']+raws,mangle=everywhere), steps=both+[inj(toM(P(a,x))),inj(toX(ip4(x,a,1,icmp(0,0,5,1),ident=9)),'x')])
    add('a zone of the answering direction', rules=tables(raw=['PREROUTING -i br0 -j CT --zone-reply 5','PREROUTING -i w0 -j CT --zone 5']+raws,mangle=everywhere), steps=both)
    add('an answer said to be of the original zone', rules=tables(raw=['PREROUTING -i br0 -j CT --zone-orig 5','PREROUTING -i w0 -j CT --zone-orig 5']+raws,mangle=everywhere), steps=both)
    add('a zone by mark is its low 16 bits', rules=tables(raw=['PREROUTING -j MARK --set-mark 0x30005','PREROUTING -p tcp -j MARK --set-mark 0x40000','PREROUTING -j CT --zone mark']+raws,mangle=['PREROUTING -j MARK --set-mark 9']+everywhere), steps=both+[inj(toM(T(a,x,1,80,2)))])
    add('the first CT rule counts', rules=tables(raw=['PREROUTING -p udp -j CT --zone 5','PREROUTING -j CT --zone 6','PREROUTING -j CT --notrack']+raws,mangle=everywhere), steps=both+[inj(toM(P(a,x)))])
    add('NOTRACK before CT', rules=tables(raw=['PREROUTING -p udp -j CT --notrack --zone 3','PREROUTING -j CT --zone 6']+raws,mangle=everywhere), steps=both+[inj(toM(P(a,x)))])
    add('an ICMP error is looked up in the zone it is put in', rules=tables(raw=['PREROUTING -p udp -j CT --zone 5','PREROUTING -p icmp -i w0 -j CT --zone 5']+raws,mangle=everywhere), steps=[inj(toM(U(a,x,1000,53))),inj(toX(err(3,3,0,U(a,x,1000,53))),'x'),inj(toM(U(a,m,1000,9)))])
    add('translation in zones: the same ports for two flows', rules=tables(raw=['PREROUTING -s 10.9.0.2 -j CT --zone 5','PREROUTING -s 10.9.0.3 -j CT --zone 6','PREROUTING -i w0 -j CT --zone 6'],mangle=everywhere,nat=masq+dn), steps=[inj(toM(U(a,x,1000,53))),inj(toM(U(b,x,1000,53),B),'b'),inj(toX(U(x,'10.8.0.1',53,1000)),'x'),inj(toM(U(a,'10.96.0.1',7,9)))])
    add('translation with zones of the original direction', rules=tables(raw=['PREROUTING -s 10.9.0.2 -j CT --zone-orig 5','PREROUTING -s 10.9.0.3 -j CT --zone-orig 6'],mangle=everywhere,nat=masq), steps=[inj(toM(U(a,x,1000,53))),inj(toX(U(x,'10.8.0.1',53,1000)),'x')])
    add('a bridged flow in a zone', rules=tables(raw=['PREROUTING -j CT --zone 5']+raws,mangle=everywhere), steps=[inj(toB(U(a,b,1,2))),inj(eth(A,B,U(b,a,2,1)),'b'),inj(toB(P(a,b)))])
    add('too short for a tuple, in a zone', rules=tables(raw=['PREROUTING -j CT --zone 5']+raws,mangle=everywhere), steps=[inj(toM(ip4(a,x,17,b'abc'))),inj(toM(ip4(a,x,6,b'\x01'*12))),inj(toM(ip4(a,x,1,b'\x08\0'))),inj(toM(ip4(a,x,50,b'abcd')))])
    marks=['PREROUTING -m connmark --mark 5','PREROUTING -m connmark ! --mark 5','PREROUTING -m connmark --mark 0x0/0xf','POSTROUTING -m connmark --mark 0x5/0xf','POSTROUTING -m connmark ! --mark 0x10/0xf0','POSTROUTING -m mark --mark 0x5','POSTROUTING -m mark --mark 0x0']
    add('a mark on the flow comes back with the answer', rules=tables(mangle=['PREROUTING -p udp --dport 53 -j MARK --set-mark 0x25','PREROUTING -i br0 -j CONNMARK --save-mark --mask 0xf','PREROUTING -i w0 -j CONNMARK --restore-mark']+marks), steps=both+[inj(toM(P(a,x)))])
    for n,t in enumerate(['--set-mark 5','--set-xmark 0x5/0x3','--and-mark 0xf3','--or-mark 0x5','--xor-mark 0x5','--set-mark 0x15/0x3','--save-mark --nfmask 0xff --ctmask 0xf','--restore-mark --nfmask 0xf0 --ctmask 0xff','--restore-mark --mask 0x3','--set-mark 5 --left-shift-mark 4','--save-mark --left-shift-mark 2','--restore-mark --right-shift-mark 2','--save-mark --nfmask 0xff00 --ctmask 0xff --right-shift-mark 8','--set-xmark 0x80000001/0x1 --left-shift-mark 31']):
        add(f'CONNMARK {t}', rules=tables(mangle=['PREROUTING -j MARK --set-mark 0x83c7',f'PREROUTING -j CONNMARK {t}','PREROUTING -i w0 -j CONNMARK --or-mark 0x100']+marks), steps=both)
    add('no flow, no mark: untracked and invalid packets', rules=tables(raw=['PREROUTING -p udp -j NOTRACK'],mangle=['PREROUTING -j MARK --set-mark 7','PREROUTING -j CONNMARK --set-mark 5','PREROUTING -j CONNMARK --restore-mark']+marks), steps=both+[inj(toM(T(a,x,1,2,4)))])
    add('CONNMARK in raw marks what CT made, which is not the flow', rules=tables(raw=['PREROUTING -j CONNMARK --set-mark 1','PREROUTING -m connmark --mark 0','PREROUTING -j CT --zone 5','PREROUTING -m connmark --mark 0','PREROUTING -j CONNMARK --set-mark 5','PREROUTING -m connmark --mark 5'],mangle=marks), steps=both)
    add('marks in nat, filter and the output path', rules=tables(nat=['PREROUTING -j CONNMARK --set-mark 5','POSTROUTING -m connmark --mark 5 -j CONNMARK --set-mark 6'],mangle=['OUTPUT -j CONNMARK --restore-mark']+marks,filter=['INPUT -j CONNMARK --or-mark 0x10','OUTPUT -m mark --mark 0x15','OUTPUT -m connmark --mark 0x15']), steps=both+[inj(toM(P(a,m))),inj(toM(U(a,m,1,9)))])
    add('ICMP errors carry the mark of the flow they are about', rules=tables(mangle=['PREROUTING -i br0 -j CONNMARK --set-mark 5']+marks+['OUTPUT -m connmark --mark 5'],nat=masq), steps=[inj(toM(U(a,x,1000,53))),inj(toX(err(3,3,0,U('10.8.0.1',x,1000,53),dst='10.8.0.1')),'x'),inj(toM(U(a,x,1,2,ttl=1))),inj(toM(U(a,m,1,2)))])
    add('marks of bridged flows', rules=tables(mangle=['PREROUTING -m physdev --physdev-in va -j CONNMARK --set-mark 5']+marks), steps=[inj(toB(U(a,b,1,2))),inj(eth(A,B,U(b,a,2,1)),'b')])
    BC='ff:ff:ff:ff:ff:ff'
    mssopt=lambda n: bytes([1,1,2,4])+struct.pack('!H',n)+bytes([1,1])
    packets=[inj(toM(U(a,x,1000,53))),inj(toM(U(a,x,1000,53,b'x'*100,ttl=2,tos=0x10))),inj(toM(U(a,x,1000,53,b'GET /Index',ttl=1,tos=0xb8))),inj(toX(U(x,a,53,1000,ttl=255,tos=3)),'x'),
      inj(toM(T(a,x,1,80,2,opts=mssopt(1400)))),inj(toM(T(a,x,2,80,0xc2,opts=bytes([3,3,7,2,4,2,24,0])))),inj(toM(T(a,x,3,80,2))),inj(toM(T(a,x,4,80,0x50,ack=1,data=b'GET /index',tos=2))),inj(toX(T(x,a,80,1,18,seq=5,ack=101,opts=bytes([2,4,1]),ttl=64)[:41]),'x'),
      inj(toM(P(a,m,tos=0x0c))),inj(toB(U(a,b,5,6,tos=1))),inj(eth(A,B,U(b,a,6,5)),'b'),inj(eth(BC,A,U(a,'10.9.0.255',5,9))),inj(eth('01:00:5e:00:00:09',A,U(a,'224.0.0.9',520,520,ttl=1))),inj(eth('02:00:00:00:00:77',A,P(a,'10.9.0.77'))),
      inj(toM(U(m,x,1,2))),inj(toM(U('10.8.0.9',x,1,2))),inj(toM(U('172.16.0.1',x,1,2))),inj(toM(ip4(a,x,6,b'\x01'*10))),inj(toM(ip4(a,x,50,b'GET'))),
      inj(toM(ip4(a,x,6,b'\xc2'*40,ident=7,df=False,frag=0x2000))),inj(toM(ip4(a,x,6,b'\xc2'*36,ident=7,df=False,frag=5)))]
    def matching(name,*m,chains=('PREROUTING','FORWARD','POSTROUTING'),ct=False,**k):
        add(name, rules=tables(mangle=[f'{c} {q}' for c in chains for q in m],**({'raw':['PREROUTING -m conntrack --ctstate NEW']} if ct else {})), steps=packets, **k)
    RP={'net.ipv4.conf.all.rp_filter':0,'net.ipv4.conf.br0.rp_filter':0,'net.ipv4.conf.w0.rp_filter':0}
    everychain=('PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING')
    matching('mac',f'-m mac --mac-source {A}',f'-m mac ! --mac-source {A}',f'-m mac --mac-source {X}',chains=('PREROUTING','INPUT','FORWARD'))
    matching('iprange','-m iprange --src-range 10.9.0.2-10.9.0.3','-m iprange ! --src-range 10.9.0.2','-m iprange --dst-range 10.8.0.2-10.9.0.1','-m iprange --src-range 10.8.0.1-10.9.0.2 ! --dst-range 10.8.0.0-10.8.0.9','-m iprange --src-range 10.9.0.9-10.9.0.1','-m iprange ! --dst-range 0.0.0.0-255.255.255.254')
    matching('length','-m length --length 33','-m length --length 48:60','-m length ! --length 0:40','-m length --length 60:40','-m length --length 60',ct=True)
    matching('pkttype',*(f'-m pkttype {i}--pkt-type {t}' for t in ('unicast','broadcast','multicast','otherhost') for i in ('','! ')),chains=everychain)
    matching('ttl','-m ttl --ttl-eq 64','-m ttl ! --ttl-eq 63','-m ttl --ttl-lt 64','-m ttl --ttl-gt 1','-m ttl --ttl-lt 0','-m ttl --ttl-gt 254')
    matching('tos and dscp','-m tos --tos 0x10','-m tos ! --tos Minimize-Delay','-m tos --tos 0x02/0x02','-m tos --tos 0xb8','-m dscp --dscp 46','-m dscp ! --dscp-class CS0','-m tos --tos 0x11/0x10',chains=everychain)
    matching('ecn','-p tcp -m ecn --ecn-tcp-cwr','-p tcp -m ecn ! --ecn-tcp-cwr','-p tcp -m ecn --ecn-tcp-ece ! --ecn-tcp-cwr','-p tcp -m ecn ! --ecn-tcp-ece --ecn-ip-ect 2','-m ecn --ecn-ip-ect 3','-m ecn ! --ecn-ip-ect 0')
    matching('tcpmss','-p tcp -m tcpmss --mss 1400','-p tcp -m tcpmss ! --mss 0:1400','-p tcp -m tcpmss --mss 500:540',chains=('FORWARD',))
    matching('tcpmss drops what is cut off','-p tcp -m tcpmss --mss 1400',chains=('PREROUTING',))
    matching('string','-m string --algo bm --string "GET /"','-m string --algo kmp ! --string "GET"','-m string --algo bm --string "get /INDEX" --icase','-m string --algo bm --string "GET" --from 28','-m string --algo bm --string "GET" --from 29','-m string --algo bm --string "GET" --to 31','-m string --algo bm --string "GET" --to 30','-m string --algo kmp --hex-string "|0a090002|"','-m string --algo bm --string "xxxx" --from 100','-m string --algo bm --hex-string "|45|" --to 1',ct=True)
    add('rpfilter', sysctl=RP, rules=tables(raw=['PREROUTING -p udp -j MARK --set-mark 1']+[f'PREROUTING -m rpfilter{f}' for f in ('',' --invert',' --loose',' --accept-local',' --loose --accept-local --invert',' --validmark')],mangle=['PREROUTING -m rpfilter --invert -j DROP','INPUT','FORWARD']), steps=packets)
    add('owner: answers of the host have the kernel\'s socket, those of REJECT none', rules=tables(mangle=[f'{c} -m owner {o}' for c in ('OUTPUT','POSTROUTING') for o in ('--socket-exists','! --socket-exists','--uid-owner 0','! --uid-owner 0','! --uid-owner 0 ! --gid-owner 0','--socket-exists ! --uid-owner 5','! --socket-exists ! --uid-owner 5','! --socket-exists --uid-owner 5')],filter=['FORWARD -p tcp -j REJECT --reject-with tcp-reset','FORWARD -p udp -j REJECT']), steps=packets+[inj(toM(T(a,m,1,81,2))),inj(toM(U(a,m,1,81)))])
    count=['FORWARD','POSTROUTING','POSTROUTING -p tcp -m tcpmss --mss 0:1000']
    def target(name,*rules,steps=packets,**k): add(name, rules=tables(mangle=[*rules,*count],**k), steps=steps)
    for t in ('--ttl-set 64','--ttl-set 0','--ttl-set 1','--ttl-inc 10','--ttl-dec 1','--ttl-dec 100'): target(f'TTL {t} in PREROUTING',f'PREROUTING -j TTL {t}')
    target('TTL in the other chains','FORWARD -j TTL --ttl-dec 5','INPUT -j TTL --ttl-set 9','OUTPUT -j TTL --ttl-inc 5','POSTROUTING -j TTL --ttl-inc 200')
    for t in ('TOS --set-tos 0x10','TOS --set-tos Minimize-Delay','TOS --and-tos 0xf0','TOS --or-tos 0x4','TOS --xor-tos 0xff','DSCP --set-dscp 46','DSCP --set-dscp-class BE'): target(t,f'PREROUTING -j {t}',f'OUTPUT -j {t}')
    tcps=[inj(toM(T(a,x,1,80,2,opts=mssopt(1460)))),inj(toM(T(a,x,2,80,2,opts=mssopt(900)))),inj(toM(T(a,x,3,80,2))),inj(toM(T(a,x,4,80,2,data=b'data'))),inj(toM(T(a,x,5,80,2,opts=bytes([1]*40)))),inj(toM(T(a,x,6,80,2,opts=bytes([3,3,7,0])))),
      inj(toM(T(a,x,7,80,2,opts=bytes([2,3,1,1,2,4,5,180])))),inj(toM(T(a,x,8,80,2,opts=bytes([5,0,2,4,5,180,1,1])))),inj(toB(T(a,b,9,80,2,opts=mssopt(1460)))),inj(toB(T(a,b,9,81,2))),inj(toX(T(x,a,10,80,18,opts=mssopt(1460))),'x'),inj(toM(T(a,x,11,80,16))),
      inj(toM(ip4(a,x,6,b'\x01'*12))),inj(toM(T(a,x,12,80,2,opts=mssopt(1460))[:44])),inj(toM(ip4(a,x,6,b'\xc2'*40,ident=7,df=False,frag=0x2000))),inj(toM(ip4(a,x,6,b'\xc2'*36,ident=7,df=False,frag=5))),inj(toM(T(a,m,13,80,2,opts=mssopt(1460)))),inj(toM(U(a,x,1,2)))]
    SYN='-p tcp -m tcp --tcp-flags SYN SYN'
    for m_ in ('--set-mss 1000','--set-mss 1400','--set-mss 100'): target(f'TCPMSS {m_}',f'PREROUTING {SYN} -j TCPMSS {m_}',f'PREROUTING',steps=tcps)
    target('TCPMSS to the path',f'FORWARD {SYN} -j TCPMSS --clamp-mss-to-pmtu',f'FORWARD',steps=tcps)
    target('TCPMSS to the path, going out',f'POSTROUTING {SYN} -j TCPMSS --clamp-mss-to-pmtu',f'POSTROUTING',steps=tcps)
    NM=[inj(toM(U(a,'10.96.0.2',1000,53))),inj(toX(U(x,'10.9.0.2',53,1000)),'x'),inj(toM(P(a,'10.96.0.1'))),inj(toM(U(a,x,7,8))),inj(toX(U(x,'10.77.0.2',8,7)),'x'),inj(toM(U(a,'10.97.3.4',17,8))),inj(toX(U(x,'10.77.0.3',8,7)),'x')]
    add('NETMAP of destinations and sources',rules=tables(nat=['PREROUTING -d 10.96.0.0/16 -j NETMAP --to 10.8.0.0/24','PREROUTING -d 10.97.0.0/16 -j NETMAP --to 10.8.0.2/32','PREROUTING -d 10.77.0.0/24 -j NETMAP --to 10.9.0.0/24','PREROUTING','POSTROUTING -s 10.9.0.0/24 -o w0 -j NETMAP --to 10.77.0.0/24','POSTROUTING'],mangle=everywhere),steps=NM+[inj(toX(err(3,3,0,U('10.77.0.2',x,7,8),dst='10.77.0.2')),'x')])
    target('targets after which nothing is different','PREROUTING -j CHECKSUM --checksum-fill','POSTROUTING -j CLASSIFY --set-class 1:2','FORWARD -j NFLOG --nflog-group 3 --nflog-prefix x','PREROUTING -j NFLOG',raw=['PREROUTING -j TRACE','PREROUTING'],nat=['POSTROUTING -j NFLOG','POSTROUTING -j CLASSIFY --set-class 1:2','POSTROUTING'])
    return S


def bridge_scenarios():
    P=lambda src,dst,**k: ip4(src,dst,1,icmp(8,0,5,1),ident=4660,**k)
    U=lambda src,dst,sp,dp,data=b'hello',**k: ip4(src,dst,17,udp(src,dst,sp,dp,data),ident=2,**k)
    T=lambda src,dst,sp,dp,fl,seq=100,ack=0,data=b'',**k: ip4(src,dst,6,tcp(src,dst,sp,dp,fl,seq=seq,ack=ack,data=data),ident=3,**k)
    a,b,x,m='10.9.0.2','10.9.0.3','10.8.0.2','10.9.0.1'
    BC='ff:ff:ff:ff:ff:ff'
    S=[]
    def add(name,**k): S.append({'name':name,**k})
    add('a bridged ping passes PREROUTING, FORWARD and POSTROUTING once, as br0 with its ports', rules=count_all(), steps=[inj(toB(P(a,b)))])
    add('a ping routed from a bridge port passes PREROUTING once', rules=count_all(), steps=[inj(toM(P(a,x)))])
    add('a ping from outside to a bridge port', rules=count_all(), steps=[inj(toX(P(x,a)),'x')])
    add('a ping to the host itself by a bridge port', rules=count_all(), steps=[inj(toM(P(a,m)))])
    add('with bridge-nf-call-iptables off nothing of a bridged ping counts', rules=count_all(), sysctl={'net.bridge.bridge-nf-call-iptables':0}, steps=[inj(toB(P(a,b)))])
    add('with bridge-nf-call-iptables off a routed ping is counted by the IP layer', rules=count_all(), sysctl={'net.bridge.bridge-nf-call-iptables':0}, steps=[inj(toM(P(a,x)))])
    add('without a rule that needs conntrack nat counts nothing', rules=count_all(ct=False), steps=[inj(toB(P(a,b)))])
    D='-A PREROUTING -d 10.96.0.2 -p udp -j DNAT --to-destination 10.9.0.3:5353\n-A PREROUTING -d 10.96.0.1 -p udp -j DNAT --to-destination 10.9.0.2:5353\n-A PREROUTING -d 10.96.0.8 -p udp -j DNAT --to-destination 10.8.0.2:53\n-A PREROUTING -d 10.96.0.9 -p udp -j REDIRECT --to-ports 99\n'
    dn=lambda vip: toM(U(a,vip,4000,53))
    add('DNAT to a host behind the same bridge stays bridged', rules=count_all(extra_nat=D), steps=[inj(dn('10.96.0.2'))])
    add('the same with an unknown MAC address: ARP first, then the packet from its own source MAC', rules=count_all(extra_nat=D), noNeighB=True, steps=[inj(dn('10.96.0.2'))])
    add('the same with bridge-nf-call-iptables off is routed, and the answer comes past the translation', rules=count_all(extra_nat=D), sysctl={'net.bridge.bridge-nf-call-iptables':0}, steps=[inj(dn('10.96.0.2'))])
    add('bridged DNAT without ip_forward is dropped', rules=count_all(extra_nat=D), sysctl={'net.ipv4.ip_forward':0}, steps=[inj(dn('10.96.0.2'))])
    H='-A POSTROUTING -s 10.9.0.2 -d 10.9.0.2 -j MASQUERADE\n'
    add('DNAT to the sender itself is dropped without hairpin', rules=count_all(extra_nat=D+H), steps=[inj(dn('10.96.0.1'))])
    add('DNAT to the sender itself with hairpin', rules=count_all(extra_nat=D+H), hairpin=True, steps=[inj(dn('10.96.0.1'))])
    add('DNAT to the sender itself is routed with bridge-nf-call-iptables off', rules=count_all(extra_nat=D+H), sysctl={'net.bridge.bridge-nf-call-iptables':0}, steps=[inj(dn('10.96.0.1'))])
    add('DNAT from a bridge port to the outside', rules=count_all(extra_nat=D), steps=[inj(dn('10.96.0.8'))])
    add('REDIRECT of a packet from a bridge port', rules=count_all(extra_nat=D), steps=[inj(dn('10.96.0.9'))])
    add('MASQUERADE without ! -o br0 rewrites bridged traffic', rules=count_all(extra_nat='-A POSTROUTING -s 10.9.0.0/24 -j MASQUERADE\n'), steps=[inj(toB(P(a,b)))])
    R='-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\n-A FORWARD -p udp -j REJECT --reject-with icmp-admin-prohibited\n'
    add('REJECT of a bridged SYN answers out of the port with the MAC address of its target, past OUTPUT', rules=count_all(extra_filter=R), steps=[inj(toB(T(a,b,1025,80,2)))])
    add('REJECT of a SYN routed from a bridge port', rules=count_all(extra_filter=R), steps=[inj(toM(T(a,x,1025,80,2)))])
    add('REJECT of a SYN from outside passes OUTPUT', rules=count_all(extra_filter=R), steps=[inj(toX(T(x,a,1025,80,2)),'x')])
    add('REJECT of an ACK with data and of a FIN', rules=count_all(extra_filter=R), steps=[inj(toX(T(x,a,1025,80,16,ack=777,data=b'data')),'x'),inj(toX(T(x,a,1026,80,1)),'x'),inj(toX(T(x,a,1027,80,4)),'x')])
    add('REJECT of a bridged datagram answers with ICMP through OUTPUT', rules=count_all(extra_filter=R), steps=[inj(toB(U(a,b,1000,53)))])
    add('REJECT of a datagram routed from a bridge port', rules=count_all(extra_filter=R), steps=[inj(toM(U(a,x,1000,53)))])
    add('REJECT of a DNATed SYN answers in the name of the VIP', rules=count_all(extra_filter=R,extra_nat='-A PREROUTING -d 10.96.0.2 -p tcp -j DNAT --to-destination 10.9.0.3:80\n'), steps=[inj(toM(T(a,'10.96.0.2',1025,8080,2)))])
    add('REJECT of a DNATed SYN from outside answers in the name of the VIP', rules=count_all(extra_filter=R,extra_nat='-A PREROUTING -d 10.96.0.2 -p tcp -j DNAT --to-destination 10.9.0.3:80\n'), steps=[inj(toX(T(x,'10.96.0.2',1025,8080,2)),'x')])
    add('REJECT of a DNATed datagram quotes it as it was sent', rules=count_all(extra_filter=R,extra_nat=D), steps=[inj(toX(U(x,'10.96.0.2',1025,53)),'x')])
    badu=bytearray(U(a,b,1000,53)); badu[26]^=1
    badt=bytearray(T(x,a,1025,80,2)); badt[36]^=1
    add('REJECT does not answer a packet with a bad checksum', rules=count_all(extra_filter=R), steps=[inj(toB(bytes(badu))),inj(toX(bytes(badt)),'x')])
    u=udp(a,b,1000,80,b'f'*1500); FR=[inj(toB(ip4(a,b,17,u[:800],ident=9,df=False,frag=0x2000))),inj(toB(ip4(a,b,17,u[800:],ident=9,df=False,frag=100)))]
    add('fragments are bridged as they are without conntrack', rules=count_all(ct=False), steps=FR)
    add('fragments are put together for conntrack and cut again when they leave a port', rules=count_all(), steps=FR)
    ux=udp(a,x,1000,80,b'f'*1500); FX=[inj(toM(ip4(a,x,17,ux[:800],ident=9,df=False,frag=0x2000))),inj(toM(ip4(a,x,17,ux[800:],ident=9,df=False,frag=100)))]
    add('fragments routed from a bridge port with conntrack', rules=count_all(), steps=FX)
    add('a broadcast is for the host and for all ports', rules=count_all(ct=False), steps=[inj(eth(BC,A,U(a,'10.9.0.255',1000,9)))])
    add('a frame to an unknown MAC address is flooded', rules=count_all(), steps=[inj(eth('02:00:00:00:00:77',A,P(a,'10.9.0.77')))])
    add('a bad IP header does not pass the bridge', rules=count_all(), steps=[inj(toB(P(a,b)[:10]+b'\x12\x34'+P(a,b)[12:]))])
    add('TTL 1 is bridged', rules=count_all(), steps=[inj(toB(P(a,b,ttl=1)))])
    add('DROP in mangle PREROUTING holds a bridged packet', rules='*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p icmp -j DROP\nCOMMIT\n', steps=[inj(toB(P(a,b)))])
    add('a mark set in PREROUTING is there in POSTROUTING', rules='*mangle\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -p icmp -j MARK --set-xmark 0x4000/0x4000\n-A POSTROUTING -m mark --mark 0x4000/0x4000\nCOMMIT\n', steps=[inj(toB(P(a,b)))])
    return S


def log_scenario():
    P=lambda src,dst,**k: ip4(src,dst,1,icmp(8,0,5,1),ident=4660,**k)
    U=lambda src,dst,sp,dp,data=b'hello',**k: ip4(src,dst,17,udp(src,dst,sp,dp,data),ident=2,**k)
    a,b,x,m='10.9.0.2','10.9.0.3','10.8.0.2','10.9.0.1'
    def opts(ip):  # an IP header with options: NOP NOP NOP EOL style record route
        o=bytes([7,7,4,0,0,0,0,0]); h=bytearray(ip[:20]); h[0]=0x47; h[2:4]=struct.pack('!H',len(ip)+8); h[10:12]=b'\0\0'; full=bytes(h)+o; c=csum(full); return full[:10]+struct.pack('!H',c)+full[12:]+ip[20:]
    ALL='--log-tcp-sequence --log-tcp-options --log-ip-options --log-uid'
    def rules():
        t=''
        for tb,cs in (('raw',['PREROUTING','OUTPUT']),('mangle',['PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING']),('filter',['INPUT','FORWARD','OUTPUT'])):
            t+=f'*{tb}\n'+''.join(f':{c} ACCEPT [0:0]\n' for c in cs)
            if tb=='mangle': t+='-A PREROUTING -p udp -j MARK --set-xmark 0x4000/0x4000\n'
            for i,c in enumerate(cs):
                t+=f'-A {c} -j LOG --log-prefix "{tb[0]} {c} " --log-level {(i*3+len(tb))%8}'+(f' {ALL}' if i%2==0 else '')+('' if i%3 else ' --log-macdecode')+'\n'
            if tb=='filter': t+='-A FORWARD -p 136 -j DROP\n-A FORWARD -p udp -m udp --dport 54 -j DROP\n'
            t+='COMMIT\n'
        return t
    T=lambda src,dst,sp,dp,fl,seq=100,ack=0,data=b'',opts=b'',**k: ip4(src,dst,6,tcp(src,dst,sp,dp,fl,seq=seq,ack=ack,data=data,opts=opts),ident=3,**k)
    inner=U(a,x,1000,53)
    def err(t,c,rest,q,src=x,dst=a): 
        bb=struct.pack('!BBHI',t,c,0,rest)+q; bb=bb[:2]+struct.pack('!H',csum(bb))+bb[4:]; return ip4(src,dst,1,bb,ident=77,tos=0xc0,df=False)
    steps=[inj(toB(P(a,b))), inj(toM(P(a,m))), inj(toM(U(a,x,1000,53,df=False,tos=0xb8))), inj(toX(T(x,a,1025,80,0xff,seq=4294967295,ack=7,opts=bytes([2,4,5,180,1,3,3,7]))),'x'),
     inj(toX(T(x,a,1025,80,2)[:20]+b''),'x'),
     inj(toM(ip4(a,x,132,b'\0\1\0\2'+b'\0'*8,ident=4))), inj(toM(ip4(a,x,17,b'f'*64,ident=5,df=False,frag=0x2064))), inj(toM(ip4(a,x,6,b'f'*64,ident=5,df=False,frag=3))),
     inj(toM(ip4(a,x,6,b'f'*12,ident=6))), inj(toM(ip4(a,x,17,b'f'*5,ident=6))), inj(toM(ip4(a,x,1,b'\x08\0\0',ident=6))), inj(toM(ip4(a,x,1,b'\x03\x03\0\0'+b'\0'*8,ident=6))),
     inj(toX(err(3,4,1400,inner)),'x'), inj(toX(err(3,4,1400,inner[:28])),'x'), inj(toX(err(11,0,0,inner)),'x'), inj(toX(err(12,0,0x05000000,inner)),'x'), inj(toX(err(5,1,0x0a080009,inner)),'x'), inj(toX(err(4,0,0,inner)),'x'),
     inj(toX(err(14,0,0,b'\0'*12)),'x'), inj(toX(err(14,0,0,b'\0'*4)),'x'),
     inj(toM(ip4(a,x,50,struct.pack('!II',0xdeadbeef,1),ident=8))), inj(toM(ip4(a,x,51,struct.pack('!BBHII',6,4,0,0xcafe,1),ident=8))), inj(toM(ip4(a,x,136,udp(a,x,7,8,b'x'),ident=8))), inj(toM(ip4(a,x,50,b'\0\0',ident=8))),
     inj(toB(opts(U(a,b,1000,54)))), inj(toB(ip4(a,b,17,udp(a,b,1,2,b'ce'),ident=9,df=True,frag=0x8000))),
     inj(toX(err(3,3,0,ip4(a,x,6,tcp(a,x,9,10,2)[:8],ident=3))),'x'), inj(toX(err(3,3,0,err(3,1,0,inner,src=a,dst=x))),'x')]
    return {'name':'log lines','rules':rules(),'steps':steps,'sysctl':{'net.ipv4.icmp_ratelimit':0}}


def run_logging(s):
    import subprocess,time
    f='/proc/sys/net/netfilter/nf_log_all_netns'; old=open(f).read().strip(); open(f,'w').write('1')
    mark=f'mark{os.getpid()}'; open('/dev/kmsg','w').write(mark)
    try: r=go(s); time.sleep(.2)
    finally: open(f,'w').write(old)
    text=subprocess.run(['dmesg','--raw'],stdout=subprocess.PIPE,text=True).stdout; lines=[]
    for l in text[text.rindex(mark):].split('\n')[1:]:
        m=re.match(r'<(\d+)>\[[^\]]*\] (.*)$',l,re.S)
        if m and 'SRC=' in l: lines.append(f'{int(m[1])&7} '+re.sub(r'TTL=(\d+) ID=\d+',r'TTL=\1 ID=*',m[2]))
    return {**r,'frames':[],'saved':[],'log':lines}


a,b,x,m='10.9.0.2','10.9.0.3','10.8.0.2','10.9.0.1'
def mk(rnd,with_nat):
    R=rnd
    c=lambda *v: R.choice(v)
    bang=lambda: c('','','','! ')
    addr=lambda: c(a,b,x,m,'10.8.0.1','10.9.0.0/24','10.8.0.0/16','10.96.0.0/12','10.9.0.2/31')
    dev=lambda: c('br0','w0','va','vb','br+','w+','v+','+')
    port=lambda: c('53','80','1000','1001','0:100','1000:','60:90')
    def l4(p):
        o=''
        if R.random()<.5: o+=f' {bang()}--sport {port()}'
        if R.random()<.6: o+=f' {bang()}--dport {port()}'
        if p=='tcp' and R.random()<.4: o+=' '+c('--syn','! --syn','--tcp-flags ALL NONE','--tcp-flags SYN,ACK ACK','! --tcp-flags RST,FIN RST','--tcp-option 2','! --tcp-option 8')
        return f' -m {p}{o}' if o else ''
    n=[0]
    def match(hook,proto):
        k=R.random()
        if k<.14: return f' -m mark {bang()}--mark {c("0x1/0x1","0x2/0x3","0x0","0x4/0x4")}'
        if k<.28: return f' -m conntrack {bang()}--ctstate '+','.join(R.sample(['NEW','ESTABLISHED','RELATED','INVALID'],R.randint(1,2)))
        if k<.36: return c(f' -m conntrack --ctdir {c("ORIGINAL","REPLY")}',f' -m conntrack {bang()}--ctproto {c("6","17","1")}',f' -m conntrack {bang()}--ctorigdst {c(x,a,"10.8.0.0/24")}',f' -m conntrack {bang()}--ctreplsrc {c(x,a,b)}',f' -m conntrack {bang()}--ctorigdstport {c("53","80","1:100")}',f' -m conntrack {bang()}--ctstatus {c("SEEN_REPLY","CONFIRMED","ASSURED","NONE")}',f' -m conntrack --ctstate {c("NEW","INVALID")} {bang()}--ctorigsrc {c(a,x)}')
        if k<.48: return f' -m addrtype {bang()}--{c("src","dst")}-type {c("LOCAL","UNICAST","BROADCAST","LOCAL,UNICAST","MULTICAST")}'+((' --limit-iface-in' if hook in('PREROUTING','INPUT','FORWARD') and R.random()<.3 else ''))
        if k<.60:
            e=R.randint(1,4); return f' -m statistic --mode nth {bang()}--every {e} --packet {R.randrange(e)}'
        if k<.70: n[0]+=1; return f' -m limit --limit {c("1/hour","2/day","1/min")} --limit-burst {R.randint(1,4)}' .replace('2/day --limit-burst 3','1/hour --limit-burst 3').replace('2/day --limit-burst 4','1/hour --limit-burst 4')
        if k<.84: return ' -m recent '+c('--set','--rcheck','--update','--remove','--rcheck --hitcount 2','--update --hitcount 2','--update --seconds 60 --hitcount 2','--rcheck --seconds 60 --reap','--rcheck --rttl','! --rcheck','! --set')+f' --name {c("R1","R2")} --{c("rsource","rdest")}'
        if k<.94 and hook!='OUTPUT': return ' -m physdev '+c('--physdev-in va','! --physdev-in va','--physdev-is-bridged','! --physdev-is-bridged','--physdev-is-in','! --physdev-is-out')+c('','',' --physdev-out vb')
        if proto in('tcp','udp'): return f' -m multiport {bang()}--{c("sports","dports","ports")} {c("53,80","1000","50:60,80","1000:1001,9")}'
        return ''
    def rule(chain,hook,targets):
        s=f'-A {chain}'
        if R.random()<.3: s+=f' {bang()}-s {addr()}'
        if R.random()<.3: s+=f' {bang()}-d {addr()}'
        builtin=chain in('PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING')
        if R.random()<.2 and chain not in('OUTPUT','POSTROUTING'): s+=f' {bang()}-i {dev()}'
        if R.random()<.2 and chain not in('PREROUTING','INPUT'): s+=f' {bang()}-o {dev()}'
        proto=c('','','tcp','udp','udp','icmp','132')
        if proto:
            inv=R.random()<.1
            s+=(' ! ' if inv else ' ')+f'-p {proto}'
            if inv: proto=''
            elif proto in('tcp','udp'): s+=l4(proto)
            elif proto=='icmp' and R.random()<.6: s+=f' -m icmp {bang()}--icmp-type {c("8","0","3/3","any","11")}'
        if R.random()<.08: s+=' -f' if R.random()<.5 else ' ! -f'
        while R.random()<.45: s+=match(hook,proto)
        t=R.choice(targets)
        if t=='REJECT': t='REJECT --reject-with '+(c('tcp-reset','icmp-port-unreachable') if proto=='tcp' else c('icmp-port-unreachable','icmp-host-prohibited','icmp-net-unreachable'))
        if t: s+=f' {t}' if t.startswith('-') else f' -j {t}'
        return s
    def natt():
        q='*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:N - [0:0]\n'
        for _ in range(R.randint(1,6)):
            proto=c('tcp','udp','icmp'); r=f'-A PREROUTING -p {proto}'
            if R.random()<.5: r+=f' -d {c(a,b,x,m,"10.96.0.0/12","10.8.0.0/16")}'
            if R.random()<.3: r+=f' -s {c(a,b,x)}'
            if R.random()<.3: r+=l4(proto) if proto!='icmp' else ''
            r+=c(f' -j DNAT --to-destination {c(a,b,x,m)}'+(f':{c(53,80,1000)}' if proto!='icmp' else ''),' -j REDIRECT'+(f' --to-ports {c(80,53)}' if proto!='icmp' else ''),' -j N','',' -j ACCEPT')
            q+=r+'\n'
        for _ in range(R.randint(0,3)): q+=rule('N','OUTPUT',['','RETURN','ACCEPT'])+'\n'
        for _ in range(R.randint(0,4)):
            q+='-A POSTROUTING'+(f' {bang()}-s {addr()}' if R.random()<.5 else '')+(f' {bang()}-d {addr()}' if R.random()<.3 else '')+(f' {bang()}-o {c("br0","w0")}' if R.random()<.5 else '')+c(' -j MASQUERADE',' -j SNAT --to-source '+c('10.9.0.1','10.8.0.1'),' -j N','')+'\n'
        return q+'COMMIT\n'
    cont=['','','MARK --set-xmark 0x1/0x1','MARK --set-xmark 0x2/0x3','MARK --set-xmark 0x4/0x4','MARK --set-xmark 0x0/0x1']
    t='*mangle\n'+''.join(f':{n} ACCEPT [0:0]\n' for n in('PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING'))+':A - [0:0]\n:B - [0:0]\n'
    for ch in('PREROUTING','POSTROUTING'):
        for _ in range(R.randint(2,9)): t+=rule(ch,'OUTPUT',cont+['-j A','-g B','RETURN','ACCEPT']+(['DROP'] if R.random()<.1 else []))+'\n'
    for _ in range(R.randint(1,6)): t+=rule('A','OUTPUT',cont+['-j B','-g B','RETURN'])+'\n'
    for _ in range(R.randint(1,6)): t+=rule('B','OUTPUT',cont+['RETURN','ACCEPT'])+'\n'
    t+='COMMIT\n'+(natt() if with_nat else '')+'*filter\n'+f':INPUT {c("ACCEPT","DROP")} [0:0]\n:FORWARD {c("ACCEPT","ACCEPT","DROP")} [0:0]\n:OUTPUT ACCEPT [0:0]\n:C - [0:0]\n:D - [0:0]\n'
    for _ in range(R.randint(4,22)): t+=rule('FORWARD','FORWARD',['','','-j C','-j D','-g C','ACCEPT','DROP','REJECT','RETURN'])+'\n'
    for _ in range(R.randint(1,5)): t+=rule('INPUT','INPUT',['','-j C','ACCEPT','DROP','REJECT'])+'\n'
    for _ in range(R.randint(1,5)): t+=rule('OUTPUT','OUTPUT',['','-j D','ACCEPT','RETURN'])+'\n'
    for _ in range(R.randint(1,7)): t+=rule('C','OUTPUT',['','-j D','-g D','RETURN','ACCEPT'])+'\n'
    for _ in range(R.randint(1,6)): t+=rule('D','OUTPUT',['','','RETURN','ACCEPT'])+'\n'
    t+='COMMIT\n'
    def pkt():
        src,ns,where=c((a,'a','b'),(a,'a','m'),(a,'a','m'),(x,'x','m'),(b,'b','a'),(b,'b','m'))
        dst={'a':c(x,x,m,'10.96.0.1','10.9.0.3'),'b':c(x,a,m),'x':c(a,a,b,m,'10.8.0.1','10.96.0.1')}[ns] if where=='m' else {'a':a,'b':b}[where]
        if dst==src: dst=m
        k=R.random(); ttl=c(64,64,63,2); ident=R.randrange(1,65535); frag=0
        sp,dp=c(53,1000,1001,80),c(53,80,1000,9)
        if k<.4: p=ip4(src,dst,6,tcp(src,dst,sp,dp,c(2,2,16,18,4,17,24,0),seq=c(100,101,500),ack=c(0,1,101),opts=c(b'',bytes([2,4,5,180]),bytes([1,1,8,10]+[0]*8)),data=c(b'',b'xx')),ttl=ttl,ident=ident)
        elif k<.7: p=ip4(src,dst,17,udp(src,dst,sp,dp,c(b'',b'hello')),ttl=ttl,ident=ident,df=R.random()<.5)
        elif k<.85: p=ip4(src,dst,1,icmp(c(8,8,8,0),0,c(5,6),1,b'ping'),ttl=ttl,ident=ident)
        elif k<.9: p=ip4(src,dst,47,b'\0'*12,ttl=ttl,ident=ident)
        elif k<.94: p=ip4(src,dst,c(6,17,1),b'\x01'*c(3,7,12,19),ttl=ttl,ident=ident)
        else: p=ip4(src,dst,c(47,50),b'\0'*12,ttl=ttl,ident=ident)
        mac_src={'a':A,'b':B,'x':X}[ns]; mac_dst={'a':A,'b':B,'m':W if ns=='x' else M}[where]
        return inj(eth(mac_dst,mac_src,p),ns)
    steps=[pkt() for _ in range(R.randint(8,25))]
    return t,steps


def record():
    if sys.argv[1]=='bridge': return [go(s) for s in bridge_scenarios()]
    if sys.argv[1]=='extensions': return [go_ct(s) for s in extension_scenarios()]
    if sys.argv[1]=='log': return [run_logging(log_scenario())]
    out=[]; with_nat=len(sys.argv)>4
    for seed in range(int(sys.argv[2]),int(sys.argv[3])):
        t,steps=mk(random.Random(seed),with_nat)
        s={'name':f'random rules {seed}'+(' with nat' if with_nat else ''),'rules':t,'steps':steps,'sysctl':{'net.ipv4.icmp_ratelimit':0,'net.ipv4.conf.all.send_redirects':0,'net.ipv4.conf.br0.send_redirects':0}}
        try: out.append(go({**s,'blackhole':True}))
        except RuntimeError as e: print('#',seed,str(e)[-300:],file=sys.stderr)
    return out

u=os.uname()
print(json.dumps({'provenance':f'{u.sysname} {u.release} {u.machine}, iptables-legacy; made by record.py '+' '.join(sys.argv[1:])}))
for r in record(): print(json.dumps(r,separators=(',',':')))
