"""A server on this machine that answers as a web service does, and fails in every way asked for."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

Act = Callable[["Turn"], None]


class Answers(Protocol):
    """What a service knows."""

    def answer(self, turn: "Turn") -> tuple[int, Any]:
        """Status, and what is JSON or bytes."""
        ...


class Turn:
    """One request, and ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, server: "Server", number: int) -> None:
        self.handler, self.server, self.number = handler, server, number
        parts = urlsplit(handler.path)
        self.path, self.query = parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.headers = handler.headers
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.body = (gzip.decompress(sent) if self.headers.get("Content-Encoding") == "gzip" else sent).decode()
        self.form = {name: values[0] for name, values in parse_qs(self.body).items()}
        self.agent = handler.headers.get("User-Agent", "")
        self.at = time.monotonic()

    def good(self) -> None:
        """What the catalogue has."""
        status, document = self.server.catalogue.answer(self)
        self.send(
            status, document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
        )

    def error(self, status: int, message: str = "no", **headers: str) -> None:
        """An error as the service sends it."""
        self.send(status, json.dumps({"error": message}).encode(), **headers)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        """Any answer."""
        self.handler.send_response(status)
        usual = {"content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
        for name, value in (usual | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def cut(self, body: bytes = b'{"recordings": [{"id": ') -> None:
        """Promise a long answer, and hang up in the middle of it."""
        self.handler.send_response(200)
        self.handler.send_header("content-length", "100000")
        self.handler.end_headers()
        self.handler.wfile.write(body)
        self.handler.close_connection = True

    def hang_up(self) -> None:
        """Close without a word."""
        self.handler.close_connection = True

    def hang(self) -> None:
        """Never answer."""
        self.server.over.wait(60)
        self.handler.close_connection = True

    def trickle(self) -> None:
        """Send a byte now and then, so that no read ever takes long."""
        self.handler.send_response(200)
        self.handler.send_header("content-length", "100000")
        self.handler.end_headers()
        while not self.server.over.wait(0.05):
            try:
                self.handler.wfile.write(b" ")
            except OSError:
                return


class Server:
    """The server: what it was asked, and how it answers in the form of `turn`."""

    def __init__(self, catalogue: Answers | None, act: Act, turn: type[Turn] = Turn) -> None:
        self.catalogue = catalogue
        self.turns: list[Turn] = []
        self.over = threading.Event()
        self.act = act
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are sent apart, and the second would wait for 40 ms

            def do_GET(self) -> None:
                with lock:
                    asked = turn(self, server, len(server.turns))
                    server.turns.append(asked)
                try:
                    server.act(asked)
                except OSError:
                    self.close_connection = True

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(catalogue: Answers | None, act: Act = Turn.good) -> Iterator[Server]:
    """A running server."""
    with closing(Server(catalogue, act)) as server:
        yield server
