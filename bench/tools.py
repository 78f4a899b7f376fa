# SPDX-License-Identifier: Apache-2.0
"""The other programs, as contenders."""

import os
import shutil
import subprocess

from measuring import Contender

EVENT_IDS = [8196, 8208, 8209, 12304, 12305, 12288, 12289]  # for programs that search


class Tools:
    """Finds the programs and makes contenders of them. `skip` is told what is missing."""

    def __init__(self, folder, jobs, also, skip):
        self.folder = folder
        self.jobs = jobs
        self.also = also
        self.skip = skip

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def list_file(self, name, paths):
        with open(self.path(name), 'wb') as file:
            file.write(b''.join(os.fsencode(path) + b'\0' for path in paths))
        return self.path(name)

    def shares_file(self, name, paths):
        """One line of quoted paths for each process, with an even share of the bytes."""
        shares = [[0, []] for _ in range(self.jobs)]
        for path in sorted(paths, key=os.path.getsize, reverse=True):
            least = min(shares, key=lambda share: share[0])
            least[0] += os.path.getsize(path)
            least[1].append('"' + path + '"')
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(''.join(' '.join(words) + '\n' for _, words in shares if words))
        return self.path(name)

    def common(self, label, paths, total):
        """cat, and openssl with one process and with several."""
        jobs = self.jobs
        shares = self.shares_file(f'shares-{label}', paths)
        several = ['xargs', '-P', str(jobs), '-L', '1', '-s', '1000000', '-a', shares]
        return [
            Contender('`cat`', ['cat'] + paths, total),
            Contender('`openssl dgst -sha256`, 1 process', ['openssl', 'dgst', '-sha256'] + paths,
                      total),
            Contender(f'`openssl dgst -sha256`, {jobs} processes',
                      several + ['openssl', 'dgst', '-sha256'], total),
        ]

    def find(self, name):
        mine = self.path('tools', 'bin', name)
        return mine if os.access(mine, os.X_OK) else shutil.which(name)

    def install(self):
        if not self.find('evtx_dump'):
            subprocess.run(['cargo', 'install', '--quiet', 'evtx', '--root', self.path('tools')],
                           check=False)

    def decoders(self, label, paths, statuses=(0,)):
        """Programs that decode every record, a process for each log as they take one at a time,
        programs that search, and those that were asked for."""
        total = sum(map(os.path.getsize, paths))
        listed = ['xargs', '-0', '-n', '1', '-a', self.list_file(f'list-{label}', paths)]
        commands = self.exporting(listed) + self.dumping(listed)
        contenders = [Contender(name, argv, total, statuses=statuses) for name, argv in commands]
        commands = self.searching(paths) + self.asked_for(paths)
        return contenders + [Contender(name, argv, total) for name, argv in commands]

    # Each answers a list of (name, command), which is empty where the program is missing.

    def exporting(self, listed):
        program = self.find('evtxexport')
        if not program:
            self.skip('`evtxexport` is not installed (Debian package libevtx-utils)')
            return []
        return [('`evtxexport`', listed + [program])]

    def dumping(self, listed):
        program = self.find('evtx_dump')
        if not program:
            self.skip('`evtx_dump` is not installed (`bench/run --install-tools`)')
            return []
        commands = [(f'`evtx_dump -t {threads} -o jsonl`',
                     listed + [program, '-t', str(threads), '-o', 'jsonl'])
                    for threads in sorted({1, self.jobs})]
        several = ['xargs', '-P', str(self.jobs)] + listed[1:]
        commands.append((f'`evtx_dump -t 1 -o jsonl`, {self.jobs} processes',
                         several + [program, '-t', '1', '-o', 'jsonl']))
        return commands

    def searching(self, paths):
        program = self.find('chainsaw')
        if not program:
            self.skip('Chainsaw is not installed (no Debian package; the crate of that name is '
                      'another program)')
            return []
        words = [word for number in EVENT_IDS
                 for word in ('-t', f'Event.System.EventID: ={number}')]
        return [('`chainsaw search`', [program, 'search', '-q', '--skip-errors', '--json',
                                       '--match-any'] + words + paths)]

    def asked_for(self, paths):
        commands = []
        for also in self.also:
            name, _, command = also.partition('=')
            words = [part for word in command.split()
                     for part in (paths if word == '{}' else [word])]
            commands.append((f'{name}: `{command}`', words))
        if not any(name.lower().startswith('hayabusa') for name, _ in commands):
            self.skip('Hayabusa: no Debian package, and the crate of that name is another program; '
                      'where it is installed, give its command with `--also`')
        return commands
