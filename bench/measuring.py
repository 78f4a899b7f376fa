# SPDX-License-Identifier: Apache-2.0
"""Runs commands and measures them: time with bench-measure, memory by looking at /proc."""

import os
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field

LOOK_EVERY_SECONDS = 0.002
KIB = 1024
MIB = 1024 * 1024


@dataclass
class Contender:
    """A command to be measured, and what came out."""

    name: str
    argv: list
    size_bytes: int
    output: str = ''  # a folder that it makes anew each time
    statuses: tuple = (0,)
    # what was measured
    seconds: list = field(default_factory=list)
    cpu_seconds: list = field(default_factory=list)
    resident_kib: int = 0  # greatest of any process, mapped pages of files counted in
    own_kib: int = 0  # greatest of any process, without pages of files
    processes: int = 0
    failure: str = ''

    def median(self):
        return statistics.median(self.seconds) if self.seconds and not self.failure else None

    def speed(self):
        """In bytes a second."""
        median = self.median()
        return self.size_bytes / median if median else None

    def prepare(self):
        if self.output:
            shutil.rmtree(self.output, ignore_errors=True)


def quiet(argv, **more):
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, **more)


def run_timed(contender, measure, scratch):
    """One timed run: its line is that of bench/measure.c."""
    line = os.path.join(scratch, 'measured')
    contender.prepare()
    quiet([measure, line] + contender.argv).wait()
    with open(line, encoding='ascii') as file:
        wall_ns, user_us, system_us, resident_kib, status = map(int, file.read().split())
    os.remove(line)
    if status not in contender.statuses:
        contender.failure = f'exit status {status}'
        return
    contender.seconds.append(wall_ns / 1e9)
    contender.cpu_seconds.append((user_us + system_us) / 1e6)
    contender.resident_kib = max(contender.resident_kib, resident_kib)


def children_of(process):
    try:
        with open(f'/proc/{process}/task/{process}/children', encoding='ascii') as file:
            return [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return []


def own_memory(process):
    """Anonymous and shared pages of a process in KiB; None when it is gone."""
    sizes = {}
    try:
        with open(f'/proc/{process}/status', encoding='utf-8', errors='replace') as file:
            for line in file:
                if line.startswith(('RssAnon:', 'RssShmem:')):
                    name, size, _ = line.split()
                    sizes[name] = int(size)
    except (OSError, ValueError):
        return None
    return sum(sizes.values()) if sizes else None


def look_at_tree(root, peaks):
    """Notes the memory of the process and all below it."""
    todo = [root]
    while todo:
        process = todo.pop()
        todo += children_of(process)
        own = own_memory(process)
        if own is not None:
            peaks[process] = max(peaks.get(process, 0), own)


def run_watched(contender):
    """One run that is not timed, and whose memory is looked at all the while. Also warms up."""
    contender.prepare()
    begun = time.monotonic()
    child = quiet(contender.argv)
    peaks = {}
    done = threading.Event()

    def watch():
        while not done.is_set():
            look_at_tree(child.pid, peaks)
            done.wait(LOOK_EVERY_SECONDS)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = child.wait()
    done.set()
    watcher.join()
    if status not in contender.statuses:
        contender.failure = f'exit status {status}'
    contender.own_kib = max(peaks.values(), default=0)
    contender.processes = len(peaks)
    return time.monotonic() - begun


def compare(contenders, runs, measure, scratch, say, long_seconds, long_runs):
    """Measures all, one run of each in turn, so that what disturbs the machine hits all alike. One
    that takes longer than `long_seconds` gets `long_runs` runs."""
    wanted = {}
    for contender in contenders:
        taken = run_watched(contender)
        wanted[id(contender)] = long_runs if taken > long_seconds else runs
        say(f'  {contender.name}: {contender.failure or f"{taken:.2f} s to warm up"}')
    for number in range(runs):
        say(f'  round {number + 1} of {runs}')
        for contender in contenders:
            if not contender.failure and number < wanted[id(contender)]:
                run_timed(contender, measure, scratch)
    for contender in contenders:
        contender.prepare()


def read_all(paths):
    """Brings files into the page cache."""
    buffer = bytearray(4 * MIB)
    for path in paths:
        with open(path, 'rb', buffering=0) as file:
            while file.readinto(buffer):
                pass


def forget_cached(paths):
    """Lets go of files in the page cache (what is written to disk already)."""
    for path in paths:
        file = os.open(path, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def cached_share(paths):
    """Which share of the files is in the page cache, by one page in 256."""
    step = 256 * 4096
    page = bytearray(4096)
    there = looked = 0
    for path in paths:
        file = os.open(path, os.O_RDONLY)
        for offset in range(0, os.fstat(file).st_size, step):
            looked += 1
            try:
                there += os.preadv(file, [page], offset, os.RWF_NOWAIT) > 0
            except BlockingIOError:
                pass
        os.close(file)
    return there / looked if looked else 1.0
