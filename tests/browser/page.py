#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Drives report.html in Chromium. Usage: page.py SAMPLE HOSTILE LONG SCRATCH

SAMPLE, HOSTILE and LONG are report folders: of the samples with their inventory, of names and
strings that want to be more, and of some thousand hosts. Prints a line for each test, "ok NAME" or
"FAIL NAME: what". AXE in the environment is the path of axe.min.js."""

import collections
import csv
import io
import os
import re
import sys
import traceback
from urllib.parse import quote

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from driver import Browser, Failed  # noqa: E402

TESTS = []
NOT_PRINTABLE = re.compile('[\x00-\x1f\x7f-\x9f]')


def test(function):
    TESTS.append(function)
    return function


class Page:
    """What the tests share: a browser, and the reports that they look at."""

    def __init__(self, browser, sample, hostile, long, scratch):
        self.browser, self.scratch = browser, scratch
        self.sample, self.hostile, self.long = sample, hostile, long
        self.hosts = read_csv(os.path.join(sample, 'hosts.csv'))

    def open(self, folder=None, address=''):
        self.browser.open(os.path.join(folder or self.sample, 'report.html'), address)
        self.browser.wait("return document.querySelector('#hosts-app .status')?.textContent")

    def shown(self):
        """How many machines the page says that it shows."""
        words = self.browser.texts('#hosts-app .status')[0].split(' of ')
        return int(words[0].replace(',', ''))

    def wait_shown(self, number):
        self.browser.wait("return document.querySelector('#hosts-app .status').textContent"
                          ".startsWith(arguments[0] + ' of ')", f'{number:,}')

    def names(self):
        """The names of all machines that are shown, as the button copies them."""
        self.press('Copy names')
        return self.clipboard().split('\n')[:-1]

    def press(self, text):
        """Clicks on the first button of that text."""
        pressed = self.browser.run(
            "const found = [...document.querySelectorAll('#hosts-app button')].find("
            "element => element.textContent === arguments[0] && element.checkVisibility());"
            "found?.scrollIntoView({block: 'center'}); found?.setAttribute('data-pressed', '');"
            "return Boolean(found)", text)
        assert pressed, f'no button: {text}'
        self.browser.click('[data-pressed]')
        self.browser.run("document.querySelector('[data-pressed]')?.removeAttribute('data-pressed')")

    def clipboard(self):
        return self.browser.ask('POST', self.browser.session + '/execute/async', {
            'script': 'navigator.clipboard.readText().then(arguments[0])', 'args': []})

    def focused(self):
        return self.browser.run('return document.activeElement.textContent || '
                                'document.activeElement.id')


def read_csv(path):
    with open(path, newline='', encoding='utf-8') as file:
        return [{**row, 'host': unguarded(row.get('host', ''))} for row in csv.DictReader(file)]


def unguarded(cell):
    """A cell without the mark that keeps it from being a formula."""
    return re.sub('^\'(?=[=+@-])', '', cell)


def equal(got, expected):
    assert got == expected, f'{str(got)[:500]!r} instead of {str(expected)[:500]!r}'


# ---- Numbers, search, filters, order ----

@test
def links_with_numbers_lead_to_as_many_machines(page):
    page.open()
    links = page.browser.run(
        "return [...document.querySelectorAll('a[href*=\"=\"][href^=\"#\"]')].map("
        "link => [link.getAttribute('href'), link.textContent])")
    numbered = [(address, int(found.group().replace(',', ''))) for address, text in links
                if (found := re.match(r'[\d,]+', text))]
    assert len(numbered) > 10, links
    for address, number in numbered:
        page.browser.run("[...document.querySelectorAll('a')].find(link =>"
                         "link.getAttribute('href') === arguments[0]).click()", address)
        assert page.shown() == number, f'{address}: {page.shown()} instead of {number}'
        equal(page.browser.address(), address)


@test
def a_link_goes_to_the_table(page):
    page.open()
    page.browser.run("document.querySelector('a[href*=\"=\"][href^=\"#\"]').click()")
    equal(page.browser.run('return document.activeElement.id'), 'hosts-title')
    page.browser.wait("const top = document.getElementById('hosts-title')"
                      ".getBoundingClientRect().top; return top >= 0 && top < 100")


@test
def search_finds_in_names_aliases_codes_and_inventory(page):
    page.open()
    equal(page.shown(), len(page.hosts))
    for typed in ('fin-pc01', '0xc004c4a2', 'human resources', 'paris hr-', 'nothing such'):
        searched = ['\n'.join([row[name] for name in ('host', 'aliases', 'codes', 'reason',
                                                      'inventory_owner', 'owner', 'site')
                               if name in row]).lower() for row in page.hosts]
        expected = sum(all(word in text for word in typed.split()) for text in searched)
        page.browser.run("document.getElementById('hosts-search').focus();"
                         "document.getElementById('hosts-search').select()")
        page.browser.type(typed)
        page.wait_shown(expected)
    page.press('Clear')
    equal(page.shown(), len(page.hosts))
    equal(page.browser.run("return document.getElementById('hosts-search').value"), '')


@test
def filters_choose_one_or_more_and_say_how_many(page):
    page.open()
    menu = "[...document.querySelectorAll('details.menu')].find(menu =>" \
        "menu.querySelector('summary').textContent.startsWith('State'))"
    counts = collections.Counter(row['state'] for row in page.hosts)
    page.browser.run(f"{menu}.querySelector('summary').click()")

    def check_counts():
        options = page.browser.wait(
            f"const found = [...{menu}.querySelectorAll('li')].map(line => [line.dataset.value,"
            "line.querySelector('.count').textContent]); return found.length && found")
        equal({value: int(number) for value, number in options if number != '0'},
              {value: number for value, number in counts.items() if value != ''})

    check_counts()
    expected = 0
    for state in ('non-genuine', 'recovered'):
        page.browser.run(f"[...{menu}.querySelectorAll('li')].find(line =>"
                         "line.dataset.value === arguments[0]).querySelector('input').click()", state)
        expected += counts[state]
        equal(page.shown(), expected)
    check_counts()
    equal(page.browser.address(), '#state=non-genuine,recovered')
    page.browser.keys('Escape')
    equal(page.browser.run(f'return {menu}.open'), False)


@test
def every_column_sorts_both_ways(page):
    page.open(address='#columns=host,state,in_window_events,inv.owner')
    page.press('State')
    equal(page.browser.run("return document.querySelector('[aria-sort]').ariaSort"), 'ascending')
    named = collections.Counter(row['host'] for row in page.hosts)
    states = {row['host']: row['state'] for row in page.hosts if named[row['host']] == 1}
    met = [states[name] for name in page.names() if states.get(name, '') != '']
    changes = sum(left != right for left, right in zip(met, met[1:]))
    equal(changes, len(set(met)) - 1)
    numbers = {row['host']: int(row['in_window_events']) for row in page.hosts
               if named[row['host']] == 1}
    title = page.browser.texts('thead th.c-in_window_events button')[0]
    for ways in (1, -1):
        page.press(title)
        met = [ways * numbers[name] for name in page.names() if name in numbers]
        equal(met, sorted(met))
    equal(page.browser.run("return document.querySelector('[aria-sort]').ariaSort"), 'descending')
    equal(page.browser.address(), '#sort=in_window_events&order=desc&'
          'columns=host,state,in_window_events,inv.owner')
    page.press('owner')
    owners = [row['owner'] for name in page.names() for row in page.hosts if row['host'] == name]
    assert owners[0] != '' and owners[-1] == '', owners


# ---- An opened machine ----

@test
def a_machine_opens_and_closes_by_keys(page):
    page.open(address='#q=fin-pc01')
    name = page.browser.texts('button.name')[0]
    for key in ('Enter', 'Space'):
        page.browser.run("document.querySelector('button.name').focus()")
        page.browser.keys(key)
        page.browser.wait("return document.querySelector('button.name').ariaExpanded === 'true'")
        equal(page.focused(), name)
        equal(page.browser.texts('tr.opened h3'), [name])
        page.browser.keys('Tab', 'Escape')
        equal(page.browser.texts('tr.opened h3'), [])
        equal(page.focused(), name)
    page.browser.click('button.name')
    equal(page.browser.texts('tr.opened h3'), [name])
    page.press('Close')
    equal(page.browser.texts('tr.opened h3'), [])


@test
def it_shows_every_event_of_the_timeline(page):
    timeline = collections.Counter(row['host'] for row in read_csv(
        os.path.join(page.sample, 'timeline.csv')))
    named = collections.Counter(row['host'] for row in page.hosts)
    checked = 0
    for row in page.hosts:
        if named[row['host']] > 1 or timeline[row['host']] == 0 or row['aliases']:
            continue
        page.open(address='#host=' + quote(row['host'], safe=''))
        got = page.browser.run("return document.querySelectorAll('.events tbody tr').length")
        assert got == timeline[row['host']], \
            f"{row['host']}: {got} events instead of {timeline[row['host']]}"
        checked += 1
    assert checked > 5, checked


@test
def an_episode_that_a_listing_ended_is_not_open(page):
    page.open(address='#host=DEP-PC09')
    ends = page.browser.run(
        "return [...document.querySelectorAll('.machine-part section')].filter(part =>"
        "part.querySelector('h4').textContent === 'Episodes').flatMap(part =>"
        "[...part.querySelector('tbody').rows].map(line => line.cells[1].textContent))")
    equal(ends, ['with the collection'])


@test
def many_events_come_in_parts(page):
    page.open(page.long, '#host=many')
    rows = "return document.querySelectorAll('.events tbody tr').length"
    equal(page.browser.run(rows), 200)
    page.press('Show 200 more of 250')
    equal(page.browser.run(rows), 400)
    page.press('Show 50 more of 50')
    equal(page.browser.run(rows), 450)
    equal(page.browser.run("return document.querySelector('.scroll:has(.events) + button').hidden"),
          True)


@test
def it_says_why_and_what_to_do(page):
    row = next(row for row in page.hosts if row['host'].startswith('FIN-PC01'))
    page.open(address='#host=fin-pc01.corp.example')
    text = page.browser.texts('tr.opened')[0]
    for expected in (row['reason'], row['kms_client_key'], '1-remove-kb971033.cmd', row['codes']):
        assert expected in text, expected
    picture = page.browser.run("return document.querySelector('.lanes svg').ariaLabel")
    assert 'strong signal: ' in picture and 'first 2019-01-08' in picture, picture
    page.browser.run("[...document.querySelectorAll('.commands button')].at(-1).click()")
    copied = page.browser.wait("return document.querySelector('.message').textContent")
    assert copied.startswith('Copied: '), copied
    assert 'slmgr' in page.clipboard(), page.clipboard()
    assert page.clipboard().strip() in text


# ---- Copies and export ----

@test
def names_and_the_address_are_copied(page):
    page.open(address='#class=affected-by-incident')
    expected = [row['host'] for row in page.hosts
                if row['classification'] == 'affected-by-incident']
    equal(sorted(page.names()), sorted(expected))
    page.press('Copy link')
    equal(page.clipboard(), f'file://{page.sample}/report.html#class=affected-by-incident')


@test
def a_copy_that_is_refused_is_said(page):
    page.open(address='#q=fin-pc01')
    page.browser.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    page.press('Copy names')
    page.browser.wait("return document.querySelector('.message').textContent.startsWith('Copied: ')")
    equal(page.clipboard(), 'FIN-PC01.corp.example\n')
    page.browser.run("document.execCommand = () => false")
    page.press('Copy names')
    page.browser.wait("return document.querySelector('.message').textContent ==="
                      "'The browser refused to copy 1 host name.'")


@test
def export_is_hosts_csv_of_what_is_shown(page):
    """On this page no value has what the page makes visible, or a line end, in it."""
    page.open(address='#is=broken')
    count = page.shown()
    page.press('Export CSV')
    content = page.browser.downloaded('hosts-filtered.csv')
    lines = content.decode().split('\r\n')
    equal(len(lines), count + 2)
    equal(lines[-1], '')
    with open(os.path.join(page.sample, 'hosts.csv'), encoding='utf-8', newline='') as file:
        kept = file.read().split('\r\n')
    equal(lines[0], kept[0].replace('"sources"', '"source_count"'))
    exported = list(csv.DictReader(io.StringIO(content.decode(), newline='')))
    by_name = collections.defaultdict(list)
    for row in page.hosts:
        by_name[row['host']].append({**row, 'sources': ''})
    for row in exported:
        del row['source_count']
        row['host'] = unguarded(row['host'])
        alike = [{name: value for name, value in other.items() if name != 'sources'}
                 for other in by_name[row['host']]]
        assert row in alike, (row, alike)
    assert all(line.startswith('"') and line.endswith('"') for line in lines[:-1])


@test
def exported_cells_are_no_formulas(page):
    page.open(page.hostile)
    page.press('Export CSV')
    content = page.browser.downloaded('hosts-filtered.csv').decode()
    starts = tuple('=+-@\t\r\uff1d\uff0b\uff0d\uff20')
    assert '=1+1' in content
    for delimiter in ',;':
        for row in csv.reader(io.StringIO(content, newline=''), delimiter=delimiter):
            for cell in row:
                assert not cell.lstrip(' "').startswith(starts), (delimiter, cell)


@test
def exported_columns_are_those_of_hosts_csv(page):
    """The inventory has columns that are called like ours, twice the same, and not at all."""
    page.open(page.hostile)
    page.press('Export CSV')
    exported = next(csv.reader(io.StringIO(page.browser.downloaded('hosts-filtered.csv').decode())))
    with open(os.path.join(page.hostile, 'hosts.csv'), newline='', encoding='utf-8') as file:
        kept = next(csv.reader(file))
    equal(exported, ['source_count' if name == 'sources' else name for name in kept])
    assert kept[-4:] == ['inventory_State', 'site', 'site', ''], kept


@test
def filters_of_columns_of_one_name_are_apart(page):
    for address, expected in (('#inv.inventory_State=new', 2), ('#inv.site=B', 2),
                              ('#inv.site%20(2)=C', 2), ('#inv.site=A&inv.site%20(2)=C', 1),
                              ('#inv.=E', 2)):
        page.open(page.hostile, address)
        equal((address, page.shown()), (address, expected))
        page.press('Copy link')
        equal(page.clipboard().split('#')[1], address[1:])
    titles = page.browser.texts('details.menu > summary')
    equal([title.split(':')[0] for title in titles[-5:-1]],
          ['inventory_State', 'site', 'site (2)', '(no name)'])


# ---- The address ----

@test
def machines_of_one_name_are_told_apart(page):
    page.open(page.long, '#q=twin')
    row = "return document.querySelector('tr.opened')?.previousSibling.ariaRowIndex"
    equal(page.browser.texts('button.name'), ['TWIN', 'TWIN'])
    for at, address in enumerate(('#q=twin&host=TWIN', '#q=twin&host=TWIN&nth=2')):
        page.open(page.long, '#q=twin')
        page.browser.run("document.querySelectorAll('button.name')[arguments[0]].click()", at)
        equal(page.browser.address(), address)
        page.press('Copy link to it')
        equal(page.clipboard().split('#')[1], address[len('#q=twin&'):])
        page.open(page.long, address)
        equal(page.browser.run(row), str(at + 2))
    for address in ('#host=twin&nth=3', '#host=twin&nth=0', '#host=twin&nth=x'):
        page.open(page.long, address)
        equal(page.browser.texts('tr.opened h3'), ['TWIN'])


@test
def the_view_lives_in_the_address(page):
    page.open()
    page.open(address='#q=0xc004&class=affected-by-incident&state=non-genuine,recovered'
                      '&sort=host&order=desc&host=FIN-PC01.CORP.example')
    equal(page.browser.run("return document.getElementById('hosts-search').value"), '0xc004')
    equal(page.browser.texts('tr.opened h3'), ['FIN-PC01.corp.example'])
    names = page.names()
    equal(names, sorted(names, key=str.lower, reverse=True))
    page.press('Copy link')
    equal(page.clipboard().split('#')[1],
          'q=0xc004&class=affected-by-incident&state=non-genuine,recovered&sort=host&order=desc'
          '&host=FIN-PC01.corp.example')


@test
def back_and_forward_go_through_views(page):
    page.open()
    everything = page.shown()
    page.browser.run("document.querySelector('a[href=\"#is=broken\"]').click()")
    broken = page.shown()
    assert 0 < broken < everything
    page.browser.click('button.name')
    equal(len(page.browser.texts('tr.opened h3')), 1)
    page.browser.back()
    page.browser.wait("return !document.querySelector('tr.opened')")
    equal(page.shown(), broken)
    page.browser.back()
    page.wait_shown(everything)
    page.browser.forward()
    page.wait_shown(broken)
    page.browser.run("document.querySelector('nav a').click()")
    equal(page.shown(), broken)


@test
def addresses_that_make_no_sense_are_said_or_passed_over(page):
    page.open(address='#host=NO-SUCH-PC%20%3Cb%3E')
    assert 'No host on this page is named NO-SUCH-PC <b>.' in page.browser.texts('.message'), \
        page.browser.texts('.message')
    page.open(address='#%E0%A4%A=%&=&&sort=__proto__&class=&host=')
    page.open(address='#columns=state,host,state')
    equal(page.browser.texts('.list thead th'), ['Host', 'State'])
    page.browser.run("const search = document.getElementById('hosts-search'); search.value = '\\ud800';"
                     "search.dispatchEvent(new Event('input'))")
    page.wait_shown(0)
    page.open(address='#sort=nothing&order=up&columns=x,y&is=nothing')
    equal(page.shown(), 0)
    page.press('Clear')
    equal(page.shown(), len(page.hosts))
    page.open(address='#is=clean&host=FIN-PC01.corp.example')
    assert 'left out by the filters' in page.browser.texts('.message')[0]
    page.browser.run("document.querySelector('button.name').focus()")
    page.browser.keys('Escape')
    equal(page.browser.address(), '#is=clean')


# ---- Keyboard, and many machines ----

@test
def keys_move_through_thousands_and_few_rows_are_made(page):
    page.open(page.long)
    count = page.shown()
    assert count > 2500, count
    page.browser.keys('/')
    equal(page.focused(), 'hosts-search')
    page.browser.run("document.querySelector('button.name[tabindex=\"0\"]').focus()")
    first = page.focused()
    page.browser.keys('Down', 'Down', 'Up')
    equal(page.browser.run("return document.activeElement.closest('tr').ariaRowIndex"), '3')
    page.browser.keys('End')
    equal(page.browser.run("return document.activeElement.closest('tr').ariaRowIndex"),
          str(count + 1))
    last = page.focused()
    equal(page.browser.run("return document.querySelector('.machines').ariaRowCount"),
          str(count + 1))
    page.browser.run("document.querySelector('.list').scrollTop = 20000")
    page.browser.wait("const rows = [...document.querySelectorAll('tr.machine')]; return rows.some("
                      "row => Number(row.ariaRowIndex) > 400 && Number(row.ariaRowIndex) < 700)")
    equal(page.focused(), last)
    assert page.browser.run("return document.querySelectorAll('tr.machine').length") < 120
    page.browser.keys('Home')
    equal(page.focused(), first)


@test
def rows_stand_where_the_scroll_bar_says(page):
    page.open(page.long)
    page.browser.run("document.querySelectorAll('button.name')[1].click()")
    page.browser.wait("return document.querySelector('tr.opened').offsetHeight > 100")
    page.browser.run("document.querySelector('.list').scrollIntoView()")
    for share in (0.1, 0.5, 0.9, 1):
        page.browser.run("const list = document.querySelector('.list');"
                         "list.scrollTop = list.scrollHeight * arguments[0]", share)
        off = page.browser.wait(
            "const list = document.querySelector('.list'), box = list.getBoundingClientRect();"
            "const at = document.elementFromPoint(box.left + 60, box.bottom - 60)"
            "?.closest('tr.machine'); if (!at) return 0;"
            "const row = document.querySelector('tr.machine').getBoundingClientRect().height;"
            "const above = list.querySelector('thead').offsetHeight +"
            "document.querySelector('tr.opened').offsetHeight;"
            "const place = at.getBoundingClientRect().top - box.top + list.scrollTop - above;"
            "return Math.abs(place - (at.ariaRowIndex - 2) * row) + 1")
        assert off < 6, (share, off)


# ---- Print, widths, no script ----

@test
def the_list_prints_a_line_a_machine(page):
    for folder, least, most in ((page.sample, 3, 40), (page.long, 40, 120)):
        page.open(folder)
        pages = page.browser.print(os.path.join(page.scratch, 'page.pdf'))
        assert least <= pages <= most, (folder, pages)
        equal(page.browser.run("return document.querySelectorAll('.printed tr').length"), 0)
    page.open(page.long)
    page.browser.run("dispatchEvent(new Event('beforeprint'))")
    equal(page.browser.run("return document.querySelectorAll('.printed tbody tr').length"),
          page.shown())


@test
def an_opened_machine_prints_with_its_picture(page):
    page.open(address='#host=FIN-PC01.corp.example')
    page.browser.run("dispatchEvent(new Event('beforeprint'))")
    page.browser.develop('Emulation.setEmulatedMedia', media='print')
    page.browser.size(1000, 700)
    try:
        bars, right, wide = page.browser.run(
            "const svg = document.querySelector('.printed .lanes svg');"
            "return [[...svg.querySelectorAll('rect')].filter(bar => bar.getBoundingClientRect()"
            ".width > 0).length, svg.getBoundingClientRect().right,"
            "document.documentElement.clientWidth]")
        assert bars >= 3, bars
        assert right <= wide, (right, wide)
    finally:
        page.browser.develop('Emulation.setEmulatedMedia', media='')
        page.browser.size(1280, 800)


@test
def events_that_are_not_printed_are_counted(page):
    note = "return document.querySelector('.on-paper').checkVisibility()"
    page.open(page.long, '#host=many')
    equal(page.browser.run(note), False)
    page.browser.develop('Emulation.setEmulatedMedia', media='print')
    try:
        page.browser.run("dispatchEvent(new Event('beforeprint'))")
        texts = page.browser.run("return [...document.querySelectorAll('.printed .on-paper')]"
                                 ".map(note => note.checkVisibility() ? note.textContent : '')")
        assert texts[0].startswith('250 more of these are not printed'), texts
    finally:
        page.browser.develop('Emulation.setEmulatedMedia', media='')
        page.browser.run("dispatchEvent(new Event('afterprint'))")
    page.press('Show 200 more of 250')
    page.press('Show 50 more of 50')
    equal(page.browser.texts('.on-paper'), [''])


@test
def the_picture_is_told_in_words(page):
    page.open(address='#host=FIN-PC01.corp.example')
    words = page.browser.run("return document.querySelector('.lanes svg').ariaLabel")
    assert 'Episodes: 2019-01-08 ' in words and 'to the end (open)' in words, words
    assert 'Logs cover: ' in words, words
    assert '2019-01-08' in page.browser.texts('.lanes text'), page.browser.texts('.lanes text')
    page.open(page.long, '#host=pc2')
    words = page.browser.run("return document.querySelector('.lanes svg').ariaLabel")
    assert words.startswith('Logs cover: '), words
    equal(page.browser.texts('.lead'), ['No activation fault. Nothing to do.'])
    page.open(os.path.join(page.scratch, 'far'), '#host=pc1')
    texts = page.browser.texts('.lanes text')
    assert '9000' in texts and not any(text.startswith('+') for text in texts), texts


@test
def no_width_scrolls_sideways(page):
    for width in (320, 480, 704, 1024, 1280, 3840):
        page.browser.size(width, 900)
        try:
            for folder, address in ((page.sample, '#host=FIN-PC01.corp.example'), (page.hostile, ''),
                                    (page.long, '')):
                page.open(folder, address)
                wide = page.browser.run('return document.documentElement.scrollWidth')
                assert wide <= width, f'{width}: {wide} in {folder}'
        finally:
            page.browser.size(1280, 800)


@test
def headings_and_usual_names_are_not_cut(page):
    page.open(address='#q=corp.example')
    cut = page.browser.run(
        "return [...document.querySelectorAll('.list thead button, .list button.name,"
        "td.c-classification > div')].filter(element => element.scrollWidth > element.clientWidth)"
        ".map(element => element.textContent)")
    equal(cut, [])


@test
def without_script_there_is_a_table(page):
    browser = page.browser
    browser.develop('Emulation.setScriptExecutionDisabled', value=True)
    try:
        browser.open(os.path.join(page.sample, 'report.html'))
        root = browser.develop('DOM.getDocument')['root']['nodeId']
        lines = browser.develop('DOM.querySelectorAll', nodeId=root,
                                selector='noscript tbody tr th[scope=row]')['nodeIds']
        equal(len(lines), len(page.hosts))
        shown = browser.develop('DOM.querySelectorAll', nodeId=root,
                                selector='#hosts-app > *')['nodeIds']
        equal(shown, [])
    finally:
        browser.develop('Emulation.setScriptExecutionDisabled', value=False)


# ---- Hostile content ----

@test
def nothing_of_the_data_runs_or_is_fetched(page):
    page.browser.complaints()
    page.browser.requests()
    for address in ('', '#q=%3Cimg', '#host=%3Cscript%3Edocument.title%3D1%3C%2Fscript%3E'):
        page.open(page.hostile, address)
    names = page.browser.texts('button.name')
    assert any('<' in name for name in names), names
    for at in range(len(names)):
        page.browser.run("document.querySelectorAll('button.name')[arguments[0]].click()", at)
        assert page.browser.run("return document.querySelector('tr.opened') !== null"), names[at]
        page.browser.run("document.querySelectorAll('button.name')[arguments[0]].click()", at)
    page.browser.run("for (const menu of document.querySelectorAll('details')) menu.open = true")
    page.browser.run("dispatchEvent(new Event('beforeprint'))")
    equal(page.browser.run(
        "return [document.querySelectorAll('img, iframe, object, embed, link, base, form, video')"
        ".length, document.querySelectorAll('script:not([type])').length,"
        "[...document.querySelectorAll('*')].filter(element => [...element.attributes].some("
        "attribute => /^on/i.test(attribute.name))).length, typeof window.ran]"),
        [0, 1, 0, 'undefined'])
    requests = page.browser.requests()
    assert any(address.endswith('/hostile/report.html') for address in requests), requests
    equal([address for address in requests if not is_own(address)], [])
    equal(page.browser.complaints(), [])


def is_own(address):
    return address.split('#')[0].endswith('/report.html') or address == 'about:blank'


@test
def what_is_not_seen_is_shown(page):
    page.open(page.hostile)
    text = page.browser.run("for (const name of document.querySelectorAll('button.name')) name.click();"
                            "return document.body.innerText")
    assert '[U+202E]' in text
    assert not re.search('[\u202a-\u202e\u2066-\u2069\u200b]', text)


@test
def a_policy_allows_its_own_parts_alone(page):
    page.open()
    policy = page.browser.run("return document.querySelector('meta[http-equiv]').content")
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; "
                        r"script-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'",
                        policy), policy
    page.browser.run(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "document.body.append(script); const image = document.createElement('img');"
        "image.src = 'http://127.0.0.1:9/'; document.body.append(image)")
    equal(page.browser.run('return typeof window.ran'), 'undefined')
    refused = page.browser.complaints()
    assert len(refused) >= 2 and all('Content Security Policy' in line for line in refused), refused
    page.browser.requests()


@test
def no_rule_of_accessibility_is_broken(page):
    """axe-core: rules of WCAG 2.2, level AA."""
    axe = os.environ.get('AXE', '')
    if not os.path.isfile(axe):
        print('SKIP: axe-core, another tool, is not there (AXE): rules of accessibility')
        return
    with open(axe, encoding='utf-8') as file:
        rules = file.read()
    for scheme, width in (('light', 1280), ('dark', 1280), ('light', 320)):
        page.browser.size(width, 900)
        page.browser.develop('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': scheme}])
        try:
            for address in ('', '#host=FIN-PC01.corp.example'):
                page.open(address=address)
                equal(violations(page, rules), [])
        finally:
            page.browser.size(1280, 800)
            page.browser.develop('Emulation.setEmulatedMedia', features=[])


def violations(page, rules):
    page.browser.run("for (const menu of document.querySelectorAll('details.menu')) menu.open = true")
    page.browser.run(rules + '\nwindow.axe = axe;')
    return page.browser.ask('POST', page.browser.session + '/execute/async', {
        'script': "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',"
                  "'wcag22aa', 'best-practice']}).then(result => arguments[0](result.violations.map("
                  "rule => [rule.id, rule.nodes.length, rule.nodes[0].html.slice(0, 150),"
                  "rule.nodes[0].failureSummary.slice(0, 300)])))", 'args': []})


def run_test(function, page):
    name = function.__name__.replace('_', ' ')
    try:
        function(page)
        complaints = page.browser.complaints()
        assert not complaints, f'the console says: {complaints[:3]}'
        print(f'ok {name}', flush=True)
    except (AssertionError, Failed, KeyError, IndexError, StopIteration, ValueError) as failure:
        line = traceback.extract_tb(failure.__traceback__)[-1].lineno
        what = NOT_PRINTABLE.sub(' ', str(failure) or type(failure).__name__)
        print(f'FAIL {name}: line {line}: {what[:1200]}', flush=True)


def main():
    chosen = sys.argv[5:]
    browser = Browser()
    try:
        page = Page(browser, *map(os.path.abspath, sys.argv[1:5]))
        browser.develop('Browser.grantPermissions', permissions=[
            'clipboardReadWrite', 'clipboardSanitizedWrite'])
        for function in TESTS:
            if not chosen or function.__name__ in chosen:
                run_test(function, page)
    finally:
        browser.close()


if __name__ == '__main__':
    main()
