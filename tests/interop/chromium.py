"""Headless Chromium, driven through its DevTools protocol over a pipe: pages, forms, cookies and screenshots."""
import base64
import json
import os
import select
import shutil
import time
import urllib.parse

from processes import Unavailable
from table import Mismatch, expect

# Each pause between two looks at a page; what is awaited has a deadline.
POLL_SECONDS = 0.05
PAGE_SECONDS = 30
WIDTH, HEIGHT = 800, 600


class Gone(Exception):
    """The page that was asked has been left meanwhile."""


class Chromium:
    """One process. It resolves no names, and reaches addresses alone; it takes any certificate."""

    def __init__(self, keeper, folder):
        program = shutil.which("chromium")
        if not program:
            raise Unavailable("Debian's chromium isn't installed")
        folder.mkdir(parents=True, exist_ok=True)
        ours, its_output = os.pipe()
        its_input, self._to = os.pipe()
        self._from, self._received, self._count = ours, b"", 0
        options = ["--headless", "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "--no-first-run",
                   "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync",
                   "--disable-background-networking", "--disable-component-update", "--disable-extensions",
                   "--hide-scrollbars", "--ignore-certificate-errors", "--lang=en", "--password-store=basic",
                   "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE 127.0.0.2"]
        if os.getuid() == 0:
            # Its sandbox refuses root.
            options.append("--no-sandbox")
        # Chromium reads commands from descriptor 3 and writes to 4.
        self._process = keeper.start(["/bin/sh", "-c", 'exec "$0" "$@" 3<&0 4>&1 </dev/null >&2', program, *options],
                                     folder / "chromium.log", stdin=its_input, stdout=its_output,
                                     env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"})
        os.close(its_input)
        os.close(its_output)
        try:
            self.version = self.call("Browser.getVersion")["product"].partition("/")[2]
        except (Mismatch, OSError) as problem:
            raise Unavailable(f"chromium doesn't start: see {os.path.relpath(folder / 'chromium.log')}") from problem

    def call(self, method, session=None, seconds=PAGE_SECONDS, **parameters):
        """One command and its result."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._send(json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + seconds
        while True:
            answer = self._receive(method, deadline)
            if answer.get("id") != self._count:
                continue  # an event
            if "error" in answer:
                raise Gone(f"chromium: {method}: {answer['error'].get('message')}")
            return answer["result"]

    def profile(self):
        """A user's browser: cookies of its own, with one tab."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        return Tab(self, context)

    def _send(self, octets):
        while octets:
            octets = octets[os.write(self._to, octets):]

    def _receive(self, method, deadline):
        while b"\0" not in self._received:
            left = deadline - time.monotonic()
            ready = select.select([self._from], [], [], max(left, 0))[0]
            expect(ready, f"chromium doesn't answer {method}")
            octets = os.read(self._from, 1 << 20)
            expect(octets, "chromium has ended")
            self._received += octets
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)


class Tab:
    """What the user of one profile sees."""

    def __init__(self, chromium, context):
        self._chromium, self._context = chromium, context
        target = chromium.call("Target.createTarget", url="about:blank", browserContextId=context,
                               width=WIDTH, height=HEIGHT)["targetId"]
        self._session = chromium.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")
        self._call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False)

    def open(self, url):
        """Goes there; returns once a page has begun to arrive, all redirects followed."""
        result = self._call("Page.navigate", url=url)
        expect(not result.get("errorText"), f"chromium can't open {url}: {result.get('errorText')}")
        return self

    def url(self):
        return self._asked("location.href")

    def text(self):
        return self._asked("document.body ? document.body.innerText : ''")

    def has(self, selector):
        return self._asked(f"document.querySelector({json.dumps(selector)}) !== null")

    def await_text(self, words, seconds=PAGE_SECONDS):
        self._await(f"document.body !== null && document.body.innerText.includes({json.dumps(words)})",
                    f"no page says '{words}'", seconds)

    def await_element(self, selector, seconds=PAGE_SECONDS):
        self._await(f"document.querySelector({json.dumps(selector)}) !== null", f"no page has {selector}", seconds)

    def await_either(self, selector, begin, seconds=PAGE_SECONDS):
        """Returns whether the page has the element, or is at a URL that begins so."""
        there = f"location.href.startsWith({json.dumps(begin)})"
        self._await(f"document.querySelector({json.dumps(selector)}) !== null || {there}",
                    f"no page has {selector} or is at {begin}", seconds)
        return self.has(selector)

    def await_url(self, begin, seconds=PAGE_SECONDS):
        self._await(f"location.href.startsWith({json.dumps(begin)})", f"no page is at {begin}", seconds)

    def fill(self, selector, text):
        """Types the text into an empty field, as a keyboard does."""
        self.await_element(selector)
        self._asked(f"(e => {{ e.focus(); e.select(); return true; }})(document.querySelector({json.dumps(selector)}))")
        self._call("Input.insertText", text=text)

    def click(self, selector):
        """Clicks it, as a user does: pages that need a user's gesture see one."""
        self.await_element(selector)
        self._asked(f"(document.querySelector({json.dumps(selector)}).click(), true)", gesture=True)

    def cookies(self, url):
        """The cookies that go there with a request: name to facts."""
        found = self._call("Network.getCookies", urls=[url])["cookies"]
        return {cookie["name"]: cookie for cookie in found}

    def cookie_header(self, url):
        return "; ".join(f"{name}={facts['value']}" for name, facts in self.cookies(url).items())

    def screenshot(self, file):
        image = self._call("Page.captureScreenshot", format="png", optimizeForSpeed=False)["data"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(image))

    def close(self):
        self._chromium.call("Target.disposeBrowserContext", browserContextId=self._context)

    def _call(self, method, **parameters):
        return self._chromium.call(method, self._session, **parameters)

    def _asked(self, expression, gesture=False):
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True, userGesture=gesture)
        if "exceptionDetails" in result:
            raise Gone(f"the page can't say {expression}")
        return result["result"].get("value")

    def _await(self, condition, otherwise, seconds):
        """Polls until a complete page meets the condition."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self._asked(f"document.readyState === 'complete' && ({condition})"):
                    return
            except Gone:
                pass  # it's on its way to the next page
            if time.monotonic() > deadline:
                raise Mismatch(f"{otherwise} after {seconds} s: {self._seen()}")
            time.sleep(POLL_SECONDS)

    def _seen(self):
        try:
            parts = urllib.parse.urlsplit(self.url())
            return f"{parts.netloc}{parts.path} says {self.text()[:300]!r}"
        except Gone:
            return "the page is on its way"
