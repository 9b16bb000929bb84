"""Answers of hostile services: each ends within the limits of size, time and redirects."""

import gzip
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from service_double import Server, Turn, serving
from service_faults import drip_head
from waiting import wait_until

from map4.extras.shared.http_answers import HttpClient, HttpError, document_of

pytestmark = pytest.mark.contract

MOST = 2048


class Nothing:
    """A service without a catalogue."""

    def answer(self, turn: Turn) -> tuple[int, Any]:
        return 200, {}


def ask(server: Server, **limits: Any) -> Any:
    with closing(HttpClient("here")) as client:
        return client.ask("GET", server.url, **{"timeout_s": 0.5, "most_bytes": MOST, **limits})


def endless(turn: Turn) -> None:
    turn.handler.send_response(200)
    turn.handler.end_headers()
    while not turn.server.over.is_set():
        turn.handler.wfile.write(b" " * 65_536)


BOMB = gzip.compress(bytes(50 << 20))
HOSTILE: dict[str, tuple[Callable[[Turn], None], str]] = {
    "endless": (endless, "more than 2 kB"),
    "a bomb": (lambda turn: turn.send(200, BOMB, content_encoding="gzip"), "more than 2 kB"),
    "two bombs": (lambda turn: turn.send(200, gzip.compress(BOMB), content_encoding="gzip, gzip"), "not requested"),
    "another compression": (lambda turn: turn.send(200, zlib.compress(b"{}"), content_encoding="deflate"), "not req"),
    "no gzip": (lambda turn: turn.send(200, b"{}", content_encoding="gzip"), "damaged data"),
    "drips": (Turn.trickle, "did not end its answer within 0 s"),
    "drips its head": (drip_head, "did not end its answer within 0 s"),
    "hangs": (Turn.hang, "no answer within 0 s"),
    "cut": (Turn.cut, "hung up"),
    "cut gzip": (lambda turn: turn.send(200, gzip.compress(b"{}")[:-1], content_encoding="gzip"), "broke off"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_ends_within_the_limits(name: str) -> None:
    act, message = HOSTILE[name]
    with serving(Nothing(), act) as server, pytest.raises(HttpError, match=message):
        ask(server)


def test_thread_of_an_endless_head_ends_while_its_client_is_open() -> None:
    with serving(Nothing(), drip_head) as server, closing(HttpClient("here")) as client:
        for _ in range(2):
            with pytest.raises(HttpError, match="did not end"):
                client.ask("GET", server.url, timeout_s=0.2, most_bytes=MOST, silence_s=60.0)
        wait_until(lambda: "map4-request" not in {thread.name for thread in threading.enumerate()})


def test_answers_are_read_up_to_the_limit_and_redirects_not_followed(tmp_path: Path) -> None:
    with serving(Nothing(), lambda turn: turn.send(503, b"busy" * 50_000, retry_after="2")) as server:
        answer = ask(server)
    assert (answer.status, answer.headers["retry-after"], answer.body[:4]) == (503, "2", b"busy")
    assert len(answer.body) <= 1 << 16
    with (
        serving(Nothing()) as other,
        serving(Nothing(), lambda turn: turn.send(302, b"", location=other.url)) as server,
    ):
        answer = ask(server)
    assert (answer.status, answer.sent_to, other.turns) == (302, other.url, [])
    body = b"x" * MOST
    for encoding, sent in (("identity", body), ("gzip", gzip.compress(body))):
        with serving(Nothing(), lambda turn, e=encoding, s=sent: turn.send(200, s, content_encoding=e)) as server:
            assert ask(server).body == body
    song = tmp_path / "song"
    with serving(Nothing(), lambda turn: turn.send(200, body, content_type="audio/flac")) as server:
        answer = ask(server, save_to=str(song))
    assert (answer.is_saved, answer.body, song.read_bytes()) == (True, b"", body)


def test_a_document_of_too_many_values_is_refused() -> None:
    assert document_of(r'{"a": [1, "\ud800\\ud800\ud83d\ude00"]}') == {"a": [1, "\ufffd\\ud800😀"]}
    for text in ("[" + "{}," * 600_000 + "{}]", "[" * 100_000, "<html>"):
        with pytest.raises(ValueError, match=r"values|nested|Expecting"):
            document_of(text)
