"""A SimpleSAMLphp service provider as another participant: PHP's own web server on the unpacked package."""
from browser import call
from keys import make_key
from processes import Unavailable, free_port
from table import expect

CONFIG = """<?php
$config = ['baseurlpath' => '{url}/', 'certdir' => '{folder}/', 'loggingdir' => '{folder}/', 'datadir' => '{folder}/',
    'tempdir' => '{folder}/tmp', 'logging.handler' => 'file', 'secretsalt' => 'throw-away',
    'timezone' => 'UTC', 'auth.adminpassword' => 'throw-away', 'session.cookie.secure' => false,
    'store.type' => 'phpsession', 'session.phpsession.savepath' => '{folder}/sessions',
    'trusted.url.domains' => null,
    'metadatadir' => '{folder}/metadata', 'metadata.sources' => [['type' => 'xml', 'file' => '{metadata}']]];
"""
SOURCES = """<?php
$config = ['default-sp' => ['saml:SP', 'entityID' => '{url}/simplesamlphp', 'idp' => '{idp}',
    'privatekey' => 'sp.key.pem', 'certificate' => 'sp.crt.pem', 'sign.logout' => true, 'validate.logout' => true,
    'SingleLogoutServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'],
    'acs.Bindings' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST']]];
"""
MODULE = "module.php"


class SimpleSamlPhpSp:
    """It's told by the browser: over SOAP it would need an SQL store."""

    def __init__(self, keeper, peers, folder):
        self._keeper, self._folder = keeper, folder
        self._www = peers / "usr/share/simplesamlphp/www"
        if not self._www.is_dir():
            raise Unavailable("simplesamlphp isn't unpacked below build/peers")
        for name in ("tmp", "sessions", "metadata"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        make_key(folder, "sp")
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.entity_id = f"{self.url}/simplesamlphp"
        self._test_page = f"{self.url}/{MODULE}/core/authenticate.php?as=default-sp"

    def start(self, idp, metadata):
        facts = {"url": self.url, "folder": self._folder, "idp": idp, "metadata": metadata}
        for name, text in (("config.php", CONFIG), ("authsources.php", SOURCES)):
            for key, value in facts.items():
                text = text.replace("{" + key + "}", str(value))
            (self._folder / name).write_text(text, encoding="utf-8")
        process = self._keeper.start(
            ["/usr/bin/php8.2", "-d", "error_reporting=0", "-d", "display_errors=0", "-S", f"127.0.0.1:{self._port}",
             "-t", self._www], self._folder / "php.log", cwd=self._folder,
            env={"SIMPLESAMLPHP_CONFIG_DIR": str(self._folder), "PATH": "/usr/bin:/bin"})
        self._keeper.await_port(process, self._port, 30)
        return self

    def metadata(self):
        page = call("GET", f"{self.url}/{MODULE}/saml/sp/metadata.php/default-sp?output=xml")
        expect(page.status == 200 and "EntityDescriptor" in page.text, f"SimpleSAMLphp's metadata: HTTP {page.status}")
        file = self._folder / "metadata.xml"
        file.write_text(page.text, encoding="utf-8")
        return file

    def sign_on(self, browser, form):
        page = browser.submit(form, follow=False, RelayState=f"{self.url}/")
        expect(self.has_session(browser), f"SimpleSAMLphp makes no session: HTTP {page.status}")

    def has_session(self, browser):
        """Its test page shows the user's attributes, or goes to the IdP."""
        page = browser.get(self._test_page, follow=False)
        return page.status == 200 and "logout" in page.text.lower()

    def log_out(self, browser):
        """The user logs out there: the browser goes to the IdP, and comes back."""
        return browser.get(f"{self._test_page}&logout")
