#!/usr/bin/env python3
"""Records what this machine's kernel makes of rules with sets: -m set and -j SET, by chance, a scenario a seed.

    DIFFLAB=DIR record-ipset.py FROM TO [other] > ipset-random.jsonl      other: the types that Linux 6.18 here has not (in vm-run)

DIR holds difflab.py. Needs root, ipset 7.17 and iptables-legacy. The topology is that of test/recorded-lab.ts; initval is given,
so that the order of elements is the same everywhere.
"""
import sys,os,json,random,ipaddress
sys.path.insert(0,os.environ['DIFFLAB'])
import difflab
from difflab import *
A,B,M,W,X='02:00:00:00:00:02','02:00:00:00:00:03','02:00:00:00:00:01','02:00:00:00:08:01','02:00:00:00:08:02'
class L(difflab.Lab):
    def collect(s,sc):
        r=super().collect(sc); s.enter(s.fds['m']); r['ipset']=s.run(['ipset','save']); s.enter(s.home); return r
difflab.Lab=L
def scenario(s):
    m={'sysctl':{'net/ipv4/ip_forward':1,**{k.replace('.','/'):v for k,v in s['sysctl'].items()}},'ipset':s['ipsets'],'legacy':s['rules'],
       'ip':['addr add 10.9.0.1/24 dev br0','link set va master br0 up','link set vb master br0 up','link set br0 up','addr add 10.8.0.1/24 dev w0','link set w0 up','route add blackhole 10.96.0.0/12',f'neigh add 10.9.0.2 lladdr {A} dev br0',f'neigh add 10.8.0.2 lladdr {X} dev w0',f'neigh add 10.9.0.3 lladdr {B} dev br0']}
    host=lambda ip,gw,mac,other: {'ip':[f'addr add {ip}/24 dev eth0','link set eth0 up',f'route add default via {gw}',f'neigh add {gw} lladdr {mac} dev eth0']+other}
    return {'ns':{'m':m,'a':host('10.9.0.2','10.9.0.1',M,[f'neigh add 10.9.0.3 lladdr {B} dev eth0']),'b':host('10.9.0.3','10.9.0.1',M,[f'neigh add 10.9.0.2 lladdr {A} dev eth0']),'x':host('10.8.0.2','10.8.0.1',W,[])},
     'bridges':[['m','br0',M,'mcast_snooping','0']],
     'veth':[['m','va','02:00:00:00:01:02','a','eth0',A],['m','vb','02:00:00:00:01:03','b','eth0',B],['m','w0',W,'x','eth0',X]],'steps':s['steps']}
