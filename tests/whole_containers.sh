#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Collections in archives: what they say is what the folder says; what is hostile, broken or
# encrypted costs nothing else; and a case that is made again has what its archives have now.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# Times without parts of a second, which zip has not.
cp -r "$top_srcdir/samples/collection" all
find all -exec touch -d 2019-02-20T10:00:00Z {} +
skipped=
has() {
    command -v "$1" >/dev/null 2>&1 && return
    case $skipped in
    *" $1 "*) ;;
    *) skipped="$skipped $1 " ;;
    esac
    return 1
}

analyze -q -o folder all
folder_status=$status

# hosts FOLDER PREFIX: hosts.csv without what stands before the paths of members, and without what
# says the time of a zip's listings in its own way.
hosts() {
    sed "s#$2##g" "$1/hosts.csv"
}
hosts folder all/ >expected
same() {
    hosts "$1" "$2" >got
    diff expected got
}

# volume_of FOLDER: how much the page says was read.
volume_of() {
    grep -o -m 1 'with [0-9.]* [KMG]iB and [0-9]* records' "$1/report.html"
}

# as_folder NAME ARCHIVE PREFIX OPTIONS...: does the archive say what the folder says?
as_folder() {
    name=$1
    archive=$2
    prefix=$3
    shift 3
    analyze -q -o "$name" "$@" "$archive"
    check "$name ends as the folder does" equal "$folder_status" "$status"
    check "$name says what the folder says" same "$name" "$prefix"
    check "$name has its row" equal ok "$(cell "$name/sources.csv" "$archive" status)"
}

if has zip; then
    (cd all && zip -qr ../plain.zip .)
    as_folder zip plain.zip 'plain.zip!/'
    check 'and counts what was read once' equal "$(volume_of folder)" "$(volume_of zip)"
    zip -qj nested.zip plain.zip
    as_folder nested nested.zip 'nested.zip!/plain.zip!/'
    (cd all && zip -qr -P 'pass word' ../crypto.zip .)
    printf 'wrong\npass word\n' >passwords
    as_folder encrypted crypto.zip 'crypto.zip!/' --password-file passwords
    mkdir noted
    printf 'KB971033 was seen there, says the note\n' >noted/note.txt
    (cd noted && zip -qr ../noted.zip note.txt)
    for option in '' --no-hash; do
        # shellcheck disable=SC2086 # an option or none
        analyze -q -o "noted-report$option" $option noted.zip
        check "a text without a listing is skipped, and has no hash $option" equal 'skipped|' \
            "$(columns "noted-report$option/sources.csv" path status sha256 |
                sed -n 's/^noted.zip!.note.txt|//p')"
    done
    analyze -o locked crypto.zip
    check 'without the password the status is 2' equal 2 "$status"
    check 'which is said by name' grep -q 'zip archive could not be opened: crypto.zip: ' err
    check 'and in its row' equal unreadable "$(cell locked/sources.csv crypto.zip status)"
fi
if has 7z; then
    (cd all && 7z a -bd ../a.7z . && 7z a -bd -tzip -mem=AES256 '-ppass word' ../aes.zip .) >7z.out
    as_folder 7z a.7z 'a.7z!/'
    printf 'pass word\n' >passwords
    as_folder aes aes.zip 'aes.zip!/' --password-file passwords
    # Two passwords in one archive, and one that nothing in it has.
    (cd all && 7z a -bd -tzip -mem=AES256 -pfirst ../two.zip ACCOUNTING DEPOT &&
        7z a -bd -tzip -mem=AES256 -psecond '-x!ACCOUNTING' '-x!DEPOT' ../two.zip .) >7z.out
    printf 'none\nsecond\nfirst\n' >passwords
    as_folder two-passwords two.zip 'two.zip!/' --password-file passwords
    printf 'pass word\n' >passwords
    (cd all && 7z a -bd '-ppass word' -mhe=on ../locked.7z .) >7z.out
    analyze -o locked7 --password-file passwords locked.7z
    check 'an encrypted 7z cannot be opened' equal '2 unreadable' \
        "$status $(cell locked7/sources.csv locked.7z status)"
    check 'and what to do about it is said' equal \
        'the list of its members is encrypted: only zip archives are decrypted here, so unpack it first' \
        "$(cell locked7/sources.csv locked.7z detail)"
    (cd all && 7z a -bd '-ppass word' ../closed.7z .) >7z.out
    analyze -o closed7 --password-file passwords closed.7z
    check 'nor its members, and no password is asked for' equal \
        'only zip archives are decrypted here, so unpack it first' \
        "$(cell closed7/sources.csv closed.7z detail | sed 's/.*not read: //; s/; .*//')"
fi
for form in gz:gzip bz2:bzip2 xz:xz zst:zstd; do
    has "${form#*:}" || continue
    tar --create --use-compress-program="${form#*:}" --file="a.tar.${form%:*}" -C all .
    as_folder "tar-${form#*:}" "a.tar.${form%:*}" "a.tar.${form%:*}!/"
