#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the scripts are deployed with: waves, and what Ansible makes of inventory and playbook.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# hit NAME [EVENT]: the log of a machine that was hit; it has the update.
hit() {
    hits=$((${hits:-0} + 1))
    printf 'file %s/Application.evtx\ncomputer "%s"\n' "$hits" "$1"
    printf 'noise 3 2019-01-01T00:00:00Z 2019-01-08T09:00:00Z\n'
    printf '%s\n' "${2:+2019-01-08T09:30:00Z $2}"
    printf '2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2\n'
    printf 'noise 3 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z\n'
}
odd=16
{
    for number in $(seq 10 32); do
        hit "PC$number" 'kms-request professional'
        hit "any$number.corp.example"
    done
    for number in $(seq 10 14); do # rid of the update since
        hit "GONE$number" 'kms-request professional'
        printf 'file %s/Setup.evtx\ncomputer GONE%s\n' "$hits" "$number"
        printf '2019-01-09T15:10:00Z servicing 2 KB971033 Absent 0x0\n'
    done
    for name in localhost all Pilot wave_2 rebuild_activation 127.0.0.1 12345 0x7f.1 '[web]' PC:22 \
        -oProxy 'PC{{7*7}}' 'PC#1' 'PC 1 ansible_connection=local' 'a;b' 'PC\n[all]\nPC'; do
        hit "$name"
    done
} | make_logs logs

analyze -o report --waves 3 logs
check 'a fleet with odd names' equal 0 "$status"
scripts=report/remediation/scripts
inventory=report/remediation/ansible-inventory.ini

# ---- Names ----

check 'odd names are noted' equal "$odd" \
    "$(columns report/remediation/affected-by-incident.csv scripts | grep -cx manual)"
check 'and counted' grep -q "to a deployment tool: $odd\\. " report/remediation/README.txt
cat $scripts/*.hosts.txt | tr -d '\r' | sort -u >listed
check 'the lists have the plain ones alone' equal \
    "$(seq -f 'GONE%g' 10 14; seq -f 'PC%g' 10 32; seq -f 'any%g.corp.example' 10 32)" "$(cat listed)"

# ---- Waves ----

# members LIST...: the machines of lists of one script, in order.
members() {
    for list in "$@"; do
        tr -d '\r' <"$scripts/$list.hosts.txt"
    done | sort
}
for script in 1-remove-kb971033 2-rebuild 2-rebuild-professional; do
    check "pilot and waves of $script are all its machines, each once" equal \
        "$(members $script)" \
        "$(members $script.pilot $script.wave-1 $script.wave-2 $script.wave-3)"
done
for wave in pilot wave-1 wave-2 wave-3; do
    check "$wave has a machine with both of its scripts" equal "$(members 1-remove-kb971033.$wave)" \
        "$(members 2-rebuild.$wave 2-rebuild-professional.$wave | grep -v GONE)"
done
check 'the waves are even' equal '15 15 14' \
    "$(for wave in 1 2 3; do members 1-remove-kb971033.wave-$wave | wc -l; done | tr '\n' ' ' |
        sed 's/ $//')"
cp -r report before
analyze -o report --waves 3 logs
check 'waves are dealt alike again' diff -r before report
spptriage report --templates "$top_srcdir/templates" --waves 2 report/case.db
check 'fewer waves' equal 0 "$status"
check 'leave no list of the others' equal \
    '1-remove-kb971033.pilot 1-remove-kb971033.wave-1 1-remove-kb971033.wave-2' \
    "$(ls $scripts | sed -n 's/^\(1-.*\..*\)\.hosts\.txt$/\1/p' | tr '\n' ' ' | sed 's/ $//')"
spptriage report --templates "$top_srcdir/templates" report/case.db
check 'without waves there is none' equal '' "$(ls $scripts | grep -E 'pilot|wave')"
check 'and no group' equal '' "$(grep -E 'pilot|wave' $inventory)"
check 'but the list of all' cmp $scripts/1-remove-kb971033.hosts.txt before/remediation/scripts/1-remove-kb971033.hosts.txt
rm -r report
mv before report

# ---- The exit statuses, each said where people look ----

# statuses FILE SED-PROGRAM: the numbers that the program prints, sorted.
statuses() {
    sed -n "$2" "$1" | sort -nu | tr '\n' ' '
}
playbook=$top_srcdir/templates/remediate.yml
told=$(statuses "$playbook" 's/^      \([0-9]*\): .*/\1/p')
manual=$(sed -n 's/^| \([0-9]*\) | [12b].*/\1/p' "$top_srcdir/docs/roll-out.md" | sort -nu | grep -vxE '0|3010' | tr '\n' ' ')
check 'the playbook knows the statuses of the manual' equal "$manual" "$told"
for script in 1-remove-kb971033 2-rebuild; do
    for number in $(statuses "$top_srcdir/templates/$script.cmd" \
        's/^rem     \([1-9][0-9]\)  .*/\1/p'); do
        check "it knows $number of $script" grep -q "^      $number: " "$playbook"
    done
