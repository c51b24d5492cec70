#!/usr/bin/python3
"""Records what the real ipvsadm (1.31, Linux 6.1) prints and returns for commands.txt.

    vm-run --share DIR -- python3 test/golden/ipvs/record-commands.py DIR/commands.json

commands.txt: "## name" begins a group, which runs in a fresh network namespace; each other line is a command (double quotes
group words), after "<<" what it reads from standard input, with \\n for line feeds. /etc/hosts and /etc/services are Debian 12's.
"""
import json, os, re, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
groups = []
for line in open(os.path.join(here, "commands.txt")).read().splitlines():
    if line.startswith("## "):
        groups.append({"name": line[3:], "commands": []})
        continue
    command, _, text = line.partition(" <<")
    words = [a if a or not b else b for a, b in re.findall(r'"([^"]*)"|(\S+)', command)]
    stdin = text.replace("\\n", "\n")
    netns = groups[-1]["name"]
    if not groups[-1]["commands"]:
        subprocess.run(["ip", "netns", "add", netns], check=True)
        subprocess.run(["ip", "-n", netns, "link", "set", "lo", "up"], check=True)
        # Addresses of destinations have to be routable or local to none; nothing else is there.
    run = subprocess.run(["ip", "netns", "exec", netns, *words], input=stdin, capture_output=True, text=True, timeout=60)
    entry = {"command": command, "code": run.returncode, "out": run.stdout, "err": run.stderr}
    if text:
        entry["stdin"] = stdin
    groups[-1]["commands"].append(entry)
with open(sys.argv[1], "w") as f:
    f.write('{"source": "ipvsadm 1.31 of Debian 12, run by record-commands.py on Linux 6.1",\n"groups": [\n')
    f.write(",\n".join('{"name": %s, "commands": [\n%s\n]}' % (json.dumps(g["name"]), ",\n".join(json.dumps(e) for e in g["commands"])) for g in groups))
    f.write("\n]}\n")
