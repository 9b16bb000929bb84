"""A server on this machine that speaks as Claude's does, and fails in every way asked for."""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import service_double

Act = Callable[["Turn"], None]
INPUT_TOKENS, OUTPUT_TOKENS = 1000, 500


def label(number: int, **values: Any) -> dict[str, Any]:
    """A good label."""
    good = {"id": number, "genre": "Electronic", "subgenre": "Deep House", "mood": "hypnotic", "era": "1990s",
            "tags": ["vocal"], "confidence": 0.9, "notes": ""}  # fmt: skip
    return good | values


class Turn(service_double.Turn):
    """One request, and ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, server: "Server", number: int) -> None:
        super().__init__(handler, server, number)
        self.body: dict[str, Any] = json.loads(self.body)
        self.tracks: list[dict[str, Any]] = json.loads(self.body["messages"][-1]["content"]).get("tracks", [])

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
        super().send(status, body.encode(), **{"content-type": kind, **headers})


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


class Server(service_double.Server):
    """The server: what it was asked, and how it answers."""

    turns: list[Turn]

    @property
    def keys(self) -> set[str]:
        """The keys that it was sent."""
        headers = [turn.headers for turn in self.turns]
        return {header.get("authorization", "") + header.get("x-api-key", "") for header in headers}

    @property
    def asked(self) -> list[str]:
        """Titles of all tracks asked about, in order."""
        return [track["title"] for turn in self.turns for track in turn.tracks]

    def speak_tls(self, certificate: Path, key: Path) -> None:
        """From now on, with this certificate and its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")


@contextmanager
def serving(act: Act = Turn.good, turn: type[Turn] = Turn) -> Iterator[Server]:
    """A running server, which speaks in the form of `turn`."""
    with closing(Server(None, act, turn)) as server:
        yield server


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
