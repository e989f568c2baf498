"""An HTTP server in front of a FastCGI program: the little that a web server does for Shibboleth's."""
import http.server
import socket
import struct
import threading

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER = 1
MOST = 65535  # octets of one record


def _record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _stream(kind, octets):
    parts = [octets[at:at + MOST] for at in range(0, len(octets), MOST)]
    return b"".join(_record(kind, part) for part in [*parts, b""])


def _length(text):
    return struct.pack(">B", len(text)) if len(text) < 128 else struct.pack(">I", len(text) | 0x80000000)


def _parameters(values):
    encoded = [(name.encode(), value.encode()) for name, value in values.items()]
    return b"".join(_length(name) + _length(value) + name + value for name, value in encoded)


def _exactly(stream, count):
    octets = stream.read(count)
    if len(octets) != count:
        raise ConnectionError("the FastCGI program hung up")
    return octets


def ask(path, parameters, body):
    """What the program behind the socket at `path` writes: headers and content."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(path))
        connection.sendall(_record(BEGIN, struct.pack(">HB5x", RESPONDER, 0)) +
                           _stream(PARAMS, _parameters(parameters)) + _stream(STDIN, body))
        output = b""
        with connection.makefile("rb") as stream:
            while True:
                _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", _exactly(stream, 8))
                content = _exactly(stream, length)
                _exactly(stream, padding)
                if kind == END:
                    return output
                if kind == STDOUT:
                    output += content


class Front:
    """Listens on loopback; every request goes to the program."""

    def __init__(self, socket_path):
        self._socket_path = socket_path
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def parameters(self, request, length):
        path, _, query = request.path.partition("?")
        values = {"REQUEST_METHOD": request.command, "REQUEST_URI": request.path, "QUERY_STRING": query,
                  "SCRIPT_NAME": path, "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "127.0.0.1",
                  "SERVER_PORT": str(self.port), "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(length),
                  "CONTENT_TYPE": request.headers.get("Content-Type", "")}
        for name, value in request.headers.items():
            values["HTTP_" + name.upper().replace("-", "_")] = value
        return values

    def _handler(self):
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request after the other to the program, each over a connection of its own."""

            def do_GET(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                output = ask(front._socket_path, front.parameters(self, len(body)), body)
                head, _, content = output.replace(b"\r\n", b"\n").partition(b"\n\n")
                headers = [line.split(": ", 1) for line in head.decode().split("\n")]
                status = next((value for name, value in headers if name == "Status"), "200")
                self.send_response(int(status.split()[0]))
                for name, value in headers:
                    if name != "Status":
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        return Handler
