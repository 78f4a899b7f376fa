#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Machines with random stories: random_machines.py SEED COUNT RECIPE MACHINES.json

RECIPE is for make-logs (tests/fixtures/recipe.h): a collection of one folder a machine. MACHINES.json
says the same for second_verdict.py. One machine in four is put together from HAPPENINGS at random, at
times that favour the bounds of the window; the others follow one of PLOTS, each of which plays around
the bounds of one rule. Of each GROUP of machines one or two are KMS hosts, too, whose logs have requests
of some of the machines, and of clients that were not collected."""
import json
import random
import sys
from datetime import datetime, timezone


def seconds(text):
    return int(datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp())


def iso(time):
    return datetime.fromtimestamp(time, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


START, END = seconds('2019-01-08T10:00:00Z'), seconds('2019-01-09T04:30:00Z')
MINUTE, HOUR, DAY = 60, 3600, 86400
SPP, WAT = 'Microsoft-Windows-Security-SPP', 'Windows Activation Technologies'
UPDATE_CLIENT, SERVICING = 'Microsoft-Windows-WindowsUpdateClient', 'Microsoft-Windows-Servicing'
KERNEL, EVENT_LOG = 'Microsoft-Windows-Kernel-General', 'EventLog'
WINDOWS, TEMPLATE = '55c92734-d682-4d71-983e-d6ec3f16059f', '66c92734-d682-4d71-983e-d6ec3f16059f'
OFFICE, OFFICE_LICENCE = '59a52881-a989-479d-af46-f275c6370663', '6f327760-8c5c-417c-9b61-836a98287e0c'
UNKNOWN_LICENCE, NOT_INSTALLED = '01234567-89ab-cdef-0123-456789abcdef', '358fb95b-0090-44fb-883a-75734e060c30'
CLIENT_ID = '36f27b39-2fd5-440b-be67-a09996d27a38' # as make-logs writes it
GROUP = 20
KB = 'Update for Windows 7 for x64-based Systems (KB971033)'
# Word of a recipe: activation id, edition, channel, KMS client key.
WINDOWS_7 = ['professional', 'professional-n', 'professional-e', 'enterprise', 'enterprise-n', 'enterprise-e']
LICENCES = {
    'professional': ('b92e9980-b9d5-4821-9c94-140f632f6312', 'Windows 7 Professional', 'volume-kms',
                     'FJ82H-XT6CR-J8D7P-XQJJ2-GPDD4'),
    'professional-n': ('54a09a0d-d57b-4c10-8b69-a842d6590ad5', 'Windows 7 Professional N', 'volume-kms',
                       'MRPKT-YTG23-K7D7T-X2JMM-QY7MG'),
    'professional-e': ('5a041529-fef8-4d07-b06f-b59b573b32d2', 'Windows 7 Professional E', 'volume-kms',
                       'W82YF-2Q76Y-63HXB-FGJG9-GF7QX'),
    'enterprise': ('ae2ee509-1b34-41c0-acb7-6d4650168915', 'Windows 7 Enterprise', 'volume-kms',
                   '33PXH-7Y6KF-2VJC9-XBBR8-HVTHH'),
    'enterprise-n': ('1cb6d605-11b3-4e14-bb30-da91c8e3983a', 'Windows 7 Enterprise N', 'volume-kms',
                     'YDRBP-3D83W-TY26F-D46B2-XCKRJ'),
    'enterprise-e': ('46bbed08-9c7b-48fc-a614-95250573f4ea', 'Windows 7 Enterprise E', 'volume-kms',
                     'C29WB-22CC8-VJ326-GHFJW-H9DH4'),
    'mak': ('9abf5984-9c16-46f2-ad1e-7fe15931a8dd', None, 'volume-mak', ''),
    'kms-host': ('d188820a-cb63-4bad-a9a2-40b843ee23b7', None, 'kms-host', ''),
    'evaluation': ('8dffd6e4-0497-4c35-b7d7-e47cf464cf30', None, 'other', ''),
    'oem': ('d2c04e90-c3dd-4260-b0f3-f845f5d27d64', None, 'other', '')}
OTHER_WINDOWS = 'other' # its licences are in no table
SLMGR_STATES = {'unlicensed': 0, 'licensed': 1, 'initial-grace': 2, 'additional-grace': 3, 'non-genuine-grace': 4,
                'notification': 5, 'extended-grace': 6}
NON_GENUINE = ['0xC004F200', '0xC004F064', '0xC004F065', '0x4004F065', '0xC004F067', '0x4004F068']
REFUSALS = ['0xC004F009', '0xC004F038', '0xC004F06C', '0xC004C003']
NOT_ASKED = ['0xC004F074', '0x8007232B', '0x80072EE7', '0x800706BA']


class Machine:
    def __init__(self, seed, host):
        self.random = random.Random(f'{seed} {host}')
        self.host, self.story = host, []
        self.in_order, self.gap_at, self.is_quiet = [], None, False
        self.at_first = self.random.choice([0, 50, 100]) # of a hundred requests at the first KMS host
        self.application, self.system, self.setup, self.listings, self.rows = [], [], [], [], []
        self.scripts = [] # lines of our scripts' log
        self.seen, self.kms = [], [] # its requests, as KMS hosts saw them; as a KMS host, those of its clients
        self.word = self.pick({'professional': 4, 'enterprise': 6, 'professional-n': 1, 'professional-e': 1,
                               'enterprise-n': 1, 'enterprise-e': 1, 'mak': 2, 'kms-host': 1, 'evaluation': 1,
                               'oem': 1, OTHER_WINDOWS: 2})
        self.begin = self.pick({seconds('2018-11-20T07:00:00Z'): 8, START: 1, START + 1: 1, START - 1: 1,
                                START + 3 * HOUR: 1, END + 2 * HOUR: 1})
        self.end = self.pick({seconds('2019-01-22T16:00:00Z'): 12, END: 1, END - 1: 1, END + 1: 1,
                              START + 6 * HOUR: 1, START - 20 * HOUR: 1})
        if self.begin >= self.end:
            self.begin = seconds('2018-11-20T07:00:00Z')

    def chance(self, of_hundred):
        return self.random.randrange(100) < of_hundred

    def pick(self, weights):
        if isinstance(weights, dict):
            return self.random.choices(list(weights), list(weights.values()))[0]
        return self.random.choice(weights)

    def moment(self):
        """A time, often at a bound of the window or of what counts as near to it."""
        kind = self.pick({'bound': 30, 'inside': 30, 'before': 20, 'after': 20})
        if kind == 'bound':
            return self.pick([START, END]) + self.pick([0, 0, 1, -1, 900, -900, 901, -901, 899, -899])
        low, high = {'inside': (START, END), 'before': (seconds('2018-11-21T00:00:00Z'), START),
                     'after': (END, seconds('2019-01-22T00:00:00Z'))}[kind]
        return self.random.randrange(low, high)

    def add(self, time, provider, event, qualifiers, *strings):
        log = {UPDATE_CLIENT: self.system, KERNEL: self.system, EVENT_LOG: self.system,
               SERVICING: self.setup}.get(provider, self.application)
        log.append({'time': time, 'provider': provider, 'event': event, 'qualifiers': qualifiers,
                    'strings': list(strings)})

    def spp(self, time, event, qualifiers, *strings):
        self.add(time, SPP, event, qualifiers, *strings)


# ---- What can happen. Each function adds events at and after `time`, and a phrase to the story. ----

def licence_of(word):
    return LICENCES[word][0] if word in LICENCES else UNKNOWN_LICENCE


def kms_renewal(machine, time):
    status = machine.pick({1: 45, 5: 20, 2: 10, 4: 8, 3: 6, 0: 5, 6: 6})
    hr = machine.pick({'0x00000000': 75, machine.pick(NOT_ASKED): 15, machine.pick(REFUSALS): 10})
    licence = licence_of(machine.word) if machine.chance(90) else UNKNOWN_LICENCE
    ask(machine, time, status, hr, licence)
    if machine.chance(80):
        answer(machine, time + machine.pick([0, 1, 1, 2, 30, 59, 60, 61, 600, DAY, DAY + 1]))


def ask(machine, time, status, hr='0x00000000', licence=None):
    licence = licence or licence_of(machine.word)
    machine.spp(time, 12288, 0x4000, f'{hr}, 0x00000000, kms.corp.example:1688, {CLIENT_ID}, '
                f'2019/01/08 10:30, 0, {status}, 259200, {licence}, 25')
    machine.story.append(f'{iso(time)} asks as {status}, hr {hr}')


def answer(machine, time, hr=None):
    activated = machine.pick({1: 9, 0: 1}) if hr is None else 1
    hr = hr or machine.pick({'0x00000000': 85, machine.pick(NOT_ASKED): 10, machine.pick(REFUSALS): 5})
    machine.spp(time, 12289, 0x4000, f'{hr}, 0x00000000, {activated}, 0, 50, 120, 10080, 2019/01/08 10:30')
    machine.story.append(f'{iso(time)} answer {hr}, activated {activated}')


def office_asks(machine, time):
    ask(machine, time, machine.pick([1, 4, 5]), machine.pick(['0x00000000', '0xC004F074']), OFFICE_LICENCE)
    answer(machine, time + 1)


def licences_checked(machine, time, state=None, code=None):
    code = code or machine.pick(NON_GENUINE[:3] + ['0xC004F056', '0xC004F009', '0xC004F034'])
    state = state or machine.pick({'licensed': 40, 'notification': 35, 'grace': 10,
                                   'non-genuine grace': 5, 'silent': 5})
    groups = {
        'licensed': '(0 [0x00000000, 1, 0], [(?)( 1 0x00000000)(?)( 2 0x00000000 0 0 '
                    'msft:rm/algorithm/volume/1.0 0x00000000 259200)(?)(?)])(1 )(2 )',
        'notification': '(0 [0xC004E003, 0, 0], [( 2 0xC004F056 0 0)(?)(?)])(1 )(2 )'
                        f'(3 [0x00000000, 0, 0], [( 6 0xC004F009 0 0)(?)( 11 0x00000000 {code})])',
        'grace': '(0 )(1 )(2 [0x00000000, 0, 1], [(?)( 5 0x00000000 10 14400)(?)( 9 0x00000000 0x00000000)])',
        'non-genuine grace': '(0 )(1 )(2 [0x00000000, 0, 1], [(?)( 5 0x00000000 10 14400)(?)'
                             f'( 9 0x00000000 {machine.pick(NON_GENUINE)})])',
        'silent': '(0 [0xC004E003, 0, 0], [(?)(?)(?)])(1 )(2 )'}[state]
    licence = licence_of(machine.word if machine.word != 'oem' else 'evaluation')
    unlisted = '(0 [0xC004F014, 0, 0], [(?)(?)(?)(?)(?)(?)])(1 )(2 )'
    more = machine.pick({'': 8, f'3: {UNKNOWN_LICENCE}, 1, 1 [(0 [0xC004F055, 0, 0], [(?)(?)])(1 )(2 )]\r\n': 2,
                         f'3: {UNKNOWN_LICENCE}, 1, 1 [(0 )(1 [0x00000000, 1, 0], [(?)(?)])(2 )]\r\n': 1})
    lines = f'\r\n1: {NOT_INSTALLED}, 1, 0 [{unlisted}]\r\n2: {licence}, 1, 1 [{groups}]\r\n{more}'
    for _ in range(machine.pick([1, 1, 2, 3, 5])):
        machine.spp(time, 1003, 0x4000, WINDOWS, lines)
        machine.story.append(f'{iso(time)} 1003 {state} {code if state == "notification" else ""}')
        time += machine.pick([1, 20, HOUR, 7 * HOUR])


def consistent_signal(machine, time):
    if machine.chance(50):
        machine.add(time, WAT, 13, 0, '0x00000000', '0xC004C4A2')
    else:
        machine.spp(time, 8208, 0xC000, 'hr=0xC004C4A2', TEMPLATE)
    machine.story.append(f'{iso(time)} consistent strong signal')


def weak_signal(machine, time):
    signal(machine, time, {'8209': 20, '8196': 15, 'other': 10})


def signal(machine, time, kinds=None):
    kind = machine.pick(kinds or {'wat': 30, '8208': 25, '8209': 20, '8196': 15, 'other': 10})
    if kind == 'wat':
        codes = machine.pick({('0x00000000', '0xC004C4A2'): 70, ('0x00000000', '0xC004C4A1'): 10,
                              ('0xC004F200', '0xC004C4A2'): 10, ('0xC004F200', '0x00000000'): 10})
        machine.add(time, WAT, 13, 0, *codes)
    elif kind == '8208':
        codes = (machine.pick({'hr=0xC004C4A2': 75, 'hr=0xC004F200': 15, 'hr=0xC004C4A5': 10}),)
        machine.spp(time, 8208, 0xC000, *codes, machine.pick([TEMPLATE, '{' + TEMPLATE.upper() + '}']))
    elif kind == '8209':
        codes = ()
        machine.spp(time, 8209, 0xC000, '0x00000000', machine.pick([WINDOWS, '{' + WINDOWS.upper() + '}']))
    else:
        event = 8196 if kind == '8196' else machine.pick([1014, 8198, 8200])
        codes = (machine.pick(['', 'hr=']) + machine.pick(NON_GENUINE), event)
        machine.spp(time, event, 0x4000 if event == 8196 else 0xC000, codes[0])
    machine.story.append(f'{iso(time)} signal {kind} {codes}')


def hit_by_incident(machine, time):
    for _ in range(machine.pick([1, 2, 3])):
        signal(machine, time)
        time += machine.pick([0, 1, 17, HOUR])


def fault(machine, time):
    event = machine.pick([8193, 8194, 8195, 8198, 8200, 1014, 8196, 8208, 13])
    code = machine.pick(NOT_ASKED + NOT_ASKED + REFUSALS + (NON_GENUINE if event in (8193, 8194, 8195) else []))
    if event == 13:
        machine.add(time, WAT, 13, 0, '0x00000000', machine.pick(NOT_ASKED))
    elif event == 8208:
        machine.spp(time, 8208, 0xC000, 'hr=' + machine.pick(NOT_ASKED), TEMPLATE)
    else:
        machine.spp(time, event, 0x4000 if event == 8196 else 0xC000, code)
    machine.story.append(f'{iso(time)} fault {event} {code}')


def of_others(machine, time):
    """What another application says, or another Windows: context."""
    kind = machine.pick(['8209', '8208', '12305', '8196', '12304'])
    if kind == '8208':
        machine.spp(time, 8208, 0xC000, 'hr=0xC004C4A2', '99d92734-d682-4d71-983e-d6ec3f16059f')
    elif kind == '8196':
        machine.spp(time, 8196, 0xC000, '0xC004F200')
    elif kind == '8209':
        machine.spp(time, 8209, 0xC000, '0x00000000', OFFICE)
    else:
        machine.spp(time, int(kind), 0x4000, OFFICE)
    machine.story.append(f'{iso(time)} of others: {kind}')


def recovery(machine, time):
    if machine.chance(50):
        machine.spp(time, 12305, 0x4000, machine.pick([WINDOWS, '{' + WINDOWS + '}']))
    else:
        machine.add(time, WAT, 13, 0, '0x00000000', '0x00000000')
    machine.story.append(f'{iso(time)} genuine')


def make_anew(machine, time):
    kind = machine.pick([8206, 8205, 12306, 'office'])
    if kind in (8206, 8205):
        machine.spp(time, kind, 0x4000 if kind == 8206 else 0xC000)
    else:
        machine.spp(time, 12306, 0x4000, OFFICE if kind == 'office' else WINDOWS, '(null)', '3')
    machine.story.append(f'{iso(time)} reset {kind}')


def reset(machine, time):
    make_anew(machine, time)
    if machine.chance(60):
        machine.pick([kms_renewal, licences_checked, signal])(machine, time + machine.pick([1, 90, HOUR]))


def key_installed(machine, time):
    if machine.chance(50):
        machine.word = machine.pick([word for word in LICENCES if word not in ('oem', 'evaluation')])
    if machine.word not in ('oem', OTHER_WINDOWS):
        machine.spp(time, 1016, 0x4000, LICENCES[machine.word][0], '00392-918-5000002-85999')
        machine.story.append(f'{iso(time)} key of {machine.word} installed')


def tampered(machine, time):
    event = machine.pick([1022, 1064])
    machine.spp(time, event, *((0x8000, '0xC004D401') if event == 1022 else (0x4000,)))
    machine.story.append(f'{iso(time)} tampered {event}')


def wat_speaks(machine, time):
    machine.add(time, WAT, machine.pick([1, 2, 10, 11, 15, 18]), 0)
    machine.story.append(f'{iso(time)} WAT')


def update_event(machine, time):
    kind = machine.pick(['19', '20', 'Installed', 'Absent', 'Absent', 'waits', 'both'])
    if kind == '19':
        machine.add(time, UPDATE_CLIENT, 19, None, KB)
    elif kind == '20':
        machine.add(time, UPDATE_CLIENT, 20, None, KB)
    else:
        machine.add(time, SERVICING, 4 if kind == 'waits' else 2, None, 'KB971033',
                    'Installed' if kind == 'Installed' else 'Absent', '0x0')
    if kind == 'both':
        machine.add(time + machine.pick([0, 1]), WAT, 18, 0)
    machine.story.append(f'{iso(time)} update: {kind}')


def clock_step(machine, time):
    old = time + machine.pick([5 * MINUTE, 5 * MINUTE + 1, 3 * HOUR, 3 * DAY, -DAY])
    machine.add(time, KERNEL, 1, None, iso(time), iso(old))
    machine.story.append(f'{iso(time)} clock set from {iso(old)}')


# ---- Our scripts ----

REFUSED, FAILED = [11, 13, 17, 21, 24], [20, 30, 31]


def line(machine, time, script, run, step, result, number='-'):
    machine.scripts.append({'time': time, 'script': script, 'run': run, 'step': step, 'result': result,
                            'number': number})
    machine.story.append(f'{iso(time) if time else "at no time"} {script} {run}: {step} {result} {number}')


def ends(machine, time, script, run, status):
    if machine.chance(85):
        line(machine, time, script, run, 'end',
             'ok' if status in (0, 3010) else 'refused' if status in REFUSED else 'failed', status)


def removes(machine, time):
    """Script 1, which takes a while."""
    run, script = f'r{len(machine.scripts)}', '1-remove-kb971033'
    line(machine, time, script, run, 'start', 'begin')
    time += machine.pick([0, 1, 60])
    kind = machine.pick({'remove ok': 5, 'absent ok': 3, 'remove failed': 2, 'refused': 2, 'remove warning': 1})
    status = machine.pick(REFUSED) if kind == 'refused' else machine.pick([0, 3010]) if kind == 'remove ok' else \
        20 if kind == 'remove failed' else 0
    if kind != 'refused':
        line(machine, time, script, run, *kind.split(), status)
    ends(machine, time, script, run, status)


def rebuilds(machine, time):
    """Script 2, with or without the events that it leaves in the log."""
    run, script = f'r{len(machine.scripts)}', machine.pick(['2-rebuild', '2-rebuild-enterprise'])
    line(machine, time, script, run, 'start', 'begin')
    if machine.chance(50):
        machine.spp(time + 1, 8206, 0x4000)
        if machine.chance(50):
            ask(machine, time + 2, machine.pick([5, 2]))
            answer(machine, time + 3, '0x00000000')
    time += machine.pick([0, 3, 4, 90])
    kind = machine.pick({'done': 6, 'activated first': 3, 'activated ok': 2, 'rebuild ok': 2, 'failed': 2, 'refused': 2})
    steps = {'done': ['rebuild ok', 'activate ok'], 'activated first': ['activate ok', 'rebuild ok'],
             'failed': ['activate failed', 'put-back ok'], 'refused': []}.get(kind, [kind])
    for step in steps:
        line(machine, time, script, run, *step.split())
        time += machine.pick([0, 0, 1])
        if machine.chance(5):
            weak_signal(machine, time)
    ends(machine, time, script, run, machine.pick(FAILED) if kind == 'failed' else
         machine.pick(REFUSED) if kind == 'refused' else 0)


HAPPENINGS = {kms_renewal: 25, hit_by_incident: 22, signal: 8, licences_checked: 12, fault: 10, recovery: 9, reset: 7,
              of_others: 4, office_asks: 3, key_installed: 4, tampered: 2, wat_speaks: 4, update_event: 7,
              clock_step: 3, removes: 3, rebuilds: 4}


# ---- What KMS hosts see of a client ----

def seen(machine, time, status, hr='0x00000000', licence=None, client_id=None):
    client_id = client_id or machine.pick({'0d5e9a11-7c3b-4f60-9d2e-1a2b3c4d5e01': 8, CLIENT_ID: 4, '?': 1})
    licence = licence or licence_of(machine.word if machine.word in WINDOWS_7 else 'enterprise')
    machine.seen.append({'time': time, 'status': status, 'hr': hr, 'licence': licence, 'client_id': client_id,
                         'host': machine.random.randrange(100) < machine.at_first})
    return time


def seen_at_random(machine):
    for _ in range(machine.pick([1, 1, 2, 3, 4, 6])):
        kind = machine.pick({'': 80, 'office': 7, 'unreadable': 3, 'other': 5, 'edition': 5})
        status = machine.pick({1: 35, 5: 25, 2: 10, 4: 10, 3: 7, 0: 5, 6: 5}) if kind != 'unreadable' else 'x'
        licence = {'office': OFFICE_LICENCE, 'other': UNKNOWN_LICENCE,
                   'edition': LICENCES['professional'][0]}.get(kind)
        time = machine.moment() + machine.pick([0, 0, 0, -20 * DAY, 20 * DAY])
        for _ in range(machine.pick([1, 1, 2, 3])):
            hr = machine.pick({'0x00000000': 80, machine.pick(NOT_ASKED): 10, machine.pick(REFUSALS): 10})
            time = seen(machine, time, status, hr, licence) + machine.pick([1, 2 * HOUR, 2 * HOUR, DAY, DAY + 1])


def seen_losing(machine):
    """A pair of requests at the bounds of what is suspected, and what follows."""
    end = machine.pick({START: 2, START + 1: 1, START - 1: 2, START + HOUR: 4, END + HOUR: 2, END + 5 * DAY: 3})
    begin = machine.pick({end - DAY: 4, end - 15 * DAY: 3, end - 15 * DAY - 1: 3, end - 15 * DAY + 1: 1,
                          min(END, end - 1): 2, min(END + 1, end - 1): 2})
    licences = [machine.pick({'': 15, UNKNOWN_LICENCE: 1}) or None for _ in range(2)]
    if machine.chance(30):
        seen(machine, begin - machine.pick([HOUR, 3 * DAY]), machine.pick([0, 1, 4, 5]))
    seen(machine, begin, machine.pick({1: 12, 2: 4, 0: 1, 5: 1}), licence=licences[0])
    if machine.chance(15):
        seen(machine, machine.random.randrange(begin, end), *machine.pick([(0,), (1,), (2,), ('x',), (3,), (5,)]))
    if machine.chance(10):
        seen(machine, machine.random.randrange(begin, end), 5, licence=OFFICE_LICENCE)
    status = machine.pick({5: 10, 4: 4, 3: 1, 6: 1, 0: 1, 2: 1})
    end = seen(machine, end, status, machine.pick({'0x00000000': 8, '0xC004F074': 1, '0xC004F038': 1}), licences[1])
    if machine.chance(85):
        end = seen(machine, end + machine.pick({2 * HOUR: 4, DAY - 1: 1, DAY: 2, DAY + 1: 2, 1: 1}),
                   machine.pick({status: 8, 1: 2, 0: 1, 5: 1}),
                   machine.pick({'0x00000000': 8, '0xC004F074': 1, '0xC004F038': 1}))
    if machine.chance(40):
        hr = machine.pick({'0x00000000': 5, '0xC004F074': 2, '0xC004F038': 2})
        end = seen(machine, end + machine.pick([HOUR, 7 * DAY]), machine.pick({1: 6, 2: 1, 4: 1, 5: 2}), hr)
    return begin, end


def seen_often(machine):
    """A pool that is made anew each day, or a machine that asks in vain."""
    time, status = machine.moment() - 3 * DAY, machine.pick([0, 2, 5, 5, 3, 6])
    again = machine.pick([1, 1, 1, status])
    for _ in range(machine.pick([2, 4, 7])):
        time = seen(machine, time, status)
        if machine.chance(80):
            time = seen(machine, time + machine.pick([1, 1, HOUR]), again)
        time += machine.pick([DAY, DAY, DAY - 1, DAY + 1, 2 * HOUR])


def seen_as_told(machine):
    """Requests that the own log has, too, at the bound of an hour, among others."""
    for record in [record for record in machine.application if record['event'] == 12288][:4]:
        fields = [field.strip() for field in record['strings'][0].split(',')]
        seen(machine, record['time'] + machine.pick([1, 1, -2, HOUR - 1, HOUR, HOUR + 1, -HOUR, -HOUR - 1, 3 * HOUR]),
             int(fields[6]), fields[0], fields[8] if machine.chance(90) else None,
             CLIENT_ID if machine.chance(75) else None)
    if machine.chance(50):
        seen_at_random(machine)


# ---- Listings ----

def slmgr(machine, name, mtime, state, code='', word=None):
    word = word or (machine.word if machine.word != 'evaluation' else 'oem')
    if word == OTHER_WINDOWS:
        return
    for known in machine.listings: # which of two that are as bad is shown, and when, is nobody's rule
        if abs(known['mtime'] - mtime) <= HOUR and known.get('status', 1) not in (1, 2) and \
                SLMGR_STATES[state] not in (1, 2):
            mtime = known['mtime']
            if 4 not in (known['status'], SLMGR_STATES[state]):
                state, code = known['state'], known['code']
    add_listing(machine, name, mtime, f'slmgr en oem {machine.host} {word} {state} {code}'.strip(),
                status=SLMGR_STATES[state], state=state, code=code,
                edition=LICENCES[word][1], channel=LICENCES[word][2])


def updates(machine, name, mtime, present):
    mtime = max(mtime, seconds('2019-01-08T00:00:00Z')) # behind the dates that it gives itself
    add_listing(machine, name, mtime, f'{machine.pick(["wmic", "dism"])} en oem {machine.host} +6' +
                (' KB971033' if present else ''), present=present)


def hive(machine, name, mtime):
    """A SOFTWARE hive, which was taken when it was last written; its file can be of later."""
    edition = LICENCES[machine.word][1] if machine.word in LICENCES and machine.chance(85) else None
    edition = edition or machine.pick([licence[1] for licence in LICENCES.values() if licence[1]])
    product_id, channel = machine.pick({
        ('00371-OEM-8992671-00524', 'other'): 1, ('55041-001-0000007-85123', None): 5,
        {'Windows 7 Enterprise': ('00392-918-5000002-85123', 'volume-kms'),
         'Windows 7 Professional': ('00371-868-0000007-85123', 'volume-kms')}.get(edition, ('', None)): 4})
    present, is_dirty = machine.chance(50), machine.chance(25)
    if machine.word == OTHER_WINDOWS:
        return
    meaning = {} if is_dirty and not present else {'present': present} # what is missing can be in its log
    add_listing(machine, name, mtime, f'hive-software {edition.replace("Windows 7 ", "").replace(" ", "")} +6' +
                (f' product-id={product_id}' if product_id else '') + (' KB971033=0x70' if present else '') +
                (' dirty' if is_dirty else ''), edition=edition, channel=channel,
                later=machine.pick([0, 1, 2 * HOUR, 90 * DAY]), **meaning)


def add_listing(machine, name, mtime, words, **meaning):
    path = f'{machine.host}/{name}.txt'
    if any(known['path'] == path for known in machine.listings):
        return
    while any(record['time'] == mtime for record in
              machine.application + machine.system + machine.setup + machine.scripts):
        mtime += 1 # which came first could not be told
    machine.listings.append({'path': path, 'mtime': mtime, 'words': words, **meaning})
    machine.story.append(f'{iso(mtime)} listing {path}: {words}')


def random_slmgr(machine, name, mtime):
    state = machine.pick({'licensed': 35, 'notification': 35, **{state: 5 for state in SLMGR_STATES}})
    code = machine.pick(['0xC004F200', '0xC004F009', '0xC004F056', '0xC004F064']) if state == 'notification' else ''
    slmgr(machine, name, mtime, state, code)


def collect_listings(machine):
    for folder in ('', 'day2/'):
        first = machine.pick([machine.moment(), machine.end + 2 * DAY, machine.end + 2 * DAY])
        first += 40 * DAY if folder else 0
        for number in range(machine.pick([0, 0, 1, 2, 3]) if not folder else machine.pick([0, 0, 0, 2])):
            if machine.chance(50):
                random_slmgr(machine, f'{folder}slmgr{number}', first)
            elif machine.chance(40):
                hive(machine, f'{folder}SOFTWARE{number}', first)
            else:
                updates(machine, f'{folder}qfe{number}', first, machine.chance(40))
            first += machine.pick([0, 7, 1799, 3599, 3600, 3 * HOUR])
    if machine.chance(8):
        time = machine.random.randrange(seconds('2016-01-01T00:00:00Z'), seconds('2019-01-21T00:00:00Z'))
        machine.rows.append({'time': time})
        machine.story.append(f'{iso(time)} row of the update history')


# ---- Plots: a few events around the bound of one rule. ----

def plot_reset(machine):
    time = machine.pick([START + HOUR, START - DAY])
    hit_by_incident(machine, time)
    make_anew(machine, time + 2 * HOUR)
    if machine.chance(20):
        weak_signal(machine, time + 2 * HOUR + 60)
    kind = machine.pick(['answer', 'answer', 'answer of 5', 'asks as 1', '1003', 'genuine'])
    time += 3 * HOUR
    if kind == '1003':
        licences_checked(machine, time, 'licensed')
    elif kind == 'genuine':
        recovery(machine, time)
    elif kind == 'asks as 1':
        ask(machine, time, 1)
    else:
        if kind == 'answer of 5':
            ask(machine, time - 3, 5)
        answer(machine, time, '0x00000000')


def plot_denied(machine):
    time = START + machine.random.randrange(9 * HOUR)
    hit_by_incident(machine, time)
    state = machine.pick(['notification', 'grace', 'silent', 'licensed', None])
    if state:
        licences_checked(machine, time + 2 * HOUR, state)
    licences_checked(machine, time + 2 * DAY, 'licensed')


def plot_statements(machine):
    """The statement of 1003 changes to and fro, around the start of the window."""
    for hour in range(-2, machine.pick([2, 3, 4])):
        state, code = machine.pick([('licensed', None), ('notification', '0xC004F200'), ('notification', '0xC004F056')])
        licences_checked(machine, START + hour * HOUR, state, code)
    if machine.chance(50):
        recovery(machine, START + machine.random.randrange(6 * HOUR))


def plot_onset(machine):
    machine.begin = START + machine.pick([0, 1, 1, 1, HOUR])
    time = START + 3 * HOUR
    kind = machine.pick([0, 0, 1, 2, 2, 2, 'genuine', 'listing', 'gap', 'nothing'])
    if kind == 'genuine':
        recovery(machine, time)
    elif kind == 'listing':
        slmgr(machine, 'slmgr', time, 'licensed')
    elif kind == 'gap':
        machine.begin -= DAY
        machine.gap_at = START + machine.pick([-2 * HOUR, HOUR, 9 * HOUR])
    elif kind != 'nothing':
        ask(machine, time, kind)
    machine.pick([consistent_signal, consistent_signal, weak_signal])(machine, START + 4 * HOUR)


def plot_near(machine):
    bound = machine.pick([(START, -1), (END, 1)])
    time = bound[0] + bound[1] * machine.pick([0, 1, 899, 900, 900, 900, 901, 901, 901])
    machine.pick([consistent_signal, consistent_signal, signal])(machine, time)
    if machine.chance(20):
        consistent_signal(machine, START + HOUR)


def plot_not_licensed(machine):
    time = START + machine.pick([-3 * DAY, -60, -1, -1, 0, 60])
    kind = machine.pick(['asks', 'asks', '1003', 'listing'])
    if kind == 'asks':
        ask(machine, time, machine.pick([0, 1, 2, 3, 3, 5, 6]))
    elif kind == '1003':
        licences_checked(machine, time, machine.pick(['notification', 'grace', 'licensed']))
    else:
        random_slmgr(machine, 'slmgr', time)
    if machine.chance(30):
        answer(machine, time + 59, '0x00000000')
    for happening in machine.pick([[consistent_signal], [weak_signal], [weak_signal, consistent_signal]]):
        time = max(time, START) + 2 * HOUR
        happening(machine, time)


def plot_answered(machine):
    time = machine.moment()
    ask(machine, time, machine.pick([0, 2, 3, 5, 5, 6]), machine.pick(['0x00000000', '0x00000000', '0xC004F074']))
    if machine.chance(40):
        ask(machine, time + 1, 5, licence=OFFICE_LICENCE)
    if machine.chance(80):
        answer(machine, time + machine.pick([1, 59, 60, 60, 61, 61]), machine.pick(['0x00000000', None]))


def plot_bound(machine):
    """An answer in an episode, at the bound of a day behind its request."""
    time = START + HOUR
    first = machine.pick([True, False])
    if first:
        consistent_signal(machine, time)
    ask(machine, time + 5, machine.pick([0, 2, 2, 3, 3, 5, 6]))
    if not first:
        consistent_signal(machine, time + 10)
    answer(machine, time + 5 + machine.pick([60, DAY - 1, DAY, DAY, DAY + 1, DAY + 1]), '0x00000000')


def plot_edition(machine):
    """Two sources name editions, about a day apart; perhaps a key was installed between, or one source
    names both."""
    machine.word, other = machine.random.sample(list(LICENCES)[:6], 2)
    kind = machine.pick(['a day', 'a day', 'key', 'key', 'one source'])
    time = machine.end - DAY + machine.pick([0, HOUR])
    ask(machine, time, 1)
    if kind == 'one source':
        ask(machine, time + HOUR, 1, licence=LICENCES[other][0])
    elif kind == 'key':
        at = time + machine.pick([-60, 60, 60])
        machine.spp(at, 1016, 0x4000, LICENCES[other][0], '00392-918-5000002-85999')
        machine.story.append(f'{iso(at)} key of {other} installed')
    if kind != 'one source' or machine.chance(30):
        after = machine.pick([DAY - 1, DAY, DAY + 1]) if kind == 'a day' else DAY - 1
        slmgr(machine, 'slmgr', time + after, 'licensed', word=other)
    if machine.chance(20):
        slmgr(machine, 'slmgr2', time + DAY + machine.pick([0, 3599, HOUR, DAY]), 'licensed')
    if machine.chance(30):
        hit_by_incident(machine, START + HOUR)


def plot_other_channel(machine):
    """The evidence nearest to the first signal decides, and none that follows a new key or a reset."""
    time = START + 5 * HOUR
    before, after = machine.pick([[3, 2], [2, 3], [5, 2]])
    words = machine.pick([['enterprise', 'evaluation'], ['evaluation', 'professional'], ['mak', 'evaluation']])
    for word, at in ((words[0], time - before * HOUR), (words[1], time + after * HOUR)):
        machine.word = word
        licences_checked(machine, at, 'licensed')
    hit_by_incident(machine, time)
    kind = machine.pick(['key', 'reset', ''])
    if kind == 'reset':
        make_anew(machine, time + HOUR + 1800)
    elif kind:
        machine.spp(time + HOUR + machine.pick([-2 * DAY, 1800]), 1016, 0x4000, LICENCES[words[1]][0],
                    '00392-918-5000002-85999')
        machine.story.append('a new key')


def plot_listed(machine):
    """Recovered, without the update: does a listing say so?"""
    time = START + 2 * HOUR
    hit_by_incident(machine, time)
    slmgr(machine, 'slmgr', time + machine.pick([-HOUR, DAY, 60 * DAY]), 'licensed')
    if machine.chance(80):
        recovery(machine, time + 5 * HOUR)
    if machine.chance(70):
        machine.add(time + DAY, SERVICING, 2, None, 'KB971033', 'Absent', '0x0')
        machine.story.append('update removed')


def plot_volume(machine):
    machine.word = machine.pick(['mak', 'kms-host', 'kms-host', 'evaluation'])
    licences_checked(machine, START - DAY, 'licensed')
    hit_by_incident(machine, START + machine.random.randrange(10 * HOUR))
    if machine.chance(30):
        recovery(machine, END)


def plot_listings(machine):
    """Several listings of one time, and of times that are an hour apart."""
    if machine.chance(60):
        hit_by_incident(machine, START + HOUR)
    time = machine.pick([machine.end + DAY, machine.end + DAY, END + 3 * DAY])
    for number, state in enumerate(machine.random.sample(['licensed', 'licensed', 'initial-grace', 'notification',
                                                          'non-genuine-grace', 'unlicensed', 'extended-grace'], 2)):
        slmgr(machine, f'slmgr{number}', time, state, '0xC004F009' if state == 'notification' else '')
        time += machine.pick([0, 3599, 3599, 3600, 3600])
    if machine.chance(40):
        ask(machine, machine.end - 60, machine.pick([0, 1, 2]))
    if machine.chance(40):
        if machine.chance(40):
            hive(machine, 'hive', time)
        else:
            updates(machine, 'qfe', time, machine.chance(50))
        updates(machine, 'dism', time + machine.pick([-1, 3599, 3600]), machine.chance(50))


def plot_clock(machine):
    """Records whose clock was wrong, at the bound of what counts, with a signal among them."""
    kind = machine.pick(['step', 'step', 'step', 'across', 'across', 'end', 'near', 'near', 'noise'])
    machine.is_quiet = True
    time = START + 2 * HOUR
    if kind == 'step':
        back = machine.pick([299, 300, 300, 301, 301])
        times = [time, time - back, time + 1]
    elif kind == 'across':
        begin, end = machine.pick([(time, END + HOUR), (START - HOUR, time), (time, time + HOUR), (time, END)])
        times = [begin, seconds('2009-01-01T00:00:10Z'), end]
    elif kind == 'end':
        machine.end = time
        times = [time - 1, time - 1 - 30 * DAY]
    elif kind == 'near':
        times = [END + 2 * HOUR, END + machine.pick([60, 900]), END + 2 * HOUR + 1]
    else:
        times = [time, seconds('2009-01-01T00:00:10Z'), time + 1]
    machine.in_order = []
    for number, at in enumerate(times):
        record = {'time': at}
        if number == 1 and kind != 'noise':
            machine.pick([consistent_signal, consistent_signal, weak_signal, recovery, tampered])(machine, at)
            record = machine.application.pop()
        machine.in_order.append(record)
    machine.story.append(f'in this order: {", ".join(iso(at) for at in times)}')


def plot_step(machine):
    """Steps of the clock in the System log, and no wrong clock in the Application log."""
    new, old = machine.pick([(START + HOUR, START + HOUR + 300), (START + HOUR, START + HOUR + 301),
                             (START - HOUR, START), (START - HOUR, START - 1), (END, END + HOUR),
                             (END + 1, END + HOUR), (START - DAY, END + DAY), (END + DAY, START - DAY)])
    machine.add(new, KERNEL, 1, None, iso(new), iso(old))
    machine.story.append(f'{iso(new)} clock set from {iso(old)}')
    machine.is_quiet = True
    if machine.chance(50):
        hit_by_incident(machine, machine.moment())


def plot_failures(machine):
    """Failures to ask of a machine that is licensed, or not."""
    time = machine.moment()
    if machine.chance(70):
        ask(machine, time - DAY, machine.pick([0, 1, 1, 5]))
    kind = machine.pick(['asks', 'asks', 'answer', 'fault', 'tampered', 'scheduler'])
    code = machine.pick(NOT_ASKED + REFUSALS[:2])
    if kind == 'asks':
        ask(machine, time, machine.pick([1, 1, 2, 0]), code)
    elif kind == 'answer':
        answer(machine, time, code)
    elif kind == 'scheduler':
        machine.spp(time, 8193, 0xC000, machine.pick(NON_GENUINE))
        machine.story.append(f'{iso(time)} 8193 with a non-genuine code')
    else:
        {'fault': fault, 'tampered': tampered}[kind](machine, time)
    if machine.chance(30):
        licences_checked(machine, time + HOUR, 'licensed')


def plot_update(machine):
    """Evidence on the update, at one time or around the first signal."""
    time = START + 4 * HOUR
    weak_signal(machine, time)
    at = time + machine.pick([-DAY, -3, -2, 2, DAY])
    kinds = [machine.pick(['Installed', 'Absent', 'WAT', '19', 'listing']) for _ in range(2)]
    for number, kind in enumerate(sorted(kinds, key=lambda kind: kind == 'listing')): # behind what is of its second
        if kind == 'listing':
            updates(machine, f'qfe{number}', at, machine.chance(30))
        elif kind == 'WAT':
            machine.add(at, WAT, 18, 0)
        elif kind == '19':
            machine.add(at, UPDATE_CLIENT, 19, None, KB)
        else:
            machine.add(at, SERVICING, 2, None, 'KB971033', kind, '0x0')
        machine.story.append(f'{iso(at)} update: {kind}')
        at += machine.pick([0, 0, 1, 2 * DAY])


def plot_seen(machine):
    """A KMS host sees a machine lose its licence; its own logs have a statement between, and mostly do not
    cover the window."""
    if machine.chance(80):
        machine.begin, machine.end = machine.pick([(machine.begin, START + 6 * HOUR), (END + HOUR, machine.end),
                                                   (START + 1, machine.end), (machine.begin, START - HOUR)])
    machine.is_quiet = True
    begin, end = seen_losing(machine)
    for _ in range(machine.pick([0, 1, 1, 2])):
        time = machine.pick({machine.random.randrange(begin, end): 3, machine.random.randrange(end, end + DAY): 2,
                             START - 1: 2, START: 1, END: 1, END + 1: 2})
        kind = machine.pick({'asks': 4, 'answer': 1, 'checked': 2, 'listing': 2, 'fails': 1, 'genuine': 1, 'any': 1})
        if kind == 'asks':
            ask(machine, time, machine.pick([0, 1, 1, 2, 3, 5, 5, 6]))
        elif kind == 'answer':
            answer(machine, time)
        elif kind == 'checked':
            licences_checked(machine, time, machine.pick(['licensed', 'notification', 'grace']), '0xC004F056')
        elif kind == 'listing':
            random_slmgr(machine, 'slmgr', time)
        elif kind == 'genuine':
            recovery(machine, time)
        else:
            {'fails': fault, 'any': machine.pick(HAPPENINGS)}[kind](machine, time)
    if machine.chance(30):
        seen_as_told(machine)


def plot_scripts(machine):
    """Hit, and then some of what a roll-out does."""
    time = START + machine.random.randrange(9 * HOUR)
    if machine.chance(85):
        hit_by_incident(machine, time)
    for day in range(1, machine.pick([2, 3, 4, 5])):
        machine.pick({removes: 3, rebuilds: 5, weak_signal: 1, update_event: 1, key_installed: 1})(
            machine, time + day * DAY)
    if machine.chance(10):
        for told in machine.scripts:
            told['time'] = None
        machine.story.append('.. but all that the scripts wrote has no time')
    if machine.chance(40):
        collect_listings(machine)


PLOTS = [plot_scripts, plot_scripts, plot_reset, plot_denied, plot_statements, plot_onset, plot_near, plot_not_licensed, plot_answered,
         plot_bound, plot_edition, plot_other_channel, plot_listed, plot_volume, plot_listings, plot_clock,
         plot_step, plot_failures, plot_update, plot_seen, plot_seen, plot_seen, plot_seen]


# ---- Logs ----

def noise(machine, count, begin, end):
    times = [begin, end] + [machine.random.randrange(begin, end) for _ in range(count)]
    return [{'time': time} for time in times]


def wrong_clock(machine, records):
    """Some records in a row bear other times."""
    length = machine.pick([1, 2, 4, 7])
    at = machine.random.randrange(2, len(records) - length) if len(records) > length + 3 else None
    if at is None or len(records) < 6 * length:
        return
    back = machine.pick([10 * 365 * DAY, 3 * HOUR, 30 * HOUR, 5 * MINUTE, 5 * MINUTE + 1])
    for record in records[at:at + length]:
        record['time'] -= back
    machine.story.append(f'clock {back} s back in {length} records from {iso(records[at]["time"])}')


def number_records(machine, records, gaps):
    """EventRecordIDs count up; a gap lacks some records of no interest, or all in a filtered log."""
    number = machine.random.randrange(1, 5000)
    for record in records:
        record['id'] = number
        number += 1
    for _ in range(gaps):
        at = machine.random.randrange(1, max(2, len(records) - 4))
        gone = [record for record in records[at:at + machine.pick([1, 3, 6])] if 'event' not in record]
        gone = gone if machine.chance(80) else [record for record in records if 'event' not in record][::2]
        records[:] = [record for record in records if record not in gone]
        machine.story.append(f'ids lack {len(gone)} records from {iso(gone[0]["time"]) if gone else "-"}')
    return records


def cut_out(machine, records):
    """Leaves out a record of no interest near a time: a gap there."""
    near = min((record for record in records[1:-1] if 'event' not in record),
               key=lambda record: abs(record['time'] - machine.gap_at))
    records.remove(near)
    machine.story.append(f'the record of {iso(near["time"])} is lacking')


def make_application(machine):
    records = noise(machine, machine.pick([20, 40, 60]), machine.begin, machine.end)
    records += [record for record in machine.application if machine.begin <= record['time'] <= machine.end]
    records.sort(key=lambda record: record['time'])
    if machine.in_order:
        first, last = machine.in_order[0]['time'], machine.in_order[-1]['time']
        place = sum(record['time'] < first for record in records)
        if len(machine.in_order) == 2:
            return [record for record in records if record['time'] < first] + machine.in_order
        return records[:place] + machine.in_order + [record for record in records[place:] if record['time'] > last]
    if not machine.is_quiet and machine.chance(12):
        wrong_clock(machine, records)
    return records


def make_logs(machine):
    logs = []
    if machine.is_quiet or machine.chance(95):
        records = number_records(machine, make_application(machine),
                                 0 if machine.is_quiet or machine.gap_at else machine.pick({0: 85, 1: 10, 2: 5}))
        if machine.gap_at:
            cut_out(machine, records)
        logs.append({'channel': 'Application', 'records': records})
    if machine.system or machine.chance(60):
        version = ('6.02.', '9200', '') if machine.word == OTHER_WINDOWS else ('6.01.', '7601', 'Service Pack 1')
        fillers = noise(machine, 10, seconds('2018-12-01T07:00:00Z'), seconds('2019-01-21T07:00:00Z'))
        for filler in fillers:
            filler |= {'provider': EVENT_LOG, 'event': 6009, 'qualifiers': 0x8000, 'strings': list(version)}
        records = sorted(machine.system + fillers, key=lambda record: record['time'])
        machine.story.append(f'system {version[0]}')
        logs.append({'channel': 'System', 'records': number_records(machine, records, 0)})
    if machine.setup:
        records = sorted(machine.setup, key=lambda record: record['time'])
        logs.append({'channel': 'Setup', 'records': number_records(machine, records, 0)})
    if machine.kms:
        records = sorted(machine.kms, key=lambda record: record['time'])
        logs.append({'channel': 'Key Management Service', 'records': number_records(machine, records, 0)})
    return logs


def live(seed, number):
    machine = Machine(seed, f'PC-{number:04}')
    if number % 4:
        machine.begin, machine.end = seconds('2018-11-20T07:00:00Z'), seconds('2019-01-22T16:00:00Z')
        PLOTS[number * 3 // 4 % len(PLOTS)](machine)
        for _ in range(machine.pick([0, 0, 0, 1])):
            machine.pick(HAPPENINGS)(machine, machine.moment())
    else:
        for _ in range(machine.pick([0, 1, 2, 3, 4, 5, 6, 8])):
            machine.pick(HAPPENINGS)(machine, machine.moment())
    if not number % 4 or machine.chance(25):
        collect_listings(machine)
    if not machine.seen and machine.chance(35):
        machine.pick([seen_at_random, seen_losing, seen_often, seen_as_told, seen_as_told])(machine)
    return machine


def not_collected(seed, number):
    """A client that only KMS hosts know."""
    client = Machine(seed, f'SEEN-{number:04}' + ('.corp.example' if number % 3 == 0 else ''))
    client.pick([seen_at_random, seen_losing, seen_losing, seen_often])(client)
    return client


def log_requests(client, hosts):
    """Writes the requests of a client into the logs of the KMS hosts, by names that mean the client."""
    taken = {record['time'] for record in client.application + client.system + client.setup + client.scripts} | \
        {listing['mtime'] for listing in client.listings}
    for request in client.seen:
        while request['time'] in taken:
            request['time'] += 1 # which came first could not be told
        taken.add(request['time'])
        client.story.append('{} a host sees {}, hr {}, {:.8}, id {:.8}'.format(iso(request['time']), *map(
            request.get, ('status', 'hr', 'licence', 'client_id'))))
        name = client.pick({client.host: 8, client.host.lower() if client.host.startswith('PC') else client.host: 2,
                            client.host.partition('.')[0]: 2})
        hosts[-request['host']].kms.append(
            {'time': request['time'], 'provider': SPP, 'event': 12290, 'qualifiers': 0x4000, 'strings': [
                f'{request["hr"]},25,{name},{request["client_id"]},2019/1/8 11:30,0,{request["status"]},259200,'
                f'{request["licence"]}']})


def as_collected(machine):
    logs = make_logs(machine)
    if not logs:
        record = {'id': 1, 'time': START, 'provider': EVENT_LOG, 'event': 6009, 'qualifiers': 0x8000,
                  'strings': ['6.01.', '7601', 'Service Pack 1']}
        logs = [{'channel': 'System', 'records': [record]}]
    return {'host': machine.host, 'story': machine.story, 'logs': logs, 'listings': machine.listings,
            'rows': machine.rows, 'scripts': sorted(machine.scripts, key=lambda line: line['time'] or 0)}


def make_group(seed, numbers):
    machines = [live(seed, number) for number in numbers]
    clients = [not_collected(seed, number) for number in numbers[::2]]
    hosts = machines[:1] + machines[10:11]
    for client in machines + clients:
        log_requests(client, hosts)
    stories = {client.host.partition('.')[0]: client.story for client in clients}
    return [as_collected(machine) for machine in machines], stories


# ---- The recipe ----

def quoted(text):
    return '"' + text.replace('\\', '\\\\').replace('\r', '\\r').replace('\n', '\\n').replace('"', '\\"') + '"'


def statement(record):
    time = iso(record['time'])
    if 'event' not in record:
        return f'noise 1 {time} {time}'
    event, strings = record['event'], ' '.join(map(quoted, record['strings']))
    if event == 12290:
        hr, _, client, client_id, _, _, status, _, licence = record['strings'][0].split(',')
        return f'{time} kms-seen {client} {status} {licence} {client_id} {hr}'
    return f'{time} ' + {
        SPP: lambda: f'spp {event} {record["qualifiers"]:#06x} {strings}',
        WAT: lambda: f'wat {event} {strings}',
        UPDATE_CLIENT: lambda: f'update-installed {strings}' if event == 19 else f'update-failed 0x80070005 {strings}',
        SERVICING: lambda: f'servicing {event} {strings}',
        EVENT_LOG: lambda: f'version {strings}',
        KERNEL: lambda: f'clock {strings}'}[record['provider']]()


def recipe_of(machine):
    for log in machine['logs']:
        yield f'file "{machine["host"]}/{log["channel"]}.evtx"'
        yield f'computer {machine["host"]}'
        expected = None
        for record in log['records']:
            if record['id'] != expected:
                yield f'record-id {record["id"]}'
            expected = record['id'] + 1
            yield statement(record)
    for row in machine['listings']:
        form, rest = row.pop('words').split(' ', 1)
        if form == 'hive-software':
            yield f'{form} {row["path"]} {rest} written={iso(row["mtime"])}'
        else:
            yield f'listing {row["path"]} {form} {rest}'
        yield f'time {row["path"]} {iso(row["mtime"] + row.pop("later", 0))}'
    if machine['scripts']:
        yield f'raw {machine["host"]}/spptriage-remediation.log {script_log(machine)}'
    if machine['rows']:
        yield f'datastore {machine["host"]}/DataStore.edb'
        for row in machine['rows']:
            yield f'history {iso(row["time"])} 1 0 {quoted(KB)}'


def script_log(machine):
    """Its lines as a quoted text, some of other programs and some that cannot be read between them."""
    host, text = machine['host'].partition('.')[0], ''
    for number, told in enumerate(machine['scripts']):
        time = iso(told['time']) if told['time'] else '-'
        text += f'spptriage/1 {time} {host} {told["script"]} {told["run"]} {told["step"]} {told["result"]} ' \
            f'{told["number"]}{" some words" if number % 3 == 0 else ""}\r\n'
        text += ['', 'The operation completed successfully.\r\n', 'spptriage/1 cut\r\n'][number % 5 % 3]
    return quoted(text)


def as_text(machine):
    """Times as text, for JSON."""
    for row in [record for log in machine['logs'] for record in log['records']] + machine['rows']:
        row['time'] = iso(row['time'])
    for row in machine['scripts']:
        row['time'] = row['time'] and iso(row['time'])
    for row in machine['listings']:
        row['mtime'] = iso(row['mtime'])
    return machine


def main():
    seed, count = sys.argv[1], int(sys.argv[2])
    groups = [make_group(seed, range(first, min(first + GROUP, count + 1))) for first in range(1, count + 1, GROUP)]
    machines = [machine for collected, _ in groups for machine in collected]
    stories = {host: story for _, told in groups for host, story in told.items()}
    with open(sys.argv[3], 'w', encoding='utf-8') as recipe:
        for machine in machines:
            recipe.writelines(line + '\n' for line in recipe_of(machine))
    licences = {licence[0]: licence[1:] for licence in LICENCES.values()}
    with open(sys.argv[4], 'w', encoding='utf-8') as file:
        json.dump({'licences': licences, 'machines': [as_text(machine) for machine in machines],
                   'not_collected': stories}, file, indent=1)


if __name__ == '__main__':
    main()
