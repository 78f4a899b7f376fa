# SPDX-License-Identifier: Apache-2.0
"""What is known of a machine, put in order, for second_verdict.py: which clocks were right, what the logs
cover, what each event says. Nothing here is shared with the program.

A machine is {host, logs, listings, rows}: a log {channel, records}, a record {id, time} and, where it is
of interest, {provider, event, qualifiers, strings}; a listing {path, mtime} and {present} of the update
or {status, code, edition, channel} of the licence; a hive {path, mtime, edition, channel}, where it tells {present}; a row of an update history {time}; a line of our
scripts' log {time (or none), script, run, step, result, number}.
They become items, each with its `name` ('SPP 8209', 'WAT 13', 'row', 'listing', 'script'); `own` is the time that
its clock said, `at` the time that counts (both in seconds since 1970), `key` orders, `place` is the order."""
import itertools
import re
from datetime import datetime, timezone
from types import SimpleNamespace


def seconds(text):
    return int(datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp())


def iso(time):
    return datetime.fromtimestamp(time, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


START, END = seconds('2019-01-08T10:00:00Z'), seconds('2019-01-09T04:30:00Z')
MINUTE, HOUR, DAY = 60, 3600, 86400
WINDOWS, OFFICE = '55c92734-d682-4d71-983e-d6ec3f16059f', ['6f327760-8c5c-417c-9b61-836a98287e0c']
NO_KMS, NON_GENUINE = 0xC004F074, {0xC004F200, 0xC004F064, 0xC004F065, 0x4004F065, 0xC004F067, 0x4004F068}
PROVIDERS = {'Microsoft-Windows-Security-SPP': 'SPP', 'Windows Activation Technologies': 'WAT'}


def code_of(text):
    found = re.search(r'0x([0-9A-Fa-f]+)', text)
    return int(found[1], 16) if found else None


def guid_of(text):
    return text.strip().strip('{}').lower()


def is_refusal(code):
    return code >> 16 == 0xC004 and code != NO_KMS


# ---- Time: which clocks were right, what the logs cover ----

def sane_run(times):
    """The places of the longest run in which no time is more than 5 minutes before an earlier one; of
    equally long ones that of later times. `best` has, for each latest time of a run, the longest one."""
    best = {}
    for index, time in enumerate(times):
        fitting = [top for top in best if top <= time + 5 * MINUTE]
        for top, (length, total, run) in [(top, best[top]) for top in fitting] or [(time, (0, 0, None))]:
            key, grown = max(time, top), (length + 1, total + time, (index, run))
            best[key] = max(best.get(key, grown), grown, key=lambda value: value[:2])
    run, chosen = max(best.values(), key=lambda value: value[:2])[2], set()
    while run:
        chosen.add(run[0])
        run = run[1]
    return chosen


def place_records(log):
    """Places each record in time. The log gets `parts`, the times that it covers without a gap."""
    run, top, after = sane_run([record.own for record in log.records]), float('-inf'), None
    log.parts, log.has_gaps, broken, previous = [], False, True, None
    for index, record in enumerate(log.records):
        broken = broken or record.id != previous + 1
        log.has_gaps = log.has_gaps or index > 0 and record.id != previous + 1
        record.wrong, previous = index not in run, record.id
        if not record.wrong:
            top = max(record.own, top)
            if broken:
                log.parts.append([record.own, record.own])
            log.parts[-1][1], broken = max(log.parts[-1][1], record.own), False
        record.key, record.at = top, top if record.wrong else record.own
    for record in reversed(log.records):
        after = after if record.wrong else record.own
        record.inside = START <= record.at <= END and after is not None and START <= after <= END


def covers(parts, start, end):
    return any(part[0] <= start and end <= part[1] for part in parts)


# ---- What events and listings say ----

def read_1003(text):
    """(activation id, state, reason) of the installed licence; `several` tell no state."""
    found = []
    for licence, groups in re.findall(r'\d+: ([0-9a-fA-F-]{36}), \d+, \d+ \[(.*)\]', text):
        results = re.findall(r'\[(0x\w+), (\d), (\d)\], \[(.*?)\]', groups)
        if not results or code_of(results[0][0]) in (0xC004F014, 0xC004F055):
            continue
        good = [result for result in results if code_of(result[0]) == 0]
        state = 'licensed' if any(result[1] == '1' for result in good) else 'grace' if any(
            result[2] == '1' for result in good) else 'notification' if good else None
        codes = re.findall(r'0x\w{8}', good[-1][3].rpartition('( ')[2]) if good else []
        reason = code_of(codes[-1]) if codes and state in ('grace', 'notification') else None
        found.append((guid_of(licence), state, reason))
    return found[0] if len(found) == 1 else ('several' if found else None, None, None)


def read_event(item):
    item.name = f'{PROVIDERS.get(item.provider, item.provider.rpartition("-")[2])} {item.event}'
    item.codes = [code_of(text) for text in item.strings]
    fields = [field.strip() for field in item.strings[0].split(',')] if item.strings else []
    if item.name == 'SPP 12288':
        item.hr, item.status, item.licence = code_of(fields[0]), int(fields[6]), guid_of(fields[8])
        item.client_id = guid_of(fields[3])
    elif item.name == 'SPP 12289':
        item.hr, item.activated = code_of(fields[0]), code_of(fields[0]) == 0 and int(fields[2]) == 1
    elif item.name == 'SPP 1003':
        item.licence, item.state, item.reason = read_1003(item.strings[1])
    item.is_reset = item.name in ('SPP 8205', 'SPP 8206') or \
        item.name == 'SPP 12306' and guid_of(item.strings[0]) == WINDOWS
    return item


def known_records(log):
    """Of 1003 with the same statement that follow each other only the first and the last are known."""
    items = [read_event(record) for record in log.records if hasattr(record, 'event')]
    items = [item for item in items if item.name != 'SPP 12290'] # of its clients
    checks = [item for item in items if item.name == 'SPP 1003']
    said = [(item.licence, item.state, item.reason) for item in checks]
    for before, item in enumerate(checks[1:-1]):
        if said[before] == said[before + 1] == said[before + 2]:
            items.remove(item)
    return items


def listing_kind(listing):
    if listing.status == 1:
        return 'listing-licensed'
    if listing.status == 4 or listing.code and code_of(listing.code) in NON_GENUINE:
        return 'listing-non-genuine'
    return 'listing-unlicensed' if listing.status in (0, 3, 5, 6) else None


def choose_licence(item):
    """Of licences that listings of one time tell, the one that leaves the machine broken counts."""
    rank = ['listing-licensed', None, 'listing-unlicensed', 'listing-non-genuine']
    told = [listing for listing in item.listings if hasattr(listing, 'status')]
    item.worst = max(told, key=lambda listing: rank.index(listing_kind(listing)), default=None)
    item.kind = listing_kind(item.worst) if item.worst else None
    item.faults = [listing for listing in told if listing_kind(listing) not in ('listing-licensed', None)]


# ---- All of it in order ----

def mark_answered(items):
    """`answered`: a 12289 that activated follows the 12288 within a minute."""
    asking = []
    for item in items:
        if item.name == 'SPP 12288':
            item.answered, item.is_office = False, item.licence in OFFICE
            asking = [] if item.is_office else asking + [item]
        elif item.name == 'SPP 12289' and item.activated:
            for request in asking:
                request.answered = request.answered or item.at - request.at <= MINUTE


SAYINGS = {'remove ok': 'removed', 'absent ok': 'absent', 'remove failed': 'installed', 'rebuild ok': 'rebuilt',
           'activate ok': 'activated', 'activated ok': 'activated', 'put-back ok': 'put back',
           'put-back failed': 'put back'}


def script_items(lines):
    """What our scripts saw at a time that they knew."""
    for line in lines:
        if line.time:
            own, says = seconds(line.time), SAYINGS.get(f'{line.step} {line.result}')
            yield SimpleNamespace(name='script', own=own, at=own, key=own, source='script', says=says, run=line.run,
                                  script=line.script, status=line.number if line.step == 'end' else None,
                                  inside=START <= own <= END, wrong=False, is_reset=says == 'rebuilt')


def gather(machine, requests):
    """The items of a machine, with the `requests` that KMS hosts saw of it. Listings of one time are one
    item: later than all events, those that are less than an hour behind the first; before, those of the
    same second."""
    items, last, group = [], float('-inf'), None
    for log in machine.logs:
        for record in log.records:
            record.own, record.source = seconds(record.time), log.channel
        place_records(log)
        last = max([last] + [record.own for record in log.records if not record.wrong])
        items += known_records(log)
    scripts = list(script_items(machine.scripts))
    last = max([last] + [item.own for item in requests + scripts])
    items += requests
    for row in machine.rows:
        own = seconds(row.time)
        items.append(SimpleNamespace(name='row', own=own, at=own, key=own, source='rows', is_reset=False))
    for listing in sorted(machine.listings, key=lambda listing: listing.mtime):
        listing.own = seconds(listing.mtime)
        if group is None or listing.own > group.at and (group.at < last or listing.own - group.at >= HOUR):
            group = SimpleNamespace(name='listing', at=listing.own, key=listing.own, listings=[], inside=False,
                                    wrong=False, is_reset=False)
            items.append(group)
        group.listings.append(listing)
    items += scripts # behind what else is of their second
    items.sort(key=lambda item: item.key)
    for item in items: # a listing behind all events was taken right after the last one, for all that is known
        item.near = last if item.name == 'listing' and item.at > last else item.at
    for place, item in enumerate(items):
        item.place = place
        if item.name == 'listing':
            choose_licence(item)
    mark_answered(items)
    return items


# ---- Evidence on the update and the licence ----

def update_pieces(items):
    """(time, source, is it there, does it tell of a removal)"""
    for item in items:
        if item.name == 'listing':
            yield from ((item.at, listing.path, listing.present, False) for listing in item.listings
                        if hasattr(listing, 'present'))
        elif item.name == 'row' or item.name.startswith('WAT') or \
                item.name == 'WindowsUpdateClient 19' and 'KB971033' in item.strings[0]:
            yield item.at, item.source, True, False
        elif item.name == 'script' and item.says in ('removed', 'absent', 'installed'):
            yield item.at, item.source, item.says == 'installed', item.says == 'removed'
        elif item.name == 'Servicing 2' and item.strings[0] == 'KB971033':
            yield item.at, item.source, item.strings[1] == 'Installed', item.strings[1] == 'Absent'


def update_state(items):
    """(kb971033, is it contradicted)"""
    state, conflict, was_there = 'unknown', False, False
    for _, group in itertools.groupby(update_pieces(items), key=lambda piece: piece[0]):
        group = list(group)
        newest = {source: present for _, source, present, _ in group}.values()
        conflict = len(set(newest)) == 2
        was_there = was_there or any(present or removal for _, _, present, removal in group)
        state = 'installed' if any(newest) else 'removed' if was_there else 'absent'
    return state, conflict


def licence_pieces(items, licences):
    """(item, source, edition, channel)"""
    for item in items:
        if item.name == 'listing':
            yield from ((item, listing.path, listing.edition, listing.channel) for listing in item.listings
                        if hasattr(listing, 'channel'))
        elif item.name in ('SPP 12288', 'SPP 12290') and not item.is_office and not getattr(item, 'is_known', False):
            yield item, item.name, licences.get(item.licence, [None])[0], 'volume-kms'
        elif item.name in ('SPP 1003', 'SPP 1016'):
            known = item.licence if item.event == 1003 else guid_of(item.strings[0])
            if known == 'several': # nothing tells which of them is in use
                yield item, item.name, 'several', 'unknown'
            elif known is not None:
                yield (item, item.name, *licences.get(known, [None, 'other'])[:2])


def newest_edition(pieces, installed):
    """(edition, is it contradicted) by the newest piece; `installed` are the places of 1016."""
    named = [piece for piece in pieces if piece[2]]
    if not named or named[-1][2] == 'several':
        return 'unknown', False
    newest, _, edition, _ = named[-1]
    conflict = any(other_edition not in (edition, 'several') and
                   (newest.at if item.name == 'listing' else newest.near) - item.at < DAY and
                   not any(item.place < place <= newest.place for place in installed)
                   for item, _, other_edition, _ in named)
    return 'unknown' if conflict else edition, conflict


def nearest(pieces, first, end):
    """Of (place, time, value) before the place `end` the value nearest in time to the first signal."""
    return min((piece for piece in pieces if piece[0] < end), key=lambda piece: abs(piece[1] - first.at),
               default=(0, 0, None))[2]
