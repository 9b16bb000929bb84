"""A server on this machine that speaks as Claude's does, and fails in every way asked for."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Act = Callable[["Turn"], None]
INPUT_TOKENS, OUTPUT_TOKENS = 1000, 500


def label(number: int, **values: Any) -> dict[str, Any]:
    """A good label."""
    good = {"id": number, "genre": "Electronic", "subgenre": "Deep House", "mood": "hypnotic", "era": "1990s",
            "tags": ["vocal"], "confidence": 0.9, "notes": ""}  # fmt: skip
    return good | values


class Turn:
    """One request, and ways to answer it."""

    def __init__(
        self, handler: BaseHTTPRequestHandler, body: dict[str, Any], number: int, over: threading.Event
    ) -> None:
        self.handler, self.body, self.number, self._over = handler, body, number, over
        self.tracks: list[dict[str, Any]] = json.loads(body["messages"][-1]["content"]).get("tracks", [])

    def good(self, **values: Any) -> None:
        """Label every track."""
        self.labels([label(track["id"], **values) for track in self.tracks])

    def labels(self, labels: list[dict[str, Any]]) -> None:
        """Answer with these labels."""
        self.text(json.dumps({"labels": labels}))

    def text(self, text: str, stop_reason: str = "end_turn", thinking: bool = False) -> None:
        """Answer with this text."""
        blocks = [{"type": "text", "text": text}]
        if thinking:
            blocks.insert(0, {"type": "thinking", "thinking": "hm", "signature": "s"})
        usage = {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.body["model"],
                   "content": blocks, "stop_reason": stop_reason, "stop_sequence": None, "usage": usage}  # fmt: skip
        self.send(200, json.dumps(message))

    def error(self, status: int, message: str = "no", **headers: str) -> None:
        """An error as Claude's service sends it."""
        self.send(status, json.dumps({"type": "error", "error": {"type": "some_error", "message": message}}), **headers)

    def send(self, status: int, body: str, kind: str = "application/json", **headers: str) -> None:
        """Any answer."""
        data = body.encode()
        self.handler.send_response(status)
        for name, value in ({"content-type": kind, "content-length": str(len(data))} | headers).items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def cut(self) -> None:
        """Promise a long answer, and hang up in the middle of it."""
        self.handler.send_response(200)
        self.handler.send_header("content-type", "application/json")
        self.handler.send_header("content-length", "100000")
        self.handler.end_headers()
        self.handler.wfile.write(b'{"id": "msg_1", "content": [')
        self.handler.close_connection = True

    def hang(self) -> None:
        """Never answer."""
        self._over.wait(60)
        self.handler.close_connection = True

    def trickle(self) -> None:
        """Send a byte now and then, so that no read ever takes long."""
        self.handler.send_response(200)
        self.handler.send_header("content-length", "100000")
        self.handler.end_headers()
        while not self._over.wait(0.05):
            try:
                self.handler.wfile.write(b" ")
            except OSError:
                return


class ChatTurn(Turn):
    """The same in the form of chat completions."""

    def text(self, text: str, stop_reason: str = "stop", thinking: bool = False) -> None:
        """Answer with this text."""
        reasons = {"max_tokens": "length", "refusal": "content_filter"}
        message = {"role": "assistant", "content": "<think>{hm}</think>\n" * thinking + text}
        choice = {"index": 0, "message": message, "finish_reason": reasons.get(stop_reason, stop_reason)}
        usage = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS, "total_tokens": 1500}
        document = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": self.body["model"],
                    "choices": [choice], "usage": usage}  # fmt: skip
        self.send(200, json.dumps(document))

    def error(self, status: int, message: str = "no", **headers: str) -> None:
        """An error as OpenAI sends it."""
        error = {"message": message, "type": "some_error", "param": None, "code": None}
        self.send(status, json.dumps({"error": error}), **headers)


class Server:
    """The server: what it was asked, and how it answers.

    Parameters
    ----------
    act : answers one request; `latency_s` seconds later
    turn : the form it speaks
    """

    def __init__(self, act: Act, latency_s: float = 0.0, turn: type[Turn] = Turn) -> None:
        self.turns: list[Turn] = []
        self.keys: set[str] = set()
        self._over = threading.Event()
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are sent apart, and the second would wait for 40 ms

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    asked = turn(self, body, len(server.turns), server._over)
                    server.turns.append(asked)
                    server.keys.add(self.headers.get("authorization", "") + self.headers.get("x-api-key", ""))
                time.sleep(latency_s)
                try:
                    act(asked)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def asked(self) -> list[str]:
        """Titles of all tracks asked about, in order."""
        return [track["title"] for turn in self.turns for track in turn.tracks]

    def speak_tls(self, certificate: Path) -> None:
        """From now on, with this certificate and its key, of one PEM file."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")

    def close(self) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(act: Act = Turn.good, latency_s: float = 0.0, turn: type[Turn] = Turn) -> Iterator[Server]:
    """A running server."""
    server = Server(act, latency_s, turn)
    try:
        yield server
    finally:
        server.close()


class SkippingClock:
    """Real time that skips what nobody needs to wait for: back-offs at once, a silent service after a moment.

    Parameters
    ----------
    moment_s : real seconds in which an answer comes, or never; short only where none comes, as a busy machine may take
        seconds for one
    """

    def __init__(self, moment_s: float = 60.0) -> None:
        self.waits: list[float] = []
        self._moment_s, self._skipped_s = moment_s, 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped_s

    def wait(self, futures: Any, timeout_s: float) -> None:
        before = time.monotonic()
        if futures and wait(futures, min(timeout_s, self._moment_s), FIRST_COMPLETED).done:
            return
        if not futures:
            self.waits.append(timeout_s)
        self._skipped_s += max(0.0, timeout_s - (time.monotonic() - before))
