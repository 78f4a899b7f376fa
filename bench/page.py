#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures report.html in Chromium. Usage: bench/page.py REPORT.html [RUNS]

Prints a line of JSON. Times are in milliseconds; those of opening run from the start of the
navigation and are medians of the runs, each after one that is not counted:
    bytes         size of the page
    parsed        until the document is parsed and its script has run, so that the first rows are there
    loaded        until the load event
    search        from what is typed to the filtered list, without the wait for more keys
    sort          from the click to the sorted list
    open          from the click on a name to its part of the page
    frame, frame_95, frame_most
                  between the frames while the list is scrolled from its start to its end in three
                  seconds: median, 95th percentile, longest
    rows          rows of the list that exist then, of how many: hosts
    heap_mib      what the script's values take
    renderer_mib  own memory of the process that shows the page"""

import glob
import json
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'tests', 'browser')]

from driver import Browser, Failed  # noqa: E402
from measuring import own_memory  # noqa: E402

OPENED = "return document.querySelectorAll('tr.machine').length > 0"
NAVIGATION = """
const entry = performance.getEntriesByType('navigation')[0];
return [entry.domContentLoadedEventEnd, entry.loadEventEnd]"""
SCROLL = """
const done = arguments[0], list = document.querySelector('.list'), frames = [];
const begun = performance.now();
let before = begun;
list.scrollTop = 0;
requestAnimationFrame(function step(now) {
    frames.push(now - before);
    before = now;
    list.scrollTop = list.scrollHeight * (now - begun) / 3000;
    if (now - begun < 3000)
        requestAnimationFrame(step);
    else
        done(frames.slice(1).sort((left, right) => left - right));
});"""
# Each answers how long the change took until it was laid out.
TIMED = """
const done = arguments[1], begun = performance.now();
(%s)(arguments[0]);
document.querySelector('.list').offsetHeight;
done(performance.now() - begun);"""
SEARCH = """text => {
    const wait = window.setTimeout;
    window.setTimeout = action => { action(); return 0; };
    document.getElementById('hosts-search').value = text;
    document.getElementById('hosts-search').dispatchEvent(new Event('input'));
    window.setTimeout = wait;
}"""
CLICK = 'css => document.querySelector(css).click()'


def processes_below(process):
    """Its children, of any of its threads, and theirs."""
    found = []
    for path in glob.glob(f'/proc/{process}/task/*/children'):
        with open(path, encoding='ascii') as file:
            for child in map(int, file.read().split()):
                found += [child] + processes_below(child)
    return found


def ask(browser, script, *arguments):
    return browser.post('/execute/async', script=script, args=list(arguments))


def measure(path, runs):
    browser = Browser()
    try:
        times = []
        for _ in range(runs + 1):
            browser.open(path)
            browser.wait(OPENED, seconds=60)
            times.append(browser.wait(f'const found = (() => {{{NAVIGATION}}})();'
                                      'return found[1] > 0 && found', seconds=60))
        parsed, loaded = (statistics.median(column) for column in zip(*times[1:]))
        frames = ask(browser, SCROLL)
        values = {
            'bytes': os.path.getsize(path),
            'parsed': parsed,
            'loaded': loaded,
            'frame': frames[len(frames) // 2],
            'frame_95': frames[len(frames) * 95 // 100],
            'frame_most': frames[-1],
            'rows': browser.run("return document.querySelectorAll('tr.machine').length"),
            'hosts': browser.run("return document.querySelector('.machines').ariaRowCount - 1"),
            'search': ask(browser, TIMED % SEARCH, '0xc004c4a2 berlin'),
            'sort': ask(browser, TIMED % CLICK, 'thead .c-host button'),
            'open': ask(browser, TIMED % CLICK, 'button.name'),
            'heap_mib': browser.run('return performance.memory.usedJSHeapSize') / 2**20,
            'renderer_mib': max(own_memory(process) or 0
                                for process in processes_below(browser.process.pid)) / 1024,
        }
        return {name: round(value, 1) for name, value in values.items()}
    finally:
        browser.close()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit('use: bench/page.py REPORT.html [RUNS]')
    try:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)))
    except Failed as failure:
        sys.exit(f'page.py: {failure}')


if __name__ == '__main__':
    main()