done

# ---- Ansible ----

if ! once; then
    finish
fi
if ! command -v ansible-playbook >"$scratch/out" || ! command -v ansible-inventory >"$scratch/out" ||
    [ ! -x "$python" ]; then
    echo 'SKIP: ansible, another tool, is not installed: nothing to read inventory and playbook with'
    finish
fi
export HOME="$scratch" ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_NOCOLOR=1 ANSIBLE_DEPRECATION_WARNINGS=False
check 'the syntax of the playbook' ansible-playbook --syntax-check -i $inventory \
    report/remediation/remediate.yml
check 'Ansible warns of nothing' equal '' \
    "$(ansible-playbook --syntax-check -i $inventory report/remediation/remediate.yml 2>&1 >"$scratch/out")"
check 'the inventory is read' ansible-inventory -i $inventory --list --output inventory.json
python_check 'its groups have the machines of the lists' inventory.json $scripts <<'END'
import glob, json, os, sys
groups = json.load(open(sys.argv[1]))
lists = {}
for path in glob.glob(sys.argv[2] + '/*.hosts.txt'):
    lists[os.path.basename(path)[:-len('.hosts.txt')]] = set(open(path, newline='').read().split('\r\n')) - {''}
def hosts(group):
    return set(groups.get(group, {}).get('hosts', []))
assert hosts('remove_kb971033') == lists['1-remove-kb971033']
assert hosts('rebuild') == lists['2-rebuild']
assert hosts('rebuild_professional') == lists['2-rebuild-professional']
assert set(groups['rebuild_activation']['children']) == {'rebuild', 'rebuild_professional'}
for wave in 'pilot', 'wave-1', 'wave-2', 'wave-3':
    named = set().union(*(lists[name] for name in lists if name.endswith('.' + wave)))
    assert hosts(wave.replace('-', '_')) == named, wave
every = groups['_meta']['hostvars']
assert set(every) == lists['1-remove-kb971033'] | lists['2-rebuild-professional'], set(every)
for host, variables in every.items():
    script = '2-rebuild' if host.startswith('any') else '2-rebuild-professional'
    assert variables == {'ansible_connection': 'winrm', 'spptriage_rebuild': script}, host
END

# The playbook is run on this machine: modules of these names stand in for those of Windows, write
# down what they are to do, and end as the file `plan` says. The machine is told them by a folder.
modules=fake/ansible_collections/ansible/windows/plugins/modules
mkdir -p $modules evidence
echo evidence >evidence/Application.evtx
cat >$modules/win_command.py <<'END'
import os, re
from ansible.module_utils.basic import AnsibleModule
options = 'cmd path state src dest paths recurse msg pre_reboot_delay reboot_timeout'.split()
module = AnsibleModule(argument_spec={name: {'type': 'raw'} for name in options})
given = {name: value for name, value in module.params.items() if value is not None}
host = os.path.basename(module._remote_tmp)
folder = 'C:\\Windows\\spptriage\\'
result = {'changed': True, 'stdout': 'what it said'}
did = ''
if 'cmd' in given:
    did = re.fullmatch(re.escape('cmd.exe /d /s /c ""' + folder) + r'([^\\"]+)\.cmd"(.*)"', given['cmd'])
    assert did and did.group(2) in ('', ' "' + folder + 'collected"'), given
    did = did.group(1)
elif 'src' in given:
    name = os.path.basename(given['src'])
    assert os.path.isfile(given['src']) and given['dest'] == folder + name, given
    did = 'copy ' + name
elif 'pre_reboot_delay' in given:
    did = 'restart'
elif 'paths' in given:
    result['files'] = [{'path': os.environ['FAKE'] + '/evidence/Application.evtx'}]
with open(os.environ['FAKE'] + '/done', 'a+') as log:
    if did:
        log.write(f'{host} {did}\n')
    log.seek(0)
    count = log.read().split('\n').count(f'{host} {did}')
if 'cmd' in given:
    plan = dict(line.split(': ') for line in open(os.environ['FAKE'] + '/plan').read().splitlines())
    result['rc'] = int(plan.get(f'{host} {did}', '0').split()[count - 1])
