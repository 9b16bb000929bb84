"""A small reverse proxy: it ends TLS, says who asks, and hands everything else on as it comes."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

OWN_ADDRESS = "127.0.0.2"
"""From which it asks, so that a server can tell it from programs of this machine."""
_SAID = ("x-forwarded-for", "x-forwarded-proto", "connection")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseProxy:
    """What it does with requests.

    to: the port of the server behind it
    takes_off: what it takes off the beginning of a path
    user: who has logged in; the header `Remote-User` says so
    replaces: whether it does so in the place of what a client sends
    """

    to: int
    takes_off: str = ""
    user: str | None = None
    replaces: bool = True

    @contextmanager
    def on(self, cert: Path, key: Path) -> Iterator[int]:
        """Gives the port on which it answers over TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            threading.Thread(target=self._accept, args=(listening, context), daemon=True).start()
            yield listening.getsockname()[1]
            listening.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket, context: ssl.SSLContext) -> None:
        with suppress(OSError):
            while True:
                client, (address, _) = listening.accept()
                threading.Thread(target=self._hand_on, args=(client, address, context), daemon=True).start()

    def _hand_on(self, plain: socket.socket, address: str, context: ssl.SSLContext) -> None:
        with suppress(OSError), closing(context.wrap_socket(plain, server_side=True)) as client:
            received = b""
            while b"\r\n\r\n" not in received:
                received += client.recv(65_536) or b"\r\n\r\n"
            head, _, body = received.partition(b"\r\n\r\n")
            with socket.create_connection(("127.0.0.1", self.to), source_address=(OWN_ADDRESS, 0)) as server:
                server.sendall(self._head(head.decode(), address).encode() + body)
                _pump(client, server)

    def _head(self, head: str, address: str) -> str:
        first, *lines = head.split("\r\n")
        method, path, version = first.split(" ")
        own = {*_SAID} | ({"remote-user"} if self.replaces else set())
        named = {line.partition(":")[0].lower(): line for line in lines}
        kept = [line for name, line in named.items() if name not in own]
        before = named.get("x-forwarded-for", "").partition(":")[2]
        headers = [f"X-Forwarded-For: {before + ',' if before else ''} {address}", "X-Forwarded-Proto: https"]
        headers += [f"Connection: {'Upgrade' if 'upgrade' in named else 'close'}"]
        headers += [f"Remote-User: {self.user}"] if self.user else []
        return "\r\n".join([f"{method} {path.removeprefix(self.takes_off)} {version}", *kept, *headers]) + "\r\n\r\n"


def _pump(client: ssl.SSLSocket, server: socket.socket) -> None:
    # In one thread: a connection of TLS is not read and written by two at a time.
    while True:
        ready = [client] if client.pending() else select.select([client, server], [], [])[0]
        for connection in ready:
            data = connection.recv(65_536)
            if not data:
                return
            (server if connection is client else client).sendall(data)
