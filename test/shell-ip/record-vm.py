"""Records test/golden/shell-ip-vm.json anew: each line of the file on Debian's kernel, for devices that this machine's lacks.
The module ipip must not be there yet: tunl0 would be in every namespace.

    vm-run --stdin -- python3 test/shell-ip/record-vm.py <test/golden/shell-ip-vm.json >new.json
"""
import json, os, shlex, subprocess, sys

scenarios = json.load(sys.stdin)
for scenario in scenarios:
    holder = subprocess.Popen(
        ["unshare", "-n", "-m", "sh", "-c",
         "mount -t tmpfs none /run/netns && mount -t sysfs sysfs /sys && "
         "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 && echo ready && exec sleep 600"],
        stdout=subprocess.PIPE)
    holder.stdout.readline()
    enter = ["nsenter", "-t", str(holder.pid), "-n", "-m", "--"]
    subprocess.run([*enter, "ip", "link", "set", "lo", "up"])
    for run in scenario["runs"]:
        done = subprocess.run([*enter, *shlex.split(run["line"])], capture_output=True, text=True)
        run.update(code=done.returncode, out=done.stdout, err=done.stderr)
    holder.kill()
json.dump(scenarios, sys.stdout, indent="\t")
print()
