#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Registry hives, the whole program at work: real ones, ones that hivex wrote (another program), and
# what hivex reads of those of tests/fixtures/hive_writer.h.
. "$top_srcdir/tests/lib.sh"

# source_row PATH COLUMN...: these cells of a source's row.
source_row() {
    path=$1
    shift
    columns "$scratch/report/sources.csv" path "$@" | sed -n "s#^$path|##p"
}

# ---- Real ones ----

hives=${CORPUS:-}/../hives
if [ -d "$hives" ]; then
    analyze -q -o "$scratch/report" "$hives"
    check 'the real hives are read' equal 0 "$status"
    check 'that of Windows 7 names its computer' equal 'WKS-WIN732BITA.shieldbase.local|ok|' \
        "$(source_row "$hives/SYSTEM-windows7" machines status detail)"
    check 'the dirty one is read and marked' equal 'DESKTOP-PM6C56D|ok|dirty' \
        "$(source_row "$hives/SYSTEM-dirty" machines status detail | cut -d : -f 1)"
    check 'logs of a hive are not taken for one' equal \
        'skipped|transaction log of a registry hive, which is not read' \
        "$(source_row "$hives/SYSTEM-dirty.LOG1" status detail)"
else
    echo "SKIP: the real hives are not beside the checkout: $hives"
fi

# ---- Made ones ----

make_logs "$scratch/made" <<END
hive-system PC-A/C/Windows/System32/config/SYSTEM ACC-PC01 domain=corp.example written=2019-01-20T10:00:00Z
hive-software PC-A/C/Windows/System32/config/SOFTWARE Enterprise +30 product-id=00392-918-5000002-85123 written=2019-01-20T10:00:00Z
hive-system PC-B/C/Windows/System32/config/SYSTEM ACC-PC02 domain=corp.example written=2019-01-20T10:00:00Z
hive-software PC-B/C/Windows/System32/config/SOFTWARE ProfessionalN +30 KB971033=0x70@2018-04-19T08:00:00Z written=2019-01-20T10:00:00Z
hive-software PC-B/C/Windows/System32/config/SOFTWARE.LOG1 ProfessionalN log
hive-system PC-C/C/Windows/System32/config/SYSTEM ACC-PC03
hive-software PC-C/C/Windows/System32/config/SOFTWARE Professional +30 dirty
END
analyze -q -o "$scratch/of-made" "$scratch/made"
check 'made hives are read' equal 0 "$status"
check 'the whole list proves absence, an entry presence, a dirty one nothing' equal \
    'ACC-PC01.corp.example|absent|Windows 7 Enterprise|volume-kms|6.1.7601 Service Pack 1
ACC-PC02.corp.example|installed|Windows 7 Professional N|unknown|6.1.7601 Service Pack 1
ACC-PC03|unknown|Windows 7 Professional|unknown|6.1.7601 Service Pack 1' \
    "$(columns "$scratch/of-made/hosts.csv" host kb971033 edition licence_channel os_version)"
check 'a report made of the case says the same' sh -c "
    '$SPPTRIAGE' report --templates '$top_srcdir/templates' -q -o '$scratch/again' \
        '$scratch/of-made/case.db' && cmp '$scratch/of-made/hosts.csv' '$scratch/again/hosts.csv'"
check 'where the evidence is from stands beside it' grep -qF \
    "absent: SOFTWARE hive with the collection (file of 2019-01-20T10:00:00Z) in $scratch/made/PC-A/C/Windows/System32/config/SOFTWARE: not among its 30 packages" \
    "$scratch/of-made/hosts.csv"

# ---- Mutants ----

mutants=200
mkdir -p "$scratch/mutants"
if [ -x "$python" ]; then
    "$python" - "$scratch/made/PC-B/C/Windows/System32/config" "$scratch/mutants" $mutants <<'END'
import random, sys

folder, out, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(20190108)
for number in range(count):
    with open(folder + '/' + chance.choice(['SYSTEM', 'SOFTWARE']), 'rb') as file:
        hive = bytearray(file.read())
    for _ in range(chance.choice([1, 4, 64, 512])):
        at = chance.randrange(4, len(hive))
        hive[at] = chance.choice([0, 1, 0x7f, 0x80, 0xff, hive[at] ^ 1 << chance.randrange(8)])
    with open(f'{out}/{number:03}', 'wb') as file:
        file.write(hive[:chance.choice([len(hive), len(hive), chance.randrange(4, len(hive))])])
END
    analyze -q -o "$scratch/of-mutants" "$scratch/mutants"
    check 'mutants are damaged' equal 2 "$status"
    check 'each mutant has its row' equal "$mutants" \
        "$(columns "$scratch/of-mutants/sources.csv" path kind | grep -c '|registry$')"
    check 'and no reader crashed' equal 0 \
        "$(columns "$scratch/of-mutants/sources.csv" status | grep -c crashed)"
else
    left_out=$((left_out + 3))
fi

# ---- hivex ----

if ! "$python" -c 'import hivex' 2>"$scratch/hivex"; then
    echo 'SKIP: python3-hivex, another tool, is not installed: nothing to write and read hives with'
    finish
