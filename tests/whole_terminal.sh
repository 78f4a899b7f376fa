#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a person at a terminal sees: help that fits the screen, completion, colours, progress.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# ---- Help ----

fits() { # fits LINES: the output is no larger than so many lines of 80 columns
    equal '' "$(awk -v most="$1" 'length($0) > 79 || NR > most { print NR ": " $0 }' "$scratch/out")"
}
spptriage --help
check 'the help fits one screen' fits 24
check 'and names both commands' equal 2 "$(grep -c '^  spptriage [a-z]* \[options\] ' "$scratch/out")"
for command in analyze report; do
    spptriage $command --help
    check "the help of $command fits the width" fits 60
    check 'each option has its place' equal '' \
        "$(grep '^ *-' "$scratch/out" | grep -vE '^  (-[a-zA-Z], |    )--[a-z-]+( [A-Z/=]+)? +[a-zA-Z]')"
    cp "$scratch/out" "$command.help"
done

# ---- Completion ----

cat >complete.bash <<'END'
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_spptriage
printf '%s\n' "${COMPREPLY[@]}" | sort | paste -s -d ' '
END
offers() { # offers EXPECTED WORDS...: completion of the last of the words
    expected=$1
    shift
    equal "$expected" "$(bash complete.bash "$top_srcdir/completions/spptriage" "$@" 2>&1)"
}
if command -v bash >/dev/null 2>&1; then
    check 'completion is known to bash' equal 'complete -F _spptriage spptriage' \
        "$(bash -c '. "$1" && complete -p spptriage' - "$top_srcdir/completions/spptriage")"
    for command in analyze report; do
        check "the options of $command are those of its help" offers \
            "$(grep -oE -- '^ +(-[a-z], )?--[a-z-]+' $command.help | grep -oE -- '-[a-z-]+' |
                LC_ALL=C.UTF-8 sort | paste -s -d ' ')" spptriage $command -
    done
    check 'commands' offers '--help --version analyze report' spptriage ''
    check 'the beginning of a command' offers report spptriage r
    check 'options by their beginning' offers '--verbose --verify --version' spptriage analyze --ve
    check 'words of an option' offers 'always auto never' spptriage analyze --progress ''
    check 'limits' offers "$(spptriage analyze --limit x x; grep -oE '[a-z-]+=' "$scratch/err" |
        sort | paste -s -d ' ')" spptriage analyze --limit ''
    check 'limits behind an equals sign, as readline parts it' \
        offers 'member-size= members= memory=' spptriage analyze --limit = m
    check 'nothing for the number of a limit' offers '' spptriage analyze --limit size = ''
    mkdir -p files/folder 'files/a folder'
    touch files/case.db files/list.csv 'files/a log.evtx'
    check 'folders for the output' offers 'files/a folder files/folder' spptriage analyze -o files/
    check 'files for the inventory' offers files/list.csv spptriage analyze --inventory files/l
    check 'all inputs' offers 'files/a folder files/a log.evtx' spptriage analyze --carve files/a
    check 'folders and cases for a report' offers 'files/a folder files/case.db files/folder' \
        spptriage report files/
    check 'nothing behind what is no command' offers '' spptriage frobnicate -
else
    echo 'SKIP: bash, another tool, is not installed: no completion'
fi

# ---- Colours and progress on a terminal that Python plays ----

make_pair logs
# Read for long enough for its own progress to be seen: a log, and a log in an archive.
mkdir many
cp -r logs many/
cp logs/PC2/Application.evtx many/z-large.evtx
truncate -s 2G many/z-large.evtx
cat >terminal.py <<'END'
"""Runs a command with standard output and standard error, or one of these, on a terminal."""
import fcntl, os, pty, re, struct, subprocess, sys, tarfile, termios


def own_terminal():
    """Makes that of standard error the terminal of a session that begins."""
    os.setsid()
    fcntl.ioctl(2, termios.TIOCSCTTY, 0)


def run(command, columns, term='xterm', streams='both', job=None, **environment):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    mode = termios.tcgetattr(slave)
    mode[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    kept = {name: value for name, value in os.environ.items() if name != 'NO_COLOR'}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, env={**kept, 'TERM': term, **environment},
        stdout=slave if streams != 'err' else subprocess.DEVNULL,
        stderr=slave if streams != 'out' else subprocess.DEVNULL, preexec_fn=job)
    os.close(slave)
    said = b''
    while True:
        try:
            got = os.read(master, 65536)
        except OSError:
            break
        if not got:
            break
        said += got
    process.wait()
    return said.decode()


AWAY = '\r\033[K'
program, templates = sys.argv[1:3]


def analyze(folder, *more):
    return [program, 'analyze', '--templates', templates, '-o', folder, *more]


