# SPDX-License-Identifier: Apache-2.0
"""Makes what is read, with make-fleet, and keeps it."""

import csv
import glob
import hashlib
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
LOG = 'Windows/System32/winevt/Logs/Application.evtx'
BLOCK = 25  # machines to a run of the maker


def classifications(path):
    with open(path, newline='', encoding='utf-8') as file:
        return {row['host']: row['classification'] for row in csv.DictReader(file)}


def logs_in(folder):
    """The files below that begin as an EVTX log does, sorted."""
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            with open(path, 'rb') as file:
                if file.read(8) == b'ElfFile\0':
                    found.append(path)
    return found


class Maker:
    """Owns what begins with `made-` in the folder."""

    def __init__(self, folder, program, mib, say):
        self.folder = folder
        self.program = program
        self.mib = mib
        self.say = say

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def made_by(self):
        """Names the state of the maker: files of another one are made anew."""
        state = hashlib.sha256()
        for pattern in ('bench/*.[ch]', 'tests/fixtures/*.[ch]'):
            for path in sorted(glob.glob(os.path.join(TOP, pattern))):
                with open(path, 'rb') as file:
                    state.update(file.read())
        return state.hexdigest()

    def forget_others(self):
        mark = self.path('made-by')
        state = self.made_by()
        old = open(mark, encoding='ascii').read() if os.path.exists(mark) else ''
        if old != state:
            for path in glob.glob(self.path('made-*')):
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
            with open(mark, 'w', encoding='ascii') as file:
                file.write(state)

    def make(self, name, words):
        """Starts the maker, unless its listing says that it was done before. Answers the process
        and the path that the listing gets in the end."""
        listing = self.path(name + '.csv')
        if os.path.exists(listing):
            return None
        with open(listing + '.partial', 'w', encoding='utf-8') as partial:
            return subprocess.Popen([self.program] + words, stdout=partial), listing

    @staticmethod
    def finish(making):
        """Waits for what was started; listings get their names."""
        for maker, listing in filter(None, making):
            if maker.wait() != 0:
                sys.exit('bench: the maker failed')
            os.rename(listing + '.partial', listing)

    def one(self, name, words):
        """Makes the one file or folder of that name where it is missing."""
        if os.path.exists(self.path(name + '.csv')) and not os.path.exists(self.path(name)):
            os.remove(self.path(name + '.csv'))
        self.finish([self.make(name, words)])

    def fleet(self, machines, renewal_days):
        """The machines' logs, made where missing, a block of them to a run of the maker."""
        mib = self.mib
        name = f'made-fleet-{mib}-mib-renewed-{renewal_days}'
        firsts = list(range(1, machines + 1, BLOCK))
        self.say(f'making the fleet: {machines} machines of {mib} MiB')
        while firsts:
            share, firsts = firsts[:os.cpu_count()], firsts[os.cpu_count():]
            words = [self.path(name), '--machines', str(BLOCK), '--log-mib', str(mib),
                     '--renewal-days', str(renewal_days), '--first']
            self.finish([self.make(f'{name}-{first}', words + [str(first)]) for first in share])
        return [self.path(name, f'PC-{number:04}') for number in range(1, machines + 1)]

    def made_classifications(self, pattern):
        made = {}
        for path in glob.glob(self.path(pattern)):
            made.update(classifications(path))
        return made
