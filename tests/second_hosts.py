# SPDX-License-Identifier: Apache-2.0
"""What KMS hosts saw of their clients, for second_verdict.py: the requests (12290) in the hosts' logs, which
of them count, and what they say of a machine whose own logs cannot tell. Nothing here is shared with the
program."""
import re
from types import SimpleNamespace

from second_reading import (DAY, END, HOUR, MINUTE, NON_GENUINE, OFFICE, START, code_of, guid_of, is_refusal, seconds)

CHANNEL = 'Key Management Service'
# The activation ids of MAK, KMS hosts and evaluations: Windows 7, too.
OTHER_WINDOWS_7 = {'9abf5984-9c16-46f2-ad1e-7fe15931a8dd', 'd188820a-cb63-4bad-a9a2-40b843ee23b7',
                   '8dffd6e4-0497-4c35-b7d7-e47cf464cf30'}
GUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'


def short(name):
    return name.lower().partition('.')[0]


def read_request(record):
    hr, _, client, client_id, _, _, status, _, licence = map(str.strip, record.strings[0].split(','))
    own = seconds(record.time)
    return SimpleNamespace(name='SPP 12290', event=12290, own=own, at=own, key=own, wrong=False, is_reset=False,
                           inside=START <= own <= END, client=client, client_id=guid_of(client_id),
                           hr=code_of(hr), status=int(status) if status.isdigit() else None,
                           licence=guid_of(licence), is_office=guid_of(licence) in OFFICE,
                           is_known=False, counts=False, is_newest=False)


def seen_by_hosts(machines):
    """Of each client by its short name: its requests in one order of time, whichever host they went to."""
    clients = {}
    for machine in machines:
        for log in machine.logs:
            for record in log.records if log.channel == CHANNEL else []:
                request = read_request(record)
                clients.setdefault(short(request.client), [])
                if not request.is_office:
                    clients[short(request.client)].append(request)
    for requests in clients.values():
        requests.sort(key=lambda request: request.own)
    return clients


def windows_7(licences):
    return {licence for licence, row in licences.items() if row[0]} | OTHER_WINDOWS_7


def telling(requests):
    return [request for request in requests if request.status is not None]


def is_guid(text):
    return re.fullmatch(GUID, text) is not None


def is_other(one, other):
    """Are they of two installations, by their client machine ids?"""
    return is_guid(one.client_id) and is_guid(other.client_id) and one.client_id != other.client_id


def goes_on(request, later):
    """Asked the machine again, still without a licence, after a minute and within a day?"""
    for after in later:
        if after.status == 1 or is_other(request, after) or after.at - request.at > DAY:
            return False
        if after.at - request.at > MINUTE:
            return True
    return False


def mark_requests(requests, items):
    """`is_known`: the client's own log has the request, too. `counts`: it says what the state was.
    `is_newest`: it can be the newest word of a host, be it known as licensed. One whose status cannot be
    read is none of these."""
    own = [item for item in items if item.name == 'SPP 12288' and not item.is_office]
    requests = telling(requests)
    for number, request in enumerate(requests):
        request.is_known = is_guid(request.client_id) and any(
            item.client_id == request.client_id and abs(item.at - request.at) <= HOUR for item in own)
        request.counts = not request.is_known and (
            request.status in (1, 4) or goes_on(request, requests[number + 1:]))
        request.is_newest = not request.is_known or request.status == 1


def is_suspicious(before, request, statements, renewals, windows7):
    """Did the machine lose its licence between these two requests, perhaps in the window? `statements` are
    those of other kinds, as (value, item)."""
    if before.status not in (1, 2) or request.status not in (4, 5) or not request.counts or \
            is_other(before, request) or request.at - before.at > 15 * DAY or \
            any(item.at >= before.at and item.place < request.place for item in renewals) or \
            not {before.licence, request.licence} <= windows7:
        return False
    begin = max([item for value, item in statements if value == 1 and item.place < request.place] + [before],
                key=lambda item: item.place)
    end = min([item for value, item in statements if value in (3, 4, 5, 6, 'non-genuine') and
               item.place > begin.place] + [request], key=lambda item: item.place)
    return begin.at <= END and end.at >= START


def ask_hosts(requests, statements, items, licences):
    """What the hosts make of a machine: is it `suspected`, or has it a `fault` (open while `asks_in_vain`)?
    `codes` are those of its newest request that its own log lacks."""
    requests = telling(requests)
    own, windows7 = [row for row in statements if row[1].name != 'SPP 12290'], windows_7(licences)
    states = [request.status for request in requests if request.counts or request.is_known and request.status == 1]
    renewals = [item for item in items if item.is_reset or item.name == 'SPP 1016']
    suspected = any(is_suspicious(*pair, own, renewals, windows7) for pair in zip(requests, requests[1:]))
    newest = next((request for request in reversed(requests) if request.is_newest), None)
    if newest is None or newest.is_known:
        newest = SimpleNamespace(hr=0)
    in_vain = bool(newest.hr) and \
        not any(value == 1 and item.place > newest.place for value, item in statements) and \
        (newest.status != 1 or is_refusal(newest.hr) or newest.hr in NON_GENUINE)
    return SimpleNamespace(suspected=suspected, asks_in_vain=in_vain, codes={newest.hr} - {0},
                           fault=not suspected and (bool(newest.hr) or bool({3, 4, 5, 6} & set(states[-1:]))))
