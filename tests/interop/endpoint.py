"""Our side: saml-slod as it is delivered, with a configuration of this lane's."""
import datetime
import json
import subprocess
import time
import urllib.parse

from browser import FORM, call
from processes import Unavailable, free_port
from table import Mismatch, expect
from wire import Tap

# In whole seconds: what IdPs write as SessionNotOnOrAfter may be absent.
LIFETIME = datetime.timedelta(hours=8)
GONE, ALIVE = 404, 200


class Assertion:
    """What read_assertion, which verifies signatures with this project's library, read from a SAMLResponse."""

    def __init__(self, fields):
        self.fields = fields

    @classmethod
    def read(cls, programs, metadata, saml_response):
        done = subprocess.run([programs / "tests/interop/read_assertion", metadata], input=saml_response.encode(),
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise Mismatch(f"the login isn't believed: {done.stderr.decode().strip()}")
        return cls(json.loads(done.stdout))


class Endpoint:
    """One saml-slod below `folder`, a service provider of its own. IdPs reach it through a tap, which keeps what
    went over the wire."""

    def __init__(self, keeper, programs, folder):
        self._keeper, self._programs, self._folder = keeper, programs, folder
        folder.mkdir(parents=True, exist_ok=True)
        port, self._local_port = free_port(), free_port()
        self._port = port
        self.tap = Tap(port)
        self.url = f"http://127.0.0.1:{self.tap.port}"
        self.entity_id = f"{self.url}/saml/metadata"
        self.acs_url = f"{self.url}/saml/acs"
        self.soap_url = f"{self.url}/saml/slo/soap"
        self.form_url = f"{self.url}/saml/slo/form"
        self._process, self._gate = None, None
        self._sessions = 0

    def stand_behind(self, gate, browser_slo=False):
        """Users sign on here: their browsers reach the daemon through the gate, which asks it who they are; and with
        browser_slo they bring the IdP's logouts."""
        self._gate = gate
        if browser_slo:
            gate.slo_url = f"{gate.url}/saml/slo"
        self.acs_url = f"{gate.url}/saml/acs"
        gate.stand_before(self._port, self._local_port)
        return self

    def start(self, idps, encryption=False, form=False, engine="memory"):
        """idps: (metadata file, lines for its [[idp]]) each. All of them are asked over plain http, on loopback."""
        configuration = self._folder / "saml-slod.toml"
        configuration.write_text(self._configuration(idps, encryption, form, engine), encoding="utf-8")
        self._process = self._keeper.start([self._programs / "sp/daemon/saml-slod", "--config", configuration],
                                           self._folder / "saml-slod.log")
        try:
            self._keeper.await_port(self._process, self._port, 20)
            self._keeper.await_port(self._process, self._local_port, 20)
        except Unavailable as problem:
            raise Mismatch(str(problem)) from problem
        return self

    def stop(self):
        if self._process:
            self._keeper.end(self._process)

    def metadata(self):
        """As it is published, in a file."""
        page = call("GET", self.entity_id)
        expect(page.status == 200, f"our metadata: HTTP {page.status}")
        file = self._folder / "metadata.xml"
        file.write_text(page.text, encoding="utf-8")
        return file

    def log(self):
        return (self._folder / "saml-slod.log").read_text(encoding="utf-8", errors="replace")

    def await_log(self, word, seconds=10):
        """The audit is written beside the answer, not before it."""
        deadline = time.monotonic() + seconds
        while word not in self.log():
            expect(time.monotonic() < deadline, f"our audit doesn't name {word}")
            time.sleep(0.05)

    def admit(self, assertions, local_id=None):
        """Registers one session, with the SessionIndexes of all these assertions; returns its local id."""
        self._sessions += 1
        local_id = local_id or f"{self._local_port}-{self._sessions}"
        facts = assertions[0].fields
        expires = datetime.datetime.now(datetime.timezone.utc) + LIFETIME
        form = [("local_id", local_id), ("authn_instant", facts["authn_instant"]),
                ("expires", expires.strftime("%Y-%m-%dT%H:%M:%SZ"))]
        form += [(name, facts[name]) for name in ("idp", "name_id", "format", "name_qualifier", "sp_name_qualifier",
                                                  "sp_provided_id") if name in facts]
        form += [("session_index", one.fields["session_index"]) for one in assertions if "session_index" in one.fields]
        page = self._local("POST", "/sessions", form)
        expect(page.status == 201, f"the session isn't admitted: HTTP {page.status} {page.text}")
        return local_id

    def state(self, local_id):
        return self._local("GET", f"/sessions/{urllib.parse.quote(local_id, safe='')}").status

    def expect_alive(self, *local_ids):
        for local_id in local_ids:
            expect(self.state(local_id) == ALIVE, "our session is gone before its time")

    def expect_gone(self, *local_ids):
        for local_id in local_ids:
            expect(self.state(local_id) == GONE, "our session is still alive")

    def log_out(self, local_id, reason="user"):
        """The user logs out here: returns what the endpoint says became of it."""
        page = self._local("POST", f"/sessions/{urllib.parse.quote(local_id, safe='')}/logout", [("reason", reason)])
        return self._outcome(page)

    def log_out_many(self, **form):
        """The administrator's logout: idp, name_id, dry_run."""
        return self._outcome(self._local("POST", "/logouts", list(form.items())))

    @staticmethod
    def _outcome(page):
        expect(page.status == 200, f"the local interface: HTTP {page.status} {page.text}")
        return json.loads(page.text)

    def _local(self, method, path, form=None):
        body = None if form is None else urllib.parse.urlencode(form)
        headers = {} if form is None else {"Content-Type": FORM}
        return call(method, f"http://127.0.0.1:{self._local_port}{path}", body, headers)

    def _configuration(self, idps, encryption, form, engine):
        lines = ["[sp]", f'entity_id = "{self.entity_id}"', f'slo_url = "{self.soap_url}"',
                 f'acs_url = "{self.acs_url}"', 'signing_key = "sp.key.pem"', 'signing_certificate = "sp.crt.pem"']
        if self._gate and self._gate.slo_url:
            lines += [f'browser_slo_url = "{self._gate.slo_url}"']
        if form:
            lines += [f'form_url = "{self.form_url}"']
        if encryption:
            lines += ['encryption_key = "encryption.key.pem"', 'encryption_certificate = "encryption.crt.pem"']
        for metadata, options in idps:
            lines += ["[[idp]]", f'metadata = "{metadata}"', *options, "[idp.logout]", "allow_http = true"]
        lines += ["[store]", f'engine = "{engine}"', "[server]", f'listen = "127.0.0.1:{self._port}"']
        if self._gate:
            lines += ["[sign_on]", f'login_url = "{self._gate.url}/login"']
        lines += ["[local]", f"port = {self._local_port}"]
        if self._gate:
            lines += ['identity_headers = ["X-Mail: mail"]']
        return "\n".join(lines) + "\n"