done
tar --create --file=a.tar -C all .
as_folder tar a.tar 'a.tar!/'

# --- hostile ones, beside a machine that is as it should be ---

make_logs good <<'END'
file PC1/Application.evtx
computer PC1
noise 10 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
noise 10 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z
END

python_check 'hostile archives are made' good/PC1/Application.evtx <<'END'
import io, struct, sys, tarfile, warnings, zipfile, zlib

log = open(sys.argv[1], "rb").read()
warnings.simplefilter("ignore")

def put(archive, name="PC1/Application.evtx"):
    archive.writestr(name, log)

# 10 GiB of zeros behind the head of a log: one piece of deflate, many times.
piece = zlib.compressobj(9, zlib.DEFLATED, -15)
zeros = piece.compress(bytes(1 << 24)) + piece.flush(zlib.Z_FULL_FLUSH)
first = zlib.compressobj(9, zlib.DEFLATED, -15)
head = first.compress(log[:4096]) + first.flush(zlib.Z_FULL_FLUSH)
count = 640
size, packed = 4096 + (count << 24), len(head) + count * len(zeros)
name = b"PC2/Application.evtx"
extra = struct.pack("<HHQQ", 1, 16, size, packed)
local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 8, 0, 0x4E34, 0, 0xFFFFFFFF, 0xFFFFFFFF,
                    len(name), len(extra)) + name + extra
central = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 45, 45, 0, 8, 0, 0x4E34, 0, 0xFFFFFFFF,
                      0xFFFFFFFF, len(name), len(extra), 0, 0, 0, 0, 0) + name + extra
with open("zeros.zip", "wb") as out:
    out.write(local + head)
    for _ in range(count):
        out.write(zeros)
    start = out.tell()
    out.write(central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), start, 0))

with open("million.zip", "wb") as out:
    directory = io.BytesIO()
    plain = zlib.crc32(log)
    for number in range(1000001):
        name, data, crc = (b"f%d" % number, b"", 0) if number else (b"PC1/Application.evtx", log, plain)
        directory.write(struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 0x4E34, crc,
                                    len(data), len(data), len(name), 0, 0, 0, 0, 0, out.tell()) + name)
        out.write(struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0x4E34, crc, len(data),
                              len(data), len(name), 0) + name + data)
    start = out.tell()
    out.write(directory.getvalue())
    out.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, directory.tell(), start, 0))

def nest(inner, name):
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr(name, inner)
        put(archive)
    return outer.getvalue()

data = b""
for _ in range(1000):
    data = nest(data, "in.zip") if len(data) < 1 << 22 else data
open("deep.zip", "wb").write(data)

data = b"no zip"
for _ in range(5):
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(16):
            archive.writestr("lib %x.zip" % number, data)
        put(archive)
    data = outer.getvalue()
open("wide.zip", "wb").write(data)

with zipfile.ZipFile("names.zip", "w") as archive:
    put(archive)
    put(archive)
    put(archive, "../../PC1/Setup.evtx")
    put(archive, "/PC1/System.evtx")
    put(archive, "x" * 65000)
with tarfile.open("odd.tar", "w") as archive:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        member = tarfile.TarInfo("odd")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    member = tarfile.TarInfo("PC1/Application.evtx")
    member.size = len(log)
    archive.addfile(member, io.BytesIO(log))
END

# hostile NAME EXPECTED: is the archive cut off so, and the machine in it or beside it read?
hostile() {
    mkdir "in-$1"
    mv "$1" "in-$1/"
    cp -r good/PC1 "in-$1/PC1"
    analyze -q -o "out-$1" "in-$1"
    check "$1 ends with 2" equal 2 "$status"
    check "$1 says what it cuts off" grep -qF -- "$2" "out-$1/sources.csv"
    check "$1 costs nothing else" equal 'affected-by-incident' \
        "$(cell "out-$1/hosts.csv" PC1 classification)"
}
if [ -x "$python" ]; then
    hostile zeros.zip 'it unpacks to more than 200 times its size (--limit ratio)'
    # A million members are many where a sanitizer looks at each of their bytes.
    ! once ||
        hostile million.zip 'it has more than 500000 members (--limit members)'
    hostile deep.zip 'lies in 3 containers, so it is not opened (--limit depth)'
    hostile wide.zip 'lies in 3 containers, so it is not opened (--limit depth)'
    hostile names.zip '1 member with a name of more than 4096 bytes not read'
    check 'of two members of one name both have a row' equal '1 1' "$(
        grep -c '^"in-names.zip/names.zip!/PC1/Application.evtx",' out-names.zip/sources.csv) $(
        grep -c '^"in-names.zip/names.zip!/PC1/Application.evtx#2",' out-names.zip/sources.csv)"
    check 'names lead nowhere' grep -qF '"in-names.zip/names.zip!/%2E%2E/%2E%2E/PC1/Setup.evtx"' \
        out-names.zip/sources.csv
    analyze -q -o odd odd.tar
    check 'links and devices are counted' equal \
        '0 members that no reader takes: 5 links or devices' \
        "$status $(cell odd/sources.csv odd.tar detail)"
    check 'and the rest is read' equal affected-by-incident "$(cell odd/hosts.csv PC1 classification)"