module.exit_json(**result)
END
for module in win_copy win_file win_find win_reboot; do
    cp $modules/win_command.py $modules/$module.py
done
export FAKE="$scratch" ANSIBLE_COLLECTIONS_PATH="$scratch/fake" ANSIBLE_COLLECTIONS_PATHS="$scratch/fake"
export ANSIBLE_PIPELINING=1
# play ARGUMENTS...: runs the playbook; leaves its output in `played` and, machine by machine, what
# was done in `done`.
play() {
    rm -rf done collected-round2
    : >done
    status=0
    ansible-playbook -i $inventory -e ansible_connection=local -e "ansible_python_interpreter=$python" \
        -e "ansible_remote_tmp=$scratch/{{inventory_hostname}}" "$@" report/remediation/remediate.yml \
        >played 2>&1 || status=$?
    sort -s -k 1,1 done >sorted
}
# did MACHINE: what was done on it, in order.
did() {
    sed -n "s/^$1 //p" sorted | tr '\n' ',' | sed 's/,$//'
}
copies='copy 1-remove-kb971033.cmd,copy 1-remove-kb971033.hosts.txt,copy 2-rebuild-professional.cmd'
copies="$copies,copy 2-rebuild-professional.hosts.txt"
collected='copy collect.cmd,collect'
cat >plan <<'END'
PC10 1-remove-kb971033: 3010 0
PC11 1-remove-kb971033: 20
PC12 2-rebuild-professional: 31
PC13 1-remove-kb971033: 3010 3010
PC14 1-remove-kb971033: 99
PC15 collect: 1
PC16 collect: 11
END
play --limit 'PC1*'
check 'where some machines fail, the playbook does' equal 2 "$status"
check 'script 1, restart, script 1 again, script 2' equal \
    "$copies,1-remove-kb971033,restart,1-remove-kb971033,2-rebuild-professional,$collected" "$(did PC10)"
check 'without an update to remove, no restart' equal \
    "$copies,1-remove-kb971033,2-rebuild-professional,$collected" "$(did PC15)"
check 'a removal that failed ends it, but for what is collected' equal \
    "$copies,1-remove-kb971033,$collected" "$(did PC11)"
check 'what it means is said' grep -q \
    '"msg": "1-remove-kb971033.cmd ended with 20: wusa and dism were tried, and KB971033 is still installed, or not known any more. what it said"' played
check 'of script 2, too' grep -q \
    '"msg": "2-rebuild-professional.cmd ended with 31: not activated; all is as before, unless the log says otherwise. what it said"' played
check 'and of a status that is none' grep -q 'ended with 99: not a status of the script' played
check 'an update that is back after the restart ends it' equal \
    "$copies,1-remove-kb971033,restart,1-remove-kb971033,$collected" "$(did PC13)"
check 'these failed and no other' equal 'PC11 PC12 PC13 PC14 PC16 ' \
    "$(sed -n 's/^\([A-Z0-9a-z.]*\) .*failed=1 .*/\1/p' played | tr '\n' ' ')"
check 'what was collected is brought back' equal 'PC10 PC11 PC12 PC13 PC14 PC15 PC17 PC18 PC19' \
    "$(cd collected-round2 && echo * | sed 's/_[0-9]\{8\}-[0-9]\{4\}//g')"
check 'whole' cmp evidence/Application.evtx collected-round2/PC11_*/Application.evtx
echo 'PC10 1-remove-kb971033: 3010' >plan
play --limit 'PC10,any11.corp.example,GONE10' -e spptriage_restart=false -e spptriage_collect=false
check 'no restart where none is wanted' equal "0 $copies,1-remove-kb971033" "$status $(did PC10)"
check 'which is said' grep -q 'Restart this machine, then run the playbook again' played
check 'without an edition, the script that asks' equal 'copy 2-rebuild.cmd,copy 2-rebuild.hosts.txt,2-rebuild' \
    "$(did any11.corp.example | sed 's/[^,]*1-remove[^,]*,//g')"
check 'where the update is gone, script 2 alone' equal \
    'copy 2-rebuild-professional.cmd,copy 2-rebuild-professional.hosts.txt,2-rebuild-professional' "$(did GONE10)"
check 'nothing is brought back' equal 0 "$(ls | grep -c collected-round2)"
: >plan
play --limit pilot -e spptriage_serial=1 -e spptriage_failing=10
check 'the pilot alone, one after the other' equal \
    "0 $(members 1-remove-kb971033.pilot 2-rebuild-professional.pilot | sort -u | tr '\n' ' ')" \
    "$status $(cut -d ' ' -f 1 sorted | uniq | tr '\n' ' ')"
finish
