"""Keycloak as an IdP: started with a database in memory, set up through its admin REST API, logged in to by script."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.parse
import zipfile

from browser import FORM, Browser, call
from endpoint import Assertion
from processes import Unavailable, free_port, shown
from table import Mismatch, expect
from wire import Tap

VERSION = "26.4.7"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
ADMIN = PASSWORD = "throw-away"
REALM = "interop"
# A first start makes its database and its own programs: a minute on one core.
START_SECONDS = 300
# All of it stays below 1.2 GB.
JAVA_OPTIONS = ("-Xms64m -Xmx512m -XX:MaxMetaspaceSize=320m -XX:ReservedCodeCacheSize=128m "
                "-Djava.net.preferIPv4Stack=true")
SOAP, POST = "saml_single_logout_service_url_soap", "saml_single_logout_service_url_post"


def fetch(peers, folder):
    """Maven fetches it once, by its name; returns where it is unpacked."""
    home = peers / f"keycloak-{VERSION}"
    if home.is_dir():
        return home
    archive = peers / f"keycloak-quarkus-dist-{VERSION}.zip"
    if not archive.is_file():
        if not shutil.which("mvn"):
            raise Unavailable("Maven isn't installed")
        log = folder / "maven.log"
        print(f"Maven fetches {ARTIFACT}", flush=True)
        with open(log, "wb") as output:
            command = ["mvn", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={peers}"]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
                                  check=False)
        if done.returncode != 0 or not archive.is_file():
            raise Unavailable(f"Maven can't fetch {ARTIFACT}: see {shown(log)}")
    with zipfile.ZipFile(archive) as files:
        files.extractall(peers)
    (home / "bin/kc.sh").chmod(0o755)
    return home


def java_home():
    """Debian's Java 17, the oldest that it runs on."""
    for home in sorted(pathlib.Path("/usr/lib/jvm").glob("java-17-openjdk-*")):
        if (home / "bin/java").exists():
            return str(home)
    raise Unavailable("there is no Java 17 in /usr/lib/jvm")


class Keycloak:
    def __init__(self, keeper, peers, folder, address="127.0.0.1"):
        folder.mkdir(parents=True, exist_ok=True)
        self._keeper, self._folder = keeper, folder
        self._home = fetch(peers, folder)
        self._port = free_port()
        self.tap = Tap(self._port, address)
        # It takes the address by which it's called for its name: everybody has to call it by one.
        self.url = f"http://{address}:{self.tap.port}"
        self.entity_id = f"{self.url}/realms/{REALM}"
        self._token, self._token_end = None, 0.0

    def start(self):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "JAVA_HOME": java_home(),
                       "JAVA_OPTS": JAVA_OPTIONS, "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
                       "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD}
        process = self._keeper.start([self._home / "bin/kc.sh", "start-dev", "--http-host=127.0.0.1",
                                      f"--http-port={self._port}", "--db=dev-mem", "--cache=local"],
                                     self._folder / "keycloak.log", env=environment, cwd=self._folder)
        self._keeper.await_port(process, self._port, START_SECONDS)
        return self

    def admin(self, method, path, body=None, content_type="application/json"):
        """Its admin REST API; returns the page."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        headers = {"Authorization": f"Bearer {self._fresh_token()}", "Content-Type": content_type}
        page = call(method, f"{self.url}/admin/realms{path}", body, headers)
        expect(page.status < 300, f"its admin API: {method} {path}: HTTP {page.status} {page.text[:200]}")
        return page

    def _fresh_token(self):
        if time.monotonic() > self._token_end:
            form = {"client_id": "admin-cli", "username": ADMIN, "password": PASSWORD, "grant_type": "password"}
            page = call("POST", f"{self.url}/realms/master/protocol/openid-connect/token",
                        urllib.parse.urlencode(form), {"Content-Type": FORM})
            expect(page.status == 200, f"its administrator can't log in: HTTP {page.status}")
            self._token, self._token_end = json.loads(page.text)["access_token"], time.monotonic() + 30
        return self._token

    def make_realm(self):
        self.admin("POST", "", {"realm": REALM, "enabled": True})

    def metadata(self):
        page = call("GET", f"{self.entity_id}/protocol/saml/descriptor")
        expect(page.status == 200, f"its metadata: HTTP {page.status}")
        file = self._folder / "idp.xml"
        file.write_text(page.text, encoding="utf-8")
        return file

    def make_client(self, name, metadata, front_channel=False, mappers=(), **attributes):
        """A SAML client from its metadata, as an administrator imports it; an attribute of None is taken out. With
        front_channel, the user's browser brings it the LogoutRequest."""
        made = self.admin("POST", f"/{REALM}/client-description-converter", metadata.read_text(encoding="utf-8"),
                          "application/xml")
        client = json.loads(made.text)
        client["frontchannelLogout"] = front_channel
        client["attributes"].update({"saml_idp_initiated_sso_url_name": name, "saml_force_name_id_format": "true",
                                     "saml_name_id_format": "persistent"})
        for key, value in attributes.items():
            client["attributes"].pop(key, None)
            if value is not None:
                client["attributes"][key] = value
        client["protocolMappers"] = [*client.get("protocolMappers", ()), *mappers]
        self.admin("POST", f"/{REALM}/clients", client)
        return client

    def make_user(self, name):
        page = self.admin("POST", f"/{REALM}/users", {
            "username": name, "enabled": True, "email": f"{name}@example.org", "emailVerified": True, "firstName": name,
            "lastName": name, "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}]})
        return page.header("Location").rsplit("/", 1)[-1]

    def sessions_of(self, user):
        return json.loads(self.admin("GET", f"/{REALM}/users/{user}/sessions").text)


class KeycloakUser:
    """A user of the realm with a browser."""

    def __init__(self, idp, programs, name):
        self._idp, self._programs, self._name, self.browser = idp, programs, name, Browser()
        self.id = idp.make_user(name)

    def form_for(self, client):
        """The form that takes the user to this client, with the password where it's asked for."""
        page = self.browser.get(f"{self._idp.entity_id}/protocol/saml/clients/{client}")
        login = page.form_with("password")
        if login:
            page = self.browser.submit(login, username=self._name, password=PASSWORD)
        form = page.form_with("SAMLResponse")
        expect(form, f"no SAMLResponse: HTTP {page.status} {title(page)}")
        return form

    def visit(self, client, metadata):
        return Assertion.read(self._programs, metadata, self.form_for(client).fields["SAMLResponse"])

    def is_logged_in(self):
        return bool(self._idp.sessions_of(self.id))

    def log_out(self):
        """At Keycloak itself, which asks once more."""
        page = self.browser.get(f"{self._idp.entity_id}/protocol/openid-connect/logout")
        form = page.form_with("confirmLogout")
        if not form:
            raise Mismatch(f"no form to log out: HTTP {page.status} {title(page)}")
        return self.browser.submit(form)

    def be_logged_out(self):
        """By the administrator."""
        self._idp.admin("POST", f"/{REALM}/users/{self.id}/logout")


def title(page):
    found = re.search(r"<title>([^<]*)</title>", page.text)
    return found[1].strip() if found else ""
