#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the .cmd scripts under Wine's cmd.exe, on machines that tests/windows/stub.c plays.
Usage: windows_machine.py SCRIPTS STUB WORK CASES...
    SCRIPTS     the folder of the scripts
    STUB        stub.exe
    WORK        a folder to work in
    CASES       files of cases: tests/cases/README-scripts says how they are written
Prints FAIL and what differs for each case that fails, then how many passed. A name in the
environment variable CASE runs only the cases that contain it, and keeps the machines."""
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time

WINE_FILES = '/usr/lib/x86_64-linux-gnu/wine/x86_64-windows'
WINE = '/usr/lib/wine/wine64'
WINE_SERVER = '/usr/lib/wine/wineserver64'
TOOLS = ('reg sc net cscript dism wusa ping nslookup robocopy findstr shutdown attrib wevtutil '
         'systeminfo wbem/WMIC').split()
STORE = ('Windows/ServiceProfiles/NetworkService/AppData/Roaming/Microsoft/'
         'SoftwareProtectionPlatform')
BLOB = ('Windows/System32/7B296FB0-376B-497e-B012-9C450E1B7327-5P-%d.'
        'C7483456-A289-439d-8115-601632D005A0')
STORE_FILES = {'tokens': STORE + '/tokens.dat', 'cache': STORE + '/cache/cache.dat',
               '7b-0': BLOB % 0, '7b-1': BLOB % 1}

HKLM = 'HKEY_LOCAL_MACHINE'
WINDOWS_NT = HKLM + r'\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
SERVICES = HKLM + r'\SYSTEM\CurrentControlSet\Services'
TCPIP = SERVICES + r'\Tcpip\Parameters'
SERVICING = HKLM + r'\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
MEMORY = HKLM + r'\SOFTWARE\spptriage'
PACKAGE = 'Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~%s~~%s'
PACKAGE_VERSION = '7.1.7600.16395'
UPDATE_PACKAGE = 'Package_for_KB971033~31bf3856ad364e35~amd64~~6.1.1.0'

WINDOWS = '55c92734-d682-4d71-983e-d6ec3f16059f'
# What WMI lists: id, key that /ipk takes, application, is it an add-on, does it make a KMS host.
PRODUCTS = {
    'enterprise': ('ae2ee509-1b34-41c0-acb7-6d4650168915', '33PXH-7Y6KF-2VJC9-XBBR8-HVTHH',
                   WINDOWS, 'FALSE', '0',
                   'Windows Operating System - Windows(R) 7, VOLUME_KMSCLIENT channel'),
    'professional': ('b92e9980-b9d5-4821-9c94-140f632f6312', 'FJ82H-XT6CR-J8D7P-XQJJ2-GPDD4',
                     WINDOWS, 'FALSE', '0',
                     'Windows Operating System - Windows(R) 7, VOLUME_KMSCLIENT channel'),
    'mak': ('9abf5984-9c16-46f2-ad1e-7fe15931a8dd', 'MAKMA-KMAKM-AKMAK-MAKMA-KMAKM',
            WINDOWS, 'FALSE', '0', 'Windows Operating System - Windows(R) 7, VOLUME_MAK channel'),
    'kms-host': ('d188820a-cb63-4bad-a9a2-40b843ee23b7', 'HOSTH-OSTHO-STHOS-THOST-HOSTH',
                 WINDOWS, 'FALSE', '1',
                 'Windows Operating System - Windows(R) 7, VOLUME_KMS channel'),
    'oem': ('c619d61c-c2f2-40c3-ab3f-c5924314b0f3', 'OEMOE-MOEMO-EMOEM-OEMOE-MOEMO',
            WINDOWS, 'FALSE', '0', 'Windows Operating System - Windows(R) 7, OEM_SLP channel'),
    'retail': ('770bc271-8dc1-467d-b574-73cbacbeccd1', 'RETAI-LRETA-ILRET-AILRE-TAILR',
               WINDOWS, 'FALSE', '0', 'Windows Operating System - Windows(R) 7, RETAIL channel'),
    'esu': ('77db037b-95c3-48d7-a3ab-a9c6d41093e0', 'ESUES-UESUE-SUESU-ESUES-UESUE',
            WINDOWS, 'TRUE', '0', 'Windows Operating System - Windows(R) 7, VOLUME_MAK add-on'),
    'office': ('6f327760-8c5c-417c-9b61-836a98287e0c', 'OFFIC-EOFFI-CEOFF-ICEOF-FICEO',
               '59a52881-a989-479d-af46-f275c6370663', 'FALSE', '0',
               'Microsoft Office 14, VOLUME_KMSCLIENT channel'),
}
# Nothing takes long on a made machine: a minute's wait for a service is three looks at it.
SHORT_WAIT = ('for /l %%I in (1,1,60) do', 'for /l %%I in (1,1,3) do')
START_TYPES = {'auto': '0x2', 'delayed-auto': '0x2', 'demand': '0x3', 'disabled': '0x4'}
STATES = {'stopped': '1', 'starting': '2', 'stopping': '3', 'running': '4'}
# The calls that change something, but for what the scripts remember in the registry.
CHANGES = re.compile(r'net |sc config|wusa |dism .*/remove|slmgr /(ipk|ato|rilc)|shutdown'
                     r'|files \S+$|WRONG|killed'
                     r'|reg (add|delete) (?!HKLM\\(SOFTWARE\\spptriage|HARDWARE\\))', re.I)
REFUSALS = range(10, 30)
COMMON_LOG = 'Windows/Logs/spptriage-remediation.log'
LOGS = re.compile(r'Windows/Logs/spptriage-remediation(-.*)?\.(log|lock)$')
LOG_LINE = re.compile(r'spptriage/1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|-) \S+ [12]-[a-z0-9-]+ '
                      r'(?P<run>\S+) (?P<what>[a-z0-9-]+ (begin|ok|failed|refused|warning|info) '
                      r'(-|-?\d+))( .*)?$')


class Wrong(Exception):
    """A case is not what it should be, or says what cannot be understood."""


def word_of(words, text):
    for word, value in words.items():
        if value == text:
            return word
    return text


class Machine:
    """A made machine: its registry, services and flags here and in machine.txt, files on disk."""

    def __init__(self, folder, drive_path):
        self.folder = folder
        self.drive_path = drive_path
        self.values = {}
        self.keys = set()
        self.services = {}
        self.products = dict(PRODUCTS)
        self.removers = {}
        self.flags = {'host': 'PC-17', 'clock': '39600', 'date': '2019/01/20', 'kms': 'answers',
                      'store': 'old', 'stores': '0'}
        self.names = set()
        self.attributes = {}
        self.happenings = []
        self.environment = {}
        self.hosts = None
        self.script_folder = 'scripts'
        self.make_folders()
        self.put_default()

    # ---- As it is made ----

    def make_folders(self):
        for folder in ('Windows/Logs', STORE + '/cache', 'scripts', 'tmp'):
            os.makedirs(self.path(folder))
        stub = os.path.join(os.path.dirname(self.folder), 'stub.exe')
        for name in ('run', 'hold'):
            os.link(stub, self.path(name + '.exe'))
        self.put_tools_in('Windows/System32')
        self.write('Windows/System32/slmgr.vbs', 'slmgr\n')

    def put_tools_in(self, folder):
        os.makedirs(self.path(folder + '/wbem'))
        for tool in TOOLS:
            os.link(self.path('run.exe'), self.path('%s/%s.exe' % (folder, tool)))

    def put_default(self):
        """A volume-licensed Enterprise of 64 bits in the domain corp.example, whose activation
        broke: KMS client, not licensed, the update away."""
        for name, data in (('CurrentVersion', '6.1'), ('InstallationType', 'Client'),
                           ('EditionID', 'Enterprise')):
            self.set_value(WINDOWS_NT, name, data)
        self.set_value(HKLM + r'\SYSTEM\CurrentControlSet\Control\ProductOptions', 'ProductType',
                       'WinNT')
        self.set_value(HKLM + r'\SYSTEM\CurrentControlSet\Control\TimeZoneInformation',
                       'ActiveTimeBias', '0xffffffc4', 'REG_DWORD')
        for name, data in (('Hostname', 'PC-17'), ('NV Hostname', 'PC-17'),
                           ('Domain', 'corp.example'), ('NV Domain', 'corp.example')):
            self.set_value(TCPIP, name, data)
        self.keys |= {r'HKEY_USERS\S-1-5-19', SERVICING + r'\Packages', HKLM + r'\SOFTWARE'}
        for service, start in (('sppsvc', '0x2'), ('sppuinotify', '0x3'), ('wuauserv', '0x2')):
            self.services[service] = ['4', '', '']
            self.set_value(SERVICES + '\\' + service, 'Start', start, 'REG_DWORD')
        self.set_value(SERVICES + r'\sppsvc', 'DelayedAutostart', '0x1', 'REG_DWORD')
        for path in STORE_FILES.values():
            self.write(path, 'old\n')
        self.put('licence enterprise 5')
        self.put('attributes 7b-0 AHS')
        self.put('attributes 7b-1 AHS')
        self.put('dns _vlmcs._tcp')

    def path(self, below):
        return os.path.join(self.folder, below)

    def write(self, below, text):
        with open(self.path(below), 'w', encoding='latin-1', newline='') as file:
            file.write(text)

    def read(self, below):
        try:
            with open(self.path(below), encoding='latin-1', newline='') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def set_value(self, key, name, data, kind='REG_SZ'):
        for old in list(self.values):
            if (old[0].lower(), old[1].lower()) == (key.lower(), name.lower()):
                del self.values[old]
        self.values[key, name] = (kind, data)

    def delete(self, key, name=None):
        below = key.lower() + '\\'
        if name is None:
            self.keys = {old for old in self.keys if not (old.lower() + '\\').startswith(below)}
        for old in list(self.values):
            if ((old[0].lower() + '\\').startswith(below) if name is None else
                    (old[0].lower(), old[1].lower()) == (key.lower(), name.lower())):
                del self.values[old]

    # ---- A line of a case that makes a machine different ----

    def put(self, line):
        word, _, rest = line.partition(' ')
        method = getattr(self, 'put_' + word.replace('-', '_'), None)
        if method is None:
            raise Wrong('not understood: ' + line)
        method(rest)

    def put_value(self, rest):
        key, name, data = [part.strip() for part in rest.split('|')]
        self.set_value(whole_key(key), name, data,
                       'REG_DWORD' if data.startswith('0x') else 'REG_SZ')

    def put_key(self, rest):
        self.keys.add(whole_key(rest))

    def put_no(self, rest):
        parts = [part.strip() for part in rest.split('|')]
        self.delete(whole_key(parts[0]), *parts[1:])

    def put_windows(self, rest):
        """windows x86: 32 bits; windows wow64: the script is run by the 32-bit cmd.exe."""
        if rest == 'wow64':
            self.put_tools_in('Windows/Sysnative')
            os.link(self.path('run.exe'), self.path('Windows/Sysnative/cmd.exe'))
        elif rest != 'x86':
            raise Wrong('windows ' + rest)
        self.flags['windows'] = rest

    def put_edition(self, rest):
        self.set_value(WINDOWS_NT, 'EditionID', rest)

    def put_package(self, rest):
        """package STATE [ARCHITECTURE [VERSION]]"""
        words = rest.split()
        state = {'installed': '0x70', 'removing': '0x5'}.get(words[0], words[0])
        package = PACKAGE % (words[1] if len(words) > 1 else 'amd64',
                             words[2] if len(words) > 2 else PACKAGE_VERSION)
        if state == 'absent':
            self.delete(SERVICING + '\\Packages\\' + package)
            return
        if state == 'stateless':
            self.keys.add(SERVICING + '\\Packages\\' + package)
            return
        self.set_value(SERVICING + '\\Packages\\' + package, 'CurrentState', state, 'REG_DWORD')
        if words[0] == 'removing':
            self.put_pending(' '.join(words[1:]))
            self.keys.add(SERVICING + r'\RebootPending')

    def put_update_package(self, rest):
        """update-package CURRENTSTATE"""
        self.set_value(SERVICING + '\\Packages\\' + UPDATE_PACKAGE, 'CurrentState', rest, 'REG_DWORD')

    def put_pending(self, rest):
        """pending [ARCHITECTURE]: an entry in PackagesPending."""
        self.keys.add(SERVICING + '\\PackagesPending\\' + PACKAGE % (rest or 'amd64',
                                                                     PACKAGE_VERSION))

    def put_restart_owed(self, _):
        self.keys.add(SERVICING + r'\RebootPending')

    def put_service(self, rest):
        service, state = rest.split(' ', 1)
        if state == 'absent':
            del self.services[service]
            self.delete(SERVICES + '\\' + service)
        else:
            self.services[service] = [STATES[state], '', '']

    def put_start(self, rest):
        service, start = rest.split()
        self.set_value(SERVICES + '\\' + service, 'Start', START_TYPES.get(start, start),
                       'REG_DWORD')
        if service == 'sppsvc' or start == 'delayed-auto':
            self.set_value(SERVICES + '\\' + service, 'DelayedAutostart',
                           '0x1' if start == 'delayed-auto' else '0x0', 'REG_DWORD')

    def put_licence(self, rest):
        """licence none, or licence PRODUCT STATUS[, PRODUCT STATUS]..."""
        text = self.read(STORE_FILES['tokens']).split('\n')[0] + '\n'
        for licence in rest.split(', '):
            if licence != 'none':
                product, status = licence.split()
                text += 'licence %s %s %s\n' % (self.products[product][0],
                                                self.products[product][1][-5:], status)
        self.write(STORE_FILES['tokens'], text)

    def put_products(self, rest):
        self.products = {name: PRODUCTS[name] for name in rest.split() if name != 'none'}

    def put_no_folder(self, rest):
        shutil.rmtree(self.path(rest))

    def put_scripts_in(self, rest):
        os.rename(self.path(self.script_folder), self.path(rest))
        self.script_folder = rest

    def put_calm(self, _):
        """Nothing happens any more at calls."""
        self.happenings = []

    def put_file(self, rest):
        """file NAME TEXT, or file NAME - for none; NAME as in STORE_FILES or below the machine."""
        name, text = rest.split(' ', 1)
        path = STORE_FILES.get(name, name.replace('\\', '/'))
        if text == '-':
            os.unlink(self.path(path))
            self.attributes.pop(os.path.basename(path), None)
        else:
            os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
            self.write(path, text + '\n')
        self.flags['store'] = self.store_words()

    def put_folder(self, rest):
        os.makedirs(self.path(rest.replace('\\', '/')))

    def put_tool(self, rest):
        """tool NAME absent"""
        os.unlink(self.path('Windows/System32/%s.exe' % rest.split()[0]))

    def put_remover(self, rest):
        tool, effect, status = rest.split()
        self.removers[tool] = (effect, status)

    def put_flag(self, rest):
        name, _, value = rest.partition('=')
        self.flags[name.strip()] = value.strip()

    def put_dns(self, rest):
        self.names.add(rest)

    def put_no_dns(self, rest):
        self.names.discard(rest)

    def put_attributes(self, rest):
        name, letters = rest.split()
        self.attributes[os.path.basename(STORE_FILES[name])] = letters

    def put_host(self, rest):
        self.flags['host'] = rest
        for name in ('Hostname', 'NV Hostname'):
            self.set_value(TCPIP, name, rest)

    def put_list(self, rest):
        """list NAME, list NAME; NAME, or list none: there is no host list."""
        self.hosts = [] if rest == 'none' else rest.split('; ')

    def put_environment(self, rest):
        name, _, value = rest.partition('=')
        self.environment[name] = value

    def put_at(self, rest):
        """at [#FIRST[-LAST]] CALL => ACTION [ARGUMENT]"""
        pattern, _, action = rest.partition(' => ')
        first, last = '1', '99999'
        found = re.match(r'#(\d+)(?:-(\d+))? ', pattern)
        if found:
            first, last = found.group(1), found.group(2) or found.group(1)
            pattern = pattern[found.end():]
        verb, _, argument = action.partition(' ')
        if verb not in ('fail', 'says', 'kill', 'killed', 'run', 'hold', 'set', 'start'):
            raise Wrong('at ' + rest)
        if verb == 'run':
            argument = self.command(argument)
        if verb == 'hold':
            argument = STORE_FILES.get(argument, argument).replace('/', '\\')
        self.happenings.append(['0', first, last, verb, argument, pattern])

    def put_hold(self, rest):
        self.put_at('#1 * => hold ' + rest)

    def put_restart(self, _):
        """Windows starts: what waited for that is done, and services are as their types say."""
        for key in [key for key in self.keys if key.startswith(SERVICING + '\\PackagesPending\\')]:
            if SERVICING + r'\RebootPending' in self.keys:
                self.delete(SERVICING + '\\Packages\\' + key.rsplit('\\', 1)[1])
                self.keys.discard(key)
        self.keys.discard(SERVICING + r'\RebootPending')
        self.delete(HKLM + r'\HARDWARE\DESCRIPTION\System', 'SpptriageRestart')
        for service, state in self.services.items():
            start = self.values[SERVICES + '\\' + service, 'Start'][1]
            state[:] = ['4' if start == '0x2' else '1', '', '']

    # ---- To the stub and back ----

    def write_state(self):
        lines = [['value', key, name, kind, data]
                 for (key, name), (kind, data) in self.values.items()]
        lines += [['key', key] for key in self.keys]
        lines += [['service', name] + state for name, state in self.services.items()]
        lines += [['product'] + list(product) for product in self.products.values()]
        lines += [['remover', tool] + list(how) for tool, how in self.removers.items()]
        lines += [['flag', name, value] for name, value in self.flags.items()]
        lines += [['dns', name] for name in self.names]
        lines += [['attributes', name, text] for name, text in self.attributes.items()]
        lines += [['at'] + happening for happening in self.happenings]
        self.write('machine.txt', ''.join('\t'.join(line) + '\n' for line in lines))

    def read_state(self):
        self.values, self.keys, self.happenings = {}, set(), []
        for line in self.read('machine.txt').splitlines():
            word, *fields = line.split('\t')
            fields += [''] * 6
            if word == 'value':
                self.values[fields[0], fields[1]] = (fields[2], fields[3])
            elif word == 'key':
                self.keys.add(fields[0])
            elif word == 'service':
                self.services[fields[0]] = fields[1:4]
            elif word == 'flag':
                self.flags[fields[0]] = fields[1]
            elif word == 'attributes':
                self.attributes[fields[0]] = fields[1]
            elif word == 'at':
                self.happenings.append(fields[:6])

    def store_words(self):
        words = [self.read(path).split('\n')[0] or '-' for path in STORE_FILES.values()]
        return words[0] if len(set(words)) == 1 else ' '.join(words)

    def state(self):
        """What can be compared: name to text."""
        state = {'files': self.store_words()}
        licences = []
        for line in self.read(STORE_FILES['tokens']).splitlines()[1:]:
            _, its_id, key, status = line.split()
            product = next(name for name, row in PRODUCTS.items() if row[0] == its_id)
            licences.append('%s %s' % (product, status))
        state['licence'] = ', '.join(licences) or 'none'
        for service, fields in self.services.items():
            state['service ' + service] = word_of(STATES, fields[0])
            start = self.values.get((SERVICES + '\\' + service, 'Start'), ('', ''))[1]
            delayed = self.values.get((SERVICES + '\\' + service, 'DelayedAutostart'), ('', ''))[1]
            state['start ' + service] = ('delayed-auto' if (start, delayed) == ('0x2', '0x1') else
                                         word_of(START_TYPES, start))
        for (key, name), (_, data) in self.values.items():
            if key == MEMORY:
                state['memory ' + name] = data
            elif name not in ('Start', 'DelayedAutostart') or not key.startswith(SERVICES):
                state[state_name(key, name)] = data
        for key in self.keys:
            if key.startswith(SERVICING) and key != SERVICING + '\\Packages':
                state[state_name(key)] = 'there'
        for name, path in STORE_FILES.items():
            state['attributes ' + name] = ''.join(
                sorted(self.attributes.get(os.path.basename(path), 'A')))
        for folder, _, files in os.walk(self.path('Windows')):
            for name in files:
                path = os.path.relpath(os.path.join(folder, name), self.folder)
                if not (path.endswith('.exe') or path in STORE_FILES.values() or
                        LOGS.match(path) or '/spptriage-aside-' in path or
                        '/spptriage-run-' in path):
                    state['file ' + path] = self.read(path).split('\n')[0]
        state['collected'] = '; '.join(self.collections()) or 'none'
        state['own logs'] = str(len(self.log_files()) - os.path.exists(self.path(COMMON_LOG)))
        state['aside'] = '; '.join(map(self.aside_words, self.aside_folders())) or 'none'
        state['unfinished'] = str(sum(
            os.path.exists(self.path('Windows/Logs/%s/unfinished.txt' % folder))
            for folder in self.aside_folders()))
        return state

    def collections(self):
        """What collect.cmd made beside itself: the folder, and in brackets what is in it."""
        folder = self.path(self.script_folder)
        return ['%s (%s)' % (name, ', '.join(sorted(os.listdir(os.path.join(folder, name)))))
                for name in sorted(os.listdir(folder)) if os.path.isdir(os.path.join(folder, name))]

    def logs(self):
        folder = self.path('Windows/Logs')
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def log_files(self):
        return [name for name in self.logs()
                if LOGS.match('Windows/Logs/' + name) and name.endswith('.log')]

    def log_lines(self):
        """The lines that are the scripts' own, of all logs."""
        return [line for name in self.log_files()
                for line in self.read('Windows/Logs/' + name).split('\r\n')
                if line.startswith('spptriage/1 ')]

    def aside_folders(self):
        return [name for name in self.logs() if name.startswith('spptriage-aside-')]

    def aside_words(self, folder):
        """What of the four files is in the folder, in the scripts' order: `old`, where all are."""
        words = [self.read('Windows/Logs/%s/%d.file' % (folder, number)).split('\n')[0] or '-'
                 for number in range(1, 5)]
        return 'empty' if set(words) == {'-'} else words[0] if len(set(words)) == 1 else (
            ' '.join(words))

    # ---- Running ----

    def command(self, arguments):
        script, *rest = arguments.split(' ')
        return ' '.join(['"%s\\%s\\%s.cmd"' % (self.drive_path, self.script_folder, script)] + rest)

    def take_scripts(self, scripts):
        for name in os.listdir(scripts):
            if name.endswith('.cmd'):
                with open(os.path.join(scripts, name), encoding='latin-1', newline='') as file:
                    self.write('%s/%s' % (self.script_folder, name),
                               file.read().replace(*SHORT_WAIT))
                hosts = [self.flags['host']] if self.hosts is None else self.hosts
                if hosts:
                    self.write('%s/%s.hosts.txt' % (self.script_folder, name[:-4]),
                               ''.join(host + '\r\n' for host in hosts))

    def let_go(self):
        """Ends what holds files open, and waits for that."""
        self.write('release', '')
        until = time.monotonic() + 30
        while (len(self.read('let-go.txt').split('\n')) < len(self.read('held.txt').split('\n')) and
               time.monotonic() < until):
            time.sleep(0.002)

    def prepare(self, command):
        for name in ('calls.txt', 'exits.txt', 'held.txt', 'let-go.txt', 'release'):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        environment = dict(COMPUTERNAME=self.flags['host'], TMP=self.drive_path + '\\tmp',
                           PROCESSOR_ARCHITECTURE='AMD64')
        environment['TEMP'] = environment['TMP']
        if self.flags.get('windows') in ('x86', 'wow64'):
            environment['PROCESSOR_ARCHITECTURE'] = 'x86'
        environment.update(self.environment)
        self.write('job.txt', ''.join('%s=%s\n' % item for item in environment.items()) +
                   self.command(command) + '\n')
        self.write_state()


def whole_key(key):
    return re.sub(r'^HKLM\b', HKLM, key)


def state_name(key, name=''):
    """A key or value as cases name it: `package amd64`, `pending amd64`, `restart owed`, `restart
    noted`, else the key and, after a bar, the value."""
    package = re.match(re.escape(SERVICING) + r'\\Packages(Pending)?\\' +
                       re.escape(PACKAGE).replace('%s', '([^~]*)'), key)
    if package:
        pending, architecture, version = package.groups()
        return ('pending ' if pending else 'package ') + architecture + (
            '' if version == PACKAGE_VERSION else ' ' + version)
    return {(SERVICING + r'\RebootPending', ''): 'restart owed',
            (HKLM + r'\HARDWARE\DESCRIPTION\System', 'SpptriageRestart'): 'restart noted'}.get(
                (key, name), key.replace(HKLM, 'HKLM') + (' | ' + name if name else ''))


class Wine:
    """One worker's Wine: a prefix of its own, with all that cmd.exe needs of it and no more."""

    def __init__(self, work, number):
        self.folder = os.path.join(work, 'wine%d' % number)
        self.cpu = sorted(os.sched_getaffinity(0))[number]
        self.machines = os.path.join(work, 'machines%d' % number)
        system32 = os.path.join(self.folder, 'drive_c/windows/system32')
        drives = os.path.join(self.folder, 'dosdevices')
        for folder in (system32, drives, self.machines):
            os.makedirs(folder)
        for name in os.listdir(WINE_FILES):
            os.symlink(os.path.join(WINE_FILES, name), os.path.join(system32, name))
        os.symlink('../drive_c', os.path.join(drives, 'c:'))
        os.symlink(self.machines, os.path.join(drives, 'm:'))
        with open(os.path.join(self.folder, '.update-timestamp'), 'w', encoding='ascii') as file:
            file.write('disable\n')
        # Wine wants a fixed address, which something else of every 10,000th process or so has where
        # addresses are random: that one does not start.
        self.wine = [WINE]
        if subprocess.run(['setarch', '-R', 'true'], check=False, stderr=subprocess.DEVNULL
                          ).returncode == 0:
            self.wine = ['setarch', '-R', WINE]
        self.environment = dict(os.environ, WINEPREFIX=self.folder, WINESERVER=WINE_SERVER,
                                WINEDEBUG='-all', DISPLAY='',
                                WINEDLLOVERRIDES='mscoree,mshtml=', WINEARCH='win64',
                                WINEPATH=r'C:\windows\system32')

    def run(self, machine, command, output):
        """Runs a script to its end; files, as a server that inherits a pipe would keep it open."""
        machine.prepare(command)
        with open(output, 'wb') as out:
            process = subprocess.Popen(self.wine + [machine.drive_path + '\\run.exe'], stdout=out,
                                       stderr=out, stdin=subprocess.DEVNULL,
                                       cwd=self.machines, env=self.environment,
                                       preexec_fn=lambda: os.sched_setaffinity(0, {self.cpu}))
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                self.end()
                process.wait()
                raise Wrong('the run did not end in two minutes') from None
        machine.let_go()

    def end(self):
        subprocess.run([WINE_SERVER, '-k'], env=self.environment, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# ---- Cases ----

class Run:
    def __init__(self, line, number):
        self.command, _, status = line.partition(' -> ')
        self.status = status.strip()
        self.number = number
        self.before = []
        self.expected = []


class Case:
    def __init__(self, name, where):
        self.name = name
        self.where = where
        self.runs = []
        self.lines = []


def read_cases(path):
    """The cases of a file, and its named sequences of calls."""
    cases, sequences, outcomes = [], {}, {}
    sequence = None
    for number, raw in enumerate(open(path, encoding='utf-8'), 1):
        line = raw.strip()
        if not line or line.startswith('#'):
            continue
        word, _, rest = line.partition(' ')
        if word == 'case':
            sequence = None
            cases.append(Case(rest, '%s:%d' % (os.path.basename(path), number)))
        elif word == 'sequence':
            sequence = sequences.setdefault(rest, [])
        elif word == 'result':
            sequence = outcomes.setdefault(rest, [])
        elif sequence is not None:
            sequence += outcomes[rest] if word == 'outcome' else [line]
        elif not cases:
            raise Wrong('%s:%d: a line outside of a case' % (path, number))
        elif word == 'run':
            run = Run(rest, number)
            run.before, cases[-1].lines = cases[-1].lines, []
            cases[-1].runs.append(run)
        elif word == 'outcome':
            cases[-1].runs[-1].expected += [(part.partition(' ')[0], part.partition(' ')[2])
                                            for part in outcomes[rest]]
        elif word in ('call', 'calls', 'now', 'as', 'log', 'nolog', 'says', 'second', 'unlogged',
                      'anything'):
            cases[-1].runs[-1].expected.append((word, rest))
        else:
            cases[-1].lines.append(line)
    for case in cases:
        if not case.runs or case.lines:
            raise Wrong('%s: a case that does not end with a run' % case.where)
    return cases, sequences


def expand(sequences, rest):
    """NAME [to CALL]; a sequence of calls, or its beginning."""
    name, _, last = rest.partition(' to ')
    calls = sequences[name]
    if not last:
        return list(calls)
    for index, call in enumerate(calls):
        if call.startswith(last):
            return list(calls[:index + 1])
    raise Wrong('no such call in the sequence: ' + rest)


def compare_calls(run, sequences, machine, wrong):
    calls = [line for line in machine.read('calls.txt').splitlines() if CHANGES.match(line)]
    expected = []
    is_told = int(run.status) in REFUSALS if run.status.isdigit() else False
    for word, rest in run.expected:
        if word == 'calls' and rest == 'any':
            expected, is_told = calls, False
            break
        if word == 'calls' and rest != 'none':
            expected += expand(sequences, rest)
        if word == 'call':
            expected.append(rest)
        is_told = is_told or word in ('call', 'calls')
    if is_told and (len(calls) != len(expected) or not all(map(agree, expected, calls))):
        wrong.append('calls that change things:')
        wrong += ['    expected ' + call for call in expected] + ['    got      ' + call
                                                                  for call in calls]
    for call in calls:
        if call.startswith('WRONG') and call not in expected:
            wrong.append(call)


def compare_state(run, first, before, machine, wrong):
    after = machine.state()
    expected = dict(first if ('as', 'first') in run.expected else before)
    told = set()
    for word, rest in run.expected:
        if word != 'now':
            continue
        name, _, text = rest.partition(' = ')
        told.add(name)
        if text == '-':
            expected.pop(name, None)
        else:
            expected[name] = text
    for name in sorted(set(expected) | set(after)):
        if ('anything', '') in run.expected and name not in told:
            continue
        if name.startswith('memory ') and name not in told:
            continue
        if not agree(expected.get(name, '-'), after.get(name, '-')):
            wrong.append('%s: expected %s, got %s' % (name, expected.get(name, '-'),
                                                      after.get(name, '-')))
    return after


def compare_traces(run, before, after, lines_before, machine, wrong):
    """What the scripts say of themselves in the log and in the registry."""
    lines = machine.log_lines()[lines_before:]
    parsed = [LOG_LINE.match(line) for line in lines]
    wrong += ['a line that is not in the form: ' + line
              for line, match in zip(lines, parsed) if match is None]
    whats = [match['what'] for match in parsed if match]
    for word, rest in run.expected:
        if word == 'log' and not any(agree(rest, what) for what in whats):
            wrong.append('not in the log: ' + rest)
        if word == 'nolog' and any(agree(rest, what) for what in whats):
            wrong.append('in the log: ' + rest)
    memory = {name: text for name, text in after.items() if name.startswith('memory ')}
    result = 'memory ' + ('Remove' if run.command.startswith('1-') else 'Rebuild')
    if (run.status in ('10', '11', '14', '15', 'killed') or not run.command[0].isdigit() or
            ('unlogged', '') in run.expected):
        return
    if run.status in ('17', '12', '13', '22'):
        if memory != {name: text for name, text in before.items() if name.startswith('memory ')}:
            wrong.append('a run that was not for this machine wrote into the registry')
    elif ([memory.get('memory ExitStatus'), memory.get(result)] != [run.status] * 2 and
          not any(rest.startswith('memory ExitStatus') for _, rest in run.expected)):
        wrong.append('the registry has %s, %s' % (memory.get('memory ExitStatus'),
                                                  memory.get(result)))
    if not whats or not re.match('end (ok|failed|refused) %s$' % run.status, whats[-1]):
        wrong.append('the log ends with ' + (whats[-1] if whats else 'nothing'))


def agree(expected, got):
    """`*` stands for any text."""
    return re.fullmatch('.*'.join(map(re.escape, expected.split('*'))), got) is not None


def check_run(run, sequences, first, machine, wine, output):
    wrong = []
    before = machine.state()
    lines_before = len(machine.log_lines())
    wine.run(machine, run.command, output)
    machine.read_state()
    exits = machine.read('exits.txt').split()
    status = exits[-1] if exits else 'none'
    status = 'killed' if status == str(0xDEAD) else status
    if status != run.status:
        wrong.append('exit status: expected %s, got %s' % (run.status, status))
    compare_calls(run, sequences, machine, wrong)
    after = compare_state(run, first, before, machine, wrong)
    compare_traces(run, before, after, lines_before, machine, wrong)
    said = open(output, encoding='latin-1').read()
    for word, rest in run.expected:
        if word == 'says' and rest not in said:
            wrong.append('not said: ' + rest)
        if word == 'second' and rest not in exits[:-1]:
            wrong.append('the second run: expected %s, got %s' % (rest, exits[:-1]))
    return wrong


def check_case(case, sequences, scripts, wine, number):
    machine = Machine(os.path.join(wine.machines, str(number)), 'M:\\%d' % number)
    first = None
    try:
        for index, run in enumerate(case.runs):
            for line in run.before:
                machine.put(line)
            machine.take_scripts(scripts)
            first = first or machine.state()
            output = machine.path('output%d.txt' % index)
            wrong = check_run(run, sequences, first, machine, wine, output)
            if wrong:
                tail = open(output, encoding='latin-1').read().splitlines()[-12:]
                return ['run %s (line %d)' % (run.command, run.number)] + wrong + [
                    '    | ' + line for line in tail]
    except (Wrong, KeyError, OSError, ValueError) as error:
        return ['%s: %s' % (type(error).__name__, error)]
    return []


def work_off(jobs, results, scripts, wine):
    try:
        while True:
            number, case, sequences = jobs.get_nowait()
            began = time.monotonic()
            results[number] = check_case(case, sequences, scripts, wine, number)
            if os.environ.get('CASE_TIMES'):
                print('%6.2f s  %s' % (time.monotonic() - began, case.name), file=sys.stderr)
            if not os.environ.get('CASE'):
                shutil.rmtree(os.path.join(wine.machines, str(number)), ignore_errors=True)
    except queue.Empty:
        pass
    finally:
        wine.end()


def main():
    scripts, stub, work, *paths = sys.argv[1:]
    jobs, results, cases = queue.Queue(), {}, []
    for path in paths:
        its_cases, sequences = read_cases(path)
        cases += [(case, sequences) for case in its_cases
                  if os.environ.get('CASE', '') in case.name]
    for number, (case, sequences) in enumerate(cases):
        jobs.put((number, case, sequences))
    workers = []
    for number in range(min(len(os.sched_getaffinity(0)), len(cases))):
        wine = Wine(work, number)
        shutil.copy(stub, os.path.join(wine.machines, 'stub.exe'))
        workers.append(threading.Thread(target=work_off, args=(jobs, results, scripts, wine)))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    failed = 0
    for number, (case, _) in enumerate(cases):
        wrong = results.get(number, ['it was not run'])
        if wrong:
            failed += 1
            print('FAIL %s: %s' % (case.where, case.name))
            print(''.join('    %s\n' % line for line in wrong), end='')
    print('%d passed, %d failed' % (len(cases) - failed, failed))
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
