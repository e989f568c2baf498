"""The application behind the gate: a reverse proxy that asks saml-slod at each request who has signed on."""
import html
import http.client
import http.server
import ssl
import threading
import urllib.parse

from keys import make_key

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ margin: 0; font: 18px/1.5 sans-serif; color: #1c2733; background: #eef2f5; }}
main {{ max-width: 620px; margin: 90px auto; padding: 32px 40px; background: #fff; border-top: 6px solid #2b6c8f; }}
h1 {{ margin: 0 0 16px; font-size: 26px; }} dt {{ color: #5b6b79; font-size: 14px; }}
dd {{ margin: 0 0 12px; overflow-wrap: anywhere; }} button {{ font: inherit; padding: 6px 18px; }}
</style></head><body><main>{body}</main></body></html>
"""
# What one hop says to the next isn't passed on.
HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade")
SHOWN = (("X-Saml-NameID", "NameID"), ("X-Saml-IdP", "Identity provider"), ("X-Saml-Authn-Instant", "Authenticated at"))


class Gate:
    """Serves 127.0.0.1:PORT: /login and /saml/* are the daemon's, and all else needs a session. With a folder for
    its key, it serves https."""

    def __init__(self, folder=None):
        self.sends_to_login, self.responses = 0, 0
        self.slo_url, self.logouts = None, []
        self.serves, self.asks = None, None
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                gate.handle(self)

            def do_POST(self):  # pylint: disable=invalid-name
                gate.handle(self)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"{'https' if folder else 'http'}://127.0.0.1:{self._server.server_port}"
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            key, certificate = make_key(folder, "gate")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            # The handshake is for the connection's own thread: browsers open some that they never use.
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stand_before(self, public_port, local_port):
        """The daemon's two ports."""
        self.serves, self.asks = public_port, local_port

    def handle(self, request):
        path = urllib.parse.urlsplit(request.path).path
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.responses += path == "/saml/acs" and request.command == "POST"
        if f"{self.url}{path}" == self.slo_url:
            # What the browser says of it: where the answer goes ("document", "iframe"), and its cookies.
            self.logouts.append((request.command, request.headers.get("Sec-Fetch-Dest"),
                                 request.headers.get("Cookie") or ""))
        if path == "/login" or path.startswith("/saml/"):
            self._pass_on(request, body)
        elif path == "/favicon.ico":
            self._send(request, 404, [], b"")
        else:
            self._application(request, path)

    def who(self, cookie, path="/"):
        """What the daemon says about a browser's Cookie field: the status, and its fields."""
        fields = {"X-Original-URI": path, "X-Forwarded-Method": "GET"}
        if cookie:
            fields["Cookie"] = cookie
        answer = self._ask("GET", "/auth", fields)
        return answer.status, {name: urllib.parse.unquote(value) for name, value in answer.getheaders()}, answer

    def _application(self, request, path):
        status, fields, answer = self.who(request.headers.get("Cookie"), request.path)
        if status == 200 and path == "/log-out" and request.command == "POST":
            self._log_out(request, fields["X-Saml-Session"])
        elif status == 200:
            self._show(request, fields)
        elif status == 401:
            self.sends_to_login += 1
            self._send(request, 302, [("Location", answer.getheader("X-Saml-Login"))], b"")
        else:
            self._send(request, 503, [], b"who that is can't be told")

    def _show(self, request, fields):
        rows = "".join(f"<dt>{title}</dt><dd>{html.escape(fields[field])}</dd>"
                       for field, title in SHOWN if field in fields)
        name = fields.get("X-Mail") or fields["X-Saml-NameID"]
        body = (f"<h1>Signed in as {html.escape(name)}</h1><dl>{rows}</dl>"
                '<form method="post" action="/log-out"><button id="log-out">Log out</button></form>')
        self._page(request, "Signed in", body)

    def _log_out(self, request, session):
        answer = self._ask("POST", f"/sessions/{urllib.parse.quote(session, safe='')}/logout", {})
        self._page(request, "Logged out", f"<h1>Logged out</h1><p id='outcome'>{html.escape(answer.text)}</p>")

    def _page(self, request, title, body):
        fields = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
        self._send(request, 200, fields, PAGE.format(title=title, body=body).encode())

    def _ask(self, method, path, fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.asks, timeout=60)
        try:
            connection.request(method, path, headers=fields)
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            return answer
        finally:
            connection.close()

    def _pass_on(self, request, body):
        """Each field as the browser sent it, Host included, and each that the daemon answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.serves, timeout=60)
        try:
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in HOP:
                    connection.putheader(name, value)
            if body or request.command == "POST":
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            fields = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP]
            self._send(request, answer.status, fields, answer.read())
        finally:
            connection.close()

    @staticmethod
    def _send(request, status, fields, body):
        request.send_response_only(status)
        for name, value in fields:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
