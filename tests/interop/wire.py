"""Taps: a listener in front of a server, which forwards octets untouched and keeps a copy of each connection."""
import socket
import threading


class Exchange:
    """What one connection carried each way."""

    def __init__(self):
        self.request, self.answer = bytearray(), bytearray()


class Tap:
    """Listens at a port of its own, of one of this machine's addresses, and forwards to `target` on loopback. Ends with
    the process."""

    def __init__(self, target, address="127.0.0.1"):
        self._target = target
        self._listener = socket.create_server((address, 0))
        self.port = self._listener.getsockname()[1]
        self.exchanges = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        exchange = Exchange()
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        self.exchanges.append(exchange)
        back = threading.Thread(target=self._copy, args=(server, client, exchange.answer), daemon=True)
        back.start()
        self._copy(client, server, exchange.request)

    @staticmethod
    def _copy(source, sink, kept):
        try:
            while octets := source.recv(65536):
                kept += octets
                sink.sendall(octets)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def last(self, word):
        """The last connection whose request holds the word, or None."""
        return next((one for one in reversed(self.exchanges) if word in one.request), None)