fi

python_check 'hivex reads what the writer wrote' "$scratch/made" <<'END'
import hivex, sys

def key(hive, path):
    node = hive.root()
    for name in path.split('\\'):
        node = hive.node_get_child(node, name)
    return node

def text(hive, node, name):
    return hive.value_string(hive.node_get_value(node, name))

config = sys.argv[1] + '/PC-B/C/Windows/System32/config/'
hive = hivex.Hivex(config + 'SOFTWARE')
system = key(hive, 'Microsoft\\Windows NT\\CurrentVersion')
assert text(hive, system, 'EditionID') == 'ProfessionalN'
assert text(hive, system, 'ProductName') == 'Windows 7 Professional N'
packages = key(hive, 'Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages')
names = {hive.node_name(node): node for node in hive.node_children(packages)}
assert len(names) == 31, len(names)
wat, = [node for name, node in names.items() if 'WindowsActivationTechnologies' in name]
assert hive.value_dword(hive.node_get_value(wat, 'CurrentState')) == 0x70
high, low = (hive.value_dword(hive.node_get_value(wat, 'InstallTime' + half)) & 0xffffffff
             for half in ('High', 'Low'))
assert (high << 32 | low) == 131685984000000000, 'installed at 2018-04-19T08:00:00Z'
hive = hivex.Hivex(config + 'SYSTEM')
tcpip = key(hive, 'ControlSet001\\Services\\Tcpip\\Parameters')
assert (text(hive, tcpip, 'Hostname'), text(hive, tcpip, 'Domain')) == ('ACC-PC02', 'corp.example')
END

mkdir -p "$scratch/hivex.d/PC7" "$scratch/hivex.d/PC8"
python_check 'hivex writes hives' "$scratch/made/PC-A/C/Windows/System32/config" "$scratch/hivex.d" <<'END'
import hivex, sys

def text(value):
    return {'t': 1, 'value': value.encode('utf-16le') + b'\0\0'}

def number(value):
    return {'t': 4, 'value': value.to_bytes(4, 'little')}

def set_values(hive, path, values):
    node = hive.root()
    for name in path.split('\\'):
        node = hive.node_get_child(node, name) or hive.node_add_child(node, name)
    hive.node_set_values(node, [dict(value, key=key) for key, value in values.items()])

PACKAGES = 'Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\'
WAT = ('Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~x86~~'
       '7.1.7600.16395')
made, out = sys.argv[1:]

for folder, has_update in ('PC7', True), ('PC8', False):
    hive = hivex.Hivex(made + '/SOFTWARE', write=True)
    for node in hive.node_children(hive.root()):
        hive.node_delete_child(node)
    set_values(hive, 'Classes', {})
    set_values(hive, 'Microsoft\\Windows NT\\CurrentVersion', {
        'ProductName': text('Windows 7 Professional E'), 'EditionID': text('ProfessionalE'),
        'CurrentVersion': text('6.1'), 'CurrentBuildNumber': text('7600'),
        'ProductId': text('00371-OEM-8992671-00524'), 'InstallationType': text('Client')})
    for index in range(2000):
        set_values(hive, PACKAGES + 'Package_%d_for_KB%d~31bf3856ad364e35~x86~~6.1.1.%d'
                   % (index % 7, 2400000 + index, index % 10), {'CurrentState': number(0x70)})
    if has_update:
        set_values(hive, PACKAGES + WAT, {
            'CurrentState': number(0x80), 'InstallTimeHigh': number(0x01d3d7b5),
            'InstallTimeLow': number(0x12345678)})
    hive.commit(out + '/' + folder + '/SOFTWARE')
    hive = hivex.Hivex(made + '/SYSTEM', write=True)
    for node in hive.node_children(hive.root()):
        hive.node_delete_child(node)
    set_values(hive, 'Select', {'Current': number(3), 'Default': number(3)})
    set_values(hive, 'ControlSet001\\Services\\Tcpip\\Parameters', {'Hostname': text('OLD')})
    set_values(hive, 'ControlSet003\\Control\\ComputerName\\ComputerName',
               {'ComputerName': text(folder + '-WITH-A-LONG')})
    set_values(hive, 'ControlSet003\\Services\\Tcpip\\Parameters',
               {'Hostname': text(folder + '-with-a-long-name'), 'Domain': text(''),
                'NV Domain': text('corp.example')})
    hive.commit(out + '/' + folder + '/SYSTEM')
END
analyze -q -o "$scratch/of-hivex" "$scratch/hivex.d"
check 'what hivex wrote is read' equal 0 "$status"
check 'and comes back as written' equal \
    'PC7-with-a-long-name.corp.example|installed|Windows 7 Professional E|other|6.1.7600
PC8-with-a-long-name.corp.example|absent|Windows 7 Professional E|other|6.1.7600' \
    "$(columns "$scratch/of-hivex/hosts.csv" host kb971033 edition licence_channel os_version)"
check 'with all of its packages' grep -q 'not among its 2000 packages' "$scratch/of-hivex/hosts.csv"
finish