# ---- Progress ----
said = run(analyze('large', '--no-hash', '-j1', 'many'), 80)
*shown, rest = said.split(AWAY)
assert shown[0] == '' and len(shown) >= 4, said
assert all(len(line) <= 79 and line.isprintable() for line in shown[1:] if line), shown
reading = [line for line in shown if 'sources' in line]
assert all(re.match(r'[0-3]/3 sources, ', line) for line in reading), reading
hashed = run(analyze('hashed', '-j1', 'many/z-large.evtx'), 80)
assert re.search(r', z-large\.evtx [1-4]\d? %', hashed), 'hashing is the first half'
with open('large.tar', 'wb') as archive, open('logs/PC1/Application.evtx', 'rb') as log:
    member = tarfile.TarInfo('PC1/Application.evtx')
    member.size = 1 << 30
    archive.write(member.tobuf() + log.read())
    archive.truncate(512 + member.size + 1024)
packed = run(analyze('packed', 'large.tar'), 80)
assert re.search(r'\r\033\[K0/2 sources, [^\r]*, large\.tar [1-9]\d? %\r', packed), packed
assert any(re.search(r', z-large\.evtx [1-9]\d? %', line) for line in reading), reading
assert any(line.endswith('1 machine with signals in the window so far') or
           ', 1 with signals in window' in line for line in reading), reading
assert 'making the verdicts' in shown and 'writing the reports' in shown, shown
assert '\r' not in rest and '\033[K' not in rest and 'reports: large' in rest, rest
assert AWAY not in run(analyze('at-1', 'logs'), 1), 'no column is free'
for columns in (2, 12, 30, 200):
    *shown, rest = run(analyze(f'at-{columns}', '-v', 'logs'), columns, streams='err').split(AWAY)
    # A line for each source takes the place of what stood there; of one column that is nothing.
    assert columns == 2 or any(line.startswith('logs/PC1/Application.evtx: ') for line in shown)
    shown = [line for line in shown if not line.startswith('logs/')]
    assert len(shown) >= 2 and all(len(line) < columns or not line for line in shown), shown
# What is done by the first look depends on how busy the machine is.
assert any(re.fullmatch(r'[0-2]/2 sources, \d+/136 KiB(, \d+ [KM]iB/s)?, [01] machines? with signals in '
                        r'the window so far', line) for line in shown), shown
for streams, option in ('both', '--progress=never'), ('both', '-q'), ('out', '--progress=auto'):
    assert AWAY not in run(analyze('without', option, 'logs'), 80, streams=streams), option
for job, shell in (True, '"$@"'), (False, 'set -m; "$@" & wait'):
    said = run(['sh', '-c', shell, 'sh', *analyze('job', 'logs')], 80, job=own_terminal)
    assert (AWAY in said) == job and 'reports: job' in said, said
dumb = run(analyze('dumb', 'logs'), 80, term='dumb')
assert '\r' not in dumb and '\033' not in dumb, dumb
assert re.search(r'(^|\n)spptriage: read: 2/2 sources, 136/136 KiB, 1 machine with signals '
                 r'in the window so far\n', dumb), dumb

# ---- Colours ----
PAIR = analyze('pair', '--progress', 'never', 'logs')
said = run(PAIR, 80)
red = re.findall(r'\033\[1;31m(.*?)\033\[0m', said)
assert red and all(re.match(r' *still broken +[1-9]\d*$', line) for line in red), said
plain = re.sub(r'\033\[[0-9;]*m', '', said)
for other in (run(PAIR, 80, NO_COLOR='1'), run(PAIR, 80, term='dumb')):
    assert other == plain, other
assert run(PAIR, 80, NO_COLOR='') == said, 'an empty NO_COLOR says nothing'
refused = run([program, 'analyze'], 80, streams='err')
assert refused.startswith('\033[1;31mspptriage: \033[0mno input given'), refused
WARNED = analyze('warned', '--progress', 'never', 'logs', 'terminal.py')
assert 'spptriage: \033[1;33mwarning: \033[0mfiles skipped' in run(WARNED, 80, streams='err')
assert '\033' not in run(WARNED, 80, streams='err', NO_COLOR='x')
END
python_check 'colours and progress on a terminal' "$SPPTRIAGE" "$top_srcdir/templates" <terminal.py

# ---- Elsewhere ----

for progress in auto always; do
    spptriage analyze --templates "$top_srcdir/templates" --progress $progress -o plain logs
    check "no escape and no carriage return with --progress $progress" equal 0 \
        "$(cat "$scratch/out" "$scratch/err" | tr -dc '\033\r' | wc -c)"
done
check '--progress always says what was read' grep -qx \
    'spptriage: read: 2/2 sources, .* KiB, 1 machine with signals in the window so far' "$scratch/err"
check 'in one line' equal 1 "$(wc -l <"$scratch/err")"
spptriage analyze --templates "$top_srcdir/templates" --progress always -o plain logs
check 'and what an earlier run has read counts, too' grep -q ', 1 machine with' "$scratch/err"
make_logs counted <<'END'
file PC1/Application.evtx
computer PC1.corp.example
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
computer pc1
2019-01-08T11:00:01Z wat-13 0x00000000 0xC004C4A2
computer PC2
2019-01-08T11:00:02Z wat-13 0x00000000 0xC004C4A2
computer PC3
2019-01-10T11:00:02Z wat-13 0x00000000 0xC004C4A2
END
spptriage analyze --templates "$top_srcdir/templates" --progress always -o counted.report counted
check 'machines count once, and in the window only' grep -q ', 2 machines with signals' "$scratch/err"
finish