fi

# --- files without their holes ---

python_check 'a sparse upload is made, in a zip and in a folder' good/PC1/Application.evtx <<'END'
import json, os, sys, zipfile

log = open(sys.argv[1], "rb").read()
stored, ranges = b"", []
for start in range(0, len(log), 4096):
    page = log[start:start + 4096]
    length = len(page) if page.strip(b"\0") else 0
    ranges.append({"file_offset": len(stored), "original_offset": start, "file_length": length,
                   "length": len(page)})
    stored += page[:length]
assert len(stored) < len(log)
name = "uploads/ntfs/%5C%5C.%5CC%3A/Windows/System32/winevt/Logs/Application.evtx"
files = {name: stored, name + ".idx": json.dumps({"ranges": ranges}).encode()}
with zipfile.ZipFile("sparse.zip", "w") as archive:
    for path, data in files.items():
        archive.writestr(path, data)
for path, data in files.items():
    os.makedirs(os.path.join("sparse", os.path.dirname(path)), exist_ok=True)
    open(os.path.join("sparse", path), "wb").write(data)
END
if [ -x "$python" ]; then
    name=uploads/ntfs/%5C%5C.%5CC%3A/Windows/System32/winevt/Logs/Application.evtx
    whole=$(sha256sum <good/PC1/Application.evtx | cut -d' ' -f1)
    analyze -q -o sparse-zip sparse.zip
    check 'in a zip it is whole again' equal "0 $whole" \
        "$status $(cell sparse-zip/sources.csv "sparse.zip!/$name" sha256)"
    analyze -q -o sparse-folder sparse
    check 'and in a folder' equal "0 $whole" \
        "$status $(cell sparse-folder/sources.csv "sparse/$name" sha256)"
    check 'where it is one source' equal 1 "$(grep -c "^\"sparse/$name[^.]" sparse-folder/sources.csv)"
    echo 'no map' >"sparse/$name.idx"
    analyze -q -o no-map sparse
    check 'what has no map is read as it is' equal damaged \
        "$(cell no-map/sources.csv "sparse/$name" status)"
fi

# --- a process that ends while it fills a member ---

python_check 'a large log is packed' good/PC1/Application.evtx <<'END'
import sys, zipfile

log = open(sys.argv[1], "rb").read()
with zipfile.ZipFile("large.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    with archive.open("PC1/Application.evtx", "w") as member:
        member.write(log[:4096] + 3200 * log[4096:69632])
    archive.writestr("PC2/Application.evtx", log)
END
# unpacking PID: the number of its process that unpacks.
unpacking() {
    for child in $(cat "/proc/$1/task/$1/children" 2>"$scratch/none"); do
        [ "$(cat "/proc/$child/comm" 2>"$scratch/none")" != spptriage-unpac ] || echo "$child"
    done
}
# killed SECONDS: does the run end, with 2, when the process is killed after that time?
killed() {
    rm -rf killed
    "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -q -o killed large.zip &
    run=$!
    child=
    while [ -z "$child" ] && [ -e "/proc/$run/comm" ]; do
        child=$(unpacking $run)
    done
    sleep "$1"
    [ -z "$child" ] || kill -9 "$child" 2>"$scratch/none"
    status=0
    wait $run || status=$?
    equal '2 crashed' "$status $(cell killed/sources.csv large.zip status)"
}
if [ -x "$python" ]; then
    for seconds in 0 0.05 0.1; do
        check "killed after $seconds s" killed "$seconds"
    done
fi

# --- the same case again ---

mkdir round
tar --create --file=round/a.tar -C good PC1
for options in '' '--no-hash'; do
    rm -rf again
    # shellcheck disable=SC2086 # none or one
    analyze -q $options -o again round
    cp again/case.db first.db
    # shellcheck disable=SC2086
    analyze -v $options -o again round
    check "a case made again$options is the same" cmp first.db again/case.db
    [ -n "$options" ] ||
        check 'and nothing is read twice' grep -q 'a.tar!/PC1/Application.evtx: unchanged' err
done
make_logs more <<'END'
file PC2/Application.evtx
computer PC2
noise 10 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
END
tar --create --file=round/a.tar -C more PC2
analyze -q -o again --no-hash round
check 'what an archive has no more is gone' equal 'PC2|round/a.tar!/PC2/Application.evtx' \
    "$(columns again/hosts.csv host sources)"
printf 'a text\n' >round/a.tar
cp -r good/PC1 round/
analyze -q -o again --no-hash round
check 'and what is no archive any more' equal 'PC1|round/PC1/Application.evtx' \
    "$(columns again/hosts.csv host sources)"

[ -z "$skipped" ] || echo "SKIP: these programs are not installed:$skipped"
finish