HERE=['hash:ip','hash:net','hash:ip,port','hash:ip,port,ip','hash:ip,port,net','hash:net,port','hash:net,iface','bitmap:ip','bitmap:port','bitmap:ip,mac']
OTHER=['hash:net,net','hash:net,port,net','hash:mac','hash:ip,mac','hash:ip,mark']
def mk(R,types):
    c=lambda *a: R.choice(a)
    addr=lambda: c('10.9.0.2','10.9.0.3','10.9.0.1','10.8.0.1','10.8.0.2','10.96.0.1')
    def net():
        n=ipaddress.ip_network(f'{addr()}/{c(32,31,30,24,16,8)}',strict=False); return str(n).removesuffix('/32')
    port=lambda: c('tcp:80','tcp:53','udp:53','udp:80','udp:1000','tcp:1000','icmp:8/0','icmp:0/0','gre:0','tcp:9')
    val={'ip':addr,'net':net,'port':port,'iface':lambda: c('br0','w0','eth0','br'),'mac':lambda: c(A,B,X,M),'mark':lambda: c('0x0','0x1','0x3')}
    sets=[]; text=''
    for i in range(R.randint(3,5)):
        t=c(*types); n=f's{i}'; ext=''; has=set()
        for e in ['timeout 600','counters','skbinfo']:
            if R.random()<.4: ext+=' '+e; has.add(e.split()[0])
        kind,dims=t.split(':'); dims=dims.split(',')
        head={'hash':' initval 0x%x'%R.randrange(9)+c('',' maxelem 4 forceadd' if R.random()<.3 else '',' hashsize 64'),'bitmap':' range 10.9.0.0/24'}[kind]
        if t=='bitmap:port': head=' range 1-100'
        if t=='hash:ip,mark' and R.random()<.4: head+=' markmask 0x1'
        if t in('hash:ip','hash:ip,port') and R.random()<.2: head+=' netmask 24'
        text+=f'create {n} {t}{head}{ext}\n'; sets.append((n,len(dims),t,has)); seen=set()
        for _ in range(R.randint(1,7)):
            if t=='bitmap:port': e=c('80','53','9')
            elif t.startswith('bitmap'): e=c('10.9.0.2','10.9.0.3','10.9.0.1')+(f',{val["mac"]()}' if 'mac' in t and R.random()<.6 else '')
            else: e=','.join(val[d]() for d in dims)
            key=e.split(',')[0] if t=='bitmap:ip,mac' else e
            if key in seen or 'netmask' in head and any(k.rsplit('.',1)[0]==e.rsplit('.',1)[0] and k.partition(',')[2]==e.partition(',')[2] for k in seen): continue
            seen.add(key); o=''
            if 'maxelem 4' in head and len(seen)>4: break
            if 'counters' in has and R.random()<.5: o+=f' packets {R.randrange(4)} bytes {R.randrange(300)}'
            if 'skbinfo' in has: o+=c('',' skbmark 0x1',' skbmark 0x2/0x3')
            if 'timeout' in has and R.random()<.3: o+=c(' timeout 0',' timeout 500')
            if 'net' in dims and R.random()<.25: o+=' nomatch'
            if 'iface' in dims and e.endswith(',br'): o+=' wildcard'
            text+=f'add {n} {e}{o}\n'
    if R.random()<.6:
        ext=c('',' counters',' skbinfo'); text+=f'create l list:set{ext}\n'
        for s in R.sample(sets,2): text+=f'add l {s[0]}\n'
        sets.append(('l',R.randint(1,3),'list:set',{ext.strip()}))
    def dirs(n): return ','.join(c('src','dst') for _ in range(max(1,n+c(0,0,0,0,1,-1))))
    def match(): 
        n,d,t,has=c(*sets); o=f' -m set {c("","","! ")}--match-set {n} {dirs(d)}'
        if R.random()<.2: o+=' --return-nomatch'
        if R.random()<.15: o+=' ! --update-counters'
        if R.random()<.15: o+=' ! --update-subcounters'
        if R.random()<.25: o+=f' {c("--packets-gt","--packets-lt","--packets-eq","! --packets-eq")} {R.randrange(4)}'
        if R.random()<.15: o+=f' {c("--bytes-gt","--bytes-lt","--bytes-eq")} {R.randrange(200)}'
        return o
    def target(table):
        k=R.random(); n,d,t,has=c(*sets)
        if k<.6: return ''
        if k<.8: return f' -j SET --add-set {n} {dirs(d)}'+c('',' --exist')+c('',' --timeout 500')
        if k<.9: return f' -j SET --del-set {n} {dirs(d)}'
        return f' -j SET --map-set {n} {dirs(d)} --map-mark' if table=='mangle' else ' -j DROP'
    def rules(table,hook):
        o=''
        for _ in range(R.randint(1,5)):
            m=match() if R.random()<.85 else c('',' -p tcp',' -p udp',' -m mark --mark 0x1/0x1') if table=='mangle' else match()
            o+=f'-A {hook}{m}{target(table)}\n'
        return o
    t=''
    for table,hooks in (('mangle',['PREROUTING','INPUT','FORWARD','OUTPUT','POSTROUTING']),('filter',['INPUT','FORWARD','OUTPUT'])):
        t+=f'*{table}\n'+''.join(f':{h} ACCEPT [0:0]\n' for h in hooks)+''.join(rules(table,h) for h in hooks)+'COMMIT\n'
    a,b,x='10.9.0.2','10.9.0.3','10.8.0.2'
    def pkt():
        ns=c('a','a','b','x','x'); src={'a':a,'b':b,'x':x}[ns]
        dst=c('10.8.0.2','10.9.0.1','10.8.0.1','10.96.0.1') if ns!='x' else c(a,b,'10.8.0.1','10.9.0.1','10.96.0.1')
        k=R.random(); ident=R.randrange(1,65535); sp,dp=c(53,1000,80),c(53,80,1000,9)
        if k<.4: p=ip4(src,dst,6,tcp(src,dst,sp,dp,c(2,16,4)),ident=ident)
        elif k<.7: p=ip4(src,dst,17,udp(src,dst,sp,dp,c(b'',b'hello')),ident=ident)
        elif k<.85: p=ip4(src,dst,1,icmp(c(8,8,0),0,5,1,b'ping'),ident=ident)
        elif k<.93: p=ip4(src,dst,47,b'\0'*12,ident=ident)
        elif k<.96: p=ip4(src,dst,17,b'\1'*16,ident=ident,df=False,frag=100)
        else: p=ip4(src,dst,c(6,17,1),b'\1'*c(3,7,12),ident=ident)
        return ['inject',ns,'eth0',eth(W if ns=='x' else M,{'a':A,'b':B,'x':X}[ns],p).hex()]
    return text,t,[pkt() for _ in range(R.randint(8,25))]
types=OTHER if len(sys.argv)>3 else HERE
u=os.uname()
print(json.dumps({'provenance':f'{u.sysname} {u.release} {u.machine}, ipset 7.17, iptables-legacy; made by record-ipset.py '+' '.join(sys.argv[1:])}))
for seed in range(int(sys.argv[1]),int(sys.argv[2])):
    sets,rules,steps=mk(random.Random(seed),types)
    s={'name':f'random sets {seed}'+(' of other types' if len(sys.argv)>3 else ''),'ipsets':sets,'rules':rules,'steps':steps,'blackhole':True,'sysctl':{'net.ipv4.icmp_ratelimit':0,'net.ipv4.conf.all.send_redirects':0,'net.ipv4.conf.br0.send_redirects':0}}
    try: r=run(scenario(s),0.0)
    except RuntimeError as e: print('#',seed,str(e)[-300:],file=sys.stderr); continue
    print(json.dumps({**s,'frames':[],'saved':[l for l in r['rules'].get('m','').splitlines() if not l.startswith('#')],'ipsetSaved':r['ipset']},separators=(',',':')))
