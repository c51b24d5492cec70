/** The same scripts in the real bash (with the real coreutils) and in the shell: standard output and exit code are equal. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { shellLab } from "./shell-lab.ts";

const SCRIPTS: readonly string[] = [
	// Quoting and expansion
	`echo "a  b" 'c $x' d\\ e "\\$x" \\* $'t\\tn'`,
	`x="a b"; echo $x "$x" '$x' "\${x}y" $xy.`,
	`x='a  b   c'; for w in $x; do echo "[$w]"; done; for w in "$x"; do echo "[$w]"; done`,
	`echo a{1,2}b{c,d} {1..3}x {3..1} {a..c} {01..03} "{1,2}" {x} a{b,{c,d}}`,
	`echo \${y:-def} \${y-} "\${y:-a b}" \${x:+set}; x=1; echo \${x:+set} \${x:-no}; echo \${z:=new} $z`,
	`f=/a/b.tar.gz; echo \${f##*/} \${f#*/} \${f%.*} \${f%%.*} \${#f} \${f/a/X} \${f//a/X} \${f:1:3} \${f: -2}`,
	`x=Hello; echo \${x^^} \${x,,} \${x,}`,
	`echo $((1+2*3)) $((10/3)) $((10%3)) $((2**10)) $((1<<4)) $((0x10)) $((5>3 && 2<1)) $((7&3)) $((1?2:3)) $((-7/2))`,
	`i=5; echo $((i++)) $i $((++i)) $((i+=10)) $i; ((i > 3)) && echo big; ((i == 0)) || echo not`,
	`echo $(echo a; echo b) "$(printf 'x\\ny\\n')" \`echo c\``,
	`echo "$#" $0; set -- a "b c" d; echo $# $1 "$2" $*; for p in "$@"; do echo "<$p>"; done; shift; echo $1`,
	`echo ~ ~/x a~`,
	`touch b.txt a.txt c.log .h; echo *.txt [ac]* ?.log nope* "*.txt"; ls`,
	`mkdir -p d/e; touch d/e/f d/g; echo d/* d/*/f */*`,
	`IFS=,; x=a,b,,c; for w in $x; do echo "[$w]"; done`,
	`IFS=: read a b c <<< "1:2:3:4"; echo "$a|$b|$c"`,
	`x=1; x+=2; echo $x; export Y=3; bash -c 'echo $Y$x'; Z=4 bash -c 'echo $Z'; echo "[$Z]"`,
	`unset x; echo "[\${x-unset}]"; x=; echo "[\${x-unset}]" "[\${x:-empty}]"`,
	// Lists, pipes, conditions
	`true && echo yes || echo no; false && echo yes || echo no; false; echo $?; ! false; echo $?`,
	`false | true; echo $?; true | false; echo $?; set -o pipefail; false | true; echo $?`,
	`echo one; echo two >&2; echo three 2>&1 | cat; ls /nope 2>/dev/null; echo $?`,
	`if [ 1 -lt 2 ] && [ a = a ]; then echo A; elif true; then echo B; else echo C; fi`,
	`for i in 1 2 3 4 5; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; echo end $i`,
	`i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done; until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i`,
	`for ((i=0; i<3; i++)); do echo $i; done; for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done`,
	`case abc in x) echo x;; a*) echo A;; *) echo other;; esac; case 5 in [0-3]) echo low;; 4|5) echo mid;& 6) echo fall;; esac`,
	`f() { echo "in $1 $#"; return 3; }; f a b; echo $?; g() { local v=1; echo $v; }; g`,
	`(x=2; cd /; echo $x; exit 4); echo $? "[$x]"; { echo grouped; } > out; cat out`,
	`[ -z "" ] && [ -n x ] && [ ! -e nope ] && [ -d . ] && echo ok; test 3 -ge 4; echo $?; [ a ]; echo $?; [ ]; echo $?`,
	`touch f; [ -f f ] && [ ! -s f ] && echo x > f && [ -s f ] && echo sized; [ f -a ! -d f ]; echo $?`,
	`x=abc; [[ $x == a* && $x != b* ]] && echo m; [[ $x =~ ^a.c$ ]] && echo r; [[ -z $nope || 1 -gt 2 ]] && echo z; [[ "a*" == a\\* ]] && echo q`,
	`cat <<EOF\nhi $((1+1)) "q" \\$x\nEOF\ncat <<'EOF'\n$x \`no\`\nEOF\ncat <<-EOF\n\t\tindent\n\tEOF\n`,
	`echo a > f; echo b >> f; cat f; cat < f; wc -l < f; echo c | tee g >> f; cat f g`,
	`eval 'x=5; echo $x'; echo 'echo sourced $y' > s.sh; y=1; . ./s.sh; source ./s.sh; bash s.sh`,
	`printf '#!/bin/bash\\necho script $1 $#\\nexit 7\\n' > s; chmod +x s; ./s a b; echo $?`,
	`while read -r line; do echo "<$line>"; done <<< $'a\\nb c\\n d'`,
	`printf 'a 1\\nb 2\\n' | while read k v; do echo "$v-$k"; done`,
	`set -e; true; echo before; false; echo never`,
	`set -e; false || echo handled; if false; then :; fi; ! true; echo still`,
	`exit 3; echo no`,
	`sleep 0 & wait; echo $?; (exit 5) & wait $!; echo $?`,
	`nosuchcommand 2>/dev/null; echo $?; ./nosuch 2>/dev/null; echo $?; touch nox; ./nox 2>/dev/null; echo $?; /tmp 2>/dev/null; echo $?`,
	`type cd; command -v cd; command -v nosuch; echo $?`,
	`x=1; f() { local x=2 y=3; echo $x $y; }; f; echo $x [$y]; g() { local x; echo "[$x]"; x=5; }; g; echo $x`,
	`type echo true; command -v echo cd; f() { :; }; type f | head -1; (time :) 2>&1 | grep -c real`,
	`let i=3+4 j=i*2; echo $i $j; let 0; echo $?`,
	`{ echo a; false; } && echo b; echo $?`,
	`echo a # comment\n# whole line\necho 'b # c'`,
	`echo a; \\\necho b \\\n c`,
	`time true 2>/dev/null; echo $?`,
	`echo x |& cat; { echo err >&2; } 2>&1 | sed s/err/ok/`,
	// Text tools
	`printf 'b 2\\na 10\\nc 1\\na 10\\n' > t; sort t; sort -r t; sort -u t; sort -k2 -n t; sort -k2,2nr t; uniq -c < t; sort t | uniq -d`,
	`seq 12 | head -3; seq 12 | tail -2; seq 3 5; seq 0 5 10; seq 3 -1 1; seq -s, 3; seq 12 | head -n -10; seq 5 | tail -n +4`,
	`seq 30 | grep 2 | wc -l; seq 30 | grep -c 1; seq 5 | grep -v 3; seq 12 | grep -n '^1'; echo abc | grep -o '[ab]'; echo 'a.c' | grep -F .; echo foobar | grep -w foo; echo $?`,
	`printf 'x 1\\ny 2\\n' > f; grep -E 'x|y' f; grep 'x\\|z' f; grep -q y f && echo q; grep z f; echo $?; grep x f nope 2>/dev/null; echo $?; grep -l y f; grep -A1 x f; grep -i X f`,
	`seq 20 | grep -B1 -A1 '^1[05]$'; seq 3 | grep -m1 .; printf 'a\\nA\\n' | grep -ic a; echo a+b | grep 'a+b'; echo aab | grep -E 'a+b$'`,
	`echo 'a b  c' | awk '{print $2}'; echo a:b | awk -F: '{print $2, "x" $1}'; seq 5 | awk 'NR==2'; seq 5 | awk '$1>3 {print $1, NR}'; printf 'ab\\ncd\\n' | awk '/c/ {print NF, $NF}'`,
	`echo 'hello world' | sed 's/o/0/'; echo 'hello world' | sed 's/o/0/g; s/h/H/'; seq 5 | sed -n '2,3p'; seq 5 | sed '2d;$d'; echo a/b | sed 's|/|-|'; echo abc | sed -E 's/(a)(b)/\\2\\1/'; echo abc | sed 's/\\(b\\)/[\\1&]/'; seq 3 | sed 2q`,
	`echo x=1 > c; sed -i 's/1/2/' c; cat c; seq 3 | sed '/2/a after'; seq 3 | sed '1i before'; seq 4 | sed '/2/,/3/d'`,
	`echo a:b:c | cut -d: -f2; echo a:b:c | cut -d: -f1,3; echo abcdef | cut -c2-4; echo abc | tr a-c A-C; echo aabb | tr -s a; echo a1b2 | tr -d 0-9; echo 'a b' | tr ' ' '\\n'; echo HeLLo | tr '[:upper:]' '[:lower:]'`,
	`printf '%s-%d-%05.1f-%x-%-4s|\\n' a 5 3.14159 255 z; printf '%s\\n' a b c; printf '%%\\n'; printf '%5s|%-5s|\\n' x y; printf 'no newline'`,
	`echo -n a; echo -e 'x\\ty\\x41'; echo -E 'x\\ty'; echo -ne 'q\\n'; echo -- -n; echo - a`,
	`printf 'a b c\\n' | wc; printf 'a b\\nc' | wc -l -w -c; printf 'x\\n' > f; wc f; wc -c f; wc -l f f`,
	`echo 1 2 3 | xargs echo got; echo 1 2 3 | xargs -n1 echo n; printf 'a\\nb\\n' | xargs -I{} echo '<{}>'; echo | xargs -r echo no`,
	`printf 'a\\nb\\n' | tac; printf 'x\\n\\ny\\n' | cat -n; printf 'x\\n\\ny\\n' | nl; basename /a/b.txt .txt; dirname /a/b; basename a/; dirname x`,
	`mkdir d; cd d; cd ..; touch d/x; cp d/x y; mv y z; ls; rm z; rm -r d; ls; rm nope 2>/dev/null; echo $?; mkdir -p p/q; rmdir p/q p; ls`,
	`env A=1 bash -c 'echo $A'; A=2 env | grep '^A='; timeout 5 echo in; timeout 0.1 sleep 5; echo $?; true; echo $?`,
	`kill -0 999999 2>/dev/null; echo $?; sleep 100 & kill $!; wait $! 2>/dev/null; echo done`,
	`x=$(false); echo $?; x=$(exit 3) ; echo $?; echo $(exit 4) $?`,
	`a=1 b=2; echo $a$b; readonly c=3; declare d=4; echo $c$d`,
	`yes=1; [ "$yes" -eq 1 -a -n "$yes" ] && echo both; [ \\( 1 = 1 \\) ] && echo paren`,
	`echo "multi\nline" | while IFS= read -r l; do echo "[$l]"; done`,
	`if ! grep -q x /etc/hostname-nope 2>/dev/null; then echo absent; fi`,
	`for f in *.none; do echo $f; done; echo "\${f%.none}"`,
	// A line that cannot be read ends the script; what stands on whole lines before it was run
	`echo a\nif then\necho b\n`,
	`echo a\necho "abc\necho c\n`,
	`echo a\nif then\necho "abc\necho c\n`,
	`echo a\necho b |\n| cat\necho c\n`,
	`echo a\n(echo b\necho c`,
	`echo a; echo )\necho b`,
	`echo a\nfor i in 1 2; do\necho $i )\ndone\necho b`,
	`cat <<E\none\nE\nwhile true; do done\necho b`,
	`eval 'echo x; )'; echo $?; eval 'echo x\n)\necho y'; echo $?`,
	`true; (exit 2) || echo "or $?"; : "\${V:=7}"; echo $V`,
];

const directories: string[] = [];
afterAll(() => {
	for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Standard error is not compared: `bash: line 1:` and the program's own words differ. */
function realBash(script: string): { readonly out: string; readonly code: number } {
	const home = mkdtempSync(join(tmpdir(), "podwire-bash-"));
	directories.push(home);
	const env = { PATH: process.env["PATH"] ?? "", HOME: "/root", LC_ALL: "C.UTF-8" };
	try {
		const out = execFileSync("bash", ["-c", script, "bash"], { cwd: home, env, encoding: "utf8", stdio: "pipe" });
		return { out, code: 0 };
	} catch (error) {
		const failed = error as { readonly stdout?: string; readonly status?: number };
		return { out: failed.stdout ?? "", code: failed.status ?? -1 };
	}
}

for (const script of SCRIPTS) {
	test(`as bash: ${script.split("\n")[0]}`, async () => {
		const lab = await shellLab({ hosts: [{ name: "host" }] });
		await lab.sh("mkdir /work; cd /work");
		const ours = await lab.sh(script);
		const theirs = realBash(script);
		expect({ out: ours.out, code: ours.code }, ours.err).toEqual(theirs);
	});
}
