#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of a verdict a second time, to compare the program with: second_verdict.py MACHINES.json
prints CSV: of each machine the columns that follow from its events and listings. The input is
{licences: {activation id: [edition, channel, KMS client key]}, machines: [..]}, see second_reading.py."""
import csv
import json
import sys
from types import SimpleNamespace

from second_hosts import ask_hosts, mark_requests, seen_by_hosts, short, windows_7
from second_reading import (DAY, SAYINGS, END, MINUTE, NON_GENUINE, START, WINDOWS, code_of, covers, gather, guid_of, iso,
                            is_refusal, licence_pieces, nearest, newest_edition, seconds, update_state)

TEMPLATE = '66c92734-d682-4d71-983e-d6ec3f16059f'
BLOCKED = 0xC004C4A2
NOT_LICENSED = (3, 4, 5, 6, 'non-genuine') # 4: as a KMS host saw it
NOTES = ['window-not-covered', 'onset-not-covered', 'log-filtered', 'clock-changed', 'near-window', 'fault-before',
         'update-evidence-conflict', 'edition-conflict', 'listing-non-genuine', 'listing-unlicensed',
         'listing-licensed', 'reactivated', 'could-not-ask', 'weak-without-update', 'not-volume-licensed',
         'not-windows-7']
COLUMNS = ['host', 'classification', 'confidence', 'review', 'state', 'first_fault_utc', 'last_fault_utc',
           'recovered_utc', 'in_window_events', 'events_8196', 'events_8208', 'events_8209', 'events_13', 'codes',
           'window_coverage', 'kb971033', 'edition', 'licence_channel', 'clock', 'action', 'kms_client_key', 'remediation']


class Walk:
    """Goes through the items in order: statements on the licence, faults, episodes."""

    def __init__(self, items):
        self.episodes, self.faults, self.recoveries, self.signals = [], [], [], []
        self.statements = []
        self.open = self.statement = self.listing = self.request = self.view = self.activated_run = None
        self.at_work, self.renewed, self.begun = None, float('-inf'), set()
        for item in items:
            if item.name == 'listing' and item.worst is not None:
                self.take_listing(item)
            elif item.name == 'WAT 13':
                self.take_validation(item)
            elif item.name == 'script':
                self.take_script(item)
            elif item.name == 'SPP 12290':
                self.take_seen(item)
            elif item.name.startswith('SPP '):
                self.take_spp(item)

    def say(self, item, value):
        self.statement, self.listing = (value, item.at), None
        self.statements.append((value, item))
        for fault in self.faults:
            fault.over = fault.over or value == 1

    def fault(self, item, codes, asks=False, licensed=False):
        """`asks`: it is a failure to ask, unless a code is a refusal or says that the machine is not genuine;
        such a one is over when the machine is licensed all the same."""
        asks = asks and not any(is_refusal(code) or code in NON_GENUINE for code in codes)
        self.faults.append(SimpleNamespace(item=item, codes=set(codes) - {0, None}, asks=asks,
                                           over=asks and licensed))

    def fail(self, item, codes):
        self.fault(item, codes, True, self.statement is not None and self.statement[0] == 1)

    def signal(self, item, codes, strong=False, consistent=False):
        self.fault(item, codes)
        item.strong, item.consistent, self.listing = strong, consistent, None
        if self.open is None:
            self.open = SimpleNamespace(signals=[], before=self.statement, view=self.view, closed=None, denied=False)
            self.episodes.append(self.open)
        self.open.reset = False
        self.open.signals.append(item)
        self.signals.append(item)

    def recover(self, item, how='event'):
        if how != 'listing':
            self.recoveries.append(item)
            self.view = item if item.inside else self.view
        if self.open is not None:
            self.open.closed, self.open.how = item, how
            self.open.reactivated = self.open.reset or how == 'answer'
            self.open = None
        self.say(item, 1)

    def take_request(self, item):
        self.request = item
        if item.is_office:
            return
        self.view = item if item.inside and item.status in (1, 2) else self.view
        if item.status == 1:
            self.recover(item)
        if item.hr:
            self.fault(item, [item.hr], True, item.status == 1)
        if item.status == 4:
            self.signal(item, [])
        elif item.status in (3, 5, 6) and self.open is None and not item.answered:
            self.fault(item, [])
        if item.status != 1:
            self.say(item, item.status)

    def take_seen(self, item):
        """A request as a KMS host saw it: it opens no episode and is no fault."""
        if item.counts and item.status == 1:
            self.recover(item)
        elif item.counts:
            self.view = item if item.inside and item.status == 2 else self.view
            self.say(item, item.status)

    def take_answer(self, item):
        before = self.request
        if before is not None and before.is_office:
            return
        if item.hr:
            self.fail(item, [item.hr])
        elif item.activated:
            if before is not None and item.at - before.at <= DAY and before.status not in (4, 5) or \
                    self.open is not None and self.open.reset:
                self.recover(item, 'answer')
            elif self.open is None:
                self.say(item, 1)

    def take_licence(self, item):
        if item.state == 'licensed':
            if self.open is None:
                self.say(item, 1)
            elif self.open.reset or self.open.denied:
                self.recover(item)
        elif item.state is not None:
            if item.reason in NON_GENUINE:
                self.signal(item, [item.reason])
            elif item.state == 'notification' and self.open is None:
                self.fault(item, [item.reason])
            if self.open is not None:
                self.open.denied = True
            self.say(item, 2 if item.state == 'grace' else 5)

    def take_validation(self, item):
        if any(map(is_refusal, item.codes)):
            self.signal(item, item.codes, True, item.codes == [0, BLOCKED])
        elif any(item.codes):
            self.fail(item, item.codes)
        else:
            self.recover(item)

    def take_script(self, item):
        """A rebuild is a reset, unless an event of the run was; what a run activated is what it rebuilt,
        whichever it said first. What is put back was not made anew."""
        if (item.script, item.run) not in self.begun:
            self.begun.add((item.script, item.run))
            self.at_work = item.at if self.at_work is None else self.at_work
        was_renewed = self.at_work is not None and self.renewed >= self.at_work
        if item.says == 'put back' and was_renewed:
            self.undo()
        if item.status is not None and item.status != 17 and item.status not in FOR_OTHERS:
            self.at_work = None
        if item.says == 'rebuilt' and not was_renewed:
            self.renewed = item.at
            if self.open is not None:
                self.open.reset = True
        if item.says == 'activated':
            self.activated_run = item.run
        if item.says == 'activated' or item.says == 'rebuilt' and self.activated_run == item.run:
            if self.open is not None and self.open.reset:
                self.open.closed, self.open.how, self.open.reactivated = item, 'script', True
                self.open = None
            self.say(item, 1)

    def undo(self):
        """What was made anew since the run began is gone, and what that repaired is broken again."""
        last = self.episodes[-1] if self.episodes else None
        if self.open is not None:
            self.open.reset = False
        elif last is not None and last.reactivated and last.closed.at >= self.at_work:
            last.closed, last.reactivated, last.reset, self.open = None, False, False, last

    def take_spp(self, item):
        if item.is_reset or item.event == 1016:
            self.renewed = item.at
        event, guids, code = item.event, [guid_of(text) for text in item.strings], (item.codes or [None])[0]
        if event == 12288:
            self.take_request(item)
        elif event == 12289:
            self.take_answer(item)
        elif event == 1003 and guids[0] == WINDOWS:
            self.take_licence(item)
        elif event == 8208 and guids[1] == TEMPLATE and is_refusal(code):
            self.signal(item, [code], True, code == BLOCKED)
        elif event == 8209 and guids[1] == WINDOWS:
            self.signal(item, [])
        elif code in NON_GENUINE and (event == 8196 and item.qualifiers == 0x4000 or event in (1014, 8198, 8200)):
            self.signal(item, [code])
        elif event == 8208 and guids[1] == TEMPLATE and code or event == 8196 and item.qualifiers == 0x4000 or \
                event in (1014, 8193, 8194, 8195, 8198, 8200):
            self.fail(item, [code])
        elif event == 12305 and guids[0] == WINDOWS:
            self.recover(item)
        elif item.is_reset and self.open is not None:
            self.open.reset = True
        elif event in (1022, 1064):
            self.fault(item, [code])

    def take_listing(self, item):
        if item.kind == 'listing-licensed':
            self.recover(item, 'listing')
        for listing in item.faults:
            self.fault(listing, [code_of(listing.code)] if listing.code else [])
        if item.kind != 'listing-licensed':
            self.say(item, 'non-genuine' if item.kind == 'listing-non-genuine' else item.worst.status)
        self.listing = item.kind


def is_incident(episode):
    first, strong = episode.signals[0], [item for item in episode.signals if item.strong and item.inside]
    if not first.inside or strong and not strong[0].consistent:
        return False
    value, at = episode.before or (None, 0)
    episode.fault_before = at < START and value in NOT_LICENSED
    return not episode.fault_before or any(item.consistent for item in strong)


# ---- The columns ----

def clock_of(machine, walk):
    system = [record for log in machine.logs if log.channel == 'System' for record in log.records]
    wrong = [record for log in machine.logs for record in log.records if record.wrong]
    told = {id(fault.item) for fault in walk.faults} | {id(item) for item in walk.recoveries}
    steps = [map(seconds, record.strings) for record in system
             if getattr(record, 'name', '') == 'General 1']
    if any(record.inside or START <= record.own <= END or id(record) in told for record in wrong) or any(
            old - new > 5 * MINUTE and new <= END and old >= START for new, old in steps):
        return 'changed'
    return 'ok' if system or wrong else ''


def state_of(walk, hosts):
    value = walk.statement[0] if walk.statement else None
    is_by_hosts = hosts.suspected or hosts.fault
    if walk.open is not None or walk.listing == 'listing-non-genuine' or value == 4 and is_by_hosts:
        return 'non-genuine'
    if value in NOT_LICENSED or walk.listing == 'listing-unlicensed':
        return 'unlicensed'
    is_open = any(not fault.over for fault in walk.faults)
    if hosts.suspected:
        return 'recovered' if value == 1 and not is_open else 'unlicensed'
    if is_open or hosts.fault and (hosts.asks_in_vain or value != 1):
        return 'fault-open'
    return 'recovered' if walk.faults or hosts.fault else 'none'


def action_of(kind, state, update, channel, excluded, is_windows7, is_listed):
    if channel == 'other' or not is_windows7:
        return 'troubleshoot' if state not in ('recovered', 'none') else 'none' if excluded else 'collect'
    if kind == 'affected-by-incident':
        remove = update in ('installed', 'unknown')
        if state == 'recovered':
            return 'remove-kb971033' if remove else 'none' if is_listed else 'verify'
        rebuild = state == 'non-genuine' and channel not in ('volume-mak', 'kms-host')
        return ('remove-kb971033; restart; ' if remove else '') + ('rebuild-activation' if rebuild else 'troubleshoot')
    more = 'troubleshoot' if state not in ('recovered', 'none') and kind != 'suspected' else \
        '' if excluded else 'collect'
    if update == 'installed':
        return 'remove-kb971033' + ('; ' + more if more else '')
    return more or ('check-kb971033' if update == 'unknown' and channel != 'unknown' else 'none')


# Exit statuses of scripts that are for other machines: no Windows 7, not listed, another edition.
FOR_OTHERS = (12, 13, 22)


def last_run(lines):
    """Script, time and exit status of the run that something is known of last; any with a time is later
    than one without, and any that was for this machine is later than one that was not."""
    runs = {}
    for number, line in enumerate(lines):
        run = runs.setdefault((line.script, line.run), SimpleNamespace(script=line.script, status=None, known=None))
        if run.known is None or f'{line.step} {line.result}' in SAYINGS or line.step in ('end', 'put-back'):
            run.known = max(run.known or ('', 0), (line.time or '', number))
        if line.step == 'end':
            run.status = line.number
    last = max(runs.values(), key=lambda run: (run.status not in FOR_OTHERS, run.known), default=None)
    return '' if last is None else \
        f'{last.script} {last.known[0] or "-"} {"not ended" if last.status is None else last.status}'


def is_affected(items, first, channels, versions):
    end = min((item.place for item in items[first.place + 1:] if item.is_reset or item.name == 'SPP 1016'),
              default=len(items))
    return nearest(channels, first, end) != 'other' and nearest(versions, first, end) is not False


def judge(machine, requests, licences):
    items = gather(machine, requests)
    mark_requests(requests, items)
    walk = Walk(items)
    incidents = [episode for episode in walk.episodes if is_incident(episode)]
    logs = [log for log in machine.logs if log.channel == 'Application']
    parts = [part for log in logs for part in log.parts]
    coverage = 'full' if covers(parts, START, END) else 'partial' if any(
        start <= END and end >= START for start, end in parts) else 'none'
    if not machine.logs + machine.listings + machine.rows:
        coverage = 'unknown' # known from KMS hosts alone
    is_asked = coverage != 'full' and not walk.episodes
    hosts = ask_hosts(requests if is_asked else [], walk.statements, items, licences)
    pieces = list(licence_pieces(items, licences))
    channels = [(item.place, item.at, channel) for item, _, _, channel in pieces if channel]
    versions = [(item.place, item.at, item.strings[0] == '6.01.') for item in items if item.name == 'EventLog 6009']
    channel = channels[-1][2] if channels else 'unknown'
    edition, edition_conflict = newest_edition(pieces, [item.place for item in items if item.name == 'SPP 1016'])
    naming = [piece for piece in pieces if piece[3]]
    if len({piece[3] for piece in naming if piece[0] is naming[-1][0]}) > 1:
        edition, channel, edition_conflict = 'unknown', 'unknown', True # listings of one time contradict each other
    versions = sorted(versions + [(item.place, item.at, True) for item, _, known, channel_told in pieces
                                  if known != 'several' and (known or item.name == 'listing' or
                                                             channel_told in ('volume-mak', 'kms-host'))])
    is_windows7 = not versions or versions[-1][2]
    affecting = [episode for episode in incidents if is_affected(items, episode.signals[0], channels, versions)]
    affected, incidents = bool(affecting), affecting or incidents
    deciding = (incidents or walk.episodes[-1:] or [None])[0]
    kind = 'affected-by-incident' if affected or hosts.suspected else \
        'other-activation-fault' if walk.faults or hosts.fault else 'no-activation-fault'
    state, clock = state_of(walk, hosts), clock_of(machine, walk)
    update, update_conflict = update_state(items)
    before = update_state(items[:deciding.signals[0].place])[0] if deciding else ''
    for episode in incidents:
        episode.seen = covers(parts, START, episode.signals[0].at) or episode.view is not None
    confirmed = any(episode.seen and not episode.fault_before and
                    any(item.consistent and item.inside for item in episode.signals) for episode in incidents)
    last = walk.episodes[-1] if walk.episodes else None
    wanted = {
        'window-not-covered': kind != 'affected-by-incident' and coverage != 'full',
        'onset-not-covered': incidents and not any(episode.seen for episode in incidents),
        'log-filtered': any(log.has_gaps for log in logs),
        'clock-changed': clock == 'changed',
        'near-window': not incidents and any(
            item.consistent and not item.wrong and not START <= item.own <= END and
            START - 15 * MINUTE <= item.own <= END + 15 * MINUTE for item in walk.signals),
        'fault-before': any(episode.fault_before for episode in incidents),
        'update-evidence-conflict': update_conflict,
        'edition-conflict': edition_conflict,
        walk.listing: True,
        'reactivated': last and last.closed and last.reactivated,
        'could-not-ask': walk.faults and all(fault.asks for fault in walk.faults) and
            not (hosts.suspected or hosts.fault),
        'weak-without-update': affected and before in ('absent', 'removed') and
        not any(item.strong and item.inside for item in walk.signals),
        'not-volume-licensed': channel == 'other',
        'not-windows-7': not is_windows7}
    newest = walk.signals[-1].place if walk.signals else len(items)
    is_listed = any(item.name == 'listing' and item.kind == 'listing-licensed' for item in items[newest:])
    is_excluded = state == 'recovered' if hosts.suspected else not wanted['window-not-covered']
    action = action_of('suspected' if hosts.suspected else kind, state, update, channel, is_excluded, is_windows7,
                       is_listed)
    codes = set().union(*(fault.codes for fault in walk.faults),
                        hosts.codes if hosts.suspected or hosts.fault else set())
    confidence = 'suspected' if hosts.suspected else '' if not affected else 'confirmed' if confirmed else 'probable'
    key = next((row[2] for row in licences.values() if row[0] == edition), '')
    first = deciding.signals[0] if deciding else walk.faults[0].item if walk.faults else None
    closed = deciding.closed if deciding and deciding.closed and deciding.how != 'listing' else None
    names = [getattr(record, 'name', '') for log in machine.logs for record in log.records]
    return [machine.host, kind, confidence, '; '.join(note for note in NOTES if wanted.get(note)), state, iso(first.own) if first else '',
            iso(walk.faults[-1].item.own) if walk.faults else '',
            iso(closed.own) if closed and state != 'non-genuine' else '',
            sum(item.inside for item in walk.signals), names.count('SPP 8196'), names.count('SPP 8208'),
            names.count('SPP 8209'), names.count('WAT 13'),
            '; '.join(f'0x{code:08X}' for code in sorted(codes)), coverage, update, edition, channel, clock, action,
            key if 'rebuild-activation' in action else '', last_run(machine.scripts)]


def named(value):
    """The objects below a machine with their members as names."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: named(below) for key, below in value.items()})
    return [named(below) for below in value] if isinstance(value, list) else value


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        given = json.load(file)
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    machines, licences = named(given['machines']), given['licences']
    seen = seen_by_hosts(machines)
    for machine in machines:
        writer.writerow(judge(machine, seen.pop(short(machine.host), []), licences))
    for requests in seen.values(): # the others make a row where one was Windows 7
        names = [request.client for request in requests if request.licence in windows_7(licences)]
        if names:
            machine = SimpleNamespace(host=max(names, key=len), logs=[], listings=[], rows=[], scripts=[])
            writer.writerow(judge(machine, requests, licences))


if __name__ == '__main__':
    main()
