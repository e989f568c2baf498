"""The IdP that Lasso plays: its process, its metadata, and the HTTP around it."""
import http.server
import json
import subprocess
import threading
import time

from browser import call
from endpoint import Assertion
from keys import base64_of, make_key
from processes import Unavailable, shown
from table import expect

PYTHON = "/usr/bin/python3"  # Debian's, for which python3-lasso is made
METADATA = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{url}/metadata">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="{url}/slo"/>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{url}/sso"/>
</IDPSSODescriptor></EntityDescriptor>
"""


class LassoIdp:
    def __init__(self, keeper, folder):
        self._keeper, self._folder = keeper, folder
        self._lock = threading.Lock()
        self._peer = None
        self.verdicts = []  # on the LogoutRequests that it was sent
        key, certificate = make_key(folder, "idp")
        self._files = [folder / "idp.xml", key, certificate]
        self._http = None
        self.come_up(0)
        self.url = f"http://127.0.0.1:{self._port}"
        self.metadata = self._files[0]
        self.metadata.write_text(METADATA.format(url=self.url, certificate=base64_of(certificate)), encoding="utf-8")

    def version(self):
        done = subprocess.run([PYTHON, "-c", "import lasso"], capture_output=True, check=False)
        if done.returncode != 0:
            raise Unavailable("python3-lasso isn't installed")
        told = subprocess.run(["dpkg-query", "-W", "-f", "${source:Upstream-Version}", "python3-lasso"],
                              capture_output=True, check=False)
        return told.stdout.decode() or "?"

    def start(self, service_providers):
        self._peer = self._keeper.start([PYTHON, __file__.replace("lasso_idp", "lasso_peer"), *self._files,
                                         *service_providers], self._folder / "lasso.log",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def tell(self, do, **command):
        with self._lock:
            self._peer.stdin.write(json.dumps({"do": do, **command}) + "\n")
            self._peer.stdin.flush()
            line = self._peer.stdout.readline()
        expect(line, f"Lasso's process ended: see {shown(self._peer.log)}")
        told = json.loads(line)
        expect("error" not in told, f"Lasso can't {do}: {told.get('error')}")
        return told

    def sign_on(self, programs, entity_id):
        told = self.tell("login", sp=entity_id)
        return Assertion.read(programs, self.metadata, told["saml_response"])

    def log_out(self, entity_id):
        """Sends a LogoutRequest over SOAP; Lasso's verdict on the answer."""
        request = self.tell("request", sp=entity_id)
        page = call("POST", request["url"], request["body"], {"Content-Type": "text/xml"})
        return self.tell("judge", body=page.text)["verdict"]

    def is_logged_in(self):
        return self.tell("is_logged_in")["logged_in"]

    def come_up(self, port=None):
        """Its SOAP endpoint listens (again)."""
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", self._port if port is None else port),
                                                     self._handler())
        self._port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def go_down(self):
        """Closes its SOAP endpoint."""
        self._http.shutdown()
        self._http.server_close()

    def await_request(self, seconds):
        """Whether a LogoutRequest has come in by then."""
        end = time.monotonic() + seconds
        while not self.verdicts and time.monotonic() < end:
            time.sleep(0.1)
        return bool(self.verdicts)

    def _handler(self):
        idp = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """The SOAP endpoint."""

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                told = idp.tell("answer", body=body)
                idp.verdicts.append(told["verdict"])
                answer = told["body"].encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        return Handler
