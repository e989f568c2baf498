"""LemonLDAP::NG's portal as an IdP, from unpacked Debian packages: configured, started, and logged in to by script."""
import json
import os
import re
import shutil
import urllib.parse

from browser import Browser, call
from endpoint import Assertion
from keys import make_key
from processes import Unavailable, free_port
from table import Mismatch, expect
from wire import Tap

USER = PASSWORD = "dwho"  # LemonLDAP's authentication module "Demo" knows the Doctor
PERSISTENT = "persistent"
# Its scripts and images, which browsers need and Debian has Apache serve; a library's may be installed on this machine.
FRONT = r"""use Plack::Builder;
use Plack::Util;
my $portal = Plack::Util::load_psgi("{root}/usr/share/lemonldap-ng/portal/htdocs/index.psgi");
builder {
    enable "Static", path => sub { s{^/static/}{} }, root => "{root}/usr/share/lemonldap-ng/portal/htdocs/static";
    enable "Static", path => sub { s{^/javascript/}{} }, root => $_, pass_through => 1
        for "{root}/usr/share/javascript", "/usr/share/javascript";
    $portal;
};
"""


class LemonLdap:
    RENEW = "#upgrd button[type=submit]"

    def __init__(self, keeper, peers, folder, chromium_at=None):
        """chromium_at: the address at which Chromium finds it, in place of the script's browser."""
        self._keeper, self._root, self._folder = keeper, peers / "lemonldap", folder
        if not (self._root / "usr/share/lemonldap-ng").is_dir():
            raise Unavailable("its packages aren't unpacked below build/peers/lemonldap")
        self._port, self._address = free_port(), chromium_at or "127.0.0.1"
        # Chromium takes its cookies, which are SameSite=None, only with Secure; the script's browser ignores both.
        self._secured_cookie = 1 if chromium_at else 0
        # Chromium has several connections at once, and one that is kept open would keep the worker from the others.
        self._connections = ["--disable-keepalive"] if chromium_at else []
        self.tap = Tap(self._port, self._address)
        self.url = f"http://{self._address}:{self.tap.port}"
        self.entity_id = f"{self.url}/saml/metadata"
        self.soap_url = f"{self.url}/saml/singleLogoutSOAP"
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("conf", "sessions/lock", "psessions/lock", "cache", "notifications", "perl"):
            (folder / name).mkdir(parents=True)
        make_key(folder, "idp")
        self._process = None

    def version(self):
        constants = self._root / "usr/share/perl5/Lemonldap/NG/Common/Conf/Constants.pm"
        return re.search(r"VERSION = '([^']+)'", constants.read_text(encoding="utf-8"))[1]

    def start(self, service_providers):
        """service_providers: their metadata files by name."""
        if self._process:
            self._keeper.end(self._process)
        shutil.rmtree(self._folder / "cache", ignore_errors=True)
        (self._folder / "cache").mkdir()
        self._write_configuration(service_providers)
        # One worker: each has a cache of its own, and another one wouldn't see a session's newest facts at once.
        self._process = self._keeper.start(
            ["perl", self._root / "usr/bin/starman", "--listen", f"127.0.0.1:{self._port}", "--workers", "1",
             *self._connections, "--user", str(os.getuid()), "--group", str(os.getgid()),
             self._folder / "portal.psgi"],
            self._folder / "portal.log", env=self._environment(), cwd=self._folder)
        self._keeper.await_port(self._process, self._port, 60)
        return self

    def metadata(self):
        page = call("GET", self.entity_id)
        expect(page.status == 200, f"its metadata: HTTP {page.status}")
        file = self._folder / "idp.xml"
        file.write_text(page.text, encoding="utf-8")
        return file

    def _environment(self):
        arch = "usr/lib/x86_64-linux-gnu"
        perl = [self._folder / "perl", self._root / "usr/share/perl5", self._root / arch / "perl5/5.36"]
        return {"PATH": "/usr/bin:/bin", "PERL5LIB": ":".join(map(str, perl)), "LC_ALL": "C.UTF-8",
                "LD_LIBRARY_PATH": str(self._root / arch)}

    def _write_configuration(self, service_providers):
        # The place of its settings is a constant of this one module: a changed copy stands in front of it.
        module = "Lemonldap/NG/Common/Conf/Constants.pm"
        copy = self._folder / "perl" / module
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = (self._root / "usr/share/perl5" / module).read_text(encoding="utf-8")
        copy.write_text(text.replace("/etc/lemonldap-ng/", f"{self._folder}/"), encoding="utf-8")
        settings = (self._root / "etc/lemonldap-ng/lemonldap-ng.ini").read_text(encoding="utf-8")
        settings = settings.replace("/usr/share/", f"{self._root}/usr/share/")
        settings = settings.replace("/var/lib/lemonldap-ng", str(self._folder))
        (self._folder / "lemonldap-ng.ini").write_text(settings, encoding="utf-8")
        original = (self._root / "var/lib/lemonldap-ng/conf/lmConf-1.json").read_text(encoding="utf-8")
        configuration = json.loads(original.replace("/var/lib/lemonldap-ng", str(self._folder)))
        configuration.update(self._changes(service_providers))
        (self._folder / "portal.psgi").write_text(FRONT.replace("{root}", str(self._root)), encoding="utf-8")
        (self._folder / "conf/lmConf-1.json").write_text(json.dumps(configuration), encoding="utf-8")

    def _changes(self, service_providers):
        # What a portal's absent settings mean differs from what its manager would write: the checks are spelled out.
        options = {"samlSPMetaDataOptionsCheckSLOMessageSignature": 1, "samlSPMetaDataOptionsSignSLOMessage": 1,
                   "samlSPMetaDataOptionsCheckSSOMessageSignature": 0, "samlSPMetaDataOptionsEnableIDPInitiatedURL": 1,
                   "samlSPMetaDataOptionsNameIDFormat": PERSISTENT}
        return {"portal": f"{self.url}/", "domain": self._address, "requireToken": 0, "issuerDBSAMLActivation": 1,
                "registerDB": "Null", "passwordDB": "Null", "securedCookie": self._secured_cookie,
                "samlServicePrivateKeySig": (self._folder / "idp.key.pem").read_text(encoding="ascii"),
                "samlServicePublicKeySig": (self._folder / "idp.crt.pem").read_text(encoding="ascii"),
                "samlSPMetaDataXML": {name: {"samlSPMetaDataXML": file.read_text(encoding="utf-8")}
                                      for name, file in service_providers.items()},
                "samlSPMetaDataOptions": {name: options for name in service_providers},
                "samlSPMetaDataExportedAttributes": {name: {"mail": "1;mail;;"} for name in service_providers}}


