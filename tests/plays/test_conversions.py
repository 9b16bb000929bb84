"""Conversions in progress: who follows them, when they end, and how they are sent meanwhile."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from unittest.mock import Mock

import pytest
from starlette.types import Message

from map4.errors import FileError, Map4Error
from map4.plays.part import listening
from map4.plays.part.listening import Conversion, RunningConversion
from map4.plays.routes import audio_files
from map4.plays.routes.audio_files import ConvertedAnswer
from map4.server.problems import problem_of


class Steps:
    """Writes each part when it is told to, and counts how often it began."""

    def __init__(self, *parts: bytes | Exception, name: str = "a.mp3", account: int = 1) -> None:
        self.parts, self.begun = parts, 0
        self.turns = threading.Semaphore(0)
        self.is_stopped = False
        self.conversion = Conversion(name=name, make=self.make, finish=self.finish, stop=self.stop, account=account)

    def make(self, path: str) -> None:
        self.begun += 1
        with open(path, "wb", buffering=0) as file:
            for part in self.parts:
                self.turns.acquire()
                if self.is_stopped:
                    raise Map4Error("stopped")
                if isinstance(part, Exception):
                    raise part
                file.write(part)

    def finish(self, path: str) -> None:
        with open(path, "ab") as file:
            file.write(b"tags")

    def stop(self) -> None:
        self.is_stopped = True
        self.turns.release()

    def cached(self) -> Sequence[str]:
        return sorted(path.name for path in Path(self.conversion.path).parent.iterdir())


pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_files, "LEFT_S", 0.0)


def test_followers_share_a_conversion_and_only_a_complete_one_is_cached() -> None:
    steps = Steps(b"one ", b"two")
    with RunningConversion.followed(steps.conversion) as first, RunningConversion.followed(steps.conversion) as second:
        assert first is second
        steps.turns.release(2)
        first.wait()
        with first.open() or pytest.fail("there is no file") as file:
            assert (first.read(file, 0), second.read(file, 4), first.read(file, 7)) == (b"one two", b"two", b"")
    assert (steps.begun, steps.cached(), steps.conversion.is_made()) == (1, ["a.mp3"], True)
    assert Path(steps.conversion.path).read_bytes() == b"one twotags"


def test_conversion_stops_with_its_last_listener_and_can_restart() -> None:
    steps = Steps(b"one")
    with RunningConversion.followed(steps.conversion) as running:
        with RunningConversion.followed(steps.conversion):
            pass
        assert not steps.is_stopped
    with pytest.raises(Map4Error, match="stopped"):
        running.wait()
    assert steps.cached() == []
    steps.is_stopped = False
    steps.turns.release()
    with RunningConversion.followed(steps.conversion) as again:
        again.wait()
    assert (steps.begun, steps.cached()) == (2, ["a.mp3"])


class Player:
    """A client of an answer; each piece that it gets is a turn for the conversion."""

    def __init__(self, steps: Steps, *, leaves_after: int | None = None, **headers: str) -> None:
        self.steps, self.leaves_after, self.sent = steps, leaves_after, list[Message]()
        self.is_cut, self.has_left = False, asyncio.Event()
        self.scope: dict[str, Any] = {
            "type": "http", "method": "GET",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "app": SimpleNamespace(state=SimpleNamespace(changes=SimpleNamespace(is_over=False))),
            "state": {"abort": self.cut},
        }  # fmt: skip

    def cut(self) -> None:
        self.is_cut = True

    async def receive(self) -> Message:
        if self.leaves_after != 0:
            await self.has_left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.steps.turns.release()
        if len(self.sent) == self.leaves_after:
            self.has_left.set()

    def hears(self) -> Self:
        answer = ConvertedAnswer(self.steps.conversion, problem_of, media_type="audio/mpeg")
        self.steps.turns.release()
        asyncio.run(answer(self.scope, self.receive, self.send))
        return self

    @property
    def pieces(self) -> Iterator[bytes]:
        return (message["body"] for message in self.sent if message.get("body"))


def test_audio_is_sent_while_it_is_converted_unless_for_a_head() -> None:
    heard = Player(Steps(b"one ", b"two ", b"three")).hears()
    assert list(heard.pieces) == [b"one ", b"two ", b"three"]  # each was made after the one before had been sent
    assert heard.sent[0]["status"] == 200
    assert b"content-length" not in dict(heard.sent[0]["headers"])
    assert not heard.sent[-1]["more_body"]
    assert heard.steps.cached() == ["a.mp3"]
    player = Player(Steps(b"one"))
    player.scope["method"] = "HEAD"
    assert player.hears().sent[0]["status"] == 200
    assert player.steps.begun == 0


def test_errors_and_leaving_players_end_the_conversion() -> None:
    error = FileError("corrupt", "x.mp3 is damaged")
    refused = Player(Steps(error)).hears()
    assert (refused.sent[0]["status"], refused.is_cut) == (422, False)
    cut = Player(Steps(b"one", error)).hears()
    assert (cut.sent[0]["status"], list(cut.pieces), cut.is_cut) == (200, [b"one"], True)
    assert cut.sent[-1]["more_body"]
    assert cut.steps.cached() == []
    for leaves_after in (0, 2):
        left = Player(Steps(b"one", b"two", b"three"), leaves_after=leaves_after).hears()
        assert (left.steps.is_stopped, left.steps.conversion.is_made()) == (True, False)


@pytest.mark.parametrize(("header", "status", "body"), [
    ("bytes=4-6", 206, b"two"), ("bytes=-4", 206, b"tags"), ("bytes=99-", 416, None), ("bytes=0-", 200, b"one two"),
])  # fmt: skip
def test_a_range_waits_until_the_conversion_is_complete(header: str, status: int, body: bytes | None) -> None:
    steps = Steps(b"one ", b"two")
    steps.turns.release(2)
    heard = Player(steps, range=header).hears()
    assert heard.sent[0]["status"] == status
    assert body in (None, b"".join(heard.pieces))


def test_conversion_without_a_thread_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(b"one")
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("can't start new thread")))
        with pytest.raises(RuntimeError):
            steps.conversion.made()
    steps.turns.release()
    assert Path(steps.conversion.made()).read_bytes() == b"onetags"


def test_conversion_beyond_the_limit_or_the_share_of_its_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunningConversion, "_threads", Counter())
    running, own, other = Steps(b"one"), Steps(b"two", name="b.mp3"), Steps(b"two", name="c.mp3", account=2)
    with RunningConversion.followed(running.conversion) as first, RunningConversion.followed(running.conversion):
        for places, refused in ((1, own), (1, other), (2, own)):
            monkeypatch.setattr(listening, "MOST_AT_ONCE", places)
            answer = Player(refused).hears().sent[0]
            assert (answer["status"], refused.begun) == (503, 0)
            assert dict(answer["headers"])[b"retry-after"] == b"5"
        assert list(Player(other).hears().pieces) == [b"two"]
        running.turns.release()
        first.wait()
    assert list(Player(own).hears().pieces) == [b"two"]
