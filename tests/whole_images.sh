#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A collection as a folder, and the same within images of disks: the reports are the same but for
# the paths. The images are made by other programs, without mounting anything.
. "$top_srcdir/tests/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
for tool in mkntfs qemu-img ewfacquirestream sfdisk "$python"; do
    command -v "$tool" >/dev/null || {
        echo "SKIP: $tool, another tool, is not installed: no image of a disk was made"
        finish
    }
done
cd "$scratch" || exit 1

# Machines of the made-up collection, with what lies in the folders of Windows.
mkdir in
for host in FIN-PC01 FIN-PC02 FIN-PC03 FIN-PC04; do
    mkdir "in/$host"
    cp -Rp "$top_srcdir/samples/collection/$host/C" "in/$host/"
    chmod -R u+w "in/$host"
done
truncate -s 24M volume.raw
mkntfs -F -q -f volume.raw >/dev/null 2>&1
check 'a volume is filled' \
    "$python" "$top_srcdir/tests/fixtures/fill_ntfs.py" volume.raw in FIN-PC02/C/Windows

# same NAME FORMAT IMAGE ARGUMENTS...: are hosts and events of the image those of the folder?
plain() {
    sed -e 's#\([" ]\)in/#\1#g' -e 's#images/[A-Za-z0-9.-]*!/##g' "$1"
}

same() {
    same_name=$1
    shift
    rm -rf report
    analyze --output report "$@"
    check "$same_name: is read whole" equal 0 "$status"
    plain report/hosts.csv >hosts
    check "$same_name: gives the same hosts" diff expected-hosts hosts
    check "$same_name: and the same sources" diff expected-sources - <<END
$(plain report/sources.csv | grep -o '^"FIN.*')
END
}

analyze --output folder in
check 'the folder is read' equal 0 "$status"
check 'and names its machines' equal 4 "$(grep -c FIN-PC folder/hosts.csv)"
plain folder/hosts.csv >expected-hosts
plain folder/sources.csv | grep -o '^"FIN.*' >expected-sources

mkdir images
cp volume.raw images/volume.raw
same 'a raw volume' images/volume.raw

truncate -s 32M images/disk.raw
printf 'label: gpt\nstart=2048, size=24MiB\n' | sfdisk -q images/disk.raw
dd if=volume.raw of=images/disk.raw bs=1M seek=1 conv=notrunc status=none
same 'a disk with a GPT' images/disk.raw
for format in vhdx vpc qcow2 vmdk; do
    qemu-img convert -f raw -O "$format" images/disk.raw "images/disk.$format"
    same "$format" "images/disk.$format"
done
rm -f images/*
ewfacquirestream -q -t images/disk -S 4194304 -c none <volume.raw >/dev/null 2>&1
check 'E01 has several segments' test -e images/disk.E03
same 'E01 in segments' images
same 'E01 named alone' images/disk.E01
rm -rf report
analyze --output report images
check 'a segment is not read for itself' equal 'ok|segment of images/disk.E01' \
    "$(columns report/sources.csv path status detail | sed -n 's#^images/disk.E02|##p')"
rm images/disk.E02
rm -rf report
analyze --output report images/disk.E01
check 'a missing segment is said' grep -qF 'disk.E02 is missing' report/sources.csv
check 'and is a failure' equal 2 "$status"

rm -f images/*
split -b 8M -d -a 3 --numeric-suffixes=1 volume.raw images/volume.
same 'a split image' images
"$python" -m zipfile -c split.zip images/volume.001 images/volume.002 images/volume.003
rm -rf report
analyze --output report split.zip
check 'a split image within an archive is said not to be whole' equal 'damaged' \
    "$(columns report/sources.csv path status | sed -n 's/^split.zip!\/volume.001|//p')"
printf 'regf' | dd of=images/volume.002 conv=notrunc status=none
rm -rf report
analyze --output report images
check 'and so is one of which a part looks like something else' equal 'damaged|registry' \
    "$(columns report/sources.csv path status | sed -n 's/^images\/volume.001|//p')|$(
        columns report/sources.csv path kind | sed -n 's/^images\/volume.002|//p')"
check 'and is a failure' equal 2 "$status"
rm -f images/*
cp volume.raw images/volume.001
cp volume.raw images/volume.002
cp in/FIN-PC02/C/Windows/System32/winevt/Logs/Application.evtx images/volume.003
rm -rf report
analyze --output report images
check 'whole images with numbers are read' equal 0 "$status"
check 'and no segments, nor is a log' equal '' \
    "$(columns report/sources.csv path detail | grep -F 'segment of')"
rm -f images/*
qemu-img convert -f raw -O vmdk -o subformat=monolithicFlat volume.raw images/flat.vmdk
same 'a VMDK with its extent' images

# A collection of Velociraptor lies in an image as it came.
make_logs made <<END
file "made/Cases/Round 2/uploads/ntfs/%5C%5C.%5CC%3A/Windows/System32/winevt/Logs/Application.evtx"
computer PC1
noise 5 2019-01-01T07:00:00Z 2019-01-25T09:00:00Z
END
echo '{"Hostname":"PC1","Fqdn":"PC1","OS":"windows"}' >'made/made/Cases/Round 2/client_info.json'
rm -f images/*
truncate -s 12M images/disk.raw
mkntfs -F -q -f images/disk.raw >/dev/null 2>&1
check 'a volume is filled with a collection' \
    "$python" "$top_srcdir/tests/fixtures/fill_ntfs.py" images/disk.raw made/made
rm -rf report
analyze --output report images
check 'and read, with what Velociraptor says of it' equal \
    'image|ok listing|PC1|ok evtx|PC1|ok' \
    "$(columns report/sources.csv kind machines status | sed 's/||/|/' | paste -s -d ' ')"

# What was read by its path is not counted again when the rest is searched.
cp volume.raw images/volume.raw
rm -rf report images/flat*
analyze --carve --output report images/volume.raw
plain report/hosts.csv | sed 's#images/volume.raw; ##g' >hosts
check 'with --carve the hosts are the same' diff expected-hosts hosts
finish