class PortalUser:
    """A user with a browser and a session of the portal."""

    def __init__(self, portal, programs):
        self._portal, self._programs, self.browser = portal, programs, Browser()
        page = self.browser.post(f"{portal.url}/", {"user": USER, "password": PASSWORD})
        expect("lemonldap" in self.browser.cookies(portal.url), f"the portal lets nobody in: HTTP {page.status}")

    def form_for(self, entity_id):
        """The form that takes the user to this service provider."""
        page = self.browser.get(f"{self._portal.url}/saml/singleSignOn?" +
                                urllib.parse.urlencode({"IDPInitiated": 1, "sp": entity_id}))
        form = page.form_with("SAMLResponse")
        expect(form, f"the portal gives no SAMLResponse: HTTP {page.status}")
        return form

    def visit(self, entity_id, metadata):
        """Signs on at a service provider of ours; what its assertion says."""
        return Assertion.read(self._programs, metadata, self.form_for(entity_id).fields["SAMLResponse"])

    def is_logged_in(self):
        """Whether the portal still knows the cookie: it then shows its menu in place of the login form."""
        return self.browser.get(f"{self._portal.url}/").form_with("password") is None

    def log_out(self):
        """Logs out at the portal; returns its verdicts on the service providers that it called: ok or warning."""
        return self.fetch_parts(self.browser.get(f"{self._portal.url}/?logout=1"))

    def fetch_parts(self, page):
        """Fetches what the portal's logout page would make a browser fetch; that's when it calls service providers."""
        verdicts = []
        for image in page.images:
            if "relaySingleLogoutSOAP" in image:
                shown = self.browser.get(image, follow=False).header("Location") or "nothing"
                verdicts.append(shown.rsplit("/", 1)[-1].removesuffix(".png"))
        for frame in page.frames:
            self.browser.get(frame)
        if not verdicts and not page.frames:
            raise Mismatch("the portal's logout page calls nobody")
        return verdicts
