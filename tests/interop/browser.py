"""A browser, as far as logging in and out needs one: cookies, redirects, forms and images. No scripts."""
import http.client
import urllib.parse
from html.parser import HTMLParser

FORM = "application/x-www-form-urlencoded"


class Form:
    def __init__(self, attributes):
        self.action = attributes.get("action") or ""
        self.method = (attributes.get("method") or "get").upper()
        self.fields = {}


class _PageParser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.images, self.frames, self.links = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append(Form(attributes))
        elif tag in ("input", "button") and self.forms and attributes.get("name"):
            self.forms[-1].fields[attributes["name"]] = attributes.get("value") or ""
        elif tag == "img" and attributes.get("src"):
            self.images.append(attributes["src"])
        elif tag == "iframe" and attributes.get("src"):
            self.frames.append(attributes["src"])
        elif tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])


class Page:
    """One answer. Its addresses are absolute."""

    def __init__(self, url, status, headers, body):
        self.url, self.status, self.headers = url, status, headers
        self.text = body.decode("utf-8", "replace")
        parser = _PageParser()
        if "html" in (self.header("Content-Type") or ""):
            parser.feed(self.text)
        self.forms = parser.forms
        for form in self.forms:
            form.action = urllib.parse.urljoin(url, form.action)
        self.images = [urllib.parse.urljoin(url, image) for image in parser.images]
        self.frames = [urllib.parse.urljoin(url, frame) for frame in parser.frames]
        self.links = [urllib.parse.urljoin(url, link) for link in parser.links]

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def form_with(self, field):
        return next((form for form in self.forms if field in form.fields), None)


def call(method, url, body=None, headers=None, timeout=60):
    """One exchange; nothing is followed, nothing kept."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return Page(url, answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


class Browser:
    """One user's. Cookies belong to host and port, so that several sites can share 127.0.0.1."""

    def __init__(self):
        self._cookies = {}

    def cookies(self, url):
        return self._cookies.setdefault(urllib.parse.urlsplit(url).netloc, {})

    def get(self, url, follow=True):
        return self._go("GET", url, None, follow)

    def post(self, url, fields, follow=True):
        return self._go("POST", url, urllib.parse.urlencode(fields), follow)

    def submit(self, form, follow=True, **changes):
        fields = {**form.fields, **changes}
        if form.method == "POST":
            return self.post(form.action, fields, follow)
        separator = "&" if urllib.parse.urlsplit(form.action).query else "?"
        return self.get(form.action + separator + urllib.parse.urlencode(fields), follow)

    def _go(self, method, url, body, follow):
        for _ in range(12):
            page = self._exchange(method, url, body)
            location = page.header("Location")
            if not follow or page.status not in (301, 302, 303, 307, 308) or not location:
                return page
            url = urllib.parse.urljoin(url, location)
            if page.status not in (307, 308):
                method, body = "GET", None
        raise RuntimeError("redirects without end")

    def _exchange(self, method, url, body):
        jar = self.cookies(url)
        headers = {"Accept": "text/html,*/*"}
        if body is not None:
            headers["Content-Type"] = FORM
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        page = call(method, url, body, headers)
        for key, value in page.headers:
            if key.lower() == "set-cookie":
                self._take_cookie(jar, value)
        return page

    @staticmethod
    def _take_cookie(jar, text):
        pair, *attributes = [part.strip() for part in text.split(";")]
        name, _, value = pair.partition("=")
        words = [attribute.lower() for attribute in attributes]
        if "max-age=0" in words or any("1970" in word for word in words) or not value:
            jar.pop(name, None)
        else:
            jar[name] = value
