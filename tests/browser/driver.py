# SPDX-License-Identifier: Apache-2.0
"""Chromium by way of chromedriver: the commands of W3C WebDriver that the tests of the page need."""

import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
KEYS = {'Enter': '\ue007', 'Escape': '\ue00c', 'Tab': '\ue004', 'Down': '\ue015', 'Up': '\ue013',
        'End': '\ue010', 'Home': '\ue011', 'PageDown': '\ue00f', 'Control': '\ue009', 'Space': ' '}
ARGUMENTS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
             '--disable-background-networking', '--disable-component-update', '--disable-sync',
             '--disable-dev-shm-usage', '--disable-search-engine-choice-screen']


class Failed(Exception):
    """What WebDriver answered in place of a value."""


class Browser:
    """A browser of its own with a profile of its own; both go with close()."""

    def __init__(self, dark=False, width=1280, height=800, arguments=(), preferences=None):
        self.folder = tempfile.mkdtemp(prefix='spptriage-browser-')
        self.downloads = os.path.join(self.folder, 'downloads')
        os.mkdir(self.downloads)
        self.process = subprocess.Popen([find('chromedriver'), '--port=0'], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=dict(os.environ, HOME=self.folder))
        self.session = ''
        try:
            self.port = self.read_port()
            self.begin(dark, width, height, list(arguments), preferences or {})
        except BaseException:
            self.close()
            raise

    def read_port(self):
        for line in self.process.stdout:
            found = re.search(r'started successfully on port (\d+)', line)
            if found:
                return int(found.group(1))
        raise Failed('chromedriver does not start')

    def begin(self, dark, width, height, arguments, preferences):
        options = {
            'binary': find('chromium'),
            'args': ARGUMENTS + [f'--user-data-dir={self.folder}/profile',
                                 f'--window-size={width},{height}'] + arguments,
            'prefs': {'download.default_directory': self.downloads, **preferences},
        }
        answer = self.ask('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome', 'goog:chromeOptions': options,
            'goog:loggingPrefs': {'browser': 'ALL', 'performance': 'ALL'}}}})
        self.session = '/session/' + answer['sessionId']
        self.size(width, height)
        if dark:
            self.develop('Emulation.setEmulatedMedia', features=[
                {'name': 'prefers-color-scheme', 'value': 'dark'}])

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {'Content-Type': 'application/json'})
            answer = json.loads(connection.getresponse().read())['value']
        finally:
            connection.close()
        if isinstance(answer, dict) and 'error' in answer:
            raise Failed(f"{path}: {answer['error']}: {answer['message'][:300]}")
        return answer

    def post(self, path, **body):
        return self.ask('POST', self.session + path, body)

    def develop(self, command, **parameters):
        """A command of the developer tools."""
        return self.post('/goog/cdp/execute', cmd=command, params=parameters)

    def size(self, width, height):
        """Sets the size of what is seen, in pixels: a window has a least width, this has none."""
        self.develop('Emulation.setDeviceMetricsOverride', width=width, height=height,
                     deviceScaleFactor=1, mobile=False)

    def open(self, path, address=''):
        """Opens a file anew, with that fragment."""
        self.post('/url', url='about:blank')
        self.post('/url', url=f'file://{os.path.abspath(path)}{address}')

    def run(self, script, *arguments):
        """The value of a function body."""
        return self.post('/execute/sync', script=script, args=list(arguments))

    def find(self, css):
        return self.post('/element', using='css selector', value=css)

    def click(self, css):
        self.post(f'/element/{self.find(css)[ELEMENT]}/click')

    def keys(self, *names):
        """Presses keys one after the other; 'Control+v' holds the first."""
        actions = []
        for name in names:
            held = [KEYS.get(part, part) for part in name.split('+')] if name != '+' else ['+']
            actions += [{'type': 'keyDown', 'value': key} for key in held]
            actions += [{'type': 'keyUp', 'value': key} for key in reversed(held)]
        self.post('/actions', actions=[{'type': 'key', 'id': 'keys', 'actions': actions}])

    def type(self, text):
        self.keys(*text)

    def wait(self, script, *arguments, seconds=10):
        """Waits until the function body answers with something true, and answers it."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script, *arguments)
            if value:
                return value
            if time.monotonic() > end:
                raise Failed(f'in vain for {seconds} s: {script}')
            time.sleep(0.03)

    def texts(self, css):
        return self.run('return [...document.querySelectorAll(arguments[0])]'
                        '.map(element => element.textContent)', css)

    def address(self):
        return self.run('return location.hash')

    def back(self):
        self.post('/back')

    def forward(self):
        self.post('/forward')

    def picture(self, path):
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self.ask('GET', self.session + '/screenshot')))

    def print(self, path):
        """Prints to a PDF of the size that the page asks for; answers how many pages it has."""
        answer = self.develop('Page.printToPDF', preferCSSPageSize=True, printBackground=True)
        pdf = base64.b64decode(answer['data'])
        with open(path, 'wb') as file:
            file.write(pdf)
        return len(re.findall(rb'/Type\s*/Page\b', pdf))

    def log(self, kind):
        return self.post('/se/log', type=kind)

    def complaints(self):
        """Lines of the console since the last time."""
        return [entry['message'] for entry in self.log('browser')]

    def requests(self):
        """Addresses that were asked for since the last time."""
        found = []
        for entry in self.log('performance'):
            event = json.loads(entry['message'])['message']
            if event['method'] == 'Network.requestWillBeSent':
                found.append(event['params']['request']['url'])
        return found

    def downloaded(self, name, seconds=10):
        """The content of a file that was downloaded."""
        path = os.path.join(self.downloads, name)
        end = time.monotonic() + seconds
        while not os.path.exists(path):
            if time.monotonic() > end:
                raise Failed(f'no such download: {name}; there are {os.listdir(self.downloads)}')
            time.sleep(0.03)
        with open(path, 'rb') as file:
            content = file.read()
        os.remove(path)
        return content

    def close(self):
        try:
            if self.session:
                self.ask('DELETE', self.session)
        finally:
            self.process.terminate()
            self.process.wait()
            self.process.stdout.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def find(program):
    """Where a program is; Failed where it is not."""
    path = shutil.which(program)
    if path is None:
        raise Failed(f'{program} is not installed')
    return path
