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

    def case(self, program, folder, machines, events):
        """A finished case in that folder, made where it is missing."""
        if os.path.exists(folder):
            return
        self.say(f'making a case of {machines} machines')
        shutil.rmtree(folder + '.partial', ignore_errors=True)
        subprocess.run([program, folder + '.partial', str(machines), str(events)], check=True)
        os.rename(folder + '.partial', folder)

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

    def archive(self, folders):
        """A zip of the folders, deflated; None where there is no zip."""
        path = self.path(f'made-archive-{self.mib}-mib-{len(folders)}.zip')
        if os.path.exists(path):
            return path
        if not shutil.which('zip'):
            return None
        self.say('making a zip')
        partial = path[:-4] + '.partial.zip'
        subprocess.run(['zip', '-qr', partial] + [os.path.basename(folder) for folder in folders],
                       cwd=os.path.dirname(folders[0]), check=True)
        os.rename(partial, path)
        return path

    def images(self, folders, total):
        """One NTFS volume with the folders, in several formats: {name: path}; {} where a program
        that makes them is missing."""
        environment = dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin:/sbin')
        if not all(shutil.which(program, path=environment['PATH'])
                   for program in ('mkntfs', 'qemu-img', 'ewfacquirestream')):
            return {}
        home = self.path(f'made-images-{self.mib}-mib-{len(folders)}')
        images = {name: os.path.join(home, 'volume.' + ending) for name, ending in (
            ('raw', 'raw'), ('VHDX', 'vhdx'), ('dynamic VHD', 'vpc'), ('VMDK', 'vmdk'),
            ('QCOW2', 'qcow2'), ('E01', 'E01'))}
        if os.path.exists(home):
            return images
        self.say('making images of disks')
        shutil.rmtree(home + '.partial', ignore_errors=True)
        os.makedirs(home + '.partial/in')
        for folder in folders:
            os.symlink(folder, os.path.join(home + '.partial/in', os.path.basename(folder)))

        def run(*words, **more):
            subprocess.run(words, cwd=home + '.partial', env=environment, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)

        run('truncate', '-s', str(total * 5 // 4 + (64 << 20)), 'volume.raw')
        run('mkntfs', '-F', '-q', '-f', 'volume.raw')
        run('cp', '-RL', 'in', 'copy')
        run(sys.executable, os.path.join(TOP, 'tests/fixtures/fill_ntfs.py'), 'volume.raw', 'copy')
        for name in ('vhdx', 'vpc', 'vmdk', 'qcow2'):
            run('qemu-img', 'convert', '-f', 'raw', '-O', name, 'volume.raw', 'volume.' + name)
        with open(home + '.partial/volume.raw', 'rb') as volume:
            run('ewfacquirestream', '-q', '-t', 'volume', '-c', 'none', '-S', str(1 << 40),
                stdin=volume)
        shutil.rmtree(home + '.partial/copy')
        os.rename(home + '.partial', home)
        return images

    def made_classifications(self, pattern):
        made = {}
        for path in glob.glob(self.path(pattern)):
            made.update(classifications(path))
        return made
